//! Screenings by the thousand, for `--records N` and for the kill in the middle of a save: generated, the same every time.
//! They promise to follow the instrument and the rules of care as the written ones do.

use serde_json::{Map, Value, json};

use super::people::{Corpus, People, Script};

/// 2 November 2026, 06:15 at the border.
const FIRST_MORNING: u64 = 1_793_580_300_000;

/// A screening as `vigil screen` takes it, and how many records come of it.
#[derive(Debug, Clone)]
pub struct InventedScreening {
    /// `{"screening": .., "persons": [..], "decision": ..}`.
    pub input: Value,
    /// The screening, and the persons if they are kept.
    pub records: u64,
}

/// Whether names, notes and people are erased with this decision (CARE 9).
pub(crate) fn is_reduced(input: &Value) -> bool {
    let outcome = input.pointer("/decision/outcome").and_then(Value::as_str);
    let follow_up = input.pointer("/screening/wants_follow_up").and_then(Value::as_bool).unwrap_or(false);
    matches!(outcome, Some("let_go" | "declined_informed")) && !follow_up
}

/// How many records a screening leaves.
pub(crate) fn records_of(input: &Value) -> u64 {
    let persons = input.get("persons").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    if is_reduced(input) { 1 } else { 1 + persons }
}

/// Makes one screening after the other.
#[derive(Debug)]
pub struct Screenings {
    people: People,
    minute: u64,
}

impl Screenings {
    /// Starts a sequence.
    #[must_use]
    pub fn new(corpus: Corpus, seed: u64) -> Self {
        Self { people: People::new(corpus, seed), minute: 0 }
    }

    /// The next screening, of a checkpoint's mix: most people travel on.
    pub fn draw(&mut self) -> InventedScreening {
        let turn = self.people.random().below(100);
        let input = match turn {
            0..58 => self.let_go(),
            58..64 => self.declined(),
            64..90 => self.stopped(),
            _ => self.undecided(),
        };
        InventedScreening { records: records_of(&input), input }
    }

    /// The next screening of somebody who stays or is found help, with a note and the people in it.
    pub fn draw_with_people(&mut self) -> InventedScreening {
        let input = self.stopped();
        InventedScreening { records: records_of(&input), input }
    }

    /// The next screening without people of its own record.
    pub fn draw_alone(&mut self) -> InventedScreening {
        let input = self.let_go();
        InventedScreening { records: 1, input }
    }

    fn begin(&mut self, age_band: &str, minutes: (u64, u64), script: Script) -> Map<String, Value> {
        self.minute += self.people.random().between(2, 19);
        let journey = self.people.journey(script);
        let random = self.people.random();
        let (minutes, group) = (random.between(minutes.0, minutes.1), 1 + random.below(3));
        let sex = if random.percent(62) { "female" } else { "male" };
        let mut screening = Map::new();
        screening.insert("station".to_owned(), json!(self.people.station(script)));
        screening.insert("started_at".to_owned(), json!(FIRST_MORNING + self.minute * 60_000));
        screening.insert("minutes".to_owned(), json!(minutes));
        screening.insert("people".to_owned(), json!(group));
        screening.insert("instrument".to_owned(), json!("border_interception@1"));
        screening.insert("age_band".to_owned(), json!(age_band));
        screening.insert("sex".to_owned(), json!(sex));
        // A journey is not always one: trafficking needs no movement.
        if self.people.random().percent(94) {
            screening.insert("journey".to_owned(), json!(journey));
        }
        screening
    }

    fn answers(&mut self, purpose: &str, more: &[(&str, &str)]) -> Value {
        let mut answers = Map::new();
        for (item, answer) in [
            ("private_place", "yes"),
            ("neutral_interpreter", "yes"),
            ("willing_to_talk", "yes"),
            ("hurt_or_unwell", "no"),
            ("asks_for_help", "no"),
            ("in_danger", "no"),
        ] {
            // Every question can be skipped, and in a queue some are.
            if self.people.random().percent(88) {
                answers.insert(item.to_owned(), json!(answer));
            }
        }
        answers.insert("journey_purpose".to_owned(), json!(format!("choice:{purpose}")));
        for (item, answer) in more {
            answers.insert((*item).to_owned(), json!(answer));
        }
        Value::Object(answers)
    }

    fn let_go(&mut self) -> Value {
        let script = self.people.script();
        let mut screening = self.begin("adult", (1, 4), script);
        let (purpose, light) = match self.people.random().below(6) {
            0 => ("work", ("job_confirmed", "yes:employer_called_back")),
            1 => ("work", ("returning_to_same_job", "yes:document_seen")),
            2 => ("treatment", ("treatment_papers", "yes:document_seen")),
            3 => ("study", ("school_papers", "yes:document_seen")),
            4 => ("family_visit", ("travelling_with", "choice:family")),
            _ => ("trade", ("travelling_with", "choice:alone")),
        };
        screening.insert("answers".to_owned(), self.answers(purpose, &[light]));
        json!({"screening": screening, "decision": {"outcome": "let_go"}})
    }

    fn declined(&mut self) -> Value {
        let script = self.people.script();
        let mut screening = self.begin("adult", (3, 8), script);
        let flags = [("job_address_missing", "yes"), ("passport_withheld", "unknown")];
        screening.insert("answers".to_owned(), self.answers("work", &flags));
        json!({"screening": screening, "decision": {"outcome": "declined_informed"}})
    }

    fn stopped(&mut self) -> Value {
        let script = self.people.script();
        let under_18 = self.people.random().percent(35);
        let mut screening = self.begin(if under_18 { "under_18" } else { "adult" }, (5, 24), script);
        let mut flags = self.flags();
        if under_18 {
            flags.push(("child_enticed", "yes"));
            flags.push(("guardian_reached", "unknown"));
        }
        screening.insert("answers".to_owned(), self.answers("work", &flags));
        screening.insert("observations".to_owned(), json!(self.people.note(script)));
        let decision = match (under_18, self.people.random().below(3)) {
            (_, 0) => json!({"outcome": "referred", "to": self.people.station(script)}),
            (true, 1) => json!({"outcome": "intercepted", "agreement": "child_with_guardian"}),
            (true, _) => json!({"outcome": "intercepted", "agreement": "child_with_protection"}),
            (false, _) => json!({"outcome": "intercepted", "agreement": "agreed"}),
        };
        let mut persons = vec![self.person("traveller", script)];
        if self.people.random().percent(30) {
            persons.push(self.person("companion", script));
        }
        json!({"screening": screening, "persons": persons, "decision": decision})
    }

    fn undecided(&mut self) -> Value {
        let script = self.people.script();
        let mut screening = self.begin("adult", (4, 15), script);
        let flags = self.flags();
        screening.insert("answers".to_owned(), self.answers("work", &flags));
        screening.insert("observations".to_owned(), json!(self.people.note(script)));
        json!({"screening": screening})
    }

    fn flags(&mut self) -> Vec<(&'static str, &'static str)> {
        const FLAGS: [(&str, &str); 9] = [
            ("travel_paid_by_other", "yes"),
            ("phone_withheld", "yes"),
            ("debt_bondage", "yes"),
            ("passport_withheld", "yes"),
            ("accounts_contradict", "yes"),
            ("companion_keeps_apart", "yes"),
            ("job_address_missing", "yes"),
            ("experience_missing", "unknown"),
            ("pay_promised", "choice:more_than_double"),
        ];
        let mut flags: Vec<_> = FLAGS.into_iter().filter(|_| self.people.random().percent(30)).collect();
        if flags.is_empty() {
            flags.push(("accounts_contradict", "yes"));
        }
        flags
    }

    fn person(&mut self, role: &str, script: Script) -> Value {
        let person = self.people.person(script);
        let mut fields = json!({"role": role, "name": person.name, "phone": person.phone, "address": person.address});
        if let (true, Some(fields)) = (self.people.random().percent(60), fields.as_object_mut()) {
            fields.insert("note".to_owned(), json!(self.people.sentence(script)));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use vigil_screening::{AgeBand, Answer, Answers, Id, Profile, border_interception, score};

    use super::*;
    use crate::ScreeningInput;

    #[test]
    fn every_screening_is_one_that_the_program_takes() {
        let mut screenings = Screenings::new(Corpus::Bench, 5);
        for _ in 0..500 {
            let drawn = screenings.draw();
            let read: ScreeningInput = serde_json::from_value(drawn.input.clone()).unwrap();
            assert_eq!(drawn.records, records_of(&drawn.input));
            assert!(read.persons.len() < 3);
        }
    }

    #[test]
    fn answers_are_items_of_the_instrument_that_it_takes_into_account() {
        let instrument = border_interception().unwrap();
        let mut screenings = Screenings::new(Corpus::Bench, 6);
        for _ in 0..300 {
            let input = screenings.draw().input;
            let answers: BTreeMap<String, String> =
                serde_json::from_value(input["screening"]["answers"].clone()).unwrap();
            let answers: Answers = answers
                .into_iter()
                .map(|(item, code)| (Id::new(item).unwrap(), Answer::parse(&code).unwrap()))
                .collect();
            let age_band = AgeBand::parse(input["screening"]["age_band"].as_str().unwrap()).unwrap();
            let result = score(&instrument, &Profile::of_age(age_band), &answers);
            assert!(result.set_aside.is_empty(), "{:?}", result.set_aside);
        }
    }

    #[test]
    fn who_is_let_go_leaves_one_record() {
        let mut screenings = Screenings::new(Corpus::Bench, 7);
        let drawn: Vec<_> = (0..400).map(|_| screenings.draw()).collect();
        for one in &drawn {
            assert_eq!(one.records == 1, is_reduced(&one.input) || one.input.get("persons").is_none());
        }
        assert!(drawn.iter().filter(|one| is_reduced(&one.input)).count() > 200);
    }
}
