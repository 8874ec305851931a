//! What the way to one subscriber carries, from when packets left and when they arrived (Google congestion control,
//! draft-ietf-rmcat-gcc-02, with the trend line of libwebrtc in place of the draft's Kalman filter).
//!
//! A queue that grows on the way delays each group of packets more than the one before. [`Trend`] sees that,
//! [`Estimator`] then goes below what arrives, and up again while the queue does not grow. Loss bounds it as well.
//! Who sends little learns little, so there are probes: for a short time more goes out than is needed, and the rate at
//! which it arrives says what the way carries.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::trend::{Trend, Usage};

/// Where the estimate begins, in bit/s: sound, and a small picture or two.
const START_BPS: f64 = 1_000_000.0;
/// It never leaves these bounds, in bit/s.
const MIN_BPS: f64 = 30_000.0;
const MAX_BPS: f64 = 20_000_000.0;
/// After overuse the estimate is so much of what arrives (section 5.5 of the draft).
const BACK_OFF: f64 = 0.85;
/// Growth in a second, while it is not known what the way carries.
const GROWTH: f64 = 1.08;
/// The estimate does not grow beyond so much of what arrives.
const BEYOND: f64 = 1.5;
/// What arrives is measured over so long.
const RATE_WINDOW: Duration = Duration::from_millis(500);
/// Loss is measured over so long, of at least so many packets.
const LOSS_WINDOW: Duration = Duration::from_secs(1);
const LOSS_PACKETS: u32 = 20;
/// Without any report for so long, while packets leave, the estimate falls.
const REPORT_LIMIT: Duration = Duration::from_secs(2);
/// A probe is so much of the estimate, and goes on for so long.
const PROBE: f64 = 2.0;
/// A probe goes so far beyond the wish, for the estimate stays a little below what arrives of it.
const PROBE_SURPLUS: f64 = 1.1;
const LEAST_PROBE_BPS: f64 = 200_000.0;
const PROBE_TIME: Duration = Duration::from_millis(80);
/// Time from a probe that succeeded to the next; from a retreat, or one that failed; and from one of several that
/// failed.
const PROBE_AGAIN: Duration = Duration::from_millis(700);
const PROBE_REST: Duration = Duration::from_secs(5);
const PROBE_LONG_REST: Duration = Duration::from_secs(10);
/// Reports of a probe are awaited for so long.
const PROBE_REPORT: Duration = Duration::from_millis(500);
/// A probe that fewer packets arrived of says nothing.
const PROBE_PACKETS: usize = 5;

/// What became of one packet that left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fate {
    /// When it left.
    pub sent_at: Instant,
    /// When it arrived, on the receiver's clock, of which only differences mean something. `None`: it is lost.
    pub arrived: Option<Duration>,
    /// In bytes, as a datagram.
    pub size: usize,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    began_at: Instant,
    bps: f64,
    bytes: usize,
    packets: usize,
    first: Option<Duration>,
    last: Duration,
    first_bytes: usize,
}

/// The estimate for one subscriber.
#[derive(Clone, Debug)]
pub struct Estimator {
    delay_bps: f64,
    loss_bps: f64,
    trend: Trend,
    /// Arrivals with their sizes in bytes, of the last [`RATE_WINDOW`].
    arrived: VecDeque<(Duration, usize)>,
    /// Mean and variance of what arrived when there was overuse, in kbit/s, relative to the mean.
    capacity: Option<(f64, f64)>,
    changed_at: Option<Instant>,
    retreated_at: Option<Instant>,
    loss_since: Option<Instant>,
    lost: u32,
    reported: u32,
    reported_at: Option<Instant>,
    sent_at: Option<Instant>,
    probe: Option<Probe>,
    may_probe_at: Option<Instant>,
    probes_failed: u32,
}

impl Default for Estimator {
    fn default() -> Self {
        Self {
            delay_bps: START_BPS,
            loss_bps: MAX_BPS,
            trend: Trend::default(),
            arrived: VecDeque::new(),
            capacity: None,
            changed_at: None,
            retreated_at: None,
            loss_since: None,
            lost: 0,
            reported: 0,
            reported_at: None,
            sent_at: None,
            probe: None,
            may_probe_at: None,
            probes_failed: 0,
        }
    }
}

impl Estimator {
    /// The estimate, in bit/s.
    pub fn bps(&self) -> u64 {
        self.delay_bps.min(self.loss_bps).clamp(MIN_BPS, MAX_BPS) as u64
    }

    /// Something left whose fate will be reported.
    pub fn sent(&mut self, now: Instant) {
        self.sent_at = Some(now);
        self.reported_at.get_or_insert(now);
    }

    /// A report came.
    pub fn report(&mut self, now: Instant, fates: &[Fate]) {
        if fates.is_empty() {
            return;
        }
        self.reported_at = Some(now);
        let mut usage = self.trend.usage;
        for fate in fates {
            self.reported += 1;
            let Some(arrived) = fate.arrived else {
                self.lost += 1;
                continue;
            };
            self.arrived.push_back((arrived, fate.size));
            self.note_probe(fate, arrived);
            usage = self.trend.arrived(fate.sent_at, arrived);
            if usage == Usage::Over {
                self.retreat(now);
            }
        }
        self.forget_arrivals();
        if usage == Usage::Normal {
            self.grow(now);
        }
        self.changed_at = Some(now);
        self.look_at_loss(now);
        self.end_probe(now);
    }

    /// Time went by, to be called ten times a second or so.
    pub fn tick(&mut self, now: Instant) {
        let is_sending = self.sent_at.is_some_and(|at| now.saturating_duration_since(at) < REPORT_LIMIT);
        let is_silent = self.reported_at.is_some_and(|at| now.saturating_duration_since(at) >= REPORT_LIMIT);
        if is_sending && is_silent {
            self.delay_bps = (self.bps() as f64 / 2.0).max(MIN_BPS);
            self.reported_at = Some(now);
            self.retreated(now);
        }
        self.end_probe(now);
    }

    /// How much is to go out now, with all that goes out anyway, in bit/s, so that the way shows whether it carries
    /// `wish_bps`. `None` if it is not the time for it. What is sent beyond media must be of no use to anybody.
    pub fn probe(&mut self, now: Instant, wish_bps: Option<u64>) -> Option<u64> {
        if let Some(probe) = self.probe {
            let is_going = now.saturating_duration_since(probe.began_at) < PROBE_TIME;
            return is_going.then_some(probe.bps as u64);
        }
        let estimate = self.bps() as f64;
        let wish = wish_bps? as f64 * PROBE_SURPLUS;
        let is_due = self.may_probe_at.is_none_or(|at| at <= now) && self.reported_at.is_some();
        if !is_due || wish <= estimate || self.trend.usage != Usage::Normal {
            return None;
        }
        let bps = (estimate * PROBE).min(wish).max(LEAST_PROBE_BPS);
        self.probe = Some(Probe {
            began_at: now,
            bps,
            bytes: 0,
            packets: 0,
            first: None,
            last: Duration::ZERO,
            first_bytes: 0,
        });
        Some(bps as u64)
    }

    /// What arrived in the last half second, in bit/s. `None` before there is enough to say.
    fn arrived_bps(&self) -> Option<f64> {
        let (first, last) = (self.arrived.front()?.0, self.arrived.back()?.0);
        let span = last.saturating_sub(first);
        let bytes: usize = self.arrived.iter().skip(1).map(|(_, size)| size).sum();
        (span >= RATE_WINDOW / 4).then(|| bytes as f64 * 8.0 / span.as_secs_f64())
    }

    fn forget_arrivals(&mut self) {
        let Some(newest) = self.arrived.iter().map(|(at, _)| *at).max() else { return };
        while self.arrived.front().is_some_and(|(at, _)| *at + RATE_WINDOW < newest) {
            self.arrived.pop_front();
        }
    }

    fn retreat(&mut self, now: Instant) {
        let is_early = self
            .retreated_at
            .is_some_and(|at| now.saturating_duration_since(at) < Duration::from_millis(300));
        if is_early {
            return; // what went out before has not shown its effect yet
        }
        if self.probe.is_some() {
            return; // the queue is the probe's own; should it stay, the next report says so
        }
        let arrived = self.arrived_bps().unwrap_or(self.delay_bps);
        let kbps = arrived / 1_000.0;
        self.capacity = Some(match self.capacity {
            Some((mean, variance)) if (kbps - mean).abs() <= 3.0 * (variance * mean).sqrt() => {
                let error = kbps - mean;
                let mean = mean + 0.05 * error;
                (mean, (0.95 * variance + 0.05 * error * error / mean.max(1.0)).clamp(0.4, 2.5))
            }
            _ => (kbps, 0.4),
        });
        // Where less arrives than before for want of media, the estimate was not the reason.
        self.delay_bps = self.delay_bps.min(BACK_OFF * arrived).max(MIN_BPS);
        self.retreated(now);
    }

    fn retreated(&mut self, now: Instant) {
        self.retreated_at = Some(now);
        self.probe = None;
        self.may_probe_at = Some(now + PROBE_REST);
    }

    fn grow(&mut self, now: Instant) {
        let Some(arrived) = self.arrived_bps() else { return };
        let passed = self.changed_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let passed = passed.min(Duration::from_secs(1)).as_secs_f64();
        let kbps = arrived / 1_000.0;
        let near = |(mean, variance): (f64, f64)| (kbps - mean).abs() <= 3.0 * (variance * mean).sqrt();
        if self.capacity.is_some_and(|(mean, variance)| kbps > mean + 3.0 * (variance * mean).sqrt()) {
            self.capacity = None;
        }
        // Near the known limit: a packet a response time (section 5.5). Else: by a share of itself.
        let grown = match self.capacity.filter(|capacity| near(*capacity)) {
            Some(_) => self.delay_bps + passed * 40_000.0,
            None => self.delay_bps * GROWTH.powf(passed),
        };
        let most = BEYOND * arrived + 10_000.0;
        self.delay_bps = grown.min(most).max(self.delay_bps).min(MAX_BPS);
    }

    /// Section 6 of the draft.
    fn look_at_loss(&mut self, now: Instant) {
        let since = *self.loss_since.get_or_insert(now);
        if now.saturating_duration_since(since) < LOSS_WINDOW || self.reported < LOSS_PACKETS {
            return;
        }
        let loss = f64::from(self.lost) / f64::from(self.reported);
        let present = self.bps() as f64;
        if loss > 0.10 {
            self.loss_bps = (present * (1.0 - 0.5 * loss)).max(MIN_BPS);
            self.retreated(now);
        } else if loss < 0.02 {
            self.loss_bps = (self.loss_bps * 1.05).min(MAX_BPS);
        }
        (self.loss_since, self.lost, self.reported) = (Some(now), 0, 0);
    }

    fn note_probe(&mut self, fate: &Fate, arrived: Duration) {
        let Some(probe) = &mut self.probe else { return };
        let within = fate.sent_at.checked_duration_since(probe.began_at);
        if within.is_none_or(|within| within > PROBE_TIME) {
            return;
        }
        probe.packets += 1;
        if probe.first.is_none() {
            (probe.first, probe.first_bytes) = (Some(arrived), fate.size);
        }
        probe.bytes += fate.size;
        probe.last = probe.last.max(arrived);
    }

    fn end_probe(&mut self, now: Instant) {
        let Some(probe) = self.probe else { return };
        if now.saturating_duration_since(probe.began_at) < PROBE_TIME + PROBE_REPORT {
            return;
        }
        self.probe = None;
        self.probes_failed += 1;
        self.may_probe_at = Some(now + if self.probes_failed > 1 { PROBE_LONG_REST } else { PROBE_REST });
        let Some(first) = probe.first.filter(|_| probe.packets >= PROBE_PACKETS) else { return };
        // No faster than it was sent, whatever the receiver's clock says of a burst.
        let span = probe.last.saturating_sub(first).as_secs_f64().max(PROBE_TIME.as_secs_f64() / 2.0);
        let carried = ((probe.bytes - probe.first_bytes) as f64 * 8.0 / span).min(probe.bps);
        if carried * 0.95 > self.bps() as f64 && self.trend.usage == Usage::Normal {
            self.delay_bps = self.delay_bps.max(carried * 0.95);
            self.loss_bps = self.loss_bps.max(carried * 0.95);
            self.capacity = None;
            if carried >= 0.85 * probe.bps {
                (self.probes_failed, self.may_probe_at) = (0, Some(now + PROBE_AGAIN));
            }
        }
    }
}
