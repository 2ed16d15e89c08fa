//! Whether a verified green light proposes release, with every reason on each side (CARE 4).
//!
//! It never overrides a request for help, an injury, danger, or a child for whom neither guardian nor school was
//! reached. Points do not block it: they are shown beside it, for the person who decides.

use super::assessment::{Reason, ReasonCode, Side};
use super::marked::Marked;
use super::phrases::Phrase;
use super::sitting::Sitting;
use super::speaker::Speaker;
use crate::id::ItemId;
use crate::sheet::{Concern, GreenLights, Role};

/// What the green lights come to.
pub(crate) struct Release {
    pub(crate) proposed: bool,
    pub(crate) reasons: Vec<Reason>,
}

/// Whether the item, once verified, shows that a child's guardian or school was reached.
pub(crate) fn is_child_contact(rule: &GreenLights, id: &ItemId) -> bool {
    rule.child_contacts.contains(id)
}

/// Whether release is proposed. `signs` tells whether any sign was noted.
pub(crate) fn release(speaker: Speaker<'_>, sitting: &Sitting<'_>, rule: Option<&GreenLights>, signs: bool) -> Release {
    let marked = &sitting.marked;
    let mut reasons = Reasons { speaker, list: Vec::new() };
    let Some(rule) = rule else {
        reasons.add(ReasonCode::NoRule, Side::Against, None);
        return Release { proposed: false, reasons: reasons.list };
    };

    let lights: Vec<_> = marked.iter().filter(|m| m.item.role == Role::GreenLight && m.is_sign()).collect();
    let verified = lights.iter().any(|m| m.is_verified());
    for light in &lights {
        if light.is_verified() {
            reasons.add(ReasonCode::GreenLight, Side::For, Some(light));
        } else if !verified {
            reasons.add(ReasonCode::NotVerified, Side::Against, Some(light));
        }
    }
    if lights.is_empty() {
        // An adult needs no reason to go on (CARE 1); for a child there has to be one.
        let side = if sitting.as_child { Side::Against } else { Side::Beside };
        reasons.add(ReasonCode::NoGreenLight, side, None);
    }

    if sitting.as_child {
        let reached = marked.iter().find(|m| is_child_contact(rule, &m.item.id) && m.is_sign() && m.is_verified());
        match reached {
            Some(contact) => reasons.add(ReasonCode::ContactReached, Side::For, Some(contact)),
            None => reasons.add(ReasonCode::ChildNotReached, Side::Against, None),
        }
    }

    for m in marked {
        match m.item.concern {
            Some(concern) if m.is_yes() => reasons.add(raised(concern), Side::Against, Some(m)),
            Some(_) if m.is_unknown() => reasons.add(ReasonCode::ConcernUnknown, Side::Beside, Some(m)),
            Some(_) if m.could_be_asked() => reasons.add(ReasonCode::ConcernNotAsked, Side::Beside, Some(m)),
            _ => {}
        }
    }
    if signs {
        reasons.add(ReasonCode::SignsNoted, Side::Beside, None);
    }

    let mut reasons = reasons.list;
    // Stable: within a side, the order above.
    reasons.sort_by_key(|reason| reason.side);
    let proposed = verified && reasons.iter().all(|reason| reason.side != Side::Against);
    Release { proposed, reasons }
}

fn raised(concern: Concern) -> ReasonCode {
    match concern {
        Concern::RequestForHelp => ReasonCode::RequestForHelp,
        Concern::Injury => ReasonCode::Injury,
        Concern::Danger => ReasonCode::Danger,
    }
}

struct Reasons<'a> {
    speaker: Speaker<'a>,
    list: Vec<Reason>,
}

impl Reasons<'_> {
    fn add(&mut self, code: ReasonCode, side: Side, from: Option<&Marked<'_>>) {
        let sentence = self.speaker.phrase(Phrase::from(code));
        let text = match from {
            Some(marked) => format!("{} ({sentence})", self.speaker.text(&marked.item.text)),
            None => sentence,
        };
        self.list.push(Reason { code, side, item: from.map(|m| m.item.id.clone()), text });
    }
}
