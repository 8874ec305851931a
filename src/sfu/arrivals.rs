//! When the packets of one device arrived, by transport-wide sequence number, and the reports of it
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01): the device's own bandwidth estimate stands on them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A report goes out after this time, if something arrived.
const INTERVAL: Duration = Duration::from_millis(75);
/// Arrivals are remembered so long, so that one that is late is reported among its neighbours.
const MEMORY_US: i64 = 500_000;
/// Most packets that one report tells of; most that are remembered.
const MAX_REPORTED: i64 = 1_000;
const MAX_KEPT: usize = 2_048;
/// Unit of the times in a report, in microseconds, and of its reference time.
const TICK_US: i64 = 250;
const REFERENCE_US: i64 = 64_000;

/// The arrivals of one device.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    began_at: Option<Instant>,
    /// By extended number, in microseconds since the first.
    kept: BTreeMap<i64, i64>,
    newest: Option<i64>,
    /// Number of the first packet that the next report tells of.
    next: i64,
    has_news: bool,
    reported_at: Option<Instant>,
    reports: u8,
    media_ssrc: u32,
}

impl Arrivals {
    /// A packet arrived.
    pub(super) fn note(&mut self, now: Instant, sequence_number: u16, media_ssrc: u32) {
        let at_us = now.saturating_duration_since(*self.began_at.get_or_insert(now)).as_micros() as i64;
        let number = match self.newest {
            Some(newest) => newest + i64::from(sequence_number.wrapping_sub(newest as u16) as i16),
            None => {
                self.next = i64::from(sequence_number);
                self.next
            }
        };
        self.media_ssrc = media_ssrc;
        self.newest = Some(self.newest.map_or(number, |newest| newest.max(number)));
        if self.newest.is_some_and(|newest| newest - number > MAX_REPORTED) {
            return; // far too late
        }
        self.kept.entry(number).or_insert(at_us);
        if self.kept.len() > MAX_KEPT {
            self.kept.pop_first();
        }
        self.next = self.next.min(number);
        self.has_news = true;
        self.reported_at.get_or_insert(now);
    }

    /// When [`Arrivals::report`] has something to say.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.reported_at.filter(|_| self.has_news).map(|at| at + INTERVAL)
    }

    /// The report about what arrived since the last one, as an RTCP packet, if it is time for it.
    pub(super) fn report(&mut self, now: Instant, sender_ssrc: u32) -> Option<Vec<u8>> {
        if self.deadline().is_none_or(|at| now < at) {
            return None;
        }
        let newest = self.newest?;
        self.next = self.next.max(newest - MAX_REPORTED + 1);
        let (&begin, &first_us) = self.kept.range(self.next..).next()?;
        // What is missing before the first one is told, if it was told of nothing before.
        let begin = begin.min(self.next);
        let reference = first_us / REFERENCE_US;
        let mut at_us = reference * REFERENCE_US;
        let (mut symbols, mut deltas) = (Vec::new(), Vec::new());
        let mut end = newest + 1;
        for number in begin..=newest {
            let Some(arrived_us) = self.kept.get(&number) else {
                symbols.push(0_u16);
                continue;
            };
            let ticks = (arrived_us - at_us) / TICK_US;
            let Ok(large) = i16::try_from(ticks) else {
                end = number; // the rest goes into the next report
                break;
            };
            at_us += ticks * TICK_US;
            match u8::try_from(large) {
                Ok(small) => {
                    symbols.push(1);
                    deltas.push(small);
                }
                Err(_) => {
                    symbols.push(2);
                    deltas.extend(large.to_be_bytes());
                }
            }
        }
        self.next = end;
        self.has_news = end <= newest;
        self.reported_at = Some(now);
        let old_us = at_us - MEMORY_US;
        self.kept.retain(|number, arrived_us| *number >= end || *arrived_us >= old_us);
        let packet = self.write(sender_ssrc, begin as u16, reference, &symbols, &deltas);
        self.reports = self.reports.wrapping_add(1);
        Some(packet)
    }

    fn write(&self, sender: u32, begin: u16, reference: i64, symbols: &[u16], deltas: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x80 | 15, 205, 0, 0];
        packet.extend(sender.to_be_bytes());
        packet.extend(self.media_ssrc.to_be_bytes());
        packet.extend(begin.to_be_bytes());
        packet.extend((symbols.len() as u16).to_be_bytes());
        packet.extend(&(reference as u32).to_be_bytes()[1..]);
        packet.push(self.reports);
        for chunk in symbols.chunks(7) {
            // A vector of seven symbols of two bits.
            let bits =
                chunk.iter().enumerate().fold(0xc000, |bits, (at, symbol)| bits | symbol << (12 - 2 * at));
            packet.extend(bits.to_be_bytes());
        }
        packet.extend(deltas);
        let padding = packet.len().next_multiple_of(4) - packet.len();
        if padding > 0 {
            packet.resize(packet.len() + padding, 0);
            packet[0] |= 0x20;
            if let Some(last) = packet.last_mut() {
                *last = padding as u8;
            }
        }
        let words = ((packet.len() / 4 - 1) as u16).to_be_bytes();
        packet[2..4].copy_from_slice(&words);
        packet
    }
}

#[cfg(test)]
mod tests {
    use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
    use rtc::shared::marshal::Unmarshal;

    use super::super::sent::SentPackets;
    use super::*;

    /// What the sender of the packets reads in the reports: who arrived when.
    #[test]
    fn the_sender_learns_what_arrived_and_when() {
        let now = crate::clock::Clock::system().instant();
        let (mut sent, mut arrivals) = (SentPackets::default(), Arrivals::default());
        let at = |ms: u64| now + Duration::from_millis(ms);
        for number in 0..3_000_u64 {
            sent.note(at(number), 1_000 + number as usize % 100, false);
        }
        // From 1900 on: each fifth is lost, each is under way for 40 ms, one for 240 ms, and then nothing for 9 s.
        let mut seen = BTreeMap::new();
        let mut late = None;
        for number in 1_900..2_950_u64 {
            let mut arrives = number + 40;
            if number % 5 == 0 {
                continue;
            }
            if number == 2_101 {
                late = Some(number);
                continue;
            }
            if number >= 2_500 {
                arrives += 9_000;
            }
            if number == 2_301
                && let Some(late) = late.take()
            {
                arrivals.note(at(arrives), late as u16, 5);
                seen.insert(late, arrives);
            }
            arrivals.note(at(arrives), number as u16, 5);
            seen.insert(number, arrives);
            if let Some(report) = arrivals.report(at(arrives), 1) {
                check(&mut sent, &report, now, &mut seen);
            }
        }
        while let Some(report) = arrivals.report(at(20_000), 1) {
            check(&mut sent, &report, now, &mut seen);
            arrivals.reported_at = Some(now);
        }
        assert!(seen.is_empty(), "never reported: {seen:?}");
    }

    fn check(sent: &mut SentPackets, report: &[u8], began: Instant, seen: &mut BTreeMap<u64, u64>) {
        let report = TransportLayerCc::unmarshal(&mut &report[..]).unwrap();
        let mut base = None;
        for delivery in sent.feedback(&report) {
            let number = (delivery.sent_at - began).as_millis() as u64;
            assert_eq!(u64::from(delivery.size), 1_000 + number % 100);
            let Some(arrived) = delivery.arrived else { continue };
            let expected = seen.remove(&number).expect("it arrived, and was not reported before");
            // The two clocks have different begins, the same in all of one report.
            let offset = expected as i64 - arrived.as_millis() as i64;
            let base = *base.get_or_insert(offset);
            assert!((offset - base).abs() <= 1, "{number}: {offset} {base}");
        }
    }
}
