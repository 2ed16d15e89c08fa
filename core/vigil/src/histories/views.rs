//! Once everything was delivered: whether every device has the view that it must have.
//! What it must be is put together from what the server placed, not from what a device says.

use super::oracle::{self, Events};
use super::space::Space;
use super::world::World;
use super::{Broken, Fault};
use crate::records::Standing;
use std::collections::BTreeSet;
use vigil_protocol::{Item, Membership, RecordId};

impl World {
    /// Compares all views.
    pub(super) fn compare(&mut self) -> Result<(), Broken> {
        for number in 0..2 {
            let space = &self.spaces[number];
            let mut wrong = space.membership_differs()?;
            for device in 0..space.devices.len() {
                let me = &space.devices[device];
                let stays = space.newest().active_member(&me.id).is_some() && !space.stopped.contains(&me.id);
                if !stays {
                    continue;
                }
                if !space.is_quiet(device) {
                    wrong.push(format!("device {} cannot send all that it has", me.id.0[0]));
                }
                wrong.extend(space.differs(device)?);
                for went in self.went.iter().filter(|went| went.space == number && went.on_consent) {
                    let Some(held) = me.records.get(&went.record) else { continue };
                    let due = Standing::of(held.events.iter().map(|(id, event)| (*id, event)));
                    let state = due
                        .shares()
                        .iter()
                        .find(|state| state.shared.share == went.share)
                        .map(|state| state.recall_due);
                    if state == Some(false) && oracle::crossed(&held.events, &went.held, went.to) {
                        wrong.push(format!(
                            "device {} does not call a share back that crossed a withdrawal",
                            me.id.0[0]
                        ));
                    }
                }
            }
            self.faults.extend(wrong.into_iter().map(Fault::DifferentViews));
        }
        Ok(())
    }
}

impl Space {
    fn membership_differs(&self) -> Result<Vec<String>, Broken> {
        let beginning = super::committee::beginning(self.number)?;
        let whole = Membership::from_log(beginning.log.iter().chain(&self.log))?;
        Ok(if whole == *self.newest() { Vec::new() } else { vec!["the log gives another view".to_owned()] })
    }

    fn differs(&self, device: usize) -> Result<Vec<String>, Broken> {
        let me = &self.devices[device];
        let mut wrong = Vec::new();
        let mut say = |what: String| wrong.push(format!("device {}: {what}", me.id.0[0]));
        if *me.view != *self.newest() {
            say("it knows another log".to_owned());
        }
        if me.proofs != self.stopped {
            say(format!("it suspects {} of {}", me.proofs.len(), self.stopped.len()));
        }
        let with_others = |record: &&RecordId| self.erased.contains(*record) || !me.alone.contains(*record);
        let erased: BTreeSet<RecordId> = me.erased.iter().filter(with_others).copied().collect();
        if erased != self.erased {
            say(format!("it erased {} of {}", me.erased.len(), self.erased.len()));
        }
        for info in &self.records {
            if self.erased.contains(&info.id) || me.alone.contains(&info.id) {
                continue;
            }
            let wanted = self.wanted(device, &info.id)?;
            let Some(held) = me.records.get(&info.id) else {
                if wanted.is_some() {
                    say(format!("it lacks record {}", info.id.0[0]));
                }
                continue;
            };
            let wanted = wanted.unwrap_or_default();
            if !wanted.keys().all(|id| held.events.contains_key(id)) {
                say(format!("it lacks events of record {}", info.id.0[0]));
            }
            let extra: BTreeSet<_> = held.events.keys().filter(|id| !wanted.contains_key(*id)).collect();
            let by_hand = |id: &&&crate::records::EventId| !self.was_carried(device, &info.id, id);
            if extra.iter().any(|id| by_hand(&id)) {
                say(format!("it holds events of record {} that do not count", info.id.0[0]));
            }
            let forward = Standing::of(held.events.iter().map(|(id, event)| (*id, event)));
            let twice = held.events.iter().rev().chain(held.events.iter()).chain(&wanted);
            if forward != Standing::of(twice.map(|(id, event)| (*id, event))) {
                say(format!("the standing of record {} depends on the order", info.id.0[0]));
            }
        }
        Ok(wrong)
    }

    /// The events of a record that count and that a device could open; nothing if it could open no content of it.
    fn wanted(&self, device: usize, record: &RecordId) -> Result<Option<Events>, Broken> {
        let (me, newest) = (&self.devices[device], self.newest());
        let mut events = None;
        for number in &self.placed {
            let batch = &self.sent[*number].batch;
            let author = newest.member(&batch.header.device).ok_or(Broken("a stranger's batch"))?;
            if author.lapse().is_some_and(|lapse| !lapse.counts(&batch.header.chain)) {
                continue;
            }
            for item in &batch.items {
                let Item::Write(reference, sealed) = item else { continue };
                let commitment = reference.commitment();
                let of_record = self.keys.get(&commitment).is_some_and(|key| key.record == *record);
                if of_record && self.can_open(&me.id, &commitment) {
                    let content = &self.contents[super::packing::content_of(sealed)?];
                    let held: &mut Events = events.get_or_insert_default();
                    held.extend(content.events.iter().map(|event| (event.id(record), event.event.clone())));
                }
            }
        }
        Ok(events)
    }

    /// Whether an event came to a device in a batch that was carried to it and never placed, or is its own.
    fn was_carried(&self, device: usize, record: &RecordId, id: &crate::records::EventId) -> bool {
        let me = &self.devices[device];
        me.taken.iter().any(|(number, place)| {
            let item = usize::try_from(*place).ok().and_then(|place| self.sent[*number].batch.items.get(place));
            let Some(Item::Write(_, sealed)) = item else { return false };
            let Ok(content) = super::packing::content_of(sealed) else { return false };
            !self.placed.contains(number) && self.contents[content].events.iter().any(|event| event.id(record) == *id)
        })
    }
}
