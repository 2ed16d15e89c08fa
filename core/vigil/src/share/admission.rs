//! A path of admissions: the log entries that lead from a space's genesis to one device.
//! It promises that somebody whom the founder admitted, directly or through others, admitted this device; it shows nothing
//! else of the log, and it cannot show that the device was not removed since.

use std::collections::BTreeMap;
use vigil_protocol::{
    DeviceId, Hash, LogBody, LogEntry, Membership, NewMember, ProtocolError, Purpose, Role, SigningPublicKey, SpaceId,
    verify,
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
}

/// Whom an entry makes a member.
fn member_of(entry: &LogEntry) -> Option<&NewMember> {
    match &entry.body {
        LogBody::Genesis { founder, .. } => Some(founder),
        LogBody::Add { member, .. } => Some(member),
        _ => None,
    }
}

/// The entries that lead to a device, genesis first. `None` if the log does not add it, or by too long a way.
pub(crate) fn admission_path(log: &[LogEntry], device: &DeviceId) -> Option<Vec<LogEntry>> {
    let mut path: Vec<LogEntry> = Vec::new();
    let mut wanted = *device;
    loop {
        let entry = log.iter().find(|entry| member_of(entry).is_some_and(|member| member.device == wanted))?;
        path.push(entry.clone());
        if matches!(entry.body, LogBody::Genesis { .. }) {
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
    let LogBody::Genesis { founder, .. } = &genesis.body else {
        return Err(not_allowed("a path begins with a genesis"));
    };
    let mut members: BTreeMap<DeviceId, &NewMember> = BTreeMap::from([(founder.device, founder)]);
    let mut last = founder;
    for entry in additions {
        let LogBody::Add { member, .. } = &entry.body else {
            return Err(not_allowed("a path has admissions only"));
        };
        if entry.suite != vigil_protocol::SUITE || entry.space != membership.space() {
            return Err(ProtocolError::BrokenChain { what: "path of admissions" });
        }
        let author = members.get(&entry.author).ok_or(not_allowed("whoever admits was admitted before"))?;
        let may = author.role == Role::Desk || (author.role == Role::Officer && member.role != Role::Desk);
        if !may || members.contains_key(&member.device) {
            return Err(not_allowed("officers and desks admit, each device once"));
        }
        verify(&author.signing_key, Purpose::LogEntry, &entry.hash(), &entry.signature, "admission")?;
        members.insert(member.device, member);
        last = member;
    }
    Ok(Admitted {
        space: membership.space(),
        genesis: membership.genesis(),
        device: last.device,
        key: last.signing_key,
        role: last.role,
    })
}

impl Admitted {
    /// Refuses whoever may not speak for the space to another one.
    pub(crate) fn check_speaks_for_space(&self) -> Result<(), ProtocolError> {
        if matches!(self.role, Role::Officer | Role::Desk) {
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
        assert!(Admitted { role: Role::Volunteer, ..admitted }.check_speaks_for_space().is_err());
    }
}
