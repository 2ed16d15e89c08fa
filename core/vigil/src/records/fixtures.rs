//! What the tests of records share: devices, actors, a record as a checkpoint writes it.
//! Nobody in it is real.

use super::{
    Accused, Actor, Agreement, Allegation, AllegationStep, AuthorityChoice, BasisDeclaration, BasisKind, ChangeBytes,
    ChangeHash, ChildConsent, Code, Consent, Event, EventBody, EventId, Facts, FieldName, FieldSettlement, FieldValue,
    Ground, Guardian, HandedTo, Hiding, Judgement, LongText, OpinionSalt, Outcome, OutcomeSettlement, Provenance,
    ReadNote, RecallStep, Received, ReviewDay, ShareId, Shared, SharedPart, ShortText,
};
use vigil_protocol::{DeviceId, Hash, RecordId, SpaceId, Timestamp};
use vigil_screening::Date;

pub(super) fn device(number: u8) -> DeviceId {
    DeviceId([number; 16])
}

pub(super) fn actor(number: u8) -> Actor {
    Actor::new(&device(number), [number; 8])
}

pub(super) fn event_id(number: u8) -> EventId {
    EventId(Hash([number; 32]))
}

/// An event of the device of this number, which is also its name, after those of other numbers.
pub(super) fn event(number: u8, after: &[u8], body: impl Into<EventBody>) -> (EventId, Event) {
    let after = after.iter().map(|parent| event_id(*parent));
    (event_id(number), Event::new(device(number), time(0), after, body.into()))
}

pub(super) fn time(number: i64) -> Timestamp {
    Timestamp(1_795_000_000_000 + number)
}

pub(super) fn name(text: &str) -> FieldName {
    FieldName::new(text).unwrap()
}

/// One field with its new value.
pub(super) fn set(field: &str, value: impl Into<FieldValue>) -> (FieldName, Option<FieldValue>) {
    (name(field), Some(value.into()))
}

pub(super) fn unset(field: &str) -> (FieldName, Option<FieldValue>) {
    (name(field), None)
}

/// Edits as the device of this number.
pub(super) fn edit(facts: &mut Facts, number: u8, fields: &[(FieldName, Option<FieldValue>)]) -> ChangeBytes {
    facts.edit(&actor(number), time(i64::from(number)), fields).unwrap().unwrap()
}

/// A screening as a border checkpoint writes it.
pub(super) fn screening_fields() -> Vec<(FieldName, Option<FieldValue>)> {
    vec![
        set("station", "Raxaul border gate"),
        set("started_at", 1_795_000_000_000),
        set("minutes", 4),
        set("people", 2),
        set("age_band", "under_18"),
        set("sex", "female"),
        set("instrument", "border_interception@1"),
        set("journey.from", "Hetauda, Makwanpur"),
        set("journey.to", "Delhi"),
        set("journey.purpose", "work in a hotel"),
        set("journey.transport", "bus"),
        set("answer.phone_withheld", "yes"),
        set("answer.job_address_missing", "unknown"),
        set("answer.debt_owed", "yes"),
        set("answer.contradiction", "no"),
        set("observations", "सानो झोला मात्र, साथमा आएको मानिसले बोल्न दिएन"),
        set("wants_follow_up", true),
        (name("link.0"), Some(FieldValue::Bytes(vec![0x5a; 16]))),
    ]
}

/// A new record of the device of this number, with the change that made it.
pub(super) fn screening(number: u8) -> (Facts, ChangeBytes) {
    let mut facts = Facts::new();
    let change = edit(&mut facts, number, &screening_fields());
    (facts, change)
}

/// A judgement with a view of this name and a salt of this number.
pub(super) fn judgement(view: &str, salt: u8) -> Judgement {
    Judgement {
        view: Code::new(view).unwrap(),
        reasons: LongText::new("One ticket, paid by a stranger.").unwrap(),
        salt: OpinionSalt([salt; 32]),
    }
}

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

/// Consent to a referral to this kind of recipient.
pub(super) fn consent_to(recipient: &str) -> Consent {
    Consent { purpose: code("referral"), recipient: code(recipient), language: code("ne"), witness: None }
}

/// A declaration for a referral to this kind of recipient.
pub(super) fn declaration(kind: BasisKind, recipient: &str) -> BasisDeclaration {
    let (purpose, recipient, reason) = (code("referral"), code(recipient), code("order_seen"));
    BasisDeclaration { kind, purpose, recipient, reason, reference: Some(ShortText::new("file 12-34").unwrap()) }
}

/// A share of this number for a referral to this kind of recipient, on this basis.
pub(super) fn shared(number: u8, recipient: &str, ground: Ground, basis: EventId) -> Shared {
    Shared {
        share: ShareId([number; 16]),
        space: SpaceId([7; 16]),
        genesis: Hash([7; 32]),
        recipient: code(recipient),
        purpose: code("referral"),
        ground,
        basis,
        against_choice: false,
        parts: vec![SharedPart { kind: code("person"), fields: vec![name("name")] }],
        digest: Hash([6; 32]),
    }
}

/// The choice of these authorities, sorted.
pub(super) fn choice(kinds: &[&str]) -> AuthorityChoice {
    AuthorityChoice { kinds: kinds.iter().map(|kind| code(kind)).collect(), language: code("ne"), witness: None }
}

/// Something that is said of the driver.
pub(super) fn allegation() -> Allegation {
    Allegation {
        about: Accused::Role(code("driver")),
        basis: code("seen"),
        review_on: ReviewDay::new(Date::new(2027, 2, 1).unwrap()),
        words: LongText::new("He held their ticket stubs.").unwrap(),
    }
}

/// Where a record that came from another space comes from.
pub(super) fn provenance() -> Provenance {
    Provenance {
        share: ShareId([4; 16]),
        space: SpaceId([8; 16]),
        genesis: Hash([8; 32]),
        device: device(9),
        time: time(0),
        purpose: code("referral"),
        ground: Ground::Declared(BasisKind::LifeAtRisk),
        against_choice: true,
        restrictions: vec![code("no_onward_sharing")],
    }
}

/// One body of every kind about consent, other bases, sharing and allegations.
pub(super) fn one_of_each_about_sharing() -> Vec<EventBody> {
    let share = ShareId([4; 16]);
    let about_a_person = Allegation { about: Accused::Person([3; 16].into()), ..allegation() };
    vec![
        EventBody::ChildConsentGiven(ChildConsent {
            consent: consent_to("shelter"),
            assent: true,
            by: Guardian::ChildProtection,
        }),
        EventBody::BasisDeclared(declaration(BasisKind::CourtOrder, "police")),
        EventBody::BasisSeconded { declaration: event_id(1) },
        EventBody::BasisEnded { declaration: event_id(1) },
        EventBody::AuthorityChosen(choice(&["police", "shelter"])),
        EventBody::AuthorityChosen(choice(&[])),
        EventBody::Shared(shared(4, "shelter", Ground::Consent, event_id(1))),
        EventBody::Recall(RecallStep::Sent { share }),
        EventBody::Recall(RecallStep::Confirmed { share, erased: true }),
        EventBody::Received(Received::Share(provenance())),
        EventBody::Received(Received::Recall { share }),
        EventBody::Allegation(AllegationStep::Alleged(allegation())),
        EventBody::Allegation(AllegationStep::Alleged(about_a_person)),
        EventBody::Allegation(AllegationStep::Withdrawn { allegation: event_id(2), reason: code("mistaken") }),
    ]
}

/// One body of every kind.
pub(super) fn one_of_each() -> Vec<EventBody> {
    let consent = Consent {
        purpose: Code::new("referral").unwrap(),
        recipient: Code::new("shelter").unwrap(),
        language: Code::new("ne").unwrap(),
        witness: Some(ShortText::new("Maya").unwrap()),
    };
    let place = || ShortText::new("Maiti shelter, Birgunj").unwrap();
    let mut bodies = vec![
        Outcome::LetGo.into(),
        Outcome::DeclinedInformed.into(),
        Outcome::Intercepted { agreement: Agreement::ChildWithProtection }.into(),
        Outcome::Referred { to: place() }.into(),
        Outcome::HandedOver { to: HandedTo::Device(DeviceId([3; 16])) }.into(),
        Outcome::HandedOver { to: HandedTo::Other(place()) }.into(),
        Outcome::Closed { reason: None }.into(),
        EventBody::ConsentGiven(consent.clone()),
        EventBody::ConsentWithdrawn(consent),
        EventBody::Opinion { text: LongText::new("The uncle's story changed.").unwrap() },
        EventBody::Addendum { text: LongText::new("ट्रकको नम्बर").unwrap() },
        EventBody::Settled(FieldSettlement {
            field: FieldName::new("station").unwrap(),
            chosen: ChangeHash([1; 32]),
            over: vec![ChangeHash([2; 32])],
        }),
        EventBody::OutcomeSettled(OutcomeSettlement { chosen: EventId(Hash([1; 32])), over: vec![] }),
        EventBody::Erased { reason: Code::new("asked").unwrap() },
        judgement("high_risk", 7).committed(&RecordId([1; 16]), &device(1)),
        EventBody::OpinionOpened(judgement("high_risk", 7).opened(event_id(5))),
        EventBody::Read(ReadNote {
            record: RecordId([2; 16]),
            what: Code::new("identity").unwrap(),
            purpose: Some(Code::new("follow_up").unwrap()),
            previous: event_id(6),
            number: 7,
        }),
        EventBody::Hiding(Hiding::Hidden),
        EventBody::Hiding(Hiding::Shown),
        EventBody::ComplaintAnswered { text: LongText::new("Maya was told what is kept.").unwrap() },
        EventBody::Unknown { number: 999, bytes: vec![1, 2, 3] },
    ];
    bodies.extend(one_of_each_about_sharing());
    bodies
}
