//! The line between a device and a server's engine, and what the devices of these tests write.

use std::path::Path;
use vigil_core::records::{FieldName, FieldValue};
use vigil_core::sync::{Cancel, SyncOptions, Transport, TransportError};
use vigil_core::{NewPerson, NewScreening, NewSighting, Timestamp, Vault, VigilError};
use vigil_protocol::ServerCard;
use vigil_sync_server::{Engine, ServerConfig, card_to_text};

/// A line that lets somebody look at both ends when a request is on its way, and when its answer is.
pub(crate) struct Line<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) look: &'a dyn Fn(),
}

impl Line<'_> {
    pub(crate) fn sync(&self, vault: &mut Vault) -> Result<(), VigilError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let options = SyncOptions { attempts: 1, ..SyncOptions::default() };
        runtime.block_on(vault.sync(self, &options, &mut |_| {}, &Cancel::new())).map(|_| ())
    }
}

impl Transport for Line<'_> {
    async fn post(&self, _: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        (self.look)();
        let answer = self.engine.handle(&body).body;
        (self.look)();
        Ok(answer)
    }
}

pub(crate) fn engine(folder: &Path) -> Engine {
    Engine::open(&ServerConfig::loopback(folder)).unwrap()
}

pub(crate) fn card(engine: &Engine) -> String {
    let (url, identity) = ("https://127.0.0.1:1".to_owned(), engine.identity());
    card_to_text(&ServerCard { url, identity, authorities: vec!["this wire needs none".into()] })
}

pub(crate) fn screening(note: &str) -> NewScreening {
    serde_json::from_value(serde_json::json!({
        "station": "Raxaul", "started_at": 1_795_000_000_000_i64, "minutes": 7, "people": 1, "age_band": "adult",
        "sex": "female", "instrument": "border_interception@1", "answers": {"debt_bondage": "yes"}, "observations": note,
    }))
    .unwrap()
}

pub(crate) fn person(name: &str) -> NewPerson {
    serde_json::from_value(serde_json::json!({"role": "traveller", "name": name})).unwrap()
}

pub(crate) fn sighting(description: &str) -> NewSighting {
    let description = Some(description.to_owned());
    NewSighting { place: "Bus park".into(), seen_at: Timestamp(1_795_000_000_000), description, people: Some(3) }
}

pub(crate) fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

pub(crate) fn words(text: &str) -> Option<FieldValue> {
    Some(FieldValue::Text(text.to_owned()))
}
