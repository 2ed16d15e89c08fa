//! Who may ask: signatures, counters, strangers, the removed, and hostile bytes.

use crate::committee::{Committee, Device, Folder, Record, epoch, genesis, random, read};
use proptest::prelude::*;
use vigil_protocol::{Answer, PushedBatch, RefusalCode, Role, SpaceId, canonical, limits};
use vigil_sync_server::{Engine, Quotas, ServerConfig};

#[test]
fn a_request_works_once() {
    let (committee, mut desk) = Committee::found();
    let request = desk.request();
    assert!(committee.sync(&request, &desk).is_ok());
    assert_eq!(committee.sync(&request, &desk).unwrap_err(), (RefusalCode::Replayed, request.counter));
}

#[test]
fn a_counter_that_was_used_stays_used_after_a_restart() {
    let (committee, mut desk) = Committee::found();
    let request = desk.request();
    committee.sync(&request, &desk).unwrap();
    let committee = committee.restart();
    assert_eq!(committee.sync(&request, &desk).unwrap_err(), (RefusalCode::Replayed, request.counter));
    assert!(committee.sync(&desk.request(), &desk).is_ok());
}

#[test]
fn a_request_under_another_key_or_for_another_server_is_refused() {
    let (committee, mut desk) = Committee::found();
    let request = desk.request();
    let thief = Device { key: Device::new(desk.space, Role::Desk).key, ..Device::new(desk.space, Role::Desk) };
    assert_eq!(committee.sync(&request, &thief).unwrap_err().0, RefusalCode::BadSignature);
    let (other, _) = Committee::found();
    let body = request.to_body(&other.engine.identity(), &desk.space, &desk.key);
    let answer = read(&committee.engine.handle(&body), &body, &committee.engine.identity());
    assert_eq!(answer.unwrap_err().0, RefusalCode::BadSignature);
    assert!(committee.sync(&request, &desk).is_ok(), "a forged request uses up no counter");
}

#[test]
fn strangers_and_removed_devices_are_refused() {
    let (mut committee, mut desk) = Committee::found();
    let mut stranger = Device::new(desk.space, Role::Volunteer);
    let request = stranger.request();
    assert_eq!(committee.sync(&request, &stranger).unwrap_err(), (RefusalCode::UnknownDevice, 0));
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    committee.sync(&volunteer.request(), &volunteer).unwrap();
    committee.remove(&mut desk, &volunteer);
    let request = volunteer.request();
    assert_eq!(committee.sync(&request, &volunteer).unwrap_err().0, RefusalCode::Removed);
}

#[test]
fn a_space_is_created_by_its_founder_and_by_nobody_else() {
    let (committee, desk) = Committee::found();
    let mut other = Device::new(SpaceId(random()), Role::Desk);
    let entry = genesis(&other);

    let mut stranger = Device::new(other.space, Role::Desk);
    let mut request = stranger.request();
    request.log = vec![entry.clone()];
    assert_eq!(committee.sync(&request, &stranger).unwrap_err().0, RefusalCode::UnknownDevice);

    let mut squatter = Device::new(desk.space, Role::Desk);
    let mut request = squatter.request();
    request.log = vec![genesis(&squatter)];
    assert_eq!(committee.sync(&request, &squatter).unwrap_err().0, RefusalCode::NotAllowed);

    let mut request = other.request();
    request.log = vec![entry];
    assert_eq!(committee.sync(&request, &other).unwrap().log_appended, 1);
}

#[test]
fn a_name_that_somebody_copied_into_another_space_locks_nobody_out() {
    let (committee, mut desk) = Committee::found();
    let mut copy = Device::new(SpaceId(random()), Role::Desk);
    copy.id = desk.id;
    let mut request = copy.request();
    request.log = vec![genesis(&copy)];
    committee.sync(&request, &copy).unwrap();
    desk.requests = 100;
    assert!(committee.sync(&desk.request(), &desk).is_ok());
    assert!(committee.sync(&copy.request(), &copy).is_ok());
}

#[test]
fn a_server_takes_as_many_spaces_as_it_is_told() {
    let (committee, _) = Committee::found_with(Quotas { spaces: 1, ..Quotas::default() });
    let mut other = Device::new(SpaceId(random()), Role::Desk);
    let mut request = other.request();
    request.log = vec![genesis(&other)];
    assert_eq!(committee.sync(&request, &other).unwrap_err().0, RefusalCode::Busy);
}

#[test]
fn only_one_server_uses_a_folder() {
    let (committee, _) = Committee::found();
    assert_eq!(Engine::open(&committee.config).err().unwrap().code(), "server.in_use");
}

#[test]
fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (committee, _) = Committee::found();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(committee.folder.path()), 0o700);
    for file in std::fs::read_dir(committee.folder.path()).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn a_damaged_identity_is_reported_and_never_replaced() {
    let folder = Folder::new();
    let config = ServerConfig::loopback(folder.path());
    drop(Engine::open(&config).unwrap());
    std::fs::write(folder.path().join("identity"), b"short").unwrap();
    assert_eq!(Engine::open(&config).err().unwrap().code(), "server.damaged_file");
    assert_eq!(std::fs::read(folder.path().join("identity")).unwrap(), b"short");
}

#[test]
fn a_lost_identity_is_not_replaced_while_devices_rely_on_it() {
    let (committee, _) = Committee::found();
    let Committee { folder, config, engine, .. } = committee;
    drop(engine);
    std::fs::remove_file(folder.path().join("identity")).unwrap();
    assert_eq!(Engine::open(&config).err().unwrap().code(), "server.damaged_file");
    assert!(!folder.path().join("identity").exists());
}

#[test]
fn a_database_of_a_newer_server_is_refused() {
    let folder = Folder::new();
    let config = ServerConfig::loopback(folder.path());
    drop(Engine::open(&config).unwrap());
    let connection = rusqlite::Connection::open(folder.path().join("server.db")).unwrap();
    connection.pragma_update(None, "user_version", 7).unwrap();
    drop(connection);
    assert_eq!(Engine::open(&config).err().unwrap().code(), "server.newer_schema");
}

/// Every refusal is one of the typed ones, signed, and none of them is the server's own failure.
fn is_refused_in_good_order(committee: &Committee, body: &[u8]) -> bool {
    let reply = committee.engine.handle(body);
    let answer = Answer::from_body(&reply.body, body, &committee.engine.identity(), None);
    reply.status < 500
        && matches!(answer, Ok(Answer::Refused { .. }) | Err(vigil_protocol::ProtocolError::TooLarge { .. }))
}

#[test]
fn bytes_that_are_no_request_get_a_typed_refusal() {
    let (committee, mut desk) = Committee::found();
    let whole = committee.body(&desk.request(), &desk);
    assert!(is_refused_in_good_order(&committee, &[]));
    assert!(is_refused_in_good_order(&committee, &[0xff; 64]));
    assert!(is_refused_in_good_order(&committee, &[0x9f; 4096]));
    for length in 0..whole.len() {
        assert!(is_refused_in_good_order(&committee, &whole[..length]));
    }
    assert!(is_refused_in_good_order(&committee, &[whole.as_slice(), &[0]].concat()));
    let deep = [&[0; 64][..], &[0x81; 100_000]].concat();
    assert!(is_refused_in_good_order(&committee, &deep));
    let huge =
        [&[0; 64][..], &[0x89, 0x01, 0x50], &[0; 16], &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]].concat();
    assert!(is_refused_in_good_order(&committee, &huge));
    let reply = committee.engine.handle(&vec![0; limits::MAX_BODY_BYTES + 1]);
    assert_eq!((reply.status, reply.report.outcome), (413, "too_large"));
}

#[test]
fn counters_and_cursors_at_the_edge_of_numbers_do_no_harm() {
    let (committee, mut desk) = Committee::found();
    let mut request = desk.request();
    request.counter = u64::MAX;
    assert_eq!(committee.sync(&request, &desk).unwrap_err().0, RefusalCode::Malformed);
    for (start, end) in [(0, u64::MAX), (1, u64::MAX), (u64::MAX, u64::MAX)] {
        let mut request = desk.request();
        request.log_length = u64::MAX;
        request.page_bytes = u32::MAX;
        request.have.insert(start, end);
        let response = committee.sync(&request, &desk).unwrap();
        assert!(response.covered.ranges().is_empty(), "numbers that the server never gave out are not covered");
    }
    let batch = desk.batch(&committee.view, vec![Record::new().create(&[epoch()], b"x")]);
    for (counter, log_length) in [(0, 1), (u64::MAX, 1), (1, 0), (1, u64::MAX), (i64::MAX as u64, 1)] {
        let mut pushed = PushedBatch::from_batch(&batch, None).unwrap();
        (pushed.counter, pushed.log_length) = (counter, log_length);
        let mut request = desk.request();
        request.batches = vec![pushed];
        let outcome = committee.sync(&request, &desk).unwrap().outcomes[0];
        assert!(matches!(outcome, vigil_protocol::BatchOutcome::Refused(_)), "{outcome:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_request_is_refused_and_changes_nothing(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4),
        resign in any::<bool>(),
    ) {
        let (committee, mut desk) = Committee::found();
        let record = Record::new();
        let batch = desk.batch(&committee.view, vec![record.create(&[epoch()], b"sealed"), record.edit(b"more")]);
        let mut request = desk.request();
        request.batches = vec![PushedBatch::from_batch(&batch, None).unwrap()];
        let mut body = committee.body(&request, &desk);
        for (place, change) in changes {
            let index = place.index(body.len());
            body[index] ^= change;
        }
        if resign {
            // Hostile, and with a good signature: a member that sends nonsense.
            if let Ok(changed) = canonical::decode::<vigil_protocol::SyncRequest>(&body[64..]) {
                let body = committee.body(&changed, &desk);
                let reply = committee.engine.handle(&body);
                prop_assert!(reply.status < 500);
                return Ok(());
            }
        }
        prop_assume!(body != committee.body(&request, &desk));
        prop_assert!(is_refused_in_good_order(&committee, &body));
        prop_assert!(committee.sync(&request, &desk).is_ok());
    }
}
