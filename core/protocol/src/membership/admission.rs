//! Who becomes a member, and for how long: additions, certificates and their renewal.
//! A device's name and keys promise to be used once, for ever; a renewal never gives more than was there.

use super::{Author, Member, Membership, not_allowed};
use crate::{
    Certificate, Cosignature, DeviceId, EpochShare, LogEntry, NewMember, PersonId, ProtocolError, Role,
    SealingPublicKey, SigningPublicKey, Timestamp, limits,
};
use std::collections::BTreeSet;

impl Membership {
    /// An addition of the first days, without a certificate.
    pub(super) fn add(
        &mut self,
        entry: &LogEntry,
        author: Author,
        member: &NewMember,
        share: Option<&EpochShare>,
    ) -> Result<(), ProtocolError> {
        if self.policy.is_some() {
            return not_allowed("a device is admitted by a certificate");
        }
        Self::check_desk(author, (member.role, member.device), share)?;
        self.check_name(member)?;
        self.insert_named(member, entry.index);
        self.hand_epoch(share);
        Ok(())
    }

    pub(super) fn admit(
        &mut self,
        entry: &LogEntry,
        author: Author,
        certificate: &Certificate,
        share: Option<&EpochShare>,
        cosignatures: &[Cosignature],
    ) -> Result<(), ProtocolError> {
        Self::check_desk(author, (certificate.role, certificate.device), share)?;
        self.check_certificate(certificate, entry.time)?;
        self.check_cosignatures(entry.time, author, certificate, cosignatures)?;
        self.insert_certified(certificate, entry.index);
        self.hand_epoch(share);
        Ok(())
    }

    pub(super) fn renew(
        &mut self,
        entry: &LogEntry,
        author: Author,
        certificate: &Certificate,
        cosignatures: &[Cosignature],
    ) -> Result<(), ProtocolError> {
        let Some(member) = self.active_member(&certificate.device) else {
            return not_allowed("only an active member's certificate is renewed");
        };
        let same = member.signing_key == certificate.signing_key
            && member.sealing_key == certificate.sealing_key
            && member.person == certificate.person
            && member.install_generation == certificate.install_generation
            && member.probation == certificate.probation;
        if !same {
            return not_allowed("a renewal changes dates, role and details only");
        }
        if !member.role.covers(certificate.role) {
            return not_allowed("a higher role takes a motion");
        }
        let others = self.leaders(entry.time).any(|leader| leader.person != author.person);
        if member.person == author.person && others {
            return not_allowed("a certificate is renewed by another person");
        }
        let lowered = member.role != certificate.role;
        certificate.check(entry.time)?;
        self.check_epoch(certificate)?;
        self.check_cosignatures(entry.time, author, certificate, cosignatures)?;
        if let Some(member) = self.members.get_mut(&certificate.device) {
            member.take_role(entry.index, certificate.role);
            member.certified = Some((certificate.not_before, certificate.not_after));
            if !certificate.sealed_details.is_empty() {
                member.sealed_details = certificate.sealed_details.to_vec();
                member.sealed_name = Vec::new();
                member.details_epoch = certificate.epoch;
            }
        }
        if lowered {
            // Who reads less from now on must not read on under the keys of before.
            self.end_reading(certificate.device, entry.index);
        }
        Ok(())
    }

    /// The epoch's key goes to a new desk from a desk, and to nobody else.
    pub(super) fn check_desk(
        author: Author,
        (role, device): (Role, DeviceId),
        share: Option<&EpochShare>,
    ) -> Result<(), ProtocolError> {
        let is_desk = role == Role::Desk;
        if is_desk && author.role != Role::Desk {
            return not_allowed("only a desk may add a desk");
        }
        if is_desk != share.is_some_and(|share| share.device == device) || is_desk != share.is_some() {
            return not_allowed("the epoch key goes to a new desk, and to nobody else");
        }
        Ok(())
    }

    pub(super) fn check_name(&self, new: &NewMember) -> Result<(), ProtocolError> {
        if new.sealed_name.len() > limits::MAX_SEALED_NAME_BYTES {
            return Err(ProtocolError::TooLarge { what: "sealed name", limit: limits::MAX_SEALED_NAME_BYTES });
        }
        self.check_new((new.device, new.signing_key, new.sealing_key))
    }

    pub(super) fn check_certificate(&self, certificate: &Certificate, time: Timestamp) -> Result<(), ProtocolError> {
        certificate.check(time)?;
        self.check_epoch(certificate)?;
        self.check_new((certificate.device, certificate.signing_key, certificate.sealing_key))
    }

    fn check_epoch(&self, certificate: &Certificate) -> Result<(), ProtocolError> {
        if certificate.epoch > self.epoch() {
            return not_allowed("details are sealed to an epoch that has begun");
        }
        Ok(())
    }

    fn check_new(
        &self,
        (device, signing_key, sealing_key): (DeviceId, SigningPublicKey, SealingPublicKey),
    ) -> Result<(), ProtocolError> {
        if self.members.values().filter(|member| member.removed.is_none()).count() >= limits::MAX_MEMBERS {
            return Err(ProtocolError::TooLarge { what: "space", limit: limits::MAX_MEMBERS });
        }
        self.check_unused((device, signing_key, sealing_key))
    }

    /// A device's name and its keys are used once, for ever: a removed member does not come back under them.
    pub(super) fn check_unused(
        &self,
        (device, signing_key, sealing_key): (DeviceId, SigningPublicKey, SealingPublicKey),
    ) -> Result<(), ProtocolError> {
        if self.members.contains_key(&device) {
            return not_allowed("the device was a member before");
        }
        if self.members.values().any(|m| m.signing_key == signing_key || m.sealing_key == sealing_key) {
            return not_allowed("the keys belong to another member");
        }
        Ok(())
    }

    /// Whether enough persons signed: as many as the policy asks for, or as many as there are.
    fn check_cosignatures(
        &self,
        time: Timestamp,
        author: Author,
        certificate: &Certificate,
        cosignatures: &[Cosignature],
    ) -> Result<(), ProtocolError> {
        if cosignatures.len() > limits::MAX_COSIGNATURES {
            return Err(ProtocolError::TooLarge { what: "cosignatures", limit: limits::MAX_COSIGNATURES });
        }
        let begins_again = self.leaders(time).next().is_none();
        let may_sign =
            |signer: &&Member| signer.role.leads() && !signer.probation && (signer.is_in_force(time) || begins_again);
        let mut persons = BTreeSet::from([author.person]);
        for cosignature in cosignatures {
            let Some(signer) = self.active_member(&cosignature.device).filter(may_sign) else {
                return not_allowed("officers and desks sign certificates");
            };
            cosignature.verify(certificate, &self.space, &signer.signing_key)?;
            if !persons.insert(signer.person) {
                return not_allowed("each person signs a certificate once");
            }
        }
        if persons.len() < self.signatures_needed(self.standing_persons(time).len()) {
            return not_allowed("the policy asks for two persons on a certificate");
        }
        Ok(())
    }

    pub(super) fn insert_named(&mut self, new: &NewMember, index: u64) {
        let member = Member {
            device: new.device,
            person: PersonId::of_device(&new.device),
            signing_key: new.signing_key,
            sealing_key: new.sealing_key,
            role: new.role,
            roles: vec![(index, new.role)],
            probation: false,
            install_generation: new.install_generation,
            sealed_name: new.sealed_name.to_vec(),
            sealed_details: Vec::new(),
            details_epoch: self.epoch(),
            certified: None,
            for_recovery: false,
            added_at: index,
            suspended: None,
            removed: None,
        };
        self.members.insert(new.device, member);
    }

    pub(super) fn insert_certified(&mut self, certificate: &Certificate, index: u64) {
        let member = Member {
            device: certificate.device,
            person: certificate.person,
            signing_key: certificate.signing_key,
            sealing_key: certificate.sealing_key,
            role: certificate.role,
            roles: vec![(index, certificate.role)],
            probation: certificate.probation,
            install_generation: certificate.install_generation,
            sealed_name: Vec::new(),
            sealed_details: certificate.sealed_details.to_vec(),
            details_epoch: certificate.epoch,
            certified: Some((certificate.not_before, certificate.not_after)),
            for_recovery: false,
            added_at: index,
            suspended: None,
            removed: None,
        };
        self.members.insert(certificate.device, member);
    }
}
