//! Rows of a backup back into an empty database of either kind, all of them or none.
//!
//! The tables are made as they were when the backup was, filled, and brought up to date. PostgreSQL: in one transaction, tables included, so
//! that whatever ends it leaves the database empty. SQLite: in a file beside, which takes its name at the end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Transaction};

use super::db::{StoreSettings, make_private, micros};
use super::migrate::{self, Dialect};
use super::portable::{AppliedMigration, PASSING_TABLES, Table, bound, failed, quoted};
use super::{Error, Fault, Store};

/// A database that is being filled. Dropped before [`Refill::finish`], nothing of it stays.
#[derive(Debug)]
pub struct Refill {
    open: Open,
}

#[derive(Debug)]
enum Open {
    Sqlite { connection: SqliteConnection, beside: Beside },
    Postgres(Transaction<'static, Postgres>),
}

/// A file that is not the database yet.
#[derive(Debug)]
struct Beside {
    path: PathBuf,
    /// What it will be called.
    becomes: PathBuf,
}

/// What opens something without a sign-in and was not withdrawn when the backup was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StillOpen {
    /// Personal links, links of upload folders, addresses of calendars.
    pub links: u64,
    /// Tokens of programs.
    pub tokens: u64,
}

/// What is added to the name of the file until it is whole.
const BESIDE: &str = ".restoring";
/// SQLite would take these for the log of the file whose name they have.
const LOGS: [&str; 3] = ["-wal", "-shm", "-journal"];

const LINKS: &str = "SELECT
    (SELECT COUNT(*) FROM link WHERE revoked_at IS NULL AND expires_at > $1)
    + (SELECT COUNT(*) FROM upload_folder WHERE digest IS NOT NULL AND revoked_at IS NULL AND expires_at > $1)
    + (SELECT COUNT(*) FROM calendar_feed)";
const TOKENS: &str = "SELECT COUNT(*) FROM api_token WHERE revoked_at IS NULL AND expires_at > $1";
const WITHDRAW: [&str; 2] = [
    "UPDATE link SET revoked_at = $1 WHERE revoked_at IS NULL",
    "UPDATE upload_folder SET revoked_at = $1 WHERE digest IS NOT NULL AND revoked_at IS NULL",
];
const WITHDRAW_CALENDARS: &str = "DELETE FROM calendar_feed";
const TABLES: &str = "SELECT CAST(relname AS TEXT) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = CAST(current_schema() AS regnamespace) ORDER BY relname";

/// Runs `$body` on the connection of whichever database there is.
macro_rules! ask {
    ($open:expr, $connection:ident => $body:expr) => {
        match $open {
            Open::Sqlite { connection: $connection, .. } => $body,
            Open::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
        }
    };
}

/// Adds lines to a table, as many in one statement as it takes.
macro_rules! add {
    ($connection:expr, $database:ty, $dialect:expr, $table:expr, $lines:expr) => {{
        let table: &Table = $table;
        for lines in $lines.chunks(table.rows_at_once()) {
            let rows: Option<Vec<_>> = lines.iter().map(|line| table.parse(line)).collect();
            let rows = rows.ok_or_else(|| table.unreadable())?;
            let sql = AssertSqlSafe(table.insert($dialect, rows.len()));
            // The statement of a full batch comes again.
            let query = sqlx::query::<$database>(sql).persistent(rows.len() == table.rows_at_once());
            let query = rows.iter().try_fold(query, |query, row| bound!(query, table, row));
            query.ok_or_else(|| table.unreadable())?.execute(&mut *$connection).await?;
        }
    }};
}

fn sqlite_file(url: &str) -> Result<PathBuf, Error> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(Error::Address("a database in memory is gone with its program"));
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| Error::Address("it is not a SQLite address such as sqlite:///path/to/file"))?;
    Ok(options.get_filename().to_owned())
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn is_sqlite(url: &str) -> Result<bool, Error> {
    match url.split(':').next().unwrap_or_default() {
        "sqlite" => Ok(true),
        "postgres" | "postgresql" => Ok(false),
        _ => Err(Error::Address("it starts with neither sqlite: nor postgres:")),
    }
}

/// One connection.
async fn connect_postgres(url: &str) -> Result<PgPool, Error> {
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        Error::Address("it is not a PostgreSQL address such as postgres://user@host/database")
    })?;
    let options = options.application_name("parvis restore").disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options);
    let pool = pool.await.map_err(|error| Error::Open(Fault(error)))?;
    let (version,): (String,) = sqlx::query_as("SHOW server_version_num").fetch_one(&pool).await?;
    let found = version.parse::<u32>().map_or(0, |number| number / 10_000);
    if found < Store::OLDEST_POSTGRES { Err(Error::TooOld { found }) } else { Ok(pool) }
}

impl Store {
    /// The steps of a backup of this kind of database that this program does not know, or knows otherwise.
    pub fn unknown_migrations(dialect: Dialect, applied: &[AppliedMigration]) -> Vec<i64> {
        let known = migrate::migrator(dialect);
        let is_known = |step: &AppliedMigration| {
            known.iter().any(|own| own.version == step.number && checksum(&own.checksum) == step.checksum)
        };
        applied.iter().filter(|step| !is_known(step)).map(|step| step.number).collect()
    }

    /// The folder of the database, where it is a file.
    ///
    /// # Errors
    /// If the address is none.
    pub fn folder_of(settings: &StoreSettings) -> Result<Option<PathBuf>, Error> {
        let url = settings.url.expose();
        if !is_sqlite(url)? {
            return Ok(None);
        }
        let file = sqlite_file(url)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Ok(Some(folder.unwrap_or(Path::new(".")).to_owned()))
    }

    /// What is there already, in words with what to do; `None`: nothing is.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn in_the_way(settings: &StoreSettings) -> Result<Option<String>, Error> {
        let url = settings.url.expose();
        if is_sqlite(url)? {
            let file = sqlite_file(url)?;
            let ends = std::iter::once("").chain(LOGS);
            let there = ends.map(|end| with_end(&file, end)).find(|path| path.exists());
            return Ok(there.map(|path| {
                format!(
                    "the database file {} is there: move it away, or name another in [database] url",
                    path.display()
                )
            }));
        }
        let pool = connect_postgres(url).await?;
        let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&pool).await.map_err(failed)?;
        pool.close().await;
        Ok(tables.first().map(|first| {
            format!("the database has {} table(s) ({first}, ...): make an empty one with createdb, and name it in [database] url", tables.len())
        }))
    }

    /// Begins to fill an empty database, with tables as they were after these steps.
    ///
    /// # Errors
    /// If it cannot be made, or is not empty.
    pub async fn refill(settings: &StoreSettings, applied: &[AppliedMigration]) -> Result<Refill, Error> {
        let url = settings.url.expose();
        let numbers: Vec<_> = applied.iter().map(|step| step.number).collect();
        if !is_sqlite(url)? {
            // Steps that begin one of their own are parts of this one.
            let mut transaction = connect_postgres(url).await?.begin().await?;
            let unlimited =
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
            sqlx::raw_sql(unlimited).execute(&mut *transaction).await?;
            let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *transaction).await?;
            if !tables.is_empty() {
                return Err(Error::Copy("there are tables in the database by now".to_owned()));
            }
            let steps = migrate::migrator_of(Dialect::Postgres, &numbers);
            steps.run_direct(None, &mut *transaction, false).await.map_err(Error::Migrate)?;
            return Ok(Refill { open: Open::Postgres(transaction) });
        }
        let becomes = sqlite_file(url)?;
        let beside = Beside { path: with_end(&becomes, BESIDE), becomes };
        // What one that was killed has left.
        beside.remove();
        make_private(&beside.path).map_err(Error::File)?;
        let options = SqliteConnectOptions::new()
            .filename(&beside.path)
            .journal_mode(SqliteJournalMode::Wal)
            // It is on the disk before it has its name.
            .synchronous(SqliteSynchronous::Off)
            .foreign_keys(true)
            .pragma("trusted_schema", "OFF")
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(|error| Error::Open(Fault(error)))?;
        let steps = migrate::migrator_of(Dialect::Sqlite, &numbers);
        steps.run_direct(None, &mut connection, false).await.map_err(Error::Migrate)?;
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await?;
        Ok(Refill { open: Open::Sqlite { connection, beside } })
    }
}

impl Refill {
    /// Which kind of database it is.
    pub fn dialect(&self) -> Dialect {
        match self.open {
            Open::Sqlite { .. } => Dialect::Sqlite,
            Open::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Empties the tables of what their making put there. They come in the order of the backup.
    ///
    /// # Errors
    /// If one of them is not among those that were made.
    pub async fn empty(&mut self, tables: &[Table]) -> Result<(), Error> {
        for table in tables.iter().rev() {
            let sql = AssertSqlSafe(format!("DELETE FROM {}", quoted(&table.name)));
            ask!(&mut self.open, connection => { sqlx::query(sql).execute(connection).await?; });
        }
        Ok(())
    }

    /// Adds rows to a table, behind those that they refer to.
    ///
    /// # Errors
    /// If a line is no row of it, or a rule of the tables is broken.
    pub async fn add_rows(&mut self, table: &Table, lines: &[&str]) -> Result<(), Error> {
        if PASSING_TABLES.contains(&table.name.as_str()) {
            return Ok(());
        }
        match &mut self.open {
            Open::Sqlite { connection, .. } => add!(connection, Sqlite, Dialect::Sqlite, table, lines),
            Open::Postgres(transaction) => {
                let connection = &mut **transaction;
                add!(connection, Postgres, Dialect::Postgres, table, lines)
            }
        }
        Ok(())
    }

    /// Brings the tables up to date, and counts what is open in them, or withdraws the links first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn bring_up_to_date(
        &mut self,
        now: DateTime<Utc>,
        withdraws_links: bool,
    ) -> Result<StillOpen, Error> {
        if let Open::Sqlite { connection, .. } = &mut self.open {
            sqlx::raw_sql("COMMIT").execute(&mut *connection).await?;
        }
        let all = migrate::migrator(self.dialect());
        ask!(&mut self.open, connection => all.run_direct(None, &mut *connection, false).await.map_err(Error::Migrate)?);
        let now = micros(now);
        if withdraws_links {
            for sql in WITHDRAW {
                ask!(&mut self.open, connection => { sqlx::query(sql).bind(now).execute(connection).await?; });
            }
            ask!(&mut self.open, connection => { sqlx::query(WITHDRAW_CALENDARS).execute(connection).await?; });
        }
        let mut counts = [0; 2];
        for (sql, count) in [LINKS, TOKENS].into_iter().zip(&mut counts) {
            let (found,): (i64,) = ask!(&mut self.open, connection =>
                sqlx::query_as(sql).bind(now).fetch_one(connection).await?);
            *count = u64::try_from(found).unwrap_or_default();
        }
        let [links, tokens] = counts;
        Ok(StillOpen { links, tokens })
    }

    /// Makes it the database.
    ///
    /// # Errors
    /// If the disk or the database fails, or another one is there by now.
    pub async fn finish(self) -> Result<(), Error> {
        match self.open {
            Open::Postgres(transaction) => Ok(transaction.commit().await?),
            Open::Sqlite { mut connection, beside } => {
                // The log goes into the file, and with it.
                sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
                connection.close().await.map_err(failed)?;
                beside.take_name().map_err(Error::File)
            }
        }
    }
}

impl Beside {
    fn take_name(&self) -> std::io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        match std::fs::hard_link(&self.path, &self.becomes) {
            Ok(()) => std::fs::remove_file(&self.path)?,
            // File systems of shares know no second name.
            Err(_) if !self.becomes.exists() => std::fs::rename(&self.path, &self.becomes)?,
            Err(error) => return Err(error),
        }
        let folder = self.becomes.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    fn remove(&self) {
        for end in std::iter::once("").chain(LOGS) {
            // It is not there, or the next one that begins says why it cannot be written.
            drop(std::fs::remove_file(with_end(&self.path, end)));
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.remove();
    }
}

fn checksum(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
