//! What an agent is told about members: the words of the command line, as JSON.

use serde_json::{Value, json};
use vigil_core::{Admission, Policy, Proposal, Role, Vault};

use super::command::{AdmissionInput, PolicyInput};
use super::{AgentCommand, ids, value};
use crate::error::DeskError;

pub(super) fn run(vault: &mut Vault, command: AgentCommand) -> Result<Value, DeskError> {
    match command {
        AgentCommand::Suspend { device } => {
            let device = vault.find_member(&device)?;
            vault.suspend(&device)?;
            Ok(Value::Null)
        }
        AgentCommand::MoveRemoval { device } => {
            let device = vault.find_member(&device)?;
            Ok(json!({"motion": vault.propose(Proposal::Remove(device))?.to_string()}))
        }
        AgentCommand::AdmitAs { request, admission } => admit_as(vault, &request, admission),
        AgentCommand::Cosign { certificate } => Ok(json!({"certificate": vault.cosign(&certificate)?})),
        AgentCommand::AdmitCosigned { certificate } => Ok(json!({"welcome": vault.admit_cosigned(&certificate)?})),
        AgentCommand::Raise { device, role } => {
            let device = vault.find_member(&device)?;
            moved(vault, Proposal::Raise(device, named(&role)?))
        }
        AgentCommand::EndProbation { device } => {
            let device = vault.find_member(&device)?;
            moved(vault, Proposal::EndProbation(device))
        }
        AgentCommand::Reinstate { device } => {
            let device = vault.find_member(&device)?;
            moved(vault, Proposal::Reinstate(device))
        }
        AgentCommand::EraseCase { record } => {
            let record = super::record(&record)?;
            Ok(json!({"motion": vault.propose_erasure(&record)?.to_string()}))
        }
        AgentCommand::ChangePolicy { set } => {
            let policy = changed(vault.policy()?.unwrap_or_default(), &set);
            moved(vault, Proposal::ChangePolicy(policy))
        }
        AgentCommand::Policy {} => Ok(vault.policy()?.map_or(Value::Null, |policy| policy_json(&policy))),
        AgentCommand::Second { motion } => {
            let motion = vault.find_motion(&motion)?;
            vault.second(&motion)?;
            Ok(Value::Null)
        }
        AgentCommand::Object { motion } => {
            let motion = vault.find_motion(&motion)?;
            vault.object(&motion)?;
            Ok(Value::Null)
        }
        AgentCommand::CarryOut { motion } => {
            let motion = vault.find_motion(&motion)?;
            vault.carry_out(&motion)?;
            Ok(Value::Null)
        }
        AgentCommand::Motions {} => Ok(value(&vault.motions()?)),
        AgentCommand::Renew { device, days } => {
            let device = vault.find_member(&device)?;
            vault.renew(&device, days)?;
            Ok(Value::Null)
        }
        AgentCommand::HandOverCaseload { from, to } => {
            let (from, to) = (vault.find_member(&from)?, vault.find_member(&to)?);
            let done = vault.hand_over_caseload(&from, &to)?;
            Ok(json!({"records": ids(&done.records), "without_key": ids(&done.without_key)}))
        }
        _ => Err(DeskError::Usage("not here".to_owned())),
    }
}

fn named(role: &str) -> Result<Role, DeskError> {
    Role::from_name(role).ok_or_else(|| DeskError::Usage("no such role".to_owned()))
}

fn moved(vault: &mut Vault, proposal: Proposal) -> Result<Value, DeskError> {
    Ok(json!({"motion": vault.propose(proposal)?.to_string()}))
}

/// Where two persons sign, this gives the certificate for the other one instead of a welcome.
fn admit_as(vault: &mut Vault, request: &str, input: AdmissionInput) -> Result<Value, DeskError> {
    let mut admission = Admission::new(named(&input.role)?, &input.name);
    admission.probation = input.probation;
    admission.same_person_as = input.same_person_as.map(|prefix| vault.find_member(&prefix)).transpose()?;
    admission.days = input.days.unwrap_or(admission.days);
    admission.details.area = input.area;
    admission.details.sponsors = input.sponsors;
    if vault.admission_takes_two()? {
        return Ok(json!({"certificate": vault.prepare_admission(request, &admission)?}));
    }
    Ok(json!({"welcome": vault.admit_as(request, &admission)?}))
}

fn changed(policy: Policy, set: &PolicyInput) -> Policy {
    Policy {
        admission_signatures: set.admission_signatures.unwrap_or(policy.admission_signatures),
        removal_persons: set.removal_persons.unwrap_or(policy.removal_persons),
        recovery_persons: set.recovery_persons.unwrap_or(policy.recovery_persons),
        lease_days: set.lease_days.unwrap_or(policy.lease_days),
        wipe_after: set.wipe_after.unwrap_or(policy.wipe_after),
        monitor_days: set.monitor_days.unwrap_or(policy.monitor_days),
    }
}

fn policy_json(policy: &Policy) -> Value {
    json!({
        "admission_signatures": policy.admission_signatures,
        "removal_persons": policy.removal_persons,
        "recovery_persons": policy.recovery_persons,
        "lease_days": policy.lease_days,
        "wipe_after": policy.wipe_after,
        "monitor_days": policy.monitor_days,
    })
}
