//! The members of the space as people see them: names where this device may read them, roles and short forms elsewhere.
//! Nothing here changes the space.

use super::Vault;
use crate::error::{Result, VigilError};
use serde::Serialize;
use vigil_protocol::{DeviceId, LogBody, Role};

/// A member as lists show it.
#[derive(Clone, Serialize)]
pub struct MemberView {
    /// The device, in hexadecimal.
    pub device: String,
    /// Its role.
    pub role: String,
    /// Its name, where this device may read it.
    pub name: Option<String>,
    /// Whether it is this device.
    pub me: bool,
    /// Whether it is on duty: identities of newly recorded persons are sealed to it.
    pub on_duty: bool,
    /// Whether it was removed.
    pub removed: bool,
}

impl Vault {
    /// All members, removed ones too.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn members(&self) -> Result<Vec<MemberView>> {
        let space = self.space()?;
        let mut members: Vec<_> = space
            .log
            .iter()
            .filter_map(|entry| match &entry.body {
                LogBody::Genesis { founder, .. } => Some(founder.device),
                LogBody::Add { member, .. } => Some(member.device),
                _ => None,
            })
            .filter_map(|device| space.membership.member(&device))
            .map(|member| MemberView {
                device: member.device.to_string(),
                role: member.role.name().to_owned(),
                name: space.name_of(&member.device),
                me: member.device == self.device,
                on_duty: space.membership.intake().contains(&member.device),
                removed: member.removed.is_some(),
            })
            .collect();
        for member in members.iter_mut().filter(|member| member.me && member.name.is_none()) {
            member.name = Some(self.own_name()?).filter(|name| !name.is_empty());
        }
        Ok(members)
    }

    /// The device whose hexadecimal name begins like this.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] or [`VigilError::Ambiguous`].
    pub fn find_member(&self, prefix: &str) -> Result<DeviceId> {
        let prefix = prefix.trim().to_ascii_lowercase();
        let members = self.members()?;
        let mut fitting = members.iter().filter(|member| member.device.starts_with(&prefix));
        let found = fitting.next().filter(|_| !prefix.is_empty()).ok_or(VigilError::NotFound { what: "member" })?;
        if fitting.next().is_some() {
            return Err(VigilError::Ambiguous { what: "member" });
        }
        DeviceId::from_hex(&found.device).ok_or(VigilError::NotFound { what: "member" })
    }

    /// This device's role.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn role(&self) -> Result<Role> {
        let member = self.space()?.membership.member(&self.device);
        Ok(member.ok_or(VigilError::NotInSpace)?.role)
    }

    /// How a device is called in lists.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn call(&self, device: &DeviceId) -> Result<String> {
        if *device == self.device {
            let name = self.own_name()?;
            if !name.is_empty() {
                return Ok(name);
            }
        }
        Ok(self.space()?.call(device))
    }
}
