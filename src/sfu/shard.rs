//! A shard: the thread that owns a socket, and the rooms that are pinned to it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use super::answer::{Answers, Probe};
use super::api::{Command, Direction, Event, Tally, count};
use super::connection::Connection;
use super::demux::{Protocol, Routes, classify};
use super::handover::{Neighbours, ShardNumber};
use super::peer::{Ground, Peer, PeerChange, PeerKey};
use super::publisher::{Track, TrackId};
use super::socket::{Datagram, MediaSocket};
use crate::clinical::AppointmentId;
use crate::clock::Clock;
use crate::room::{ConnectionId, SpeakerDetector};

/// The thread looks at its commands at least so often, should a wake be lost.
const MAX_WAIT: Duration = Duration::from_millis(50);
/// Timers are looked at so often, which is fine enough for all of them: a packet that is missing is asked for after
/// 15 ms.
const TICK: Duration = Duration::from_millis(5);
/// Most devices that have begun DTLS and not finished.
const MAX_HALF_OPEN: usize = 64;
/// Batches of datagrams and commands taken between two flushes.
const MAX_BATCHES: usize = 4;
const MAX_COMMANDS: usize = 64;
/// Parcels of other shards taken between two looks at the socket.
const MAX_PARCELS: usize = 32;
/// Addresses of devices elsewhere are looked through so often.
const EXPIRY: Duration = Duration::from_secs(10);
/// What one peer says can make another one speak, and that one a third.
const MAX_ROUNDS: usize = 4;

pub(super) struct Shard {
    pub(super) clock: Clock,
    pub(super) ground: Ground,
    pub(super) tally: Arc<Tally>,
    pub(super) connections: HashMap<ConnectionId, Connection>,
    pub(super) tracks: HashMap<TrackId, Track>,
    pub(super) routes: Routes<PeerKey>,
    /// `None` if there is one shard.
    neighbours: Option<Neighbours>,
    expire_at: Option<Instant>,
    pub(super) next_track: u64,
    /// Peers to flush. Each is marked itself as well.
    pub(super) dirty: Vec<PeerKey>,
    /// Those among them that are being flushed.
    flushing: Vec<PeerKey>,
    /// Some device has events that wait.
    pub(super) has_events: bool,
    /// Farewells of peers that have ended.
    farewells: Vec<super::socket::Outbox>,
    /// Who speaks in each room.
    pub(super) speakers: HashMap<AppointmentId, SpeakerDetector>,
    /// When to look at layers again.
    pub(super) adapt_at: Option<Instant>,
    /// When to look at the timers again.
    timers_at: Option<Instant>,
    /// The room of a stored packet that is free again.
    pub(super) spare: Vec<u8>,
    /// Some way loses packets.
    pub(super) is_any_lossy: bool,
    /// Room for a payload with redundancy.
    pub(super) redundant: Vec<u8>,
    /// The room on whose behalf something runs that goes through all of them.
    pub(super) at_work: Option<AppointmentId>,
    /// A drill: the next look at the layers of this room panics.
    #[cfg(debug_assertions)]
    pub(super) drill: Option<AppointmentId>,
    answers: Answers,
    /// Answers to senders that are no device.
    answered: super::socket::Outbox,
}

impl Shard {
    pub(super) fn new(
        ground: Ground,
        probe: Probe,
        tally: Arc<Tally>,
        neighbours: Option<Neighbours>,
    ) -> Self {
        Self {
            answers: Answers::new(probe, ground.clock.instant()),
            answered: super::socket::Outbox::default(),
            clock: ground.clock.clone(),
            ground,
            tally,
            connections: HashMap::new(),
            tracks: HashMap::new(),
            routes: Routes::new(),
            neighbours,
            expire_at: None,
            next_track: 0,
            dirty: Vec::new(),
            flushing: Vec::new(),
            has_events: false,
            farewells: Vec::new(),
            speakers: HashMap::new(),
            adapt_at: None,
            timers_at: None,
            spare: Vec::new(),
            is_any_lossy: false,
            redundant: Vec::new(),
            at_work: None,
            #[cfg(debug_assertions)]
            drill: None,
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
                    Ok(command) => self.obey(command),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => stop.store(true, Ordering::Release),
                }
            }
            for _ in 0..MAX_BATCHES {
                has_more = false;
                self.guard_rooms(|shard| {
                    let now = shard.clock.instant();
                    has_more = shard.unpack(now);
                    has_more |= socket.receive(|datagram| shard.datagram(now, datagram));
                    if let Some(neighbours) = &mut shard.neighbours {
                        neighbours.dispatch();
                    }
                });
                if !has_more {
                    break;
                }
            }
            self.timers();
            self.guard_rooms(|shard| shard.flush(&mut socket));
        }
        for connection in self.connections.keys().copied().collect::<Vec<_>>() {
            self.guard(connection, |shard| shard.close(connection));
        }
        self.guard_rooms(|shard| shard.flush(&mut socket));
    }

    fn obey(&mut self, command: Command) {
        match command {
            #[cfg(debug_assertions)]
            Command::Drill { room: None } => panic!("a drill"),
            #[cfg(debug_assertions)]
            Command::Drill { room } => self.drill = room,
            Command::CloseRoom { room } => {
                for connection in self.devices_of(room) {
                    self.guard(connection, |shard| shard.close(connection));
                }
            }
            Command::Open { connection, .. }
            | Command::PublishOffer { connection, .. }
            | Command::Subscribe { connection, .. }
            | Command::SubscribeAnswer { connection, .. }
            | Command::RestartSubscribe { connection }
            | Command::Watch { connection, .. }
            | Command::HoldBack { connection, .. }
            | Command::Close { connection } => self.guard(connection, |shard| shard.command(command)),
        }
    }

    pub(super) fn tell(&mut self, connection: ConnectionId, event: Event) {
        if let Some(device) = self.connections.get_mut(&connection) {
            device.tell(event, &self.tally);
            self.has_events = true;
        }
    }

    /// Notes that a peer has something to say.
    pub(super) fn mark(&mut self, key: PeerKey) {
        if let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1)) {
            mark(peer, key, &mut self.dirty);
        }
    }

    fn datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        let protocol = classify(datagram.bytes);
        if protocol == Protocol::Unknown {
            return count(&self.tally.datagrams_unknown, 1);
        }
        count(&self.tally.datagrams_in, 1);
        if let Some(neighbours) = &mut self.neighbours
            && let Some(shard) = neighbours.whose(now, protocol, &datagram, &self.routes)
        {
            return neighbours.pack(shard, protocol, &datagram);
        }
        self.take(now, protocol, datagram, None);
    }

    /// Takes what others have handed over. Returns whether more may be there.
    fn unpack(&mut self, now: Instant) -> bool {
        for _ in 0..MAX_PARCELS {
            let Some(mut parcel) = self.neighbours.as_mut().and_then(Neighbours::receive) else {
                return false;
            };
            let by = parcel.by;
            for (protocol, datagram) in parcel.open() {
                self.take(now, protocol, datagram, Some(by));
            }
        }
        true
    }

    /// Takes a datagram that is for no other shard. `by`: the one that has handed it over.
    fn take(&mut self, now: Instant, protocol: Protocol, datagram: Datagram<'_>, by: Option<ShardNumber>) {
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
        let from = datagram.from;
        self.guard(key.0, |shard| shard.receive(now, key, protocol, datagram));
        if let Some(by) = by.filter(|_| protocol == Protocol::Stun) {
            self.tell_address(by, key, from);
        }
    }

    /// Tells who has handed over a check where everything else from its address belongs. The answer to the check is
    /// still here, so the device sends nothing else yet.
    fn tell_address(&mut self, shard: ShardNumber, key: PeerKey, from: SocketAddr) {
        let peer = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1));
        if let (Some(neighbours), Some(true)) = (&self.neighbours, peer.map(|peer| peer.is_proved(from))) {
            neighbours.tell(shard, from);
        }
    }

    fn receive(&mut self, now: Instant, key: PeerKey, protocol: Protocol, datagram: Datagram<'_>) {
        let Datagram { bytes, from, .. } = datagram;
        let may_begin = protocol != Protocol::Dtls || self.may_begin(key);
        let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1)) else {
            return;
        };
        match protocol {
            Protocol::Stun => peer.receive_stun(now, bytes, from),
            Protocol::Dtls if may_begin => {
                peer.receive_dtls(now, bytes, from);
                // The next datagram of the batch may be media already.
                let changes = peer.flush();
                mark(peer, key, &mut self.dirty);
                return self.changed(now, key, changes);
            }
            Protocol::Dtls | Protocol::Unknown => return,
            Protocol::Rtp => return self.receive_rtp(now, key, bytes, from),
            Protocol::Rtcp => return self.receive_rtcp(now, key, bytes, from),
        }
        mark(peer, key, &mut self.dirty);
    }

    /// A handshake costs a hundred times what a packet does, so few are under way at a time. Devices try again.
    fn may_begin(&mut self, key: PeerKey) -> bool {
        let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1)) else {
            return false;
        };
        if peer.is_connected() || peer.is_half_open() {
            return true;
        }
        let is_half_open = |(_, peer): &(Direction, &mut Peer)| peer.is_half_open();
        let half_open: usize =
            self.connections.values_mut().map(|device| device.peers().filter(is_half_open).count()).sum();
        half_open < MAX_HALF_OPEN
    }

    fn changed(&mut self, now: Instant, key: PeerKey, changes: Vec<PeerChange>) {
        let (connection, which) = key;
        for change in changes {
            match change {
                PeerChange::Path(path) => self.tell(connection, Event::Path { connection, which, path }),
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
        peer.close(self.clock.instant());
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
        count(&self.tally.connections_closed, 1);
        if self.connections.values().any(|other| other.room == device.room) {
            if let Some(speakers) = self.speakers.get_mut(&device.room) {
                speakers.forget(connection);
            }
        } else {
            self.speakers.remove(&device.room);
        }
        let now = self.clock.instant();
        for (_, peer) in device.peers() {
            peer.close(now);
            self.farewells.push(std::mem::take(peer.outbox()));
        }
        for which in [Direction::Publish, Direction::Subscribe] {
            self.unlink((connection, which));
        }
        tracing::info!(connection.id = connection.0, "connection closed");
    }

    /// Forgets what led to or from a peer that is gone. (Its farewell goes out from the address the system
    /// chooses.)
    pub(super) fn unlink(&mut self, key: PeerKey) {
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

    /// Looks at all timers, as coarsely as they allow.
    fn timers(&mut self) {
        let now = self.clock.instant();
        if self.timers_at.is_some_and(|at| now < at) {
            return;
        }
        self.timers_at = Some(now + TICK);
        for look in [
            Self::tick,
            Self::repeat_keyframe_requests,
            Self::request_missing,
            Self::report_receptions,
            Self::close_orphans,
            Self::adapt,
        ] {
            self.guard_rooms(|shard| look(shard, now));
        }
        if let Some(neighbours) = &mut self.neighbours {
            neighbours.listen(now);
            if self.expire_at.is_none_or(|at| at <= now) {
                self.expire_at = Some(now + EXPIRY);
                neighbours.expire(now);
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        for (connection, device) in &mut self.connections {
            self.at_work = Some(device.room);
            for (which, peer) in device.peers() {
                if peer.tick(now) {
                    mark(peer, (*connection, which), &mut self.dirty);
                }
            }
        }
    }

    /// Closes the connections of a consultation that has ended without saying so.
    fn close_orphans(&mut self, _now: Instant) {
        let orphans = self.connections.iter().filter(|(_, device)| device.is_orphan());
        for connection in orphans.map(|(connection, _)| *connection).collect::<Vec<_>>() {
            tracing::warn!(
                connection.id = connection.0,
                "nobody takes the events of a connection, which is closed"
            );
            count(&self.tally.connections_orphaned, 1);
            self.guard(connection, |shard| shard.close(connection));
        }
    }

    fn flush(&mut self, socket: &mut MediaSocket) {
        for _ in 0..MAX_ROUNDS {
            if self.dirty.is_empty() {
                break;
            }
            std::mem::swap(&mut self.dirty, &mut self.flushing);
            while let Some(key) = self.flushing.pop() {
                self.guard(key.0, |shard| shard.flush_peer(key, socket));
            }
        }
        for mut farewell in std::mem::take(&mut self.farewells) {
            socket.send(&mut farewell, |_| None, &self.tally);
        }
        socket.send(&mut self.answered, |_| None, &self.tally);
        if self.has_events {
            self.has_events = false;
            for device in self.connections.values_mut() {
                self.at_work = Some(device.room);
                self.has_events |= !device.deliver(&self.tally);
            }
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
        if self.connections.is_empty() {
            return MAX_WAIT;
        }
        let now = self.clock.instant();
        self.timers_at.map_or(TICK, |at| at.saturating_duration_since(now).min(MAX_WAIT))
    }
}

/// Puts a peer on the list to flush, once.
pub(super) fn mark(peer: &mut Peer, key: PeerKey, dirty: &mut Vec<PeerKey>) {
    if peer.mark() {
        dirty.push(key);
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
        let identity = Arc::new(crate::sfu::handshake::Identity::new().unwrap());
        let candidates = crate::sfu::sdp::candidates(&["127.0.0.1:9".parse().unwrap()]).into();
        let probe = Probe { ufrag: "probe".into(), pwd: "password".into() };
        let ground = Ground { shard: ShardNumber(0), clock: Clock::system(), identity, candidates };
        let mut shard = Shard::new(ground, probe, tally, None);
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
        for connection in [ConnectionId(1), ConnectionId(2)] {
            let publisher = super::super::publisher::Publisher::new(&shard.ground);
            shard.connections.get_mut(&connection).unwrap().publisher = Some(publisher);
        }
        shard.guard(ConnectionId(1), |_| panic!("on purpose"));
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
    fn everybody_in_the_room_hears_who_speaks() {
        let (mut shard, mut events) = shard_with(&[1, 2]);
        let room = AppointmentId::new(Uuid::from_u128(1));
        let (elsewhere, mut other) = mpsc::channel(1);
        let (far, third) = (AppointmentId::new(Uuid::from_u128(2)), ConnectionId(3));
        shard.command(Command::Open { room: far, connection: third, events: elsewhere });
        let now = shard.clock.instant();
        for step in 0..100 {
            let at = now + Duration::from_millis(step * 20);
            shard.speakers.entry(room).or_default().heard(at, ConnectionId(1), 20);
            shard.adapt(at);
        }
        for device in shard.connections.values_mut() {
            device.deliver(&shard.tally);
        }
        let speaker = Event::Speaker { room, connection: Some(ConnectionId(1)) };
        for events in &mut events {
            assert_eq!(events.try_recv(), Ok(speaker.clone()));
            assert!(events.try_recv().is_err(), "once");
        }
        assert!(other.try_recv().is_err(), "another room");
        shard.close(ConnectionId(1));
        shard.adapt(now + Duration::from_secs(4));
        for device in shard.connections.values_mut() {
            device.deliver(&shard.tally);
        }
        assert_eq!(events[1].try_recv(), Ok(Event::Speaker { room, connection: None }));
        shard.close(ConnectionId(2));
        assert!(!shard.speakers.contains_key(&room), "an empty room is forgotten");
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
