//! Sharing between two committees, each with a server of its own: no more than was named, on a living basis only, and called
//! back when a withdrawal crossed it. Real homes, and the engines of real servers.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use vigil_core::records::{
    AuthorityChoice, BasisDeclaration, BasisKind, Code, Consent, EventId, FieldName, Guardian, ShareId, ShortText,
};
use vigil_core::{RecordId, Role, Sent, ShareOrder, ShareState, VigilError, readable};
use vigil_tests::{Committee, Device};

const NAME: &str = "सुनिता तामाङ";
const PHONE: &str = "+977-9841000001";
const KEPT_BACK: [&str; 5] =
    ["citizenship 12-34", "Hetauda 4, Makwanpur", "scar on the left hand", "Raxaul gate", "no visa"];

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn consent_to(recipient: &str) -> Consent {
    let witness = Some(ShortText::new("Sister Maya").unwrap());
    Consent { purpose: code("referral"), recipient: code(recipient), language: code("ne"), witness }
}

/// A committee with a desk and an officer who hold a person's record, and a shelter with a server of its own.
struct Pair {
    ours: Committee,
    officer: Device,
    theirs: Committee,
    person: RecordId,
    screening: RecordId,
    shelter: String,
}

impl Pair {
    fn new(age_band: &str, birth_year: Option<u32>) -> Self {
        let (mut ours, mut theirs) = (Committee::new(), Committee::new());
        let mut officer = ours.admit("Officer", Role::Officer);
        let on_duty = [ours.desk.id(), officer.id()];
        ours.desk.vault().set_intake(&on_duty).unwrap();
        ours.sync_desk().unwrap();
        let screening = serde_json::from_value(serde_json::json!({
            "station": "Raxaul gate", "started_at": 1_795_000_000_000_i64, "people": 1, "age_band": age_band,
        }));
        let person = serde_json::from_value(serde_json::json!({
            "role": "traveller", "name": NAME, "phone": PHONE, "address": KEPT_BACK[1], "document": KEPT_BACK[0],
            "birth_year": birth_year, "note": KEPT_BACK[2],
        }));
        let recorded = ours.desk.vault().record_screening(&screening.unwrap(), &[person.unwrap()], None).unwrap();
        let person = recorded.persons[0];
        let status = FieldName::new("immigration_status").unwrap();
        ours.desk.vault().edit(&person, &[(status, Some(KEPT_BACK[4].into()))]).unwrap();
        ours.sync_desk().unwrap();
        ours.sync(&mut officer).unwrap();
        let (text, card) = theirs.desk.vault().space_card(ShortText::new("Shelter").unwrap(), code("shelter")).unwrap();
        for device in [&mut ours.desk, &mut officer] {
            assert!(!device.vault().import_card(&text, None).unwrap().confirmed);
            assert!(device.vault().import_card(&text, Some(&card.number)).unwrap().confirmed);
        }
        Self { ours, officer, theirs, person, screening: recorded.screening, shelter: card.space }
    }

    fn adult() -> Self {
        Self::new("adult", Some(1996))
    }

    fn order(&self) -> ShareOrder {
        ShareOrder {
            person: self.person,
            screenings: Vec::new(),
            fields: BTreeMap::new(),
            space: self.shelter.clone(),
            purpose: code("referral"),
        }
    }

    fn share(&mut self) -> vigil_core::Result<Sent> {
        let order = self.order();
        self.ours.desk.vault().share(&order)
    }

    fn consents(&mut self) -> EventId {
        let person = self.person;
        self.ours.desk.vault().give_consent(&person, consent_to("shelter"), None).unwrap()
    }

    fn everybody_syncs(&mut self) {
        for _ in 0..2 {
            self.ours.sync_desk().unwrap();
            self.ours.sync(&mut self.officer).unwrap();
        }
    }

    /// Declared by the desk, seconded by the officer.
    fn declare(&mut self, kind: BasisKind, recipient: &str) -> EventId {
        let declaration = BasisDeclaration {
            kind,
            purpose: code("referral"),
            recipient: code(recipient),
            reason: code("threat_heard"),
            reference: Some(ShortText::new("file 7").unwrap()),
        };
        let person = self.person;
        let id = self.ours.desk.vault().declare_basis(&person, declaration).unwrap();
        self.everybody_syncs();
        self.officer.vault().second_basis(&person, &id).unwrap();
        self.everybody_syncs();
        id
    }

    fn state(&mut self) -> ShareState {
        let shares = self.ours.desk.vault().shares().unwrap();
        assert_eq!(shares.len(), 1);
        shares[0].state
    }
}

fn why<T>(result: vigil_core::Result<T>) -> String {
    match result.map(|_| ()).unwrap_err() {
        VigilError::NotAllowed { why } => why.to_owned(),
        VigilError::Invalid { what, why } => format!("{what}: {why}"),
        VigilError::NotFound { what } => format!("no {what}"),
        other => panic!("{other}"),
    }
}

/// Whether these bytes stand anywhere in what a device's files open to with its keys.
fn holds(device: &mut Device, words: &str) -> bool {
    let pieces = readable::everything(device.vault()).unwrap();
    pieces.iter().any(|piece| piece.windows(words.len()).any(|window| window == words.as_bytes()))
}

#[test]
fn a_share_with_consent_arrives_with_exactly_the_named_fields() {
    let mut pair = Pair::adult();
    pair.consents();
    let sent = pair.share().unwrap();
    assert_eq!((sent.ground, sent.against_choice), ("consent", false));
    let accepted = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    assert_eq!((accepted.records.len(), accepted.already, accepted.from), (1, false, None));
    pair.theirs.sync_desk().unwrap();
    let view = pair.theirs.desk.vault().show(&accepted.records[0]).unwrap();
    let fields: Vec<_> = view.fields.iter().map(|field| (field.name.as_str(), field.value.clone())).collect();
    let wanted: [(&str, serde_json::Value); 4] =
        [("birth_year", 1996.into()), ("name", NAME.into()), ("phone", PHONE.into()), ("role", "traveller".into())];
    assert_eq!(fields, wanted);
    // Where it comes from stands in the record; the source's record, link and authors do not.
    let from = &view.events.iter().find(|event| event.body["event"] == "received").unwrap().body;
    assert_eq!((&from["purpose"], &from["ground"]), (&"referral".into(), &"consent".into()));
    assert_eq!(from["share"], sent.share.to_string());
    assert!(view.linked.is_empty());
    let mut theirs = pair.theirs.desk;
    for words in [NAME, PHONE] {
        assert!(holds(&mut theirs, words), "the positive control: what was named is there");
    }
    for words in KEPT_BACK {
        assert!(!holds(&mut theirs, words) && holds(&mut pair.ours.desk, words), "{words}");
    }
    let source = pair.person;
    assert!(readable::everything(theirs.vault()).unwrap().iter().all(|piece| {
        !piece.windows(16).any(|window| window == source.as_bytes() || window == pair.officer.id().as_bytes())
    }));
    // Neither server, nor whoever carries the message, reads a word of it; and the event keeps no content.
    let message = sent.message.as_bytes();
    for words in [NAME, PHONE] {
        assert!(!pair.ours.server.contains(words.as_bytes()) && !pair.theirs.server.contains(words.as_bytes()));
        let hexadecimal: String = words.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!message.windows(hexadecimal.len()).any(|window| window == hexadecimal.as_bytes()));
    }
    let shared = pair.ours.desk.vault().show(&source).unwrap();
    let shared = shared.events.iter().find(|event| event.body["event"] == "shared").unwrap().body.to_string();
    assert!(!shared.contains(NAME) && shared.contains("birth_year"));
}

#[test]
fn a_screening_of_hers_goes_along_under_a_link_of_the_recipients_own() {
    let mut pair = Pair::adult();
    pair.consents();
    let mut order = pair.order();
    order.screenings = vec![pair.screening];
    let fields = ["age_band", "sex"].map(|field| FieldName::new(field).unwrap());
    order.fields.insert(code("screening"), fields.to_vec());
    let sent = pair.ours.desk.vault().share(&order).unwrap();
    let accepted = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    let theirs = pair.theirs.desk.vault();
    let person = theirs.show(&accepted.records[0]).unwrap();
    assert_eq!(person.linked, [accepted.records[1].to_string()]);
    let link = |view: &vigil_core::RecordView| {
        view.fields.iter().find(|field| field.name == "link").map(|field| field.value.clone())
    };
    assert_ne!(link(&person), link(&pair.ours.desk.vault().show(&pair.person).unwrap()));
    let screening = theirs.show(&accepted.records[1]).unwrap();
    assert!(screening.fields.iter().any(|field| field.name == "age_band" && field.value == "adult"));
    assert!(screening.fields.iter().all(|field| field.name != "station"));
    assert!(!holds(&mut pair.theirs.desk, "Raxaul gate"));
    // Another person's screening is not hers to share.
    let other = serde_json::from_value(serde_json::json!({"station": "Gate 2", "started_at": 0, "age_band": "adult"}));
    let other = pair.ours.desk.vault().record_screening(&other.unwrap(), &[], None).unwrap();
    order.screenings = vec![other.screening];
    assert!(why(pair.ours.desk.vault().share(&order)).contains("not a screening of this person"));
}

#[test]
fn without_consent_after_a_withdrawal_or_to_another_kind_nothing_is_shared() {
    let mut pair = Pair::adult();
    assert!(why(pair.share()).contains("no living consent"));
    let person = pair.person;
    pair.ours.desk.vault().give_consent(&person, consent_to("police"), None).unwrap();
    assert!(why(pair.share()).contains("no living consent"));
    pair.consents();
    let mut other_purpose = pair.order();
    other_purpose.purpose = code("investigation");
    assert!(why(pair.ours.desk.vault().share(&other_purpose)).contains("no living consent"));
    pair.ours.desk.vault().withdraw_consent(&person, consent_to("shelter")).unwrap();
    assert!(why(pair.share()).contains("no living consent"));
    assert!(pair.ours.desk.vault().shares().unwrap().is_empty());
    // Given anew, in knowledge of the withdrawal, it holds.
    pair.consents();
    assert!(pair.share().is_ok());
    let view = pair.ours.desk.vault().consents(&person).unwrap();
    let given: Vec<_> = view.consents.iter().map(|c| (c.recipient.as_str(), c.state.as_str())).collect();
    assert_eq!(given, [("police", "given"), ("shelter", "given")]);
    let consent = &view.consents[1];
    assert_eq!((consent.language.as_str(), consent.witness.as_deref()), ("ne", Some("Sister Maya")));
    assert_eq!((consent.by.as_deref(), consent.author.as_str(), view.under_18), (Some("herself"), "Desk", false));
}

#[test]
fn a_withdrawal_beats_a_concurrent_giving_on_every_device() {
    let mut pair = Pair::adult();
    let person = pair.person;
    pair.consents();
    pair.officer.vault().withdraw_consent(&person, consent_to("shelter")).unwrap();
    pair.everybody_syncs();
    let order = pair.order();
    for device in [&mut pair.ours.desk, &mut pair.officer] {
        assert!(why(device.vault().share(&order)).contains("no living consent"));
    }
}

#[test]
fn a_share_that_crossed_a_withdrawal_is_called_back_erased_and_confirmed() {
    let mut pair = Pair::adult();
    pair.consents();
    pair.everybody_syncs();
    let person = pair.person;
    pair.officer.vault().withdraw_consent(&person, consent_to("shelter")).unwrap();
    let sent = pair.share().unwrap();
    assert_eq!(pair.state(), ShareState::Out);
    let accepted = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    pair.theirs.sync_desk().unwrap();
    pair.everybody_syncs();
    // Both devices list it once.
    assert_eq!(pair.state(), ShareState::RecallDue);
    assert_eq!(pair.officer.vault().shares().unwrap()[0].state, ShareState::RecallDue);

    let recall = pair.officer.vault().recall(&sent.share).unwrap();
    assert!(!recall.contains(&sent.message[sent.message.len() - 40..]));
    pair.everybody_syncs();
    assert_eq!(pair.state(), ShareState::RecallSent);
    assert!(holds(&mut pair.theirs.desk, NAME));
    let answered = pair.theirs.desk.vault().accept_recall(&recall).unwrap();
    assert!(answered.erased);
    assert!(matches!(pair.theirs.desk.vault().show(&accepted.records[0]), Err(VigilError::NotFound { .. })));
    assert!(!holds(&mut pair.theirs.desk, NAME) && !holds(&mut pair.theirs.desk, PHONE));
    pair.theirs.sync_desk().unwrap();
    // A recall that comes again is answered again; the share does not come back.
    assert!(pair.theirs.desk.vault().accept_recall(&recall).unwrap().erased);
    assert!(pair.theirs.desk.vault().accept_share(&sent.message).unwrap().already);
    assert!(!holds(&mut pair.theirs.desk, NAME));

    assert_eq!(pair.ours.desk.vault().accept_recall_answer(&answered.answer).unwrap(), (sent.share, true));
    assert_eq!(pair.state(), ShareState::Erased);
    pair.everybody_syncs();
    assert_eq!(pair.officer.vault().shares().unwrap()[0].state, ShareState::Erased);
}

#[test]
fn a_withdrawal_after_the_share_calls_it_back_and_a_basis_of_the_recipients_own_keeps_it() {
    let mut pair = Pair::adult();
    pair.consents();
    let sent = pair.share().unwrap();
    let accepted = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    let (person, copy) = (pair.person, accepted.records[0]);
    pair.ours.desk.vault().withdraw_consent(&person, consent_to("shelter")).unwrap();
    assert_eq!(pair.state(), ShareState::RecallDue);
    // She has consented at the shelter herself.
    pair.theirs.desk.vault().give_consent(&copy, consent_to("social_welfare"), None).unwrap();
    let recall = pair.ours.desk.vault().recall(&sent.share).unwrap();
    let answered = pair.theirs.desk.vault().accept_recall(&recall).unwrap();
    assert!(!answered.erased);
    let view = pair.theirs.desk.vault().show(&copy).unwrap();
    assert_eq!(view.events.iter().filter(|event| event.body["what"] == "recall").count(), 1);
    pair.ours.desk.vault().accept_recall_answer(&answered.answer).unwrap();
    assert_eq!(pair.state(), ShareState::Kept);
    // Once that is withdrawn, too, the same recall is followed.
    pair.theirs.desk.vault().withdraw_consent(&copy, consent_to("social_welfare")).unwrap();
    assert!(pair.theirs.desk.vault().accept_recall(&recall).unwrap().erased);
}

#[test]
fn only_the_space_that_shared_calls_back_and_only_the_recipient_answers() {
    let mut pair = Pair::adult();
    pair.consents();
    let sent = pair.share().unwrap();
    let accepted = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    // A third space shares the same way and calls back under its own name: it reaches its own share only.
    let mut third = Pair::adult();
    third.consents();
    let foreign = third.share().unwrap();
    let foreign_recall = third.ours.desk.vault().recall(&foreign.share).unwrap();
    assert!(why(pair.theirs.desk.vault().accept_recall(&foreign_recall)).contains("another space"));
    assert!(why(third.theirs.desk.vault().accept_recall(&foreign_recall)).contains("no share"));
    assert!(pair.theirs.desk.vault().show(&accepted.records[0]).is_ok());
    // An answer by anybody but the recipient is refused.
    let recall = pair.ours.desk.vault().recall(&sent.share).unwrap();
    let answered = pair.theirs.desk.vault().accept_recall(&recall).unwrap();
    assert!(why(third.ours.desk.vault().accept_recall_answer(&answered.answer)).contains("another space"));
    third.theirs.desk.vault().accept_share(&foreign.message).unwrap();
    let foreign_answer = third.theirs.desk.vault().accept_recall(&foreign_recall).unwrap().answer;
    assert!(pair.ours.desk.vault().accept_recall_answer(&foreign_answer).is_err());
    assert_eq!(pair.ours.desk.vault().accept_recall_answer(&answered.answer).unwrap(), (sent.share, true));
}

#[test]
fn a_changed_message_a_replay_and_a_message_for_others_change_nothing() {
    let mut pair = Pair::adult();
    pair.consents();
    let sent = pair.share().unwrap();
    assert_eq!(pair.ours.desk.vault().share_message(&sent.share).unwrap(), sent.message);
    let start = "vigil-share-1:".len();
    for at in (start..sent.message.len()).step_by(37) {
        let mut changed = sent.message.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(pair.theirs.desk.vault().accept_share(&changed).is_err(), "digit {at}");
    }
    assert_eq!(pair.theirs.desk.vault().status().unwrap().records, 0);
    let mut other = Committee::new();
    assert!(why(other.desk.vault().accept_share(&sent.message)).contains("another space"));
    // An officer of that space who was not on duty when the card was made has no key to it.
    let mut late = pair.theirs.admit("Late", Role::Officer);
    assert!(why(late.vault().accept_share(&sent.message)).contains("other devices"));
    let first = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    let second = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    assert!(!first.already && second.already && first.records == second.records);
    assert_eq!(pair.theirs.desk.vault().status().unwrap().records, 1);
}

#[test]
fn two_receivers_who_take_a_share_in_apart_hold_one_record() {
    let mut pair = Pair::adult();
    let mut second = pair.theirs.admit("Second", Role::Officer);
    let on_duty = [pair.theirs.desk.id(), second.id()];
    pair.theirs.desk.vault().set_intake(&on_duty).unwrap();
    pair.theirs.sync_desk().unwrap();
    pair.theirs.sync(&mut second).unwrap();
    let (text, card) = second.vault().space_card(ShortText::new("Shelter").unwrap(), code("shelter")).unwrap();
    pair.ours.desk.vault().import_card(&text, Some(&card.number)).unwrap();
    pair.consents();
    let sent = pair.share().unwrap();
    let mine = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    let hers = second.vault().accept_share(&sent.message).unwrap();
    assert_eq!(mine.records, hers.records);
    for _ in 0..2 {
        pair.theirs.sync_desk().unwrap();
        pair.theirs.sync(&mut second).unwrap();
    }
    let [one, other] =
        [&mut pair.theirs.desk, &mut second].map(|device| device.vault().show(&mine.records[0]).unwrap());
    assert_eq!((&one.heads, one.summary.conflicts), (&other.heads, 0));
    let shown = |view: &vigil_core::RecordView| {
        view.fields.iter().map(|field| (field.name.clone(), field.value.clone(), field.open)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&one), shown(&other));
    let events = |view: &vigil_core::RecordView| view.events.iter().map(|event| event.id.clone()).collect::<Vec<_>>();
    assert_eq!((events(&one), one.events.len()), (events(&other), 2));
    // The recall reaches the one who did not follow it, too.
    let recall = pair.ours.desk.vault().recall(&sent.share).unwrap();
    assert!(pair.theirs.desk.vault().accept_recall(&recall).unwrap().erased);
    for _ in 0..2 {
        pair.theirs.sync_desk().unwrap();
        pair.theirs.sync(&mut second).unwrap();
    }
    assert!(!holds(&mut second, NAME) && second.vault().show(&mine.records[0]).is_err());
}

#[test]
fn a_child_needs_its_own_assent_and_somebody_who_is_not_suspected() {
    for (band, born) in [("under_18", Some(2012)), ("unknown", None), ("adult", Some(2012)), ("disputed", Some(1996))] {
        let mut pair = Pair::new(band, born);
        let person = pair.person;
        assert!(pair.ours.desk.vault().consents(&person).unwrap().under_18, "{band} {born:?}");
        let alone = pair.ours.desk.vault().give_consent(&person, consent_to("shelter"), None);
        assert!(why(alone).contains("who consents for it"));
        let give = |pair: &mut Pair, assent| {
            let child = Some((assent, Guardian::ChildProtection));
            pair.ours.desk.vault().give_consent(&person, consent_to("shelter"), child).unwrap()
        };
        give(&mut pair, false);
        assert!(why(pair.share()).contains("no living consent"), "without its assent nobody's word counts");
        give(&mut pair, true);
        assert_eq!(pair.share().unwrap().ground, "consent");
    }
    let mut grown = Pair::adult();
    let person = grown.person;
    let for_her = Some((true, Guardian::NotSuspected));
    let refused = grown.ours.desk.vault().give_consent(&person, consent_to("shelter"), for_her);
    assert!(why(refused).contains("an adult consents herself"));
    // What is learnt of her age later counts: her own word was an adult's, and she is none.
    grown.consents();
    let born = FieldName::new("birth_year").unwrap();
    grown.ours.desk.vault().edit(&person, &[(born, Some(2012.into()))]).unwrap();
    assert!(why(grown.share()).contains("no living consent"));
    let view = grown.ours.desk.vault().consents(&person).unwrap();
    assert_eq!((view.consents[0].state.as_str(), view.under_18), ("does_not_fit_age", true));
}

#[test]
fn the_closed_list_needs_two_officers_and_is_counted() {
    let mut pair = Pair::adult();
    let person = pair.person;
    let declaration = |kind| BasisDeclaration {
        kind,
        purpose: code("referral"),
        recipient: code("shelter"),
        reason: code("threat_heard"),
        reference: None,
    };
    let for_children = pair.ours.desk.vault().declare_basis(&person, declaration(BasisKind::ChildInDanger));
    assert!(why(for_children).contains("for children only"));
    let id = pair.ours.desk.vault().declare_basis(&person, declaration(BasisKind::LifeAtRisk)).unwrap();
    assert!(why(pair.share()).contains("no living consent"), "one alone is not enough");
    assert!(why(pair.ours.desk.vault().second_basis(&person, &id)).contains("does not second it"));
    pair.everybody_syncs();
    pair.officer.vault().second_basis(&person, &id).unwrap();
    pair.everybody_syncs();
    let sent = pair.share().unwrap();
    assert_eq!((sent.ground, sent.against_choice), ("life_at_risk", false));
    let counts = pair.officer.vault().basis_counts().unwrap();
    pair.everybody_syncs();
    assert_eq!(counts.iter().map(|count| count.signed).collect::<Vec<_>>(), [0, 1, 0]);
    let counts = pair.officer.vault().basis_counts().unwrap();
    assert_eq!(counts.iter().map(|count| count.shares).collect::<Vec<_>>(), [0, 1, 0]);
    // Ended by either, it serves nobody any more; what it served before is not called back.
    pair.officer.vault().end_basis(&person, &id).unwrap();
    pair.everybody_syncs();
    assert!(why(pair.share()).contains("no living consent"));
    assert_eq!(pair.state(), ShareState::Out);
    assert!(why(pair.officer.vault().second_basis(&person, &id)).contains("it was ended"));
}

#[test]
fn a_monitor_signs_no_basis_and_shares_nothing() {
    let mut pair = Pair::adult();
    let mut monitor = pair.ours.admit("Monitor", Role::Monitor);
    pair.ours.sync_desk().unwrap();
    let screening = serde_json::from_value(serde_json::json!({"station": "G", "started_at": 0, "age_band": "adult"}));
    let person = serde_json::from_value(serde_json::json!({"role": "traveller", "name": NAME})).unwrap();
    let recorded = monitor.vault().record_screening(&screening.unwrap(), &[person], None).unwrap();
    let order = ShareOrder { person: recorded.persons[0], ..pair.order() };
    monitor.vault().give_consent(&recorded.persons[0], consent_to("shelter"), None).unwrap();
    assert_eq!(why(monitor.vault().share(&order)), "officers and desks do this");
    let declared = BasisDeclaration {
        kind: BasisKind::CourtOrder,
        purpose: code("referral"),
        recipient: code("shelter"),
        reason: code("order_seen"),
        reference: None,
    };
    assert_eq!(why(monitor.vault().declare_basis(&recorded.persons[0], declared)), "officers and desks do this");
}

#[test]
fn an_authority_that_she_left_out_needs_two_officers_and_the_share_says_so() {
    let mut pair = Pair::adult();
    pair.consents();
    let person = pair.person;
    let choose = |pair: &mut Pair, kinds: &[&str]| {
        let kinds = kinds.iter().map(|kind| code(kind)).collect();
        let choice = AuthorityChoice { kinds, language: code("ne"), witness: None };
        pair.ours.desk.vault().choose_authorities(&person, choice).map(|_| ())
    };
    assert!(why(choose(&mut pair, &["pollice"])).contains("prefix"));
    choose(&mut pair, &["social_welfare", "labour_office"]).unwrap();
    assert!(why(pair.share()).contains("her choice of authorities"));
    pair.declare(BasisKind::CourtOrder, "shelter");
    let sent = pair.share().unwrap();
    assert_eq!((sent.ground, sent.against_choice), ("court_order", true));
    let accepted = pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    let view = pair.theirs.desk.vault().show(&accepted.records[0]).unwrap();
    assert!(view.events.iter().any(|event| event.body["against_choice"] == true));
    // Asked again, she names the shelter, too: her consent serves.
    choose(&mut pair, &["shelter", "social_welfare"]).unwrap();
    let sent = pair.share().unwrap();
    assert_eq!((sent.ground, sent.against_choice), ("consent", false));
    // And nobody is an answer.
    choose(&mut pair, &[]).unwrap();
    let mut order = pair.order();
    order.purpose = code("referral");
    assert_eq!(pair.ours.desk.vault().share(&order).unwrap().ground, "court_order");
}

#[test]
fn immigration_status_leaves_on_her_consent_only() {
    let mut pair = Pair::adult();
    pair.declare(BasisKind::LifeAtRisk, "shelter");
    let mut order = pair.order();
    let fields = ["name", "immigration_status"].map(|field| FieldName::new(field).unwrap());
    order.fields.insert(code("person"), fields.to_vec());
    assert!(why(pair.ours.desk.vault().share(&order)).contains("consent only"));
    assert!(pair.ours.desk.vault().shares().unwrap().is_empty());
    // The same share without the field goes out on that basis; with consent the field goes, too.
    assert_eq!(pair.share().unwrap().ground, "life_at_risk");
    pair.consents();
    let sent = pair.ours.desk.vault().share(&order).unwrap();
    assert_eq!(sent.ground, "consent");
    pair.theirs.desk.vault().accept_share(&sent.message).unwrap();
    assert!(holds(&mut pair.theirs.desk, "no visa"));
}

#[test]
fn a_card_serves_only_once_its_number_was_compared() {
    let mut pair = Pair::adult();
    pair.consents();
    let (text, card) = pair.theirs.desk.vault().space_card(ShortText::new("Other").unwrap(), code("shelter")).unwrap();
    let desk = pair.ours.desk.vault();
    assert!(!desk.import_card(&text, None).unwrap().confirmed, "another card of a known space is a new card");
    let order = pair.order();
    assert!(why(pair.ours.desk.vault().share(&order)).contains("compared the number"));
    let wrong = card.number.replace(&card.number[..5], "00000");
    assert!(why(pair.ours.desk.vault().import_card(&text, Some(&wrong))).contains("not the number"));
    assert!(why(pair.ours.desk.vault().share(&order)).contains("compared the number"));
    pair.ours.desk.vault().import_card(&text, Some(&card.number)).unwrap();
    assert!(pair.ours.desk.vault().share(&order).is_ok());
    // A link, a field that nobody knows, and one that people differ on are not shared.
    for field in ["link", "a_newer_field"] {
        let mut order = pair.order();
        order.fields.insert(code("person"), vec![FieldName::new(field).unwrap()]);
        assert!(why(pair.ours.desk.vault().share(&order)).contains("not shared"), "{field}");
    }
    let phone = || FieldName::new("phone").unwrap();
    let person = pair.person;
    pair.everybody_syncs();
    pair.ours.desk.vault().edit(&person, &[(phone(), Some("1".into()))]).unwrap();
    pair.officer.vault().edit(&person, &[(phone(), Some("2".into()))]).unwrap();
    pair.everybody_syncs();
    assert!(why(pair.ours.desk.vault().share(&order)).contains("settle it"));
}

#[test]
fn a_share_that_is_not_known_here_is_not_found() {
    let mut pair = Pair::adult();
    assert_eq!(why(pair.ours.desk.vault().recall(&ShareId([9; 16]))), "no share");
    assert_eq!(why(pair.ours.desk.vault().share_message(&ShareId([9; 16]))), "no share");
    assert!(why(pair.theirs.desk.vault().accept_recall("vigil-recall-1:00")).contains("malformed"));
}
