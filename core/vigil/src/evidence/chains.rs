//! The authors' chains in a bundle: which numbers are here, which are not, and who contradicts itself.
//! A contradiction promises to be a proof: both hashes stand in headers that the author signed.

use super::bundle::RecordEvidence;
use super::report::{EvidenceChain, EvidenceDouble};
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{Chain, DeviceId, Hash, Membership};

/// Hash and predecessor of each header that an author signed under one number.
type Headers = BTreeMap<u64, Vec<(Hash, Hash)>>;

/// The chains of those authors whose signatures hold.
pub(super) fn of(
    evidence: &RecordEvidence,
    signers: &BTreeSet<DeviceId>,
    membership: &Membership,
) -> (Vec<EvidenceChain>, Vec<EvidenceDouble>) {
    let mut by_author: BTreeMap<DeviceId, Headers> = BTreeMap::new();
    for batch in &evidence.batches {
        if let Chain::Sync { counter, previous } = batch.header.chain
            && signers.contains(&batch.header.device)
        {
            let headers = by_author.entry(batch.header.device).or_default();
            headers.entry(counter).or_default().push((batch.header.hash(), previous));
        }
    }
    let (mut chains, mut doubles) = (Vec::new(), Vec::new());
    for (device, headers) in by_author {
        doubles.extend(contradictions(&device, &headers));
        let member = membership.member(&device);
        let counted = member.and_then(|member| member.lapse()).and_then(|lapse| lapse.last).map(|last| last.counter);
        let late = |number: &u64| counted.is_some_and(|last| *number > last);
        let numbers: Vec<u64> = headers.keys().copied().collect();
        let gap = |pair: &[u64]| match pair {
            [one, next] if *next > one + 1 => Some((one + 1, next - 1)),
            _ => None,
        };
        chains.push(EvidenceChain {
            author: device.to_string(),
            role: member.map_or("unknown", |member| member.role.name()).to_owned(),
            first: numbers.first().copied().unwrap_or(0),
            last: numbers.last().copied().unwrap_or(0),
            missing: numbers.windows(2).filter_map(gap).collect(),
            not_counted: numbers.iter().copied().filter(late).collect(),
        });
    }
    (chains, doubles)
}

fn contradictions(device: &DeviceId, headers: &Headers) -> Vec<EvidenceDouble> {
    let double = |number: u64, one: &Hash, other: &Hash| EvidenceDouble {
        author: device.to_string(),
        number,
        hashes: [one.to_string(), other.to_string()],
    };
    let mut doubles = Vec::new();
    for (number, signed) in headers {
        if let [(one, _), (other, _), ..] = signed.as_slice() {
            doubles.push(double(*number, one, other));
        }
        let Some((one, _)) = signed.first() else { continue };
        // A header names the hash of the one before: that is as good as a second header under its number.
        for (_, named) in number.checked_add(1).and_then(|next| headers.get(&next)).into_iter().flatten() {
            if signed.iter().all(|(hash, _)| hash != named) {
                doubles.push(double(*number, one, named));
            }
        }
    }
    doubles
}
