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
    last_arrived: Duration,
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
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    /// A packet left and arrived, the latter on the receiver's clock.
    pub(super) fn arrived(&mut self, sent: Instant, arrived: Duration) -> Usage {
        self.begin.get_or_insert(arrived);
        let new = Group { first_sent: sent, last_sent: sent, last_arrived: arrived };
        match &mut self.group {
            None => self.group = Some(new),
            Some(group) if sent < group.first_sent => {} // it overtook, or was overtaken
            Some(group) if sent.saturating_duration_since(group.first_sent) <= GROUP => {
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
            if self.over_ms > OVERUSE_MS && self.over_groups > 1 && slope >= self.last {
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
