//! Rows in and out: one [`Store`] over SQLite or PostgreSQL. The only module that names sqlx.
//!
//! One SQL text serves both databases; `db.rs` says how. Each file holds the rows of one subject, private, and turns them
//! into the types of [`crate::clinical`] and [`crate::imaging`]. Every function here is run on both databases by
//! `tests/it/store.rs`, which fails for one that is missing there.

mod appointments;
mod chats;
mod consultations;
mod contacts;
mod db;
mod error;
mod key_images;
mod links;
mod logins;
mod marks;
mod migrate;
mod moves;
mod practitioners;
mod quality;
mod services;
mod studies;
mod summaries;
mod viewings;
mod withdrawn;

pub use appointments::AgendaScope;
pub use consultations::{StoredOtherPatient, StoredShow, StoredTelephone};
pub use db::{Store, StoreSettings};
pub use error::{Constraint, Error, Fault};
pub use key_images::{RemovedKeyImage, StoredKeyImage};
pub use logins::{Login, LoginDigest, SignInAttempt};
pub use marks::StoredMark;
pub use migrate::{Dialect, Migration, migrations};
pub use quality::QualityKey;
pub use studies::{StoredSeries, StoredStudy};
pub use summaries::StoredSummary;
pub use viewings::{StoredSight, StoredStep, StoredViewport};
pub use withdrawn::WithdrawnStudy;
