//! What happens around a page that goes wrong: crash, hang, and an older version's parked items.

use super::*;
use crate::keys::Passphrase;
use crate::records::NewSighting;
use crate::sync::pack;
use vigil_protocol::{Batch, Item, Recipient, Role, Timestamp};

struct Pair {
    folder: std::path::PathBuf,
    desk: Option<Vault>,
    copies: Vec<Vec<u8>>,
    records: Vec<RecordId>,
}

impl Pair {
    /// A desk, and the sealed copies of two sightings of a monitor whom it admitted.
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vigil-take-in-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        let passphrase = Passphrase::new("four random words");
        let mut desk = Vault::create_at_floor(&folder.join("desk"), &passphrase, "Desk").unwrap();
        desk.create_space(None).unwrap();
        let mut monitor = Vault::create_at_floor(&folder.join("monitor"), &passphrase, "Monitor").unwrap();
        let welcome = desk.admit(&monitor.join_request().unwrap(), Role::Monitor, "").unwrap();
        monitor.join(monitor.second_code(&welcome).unwrap().seen_face_to_face()).unwrap();
        let mut records: Vec<RecordId> = ["one", "two"]
            .iter()
            .map(|place| {
                let (place, seen_at) = ((*place).to_owned(), Timestamp(0));
                monitor.record_sighting(&NewSighting { place, seen_at, description: None, people: None }).unwrap()
            })
            .collect();
        // A careful second attempt goes through records in the order of their ids.
        records.sort_unstable();
        let copies = monitor.sealed_copies().unwrap();
        Self { folder, desk: Some(desk), copies, records }
    }

    fn desk(&mut self) -> &mut Vault {
        self.desk.as_mut().unwrap()
    }

    fn mark(&mut self, mark: &[u8]) {
        let desk = self.desk();
        desk.store.in_transaction(|tx| settings::set(tx, Setting::TakingIn, mark)).unwrap();
    }

    fn reopen(&mut self) {
        self.desk = None;
        let passphrase = Passphrase::new("four random words");
        self.desk = Some(Vault::open(&self.folder.join("desk"), &passphrase).unwrap());
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.desk = None;
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[test]
fn after_a_crash_in_a_page_every_record_is_taken_in_on_its_own() {
    let mut pair = Pair::new("crash");
    pair.mark(PAGE_MARK);
    let copies = pair.copies.clone();
    assert_eq!(pair.desk().take_in_copies(&copies).unwrap(), 2);
    let mark = settings::get(pair.desk().store.read(), Setting::TakingIn).unwrap().unwrap();
    assert!(mark.is_empty());
}

#[test]
fn a_record_that_stopped_two_attempts_is_quarantined_and_the_others_come_in() {
    let mut pair = Pair::new("hang");
    let suspect = pair.records[0];
    pair.mark(suspect.as_bytes());
    let copies = pair.copies.clone();
    assert_eq!(pair.desk().take_in_copies(&copies).unwrap(), 1);
    let other = pair.records[1];
    assert!(pair.desk().show(&other).is_ok());
    assert_eq!(pair.desk().status().unwrap().parked, [("quarantined".to_owned(), 1)]);
    // It is held: no other item and no update tries it again.
    pair.desk().retry_parked().unwrap();
    pair.reopen();
    assert_eq!(pair.desk().status().unwrap().parked, [("quarantined".to_owned(), 1)]);
}

#[test]
fn what_an_older_version_parked_is_tried_again_by_the_next_one() {
    let mut pair = Pair::new("update");
    let copies = pair.copies.clone();
    pair.desk().take_in_copies(&copies).unwrap();
    // As an older version would have left it: parked, and nothing of it taken in.
    let record = pair.records[0];
    let desk = pair.desk();
    desk.store
        .in_transaction(|tx| {
            tx.execute(
                "INSERT INTO parked SELECT device, chain, number, place, record, 'content.unknown_version', 0, item
                 FROM envelope WHERE record = ?1",
                [record.as_bytes()],
            )?;
            chains::destroy_envelopes(tx, &record)?;
            tx.execute("DELETE FROM record WHERE id = ?1", [record.as_bytes()])?;
            settings::set(tx, Setting::AppVersion, b"0.0.1")
        })
        .unwrap();
    assert!(desk.show(&record).is_err());
    pair.reopen();
    assert!(pair.desk().show(&record).is_ok());
    assert!(pair.desk().status().unwrap().parked.is_empty());
}

#[test]
fn items_of_a_removed_author_are_held_also_when_their_key_is_known() {
    let mut pair = Pair::new("removed");
    let copies = pair.copies.clone();
    let monitor = Batch::from_bytes(&copies[0]).unwrap().header.device;
    pair.desk().suspend(&monitor).unwrap();
    assert_eq!(pair.desk().take_in_copies(&copies).unwrap(), 0);
    pair.desk().retry_parked().unwrap();
    assert_eq!(pair.desk().status().unwrap().parked, [("suspended_author".to_owned(), 2)]);
}

#[test]
fn an_auditors_device_lets_a_case_go_that_a_hostile_member_seals_to_it() {
    let mut pair = Pair::new("auditor");
    let record = pair.records[0];
    let folder = pair.folder.clone();
    let copies = pair.copies.clone();
    let desk = pair.desk();
    desk.take_in_copies(&copies).unwrap();
    for (name, role, opens) in [("auditor", Role::Auditor, false), ("officer", Role::Officer, true)] {
        let passphrase = Passphrase::new("four random words");
        let mut other = Vault::create_at_floor(&folder.join(name), &passphrase, name).unwrap();
        let welcome = desk.admit(&other.join_request().unwrap(), role, "").unwrap();
        other.join(other.second_code(&welcome).unwrap().seen_face_to_face()).unwrap();
        other.take_log_by_hand(&desk.log_by_hand().unwrap()).unwrap();
        // No save grants an auditor a case; a changed program signs one that does.
        let save = crate::sync::Save::Grant(vec![other.device()]);
        let copy = desk.store.in_transaction(|tx| desk.enqueue(tx, &record, &save)).unwrap();
        desk.keep_copies(vec![copy]).unwrap();
        let to = vec![Recipient::Device(other.device())];
        let grants = generations::of_record(desk.store.read(), &record).unwrap();
        let space = desk.space.as_ref().unwrap();
        let grants = grants.iter().map(|key| Item::Grant(pack::capsule(space, key, to.clone()).unwrap()));
        let honest = Batch::from_bytes(desk.sealed_copies().unwrap().last().unwrap()).unwrap();
        let hostile = Batch::sign(honest.header, grants.collect(), &desk.keys.signing);
        let mut all = copies.clone();
        all.push(hostile.to_bytes());
        // The keys may come first, and the content later; and that again.
        let (content, keys): (Vec<_>, Vec<_>) = all.into_iter().partition(|copy| copies.contains(copy));
        for copies in [&keys, &content, &keys, &content] {
            other.take_in_copies(copies).unwrap();
        }
        assert_eq!(other.show(&record).is_ok(), opens, "{name}");
        assert_eq!(!generations::of_record(other.store.read(), &record).unwrap().is_empty(), opens, "{name}");
    }
}
