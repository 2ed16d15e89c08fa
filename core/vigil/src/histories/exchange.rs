//! One exchange of a device with its server: the log first, then batches out, then batches in.
//! It may be cut anywhere; what was written down before is sent again byte for byte (PROTOCOL 9, 13, ADR 0009).

use super::Broken;
use super::device::Save;
use super::space::{Answer, Space, again};
use super::steps::Dice;
use vigil_protocol::{Item, KeyReference, LogBody, RecordId, Role};

/// The request is lost.
const REQUEST: u8 = 1;
/// The answer is lost.
const ANSWER: u8 = 2;
/// Only some records arrive.
const SOME_RECORDS: u8 = 4;

impl Space {
    /// An exchange, of which something may be lost.
    pub(super) fn sync(&mut self, device: usize, lost: u8, now: i64) -> Result<(), Broken> {
        let id = self.devices[device].id;
        let newest = self.newest();
        if lost & REQUEST != 0 || self.stopped.contains(&id) || newest.active_member(&id).is_none() {
            return Ok(());
        }
        let me = &mut self.devices[device];
        (me.known, me.view) = (newest.length(), newest);
        self.rebase(device, now)?;
        self.rotate_if_exposed(device, now)?;
        if self.newest().active_member(&id).is_none() {
            return Ok(());
        }
        self.write_down(device)?;
        if self.push_all(device, lost & ANSWER != 0)? {
            return Ok(());
        }
        let mut dice = Dice::new(u64::from(lost), self.placed.len() as u64);
        let pick = dice.next();
        let wanted = move |record: &RecordId| lost & SOME_RECORDS == 0 || (pick >> (record.0[0] % 64)) & 1 == 1;
        let placed = self.placed.clone();
        for number in placed {
            self.take(device, number, &wanted)?;
        }
        self.retry(device)?;
        Ok(())
    }

    /// A desk that holds the newest epoch's key starts another where somebody else must not hold it any more.
    fn rotate_if_exposed(&mut self, device: usize, now: i64) -> Result<(), Broken> {
        let me = &self.devices[device];
        let is_desk = me.view.active_member(&me.id).is_some_and(|member| member.role == Role::Desk);
        if is_desk
            && me.view.epoch_is_exposed()
            && let Some(rotation) = self.rotation(device, None)
        {
            self.devices[device].own.push(LogBody::Rotate { removal: None, rotation });
            self.rebase(device, now)?;
        }
        Ok(())
    }

    /// Sends what was written down. Says whether the answer was lost.
    fn push_all(&mut self, device: usize, answer_lost: bool) -> Result<bool, Broken> {
        let unsent = std::mem::take(&mut self.devices[device].unsent);
        let mut kept = Vec::new();
        let mut stale = Vec::new();
        for (number, saves) in unsent {
            match self.push(number)? {
                Answer::Placed if !answer_lost => self.acknowledged(device, number),
                Answer::Stale => {
                    self.withdraw_keys(device, number);
                    stale.extend(saves);
                }
                Answer::Rejected => {
                    self.withdraw_keys(device, number);
                    let (erased, others): (Vec<Save>, Vec<Save>) =
                        saves.into_iter().partition(|save| matches!(save, Save::Tombstone(_)));
                    self.devices[device].alone.extend(erased.iter().map(|save| *save.record()));
                    stale.extend(others);
                }
                _ => kept.push((number, saves)),
            }
        }
        let me = &mut self.devices[device];
        me.unsent = kept;
        again(stale, &mut me.waiting);
        Ok(answer_lost)
    }

    fn acknowledged(&mut self, device: usize, number: usize) {
        let items = u32::try_from(self.sent[number].batch.items.len()).unwrap_or(u32::MAX);
        let header = &self.sent[number].batch.header;
        let at = (header.device, header.chain.number());
        let previous = if let vigil_protocol::Chain::Sync { previous, .. } = header.chain { previous } else { return };
        let hash = header.hash();
        let me = &mut self.devices[device];
        me.headers.entry(at).or_insert((hash, previous));
        me.taken.extend((0..items).map(|place| (number, place)));
    }

    /// Keys whose capsules the server did not take are sent with what is written under them next.
    fn withdraw_keys(&mut self, device: usize, number: usize) {
        let me = &mut self.devices[device];
        for item in &self.sent[number].batch.items {
            let Item::Write(KeyReference::New(capsule), _) = item else { continue };
            let keys = me.keys.get_mut(&capsule.record).into_iter().flatten();
            keys.filter(|key| key.commitment == capsule.commitment).for_each(|key| key.sent = false);
        }
    }
}
