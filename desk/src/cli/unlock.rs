//! Commands around what opens a home: passphrase, duress PIN, limit of wrong attempts, panic.
//! They promise to ask for a new passphrase apart from the one that opens, and to destroy nothing without being told twice.

use std::sync::Arc;

use serde_json::json;
use vigil_core::{FolderVault, HardwareLevel, HomeOptions, Vault};

use super::arguments::{Arguments, Duress, PassphraseCommand, WipeAfter};
use super::output::Output;
use super::session;
use crate::error::DeskError;

/// What homes of this program are opened with.
pub(crate) fn options(arguments: &Arguments) -> HomeOptions {
    let mut options = HomeOptions::default();
    if let Some(folder) = &arguments.hardware {
        options.hardware = Some(Arc::new(FolderVault::new(folder)));
    }
    options
}

pub(super) fn passphrase(arguments: &Arguments, output: &Output, command: &PassphraseCommand) -> Result<(), DeskError> {
    let PassphraseCommand::Change { new_passphrase_file } = command;
    let mut vault = session::open(arguments)?;
    let new = session::new_passphrase(new_passphrase_file.as_deref(), "New passphrase: ")?;
    vault.change_passphrase(&new)?;
    output.answer(
        &json!({"changed": true}),
        ["The passphrase is changed. The old one opens nothing any more, and neither does an old copy of the home."],
    )
}

pub(super) fn duress(arguments: &Arguments, output: &Output, command: &Duress) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    match command {
        Duress::Set { pin_file } => {
            vault.set_duress_pin(&session::new_passphrase(pin_file.as_deref(), "Duress PIN: ")?)?;
            output.answer(
                &json!({"duress_pin": true}),
                [
                    "The duress PIN opens a small profile: instruments, practice and drafts, no records. It destroys nothing.",
                    "Who knows Vigil knows that there may be such a PIN, and can ask for the other. Do not rely on it alone.",
                ],
            )
        }
        Duress::Clear => {
            vault.clear_duress_pin()?;
            output.answer(&json!({"duress_pin": false}), ["There is no duress PIN any more."])
        }
    }
}

pub(super) fn panic(arguments: &Arguments, output: &Output, is_sure: bool) -> Result<(), DeskError> {
    let home = session::home(arguments)?;
    if !is_sure {
        let what = format!("this destroys the home {} for good; say --yes", home.display());
        return Err(DeskError::Usage(what));
    }
    let hardware = options(arguments).hardware_of(&home)?;
    let erased = Vault::panic_erase(&home, hardware.as_ref())?;
    let parts = [
        (erased.hardware_key, "the key of the hardware"),
        (erased.key_file, "the key file"),
        (erased.databases, "the databases"),
    ];
    let words = parts.map(|(is_gone, what)| format!("{}: {what}", if is_gone { "destroyed" } else { "NOT destroyed" }));
    let copies = "Sealed copies of what was not sent are still there; nothing on this device reads them.".to_owned();
    output.answer(
        &json!({
            "hardware_key": erased.hardware_key, "key_file": erased.key_file, "databases": erased.databases,
        }),
        words.into_iter().chain([copies]),
    )
}

pub(super) fn wipe_after(arguments: &Arguments, output: &Output, limit: WipeAfter) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    vault.set_wipe_after(limit.0)?;
    let words = match limit.0 {
        None => "This home is never wiped by wrong attempts; they only take longer and longer.".to_owned(),
        Some(limit) => format!("After {limit} wrong attempts in a row this home is wiped."),
    };
    output.answer(&json!({"wipe_after": limit.0}), [words])
}

/// How well a key is kept, in words.
pub(super) fn level_words(name: &str) -> String {
    if name == HardwareLevel::Software.name() {
        return "the home's key is kept in software: a folder stands in for hardware, and who copies both can try PINs"
            .to_owned();
    }
    format!("the home's key is kept in hardware: {}", name.replace('_', " "))
}
