//! A checked instrument: the sheet, an index of its names, and the order in which its conditions can be read.
//!
//! An [`Instrument`] exists only after every check of the file has passed, so the engine never meets a dangling
//! reference, a circle, a text without wording or a list beyond its limit.

use std::fmt;

use crate::canonical::Digest;
use crate::check;
use crate::error::InstrumentError;
use crate::id::Id;
use crate::plan::{Name, Plan};
use crate::sheet::{Card, Item, Publisher, Sheet};
use crate::text::{Lang, Reading, Review, Text};

/// A checked instrument.
#[derive(Clone, PartialEq)]
pub struct Instrument {
    sheet: Sheet,
    plan: Plan,
    digest: Digest,
}

impl fmt::Debug for Instrument {
    // A whole instrument fills pages; the digest names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instrument({}@{} {})", self.id(), self.version(), self.digest)
    }
}

impl Instrument {
    /// Reads and checks an instrument file. A signature in it has to hold.
    ///
    /// # Errors
    /// [`InstrumentError`] with a stable code and the place in the file; nothing of a refused file is used.
    pub fn from_json(json: &str) -> Result<Self, InstrumentError> {
        check::read(json)
    }

    /// Checks a sheet that was put together in memory.
    ///
    /// # Errors
    /// As [`Self::from_json`].
    pub fn from_sheet(sheet: &Sheet) -> Result<Self, InstrumentError> {
        let json = serde_json::to_string(sheet).map_err(|error| InstrumentError::WrongShape {
            line: 0,
            column: 0,
            why: error.to_string(),
        })?;
        Self::from_json(&json)
    }

    pub(crate) fn checked(sheet: Sheet, plan: Plan, digest: Digest) -> Self {
        Self { sheet, plan, digest }
    }

    /// Everything that the file says.
    #[must_use]
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Name of the instrument, the same in every version.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.sheet.id
    }

    /// Version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.sheet.version
    }

    /// SHA-256 of the canonical form without the signature: what a signature signs and a record pins.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Who signed it; none if nobody did. That the signature holds was checked when the file was read.
    #[must_use]
    pub fn signed_by(&self) -> Option<&Publisher> {
        self.sheet.signature.as_ref().and(self.sheet.publisher.as_ref())
    }

    /// Whether it is, byte for byte in its canonical form, one of the shipped instruments and not another file of that name.
    #[must_use]
    pub fn comes_with_vigil(&self) -> bool {
        let ours = crate::shipped::shipped_once(self.id().as_str(), self.version());
        ours.is_some_and(|ours| ours.digest == self.digest)
    }

    /// What a record of it pins: `id@version`, and for an instrument that was not shipped the beginning of its digest.
    #[must_use]
    pub fn pin(&self) -> String {
        let (id, version) = (self.id(), self.version());
        if self.comes_with_vigil() {
            format!("{id}@{version}")
        } else {
            format!("{id}@{version}.{}", self.digest.short())
        }
    }

    /// Every item, the safety page's first, in the order in which they are asked.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.sheet.items()
    }

    /// The item of this name.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        match self.plan.name(id)? {
            Name::Item(at) => self.items().nth(at),
            _ => None,
        }
    }

    /// The help card or advice card of this name.
    #[must_use]
    pub fn card(&self, id: &str) -> Option<&Card> {
        self.sheet.help_cards.iter().chain(&self.sheet.advice_cards).find(|card| card.id.as_str() == id)
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A text for a reader who prefers these languages in this order. Where one is missing, its fallbacks are tried;
    /// the instrument's own language comes last.
    #[must_use]
    pub fn read<'a>(&'a self, text: &'a Text, preferred: &[&str]) -> Reading<'a> {
        let own = self.sheet.language.as_str();
        let chain = preferred.iter().flat_map(|lang| {
            let more = self.sheet.fallback.get(*lang).map_or(&[][..], Vec::as_slice);
            std::iter::once(*lang).chain(more.iter().map(Lang::as_str))
        });
        let found = chain.chain([own]).find_map(|lang| {
            let (lang, wording) = text.wordings().find(|(have, _)| have.as_str() == lang)?;
            let review = wording.review.or_else(|| self.sheet.languages.get(lang).copied());
            Some((lang.as_str(), wording.text.as_str(), review.unwrap_or(Review::Unreviewed)))
        });
        // Every checked text has the instrument's own language.
        let (lang, words, review) = found.unwrap_or((own, "", Review::Unreviewed));
        let beside = (review == Review::Unreviewed && lang != own).then(|| self.words(text));
        Reading { lang, text: words, review, beside }
    }

    /// A text in the language that the instrument was written in.
    pub(crate) fn words<'a>(&self, text: &'a Text) -> &'a str {
        text.get(self.sheet.language.as_str()).map_or("", |wording| wording.text.as_str())
    }
}
