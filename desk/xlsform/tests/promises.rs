//! Promises about forms as a whole: what each row becomes, what is counted, what is named, what comes out again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{imported, named, workbook};
use vigil_screening::sheet::MediaKind;
use vigil_screening::{AnswerKind, Role, border_interception, shipped, shipped_list};
use vigil_xlsform::{Options, export, import};

#[test]
fn the_core_form_of_the_htcds_imports_with_its_own_counts_and_the_standards_names() {
    let bytes = include_bytes!("fixtures/htcds_xlsform.xlsx");
    let imported = import(bytes, &Options::default()).unwrap();
    // Counted by hand with openpyxl: 34 rows with a type, 331 choices, one calculation.
    let counts = &imported.counts;
    assert_eq!((counts.questions, counts.choices, counts.languages), (34, 331, 1));
    assert_eq!((counts.expressions, counts.groups, counts.repeats), (1, 0, 0));
    let instrument = imported.instrument().unwrap();
    let field = |id: &str| instrument.item(id).unwrap().htcds.as_ref().unwrap().field.clone();
    assert_eq!(field("prs_first_name"), "prs_FirstName");
    assert_eq!(field("prs_second_name"), "prs_SecondName");
    assert_eq!(field("vic_methods_of_control"), "vic_MethodsOfControl");
    let control = instrument.item("vic_methods_of_control").unwrap();
    let values: Vec<_> =
        instrument.sheet().options(control).iter().map(|option| option.htcds.as_deref().unwrap()).collect();
    assert_eq!(values.len(), 16);
    assert_eq!(values[3], "DebtBondage");
    // Every coded option of the form has its value in the standard.
    for item in instrument.items().filter(|item| item.htcds.is_some()) {
        assert!(instrument.sheet().options(item).iter().all(|option| option.htcds.is_some()), "{}", item.id);
    }
    let again = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
    assert_eq!(again.counts, imported.counts);
}

#[test]
fn groups_and_repeats_survive_with_what_stands_between_them() {
    let survey = "type | name | label | relevant | repeat_count
        text | before | Before | |
        begin group | outer | Outer | ${before} = 'x' |
        text | a | A | |
        begin repeat | people | People | | 3
        integer | age | Age | |
        end repeat | | | |
        text | b | B | |
        begin repeat | goats | Goats | | ${age_count}
        text | goat | Goat | |
        end repeat | | | |
        end group | | | |
        integer | age_count | How many | |
        text | after | After | |";
    let (imported, instrument) = imported(survey, "", "");
    assert_eq!((imported.counts.groups, imported.counts.repeats, imported.counts.questions), (1, 2, 7));
    let sections: Vec<_> = instrument
        .sheet()
        .sections
        .iter()
        .map(|section| {
            let name = |id: &Option<vigil_screening::Id>| id.as_ref().map(ToString::to_string).unwrap_or_default();
            (section.id.to_string(), name(&section.part_of), name(&section.continues), section.items.len())
        })
        .collect();
    let expected = [
        ("form", "", "", 1),
        ("outer", "", "", 1),
        ("people", "outer", "", 1),
        ("outer_2", "", "outer", 1),
        ("goats", "outer", "", 1),
        ("form_2", "", "form", 2),
    ];
    assert_eq!(sections, expected.map(|(a, b, c, n)| (a.to_owned(), b.to_owned(), c.to_owned(), n)));
    let repeat = |at: usize| instrument.sheet().sections[at].repeat.clone().unwrap();
    assert_eq!((repeat(2).most, repeat(2).count), (3, None));
    assert_eq!(repeat(4).count.unwrap().to_string(), "age_count");
    let again = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
    assert_eq!(again.counts, imported.counts);
    assert_eq!(again.sheet.sections, imported.sheet.sections);
}

#[test]
fn texts_keep_their_languages_and_nobody_takes_a_translation_for_reviewed() {
    let survey =
        "type | name | label::English (en) | label::नेपाली (ne) | hint::English (en) | media::image::English (en)
        text | q | Question | प्रश्न | Hint | card.png
        text | only_ne | | केवल | |";
    let settings = "form_title | form_id | version | default_language\nA form | a_form | 7 | English (en)";
    let (imported, instrument) = imported(survey, "", settings);
    assert_eq!(imported.counts.languages, 2);
    assert_eq!((instrument.id().as_str(), instrument.version()), ("a_form", 7));
    let item = instrument.item("q").unwrap();
    assert_eq!(instrument.read(&item.text, &["ne"]).text, "प्रश्न");
    assert!(instrument.read(&item.text, &["ne"]).beside.is_some());
    assert_eq!(item.media[0].kind, MediaKind::Image);
    assert_eq!(item.media[0].language.as_ref().unwrap().as_str(), "en");
    // Another language stands in where the form's own is missing, and says so; it does not come out as the own.
    let only = instrument.read(&instrument.item("only_ne").unwrap().text, &["en"]);
    assert_eq!(only.text, "केवल");
    let again = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
    common::assert_same_form(&again, &imported);
}

#[test]
fn names_that_are_no_ids_get_one_and_keep_their_own() {
    let survey = "type | name | label
        text | First.Name-1 | A
        text | first_name_1 | B
        text | value | C
        select_one YesNo | q | D";
    let (imported, instrument) = imported(survey, "list name | value | label\nYesNo | 1 | Yes\nYesNo | -99 | No", "");
    let ids: Vec<_> = instrument.sheet().sections[0].items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["first_name_1", "first_name_1_2", "value_q", "q"]);
    let options = instrument.sheet().options(instrument.item("q").unwrap());
    assert_eq!(options.iter().map(|option| option.id.as_str()).collect::<Vec<_>>(), ["n1", "n99"]);
    let again = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
    common::assert_same_form(&again, &imported);
}

#[test]
fn every_cell_that_is_not_used_is_named_with_its_row_and_column_and_comes_out_again() {
    let survey = "type | name | label | required | appearance | default | My Notes | readonly | choice_filter
        text | q | Q | yes | multiline | hello | ask slowly | no |
        geopoint | where | Where | | | | | |
        telepathy | mind | Mind | | | | | |
        select_one nolist | s | S | | | | | |
        select_one l | t | T | | | | | | a = ${q}
        | | a remark | | | | | |";
    let choices = "list_name | name | label | a\nl | x | X | 1\n | y | Y |\nl | | Z |\nl | x | again |";
    let (imported, instrument) = imported(survey, choices, "style | form_title\npages | T");
    let columns = |row| named(&imported, row).iter().map(|(column, _)| *column).collect::<Vec<_>>();
    assert_eq!(columns(2), ["My Notes", "appearance", "default", "required"]);
    assert_eq!(columns(3), ["type"]);
    assert_eq!(named(&imported, 4), [("type", "not a type of any XLSForm; kept for export and not asked")]);
    assert_eq!(columns(5), ["type"]);
    assert_eq!(columns(6), ["choice_filter"]);
    assert_eq!(named(&imported, 7), [("type", "a row without a type is left out")]);
    let of = |sheet: &str| {
        imported.not_understood.iter().filter(|entry| entry.sheet == sheet).map(|entry| entry.row).collect::<Vec<_>>()
    };
    assert_eq!(of("choices"), [2, 3, 4, 5]);
    assert_eq!(of("settings"), [2]);
    assert_eq!(instrument.item("where").unwrap().answer, AnswerKind::Kept("geopoint".to_owned()));
    let again = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
    assert_eq!(again.counts, imported.counts);
    assert_eq!(again.sheet.sections, imported.sheet.sections);
}

#[test]
fn or_other_can_be_chosen_and_said_in_words_and_stays_one_row_of_the_form() {
    let survey = "type | name | label\nselect_multiple l or_other | q | Q";
    let (imported, instrument) = imported(survey, "list_name | name | label\nl | a | A", "");
    assert_eq!((imported.counts.questions, imported.counts.choices), (1, 1));
    let words = instrument.item("q_other").unwrap();
    assert_eq!(words.when.as_ref().unwrap().to_string(), "selected(q, 'other')");
    let again = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
    common::assert_same_form(&again, &imported);
}

#[test]
fn what_a_form_lacks_is_added_and_said() {
    let (imported, instrument) = imported("type | name | label\ntext | willing_to_talk | Q", "", "");
    assert!(instrument.sheet().safety.items.iter().any(|item| item.ends_when.is_some()));
    assert!(imported.notes.iter().any(|note| note.contains("safety page")));
    assert!(imported.notes.iter().any(|note| note.contains("language")));
    // The form's own question gives way to the safety page's name.
    assert_eq!(instrument.item("willing_to_talk_2").unwrap().role, Role::Question);
    let again = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
    assert_eq!(again.counts.questions, 1);
}

#[test]
fn the_report_has_the_agreed_shape() {
    let (imported, _) = imported("type | name | label | relevant\ntext | q | Q | true()", "", "");
    let json = serde_json::to_value(&imported).unwrap();
    for field in ["questions", "choices", "languages", "expressions", "groups", "repeats"] {
        assert!(json[field].is_u64(), "{field}");
    }
    assert_eq!(json["expressions_by_column"]["relevant"], 1);
    assert!(json["not_understood"].is_array() && json["notes"].is_array());
}

#[test]
fn an_instrument_that_never_was_a_form_becomes_one() {
    let instrument = border_interception().unwrap();
    let form = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
    let lines = instrument.sheet().safety.lines.len()
        + instrument.sheet().sections.iter().map(|section| section.lines.len()).sum::<usize>();
    let sums = instrument.sheet().rules.iter().filter(|rule| rule.kind() == "weighted_sum").count();
    // Every item, every line of advice as a note, and each sum with its band.
    let added = lines + 2 * sums;
    assert!(form.counts.questions >= instrument.items().count() + added);
    assert_eq!(form.counts.groups, instrument.sheet().sections.len() + 1);
    assert!(form.instrument().is_ok());
}

#[test]
fn every_shipped_instrument_can_be_exported_and_read_back() {
    for (id, version) in shipped_list() {
        let instrument = shipped(id, version).unwrap().unwrap();
        let form = import(&export(&instrument).unwrap(), &Options::default()).unwrap();
        let read = form.instrument().unwrap();
        for item in instrument.items() {
            assert!(read.items().any(|found| found.text == item.text || found.id == item.id), "{id}: {}", item.id);
        }
        assert_eq!(form.counts.languages, instrument.sheet().languages.len(), "{id}");
    }
}

#[test]
fn a_form_is_found_whatever_the_case_of_its_sheets_and_columns() {
    let sheets =
        [("SURVEY", "Type | NAME | Label\nselect one  L | q | Q"), ("Choices", "List Name | Name | Label\nL | a | A")];
    let imported = import(&workbook(&sheets), &Options::default()).unwrap();
    assert_eq!((imported.counts.questions, imported.counts.choices), (1, 1));
    assert!(imported.not_understood.is_empty(), "{:?}", imported.not_understood);
}

#[test]
fn options_that_are_looked_up_elsewhere_are_kept_with_their_sheet() {
    let survey =
        "type | name | label | choice_filter\nselect_one_external towns | town | Town | country = ${c}\ntext | c | C |";
    let external = "list_name | name | label | country\ntowns | ktm | Kathmandu | np\ntowns | dili | Dili | tl";
    let bytes =
        workbook(&[("survey", survey), ("external_choices", external), ("choices", "list_name | name | label")]);
    let imported = import(&bytes, &Options::default()).unwrap();
    assert_eq!(imported.counts.choices, 0);
    let again = import(&export(&imported.instrument().unwrap()).unwrap(), &Options::default()).unwrap();
    common::assert_same_form(&again, &imported);
}
