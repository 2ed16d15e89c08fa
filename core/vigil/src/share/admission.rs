//! A path of admissions: the log entries that lead from a space's first entry to one device as it is now.
//! It promises that persons whom the founder admitted, directly or through others, admitted this device, as many as the policy
//! that the path shows asks for, and gave it its role. It shows nothing else of the log: not that the device, or whoever
//! admitted it, was not closed out or lowered since, nor that a motion of one person met no objection.

use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{
    Certificate, Cosignature, DeviceId, Hash, LogBody, LogEntry, Member, Membership, Motion, PersonId, Policy,
    ProtocolError, Purpose, Role, SUITE, Signature, SigningPublicKey, SpaceId, limits, verify,
};

/// Longest path.
pub(crate) const MAX_PATH: usize = 48;

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

/// The device that an entry admits or gives another role, as far as the entry alone says it.
fn concerns(log: &BTreeMap<Hash, &LogEntry>, entry: &LogEntry) -> Option<DeviceId> {
    match &entry.body {
        LogBody::Genesis { founder, .. } => Some(founder.device),
        LogBody::Found { founder, .. } => Some(founder.device),
        LogBody::Add { member, .. } => Some(member.device),
        LogBody::Admit { certificate, .. } | LogBody::Renew { certificate, .. } => Some(certificate.device),
        LogBody::CarryOut { motion, .. } => match &log.get(motion)?.body {
            LogBody::Move { motion: Motion::Raise { device, .. } | Motion::EndProbation { device } } => Some(*device),
            LogBody::Move { motion: Motion::Recover { certificate } } => Some(certificate.device),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a renewal leaves the role as it was: then it says nothing that a path needs.
fn renews_only(log: &[LogEntry], entry: &LogEntry) -> bool {
    let LogBody::Renew { certificate, .. } = &entry.body else { return false };
    let before = usize::try_from(entry.index).unwrap_or(usize::MAX);
    let view = Membership::from_log(log.iter().take(before)).ok();
    view.and_then(|view| Some(view.member(&certificate.device)?.role == certificate.role)).unwrap_or(false)
}

/// The entries that lead to a device, the first entry first. `None` if the log does not admit it, or by too long a way.
pub(crate) fn admission_path(log: &[LogEntry], device: &DeviceId) -> Option<Vec<LogEntry>> {
    let by_hash: BTreeMap<Hash, &LogEntry> = log.iter().map(|entry| (entry.hash(), entry)).collect();
    let mut path: BTreeMap<u64, &LogEntry> = BTreeMap::new();
    // Devices whose standing before an index the path has to show.
    let mut wanted: Vec<(DeviceId, u64)> = vec![(*device, u64::MAX)];
    let mut shown: BTreeMap<DeviceId, u64> = BTreeMap::new();
    let mut policy_shown = 0;
    while let Some((device, before)) = wanted.pop() {
        if shown.get(&device).is_some_and(|until| *until >= before) {
            continue;
        }
        shown.insert(device, before);
        let until = log.iter().filter(|entry| entry.index < before);
        let (mut found, mut admitted) = (Vec::new(), false);
        for entry in until.filter(|entry| concerns(&by_hash, entry) == Some(device)) {
            admitted |= !matches!(entry.body, LogBody::Renew { .. });
            if !renews_only(log, entry) {
                found.push(entry);
            }
        }
        if !admitted {
            return None;
        }
        // What the policy was when somebody was admitted by it.
        let newest = found.iter().map(|entry| entry.index).max().unwrap_or(0);
        for entry in log.iter().filter(|entry| entry.index < newest && entry.index >= policy_shown) {
            let LogBody::CarryOut { motion, .. } = &entry.body else { continue };
            let changes = matches!(by_hash.get(motion)?.body, LogBody::Move { motion: Motion::ChangePolicy { .. } });
            found.extend(changes.then_some(entry));
        }
        policy_shown = policy_shown.max(newest);
        while let Some(entry) = found.pop() {
            if path.insert(entry.index, entry).is_some() || entry.index == 0 {
                continue;
            }
            wanted.push((entry.author, entry.index));
            match &entry.body {
                LogBody::Admit { cosignatures, .. } | LogBody::Renew { cosignatures, .. } => {
                    wanted.extend(cosignatures.iter().map(|signed| (signed.device, entry.index)));
                }
                LogBody::CarryOut { motion, .. } => {
                    found.push(by_hash.get(motion)?);
                    let seconds = |later: &&LogEntry| {
                        later.index < entry.index
                            && matches!(&later.body, LogBody::Second { motion: of } if of == motion)
                    };
                    found.extend(log.iter().filter(seconds));
                }
                _ => {}
            }
            if path.len() > MAX_PATH {
                return None;
            }
        }
    }
    Some(path.into_values().cloned().collect())
}

/// A member as a path shows it.
struct Shown {
    person: PersonId,
    key: SigningPublicKey,
    role: Role,
    probation: bool,
}

impl Shown {
    fn of(member: &Member) -> Self {
        let Member { person, signing_key, role, probation, .. } = member;
        Self { person: *person, key: *signing_key, role: *role, probation: *probation }
    }

    fn certified(certificate: &Certificate) -> Self {
        let Certificate { person, signing_key, role, probation, .. } = certificate;
        Self { person: *person, key: *signing_key, role: *role, probation: *probation }
    }

    fn leads(&self) -> bool {
        self.role.leads() && !self.probation
    }
}

/// What the entries of a path have shown so far.
struct Walk {
    space: SpaceId,
    policy: Option<Policy>,
    members: BTreeMap<DeviceId, Shown>,
    /// Motions by their name, with the persons who moved and seconded them.
    motions: BTreeMap<Hash, (Motion, BTreeSet<PersonId>)>,
}

const fn not_allowed(why: &'static str) -> ProtocolError {
    ProtocolError::NotAllowed { why }
}

impl Walk {
    /// Whoever leads and signed this.
    fn leader(&self, device: &DeviceId) -> Result<&Shown, ProtocolError> {
        self.members
            .get(device)
            .filter(|member| member.leads())
            .ok_or(not_allowed("whoever admits was admitted before, and leads"))
    }

    /// Takes an entry in; gives the device that it admits or changes.
    fn take(&mut self, entry: &LogEntry) -> Result<Option<DeviceId>, ProtocolError> {
        if entry.suite != SUITE || entry.space != self.space {
            return Err(ProtocolError::BrokenChain { what: "path of admissions" });
        }
        let author = self.leader(&entry.author)?;
        verify(&author.key, Purpose::LogEntry, &entry.hash(), &entry.signature, "admission")?;
        let (author_role, person) = (author.role, author.person);
        match &entry.body {
            LogBody::Add { member, .. } if self.policy.is_none() => {
                let (device, key) = (member.device, member.signing_key);
                let person = PersonId::of_device(&device);
                self.admit(author_role, device, Shown { person, key, role: member.role, probation: false })?;
                Ok(Some(device))
            }
            LogBody::Admit { certificate, cosignatures, .. } => {
                self.check_signatures(person, certificate, cosignatures)?;
                self.admit(author_role, certificate.device, Shown::certified(certificate))?;
                Ok(Some(certificate.device))
            }
            LogBody::Renew { certificate, cosignatures } => {
                self.check_signatures(person, certificate, cosignatures)?;
                let Some(member) = self.members.get_mut(&certificate.device) else {
                    return Err(not_allowed("a member's certificate is renewed"));
                };
                if member.key != certificate.signing_key || !member.role.covers(certificate.role) {
                    return Err(not_allowed("a renewal gives nothing more"));
                }
                member.role = certificate.role;
                Ok(Some(certificate.device))
            }
            LogBody::Move { motion } => {
                self.motions.insert(entry.hash(), (motion.clone(), BTreeSet::from([person])));
                Ok(None)
            }
            LogBody::Second { motion } => {
                let moved = self.motions.get_mut(motion).ok_or(not_allowed("there is no such motion"))?;
                moved.1.insert(person);
                Ok(None)
            }
            LogBody::CarryOut { motion, .. } => self.carry_out(author_role, motion),
            _ => Err(not_allowed("a path has admissions and changes of role only")),
        }
    }

    fn admit(&mut self, by: Role, device: DeviceId, member: Shown) -> Result<(), ProtocolError> {
        if (member.role == Role::Desk && by != Role::Desk) || self.members.contains_key(&device) {
            return Err(not_allowed("officers and desks admit, each device once, and a desk admits desks"));
        }
        self.members.insert(device, member);
        Ok(())
    }

    /// As many persons as the policy asks for, or as many as the path shows that there were.
    fn check_signatures(
        &self,
        author: PersonId,
        certificate: &Certificate,
        cosignatures: &[Cosignature],
    ) -> Result<(), ProtocolError> {
        if cosignatures.len() > limits::MAX_COSIGNATURES {
            return Err(ProtocolError::TooLarge { what: "cosignatures", limit: limits::MAX_COSIGNATURES });
        }
        let mut persons = BTreeSet::from([author]);
        for cosignature in cosignatures {
            let signer = self.leader(&cosignature.device)?;
            cosignature.verify(certificate, &self.space, &signer.key)?;
            persons.insert(signer.person);
        }
        let there = self.members.values().filter(|member| member.leads()).map(|member| member.person);
        let there = there.collect::<BTreeSet<_>>().len();
        let asked = self.policy.as_ref().map_or(1, |policy| usize::from(policy.admission_signatures));
        if persons.len() < asked.min(there) {
            return Err(not_allowed("the policy asks for two persons on a certificate"));
        }
        Ok(())
    }

    fn carry_out(&mut self, by: Role, hash: &Hash) -> Result<Option<DeviceId>, ProtocolError> {
        let (motion, persons) = self.motions.remove(hash).ok_or(not_allowed("there is no such motion"))?;
        let policy = self.policy.clone().unwrap_or_default();
        let needed = match &motion {
            Motion::Recover { .. } => policy.recovery_persons,
            Motion::ChangePolicy { .. } => policy.removal_persons.max(policy.recovery_persons),
            _ => limits::MIN_QUORUM,
        };
        // Whoever gains has no seat.
        let gains = motion.device().filter(|_| motion.gives()).and_then(|device| self.members.get(&device));
        let gains = gains.map(|member| member.person);
        if persons.iter().filter(|person| Some(**person) != gains).count() < usize::from(needed) {
            return Err(not_allowed("a path shows no motion that fewer persons carried by waiting"));
        }
        match motion {
            Motion::Raise { device, role } => {
                let may = role != Role::Desk || by == Role::Desk;
                let member = self.members.get_mut(&device).filter(|member| may && member.role.is_raised_by(role));
                member.ok_or(not_allowed("a member gets a higher role"))?.role = role;
                Ok(Some(device))
            }
            Motion::EndProbation { device } => {
                self.members.get_mut(&device).ok_or(not_allowed("a member's probation ends"))?.probation = false;
                Ok(Some(device))
            }
            Motion::Recover { certificate } => {
                self.admit(Role::Desk, certificate.device, Shown::certified(&certificate))?;
                Ok(Some(certificate.device))
            }
            Motion::ChangePolicy { policy } => {
                policy.check()?;
                self.policy = Some(policy);
                Ok(None)
            }
            _ => Err(not_allowed("a path has admissions and changes of role only")),
        }
    }
}

/// Who signed a letter for her space: the device at the end of a path, which has to lead there.
pub(crate) fn verify_speaker(
    path: &[LogEntry],
    purpose: Purpose,
    digest: &Hash,
    signature: &Signature,
    what: &'static str,
) -> Result<Admitted, ProtocolError> {
    let sender = verify_path(path)?;
    sender.check_speaks_for_space()?;
    verify(&sender.key, purpose, digest, signature, what)?;
    Ok(sender)
}

/// Checks a path from outside; gives the device that it ends with.
///
/// # Errors
/// [`ProtocolError`] if an entry is not signed by somebody whom the path made a member before and who may admit.
pub(crate) fn verify_path(path: &[LogEntry]) -> Result<Admitted, ProtocolError> {
    if path.len() > MAX_PATH {
        return Err(ProtocolError::TooLarge { what: "path of admissions", limit: MAX_PATH });
    }
    let (first, later) = path.split_first().ok_or(not_allowed("a path begins with a first entry"))?;
    let membership = Membership::from_genesis(first)?;
    let (founder, _) = first.body.founder().ok_or(not_allowed("a path begins with a first entry"))?;
    let members = membership.members().into_iter().map(|member| (member.device, Shown::of(member))).collect();
    let policy = membership.policy().cloned();
    let mut walk = Walk { space: membership.space(), policy, members, motions: BTreeMap::new() };
    let (mut last, mut index) = (founder, first.index);
    for entry in later {
        if entry.index <= index {
            return Err(ProtocolError::BrokenChain { what: "path of admissions" });
        }
        index = entry.index;
        last = walk.take(entry)?.unwrap_or(last);
    }
    let member = walk.members.get(&last).ok_or(not_allowed("the path leads to nobody"))?;
    Ok(Admitted {
        space: walk.space,
        genesis: membership.genesis(),
        device: last,
        key: member.key,
        role: member.role,
        probation: member.probation,
    })
}

impl Admitted {
    /// Refuses whoever may not speak for the space to another one.
    pub(crate) fn check_speaks_for_space(&self) -> Result<(), ProtocolError> {
        if self.role.leads() && !self.probation {
            Ok(())
        } else {
            Err(ProtocolError::NotAllowed { why: "officers and desks speak for a space, and nobody on probation" })
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

    /// A founded space: two officers admitted by the founder, then a third device as the policy asks.
    mod founded {
        use super::super::super::hostile::fixture::{device, key};
        use super::*;
        use vigil_protocol::{EpochShare, SealingPublicKey, Timestamp};

        const SPACE: SpaceId = SpaceId([5; 16]);
        const START: i64 = 1_795_000_000_000;

        pub(super) struct Log {
            entries: Vec<LogEntry>,
            view: Membership,
        }

        pub(super) fn certificate(number: u8, role: Role, probation: bool) -> Certificate {
            Certificate {
                device: device(number),
                person: PersonId([number; 16]),
                signing_key: key(number).unwrap().public(),
                sealing_key: SealingPublicKey([number; 32]),
                install_generation: 1,
                role,
                probation,
                not_before: Timestamp(START),
                not_after: Timestamp(START + limits::MAX_CERTIFICATE_MS),
                epoch: 0,
                sealed_details: Vec::new().into(),
            }
        }

        impl Log {
            pub(super) fn new(signatures: u8) -> Self {
                let sealed = |number| EpochShare {
                    device: device(number),
                    encapsulated: SealingPublicKey([9; 32]),
                    sealed: [0; 48].into(),
                };
                let body = LogBody::Found {
                    founder: certificate(1, Role::Desk, false),
                    epoch_key: SealingPublicKey([7; 32]),
                    recovery_key: SealingPublicKey([8; 32]),
                    share: sealed(1),
                    recovery_encapsulated: SealingPublicKey([9; 32]),
                    recovery_sealed: [0; 48].into(),
                    policy: Policy { admission_signatures: signatures, ..Policy::default() },
                };
                let at = (0, Hash::NONE);
                let entry = LogEntry::sign(SPACE, at, Timestamp(START), device(1), body, &key(1).unwrap());
                let view = Membership::from_genesis(&entry).unwrap();
                Self { entries: vec![entry], view }
            }

            /// Writes an entry past every rule; gives its hash.
            pub(super) fn force(&mut self, author: u8, body: LogBody) -> Hash {
                let at = (self.entries.len() as u64, self.entries.last().unwrap().hash());
                let entry = LogEntry::sign(SPACE, at, Timestamp(START), device(author), body, &key(author).unwrap());
                self.entries.push(entry);
                self.entries.last().unwrap().hash()
            }

            pub(super) fn write(&mut self, author: u8, body: LogBody) -> Hash {
                let hash = self.force(author, body);
                self.view.append(self.entries.last().unwrap()).unwrap();
                hash
            }

            pub(super) fn admit(&self, number: u8, role: Role, probation: bool, signers: &[u8]) -> LogBody {
                let certificate = certificate(number, role, probation);
                let sign =
                    |signer: &u8| Cosignature::sign(&certificate, &SPACE, device(*signer), &key(*signer).unwrap());
                let cosignatures = signers.iter().map(sign).collect();
                LogBody::Admit { certificate, share: None, cosignatures }
            }

            pub(super) fn path(&self, number: u8) -> Vec<LogEntry> {
                admission_path(&self.entries, &device(number)).unwrap()
            }

            pub(super) fn walk(&self, number: u8) -> Result<Admitted, ProtocolError> {
                verify_path(&self.path(number))
            }
        }
    }

    use founded::Log;

    #[test]
    fn in_a_space_with_a_policy_the_path_holds_the_admissions_of_all_who_signed() {
        let mut log = Log::new(2);
        log.write(1, log.admit(2, Role::Officer, false, &[]));
        log.write(1, log.admit(4, Role::Officer, false, &[2]));
        log.write(1, log.admit(9, Role::Monitor, false, &[4]));
        log.write(2, log.admit(3, Role::Officer, false, &[4]));
        let path = log.path(3);
        assert_eq!(path.len(), 4, "the monitor is nobody's business");
        let admitted = verify_path(&path).unwrap();
        assert_eq!((admitted.device, admitted.role), (fixture::device(3), Role::Officer));
        assert!(admitted.check_speaks_for_space().is_ok());
        // Without whoever signed, or without the second signature, it shows nothing.
        let without: Vec<LogEntry> = path.iter().filter(|entry| entry.index != 2).cloned().collect();
        assert!(verify_path(&without).is_err());
        log.force(2, log.admit(6, Role::Officer, false, &[]));
        assert!(log.walk(6).is_err());
        log.force(2, log.admit(7, Role::Officer, false, &[2]));
        assert!(log.walk(7).is_err(), "one person who signs twice is one");
    }

    #[test]
    fn nobody_on_probation_speaks_for_a_space_until_two_persons_end_it() {
        let mut log = Log::new(1);
        log.write(1, log.admit(2, Role::Officer, false, &[]));
        log.write(1, log.admit(3, Role::Officer, true, &[]));
        let before = log.walk(3).unwrap();
        assert!(before.probation && before.check_speaks_for_space().is_err());
        let motion = log.write(1, LogBody::Move { motion: Motion::EndProbation { device: fixture::device(3) } });
        log.write(2, LogBody::Second { motion });
        log.write(1, LogBody::CarryOut { motion, share: None });
        assert!(log.walk(3).unwrap().check_speaks_for_space().is_ok());
    }

    #[test]
    fn a_role_that_two_persons_raised_shows_and_one_that_a_single_person_raised_does_not() {
        let mut log = Log::new(1);
        log.write(1, log.admit(2, Role::Officer, false, &[]));
        log.write(1, log.admit(3, Role::Monitor, false, &[]));
        assert!(log.walk(3).unwrap().check_speaks_for_space().is_err());
        let motion = Motion::Raise { device: fixture::device(3), role: Role::Officer };
        let moved = log.write(2, LogBody::Move { motion: motion.clone() });
        log.write(1, LogBody::Second { motion: moved });
        log.write(2, LogBody::CarryOut { motion: moved, share: None });
        assert_eq!(log.walk(3).unwrap().role, Role::Officer);
        let lowered = founded::certificate(3, Role::Monitor, false);
        log.write(1, LogBody::Renew { certificate: lowered, cosignatures: Vec::new() });
        assert_eq!(log.walk(3).unwrap().role, Role::Monitor, "and lowered again");
        let alone = log.force(2, LogBody::Move { motion });
        log.force(2, LogBody::CarryOut { motion: alone, share: None });
        assert!(log.walk(3).is_err());
    }
}
