//! The members of the space as people see them: names where this device may read them, roles and short forms elsewhere.
//! Nothing here changes the space.

use super::{Space, Vault};
use crate::error::{Result, VigilError};
use serde::Serialize;
use vigil_protocol::{DeviceId, Member, Role};

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
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether it is on probation: writes, and reads nothing of others.
    pub probation: bool,
    /// The person's pseudonym, in hexadecimal: the same for all devices of hers.
    pub person: String,
    /// The person's area, where this device may read it.
    pub area: Option<String>,
    /// Who vouched for the person, where this device may read it.
    pub sponsors: Vec<String>,
    /// When its certificate ends, in milliseconds since 1970; none for a member of the first days.
    pub certificate_ends: Option<i64>,
}

fn member_view(space: &Space, member: &Member, me: &DeviceId) -> MemberView {
    let details = space.details_of(&member.device).unwrap_or_default();
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    MemberView {
        device: member.device.to_string(),
        role: member.role.name().to_owned(),
        name: given(details.name),
        me: member.device == *me,
        on_duty: space.membership.intake().contains(&member.device),
        removed: member.removed.is_some(),
        suspended: member.removed.is_none() && member.suspended.is_some(),
        probation: member.probation,
        person: member.person.to_string(),
        area: given(details.area),
        sponsors: details.sponsors,
        certificate_ends: member.certified.map(|(_, end)| end.0),
    }
}

impl Vault {
    /// All members, removed ones too.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn members(&self) -> Result<Vec<MemberView>> {
        let space = self.space()?;
        let mut members: Vec<_> =
            space.membership.members().into_iter().map(|member| member_view(space, member, &self.device)).collect();
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
