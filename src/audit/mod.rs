//! The trail of what is done with patients' data: records, the chain that they are sealed in, signed heads, and how all of it is
//! verified, exported, and told to a hospital's other systems.
//!
//! Each record holds the SHA-256 of the one before it, and of itself: a byte that changes anywhere is found, and the first record that
//! does not fit is named. Whoever rewrites everything from one record on is found by the next signed head.

mod alert;
mod fhir;
mod head;
mod record;
mod syslog;
mod walk;
mod words;

pub use alert::MassAccess;
pub use fhir::audit_event;
pub use head::{Head, Signer};
pub use record::{GENESIS, Record, Seal, Sealed, Who, hex, of_hex, of_unsealed_line, unsealed_line};
pub use syslog::{datagram, frame};
pub use walk::{ExportWalk, Fault, LineFault, Misfit, Walk, Walked, verify_export};
pub use words::{Deed, Outcome, Subject};

#[cfg(test)]
mod tests;
