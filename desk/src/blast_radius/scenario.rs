//! What happens in the two districts: weeks of work by twelve devices under a clock that the scenario sets.
//! It promises that every step is a command that a person could give, and that images are taken before each hand-over, when a
//! device holds most.

use serde_json::{Value, json};

use super::party::{DISTRICTS, Folders, Identity, Part, Party, Place, SERVER};
use crate::DeskError;
use crate::agent::AgentCommand;
use crate::demo::processes::{AgentProcess, ServerProcess};
use crate::forensic::marks::{Marks, Seeds};
use crate::forensic::places::dump_memory;

/// 1 June 2026, 06:15.
const START: i64 = 1_780_294_500_000;
const HOUR: i64 = 60 * 60 * 1000;
const WEEK: i64 = 7 * 24 * HOUR;
const SEED: u64 = 1926;
/// Records that three persons' screenings leave on average: two screenings hold three persons.
const RECORDS_OF_TWO_SCREENINGS: usize = 5;
/// How long certificates are renewed for.
const CERTIFICATE_DAYS: u16 = 90;

/// Everything that runs, and what was done.
pub(super) struct World {
    pub(super) folders: Folders,
    server: ServerProcess,
    parties: Vec<Party>,
    marks: Marks,
    pub(super) now: i64,
    pub(super) identities: Vec<Identity>,
    pub(super) seeds: Seeds,
    pub(super) recovery_keys: Vec<String>,
    removed: Option<Place>,
    /// The cards by which the districts know each other's spaces.
    spaces: Vec<String>,
    weeks: usize,
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn command(value: Value) -> Result<AgentCommand, DeskError> {
    serde_json::from_value(value).map_err(|error| DeskError::DoesNotHold(format!("a command: {error}")))
}

fn does_not_hold(why: impl Into<String>) -> DeskError {
    DeskError::DoesNotHold(why.into())
}

impl World {
    /// Starts a server and twelve devices, and founds two spaces.
    pub(super) async fn begin(folders: Folders, program: &std::path::Path, weeks: usize) -> Result<Self, DeskError> {
        let mut server = ServerProcess::start_with_clock(program, &folders.living(SERVER)).await?;
        server.set_clock(START).await?;
        let card =
            std::fs::read_to_string(&server.card).map_err(|error| DeskError::file("the server's card", error))?;
        let (mut parties, mut recovery_keys) = (Vec::new(), Vec::new());
        for place in Place::all() {
            let mut process = AgentProcess::start_quietly(program, &place.name(), folders.root())?;
            process.ask(&AgentCommand::Clock { now: START }).await?;
            let device = text(&process.ask(&AgentCommand::Init { name: place.name() }).await?, "device");
            parties.push(Party { place, process, device });
        }
        let mut world = Self {
            folders,
            server,
            parties,
            marks: Marks::new(SEED),
            now: START,
            identities: Vec::new(),
            seeds: Seeds::default(),
            recovery_keys: Vec::new(),
            removed: None,
            spaces: Vec::new(),
            weeks,
        };
        for district in 0..DISTRICTS {
            let desk = Place::new(district, Part::Desk);
            let founded = world.ask(desk, &AgentCommand::CreateSpace { server_card: Some(card.clone()) }).await?;
            recovery_keys.push(text(&founded, "recovery_key"));
            for part in Part::ALL.into_iter().filter(|part| *part != Part::Desk) {
                let place = Place::new(district, part);
                let request = text(&world.ask(place, &AgentCommand::JoinRequest {}).await?, "request");
                let admit = AgentCommand::Admit { request, role: part.role().to_owned(), name: place.name() };
                let welcome = text(&world.ask(desk, &admit).await?, "welcome");
                world.ask(place, &AgentCommand::Join { welcome }).await?;
            }
            world.spread(district, None).await?;
        }
        world.recovery_keys = recovery_keys;
        world.exchange_cards().await?;
        Ok(world)
    }

    fn party(&mut self, place: Place) -> Result<&mut Party, DeskError> {
        let found = self.parties.iter_mut().find(|party| party.place == place);
        found.ok_or_else(|| does_not_hold(format!("there is no {}", place.name())))
    }

    async fn ask(&mut self, place: Place, command: &AgentCommand) -> Result<Value, DeskError> {
        self.party(place)?.ask(command).await
    }

    fn device(&mut self, place: Place) -> Result<String, DeskError> {
        Ok(self.party(place)?.device.clone())
    }

    /// Each space's card, so that every officer and desk of the other one can share with it.
    async fn exchange_cards(&mut self) -> Result<(), DeskError> {
        for district in 0..DISTRICTS {
            let name = format!("District {}", district + 1);
            let card = json!({"do": "sharing", "with": {"card": {"name": name, "kind": "committee"}}});
            let card = self.ask(Place::new(district, Part::Desk), &command(card)?).await?;
            self.spaces.push(text(&card, "space"));
            let import = json!({"card": text(&card, "card"), "number": text(&card, "number")});
            let import = json!({"do": "sharing", "with": {"import_card": import}});
            for part in Part::ALL.into_iter().filter(|part| part.leads()) {
                self.ask(Place::new(1 - district, part), &command(import.clone())?).await?;
            }
        }
        Ok(())
    }

    async fn set_time(&mut self, now: i64) -> Result<(), DeskError> {
        self.now = now;
        self.server.set_clock(now).await?;
        for party in &mut self.parties {
            party.ask(&AgentCommand::Clock { now }).await?;
        }
        Ok(())
    }

    async fn sync(&mut self, place: Place) -> Result<(), DeskError> {
        if self.removed == Some(place) {
            return Ok(());
        }
        let answer = self.ask(place, &AgentCommand::Sync { attempts: 2 }).await?;
        if text(&answer, "outcome") != "complete" {
            return Err(does_not_hold(format!("the sync of {} did not end", place.name())));
        }
        for identity in self.identities.iter_mut().filter(|identity| identity.recorded_by == place) {
            identity.sent = true;
        }
        Ok(())
    }

    /// Everybody of a district, the desk first: what it wrote in the log reaches all.
    async fn spread(&mut self, district: usize, silent: Option<Place>) -> Result<(), DeskError> {
        const ORDER: [Part; 6] =
            [Part::Desk, Part::FirstOfficer, Part::SecondOfficer, Part::Auditor, Part::Monitor, Part::Volunteer];
        self.sync_all(district, &ORDER, silent).await
    }

    /// Those who record, those who receive, and the former once more for what the latter say to it.
    async fn gather(&mut self, district: usize, silent: Option<Place>) -> Result<(), DeskError> {
        const ORDER: [Part; 9] = [
            Part::Volunteer,
            Part::Monitor,
            Part::FirstOfficer,
            Part::SecondOfficer,
            Part::Desk,
            Part::FirstOfficer,
            Part::SecondOfficer,
            Part::Volunteer,
            Part::Monitor,
        ];
        self.sync_all(district, &ORDER, silent).await
    }

    async fn sync_all(&mut self, district: usize, order: &[Part], silent: Option<Place>) -> Result<(), DeskError> {
        for place in order.iter().map(|part| Place::new(district, *part)) {
            if silent != Some(place) {
                self.sync(place).await?;
            }
        }
        Ok(())
    }

    /// All weeks. What the volunteer of the first district records in the last one stays unsent.
    pub(super) async fn live(&mut self, records: usize) -> Result<(), DeskError> {
        let screenings = records * 2 / RECORDS_OF_TWO_SCREENINGS;
        for week in 0..self.weeks {
            let last = week + 1 == self.weeks;
            let silent = last.then_some(Place::new(0, Part::Volunteer));
            self.set_time(START + i64::try_from(week).unwrap_or(0) * WEEK + HOUR).await?;
            for district in 0..DISTRICTS {
                self.spread(district, None).await?;
                self.begin_week(district, week).await?;
                self.spread(district, None).await?;
            }
            let numbers = screenings * week / self.weeks..screenings * (week + 1) / self.weeks;
            let first = self.identities.len();
            for number in numbers {
                self.screen(number, week).await?;
            }
            self.take_images(&format!("week-{:02}", week + 1))?;
            self.set_time(self.now + HOUR).await?;
            for district in 0..DISTRICTS {
                self.gather(district, silent).await?;
            }
            self.handle_cases(first, week, silent).await?;
            for district in 0..DISTRICTS {
                self.spread(district, silent).await?;
            }
            if week == self.weeks / 2 {
                self.close_out(Place::new(1, Part::SecondOfficer)).await?;
            }
            if week == self.weeks * 3 / 4 {
                self.hand_caseload_over().await?;
            }
        }
        Ok(())
    }

    /// The officers of a district take turns.
    fn on_duty(&self, district: usize, week: usize) -> Place {
        let second = Place::new(district, Part::SecondOfficer);
        if week % 2 == 1 && self.removed != Some(second) { second } else { Place::new(district, Part::FirstOfficer) }
    }

    async fn begin_week(&mut self, district: usize, week: usize) -> Result<(), DeskError> {
        let on_duty = self.device(self.on_duty(district, week))?;
        let desk = Place::new(district, Part::Desk);
        self.ask(desk, &AgentCommand::Intake { devices: vec![on_duty] }).await?;
        if week == self.weeks * 2 / 3 {
            self.renew(district).await?;
        }
        Ok(())
    }

    /// Certificates end after ninety days: the desk renews everybody's, and an officer the desk's.
    async fn renew(&mut self, district: usize) -> Result<(), DeskError> {
        let desk = Place::new(district, Part::Desk);
        for part in Part::ALL {
            let place = Place::new(district, part);
            if self.removed == Some(place) {
                continue;
            }
            let renew = AgentCommand::Renew { device: self.device(place)?, days: CERTIFICATE_DAYS };
            let by = if place == desk { Place::new(district, Part::FirstOfficer) } else { desk };
            self.ask(by, &renew).await?;
            // Two hands on one log: each sees the other's entries first.
            self.sync(by).await?;
            self.sync(desk).await?;
            self.sync(Place::new(district, Part::FirstOfficer)).await?;
        }
        Ok(())
    }

    /// One screening with one person or two.
    async fn screen(&mut self, number: usize, week: usize) -> Result<(), DeskError> {
        let district = number % DISTRICTS;
        let turn = number / DISTRICTS;
        let on_duty = self.on_duty(district, week);
        let recorded_by = match turn % 5 {
            // Something is to stay unsent in the end.
            _ if district == 0 && week + 1 == self.weeks => Place::new(district, Part::Volunteer),
            1 => Place::new(district, Part::Monitor),
            4 => Place::new(district, Part::FirstOfficer),
            _ => Place::new(district, Part::Volunteer),
        };
        let mut names = Vec::new();
        for _ in 0..=turn % 2 {
            names.push(self.marks.name(&mut self.seeds));
        }
        let person = |name: &String| json!({"role": "traveller", "name": name, "birth_year": 1996});
        let screen = json!({
            "screening": {
                "station": "East gate", "started_at": self.now, "age_band": "adult",
                "instrument": "border_interception@1",
                "answers": {"phone_withheld": "yes", "accounts_contradict": "yes"},
            },
            "persons": names.iter().map(person).collect::<Vec<_>>(),
            "decision": {"outcome": "intercepted", "agreement": "agreed"},
        });
        let answer = self.ask(recorded_by, &command(json!({"do": "screen", "with": screen}))?).await?;
        let persons = answer.get("persons").and_then(Value::as_array).cloned().unwrap_or_default();
        for (name, person) in names.into_iter().zip(persons) {
            let readers = [on_duty].into_iter().chain(Some(recorded_by).filter(|place| place.part.leads()));
            self.identities.push(Identity {
                name,
                person: person.as_str().unwrap_or_default().to_owned(),
                screening: text(&answer, "screening"),
                recorded_by,
                recorded_at: self.now,
                readers: readers.collect(),
                sent: false,
                erased: false,
                after_removal: self.removed.is_some_and(|removed| removed.district == district),
            });
        }
        Ok(())
    }

    /// What officers and desks do with the cases of a week that arrived: of ten that volunteers recorded one is let go, one
    /// referred, one shared with the other district, and three are given to others.
    async fn handle_cases(&mut self, first: usize, week: usize, silent: Option<Place>) -> Result<(), DeskError> {
        for number in first..self.identities.len() {
            let Some(identity) = self.identities.get(number) else { continue };
            let (by, district) = (identity.recorded_by, identity.recorded_by.district);
            if by.part != Part::Volunteer || Some(by) == silent || identity.erased {
                continue;
            }
            let (person, screening) = (identity.person.clone(), identity.screening.clone());
            let on_duty = self.on_duty(district, week);
            let desk = Place::new(district, Part::Desk);
            let other = match on_duty.part {
                Part::FirstOfficer => Place::new(district, Part::SecondOfficer),
                _ => Place::new(district, Part::FirstOfficer),
            };
            match number % 10 {
                0 => {
                    self.assign(desk, &screening, &[on_duty]).await?;
                    self.decide(on_duty, &screening, json!({"outcome": "let_go"})).await?;
                    let gone = self.identities.iter_mut().filter(|identity| identity.screening == screening);
                    gone.for_each(|identity| identity.erased = true);
                }
                1 | 2 if self.removed != Some(other) => self.assign_person(on_duty, number, &[other]).await?,
                3 => self.assign_person(on_duty, number, &[on_duty, desk]).await?,
                4 => self.assign_person(on_duty, number, &[on_duty]).await?,
                5 => {
                    self.assign(desk, &screening, &[on_duty]).await?;
                    self.decide(on_duty, &screening, json!({"outcome": "referred", "to": "Shelter"})).await?;
                }
                6 => self.share(on_duty, number, &person).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn assign(&mut self, by: Place, record: &str, to: &[Place]) -> Result<(), DeskError> {
        let devices = to.iter().map(|place| self.device(*place)).collect::<Result<_, _>>()?;
        self.ask(by, &AgentCommand::Assign { record: record.to_owned(), devices }).await?;
        for place in [by].iter().chain(to) {
            self.sync(*place).await?;
        }
        Ok(())
    }

    async fn assign_person(&mut self, by: Place, number: usize, to: &[Place]) -> Result<(), DeskError> {
        let person = self.identities.get(number).map(|identity| identity.person.clone()).unwrap_or_default();
        self.assign(by, &person, to).await?;
        if let Some(identity) = self.identities.get_mut(number) {
            identity.readers.extend(to);
        }
        Ok(())
    }

    async fn decide(&mut self, by: Place, record: &str, decision: Value) -> Result<(), DeskError> {
        let decide = json!({"do": "decide", "with": {"record": record, "decision": decision}});
        self.ask(by, &command(decide)?).await?;
        self.sync(by).await
    }

    /// She consents, and the other district's desk takes the share in, where its officer on duty reads it too.
    async fn share(&mut self, by: Place, number: usize, person: &str) -> Result<(), DeskError> {
        let there = 1 - by.district;
        let consent = json!({"purpose": "referral", "recipient": "committee", "language": "ne"});
        let consent = json!({"do": "sharing", "with": {"give_consent": {"record": person, "consent": consent}}});
        self.ask(by, &command(consent)?).await?;
        let space = self.spaces.get(there).cloned().unwrap_or_default();
        let share = json!({"do": "sharing", "with": {"share": {
            "record": person, "space": space, "purpose": "referral", "fields": {"person": ["name"]},
        }}});
        let message = text(&self.ask(by, &command(share)?).await?, "message");
        let desk = Place::new(there, Part::Desk);
        let accept = json!({"do": "sharing", "with": {"accept_share": {"message": message}}});
        self.ask(desk, &command(accept)?).await?;
        let takers = Part::ALL.into_iter().filter(|part| part.leads()).map(|part| Place::new(there, part));
        let week = usize::try_from((self.now - START) / WEEK).unwrap_or(0);
        let on_duty = self.on_duty(there, week);
        let takers: Vec<Place> = takers.filter(|place| *place == desk || *place == on_duty).collect();
        for place in &takers {
            self.sync(*place).await?;
        }
        if let Some(identity) = self.identities.get_mut(number) {
            identity.readers.extend(takers);
        }
        Ok(())
    }

    /// An officer is suspended at once, and removed by two persons.
    async fn close_out(&mut self, place: Place) -> Result<(), DeskError> {
        let (desk, second) = (Place::new(place.district, Part::Desk), Place::new(place.district, Part::FirstOfficer));
        let device = self.device(place)?;
        self.ask(desk, &AgentCommand::Suspend { device: device.clone() }).await?;
        self.removed = Some(place);
        let motion = text(&self.ask(desk, &AgentCommand::MoveRemoval { device }).await?, "motion");
        self.spread(place.district, None).await?;
        self.ask(second, &AgentCommand::Second { motion: motion.clone() }).await?;
        self.sync(second).await?;
        self.spread(place.district, None).await?;
        self.ask(desk, &AgentCommand::CarryOut { motion }).await?;
        self.spread(place.district, None).await?;
        // What it is told now: nothing.
        let refused = self.party(place)?.tell(&AgentCommand::Sync { attempts: 1 }).await?;
        match refused {
            Err(refusal) if refusal.code == "removed" => Ok(()),
            _ => Err(does_not_hold(format!("the server still answers {}", place.name()))),
        }
    }

    /// The second officer of the first district leaves her cases to the first one.
    async fn hand_caseload_over(&mut self) -> Result<(), DeskError> {
        let (from, to) = (Place::new(0, Part::SecondOfficer), Place::new(0, Part::FirstOfficer));
        let hand_over = AgentCommand::HandOverCaseload { from: self.device(from)?, to: self.device(to)? };
        let answer = self.ask(from, &hand_over).await?;
        let records: Vec<&str> =
            answer.get("records").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for identity in &mut self.identities {
            if records.contains(&identity.person.as_str()) {
                identity.readers.insert(to);
            }
        }
        self.sync(from).await?;
        self.gather(0, None).await
    }

    /// Copies every home and the server's data as they are.
    fn take_images(&self, name: &str) -> Result<(), DeskError> {
        for party in Place::all().map(Place::name).chain([SERVER.to_owned()]) {
            Folders::copy(&self.folders.living(&party), &self.folders.images_of(&party).join(name))?;
        }
        Ok(())
    }

    /// Takes the last images, the hardware's folders and the memory of every process, and ends them.
    pub(super) async fn seize(&mut self) -> Result<(), DeskError> {
        self.take_images("week-end")?;
        let mut processes = vec![(SERVER.to_owned(), self.server.id()?)];
        for party in &self.parties {
            processes.push((party.place.name(), party.process.id()?));
        }
        for (name, process) in processes {
            let file = self.folders.memory_of(&name);
            dump_memory(process, &file).map_err(|error| DeskError::file(format!("the memory of {name}"), error))?;
        }
        for name in Place::all().map(Place::name) {
            let hardware = self.folders.living(&format!("{name}.hardware"));
            Folders::copy(&hardware, &self.folders.hardware_of(&name))?;
        }
        Ok(())
    }

    /// Who was removed.
    pub(super) const fn removed(&self) -> Option<Place> {
        self.removed
    }

    /// Ends every process.
    pub(super) async fn end(self) -> Result<Folders, DeskError> {
        for party in self.parties {
            party.process.end().await?;
        }
        self.server.stop().await?;
        Ok(self.folders)
    }
}
