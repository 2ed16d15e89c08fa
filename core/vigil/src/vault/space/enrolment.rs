//! A new device's half of an enrolment: it shows a first code, reads the second, and becomes a full member at first contact.
//! A code promises to be used once and within ten minutes, and nothing is joined that nobody confirmed (ADR 0020).

use super::Space;
use crate::clock::Moment;
use crate::error::{Result, VigilError};
use crate::keys::{HardwareLevel, random_bytes};
use crate::store::{Setting, settings};
use crate::vault::Vault;
use crate::vault::codes::{FIRST_CODE_PREFIX, SECOND_CODE_PREFIX, from_code, to_code};
use std::collections::BTreeMap;
use std::time::Duration;
use vigil_protocol::{
    ComparisonNumber, FirstCode, HardwareClaim, LogEntry, Membership, Nonce, SecondCode, ServerCard, ServerReference,
    canonical, enrolment_number,
};

/// How long a first code lasts.
const LASTS: Duration = Duration::from_secs(10 * 60);

/// A second code that answers this device's first one. Nobody has said yet that it came from the officer's screen.
pub struct Invitation {
    first: FirstCode,
    second: SecondCode,
}

impl Invitation {
    /// Sixty digits that the officer's device shows as well, unless somebody changed one of the codes on the way.
    pub fn number(&self) -> ComparisonNumber {
        enrolment_number(&self.first, &self.second)
    }

    /// The role that the device gets.
    pub fn role(&self) -> vigil_protocol::Role {
        self.second.certificate.role
    }

    /// The camera of this device read the code from the officer's screen, face to face.
    pub fn seen_face_to_face(self) -> Confirmed {
        Confirmed(self)
    }

    /// The code came by another way: somebody typed the digits that the officer read aloud.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if they are others.
    pub fn compared(self, typed: &str) -> Result<Confirmed> {
        if self.number().is(typed) {
            return Ok(Confirmed(self));
        }
        Err(VigilError::invalid(
            "number",
            "it is not the number of these two codes: somebody may have changed one of them",
        ))
    }
}

/// A second code that a person stands for. Only [`Invitation`] gives one.
pub struct Confirmed(Invitation);

impl Vault {
    /// The text that this device shows to whoever admits it. It is good for one use within ten minutes, and ends every
    /// earlier one.
    ///
    /// # Errors
    /// [`VigilError::AlreadyInSpace`].
    pub fn join_request(&self) -> Result<String> {
        if self.space.is_some() {
            return Err(VigilError::AlreadyInSpace);
        }
        let generation = u32::try_from(self.setting_number(Setting::InstallGeneration)?).unwrap_or(u32::MAX);
        let who = (self.device, self.keys.sealing.public(), generation);
        let claim = claim(self.hardware_level()?);
        let code = FirstCode::sign(who, Nonce(random_bytes()), claim, &self.keys.signing);
        let Moment { boot, millis } = self.clock.moment();
        let kept = canonical::encode(&(code.clone(), Nonce(boot), millis));
        self.store.in_transaction(|tx| settings::set(tx, Setting::FirstCode, &kept))?;
        Ok(to_code(FIRST_CODE_PREFIX, &code.to_bytes()))
    }

    /// Reads the code that an officer shows. Nothing is kept before [`Self::join`].
    ///
    /// # Errors
    /// [`VigilError::AlreadyInSpace`], [`VigilError::Invalid`], [`VigilError::CodeExpired`], or [`VigilError::NotAllowed`] if it
    /// answers another code than the one that this device showed last.
    pub fn second_code(&self, code: &str) -> Result<Invitation> {
        if self.space.is_some() {
            return Err(VigilError::AlreadyInSpace);
        }
        let second = SecondCode::from_bytes(&from_code("second code", SECOND_CODE_PREFIX, code)?)?;
        let first = self.first_code()?;
        if second.nonce != first.nonce {
            return Err(VigilError::NotAllowed {
                why: "it answers another code than the one that this device showed last",
            });
        }
        let certificate = &second.certificate;
        let mine = certificate.device == first.device
            && certificate.signing_key == first.signing_key
            && certificate.sealing_key == first.sealing_key
            && certificate.install_generation == first.install_generation;
        if !mine {
            return Err(VigilError::NotAllowed { why: "the code is for another device" });
        }
        Ok(Invitation { first, second })
    }

    /// Joins. From then on the device records and seals, with or without network; what others wrote it reads after its first
    /// sync, which makes it a full member.
    ///
    /// # Errors
    /// As [`Self::second_code`].
    pub fn join(&mut self, confirmed: Confirmed) -> Result<()> {
        let Confirmed(Invitation { first, second }) = confirmed;
        if self.space.is_some() {
            return Err(VigilError::AlreadyInSpace);
        }
        if self.first_code()? != first {
            return Err(VigilError::NotAllowed {
                why: "it answers another code than the one that this device showed last",
            });
        }
        self.store.in_transaction(|tx| {
            settings::set(tx, Setting::SecondCode, &second.to_bytes())?;
            settings::remove(tx, Setting::FirstCode)?;
            if let ServerReference::Card(card) = &second.server {
                settings::set(tx, Setting::Server, &canonical::encode(card))?;
            }
            self.begin_lease(tx, second.certificate.not_before)?;
            Ok::<_, VigilError>(())
        })?;
        self.space = Space::load(&self.store)?;
        Ok(())
    }

    /// The first code that is in force.
    fn first_code(&self) -> Result<FirstCode> {
        let damaged = |_| VigilError::DatabaseDamaged { detail: "the first code" };
        let kept = settings::get(self.store.read(), Setting::FirstCode)?;
        let kept = kept.ok_or(VigilError::NotAllowed { why: "this device has to show a code of its own first" })?;
        let (code, boot, millis): (FirstCode, Nonce, u64) = canonical::decode(&kept).map_err(damaged)?;
        let now = self.clock.moment();
        // A clock that runs back within one start is no clock to judge by.
        let passed = (now.boot == boot.0).then(|| now.millis.checked_sub(millis)).flatten();
        if passed.is_some_and(|passed| Duration::from_millis(passed) <= LASTS) {
            Ok(code)
        } else {
            Err(VigilError::CodeExpired)
        }
    }

    /// Whether this device has been shown its space and has not seen the space's log yet.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn is_provisional(&self) -> Result<bool> {
        Ok(self.space()?.membership.is_provisional())
    }

    /// The code by which this device joined, while its space is provisional.
    pub(crate) fn code_joined_by(&self) -> Result<Option<SecondCode>> {
        code_joined_by(&self.store)
    }

    /// Becomes a full member: all of the log, or nothing.
    pub(crate) fn become_member(
        &mut self,
        code: &SecondCode,
        log: Vec<LogEntry>,
        (confirmed, server): (usize, Option<ServerCard>),
    ) -> Result<()> {
        let membership = Membership::at_first_contact(code, &log)
            .map_err(|error| VigilError::AnotherSpace { why: error.to_string() })?;
        self.adopt((membership, log), confirmed, server)
    }
}

impl Space {
    /// The space as the second code showed it.
    pub(super) fn shown(code: &SecondCode, server: Option<ServerCard>) -> Self {
        let membership = Membership::provisional(code);
        Self { membership, log: Vec::new(), confirmed: 0, epochs: BTreeMap::new(), server }
    }
}

pub(super) fn code_joined_by(store: &crate::store::Store) -> Result<Option<SecondCode>> {
    let damaged = |_| VigilError::DatabaseDamaged { detail: "the second code" };
    let kept = settings::get(store.read(), Setting::SecondCode)?;
    kept.map(|bytes| SecondCode::from_bytes(&bytes).map_err(damaged)).transpose()
}

pub(super) fn claim(level: HardwareLevel) -> HardwareClaim {
    match level {
        HardwareLevel::Software => HardwareClaim::Software,
        HardwareLevel::TrustedEnvironment => HardwareClaim::TrustedEnvironment,
        HardwareLevel::SecureEnclave => HardwareClaim::SecureEnclave,
        HardwareLevel::StrongBox => HardwareClaim::StrongBox,
    }
}
