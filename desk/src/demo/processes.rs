//! The processes of a run: the server and the devices, each on its own, spoken to line by line.
//! It promises that each ends with the value that stands for it, and that only processes started here are ended, by their id.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::DeskError;
use crate::agent::AgentCommand;
use crate::cli::session::PASSPHRASE_VARIABLE;

/// Longest that one command may take: comparing ten thousand records in a debug build is the slowest.
const PATIENCE: Duration = Duration::from_secs(900);
const SHUTDOWN: Duration = Duration::from_secs(20);

/// What a device said.
pub(crate) type Said = Result<Value, Refusal>;

/// A command that failed, with its stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// A device.
#[derive(Debug)]
pub(crate) struct AgentProcess {
    name: String,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

fn problem(name: &str) -> impl Fn(std::io::Error) -> DeskError + '_ {
    move |error| DeskError::file(format!("the process of {name}"), error)
}

impl AgentProcess {
    /// Starts a device.
    pub(crate) fn start(program: &Path, name: &str, home: &Path, wire: &Path) -> Result<Self, DeskError> {
        let mut command = Command::new(program);
        command.arg("--home").arg(home).arg("agent").arg("--record-bodies").arg(wire);
        command.env(PASSPHRASE_VARIABLE, Self::passphrase(name));
        Self::spawn(command, name)
    }

    /// Starts a device that keeps nothing of what passes, below `root`: its home in `files`, its temporary files and its
    /// standard error in `temporary` and `logs`. The passphrase comes from a file: the environment would hold it in memory for
    /// as long as the process lives.
    pub(crate) fn start_quietly(program: &Path, name: &str, root: &Path) -> Result<Self, DeskError> {
        let file = root.join(format!("passphrase-{name}"));
        std::fs::write(&file, Self::passphrase(name)).map_err(problem(name))?;
        let log = std::fs::File::create(root.join("logs").join(name)).map_err(problem(name))?;
        let mut command = Command::new(program);
        command.arg("--home").arg(root.join("files").join(name)).arg("--passphrase-file").arg(file).arg("agent");
        command.env("TMPDIR", root.join("temporary")).stderr(log);
        Self::spawn(command, name)
    }

    /// The passphrase of a device.
    pub(crate) fn passphrase(name: &str) -> String {
        format!("demo passphrase of {name}")
    }

    fn spawn(mut command: Command, name: &str) -> Result<Self, DeskError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(problem(name))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(problem(name)(std::io::ErrorKind::BrokenPipe.into()));
        };
        Ok(Self { name: name.to_owned(), child, input, output: BufReader::new(output).lines() })
    }

    /// Its process.
    pub(crate) fn id(&self) -> Result<u32, DeskError> {
        self.child.id().ok_or_else(|| problem(&self.name)(std::io::ErrorKind::NotFound.into()))
    }

    /// Tells the device something and waits for its answer.
    pub(crate) async fn tell(&mut self, command: &AgentCommand) -> Result<Said, DeskError> {
        self.send(command).await?;
        match hear(&self.name, &mut self.output).await? {
            Some(said) => Ok(said),
            None => Err(problem(&self.name)(std::io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// As [`Self::tell`], where a refusal is a failure.
    pub(crate) async fn ask(&mut self, command: &AgentCommand) -> Result<Value, DeskError> {
        self.tell(command).await?.map_err(|refusal| {
            DeskError::DoesNotHold(format!("{} answered {}: {}", self.name, refusal.code, refusal.message))
        })
    }

    async fn send(&mut self, command: &AgentCommand) -> Result<(), DeskError> {
        let mut line = serde_json::to_vec(command)
            .map_err(|error| DeskError::file(format!("a command for {}", self.name), error.into()))?;
        line.push(b'\n');
        self.input.write_all(&line).await.map_err(problem(&self.name))?;
        self.input.flush().await.map_err(problem(&self.name))
    }

    /// Sends commands one after the other without waiting, and kills the process as soon as so many answers have come.
    /// Gives every answer that came, also those that were on their way when it died.
    pub(crate) async fn kill_while_working(
        mut self,
        commands: &[AgentCommand],
        after_answers: usize,
    ) -> Result<Vec<Said>, DeskError> {
        let mut lines = Vec::new();
        for command in commands {
            serde_json::to_writer(&mut lines, command)
                .map_err(|error| DeskError::file(format!("a command for {}", self.name), error.into()))?;
            lines.push(b'\n');
        }
        let mut input = self.input;
        let writing = tokio::spawn(async move {
            // It breaks when the process dies, which is what it is for.
            input.write_all(&lines).await.ok();
            input.flush().await.ok();
            input
        });
        let mut answers = Vec::new();
        let mut alive = true;
        let (mut child, name) = (self.child, self.name);
        while let Some(said) = hear(&name, &mut self.output).await? {
            answers.push(said);
            if alive && answers.len() >= after_answers {
                alive = false;
                child.start_kill().map_err(problem(&name))?;
            }
        }
        writing.abort();
        child.kill().await.map_err(problem(&name))?;
        Ok(answers)
    }

    /// Kills the process, as a battery that falls out would.
    pub(crate) async fn kill(mut self) -> Result<(), DeskError> {
        self.child.kill().await.map_err(problem(&self.name))
    }

    /// Ends the process in good order: its input ends, it locks its home and goes.
    pub(crate) async fn end(self) -> Result<(), DeskError> {
        let Self { name, mut child, input, output } = self;
        drop(input);
        let status = timeout(SHUTDOWN, child.wait()).await;
        drop(output);
        match status {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(DeskError::DoesNotHold(format!("the process of {name} ended with {status}"))),
            Ok(Err(error)) => Err(problem(&name)(error)),
            Err(_) => Err(problem(&name)(std::io::ErrorKind::TimedOut.into())),
        }
    }
}

/// The sync server.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) card: PathBuf,
    /// Of one whose clock is set.
    input: Option<ChildStdin>,
    // Held open: a server whose output nobody reads might stop.
    output: Lines<BufReader<ChildStdout>>,
}

impl ServerProcess {
    /// Starts the server; devices reach it at `public`.
    pub(crate) async fn start(program: &Path, data: &Path, public: SocketAddr) -> Result<Self, DeskError> {
        let mut command = Command::new(program);
        command
            .args(["--json", "serve", "--log", "error", "--listen", "127.0.0.1:0", "--public-url"])
            .arg(format!("https://{public}"))
            .arg("--data")
            .arg(data)
            .stdin(Stdio::null());
        Self::spawn(command).await
    }

    /// Starts a server whose clock is set with [`Self::set_clock`]; devices reach it where it listens.
    pub(crate) async fn start_with_clock(program: &Path, data: &Path) -> Result<Self, DeskError> {
        let mut command = Command::new(program);
        command.args(["--json", "agent-server", "--data"]).arg(data).stdin(Stdio::piped());
        Self::spawn(command).await
    }

    async fn spawn(mut command: Command) -> Result<Self, DeskError> {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(problem("the server"))?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or_else(|| problem("the server")(std::io::ErrorKind::BrokenPipe.into()))?;
        let mut output = BufReader::new(output).lines();
        let line = timeout(SHUTDOWN, output.next_line())
            .await
            .map_err(|_| problem("the server")(std::io::ErrorKind::TimedOut.into()))?
            .map_err(problem("the server"))?
            .unwrap_or_default();
        let answer: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        let address = text("listening")
            .parse()
            .map_err(|_| DeskError::DoesNotHold("the server did not say where it listens".to_owned()))?;
        Ok(Self { child, address, card: PathBuf::from(text("server_card")), input, output })
    }

    /// Sets the clock of a server that was started with one.
    pub(crate) async fn set_clock(&mut self, now: i64) -> Result<(), DeskError> {
        let missing = || problem("the server")(std::io::ErrorKind::BrokenPipe.into());
        let input = self.input.as_mut().ok_or_else(missing)?;
        input.write_all(format!("{now}\n").as_bytes()).await.map_err(problem("the server"))?;
        input.flush().await.map_err(problem("the server"))?;
        let answer = timeout(SHUTDOWN, self.output.next_line()).await.map_err(|_| missing())?;
        answer.map_err(problem("the server"))?.map(drop).ok_or_else(missing)
    }

    /// Its process.
    pub(crate) fn id(&self) -> Result<u32, DeskError> {
        self.child.id().ok_or_else(|| problem("the server")(std::io::ErrorKind::NotFound.into()))
    }

    /// Stops the server in good order.
    pub(crate) async fn stop(mut self) -> Result<(), DeskError> {
        drop(self.input.take());
        if let Some(id) = self.child.id() {
            // Asked to stop, it lets requests finish and closes its files.
            let asked = Command::new("kill").arg(id.to_string()).status().await.is_ok_and(|status| status.success());
            if asked && timeout(SHUTDOWN, self.child.wait()).await.is_ok() {
                return Ok(());
            }
        }
        self.child.kill().await.map_err(problem("the server"))
    }
}

/// The next answer; none if the process is gone.
async fn hear(name: &str, output: &mut Lines<BufReader<ChildStdout>>) -> Result<Option<Said>, DeskError> {
    let line = timeout(PATIENCE, output.next_line())
        .await
        .map_err(|_| problem(name)(std::io::ErrorKind::TimedOut.into()))?
        .map_err(problem(name))?;
    let Some(line) = line else { return Ok(None) };
    let Ok(mut answer) = serde_json::from_str::<Value>(&line) else {
        // Half a line is no answer: the process died while it wrote it.
        return Ok(None);
    };
    if let Some(ok) = answer.get_mut("ok") {
        return Ok(Some(Ok(ok.take())));
    }
    let text =
        |part: &str| answer.pointer(&format!("/error/{part}")).and_then(Value::as_str).unwrap_or("unknown").to_owned();
    Ok(Some(Err(Refusal { code: text("code"), message: text("message") })))
}
