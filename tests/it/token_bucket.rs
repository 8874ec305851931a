//! The token bucket of the measurements, which have no tests of their own.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use self::bucket::TokenBucket;

#[path = "../../benches/bucket.rs"]
mod bucket;

#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn start() -> Instant {
    Instant::now()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn a_burst_leaves_at_once_and_what_follows_at_the_rate() {
    let t = start();
    // 50 bytes in a millisecond.
    let mut bucket = TokenBucket::new(400_000.0, 3000.0, t);
    assert_eq!(bucket.take(t, 3000), t);
    assert_eq!(bucket.take(t, 500), t + ms(10));
    assert_eq!(bucket.take(t + ms(4), 500), t + ms(20), "after those before it");
    assert_eq!(bucket.take(t + ms(20), 50), t + ms(21));
}

#[test]
fn a_pause_fills_it_and_never_beyond_the_burst() {
    let t = start();
    let mut bucket = TokenBucket::new(400_000.0, 3000.0, t);
    bucket.take(t, 3000);
    assert_eq!(bucket.take(t + ms(10), 500), t + ms(10));
    let later = t + ms(60_000);
    assert_eq!(bucket.take(later, 3050), later + ms(1));
}

proptest! {
    /// In no stretch of time more leaves than the burst and what the rate brings in it, and a line that is never idle brings all of that.
    #[test]
    fn what_leaves_is_the_rate_and_one_burst(
        packets in prop::collection::vec((0_u64..40, 1_usize..1500), 1..300),
        kilobits in 100.0..100_000.0_f64,
    ) {
        const BURST: f64 = 4000.0;
        let begun = start();
        let mut bucket = TokenBucket::new(kilobits * 1000.0, BURST, begun);
        let mut now = begun;
        let mut left: Vec<(Instant, usize)> = Vec::new();
        for (pause, bytes) in packets {
            now += ms(pause);
            let at = bucket.take(now, bytes);
            prop_assert!(at >= now && left.last().is_none_or(|(before, _)| at >= *before));
            left.push((at, bytes));
            // Whoever sends waits until it has left, as a socket makes them.
            now = at;
        }
        for (first, (from, _)) in left.iter().enumerate() {
            let bytes: usize = left[first..].iter().map(|(_, bytes)| bytes).sum();
            let passed = (now - *from).as_secs_f64();
            // A packet that leaves at the beginning of the stretch was on its way before.
            let most = BURST + 1500.0 + passed * kilobits * 125.0;
            prop_assert!(bytes as f64 <= most + 1.0, "{bytes} in {passed} s");
        }
    }
}

#[test]
fn a_line_that_is_never_idle_brings_its_rate() {
    let begun = start();
    let mut bucket = TokenBucket::new(4e6, 8000.0, begun);
    let mut now = begun;
    for _ in 0..10_000 {
        now = bucket.take(now, 1400);
    }
    let seconds = (now - begun).as_secs_f64();
    let expected = (10_000.0 * 1400.0 - 8000.0) / 500_000.0;
    assert!((seconds - expected).abs() < 0.001, "{seconds} {expected}");
}
