//! Nothing that tells who a person is reaches a log line, and this program speaks to nobody but those it was told of.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::app::{TestApp, share_of_another};
use crate::visit::{doctor_named, secret, soon, zip_of};

/// Everything that was logged, as one text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Names that no other test uses, so that whatever is found came from this visit.
const PATIENT: &str = "Zénaïde Quetzalcoatl";
const RELATIVE: &str = "Barnabé Xylophage";
const NOTE: &str = "canary-note-hemochromatosis";

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_logged_at_trace_level_names_nobody() {
    let lines = Lines::default();
    let to = lines.clone();
    // The very filter of the program, wide open.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(parvis::telemetry::filter("trace"))
        .with_ansi(false)
        .with_writer(move || to.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("no other test sets it");

    let app = TestApp::start(Dialect::Sqlite).await;
    let doctor = app.sign_in("claire").await;
    let id = doctor_named(&doctor, "Claire Martin").await;
    let booking = json!({
        "startsAt": soon(5), "endsAt": soon(35), "service": "Cardiologie", "practitioners": [id], "note": NOTE,
        "guests": [
            {"role": "patient", "name": PATIENT, "language": "fr"},
            {"role": "relative", "name": RELATIVE, "language": "fr"},
        ],
    });
    let (_, booked) = doctor.post("/api/appointments", booking).await;
    let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
    let links: Vec<_> = booked["links"].as_array().unwrap().iter().map(secret).collect();

    let (mut patient, welcome) = app.guest(&links[0]).await;
    patient.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    let (mut staff, _) = doctor.attend(&appointment).await;
    staff.request(json!({"type": "enter"})).await.unwrap();
    staff
        .request(json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true}))
        .await
        .unwrap();
    patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
    patient.request(json!({"type": "enter"})).await.unwrap();
    patient.send_text(format!("{{\"type\":\"surprise\",\"name\":\"{PATIENT}\"}}")).await;
    let sdp = "v=0\r\no=- 1 1 IN IP4 203.0.113.77\r\ns=canary-description\r\nc=IN IP4 203.0.113.77\r\n";
    patient.send(json!({"type": "publish_offer", "generation": 1, "sdp": sdp, "tracks": []})).await;
    patient.wait("problem").await;
    patient.request(json!({"type": "chat", "text": "canary-chat-line"})).await.unwrap();
    patient.request(json!({"type": "chat", "text": "canary-chat-\u{7}refused"})).await.unwrap_err();
    let (_, file) = app
        .browser()
        .share_file(&appointment, "canary-file.pdf", Some(&links[0]), "%PDF-canary-content")
        .await;
    assert_eq!(staff.wait("file_shared").await["fileName"], "canary-file.pdf");
    app.browser().fetch_file(&appointment, &file, Some(&links[0])).await;
    app.browser().share_file(&appointment, "canary-program.exe", Some(&links[0]), "MZ\u{0}").await;
    let objects = parvis::demo::studies::demo_objects(1).take(2);
    let name = format!("{PATIENT}.zip");
    let files = objects.map(|(name, bytes)| (format!("{RELATIVE}/{name}"), bytes));
    doctor.upload(&appointment, &name.replace(' ', "%20"), zip_of(files)).await;
    doctor.upload(&appointment, "canary-letter.dcm", b"not DICOM, about canary-subject".repeat(10)).await;
    let (_, studies) = doctor.get(&format!("/api/appointments/{appointment}/studies")).await;
    patient.send(json!({"type": "surface", "viewport": 0, "width": 64, "height": 64})).await;
    staff.request(share_of_another(&studies[0]["series"][0]["series"])).await.unwrap();
    patient.picture(1).await;
    let words = |text: &str| {
        let mark = json!({"shape": "length", "points": [[0.25, 0.5], [0.5, 0.5]], "text": text});
        json!({"type": "add_mark", "viewport": 0, "index": 0, "mark": mark})
    };
    staff.request(words("canary-mark-words")).await.unwrap();
    staff.request(words("canary-mark-\u{7}refused")).await.unwrap_err();
    patient.request(words("canary-mark-of-a-guest")).await.unwrap_err();
    staff.request(json!({"type": "save_marks"})).await.unwrap();
    staff.request(json!({"type": "keep_image", "viewport": 0, "caption": "canary-caption"})).await.unwrap();
    let kept = staff.wait_for("key_images", |m| m["images"][0].is_object()).await["images"][0].clone();
    let summary = format!("/api/appointments/{appointment}/summary");
    // The study names somebody else: its image once went into what the patient takes home without a question.
    let of_another = json!({"language": "fr", "sentences": ["canary-sentence"], "images": [kept["image"]]});
    let (status, why) = doctor.put(&summary, of_another).await;
    assert_eq!((status, &why["code"]), (StatusCode::CONFLICT, &json!("other_patient")), "{why}");
    let text = json!({"language": "fr", "sentences": ["canary-sentence"], "images": []});
    assert_eq!(doctor.put(&summary, text).await.0, StatusCode::OK);
    let odd = json!({"language": "fr", "sentences": ["canary-sentence \u{1F600}"], "images": []});
    doctor.put(&summary, odd).await;
    assert!(!doctor.fetch(&format!("{summary}.pdf?language=fr")).await.2.is_empty());
    doctor.post(&format!("/api/appointments/{appointment}/key-images/save"), json!({})).await;
    app.guest("canary-wrong-link").await;
    staff.send(json!({"type": "end", "request": 9, "outcome": "completed"})).await;
    patient.wait("ended").await;
    let (_, record) = doctor.get(&format!("/api/appointments/{appointment}/viewing")).await;
    assert_eq!(record["steps"][0]["cause"], "show", "{record}");
    doctor.post("/logout", json!({})).await;

    let text = lines.text();
    assert!(text.contains("an appointment was booked"), "the log was looked at");
    let cookie = doctor.cookie.clone().unwrap();
    let resume = welcome["resume"].as_str().unwrap();
    let planted = [
        PATIENT,
        "Zénaïde",
        "Quetzalcoatl",
        RELATIVE,
        "Xylophage",
        NOTE,
        "LEFEVRE",
        "HELENE",
        &links[0],
        &links[1],
        &cookie,
        "canary-description",
        "203.0.113.77",
        "canary-letter",
        "canary-subject",
        "canary-wrong-link",
        "canary-chat",
        "canary-file",
        "canary-program",
        "canary-content",
        "canary-mark",
        "canary-caption",
        "canary-sentence",
        resume,
    ];
    for word in planted {
        let found: Vec<_> = text.lines().filter(|line| line.contains(word)).take(3).collect();
        assert!(found.is_empty(), "{word} was logged:\n{}", found.join("\n"));
    }
}

/// Remote addresses of the TCP connections that a process holds, from /proc.
fn remotes(pid: u32) -> BTreeSet<String> {
    let mut sockets = BTreeSet::new();
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return BTreeSet::new() };
    for file in files.flatten() {
        if let Ok(target) = std::fs::read_link(file.path())
            && let Some(inode) = target.to_string_lossy().strip_prefix("socket:[")
        {
            sockets.insert(inode.trim_end_matches(']').to_owned());
        }
    }
    let mut found = BTreeSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let rows = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for row in rows.lines().skip(1) {
            let fields: Vec<_> = row.split_whitespace().collect();
            if let [_, _, remote, ..] = fields[..]
                && fields.get(9).is_some_and(|inode| sockets.contains(*inode))
            {
                found.insert(remote.split(':').next().unwrap_or_default().to_owned());
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_speaks_to_nobody_but_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the program itself is looked at from outside")]
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_parvis"))
        .args(["demo", "--port", "0", "--data"])
        .arg(folder.path())
        .env("PARVIS_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let base = loop {
        let line = told.next().expect("the demo tells its address").unwrap();
        if let Some((_, rest)) = line.split_once("http://") {
            break format!("http://{}", rest.trim_end_matches("/app"));
        }
    };
    let (stop, stopped) = std::sync::mpsc::sync_channel::<()>(1);
    let watcher = std::thread::Builder::new().name("watcher".to_owned()).spawn(move || {
        let mut seen = BTreeSet::new();
        while stopped.recv_timeout(Duration::from_millis(2)).is_err() {
            seen.extend(remotes(pid));
        }
        seen
    });
    // A sign-in makes the gateway speak to its identity provider: the one that it was told of.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.unwrap();
    let begun = client.get(format!("{base}/login?return_to=/app")).send().await.unwrap();
    assert!(begun.headers()["location"].to_str().unwrap().contains("/demo-idp/"));
    for path in ["/app", "/join", "/api/hospital", "/health/ready"] {
        client.get(format!("{base}{path}")).send().await.unwrap();
    }
    let loaded = async {
        // The studies are there when their folder is gone again.
        while !folder.path().join("archive/objects").exists() || folder.path().join("synthetic").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), loaded).await.expect("the studies come");
    stop.send(()).unwrap();
    let seen = watcher.unwrap().join().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // Listening sockets have no remote; 127.0.0.1 is this machine (hexadecimal, as /proc has it).
    let local =
        ["00000000", "0100007F", "00000000000000000000000000000000", "00000000000000000000000001000000"];
    let elsewhere: Vec<_> = seen.iter().filter(|remote| !local.contains(&remote.as_str())).collect();
    assert!(seen.contains("0100007F") || seen.contains(local[3]), "the connections were seen: {seen:?}");
    assert!(elsewhere.is_empty(), "connections to elsewhere: {elsewhere:?}");
}
