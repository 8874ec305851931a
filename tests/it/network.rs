//! Calls through hard networks: one TCP port for HTTP, ICE-TCP, the relay and TLS, and everything else refused.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use parvis::clinical::AppointmentId;
use parvis::clock::Clock;
use parvis::port::{Certificate, HEAD_PATIENCE, Port, SelfTestError, self_test};
use parvis::relay::{IceServer, Offer, Rules};
use parvis::room::{ConnectionId, Source};
use parvis::secret::Secret;
use parvis::sfu::{Command, Event, Sfu, SfuSettings};
use parvis::stun::{Message, Reply, attribute, kind};
use parvis::tasks::Tasks;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;

const LIMIT: Duration = Duration::from_secs(10);

/// A gateway without rooms: the forwarding, and its port.
struct Gateway {
    clock: Clock,
    sfu: Sfu,
    offer: Offer,
    address: SocketAddr,
    tasks: Tasks,
    /// For clients: whom to trust.
    root: Option<Vec<u8>>,
    _folder: Option<Folder>,
}

/// A folder that goes away with the test.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Gateway {
    async fn start(is_tls: bool) -> Self {
        let clock = Clock::system();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = SfuSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            announce: vec![],
            shards: 1,
            tcp_port: Some(address.port()),
        };
        let sfu = Sfu::start(settings, clock.clone()).unwrap();
        let secret = Secret::new(clock.random_bytes::<32>().to_vec());
        let rules = Rules {
            realm: "localhost".into(),
            secret: secret.clone(),
            nonce_key: Secret::new(clock.random_bytes()),
            peers: sfu.announced().to_vec(),
        };
        let urls = vec![format!("turn:localhost:{}?transport=tcp", address.port())];
        let offer = Offer::new(urls, secret);
        let tasks = Tasks::default();
        let (mut root, mut folder, mut certificate) = (None, None, None);
        if is_tls {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            let at = std::env::temp_dir().join(format!("parvis-network-{}", clock.new_uuid()));
            std::fs::create_dir_all(&at).unwrap();
            std::fs::write(at.join("chain.pem"), made.cert.pem()).unwrap();
            std::fs::write(at.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
            std::fs::set_permissions(at.join("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
            root = Some(made.cert.der().to_vec());
            certificate = Some(Certificate::read(at.join("chain.pem"), at.join("key.pem")).unwrap());
            folder = Some(Folder(at));
        }
        let port = Port::new(sfu.clone(), rules, clock.clone(), tasks.clone());
        let http = port.serve(listener, certificate, Some("https://localhost/".into())).unwrap();
        let router = Router::new().route("/hello", get(async || "hello from HTTP"));
        let stopped = tasks.clone();
        tasks.spawn("web", http.serve(router, stopped, HEAD_PATIENCE));
        Self { clock, sfu, offer, address, tasks, root, _folder: folder }
    }

    fn credentials(&self) -> IceServer {
        let now_s = self.clock.now().timestamp() as u64;
        self.offer.ice_servers("somebody", now_s).pop().unwrap()
    }

    fn media(&self) -> SocketAddr {
        self.sfu.announced()[0]
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn connect_tls(&self) -> tokio_rustls::client::TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.root.clone().unwrap().into()).unwrap();
        let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, self.connect().await).await.unwrap()
    }

    async fn end(self) {
        self.tasks.stop();
        self.sfu.stop();
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.unwrap()
}

async fn fetch(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A datagram behind its length (RFC 4571).
async fn write_frame(stream: &mut (impl AsyncWrite + Unpin), datagram: &[u8]) {
    let mut bytes = (datagram.len() as u16).to_be_bytes().to_vec();
    bytes.extend(datagram);
    stream.write_all(&bytes).await.unwrap();
}

async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let length = within(stream.read_u16()).await.unwrap();
    let mut datagram = vec![0; length.into()];
    within(stream.read_exact(&mut datagram)).await.unwrap();
    datagram
}

async fn read_stun(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut message = vec![0; 20];
    within(stream.read_exact(&mut message)).await.unwrap();
    let length = usize::from(u16::from_be_bytes([message[2], message[3]]));
    message.resize(20 + length, 0);
    within(stream.read_exact(&mut message[20..])).await.unwrap();
    message
}

/// A connectivity check that nominates nothing yet (RFC 8445 section 7.2.4).
fn check(own: &str, theirs: &str, pwd: &str) -> Vec<u8> {
    Reply::new(kind::BINDING, *b"123456789012")
        .with(attribute::USERNAME, format!("{theirs}:{own}").as_bytes())
        .with(0x802a, &7_u64.to_be_bytes()) // ICE-CONTROLLING
        .with(0x0024, &1_845_494_271_u32.to_be_bytes()) // PRIORITY
        .signed(pwd.as_bytes())
        .with_fingerprint()
        .into_bytes()
}

/// The media engine checks the way itself as well; such a check may come first.
fn is_own_check(datagram: &[u8]) -> bool {
    Message::read(datagram).is_some_and(|message| message.kind() == kind::BINDING)
}

fn is_answer(datagram: &[u8], pwd: &str) -> bool {
    let Some(message) = Message::read(datagram) else { return false };
    message.kind() == kind::BINDING | kind::SUCCESS
        && message.transaction() == *b"123456789012"
        && message.is_signed_with(pwd.as_bytes())
}

/// A device offers one sound; what the gateway answers, and where it tells more.
async fn published(gateway: &Gateway) -> (String, mpsc::Receiver<Event>) {
    let connection = ConnectionId(7);
    let (sender, mut events) = mpsc::channel(8);
    let room = AppointmentId::new(gateway.clock.new_uuid());
    gateway.sfu.send(Command::Open { room, connection, events: sender }).unwrap();
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n\
         a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\n\
         a=rtpmap:111 opus/48000/2\r\na=msid:s t\r\na=ssrc:11 cname:x\r\na=ssrc:11 msid:s t\r\n",
        ["AB"; 32].join(":")
    );
    let sources = vec![("0".to_owned(), Source::Microphone)];
    gateway.sfu.send(Command::PublishOffer { connection, generation: 1, sdp, sources }).unwrap();
    match within(events.recv()).await.unwrap() {
        Event::PublishAnswer { sdp, .. } => (sdp, events),
        other => panic!("{other:?}"),
    }
}

fn value<'a>(sdp: &'a str, name: &str) -> &'a str {
    sdp.lines().find_map(|line| line.strip_prefix(name)).unwrap()
}

#[tokio::test]
async fn one_port_speaks_http_plain() {
    let gateway = Gateway::start(false).await;
    assert!(fetch(gateway.connect().await).await.ends_with("hello from HTTP"));
    gateway.end().await;
}

#[tokio::test]
async fn one_port_speaks_https_and_sends_plain_http_there() {
    let gateway = Gateway::start(true).await;
    assert!(fetch(gateway.connect_tls().await).await.ends_with("hello from HTTP"));
    let answer = fetch(gateway.connect().await).await;
    assert!(
        answer.starts_with("HTTP/1.1 308 ") && answer.contains("Location: https://localhost/"),
        "{answer}"
    );
    assert!(!answer.contains("hello"));
    gateway.end().await;
}

#[tokio::test]
async fn a_device_is_answered_over_ice_tcp() {
    for is_tls in [false, true] {
        let gateway = Gateway::start(is_tls).await;
        let (sdp, _events) = published(&gateway).await;
        let line = format!("127.0.0.1 {} typ host tcptype passive", gateway.address.port());
        assert!(sdp.contains(&line), "{sdp}");
        let (ufrag, pwd) = (value(&sdp, "a=ice-ufrag:"), value(&sdp, "a=ice-pwd:"));
        let mut stream = gateway.connect().await;
        write_frame(&mut stream, &check("abcd", ufrag, pwd)).await;
        let mut answer = read_frame(&mut stream).await;
        while is_own_check(&answer) {
            answer = read_frame(&mut stream).await;
        }
        assert!(is_answer(&answer, pwd), "{answer:02x?}");
        gateway.end().await;
    }
}

#[tokio::test]
async fn a_device_is_answered_through_the_relay() {
    let gateway = Gateway::start(true).await;
    let (sdp, _events) = published(&gateway).await;
    let (ufrag, pwd) = (value(&sdp, "a=ice-ufrag:"), value(&sdp, "a=ice-pwd:"));
    for is_tls in [false, true] {
        let check = check("abcd", ufrag, pwd);
        let datagram = if is_tls {
            relayed(&gateway, gateway.connect_tls().await, &check).await
        } else {
            relayed(&gateway, gateway.connect().await, &check).await
        };
        assert!(is_answer(&datagram, pwd), "TLS: {is_tls}");
    }
    gateway.end().await;
}

/// Sends a datagram by a channel of the relay and reads one back.
async fn relayed(
    gateway: &Gateway,
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    datagram: &[u8],
) -> Vec<u8> {
    let mut client = RelayClient::new(gateway);
    assert_eq!(client.allocate(&mut stream).await, 0);
    assert_eq!(client.bind(&mut stream, gateway.media()).await, 0);
    let mut bytes = vec![0x40, 1];
    bytes.extend((datagram.len() as u16).to_be_bytes());
    bytes.extend(datagram);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    stream.write_all(&bytes).await.unwrap();
    loop {
        assert_eq!(within(stream.read_u16()).await.unwrap(), 0x4001);
        let length = usize::from(within(stream.read_u16()).await.unwrap());
        let mut datagram = vec![0; length.next_multiple_of(4)];
        within(stream.read_exact(&mut datagram)).await.unwrap();
        datagram.truncate(length);
        if !is_own_check(&datagram) {
            return datagram;
        }
    }
}

struct RelayClient {
    user: String,
    password: Secret<String>,
    realm: String,
    nonce: String,
}

impl RelayClient {
    fn new(gateway: &Gateway) -> Self {
        let IceServer { username, credential, .. } = gateway.credentials();
        Self { user: username, password: credential, realm: String::new(), nonce: String::new() }
    }

    async fn ask(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: Reply) -> u16 {
        use md5::Digest;
        let key = md5::Md5::digest(format!("{}:{}:{}", self.user, self.realm, self.password.expose()));
        let request = request
            .with(attribute::USERNAME, self.user.as_bytes())
            .with(attribute::REALM, self.realm.as_bytes())
            .with(attribute::NONCE, self.nonce.as_bytes())
            .signed(&key);
        stream.write_all(&request.into_bytes()).await.unwrap();
        let answer = read_stun(stream).await;
        let message = Message::read(&answer).unwrap();
        if let Some(realm) = message.text(attribute::REALM) {
            self.realm = realm.to_owned();
            self.nonce = message.text(attribute::NONCE).unwrap().to_owned();
        }
        message
            .attribute(attribute::ERROR_CODE)
            .map_or(0, |code| u16::from(code[2]) * 100 + u16::from(code[3]))
    }

    async fn allocate(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> u16 {
        let request =
            || Reply::new(kind::ALLOCATE, [1; 12]).with(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        if self.realm.is_empty() {
            assert_eq!(self.ask(stream, request()).await, 401);
        }
        self.ask(stream, request()).await
    }

    async fn bind(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), peer: SocketAddr) -> u16 {
        let request =
            Reply::new(kind::CHANNEL_BIND, [2; 12]).with(attribute::CHANNEL_NUMBER, &[0x40, 1, 0, 0]);
        self.ask(stream, request.with_address(attribute::XOR_PEER_ADDRESS, peer)).await
    }
}

#[tokio::test]
async fn the_relay_reaches_nothing_else_on_this_machine() {
    let gateway = Gateway::start(false).await;
    // Something that listens here, as a database would.
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut stream = gateway.connect().await;
    let mut client = RelayClient::new(&gateway);
    assert_eq!(client.allocate(&mut stream).await, 0);
    for peer in [other.local_addr().unwrap(), gateway.address] {
        assert_eq!(client.bind(&mut stream, peer).await, 403);
        let send = Reply::new(kind::SEND, [3; 12]).with_address(attribute::XOR_PEER_ADDRESS, peer);
        stream.write_all(&send.with(attribute::DATA, b"hello").into_bytes()).await.unwrap();
    }
    // A question and its answer later, nothing has come.
    assert_eq!(client.bind(&mut stream, gateway.media()).await, 0);
    assert!(other.try_recv_from(&mut [0; 16]).is_err());
    gateway.end().await;
}

#[tokio::test]
async fn one_person_has_so_many_allocations() {
    let gateway = Gateway::start(false).await;
    let mut streams = Vec::new();
    let mut client = RelayClient::new(&gateway);
    loop {
        let mut stream = gateway.connect().await;
        client.realm.clear(); // a nonce is for one connection
        client.nonce.clear();
        match client.allocate(&mut stream).await {
            0 => streams.push(stream),
            code => {
                assert_eq!(code, 486);
                break;
            }
        }
        assert!(streams.len() <= 16);
    }
    assert_eq!(streams.len(), 16);
    gateway.end().await;
}

#[tokio::test]
async fn the_self_test_passes_and_can_fail() {
    let gateway = Gateway::start(true).await;
    let credentials = gateway.credentials();
    self_test(gateway.address, &credentials, gateway.media()).await.unwrap();
    let wrong = IceServer { credential: Secret::new("x".into()), ..credentials.clone() };
    let failed = self_test(gateway.address, &wrong, gateway.media()).await;
    assert!(matches!(failed, Err(SelfTestError::Refused("allocation", 401))), "{failed:?}");
    let failed = self_test(gateway.address, &credentials, "127.0.0.1:22".parse().unwrap()).await;
    assert!(matches!(failed, Err(SelfTestError::Refused("permission", 403))), "{failed:?}");
    gateway.end().await;
}

#[tokio::test]
async fn a_browser_can_try_udp_and_ice_tcp_without_entering() {
    let gateway = Gateway::start(false).await;
    let probe = gateway.sfu.probe();
    let check = check("abcd", &probe.ufrag, &probe.pwd);
    let mut stream = gateway.connect().await;
    write_frame(&mut stream, &check).await;
    assert!(is_answer(&read_frame(&mut stream).await, &probe.pwd));
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut buffer = [0; 512];
    socket.send_to(&check, gateway.media()).await.unwrap();
    let length = within(socket.recv(&mut buffer)).await.unwrap();
    assert!(is_answer(&buffer[..length], &probe.pwd));
    // And the plain question of RFC 8489.
    let plain = Reply::new(kind::BINDING, [9; 12]).into_bytes();
    socket.send_to(&plain, gateway.media()).await.unwrap();
    let length = within(socket.recv(&mut buffer)).await.unwrap();
    let seen = Message::read(&buffer[..length]).unwrap().address(attribute::XOR_MAPPED_ADDRESS);
    assert_eq!(seen, Some(socket.local_addr().unwrap()));
    gateway.end().await;
}

#[tokio::test]
async fn what_is_spoken_nowhere_is_closed() {
    let gateway = Gateway::start(false).await;
    for bytes in
        [&b"\x05\x01\x00\x00\x00\x00\x00\x00\x00\x00"[..], b"\xff\xff\xff\xff", b"\x16\x03\x01\x00\x05"]
    {
        let mut stream = gateway.connect().await;
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset is as good as an end.
        let _ = within(stream.read_to_end(&mut answer)).await;
        assert!(answer.is_empty(), "{answer:02x?}");
    }
    gateway.end().await;
}
