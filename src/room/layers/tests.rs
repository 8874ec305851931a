//! Layers, bandwidth and speakers, with virtual time, random inputs, and a link that is made up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

#[path = "ways.rs"]
mod ways;

fn epoch() -> Instant {
    crate::clock::Clock::system().instant()
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn camera_layers() -> Vec<LayerCost> {
    [(320, 180, 150_000), (640, 360, 500_000), (1280, 720, 1_500_000)]
        .map(|(width, height, bps)| LayerCost { width, height, bps })
        .to_vec()
}

fn camera(id: u32, width: u32, height: u32) -> WantedVideo {
    WantedVideo {
        publication: PublicationId(id),
        source: Source::Camera,
        width,
        height,
        is_pinned: false,
        is_needed: false,
        is_speaking: false,
        layers: camera_layers(),
    }
}

fn demand(videos: Vec<WantedVideo>, estimate_bps: u64) -> Demand {
    Demand { voices: 1, videos, estimate_bps: Some(estimate_bps), ..Demand::default() }
}

fn grants(allocator: &mut Allocator, now: Instant, demand: &Demand) -> Vec<Grant> {
    allocator.allocate(now, demand).into_values().collect()
}

// ---- Allocator

#[test]
fn no_layer_is_larger_than_the_size_shown_asks_for() {
    for (width, height, layer) in [(160, 90, 0), (320, 180, 0), (390, 220, 0), (640, 360, 1), (1920, 1080, 2)]
    {
        let wanted = demand(vec![camera(1, width, height)], 10_000_000);
        assert_eq!(grants(&mut Allocator::default(), epoch(), &wanted), [Grant::Layer(layer)], "{width}");
    }
    let hidden = demand(vec![camera(1, 0, 0)], 10_000_000);
    assert_eq!(grants(&mut Allocator::default(), epoch(), &hidden), [Grant::Hidden]);
}

#[test]
fn the_screen_goes_before_who_is_pinned_and_who_speaks() {
    let screen = WantedVideo {
        source: Source::Screen,
        layers: vec![LayerCost { width: 1920, height: 1080, bps: 900_000 }],
        ..camera(4, 800, 600)
    };
    let pinned = WantedVideo { is_pinned: true, ..camera(3, 640, 360) };
    let speaking = WantedVideo { is_speaking: true, ..camera(2, 640, 360) };
    let mut wanted = demand(vec![camera(1, 1280, 720), speaking, pinned, screen], 0);
    let mut at = |bps| {
        wanted.estimate_bps = Some(bps);
        grants(&mut Allocator::default(), epoch(), &wanted)
    };
    use Grant::{Layer, Paused};
    assert_eq!(at(99_000), [Paused; 4], "sound only");
    assert_eq!(at(200_000), [Paused, Paused, Layer(0), Paused], "the interpreter stays");
    assert_eq!(at(1_350_000), [Paused, Paused, Layer(0), Layer(0)]);
    assert_eq!(at(1_500_000), [Paused, Layer(0), Layer(0), Layer(0)]);
    assert_eq!(at(2_200_000), [Layer(0), Layer(0), Layer(1), Layer(0)]);
    assert_eq!(at(2_600_000), [Layer(0), Layer(1), Layer(1), Layer(0)]);
    assert_eq!(at(4_200_000), [Layer(2), Layer(1), Layer(1), Layer(0)]);
}

#[test]
fn an_interpreter_whom_nobody_pinned_keeps_the_lowest_layer() {
    let interpreter = WantedVideo { is_needed: true, ..camera(3, 160, 90) };
    let speaking = WantedVideo { is_speaking: true, ..camera(2, 1280, 720) };
    let mut wanted = demand(vec![camera(1, 1280, 720), speaking, interpreter], 0);
    let at = |wanted: &mut Demand, bps| {
        wanted.estimate_bps = Some(bps);
        grants(&mut Allocator::default(), epoch(), wanted)
    };
    use Grant::{Hidden, Layer, Paused};
    assert_eq!(at(&mut wanted, 99_000), [Paused; 3], "sound only");
    assert_eq!(at(&mut wanted, 110_000), [Paused, Paused, Layer(0)], "though it does not fit");
    assert_eq!(at(&mut wanted, 450_000), [Paused, Layer(0), Layer(0)]);
    wanted.videos[2] = WantedVideo { is_needed: true, ..camera(3, 0, 0) };
    assert_eq!(at(&mut wanted, 450_000), [Layer(0), Layer(0), Hidden], "nothing is sent that is not shown");
}

#[test]
fn sparing_and_switching_off() {
    let mut wanted = demand(vec![camera(1, 1280, 720)], 10_000_000);
    wanted.is_saving_data = true;
    assert_eq!(grants(&mut Allocator::default(), epoch(), &wanted), [Grant::Layer(0)]);
    wanted.is_video_off = true;
    assert_eq!(grants(&mut Allocator::default(), epoch(), &wanted), [Grant::Hidden]);
}

#[test]
fn down_at_once_and_up_with_headroom_after_a_while() {
    let (mut allocator, now) = (Allocator::default(), epoch());
    let mut at =
        |passed, bps| grants(&mut allocator, now + ms(passed), &demand(vec![camera(1, 1280, 720)], bps));
    assert_eq!(at(0, 2_000_000), [Grant::Layer(2)]);
    assert_eq!(at(100, 1_600_000), [Grant::Layer(2)], "it fits without headroom");
    assert_eq!(at(200, 1_500_000), [Grant::Layer(1)]);
    assert_eq!(at(300, 5_000_000), [Grant::Layer(1)], "too early");
    assert_eq!(at(5_199, 5_000_000), [Grant::Layer(1)]);
    assert_eq!(at(5_200, 1_700_000), [Grant::Layer(1)], "no headroom");
    assert_eq!(at(5_300, 1_900_000), [Grant::Layer(2)]);
    assert_eq!(at(5_400, 90_000), [Grant::Paused]);
    assert_eq!(at(5_500, 300_000), [Grant::Paused]);
    assert_eq!(at(10_400, 300_000), [Grant::Layer(0)]);
}

fn wanted_video() -> impl Strategy<Value = WantedVideo> {
    let sizes = prop_oneof![Just((0, 0)), (1_u32..2_000, 1_u32..1_200)];
    let rates = proptest::collection::vec(20_000_u64..1_500_000, 0..4);
    (0_u32..8, any::<bool>(), sizes, any::<[bool; 3]>(), rates).prop_map(
        |(id, is_screen, (width, height), [is_pinned, is_needed, is_speaking], mut rates)| {
            rates.sort_unstable();
            let layer = |(at, bps): (usize, u64)| LayerCost { width: 320 << at, height: 180 << at, bps };
            WantedVideo {
                publication: PublicationId(id),
                source: if is_screen { Source::Screen } else { Source::Camera },
                width,
                height,
                is_pinned,
                is_needed,
                is_speaking,
                layers: rates.into_iter().enumerate().map(layer).collect(),
            }
        },
    )
}

fn any_demand() -> impl Strategy<Value = Demand> {
    let videos = proptest::collection::vec(wanted_video(), 0..7);
    (0_usize..4, videos, 0_u64..6_000_000, any::<[bool; 3]>()).prop_map(|(voices, mut videos, bps, flags)| {
        let mut seen = std::collections::BTreeSet::new();
        videos.retain(|video| seen.insert(video.publication));
        Demand {
            voices,
            videos,
            estimate_bps: Some(bps),
            is_saving_data: flags[0] && flags[1],
            is_video_off: flags.iter().all(|flag| *flag),
        }
    })
}

fn rate(video: &WantedVideo, grant: Grant) -> u64 {
    grant.layer().map_or(0, |layer| video.layers[layer].bps)
}

proptest! {
    /// Whatever was before: sound is reserved, the estimate is kept (but for the lowest layers of who is pinned or needed),
    /// nothing hidden is sent, asking again changes nothing, and the order of the demand does not matter.
    #[test]
    fn the_estimate_is_kept(steps in proptest::collection::vec((any_demand(), 0_u64..4_000), 1..20)) {
        let (mut allocator, mut now) = (Allocator::default(), epoch());
        let mut before: BTreeMap<PublicationId, Grant> = BTreeMap::new();
        let mut forced_at: Option<Instant> = None;
        for (wanted, passed) in steps {
            now += ms(passed);
            let mut twin = allocator.clone();
            let mut mirrored = wanted.clone();
            mirrored.videos.reverse();
            let granted = allocator.allocate(now, &wanted);
            prop_assert_eq!(&twin.allocate(now, &mirrored), &granted, "the order matters");
            prop_assert_eq!(&allocator.clone().allocate(now, &wanted), &granted, "it flaps");
            let estimate = wanted.estimate_bps.unwrap();
            let of = |video: &WantedVideo| granted[&video.publication];
            let pictures: u64 = wanted.videos.iter().map(|video| rate(video, of(video))).sum();
            let is_reserved = |video: &WantedVideo| video.is_pinned || video.is_needed;
            let spare = |video: &&WantedVideo| is_reserved(video) && of(video).layer().is_some();
            let pinned: u64 = wanted.videos.iter().filter(spare).map(|video| video.layers[0].bps).sum();
            prop_assert!(
                pictures == 0 || pictures <= pinned
                    || pictures + wanted.voices as u64 * VOICE_BPS <= estimate.max(wanted.voices as u64 * VOICE_BPS + pinned),
                "more than the estimate"
            );
            prop_assert!(pictures == 0 || estimate >= MIN_VIDEO_BPS);
            for video in &wanted.videos {
                let is_shown = !wanted.is_video_off && !video.layers.is_empty()
                    && (video.is_pinned || video.width > 0);
                prop_assert_eq!(of(video) == Grant::Hidden, !is_shown);
                if is_reserved(video) && is_shown && estimate >= MIN_VIDEO_BPS {
                    prop_assert!(of(video).layer().is_some(), "who is pinned or needed is gone");
                }
                if wanted.is_saving_data && video.source == Source::Camera {
                    prop_assert!(of(video).layer().unwrap_or(0) == 0);
                }
                if let (Some(Grant::Layer(old)), Some(new)) = (before.get(&video.publication), of(video).layer())
                    && new > *old
                {
                    let is_held = forced_at.is_some_and(|at| now - at < Duration::from_secs(5));
                    prop_assert!(!is_held, "up again too early");
                }
            }
            // What is below the size shown was forced down if it was above before.
            let fresh = Demand { estimate_bps: None, ..wanted.clone() };
            let most = Allocator::default().allocate(now, &fresh);
            let is_forced = |id: &PublicationId| {
                let (old, new) = (before.get(id).and_then(|grant| grant.layer()), granted[id].layer());
                new < old && new < most[id].layer()
            };
            if granted.keys().any(is_forced) {
                forced_at = Some(now);
            }
            prop_assert_eq!(allocator.wish_bps().is_none(), granted.iter().all(|(id, grant)| grant.layer() >= most[id].layer()));
            before = granted;
        }
    }
}

#[test]
fn key_frames_say_how_large_they_are() {
    let mut payload = vec![0x90, 0x80, 0x05, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x01, 0];
    let descriptor = vp8::Descriptor::parse(&payload).unwrap();
    assert_eq!(descriptor.frame_size(&payload), Some((640, 360)), "without the scale");
    assert_eq!(descriptor.frame_size(&payload[..12]), None);
    payload[6] = 0x9c;
    assert_eq!(descriptor.frame_size(&payload), None, "encrypted");
    payload[6] = 0x9d;
    payload[3] |= 1;
    assert_eq!(descriptor.frame_size(&payload), None, "no key frame");
}

// ---- WantedLayers

#[test]
fn what_nobody_wants_lingers_and_what_is_wanted_comes_at_once() {
    let (mut layers, now) = (WantedLayers::new(3), epoch());
    assert_eq!(layers.update(now, [0, 1, 2]), None);
    assert_eq!(layers.update(now + ms(10), [2]), None);
    assert_eq!(layers.update(now + ms(1_000), [0, 1, 2]), None, "it came back in time");
    assert_eq!(layers.update(now + ms(2_000), [2]), None);
    assert_eq!(layers.update(now + ms(4_000), [2]), Some(vec![0, 2]), "the lowest stays while anybody looks");
    assert_eq!(layers.update(now + ms(4_100), [1]), Some(vec![0, 1, 2]), "at once");
    assert_eq!(layers.update(now + ms(4_200), []), None);
    assert_eq!(layers.update(now + ms(6_100), []), Some(vec![0, 1]));
    assert_eq!(layers.update(now + ms(6_200), []), Some(vec![]));
    assert_eq!(layers.update(now + ms(6_300), [7]), None, "there is no such layer");
    assert_eq!(layers.update(now + ms(6_400), [0]), Some(vec![0]));
}

proptest! {
    #[test]
    fn whatever_is_wanted_is_sent(steps in proptest::collection::vec((0_u64..1_500, proptest::collection::vec(0_usize..3, 0..4)), 1..60)) {
        let (mut layers, mut now) = (WantedLayers::new(3), epoch());
        let mut sent = vec![0, 1, 2];
        let mut wanted_at = [now; 3];
        for (passed, wanted) in steps {
            now += ms(passed);
            let before = sent.clone();
            if let Some(changed) = layers.update(now, wanted.iter().copied()) {
                prop_assert_ne!(&changed, &sent);
                sent = changed;
            }
            prop_assert!(wanted.iter().all(|layer| sent.contains(layer)));
            prop_assert!(wanted.is_empty() || sent.contains(&0));
            for layer in wanted {
                wanted_at[layer] = now;
                wanted_at[0] = now;
            }
            for gone in before.iter().filter(|layer| !sent.contains(layer)) {
                prop_assert!(now - wanted_at[*gone] >= ms(2_000), "it went too early");
            }
        }
    }
}

// ---- Uplink

#[test]
fn pauses_of_many_receivers_are_told_together() {
    let (mut unseen, now) = (Unseen::default(), epoch());
    assert_eq!(unseen.update(now, 0), None, "nobody does without it: nothing to tell");
    assert_eq!(unseen.update(now, 1), Some(1), "the first at once");
    for (at, receivers) in [(100, 2), (200, 5), (300, 1), (900, 3)] {
        assert_eq!(unseen.update(now + ms(at), receivers), None);
    }
    assert_eq!(unseen.update(now + ms(1_000), 3), Some(3));
    assert_eq!(unseen.update(now + ms(9_000), 3), None);
    unseen.tell_again();
    assert_eq!(unseen.update(now + ms(9_100), 3), Some(3), "to a device that is back");
    assert_eq!(unseen.update(now + ms(10_100), 0), Some(0));
}

#[test]
fn an_uplink_is_slow_when_no_layer_gets_through_for_a_while() {
    let mut uplink = Uplink::default();
    let mut seconds = |lost: &[u8], count: usize| -> Vec<Option<bool>> {
        (0..count).map(|_| uplink.report(lost.iter().copied())).filter(Option::is_some).collect()
    };
    assert_eq!(seconds(&[200, 10], 10), [], "one layer gets through");
    assert_eq!(seconds(&[200, 60], 2), []);
    assert_eq!(seconds(&[20, 60], 1), [], "it begins anew");
    assert_eq!(seconds(&[200, 60], 10), [Some(true)], "told once");
    assert_eq!(seconds(&[], 10), [], "no picture says nothing");
    assert_eq!(seconds(&[30], 10), [], "still not good");
    assert_eq!(seconds(&[0], 4), []);
    assert_eq!(seconds(&[0], 4), [Some(false)]);
}

// ---- SpeakerDetector

/// Each of these devices sends a packet each 20 ms with this loudness. Gives the changes, in milliseconds.
fn speak(
    detector: &mut SpeakerDetector,
    begin: Instant,
    from_ms: u64,
    for_ms: u64,
    levels: &[(u64, u8)],
) -> Vec<(u64, Option<u64>)> {
    let mut changes = vec![];
    for at in (from_ms..from_ms + for_ms).step_by(20) {
        for (connection, level) in levels {
            detector.heard(begin + ms(at), ConnectionId(*connection), *level);
        }
        if at % 100 == 0
            && let Some(change) = detector.poll(begin + ms(at))
        {
            changes.push((at, change.map(|connection| connection.0)));
        }
    }
    changes
}

#[test]
fn who_speaks_is_seen_and_a_cough_is_not() {
    let (mut detector, begin) = (SpeakerDetector::default(), epoch());
    assert_eq!(speak(&mut detector, begin, 0, 2_000, &[(1, 90), (2, 127)]), [], "noise of the room");
    let changes = speak(&mut detector, begin, 2_000, 3_000, &[(1, 30), (2, 90)]);
    assert!(matches!(changes[..], [(2_000..=3_000, Some(1))]), "{changes:?}");
    assert_eq!(speak(&mut detector, begin, 5_000, 200, &[(1, 60), (2, 10)]), [], "a cough");
    assert_eq!(speak(&mut detector, begin, 5_200, 2_000, &[(1, 30), (2, 28)]), [], "hardly louder");
    let changes = speak(&mut detector, begin, 7_200, 3_000, &[(1, 90), (2, 28)]);
    assert!(matches!(changes[..], [(7_600..=9_000, Some(2))]), "{changes:?}");
    let changes = speak(&mut detector, begin, 10_200, 5_000, &[(1, 127), (2, 127)]);
    assert!(matches!(changes[..], [(13_000..=14_500, None)]), "{changes:?}");
}

#[test]
fn who_leaves_speaks_no_more() {
    let (mut detector, begin) = (SpeakerDetector::default(), epoch());
    speak(&mut detector, begin, 0, 2_000, &[(1, 30)]);
    assert_eq!(detector.speaker(), Some(ConnectionId(1)));
    detector.forget(ConnectionId(1));
    assert_eq!(detector.poll(begin + ms(2_000)), Some(None));
}

proptest! {
    #[test]
    fn speakers_do_not_flap(levels in proptest::collection::vec(proptest::array::uniform3(0_u8..128), 1..1_500)) {
        let (mut detector, begin) = (SpeakerDetector::default(), epoch());
        let mut last: Option<(Duration, Option<ConnectionId>)> = None;
        for (at, levels) in levels.iter().enumerate() {
            let passed = ms(at as u64 * 20);
            for (connection, level) in levels.iter().enumerate() {
                detector.heard(begin + passed, ConnectionId(connection as u64), *level);
            }
            if let Some(speaker) = detector.poll(begin + passed) {
                if let Some((before, Some(_))) = last {
                    prop_assert!(passed - before >= ms(1_500));
                }
                prop_assert!(last.is_none_or(|(_, before)| before != speaker));
                last = Some((passed, speaker));
            }
        }
    }
}

// ---- Forwarder

proptest! {
    /// Layers change and pause at random while packets are lost and come late: sequence number, PictureID, TL0PICIDX
    /// and timestamp go on from the newest packet at each change, and nothing goes out in a pause.
    #[test]
    fn pauses_and_changes_leave_no_seam(
        start in any::<[u16; 3]>(), first in 0_u16..0x8000,
        steps in proptest::collection::vec((0_usize..3, 1_u16..3, 0_u8..9, 0_usize..3), 1..400),
    ) {
        let begin = epoch();
        let mut forwarder = Forwarder::new(MediaKind::Video, first);
        let mut next = start;
        let mut late: Vec<Header> = Vec::new();
        let mut newest: Option<(i64, Rewrite)> = None;
        for (count, (layer, step, chance, wanted)) in steps.into_iter().enumerate() {
            next[layer] = next[layer].wrapping_add(step);
            let picture_id = next[layer] & 0x7fff;
            let payload = [0x90, 0xc0, 0x80 | (picture_id >> 8) as u8, picture_id as u8, next[layer] as u8, 0];
            let packet = Header {
                ssrc: layer as u32,
                sequence_number: next[layer],
                timestamp: count as u32 * 900 + layer as u32 * 1_000_000,
                arrived_at: begin + ms(count as u64 * 10),
                is_keyframe_start: chance < 2,
                descriptor: vp8::Descriptor::parse(&payload),
            };
            match chance {
                2 => forwarder.select(wanted as u32),
                3 => forwarder.pause(),
                4 => { late.push(packet); continue; }
                _ => {}
            }
            let mut packets = if chance == 5 { std::mem::take(&mut late) } else { vec![] };
            packets.push(packet);
            for packet in packets {
                let before = forwarder.current();
                let is_paused = forwarder.is_paused();
                let Some(rewrite) = forwarder.rewrite(&packet) else { continue };
                prop_assert!(!is_paused, "sent in a pause");
                let known = newest.map_or(i64::from(first), |(index, _)| index);
                let index = known + i64::from(rewrite.sequence_number.wrapping_sub(known as u16) as i16);
                if before != Some(packet.ssrc) {
                    prop_assert!(packet.is_keyframe_start);
                    if let Some((known, last)) = newest {
                        prop_assert_eq!(index, known + 1);
                        let (last_ids, ids) = (last.picture_ids.unwrap(), rewrite.picture_ids.unwrap());
                        prop_assert_eq!(ids.0, (last_ids.0 + 1) & 0x7fff);
                        prop_assert_eq!(ids.1, last_ids.1.wrapping_add(1));
                        prop_assert!((rewrite.timestamp.wrapping_sub(last.timestamp) as i32) > 0);
                    }
                }
                if newest.is_none_or(|(known, _)| index > known) {
                    newest = Some((index, rewrite));
                }
            }
        }
    }
}
