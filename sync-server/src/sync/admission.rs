//! Who asks: finds the device and its space, verifies the request's signature and raises the request counter.
//! Nothing of a request promises to be acted on before its counter is durable, so no request works twice (PROTOCOL 13).

use super::{Failure, code_of, log, refused};
use crate::config::Quotas;
use crate::store::{Store, devices, fits, membership_log, spaces};
use std::sync::Arc;
use vigil_protocol::{LogEntry, Membership, RefusalCode, SigningPublicKey, SyncRequest, Timestamp, limits};

/// Finds out who sent the body and lets it in, or says why not.
pub(crate) fn admit(
    store: &mut Store,
    server: &SigningPublicKey,
    quotas: &Quotas,
    (request, body, now): (&SyncRequest, &[u8], Timestamp),
) -> Result<Arc<Membership>, Failure> {
    if !fits(request.counter) {
        return refused(RefusalCode::Malformed);
    }
    let candidates = devices::spaces_of(&store.connection, &request.device)?;
    let known = !candidates.is_empty();
    for space in candidates {
        let Some(view) = store.views.get(&store.connection, &space)? else { continue };
        let Some(member) = view.member(&request.device) else { continue };
        if SyncRequest::verify_body(body, server, &space, &member.signing_key).is_err() {
            continue;
        }
        // Neither says anything to the log, pushes or reads, from the moment at which the log says so.
        let closed_out = match (member.removed, member.suspended) {
            (Some(_), _) => Some(RefusalCode::Removed),
            (None, Some(_)) => Some(RefusalCode::Suspended),
            (None, None) => None,
        };
        if closed_out.is_some()
            || !devices::raise_request_counter(&store.connection, &space, &request.device, request.counter)?
        {
            let counter = devices::request_counter(&store.connection, &space, &request.device)?;
            return Err(Failure::Refused { code: closed_out.unwrap_or(RefusalCode::Replayed), counter });
        }
        return Ok(view);
    }
    if let [genesis, ..] = request.log.as_slice()
        && let Some((founder, key)) = genesis.body.founder()
        && founder == request.device
    {
        return found(store, (server, quotas, now), (request, body), (genesis, &key));
    }
    refused(if known { RefusalCode::BadSignature } else { RefusalCode::UnknownDevice })
}

/// Creates the space of a founder who brings its genesis.
fn found(
    store: &mut Store,
    (server, quotas, now): (&SigningPublicKey, &Quotas, Timestamp),
    (request, body): (&SyncRequest, &[u8]),
    (genesis, key): (&LogEntry, &SigningPublicKey),
) -> Result<Arc<Membership>, Failure> {
    let refuse = |error| Failure::Refused { code: code_of(&error), counter: 0 };
    let bytes = genesis.to_bytes();
    if bytes.len() > limits::MAX_LOG_ENTRY_BYTES {
        return refused(RefusalCode::TooLarge);
    }
    let view = Arc::new(Membership::from_genesis(genesis).map_err(refuse)?);
    if log::is_ahead(genesis, now) {
        return refused(RefusalCode::NotAllowed);
    }
    SyncRequest::verify_body(body, server, &genesis.space, key).map_err(refuse)?;
    if spaces::exists(&store.connection, &genesis.space)? {
        return refused(RefusalCode::NotAllowed);
    }
    if spaces::count(&store.connection)? >= quotas.spaces {
        return refused(RefusalCode::Busy);
    }
    let transaction = store.connection.transaction()?;
    spaces::create(&transaction, &genesis.space)?;
    membership_log::append(&transaction, genesis, &bytes, now)?;
    devices::insert(&transaction, &genesis.space, &request.device)?;
    if !devices::raise_request_counter(&transaction, &genesis.space, &request.device, request.counter)? {
        return refused(RefusalCode::Replayed);
    }
    transaction.commit()?;
    store.views.put(Arc::clone(&view));
    Ok(view)
}
