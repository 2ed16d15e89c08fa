//! Promises about hostile files: a typed error or a form, in bounded time and memory, and never a panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::io::{Cursor, Write};

use common::workbook;
use proptest::prelude::*;
use vigil_xlsform::{Imported, Options, XlsFormError, export, import};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const FIXTURE: &[u8] = include_bytes!("fixtures/htcds_xlsform.xlsx");

fn read(bytes: &[u8]) -> Result<Imported, XlsFormError> {
    import(bytes, &Options::default())
}

fn code(bytes: &[u8]) -> &'static str {
    read(bytes).unwrap_err().code()
}

/// The parts of a workbook.
fn parts(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut entry = archive.by_index(at).unwrap();
            let mut part = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut part).unwrap();
            (entry.name().unwrap().into_owned(), part)
        })
        .collect()
}

fn packed<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, part) in parts {
        zip.start_file(name, options).unwrap();
        zip.write_all(part).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A small form with one part changed.
fn with_part(name: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let small = workbook(&[("survey", "type | name | label\ntext | q | Question")]);
    let parts: Vec<(String, Vec<u8>)> = parts(&small)
        .into_iter()
        .map(|(part, bytes)| {
            let changed = part == name;
            let text = String::from_utf8(bytes).unwrap();
            (part, if changed { change(text) } else { text }.into_bytes())
        })
        .collect();
    packed(parts.iter().map(|(name, part)| (name.as_str(), part.as_slice())))
}

#[test]
fn what_is_no_workbook_is_an_error_with_a_code() {
    assert_eq!(code(b""), "xlsform_not_a_workbook");
    assert_eq!(code(b"type,name\ntext,q"), "xlsform_not_a_workbook");
    assert_eq!(code(&FIXTURE[..FIXTURE.len() / 2]), "xlsform_not_a_workbook");
    assert_eq!(code(&packed([("hello.xml", b"<a/>".as_slice())])), "xlsform_not_a_workbook");
    assert_eq!(code(&vec![b'P'; 21 * 1024 * 1024]), "xlsform_over_limit");
    assert_eq!(code(&workbook(&[("one", "a"), ("two", "b")])), "xlsform_not_a_form");
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let zeros = vec![b' '; 128 * 1024 * 1024];
    let bomb = packed([("xl/workbook.xml", zeros.as_slice())]);
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(code(&bomb), "xlsform_over_limit");
    // Many parts that are each within the limit are not within it together.
    let part = &zeros[..16 * 1024 * 1024];
    let names: Vec<String> = (0..8).map(|n| format!("xl/worksheets/sheet{n}.xml")).collect();
    assert_eq!(code(&packed(names.iter().map(|name| (name.as_str(), part)))), "xlsform_over_limit");
    let names: Vec<String> = (0..3_000).map(|n| format!("{n}.xml")).collect();
    assert_eq!(code(&packed(names.iter().map(|name| (name.as_str(), b"".as_slice())))), "xlsform_over_limit");
}

#[test]
fn a_table_of_strings_that_lies_about_its_size_takes_no_memory() {
    let lie = with_part("xl/sharedStrings.xml", |text| {
        let start = text.find("uniqueCount=\"").unwrap();
        let end = text[start + 13..].find('"').unwrap();
        format!("{}uniqueCount=\"99999999999999\"{}", &text[..start], &text[start + 13 + end + 1..])
    });
    assert_eq!(read(&lie).unwrap().counts.questions, 1);
}

#[test]
fn a_cell_far_away_is_named_and_not_filled_up_to() {
    let far = |place: &str| {
        with_part("xl/worksheets/sheet1.xml", |text| {
            text.replace(
                "</sheetData>",
                &format!("<row r=\"9\"><c r=\"{place}\" t=\"str\"><v>x</v></c></row></sheetData>"),
            )
        })
    };
    assert_eq!(read(&far("B9")).unwrap().not_understood.len(), 1);
    assert_eq!(code(&far("A1048576")), "xlsform_over_limit");
    assert_eq!(code(&far("XFD9")), "xlsform_over_limit");
    // The place in the error says where.
    assert_eq!(read(&far("XFD9")).unwrap_err().place(), "survey");
}

#[test]
fn one_long_text_in_a_million_cells_is_refused() {
    let long = "x".repeat(30_000);
    let many = "<c t=\"s\"><v>0</v></c>".repeat(400);
    let rows = format!("<row>{many}</row>").repeat(50);
    let small = workbook(&[("survey", &format!("type | name | label\ntext | q | {long}"))]);
    let parts: Vec<(String, Vec<u8>)> = parts(&small)
        .into_iter()
        .map(|(name, part)| {
            let text = String::from_utf8(part).unwrap();
            let text = if name.ends_with("sheet1.xml") {
                text.replace("</sheetData>", &format!("{rows}</sheetData>"))
            } else {
                text
            };
            let text = if name.ends_with("sharedStrings.xml") {
                text.replacen("<si><t>type</t></si>", &format!("<si><t>{long}</t></si>"), 1)
            } else {
                text
            };
            (name, text.into_bytes())
        })
        .collect();
    let bytes = packed(parts.iter().map(|(name, part)| (name.as_str(), part.as_slice())));
    assert_eq!(code(&bytes), "xlsform_over_limit");
}

#[test]
fn markup_in_another_encoding_is_refused() {
    let utf16: Vec<u8> =
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><sst/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(code(&packed([("xl/sharedStrings.xml", utf16.as_slice())])), "xlsform_not_a_workbook");
}

#[test]
fn expressions_of_any_depth_and_length_are_named_at_most() {
    let deep = format!("{}1{}", "(".repeat(16_000), ")".repeat(16_000));
    let nots = "not(".repeat(8_000);
    let long = format!("1{}", "+1".repeat(16_000));
    let chain = format!("${{q}}=1{}", " or ${q}=1".repeat(3_000));
    let pattern = "regex(${q}, '((((((((((a*)*)*)*)*)*)*)*)*)*)*b')";
    let survey = format!(
        "type | name | label | relevant\ntext | q | Q |\ntext | a | A | {deep}\ntext | b | B | {nots}\ntext | c | C | {long}
text | d | D | {chain}\ntext | e | E | {pattern}\ntext | f | F | {}",
        "if(".repeat(10_000)
    )
    .replace("or ${q}", "or ${q}");
    let bytes = workbook(&[("survey", &survey)]);
    let imported = read(&bytes).unwrap();
    assert_eq!(imported.counts.expressions, 6);
    let rows: Vec<u32> = imported.not_understood.iter().map(|entry| entry.row).collect();
    assert_eq!(rows, [3, 4, 5, 6, 7, 8]);
    imported.instrument().unwrap();
}

#[test]
fn groups_of_any_depth_are_named_at_most() {
    let survey = format!("type | name\n{}text | q\n", "begin group | g\n".repeat(5_000));
    let imported = read(&workbook(&[("survey", &survey)])).unwrap();
    assert_eq!(imported.counts.groups, 32);
    export(&imported.instrument().unwrap()).unwrap();
}

#[test]
fn a_form_that_is_made_to_be_slow_is_not() {
    let rows = 6_000;
    // One name for all, each calculation needing the next, conditions in circles, and a list copied for every row.
    let mut survey = "type | name | label | relevant | calculation".to_owned();
    for row in 0..rows {
        let next = (row + 1) % rows;
        survey.push_str(&match row % 4 {
            0 => format!("\ncalculate | c{row} | | | ${{c{}}} + 1", row + 4),
            1 => {
                format!("\ntext | t{row} | T | ${{t{}}} = 'a' and ${{t{}}} = 'b'", (row + 4) % rows, (row + 400) % rows)
            }
            2 => format!("\nselect_one l or_other | same | S | ${{s{next}}} != ''"),
            _ => "\ntext | same | S | |".to_owned(),
        });
    }
    let mut choices = "list_name | name".to_owned();
    (0..1_000).for_each(|option| choices.push_str(&format!("\nl | o{option}")));
    let bytes = workbook(&[("survey", &survey), ("choices", &choices)]);
    let start = std::time::Instant::now();
    let imported = read(&bytes).unwrap();
    assert_eq!(imported.counts.questions, rows);
    // More items than an instrument may have: refused, with a place, and not before everything was counted.
    assert_eq!(imported.instrument().unwrap_err().code(), "xlsform_refused");
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

/// A small generator of mutations, the same in every run.
struct Mutations(u64);

impl Mutations {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % below
    }
}

#[test]
fn no_mutation_of_a_workbook_makes_it_panic() {
    let form = workbook(&[
        (
            "survey",
            "type | name | label::English (en) | relevant\nbegin repeat | r | R |\nselect_one l | q | Q | ${q} != 'a'\nend repeat | | |",
        ),
        ("choices", "list_name | name | label::English (en)\nl | a | A"),
    ]);
    let mut mutations = Mutations(0x2026_1122);
    let rounds: usize = std::env::var("VIGIL_MUTATIONS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(400);
    let sources = [form.clone(), FIXTURE.to_vec()];
    for round in 0..rounds {
        // The larger form takes longer: every eighth time.
        let mut bytes = sources[usize::from(round % 8 == 0)].clone();
        for _ in 0..=mutations.next(6) {
            let at = mutations.next(bytes.len());
            match mutations.next(3) {
                0 => bytes[at] = u8::try_from(mutations.next(256)).unwrap(),
                1 => drop(bytes.drain(at..(at + mutations.next(40)).min(bytes.len()))),
                _ => {
                    let copy: Vec<u8> = bytes[at..(at + mutations.next(40)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        let _ = read(&bytes);
    }
    // Inside the parts, where no checksum stands in the way.
    let parts = parts(&form);
    for _ in 0..rounds {
        let mut changed = parts.clone();
        let part = mutations.next(changed.len());
        let bytes = &mut changed[part].1;
        for _ in 0..=mutations.next(4) {
            let at = mutations.next(bytes.len());
            match mutations.next(3) {
                0 => bytes[at] = b"<>/\"=& 0129AZ"[mutations.next(13)],
                1 => drop(bytes.drain(at..(at + mutations.next(30)).min(bytes.len()))),
                _ => {
                    let copy: Vec<u8> = bytes[at..(at + mutations.next(60)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        let bytes = packed(changed.iter().map(|(name, part)| (name.as_str(), part.as_slice())));
        if let Ok(imported) = read(&bytes) {
            let _ = imported.instrument().map(|instrument| export(&instrument));
        }
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(String::new()),
        1 => "[a-zA-Z_][a-zA-Z0-9_.-]{0,8}",
        1 => "\\PC{0,12}",
        1 => prop::sample::select(vec!["${q}", "${q} = 'a'", "not(${q} != '1')", ". > 3", "${q} + ${r} > 2", "today()"]).prop_map(str::to_owned),
    ]
}

fn kind() -> impl Strategy<Value = String> {
    let kinds = vec![
        "text",
        "integer",
        "note",
        "calculate",
        "begin group",
        "end group",
        "begin repeat",
        "end repeat",
        "select_one l",
        "select_multiple l",
        "select_one l or_other",
        "geopoint",
        "start",
        "date",
        "range",
        "decimal",
        "hidden",
        "nonsense",
    ];
    prop::sample::select(kinds).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_can_be_imported_comes_out_with_the_same_counts(
        rows in prop::collection::vec((kind(), cell(), cell(), cell(), cell(), cell()), 0..12),
        choices in prop::collection::vec((cell(), cell(), cell()), 0..6),
    ) {
        let mut survey = "type|name|label|label::Nepali (ne)|relevant|calculation".to_owned();
        for (kind, name, label, other, relevant, calculation) in rows {
            let cells = [kind, name, label, other, relevant, calculation].map(|cell| cell.replace('|', "/"));
            survey.push_str(&format!("\n{}", cells.join("|")));
        }
        let mut list = "list_name|name|label\nl|a|A".to_owned();
        for (name, option, label) in choices {
            list.push_str(&format!("\n{}", [name, option, label].map(|cell| cell.replace('|', "/")).join("|")));
        }
        let first = read(&workbook(&[("survey", &survey), ("choices", &list)])).unwrap();
        let instrument = first.instrument().unwrap();
        let again = read(&export(&instrument).unwrap()).unwrap();
        // A row that was left out and named does not come out: such rows are not counted in the first place.
        prop_assert_eq!(&again.counts, &first.counts);
        prop_assert!(again.sheet.sections == first.sheet.sections);
        prop_assert!(again.sheet.derived == first.sheet.derived);
    }
}
