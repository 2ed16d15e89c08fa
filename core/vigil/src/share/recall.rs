//! A recall, and what the recipient answers. Both name the share and say nothing of anybody in it.
//! They promise to be signed by somebody of the space that they speak for.

use super::{Admitted, MAX_LETTER_BYTES, check_suite, verify_speaker};
use crate::records::ShareId;
use minicbor::{Decode, Encode};
use vigil_protocol::{
    Hash, LogEntry, ProtocolError, Purpose, SUITE, Signature, SigningKey, SpaceId, Timestamp, canonical, digest,
};

/// "Erase what we gave you as this share."
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Recall {
    #[n(0)]
    suite: u8,
    #[n(1)]
    pub(crate) to: SpaceId,
    #[n(2)]
    pub(crate) share: ShareId,
    #[n(3)]
    pub(crate) time: Timestamp,
    #[n(4)]
    path: Vec<LogEntry>,
    #[n(5)]
    signature: Signature,
}

/// "It is erased", or "we keep it on a basis of our own".
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct RecallAnswer {
    #[n(0)]
    suite: u8,
    #[n(1)]
    pub(crate) to: SpaceId,
    #[n(2)]
    pub(crate) share: ShareId,
    #[n(3)]
    pub(crate) time: Timestamp,
    #[n(4)]
    pub(crate) erased: bool,
    #[n(5)]
    path: Vec<LogEntry>,
    #[n(6)]
    signature: Signature,
}

impl Recall {
    pub(crate) fn sign(to: SpaceId, share: ShareId, time: Timestamp, path: Vec<LogEntry>, key: &SigningKey) -> Self {
        let mut recall = Self { suite: SUITE, to, share, time, path, signature: Signature([0; 64]) };
        recall.signature = key.sign(Purpose::Recall, &recall.digest());
        recall
    }

    fn digest(&self) -> Hash {
        let signed = (self.suite, &self.to, &self.share, &self.time, &self.path);
        digest(Purpose::Recall, &[&canonical::encode(&signed)])
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// Reads and verifies a recall from outside.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<(Self, Admitted), ProtocolError> {
        let recall: Self = canonical::decode_limited(bytes, MAX_LETTER_BYTES)?;
        check_suite(recall.suite)?;
        let sender = verify_speaker(&recall.path, Purpose::Recall, &recall.digest(), &recall.signature, "recall")?;
        Ok((recall, sender))
    }
}

impl RecallAnswer {
    pub(crate) fn sign(
        to: SpaceId,
        (share, erased): (ShareId, bool),
        time: Timestamp,
        path: Vec<LogEntry>,
        key: &SigningKey,
    ) -> Self {
        let mut answer = Self { suite: SUITE, to, share, time, erased, path, signature: Signature([0; 64]) };
        answer.signature = key.sign(Purpose::RecallAnswer, &answer.digest());
        answer
    }

    fn digest(&self) -> Hash {
        let signed = (self.suite, &self.to, &self.share, &self.time, self.erased, &self.path);
        digest(Purpose::RecallAnswer, &[&canonical::encode(&signed)])
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// Reads and verifies an answer from outside.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<(Self, Admitted), ProtocolError> {
        let answer: Self = canonical::decode_limited(bytes, MAX_LETTER_BYTES)?;
        check_suite(answer.suite)?;
        let sender = verify_speaker(
            &answer.path,
            Purpose::RecallAnswer,
            &answer.digest(),
            &answer.signature,
            "answer to a recall",
        )?;
        Ok((answer, sender))
    }
}

#[cfg(test)]
mod tests {
    use super::super::admission_path;
    use super::super::hostile::fixture;
    use super::*;

    #[test]
    fn a_recall_and_an_answer_are_refused_after_any_change_and_in_each_others_place() {
        let path = admission_path(&fixture::log().unwrap(), &fixture::device(3)).unwrap();
        let (to, share, time) = (SpaceId([8; 16]), ShareId([4; 16]), Timestamp(5));
        let recall = Recall::sign(to, share, time, path.clone(), &fixture::key(3).unwrap()).to_bytes();
        let answer = RecallAnswer::sign(to, (share, true), time, path, &fixture::key(3).unwrap()).to_bytes();
        assert!(Recall::from_bytes(&recall).is_ok() && RecallAnswer::from_bytes(&answer).is_ok());
        assert!(Recall::from_bytes(&answer).is_err() && RecallAnswer::from_bytes(&recall).is_err());
        for at in 0..recall.len() {
            let mut changed = recall.clone();
            changed[at] ^= 1;
            assert!(Recall::from_bytes(&changed).is_err(), "{at}");
        }
        for at in 0..answer.len() {
            let mut changed = answer.clone();
            changed[at] ^= 1;
            assert!(RecallAnswer::from_bytes(&changed).is_err(), "{at}");
        }
    }
}
