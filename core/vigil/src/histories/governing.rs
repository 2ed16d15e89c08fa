//! Entries of the membership log: who assigns, suspends, moves and seconds in a history.
//! Every entry passes the real rules before it counts anywhere; one that they refuse promises to leave nothing behind.

use super::Broken;
use super::committee::{DEVICES, FOUNDING, certificate, device_id, key_of, share};
use super::device::Save;
use super::space::{EpochInfo, Reached, Space};
use std::sync::Arc;
use vigil_protocol::{
    Certificate, DeviceId, LastBatch, LogBody, LogEntry, Membership, Motion, MotionState, RecordId, Removal, Role,
    Rotation, SealingPublicKey, Timestamp, limits,
};

const ROLES: [Role; 5] = [Role::Volunteer, Role::Monitor, Role::Officer, Role::Desk, Role::Auditor];

impl Space {
    /// A device tries an entry. What the rules refuse does not happen.
    pub(super) fn govern(&mut self, device: usize, (act, to, choice): (u8, u8, u8), now: i64) -> Result<(), Broken> {
        let Some(body) = self.body(device, (act, to, choice), now)? else { return Ok(()) };
        let Some(view) = self.entry(device, body.clone(), now)?.map(|(_, view)| view) else { return Ok(()) };
        // Until the server takes it, nobody else can know of it.
        self.hand_epochs(device, &body, u64::MAX);
        let me = &mut self.devices[device];
        me.view = Arc::new(view);
        me.own.push(body.clone());
        let id = me.id;
        let mut grants = Vec::new();
        match body {
            LogBody::Assign { record, officers } => grants.push((record, officers)),
            LogBody::HandOverCases { to, records, .. } => {
                grants.extend(records.into_iter().map(|record| (record, vec![to])));
            }
            _ => {}
        }
        for (record, mut named) in grants {
            named.retain(|device| *device != id);
            if !named.is_empty() && self.devices[device].keys.contains_key(&record) {
                self.devices[device].waiting.push(Save::Grant(record, named));
            }
        }
        Ok(())
    }

    /// Whether an act may say which batch of somebody counts last: suspensions, and what carries a motion out.
    pub(super) const fn closes_out(act: u8) -> bool {
        matches!(act % 20, 7 | 8 | 16 | 17)
    }

    /// The next entry of a device's view with the view after it; nothing if the rules refuse it.
    fn entry(&self, device: usize, body: LogBody, now: i64) -> Result<Option<(LogEntry, Membership)>, Broken> {
        let me = &self.devices[device];
        let at = (me.view.length(), me.view.head());
        let entry = LogEntry::sign(me.view.space(), at, Timestamp(now), me.id, body, key_of(&me.id)?);
        let mut view = Membership::clone(&me.view);
        Ok(view.append(&entry).is_ok().then_some((entry, view)))
    }

    /// A device builds its waiting entries anew behind those that it has just heard of (ADR 0009), and the server takes them.
    pub(super) fn rebase(&mut self, device: usize, now: i64) -> Result<(), Broken> {
        let me = &mut self.devices[device];
        let own = std::mem::take(&mut me.own);
        for body in own {
            let Some(body) = self.anew(device, body) else { continue };
            let Some((entry, view)) = self.entry(device, body.clone(), now)? else { continue };
            if self.append(entry) {
                self.hand_epochs(device, &body, view.length());
                let me = &mut self.devices[device];
                me.known = view.length();
                me.view = Arc::new(view);
            }
        }
        Ok(())
    }

    fn anew(&mut self, device: usize, body: LogBody) -> Option<LogBody> {
        Some(match body {
            LogBody::Rotate { removal, .. } => {
                let left_out = removal.as_ref().and_then(|removal| self.removed_by(device, removal));
                LogBody::Rotate { rotation: self.rotation(device, left_out)?, removal }
            }
            LogBody::Suspend { device: whom, last, rotation } => {
                let rotation = if rotation.is_some() { Some(self.rotation(device, Some(whom))?) } else { None };
                LogBody::Suspend { device: whom, last, rotation }
            }
            body => body,
        })
    }

    fn removed_by(&self, device: usize, removal: &Removal) -> Option<DeviceId> {
        self.devices[device].view.motion(&removal.motion).and_then(|record| record.motion.device())
    }

    /// Whether a device was handed the newest epoch's key that it knows of.
    pub(super) fn holds_epoch(&self, device: usize) -> bool {
        let me = &self.devices[device];
        let key = me.view.epoch_key(me.view.epoch());
        key.is_some_and(|key| self.holders(&key).iter().any(|holder| holder.to == me.id))
    }

    /// A new epoch in a device's view, for all desks but one.
    pub(super) fn rotation(&mut self, device: usize, left_out: Option<DeviceId>) -> Option<Rotation> {
        if !self.holds_epoch(device) {
            return None;
        }
        let mut key = [0xee; 32];
        key[..8].copy_from_slice(&(self.epochs.len() as u64).to_le_bytes());
        let view = &self.devices[device].view;
        let desks = view.desks().map(|desk| desk.device).filter(|desk| left_out != Some(*desk));
        let rotation = Rotation {
            epoch_key: SealingPublicKey(key),
            shares: desks.map(share).collect(),
            previous_encapsulated: SealingPublicKey([0; 32]),
            previous_sealed: [0; 48].into(),
            recovery_encapsulated: SealingPublicKey([0; 32]),
            recovery_sealed: [0; 48].into(),
        };
        let previous = view.epoch_key(view.epoch());
        self.epochs.push(EpochInfo { key: SealingPublicKey(key), previous, holders: Vec::new() });
        Some(rotation)
    }

    /// Notes who is handed an epoch's key by an entry: it was in it, whatever becomes of the entry.
    fn hand_epochs(&mut self, device: usize, body: &LogBody, length: u64) {
        let (by, view) = (self.devices[device].id, self.devices[device].view.clone());
        let (key, shares) = match body {
            LogBody::Rotate { rotation, .. } | LogBody::Suspend { rotation: Some(rotation), .. } => {
                (Some(rotation.epoch_key), rotation.shares.clone())
            }
            // What was handed on by an entry that the log refuses later is left out: see docs/testing.md.
            LogBody::Admit { .. } | LogBody::CarryOut { .. } if length == u64::MAX => return,
            LogBody::Admit { share, .. } | LogBody::CarryOut { share, .. } => {
                (view.epoch_key(view.epoch()), share.iter().cloned().collect())
            }
            _ => return,
        };
        if let Some(epoch) = self.epochs.iter_mut().find(|epoch| Some(epoch.key) == key) {
            epoch.holders.extend(shares.into_iter().map(|share| Reached { to: share.device, by, length }));
        }
    }

    fn body(&mut self, device: usize, (act, to, choice): (u8, u8, u8), now: i64) -> Result<Option<LogBody>, Broken> {
        let whom = device_id(self.number, to % DEVICES[self.number]);
        let me = &self.devices[device];
        let view = me.view.clone();
        let record = || -> Option<RecordId> {
            (!self.records.is_empty()).then(|| self.records[usize::from(to) % self.records.len()].id)
        };
        let mut three = vec![whom, device_id(self.number, choice % DEVICES[self.number])];
        three.sort_unstable();
        three.dedup();
        let motions: Vec<_> = view
            .motions()
            .into_iter()
            .filter(|motion| motion.carried_out.is_none())
            .map(|motion| motion.hash)
            .collect();
        let motion = (!motions.is_empty()).then(|| motions[motions.len() - 1 - usize::from(to) % motions.len()]);
        Ok(match act % 20 {
            0..=3 => {
                let officers = if choice % 3 == 0 { vec![three[0]] } else { three };
                let officers =
                    if act % 20 == 0 { vec![device_id(self.number, choice % DEVICES[self.number])] } else { officers };
                record().map(|record| LogBody::Assign { record, officers })
            }
            4 => Some(LogBody::Intake { officers: three }),
            5 | 6 => {
                let to = device_id(self.number, choice % DEVICES[self.number]);
                let records: Vec<RecordId> = view.caseload(&whom).copied().collect();
                (!records.is_empty()).then_some(LogBody::HandOverCases { from: whom, to, records })
            }
            7 | 8 => {
                let desk = view.active_member(&me.id).is_some_and(|member| member.role == Role::Desk);
                let held =
                    view.member(&whom).is_some_and(|member| member.role == Role::Desk) || view.epoch_is_exposed();
                let last = desk.then(|| self.last_seen(device, &whom));
                let rotation = if desk && held { self.rotation(device, Some(whom)) } else { None };
                Some(LogBody::Suspend { device: whom, last, rotation })
            }
            9 => self.rotation(device, None).map(|rotation| LogBody::Rotate { removal: None, rotation }),
            10 | 11 => Some(LogBody::Move {
                motion: match choice % 5 {
                    0 | 1 => Motion::Remove { device: whom },
                    2 => Motion::Raise { device: whom, role: ROLES[usize::from(choice / 5) % 4] },
                    3 => Motion::EndProbation { device: whom },
                    _ => Motion::Reinstate { device: whom },
                },
            }),
            12..=14 => motion.map(|motion| LogBody::Second { motion }),
            15 => motion.filter(|_| choice % 4 == 0).map(|motion| LogBody::Object { motion }),
            16 | 17 => {
                let carried =
                    motions.iter().find(|hash| view.motion_state(hash, Timestamp(now)) == Some(MotionState::Carried));
                let Some(record) = carried.and_then(|hash| view.motion(hash)) else { return Ok(None) };
                let hash = record.hash;
                match &record.motion {
                    Motion::Remove { device: whom } => {
                        let suspended = view.member(whom).and_then(|member| member.suspended);
                        let last =
                            suspended.and_then(|lapse| lapse.last).unwrap_or_else(|| self.last_seen(device, whom));
                        let removal = Some(Removal { motion: hash, last });
                        self.rotation(device, Some(*whom)).map(|rotation| LogBody::Rotate { removal, rotation })
                    }
                    Motion::Raise { device: whom, role: Role::Desk } => {
                        self.holds_epoch(device).then(|| LogBody::CarryOut { motion: hash, share: Some(share(*whom)) })
                    }
                    _ => Some(LogBody::CarryOut { motion: hash, share: None }),
                }
            }
            18 => {
                let Some(member) = view.active_member(&whom) else { return Ok(None) };
                let role = if choice % 2 == 0 { member.role } else { ROLES[usize::from(choice / 2) % 5] };
                let renewed = certificate(whom, (role, member.person.0[0], member.probation), now)?;
                Some(LogBody::Renew { certificate: renewed, cosignatures: Vec::new() })
            }
            _ => {
                let newcomer = device_id(self.number, FOUNDING + choice % 2);
                let role = ROLES[usize::from(to) % 5];
                let certificate = certificate(newcomer, (role, 40 + choice % 2, choice % 5 == 4), now)?;
                let share = (role == Role::Desk).then(|| share(newcomer));
                (self.number == 0 && (share.is_none() || self.holds_epoch(device))).then_some(LogBody::Admit {
                    certificate: Certificate { epoch: view.epoch(), ..certificate },
                    share,
                    cosignatures: Vec::new(),
                })
            }
        })
    }

    /// The newest batch of a device that another one holds.
    fn last_seen(&self, device: usize, of: &DeviceId) -> LastBatch {
        let me = &self.devices[device];
        let newest = me.headers.range((*of, 0)..=(*of, u64::MAX)).next_back();
        newest.map_or(LastBatch::NONE, |((_, counter), (hash, _))| LastBatch { counter: *counter, hash: *hash })
    }
}

/// How long a wait may be, in milliseconds: motions must be able to stand their time.
pub(super) const fn hours(number: u8) -> i64 {
    number as i64 * limits::DAY_MS / 24
}
