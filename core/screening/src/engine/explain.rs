//! An assessment as lines that a person reads, from what comes first to what is left open.
//!
//! Every point and every reason appears, and the last line says that the score decides nothing.

use super::assessment::{Assessment, ReasonCode, RuleResult, Side, Stop};
use super::phrases::{Phrase, phrase};
use crate::id::Id;
use crate::profile::AgeBand;

impl Assessment {
    /// The assessment as lines that a person reads.
    #[must_use]
    pub fn explain(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for concern in &self.concerns {
            lines.push(format!("{} {}", self.say(Phrase::COMES_FIRST), concern.text));
        }
        lines.extend(self.says_nothing.clone());
        if let (Some(total), Some(band)) = (self.total, &self.band) {
            lines.push(format!("{}: {}", self.points(total), band.text));
        }
        for flag in &self.red_flags {
            let line = format!("  {}: {}", self.points(flag.points.into()), flag.text);
            lines.push(match &flag.group {
                Some(group) => format!("{line} [{group}]"),
                None => line,
            });
        }
        for rule in &self.rules {
            self.explain_rule(rule, &mut lines);
        }
        for value in self.derived.iter().filter(|value| !value.text.is_empty()) {
            lines.extend(value.value.as_ref().map(|words| format!("{}: {words}", value.text)));
        }
        for light in self.green_lights.iter().chain(&self.contacts) {
            lines.push(match &light.verified {
                Some(way) => format!("  + {} [{}]", light.text, way.text),
                None => format!("  + {} [{}]", light.text, self.say(Phrase::from(ReasonCode::NotVerified))),
            });
        }
        if self.counted_as_under_18 && self.age_band != AgeBand::Under18 {
            lines.push(self.say(Phrase::AGE_AS_CHILD));
        }
        // To whom does not want to go on, nothing more is weighed.
        if self.stop != Some(Stop::Declined) {
            self.explain_release(&mut lines);
        }
        self.list(&mut lines, "", Phrase::UNKNOWN, &self.unknown);
        // Where there is a reason to stop, no line invites to go on.
        if self.stop.is_none() {
            self.list(&mut lines, "", Phrase::OPEN, &self.open);
        }
        if let Some(next) = &self.next {
            lines.push(format!("{} {}", self.say(Phrase::NEXT), self.spoken(next)));
        }
        if let Some(stop) = self.stop {
            lines.push(self.say(Phrase::from(stop)));
        }
        self.list(&mut lines, "", Phrase::DOUBTFUL, &self.doubtful);
        for left_out in &self.set_aside {
            let why = self.say(Phrase::from(left_out.why));
            lines.push(format!("{} {} ({why})", self.say(Phrase::LEFT_OUT), self.spoken(&left_out.item)));
        }
        lines.push(format!("{} {}. {}", self.instrument, self.version, self.notice));
        lines
    }

    /// A rule that is no sum and no green light; those have lines of their own.
    fn explain_rule(&self, rule: &RuleResult, lines: &mut Vec<String>) {
        let first_sum = self.rules.iter().find(|rule| rule.kind == "weighted_sum").map(|rule| &rule.id);
        if rule.kind == "green_lights" || Some(&rule.id) == first_sum || self.says_nothing.is_some() {
            return;
        }
        let title = rule.title.clone().unwrap_or_else(|| spoken(&rule.id));
        let amount = rule.value.and_then(|value| u32::try_from(value).ok()).map(|value| match rule.kind {
            "count" => self.counted(value),
            _ => self.points(value),
        });
        lines.push(match amount {
            Some(amount) => format!("{title}: {amount}. {}", rule.text),
            None => format!("{title}: {}", rule.text),
        });
        self.list(lines, "  ", Phrase::BECAUSE, &rule.because);
    }

    fn explain_release(&self, lines: &mut Vec<String>) {
        let against = self.release_reasons.iter().any(|reason| reason.side == Side::Against);
        let no_rule = self.release_reasons.iter().any(|reason| reason.code == ReasonCode::NoRule);
        // That an adult gave no reason to travel is nothing to print.
        if no_rule || !(self.release_proposed || against) {
            return;
        }
        let head = if self.release_proposed { Phrase::RELEASE_PROPOSED } else { Phrase::RELEASE_NOT_PROPOSED };
        lines.push(self.say(head));
        for reason in &self.release_reasons {
            // Without a proposal, what was never asked stands under "could still change" only.
            let shown = self.release_proposed || reason.side != Side::Beside;
            if shown && reason.code != ReasonCode::ConcernNotAsked {
                lines.push(format!("  - {}", reason.text));
            }
        }
        if self.release_proposed {
            let not_asked = self.release_reasons.iter().filter(|reason| reason.code == ReasonCode::ConcernNotAsked);
            let not_asked: Vec<_> = not_asked.filter_map(|reason| reason.item.clone()).collect();
            self.list(lines, "  ", Phrase::NOT_ASKED, &not_asked);
        }
    }

    fn list(&self, lines: &mut Vec<String>, indent: &str, head: Phrase, ids: &[Id]) {
        if ids.is_empty() {
            return;
        }
        lines.push(format!("{indent}{}", self.say(head)));
        lines.extend(ids.iter().take(NAMED).map(|id| format!("{indent}  - {}", self.spoken(id))));
        let more = ids.len().saturating_sub(NAMED);
        if more > 0 {
            lines.push(format!("{indent}  {}", self.say(Phrase::AND_MORE).replace("{}", &more.to_string())));
        }
    }

    /// An item in the reader's language; as its name where the instrument does not have it.
    fn spoken(&self, id: &Id) -> String {
        self.wording.get(id).cloned().unwrap_or_else(|| spoken(id))
    }

    fn say(&self, words: Phrase) -> String {
        let languages: Vec<&str> = self.languages.iter().map(String::as_str).collect();
        phrase(words, &languages)
    }

    fn points(&self, points: u32) -> String {
        let phrase = if points == 1 { Phrase::ONE_POINT } else { Phrase::POINTS };
        self.say(phrase).replace("{}", &points.to_string())
    }

    fn counted(&self, count: u32) -> String {
        self.say(Phrase::COUNTED).replace("{}", &count.to_string())
    }
}

/// As many items as a line names; a person reads no more at a checkpoint.
pub(super) const NAMED: usize = 8;

/// An id as words.
fn spoken(id: &Id) -> String {
    id.as_str().replace('_', " ")
}
