//! An assessment as lines that a person reads, from what comes first to what is left open.
//!
//! Every point and every reason appears, and the last line says that the score decides nothing.

use crate::assessment::{Assessment, ReasonCode, Side};
use crate::id::Id;
use crate::phrases;
use crate::profile::AgeBand;

impl Assessment {
    /// The assessment as lines that a person reads.
    #[must_use]
    pub fn explain(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for concern in &self.concerns {
            lines.push(format!("{} {}", phrases::COMES_FIRST, concern.text));
        }
        lines.push(format!("{}: {}", phrases::points(self.total), self.band.text));
        for flag in &self.red_flags {
            let line = format!("  {}: {}", phrases::points(flag.points.into()), flag.text);
            lines.push(match &flag.group {
                Some(group) => format!("{line} [{group}]"),
                None => line,
            });
        }
        for light in self.green_lights.iter().chain(&self.contacts) {
            lines.push(match &light.verified {
                Some(way) => format!("  + {} [{}]", light.text, way.text),
                None => format!("  + {} [{}]", light.text, phrases::reason(ReasonCode::NotVerified, None)),
            });
        }
        if self.counted_as_under_18 && self.age_band != AgeBand::Under18 {
            lines.push(phrases::AGE_AS_CHILD.to_owned());
        }
        self.explain_release(&mut lines);
        list(&mut lines, phrases::UNKNOWN, &self.unknown);
        // Where there is a reason to stop, no line invites to go on.
        if self.stop.is_none() {
            list(&mut lines, phrases::OPEN, &self.open);
        }
        if let Some(next) = &self.next {
            lines.push(format!("{} {}", phrases::NEXT, spoken(next)));
        }
        if let Some(stop) = self.stop {
            lines.push(phrases::stop(stop).to_owned());
        }
        for left_out in &self.set_aside {
            lines.push(format!(
                "{} {} ({})",
                phrases::SET_ASIDE,
                spoken(&left_out.item),
                phrases::set_aside(left_out.why)
            ));
        }
        lines.push(format!("{} {}. {}", self.instrument, self.version, self.notice));
        lines
    }

    fn explain_release(&self, lines: &mut Vec<String>) {
        let head = if self.release_proposed { phrases::RELEASE_PROPOSED } else { phrases::RELEASE_NOT_PROPOSED };
        lines.push(head.to_owned());
        for reason in &self.release_reasons {
            // Without a proposal, what was never asked stands under "could still change" only.
            let shown = self.release_proposed || reason.side != Side::Beside;
            if shown && reason.code != ReasonCode::ConcernNotAsked {
                lines.push(format!("  - {}", reason.text));
            }
        }
        if self.release_proposed {
            let not_asked = self.release_reasons.iter().filter(|reason| reason.code == ReasonCode::ConcernNotAsked);
            list(lines, phrases::NOT_ASKED, &not_asked.filter_map(|reason| reason.item.clone()).collect::<Vec<_>>());
        }
    }
}

/// As many items as a line names; a person reads no more at a checkpoint.
const NAMED: usize = 8;

fn list(lines: &mut Vec<String>, head: &str, ids: &[Id]) {
    if !ids.is_empty() {
        let named: Vec<String> = ids.iter().take(NAMED).map(spoken).collect();
        let more = match ids.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => phrases::and_more(more),
        };
        lines.push(format!("{head} {}{more}", named.join(", ")));
    }
}

/// An id as words: an assessment holds the full wording only of what it counts.
fn spoken(id: &Id) -> String {
    id.as_str().replace('_', " ")
}
