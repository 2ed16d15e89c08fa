//! What comes of a record, and on what ground somebody was kept from travelling on.
//! All outcomes are of equal rank (CARE 1); a ground promises to fit the age that it is given for.

use super::text::ShortText;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use vigil_protocol::DeviceId;

/// On what ground somebody was kept from travelling on (CARE 1, 5, 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// An adult agreed herself.
    #[n(0)]
    Agreed,
    /// A child assented, and a guardian consented who is neither suspected nor travelling along.
    #[n(1)]
    ChildWithGuardian,
    /// A child assented, and child protection consented.
    #[n(2)]
    ChildWithProtection,
    /// Without agreement: a child in danger.
    #[n(3)]
    ChildInDanger,
    /// Without agreement: a life at risk.
    #[n(4)]
    LifeAtRisk,
    /// Without agreement: a court ordered it.
    #[n(5)]
    CourtOrder,
}

impl Agreement {
    /// Whether this ground exists for somebody of this age. Unknown and disputed ages count as under 18.
    pub const fn suits(self, under_18: bool) -> bool {
        match self {
            Self::Agreed => !under_18,
            Self::ChildWithGuardian | Self::ChildWithProtection | Self::ChildInDanger => under_18,
            Self::LifeAtRisk | Self::CourtOrder => true,
        }
    }

    /// Whether it is one of the closed list that stands in for agreement; such grounds are counted (CARE 8).
    pub const fn is_without_agreement(self) -> bool {
        matches!(self, Self::ChildInDanger | Self::LifeAtRisk | Self::CourtOrder)
    }
}

/// Who took over.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandedTo {
    /// A device of the space.
    #[n(0)]
    Device(
        #[n(0)]
        #[serde(serialize_with = "device_to_hex", deserialize_with = "device_from_hex")]
        DeviceId,
    ),
    /// Somebody without one: police, a shelter, family.
    #[n(1)]
    Other(#[n(0)] ShortText),
}

impl fmt::Debug for HandedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(device) => write!(f, "Device({})", device.short()),
            Self::Other(text) => write!(f, "Other({text:?})"),
        }
    }
}

/// What came of a record. All are of equal rank (CARE 1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// No concern, or one that was cleared: the person travelled on.
    #[n(0)]
    LetGo,
    /// The person was told of the concern and of help, and chose to travel on.
    #[n(1)]
    DeclinedInformed,
    /// The person did not travel on.
    #[n(2)]
    Intercepted {
        /// On what ground.
        #[n(0)]
        agreement: Agreement,
    },
    /// Help was found elsewhere.
    #[n(3)]
    Referred {
        /// Where.
        #[n(0)]
        to: ShortText,
    },
    /// Somebody else took over.
    #[n(4)]
    HandedOver {
        /// Who.
        #[n(0)]
        to: HandedTo,
    },
    /// Nothing more will be done.
    #[n(5)]
    Closed {
        /// Why, in a few words.
        #[n(0)]
        #[serde(default)]
        reason: Option<ShortText>,
    },
}

impl Outcome {
    /// The outcome without its details, for lists and statistics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LetGo => "let_go",
            Self::DeclinedInformed => "declined_informed",
            Self::Intercepted { .. } => "intercepted",
            Self::Referred { .. } => "referred",
            Self::HandedOver { .. } => "handed_over",
            Self::Closed { .. } => "closed",
        }
    }
}

fn device_to_hex<S: Serializer>(device: &DeviceId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(device)
}

fn device_from_hex<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<DeviceId, D::Error> {
    let text = String::deserialize(deserializer)?;
    DeviceId::from_hex(&text).ok_or_else(|| serde::de::Error::custom("a device is 32 hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adult_is_not_kept_on_a_ground_for_children_nor_a_child_on_an_adults() {
        assert!(Agreement::Agreed.suits(false) && !Agreement::Agreed.suits(true));
        assert!(Agreement::ChildWithGuardian.suits(true) && !Agreement::ChildWithGuardian.suits(false));
        assert!(Agreement::LifeAtRisk.suits(true) && Agreement::LifeAtRisk.suits(false));
    }
}
