//! Sharing with another space: sending, listing, calling back, and the recipient's answer (PROTOCOL 5, ADR 0016).
//! Nothing is shared without a basis that this device knows to be alive at that moment; the event and the sealed message are
//! kept in one transaction.

use super::codes::{RECALL_ANSWER_PREFIX, RECALL_PREFIX, SHARE_PREFIX, from_code, to_code};
use super::consent::standing_of;
use super::save::Open;
use super::sharing_views::{SentShareView, ShareState};
use super::{ReadClass, Vault};
use crate::error::{Result, VigilError};
use crate::keys::random_bytes;
use crate::records::{
    self as facts, Ask, Basis, Code, EventBody, FieldName, FieldValue, Ground, PersonRole, Provenance, RecallStep,
    ShareId, Shared, SharedPart, basis_alive,
};
use crate::share::{Recall, RecallAnswer, ShareContent, ShareMessage, SharedRecord, admission_path, is_link};
use crate::store::{records, sharing};
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{LogEntry, RecordId};

/// What a recipient must not do with a copy.
const RESTRICTIONS: [&str; 2] = ["purpose_only", "no_onward_sharing"];
const SCREENING: &str = "screening";

/// What to share.
#[derive(Clone)]
pub struct ShareOrder {
    /// The person whose basis it rests on, and whose record is copied.
    pub person: RecordId,
    /// Screenings of this person that are copied, too.
    pub screenings: Vec<RecordId>,
    /// Which fields, by kind of record. A kind that is not named is cut down to what its purpose usually needs.
    pub fields: BTreeMap<Code, Vec<FieldName>>,
    /// The recipient's space, in hexadecimal, or the beginning of it: one whose card was imported and confirmed.
    pub space: String,
    /// What for.
    pub purpose: Code,
}

/// A share that was sealed.
pub struct Sent {
    /// Its name.
    pub share: ShareId,
    /// The text to hand to the recipient.
    pub message: String,
    /// `consent`, or one of the closed list.
    pub ground: &'static str,
    /// Whether she chose her authorities and left this one out: tell her.
    pub against_choice: bool,
}

impl Vault {
    /// Shares named fields of a person, and of screenings of hers, with another space: writes down that it was done and on
    /// what basis, and gives the sealed message to carry there.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role, without a living basis, to a space whose card is not confirmed, or for a field that
    /// leaves on consent only; [`VigilError::Invalid`] for fields that cannot be shared; [`VigilError::NotFound`].
    pub fn share(&mut self, order: &ShareOrder) -> Result<Sent> {
        self.must_speak_for_space()?;
        self.may_read()?;
        let card = self.confirmed_card(&order.space)?;
        let mut person = self.open_person(&order.person)?;
        let basis = self.basis_for(&person, &order.purpose, &card.kind)?;
        let mut copies = vec![self.copy(&person, order, basis.ground)?];
        let screenings: BTreeSet<RecordId> = order.screenings.iter().copied().collect();
        for screening in &screenings {
            let open = self.open_record(screening)?;
            self.must_be_hers_alone(&open, &order.person)?;
            copies.push(self.copy(&open, order, basis.ground)?);
        }
        let share = ShareId(random_bytes());
        let parts: Vec<SharedPart> =
            copies.iter().map(|copy| SharedPart { kind: copy.kind.clone(), fields: copy.names() }).collect();
        let content = ShareContent { provenance: self.provenance(share, &order.purpose, basis)?, records: copies };
        content.check()?;
        // Somebody else will read it: that is written down before it is sealed (PROTOCOL 23).
        self.note_read(&order.person, ReadClass::Share, Some(&order.purpose))?;
        let (from, path) = (self.space()?.id(), self.own_path()?);
        let message = ShareMessage::seal(from, path, &card, &content, &self.keys.signing)
            .ok_or_else(|| VigilError::invalid("share", "it is too large, or the card holds a key that is none"))?;
        let body = EventBody::Shared(Shared {
            share,
            space: card.space,
            genesis: card.genesis,
            recipient: card.kind.clone(),
            purpose: order.purpose.clone(),
            ground: basis.ground,
            basis: basis.event,
            against_choice: basis.against_choice,
            parts,
            digest: message.digest(),
        });
        let bytes = message.to_bytes();
        self.write_event(&mut person, body);
        self.save(vec![person], |tx| Ok(sharing::keep_message(tx, &share.0, &order.person, &bytes)?))?;
        let message = to_code(SHARE_PREFIX, &bytes);
        Ok(Sent { share, message, ground: basis.ground.name(), against_choice: basis.against_choice })
    }

    /// The message of a share once more, byte for byte, on the device that sealed it.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn share_message(&self, share: &ShareId) -> Result<String> {
        let message = sharing::message(self.store.read(), &share.0)?;
        Ok(to_code(SHARE_PREFIX, &message.ok_or(VigilError::NotFound { what: "share" })?))
    }

    fn basis_for(&self, person: &Open, purpose: &Code, recipient: &Code) -> Result<Basis> {
        let (standing, signers) = (standing_of(person), self.signers()?);
        let ask = Ask { purpose, recipient, under_18: self.counts_as_under_18(person)? };
        basis_alive(&standing, ask, &signers.persons()).ok_or(VigilError::NotAllowed {
            why: "there is no living consent to this purpose and kind of recipient that fits her age and her choice of \
                  authorities, nor another basis that two officers signed",
        })
    }

    /// The named fields of a record, as people should see them.
    fn copy(&self, open: &Open, order: &ShareOrder, ground: Ground) -> Result<SharedRecord> {
        let kinds = self.summariser.kinds();
        let kind = Code::new(&open.kind).map_err(|error| VigilError::invalid("kind", error))?;
        let named = order.fields.get(&kind);
        let wanted = named.cloned().unwrap_or_else(|| kinds.shared_for(&open.kind, &order.purpose));
        if wanted.is_empty() {
            return Err(VigilError::invalid("fields", "name them: nothing is usual for this purpose"));
        }
        let (views, mut copied) = (open.fields(), Vec::new());
        for field in BTreeSet::from_iter(wanted) {
            let rule = kinds.field_rule(&open.kind, &field).filter(|_| !is_link(&field));
            let rule = rule.ok_or_else(|| VigilError::invalid(field.as_str(), "such a field is not shared"))?;
            if rule.consent_only && ground != Ground::Consent {
                return Err(VigilError::NotAllowed { why: "this field is shared on the person's consent only" });
            }
            let Some(view) = views.get(&field) else { continue };
            if view.open {
                return Err(VigilError::invalid(field.as_str(), "people differ on it: settle it before it is shared"));
            }
            copied.extend(view.shown.clone().map(|value| (field, value)));
        }
        if copied.is_empty() {
            return Err(VigilError::invalid("fields", "nothing stands in any of them"));
        }
        Ok(SharedRecord::new(kind, copied))
    }

    /// Refuses a screening that is not this person's, or that tells about other people whom nobody asked.
    fn must_be_hers_alone(&self, screening: &Open, person: &RecordId) -> Result<()> {
        let links: Vec<FieldValue> = screening
            .facts
            .fields()
            .filter(|(name, _)| name.as_str().starts_with("link."))
            .map(|(_, value)| value)
            .collect();
        let mut hers = false;
        for link in &links {
            let persons = records::persons_with_link(self.store.read(), link.as_bytes().unwrap_or_default())?;
            if persons.contains(person) {
                hers = true;
                continue;
            }
            let accused = PersonRole::AllegedRecruiter.code();
            let role = |other: &RecordId| -> Result<bool> {
                let fields = self.open_record(other)?.fields();
                let role = FieldName::new("role").ok().and_then(|name| fields.get(&name)?.shown.clone());
                Ok(role.as_ref().and_then(FieldValue::as_text) == Some(accused))
            };
            let are_accused = persons.iter().map(role).collect::<Result<Vec<_>>>()?;
            if are_accused.is_empty() || are_accused.contains(&false) {
                let why = "the screening is about other people, too: share fields of this person's record";
                return Err(VigilError::NotAllowed { why });
            }
        }
        if screening.kind == SCREENING && hers {
            Ok(())
        } else {
            Err(VigilError::invalid("screening", "it is not a screening of this person"))
        }
    }

    fn provenance(&self, share: ShareId, purpose: &Code, basis: Basis) -> Result<Provenance> {
        let space = self.space()?;
        let restrictions = RESTRICTIONS.iter().filter_map(|code| Code::new(*code).ok()).collect();
        Ok(Provenance {
            share,
            space: space.id(),
            genesis: space.membership.genesis(),
            device: self.device,
            time: self.now(),
            purpose: purpose.clone(),
            ground: basis.ground,
            against_choice: basis.against_choice,
            restrictions,
        })
    }

    pub(super) fn own_path(&self) -> Result<Vec<LogEntry>> {
        let path = admission_path(&self.space()?.log, &self.device);
        path.ok_or(VigilError::NotAllowed { why: "the log does not show how this device was admitted" })
    }

    /// Every share in the records of this device.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn shares(&self) -> Result<Vec<SentShareView>> {
        let cards: BTreeMap<String, String> = self.cards()?.into_iter().map(|card| (card.space, card.name)).collect();
        let mut views = Vec::new();
        for (record, standing) in self.standings(Some("person"))? {
            for state in standing.shares() {
                let shared = &state.shared;
                let fields = shared
                    .parts
                    .iter()
                    .flat_map(|part| part.fields.iter().map(move |field| format!("{}.{}", part.kind, field.as_str())));
                views.push(SentShareView {
                    share: shared.share.to_string(),
                    record: record.to_string(),
                    space: shared.space.to_string(),
                    name: cards.get(&shared.space.to_string()).cloned(),
                    recipient: shared.recipient.to_string(),
                    purpose: shared.purpose.to_string(),
                    ground: shared.ground.name().to_owned(),
                    against_choice: shared.against_choice,
                    fields: fields.collect(),
                    author: self.call(&state.said.author)?,
                    time: state.said.time.0,
                    state: share_state(state),
                });
            }
        }
        Ok(views)
    }

    /// Calls a share back: gives the signed message for the recipient, and writes down that it was made. It may be made again
    /// until the answer comes.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] by role.
    pub fn recall(&mut self, share: &ShareId) -> Result<String> {
        self.must_speak_for_space()?;
        let (person, state) = self.find_share(share)?;
        let recall = Recall::sign(state.shared.space, *share, self.now(), self.own_path()?, &self.keys.signing);
        let mut open = self.open_record(&person)?;
        self.write_event(&mut open, EventBody::Recall(RecallStep::Sent { share: *share }));
        self.save(vec![open], |_| Ok(()))?;
        Ok(to_code(RECALL_PREFIX, &recall.to_bytes()))
    }

    fn find_share(&self, share: &ShareId) -> Result<(RecordId, facts::ShareState)> {
        for (record, standing) in self.standings(Some("person"))? {
            if let Some(state) = standing.shares().iter().find(|state| state.shared.share == *share) {
                return Ok((record, state.clone()));
            }
        }
        Err(VigilError::NotFound { what: "share" })
    }

    /// Takes the recipient's answer to a recall in. Gives the share and whether its copy is erased there.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for what does not verify, [`VigilError::NotFound`] for a share that is not here,
    /// [`VigilError::NotAllowed`] if it is not the recipient who answers.
    pub fn accept_recall_answer(&mut self, answer: &str) -> Result<(ShareId, bool)> {
        let bytes = from_code("answer to a recall", RECALL_ANSWER_PREFIX, answer)?;
        let (answer, sender) = RecallAnswer::from_bytes(&bytes)?;
        if answer.to != self.space()?.id() {
            return Err(VigilError::NotAllowed { why: "the answer is for another space" });
        }
        let (share, erased) = (answer.share, answer.erased);
        let (person, state) = self.find_share(&share)?;
        if (sender.space, sender.genesis) != (state.shared.space, state.shared.genesis) {
            return Err(VigilError::NotAllowed { why: "it is not the recipient of the share who answers" });
        }
        let body = EventBody::Recall(RecallStep::Confirmed { share, erased });
        let mut open = self.open_record(&person)?;
        if !open.events.values().any(|event| event.event.body == body) {
            self.write_event(&mut open, body);
            self.save(vec![open], |_| Ok(()))?;
        }
        Ok((share, erased))
    }
}

fn share_state(state: &facts::ShareState) -> ShareState {
    match state.confirmed {
        Some(true) => ShareState::Erased,
        Some(false) => ShareState::Kept,
        None if !state.recall_sent.is_empty() => ShareState::RecallSent,
        None if state.recall_due => ShareState::RecallDue,
        None => ShareState::Out,
    }
}
