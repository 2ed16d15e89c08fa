//! What an agent can be told, one JSON object a line: `{"do": "screen", "with": {...}}`.
//! The words are those of the scenarios; an unknown word or field is refused, never guessed at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vigil_core::records::{Code, FieldName, FieldValue, Outcome};
use vigil_core::{NewSighting, ScreeningDraft};

use super::sharing::SharingCommand;
use crate::screenings::ScreeningInput;

/// A command.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "do", content = "with", rename_all = "snake_case", deny_unknown_fields)]
pub enum AgentCommand {
    /// Makes the home and opens it.
    Init {
        /// The person's name.
        name: String,
    },
    /// Opens the home.
    Open {},
    /// Locks: drops the home with its keys, and stays.
    Lock {},
    /// Destroys the home at once, open or not, and stays.
    Panic {},
    /// Sets the clock by which everything on this device goes, and stops it there.
    Clock {
        /// Milliseconds since 1970.
        now: i64,
    },
    /// Creates the space.
    CreateSpace {
        /// The server's card.
        server_card: Option<String>,
    },
    /// Gives the join request.
    JoinRequest {},
    /// Admits a device.
    Admit {
        /// Its join request.
        request: String,
        /// Its role.
        role: String,
        /// The person's name.
        name: String,
    },
    /// Joins a space.
    Join {
        /// The welcome.
        welcome: String,
    },
    /// Lists the members.
    Members {},
    /// Suspends a device.
    Suspend {
        /// The beginning of its id.
        device: String,
    },
    /// Moves the removal of a device.
    MoveRemoval {
        /// The beginning of its id.
        device: String,
    },
    /// Joins a motion.
    Second {
        /// The beginning of its name.
        motion: String,
    },
    /// Objects to a motion.
    Object {
        /// The beginning of its name.
        motion: String,
    },
    /// Carries a motion out.
    CarryOut {
        /// The beginning of its name.
        motion: String,
    },
    /// Lists the motions.
    Motions {},
    /// Renews a certificate.
    Renew {
        /// The beginning of the device's id.
        device: String,
        /// For how many days.
        days: u16,
    },
    /// Admits a device with everything that a certificate says; gives a certificate to sign where two persons sign.
    AdmitAs {
        /// Its join request.
        request: String,
        /// What it is admitted as.
        admission: AdmissionInput,
    },
    /// Signs a certificate as the second person.
    Cosign {
        /// The certificate.
        certificate: String,
    },
    /// Admits by a certificate that a second person has signed.
    AdmitCosigned {
        /// The certificate.
        certificate: String,
    },
    /// Moves that a member gets a higher role.
    Raise {
        /// The beginning of the device's id.
        device: String,
        /// The new role.
        role: String,
    },
    /// Moves that a member's probation ends.
    EndProbation {
        /// The beginning of the device's id.
        device: String,
    },
    /// Moves that a suspended member comes back.
    Reinstate {
        /// The beginning of the device's id.
        device: String,
    },
    /// Moves that a case is erased, and hides it.
    EraseCase {
        /// The record.
        record: String,
    },
    /// Moves another policy. What is not given stays.
    ChangePolicy {
        /// The numbers that change.
        set: PolicyInput,
    },
    /// Tells the policy.
    Policy {},
    /// Takes a record out of the lists.
    Hide {
        /// The record.
        record: String,
    },
    /// Puts a record back into the lists.
    Unhide {
        /// The record.
        record: String,
    },
    /// Hands all cases of one device over to another.
    HandOverCaseload {
        /// Whose.
        from: String,
        /// To whom.
        to: String,
    },
    /// Names the devices on duty.
    Intake {
        /// Their ids, in hexadecimal.
        devices: Vec<String>,
    },
    /// Names who may read a record besides the desks.
    Assign {
        /// The record.
        record: String,
        /// Their ids, in hexadecimal.
        devices: Vec<String>,
    },
    /// Records a screening.
    Screen(Box<ScreeningInput>),
    /// Starts a screening, to be finished later.
    Draft(Box<ScreeningDraft>),
    /// Finishes a screening.
    Finish {
        /// The draft.
        draft: String,
        /// The decision, if one was taken.
        decision: Option<Outcome>,
    },
    /// Records a sighting.
    Sighting(NewSighting),
    /// Writes fields; null removes one.
    Edit {
        /// The record.
        record: String,
        /// The fields.
        set: BTreeMap<FieldName, Option<FieldValue>>,
    },
    /// Decides what comes of a record.
    Decide {
        /// The record.
        record: String,
        /// The decision.
        decision: Outcome,
    },
    /// Adds an addendum.
    AddAddendum {
        /// The record.
        record: String,
        /// The words.
        text: String,
    },
    /// Adds an opinion.
    AddOpinion {
        /// The record.
        record: String,
        /// The words.
        text: String,
    },
    /// Settles a field.
    Settle {
        /// The record.
        record: String,
        /// The field.
        field: FieldName,
        /// The value that holds.
        choose: serde_json::Value,
    },
    /// Erases a record for good.
    Erase {
        /// The record.
        record: String,
        /// Why.
        reason: Code,
    },
    /// Erases one field of a record for good.
    EraseField {
        /// The record.
        record: String,
        /// The field.
        field: FieldName,
    },
    /// Tells how far erasures have come.
    Erasures {},
    /// Counts how many of these words the home holds anywhere, opened with its keys: for the demo's checks.
    HoldsWords {
        /// The words.
        words: Vec<String>,
    },
    /// Lists every record, newest first.
    List {},
    /// Searches.
    Search {
        /// The words.
        text: String,
    },
    /// Shows a record.
    Show {
        /// The record.
        record: String,
    },
    /// Shows every record on which people differ.
    Conflicts {},
    /// Names the state of every record, for comparing two devices.
    States {},
    /// Tells how the device stands.
    Status {},
    /// Something about consent, other bases or shares.
    Sharing(Box<SharingCommand>),
    /// Syncs.
    Sync {
        /// How often a broken link is tried.
        attempts: u32,
    },
}

/// As what a device is admitted.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdmissionInput {
    /// Its role.
    pub role: String,
    /// The person's name.
    pub name: String,
    /// Whether she is on probation.
    #[serde(default)]
    pub probation: bool,
    /// Her area.
    #[serde(default)]
    pub area: String,
    /// Who vouches for her.
    #[serde(default)]
    pub sponsors: Vec<String>,
    /// A device of hers that is a member already: the beginning of its id.
    #[serde(default)]
    pub same_person_as: Option<String>,
    /// For how many days; 90 if nothing is said.
    #[serde(default)]
    pub days: Option<u16>,
}

/// The numbers of a policy that change.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyInput {
    /// How many persons sign a certificate.
    pub admission_signatures: Option<u8>,
    /// How many persons carry a removal.
    pub removal_persons: Option<u8>,
    /// How many persons carry a recovery.
    pub recovery_persons: Option<u8>,
    /// How many days a device may read without contact.
    pub lease_days: Option<u16>,
    /// After how many wrong attempts a device wipes itself.
    pub wipe_after: Option<u16>,
    /// How many days a monitor's device keeps what has arrived.
    pub monitor_days: Option<u16>,
}

/// The state of a record: two devices that hold the same record give the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordState {
    /// The newest changes of its facts.
    pub heads: Vec<String>,
    /// Its events.
    pub events: Vec<String>,
    /// A digest of its fields as they were written, whatever events say of them.
    pub facts: String,
    /// A digest of everything shown: fields with all their values, events, open questions.
    pub shown: String,
    /// Whether its content was handed over and is not there any more.
    pub gone: bool,
}
