//! How long a readable copy stays on a device: a volunteer's goes when it is acknowledged, a monitor's after a month, an
//! officer's when the record is assigned to others, a desk's never (DESIGN 3.8, PROTOCOL 17).
//! Destroying promises to touch nothing that waits, and to be whole: a crash in the middle is finished at the next opening,
//! and so is the move of the store that follows on it (PROTOCOL 24).

use super::Vault;
use crate::error::{Result, VigilError};
use crate::memory::wipe_unused_stack;
use crate::records::{AUDIT, Code, Event, EventBody, EventId, RecordContent};
use crate::store::handed_over::{self, Settled, Stub, Why};
use crate::store::{Row, Setting, StoreError, chains, erasures, generations, receipts, records, settings};
use crate::sync::Save;
use rusqlite::Transaction;
use vigil_protocol::{
    Batch, Chain, DeviceId, Item, KeyReference, Receipt, RecordId, Role, Timestamp, canonical, limits,
};

/// What whoever wants to change a record whose content is gone is told.
const GONE: &str =
    "the content was handed over and is not on this device any more; add what comes to mind later with a note";

impl Vault {
    /// Destroys readable copies that this device's role keeps no longer. Gives how many. It runs when a home is opened and
    /// after each sync.
    ///
    /// # Errors
    /// [`VigilError::Disk`].
    pub fn sweep(&mut self) -> Result<u64> {
        if self.space.is_none() {
            return Ok(0);
        }
        let due = self.due()?;
        if due.is_empty() {
            return Ok(0);
        }
        self.store.in_transaction(|tx| {
            for (record, why) in &due {
                if self.keeps_what_it_sent()? {
                    receipts::keep_originals(tx, &self.device, record)?;
                }
                handed_over::retire(tx, record, *why)?;
            }
            Ok::<_, VigilError>(settings::set(tx, Setting::Destroying, &[1])?)
        })?;
        self.after_destroying()?;
        Ok(due.len() as u64)
    }

    fn due(&self) -> Result<Vec<(RecordId, Why)>> {
        let store = self.store.read();
        let (settled, why) = match self.role()? {
            Role::Volunteer => (handed_over::settled(store, None)?, Why::HandedOver),
            Role::Monitor => {
                let days = i64::from(self.space()?.membership.policy_or_default().monitor_days);
                let before = Timestamp(self.signed_now()?.0.saturating_sub(days * limits::DAY_MS));
                (handed_over::settled(store, Some(before))?, Why::Aged)
            }
            Role::Officer => {
                let mut settled = handed_over::settled(store, None)?;
                settled.retain(|record| self.is_with_others(record));
                (settled, Why::Unassigned)
            }
            Role::Desk | Role::Auditor => return Ok(Vec::new()),
        };
        // The trail of reads names nobody, and its next event builds on it (ADR 0017).
        let gone = settled.into_iter().filter(|settled| settled.kind != AUDIT);
        Ok(gone.map(|settled| (settled.record, why)).collect())
    }

    /// Whether the log assigns a record to others and not to this device. An identity that it assigns to nobody may be one
    /// that nobody else can open: that stays.
    fn is_with_others(&self, settled: &Settled) -> bool {
        let Some(space) = self.space.as_ref().filter(|space| space.confirmed == space.log.len()) else { return false };
        let identity = self.summariser.kinds().kind(&settled.kind).is_some_and(|kind| kind.identity);
        space
            .membership
            .assigned(&settled.record)
            .is_some_and(|officers| !officers.contains(&self.device) && (!identity || !officers.is_empty()))
    }

    /// The smaller of this device's clock and the time by which leases are judged: a clock that jumps ahead, or a single
    /// time that is wrong, destroys nothing early.
    fn signed_now(&self) -> Result<Timestamp> {
        Ok(self.judged_time()?.min(self.now()))
    }

    /// Whether this device keeps what it sent until somebody says that it was received: those do whose readable copies go.
    pub(crate) fn keeps_what_it_sent(&self) -> Result<bool> {
        Ok(matches!(self.role()?, Role::Volunteer | Role::Monitor))
    }

    /// Keeps the items of an acknowledged batch, as they were sent.
    pub(crate) fn keep_what_was_sent(&self, tx: &Transaction<'_>, counter: u64, batch: &Batch) -> Result<()> {
        if !self.keeps_what_it_sent()? {
            return Ok(());
        }
        for (place, item) in (0u32..).zip(&batch.items) {
            let record = match item {
                Item::Receipt(_) => continue,
                Item::Tombstone(record) => Some(*record),
                Item::Write(KeyReference::Known(commitment), _) => {
                    generations::by_commitment(tx, commitment)?.map(|generation| generation.record)
                }
                item => item.capsule().map(|capsule| capsule.record),
            };
            let Some(record) = record else { continue };
            // Nothing of an erased record is kept, but the word that it was erased.
            if matches!(item, Item::Tombstone(_)) || !records::is_erased(tx, &record)? {
                receipts::keep(tx, (counter, place), &record, &canonical::encode(item))?;
            }
        }
        Ok(())
    }

    /// Destroys what was acknowledged, where this device's role says at once, and what was added to records that are gone.
    pub(crate) fn retire_acknowledged(
        &self,
        tx: &Transaction<'_>,
        acknowledged: impl Iterator<Item = RecordId>,
    ) -> Result<()> {
        let at_once = self.role()? == Role::Volunteer;
        let (keeps, now) = (self.keeps_what_it_sent()?, self.signed_now()?);
        let mut acknowledged: Vec<RecordId> = acknowledged.collect();
        acknowledged.sort_unstable();
        acknowledged.dedup();
        for record in acknowledged {
            if handed_over::waits(tx, &record)? || records::is_erased(tx, &record)? {
                continue;
            }
            if keeps {
                handed_over::note_acknowledged(tx, &record, now)?;
            }
            let is_trail = records::get(tx, &record)?.is_some_and(|row| row.columns.kind == AUDIT);
            if (at_once && !is_trail) || handed_over::find(tx, &record)?.is_some() {
                handed_over::retire(tx, &record, Why::HandedOver)?;
                settings::set(tx, Setting::Destroying, &[1])?;
            }
        }
        Ok(())
    }

    /// Finishes what a destruction left to do outside the tables.
    pub(crate) fn finish_destroying(&mut self) -> Result<()> {
        if self.has_destroyed()? {
            self.after_destroying()?;
        }
        Ok(())
    }

    /// What follows on every destruction of readable copies: their traces outside the tables go. It may be repeated. On a
    /// device whose store moves the mark stays until it has.
    pub(crate) fn after_destroying(&mut self) -> Result<()> {
        self.store.forget_deleted()?;
        wipe_unused_stack();
        if self.leaves_old_pages()? { Ok(()) } else { self.unmark_destroying() }
    }

    /// Whether the store of this device moves after something was destroyed in it: where readable copies go by role. A desk's
    /// stays: it is large, and what it held it holds.
    fn leaves_old_pages(&self) -> Result<bool> {
        Ok(self.space.is_some() && !matches!(self.role()?, Role::Desk | Role::Auditor))
    }

    /// Moves the store, if something was destroyed since it moved last: flash keeps old pages, and an earlier image opens as
    /// long as its hardware key is there. Once for a sync or an opening, however much was destroyed. What cannot be moved
    /// now, because the disk is full, stays destroyed, and the move is tried again with the next sync or opening.
    pub(crate) fn leave_old_pages(&mut self) -> Result<()> {
        if !self.has_destroyed()? || !self.leaves_old_pages()? {
            return Ok(());
        }
        // Short texts were passed along there when it was recorded, and the vault may stay open for hours.
        wipe_unused_stack();
        match self.move_store().and_then(|()| self.unmark_destroying()) {
            Err(VigilError::Disk { .. } | VigilError::Hardware { .. }) => Ok(()),
            done => done,
        }
    }

    fn has_destroyed(&self) -> Result<bool> {
        Ok(settings::get(self.store.read(), Setting::Destroying)?.is_some_and(|mark| !mark.is_empty()))
    }

    fn unmark_destroying(&self) -> Result<()> {
        Ok(self.store.in_transaction(|tx| settings::set(tx, Setting::Destroying, &[]))?)
    }

    /// What is left of a record whose content is gone here.
    pub(crate) fn stub(&self, record: &RecordId) -> Result<Option<Stub>> {
        Ok(handed_over::find(self.store.read(), record)?)
    }

    /// A record's row, or why there is none.
    pub(crate) fn row(&self, record: &RecordId) -> Result<Row> {
        match records::get(self.store.read(), record)? {
            Some(row) => Ok(row),
            None if self.stub(record)?.is_some() => Err(VigilError::NotAllowed { why: GONE }),
            None => Err(VigilError::NotFound { what: "record" }),
        }
    }

    /// Adds what comes to mind later to a record whose content is gone here. It goes out under a key of its own and is
    /// destroyed again when it is acknowledged.
    pub(super) fn add_to_gone(&mut self, stub: &Stub, body: EventBody) -> Result<EventId> {
        if !matches!(body, EventBody::Addendum { .. }) {
            return Err(VigilError::NotAllowed { why: GONE });
        }
        let kind = Code::new(stub.kind.as_str()).map_err(|_| VigilError::DatabaseDamaged { detail: "a kind" })?;
        let event = Event::new(self.device, self.now(), [], body).sign(&stub.record, &self.keys.signing);
        let id = event.event.id(&stub.record);
        let content = RecordContent { kind: Some(kind), events: vec![event], ..RecordContent::default() };
        let save = Save::Content(content.encode(&self.device).into());
        let tx = self.store.begin()?;
        let copy = self.enqueue(&tx, &stub.record, &save)?;
        tx.commit().map_err(StoreError::from)?;
        self.keep_copies(vec![copy])?;
        Ok(id)
    }

    /// Whether this device says of an item that it took it in: officers and desks do, to those who keep until then.
    pub(crate) fn owes_receipt(&self, author: &DeviceId, chain: &Chain) -> bool {
        let role = |device: &DeviceId| Some(self.space.as_ref()?.membership.active_member(device)?.role);
        matches!(chain, Chain::Sync { .. })
            && matches!(role(&self.device), Some(Role::Officer | Role::Desk))
            && matches!(role(author), Some(Role::Volunteer | Role::Monitor))
    }

    /// Takes a receipt in: one for a batch of this device, or of an erasure.
    pub(crate) fn take_receipt(&self, tx: &Transaction<'_>, author: &DeviceId, item: &Item) -> Result<()> {
        let Item::Receipt(receipt) = item else { return Ok(()) };
        match receipt {
            Receipt::Batch { device, counter, hash, items, time } if *device == self.device => {
                let role = self.space()?.membership.member(author).map(|member| member.role);
                let sent = chains::header(tx, &self.device, 0, *counter)?;
                if matches!(role, Some(Role::Officer | Role::Desk)) && sent.is_some_and(|sent| sent.hash == *hash) {
                    receipts::cover(tx, *counter, items)?;
                    self.note_signed(tx, *time)?;
                }
            }
            Receipt::Batch { .. } => {}
            Receipt::Erased { record } => erasures::confirm(tx, record, author)?,
        }
        Ok(())
    }

    /// Writes receipts for what was taken in. Says whether any wait for a request; those of others than officers and desks
    /// go with the next one that there is anyway.
    pub(crate) fn write_receipts(&mut self) -> Result<bool> {
        if !matches!(self.role()?, Role::Officer | Role::Desk) {
            return Ok(false);
        }
        let time = self.now();
        self.store.in_transaction(|tx| {
            for ((device, counter), items) in receipts::take_taken(tx)? {
                let Some(sent) = chains::header(tx, &device, 0, counter)? else { continue };
                let receipt = Receipt::Batch { device, counter, hash: sent.hash, items, time };
                receipts::add(tx, &canonical::encode(&receipt))?;
            }
            Ok::<_, VigilError>(())
        })?;
        Ok(receipts::are_waiting(self.store.read())?)
    }

    /// How many batches of this device nobody has said to have received.
    pub(super) fn unreceived(&self) -> Result<u64> {
        Ok(receipts::kept_batches(self.store.read())?.len() as u64)
    }
}
