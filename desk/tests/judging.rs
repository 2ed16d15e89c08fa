//! A second opinion by hand: three homes, the real server, and what each of them shows.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Homes and a server that go with the value.
struct Homes {
    folder: PathBuf,
    server: Option<Child>,
}

impl Homes {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vigil-judging-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, server: None }
    }

    fn home(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Starts the server and gives the path of its card.
    fn serve(&mut self) -> PathBuf {
        let data = self.home("server");
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        self.server = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
        let card = data.join("server-card");
        let began = Instant::now();
        while !card.exists() {
            assert!(began.elapsed() < Duration::from_secs(30), "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        card
    }
}

impl Drop for Homes {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().ok();
            server.wait().ok();
        }
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn vigil(home: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.env_remove("VIGIL_HOME").env("VIGIL_PASSPHRASE", "a test's passphrase").arg("--home").arg(home);
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn done(home: &Path, arguments: &[&str]) -> String {
    let (status, answer) = vigil(home, arguments);
    assert_eq!(status, 0, "{arguments:?}");
    answer
}

fn opinion(home: &Path, record: &str) -> Value {
    let answer: Value = serde_json::from_str(&done(home, &["--json", "judge", record])).unwrap();
    answer["second_opinion"].clone()
}

#[test]
fn two_judge_by_hand_and_each_reads_the_other_when_both_have() {
    let mut homes = Homes::new("two");
    let card = homes.serve();
    let (desk, second, phone) = (homes.home("desk"), homes.home("second"), homes.home("phone"));
    done(&desk, &["init", "--name", "Front desk", "--stretching", "floor"]);
    done(&desk, &["space", "create", "--server-card", card.to_str().unwrap()]);
    for (home, role, name) in [(&phone, "monitor", "Birendra"), (&second, "desk", "Back office")] {
        done(home, &["init", "--name", name, "--stretching", "floor"]);
        let request = done(home, &["join-request"]);
        let welcome = done(&desk, &["add", request.trim(), "--role", role, "--name", name]);
        done(home, &["join", welcome.trim(), "--face-to-face"]);
    }
    done(&desk, &["sync"]);
    let record = done(&phone, &["sighting", "Gate 2"]).trim().to_owned();
    for home in [&phone, &desk, &second] {
        done(home, &["sync"]);
    }

    assert_eq!(opinion(&desk, &record)["state"], "none");
    let judged = |view| ["judge", &record, "--view", view, "--reasons", "Six tickets, one payer"];
    assert_eq!(vigil(&phone, &judged("high-risk")).0, 7, "a monitor does not judge");
    assert_eq!(vigil(&desk, &judged("high-rsik")).0, 2, "a typing error is no view");
    assert_eq!(vigil(&desk, &["judge", &record, "--view", "high-risk"]).0, 2, "without reasons");
    let own = done(&desk, &judged("high-risk"));
    assert!(own.contains("another is waited for") && own.contains("only you read it"), "{own}");
    assert_eq!(vigil(&desk, &judged("high-risk")).0, 7, "nobody judges twice");

    done(&desk, &["sync"]);
    done(&second, &["sync"]);
    let seen = [done(&second, &["judge", &record]), done(&second, &["--json", "show", &record])].join("\n");
    assert!(seen.contains("You may judge it") && !seen.contains("high") && !seen.contains("tickets"), "{seen}");
    done(&second, &judged("does-not-count"));
    for home in [&second, &desk, &second, &phone] {
        done(home, &["sync"]);
    }
    for home in [&desk, &second, &phone] {
        let opinion = opinion(home, &record);
        assert_eq!((&opinion["state"], opinion["opinions"].as_array().unwrap().len()), (&"differ".into(), 2));
        let shown = done(home, &["show", &record]);
        for words in ["somebody else is called", "high risk: Six tickets, one payer", "does not count: Six tickets"] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
}
