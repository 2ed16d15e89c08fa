//! The loop of a sync: pack, send, check the answer, take it in, until both sides have everything.
//! Every step is durable before the next begins, so that stopping anywhere costs at most one repeated request.

use super::progress::{Cancel, Progress};
use super::take_in::TakenIn;
use super::transport::{Transport, TransportError};
use crate::error::{Result, VigilError};
use crate::keys::random_bytes;
use crate::store::{Setting, chains, generations, outbox, receipts, records, settings};
use crate::vault::Vault;
use serde::Serialize;
use std::time::Duration;
use vigil_protocol::{
    Answer, Batch, BatchOutcome, Incarnation, Item, KeyReference, Known, LogEntry, PushedBatch, RefusalCode, SUITE,
    SequenceRanges, ServerCard, SyncRequest, SyncResponse, canonical, limits,
};

/// Most bytes of batches in one request. A larger backlog goes in several.
const MAX_WINDOW_BYTES: usize = 1024 * 1024;
/// What the first request of a sync sends and asks for at most: 35 s at 30 kbit/s, within the server's time for a body.
const FIRST_WINDOW_BYTES: usize = 128 * 1024;
/// What a request sends and asks for at most after the link has failed again and again.
const MIN_WINDOW_BYTES: usize = 16 * 1024;
/// A round trip that is faster than this lets the next one carry twice as much.
const QUICK: Duration = Duration::from_secs(3);
/// Most signed batches that are prepared at a time.
const MAX_PREPARED: usize = 16;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Requests without any progress after which a sync gives up: the server answers, but nothing moves.
const MAX_IDLE_ROUNDS: u32 = 4;

/// How a sync behaves.
#[derive(Clone, Debug)]
pub struct SyncOptions {
    /// How often a broken link is tried before the sync ends with [`VigilError::Offline`].
    pub attempts: u32,
    /// Largest page to ask for, in bytes.
    pub page_bytes: u32,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self { attempts: 5, page_bytes: limits::DEFAULT_PAGE_BYTES }
    }
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Requests that were answered.
    pub round_trips: u64,
    /// Bytes of request bodies, also of those that were lost.
    pub bytes_up: u64,
    /// Bytes of answer bodies.
    pub bytes_down: u64,
    /// Saves that the server has acknowledged.
    pub sent: u64,
    /// Records that are new on this device.
    pub new_records: u64,
    /// Records that changed on this device.
    pub changed_records: u64,
    /// Records that were erased on this device.
    pub erased_records: u64,
    /// Items that wait for something else, or were set aside.
    pub parked: u64,
    /// Saves that the server refused on their own; they stay here.
    pub set_aside: u64,
}

impl SyncReport {
    fn add(&mut self, taken: &TakenIn) {
        self.new_records += taken.new_records;
        self.changed_records += taken.changed_records;
        self.erased_records += taken.erased_records;
        self.parked += taken.parked;
    }
}

/// What the next request does differently.
#[derive(Default)]
pub(super) struct Course {
    in_full: bool,
    pub(super) hello: bool,
    alone: bool,
    /// The counter from which this device's chain is pushed again.
    again: Option<u64>,
    /// Whether it was, in this sync: once is enough.
    pushed_again: bool,
}

/// What stays the same through a sync.
pub(super) struct Run<'a> {
    options: &'a SyncOptions,
    progress: &'a mut dyn FnMut(Progress),
    pub(super) cancel: &'a Cancel,
    /// How many attempts have failed in a row.
    failures: u32,
    /// How many bytes the next request may send and ask for: it follows the link.
    window: usize,
}

pub(super) struct Prepared {
    /// How many batches are pushed again, before `batches`.
    pub(super) again: usize,
    pub(super) batches: Vec<(u64, Batch)>,
    pub(super) log: Vec<LogEntry>,
    pub(super) body: Vec<u8>,
}

impl Vault {
    /// Sends everything that waits and takes in everything that is new.
    ///
    /// `progress` is called while it runs; `cancel` stops it at any moment without harm. Calling it again goes on where it
    /// stopped.
    ///
    /// # Errors
    /// [`VigilError::Offline`] when the link stays down, [`VigilError::Cancelled`], [`VigilError::ServerRefused`],
    /// [`VigilError::ServerNotTrusted`], [`VigilError::Removed`], [`VigilError::NotInSpace`]. What was done before stays.
    pub async fn sync(
        &mut self,
        transport: &impl Transport,
        options: &SyncOptions,
        progress: &mut dyn FnMut(Progress),
        cancel: &Cancel,
    ) -> Result<SyncReport> {
        let mut report = SyncReport::default();
        let mut run = Run { options, progress, cancel, failures: 0, window: FIRST_WINDOW_BYTES };
        let synced = match self.sync_into(&mut report, transport, &mut run).await {
            Ok(()) => self.after_sync(),
            broken => broken,
        };
        // Also where the link broke in the middle: what was acknowledged before that is gone.
        let left = self.leave_old_pages();
        synced.and(left)?;
        report.set_aside = outbox::count_set_aside(self.store.read())?;
        Ok(report)
    }

    fn after_sync(&mut self) -> Result<()> {
        self.judge_waiting()?;
        self.sweep()?;
        self.follow_policy()
    }

    async fn sync_into(
        &mut self,
        report: &mut SyncReport,
        transport: &impl Transport,
        run: &mut Run<'_>,
    ) -> Result<()> {
        let card = self.server()?.ok_or(VigilError::NotFound { what: "server" })?;
        if let Some(code) = self.code_joined_by()? {
            self.first_contact(&code, &card, report, transport, run).await?;
        }
        self.repeat_intentions()?;
        self.do_what_is_carried()?;
        self.erase_let_go()?;
        self.open_opinions()?;
        self.grant_auditors()?;
        self.regrant_exposed()?;
        let mut course = Course { again: self.again_from()?, ..Course::default() };
        let mut idle_rounds = 0;
        loop {
            if run.cancel.is_cancelled() {
                return Err(VigilError::Cancelled);
            }
            if idle_rounds > MAX_IDLE_ROUNDS {
                return Err(VigilError::ServerNotTrusted { why: "it takes nothing and gives nothing".into() });
            }
            let prepared = self.prepare(&card, &course, run)?;
            let Some(answer) = self.exchange(&prepared, report, transport, run).await? else { continue };
            report.round_trips += 1;
            report.bytes_down += answer.len() as u64;
            let Some(response) = self.read_answer(&answer, &prepared, &card, &mut course)? else {
                idle_rounds += 1;
                continue;
            };
            let items = response.batches.iter().map(|batch| batch.items.len()).sum();
            (run.progress)(Progress::TakingIn { bytes: answer.len(), items });
            let more = response.more;
            let moved = self.take_in_answer(prepared, response, report, &mut course)?;
            idle_rounds = if moved { 0 } else { idle_rounds + 1 };
            let waiting = outbox::count(self.store.read())? > outbox::count_set_aside(self.store.read())?;
            let log_waiting = self.space()?.confirmed < self.space()?.log.len();
            if more || waiting || log_waiting || course.again.is_some() {
                continue;
            }
            // Those who sent something learn with their next sync that it was received.
            if !self.write_receipts()? {
                return Ok(());
            }
        }
    }

    /// Packs and builds the next request.
    fn prepare(&mut self, card: &ServerCard, course: &Course, run: &mut Run<'_>) -> Result<Prepared> {
        let saves = outbox::count(self.store.read())?;
        if saves > 0 {
            (run.progress)(Progress::Packing { saves });
        }
        // Entries of the log that the server has not taken go first and alone: a batch that was signed over them, or sealed
        // to an epoch that they start, would be worth nothing should somebody else's entries come before them.
        let log_waits = self.space()?.confirmed < self.space()?.log.len();
        let log_waits = log_waits || course.again.is_some();
        let mut written = if log_waits { Vec::new() } else { outbox::written_down(self.store.read(), MAX_PREPARED)? };
        while !log_waits
            && written.len() < MAX_PREPARED
            && (written.is_empty() || !course.alone)
            && self.pack(course.alone)?.is_some()
        {
            written = outbox::written_down(self.store.read(), MAX_PREPARED)?;
        }
        let space = self.space()?;
        let mut batches = Vec::new();
        let mut pushed = match course.again {
            Some(from) => self.pushes_again(from, MAX_PREPARED, run.window)?,
            None => Vec::new(),
        };
        let again = pushed.len();
        let mut size = 0;
        for (counter, bytes) in written {
            size += bytes.len();
            if !batches.is_empty() && size > run.window {
                break;
            }
            let batch = Batch::from_bytes(&bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "the outbox" })?;
            let known = |commitment: &vigil_protocol::KeyCommitment| {
                let held = generations::by_commitment(self.store.read(), commitment).ok().flatten();
                held.and_then(|generation| generation.sequence)
            };
            let short: Option<&Known<'_>> = if course.in_full { None } else { Some(&known) };
            if let Some(push) = PushedBatch::from_batch(&batch, short) {
                pushed.push(push);
                batches.push((counter, batch));
            }
        }
        let log: Vec<LogEntry> =
            space.log.iter().skip(space.confirmed).take(limits::MAX_LOG_ENTRIES_PER_MESSAGE).cloned().collect();
        let window = u32::try_from(run.window).unwrap_or(limits::MAX_PAGE_BYTES);
        let request = SyncRequest {
            suite: SUITE,
            device: self.device,
            counter: self.setting_number(Setting::RequestCounter)? + 1,
            log_length: space.confirmed as u64,
            hello: course.hello || settings::get(self.store.read(), Setting::Incarnation)?.is_none(),
            have: self.cursor()?,
            page_bytes: run.options.page_bytes.min(limits::MAX_PAGE_BYTES).min(window),
            batches: pushed,
            log: log.clone(),
        };
        let body = request.to_body(&card.identity, &space.id(), &self.keys.signing);
        Ok(Prepared { again, batches, log, body })
    }

    /// Sends a body once. `None` if the link failed and the pause before the next attempt is over.
    pub(super) async fn exchange(
        &self,
        prepared: &Prepared,
        report: &mut SyncReport,
        transport: &impl Transport,
        run: &mut Run<'_>,
    ) -> Result<Option<Vec<u8>>> {
        (run.progress)(Progress::Sending { bytes: prepared.body.len() });
        report.bytes_up += prepared.body.len() as u64;
        let began = tokio::time::Instant::now();
        let sent = tokio::select! {
            biased;
            () = run.cancel.cancelled() => return Err(VigilError::Cancelled),
            sent = transport.post(vigil_protocol::sync::SYNC_PATH, prepared.body.clone()) => sent,
        };
        let why = match sent {
            Ok(answer) => {
                run.failures = 0;
                if began.elapsed() < QUICK {
                    run.window = (run.window * 2).min(MAX_WINDOW_BYTES);
                }
                return Ok(Some(answer));
            }
            Err(TransportError::NotTrusted(why)) => return Err(VigilError::ServerNotTrusted { why }),
            Err(error @ TransportError::TooLarge) => {
                return Err(VigilError::ServerNotTrusted { why: error.to_string() });
            }
            Err(TransportError::Unreachable(why)) => why,
        };
        // The request may have arrived: its counter is spent, and the next attempt must not look like a replay.
        self.spend_counter()?;
        run.window = (run.window / 2).max(MIN_WINDOW_BYTES);
        run.failures += 1;
        if run.failures >= run.options.attempts {
            return Err(VigilError::Offline { why });
        }
        let pause = pause_after(run.failures);
        (run.progress)(Progress::Waiting { pause, failures: run.failures });
        tokio::select! {
            biased;
            () = run.cancel.cancelled() => Err(VigilError::Cancelled),
            () = tokio::time::sleep(pause) => Ok(None),
        }
    }

    fn spend_counter(&self) -> Result<()> {
        let counter = self.setting_number(Setting::RequestCounter)? + 1;
        Ok(self.store.in_transaction(|tx| settings::set_number(tx, Setting::RequestCounter, counter))?)
    }

    /// Verifies an answer. `None` asks for another round with what `course` says now.
    pub(super) fn read_answer(
        &mut self,
        answer: &[u8],
        prepared: &Prepared,
        card: &ServerCard,
        course: &mut Course,
    ) -> Result<Option<SyncResponse>> {
        let known =
            settings::get(self.store.read(), Setting::Incarnation)?.and_then(|bytes| Incarnation::from_slice(&bytes));
        let read = Answer::from_body(answer, &prepared.body, &card.identity, known.as_ref());
        let counter = self.setting_number(Setting::RequestCounter)? + 1;
        match read {
            Err(_) if known.is_some() && !course.hello => {
                // Another incarnation answers with a signature that does not fit the known one: ask it by name.
                course.hello = true;
                self.spend_counter()?;
                Ok(None)
            }
            Err(error) => {
                self.spend_counter()?;
                Err(VigilError::ServerNotTrusted { why: error.to_string() })
            }
            Ok(Answer::Refused { code: RefusalCode::Replayed, counter: held }) => {
                self.store.in_transaction(|tx| settings::set_number(tx, Setting::RequestCounter, held.max(counter)))?;
                Ok(None)
            }
            Ok(Answer::Refused { code: RefusalCode::Removed, .. }) => Err(VigilError::Removed),
            Ok(Answer::Refused { code: RefusalCode::Suspended, .. }) => Err(VigilError::Suspended),
            Ok(Answer::Refused { code, .. }) => Err(VigilError::ServerRefused { code }),
            Ok(Answer::Sync(response)) => {
                course.hello = false;
                let another_life = known.is_some() && response.incarnation.is_some_and(|named| Some(named) != known);
                self.store.in_transaction(|tx| {
                    if another_life {
                        settings::set(tx, Setting::PushAgain, &[1])?;
                    }
                    if let Some(incarnation) = response.incarnation {
                        settings::set(tx, Setting::Incarnation, incarnation.as_bytes())?;
                    }
                    settings::set_number(tx, Setting::RequestCounter, counter)
                })?;
                Ok(Some(response))
            }
        }
    }

    /// Applies an answer. Says whether anything moved.
    fn take_in_answer(
        &mut self,
        prepared: Prepared,
        response: SyncResponse,
        report: &mut SyncReport,
        course: &mut Course,
    ) -> Result<bool> {
        if response.outcomes.len() != prepared.again + prepared.batches.len()
            || response.log_appended > prepared.log.len() as u64
        {
            return Err(VigilError::ServerNotTrusted { why: "it answered something else than was asked".into() });
        }
        let mut moved = response.log_appended > 0 || !response.log.is_empty();
        let refused = response.log_appended < prepared.log.len() as u64 && response.log.is_empty();
        self.merge_log(response.log_appended, &response.log)?;
        if refused {
            moved |= self.withdraw_refused()?;
        }
        if response.time.is_some() || !response.log.is_empty() {
            self.note_time(&response.log, response.time)?;
        }
        let (again, outcomes) = response.outcomes.split_at(prepared.again);
        if let Some(from) = course.again {
            course.again = self.settle_again(from, again)?;
            course.pushed_again = true;
            moved = true;
            if course.again.is_none() {
                self.done_again()?;
            }
        }
        for ((counter, batch), outcome) in prepared.batches.iter().zip(outcomes) {
            moved |= self.settle_batch(*counter, batch, *outcome, report, course)?;
        }
        self.finish_destroying()?;
        moved |= response.covered != self.cursor()?;
        // The answer's numbers replace this device's: a grant of an old record takes some of them back.
        let taken = self.take_in(response.batches, &response.covered)?;
        report.add(&taken);
        report.erased_records += self.erase_let_go()?;
        self.open_opinions()?;
        Ok(moved)
    }

    /// Applies what became of one pushed batch. Says whether it is done with.
    fn settle_batch(
        &mut self,
        counter: u64,
        batch: &Batch,
        outcome: BatchOutcome,
        report: &mut SyncReport,
        course: &mut Course,
    ) -> Result<bool> {
        let header = &batch.header;
        match outcome {
            BatchOutcome::Stored(first) => {
                let finished = self.store.in_transaction(|tx| {
                    let bytes = canonical::encode(header);
                    let signature = batch.signature.as_bytes();
                    chains::insert_header(tx, &header.device, &header.chain, &header.hash(), &bytes, signature)?;
                    for (index, (sequence, item)) in (0u32..).zip((first..).zip(&batch.items)) {
                        let commitment = match item {
                            Item::Write(key, _) => key.commitment(),
                            Item::Grant(capsule) => capsule.commitment,
                            _ => continue,
                        };
                        if matches!(item, Item::Write(KeyReference::New(_), _)) {
                            generations::mark_sent(tx, &commitment, true, Some(sequence))?;
                        }
                        if let Some(generation) = generations::by_commitment(tx, &commitment)? {
                            let at = (&header.device, &header.chain, index);
                            chains::keep_envelope(tx, at, &generation.record, &canonical::encode(item))?;
                        }
                    }
                    let finished = outbox::finish_batch(tx, counter)?;
                    outbox::forget_batch(tx, counter)?;
                    receipts::finish_batch(tx, counter)?;
                    for (_, record) in &finished {
                        records::add_unsent(tx, record, -1)?;
                    }
                    self.keep_what_was_sent(tx, counter, batch)?;
                    self.retire_acknowledged(tx, finished.iter().map(|(_, record)| *record))?;
                    Ok::<_, VigilError>(finished)
                })?;
                report.sent += finished.len() as u64;
                let numbers: Vec<u64> = finished.iter().map(|(number, _)| *number).collect();
                self.copies.forget(&numbers)?;
                Ok(true)
            }
            BatchOutcome::StaleEpoch => {
                self.take_back(counter, batch)?;
                Ok(true)
            }
            BatchOutcome::Refused(RefusalCode::NotAllowed | RefusalCode::TooLarge | RefusalCode::Malformed) => {
                // Which record it was shows when each goes alone; what only built on a key that did not arrive is innocent.
                let alone = outbox::records_in_batch(self.store.read(), counter)? <= 1;
                if alone && self.stands_alone(batch)? {
                    self.store.in_transaction(|tx| outbox::set_aside(tx, counter))?;
                    course.alone = false;
                } else {
                    course.alone = true;
                }
                self.store.in_transaction(|tx| receipts::finish_batch(tx, counter))?;
                self.take_back(counter, batch)?;
                Ok(true)
            }
            BatchOutcome::SendInFull => {
                course.in_full = true;
                Ok(false)
            }
            BatchOutcome::Provisional => {
                if !course.pushed_again && self.keeps_what_it_sent()? {
                    course.again = Some(1);
                }
                Ok(false)
            }
            BatchOutcome::Fork => Err(VigilError::ServerRefused { code: RefusalCode::Suspended }),
            BatchOutcome::Refused(code) => Err(VigilError::ServerRefused { code }),
        }
    }

    /// Whether every key that the batch names is at the server or in the batch itself.
    fn stands_alone(&self, batch: &Batch) -> Result<bool> {
        let brought: Vec<_> = batch.items.iter().filter_map(Item::capsule).map(|capsule| capsule.commitment).collect();
        for item in &batch.items {
            if let Item::Write(KeyReference::Known(commitment), _) = item
                && !brought.contains(commitment)
            {
                let held = generations::by_commitment(self.store.read(), commitment)?;
                if held.is_some_and(|generation| generation.sequence.is_none()) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The batch keeps its place in the chain, its saves go into the next one (PROTOCOL 9).
    fn take_back(&mut self, counter: u64, batch: &Batch) -> Result<()> {
        let header = &batch.header;
        self.store.in_transaction(|tx| {
            let bytes = canonical::encode(header);
            let signature = batch.signature.as_bytes();
            chains::insert_header(tx, &header.device, &header.chain, &header.hash(), &bytes, signature)?;
            for capsule in batch.items.iter().filter_map(Item::capsule) {
                let held = generations::by_commitment(tx, &capsule.commitment)?;
                if held.is_some_and(|generation| generation.sequence.is_none()) {
                    generations::mark_sent(tx, &capsule.commitment, false, None)?;
                }
            }
            outbox::release_from_batch(tx, counter)?;
            receipts::release_from_batch(tx, counter)?;
            outbox::forget_batch(tx, counter)?;
            Ok::<_, VigilError>(())
        })
    }

    pub(super) fn cursor(&self) -> Result<SequenceRanges> {
        match settings::get(self.store.read(), Setting::Cursor)? {
            Some(bytes) => canonical::decode(&bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "the cursor" }),
            None => Ok(SequenceRanges::new()),
        }
    }
}

/// Exponential backoff with full jitter: after an outage, phones must not come back all at once.
fn pause_after(failures: u32) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE);
    let fraction = u32::from_le_bytes(random_bytes());
    longest.mul_f64(f64::from(fraction) / f64::from(u32::MAX)).max(Duration::from_millis(50))
}
