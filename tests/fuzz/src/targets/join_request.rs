//! A first code that a stranger shows: as it is, then with a proof that holds. The request of the first days stays readable.

use crate::{Target, fixture};
use vigil_protocol::{FirstCode, HardwareClaim, JoinRequest, Nonce, SealingPublicKey, canonical};

pub(super) const TARGET: Target = Target { name: "join_request", max_len: 512, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    if let Ok(request) = JoinRequest::from_bytes(data) {
        assert_eq!(canonical::encode(&request), data, "one meaning, one encoding");
    }
    if let Ok(code) = FirstCode::from_bytes(data) {
        assert_eq!(code.to_bytes(), data, "one meaning, one encoding");
    }
    let Ok(claimed) = canonical::decode::<FirstCode>(data) else { return };
    let who = (claimed.device, claimed.sealing_key, claimed.install_generation);
    let signed = FirstCode::sign(who, claimed.nonce, claimed.hardware, &fixture::key(9));
    assert_eq!(FirstCode::from_bytes(&signed.to_bytes()), Ok(signed));
}

fn seeds() -> Vec<Vec<u8>> {
    let (device, key) = (fixture::device(9), fixture::key(9));
    let sealing_key = SealingPublicKey([9; 32]);
    let request = JoinRequest::sign(device, sealing_key, 1, &key);
    let code = FirstCode::sign((device, sealing_key, 1), Nonce([9; 16]), HardwareClaim::Software, &key);
    vec![canonical::encode(&request), code.to_bytes()]
}
