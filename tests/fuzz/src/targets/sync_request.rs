//! A request's payload, under a signature that may or may not match: what the server reads first.

use crate::{Target, fixture};
use vigil_protocol::{
    DeviceId, Expand, Hash, KeyCommitment, PushedBatch, PushedItem, SUITE, SequenceRanges, Signature, SyncRequest,
    canonical,
};

pub(super) const TARGET: Target =
    Target { name: "sync_request", max_len: 16 * 1024, catches_panics: false, run, seeds };

struct Held;

impl Expand for Held {
    fn last_batch(&self, _: &DeviceId) -> Option<(u64, Hash)> {
        Some((4, Hash([4; 32])))
    }

    fn commitment_at(&self, sequence: u64) -> Option<KeyCommitment> {
        (sequence % 2 == 1).then_some(KeyCommitment([0xb2; 32]))
    }
}

fn run(payload: &[u8]) {
    let body = [fixture::NO_SIGNATURE.as_bytes(), payload].concat();
    let Ok(request) = SyncRequest::from_body(&body) else { return };
    assert_eq!(canonical::encode(&request), payload, "one meaning, one encoding");
    let server = fixture::key(255).public();
    let stranger = fixture::key(200).public();
    assert!(SyncRequest::verify_body(&body, &server, &fixture::SPACE, &stranger).is_err(), "nobody signed this");
    for pushed in request.batches {
        let items = pushed.items.len();
        if let Ok(batch) = pushed.expand(request.device, fixture::membership(), &Held) {
            assert_eq!(batch.header.items.len(), items);
            assert!(batch.verify(fixture::membership()).is_err() || request.device == fixture::device(2));
            assert!(PushedBatch::in_full(batch).is_some());
        }
    }
}

fn request() -> SyncRequest {
    let mut have = SequenceRanges::new();
    have.insert(1, 40);
    have.insert(50, 99);
    let known = |_: &KeyCommitment| Some(3u64);
    let batch = fixture::batch();
    let gone = PushedBatch::from_batch(&batch, None).map(|mut push| {
        let hashes = batch.items.iter().map(vigil_protocol::Item::hash);
        push.items = hashes.map(PushedItem::Gone).collect();
        push
    });
    SyncRequest {
        suite: SUITE,
        device: fixture::device(2),
        counter: 17,
        log_length: fixture::membership().length(),
        hello: true,
        have,
        page_bytes: 65_536,
        batches: [PushedBatch::from_batch(&batch, None), PushedBatch::from_batch(&batch, Some(&known)), gone]
            .into_iter()
            .flatten()
            .collect(),
        log: fixture::log().iter().take(2).cloned().collect(),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let whole = request();
    let idle = SyncRequest { batches: Vec::new(), log: Vec::new(), hello: false, ..whole.clone() };
    [whole, idle]
        .iter()
        .map(|request| {
            let body = request.to_body(&fixture::key(255).public(), &fixture::SPACE, &fixture::key(2));
            body.get(Signature::LENGTH..).unwrap_or_default().to_vec()
        })
        .collect()
}
