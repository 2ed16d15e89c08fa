//! What the server promises, each promise as a test. Most call the engine below HTTP; `network` goes through TLS.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod chains;
mod committee;
mod erasure;
mod membership;
mod network;
mod quotas;
mod reading;
mod receipts;
mod requests;
mod wall;
