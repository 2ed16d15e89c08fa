//! The decoders of what comes from another space, for tests and fuzzing that attack them. Not part of the facade.
//! Whoever carries a message can change it; whoever is a member of some space can sign one.

use super::content::content_of;
use super::{Recall, RecallAnswer, ShareMessage, SpaceCard};
use vigil_protocol::canonical;

/// Takes bytes as each kind of message would be taken, and asserts that whatever is accepted has one encoding.
pub fn decode(bytes: &[u8]) {
    if let Ok((message, _)) = ShareMessage::from_bytes(bytes) {
        assert_eq!(message.to_bytes(), bytes, "one meaning, one encoding");
    }
    if let Ok((recall, _)) = Recall::from_bytes(bytes) {
        assert_eq!(recall.to_bytes(), bytes, "one meaning, one encoding");
    }
    if let Ok((answer, _)) = RecallAnswer::from_bytes(bytes) {
        assert_eq!(answer.to_bytes(), bytes, "one meaning, one encoding");
    }
    if let Ok(card) = SpaceCard::from_bytes(bytes) {
        assert_eq!(card.to_bytes(), bytes, "one meaning, one encoding");
        assert!(card.is_number(&card.comparison_number()));
    }
    // A member of another space can seal anything: what was opened is as hostile as what was not.
    if let Ok(content) = content_of(bytes) {
        assert_eq!(canonical::encode(&content), bytes, "one meaning, one encoding");
        for record in &content.records {
            assert_eq!(record.fields().len(), record.names().len());
        }
    }
}

/// Valid messages of every kind, to start from.
pub fn seeds() -> Vec<Vec<u8>> {
    fixture::messages()
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

    #[allow(clippy::unwrap_used, reason = "a fixture: any 32 bytes are a seed")]
    pub(crate) fn key(number: u8) -> SigningKey {
        SigningKey::from_seed(&[number; 32]).unwrap()
    }

    fn member(number: u8, role: Role) -> NewMember {
        NewMember {
            device: device(number),
            signing_key: key(number).public(),
            sealing_key: SealingPublicKey([number; 32]),
            role,
            install_generation: 1,
            sealed_name: Vec::new().into(),
        }
    }

    pub(crate) fn log() -> Vec<LogEntry> {
        let epoch_share = |number: u8| EpochShare {
            device: device(number),
            encapsulated: SealingPublicKey([9; 32]),
            sealed: [0; 48].into(),
        };
        let genesis = LogBody::Genesis {
            founder: member(1, Role::Desk),
            epoch_key: SealingPublicKey([7; 32]),
            recovery_key: SealingPublicKey([8; 32]),
            share: epoch_share(1),
        };
        let desk = LogBody::Add { member: member(2, Role::Desk), share: Some(epoch_share(2)) };
        let officer = LogBody::Add { member: member(3, Role::Officer), share: None };
        let mut log: Vec<LogEntry> = Vec::new();
        for (index, (author, body)) in (0u64..).zip([(1, genesis), (1, desk), (2, officer)]) {
            let previous = log.last().map_or(Hash::NONE, LogEntry::hash);
            log.push(LogEntry::sign(SPACE, (index, previous), Timestamp(0), device(author), body, &key(author)));
        }
        log
    }

    #[allow(clippy::unwrap_used, reason = "a fixture: every word in it is well-formed")]
    pub(crate) fn content() -> ShareContent {
        let code = |text: &str| Code::new(text).unwrap();
        let provenance = Provenance {
            share: ShareId([4; 16]),
            space: SPACE,
            genesis: log()[0].hash(),
            device: device(3),
            time: Timestamp(1_795_000_000_000),
            purpose: code("referral"),
            ground: Ground::Consent,
            against_choice: false,
            restrictions: vec![code("no_onward_sharing")],
        };
        let fields = vec![
            (FieldName::new("birth_year").unwrap(), 2001.into()),
            (FieldName::new("name").unwrap(), "सुनिता".into()),
        ];
        ShareContent { provenance, records: vec![SharedRecord::new(code("person"), fields)] }
    }

    #[allow(clippy::unwrap_used, reason = "a fixture: every word in it is well-formed")]
    pub(crate) fn card(receiver: &SealingKeyPair) -> SpaceCard {
        let receiver = Receiver { device: device(20), sealing_key: receiver.public() };
        let (name, kind) = (ShortText::new("Shelter").unwrap(), Code::new("shelter").unwrap());
        SpaceCard::new((SpaceId([6; 16]), Hash([6; 32])), name, kind, vec![receiver])
    }

    pub(crate) fn messages() -> Vec<Vec<u8>> {
        let receiver = SealingKeyPair::generate();
        let path = admission_path(&log(), &device(3)).unwrap_or_default();
        let (to, share, time) = (SpaceId([6; 16]), ShareId([4; 16]), Timestamp(0));
        let message = ShareMessage::seal(SPACE, path.clone(), &card(&receiver), &content(), &key(3));
        let mut messages: Vec<Vec<u8>> = message.iter().map(ShareMessage::to_bytes).collect();
        messages.push(Recall::sign(to, share, time, path.clone(), &key(3)).to_bytes());
        messages.push(RecallAnswer::sign(to, (share, false), time, path, &key(3)).to_bytes());
        messages.push(card(&receiver).to_bytes());
        messages.push(canonical::encode(&content()));
        messages
    }
}
