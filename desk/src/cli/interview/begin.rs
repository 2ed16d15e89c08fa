//! Before the first question: which instrument, who may use it, and whether a draft was left in the middle.
//! It promises that a draft goes on with the very version that it was begun with.

use std::io::{BufRead, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use vigil_core::{DraftId, NewScreening, Role, ScreeningDraft, Timestamp, Vault, VigilError};
use vigil_screening::{AgeBand, Instrument};

use crate::DeskError;
use crate::cli::InstrumentProblem;
use crate::cli::asking::{Reply, Stop, Terminal};
use crate::cli::instrument::{PRACTICE, shipped_named};
use crate::cli::reader::Reader;

/// The instrument of a checkpoint, where nobody names another.
const USUAL: &str = "border_interception";
/// What drafts without a pin were begun with.
const USUAL_PIN: &str = "border_interception@1";

/// The instrument that was named, or the usual one: one that comes with Vigil, or one that was added to this home, by its
/// name, its name and version, or what records pin.
pub(super) fn named(vault: &Vault, given: Option<&str>) -> Result<Instrument, DeskError> {
    let given = given.unwrap_or(USUAL);
    let brought = vault.instruments()?.into_iter().filter(|info| !info.shipped);
    let mut fitting: Vec<_> = brought
        .filter(|info| given == info.pin || given == info.id || given == format!("{}@{}", info.id, info.version))
        .collect();
    // Of several versions the newest; two files of one version are told apart by what records pin.
    let newest = fitting.iter().map(|info| info.version).max();
    fitting.retain(|info| Some(info.version) == newest);
    match fitting.as_slice() {
        [] => shipped_named(given),
        [one] => Ok(vault.instrument(&one.pin)?),
        several => {
            let pins: Vec<&str> = several.iter().map(|info| info.pin.as_str()).collect();
            Err(DeskError::Usage(format!("several instruments are called that: {}", pins.join(", "))))
        }
    }
}

/// The instrument of a draft, exactly as it was begun with.
fn pinned(vault: &Vault, pin: Option<&str>) -> Result<Instrument, DeskError> {
    Ok(vault.instrument(pin.unwrap_or(USUAL_PIN))?)
}

/// A screening that has begun.
pub(super) struct Begun {
    pub(super) id: DraftId,
    pub(super) draft: ScreeningDraft,
    pub(super) instrument: Instrument,
}

/// Refuses an instrument that is switched off, for practice only, or for others (CARE 6).
pub(super) fn may_use(vault: &Vault, instrument: &Instrument, languages: &[&str]) -> Result<(), DeskError> {
    let sheet = instrument.sheet();
    if let Some(why) = &sheet.disabled {
        let why = Reader::new(instrument, languages.to_vec()).words(why);
        return Err(InstrumentProblem::Disabled(why).into());
    }
    if instrument.id().as_str() == PRACTICE {
        let why = "it is for practice only; `vigil instrument practice` asks by it".to_owned();
        return Err(InstrumentProblem::Disabled(why).into());
    }
    let role = match vault.role() {
        Ok(role) => role,
        // That there is no space is said where something is saved.
        Err(VigilError::NotInSpace) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let theirs = roles(role);
    if sheet.needs.roles.iter().any(|role| theirs.contains(&role.as_str())) {
        return Ok(());
    }
    let roles: Vec<String> = sheet.needs.roles.iter().map(|role| role.as_str().replace('_', " ")).collect();
    Err(InstrumentProblem::OtherRole { roles: roles.join(" or "), role: role.name().to_owned() }.into())
}

/// The roles of instruments that a device of this role stands for. An officer follows cases; a desk is run by officers, but
/// questions for case workers are not asked at it.
fn roles(role: Role) -> &'static [&'static str] {
    match role {
        Role::Volunteer => &["border_volunteer"],
        Role::Monitor => &["village_monitor"],
        Role::Officer => &["officer", "case_worker"],
        Role::Desk => &["desk", "officer"],
        Role::Auditor => &[],
    }
}

/// A new draft by this instrument, or one that was left, by its own.
pub(super) fn begin<R: BufRead, W: Write>(
    vault: &mut Vault,
    terminal: &mut Terminal<R, W>,
    instrument: Instrument,
) -> Result<Option<Begun>, DeskError> {
    if let Some((id, draft)) = vault.drafts()?.into_iter().next() {
        terminal.say(&format!("A screening at {} was left in the middle.", draft.screening.station))?;
        let options = ["go on with it", "throw it away", "leave it and begin another"].map(str::to_owned);
        match terminal.choose("number, Enter to go on with it", &options)? {
            Err(Stop) => return Ok(None),
            Ok(Some(1)) => vault.discard_draft(&id)?,
            Ok(Some(2)) => {}
            Ok(_) => {
                let instrument = pinned(vault, draft.screening.instrument.as_deref())?;
                return Ok(Some(Begun { id, draft, instrument }));
            }
        }
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let station = loop {
        // The one thing that a record needs.
        match terminal.ask("Station, a place's name")? {
            Reply::Words(words) => break words,
            Reply::Skipped => {}
            Reply::Stopped => return Ok(None),
        }
    };
    let screening = NewScreening {
        station,
        started_at: Timestamp(i64::try_from(now).unwrap_or(i64::MAX)),
        minutes: None,
        people: None,
        age_band: AgeBand::Unknown.code().to_owned(),
        sex: None,
        exploitation: None,
        journey: None,
        instrument: Some(instrument.pin()),
        answers: std::collections::BTreeMap::new(),
        observations: None,
        wants_follow_up: false,
    };
    let draft = ScreeningDraft { screening, persons: Vec::new() };
    Ok(Some(Begun { id: vault.start_screening(&draft)?, draft, instrument }))
}
