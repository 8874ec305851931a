//! The machines of the room, with virtual time and random inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use uuid::Uuid;

use super::vp8::Descriptor;
use super::*;
use crate::clinical::{AppointmentId, ParticipantId};

fn epoch() -> Instant {
    crate::clock::Clock::system().instant()
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn participant(number: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(number))
}

fn room() -> Room {
    Room::new(AppointmentId::new(Uuid::from_u128(1)))
}

fn track(mid: &str, source: Source) -> PublishedTrack {
    PublishedTrack { mid: mid.to_owned(), kind: source.kind(), source }
}

fn both() -> Vec<PublishedTrack> {
    vec![track("0", Source::Microphone), track("1", Source::Camera)]
}

fn subscribed(effects: &Effects) -> Vec<(u64, Vec<u32>)> {
    let subscribe = |effect: &Effect| match effect {
        Effect::Subscribe { connection, publications } => {
            Some((connection.0, publications.iter().map(|id| id.0).collect()))
        }
        _ => None,
    };
    effects.iter().filter_map(subscribe).collect()
}

fn enter(room: &mut Room, now: Instant, number: u64) -> Vec<(u64, Vec<u32>)> {
    let connection = ConnectionId(number);
    let entered = room.handle(now, Input::Enter { connection, participant: participant(number.into()) });
    assert!(entered.iter().any(|effect| matches!(effect, Effect::Announce(Change::Entered { .. }))));
    subscribed(&room.handle(now, Input::SubscriberReady { connection }))
}

/// Two devices; sound and picture of the first, and the name of its sound.
fn two_of_whom_one_publishes() -> (Room, Instant, ConnectionId, PublicationId) {
    let (mut room, now) = (room(), epoch());
    let connection = ConnectionId(1);
    enter(&mut room, now, 1);
    enter(&mut room, now, 2);
    let _ = room.handle(now, Input::Published { connection, tracks: both() });
    (room, now, connection, PublicationId(1))
}

#[test]
fn each_receives_the_others() {
    let (mut room, now) = (room(), epoch());
    assert_eq!(enter(&mut room, now, 1), []);
    let published = room.handle(now, Input::Published { connection: ConnectionId(1), tracks: both() });
    assert_eq!(subscribed(&published), []);
    assert_eq!(enter(&mut room, now, 2), [(2, vec![1, 2])]);
    let published = room.handle(now, Input::Published { connection: ConnectionId(2), tracks: both() });
    assert_eq!(subscribed(&published), [(1, vec![3, 4])]);
    let left = room.handle(now, Input::Leave { connection: ConnectionId(1) });
    assert_eq!(subscribed(&left), [(2, vec![])]);
    assert!(left.iter().any(|effect| *effect == Effect::Close { connection: ConnectionId(1) }));
}

#[test]
fn a_track_that_goes_on_keeps_its_name() {
    let (mut room, now) = (room(), epoch());
    let connection = ConnectionId(1);
    enter(&mut room, now, 1);
    enter(&mut room, now, 2);
    let _ = room.handle(now, Input::Published { connection, tracks: both() });
    let tracks = vec![track("1", Source::Camera), track("2", Source::Screen)];
    let effects = room.handle(now, Input::Published { connection, tracks });
    assert_eq!(subscribed(&effects), [(2, vec![2, 3])]);
    let ended = Change::Unpublished { publication: PublicationId(1), connection };
    assert!(effects.iter().any(|effect| *effect == Effect::Announce(ended.clone())));
    // The same media section with another source is another publication.
    let tracks = vec![track("1", Source::Screen), track("2", Source::Screen)];
    let effects = room.handle(now, Input::Published { connection, tracks });
    assert_eq!(subscribed(&effects), [(2, vec![3, 4])]);
}

#[test]
fn only_the_publisher_mutes() {
    let (mut room, now, connection, publication) = two_of_whom_one_publishes();
    let other = Input::Muted { connection: ConnectionId(2), publication, is_muted: true };
    assert!(room.handle(now, other).is_empty());
    let own = Input::Muted { connection, publication, is_muted: true };
    let effects = room.handle(now, own.clone());
    let muted = Effect::Announce(Change::Muted { publication, is_muted: true });
    assert_eq!(effects.into_iter().collect::<Vec<_>>(), [muted]);
    assert!(room.handle(now, own).is_empty(), "nothing changed");
}

#[test]
fn who_was_muted_by_staff_is_heard_again_when_he_says_so_himself() {
    let (mut room, now, connection, publication) = two_of_whom_one_publishes();
    let muted = |is_muted| Effect::Announce(Change::Muted { publication, is_muted });
    let holds = |mids: &[&str]| {
        let mids = mids.iter().map(|mid| (*mid).to_owned()).collect();
        Effect::HoldBack { connection, mids }
    };
    let all = |effects: Effects| effects.into_iter().collect::<Vec<_>>();
    let hold = Input::HeldBack { publication };
    assert_eq!(all(room.handle(now, hold.clone())), [muted(true), holds(&["0"])]);
    assert_eq!(room.held(connection), ["0"]);
    assert_eq!(all(room.handle(now, hold.clone())), [], "nothing changed");
    for (other, is_muted) in [(2, false), (1, true)] {
        let said = Input::Muted { connection: ConnectionId(other), publication, is_muted };
        assert_eq!(all(room.handle(now, said)), [], "neither another, nor the client that obeys");
    }
    let same = Input::Published { connection, tracks: both() };
    assert_eq!(all(room.handle(now, same)), [], "nor an offer that changes nothing");
    let on = Input::Muted { connection, publication, is_muted: false };
    assert_eq!(all(room.handle(now, on)), [muted(false), holds(&[])]);
    let _ = room.handle(now, hold);
    let ended = all(room.handle(now, Input::Published { connection, tracks: vec![] }));
    assert!(ended.contains(&holds(&[])), "what ended is not held: {ended:?}");
}

#[test]
fn a_second_device_of_a_person_gives_its_picture_only() {
    let (mut room, now) = (room(), epoch());
    for connection in [ConnectionId(1), ConnectionId(2)] {
        let _ = room.handle(now, Input::Enter { connection, participant: participant(7) });
        let _ = room.handle(now, Input::SubscriberReady { connection });
    }
    let effects = room.handle(now, Input::Published { connection: ConnectionId(1), tracks: both() });
    assert_eq!(subscribed(&effects), [(2, vec![2])]);
}

#[test]
fn a_lost_device_has_a_minute_to_come_back() {
    let (mut room, now) = (room(), epoch());
    let connection = ConnectionId(1);
    enter(&mut room, now, 1);
    let _ = room.handle(now, Input::Published { connection, tracks: both() });
    enter(&mut room, now, 2);
    let lost = room.handle(now, Input::Lost { connection });
    assert!(lost.iter().any(|effect| *effect == Effect::WakeAt(now + GRACE)));
    assert_eq!(subscribed(&lost), [], "media go on");
    let back = room.handle(now + GRACE / 2, Input::Resumed { connection });
    let resumed = Effect::Announce(Change::Resumed { connection });
    assert_eq!(back.into_iter().collect::<Vec<_>>(), [resumed]);
    let _ = room.handle(now + GRACE, Input::Lost { connection });
    let early = room.handle(now + GRACE * 2 - ms(1), Input::Tick);
    assert_eq!(early.into_iter().collect::<Vec<_>>(), [Effect::WakeAt(now + GRACE * 2)]);
    let gone = room.handle(now + GRACE * 2, Input::Tick);
    assert_eq!(subscribed(&gone), [(2, vec![])]);
    assert!(gone.iter().any(|effect| *effect == Effect::Close { connection }));
    assert_eq!(room.connections().count(), 1);
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        Just(Source::Microphone),
        Just(Source::Camera),
        Just(Source::SecondCamera),
        Just(Source::Screen)
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let connection = || (0_u64..5).prop_map(ConnectionId);
    let tracks = proptest::collection::btree_map(0_u8..4, source(), 0..4).prop_map(|tracks| {
        tracks.into_iter().map(|(mid, source)| track(&mid.to_string(), source)).collect::<Vec<_>>()
    });
    prop_oneof![
        3 => (connection(), 0_u128..3).prop_map(|(connection, person)| Input::Enter {
            connection,
            participant: participant(person),
        }),
        1 => connection().prop_map(|connection| Input::Leave { connection }),
        1 => connection().prop_map(|connection| Input::Lost { connection }),
        1 => connection().prop_map(|connection| Input::Resumed { connection }),
        3 => (connection(), tracks).prop_map(|(connection, tracks)| Input::Published { connection, tracks }),
        1 => (connection(), 1_u32..20, any::<bool>()).prop_map(|(connection, id, is_muted)| Input::Muted {
            connection,
            publication: PublicationId(id),
            is_muted,
        }),
        1 => (1_u32..20).prop_map(|id| Input::HeldBack { publication: PublicationId(id) }),
        2 => connection().prop_map(|connection| Input::SubscriberReady { connection }),
        1 => Just(Input::Tick),
    ]
}

proptest! {
    /// Whatever happens: everybody who is ready receives exactly what others in the room publish, nothing of his
    /// own, nothing of who left; and the effects alone are enough to know it.
    #[test]
    fn subscriptions_follow_the_room(inputs in proptest::collection::vec((input(), 0_u64..30_000), 1..80)) {
        let (mut room, mut now) = (room(), epoch());
        let mut told: BTreeMap<ConnectionId, Vec<PublicationId>> = BTreeMap::new();
        let mut published: BTreeMap<PublicationId, Publication> = BTreeMap::new();
        let mut present: BTreeMap<ConnectionId, ParticipantId> = BTreeMap::new();
        let mut used = BTreeSet::new();
        for (input, passed_ms) in inputs {
            now += ms(passed_ms);
            for effect in room.handle(now, input) {
                match effect {
                    Effect::Subscribe { connection, publications } => {
                        prop_assert!(present.contains_key(&connection));
                        prop_assert!(publications.is_sorted());
                        told.insert(connection, publications);
                    }
                    Effect::Close { connection } => { told.remove(&connection); }
                    Effect::Announce(Change::Entered { connection, participant }) => {
                        prop_assert!(present.insert(connection, participant).is_none());
                    }
                    Effect::Announce(Change::Left { connection, .. }) => {
                        prop_assert!(present.remove(&connection).is_some());
                    }
                    Effect::Announce(Change::Published(track)) => {
                        prop_assert!(used.insert(track.id), "a name is used once");
                        published.insert(track.id, track);
                    }
                    Effect::Announce(Change::Unpublished { publication, connection }) => {
                        let ended = published.remove(&publication);
                        prop_assert_eq!(ended.map(|track| track.connection), Some(connection));
                    }
                    Effect::HoldBack { connection, mids } => {
                        prop_assert!(present.contains_key(&connection));
                        prop_assert_eq!(room.held(connection), mids.as_slice());
                    }
                    Effect::Announce(_) => {}
                    Effect::WakeAt(at) => prop_assert!(at > now, "never in the past: it would spin"),
                }
            }
            let there: BTreeMap<_, _> = room.connections().collect();
            prop_assert_eq!(&there, &present);
            prop_assert_eq!(
                room.publications().map(|track| track.id).collect::<Vec<_>>(),
                published.keys().copied().collect::<Vec<_>>()
            );
            for (connection, publications) in &told {
                prop_assert_eq!(room.subscriptions(*connection), publications.as_slice());
                for id in publications {
                    let track = published.get(id);
                    let is_of_another = track.is_some_and(|track| {
                        track.connection != *connection && present.contains_key(&track.connection)
                    });
                    prop_assert!(is_of_another);
                }
            }
            for connection in present.keys() {
                let known = told.get(connection).map_or(&[][..], Vec::as_slice);
                prop_assert_eq!(known, room.subscriptions(*connection), "effects tell all");
            }
        }
    }
}

// ---- Forwarder

fn header(ssrc: u32, sequence_number: u16, timestamp: u32, arrived_at: Instant) -> Header {
    Header { ssrc, sequence_number, timestamp, arrived_at, is_keyframe_start: false, descriptor: None }
}

fn key(header: Header) -> Header {
    Header { is_keyframe_start: true, ..header }
}

#[test]
fn video_begins_with_a_key_frame() {
    let now = epoch();
    let mut forwarder = Forwarder::new(MediaKind::Video, 100);
    assert_eq!(forwarder.rewrite(&header(1, 10, 0, now)), None);
    assert!(forwarder.is_waiting());
    let first = forwarder.rewrite(&key(header(1, 12, 3_000, now))).unwrap();
    assert_eq!((first.sequence_number, first.timestamp), (100, 3_000));
    assert!(!forwarder.is_waiting());
    assert_eq!(forwarder.rewrite(&header(1, 11, 0, now)), None, "from before the key frame");
    assert_eq!(forwarder.rewrite(&header(1, 14, 3_000, now)).unwrap().sequence_number, 102);
    assert_eq!(forwarder.rewrite(&header(1, 13, 3_000, now)).unwrap().sequence_number, 101, "late");
}

#[test]
fn packets_that_were_kept_back_leave_no_hole() {
    let now = epoch();
    let mut forwarder = Forwarder::new(MediaKind::Audio, 100);
    assert_eq!(forwarder.rewrite(&header(1, 10, 0, now)).unwrap().sequence_number, 100);
    forwarder.rejoin();
    assert_eq!(forwarder.origin(100), None, "nothing of before is asked for again");
    let later = forwarder.rewrite(&header(1, 60, 48_000, now + ms(1_000))).unwrap();
    assert_eq!((later.sequence_number, later.timestamp), (101, 48_000));
    let mut forwarder = Forwarder::new(MediaKind::Video, 100);
    forwarder.rewrite(&key(header(1, 10, 0, now))).unwrap();
    forwarder.rejoin();
    assert_eq!(forwarder.rewrite(&header(1, 60, 9_000, now)), None, "a picture begins with a key frame");
    assert!(forwarder.is_waiting());
}

#[test]
fn sound_begins_at_once() {
    let mut forwarder = Forwarder::new(MediaKind::Audio, 7);
    assert_eq!(forwarder.rewrite(&header(1, 65_535, 0, epoch())).unwrap().sequence_number, 7);
    assert_eq!(forwarder.rewrite(&header(1, 0, 960, epoch())).unwrap().sequence_number, 8);
    assert!(!forwarder.is_waiting());
}

#[test]
fn another_layer_goes_on_where_the_first_stopped() {
    let now = epoch();
    let mut payload = vec![0x90, 0xc0, 0x80, 5, 9, 0x10];
    let descriptor = Descriptor::parse(&payload);
    let with = |header: Header| Header { descriptor, ..header };
    let mut forwarder = Forwarder::new(MediaKind::Video, 1);
    let first = forwarder.rewrite(&with(key(header(1, 500, 9_000, now)))).unwrap();
    assert_eq!(first.picture_ids, Some((5, 9)));
    forwarder.select(2);
    assert!(forwarder.is_waiting());
    assert!(forwarder.rewrite(&with(header(2, 40_000, 77, now))).is_none());
    assert_eq!(forwarder.rewrite(&with(header(1, 501, 9_000, now))).unwrap().sequence_number, 2);
    let switched = forwarder.rewrite(&with(key(header(2, 40_001, 77, now + ms(100))))).unwrap();
    assert_eq!(switched.sequence_number, 3);
    assert_eq!(switched.timestamp, 9_000 + 9_000, "100 ms at 90 kHz");
    assert_eq!(switched.picture_ids, Some((6, 10)));
    assert_eq!(forwarder.rewrite(&with(header(1, 502, 9_000, now))), None, "the old layer is over");
    assert_eq!(forwarder.origin(3), Some((2, 40_001)));
    assert_eq!(forwarder.origin(2), None, "the old layer's history is not asked");
    assert_eq!(forwarder.timestamp_offset(2), Some(18_000 - 77));
    assert_eq!(forwarder.timestamp_offset(1), None);
    descriptor.unwrap().write(&mut payload, 6, 10);
    assert_eq!(payload, [0x90, 0xc0, 0x80, 6, 10, 0x10]);
}

proptest! {
    /// Layers change at random, packets are lost and come late: what goes out never has a sequence number twice,
    /// grows strictly where the layer's own grew, and a retransmission is what went out first.
    #[test]
    fn what_goes_out_is_one_stream(
        start in any::<[u16; 3]>(), first in 0_u16..0x8000,
        steps in proptest::collection::vec((0_usize..3, 1_u16..4, 0_u8..8, 0_usize..3), 1..300),
    ) {
        let now = epoch();
        let mut forwarder = Forwarder::new(MediaKind::Video, first);
        let mut next = start;
        let mut late: Vec<Header> = Vec::new();
        let mut sent: BTreeMap<i64, (Header, Rewrite)> = BTreeMap::new();
        let mut newest: Option<i64> = None;
        for (count, (layer, step, chance, wanted)) in steps.into_iter().enumerate() {
            let at = now + ms(count as u64 * 10);
            next[layer] = next[layer].wrapping_add(step);
            let mut packet = header(layer as u32, next[layer], count as u32 * 900, at);
            packet.is_keyframe_start = chance == 0;
            if chance == 1 {
                forwarder.select(wanted as u32);
            }
            let packets = if chance == 2 {
                late.push(packet);
                vec![]
            } else if chance == 3 {
                let mut packets = std::mem::take(&mut late);
                packets.push(packet);
                packets
            } else {
                vec![packet]
            };
            for packet in packets {
                let before = forwarder.current();
                let Some(rewrite) = forwarder.rewrite(&packet) else { continue };
                prop_assert!(before == Some(packet.ssrc) || packet.is_keyframe_start, "begins with a key frame");
                let known = newest.unwrap_or(i64::from(first));
                let index = known + i64::from(rewrite.sequence_number.wrapping_sub(known as u16) as i16);
                prop_assert!(sent.insert(index, (packet, rewrite)).is_none(), "a sequence number twice");
                if before != Some(packet.ssrc) {
                    prop_assert!(newest.is_none_or(|newest| index == newest + 1), "no hole at a change");
                }
                newest = Some(newest.map_or(index, |newest| newest.max(index)));
            }
        }
        // In the order of what went out, packets of one layer are in the order of that layer.
        for ((_, (a, _)), (_, (b, _))) in sent.iter().zip(sent.iter().skip(1)) {
            if a.ssrc == b.ssrc {
                prop_assert!((b.sequence_number.wrapping_sub(a.sequence_number) as i16) > 0);
            }
        }
        for (_, (packet, rewrite)) in sent.iter().rev().take(100) {
            if let Some((ssrc, origin)) = forwarder.origin(rewrite.sequence_number) {
                prop_assert_eq!((ssrc, origin), (packet.ssrc, packet.sequence_number));
                prop_assert_eq!(forwarder.rewrite_again(packet), Some(*rewrite));
            }
        }
    }
}

// ---- KeyframeRequests

#[test]
fn requests_are_merged_and_deferred() {
    let now = epoch();
    let mut requests = KeyframeRequests::default();
    assert_eq!(requests.deadline(), None);
    assert!(requests.request(now));
    assert!(!requests.request(now + ms(10)), "merged");
    assert!(!requests.request(now + ms(20)));
    assert_eq!(requests.deadline(), Some(now + ms(320)));
    assert!(!requests.poll(now + ms(319)));
    assert!(requests.poll(now + ms(320)), "deferred, not lost");
    assert!(!requests.poll(now + ms(321)));
    requests.answered();
    assert_eq!(requests.deadline(), None);
    assert!(!requests.request(now + ms(400)), "again within the interval");
    requests.answered();
    assert!(!requests.poll(now + ms(900)), "a key frame answered it meanwhile");
}

#[test]
fn an_unanswered_request_is_repeated_less_and_less() {
    let now = epoch();
    let mut requests = KeyframeRequests::default();
    let mut sent = vec![];
    for at in 0..20_000 {
        let is_sent = if at == 0 { requests.request(now) } else { requests.poll(now + ms(at)) };
        if is_sent {
            sent.push(at);
        }
    }
    assert_eq!(sent, [0, 400, 1_200, 2_800, 6_000, 10_800, 15_600]);
}

proptest! {
    #[test]
    fn no_two_requests_are_closer_than_the_interval(
        steps in proptest::collection::vec((0_u64..400, 0_u8..4), 1..200),
    ) {
        let mut now = epoch();
        let mut requests = KeyframeRequests::default();
        let mut last: Option<Instant> = None;
        for (passed_ms, action) in steps {
            now += ms(passed_ms);
            let is_sent = match action {
                0 | 1 => requests.request(now),
                2 => requests.poll(now),
                _ => { requests.answered(); false }
            };
            if is_sent {
                prop_assert!(last.is_none_or(|last| now - last >= ms(320)));
                last = Some(now);
            } else if action < 2 {
                // Whoever asked and was not served at once is served by the deadline.
                let at = requests.deadline();
                prop_assert!(at.is_some_and(|at| at <= now + ms(320)));
                prop_assert!(requests.clone().poll(now + ms(320)));
            }
        }
    }
}

// ---- MissingPackets

#[test]
fn a_hole_is_asked_for_a_few_times() {
    let now = epoch();
    let mut missing = MissingPackets::default();
    assert!(missing.arrived(now, 65_534, false));
    assert!(missing.arrived(now, 2, false)); // 65535, 0 and 1 are missing
    assert!(missing.poll(now + ms(10)).is_empty(), "perhaps they are only late");
    assert!(missing.arrived(now + ms(12), 0, false));
    assert_eq!(missing.poll(now + ms(15)), [65_535, 1]);
    assert!(missing.poll(now + ms(16)).is_empty());
    assert!(missing.arrived(now + ms(40), 65_535, false));
    let mut asked = 1;
    let mut at = 15;
    while let Some(due) = missing.deadline() {
        at += 1;
        if due <= now + ms(at) {
            asked += missing.poll(now + ms(at)).len();
        }
    }
    assert_eq!(asked, 6);
}

/// Loses one packet after the other, each answered after a round trip; gives the time between the first two requests for
/// the last one.
fn repeat_after(round_trips: &[u64]) -> Duration {
    let mut missing = MissingPackets::default();
    let mut now = epoch();
    let mut repeat = Duration::ZERO;
    for (at, round_trip) in round_trips.iter().chain([&1_000]).enumerate() {
        let lost = 2 * at as u16;
        missing.arrived(now, lost.wrapping_sub(1), false);
        missing.arrived(now, lost + 1, false);
        let asked_at = missing.deadline().unwrap();
        assert_eq!(missing.poll(asked_at), [lost]);
        repeat = missing.deadline().unwrap() - asked_at;
        let answered_at = asked_at + ms(*round_trip);
        while missing.deadline().is_some_and(|at| at < answered_at) {
            let at = missing.deadline().unwrap();
            let _ = missing.poll(at);
        }
        missing.arrived(answered_at, lost, true);
        now = answered_at;
    }
    repeat
}

#[test]
fn a_packet_is_asked_for_again_after_one_and_a_half_round_trips() {
    assert_eq!(repeat_after(&[]), ms(80), "nothing is known");
    assert_eq!(repeat_after(&[100]), ms(150));
    assert_eq!(repeat_after(&[2]), ms(30), "not more often");
    assert_eq!(repeat_after(&[400]), ms(250), "nor more seldom; that it was asked for twice changes nothing");
    assert_eq!(repeat_after(&[40, 130, 90]), ms(60), "the shortest: others had a request that was lost");
    assert_eq!(repeat_after(&[40, 100, 100, 100, 100, 100, 100, 100, 100]), ms(150), "of the last eight");
}

#[test]
fn a_packet_that_was_only_late_tells_no_round_trip() {
    let now = epoch();
    let mut missing = MissingPackets::default();
    missing.arrived(now, 1, false);
    missing.arrived(now, 3, false);
    assert_eq!(missing.poll(now + ms(15)), [2]);
    missing.arrived(now + ms(16), 2, false);
    missing.arrived(now + ms(20), 5, false);
    assert_eq!(missing.poll(now + ms(35)), [4]);
    assert_eq!(missing.deadline(), Some(now + ms(35 + 80)));
}

#[test]
fn a_large_hole_is_not_repaired() {
    let now = epoch();
    let mut missing = MissingPackets::default();
    assert!(missing.arrived(now, 0, false));
    assert!(!missing.arrived(now, 1_000, false));
    assert_eq!(missing.deadline(), None);
    for sequence_number in (1_002..3_000).step_by(2) {
        missing.arrived(now, sequence_number, false);
        assert!(missing.poll(now + ms(100)).len() <= 256);
    }
}

// ---- PacketHistory and ReplayWindow

proptest! {
    #[test]
    fn history_is_bounded_and_true(
        capacity in 1_u16..200, start in any::<u16>(),
        steps in proptest::collection::vec(-5_i32..40, 1..300),
    ) {
        let mut history = PacketHistory::new(capacity);
        prop_assert!(history.is_empty());
        let mut all = BTreeMap::new();
        let mut at = i64::from(start);
        let mut newest = None;
        for step in steps {
            at += i64::from(step);
            history.insert(at as u16, at);
            all.insert(at, ());
            newest = Some(newest.map_or(at, |newest: i64| newest.max(at)));
            prop_assert!(history.len() <= history.capacity());
            prop_assert!(history.capacity() < usize::from(capacity) * 2);
        }
        let newest = newest.unwrap();
        for back in 0..(history.capacity() as i64 + 50) {
            let wanted = newest - back;
            let kept = history.get(wanted as u16);
            if back >= history.capacity() as i64 {
                prop_assert_eq!(kept, None);
            } else if let Some(kept) = kept {
                prop_assert_eq!(*kept, wanted);
            } else {
                prop_assert!(!all.contains_key(&wanted));
            }
        }
    }

    #[test]
    fn each_sequence_number_is_accepted_once(
        start in any::<u16>(), steps in proptest::collection::vec(-1_200_i64..1_300, 1..400),
    ) {
        let mut window = ReplayWindow::default();
        let mut seen = BTreeSet::new();
        let mut newest = None;
        for step in steps {
            let at = newest.unwrap_or(i64::from(start)) + step;
            let is_accepted = window.accept(at as u16);
            let is_new = !seen.contains(&at);
            let is_recent = newest.is_none_or(|newest| newest - at < 1_024);
            prop_assert_eq!(is_accepted, is_new && is_recent);
            if is_accepted {
                seen.insert(at);
                newest = Some(newest.map_or(at, |newest: i64| newest.max(at)));
            }
        }
    }
}

// ---- VP8

#[test]
fn descriptors_are_read_as_rfc_7741_draws_them() {
    let plain = Descriptor::parse(&[0x10, 0x00]).unwrap();
    assert_eq!((plain.length, plain.is_frame_start, plain.picture_id), (1, true, None));
    assert!(plain.is_keyframe_start(&[0x10, 0x00]));
    assert!(!plain.is_keyframe_start(&[0x10, 0x01]));
    assert!(!plain.is_keyframe_start(&[0x10]), "nothing of the frame is there");
    let later_partition = Descriptor::parse(&[0x11, 0x00]).unwrap();
    assert!(!later_partition.is_frame_start);
    let reserved_bit = Descriptor::parse(&[0x18, 0x00]).unwrap();
    assert!(reserved_bit.is_frame_start, "bits that are reserved are ignored");
    let short = Descriptor::parse(&[0x90, 0x80, 0x7f, 0x00]).unwrap();
    let field = short.picture_id.unwrap();
    assert_eq!((short.length, field.offset, field.is_long, field.value), (3, 2, false, 0x7f));
    let full = Descriptor::parse(&[0x90, 0xf0, 0x81, 0x02, 0x33, 0x60, 0x00]).unwrap();
    assert_eq!(full.length, 6);
    assert_eq!(full.picture_id.unwrap().value, 0x102);
    assert_eq!(full.tl0_picture_index.unwrap().value, 0x33);
    assert_eq!(full.temporal_id, Some(1));
    for whole in [&[0x90, 0xf0, 0x81, 0x02, 0x33, 0x60][..], &[0x90, 0x80, 0x7f], &[0x90, 0x20, 0]] {
        for length in 0..whole.len() {
            assert_eq!(Descriptor::parse(&whole[..length]), None, "cut after {length}");
        }
    }
}

proptest! {
    #[test]
    fn writing_a_descriptor_changes_its_fields_only(
        mut payload in proptest::collection::vec(any::<u8>(), 0..20), picture_id in 0_u16..0x8000, tl0 in any::<u8>(),
    ) {
        let Some(descriptor) = Descriptor::parse(&payload) else { return Ok(()) };
        prop_assert!(descriptor.length <= payload.len());
        let before = payload.clone();
        descriptor.write(&mut payload, picture_id, tl0);
        prop_assert_eq!(&before[descriptor.length..], &payload[descriptor.length..]);
        let after = Descriptor::parse(&payload).unwrap();
        prop_assert_eq!(after.length, descriptor.length);
        if let Some(field) = after.picture_id {
            prop_assert_eq!(field.value, if field.is_long { picture_id } else { picture_id & 0x7f });
        }
        prop_assert_eq!(after.tl0_picture_index.map(|field| field.value), descriptor.tl0_picture_index.map(|_| tl0));
        prop_assert_eq!(after.is_keyframe_start(&payload), descriptor.is_keyframe_start(&before));
    }
}
