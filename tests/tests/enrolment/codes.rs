//! What a code is good for: once, for ten minutes, for one device, unchanged, and between two who compare.

use super::{FIRST, SECOND, bytes_of, device_with_clock, first_code, second_code, text_of};
use std::sync::atomic::Ordering;
use vigil_core::{Admission, Role, Vault, VigilError};
use vigil_protocol::{
    Cosignature, DeviceId, FirstCode, HardwareClaim, Nonce, SealingPublicKey, SecondCode, ServerReference, SigningKey,
};
use vigil_tests::{Committee, Device, join};

const TEN_MINUTES: i64 = 10 * 60 * 1000;

#[test]
fn a_second_code_is_taken_at_ten_minutes_and_not_a_millisecond_later() {
    let mut committee = Committee::new();
    for (passes, taken) in [(TEN_MINUTES, true), (TEN_MINUTES + 1, false)] {
        let (mut phone, clock) = device_with_clock("Phone");
        let request = phone.vault().join_request().unwrap();
        let code = committee.desk.vault().admit(&request, Role::Monitor, "").unwrap();
        clock.running.fetch_add(passes, Ordering::Relaxed);
        let joined = join(&mut phone, &code);
        assert_eq!(joined.is_ok(), taken);
        assert!(taken || matches!(joined, Err(VigilError::CodeExpired)));
    }
}

#[test]
fn time_passes_also_between_reading_a_code_and_confirming_it() {
    let mut committee = Committee::new();
    let (mut phone, clock) = device_with_clock("Phone");
    let request = phone.vault().join_request().unwrap();
    let code = committee.desk.vault().admit(&request, Role::Monitor, "").unwrap();
    let invitation = phone.vault().second_code(&code).unwrap();
    clock.running.fetch_add(TEN_MINUTES + 1, Ordering::Relaxed);
    let joined = phone.vault().join(invitation.seen_face_to_face());
    assert!(matches!(joined, Err(VigilError::CodeExpired)));
    assert!(matches!(phone.vault().status(), Err(VigilError::NotInSpace)));
}

#[test]
fn a_restart_of_the_device_and_a_clock_that_runs_back_end_a_code_and_a_restart_of_the_app_does_not() {
    let mut committee = Committee::new();
    let (mut phone, clock) = device_with_clock("Phone");
    let request = phone.vault().join_request().unwrap();
    let code = committee.desk.vault().admit(&request, Role::Monitor, "").unwrap();
    clock.boot.store(2, Ordering::Relaxed);
    assert!(matches!(join(&mut phone, &code), Err(VigilError::CodeExpired)));
    clock.boot.store(1, Ordering::Relaxed);
    clock.running.fetch_sub(1, Ordering::Relaxed);
    assert!(matches!(join(&mut phone, &code), Err(VigilError::CodeExpired)));
    clock.running.fetch_add(1, Ordering::Relaxed);
    phone.vault = None;
    let home = phone.folder.path().join("home");
    let options = vigil_tests::at_floor(clock.clone());
    phone.vault = Some(Vault::open_with(&home, &vigil_tests::passphrase(), &options).unwrap());
    join(&mut phone, &code).unwrap();
}

#[test]
fn a_code_is_used_once_and_a_new_first_code_ends_the_one_before() {
    let mut committee = Committee::new();
    let mut phone = Device::create("Phone");
    let request = phone.vault().join_request().unwrap();
    let code = committee.desk.vault().admit(&request, Role::Monitor, "").unwrap();
    let invitation = phone.vault().second_code(&code).unwrap();
    let twin = phone.vault().second_code(&code).unwrap();
    let next = phone.vault().join_request().unwrap();
    assert_ne!(next, request);
    assert!(matches!(phone.vault().join(invitation.seen_face_to_face()), Err(VigilError::NotAllowed { .. })));
    assert!(matches!(phone.vault().second_code(&code), Err(VigilError::NotAllowed { .. })));
    let code = committee.desk.vault().admit(&next, Role::Monitor, "").unwrap();
    join(&mut phone, &code).unwrap();
    assert!(matches!(phone.vault().second_code(&code), Err(VigilError::AlreadyInSpace)));
    assert!(matches!(phone.vault().join(twin.seen_face_to_face()), Err(VigilError::AlreadyInSpace)));
    assert!(matches!(phone.vault().join_request(), Err(VigilError::AlreadyInSpace)));
}

#[test]
fn a_code_for_another_device_is_refused_and_a_device_that_showed_none_takes_none() {
    let mut committee = Committee::new();
    let (mut phone, mut other) = (Device::create("Phone"), Device::create("Other"));
    let request = phone.vault().join_request().unwrap();
    let code = committee.desk.vault().admit(&request, Role::Monitor, "").unwrap();
    assert!(matches!(other.vault().second_code(&code), Err(VigilError::NotAllowed { .. })));
    other.vault().join_request().unwrap();
    assert!(matches!(other.vault().second_code(&code), Err(VigilError::NotAllowed { .. })));
    join(&mut phone, &code).unwrap();
}

#[test]
fn every_flipped_byte_of_both_codes_is_noticed() {
    let mut committee = Committee::new();
    let mut phone = Device::create("Phone");
    let request = phone.vault().join_request().unwrap();
    let admission = Admission::new(Role::Monitor, "");
    let desk = committee.desk.vault();
    assert!(desk.prepare_admission(&request, &admission).is_ok());
    let first = bytes_of(FIRST, &request);
    for place in 0..first.len() {
        let mut flipped = first.clone();
        flipped[place] ^= 1;
        assert!(desk.prepare_admission(&text_of(FIRST, &flipped), &admission).is_err(), "first code, byte {place}");
    }
    let code = desk.admit(&request, Role::Monitor, "").unwrap();
    let second = bytes_of(SECOND, &code);
    for place in 0..second.len() {
        let mut flipped = second.clone();
        flipped[place] ^= 1;
        assert!(phone.vault().second_code(&text_of(SECOND, &flipped)).is_err(), "second code, byte {place}");
    }
    assert!(phone.vault().second_code(&code).is_ok());
}

#[test]
fn a_request_of_the_first_days_admits_nobody() {
    let mut committee = Committee::new();
    let key = SigningKey::from_seed(&[5; 32]).unwrap();
    let old = vigil_protocol::JoinRequest::sign(DeviceId([5; 16]), SealingPublicKey([5; 32]), 1, &key);
    let bytes = vigil_protocol::canonical::encode(&old);
    assert!(vigil_protocol::JoinRequest::from_bytes(&bytes).is_ok(), "it stays readable");
    for prefix in ["vigil-join-1:", FIRST] {
        let admitted = committee.desk.vault().admit(&text_of(prefix, &bytes), Role::Monitor, "");
        assert!(matches!(admitted, Err(VigilError::Invalid { .. })));
    }
}

/// What somebody who stands between can make: a code that looks like a real one, under keys of hers.
pub(super) fn forged(real: &SecondCode, for_device: &FirstCode, key: &SigningKey) -> SecondCode {
    let mut code = real.clone();
    code.nonce = for_device.nonce;
    code.certificate.device = for_device.device;
    code.certificate.signing_key = for_device.signing_key;
    code.certificate.sealing_key = for_device.sealing_key;
    code.epoch.key = SealingPublicKey([9; 32]);
    for device in &mut code.devices {
        device.signing_key = key.public();
    }
    code.signed_by = vec![Cosignature::sign(&code.certificate, &code.space, code.officer, key)];
    code.server = ServerReference::None;
    code.sign(key)
}

#[test]
fn who_swaps_the_first_code_is_shown_by_the_number() {
    let mut committee = Committee::new();
    let mut phone = Device::create("Phone");
    let shown = phone.vault().join_request().unwrap();
    // The officer is given the code of a device of hers instead, and answers it.
    let hers = SigningKey::from_seed(&[66; 32]).unwrap();
    let swapped = FirstCode::sign(
        (DeviceId([66; 16]), SealingPublicKey([9; 32]), 1),
        Nonce([6; 16]),
        HardwareClaim::StrongBox,
        &hers,
    );
    let swapped = text_of(FIRST, &swapped.to_bytes());
    let answered = committee.desk.vault().admit(&swapped, Role::Monitor, "").unwrap();
    let to_the_phone = forged(&second_code(&answered), &first_code(&shown), &hers);
    let to_the_phone = text_of(SECOND, &to_the_phone.to_bytes());
    let officers = Vault::comparison_number(&swapped, &answered).unwrap();
    let invitation = phone.vault().second_code(&to_the_phone).unwrap();
    assert_ne!(invitation.number(), officers);
    assert!(matches!(invitation.compared(officers.as_str()), Err(VigilError::Invalid { .. })));
    assert!(matches!(phone.vault().status(), Err(VigilError::NotInSpace)));
    // The positive control: without her both show the same, and typing it joins.
    let code = committee.desk.vault().admit(&shown, Role::Monitor, "").unwrap();
    let officers = Vault::comparison_number(&shown, &code).unwrap();
    let invitation = phone.vault().second_code(&code).unwrap();
    assert_eq!(invitation.number(), officers);
    assert_eq!(officers.as_str().split(' ').map(str::len).collect::<Vec<_>>(), [5; 12]);
    let confirmed = invitation.compared(&officers.as_str().replace(' ', "\n")).unwrap();
    phone.vault().join(confirmed).unwrap();
}
