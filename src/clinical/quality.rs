//! How the media of a call fare: what clients measure, one word for everybody, and the record that is kept.

use chrono::{DateTime, TimeDelta, Utc};

use super::{DeviceCheck, DeviceState};

/// Which of a device's two one-way connections was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaDirection {
    /// From the device to the gateway.
    Publish,
    /// From the gateway to the device.
    Subscribe,
}

/// How packets travel between a device and the gateway (RFC 8445 for the first two, RFC 8656 for the relay).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaPath {
    Udp,
    Tcp,
    RelayUdp,
    RelayTcp,
    RelayTls,
}

impl MediaPath {
    /// Every path.
    pub const ALL: [Self; 5] = [Self::Udp, Self::Tcp, Self::RelayUdp, Self::RelayTcp, Self::RelayTls];

    fn is_relayed(self) -> bool {
        matches!(self, Self::RelayUdp | Self::RelayTcp | Self::RelayTls)
    }

    fn is_datagram(self) -> bool {
        matches!(self, Self::Udp | Self::RelayUdp)
    }
}

/// One measurement of one direction, over the time since the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QualityReport {
    pub direction: MediaDirection,
    pub path: MediaPath,
    /// Time that it covers.
    pub seconds: u32,
    pub loss_pct: f64,
    pub rtt_ms: f64,
    pub jitter_ms: f64,
    /// How long pictures stood still.
    pub freezes_ms: u32,
    /// Sound that was made up.
    pub concealed_pct: f64,
    pub bitrate_kbps: u32,
}

impl QualityReport {
    /// The longest time that a report is taken to cover.
    pub const MAX_SECONDS: u32 = 30;

    /// Numbers come from a device that may send anything: what is no number is 0, what is out of range is at its end.
    pub fn clean(self) -> Self {
        let within = |value: f64, most: f64| if value.is_finite() { value.clamp(0.0, most) } else { 0.0 };
        Self {
            seconds: self.seconds.clamp(1, Self::MAX_SECONDS),
            loss_pct: within(self.loss_pct, 100.0),
            rtt_ms: within(self.rtt_ms, 60_000.0),
            jitter_ms: within(self.jitter_ms, 60_000.0),
            freezes_ms: self.freezes_ms.min(Self::MAX_SECONDS * 1000),
            concealed_pct: within(self.concealed_pct, 100.0),
            bitrate_kbps: self.bitrate_kbps.min(1_000_000),
            ..self
        }
    }
}

/// Mean and largest of a measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measure {
    pub mean: f64,
    pub max: f64,
}

impl Measure {
    /// Takes the value number `count`, counted from 1.
    fn add(&mut self, value: f64, count: u32) {
        self.mean += (value - self.mean) / f64::from(count.max(1));
        self.max = self.max.max(value);
    }
}

/// All measurements of one person in one direction over one path.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QualityTally {
    pub reports: u32,
    pub seconds: u32,
    pub loss_pct: Measure,
    pub rtt_ms: Measure,
    pub jitter_ms: Measure,
    pub concealed_pct: Measure,
    pub bitrate_kbps: Measure,
    /// Altogether.
    pub freezes_ms: u64,
    /// In the worst measurement.
    pub longest_freezes_ms: u32,
    /// How often the connection came back after it was lost.
    pub reconnections: u32,
}

impl QualityTally {
    /// Adds a measurement.
    pub fn add(&mut self, report: &QualityReport) {
        self.reports = self.reports.saturating_add(1);
        self.seconds = self.seconds.saturating_add(report.seconds);
        self.loss_pct.add(report.loss_pct, self.reports);
        self.rtt_ms.add(report.rtt_ms, self.reports);
        self.jitter_ms.add(report.jitter_ms, self.reports);
        self.concealed_pct.add(report.concealed_pct, self.reports);
        self.bitrate_kbps.add(f64::from(report.bitrate_kbps), self.reports);
        self.freezes_ms = self.freezes_ms.saturating_add(report.freezes_ms.into());
        self.longest_freezes_ms = self.longest_freezes_ms.max(report.freezes_ms);
    }
}

/// How a connection carries the call, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    Good,
    Fair,
    Poor,
    /// Nothing comes from the person at present.
    Lost,
}

/// Beyond these a connection is no longer fair, or no longer good. One of them is enough.
struct Limits {
    loss_pct: f64,
    rtt_ms: f64,
    jitter_ms: f64,
    concealed_pct: f64,
    /// Share of the time that pictures stood still.
    frozen_pct: f64,
}

/// Speech is hard to follow: ITU-T G.114 gives 400 ms one way as the end of what is acceptable; loss and concealment of a tenth
/// cost words.
const POOR: Limits =
    Limits { loss_pct: 10.0, rtt_ms: 800.0, jitter_ms: 150.0, concealed_pct: 10.0, frozen_pct: 30.0 };
/// It is noticed: ITU-T G.114 gives 150 ms one way as what most conversations bear unharmed.
const FAIR: Limits =
    Limits { loss_pct: 3.0, rtt_ms: 300.0, jitter_ms: 60.0, concealed_pct: 3.0, frozen_pct: 5.0 };
/// What gets better must be clearly better, so that the word does not flicker.
const MARGIN: f64 = 0.7;
/// And stay so for this many measurements.
const STEADY: u8 = 2;

impl Limits {
    fn are_passed(&self, report: &QualityReport, margin: f64) -> bool {
        let frozen_pct = f64::from(report.freezes_ms) / (f64::from(report.seconds.max(1)) * 10.0);
        report.loss_pct > self.loss_pct * margin
            || report.rtt_ms > self.rtt_ms * margin
            || report.jitter_ms > self.jitter_ms * margin
            || report.concealed_pct > self.concealed_pct * margin
            || frozen_pct > self.frozen_pct * margin
    }
}

fn grade(report: &QualityReport, margin: f64) -> Quality {
    if POOR.are_passed(report, margin) {
        Quality::Poor
    } else if FAIR.are_passed(report, margin) {
        Quality::Fair
    } else {
        Quality::Good
    }
}

/// The word for one person. It worsens at once; it improves when [`STEADY`] measurements in a row stay within [`MARGIN`] of the
/// limits of the better word. The worse of both directions counts.
#[derive(Clone, Copy, Debug)]
pub struct QualityMeter {
    publish: Side,
    subscribe: Side,
    told: Quality,
}

#[derive(Clone, Copy, Debug)]
struct Side {
    word: Quality,
    better: u8,
    is_lost: bool,
}

impl Default for QualityMeter {
    fn default() -> Self {
        let side = Side { word: Quality::Good, better: 0, is_lost: false };
        Self { publish: side, subscribe: side, told: Quality::Good }
    }
}

impl QualityMeter {
    /// The word as last told.
    pub fn word(&self) -> Quality {
        self.told
    }

    /// Takes a measurement; answers with the word when it has changed.
    pub fn add(&mut self, report: &QualityReport) -> Option<Quality> {
        let side = self.side(report.direction);
        let (now, clearly) = (grade(report, 1.0), grade(report, MARGIN));
        if now > side.word {
            (side.word, side.better) = (now, 0);
        } else if clearly < side.word {
            side.better += 1;
            if side.better >= STEADY {
                (side.word, side.better) = (clearly, 0);
            }
        } else {
            side.better = 0;
        }
        self.told()
    }

    /// A direction lost its path, or has one again.
    pub fn set_lost(&mut self, direction: MediaDirection, is_lost: bool) -> Option<Quality> {
        self.side(direction).is_lost = is_lost;
        self.told()
    }

    fn side(&mut self, direction: MediaDirection) -> &mut Side {
        match direction {
            MediaDirection::Publish => &mut self.publish,
            MediaDirection::Subscribe => &mut self.subscribe,
        }
    }

    fn told(&mut self) -> Option<Quality> {
        let word = |side: Side| if side.is_lost { Quality::Lost } else { side.word };
        let now = word(self.publish).max(word(self.subscribe));
        (std::mem::replace(&mut self.told, now) != now).then_some(now)
    }
}

/// What went wrong for a person, from the gravest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Incident {
    /// The device check found no microphone that works.
    NoMicrophone,
    NoCamera,
    /// A measurement with a tenth of the packets missing, or more.
    HeavyLoss,
    /// A measurement with a fifth of the sound made up, or more.
    BrokenSound,
    /// Pictures stood still for five seconds or more within one measurement.
    LongFreeze,
    /// Round trips of more than 600 ms on average.
    HighDelay,
    /// The connection was lost three times or more.
    ManyReconnections,
    /// The network let nothing through but the relay.
    RelayOnly,
    /// No UDP got through, straight or to the relay.
    NoUdp,
}

/// The incidents in a person's record, each once, the gravest first.
pub fn incidents(
    record: &[(MediaDirection, MediaPath, QualityTally)],
    check: Option<DeviceCheck>,
) -> Vec<Incident> {
    let any = |is: &dyn Fn(&QualityTally) -> bool| record.iter().any(|(_, _, tally)| is(tally));
    let measured = || record.iter().filter(|(_, _, tally)| tally.reports > 0);
    let all =
        |is: fn(MediaPath) -> bool| measured().next().is_some() && measured().all(|(_, path, _)| is(*path));
    let reconnections: u32 = record.iter().map(|(_, _, tally)| tally.reconnections).sum();
    // Chosen off is no fault of a device.
    let is_missing = |state| !matches!(state, DeviceState::Works | DeviceState::Off);
    [
        (Incident::NoMicrophone, check.is_some_and(|check| is_missing(check.microphone))),
        (Incident::NoCamera, check.is_some_and(|check| is_missing(check.camera))),
        (Incident::HeavyLoss, any(&|tally| tally.loss_pct.max >= 10.0)),
        (Incident::BrokenSound, any(&|tally| tally.concealed_pct.max >= 20.0)),
        (Incident::LongFreeze, any(&|tally| tally.longest_freezes_ms >= 5000)),
        (Incident::HighDelay, any(&|tally| tally.rtt_ms.mean > 600.0)),
        (Incident::ManyReconnections, reconnections >= 3),
        (Incident::RelayOnly, all(MediaPath::is_relayed)),
        (Incident::NoUdp, all(|path| !path.is_datagram())),
    ]
    .into_iter()
    .filter_map(|(incident, is_so)| is_so.then_some(incident))
    .collect()
}

/// The seconds between two measurements, for the one that ends now.
pub fn covered(before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> u32 {
    let since = before.map_or(TimeDelta::seconds(10), |before| now - before);
    u32::try_from(since.num_seconds()).unwrap_or(0).clamp(1, QualityReport::MAX_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(loss_pct: f64) -> QualityReport {
        QualityReport {
            direction: MediaDirection::Subscribe,
            path: MediaPath::Udp,
            seconds: 10,
            loss_pct,
            rtt_ms: 40.0,
            jitter_ms: 5.0,
            freezes_ms: 0,
            concealed_pct: 0.0,
            bitrate_kbps: 900,
        }
    }

    #[test]
    fn the_word_worsens_at_once_and_improves_slowly() {
        let mut meter = QualityMeter::default();
        assert_eq!(meter.add(&report(1.0)), None);
        assert_eq!(meter.add(&report(12.0)), Some(Quality::Poor));
        assert_eq!(meter.add(&report(0.0)), None, "once is chance");
        assert_eq!(meter.add(&report(9.0)), None, "not clearly better, and the count starts again");
        assert_eq!(meter.add(&report(0.0)), None);
        assert_eq!(meter.add(&report(0.0)), Some(Quality::Good));
    }

    #[test]
    fn a_connection_at_a_limit_does_not_flicker() {
        let mut meter = QualityMeter::default();
        let told: Vec<_> = [3.1, 2.9, 3.1, 2.9, 2.9, 3.1, 2.5].map(|loss| meter.add(&report(loss))).into();
        assert_eq!(told.iter().flatten().collect::<Vec<_>>(), [&Quality::Fair]);
    }

    #[test]
    fn the_worse_direction_counts_and_a_lost_one_most() {
        let mut meter = QualityMeter::default();
        let publish = QualityReport { direction: MediaDirection::Publish, freezes_ms: 900, ..report(0.0) };
        assert_eq!(meter.add(&publish), Some(Quality::Fair), "9 % of the time");
        assert_eq!(meter.add(&report(0.0)), None);
        assert_eq!(meter.set_lost(MediaDirection::Subscribe, true), Some(Quality::Lost));
        assert_eq!(meter.add(&report(50.0)), None, "still lost");
        assert_eq!(meter.set_lost(MediaDirection::Subscribe, false), Some(Quality::Poor));
        assert_eq!(meter.word(), Quality::Poor);
    }

    #[test]
    fn a_device_that_sends_nonsense_spoils_no_record() {
        let nonsense = QualityReport {
            seconds: 4_000_000,
            loss_pct: f64::NAN,
            rtt_ms: f64::INFINITY,
            jitter_ms: -3.0,
            freezes_ms: u32::MAX,
            concealed_pct: 1e9,
            bitrate_kbps: u32::MAX,
            ..report(0.0)
        };
        let mut tally = QualityTally::default();
        tally.add(&nonsense.clean());
        assert_eq!((tally.seconds, tally.loss_pct.max, tally.rtt_ms.max), (30, 0.0, 0.0));
        assert_eq!((tally.jitter_ms.mean, tally.concealed_pct.max, tally.freezes_ms), (0.0, 100.0, 30_000));
    }

    #[test]
    fn a_tally_holds_means_and_extremes() {
        let mut tally = QualityTally::default();
        for loss in [0.0, 2.0, 10.0] {
            tally.add(&QualityReport { freezes_ms: 400, ..report(loss) });
        }
        assert_eq!((tally.reports, tally.seconds), (3, 30));
        assert!((tally.loss_pct.mean - 4.0).abs() < 1e-9, "{}", tally.loss_pct.mean);
        assert_eq!((tally.loss_pct.max, tally.freezes_ms, tally.longest_freezes_ms), (10.0, 1200, 400));
    }

    #[test]
    fn incidents_are_named_from_the_gravest() {
        let mut bad = QualityTally { reconnections: 3, ..QualityTally::default() };
        bad.add(&QualityReport { freezes_ms: 5000, rtt_ms: 700.0, ..report(10.0) });
        let record = [(MediaDirection::Subscribe, MediaPath::RelayTls, bad)];
        let check = DeviceCheck { camera: DeviceState::Off, microphone: DeviceState::Refused };
        assert_eq!(
            incidents(&record, Some(check)),
            [
                Incident::NoMicrophone,
                Incident::HeavyLoss,
                Incident::LongFreeze,
                Incident::HighDelay,
                Incident::ManyReconnections,
                Incident::RelayOnly,
                Incident::NoUdp,
            ]
        );
        let mut fine = QualityTally::default();
        fine.add(&report(0.5));
        let both = [record[0], (MediaDirection::Publish, MediaPath::Udp, fine)];
        assert!(!incidents(&both, None).contains(&Incident::RelayOnly), "UDP carried the other direction");
        assert_eq!(incidents(&[(MediaDirection::Publish, MediaPath::Udp, fine)], None), []);
        assert_eq!(incidents(&[], None), []);
    }

    #[test]
    fn a_report_covers_the_time_since_the_one_before() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        assert_eq!(covered(None, at(100)), 10);
        assert_eq!(covered(Some(at(93)), at(100)), 7);
        assert_eq!((covered(Some(at(100)), at(100)), covered(Some(at(0)), at(1000))), (1, 30));
    }
}
