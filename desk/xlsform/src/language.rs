//! Which language tag stands for a language as a header names it: `English (en)`, `fr`, `Nepali`.
//!
//! Every name gets a tag of its own, and the tag leads back to the name.

use std::collections::BTreeSet;

use vigil_screening::Lang;

use crate::error::XlsFormError;
use crate::form::Form;
use crate::heading::Wording;

/// The languages of a form.
#[derive(Debug, Clone)]
pub(crate) struct Languages {
    /// The language that the form was written in.
    pub(crate) own: Lang,
    /// The name in headers of each language, with its tag; none for columns without a language that stand alone.
    pub(crate) all: Vec<(Option<String>, Lang)>,
    /// Whether the form says which language its own is.
    pub(crate) is_said: bool,
}

impl Languages {
    /// The languages of a form; `given` is used where the form does not say its own.
    ///
    /// # Errors
    /// None in practice: every name has a tag.
    pub(crate) fn of(form: &Form, given: Option<&Lang>) -> Result<Self, XlsFormError> {
        let none = || XlsFormError::NotAForm { place: "survey, row 1".to_owned(), why: "a language has no tag" };
        let mut named: Vec<&str> = Vec::new();
        for name in form.survey.languages().chain(form.choices.languages()) {
            if !named.contains(&name) {
                named.push(name);
            }
        }
        let setting = form.setting("default_language").map(|setting| setting.value.as_str());
        let setting = setting.filter(|name| *name != "default" && !name.is_empty());
        let unnamed =
            [&form.survey, &form.choices].iter().any(|rows| rows.is_unnamed_filled(Wording::Label)) || named.is_empty();
        let own = match setting {
            Some(name) if named.contains(&name) => Some(name.to_owned()),
            // Labels without a language are in the language that the settings name.
            Some(name) if unnamed => Some(name.to_owned()),
            _ if unnamed => None,
            _ => named.first().map(|name| (*name).to_owned()),
        };
        let mut tags = BTreeSet::new();
        let own_tag = match &own {
            Some(name) => tag(name, &tags),
            None => given.cloned().or_else(|| Lang::new("und").ok()),
        };
        let own_tag = own_tag.ok_or_else(none)?;
        tags.insert(own_tag.clone());
        let mut all = vec![(own.clone(), own_tag.clone())];
        for name in named.iter().filter(|name| own.as_deref() != Some(**name)) {
            let tag = tag(name, &tags).ok_or_else(none)?;
            tags.insert(tag.clone());
            all.push((Some((*name).to_owned()), tag));
        }
        Ok(Self { is_said: own.is_some() || given.is_some(), own: own_tag, all })
    }

    /// The tag of a language as a header names it; texts without a language are in the form's own.
    pub(crate) fn tag(&self, name: Option<&str>) -> &Lang {
        let found = name.and_then(|name| self.all.iter().find(|(known, _)| known.as_deref() == Some(name)));
        found.map_or(&self.own, |(_, tag)| tag)
    }
}

/// A tag for a name, other than those taken.
fn tag(name: &str, taken: &BTreeSet<Lang>) -> Option<Lang> {
    let base = code_in(name).or_else(|| known(name)).or_else(|| private(name))?;
    if !taken.contains(&base) {
        return Some(base);
    }
    (2..=999).filter_map(|n| Lang::new(format!("{base}-v{n}")).ok()).find(|tag| !taken.contains(tag))
}

/// `English (en)` and `pt-BR` say their code.
fn code_in(name: &str) -> Option<Lang> {
    let inner = name.rsplit_once('(').and_then(|(_, rest)| rest.trim().strip_suffix(')')).unwrap_or(name).trim();
    let (first, rest) = inner.split_once(['-', '_']).map_or((inner, None), |(first, rest)| (first, Some(rest)));
    let first = first.to_lowercase();
    let rest = rest.map(|rest| rest.replace('_', "-"));
    Lang::new(rest.map_or(first.clone(), |rest| format!("{first}-{rest}"))).ok().filter(|_| first.len() <= 3)
}

/// `und-` and the beginning of the name, which says at least that the languages differ.
fn private(name: &str) -> Option<Lang> {
    let letters: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let letters = if letters.len() < 2 { format!("{letters}xx") } else { letters };
    Lang::new(format!("und-{letters}")).ok()
}

/// The name of a language as ODK recommends to write it in headers: `Nepali (ne)`.
pub(crate) fn name_of(tag: &Lang) -> String {
    let base = tag.as_str().split('-').next().unwrap_or_default();
    let names = NAMES.iter().find(|(_, code)| *code == base).map(|(names, _)| *names);
    let name = names.and_then(|names| names.split('|').next()).unwrap_or("Language");
    let mut letters = name.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{capital}{} ({tag})", letters.as_str())
}

fn known(name: &str) -> Option<Lang> {
    let plain: String = name.to_lowercase().chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    let plain = plain.trim();
    let (_, code) = NAMES.iter().find(|(names, _)| names.split('|').any(|known| known == plain))?;
    Lang::new(*code).ok()
}

/// Names of languages, as forms of aid organisations write them.
const NAMES: [(&str, &str); 84] = [
    ("english|anglais|ingles|inglés", "en"),
    ("french|français|francais|francés", "fr"),
    ("spanish|español|espanol|espagnol", "es"),
    ("portuguese|português|portugues|portugais", "pt"),
    ("arabic|arabe|عربي|العربية|عربى", "ar"),
    ("russian|русский|russe", "ru"),
    ("ukrainian|українська", "uk"),
    ("chinese|中文", "zh"),
    ("nepali|नेपाली", "ne"),
    ("hindi|हिन्दी|हिंदी", "hi"),
    ("bengali|bangla|বাংলা", "bn"),
    ("urdu|اردو", "ur"),
    ("punjabi", "pa"),
    ("gujarati", "gu"),
    ("marathi", "mr"),
    ("tamil|தமிழ்", "ta"),
    ("telugu", "te"),
    ("kannada", "kn"),
    ("malayalam", "ml"),
    ("sinhala|sinhalese", "si"),
    ("odia|oriya", "or"),
    ("assamese", "as"),
    ("maithili", "mai"),
    ("bhojpuri", "bho"),
    ("tharu", "thr"),
    ("tamang", "taj"),
    ("newari|nepal bhasa", "new"),
    ("tibetan", "bo"),
    ("dzongkha", "dz"),
    ("burmese|myanmar", "my"),
    ("rohingya", "rhg"),
    ("karen", "kar"),
    ("thai|ไทย", "th"),
    ("lao", "lo"),
    ("khmer|cambodian", "km"),
    ("vietnamese|tiếng việt", "vi"),
    ("indonesian|bahasa indonesia|bahasa", "id"),
    ("malay", "ms"),
    ("tetum|tetun", "tet"),
    ("filipino|tagalog", "tl"),
    ("cebuano|bisaya", "ceb"),
    ("tok pisin", "tpi"),
    ("japanese", "ja"),
    ("korean", "ko"),
    ("mongolian", "mn"),
    ("persian|farsi|فارسی", "fa"),
    ("dari|دری", "prs"),
    ("pashto|pashtu|پښتو", "ps"),
    ("kurdish", "ku"),
    ("kurmanji", "kmr"),
    ("sorani", "ckb"),
    ("turkish|türkçe", "tr"),
    ("hebrew", "he"),
    ("armenian", "hy"),
    ("georgian", "ka"),
    ("azerbaijani", "az"),
    ("kazakh", "kk"),
    ("kyrgyz", "ky"),
    ("tajik", "tg"),
    ("uzbek", "uz"),
    ("romanian|română", "ro"),
    ("polish|polski", "pl"),
    ("german|deutsch|allemand", "de"),
    ("italian|italiano", "it"),
    ("dutch", "nl"),
    ("greek", "el"),
    ("albanian", "sq"),
    ("serbian", "sr"),
    ("bosnian", "bs"),
    ("croatian", "hr"),
    ("hungarian", "hu"),
    ("swahili|kiswahili", "sw"),
    ("amharic", "am"),
    ("tigrinya", "ti"),
    ("oromo", "om"),
    ("somali", "so"),
    ("hausa", "ha"),
    ("yoruba", "yo"),
    ("igbo", "ig"),
    ("kinyarwanda", "rw"),
    ("luganda", "lg"),
    ("creole|haitian creole|kreyòl|kreyol|créole", "ht"),
    ("quechua", "qu"),
    ("malagasy", "mg"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::tests::workbook;
    use crate::report::Report;

    fn languages(survey: &str, settings: &str) -> Vec<(Option<String>, String)> {
        let sheets = workbook(&[("survey", survey), ("settings", settings), ("choices", "list_name|name")]);
        let form = Form::read(sheets, &mut Report::default()).unwrap();
        Languages::of(&form, None).unwrap().all.into_iter().map(|(name, tag)| (name, tag.to_string())).collect()
    }

    fn pair(name: &str, tag: &str) -> (Option<String>, String) {
        (Some(name.to_owned()), tag.to_owned())
    }

    #[test]
    fn names_lead_to_tags_and_tags_to_names() {
        let survey = "type|label::English (en)|label::Français|label::नेपाली|label::pt-BR|label::Klingon\
            |label::en";
        let expected = [
            pair("English (en)", "en"),
            pair("Français", "fr"),
            pair("नेपाली", "ne"),
            pair("pt-BR", "pt-BR"),
            pair("Klingon", "und-klingon"),
            pair("en", "en-v2"),
        ];
        assert_eq!(languages(survey, ""), expected);
    }

    #[test]
    fn the_default_language_is_the_forms_own() {
        let survey = "type|label|label::French (fr)\ntext|Q|F";
        assert_eq!(languages(survey, ""), [(None, "und".to_owned()), pair("French (fr)", "fr")]);
        assert_eq!(languages(survey, "default_language\nFrench (fr)"), [pair("French (fr)", "fr")]);
        let english = languages(survey, "default_language\nEnglish (en)");
        assert_eq!(english, [pair("English (en)", "en"), pair("French (fr)", "fr")]);
    }
}
