//! All rows of a database as they were at one moment, for a backup, while the gateway goes on writing. Nothing is changed, not even tables of an
//! older release are brought up to date.
//!
//! SQLite: a transaction that only reads, in front of the write-ahead log. PostgreSQL: repeatable read, read only, without the limits of
//! other statements.

use std::collections::BTreeSet;
use std::str::FromStr;

use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use uuid::Uuid;

use super::chats::ALL_USED;
use super::db::StoreSettings;
use super::keys::about;
use super::migrate::Dialect;
use super::portable::{
    AppliedMigration, Column, ColumnKind, PASSING_TABLES, Table, failed, line, ordered, quoted,
};
use super::{Error, Fault, Store};
use crate::sealing::{KeyError, MasterId, Wrapped};

/// One moment of a database.
#[derive(Debug)]
pub struct Snapshot {
    open: Open,
    migrations: Vec<AppliedMigration>,
    tables: Vec<Table>,
    masters: BTreeSet<MasterId>,
}

#[derive(Debug)]
enum Open {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Runs `$body` on the connection of whichever database there is.
macro_rules! ask {
    ($open:expr, $connection:ident => $body:expr) => {
        match $open {
            Open::Sqlite($connection) => $body,
            Open::Postgres($connection) => $body,
        }
    };
}

/// The bytes of archive and chat that rows name, each once, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedContents {
    pub objects: Vec<[u8; 32]>,
    pub files: Vec<[u8; 32]>,
}

const MIGRATED: [&str; 2] = [
    "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('_sqlx_migrations', 'data_key')",
    "SELECT COUNT(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = CAST(current_schema() AS regnamespace)
        AND relname IN ('_sqlx_migrations', 'data_key')",
];
const MIGRATIONS: &str = "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version";
const KEYS: &str = "SELECT id, wrapped FROM data_key";
/// Table, column and type, in the order of columns.
const COLUMNS: [&str; 2] = [
    "SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND t.name <> '_sqlx_migrations'
        ORDER BY t.name, c.cid",
    "SELECT CAST(t.relname AS TEXT), CAST(c.attname AS TEXT), format_type(c.atttypid, NULL)
        FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
        WHERE t.relkind = 'r' AND t.relnamespace = CAST(current_schema() AS regnamespace)
        AND t.relname <> '_sqlx_migrations' AND c.attnum > 0 AND NOT c.attisdropped
        ORDER BY t.relname, c.attnum",
];
/// From which table to which.
const REFERENCES: [&str; 2] = [
    "SELECT DISTINCT t.name, r.\"table\" FROM sqlite_schema t, pragma_foreign_key_list(t.name) r
        WHERE t.type = 'table'",
    "SELECT DISTINCT CAST(t.relname AS TEXT), CAST(r.relname AS TEXT) FROM pg_constraint c
        JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
        WHERE c.contype = 'f' AND t.relnamespace = CAST(current_schema() AS regnamespace)",
];
const BYTES: [&str; 2] = [
    "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "SELECT pg_database_size(current_database())",
];
const OBJECTS: &str = "SELECT DISTINCT content FROM instance ORDER BY content";

impl Store {
    /// Takes the moment.
    ///
    /// # Errors
    /// If there is no database of this program, or no master key opens its rows: then a backup of it could not be read either.
    pub async fn snapshot(settings: &StoreSettings) -> Result<Snapshot, Error> {
        let url = settings.url.expose();
        let unopened = |error| Error::Open(Fault(error));
        let mut open = match url.split(':').next().unwrap_or_default() {
            "sqlite" if url.contains(":memory:") => {
                return Err(Error::Address("a database in memory is gone with its program"));
            }
            "sqlite" => {
                let options = SqliteConnectOptions::from_str(url)
                    .map_err(|_| Error::Address("it is not a SQLite address such as sqlite:///path/to/file"))?
                    .create_if_missing(false)
                    .pragma("query_only", "ON")
                    .pragma("trusted_schema", "OFF")
                    .busy_timeout(Self::BUSY_TIMEOUT)
                    .disable_statement_logging();
                let file = options.get_filename();
                if file.try_exists().is_ok_and(|is_there| !is_there) {
                    return Err(Error::Missing(file.display().to_string()));
                }
                Open::Sqlite(options.connect().await.map_err(unopened)?)
            }
            "postgres" | "postgresql" => {
                let options = PgConnectOptions::from_str(url)
                    .map_err(|_| {
                        Error::Address("it is not a PostgreSQL address such as postgres://user@host/database")
                    })?
                    .application_name("parvis backup")
                    .disable_statement_logging();
                Open::Postgres(options.connect().await.map_err(unopened)?)
            }
            _ => return Err(Error::Address("it starts with neither sqlite: nor postgres:")),
        };
        match &mut open {
            Open::Sqlite(connection) => {
                sqlx::raw_sql("BEGIN").execute(connection).await?;
            }
            Open::Postgres(connection) => {
                let begin =
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0;
                    SET LOCAL idle_in_transaction_session_timeout = 0";
                sqlx::raw_sql(begin).execute(connection).await?;
            }
        }
        Snapshot::of(open, settings).await
    }
}

impl Snapshot {
    async fn of(mut open: Open, settings: &StoreSettings) -> Result<Self, Error> {
        let dialect = usize::from(matches!(open, Open::Postgres(_)));
        let (there,): (i64,) = ask!(&mut open, connection =>
            sqlx::query_as(MIGRATED[dialect]).fetch_one(connection).await.map_err(failed)?);
        if there < 2 {
            return Err(Error::Copy(
                "it has no tables of this release: start the gateway once, so that they are made or brought up to date".to_owned(),
            ));
        }
        let migrations: Vec<(i64, Vec<u8>)> = ask!(&mut open, connection =>
            sqlx::query_as(MIGRATIONS).fetch_all(connection).await.map_err(failed)?);
        let migrations = migrations.into_iter();
        let migrations =
            migrations.map(|(number, checksum)| AppliedMigration { number, checksum: hex(&checksum) });
        let keys: Vec<(Uuid, String)> = ask!(&mut open, connection =>
            sqlx::query_as(KEYS).fetch_all(connection).await.map_err(failed)?);
        let mut masters = BTreeSet::new();
        for (id, text) in keys {
            let wrapped = Wrapped::of_text(&text).ok_or(Error::Keys(KeyError::Damaged))?;
            settings.keys.unwrap(&wrapped, &about(id)).map_err(Error::Keys)?;
            masters.insert(wrapped.master);
        }
        let columns: Vec<(String, String, String)> = ask!(&mut open, connection =>
            sqlx::query_as(COLUMNS[dialect]).fetch_all(connection).await.map_err(failed)?);
        let references: Vec<(String, String)> = ask!(&mut open, connection =>
            sqlx::query_as(REFERENCES[dialect]).fetch_all(connection).await.map_err(failed)?);
        let mut tables: Vec<Table> = Vec::new();
        for (table, name, kind) in columns {
            if PASSING_TABLES.contains(&table.as_str()) {
                continue;
            }
            let unknown = || {
                Error::Copy(format!("the column {name} of the table {table} has a type that is not known"))
            };
            let column = Column { kind: ColumnKind::of_type(&kind).ok_or_else(unknown)?, name: name.clone() };
            match tables.last_mut().filter(|last| last.name == table) {
                Some(last) => last.columns.push(column),
                None => tables.push(Table { name: table, columns: vec![column] }),
            }
        }
        let tables = ordered(tables, &references)?;
        Ok(Self { open, migrations: migrations.collect(), tables, masters })
    }

    /// Which kind of database it is.
    pub fn dialect(&self) -> Dialect {
        match self.open {
            Open::Sqlite(_) => Dialect::Sqlite,
            Open::Postgres(_) => Dialect::Postgres,
        }
    }

    fn is_postgres(&self) -> usize {
        usize::from(self.dialect() == Dialect::Postgres)
    }

    /// The steps of the tables that it has seen.
    pub fn migrations(&self) -> &[AppliedMigration] {
        &self.migrations
    }

    /// All tables whose rows are copied, each behind those that it refers to.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The master keys that its data keys are wrapped with.
    pub fn masters(&self) -> &BTreeSet<MasterId> {
        &self.masters
    }

    /// How large the database is, in bytes, about.
    ///
    /// # Errors
    /// If it fails.
    pub async fn byte_count(&mut self) -> Result<u64, Error> {
        let sql = BYTES[self.is_postgres()];
        let (bytes,): (i64,) = ask!(&mut self.open, connection =>
            sqlx::query_as(sql).fetch_one(connection).await.map_err(failed)?);
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn row_count(&mut self, table: &Table) -> Result<u64, Error> {
        let sql = format!("SELECT COUNT(*) FROM {}", quoted(&table.name));
        let (rows,): (i64,) = ask!(&mut self.open, connection =>
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(connection).await.map_err(failed)?);
        Ok(u64::try_from(rows).unwrap_or_default())
    }

    /// All rows of a table, each as a line without its end.
    pub fn rows<'a>(&'a mut self, table: &'a Table) -> BoxStream<'a, Result<String, Error>> {
        let sql = AssertSqlSafe(table.select(self.dialect()));
        ask!(&mut self.open, connection => {
            let rows = sqlx::query(sql).fetch(connection);
            rows.map(|row| row.and_then(|row| line!(&row, table))).map_err(|error| named(error, table)).boxed()
        })
    }

    /// What rows name of the archive.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn contents(&mut self) -> Result<NamedContents, Error> {
        let mut found = [Vec::new(), Vec::new()];
        for (sql, found) in [OBJECTS, ALL_USED].into_iter().zip(&mut found) {
            let mut rows: BoxStream<'_, Result<Vec<u8>, sqlx::Error>> = ask!(&mut self.open, connection =>
                sqlx::query_scalar::<_, Vec<u8>>(sql).fetch(connection).boxed());
            while let Some(content) = rows.try_next().await.map_err(failed)? {
                found.extend(<[u8; 32]>::try_from(content));
            }
        }
        let [objects, files] = found;
        Ok(NamedContents { objects, files })
    }

    /// Lets the moment go.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn close(self) -> Result<(), Error> {
        ask!(self.open, connection => connection.close().await.map_err(failed))
    }
}

/// A row that does not hold what its columns say is told with its table; the values are not.
fn named(error: sqlx::Error, table: &Table) -> Error {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => table.unreadable(),
        error => failed(error),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
