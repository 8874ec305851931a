//! Packets and peer connections, on parts of the sans-IO `rtc` crate. Decides nothing that the `room` core can decide.
//!
//! Shards forward: threads, each with its UDP socket on the one port, and each with the rooms that are pinned to it by their
//! identifiers. A device has two one-way peer connections: it offers what it publishes, the server offers what it
//! subscribes to. The rest of the program talks to a shard through a bounded queue of [`Command`]s and hears of it
//! through the queue of [`Event`]s that each connection brings along.
//!
//! A datagram goes `socket` -> `handover` (is it for a room of this shard?) -> `demux` (whose is it?) -> `peer` (opens
//! it) -> `forwarding` (to whom?) -> `peer` (seals each copy) -> `socket`. A peer is made of `ice` and `stun` (where is the
//! device?), `handshake` (who is it, and which keys?), `srtp` and `rtp` (its packets), `arrivals`, `reception` and `sent`
//! (what was lost on the way?). Ten times a second `adaptation` asks the `room` core which layers each device gets, and
//! does what it says. A panic ends the connection or the room on whose behalf something ran (`wall`).
//! Descriptions go through `sdp` (is it acceptable?) to `publisher` and `subscriber`, held together by `negotiation`.

mod adaptation;
mod answer;
mod api;
mod arrivals;
mod connection;
mod demux;
mod feedback;
mod forwarding;
mod handover;
mod handshake;
mod ice;
mod negotiation;
mod path;
mod peer;
mod pins;
mod publisher;
mod reception;
mod rtp;
mod sdp;
mod sent;
mod shard;
mod socket;
mod srtp;
mod stun;
mod subscriber;
mod wall;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use answer::Probe;
pub use api::{Busy, Command, Counters, Direction, Error, Event, SfuSettings, WantedTrack, Watched};
pub use path::{Outward, Path, network};

pub use crate::clinical::MediaPath;

use api::Tally;
use handover::{MAX_SHARDS, Neighbours, ShardNumber};
use handshake::Identity;
use path::{Door, Paths};
use peer::Ground;
use pins::Pins;
use shard::Shard;
use socket::{MediaSocket, Waker};

use crate::clinical::AppointmentId;
use crate::clock::Clock;

/// Most threads that are used unless it is set.
const USUAL_SHARDS: usize = 8;
/// Commands that wait for one shard.
const MAX_COMMANDS: usize = 1024;

/// A handle to the forwarding. Cheap to clone. When the last one is dropped, or at [`Sfu::stop`], all connections
/// are closed and the threads end.
#[derive(Clone, Debug)]
pub struct Sfu(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    address: SocketAddr,
    announced: Vec<SocketAddr>,
    tcp_port: Option<u16>,
    probe: Probe,
    door: Arc<Door>,
    pins: Pins,
    lines: Vec<Line>,
    stop: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What leads to one shard.
#[derive(Debug)]
struct Line {
    commands: SyncSender<Command>,
    waker: Arc<Waker>,
    tally: Arc<Tally>,
}

impl Sfu {
    /// How many threads this machine has for media, unless it is set: all but one, which is for everything else.
    pub fn usual_shards() -> usize {
        std::thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).clamp(1, USUAL_SHARDS))
    }

    /// Opens the sockets and starts the threads.
    ///
    /// # Errors
    /// If the address cannot be listened on, or if no shard is set or more than 16.
    pub fn start(settings: SfuSettings, clock: Clock) -> Result<Sfu, Error> {
        let count = settings.shards;
        if !(1..=MAX_SHARDS).contains(&count) {
            return Err(Error::Shards(count));
        }
        let wakers = (0..count).map(|_| Waker::new().map(Arc::new)).collect::<Result<Vec<_>, _>>();
        let wakers = wakers.map_err(Error::Thread)?;
        let listen = |source| Error::Listen { address: settings.listen, source };
        let sockets = MediaSocket::open(settings.listen, &wakers).map_err(listen)?;
        let address = sockets.first().ok_or(Error::Shards(count))?.address();
        let ips = if settings.announce.is_empty() {
            socket::own_addresses(address.ip())
        } else {
            settings.announce
        };
        let announced: Vec<_> = ips.into_iter().map(|ip| SocketAddr::new(ip, address.port())).collect();
        let identity = Arc::new(Identity::new().map_err(|error| Error::Identity(error.to_string()))?);
        let probe = Probe { ufrag: hex(&clock.random_bytes::<8>()), pwd: hex(&clock.random_bytes::<16>()) };
        let mut candidates = sdp::candidates(&announced);
        candidates.extend(tcp_candidates(&announced, settings.tcp_port));
        let ground = Ground { shard: ShardNumber(0), clock, identity, candidates: candidates.into() };
        let stop = Arc::new(AtomicBool::new(false));
        let tallies: Vec<_> = wakers.iter().map(|_| Arc::new(Tally::default())).collect();
        let (door, paths) = Paths::new(&wakers);
        let neighbours = Neighbours::of_all(&wakers, &tallies);
        let (mut lines, mut threads) = (Vec::new(), Vec::new());
        let parts = sockets.into_iter().zip(paths).zip(neighbours).zip(wakers.into_iter().zip(tallies));
        for (number, (((mut socket, paths), neighbours), (waker, tally))) in parts.enumerate() {
            let (commands, received) = sync_channel(MAX_COMMANDS);
            socket.carry(paths);
            let ground = Ground { shard: ShardNumber(number as u8), ..ground.clone() };
            let shard = Shard::new(ground, probe.clone(), tally.clone(), neighbours);
            let should_stop = stop.clone();
            let thread = std::thread::Builder::new()
                .name(format!("media-{number}"))
                .spawn(move || watched(|| shard.run(socket, &received, &should_stop)))
                .map_err(Error::Thread)?;
            lines.push(Line { commands, waker, tally });
            threads.push(thread);
        }
        Ok(Sfu(Arc::new(Handle {
            address,
            announced,
            tcp_port: settings.tcp_port,
            probe,
            door,
            pins: Pins::new(count),
            lines,
            stop,
            threads: Mutex::new(threads),
        })))
    }

    /// The address that was opened, with the port that the system chose if 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.address
    }

    /// The addresses that browsers are told.
    pub fn announced(&self) -> &[SocketAddr] {
        &self.0.announced
    }

    /// The candidate lines of UDP (RFC 8839 section 5.1) in every description, without `a=`.
    pub fn udp_candidates(&self) -> Vec<String> {
        sdp::candidates(&self.0.announced)
    }

    /// The candidate lines of ICE-TCP (RFC 6544 section 4.5) that belong into every description beside those of UDP,
    /// without `a=`.
    pub fn tcp_candidates(&self) -> Vec<String> {
        tcp_candidates(&self.0.announced, self.0.tcp_port)
    }

    /// With what a browser tries whether ICE comes through, without entering anything.
    pub fn probe(&self) -> &Probe {
        &self.0.probe
    }

    /// Opens a way in that is no UDP address. Never waits.
    ///
    /// # Errors
    /// If the queue is full, or after [`Sfu::stop`].
    pub fn open_path(&self, media_path: MediaPath, is_ipv6: bool) -> Result<Path, Busy> {
        self.0.door.open(media_path, is_ipv6)
    }

    /// Gives a command to the shard of its room. Never waits.
    ///
    /// # Errors
    /// If the queue is full, or after [`Sfu::stop`].
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        let way = self.0.pins.way(&command);
        if let (Some(before), Command::Open { connection, .. }) = (way.leaves, &command) {
            self.0.give(before, Command::Close { connection: *connection })?;
        }
        self.0.give(way.shard, command)
    }

    /// Which thread a room lives on, counted from 0.
    pub fn shard_of(&self, room: AppointmentId) -> usize {
        self.0.pins.shard_of(room)
    }

    /// Calls are carried: no thread has ended. After [`Sfu::stop`] they are not.
    pub fn is_running(&self) -> bool {
        let threads = self.0.threads.lock().unwrap_or_else(PoisonError::into_inner);
        !threads.is_empty() && threads.iter().all(|thread| !thread.is_finished())
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Counters {
        self.counters_of_shards().into_iter().chain([self.0.door.tally().read()]).sum()
    }

    /// What each thread has counted of it.
    pub fn counters_of_shards(&self) -> Vec<Counters> {
        self.0.lines.iter().map(|line| line.tally.read()).collect()
    }

    /// Closes all connections and waits until the threads have ended, a few milliseconds.
    pub fn stop(&self) {
        self.0.end();
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic outside of any connection has been told by the thread itself.
            let _ = thread.join();
        }
    }
}

impl Handle {
    fn give(&self, shard: usize, command: Command) -> Result<(), Busy> {
        let line = self.lines.get(shard).ok_or(Busy)?;
        line.commands.try_send(command).map_err(|_| Busy)?;
        line.waker.wake();
        Ok(())
    }

    fn end(&self) {
        self.stop.store(true, Ordering::Release);
        for line in &self.lines {
            line.waker.wake();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
    }
}

/// A thread that ends although nobody stopped it says so.
fn watched(work: impl FnOnce()) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
        tracing::error!("a media thread failed and has ended: its calls are not carried any more");
    }
}

/// Passive candidates: the browser connects. Type preference of host candidates, direction preference of passive ones
/// (RFC 6544 section 4.2), below those of UDP whatever the address.
fn tcp_candidates(addresses: &[SocketAddr], port: Option<u16>) -> Vec<String> {
    let Some(port) = port else { return Vec::new() };
    let line = |(index, address): (usize, &SocketAddr)| {
        let local_preference = (2 << 13) + 8000 - index.min(8000) as u32;
        let priority = (90 << 24) + (local_preference << 8) + 255;
        format!("candidate:tcp{index} 1 tcp {priority} {} {port} typ host tcptype passive", address.ip())
    };
    addresses.iter().enumerate().map(line).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
