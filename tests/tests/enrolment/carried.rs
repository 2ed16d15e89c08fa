//! Copies that come before the certificate of who wrote them: they wait, within limits, and then count.

use super::{listed, record};
use vigil_core::{DeviceId, Role, VigilError};
use vigil_protocol::{Batch, BatchHeader, Chain, Hash, Item, RecordId, SUITE, Salt, SigningKey, SpaceId};
use vigil_tests::{Committee, Device, admit_by};

/// A committee whose officer admits a phone that nobody else knows of yet.
fn unknown_phone() -> (Committee, Device, Device) {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let phone = admit_by(&mut officer, "Phone", Role::Volunteer);
    (committee, officer, phone)
}

#[test]
fn copies_that_the_desk_takes_before_it_knows_their_author_are_in_after_its_next_sync() {
    let (mut committee, mut officer, mut phone) = unknown_phone();
    let own = record(&mut phone, "East gate");
    let copies = phone.vault().sealed_copies().unwrap();
    assert_eq!(committee.desk.vault().take_in_copies(&copies).unwrap(), 0);
    assert_eq!(committee.desk.vault().take_in_copies(&copies).unwrap(), 0, "again, and it is kept once");
    assert_eq!(committee.desk.vault().status().unwrap().carried, 1);
    committee.desk.restart();
    assert_eq!(listed(&mut committee.desk), Vec::<String>::new());
    committee.sync_desk().unwrap();
    assert_eq!(committee.desk.vault().status().unwrap().carried, 1, "the officer has not synced");
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(listed(&mut committee.desk), [own.to_string()]);
    assert_eq!(committee.desk.vault().status().unwrap().carried, 0);
    // The same by the server changes nothing.
    assert_eq!(committee.sync(&mut phone).unwrap().sent, 1);
    assert_eq!(committee.sync_desk().unwrap().new_records, 0);
}

#[test]
fn copies_stay_good_when_the_officers_entries_are_signed_again_behind_others() {
    let (mut committee, mut officer, mut phone) = unknown_phone();
    let own = record(&mut phone, "East gate");
    let copies = phone.vault().sealed_copies().unwrap();
    // Others' entries come first, twice: the certificate's entry is another one, the certificate is not.
    committee.admit("First", Role::Volunteer);
    committee.admit("Second", Role::Volunteer);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.desk.vault().take_in_copies(&copies).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(listed(&mut committee.desk), [own.to_string()]);
    committee.sync(&mut phone).unwrap();
    assert!(!phone.vault().is_provisional().unwrap());
}

#[test]
fn a_device_whose_log_is_short_keeps_copies_that_were_signed_over_more_of_it() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.desk.vault().set_intake(&[officer.id()]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    record(&mut monitor, "West gate");
    let copies = monitor.vault().sealed_copies().unwrap();
    officer.vault().take_in_copies(&copies).unwrap();
    assert_eq!(officer.vault().status().unwrap().carried, 1);
    committee.sync(&mut officer).unwrap();
    assert_eq!(officer.vault().status().unwrap().carried, 0);
}

fn junk(space: SpaceId, device: u8, number: u64) -> Vec<u8> {
    let header = BatchHeader {
        suite: SUITE,
        space,
        device: DeviceId([device; 16]),
        chain: Chain::Copy { number },
        log_length: 1,
        log_head: Hash::NONE,
        salt: Salt([1; 16]),
        seen_root: None,
        items: Vec::new(),
    };
    let key = SigningKey::from_seed(&[device; 32]).unwrap();
    Batch::sign(header, vec![Item::Tombstone(RecordId([1; 16]))], &key).to_bytes()
}

#[test]
fn what_waits_is_bounded_a_device_and_nothing_of_what_does_not_fit_is_kept() {
    let (mut committee, _, mut phone) = unknown_phone();
    record(&mut phone, "East gate");
    let true_copies = phone.vault().sealed_copies().unwrap();
    let space = Batch::from_bytes(&true_copies[0]).unwrap().header.space;
    let desk = committee.desk.vault();
    let flood: Vec<_> = (0..1_025).map(|number| junk(space, 77, number)).collect();
    assert!(matches!(desk.take_in_copies(&flood), Err(VigilError::NotAllowed { .. })));
    assert_eq!(desk.status().unwrap().carried, 0);
    desk.take_in_copies(&flood[..1_024]).unwrap();
    assert!(desk.take_in_copies(&flood[1_024..]).is_err());
    // Another device's still have room.
    desk.take_in_copies(&true_copies).unwrap();
    assert_eq!(desk.status().unwrap().carried, 1_025);
}

#[test]
fn a_forged_copy_under_a_new_devices_name_is_dropped_and_keeps_the_true_one_from_nothing() {
    let (mut committee, mut officer, mut phone) = unknown_phone();
    let own = record(&mut phone, "East gate");
    let copies = phone.vault().sealed_copies().unwrap();
    let mut forged = Batch::from_bytes(&copies[0]).unwrap();
    forged.signature.0[0] ^= 1;
    committee.desk.vault().take_in_copies(&[forged.to_bytes(), copies[0].clone()]).unwrap();
    assert_eq!(committee.desk.vault().status().unwrap().carried, 2);
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(listed(&mut committee.desk), [own.to_string()]);
    assert_eq!(committee.desk.vault().status().unwrap().carried, 0);
}
