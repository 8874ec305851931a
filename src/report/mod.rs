//! What a practitioner signs of a consultation: their words, and beside them what the gateway itself knows. Once as a document for
//! people (`document.rs`), once for other systems (`fhir.rs`); both say the same sections (`words.rs`).

mod document;
mod facts;
mod fhir;
mod presence;
mod words;

#[cfg(test)]
mod tests;

pub use document::{ReportPicture, document};
pub use facts::*;
pub use fhir::bundle;
pub use presence::{Presence, held, presences};
pub use words::{Section, SectionKind, sections};

use crate::clinical::{Report, ReportStatus};
use crate::secret::Pii;

/// One version of a report with all that stands in it.
#[derive(Clone, Debug)]
pub struct SignedReport<'r> {
    pub report: &'r Report,
    pub facts: &'r ReportFacts,
    /// Who signed and when, where the hospital is; `None` for a draft.
    pub signed: Option<SignedBy>,
    /// The version before it, for an amendment.
    pub amends: Option<uuid::Uuid>,
}

/// The name under a report.
#[derive(Clone, Debug)]
pub struct SignedBy {
    pub person: uuid::Uuid,
    pub name: Pii<String>,
    pub at: LocalTime,
}

impl SignedReport<'_> {
    fn status(&self) -> ReportStatus {
        self.report.status()
    }
}
