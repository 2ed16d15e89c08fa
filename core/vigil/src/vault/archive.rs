//! The archive of a committee's data: writing it at a desk, reading it with the paper key alone.
//! Writing promises that nothing readable touches the disk on the way; reading needs no home, no passphrase and no network.

use super::Vault;
use super::codes::{ARCHIVE_KEY_PREFIX, from_code, to_code};
use super::read::ListQuery;
use crate::archive::{ArchiveError, ArchiveHeader, ArchiveReader, ArchiveSource, ArchiveWriter};
use crate::error::{Result, VigilError};
use crate::keys::{SealingKeyPair, Secret};
use serde::Serialize;
use std::io::{Read, Write};
use vigil_protocol::{Hash, Motion, SealingPublicKey};
use zeroize::Zeroizing;

/// Records that are listed at a time while an archive is written.
const RECORDS_AT_A_TIME: u32 = 200;

/// The key that opens an archive: shown once, kept on paper, never stored on a device.
pub struct ArchiveKey {
    text: Zeroizing<String>,
    public: SealingPublicKey,
}

impl ArchiveKey {
    pub(crate) fn generate() -> Self {
        let pair = SealingKeyPair::generate();
        let text = Zeroizing::new(to_code(ARCHIVE_KEY_PREFIX, pair.private().expose()));
        Self { text, public: pair.public() }
    }

    /// The text to write down.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its public half, which the motion to export names.
    pub fn public(&self) -> SealingPublicKey {
        self.public
    }
}

impl std::fmt::Debug for ArchiveKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ArchiveKey({})", self.public)
    }
}

/// What an archive came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ArchiveReport {
    /// Records in it.
    pub records: u64,
    /// Items on this device that it cannot open: identities of cases that are assigned to others, mostly. Whoever they are
    /// assigned to writes an archive of their own.
    pub not_readable: u64,
}

#[derive(Serialize)]
struct Beginning {
    vigil_archive: u32,
    space: String,
    members: Vec<super::MemberView>,
    records: u64,
}

impl Vault {
    /// Moves that the whole committee's data is exported: a second person seconds it, or nobody objects for three days. Gives
    /// the motion, and the key that will open the archive: it is shown once.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role.
    pub fn propose_export(&mut self) -> Result<(Hash, ArchiveKey)> {
        let key = ArchiveKey::generate();
        let motion = self.propose_motion(Motion::Export { to: key.public() })?;
        Ok((motion, key))
    }

    /// Writes the archive that a motion decided, and notes in the log that it was carried out. The file holds what this device
    /// can read; `progress` is told records done and records in all.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] for the motion, [`VigilError::NotAllowed`] if it is not carried, [`VigilError::Archive`].
    pub fn export(
        &mut self,
        motion: &Hash,
        out: impl Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<ArchiveReport> {
        let view = &self.space()?.membership;
        let record = view.motion(motion).ok_or(VigilError::NotFound { what: "motion" })?;
        let Motion::Export { to } = record.motion else { return Err(VigilError::NotFound { what: "motion" }) };
        // Decided first: a file that nobody decided on must not exist, not even for a moment. Once decided it may be written
        // again, after a full disk or on another desk.
        if !view.export_is_decided(&to) {
            self.carry_out(motion)?;
        }
        self.write_archive((*motion, to), out, progress)
    }

    /// Writes everything that this device can read, one JSON object a line, sealed to `to`. `progress` is told records done
    /// and records in all.
    pub(super) fn write_archive(
        &mut self,
        (motion, to): (Hash, SealingPublicKey),
        out: impl Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<ArchiveReport> {
        self.may_read()?;
        let space = self.space()?;
        let source = ArchiveSource {
            space: space.id(),
            genesis: space.membership.genesis(),
            motion,
            device: self.device,
            time: self.now(),
        };
        let (header, key) =
            ArchiveHeader::new(&source, to).ok_or_else(|| VigilError::invalid("archive key", "it is not a key"))?;
        let status = self.status()?;
        let beginning = Beginning {
            vigil_archive: 1,
            space: source.space.to_string(),
            members: self.members()?,
            records: status.records,
        };
        let mut writer = ArchiveWriter::begin(out, &header, &key)?;
        line(&mut writer, &beginning)?;
        let mut report = ArchiveReport { records: 0, not_readable: status.parked.iter().map(|(_, count)| count).sum() };
        loop {
            let offset = u32::try_from(report.records).unwrap_or(u32::MAX);
            let rows =
                self.list(&ListQuery { limit: RECORDS_AT_A_TIME, offset, hidden: true, ..ListQuery::default() })?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let record = self.find(&row.id)?;
                line(&mut writer, &self.show_for_archive(&record)?)?;
                report.records += 1;
                progress(report.records, status.records);
            }
        }
        line(&mut writer, &report)?;
        writer.finish()?;
        Ok(report)
    }
}

fn line(out: &mut impl Write, value: &impl Serialize) -> Result<()> {
    // The text is wiped: it holds names.
    let mut text = Zeroizing::new(serde_json::to_vec(value).map_err(|_| VigilError::internal("writing an archive"))?);
    text.push(b'\n');
    Ok(out.write_all(&text).map_err(ArchiveError::from)?)
}

/// Reads an archive with its paper key and writes its lines to `out`. What is written before a damage is sound; the error
/// says that the rest is missing.
///
/// # Errors
/// [`VigilError::Invalid`] for the key, [`VigilError::Archive`].
///
/// ```
/// let lines = vigil_core::read_archive(&b"no archive"[..], "vigil-archive-key-1:00", &mut Vec::new());
/// assert_eq!(lines.unwrap_err().code(), "invalid");
/// ```
pub fn read_archive(input: impl Read, key: &str, out: &mut impl Write) -> Result<ArchiveHeader> {
    let bytes = Zeroizing::new(from_code("archive key", ARCHIVE_KEY_PREFIX, key)?);
    let pair = Secret::from_slice(&bytes)
        .and_then(SealingKeyPair::from_private)
        .ok_or_else(|| VigilError::invalid("archive key", "a part is missing or was mistyped"))?;
    let (mut reader, header) = ArchiveReader::begin(input, &pair)?;
    while let Some(chunk) = reader.next_chunk()? {
        out.write_all(&chunk).map_err(ArchiveError::from)?;
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{NewSighting, Outcome, ShortText};
    use crate::{Passphrase, Timestamp};

    struct Desk(std::path::PathBuf, Vault);

    impl Desk {
        fn new(name: &str) -> Self {
            let home = std::env::temp_dir().join(format!("vigil-archive-{name}-{}", std::process::id()));
            std::fs::remove_dir_all(&home).ok();
            let mut vault = Vault::create_at_floor(&home, &Passphrase::new("four random words here"), "Desk").unwrap();
            vault.create_space(None).unwrap();
            Self(home, vault)
        }
    }

    impl Drop for Desk {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    #[test]
    fn an_archive_holds_every_record_with_its_persons_and_decisions_and_opens_with_the_paper_key_alone() {
        let mut desk = Desk::new("whole");
        let screening = serde_json::from_value(serde_json::json!({
            "station": "East gate", "started_at": 1_795_000_000_000_i64, "age_band": "adult",
            "instrument": "border_interception@1", "answers": {},
        }))
        .unwrap();
        let person = serde_json::from_value(serde_json::json!({"role": "traveller", "name": "Kopila Rai"})).unwrap();
        let outcome = Outcome::Referred { to: ShortText::new("shelter").unwrap() };
        desk.1.record_screening(&screening, &[person], Some(outcome)).unwrap();
        for number in 0..RECORDS_AT_A_TIME {
            let place = format!("Bus park {number}");
            let sighting = NewSighting { place, seen_at: Timestamp(0), description: None, people: None };
            desk.1.record_sighting(&sighting).unwrap();
        }
        let key = ArchiveKey::generate();
        let (mut file, mut told) = (Vec::new(), Vec::new());
        let report =
            desk.1.write_archive((Hash([7; 32]), key.public()), &mut file, &mut |done, all| told.push((done, all)));
        let total = u64::from(RECORDS_AT_A_TIME) + 2;
        assert_eq!(report.unwrap(), ArchiveReport { records: total, not_readable: 0 });
        assert_eq!(told.last(), Some(&(total, total)));
        assert!(!file.windows(6).any(|window| window == b"Kopila"));

        let mut lines = Vec::new();
        let header = read_archive(file.as_slice(), key.text(), &mut lines).unwrap();
        assert_eq!((header.motion, header.to), (Hash([7; 32]), key.public()));
        let lines: Vec<serde_json::Value> =
            String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len() as u64, total + 2);
        assert_eq!(lines[0]["members"][0]["name"], "Desk");
        let ids: std::collections::BTreeSet<&str> =
            lines.iter().filter_map(|line| line["summary"]["id"].as_str()).collect();
        assert_eq!(ids.len() as u64, total);
        let text = serde_json::to_string(&lines).unwrap();
        for expected in ["Kopila Rai", "Bus park 0", "Bus park 199", "referred", "shelter"] {
            assert!(text.contains(expected), "{expected}");
        }
        let other = ArchiveKey::generate();
        let wrong = read_archive(file.as_slice(), other.text(), &mut Vec::new()).unwrap_err();
        assert_eq!(wrong.code(), "archive");
        assert!(!format!("{key:?}").contains(key.text()));
    }
}
