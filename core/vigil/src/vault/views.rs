//! What the facade shows: plain values, ready for a list, a screen or JSON.
//! They hold names and notes of people, so none of them has a `Debug`.

use serde::Serialize;
use vigil_screening::Assessment;

/// How far a record has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Something of it is on this device only.
    Waiting,
    /// The server has acknowledged everything that this device wrote.
    Sent,
    /// An officer's or a desk's device has said that it received it. Devices that keep a readable copy do not ask.
    Received,
}

/// Why a record's content is not on this device any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// It was handed over: the server has acknowledged it.
    HandedOver,
    /// It is older than this device's role keeps.
    Aged,
    /// It is assigned to others.
    Unassigned,
}

/// A row of a list.
#[derive(Clone, PartialEq, Serialize)]
pub struct RecordSummary {
    /// The record, in hexadecimal.
    pub id: String,
    /// Its kind: `screening`, `person`, `sighting`, ...
    pub kind: String,
    /// A few words that name nobody.
    pub title: String,
    /// Station or place.
    pub place: Option<String>,
    /// Who recorded it.
    pub author: String,
    /// When, in milliseconds since 1970 by the author's clock.
    pub created_at: i64,
    /// When it was last changed, likewise.
    pub updated_at: i64,
    /// What was decided; `open` where decisions contradict each other.
    pub outcome: Option<String>,
    /// The instrument's points. They never decide.
    pub points: Option<i64>,
    /// The instrument's band.
    pub band: Option<String>,
    /// How many people.
    pub people: Option<i64>,
    /// How many minutes it took.
    pub minutes: Option<i64>,
    /// How many fields and decisions are open because people differ.
    pub conflicts: u32,
    /// Whether somebody took it out of the lists.
    pub hidden: bool,
    /// How far it has come.
    pub sync: SyncState,
    /// Why its content is not here any more. Nothing is lost: others have it.
    pub gone: Option<Gone>,
}

/// One of a field's values.
#[derive(Clone, PartialEq, Serialize)]
pub struct ValueView {
    /// The value.
    pub value: serde_json::Value,
    /// Who wrote it.
    pub author: String,
    /// When, by the author's clock.
    pub time: i64,
    /// Names it when the field is settled.
    pub change: String,
}

/// A field with all values that stand beside each other.
#[derive(Clone, PartialEq, Serialize)]
pub struct FieldView {
    /// The field's name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// The value that is shown first; the settled one where there is one.
    pub value: serde_json::Value,
    /// Whether people differ and nobody has settled it.
    pub open: bool,
    /// All values, if there are several.
    pub values: Vec<ValueView>,
    /// Who settled it, if somebody did.
    pub settled_by: Option<String>,
}

/// An event.
#[derive(Clone, PartialEq, Serialize)]
pub struct EventView {
    /// Its id, in hexadecimal.
    pub id: String,
    /// Who stated it.
    pub author: String,
    /// When, by the author's clock.
    pub time: i64,
    /// What it says.
    pub body: serde_json::Value,
}

/// One person's second opinion.
#[derive(Clone, PartialEq, Serialize)]
pub struct OpinionView {
    /// Who gave it.
    pub author: String,
    /// When, by the author's clock.
    pub time: i64,
    /// Whether it is this device's.
    pub mine: bool,
    /// `sealed` or `open`; or why it does not count: `does_not_fit`, `copied`, `twice`, `gone`.
    pub state: String,
    /// The view, where it may be shown here.
    pub view: Option<String>,
    /// Why, likewise.
    pub reasons: Option<String>,
}

/// How a record's second opinion stands.
#[derive(Clone, PartialEq, Serialize)]
pub struct SecondOpinionView {
    /// `none`, `one` (another is waited for), `waiting` (not all are open yet), `agreed`, or `differ` (somebody else is
    /// called).
    pub state: String,
    /// The view that two agree on.
    pub view: Option<String>,
    /// Whether two of them were bound to it before either knew what the other says.
    pub blind: bool,
    /// Whether this device may judge. As long as it may, it is shown nobody's view.
    pub may_judge: bool,
    /// Who has judged.
    pub opinions: Vec<OpinionView>,
}

/// A record as a whole.
#[derive(Clone, PartialEq, Serialize)]
pub struct RecordView {
    /// Its row.
    pub summary: RecordSummary,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// Its events, in the order in which they were seen.
    pub events: Vec<EventView>,
    /// Decisions that contradict each other, if any: ids of events.
    pub open_outcomes: Vec<String>,
    /// How its second opinion stands, if anybody has judged it.
    pub second_opinion: Option<SecondOpinionView>,
    /// What the instrument makes of the answers, with its reasons.
    pub assessment: Option<Assessment>,
    /// Records that share a link with it: a screening's persons, a person's screening.
    pub linked: Vec<String>,
    /// What identifies this state of the record: two devices with the same heads and events show the same.
    pub heads: Vec<String>,
}

/// How this device stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The device, in hexadecimal.
    pub device: String,
    /// Its role.
    pub role: String,
    /// Records on it.
    pub records: u64,
    /// Records whose content is not here any more, because it was handed over.
    pub handed_over: u64,
    /// Batches that were sent and that nobody has said to have received; they stay, sealed, until then.
    pub unreceived: u64,
    /// Saves that the server has not acknowledged.
    pub waiting: u64,
    /// Saves that the server refused on their own.
    pub set_aside: u64,
    /// Fields and decisions that are open because people differ.
    pub conflicts: u64,
    /// Shares whose copies must be called back and were not yet.
    pub recalls_due: u64,
    /// Open motions to which this device's person has said nothing, where she has a say.
    pub motions_waiting: u64,
    /// Erasures ordered here that not every device has confirmed.
    pub erasures_unconfirmed: u64,
    /// Days until the certificate ends; 0 when it has, none without one.
    pub certificate_days: Option<i64>,
    /// Days until reading closes without contact; 0 when it is closed, none where there is no lease.
    pub lease_days: Option<i64>,
    /// After how many wrong attempts in a row this home is wiped; none for never.
    pub wipe_after: Option<u32>,
    /// Whether that was set on this device; otherwise the space's policy says it.
    pub wipe_after_set_here: bool,
    /// Screenings in progress.
    pub drafts: u64,
    /// Items that came and cannot be taken in yet, by reason.
    pub parked: Vec<(String, u64)>,
    /// Authors that signed two batches under one counter.
    pub suspended_authors: Vec<String>,
    /// Whether the log does not name this device yet, as far as it knows: it records and seals, and its first sync makes it a
    /// full member.
    pub provisional: bool,
    /// Batches that were carried here by hand and wait until the log names their author.
    pub carried: u64,
    /// Entries of the membership log that the server has not taken yet.
    pub log_waiting: u64,
    /// How well the home's key is kept: `software` is a stand-in, not hardware.
    pub hardware: String,
}
