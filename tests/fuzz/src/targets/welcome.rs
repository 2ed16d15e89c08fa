//! A welcome from a code or a file: the server's card and a whole log.

use crate::{Target, fixture};
use vigil_protocol::{Membership, SUITE, ServerCard, Welcome, canonical};

pub(super) const TARGET: Target = Target { name: "welcome", max_len: 16 * 1024, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    let Ok(welcome) = Welcome::from_bytes(data) else { return };
    assert_eq!(canonical::encode(&welcome), data, "one meaning, one encoding");
    if let Ok(view) = Membership::from_log(&welcome.log) {
        assert_eq!(view.length(), welcome.log.len() as u64);
        assert_eq!(Membership::from_log(&welcome.log), Ok(view));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let card = ServerCard {
        url: "https://sync.example.org".to_owned(),
        identity: fixture::key(255).public(),
        authorities: vec!["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".to_owned()],
    };
    [Some(card), None]
        .into_iter()
        .map(|server| canonical::encode(&Welcome { suite: SUITE, server, log: fixture::log().to_vec() }))
        .collect()
}
