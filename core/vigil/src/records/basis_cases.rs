//! What stands in for consent: each kind by one name, for whom it exists, and when it is one.

use super::fixtures::{consent_to, declaration, device, event, event_id};
use super::{Ask, Basis, BasisKind, Code, Event, EventBody, EventId, Ground, Standing, any_basis_alive, basis_alive};
use vigil_protocol::PersonId;

fn standing(events: &[(EventId, Event)]) -> Standing {
    Standing::of(events.iter().map(|(id, event)| (*id, event)))
}

fn declared(kind: BasisKind) -> Vec<(EventId, Event)> {
    vec![
        event(1, &[], EventBody::BasisDeclared(declaration(kind, "shelter"))),
        event(2, &[1], EventBody::BasisSeconded { declaration: event_id(1) }),
    ]
}

/// On what a referral to this kind of recipient may rest, where everybody may sign.
fn on(events: &[(EventId, Event)], recipient: &str, under_18: bool) -> Option<Basis> {
    let (purpose, recipient) = (Code::new("referral").unwrap(), Code::new(recipient).unwrap());
    basis_alive(&standing(events), Ask { purpose: &purpose, recipient: &recipient, under_18 }, &|device| {
        Some(PersonId::of_device(device))
    })
}

#[test]
fn a_kind_has_one_name_in_words_and_in_json() {
    for kind in BasisKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        assert_eq!(Ground::Declared(kind).name(), kind.name());
    }
    assert_eq!(Ground::Consent.name(), "consent");
}

#[test]
fn a_child_in_danger_is_a_basis_for_a_child_and_every_other_kind_for_everybody() {
    for kind in BasisKind::ALL {
        let basis = Basis { ground: Ground::Declared(kind), event: event_id(1), against_choice: false };
        assert_eq!(on(&declared(kind), "shelter", true), Some(basis));
        let for_adults = kind != BasisKind::ChildInDanger;
        assert_eq!(on(&declared(kind), "shelter", false), for_adults.then_some(basis));
        assert_eq!(
            any_basis_alive(&standing(&declared(kind)), false, &|device| Some(PersonId::of_device(device))),
            for_adults
        );
    }
}

#[test]
fn a_declaration_is_a_basis_for_what_it_names_while_two_who_may_sign_stand_behind_it() {
    let whole = declared(BasisKind::CourtOrder);
    assert!(on(&whole, "shelter", false).is_some());
    assert!(on(&whole, "police", false).is_none(), "it names another recipient");
    assert!(on(&whole[..1], "shelter", false).is_none(), "nobody seconded it");
    let mut ended = whole.clone();
    ended.push(event(3, &[2], EventBody::BasisEnded { declaration: event_id(1) }));
    assert!(on(&ended, "shelter", false).is_none());
    let mut other_ended = whole.clone();
    other_ended.push(event(3, &[2], EventBody::BasisEnded { declaration: event_id(9) }));
    assert!(on(&other_ended, "shelter", false).is_some(), "another one was ended");
    for may_not in [1, 2] {
        let standing = standing(&whole);
        assert!(
            !any_basis_alive(&standing, false, &|signer| (*signer != device(may_not))
                .then(|| PersonId::of_device(signer))),
            "device {may_not}"
        );
        assert!(standing.bases()[0].is_signed(&|device| Some(PersonId::of_device(device))));
    }
}

#[test]
fn an_erased_record_and_one_in_which_nothing_was_said_hold_no_basis() {
    assert!(!any_basis_alive(&standing(&[]), false, &|device| Some(PersonId::of_device(device))));
    let mut erased = vec![event(1, &[], EventBody::ConsentGiven(consent_to("shelter")))];
    assert!(on(&erased, "shelter", false).is_some() && on(&erased, "shelter", true).is_none());
    erased.push(event(2, &[], EventBody::Erased { reason: Code::new("asked").unwrap() }));
    assert!(on(&erased, "shelter", false).is_none());
}
