//! The server without the network: the bytes of a request in, the bytes of a signed answer out.
//! It promises an answer to every byte string, never a panic and never a half-stored batch; tests and tools can call it
//! directly.

use crate::clock::{ServerClock, SystemClock};
use crate::config::{Quotas, ServerConfig};
use crate::error::ServerError;
use crate::files::DataFolder;
use crate::identity;
use crate::store::{Store, membership_log, spaces};
use crate::sync::page::{self, Page, Reader};
use crate::sync::push::{self, Author, Pushed};
use crate::sync::{Failure, admission, code_of, deliver, log, refused};
use rusqlite::TransactionBehavior;
use std::sync::{Arc, Mutex, MutexGuard};
use vigil_protocol::{
    Answer, BatchOutcome, Incarnation, RefusalCode, Role, SigningKey, SigningPublicKey, SyncRequest, SyncResponse,
};

/// An answer with what the log says about it.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status that goes with the answer.
    pub status: u16,
    /// The signed answer.
    pub body: Vec<u8>,
    /// What happened, in numbers.
    pub report: Report,
}

/// What a request did, without anything that it was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// `ok`, or the code of the refusal.
    pub outcome: &'static str,
    /// Batches that were pushed.
    pub batches: usize,
    /// Those of them that are stored.
    pub stored: usize,
    /// Log entries that were appended.
    pub log_appended: usize,
    /// Log entries in the answer.
    pub log_sent: usize,
    /// Items in the answer.
    pub items_sent: usize,
}

impl Report {
    fn of(outcome: &'static str) -> Self {
        Self { outcome, batches: 0, stored: 0, log_appended: 0, log_sent: 0, items_sent: 0 }
    }
}

/// The HTTP status that goes with a refusal.
pub(crate) fn status_of(code: RefusalCode) -> u16 {
    match code {
        RefusalCode::UnknownDevice | RefusalCode::BadSignature => 401,
        RefusalCode::Removed | RefusalCode::Suspended | RefusalCode::NotAllowed => 403,
        RefusalCode::Replayed => 409,
        RefusalCode::TooLarge => 413,
        RefusalCode::Internal => 500,
        RefusalCode::Busy => 503,
        _ => 400,
    }
}

/// The server's state: its database and its key.
pub struct Engine {
    store: Mutex<Store>,
    incarnation: Incarnation,
    key: SigningKey,
    public: SigningPublicKey,
    quotas: Quotas,
    clock: Arc<dyn ServerClock>,
}

impl Engine {
    /// Opens the server's files, and makes them at the first start. The network settings are not looked at.
    ///
    /// # Errors
    /// [`ServerError`], among them [`ServerError::InUse`] and [`ServerError::NewerSchema`].
    pub fn open(config: &ServerConfig) -> Result<Self, ServerError> {
        Self::open_with_clock(config, Arc::new(SystemClock))
    }

    /// As [`Self::open`], with a clock of the caller's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with_clock(config: &ServerConfig, clock: Arc<dyn ServerClock>) -> Result<Self, ServerError> {
        Ok(Self::open_folder(&DataFolder::open(&config.data)?, config.quotas.clone())?.with_clock(clock))
    }

    pub(crate) fn with_clock(self, clock: Arc<dyn ServerClock>) -> Self {
        Self { clock, ..self }
    }

    pub(crate) fn open_folder(folder: &DataFolder, quotas: Quotas) -> Result<Self, ServerError> {
        let store = Store::open(folder)?;
        let key = identity::load_or_create(folder, spaces::count(&store.connection)? > 0)?;
        let (incarnation, public, clock) = (store.incarnation(), key.public(), Arc::new(SystemClock));
        Ok(Self { incarnation, store: Mutex::new(store), public, key, quotas, clock })
    }

    /// Whether devices rely on this server: it has a space.
    pub(crate) fn is_in_use(&self) -> Result<bool, ServerError> {
        Ok(spaces::count(&self.lock().connection)? > 0)
    }

    /// The key that signs the answers.
    pub fn identity(&self) -> SigningPublicKey {
        self.public
    }

    /// Answers a request. It works on the database and may wait for it: call it where blocking is allowed.
    pub fn handle(&self, body: &[u8]) -> Reply {
        let (code, counter) = match self.sync(body) {
            Ok((response, report)) => {
                let answer = Answer::Sync(response).to_body(body, &self.incarnation, &self.key);
                return Reply { status: 200, body: answer, report };
            }
            Err(Failure::Refused { code, counter }) => (code, counter),
            Err(Failure::Server(error)) => {
                tracing::error!(code = error.code(), "a request failed");
                (if error.is_full() { RefusalCode::Busy } else { RefusalCode::Internal }, 0)
            }
        };
        self.refuse(body, code, counter)
    }

    /// A signed refusal. All refusals are signed over an empty incarnation: who is refused may not know the real one.
    pub(crate) fn refuse(&self, body: &[u8], code: RefusalCode, counter: u64) -> Reply {
        let answer = Answer::Refused { code, counter }.to_body(body, &Incarnation([0; 16]), &self.key);
        Reply { status: status_of(code), body: answer, report: Report::of(code.name()) }
    }

    /// Empties the write-ahead log into the database file.
    ///
    /// # Errors
    /// [`ServerError::Database`].
    pub fn checkpoint(&self) -> Result<(), ServerError> {
        self.lock().checkpoint()
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked took its transaction back; what it had in memory is not trusted.
            self.store.clear_poison();
            let mut store = poisoned.into_inner();
            store.views.clear();
            store
        })
    }

    fn sync(&self, body: &[u8]) -> Result<(SyncResponse, Report), Failure> {
        let request = match SyncRequest::from_body(body) {
            Ok(request) => request,
            Err(error) => return refused(code_of(&error)),
        };
        let mut store = self.lock();
        let store = &mut *store;
        let now = self.clock.now();
        let view = admission::admit(store, &self.public, &self.quotas, (&request, body, now))?;
        let (space, device) = (view.space(), request.device);
        let writes = !request.log.is_empty() || !request.batches.is_empty();
        let behavior = if writes { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred };
        let transaction = store.connection.transaction_with_behavior(behavior)?;

        let appended = log::append(&transaction, view, &request.log, now)?;
        let view = &appended.view;
        let member = view.active_member(&device);
        let role = member.map(|member| member.role);
        // Who is on probation is given nothing of others.
        let probation = member.is_some_and(|member| member.probation);
        let batch_count = request.batches.len();
        let pushed = match role {
            Some(role) => {
                let author = Author { transaction: &transaction, view, device, role, quotas: &self.quotas };
                push::push_all(&author, request.batches)?
            }
            // The request's own log entries closed the device out.
            None => {
                let removed = view.member(&device).is_none_or(|member| member.removed.is_some());
                let code = if removed { RefusalCode::Removed } else { RefusalCode::Suspended };
                Pushed { outcomes: vec![BatchOutcome::Refused(code); batch_count], erased: false }
            }
        };

        let start = log::answer_from(request.log_length, &request.log, appended.count);
        let (log, log_complete) = membership_log::from(&transaction, &space, start, view.length())?;
        let page = match role {
            // A device that lacks a part of the log could not check what was signed under it: the log goes first.
            Some(role) if log_complete => {
                let is_desk = role == Role::Desk && !probation;
                let leads = role.leads() && !probation;
                let reader = Reader { space, device, is_desk, leads, probation };
                page::choose(&transaction, reader, &request.have, request.page_bytes)?
            }
            _ => Page { rows: Vec::new(), covered: request.have, more: !log_complete },
        };
        let batches = deliver::batches_of(&transaction, &space, &page.rows)?;
        transaction.commit()?;

        if appended.changed {
            store.views.put(appended.view);
        }
        if pushed.erased
            && let Err(error) = store.checkpoint()
        {
            tracing::warn!(code = error.code(), "a checkpoint after an erasure failed; the next one will do its work");
        }
        let report = Report {
            outcome: "ok",
            batches: batch_count,
            stored: pushed.outcomes.iter().filter(|outcome| matches!(outcome, BatchOutcome::Stored(_))).count(),
            log_appended: appended.count,
            log_sent: log.len(),
            items_sent: page.rows.len(),
        };
        let response = SyncResponse {
            incarnation: request.hello.then_some(self.incarnation),
            log,
            log_appended: appended.count as u64,
            outcomes: pushed.outcomes,
            batches,
            covered: page.covered,
            more: page.more,
            time: Some(now),
        };
        Ok((response, report))
    }
}
