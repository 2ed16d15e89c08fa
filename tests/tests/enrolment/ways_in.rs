//! The ways in that work: at once, by another officer, again, in every role, with two signatures, by hand.

use super::{SECOND, first_code, listed, record, second_code, sync_over, text_of};
use vigil_core::{Admission, Policy, Proposal, Role, VigilError};
use vigil_protocol::{ServerCard, ServerReference};
use vigil_sync_server::card_to_text;
use vigil_tests::{Committee, Device, admit_by, join};

#[test]
fn a_new_device_records_and_seals_at_once_and_is_a_member_once_the_officer_has_synced() {
    let mut committee = Committee::new();
    committee.sync_desk().unwrap();
    let before = committee.wire.requests.get();
    let mut phone = committee.admit("Phone", Role::Monitor);
    let own = record(&mut phone, "East gate");
    assert_eq!(committee.wire.requests.get(), before, "nothing went over a network");
    assert!(phone.vault().status().unwrap().provisional);
    assert_eq!(listed(&mut phone), [own.to_string()]);
    assert!(phone.vault().show(&own).is_ok());
    // The server does not know it yet: a state, and everything stays, also over a restart.
    assert!(matches!(committee.sync(&mut phone), Err(VigilError::NotAppendedYet)));
    phone.restart();
    assert_eq!(phone.vault().status().unwrap().waiting, 1);
    let copies = phone.vault().sealed_copies().unwrap();
    assert_eq!(copies.len(), 1);
    // What it sealed opens at the desk, which has its certificate, before any server heard of either.
    assert_eq!(committee.desk.vault().take_in_copies(&copies).unwrap(), 1);
    committee.sync_desk().unwrap();
    let report = committee.sync(&mut phone).unwrap();
    assert_eq!(report.sent, 1);
    assert!(!phone.vault().status().unwrap().provisional);
    phone.restart();
    assert!(!phone.vault().is_provisional().unwrap());
    assert_eq!(listed(&mut phone), [own.to_string()]);
    committee.sync_desk().unwrap();
    assert_eq!(listed(&mut committee.desk), [own.to_string()]);
}

#[test]
fn a_provisional_device_takes_in_nothing_of_others_and_writes_nothing_to_the_log() {
    let mut committee = Committee::new();
    record(&mut committee.desk, "Desk");
    let copies = committee.desk.vault().sealed_copies().unwrap();
    let mut officer = committee.admit("Officer", Role::Officer);
    assert!(matches!(officer.vault().take_in_copies(&copies), Err(VigilError::NotAllowed { .. })));
    let other = committee.admit("Other", Role::Monitor).id();
    assert!(matches!(
        officer.vault().suspend(&other),
        Err(VigilError::NotFound { .. } | VigilError::NotAllowed { .. })
    ));
    let own = officer.id();
    assert!(matches!(officer.vault().set_intake(&[own]), Err(VigilError::NotAllowed { .. })));
    let request = Device::create("Third").vault().join_request().unwrap();
    assert!(matches!(officer.vault().admit(&request, Role::Monitor, ""), Err(VigilError::NotAllowed { .. })));
    // The positive control: after its first contact it may.
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    officer.vault().set_intake(&[own]).unwrap();
}

#[test]
fn any_officer_can_append_what_another_showed_whose_phone_was_lost() {
    let mut committee = Committee::new();
    let mut lost = committee.admit("Lost", Role::Officer);
    let mut other = committee.admit("Other", Role::Officer);
    committee.sync_desk().unwrap();
    committee.sync(&mut lost).unwrap();
    committee.sync(&mut other).unwrap();
    let mut phone = Device::create("Phone");
    let request = phone.vault().join_request().unwrap();
    let code = lost.vault().admit(&request, Role::Volunteer, "Maya").unwrap();
    drop(lost);
    join(&mut phone, &code).unwrap();
    record(&mut phone, "West gate");
    committee.sync_desk().unwrap();
    assert!(matches!(committee.sync(&mut phone), Err(VigilError::NotAppendedYet)));
    assert!(matches!(phone.vault().append_certificate(&code), Err(VigilError::NotAllowed { .. })));
    other.vault().append_certificate(&code).unwrap();
    other.vault().append_certificate(&code).unwrap();
    committee.sync(&mut other).unwrap();
    assert_eq!(committee.sync(&mut phone).unwrap().sent, 1);
    committee.sync_desk().unwrap();
    assert_eq!(listed(&mut committee.desk).len(), 1);
}

#[test]
fn a_code_that_came_too_late_is_answered_again_with_the_certificate_that_the_log_has() {
    let mut committee = Committee::new();
    let mut phone = Device::create("Phone");
    let request = phone.vault().join_request().unwrap();
    let late = committee.desk.vault().admit(&request, Role::Monitor, "Maya").unwrap();
    let again = phone.vault().join_request().unwrap();
    assert!(join(&mut phone, &late).is_err(), "a new first code ends the one before");
    assert!(committee.desk.vault().admit(&again, Role::Officer, "Maya").is_err(), "not as something else");
    let code = committee.desk.vault().admit(&again, Role::Monitor, "Maya").unwrap();
    assert_eq!(second_code(&code).certificate, second_code(&late).certificate);
    join(&mut phone, &code).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut phone).unwrap();
    assert!(!phone.vault().is_provisional().unwrap());
}

#[test]
fn every_role_joins_and_a_person_on_probation_is_given_nothing_of_others() {
    let mut committee = Committee::new();
    let theirs = record(&mut committee.desk, "Desk");
    committee.sync_desk().unwrap();
    for role in [Role::Volunteer, Role::Monitor, Role::Officer, Role::Desk, Role::Auditor] {
        for probation in [false, true] {
            if probation && role == Role::Desk {
                continue;
            }
            let mut phone = Device::create("Phone");
            let request = phone.vault().join_request().unwrap();
            let admission = Admission { probation, ..Admission::new(role, "Maya") };
            let code = committee.desk.vault().admit_as(&request, &admission).unwrap();
            join(&mut phone, &code).unwrap();
            assert_eq!(phone.vault().role().unwrap(), role);
            record(&mut phone, "Own");
            committee.sync_desk().unwrap();
            assert_eq!(committee.sync(&mut phone).unwrap().sent, 1, "{role:?} {probation}");
            committee.sync(&mut phone).unwrap();
            assert_eq!(phone.vault().show(&theirs).is_ok(), role == Role::Desk, "{role:?} {probation}");
        }
    }
    committee.sync_desk().unwrap();
    assert_eq!(listed(&mut committee.desk).len(), 10);
}

#[test]
fn where_the_policy_asks_for_two_the_code_holds_both_signatures_and_a_third_can_append_it() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut third = committee.admit("Third", Role::Officer);
    let policy = Policy { admission_signatures: 2, ..Policy::default() };
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let motion = committee.desk.vault().propose(Proposal::ChangePolicy(policy)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    officer.vault().second(&motion).unwrap();
    officer.vault().carry_out(&motion).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut third).unwrap();
    let mut phone = Device::create("Phone");
    let request = phone.vault().join_request().unwrap();
    assert!(matches!(officer.vault().admit(&request, Role::Monitor, ""), Err(VigilError::NotAllowed { .. })));
    let prepared = officer.vault().prepare_admission(&request, &Admission::new(Role::Monitor, "")).unwrap();
    let signed = third.vault().cosign(&prepared).unwrap();
    let code = officer.vault().admit_cosigned(&signed).unwrap();
    assert_eq!(second_code(&code).signed_by.len(), 2);
    let number = vigil_core::Vault::comparison_number(&signed, &code).unwrap();
    let invitation = phone.vault().second_code(&code).unwrap();
    let confirmed = invitation.compared(number.as_str()).unwrap();
    phone.vault().join(confirmed).unwrap();
    // The officer never syncs. The third appends what she signed herself together with the officer.
    third.vault().append_certificate(&code).unwrap();
    committee.sync(&mut third).unwrap();
    committee.sync(&mut phone).unwrap();
    assert!(!phone.vault().is_provisional().unwrap());
}

#[test]
fn where_there_is_no_server_the_log_is_carried_and_checked_as_a_servers_is() {
    let (mut desk, mut other) = (Device::create("Desk"), Device::create("Other"));
    desk.vault().create_space(None).unwrap();
    other.vault().create_space(None).unwrap();
    let mut phone = admit_by(&mut desk, "Phone", Role::Monitor);
    let wrong = other.vault().log_by_hand().unwrap();
    assert!(matches!(phone.vault().take_log_by_hand(&wrong), Err(VigilError::AnotherSpace { .. })));
    assert!(phone.vault().is_provisional().unwrap());
    assert!(phone.vault().log_by_hand().is_err());
    let right = desk.vault().log_by_hand().unwrap();
    phone.vault().take_log_by_hand(&right).unwrap();
    assert!(!phone.vault().is_provisional().unwrap());
    phone.restart();
    assert_eq!(phone.vault().members().unwrap().len(), 2);
    assert!(matches!(phone.vault().take_log_by_hand(&right), Err(VigilError::AlreadyInSpace)));
}

#[test]
fn a_servers_card_that_does_not_fit_is_named_by_its_hash_and_no_other_is_taken() {
    let mut committee = Committee::new();
    let large = ServerCard {
        url: "https://127.0.0.1:1".into(),
        identity: committee.wire.engine.identity(),
        authorities: vec!["a".repeat(3_000)],
    };
    committee.desk.vault().set_server(&card_to_text(&large)).unwrap();
    let mut phone = Device::create("Phone");
    let request = phone.vault().join_request().unwrap();
    let code = committee.desk.vault().admit(&request, Role::Monitor, "").unwrap();
    assert!(matches!(second_code(&code).server, ServerReference::Pinned { .. }));
    assert!(code.len() / 2 < vigil_protocol::limits::MAX_QR_BYTES);
    join(&mut phone, &code).unwrap();
    committee.sync_desk().unwrap();
    assert!(matches!(committee.sync(&mut phone), Err(VigilError::NotFound { .. })));
    let other = ServerCard { authorities: vec!["b".repeat(3_000)], ..large.clone() };
    assert!(matches!(phone.vault().set_server(&card_to_text(&other)), Err(VigilError::Invalid { .. })));
    phone.vault().set_server(&card_to_text(&large)).unwrap();
    sync_over(&committee.wire, &mut phone).unwrap();
    assert!(!phone.vault().is_provisional().unwrap());
}

#[test]
fn the_second_code_does_not_grow_with_the_space() {
    let mut committee = Committee::new();
    let size = |committee: &mut Committee| {
        let mut phone = Device::create("Phone");
        let request = phone.vault().join_request().unwrap();
        assert!(first_code(&request).to_bytes().len() < 300);
        let code = committee.desk.vault().admit(&request, Role::Monitor, "Maya").unwrap();
        (second_code(&code).to_bytes().len(), code.len() - SECOND.len())
    };
    committee.sync_desk().unwrap();
    let (small, text) = size(&mut committee);
    assert_eq!(text, 2 * small, "as text: hexadecimal");
    let desk = committee.desk.id();
    for _ in 0..1_000 {
        committee.desk.vault().set_intake(&[desk]).unwrap();
    }
    committee.sync_desk().unwrap();
    let (large, _) = size(&mut committee);
    assert!(large <= small + 2, "{small} {large}: two bytes more for a larger length");
    assert!(large < 1_200, "{large}");
    assert!(text_of(SECOND, &[0]).starts_with("vigil-welcome-2:"));
}
