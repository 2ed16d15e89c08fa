//! Every size and count of a record that the outside can fill, with its name.
//! A device's own edits stop earlier than the guard refuses, so that what two people added without knowing of each other
//! is still taken in by everybody.

/// Longest name of a field, in bytes.
pub const MAX_FIELD_NAME_BYTES: usize = 64;
/// Longest text in a field, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Longest byte string in a field.
pub const MAX_FIELD_BYTES: usize = 4 * 1024;

/// Most fields that an own edit may leave in a record.
pub const MAX_FIELDS_OF_EDIT: usize = 640;
/// Most fields that the guard admits in a record.
pub const MAX_FIELDS: usize = 1024;
/// Most changes of a record after an own edit.
pub const MAX_CHANGES_OF_EDIT: usize = 2_000;
/// Most changes that the guard admits in a record.
pub const MAX_CHANGES: usize = 4_000;
/// Most actors (installs that wrote) that the guard admits in a record.
pub const MAX_ACTORS: usize = 512;
/// Largest record after an own edit, in bytes as saved.
pub const MAX_RECORD_BYTES_OF_EDIT: usize = 1024 * 1024;
/// Largest record that the guard admits, in bytes as saved.
pub const MAX_RECORD_BYTES: usize = 2 * 1024 * 1024;

/// Largest change of an own edit, in bytes: it fits into one item of a batch even if it cannot be compressed.
pub const MAX_CHANGE_BYTES_OF_EDIT: usize = 48 * 1024;
/// Largest change that the guard admits, in bytes, not compressed.
pub const MAX_CHANGE_BYTES: usize = 256 * 1024;
/// Most operations in one change: one for each field that it writes.
pub const MAX_OPS_PER_CHANGE: usize = MAX_FIELDS;
/// Most values that one change may replace: more than one for a field only where that was in conflict.
pub const MAX_REPLACED_PER_CHANGE: usize = 4 * 1024;
/// Most predecessors of a change.
pub const MAX_CHANGE_PARENTS: usize = 64;

/// Longest code in an event: a purpose, a kind of recipient, a language.
pub const MAX_CODE_BYTES: usize = MAX_FIELD_NAME_BYTES;
/// Longest short text in an event: a place, a person, a reason in a few words. In bytes of UTF-8.
pub const MAX_SHORT_TEXT_BYTES: usize = 512;
/// Longest text in an event: an opinion, an addendum. In bytes of UTF-8.
pub const MAX_LONG_TEXT_BYTES: usize = 8 * 1024;
/// Largest body of an event, in bytes.
pub const MAX_EVENT_BODY_BYTES: usize = 12 * 1024;
/// Most events that one event names as the newest that its author had seen.
pub const MAX_EVENT_PARENTS: usize = 32;
/// Most values or outcomes that one settlement is chosen over.
pub const MAX_SETTLED_OVER: usize = 64;
/// Most events of a record that count; the fold passes over what comes beyond, and says so.
pub const MAX_EVENTS: usize = 2_000;

/// Most changes in one write.
pub const MAX_CHANGES_PER_CONTENT: usize = 256;
/// Most events in one write.
pub const MAX_EVENTS_PER_CONTENT: usize = 256;
/// Largest content of one write, in bytes, before compression.
pub const MAX_CONTENT_BYTES: usize = 256 * 1024;

/// Most authorities that one choice names.
pub const MAX_AUTHORITIES: usize = 16;
/// Most records that one share copies.
pub const MAX_SHARED_RECORDS: usize = 8;
/// Most fields that one share copies, of all its records together.
pub const MAX_SHARED_FIELDS: usize = 128;
/// Most restrictions that one share names.
pub const MAX_RESTRICTIONS: usize = 16;
