//! Reading is an event that an auditor sees and nobody else reads; complaints reach the auditor and nobody they may be about.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_core::records::{ComplaintAsks, FieldName, FieldValue, LongText, NewComplaint, NewPerson, NewScreening};
use vigil_core::{DeviceTrail, ListQuery, NewSighting, RecordId, Role, Timestamp, VigilError, readable};
use vigil_protocol::{Batch, Item, KeyReference, Recipient};
use vigil_tests::{Committee, Device};

const NAME: &str = "Sarmila Thapa";

fn screening() -> NewScreening {
    let json = serde_json::json!({
        "station": "Raxaul", "started_at": 1_795_000_000_000_i64, "minutes": 7, "people": 1, "age_band": "adult",
        "sex": "female", "instrument": "border_interception@1", "answers": {"debt_bondage": "yes"},
    });
    serde_json::from_value(json).unwrap()
}

fn person(name: &str) -> NewPerson {
    serde_json::from_value(serde_json::json!({"role": "traveller", "name": name, "phone": "+977-9841000009"})).unwrap()
}

fn record_person(device: &mut Device, name: &str) -> RecordId {
    device.vault().record_screening(&screening(), &[person(name)], None).unwrap().persons[0]
}

/// What the auditor sees of a device.
fn trail_of(auditor: &mut Device, device: &Device) -> DeviceTrail {
    let trail = auditor.vault().audit_trail().unwrap();
    trail.devices.into_iter().find(|trail| trail.device == device.id().to_string()).unwrap()
}

/// The records for auditors on a device.
fn audit_records(device: &mut Device) -> Vec<RecordId> {
    let query = ListQuery { kind: Some("audit".into()), ..ListQuery::default() };
    device.vault().list(&query).unwrap().iter().map(|row| RecordId::from_hex(&row.id).unwrap()).collect()
}

/// The saves that wait on a device for records for auditors, as sealed copies, oldest first.
fn copies_for_auditors(device: &mut Device) -> Vec<Vec<u8>> {
    let records = audit_records(device);
    let is_for_auditors = |copy: &Vec<u8>| {
        let batch = Batch::from_bytes(copy).unwrap();
        batch.items.iter().any(|item| item.capsule().is_some_and(|capsule| records.contains(&capsule.record)))
    };
    device.vault().sealed_copies().unwrap().into_iter().filter(is_for_auditors).collect()
}

fn holds(device: &mut Device, words: &str) -> bool {
    let pieces = readable::everything(device.vault()).unwrap();
    pieces.iter().any(|piece| piece.windows(words.len()).any(|window| window == words.as_bytes()))
}

#[test]
fn an_auditor_sees_who_read_whom_and_reads_no_case() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    let mut auditor = committee.admit("Auditor", Role::Auditor);
    committee.sync_desk().unwrap();
    let person = record_person(&mut volunteer, NAME);
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut auditor).unwrap();
    assert!(trail_of(&mut auditor, &committee.desk).reads.is_empty());

    let view = committee.desk.vault().show(&person).unwrap();
    assert!(view.fields.iter().any(|field| field.value == NAME));
    committee.sync_desk().unwrap();
    committee.sync(&mut auditor).unwrap();
    let trail = trail_of(&mut auditor, &committee.desk);
    assert_eq!((trail.role.as_str(), trail.reads.len()), ("desk", 1));
    assert_eq!(
        (trail.reads[0].record.as_str(), trail.reads[0].what.as_str()),
        (person.to_string().as_str(), "identity")
    );
    assert!(trail.gaps.is_empty() && trail.forks.is_empty() && !trail.silent);

    // The auditor has the audit record and nothing else; the positive control: the desk has the name.
    assert!(auditor.vault().list(&ListQuery::default()).unwrap().is_empty());
    assert_eq!(audit_records(&mut auditor).len(), 1);
    assert!(matches!(auditor.vault().show(&person), Err(VigilError::NotFound { .. })));
    assert!(!holds(&mut auditor, NAME) && !holds(&mut auditor, "Raxaul"));
    assert!(holds(&mut committee.desk, NAME));
    assert!(auditor.vault().status().unwrap().parked.is_empty());
    // Only auditors see the trail.
    assert!(matches!(committee.desk.vault().audit_trail(), Err(VigilError::NotAllowed { .. })));
    assert!(matches!(volunteer.vault().audit_trail(), Err(VigilError::NotAllowed { .. })));
}

#[test]
fn lists_and_search_name_nobody_and_are_no_reads() {
    let mut committee = Committee::new();
    let person = record_person(&mut committee.desk, NAME);
    let desk = committee.desk.vault();
    let found = desk.search("Sarmila", 10).unwrap();
    assert_eq!(found[0].id, person.to_string());
    let listed = desk.list(&ListQuery::default()).unwrap();
    for text in [serde_json::to_string(&found).unwrap(), serde_json::to_string(&listed).unwrap()] {
        assert!(!text.contains("Sarmila") && !text.contains("Thapa") && !text.contains("9841000009"), "{text}");
    }
    assert!(audit_records(&mut committee.desk).is_empty());
    // The positive control: showing it is one, and lists go on as before.
    let before = committee.desk.vault().status().unwrap().records;
    committee.desk.vault().show(&person).unwrap();
    assert_eq!(audit_records(&mut committee.desk).len(), 1);
    assert!(committee.desk.vault().list(&ListQuery::default()).unwrap() == listed);
    assert_eq!(committee.desk.vault().status().unwrap().records, before);
}

#[test]
fn desks_officers_the_server_and_holders_of_the_epoch_key_read_nothing_of_the_trail() {
    let mut committee = Committee::new();
    let mut second = committee.admit("Second desk", Role::Desk);
    let mut auditor = committee.admit("Auditor", Role::Auditor);
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    for device in [&mut second, &mut auditor] {
        committee.sync(device).unwrap();
    }
    let person = record_person(&mut officer, NAME);
    officer.vault().show(&person).unwrap();
    let audit = audit_records(&mut officer)[0];

    // Whom the keys are sealed to: the recovery key and the auditor. The positive control: the screening's is to the epoch.
    let mut recipients = Vec::new();
    let mut to_the_epoch = false;
    for copy in officer.vault().sealed_copies().unwrap() {
        for item in Batch::from_bytes(&copy).unwrap().items {
            let Item::Write(KeyReference::New(capsule), _) = item else { continue };
            let to: Vec<Recipient> = capsule.sealed.iter().map(|copy| copy.to).collect();
            to_the_epoch |= to.iter().any(|to| matches!(to, Recipient::Epoch(_)));
            if capsule.record == audit {
                recipients = to;
            }
        }
    }
    assert_eq!(recipients, [Recipient::Recovery, Recipient::Device(auditor.id())]);
    assert!(to_the_epoch);

    // Handed every byte of it, the holder of the epoch key opens nothing; the auditor does.
    let copies = copies_for_auditors(&mut officer);
    for desk in [&mut second, &mut committee.desk] {
        desk.vault().take_in_copies(&copies).unwrap();
        assert!(matches!(desk.vault().show(&audit), Err(VigilError::NotFound { .. })));
        assert!(audit_records(desk).is_empty());
    }
    auditor.vault().take_in_copies(&copies).unwrap();
    assert_eq!(trail_of(&mut auditor, &officer).reads.len(), 1);

    // Through the server the desks are given nothing of it.
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut second).unwrap();
    assert!(matches!(second.vault().show(&audit), Err(VigilError::NotFound { .. })));
    assert!(second.vault().list(&ListQuery::default()).unwrap().iter().any(|row| row.kind == "screening"));
    for word in [NAME, "identity"] {
        assert!(!committee.server.contains(word.as_bytes()));
    }
    // On the officer's own device it shows that it is there, and cannot be given to others.
    assert!(officer.vault().show(&audit).unwrap().events.is_empty());
    let desk = committee.desk.id();
    assert!(matches!(officer.vault().assign(&audit, &[desk]), Err(VigilError::NotAllowed { .. })));
}

#[test]
fn a_pruned_trail_shows_a_gap_whatever_the_order_and_closes_when_the_rest_comes() {
    let mut committee = Committee::new();
    let mut auditor = committee.admit("Auditor", Role::Auditor);
    for number in 0..4 {
        let person = record_person(&mut committee.desk, &format!("Person {number}"));
        committee.desk.vault().show(&person).unwrap();
    }
    let mut copies = copies_for_auditors(&mut committee.desk);
    assert_eq!(copies.len(), 4);
    let pruned = copies.remove(1);
    copies.reverse();
    auditor.vault().take_in_copies(&copies).unwrap();
    let trail = trail_of(&mut auditor, &committee.desk);
    assert_eq!((trail.reads.len(), trail.gaps), (3, vec![(2, 2)]));
    auditor.vault().take_in_copies(&[pruned]).unwrap();
    let trail = trail_of(&mut auditor, &committee.desk);
    assert_eq!(trail.reads.iter().map(|read| read.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(trail.gaps.is_empty() && trail.forks.is_empty());
}

#[test]
fn a_home_put_back_from_an_old_copy_shows_as_a_fork() {
    let mut committee = Committee::new();
    let mut auditor = committee.admit("Auditor", Role::Auditor);
    let persons = [record_person(&mut committee.desk, "One"), record_person(&mut committee.desk, "Two")];
    committee.desk.lock();
    let (home, copy) = (committee.desk.folder.path().join("home"), committee.desk.folder.path().join("copy"));
    // With what stands in for the hardware: otherwise the home would not open at all.
    let hardware = home.with_extension("hardware");
    let copy_of_hardware = copy.with_extension("hardware");
    copy_folder(&home, &copy);
    copy_folder(&hardware, &copy_of_hardware);
    committee.desk.restart();
    committee.desk.vault().show(&persons[0]).unwrap();
    let first = copies_for_auditors(&mut committee.desk);
    committee.desk.lock();
    std::fs::remove_dir_all(&home).unwrap();
    std::fs::remove_dir_all(&hardware).unwrap();
    copy_folder(&copy, &home);
    copy_folder(&copy_of_hardware, &hardware);
    committee.desk.restart();
    committee.desk.vault().show(&persons[1]).unwrap();
    let second = copies_for_auditors(&mut committee.desk);
    auditor.vault().take_in_copies(&first).unwrap();
    assert!(trail_of(&mut auditor, &committee.desk).forks.is_empty());
    auditor.vault().take_in_copies(&second).unwrap();
    assert_eq!(trail_of(&mut auditor, &committee.desk).forks, [1]);
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn an_auditor_who_comes_later_is_given_what_was_sealed_to_the_recovery_key_alone() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    let person = record_person(&mut officer, NAME);
    officer.vault().show(&person).unwrap();
    let audit = audit_records(&mut officer)[0];
    officer.vault().complain(&complaint("Nobody listens here.")).unwrap();
    committee.sync(&mut officer).unwrap();

    let mut auditor = committee.admit("Auditor", Role::Auditor);
    committee.sync_desk().unwrap();
    committee.sync(&mut auditor).unwrap();
    assert!(trail_of(&mut auditor, &officer).reads.is_empty(), "the positive control: nobody has given the keys yet");
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut auditor).unwrap();
    assert_eq!(trail_of(&mut auditor, &officer).reads.len(), 1);
    assert!(auditor.vault().show(&audit).is_ok());
    assert_eq!(auditor.vault().audit_trail().unwrap().complaints[0].count, 1);
    // What comes after goes to the auditor at once, and nothing is granted twice.
    let waiting = officer.vault().status().unwrap().waiting;
    committee.sync(&mut officer).unwrap();
    assert_eq!((waiting, officer.vault().status().unwrap().waiting), (0, 0));
    assert!(!holds(&mut auditor, NAME));
}

fn complaint(text: &str) -> NewComplaint {
    NewComplaint { asks: ComplaintAsks::Review, text: text.into() }
}

#[test]
fn a_complaint_reaches_the_auditor_and_neither_the_officer_concerned_nor_the_desk() {
    const WORDS: &str = "He kept my passport until I paid.";
    const ANSWER: &str = "We spoke to the committee.";
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut auditor = committee.admit("Auditor", Role::Auditor);
    committee.sync_desk().unwrap();
    let recorded = volunteer.vault().complain(&complaint(WORDS)).unwrap();
    let by_the_officer = officer.vault().complain(&complaint("Told to the officer.")).unwrap();
    // Until it is sent, it can be read back to her.
    assert!(volunteer.vault().show(&recorded).unwrap().fields.iter().any(|field| field.value == WORDS));
    for device in [&mut volunteer, &mut officer] {
        committee.sync(device).unwrap();
    }
    committee.sync_desk().unwrap();
    committee.sync(&mut auditor).unwrap();

    // The next person who holds the volunteer's phone sees that there is one, and no word of it.
    let row = &volunteer.vault().list(&ListQuery::default()).unwrap()[0];
    assert_eq!((row.kind.as_str(), row.title.as_str(), row.place.as_deref()), ("complaint", "complaint", None));
    let shown = serde_json::to_string(&volunteer.vault().show(&recorded).unwrap()).unwrap();
    assert!(!shown.contains("passport"), "{shown}");
    assert!(volunteer.vault().search("passport", 10).unwrap().is_empty());
    assert!(matches!(volunteer.vault().export_evidence(&recorded, true), Err(VigilError::NotAllowed { .. })));
    assert!(matches!(committee.desk.vault().show(&recorded), Err(VigilError::NotFound { .. })));
    assert!(matches!(officer.vault().show(&recorded), Err(VigilError::NotFound { .. })));
    for device in [&mut committee.desk, &mut officer] {
        assert!(!holds(device, WORDS));
    }
    assert!(!committee.server.contains(WORDS.as_bytes()));

    // The auditor reads, counts and answers; nobody else answers.
    let view = auditor.vault().show(&recorded).unwrap();
    assert!(view.fields.iter().any(|field| field.value == WORDS));
    let counts = auditor.vault().audit_trail().unwrap().complaints;
    assert_eq!((counts.len(), counts[0].state.as_str(), counts[0].count), (1, "open", 2));
    let words = || LongText::new(ANSWER).unwrap();
    assert!(matches!(officer.vault().answer_complaint(&by_the_officer, words()), Err(VigilError::NotAllowed { .. })));
    for record in [recorded, by_the_officer] {
        auditor.vault().answer_complaint(&record, words()).unwrap();
    }
    let states: Vec<_> = auditor.vault().audit_trail().unwrap().complaints;
    assert_eq!((states.len(), states[0].state.as_str(), states[0].count), (1, "answered", 2));
    committee.sync(&mut auditor).unwrap();
    for device in [&mut volunteer, &mut officer] {
        committee.sync(device).unwrap();
        assert!(!holds(device, ANSWER));
        assert!(device.vault().status().unwrap().parked.is_empty());
    }
    committee.sync_desk().unwrap();
    assert!(!holds(&mut committee.desk, ANSWER));
    // The positive control, and another auditor whom the first lets read it all.
    assert!(holds(&mut auditor, ANSWER));
    let mut second = committee.admit("Second auditor", Role::Auditor);
    committee.sync_desk().unwrap();
    committee.sync(&mut auditor).unwrap();
    committee.sync(&mut auditor).unwrap();
    committee.sync(&mut second).unwrap();
    assert!(second.vault().show(&recorded).unwrap().events.iter().any(|event| event.body["text"] == ANSWER));
}

#[test]
fn a_removed_auditor_reads_nothing_that_is_written_afterwards() {
    let mut committee = Committee::new();
    let mut gone = committee.admit("Gone", Role::Auditor);
    let mut auditor = committee.admit("Auditor", Role::Auditor);
    committee.sync_desk().unwrap();
    let persons = [record_person(&mut committee.desk, "One"), record_person(&mut committee.desk, "Two")];
    committee.desk.vault().show(&persons[0]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut gone).unwrap();
    assert_eq!(trail_of(&mut gone, &committee.desk).reads.len(), 1);
    let device = gone.id();
    committee.remove(&device);
    committee.desk.vault().show(&persons[1]).unwrap();
    let copies = copies_for_auditors(&mut committee.desk);
    committee.sync_desk().unwrap();
    committee.sync(&mut auditor).unwrap();
    assert_eq!(trail_of(&mut auditor, &committee.desk).reads.len(), 2);
    // Handed every byte by somebody else, the removed one still opens nothing of it.
    gone.vault().take_in_copies(&copies).ok();
    assert_eq!(trail_of(&mut gone, &committee.desk).reads.len(), 1);
}

#[test]
fn what_names_nobody_is_shown_without_an_event() {
    let mut committee = Committee::new();
    let sighting = NewSighting {
        place: "Bus park".into(),
        seen_at: Timestamp(1_795_000_000_000),
        description: None,
        people: None,
    };
    let record = committee.desk.vault().record_sighting(&sighting).unwrap();
    committee.desk.vault().show(&record).unwrap();
    assert!(audit_records(&mut committee.desk).is_empty());
    let field = (FieldName::new("place").unwrap(), Some(FieldValue::from("Gate 2")));
    committee.desk.vault().edit(&record, &[field]).unwrap();
    assert!(audit_records(&mut committee.desk).is_empty());
}
