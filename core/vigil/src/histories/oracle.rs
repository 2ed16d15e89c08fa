//! What must come out, in other words than those of the rules: who may read, and on what a share may rest.
//! It shares no decision with the code that it judges, and promises to err on the side of reporting.

use crate::records::{BasisKind, Event, EventBody, EventId};
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{DeviceId, Membership, PersonId, RecordId, Role};

pub(super) type Events = BTreeMap<EventId, Event>;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Adult,
    Child,
    Screening,
    Complaint,
}

impl Kind {
    pub(super) const fn of(number: u8) -> Self {
        match number % 8 {
            0 | 1 => Self::Adult,
            2 | 3 => Self::Child,
            4..=6 => Self::Screening,
            _ => Self::Complaint,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Adult | Self::Child => "person",
            Self::Screening => "screening",
            Self::Complaint => "complaint",
        }
    }

    pub(super) const fn is_identity(self) -> bool {
        matches!(self, Self::Adult | Self::Child)
    }
}

/// Whether somebody who knows this much of the log may let a device read a record.
pub(super) fn may_read(
    log: &Membership,
    record: &RecordId,
    (kind, creator): (Kind, &DeviceId),
    reader: &DeviceId,
) -> bool {
    let Some(member) = log.member(reader) else { return false };
    if member.removed.is_some() || member.suspended.is_some() || member.probation {
        return false;
    }
    let named = match (log.assigned(record), kind.is_identity()) {
        (Some(officers), _) => officers.contains(reader),
        (None, true) => log.intake().contains(reader),
        (None, false) => false,
    };
    match (kind, member.role) {
        (Kind::Complaint, role) => role == Role::Auditor,
        (_, Role::Volunteer | Role::Auditor) => false,
        (_, Role::Monitor) => named || creator == reader,
        (Kind::Screening, Role::Desk) => true,
        (_, Role::Officer | Role::Desk) => named,
    }
}

/// Who may sign for the space, as a person; nothing for whoever may not.
pub(super) fn signs(log: &Membership, suspended: &BTreeSet<DeviceId>, device: &DeviceId) -> Option<PersonId> {
    let member = log.member(device)?;
    let leads = matches!(member.role, Role::Officer | Role::Desk) && !member.probation;
    (leads && member.is_active() && !suspended.contains(device)).then_some(member.person)
}

/// Whether `later` had seen `earlier`, through others too.
fn saw(events: &Events, later: &EventId, earlier: &EventId) -> bool {
    let (mut open, mut seen) = (vec![*later], BTreeSet::new());
    while let Some(id) = open.pop() {
        for parent in events.get(&id).into_iter().flat_map(|event| &event.after) {
            if seen.insert(*parent) {
                open.push(*parent);
            }
        }
    }
    seen.contains(earlier)
}

fn is_withdrawal(body: &EventBody, to: &str) -> bool {
    matches!(body, EventBody::ConsentWithdrawn(consent) if consent.recipient.as_str() == to)
}

fn is_giving(body: &EventBody, to: &str) -> bool {
    match body {
        EventBody::ConsentGiven(consent) => consent.recipient.as_str() == to,
        EventBody::ChildConsentGiven(child) => child.consent.recipient.as_str() == to,
        _ => false,
    }
}

fn fits(body: &EventBody, under_18: bool) -> bool {
    match body {
        EventBody::ConsentGiven(_) => !under_18,
        EventBody::ChildConsentGiven(child) => under_18 && child.assent,
        _ => false,
    }
}

/// Among the last words about it is a giving that fits her age, no withdrawal, and no choice of hers leaves it out.
fn consent_holds(held: &Events, to: &str, under_18: bool) -> bool {
    let is_word = |body: &EventBody| is_withdrawal(body, to) || is_giving(body, to);
    let words: Vec<&EventId> = held.iter().filter(|(_, event)| is_word(&event.body)).map(|(id, _)| id).collect();
    let last: Vec<&EventBody> = words
        .iter()
        .filter(|id| !words.iter().any(|later| saw(held, later, id)))
        .filter_map(|id| held.get(*id).map(|event| &event.body))
        .collect();
    last.iter().any(|body| fits(body, under_18))
        && !last.iter().any(|body| is_withdrawal(body, to))
        && !leaves_out(held, to)
}

fn leaves_out(held: &Events, to: &str) -> bool {
    let names = |event: &Event| match &event.body {
        EventBody::AuthorityChosen(choice) => Some(choice.kinds.iter().any(|kind| kind.as_str() == to)),
        _ => None,
    };
    held.iter().any(|(id, event)| {
        names(event) == Some(false) && !held.iter().any(|(later, event)| names(event).is_some() && saw(held, later, id))
    })
}

/// One of the closed list, signed by two persons who may, and ended by nobody.
fn declared_holds(held: &Events, to: &str, under_18: bool, person: &dyn Fn(&DeviceId) -> Option<PersonId>) -> bool {
    held.iter().any(|(id, event)| {
        let EventBody::BasisDeclared(declared) = &event.body else { return false };
        let Some(first) = person(&event.author) else { return false };
        let mut signers = BTreeSet::from([first]);
        let mut ended = false;
        for event in held.values() {
            match event.body {
                EventBody::BasisSeconded { declaration } if declaration == *id => signers.extend(person(&event.author)),
                EventBody::BasisEnded { declaration } if declaration == *id => ended = true,
                _ => {}
            }
        }
        let suits = under_18 || declared.kind != BasisKind::ChildInDanger;
        declared.recipient.as_str() == to && suits && signers.len() > 1 && !ended
    })
}

/// Whether a share to this kind of recipient has a living basis in what its device holds.
pub(super) fn has_basis(
    held: &Events,
    to: &str,
    under_18: bool,
    person: &dyn Fn(&DeviceId) -> Option<PersonId>,
) -> bool {
    consent_holds(held, to, under_18) || declared_holds(held, to, under_18, person)
}

/// Whether a consent to this kind of recipient was withdrawn that the share's author did not hold when it shared on consent.
pub(super) fn crossed(all: &Events, held: &BTreeSet<EventId>, to: &str) -> bool {
    all.iter().any(|(id, event)| is_withdrawal(&event.body, to) && !held.contains(id))
}
