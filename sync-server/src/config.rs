//! What whoever runs a server can choose: where its files are, where it listens, and how much it takes.
//! Everything has a default that is safe on a laptop: loopback only, files in one folder.

use crate::limits;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How a server is to run.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The folder with all its files; made at the first start.
    pub data: PathBuf,
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address that devices use, for example `https://sync.example.org`; by default the one that it listens on.
    pub public_url: Option<String>,
    /// How much it stores before it says that it is full.
    pub quotas: Quotas,
}

/// How much a server stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Spaces. Whoever can reach the server can create one, up to this number.
    pub spaces: u64,
    /// Items of one device.
    pub items_per_device: u64,
    /// Bytes of one device.
    pub bytes_per_device: u64,
    /// Items of one space.
    pub items_per_space: u64,
    /// Bytes of one space.
    pub bytes_per_space: u64,
}

impl ServerConfig {
    /// Files in `data`, loopback, a free port.
    pub fn loopback(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            quotas: Quotas::default(),
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            spaces: limits::DEFAULT_MAX_SPACES,
            items_per_device: limits::DEFAULT_MAX_ITEMS_PER_DEVICE,
            bytes_per_device: limits::DEFAULT_MAX_BYTES_PER_DEVICE,
            items_per_space: limits::DEFAULT_MAX_ITEMS_PER_SPACE,
            bytes_per_space: limits::DEFAULT_MAX_BYTES_PER_SPACE,
        }
    }
}
