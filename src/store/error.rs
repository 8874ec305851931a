//! What can go wrong, and which rule of the tables was broken, whatever the database.

use std::fmt;

use sqlx::error::{DatabaseError, ErrorKind};
use thiserror::Error;
use uuid::Uuid;

/// Why rows could not be read or written.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the address of the database cannot be used: {0}")]
    Address(&'static str),
    #[error("the database file cannot be made")]
    File(#[source] std::io::Error),
    /// What works on data that are there finds none, and makes none.
    #[error(
        "there is no database at {0}: [database] url of the settings, or PARVIS_DATABASE_URL in the environment, is probably missing \
         or names another one"
    )]
    Missing(String),
    #[error("the database cannot be opened")]
    Open(#[source] Fault),
    #[error("PostgreSQL {found} is too old: at least {} is needed", super::Store::OLDEST_POSTGRES)]
    TooOld { found: u32 },
    #[error("the keys of the database cannot be used")]
    Keys(#[source] crate::sealing::KeyError),
    #[error("the tables cannot be brought up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The change would break a rule of the tables; nothing was written.
    #[error("refused: {0}")]
    Constraint(Constraint),
    /// Objects of two patients claim to be one study; nothing was written.
    #[error("the study {uid} is already here for another patient")]
    StudyOfAnotherPatient { uid: String },
    /// The change would leave no administrator a way to sign in; nothing was written.
    #[error("no administrator could sign in any more")]
    LastWayIn,
    /// The provider that a login would rest on was switched off, changed or removed before it answered; nothing was written.
    #[error("the identity provider is not on any more")]
    ProviderOff,
    /// Whoever would be logged in is disabled or has no role by now; nothing was written.
    #[error("the person has no role any more")]
    NoRole,
    /// A row is there that this version cannot have written.
    #[error("the row {id} of {table} makes no sense: {what}")]
    Inconsistent { table: &'static str, id: Uuid, what: &'static str },
    /// Rows cannot be copied out of a database or into one.
    #[error("{0}")]
    Copy(String),
    #[error("the database failed")]
    Database(#[source] Fault),
}

/// A rule of the tables that a caller can run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Constraint {
    #[error("a practitioner has another appointment at that time")]
    AppointmentOverlap,
    #[error("the appointment does not end after it starts")]
    AppointmentOrder,
    #[error("the secret of the link is in use")]
    LinkDigest,
    #[error("the secret of the login is in use")]
    LoginDigest,
    #[error("the state of the sign-in is in use")]
    AttemptState,
    #[error("the site has a service of that name")]
    ServiceName,
    #[error("another queue has that address")]
    QueueAddress,
    #[error("another identity provider has that name")]
    ProviderKey,
    #[error("another identity provider has that issuer")]
    ProviderIssuer,
    #[error("another archive has that name")]
    PacsKey,
    #[error("the identifier is in use")]
    IdTaken,
    #[error("something that it refers to is not there")]
    UnknownReference,
}

impl Constraint {
    /// Every variant.
    pub const ALL: [Self; 12] = [
        Self::AppointmentOverlap,
        Self::AppointmentOrder,
        Self::LinkDigest,
        Self::LoginDigest,
        Self::AttemptState,
        Self::ServiceName,
        Self::QueueAddress,
        Self::ProviderKey,
        Self::ProviderIssuer,
        Self::PacsKey,
        Self::IdTaken,
        Self::UnknownReference,
    ];

    /// The constraint's name as PostgreSQL reports it, and the message of SQLite, which names CHECK constraints and
    /// raised errors, but for keys only the columns.
    const NAMED: [(Self, &'static str, &'static str); 10] = [
        (Self::AppointmentOverlap, "appointment_no_overlap", "appointment_no_overlap"),
        (Self::AppointmentOrder, "appointment_order", "CHECK constraint failed: appointment_order"),
        (Self::LinkDigest, "link_digest", "UNIQUE constraint failed: link.digest"),
        (Self::LoginDigest, "login_digest", "UNIQUE constraint failed: login.digest"),
        (Self::AttemptState, "sign_in_attempt_pk", "UNIQUE constraint failed: sign_in_attempt.state_digest"),
        (Self::ServiceName, "service_name", "UNIQUE constraint failed: service.name, service.site"),
        (Self::QueueAddress, "service_queue_slug", "UNIQUE constraint failed: service.queue_slug"),
        (Self::ProviderKey, "identity_provider_key", "UNIQUE constraint failed: identity_provider.key"),
        (
            Self::ProviderIssuer,
            "identity_provider_issuer",
            "UNIQUE constraint failed: identity_provider.issuer",
        ),
        (Self::PacsKey, "pacs_node_key", "UNIQUE constraint failed: pacs_node.key"),
    ];

    fn broken(error: &dyn DatabaseError) -> Option<Self> {
        let (name, message) = (error.constraint(), error.message());
        let is_named = |&&(_, postgres, sqlite): &&(Self, &str, &str)| match name {
            Some(name) => name == postgres,
            None => message == sqlite,
        };
        if let Some((constraint, ..)) = Self::NAMED.iter().find(is_named) {
            return Some(*constraint);
        }
        match error.kind() {
            ErrorKind::ForeignKeyViolation => Some(Self::UnknownReference),
            ErrorKind::UniqueViolation
                if name.map_or(message.ends_with(".id"), |name| name.ends_with("_pk")) =>
            {
                Some(Self::IdTaken)
            }
            _ => None,
        }
    }
}

/// A failure as the database's driver tells it. Its `Debug` is its `Display`: the driver's own shows the values of rows.
#[derive(Error)]
#[error("{0}")]
pub struct Fault(pub(super) sqlx::Error);

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error {
    /// Whether the same may go well another time: the database was not reached, was busy, or gave up for a reason of its own.
    pub fn is_passing(&self) -> bool {
        let Self::Database(Fault(fault)) = self else { return false };
        match fault {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                    // Connection, rollback, resources, not in this state, ended by somebody (PostgreSQL appendix A).
                    Some(_) => {
                        ["08", "25P03", "40", "53", "55", "57"].iter().any(|class| code.starts_with(class))
                    }
                    // The low byte: busy, locked, input or output, full, cannot be opened (sqlite.org/rescode.html).
                    None => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xFF, 5 | 6 | 10 | 13 | 14)),
                }
            }
            _ => false,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(Constraint::broken) {
            Some(constraint) => Self::Constraint(constraint),
            None => Self::Database(Fault(error)),
        }
    }
}
