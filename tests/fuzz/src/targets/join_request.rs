//! A join request from a code that a stranger shows: as it is, then with a proof that holds.

use crate::{Target, fixture};
use vigil_protocol::{JoinRequest, SealingPublicKey, canonical};

pub(super) const TARGET: Target = Target { name: "join_request", max_len: 512, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    if let Ok(request) = JoinRequest::from_bytes(data) {
        assert_eq!(canonical::encode(&request), data, "one meaning, one encoding");
    }
    let Ok(claimed) = canonical::decode::<JoinRequest>(data) else { return };
    let signed = JoinRequest::sign(claimed.device, claimed.sealing_key, claimed.install_generation, &fixture::key(9));
    assert_eq!(JoinRequest::from_bytes(&canonical::encode(&signed)), Ok(signed));
}

fn seeds() -> Vec<Vec<u8>> {
    let request = JoinRequest::sign(fixture::device(9), SealingPublicKey([9; 32]), 1, &fixture::key(9));
    vec![canonical::encode(&request)]
}
