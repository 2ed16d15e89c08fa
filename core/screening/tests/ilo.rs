//! The ILO operational indicators against an independent reading of their rules (WCMS_105023, as `instruments.md` 3C
//! quotes them): every combination of counts in every dimension, and every combination of dimensions in the case table.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use vigil_screening::sheet::{Strength, StrengthCount};
use vigil_screening::{AgeBand, Answer, Answers, Exploitation, Id, Instrument, Profile, Rule, score, shipped};

fn ilo() -> Instrument {
    shipped("ilo_operational_indicators", 1).unwrap().unwrap()
}

fn profile(age_band: AgeBand) -> Profile {
    Profile { age_band, exploitation: Exploitation::Labour, day: None }
}

/// "at least 2 strong; or 1 strong + 1 medium or weak; or 3 medium; or 2 medium + 1 weak".
fn read_literally(strong: usize, medium: usize, weak: usize) -> bool {
    strong >= 2 || (strong == 1 && (medium >= 1 || weak >= 1)) || medium >= 3 || (medium >= 2 && weak >= 1)
}

fn dimensions(instrument: &Instrument) -> Vec<&StrengthCount> {
    let rules = instrument.sheet().rules.iter();
    rules.filter_map(|rule| if let Rule::StrengthCount(rule) = rule { Some(rule) } else { None }).collect()
}

/// The items of a dimension by strength, for a kind of person.
fn by_strength(instrument: &Instrument, rule: &StrengthCount, kind: &str) -> BTreeMap<Strength, Vec<Id>> {
    let mut found: BTreeMap<Strength, Vec<Id>> = BTreeMap::new();
    let kind = Id::new(kind).unwrap();
    for item in instrument.items().filter(|item| item.group.is_some() && item.group == rule.group) {
        if let Some(strength) = item.strength(Some(&kind)) {
            found.entry(strength).or_default().push(item.id.clone());
        }
    }
    found
}

#[test]
fn every_combination_of_counts_comes_out_as_the_text_says() {
    let instrument = ilo();
    let mut combinations = 0;
    for (kind, age) in [("adult_labour", AgeBand::Adult), ("child_labour", AgeBand::Under18)] {
        for rule in dimensions(&instrument) {
            let items = by_strength(&instrument, rule, kind);
            let of = |strength| items.get(&strength).map_or(&[][..], Vec::as_slice);
            let (strong, medium, weak) = (of(Strength::Strong), of(Strength::Medium), of(Strength::Weak));
            for s in 0..=strong.len() {
                for m in 0..=medium.len() {
                    for w in 0..=weak.len() {
                        let yes = strong.iter().take(s).chain(medium.iter().take(m)).chain(weak.iter().take(w));
                        let given: Answers = yes.map(|id| (id.clone(), Answer::Yes)).collect();
                        let result = score(&instrument, &profile(age), &given);
                        let read = result.rules.iter().find(|read| read.id == rule.id).unwrap();
                        let expected = if read_literally(s, m, w) { "positive" } else { "not_positive" };
                        assert_eq!(read.outcome, expected, "{kind} {} with {s} strong, {m} medium, {w} weak", rule.id);
                        assert_eq!(read.because.len(), s + m + w);
                        combinations += 1;
                    }
                }
            }
        }
    }
    assert!(combinations > 150, "only {combinations}");
}

/// The strengths of the source's two tables, counted: strong, medium and weak of each dimension, adult and child labour.
#[test]
fn the_numbers_of_indicators_are_those_of_the_source() {
    let instrument = ilo();
    let counts = |kind: &str| -> Vec<[usize; 3]> {
        let of = |rule: &&StrengthCount| {
            let items = by_strength(&instrument, rule, kind);
            [Strength::Strong, Strength::Medium, Strength::Weak].map(|s| items.get(&s).map_or(0, Vec::len))
        };
        dimensions(&instrument).iter().map(of).collect()
    };
    assert_eq!(counts("adult_labour"), [[1, 8, 1], [1, 9, 0], [0, 14, 2], [1, 7, 1], [4, 10, 1], [0, 5, 2]]);
    assert_eq!(counts("child_labour"), [[2, 8, 0], [4, 6, 0], [0, 15, 0], [1, 7, 0], [8, 7, 0], [0, 7, 0]]);
}

/// Answers that make exactly these dimensions positive and leave nothing unasked.
fn making(instrument: &Instrument, positive: &[bool], kind: &str) -> Answers {
    let mut given = Answers::new();
    for (rule, positive) in dimensions(instrument).iter().zip(positive) {
        for id in by_strength(instrument, rule, kind).values().flatten() {
            given.insert(id.clone(), if *positive { Answer::Yes } else { Answer::No });
        }
    }
    given
}

#[test]
fn the_case_table_reads_as_the_source_does_in_every_combination() {
    let instrument = ilo();
    for bits in 0..64u32 {
        let positive: Vec<bool> = (0..6).map(|bit| bits >> bit & 1 == 1).collect();
        let [deceptive, coercive, vulnerable, exploitation, coercion, vulnerable_there] = positive[..] else {
            panic!()
        };
        for (kind, age) in [("adult_labour", AgeBand::Adult), ("child_labour", AgeBand::Under18)] {
            for act in ["yes", "no", "not_asked"] {
                let mut given = making(&instrument, &positive, kind);
                given.insert(Id::new("recruited_or_moved").unwrap(), Answer::parse(act).unwrap());
                let result = score(&instrument, &profile(age), &given);
                let outcome =
                    |id: &str| result.rules.iter().find(|rule| rule.id.as_str() == id).unwrap().outcome.as_str();
                let case = outcome("case_result");
                // "exploitation no": nothing else counts.
                assert_eq!(case == "no_exploitation_shown", !exploitation, "{positive:?} {kind} {act}: {case}");
                if age == AgeBand::Adult && exploitation {
                    let means = deceptive || coercive || vulnerable || vulnerable_there;
                    let expected = match (means, coercion) {
                        (true, true) => "pattern_of_trafficking_for_forced_labour",
                        (false, false) => "exploitation_without_means",
                        (true, false) if deceptive => "deception_and_exploitation",
                        // No row of the source's: outcomes of our own.
                        (false, true) => "coercion_and_exploitation",
                        (true, false) => "other_means_and_exploitation",
                    };
                    assert_eq!(case, expected, "{positive:?} {act}");
                }
                if age == AgeBand::Under18 && exploitation {
                    let expected = match act {
                        "yes" => "child_recruitment_and_exploitation",
                        "no" => "child_exploitation_without_act",
                        _ => "not_settled",
                    };
                    assert_eq!(case, expected, "{positive:?} {act}");
                }
                let means = deceptive || coercive || vulnerable || coercion || vulnerable_there;
                let met = act == "yes" && exploitation && (means || age == AgeBand::Under18);
                assert_eq!(outcome("palermo") == "met", met, "{positive:?} {kind} {act}");
            }
        }
    }
}

#[test]
fn an_unknown_age_is_read_as_under_18_and_sexual_exploitation_is_silent_until_it_was_checked() {
    let instrument = ilo();
    let given = making(&instrument, &[true; 6], "child_labour");
    let unknown = score(&instrument, &profile(AgeBand::Unknown), &given);
    assert_eq!(unknown.kind.as_ref().unwrap().as_str(), "child_labour");
    for age in [AgeBand::Adult, AgeBand::Under18] {
        let asked = Profile { age_band: age, exploitation: Exploitation::Sexual, day: None };
        let silent = score(&instrument, &asked, &given);
        assert!(silent.rules.iter().all(|rule| rule.outcome == "disabled" && rule.because.is_empty()));
        assert!(silent.says_nothing.is_some());
    }
}

#[test]
fn what_is_unknown_settles_no_case_and_is_named() {
    let instrument = ilo();
    let all = |answer: &Answer| -> Answers {
        instrument.items().filter(|item| item.group.is_some()).map(|item| (item.id.clone(), answer.clone())).collect()
    };
    for answer in [Answer::Unknown, Answer::NotAsked] {
        let result = score(&instrument, &profile(AgeBand::Adult), &all(&answer));
        let case = result.rules.iter().find(|rule| rule.id.as_str() == "case_result").unwrap();
        assert_eq!(case.outcome, "not_settled", "{answer:?}");
        assert_eq!(case.unknown.is_empty(), answer == Answer::NotAsked);
        assert_eq!(case.open.is_empty(), answer == Answer::Unknown);
    }
    let no = score(&instrument, &profile(AgeBand::Adult), &all(&Answer::No));
    assert_eq!(
        no.rules.iter().find(|rule| rule.id.as_str() == "case_result").unwrap().outcome,
        "no_exploitation_shown"
    );
}
