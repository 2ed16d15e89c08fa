//! A walk as it is typed: every kind of question, branches, limits, languages.

use vigil_screening::{AgeBand, Instrument};

use super::*;

/// Plays talks by an instrument that does not come with Vigil, in these languages.
fn play_by(json: &str, languages: &[&str], typed: &str) -> (String, Answers) {
    let instrument = Instrument::from_json(json).unwrap();
    let mut shown = Vec::new();
    let mut terminal = Terminal::new(typed.as_bytes(), &mut shown);
    let reader = Reader::new(&instrument, languages.to_vec());
    let mut questions = Questions::new(Paper(Answers::new()), &mut terminal, reader);
    if questions.ask(Part::Safety).unwrap().is_ok() {
        questions.ask(Part::Everything).unwrap().ok();
    }
    let answers = questions.notebook.0;
    (String::from_utf8(shown).unwrap(), answers)
}

struct Paper(Answers);

impl Notebook for Paper {
    fn profile(&self) -> Profile {
        Profile::of_age(AgeBand::Adult)
    }

    fn answers(&self) -> &Answers {
        &self.0
    }

    fn write(&mut self, item: &Id, answer: &Answer) -> Result<(), DeskError> {
        self.0.insert(item.clone(), answer.clone());
        Ok(())
    }
}

fn codes(answers: &Answers) -> Vec<String> {
    answers.iter().map(|(item, answer)| format!("{item}={answer}")).collect()
}

/// One question of each kind, two branches and a limit.
const EVERY_KIND: &str = r#"{"format": 1, "id": "every_kind", "version": 1, "language": "en",
  "languages": {"en": "original", "ne": "unreviewed"}, "title": {"en": "T"}, "notice": {"en": "N"},
  "provenance": {"source": "s", "source_licence": "s", "changes": [], "licence": "l", "status": "not_validated",
    "status_note": "n"},
  "needs": {"roles": ["desk"], "training": []},
  "safety": {"title": {"en": "Safety first"}, "lines": [{"en": "Out of hearing."}], "items": []},
  "lists": {"food": [{"id": "rice", "text": {"en": "Rice"}}, {"id": "bread", "text": {"en": "Bread"}}]},
  "sections": [{"id": "one", "title": {"en": "Page one", "ne": "पाना"}, "items": [
    {"id": "a_note", "role": "question", "answer": "note", "text": {"en": "Only to read."}},
    {"id": "gps", "role": "question", "answer": {"kept": "geopoint"}, "text": {"en": "Never asked."}},
    {"id": "works", "role": "question", "answer": "yes_no", "text": {"en": "Works?", "ne": "काम?"}},
    {"id": "hours", "role": "question", "answer": {"number": {"min": 0, "max": 24}}, "text": {"en": "Hours?"},
      "when": "works", "constraint": "value <= 16", "constraint_text": {"en": "Nobody works that long."}},
    {"id": "pay", "role": "question", "answer": "decimal", "text": {"en": "Pay?"}, "when": "works"},
    {"id": "school", "role": "question", "answer": "text", "text": {"en": "School?"}, "when": "not works"},
    {"id": "since", "role": "question", "answer": "date", "text": {"en": "Since?"}},
    {"id": "at", "role": "question", "answer": "time", "text": {"en": "At?"}},
    {"id": "eats", "role": "question", "answer": {"choices_from": "food"}, "text": {"en": "Eats?"}},
    {"id": "likes", "role": "question", "answer": {"choice_from": "food"}, "text": {"en": "Likes?"}}]}]}"#;

#[test]
fn every_kind_of_question_is_asked_and_what_cannot_be_read_is_asked_again() {
    let typed = "y\n7\n1.50\nyesterday\n2026-11-22\n25:00\n13:45\n3\n1 2\n2\n";
    let (shown, answers) = play_by(EVERY_KIND, &[], typed);
    assert_eq!(
        codes(&answers),
        [
            "at=time:13:45",
            "eats=choices:bread+rice",
            "hours=number:7",
            "likes=choice:bread",
            "pay=number:1.5",
            "since=date:2026-11-22",
            "works=yes"
        ],
        "{shown}"
    );
    assert!(shown.contains("Only to read.") && !shown.contains("Never asked."), "{shown}");
    for part in ["year-month-day", "hours:minutes", "numbers from 1 to 2"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_branch_is_asked_only_when_its_condition_holds() {
    let (shown, answers) = play_by(EVERY_KIND, &[], "n\nGreen hill\n\n\n0\n?\n");
    assert!(!shown.contains("Hours?") && shown.contains("School?"), "{shown}");
    assert_eq!(
        codes(&answers),
        ["at=not_asked", "eats=choices:", "likes=unknown", "school=text:Green hill", "since=not_asked", "works=no"]
    );
    // Skipped, the condition is not known, and neither branch is asked.
    let (shown, _) = play_by(EVERY_KIND, &[], "\n\n\n\n\n");
    assert!(!shown.contains("Hours?") && !shown.contains("School?") && shown.contains("Likes?"), "{shown}");
}

#[test]
fn an_answer_beyond_its_limit_is_doubted_aloud_and_kept_if_the_person_says_so() {
    let (shown, answers) = play_by(EVERY_KIND, &[], "y\n20\n\n8\nstop\n");
    assert!(shown.contains("Nobody works that long."), "{shown}");
    assert_eq!(codes(&answers), ["hours=number:8", "works=yes"]);
    let (_, answers) = play_by(EVERY_KIND, &[], "y\n20\n2\nstop\n");
    assert_eq!(codes(&answers), ["hours=number:20", "works=yes"]);
    // A stop at the doubt loses nothing.
    let (_, answers) = play_by(EVERY_KIND, &[], "y\n20\nstop\n");
    assert_eq!(codes(&answers), ["hours=number:20", "works=yes"]);
}

#[test]
fn an_unreviewed_translation_stands_with_the_original_behind_it() {
    let (shown, _) = play_by(EVERY_KIND, &["hi", "ne"], "stop\n");
    assert!(shown.contains("काम? [Works?]") && shown.contains("== पाना [Page one]"), "{shown}");
}
