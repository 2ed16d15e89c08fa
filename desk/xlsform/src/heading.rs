//! What a column is, by its header: pyxform's aliases, its two ways of naming a language, and its disregard of case and
//! spaces.
//!
//! Every header becomes exactly one [`Column`]; one that no XLSForm knows stays as it is written.

/// The meaning of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Column {
    /// One value a row.
    Field(Field),
    /// A text, with the language as the header names it.
    Text(Wording, Option<String>),
    /// A media file, with the language as the header names it.
    Media(Medium, Option<String>),
    /// Anything else, as written.
    Other(String),
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum $name { $($variant),* }

        impl $name {
            /// The header that pyxform documents.
            pub(crate) fn header(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            pub(crate) fn of(header: &str) -> Option<Self> {
                match header { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

named! {
    /// Columns with one value a row.
    Field {
        Type = "type", Name = "name", ListName = "list_name", Relevant = "relevant", Constraint = "constraint",
        Calculation = "calculation", Required = "required", ReadOnly = "readonly", Default = "default",
        ChoiceFilter = "choice_filter", RepeatCount = "repeat_count", Appearance = "appearance",
        Parameters = "parameters", Trigger = "trigger", SaveTo = "save_to", Disabled = "disabled",
    }
}

named! {
    /// Columns with a text in each language.
    Wording {
        Label = "label", Hint = "hint", GuidanceHint = "guidance_hint", ConstraintMessage = "constraint_message",
        RequiredMessage = "required_message",
    }
}

named! {
    /// Columns with a media file in each language.
    Medium { Image = "media::image", BigImage = "media::big-image", Audio = "media::audio", Video = "media::video" }
}

/// Which sheet a header stands on: `value` is a name on both, `list name` a list on one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Survey,
    Choices,
}

/// Whether the languages of a sheet are separated by `::`; where no header has it, `:` does it.
pub(crate) fn double_colons<'a>(mut headers: impl Iterator<Item = &'a str>) -> bool {
    headers.any(|header| header.contains("::"))
}

/// What a header means.
pub(crate) fn column(header: &str, double: bool, on: On) -> Column {
    let other = || Column::Other(header.to_owned());
    let mut tokens: Vec<String> = Vec::new();
    if double || header.contains("::") {
        tokens.extend(header.split("::").map(squeeze));
    } else {
        for token in header.split(':').map(squeeze) {
            match tokens.last_mut() {
                // `jr:count` is one name.
                Some(last) if last == "jr" => *last = format!("jr:{token}"),
                _ => tokens.push(token),
            }
        }
    }
    let Some((first, rest)) = tokens.split_first() else { return other() };
    let mut path = canonical(&snake(first), on);
    path.extend(rest.iter().cloned());
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let language = |name: &&str| Some((*name).to_owned()).filter(|name| !name.is_empty());
    match path.as_slice() {
        [name] => Field::of(name)
            .filter(|field| fits(*field, on))
            .map(Column::Field)
            .or_else(|| Wording::of(name).map(|text| Column::Text(text, None)))
            .unwrap_or_else(other),
        ["media", kind] => Medium::of(&format!("media::{kind}")).map_or_else(other, |kind| Column::Media(kind, None)),
        ["media", kind, name] => {
            Medium::of(&format!("media::{kind}")).map_or_else(other, |kind| Column::Media(kind, language(name)))
        }
        [text, name] => Wording::of(text).map_or_else(other, |text| Column::Text(text, language(name))),
        _ => other(),
    }
}

/// On the choices, an extra column may be called `relevant`, and a choice filter may name it.
fn fits(field: Field, on: On) -> bool {
    match on {
        On::Survey => field != Field::ListName,
        On::Choices => matches!(field, Field::ListName | Field::Name),
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn snake(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase()
}

/// A first token without its aliases, and without the `bind::` and `control::` that older forms write.
fn canonical(name: &str, on: On) -> Vec<String> {
    let one = |name: &str| vec![name.to_owned()];
    match name {
        "caption" => one("label"),
        "value" => one("name"),
        "image" | "big-image" | "audio" | "video" => vec!["media".to_owned(), name.to_owned()],
        name if on == On::Choices => one(name),
        "tag" => one("name"),
        "command" => one("type"),
        "relevance" => one("relevant"),
        "calculate" => one("calculation"),
        "read_only" => one("readonly"),
        "count" | "jr:count" => one("repeat_count"),
        "constraining_message" => one("constraint_message"),
        "requiredmsg" => one("required_message"),
        name => one(name),
    }
}

/// A header as pyxform would name it, after `bind::` and `control::` are taken away.
pub(crate) fn unbound(header: &str) -> String {
    let lower = header.to_lowercase();
    // The oldest forms have one colon here as well; `jr:` is part of a name.
    let old = !header.contains("::") && ["bind:", "control:", "body:"].iter().any(|group| lower.starts_with(group));
    let header = if old { &header.replace(':', "::").replace("jr::", "jr:") } else { header };
    let tokens: Vec<String> = header.split("::").map(squeeze).collect();
    let (group, rest) = match tokens.split_first() {
        Some((first, rest)) if !rest.is_empty() => (snake(first), rest),
        _ => return header.to_owned(),
    };
    let Some((name, languages)) = rest.split_first() else { return header.to_owned() };
    let plain = match (group.as_str(), name.as_str()) {
        ("bind", "relevant" | "constraint" | "required" | "readonly") => name,
        ("bind", "calculate") => "calculation",
        ("bind", "jr:constraintMsg") => "constraint_message",
        ("bind", "jr:requiredMsg") => "required_message",
        ("control" | "body", "appearance") => name,
        ("control" | "body", "jr:count") => "repeat_count",
        _ => return header.to_owned(),
    };
    std::iter::once(plain).chain(languages.iter().map(String::as_str)).collect::<Vec<_>>().join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(header: &str) -> Column {
        column(&unbound(header), header.contains("::"), On::Survey)
    }

    #[test]
    fn every_spelling_of_a_column_is_that_column() {
        use Field::*;
        for (header, field) in [
            ("Type", Type),
            ("command", Type),
            (" name ", Name),
            ("value", Name),
            ("relevance", Relevant),
            ("RELEVANT", Relevant),
            ("bind::relevant", Relevant),
            ("bind :: relevant", Relevant),
            ("bind:relevant", Relevant),
            ("calculate", Calculation),
            ("bind::calculate", Calculation),
            ("Read Only", ReadOnly),
            ("choice filter", ChoiceFilter),
            ("Repeat_Count", RepeatCount),
            ("jr:count", RepeatCount),
            ("control::jr:count", RepeatCount),
            ("body::appearance", Appearance),
        ] {
            assert_eq!(survey(header), Column::Field(field), "{header}");
        }
        assert_eq!(column("list name", false, On::Choices), Column::Field(ListName));
        assert_eq!(column("List_Name", false, On::Choices), Column::Field(ListName));
    }

    #[test]
    fn languages_are_read_with_one_colon_or_two() {
        let text = |text, lang: &str| Column::Text(text, Some(lang.to_owned()));
        assert_eq!(survey("label"), Column::Text(Wording::Label, None));
        assert_eq!(survey("Label :: English (en)"), text(Wording::Label, "English (en)"));
        assert_eq!(survey("label:English"), text(Wording::Label, "English"));
        assert_eq!(survey("hint::Français (fr)"), text(Wording::Hint, "Français (fr)"));
        assert_eq!(survey("bind::jr:constraintMsg::French"), text(Wording::ConstraintMessage, "French"));
        assert_eq!(survey("constraint message::Nepali"), text(Wording::ConstraintMessage, "Nepali"));
        let image = |lang: Option<&str>| Column::Media(Medium::Image, lang.map(str::to_owned));
        assert_eq!(survey("image"), image(None));
        assert_eq!(survey("media::image"), image(None));
        assert_eq!(survey("media::image::English (en)"), image(Some("English (en)")));
        assert_eq!(survey("image::English"), image(Some("English")));
    }

    #[test]
    fn what_no_form_knows_stays_as_it_is_written() {
        for header in ["My notes", "bind::odk:length", "instance::hxl", "label::a::b", "list_name"] {
            assert_eq!(survey(header), Column::Other(header.to_owned()));
        }
        assert_eq!(column("relevant", false, On::Choices), Column::Other("relevant".to_owned()));
    }
}
