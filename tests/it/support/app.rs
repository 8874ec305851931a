//! The whole program in this process, on a port of its own, with the demo's identity provider: tests speak to it as browsers do.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parvis::app::{App, NetworkSettings, Settings, install_crypto};
use parvis::archive::ArchiveSettings;
use parvis::clinical::ChatKeep;
use parvis::clock::Clock;
use parvis::config::Hospital;
use parvis::demo::idp::DemoIdp;
use parvis::secret::Secret;
use parvis::sfu::SfuSettings;
use parvis::store::{Dialect, StoreSettings};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::db::TestDatabase;

/// Everything that is waited for comes within this time, or the test fails.
const LIMIT: Duration = Duration::from_secs(20);

/// A way for codes, as `POST /api/guest/code` names it.
const CHANNELS: [&str; 2] = ["sms", "email"];

/// A running gateway. Its data are gone when it is dropped.
pub struct TestApp {
    pub base: String,
    pub app: std::sync::Arc<App>,
    pub folder: tempfile::TempDir,
    /// Where its rows are: another one on them is this one after a restart.
    pub store: StoreSettings,
    client: reqwest::Client,
}

/// Somebody signed in, or nobody.
#[derive(Clone)]
pub struct Browser {
    pub base: String,
    pub client: reqwest::Client,
    pub cookie: Option<String>,
    /// Cookies of doors that were opened, as `name=value`.
    pub passes: Vec<String>,
}

/// One WebSocket.
pub struct Socket {
    /// Whose it is, for a ticket.
    browser: Browser,
    stream: tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
    /// Pictures that came while something else was waited for.
    pub pictures: Vec<(Value, Vec<u8>)>,
    request: u32,
    /// The large parts of what is on show, which are told before it: `shown` is put together with them, as a client does.
    parts: serde_json::Map<String, Value>,
    /// The state of the viewing as it was told last.
    viewing: Option<Value>,
}

impl TestApp {
    pub async fn start(dialect: Dialect) -> Self {
        Self::start_with(dialect, |_| {}).await
    }

    /// One whose rows outlive it, so that it can be started again.
    pub async fn start_kept(dialect: Dialect) -> Self {
        let keep = |settings: &mut Settings| {
            if dialect == Dialect::Sqlite {
                let file = settings.archive.folder.with_file_name("parvis.db");
                settings.store.url = Secret::new(format!("sqlite://{}", file.display()));
            }
        };
        Self::start_with(dialect, keep).await
    }

    /// Stops it, and starts another on its rows and objects, which stay in this one's folder.
    pub async fn started_again(&self, dialect: Dialect) -> Self {
        self.app.tasks.stop();
        self.app.tasks.ended().await;
        self.app.sfu.stop();
        let (store, archive) = (self.store.clone(), self.folder.path().join("archive"));
        let same = |settings: &mut Settings| {
            settings.store = store;
            settings.archive.folder = archive;
        };
        Self::start_with(dialect, same).await
    }

    pub async fn start_with(dialect: Dialect, change: impl FnOnce(&mut Settings)) -> Self {
        install_crypto();
        let clock = Clock::system();
        let database = TestDatabase::new(dialect).await;
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let public_url = url::Url::parse(&format!("http://localhost:{}", address.port())).unwrap();
        let issuer = public_url.join("/demo-idp").unwrap();
        let callback = public_url.join("/login/callback").unwrap();
        let idp = DemoIdp::new(issuer, callback, clock.clone(), address).unwrap();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_parvis"));
        let archive = ArchiveSettings::new(folder.path().join("archive"), program, super::db::keys());
        let mut settings = Settings {
            hospital: Hospital {
                name: "Hôpital d'essai".to_owned(),
                telephone: "01 00 00 00 00".to_owned(),
                time_zone: chrono_tz::Europe::Paris,
            },
            public_url: public_url.clone(),
            store: database.settings,
            login: idp.login_settings(public_url.clone()),
            sfu: SfuSettings {
                listen: "127.0.0.1:0".parse().unwrap(),
                announce: vec![],
                shards: 1,
                tcp_port: Some(address.port()),
            },
            network: NetworkSettings {
                relay_urls: vec![format!("turn:localhost:{}?transport=tcp", address.port())],
                ..NetworkSettings::default()
            },
            archive,
            chat_keep: ChatKeep::Consultation,
            mail: None,
            sms: None,
            egress: parvis::egress::Rules::default(),
            pacs_patience: parvis::pacs::PacsPatience::default(),
            retention: parvis::clinical::RetentionPolicy::default(),
            trail: parvis::trail::TrailSettings::local(folder.path().join("audit"), public_url.clone()),
            emergency_lasts: parvis::clinical::EmergencyAccess::LASTS,
            authority: None,
            metrics: None,
            presenter_lost_for: parvis::app::PRESENTER_LOST_FOR,
            is_demo: true,
        };
        change(&mut settings);
        let store = settings.store.clone();
        let mut app = App::build(settings, clock).await.unwrap();
        app.mount("/demo-idp", idp.router());
        let app = std::sync::Arc::new(app);
        let served = app.clone();
        app.tasks.spawn("test server", async move { served.serve(listener).await.unwrap() });
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base: format!("http://localhost:{}", address.port()), app, folder, store, client }
    }

    /// Nobody in particular.
    pub fn browser(&self) -> Browser {
        Browser { base: self.base.clone(), client: self.client.clone(), cookie: None, passes: Vec::new() }
    }

    /// Somebody of the demo, signed in by the whole flow.
    pub async fn sign_in(&self, person: &str) -> Browser {
        let (browser, page) = self.try_to_sign_in(person).await;
        assert!(browser.cookie.is_some(), "{person} was sent to {page}");
        browser
    }

    /// The flow of the sign-in, and where it ended.
    pub async fn try_to_sign_in(&self, person: &str) -> (Browser, String) {
        let mut browser = self.browser();
        let begun = browser.raw(Method::GET, "/login?return_to=/app").send().await.unwrap();
        let attempt = cookie(&begun, "__Host-parvis-signin").unwrap();
        let provider = location(&begun);
        let asked = url::Url::parse(&provider).unwrap();
        let mut form: Vec<(String, String)> =
            asked.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        form.push(("person".to_owned(), person.to_owned()));
        let mut target = asked.clone();
        target.set_query(None);
        let chosen = self.client.post(target).header("origin", &self.base).form(&form).send().await.unwrap();
        let callback = self
            .client
            .get(location(&chosen))
            .header("cookie", format!("__Host-parvis-signin={attempt}"))
            .send()
            .await
            .unwrap();
        browser.cookie = cookie(&callback, "__Host-parvis-login");
        (browser, location(&callback))
    }

    /// A browser in which the person of this link has typed the code that was sent to them; here nothing sends, so that it is kept.
    pub async fn with_code(&self, link: &str) -> Browser {
        let mut browser = self.browser();
        let (_, look) = browser.post("/api/guest/look", json!({"link": link})).await;
        let channel = CHANNELS.into_iter().find(|channel| look["asks"][channel] == true).unwrap();
        let before = self.app.outbox.kept().len();
        let (_, answer) = browser.post("/api/guest/code", json!({"link": link, "channel": channel})).await;
        assert_eq!(answer["outcome"], "sent", "{answer}");
        let code_of = |text: &str| {
            let mut words = text.split(|c: char| !c.is_ascii_digit());
            words.find(|word| word.len() == 6 && text.contains("code")).map(str::to_owned)
        };
        let found = async {
            loop {
                let kept = self.app.outbox.kept();
                let code = kept.iter().skip(before).find_map(|text| code_of(text.text.expose()));
                if let Some(code) = code {
                    return code;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let code = tokio::time::timeout(LIMIT, found).await.unwrap();
        let (_, opened) = browser.open_door(json!({"link": link, "digits": code})).await;
        assert_eq!(opened["outcome"], "opened", "{opened}");
        browser
    }

    /// A guest's WebSocket that has said hello; the answer is its first message. Like their page, the guest agreed to the information.
    pub async fn guest(&self, secret: &str) -> (Socket, Value) {
        self.browser().agree(secret).await;
        self.browser().hello(json!({"link": secret})).await
    }

    /// The same, with the token of a `welcome` before.
    pub async fn guest_again(&self, secret: &str, welcome: &Value) -> (Socket, Value) {
        self.browser().hello(json!({"link": secret, "resume": welcome["resume"]})).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.app.tasks.stop();
        self.app.sfu.stop();
    }
}

fn location(response: &reqwest::Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

fn cookie(response: &reqwest::Response, name: &str) -> Option<String> {
    let cookies = response.headers().get_all("set-cookie").iter();
    cookies.filter_map(|cookie| cookie.to_str().ok()).find_map(|cookie| {
        let value = cookie.strip_prefix(name)?.strip_prefix('=')?;
        let value = value.split(';').next()?;
        (!value.is_empty()).then(|| value.to_owned())
    })
}

impl Browser {
    pub fn raw(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request =
            self.client.request(method, format!("{}{path}", self.base)).header("origin", &self.base);
        if let Some(cookies) = self.cookies() {
            request = request.header("cookie", cookies);
        }
        request
    }

    /// A request from a page of this origin, or of none, about which the browser says this.
    pub fn from(
        &self,
        method: Method,
        path: &str,
        origin: Option<&str>,
        fetch_site: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in
            [("origin", origin), ("sec-fetch-site", fetch_site), ("cookie", self.cookies().as_deref())]
        {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    }

    fn cookies(&self) -> Option<String> {
        let login = self.cookie.iter().map(|cookie| format!("__Host-parvis-login={cookie}"));
        let all: Vec<_> = login.chain(self.passes.iter().cloned()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// A request with nothing in it, as programs make them that open links before people do.
    pub async fn knock(&self, method: Method, path: &str) -> reqwest::Response {
        self.client.request(method, format!("{}{path}", self.base)).send().await.unwrap()
    }

    /// What a guest sends who shows a link.
    pub async fn post_with(&self, path: &str, link: &str, body: Value) -> (StatusCode, Value) {
        answer(with_link(self.raw(Method::POST, path), Some(link)).json(&body).send().await.unwrap()).await
    }

    /// The bytes of whatever is given to a guest who asks for it.
    pub async fn take_with(
        &self,
        path: &str,
        link: &str,
    ) -> (StatusCode, reqwest::header::HeaderMap, Vec<u8>) {
        let response = with_link(self.raw(Method::POST, path), Some(link)).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }

    /// Shows something at a door; the pass that is given is kept.
    pub async fn open_door(&mut self, body: Value) -> (StatusCode, Value) {
        let response = self.raw(Method::POST, "/api/guest/open").json(&body).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
                assert!(cookie.contains(part), "{cookie}");
            }
            let (pass, _) = cookie.split_once(';').unwrap();
            let name = pass.split('=').next().unwrap().to_owned() + "=";
            self.passes.retain(|kept| !kept.starts_with(&name));
            self.passes.push(pass.to_owned());
        }
        answer(response).await
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.raw(Method::GET, path).send().await.unwrap()).await
    }

    /// Whatever is at an address, as bytes; a guest shows a link.
    pub async fn fetch_with(&self, path: &str, link: Option<&str>) -> (StatusCode, Vec<u8>) {
        let response = with_link(self.raw(Method::GET, path), link).send().await.unwrap();
        (response.status(), response.bytes().await.unwrap().to_vec())
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.raw(Method::POST, path).json(&body).send().await.unwrap()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.raw(Method::PUT, path).json(&body).send().await.unwrap()).await
    }

    /// What is no JSON.
    pub async fn fetch(&self, path: &str) -> (StatusCode, reqwest::header::HeaderMap, Vec<u8>) {
        let response = self.raw(Method::GET, path).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }

    pub async fn delete(&self, path: &str) -> StatusCode {
        self.raw(Method::DELETE, path).send().await.unwrap().status()
    }

    /// The status of a request with another origin, or none.
    pub async fn post_from(&self, origin: Option<&str>, path: &str) -> StatusCode {
        let mut request = self.client.post(format!("{}{path}", self.base)).json(&json!({}));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        request.send().await.unwrap().status()
    }

    pub async fn upload(&self, appointment: &str, name: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
        let path = format!("/api/appointments/{appointment}/studies?name={name}");
        answer(self.raw(Method::POST, &path).body(bytes).send().await.unwrap()).await
    }

    /// Brings a photograph, as a guest who shows a link.
    pub async fn bring_photo(&self, appointment: &str, link: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
        let path = format!("/api/appointments/{appointment}/studies?name=Photo.jpg");
        let request = with_link(self.raw(Method::POST, &path), Some(link));
        answer(request.body(bytes).send().await.unwrap()).await
    }

    /// A ticket for a WebSocket, for this link or for whoever is signed in.
    pub async fn ticket(&self, link: Option<&str>) -> (StatusCode, Value) {
        self.post("/api/socket-ticket", link.map_or_else(|| json!({}), |link| json!({"link": link}))).await
    }

    pub async fn socket(&self) -> Socket {
        self.try_socket(&self.base).await.unwrap()
    }

    /// The WebSocket that tells of changes of the agenda.
    pub async fn agenda(&self) -> Socket {
        let mut socket = self.try_socket_at("/ws/agenda", &self.base).await.unwrap();
        let (_, ticket) = self.ticket(None).await;
        socket.send_text(ticket.to_string()).await;
        socket
    }

    /// A WebSocket from a page of this origin; the error is the status that refused it.
    pub async fn try_socket(&self, origin: &str) -> Result<Socket, u16> {
        self.try_socket_at("/ws", origin).await
    }

    /// The same at another address.
    pub async fn try_socket_at(&self, path: &str, origin: &str) -> Result<Socket, u16> {
        let address = format!("{}{path}", self.base.replacen("http", "ws", 1));
        let mut request = address.into_client_request().unwrap();
        request.headers_mut().insert("origin", HeaderValue::from_str(origin).unwrap());
        if let Some(cookies) = self.cookies() {
            request.headers_mut().insert("cookie", HeaderValue::from_str(&cookies).unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => Ok(Socket {
                browser: self.clone(),
                stream,
                pictures: Vec::new(),
                request: 0,
                parts: serde_json::Map::new(),
                viewing: None,
            }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// A WebSocket of staff that has said hello, and the answer.
    pub async fn attend(&self, appointment: &str) -> (Socket, Value) {
        self.hello(json!({"appointment": appointment})).await
    }

    /// A guest agrees to what is told of now, where their link leads to a text that they have not answered yet.
    pub async fn agree(&self, link: &str) -> StatusCode {
        let (_, look) = self.post("/api/guest/look", json!({"link": link})).await;
        if look["consentVersion"].is_null() || look["consent"] == "given" {
            return StatusCode::OK;
        }
        let answer = json!({"answer": "given", "version": look["consentVersion"], "language": "fr"});
        self.post_with("/api/guest/consent", link, answer).await.0
    }

    /// A WebSocket that has said hello so, and the answer.
    pub async fn hello(&self, who: Value) -> (Socket, Value) {
        let mut socket = self.socket().await;
        let mut hello = json!({"type": "hello", "protocol": parvis::protocol::PROTOCOL, "language": "fr"});
        hello.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        socket.send(hello).await;
        let first = socket.next().await;
        if first["code"] == "ticket_needed" && who.get("resume").is_some() {
            // As the client does: the gateway has forgotten the device, which comes as a new one.
            let mut who = who;
            who.as_object_mut().unwrap().remove("resume");
            return Box::pin(self.hello(who)).await;
        }
        (socket, first)
    }

    /// Shares a file; a guest shows a link.
    pub async fn share_file(
        &self,
        appointment: &str,
        name: &str,
        link: Option<&str>,
        bytes: impl Into<reqwest::Body>,
    ) -> (StatusCode, Value) {
        let path = format!("/api/appointments/{appointment}/files?name={name}");
        let request = with_link(self.raw(Method::POST, &path), link);
        answer(request.body(bytes).send().await.unwrap()).await
    }

    /// Fetches a file; a guest shows a link.
    pub async fn fetch_file(
        &self,
        appointment: &str,
        file: &Value,
        link: Option<&str>,
    ) -> (StatusCode, reqwest::header::HeaderMap, Vec<u8>) {
        let path = format!("/api/appointments/{appointment}/files/{}", file["id"].as_str().unwrap());
        let response = with_link(self.raw(Method::GET, &path), link).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }
}

fn with_link(request: reqwest::RequestBuilder, link: Option<&str>) -> reqwest::RequestBuilder {
    match link {
        Some(secret) => request.header("authorization", format!("Link {secret}")),
        None => request,
    }
}

/// Shows a series of the patient in the first viewport.
pub fn share(series: &Value) -> Value {
    json!({"type": "share", "series": series, "viewport": 0, "isOtherPatient": false})
}

/// The same, where the study names somebody else: the person was asked.
pub fn share_of_another(series: &Value) -> Value {
    json!({"type": "share", "series": series, "viewport": 0, "isOtherPatient": true})
}

async fn answer(response: reqwest::Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

impl Socket {
    /// What comes first bears a ticket, unless it brings back a device that is known, or a test has put one there.
    pub async fn send(&mut self, mut message: Value) {
        let is_first = message["type"] == "hello";
        if is_first && message.get("ticket").is_none() && message.get("resume").is_none() {
            let ticket = self.browser.ticket(message["link"].as_str()).await.1;
            message["ticket"] = ticket["ticket"].clone();
        }
        self.send_text(message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        self.stream.send(Message::Text(text.into())).await.unwrap();
    }

    /// The next JSON message; pictures are put aside. `Null` when the connection is closed.
    pub async fn next(&mut self) -> Value {
        let next = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return self.put_together(serde_json::from_str(text.as_str()).unwrap());
                    }
                    Some(Ok(Message::Binary(bytes))) => {
                        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
                        let header = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
                        self.pictures.push((header, bytes[4 + length..].to_vec()));
                        return json!({"type": "picture"});
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Value::Null,
                    Some(Ok(_)) => {}
                }
            }
        };
        tokio::time::timeout(LIMIT, next).await.expect("nothing came in time")
    }

    /// Puts what is on show together with its large parts, which were told before. `shown` is what the first viewport shows.
    fn put_together(&mut self, mut message: Value) -> Value {
        if message["type"] == "viewing_changed" {
            let state = self.viewing.as_mut().expect("a whole state comes first");
            parvis::protocol::apply(state, &message["changes"]);
            message = state.clone();
        } else if message["type"] == "viewing" {
            self.viewing = Some(message.clone());
        }
        let is_own = message["type"] == "own_view";
        match message["type"].as_str() {
            Some("series_shown") => {
                self.parts.insert(message["series"].to_string(), message.clone());
            }
            Some("cine" | "graphics") => {
                let place = format!("{} {}", message["viewport"], message["isOwn"]);
                let parts = self.parts.entry(place).or_insert_with(|| json!({}));
                for name in ["cine", "graphics"] {
                    if message["type"] == name {
                        parts[name] = message[name].clone();
                    }
                }
            }
            Some("viewing" | "own_view") => {
                let arrangement = if is_own { message.get_mut("arrangement") } else { Some(&mut message) };
                let Some(arrangement) = arrangement else { return message };
                let viewports = arrangement["viewports"].as_array_mut().into_iter().flatten();
                for (viewport, shown) in viewports.enumerate().filter(|(_, shown)| shown.is_object()) {
                    let series = self.parts.get(&shown["series"].to_string());
                    let series = series.expect("the series was told before");
                    let place = self.parts.get(&format!("{viewport} {is_own}"));
                    for parts in [Some(series), place].into_iter().flatten() {
                        let parts = parts.as_object().unwrap().clone();
                        let parts = parts.into_iter().filter(|(name, _)| name != "type");
                        shown.as_object_mut().unwrap().extend(parts);
                    }
                }
                let first = arrangement["viewports"][0].clone();
                if first.is_object() {
                    message["shown"] = first;
                }
            }
            _ => {}
        }
        message
    }

    /// Waits for a message of this type; those before it are dropped.
    pub async fn wait(&mut self, kind: &str) -> Value {
        self.wait_for(kind, |_| true).await
    }

    pub async fn wait_for(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let message = self.next().await;
                assert!(!message.is_null(), "the connection closed while {kind} was waited for");
                if message["type"] == kind && fits(&message) {
                    return message;
                }
            }
        };
        tokio::time::timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("{kind} did not come in time"))
    }

    /// Waits until the connection is closed; the answer is what came before.
    pub async fn until_closed(&mut self) -> Vec<Value> {
        let mut before = Vec::new();
        loop {
            match self.next().await {
                Value::Null => return before,
                message => before.push(message),
            }
        }
    }

    /// A request, and the code of its refusal if it was refused.
    pub async fn request(&mut self, mut message: Value) -> Result<(), String> {
        self.request += 1;
        message["request"] = self.request.into();
        let number = message["request"].clone();
        self.send(message).await;
        loop {
            let message = self.next().await;
            assert!(!message.is_null(), "the connection closed before the answer");
            if message["request"] == number {
                return match message["type"].as_str() {
                    Some("accepted") => Ok(()),
                    _ => Err(message["code"].as_str().unwrap().to_owned()),
                };
            }
        }
    }

    /// The next sharp picture of at least this revision, acknowledged as are those before it.
    pub async fn picture(&mut self, revision: u64) -> (Value, Vec<u8>) {
        loop {
            while let Some((header, bytes)) = (!self.pictures.is_empty()).then(|| self.pictures.remove(0)) {
                self.send(json!({"type": "drawn", "sequence": header["sequence"]})).await;
                if header["isLossless"] == true && header["revision"].as_u64().unwrap() >= revision {
                    return (header, bytes);
                }
            }
            assert!(!self.next().await.is_null(), "the connection closed before a picture came");
        }
    }
}
