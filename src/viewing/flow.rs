//! Which picture a client gets next. Latest wins, two under way, sharp at rest. Pure: told the time, in steady time.

use std::time::{Duration, Instant};

use crate::imaging::{Quality, Surface};

/// Pictures that may be under way to one client at once.
const IN_FLIGHT: usize = 2;
/// A picture that is sharp takes longer than this to be drawn: while the view moves, this client gets lossy ones.
const SLOW: Duration = Duration::from_millis(90);
/// A view that has not changed for this long is at rest.
const REST: Duration = Duration::from_millis(180);
/// A client that has not answered for this long is asked anew: its answer got lost.
const LOST_ANSWER: Duration = Duration::from_secs(5);
/// JPEG quality of pictures in motion.
const MOTION: Quality = Quality::Lossy(80);

/// The pictures of one client.
#[derive(Debug, Default)]
pub struct PictureFlow {
    surface: Option<Surface>,
    /// What the client has or will have: revision of the viewing, surface, and whether it is sharp.
    newest: Option<(u32, Surface, bool)>,
    is_rendering: bool,
    sent: Vec<Sent>,
    next_sequence: u32,
    /// Smoothed time from sending a sharp picture to its drawing.
    sharp_time: Option<Duration>,
}

#[derive(Debug)]
struct Sent {
    sequence: u32,
    at: Instant,
    is_sharp: bool,
}

/// A picture to make now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub revision: u32,
    pub surface: Surface,
    pub quality: Quality,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Render this; then call [`PictureFlow::rendered`].
    Render(Order),
    /// Ask again at this time, if nothing happens before.
    At(Instant),
    /// Ask again when something happens.
    Idle,
}

impl PictureFlow {
    /// The client's surface is this large.
    pub fn resize(&mut self, surface: Surface) {
        self.surface = Some(surface);
    }

    /// Nothing is shown any more: what comes next is new to the client.
    pub fn clear(&mut self) {
        self.newest = None;
    }

    /// What to do now, when the viewing is at `revision` since `changed_at`.
    pub fn next(&mut self, now: Instant, revision: u32, changed_at: Instant) -> Next {
        let Some(surface) = self.surface else { return Next::Idle };
        self.sent.retain(|sent| now.saturating_duration_since(sent.at) < LOST_ANSWER);
        if self.is_rendering {
            return Next::Idle;
        }
        let (is_current, is_sharp) = match self.newest {
            Some((newest, at, is_sharp)) => (newest == revision && at == surface, is_sharp),
            None => (false, false),
        };
        if is_current && is_sharp {
            return Next::Idle;
        }
        if self.sent.len() >= IN_FLIGHT {
            return self.sent.first().map_or(Next::Idle, |oldest| Next::At(oldest.at + LOST_ANSWER));
        }
        let rests_at = changed_at + REST;
        let is_slow = self.sharp_time.is_some_and(|time| time > SLOW);
        let quality = if is_slow && now < rests_at { MOTION } else { Quality::Lossless };
        if is_current && quality != Quality::Lossless {
            return Next::At(rests_at);
        }
        self.is_rendering = true;
        Next::Render(Order { revision, surface, quality })
    }

    /// The ordered picture is made and leaves now; the answer is its sequence number. A picture that is not whole was made from a part of
    /// the frame's resolution: the whole one is still to come.
    pub fn rendered(&mut self, now: Instant, order: Order, is_whole: bool) -> u32 {
        let sequence = self.next_sequence;
        self.next_sequence = self.next_sequence.wrapping_add(1);
        self.is_rendering = false;
        let is_sharp = order.quality == Quality::Lossless && is_whole;
        self.newest = Some((order.revision, order.surface, is_sharp));
        self.sent.push(Sent { sequence, at: now, is_sharp });
        sequence
    }

    /// The ordered picture cannot be made: nothing of this revision is to come.
    pub fn failed(&mut self, order: Order) {
        self.is_rendering = false;
        self.newest = Some((order.revision, order.surface, true));
    }

    /// The client has drawn a picture, and whatever was sent before it.
    pub fn drawn(&mut self, now: Instant, sequence: u32) {
        let Some(place) = self.sent.iter().position(|sent| sent.sequence == sequence) else { return };
        let sent = self.sent.drain(..=place).next_back();
        if let Some(Sent { at, is_sharp: true, .. }) = sent {
            let time = now.saturating_duration_since(at);
            self.sharp_time = Some(self.sharp_time.map_or(time, |before| (before * 3 + time) / 4));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SURFACE: Surface = Surface { width: 800, height: 600 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn start() -> Instant {
        Instant::now()
    }

    fn order(next: Next) -> Order {
        match next {
            Next::Render(order) => order,
            other => panic!("{other:?}"),
        }
    }

    fn shown() -> PictureFlow {
        let mut flow = PictureFlow::default();
        flow.resize(SURFACE);
        flow
    }

    #[test]
    fn nothing_comes_before_the_surface_is_known() {
        let t = start();
        assert_eq!(PictureFlow::default().next(t, 1, t), Next::Idle);
    }

    #[test]
    fn two_are_under_way_and_the_latest_wins() {
        let t = start();
        let mut flow = shown();
        for revision in 1..=2 {
            let wanted = order(flow.next(t, revision, t));
            assert_eq!(flow.next(t, revision, t), Next::Idle, "one at a time is rendered");
            flow.rendered(t, wanted, true);
        }
        assert!(matches!(flow.next(t + ms(1), 3, t), Next::At(_)));
        flow.drawn(t + ms(5), 0);
        let wanted = order(flow.next(t + ms(6), 9, t + ms(6)));
        assert_eq!(wanted.revision, 9, "revisions 3 to 8 are never made");
    }

    #[test]
    fn a_fast_client_gets_sharp_pictures_even_in_motion() {
        let t = start();
        let mut flow = shown();
        let wanted = order(flow.next(t, 1, t));
        assert_eq!(wanted.quality, Quality::Lossless);
        let sequence = flow.rendered(t, wanted, true);
        flow.drawn(t + ms(12), sequence);
        assert_eq!(order(flow.next(t + ms(13), 2, t + ms(13))).quality, Quality::Lossless);
    }

    #[test]
    fn a_slow_client_gets_lossy_ones_in_motion_and_a_sharp_one_at_rest() {
        let t = start();
        let mut flow = shown();
        let first = order(flow.next(t, 1, t));
        let sequence = flow.rendered(t, first, true);
        flow.drawn(t + ms(400), sequence);
        let moved = t + ms(500);
        let wanted = order(flow.next(moved, 2, moved));
        assert_eq!(wanted.quality, MOTION);
        let sequence = flow.rendered(moved, wanted, true);
        flow.drawn(moved + ms(50), sequence);
        assert_eq!(flow.next(moved + ms(60), 2, moved), Next::At(moved + REST));
        let sharp = order(flow.next(moved + REST, 2, moved));
        assert_eq!(sharp.quality, Quality::Lossless);
        flow.rendered(moved + REST, sharp, true);
        assert_eq!(flow.next(moved + REST, 2, moved), Next::Idle);
    }

    #[test]
    fn a_lost_answer_does_not_stop_the_pictures() {
        let t = start();
        let mut flow = shown();
        for revision in 1..=2 {
            let wanted = order(flow.next(t, revision, t));
            flow.rendered(t, wanted, true);
        }
        assert_eq!(flow.next(t, 3, t), Next::At(t + LOST_ANSWER));
        assert_eq!(order(flow.next(t + LOST_ANSWER, 3, t)).revision, 3);
    }

    #[test]
    fn another_surface_gets_another_picture() {
        let t = start();
        let mut flow = shown();
        let wanted = order(flow.next(t, 1, t));
        flow.rendered(t, wanted, true);
        assert_eq!(flow.next(t, 1, t), Next::Idle);
        flow.resize(Surface { width: 400, height: 300 });
        assert_eq!(order(flow.next(t, 1, t)).surface.width, 400);
    }

    #[test]
    fn a_picture_from_a_part_of_the_resolution_is_followed_by_the_whole_one() {
        let t = start();
        let mut flow = shown();
        let first = order(flow.next(t, 1, t));
        flow.rendered(t, first, false);
        let second = order(flow.next(t, 1, t));
        assert_eq!(second.quality, Quality::Lossless);
        flow.rendered(t, second, true);
        assert_eq!(flow.next(t, 1, t), Next::Idle);
    }
}
