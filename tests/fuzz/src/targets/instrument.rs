//! An instrument file from a stranger, and answers from a record of another version.

use crate::Target;
use vigil_screening::{AgeBand, Answer, Answers, Instrument, Profile, score};

pub(super) const TARGET: Target = Target { name: "instrument", max_len: 32 * 1024, catches_panics: false, run, seeds };

const SHIPPED: &str = include_str!("../../../../core/screening/instruments/border-interception-1.json");

fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(answer) = Answer::parse(text) {
        assert_eq!(answer.code(), text, "one answer, one code");
    }
    let Ok(instrument) = Instrument::from_json(text) else { return };
    let codes = ["yes", "no", "unknown", "not_asked", "choice:a", "number:-1", "text:x"];
    for age_band in AgeBand::ALL {
        for turn in 0..codes.len() {
            let answers: Answers = instrument
                .items()
                .enumerate()
                .filter_map(|(index, item)| {
                    let code = codes.get((index + turn) % codes.len())?;
                    Some((item.id.clone(), Answer::parse(code).ok()?))
                })
                .collect();
            let assessment = score(&instrument, &Profile { age_band, ..Profile::default() }, &answers);
            let sum: u32 = assessment.red_flags.iter().map(|flag| u32::from(flag.points)).sum();
            assert_eq!(assessment.total.unwrap_or_default(), sum, "a total is the sum of its reasons");
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![SHIPPED.into(), "yes:document_seen".into(), "number:-3".into(), "text:नेपाल".into()]
}
