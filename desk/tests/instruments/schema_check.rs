//! As much of JSON Schema (draft 2020-12) as the published schema uses; a keyword that it does not know fails the test.

use regex_lite::Regex;
use serde_json::{Map, Value};

/// Whether a value fits a schema; else where it does not, and which keyword says so.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    fits(schema, schema, value, "")
}

fn fits(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Some(keywords) = schema.as_object() else {
        return if schema == &Value::Bool(true) { Ok(()) } else { Err(format!("{at}: not allowed")) };
    };
    keywords.iter().try_for_each(|(keyword, rule)| {
        let holds = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "format" => true,
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                return fits(root, root.pointer(pointer).unwrap(), value, at);
            }
            "type" => match rule {
                Value::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap(), value)),
                kind => is(kind.as_str().unwrap(), value),
            },
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "anyOf" => any(root, rule, value, at) > 0,
            "oneOf" => any(root, rule, value, at) == 1,
            "pattern" => value.as_str().is_none_or(|text| matches(rule, text)),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().unwrap()),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= rule.as_u64().unwrap()),
            "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= rule.as_i64().unwrap()),
            "minProperties" => value.as_object().is_none_or(|fields| fields.len() as u64 >= rule.as_u64().unwrap()),
            "required" => value.as_object().is_none_or(|fields| {
                rule.as_array().unwrap().iter().all(|name| fields.contains_key(name.as_str().unwrap()))
            }),
            "items" => {
                let mut list = value.as_array().into_iter().flatten().enumerate();
                return list.try_for_each(|(i, entry)| fits(root, rule, entry, &format!("{at}[{i}]")));
            }
            "properties" | "patternProperties" | "additionalProperties" => {
                let fields = value.as_object().into_iter().flatten();
                return fields.filter(|(name, _)| means(keywords, keyword, name)).try_for_each(|(name, inner)| {
                    let schema = match keyword.as_str() {
                        "properties" => &rule[name.as_str()],
                        "patternProperties" => rule.as_object().unwrap().values().next().unwrap(),
                        _ => rule,
                    };
                    fits(root, schema, inner, &format!("{at}.{name}"))
                });
            }
            other => panic!("the schema uses {other}, which this check does not know"),
        };
        if holds { Ok(()) } else { Err(format!("{at}: {keyword}")) }
    })
}

/// Whether a keyword about fields means this one.
fn means(keywords: &Map<String, Value>, keyword: &str, name: &str) -> bool {
    let named = keywords.get("properties").is_some_and(|fields| fields.get(name).is_some());
    let patterns = keywords.get("patternProperties").and_then(Value::as_object);
    let patterned = patterns.is_some_and(|all| all.keys().any(|pattern| matches(&pattern.as_str().into(), name)));
    match keyword {
        "properties" => named,
        "patternProperties" => patterned,
        _ => !named && !patterned,
    }
}

fn any(root: &Value, rules: &Value, value: &Value, at: &str) -> usize {
    rules.as_array().unwrap().iter().filter(|rule| fits(root, rule, value, at).is_ok()).count()
}

fn matches(pattern: &Value, text: &str) -> bool {
    Regex::new(pattern.as_str().unwrap()).unwrap().is_match(text)
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the schema uses the type {other}, which this check does not know"),
    }
}
