//! Consent, her choice of authorities, and the closed list that stands in for consent (CARE 5, 8).
//! All of it stands on the person's record. What does not fit what is known of her age, or was signed by one person alone, is
//! refused or counts for nothing.

use super::Vault;
use super::save::Open;
use super::sharing_views::{BasisCount, BasisView, ChoiceView, ConsentView, ConsentsView};
use super::signers::Signers;
use crate::error::{Result, VigilError};
use crate::records::{
    AuthorityChoice, BasisDeclaration, BasisKind, ChildConsent, Code, Consent, ConsentState, DeclaredBasis, EventBody,
    EventId, FieldName, FieldView, GivenBy, Ground, Guardian, PersonRole, Standing, is_authority,
};
use crate::store::{chains, records, sharing};
use std::collections::BTreeSet;
use vigil_protocol::{DeviceId, RecordId};
use vigil_screening::{AgeBand, Date};

const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1000;
const ADULT: i64 = 18;

impl Vault {
    /// Records consent to one purpose and kind of recipient. `child` says, for somebody under 18 or of unknown or disputed
    /// age, whether the child assented and who consented beside it.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::Invalid`] if it is not given by whom her age asks for.
    pub fn give_consent(
        &mut self,
        person: &RecordId,
        consent: Consent,
        child: Option<(bool, Guardian)>,
    ) -> Result<EventId> {
        let open = self.open_person(person)?;
        let body = match (self.counts_as_under_18(&open)?, child) {
            (true, None) => {
                let why = "under 18, or of unknown age: say whether the child assents and who consents for it";
                return Err(VigilError::invalid("consent", why));
            }
            (false, Some(_)) => return Err(VigilError::invalid("consent", "an adult consents herself")),
            (true, Some((assent, by))) => EventBody::ChildConsentGiven(ChildConsent { consent, assent, by }),
            (false, None) => EventBody::ConsentGiven(consent),
        };
        self.state(open, body)
    }

    /// Records that consent is withdrawn. It needs no reason, holds at once, and beats a giving that did not know of it.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn withdraw_consent(&mut self, person: &RecordId, consent: Consent) -> Result<EventId> {
        let open = self.open_person(person)?;
        self.state(open, EventBody::ConsentWithdrawn(consent))
    }

    /// Records which authorities the person wants to deal with; none means nobody.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::Invalid`] for an authority that no programme has.
    pub fn choose_authorities(&mut self, person: &RecordId, mut choice: AuthorityChoice) -> Result<EventId> {
        if !choice.kinds.iter().all(is_authority) {
            return Err(VigilError::invalid("authority", "one of your programme's own has its prefix and a dot"));
        }
        choice.kinds.sort_unstable();
        choice.kinds.dedup();
        if choice.kinds.len() > crate::records::limits::MAX_AUTHORITIES {
            return Err(VigilError::invalid("authority", "there are too many"));
        }
        let open = self.open_person(person)?;
        self.state(open, EventBody::AuthorityChosen(choice))
    }

    /// Declares one of the closed list that stands in for consent. It serves once another officer has seconded it.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] unless this device is an officer's or a desk's,
    /// [`VigilError::Invalid`] if it does not exist for her age.
    pub fn declare_basis(&mut self, person: &RecordId, declaration: BasisDeclaration) -> Result<EventId> {
        self.must_speak_for_space()?;
        let open = self.open_person(person)?;
        if !declaration.kind.suits(self.counts_as_under_18(&open)?) {
            return Err(VigilError::invalid("basis", "it exists for children only, and the person is an adult"));
        }
        self.state(open, EventBody::BasisDeclared(declaration))
    }

    /// Seconds what another officer declared.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] by role, or for one's own declaration.
    pub fn second_basis(&mut self, person: &RecordId, declaration: &EventId) -> Result<EventId> {
        self.must_speak_for_space()?;
        let open = self.open_person(person)?;
        let basis = declared(&open, declaration)?;
        let membership = &self.space()?.membership;
        let person = |device: &DeviceId| membership.member(device).map(|member| member.person);
        if person(&basis.declared.author) == person(&self.device) {
            return Err(VigilError::NotAllowed { why: "whoever declared it does not second it" });
        }
        if !basis.ended.is_empty() {
            return Err(VigilError::NotAllowed { why: "it was ended; declare it anew" });
        }
        self.state(open, EventBody::BasisSeconded { declaration: *declaration })
    }

    /// Ends a declaration. It does not come back.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] by role.
    pub fn end_basis(&mut self, person: &RecordId, declaration: &EventId) -> Result<EventId> {
        self.must_speak_for_space()?;
        let open = self.open_person(person)?;
        declared(&open, declaration)?;
        self.state(open, EventBody::BasisEnded { declaration: *declaration })
    }

    /// Everything on which something about this person may be shared, and what was withdrawn or ended.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn consents(&self, person: &RecordId) -> Result<ConsentsView> {
        let open = self.open_person(person)?;
        let (standing, under_18) = (standing_of(&open), self.counts_as_under_18(&open)?);
        let mut consents = Vec::new();
        for (_, _, state) in standing.consents() {
            let (words, withdrawn) = match state {
                ConsentState::Given(words) => (words, false),
                ConsentState::Withdrawn(words) => (words, true),
            };
            for word in words {
                let fits = word.by.is_some_and(|by| by.fits(under_18));
                let state = if withdrawn {
                    "withdrawn"
                } else if fits {
                    "given"
                } else {
                    "does_not_fit_age"
                };
                consents.push(ConsentView {
                    purpose: word.consent.purpose.to_string(),
                    recipient: word.consent.recipient.to_string(),
                    state: state.to_owned(),
                    language: word.consent.language.to_string(),
                    witness: word.consent.witness.as_ref().map(|words| words.as_str().to_owned()),
                    by: word.by.map(|by| giver(by).to_owned()),
                    assent: word.by.and_then(|by| match by {
                        GivenBy::Herself => None,
                        GivenBy::ForChild(assent, _) => Some(assent),
                    }),
                    author: self.call(&word.said.author)?,
                    time: word.said.time.0,
                });
            }
        }
        let authorities = standing.authorities().choices().iter().map(|(choice, said)| {
            Ok(ChoiceView {
                kinds: choice.kinds.iter().map(Code::to_string).collect(),
                language: choice.language.to_string(),
                witness: choice.witness.as_ref().map(|words| words.as_str().to_owned()),
                author: self.call(&said.author)?,
                time: said.time.0,
            })
        });
        let authorities = authorities.collect::<Result<_>>()?;
        let signers = self.signers()?;
        let bases = standing.bases().iter().map(|basis| self.basis_view(basis, &signers)).collect::<Result<_>>()?;
        Ok(ConsentsView { under_18, consents, authorities, bases })
    }

    fn basis_view(&self, basis: &DeclaredBasis, signers: &Signers) -> Result<BasisView> {
        let state = match (basis.ended.is_empty(), basis.is_alive(&signers.persons())) {
            (false, _) => "ended",
            (true, true) => "alive",
            (true, false) => "waits_for_second",
        };
        let declared = &basis.declaration;
        Ok(BasisView {
            id: basis.declared.event.to_string(),
            kind: declared.kind.name().to_owned(),
            purpose: declared.purpose.to_string(),
            recipient: declared.recipient.to_string(),
            reason: declared.reason.to_string(),
            reference: declared.reference.as_ref().map(|words| words.as_str().to_owned()),
            declared_by: self.call(&basis.declared.author)?,
            seconded_by: basis.seconded.iter().map(|said| self.call(&said.author)).collect::<Result<_>>()?,
            state: state.to_owned(),
        })
    }

    /// How often each of the closed list was used, in the records of this device (CARE 8).
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn basis_counts(&self) -> Result<Vec<BasisCount>> {
        let mut counts: Vec<BasisCount> =
            BasisKind::ALL.map(|kind| BasisCount { kind: kind.name().to_owned(), signed: 0, shares: 0 }).into();
        let signers = self.signers()?;
        for (_, standing) in self.standings(Some("person"))? {
            for (kind, count) in BasisKind::ALL.into_iter().zip(&mut counts) {
                let is_counted =
                    |basis: &&DeclaredBasis| basis.declaration.kind == kind && basis.is_signed(&signers.persons());
                count.signed += standing.bases().iter().filter(is_counted).count() as u64;
                let rests = |share: &&crate::records::ShareState| share.shared.ground == Ground::Declared(kind);
                count.shares += standing.shares().iter().filter(rests).count() as u64;
            }
        }
        Ok(counts)
    }

    pub(super) fn count_recalls_due(&self) -> Result<u64> {
        let standings = self.standings(Some("person"))?;
        Ok(standings.iter().map(|(_, standing)| standing.recalls_due().count() as u64).sum())
    }

    /// What stands of every record that anything was said about.
    pub(super) fn standings(&self, kind: Option<&str>) -> Result<Vec<(RecordId, Standing)>> {
        let ids = sharing::with_events(self.store.read(), kind)?;
        let standing = |record: RecordId| {
            let events = self.events_of(&record)?;
            Ok((record, Standing::of(events.iter().map(|(id, event)| (*id, &event.event)))))
        };
        ids.into_iter().map(standing).collect()
    }

    /// A person's record: consent and sharing work per person.
    pub(super) fn open_person(&self, person: &RecordId) -> Result<Open> {
        let open = self.open_record(person)?;
        if open.kind == "person" {
            Ok(open)
        } else {
            Err(VigilError::invalid("record", "consent and sharing stand on the record of a person"))
        }
    }

    /// Whether a person is, or counts as, under 18 (CARE 5): by the year of birth, and for the traveller by the age band of
    /// the screening, as far as they are on this device. Unknown is under 18, and so is disputed.
    pub(super) fn counts_as_under_18(&self, person: &Open) -> Result<bool> {
        let fields = person.fields();
        let view = |name: &str| fields.get(&FieldName::new(name).ok()?);
        let this_year = Date::from_days(self.now().0.div_euclid(MILLISECONDS_A_DAY)).map(|day| i64::from(day.year()));
        // In the year of the eighteenth birthday it says nothing.
        let by_year = |born: &FieldView| match (&this_year, born.shown.as_ref().and_then(|value| value.as_integer())) {
            (Ok(year), Some(born)) if year - born > ADULT => Some(false),
            (Ok(year), Some(born)) if year - born == ADULT => None,
            _ => Some(true),
        };
        let mut said: Vec<bool> = Vec::new();
        if let Some(born) = view("birth_year").filter(|born| born.open || born.shown.is_some()) {
            said.extend(if born.open { Some(true) } else { by_year(born) });
        }
        let role = view("role").and_then(|role| role.shown.as_ref()?.as_text());
        if role == Some(PersonRole::Traveller.code()) {
            for linked in records::linked(self.store.read(), &person.record)? {
                let linked = self.open_record(&linked)?.fields();
                let Some(band) = FieldName::new("age_band").ok().and_then(|name| linked.get(&name)) else { continue };
                let known = band.shown.as_ref().and_then(|code| AgeBand::parse(code.as_text()?).ok());
                said.push(band.open || known.is_none_or(AgeBand::counts_as_under_18));
            }
        }
        Ok(said.is_empty() || said.contains(&true))
    }

    /// Officers and desks that lead now - active, not on probation, their certificate in force at the newest time that is
    /// known here - and have not contradicted themselves.
    pub(super) fn signers(&self) -> Result<Signers> {
        let suspended: BTreeSet<DeviceId> = chains::equivocators(self.store.read())?.into_iter().collect();
        Ok(Signers::of(&self.space()?.membership, &suspended, self.judged_time()?))
    }

    /// Refuses whoever may not speak for the space: everybody but officers and desks.
    pub(super) fn must_speak_for_space(&self) -> Result<()> {
        if self.signers()?.may(&self.device) {
            Ok(())
        } else {
            Err(VigilError::NotAllowed { why: "officers and desks do this" })
        }
    }

    fn state(&self, mut open: Open, body: EventBody) -> Result<EventId> {
        let id = self.write_event(&mut open, body);
        self.save(vec![open], |_| Ok(()))?;
        Ok(id)
    }
}

/// What the events of an open record amount to.
pub(super) fn standing_of(open: &Open) -> Standing {
    Standing::of(open.events.iter().map(|(id, event)| (*id, &event.event)))
}

fn declared(open: &Open, declaration: &EventId) -> Result<DeclaredBasis> {
    let bases = standing_of(open);
    let found = bases.bases().iter().find(|basis| basis.declared.event == *declaration);
    found.cloned().ok_or(VigilError::NotFound { what: "declaration" })
}

const fn giver(by: GivenBy) -> &'static str {
    match by {
        GivenBy::Herself => "herself",
        GivenBy::ForChild(_, Guardian::NotSuspected) => "guardian",
        GivenBy::ForChild(_, Guardian::ChildProtection) => "child_protection",
    }
}
