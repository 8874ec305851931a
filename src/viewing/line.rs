//! The one line to a device: what is under way on it, whatever viewport that is for, and how fast it gets there. Pure: told the time, in
//! steady time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::pace::Pace;

/// A device is asked anew when it has not answered for this long, or for as long as its line takes for the picture: its answer got lost.
pub(super) const LOST_ANSWER: Duration = Duration::from_secs(5);
/// How long an answer is waited for on the slowest line.
const LAST_ANSWER: Duration = Duration::from_secs(30);
/// How long before the line is clear the next picture is ordered: it has to be made.
const LEAD: Duration = Duration::from_millis(30);
/// Pictures whose answers are still taken, however late.
pub(super) const REMEMBERED: usize = 64;

/// What is under way to one device, of all its flows together: its pictures come one after the other.
#[derive(Debug, Default)]
pub struct Line {
    pace: Pace,
    sent: VecDeque<Sent>,
    next_sequence: u32,
    /// When an answer last told that something has arrived.
    answered_at: Option<Instant>,
    /// When all that was sent is expected to have left.
    clear_at: Option<Instant>,
}

#[derive(Debug)]
struct Sent {
    sequence: u32,
    at: Instant,
    bytes: u64,
    /// Something that was sent after it was drawn: so it is there, and is not drawn yet.
    has_arrived: bool,
}

impl Line {
    /// How fast it is.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// From when on something sent then follows what is under way without a pause, and hardly waits for it. `None`: now.
    pub(super) fn clears_at(&self) -> Option<Instant> {
        self.clear_at?.checked_sub(LEAD)
    }

    /// A picture of so many bytes leaves now; the answer is its sequence number, which counts all pictures of the device.
    pub fn send(&mut self, now: Instant, bytes: usize) -> u32 {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        let begins_at = self.clear_at.map_or(now, |clear_at| clear_at.max(now));
        self.clear_at = self.pace.transfer(bytes as f64).map(|takes| begins_at + takes.min(LAST_ANSWER));
        if self.sent.len() >= REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent { sequence, at: now, bytes: bytes as u64, has_arrived: false });
        sequence
    }

    /// The device has drawn a picture: whatever was sent before it has arrived, too. However late it says so, that tells of the line.
    pub fn drawn(&mut self, now: Instant, sequence: u32) {
        let Some(place) = self.sent.iter().position(|sent| sent.sequence == sequence) else { return };
        let (mut first_at, mut bytes) = (now, 0);
        for sent in self.sent.iter_mut().take(place + 1).filter(|sent| !sent.has_arrived) {
            sent.has_arrived = true;
            first_at = first_at.min(sent.at);
            bytes += sent.bytes;
        }
        self.sent.remove(place);
        if self.sent.iter().all(|sent| sent.has_arrived) {
            self.clear_at = None;
        }
        if bytes == 0 {
            return;
        }
        // What was sent while the line was occupied waited for that.
        let began_at = self.answered_at.map_or(first_at, |answered_at| answered_at.max(first_at));
        self.answered_at = Some(now);
        self.pace.took(bytes, now.saturating_duration_since(began_at));
    }

    /// The pictures that are not answered, each with when it counts as lost: it waits for those before it.
    pub(super) fn lost_at(&self) -> impl Iterator<Item = (u32, Instant)> {
        self.sent.iter().scan(0_u64, |bytes, sent| {
            *bytes += if sent.has_arrived { 0 } else { sent.bytes };
            let expected = self.pace.time(*bytes).unwrap_or_default();
            Some((sent.sequence, sent.at + (expected * 2).clamp(LOST_ANSWER, LAST_ANSWER)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn start() -> Instant {
        Instant::now()
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Each viewport took the time that the pictures of the others needed for the slowness of the line.
    #[test]
    fn pictures_of_several_viewports_tell_of_one_line() {
        let (t, mut line) = (start(), Line::default());
        // 50 bytes in a millisecond, one after the other, to four viewports at once.
        for round in 0..20 {
            let at = t + ms(round * 1000);
            let sent = [10_000, 3000, 10_000, 7000].map(|bytes| (line.send(at, bytes), bytes));
            let mut passed = 0;
            for (sequence, bytes) in sent {
                passed += bytes as u64 / 50;
                line.drawn(at + ms(passed), sequence);
            }
        }
        let of_a_picture = line.pace().time(10_000).unwrap().as_millis();
        assert!((190..=210).contains(&of_a_picture), "{of_a_picture} ms");
    }

    #[test]
    fn what_is_drawn_after_something_that_was_sent_later_is_not_counted_twice() {
        let (t, mut line) = (start(), Line::default());
        let [first, second] = [90_000, 10_000].map(|bytes| line.send(t, bytes));
        line.drawn(t + ms(100), second);
        let known = line.pace().time(100_000);
        // A large picture takes long to be drawn; that it is there is known.
        assert_eq!(line.lost_at().map(|(sequence, _)| sequence).collect::<Vec<_>>(), [first]);
        line.drawn(t + ms(400), first);
        assert_eq!(line.pace().time(100_000), known);
        line.drawn(t + ms(500), first);
        assert_eq!((line.lost_at().count(), line.pace().time(100_000)), (0, known));
    }

    /// Two were always under way: on a slow line the second one grew old while it waited for the first.
    #[test]
    fn the_next_is_made_when_the_line_is_about_to_be_clear() {
        let (t, mut line) = (start(), Line::default());
        let of = |line: &mut Line, at, bytes| (line.send(at, bytes), bytes);
        assert_eq!(line.clears_at(), None);
        // 50 bytes in a millisecond, and 80 ms for the way.
        for (second, bytes) in (0..20).zip([10_000, 2000].into_iter().cycle()) {
            let at = t + ms(second * 1000);
            let (sequence, bytes) = of(&mut line, at, bytes);
            line.drawn(at + ms(80 + bytes as u64 / 50), sequence);
            assert_eq!(line.clears_at(), None, "all is there");
        }
        let at = t + ms(60_000);
        let sent = [of(&mut line, at, 10_000), of(&mut line, at, 5000)];
        let clears_at = line.clears_at().unwrap() - at;
        // 300 ms, less what making one takes; the way back is not waited for.
        assert!((240..=300).contains(&clears_at.as_millis()), "{clears_at:?}");
        line.drawn(at + ms(380), sent[1].0);
        assert_eq!(line.clears_at(), None, "what was sent before it has arrived, too");
    }

    #[test]
    fn a_device_that_never_answers_is_remembered_no_further_than_that() {
        let (t, mut line) = (start(), Line::default());
        for _ in 0..1000 {
            line.send(t, 1000);
        }
        assert_eq!(line.lost_at().count(), REMEMBERED);
    }
}
