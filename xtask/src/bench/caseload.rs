//! Time: a desk with so many records, from its first sync on. The records are a checkpoint's mix, written by another device
//! and pulled from the real server.

use super::figures::{Figures, median, milliseconds, timed};
use crate::committee::{Committee, Device, Said, drawn};
use crate::dictionary::one_field;
use rusqlite::Connection;
use vigil::demo::bulk::Screenings;
use vigil::demo::people::{Corpus, People, Script};
use vigil_core::records::FieldName;
use vigil_core::{ListQuery, RecordId, Role};

/// How often what takes seconds is measured.
const SLOW_RUNS: usize = 5;
/// How often what takes milliseconds is measured.
const RUNS: usize = 51;
/// Records in a list on a screen.
const SCREEN: u32 = 50;

/// Puts every figure of a caseload of `count` screenings, named with `label`. The persons in them are records beside these.
pub(crate) fn run(figures: &mut Figures, count: u64, label: &str) -> Result<(), String> {
    figures.say(&format!("writing {label} records"));
    let mut committee = Committee::new(&format!("caseload-{label}"))?;
    let mut author = committee.admit(Role::Monitor)?;
    // The desk on duty can open the identities, too; one that comes later reads the screenings alone.
    let mut desk = committee.admit(Role::Desk)?;
    committee.put_on_duty(&desk)?;
    committee.sync(&mut author)?;
    let records = fill(&committee, &mut author, count)?;

    figures.say(&format!("first sync of {label} records"));
    let seconds = first_sync(&committee, &mut desk, records)?;
    figures.put(format!("first_sync_{label}_on_duty_s"), seconds, "s");
    figures.put(format!("first_sync_{label}_on_duty_records"), records as f64, "records");
    let mut times = Vec::new();
    for _ in 0..if count > 10_000 { 1 } else { SLOW_RUNS } {
        let mut late = committee.admit(Role::Desk)?;
        times.push(first_sync(&committee, &mut late, count)?);
    }
    let seconds = median(times);
    figures.put(format!("first_sync_{label}_s"), seconds, "s");
    figures.put(format!("first_sync_{label}_per_record_ms"), seconds * 1000.0 / count as f64, "ms");

    figures.say(&format!("a desk with {label} records"));
    reading(figures, &desk, label)?;
    desk = opening(figures, desk, label)?;
    saving(figures, &mut desk, label)?;
    idle(figures, &committee, &mut desk, label)
}

fn first_sync(committee: &Committee, device: &mut Device, records: u64) -> Result<f64, String> {
    let (synced, time) = timed(|| committee.sync(device));
    let brought = synced?.0.new_records;
    if brought != records {
        return Err(format!("the first sync brought {brought} of {records} records"));
    }
    Ok(time.as_secs_f64())
}

/// Records so many screenings and sends them; gives how many records there are with the persons in them.
fn fill(committee: &Committee, author: &mut Device, count: u64) -> Result<u64, String> {
    let mut screenings = Screenings::new(Corpus::Bench, 31);
    let mut records = 0;
    for number in 1..=count {
        records += author.record(&drawn(&mut screenings)?)?.1;
        // A backlog of days, not of years.
        if number % 1_000 == 0 {
            committee.sync(author)?;
        }
    }
    committee.sync(author)?;
    Ok(records)
}

fn reading(figures: &mut Figures, desk: &Device, label: &str) -> Result<(), String> {
    let query = ListQuery { limit: SCREEN, ..ListQuery::default() };
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let (listed, time) = timed(|| desk.vault.list(&query));
        if listed.said()?.len() != SCREEN as usize {
            return Err("the list is not full".to_owned());
        }
        times.push(milliseconds(time));
    }
    figures.put(format!("list50_of_{label}_ms"), median(times), "ms");

    let mut people = People::new(Corpus::Bench, 31);
    let (mut times, mut found) = (Vec::new(), 0);
    for run in 0..RUNS {
        let script = if run % 2 == 0 { Script::Latin } else { Script::Devanagari };
        // A place or a name, as somebody would type it: the beginning of one word or two.
        let text = if run % 3 == 0 { people.village(script) } else { people.name(script) };
        let word = text.split_whitespace().next().unwrap_or_default().to_owned();
        let (hits, time) = timed(|| desk.vault.search(&word, SCREEN));
        found += hits.said()?.len();
        times.push(milliseconds(time));
    }
    if found == 0 {
        return Err("no search found anything".to_owned());
    }
    figures.put(format!("search_of_{label}_ms"), median(times.clone()), "ms");
    figures.put(format!("search_of_{label}_slowest_ms"), times.into_iter().fold(0.0, f64::max), "ms");
    Ok(())
}

fn opening(figures: &mut Figures, desk: Device, label: &str) -> Result<Device, String> {
    let mut desk = desk;
    let mut times = Vec::new();
    for _ in 0..SLOW_RUNS {
        let (reopened, time) = desk.reopen()?;
        desk = reopened;
        times.push(milliseconds(time));
    }
    // Most of it is Argon2id, which is meant to take long.
    figures.put(format!("open_{label}_ms"), median(times), "ms");
    Ok(desk)
}

/// A save beside an insert of as many bytes into a plain table, in turn, with the same durability and on the same disk.
fn saving(figures: &mut Figures, desk: &mut Device, label: &str) -> Result<(), String> {
    let bare = Bare::create(desk)?;
    // About as much as the record, its columns and its place in the outbox come to.
    let content = vec![7; 2_000];
    let mut screenings = Screenings::new(Corpus::Bench, 51);
    let mut people = People::new(Corpus::Bench, 52);
    let (mut saves, mut edits, mut inserts) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS * 2 {
        let mut input = drawn(&mut screenings)?;
        input.persons.clear();
        let (recorded, time) = timed(|| desk.record(&input));
        let record: RecordId = recorded?.0;
        saves.push(milliseconds(time));
        let (inserted, time) = timed(|| bare.insert(&content));
        inserted?;
        inserts.push(milliseconds(time));
        let (name, value) = one_field(&mut people);
        let field = FieldName::new(name).said()?;
        let (edited, time) = timed(|| desk.vault.edit(&record, &[(field, Some(value))]));
        edited.said()?;
        edits.push(milliseconds(time));
    }
    let (save, insert) = (median(saves), median(inserts));
    figures.put(format!("save_at_{label}_ms"), save, "ms");
    figures.put(format!("edit_at_{label}_ms"), median(edits), "ms");
    figures.put(format!("bare_insert_at_{label}_ms"), insert, "ms");
    figures.put(format!("save_at_{label}_to_bare_insert"), save / insert, "times");
    Ok(())
}

/// A sync with nothing to send and nothing to take.
fn idle(figures: &mut Figures, committee: &Committee, desk: &mut Device, label: &str) -> Result<(), String> {
    committee.sync(desk)?;
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..SLOW_RUNS * 2 {
        let (synced, time) = timed(|| committee.sync(desk));
        let (_, exchanges) = synced?;
        bytes = exchanges.iter().map(|exchange| exchange.request.len() + exchange.answer.len()).sum();
        times.push(milliseconds(time));
    }
    figures.put(format!("idle_at_{label}_ms"), median(times), "ms");
    figures.put(format!("idle_at_{label}_bytes"), bytes as f64, "bytes");
    Ok(())
}

/// A plain SQLite table: no encryption, no index, nothing but the insert.
struct Bare(Connection);

impl Bare {
    fn create(desk: &Device) -> Result<Self, String> {
        let path = desk.home().with_extension("bare");
        let connection = Connection::open(path).said()?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE IF NOT EXISTS bare (number INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;",
            )
            .said()?;
        Ok(Self(connection))
    }

    fn insert(&self, content: &[u8]) -> Result<(), String> {
        self.0.prepare_cached("INSERT INTO bare (content) VALUES (?1)").said()?.execute([content]).said()?;
        Ok(())
    }
}
