//! Entries of the membership log: each as it is, then signed again by its claimed author and chained where it stands.

use crate::{Target, fixture};
use vigil_protocol::{LogBody, LogEntry, Membership, Role, canonical};

pub(super) const TARGET: Target = Target { name: "membership", max_len: 16 * 1024, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    if let Ok(entry) = LogEntry::from_bytes(data) {
        assert_eq!(entry.to_bytes(), data, "one meaning, one encoding");
        append(&entry, &mut Vec::from(fixture::log()), &mut fixture::membership().clone());
    }
    let Ok(entries) = canonical::decode::<Vec<LogEntry>>(data) else { return };
    let _ = Membership::from_log(&entries);
    let mut log = Vec::from(fixture::log());
    let mut view = fixture::membership().clone();
    for entry in entries.iter().take(32) {
        append(entry, &mut log, &mut view);
    }
    assert_eq!(Membership::from_log(&log).as_ref(), Ok(&view), "the same log, the same view");
}

fn append(entry: &LogEntry, log: &mut Vec<LogEntry>, view: &mut Membership) {
    let before = view.clone();
    assert!(view.append(entry).is_err() || entry.previous == before.head());
    *view = before.clone();
    let signed = LogEntry::sign(
        fixture::SPACE,
        (view.length(), view.head()),
        entry.time,
        entry.author,
        entry.body.clone(),
        &fixture::key_of(&entry.author),
    );
    let author = before.active_member(&entry.author).map(|member| member.role);
    match view.append(&signed) {
        Ok(()) => {
            assert!(matches!(author, Some(Role::Officer | Role::Desk)), "others may not write");
            assert_eq!(view.length(), before.length() + 1);
            assert_eq!(view.head_at(before.length()), Some(before.head()));
            let leads = |role| matches!(role, Role::Officer | Role::Desk);
            assert!(view.active_members().any(|member| leads(member.role)), "a space keeps somebody who leads");
            let kept = view.desks().next().is_some() || before.desks().next().is_none();
            // The last desk may be suspended when it is stolen; nothing else takes it away.
            let last_word = matches!(signed.body, LogBody::Suspend { .. } | LogBody::Renew { .. });
            assert!(kept || last_word, "a space keeps a desk");
            log.push(signed);
        }
        Err(_) => assert_eq!(*view, before, "a refused entry changes nothing"),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = fixture::log().iter().map(LogEntry::to_bytes).collect();
    seeds.push(canonical::encode(&fixture::log().to_vec()));
    seeds
}
