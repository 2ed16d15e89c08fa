//! Consent to one purpose and one kind of recipient, and which authorities somebody chose (CARE 5, 8).
//! Both are events on the person's record. A consent promises to say in whose name it was given; whether it fits her age is
//! asked when it is used, because what is known of an age changes.

use super::causality::Causality;
use super::concurrent::Sort;
use super::event_body::EventBody;
use super::limits::MAX_AUTHORITIES;
use super::standing::{Entry, Said, standing_of};
use super::text::{Code, ShortText};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The authorities that every programme has. One that a programme adds has its prefix and a dot, as in `station.bishop`.
pub const AUTHORITIES: [&str; 6] =
    ["police", "labour_office", "immigration", "social_welfare", "shelter", "another_district"];

/// Whether somebody may be asked to choose this one: a mistyped one would never equal another.
pub fn is_authority(kind: &Code) -> bool {
    AUTHORITIES.contains(&kind.as_str()) || kind.as_str().contains('.')
}

/// Consent to one purpose and one kind of recipient (CARE 8).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// What for, for example `referral` or `photo`.
    #[n(0)]
    pub purpose: Code,
    /// To whom, for example `shelter` or `police`.
    #[n(1)]
    pub recipient: Code,
    /// The language it was asked in.
    #[n(2)]
    pub language: Code,
    /// Who was there.
    #[n(3)]
    #[serde(default)]
    pub witness: Option<ShortText>,
}

/// Who consents for a child (CARE 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Guardian {
    /// A guardian who is neither suspected nor travelling along.
    #[n(0)]
    NotSuspected,
    /// Child protection.
    #[n(1)]
    ChildProtection,
}

/// Consent for somebody who is, or counts as, under 18.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct ChildConsent {
    /// To what.
    #[n(0)]
    pub consent: Consent,
    /// Whether the child assented. Without that nobody else's word counts.
    #[n(1)]
    pub assent: bool,
    /// Who consented for the child.
    #[n(2)]
    pub by: Guardian,
}

/// Which authorities somebody wants to deal with. None means: nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct AuthorityChoice {
    /// The kinds.
    #[n(0)]
    pub kinds: Vec<Code>,
    /// The language that she was asked in.
    #[n(1)]
    pub language: Code,
    /// Who was there.
    #[n(2)]
    #[serde(default)]
    pub witness: Option<ShortText>,
}

impl AuthorityChoice {
    /// Whether it is within the limits and has one spelling: sorted, each once.
    pub(super) fn is_well_formed(&self) -> bool {
        self.kinds.len() <= MAX_AUTHORITIES && self.kinds.is_sorted_by(|a, b| a < b)
    }
}

/// In whose name a consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GivenBy {
    /// The person herself, an adult.
    Herself,
    /// For a child: whether it assented, and who consented beside it.
    ForChild(bool, Guardian),
}

impl GivenBy {
    /// Whether such a consent counts for somebody of this age. Unknown and disputed ages count as under 18.
    pub const fn fits(self, under_18: bool) -> bool {
        match self {
            Self::Herself => !under_18,
            Self::ForChild(assent, _) => under_18 && assent,
        }
    }
}

/// A consent as it was given or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentWord {
    /// To what.
    pub consent: Consent,
    /// In whose name it was given; nothing for a withdrawal, which anybody may voice for her.
    pub by: Option<GivenBy>,
    /// Who recorded it, and when by their clock.
    pub said: Said,
}

/// Whether there is consent to one purpose and one kind of recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentState {
    /// It was given, and nobody withdrew it since. All that stand beside each other, by id.
    Given(Vec<ConsentWord>),
    /// It was withdrawn.
    Withdrawn(Vec<ConsentWord>),
}

/// What is known of the authorities that somebody chose.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authorities(Vec<(AuthorityChoice, Said)>);

impl Authorities {
    /// The choices that stand beside each other, by id; more than one if people asked her without knowing of each other.
    pub fn choices(&self) -> &[(AuthorityChoice, Said)] {
        &self.0
    }

    /// Whether choices that stand beside each other differ. Until she is asked again, only what all of them name is chosen.
    pub fn is_open(&self) -> bool {
        self.0.iter().any(|(choice, _)| choice.kinds != self.0[0].0.kinds)
    }

    /// Whether she chose, and left this one out.
    pub fn leave_out(&self, kind: &Code) -> bool {
        self.0.iter().any(|(choice, _)| !choice.kinds.contains(kind))
    }
}

/// The consent in a body, if there is one.
pub(super) fn consent_in(body: &EventBody) -> Option<(&Consent, Option<GivenBy>)> {
    match body {
        EventBody::ConsentGiven(consent) => Some((consent, Some(GivenBy::Herself))),
        EventBody::ChildConsentGiven(child) => Some((&child.consent, Some(GivenBy::ForChild(child.assent, child.by)))),
        EventBody::ConsentWithdrawn(consent) => Some((consent, None)),
        _ => None,
    }
}

/// Every consent, by purpose and kind of recipient.
pub(super) fn fold_consents(entries: &[Entry<'_>], causality: &Causality) -> BTreeMap<(Code, Code), ConsentState> {
    let mut questions: BTreeMap<(&Code, &Code), Vec<Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        if let Some((consent, _)) = consent_in(&entry.event.body) {
            questions.entry((&consent.purpose, &consent.recipient)).or_default().push(*entry);
        }
    }
    let state = |entries: Vec<Entry<'_>>| {
        let entries = standing_of(entries, causality);
        let withdrawn = entries.iter().any(|entry| Sort::of(&entry.event.body) == Sort::ConsentWithdrawn);
        let word = |entry: &Entry<'_>| {
            let (consent, by) = consent_in(&entry.event.body)?;
            Some(ConsentWord { consent: consent.clone(), by, said: entry.said() })
        };
        let words = entries.iter().filter_map(word).collect();
        if withdrawn { ConsentState::Withdrawn(words) } else { ConsentState::Given(words) }
    };
    questions
        .into_iter()
        .map(|((purpose, recipient), entries)| ((purpose.clone(), recipient.clone()), state(entries)))
        .collect()
}

/// The choices of authority that stand.
pub(super) fn fold_choices(entries: &[Entry<'_>], causality: &Causality) -> Authorities {
    let chosen = |entry: &Entry<'_>| match &entry.event.body {
        EventBody::AuthorityChosen(choice) => Some((choice.clone(), entry.said())),
        _ => None,
    };
    let choices = entries.iter().filter(|entry| matches!(entry.event.body, EventBody::AuthorityChosen(_))).copied();
    Authorities(standing_of(choices.collect(), causality).iter().filter_map(chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_consents_for_an_adult_and_no_child_without_its_own_assent() {
        use Guardian::{ChildProtection, NotSuspected};
        assert!(GivenBy::Herself.fits(false) && !GivenBy::Herself.fits(true));
        for by in [NotSuspected, ChildProtection] {
            assert!(GivenBy::ForChild(true, by).fits(true));
            assert!(!GivenBy::ForChild(false, by).fits(true) && !GivenBy::ForChild(true, by).fits(false));
        }
    }

    #[test]
    fn an_authority_is_one_of_the_list_or_has_a_programmes_prefix() {
        let is = |kind: &str| is_authority(&Code::new(kind).unwrap());
        assert!(AUTHORITIES.iter().all(|kind| is(kind)));
        assert!(is("station.bishop") && !is("pollice"));
    }
}
