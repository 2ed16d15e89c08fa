//! Screenings as they stand in files, on standard input and in scenarios: what was asked, who was there, what was decided.
//! Reading promises to stop at the first value that is not one, and to say where, without repeating what stands in it.

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use vigil_core::records::Outcome;
use vigil_core::{NewPerson, NewScreening};

use crate::error::DeskError;
use crate::text::{plain, short};

/// One screening with the persons in it and, if one was taken, the decision.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreeningInput {
    /// The screening.
    pub screening: NewScreening,
    /// The persons in it.
    #[serde(default)]
    pub persons: Vec<NewPerson>,
    /// What was decided.
    #[serde(default)]
    pub decision: Option<Outcome>,
}

/// Reads one or several screenings that follow each other.
pub(crate) fn read(text: &str) -> impl Iterator<Item = Result<ScreeningInput, DeskError>> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let value = values.next()?;
        failed = value.is_err();
        Some(value.map_err(|error| {
            let what = match error.classify() {
                Category::Data => field(&error).unwrap_or_else(|| "not a screening".to_owned()),
                _ => "not JSON".to_owned(),
            };
            DeskError::Usage(format!("line {}, column {}: {what}", error.line(), error.column()))
        }))
    })
}

/// Longest name of a field that is repeated.
const MOST_NAME_CHARACTERS: usize = 40;

/// Names the field that is missing or unknown. All other messages of the parser may repeat a value, and are not repeated.
fn field(error: &serde_json::Error) -> Option<String> {
    let message = error.to_string();
    ["missing field", "unknown field"].into_iter().find_map(|what| {
        let name = message.strip_prefix(what)?.strip_prefix(" `")?.split('`').next()?;
        Some(format!("{what} \"{}\"", short(&plain(name), MOST_NAME_CHARACTERS)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> String {
        read(text).find_map(Result::err).map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_error_names_the_field_and_no_value() {
        let screening = |more: &str| format!(r#"{{"screening":{{"station":"East gate"{more}}}}}"#);
        assert!(why(&screening("")).ends_with("missing field \"started_at\""));
        assert!(why(&screening(r#","statiom":"Kopila""#)).ends_with("unknown field \"statiom\""));
        for value in [r#","started_at":"missing field `Kopila`""#, r#","started_at":1,"people":"Kopila""#] {
            assert!(why(&screening(value)).ends_with("not a screening"), "{value}");
        }
        let role = r#"{"screening":{"station":"x","started_at":1},"persons":[{"role":"Kopila"}]}"#;
        assert!(why(role).ends_with("not a screening"));
        assert!(why("{\"screening\":").ends_with("not JSON"));
    }
}
