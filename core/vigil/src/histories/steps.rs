//! What happens in a history, one step after the other.
//! Every number in a step promises to mean something in every world (it is taken modulo what there is), so that a history
//! from which steps are taken away is a history again.

use serde::{Deserialize, Serialize};

/// Most steps in one history.
const MAX_STEPS: u64 = 56;

/// Somebody does something. `who` is one of the devices, `record` one of the records that exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// A new record: of an adult, of a child, a screening, a complaint.
    Create {
        /// The device.
        who: u8,
        /// Which kind.
        kind: u8,
    },
    /// Facts are edited.
    Write {
        /// The device.
        who: u8,
        /// The record.
        record: u8,
    },
    /// Something is said about consent, a choice of authorities or another basis.
    Say {
        /// The device.
        who: u8,
        /// The record.
        record: u8,
        /// What.
        what: u8,
        /// About which kind of recipient.
        to: u8,
    },
    /// A part of a record is shared with the other space.
    Share {
        /// The device.
        who: u8,
        /// The record.
        record: u8,
        /// As which kind of recipient.
        to: u8,
    },
    /// A share is called back that is due.
    Recall {
        /// The device.
        who: u8,
    },
    /// A letter between the spaces is read, perhaps again.
    Letter {
        /// The device.
        who: u8,
        /// The letter.
        letter: u8,
    },
    /// An entry of the membership log.
    Log {
        /// The device.
        who: u8,
        /// What it does.
        act: u8,
        /// To which device or motion.
        to: u8,
        /// A choice within that.
        choice: u8,
    },
    /// One exchange with the server.
    Sync {
        /// The device.
        who: u8,
        /// What of it is lost on the way.
        lost: u8,
    },
    /// A batch or a sealed copy is carried to a device by hand.
    Carry {
        /// The device.
        who: u8,
        /// The batch.
        batch: u8,
    },
    /// A record is erased.
    Erase {
        /// The device.
        who: u8,
        /// The record.
        record: u8,
    },
    /// Two batches are signed under one counter.
    Equivocate {
        /// The device.
        who: u8,
        /// The record that they are about.
        record: u8,
    },
    /// Time passes.
    Wait {
        /// Hours.
        hours: u8,
    },
}

/// Numbers that look random and follow from a seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64, case: u64) -> Self {
        let mut dice = Self(seed ^ case.wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    /// Splitmix64.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// The history of a seed and a case.
pub(super) fn generate(seed: u64, case: u64) -> Vec<Step> {
    let mut dice = Dice::new(seed, case);
    let length = 8 + dice.next() % (MAX_STEPS - 8);
    let mut steps = Vec::new();
    for kind in [0, 2, 4] {
        let who = who(&mut dice);
        steps.push(Step::Create { who, kind });
        if kind < 4 && dice.byte() < 192 {
            steps.push(Step::Say { who, record: kind, what: 1, to: 0 });
        }
        steps.push(Step::Sync { who, lost: 0 });
    }
    steps.extend((0..3).map(|who| Step::Sync { who, lost: 0 }));
    steps.extend((0..length).map(|_| step(&mut dice)));
    steps
}

/// Mostly those who lead the first space: something must come of it.
fn who(dice: &mut Dice) -> u8 {
    let who = dice.byte();
    match dice.next() % 8 {
        0..=4 => who % 4,
        5 => 13 + who % 3,
        _ => who % 16,
    }
}

fn step(dice: &mut Dice) -> Step {
    let (kind, who, record) = (dice.next() % 64, who(dice), dice.byte());
    match kind {
        0..=2 => Step::Create { who, kind: record },
        3..=8 => Step::Write { who, record },
        9..=17 => Step::Say { who, record, what: dice.byte(), to: dice.byte() / 160 },
        18..=21 => Step::Share { who, record, to: dice.byte() / 160 },
        22 | 23 => Step::Recall { who },
        24..=26 => Step::Letter { who, letter: record },
        27..=41 => Step::Log { who, act: dice.byte(), to: dice.byte(), choice: record },
        42..=54 => Step::Sync { who, lost: if record < 128 { 0 } else { dice.byte() } },
        55..=58 => Step::Carry { who, batch: record },
        59 | 60 => Step::Erase { who, record },
        61 => Step::Equivocate { who, record },
        _ => Step::Wait { hours: record % 100 },
    }
}
