//! What a row of the survey is, by its type: pyxform's types and their aliases.
//!
//! Every non-empty type is exactly one [`Kind`]; one that pyxform does not know stays as it is written.

/// What a row does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    BeginGroup,
    BeginRepeat,
    /// `begin loop over list`: a group for each option.
    BeginLoop,
    End(Block),
    /// A setting on the survey, as the oldest forms have it.
    Setting,
    Question(Question),
}

/// What `end` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    Group,
    Repeat,
    Loop,
}

/// What a question asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    Text,
    Integer,
    Decimal,
    Date,
    Time,
    Note,
    Calculate,
    Range,
    One(List),
    Several(List),
    /// Understood, and not asked here: position, photo, metadata, options from a file.
    Kept(&'static str),
    /// Not a type of any XLSForm.
    Unknown,
}

/// Where the options of a select are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    /// The list's name on the choices.
    pub(crate) name: String,
    /// `or_other`.
    pub(crate) or_other: bool,
}

/// The kind of a type.
pub(crate) fn kind(text: &str) -> Kind {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_lowercase();
    if let Some(kind) = control(&lower) {
        return kind;
    }
    if matches!(lower.as_str(), "form_title" | "set_form_title" | "form_id" | "set_form_id" | "prefix") {
        return Kind::Setting;
    }
    Kind::Question(select(&text, &lower).unwrap_or_else(|| question(&lower)))
}

fn control(lower: &str) -> Option<Kind> {
    let (word, rest) = lower.split_once([' ', '_'])?;
    let block = |name: &str| match name {
        "group" => Some(Block::Group),
        "repeat" | "lgroup" | "looped group" => Some(Block::Repeat),
        "loop" => Some(Block::Loop),
        _ => None,
    };
    match word {
        "begin" if rest.starts_with("loop over ") => Some(Kind::BeginLoop),
        "begin" => block(rest).map(|block| match block {
            Block::Group => Kind::BeginGroup,
            Block::Repeat => Kind::BeginRepeat,
            Block::Loop => Kind::BeginLoop,
        }),
        "end" => block(rest).map(Kind::End),
        _ => None,
    }
}

/// The words that begin a select, the longer before those that begin alike.
const SELECTS: [(&str, bool); 12] = [
    ("add select one prompt using ", false),
    ("add select multiple prompt using ", true),
    ("select all that apply from ", true),
    ("select all that apply ", true),
    ("select one from ", false),
    ("select multiple from ", true),
    ("select_one ", false),
    ("select_multiple ", true),
    ("select one ", false),
    ("select multiple ", true),
    ("select1 ", false),
    ("select_multi ", true),
];

fn select(text: &str, lower: &str) -> Option<Question> {
    for (words, kept) in [
        ("select_one_from_file ", "select_one_from_file"),
        ("select one from file ", "select_one_from_file"),
        ("select_multiple_from_file ", "select_multiple_from_file"),
        ("select multiple from file ", "select_multiple_from_file"),
        ("select_one_external ", "select_one_external"),
        ("rank ", "rank"),
        ("osm ", "osm"),
    ] {
        if lower.starts_with(words) {
            return Some(Question::Kept(kept));
        }
    }
    let (words, several) = SELECTS.into_iter().find(|(words, _)| lower.starts_with(words))?;
    // The beginning is ASCII, so both have it at the same place.
    let list = text.get(words.len()..)?;
    let (name, or_other) = match list.split_once(' ') {
        None => (list, false),
        Some((name, rest)) => {
            if !matches!(rest.to_lowercase().as_str(), "or specify other" | "or_other" | "or other") {
                return None;
            }
            (name, true)
        }
    };
    if name.contains("${") {
        return Some(Question::Kept(if several { "select_multiple_from_repeat" } else { "select_one_from_repeat" }));
    }
    let list = List { name: name.to_owned(), or_other };
    Some(if several { Question::Several(list) } else { Question::One(list) })
}

fn question(lower: &str) -> Question {
    match lower {
        "text" | "string" | "q string" | "add text prompt" => Question::Text,
        "integer" | "int" | "q int" | "add integer prompt" => Question::Integer,
        "decimal" | "q decimal" | "add decimal prompt" => Question::Decimal,
        "date" | "q date" | "add date prompt" => Question::Date,
        "time" => Question::Time,
        "note" | "q note" | "add note prompt" => Question::Note,
        "calculate" | "q calculate" | "add calculate prompt" => Question::Calculate,
        "range" => Question::Range,
        "start" | "start time" | "get start time" => Question::Kept("start"),
        "end" | "end time" | "get end time" => Question::Kept("end"),
        "today" | "get today" => Question::Kept("today"),
        "deviceid" | "device id" | "get device id" | "imei" | "uri:deviceid" => Question::Kept("deviceid"),
        "subscriberid" | "subscriber id" | "get subscriber id" | "uri:subscriberid" => Question::Kept("subscriberid"),
        "simserial" | "sim id" | "get sim id" | "uri:simserial" => Question::Kept("simserial"),
        "phonenumber" | "phone number" | "get phone number" | "uri:phonenumber" => Question::Kept("phonenumber"),
        "username" | "uri:username" => Question::Kept("username"),
        "email" | "uri:email" => Question::Kept("email"),
        "audit" => Question::Kept("audit"),
        "hidden" => Question::Kept("hidden"),
        "geopoint" | "gps" | "location" | "q geopoint" | "q location" | "add location prompt" => {
            Question::Kept("geopoint")
        }
        "geotrace" | "q geotrace" => Question::Kept("geotrace"),
        "geoshape" | "q geoshape" => Question::Kept("geoshape"),
        "start-geopoint" => Question::Kept("start-geopoint"),
        "background-geopoint" => Question::Kept("background-geopoint"),
        "background-audio" => Question::Kept("background-audio"),
        "image" | "photo" | "q picture" | "q image" | "add image prompt" | "add photo prompt" => {
            Question::Kept("image")
        }
        "audio" | "q audio" | "add audio prompt" => Question::Kept("audio"),
        "video" | "q video" | "add video prompt" => Question::Kept("video"),
        "file" | "add file prompt" => Question::Kept("file"),
        "barcode" | "q barcode" | "add barcode prompt" => Question::Kept("barcode"),
        "datetime" | "date time" | "q datetime" | "q date time" | "add date time prompt" | "add datetime prompt" => {
            Question::Kept("datetime")
        }
        "acknowledge" | "trigger" | "q acknowledge" | "add acknowledge prompt" => Question::Kept("acknowledge"),
        "xml-external" => Question::Kept("xml-external"),
        "csv-external" => Question::Kept("csv-external"),
        "osm" => Question::Kept("osm"),
        "percentage" => Question::Kept("percentage"),
        _ => Question::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, or_other: bool) -> Kind {
        Kind::Question(Question::One(List { name: name.to_owned(), or_other }))
    }

    fn several(name: &str, or_other: bool) -> Kind {
        Kind::Question(Question::Several(List { name: name.to_owned(), or_other }))
    }

    #[test]
    fn every_spelling_of_a_type_is_that_type() {
        for (text, expected) in [
            ("begin group", Kind::BeginGroup),
            ("begin_group", Kind::BeginGroup),
            ("Begin  Repeat", Kind::BeginRepeat),
            ("begin lgroup", Kind::BeginRepeat),
            ("begin loop over fruits", Kind::BeginLoop),
            ("end_group", Kind::End(Block::Group)),
            ("end repeat", Kind::End(Block::Repeat)),
            ("end", Kind::Question(Question::Kept("end"))),
            ("select_one yes_no", one("yes_no", false)),
            ("select one  yes_no", one("yes_no", false)),
            ("select1 a", one("a", false)),
            ("select_one Fruits or_other", one("Fruits", true)),
            ("select_one from", one("from", false)),
            ("select one from x", one("x", false)),
            ("select_multiple a or specify other", several("a", true)),
            ("select all that apply from b", several("b", false)),
            ("select_one_from_file a.csv", Kind::Question(Question::Kept("select_one_from_file"))),
            ("select_one ${person}", Kind::Question(Question::Kept("select_one_from_repeat"))),
            ("select_one", Kind::Question(Question::Unknown)),
            ("int", Kind::Question(Question::Integer)),
            ("Text", Kind::Question(Question::Text)),
            ("form_id", Kind::Setting),
            ("telepathy", Kind::Question(Question::Unknown)),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
