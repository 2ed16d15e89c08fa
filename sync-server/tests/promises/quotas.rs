//! What a server does when it is full: it says so, keeps everything it has, and goes on when there is room.

use crate::committee::{Committee, Record, epoch};
use vigil_protocol::{BatchOutcome, RefusalCode};
use vigil_sync_server::Quotas;

const BUSY: BatchOutcome = BatchOutcome::Refused(RefusalCode::Busy);

#[test]
fn a_full_account_takes_no_more_until_something_is_erased() {
    for quotas in [
        Quotas { items_per_device: 2, ..Quotas::default() },
        Quotas { items_per_space: 2, ..Quotas::default() },
        Quotas { bytes_per_device: 5_000, ..Quotas::default() },
        Quotas { bytes_per_space: 5_000, ..Quotas::default() },
    ] {
        let (committee, mut desk) = Committee::found_with(quotas);
        let first = Record::new();
        committee.write(&mut desk, vec![first.create(&[epoch()], &[1; 1800])]);
        committee.write(&mut desk, vec![Record::new().create(&[epoch()], &[2; 1800])]);
        let place = desk.chain;
        let third = desk.batch(&committee.view, vec![Record::new().create(&[epoch()], &[3; 1200])]);
        assert_eq!(committee.push(&mut desk, &third), BUSY);
        assert_eq!(committee.push(&mut desk, &third), BUSY, "it took no place in the chain");
        assert_eq!(desk.chain.0, place.0 + 1);
    }
}

#[test]
fn erasing_makes_room() {
    let (committee, mut desk) = Committee::found_with(Quotas { items_per_device: 3, ..Quotas::default() });
    let records = [Record::new(), Record::new()];
    for record in records {
        committee.write(&mut desk, vec![record.create(&[epoch()], b"x")]);
    }
    committee.write(&mut desk, vec![records[0].tombstone()]);
    let committee = committee.restart();
    committee.write(&mut desk, vec![Record::new().create(&[epoch()], b"x")]);
    let over = desk.batch(&committee.view, vec![Record::new().create(&[epoch()], b"x")]);
    assert_eq!(committee.push(&mut desk, &over), BUSY);
}
