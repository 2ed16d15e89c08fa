//! The two codes of an enrolment: how large they are at most, and what no second code may say.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_protocol::{
    Certificate, Cosignature, DeviceId, ENROLMENT_VERSION, FirstCode, HardwareClaim, Hash, KnownDevice, KnownEpoch,
    Membership, Nonce, PersonId, Policy, ProtocolError, Role, SealingPublicKey, SecondCode, ServerCard,
    ServerReference, Signature, SigningKey, SpaceId, Timestamp, limits,
};

/// What an authority's certificate takes in PEM: one with an elliptic key, as the server makes it (measured: 623 to 627 bytes), and
/// one with RSA of 2,048 bits.
const ELLIPTIC: usize = 660;
const RSA: usize = 1_250;
/// Sealed details with a name, an area, two sponsors and the hardware take 288 bytes.
const DETAILS: usize = 288;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32]).unwrap()
}

fn device(number: u8) -> KnownDevice {
    KnownDevice {
        device: DeviceId([number; 16]),
        signing_key: key(number).public(),
        sealing_key: SealingPublicKey([number; 32]),
        role: Role::Officer,
        on_duty: true,
    }
}

fn code(devices: u8, authority: usize) -> SecondCode {
    let time = Timestamp(1_795_000_000_000);
    let certificate = Certificate {
        device: DeviceId([200; 16]),
        person: PersonId([201; 16]),
        signing_key: key(200).public(),
        sealing_key: SealingPublicKey([200; 32]),
        install_generation: 1,
        role: Role::Monitor,
        probation: false,
        not_before: time,
        not_after: Timestamp(time.0 + limits::MAX_CERTIFICATE_MS),
        epoch: 3,
        sealed_details: vec![7; DETAILS].into(),
    };
    let space = SpaceId([9; 16]);
    let sign = |number: u8| Cosignature::sign(&certificate, &space, DeviceId([number; 16]), &key(number));
    let code = SecondCode {
        version: ENROLMENT_VERSION,
        space,
        nonce: Nonce([1; 16]),
        signed_by: vec![sign(1), sign(2)],
        certificate: certificate.clone(),
        genesis: Hash([2; 32]),
        log_length: limits::MAX_LOG_ENTRIES,
        log_head: Hash([3; 32]),
        epoch: KnownEpoch { number: 300, key: SealingPublicKey([4; 32]), exposed: false },
        recovery_key: SealingPublicKey([5; 32]),
        devices: (1..=devices).map(device).collect(),
        server: ServerReference::Card(ServerCard {
            url: "https://sync.district.example.org:8443".into(),
            identity: key(250).public(),
            authorities: vec!["x".repeat(authority)],
        }),
        policy: Some(Policy::default()),
        officer: DeviceId([1; 16]),
        signature: Signature([0; 64]),
    };
    code.sign(&key(1))
}

#[test]
fn the_first_code_fits_a_small_qr_code() {
    let who = (DeviceId([1; 16]), SealingPublicKey([2; 32]), u32::MAX);
    let bytes = FirstCode::sign(who, Nonce([3; 16]), HardwareClaim::StrongBox, &key(1)).to_bytes();
    assert_eq!(bytes.len(), 176);
    assert!(bytes.len() < limits::MAX_FIRST_CODE_BYTES);
}

#[test]
fn the_second_code_with_one_authority_fits_a_qr_code() {
    // Three devices and an elliptic authority, five and RSA, and the most officers that can be on duty with an elliptic one.
    for (devices, authority, holds_card) in
        [(3, ELLIPTIC, true), (5, RSA, true), (11, ELLIPTIC, true), (24, RSA, false)]
    {
        let code = code(devices, authority);
        let size = code.to_bytes().len();
        assert!(size <= limits::MAX_QR_BYTES + usize::from(!holds_card) * 300, "{devices} {authority}: {size}");
        assert_eq!(matches!(code.server, ServerReference::Card(_)), holds_card, "{devices} {authority}: {size}");
        assert_eq!(SecondCode::from_bytes(&code.to_bytes()), Ok(code));
    }
}

type Change = fn(&mut SecondCode);

#[test]
fn a_second_code_that_says_what_cannot_be_is_refused() {
    let good = code(3, 10);
    assert!(SecondCode::from_bytes(&good.to_bytes()).is_ok());
    let changes: [(&str, Change); 14] = [
        ("version", |code| code.version = 1),
        ("no length", |code| code.log_length = 0),
        ("too long a log", |code| code.log_length = limits::MAX_LOG_ENTRIES + 1),
        ("a head that is not the genesis", |code| code.log_length = 1),
        ("a device twice", |code| code.devices.push(device(2))),
        ("a monitor on duty", |code| code.devices[1].role = Role::Monitor),
        ("itself on duty", |code| code.devices[1].device = code.certificate.device),
        ("an officer whom it does not name", |code| code.officer = DeviceId([99; 16])),
        ("a signer twice", |code| code.signed_by.push(code.signed_by[1].clone())),
        ("nobody's certificate", |code| code.signed_by.clear()),
        ("another's certificate first", |code| code.signed_by.swap(0, 1)),
        ("details of an epoch to come", |code| code.certificate.epoch = 301),
        ("a certificate for ever", |code| code.certificate.not_after.0 += 1),
        ("too many devices", |code| code.devices = (1..=25).map(device).collect()),
    ];
    for (what, change) in changes {
        let mut code = good.clone();
        change(&mut code);
        // Signed well, so that only what it says is wrong.
        if let Some(first) = code.signed_by.first_mut().filter(|first| first.device == DeviceId([1; 16])) {
            *first = Cosignature::sign(&code.certificate, &code.space, DeviceId([1; 16]), &key(1));
        }
        let bytes = code.sign(&key(1)).to_bytes();
        assert!(SecondCode::from_bytes(&bytes).is_err(), "{what}");
    }
    // Another key than that of the officer whom it names.
    let stranger = good.clone().sign(&key(3));
    let refused = SecondCode::from_bytes(&stranger.to_bytes());
    assert!(matches!(refused, Err(ProtocolError::BadSignature { .. })));
}

#[test]
fn a_provisional_view_knows_what_it_was_shown_and_nothing_else() {
    let code = code(3, 10);
    let view = Membership::provisional(&code);
    assert!(view.is_provisional());
    assert_eq!((view.genesis(), view.length(), view.head()), (code.genesis, code.log_length, code.log_head));
    assert_eq!((view.head_at(1), view.head_at(2)), (Some(code.genesis), None));
    assert_eq!((view.epoch(), view.epoch_key(300), view.epoch_key(299)), (300, Some(code.epoch.key), None));
    assert_eq!(view.epoch_key(301), None);
    assert_eq!(view.intake().len(), 3);
    assert_eq!(view.members().len(), 4);
    assert_eq!(view.member(&DeviceId([200; 16])).unwrap().role, Role::Monitor);
    assert!(!view.epoch_is_exposed());
    let exposed = SecondCode { epoch: KnownEpoch { exposed: true, ..code.epoch.clone() }, ..code };
    assert!(Membership::provisional(&exposed).epoch_is_exposed());
}
