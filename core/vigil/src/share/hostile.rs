//! The decoders of what comes from another space, for tests and fuzzing that attack them. Not part of the facade.
//! Whoever carries a message can change it; whoever is a member of some space can sign one.

use super::content::content_of;
use super::{Recall, RecallAnswer, ShareMessage, SpaceCard};
use vigil_protocol::canonical;

/// Takes bytes as each kind of message would be taken. Says whether all that was accepted has one encoding, these bytes; what
/// is refused has none.
pub fn has_one_encoding(bytes: &[u8]) -> bool {
    let share = ShareMessage::from_bytes(bytes).map_or(true, |(message, _)| message.to_bytes() == bytes);
    let recall = Recall::from_bytes(bytes).map_or(true, |(recall, _)| recall.to_bytes() == bytes);
    let answer = RecallAnswer::from_bytes(bytes).map_or(true, |(answer, _)| answer.to_bytes() == bytes);
    let card = SpaceCard::from_bytes(bytes)
        .map_or(true, |card| card.to_bytes() == bytes && card.is_number(&card.comparison_number()));
    // A member of another space can seal anything: what was opened is as hostile as what was not.
    let content = content_of(bytes).map_or(true, |content| {
        canonical::encode(&content) == bytes
            && content.records.iter().all(|record| record.fields().len() == record.names().len())
    });
    share && recall && answer && card && content
}

/// Valid messages of every kind, to start from.
pub fn seeds() -> Vec<Vec<u8>> {
    fixture::messages().unwrap_or_default()
}

/// A space of three devices, each admitted by the one before, and what they send.
pub(crate) mod fixture {
    use super::super::{Receiver, ShareContent, SharedRecord, admission_path};
    use super::*;
    use crate::keys::SealingKeyPair;
    use crate::records::{Code, FieldName, Ground, Provenance, ShareId, ShortText};
    use vigil_protocol::{
        DeviceId, EpochShare, Hash, LogBody, LogEntry, NewMember, Role, SealingPublicKey, SigningKey, SpaceId,
        Timestamp,
    };

    const SPACE: SpaceId = SpaceId([5; 16]);

    pub(crate) fn device(number: u8) -> DeviceId {
        DeviceId([number; 16])
    }

    pub(crate) fn key(number: u8) -> Option<SigningKey> {
        SigningKey::from_seed(&[number; 32]).ok()
    }

    fn member(number: u8, role: Role) -> Option<NewMember> {
        Some(NewMember {
            device: device(number),
            signing_key: key(number)?.public(),
            sealing_key: SealingPublicKey([number; 32]),
            role,
            install_generation: 1,
            sealed_name: Vec::new().into(),
        })
    }

    pub(crate) fn log() -> Option<Vec<LogEntry>> {
        let epoch_share = |number: u8| EpochShare {
            device: device(number),
            encapsulated: SealingPublicKey([9; 32]),
            sealed: [0; 48].into(),
        };
        let genesis = LogBody::Genesis {
            founder: member(1, Role::Desk)?,
            epoch_key: SealingPublicKey([7; 32]),
            recovery_key: SealingPublicKey([8; 32]),
            share: epoch_share(1),
        };
        let desk = LogBody::Add { member: member(2, Role::Desk)?, share: Some(epoch_share(2)) };
        let officer = LogBody::Add { member: member(3, Role::Officer)?, share: None };
        let mut log: Vec<LogEntry> = Vec::new();
        for (index, (author, body)) in (0u64..).zip([(1, genesis), (1, desk), (2, officer)]) {
            let previous = log.last().map_or(Hash::NONE, LogEntry::hash);
            log.push(LogEntry::sign(SPACE, (index, previous), Timestamp(0), device(author), body, &key(author)?));
        }
        Some(log)
    }

    pub(crate) fn content() -> Option<ShareContent> {
        let code = |text: &str| Code::new(text).ok();
        let provenance = Provenance {
            share: ShareId([4; 16]),
            space: SPACE,
            genesis: log()?.first()?.hash(),
            device: device(3),
            time: Timestamp(1_795_000_000_000),
            purpose: code("referral")?,
            ground: Ground::Consent,
            against_choice: false,
            restrictions: vec![code("no_onward_sharing")?],
        };
        let fields =
            vec![(FieldName::new("birth_year").ok()?, 2001.into()), (FieldName::new("name").ok()?, "सुनिता".into())];
        Some(ShareContent { provenance, records: vec![SharedRecord::new(code("person")?, fields)] })
    }

    pub(crate) fn card(receiver: &SealingKeyPair) -> Option<SpaceCard> {
        let receiver = Receiver { device: device(20), sealing_key: receiver.public() };
        let (name, kind) = (ShortText::new("Shelter").ok()?, Code::new("shelter").ok()?);
        Some(SpaceCard::new((SpaceId([6; 16]), Hash([6; 32])), name, kind, vec![receiver]))
    }

    pub(crate) fn messages() -> Option<Vec<Vec<u8>>> {
        let receiver = SealingKeyPair::generate();
        let path = admission_path(&log()?, &device(3))?;
        let (to, share, time, key) = (SpaceId([6; 16]), ShareId([4; 16]), Timestamp(0), key(3)?);
        let (card, content) = (card(&receiver)?, content()?);
        Some(vec![
            ShareMessage::seal(SPACE, path.clone(), &card, &content, &key)?.to_bytes(),
            Recall::sign(to, share, time, path.clone(), &key).to_bytes(),
            RecallAnswer::sign(to, (share, false), time, path, &key).to_bytes(),
            card.to_bytes(),
            canonical::encode(&content),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_accepted_as_what_it_is() {
        let seeds = seeds();
        assert!(ShareMessage::from_bytes(&seeds[0]).is_ok() && Recall::from_bytes(&seeds[1]).is_ok());
        assert!(RecallAnswer::from_bytes(&seeds[2]).is_ok() && SpaceCard::from_bytes(&seeds[3]).is_ok());
        assert!(content_of(&seeds[4]).is_ok() && seeds.iter().all(|seed| has_one_encoding(seed)));
    }
}
