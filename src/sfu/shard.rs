//! The thread that owns a socket and everything that arrives there.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use super::answer::{Answers, Probe};
use super::api::{Command, Direction, Event, Tally, count};
use super::connection::Connection;
use super::demux::{Protocol, Routes, classify};
use super::peer::{PeerChange, PeerKey};
use super::publisher::{Track, TrackId};
use super::socket::{Datagram, MediaSocket};
use crate::clock::Clock;
use crate::room::ConnectionId;

/// The thread looks at its commands at least so often, should a wake be lost.
const MAX_WAIT: Duration = Duration::from_millis(50);
/// Batches of datagrams and commands taken between two flushes.
const MAX_BATCHES: usize = 4;
const MAX_COMMANDS: usize = 64;
/// What one peer says can make another one speak, and that one a third.
const MAX_ROUNDS: usize = 4;

pub(super) struct Shard {
    pub(super) clock: Clock,
    /// What browsers are told.
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) tally: Arc<Tally>,
    pub(super) connections: HashMap<ConnectionId, Connection>,
    pub(super) tracks: HashMap<TrackId, Track>,
    pub(super) routes: Routes<PeerKey>,
    pub(super) next_track: u64,
    /// Peers to flush. Each is marked itself as well.
    pub(super) dirty: Vec<PeerKey>,
    /// Farewells of peers that have ended.
    farewells: Vec<super::socket::Outbox>,
    /// Candidate lines beside those of UDP, for every description.
    pub(super) more_candidates: Vec<String>,
    answers: Answers,
    /// Answers to senders that are no device.
    answered: super::socket::Outbox,
}

impl Shard {
    pub(super) fn new(clock: Clock, addresses: Vec<SocketAddr>, probe: Probe, tally: Arc<Tally>) -> Self {
        Self {
            more_candidates: Vec::new(),
            answers: Answers::new(probe, clock.instant()),
            answered: super::socket::Outbox::default(),
            clock,
            addresses,
            tally,
            connections: HashMap::new(),
            tracks: HashMap::new(),
            routes: Routes::new(),
            next_track: 0,
            dirty: Vec::new(),
            farewells: Vec::new(),
        }
    }

    /// Works until told to stop, or until nobody can send commands any more.
    pub(super) fn run(mut self, mut socket: MediaSocket, commands: &Receiver<Command>, stop: &AtomicBool) {
        let mut has_more = false;
        while !stop.load(Ordering::Acquire) {
            if !has_more {
                socket.wait(self.next_wait());
            }
            for _ in 0..MAX_COMMANDS {
                match commands.try_recv() {
                    Ok(command) => self.guard(subject(&command), |shard| shard.command(command)),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => stop.store(true, Ordering::Release),
                }
            }
            for _ in 0..MAX_BATCHES {
                let now = self.clock.instant();
                has_more = socket.receive(|datagram| self.datagram(now, &datagram));
                if !has_more {
                    break;
                }
            }
            self.timers();
            self.flush(&mut socket);
        }
        for connection in self.connections.keys().copied().collect::<Vec<_>>() {
            self.guard(Some(connection), |shard| shard.close(connection));
        }
        self.flush(&mut socket);
    }

    /// Runs something on behalf of one connection. Should it panic, that connection is closed and the others go on.
    fn guard(&mut self, connection: Option<ConnectionId>, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_ok() {
            return;
        }
        count(&self.tally.panics, 1);
        let Some(connection) = connection else { return };
        tracing::error!(
            connection.id = connection.0,
            "forwarding failed for one connection, which is closed"
        );
        for which in [Direction::Publish, Direction::Subscribe] {
            let end = |shard: &mut Self| shard.end((connection, which), "forwarding failed");
            if catch_unwind(AssertUnwindSafe(|| end(self))).is_err() {
                self.connections.remove(&connection);
            }
        }
    }

    pub(super) fn tell(&mut self, connection: ConnectionId, mut event: Event) {
        if let Event::PublishAnswer { sdp, .. } | Event::SubscribeOffer { sdp, .. } = &mut event {
            *sdp = super::sdp::with_candidates(sdp, &self.more_candidates);
        }
        if let Some(device) = self.connections.get_mut(&connection) {
            device.tell(event, &self.tally);
        }
    }

    /// Notes that a peer has something to say.
    pub(super) fn mark(&mut self, key: PeerKey) {
        if let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1)) {
            mark(peer, key, &mut self.dirty);
        }
    }

    fn datagram(&mut self, now: Instant, datagram: &Datagram<'_>) {
        let protocol = classify(datagram.bytes);
        if protocol == Protocol::Unknown {
            // One byte is a wake.
            if datagram.bytes.len() > 1 {
                count(&self.tally.datagrams_unknown, 1);
            }
            return;
        }
        count(&self.tally.datagrams_in, 1);
        let Some(key) = self.routes.find(datagram.bytes, datagram.from, datagram.local, now) else {
            match self.answers.answer(now, datagram.bytes, datagram.from) {
                Some(answer) => {
                    count(&self.tally.probes, 1);
                    self.answered.push(datagram.from, &answer);
                }
                None => count(&self.tally.datagrams_unknown, 1),
            }
            return;
        };
        self.guard(Some(key.0), |shard| shard.receive(now, key, protocol, datagram));
    }

    fn receive(&mut self, now: Instant, key: PeerKey, protocol: Protocol, datagram: &Datagram<'_>) {
        let Some(device) = self.connections.get_mut(&key.0) else { return };
        let Some(peer) = device.peer(key.1) else { return };
        let was_connected = peer.is_connected();
        if matches!(protocol, Protocol::Rtp | Protocol::Rtcp) && !was_connected {
            return; // no keys yet
        }
        peer.receive(now, datagram.bytes, datagram.from, datagram.local);
        mark(peer, key, &mut self.dirty);
        if protocol == Protocol::Dtls && !was_connected {
            // The next datagram of the batch may be media already.
            let changes = peer.flush();
            mark(peer, key, &mut self.dirty);
            self.changed(now, key, changes);
        }
        self.drain(now, key);
    }

    fn changed(&mut self, now: Instant, key: PeerKey, changes: Vec<PeerChange>) {
        let (connection, which) = key;
        for change in changes {
            match change {
                PeerChange::Connected => {
                    tracing::info!(connection.id = connection.0, ?which, "media connected");
                    self.tell(connection, Event::Connected { connection, which });
                    if which == Direction::Subscribe {
                        self.request_all_keyframes(now, connection);
                    }
                }
                PeerChange::Disconnected => {
                    tracing::info!(connection.id = connection.0, ?which, "media disconnected");
                    self.tell(connection, Event::Disconnected { connection, which });
                }
                PeerChange::Ended(reason) => self.end(key, reason),
            }
        }
    }

    /// Gives up one peer connection.
    pub(super) fn end(&mut self, key: PeerKey, reason: &str) {
        let (connection, which) = key;
        let Some(device) = self.connections.get_mut(&connection) else { return };
        let Some(peer) = device.peer(which) else { return };
        if peer.has_panicked() {
            count(&self.tally.panics, 1);
        }
        peer.close();
        self.farewells.push(std::mem::take(peer.outbox()));
        match which {
            Direction::Publish => device.publisher = None,
            Direction::Subscribe => {
                if let Some(subscriber) = device.subscriber.take() {
                    device.generation = subscriber.generation();
                }
            }
        }
        tracing::info!(connection.id = connection.0, ?which, reason, "media ended");
        self.tell(connection, Event::Failed { connection, which, reason: reason.to_owned() });
        self.unlink(key);
    }

    /// A device leaves.
    pub(super) fn close(&mut self, connection: ConnectionId) {
        let Some(mut device) = self.connections.remove(&connection) else { return };
        for (_, peer) in device.peers() {
            peer.close();
            self.farewells.push(std::mem::take(peer.outbox()));
        }
        for which in [Direction::Publish, Direction::Subscribe] {
            self.unlink((connection, which));
        }
        tracing::info!(connection.id = connection.0, "connection closed");
    }

    /// Forgets what led to or from a peer that is gone. (Its farewell goes out from the address the system
    /// chooses.)
    fn unlink(&mut self, key: PeerKey) {
        self.routes.forget(key);
        match key.1 {
            Direction::Publish => self.tracks.retain(|_, track| track.publisher != key.0),
            Direction::Subscribe => {
                for track in self.tracks.values_mut() {
                    track.subscribers.retain(|(connection, _)| *connection != key.0);
                }
            }
        }
    }

    fn timers(&mut self) {
        let now = self.clock.instant();
        for (connection, device) in &mut self.connections {
            for (which, peer) in device.peers() {
                if peer.deadline().is_some_and(|at| at <= now) {
                    peer.tick(now);
                    mark(peer, (*connection, which), &mut self.dirty);
                }
            }
        }
        self.repeat_keyframe_requests(now);
        self.request_missing(now);
    }

    fn flush(&mut self, socket: &mut MediaSocket) {
        for _ in 0..MAX_ROUNDS {
            let dirty = std::mem::take(&mut self.dirty);
            if dirty.is_empty() {
                break;
            }
            for key in dirty {
                self.guard(Some(key.0), |shard| shard.flush_peer(key, socket));
            }
        }
        for mut farewell in std::mem::take(&mut self.farewells) {
            socket.send(&mut farewell, |_| None, &self.tally);
        }
        socket.send(&mut self.answered, |_| None, &self.tally);
        for device in self.connections.values_mut() {
            device.deliver(&self.tally);
        }
    }

    fn flush_peer(&mut self, key: PeerKey, socket: &mut MediaSocket) {
        let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1)) else {
            return;
        };
        let changes = peer.flush();
        socket.send(peer.outbox(), |to| self.routes.local(to), &self.tally);
        if !changes.is_empty() {
            let now = self.clock.instant();
            self.changed(now, key, changes);
        }
    }

    fn next_wait(&self) -> Duration {
        let now = self.clock.instant();
        let devices = self.connections.values();
        let peers = devices.clone().flat_map(|device| {
            let publisher = device.publisher.as_ref().and_then(|publisher| publisher.peer.deadline());
            let subscriber = device.subscriber.as_ref().and_then(|subscriber| subscriber.peer.deadline());
            publisher.into_iter().chain(subscriber)
        });
        let layers = self.tracks.values().flat_map(|track| &track.layers);
        let requests = layers.flat_map(|incoming| {
            incoming.keyframes.deadline().into_iter().chain(incoming.missing.deadline())
        });
        let wait = peers.chain(requests).map(|at| at.saturating_duration_since(now)).min();
        wait.unwrap_or(MAX_WAIT).min(MAX_WAIT)
    }
}

/// Puts a peer on the list to flush, once.
pub(super) fn mark(peer: &mut super::peer::Peer, key: PeerKey, dirty: &mut Vec<PeerKey>) {
    if peer.mark() {
        dirty.push(key);
    }
}

fn subject(command: &Command) -> Option<ConnectionId> {
    match command {
        Command::Open { connection, .. }
        | Command::PublishOffer { connection, .. }
        | Command::Subscribe { connection, .. }
        | Command::SubscribeAnswer { connection, .. }
        | Command::RestartSubscribe { connection }
        | Command::Close { connection } => Some(*connection),
        Command::CloseRoom { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;
    use crate::clinical::AppointmentId;

    fn shard_with(connections: &[u64]) -> (Shard, Vec<mpsc::Receiver<Event>>) {
        let tally = Arc::new(Tally::default());
        let probe = Probe { ufrag: "probe".into(), pwd: "password".into() };
        let mut shard = Shard::new(Clock::system(), vec!["127.0.0.1:9".parse().unwrap()], probe, tally);
        let room = AppointmentId::new(Uuid::from_u128(1));
        let open = |number: &u64| {
            let (events, received) = mpsc::channel(1);
            shard.command(Command::Open { room, connection: ConnectionId(*number), events });
            received
        };
        let received = connections.iter().map(open).collect();
        (shard, received)
    }

    fn offer(connection: ConnectionId, generation: u32, sdp: &str) -> Command {
        Command::PublishOffer { connection, generation, sdp: sdp.to_owned(), sources: vec![] }
    }

    #[test]
    fn a_panic_ends_one_connection_only() {
        let (mut shard, _events) = shard_with(&[1, 2]);
        let now = shard.clock.instant();
        for connection in [ConnectionId(1), ConnectionId(2)] {
            let publisher = super::super::publisher::Publisher::new(&shard.addresses, now).unwrap();
            shard.connections.get_mut(&connection).unwrap().publisher = Some(publisher);
        }
        shard.guard(Some(ConnectionId(1)), |_| panic!("on purpose"));
        assert!(shard.connections[&ConnectionId(1)].publisher.is_none());
        assert!(shard.connections[&ConnectionId(2)].publisher.is_some());
        assert_eq!(shard.tally.read().panics, 1);

        // And in the engine itself.
        let peer = shard.connections.get_mut(&ConnectionId(2)).unwrap().peer(Direction::Publish).unwrap();
        assert_eq!(peer.run(|_| -> u8 { panic!("on purpose") }), None);
        assert_eq!(peer.run(|_| 1), None, "it is not asked again");
        assert!(matches!(peer.flush()[..], [PeerChange::Ended(_)]));
    }

    #[test]
    fn events_wait_for_a_place_and_are_counted_when_there_is_none() {
        let (mut shard, mut events) = shard_with(&[1]);
        for generation in 0..70 {
            shard.command(offer(ConnectionId(1), generation, "v=0"));
        }
        let device = shard.connections.get_mut(&ConnectionId(1)).unwrap();
        let mut delivered = 0;
        loop {
            device.deliver(&shard.tally);
            match events[0].try_recv() {
                Ok(Event::PublishRejected { generation, .. }) => assert_eq!(generation, delivered),
                Ok(other) => panic!("{other:?}"),
                Err(_) => break,
            }
            delivered += 1;
        }
        assert_eq!(delivered, 64);
        assert_eq!(shard.tally.read().events_dropped, 6);
    }

    #[test]
    fn reasons_and_events_hold_nothing_of_a_description() {
        let (mut shard, mut events) = shard_with(&[1]);
        let planted = "203.0.113.77";
        for sdp in [
            format!("v=0\r\no=- 1 1 IN IP4 {planted}\r\nm=video {planted}"),
            format!(
                "v=0\r\nm=audio 9 x\r\na=mid:{planted}\r\na=sendonly\r\na=ice-ufrag:{planted}\r\na=ice-pwd:{planted}\r\na=fingerprint:{planted}\r\n"
            ),
            format!("m={planted}"),
        ] {
            shard.command(offer(ConnectionId(1), 1, &sdp));
            let mut told = Vec::new();
            for _ in 0..3 {
                shard.connections.get_mut(&ConnectionId(1)).unwrap().deliver(&shard.tally);
                told.extend(events[0].try_recv());
            }
            assert!(matches!(told[0], Event::PublishRejected { .. }), "{told:?}");
            assert!(!format!("{told:?}").contains(planted), "{told:?}");
        }
    }
}
