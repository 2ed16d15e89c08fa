//! Who answers for an instrument: making a publisher's key, signing, and saying who signed.
//! The secret half promises never to be printed, and a key file never to be written over.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use serde_json::json;
use vigil_screening::{Instrument, PublisherKey, sign as sign_with};
use zeroize::Zeroizing;

use super::list::origin;
use super::problem::InstrumentProblem;
use super::source::{self, Loaded};
use crate::cli::output::Output;
use crate::error::DeskError;
use crate::text::plain;

/// Far longer than a key.
const MOST_KEY_BYTES: usize = 4096;

pub(super) fn new_key(output: &Output, file: &Path) -> Result<(), DeskError> {
    let no_random = |_| DeskError::DoesNotHold("the system gave no random bytes for a key".to_owned());
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(no_random)?;
    let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
    let key = PublisherKey::from_pkcs8(&pkcs8).map_err(InstrumentProblem::from)?;
    let problem = |error| DeskError::file(file.display().to_string(), error);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(file).map_err(problem)?;
    written.write_all(&pkcs8).and_then(|()| written.sync_all()).map_err(problem)?;
    let shown = plain(&file.display().to_string());
    output.answer(
        &json!({"file": file.display().to_string(), "public_key": key.public()}),
        [
            format!("{shown}: the key. Whoever has this file can sign in your name; nobody but you may read it."),
            format!("{}: its public half. Give it to everybody who shall check your signature.", key.public()),
        ],
    )
}

pub(super) fn sign(output: &Output, file: &str, key: &Path, name: &str, out: Option<&Path>) -> Result<(), DeskError> {
    let key = read_key(key)?;
    let text = source::text(file)?;
    let instrument = Instrument::from_json(&unsigned(&text)).map_err(InstrumentProblem::from)?;
    if vigil_screening::is_shipped(instrument.id().as_str()) {
        return Err(InstrumentProblem::NameTaken(instrument.id().to_string()).into());
    }
    let mut signed = sign_with(&text, name, &key).map_err(InstrumentProblem::from)?;
    signed.push('\n');
    let instrument = Instrument::from_json(&signed).map_err(InstrumentProblem::from)?;
    let to = match (out, file) {
        (None, "-") => {
            return io::stdout()
                .lock()
                .write_all(signed.as_bytes())
                .map_err(|error| DeskError::file("standard output", error));
        }
        (Some(out), _) => out,
        (None, file) => Path::new(file),
    };
    source::write(to, signed.as_bytes())?;
    let digest = instrument.digest().to_string();
    let (id, version, shown) = (instrument.id(), instrument.version(), to.display().to_string());
    output.answer(
        &json!({
            "instrument": id, "version": version, "digest": digest, "pin": instrument.pin(), "file": shown,
            "signed_by": {"name": name, "key": key.public()},
        }),
        [
            format!("{}: {id}@{version}, signed by {} with the key {}", plain(&shown), plain(name), key.public()),
            format!("digest {digest}"),
        ],
    )
}

/// A file that is signed again need not carry a signature that still holds.
fn unsigned(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(mut fields)) if fields.contains_key("signature") => {
            fields.remove("signature");
            fields.remove("publisher");
            serde_json::Value::Object(fields).to_string()
        }
        // The reader says better what is wrong with it.
        _ => text.to_owned(),
    }
}

fn read_key(path: &Path) -> Result<PublisherKey, DeskError> {
    let bytes = Zeroizing::new(source::bytes(&path.display().to_string(), MOST_KEY_BYTES)?);
    Ok(PublisherKey::from_pkcs8(&bytes).map_err(InstrumentProblem::from)?)
}

pub(super) fn verify(output: &Output, given: &str, expected: Option<&str>) -> Result<(), DeskError> {
    let expected = expected.map(public_key).transpose()?;
    let loaded = source::load(given)?;
    let signed_by = loaded.instrument.signed_by();
    let as_expected = expected.as_ref().map(|key| signed_by.is_some_and(|publisher| publisher.key == *key));
    let id = loaded.instrument.id();
    let value = json!({
        "instrument": id,
        "version": loaded.instrument.version(),
        "digest": loaded.instrument.digest().to_string(),
        "pin": loaded.instrument.pin(),
        "shipped": loaded.is_shipped,
        "signed_by": signed_by,
        "expected": as_expected,
    });
    output.answer(&value, verify_lines(&loaded, as_expected))?;
    match (signed_by, as_expected) {
        (None, Some(_)) => Err(InstrumentProblem::NotSigned.into()),
        (None, None) if !loaded.is_shipped => Err(InstrumentProblem::NotSigned.into()),
        (Some(_), Some(false)) => Err(InstrumentProblem::OtherPublisher.into()),
        _ => Ok(()),
    }
}

fn verify_lines(loaded: &Loaded, as_expected: Option<bool>) -> Vec<String> {
    let instrument = &loaded.instrument;
    let mut lines = vec![
        format!("{}@{}: {}", instrument.id(), instrument.version(), origin(loaded)),
        format!("digest {}", instrument.digest()),
    ];
    lines.extend(as_expected.map(|same| match same {
        true => "The key is the one expected.".to_owned(),
        false => "The key is NOT the one expected.".to_owned(),
    }));
    if instrument.signed_by().is_some() && as_expected.is_none() {
        lines.push("Whether this key is really theirs is for you to find out: ask them, by another way.".to_owned());
    }
    if loaded.takes_a_name() {
        lines.push("It bears the name of an instrument that comes with Vigil, and is another.".to_owned());
    }
    lines
}

pub(super) fn public_key(given: &str) -> Result<String, DeskError> {
    let key = given.trim().to_ascii_lowercase();
    let is_key = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_key {
        Ok(key)
    } else {
        Err(DeskError::Usage("--publisher takes a public key: 64 hexadecimal digits".to_owned()))
    }
}
