//! A device takes a batch in: the order of checks of `sync::take_in`, without what is about bytes.
//! It promises that nothing of a refused batch counts, and that taking in twice changes nothing.

use super::device::{Held, Key};
use super::packing::content_of;
use super::space::Space;
use super::{Broken, Control};
use crate::sync::readers::{Erasing, may_erase, origin_of_grant};
use vigil_protocol::{Capsule, Chain, DeviceId, Item, KeyReference, Recipient, RecordId};

impl Space {
    /// Takes in what `wanted` names of a batch. Says whether the batch was one for this device at all.
    pub(super) fn take(
        &mut self,
        device: usize,
        number: usize,
        wanted: &dyn Fn(&RecordId) -> bool,
    ) -> Result<bool, Broken> {
        if self.devices[device].done.contains(&number) {
            return Ok(true);
        }
        let (view, author, chain, log_length) = {
            let (me, sent) = (&self.devices[device], &mut self.sent[number]);
            let header = &sent.batch.header;
            let knows = me.view.head_at(header.log_length) == Some(header.log_head);
            if !knows || me.view.member(&header.device).is_none_or(|author| author.added_at >= header.log_length) {
                return Ok(false);
            }
            if !sent.verified {
                sent.batch.verify(&me.view)?;
                sent.verified = true;
            }
            (me.view.clone(), header.device, header.chain, header.log_length)
        };
        let mut refused = self.devices[device].proofs.contains(&author);
        if let Chain::Sync { counter, previous } = chain {
            let hash = self.sent[number].batch.header.hash();
            let me = &mut self.devices[device];
            let beside = me.headers.get(&(author, counter)).is_some_and(|(held, _)| *held != hash);
            let before = me.headers.get(&(author, counter - 1)).is_some_and(|(held, _)| *held != previous);
            let after = me.headers.get(&(author, counter + 1)).is_some_and(|(_, named)| *named != hash);
            if (beside || before || after) && self.control != Some(Control::AcceptBoth) {
                me.proofs.insert(author);
                refused = true;
            }
            me.headers.entry((author, counter)).or_insert((hash, previous));
        }
        let lapse = view.member(&author).and_then(vigil_protocol::Member::lapse);
        if refused || lapse.is_some_and(|lapse| !lapse.counts(&chain)) {
            return Ok(true);
        }
        let (items, mut whole) = (self.sent[number].batch.items.clone(), true);
        for (place, item) in (0u32..).zip(&items) {
            let Some(record) = self.record_of(item).filter(|record| wanted(record)) else {
                whole = false;
                continue;
            };
            if self.devices[device].taken.contains(&(number, place)) {
                continue;
            }
            self.take_item(device, (number, place), (&record, item), (&author, log_length))?;
        }
        if whole {
            self.devices[device].done.insert(number);
        }
        Ok(true)
    }

    fn take_item(
        &mut self,
        device: usize,
        at: (usize, u32),
        (record, item): (&RecordId, &Item),
        (author, log_length): (&DeviceId, u64),
    ) -> Result<(), Broken> {
        let is_erased = self.devices[device].erased.contains(record);
        if let Item::Tombstone(_) = item {
            self.devices[device].taken.insert(at);
            return self.take_tombstone(device, record, (author, log_length));
        }
        if is_erased {
            return Ok(());
        }
        if let Some(capsule) = item.capsule() {
            if matches!(item, Item::Write(..)) {
                let me = &mut self.devices[device];
                me.creators.entry(*record).or_insert(*author);
                let oldest = me.origins.entry(capsule.commitment).or_insert((*author, log_length));
                if log_length < oldest.1 {
                    *oldest = (*author, log_length);
                }
            }
            let origin = if matches!(item, Item::Write(..)) {
                (*author, log_length)
            } else {
                let written = self.devices[device].origins.get(&capsule.commitment).copied();
                origin_of_grant(written.into_iter(), *author)
            };
            self.open(device, capsule, (&origin.0, origin.1));
        }
        match item {
            Item::Write(reference, sealed) => {
                let me = &mut self.devices[device];
                let held = me
                    .keys
                    .get(record)
                    .is_some_and(|keys| keys.iter().any(|key| key.commitment == reference.commitment()));
                if held {
                    me.taken.insert(at);
                    self.apply(device, record, content_of(sealed)?)?;
                } else if !me.parked.contains(&at) {
                    me.parked.push(at);
                }
            }
            _ => {
                self.devices[device].taken.insert(at);
            }
        }
        Ok(())
    }

    fn take_tombstone(&mut self, device: usize, record: &RecordId, said: (&DeviceId, u64)) -> Result<(), Broken> {
        let me = &self.devices[device];
        let known = me.records.get(record).map(|held| Erasing {
            kind: held.kind.name().to_owned(),
            creator: held.creator,
            is_decided: false,
        });
        if may_erase(&me.view, (record, known.as_ref()), said).is_ok() {
            let ignore = self.control == Some(Control::IgnoreTombstones);
            self.devices[device].erase(record, ignore);
        }
        Ok(())
    }

    /// Opens a capsule, if a key for it is here, and tries again what waited for it.
    fn open(&mut self, device: usize, capsule: &Capsule, (author, log_length): (&DeviceId, u64)) {
        let me = &self.devices[device];
        if me.keys.get(&capsule.record).is_some_and(|keys| keys.iter().any(|key| key.commitment == capsule.commitment))
        {
            return;
        }
        let opens = capsule.sealed.iter().any(|copy| match copy.to {
            Recipient::Device(to) => to == me.id,
            Recipient::Epoch(epoch) => {
                me.view.epoch_key(epoch).is_some_and(|key| self.holders(&key).iter().any(|holder| holder.to == me.id))
            }
            Recipient::Recovery => false,
        });
        if opens {
            let key = Key { commitment: capsule.commitment, starter: *author, log_length, sent: true };
            self.devices[device].keys.entry(capsule.record).or_default().push(key);
        }
    }

    /// Tries parked items again.
    pub(super) fn retry(&mut self, device: usize) -> Result<(), Broken> {
        let parked = std::mem::take(&mut self.devices[device].parked);
        for (number, place) in parked {
            let header = &self.sent[number].batch.header;
            let (author, log_length) = (header.device, header.log_length);
            let at = usize::try_from(place).unwrap_or(usize::MAX);
            let Some(item) = self.sent[number].batch.items.get(at).cloned() else { continue };
            let Some(record) = self.record_of(&item) else { continue };
            if matches!(item, Item::Write(KeyReference::New(_) | KeyReference::Known(_), _)) {
                self.take_item(device, (number, place), (&record, &item), (&author, log_length))?;
            }
        }
        Ok(())
    }

    fn apply(&mut self, device: usize, record: &RecordId, number: usize) -> Result<(), Broken> {
        let info = self.info(record).ok_or(Broken("no such record"))?;
        let content = self.contents.get_mut(number).ok_or(Broken("no such content"))?;
        let me = &mut self.devices[device];
        for event in content.events.iter().filter(|_| !content.verified) {
            let author = me.view.member(&event.event.author).ok_or(Broken("an event of a stranger"))?;
            event.verify(record, &author.signing_key).map_err(|_| Broken("an event that nobody signed"))?;
        }
        content.verified = true;
        let creator = me.creator_of(record);
        let held = me.records.entry(*record).or_insert(Held { kind: info.kind, creator, events: Default::default() });
        held.events.extend(content.events.iter().map(|event| (event.id(record), event.event.clone())));
        Ok(())
    }
}
