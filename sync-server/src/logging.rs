//! Structured logs: JSON lines with codes, counts and times.
//! They promise to come from this crate alone - no library can add an address, a name or a body.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What failed and what was cut short.
    Warn,
    /// One line for each request, too.
    #[default]
    Info,
}

impl LogLevel {
    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::Error, Self::Warn, Self::Info].into_iter().find(|level| level.name() == name)
    }

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}

/// Makes a subscriber that writes JSON lines to `writer`.
pub fn subscriber<W>(level: LogLevel, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::new(format!("off,vigil_sync_server={}", level.name()));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_target(false).with_writer(writer).finish()
}
