//! What another space shared with this one: taking it in, and following a recall. What comes in is verified in full before any
//! of it is saved; a share becomes one set of records, and only the space that gave it calls it back.

use super::Vault;
use super::cards::read_card;
use super::codes::{RECALL_ANSWER_PREFIX, RECALL_PREFIX, SHARE_PREFIX, from_code, to_code};
use super::consent::standing_of;
use super::erasure::Erased;
use crate::error::{Result, VigilError};
use crate::records::{EventBody, FieldName, FieldValue, Provenance, Received, ShareId, any_basis_alive, limits};
use crate::share::{Admitted, Recall, RecallAnswer, ShareMessage};
use crate::store::{StoreError, records, sharing};
use vigil_protocol::{Hash, Purpose, RecordId, SpaceId, digest};

const SCREENING: &str = "screening";

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
                // What is not known here might tell who somebody is, and go where identities must not.
                let rule = kinds.field_rule(record.kind.as_str(), &name);
                rule.ok_or_else(|| VigilError::invalid(name.as_str(), "this version does not know such a field"))?;
                let checked = kinds.check(record.kind.as_str(), &name, &value);
                checked.map_err(|error| VigilError::invalid(name.as_str(), error))?;
            }
        }
        let ids: Vec<RecordId> = (0..content.records.len())
            .map(|at| record_of(&own, (&sender.space, &sender.genesis), &share, at))
            .collect();
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
            let id = record_of(&own, (&sender.space, &sender.genesis), &share, at);
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
            kept |= any_basis_alive(&standing_of(person), self.counts_as_under_18(person)?, &signers.persons());
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
}

/// Which record the copy at this place of a share becomes in the recipient's space. Whoever shared cannot choose it, and
/// nobody else's share or recall leads to it.
pub(crate) fn record_of(own: &SpaceId, source: (&SpaceId, &Hash), share: &ShareId, at: usize) -> RecordId {
    let at = u8::try_from(at).unwrap_or(u8::MAX);
    RecordId(first_half(own, source, share, [b'r', at]))
}

/// Whether a record of this name can only be a copy that came as the provenance says.
pub(crate) fn is_copy_of(own: &SpaceId, from: &Provenance, record: &RecordId) -> bool {
    let sender = (&from.space, &from.genesis);
    (0..limits::MAX_SHARED_RECORDS).any(|at| record_of(own, sender, &from.share, at) == *record)
}

fn fresh_link(own: &SpaceId, sender: &Admitted, share: &ShareId) -> [u8; 16] {
    first_half(own, (&sender.space, &sender.genesis), share, [b'l', 0])
}

fn first_half(own: &SpaceId, (space, genesis): (&SpaceId, &Hash), share: &ShareId, what: [u8; 2]) -> [u8; 16] {
    let whole = digest(Purpose::Share, &[b"record\0", &own.0, &space.0, genesis.as_bytes(), &share.0, &what]);
    let mut half = [0; 16];
    half.copy_from_slice(&whole.0[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Passphrase;
    use crate::records::{Code, Ground, ShortText};
    use crate::share::{ShareContent, SharedRecord, SpaceCard};
    use vigil_protocol::Timestamp;

    struct Home(std::path::PathBuf);

    impl Home {
        fn desk(name: &str) -> (Self, Vault) {
            let home = Self(std::env::temp_dir().join(format!("vigil-received-{name}-{}", std::process::id())));
            std::fs::remove_dir_all(&home.0).ok();
            let mut vault = Vault::create_at_floor(&home.0, &Passphrase::new("four random words here"), name).unwrap();
            vault.create_space(None).unwrap();
            (home, vault)
        }
    }

    impl Drop for Home {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    fn code(text: &str) -> Code {
        Code::new(text).unwrap()
    }

    /// What a changed program of a real member of another space seals, past every check of the facade.
    fn sealed(from: &Vault, to: &Vault, share: ShareId, records: Vec<SharedRecord>) -> String {
        let (text, _) = to.space_card(ShortText::new("Shelter").unwrap(), code("shelter")).unwrap();
        let card = SpaceCard::from_bytes(&from_code("card", "vigil-card-1:", &text).unwrap()).unwrap();
        let space = from.space().unwrap();
        let provenance = Provenance {
            share,
            space: space.id(),
            genesis: space.membership.genesis(),
            device: from.device,
            time: Timestamp(0),
            purpose: code("referral"),
            ground: Ground::Consent,
            against_choice: false,
            restrictions: Vec::new(),
        };
        let content = ShareContent { provenance, records };
        let path = from.own_path().unwrap();
        let message = ShareMessage::seal(space.id(), path, &card, &content, &from.keys.signing).unwrap();
        to_code(SHARE_PREFIX, &message.to_bytes())
    }

    fn record(kind: &str, field: &str, value: impl Into<FieldValue>) -> SharedRecord {
        SharedRecord::new(code(kind), vec![(FieldName::new(field).unwrap(), value.into())])
    }

    #[test]
    fn a_member_of_another_space_brings_in_no_unknown_kind_field_or_value_and_no_half_of_a_share() {
        let ((_ours, ours), (_theirs, mut theirs)) = (Home::desk("ours"), Home::desk("theirs"));
        let good = || record("person", "name", "Sita");
        for bad in [
            record("gossip", "name", "Sita"),
            record("screening", "name", "Sita"),
            record("person", "birth_year", 12),
            record("person", "role", "Sita Rai"),
        ] {
            let message = sealed(&ours, &theirs, ShareId([1; 16]), vec![good(), bad]);
            assert!(matches!(theirs.accept_share(&message), Err(VigilError::Invalid { .. })));
            assert_eq!(theirs.status().unwrap().records, 0, "nothing is half taken in");
        }
        let message = sealed(&ours, &theirs, ShareId([1; 16]), vec![good()]);
        assert_eq!(theirs.accept_share(&message).unwrap().records.len(), 1);
        // The same name for another share of that space does not replace the first.
        let again = sealed(&ours, &theirs, ShareId([1; 16]), vec![record("person", "name", "Gita")]);
        assert!(theirs.accept_share(&again).unwrap().already);
        assert!(theirs.search("Sita", 5).unwrap().len() == 1 && theirs.search("Gita", 5).unwrap().is_empty());
    }

    #[test]
    fn another_space_that_knows_a_share_s_name_takes_neither_its_place_nor_it_back() {
        let ((_ours, ours), (_theirs, mut theirs)) = (Home::desk("first"), Home::desk("second"));
        let (_other, other) = Home::desk("third");
        let share = ShareId([2; 16]);
        let squatted = sealed(&other, &theirs, share, vec![record("person", "name", "Gita")]);
        let real = sealed(&ours, &theirs, share, vec![record("person", "name", "Sita")]);
        let (squatted, real) = (theirs.accept_share(&squatted).unwrap(), theirs.accept_share(&real).unwrap());
        assert!(!real.already && squatted.records != real.records);
        let to = theirs.space().unwrap().id();
        let recall = Recall::sign(to, share, Timestamp(0), other.own_path().unwrap(), &other.keys.signing);
        assert!(theirs.accept_recall(&to_code(RECALL_PREFIX, &recall.to_bytes())).unwrap().erased);
        assert!(theirs.show(&real.records[0]).is_ok() && theirs.show(&squatted.records[0]).is_err());
    }
}
