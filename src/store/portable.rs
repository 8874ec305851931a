//! Tables and rows in a form that either database reads: each row a line of JSON, each column one of a few kinds.
//!
//! Numbers with a fraction are written as text, so that no digit of them is lost; bytes in base64; times as RFC 3339. JSON columns are
//! text, as they are written or as PostgreSQL says them: nobody reads their keys in an order.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::migrate::Dialect;
use super::{Error, Fault};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    Uuid,
    Time,
    Date,
    Integer,
    Fraction,
    Truth,
    Bytes,
    Json,
    Text,
}

impl ColumnKind {
    /// From the name of the type, as migrations write it or as PostgreSQL says it.
    pub(super) fn of_type(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "uuid" => Self::Uuid,
            "timestamptz" | "timestamp with time zone" => Self::Time,
            "date" => Self::Date,
            "bigint" | "integer" => Self::Integer,
            "double precision" => Self::Fraction,
            "boolean" => Self::Truth,
            "bytea" => Self::Bytes,
            "jsonb" => Self::Json,
            "text" => Self::Text,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: ColumnKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

/// A step of the tables that a database has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedMigration {
    pub number: i64,
    /// Of its text, in hexadecimal letters.
    pub checksum: String,
}

/// Tables whose rows end with the machine that they were made on: whoever is signed in, has begun to, has opened a door, or was given an
/// address that works once. They are in no backup, and one that has them is restored without.
pub const PASSING_TABLES: [&str; 8] = [
    "login",
    "local_login",
    "ended_login",
    "patient_login",
    "sign_in_attempt",
    "local_step",
    "local_invitation",
    "door_pass",
];

/// What PostgreSQL and SQLite both read as a name.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Table {
    /// What reads all rows of it.
    pub(super) fn select(&self, dialect: Dialect) -> String {
        let columns = self.columns.iter().map(|column| {
            let name = quoted(&column.name);
            match (dialect, column.kind) {
                (Dialect::Postgres, ColumnKind::Json) => format!("CAST({name} AS TEXT)"),
                (Dialect::Postgres, ColumnKind::Integer) => format!("CAST({name} AS BIGINT)"),
                _ => name,
            }
        });
        format!("SELECT {} FROM {}", columns.collect::<Vec<_>>().join(", "), quoted(&self.name))
    }

    /// What adds so many rows to it.
    pub(super) fn insert(&self, dialect: Dialect, rows: usize) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        let mut number = 0;
        let rows = (0..rows).map(|_| {
            let places = self.columns.iter().map(|column| {
                number += 1;
                match (dialect, column.kind) {
                    (Dialect::Postgres, ColumnKind::Json) => format!("CAST(${number} AS JSONB)"),
                    _ => format!("${number}"),
                }
            });
            format!("({})", places.collect::<Vec<_>>().join(", "))
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        format!("INSERT INTO {} ({}) VALUES {rows}", quoted(&self.name), names.join(", "))
    }

    /// So many rows go into one statement: SQLite takes 32 766 values.
    pub(super) fn rows_at_once(&self) -> usize {
        (8192 / self.columns.len().max(1)).clamp(1, 256)
    }

    /// A row of the lines, and nothing else.
    pub(super) fn parse(&self, line: &str) -> Option<Vec<Value>> {
        let values: Vec<Value> = serde_json::from_str(line).ok()?;
        (values.len() == self.columns.len()).then_some(values)
    }

    pub(super) fn unreadable(&self) -> Error {
        Error::Copy(format!("a row of the table {} cannot be read", self.name))
    }
}

/// Tables in an order in which each stands behind those that it refers to. `references`: from which to which.
pub(super) fn ordered(tables: Vec<Table>, references: &[(String, String)]) -> Result<Vec<Table>, Error> {
    let mut waiting: BTreeMap<String, Table> =
        tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let blocked: BTreeSet<&String> = references
            .iter()
            .filter(|(from, to)| from != to && waiting.contains_key(from) && waiting.contains_key(to))
            .map(|(from, _)| from)
            .collect();
        let free: Vec<_> = waiting.keys().filter(|name| !blocked.contains(name)).cloned().collect();
        if free.is_empty() {
            return Err(Error::Copy("its tables refer to each other in a circle".to_owned()));
        }
        ordered.extend(free.iter().filter_map(|name| waiting.remove(name)));
    }
    Ok(ordered)
}

/// A row as a line, whichever the database: `$row` is its row.
macro_rules! line {
    ($row:expr, $table:expr) => {{
        let (row, table): (_, &$crate::store::portable::Table) = ($row, $table);
        let mut values = Vec::with_capacity(table.columns.len());
        for (place, column) in table.columns.iter().enumerate() {
            use $crate::store::portable::{ColumnKind, value_of};
            values.push(match column.kind {
                ColumnKind::Uuid => value_of(row.try_get::<Option<uuid::Uuid>, _>(place)?),
                ColumnKind::Time => value_of(row.try_get::<Option<chrono::DateTime<chrono::Utc>>, _>(place)?),
                ColumnKind::Date => value_of(row.try_get::<Option<chrono::NaiveDate>, _>(place)?),
                ColumnKind::Integer => value_of(row.try_get::<Option<i64>, _>(place)?),
                ColumnKind::Fraction => value_of(row.try_get::<Option<f64>, _>(place)?),
                ColumnKind::Truth => value_of(row.try_get::<Option<bool>, _>(place)?),
                ColumnKind::Bytes => value_of(row.try_get::<Option<Vec<u8>>, _>(place)?),
                ColumnKind::Json | ColumnKind::Text => value_of(row.try_get::<Option<String>, _>(place)?),
            });
        }
        Ok::<String, sqlx::Error>(serde_json::Value::Array(values).to_string())
    }};
}

/// Binds the values of a row to a statement; `None`: one of them is not what its column holds.
macro_rules! bound {
    ($query:expr, $table:expr, $values:expr) => {{
        let mut query = Some($query);
        for (column, value) in $table.columns.iter().zip($values) {
            use $crate::store::portable::{ColumnKind, Portable};
            query = query.and_then(|query| {
                Some(match column.kind {
                    ColumnKind::Uuid => query.bind(uuid::Uuid::maybe_of(value)?),
                    ColumnKind::Time => query.bind(chrono::DateTime::<chrono::Utc>::maybe_of(value)?),
                    ColumnKind::Date => query.bind(chrono::NaiveDate::maybe_of(value)?),
                    ColumnKind::Integer => query.bind(i64::maybe_of(value)?),
                    ColumnKind::Fraction => query.bind(f64::maybe_of(value)?),
                    ColumnKind::Truth => query.bind(bool::maybe_of(value)?),
                    ColumnKind::Bytes => query.bind(Vec::<u8>::maybe_of(value)?),
                    ColumnKind::Json | ColumnKind::Text => query.bind(String::maybe_of(value)?),
                })
            });
        }
        query
    }};
}

pub(super) use {bound, line};

pub(super) fn value_of<T: Portable>(value: Option<T>) -> Value {
    value.map_or(Value::Null, Portable::value)
}

/// What goes into a line and comes out of it as it was.
pub(super) trait Portable: Sized {
    fn value(self) -> Value;

    /// `None`: it is something else.
    fn of(value: &Value) -> Option<Self>;

    fn maybe_of(value: &Value) -> Option<Option<Self>> {
        if value.is_null() { Some(None) } else { Self::of(value).map(Some) }
    }
}

impl Portable for Uuid {
    fn value(self) -> Value {
        Value::String(self.to_string())
    }

    fn of(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Portable for DateTime<Utc> {
    fn value(self) -> Value {
        Value::String(self.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    fn of(value: &Value) -> Option<Self> {
        DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.to_utc())
    }
}

impl Portable for NaiveDate {
    fn value(self) -> Value {
        Value::String(self.to_string())
    }

    fn of(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Portable for i64 {
    fn value(self) -> Value {
        Value::from(self)
    }

    fn of(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

impl Portable for f64 {
    fn value(self) -> Value {
        Value::String(format!("{self:?}"))
    }

    fn of(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Portable for bool {
    fn value(self) -> Value {
        Value::Bool(self)
    }

    fn of(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Portable for Vec<u8> {
    fn value(self) -> Value {
        Value::String(STANDARD.encode(self))
    }

    fn of(value: &Value) -> Option<Self> {
        STANDARD.decode(value.as_str()?).ok()
    }
}

impl Portable for String {
    fn value(self) -> Value {
        Value::String(self)
    }

    fn of(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

/// The failure of a driver while rows are copied.
pub(super) fn failed(error: sqlx::Error) -> Error {
    Error::Database(Fault(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Table {
        Table {
            name: name.to_owned(),
            columns: vec![Column { name: "id".to_owned(), kind: ColumnKind::Json }],
        }
    }

    #[test]
    fn a_table_stands_behind_what_it_refers_to() {
        let refers = |pairs: &[(&str, &str)]| -> Vec<_> {
            pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
        };
        let tables = || ["a", "b", "c"].map(table).to_vec();
        let found = ordered(tables(), &refers(&[("a", "b"), ("b", "c"), ("b", "b"), ("a", "c")])).unwrap();
        assert_eq!(found.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
        assert!(ordered(tables(), &refers(&[("a", "b"), ("b", "a")])).is_err());
    }

    #[test]
    fn values_come_out_as_they_went_in() {
        fn same<T: Portable + Clone + PartialEq + std::fmt::Debug>(values: &[T]) {
            for value in values {
                let text = value_of(Some(value.clone())).to_string();
                let read: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(T::maybe_of(&read), Some(Some(value.clone())), "{text}");
            }
            assert_eq!(T::maybe_of(&Value::Null), Some(None));
        }
        same(&[i64::MIN, -1, 0, i64::MAX]);
        same(&[0.1 + 0.2, 1.0, -0.0, 1e-300, f64::MAX, f64::INFINITY]);
        same(&[Vec::new(), (0..=255).collect::<Vec<u8>>()]);
        same(&["Hélène\n\"\\\u{1}".to_owned(), String::new()]);
        same(&[true, false]);
        same(&[Uuid::from_u128(7)]);
        same(&[NaiveDate::from_ymd_opt(1951, 3, 17).unwrap()]);
        same(&[DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(), DateTime::UNIX_EPOCH]);
        assert_eq!(i64::maybe_of(&Value::from("1")), None);
        assert_eq!(Vec::<u8>::maybe_of(&Value::from("?")), None);
    }

    #[test]
    fn a_statement_says_how_each_database_reads_json() {
        assert_eq!(
            table("t").insert(Dialect::Postgres, 2),
            "INSERT INTO \"t\" (\"id\") VALUES (CAST($1 AS JSONB)), (CAST($2 AS JSONB))"
        );
        assert_eq!(table("t").insert(Dialect::Sqlite, 1), "INSERT INTO \"t\" (\"id\") VALUES ($1)");
        assert_eq!(table("t").select(Dialect::Postgres), "SELECT CAST(\"id\" AS TEXT) FROM \"t\"");
    }
}
