//! The first contact of a new device: the whole log, checked against the code that an officer showed (PROTOCOL 20).
//! It promises that the device becomes a full member in one transaction, or that nothing is changed.

use super::client::{Course, Prepared, Run};
use super::{SyncReport, Transport};
use crate::error::{Result, VigilError};
use crate::store::{Setting, settings};
use crate::vault::Vault;
use vigil_protocol::{LogEntry, RefusalCode, SUITE, SecondCode, ServerCard, SyncRequest, limits};

/// Requests without anything new after which it gives up.
const MAX_IDLE_ROUNDS: u32 = 4;

impl Vault {
    pub(super) async fn first_contact(
        &mut self,
        code: &SecondCode,
        card: &ServerCard,
        report: &mut SyncReport,
        transport: &impl Transport,
        run: &mut Run<'_>,
    ) -> Result<()> {
        let mut log: Vec<LogEntry> = Vec::new();
        let mut course = Course::default();
        let mut idle_rounds = 0;
        loop {
            if run.cancel.is_cancelled() {
                return Err(VigilError::Cancelled);
            }
            if idle_rounds > MAX_IDLE_ROUNDS || log.len() as u64 > limits::MAX_LOG_ENTRIES {
                return Err(VigilError::ServerNotTrusted { why: "it does not come to an end with its log".into() });
            }
            let prepared = self.ask_for_log(log.len() as u64, card, &course)?;
            let Some(answer) = self.exchange(&prepared, report, transport, run).await? else { continue };
            report.round_trips += 1;
            report.bytes_down += answer.len() as u64;
            let response = match self.read_answer(&answer, &prepared, card, &mut course) {
                Err(VigilError::ServerRefused { code: RefusalCode::UnknownDevice }) => {
                    return Err(VigilError::NotAppendedYet);
                }
                response => response?,
            };
            let Some(response) = response else {
                idle_rounds += 1;
                continue;
            };
            let came = response.log.len();
            log.extend(response.log);
            // What else the answer carries comes again, once it can be checked.
            if came == 0 || !response.more {
                let confirmed = log.len();
                return self.become_member(code, log, (confirmed, Some(card.clone())));
            }
        }
    }

    fn ask_for_log(&self, from: u64, card: &ServerCard, course: &Course) -> Result<Prepared> {
        let request = SyncRequest {
            suite: SUITE,
            device: self.device,
            counter: self.setting_number(Setting::RequestCounter)? + 1,
            log_length: from,
            hello: course.hello || settings::get(self.store.read(), Setting::Incarnation)?.is_none(),
            have: self.cursor()?,
            page_bytes: 0,
            batches: Vec::new(),
            log: Vec::new(),
        };
        let body = request.to_body(&card.identity, &self.space()?.id(), &self.keys.signing);
        Ok(Prepared { again: 0, batches: Vec::new(), log: Vec::new(), body })
    }
}
