//! A second opinion, offline and blind: two people judge one record, and neither reads what the other thinks before
//! both are bound. Real homes, and the engine of the real server.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use vigil_core::readable;
use vigil_core::records::{Code, Judgement, LongText, OPINION_VIEWS, OpinionSalt};
use vigil_core::{DeviceId, ListQuery, NewSighting, RecordId, Role, SecondOpinionView, Timestamp, VigilError};
use vigil_protocol::{Hash, canonical};
use vigil_tests::{Committee, Device, Fault};

const REASONS: &str = "The aunt on the phone did not know her name; एउटै ठेगाना";

/// A record of a monitor's that a desk, an officer and a second desk can read.
struct Case {
    committee: Committee,
    officer: Device,
    second: Device,
    monitor: Device,
    record: RecordId,
}

impl Case {
    fn new() -> Self {
        let mut committee = Committee::new();
        let mut monitor = committee.admit("Monitor", Role::Monitor);
        let mut officer = committee.admit("Officer", Role::Officer);
        let mut second = committee.admit("Second desk", Role::Desk);
        committee.sync_desk().unwrap();
        let place = "Bus park".into();
        let sighting =
            NewSighting { place, seen_at: Timestamp(0), description: Some("two girls".into()), people: None };
        let record = monitor.vault().record_sighting(&sighting).unwrap();
        committee.sync(&mut monitor).unwrap();
        committee.sync_desk().unwrap();
        let id = officer.id();
        committee.desk.vault().assign(&record, &[id]).unwrap();
        committee.sync_desk().unwrap();
        committee.sync(&mut officer).unwrap();
        committee.sync(&mut second).unwrap();
        Self { committee, officer, second, monitor, record }
    }

    fn everybody_syncs(&mut self) {
        for _ in 0..2 {
            self.committee.sync_desk().unwrap();
            for device in [&mut self.officer, &mut self.second, &mut self.monitor] {
                self.committee.sync(device).unwrap();
            }
        }
    }

    fn views(&mut self) -> Vec<SecondOpinionView> {
        let record = self.record;
        [&mut self.committee.desk, &mut self.officer, &mut self.second]
            .into_iter()
            .map(|device| device.vault().second_opinion(&record).unwrap())
            .collect()
    }
}

fn judge(device: &mut Device, record: &RecordId, view: &str) -> vigil_core::Result<()> {
    let (view, reasons) = (Code::new(view).unwrap(), LongText::new(REASONS).unwrap());
    device.vault().give_opinion(record, view, reasons).map(|_| ())
}

fn words(opinion: &SecondOpinionView) -> Vec<Option<&str>> {
    opinion.opinions.iter().map(|opinion| opinion.view.as_deref()).collect()
}

fn refusal(result: vigil_core::Result<()>) -> &'static str {
    match result.unwrap_err() {
        VigilError::NotAllowed { why } => why,
        other => panic!("{other}"),
    }
}

#[test]
fn two_who_judge_alike_without_network_settle_it() {
    let mut case = Case::new();
    let record = case.record;
    judge(&mut case.committee.desk, &record, "high_risk").unwrap();
    judge(&mut case.officer, &record, "high_risk").unwrap();
    // Each reads their own words, and that one is waited for.
    let mine = case.officer.vault().second_opinion(&record).unwrap();
    assert_eq!((mine.state.as_str(), mine.opinions[0].mine, words(&mine)), ("one", true, vec![Some("high_risk")]));

    case.committee.sync_desk().unwrap();
    case.committee.sync(&mut case.officer).unwrap();
    case.everybody_syncs();
    for view in case.views() {
        assert_eq!((view.state.as_str(), view.view.as_deref(), view.blind), ("agreed", Some("high_risk"), true));
        assert_eq!(words(&view), [Some("high_risk"), Some("high_risk")]);
        assert!(view.opinions.iter().all(|opinion| opinion.reasons.as_deref() == Some(REASONS)) && !view.may_judge);
    }
    // It is part of the record as everybody shows it; each commitment was opened once.
    let shown = case.monitor.vault().show(&record).unwrap();
    let opened = shown.events.iter().filter(|event| event.body["event"] == "opinion_opened").count();
    assert_eq!((shown.second_opinion.unwrap().state.as_str(), opened), ("agreed", 2));
    assert_eq!(refusal(judge(&mut case.second, &record, "high_risk")), "it is settled: two have judged it alike");
    for name in [REASONS.as_bytes(), b"high_risk"] {
        assert!(!case.committee.server.contains(name));
        let bodies = case.committee.wire.bodies.borrow();
        assert!(bodies.iter().all(|body| !body.windows(name.len()).any(|window| window == name)));
    }
}

#[test]
fn different_views_call_a_third_who_reads_neither_before_judging() {
    let mut case = Case::new();
    let record = case.record;
    judge(&mut case.committee.desk, &record, "high_risk").unwrap();
    judge(&mut case.officer, &record, "does_not_count").unwrap();
    case.everybody_syncs();
    let [desk, officer, third] = case.views().try_into().ok().unwrap();
    for view in [&desk, &officer] {
        assert_eq!((view.state.as_str(), view.may_judge), ("differ", false));
        assert_eq!(words(view).into_iter().flatten().collect::<BTreeSet<_>>().len(), 2);
    }
    assert_eq!((third.state.as_str(), third.may_judge, words(&third)), ("differ", true, vec![None, None]));
    let shown = case.second.vault().show(&record).unwrap();
    let json = serde_json::to_string(&shown).unwrap();
    for part in ["high_risk", "does_not_count", "aunt"] {
        assert!(!json.contains(part), "{part} shows before the third has judged");
    }
    let rows = case.second.vault().list(&ListQuery::default()).unwrap();
    assert!(!serde_json::to_string(&rows).unwrap().contains("high_risk"));
    assert!(case.second.vault().search("aunt", 5).unwrap().is_empty());

    judge(&mut case.second, &record, "does_not_count").unwrap();
    case.everybody_syncs();
    for view in case.views() {
        assert_eq!((view.state.as_str(), view.view.as_deref()), ("agreed", Some("does_not_count")));
        assert_eq!((view.blind, words(&view).len()), (false, 3));
    }
}

#[test]
fn three_different_views_stay_open() {
    let mut case = Case::new();
    let record = case.record;
    judge(&mut case.committee.desk, &record, OPINION_VIEWS[0]).unwrap();
    judge(&mut case.officer, &record, OPINION_VIEWS[1]).unwrap();
    judge(&mut case.second, &record, OPINION_VIEWS[2]).unwrap();
    case.everybody_syncs();
    for view in case.views() {
        assert_eq!((view.state.as_str(), view.may_judge), ("differ", false));
        assert!(words(&view).iter().all(Option::is_some));
    }
}

/// Everything that a device's files open to with its keys, and the files themselves.
fn readable_of(device: &mut Device) -> Vec<Vec<u8>> {
    let mut pieces = readable::everything(device.vault()).unwrap();
    for entry in std::fs::read_dir(device.folder.path().join("home")).unwrap() {
        pieces.push(std::fs::read(entry.unwrap().path()).unwrap());
    }
    pieces
}

fn holds(pieces: &[Vec<u8>], needle: &[u8]) -> bool {
    pieces.iter().any(|piece| piece.windows(needle.len()).any(|window| window == needle))
}

/// Tries everything of 32 bytes that lies anywhere as the salt, with view and reasons guessed right.
fn salt_is_found(pieces: &[Vec<u8>], (record, author, commitment): (&RecordId, &DeviceId, &Hash), view: &str) -> bool {
    let mut guess = Judgement {
        view: Code::new(view).unwrap(),
        reasons: LongText::new(REASONS).unwrap(),
        salt: OpinionSalt([0; 32]),
    };
    let tried: BTreeSet<&[u8]> = pieces.iter().flat_map(|piece| piece.windows(32)).collect();
    tried.into_iter().chain([[0; 32].as_slice(), &[0xff; 32]]).any(|salt| {
        guess.salt = OpinionSalt(salt.try_into().unwrap());
        guess.commitment(record, author) == *commitment
    })
}

fn commitment(device: &mut Device, record: &RecordId) -> Hash {
    let events = device.vault().show(record).unwrap().events;
    let body = &events.iter().find(|event| event.body["event"] == "opinion_committed").unwrap().body;
    Hash::from_hex(body["commitment"].as_str().unwrap()).unwrap()
}

#[test]
fn the_second_judges_files_and_keys_read_nothing_earlier() {
    let mut case = Case::new();
    let record = case.record;
    judge(&mut case.committee.desk, &record, "high_risk").unwrap();
    case.committee.sync_desk().unwrap();
    let report = case.committee.sync(&mut case.officer).unwrap();
    assert_eq!((report.changed_records, report.parked), (1, 0));
    assert_eq!(case.officer.vault().second_opinion(&record).unwrap().state, "one", "the commitment is there");

    // The control: the same search, and the same guessing, find it all where it is.
    let author = case.committee.desk.id();
    let commitment = commitment(&mut case.officer, &record);
    let of_judge = readable_of(&mut case.committee.desk);
    let kept: Vec<Judgement> = of_judge.iter().filter_map(|piece| canonical::decode(piece).ok()).collect();
    let [Judgement { salt, .. }] = kept.as_slice() else { panic!("one opinion lies in the judge's own store") };
    let secrets = [REASONS.as_bytes(), b"high_risk".as_slice(), salt.0.as_slice()];
    for secret in secrets {
        assert!(holds(&of_judge, secret));
    }
    assert!(salt_is_found(&of_judge, (&record, &author, &commitment), "high_risk"));

    // The promise: with the second judge's files and keys, nothing.
    let of_second = readable_of(&mut case.officer);
    assert!(holds(&of_second, commitment.as_bytes()) && holds(&of_second, b"two girls"), "the record is there");
    for secret in secrets {
        assert!(!holds(&of_second, secret));
    }
    for view in OPINION_VIEWS {
        assert!(!salt_is_found(&of_second, (&record, &author, &commitment), view));
    }
    for secret in secrets {
        assert!(!case.committee.server.contains(secret), "nor with the server's");
        assert!(case.committee.wire.bodies.borrow().iter().all(|body| !holds(std::slice::from_ref(body), secret)));
    }

    // And once the second has judged, all of it.
    judge(&mut case.officer, &record, "high_risk").unwrap();
    assert!(!holds(&readable_of(&mut case.officer), &salt.0), "not by judging alone");
    case.committee.sync(&mut case.officer).unwrap();
    case.committee.sync_desk().unwrap();
    case.committee.sync(&mut case.officer).unwrap();
    let of_second = readable_of(&mut case.officer);
    for secret in secrets {
        assert!(holds(&of_second, secret));
    }
    assert_eq!(case.officer.vault().second_opinion(&record).unwrap().state, "agreed");
    for secret in secrets {
        assert!(!case.committee.server.contains(secret), "the server never");
    }
}

#[test]
fn an_opening_that_was_interrupted_anywhere_is_made_up_for_and_made_once() {
    for faults in [
        [Fault::AnswerLost, Fault::None],
        [Fault::None, Fault::RequestLost],
        [Fault::None, Fault::AnswerLost],
        [Fault::None, Fault::Doubled],
    ] {
        let mut case = Case::new();
        let record = case.record;
        judge(&mut case.committee.desk, &record, "high_risk").unwrap();
        case.committee.sync_desk().unwrap();
        judge(&mut case.officer, &record, "does_not_count").unwrap();
        case.committee.sync(&mut case.officer).unwrap();
        case.committee.wire.plan(&faults);
        case.committee.sync_desk().ok();
        case.committee.wire.plan(&[]);
        case.committee.desk.restart();
        case.everybody_syncs();
        for view in case.views() {
            assert_eq!((view.state.as_str(), view.opinions.len()), ("differ", 2), "{faults:?}");
        }
        let shown = case.officer.vault().show(&record).unwrap();
        let opened = shown.events.iter().filter(|event| event.body["event"] == "opinion_opened").count();
        assert_eq!(opened, 2, "{faults:?}");
    }
}

#[test]
fn who_may_judge_and_how_often() {
    let mut case = Case::new();
    let record = case.record;
    assert_eq!(refusal(judge(&mut case.monitor, &record, "high_risk")), "officers and desks judge records");
    let place = "Gate 2".into();
    let sighting = NewSighting { place, seen_at: Timestamp(0), description: None, people: None };
    let own = case.officer.vault().record_sighting(&sighting).unwrap();
    assert_eq!(refusal(judge(&mut case.officer, &own, "high_risk")), "who recorded it does not judge it");
    judge(&mut case.officer, &record, "high_risk").unwrap();
    let twice = refusal(judge(&mut case.officer, &record, "does_not_count"));
    assert_eq!(twice, "you have judged this record, and nobody judges twice");
    let mistyped = judge(&mut case.second, &record, "high_rsik").unwrap_err();
    assert_eq!(mistyped.code(), "invalid");
    judge(&mut case.second, &record, "valley.sent_on").unwrap();
    case.everybody_syncs();
    assert_eq!(case.views()[1].state, "differ");
}

#[test]
fn an_erased_record_takes_what_was_not_opened_with_it() {
    let mut case = Case::new();
    let place = serde_json::json!({"station": "Raxaul", "started_at": 0, "age_band": "adult", "answers": {}});
    let screening = serde_json::from_value(place).unwrap();
    let record = case.monitor.vault().record_screening(&screening, &[], None).unwrap().screening;
    case.everybody_syncs();
    judge(&mut case.committee.desk, &record, "high_risk").unwrap();
    assert!(holds(&readable_of(&mut case.committee.desk), REASONS.as_bytes()));
    case.monitor.vault().decide(&record, vigil_core::records::Outcome::LetGo).unwrap();
    case.everybody_syncs();
    assert!(!holds(&readable_of(&mut case.committee.desk), REASONS.as_bytes()));
}
