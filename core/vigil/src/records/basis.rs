//! On what a share may rest: her consent, or one of a closed list that two officers signed (CARE 8).
//! [`basis_alive`] is the one place that answers it. It promises the same answer on every device that holds the same events,
//! and that what was ended or withdrawn anywhere is no basis.

use super::consent::ConsentState;
use super::event::EventId;
use super::event_body::EventBody;
use super::standing::{Entry, Said, Standing};
use super::text::{Code, ShortText};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, PersonId};

/// What stands in for consent. There is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum BasisKind {
    /// A child is in danger.
    #[n(0)]
    ChildInDanger,
    /// A life is at risk.
    #[n(1)]
    LifeAtRisk,
    /// A court ordered it.
    #[n(2)]
    CourtOrder,
}

impl BasisKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::ChildInDanger, Self::LifeAtRisk, Self::CourtOrder];

    /// Its name in JSON and in the statistics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChildInDanger => "child_in_danger",
            Self::LifeAtRisk => "life_at_risk",
            Self::CourtOrder => "court_order",
        }
    }

    /// Whether it exists for somebody of this age. Unknown and disputed ages count as under 18.
    pub const fn suits(self, under_18: bool) -> bool {
        match self {
            Self::ChildInDanger => under_18,
            Self::LifeAtRisk | Self::CourtOrder => true,
        }
    }
}

/// What a share rested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The person's consent.
    #[n(0)]
    Consent,
    /// One of the closed list.
    #[n(1)]
    Declared(#[n(0)] BasisKind),
}

impl Ground {
    /// Its name in JSON and in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Declared(kind) => kind.name(),
        }
    }
}

/// What one officer declares, for another to second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct BasisDeclaration {
    /// Which of the list.
    #[n(0)]
    pub kind: BasisKind,
    /// What for.
    #[n(1)]
    pub purpose: Code,
    /// To which kind of recipient.
    #[n(2)]
    pub recipient: Code,
    /// Why, as a code.
    #[n(3)]
    pub reason: Code,
    /// What it can be looked up by: the number of the order, of the file.
    #[n(4)]
    #[serde(default)]
    pub reference: Option<ShortText>,
}

/// A declaration with everything that was said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredBasis {
    /// What was declared.
    pub declaration: BasisDeclaration,
    /// By whom.
    pub declared: Said,
    /// Who seconded it, by id.
    pub seconded: Vec<Said>,
    /// Who ended it, by id. One is enough, and it does not come back.
    pub ended: Vec<Said>,
}

/// The person for whom a device signs, if it may sign: what a member is now, whichever of her devices it is.
pub type Signer<'a> = &'a dyn Fn(&DeviceId) -> Option<PersonId>;

/// Whether two signatures are two people's. Two devices of one person are one; a device that may not sign is nobody's.
pub fn is_another_person(one: &DeviceId, other: &DeviceId, signer: Signer<'_>) -> bool {
    matches!((signer(one), signer(other)), (Some(one), Some(other)) if one != other)
}

impl DeclaredBasis {
    /// Whether two people who may sign stand behind it and nobody has ended it.
    pub fn is_alive(&self, signer: Signer<'_>) -> bool {
        self.ended.is_empty() && self.is_signed(signer)
    }

    /// Whether two people who may sign stand, or stood, behind it: what is counted.
    pub fn is_signed(&self, signer: Signer<'_>) -> bool {
        let first = &self.declared.author;
        self.seconded.iter().any(|said| is_another_person(first, &said.author, signer))
    }
}

/// What somebody wants to share, as far as its basis is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What for.
    pub purpose: &'a Code,
    /// To which kind of recipient.
    pub recipient: &'a Code,
    /// Whether the person is under 18, or of unknown or disputed age.
    pub under_18: bool,
}

/// What a share rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// What it is.
    pub ground: Ground,
    /// The consent or declaration.
    pub event: EventId,
    /// Whether she chose her authorities and left this kind of recipient out.
    pub against_choice: bool,
}

/// On what a share may rest now, if on anything. Consent comes first. Who may sign a declaration is the caller's to know:
/// officers and desks.
pub fn basis_alive(standing: &Standing, ask: Ask<'_>, signer: Signer<'_>) -> Option<Basis> {
    if standing.is_erased() {
        return None;
    }
    let against_choice = standing.authorities().leave_out(ask.recipient);
    if let (Some(ConsentState::Given(words)), false) = (standing.consent(ask.purpose, ask.recipient), against_choice)
        && let Some(word) = words.iter().find(|word| word.by.is_some_and(|by| by.fits(ask.under_18)))
    {
        return Some(Basis { ground: Ground::Consent, event: word.said.event, against_choice: false });
    }
    let fits = |basis: &&DeclaredBasis| {
        let declared = &basis.declaration;
        (&declared.purpose, &declared.recipient) == (ask.purpose, ask.recipient)
            && declared.kind.suits(ask.under_18)
            && basis.is_alive(signer)
    };
    let basis = standing.bases().iter().find(fits)?;
    let ground = Ground::Declared(basis.declaration.kind);
    Some(Basis { ground, event: basis.declared.event, against_choice })
}

/// Whether anything at all is a living basis in this record: what keeps a copy that its source calls back.
pub fn any_basis_alive(standing: &Standing, under_18: bool, signer: Signer<'_>) -> bool {
    let consents = standing.consents().map(|(purpose, recipient, _)| (purpose, recipient));
    let declared = standing.bases().iter().map(|basis| (&basis.declaration.purpose, &basis.declaration.recipient));
    consents
        .chain(declared)
        .any(|(purpose, recipient)| basis_alive(standing, Ask { purpose, recipient, under_18 }, signer).is_some())
}

/// Every declaration with what was said about it, by id. Order has no say: an end holds whenever it was said.
pub(super) fn fold_bases(entries: &[Entry<'_>]) -> Vec<DeclaredBasis> {
    let mut bases: BTreeMap<EventId, DeclaredBasis> = BTreeMap::new();
    for entry in entries {
        if let EventBody::BasisDeclared(declaration) = &entry.event.body {
            let (declaration, declared) = (declaration.clone(), entry.said());
            let basis = DeclaredBasis { declaration, declared, seconded: Vec::new(), ended: Vec::new() };
            bases.insert(entry.id, basis);
        }
    }
    for entry in entries {
        match &entry.event.body {
            EventBody::BasisSeconded { declaration } => {
                bases.entry(*declaration).and_modify(|basis| basis.seconded.push(entry.said()));
            }
            EventBody::BasisEnded { declaration } => {
                bases.entry(*declaration).and_modify(|basis| basis.ended.push(entry.said()));
            }
            _ => {}
        }
    }
    bases.into_values().collect()
}
