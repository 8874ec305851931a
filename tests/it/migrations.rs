//! The tables are the same on both databases, and what has been merged is never changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use parvis::store::{Dialect, Store, migrations};
use sha2::{Digest, Sha256};

use crate::support::db::TestDatabase;

/// Every file that has been merged, with the start of its SHA-256. Only ever add to it.
const MERGED: &[(&str, &str)] = &[
    ("migrations/0001_practitioner.sql", "76dd411514af2c59"),
    ("migrations/0002_appointment.sql", "413effaa27c6b634"),
    ("migrations/0004_link.sql", "2aa7ff648fee6675"),
    ("migrations/0005_login.sql", "30b5a20f178bf938"),
    ("migrations/0006_study.sql", "57ad76dc924c8ce2"),
    ("migrations/0007_consultation_move.sql", "d4711093f1335ca2"),
    ("migrations/0008_instance_details.sql", "a772ad31f88daca8"),
    ("migrations/0009_consultation_call.sql", "98e7ab861003477f"),
    ("migrations/0010_chat.sql", "c11a49b492cbd132"),
    ("migrations/0011_consultation_show.sql", "12b82780d85d090a"),
    ("migrations/0012_other_patient_shown.sql", "f8c84979269aaf80"),
    ("migrations/0013_mark.sql", "45e532fafc231b84"),
    ("migrations/0014_key_image.sql", "e53bb0b3e9838bd5"),
    ("migrations/0015_withdrawn.sql", "3275173bc672e412"),
    ("migrations/0016_drop_in.sql", "2620da3c268dd15e"),
    ("migrations/0017_viewing_step.sql", "2c52694fd100519b"),
    ("migrations/0018_service_and_contact.sql", "aa3a3cba90f948c2"),
    ("migrations/0019_schedule.sql", "54e25c807f648f45"),
    ("migrations/0020_appointment_course.sql", "489fb5d588d67d90"),
    ("migrations/0021_queue.sql", "79a336804bcd4047"),
    ("migrations/0022_purge.sql", "8f40a67921573641"),
    ("migrations/0023_message.sql", "8830160e58a9cd72"),
    ("migrations/0024_message_template.sql", "4e22a16f8792c168"),
    ("migrations/0025_calendar_feed.sql", "6f3c9d822fc05fc8"),
    ("migrations/0026_door.sql", "c63b098679148531"),
    ("migrations/0027_consent.sql", "ffa7815aec26db1b"),
    ("migrations/0028_rehearsal.sql", "829c8e99829a9302"),
    ("migrations/0029_waiting_room.sql", "da144538a6e80c7f"),
    ("migrations/0030_identity_check.sql", "2049b4832d6fb874"),
    ("migrations/0031_arrival.sql", "347f9b65afc3d023"),
    ("migrations/0032_note_and_report.sql", "3add13e1f68b17b3"),
    ("migrations/0033_patient_document.sql", "dcfb4d5a6137173b"),
    ("migrations/0034_after.sql", "43bcf0d95fd0b66c"),
    ("migrations/0035_upload_folder.sql", "1bb83f9c98aa1f12"),
    ("migrations/0036_browser_seen.sql", "7ea8e30f1591ca2f"),
    ("migrations/0037_daily_count.sql", "ac9a196c3b674dd9"),
    ("migrations/0038_entry_rules.sql", "1719b99920927fb3"),
    ("migrations/0039_superseded_series.sql", "6c9544c26ad2fb03"),
    ("migrations/0040_audit.sql", "9f869911051b1430"),
    ("migrations/0042_login_proof.sql", "95200b5c48962d3e"),
    ("migrations/0043_local_account.sql", "ee37f96db4ed0f5d"),
    ("migrations/0044_administration.sql", "b3b54c1d729f8e57"),
    ("migrations/0045_data_key.sql", "f50dc895c8f6ba60"),
    ("migrations/0046_sealed_columns.sql", "6f14fdbccaa9e1e9"),
    ("migrations/0047_emergency_access.sql", "0b1fe3f326fca6a6"),
    ("migrations/0048_delegation.sql", "c25f81b580da67c9"),
    ("migrations/0049_identity_provider.sql", "62aa09ed45b3f5b4"),
    ("migrations/0050_message_sender.sql", "781b25edb8d6f2d5"),
    ("migrations/0051_pacs_node.sql", "5b81d4a4949c5e3b"),
    ("migrations/0052_patient_number.sql", "66b951198e3ca444"),
    ("migrations/0054_patient_login.sql", "2bbcd7b803ce6801"),
    ("migrations/0055_service_reader.sql", "66322f987077d474"),
    ("migrations/0056_local_try_of_name.sql", "f46c0851f096e917"),
    ("migrations/postgres/0003_no_overlap.sql", "b17eb17a3dd575cc"),
    ("migrations/postgres/0041_audit_only_grows.sql", "724e463f612f901e"),
    ("migrations/postgres/0053_document_door.sql", "cc25fab42a0b4067"),
    ("migrations/sqlite/0003_no_overlap.sql", "21a96f91b4f1b17e"),
    ("migrations/sqlite/0041_audit_only_grows.sql", "6fa7309c7024ab39"),
    ("migrations/sqlite/0053_document_door.sql", "c6471e230bc76be0"),
];

/// `NNNN_name.sql` of one folder, with the text.
fn files(folder: &str) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "sql"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn names(folder: &str) -> BTreeSet<String> {
    files(folder).into_keys().collect()
}

fn number(name: &str) -> &str {
    let (number, rest) = name.split_once('_').unwrap();
    assert!(number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()), "{name} begins with no number");
    assert!(rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'.'), "{name}");
    number
}

#[test]
fn both_dialects_have_the_same_files_and_every_number_is_used_once() {
    let (common, sqlite, postgres) =
        (names("migrations"), names("migrations/sqlite"), names("migrations/postgres"));
    assert_eq!(sqlite, postgres);
    let mut numbers = BTreeSet::new();
    for name in common.iter().chain(&sqlite) {
        assert!(numbers.insert(number(name)), "{name} uses a number twice");
    }
    let expected: BTreeSet<_> = (1..=numbers.len()).map(|number| format!("{number:04}")).collect();
    assert_eq!(numbers, expected.iter().map(String::as_str).collect());
}

#[test]
fn what_is_built_in_is_what_lies_in_the_folder() {
    for (dialect, folder) in
        [(Dialect::Sqlite, "migrations/sqlite"), (Dialect::Postgres, "migrations/postgres")]
    {
        let built_in: Vec<_> = migrations(dialect)
            .into_iter()
            .map(|step| (format!("{:04}_{}.sql", step.number, step.name.replace(' ', "_")), step.sql))
            .collect();
        let mut lying: Vec<_> = files("migrations").into_iter().chain(files(folder)).collect();
        lying.sort();
        let names = |list: &[(String, String)]| list.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&built_in), names(&lying), "touch src/store/migrate.rs and build again");
        assert!(built_in == lying, "touch src/store/migrate.rs and build again");
    }
}

#[test]
fn merged_files_are_not_changed() {
    let now: BTreeMap<String, String> = ["migrations", "migrations/sqlite", "migrations/postgres"]
        .into_iter()
        .flat_map(|folder| {
            files(folder).into_iter().map(move |(name, text)| (format!("{folder}/{name}"), text))
        })
        .map(|(name, text)| {
            let digest: String =
                Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            (name, digest)
        })
        .collect();
    let merged: BTreeMap<_, _> =
        MERGED.iter().map(|(name, digest)| ((*name).to_owned(), (*digest).to_owned())).collect();
    for (name, digest) in &merged {
        assert_eq!(
            now.get(name),
            Some(digest),
            "{name} was merged: databases in use refuse another text. Take the change back and write a new file."
        );
    }
    let new: Vec<_> = now.iter().filter(|(name, _)| !merged.contains_key(*name)).collect();
    assert!(new.is_empty(), "new files: add them to MERGED in tests/it/migrations.rs: {new:#?}");
}

/// Table, column, whether it may be null.
type Columns = BTreeSet<(String, String, bool)>;

#[tokio::test]
async fn from_empty_both_come_up_to_date_twice_and_have_the_same_columns() {
    let (sqlite, sqlite_names) = sqlite_catalog().await;
    let (postgres, postgres_names) = postgres_catalog().await;
    assert!(sqlite.len() > 50, "the columns were not found: {sqlite:?}");
    assert_eq!(sqlite, postgres);
    assert_eq!(sqlite_names, postgres_names, "named indexes");
    let made_up: Vec<_> = postgres_names.iter().filter(|name| name.ends_with("key")).collect();
    assert!(made_up.is_empty(), "constraints without a name of their own: {made_up:?}");
}

async fn sqlite_catalog() -> (Columns, BTreeSet<String>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
    let mut database = TestDatabase::new(Dialect::Sqlite).await;
    database.settings.url = parvis::secret::Secret::new(url.clone());
    open_twice(&database).await;
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let columns: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT t.name, c.name, c.\"notnull\" = 0 FROM sqlite_schema t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '_sqlx%'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let indexes: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
            .fetch_all(&pool)
            .await
            .unwrap();
    pool.close().await;
    (columns.into_iter().collect(), indexes.into_iter().map(|(name,)| name).collect())
}

async fn postgres_catalog() -> (Columns, BTreeSet<String>) {
    let database = TestDatabase::new(Dialect::Postgres).await;
    open_twice(&database).await;
    let pool = sqlx::PgPool::connect(database.settings.url.expose()).await.unwrap();
    let columns: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    // Without those that belong to constraints, which SQLite has too, but under names of its own.
    let indexes: Vec<(String,)> = sqlx::query_as(
        "SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
         JOIN pg_namespace n ON n.oid = i.relnamespace WHERE n.nspname = 'public'
         AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    (columns.into_iter().collect(), indexes.into_iter().map(|(name,)| name).collect())
}

async fn open_twice(database: &TestDatabase) {
    for _ in 0..2 {
        let store = database.open().await;
        store.ping().await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn instances_that_start_at_once_bring_the_tables_up_to_date_once() {
    // Several instances share a PostgreSQL; a SQLite file belongs to one.
    let database = TestDatabase::new(Dialect::Postgres).await;
    let stores = futures_util::future::join_all((0..3).map(|_| Store::open(&database.settings))).await;
    for store in stores {
        store.unwrap().close().await;
    }
}
