//! Complaints: anybody records one, without network, and an auditor reads and answers it (CARE 14).
//! It promises that neither the officer concerned nor the desk can read one, and that the device it was told to shows no
//! text of it once it is sent.

use super::Vault;
use crate::error::{Result, VigilError};
use crate::records::{COMPLAINT, EventBody, EventId, LongText, NewComplaint};
use vigil_protocol::{RecordId, Role};

impl Vault {
    /// Records a complaint, or the question what is kept about somebody. Any role may.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] without words or with too many, [`VigilError::NotInSpace`].
    pub fn complain(&mut self, complaint: &NewComplaint) -> Result<RecordId> {
        let fields = complaint.to_fields().map_err(|error| VigilError::invalid(error.code(), &error))?;
        self.record(COMPLAINT, fields)
    }

    /// Answers a complaint. The answer is read by auditors alone; whoever answers tells her in person.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] unless this is an auditor's device, [`VigilError::NotFound`], [`VigilError::Invalid`] for
    /// a record of another kind.
    pub fn answer_complaint(&mut self, record: &RecordId, text: LongText) -> Result<EventId> {
        if self.role()? != Role::Auditor {
            return Err(VigilError::NotAllowed { why: "complaints are answered by auditors" });
        }
        let mut open = self.open_record(record)?;
        if open.kind != COMPLAINT {
            return Err(VigilError::invalid("record", "it is no complaint"));
        }
        let id = self.write_event(&mut open, EventBody::ComplaintAnswered { text });
        self.save(vec![open], |_| Ok(()))?;
        Ok(id)
    }
}
