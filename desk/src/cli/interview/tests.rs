//! A talk as it is typed, and what the screen showed and the device kept.

use vigil_core::{ListQuery, Passphrase};

use super::begin::named;
use super::*;

/// Plays what somebody types and gives what the screen showed and what was recorded.
fn play(typed: &str) -> (String, Vec<vigil_core::RecordSummary>, usize) {
    let (mut shown, records, drafts) = play_all(&[typed]);
    (shown.pop().unwrap(), records, drafts.len())
}

/// The same for several talks, one after the other, on one device.
fn play_all(talks: &[&str]) -> (Vec<String>, Vec<vigil_core::RecordSummary>, Vec<ScreeningDraft>) {
    let home =
        std::env::temp_dir().join(format!("vigil-interview-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::remove_dir_all(&home).ok();
    let mut vault = Vault::create_at_floor(&home, &Passphrase::new("test"), "Test").unwrap();
    vault.create_space(None).unwrap();
    let play = |typed: &&str| {
        let mut shown = Vec::new();
        let named = named(&vault, None).unwrap();
        talk(&mut vault, &mut Terminal::new(typed.as_bytes(), &mut shown), named, Vec::new()).ok();
        String::from_utf8(shown).unwrap()
    };
    let shown = talks.iter().map(play).collect();
    let drafts = vault.drafts().unwrap().into_iter().map(|(_, draft)| draft).collect();
    let result = (shown, vault.list(&ListQuery::default()).unwrap(), drafts);
    drop(vault);
    std::fs::remove_dir_all(&home).ok();
    result
}

#[test]
fn the_safety_page_comes_first_and_every_question_can_be_skipped() {
    // A station, then Enter for ever, and in the end "record it, decide later".
    let (shown, records, drafts) = play(&format!("East gate\n{}", "\n".repeat(60)));
    let page = shown.find("Before you ask anything").unwrap();
    assert!(page < shown.find("The journey").unwrap());
    // Enter at the decision keeps it as a draft: nobody decides by pressing Enter.
    assert_eq!((records.len(), drafts), (0, 1), "{shown}");
}

#[test]
fn a_person_who_does_not_want_to_talk_is_let_alone_at_once() {
    let (shown, records, drafts) = play("East gate\n\n\nn\n\n2\n3\n");
    assert!(shown.contains("does not want to go on"));
    assert!(!shown.contains("The journey"));
    assert_eq!((records.len(), drafts), (1, 0), "{shown}");
    assert_eq!(records[0].outcome.as_deref(), Some("declined_informed"));
    assert_eq!(records[0].minutes, Some(3));
}

#[test]
fn a_stop_anywhere_keeps_what_was_answered() {
    let (shown, records, drafts) = play("East gate\ny\ny\nstop\n6\n");
    assert!(shown.contains("Stopped."));
    assert_eq!((records.len(), drafts), (0, 1));
}

#[test]
fn a_stop_is_heard_wherever_it_is_said() {
    // At each of the first prompts after the station, also at lists and numbers.
    for before in 0..14 {
        let (shown, _, drafts) = play(&format!("East gate\n{}stop\n6\n", "\n".repeat(before)));
        assert!(shown.contains("Stopped.") && drafts == 1, "after {before}: {shown}");
        let asked = shown.split("Stopped.").next().unwrap_or_default();
        assert!(!asked.contains("What do you decide"), "{shown}");
    }
}

#[test]
fn a_verified_green_light_proposes_release() {
    // Safety page, nothing raised, an adult, journey skipped, then the job is confirmed by a call.
    let typed = "East gate\ny\ny\ny\nn\nn\nn\n\n2\n1\n1\n\n\n\ny\n1\nn\nn\nn\nn\n\n1\n4\n";
    let (shown, records, _) = play(typed);
    assert!(shown.contains("A green light was verified"), "{shown}");
    assert!(shown.contains("Proposed: 1"), "{shown}");
    assert_eq!(records.first().and_then(|record| record.outcome.as_deref()), Some("let_go"), "{shown}");
}

#[test]
fn hurt_opens_the_help_card() {
    let (shown, _, _) = play("East gate\ny\ny\ny\ny\n1\n6\n");
    assert!(shown.contains("== HELP:"), "{shown}");
}

#[test]
fn a_stop_while_deciding_decides_nothing() {
    // Stopped at once, recorded for later, then a stop at each question about particulars.
    for (before, persons) in [(0, 0), (1, 0), (2, 0)] {
        let (shown, records, drafts) = play_all(&[&format!("East gate\nstop\n5\n{}Stop\n", "\n".repeat(before))]);
        assert!(shown[0].contains("Stopped; nothing was decided."), "after {before}: {}", shown[0]);
        assert_eq!((records.len(), drafts.len(), drafts[0].persons.len()), (0, 1, persons));
    }
    // In the middle of naming somebody: nothing more is asked, and what was said stays.
    let (shown, records, drafts) = play_all(&["East gate\nstop\n5\n\n\n1\nKopila\nstop\n"]);
    assert!(shown[0].contains("Phone") && !shown[0].contains("Address"), "{}", shown[0]);
    assert_eq!((records.len(), drafts.len()), (0, 1));
    assert_eq!(drafts[0].persons[0].name.as_deref(), Some("Kopila"));
}

#[test]
fn going_on_with_a_draft_keeps_what_it_has() {
    let first = "East gate\ny\ny\ny\nn\nn\nn\n\n2\n1\n3\nstop\n6\n";
    let (shown, _, drafts) = play_all(&[first, &"\n".repeat(80)]);
    assert!(shown[0].contains("Never ask about these"), "{}", shown[0]);
    assert!(!shown[1].contains("Never ask about these"), "{}", shown[1]);
    let screening = &drafts[0].screening;
    assert_eq!(screening.sex.as_deref(), Some("female"), "{}", shown[1]);
    assert_eq!((screening.people, screening.age_band.as_str()), (Some(3), "adult"));
    assert_eq!(screening.answers.values().filter(|code| *code != "not_asked").count(), 6);
}

#[test]
fn a_reason_to_stop_is_brought_up_once() {
    let help = "Help comes first";
    let first = "East gate\ny\ny\ny\ny\n2\nn\nn\n\n2\n1\n3\n\n\ny\nn\nstop\n6\n";
    let (shown, _, drafts) = play_all(&[first, "\n\n\n\n\n\nn\nn\nstop\n6\n"]);
    assert_eq!(shown[0].split("What do you decide").next().unwrap().matches(help).count(), 1, "{}", shown[0]);
    assert_eq!(shown[1].split("What do you decide").next().unwrap().matches(help).count(), 0, "{}", shown[1]);
    assert!(drafts[0].screening.answers.len() > 8, "{}", shown[1]);
}

#[test]
fn a_stop_at_how_it_was_verified_keeps_the_yes() {
    let typed = "East gate\ny\ny\ny\nn\nn\nn\n\n2\n1\n1\n\n\n\ny\nstop\n6\n";
    let (shown, _, drafts) = play_all(&[typed]);
    assert!(shown[0].contains("how was it verified?") && shown[0].contains("Stopped."), "{}", shown[0]);
    assert_eq!(drafts[0].screening.answers.get("job_confirmed").map(String::as_str), Some("yes"), "{}", shown[0]);
}

#[test]
fn what_was_skipped_is_not_asked_again_in_a_draft() {
    let question = "willing to talk.";
    let (shown, _, drafts) = play_all(&["East gate\ny\n\n\nstop\n6\n", "\nstop\n6\n"]);
    assert!(shown[0].contains(question) && !shown[1].contains(question), "{}", shown[1]);
    // The one at which it stopped was never answered, and comes first now.
    assert!(shown[1].contains("hurt or unwell"), "{}", shown[1]);
    assert_eq!(drafts[0].screening.answers.len(), 3);
}

#[test]
fn an_instrument_is_refused_to_whom_it_is_not_for() {
    let home = std::env::temp_dir().join(format!("vigil-interview-roles-{}", std::process::id()));
    std::fs::remove_dir_all(&home).ok();
    let mut vault = Vault::create_at_floor(&home, &Passphrase::new("test"), "Test").unwrap();
    vault.create_space(None).unwrap();
    let begin = |vault: &mut Vault, id: &str, typed: &str| {
        let mut shown = Vec::new();
        let mut terminal = Terminal::new(typed.as_bytes(), &mut shown);
        let named = named(vault, Some(id)).unwrap();
        let result = talk(vault, &mut terminal, named, Vec::new());
        (result.map(drop), String::from_utf8(shown).unwrap())
    };
    for (id, code, words) in [
        ("home_safety", "instrument_not_for_role", "for case worker"),
        ("practice_border", "instrument_disabled", "for practice only"),
    ] {
        let (result, shown) = begin(&mut vault, id, "East gate\n");
        let error = result.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(words) && shown.is_empty(), "{error}");
    }
    let (result, shown) = begin(&mut vault, "border_interception_long@1", "East gate\nstop\n5\nstop\n");
    assert!(result.is_ok() && shown.contains("Before you ask"), "{shown}");
    // A draft goes on with its own instrument.
    let (result, _) = begin(&mut vault, "border_interception", "\nstop\n6\n");
    result.unwrap();
    let drafts = vault.drafts().unwrap();
    assert_eq!(drafts[0].1.screening.instrument.as_deref(), Some("border_interception_long@1"));
    assert_eq!(named(&vault, Some("no_such")).unwrap_err().exit_status(), 6);
    assert_eq!(named(&vault, Some("border_interception@99")).unwrap_err().exit_status(), 6);
    drop(vault);
    std::fs::remove_dir_all(&home).ok();
}

#[test]
fn an_instrument_that_a_programme_brought_is_found_by_its_name_and_its_newest_version() {
    let home = std::env::temp_dir().join(format!("vigil-interview-brought-{}", std::process::id()));
    std::fs::remove_dir_all(&home).ok();
    let mut vault = Vault::create_at_floor(&home, &Passphrase::new("test"), "Test").unwrap();
    vault.create_space(None).unwrap();
    let mut file = serde_json::to_value(vault.instrument("border_interception@1").unwrap().sheet()).unwrap();
    file["id"] = "bus_park".into();
    let first = vault.add_instrument(&file.to_string()).unwrap();
    file["version"] = 2.into();
    let second = vault.add_instrument(&file.to_string()).unwrap();
    assert_eq!(named(&vault, Some("bus_park")).unwrap().pin(), second.pin);
    assert_eq!(named(&vault, Some("bus_park@1")).unwrap().pin(), first.pin);
    // Another file of the same version has to be named by what records pin.
    file["notice"]["en"] = "A person decides.".into();
    let twin = vault.add_instrument(&file.to_string()).unwrap();
    assert_eq!(named(&vault, Some("bus_park@2")).unwrap_err().code(), "usage");
    assert_eq!(named(&vault, Some(&twin.pin)).unwrap().pin(), twin.pin);
    // What is screened by it is pinned to the file.
    let mut shown = Vec::new();
    let by = named(&vault, Some(&first.pin)).unwrap();
    talk(&mut vault, &mut Terminal::new(&b"East gate\nstop\n6\n"[..], &mut shown), by, Vec::new()).unwrap();
    assert_eq!(vault.drafts().unwrap()[0].1.screening.instrument.as_deref(), Some(first.pin.as_str()));
    drop(vault);
    std::fs::remove_dir_all(&home).ok();
}

#[test]
fn only_an_instrument_that_tells_kinds_of_exploitation_apart_asks_for_the_kind() {
    let home = std::env::temp_dir().join(format!("vigil-interview-kinds-{}", std::process::id()));
    std::fs::remove_dir_all(&home).ok();
    let mut vault = Vault::create_at_floor(&home, &Passphrase::new("test"), "Test").unwrap();
    vault.create_space(None).unwrap();
    let asked = "What kind of exploitation is it about";
    let mut file = serde_json::to_value(vault.instrument("border_interception@1").unwrap().sheet()).unwrap();
    file["id"] = "bus_park".into();
    file["profiles"] = serde_json::json!([{"id": "work", "text": {"en": "Work"}, "exploitation": ["labour"]}]);
    let own = vault.add_instrument(&file.to_string()).unwrap();
    // The station, the safety page, age, sex; then the kind, where it is asked.
    for (pin, is_asked) in [("border_interception@1", false), (own.pin.as_str(), true)] {
        let mut shown = Vec::new();
        let by = named(&vault, Some(pin)).unwrap();
        let typed = &b"East gate\ny\ny\ny\nn\nn\nn\n\n2\n1\n2\nstop\n6\n"[..];
        talk(&mut vault, &mut Terminal::new(typed, &mut shown), by, Vec::new()).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(shown.contains(asked), is_asked, "{shown}");
        let (id, draft) = vault.drafts().unwrap().remove(0);
        assert_eq!(draft.screening.exploitation.as_deref(), is_asked.then_some("sexual"), "{shown}");
        vault.discard_draft(&id).unwrap();
    }
    drop(vault);
    std::fs::remove_dir_all(&home).ok();
}
