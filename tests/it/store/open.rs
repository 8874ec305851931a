//! Opening and closing a store, and a database that is held up.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use parvis::secret::Secret;
use parvis::store::{Constraint, Dialect, Error, StoreSettings};
use sqlx::Connection;

use super::*;
use crate::support::db::{TestDatabase, for_each_database, keys};

fn settings(url: &str) -> StoreSettings {
    StoreSettings { url: Secret::new(url.to_owned()), max_connections: 2, keys: keys() }
}

#[tokio::test]
async fn a_store_answers_until_it_is_closed() {
    for_each_database(|store| async move {
        store.ping().await.unwrap();
        store.close().await;
        assert!(matches!(store.ping().await, Err(Error::Database(_))));
    })
    .await;
}

/// Another connection holds a row, or the whole file, while the store wants to write it.
async fn held_up(database: &TestDatabase, store: &Store) -> Error {
    let claire = doctor(store, "Claire").await;
    let url = database.settings.url.expose();
    let again = person("Claire", &[StaffRole::Doctor]);
    let again = Practitioner { subject: claire.subject.clone(), ..again };
    match database.dialect {
        Dialect::Sqlite => {
            let mut other = sqlx::SqliteConnection::connect(url).await.unwrap();
            sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
            store.upsert_practitioner(&again).await.unwrap_err()
        }
        Dialect::Postgres => {
            let mut other = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql("BEGIN; LOCK TABLE practitioner").execute(&mut other).await.unwrap();
            store.upsert_practitioner(&again).await.unwrap_err()
        }
    }
}

#[tokio::test]
async fn a_database_that_is_held_up_gives_up_by_itself_and_says_that_it_may_pass() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parvis.db");
    let sqlite = settings(&format!("sqlite://{}", file.display()));
    for database in [
        TestDatabase { dialect: Dialect::Sqlite, settings: sqlite },
        TestDatabase::new(Dialect::Postgres).await,
    ] {
        let store = database.open().await;
        let error = held_up(&database, &store).await;
        assert!(error.is_passing(), "{:?}: {error:?}", database.dialect);
        // What the tables refuse stays refused.
        let nowhere = new_id(AppointmentId::new);
        assert!(!store.see_consultation(nowhere, at(1)).await.unwrap_err().is_passing());
        store.close().await;
    }
}

#[tokio::test]
async fn rows_outlive_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parvis.db");
    for database in [
        TestDatabase {
            dialect: Dialect::Sqlite,
            settings: settings(&format!("sqlite://{}", file.display())),
        },
        TestDatabase::new(Dialect::Postgres).await,
    ] {
        let store = database.open().await;
        let claire = doctor(&store, "Claire").await;
        store.close().await;
        let store = Store::open(&database.settings).await.unwrap();
        assert_eq!(store.practitioner(claire.id).await.unwrap(), Some(claire), "{:?}", database.dialect);
        store.close().await;
    }
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner reads the file");
}

#[tokio::test]
async fn two_memories_are_two_databases_and_leave_no_file() {
    let files = || -> BTreeSet<_> {
        let names = std::fs::read_dir(std::env::temp_dir()).unwrap().map(|file| file.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().contains(".db")).collect()
    };
    let before = files();
    let (one, two) = (TestDatabase::new(Dialect::Sqlite).await, TestDatabase::new(Dialect::Sqlite).await);
    let (one, two) = (one.open().await, two.open().await);
    doctor(&one, "Claire").await;
    assert_eq!(two.practitioners().await.unwrap(), []);
    let new: BTreeSet<_> = files().difference(&before).cloned().collect();
    assert!(new.len() >= 2, "{new:?}");
    one.close().await;
    two.close().await;
    drop((one, two));
    // Those of tests that run beside this one go, too, when they end.
    let is_gone = async || {
        while !files().is_disjoint(&new) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), is_gone()).await.expect("files stay behind");
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_named_without_its_password() {
    for url in ["mysql://root:hunter2@localhost/x", "", "postgres://u:hunter2@[::1/x"] {
        let error = Store::open(&settings(url)).await.unwrap_err();
        assert!(matches!(error, Error::Address(_)), "{url}: {error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
    let error = Store::open(&settings("sqlite:///nowhere/at/all/parvis.db")).await.unwrap_err();
    assert!(matches!(error, Error::File(_)), "{error:?}");
    let error = Store::open(&settings("postgres://u:hunter2@localhost/x?host=/nowhere")).await.unwrap_err();
    assert!(matches!(error, Error::Open(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_not_made_for_whoever_works_on_what_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parvis.db");
    let url = format!("sqlite://{}", file.display());
    for is_empty in [false, true] {
        if is_empty {
            std::fs::write(&file, "").unwrap();
        }
        let said = Store::open_existing(&settings(&url)).await.unwrap_err();
        assert!(matches!(said, Error::Missing(_)), "{said:?}");
        let said = said.to_string();
        assert!(said.contains(file.to_str().unwrap()) && said.contains("PARVIS_DATABASE_URL"), "{said}");
        assert_eq!(file.metadata().map_or(0, |facts| facts.len()), 0, "nothing was written");
    }
    assert!(matches!(
        Store::snapshot(&settings("sqlite:///nowhere/parvis.db")).await,
        Err(Error::Missing(_))
    ));
    Store::open(&settings(&url)).await.unwrap().close().await;
    Store::open_existing(&settings(&url)).await.unwrap().close().await;

    let database = TestDatabase::new(Dialect::Postgres).await;
    let said = Store::open_existing(&database.settings).await.unwrap_err();
    assert!(matches!(said, Error::Missing(_)), "{said:?}");
    let name = database.settings.url.expose().rsplit('/').find_map(|part| part.split_once('?')).unwrap().0;
    assert!(said.to_string().contains(name), "{said}");
    database.open().await.close().await;
    Store::open_existing(&database.settings).await.unwrap().close().await;
}

#[tokio::test]
async fn values_of_rows_are_in_no_error() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let mut booked = visit(&[&claire], 0, 30);
        booked.participants[0].name = "Canary Patient".into();
        booked.ends_at = booked.starts_at;
        let error = store.add_appointment(&booked, &[]).await.unwrap_err();
        assert!(matches!(error, Error::Constraint(Constraint::AppointmentOrder)));
        // Two people of one appointment with one identifier, of which no variant speaks.
        booked.ends_at = at(30);
        let twice = booked.participants[0].clone();
        booked.participants.push(twice);
        let error = store.add_appointment(&booked, &[]).await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("Canary"), "{error:?}");
    })
    .await;
}
