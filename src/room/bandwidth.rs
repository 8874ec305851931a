//! What the way to one subscriber carries, from when packets left and when they arrived (Google congestion control,
//! draft-ietf-rmcat-gcc-02, with the trend line of libwebrtc in place of the draft's Kalman filter).
//!
//! A queue that grows on the way delays each group of packets more than the one before. [`Trend`] sees that,
//! [`Estimator`] then goes below what arrives, and up again while the queue does not grow. Loss bounds it as well.
//! Who sends little learns little, so there are probes: for a short time more goes out than is needed, and the rate at
//! which it arrives says what the way carries.
//!
//! Two things look like a way that is too narrow and are not. A way on which nothing arrived for seconds was broken: what
//! comes after is another one, and is learnt anew. And some ways lose packets whatever is sent ([`Losses`]).

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
/// With more loss than this beyond what the way loses anyway, less is sent; with less than [`LOSSY`] beyond it, more.
const TOO_LOSSY: f64 = 0.10;
/// After less was sent, so much of what was sent before, of so many packets at least so large a part more must arrive: else
/// the loss has nothing to do with how much is sent. No way is taken to lose more than that by itself.
const LESS: f64 = 0.75;
const LESS_PACKETS: u32 = 100;
const BETTER: f64 = 1.1;
const MOST_OWN_LOSS: f64 = 0.3;
/// With more loss than this less is sent at once, again and again.
const HOPELESS: f64 = 0.5;
/// More loss than this is worth redundant sound, for so long after it was seen.
const LOSSY: f64 = 0.02;
const LOSSY_FOR: Duration = Duration::from_secs(15);
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
/// So much padding is lost, and none has ever arrived: the device does not count it, as Firefox does not.
const DEAF: u32 = 5;
/// Growth in a second where nothing can be probed; begins so long after a retreat, after each further one so much later.
const TRY: f64 = 1.25;
const TRY_AGAIN: Duration = Duration::from_secs(8);
const MAX_RESTS: u32 = 5;
/// A retreat so shortly ago is the same one; one so long ago is no reason to wait.
const SAME: Duration = Duration::from_secs(4);
const FORGIVEN: Duration = Duration::from_secs(60);

/// What became of one packet that left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fate {
    /// When it left.
    pub sent_at: Instant,
    /// When it arrived, on the receiver's clock, of which only differences mean something. `None`: it is lost.
    pub arrived: Option<Duration>,
    /// In bytes, as a datagram.
    pub size: usize,
    /// It carried nothing: it was there for a probe.
    pub is_padding: bool,
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

/// How it was when less began to be sent for so much was lost.
#[derive(Clone, Copy, Debug)]
struct BeforeLess {
    sent_bps: f64,
    /// The part of it that was lost.
    loss: f64,
    /// What loss allowed until then, in bit/s.
    bound_bps: f64,
}

/// How much the way loses, and how much of that it loses whatever is sent: radio does, a full queue does not.
#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    since: Option<Instant>,
    lost: u32,
    reported: u32,
    /// What the way loses by itself, as a part of all.
    own: f64,
    /// How it was when less began to be sent.
    before: Option<BeforeLess>,
    /// Lost and reported since that much less is sent.
    lost_of_less: u32,
    reported_of_less: u32,
}

impl Losses {
    /// The part of so many packets that may be lost beyond what the way loses by itself before it means anything: three
    /// times what chance does.
    fn chance(&self, packets: u32) -> f64 {
        3.0 * (self.own * (1.0 - self.own) / f64::from(packets.max(1))).sqrt()
    }

    /// The part that was lost in a window that is over, when `sent_bps` was sent, and nothing less could be if that
    /// `was_least`. What loss allowed before, in bit/s, if it turns out that the way loses as much whatever is sent.
    fn note(&mut self, loss: f64, sent_bps: f64, was_least: bool) -> Option<f64> {
        if loss < self.own + self.chance(self.reported) {
            self.own += self.own.min(0.1) * (loss - self.own);
        }
        let before = self.before?;
        if sent_bps > LESS * before.sent_bps && !was_least {
            (self.lost_of_less, self.reported_of_less) = (0, 0);
            return None;
        }
        self.lost_of_less += self.lost;
        self.reported_of_less += self.reported;
        if self.reported_of_less < LESS_PACKETS {
            return None;
        }
        let now = f64::from(self.lost_of_less) / f64::from(self.reported_of_less);
        let is_own = 1.0 - now < BETTER * (1.0 - before.loss);
        if is_own {
            self.own = now.min(MOST_OWN_LOSS);
        }
        (self.before, self.lost_of_less, self.reported_of_less) = (None, 0, 0);
        (is_own && now <= MOST_OWN_LOSS + TOO_LOSSY).then_some(before.bound_bps)
    }
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
    losses: Losses,
    /// The estimate when reports ceased to come, until one comes again.
    broken_bps: Option<f64>,
    /// When the first packet left that arrived on the present way.
    way_since: Option<Instant>,
    is_new_way: bool,
    /// Since when nothing goes out that could be left out.
    least_since: Option<Instant>,
    lossy_at: Option<Instant>,
    reported_at: Option<Instant>,
    sent_at: Option<Instant>,
    probe: Option<Probe>,
    may_probe_at: Option<Instant>,
    probes_failed: u32,
    padding_arrived: u32,
    padding_lost: u32,
    /// Retreats one after the other.
    rests: u32,
    /// What would be sent if the way carried it, in bit/s.
    wish_bps: f64,
    ticked_at: Option<Instant>,
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
            losses: Losses::default(),
            broken_bps: None,
            way_since: None,
            is_new_way: false,
            least_since: None,
            lossy_at: None,
            reported_at: None,
            sent_at: None,
            probe: None,
            may_probe_at: None,
            probes_failed: 0,
            padding_arrived: 0,
            padding_lost: 0,
            rests: 0,
            wish_bps: 0.0,
            ticked_at: None,
        }
    }
}

impl Estimator {
    /// The estimate, in bit/s.
    pub fn bps(&self) -> u64 {
        self.delay_bps.min(self.loss_bps).clamp(MIN_BPS, MAX_BPS) as u64
    }

    /// Packets are lost on the way, or were a moment ago.
    pub fn is_lossy(&self, now: Instant) -> bool {
        self.lossy_at.is_some_and(|at| now.saturating_duration_since(at) < LOSSY_FOR)
    }

    /// The way is another one than before, which is told once: what was held back for the sake of the old one is not held
    /// back any more.
    pub fn take_new_way(&mut self) -> bool {
        std::mem::take(&mut self.is_new_way)
    }

    /// Whether nothing goes out that could be left out, such as a picture.
    pub fn sends_least(&mut self, now: Instant, is_least: bool) {
        self.least_since = is_least.then(|| self.least_since.unwrap_or(now));
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
        let arrived = fates.iter().filter(|fate| fate.arrived.is_some());
        if let (Some(before), Some(first)) = (self.broken_bps, arrived.map(|fate| fate.sent_at).min()) {
            self.begin_anew(before, first);
        }
        let mut usage = self.trend.usage;
        for fate in fates {
            if self.way_since.is_some_and(|since| fate.sent_at < since) {
                continue; // it was lost with the way before
            }
            if fate.is_padding {
                match fate.arrived {
                    Some(_) => self.padding_arrived += 1,
                    None => self.padding_lost += 1,
                }
                if self.padding_arrived == 0 {
                    continue; // no loss, as long as it may be that padding is never counted
                }
            }
            self.losses.reported += 1;
            let Some(arrived) = fate.arrived else {
                self.losses.lost += 1;
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
            self.broken_bps.get_or_insert(self.bps() as f64);
            self.delay_bps = (self.bps() as f64 / 2.0).max(MIN_BPS);
            self.reported_at = Some(now);
            self.retreated(now);
        }
        self.end_probe(now);
        let passed =
            self.ticked_at.replace(now).map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let is_losing = self.lossy_at.is_some_and(|at| now.saturating_duration_since(at) < SAME);
        if self.is_deaf() && !is_losing && self.may_probe_at.is_none_or(|at| at <= now) {
            self.try_more(passed);
        }
    }

    /// After the way was broken: nothing is known of the one that there is now, but that it was worth `before` once.
    fn begin_anew(&mut self, before: f64, first_sent: Instant) {
        let known = Self { delay_bps: before.min(START_BPS), ..Self::default() };
        *self = Self {
            way_since: Some(first_sent),
            is_new_way: true,
            least_since: self.least_since,
            lossy_at: self.lossy_at,
            reported_at: self.reported_at,
            sent_at: self.sent_at,
            padding_arrived: self.padding_arrived,
            padding_lost: self.padding_lost,
            wish_bps: self.wish_bps,
            ticked_at: self.ticked_at,
            ..known
        };
    }

    /// The device says of padding that it never arrives. Then nothing can be probed with it.
    fn is_deaf(&self) -> bool {
        self.padding_arrived == 0 && self.padding_lost >= DEAF
    }

    /// Without probes only media themselves can show what the way carries: the estimate grows, whatever arrives, until there are more of
    /// them, and their queue says whether that was too much.
    fn try_more(&mut self, passed: Duration) {
        if self.trend.usage != Usage::Over {
            let grown = self.delay_bps * TRY.powf(passed.min(Duration::from_secs(1)).as_secs_f64());
            self.delay_bps = grown.min(self.wish_bps).max(self.delay_bps);
            self.loss_bps = self.loss_bps.max(self.delay_bps);
        }
    }

    /// How much is to go out now, with all that goes out anyway, in bit/s, so that the way shows whether it carries
    /// `wish_bps`. `None` if it is not the time for it. What is sent beyond media must be of no use to anybody.
    pub fn probe(&mut self, now: Instant, wish_bps: Option<u64>) -> Option<u64> {
        if let Some(probe) = self.probe {
            let is_going = now.saturating_duration_since(probe.began_at) < PROBE_TIME;
            return is_going.then_some(probe.bps as u64);
        }
        let estimate = self.bps() as f64;
        self.wish_bps = wish_bps.unwrap_or_default() as f64 * PROBE_SURPLUS;
        let is_due = self.may_probe_at.is_none_or(|at| at <= now) && self.reported_at.is_some();
        if !is_due || self.is_deaf() || self.wish_bps <= estimate || self.trend.usage != Usage::Normal {
            return None;
        }
        let bps = (estimate * PROBE).min(self.wish_bps).max(LEAST_PROBE_BPS);
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

    /// What the way took, with what it lost of that by itself, in bit/s.
    fn carried_bps(&self) -> Option<f64> {
        self.arrived_bps().map(|arrived| arrived / (1.0 - self.losses.own))
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
        let arrived = self.carried_bps().unwrap_or(self.delay_bps);
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
        let before = self.retreated_at.replace(now);
        self.probe = None;
        self.rests = match before.map(|at| now.saturating_duration_since(at)) {
            Some(passed) if passed < SAME => self.rests,
            Some(passed) if passed < FORGIVEN => (self.rests + 1).min(MAX_RESTS),
            _ => 1,
        };
        self.may_probe_at = Some(now + if self.is_deaf() { TRY_AGAIN * self.rests } else { PROBE_REST });
    }

    fn grow(&mut self, now: Instant) {
        let Some(arrived) = self.carried_bps() else { return };
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

    /// Section 6 of the draft, but for what the way loses by itself.
    fn look_at_loss(&mut self, now: Instant) {
        let since = *self.losses.since.get_or_insert(now);
        let Losses { lost, reported, .. } = self.losses;
        if now.saturating_duration_since(since) < LOSS_WINDOW || reported < LOSS_PACKETS {
            return;
        }
        let loss = f64::from(lost) / f64::from(reported);
        let present = self.bps() as f64;
        let sent = self.arrived_bps().map_or(present, |arrived| arrived / (1.0 - loss).max(0.05));
        let was_least = self.least_since.is_some_and(|least| least <= since);
        if let Some(bound) = self.losses.note(loss, sent, was_least) {
            // The retreats were for nothing.
            self.loss_bps = self.loss_bps.max(bound);
            self.may_probe_at = Some(now);
        }
        if loss > LOSSY {
            self.lossy_at = Some(now);
        }
        let excess = loss - self.losses.own;
        if excess > TOO_LOSSY + self.losses.chance(reported) {
            let bound_bps = self.loss_bps;
            let before = BeforeLess { sent_bps: sent, loss, bound_bps };
            let before = *self.losses.before.get_or_insert(before);
            let is_less = was_least || sent <= LESS * before.sent_bps;
            // Whether that helped is not known yet.
            if !is_less || loss > HOPELESS {
                self.loss_bps = (present.min(BEYOND * sent) * (1.0 - 0.5 * excess)).max(MIN_BPS);
                self.retreated(now);
            }
        } else if excess < LOSSY {
            self.loss_bps = (self.loss_bps * 1.05).min(MAX_BPS);
        }
        (self.losses.since, self.losses.lost, self.losses.reported) = (Some(now), 0, 0);
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
        // No faster than it was sent, whatever the receiver's clock says of a burst; and no slower for what its packets
        // are scattered by on this way anyway.
        let span = probe.last.saturating_sub(first).saturating_sub(self.trend.scatter());
        let span = span.max(PROBE_TIME / 2).as_secs_f64();
        let arrived_bps = (probe.bytes - probe.first_bytes) as f64 * 8.0 / span;
        let carried = (arrived_bps / (1.0 - self.losses.own)).min(probe.bps);
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
