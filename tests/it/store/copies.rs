//! Rows copied out of a database at one moment, and into another of either kind.

use futures_util::TryStreamExt;
use parvis::secret::Secret;
use parvis::store::{AppliedMigration, Dialect, Error, StoreSettings};

use super::*;
use crate::support::db::TestDatabase;

async fn kept(dialect: Dialect, folder: &tempfile::TempDir, name: &str) -> StoreSettings {
    let mut settings = TestDatabase::new(dialect).await.settings;
    if dialect == Dialect::Sqlite {
        settings.url = Secret::new(format!("sqlite://{}", folder.path().join(name).display()));
    }
    settings
}

const BOTH: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

#[tokio::test]
async fn rows_of_one_moment_come_into_either_kind_of_database() {
    for source in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let settings = kept(source, &folder, "source.db").await;
        let store = Store::open(&settings).await.unwrap();
        let doctor = doctor(&store, "Zoé").await;
        let first = visit(&[&doctor], 0, 30);
        store.add_appointment(&first, &[link(&first, 0, 3, 0)]).await.unwrap();

        let mut snapshot = Store::snapshot(&settings).await.unwrap();
        // What comes later is not of that moment.
        let later = visit(&[&doctor], 60, 30);
        store.add_appointment(&later, &[]).await.unwrap();
        assert_eq!(snapshot.dialect(), source);
        assert!(snapshot.byte_count().await.unwrap() > 100_000);
        assert_eq!(snapshot.masters().len(), 1);
        assert_eq!(snapshot.contents().await.unwrap(), parvis::store::NamedContents::default());
        let (tables, steps) = (snapshot.tables().to_vec(), snapshot.migrations().to_vec());
        let place = |name: &str| tables.iter().position(|table| table.name == name);
        assert!(place("practitioner") < place("appointment") && place("appointment") < place("link"));
        assert_eq!(place("login"), None, "who is signed in is copied nowhere");
        let appointments = &tables[place("appointment").unwrap()];
        assert_eq!(snapshot.row_count(appointments).await.unwrap(), 1);

        for target in BOTH {
            let into = kept(target, &folder, &format!("{target:?}.db")).await;
            assert_eq!(Store::in_the_way(&into).await.unwrap(), None);
            let mut refill = Store::refill(&into, &steps).await.unwrap();
            assert_eq!(refill.dialect(), target);
            refill.empty(&tables).await.unwrap();
            for table in &tables {
                let lines: Vec<String> = snapshot.rows(table).try_collect().await.unwrap();
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                refill.add_rows(table, &lines).await.unwrap();
            }
            let wrong = refill.add_rows(appointments, &["[1]"]).await.unwrap_err();
            assert_eq!(wrong.to_string(), "a row of the table appointment cannot be read");
            let open = refill.bring_up_to_date(at(0), false).await.unwrap();
            assert_eq!((open.links, open.tokens), (1, 0));
            assert_eq!(Store::in_the_way(&into).await.unwrap(), None, "nobody sees it before its end");
            refill.finish().await.unwrap();
            assert!(Store::in_the_way(&into).await.unwrap().is_some());
            if target == Dialect::Postgres {
                let error = Store::refill(&into, &steps).await.unwrap_err();
                assert_eq!(error.to_string(), "there are tables in the database by now");
            }

            let restored = Store::open(&into).await.unwrap();
            assert_eq!(
                restored.appointment(first.id).await.unwrap(),
                store.appointment(first.id).await.unwrap()
            );
            assert_eq!(restored.appointment(later.id).await.unwrap(), None);
            restored.close().await;
        }
        snapshot.close().await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn what_was_not_finished_is_not_there() {
    for dialect in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let into = kept(dialect, &folder, "into.db").await;
        let steps: Vec<_> = known(dialect).await;
        assert!(Store::unknown_migrations(dialect, &steps).is_empty());
        let later = AppliedMigration { number: 9999, checksum: "00".to_owned() };
        let other = AppliedMigration { checksum: "00".to_owned(), ..steps[0].clone() };
        assert_eq!(Store::unknown_migrations(dialect, &[later, other]), [9999, 1]);
        let refill = Store::refill(&into, &steps).await.unwrap();
        drop(refill);
        assert_eq!(Store::in_the_way(&into).await.unwrap(), None);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        let is_file = Store::folder_of(&into).unwrap().is_some();
        assert_eq!(is_file, dialect == Dialect::Sqlite);
        // Where there are no tables there is nothing to copy.
        if dialect == Dialect::Postgres {
            let error = Store::snapshot(&into).await.unwrap_err();
            assert!(matches!(error, Error::Copy(_)), "{error}");
        }
    }
}

async fn known(dialect: Dialect) -> Vec<AppliedMigration> {
    let folder = tempfile::tempdir().unwrap();
    let settings = kept(dialect, &folder, "known.db").await;
    Store::open(&settings).await.unwrap().close().await;
    let snapshot = Store::snapshot(&settings).await.unwrap();
    let steps = snapshot.migrations().to_vec();
    snapshot.close().await.unwrap();
    steps
}
