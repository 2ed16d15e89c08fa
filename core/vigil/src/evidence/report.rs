//! What checking a bundle says: faults, findings, statements, and in words what is proven and what is not.
//! A report with a fault promises to hold no statement; one with statements holds names, so it has no `Debug`.

use serde::Serialize;
use serde_json::Value;

/// What a bundle that holds proves.
pub(super) const PROVES: [&str; 5] = [
    "These bytes were signed with these devices' keys, and the keys belonged to members of this log in these roles.",
    "The statements of each device's chain stand in this order; what names another statement was written after it.",
    "Each record key is the one that the authors committed themselves to: the text has this reading and no other.",
    "Nothing in the bundle was changed, inserted or moved since it was signed.",
    "Where people differ on a field, every value that stands is here with who wrote it.",
];

/// What it does not.
pub(super) const DOES_NOT_PROVE: [&str; 5] = [
    "Times are what each device's clock said; nothing here proves when something was written.",
    "A key is not a person: who held the device is for witnesses to say.",
    "The exporter may have left something out. Gaps in the devices' chains are listed; they are usual where the exporting \
     device reads only some records.",
    "What was never sent to the exporting device, or not acknowledged by a server, is known to nobody else.",
    "That this is the committee's log: compare its first and last hash with another copy.",
];

/// What is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceFault {
    /// A code that never changes, for programs.
    pub code: &'static str,
    /// Where: a record, a batch, an item; empty for the bundle as a whole.
    pub place: String,
    /// In words.
    pub words: String,
}

/// A device that signed something in the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceMember {
    /// The device, in hexadecimal.
    pub device: String,
    /// Its role.
    pub role: String,
    /// The key that its signatures were checked with.
    pub signing_key: String,
    /// The entry of the log that made it a member, counted from 0.
    pub added_at: u64,
    /// The entry that removed it, if one did.
    pub removed_at: Option<u64>,
}

/// The batches of one author, as far as they are in the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceChain {
    /// The author.
    pub author: String,
    /// Its role.
    pub role: String,
    /// The lowest number of its chain that is here.
    pub first: u64,
    /// The highest.
    pub last: u64,
    /// Numbers in between that are not here: first and last of each range.
    pub missing: Vec<(u64, u64)>,
    /// Its batches after the last that its removal counts.
    pub not_counted: Vec<u64>,
}

/// Proof that a device signed two things of which one cannot be true.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EvidenceDouble {
    /// The device.
    pub author: String,
    /// The number of its chain that has two contents.
    pub number: u64,
    /// The hashes of both, as they were signed.
    pub hashes: [String; 2],
}

/// Something that was stated: one change of fields, or one event.
#[derive(Clone, PartialEq, Serialize)]
pub struct EvidenceStatement {
    /// The hash of the change or event.
    pub id: String,
    /// The device that stated it.
    pub author: String,
    /// Its role.
    pub role: String,
    /// When, as its clock claims, in milliseconds since 1970.
    pub claimed_time: i64,
    /// The signed batches that hold it.
    pub signed_in: Vec<String>,
    /// Whether a server had acknowledged one of them, as the exporter says.
    pub acknowledged: bool,
    /// Whether all batches that hold it were signed by a device that was removed and are not counted by its removal: they
    /// may have been signed at any time since.
    pub not_counted: bool,
    /// The statements that its author had provably seen.
    pub follows: Vec<String>,
    /// Those that it names and that are not in the bundle.
    pub names_unseen: u64,
    /// What it wrote into fields; `null` where it removed one.
    pub fields: Option<serde_json::Map<String, Value>>,
    /// What the event says.
    pub event: Option<Value>,
}

/// One of a field's values.
#[derive(Clone, PartialEq, Serialize)]
pub struct EvidenceValue {
    /// The value.
    pub value: Value,
    /// The device that wrote it.
    pub author: String,
    /// Its role.
    pub role: String,
    /// When, as its clock claims.
    pub claimed_time: i64,
    /// The statement that wrote it.
    pub statement: String,
}

/// A field as it stands.
#[derive(Clone, PartialEq, Serialize)]
pub struct EvidenceField {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Whether people differ and nobody has settled it.
    pub open: bool,
    /// The event that settled it.
    pub settled_by: Option<String>,
    /// Every value that stands.
    pub values: Vec<EvidenceValue>,
}

/// One record.
#[derive(Clone, PartialEq, Serialize)]
pub struct EvidenceRecord {
    /// The record.
    pub record: String,
    /// Its kind.
    pub kind: String,
    /// What was decided; `open` where decisions contradict each other.
    pub outcome: Option<String>,
    /// Its fields as they stand.
    pub fields: Vec<EvidenceField>,
    /// Everything that was stated, in an order that is proven as far as `follows` says.
    pub statements: Vec<EvidenceStatement>,
    /// The authors' chains.
    pub chains: Vec<EvidenceChain>,
    /// Generations of its key, disclosed and checked.
    pub keys: u64,
    /// Hashes of attachments. There are none yet.
    pub attachments: Vec<String>,
    /// Items that the exporter held and could not take in, as it says.
    pub left_out: u64,
}

/// What checking a bundle says.
#[derive(Clone, PartialEq, Serialize)]
pub struct EvidenceReport {
    /// Whether everything in it holds.
    pub holds: bool,
    /// What does not.
    pub faults: Vec<EvidenceFault>,
    /// The space.
    pub space: Option<String>,
    /// Who exported it.
    pub exporter: Option<EvidenceMember>,
    /// When, as the exporter's clock claims.
    pub exported_at: Option<i64>,
    /// Hash of the log's first entry.
    pub log_first: Option<String>,
    /// Hash of its last.
    pub log_last: Option<String>,
    /// Entries of the log, and how many of them a server had taken, as the exporter says.
    pub log_entries: (u64, u64),
    /// The devices that signed something.
    pub members: Vec<EvidenceMember>,
    /// Devices that contradict themselves.
    pub doubles: Vec<EvidenceDouble>,
    /// The records; none if there is a fault.
    pub records: Vec<EvidenceRecord>,
    /// What is proven; nothing if there is a fault.
    pub proves: Vec<&'static str>,
    /// What is not.
    pub does_not_prove: Vec<&'static str>,
}

impl EvidenceReport {
    /// A report that says nothing yet.
    pub(super) fn empty() -> Self {
        Self {
            holds: false,
            faults: Vec::new(),
            space: None,
            exporter: None,
            exported_at: None,
            log_first: None,
            log_last: None,
            log_entries: (0, 0),
            members: Vec::new(),
            doubles: Vec::new(),
            records: Vec::new(),
            proves: Vec::new(),
            does_not_prove: DOES_NOT_PROVE.to_vec(),
        }
    }
}
