//! Signs of life on standard error for whatever takes longer than a second.
//! It promises to print nothing for work that is quick, and nothing where nobody looks.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use vigil_core::sync::Progress;

const QUIET: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(250);

/// One line that is written over.
#[derive(Debug)]
pub(crate) struct Line {
    started: Instant,
    shown: Option<Instant>,
    is_terminal: bool,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), shown: None, is_terminal: io::stderr().is_terminal() }
    }

    pub(crate) fn show(&mut self, words: &str) {
        let due = self.shown.is_none_or(|shown| shown.elapsed() >= EVERY);
        if self.is_terminal && due && self.started.elapsed() >= QUIET {
            self.shown = Some(Instant::now());
            let mut err = io::stderr().lock();
            // Signs of life are no reason to fail.
            let _ = write!(err, "\r\x1b[K{words}").and_then(|()| err.flush());
        }
    }

    pub(crate) fn end(self) {
        if self.shown.is_some() {
            let mut err = io::stderr().lock();
            let _ = write!(err, "\r\x1b[K").and_then(|()| err.flush());
        }
    }
}

/// Does something quiet, and says what it is once it takes longer than a second.
pub(crate) fn with_sign_of_life<T>(words: &str, work: impl FnOnce() -> T) -> T {
    let (ended, end) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut line = Line::new();
            while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = end.recv_timeout(EVERY) {
                line.show(words);
            }
            line.end();
        });
        let done = work();
        drop(ended);
        done
    })
}

/// What a sync is doing, in words.
pub(crate) fn words(progress: &Progress) -> String {
    match progress {
        Progress::Packing { saves } => format!("packing {saves} saves"),
        Progress::Sending { bytes } => format!("sending {bytes} bytes"),
        Progress::TakingIn { bytes, items } => format!("taking in {items} items, {bytes} bytes"),
        Progress::Waiting { pause, failures } => {
            format!("no network ({failures}); trying again in {:.1} s", pause.as_secs_f64())
        }
        _ => "working".to_owned(),
    }
}
