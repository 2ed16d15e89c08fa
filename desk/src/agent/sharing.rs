//! What an agent can be told about consent, other bases and shares: `{"do": "sharing", "with": {"give_consent": {...}}}`.
//! Each is one call of the facade, and nothing is decided here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vigil_core::records::{
    AuthorityChoice, BasisDeclaration, Code, Consent, EventId, FieldName, Guardian, ShareId, ShortText,
};
use vigil_core::{ShareOrder, Vault, VigilError};

use super::{ids, record, value};
use crate::error::DeskError;

/// A command about consent or sharing.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SharingCommand {
    /// Records consent.
    GiveConsent {
        /// The person's record.
        record: String,
        /// To what.
        consent: Consent,
        /// For a child: whether it assents, and who consents beside it.
        #[serde(default)]
        child: Option<(bool, Guardian)>,
    },
    /// Records that consent is withdrawn.
    WithdrawConsent {
        /// The person's record.
        record: String,
        /// To what.
        consent: Consent,
    },
    /// Shows what something may be shared on.
    Consents {
        /// The person's record.
        record: String,
    },
    /// Declares a basis beside consent.
    DeclareBasis {
        /// The person's record.
        record: String,
        /// Which.
        declaration: BasisDeclaration,
    },
    /// Seconds one.
    SecondBasis {
        /// The person's record.
        record: String,
        /// The declaration, in hexadecimal.
        declaration: String,
    },
    /// Ends one.
    EndBasis {
        /// The person's record.
        record: String,
        /// The declaration, in hexadecimal.
        declaration: String,
    },
    /// Records which authorities she chose.
    ChooseAuthorities {
        /// The person's record.
        record: String,
        /// Which.
        choice: AuthorityChoice,
    },
    /// Gives this space's card.
    Card {
        /// Its name.
        name: ShortText,
        /// Its kind.
        kind: Code,
    },
    /// Takes another space's card in.
    ImportCard {
        /// The card.
        card: String,
        /// The number that was compared.
        #[serde(default)]
        number: Option<String>,
    },
    /// Shares.
    Share {
        /// The person's record.
        record: String,
        /// Screenings that go along.
        #[serde(default)]
        screenings: Vec<String>,
        /// The fields by kind of record.
        #[serde(default)]
        fields: BTreeMap<Code, Vec<FieldName>>,
        /// The recipient's space.
        space: String,
        /// What for.
        purpose: Code,
    },
    /// Takes a share in.
    AcceptShare {
        /// The message.
        message: String,
    },
    /// Lists the shares.
    Shares {},
    /// Calls a share back.
    Recall {
        /// The share, in hexadecimal.
        share: String,
    },
    /// Follows a recall.
    AcceptRecall {
        /// The message.
        message: String,
    },
    /// Takes the answer to a recall in.
    AcceptRecallAnswer {
        /// The message.
        message: String,
    },
}

fn event(hexadecimal: &str) -> Result<EventId, VigilError> {
    EventId::from_hex(hexadecimal).ok_or(VigilError::NotFound { what: "declaration" })
}

pub(super) fn run(vault: &mut Vault, command: SharingCommand) -> Result<Value, DeskError> {
    let stated = |id: EventId| json!({"event": id.to_string()});
    Ok(match command {
        SharingCommand::GiveConsent { record: id, consent, child } => {
            stated(vault.give_consent(&record(&id)?, consent, child)?)
        }
        SharingCommand::WithdrawConsent { record: id, consent } => {
            stated(vault.withdraw_consent(&record(&id)?, consent)?)
        }
        SharingCommand::Consents { record: id } => value(&vault.consents(&record(&id)?)?),
        SharingCommand::DeclareBasis { record: id, declaration } => {
            stated(vault.declare_basis(&record(&id)?, declaration)?)
        }
        SharingCommand::SecondBasis { record: id, declaration } => {
            stated(vault.second_basis(&record(&id)?, &event(&declaration)?)?)
        }
        SharingCommand::EndBasis { record: id, declaration } => {
            stated(vault.end_basis(&record(&id)?, &event(&declaration)?)?)
        }
        SharingCommand::ChooseAuthorities { record: id, choice } => {
            stated(vault.choose_authorities(&record(&id)?, choice)?)
        }
        SharingCommand::Card { name, kind } => {
            let (card, view) = vault.space_card(name, kind)?;
            json!({"card": card, "number": view.number, "space": view.space})
        }
        SharingCommand::ImportCard { card, number } => value(&vault.import_card(&card, number.as_deref())?),
        SharingCommand::Share { record: id, screenings, fields, space, purpose } => {
            let screenings = screenings.iter().map(|id| record(id)).collect::<Result<_, _>>()?;
            let sent = vault.share(&ShareOrder { person: record(&id)?, screenings, fields, space, purpose })?;
            json!({
                "share": sent.share.to_string(), "message": sent.message, "ground": sent.ground,
                "against_choice": sent.against_choice,
            })
        }
        SharingCommand::AcceptShare { message } => {
            let accepted = vault.accept_share(&message)?;
            json!({
                "share": accepted.share.to_string(), "records": ids(&accepted.records), "already": accepted.already,
                "from": accepted.from,
            })
        }
        SharingCommand::Shares {} => value(&vault.shares()?),
        SharingCommand::Recall { share } => {
            let share = ShareId::from_hex(&share).ok_or(VigilError::NotFound { what: "share" })?;
            json!({"recall": vault.recall(&share)?})
        }
        SharingCommand::AcceptRecall { message } => {
            let answered = vault.accept_recall(&message)?;
            json!({"share": answered.share.to_string(), "erased": answered.erased, "answer": answered.answer})
        }
        SharingCommand::AcceptRecallAnswer { message } => {
            let (share, erased) = vault.accept_recall_answer(&message)?;
            json!({"share": share.to_string(), "erased": erased})
        }
    })
}
