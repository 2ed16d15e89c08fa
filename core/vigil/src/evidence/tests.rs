//! What an exporter who means harm can do to a bundle. The attackers here sign as the exporter, so that only what stands
//! behind its signature is asked.

use super::bundle::{BatchEvidence, Bundle};
use super::hostile::{sample, sign};
use super::{EvidenceReport, verify_evidence};
use crate::keys::{Passphrase, Secret};
use crate::records::NewSighting;
use crate::store::outbox;
use crate::vault::Vault;
use proptest::prelude::*;
use vigil_protocol::{
    Batch, DeviceId, Item, LogEntry, PulledBatch, PulledItem, Role, SequenceRanges, Signature, SigningKey, Timestamp,
    canonical,
};

fn bundle() -> Bundle {
    Bundle::from_bytes(&sample()).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32]).unwrap()
}

/// What is said of a bundle after this change and a new signature of its exporter's.
fn after(change: impl FnOnce(&mut Bundle)) -> EvidenceReport {
    let mut bundle = bundle();
    change(&mut bundle);
    verify_evidence(&canonical::encode(&bundle.sign(&key())))
}

fn codes(report: &EvidenceReport) -> Vec<&'static str> {
    assert!(report.records.is_empty() && report.proves.is_empty(), "what does not hold shows nothing");
    report.faults.iter().map(|fault| fault.code).collect()
}

/// Everything stated, without what the exporter alone says.
fn stated(report: &EvidenceReport) -> Vec<String> {
    let statements = report.records.iter().flat_map(|record| &record.statements);
    let said =
        statements.map(|said| format!("{} {} {} {:?} {:?}", said.id, said.author, said.role, said.fields, said.event));
    let fields = report.records.iter().flat_map(|record| &record.fields);
    said.chain(fields.map(|field| format!("{} {:?}", field.name, field.values[0].value))).collect()
}

#[test]
fn a_bundle_holds_and_tells_who_wrote_what_in_which_order() {
    let report = verify_evidence(&sample());
    assert!(report.holds && report.faults.is_empty() && !report.proves.is_empty());
    let record = &report.records[0];
    assert_eq!((record.kind.as_str(), record.outcome.as_deref()), ("sighting", Some("closed")));
    assert_eq!(record.fields[0].values[0].value, "Gate 2");
    let written: Vec<_> = record.statements.iter().filter_map(|said| said.fields.as_ref()?.get("place")).collect();
    assert_eq!(written, ["Bus park", "Gate 2"]);
    let gate =
        record.statements.iter().find(|said| said.fields.as_ref().is_some_and(|fields| fields["place"] == "Gate 2"));
    assert_eq!(gate.map(|said| &said.follows), Some(&vec![record.statements[0].id.clone()]));
    assert_eq!(record.statements.len(), 3);
    assert!(record.statements.iter().all(|said| said.role == "desk" && said.acknowledged));
    assert_eq!((record.chains[0].first, record.chains[0].last, record.keys), (1, 2, 1));
    assert!(record.attachments.is_empty() && report.doubles.is_empty());
}

#[test]
fn every_flipped_byte_is_found() {
    let whole = sample();
    // Steps of 5 leave no byte out.
    for bit in (0..whole.len() * 8).step_by(5) {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify_evidence(&flipped).holds, "bit {bit} of {}", whole.len() * 8);
    }
    for length in (0..whole.len()).step_by(7) {
        assert!(!verify_evidence(&whole[..length]).holds);
    }
    assert!(!verify_evidence(&[whole.as_slice(), &[0]].concat()).holds);
    assert!(verify_evidence(&whole).holds, "the positive control");
}

#[test]
fn an_exporter_who_signs_again_cannot_change_what_others_stated() {
    let whole = sample();
    let before = stated(&verify_evidence(&whole));
    let (mut held, mut refused) = (0, 0);
    for bit in (0..whole.len() * 8).step_by(5) {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let Some(signed) = sign(&flipped) else { continue };
        let report = verify_evidence(&signed);
        if report.holds {
            held += 1;
            assert_eq!(stated(&report), before, "bit {bit}");
        } else {
            refused += 1;
        }
    }
    // What the exporter may say: its clock, what was acknowledged, what it could not take in.
    assert!(held > 0 && refused > 10 * held, "{held} {refused}");
}

#[test]
fn whatever_is_moved_left_out_or_put_in_is_named() {
    let item = |batch: &mut BatchEvidence| batch.items.remove(0);
    let swapped = after(|bundle| {
        let batches = &mut bundle.records[0].batches;
        let (first, second) = (item(&mut batches[0]), item(&mut batches[1]));
        batches[0].items.push(second);
        batches[1].items.push(first);
    });
    assert!(codes(&swapped).contains(&"item_not_signed"));
    let left_out = after(|bundle| drop(item(&mut bundle.records[0].batches[0])));
    assert_eq!(codes(&left_out), ["changes_missing"]);
    let batch_left_out = after(|bundle| drop(bundle.records[0].batches.remove(0)));
    assert_eq!(codes(&batch_left_out), ["changes_missing"]);
    let another_record = after(|bundle| bundle.records[0].record.0[0] ^= 1);
    assert!(codes(&another_record).contains(&"other_record"));
    assert!(codes(&another_record).contains(&"key_does_not_fit"));
    let another_key = after(|bundle| bundle.records[0].keys[0].key.0 = Secret::take(&mut [4; 32]));
    assert!(codes(&another_key).contains(&"key_does_not_fit"));
    let no_key = after(|bundle| bundle.records[0].keys.clear());
    assert!(codes(&no_key).contains(&"key_missing"));
    let reordered = after(|bundle| bundle.records[0].batches.reverse());
    assert_eq!(codes(&reordered), ["order"]);
    let twice = after(|bundle| {
        let again = self::bundle().records.remove(0);
        bundle.records.push(again);
    });
    assert!(codes(&twice).contains(&"record_twice"));
    let forged = after(|bundle| bundle.records[0].batches[1].header.device = DeviceId([2; 16]));
    assert!(codes(&forged).contains(&"author_not_a_member"));
    let signed_by_another = after(|bundle| bundle.records[0].batches[1].signature = Signature([7; 64]));
    assert!(codes(&signed_by_another).contains(&"batch_signature"));
    let other_log = after(|bundle| {
        let LogEntry { space, author, body, .. } = bundle.log.remove(0);
        let genesis = (0, vigil_protocol::Hash::NONE);
        bundle.log.push(LogEntry::sign(space, genesis, vigil_protocol::Timestamp(1), author, body, &key()));
    });
    assert!(codes(&other_log).contains(&"other_log"));
    let broken_log = after(|bundle| bundle.log[0].time.0 += 1);
    assert_eq!(codes(&broken_log), ["log"]);
    let no_log = after(|bundle| bundle.log.clear());
    assert_eq!(codes(&no_log), ["log"]);
    let stranger = after(|bundle| bundle.exporter = DeviceId([2; 16]));
    assert!(codes(&stranger).contains(&"exporter_not_a_member"));
    let newer = after(|bundle| bundle.version = 2);
    assert_eq!(codes(&newer), ["protocol.unknown_version"]);
    let tombstone = after(|bundle| {
        let record = bundle.records[0].record;
        bundle.records[0].batches[1].items[0].item = Item::Tombstone(record);
    });
    assert!(codes(&tombstone).contains(&"item_not_signed"));
}

#[test]
fn without_a_new_signature_every_change_is_named_as_one() {
    let mut bundle = bundle();
    bundle.time.0 += 1;
    let report = verify_evidence(&canonical::encode(&bundle));
    assert_eq!(codes(&report), ["exporter_signature"]);
}

#[test]
fn an_author_with_two_batches_under_one_number_is_named_and_the_rest_holds() {
    let report = after(|bundle| {
        let second = &self::bundle().records.remove(0).batches[1];
        let mut header = second.header.clone();
        header.salt.0[0] ^= 1;
        let signature = key().sign(vigil_protocol::Purpose::Batch, &header.hash());
        let other = BatchEvidence { header, signature, acknowledged: true, items: Vec::new() };
        bundle.records[0].batches.push(other);
        bundle.records[0].batches.sort_by_key(BatchEvidence::order);
    });
    assert!(report.holds);
    assert_eq!(report.doubles.len(), 1);
    assert_eq!(report.doubles[0].number, 2);
}

#[test]
fn what_is_larger_than_any_bundle_is_refused_before_it_is_read() {
    let report = verify_evidence(&vec![0; super::MAX_EVIDENCE_BYTES + 1]);
    assert_eq!(codes(&report), ["protocol.too_large"]);
    let many = after(|bundle| {
        let entry = bundle.log[0].clone();
        bundle.log = vec![entry; super::bundle::MAX_LOG_ENTRIES + 1];
    });
    assert_eq!(codes(&many), ["protocol.too_large"]);
}

#[test]
fn what_a_device_was_shown_of_an_authors_two_histories_goes_into_its_evidence() {
    let folder = std::env::temp_dir().join(format!("vigil-evidence-double-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    let create =
        |name: &str| Vault::create_at_floor(&folder.join(name), &Passphrase::new("four random words"), name).unwrap();
    let (mut desk, mut monitor) = (create("desk"), create("monitor"));
    desk.create_space(None).unwrap();
    let welcome = desk.admit(&monitor.join_request().unwrap(), Role::Monitor, "").unwrap();
    monitor.join(monitor.second_code(&welcome).unwrap().seen_face_to_face()).unwrap();
    // As after a sync: the log is settled.
    monitor.take_log_by_hand(&desk.log_by_hand().unwrap()).unwrap();
    monitor.space.as_mut().unwrap().confirmed = 2;
    let sighting = NewSighting { place: "Gate".into(), seen_at: Timestamp(0), description: None, people: None };
    let record = monitor.record_sighting(&sighting).unwrap();
    monitor.pack(false).unwrap();
    let batch = Batch::from_bytes(&outbox::written_down(monitor.store.read(), 1).unwrap()[0].1).unwrap();
    let mut other = batch.header.clone();
    other.salt.0[0] ^= 1;
    let other = Batch::sign(other, Vec::new(), &monitor.keys.signing);
    let pulled = |batch: Batch, first_sequence| PulledBatch {
        device: batch.header.device,
        chain: batch.header.chain,
        log_length: batch.header.log_length,
        salt: batch.header.salt,
        seen_root: None,
        signature: batch.signature,
        first_sequence,
        items: batch.items.into_iter().map(PulledItem::Present).collect(),
    };
    let cursor = SequenceRanges::new();
    desk.take_in(vec![pulled(batch, 1)], &cursor).unwrap();
    let before = verify_evidence(desk.export_evidence(&record, false).unwrap().bytes());
    assert!(before.holds && before.doubles.is_empty());
    desk.take_in(vec![pulled(other, 9)], &cursor).unwrap();
    let report = verify_evidence(desk.export_evidence(&record, false).unwrap().bytes());
    assert!(report.holds);
    assert_eq!((report.doubles.len(), report.doubles[0].author.clone()), (1, monitor.device.to_string()));
    drop((desk, monitor));
    std::fs::remove_dir_all(&folder).ok();
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_report(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(!verify_evidence(&bytes).holds);
    }
}
