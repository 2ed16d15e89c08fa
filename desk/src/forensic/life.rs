//! The full life of a device, as a process of its own: made, joined, draft, records, search, edits, sync, lock, erasure, end.
//! It promises that whatever is typed carries a mark, and to look for the marks at the same moments in every run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::marks::{Marked, Marks, Seeds};
use super::places::{Places, Scene, in_shared_folders};
use crate::DeskError;
use crate::agent::AgentCommand;
use crate::demo::network::Link;
use crate::demo::processes::{AgentProcess, ServerProcess};

/// People in one screening.
const GROUP: usize = 4;
/// 2 November 2026, 06:15.
const MORNING: u64 = 1_793_580_300_000;
const SEED: u64 = 2026;
/// The device that is looked at, and its home.
const SUBJECT: &str = "officer";

/// A screening that was recorded, with its people and what was typed for it.
struct Recorded {
    screening: String,
    persons: Vec<String>,
    people: Vec<Marked>,
    seeds: Seeds,
}

/// What was found at each moment of a life.
#[derive(Debug)]
pub(super) struct Moments {
    pub(super) unlocked: Places,
    /// The passphrase is looked for as well; so it is after the panic erase.
    pub(super) locked: Places,
    /// Only what was erased is looked for.
    pub(super) after_erase: Places,
    pub(super) after_panic: Places,
    /// How many were typed before the lock.
    pub(super) seeds: usize,
    pub(super) erased_seeds: usize,
}

/// A device, its committee's desk and the server, each a process.
pub(super) struct Life {
    root: PathBuf,
    server: ServerProcess,
    _link: Link,
    founder: AgentProcess,
    subject: AgentProcess,
    shared_before: BTreeSet<PathBuf>,
    marks: Marks,
    seeds: Seeds,
    recorded: Vec<Recorded>,
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn command(value: Value) -> Result<AgentCommand, DeskError> {
    serde_json::from_value(value).map_err(|error| DeskError::DoesNotHold(format!("a command: {error}")))
}

impl Life {
    /// Starts everything below `root`, which exists and is empty: a server, a desk that founds a space, and the device that
    /// is looked at, an officer on duty.
    pub(super) async fn begin(root: &Path, server_program: &Path, program: &Path) -> Result<Self, DeskError> {
        let shared_before = in_shared_folders();
        let folder = |name: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(&path).map_err(|error| DeskError::file(path.display().to_string(), error))?;
            Ok::<_, DeskError>(path)
        };
        let files = folder("files")?;
        folder("temporary")?;
        folder("logs")?;
        let link = Link::open().await.map_err(|error| DeskError::file("the network on loopback", error))?;
        let server = ServerProcess::start(server_program, &files.join("server"), link.address()).await?;
        link.lead_to(server.address);
        let mut founder = AgentProcess::start_quietly(program, "desk", root)?;
        let mut subject = AgentProcess::start_quietly(program, SUBJECT, root)?;
        let (mut marks, mut seeds) = (Marks::new(SEED), Seeds::default());
        founder.ask(&AgentCommand::Init { name: marks.name(&mut seeds) }).await?;
        let name = marks.name(&mut seeds);
        let device = subject.ask(&AgentCommand::Init { name: name.clone() }).await?;
        let card =
            std::fs::read_to_string(&server.card).map_err(|error| DeskError::file("the server's card", error))?;
        founder.ask(&AgentCommand::CreateSpace { server_card: Some(card) }).await?;
        let request = text(&subject.ask(&AgentCommand::JoinRequest {}).await?, "request").to_owned();
        let welcome = founder.ask(&AgentCommand::Admit { request, role: "officer".to_owned(), name }).await?;
        subject.ask(&AgentCommand::Join { welcome: text(&welcome, "welcome").to_owned() }).await?;
        founder.ask(&AgentCommand::Intake { devices: vec![text(&device, "device").to_owned()] }).await?;
        founder.ask(&AgentCommand::Sync { attempts: 2 }).await?;
        subject.ask(&AgentCommand::Sync { attempts: 2 }).await?;
        let root = root.to_owned();
        let recorded = Vec::new();
        Ok(Self { root, server, _link: link, founder, subject, shared_before, marks, seeds, recorded })
    }

    /// Records so many people, the first of them by way of a draft, and syncs.
    pub(super) async fn work(&mut self, people: usize) -> Result<(), DeskError> {
        for number in 0..people.div_ceil(GROUP) {
            let mut own = Seeds::default();
            let people: Vec<Marked> = (0..GROUP).map(|_| self.marks.person(&mut own)).collect();
            let observations = self.marks.note(&mut own);
            let screening = json!({
                "station": "East gate",
                "started_at": MORNING + number as u64 * 60_000,
                "age_band": "adult",
                "instrument": "border_interception@1",
                "answers": {"phone_withheld": "yes", "accounts_contradict": "yes"},
                "observations": observations,
            });
            let person = |person: &Marked| json!({"role": "traveller", "name": person.name, "phone": person.phone, "note": person.note});
            let persons: Vec<Value> = people.iter().map(person).collect();
            let decision = json!({"outcome": "intercepted", "agreement": "agreed"});
            let answer = if number == 0 {
                let draft = json!({"do": "draft", "with": {"screening": screening, "persons": persons}});
                let draft = self.subject.ask(&command(draft)?).await?;
                let finish = json!({"draft": text(&draft, "draft"), "decision": decision});
                self.subject.ask(&command(json!({"do": "finish", "with": finish}))?).await?
            } else {
                let screen = json!({"screening": screening, "persons": persons, "decision": decision});
                self.subject.ask(&command(json!({"do": "screen", "with": screen}))?).await?
            };
            let ids = answer.get("persons").and_then(Value::as_array).into_iter().flatten();
            let persons = ids.filter_map(Value::as_str).map(str::to_owned).collect();
            let screening = text(&answer, "screening").to_owned();
            self.recorded.push(Recorded { screening, persons, people, seeds: own });
        }
        self.sync().await
    }

    /// Searches for people, looks at their records and edits them, one in ten of each.
    pub(super) async fn use_records(&mut self) -> Result<(), DeskError> {
        for number in (0..self.recorded.len()).step_by(10) {
            let Some(one) = self.recorded.get_mut(number) else { continue };
            let (Some(person), Some(record)) = (one.people.first(), one.persons.first()) else { continue };
            let word = person.name.rsplit(' ').next().unwrap_or_default().to_owned();
            let found = self.subject.ask(&AgentCommand::Search { text: word }).await?;
            if found.as_array().is_none_or(Vec::is_empty) {
                return Err(DeskError::DoesNotHold("a name that was recorded is not found".to_owned()));
            }
            for id in [&one.screening, record] {
                self.subject.ask(&AgentCommand::Show { record: id.clone() }).await?;
            }
            let note = self.marks.note(&mut one.seeds);
            let edit = json!({"do": "edit", "with": {"record": record, "set": {"note": note}}});
            self.subject.ask(&command(edit)?).await?;
            let addendum = self.marks.note(&mut one.seeds);
            self.subject.ask(&AgentCommand::AddAddendum { record: record.clone(), text: addendum }).await?;
        }
        for command in [AgentCommand::List {}, AgentCommand::Conflicts {}, AgentCommand::States {}] {
            self.subject.ask(&command).await?;
        }
        self.sync().await
    }

    async fn sync(&mut self) -> Result<(), DeskError> {
        self.subject.ask(&AgentCommand::Sync { attempts: 3 }).await?;
        self.founder.ask(&AgentCommand::Sync { attempts: 3 }).await?;
        self.subject.ask(&AgentCommand::Sync { attempts: 3 }).await.map(drop)
    }

    /// Everything that was typed so far.
    fn all(&self) -> Seeds {
        let mut all = self.seeds.since(0);
        self.recorded.iter().for_each(|one| all.join(one.seeds.since(0)));
        all
    }

    fn look(&self, seeds: &Seeds) -> Result<Places, DeskError> {
        let scene = Scene {
            files: &self.root.join("files"),
            temporary: &self.root.join("temporary"),
            logs: &self.root.join("logs"),
            shared_before: &self.shared_before,
            process: self.subject.id()?,
        };
        scene.search(&seeds.search()?)
    }

    async fn lock(&mut self) -> Result<(), DeskError> {
        self.subject.ask(&AgentCommand::Lock {}).await.map(drop)
    }

    /// The life from the first record to the end of the home, with what was found on the way.
    pub(super) async fn live(mut self, people: usize) -> Result<Moments, DeskError> {
        self.work(people).await?;
        self.use_records().await?;
        let mut seeds = self.all();
        let count = seeds.count();
        let unlocked = self.look(&seeds)?;
        self.lock().await?;
        seeds.add(vec![AgentProcess::passphrase(SUBJECT)]);
        let locked = self.look(&seeds)?;

        self.subject.ask(&AgentCommand::Open {}).await?;
        let erased = self.erase().await?;
        self.sync().await?;
        self.lock().await?;
        let after_erase = self.look(&erased)?;

        self.subject.ask(&AgentCommand::Open {}).await?;
        self.use_records().await?;
        let mut seeds = self.all();
        seeds.add(vec![AgentProcess::passphrase(SUBJECT)]);
        self.panic().await?;
        let after_panic = self.look(&seeds)?;
        let moments =
            Moments { unlocked, locked, after_erase, after_panic, seeds: count, erased_seeds: erased.count() };
        self.end().await?;
        Ok(moments)
    }

    /// As [`Self::live`] up to the lock: what the files of a device without encryption show.
    pub(super) async fn live_until_locked(mut self, people: usize) -> Result<(Places, usize), DeskError> {
        self.work(people).await?;
        self.use_records().await?;
        let seeds = self.all();
        self.lock().await?;
        let locked = self.look(&seeds)?;
        self.end().await?;
        Ok((locked, seeds.count()))
    }

    /// Lets one screening in ten go, which erases it and the people in it; gives what is to be gone with them.
    async fn erase(&mut self) -> Result<Seeds, DeskError> {
        let mut erased = Seeds::default();
        let mut rest = Vec::new();
        for (number, one) in std::mem::take(&mut self.recorded).into_iter().enumerate() {
            if number % 10 > 0 {
                rest.push(one);
                continue;
            }
            // Somebody looks at it before, so that it has been in memory.
            for record in one.persons.iter().chain([&one.screening]) {
                self.subject.ask(&AgentCommand::Show { record: record.clone() }).await?;
            }
            let decide = json!({"do": "decide", "with": {"record": one.screening, "decision": {"outcome": "let_go"}}});
            self.subject.ask(&command(decide)?).await?;
            erased.join(one.seeds);
        }
        self.recorded = rest;
        Ok(erased)
    }

    /// Panic erase, while the home is open.
    async fn panic(&mut self) -> Result<(), DeskError> {
        let erased = self.subject.ask(&AgentCommand::Panic {}).await?;
        let whole = ["hardware_key", "key_file", "databases"].iter().all(|part| erased.get(part) == Some(&json!(true)));
        if whole { Ok(()) } else { Err(DeskError::DoesNotHold(format!("a panic erase left something: {erased}"))) }
    }

    async fn end(self) -> Result<(), DeskError> {
        self.subject.end().await?;
        self.founder.end().await?;
        self.server.stop().await
    }
}
