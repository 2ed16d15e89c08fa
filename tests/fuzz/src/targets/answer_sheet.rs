//! A sheet of answers from another program, read against a shipped instrument and scored.

use crate::Target;
use vigil_screening::{Submitted, htcds_fields, score, shipped_once};

pub(super) const TARGET: Target = Target { name: "answer_sheet", max_len: 8 * 1024, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for id in ["border_interception", "ilo_operational_indicators"] {
        let Some(instrument) = shipped_once(id, 1) else { continue };
        let Ok(sheet) = Submitted::from_json(instrument, text) else { continue };
        let result = score(instrument, &sheet.profile, &sheet.answers);
        assert_eq!(result.rules.len(), instrument.sheet().rules.len(), "every rule has an outcome");
        std::hint::black_box(htcds_fields(instrument, &sheet.answers));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"profile":{"age":17,"exploitation":"labour","day":"2026-11-22"},"answers":{"threats":true,"debt_bondage":"unknown"}}"#,
        r#"{"answers":{"journey_purpose":"work","job_confirmed":"yes:employer_called_back","observations":"text","threats__2":null}}"#,
        r#"{"profile":{"age_band":"disputed"},"answers":{"recruited_or_moved":"yes","pay_promised":["a"],"x":1.5}}"#,
    ]
    .map(|sheet| sheet.as_bytes().to_vec())
    .to_vec()
}
