//! How fast instruments are read and scored, on one core, with half of the questions answered.
//!
//! Every shipped instrument is measured; the figures without a name are the checkpoint's and the largest's.

use super::figures::{Figures, median, milliseconds, timed};
use crate::Outcome;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use vigil_screening::{
    AgeBand, Answer, AnswerKind, Answers, Exploitation, Instrument, Profile, score, shipped, shipped_list,
};

/// How long each instrument is scored.
const MEASURED: Duration = Duration::from_millis(600);
/// How often each is loaded.
const LOADS: usize = 21;

/// Measures every shipped instrument.
pub(super) fn run(figures: &mut Figures) -> Outcome {
    let mut largest = ("", 0usize);
    for (id, version) in shipped_list() {
        let Some(instrument) = shipped(id, version) else { continue };
        let instrument = instrument.map_err(|error| error.to_string())?;
        let file = serde_json::to_string(instrument.sheet()).map_err(|error| error.to_string())?;
        let loads = (0..LOADS).map(|_| milliseconds(timed(|| Instrument::from_json(&file)).1)).collect();
        figures.put(format!("instrument_load_ms.{id}"), median(loads), "ms");
        figures.put(format!("score_per_s.{id}"), scores_a_second(&instrument), "1/s");
        let size = instrument.items().count();
        if size > largest.1 {
            largest = (id, size);
        }
    }
    for (name, of, unit) in [
        ("score_per_s", "score_per_s.border_interception".to_owned(), "1/s"),
        ("score_per_s_largest", format!("score_per_s.{}", largest.0), "1/s"),
        ("instrument_load_ms", format!("instrument_load_ms.{}", largest.0), "ms"),
    ] {
        if let Some(value) = figures.get(&of) {
            figures.put(name, value, unit);
        }
    }
    // The next question is part of every score.
    if let Some(scores) = figures.get("score_per_s_largest") {
        figures.put("next_question_ms", 1000.0 / scores, "ms");
    }
    Ok(ExitCode::SUCCESS)
}

fn scores_a_second(instrument: &Instrument) -> f64 {
    let sheets: Vec<(Profile, Answers)> = (0..16).map(|turn| half_answered(instrument, turn)).collect();
    let (started, mut scored) = (Instant::now(), 0u32);
    while started.elapsed() < MEASURED {
        for (profile, answers) in &sheets {
            std::hint::black_box(score(instrument, profile, answers));
            scored += 1;
        }
    }
    f64::from(scored) / started.elapsed().as_secs_f64()
}

/// Every second item answered, a sixth of them with yes; concerns stay no, so that the talk goes on.
fn half_answered(instrument: &Instrument, turn: usize) -> (Profile, Answers) {
    let age_band = if turn.is_multiple_of(4) { AgeBand::Under18 } else { AgeBand::Adult };
    let asked = instrument.items().enumerate().filter(|(at, _)| (at + turn).is_multiple_of(2));
    let answers = asked.filter_map(|(at, item)| {
        let answer = match &item.answer {
            AnswerKind::YesNo if item.concern.is_some() || item.ends_when.is_some() => Answer::Unknown,
            AnswerKind::YesNo if (at + turn).is_multiple_of(6) => Answer::Yes,
            AnswerKind::YesNo => Answer::No,
            AnswerKind::Number { min, .. } => Answer::Number(*min),
            _ => {
                let options = instrument.sheet().options(item);
                Answer::Choice(options.get(turn % options.len().max(1))?.id.clone())
            }
        };
        Some((item.id.clone(), answer))
    });
    (Profile { age_band, exploitation: Exploitation::Labour, day: None }, answers.collect())
}
