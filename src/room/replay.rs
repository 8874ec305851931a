//! Each packet of a layer goes on once.

const WORDS: usize = 16;
const WIDTH: u16 = 64 * WORDS as u16;

/// Remembers which of the last 1024 sequence numbers were seen (RFC 3711 section 3.3.2).
///
/// A packet can arrive twice, once as itself and once repaired from its retransmission stream. It must go on
/// once only: two different packets with one sequence number would use one AES-GCM nonce twice (RFC 7714
/// section 8.1).
#[derive(Clone, Debug, Default)]
pub struct ReplayWindow {
    newest: Option<u16>,
    seen: [u64; WORDS],
}

impl ReplayWindow {
    /// Takes note of a sequence number; says whether it is new. One that is too old to tell is not.
    pub fn accept(&mut self, sequence_number: u16) -> bool {
        let Some(newest) = self.newest else {
            self.newest = Some(sequence_number);
            self.mark(sequence_number);
            return true;
        };
        let ahead = sequence_number.wrapping_sub(newest);
        if ahead != 0 && ahead < 0x8000 {
            if ahead >= WIDTH {
                self.seen = [0; WORDS];
            } else {
                for step in 1..=ahead {
                    self.clear(newest.wrapping_add(step));
                }
            }
            self.newest = Some(sequence_number);
            self.mark(sequence_number);
            return true;
        }
        if newest.wrapping_sub(sequence_number) >= WIDTH || self.is_marked(sequence_number) {
            return false;
        }
        self.mark(sequence_number);
        true
    }

    /// Was this sequence number expected and has not been seen? Says `false` before the first packet, and of one that is too
    /// old to tell.
    pub fn is_missing(&self, sequence_number: u16) -> bool {
        self.newest.is_some_and(|newest| {
            newest.wrapping_sub(sequence_number) < WIDTH && !self.is_marked(sequence_number)
        })
    }

    fn place(sequence_number: u16) -> (usize, u64) {
        let bit = sequence_number % WIDTH;
        (usize::from(bit / 64), 1 << (bit % 64))
    }

    fn mark(&mut self, sequence_number: u16) {
        let (word, bit) = Self::place(sequence_number);
        self.seen[word] |= bit;
    }

    fn clear(&mut self, sequence_number: u16) {
        let (word, bit) = Self::place(sequence_number);
        self.seen[word] &= !bit;
    }

    fn is_marked(&self, sequence_number: u16) -> bool {
        let (word, bit) = Self::place(sequence_number);
        self.seen[word] & bit != 0
    }
}
