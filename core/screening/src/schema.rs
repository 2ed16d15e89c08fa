//! The JSON Schema of the instrument file, generated from the types that read it.
//!
//! It promises to accept whatever the reader accepts; the reader's own check goes further (references, limits, care).

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::answers::Answer;
use crate::date::Date;
use crate::expression::Expression;
use crate::id::Id;
use crate::limits::{ANSWER_BYTES, TEXT_CHARS};
use crate::sheet::Sheet;
use crate::text::{Lang, Review, Text, Wording};

/// Name of the published schema.
const NAME: &str = "urn:vigil:instrument:format-1";

/// The JSON Schema (draft 2020-12) of an instrument file.
#[must_use]
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Sheet>();
    schema.insert("$id".to_owned(), NAME.into());
    schema.insert("title".to_owned(), "Vigil instrument, format 1".into());
    let mut schema = schema.to_value();
    let narrower = [("format", json!({"const": Sheet::FORMAT})), ("version", json!({"minimum": 1}))];
    for (field, more) in narrower {
        let field = schema.pointer_mut(&format!("/properties/{field}")).and_then(Value::as_object_mut);
        if let (Some(field), Value::Object(more)) = (field, more) {
            field.extend(more);
        }
    }
    schema
}

/// A type that is a string in a file.
macro_rules! string_schema {
    ($($type:ty, $name:literal, $schema:tt;)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

string_schema! {
    Id, "Id", {
        "description": "A name: a lower-case letter, then lower-case letters, digits or underscores.",
        "type": "string",
        "pattern": "^[a-z][a-z0-9_]{0,63}$"
    };
    Lang, "Lang", {
        "description": "A language tag such as en, ne or zh-Hant.",
        "type": "string",
        "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
    };
    Review, "Review", {
        "description": "How far a wording can be trusted: the language it was written in, a translation that a native speaker reviewed, or one that nobody reviewed yet.",
        "type": "string",
        "enum": ["original", "reviewed", "unreviewed"]
    };
    Expression, "Expression", {
        "description": "An expression such as \"travels_alone and age < 16\".",
        "type": "string",
        "minLength": 1
    };
    Date, "Date", {
        "description": "A day, YYYY-MM-DD.",
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
    };
    Answer, "Answer", {
        "description": "An answer's code: yes, yes:way, no, unknown, not_asked, choice:option, choices:a+b, number:3, date:2026-11-22, time:13:45 or text:words.",
        "type": "string",
        "maxLength": ANSWER_BYTES,
        "pattern": "^(yes(:[a-z][a-z0-9_]*)?|no|unknown|not_asked|choice:[a-z][a-z0-9_]*|choices:[a-z0-9_+]*|number:-?[0-9]+([.][0-9]+)?|date:[0-9-]{10}|time:[0-9T:-]+|text:[\\s\\S]*)$"
    };
}

impl JsonSchema for Wording {
    fn schema_name() -> Cow<'static, str> {
        "Wording".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let review = generator.subschema_for::<Review>();
        json_schema!({
            "description": "A text in one language: the words, or the words with a review status of their own.",
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": TEXT_CHARS},
                {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string", "minLength": 1, "maxLength": TEXT_CHARS},
                        "review": review
                    },
                    "required": ["text", "review"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = <std::collections::BTreeMap<Lang, Wording>>::json_schema(generator);
        schema.insert(
            "description".to_owned(),
            "One text in its languages; the instrument's own is always there.".into(),
        );
        schema.insert("minProperties".to_owned(), 1.into());
        schema
    }
}
