//! A backup is whole, tells nobody anything, and comes back on either kind of database: all of it, or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use parvis::backup::{self, Error, Places, Progress, Restored};
use parvis::clock::Clock;
use parvis::imaging::{ContentHash, FrameNumber};
use parvis::sealing::{DataKey, KeyError, MasterKeys};
use parvis::secret::Secret;
use parvis::store::{ColumnKind, Dialect, PASSING_TABLES, Store, StoreSettings};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::AssertSqlSafe;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::at_rest::{PATIENT, assert_unreadable, files, parvis, said, visit};
use crate::support::app::{Browser, TestApp};
use crate::support::db::{TestDatabase, keys};
use crate::visit::{BOTH, doctor_named, soon};

fn nobody() -> Arc<Progress> {
    Arc::new(Progress::default())
}

/// Places that are empty, and the folder that holds them.
async fn empty(dialect: Dialect) -> (Places, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = TestDatabase::new(dialect).await.settings;
    if dialect == Dialect::Sqlite {
        store.url = Secret::new(format!("sqlite://{}", folder.path().join("parvis.db").display()));
    }
    let (archive, audit) = (folder.path().join("archive"), folder.path().join("audit"));
    (Places { store, archive, audit, masters: keys() }, folder)
}

fn places_of(app: &TestApp) -> Places {
    let (archive, audit) = (app.folder.path().join("archive"), app.folder.path().join("audit"));
    Places { store: app.store.clone(), archive, audit, masters: keys() }
}

async fn make(places: &Places, to: &Path) -> backup::Made {
    backup::make(places, to, &Clock::system(), &nobody()).await.unwrap()
}

async fn restore(places: &Places, from: &Path) -> Result<Restored, Error> {
    backup::restore(places, from, false, &Clock::system(), &nobody()).await
}

/// All rows in a form that is the same for both databases: JSON without an order of its keys.
async fn rows(settings: &StoreSettings) -> BTreeMap<String, BTreeSet<String>> {
    let mut snapshot = Store::snapshot(settings).await.unwrap();
    let mut found = BTreeMap::new();
    for table in snapshot.tables().to_vec() {
        let mut lines = BTreeSet::new();
        let mut rows = snapshot.rows(&table);
        while let Some(line) = rows.try_next().await.unwrap() {
            let mut values: Vec<serde_json::Value> = serde_json::from_str(&line).unwrap();
            for (value, column) in values.iter_mut().zip(&table.columns) {
                if let (ColumnKind::Json, Some(text)) = (column.kind, value.as_str()) {
                    *value = serde_json::from_str(text).unwrap();
                }
            }
            let named: BTreeMap<_, _> = table.columns.iter().map(|column| &column.name).zip(values).collect();
            lines.insert(serde_json::to_string(&named).unwrap());
        }
        drop(rows);
        found.insert(table.name, lines);
    }
    found
}

/// All rows as the database itself says them, past the store.
async fn raw_rows(settings: &StoreSettings) -> BTreeMap<String, BTreeSet<String>> {
    let url = settings.url.expose();
    let snapshot = Store::snapshot(settings).await.unwrap();
    let tables = snapshot.tables().to_vec();
    snapshot.close().await.unwrap();
    let mut found = BTreeMap::new();
    for table in tables {
        let names: Vec<_> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let rows: Vec<String> = if url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(url).await.unwrap();
            let quoted: Vec<_> =
                names.iter().map(|name| format!("typeof({name}) || quote({name})")).collect();
            let sql = format!("SELECT {} FROM \"{}\"", quoted.join(" || '|' || "), table.name);
            let rows = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap();
            pool.close().await;
            rows
        } else {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            let sql = format!("SELECT CAST(ROW({}) AS TEXT) FROM \"{}\"", names.join(", "), table.name);
            let rows = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap();
            pool.close().await;
            rows
        };
        found.insert(table.name, rows.into_iter().collect());
    }
    found
}

/// The files of an archive by their place, without those that are on their way.
fn archived(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let parts = ["objects", "files", "keys"].map(|part| folder.join(part));
    let lying = parts.iter().filter(|part| part.exists()).flat_map(|part| files(part));
    lying.map(|file| (file.strip_prefix(folder).unwrap().to_owned(), fs::read(&file).unwrap())).collect()
}

async fn gateway_on(dialect: Dialect, places: &Places) -> TestApp {
    let places = places.clone();
    TestApp::start_with(dialect, |settings| {
        settings.store = places.store;
        settings.archive.folder = places.archive;
        settings.trail.folder = places.audit;
    })
    .await
}

/// Signs in, and opens a study, a key image, a report and what was noted.
async fn assert_served(app: &TestApp, appointment: &str, before: &Browser) {
    let stale = Browser { base: app.base.clone(), ..before.clone() };
    let of = |what: &str| format!("/api/appointments/{appointment}/{what}");
    assert_eq!(stale.get(&of("studies")).await.0, StatusCode::UNAUTHORIZED, "nobody is signed in any more");
    // The provider of this test has another address than the one before.
    let issuer = format!("{}/demo-idp", app.base.trim_end_matches('/'));
    let sql = "UPDATE practitioner SET issuer = $1 WHERE issuer LIKE '%/demo-idp'";
    let url = app.store.url.expose();
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(sql).bind(&issuer).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(sql).bind(&issuer).execute(&pool).await.unwrap();
        pool.close().await;
    }
    let doctor = app.sign_in("claire").await;
    let (status, studies) = doctor.get(&of("studies")).await;
    assert_eq!(status, StatusCode::OK, "{studies}");
    assert!(studies.to_string().contains("QUETZAL CANARY"), "{studies}");
    let mut snapshot = Store::snapshot(&app.store).await.unwrap();
    let mut opened = 0;
    for content in snapshot.contents().await.unwrap().objects {
        let image = app.app.archive.referenced(ContentHash(content), &[FrameNumber::FIRST]).await;
        opened += usize::from(image.is_ok());
    }
    snapshot.close().await.unwrap();
    assert!(opened >= 3, "{opened} images open");
    let (_, images) = doctor.get(&of("key-images")).await;
    let image = images[0]["image"].as_str().or(images["images"][0]["image"].as_str());
    let image = image.unwrap_or_else(|| panic!("no key image: {images}"));
    let (status, _, bytes) = doctor.fetch(&format!("/api/key-images/{image}/picture")).await;
    assert!(status == StatusCode::OK && bytes.starts_with(b"\x89PNG"), "{status}");
    let (_, report) = doctor.get(&of("report")).await;
    let report = report["versions"][0]["report"].as_str().unwrap_or_else(|| panic!("no report: {report}"));
    let (status, _, bytes) = doctor.fetch(&format!("/api/reports/{report}/document.pdf")).await;
    assert!(status == StatusCode::OK && bytes.starts_with(b"%PDF"), "{status}");
    let (_, notes) = doctor.get(&of("notes")).await;
    assert_eq!(notes[0]["text"], "canary-practitioner", "{notes}");
    let found = app.app.store.appointment(appointment.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(found.participants[0].name.expose(), PATIENT);
}

async fn assert_trail_whole(places: &Places) {
    let store = Store::open(&places.store).await.unwrap();
    let key = parvis::trail::public_key(&places.audit);
    assert!(key.is_some(), "the key that signed is there");
    let walked = parvis::trail::verify(&store, key).await.unwrap().unwrap();
    assert!(walked.records > 10 && walked.heads > 0, "{walked:?}");
    store.close().await;
}

async fn end(app: &TestApp) {
    app.app.tasks.stop();
    app.app.tasks.ended().await;
    app.app.sfu.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_comes_back_whole_on_either_kind_of_database() {
    for source in BOTH {
        let app = TestApp::start_kept(source).await;
        let appointment = visit(&app).await;
        let folder = tempfile::tempdir().unwrap();
        let doctor = app.sign_in("claire").await;

        app.app.trail.sign().await.unwrap();
        // While requests run: what it holds is one moment, and fits together.
        let busy = folder.path().join("busy.parvis");
        let asks = async {
            for _ in 0..40 {
                for what in ["studies", "key-images"] {
                    let asked = doctor.get(&format!("/api/appointments/{appointment}/{what}")).await;
                    assert_eq!(asked.0, StatusCode::OK);
                }
            }
        };
        let places = places_of(&app);
        let (made, ()) = tokio::join!(make(&places, &busy), asks);
        assert_eq!((made.manifest.missing, made.manifest.damaged), (0, 0));
        let (into, _kept) = empty(source).await;
        restore(&into, &busy).await.unwrap();
        assert_trail_whole(&into).await;

        // And when nothing moves, row for row and byte for byte.
        app.app.trail.sign().await.unwrap();
        end(&app).await;
        let quiet = folder.path().join("quiet.parvis");
        let made = make(&places, &quiet).await;
        assert!(made.manifest.objects.count >= 3 && made.manifest.files.count >= 2, "{:?}", made.manifest);
        assert_eq!(made.masters.iter().map(ToString::to_string).collect::<Vec<_>>(), made.manifest.masters);
        let bytes = fs::read(&quiet).unwrap();
        assert_unreadable("the backup", &bytes);
        for word in ["Cardiologie", "appointment", "backup.json"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
        }
        for target in BOTH {
            let (into, _kept) = empty(target).await;
            let restored = restore(&into, &quiet).await.unwrap();
            assert_eq!(restored.manifest, made.manifest);
            assert_eq!(rows(&places.store).await, rows(&into.store).await, "{source:?} to {target:?}");
            if source == target {
                assert_eq!(raw_rows(&places.store).await, raw_rows(&into.store).await, "{source:?}");
            }
            assert_eq!(archived(&places.archive), archived(&into.archive));
            assert_trail_whole(&into).await;
            let again = gateway_on(target, &into).await;
            assert_served(&again, &appointment, &doctor).await;
            end(&again).await;
            assert_trail_whole(&into).await;
        }
    }
}

/// A small database with a row or two, and an archive with a file.
async fn small(dialect: Dialect) -> (Places, tempfile::TempDir) {
    let (places, folder) = empty(dialect).await;
    let store = Store::open(&places.store).await.unwrap();
    store.close().await;
    let name = "ab".repeat(32);
    fs::create_dir_all(places.archive.join("objects/ab")).unwrap();
    fs::write(places.archive.join("objects/ab").join(format!("{name}.dcm")), vec![5; 200_000]).unwrap();
    add_object(&places.store, &[0xab; 32]).await;
    (places, folder)
}

const PRACTITIONER: &str = "INSERT INTO practitioner (id, issuer, subject, name) VALUES ($1, 'i', 's', 'n')";
const APPOINTMENT: &str = "INSERT INTO appointment
    (id, starts_at, ends_at, service, status, booked_by, booked_at, note) VALUES ($1, $2, $3, 's', 'booked', $1, $2, '')";
const STUDY: &str = "INSERT INTO study
    (id, appointment_id, uid, description, patient_name, patient_id) VALUES ($1, $1, '1', '', '', '')";
const SERIES: &str =
    "INSERT INTO series (id, study_id, uid, modality, description) VALUES ($1, $1, '1', 'CT', '')";
const INSTANCE: &str =
    "INSERT INTO instance (id, series_id, uid, class_uid, transfer_syntax_uid, kind, frame_count, row_count,
    column_count, geometry, is_lossy, byte_count, content)
    VALUES ($1, $1, '1', '1', '1', 'image', 1, 1, 1, $3, FALSE, 1, $2)";

/// A row that names an object, and what it belongs to, past the store.
async fn add_object(settings: &StoreSettings, content: &[u8]) {
    let (id, now) = (Clock::system().new_uuid(), Clock::system().now());
    let geometry = sqlx::types::Json(serde_json::json!({}));
    macro_rules! run {
        ($pool:expr) => {{
            let pool = $pool;
            sqlx::query(PRACTITIONER).bind(id).execute(&pool).await.unwrap();
            let until = now + chrono::TimeDelta::hours(1);
            sqlx::query(APPOINTMENT).bind(id).bind(now).bind(until).execute(&pool).await.unwrap();
            sqlx::query(STUDY).bind(id).execute(&pool).await.unwrap();
            sqlx::query(SERIES).bind(id).execute(&pool).await.unwrap();
            sqlx::query(INSTANCE)
                .bind(id)
                .bind(content.to_vec())
                .bind(&geometry)
                .execute(&pool)
                .await
                .unwrap();
            pool.close().await;
        }};
    }
    let url = settings.url.expose();
    if url.starts_with("sqlite") {
        run!(sqlx::SqlitePool::connect(url).await.unwrap());
    } else {
        run!(sqlx::PgPool::connect(url).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_byte_changed_or_missing_anywhere_is_found_and_nothing_is_restored() {
    let (places, folder) = small(Dialect::Sqlite).await;
    let file = folder.path().join("backup.parvis");
    make(&places, &file).await;
    let whole = fs::read(&file).unwrap();
    assert!(backup::check(&file, &keys(), &nobody()).await.is_ok());
    let broken = folder.path().join("broken.parvis");
    let refused = |bytes: Vec<u8>, what: String| {
        let broken = broken.clone();
        async move {
            fs::write(&broken, bytes).unwrap();
            let error = backup::check(&broken, &keys(), &nobody()).await.expect_err(&what);
            let is_told = matches!(
                error,
                Error::Damaged { .. }
                    | Error::NoBackup(_)
                    | Error::Newer { .. }
                    | Error::Key(KeyError::Unknown { .. } | KeyError::Damaged)
            );
            assert!(is_told, "{what}: {error}");
        }
    };
    // Every byte before what is sealed and of its header, and some hundred after it.
    let places_in_it = (0..170).chain((170..whole.len()).step_by(whole.len() / 150)).chain([whole.len() - 1]);
    for at in places_in_it {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        refused(changed, format!("byte {at} changed")).await;
    }
    let chunk = (64 << 10) + 16;
    let cuts = (0..200).step_by(7).chain((200..whole.len()).step_by(whole.len() / 40));
    for end in cuts.chain([whole.len() - 1, 165, 165 + chunk, 165 + 2 * chunk]) {
        refused(whole[..end].to_vec(), format!("cut to {end}")).await;
    }
    let mut swapped = whole.clone();
    let (first, second) = swapped[165..165 + 2 * chunk].split_at_mut(chunk);
    first.swap_with_slice(second);
    refused(swapped, "two chunks in another order".to_owned()).await;
    refused([&whole[..], b"x"].concat(), "longer".to_owned()).await;

    // Restored from such a file, everything is as it was.
    let mut changed = whole.clone();
    let place = whole.len() / 2;
    changed[place] ^= 1;
    fs::write(&broken, changed).unwrap();
    for dialect in BOTH {
        let (into, _kept) = empty(dialect).await;
        let error = restore(&into, &broken).await.unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("nothing of it was restored"), "{error}");
        assert_untouched(&into).await;
    }
}

/// Nothing is there.
async fn assert_untouched(places: &Places) {
    assert_eq!(Store::in_the_way(&places.store).await.unwrap(), None);
    assert!(archived(&places.archive).is_empty());
    assert!(!places.archive.join("restoring").exists());
    assert!(!places.audit.join("head.key").exists());
    if let Some(folder) = Store::folder_of(&places.store).unwrap() {
        let left = files(&folder).into_iter().find(|file| file.to_string_lossy().contains("parvis.db"));
        assert_eq!(left, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_master_key_it_is_of_no_use() {
    let (places, folder) = small(Dialect::Sqlite).await;
    let file = folder.path().join("backup.parvis");
    let made = make(&places, &file).await;
    let other = MasterKeys::passing(&[[9; 32]], Clock::system());
    let (mut into, _kept) = empty(Dialect::Sqlite).await;
    into.masters = other.clone();
    let error = restore(&into, &file).await.unwrap_err();
    let Error::Key(KeyError::Unknown { wanted, .. }) = &error else { panic!("{error}") };
    assert_eq!(made.masters, [*wanted], "the key that is missing is named");
    assert_untouched(&into).await;
    // Behind another one it is found.
    into.masters = MasterKeys::passing(&[[9; 32], [7; 32]], Clock::system());
    into.store.keys = into.masters.clone();
    restore(&into, &file).await.unwrap();
    // And a backup is not made with keys that do not open the rows.
    let blind = Places { store: StoreSettings { keys: other, ..places.store.clone() }, ..places };
    let to = folder.path().join("blind.parvis");
    let error = backup::make(&blind, &to, &Clock::system(), &nobody()).await.unwrap_err();
    assert!(matches!(error, Error::Store(parvis::store::Error::Keys(_))), "{error}");
    assert!(!to.exists() && !folder.path().join("blind.parvis.part").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over_and_what_is_in_the_way_is_named() {
    for dialect in BOTH {
        let (places, folder) = small(dialect).await;
        let file = folder.path().join("backup.parvis");
        // What one that was killed has left.
        fs::write(folder.path().join("backup.parvis.part"), vec![1; 9_000_000]).unwrap();
        let made = make(&places, &file).await;
        assert_eq!(made.bytes, fs::metadata(&file).unwrap().len());
        assert!(made.bytes < 1_000_000 && made.is_on_same_disk);
        let before = fs::read(&file).unwrap();
        let error = backup::make(&places, &file, &Clock::system(), &nobody()).await.unwrap_err();
        assert!(matches!(error, Error::Exists(_)), "{error}");
        assert_eq!(fs::read(&file).unwrap(), before);

        let in_the_way = |places: Places, what: &'static str| {
            let file = file.clone();
            async move {
                let error = restore(&places, &file).await.unwrap_err();
                assert!(matches!(error, Error::InTheWay(_)) && error.to_string().contains(what), "{error}");
            }
        };
        let what = if dialect == Dialect::Sqlite { "move it away" } else { "createdb" };
        in_the_way(places.clone(), what).await;
        let (fresh, _kept) = empty(dialect).await;
        in_the_way(Places { archive: places.archive.clone(), ..fresh.clone() }, "objects, files and keys")
            .await;
        assert!(places.archive.join("objects/ab").exists(), "what was there is there");
        if dialect == Dialect::Sqlite {
            // The log of a database that was removed would be read as that of the new one.
            let mut log = fresh.store.url.expose().strip_prefix("sqlite://").unwrap().to_owned();
            log.push_str("-wal");
            fs::write(&log, b"old").unwrap();
            in_the_way(fresh.clone(), "parvis.db-wal").await;
            fs::remove_file(&log).unwrap();
        }
        assert_untouched(&fresh).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_older_tables_is_brought_up_to_date_and_a_newer_one_is_refused() {
    for source in BOTH {
        let (places, folder) = empty(source).await;
        let url = places.store.url.expose().clone();
        // As the release before the page of providers left it.
        let steps = parvis::store::migrations(source).into_iter().filter(|step| step.number < 49);
        let steps = steps.map(|step| {
            let sql = sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(step.sql));
            Migration::new(step.number, step.name, MigrationType::Simple, sql, false)
        });
        let old = Migrator::with_migrations(steps.collect());
        let id = Clock::system().new_uuid();
        let wrapped = keys().wrap(&DataKey::new(&Clock::system()), &format!("rows {id}")).unwrap().to_text();
        let key = "INSERT INTO data_key (id, number, wrapped, made_at) VALUES ($1, 1, $2, $3)";
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES (9999, 'later', TRUE, $1, 0)";
        let now = Clock::system().now();
        if source == Dialect::Sqlite {
            fs::write(url.strip_prefix("sqlite://").unwrap(), b"").unwrap();
            let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
            old.run(&pool).await.unwrap();
            sqlx::query(key).bind(id).bind(&wrapped).bind(now).execute(&pool).await.unwrap();
            pool.close().await;
        } else {
            let pool = sqlx::PgPool::connect(&url).await.unwrap();
            old.run(&pool).await.unwrap();
            sqlx::query(key).bind(id).bind(&wrapped).bind(now).execute(&pool).await.unwrap();
            pool.close().await;
        }
        let file = folder.path().join("old.parvis");
        let made = make(&places, &file).await;
        assert!(!made.head.tables.iter().any(|table| table.name == "identity_provider"));
        for target in BOTH {
            let (into, _kept) = empty(target).await;
            restore(&into, &file).await.unwrap();
            assert!(rows(&into.store).await.contains_key("identity_provider"), "brought up to date");
            Store::open(&into.store).await.unwrap().close().await;
        }

        if source == Dialect::Sqlite {
            let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
            sqlx::query(newer).bind(vec![1_u8]).execute(&pool).await.unwrap();
            pool.close().await;
        } else {
            let pool = sqlx::PgPool::connect(&url).await.unwrap();
            sqlx::query(newer).bind(vec![1_u8]).execute(&pool).await.unwrap();
            pool.close().await;
        }
        let file = folder.path().join("newer.parvis");
        make(&places, &file).await;
        let (into, _kept) = empty(source).await;
        let error = restore(&into, &file).await.unwrap_err();
        assert!(error.to_string().contains("newer Parvis"), "{error}");
        assert_untouched(&into).await;
    }
}

/// A file of settings for these places, with the master key of `support::db`.
fn config(places: &Places, folder: &Path) -> String {
    let key = folder.join("master.key");
    if !key.exists() {
        let line = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [7; 32]);
        fs::write(&key, line).unwrap();
        fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    let text = format!(
        "[hospital]\nname = \"H\"\ntelephone = \"1\"\n[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://localhost:1\"\n\
         [database]\nurl = \"{}\"\n[archive]\nfolder = \"{}\"\n[audit]\nfolder = \"{}\"\n[media]\nlisten = \"127.0.0.1:0\"\n\
         [oidc]\nissuer = \"https://id.example\"\nclient_id = \"p\"\nclient_secret = \"x\"\n[oidc.roles]\n\"groups/m\" = \"doctor\"\n\
         [keys]\nfile = \"{}\"\n",
        places.store.url.expose(),
        places.archive.display(),
        places.audit.display(),
        key.display(),
    );
    let file = folder.join("parvis.toml");
    fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_backs_up_checks_restores_and_says_what_to_do() {
    for dialect in BOTH {
        let (places, folder) = small(dialect).await;
        let toml = config(&places, folder.path());
        let file = folder.path().join("b.parvis").display().to_string();
        let made = parvis(&["backup", &file, "--config", &toml], None);
        assert_eq!(made.status.code(), Some(1), "an object that was cut: {}", said(&made));
        assert!(said(&made).contains("1 file(s) of the archive are damaged"), "{}", said(&made));
        assert!(said(&made).contains("of no use without the master key"), "{}", said(&made));
        assert!(said(&made).contains("on the same disk"), "{}", said(&made));
        let id = keys().current().unwrap().to_string();
        assert!(said(&made).contains(&id), "the key is named: {}", said(&made));
        let again = parvis(&["backup", &file, "--config", &toml], None);
        assert_eq!(again.status.code(), Some(1));
        assert!(said(&again).contains("name another file"), "{}", said(&again));
        assert_eq!(parvis(&["backup"], None).status.code(), Some(2));
        assert_eq!(parvis(&["restore", &file, "--check", "--withdraw-links"], None).status.code(), Some(2));

        let checked = parvis(&["restore", &file, "--check", "--config", &toml], None);
        assert!(checked.status.success() && said(&checked).contains("can be restored"), "{}", said(&checked));
        let taken = parvis(&["restore", &file, "--config", &toml], None);
        assert_eq!(taken.status.code(), Some(1));
        assert!(said(&taken).contains("in the way"), "{}", said(&taken));

        let (into, other) = empty(dialect).await;
        let toml = config(&into, other.path());
        let restored = parvis(&["restore", &file, "--config", &toml], None);
        assert!(restored.status.success(), "{}", said(&restored));
        assert!(said(&restored).contains("the trail is whole"), "{}", said(&restored));
        let verified = parvis(&["audit", "verify", "--config", &toml], None);
        assert!(verified.status.success() && said(&verified).contains("1 record(s)"), "{}", said(&verified));
        // The trail of the first one says that it was made.
        let verified = parvis(&["audit", "verify", "--config", &config(&places, folder.path())], None);
        assert!(said(&verified).contains("1 record(s)"), "{}", said(&verified));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_no_file_and_says_so() {
    let (places, folder) = small(Dialect::Sqlite).await;
    let toml = config(&places, folder.path());
    let file = folder.path().join("b.parvis");
    // Files that may not grow beyond 100 KiB stand for a disk that is full.
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    let mut shell = Command::new("sh");
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
    shell
        .args(["-c", limited, "sh", env!("CARGO_BIN_EXE_parvis"), "backup"])
        .arg(&file)
        .args(["--config", &toml]);
    let out = shell.env_remove("PARVIS_MASTER_KEY").output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{}", said(&out));
    assert!(said(&out).contains("cannot be written"), "{}", said(&out));
    assert!(!file.exists() && !folder.path().join("b.parvis.part").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_withdrawn_when_that_is_asked_for_and_sign_ins_are_never_restored() {
    for dialect in BOTH {
        let app = TestApp::start_kept(dialect).await;
        let appointment = visit(&app).await;
        // Links of a visit go with its end; those of the next one are open.
        let doctor = app.sign_in("claire").await;
        let id = doctor_named(&doctor, "Claire Martin").await;
        let booking = json!({
            "startsAt": soon(600), "endsAt": soon(630), "service": "Cardiologie", "practitioners": [id], "note": "",
            "guests": [{"role": "patient", "name": "Paul", "language": "fr"}],
        });
        let (status, booked) = doctor.post("/api/appointments", booking).await;
        assert_eq!(status, StatusCode::CREATED, "{booked}");
        end(&app).await;
        let file = app.folder.path().join("b.parvis");
        let places = places_of(&app);
        let made = make(&places, &file).await;
        for table in PASSING_TABLES {
            assert!(!made.manifest.tables.contains_key(table), "{table} is in the backup");
        }
        let (as_it_was, _kept) = empty(dialect).await;
        let open = restore(&as_it_was, &file).await.unwrap().still_open;
        assert!(open.links > 0, "{open:?}");
        let (into, _kept) = empty(dialect).await;
        let restored = backup::restore(&into, &file, true, &Clock::system(), &nobody()).await.unwrap();
        assert_eq!(restored.still_open.links, 0);
        let store = Store::open(&into.store).await.unwrap();
        assert!(store.appointment(appointment.parse().unwrap()).await.unwrap().is_some());
        store.close().await;
        let links = rows(&into.store).await.remove("link").unwrap();
        assert!(
            !links.is_empty() && links.iter().all(|row| !row.contains("\"revoked_at\":null")),
            "{links:?}"
        );
    }
}

fn started(file: &str, toml: &str) -> Child {
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_parvis"));
    command.args(["restore", file, "--config", toml]).env_remove("PARVIS_MASTER_KEY");
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Killed at one moment after the other: what it leaves is nothing that a gateway takes for whole, and the next one restores all.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_leaves_nothing_half_done() {
    for dialect in BOTH {
        let (places, folder) = small(dialect).await;
        let file = folder.path().join("b.parvis");
        make(&places, &file).await;
        let file = file.display().to_string();
        let (mut in_between, mut wait) = (0, Duration::ZERO);
        loop {
            let (into, other) = empty(dialect).await;
            let toml = config(&into, other.path());
            let mark = into.archive.join("restoring");
            let mut child = started(&file, &toml);
            while !mark.exists() && child.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(wait).await;
            wait += Duration::from_millis(40);
            child.kill().unwrap();
            let is_killed = child.wait().unwrap().code().is_none();
            if mark.exists() {
                in_between += 1;
                let served = parvis(&["serve", "--config", &toml], None);
                assert_eq!(served.status.code(), Some(1));
                assert!(said(&served).contains("call `parvis restore` again"), "{}", said(&served));
                if dialect == Dialect::Postgres {
                    gone(&into).await;
                }
            } else if is_killed {
                // After the last step: all of it is there.
                assert_eq!(rows(&into.store).await["instance"].len(), 1);
                assert_eq!(archived(&into.archive), archived(&places.archive));
                break;
            } else {
                break;
            }
            match restore(&into, Path::new(&file)).await {
                Ok(_) => {}
                // It was killed between the last two steps.
                Err(Error::AllButEnded(_)) => {}
                Err(error) => panic!("{error}"),
            }
            assert_eq!(rows(&into.store).await["instance"].len(), 1);
            assert_eq!(archived(&into.archive), archived(&places.archive));
        }
        assert!(in_between > 1, "{dialect:?}: it was killed in between {in_between} time(s)");
    }
}

/// Waits until the server has taken back what a killed client had begun.
async fn gone(places: &Places) {
    let pool = sqlx::PgPool::connect(places.store.url.expose()).await.unwrap();
    let ask = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'parvis restore'";
    let wait = async {
        while sqlx::query_scalar::<_, i64>(ask).fetch_one(&pool).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the server lets go");
    pool.close().await;
}
