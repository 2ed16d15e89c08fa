//! Commands that touch the network: sync and serve.
//! A sync promises that stopping it at any moment loses nothing; a server, that it ends when told and keeps what it took.

use serde_json::json;
use vigil_core::VigilError;
use vigil_core::sync::{Cancel, HttpTransport, SyncOptions, SyncReport};
use vigil_sync_server::logging::{LogLevel, subscriber};
use vigil_sync_server::{ServerConfig, start, stop_signal};

use super::arguments::{Arguments, Serve};
use super::output::Output;
use super::progress::{Line, words};
use super::session;
use crate::error::DeskError;
use crate::text::count;

pub(super) fn sync(arguments: &Arguments, output: &Output, attempts: u32) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let card = vault.server()?.ok_or(VigilError::NotFound { what: "server; name one with `vigil space server`" })?;
    let transport = HttpTransport::new(&card)?;
    let options = SyncOptions { attempts: attempts.max(1), ..SyncOptions::default() };
    let cancel = Cancel::new();
    let mut line = Line::new();
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let stop = cancel.clone();
        let waiting = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        });
        let result = vault.sync(&transport, &options, &mut |progress| line.show(&words(&progress)), &cancel).await;
        waiting.abort();
        result
    });
    line.end();
    let report = result?;
    output.answer(&report, [report_words(&report)])
}

/// What a sync did, in a sentence.
pub(crate) fn report_words(report: &SyncReport) -> String {
    let mut words = format!(
        "{} sent, {} new here, {} changed; {}, {} bytes up, {} down",
        count(report.sent, "save"),
        count(report.new_records, "record"),
        report.changed_records,
        count(report.round_trips, "round trip"),
        report.bytes_up,
        report.bytes_down
    );
    for (number, thing, what) in [
        (report.erased_records, "record", "erased"),
        (report.parked, "item", "waiting for something else"),
        (report.set_aside, "save", "refused by the server and kept here"),
    ] {
        if number > 0 {
            words.push_str(&format!("; {} {what}", count(number, thing)));
        }
    }
    words
}

fn runtime() -> Result<tokio::runtime::Runtime, DeskError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| DeskError::file("the network", error))
}

pub(super) fn serve(output: &Output, serve: &Serve) -> Result<(), DeskError> {
    let level = LogLevel::from_name(&serve.log)
        .ok_or_else(|| DeskError::Usage("--log takes off, error, warn or info".to_owned()))?;
    // Only a second call in one process could fail, and there is none.
    tracing::subscriber::set_global_default(subscriber(level, std::io::stderr)).ok();
    let config = ServerConfig {
        listen: serve.listen,
        public_url: serve.public_url.clone(),
        ..ServerConfig::loopback(&serve.data)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| DeskError::file("the network", error))?;
    runtime.block_on(async {
        let server = start(config).await?;
        let (address, card) = (server.address(), server.card_path().to_owned());
        output.answer(
            &json!({"listening": address, "server_card": card}),
            [
                format!("Serving on https://{address}; stop with Ctrl-C."),
                format!("Give {} to the founding desk.", card.display()),
            ],
        )?;
        let stopped = stop_signal().await;
        server.shutdown().await;
        stopped.map_err(|error| DeskError::file("signals", error))
    })
}
