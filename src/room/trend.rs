//! Whether the queue on a way grows: the slope of delay over groups of packets, and a threshold that adapts
//! (draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4; the constants are those of libwebrtc).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What the queue on the way does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Usage {
    #[default]
    Normal,
    /// It grows.
    Over,
    /// It drains.
    Under,
}

/// Packets that left within so long are one group.
const GROUP: Duration = Duration::from_millis(5);
/// So are packets that arrive so soon after each other though they left with more time between them: the receiver, or its radio,
/// was busy, and took them all at once. As in libwebrtc, no longer than the second.
const BURST: Duration = Duration::from_millis(5);
const LONGEST_BURST: Duration = Duration::from_millis(100);
/// A queue that is too long stays: for so long no packet came with less delay than usual and this. A receiver that stood still for a
/// moment takes what waited, and the last of it had hardly any delay (RFC 8289 section 3 tells the two apart so).
/// Where delay changes from packet to packet, twice that more.
const STANDING: Duration = Duration::from_millis(150);
const STANDING_MS: f64 = 15.0;
const MOST_STANDING_MS: f64 = 100.0;
/// What is usual: of the least delays in each [`STANDING`], so many of them, one that a quarter is below. Where delay varies
/// much by itself the least of all would be too rare.
const LEASTS: usize = 64;
/// Groups of the trend line.
const TREND_GROUPS: usize = 20;
/// How much of the last value smoothing keeps.
const SMOOTHING: f64 = 0.9;
/// Gain of the slope, and the number of groups that it grows with, as in libwebrtc.
const GAIN: f64 = 4.0;
const MAX_GROUPS: f64 = 60.0;
/// The threshold in milliseconds: its begin, its bounds, and how fast it follows (section 5.4).
const THRESHOLD_MS: f64 = 12.5;
const THRESHOLD_BOUNDS_MS: (f64, f64) = (6.0, 600.0);
const FOLLOW_UP: f64 = 0.0087;
const FOLLOW_DOWN: f64 = 0.039;
/// Overuse is overuse after so many milliseconds of it.
const OVERUSE_MS: f64 = 10.0;

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Instant,
    last_sent: Instant,
    first_arrived: Duration,
    last_arrived: Duration,
}

impl Group {
    fn holds(&self, sent: Instant, arrived: Duration) -> bool {
        if sent.saturating_duration_since(self.first_sent) <= GROUP {
            return true;
        }
        let apart = arrived.saturating_sub(self.last_arrived);
        let has_caught_up = apart < sent.saturating_duration_since(self.last_sent);
        has_caught_up && apart <= BURST && arrived.saturating_sub(self.first_arrived) < LONGEST_BURST
    }
}

/// How long the queue on the way is at least, from delays whose common part nobody knows.
#[derive(Clone, Debug, Default)]
struct Queue {
    origin: Option<Instant>,
    /// Arrival, and delay in milliseconds, of the last [`STANDING`]; only those than which none later had less.
    newest: VecDeque<(Duration, f64)>,
    /// The last delay, and how much it changes from packet to packet (RFC 3550 section 6.4.1), in milliseconds.
    last_ms: Option<f64>,
    jitter_ms: f64,
    /// The least delays, in milliseconds, each of a [`STANDING`].
    leasts: VecDeque<f64>,
    noted_at: Option<Duration>,
}

impl Queue {
    fn note(&mut self, sent: Instant, arrived: Duration) {
        let origin = *self.origin.get_or_insert(sent);
        let sent_ms = match sent.checked_duration_since(origin) {
            Some(after) => after.as_secs_f64() * 1_000.0,
            None => -(origin.saturating_duration_since(sent).as_secs_f64() * 1_000.0),
        };
        let delay = arrived.as_secs_f64() * 1_000.0 - sent_ms;
        let change = (delay - self.last_ms.replace(delay).unwrap_or(delay)).abs();
        self.jitter_ms += (change - self.jitter_ms) / 16.0;
        while self.newest.back().is_some_and(|(_, known)| *known >= delay) {
            self.newest.pop_back();
        }
        self.newest.push_back((arrived, delay));
        while self.newest.len() > 1 && self.newest.front().is_some_and(|(at, _)| *at + STANDING < arrived) {
            self.newest.pop_front();
        }
        if self.noted_at.is_none_or(|at| at + STANDING <= arrived || arrived < at) {
            self.noted_at = Some(arrived);
            self.leasts.extend(self.newest.front().map(|(_, least)| *least));
            if self.leasts.len() > LEASTS {
                self.leasts.pop_front();
            }
        }
    }

    /// It is longer than usual, and stays.
    fn is_standing(&self) -> bool {
        let mut leasts: Vec<f64> = self.leasts.iter().copied().collect();
        leasts.sort_unstable_by(f64::total_cmp);
        match (self.newest.front(), leasts.get(leasts.len() / 4)) {
            (Some((_, now)), Some(usual)) => {
                now - usual > (STANDING_MS + 2.0 * self.jitter_ms).min(MOST_STANDING_MS)
            }
            _ => false,
        }
    }
}

/// Whether delay grows: the slope of the delay that is accumulated over groups of packets.
#[derive(Clone, Debug)]
pub(super) struct Trend {
    group: Option<Group>,
    before: Option<Group>,
    groups: u32,
    accumulated_ms: f64,
    smoothed_ms: f64,
    begin: Option<Duration>,
    /// Time of arrival and smoothed delay, in milliseconds.
    points: VecDeque<(f64, f64)>,
    last: f64,
    threshold_ms: f64,
    followed_at: Option<Duration>,
    over_ms: f64,
    over_groups: u32,
    queue: Queue,
    pub(super) usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            group: None,
            before: None,
            groups: 0,
            accumulated_ms: 0.0,
            smoothed_ms: 0.0,
            begin: None,
            points: VecDeque::new(),
            last: 0.0,
            threshold_ms: THRESHOLD_MS,
            followed_at: None,
            over_ms: 0.0,
            over_groups: 0,
            queue: Queue::default(),
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    /// A packet left and arrived, the latter on the receiver's clock.
    pub(super) fn arrived(&mut self, sent: Instant, arrived: Duration) -> Usage {
        self.begin.get_or_insert(arrived);
        self.queue.note(sent, arrived);
        let new = Group { first_sent: sent, last_sent: sent, first_arrived: arrived, last_arrived: arrived };
        match &mut self.group {
            None => self.group = Some(new),
            Some(group) if sent < group.first_sent => {} // it overtook, or was overtaken
            Some(group) if group.holds(sent, arrived) => {
                group.last_sent = group.last_sent.max(sent);
                group.last_arrived = group.last_arrived.max(arrived);
            }
            Some(group) => {
                let full = std::mem::replace(group, new);
                if let Some(before) = self.before.replace(full) {
                    self.compare(&before, &full);
                }
            }
        }
        self.usage
    }

    /// By how much packets that leave together arrive apart on this way, though no queue grows.
    pub(super) fn scatter(&self) -> Duration {
        Duration::from_secs_f64(2.0 * self.queue.jitter_ms / 1_000.0)
    }

    fn compare(&mut self, before: &Group, group: &Group) {
        let sent_ms = group.last_sent.saturating_duration_since(before.last_sent).as_secs_f64() * 1_000.0;
        let arrived_ms = (group.last_arrived.as_secs_f64() - before.last_arrived.as_secs_f64()) * 1_000.0;
        if arrived_ms < 0.0 || sent_ms > 3_000.0 {
            return; // reordered, or a pause that says nothing
        }
        self.groups += 1;
        self.accumulated_ms += arrived_ms - sent_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.accumulated_ms;
        let since = group.last_arrived.saturating_sub(self.begin.unwrap_or_default()).as_secs_f64() * 1_000.0;
        self.points.push_back((since, self.smoothed_ms));
        if self.points.len() > TREND_GROUPS {
            self.points.pop_front();
        }
        let slope = if self.points.len() == TREND_GROUPS { slope(&self.points) } else { 0.0 };
        self.detect(slope, sent_ms, group.last_arrived);
    }

    fn detect(&mut self, slope: f64, sent_ms: f64, at: Duration) {
        let value = slope * f64::from(self.groups).min(MAX_GROUPS) * GAIN;
        if value > self.threshold_ms {
            self.over_ms += if self.over_groups == 0 { sent_ms / 2.0 } else { sent_ms };
            self.over_groups += 1;
            let is_growing = self.over_ms > OVERUSE_MS && self.over_groups > 1 && slope >= self.last;
            if is_growing && self.queue.is_standing() {
                (self.over_ms, self.over_groups) = (0.0, 0);
                self.usage = Usage::Over;
            }
        } else {
            (self.over_ms, self.over_groups) = (0.0, 0);
            self.usage = if value < -self.threshold_ms { Usage::Under } else { Usage::Normal };
        }
        self.last = slope;
        self.follow(value.abs(), at);
    }

    /// The threshold follows what is usual on this way, so that other traffic there does not starve it.
    fn follow(&mut self, value_ms: f64, at: Duration) {
        let passed = at.saturating_sub(self.followed_at.replace(at).unwrap_or(at));
        if value_ms > self.threshold_ms + 15.0 {
            return; // a sudden jump is not usual
        }
        let pace = if value_ms < self.threshold_ms { FOLLOW_DOWN } else { FOLLOW_UP };
        let passed_ms = (passed.as_secs_f64() * 1_000.0).min(100.0);
        self.threshold_ms += pace * (value_ms - self.threshold_ms) * passed_ms;
        self.threshold_ms = self.threshold_ms.clamp(THRESHOLD_BOUNDS_MS.0, THRESHOLD_BOUNDS_MS.1);
    }
}

/// Least squares. Zero where it is not defined.
fn slope(points: &VecDeque<(f64, f64)>) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (x, y) = (x / count, y / count);
    let covariance: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let variance: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if variance > 0.0 { covariance / variance } else { 0.0 }
}
