//! All breaks of a file in it at once: every function gets a branch for each break of it, and a number from the environment
//! says which one is taken. So an area is compiled once, and a break costs no more than its tests.
//! The text promises to behave as the original does where no number is given.

use super::Mutant;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// The variable that says which break is taken.
pub(super) const SWITCH: &str = "VIGIL_MUTANT";

/// What a crate with switched files needs.
pub(super) const READER: &str = r#"
pub(crate) fn mutant_switch() -> u32 {
    static ON: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *ON.get_or_init(|| std::env::var("VIGIL_MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0))
}
"#;

/// A file with these breaks in it, and on which lines each one stands.
pub(super) fn file(text: &str, mutants: &[&Mutant]) -> Result<(String, BTreeMap<u32, Range<usize>>), String> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(position, _)| position + 1)).collect();
    let at = |(line, column): (usize, usize)| -> Result<usize, String> {
        let start = *starts.get(line.saturating_sub(1)).ok_or("a break after the end of its file")?;
        let chars = text.get(start..).ok_or("a break after the end of its file")?.char_indices();
        chars.map(|(offset, _)| start + offset).nth(column.saturating_sub(1)).ok_or_else(|| "no such column".to_owned())
    };
    let mut functions: BTreeMap<(usize, usize), Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        let function = (at(mutant.function.0)?, at((mutant.function.1.0, mutant.function.1.1 - 1))? + 1);
        functions.entry(function).or_default().push(mutant);
    }
    let mut switched = text.to_owned();
    for ((start, end), breaks) in functions.iter().rev() {
        let (name, returned) = (&breaks[0].name, &breaks[0].returned);
        let open = body(text, *start..*end, name).ok_or_else(|| format!("the body of {name} is not found"))?;
        // Every branch must have one type: what is returned as some iterator is collected first.
        let item = returned
            .split_once("impl Iterator<Item")
            .and_then(|(_, rest)| rest.trim_start_matches([' ', '=']).strip_suffix('>'));
        let wrapped = |body: &str| match item {
            Some(item) => format!("({{\n{body}\n}}).collect::<Vec<{item}>>().into_iter()"),
            None => body.to_owned(),
        };
        let mut branches = String::new();
        for mutant in breaks {
            let (from, to) = (at(mutant.span.0)?, at(mutant.span.1)?);
            let broken = [&text[open + 1..from], " ", &mutant.replacement, " ", &text[to..end - 1]].concat();
            let number = mutant.number;
            let _ = write!(branches, "\n{number}u32 => {{ /*<{number}*/\n{}\n/*{number}>*/ }}", wrapped(&broken));
        }
        let head = text[*start..=open].replacen("const fn", "fn", 1);
        let original = wrapped(&text[open + 1..end - 1]);
        let whole = format!("{head}\nmatch crate::mutant_switch() {{{branches}\n_ => {{ {original} }}\n}}\n}}");
        switched.replace_range(*start..*end, &whole);
    }
    let lines = lines(&switched, mutants);
    Ok((switched, lines))
}

fn lines(text: &str, mutants: &[&Mutant]) -> BTreeMap<u32, Range<usize>> {
    let line_of = |mark: String| text.find(&mark).map(|position| text[..position].matches('\n').count() + 1);
    let range = |number: u32| Some(line_of(format!("/*<{number}*/"))?..line_of(format!("/*{number}>*/"))? + 1);
    mutants.iter().filter_map(|mutant| Some((mutant.number, range(mutant.number)?))).collect()
}

/// Where the body of a function opens: the first brace after its name that is in no bracket.
fn body(text: &str, function: Range<usize>, name: &str) -> Option<usize> {
    let name = name.rsplit("::").next()?.rsplit("> ").next()?;
    let named = [format!("fn {name}("), format!("fn {name}<")];
    let start = function.start + named.iter().filter_map(|named| text[function.clone()].find(named.as_str())).min()?;
    let mut depth = 0i32;
    text[start..function.end].char_indices().find_map(|(offset, character)| {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(start + offset),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_break_is_a_branch_and_the_original_is_the_last_one() {
        let text = "/// Says (yes).\nconst fn yes(a: bool) -> bool {\n    a && true\n}\n";
        let mutant = |number, span, replacement: &str| Mutant {
            number,
            shown: String::new(),
            file: String::new(),
            name: "yes".to_owned(),
            returned: "-> bool".to_owned(),
            function: ((1, 1), (4, 2)),
            span,
            replacement: replacement.to_owned(),
        };
        let (both, one) = (mutant(1, ((3, 5), (3, 14)), "false"), mutant(2, ((3, 7), (3, 9)), "||"));
        let (switched, lines) = file(text, &[&both, &one]).unwrap_or_default();
        assert!(switched.starts_with("/// Says (yes).\nfn yes(a: bool) -> bool {\nmatch crate::mutant_switch() {"));
        assert!(switched.contains("1u32 => { /*<1*/\n\n     false \n\n/*1>*/ }"), "{switched}");
        assert!(switched.contains("a  ||  true") && switched.contains("_ => { \n    a && true\n }"));
        assert_eq!(lines.keys().copied().collect::<Vec<_>>(), [1, 2]);
        assert!(lines[&1].end <= lines[&2].start);
    }
}
