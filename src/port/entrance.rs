//! Accepts streams, finds out what each is, and brings it where it belongs.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::carriage::{self, Talk};
use super::certificate::{CHALLENGE, Certificate};
use super::first::{First, look};
use super::gate::{Gate, Ticket};
use super::stream::Stream;
use crate::clock::Clock;
use crate::relay::Rules;
use crate::sfu::Sfu;
use crate::tasks::Tasks;

/// The first bytes come within this time, and a TLS handshake ends within it.
const ARRIVAL: Duration = Duration::from_secs(10);
/// What the system may hold back unsent of HTTP: on a slow line more would leave all at once, and then nothing for long.
const MAX_UNSENT: u32 = 128 << 10;
/// What was sent is taken within this time, or the connection ends: whoever asks and never reads holds it no longer.
const UNTAKEN: Duration = Duration::from_secs(60);
/// HTTP streams that wait for the web server to take them.
const MAX_HTTP: usize = 256;
/// When the system has no more descriptors.
pub(super) const BREATHER: Duration = Duration::from_millis(500);

/// Everything that streams lead to. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Port(Arc<Inside>);

#[derive(Debug)]
pub(super) struct Inside {
    pub(super) sfu: Sfu,
    pub(super) rules: Rules,
    pub(super) clock: Clock,
    pub(super) tasks: Tasks,
    pub(super) gate: Gate,
}

/// What one listener takes.
#[derive(Clone, Debug)]
struct Taking {
    certificate: Option<Certificate>,
    http: Option<mpsc::Sender<(Stream, SocketAddr)>>,
    /// Where plain HTTP is sent when there is TLS.
    https: Option<String>,
}

impl Port {
    /// Media of ICE-TCP and of the relay go into this forwarding.
    pub fn new(sfu: Sfu, rules: Rules, clock: Clock, tasks: Tasks) -> Self {
        Self(Arc::new(Inside { sfu, rules, clock, tasks, gate: Gate::default() }))
    }

    /// Takes everything that comes here until the program ends. HTTP goes to what is returned; with a certificate only
    /// inside of TLS, and plain requests are sent to `https`.
    ///
    /// # Errors
    /// If the listener has no address.
    pub fn serve(
        &self,
        listener: TcpListener,
        certificate: Option<Certificate>,
        https: Option<String>,
    ) -> io::Result<Http> {
        let address = listener.local_addr()?;
        let (http, streams) = mpsc::channel(MAX_HTTP);
        self.take(listener, Taking { certificate, http: Some(http), https });
        Ok(Http { streams, address })
    }

    /// Takes ICE-TCP and the relay here until the program ends, and no HTTP.
    pub fn serve_media(&self, listener: TcpListener, certificate: Option<Certificate>) {
        self.take(listener, Taking { certificate, http: None, https: None });
    }

    fn take(&self, listener: TcpListener, taking: Taking) {
        let inside = self.0.clone();
        self.0.tasks.spawn("entrance", async move {
            let stopped = inside.tasks.clone();
            tokio::select! {
                () = stopped.stopped() => {}
                () = accept(&inside, &listener, &taking) => {}
            }
        });
    }
}

async fn accept(inside: &Arc<Inside>, listener: &TcpListener, taking: &Taking) {
    loop {
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection was not accepted");
                tokio::time::sleep(BREATHER).await;
                continue;
            }
        };
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let Some(ticket) = inside.gate.arrive(from.ip()) else { continue };
        let (own, taking) = (inside.clone(), taking.clone());
        inside.tasks.spawn("stream", async move {
            let stopped = own.tasks.clone();
            tokio::select! {
                () = stopped.stopped() => {}
                led = lead(&own, stream, from, taking, ticket) => if let Err(why) = led {
                    tracing::debug!(why, "a stream was ended");
                }
            }
        });
    }
}

/// One stream, to where it belongs. The error says why it goes no further.
async fn lead(
    inside: &Arc<Inside>,
    stream: TcpStream,
    from: SocketAddr,
    taking: Taking,
    ticket: Ticket,
) -> Result<(), &'static str> {
    // What is small and late is worthless in a call.
    let _ = stream.set_nodelay(true);
    let (mut stream, mut first) = first_bytes(Stream::plain(stream)).await?;
    if first == First::Tls {
        let certificate = taking.certificate.as_ref().ok_or("TLS without a certificate")?;
        let accepted = TlsAcceptor::from(certificate.config()).accept(stream);
        let accepted = timeout(ARRIVAL, accepted).await.map_err(|_| "no TLS handshake in time")?;
        let mut accepted = accepted.map_err(|_| "the TLS handshake failed")?;
        if accepted.get_ref().1.alpn_protocol() == Some(CHALLENGE) {
            // The certificate was the answer; nothing else is said (RFC 8737 section 3).
            let _ = timeout(ARRIVAL, accepted.shutdown()).await;
            return Ok(());
        }
        let accepted = Stream::tls(accepted);
        (stream, first) = first_bytes(accepted).await?;
    }
    match first {
        First::Http => match &taking.http {
            None => Err("HTTP where there is none"),
            Some(_) if taking.certificate.is_some() && !stream.is_tls() => {
                redirect(stream, taking.https.as_deref()).await
            }
            Some(http) => {
                let place = inside.gate.http(from.ip()).ok_or("too many connections of HTTP")?;
                drop(ticket);
                let socket = socket2::SockRef::from(stream.tcp());
                // A fault leaves more in the system's buffer, no more; and a client that takes nothing is given up later.
                let _ = socket.set_tcp_notsent_lowat(MAX_UNSENT);
                let _ = socket.set_tcp_user_timeout(Some(UNTAKEN));
                http.send((stream.in_place(place), from)).await.map_err(|_| "the web server has ended")
            }
        },
        First::IceTcp | First::Relay => {
            let _place = inside.gate.stream(from.ip()).ok_or("too many streams")?;
            drop(ticket);
            let talk = match first {
                First::IceTcp if stream.is_tls() => return Err("ICE-TCP inside of TLS"),
                First::IceTcp => Talk::ice_tcp(inside, from)?,
                _ => Talk::relay(inside, from, stream.is_tls()),
            };
            carriage::carry(inside, stream, talk).await
        }
        First::Tls => Err("TLS inside of TLS"),
        First::More | First::Unknown => Err("no protocol that is spoken here"),
    }
}

async fn first_bytes(mut stream: Stream) -> Result<(Stream, First), &'static str> {
    let mut bytes = BytesMut::with_capacity(2048);
    let looking = async {
        loop {
            match look(&bytes) {
                First::More if stream.read_buf(&mut bytes).await? == 0 => return Ok(First::Unknown),
                First::More => {}
                first => return io::Result::Ok(first),
            }
        }
    };
    let first = timeout(ARRIVAL, looking).await.map_err(|_| "no first bytes in time")?;
    let first = first.map_err(|_| "the stream broke")?;
    Ok((stream.again(bytes), first))
}

/// Nothing is served without TLS when there is TLS.
async fn redirect(mut stream: Stream, https: Option<&str>) -> Result<(), &'static str> {
    let status = match https {
        Some(https) => format!("308 Permanent Redirect\r\nLocation: {https}"),
        None => "400 Bad Request".to_owned(),
    };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let answered = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // What is unread when a stream is closed resets it, and the answer may be lost.
        tokio::io::copy(&mut stream.take(64 << 10), &mut tokio::io::sink()).await
    };
    let _ = timeout(ARRIVAL, answered).await;
    Err("HTTP without TLS")
}

/// The HTTP streams of a port, for the web server.
#[derive(Debug)]
pub struct Http {
    streams: mpsc::Receiver<(Stream, SocketAddr)>,
    address: SocketAddr,
}

impl Http {
    /// The next one; `None` when none will come.
    pub(super) async fn next(&mut self) -> Option<(Stream, SocketAddr)> {
        self.streams.recv().await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
