//! A mail server and a gateway for SMS, which the tests start: real SMTP with STARTTLS by aiosmtpd, and HTTP by axum.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use parvis::config::{Mail, MailSecurity, Sms, SmsContent, SmsMethod};
use parvis::secret::Secret;
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/mail");

/// A running mail server. It ends when this is dropped, because its standard input does.
pub struct MailPeer {
    child: Child,
    _stdin: ChildStdin,
    ports: Value,
    folder: tempfile::TempDir,
    taken: Arc<Mutex<Vec<Value>>>,
}

fn python() -> PathBuf {
    let python = Path::new(FOLDER).join(".venv/bin/python");
    assert!(python.exists(), "the tests need the mail server of tests/peers/mail: run `make setup-test`");
    python
}

impl MailPeer {
    /// One that puts off so many of a hundred messages.
    pub fn start(fails_in_100: u32) -> Self {
        parvis::app::install_crypto();
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("chain.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
        let mut child = std::process::Command::new(python())
            .arg(Path::new(FOLDER).join("smtpd.py"))
            .arg(folder.path().join("chain.pem"))
            .arg(folder.path().join("key.pem"))
            .arg(fails_in_100.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ports = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let taken: Arc<Mutex<Vec<Value>>> = Arc::default();
        let into = taken.clone();
        std::thread::Builder::new()
            .name("mail peer".to_owned())
            .spawn(move || {
                for line in lines.map_while(Result::ok) {
                    into.lock().unwrap().push(serde_json::from_str(&line).unwrap());
                }
            })
            .unwrap();
        Self { child, _stdin: stdin, ports, folder, taken }
    }

    /// How the gateway speaks to it.
    pub fn settings(&self, security: MailSecurity) -> Mail {
        let (port, is_known) = match security {
            MailSecurity::Starttls => ("starttls", true),
            MailSecurity::Tls => ("tls", true),
            MailSecurity::None => ("none", false),
        };
        Mail {
            host: "localhost".to_owned(),
            port: u16::try_from(self.ports[port].as_u64().unwrap()).unwrap(),
            security,
            user: is_known.then(|| "parvis".to_owned()),
            password: is_known.then(|| Secret::new("secret".to_owned())),
            from: "visio@hopital.example".to_owned(),
            authority: Some(self.folder.path().join("chain.pem")),
            bounce_secret: Some(Secret::new("0123456789abcdef0123456789abcdef".to_owned())),
            administrators: vec![],
        }
    }

    /// What it has taken so far.
    pub fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }

    /// Waits until it has taken so many.
    pub async fn until(&self, count: usize) -> Vec<Value> {
        for _ in 0..1000 {
            let taken = self.taken();
            if taken.len() >= count {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{count} messages were awaited, there are {}", self.taken().len());
    }
}

impl Drop for MailPeer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A gateway for SMS: takes all but so many of a hundred, and those to numbers that end in 000.
#[derive(Clone)]
pub struct SmsPeer {
    address: std::net::SocketAddr,
    kept: Arc<Mutex<KeptSms>>,
    fails_in_100: u32,
}

#[derive(Default)]
struct KeptSms {
    asked: u32,
    taken: Vec<Value>,
}

impl SmsPeer {
    pub async fn start(fails_in_100: u32) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let peer = Self { address, kept: Arc::default(), fails_in_100 };
        let send =
            async |State(peer): State<Self>, headers: HeaderMap, body: String| peer.take(&headers, &body);
        let router = axum::Router::new()
            .route("/send", axum::routing::post(send))
            .route("/moved", axum::routing::post(async || (StatusCode::FOUND, [("location", "/send")])))
            .with_state(peer.clone());
        parvis::tasks::Tasks::default().spawn("SMS peer", async move {
            axum::serve(listener, router).await.unwrap();
        });
        peer
    }

    fn take(&self, headers: &HeaderMap, body: &str) -> StatusCode {
        if headers.get("authorization").is_none_or(|value| value != "Bearer t0ken") {
            return StatusCode::UNAUTHORIZED;
        }
        let Ok(body) = serde_json::from_str::<Value>(body) else { return StatusCode::BAD_REQUEST };
        let mut kept = self.kept.lock().unwrap();
        kept.asked += 1;
        if body["to"].as_str().is_some_and(|to| to.ends_with("000")) {
            return StatusCode::UNPROCESSABLE_ENTITY;
        }
        if self.fails_in_100 > 0 && (kept.asked * self.fails_in_100) % 100 < self.fails_in_100 {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        kept.taken.push(body);
        StatusCode::OK
    }

    pub fn settings(&self, path: &str) -> Sms {
        Sms {
            url: format!("http://{}{path}", self.address).parse().unwrap(),
            method: SmsMethod::Post,
            content: SmsContent::Json,
            body: r#"{"to": "{to}", "text": "{text}"}"#.to_owned(),
            headers: vec![("Authorization".to_owned(), Secret::new("Bearer {token}".to_owned()))],
            token: Some(Secret::new("t0ken".to_owned())),
        }
    }

    pub fn taken(&self) -> Vec<Value> {
        self.kept.lock().unwrap().taken.clone()
    }
}

/// What each of three parsers reads in a calendar: Python's icalendar and vobject, and ical.js.
pub fn read_calendar(text: &str) -> Vec<Value> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let run = |program: PathBuf, script: &str| -> Vec<Value> {
        #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
        let ran = std::process::Command::new(program)
            .current_dir(FOLDER)
            .arg(script)
            .arg(file.path())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{script}: {}\n{text}", String::from_utf8_lossy(&ran.stderr));
        let told = String::from_utf8(ran.stdout).unwrap();
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let is_installed = Path::new(FOLDER).join("node_modules/ical.js").exists();
    assert!(is_installed, "the tests need ical.js of tests/peers/mail: run `make setup-test`");
    let mut read = run(python(), "read_ics.py");
    read.extend(run("node".into(), "read_ics.mjs"));
    assert_eq!(read.len(), 3);
    read
}
