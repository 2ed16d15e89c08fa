//! Officers restore a committee's access together when every desk is lost, and two persons take its data along at the end.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_core::loot::Loot;
use vigil_core::records::{NewPerson, NewScreening, Outcome, ShortText};
use vigil_core::{Admission, Details, ListQuery, NewSighting, RecoveryKey, Role, Timestamp, read_archive};
use vigil_core::{DeviceId, RecordId, VigilError};
use vigil_tests::{Committee, Device, Folder};

const NAME: &str = "Kopila Budhathoki";

fn screening() -> NewScreening {
    let json = serde_json::json!({
        "station": "Raxaul", "started_at": 1_795_000_000_000_i64, "minutes": 7, "people": 1, "age_band": "adult",
        "sex": "female", "instrument": "border_interception@1", "answers": {"debt_bondage": "yes"},
    });
    serde_json::from_value(json).unwrap()
}

fn person(name: &str) -> NewPerson {
    serde_json::from_value(serde_json::json!({"role": "traveller", "name": name})).unwrap()
}

/// A committee with three officers and a monitor who has recorded a case. The first officer is on duty.
struct District {
    committee: Committee,
    recovery_key: RecoveryKey,
    officers: Vec<Device>,
    person: RecordId,
}

impl District {
    fn new() -> Self {
        let (mut committee, recovery_key) = Committee::with_recovery_key();
        let mut officers: Vec<Device> =
            ["Asha", "Bimala", "Chandra"].iter().map(|name| committee.admit(name, Role::Officer)).collect();
        let mut monitor = committee.admit("Monitor", Role::Monitor);
        let on_duty = officers[0].id();
        committee.desk.vault().set_intake(&[on_duty]).unwrap();
        committee.sync_desk().unwrap();
        committee.sync(&mut monitor).unwrap();
        let recorded = monitor
            .vault()
            .record_screening(
                &screening(),
                &[person(NAME)],
                Some(Outcome::Referred { to: ShortText::new("shelter").unwrap() }),
            )
            .unwrap();
        committee.sync(&mut monitor).unwrap();
        committee.sync_desk().unwrap();
        for officer in &mut officers {
            committee.sync(officer).unwrap();
        }
        Self { committee, recovery_key, officers, person: recorded.persons[0] }
    }

    fn deal(&mut self, threshold: u8) {
        let holders: Vec<DeviceId> = self.officers.iter().map(Device::id).collect();
        self.committee.desk.vault().deal_recovery_key(self.recovery_key.text(), &holders, threshold).unwrap();
        self.committee.sync_desk().unwrap();
        self.sync_officers();
    }

    fn sync_officers(&mut self) {
        for officer in &mut self.officers {
            self.committee.sync(officer).unwrap();
        }
    }

    /// A new desk that two officers have admitted for recovery; it has synced.
    fn new_desk(&mut self) -> Device {
        let mut desk = Device::create("New desk");
        let request = desk.vault().join_request().unwrap();
        let motion = self.officers[0].vault().propose_recovery(&request, "New desk").unwrap();
        self.sync_officers();
        self.officers[1].vault().second(&motion).unwrap();
        self.officers[1].vault().carry_out(&motion).unwrap();
        let request = desk.vault().join_request().unwrap();
        let welcome = self.officers[1].vault().welcome_again(&request).unwrap();
        self.sync_officers();
        self.sync_officers();
        vigil_tests::join(&mut desk, &welcome).unwrap();
        self.committee.sync(&mut desk).unwrap();
        desk
    }

    fn give(&mut self, officer: usize, desk: &Device) {
        self.officers[officer].vault().give_recovery_share(&desk.id()).unwrap();
        self.committee.sync(&mut self.officers[officer]).unwrap();
        self.sync_officers();
    }
}

fn reads(device: &mut Device, words: &str) -> bool {
    let pieces = vigil_core::readable::everything(device.vault()).unwrap();
    pieces.iter().any(|piece| piece.windows(words.len()).any(|window| window == words.as_bytes()))
}

#[test]
fn two_of_three_officers_restore_what_every_lost_desk_could_read_and_one_does_not() {
    let mut district = District::new();
    district.deal(2);
    let mut desk = district.new_desk();
    assert!(!reads(&mut desk, NAME) && !reads(&mut desk, "Raxaul"));
    assert!(desk.vault().list(&ListQuery::default()).unwrap().is_empty());

    assert_eq!(desk.vault().recover().unwrap_err().code(), "not_allowed");
    district.give(0, &desk);
    district.committee.sync(&mut desk).unwrap();
    assert_eq!(desk.vault().recover().unwrap_err().code(), "not_allowed");
    assert!(!reads(&mut desk, NAME) && !reads(&mut desk, "Raxaul"));

    district.give(2, &desk);
    district.committee.sync(&mut desk).unwrap();
    let recovered = desk.vault().recover().unwrap();
    assert_eq!((recovered.epochs, recovered.records), (1, 2));
    assert!(reads(&mut desk, NAME) && reads(&mut desk, "Raxaul"));
    let view = desk.vault().show(&district.person).unwrap();
    assert!(view.fields.iter().any(|field| field.value == NAME));
    // Once more changes nothing, and after a restart what was recovered is still there, without the recovery key.
    assert_eq!(desk.vault().recover().unwrap().records, 0);
    desk.restart();
    assert!(reads(&mut desk, NAME));

    // The recovered desk is a desk: it reads what comes, starts an epoch and records.
    let seen = NewSighting { place: "Gate 4".into(), seen_at: Timestamp(0), description: None, people: None };
    let sighting = district.officers[1].vault().record_sighting(&seen).unwrap();
    district.committee.sync(&mut district.officers[1]).unwrap();
    district.committee.sync(&mut desk).unwrap();
    assert!(desk.vault().show(&sighting).is_ok());
}

#[test]
fn nothing_of_a_person_is_recovered_but_data_and_nobody_signs_in_anothers_name() {
    let mut district = District::new();
    district.deal(2);
    let mut desk = district.new_desk();
    district.give(0, &desk);
    district.give(1, &desk);
    district.committee.sync(&mut desk).unwrap();
    desk.vault().recover().unwrap();
    let lost = district.committee.desk.id();
    let note = NewSighting { place: "Gate 5".into(), seen_at: Timestamp(0), description: None, people: None };
    let record = desk.vault().record_sighting(&note).unwrap();
    let author = desk.vault().show(&record).unwrap().summary.author;
    assert_ne!(author, lost.to_string());
    assert_eq!(desk.vault().members().unwrap().iter().filter(|member| member.me).count(), 1);
}

#[test]
fn the_recovering_desk_alone_opens_the_shares_that_were_given_on() {
    let mut district = District::new();
    district.deal(2);
    let mut desk = district.new_desk();
    district.give(0, &desk);
    district.give(1, &desk);
    // With one officer's home and everything that the others sealed, the shares on their way included, no name is read.
    let mut loot = Loot::default();
    loot.take_home(district.officers[2].vault()).unwrap();
    loot.take_sealed(district.officers[0].vault()).unwrap();
    loot.take_sealed(district.committee.desk.vault()).unwrap();
    let opened = |loot: &Loot| loot.read().iter().any(|piece| piece.windows(6).any(|window| window == b"Kopila"));
    assert!(!opened(&loot));
    // The control: with the home of who was on duty it is read.
    loot.take_home(district.officers[0].vault()).unwrap();
    assert!(opened(&loot));

    let mut stranger = district.committee.admit("Other desk", Role::Desk);
    district.committee.sync_desk().unwrap();
    district.committee.sync(&mut stranger).unwrap();
    district.sync_officers();
    assert_eq!(stranger.vault().recover().unwrap_err().code(), "not_allowed");
    let error = district.officers[2].vault().give_recovery_share(&stranger.id()).unwrap_err();
    assert!(matches!(error, VigilError::NotAllowed { .. }));
    district.committee.sync(&mut desk).unwrap();
    assert!(desk.vault().recover().is_ok());
}

#[test]
fn the_drill_says_whether_a_share_opens_and_who_has_given() {
    let mut district = District::new();
    assert_eq!(district.officers[0].vault().recovery().unwrap().threshold, None);
    district.deal(3);
    for officer in &mut district.officers {
        let view = officer.vault().recovery().unwrap();
        assert_eq!((view.threshold, view.holders.len(), view.mine_opens), (Some(3), 3, Some(true)));
    }
    assert_eq!(district.committee.desk.vault().recovery().unwrap().mine_opens, None);
    let desk = district.new_desk();
    district.give(1, &desk);
    let view = district.officers[0].vault().recovery().unwrap();
    assert_eq!((view.waiting.len(), view.waiting[0].given), (1, 1));
    // Dealt anew, the earlier shares count no more.
    district.deal(2);
    let view = district.officers[0].vault().recovery().unwrap();
    assert_eq!((view.threshold, view.waiting[0].given), (Some(2), 0));
}

#[test]
fn a_key_of_another_committee_and_thresholds_that_do_not_fit_are_refused() {
    let mut district = District::new();
    let holders: Vec<DeviceId> = district.officers.iter().map(Device::id).collect();
    let (_, foreign) = Committee::with_recovery_key();
    let desk = district.committee.desk.vault();
    for (key, officers, threshold) in [
        (foreign.text(), holders.as_slice(), 2),
        (&district.recovery_key.text()[..40], &holders, 2),
        (district.recovery_key.text(), &holders, 1),
        (district.recovery_key.text(), &holders, 4),
    ] {
        assert_eq!(desk.deal_recovery_key(key, officers, threshold).unwrap_err().code(), "invalid", "{threshold}");
    }
    let key = district.recovery_key.text();
    assert_eq!(district.officers[0].vault().deal_recovery_key(key, &holders, 2).unwrap_err().code(), "not_allowed");
}

#[test]
fn a_recovering_desk_takes_in_nothing_that_is_for_auditors() {
    let mut district = District::new();
    // The officer on duty reads the person: the read is sealed to the recovery key too, since there is no auditor.
    district.officers[0].vault().show(&district.person).unwrap();
    district.sync_officers();
    district.deal(2);
    let mut desk = district.new_desk();
    district.give(0, &desk);
    district.give(1, &desk);
    district.committee.sync(&mut desk).unwrap();
    desk.vault().recover().unwrap();
    let audit = ListQuery { kind: Some("audit".into()), ..ListQuery::default() };
    assert!(desk.vault().list(&audit).unwrap().is_empty());
    assert!(reads(&mut desk, NAME));
}

#[test]
fn an_archive_is_written_when_two_persons_have_decided_and_not_before() {
    let mut district = District::new();
    let (motion, key) = district.committee.desk.vault().propose_export().unwrap();
    let folder = Folder::new("archive");
    let path = folder.path().join("archive");
    let mut early = std::fs::File::create(&path).unwrap();
    let error = district.committee.desk.vault().export(&motion, &mut early, &mut |_, _| {}).unwrap_err();
    assert_eq!((error.code(), std::fs::metadata(&path).unwrap().len()), ("not_allowed", 0));

    district.committee.sync_desk().unwrap();
    district.sync_officers();
    district.officers[1].vault().second(&motion).unwrap();
    district.sync_officers();
    district.committee.sync_desk().unwrap();
    let mut file = std::fs::File::create(&path).unwrap();
    let report = district.committee.desk.vault().export(&motion, &mut file, &mut |_, _| {}).unwrap();
    assert_eq!(report.records, 1);
    // The officer on duty holds the identity: her archive, on the same decision, holds it, too.
    district.committee.sync_desk().unwrap();
    district.sync_officers();
    let mut hers = Vec::new();
    district.officers[0].vault().export(&motion, &mut hers, &mut |_, _| {}).unwrap();
    let mut lines = Vec::new();
    read_archive(hers.as_slice(), key.text(), &mut lines).unwrap();
    assert!(String::from_utf8(lines).unwrap().contains(NAME));
    assert!(!hers.windows(6).any(|window| window == b"Kopila"));
}

#[test]
fn a_recovery_takes_as_many_persons_as_the_policy_says() {
    let mut district = District::new();
    district.deal(2);
    let mut desk = Device::create("New desk");
    let request = desk.vault().join_request().unwrap();
    let motion = district.officers[0].vault().propose_recovery(&request, "New desk").unwrap();
    assert!(district.officers[0].vault().carry_out(&motion).is_err());
    // A second device of the same person is no second person.
    let mut again = Device::create("Asha's other phone");
    let request = again.vault().join_request().unwrap();
    let admission = Admission {
        role: Role::Officer,
        probation: false,
        same_person_as: Some(district.officers[0].id()),
        days: 90,
        details: Details::default(),
    };
    let welcome = district.officers[0].vault().admit_as(&request, &admission).unwrap();
    vigil_tests::join(&mut again, &welcome).unwrap();
    district.sync_officers();
    district.committee.sync(&mut again).unwrap();
    assert_eq!(again.vault().second(&motion).unwrap_err().code(), "not_allowed");
    assert!(again.vault().carry_out(&motion).is_err());
    // A second person is.
    district.officers[1].vault().second(&motion).unwrap();
    district.officers[1].vault().carry_out(&motion).unwrap();
}
