//! Vigil's blind sync server: it orders, stores and hands out signed ciphertext, and enforces membership, quotas and
//! limits.
//!
//! It promises that what it acknowledges is durable, that a request works once, that no device is given an item that it
//! may not see, and that nothing in its files or logs opens a record. It depends on `vigil-protocol` and on nothing else
//! of the core: the wall is a fact of the build.
//!
//! ```
//! use vigil_sync_server::{ServerConfig, start};
//!
//! # let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! # let folder = std::env::temp_dir().join(format!("vigil-server-doc-{}", std::process::id()));
//! let server = start(ServerConfig::loopback(&folder)).await?;
//! assert!(server.card().url.starts_with("https://127.0.0.1:"));
//! server.shutdown().await;
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod accept;
mod card;
mod clock;
mod config;
mod engine;
mod error;
mod files;
mod identity;
pub mod limits;
pub mod logging;
#[doc(hidden)]
pub mod loot;
mod memory;
mod routes;
mod server;
mod stop;
mod store;
mod sync;
mod tls;

pub use card::{CARD_FILE, CARD_PREFIX, card_to_text};
pub use clock::{ServerClock, SystemClock};
pub use config::{Quotas, ServerConfig};
pub use engine::{Engine, Reply, Report};
pub use error::ServerError;
pub use memory::keep_memory_private;
pub use server::{RunningServer, start, start_with_clock};
pub use stop::stop_signal;
