//! What a device counts while a window is open.

use std::collections::HashMap;
use std::time::Duration;

/// What was counted since the last time.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Peer connections that are up.
    pub connected: u64,
    /// RTP packets that were sent.
    pub sent: u64,
    /// RTP packets that came, retransmissions apart.
    pub received: u64,
    /// Bytes of the datagrams that they came in.
    pub received_bytes: u64,
    /// Sequence numbers that did not come.
    pub lost: u64,
    pub repairs: u64,
    pub key_frames_asked: u64,
    /// Ages of the packets that were opened.
    pub ages: Vec<Duration>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.connected += other.connected;
        self.sent += other.sent;
        self.received += other.received;
        self.received_bytes += other.received_bytes;
        self.lost += other.lost;
        self.repairs += other.repairs;
        self.key_frames_asked += other.key_frames_asked;
        self.ages.extend(other.ages);
    }
}

/// Sequence numbers of the sources that one connection receives.
#[derive(Debug, Default)]
pub struct Sequences {
    by_source: HashMap<u32, Sequence>,
}

#[derive(Debug)]
struct Sequence {
    /// The highest, counted on over 16 bits.
    highest: u64,
    /// The highest when the window was opened.
    begun_at: u64,
    received: u64,
}

impl Sequences {
    /// A packet came.
    pub fn note(&mut self, source: u32, number: u16) {
        let first = u64::from(number) + (1 << 16);
        let sequence = self.by_source.entry(source).or_insert(Sequence {
            highest: first - 1,
            begun_at: first - 1,
            received: 0,
        });
        // The distance on the circle of 16 bits, forwards or back (RFC 3550 appendix A.1).
        let ahead = i64::from(number.wrapping_sub(sequence.highest as u16) as i16);
        sequence.highest = sequence.highest.max(sequence.highest.saturating_add_signed(ahead));
        sequence.received += 1;
    }

    /// How many have not come since the last time.
    pub fn take_lost(&mut self) -> u64 {
        let lost = |sequence: &mut Sequence| {
            let expected = sequence.highest - sequence.begun_at;
            sequence.begun_at = sequence.highest;
            expected.saturating_sub(std::mem::take(&mut sequence.received))
        };
        self.by_source.values_mut().map(lost).sum()
    }
}
