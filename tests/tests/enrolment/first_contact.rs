//! First contact: the log decides whether what a device was shown was true.

use super::codes::forged;
use super::{SECOND, bytes_of, first_code, listed, record, second_code, sync_over, text_of};
use vigil_core::sync::{Transport, TransportError};
use vigil_core::{Role, VigilError};
use vigil_protocol::{
    Answer, Incarnation, LogEntry, SequenceRanges, ServerCard, ServerReference, SigningKey, SyncResponse, Timestamp,
    Welcome,
};
use vigil_sync_server::card_to_text;
use vigil_tests::{Committee, Device, join};

/// A server that answers everybody with one log.
struct Answering {
    key: SigningKey,
    log: Vec<LogEntry>,
}

impl Transport for Answering {
    async fn post(&self, _: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let from = vigil_protocol::SyncRequest::from_body(&body).unwrap().log_length as usize;
        let incarnation = Incarnation([1; 16]);
        let answer = Answer::Sync(SyncResponse {
            incarnation: Some(incarnation),
            log: self.log.iter().skip(from).cloned().collect(),
            log_appended: 0,
            outcomes: Vec::new(),
            batches: Vec::new(),
            covered: SequenceRanges::new(),
            more: false,
            time: Some(Timestamp(1_795_000_000_000)),
        });
        Ok(answer.to_body(&body, &incarnation, &self.key))
    }
}

fn log_of(desk: &mut Device) -> Vec<LogEntry> {
    Welcome::from_bytes(&bytes_of("vigil-welcome-1:", &desk.vault().log_by_hand().unwrap())).unwrap().log
}

#[test]
fn a_server_that_answers_with_another_spaces_log_is_detected_and_nothing_is_changed() {
    let key = SigningKey::from_seed(&[8; 32]).unwrap();
    let card =
        ServerCard { url: "https://127.0.0.1:1".into(), identity: key.public(), authorities: vec!["none".into()] };
    let (mut desk, mut other) = (Device::create("Desk"), Device::create("Other"));
    desk.vault().create_space(Some(&card_to_text(&card))).unwrap();
    other.vault().create_space(Some(&card_to_text(&card))).unwrap();
    let mut phone = Device::create("Phone");
    let request = phone.vault().join_request().unwrap();
    let code = desk.vault().admit(&request, Role::Monitor, "").unwrap();
    // The other space has admitted the same device, under the same keys.
    other.vault().admit(&request, Role::Monitor, "").unwrap();
    join(&mut phone, &code).unwrap();
    let before = listed(&mut phone);
    let mut answering = Answering { key, log: log_of(&mut other) };
    assert!(matches!(sync_over(&answering, &mut phone), Err(VigilError::AnotherSpace { .. })));
    // Neither is the true log without its end, nor one with an entry changed.
    let whole = log_of(&mut desk);
    answering.log = whole[..1].to_vec();
    assert!(matches!(sync_over(&answering, &mut phone), Err(VigilError::AnotherSpace { .. })));
    answering.log = whole.clone();
    answering.log[1].time.0 += 1;
    assert!(matches!(sync_over(&answering, &mut phone), Err(VigilError::AnotherSpace { .. })));
    answering.log = Vec::new();
    assert!(matches!(sync_over(&answering, &mut phone), Err(VigilError::AnotherSpace { .. })));
    phone.restart();
    assert!(phone.vault().is_provisional().unwrap());
    assert_eq!(listed(&mut phone), before);
    // The positive control: the true log makes it a member.
    answering.log = whole;
    sync_over(&answering, &mut phone).unwrap();
    assert!(!phone.vault().is_provisional().unwrap());
}

#[test]
fn an_officer_who_is_none_is_refused_at_first_contact_and_what_was_sealed_for_her_opens_nowhere_else() {
    let mut committee = Committee::new();
    committee.sync_desk().unwrap();
    // She has seen a true code, and shows one like it under keys of her own.
    let mut seen = Device::create("Seen");
    let request = seen.vault().join_request().unwrap();
    let real = second_code(&committee.desk.vault().admit(&request, Role::Monitor, "").unwrap());
    committee.sync_desk().unwrap();
    let hers = SigningKey::from_seed(&[66; 32]).unwrap();
    let mut phone = Device::create("Phone");
    let shown = phone.vault().join_request().unwrap();
    let server = real.server.clone();
    assert!(matches!(server, ServerReference::Card(_)));
    let mut code = forged(&real, &first_code(&shown), &hers);
    code.server = server;
    let code = text_of(SECOND, &code.sign(&hers).to_bytes());
    join(&mut phone, &code).unwrap();
    let own = record(&mut phone, "East gate");
    // The true server does not know the device, and no officer appends her certificate.
    assert!(matches!(committee.sync(&mut phone), Err(VigilError::NotAppendedYet)));
    let appended = committee.desk.vault().append_certificate(&code);
    assert!(matches!(appended, Err(VigilError::NotAllowed { .. })));
    let copies = phone.vault().sealed_copies().unwrap();
    assert_eq!(committee.desk.vault().take_in_copies(&copies).unwrap(), 0);
    // Somebody of the committee admits the device: by another certificate than the one that it was shown.
    committee.desk.vault().admit(&shown, Role::Monitor, "").unwrap();
    committee.sync_desk().unwrap();
    let contact = committee.sync(&mut phone);
    assert!(matches!(contact, Err(VigilError::AnotherSpace { .. })), "{contact:?}");
    assert!(phone.vault().is_provisional().unwrap());
    assert_eq!(listed(&mut phone), [own.to_string()], "its own records stay on it");
    assert_eq!(listed(&mut committee.desk), Vec::<String>::new());
    assert_eq!(phone.vault().sealed_copies().unwrap(), copies);
}

#[test]
fn a_log_of_many_pages_is_fetched_whole_and_an_answer_that_is_lost_costs_nothing() {
    let mut committee = Committee::new();
    let desk = committee.desk.id();
    for _ in 0..1_100 {
        committee.desk.vault().set_intake(&[desk]).unwrap();
    }
    let mut phone = committee.admit("Phone", Role::Monitor);
    record(&mut phone, "East gate");
    committee.sync_desk().unwrap();
    committee.wire.plan(&[vigil_tests::Fault::None, vigil_tests::Fault::AnswerLost]);
    assert!(matches!(committee.sync(&mut phone), Err(VigilError::Offline { .. })));
    assert!(phone.vault().is_provisional().unwrap());
    assert_eq!(committee.sync(&mut phone).unwrap().sent, 1);
    assert!(!phone.vault().is_provisional().unwrap());
    assert_eq!(phone.vault().members().unwrap().len(), 2);
}

#[test]
fn a_device_that_was_suspended_before_its_first_contact_is_told_so() {
    let mut committee = Committee::new();
    let mut phone = committee.admit("Phone", Role::Monitor);
    let own = record(&mut phone, "East gate");
    committee.desk.vault().suspend(&phone.id()).unwrap();
    committee.sync_desk().unwrap();
    assert!(matches!(committee.sync(&mut phone), Err(VigilError::Suspended)));
    assert_eq!(listed(&mut phone), [own.to_string()]);
}
