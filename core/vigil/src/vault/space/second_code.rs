//! An officer's half of an enrolment: the second code, and the certificates in the codes of others.
//! It promises to show what the server has confirmed of the log, so that nothing shown is ever replaced (ADR 0020).

use super::admission::read_answered;
use super::enrolment::code_joined_by;
use crate::error::{Result, VigilError};
use crate::vault::Vault;
use crate::vault::codes::{FIRST_CODE_PREFIX, SECOND_CODE_PREFIX, from_code, to_code};
use std::collections::BTreeSet;
use vigil_protocol::{
    Certificate, ComparisonNumber, Cosignature, DeviceId, ENROLMENT_VERSION, FirstCode, KnownDevice, KnownEpoch,
    LogBody, Member, Motion, SecondCode, ServerCard, ServerReference, Signature, enrolment_number, limits,
};

impl Vault {
    /// The number that the new device shows as well, for codes that pass by another way than a camera. `answered` is the first
    /// code, or the certificate that was prepared for it.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for one of the codes.
    pub fn comparison_number(answered: &str, second: &str) -> Result<ComparisonNumber> {
        let first = match read_answered(answered)? {
            Some(first) => first,
            None => read_first_code(answered)?,
        };
        Ok(enrolment_number(&first, &read_second_code(second)?))
    }

    /// Whether a text is a second code, for programs that take several kinds of code in one place.
    pub fn is_second_code(text: &str) -> bool {
        text.trim_start().starts_with(SECOND_CODE_PREFIX)
    }

    /// Appends the certificate in a second code that another officer or desk of this space showed: when that device was lost
    /// before it could sync. What the log holds already is left as it is.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the code, [`VigilError::NotAllowed`] if none of this space's officers or desks showed it, or
    /// by role.
    pub fn append_certificate(&mut self, code: &str) -> Result<()> {
        let code = read_second_code(code)?;
        let now = self.now();
        let view = &self.space()?.membership;
        if code.space != view.space() || code.genesis != view.genesis() {
            return Err(VigilError::NotAllowed { why: "the code is of another space" });
        }
        let leads = |device: &DeviceId| view.active_member(device).filter(|member: &&Member| member.leads(now));
        let officer = leads(&code.officer);
        if officer.is_none_or(|officer| Some(officer.signing_key) != code.officer_key()) {
            return Err(VigilError::NotAllowed { why: "no officer or desk of this space showed the code" });
        }
        if view.member(&code.certificate.device).is_some() {
            let same = self.admission_of(&code.certificate).is_some();
            return if same { Ok(()) } else { Err(VigilError::NotAllowed { why: "the device is a member already" }) };
        }
        let mut persons: BTreeSet<_> = view.member(&self.device).map(|me| me.person).into_iter().collect();
        let mut cosignatures = Vec::new();
        for signed in code.signed_by {
            if leads(&signed.device).is_some_and(|signer| persons.insert(signer.person)) {
                cosignatures.push(signed);
            }
        }
        cosignatures.truncate(limits::MAX_COSIGNATURES);
        self.write_admission(code.certificate, cosignatures)?;
        self.judge_waiting()?;
        Ok(())
    }

    /// The second code for a device that is in the log already: a motion admitted it, or its first code ended too early.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the first code, [`VigilError::NotFound`], [`VigilError::NotAllowed`].
    pub fn welcome_again(&self, request: &str) -> Result<String> {
        self.answer_again(&read_first_code(request)?)
    }

    pub(super) fn answer_again(&self, first: &FirstCode) -> Result<String> {
        let space = self.space()?;
        let member = space.membership.active_member(&first.device).ok_or(VigilError::NotFound { what: "member" })?;
        if member.signing_key != first.signing_key || member.sealing_key != first.sealing_key {
            return Err(VigilError::NotAllowed { why: "the device has other keys than the member of that name" });
        }
        if !space.membership.active_member(&self.device).is_some_and(|me| me.leads(self.now())) {
            return Err(VigilError::NotAllowed { why: "officers and desks admit devices" });
        }
        let admits = space.log.iter().find_map(|entry| match &entry.body {
            LogBody::Admit { certificate, cosignatures, .. } if certificate.device == first.device => {
                Some((certificate, cosignatures.as_slice()))
            }
            LogBody::Move { motion: Motion::Recover { certificate } } if certificate.device == first.device => {
                Some((certificate, [].as_slice()))
            }
            _ => None,
        });
        let (certificate, cosignatures) =
            admits.ok_or(VigilError::NotAllowed { why: "the device was added without a certificate" })?;
        self.answer(first, certificate.clone(), cosignatures)
    }

    /// The second code.
    pub(super) fn answer(
        &self,
        first: &FirstCode,
        certificate: Certificate,
        cosignatures: &[Cosignature],
    ) -> Result<String> {
        let space = self.space()?;
        let view = &space.membership;
        let own = Cosignature::sign(&certificate, &space.id(), self.device, &self.keys.signing);
        let others = cosignatures.iter().filter(|signed| signed.device != self.device).cloned();
        // The first entry is its founder's own and never replaced.
        let log_length = (space.confirmed as u64).max(1);
        let (number, key) = self.current_epoch()?;
        let code = SecondCode {
            version: ENROLMENT_VERSION,
            space: space.id(),
            nonce: first.nonce,
            certificate,
            signed_by: std::iter::once(own).chain(others).collect(),
            genesis: view.genesis(),
            log_length,
            log_head: view.head_at(log_length).ok_or_else(|| VigilError::internal("the confirmed log"))?,
            epoch: KnownEpoch { number, key, exposed: view.epoch_is_exposed() },
            recovery_key: view.recovery_key(),
            devices: self.known_devices()?,
            server: space.server.clone().map_or(ServerReference::None, ServerReference::Card),
            policy: view.policy().cloned(),
            officer: self.device,
            signature: Signature([0; 64]),
        };
        Ok(to_code(SECOND_CODE_PREFIX, &code.sign(&self.keys.signing).to_bytes()))
    }

    /// Whom a new device seals to: those on duty, and each desk where the epoch is exposed. This device is named in any case.
    fn known_devices(&self) -> Result<Vec<KnownDevice>> {
        let view = &self.space()?.membership;
        let on_duty = view.intake().iter().filter_map(|device| view.active_member(device));
        let desks = view.desks().filter(|_| view.epoch_is_exposed());
        let me = view.member(&self.device);
        let mut named = BTreeSet::new();
        let known = me.into_iter().chain(on_duty).chain(desks).filter(|member| member.role.leads());
        Ok(known
            .filter(|member| named.insert(member.device))
            .take(limits::MAX_KNOWN_DEVICES)
            .map(|member| KnownDevice {
                device: member.device,
                signing_key: member.signing_key,
                sealing_key: member.sealing_key,
                role: member.role,
                on_duty: view.intake().contains(&member.device),
            })
            .collect())
    }

    /// The entry's certificate, if the log has this very one.
    fn admission_of(&self, wanted: &Certificate) -> Option<&Certificate> {
        self.space.as_ref()?.log.iter().find_map(|entry| match &entry.body {
            LogBody::Admit { certificate, .. } if certificate == wanted => Some(certificate),
            _ => None,
        })
    }

    /// Whether a server's card is the one that the code named by its hash, where it did.
    pub(super) fn check_pinned(&self, card: &ServerCard) -> Result<()> {
        match code_joined_by(&self.store)?.map(|code| code.server) {
            Some(ServerReference::Pinned { card: pinned, .. }) if pinned != card.hash() => {
                Err(VigilError::invalid("server card", "it is not the one that the officer's code named"))
            }
            _ => Ok(()),
        }
    }
}

pub(in crate::vault) fn read_first_code(text: &str) -> Result<FirstCode> {
    if text.trim_start().starts_with("vigil-join-1:") {
        return Err(VigilError::invalid("join request", "it was made by a version before enrolment face to face"));
    }
    Ok(FirstCode::from_bytes(&from_code("join request", FIRST_CODE_PREFIX, text)?)?)
}

fn read_second_code(text: &str) -> Result<SecondCode> {
    Ok(SecondCode::from_bytes(&from_code("second code", SECOND_CODE_PREFIX, text)?)?)
}
