//! The database goes away during a call: the call does not, and what happened meanwhile is written afterwards.

use std::process::Child;
use std::time::Duration;

use parvis::clinical::{AppointmentId, PlaceKind};
use parvis::secret::Secret;
use parvis::store::Dialect;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sqlx::ConnectOptions;

use crate::support::app::{Socket, TestApp, share};
use crate::support::db::start_postgres;
use crate::visit::{Visit, ct_zip};

/// A PostgreSQL of one test's own, which can be stopped as a machine stops that does not answer.
pub(crate) struct OwnPostgres {
    pub(crate) url: String,
    folder: std::path::PathBuf,
    _script: Child,
}

impl OwnPostgres {
    pub(crate) fn start() -> Self {
        let (url, script) = start_postgres();
        let folder = url.split_once("host=").expect("an address").1.into();
        Self { url, folder, _script: script }
    }

    /// The server and whoever serves its connections.
    fn processes(&self) -> Vec<Pid> {
        let text = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let first: i32 = text.lines().next().unwrap().parse().unwrap();
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap();
        let children = children.split_whitespace().map(|number| number.parse().unwrap());
        std::iter::once(first).chain(children).filter_map(Pid::from_raw).collect()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        for process in self.processes() {
            let _ = kill_process(process, signal);
        }
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // A server that is stopped cannot be ended by its script.
        self.signal(Signal::CONT);
    }
}

/// Doctor, patient and relative: the first two in the call with a CT on show, the third waiting.
struct Scene {
    visit: Visit,
    doctor: Socket,
    patient: Socket,
    patient_id: String,
    relative: Socket,
    relative_id: Value,
}

/// Sound that somebody sends: enough of a description for the media part to agree to. A new `ufrag` restarts ICE.
fn offer(generation: u32, ufrag: &str) -> Value {
    let fingerprint = vec!["AB"; 32].join(":");
    let lines = [
        "v=0".to_owned(),
        "o=- 1 1 IN IP4 127.0.0.1".to_owned(),
        "s=-".to_owned(),
        "t=0 0".to_owned(),
        "a=group:BUNDLE 0".to_owned(),
        format!("a=fingerprint:sha-256 {fingerprint}"),
        "a=setup:actpass".to_owned(),
        "m=audio 9 UDP/TLS/RTP/SAVPF 111".to_owned(),
        "c=IN IP4 0.0.0.0".to_owned(),
        "a=mid:0".to_owned(),
        format!("a=ice-ufrag:{ufrag}"),
        "a=ice-pwd:0123456789012345678901".to_owned(),
        "a=rtcp-mux".to_owned(),
        "a=sendonly".to_owned(),
        "a=rtpmap:111 opus/48000/2".to_owned(),
        "a=fmtp:111 minptime=10;useinbandfec=1".to_owned(),
        "a=ssrc:1234 cname:x".to_owned(),
    ];
    let sdp = lines.join("\r\n") + "\r\n";
    let tracks = json!([{"mid": "0", "source": "microphone"}]);
    json!({"type": "publish_offer", "generation": generation, "sdp": sdp, "tracks": tracks})
}

impl Scene {
    async fn set(app: TestApp) -> Self {
        let visit = Visit::book_at(app, 5).await;
        let (mut patient, patient_id, mut doctor) = visit.call().await;
        let (mut relative, welcome) = visit.app.guest(&visit.relative).await;
        relative.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        for socket in [&mut patient, &mut doctor] {
            socket.send(json!({"type": "surface", "viewport": 0, "width": 200, "height": 200})).await;
        }
        let series = &studies[0]["series"][0]["series"];
        doctor.request(share(series)).await.unwrap();
        patient.picture(1).await;
        patient.send(offer(1, "first")).await;
        patient.wait("publish_answer").await;
        let relative_id = welcome["participant"].clone();
        Self { visit, doctor, patient, patient_id, relative, relative_id }
    }

    fn id(&self) -> AppointmentId {
        self.visit.appointment.parse().unwrap()
    }

    /// All that people do in a call, while nothing is written. Ends with what the chat said.
    async fn goes_on(&mut self) -> Value {
        let Self { doctor, patient, patient_id, relative, relative_id, .. } = self;
        // A line comes all the same, and says that it is not kept.
        patient.request(json!({"type": "chat", "text": "Vous me voyez ?"})).await.unwrap();
        let line = doctor.wait("chat_line").await;
        assert_eq!((&line["text"], &line["isKept"]), (&json!("Vous me voyez ?"), &json!(false)));
        // Pointers, pictures, and media that find a new way.
        patient.send(json!({"type": "point", "viewport": 0, "x": 0.5, "y": 0.25})).await;
        assert_eq!(doctor.wait("pointer").await["participant"], json!(patient_id));
        doctor.send(json!({"type": "scroll", "viewport": 0, "index": 1})).await;
        loop {
            if patient.picture(0).await.0["index"] == 1 {
                break;
            }
        }
        patient.send(offer(2, "second")).await;
        assert_eq!(patient.wait("publish_answer").await["generation"], 2);
        // Moderation.
        let mute = json!({"type": "mute_other", "participant": patient_id, "source": "microphone"});
        doctor.request(mute).await.unwrap();
        patient.wait("mute_asked").await;
        doctor
            .request(json!({"type": "admit", "participant": relative_id, "isRecognised": true}))
            .await
            .unwrap();
        relative.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        relative.request(json!({"type": "enter"})).await.unwrap();
        doctor.request(json!({"type": "lock", "isLocked": true})).await.unwrap();
        patient.wait("locked").await;
        doctor.request(json!({"type": "put_back", "participant": relative_id})).await.unwrap();
        relative.wait_for("place", |m| m["place"]["state"] == "waiting").await;
        line
    }

    /// The database is back: everything is written, in order, and the line says so.
    async fn is_written(&mut self, line: &Value) {
        let kept =
            self.doctor.wait_for("chat_line", |m| m["id"] == line["id"] && m["isKept"].is_null()).await;
        assert_eq!(kept["text"], line["text"]);
        let (store, id) = (self.visit.app.app.store.clone(), self.id());
        let written = async {
            // What happened last is written last.
            loop {
                let journal = store.moves_of(id).await.unwrap();
                let relative = self.relative_id.as_str().unwrap();
                let places: Vec<_> = journal
                    .iter()
                    .filter(|line| line.participant.to_string() == relative)
                    .map(|line| line.to)
                    .collect();
                if places.ends_with(&[PlaceKind::Admitted, PlaceKind::InCall, PlaceKind::Waiting]) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), written).await.expect("the journal is written");
        assert!(store.remains_of(id).await.unwrap().is_locked);
        assert_eq!(store.chat_lines_of(id).await.unwrap().len(), 1, "once, however often it was tried");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_while_the_database_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parvis.db");
    let url = format!("sqlite://{}", file.display());
    let app = TestApp::start_with(Dialect::Sqlite, |settings| settings.store.url = Secret::new(url)).await;
    let mut scene = Scene::set(app).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let mut other = options.busy_timeout(Duration::from_secs(20)).connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let line = scene.goes_on().await;
    assert_eq!(scene.visit.app.app.store.chat_lines_of(scene.id()).await.unwrap(), [], "it was not kept");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    scene.is_written(&line).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_while_the_database_does_not_answer() {
    let postgres = OwnPostgres::start();
    let url = postgres.url.clone();
    let app = TestApp::start_with(Dialect::Postgres, |settings| settings.store.url = Secret::new(url)).await;
    let mut scene = Scene::set(app).await;
    postgres.signal(Signal::STOP);
    let line = scene.goes_on().await;
    postgres.signal(Signal::CONT);
    scene.is_written(&line).await;
}
