//! Admitting devices and renewing their certificates, alone or with a second person's signature.
//! What a second person signs promises to be the certificate that is then admitted, word for word.

use super::details::Details;
use super::second_code::read_first_code;
use crate::error::{Result, VigilError};
use crate::keys::{SealedTo, open_text, random_bytes, seal_text};
use crate::vault::Vault;
use crate::vault::codes::{CERTIFICATE_PREFIX, from_code, to_code};
use minicbor::{Decode, Encode};
use serde::Serialize;
use vigil_protocol::{
    Certificate, Cosignature, DeviceId, FirstCode, LogBody, NewMember, PersonId, Role, SealingPublicKey,
    SigningPublicKey, Timestamp, canonical, limits,
};

/// As what a device is admitted.
#[derive(Clone)]
pub struct Admission {
    /// Its role.
    pub role: Role,
    /// Whether the person is on probation: writes, and reads nothing of others.
    pub probation: bool,
    /// A device of the same person, if she has one in the space.
    pub same_person_as: Option<DeviceId>,
    /// For how many days, at most 90.
    pub days: u16,
    /// Name, area, sponsors and hardware; sealed to the epoch.
    pub details: Details,
}

impl Admission {
    /// A role and a name, for the longest time.
    pub fn new(role: Role, name: &str) -> Self {
        let details = Details { name: name.trim().to_owned(), ..Details::default() };
        Self { role, probation: false, same_person_as: None, days: MAX_DAYS, details }
    }
}

const MAX_DAYS: u16 = 90;

/// A certificate on its way between those who sign it.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Candidate {
    #[n(0)]
    certificate: Certificate,
    #[n(1)]
    cosignatures: Vec<Cosignature>,
    /// What an admission answers; a renewal answers nothing.
    #[n(2)]
    first: Option<FirstCode>,
}

/// What a second person is asked to sign.
#[derive(Clone, Serialize)]
pub struct CandidateView {
    /// The device, in hexadecimal.
    pub device: String,
    /// The role.
    pub role: String,
    /// Whether it is on probation.
    pub probation: bool,
    /// The name, where this device may read it.
    pub name: Option<String>,
    /// How many others have signed it.
    pub signed_by: usize,
}

impl Vault {
    /// Admits the device that shows this first code, and gives the second code to show to it. Works without network; the server
    /// learns of it with the next sync, of this device or of any other that [`Self::append_certificate`] was told it. A device
    /// that is in the log already, as what is asked for, is answered again with the certificate that it has.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the request, [`VigilError::NotAllowed`] by role, or where the policy asks for two persons.
    pub fn admit(&mut self, request: &str, role: Role, name: &str) -> Result<String> {
        self.admit_as(request, &Admission::new(role, name))
    }

    /// As [`Self::admit`], with everything that a certificate says.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub fn admit_as(&mut self, request: &str, admission: &Admission) -> Result<String> {
        let first = read_first_code(request)?;
        if let Some(member) = self.space()?.membership.active_member(&first.device) {
            if member.role != admission.role || member.probation != admission.probation {
                return Err(VigilError::NotAllowed {
                    why: "the device is a member already, otherwise than is asked for now",
                });
            }
            return self.answer_again(&first);
        }
        let certificate = self.certificate(&first, admission)?;
        self.write_admission(certificate.clone(), Vec::new())?;
        self.judge_waiting()?;
        self.answer(&first, certificate, &[])
    }

    /// Whether a second person has to sign what this device admits.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn admission_takes_two(&self) -> Result<bool> {
        Ok(self.space()?.membership.admission_takes_two(self.now()))
    }

    /// The certificate for a join request, for a second person to sign with [`Self::cosign`].
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub fn prepare_admission(&self, request: &str, admission: &Admission) -> Result<String> {
        let first = read_first_code(request)?;
        let certificate = self.certificate(&first, admission)?;
        let candidate = Candidate { certificate, cosignatures: Vec::new(), first: Some(first) };
        Ok(to_code(CERTIFICATE_PREFIX, &canonical::encode(&candidate)))
    }

    /// What a prepared certificate says.
    ///
    /// # Errors
    /// [`VigilError::Invalid`].
    pub fn candidate(&self, code: &str) -> Result<CandidateView> {
        let Candidate { certificate, cosignatures, .. } = read_candidate(code)?;
        let space = self.space()?;
        let details = space
            .epochs
            .get(&certificate.epoch)
            .and_then(|pair| Details::open(pair, space.id(), &certificate.device, &certificate.sealed_details));
        Ok(CandidateView {
            device: certificate.device.to_string(),
            role: certificate.role.name().to_owned(),
            probation: certificate.probation,
            name: details.map(|details| details.name).filter(|name| !name.is_empty()),
            signed_by: cosignatures.len(),
        })
    }

    /// Signs a prepared certificate as the second person.
    ///
    /// # Errors
    /// [`VigilError::Invalid`], [`VigilError::NotAllowed`] unless this device leads.
    pub fn cosign(&self, code: &str) -> Result<String> {
        let mut candidate = read_candidate(code)?;
        let space = self.space()?;
        if !space.membership.active_member(&self.device).is_some_and(|me| me.leads(self.now())) {
            return Err(VigilError::NotAllowed { why: "officers and desks sign certificates" });
        }
        let cosignature = Cosignature::sign(&candidate.certificate, &space.id(), self.device, &self.keys.signing);
        candidate.cosignatures.push(cosignature);
        Ok(to_code(CERTIFICATE_PREFIX, &canonical::encode(&candidate)))
    }

    /// Admits by a certificate that a second person has signed, and gives the second code to show to the device.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub fn admit_cosigned(&mut self, code: &str) -> Result<String> {
        let Candidate { certificate, cosignatures, first } = read_candidate(code)?;
        let first = first.ok_or_else(|| VigilError::invalid("certificate", "it is a renewal"))?;
        if first.device != certificate.device {
            return Err(VigilError::invalid("certificate", "it is of another device than the code that it answers"));
        }
        self.write_admission(certificate.clone(), cosignatures.clone())?;
        self.judge_waiting()?;
        self.answer(&first, certificate, &cosignatures)
    }

    /// Gives a member's certificate new dates, from now on for so many days, at most 90.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`].
    pub fn renew(&mut self, device: &DeviceId, days: u16) -> Result<()> {
        let certificate = self.renewal(device, days)?;
        self.write_log(LogBody::Renew { certificate, cosignatures: Vec::new() })
    }

    /// A renewal for a second person to sign with [`Self::cosign`].
    ///
    /// # Errors
    /// As [`Self::renew`].
    pub fn prepare_renewal(&self, device: &DeviceId, days: u16) -> Result<String> {
        let certificate = self.renewal(device, days)?;
        let candidate = Candidate { certificate, cosignatures: Vec::new(), first: None };
        Ok(to_code(CERTIFICATE_PREFIX, &canonical::encode(&candidate)))
    }

    /// Renews by a certificate that a second person has signed.
    ///
    /// # Errors
    /// As [`Self::renew`].
    pub fn renew_cosigned(&mut self, code: &str) -> Result<()> {
        let Candidate { certificate, cosignatures, .. } = read_candidate(code)?;
        self.write_log(LogBody::Renew { certificate, cosignatures })
    }

    fn renewal(&self, device: &DeviceId, days: u16) -> Result<Certificate> {
        let member = self.space()?.membership.member(device).ok_or(VigilError::NotFound { what: "member" })?;
        let (epoch, _) = self.current_epoch()?;
        let (not_before, not_after) = self.days(days)?;
        Ok(Certificate {
            device: member.device,
            person: member.person,
            signing_key: member.signing_key,
            sealing_key: member.sealing_key,
            install_generation: member.install_generation,
            role: member.role,
            probation: member.probation,
            not_before,
            not_after,
            epoch,
            // Empty details leave those of before.
            sealed_details: Vec::new().into(),
        })
    }

    fn days(&self, days: u16) -> Result<(Timestamp, Timestamp)> {
        if days == 0 || days > MAX_DAYS {
            return Err(VigilError::invalid("days", "a certificate lasts 1 to 90 days"));
        }
        let now = self.log_time()?;
        Ok((now, Timestamp(now.0.saturating_add(i64::from(days) * limits::DAY_MS))))
    }

    pub(in crate::vault) fn certificate(&self, request: &FirstCode, admission: &Admission) -> Result<Certificate> {
        let space = self.space()?;
        let (epoch, key) = self.current_epoch()?;
        let person = match &admission.same_person_as {
            Some(device) => space.membership.member(device).ok_or(VigilError::NotFound { what: "member" })?.person,
            None => PersonId(random_bytes()),
        };
        let (not_before, not_after) = self.days(admission.days)?;
        let mut details = admission.details.clone();
        if details.hardware.is_empty() {
            details.hardware = request.hardware.name().to_owned();
        }
        Ok(Certificate {
            device: request.device,
            person,
            signing_key: request.signing_key,
            sealing_key: request.sealing_key,
            install_generation: request.install_generation,
            role: admission.role,
            probation: admission.probation,
            not_before,
            not_after,
            epoch,
            sealed_details: details.seal(&key, space.id(), &request.device)?.into(),
        })
    }

    pub(super) fn write_admission(&mut self, certificate: Certificate, cosignatures: Vec<Cosignature>) -> Result<()> {
        let share = match certificate.role {
            Role::Desk => Some(self.share_for(certificate.device, &certificate.sealing_key)?),
            _ => None,
        };
        self.write_log(LogBody::Admit { certificate, share, cosignatures })
    }

    /// An addition of the first days, meant again.
    pub(super) fn repeat_addition(
        &mut self,
        (device, signing_key, sealing_key, install_generation): (DeviceId, SigningPublicKey, SealingPublicKey, u32),
        role: Role,
        sealed_name: &[u8],
    ) -> Result<()> {
        let space = self.space()?;
        let purpose = SealedTo::Name { space: space.id(), device };
        let name = space.epochs.values().find_map(|pair| open_text(pair, &purpose, sealed_name)).unwrap_or_default();
        let (_, key) = self.current_epoch()?;
        let sealed_name =
            seal_text(&key, &purpose, &name).ok_or_else(|| VigilError::invalid("epoch key", "it is not a key"))?.into();
        let share = match role {
            Role::Desk => Some(self.share_for(device, &sealing_key)?),
            _ => None,
        };
        let member = NewMember { device, signing_key, sealing_key, role, install_generation, sealed_name };
        self.write_log(LogBody::Add { member, share })
    }
}

fn read_candidate(code: &str) -> Result<Candidate> {
    let bytes = from_code("certificate", CERTIFICATE_PREFIX, code)?;
    Ok(canonical::decode_limited(&bytes, limits::MAX_LOG_ENTRY_BYTES)?)
}

/// The first code that a prepared certificate answers; none if the text is no certificate.
pub(super) fn read_answered(code: &str) -> Result<Option<FirstCode>> {
    if !code.trim_start().starts_with(CERTIFICATE_PREFIX) {
        return Ok(None);
    }
    Ok(read_candidate(code)?.first)
}
