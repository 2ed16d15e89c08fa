//! A stored, carried or pulled batch, as it is and then signed again by a member who means harm.

use crate::{Target, fixture};
use vigil_protocol::{Batch, BatchHeader, Chain, Hash, KeyCommitment, PushedBatch};

pub(super) const TARGET: Target = Target { name: "batch", max_len: 16 * 1024, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    let Ok(batch) = Batch::from_bytes(data) else { return };
    assert_eq!(batch.to_bytes(), data, "one meaning, one encoding");
    let _ = batch.verify(fixture::membership());
    let view = fixture::membership();
    let header = BatchHeader {
        space: fixture::SPACE,
        device: fixture::device(2),
        log_length: view.length(),
        log_head: view.head(),
        ..batch.header
    };
    let signed = Batch::sign(header, batch.items, &fixture::key(2));
    if signed.verify(view).is_ok() {
        assert!(signed.items.iter().all(|item| item.check().is_ok()));
        assert_eq!(Batch::from_bytes(&signed.to_bytes()).as_ref(), Ok(&signed), "what was accepted can be stored");
        let known = |_: &KeyCommitment| Some(1);
        assert_eq!(PushedBatch::from_batch(&signed, Some(&known)).is_some(), signed.header.chain.kind() == 0);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let copy = fixture::batch_of(3, Chain::Copy { number: 12 }, fixture::items());
    let empty = fixture::batch_of(2, Chain::Sync { counter: 2, previous: Hash([8; 32]) }, Vec::new());
    [fixture::batch(), copy, empty].iter().map(Batch::to_bytes).collect()
}
