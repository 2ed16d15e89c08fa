//! A path of admissions: the log entries that lead from a space's genesis to one device.
//! It promises that somebody whom the founder admitted, directly or through others, admitted this device; it shows nothing
//! else of the log: not whether a second person signed, and not whether the device was removed since.

use std::collections::BTreeMap;
use vigil_protocol::{
    DeviceId, Hash, LogBody, LogEntry, Membership, ProtocolError, Purpose, Role, SigningPublicKey, SpaceId, verify,
};

/// Longest path.
pub(crate) const MAX_PATH: usize = 32;

/// The device at the end of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) space: SpaceId,
    pub(crate) genesis: Hash,
    pub(crate) device: DeviceId,
    pub(crate) key: SigningPublicKey,
    pub(crate) role: Role,
    pub(crate) probation: bool,
}

/// Whom an entry makes a member.
#[derive(Clone, Copy)]
struct Named {
    device: DeviceId,
    key: SigningPublicKey,
    role: Role,
    probation: bool,
}

/// By name in a space of the first days, by a certificate in one with a policy.
fn named_by(entry: &LogEntry) -> Option<Named> {
    match &entry.body {
        LogBody::Genesis { founder: member, .. } | LogBody::Add { member, .. } => {
            Some(Named { device: member.device, key: member.signing_key, role: member.role, probation: false })
        }
        LogBody::Found { founder: member, .. } | LogBody::Admit { certificate: member, .. } => Some(Named {
            device: member.device,
            key: member.signing_key,
            role: member.role,
            probation: member.probation,
        }),
        _ => None,
    }
}

fn begins(entry: &LogEntry) -> bool {
    entry.body.founder().is_some()
}

/// The entries that lead to a device, genesis first. `None` if the log does not add it, or by too long a way.
pub(crate) fn admission_path(log: &[LogEntry], device: &DeviceId) -> Option<Vec<LogEntry>> {
    let mut path: Vec<LogEntry> = Vec::new();
    let mut wanted = *device;
    loop {
        let entry = log.iter().find(|entry| named_by(entry).is_some_and(|named| named.device == wanted))?;
        path.push(entry.clone());
        if begins(entry) {
            path.reverse();
            return Some(path);
        }
        if path.len() >= MAX_PATH {
            return None;
        }
        wanted = entry.author;
    }
}

/// Checks a path from outside; gives the device that it ends with.
///
/// # Errors
/// [`ProtocolError`] if an entry is not signed by somebody whom the path made a member before and who may admit.
pub(crate) fn verify_path(path: &[LogEntry]) -> Result<Admitted, ProtocolError> {
    let not_allowed = |why| ProtocolError::NotAllowed { why };
    if path.len() > MAX_PATH {
        return Err(ProtocolError::TooLarge { what: "path of admissions", limit: MAX_PATH });
    }
    let (genesis, additions) = path.split_first().ok_or(not_allowed("a path begins with a genesis"))?;
    let membership = Membership::from_genesis(genesis)?;
    let founder = named_by(genesis).ok_or(not_allowed("a path begins with a genesis"))?;
    let mut members = BTreeMap::from([(founder.device, founder)]);
    let mut last = founder;
    for entry in additions {
        let named = named_by(entry).filter(|_| !begins(entry)).ok_or(not_allowed("a path has admissions only"))?;
        if membership.policy().is_some() && matches!(entry.body, LogBody::Add { .. }) {
            return Err(not_allowed("a device is admitted by a certificate"));
        }
        if entry.suite != vigil_protocol::SUITE || entry.space != membership.space() {
            return Err(ProtocolError::BrokenChain { what: "path of admissions" });
        }
        let author = members.get(&entry.author).ok_or(not_allowed("whoever admits was admitted before"))?;
        let may = author.role == Role::Desk || (author.role == Role::Officer && named.role != Role::Desk);
        if !may || author.probation || members.contains_key(&named.device) {
            return Err(not_allowed("officers and desks admit, each device once"));
        }
        verify(&author.key, Purpose::LogEntry, &entry.hash(), &entry.signature, "admission")?;
        members.insert(named.device, named);
        last = named;
    }
    Ok(Admitted {
        space: membership.space(),
        genesis: membership.genesis(),
        device: last.device,
        key: last.key,
        role: last.role,
        probation: last.probation,
    })
}

impl Admitted {
    /// Refuses whoever may not speak for the space to another one.
    pub(crate) fn check_speaks_for_space(&self) -> Result<(), ProtocolError> {
        if matches!(self.role, Role::Officer | Role::Desk) && !self.probation {
            Ok(())
        } else {
            Err(ProtocolError::NotAllowed { why: "officers and desks speak for a space" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hostile::fixture;
    use super::*;

    #[test]
    fn a_path_leads_from_the_genesis_to_a_device_and_to_no_other() {
        let log = fixture::log().unwrap();
        for number in 1..=3u8 {
            let path = admission_path(&log, &fixture::device(number)).unwrap();
            let admitted = verify_path(&path).unwrap();
            assert_eq!(
                (admitted.device, admitted.key),
                (fixture::device(number), fixture::key(number).unwrap().public())
            );
            assert_eq!(admitted.genesis, log[0].hash());
            assert_eq!(path.len(), usize::from(number.min(3)));
        }
        assert!(admission_path(&log, &fixture::device(9)).is_none());
    }

    #[test]
    fn a_path_with_a_gap_a_forged_entry_or_a_founder_of_its_own_is_refused() {
        let path = admission_path(&fixture::log().unwrap(), &fixture::device(3)).unwrap();
        assert!(verify_path(&[]).is_err() && verify_path(&path[1..]).is_err());
        let gap = [path[0].clone(), path[2].clone()];
        assert!(matches!(verify_path(&gap), Err(ProtocolError::NotAllowed { .. })));
        let mut forged = path.clone();
        if let LogBody::Add { member, .. } = &mut forged[2].body {
            member.role = Role::Desk;
        }
        assert!(verify_path(&forged).is_err());
        let twice = [path.clone(), vec![path[2].clone()]].concat();
        assert!(verify_path(&twice).is_err());
        assert!(matches!(verify_path(&vec![path[0].clone(); MAX_PATH + 1]), Err(ProtocolError::TooLarge { .. })));
    }

    #[test]
    fn a_volunteer_speaks_for_no_space() {
        let path = admission_path(&fixture::log().unwrap(), &fixture::device(3)).unwrap();
        let admitted = verify_path(&path).unwrap();
        assert!(admitted.check_speaks_for_space().is_ok());
        assert!(Admitted { role: Role::Volunteer, ..admitted.clone() }.check_speaks_for_space().is_err());
        assert!(Admitted { probation: true, ..admitted }.check_speaks_for_space().is_err());
    }
}
