//! What a record stands for, case by case, and the table of concurrent events, every pair in every order.
//! Nobody in it is real.

use super::super::fixtures::{
    allegation, choice, consent_to, declaration, device, event, event_id, judgement, name, provenance, shared, time,
};
use super::super::{
    Agreement, AllegationStep, BasisKind, ChildConsent, Consent, ConsentWord, FieldSettlement, GivenBy, Ground,
    Guardian, Hiding, LongText, OutcomeSettlement, RecallStep, Received, ShareId,
};
use super::*;
use vigil_protocol::{PersonId, RecordId};

fn standing(events: &[(EventId, Event)]) -> Standing {
    Standing::of(events.iter().map(|(id, event)| (*id, event)))
}

fn settled_outcome(chosen: u8, over: &[u8]) -> EventBody {
    let over = over.iter().map(|id| event_id(*id)).collect();
    EventBody::OutcomeSettled(OutcomeSettlement { chosen: event_id(chosen), over })
}

fn consent(given: bool) -> EventBody {
    let code = |code: &str| Code::new(code).unwrap();
    let consent =
        Consent { purpose: code("referral"), recipient: code("shelter"), language: code("ne"), witness: None };
    if given { EventBody::ConsentGiven(consent) } else { EventBody::ConsentWithdrawn(consent) }
}

const INTERCEPTED: Outcome = Outcome::Intercepted { agreement: Agreement::Agreed };

fn holds(events: &[(EventId, Event)]) -> Option<&'static str> {
    match standing(events).outcome() {
        OutcomeState::None => None,
        OutcomeState::One { outcome, .. } => Some(outcome.name()),
        OutcomeState::Open(_) => Some("open"),
    }
}

#[test]
fn a_decision_replaces_those_that_its_author_had_seen() {
    let first = event(1, &[], Outcome::LetGo);
    let between = event(2, &[1], EventBody::Addendum { text: LongText::new("She called back.").unwrap() });
    let last = event(3, &[2], INTERCEPTED);
    assert_eq!(holds(&[]), None);
    assert_eq!(holds(std::slice::from_ref(&first)), Some("let_go"));
    assert_eq!(holds(&[last.clone(), first.clone(), between]), Some("intercepted"));
    // Without the event between, nobody knows that it was seen.
    assert_eq!(holds(&[first, last]), Some("open"));
}

#[test]
fn contradictory_decisions_stay_open_until_somebody_settles_them() {
    let mut events = vec![event(1, &[], Outcome::LetGo), event(2, &[], INTERCEPTED)];
    assert_eq!(standing(&events).open_outcomes(), [event_id(1), event_id(2)]);
    events.push(event(3, &[1, 2], settled_outcome(2, &[1])));
    match standing(&events).outcome() {
        OutcomeState::One { outcome, decided, settled_by } => {
            assert_eq!((outcome, decided.len(), *settled_by), (&INTERCEPTED, 1, Some(event_id(3))));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(standing(&events).author_of(&event_id(3)), Some(device(3)));
    // A decision that the settlement did not know opens the question again; the same decision does not.
    assert_eq!(holds(&[events.clone(), vec![event(4, &[], INTERCEPTED)]].concat()), Some("intercepted"));
    assert_eq!(holds(&[events.clone(), vec![event(4, &[], Outcome::DeclinedInformed)]].concat()), Some("open"));
    // One in knowledge of it does not contradict: it decides anew.
    assert_eq!(holds(&[events, vec![event(4, &[3], Outcome::LetGo)]].concat()), Some("let_go"));
}

#[test]
fn settlements_that_contradict_each_other_settle_nothing_and_a_later_one_does() {
    let mut events = vec![
        event(1, &[], Outcome::LetGo),
        event(2, &[], INTERCEPTED),
        event(3, &[1, 2], settled_outcome(2, &[1])),
        event(4, &[1, 2], settled_outcome(1, &[2])),
    ];
    assert_eq!(holds(&events), Some("open"));
    events.push(event(5, &[3, 4], settled_outcome(1, &[2])));
    assert_eq!(holds(&events), Some("let_go"));
}

#[test]
fn a_settlement_in_favour_of_nothing_known_settles_nothing() {
    let events = [
        event(1, &[], Outcome::LetGo),
        event(2, &[], INTERCEPTED),
        event(3, &[], settled_outcome(9, &[1, 2])),
        event(4, &[], settled_outcome(1, &[])),
    ];
    assert_eq!(holds(&events), Some("open"));
}

#[test]
fn consent_that_was_withdrawn_anywhere_is_withdrawn_until_it_is_given_anew() {
    let state = |events: &[(EventId, Event)]| {
        let code = |code: &str| Code::new(code).unwrap();
        let standing = standing(events);
        assert!(standing.consent(&code("photo"), &code("shelter")).is_none());
        matches!(standing.consent(&code("referral"), &code("shelter")), Some(ConsentState::Given(_)))
    };
    let given = event(1, &[], consent(true));
    let beside = event(2, &[], consent(false));
    let after = event(3, &[1], consent(false));
    let anew = event(4, &[2], consent(true));
    assert!(state(std::slice::from_ref(&given)));
    assert!(!state(&[given.clone(), beside.clone()]));
    assert!(!state(&[given.clone(), after]));
    assert!(state(&[beside.clone(), anew.clone()]));
    assert!(state(&[given, beside, anew]));
}

/// The name of a declaration, and of an allegation, when one is part of the pair.
const DECLARED: u8 = 11;
const ALLEGED: u8 = 11;

/// One event of each sort that could be said beside any other about the same thing; two bodies where it can differ.
fn bodies(sort: Sort) -> Vec<EventBody> {
    let settled = |chosen: u8, over: u8| {
        EventBody::Settled(FieldSettlement {
            field: name("station"),
            chosen: ChangeHash([chosen; 32]),
            over: vec![ChangeHash([over; 32])],
        })
    };
    match sort {
        Sort::Decision => vec![Outcome::LetGo.into(), INTERCEPTED.into()],
        Sort::ConsentGiven => vec![
            consent(true),
            EventBody::ChildConsentGiven(ChildConsent {
                consent: consent_to("shelter"),
                assent: true,
                by: Guardian::NotSuspected,
            }),
        ],
        Sort::ConsentWithdrawn => vec![consent(false)],
        Sort::Settled => vec![settled(1, 2), settled(2, 1)],
        Sort::OutcomeSettled => vec![settled_outcome(1, &[2]), settled_outcome(2, &[1])],
        Sort::Erased => vec![EventBody::Erased { reason: Code::new("asked").unwrap() }],
        Sort::Statement => vec![EventBody::Opinion { text: LongText::new("coached").unwrap() }],
        Sort::Judged => vec![
            judgement("high_risk", 1).committed(&RecordId([1; 16]), &device(11)),
            EventBody::OpinionOpened(judgement("does_not_count", 2).opened(event_id(3))),
        ],
        Sort::Unknown => vec![EventBody::Unknown { number: 77, bytes: vec![] }],
        Sort::AuthorityChosen => {
            vec![EventBody::AuthorityChosen(choice(&["police"])), EventBody::AuthorityChosen(choice(&[]))]
        }
        Sort::BasisDeclared => vec![EventBody::BasisDeclared(declaration(BasisKind::CourtOrder, "shelter"))],
        Sort::BasisSeconded => vec![EventBody::BasisSeconded { declaration: event_id(DECLARED) }],
        Sort::BasisEnded => vec![EventBody::BasisEnded { declaration: event_id(DECLARED) }],
        Sort::Shared => vec![
            EventBody::Shared(shared(4, "shelter", Ground::Consent, event_id(1))),
            EventBody::Shared(shared(4, "shelter", Ground::Declared(BasisKind::CourtOrder), event_id(DECLARED))),
        ],
        Sort::Recalled => vec![
            EventBody::Recall(RecallStep::Sent { share: ShareId([4; 16]) }),
            EventBody::Recall(RecallStep::Confirmed { share: ShareId([4; 16]), erased: true }),
        ],
        Sort::Received => vec![EventBody::Received(Received::Share(provenance()))],
        Sort::Alleged => vec![EventBody::Allegation(AllegationStep::Alleged(allegation()))],
        Sort::AllegationWithdrawn => vec![EventBody::Allegation(AllegationStep::Withdrawn {
            allegation: event_id(ALLEGED),
            reason: Code::new("mistaken").unwrap(),
        })],
        Sort::Hidden => vec![EventBody::Hiding(Hiding::Hidden)],
        Sort::Shown => vec![EventBody::Hiding(Hiding::Shown)],
    }
}

#[test]
fn every_pair_of_concurrent_events_follows_the_table_in_every_order() {
    for (one, other) in Sort::ALL.into_iter().flat_map(|one| Sort::ALL.map(|other| (one, other))) {
        for (first, second) in
            bodies(one).into_iter().flat_map(|a| bodies(other).into_iter().map(move |b| (a.clone(), b)))
        {
            // What others name by its id has that id, whichever side it stands on.
            let named = |sort| matches!(sort, Sort::BasisDeclared | Sort::Alleged);
            let (a, b) = if named(other) && !named(one) { (12, 11) } else { (11, 12) };
            let (a, b) = (event(a, &[], first.clone()), event(b, &[], second.clone()));
            let both = standing(&[a.clone(), b.clone()]);
            for order in [vec![&b, &a], vec![&a, &b, &a], vec![&b, &a, &b, &a]] {
                let ordered = Standing::of(order.into_iter().map(|(id, event)| (*id, event)));
                assert_eq!(ordered, both, "{one:?} {other:?}");
            }
            let pair = [a.clone(), b.clone()];
            let alone = [standing(&[a]), standing(&[b])];
            match rule(one, other) {
                Rule::BothStand => alone.iter().for_each(|alone| stands_in(alone, &both, (one, other))),
                Rule::AgreeOrOpen => assert_eq!(is_open(&pair, one), first != second, "{one:?} {other:?}"),
                Rule::FirstStands => assert!(stands(&both, one), "{one:?} {other:?}"),
                Rule::SecondStands => assert!(stands(&both, other), "{one:?} {other:?}"),
                Rule::CalledBack => {
                    let (share, objection) = if one == Sort::Shared { (&first, other) } else { (&second, one) };
                    let EventBody::Shared(share) = share else { panic!("{one:?} {other:?}") };
                    // What rests on consent is called back by her word, what was declared by the end of it.
                    let concerned = (share.ground == Ground::Consent) == (objection != Sort::BasisEnded);
                    assert_eq!(both.recalls_due().count(), usize::from(concerned), "{one:?} {other:?}");
                    assert!(alone.iter().all(|alone| alone.recalls_due().count() == 0));
                }
            }
        }
    }
}

/// Everything that stood alone stands beside the other, too.
fn stands_in(alone: &Standing, both: &Standing, pair: (Sort, Sort)) {
    assert!(!alone.is_erased() || both.is_erased());
    assert!(alone.hidden_by().is_empty() || !both.hidden_by().is_empty(), "{pair:?}");
    assert!(alone.not_understood().iter().all(|id| both.not_understood().contains(id)));
    let says_nothing = alone.outcome == OutcomeState::None;
    assert!(says_nothing || alone.outcome == both.outcome, "{pair:?}");
    for (purpose, recipient, state) in alone.consents() {
        let given = |state: &ConsentState| matches!(state, ConsentState::Given(_));
        assert_eq!(both.consent(purpose, recipient).map(given), Some(given(state)));
    }
    for (field, settlements) in &alone.fields {
        assert!(settlements.iter().all(|settlement| both.fields[field].contains(settlement)));
    }
    assert!(alone.authorities().choices().is_empty() || alone.authorities() == both.authorities(), "{pair:?}");
    for basis in alone.bases() {
        let kept = both.bases().iter().find(|kept| kept.declared == basis.declared).unwrap();
        assert_eq!((&kept.declaration, kept.ended.is_empty()), (&basis.declaration, true), "{pair:?}");
    }
    for share in alone.shares() {
        let kept = both.shares().iter().find(|kept| kept.shared.share == share.shared.share).unwrap();
        assert_eq!(kept.recall_due, share.recall_due, "{pair:?}");
    }
    for allegation in alone.allegations() {
        assert!(both.allegations().contains(allegation), "{pair:?}");
    }
}

/// Whether the question that two events of this sort are about is open. Two settlements need something to choose from.
fn is_open(pair: &[(EventId, Event)], sort: Sort) -> bool {
    let candidates = [(ChangeHash([1; 32]), &1), (ChangeHash([2; 32]), &2)];
    match sort {
        Sort::Settled => {
            matches!(settle(&candidates, &standing(pair).fields[&name("station")]), Settled::Open { .. })
        }
        Sort::OutcomeSettled => {
            let decisions = [event(1, &[], Outcome::LetGo), event(2, &[], INTERCEPTED)];
            holds(&[decisions.as_slice(), pair].concat()) == Some("open")
        }
        Sort::AuthorityChosen => standing(pair).authorities().is_open(),
        _ => holds(pair) == Some("open"),
    }
}

fn stands(standing: &Standing, sort: Sort) -> bool {
    match sort {
        Sort::Erased => standing.is_erased(),
        Sort::BasisEnded => {
            standing.bases().iter().all(|basis| !basis.is_alive(&|device| Some(PersonId::of_device(device))))
        }
        Sort::AllegationWithdrawn => standing.allegations().iter().all(|allegation| !allegation.stands()),
        Sort::Hidden => !standing.hidden_by().is_empty(),
        _ => standing.consents().all(|(_, _, state)| matches!(state, ConsentState::Withdrawn(_))),
    }
}

#[test]
fn nothing_written_before_beside_or_after_brings_an_erased_record_back() {
    let erased = event(2, &[1], EventBody::Erased { reason: Code::new("asked").unwrap() });
    for other in [event(1, &[], INTERCEPTED), event(3, &[], INTERCEPTED), event(4, &[2], INTERCEPTED)] {
        assert!(standing(&[other, erased.clone()]).is_erased());
    }
}

#[test]
fn a_flood_of_events_leaves_contradictions_open_and_withdrawals_in_force() {
    let flood = (0..=super::super::limits::MAX_EVENTS).map(|number| {
        let mut id = [0xee; 32];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let body = EventBody::Unknown { number: 900, bytes: vec![] };
        (EventId(vigil_protocol::Hash(id)), Event::new(device(9), time(0), [], body))
    });
    let mut events = vec![
        event(1, &[], Outcome::LetGo),
        event(2, &[1], INTERCEPTED),
        event(3, &[], consent(false)),
        event(4, &[3], consent(true)),
    ];
    assert_eq!(holds(&events), Some("intercepted"));
    events.extend(flood);
    let standing = standing(&events);
    assert_eq!(standing.open_outcomes().len(), 2);
    assert!(standing.consents().all(|(_, _, state)| matches!(state, ConsentState::Withdrawn(_))));
}

#[test]
fn agreeing_decisions_hold_together_and_each_says_who_and_when() {
    let events = [event(1, &[], INTERCEPTED), event(2, &[], INTERCEPTED)];
    let said = |number: u8| Said { event: event_id(number), author: device(number), time: time(0) };
    let expected = OutcomeState::One { outcome: INTERCEPTED, decided: vec![said(1), said(2)], settled_by: None };
    assert_eq!(*standing(&events).outcome(), expected);
    assert!(standing(&events).open_outcomes().is_empty());
}

#[test]
fn each_erasure_says_who_and_why_and_what_is_not_understood_is_listed() {
    let reason = |code: &str| Code::new(code).unwrap();
    let events = [
        event(1, &[], EventBody::Erased { reason: reason("asked") }),
        event(2, &[], EventBody::Erased { reason: reason("let_go") }),
        event(3, &[], EventBody::Unknown { number: 900, bytes: vec![1] }),
        event(4, &[], EventBody::Unknown { number: 901, bytes: vec![] }),
    ];
    let said = |number: u8| Said { event: event_id(number), author: device(number), time: time(0) };
    let standing = standing(&events);
    assert_eq!(standing.erasures(), [(reason("asked"), said(1)), (reason("let_go"), said(2))]);
    assert_eq!(standing.not_understood(), [event_id(3), event_id(4)]);
    assert_eq!(standing.author_of(&event_id(1)), None);
    let nothing = Standing::of([]);
    assert!(!nothing.is_erased() && nothing.erasures().is_empty() && nothing.not_understood().is_empty());
    assert_eq!(nothing.consents().count(), 0);
}

#[test]
fn consents_are_told_apart_by_purpose_and_recipient_and_keep_what_was_said() {
    let consent = |purpose: &str, recipient: &str| Consent {
        purpose: Code::new(purpose).unwrap(),
        recipient: Code::new(recipient).unwrap(),
        language: Code::new("ne").unwrap(),
        witness: None,
    };
    let (photo, referral) = (consent("photo", "police"), consent("referral", "shelter"));
    let events = [
        event(1, &[], EventBody::ConsentGiven(photo.clone())),
        event(2, &[], EventBody::ConsentGiven(referral.clone())),
        event(3, &[2], EventBody::ConsentWithdrawn(referral.clone())),
    ];
    let said = |number: u8| Said { event: event_id(number), author: device(number), time: time(0) };
    let word = |consent: &Consent, by, number| ConsentWord { consent: consent.clone(), by, said: said(number) };
    let standing = standing(&events);
    let (given, withdrawn) = (
        ConsentState::Given(vec![word(&photo, Some(GivenBy::Herself), 1)]),
        ConsentState::Withdrawn(vec![word(&referral, None, 3)]),
    );
    assert_eq!(standing.consent(&photo.purpose, &photo.recipient), Some(&given));
    assert_eq!(standing.consent(&referral.purpose, &referral.recipient), Some(&withdrawn));
    assert_eq!(standing.consent(&photo.purpose, &referral.recipient), None);
    let all: Vec<_> = standing.consents().map(|(purpose, recipient, _)| (purpose, recipient)).collect();
    assert_eq!(all, [(&photo.purpose, &photo.recipient), (&referral.purpose, &referral.recipient)]);
}

#[test]
fn settlements_of_a_field_keep_what_was_chosen_over_what() {
    let settled = |field: &str, chosen: u8, over: u8| {
        EventBody::Settled(FieldSettlement {
            field: name(field),
            chosen: ChangeHash([chosen; 32]),
            over: vec![ChangeHash([over; 32])],
        })
    };
    let events = [event(1, &[], settled("station", 1, 2)), event(2, &[1], settled("station", 2, 1))];
    let standing = standing(&[events.as_slice(), &[event(3, &[], settled("sex", 3, 4))]].concat());
    let [settlement] = standing.settlements_of(&name("station")) else { panic!("one stands") };
    assert_eq!(settlement.said.event, event_id(2));
    assert_eq!((settlement.chosen, settlement.over.clone()), (ChangeHash([2; 32]), vec![ChangeHash([1; 32])]));
    assert_eq!(standing.settlements_of(&name("sex")).len(), 1);
    assert!(standing.settlements_of(&name("minutes")).is_empty());
}

#[test]
fn a_hidden_record_shows_again_only_to_who_saw_it_hidden() {
    let hidden = |number, after: &[u8]| event(number, after, EventBody::Hiding(Hiding::Hidden));
    let shown = |number, after: &[u8]| event(number, after, EventBody::Hiding(Hiding::Shown));
    let is_hidden = |events: &[(EventId, Event)]| !standing(events).hidden_by().is_empty();
    assert!(!is_hidden(&[]) && !is_hidden(&[shown(1, &[])]));
    assert!(is_hidden(&[hidden(1, &[])]) && is_hidden(&[hidden(1, &[]), shown(2, &[])]));
    assert!(!is_hidden(&[hidden(1, &[]), shown(2, &[1])]));
    assert!(is_hidden(&[hidden(1, &[]), hidden(3, &[]), shown(2, &[1])]), "another hid it, too");
    assert!(is_hidden(&[hidden(1, &[]), shown(2, &[1]), hidden(3, &[2])]));
}
