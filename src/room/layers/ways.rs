//! An [`Estimator`] in a closed loop with an [`Allocator`], over ways that are made up.

use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

struct Link {
    dice: u64,
    loss_pct: u64,
    /// Nothing is lost before, in microseconds.
    lossy_from_us: u64,
    jitter_ms: u64,
    /// Jitter is each packet's own: one may overtake another.
    has_overtaking: bool,
    /// The device takes nothing for up to so long, twice a second, and then all that waits.
    stall_ms: u64,
    stalled_until_us: u64,
    stall_at_us: u64,
    /// So much waits at most, in microseconds.
    queue_us: u64,
    /// When the queue is empty again, in microseconds.
    busy_until_us: u64,
    last_arrival_us: u64,
}

impl Link {
    const fn new() -> Self {
        Self {
            dice: 0x5eed_2026,
            loss_pct: 0,
            lossy_from_us: 0,
            jitter_ms: 0,
            has_overtaking: false,
            stall_ms: 0,
            stalled_until_us: 0,
            stall_at_us: 0,
            queue_us: 300_000,
            busy_until_us: 0,
            last_arrival_us: 0,
        }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % sides
    }

    /// When a packet arrives that leaves now. At less than 100 bit/s the way is broken, and keeps nothing.
    fn carry(&mut self, at_us: u64, size: usize, bps: u64) -> Option<u64> {
        let begin = self.busy_until_us.max(at_us);
        let loss_pct = if at_us < self.lossy_from_us { 0 } else { self.loss_pct };
        if begin - at_us > self.queue_us || self.roll(100) < loss_pct || bps < 100 {
            return None;
        }
        self.busy_until_us = begin + size as u64 * 8 * 1_000_000 / bps;
        let jitter = if self.jitter_ms > 0 { self.roll(self.jitter_ms * 1_000) } else { 0 };
        let arrival_us = self.busy_until_us + 20_000 + jitter;
        if self.has_overtaking {
            return Some(arrival_us);
        }
        self.last_arrival_us = self.last_arrival_us.max(arrival_us);
        if self.stall_ms > 0 && self.last_arrival_us >= self.stall_at_us {
            self.stalled_until_us = self.last_arrival_us + self.roll(self.stall_ms * 1_000);
            self.stall_at_us = self.stalled_until_us + self.roll(1_000_000);
        }
        Some(self.last_arrival_us.max(self.stalled_until_us))
    }
}

/// One second of a run.
#[derive(Clone, Copy, Debug, Default)]
struct Second {
    estimate_kbps: u64,
    layer: Option<usize>,
    voices_sent: u32,
    voices_arrived: u32,
    voice_delay_ms: u64,
}

/// A voice and one camera over a link whose rate changes. Padding fills probes.
fn run(seconds: u64, loss_pct: u64, jitter_ms: u64, rate: impl Fn(u64) -> u64) -> Vec<Second> {
    run_at(seconds, Link { loss_pct, jitter_ms, ..Link::new() }, rate, true)
}

/// Likewise, at a device that says of padding that it arrives, or that it never does.
fn run_at(seconds: u64, mut link: Link, rate: impl Fn(u64) -> u64, counts_padding: bool) -> Vec<Second> {
    let begin = epoch();
    let (mut estimator, mut allocator) = (Estimator::default(), Allocator::default());
    let mut layer: Option<usize> = None;
    let mut under_way: VecDeque<Fate> = VecDeque::new();
    let mut log = vec![Second::default(); seconds as usize];
    let (mut credit, mut padding) = (0_u64, 0_u64);
    for at in (0..seconds * 1_000).step_by(5) {
        let (now, at_us) = (begin + ms(at), at * 1_000);
        let second = &mut log[(at / 1_000) as usize];
        let mut sizes: Vec<usize> = vec![];
        if at % 20 == 0 {
            sizes.push(124);
        }
        if estimator.take_new_way() {
            allocator.begin_anew();
        }
        credit += layer.map_or(0, |layer| camera_layers()[layer].bps) * 5 / 8_000;
        while credit >= 1_000 {
            sizes.push(1_000);
            credit -= 1_000;
        }
        let wish = allocator.wish_bps();
        match estimator.probe(now, wish) {
            Some(bps) => {
                let media: usize = sizes.iter().sum();
                padding = (padding + bps * 5 / 8_000).saturating_sub(media as u64);
                while padding >= 280 {
                    sizes.push(280);
                    padding -= 280;
                }
            }
            None => padding = 0,
        }
        for size in sizes {
            let arrived_us = link.carry(at_us, size, rate(at / 1_000));
            estimator.sent(now);
            let is_padding = size == 280;
            let arrived = arrived_us.map(Duration::from_micros).filter(|_| counts_padding || !is_padding);
            under_way.push_back(Fate { sent_at: now, arrived, size, is_padding });
            if size == 124 {
                second.voices_sent += 1;
                if let Some(arrived_us) = arrived_us {
                    second.voices_arrived += 1;
                    second.voice_delay_ms = second.voice_delay_ms.max((arrived_us - at_us) / 1_000);
                }
            }
        }
        if at % 75 == 0 {
            // The report tells of what has arrived, and of what is lost before the last that has.
            let has_come = |fate: &Fate| {
                fate.arrived.is_some_and(|arrived| arrived.as_micros() as u64 + 20_000 <= at_us)
            };
            let told = under_way.iter().rposition(has_come).map_or(0, |last| last + 1);
            let fates: Vec<Fate> = under_way.drain(..told).collect();
            estimator.report(now, &fates);
        }
        if at % 100 == 0 {
            estimator.tick(now);
            estimator.sends_least(now, layer.is_none());
            let wanted = demand(vec![camera(1, 1280, 720)], estimator.bps());
            layer = allocator.allocate(now, &wanted)[&PublicationId(1)].layer();
        }
        second.estimate_kbps = estimator.bps() / 1_000;
        second.layer = layer;
    }
    log
}

/// Sound arrives all the time: all of it but what is lost at random, or in the two seconds after a fall.
#[track_caller]
fn assert_voice_goes_on(log: &[Second], loss_pct: u32, falls: &[usize]) {
    for (at, second) in log.iter().enumerate() {
        let is_fall = falls.iter().any(|fall| (*fall..fall + 3).contains(&at));
        let least = if is_fall { 40 } else { 97 - 3 * loss_pct };
        let arrived = second.voices_arrived * 100 / second.voices_sent.max(1);
        assert!(arrived >= least, "{arrived} % of sound in second {at}: {log:#?}");
        assert!(is_fall || second.voice_delay_ms < 350, "sound is late in second {at}: {log:#?}");
    }
}

/// Firefox says of padding that it never arrives: its pictures stayed away for good once they were paused.
#[test]
fn a_picture_comes_back_to_a_device_that_does_not_count_padding() {
    let rate = |second| if (10..20).contains(&second) { 90_000 } else { 1_000_000 };
    let log = run_at(90, Link::new(), rate, false);
    assert_eq!(log[18].layer, None, "{log:#?}");
    let back = log.iter().skip(20).position(|second| second.layer.is_some());
    assert!(back.is_some_and(|seconds| seconds <= 25), "{back:?}: {log:#?}");
    let seen = log[60..].iter().filter(|second| second.layer.is_some()).count();
    assert!(seen >= 24, "{seen}: {log:#?}");
    assert_voice_goes_on(&log, 0, &[10, 11]);
}

#[test]
fn a_fall_and_a_rise_of_the_way_are_followed() {
    let rate = |second| if (20..40).contains(&second) { 400_000 } else { 2_000_000 };
    let log = run(70, 0, 0, rate);
    assert_voice_goes_on(&log, 0, &[20]);
    assert_eq!(log[15].layer, Some(2), "{log:#?}");
    assert!(log[24..40].iter().all(|second| second.estimate_kbps <= 450), "{log:#?}");
    assert!(log[26..40].iter().all(|second| second.layer == Some(0)), "{log:#?}");
    assert!(log[55..].iter().all(|second| second.layer == Some(2)), "{log:#?}");
}

#[test]
fn random_loss_and_jitter_do_not_bring_it_down() {
    for (loss_pct, jitter_ms) in [(5, 0), (0, 15), (5, 15)] {
        let log = run(40, loss_pct, jitter_ms, |_| 3_000_000);
        assert_voice_goes_on(&log, loss_pct as u32, &[]);
        let seen = log[15..].iter().filter(|second| second.layer == Some(2)).count();
        assert!(seen >= 20, "{loss_pct} % and {jitter_ms} ms: {log:#?}");
    }
}

/// A browser whose processor was busy for moments lost its pictures for ten seconds and more, again and again.
#[test]
fn a_device_that_is_busy_for_moments_keeps_its_picture() {
    for stall_ms in [40, 80, 140] {
        for counts_padding in [true, false] {
            let log = run_at(60, Link { stall_ms, ..Link::new() }, |_| 4_000_000, counts_padding);
            assert_voice_goes_on(&log, 0, &[]);
            let seen = log[10..].iter().filter(|second| second.layer.is_some()).count();
            assert_eq!(seen, 50, "{stall_ms} ms: {log:#?}");
        }
    }
}

/// Pictures stayed away for up to half a minute after nothing had come through for some seconds.
#[test]
fn after_a_way_was_broken_the_next_is_learnt_anew() {
    for (broken, counts_padding) in [(20..30, true), (20..30, false), (20..23, true), (20..80, true)] {
        let rate = |second| if broken.contains(&second) { 1 } else { 2_000_000 };
        let end = broken.end as usize;
        let log = run_at(broken.end + 30, Link::new(), rate, counts_padding);
        assert!(log[19].layer.is_some(), "{log:#?}");
        assert!(log[end + 1].layer.is_some(), "{broken:?} {counts_padding}: {:#?}", &log[end - 3..]);
        let seen = log[end + 1..].iter().filter(|second| second.layer.is_some()).count();
        assert!(seen >= 27, "{broken:?} {counts_padding}: {:#?}", &log[end - 3..]);
    }
}

/// A fifth of all packets lost by a radio took the pictures away, though sending less lost no less.
#[test]
fn a_way_that_loses_whatever_is_sent_keeps_its_picture() {
    for (loss_pct, jitter_ms) in [(20, 0), (20, 100), (12, 100)] {
        let link = Link { loss_pct, jitter_ms, has_overtaking: true, ..Link::new() };
        let log = run_at(60, link, |_| 4_000_000, true);
        let seen = log[10..].iter().filter(|second| second.layer.is_some()).count();
        assert!(seen >= 45, "{loss_pct} %: {seen} of 50 seconds: {log:#?}");
    }
}

/// Where the picture was paused when the loss began there was nothing less to send, and it never came back.
#[test]
fn a_picture_that_was_paused_before_its_way_lost_packets_comes_back() {
    let ways = [(20, 0), (20, 100), (28, 100), (12, 100)];
    for ((loss_pct, jitter_ms), dice) in ways.into_iter().flat_map(|way| (0..8).map(move |dice| (way, dice)))
    {
        let mut link =
            Link { loss_pct, lossy_from_us: 12_000_000, jitter_ms, has_overtaking: true, ..Link::new() };
        link.dice += dice;
        let rate = |second| if (6..12).contains(&second) { 90_000 } else { 4_000_000 };
        let log = run_at(60, link, rate, true);
        assert_eq!(log[11].layer, None, "{log:#?}");
        let back = log.iter().skip(12).position(|second| second.layer.is_some());
        assert!(back.is_some_and(|seconds| seconds <= 20), "{loss_pct} %: {back:?}: {log:#?}");
        let seen = log[32..].iter().filter(|second| second.layer.is_some()).count();
        assert!(seen >= 20, "{loss_pct} %: {seen} of 28 seconds: {log:#?}");
    }
}

/// A limit that throws away what is too much, without any queue, is no such way.
#[test]
fn a_limit_that_only_loses_is_kept_to() {
    let log = run_at(60, Link { queue_us: 25_000, ..Link::new() }, |_| 700_000, true);
    assert!(log[10..].iter().all(|second| second.layer <= Some(1)), "{log:#?}");
    assert_voice_goes_on(&log[5..], 1, &[]);
}

/// Nor is one that is just too narrow for sound and a picture.
#[test]
fn a_limit_that_only_loses_and_has_room_for_sound_alone_is_kept_to() {
    let log = run_at(90, Link { queue_us: 25_000, ..Link::new() }, |_| 90_000, true);
    let seen = log[15..].iter().filter(|second| second.layer.is_some()).count();
    assert!(seen <= 8, "{seen} of 75 seconds: {log:#?}");
}

#[test]
fn a_way_for_sound_only_pauses_the_picture() {
    let log = run(40, 0, 0, |second| if (10..25).contains(&second) { 90_000 } else { 1_000_000 });
    assert_voice_goes_on(&log, 0, &[10, 11]);
    assert!(log[14..25].iter().all(|second| second.layer.is_none()), "{log:#?}");
    assert!(log[38].layer.is_some(), "{log:#?}");
}

#[test]
fn silence_of_the_receiver_is_no_good_sign() {
    let (mut estimator, begin) = (Estimator::default(), epoch());
    for at in (0..10_000).step_by(100) {
        estimator.sent(begin + ms(at));
        estimator.tick(begin + ms(at));
    }
    assert!(estimator.bps() <= 100_000, "{}", estimator.bps());
    let mut idle = Estimator::default();
    let before = idle.bps();
    (0..100).for_each(|at| idle.tick(begin + ms(at * 100)));
    assert_eq!(idle.bps(), before, "nothing was sent");
}

proptest! {
    /// No report, however odd, leads out of the bounds.
    #[test]
    fn the_estimate_stays_in_its_bounds(fates in proptest::collection::vec((0_u64..5_000, proptest::option::of(0_u64..5_000_000), 0_usize..70_000), 0..300)) {
        let begin = epoch();
        let mut estimator = Estimator::default();
        for (at, batch) in fates.chunks(7).enumerate() {
            let fates: Vec<Fate> = batch.iter().map(|(sent, arrived, size)| Fate {
                sent_at: begin + ms(*sent),
                arrived: arrived.map(Duration::from_micros),
                size: *size,
                is_padding: false,
            }).collect();
            let now = begin + ms(at as u64 * 75);
            estimator.sent(now);
            estimator.probe(now, Some(5_000_000));
            estimator.report(now, &fates);
            estimator.tick(now);
            prop_assert!((30_000..=20_000_000).contains(&estimator.bps()));
        }
    }
}
