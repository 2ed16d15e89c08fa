//! The content of one write: kind, packed changes and events beside them.

use crate::{Target, fixture};
use vigil_core::records::{
    Code, Consent, Event, EventBody, LongText, Outcome, RecordContent, SignedEvent, pack_change, unpack_change,
};
use vigil_protocol::{RecordId, Timestamp};

pub(super) const TARGET: Target = Target { name: "content", max_len: 8 * 1024, catches_panics: true, run, seeds };

const RECORD: RecordId = RecordId([7; 16]);

fn run(data: &[u8]) {
    let author = fixture::device(2);
    if let Ok(content) = RecordContent::decode(data, &author) {
        let again = content.encode(&author);
        let read = RecordContent::decode(&again, &author);
        assert_eq!(read.as_ref(), Ok(&content), "what was read can be passed on");
        for event in &content.events {
            let _ = event.verify(&RECORD, &fixture::key(2).public());
            assert_eq!(SignedEvent::from_bytes(&event.to_bytes()).as_ref(), Ok(event));
        }
        for change in &content.changes {
            assert_eq!(unpack_change(&pack_change(change, &author), &author).as_ref(), Ok(change));
        }
    }
    if let Ok(event) = SignedEvent::from_bytes(data) {
        assert_eq!(event.to_bytes(), data, "one meaning, one encoding");
        let claimed = event.event.author;
        let signed = event.event.sign(&RECORD, &fixture::key(2));
        assert!(signed.verify(&RECORD, &fixture::key(2).public()).is_ok(), "{claimed}");
    }
}

fn event(body: EventBody) -> SignedEvent {
    let time = Timestamp(1_790_000_000_000);
    Event::new(fixture::device(2), time, [], body).sign(&RECORD, &fixture::key(2))
}

fn seeds() -> Vec<Vec<u8>> {
    let code = |text: &str| Code::new(text).ok();
    let mut events = vec![event(EventBody::Decision(Outcome::LetGo))];
    events.extend(
        LongText::new("She asked to be called after the weekend.").ok().map(|text| event(EventBody::Opinion { text })),
    );
    if let (Some(purpose), Some(recipient), Some(language)) = (code("referral"), code("shelter"), code("ne")) {
        events.push(event(EventBody::ConsentGiven(Consent { purpose, recipient, language, witness: None })));
    }
    let mut seeds: Vec<Vec<u8>> = events.iter().map(SignedEvent::to_bytes).collect();
    let content = RecordContent { kind: code("screening"), changes: super::guard::changes(), events };
    seeds.push(content.encode(&fixture::device(2)));
    seeds
}
