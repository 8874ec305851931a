//! A call over loopback UDP: the room decides, the forwarding carries it out, native devices send and receive.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod hostile;
mod layers;
mod loss;
#[path = "support/peer.rs"]
mod peer;
mod threads;

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use parvis::clinical::{AppointmentId, ParticipantId};
use parvis::clock::Clock;
use parvis::port::Port;
use parvis::relay::Rules;
use parvis::room::{ConnectionId, Effect, Input, MediaKind, Publication, PublicationId, Room, Source};
use parvis::secret::Secret;
use parvis::sfu::{Command, Direction, Event, MediaPath, Sfu, SfuSettings, WantedTrack, Watched};
use parvis::tasks::Tasks;
use tokio::sync::mpsc;

use peer::{Device, Way};

const LIMIT: Duration = Duration::from_secs(20);
pub(crate) const BOTH: [Source; 2] = [Source::Microphone, Source::Camera];

/// One room with its devices, run by hand in the test's own thread.
pub(crate) struct Call {
    clock: Clock,
    pub(crate) sfu: Sfu,
    pub(crate) room: Room,
    pub(crate) devices: BTreeMap<ConnectionId, Device>,
    /// Events that tell of trouble.
    pub(crate) trouble: Vec<Event>,
}

fn start() -> Sfu {
    start_with(1)
}

fn start_with(shards: usize) -> Sfu {
    let listen = "127.0.0.1:0".parse().unwrap();
    let settings = SfuSettings { listen, announce: vec![], shards, tcp_port: None };
    Sfu::start(settings, Clock::system()).unwrap()
}

impl Call {
    pub(crate) fn new() -> Self {
        Self::on(start())
    }

    fn on(sfu: Sfu) -> Self {
        let clock = Clock::system();
        let room = Room::new(AppointmentId::new(clock.new_uuid()));
        Self { clock, sfu, room, devices: BTreeMap::new(), trouble: vec![] }
    }

    fn now(&self) -> Instant {
        self.clock.instant()
    }

    /// A device enters and can receive.
    fn enter(&mut self, number: u64) -> ConnectionId {
        let connection = ConnectionId(number);
        let (sender, events) = mpsc::channel(16);
        self.sfu.send(Command::Open { room: self.room.id(), connection, events: sender }).unwrap();
        self.devices.insert(connection, Device::new(connection, &self.sfu, events));
        let participant = ParticipantId::new(self.clock.new_uuid());
        self.input(Input::Enter { connection, participant });
        self.input(Input::SubscriberReady { connection });
        connection
    }

    pub(crate) fn enter_and_publish(&mut self, number: u64, sources: &[Source]) -> ConnectionId {
        let connection = self.enter(number);
        let now = self.now();
        self.device(connection).publish(now, sources);
        connection
    }

    fn leave(&mut self, connection: ConnectionId) {
        self.devices.remove(&connection);
        self.input(Input::Leave { connection });
    }

    fn device(&mut self, connection: ConnectionId) -> &mut Device {
        self.devices.get_mut(&connection).unwrap()
    }

    fn input(&mut self, input: Input) {
        for effect in self.room.handle(self.clock.instant(), input) {
            match effect {
                Effect::Subscribe { connection, publications } => {
                    let wanted = |id: PublicationId| self.room.publication(id).map(WantedTrack::from);
                    let publications = publications.into_iter().filter_map(wanted).collect();
                    self.sfu.send(Command::Subscribe { connection, publications }).unwrap();
                }
                Effect::HoldBack { connection, mids } => {
                    self.sfu.send(Command::HoldBack { connection, mids }).unwrap();
                }
                Effect::Close { connection } => self.sfu.send(Command::Close { connection }).unwrap(),
                Effect::Announce(_) | Effect::WakeAt(_) => {}
            }
        }
    }

    /// One round: events, datagrams, media.
    pub(crate) fn step(&mut self) {
        let now = self.now();
        let mut inputs = vec![];
        for device in self.devices.values_mut() {
            while let Ok(event) = device.events.try_recv() {
                device.take(now, &event);
                match event {
                    Event::PublishAnswer { connection, tracks, .. } => {
                        inputs.push(Input::Published { connection, tracks });
                    }
                    Event::Failed { .. } | Event::PublishRejected { .. } => self.trouble.push(event),
                    _ => {}
                }
            }
            device.pump(now);
        }
        for input in inputs {
            self.input(input);
        }
        std::thread::park_timeout(Duration::from_micros(500));
    }

    /// Runs until something is so.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) -> Duration {
        let began = self.now();
        while !is_so(self) {
            assert!(self.now() - began < LIMIT, "waited too long until {what}: {:?}", self.sfu.counters());
            self.step();
        }
        self.now() - began
    }

    fn run_for(&mut self, time: Duration) {
        let began = self.now();
        self.until("time went by", |call| call.now() - began >= time);
    }

    fn publication(&self, connection: ConnectionId, source: Source) -> Option<PublicationId> {
        let is_it = |track: &&Publication| track.connection == connection && track.source == source;
        self.room.publications().find(is_it).map(|track| track.id)
    }

    /// How many packets of a source of one device another one has received.
    pub(crate) fn received(&self, from: ConnectionId, source: Source, by: ConnectionId) -> usize {
        let publication = self.publication(from, source);
        let received = publication.and_then(|id| self.devices.get(&by)?.received.get(&id));
        received.map_or(0, |received| received.payloads.len())
    }

    /// Everything that was received was sent so, byte for byte, by that device and no other, once.
    #[track_caller]
    fn assert_intact(&self, from: ConnectionId, source: Source, by: ConnectionId) {
        let publication = self.publication(from, source).unwrap();
        let received = &self.devices[&by].received[&publication];
        let sent = &self.devices[&from].sending.iter().find(|sending| sending.source == source).unwrap().sent;
        let mut sequence_numbers: Vec<u16> = received.sequence_numbers.clone();
        sequence_numbers.sort_unstable();
        sequence_numbers.dedup();
        assert_eq!(sequence_numbers.len(), received.sequence_numbers.len(), "a sequence number came twice");
        for payload in &received.payloads {
            assert!(sent.contains(payload), "a payload that was not sent so");
        }
        if source.kind() == MediaKind::Video {
            // Whatever the subscriber gets begins with a key frame.
            let first = received.payloads.first().unwrap();
            assert_eq!(first[0] & 0x10, 0x10);
            assert_eq!(first[4] & 1, 0);
        }
    }
}

#[test]
fn each_of_three_receives_the_other_two() {
    let mut call = Call::new();
    let all = [1, 2, 3].map(|number| call.enter_and_publish(number, &BOTH));
    let pairs: Vec<_> = all.iter().flat_map(|from| all.iter().map(move |by| (*from, *by))).collect();
    call.until("each has 50 packets of each", |call| {
        pairs
            .iter()
            .filter(|(from, by)| from != by)
            .all(|(from, by)| BOTH.iter().all(|source| call.received(*from, *source, *by) >= 50))
    });
    for (from, by) in &pairs {
        for source in BOTH {
            if from == by {
                assert_eq!(call.received(*from, source, *by), 0, "nobody hears himself");
            } else {
                call.assert_intact(*from, source, *by);
            }
        }
    }
    assert_eq!(call.trouble, []);
    let counters = call.sfu.counters();
    assert_eq!((counters.panics, counters.packets_dropped, counters.events_dropped), (0, 0, 0));
}

#[test]
fn a_late_joiner_gets_a_key_frame_at_once() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let early = call.enter(2);
    call.until("the first one sees", |call| call.received(publisher, Source::Camera, early) > 100);
    let asked = call.device(publisher).sending[1].keyframes_asked;
    let late = call.enter(3);
    let waited = call.until("the late one sees", |call| call.received(publisher, Source::Camera, late) > 0);
    assert!(waited < Duration::from_millis(1_500), "{waited:?}");
    assert!(call.device(publisher).sending[1].keyframes_asked > asked, "the publisher was asked");
    call.assert_intact(publisher, Source::Camera, late);
}

#[test]
fn key_frame_requests_are_merged() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &[Source::Camera]);
    let subscribers: Vec<_> = (2..8).map(|number| call.enter(number)).collect();
    let began = call.now();
    call.until("all see", |call| {
        subscribers.iter().all(|by| call.received(publisher, Source::Camera, *by) > 20)
    });
    let passed = call.now() - began;
    let asked = call.device(publisher).sending[0].keyframes_asked;
    let most = passed.as_millis() as u32 / 300 + 2;
    assert!((1..=most).contains(&asked), "asked {asked} times in {passed:?}");
}

#[test]
fn leaving_and_coming_back() {
    let mut call = Call::new();
    let [one, two] = [1, 2].map(|number| call.enter_and_publish(number, &BOTH));
    call.until("both hear", |call| {
        call.received(one, Source::Microphone, two) > 20 && call.received(two, Source::Microphone, one) > 20
    });
    let before = call.publication(two, Source::Microphone).unwrap();
    call.leave(two);
    call.until("the offer has gone through", |call| {
        call.device(one).offers.last().is_some_and(|sdp| sdp.contains("a=inactive"))
    });
    call.run_for(Duration::from_millis(200));
    let heard = call.device(one).received[&before].payloads.len();
    let again = call.enter_and_publish(22, &BOTH);
    call.until("both hear and see again", |call| {
        BOTH.iter()
            .all(|source| call.received(one, *source, again) > 20 && call.received(again, *source, one) > 20)
    });
    for source in BOTH {
        call.assert_intact(one, source, again);
        call.assert_intact(again, source, one);
    }
    assert_eq!(call.device(one).received[&before].payloads.len(), heard, "nothing more of who left");
    // The sections of who left are used again.
    let sections = call.device(one).offers.last().unwrap().matches("\r\nm=").count();
    assert_eq!(sections, 2);
    assert_eq!(call.trouble, []);
}

#[test]
fn sound_goes_on_while_others_join_and_tracks_are_added() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let listener = call.enter(2);
    call.until("sound", |call| call.received(publisher, Source::Microphone, listener) > 20);
    let now = call.now();
    call.device(publisher).publish(now, &[Source::Screen]); // a new offer of the publisher
    call.until("the screen is seen", |call| call.received(publisher, Source::Screen, listener) > 20);
    let third = call.enter_and_publish(3, &BOTH); // a new offer to the listener
    call.until("the third is seen", |call| call.received(third, Source::Camera, listener) > 20);
    call.leave(third);
    let now = call.now();
    call.device(publisher).offer(now); // and one that changes nothing
    call.run_for(Duration::from_millis(600));
    let id = call.publication(publisher, Source::Microphone).unwrap();
    let listened = &call.devices[&listener].received[&id];
    // 20 ms a packet; a pause of 200 ms would be heard.
    assert!(listened.longest_gap < Duration::from_millis(200), "silence of {:?}", listened.longest_gap);
    assert!(call.now() - listened.last_at.unwrap() < Duration::from_millis(200), "sound has stopped");
    let sent = call.devices[&publisher].sending[0].sent.len();
    assert!(sent - listened.payloads.len() < 30, "{} of {sent}", listened.payloads.len());
    for source in [Source::Microphone, Source::Camera, Source::Screen] {
        call.assert_intact(publisher, source, listener);
    }
    assert_eq!(call.trouble, []);
}

#[test]
fn a_publisher_of_layers_is_seen_after_its_own_new_offer() {
    let mut call = Call::new();
    let publisher = call.enter(1);
    let now = call.now();
    call.device(publisher).publish_layers(now, &BOTH, &["l", "h"]);
    let subscriber = call.enter(2);
    call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 60);
    let now = call.now();
    call.device(publisher).publish(now, &[Source::Screen]);
    call.until("the screen", |call| call.received(publisher, Source::Screen, subscriber) > 20);
    let before = call.received(publisher, Source::Camera, subscriber);
    call.run_for(Duration::from_millis(500));
    assert!(call.received(publisher, Source::Camera, subscriber) > before + 30, "the camera has gone dark");
    call.assert_intact(publisher, Source::Camera, subscriber);
}

#[test]
fn a_paused_track_ends_and_comes_back() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let subscriber = call.enter(2);
    call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 20);
    let first = call.publication(publisher, Source::Camera);
    let now = call.now();
    call.device(publisher).pause(now, Source::Camera, true);
    call.until("the camera is off", |call| call.publication(publisher, Source::Camera).is_none());
    let now = call.now();
    call.device(publisher).pause(now, Source::Camera, false);
    call.until("a picture again", |call| call.received(publisher, Source::Camera, subscriber) > 20);
    assert_ne!(call.publication(publisher, Source::Camera), first, "another publication");
    call.assert_intact(publisher, Source::Camera, subscriber);
    let id = call.publication(publisher, Source::Microphone).unwrap();
    let gap = call.devices[&subscriber].received[&id].longest_gap;
    assert!(gap < Duration::from_millis(200), "silence of {gap:?}");
    assert_eq!(call.trouble, []);
}

#[test]
fn who_was_muted_by_staff_and_sends_on_is_not_heard_until_he_says_so() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let subscriber = call.enter(2);
    call.until("sound and picture", |call| {
        BOTH.iter().all(|source| call.received(publisher, *source, subscriber) > 20)
    });
    for source in BOTH {
        let publication = call.publication(publisher, source).unwrap();
        let none = call.sfu.counters().packets_held;
        call.input(Input::HeldBack { publication });
        call.until("it is held back", |call| call.sfu.counters().packets_held > none);
        call.run_for(Duration::from_millis(100)); // what was on its way
        let before = call.received(publisher, source, subscriber);
        let held = call.sfu.counters().packets_held;
        // Neither time nor a new offer of the publisher changes that.
        let now = call.now();
        call.device(publisher).offer(now);
        call.until("a second of it", |call| call.sfu.counters().packets_held > held + 50);
        assert_eq!(call.received(publisher, source, subscriber), before, "{source:?}");
        let other = BOTH.into_iter().find(|other| *other != source).unwrap();
        let others = call.received(publisher, other, subscriber);
        call.until("the other one goes on", |call| call.received(publisher, other, subscriber) > others + 20);
        call.input(Input::Muted { connection: publisher, publication, is_muted: false });
        call.until("it is there again", |call| call.received(publisher, source, subscriber) > before + 20);
        call.run_for(Duration::from_millis(100));
        let received = &call.devices[&subscriber].received[&publication];
        let sending = call.devices[&publisher].sending.iter().find(|sending| sending.source == source);
        // The number of a picture follows the one before it as well; it is in the first four bytes.
        let contents = |payload: &[u8]| payload[if source == Source::Camera { 4 } else { 0 }..].to_vec();
        let sent: HashSet<_> = sending.unwrap().sent.iter().map(|payload| contents(payload)).collect();
        assert!(received.payloads.iter().all(|payload| sent.contains(&contents(payload))), "{source:?}");
        // No sequence number is missing: nobody takes it for a loss.
        let first = received.sequence_numbers[0];
        let mut numbers: Vec<u16> =
            received.sequence_numbers.iter().map(|number| number.wrapping_sub(first)).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..numbers.len() as u16).collect::<Vec<_>>(), "{source:?}");
    }
    assert_eq!(call.trouble, []);
}

#[test]
fn a_connection_whose_consultation_is_gone_is_closed() {
    let mut call = Call::new();
    let [one, two, three] = [1, 2, 3].map(|number| call.enter_and_publish(number, &BOTH));
    call.until("all see", |call| {
        [(one, two), (two, three), (three, one)]
            .iter()
            .all(|(from, by)| call.received(*from, Source::Camera, *by) > 20)
    });
    // The receiver of its events goes away, as with a task that panicked; nobody sends Close.
    let (_, events) = mpsc::channel(1);
    call.device(three).events = events;
    call.until("the device sees the end of both", |call| {
        let device = &call.devices[&three];
        [&device.publish, &device.subscribe].iter().all(|leg| !leg.as_ref().unwrap().is_connected)
    });
    let counters = call.sfu.counters();
    assert_eq!((counters.connections_closed, counters.connections_orphaned), (1, 1));
    let before = call.received(one, Source::Camera, two);
    call.until("the others go on", |call| call.received(one, Source::Camera, two) > before + 20);
    assert_eq!(call.trouble, []);
}

#[test]
fn an_offer_is_repeated_to_a_device_that_comes_back() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let away = call.enter(2);
    call.device(away).does_answer = false;
    call.until("an offer", |call| !call.device(away).offers.is_empty());
    let (sender, events) = mpsc::channel(16);
    let _before = std::mem::replace(&mut call.device(away).events, events);
    call.device(away).does_answer = true;
    call.sfu.send(Command::Open { room: call.room.id(), connection: away, events: sender }).unwrap();
    call.until("a picture", |call| call.received(publisher, Source::Camera, away) > 20);
}

#[test]
fn media_do_not_cross_rooms() {
    let sfu = start();
    let mut call = Call::on(sfu.clone());
    let mut other = Call::on(sfu);
    let publisher = call.enter_and_publish(1, &BOTH);
    call.until("published", |call| call.publication(publisher, Source::Camera).is_some());
    let stranger = other.enter(2);
    let id = call.publication(publisher, Source::Camera).unwrap();
    let publications = vec![WantedTrack::from(call.room.publication(id).unwrap())];
    other.sfu.send(Command::Subscribe { connection: stranger, publications }).unwrap();
    // A track of the own room arrives, so the command was carried out.
    let neighbour = other.enter_and_publish(3, &BOTH);
    other.until("the own room is seen", |other| {
        call.step();
        other.received(neighbour, Source::Camera, stranger) > 20
    });
    let sections = other.device(stranger).offers.iter().map(|sdp| sdp.matches("\r\nm=").count()).max();
    assert_eq!(sections, Some(2), "microphone and camera of the neighbour, nothing else");
}

#[test]
fn a_restart_of_ice_keeps_the_media() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let subscriber = call.enter(2);
    let pairs = BOTH.map(|source| (publisher, source, subscriber));
    let received = |call: &Call| pairs.map(|(from, source, by)| call.received(from, source, by));
    call.until("sound and picture", |call| received(call).iter().all(|count| *count > 20));
    let names = |sdp: &str| sdp.lines().rfind(|line| line.starts_with("a=ice-ufrag:")).map(str::to_owned);
    let answered = |call: &mut Call| names(&call.device(publisher).answers.last().unwrap().clone());
    for _ in 0..2 {
        let before = received(&call);
        let (answer, offers) = (answered(&mut call), call.device(subscriber).offers.clone());
        let now = call.now();
        call.device(publisher).restart(now);
        call.sfu.send(Command::RestartSubscribe { connection: subscriber }).unwrap();
        call.until("both are agreed anew, and media go on", |call| {
            let offer = call.device(subscriber).offers.last().unwrap().clone();
            answered(call) != answer
                && names(&offer) != names(offers.last().unwrap())
                && received(call).iter().zip(before).all(|(after, before)| *after > before + 50)
        });
    }
    for (from, source, by) in pairs {
        call.assert_intact(from, source, by);
    }
    assert_eq!(call.trouble, []);
}
