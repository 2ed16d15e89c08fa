//! Second opinions: giving one, and seeing how they stand. It promises to show nobody's view to a person who may still
//! judge: the facade leaves it out, and nothing here asks again.

use serde_json::json;
use vigil_core::SecondOpinionView;
use vigil_core::records::{Code, LongText};

use super::arguments::Arguments;
use super::output::Output;
use super::session;
use crate::error::DeskError;
use crate::text::{plain, time};

pub(super) fn judge(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    opinion: Option<(&str, &str)>,
) -> Result<(), DeskError> {
    let opinion = opinion.map(|(view, reasons)| Ok::<_, DeskError>((code(view)?, words(reasons)?))).transpose()?;
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    if let Some((view, reasons)) = opinion {
        vault.give_opinion(&record, view, reasons)?;
    }
    let standing = vault.second_opinion(&record)?;
    output.answer(&json!({"record": record.to_string(), "second_opinion": standing}), opinion_lines(&standing))
}

/// A view as typed; hyphens are as good as the underscores that codes have.
fn code(view: &str) -> Result<Code, DeskError> {
    Code::new(view.replace('-', "_")).map_err(|error| DeskError::Usage(format!("--view: {error}")))
}

fn words(reasons: &str) -> Result<LongText, DeskError> {
    LongText::new(reasons).map_err(|error| DeskError::Usage(format!("--reasons: {error}")))
}

/// How a second opinion stands, as a person reads it.
pub(super) fn opinion_lines(standing: &SecondOpinionView) -> Vec<String> {
    let spoken = |view: &str| plain(&view.replace('_', " "));
    let view = standing.view.as_deref().map(spoken).unwrap_or_default();
    let mut head = format!(
        "second opinion: {}",
        match standing.state.as_str() {
            "none" => "nobody has judged it".to_owned(),
            "one" => "one has judged it; another is waited for".to_owned(),
            "waiting" => "enough have judged it; not all are open yet, the next syncs open them".to_owned(),
            "agreed" if standing.blind => format!("{view}, by two who did not know of each other's view"),
            "agreed" => format!("{view}, by most"),
            "differ" => "those who judged it differ; somebody else is called".to_owned(),
            other => plain(other),
        }
    );
    if standing.may_judge {
        head.push_str(". You may judge it; what others think shows afterwards");
    }
    let mut lines = vec![head];
    for opinion in &standing.opinions {
        let author = if opinion.mine { format!("{} (you)", plain(&opinion.author)) } else { plain(&opinion.author) };
        let state = match opinion.state.as_str() {
            "sealed" if opinion.view.is_some() => "sealed, only you read it",
            "sealed" => "sealed",
            "open" => "open",
            "does_not_fit" => "does not count: what was opened is not what was given",
            "copied" => "does not count: a copy of another's",
            "twice" => "does not count: given twice",
            "gone" => "does not count: never opened by somebody who was removed",
            other => other,
        };
        lines.push(format!("  {}  {author}: {}", time(opinion.time), plain(state)));
        if let (Some(view), Some(reasons)) = (&opinion.view, &opinion.reasons) {
            lines.push(format!("    {}: {}", spoken(view), plain(reasons)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigil_core::OpinionView;

    fn sealed(mine: bool) -> OpinionView {
        let view = mine.then(|| "high_risk".to_owned());
        let reasons = mine.then(|| "Debt\u{1b}[2J".to_owned());
        OpinionView { author: "Birendra".to_owned(), time: 0, mine, state: "sealed".to_owned(), view, reasons }
    }

    #[test]
    fn views_are_typed_with_hyphens_or_underscores() {
        assert_eq!(code("signs-of-trafficking").unwrap(), code("signs_of_trafficking").unwrap());
        assert_eq!(code("High Risk").unwrap_err().exit_status(), 2);
    }

    #[test]
    fn what_is_sealed_is_read_by_its_author_and_commands_no_terminal() {
        let standing = |mine: bool| SecondOpinionView {
            state: "one".to_owned(),
            view: None,
            blind: false,
            may_judge: !mine,
            opinions: vec![sealed(mine)],
        };
        let own = opinion_lines(&standing(true)).join("\n");
        assert!(own.contains("high risk: Debt\\u{1b}[2J") && own.contains("only you read it"), "{own}");
        let others = opinion_lines(&standing(false)).join("\n");
        assert!(others.contains("You may judge it") && !others.contains("high risk"), "{others}");
    }
}
