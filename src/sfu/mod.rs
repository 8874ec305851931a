//! Packets and peer connections, on parts of the sans-IO `rtc` crate. Decides nothing that the `room` core can decide.
//!
//! One thread owns one UDP socket and everything that arrives there. A device has two one-way peer connections:
//! it offers what it publishes, the server offers what it subscribes to. The rest of the program talks to the
//! thread through a bounded queue of [`Command`]s and hears of it through the queue of [`Event`]s that each
//! connection brings along.
//!
//! A datagram goes `socket` -> `demux` (whose is it?) -> `peer` (opens it) -> `forwarding` (to whom?) -> `peer` (seals
//! each copy) -> `socket`. A peer is made of `ice` and `stun` (where is the device?), `handshake` (who is it, and which
//! keys?), `srtp` and `rtp` (its packets), `arrivals`, `reception` and `sent` (what was lost on the way?).
//! Ten times a second `adaptation` asks the `room` core which layers each device gets, and does what it says.
//! Descriptions go through `sdp` (is it acceptable?) to `publisher` and `subscriber`, held together by `negotiation`.

mod adaptation;
mod answer;
mod api;
mod arrivals;
mod connection;
mod demux;
mod feedback;
mod forwarding;
mod handshake;
mod ice;
mod negotiation;
mod path;
mod peer;
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

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use answer::Probe;
pub use api::{Busy, Command, Counters, Direction, Error, Event, SfuSettings, WantedTrack, Watched};
pub use path::{Carrier, Outward, Path};

use api::Tally;
use handshake::Identity;
use path::{Door, Paths};
use peer::Ground;
use shard::Shard;
use socket::{MediaSocket, Waker};

use crate::clock::Clock;

/// Commands that wait for the thread.
const MAX_COMMANDS: usize = 1024;

/// A handle to the forwarding. Cheap to clone. When the last one is dropped, or at [`Sfu::stop`], all connections
/// are closed and the thread ends.
#[derive(Clone, Debug)]
pub struct Sfu(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    address: SocketAddr,
    announced: Vec<SocketAddr>,
    tcp_port: Option<u16>,
    probe: Probe,
    door: Arc<Door>,
    commands: SyncSender<Command>,
    waker: Arc<Waker>,
    stop: Arc<AtomicBool>,
    tally: Arc<Tally>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Sfu {
    /// Opens the socket and starts the thread.
    ///
    /// # Errors
    /// If the address cannot be listened on, or if another number of shards than 1 is set.
    pub fn start(settings: SfuSettings, clock: Clock) -> Result<Sfu, Error> {
        if settings.shards != 1 {
            return Err(Error::Shards(settings.shards));
        }
        let listen = |source| Error::Listen { address: settings.listen, source };
        let mut socket = MediaSocket::open(settings.listen).map_err(listen)?;
        let address = socket.address();
        let waker = Arc::new(Waker::new(address).map_err(Error::Thread)?);
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
        let ground = Ground { clock, identity, candidates: candidates.into() };
        let (commands, received) = sync_channel(MAX_COMMANDS);
        let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::new(Tally::default()));
        let (door, paths) = Paths::new(waker.clone(), tally.clone());
        socket.carry(paths);
        let shard = Shard::new(ground, probe.clone(), tally.clone());
        let should_stop = stop.clone();
        let thread = std::thread::Builder::new()
            .name("media-0".to_owned())
            .spawn(move || shard.run(socket, &received, &should_stop))
            .map_err(Error::Thread)?;
        let thread = Mutex::new(Some(thread));
        Ok(Sfu(Arc::new(Handle {
            address,
            announced,
            tcp_port: settings.tcp_port,
            probe,
            door,
            commands,
            waker,
            stop,
            tally,
            thread,
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
    pub fn open_path(&self, carrier: Carrier, is_ipv6: bool) -> Result<Path, Busy> {
        self.0.door.open(carrier, is_ipv6)
    }

    /// Gives a command to the thread. Never waits.
    ///
    /// # Errors
    /// If the queue is full, or after [`Sfu::stop`].
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        self.0.commands.try_send(command).map_err(|_| Busy)?;
        self.0.waker.wake();
        Ok(())
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Counters {
        self.0.tally.read()
    }

    /// Closes all connections and waits until the thread has ended, a few milliseconds.
    pub fn stop(&self) {
        self.0.end();
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic outside of any connection has been printed by the thread itself.
            let _ = thread.join();
        }
    }
}

impl Handle {
    fn end(&self) {
        self.stop.store(true, Ordering::Release);
        self.waker.wake();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
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
