//! What the facade shows of consent, other bases and shares: plain values, ready for a screen or JSON.
//! They say what is known of people, so none of them has a `Debug`; none holds what was shared.

use serde::Serialize;

/// A consent as people should see it.
#[derive(Clone, PartialEq, Serialize)]
pub struct ConsentView {
    /// What for.
    pub purpose: String,
    /// To whom.
    pub recipient: String,
    /// `given`, `does_not_fit_age` (given, but not by whom it takes for her age), or `withdrawn`.
    pub state: String,
    /// The language that she was asked in.
    pub language: String,
    /// Who was there.
    pub witness: Option<String>,
    /// `herself`, `guardian` or `child_protection`; nothing for a withdrawal.
    pub by: Option<String>,
    /// Whether the child assented, where somebody consented for one.
    pub assent: Option<bool>,
    /// Who recorded it.
    pub author: String,
    /// When, by the author's clock.
    pub time: i64,
}

/// A choice of authorities.
#[derive(Clone, PartialEq, Serialize)]
pub struct ChoiceView {
    /// The kinds; none means nobody.
    pub kinds: Vec<String>,
    /// The language that she was asked in.
    pub language: String,
    /// Who was there.
    pub witness: Option<String>,
    /// Who recorded it.
    pub author: String,
    /// When, by the author's clock.
    pub time: i64,
}

/// A basis beside consent.
#[derive(Clone, PartialEq, Serialize)]
pub struct BasisView {
    /// The declaration: what seconds and ends it.
    pub id: String,
    /// `child_in_danger`, `life_at_risk` or `court_order`.
    pub kind: String,
    /// What for.
    pub purpose: String,
    /// To whom.
    pub recipient: String,
    /// Why.
    pub reason: String,
    /// What it can be looked up by.
    pub reference: Option<String>,
    /// Who declared it.
    pub declared_by: String,
    /// Who seconded it.
    pub seconded_by: Vec<String>,
    /// `waits_for_second`, `alive` or `ended`.
    pub state: String,
}

/// Everything on which something about a person may be shared.
#[derive(Clone, PartialEq, Serialize)]
pub struct ConsentsView {
    /// Whether the person counts as under 18, as far as this device knows.
    pub under_18: bool,
    /// Consents, given and withdrawn.
    pub consents: Vec<ConsentView>,
    /// Which authorities she chose; several where people asked her without knowing of each other.
    pub authorities: Vec<ChoiceView>,
    /// The closed list.
    pub bases: Vec<BasisView>,
}

/// How often one of the closed list was signed by two people, and how many shares rest on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BasisCount {
    /// Which.
    pub kind: String,
    /// How many that two people signed, ended ones too.
    pub signed: u64,
    /// How many shares.
    pub shares: u64,
}

/// Another space that shares may go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardView {
    /// The space, in hexadecimal.
    pub space: String,
    /// What it is called.
    pub name: String,
    /// What kind of recipient it is.
    pub kind: String,
    /// What two people read to each other.
    pub number: String,
    /// Whether they did.
    pub confirmed: bool,
}

/// How a share stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareState {
    /// It went out, and nothing speaks against it.
    Out,
    /// The copy must be called back.
    RecallDue,
    /// It was called back; the answer is waited for.
    RecallSent,
    /// The recipient says that it erased the copy.
    Erased,
    /// The recipient says that it keeps the copy on a basis of its own.
    Kept,
}

/// A share that went out.
#[derive(Clone, PartialEq, Serialize)]
pub struct SentShareView {
    /// Its name, in hexadecimal.
    pub share: String,
    /// The person's record.
    pub record: String,
    /// The recipient's space, in hexadecimal.
    pub space: String,
    /// What it is called, where this device has its card.
    pub name: Option<String>,
    /// What kind of recipient it is.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// `consent`, or one of the closed list.
    pub ground: String,
    /// Whether she chose her authorities and left this one out.
    pub against_choice: bool,
    /// The fields, as `kind.field`.
    pub fields: Vec<String>,
    /// Who shared.
    pub author: String,
    /// When, by the author's clock.
    pub time: i64,
    /// How it stands.
    pub state: ShareState,
}
