//! What a record says of its copies elsewhere: what was shared with whom and on what basis, what must be called back, and
//! where a record that came from another space comes from (PROTOCOL 5).
//! The fold promises one line a share and at most one recall, the same on every device; no event holds what was shared.

use super::basis::Ground;
use super::causality::Causality;
use super::consent::consent_in;
use super::event::EventId;
use super::event_body::EventBody;
use super::field::FieldName;
use super::limits::{MAX_RESTRICTIONS, MAX_SHARED_FIELDS, MAX_SHARED_RECORDS};
use super::standing::{Entry, Said};
use super::text::Code;
use minicbor::{Decode, Encode};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, Hash, SpaceId, Timestamp};

vigil_protocol::fixed_bytes!(
    /// A share: 16 random bytes, the only name by which the two spaces speak of it.
    ShareId, 16);

fn shown<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Which fields of one record were shared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct SharedPart {
    /// The kind of record.
    #[n(0)]
    pub kind: Code,
    /// Its fields.
    #[n(1)]
    pub fields: Vec<FieldName>,
}

/// That something was shared: everything but the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct Shared {
    /// The share.
    #[n(0)]
    #[serde(serialize_with = "shown")]
    pub share: ShareId,
    /// The recipient's space.
    #[n(1)]
    #[serde(serialize_with = "shown")]
    pub space: SpaceId,
    /// The genesis of that space: whoever answers must descend from it.
    #[n(2)]
    #[serde(serialize_with = "shown")]
    pub genesis: Hash,
    /// The kind of recipient.
    #[n(3)]
    pub recipient: Code,
    /// What for.
    #[n(4)]
    pub purpose: Code,
    /// What it rested on.
    #[n(5)]
    pub ground: Ground,
    /// The consent or declaration.
    #[n(6)]
    pub basis: EventId,
    /// Whether she chose her authorities and left this one out.
    #[n(7)]
    pub against_choice: bool,
    /// Which fields.
    #[n(8)]
    pub parts: Vec<SharedPart>,
    /// Digest of the sealed message.
    #[n(9)]
    #[serde(serialize_with = "shown")]
    pub digest: Hash,
}

impl Shared {
    pub(super) fn is_within_limits(&self) -> bool {
        self.parts.len() <= MAX_SHARED_RECORDS
            && self.parts.iter().map(|part| part.fields.len()).sum::<usize>() <= MAX_SHARED_FIELDS
    }
}

/// What became of a recall, on the record that was shared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum RecallStep {
    /// The recipient was asked to erase its copy.
    #[n(0)]
    Sent {
        /// The share.
        #[n(0)]
        #[serde(serialize_with = "shown")]
        share: ShareId,
    },
    /// The recipient answered.
    #[n(1)]
    Confirmed {
        /// The share.
        #[n(0)]
        #[serde(serialize_with = "shown")]
        share: ShareId,
        /// Whether it says that the copy is erased; otherwise it has a basis of its own and keeps it.
        #[n(1)]
        erased: bool,
    },
}

/// Where a record that came from another space comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct Provenance {
    /// The share; the only name that the source has here.
    #[n(0)]
    #[serde(serialize_with = "shown")]
    pub share: ShareId,
    /// The space that shared.
    #[n(1)]
    #[serde(serialize_with = "shown")]
    pub space: SpaceId,
    /// The genesis of that space.
    #[n(2)]
    #[serde(serialize_with = "shown")]
    pub genesis: Hash,
    /// The device that shared.
    #[n(3)]
    #[serde(serialize_with = "shown")]
    pub device: DeviceId,
    /// When, as it claims.
    #[n(4)]
    #[serde(serialize_with = "milliseconds")]
    pub time: Timestamp,
    /// What for.
    #[n(5)]
    pub purpose: Code,
    /// What it rested on there.
    #[n(6)]
    pub ground: Ground,
    /// Whether the person chose her authorities and left this one out.
    #[n(7)]
    pub against_choice: bool,
    /// What the recipient must not do with it, as codes.
    #[n(8)]
    pub restrictions: Vec<Code>,
}

fn milliseconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.0)
}

impl Provenance {
    pub(crate) fn is_within_limits(&self) -> bool {
        self.restrictions.len() <= MAX_RESTRICTIONS
    }
}

/// What came from another space about this record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Received {
    /// The record itself.
    #[n(0)]
    Share(#[n(0)] Provenance),
    /// A recall, which was not followed because a basis of the recipient's own is alive. Where it is followed, no record is
    /// left to say so.
    #[n(1)]
    Recall {
        /// The share.
        #[n(0)]
        #[serde(serialize_with = "shown")]
        share: ShareId,
    },
}

/// How a share stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareState {
    /// What was shared.
    pub shared: Shared,
    /// By whom.
    pub said: Said,
    /// Whether the recipient's copy must be called back.
    pub recall_due: bool,
    /// Who asked for it back, by id.
    pub recall_sent: Vec<Said>,
    /// What the recipient answered: whether the copy is erased. One answer that it is counts.
    pub confirmed: Option<bool>,
}

/// Every share of a record, by id.
pub(super) fn fold_shares(entries: &[Entry<'_>], causality: &Causality) -> Vec<ShareState> {
    let mut shares: BTreeMap<ShareId, ShareState> = BTreeMap::new();
    for entry in entries {
        let EventBody::Shared(shared) = &entry.event.body else { continue };
        let recall_due = is_recall_due(entry, shared, entries, causality);
        let (shared, said) = (shared.clone(), entry.said());
        let state = ShareState { shared, said, recall_due, recall_sent: Vec::new(), confirmed: None };
        // Two events of one share are one share: the entries come by id, the first names it, and either may be due.
        shares.entry(state.shared.share).and_modify(|known| known.recall_due |= recall_due).or_insert(state);
    }
    for entry in entries {
        match &entry.event.body {
            EventBody::Recall(RecallStep::Sent { share }) => {
                shares.entry(*share).and_modify(|state| state.recall_sent.push(entry.said()));
            }
            EventBody::Recall(RecallStep::Confirmed { share, erased }) => {
                shares
                    .entry(*share)
                    .and_modify(|state| state.confirmed = Some(*erased || state.confirmed == Some(true)));
            }
            _ => {}
        }
    }
    shares.into_values().collect()
}

/// Whether something was said against a share that its author had not taken into account.
fn is_recall_due(share: &Entry<'_>, shared: &Shared, entries: &[Entry<'_>], causality: &Causality) -> bool {
    // An objection is answered if she agreed anew in knowledge of it, and whoever shared knew that.
    let is_answered = |objection: &Entry<'_>, answers: &dyn Fn(&EventBody) -> bool| {
        entries.iter().any(|answer| {
            answers(&answer.event.body)
                && causality.has_seen(answer.number, objection.number)
                && causality.has_seen(share.number, answer.number)
        })
    };
    let same_question = |body: &EventBody| {
        consent_in(body).and_then(|(consent, by)| {
            ((&consent.purpose, &consent.recipient) == (&shared.purpose, &shared.recipient)).then_some(by.is_some())
        })
    };
    let choice = |body: &EventBody| match body {
        EventBody::AuthorityChosen(choice) => Some(choice.kinds.contains(&shared.recipient)),
        _ => None,
    };
    entries.iter().any(|entry| match (shared.ground, &entry.event.body) {
        (Ground::Consent, body) if same_question(body) == Some(false) => {
            !is_answered(entry, &|body| same_question(body) == Some(true))
        }
        (Ground::Consent, body) if choice(body) == Some(false) => {
            !is_answered(entry, &|body| choice(body) == Some(true))
        }
        // What was ended later had served; what was ended beside the share, or before it, had not.
        (Ground::Declared(_), EventBody::BasisEnded { declaration }) => {
            *declaration == shared.basis && !causality.has_seen(entry.number, share.number)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::fixtures::{choice, consent_to, device, event, event_id, provenance, shared};
    use crate::records::{BasisKind, Standing};

    #[test]
    fn one_answer_that_the_copy_is_erased_counts_whatever_else_is_answered() {
        for (answers, confirmed) in [
            (&[][..], None),
            (&[false], Some(false)),
            (&[true], Some(true)),
            (&[true, false], Some(true)),
            (&[false, true], Some(true)),
        ] {
            let ground = Ground::Declared(BasisKind::CourtOrder);
            let recall = |step| EventBody::Recall(step);
            let (share, other) = (ShareId([4; 16]), ShareId([5; 16]));
            let mut events = vec![
                event(1, &[], EventBody::Shared(shared(4, "shelter", ground, event_id(9)))),
                event(2, &[1], recall(RecallStep::Sent { share })),
                event(3, &[1], recall(RecallStep::Confirmed { share: other, erased: true })),
            ];
            for (number, erased) in (4..).zip(answers) {
                events.push(event(number, &[2], recall(RecallStep::Confirmed { share, erased: *erased })));
            }
            let standing = Standing::of(events.iter().map(|(id, event)| (*id, event)));
            let [state] = standing.shares() else { panic!("one was shared") };
            assert_eq!(state.confirmed, confirmed, "{answers:?}");
            assert_eq!(state.recall_sent.iter().map(|said| said.author).collect::<Vec<_>>(), [device(2)]);
        }
    }

    #[test]
    fn a_choice_that_leaves_the_recipient_out_calls_back_until_she_chose_it_anew_before_the_share() {
        let given = event(1, &[], EventBody::ConsentGiven(consent_to("shelter")));
        let without = event(2, &[1], EventBody::AuthorityChosen(choice(&[])));
        let with = event(3, &[2], EventBody::AuthorityChosen(choice(&["shelter"])));
        let sent =
            |after: &[u8]| event(4, after, EventBody::Shared(shared(4, "shelter", Ground::Consent, event_id(1))));
        let due = |events: &[(EventId, crate::records::Event)]| {
            Standing::of(events.iter().map(|(id, event)| (*id, event))).shares()[0].recall_due
        };
        assert!(!due(&[given.clone(), sent(&[1])]), "she was not asked");
        assert!(due(&[given.clone(), without.clone(), sent(&[1])]), "nobody knew of the other");
        assert!(
            due(&[given.clone(), without.clone(), with.clone(), sent(&[2])]),
            "whoever shared did not know the new one"
        );
        assert!(!due(&[given, without, with, sent(&[3])]));
    }

    #[test]
    fn where_a_record_comes_from_has_a_limited_number_of_restrictions() {
        let with = |count| {
            let restrictions = vec![Code::new("not_to_police").unwrap(); count];
            Provenance { restrictions, ..provenance() }.is_within_limits()
        };
        assert!(with(MAX_RESTRICTIONS) && !with(MAX_RESTRICTIONS + 1) && with(0));
    }
}
