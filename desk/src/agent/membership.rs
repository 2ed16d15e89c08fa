//! What an agent is told about members: the words of the command line, as JSON.

use serde_json::{Value, json};
use vigil_core::{Proposal, Vault};

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
