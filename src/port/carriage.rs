//! Datagrams of a device over a stream, into the forwarding and back.
//!
//! A stream that does not keep up loses datagrams: at most 16 KiB wait in the system, 16 KiB here, and the rest in the
//! bounded queue of the path. Reading goes on while writing waits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::entrance::Inside;
use super::gate::Ticket;
use super::stream::Stream;
use crate::relay::{Client, Effect, Now};
use crate::sfu::{MediaPath, Outward, Path};

/// Bytes that are read at once.
const READ: usize = 16 << 10;
/// Datagrams are taken from the path as long as fewer bytes than this wait to be written.
const MAX_WAITING: usize = 16 << 10;
/// A client of the relay that asks without taking the answers is not read any further.
const MAX_ANSWERS: usize = 64 << 10;
/// What the system may hold back unsent.
const MAX_UNSENT: u32 = 16 << 10;
/// A stream that takes nothing for this long is dead.
const STALL: Duration = Duration::from_secs(20);
/// An ICE-TCP stream that brings nothing for this long is dead: browsers check every five seconds at least.
const SILENCE: Duration = Duration::from_secs(60);
/// The forwarding has answered something on an ICE-TCP stream after this time, or it belongs to nobody.
const PROOF: Duration = Duration::from_secs(15);
/// The longest frame of ICE-TCP that is taken.
const MAX_FRAME: usize = 4096;

/// What is spoken on a stream.
pub(super) struct Talk {
    kind: Kind,
    path: Option<Path>,
    began_at: Instant,
    heard_at: Instant,
    is_answered: bool,
}

enum Kind {
    /// A length before each datagram (RFC 4571).
    IceTcp {
        inbox: BytesMut,
    },
    Relay {
        client: Box<Client>,
        media_path: MediaPath,
        allocation: Option<Ticket>,
    },
}

impl Talk {
    pub(super) fn ice_tcp(inside: &Inside, from: SocketAddr) -> Result<Self, &'static str> {
        let path =
            inside.sfu.open_path(MediaPath::Tcp, from.is_ipv6()).map_err(|_| "the forwarding is busy")?;
        Ok(Self::new(inside, Kind::IceTcp { inbox: BytesMut::new() }, Some(path)))
    }

    pub(super) fn relay(inside: &Inside, from: SocketAddr, is_tls: bool) -> Self {
        let client = Box::new(Client::new(from, inside.clock.instant()));
        let media_path = if is_tls { MediaPath::RelayTls } else { MediaPath::RelayTcp };
        Self::new(inside, Kind::Relay { client, media_path, allocation: None }, None)
    }

    fn new(inside: &Inside, kind: Kind, path: Option<Path>) -> Self {
        let now = inside.clock.instant();
        Self { kind, path, began_at: now, heard_at: now, is_answered: false }
    }

    /// When it is over, if nothing more happens.
    fn ends_at(&self) -> Instant {
        match &self.kind {
            Kind::IceTcp { .. } if !self.is_answered => self.began_at + PROOF,
            Kind::IceTcp { .. } => self.heard_at + SILENCE,
            Kind::Relay { client, .. } => client.ends_at(),
        }
    }

    /// Takes what the stream brought; what is to be answered goes to `out`.
    fn take(&mut self, inside: &Inside, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        let now = Now { steady: inside.clock.instant(), unix_s: seconds(&inside.clock) };
        self.heard_at = now.steady;
        match &mut self.kind {
            Kind::IceTcp { inbox } => {
                inbox.extend_from_slice(bytes);
                while let Some(&[high, low]) = inbox.first_chunk::<2>() {
                    let length = usize::from(u16::from_be_bytes([high, low]));
                    if length > MAX_FRAME {
                        return Err("a frame that no browser sends");
                    }
                    if inbox.len() < 2 + length {
                        break;
                    }
                    inbox.advance(2);
                    let datagram = inbox.split_to(length).freeze();
                    if let Some(path) = &self.path {
                        path.send(None, datagram);
                    }
                }
            }
            Kind::Relay { client, media_path, allocation } => {
                let mut bytes = bytes;
                loop {
                    let effects = client.receive(&inside.rules, now, bytes);
                    let mut is_to_go_on = false;
                    for effect in effects.map_err(|_| "no client of the relay")? {
                        match effect {
                            Effect::Send(answer) => out.extend_from_slice(&answer),
                            Effect::Forward { to, datagram } => {
                                if let Some(path) = &self.path {
                                    path.send(Some(to.ip()), datagram);
                                }
                            }
                            Effect::Refused => {}
                            Effect::Release => (self.path, *allocation) = (None, None),
                            Effect::Allocate(wanted) => {
                                (self.path, *allocation) = (None, None);
                                *allocation = inside.gate.allocation(wanted.user.clone());
                                if allocation.is_some() {
                                    self.path = inside.sfu.open_path(*media_path, wanted.is_ipv6).ok();
                                }
                                let address = self.path.as_ref().map(Path::address);
                                out.extend_from_slice(&client.allocate(now, *wanted, address));
                                is_to_go_on = true;
                            }
                        }
                    }
                    if !is_to_go_on {
                        break;
                    }
                    bytes = &[];
                }
            }
        }
        Ok(())
    }

    /// Writes a datagram of the forwarding.
    fn put(&mut self, inside: &Inside, outward: &Outward, out: &mut Vec<u8>) {
        self.is_answered = true;
        match &mut self.kind {
            Kind::IceTcp { .. } => {
                let length = outward.datagram.len().min(usize::from(u16::MAX));
                out.extend_from_slice(&(length as u16).to_be_bytes());
                out.extend_from_slice(&outward.datagram[..length]);
            }
            Kind::Relay { client, .. } => {
                let is_it =
                    |peer: &&SocketAddr| outward.local.is_some_and(|ip| ip.to_canonical() == peer.ip());
                let peers = &inside.rules.peers;
                if let Some(from) = peers.iter().find(is_it).or(peers.first()) {
                    client.deliver(inside.clock.instant(), *from, &outward.datagram, out);
                }
            }
        }
    }
}

/// Carries until the stream ends, or has nothing to carry any more. The error says why.
pub(super) async fn carry(inside: &Arc<Inside>, stream: Stream, mut talk: Talk) -> Result<(), &'static str> {
    // A fault leaves more in the system's buffer, no more.
    let _ = socket2::SockRef::from(stream.tcp()).set_tcp_notsent_lowat(MAX_UNSENT);
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut inbox = BytesMut::with_capacity(READ);
    let mut out = Outgoing::default();
    loop {
        let now = inside.clock.instant();
        let until = match out.stalled_since {
            Some(since) => talk.ends_at().min(since + STALL),
            None => talk.ends_at(),
        };
        if until <= now {
            return Err("it was over");
        }
        let has_place = out.waiting().len() < MAX_WAITING;
        tokio::select! {
            read = reader.read_buf(&mut inbox), if out.waiting().len() < MAX_ANSWERS => {
                if read.map_err(|_| "the stream broke")? == 0 {
                    return Ok(());
                }
                talk.take(inside, &inbox, &mut out.bytes)?;
                inbox.clear();
                inbox.reserve(READ);
            }
            written = push(&mut writer, out.waiting()), if out.is_unflushed || !out.waiting().is_empty() => {
                out.written(written.map_err(|_| "the stream broke")?);
            }
            outward = next(&mut talk.path), if has_place => {
                let Some(outward) = outward else { return Err("the forwarding has ended") };
                talk.put(inside, &outward, &mut out.bytes);
                // Several with one write: each write costs a system call, and inside of TLS a record.
                while out.waiting().len() < MAX_WAITING {
                    let Some(outward) = talk.path.as_mut().and_then(Path::try_receive) else { break };
                    talk.put(inside, &outward, &mut out.bytes);
                }
            }
            () = tokio::time::sleep(until - now) => {}
        }
        out.note(inside.clock.instant());
    }
}

async fn next(path: &mut Option<Path>) -> Option<Outward> {
    match path {
        Some(path) => path.receive().await,
        None => std::future::pending().await,
    }
}

/// Writes some bytes, or, when there are none, what TLS still holds back. Says how many were taken.
async fn push(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<usize> {
    if bytes.is_empty() {
        writer.flush().await?;
        return Ok(0);
    }
    match writer.write(bytes).await? {
        0 => Err(std::io::ErrorKind::WriteZero.into()),
        written => Ok(written),
    }
}

/// Bytes for the stream.
#[derive(Default)]
struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
    is_unflushed: bool,
    /// Something waits, and nothing was taken since.
    stalled_since: Option<Instant>,
}

impl Outgoing {
    fn waiting(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    fn written(&mut self, length: usize) {
        self.written += length;
        self.is_unflushed = length > 0;
        self.stalled_since = None;
        if self.written == self.bytes.len() || self.written > MAX_WAITING {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }

    fn note(&mut self, now: Instant) {
        if self.waiting().is_empty() {
            self.stalled_since = None;
        } else if self.stalled_since.is_none() {
            self.stalled_since = Some(now);
        }
    }
}

fn seconds(clock: &crate::clock::Clock) -> u64 {
    u64::try_from(clock.now().timestamp()).unwrap_or_default()
}
