//! What the reports to a publisher say of one of its layers (RFC 3550 section 6.4.1).

use std::time::{Duration, Instant};

use rtc::rtcp::reception_report::ReceptionReport;

/// Reports go to a publisher at this interval.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);

/// Counts one source.
#[derive(Debug)]
pub(super) struct Reception {
    clock_rate_hz: u32,
    /// Extended sequence numbers.
    first: Option<i64>,
    newest: i64,
    received: i64,
    expected_before: i64,
    received_before: i64,
    /// When a packet arrived, in units of the source's clock, less its timestamp.
    transit: Option<u32>,
    began_at: Option<Instant>,
    jitter: f64,
    /// The middle of the time in the last sender report, and when that came.
    report: Option<(u32, Instant)>,
}

impl Reception {
    pub(super) fn new(clock_rate_hz: u32) -> Self {
        Self {
            clock_rate_hz,
            first: None,
            newest: 0,
            received: 0,
            expected_before: 0,
            received_before: 0,
            transit: None,
            began_at: None,
            jitter: 0.0,
            report: None,
        }
    }

    /// A packet arrived as itself, not repaired.
    pub(super) fn arrived(&mut self, now: Instant, sequence_number: u16, timestamp: u32) {
        let number = match self.first {
            Some(_) => self.newest + i64::from(sequence_number.wrapping_sub(self.newest as u16) as i16),
            None => i64::from(sequence_number),
        };
        self.first.get_or_insert(number);
        if number < self.newest {
            self.received += 1;
            return;
        }
        self.newest = number;
        self.received += 1;
        let passed = now.saturating_duration_since(*self.began_at.get_or_insert(now));
        let arrival = (passed.as_micros() * u128::from(self.clock_rate_hz) / 1_000_000) as u32;
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = f64::from((transit.wrapping_sub(before) as i32).unsigned_abs());
            self.jitter += (difference - self.jitter) / 16.0;
        }
    }

    /// A sender report came, with this NTP time.
    pub(super) fn reported(&mut self, now: Instant, ntp_time: u64) {
        self.report = Some(((ntp_time >> 16) as u32, now));
    }

    /// What to report of the source. `None` before its first packet.
    pub(super) fn report(&mut self, now: Instant, ssrc: u32) -> Option<ReceptionReport> {
        let expected = self.newest - self.first? + 1;
        let expected_now = expected - self.expected_before;
        let lost_now = expected_now - (self.received - self.received_before);
        self.expected_before = expected;
        self.received_before = self.received;
        let fraction_lost =
            if expected_now > 0 { (lost_now.max(0) * 256 / expected_now).min(255) } else { 0 };
        let (last_sender_report, delay) = match self.report {
            Some((middle, at)) => {
                let passed = now.saturating_duration_since(at).as_micros();
                (middle, (passed * 65_536 / 1_000_000) as u32)
            }
            None => (0, 0),
        };
        Some(ReceptionReport {
            ssrc,
            fraction_lost: fraction_lost as u8,
            total_lost: (expected - self.received).clamp(0, 0x7f_ffff) as u32,
            last_sequence_number: self.newest as u32,
            jitter: self.jitter as u32,
            last_sender_report,
            delay,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_delays_are_counted_over_the_roll_over() {
        let now = crate::clock::Clock::system().instant();
        let mut reception = Reception::new(90_000);
        assert_eq!(reception.report(now, 7), None);
        for step in 0..100_u64 {
            if step % 4 == 0 && step > 0 {
                continue;
            }
            let at = now + Duration::from_millis(step * 20);
            reception.arrived(at, (65_500 + step) as u16, step as u32 * 1_800);
        }
        let at = now + Duration::from_secs(2);
        reception.reported(at, 0x1234_5678_9abc_def0);
        let report = reception.report(at + Duration::from_millis(500), 7).unwrap();
        assert_eq!((report.total_lost, report.fraction_lost), (24, 61));
        assert_eq!(report.last_sequence_number, 65_500 + 99);
        assert_eq!((report.last_sender_report, report.delay), (0x5678_9abc, 32_768));
        assert!(report.jitter < 10, "steady: {}", report.jitter);
        let again = reception.report(at, 7).unwrap();
        assert_eq!(again.fraction_lost, 0, "nothing was expected since");
    }
}
