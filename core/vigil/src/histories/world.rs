//! Two spaces, the letters between them, and what each step does.
//! A world promises to follow from its steps alone, and to say after each of them what must not have happened.

use super::committee::{DEVICES, START, key_of};
use super::device::{Held, Save};
use super::governing::hours;
use super::oracle::{self, Events, Kind};
use super::packing::carried;
use super::space::{RecordInfo, Space};
use super::steps::Step;
use super::{Broken, Control, Counts, Fault};
use crate::records::{
    Ask, AuthorityChoice, BasisDeclaration, BasisKind, ChildConsent, Code, Consent, Event, EventBody, EventId,
    FieldName, Guardian, Provenance, RecallStep, Received, ShareId, Shared, SharedPart, Standing, any_basis_alive,
    basis_alive,
};
use crate::sync::readers::{Erasing, may_erase};
use crate::vault::{Signers, record_of};
use std::collections::BTreeSet;
use vigil_protocol::{Chain, DeviceId, Hash, RecordId, Timestamp};

const RECIPIENTS: [&str; 2] = ["police", "shelter"];
const PURPOSE: &str = "referral";

/// What goes from one space to the other by hand.
#[derive(Clone)]
enum Letter {
    Share { to: usize, share: ShareId, kind: Kind, provenance: Provenance },
    Recall { to: usize, share: ShareId },
    Answer { to: usize, share: ShareId, erased: bool },
}

/// A share that went out, with what its device held then.
pub(super) struct Went {
    pub(super) space: usize,
    pub(super) record: RecordId,
    pub(super) share: ShareId,
    pub(super) to: &'static str,
    pub(super) on_consent: bool,
    pub(super) held: BTreeSet<EventId>,
}

/// Everything.
pub(super) struct World {
    pub(super) spaces: [Space; 2],
    pub(super) went: Vec<Went>,
    letters: Vec<Letter>,
    control: Option<Control>,
    pub(super) now: i64,
    pub(super) counts: Counts,
    pub(super) faults: Vec<Fault>,
}

fn code(text: &str) -> Result<Code, Broken> {
    Code::new(text).map_err(|_| Broken("a code that is none"))
}

impl World {
    pub(super) fn new(control: Option<Control>) -> Result<Self, Broken> {
        Ok(Self {
            spaces: [Space::new(0, control)?, Space::new(1, control)?],
            went: Vec::new(),
            letters: Vec::new(),
            control,
            now: START,
            counts: Counts::default(),
            faults: Vec::new(),
        })
    }

    /// Which space a device is in, and its place there.
    fn place(who: u8) -> (usize, usize) {
        let who = who % (DEVICES[0] + DEVICES[1]);
        if who < DEVICES[0] { (0, usize::from(who)) } else { (1, usize::from(who - DEVICES[0])) }
    }

    /// A record of a space that a device holds.
    fn record(&self, who: (usize, usize), number: u8) -> Option<RecordInfo> {
        self.record_of_kind(who, number, &|_| true)
    }

    /// A person's record that a device holds.
    fn person(&self, who: (usize, usize), number: u8) -> Option<RecordInfo> {
        self.record_of_kind(who, number, &|kind| kind.is_identity())
    }

    fn record_of_kind(
        &self,
        (space, device): (usize, usize),
        number: u8,
        wanted: &dyn Fn(Kind) -> bool,
    ) -> Option<RecordInfo> {
        let space = &self.spaces[space];
        let holds = |info: &&RecordInfo| space.devices[device].records.contains_key(&info.id) && wanted(info.kind);
        let held: Vec<&RecordInfo> = space.records.iter().filter(holds).collect();
        (!held.is_empty()).then(|| *held[usize::from(number) % held.len()])
    }

    fn is_member(&self, (space, device): (usize, usize)) -> bool {
        let me = &self.spaces[space].devices[device];
        me.view.member(&me.id).is_some()
    }

    pub(super) fn step(&mut self, step: &Step) -> Result<(), Broken> {
        self.counts.steps += 1;
        self.now += 60_000;
        let who = match step {
            Step::Wait { hours: number } => {
                self.now += hours(*number);
                return Ok(());
            }
            Step::Create { who, .. }
            | Step::Write { who, .. }
            | Step::Say { who, .. }
            | Step::Share { who, .. }
            | Step::Recall { who }
            | Step::Letter { who, .. }
            | Step::Log { who, .. }
            | Step::Sync { who, .. }
            | Step::Carry { who, .. }
            | Step::Erase { who, .. }
            | Step::Equivocate { who, .. } => Self::place(*who),
        };
        if !matches!(step, Step::Sync { .. }) && !self.is_member(who) {
            return Ok(());
        }
        let (space, device) = who;
        match step {
            Step::Wait { .. } => {}
            Step::Create { kind, .. } => self.create(who, Kind::of(*kind))?,
            Step::Write { record, .. } => {
                if let Some(info) = self.record(who, *record) {
                    self.spaces[space].save(device, info.id, Vec::new())?;
                }
            }
            Step::Say { record, what, to, .. } => self.say(who, *record, *what, usize::from(to % 2))?,
            Step::Share { record, to, .. } => self.share(who, *record, RECIPIENTS[usize::from(to % 2)])?,
            Step::Recall { .. } => self.recall(who)?,
            Step::Letter { letter, .. } => {
                if !self.letters.is_empty() {
                    self.read_letter(who, usize::from(*letter) % self.letters.len())?;
                }
            }
            Step::Log { act, to, choice, .. } => {
                let (here, act) = (&mut self.spaces[space], (*act, *to, *choice));
                // Whoever says which batch of somebody counts last does so in one go with the server: see docs/testing.md.
                let at_once = Space::closes_out(act.0);
                if at_once {
                    here.sync(device, 0, self.now)?;
                }
                here.govern(device, act, self.now)?;
                if at_once {
                    here.sync(device, 0, self.now)?;
                }
            }
            Step::Sync { lost, .. } => self.spaces[space].sync(device, *lost, self.now)?,
            Step::Carry { batch, .. } => self.carry(who, *batch)?,
            Step::Erase { record, .. } => self.erase(who, *record)?,
            Step::Equivocate { record, .. } => self.equivocate(who, *record)?,
        }
        self.judge(who);
        Ok(())
    }

    /// What must not be so after a step of a device.
    fn judge(&mut self, (space, device): (usize, usize)) {
        let space = &mut self.spaces[space];
        self.faults.append(&mut space.faults);
        let me = &space.devices[device];
        if let Some(record) = me.gone.iter().find(|record| me.records.contains_key(*record)) {
            let text = format!("device {} holds record {} again", me.id.0[0], record.0[0]);
            self.faults.push(Fault::Resurrected(text));
        }
    }

    fn create(&mut self, (space, device): (usize, usize), kind: Kind) -> Result<(), Broken> {
        let mut id = [0; 16];
        id[0] = u8::try_from(self.spaces[space].records.len()).unwrap_or(u8::MAX);
        id[1] = u8::try_from(space).unwrap_or(0) + 1;
        self.put((space, device), RecordId(id), kind, Vec::new())
    }

    /// A new record on a device.
    fn put(
        &mut self,
        (space, device): (usize, usize),
        id: RecordId,
        kind: Kind,
        bodies: Vec<EventBody>,
    ) -> Result<(), Broken> {
        let here = &mut self.spaces[space];
        let creator = here.devices[device].id;
        if here.info(&id).is_none() {
            here.records.push(RecordInfo { id, kind, creator });
        }
        here.devices[device].records.insert(id, Held { kind, creator, events: Events::new() });
        let mut events = Vec::new();
        for body in bodies {
            events.push(self.state((space, device), &id, body)?);
        }
        self.spaces[space].save(device, id, events)
    }

    /// A new event on a record, not saved yet.
    fn state(
        &mut self,
        (space, device): (usize, usize),
        record: &RecordId,
        body: EventBody,
    ) -> Result<crate::records::SignedEvent, Broken> {
        self.counts.events += 1;
        let me = &mut self.spaces[space].devices[device];
        let held = me.records.get_mut(record).ok_or(Broken("a record that is not here"))?;
        let seen: BTreeSet<&EventId> = held.events.values().flat_map(|event| &event.after).collect();
        let newest: Vec<EventId> = held.events.keys().filter(|id| !seen.contains(id)).copied().collect();
        let event = Event::new(me.id, Timestamp(self.now), newest, body).sign(record, key_of(&me.id)?);
        held.events.insert(event.id(record), event.event.clone());
        Ok(event)
    }

    fn events<'w>(&'w self, (space, device): (usize, usize), record: &RecordId) -> Option<&'w Events> {
        self.spaces[space].devices[device].records.get(record).map(|held| &held.events)
    }

    fn say(&mut self, who: (usize, usize), record: u8, what: u8, to: usize) -> Result<(), Broken> {
        let Some(info) = self.person(who, record) else { return Ok(()) };
        let consent =
            Consent { purpose: code(PURPOSE)?, recipient: code(RECIPIENTS[to])?, language: code("ne")?, witness: None };
        let declared: Vec<EventId> = self
            .events(who, &info.id)
            .into_iter()
            .flatten()
            .filter(|(_, event)| matches!(event.body, EventBody::BasisDeclared(_)))
            .map(|(id, _)| *id)
            .collect();
        let declaration = (!declared.is_empty()).then(|| declared[usize::from(what / 16) % declared.len()]);
        let body = match what % 16 {
            0..=4 if info.kind == Kind::Child => {
                let by = Guardian::ChildProtection;
                EventBody::ChildConsentGiven(ChildConsent { consent, assent: !what.is_multiple_of(16), by })
            }
            0..=4 => EventBody::ConsentGiven(consent),
            5..=7 => EventBody::ConsentWithdrawn(consent),
            8 | 9 => EventBody::BasisDeclared(BasisDeclaration {
                kind: BasisKind::ALL[usize::from(what / 16) % 3],
                purpose: consent.purpose,
                recipient: consent.recipient,
                reason: code("order_seen")?,
                reference: None,
            }),
            10..=12 => match declaration {
                Some(declaration) => EventBody::BasisSeconded { declaration },
                None => return Ok(()),
            },
            13 => match declaration {
                Some(declaration) => EventBody::BasisEnded { declaration },
                None => return Ok(()),
            },
            _ => {
                let kinds = RECIPIENTS.iter().enumerate().filter(|(bit, _)| (what / 16) >> bit & 1 == 1);
                let kinds = kinds.map(|(_, kind)| code(kind)).collect::<Result<_, _>>()?;
                EventBody::AuthorityChosen(AuthorityChoice { kinds, language: code("ne")?, witness: None })
            }
        };
        let event = self.state(who, &info.id, body)?;
        self.spaces[who.0].save(who.1, info.id, vec![event])
    }

    fn signers(&self, (space, device): (usize, usize)) -> Signers {
        let me = &self.spaces[space].devices[device];
        Signers::of(&me.view, &me.proofs, Timestamp(0))
    }

    fn may_speak(&self, who: (usize, usize)) -> bool {
        let id = self.spaces[who.0].devices[who.1].id;
        self.signers(who).may(&id)
    }

    fn share(&mut self, who: (usize, usize), record: u8, to: &'static str) -> Result<(), Broken> {
        let Some(info) = self.person(who, record) else { return Ok(()) };
        if !self.may_speak(who) {
            return Ok(());
        }
        let Some(held) = self.events(who, &info.id).cloned() else { return Ok(()) };
        let under_18 = info.kind == Kind::Child;
        let (purpose, recipient) = (code(PURPOSE)?, code(to)?);
        let ask = Ask { purpose: &purpose, recipient: &recipient, under_18 };
        let heard = held.iter().filter(|(_, event)| {
            let ends = matches!(event.body, EventBody::ConsentWithdrawn(_) | EventBody::BasisEnded { .. });
            !(ends && self.control == Some(Control::IgnoreWithdrawals))
        });
        let standing = Standing::of(heard.map(|(id, event)| (*id, event)));
        let signers = self.signers(who);
        let Some(basis) = basis_alive(&standing, ask, &signers.persons()) else { return Ok(()) };
        let me = &self.spaces[who.0].devices[who.1];
        let person = |device: &DeviceId| oracle::signs(&me.view, &me.proofs, device);
        if !oracle::has_basis(&held, to, under_18, &person) || person(&me.id).is_none() {
            let text = format!("device {} shares record {} with a {to}", me.id.0[0], info.id.0[0]);
            self.faults.push(Fault::ShareWithoutBasis(text));
        }
        self.counts.shares += 1;
        let mut share = [0; 16];
        share[..8].copy_from_slice(&(self.went.len() as u64 + 1).to_le_bytes());
        let share = ShareId(share);
        let (on_consent, keys) = (basis.ground == crate::records::Ground::Consent, held.keys().copied().collect());
        self.went.push(Went { space: who.0, record: info.id, share, to, on_consent, held: keys });
        let (own, other) = (self.spaces[who.0].newest(), self.spaces[1 - who.0].newest());
        let provenance = Provenance {
            share,
            space: own.space(),
            genesis: own.genesis(),
            device: me.id,
            time: Timestamp(self.now),
            purpose: purpose.clone(),
            ground: basis.ground,
            against_choice: basis.against_choice,
            restrictions: Vec::new(),
        };
        self.letters.push(Letter::Share { to: 1 - who.0, share, kind: info.kind, provenance });
        let name = FieldName::new("name").map_err(|_| Broken("a field that is none"))?;
        let body = EventBody::Shared(Shared {
            share,
            space: other.space(),
            genesis: other.genesis(),
            recipient,
            purpose,
            ground: basis.ground,
            basis: basis.event,
            against_choice: basis.against_choice,
            parts: vec![SharedPart { kind: code("person")?, fields: vec![name] }],
            digest: Hash([6; 32]),
        });
        let event = self.state(who, &info.id, body)?;
        self.spaces[who.0].save(who.1, info.id, vec![event])
    }

    fn recall(&mut self, who: (usize, usize)) -> Result<(), Broken> {
        if !self.may_speak(who) {
            return Ok(());
        }
        let records: Vec<RecordId> = self.spaces[who.0].devices[who.1].records.keys().copied().collect();
        for record in records {
            let Some(held) = self.events(who, &record) else { continue };
            let standing = Standing::of(held.iter().map(|(id, event)| (*id, event)));
            let Some(share) = standing.recalls_due().next().map(|state| state.shared.share) else { continue };
            self.letters.push(Letter::Recall { to: 1 - who.0, share });
            let event = self.state(who, &record, EventBody::Recall(RecallStep::Sent { share }))?;
            return self.spaces[who.0].save(who.1, record, vec![event]);
        }
        Ok(())
    }

    fn read_letter(&mut self, who: (usize, usize), number: usize) -> Result<(), Broken> {
        let letter = self.letters[number].clone();
        let (Letter::Share { to, share, .. } | Letter::Recall { to, share } | Letter::Answer { to, share, .. }) =
            letter;
        if to != who.0 || !self.may_speak(who) {
            return Ok(());
        }
        let (own, other) = (self.spaces[to].newest(), self.spaces[1 - to].newest());
        let copy = record_of(&own.space(), (&other.space(), &other.genesis()), &share, 0);
        let me = &self.spaces[who.0].devices[who.1];
        let (here, gone) = (me.records.contains_key(&copy), me.erased.contains(&copy));
        match letter {
            Letter::Share { kind, provenance, .. } if !here && !gone => {
                self.put(who, copy, kind, vec![EventBody::Received(Received::Share(provenance))])
            }
            Letter::Recall { .. } if here || gone => {
                let mut kept = false;
                if let Some(held) = self.events(who, &copy) {
                    let (standing, signers) =
                        (Standing::of(held.iter().map(|(id, event)| (*id, event))), self.signers(who));
                    let child = self.spaces[to].info(&copy).is_some_and(|info| info.kind == Kind::Child);
                    kept = any_basis_alive(&standing, child, &signers.persons());
                }
                if kept {
                    let told = EventBody::Received(Received::Recall { share });
                    if !self.events(who, &copy).into_iter().flatten().any(|(_, event)| event.body == told) {
                        let event = self.state(who, &copy, told)?;
                        self.spaces[to].save(who.1, copy, vec![event])?;
                    }
                } else if here {
                    self.erase_here(who, copy);
                }
                if self.letters.len() < 200 {
                    self.letters.push(Letter::Answer { to: 1 - to, share, erased: !kept });
                }
                Ok(())
            }
            Letter::Answer { erased, .. } => {
                let of_share = |went: &&Went| went.space == to && went.share == share;
                let Some(record) = self.went.iter().find(of_share).map(|went| went.record) else { return Ok(()) };
                let body = EventBody::Recall(RecallStep::Confirmed { share, erased });
                let Some(held) = self.events(who, &record) else { return Ok(()) };
                if held.values().any(|event| event.body == body) {
                    return Ok(());
                }
                let event = self.state(who, &record, body)?;
                self.spaces[to].save(who.1, record, vec![event])
            }
            _ => Ok(()),
        }
    }

    fn carry(&mut self, who: (usize, usize), batch: u8) -> Result<(), Broken> {
        let (space, device) = who;
        let space = &mut self.spaces[space];
        if space.sent.is_empty() {
            return Ok(());
        }
        let number = usize::from(batch) % space.sent.len();
        // The second of two batches under one counter reaches a device after the first: see `Control::AcceptBoth`.
        if space.forks.contains(&number) {
            return Ok(());
        }
        let bytes = carried(&space.sent[number].batch)?;
        if bytes != space.sent[number].batch {
            return Err(Broken("a batch that does not read back"));
        }
        space.take(device, number, &|_| true)?;
        space.retry(device)
    }

    fn erase(&mut self, who: (usize, usize), record: u8) -> Result<(), Broken> {
        let Some(info) = self.record(who, record) else { return Ok(()) };
        let me = &self.spaces[who.0].devices[who.1];
        let known = Erasing { kind: info.kind.name().to_owned(), creator: me.creator_of(&info.id), is_decided: false };
        if may_erase(&me.view, (&info.id, Some(&known)), (&me.id, me.view.length())).is_ok() {
            self.erase_here(who, info.id);
        }
        Ok(())
    }

    fn erase_here(&mut self, (space, device): (usize, usize), record: RecordId) {
        self.counts.erasures += 1;
        let me = &mut self.spaces[space].devices[device];
        me.erase(&record, self.control == Some(Control::IgnoreTombstones));
        me.waiting.push(Save::Tombstone(record));
    }

    /// A changed program signs two batches under one counter, and the server hears of both.
    fn equivocate(&mut self, who: (usize, usize), record: u8) -> Result<(), Broken> {
        let Some(info) = self.record(who, record) else { return Ok(()) };
        let (space, device) = who;
        self.spaces[space].sync(device, 4, self.now)?;
        let space = &mut self.spaces[space];
        if !space.is_quiet(device) || !space.devices[device].records.contains_key(&info.id) {
            return Ok(());
        }
        space.save(device, info.id, Vec::new())?;
        let me = &space.devices[device];
        let (saves, counter, previous) = (me.waiting.clone(), me.counter + 1, me.previous);
        space.write_down(device)?;
        let mut both = saves.clone();
        both.extend(saves);
        let second = space.seal(device, Chain::Sync { counter, previous }, &both)?;
        space.sync(device, 4, self.now)?;
        space.push(second)?;
        if space.forks.contains(&second) {
            self.counts.equivocations += 1;
        }
        Ok(())
    }

    /// Everybody hears everything: until nothing moves any more.
    pub(super) fn settle(&mut self) -> Result<(), Broken> {
        for round in 0..8u8 {
            let before: Vec<usize> =
                self.spaces.iter().flat_map(|space| [space.placed.len(), space.log.len()]).collect();
            let letters = self.letters.len();
            for space in 0..2 {
                for device in 0..self.spaces[space].devices.len() {
                    self.spaces[space].sync(device, 0, self.now)?;
                    for fork in self.spaces[space].forks.clone() {
                        self.spaces[space].take(device, fork, &|_| true)?;
                    }
                    self.judge((space, device));
                }
            }
            if round < 2 {
                for letter in 0..letters {
                    for who in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)] {
                        self.read_letter(who, letter)?;
                    }
                }
            }
            let after: Vec<usize> =
                self.spaces.iter().flat_map(|space| [space.placed.len(), space.log.len()]).collect();
            if round >= 2 && before == after {
                return Ok(());
            }
        }
        Ok(())
    }
}
