//! A server's answer, really signed: a server that was taken over signs what it likes.

use crate::{Target, fixture};
use vigil_protocol::{
    Answer, BatchOutcome, Chain, Hash, Item, PulledBatch, PulledItem, Purpose, RefusalCode, SequenceRanges, Signature,
    SyncResponse, Timestamp, canonical, digest,
};

pub(super) const TARGET: Target = Target { name: "answer", max_len: 16 * 1024, catches_panics: false, run, seeds };

const REQUEST: &[u8] = b"the request that is answered";

/// As the protocol page defines it; written out again, because the server here signs bytes that are no answer.
fn sign(payload: &[u8]) -> Signature {
    let request = digest(Purpose::Request, &[b"whole\0", REQUEST]);
    let body = digest(Purpose::Answer, &[b"payload\0", payload]);
    let whole = digest(Purpose::Answer, &[request.as_bytes(), fixture::INCARNATION.as_bytes(), body.as_bytes()]);
    fixture::key(255).sign(Purpose::Answer, &whole)
}

fn run(payload: &[u8]) {
    let body = [sign(payload).as_bytes(), payload].concat();
    let server = fixture::key(255).public();
    let Ok(answer) = Answer::from_body(&body, REQUEST, &server, Some(&fixture::INCARNATION)) else { return };
    assert_eq!(canonical::encode(&answer), payload, "one meaning, one encoding");
    assert!(Answer::from_body(&body, b"another request", &server, Some(&fixture::INCARNATION)).is_err());
    let Answer::Sync(response) = answer else { return };
    for batch in &response.batches {
        let Ok(header) = batch.header(fixture::membership()) else { continue };
        assert_eq!(header.items.len(), batch.items.len());
        let _ = header.verify(&batch.signature, fixture::membership());
    }
    let mut view = fixture::membership().clone();
    for entry in &response.log {
        let before = view.clone();
        if view.append(entry).is_err() {
            assert_eq!(view, before, "a refused entry changes nothing");
        }
    }
    let gaps = response.covered.missing_up_to(1_000);
    assert!(gaps.iter().all(|(start, end)| start <= end && !response.covered.contains(*start)));
}

fn seeds() -> Vec<Vec<u8>> {
    let batch = fixture::batch();
    let stub = |(index, item): (usize, &Item)| match index {
        1 => PulledItem::Stub(item.hash()),
        _ => PulledItem::Present(item.clone()),
    };
    let mut covered = SequenceRanges::new();
    covered.insert(1, 20);
    let response = SyncResponse {
        incarnation: Some(fixture::INCARNATION),
        log: fixture::log().to_vec(),
        log_appended: 1,
        outcomes: vec![
            BatchOutcome::Stored(17),
            BatchOutcome::Provisional,
            BatchOutcome::StaleEpoch,
            BatchOutcome::Refused(RefusalCode::Suspended),
        ],
        batches: vec![PulledBatch {
            device: batch.header.device,
            chain: Chain::Sync { counter: 1, previous: Hash::NONE },
            log_length: batch.header.log_length,
            salt: batch.header.salt,
            seen_root: Some(Hash([3; 32])),
            signature: batch.signature,
            first_sequence: 17,
            items: batch.items.iter().enumerate().map(stub).collect(),
        }],
        covered,
        more: true,
        time: Some(Timestamp(1_795_000_000_000)),
    };
    let idle = SyncResponse {
        incarnation: None,
        log: Vec::new(),
        log_appended: 0,
        outcomes: Vec::new(),
        batches: Vec::new(),
        covered: SequenceRanges::new(),
        more: false,
        time: None,
    };
    [Answer::Sync(response), Answer::Sync(idle), Answer::Refused { code: RefusalCode::Replayed, counter: 9 }]
        .iter()
        .map(canonical::encode)
        .collect()
}
