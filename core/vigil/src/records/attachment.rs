//! What may be attached to a record: its kind is said first, and the kind decides (CARE 11).
//! The rule promises that nobody under 18 is photographed outside case work, and no adult unasked.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an attachment shows. There is no kind for "other".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// A document.
    Document,
    /// A vehicle.
    Vehicle,
    /// A place.
    Place,
    /// A person who consented to it.
    PersonWithConsent,
}

/// In what work it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentSetting {
    /// At a checkpoint, in a village, on the road.
    Field,
    /// By a case worker.
    CaseWork,
}

/// Whether people may be photographed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PeoplePolicy {
    /// They may not; what a programme starts with.
    #[default]
    Off,
    /// The programme allows it.
    Allowed,
}

/// What is known of a person who is to be photographed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sitter {
    /// Under 18, or of unknown or disputed age.
    pub under_18: bool,
    /// Whether a consent to the photo that fits the age is alive.
    pub consents: bool,
}

/// Why something is not attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AttachmentRefusal {
    /// Photos of people are off.
    #[error("photos of people are off in this programme")]
    PeopleAreOff,
    /// Under 18, outside case work.
    #[error("nobody under 18, or of unknown age, is photographed outside case work")]
    Under18,
    /// She has not consented, or nobody knows who it is.
    #[error("there is no consent of the person to be photographed")]
    NoConsent,
}

impl AttachmentRefusal {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PeopleAreOff => "attachment.people_are_off",
            Self::Under18 => "attachment.under_18",
            Self::NoConsent => "attachment.no_consent",
        }
    }
}

/// Whether something of this kind may be attached. `sitter` is who is on it; a person whom nobody knows has not consented.
///
/// # Errors
/// [`AttachmentRefusal`].
pub fn may_attach(
    kind: AttachmentKind,
    setting: AttachmentSetting,
    people: PeoplePolicy,
    sitter: Option<Sitter>,
) -> Result<(), AttachmentRefusal> {
    match kind {
        AttachmentKind::Document | AttachmentKind::Vehicle | AttachmentKind::Place => Ok(()),
        AttachmentKind::PersonWithConsent => {
            if people == PeoplePolicy::Off {
                return Err(AttachmentRefusal::PeopleAreOff);
            }
            let sitter = sitter.ok_or(AttachmentRefusal::NoConsent)?;
            if sitter.under_18 && setting != AttachmentSetting::CaseWork {
                return Err(AttachmentRefusal::Under18);
            }
            if sitter.consents { Ok(()) } else { Err(AttachmentRefusal::NoConsent) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AttachmentKind::{Document, PersonWithConsent, Place, Vehicle};
    use super::AttachmentRefusal::{NoConsent, PeopleAreOff, Under18};
    use super::AttachmentSetting::{CaseWork, Field};
    use super::*;

    const fn sitter(under_18: bool, consents: bool) -> Option<Sitter> {
        Some(Sitter { under_18, consents })
    }

    #[test]
    fn things_may_be_attached_anywhere_and_people_are_off_by_default() {
        for setting in [Field, CaseWork] {
            for kind in [Document, Vehicle, Place] {
                assert_eq!(may_attach(kind, setting, PeoplePolicy::default(), None), Ok(()));
            }
            let person = may_attach(PersonWithConsent, setting, PeoplePolicy::default(), sitter(false, true));
            assert_eq!(person, Err(PeopleAreOff));
        }
    }

    #[test]
    fn nobody_under_18_is_photographed_outside_case_work_and_nobody_unasked() {
        let allowed = |setting, sitter| may_attach(PersonWithConsent, setting, PeoplePolicy::Allowed, sitter);
        assert_eq!(allowed(Field, sitter(true, true)), Err(Under18));
        assert_eq!(allowed(CaseWork, sitter(true, true)), Ok(()));
        assert_eq!(allowed(CaseWork, sitter(true, false)), Err(NoConsent));
        assert_eq!(allowed(Field, sitter(false, true)), Ok(()));
        assert_eq!(allowed(Field, sitter(false, false)), Err(NoConsent));
        assert_eq!(allowed(Field, None), Err(NoConsent));
        let codes = [PeopleAreOff, Under18, NoConsent].map(|refusal| refusal.code());
        assert!(codes.iter().all(|code| code.starts_with("attachment.")));
    }
}
