//! The demo from beginning to end, and what it says last: the desk's list, what was counted, what held.
//! Every figure promises to come from what was measured in this run.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::acts;
use super::checks::{self, Outcome, Searched};
use super::control::{self, Control};
use super::folder::RunFolder;
use super::run::{Run, Totals, string};
use super::scenario::Scenario;
use super::seeds::Seeds;
use super::story::{self, Story};
use crate::DeskError;
use crate::agent::AgentCommand;
use crate::cli::Output;
use crate::cli::arguments::Demo;
use crate::text::count;

/// What the demo measured.
struct Measured {
    outcome: Outcome,
    settled: usize,
    totals: Totals,
    seeds: Seeds,
    failures: Vec<String>,
}

/// Runs the demo.
pub(crate) fn run(output: &Output, demo: &Demo) -> Result<(), DeskError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| DeskError::file("the demo's processes", error))?;
    runtime.block_on(async {
        tokio::select! {
            result = play(output, demo) => result,
            // What was started and made is ended and removed with the values that stand for it.
            _ = vigil_sync_server::stop_signal() => Err(DeskError::DoesNotHold("the demo was stopped".to_owned())),
        }
    })
}

async fn play(output: &Output, demo: &Demo) -> Result<(), DeskError> {
    let started = Instant::now();
    let scenario = match &demo.scenario {
        Some(path) => Scenario::read(&crate::cli::session::text(&path.to_string_lossy())?)?,
        None => Scenario::first_week()?,
    };
    let folder = match &demo.keep {
        Some(root) => RunFolder::kept(root)?,
        None => RunFolder::temporary()?,
    };
    let program = std::env::current_exe().map_err(|error| DeskError::file("this program", error))?;
    let to_generate = demo.records.saturating_sub(acts::records_written(&scenario));
    let building = match &demo.positive_control {
        Some(path) => Building::Given(path.clone()),
        None => Building::Running(tokio::spawn(control::build())),
    };
    let story = Story::told(output);
    story.line(&scenario.title)?;
    story.line(&scenario.about)?;
    for device in &scenario.devices {
        story.line(&format!("  {:<10} {} ({})", device.id, crate::text::plain(&device.name), device.is))?;
    }
    // Both runs at once: each spends its time in processes of its own.
    let (measured, control) = tokio::try_join!(real_run(&scenario, story, &folder, &program, to_generate), async {
        control::run(&scenario, &program, &building.program().await?, to_generate).await
    },)?;
    let story = Story::told(output);
    let searched = checks::search(&folder, &measured.seeds)?;
    write_seeds(&folder, &measured.seeds)?;
    tell_search(&story, &searched, &measured.seeds)?;
    tell_control(&story, &control)?;
    let seconds = started.elapsed().as_secs_f64();
    let failures = failures(&measured, &searched, &control);
    tell_end(&story, &measured, &failures, seconds)?;
    if let Some(root) = &demo.keep {
        story.line(&format!("Everything is kept in {}.", root.display()))?;
    }
    if output.is_json() {
        output.answer(&result(&scenario, &measured, &searched, &control, seconds), [""; 0])?;
    }
    match failures.len() {
        0 => Ok(()),
        count => Err(DeskError::DoesNotHold(format!("{count} expectations did not hold"))),
    }
}

enum Building {
    Given(PathBuf),
    Running(tokio::task::JoinHandle<Result<PathBuf, DeskError>>),
}

impl Building {
    async fn program(self) -> Result<PathBuf, DeskError> {
        match self {
            Self::Given(path) => Ok(path),
            Self::Running(task) => task
                .await
                .map_err(|_| DeskError::DoesNotHold("the positive control's build was interrupted".to_owned()))?,
        }
    }
}

async fn real_run(
    scenario: &Scenario,
    story: Story<'_>,
    folder: &RunFolder,
    program: &std::path::Path,
    to_generate: u64,
) -> Result<Measured, DeskError> {
    let mut run = Run::start(scenario, story, folder, (program, program), to_generate).await?;
    run.play().await?;
    run.story.heading("The desk's list, with points and their reasons. Points never decide")?;
    let outcome = run.outcome().await?;
    tell_list(&mut run, &outcome).await?;
    run.end().await?;
    run.story.line("")?;
    run.story.line(
        "The same week also runs in a test-only build, to be searched in the same way; the first time it is built.",
    )?;
    let open: Vec<_> = run.questions.difference(&run.settled).cloned().collect();
    run.hold(open.len() as u64 == outcome.open, || format!("{} questions are open, not {}", outcome.open, open.len()))?;
    Ok(Measured {
        settled: run.settled.len(),
        totals: run.totals,
        seeds: std::mem::take(&mut run.seeds),
        failures: std::mem::take(&mut run.failures),
        outcome,
    })
}

async fn tell_list(run: &mut Run<'_>, outcome: &Outcome) -> Result<(), DeskError> {
    let desk = run.scenario.devices.iter().find(|device| device.role == "desk").map(|device| device.id.clone());
    let desk = desk.unwrap_or_default();
    let screenings: Vec<&Value> = outcome.desk_list.iter().filter(|row| string(row, "kind") == "screening").collect();
    let mut named: Vec<(String, &Value)> = Vec::new();
    for row in &screenings {
        let id = string(row, "id");
        named.extend(run.named.iter().find(|(_, named)| **named == id).map(|(name, _)| (name.clone(), *row)));
    }
    named.sort_by_key(|(_, row)| std::cmp::Reverse(row.get("points").and_then(Value::as_i64)));
    for (name, row) in &named {
        run.story.line(&story::row(name, row))?;
        let answer = run.ask(&desk, &AgentCommand::Show { record: string(row, "id") }).await?;
        if let Some(reasons) = story::reasons(&answer["view"]) {
            run.story.line(&format!("{:14} {reasons}", ""))?;
        }
    }
    let others = outcome.desk_list.len() - screenings.len();
    run.story.line(&format!(
        "and {} screenings from the queues, and {others} persons and sightings, which have no points",
        screenings.len() - named.len()
    ))
}

/// What was written, one string a line; what was erased on purpose or stands in no record, in a file of its own.
fn write_seeds(folder: &RunFolder, seeds: &Seeds) -> Result<(), DeskError> {
    let lines = |strings: &mut dyn Iterator<Item = &str>| {
        strings.fold(String::new(), |mut text, string| {
            text.push_str(string);
            text.push('\n');
            text
        })
    };
    folder.write("seeded.txt", lines(&mut seeds.kept()).as_bytes())?;
    folder.write("seeded-not-kept.txt", lines(&mut seeds.not_kept()).as_bytes())
}

fn tell_search(story: &Story<'_>, searched: &Searched, seeds: &Seeds) -> Result<(), DeskError> {
    story.heading("Searching every byte for the names, phones and notes")?;
    let (kept, not_kept) = (seeds.kept().count(), seeds.not_kept().count());
    story.line(&format!(
        "{kept} strings that stand in records, and {not_kept} that were erased or name members; as text, UTF-16, base64, \
         hexadecimal and escaped"
    ))?;
    let words = ["the server's files", "the bodies inside TLS", "the locked devices' files"];
    for ((_, found), what) in searched.places().iter().zip(words) {
        let size = story::bytes(found.bytes);
        story.line(&format!("  {what:<26} {:>5} files, {size:>9}: {} found", found.files, found.needles()))?;
    }
    Ok(())
}

fn tell_control(story: &Story<'_>, control: &Control) -> Result<(), DeskError> {
    story.line("")?;
    story.line("The same week with a test-only build that neither encrypts nor compresses nor pads:")?;
    for ((_, found), what) in
        control.searched.places().iter().zip(["the server's files", "the bodies inside TLS", "the devices' files"])
    {
        let size = story::bytes(found.bytes);
        story.line(&format!("  {what:<26} {:>5} files, {size:>9}: {} found", found.files, found.needles()))?;
    }
    story.line(&format!(
        "{} of {} strings are in all three: the search finds what there is to find.",
        control.found, control.seeded
    ))
}

fn failures(measured: &Measured, searched: &Searched, control: &Control) -> Vec<String> {
    let mut failures = measured.failures.clone();
    for (place, found) in searched.places() {
        if found.needles() > 0 {
            failures.push(format!("{} strings can be read in the clear: {place}", found.needles()));
        }
        if found.bytes == 0 {
            failures.push(format!("there was nothing to search: {place}"));
        }
    }
    failures.extend(control.failures.iter().map(|failure| format!("positive control: {failure}")));
    if control.found != control.seeded || control.seeded == 0 {
        failures.push(format!("the positive control finds {} of {} strings", control.found, control.seeded));
    }
    failures
}

fn tell_end(story: &Story<'_>, measured: &Measured, failures: &[String], seconds: f64) -> Result<(), DeskError> {
    let (outcome, totals) = (&measured.outcome, &measured.totals);
    story.heading("What came of it")?;
    story.line(&format!(
        "{} records, {} lost; the devices {}; questions settled: {}, open: {}",
        outcome.records,
        outcome.lost,
        if outcome.converged { "agree" } else { "DO NOT agree" },
        measured.settled,
        outcome.open
    ))?;
    story.line(&format!(
        "names, phones and notes in the opened homes of those who handed over: {}",
        outcome.left_after_hand_over
    ))?;
    story.line(&format!(
        "{}: {}, {} up, {} down; {seconds:.1} s",
        count(totals.syncs, "sync"),
        count(totals.round_trips, "round trip"),
        story::bytes(totals.bytes_up),
        story::bytes(totals.bytes_down)
    ))?;
    for failure in failures {
        story.line(&format!("DOES NOT HOLD: {failure}"))?;
    }
    Ok(())
}

fn result(scenario: &Scenario, measured: &Measured, searched: &Searched, control: &Control, seconds: f64) -> Value {
    let (outcome, totals) = (&measured.outcome, &measured.totals);
    json!({
        "devices": scenario.devices.len(),
        "records": outcome.records,
        "converged": outcome.converged,
        "lost": outcome.lost,
        "conflicts_open": outcome.open,
        "conflicts_settled": measured.settled,
        "round_trips": totals.round_trips,
        "bytes_up": totals.bytes_up,
        "bytes_down": totals.bytes_down,
        "plaintext_hits": {
            "server": searched.server.needles(),
            "wire": searched.wire.needles(),
            "disk": searched.disk.needles(),
        },
        "left_after_hand_over": outcome.left_after_hand_over,
        "positive_control_hits": control.found,
        "seconds": (seconds * 10.0).round() / 10.0,
    })
}
