//! What the green lights lack, and which items could still supply it.
//!
//! A concern that was raised ends it: nothing then leads to a proposal of release.

use super::marked::Marked;
use super::open::{Open, WHOLE};
use super::release::is_child_contact;
use super::sitting::Sitting;
use crate::sheet::{GreenLights, Item, Role};

/// What could still change whether release is proposed, concerns included.
pub(crate) fn open(sitting: &Sitting<'_>, rule: &GreenLights) -> Vec<Open> {
    let lights = Lights::new(rule, sitting.as_child, &sitting.marked);
    let mut found = Vec::new();
    for (at, marked) in sitting.marked.iter().enumerate() {
        if !marked.could_be_asked() && !marked.awaits_verification() {
            continue;
        }
        if let Some(alone) = lights.change(marked) {
            found.push(Open { at, alone, strength: WHOLE });
        }
    }
    found
}

struct Lights<'r> {
    rule: &'r GreenLights,
    as_child: bool,
    concern: bool,
    light: bool,
    contact: bool,
    /// Some open item would supply a light without a contact, or a contact without a light.
    other_light: bool,
    other_contact: bool,
}

impl<'r> Lights<'r> {
    fn new(rule: &'r GreenLights, as_child: bool, marked: &[Marked<'_>]) -> Self {
        let mut lights = Self {
            rule,
            as_child,
            concern: marked.iter().any(|m| m.item.concern.is_some() && m.is_yes()),
            light: false,
            contact: !as_child,
            other_light: false,
            other_contact: false,
        };
        for m in marked {
            let (light, contact) = lights.gives(m.item);
            if m.is_verified() {
                lights.light |= light;
                lights.contact |= contact;
            } else if m.could_be_asked() || m.awaits_verification() {
                lights.other_light |= light && !contact;
                lights.other_contact |= contact && !light;
            }
        }
        lights
    }

    /// Whether the item, verified, is a green light, and whether it is a child's contact.
    fn gives(&self, item: &Item) -> (bool, bool) {
        (item.role == Role::GreenLight, self.as_child && is_child_contact(self.rule, &item.id))
    }

    /// Whether the item's answer could change the proposal, and whether it could alone; none if it cannot.
    fn change(&self, m: &Marked<'_>) -> Option<bool> {
        let (light, contact) = self.gives(m.item);
        if self.concern || (self.light && self.contact) {
            return None;
        }
        let supplies_light = light && !self.light;
        let supplies_contact = contact && !self.contact;
        let (alone, with_others) = match (self.light, self.contact) {
            (true, _) => (supplies_contact, false),
            (false, true) => (supplies_light, false),
            (false, false) => (
                supplies_light && supplies_contact,
                (supplies_light && self.other_contact) || (supplies_contact && self.other_light),
            ),
        };
        (alone || with_others).then_some(alone)
    }
}
