//! Made-up histories of consent, sharing, assignment, membership, erasure and equivocation, run over the real rules.
//! They promise what must hold in every history: no share without a basis alive, no reading by whoever is shut out, nothing
//! back that was erased, and the same view on every device; and that a rule which is broken on purpose is noticed.

mod committee;
mod device;
mod exchange;
mod governing;
mod oracle;
mod packing;
mod shrinking;
mod space;
mod steps;
mod taking;
mod views;
mod world;

pub use shrinking::shrink;
pub use steps::Step;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use vigil_protocol::ProtocolError;
use world::World;

/// Most failures that one run keeps; after that it ends.
const MAX_FAILURES: usize = 8;
/// A broken rule is noticed within so many histories, or not at all.
const CONTROL_CASES: u64 = 3_000;

/// The machinery itself is broken: a mistake in the histories, not in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken(pub(crate) &'static str);

impl From<ProtocolError> for Broken {
    fn from(_: ProtocolError) -> Self {
        Self("what was signed here does not verify")
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// A rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// New keys are sealed to everybody who ever was a member.
    SealToEverybody,
    /// Keys serve for ever, whoever holds them.
    KeysForEver,
    /// Withdrawals and ends are not looked at when something is shared.
    IgnoreWithdrawals,
    /// What a tombstone names stays.
    IgnoreTombstones,
    /// Two batches under one counter both count.
    AcceptBoth,
}

impl Control {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::SealToEverybody, Self::KeysForEver, Self::IgnoreWithdrawals, Self::IgnoreTombstones, Self::AcceptBoth];

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SealToEverybody => "seal_to_everybody",
            Self::KeysForEver => "keys_for_ever",
            Self::IgnoreWithdrawals => "ignore_withdrawals",
            Self::IgnoreTombstones => "ignore_tombstones",
            Self::AcceptBoth => "accept_both",
        }
    }

    /// The kind of fault that it must show as.
    const fn shows_as(self) -> &'static str {
        match self {
            Self::SealToEverybody | Self::KeysForEver => "reads_by_excluded",
            Self::IgnoreWithdrawals => "shares_without_basis",
            Self::IgnoreTombstones => "resurrected",
            Self::AcceptBoth => "different_views",
        }
    }
}

/// What must not happen, with what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A share went out without a basis that its device knew to be alive.
    ShareWithoutBasis(String),
    /// Somebody who is shut out can open what was written after its author learnt of it.
    ReadByExcluded(String),
    /// A record came back.
    Resurrected(String),
    /// Two devices disagree after everything was delivered.
    DifferentViews(String),
}

impl Fault {
    /// Its name in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ShareWithoutBasis(_) => "shares_without_basis",
            Self::ReadByExcluded(_) => "reads_by_excluded",
            Self::Resurrected(_) => "resurrected",
            Self::DifferentViews(_) => "different_views",
        }
    }
}

/// How much happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Steps.
    pub steps: u64,
    /// Events that were signed.
    pub events: u64,
    /// Shares that went out.
    pub shares: u64,
    /// Records that were erased.
    pub erasures: u64,
    /// Entries of membership logs behind those that every history begins with.
    pub log_entries: u64,
    /// Batches that the servers placed.
    pub batches: u64,
    /// Devices that signed two batches under one counter.
    pub equivocations: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.events += other.events;
        self.shares += other.shares;
        self.erasures += other.erasures;
        self.log_entries += other.log_entries;
        self.batches += other.batches;
        self.equivocations += other.equivocations;
    }
}

/// A history in which something happened that must not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The kind of fault.
    pub fault: String,
    /// In words.
    pub what: String,
    /// The seed and the case that it came from.
    pub seed: u64,
    /// See `seed`.
    pub case: u64,
    /// Its steps, as few as still show it.
    pub steps: Vec<Step>,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Histories that were run.
    pub cases: u64,
    /// How much happened in them.
    pub counts: Counts,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// The first of them, shrunk.
    pub failures: Vec<Failure>,
    /// What is broken in the machinery, if anything is.
    pub broken: Option<Broken>,
}

/// Runs one history.
///
/// # Errors
/// [`Broken`] if the machinery is.
pub fn replay(steps: &[Step], control: Option<Control>) -> Result<(Vec<Fault>, Counts), Broken> {
    let mut world = World::new(control)?;
    for step in steps {
        world.step(step)?;
    }
    world.settle()?;
    world.compare()?;
    let mut counts = world.counts;
    counts.log_entries = world.spaces.iter().map(|space| space.log.len() as u64).sum();
    counts.batches = world.spaces.iter().map(|space| space.placed.len() as u64).sum();
    Ok((world.faults, counts))
}

/// Runs so many histories of a seed on so many threads.
pub fn run(seed: u64, cases: u64, threads: usize) -> Report {
    let (next, report) = (AtomicU64::new(0), Mutex::new(Report::default()));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                let mut own = Report::default();
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= cases || own.failures.len() >= MAX_FAILURES || own.broken.is_some() {
                        break;
                    }
                    run_case(seed, case, &mut own);
                }
                if let Ok(mut report) = report.lock() {
                    report.cases += own.cases;
                    report.counts.add(&own.counts);
                    report.failures.extend(own.failures);
                    report.broken = report.broken.or(own.broken);
                    for (kind, count) in own.faults {
                        *report.faults.entry(kind).or_default() += count;
                    }
                }
            });
        }
    });
    report.into_inner().unwrap_or_default()
}

fn run_case(seed: u64, case: u64, report: &mut Report) {
    let steps = steps::generate(seed, case);
    report.cases += 1;
    match replay(&steps, None) {
        Err(broken) => {
            report.broken = Some(broken);
            let steps = shrinking::shrink_broken(&steps);
            let what = broken.to_string();
            report.failures.push(Failure { fault: "broken".to_owned(), what, seed, case, steps });
        }
        Ok((faults, counts)) => {
            report.counts.add(&counts);
            for fault in &faults {
                *report.faults.entry(fault.name()).or_default() += 1;
            }
            if let Some(first) = faults.first() {
                let (steps, fault) = shrink(&steps, first);
                let what = what(&fault).to_owned();
                report.failures.push(Failure { fault: fault.name().to_owned(), what, seed, case, steps });
            }
        }
    }
}

fn what(fault: &Fault) -> &str {
    match fault {
        Fault::ShareWithoutBasis(what)
        | Fault::ReadByExcluded(what)
        | Fault::Resurrected(what)
        | Fault::DifferentViews(what) => what,
    }
}

/// After how many histories a rule that is broken on purpose is noticed as what it is, if it is.
pub fn noticed_after(seed: u64, control: Control) -> Option<u64> {
    (0..CONTROL_CASES).find(|case| {
        let outcome = replay(&steps::generate(seed, *case), Some(control));
        outcome.is_ok_and(|(faults, _)| faults.iter().any(|fault| fault.name() == control.shows_as()))
    })
}
