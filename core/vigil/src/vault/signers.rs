//! Who may sign for the space: a basis beside consent, a share, a recall.
//! It follows from the membership log and from who has contradicted herself, and promises to name nobody else.

use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{DeviceId, Member, Membership, PersonId, Timestamp};

/// Who may sign a basis beside consent.
pub(crate) struct Signers {
    members: BTreeMap<DeviceId, PersonId>,
}

impl Signers {
    /// Officers and desks that lead at a time - active, not on probation, their certificate in force - and have not
    /// contradicted themselves.
    pub(crate) fn of(membership: &Membership, equivocators: &BTreeSet<DeviceId>, at: Timestamp) -> Self {
        let honest = |member: &&Member| !equivocators.contains(&member.device);
        let members = membership.leaders(at).filter(honest).map(|member| (member.device, member.person));
        Self { members: members.collect() }
    }

    pub(crate) fn may(&self, device: &DeviceId) -> bool {
        self.members.contains_key(device)
    }

    /// Who may sign, as a person.
    pub(crate) fn persons(&self) -> impl Fn(&DeviceId) -> Option<PersonId> + '_ {
        |device| self.members.get(device).copied()
    }
}
