//! The load on Janus: its video rooms over its WebSocket, as Debian ships it.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::leg::{Leg, Order};
use super::{LIMIT, Load, Shape, Signalling};

const PORT: u16 = 8188;
/// Where Debian puts its parts.
const PARTS: [&str; 2] = ["/usr/lib/x86_64-linux-gnu/janus", "/usr/lib/aarch64-linux-gnu/janus"];
/// All that come with it, but for video rooms.
const NOT_NEEDED: &str = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,\
                          libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,\
                          libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so";
const OTHER_WAYS: &str =
    "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so";

/// A running server. It ends when it is dropped.
pub struct Janus {
    _process: Child,
    pub id: u32,
    pub version: String,
    address: IpAddr,
    _settings: TempDir,
}

impl Janus {
    /// Starts it in a network namespace, on this address of this device, and waits until it answers. libnice ignores loopback.
    pub async fn start_in(namespace: &str, device: &str, address: IpAddr, folder: &Path) -> Result<Self> {
        let parts = PARTS.into_iter().find(|path| Path::new(path).exists());
        let parts = parts.context("Janus is not installed: `make bench` installs it on Debian")?;
        let settings = tempfile::tempdir()?;
        let text = format!(
            "general: {{ configs_folder = \"{folder}\"\n plugins_folder = \"{parts}/plugins\"\n \
             transports_folder = \"{parts}/transports\"\n events_folder = \"{parts}/events\"\n \
             loggers_folder = \"{parts}/loggers\"\n debug_level = 3\n session_timeout = 0 }}\n\
             media: {{ ipv6 = false\n rtp_port_range = \"30000-34000\" }}\n\
             nat: {{ ice_lite = true\n full_trickle = false\n ice_enforce_list = \"{device}\" }}\n\
             plugins: {{ disable = \"{NOT_NEEDED}\" }}\ntransports: {{ disable = \"{OTHER_WAYS}\" }}\n",
            folder = settings.path().display()
        );
        let way = format!("general: {{ ws = true\n ws_port = {PORT}\n ws_ip = \"{address}\" }}\n");
        for (name, text) in [
            ("janus.jcfg", text.as_str()),
            ("janus.transport.websockets.jcfg", &way),
            ("janus.plugin.videoroom.jcfg", "general: { }\n"),
        ] {
            std::fs::write(settings.path().join(name), text)?;
        }
        let log = std::fs::File::create(folder.join("janus.log"))?;
        let mut process = Command::new("ip")
            .args(["netns", "exec", namespace, "janus", "-F"])
            .arg(settings.path())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start Janus")?;
        let id = process.id().context("it ended at once")?;
        let begun = Instant::now();
        let version = loop {
            if let Ok(mut handle) = Handle::connect(address).await {
                let about = handle.ask(json!({ "janus": "info" })).await?;
                break about["version_string"].as_str().unwrap_or("?").to_owned();
            }
            if let Some(status) = process.try_wait()? {
                bail!("Janus ended: {status}; see {}", folder.join("janus.log").display());
            }
            ensure!(begun.elapsed() < LIMIT, "Janus was not ready in {} s", LIMIT.as_secs());
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        Ok(Self { _process: process, id, version, address, _settings: settings })
    }

    /// Fills the rooms; media come from, and go to, this address.
    pub async fn fill(&self, shape: Shape, ip: IpAddr, epoch: Instant) -> Result<Load> {
        let mut load = Load::new(shape);
        for room in 0..shape.rooms {
            // Numbers that no earlier load has used.
            let number = 1 + room as u64 + epoch.elapsed().as_micros() as u64;
            self.fill_room(&mut load, number, ip, epoch)
                .await
                .with_context(|| format!("room {} of Janus", room + 1))?;
        }
        load.send(true).await?;
        Ok(load)
    }

    async fn fill_room(&self, load: &mut Load, room: u64, ip: IpAddr, epoch: Instant) -> Result<()> {
        let shape = load.shape;
        let mut owner = Handle::attach(self.address).await?;
        let created = owner
            .ask(owner.message(json!({
                "request": "create", "room": room, "publishers": shape.senders, "bitrate": 0,
                "audiocodec": "opus", "videocodec": "vp8", "permanent": false,
            })))
            .await?;
        ensure!(created["janus"] == "success", "no room: {created}");
        for number in 0..shape.senders {
            let ssrc = 1_000_000 + load.senders.len() as u32 * 10;
            let (leg, sdp, _) = Leg::sending(ip, ssrc, epoch).await?;
            let mut handle = Handle::attach(self.address).await?;
            let join = json!({ "request": "join", "ptype": "publisher", "room": room, "id": number + 1 });
            handle.request(join, None).await?;
            let publish = json!({ "request": "publish", "audiocodec": "opus", "videocodec": "vp8" });
            let answer = handle.request(publish, Some(json!({ "type": "offer", "sdp": sdp }))).await?;
            leg.order(Order::Answer(description(&answer)?)).await?;
            leg.order(Order::Send(true)).await?;
            load.senders.push(Arc::new(leg));
            load.signalling.push(handle.listen());
        }
        // Whoever sends cannot be received before their connection is up.
        let begun = Instant::now();
        while owner.publishers(room).await? < shape.senders {
            ensure!(begun.elapsed() < LIMIT, "the senders did not come up in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        load.signalling.push(owner.listen());
        for number in 0..shape.senders + shape.receivers {
            let begun = Instant::now();
            let leg = Arc::new(Leg::receiving(ip, epoch).await?);
            let mut handle = Handle::attach(self.address).await?;
            let others = (0..shape.senders).filter(|other| *other != number);
            let streams: Vec<Value> = others.map(|other| json!({ "feed": other + 1 })).collect();
            let join = json!({ "request": "join", "ptype": "subscriber", "room": room, "streams": streams });
            let offer = handle.request(join, None).await?;
            let sdp = leg.answer(description(&offer)?).await?;
            handle
                .request(json!({ "request": "start" }), Some(json!({ "type": "answer", "sdp": sdp })))
                .await?;
            load.receivers.push(leg.clone());
            load.signalling.push(handle.listen());
            load.joins_ms.push(Load::first_picture(begun, &leg).await?);
        }
        Ok(())
    }
}

fn description(answer: &Value) -> Result<String> {
    let sdp = answer["jsep"]["sdp"].as_str();
    Ok(sdp.with_context(|| format!("no description: {answer}"))?.to_owned())
}

/// A handle of a plugin, with a session and a WebSocket of its own, as a browser's page has.
struct Handle {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: u64,
    handle: u64,
    asked: u64,
}

impl Handle {
    async fn connect(address: IpAddr) -> Result<Self> {
        let mut request = format!("ws://{address}:{PORT}/").into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "janus-protocol".parse()?);
        let (stream, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { stream, session: 0, handle: 0, asked: 0 })
    }

    async fn attach(address: IpAddr) -> Result<Self> {
        let mut handle = Self::connect(address).await?;
        let id = |answer: &Value| answer["data"]["id"].as_u64().with_context(|| format!("no id: {answer}"));
        handle.session = id(&handle.ask(json!({ "janus": "create" })).await?)?;
        let attach =
            json!({ "janus": "attach", "plugin": "janus.plugin.videoroom", "session_id": handle.session });
        handle.handle = id(&handle.ask(attach).await?)?;
        Ok(handle)
    }

    fn message(&self, body: Value) -> Value {
        json!({ "janus": "message", "session_id": self.session, "handle_id": self.handle, "body": body })
    }

    /// Asks the plugin something, and waits for the event that answers it.
    async fn request(&mut self, body: Value, jsep: Option<Value>) -> Result<Value> {
        let mut message = self.message(body);
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        let answer = self.ask(message).await?;
        let error = &answer["plugindata"]["data"]["error"];
        ensure!(error.is_null() && answer["janus"] != "error", "Janus refused: {answer}");
        Ok(answer)
    }

    /// How many send in a room.
    async fn publishers(&mut self, room: u64) -> Result<usize> {
        let list = self.message(json!({ "request": "listparticipants", "room": room }));
        let answer = self.ask(list).await?;
        let people = answer["plugindata"]["data"]["participants"].as_array();
        let people = people.with_context(|| format!("no list: {answer}"))?;
        Ok(people.iter().filter(|person| person["publisher"] == true).count())
    }

    /// Sends a message, and waits for what answers it beyond the acknowledgement.
    async fn ask(&mut self, mut message: Value) -> Result<Value> {
        self.asked += 1;
        let transaction = format!("t{}", self.asked);
        message["transaction"] = json!(transaction);
        self.stream.send(Message::Text(message.to_string().into())).await?;
        let answered = async {
            loop {
                let heard = self.stream.next().await.context("Janus closed the connection")??;
                let Message::Text(text) = heard else { continue };
                let heard: Value = serde_json::from_str(text.as_str())?;
                if heard["transaction"] == transaction.as_str() && heard["janus"] != "ack" {
                    return Ok(heard);
                }
            }
        };
        tokio::time::timeout(LIMIT, answered).await.context("Janus did not answer in time")?
    }

    /// Takes whatever comes from now on, so that Janus is not held up.
    fn listen(mut self) -> Signalling {
        Signalling(tokio::spawn(async move {
            while let Some(heard) = self.stream.next().await {
                heard?;
            }
            bail!("Janus closed the connection")
        }))
    }
}
