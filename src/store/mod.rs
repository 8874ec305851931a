//! Rows in and out: one [`Store`] over SQLite or PostgreSQL. The only module that names sqlx.
//!
//! One SQL text serves both databases; `db.rs` says how. Each file holds the rows of one subject, private, and turns them
//! into the types of [`crate::clinical`] and [`crate::imaging`]. Every function here is run on both databases by
//! `tests/it/store.rs`, which fails for one that is missing there.

mod after;
mod api_tokens;
mod appointments;
mod audit;
mod branding;
mod calendar_feeds;
mod chains;
mod chats;
mod consents;
mod consultations;
mod contacts;
mod courses;
mod db;
mod delegations;
mod documents;
mod doors;
mod emergencies;
mod error;
mod identities;
mod key_images;
mod keys;
mod links;
mod local_accounts;
mod local_sign_ins;
mod local_uses;
mod logins;
mod marks;
mod message_templates;
mod messages;
mod migrate;
mod moves;
mod notes;
mod patient_logins;
mod people;
mod portable;
mod practitioners;
mod providers;
mod quality;
mod queues;
mod refill;
mod reports;
mod retention;
mod schedules;
mod sealed;
mod senders;
mod services;
mod snapshot;
mod statistics;
mod studies;
mod summaries;
mod uploads;
mod viewings;
mod waiting;
mod ways_in;
mod withdrawn;

pub use api_tokens::ApiToken;
pub use appointments::AgendaScope;
pub use audit::TrailFilter;
pub use branding::Branding;
pub use consultations::{StoredOtherPatient, StoredShow, StoredTelephone};
pub use db::{Store, StoreSettings};
pub use error::{Constraint, Error, Fault};
pub use key_images::{RemovedKeyImage, StoredKeyImage};
pub use local_accounts::{
    LOCAL_ISSUER, LocalAccount, LocalAccountLine, LocalInvitation, LocalPasskey, LocalSetUp, NewLocalAccount,
};
pub use local_sign_ins::{LocalMeans, LocalPurpose, LocalStep, TryKey};
pub use local_uses::{LocalUse, LocalUseKind};
pub use logins::{Login, LoginDigest, SignInAttempt, SignedOutThere};
pub use marks::StoredMark;
pub use message_templates::StoredTemplate;
pub use messages::{MessageAlarm, MessageEnd, MessageLease, TakenMessage};
pub use migrate::{Dialect, Migration, migrations};
pub use patient_logins::{PatientLogin, PatientSignedOutThere};
pub use people::{PersonLine, SettingChange};
pub use portable::{AppliedMigration, Column, ColumnKind, PASSING_TABLES, Table};
pub use providers::{SecretMethod, StoredProvider, StoredRoleRule};
pub use quality::QualityKey;
pub use refill::{Refill, StillOpen};
pub use reports::{FrozenReport, StoredReport};
pub use retention::{ClassState, Purged};
pub use schedules::{Change, Changed};
pub use snapshot::{NamedContents, Snapshot};
pub use statistics::StoredVisit;
pub use studies::{StoredSeries, StoredStudy};
pub use summaries::StoredSummary;
pub use viewings::{StoredSight, StoredStep, StoredViewport};
pub use waiting::StoredArrival;
pub use ways_in::WayOfFile;
pub use withdrawn::WithdrawnStudy;
