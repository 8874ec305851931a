//! Whoever asks for something and goes away: by a reset of HTTP/2, or by closing the connection of HTTP/1.1.

use std::time::Duration;

use bytes::Bytes;
use parvis::clinical::sha256_hex;
use parvis::secret::Secret;
use parvis::store::Dialect;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::app::TestApp;
use crate::visit::Visit;

const LIMIT: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug)]
enum Way {
    Http1,
    Http2,
}

/// A request and how much is sent of its body.
struct Asked<'a> {
    path: &'a str,
    headers: Vec<(&'static str, String)>,
    sent: &'a [u8],
    whole: usize,
}

async fn visit() -> Visit {
    let in_file = |settings: &mut parvis::app::Settings| {
        let file = settings.archive.folder.with_file_name("parvis.db");
        settings.store.url = Secret::new(format!("sqlite://{}", file.display()));
    };
    Visit::book_at(TestApp::start_with(Dialect::Sqlite, in_file).await, 5).await
}

/// Asks, waits for `meanwhile`, and goes away.
async fn ask_and_go(app: &TestApp, way: Way, asked: Asked<'_>, meanwhile: impl Future<Output = ()>) {
    let stream = TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap();
    match way {
        Way::Http1 => go_by_closing(app, stream, asked, meanwhile).await,
        Way::Http2 => {
            let (requests, connection) = h2::client::handshake(stream).await.unwrap();
            tokio::select! {
                ended = connection => panic!("the connection ended: {ended:?}"),
                () = go_by_a_reset(app, requests, asked, meanwhile) => {}
            }
        }
    }
    // It is heard before anything that is asked from now on.
    for _ in 0..20 {
        assert_eq!(app.browser().get("/health/live").await.0, StatusCode::OK);
    }
}

async fn go_by_closing(
    app: &TestApp,
    mut stream: TcpStream,
    asked: Asked<'_>,
    meanwhile: impl Future<Output = ()>,
) {
    let lines: String = asked.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (base, host) = (&app.base, app.base.trim_start_matches("http://"));
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {host}\r\norigin: {base}\r\ncontent-length: {}\r\n{lines}\r\n",
        asked.path, asked.whole
    );
    stream.write_all(&[head.as_bytes(), asked.sent].concat()).await.unwrap();
    meanwhile.await;
    drop(stream);
}

async fn go_by_a_reset(
    app: &TestApp,
    requests: h2::client::SendRequest<Bytes>,
    asked: Asked<'_>,
    meanwhile: impl Future<Output = ()>,
) {
    let mut requests = requests.ready().await.unwrap();
    let mut request = http::Request::builder()
        .method("POST")
        .uri(format!("{}{}", app.base, asked.path))
        .header("origin", &app.base);
    for (name, value) in &asked.headers {
        request = request.header(*name, value);
    }
    let (_answer, mut said) = requests.send_request(request.body(()).unwrap(), false).unwrap();
    said.send_data(Bytes::copy_from_slice(asked.sent), asked.sent.len() == asked.whole).unwrap();
    meanwhile.await;
    said.send_reset(h2::Reason::CANCEL);
    // Once this is answered the reset was heard.
    let mut requests = requests.ready().await.unwrap();
    let health = http::Request::builder().uri(format!("{}/health/live", app.base)).body(()).unwrap();
    let (answer, _) = requests.send_request(health, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// The appointment was cancelled, or half of that, and no record said by whom.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_made_whole_and_recorded_though_whoever_asked_goes_away_half_way() {
    for way in [Way::Http1, Way::Http2] {
        let visit = visit().await;
        let auditor = visit.app.sign_in("ines").await;
        let path = format!("/api/appointments/{}/cancel", visit.appointment);
        let cookie = format!("__Host-parvis-login={}", visit.secretary.cookie.as_deref().unwrap());
        let headers = vec![("cookie", cookie), ("content-type", "application/json".to_owned())];
        // Nothing is written while somebody else writes: there the request waits when the other end goes.
        let pool = sqlx::SqlitePool::connect(visit.app.store.url.expose()).await.unwrap();
        let mut other = pool.acquire().await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *other).await.unwrap();
        let begun = async {
            for _ in 0..20 {
                assert_eq!(visit.app.browser().get("/health/live").await.0, StatusCode::OK);
            }
        };
        let asked = Asked { path: &path, headers, sent: b"{}", whole: 2 };
        ask_and_go(&visit.app, way, asked, begun).await;
        sqlx::query("ROLLBACK").execute(&mut *other).await.unwrap();
        drop(other);
        let shown = format!("/api/appointments/{}", visit.appointment);
        until("the appointment is cancelled", async || {
            visit.secretary.get(&shown).await.1["status"] == "cancelled"
        })
        .await;
        until("there is a record", async || {
            visit.app.app.trail.settle().await;
            let query = format!("/api/trail?appointment={}&deed=change&outcome=done", visit.appointment);
            let (_, page) = auditor.get(&query).await;
            page["entries"].as_array().unwrap().iter().any(|entry| {
                entry["name"] == "Camille Roux"
                    && entry["detail"] == "POST /api/appointments/{appointment}/cancel"
            })
        })
        .await;
        pool.close().await;
    }
}

/// The file stayed among those that come in until the program ended, and the room that it took in the folder for good.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_broken_off_leaves_no_file_and_gives_its_room_back() {
    for way in [Way::Http1, Way::Http2] {
        let visit = visit().await;
        let folders = format!("/api/appointments/{}/upload-folders", visit.appointment);
        let wish = json!({"label": "Centre", "quotaMib": 1, "quotaFiles": 3, "days": 7});
        let (status, made) = visit.secretary.post(&folders, wish).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let link = made["address"].as_str().unwrap().split_once("/upload#").unwrap().1.to_owned();
        let nobody = visit.app.browser();
        let files_left = async || -> Value {
            let look = nobody.raw(Method::POST, "/api/upload/look");
            let look = look.header("authorization", format!("Link {link}")).send().await.unwrap();
            let text = look.text().await.unwrap();
            serde_json::from_str::<Value>(&text).unwrap()["filesLeft"].clone()
        };
        let incoming = visit.app.folder.path().join("archive/incoming");
        let lying = || std::fs::read_dir(&incoming).map_or(0, Iterator::count);
        assert_eq!((files_left().await, lying()), (json!(3), 0));
        let body = [b"%PDF-1.7\n".as_slice(), &[b' '; 1000]].concat();
        let path = format!("/api/upload?bytes={}&sha256={}", body.len(), sha256_hex(&Sha256::digest(&body)));
        let headers = vec![("authorization", format!("Link {link}"))];
        let asked = Asked { path: &path, headers, sent: &body[..500], whole: body.len() };
        let taken = until("it comes in", async || files_left().await == 2 && lying() == 1);
        ask_and_go(&visit.app, way, asked, taken).await;
        until("it is cleared away", async || files_left().await == 3 && lying() == 0).await;
    }
}
