//! What a member that breaks the rules gets out of a judge's device, and what a kill at the wrong moment costs:
//! nothing. The attackers here are real members with real keys; they sign what no honest program would.

use super::*;
use crate::keys::Passphrase;
use crate::records::{NewSighting, Outcome};
use crate::store::records;
use vigil_protocol::Role;
use vigil_protocol::Timestamp;

struct Committee {
    folder: std::path::PathBuf,
    desk: Option<Vault>,
    second: Vault,
    monitor: Vault,
    record: RecordId,
}

fn passphrase() -> Passphrase {
    Passphrase::new("four random words")
}

fn view(view: &str) -> Code {
    Code::new(view).unwrap()
}

fn reasons() -> LongText {
    LongText::new("The aunt on the phone did not know her name.").unwrap()
}

impl Committee {
    /// Two desks, and a monitor whose record both hold. There is no server: saves are handed over as sealed copies.
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vigil-opinions-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        let create = |name: &str| Vault::create_at_floor(&folder.join(name), &passphrase(), name).unwrap();
        let (mut desk, mut second, mut monitor) = (create("desk"), create("second"), create("monitor"));
        desk.create_space(None).unwrap();
        for (vault, role) in [(&mut monitor, Role::Monitor), (&mut second, Role::Desk)] {
            let welcome = desk.admit(&vault.join_request().unwrap(), role, "").unwrap();
            vault.join(vault.second_code(&welcome).unwrap().seen_face_to_face()).unwrap();
            vault.take_log_by_hand(&desk.log_by_hand().unwrap()).unwrap();
        }
        let place = "Bus park".to_owned();
        let sighting = NewSighting { place, seen_at: Timestamp(0), description: None, people: None };
        let record = monitor.record_sighting(&sighting).unwrap();
        let mut committee = Self { folder, desk: Some(desk), second, monitor, record };
        committee.second.take_in_copies(&committee.monitor.sealed_copies().unwrap()).unwrap();
        committee.desk_hears();
        committee
    }

    fn desk(&mut self) -> &mut Vault {
        self.desk.as_mut().unwrap()
    }

    /// The desk takes in what the other two hand over.
    fn desk_hears(&mut self) {
        for copies in [self.monitor.sealed_copies().unwrap(), self.second.sealed_copies().unwrap()] {
            if !copies.is_empty() {
                self.desk().take_in_copies(&copies).unwrap();
            }
        }
    }

    fn second_hears(&mut self) {
        let copies = self.desk().sealed_copies().unwrap();
        self.second.take_in_copies(&copies).unwrap();
    }

    fn desk_judges(&mut self) -> EventId {
        let record = self.record;
        self.desk().give_opinion(&record, view("high_risk"), reasons()).unwrap()
    }

    fn reopen(&mut self) {
        self.desk = None;
        self.desk = Some(Vault::open(&self.folder.join("desk"), &passphrase()).unwrap());
    }

    fn openings_of_the_desk(&mut self) -> usize {
        let (record, me) = (self.record, self.desk().device());
        let events = self.desk().events_of(&record).unwrap();
        let opened = |event: &&SignedEvent| matches!(event.event.body, EventBody::OpinionOpened(_));
        events.values().filter(opened).filter(|event| event.event.author == me).count()
    }

    fn state(&mut self) -> String {
        let record = self.record;
        self.desk().second_opinion(&record).unwrap().state
    }
}

impl Drop for Committee {
    fn drop(&mut self) {
        self.desk = None;
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// States whatever an attacker wants under its own name.
fn state_anything(vault: &mut Vault, record: &RecordId, body: EventBody) -> EventId {
    let mut open = vault.open_record(record).unwrap();
    let id = vault.write_event(&mut open, body);
    vault.save(vec![open], |_| Ok(())).unwrap();
    id
}

#[test]
fn a_copied_commitment_draws_nothing_out_and_never_opens() {
    let mut committee = Committee::new("copied");
    let commitment = committee.desk_judges();
    committee.second_hears();
    let record = committee.record;
    let copied = committee.second.events_of(&record).unwrap()[&commitment].event.body.clone();
    let copy = state_anything(&mut committee.second, &record, copied);
    committee.desk_hears();
    committee.reopen();
    assert_eq!((committee.openings_of_the_desk(), committee.state().as_str()), (0, "one"));

    // Were the words known one day, they would still not open the copy: it says another author.
    let mine = opinions::of_record(committee.desk().store.read(), &record).unwrap().remove(0).1;
    let judgement: Judgement = canonical::decode(&mine).unwrap();
    state_anything(&mut committee.second, &record, EventBody::OpinionOpened(judgement.opened(copy)));
    committee.desk_hears();
    let shown = committee.desk().second_opinion(&record).unwrap();
    let theirs = shown.opinions.iter().find(|opinion| !opinion.mine).unwrap();
    assert_eq!((theirs.state.as_str(), theirs.view.as_deref(), shown.state.as_str()), ("does_not_fit", None, "one"));
    assert_eq!(committee.openings_of_the_desk(), 0);
}

#[test]
fn a_commitment_of_somebody_who_may_not_judge_draws_nothing_out() {
    let mut committee = Committee::new("strangers");
    committee.desk_judges();
    let record = committee.record;
    let fake = || EventBody::OpinionCommitted { commitment: Hash([9; 32]) };
    // The monitor recorded it, and a monitor does not judge.
    state_anything(&mut committee.monitor, &record, fake());
    // A desk judges, but not what it recorded itself.
    let place = "Gate 2".to_owned();
    let own = committee
        .second
        .record_sighting(&NewSighting { place, seen_at: Timestamp(0), description: None, people: None })
        .unwrap();
    committee.desk_hears();
    committee.desk().give_opinion(&own, view("high_risk"), reasons()).unwrap();
    state_anything(&mut committee.second, &own, fake());
    committee.desk_hears();
    assert_eq!(committee.desk().second_opinion(&own).unwrap().opinions[0].state, "sealed");
    // One who was removed: what she says from then on waits for an officer.
    let removed = committee.second.device();
    committee.desk().suspend(&removed).unwrap();
    state_anything(&mut committee.second, &record, fake());
    committee.desk_hears();
    committee.reopen();
    assert_eq!((committee.openings_of_the_desk(), committee.state().as_str()), (0, "one"));
}

#[test]
fn what_a_removed_member_left_sealed_draws_nothing_out_of_who_judges_later() {
    let mut committee = Committee::new("removed");
    let record = committee.record;
    committee.second.give_opinion(&record, view("high_risk"), reasons()).unwrap();
    committee.desk_hears();
    let removed = committee.second.device();
    committee.desk().suspend(&removed).unwrap();
    committee.desk_judges();
    committee.reopen();
    assert_eq!((committee.openings_of_the_desk(), committee.state().as_str()), (0, "one"));
}

#[test]
fn who_opens_another_view_than_the_one_committed_to_is_shown_as_that() {
    let mut committee = Committee::new("another-view");
    let record = committee.record;
    let me = committee.second.device();
    let judgement = |view_: &str| Judgement { view: view(view_), reasons: reasons(), salt: OpinionSalt([4; 32]) };
    let id = state_anything(&mut committee.second, &record, judgement("high_risk").committed(&record, &me));
    committee.desk_judges();
    committee.desk_hears();
    assert_eq!((committee.openings_of_the_desk(), committee.state().as_str()), (1, "waiting"));
    state_anything(&mut committee.second, &record, EventBody::OpinionOpened(judgement("does_not_count").opened(id)));
    committee.desk_hears();
    let shown = committee.desk().second_opinion(&record).unwrap();
    let theirs = shown.opinions.iter().find(|opinion| !opinion.mine).unwrap();
    assert_eq!((theirs.state.as_str(), shown.state.as_str()), ("does_not_fit", "one"));
}

#[test]
fn a_kill_between_a_commitments_arrival_and_the_opening_costs_nothing() {
    let mut committee = Committee::new("killed");
    let record = committee.record;
    committee.desk_judges();
    let theirs = committee.second.give_opinion(&record, view("high_risk"), reasons()).unwrap();
    // As a page leaves it that was taken in, when the power goes before anything else happens.
    let event = committee.second.events_of(&record).unwrap()[&theirs].to_bytes();
    let desk = committee.desk();
    desk.store.in_transaction(|tx| records::put_event(tx, &record, theirs.as_bytes(), &event)).unwrap();
    assert_eq!(committee.openings_of_the_desk(), 0);
    committee.reopen();
    assert_eq!((committee.openings_of_the_desk(), committee.state().as_str()), (1, "waiting"));
    for _ in 0..2 {
        committee.reopen();
        committee.desk_hears();
        committee.desk().open_opinions().unwrap();
        assert_eq!(committee.openings_of_the_desk(), 1);
    }
    committee.second_hears();
    committee.desk_hears();
    assert_eq!(committee.state(), "agreed");
}

#[test]
fn what_was_opened_is_not_opened_again_by_a_home_that_was_put_back() {
    let mut committee = Committee::new("put-back");
    let record = committee.record;
    let mine = committee.desk_judges();
    let (_, kept) = opinions::of_record(committee.desk().store.read(), &record).unwrap().remove(0);
    committee.second.give_opinion(&record, view("high_risk"), reasons()).unwrap();
    committee.desk_hears();
    assert_eq!(committee.openings_of_the_desk(), 1);
    let desk = committee.desk();
    desk.store.in_transaction(|tx| opinions::keep(tx, &record, mine.as_bytes(), &kept)).unwrap();
    committee.reopen();
    assert_eq!(committee.openings_of_the_desk(), 1);
    assert!(opinions::records(committee.desk().store.read()).unwrap().is_empty());
}

#[test]
fn an_opinion_that_cannot_be_read_stops_no_other_and_not_the_home() {
    let mut committee = Committee::new("damaged");
    committee.desk_judges();
    committee.second.give_opinion(&committee.record.clone(), view("high_risk"), reasons()).unwrap();
    let desk = committee.desk();
    desk.store
        .in_transaction(|tx| {
            tx.execute("UPDATE unopened_opinion SET judgement = x'ff'", [])?;
            Ok::<_, crate::store::StoreError>(())
        })
        .unwrap();
    committee.desk_hears();
    committee.reopen();
    assert_eq!(committee.openings_of_the_desk(), 0);
    let record = committee.record;
    assert!(committee.desk().show(&record).is_ok());
    assert!(committee.desk().decide(&record, Outcome::Closed { reason: None }).is_ok());
}

#[test]
fn a_second_opinion_is_given_and_never_added_as_an_event() {
    let mut committee = Committee::new("added");
    let record = committee.record;
    let committed = EventBody::OpinionCommitted { commitment: Hash([9; 32]) };
    let judgement = Judgement { view: view("high_risk"), reasons: reasons(), salt: OpinionSalt([4; 32]) };
    let opened = EventBody::OpinionOpened(judgement.opened(EventId(Hash([9; 32]))));
    for body in [committed, opened] {
        assert_eq!(committee.desk().add_event(&record, body).unwrap_err().code(), "invalid");
    }
}
