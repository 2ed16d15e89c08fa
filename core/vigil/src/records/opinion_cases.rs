//! Second opinions, case by case: what settles a record, what does not count, and who may open when.
//! Devices 1 to 6 may judge, 7 was removed, 8 and above may not; 11 is another device of the person of 1.

use super::fixtures::{device, event_id, judgement, time};
use super::{Event, EventBody, EventId, Judge, Judgement, OpinionState, Opinions, SecondOpinion};
use vigil_protocol::{DeviceId, PersonId, RecordId};

pub(super) const RECORD: RecordId = RecordId([1; 16]);

pub(super) fn judge(who: &DeviceId) -> Judge {
    let person = PersonId::of_device(who);
    match who.0[0] {
        ..=6 => Judge::Active(person),
        7 => Judge::Former(person),
        11 => Judge::Active(PersonId::of_device(&device(1))),
        _ => Judge::No,
    }
}

type Events = Vec<(EventId, Event)>;

/// The event of this number by this device.
fn by(author: u8, number: u8, after: &[u8], body: EventBody) -> (EventId, Event) {
    let after = after.iter().map(|parent| event_id(*parent));
    (event_id(number), Event::new(device(author), time(0), after, body))
}

/// What this device thinks; its salt is its own.
fn thinks(author: u8, view: &str) -> Judgement {
    judgement(view, author)
}

fn commit(author: u8, number: u8, after: &[u8], view: &str) -> (EventId, Event) {
    by(author, number, after, thinks(author, view).committed(&RECORD, &device(author)))
}

fn open(author: u8, number: u8, after: &[u8], of: u8, view: &str) -> (EventId, Event) {
    by(author, number, after, EventBody::OpinionOpened(thinks(author, view).opened(event_id(of))))
}

fn opinions(events: &[(EventId, Event)]) -> Opinions {
    Opinions::of(&RECORD, events.iter().map(|(id, event)| (*id, event)), judge)
}

fn outcome(events: &[(EventId, Event)]) -> String {
    match opinions(events).outcome() {
        SecondOpinion::Agreed { view, blind } => format!("{view}{}", if *blind { ", blind" } else { "" }),
        other => other.name().to_owned(),
    }
}

fn state(events: &[(EventId, Event)], author: u8) -> &'static str {
    let opinions = opinions(events);
    opinions.all().iter().find(|opinion| opinion.given.author == device(author)).map_or("nothing", |o| o.state.name())
}

fn may_open(events: &[(EventId, Event)], commitment: u8) -> bool {
    opinions(events).may_open(&event_id(commitment))
}

/// Devices 1 and 2 judge without knowing of each other (events 11 and 12) and open when they do (21 and 22).
fn pair(one: &str, other: &str) -> Events {
    vec![
        commit(1, 11, &[], one),
        commit(2, 12, &[], other),
        open(1, 21, &[11, 12], 11, one),
        open(2, 22, &[11, 12], 12, other),
    ]
}

#[test]
fn two_equal_views_settle_it_and_different_ones_call_a_third() {
    let equal = pair("high_risk", "high_risk");
    assert_eq!(outcome(&[]), "none");
    assert_eq!(outcome(&equal[..1]), "one");
    assert_eq!(outcome(&equal[..2]), "waiting");
    assert_eq!(outcome(&equal[..3]), "waiting");
    assert_eq!(outcome(&equal), "high_risk, blind");

    let mut different = pair("high_risk", "does_not_count");
    assert_eq!(outcome(&different), "differ");
    // The third knows of both, opens at once, and settles it.
    different.push(commit(3, 13, &[21, 22], "does_not_count"));
    assert_eq!(outcome(&different), "waiting");
    different.push(open(3, 23, &[13], 13, "does_not_count"));
    assert_eq!(outcome(&different), "does_not_count");

    let mut three_views = pair("high_risk", "does_not_count");
    three_views.push(commit(3, 13, &[21, 22], "signs_of_trafficking"));
    three_views.push(open(3, 23, &[13], 13, "signs_of_trafficking"));
    assert_eq!(outcome(&three_views), "differ");
}

#[test]
fn one_who_comes_afterwards_does_not_unsettle_what_two_blind_ones_agreed_on() {
    let mut events = pair("high_risk", "high_risk");
    for (late, salt) in [(3, 0), (4, 1)] {
        events.push(commit(late, 13 + salt, &[], "does_not_count"));
        events.push(open(late, 23 + salt, &[11, 12, 13 + salt], 13 + salt, "does_not_count"));
        assert_eq!(outcome(&events), "high_risk, blind");
    }
    // Two pairs that each were blind contradict each other, and that is shown as what it is.
    let other_pair = [
        commit(3, 13, &[], "does_not_count"),
        commit(4, 14, &[], "does_not_count"),
        open(3, 23, &[13, 14], 13, "does_not_count"),
        open(4, 24, &[13, 14], 14, "does_not_count"),
    ];
    assert_eq!(outcome(&[pair("high_risk", "high_risk"), other_pair.to_vec()].concat()), "differ");
}

#[test]
fn a_device_opens_once_somebody_else_who_may_judge_is_bound() {
    let mine = commit(1, 11, &[], "high_risk");
    let with = |other: (EventId, Event)| may_open(&[mine.clone(), other], 11);
    assert!(!may_open(std::slice::from_ref(&mine), 11));
    assert!(with(commit(2, 12, &[], "high_risk")));
    // Not for one who was removed, nor for one who may not judge: a volunteer, or who recorded it.
    assert!(!with(commit(7, 12, &[], "high_risk")));
    assert!(!with(commit(9, 12, &[], "high_risk")));
    // Not for oneself, twice over.
    assert!(!with(commit(1, 12, &[11], "does_not_count")));
    // Not for a commitment that nobody holds.
    assert!(!may_open(&[mine.clone(), commit(2, 12, &[], "high_risk")], 99));
    // Not for what a removed member had opened, and not a second time.
    let left = [mine.clone(), commit(7, 12, &[], "high_risk"), open(7, 22, &[11, 12], 12, "high_risk")];
    assert_eq!((may_open(&left, 11), state(&left, 7)), (false, "open"));
    let both = pair("high_risk", "high_risk");
    assert!(may_open(&both[..2], 11) && !may_open(&both, 11) && opinions(&both).is_open(&event_id(11)));
    // Not for somebody who contradicts themselves.
    let twice = [mine, commit(2, 12, &[], "high_risk"), commit(2, 13, &[], "does_not_count")];
    assert!(!may_open(&twice, 11));
}

#[test]
fn a_copied_commitment_opens_nothing_and_is_never_opened() {
    let mine = commit(1, 11, &[], "high_risk");
    let copy = by(2, 12, &[11], mine.1.body.clone());
    let mut events = vec![mine, copy];
    assert!(!may_open(&events, 11));
    assert_eq!(outcome(&events), "one", "a copy is nobody's opinion");
    // A third person's commitment is one: then the first opens, and what it opened does not fit the copy.
    events.push(commit(3, 13, &[], "high_risk"));
    assert!(may_open(&events, 11) && may_open(&events, 13));
    events.push(open(1, 21, &[11, 12, 13], 11, "high_risk"));
    assert_eq!(state(&events, 2), "copied");
    let replayed = EventBody::OpinionOpened(thinks(1, "high_risk").opened(event_id(12)));
    events.push(by(2, 22, &[21], replayed));
    assert_eq!(state(&events, 2), "does_not_fit");
    events.push(open(3, 23, &[11, 12, 13], 13, "high_risk"));
    assert_eq!(outcome(&events), "high_risk, blind");
}

#[test]
fn another_view_than_the_one_committed_to_shows_as_such_and_does_not_count() {
    let mut events = pair("high_risk", "does_not_count");
    events[3] = open(2, 22, &[11, 12], 12, "high_risk");
    assert_eq!((state(&events, 2), outcome(&events).as_str()), ("does_not_fit", "one"));
    // Somebody else's words under one's own commitment say nothing.
    events[3] = by(3, 22, &[11, 12], EventBody::OpinionOpened(thinks(2, "does_not_count").opened(event_id(12))));
    assert_eq!((state(&events, 2), outcome(&events).as_str()), ("sealed", "waiting"));
    // What fits counts, whatever else was tried, and however often it comes.
    events.push(open(2, 23, &[11, 12], 12, "high_risk"));
    events.push(open(2, 24, &[11, 12], 12, "does_not_count"));
    events.push(open(2, 25, &[11, 12], 12, "does_not_count"));
    assert_eq!((state(&events, 2), outcome(&events).as_str()), ("open", "differ"));
}

#[test]
fn nobody_judges_twice() {
    let first = pair("high_risk", "does_not_count");
    // A second commitment after the first is passed over, with its opening.
    let second_thoughts = [commit(2, 13, &[12], "high_risk"), open(2, 23, &[13], 13, "high_risk")];
    let events = [first.clone(), second_thoughts.to_vec()].concat();
    assert_eq!((outcome(&events).as_str(), opinions(&events).all().len()), ("differ", 2));
    // One that claims to have known of nothing cannot replace or take back what somebody had seen.
    let claims_to_be_first = [commit(2, 3, &[], "high_risk"), open(2, 23, &[3], 3, "high_risk")];
    assert_eq!(outcome(&[first.clone(), claims_to_be_first.to_vec()].concat()), "differ");
    let settled = pair("high_risk", "high_risk");
    assert_eq!(outcome(&[settled, vec![commit(2, 3, &[], "does_not_count")]].concat()), "high_risk, blind");
    // Where nobody can say which came first, neither counts.
    let both = [commit(2, 12, &[], "high_risk"), commit(2, 13, &[], "does_not_count")];
    assert_eq!((state(&both, 2), outcome(&both).as_str()), ("twice", "none"));
    let shown_to_two = [
        both.to_vec(),
        vec![commit(1, 11, &[], "high_risk"), commit(3, 14, &[], "does_not_count")],
        vec![open(1, 21, &[11, 12, 14], 11, "high_risk"), open(3, 22, &[11, 13, 14], 14, "does_not_count")],
    ]
    .concat();
    assert_eq!((state(&shown_to_two, 2), outcome(&shown_to_two).as_str()), ("twice", "differ"));
    assert!(opinions(&shown_to_two).has_given(&PersonId::of_device(&device(2))));
}

#[test]
fn who_was_removed_counts_if_opened_and_is_passed_over_if_not() {
    let mut events = vec![commit(1, 11, &[], "high_risk"), commit(7, 12, &[], "high_risk")];
    assert_eq!((state(&events, 7), outcome(&events).as_str()), ("gone", "one"));
    events.push(open(1, 21, &[11, 12], 11, "high_risk"));
    events.push(open(7, 22, &[11, 12], 12, "high_risk"));
    assert_eq!((state(&events, 7), outcome(&events).as_str()), ("open", "high_risk, blind"));
    // Somebody who may not judge says nothing at all.
    let stranger = [commit(9, 12, &[], "high_risk"), open(9, 22, &[12], 12, "high_risk")];
    assert_eq!((state(&stranger, 9), outcome(&stranger).as_str()), ("nothing", "none"));
}

#[test]
fn views_given_in_knowledge_of_the_other_agree_but_not_blind() {
    // Device 7 drew the first one out and is gone; device 2 comes when that view is known.
    let events = [
        commit(1, 11, &[], "high_risk"),
        commit(7, 17, &[], "high_risk"),
        open(1, 21, &[11, 17], 11, "high_risk"),
        commit(2, 12, &[21], "high_risk"),
        open(2, 22, &[12], 12, "high_risk"),
    ];
    assert_eq!(outcome(&events[..3]), "one");
    assert_eq!(outcome(&events), "high_risk");
}

#[test]
fn an_opening_may_come_before_its_commitment() {
    let events = pair("high_risk", "high_risk");
    assert_eq!(outcome(&events[2..]), "none");
    assert_eq!(outcome(&[&events[1..4]].concat()), "one");
    assert_eq!(outcome(&[events[3].clone(), events[2].clone(), events[0].clone()]), "one");
}

#[test]
fn what_was_erased_is_not_judged() {
    let mut events = pair("high_risk", "high_risk");
    let reason = super::Code::new("asked").unwrap();
    events.push(by(1, 30, &[], EventBody::Erased { reason }));
    assert_eq!(outcome(&events), "none");
    assert!(!may_open(&events, 11));
}

#[test]
fn nothing_of_a_view_shows_in_debug() {
    let opinions = opinions(&pair("high_risk", "high_risk"));
    let shown = format!("{opinions:?} {:?}", OpinionState::Sealed);
    assert!(!shown.contains("high_risk") && !shown.contains("ticket"), "{shown}");
}

#[test]
fn two_devices_of_one_person_are_one_judge() {
    let alone = vec![
        commit(1, 11, &[], "trafficking"),
        commit(11, 12, &[], "trafficking"),
        open(1, 21, &[11, 12], 11, "trafficking"),
        open(11, 22, &[11, 12], 12, "trafficking"),
    ];
    assert_ne!(outcome(&alone), "trafficking, blind");
    assert!(!outcome(&alone).starts_with("trafficking"));
    // Nor does one of them draw out the other, which would be its own opinion.
    let sealed = &alone[..2];
    assert!(!may_open(sealed, 11) && !may_open(sealed, 12));
    // The first that she is bound to counts, and the second, which knew of it, does not.
    let later = vec![
        commit(1, 11, &[], "trafficking"),
        commit(11, 12, &[11], "no_case"),
        commit(2, 13, &[], "trafficking"),
        open(1, 21, &[13], 11, "trafficking"),
        open(2, 22, &[11], 13, "trafficking"),
    ];
    assert_eq!(outcome(&later), "trafficking, blind");
    assert!(opinions(&later).has_given(&PersonId::of_device(&device(1))));
}
