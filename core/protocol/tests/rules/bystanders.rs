//! Who is counted although she says nothing: members who lead, and for a while those who were suspended.

use crate::committee::{Committee, after, certificate, removal_of};
use vigil_protocol::{Certificate, LogBody, Policy, Role, limits};

fn admission() -> LogBody {
    let not_before = after(limits::SUSPENSION_COUNTS_MS);
    let certificate = Certificate { not_before, ..certificate(20, Role::Monitor) };
    LogBody::Admit { certificate, share: None, cosignatures: vec![] }
}

#[test]
fn an_admission_rests_on_suspended_leaders_only() {
    let mut committee = Committee::found(Policy { admission_signatures: 2, ..Policy::default() });
    committee.admit(1, certificate(3, Role::Officer)).unwrap();
    for new in [
        certificate(4, Role::Officer),
        certificate(5, Role::Monitor),
        Certificate { probation: true, ..certificate(8, Role::Officer) },
    ] {
        committee.admit_with(1, new, &[3]).unwrap();
    }
    let motion = committee.moves(1, removal_of(4)).unwrap();
    committee.second(3, motion).unwrap();
    committee.suspend(1, 4).unwrap();
    committee.remove(1, 4, motion).unwrap();
    for device in [5, 8, 3] {
        committee.suspend(1, device).unwrap();
    }
    let suspension = committee.view.length() - 1;
    committee.now = after(limits::SUSPENSION_COUNTS_MS);
    let entry = committee.entry(1, admission());
    assert_eq!(committee.view.rests_on_time(&entry), [(suspension, limits::SUSPENSION_COUNTS_MS)]);
}

#[test]
fn where_one_person_signs_an_admission_rests_on_nobody() {
    let mut committee = Committee::usual();
    committee.suspend(1, 3).unwrap();
    committee.now = after(limits::SUSPENSION_COUNTS_MS);
    let entry = committee.entry(1, admission());
    assert_eq!(committee.view.rests_on_time(&entry), []);
}
