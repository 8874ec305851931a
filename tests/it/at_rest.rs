//! What lies on the disk and in backups tells nobody who the patients are: a visit with names that stand nowhere else, and then a look at every
//! byte that is kept. And the keys: rotated, missing, wrong.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use parvis::archive::{Archive, ArchiveSettings, SealedRest};
use parvis::clock::Clock;
use parvis::demo::studies::demo_objects;
use parvis::imaging::ContentHash;
use parvis::sealing::{KeySource, MasterKeys};
use parvis::secret::Secret;
use parvis::store::{Dialect, Store, StoreSettings};
use parvis::tasks::Tasks;
use reqwest::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;
use tokio::sync::mpsc;

use crate::support::app::{TestApp, share_of_another};
use crate::support::db::keys;
use crate::visit::{BOTH, doctor_named, secret, soon, zip_of};

pub const PATIENT: &str = "Zénaïde Quetzalcoatl";
const RELATIVE: &str = "Barnabé Xylophage";
/// Of as many letters as the name in the synthetic study.
const IN_IMAGES: &str = "QUETZAL^CANARY";

/// Words that must be nowhere.
const PLANTED: [&str; 24] = [
    "Zénaïde",
    "Quetzalcoatl",
    "Barnabé",
    "Xylophage",
    "QUETZAL",
    "canary.quetzal@example.org",
    "639981234",
    "1951-03-17",
    "canary-note",
    "canary-chat-line",
    "canary-file",
    "canary-content",
    "canary-mark-words",
    "canary-caption",
    "canary-sentence",
    "canary-conclusion",
    "canary-practitioner",
    "canary-company",
    "canary-provider-secret",
    "canary-mail-password",
    "canary-sms-header",
    "canary-pacs-password",
    "canary-patient-number",
    "LEFEVRE",
];

/// Every way in which a word may stand among bytes.
fn forms(word: &str) -> Vec<(String, Vec<u8>)> {
    let utf16: Vec<u16> = word.encode_utf16().collect();
    let mut forms = vec![
        ("UTF-8".to_owned(), word.as_bytes().to_vec()),
        ("UTF-16LE".to_owned(), utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        ("UTF-16BE".to_owned(), utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
        ("escaped".to_owned(), json!(word).to_string().trim_matches('"').as_bytes().to_vec()),
        (
            "hexadecimal".to_owned(),
            word.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes(),
        ),
    ];
    if word.chars().all(|c| u32::from(c) < 256) {
        forms.push(("Latin-1".to_owned(), word.chars().map(|c| c as u8).collect()));
    }
    for before in 0..3 {
        // What the neighbours have no part in.
        let text = STANDARD_NO_PAD.encode([&vec![0; before], word.as_bytes()].concat());
        let whole = (before + word.len()) / 3 * 4;
        let start = if before == 0 { 0 } else { 4 };
        forms.push((format!("base64, {before} before"), text.as_bytes()[start..whole].to_vec()));
    }
    forms
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Fails for whatever of the planted is in these bytes.
pub fn assert_unreadable(place: &str, bytes: &[u8]) {
    for word in PLANTED {
        for (form, needle) in forms(word) {
            let found = bytes.windows(needle.len()).any(|part| part == needle);
            assert!(!found, "{word} can be read in {place} ({form})");
        }
    }
}

fn assert_folder_unreadable(folder: &Path) -> usize {
    let files = files(folder);
    for file in &files {
        assert_unreadable(&file.display().to_string(), &fs::read(file).unwrap());
    }
    files.len()
}

#[test]
fn the_search_finds_what_is_there() {
    for word in PLANTED {
        for before in 0..4 {
            for hidden in [
                STANDARD_NO_PAD
                    .encode([&b"xyz"[..before.min(3)], word.as_bytes(), b"and more"].concat())
                    .into_bytes(),
                format!("..{word}..").into_bytes(),
                format!("..{word}..").encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ] {
                let is_found = forms(word)
                    .iter()
                    .any(|(_, needle)| hidden.windows(needle.len()).any(|part| part == needle));
                assert!(is_found, "{word}, {before}");
            }
        }
    }
}

/// Everything that was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A CT whose patient bears the planted name.
fn study() -> Vec<u8> {
    let renamed = |bytes: Vec<u8>| -> Vec<u8> {
        let place = bytes.windows(14).position(|word| word == b"LEFEVRE^HELENE").unwrap();
        [&bytes[..place], IN_IMAGES.as_bytes(), &bytes[place + 14..]].concat()
    };
    zip_of(
        demo_objects(1)
            .take(3)
            .enumerate()
            .map(|(i, (_, bytes))| (format!("{RELATIVE}/IM{i}"), renamed(bytes))),
    )
}

/// What an administrator sets on pages that holds a secret.
async fn set_with_secrets(app: &TestApp) {
    let admin = app.sign_in("alex").await;
    let provider = json!({"provider": "centre", "label": "Centre", "issuer": "https://id.invalid", "clientId": "p",
        "authentication": "client_secret_basic", "clientSecret": "canary-provider-secret", "scopes": [], "acrValues": [],
        "freshAcrValues": [], "roles": [{"claim": "groups", "value": "m", "role": "doctor"}], "nameClaim": "",
        "subjectClaim": ""});
    assert_eq!(admin.post("/api/admin/providers", provider).await.0, StatusCode::NO_CONTENT);
    let mail = json!({"host": "mail.invalid", "port": 587, "security": "starttls", "user": "visio",
        "password": "canary-mail-password", "from": "visio@hopital.example", "administrators": []});
    assert_eq!(admin.put("/api/admin/senders/email", mail).await.0, StatusCode::NO_CONTENT);
    let sms = json!({"url": "https://sms.invalid/", "method": "post", "content": "form", "body": "{to}{text}",
        "headers": [{"name": "X-Key", "value": "canary-sms-header"}]});
    assert_eq!(admin.put("/api/admin/senders/sms", sms).await.0, StatusCode::NO_CONTENT);
    let pacs = json!({"pacs": "radio", "label": "Radiologie", "address": "https://pacs.invalid/", "signIn": "password",
        "user": "parvis", "secret": "canary-pacs-password", "domain": "", "services": []});
    assert_eq!(admin.post("/api/admin/pacs", pacs).await.0, StatusCode::NO_CONTENT);
}

/// A visit in which every planted word is said once; its appointment.
pub async fn visit(app: &TestApp) -> String {
    let doctor = app.sign_in("claire").await;
    let id = doctor_named(&doctor, "Claire Martin").await;
    let booking = json!({
        "startsAt": soon(5), "endsAt": soon(35), "service": "Cardiologie", "practitioners": [id],
        "note": "canary-note",
        "guests": [
            {"role": "patient", "name": PATIENT, "language": "fr", "email": "canary.quetzal@example.org",
                "telephone": "06 39 98 12 34", "birthDate": "1951-03-17"},
            {"role": "relative", "name": RELATIVE, "language": "fr"},
        ],
    });
    let (status, booked) = doctor.post("/api/appointments", booking).await;
    assert_eq!(status, StatusCode::CREATED, "{booked}");
    let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
    let link = secret(&booked["links"][0]);
    let of = |what: &str| format!("/api/appointments/{appointment}/{what}");

    let patient = booked["appointment"]["participants"][0]["participant"].as_str().unwrap();
    let number = json!({"number": "canary-patient-number", "domain": ""});
    let (status, told) = doctor.post(&of(&format!("participants/{patient}/number")), number).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    let browser = app.with_code(&link).await;
    let company = json!({"isAccompanied": true, "who": "canary-company"});
    let (status, told) = browser.post_with("/api/guest/company", &link, company).await;
    assert!(status.is_success(), "{told}");
    browser.agree(&link).await;
    let (mut patient, welcome) = browser.hello(json!({"link": link})).await;
    patient.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    let (mut staff, _) = doctor.attend(&appointment).await;
    staff.request(json!({"type": "enter"})).await.unwrap();
    let admit = json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true});
    staff.request(admit).await.unwrap();
    patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
    patient.request(json!({"type": "enter"})).await.unwrap();
    patient.request(json!({"type": "chat", "text": "canary-chat-line"})).await.unwrap();
    let (status, file) = browser
        .share_file(&appointment, "canary-file.pdf", Some(&link), "%PDF-1.7\ncanary-content\n%%EOF\n")
        .await;
    assert_eq!(status, StatusCode::CREATED, "{file}");
    let (_, _, bytes) = browser.fetch_file(&appointment, &file, Some(&link)).await;
    assert_eq!(bytes, b"%PDF-1.7\ncanary-content\n%%EOF\n");
    let name = format!("{PATIENT}.zip").replace(' ', "%20");
    let (status, receipt) = doctor.upload(&appointment, &name, study()).await;
    assert_eq!(status, StatusCode::OK, "{receipt}");
    let (_, studies) = doctor.get(&of("studies")).await;
    patient.send(json!({"type": "surface", "viewport": 0, "width": 64, "height": 64})).await;
    staff.request(share_of_another(&studies[0]["series"][0]["series"])).await.unwrap();
    patient.picture(1).await;
    let mark = json!({"shape": "length", "points": [[0.25, 0.5], [0.5, 0.5]], "text": "canary-mark-words"});
    staff.request(json!({"type": "add_mark", "viewport": 0, "index": 0, "mark": mark})).await.unwrap();
    staff.request(json!({"type": "save_marks"})).await.unwrap();
    staff.request(json!({"type": "keep_image", "viewport": 0, "caption": "canary-caption"})).await.unwrap();
    staff.wait_for("key_images", |m| m["images"][0].is_object()).await;
    let text = json!({"language": "fr", "sentences": ["canary-sentence"], "images": []});
    assert_eq!(doctor.put(&of("summary"), text).await.0, StatusCode::OK);
    assert_eq!(
        doctor.put(&of("note"), json!({"text": "canary-practitioner", "version": 0})).await.0,
        StatusCode::OK
    );
    let (status, state) = doctor.post(&of("report"), json!({"language": "fr", "why": ""})).await;
    assert_eq!(status, StatusCode::CREATED, "{state}");
    let mut words = state["versions"][0]["words"].clone();
    words["conclusions"] = json!("canary-conclusion");
    words["images"] = json!([]);
    let report = format!("/api/reports/{}", state["versions"][0]["report"].as_str().unwrap());
    let (status, state) = doctor.put(&report, json!({"revision": 1, "words": words})).await;
    assert_eq!(status, StatusCode::OK, "{state}");
    staff.send(json!({"type": "end", "request": 9, "outcome": "completed"})).await;
    staff.wait("ended").await;
    let signed = async {
        loop {
            let (status, _) = doctor.post(&format!("{report}/sign"), json!({"revision": 2})).await;
            if status == StatusCode::OK {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), signed).await.expect("it is over, and can be signed");
    set_with_secrets(app).await;
    // What is written behind the calls is written.
    app.app.trail.settle().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    appointment
}

/// A copy by hand, as engineers make them who do not ask this program.
fn back_up(dialect: Dialect, url: &str, data: &Path, to: &Path) {
    match dialect {
        Dialect::Sqlite => {}
        Dialect::Postgres => {
            for (format, file) in [("plain", "parvis.sql"), ("custom", "parvis.dump")] {
                #[expect(clippy::disallowed_methods, reason = "a backup as the engineer makes it")]
                let mut dump = Command::new("pg_dump");
                dump.args(["--format", format, "--compress", "0", "--dbname", url, "--file"])
                    .arg(to.join(file));
                let said = dump.output().expect("pg_dump is installed with PostgreSQL");
                assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            }
        }
    }
    for part in ["objects", "files", "keys"] {
        let from = data.join("archive").join(part);
        for file in files(&from) {
            let copy = to.join("archive").join(part).join(file.strip_prefix(&from).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(file, copy).unwrap();
        }
    }
}

/// One thread, so that its lines are those of this visit alone.
#[tokio::test]
async fn nothing_that_tells_who_somebody_is_can_be_read_in_data_backups_and_logs() {
    for dialect in BOTH {
        let lines = Lines::default();
        let to = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(parvis::telemetry::filter("trace"))
            .with_ansi(false)
            .with_writer(move || to.clone())
            .finish();
        let logged = tracing::subscriber::set_default(subscriber);
        let app = TestApp::start_kept(dialect).await;
        let data = app.folder.path().to_owned();
        let appointment = visit(&app).await;
        drop(logged);

        // While it runs: the write-ahead log too.
        assert!(assert_folder_unreadable(&data) > 8, "the visit left files");
        let url = app.store.url.expose().clone();
        let backup = tempfile::tempdir().unwrap();
        if dialect == Dialect::Sqlite {
            let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
            let copy = format!("VACUUM INTO '{}'", backup.path().join("parvis.db").display());
            sqlx::query(AssertSqlSafe(copy)).execute(&pool).await.unwrap();
            pool.close().await;
        }
        back_up(dialect, &url, &data, backup.path());
        let count = assert_folder_unreadable(backup.path());
        assert!(count > 8, "{count} files in the backup");
        let log = lines.0.lock().unwrap().clone();
        assert!(String::from_utf8_lossy(&log).contains("an appointment was booked"), "the log was looked at");
        assert_unreadable("the log", &log);

        // The backup is whole: with the key it can be read, without it cannot.
        if dialect == Dialect::Sqlite {
            let url = Secret::new(format!("sqlite://{}", backup.path().join("parvis.db").display()));
            let settings = StoreSettings { url, max_connections: 2, keys: keys() };
            let store = Store::open(&settings).await.unwrap();
            let found = store.appointment(appointment.parse().unwrap()).await.unwrap().unwrap();
            assert_eq!(found.participants[0].name.expose(), PATIENT);
            let studies = store.studies_of(found.id).await.unwrap();
            assert_eq!(studies[0].patient.name.expose(), "QUETZAL CANARY");
            store.close().await;
            let other = MasterKeys::passing(&[[9; 32]], Clock::system());
            let error = Store::open(&StoreSettings { keys: other, ..settings }).await.unwrap_err();
            assert_eq!(error.to_string(), "the keys of the database cannot be used");
        }
    }
}

struct Rig {
    archive: Archive,
    tasks: Tasks,
}

impl Rig {
    async fn open(folder: &Path, keys: &[[u8; 32]]) -> Self {
        let masters = MasterKeys::passing(keys, Clock::system());
        let mut settings =
            ArchiveSettings::new(folder.join("archive"), env!("CARGO_BIN_EXE_parvis").into(), masters);
        settings.workers = 1;
        let tasks = Tasks::default();
        Self { archive: Archive::open(settings, &tasks).await.unwrap(), tasks }
    }

    async fn keep(&self, folder: &Path, bytes: &[u8]) -> ContentHash {
        let path = folder.join("upload");
        fs::write(&path, bytes).unwrap();
        let (progress, _) = mpsc::channel(1);
        let receipt = self.archive.receive(&path, "object", progress).await.unwrap();
        receipt.received[0].instance.content
    }

    async fn can_read(&self, content: ContentHash) -> bool {
        let first = parvis::imaging::FrameNumber::FIRST;
        self.archive.referenced(content, &[first]).await.is_ok()
    }
}

const OLD: [u8; 32] = [1; 32];
const NEW: [u8; 32] = [2; 32];

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_the_old_key_opens_the_old_backup_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let old = Rig::open(folder.path(), &[OLD]).await;
    let objects: Vec<_> = demo_objects(1).take(3).map(|(_, bytes)| bytes).collect();
    let content = old.keep(folder.path(), &objects[0]).await;
    old.keep(folder.path(), &objects[1]).await;
    let file = old.archive.shelf().await.put(bytes::Bytes::from_static(b"%PDF-1.7 shared")).await.unwrap();
    assert!(old.can_read(content).await);
    let backup = tempfile::tempdir().unwrap();
    back_up(Dialect::Sqlite, "", folder.path(), backup.path());
    // Two objects of one study have one key, the file has its own.
    assert_eq!(files(&folder.path().join("archive/keys")).len(), 2);

    let both = Rig::open(folder.path(), &[NEW, OLD]).await;
    let before = fs::read(&files(&folder.path().join("archive/objects"))[0]).unwrap();
    let done = both.archive.rewrap_keys().await.unwrap();
    assert_eq!((done.done, done.before), (2, 0));
    assert_eq!(fs::read(&files(&folder.path().join("archive/objects"))[0]).unwrap(), before, "the data stay");
    for (keys, place, is_readable) in [
        (&[NEW][..], folder.path(), true),
        (&[OLD], folder.path(), false),
        (&[OLD], backup.path(), true),
        (&[NEW], backup.path(), false),
        (&[NEW, OLD], backup.path(), true),
    ] {
        let rig = Rig::open(place, keys).await;
        assert_eq!(rig.can_read(content).await, is_readable, "{keys:?}");
        assert_eq!(rig.archive.shared_file(file).await.is_ok(), is_readable, "{keys:?}");
        rig.tasks.stop();
    }
    // A key whose study is gone is forgotten, once it is old enough; with it all copies of the study.
    let now = Clock::system().now();
    assert_eq!(both.archive.forget_keys(now).await.unwrap(), 0);
    fs::remove_dir_all(folder.path().join("archive/objects")).unwrap();
    fs::create_dir_all(folder.path().join("archive/objects")).unwrap();
    assert_eq!(both.archive.forget_keys(now).await.unwrap(), 0, "it is young");
    assert_eq!(both.archive.forget_keys(now + chrono::TimeDelta::hours(2)).await.unwrap(), 1);
    both.archive.shelf().await.remove(file).await.unwrap();
    assert!(files(&folder.path().join("archive/keys")).is_empty(), "a file takes its key along");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_cut_swapped_or_planted_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::open(folder.path(), &[OLD]).await;
    let objects: Vec<_> = demo_objects(1).take(2).map(|(_, bytes)| bytes).collect();
    let (one, other) =
        (rig.keep(folder.path(), &objects[0]).await, rig.keep(folder.path(), &objects[1]).await);
    rig.archive.seal_rest().await.unwrap();
    let path = |content: ContentHash| {
        let name: String = content.0.iter().map(|byte| format!("{byte:02x}")).collect();
        folder.path().join("archive/objects").join(&name[..2]).join(name + ".dcm")
    };
    let (whole, second) = (fs::read(path(one)).unwrap(), fs::read(path(other)).unwrap());
    let mut swapped = whole.clone();
    swapped[56..56 + 65_552].copy_from_slice(&whole[56 + 65_552..56 + 2 * 65_552]);
    for (bytes, is_readable) in [
        (whole.clone(), true),
        (whole[..whole.len() - 1].to_vec(), false),
        (whole[..56 + 65_552].to_vec(), false),
        (swapped, false),
        (second, false),
        (objects[0].clone(), false),
    ] {
        fs::write(path(one), &bytes).unwrap();
        // What is open in memory is let go of by another archive.
        let fresh = Rig::open(folder.path(), &[OLD]).await;
        fresh.archive.seal_rest().await.unwrap();
        let can_read = fresh.can_read(one).await;
        assert_eq!(can_read, is_readable || bytes == objects[0], "{} bytes", bytes.len());
        fresh.tasks.stop();
    }
    // The last was the object itself, unsealed: one that was planted after all were sealed is refused by the archive that runs.
    fs::write(path(other), &objects[1]).unwrap();
    assert!(!rig.can_read(other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_from_before_are_read_and_sealed_behind_the_scenes() {
    let folder = tempfile::tempdir().unwrap();
    let objects: Vec<_> = demo_objects(1).take(3).map(|(_, bytes)| bytes).collect();
    let place = |kind: &str, bytes: &[u8], end: &str| {
        let name: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = folder.path().join("archive").join(kind).join(&name[..2]).join(name + end);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    };
    let lying: Vec<_> = objects.iter().map(|bytes| place("objects", bytes, ".dcm")).collect();
    let file = place("files", b"%PDF-1.7 from before", "");
    let wrong = place("files", b"x", "");
    fs::write(&wrong, b"other bytes than its name says").unwrap();
    let rig = Rig::open(folder.path(), &[OLD]).await;
    let content = ContentHash(Sha256::digest(&objects[0]).into());
    let read = rig.can_read(content).await;
    assert!(read, "it is read meanwhile");
    let planted = rig.archive.shared_file(Sha256::digest(b"x").into()).await;
    assert!(planted.is_err(), "nothing is read that is not what its name says");
    let sealed = async {
        while lying.iter().any(|path| fs::read(path).unwrap().windows(4).any(|part| part == b"DICM")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), sealed).await.expect("the task seals them");
    let rest = rig.archive.seal_rest().await.unwrap();
    assert!(rest.files <= 1, "{rest:?}");
    assert_eq!(rig.archive.seal_rest().await.unwrap(), SealedRest { files: 0, refused: 1 });
    assert!(rig.can_read(content).await);
    let digest = Sha256::digest(b"%PDF-1.7 from before").into();
    assert_eq!(rig.archive.shared_file(digest).await.unwrap(), b"%PDF-1.7 from before");
    assert!(!fs::read(file).unwrap().starts_with(b"%PDF"));
    assert!(rig.archive.shared_file(Sha256::digest(b"x").into()).await.is_err());
}

/// The program itself.
pub fn parvis(arguments: &[&str], key: Option<&str>) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_parvis"));
    command.args(arguments).env_remove("PARVIS_MASTER_KEY").env_remove("CREDENTIALS_DIRECTORY");
    if let Some(key) = key {
        command.env("PARVIS_MASTER_KEY", key);
    }
    command.output().unwrap()
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn the_command_line_makes_says_and_rotates_keys_and_serves_nothing_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let config = |keys: &str| {
        let text = format!(
            "[hospital]\nname = \"H\"\ntelephone = \"1\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
             public_url = \"http://localhost:1\"\n[database]\nurl = \"sqlite://{}\"\n[archive]\nfolder = \"{}\"\n\
             [audit]\nfolder = \"{}\"\n[media]\nlisten = \"127.0.0.1:0\"\n[oidc]\nissuer = \"https://id.example\"\n\
             client_id = \"p\"\nclient_secret = \"x\"\n[oidc.roles]\n\"groups/m\" = \"doctor\"\n{keys}",
            at("parvis.db"),
            at("archive"),
            at("audit"),
        );
        fs::write(at("parvis.toml"), text).unwrap();
    };
    config("");
    let (file, toml) = (at("master.key"), at("parvis.toml"));
    let none = parvis(&["serve", "--config", &toml], None);
    assert_eq!(none.status.code(), Some(1));
    assert!(
        said(&none).contains("there is no master key: make one with `parvis keys new"),
        "{}",
        said(&none)
    );
    assert!(!Path::new(&at("parvis.db")).exists(), "nothing was made without a key");

    assert!(parvis(&["keys", "new", "--out", &file], None).status.success());
    assert!(!parvis(&["keys", "new", "--out", &file], None).status.success(), "none is written over");
    config(&format!("[keys]\nfile = \"{file}\"\n"));
    // With a wrong address no verb about what was kept works on an empty database of its own making.
    let (backup, appointment) = (at("backup"), uuid::Uuid::from_u128(1).to_string());
    let verbs: [&[&str]; 5] = [
        &["keys", "status"],
        &["keys", "rotate"],
        &["audit", "verify"],
        &["backup", &backup],
        &["import", &file, "--appointment", &appointment],
    ];
    let first = fs::read_to_string(&file).unwrap();
    for verb in verbs {
        let refused = parvis(&[verb, &["--config", &toml]].concat(), None);
        let told = said(&refused);
        assert_eq!(refused.status.code(), Some(1), "{verb:?}: {told}");
        assert!(told.contains(&format!("there is no database at {}", at("parvis.db"))), "{verb:?}: {told}");
        assert!(told.contains("PARVIS_DATABASE_URL"), "{verb:?}: {told}");
    }
    assert!(!Path::new(&at("parvis.db")).exists() && !Path::new(&backup).exists());
    assert_eq!(fs::read_to_string(&file).unwrap(), first, "nor is there a new key");
    let url = Secret::new(format!("sqlite://{}", at("parvis.db")));
    let keys = MasterKeys::open(Some(KeySource::File(file.clone().into())), Clock::system()).unwrap();
    Store::open(&StoreSettings { url, max_connections: 1, keys }).await.unwrap().close().await;
    let status = parvis(&["keys", "status", "--config", &toml], None);
    assert!(said(&status).contains("current, wraps 1 data key(s)"), "{}", said(&status));
    let old = fs::read_to_string(&file).unwrap();

    let rotated = parvis(&["keys", "rotate", "--config", &toml], None);
    assert!(rotated.status.success(), "{}", said(&rotated));
    assert!(
        said(&rotated).contains("1 data key(s) of the database and 0 of the archive"),
        "{}",
        said(&rotated)
    );
    assert!(said(&rotated).contains("older, wraps 0 data key(s)"), "{}", said(&rotated));
    let new = fs::read_to_string(&file).unwrap();
    assert!(new.ends_with(&old) && new.lines().count() == 2, "the old key stays behind the new one");
    // The trail knows of it.
    let verified = parvis(&["audit", "verify", "--config", &toml], None);
    assert!(said(&verified).contains("1 record(s)"), "{}", said(&verified));

    config("");
    let wrong = parvis(&["keys", "status", "--config", &toml], Some(old.trim()));
    assert!(
        !wrong.status.success() && said(&wrong).contains("add that key behind the current one"),
        "{}",
        said(&wrong)
    );
    let current = new.lines().next().unwrap();
    assert!(parvis(&["keys", "status", "--config", &toml], Some(current)).status.success());
    // From the environment a new key is put first by hand.
    let refused = parvis(&["keys", "rotate", "--config", &toml], Some(current));
    assert!(said(&refused).contains("put a new key first there"), "{}", said(&refused));
    let third = parvis(&["keys", "new"], None);
    let third = String::from_utf8(third.stdout).unwrap();
    let both = format!("{} {current}", third.trim());
    assert!(parvis(&["keys", "rotate", "--config", &toml], Some(&both)).status.success());
    assert!(parvis(&["keys", "status", "--config", &toml], Some(third.trim())).status.success());
    for key in [old.trim(), current, third.trim()] {
        for text in [said(&status), said(&rotated), said(&wrong), said(&refused)] {
            assert!(!text.contains(key), "a key is shown");
        }
    }
}
