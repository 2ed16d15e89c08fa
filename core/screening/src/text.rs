//! What a person reads, in as many languages as somebody wrote it, each with how well it was reviewed.
//!
//! A reader gets the language asked for where it exists, and is never handed an unreviewed translation alone
//! (CARE 13): the instrument's own wording stands beside it.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::unique::unique_map;

/// A language tag such as `en`, `ne` or `zh-Hant`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lang(String);

/// A name that is not a language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a language tag is two or three lower-case letters, with parts of two to eight letters or digits after hyphens"
)]
pub struct BadLang;

impl BadLang {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "bad_language"
    }
}

impl Lang {
    /// Takes a tag if it is well formed.
    ///
    /// # Errors
    /// [`BadLang`] if it is not.
    pub fn new(tag: impl Into<String>) -> Result<Self, BadLang> {
        let tag = tag.into();
        let mut parts = tag.split('-');
        let first = parts.next().unwrap_or_default();
        let well_formed = tag.len() <= 24
            && (2..=3).contains(&first.len())
            && first.bytes().all(|b| b.is_ascii_lowercase())
            && parts.all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
        if well_formed { Ok(Self(tag)) } else { Err(BadLang) }
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Lang {
    type Error = BadLang;
    fn try_from(tag: String) -> Result<Self, BadLang> {
        Self::new(tag)
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.0
    }
}

impl Borrow<str> for Lang {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a wording can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// The language that the instrument was written in.
    Original,
    /// A translation that a native speaker has reviewed.
    Reviewed,
    /// A translation that nobody has reviewed yet.
    Unreviewed,
}

/// A text in one language. In a file: a string, or `{"text": .., "review": ..}` where it differs from its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The words.
    pub text: String,
    /// Review status of this wording; none: that of its language.
    pub review: Option<Review>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FullWording {
    text: String,
    review: Review,
}

impl Serialize for Wording {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.review {
            None => serializer.serialize_str(&self.text),
            Some(review) => FullWording { text: self.text.clone(), review }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Wording {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Wording;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or an object with `text` and `review`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Wording, E> {
                Ok(Wording { text: text.to_owned(), review: None })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Wording, A::Error> {
                let full = FullWording::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Wording { text: full.text, review: Some(full.review) })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// One text in its languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Text(BTreeMap<Lang, Wording>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        unique_map(deserializer).map(Self)
    }
}

/// A text as a reader gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The language found.
    pub lang: &'a str,
    /// The words.
    pub text: &'a str,
    /// How well they were reviewed.
    pub review: Review,
    /// The instrument's own wording, to be shown with an unreviewed translation.
    pub beside: Option<&'a str>,
}

impl Reading<'_> {
    /// The words, with the instrument's own behind them where nobody has reviewed the translation (CARE 13).
    #[must_use]
    pub fn shown(&self) -> String {
        match self.beside {
            Some(own) => format!("{} [{own}]", self.text),
            None => self.text.to_owned(),
        }
    }
}

impl Text {
    /// A text in one language.
    #[must_use]
    pub fn in_one(lang: Lang, words: impl Into<String>) -> Self {
        Self(BTreeMap::from([(lang, Wording { text: words.into(), review: None })]))
    }

    /// Adds a wording, or replaces the one of its language.
    pub fn put(&mut self, lang: Lang, wording: Wording) {
        self.0.insert(lang, wording);
    }

    /// The wording in exactly this language.
    #[must_use]
    pub fn get(&self, lang: &str) -> Option<&Wording> {
        self.0.get(lang)
    }

    /// Every wording, in the order of language tags.
    pub fn wordings(&self) -> impl Iterator<Item = (&Lang, &Wording)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wording_is_a_string_or_carries_its_own_review() {
        let json = r#"{"en":"Yes","ne":{"text":"x","review":"unreviewed"}}"#;
        let text: Text = serde_json::from_str(json).unwrap();
        assert_eq!(text.get("ne").unwrap().review, Some(Review::Unreviewed));
        assert_eq!(text.get("en").unwrap().review, None);
        assert_eq!(serde_json::to_string(&text).unwrap(), json);
    }

    #[test]
    fn the_same_language_twice_is_refused() {
        assert!(serde_json::from_str::<Text>(r#"{"en":"a","en":"b"}"#).is_err());
    }

    #[test]
    fn only_language_tags_are_languages() {
        for good in ["en", "ne", "tet", "zh-Hant", "ne-Latn"] {
            assert!(Lang::new(good).is_ok(), "{good}");
        }
        for bad in ["", "e", "EN", "en_GB", "english", "en-", "en-x", "en-toolongpart"] {
            assert_eq!(Lang::new(bad).unwrap_err().code(), "bad_language", "{bad}");
        }
    }
}
