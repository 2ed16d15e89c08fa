//! The membership log on the server: appended by compare-and-set, handed out, rebuilt after a restart.

use crate::committee::{Committee, Device, Record, device, epoch};
use vigil_protocol::{
    BatchOutcome, LastBatch, LogBody, LogEntry, Motion, RefusalCode, Removal, Role, Timestamp, limits,
};
use vigil_sync_server::ServerClock;

fn intake() -> LogBody {
    LogBody::Intake { officers: vec![] }
}

fn send(committee: &Committee, device: &mut Device, log: Vec<LogEntry>) -> vigil_protocol::SyncResponse {
    let mut request = device.request();
    request.log = log;
    committee.sync(&request, device).unwrap()
}

#[test]
fn a_device_gets_the_entries_after_its_last() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    for _ in 0..3 {
        committee.append(&mut desk, intake());
    }
    let response = send(&committee, &mut monitor, vec![]);
    assert_eq!(response.log, committee.log[2..]);
    monitor.log_length = 5;
    assert!(send(&committee, &mut monitor, vec![]).log.is_empty());
    let committee = committee.restart();
    monitor.log_length = 0;
    assert_eq!(send(&committee, &mut monitor, vec![]).log, committee.log);
}

#[test]
fn entries_that_are_sent_again_count_as_appended() {
    let (mut committee, mut desk) = Committee::found();
    let entry = committee.entry(&desk, intake());
    committee.view.append(&entry).unwrap();
    for _ in 0..2 {
        let response = send(&committee, &mut desk, vec![entry.clone()]);
        assert_eq!(response.log_appended, 1);
        assert!(response.log.is_empty(), "what the request brought does not come back");
    }
}

#[test]
fn of_two_entries_for_one_place_the_first_stays_and_the_other_is_answered_with_it() {
    let (mut committee, mut desk) = Committee::found();
    let mut officer = committee.join(&mut desk, Role::Officer);
    let theirs = committee.entry(&officer, intake());
    committee.append(&mut desk, intake());
    for held in [2, 3] {
        officer.log_length = held;
        let response = send(&committee, &mut officer, vec![theirs.clone()]);
        assert_eq!(response.log_appended, 0);
        assert_eq!(response.log, committee.log[2..], "also if the device counted its own entry already");
    }
    let rebased = committee.entry(&officer, intake());
    assert_eq!(send(&committee, &mut officer, vec![rebased]).log_appended, 1);
}

#[test]
fn what_follows_an_entry_that_does_not_fit_is_not_appended() {
    let (mut committee, mut desk) = Committee::found();
    let monitor = committee.join(&mut desk, Role::Monitor);
    let good = committee.entry(&desk, intake());
    let mut view = committee.view.clone();
    view.append(&good).unwrap();
    let by_a_monitor =
        LogEntry::sign(desk.space, (view.length(), view.head()), Timestamp(0), monitor.id, intake(), &monitor.key);
    let response = send(&committee, &mut desk, vec![good, by_a_monitor.clone(), by_a_monitor]);
    assert_eq!(response.log_appended, 1);
}

#[test]
fn a_device_that_was_just_added_can_sync_at_once() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let record = Record::new();
    assert_eq!(committee.write(&mut monitor, vec![record.create(&[epoch()], b"x")]), 1);
}

#[test]
fn a_batch_from_before_its_author_was_a_member_is_refused() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let batch = monitor.batch_at(&committee.view, (1, vigil_protocol::Hash::NONE), 1, vec![]);
    assert_eq!(committee.push(&mut monitor, &batch), BatchOutcome::Refused(RefusalCode::NotAllowed));
}

#[test]
fn a_long_log_comes_in_parts_and_before_any_item() {
    let (mut committee, mut desk) = Committee::found();
    let mut late = committee.join(&mut desk, Role::Desk);
    let mut entries = Vec::new();
    for _ in 0..1500 {
        let entry = committee.entry(&desk, intake());
        committee.view.append(&entry).unwrap();
        entries.push(entry);
    }
    for part in entries.chunks(1000) {
        assert_eq!(send(&committee, &mut desk, part.to_vec()).log_appended, part.len() as u64);
    }
    desk.log_length = committee.view.length();
    committee.write(&mut desk, vec![Record::new().create(&[epoch()], b"under the whole log")]);
    let mut request = late.request();
    request.page_bytes = 100_000;
    let response = committee.sync(&request, &late).unwrap();
    assert!(response.more && response.batches.is_empty() && response.log.len() == 1024);
    late.log_length += 1024;
    let mut request = late.request();
    request.page_bytes = 100_000;
    let response = committee.sync(&request, &late).unwrap();
    assert!(!response.more && response.batches.len() == 1 && response.log.len() == 476);
}

#[test]
fn a_removal_in_the_same_request_is_in_force_for_its_batches() {
    let (mut committee, mut desk) = Committee::found();
    let mut other = committee.join(&mut desk, Role::Desk);
    let batch = other.batch(&committee.view, vec![Record::new().create(&[epoch()], b"x")]);
    // The removed device carries the entry that removes it.
    let mut offline = Committee::found().0;
    offline.view = committee.view.clone();
    let shares = vec![crate::committee::share(desk.id)];
    let body = LogBody::RemoveAndRotate {
        device: other.id,
        last_counter: 0,
        last_hash: vigil_protocol::Hash::NONE,
        epoch_key: vigil_protocol::SealingPublicKey([8; 32]),
        shares,
        previous_encapsulated: vigil_protocol::SealingPublicKey([8; 32]),
        previous_sealed: [0; 48].into(),
    };
    let mut request = other.request();
    request.log = vec![offline.entry(&desk, body)];
    request.batches = vec![vigil_protocol::PushedBatch::from_batch(&batch, None).unwrap()];
    let response = committee.sync(&request, &other).unwrap();
    assert_eq!(response.log_appended, 1);
    assert_eq!(response.outcomes, [BatchOutcome::Refused(RefusalCode::Removed)]);
    assert_eq!(committee.sync(&other.request(), &other).unwrap_err().0, RefusalCode::Removed);
}

#[test]
fn a_suspended_device_is_refused_at_once() {
    let (mut committee, mut desk) = Committee::found();
    let mut officer = committee.join(&mut desk, Role::Officer);
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    committee.write(&mut monitor, vec![Record::new().create(&[epoch()], b"before")]);
    officer.log_length = committee.view.length();
    committee.append(&mut officer, LogBody::Suspend { device: monitor.id, last: None, rotation: None });
    let batch = monitor.batch(&committee.view, vec![Record::new().create(&[epoch()], b"after")]);
    let mut request = monitor.request();
    request.batches = vec![vigil_protocol::PushedBatch::from_batch(&batch, None).unwrap()];
    assert_eq!(committee.sync(&request, &monitor).unwrap_err().0, RefusalCode::Suspended);
    let committee = committee.restart();
    assert_eq!(committee.sync(&monitor.request(), &monitor).unwrap_err().0, RefusalCode::Suspended);
    // What it wrote before is handed out as ever, and nothing of what it wrote afterwards.
    assert_eq!(committee.pull(&mut desk).len(), 1);
}

#[test]
fn a_suspension_in_the_same_request_is_in_force_for_its_batches() {
    let (mut committee, mut desk) = Committee::found();
    let mut officer = committee.join(&mut desk, Role::Officer);
    let batch = officer.batch(&committee.view, vec![Record::new().create(&[epoch()], b"x")]);
    let body = LogBody::Suspend { device: officer.id, last: None, rotation: None };
    let mut request = officer.request();
    request.log = vec![committee.entry(&desk, body)];
    request.batches = vec![vigil_protocol::PushedBatch::from_batch(&batch, None).unwrap()];
    let response = committee.sync(&request, &officer).unwrap();
    assert_eq!(response.outcomes, [BatchOutcome::Refused(RefusalCode::Suspended)]);
}

/// A space with a policy: a desk, an officer, and a member on probation; and the server's clock.
fn with_policy() -> (Committee, Device, Device, Device) {
    let (mut committee, mut desk) = Committee::found_with_policy();
    let officer = committee.admit(&mut desk, Role::Officer, false);
    let probation = committee.admit(&mut desk, Role::Monitor, true);
    desk.log_length = committee.view.length();
    (committee, desk, officer, probation)
}

#[test]
fn one_persons_motion_waits_72_hours_by_the_servers_clock_whatever_its_author_says() {
    let (mut committee, mut desk, officer, _) = with_policy();
    let now = committee.clock.now();
    // The author dates the motion back by three days.
    let back = Timestamp(now.0 - limits::OBJECTION_MS);
    let moved = committee.entry_at(&desk, back, LogBody::Move { motion: Motion::Remove { device: officer.id } });
    committee.view.append(&moved).unwrap();
    assert_eq!(send(&committee, &mut desk, vec![moved.clone()]).log_appended, 1);
    let removal = |committee: &Committee, author: &Device| {
        let rotation = committee.rotation(&officer);
        let removal = Some(Removal { motion: moved.hash(), last: LastBatch::NONE });
        committee.entry_at(author, now, LogBody::Rotate { removal, rotation })
    };
    let entry = removal(&committee, &desk);
    let mut alone = committee.view.clone();
    assert_eq!(alone.append(&entry), Ok(()), "by the word of its author the time has passed");
    committee.clock.advance(limits::OBJECTION_MS - 1);
    assert_eq!(send(&committee, &mut desk, vec![entry.clone()]).log_appended, 0);
    committee.clock.advance(1);
    assert_eq!(send(&committee, &mut desk, vec![entry]).log_appended, 1);
}

#[test]
fn two_persons_wait_for_nothing() {
    let (mut committee, mut desk, mut officer, probation) = with_policy();
    let motion = Motion::Remove { device: probation.id };
    committee.append(&mut desk, LogBody::Move { motion });
    let motion = committee.view.head();
    officer.log_length = committee.view.length();
    committee.append(&mut officer, LogBody::Second { motion });
    desk.log_length = committee.view.length();
    let rotation = committee.rotation(&probation);
    let removal = Some(Removal { motion, last: LastBatch::NONE });
    committee.append(&mut desk, LogBody::Rotate { removal, rotation });
    let mut probation = probation;
    assert_eq!(committee.sync(&probation.request(), &probation).unwrap_err().0, RefusalCode::Removed);
}

#[test]
fn an_entry_from_more_than_a_day_ahead_is_refused() {
    let (committee, mut desk, ..) = with_policy();
    let now = committee.clock.now();
    let at = |ahead| committee.entry_at(&desk, Timestamp(now.0 + ahead), intake());
    let (ahead, near) = (at(limits::MAX_LOG_ENTRY_AHEAD_MS + 1), at(limits::MAX_LOG_ENTRY_AHEAD_MS));
    assert_eq!(send(&committee, &mut desk, vec![ahead]).log_appended, 0);
    assert_eq!(send(&committee, &mut desk, vec![near]).log_appended, 1);
}

#[test]
fn a_member_on_probation_writes_and_is_given_nothing_of_others() {
    let (mut committee, mut desk, mut officer, mut probation) = with_policy();
    let record = Record::new();
    let own = device(&probation);
    committee.write(&mut probation, vec![record.create(&[epoch(), own], b"own")]);
    assert_eq!(committee.pull(&mut desk).len(), 1);
    committee.write(&mut desk, vec![record.edit(b"by the desk"), record.grant(&[own])]);
    assert!(committee.pull(&mut probation).is_empty());
    // Once the probation has ended it is given what waited: the cursor did not pass over it.
    let motion = Motion::EndProbation { device: probation.id };
    committee.append(&mut desk, LogBody::Move { motion });
    let motion = committee.view.head();
    officer.log_length = committee.view.length();
    committee.append(&mut officer, LogBody::Second { motion });
    desk.log_length = committee.view.length();
    committee.append(&mut desk, LogBody::CarryOut { motion, share: None });
    probation.log_length = committee.view.length();
    // Its own save comes along, because the cursor waited before it.
    assert_eq!(committee.pull(&mut probation).len(), 3);
}

#[test]
fn an_answer_says_what_the_servers_clock_says() {
    let (committee, mut desk, ..) = with_policy();
    assert_eq!(send(&committee, &mut desk, vec![]).time, Some(committee.clock.now()));
}
