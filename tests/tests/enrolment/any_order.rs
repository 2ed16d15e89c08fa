//! Appending, rebasing, carrying and syncing in any order come to the same.

use super::{listed, record};
use proptest::prelude::*;
use vigil_core::{Role, VigilError};
use vigil_tests::{Committee, Device, join};

#[derive(Clone, Copy, Debug)]
enum Step {
    OfficerSyncs,
    OtherAppends,
    OtherSyncs,
    DeskWrites,
    DeskSyncs,
    PhoneRecords,
    PhoneSyncs,
    DeskTakesCopies,
    OtherTakesCopies,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let one = prop::sample::select(vec![
        OfficerSyncs,
        OtherAppends,
        OtherSyncs,
        DeskWrites,
        DeskSyncs,
        PhoneRecords,
        PhoneSyncs,
        DeskTakesCopies,
        OtherTakesCopies,
    ]);
    prop::collection::vec(one, 4..14)
}

struct Scene {
    committee: Committee,
    officer: Device,
    other: Device,
    phone: Device,
    code: String,
    records: Vec<String>,
}

impl Scene {
    fn new() -> Self {
        let mut committee = Committee::new();
        let mut officer = committee.admit("Officer", Role::Officer);
        let mut other = committee.admit("Other", Role::Officer);
        committee.sync_desk().unwrap();
        committee.sync(&mut officer).unwrap();
        committee.sync(&mut other).unwrap();
        let mut phone = Device::create("Phone");
        let request = phone.vault().join_request().unwrap();
        let code = officer.vault().admit(&request, Role::Monitor, "Maya").unwrap();
        join(&mut phone, &code).unwrap();
        Self { committee, officer, other, phone, code, records: Vec::new() }
    }

    fn step(&mut self, step: Step) {
        let copies = self.phone.vault().sealed_copies().unwrap();
        match step {
            Step::OfficerSyncs => drop(self.committee.sync(&mut self.officer).unwrap()),
            Step::OtherAppends => self.other.vault().append_certificate(&self.code).unwrap(),
            Step::OtherSyncs => drop(self.committee.sync(&mut self.other).unwrap()),
            Step::DeskWrites => {
                let desk = self.committee.desk.id();
                self.committee.desk.vault().set_intake(&[desk]).unwrap();
            }
            Step::DeskSyncs => drop(self.committee.sync_desk().unwrap()),
            Step::PhoneRecords => {
                let place = format!("Gate {}", self.records.len());
                self.records.push(record(&mut self.phone, &place).to_string());
            }
            Step::PhoneSyncs => match self.committee.sync(&mut self.phone) {
                Ok(_) | Err(VigilError::NotAppendedYet) => {}
                Err(error) => panic!("{error}"),
            },
            Step::DeskTakesCopies => drop(self.committee.desk.vault().take_in_copies(&copies).unwrap()),
            Step::OtherTakesCopies => drop(self.other.vault().take_in_copies(&copies).unwrap()),
        }
    }

    fn settle(&mut self) {
        for _ in 0..3 {
            for step in [Step::OfficerSyncs, Step::OtherSyncs, Step::DeskSyncs, Step::PhoneSyncs] {
                self.step(step);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_order_of_appending_rebasing_and_carrying_comes_to_the_same(steps in steps()) {
        let mut scene = Scene::new();
        steps.iter().for_each(|step| scene.step(*step));
        scene.settle();
        scene.records.sort();
        prop_assert!(!scene.phone.vault().is_provisional().unwrap());
        prop_assert_eq!(&listed(&mut scene.phone), &scene.records);
        prop_assert_eq!(&listed(&mut scene.committee.desk), &scene.records);
        let members = |device: &mut Device| {
            let mut ids: Vec<_> =
                device.vault().members().unwrap().into_iter().map(|member| (member.device, member.role)).collect();
            ids.sort();
            ids
        };
        let same = members(&mut scene.phone);
        prop_assert_eq!(same.len(), 4);
        let desk = &mut scene.committee.desk;
        for device in [&mut scene.officer, &mut scene.other, desk] {
            prop_assert_eq!(&members(device), &same);
            prop_assert_eq!(device.vault().status().unwrap().carried, 0);
        }
    }
}
