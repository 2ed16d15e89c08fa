//! The promise of sharing, over histories made up at random: devices give and withdraw consent, declare and end other bases,
//! choose authorities, share and hear from each other in any order. No share goes out without a basis that its device knew
//! to be alive, whatever was said beside it raises one recall on every device, and everybody reads the same.

use super::fixtures::{choice, consent_to, declaration, device, event_id, shared, time};
use super::{
    Ask, BasisKind, ChildConsent, Code, Event, EventBody, EventId, Ground, Guardian, RecallStep, ShareId, Standing,
    basis_alive,
};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{DeviceId, PersonId, RecordId};

const DEVICES: usize = 4;
const RECORD: RecordId = RecordId([1; 16]);
const RECIPIENTS: [&str; 2] = ["police", "shelter"];

type Events = BTreeMap<EventId, Event>;

#[derive(Debug, Clone)]
enum Act {
    Give(usize),
    GiveForChild(usize, bool),
    Withdraw(usize),
    Declare(usize, Index),
    Second(Index),
    End(Index),
    Choose(u8),
    Share(usize),
    Recall(Index),
}

/// A device does something, or takes in what another has.
#[derive(Debug, Clone)]
enum Step {
    Act(usize, Act),
    Hear(usize, usize),
}

fn act() -> impl Strategy<Value = Act> {
    let recipient = || 0..RECIPIENTS.len();
    prop_oneof![
        4 => recipient().prop_map(Act::Give),
        2 => (recipient(), any::<bool>()).prop_map(|(to, assent)| Act::GiveForChild(to, assent)),
        3 => recipient().prop_map(Act::Withdraw),
        2 => (recipient(), any::<Index>()).prop_map(|(to, kind)| Act::Declare(to, kind)),
        2 => any::<Index>().prop_map(Act::Second),
        1 => any::<Index>().prop_map(Act::End),
        1 => (0u8..4).prop_map(Act::Choose),
        6 => recipient().prop_map(Act::Share),
        1 => any::<Index>().prop_map(Act::Recall),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..DEVICES, act()).prop_map(|(who, act)| Step::Act(who, act)),
        1 => (0..DEVICES, 0..DEVICES).prop_map(|(who, from)| Step::Hear(who, from)),
    ]
}

fn standing(events: &Events) -> Standing {
    Standing::of(events.iter().map(|(id, event)| (*id, event)))
}

/// The third device is a monitor's: its signature makes no basis. The fourth is another one of the first one's person.
fn signer(signer: &DeviceId) -> Option<PersonId> {
    let person = if *signer == device(4) { device(1) } else { *signer };
    (*signer != device(3)).then(|| PersonId::of_device(&person))
}

/// What a share's device held when it shared.
struct Went {
    share: ShareId,
    to: &'static str,
    held: Events,
}

/// Which events of `events` say something, by a walk of their own that shares nothing with the fold.
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

fn is_giving(body: &EventBody, to: &str, under_18: bool) -> bool {
    match body {
        EventBody::ConsentGiven(consent) => !under_18 && consent.recipient.as_str() == to,
        EventBody::ChildConsentGiven(child) => under_18 && child.assent && child.consent.recipient.as_str() == to,
        _ => false,
    }
}

/// The rule in other words than the fold's: among the last words about it is a giving that fits, and no withdrawal.
fn consent_holds(held: &Events, to: &str, under_18: bool) -> bool {
    let is_word = |body: &EventBody| {
        let for_child = |body: &EventBody| matches!(body, EventBody::ChildConsentGiven(child) if child.consent.recipient.as_str() == to);
        is_withdrawal(body, to) || is_giving(body, to, false) || for_child(body)
    };
    let last: Vec<&EventBody> = held
        .iter()
        .filter(|(id, event)| {
            is_word(&event.body) && !held.iter().any(|(later, event)| is_word(&event.body) && saw(held, later, id))
        })
        .map(|(_, event)| &event.body)
        .collect();
    last.iter().any(|body| is_giving(body, to, under_18))
        && !last.iter().any(|body| is_withdrawal(body, to))
        && !choice_leaves_out(held, to)
}

fn choice_leaves_out(held: &Events, to: &str) -> bool {
    let names = |event: &Event| match &event.body {
        EventBody::AuthorityChosen(choice) => Some(choice.kinds.iter().any(|kind| kind.as_str() == to)),
        _ => None,
    };
    held.iter().any(|(id, event)| {
        names(event) == Some(false) && !held.iter().any(|(later, event)| names(event).is_some() && saw(held, later, id))
    })
}

fn declared_holds(held: &Events, to: &str, under_18: bool) -> bool {
    held.iter().any(|(id, event)| {
        let EventBody::BasisDeclared(declared) = &event.body else { return false };
        let mut signers: BTreeSet<DeviceId> = BTreeSet::from([event.author]);
        let mut ended = false;
        for event in held.values() {
            match event.body {
                EventBody::BasisSeconded { declaration } if declaration == *id => {
                    signers.insert(event.author);
                }
                EventBody::BasisEnded { declaration } if declaration == *id => ended = true,
                _ => {}
            }
        }
        declared.recipient.as_str() == to
            && (under_18 || declared.kind != BasisKind::ChildInDanger)
            && signer(&event.author).is_some()
            && signers.iter().filter_map(signer).collect::<BTreeSet<PersonId>>().len() >= 2
            && !ended
    })
}

fn live_through(steps: &[Step], under_18: bool) -> (Vec<Events>, Vec<Went>) {
    let mut devices = vec![Events::new(); DEVICES];
    let mut shares = Vec::new();
    for step in steps {
        match step {
            Step::Hear(who, from) => {
                let from = devices[*from].clone();
                devices[*who].extend(from);
            }
            Step::Act(who, act) => {
                let Some(body) = body(act, &devices[*who], under_18, &mut shares) else { continue };
                let held = &mut devices[*who];
                let seen: BTreeSet<&EventId> = held.values().flat_map(|event| &event.after).collect();
                let newest: Vec<EventId> = held.keys().filter(|id| !seen.contains(id)).copied().collect();
                let event = Event::new(device(*who as u8 + 1), time(held.len() as i64), newest, body);
                held.insert(event.id(&RECORD), event);
            }
        }
    }
    (devices, shares)
}

fn body(act: &Act, held: &Events, under_18: bool, shares: &mut Vec<Went>) -> Option<EventBody> {
    let declarations: Vec<EventId> =
        held.iter().filter(|(_, event)| matches!(event.body, EventBody::BasisDeclared(_))).map(|(id, _)| *id).collect();
    let of = |which: &Index| (!declarations.is_empty()).then(|| *which.get(&declarations));
    Some(match act {
        Act::Give(to) => EventBody::ConsentGiven(consent_to(RECIPIENTS[*to])),
        Act::GiveForChild(to, assent) => {
            let consent = consent_to(RECIPIENTS[*to]);
            EventBody::ChildConsentGiven(ChildConsent { consent, assent: *assent, by: Guardian::ChildProtection })
        }
        Act::Withdraw(to) => EventBody::ConsentWithdrawn(consent_to(RECIPIENTS[*to])),
        Act::Declare(to, kind) => EventBody::BasisDeclared(declaration(*kind.get(&BasisKind::ALL), RECIPIENTS[*to])),
        Act::Second(which) => EventBody::BasisSeconded { declaration: of(which)? },
        Act::End(which) => EventBody::BasisEnded { declaration: of(which)? },
        Act::Choose(which) => {
            let kinds: Vec<&str> = (0..2).filter(|bit| which >> bit & 1 == 1).map(|bit| RECIPIENTS[bit]).collect();
            EventBody::AuthorityChosen(choice(&kinds))
        }
        Act::Share(to) => {
            let (purpose, to) = (Code::new("referral").unwrap(), RECIPIENTS[*to]);
            let recipient = Code::new(to).unwrap();
            let ask = Ask { purpose: &purpose, recipient: &recipient, under_18 };
            let basis = basis_alive(&standing(held), ask, &signer);
            // The one place that decides says the same as the rule in other words: no less, and no more.
            let holds = consent_holds(held, to, under_18);
            assert_eq!(
                basis.map(|basis| basis.ground == Ground::Consent),
                if holds { Some(true) } else { declared_holds(held, to, under_18).then_some(false) }
            );
            let basis = basis?;
            assert!(basis.ground != Ground::Consent || !choice_leaves_out(held, to));
            assert_eq!(basis.against_choice, choice_leaves_out(held, to));
            let number = shares.len() as u8;
            shares.push(Went { share: ShareId([number; 16]), to, held: held.clone() });
            EventBody::Shared(shared(number, to, basis.ground, basis.event))
        }
        Act::Recall(which) => {
            let share = which.get(&[0u8, 1, 2, 3]);
            EventBody::Recall(RecallStep::Sent { share: ShareId([*share; 16]) })
        }
    })
}

/// Whether something was said that the share's device did not hold and that takes its basis away.
fn crossed(all: &Events, went: &Went) -> bool {
    let (id, shared) = all
        .iter()
        .find_map(|(id, event)| match &event.body {
            EventBody::Shared(shared) if shared.share == went.share => Some((id, shared)),
            _ => None,
        })
        .unwrap();
    all.iter().filter(|(other, _)| !went.held.contains_key(other)).any(|(other, event)| match &event.body {
        body if is_withdrawal(body, went.to) => shared.ground == Ground::Consent,
        EventBody::AuthorityChosen(choice) => {
            shared.ground == Ground::Consent && choice.kinds.iter().all(|kind| kind.as_str() != went.to)
        }
        EventBody::BasisEnded { declaration } => *declaration == shared.basis && !saw(all, other, id),
        _ => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_share_without_a_living_basis_and_one_recall_for_each_that_crossed(
        steps in prop::collection::vec(step(), 1..40),
        under_18 in any::<bool>(),
    ) {
        let (devices, shares) = live_through(&steps, under_18);
        let all: Events = devices.iter().flat_map(Clone::clone).collect();
        let wanted = standing(&all);
        for at in 0..DEVICES {
            let mut mine = devices[at].clone();
            for step in 1..DEVICES {
                mine.extend(devices[(at + step) % DEVICES].clone());
            }
            prop_assert_eq!(&standing(&mine), &wanted);
        }
        let backwards = Standing::of(all.iter().rev().chain(all.iter()).map(|(id, event)| (*id, event)));
        prop_assert_eq!(&backwards, &wanted);
        prop_assert_eq!(wanted.shares().len(), shares.len());
        for went in &shares {
            let listed: Vec<_> = wanted.shares().iter().filter(|state| state.shared.share == went.share).collect();
            prop_assert_eq!(listed.len(), 1);
            prop_assert_eq!(listed[0].recall_due, crossed(&all, went));
            let due = wanted.recalls_due().filter(|state| state.shared.share == went.share).count();
            prop_assert_eq!(due, usize::from(crossed(&all, went) && listed[0].recall_sent.is_empty()));
        }
    }
}

#[test]
fn a_share_against_a_withdrawal_that_its_author_knew_is_called_back_and_one_given_anew_is_not() {
    use super::fixtures::event;
    let given = event(1, &[], EventBody::ConsentGiven(consent_to("shelter")));
    let withdrawn = event(2, &[1], EventBody::ConsentWithdrawn(consent_to("shelter")));
    let share = |after: &[u8]| event(3, after, EventBody::Shared(shared(1, "shelter", Ground::Consent, event_id(1))));
    let due = |events: &[&(EventId, Event)]| {
        Standing::of(events.iter().map(|(id, event)| (*id, event))).recalls_due().count()
    };
    assert_eq!(due(&[&given, &share(&[1])]), 0);
    assert_eq!(due(&[&given, &withdrawn, &share(&[2])]), 1);
    let anew = event(4, &[2], EventBody::ConsentGiven(consent_to("shelter")));
    assert_eq!(due(&[&given, &withdrawn, &anew, &share(&[4])]), 0);
    // Anew, but whoever shared did not know; and withdrawn once more afterwards.
    assert_eq!(due(&[&given, &withdrawn, &anew, &share(&[1])]), 1);
    let again = event(5, &[3], EventBody::ConsentWithdrawn(consent_to("shelter")));
    assert_eq!(due(&[&given, &withdrawn, &anew, &share(&[4]), &again]), 1);
    // To somebody else it says nothing.
    let elsewhere = event(5, &[3], EventBody::ConsentWithdrawn(consent_to("police")));
    assert_eq!(due(&[&given, &share(&[1]), &elsewhere]), 0);
}

#[test]
fn two_devices_of_one_person_make_no_basis() {
    use super::fixtures::event;
    let declared = event(1, &[], EventBody::BasisDeclared(declaration(BasisKind::LifeAtRisk, "shelter")));
    let seconded = event(2, &[1], EventBody::BasisSeconded { declaration: event_id(1) });
    let (purpose, recipient) = (Code::new("referral").unwrap(), Code::new("shelter").unwrap());
    let ask = Ask { purpose: &purpose, recipient: &recipient, under_18: false };
    let standing = Standing::of([&declared, &seconded].map(|(id, event)| (*id, event)));
    assert!(basis_alive(&standing, ask, &signer).is_some());
    assert!(basis_alive(&standing, ask, &|_| Some(PersonId([7; 16]))).is_none());
}
