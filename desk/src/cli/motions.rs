//! Commands around members: cosign, suspend, motions, renew, hand-over-caseload, remove-member.
//! Each says what it did, what it did not do yet, and who has to do what next.

use serde_json::json;
use vigil_core::{Hash, MotionView, Proposal, Vault};

use super::arguments::{Arguments, Membership, Motion};
use super::output::Output;
use super::session;
use crate::error::DeskError;
use crate::text::plain;

pub(super) fn run(arguments: &Arguments, output: &Output, command: &Membership) -> Result<(), DeskError> {
    match command {
        Membership::Cosign { certificate } => cosign(arguments, output, certificate),
        Membership::Suspend { device } => suspend(arguments, output, device),
        Membership::Motion(motion) => about_motions(arguments, output, motion),
        Membership::Renew { signed: Some(code), .. } => {
            session::open(arguments)?.renew_cosigned(&session::code(code)?)?;
            output.answer(&json!({"renewed": true}), ["The certificate is renewed."])
        }
        Membership::Renew { device, days, .. } => {
            renew(arguments, output, device.as_deref().unwrap_or_default(), *days)
        }
        Membership::HandOverCaseload { from, to } => hand_over_caseload(arguments, output, from, to),
    }
}

fn cosign(arguments: &Arguments, output: &Output, certificate: &str) -> Result<(), DeskError> {
    let certificate = session::code(certificate)?;
    let vault = session::open(arguments)?;
    let view = vault.candidate(&certificate)?;
    let signed = vault.cosign(&certificate)?;
    output.answer(&json!({"certificate": signed, "says": view}), [signed.as_str()])
}

fn suspend(arguments: &Arguments, output: &Output, prefix: &str) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let device = vault.find_member(prefix)?;
    vault.suspend(&device)?;
    output.answer(
        &json!({"suspended": device.to_string()}),
        [
            "The device is suspended: the server refuses it, and it reads nothing that is written from now on.",
            "It takes effect everywhere with the next sync. What it has read already cannot be taken back.",
            "`vigil motion remove` moves that it is removed, `vigil motion reinstate` that it comes back.",
        ],
    )
}

/// Suspension and the motion to remove, in one.
pub(super) fn remove(arguments: &Arguments, output: &Output, prefix: &str) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let device = vault.find_member(prefix)?;
    if vault.policy()?.is_none() {
        vault.remove_member(&device)?;
        return output.answer(
            &json!({"removed": device.to_string()}),
            ["The device is removed and a new epoch has begun; both take effect everywhere with the next sync."],
        );
    }
    let motion = vault.suspend_and_move_removal(&device)?;
    output.answer(
        &json!({"suspended": device.to_string(), "motion": motion.to_string()}),
        [
            "The device is suspended: it is closed out at once, and reads nothing that is written from now on."
                .to_owned(),
            "Its removal is moved. Another officer or desk seconds it, or one person carries it out after 72 hours in"
                .to_owned(),
            format!("which nobody objected:  vigil motion second {}", short(&motion)),
            "What it has read already cannot be taken back. Saves of it that are not here yet wait for an officer."
                .to_owned(),
        ],
    )
}

fn renew(arguments: &Arguments, output: &Output, prefix: &str, days: u16) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let device = vault.find_member(prefix)?;
    if vault.admission_takes_two()? {
        let certificate = vault.prepare_renewal(&device, days)?;
        return output.answer(&json!({"certificate": certificate, "to_cosign": true}), [certificate.as_str()]);
    }
    vault.renew(&device, days)?;
    output.answer(
        &json!({"renewed": device.to_string(), "days": days}),
        [format!("The certificate is renewed for {days} days; the device learns of it with its next sync.")],
    )
}

fn hand_over_caseload(arguments: &Arguments, output: &Output, from: &str, to: &str) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let (from, to) = (vault.find_member(from)?, vault.find_member(to)?);
    let done = vault.hand_over_caseload(&from, &to)?;
    let ids = |records: &[vigil_core::RecordId]| records.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut lines = vec![format!("{} handed over with their keys.", done.records.len())];
    if !done.without_key.is_empty() {
        lines.push("This device does not hold the keys of these; whoever does hands them over too:".to_owned());
        lines.extend(done.without_key.iter().map(vigil_core::RecordId::short));
    }
    output.answer(&json!({"records": ids(&done.records), "without_key": ids(&done.without_key)}), lines)
}

fn about_motions(arguments: &Arguments, output: &Output, command: &Motion) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let proposal = match command {
        Motion::List => return list(&vault, output),
        Motion::Second { motion } => {
            let motion = vault.find_motion(motion)?;
            vault.second(&motion)?;
            return said(&vault, output, &motion, "You have joined the motion.");
        }
        Motion::Object { motion } => {
            let motion = vault.find_motion(motion)?;
            vault.object(&motion)?;
            return said(
                &vault,
                output,
                &motion,
                "Your objection is noted: one person alone cannot carry it any more.",
            );
        }
        Motion::CarryOut { motion } => {
            let motion = vault.find_motion(motion)?;
            vault.carry_out(&motion)?;
            return said(&vault, output, &motion, "It is carried out, and takes effect everywhere with the next sync.");
        }
        Motion::Remove { device } => Proposal::Remove(vault.find_member(device)?),
        Motion::Raise { device, role } => Proposal::Raise(vault.find_member(device)?, role.role()),
        Motion::EndProbation { device } => Proposal::EndProbation(vault.find_member(device)?),
        Motion::Reinstate { device } => Proposal::Reinstate(vault.find_member(device)?),
        Motion::EraseCase { record } => {
            let record = vault.find(record)?;
            let motion = vault.propose_erasure(&record)?;
            return said(&vault, output, &motion, "It is moved, and the case is hidden until that is decided.");
        }
        Motion::Policy {
            admission_signatures,
            removal_persons,
            recovery_persons,
            lease_days,
            wipe_after,
            monitor_days,
        } => {
            let mut policy = vault.policy()?.unwrap_or_default();
            policy.admission_signatures = admission_signatures.unwrap_or(policy.admission_signatures);
            policy.removal_persons = removal_persons.unwrap_or(policy.removal_persons);
            policy.recovery_persons = recovery_persons.unwrap_or(policy.recovery_persons);
            policy.lease_days = lease_days.unwrap_or(policy.lease_days);
            policy.wipe_after = wipe_after.unwrap_or(policy.wipe_after);
            policy.monitor_days = monitor_days.unwrap_or(policy.monitor_days);
            Proposal::ChangePolicy(policy)
        }
    };
    let motion = vault.propose(proposal)?;
    said(
        &vault,
        output,
        &motion,
        "It is moved. Another officer or desk seconds it, or it waits 72 hours for objections.",
    )
}

fn said(vault: &Vault, output: &Output, motion: &Hash, words: &str) -> Result<(), DeskError> {
    let views = vault.motions()?;
    let view = views.iter().find(|view| view.id == motion.to_string());
    let lines = std::iter::once(words.to_owned()).chain(view.map(line));
    output.answer(&json!({"motion": motion.to_string(), "state": view}), lines)
}

fn list(vault: &Vault, output: &Output) -> Result<(), DeskError> {
    let views = vault.motions()?;
    output.answer(&views, views.iter().map(line))
}

/// A motion on one line.
fn line(view: &MotionView) -> String {
    let about = view.about.as_deref().or(view.record.as_deref()).map_or_else(String::new, plain);
    let role = view.role.as_deref().map_or_else(String::new, |role| format!(" to {role}"));
    let id = view.id.get(..8).unwrap_or(&view.id);
    let objected = if view.objectors.is_empty() { "" } else { ", objected to" };
    format!(
        "{id}  {:13}  {about}{role}: {}, {} of {} persons{objected}",
        view.kind, view.state, view.persons, view.persons_needed
    )
}

fn short(motion: &Hash) -> String {
    motion.to_string().chars().take(8).collect()
}
