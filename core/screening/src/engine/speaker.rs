//! Says everything in the reader's language, and never lets an unreviewed translation stand alone (CARE 13).

use super::phrases::{self, Phrase};
use crate::instrument::Instrument;
use crate::text::Text;

/// An instrument and the languages that a reader prefers.
#[derive(Clone, Copy)]
pub(crate) struct Speaker<'a> {
    pub(crate) instrument: &'a Instrument,
    pub(crate) languages: &'a [&'a str],
}

impl Speaker<'_> {
    /// A text of the instrument.
    pub(crate) fn text(&self, text: &Text) -> String {
        self.instrument.read(text, self.languages).shown()
    }

    /// One of the engine's own phrases.
    pub(crate) fn phrase(&self, phrase: Phrase) -> String {
        phrases::phrase(phrase, self.languages)
    }
}
