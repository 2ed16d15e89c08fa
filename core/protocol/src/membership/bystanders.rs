//! Who could have spoken: the persons whom a quorum and a second signature are measured against.
//! Whoever suspends everybody else promises to gain nothing by it for [`limits::SUSPENSION_COUNTS_MS`].

use super::{Member, Membership};
use crate::{Cosignature, Hash, LogBody, LogEntry, PersonId, Timestamp, limits};
use std::collections::BTreeSet;

impl Membership {
    /// The persons who lead with a device that was not removed. A suspended device counts for a while.
    pub(super) fn standing_persons(&self, at: Timestamp) -> BTreeSet<PersonId> {
        self.standing(|member| member.suspended.is_none_or(|lapse| still_counts(lapse.time, at)))
    }

    fn standing(&self, counts: impl Fn(&Member) -> bool) -> BTreeSet<PersonId> {
        let leads = |member: &&Member| member.removed.is_none() && member.role.leads() && !member.probation;
        self.members.values().filter(leads).filter(|member| counts(member)).map(|member| member.person).collect()
    }

    /// How many persons sign a certificate: as many as the policy says, or as many as there are.
    pub(super) fn signatures_needed(&self, standing: usize) -> usize {
        usize::from(self.policy.as_ref().map_or(1, |policy| policy.admission_signatures)).min(standing)
    }

    /// Whether two persons sign certificates now: the policy asks for it, and there are two.
    pub fn admission_takes_two(&self, at: Timestamp) -> bool {
        self.signatures_needed(self.standing_persons(at).len()) > 1
    }

    /// For an entry that would be the next: the entries that have to be so many milliseconds old for it to be allowed.
    /// Whoever keeps a clock of its own checks them by that clock, because the times in entries are their authors' word.
    pub fn rests_on_time(&self, entry: &LogEntry) -> Vec<(u64, i64)> {
        match &entry.body {
            LogBody::CarryOut { motion, .. } => self.motion_rests_on(motion, entry.time),
            LogBody::Rotate { removal: Some(removal), .. } => self.motion_rests_on(&removal.motion, entry.time),
            LogBody::Admit { cosignatures, .. } | LogBody::Renew { cosignatures, .. } => {
                self.signatures_rest_on(cosignatures, entry.time)
            }
            _ => Vec::new(),
        }
    }

    fn motion_rests_on(&self, hash: &Hash, at: Timestamp) -> Vec<(u64, i64)> {
        let Some(record) = self.motion(hash).filter(|record| !self.has_quorum(record, at)) else { return Vec::new() };
        let spoke = self.spoke_for(record);
        let mut rests = vec![(record.index, limits::OBJECTION_MS)];
        if !self.leaders(at).any(|leader| !spoke.contains(&leader.person)) {
            rests.extend(
                self.forgotten(at).filter(|(person, _)| !spoke.contains(person)).map(|(_, index)| suspended(index)),
            );
        }
        rests
    }

    fn signatures_rest_on(&self, cosignatures: &[Cosignature], at: Timestamp) -> Vec<(u64, i64)> {
        if cosignatures.len() + 1 >= self.signatures_needed(self.standing(|_| true).len()) {
            return Vec::new();
        }
        self.forgotten(at).map(|(_, index)| suspended(index)).collect()
    }

    /// Suspended leaders who count no more, with the entries that suspended them.
    fn forgotten(&self, at: Timestamp) -> impl Iterator<Item = (PersonId, u64)> {
        self.members
            .values()
            .filter(|member| member.removed.is_none() && member.role.leads() && !member.probation)
            .filter_map(move |member| {
                let lapse = member.suspended.filter(|lapse| !still_counts(lapse.time, at))?;
                Some((member.person, lapse.index))
            })
    }
}

fn suspended(index: u64) -> (u64, i64) {
    (index, limits::SUSPENSION_COUNTS_MS)
}

fn still_counts(suspended: Timestamp, at: Timestamp) -> bool {
    at.0.saturating_sub(suspended.0) < limits::SUSPENSION_COUNTS_MS
}
