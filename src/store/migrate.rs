//! The tables, from the files of `migrations/`, which are part of the program.

use std::borrow::Cow;

use sqlx::migrate::Migrator;

static COMMON: Migrator = sqlx::migrate!("./migrations");
static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// One step, as it is built into the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    pub number: i64,
    pub name: Cow<'static, str>,
    pub sql: String,
}

/// The steps for one kind of database, in order: the common ones and its own.
pub fn migrations(dialect: Dialect) -> Vec<Migration> {
    let step = |step: &sqlx::migrate::Migration| Migration {
        number: step.version,
        name: step.description.clone(),
        sql: step.sql.as_str().to_owned(),
    };
    migrator(dialect).iter().map(step).collect()
}

pub(super) fn migrator(dialect: Dialect) -> Migrator {
    let own = match dialect {
        Dialect::Sqlite => &SQLITE,
        Dialect::Postgres => &POSTGRES,
    };
    Migrator::with_migrations(COMMON.iter().chain(own.iter()).cloned().collect())
}

/// The steps of one kind of database that are in the list: those that another database has seen.
pub(super) fn migrator_of(dialect: Dialect, numbers: &[i64]) -> Migrator {
    let all = migrator(dialect);
    Migrator::with_migrations(all.iter().filter(|step| numbers.contains(&step.version)).cloned().collect())
}
