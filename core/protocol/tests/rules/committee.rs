//! A committee for tests: a space with a policy, and persons with devices whose keys follow from a number.

use vigil_protocol::{
    Certificate, Cosignature, DeviceId, EpochShare, Hash, LastBatch, LogBody, LogEntry, Membership, Motion, PersonId,
    Policy, ProtocolError, Removal, Role, Rotation, SealingPublicKey, SigningKey, SpaceId, Timestamp, limits,
};

/// When the tests begin.
pub const START: Timestamp = Timestamp(1_795_000_000_000);
pub const HOUR: i64 = 60 * 60 * 1000;

/// A time so many milliseconds after the start.
pub fn after(milliseconds: i64) -> Timestamp {
    Timestamp(START.0 + milliseconds)
}

pub fn id(number: u8) -> DeviceId {
    DeviceId([number; 16])
}

pub fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32]).unwrap()
}

pub fn share(number: u8) -> EpochShare {
    EpochShare { device: id(number), encapsulated: SealingPublicKey([0; 32]), sealed: [0; 48].into() }
}

/// A certificate from the start on, for the longest time; the device is a person of its own.
pub fn certificate(number: u8, role: Role) -> Certificate {
    Certificate {
        device: id(number),
        person: PersonId([number; 16]),
        signing_key: key(number).public(),
        sealing_key: SealingPublicKey([number; 32]),
        install_generation: 1,
        role,
        probation: false,
        not_before: START,
        not_after: after(limits::MAX_CERTIFICATE_MS),
        epoch: 0,
        sealed_details: vec![number; 40].into(),
    }
}

pub fn founding(policy: Policy, founder: Certificate) -> LogEntry {
    let body = LogBody::Found {
        founder,
        epoch_key: SealingPublicKey([200; 32]),
        recovery_key: SealingPublicKey([201; 32]),
        share: share(1),
        recovery_encapsulated: SealingPublicKey([0; 32]),
        recovery_sealed: [0; 48].into(),
        policy,
    };
    LogEntry::sign(SpaceId([9; 16]), (0, Hash::NONE), START, id(1), body, &key(1))
}

/// The space with its whole log, so that a test can ask whether the log alone gives the same view.
pub struct Committee {
    pub view: Membership,
    pub log: Vec<LogEntry>,
    pub now: Timestamp,
}

impl Committee {
    /// Device 1 founds it, as a desk.
    pub fn found(policy: Policy) -> Self {
        let genesis = founding(policy, certificate(1, Role::Desk));
        Self { view: Membership::from_genesis(&genesis).unwrap(), log: vec![genesis], now: START }
    }

    /// A committee with the policy of every day: desks 1 and 2, officers 3 and 4, monitor 5, volunteer 6, auditor 7, and
    /// officer 8 on probation.
    pub fn usual() -> Self {
        let mut committee = Self::found(Policy::default());
        let roles = [Role::Desk, Role::Officer, Role::Officer, Role::Monitor, Role::Volunteer, Role::Auditor];
        for (number, role) in (2u8..).zip(roles) {
            committee.admit(1, certificate(number, role)).unwrap();
        }
        committee.admit(1, Certificate { probation: true, ..certificate(8, Role::Officer) }).unwrap();
        committee
    }

    /// The next entry, signed and not appended.
    pub fn entry(&self, author: u8, body: LogBody) -> LogEntry {
        let at = (self.view.length(), self.view.head());
        LogEntry::sign(self.view.space(), at, self.now, id(author), body, &key(author))
    }

    /// Appends an entry. A refused one must leave the view as it was.
    pub fn write(&mut self, author: u8, body: LogBody) -> Result<(), ProtocolError> {
        let entry = self.entry(author, body);
        let before = self.view.clone();
        let result = self.view.append(&entry);
        match &result {
            Ok(()) => self.log.push(entry),
            Err(_) => assert_eq!(self.view, before, "a refused entry changes nothing"),
        }
        result
    }

    pub fn admit(&mut self, author: u8, certificate: Certificate) -> Result<(), ProtocolError> {
        self.admit_with(author, certificate, &[])
    }

    pub fn admit_with(&mut self, author: u8, certificate: Certificate, signers: &[u8]) -> Result<(), ProtocolError> {
        let share = (certificate.role == Role::Desk).then(|| share(certificate.device.0[0]));
        let cosignatures = self.cosign(&certificate, signers);
        self.write(author, LogBody::Admit { certificate, share, cosignatures })
    }

    pub fn renew_with(&mut self, author: u8, certificate: Certificate, signers: &[u8]) -> Result<(), ProtocolError> {
        let cosignatures = self.cosign(&certificate, signers);
        self.write(author, LogBody::Renew { certificate, cosignatures })
    }

    pub fn renew(&mut self, author: u8, certificate: Certificate) -> Result<(), ProtocolError> {
        self.renew_with(author, certificate, &[])
    }

    fn cosign(&self, certificate: &Certificate, signers: &[u8]) -> Vec<Cosignature> {
        let sign = |number: &u8| Cosignature::sign(certificate, &self.view.space(), id(*number), &key(*number));
        signers.iter().map(sign).collect()
    }

    pub fn suspend(&mut self, author: u8, device: u8) -> Result<(), ProtocolError> {
        let body = LogBody::Suspend { device: id(device), last: Some(LastBatch::NONE), rotation: None };
        self.write(author, body)
    }

    /// Moves, and gives the motion's name.
    pub fn moves(&mut self, author: u8, motion: Motion) -> Result<Hash, ProtocolError> {
        self.write(author, LogBody::Move { motion })?;
        Ok(self.view.head())
    }

    pub fn second(&mut self, author: u8, motion: Hash) -> Result<(), ProtocolError> {
        self.write(author, LogBody::Second { motion })
    }

    pub fn object(&mut self, author: u8, motion: Hash) -> Result<(), ProtocolError> {
        self.write(author, LogBody::Object { motion })
    }

    pub fn carry_out(&mut self, author: u8, motion: Hash) -> Result<(), ProtocolError> {
        self.write(author, LogBody::CarryOut { motion, share: None })
    }

    /// A new epoch for all active desks but one.
    pub fn rotation(&self, left_out: Option<u8>) -> Rotation {
        let desks = self.view.desks().map(|desk| desk.device.0[0]).filter(|number| left_out != Some(*number));
        Rotation {
            epoch_key: SealingPublicKey([210 + u8::try_from(self.view.epoch()).unwrap(); 32]),
            shares: desks.map(share).collect(),
            previous_encapsulated: SealingPublicKey([0; 32]),
            previous_sealed: [0; 48].into(),
            recovery_encapsulated: SealingPublicKey([0; 32]),
            recovery_sealed: [0; 48].into(),
        }
    }

    pub fn remove(&mut self, author: u8, device: u8, motion: Hash) -> Result<(), ProtocolError> {
        let removal = Some(Removal { motion, last: LastBatch::NONE });
        let rotation = self.rotation(Some(device));
        self.write(author, LogBody::Rotate { removal, rotation })
    }
}

pub fn removal_of(number: u8) -> Motion {
    Motion::Remove { device: id(number) }
}

/// Whether a rule of the log refused it (and not a signature, a chain or a limit).
pub fn refused<T>(result: Result<T, ProtocolError>) -> bool {
    matches!(result, Err(ProtocolError::NotAllowed { .. }))
}

pub fn too_large<T>(result: Result<T, ProtocolError>) -> bool {
    matches!(result, Err(ProtocolError::TooLarge { .. }))
}
