//! Sharing with another space: cards, sending, taking in, recall and its answer (PROTOCOL 5, ADR 0016).
//! Nothing is shared without a basis that this device knows to be alive at that moment; the event and the sealed message are
//! kept in one transaction, and what comes in is verified in full before any of it is saved.

use super::Vault;
use super::codes::{CARD_PREFIX, RECALL_ANSWER_PREFIX, RECALL_PREFIX, SHARE_PREFIX, from_code, to_code};
use super::consent::standing_of;
use super::decide::Erased;
use super::save::Open;
use super::sharing_views::{CardView, SentShareView, ShareState};
use crate::error::{Result, VigilError};
use crate::keys::random_bytes;
use crate::records::{
    self as facts, Ask, Basis, Code, EventBody, FieldName, FieldValue, Ground, PersonRole, Provenance, RecallStep,
    Received, ShareId, Shared, SharedPart, ShortText, any_basis_alive, basis_alive, limits,
};
use crate::share::{
    Admitted, MAX_RECEIVERS, Recall, RecallAnswer, Receiver, ShareContent, ShareMessage, SharedRecord, SpaceCard,
    admission_path, is_link,
};
use crate::store::{StoreError, records, sharing};
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{LogEntry, Purpose, RecordId, SpaceId, digest};

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

/// A share that was taken in.
#[derive(Debug)]
pub struct Accepted {
    /// Its name.
    pub share: ShareId,
    /// The records that it became here.
    pub records: Vec<RecordId>,
    /// Whether it was here before, or was here and is erased: then nothing was done.
    pub already: bool,
    /// What the sharing space is called, where this device has a confirmed card of it. Otherwise nobody has compared who it
    /// is.
    pub from: Option<String>,
}

/// A recall that was followed, or not.
#[derive(Debug)]
pub struct RecallAnswered {
    /// The share.
    pub share: ShareId,
    /// Whether the copy is erased; otherwise a basis of this space's own keeps it.
    pub erased: bool,
    /// The signed answer for whoever called it back.
    pub answer: String,
}

impl Vault {
    /// The card of this space for others who share with it: the devices on duty receive. Give the number that
    /// [`Self::import_card`] shows by voice.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role.
    pub fn space_card(&self, name: ShortText, kind: Code) -> Result<(String, CardView)> {
        self.must_speak_for_space()?;
        let (space, signers) = (self.space()?, self.signers()?);
        let receives = |device: &&vigil_protocol::DeviceId| signers.may()(device);
        let receivers: Vec<Receiver> = space
            .membership
            .intake()
            .iter()
            .filter(receives)
            .filter_map(|device| space.membership.active_member(device))
            .take(MAX_RECEIVERS)
            .map(|member| Receiver { device: member.device, sealing_key: member.sealing_key })
            .collect();
        if receivers.is_empty() {
            return Err(VigilError::NotAllowed { why: "no officer or desk is on duty to receive" });
        }
        let card = SpaceCard::new((space.id(), space.membership.genesis()), name, kind, receivers);
        Ok((to_code(CARD_PREFIX, &card.to_bytes()), card_view(&card, true)))
    }

    /// Takes the card of another space in. It serves once it is confirmed: give the number that the other side reads aloud.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the card, or for a number that is not the card's.
    pub fn import_card(&mut self, card: &str, number: Option<&str>) -> Result<CardView> {
        let card = SpaceCard::from_bytes(&from_code("card", CARD_PREFIX, card)?)?;
        if number.is_some_and(|number| !card.is_number(number)) {
            return Err(VigilError::invalid(
                "number",
                "it is not the number of this card: somebody changed one of them",
            ));
        }
        if card.space == self.space()?.id() {
            return Err(VigilError::invalid("card", "it is this space's own"));
        }
        let known = sharing::card(self.store.read(), &card.space.0)?;
        if known.is_none() && sharing::count_cards(self.store.read())? >= sharing::MAX_CARDS {
            return Err(VigilError::invalid("card", "this device keeps too many"));
        }
        let bytes = card.to_bytes();
        let was_confirmed = known.is_some_and(|(known, confirmed)| confirmed && known == bytes);
        let confirmed = number.is_some() || was_confirmed;
        self.store.in_transaction(|tx| sharing::put_card(tx, &card.space.0, &bytes, confirmed))?;
        Ok(card_view(&card, confirmed))
    }

    /// The cards of other spaces on this device.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn cards(&self) -> Result<Vec<CardView>> {
        let cards = sharing::cards(self.store.read())?;
        cards.iter().map(|(bytes, confirmed)| Ok(card_view(&read_card(bytes)?, *confirmed))).collect()
    }

    /// Shares named fields of a person, and of screenings of hers, with another space: writes down that it was done and on
    /// what basis, and gives the sealed message to carry there.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role, without a living basis, to a space whose card is not confirmed, or for a field that
    /// leaves on consent only; [`VigilError::Invalid`] for fields that cannot be shared; [`VigilError::NotFound`].
    pub fn share(&mut self, order: &ShareOrder) -> Result<Sent> {
        self.must_speak_for_space()?;
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
        basis_alive(&standing, ask, &signers.may()).ok_or(VigilError::NotAllowed {
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

    fn own_path(&self) -> Result<Vec<LogEntry>> {
        let path = admission_path(&self.space()?.log, &self.device);
        path.ok_or(VigilError::NotAllowed { why: "the log does not show how this device was admitted" })
    }

    /// The confirmed card of the space that begins like this.
    fn confirmed_card(&self, prefix: &str) -> Result<SpaceCard> {
        let prefix = prefix.trim().to_ascii_lowercase();
        let cards = sharing::cards(self.store.read())?;
        let cards = cards.iter().map(|(bytes, confirmed)| Ok((read_card(bytes)?, *confirmed)));
        let cards = cards.collect::<Result<Vec<_>>>()?;
        let mut fitting =
            cards.into_iter().filter(|(card, _)| !prefix.is_empty() && card.space.to_string().starts_with(&prefix));
        let (card, confirmed) = fitting.next().ok_or(VigilError::NotFound { what: "card of a space" })?;
        if fitting.next().is_some() {
            return Err(VigilError::Ambiguous { what: "card of a space" });
        }
        if confirmed {
            Ok(card)
        } else {
            Err(VigilError::NotAllowed { why: "nobody has compared the number of that card yet" })
        }
    }

    /// Takes a share in that another space sealed for this one. Each becomes one set of records, however often it comes.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for what does not verify, [`VigilError::NotAllowed`] by role, for another space or other
    /// devices.
    pub fn accept_share(&mut self, message: &str) -> Result<Accepted> {
        self.must_speak_for_space()?;
        let (message, sender) = ShareMessage::from_bytes(&from_code("share", SHARE_PREFIX, message)?)?;
        let own = self.space()?.id();
        let content = message.open(&sender, (&own, &self.device), &self.keys.sealing)?;
        let (share, from) = (message.share, self.name_of_sender(&sender)?);
        let kinds = self.summariser.kinds();
        for record in &content.records {
            for (name, value) in record.fields() {
                kinds
                    .check(record.kind.as_str(), &name, &value)
                    .map_err(|error| VigilError::invalid(name.as_str(), error))?;
            }
        }
        let ids: Vec<RecordId> = (0..content.records.len()).map(|at| record_of(&own, &sender, &share, at)).collect();
        for id in &ids {
            if records::is_erased(self.store.read(), id)? || records::get(self.store.read(), id)?.is_some() {
                return Ok(Accepted { share, records: ids, already: true, from });
            }
        }
        let mut opens = Vec::with_capacity(ids.len());
        let has_both = content.records.iter().any(|record| record.kind.as_str() == SCREENING)
            && content.records.iter().any(|record| record.kind.as_str() == "person");
        for (record, id) in content.records.iter().zip(&ids) {
            let mut open = self.new_record(record.kind.as_str())?;
            open.record = *id;
            let mut fields: Vec<(FieldName, Option<FieldValue>)> =
                record.fields().into_iter().map(|(name, value)| (name, Some(value))).collect();
            if has_both {
                // Tied to each other by a link of this space's own.
                let link = if record.kind.as_str() == SCREENING { "link.0" } else { "link" };
                let link = FieldName::new(link).map_err(|error| VigilError::internal(error.to_string()))?;
                let value = fresh_link(&own, &sender, &share);
                fields.push((link, Some(FieldValue::Bytes(value.to_vec()))));
            }
            self.write_fields(&mut open, &fields)?;
            self.write_event(&mut open, EventBody::Received(Received::Share(content.provenance.clone())));
            opens.push(open);
        }
        self.save(opens, |_| Ok(()))?;
        Ok(Accepted { share, records: ids, already: false, from })
    }

    /// What the sender's space is called here; refuses one that claims the name of another that is known.
    fn name_of_sender(&self, sender: &Admitted) -> Result<Option<String>> {
        let Some((bytes, confirmed)) = sharing::card(self.store.read(), &sender.space.0)? else { return Ok(None) };
        let card = read_card(&bytes)?;
        if confirmed && card.genesis != sender.genesis {
            return Err(VigilError::NotAllowed { why: "it does not come from the space whose card is known here" });
        }
        Ok(confirmed.then(|| card.name.as_str().to_owned()))
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

    /// Follows a recall of the space that shared: erases the copy, unless a basis of this space's own is alive, and gives the
    /// signed answer. A recall that comes again is answered again.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for what does not verify, [`VigilError::NotAllowed`] by role or for another space,
    /// [`VigilError::NotFound`] if nothing came here as this share from that space.
    pub fn accept_recall(&mut self, recall: &str) -> Result<RecallAnswered> {
        self.must_speak_for_space()?;
        let (recall, sender) = Recall::from_bytes(&from_code("recall", RECALL_PREFIX, recall)?)?;
        let own = self.space()?.id();
        if recall.to != own {
            return Err(VigilError::NotAllowed { why: "the recall is for another space" });
        }
        let share = recall.share;
        let (mut here, mut gone) = (Vec::new(), false);
        for at in 0..limits::MAX_SHARED_RECORDS {
            let id = record_of(&own, &sender, &share, at);
            if records::get(self.store.read(), &id)?.is_some() {
                here.push(id);
            } else {
                gone |= records::is_erased(self.store.read(), &id)?;
            }
        }
        if here.is_empty() && !gone {
            return Err(VigilError::NotFound { what: "share" });
        }
        let erased = !self.keep_on_own_basis(&here, share)?;
        if erased && !here.is_empty() {
            let mut done = Erased::default();
            let tx = self.store.begin()?;
            self.erase_in(&tx, &here, &mut done)?;
            tx.commit().map_err(StoreError::from)?;
            self.after_erasing(done)?;
        }
        let path = self.own_path()?;
        let answer = RecallAnswer::sign(sender.space, (share, erased), self.now(), path, &self.keys.signing);
        Ok(RecallAnswered { share, erased, answer: to_code(RECALL_ANSWER_PREFIX, &answer.to_bytes()) })
    }

    /// Whether a basis of this space's own keeps the copy; then the recall is written down in it, once.
    fn keep_on_own_basis(&self, copies: &[RecordId], share: ShareId) -> Result<bool> {
        let signers = self.signers()?;
        let mut opens = copies.iter().map(|copy| self.open_record(copy)).collect::<Result<Vec<_>>>()?;
        let mut kept = false;
        for person in opens.iter().filter(|open| open.kind == "person") {
            kept |= any_basis_alive(&standing_of(person), self.counts_as_under_18(person)?, &signers.may());
        }
        if kept {
            let told = EventBody::Received(Received::Recall { share });
            opens.retain(|open| !open.events.values().any(|event| event.event.body == told));
            for open in &mut opens {
                self.write_event(open, told.clone());
            }
            self.save(opens, |_| Ok(()))?;
        }
        Ok(kept)
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

/// Which record the copy at this place of a share becomes in the recipient's space. Whoever shared cannot choose it, and
/// nobody else's share or recall leads to it.
fn record_of(own: &SpaceId, sender: &Admitted, share: &ShareId, at: usize) -> RecordId {
    let at = u8::try_from(at).unwrap_or(u8::MAX);
    RecordId(first_half(own, sender, share, [b'r', at]))
}

fn fresh_link(own: &SpaceId, sender: &Admitted, share: &ShareId) -> [u8; 16] {
    first_half(own, sender, share, [b'l', 0])
}

fn first_half(own: &SpaceId, sender: &Admitted, share: &ShareId, what: [u8; 2]) -> [u8; 16] {
    let whole =
        digest(Purpose::Share, &[b"record\0", &own.0, &sender.space.0, sender.genesis.as_bytes(), &share.0, &what]);
    let mut half = [0; 16];
    half.copy_from_slice(&whole.0[..16]);
    half
}

fn read_card(bytes: &[u8]) -> Result<SpaceCard> {
    SpaceCard::from_bytes(bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "a card" })
}

fn card_view(card: &SpaceCard, confirmed: bool) -> CardView {
    CardView {
        space: card.space.to_string(),
        name: card.name.as_str().to_owned(),
        kind: card.kind.to_string(),
        number: card.comparison_number(),
        confirmed,
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
