//! The card of a space that receives shares: who it is and which devices a share is sealed to.
//! A card proves nothing by itself. Sixty digits that two people read to each other promise that both hold the same one.

use super::{MAX_LETTER_BYTES, check_suite};
use crate::records::{Code, ShortText};
use minicbor::{Decode, Encode};
use vigil_protocol::{
    ComparisonNumber, DeviceId, Hash, ProtocolError, Purpose, SUITE, SealingPublicKey, SpaceId, canonical,
};

/// Most devices that a share is sealed to.
pub(crate) const MAX_RECEIVERS: usize = 16;

/// A device that receives. Identities go to devices that are named, never to an epoch (PROTOCOL 3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Receiver {
    #[n(0)]
    pub(crate) device: DeviceId,
    #[n(1)]
    pub(crate) sealing_key: SealingPublicKey,
}

/// Where shares may go.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct SpaceCard {
    #[n(0)]
    pub(crate) suite: u8,
    #[n(1)]
    pub(crate) space: SpaceId,
    #[n(2)]
    pub(crate) genesis: Hash,
    #[n(3)]
    pub(crate) name: ShortText,
    /// What kind of recipient it is: what consent was given to.
    #[n(4)]
    pub(crate) kind: Code,
    #[n(5)]
    pub(crate) receivers: Vec<Receiver>,
}

impl SpaceCard {
    pub(crate) fn new(
        (space, genesis): (SpaceId, Hash),
        name: ShortText,
        kind: Code,
        receivers: Vec<Receiver>,
    ) -> Self {
        Self { suite: SUITE, space, genesis, name, kind, receivers }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// Reads a card from outside.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let card: Self = canonical::decode_limited(bytes, MAX_LETTER_BYTES)?;
        check_suite(card.suite)?;
        if card.receivers.len() > MAX_RECEIVERS {
            return Err(ProtocolError::TooLarge { what: "card", limit: MAX_RECEIVERS });
        }
        let distinct: std::collections::BTreeSet<_> = card.receivers.iter().map(|receiver| receiver.device).collect();
        if card.receivers.is_empty() || distinct.len() != card.receivers.len() {
            return Err(ProtocolError::Malformed { what: "card" });
        }
        Ok(card)
    }

    /// Sixty digits in groups of five, for reading aloud.
    pub(crate) fn comparison_number(&self) -> String {
        self.number().to_string()
    }

    fn number(&self) -> ComparisonNumber {
        ComparisonNumber::of(Purpose::SpaceCard, &self.to_bytes())
    }

    /// Whether somebody typed the number of this card, with whatever stands between the digits.
    pub(crate) fn is_number(&self, typed: &str) -> bool {
        self.number().is(typed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> SpaceCard {
        let receiver = Receiver { device: DeviceId([1; 16]), sealing_key: SealingPublicKey([2; 32]) };
        let (name, kind) = (ShortText::new("Shelter").unwrap(), Code::new("shelter").unwrap());
        SpaceCard::new((SpaceId([3; 16]), Hash([4; 32])), name, kind, vec![receiver])
    }

    #[test]
    fn the_number_has_sixty_digits_and_changes_with_everything_on_the_card() {
        let number = card().comparison_number();
        assert_eq!(number.split(' ').map(str::len).collect::<Vec<_>>(), [5; 12]);
        assert!(
            card().is_number(&number.replace(' ', "-")) && !card().is_number(&number[..60]) && !card().is_number("")
        );
        let mut others = vec![number];
        for change in [
            |card: &mut SpaceCard| card.space.0[0] ^= 1,
            |card: &mut SpaceCard| card.genesis.0[0] ^= 1,
            |card: &mut SpaceCard| card.name = ShortText::new("Shelter 2").unwrap(),
            |card: &mut SpaceCard| card.kind = Code::new("police").unwrap(),
            |card: &mut SpaceCard| card.receivers[0].sealing_key.0[0] ^= 1,
            |card: &mut SpaceCard| card.receivers[0].device.0[0] ^= 1,
        ] {
            let mut other = card();
            change(&mut other);
            others.push(other.comparison_number());
        }
        let count = others.len();
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), count);
    }

    #[test]
    fn a_card_without_receivers_with_one_twice_or_too_many_is_refused() {
        assert_eq!(SpaceCard::from_bytes(&card().to_bytes()), Ok(card()));
        let with = |receivers: Vec<Receiver>| SpaceCard::from_bytes(&SpaceCard { receivers, ..card() }.to_bytes());
        let one = card().receivers[0].clone();
        assert!(with(vec![]).is_err() && with(vec![one.clone(), one.clone()]).is_err());
        let many = (0..=MAX_RECEIVERS as u8).map(|number| Receiver { device: DeviceId([number; 16]), ..one.clone() });
        assert!(matches!(with(many.collect()), Err(ProtocolError::TooLarge { .. })));
        let newer = SpaceCard { suite: 9, ..card() };
        assert_eq!(SpaceCard::from_bytes(&newer.to_bytes()), Err(ProtocolError::UnknownVersion { version: 9 }));
    }
}
