//! What two persons decide together, or one whom nobody objects to for three days (PROTOCOL 19).
//! A motion promises to name all that it asks for: what is carried is what was read before it was seconded.

use super::{Certificate, Policy, Role};
use crate::{DeviceId, RecordId, SealingPublicKey};
use minicbor::{Decode, Encode};

/// What is moved.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Motion {
    /// A device is removed for ever.
    #[n(0)]
    Remove {
        /// The device.
        #[n(0)]
        device: DeviceId,
    },
    /// A member gets a higher role.
    #[n(1)]
    Raise {
        /// The device.
        #[n(0)]
        device: DeviceId,
        /// The new role.
        #[n(1)]
        role: Role,
    },
    /// A member's probation ends.
    #[n(2)]
    EndProbation {
        /// The device.
        #[n(0)]
        device: DeviceId,
    },
    /// A suspended member comes back. Keys that ended with the suspension stay ended.
    #[n(3)]
    Reinstate {
        /// The device.
        #[n(0)]
        device: DeviceId,
    },
    /// A case is erased.
    #[n(4)]
    EraseCase {
        /// The record.
        #[n(0)]
        record: RecordId,
    },
    /// The whole committee's data is exported.
    #[n(5)]
    Export {
        /// The key that it is sealed to.
        #[n(0)]
        to: SealingPublicKey,
    },
    /// A new desk is admitted without the epoch's key, to be given it by recovery.
    #[n(6)]
    Recover {
        /// The desk's certificate.
        #[n(0)]
        certificate: Certificate,
    },
    /// Another policy.
    #[n(7)]
    ChangePolicy {
        /// The policy.
        #[n(0)]
        policy: Policy,
    },
}

impl Motion {
    /// The motion's name in the command line and in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Remove { .. } => "remove",
            Self::Raise { .. } => "raise",
            Self::EndProbation { .. } => "end_probation",
            Self::Reinstate { .. } => "reinstate",
            Self::EraseCase { .. } => "erase_case",
            Self::Export { .. } => "export",
            Self::Recover { .. } => "recover",
            Self::ChangePolicy { .. } => "change_policy",
        }
    }

    /// The device that it is about.
    pub const fn device(&self) -> Option<DeviceId> {
        match self {
            Self::Remove { device }
            | Self::Raise { device, .. }
            | Self::EndProbation { device }
            | Self::Reinstate { device } => Some(*device),
            Self::Recover { certificate } => Some(certificate.device),
            Self::EraseCase { .. } | Self::Export { .. } | Self::ChangePolicy { .. } => None,
        }
    }

    /// Whether it gives its device more than it has; then the person who gains is not one of those who decide.
    pub const fn gives(&self) -> bool {
        matches!(self, Self::Raise { .. } | Self::EndProbation { .. } | Self::Reinstate { .. })
    }
}
