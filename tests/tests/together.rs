//! The rules of membership, sharing, reading and erasure where they meet: persons that count once, two persons for what
//! cannot be taken back, and reading that is closed everywhere at once.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_core::records::{Agreement, BasisDeclaration, BasisKind, Code, FieldName, Outcome};
use vigil_core::{
    Admission, ListQuery, NewPerson, NewScreening, NewSighting, Proposal, RecordId, Role, Timestamp, VigilError,
};
use vigil_tests::{Committee, Device};

fn screening() -> NewScreening {
    serde_json::from_value(serde_json::json!({
        "station": "East gate", "started_at": 1_795_000_000_000_i64, "age_band": "adult", "sex": "female",
        "instrument": "border_interception@1", "answers": {}, "observations": "looked back twice",
    }))
    .unwrap()
}

fn person() -> NewPerson {
    serde_json::from_value(serde_json::json!({"role": "traveller", "name": "Kopila Rai"})).unwrap()
}

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn refused<T: std::fmt::Debug>(result: Result<T, VigilError>) -> &'static str {
    match result {
        Err(VigilError::NotAllowed { why }) => why,
        other => panic!("{other:?}"),
    }
}

/// A device that the desk admits as `admission` says.
fn admit_as(committee: &mut Committee, name: &str, admission: &Admission) -> Device {
    let mut device = Device::create(name);
    let request = device.vault().join_request().unwrap();
    let welcome = committee.desk.vault().admit_as(&request, admission).unwrap();
    vigil_tests::join(&mut device, &welcome).unwrap();
    device
}

/// A case with its person, recorded at the desk and given to these.
fn case(committee: &mut Committee, devices: &mut [&mut Device]) -> (RecordId, RecordId) {
    let recorded = committee.desk.vault().record_screening(&screening(), &[person()], None).unwrap();
    let ids: Vec<_> = devices.iter().map(|device| device.id()).collect();
    for record in [recorded.screening, recorded.persons[0]] {
        committee.desk.vault().assign(&record, &ids).unwrap();
    }
    committee.sync_desk().unwrap();
    for device in devices {
        committee.sync(device).unwrap();
    }
    (recorded.screening, recorded.persons[0])
}

#[test]
fn two_devices_of_one_person_are_one_signature_on_a_basis_and_one_judge() {
    let mut committee = Committee::new();
    let desk = committee.desk.id();
    let hers = Admission { same_person_as: Some(desk), ..Admission::new(Role::Officer, "Desk's phone") };
    let mut phone = admit_as(&mut committee, "Phone", &hers);
    let mut other = committee.admit("Other officer", Role::Officer);
    let (screening, person) = case(&mut committee, &mut [&mut phone, &mut other]);
    let declared = BasisDeclaration {
        kind: BasisKind::LifeAtRisk,
        purpose: code("referral"),
        recipient: code("shelter"),
        reason: code("threats"),
        reference: None,
    };
    let basis = committee.desk.vault().declare_basis(&person, declared).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut phone).unwrap();
    committee.sync(&mut other).unwrap();
    assert!(refused(phone.vault().second_basis(&person, &basis)).contains("does not second it"));
    // The positive control: another person seconds it, and it serves.
    other.vault().second_basis(&person, &basis).unwrap();
    assert_eq!(other.vault().consents(&person).unwrap().bases[0].state, "alive");
    // She recorded it on one device and does not judge it on another.
    let reasons = || vigil_core::records::LongText::new("as it was told").unwrap();
    let judged = phone.vault().give_opinion(&screening, code("high_risk"), reasons());
    assert!(refused(judged).contains("recorded"));
    other.vault().give_opinion(&screening, code("high_risk"), reasons()).unwrap();
}

#[test]
fn who_is_on_probation_or_suspended_signs_no_basis() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut second = committee.admit("Second", Role::Officer);
    let (_, person) = case(&mut committee, &mut [&mut officer, &mut second]);
    let declared = BasisDeclaration {
        kind: BasisKind::LifeAtRisk,
        purpose: code("referral"),
        recipient: code("shelter"),
        reason: code("threats"),
        reference: None,
    };
    let basis = officer.vault().declare_basis(&person, declared).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut second).unwrap();
    second.vault().second_basis(&person, &basis).unwrap();
    assert_eq!(second.vault().consents(&person).unwrap().bases[0].state, "alive");
    second.vault().suspend(&officer.id()).unwrap();
    assert_eq!(second.vault().consents(&person).unwrap().bases[0].state, "waits_for_second");
    let probation = Admission { probation: true, ..Admission::new(Role::Officer, "New") };
    let mut new = admit_as(&mut committee, "New", &probation);
    assert_eq!(
        refused(new.vault().space_card(vigil_core::records::ShortText::new("x").unwrap(), code("shelter"))),
        "officers and desks do this"
    );
}

fn listed(device: &mut Device, record: &RecordId, hidden: bool) -> bool {
    let query = ListQuery { hidden, ..ListQuery::default() };
    device.vault().list(&query).unwrap().iter().any(|row| row.id == record.to_string())
}

fn is_here(device: &mut Device, record: &RecordId) -> bool {
    device.vault().show(record).is_ok()
}

#[test]
fn one_person_hides_a_case_at_once_and_two_erase_it_everywhere() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let (screening, person) = case(&mut committee, &mut [&mut officer]);
    for record in [&screening, &person] {
        assert!(refused(officer.vault().erase_record(record, &code("mistake"))).contains("two persons"));
        assert!(refused(committee.desk.vault().erase_record(record, &code("mistake"))).contains("two persons"));
    }
    let motion = officer.vault().propose_erasure(&screening).unwrap();
    assert!(!listed(&mut officer, &screening, false) && listed(&mut officer, &screening, true));
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert!(!listed(&mut committee.desk, &screening, false) && listed(&mut committee.desk, &screening, true));
    assert!(committee.desk.vault().search("looked", 9).unwrap().is_empty());
    assert!(is_here(&mut committee.desk, &screening), "nothing is destroyed by hiding");
    // One person does not carry it out, and another device of hers does not either.
    assert!(officer.vault().carry_out(&motion).is_err());
    committee.desk.vault().second(&motion).unwrap();
    committee.desk.vault().carry_out(&motion).unwrap();
    assert!(!is_here(&mut committee.desk, &screening));
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert!(!is_here(&mut officer, &screening) && is_here(&mut officer, &person));
    assert_eq!(committee.desk.vault().erasures().unwrap()[0].reason, "two_persons");
    // Who is unassigned first is a case all the same.
    committee.desk.vault().assign(&person, &[]).unwrap();
    assert!(refused(committee.desk.vault().erase_record(&person, &code("mistake"))).contains("two persons"));
}

#[test]
fn a_hidden_record_that_somebody_puts_back_is_in_every_list_again() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let (screening, _) = case(&mut committee, &mut [&mut officer]);
    committee.desk.vault().hide(&screening).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert!(!listed(&mut officer, &screening, false));
    officer.vault().unhide(&screening).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert!(listed(&mut officer, &screening, false) && listed(&mut committee.desk, &screening, false));
}

#[test]
fn what_nobody_took_over_is_erased_by_one_and_a_decided_one_by_its_creator_alone() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    let intercepted = || Some(Outcome::Intercepted { agreement: Agreement::Agreed });
    let mine = monitor.vault().record_screening(&screening(), &[], intercepted()).unwrap().screening;
    let kept = monitor.vault().record_screening(&screening(), &[], intercepted()).unwrap().screening;
    let plain = monitor.vault().record_screening(&screening(), &[], None).unwrap().screening;
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    monitor.vault().erase_record(&mine, &code("mistake")).unwrap();
    committee.desk.vault().erase_record(&plain, &code("mistake")).unwrap();
    assert!(refused(committee.desk.vault().erase_record(&kept, &code("mistake"))).contains("two persons"));
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    assert!(!is_here(&mut committee.desk, &mine) && is_here(&mut committee.desk, &kept));
}

#[test]
fn a_case_that_is_let_go_keeps_its_history_until_two_have_decided_and_is_hidden_at_once() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let (screening, person) = case(&mut committee, &mut [&mut officer]);
    assert_eq!(committee.desk.vault().decide(&screening, Outcome::LetGo).unwrap(), screening);
    assert!(!listed(&mut committee.desk, &screening, false) && !listed(&mut committee.desk, &person, false));
    let motions = committee.desk.vault().motions().unwrap();
    assert_eq!(motions.iter().filter(|motion| motion.kind == "erase_case" && motion.state == "open").count(), 2);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    for motion in &motions {
        let motion = officer.vault().find_motion(&motion.id).unwrap();
        officer.vault().second(&motion).unwrap();
    }
    committee.sync(&mut officer).unwrap();
    // The desk's next syncs carry them out.
    for _ in 0..2 {
        committee.sync_desk().unwrap();
        committee.sync(&mut officer).unwrap();
    }
    for device in [&mut committee.desk, &mut officer] {
        assert!(!is_here(device, &screening) && !is_here(device, &person));
    }
}

#[test]
fn a_field_of_a_case_is_erased_by_one_because_another_record_stands_in_its_place() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let (screening, _) = case(&mut committee, &mut [&mut officer]);
    let field = FieldName::new("observations").unwrap();
    let stands = officer.vault().erase_field(&screening, &field).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert!(!is_here(&mut committee.desk, &screening));
    let view = committee.desk.vault().show(&stands).unwrap();
    assert!(view.fields.iter().any(|field| field.name == "station"));
    assert!(view.fields.iter().all(|field| field.name != "observations"));
}

#[test]
fn a_motion_that_somebody_else_moved_is_found_by_a_device_without_the_case() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut other = committee.admit("Other", Role::Officer);
    let sighting = NewSighting { place: "Gate".into(), seen_at: Timestamp(0), description: None, people: None };
    let record = committee.desk.vault().record_sighting(&sighting).unwrap();
    let id = officer.id();
    committee.desk.vault().assign(&record, &[id]).unwrap();
    let motion = committee.desk.vault().propose(Proposal::EraseCase(record)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut other).unwrap();
    assert!(is_here(&mut officer, &record) && !is_here(&mut other, &record));
    other.vault().second(&motion).unwrap();
    other.vault().carry_out(&motion).unwrap();
    committee.sync(&mut other).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert!(!is_here(&mut officer, &record) && !is_here(&mut committee.desk, &record));
}

#[test]
fn a_share_is_a_read_that_the_auditor_sees_and_an_auditor_holds_no_case() {
    use vigil_core::records::{Consent, ShortText};
    let (mut ours, mut theirs) = (Committee::new(), Committee::new());
    let mut auditor = ours.admit("Auditor", Role::Auditor);
    let (screening, person) = case(&mut ours, &mut []);
    let (card, view) = theirs.desk.vault().space_card(ShortText::new("Shelter").unwrap(), code("shelter")).unwrap();
    let imported = ours.desk.vault().import_card(&card, Some(&view.number)).unwrap();
    let consent =
        Consent { purpose: code("referral"), recipient: code("shelter"), language: code("ne"), witness: None };
    ours.desk.vault().give_consent(&person, consent, None).unwrap();
    let order = vigil_core::ShareOrder {
        person,
        screenings: Vec::new(),
        space: imported.space.clone(),
        purpose: code("referral"),
        fields: [(code("person"), vec![FieldName::new("name").unwrap()])].into(),
    };
    ours.desk.vault().share(&order).unwrap();
    ours.sync_desk().unwrap();
    ours.sync(&mut auditor).unwrap();
    let trail = auditor.vault().audit_trail().unwrap();
    let reads: Vec<_> = trail.devices.iter().flat_map(|device| &device.reads).collect();
    assert!(reads.iter().any(|read| read.what == "share" && read.record == person.to_string()));
    assert!(trail.devices.iter().any(|device| device.role == "desk"), "devices of a founded space are followed");
    assert!(!is_here(&mut auditor, &screening) && !is_here(&mut auditor, &person));
}

#[test]
fn who_is_on_probation_gets_receipts_and_hears_of_its_erased_records_and_of_nothing_else() {
    let mut committee = Committee::new();
    let probation = Admission { probation: true, ..Admission::new(Role::Volunteer, "New") };
    let mut new = admit_as(&mut committee, "New", &probation);
    let mut other = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    let mine = new.vault().record_screening(&screening(), &[], None).unwrap().screening;
    other.vault().record_screening(&screening(), &[], None).unwrap();
    for device in [&mut new, &mut other] {
        committee.sync(device).unwrap();
    }
    committee.sync_desk().unwrap();
    assert_eq!(new.vault().status().unwrap().unreceived, 1);
    let from = committee.wire.bodies.borrow().len();
    committee.sync(&mut new).unwrap();
    assert_eq!(new.vault().status().unwrap().unreceived, 0, "the receipt came");
    // Nothing of others was even handed out, and a second sync brings nothing again.
    let sizes: Vec<usize> = committee.wire.bodies.borrow()[from..].iter().map(Vec::len).collect();
    assert!(sizes.iter().all(|size| *size < 2000), "{sizes:?}");
    committee.desk.vault().erase_record(&mine, &code("mistake")).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(new.vault().list(&ListQuery::default()).unwrap().len(), 1);
    committee.sync(&mut new).unwrap();
    assert!(new.vault().list(&ListQuery::default()).unwrap().is_empty(), "its stub is gone, too");
}

#[test]
fn the_policy_says_after_how_many_wrong_attempts_a_home_is_wiped_unless_its_district_did() {
    use vigil_core::Policy;
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut strict = committee.admit("Strict", Role::Monitor);
    // The code by which she joined does not say it; the log does.
    assert_eq!((officer.vault().wipe_after(), officer.vault().wipe_after_is_set_here().unwrap()), (None, false));
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!((officer.vault().wipe_after(), officer.vault().wipe_after_is_set_here().unwrap()), (Some(10), false));
    strict.vault().set_wipe_after(Some(6)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let policy = Policy { wipe_after: 20, ..committee.desk.vault().policy().unwrap().unwrap() };
    let motion = committee.desk.vault().propose(Proposal::ChangePolicy(policy)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!(officer.vault().status().unwrap().motions_waiting, 1);
    officer.vault().second(&motion).unwrap();
    assert_eq!(officer.vault().status().unwrap().motions_waiting, 0);
    officer.vault().carry_out(&motion).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut strict).unwrap();
    assert_eq!(officer.vault().wipe_after(), Some(20));
    assert_eq!((strict.vault().wipe_after(), strict.vault().wipe_after_is_set_here().unwrap()), (Some(6), true));
    officer.restart();
    assert_eq!(officer.vault().status().unwrap().wipe_after, Some(20));
}
