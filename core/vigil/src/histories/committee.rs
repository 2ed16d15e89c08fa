//! The two spaces that every history begins with, and the keys of their devices.
//! They promise to be the same in every history: the log up to here is signed and checked once.

use super::Broken;
use std::sync::{Arc, OnceLock};
use vigil_protocol::{
    Certificate, DeviceId, EpochShare, Hash, LogBody, LogEntry, Membership, PersonId, Policy, Role, SealingPublicKey,
    SigningKey, SpaceId, Timestamp, limits,
};

/// When a history begins.
pub(super) const START: i64 = 1_795_000_000_000;
/// The devices of the two spaces; those of the first from [`FOUNDING`] on are no members yet.
pub(super) const DEVICES: [u8; 2] = [13, 3];
/// Members of the first space from its beginning.
pub(super) const FOUNDING: u8 = 11;

/// Role, person and probation of each device of the first space. Two officers' devices are one person's.
const FIRST: [(Role, u8, bool); FOUNDING as usize] = [
    (Role::Desk, 0, false),
    (Role::Desk, 1, false),
    (Role::Officer, 2, false),
    (Role::Officer, 3, false),
    (Role::Officer, 3, false),
    (Role::Monitor, 5, false),
    (Role::Monitor, 6, false),
    (Role::Volunteer, 7, false),
    (Role::Auditor, 8, false),
    (Role::Officer, 9, true),
    (Role::Auditor, 10, false),
];
const SECOND: [(Role, u8, bool); 3] = [(Role::Desk, 20, false), (Role::Officer, 21, false), (Role::Officer, 22, false)];

/// A space as it begins.
pub(super) struct Beginning {
    pub(super) log: Vec<LogEntry>,
    pub(super) view: Arc<Membership>,
}

pub(super) fn device_id(space: usize, number: u8) -> DeviceId {
    DeviceId([number + 1 + 100 * u8::try_from(space).unwrap_or(0); 16])
}

/// The device's signing key.
pub(super) fn key_of(device: &DeviceId) -> Result<&'static SigningKey, Broken> {
    static KEYS: OnceLock<Vec<SigningKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| (0..=u8::MAX).filter_map(|seed| SigningKey::from_seed(&[seed; 32]).ok()).collect());
    keys.get(usize::from(device.0[0])).ok_or(Broken("a device without a key"))
}

pub(super) fn share(device: DeviceId) -> EpochShare {
    EpochShare { device, encapsulated: SealingPublicKey([0; 32]), sealed: [0; 48].into() }
}

pub(super) fn certificate(
    device: DeviceId,
    (role, person, probation): (Role, u8, bool),
    from: i64,
) -> Result<Certificate, Broken> {
    Ok(Certificate {
        device,
        person: PersonId([person; 16]),
        signing_key: key_of(&device)?.public(),
        sealing_key: SealingPublicKey([device.0[0]; 32]),
        install_generation: 1,
        role,
        probation,
        not_before: Timestamp(from),
        not_after: Timestamp(from + limits::MAX_CERTIFICATE_MS),
        epoch: 0,
        sealed_details: Vec::new().into(),
    })
}

/// The space of this number.
pub(super) fn beginning(space: usize) -> Result<&'static Beginning, Broken> {
    static BEGINNINGS: [OnceLock<Option<Beginning>>; 2] = [OnceLock::new(), OnceLock::new()];
    BEGINNINGS[space].get_or_init(|| found(space).ok()).as_ref().ok_or(Broken("the committee cannot be founded"))
}

fn found(space: usize) -> Result<Beginning, Broken> {
    let members: &[_] = if space == 0 { &FIRST } else { &SECOND };
    let id = SpaceId([u8::try_from(space).unwrap_or(0) + 1; 16]);
    let founder = device_id(space, 0);
    let key = key_of(&founder)?;
    let mark = 200 + u8::try_from(space).unwrap_or(0);
    let body = LogBody::Found {
        founder: certificate(founder, members[0], START)?,
        epoch_key: SealingPublicKey([mark; 32]),
        recovery_key: SealingPublicKey([mark + 10; 32]),
        share: share(founder),
        recovery_encapsulated: SealingPublicKey([0; 32]),
        recovery_sealed: [0; 48].into(),
        policy: Policy::default(),
    };
    let genesis = LogEntry::sign(id, (0, Hash::NONE), Timestamp(START), founder, body, key);
    let mut view = Membership::from_genesis(&genesis)?;
    let mut log = vec![genesis];
    let mut bodies = Vec::new();
    for (number, member) in (0u8..).zip(members).skip(1) {
        let device = device_id(space, number);
        bodies.push(LogBody::Admit {
            certificate: certificate(device, *member, START)?,
            share: (member.0 == Role::Desk).then(|| share(device)),
            cosignatures: Vec::new(),
        });
    }
    let on_duty =
        if space == 0 { vec![device_id(0, 0), device_id(0, 2)] } else { vec![device_id(1, 0), device_id(1, 1)] };
    bodies.push(LogBody::Intake { officers: on_duty });
    for body in bodies {
        let entry = LogEntry::sign(id, (view.length(), view.head()), Timestamp(START), founder, body, key);
        view.append(&entry)?;
        log.push(entry);
    }
    Ok(Beginning { log, view: Arc::new(view) })
}
