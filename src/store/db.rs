//! Opens the database and holds the two macros with which one text runs on either.
//!
//! SQLite: write-ahead log, `synchronous = NORMAL` (a power cut may lose the last transactions, never the file), foreign keys
//! on, schema not trusted, five seconds of patience. One connection writes, each time with `BEGIN IMMEDIATE`, so that a
//! transaction which reads first never finds its snapshot too old to write; the others only read.
//! PostgreSQL: 15 or later, read committed; it ends a statement after five seconds, and a transaction in which nothing happens
//! after ten. A server that is not reached at all ends nothing: whoever must not wait for it says so (`live`). Where two transactions would take the same rows in another order, the one
//! that comes second waits on a row that both update first.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use super::migrate::{self, Dialect};
use super::{Error, Fault, keys, sealed};
use crate::clock::Clock;
use crate::sealing::{MasterKeys, ValueKeys};
use crate::secret::Secret;

/// Where the rows are.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `sqlite:///var/lib/parvis/parvis.db`, `sqlite::memory:` (a file that is gone with the [`Store`]) or
    /// `postgres://user:password@host/database`.
    pub url: Secret<String>,
    /// How many connections are held open at most; one more for SQLite, which has one that writes.
    pub max_connections: u32,
    /// What the keys of the rows are wrapped with.
    pub keys: MasterKeys,
}

/// The rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) db: Db,
    /// Seals what is personal in rows.
    pub(super) values: Arc<ValueKeys>,
}

/// See [`Store::connections`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    pub open: u32,
    pub idle: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Db {
    Sqlite(Sqlite),
    Postgres(PgPool),
}

#[derive(Clone, Debug)]
pub(super) struct Sqlite {
    pub(super) readers: SqlitePool,
    pub(super) writer: SqlitePool,
    /// Keeps a file that is meant to go away until the last clone has gone.
    _passing: Option<Arc<PassingFile>>,
}

/// Runs `$body` against the pool of whichever database there is. For reading.
macro_rules! on {
    ($store:expr, $pool:ident => $body:expr) => {
        match &$store.db {
            $crate::store::db::Db::Sqlite(sqlite) => {
                let $pool = &sqlite.readers;
                $body
            }
            $crate::store::db::Db::Postgres($pool) => $body,
        }
    };
}

/// Runs `$body` in a transaction that may write, and commits it; leaving early by `?` or `return` takes it all back.
macro_rules! in_transaction {
    ($store:expr, $tx:ident => $body:expr) => {
        match &$store.db {
            $crate::store::db::Db::Sqlite(sqlite) => {
                let mut $tx = sqlite.writer.begin_with("BEGIN IMMEDIATE").await?;
                let outcome = $body;
                $tx.commit().await?;
                outcome
            }
            $crate::store::db::Db::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let outcome = $body;
                $tx.commit().await?;
                outcome
            }
        }
    };
}

pub(super) use {in_transaction, on};

impl Store {
    /// The oldest major version of PostgreSQL that is supported.
    pub const OLDEST_POSTGRES: u32 = 15;
    const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
    pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
    /// What PostgreSQL bears before it ends a statement, the wait for a lock in it, and an idle transaction.
    const POSTGRES_LIMITS: [(&str, &str); 3] =
        [("statement_timeout", "5s"), ("lock_timeout", "4s"), ("idle_in_transaction_session_timeout", "10s")];

    /// Opens the database, makes it when it is a SQLite file that is not there, and brings its tables up to date.
    pub async fn open(settings: &StoreSettings) -> Result<Self, Error> {
        let url = settings.url.expose();
        let scheme = url.split(':').next().unwrap_or_default();
        let db = match scheme {
            "sqlite" => Db::Sqlite(Self::open_sqlite(url, settings.max_connections.max(1)).await?),
            "postgres" | "postgresql" => {
                Db::Postgres(Self::open_postgres(url, settings.max_connections.max(1)).await?)
            }
            _ => return Err(Error::Address("it starts with neither sqlite: nor postgres:")),
        };
        let values = Arc::new(keys::open(&db, &settings.keys).await?);
        sealed::seal_rows(&db, &values).await?;
        Ok(Self { db, values })
    }

    /// The same, of a database that is there: for whatever works on data that were kept. One that is missing or empty is not made.
    /// Refused with [`Error::Missing`].
    pub async fn open_existing(settings: &StoreSettings) -> Result<Self, Error> {
        Self::refuse_missing(settings.url.expose()).await?;
        Self::open(settings).await
    }

    /// Refuses an address at which nothing was kept yet.
    async fn refuse_missing(url: &str) -> Result<(), Error> {
        const TABLES: &str =
            "SELECT COUNT(*) FROM pg_class WHERE relkind = 'r' AND relname = '_sqlx_migrations'
            AND relnamespace = CAST(current_schema() AS regnamespace)";
        match url.split(':').next().unwrap_or_default() {
            "sqlite" => {
                let options = sqlite_options(url)?;
                let file = options.get_filename();
                let is_missing = match std::fs::metadata(file) {
                    Ok(facts) => facts.len() == 0,
                    // What else is wrong with it says whoever opens it.
                    Err(error) => error.kind() == std::io::ErrorKind::NotFound,
                };
                if is_missing { Err(Error::Missing(file.display().to_string())) } else { Ok(()) }
            }
            "postgres" | "postgresql" => {
                let options = postgres_options(url)?;
                let unopened = |error| Error::Open(Fault(error));
                let mut connection = options.connect().await.map_err(unopened)?;
                let (tables,): (i64,) = sqlx::query_as(TABLES).fetch_one(&mut connection).await?;
                connection.close().await?;
                if tables > 0 {
                    return Ok(());
                }
                // Without its user and password.
                let name = options.get_database().unwrap_or_default();
                Err(Error::Missing(format!(
                    "{}, PostgreSQL's \"{name}\", which has no tables",
                    options.get_host()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Which kind of database it is.
    pub fn dialect(&self) -> Dialect {
        match &self.db {
            Db::Sqlite(_) => Dialect::Sqlite,
            Db::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn open_sqlite(url: &str, readers: u32) -> Result<Sqlite, Error> {
        let (mut options, passing) = if url.contains(":memory:") || url.contains("mode=memory") {
            let file = PassingFile::new();
            (SqliteConnectOptions::new().filename(&file.0), Some(Arc::new(file)))
        } else {
            (sqlite_options(url)?, None)
        };
        make_private(options.get_filename()).map_err(Error::File)?;
        options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Self::BUSY_TIMEOUT)
            .pragma("trusted_schema", "OFF")
            .optimize_on_close(true, 400)
            .disable_statement_logging();
        let pool = || SqlitePoolOptions::new().acquire_timeout(Self::ACQUIRE_TIMEOUT);
        let writer = pool()
            .max_connections(1)
            .min_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(|e| Error::Open(Fault(e)))?;
        migrate::migrator(Dialect::Sqlite).run(&writer).await.map_err(Error::Migrate)?;
        let readers = pool()
            .max_connections(readers)
            .connect_with(options.optimize_on_close(false, None).pragma("query_only", "ON"))
            .await
            .map_err(|e| Error::Open(Fault(e)))?;
        let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(&readers).await?;
        tracing::info!(
            database.kind = "sqlite",
            database.version = version,
            database.journal = "wal",
            database.synchronous = "normal",
            "database open"
        );
        Ok(Sqlite { readers, writer, _passing: passing })
    }

    async fn open_postgres(url: &str, connections: u32) -> Result<PgPool, Error> {
        let options = postgres_options(url)?;
        let pool = |connections| {
            PgPoolOptions::new().max_connections(connections).acquire_timeout(Self::ACQUIRE_TIMEOUT)
        };
        // Tables are brought up to date without a limit: an index of many rows takes its time.
        let first = pool(1).connect_with(options.clone()).await.map_err(|e| Error::Open(Fault(e)))?;
        let (version,): (String,) = sqlx::query_as("SHOW server_version_num").fetch_one(&first).await?;
        let major = version.parse::<u32>().map_or(0, |number| number / 10_000);
        if major < Self::OLDEST_POSTGRES {
            return Err(Error::TooOld { found: major });
        }
        migrate::migrator(Dialect::Postgres).run(&first).await.map_err(Error::Migrate)?;
        first.close().await;
        let limited = options.options(Self::POSTGRES_LIMITS);
        let pool = pool(connections).connect_with(limited).await.map_err(|e| Error::Open(Fault(e)))?;
        tracing::info!(database.kind = "postgres", database.version = version, "database open");
        Ok(pool)
    }

    /// Whether the database answers. For the readiness check.
    pub async fn ping(&self) -> Result<(), Error> {
        on!(self, pool => { sqlx::query("SELECT 1").execute(pool).await?; });
        Ok(())
    }

    /// Connections that are open, and those of them that nobody uses now.
    pub fn connections(&self) -> Connections {
        match &self.db {
            Db::Sqlite(Sqlite { readers, writer, .. }) => Connections {
                open: readers.size() + writer.size(),
                idle: readers.num_idle() + writer.num_idle(),
            },
            Db::Postgres(pool) => Connections { open: pool.size(), idle: pool.num_idle() },
        }
    }

    /// Closes all connections, after those in use have been given back.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite(sqlite) => {
                sqlite.readers.close().await;
                sqlite.writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, Error> {
    SqliteConnectOptions::from_str(url)
        .map_err(|_| Error::Address("it is not a SQLite address such as sqlite:///path/to/file"))
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, Error> {
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        Error::Address("it is not a PostgreSQL address such as postgres://user@host/database")
    })?;
    Ok(options.application_name("parvis").disable_statement_logging())
}

/// Makes the file, so that only its owner may read it: SQLite would make it readable for everybody, and gives the files of its
/// log the rights of the main one.
pub(super) fn make_private(file: &Path) -> Result<(), std::io::Error> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// A database file that is removed with its log once nobody holds it.
#[derive(Debug)]
struct PassingFile(PathBuf);

impl PassingFile {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("parvis-{}.db", Clock::system().new_uuid())))
    }
}

impl Drop for PassingFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut file = self.0.clone().into_os_string();
            file.push(end);
            // Nothing is lost when it stays: the folder of temporary files is emptied by the system.
            drop(std::fs::remove_file(file));
        }
    }
}

/// Text as both databases can hold it: PostgreSQL takes no U+0000, which pads some texts in DICOM objects.
pub(super) fn text(value: &str) -> Cow<'_, str> {
    if value.contains('\0') { Cow::Owned(value.replace('\0', "")) } else { Cow::Borrowed(value) }
}

/// A time as both databases can hold it.
pub(super) fn micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// Both directions between an enumeration and the words that rows hold for it.
macro_rules! words {
    ($to:ident, $from:ident, $enum:ty { $($variant:path => $word:literal),+ $(,)? }) => {
        pub(super) fn $to(value: $enum) -> &'static str {
            match value {
                $($variant => $word),+
            }
        }

        pub(super) fn $from(word: &str) -> Option<$enum> {
            match word {
                $($word => Some($variant),)+
                _ => None,
            }
        }
    };
}

pub(super) use words;
