//! An archive that is made here: broken, slow, or after something.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parvis::demo::studies::demo_objects;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{NUMBER, PAGE, Scene, app, form, soon_enough};

/// What it does with a request.
#[derive(Clone)]
enum Says {
    /// This, and no more.
    All(Vec<u8>),
    /// This, and then one byte a tenth of a second.
    Drips(Vec<u8>),
    /// This, and then this again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// This, and then nothing, with the connection open.
    Hangs(Vec<u8>),
    /// This, and then a reset.
    Resets(Vec<u8>),
}

/// A server on a port of its own. It answers to the path of a request.
struct Liar {
    root: String,
    asked: Arc<AtomicUsize>,
}

impl Liar {
    async fn start(answer: impl Fn(&str) -> Says + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}/dicom-web", listener.local_addr().unwrap());
        let (answer, asked) = (Arc::new(answer), Arc::<AtomicUsize>::default());
        let counted = asked.clone();
        #[expect(clippy::disallowed_methods, reason = "a peer of the tests")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, answer.clone()));
            }
        });
        Self { root, asked }
    }
}

async fn serve(mut stream: TcpStream, answer: Arc<impl Fn(&str) -> Says + Send + Sync + 'static>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read_buf(&mut head).await {
            Ok(1..) => {}
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let says = answer(&path);
    let (Says::All(first)
    | Says::Drips(first)
    | Says::Endless(first, _)
    | Says::Hangs(first)
    | Says::Resets(first)) = &says;
    if stream.write_all(first).await.is_err() {
        return;
    }
    match says {
        Says::All(_) => {}
        Says::Drips(_) => while stream.write_all(b" ").await.is_ok() && pause(100).await {},
        Says::Endless(_, again) => while stream.write_all(&again).await.is_ok() {},
        Says::Hangs(_) => {
            pause(60_000).await;
        }
        Says::Resets(_) => {
            pause(100).await;
            let _ = stream.set_zero_linger();
        }
    }
}

async fn pause(ms: u64) -> bool {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    true
}

fn http(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The head of an answer without a length.
fn open(kind: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n").into_bytes()
}

const JSON: &str = "application/dicom+json";
const RELATED: &str = "multipart/related; type=\"application/dicom\"; boundary=xx";

fn study(uid: &str, patient: &str) -> Value {
    json!({
        "0020000D": {"vr": "UI", "Value": [uid]},
        "00100020": {"vr": "LO", "Value": [patient]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "LEFEVRE^HELENE"}]},
        "00201208": {"vr": "IS", "Value": [3]},
    })
}

fn uid_of(object: &[u8]) -> String {
    let object = dicom_object::from_reader(object).unwrap();
    let value = object.element(dicom_dictionary_std::tags::STUDY_INSTANCE_UID).unwrap().to_str().unwrap();
    value.trim_end_matches('\0').to_owned()
}

fn parts(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for object in objects {
        body.extend_from_slice(b"--xx\r\nContent-Type: application/dicom\r\n\r\n");
        body.extend_from_slice(object);
        body.extend_from_slice(b"\r\n");
    }
    body
}

/// Three slices of the patient.
fn slices() -> Vec<Vec<u8>> {
    demo_objects(1).take(3).map(|(_, bytes)| bytes).collect()
}

/// One that tells of the patient's study as it should, and sends this for its series.
async fn sends(what: Says) -> (Liar, String) {
    let uid = uid_of(&slices()[0]);
    let told = http(JSON, json!([study(&uid, NUMBER)]).to_string().as_bytes());
    let series =
        json!([{"0020000E": {"vr": "UI", "Value": ["1.2.3"]}, "00201209": {"vr": "IS", "Value": [3]}}]);
    let series = http(JSON, series.to_string().as_bytes());
    let liar = Liar::start(move |path| match path.split('?').next().unwrap() {
        path if path.ends_with("/studies") => Says::All(told.clone()),
        path if path.ends_with("/series") => Says::All(series.clone()),
        _ => what.clone(),
    })
    .await;
    (liar, uid)
}

async fn scene(forms: &[Value]) -> Scene {
    let app = app(Dialect::Sqlite, |settings| settings.pacs_patience = soon_enough()).await;
    Scene::numbered(app, forms).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_archive_does_to_a_question_is_told_in_time_and_holds_up_no_other() {
    let good = Liar::start(|_| Says::All(http(JSON, b"[]"))).await;
    let long = json!([study("1.2", NUMBER)]).to_string();
    let cases: Vec<(&str, Says)> = vec![
        ("slow", Says::Hangs(Vec::new())),
        ("slow", Says::Hangs(open(JSON))),
        ("slow", Says::Drips(open(JSON))),
        ("slow", Says::Drips(b"HTTP/1.1 200".to_vec())),
        ("no_connection", Says::Resets(Vec::new())),
        ("no_connection", Says::All(b"220 pacs ESMTP\r\n".to_vec())),
        ("cut", Says::Resets([open(JSON), b"[{".to_vec()].concat())),
        ("cut", Says::All(http(JSON, long.as_bytes())[..200].to_vec())),
        ("not_dicomweb", Says::All(http("text/html", b"<html>"))),
        ("not_dicomweb", Says::All(http(JSON, &[0xff; 300]))),
        ("not_dicomweb", Says::All(http(JSON, b"{\"a\": 1}"))),
        ("not_dicomweb", Says::All(http(JSON, &[b'['; 100_000]))),
        ("too_long", Says::Endless(open(JSON), vec![b' '; 65_536])),
        (
            "too_long",
            Says::Hangs(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/dicom+json\r\ncontent-length: 10000000000\r\n\r\n".to_vec(),
            ),
        ),
        (
            "redirected",
            Says::All(
                b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest/meta-data\r\ncontent-length: 0\r\n\r\n"
                    .to_vec(),
            ),
        ),
        ("status", Says::All(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_vec())),
        ("not_signed_in", Says::All(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n".to_vec())),
    ];
    let mut forms = vec![form("good", &good.root)];
    let mut liars = Vec::new();
    for (place, (_, says)) in cases.iter().enumerate() {
        let says = says.clone();
        let liar = Liar::start(move |_| says.clone()).await;
        forms.push(form(&format!("bad-{place}"), &liar.root));
        liars.push(liar);
    }
    let scene = scene(&forms).await;
    for (place, (expected, _)) in cases.iter().enumerate() {
        let key = format!("bad-{place}");
        let asking = tokio::time::timeout(Duration::from_secs(5), scene.found(&key));
        let found = asking.await.unwrap_or_else(|_| panic!("{expected} {place} was not told in time"));
        assert_eq!(found["fault"], *expected, "{place}: {found}");
        assert_eq!(found["studies"], json!([]));
    }
    let failed = scene.trail("deed=read&subject=study").await;
    assert!(failed.iter().all(|line| line["outcome"] == "failed"), "{failed:?}");

    // Twenty wait for one that hangs, and the other answers at once.
    let hanging = (0..20).map(|_| async {
        tokio::time::timeout(Duration::from_secs(5), scene.found("bad-0")).await.expect("it is told in time")
    });
    let (told, found) = tokio::join!(futures_util::future::join_all(hanging), async {
        pause(100).await;
        tokio::time::timeout(Duration::from_millis(1500), scene.found("good")).await.expect("it is held up")
    });
    assert!(found["fault"].is_null(), "{found}");
    let faults: Vec<_> = told.iter().map(|answer| answer["fault"].as_str().unwrap()).collect();
    assert!(faults.iter().all(|fault| ["slow", "busy"].contains(fault)), "{faults:?}");
    assert!(faults.contains(&"busy"), "nothing bounds what is asked of one at once: {faults:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_patients_than_were_asked_for_are_dropped_and_counted() {
    let all = json!([
        study("1.2", NUMBER),
        study("1.3", "DEMO-0002"),
        study("1.4", ""),
        study("1.5", "demo-0001"),
        study("../../x", NUMBER),
    ]);
    let answer = http(JSON, all.to_string().as_bytes());
    let liar = Liar::start(move |_| Says::All(answer.clone())).await;
    let scene = scene(&[form("liar", &liar.root)]).await;
    let found = scene.found("liar").await;
    let uids: Vec<_> = found["studies"].as_array().unwrap().iter().map(|study| &study["study"]).collect();
    assert_eq!((uids, &found["dropped"]), (vec![&json!("1.2")], &json!(4)), "{found}");
    assert!(!found.to_string().contains("DEMO-0002"));
}

#[tokio::test(flavor = "multi_thread")]
async fn however_a_fetch_ends_what_came_in_stays() {
    let objects = slices();
    let end = b"--xx--\r\n".to_vec();
    let two = parts(&objects[..2]);
    let begun = b"--xx\r\n\r\n".to_vec();
    let foreign: Vec<_> = demo_objects(2).take(1).map(|(_, bytes)| bytes).collect();
    // Of a reset nobody knows how much of what was sent before still comes.
    let cases: Vec<(&str, Value, Option<u64>, Says)> = vec![
        ("done", Value::Null, Some(3), Says::All(http(RELATED, &[parts(&objects), end.clone()].concat()))),
        ("failed", json!("cut"), None, Says::Resets([open(RELATED), two.clone(), begun.clone()].concat())),
        ("failed", json!("cut"), Some(2), Says::All([open(RELATED), two.clone(), begun.clone()].concat())),
        ("failed", json!("slow"), Some(2), Says::Hangs([open(RELATED), two.clone(), begun.clone()].concat())),
        ("failed", json!("slow"), Some(2), Says::Drips([open(RELATED), two.clone(), begun.clone()].concat())),
        ("failed", json!("slow"), Some(0), Says::Hangs(Vec::new())),
        ("failed", json!("not_dicomweb"), Some(0), Says::All(http("application/dicom", &objects[0]))),
        ("failed", json!("not_dicomweb"), Some(0), Says::All(http(RELATED, &vec![b'x'; 100_000]))),
        ("failed", json!("not_dicomweb"), Some(0), Says::Endless(open(RELATED), b"--xx\r\n".repeat(1000))),
        (
            "failed",
            json!("too_long"),
            Some(0),
            Says::Hangs(
                format!("HTTP/1.1 200 OK\r\ncontent-type: {RELATED}\r\ncontent-length: 10000000000\r\n\r\n")
                    .into(),
            ),
        ),
        // A part without end: the gateway takes what an upload may be, and no more.
        (
            "full",
            Value::Null,
            Some(2),
            Says::Endless([open(RELATED), two.clone(), begun].concat(), vec![0; 1 << 20]),
        ),
        // Of another study, no object at all, a ZIP with good ones in it, a damaged one.
        ("done", Value::Null, Some(1), {
            let zip = crate::visit::zip_of([("a".to_owned(), objects[1].clone())]);
            let others =
                [foreign, vec![b"<html>".to_vec(), zip, objects[2][..400].to_vec(), objects[0].clone()]];
            Says::All(http(RELATED, &[parts(&others.concat()), end].concat()))
        }),
    ];
    for (place, (state, fault, received, says)) in cases.into_iter().enumerate() {
        let (liar, uid) = sends(says).await;
        let app = app(Dialect::Sqlite, |settings| {
            settings.pacs_patience = soon_enough();
            settings.archive.max_upload_bytes = 16 << 20;
        })
        .await;
        let scene = Scene::numbered(app, &[form("liar", &liar.root)]).await;
        let fetch = scene.begin("liar", &uid).await;
        let ended = scene.ended(&fetch).await;
        assert_eq!((&ended["state"], &ended["fault"]), (&json!(state), &fault), "{place}: {ended}");
        let came = ended["received"].as_u64().unwrap();
        assert_eq!((came, &ended["total"]), (received.unwrap_or(came), &json!(3)), "{place}: {ended}");
        let studies = scene.studies().await;
        let frames = if came == 0 { Value::Null } else { json!(came) };
        assert_eq!(studies[0]["series"][0]["frames"], frames, "{place}: {studies}");
        assert!(studies.as_array().unwrap().len() <= 1, "{place}: {studies}");
        if state == "done" && came == 1 {
            let codes: Vec<_> = ended["refused"]
                .as_array()
                .unwrap()
                .iter()
                .map(|file| file["code"].as_str().unwrap())
                .collect();
            assert_eq!(codes, ["other_patient", "not_dicom", "not_dicom", "cannot_show"], "{ended}");
        }
        let incoming = scene.visit.app.folder.path().join("archive/incoming");
        let left: Vec<_> = std::fs::read_dir(incoming).unwrap().collect();
        assert!(left.is_empty(), "{place}: {left:?} was not cleared away");
    }
}

/// They were written sixteen together or at the end of a series. Of one that drips that may be hours, and objects that no row names are
/// swept away after one.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_is_kept_soon_however_slowly_the_rest_comes() {
    let begun = b"--xx\r\n\r\n".to_vec();
    let (liar, uid) = sends(Says::Hangs([open(RELATED), parts(&slices()[..2]), begun].concat())).await;
    let app = app(Dialect::Sqlite, |settings| {
        settings.pacs_patience.keep = Duration::from_millis(300);
    })
    .await;
    let scene = Scene::numbered(app, &[form("liar", &liar.root)]).await;
    let fetch = scene.begin("liar", &uid).await;
    let told = scene.until(&fetch, |told| told["received"] == 2 || told["state"] != "running").await;
    assert_eq!((&told["state"], &told["received"]), (&json!("running"), &json!(2)), "{told}");
    assert_eq!(scene.studies().await[0]["series"][0]["frames"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_is_stopped_and_forgotten_by_who_holds_the_appointment() {
    let (liar, uid) =
        sends(Says::Hangs([open(RELATED), parts(&slices()[..2]), b"--xx\r\n".to_vec()].concat())).await;
    // Patient enough to be stopped first.
    let app = app(Dialect::Sqlite, |_| {}).await;
    let scene = Scene::numbered(app, &[form("liar", &liar.root)]).await;
    let fetch = scene.begin("liar", &uid).await;
    let same = scene.begin("liar", &uid).await;
    assert_eq!(same["fetch"], fetch["fetch"], "one that runs is not begun twice");
    let quiet = scene.until(&fetch, |told| told["quietS"].as_u64().unwrap() >= 1).await;
    assert_eq!(quiet["state"], "running");
    let at = scene.path(&format!("pacs/fetches/{}", fetch["fetch"].as_str().unwrap()));
    let stranger = scene.visit.app.sign_in("sofia").await;
    assert_eq!(stranger.delete(&at).await, StatusCode::NOT_FOUND);
    assert_eq!(scene.visit.doctor.delete(&at).await, StatusCode::NO_CONTENT);
    let ended = scene.ended(&fetch).await;
    assert_eq!((&ended["state"], &ended["received"]), (&json!("stopped"), &json!(2)), "{ended}");
    assert_eq!(scene.studies().await[0]["series"][0]["frames"], 2, "what came in stays");
    assert_eq!(scene.visit.doctor.delete(&at).await, StatusCode::NO_CONTENT);
    let (_, state) = scene.visit.doctor.get(&scene.path("pacs")).await;
    assert_eq!(state["fetches"], json!([]), "it is told no more");
    assert_eq!(scene.visit.doctor.delete(&at).await, StatusCode::NOT_FOUND);
    // Its place is free again, and the archive was asked no more than it had to be.
    assert!(liar.asked.load(Ordering::SeqCst) <= 3);
    let off = scene.alex.post(&format!("{PAGE}/liar/switch"), json!({"isOn": false})).await;
    assert_eq!(off.0, StatusCode::NO_CONTENT);
    let begun =
        scene.visit.doctor.post(&scene.path("pacs/fetches"), json!({"pacs": "liar", "study": uid})).await;
    assert_eq!(begun.0, StatusCode::NOT_FOUND);
}
