//! Adding an instrument that a programme brought to this device's home.
//! It promises to take no file whose publisher is not the one that was named, unless the caller says that nobody need be.

use super::keys::public_key;
use super::problem::InstrumentProblem;
use super::source::text;
use vigil_screening::Instrument;

use crate::cli::arguments::Arguments;
use crate::cli::output::Output;
use crate::cli::session;
use crate::error::DeskError;
use crate::text::plain;

pub(super) fn add(
    arguments: &Arguments,
    output: &Output,
    file: &str,
    publisher: Option<&str>,
    unsigned: bool,
) -> Result<(), DeskError> {
    let expected = publisher.map(public_key).transpose()?;
    // As it came: a signature holds for the file, and not for another way to write it.
    let text = text(file)?;
    let instrument = Instrument::from_json(&text).map_err(InstrumentProblem::from)?;
    match (instrument.signed_by(), expected) {
        (Some(by), Some(key)) if by.key == key => {}
        (Some(_), Some(_)) => return Err(InstrumentProblem::OtherPublisher.into()),
        (None, Some(_)) => return Err(InstrumentProblem::NotSigned.into()),
        (_, None) if unsigned => {}
        (_, None) => return Err(DeskError::Usage("name the publisher's key, or say --unsigned".to_owned())),
    }
    let info = session::open(arguments)?.add_instrument(&text)?;
    let by =
        info.publisher.as_deref().map_or_else(|| "nobody signed it".to_owned(), |name| format!("signed by {name}"));
    let line = format!("{} is on this device as {}; {}.", plain(&info.title), info.pin, plain(&by));
    output.answer(&info, [line])
}
