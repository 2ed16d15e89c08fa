//! A second code, and the log in a file: as they are, then a code with signatures that hold.

use crate::{Target, fixture};
use vigil_protocol::{
    Certificate, Cosignature, ENROLMENT_VERSION, FirstCode, HardwareClaim, Hash, KnownDevice, KnownEpoch, Membership,
    Nonce, PersonId, Policy, Role, SUITE, SealingPublicKey, SecondCode, ServerCard, ServerReference, Signature,
    Timestamp, Welcome, canonical, enrolment_number, limits,
};

pub(super) const TARGET: Target = Target { name: "welcome", max_len: 16 * 1024, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    if let Ok(welcome) = Welcome::from_bytes(data) {
        assert_eq!(canonical::encode(&welcome), data, "one meaning, one encoding");
        if let Ok(view) = Membership::from_log(&welcome.log) {
            assert_eq!(view.length(), welcome.log.len() as u64);
            assert_eq!(Membership::from_log(&welcome.log), Ok(view));
        }
    }
    if let Ok(code) = SecondCode::from_bytes(data) {
        assert_eq!(code.to_bytes(), data, "one meaning, one encoding");
    }
    // What somebody can say who may sign.
    let Ok(mut claimed) = canonical::decode::<SecondCode>(data) else { return };
    let key = fixture::key(9);
    for known in &mut claimed.devices {
        known.signing_key = key.public();
    }
    if let Some(first) = claimed.signed_by.first_mut() {
        *first = Cosignature::sign(&claimed.certificate, &claimed.space, claimed.officer, &key);
    }
    let Ok(code) = SecondCode::from_bytes(&claimed.sign(&key).to_bytes()) else { return };
    let view = Membership::provisional(&code);
    assert!(view.is_provisional() && view.head_at(code.log_length) == Some(code.log_head));
    assert_eq!(view.epoch_key(view.epoch()), Some(code.epoch.key));
    assert!(view.active_member(&code.certificate.device).is_some());
    assert!(Membership::at_first_contact(&code, fixture::log()).is_err(), "no log admits by this certificate");
}

fn seeds() -> Vec<Vec<u8>> {
    let card = ServerCard {
        url: "https://sync.example.org".to_owned(),
        identity: fixture::key(255).public(),
        authorities: vec!["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".to_owned()],
    };
    let mut seeds = Vec::new();
    for server in [Some(card), None] {
        let log = fixture::log().to_vec();
        seeds.push(second_code(server.clone()).to_bytes());
        seeds.push(canonical::encode(&Welcome { suite: SUITE, server, log }));
    }
    seeds
}

fn second_code(server: Option<ServerCard>) -> SecondCode {
    let (key, desk) = (fixture::key(0), fixture::device(0));
    let who = (fixture::device(9), SealingPublicKey([9; 32]), 1);
    let first = FirstCode::sign(who, Nonce([9; 16]), HardwareClaim::Software, &fixture::key(9));
    let certificate = Certificate {
        device: first.device,
        person: PersonId([9; 16]),
        signing_key: first.signing_key,
        sealing_key: first.sealing_key,
        install_generation: 1,
        role: Role::Monitor,
        probation: false,
        not_before: Timestamp(0),
        not_after: Timestamp(limits::DAY_MS),
        epoch: 0,
        sealed_details: vec![9; 24].into(),
    };
    let genesis = fixture::log()[0].hash();
    let code = SecondCode {
        version: ENROLMENT_VERSION,
        space: fixture::SPACE,
        nonce: first.nonce,
        signed_by: vec![Cosignature::sign(&certificate, &fixture::SPACE, desk, &key)],
        certificate,
        genesis,
        log_length: 2,
        log_head: Hash([1; 32]),
        epoch: KnownEpoch { number: 0, key: SealingPublicKey([0xa0; 32]), exposed: false },
        recovery_key: SealingPublicKey([0xa1; 32]),
        devices: vec![KnownDevice {
            device: desk,
            signing_key: key.public(),
            sealing_key: SealingPublicKey([0; 32]),
            role: Role::Desk,
            on_duty: true,
        }],
        server: server.map_or(ServerReference::None, ServerReference::Card),
        policy: Some(Policy::default()),
        officer: desk,
        signature: Signature([0; 64]),
    };
    let code = code.sign(&key);
    assert!(enrolment_number(&first, &code).is(enrolment_number(&first, &code).as_str()));
    code
}
