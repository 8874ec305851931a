//! Which picture a device gets next in a viewport. Latest wins, two under way, as fine as the line bears, sharp at rest. Pure: told the
//! time, in steady time.

use std::collections::VecDeque;
use std::time::Instant;

use super::line::{LOST_ANSWER, Line};
use super::pace::{BUDGET, Grade, Sizes};
use super::share::Share;
use crate::imaging::Surface;

/// Pictures that may be under way to one viewport at once; to a line that is not known only one.
const IN_FLIGHT: usize = 2;
/// Pictures of which it is remembered that they are of this flow.
const REMEMBERED: usize = 16;

/// The pictures of one client in one viewport.
#[derive(Debug, Default)]
pub struct PictureFlow {
    surface: Option<Surface>,
    /// What the client has or will have.
    newest: Option<Newest>,
    is_rendering: bool,
    /// Sequence numbers of what is under way.
    sent: VecDeque<u32>,
    /// What was asked for a second time: revision of the viewing and surface.
    asked_again: Option<(u32, Surface)>,
    /// The revision that the person wants sharp, whatever the line.
    sharp_wanted: Option<u32>,
    sizes: Sizes,
    /// When the last picture left.
    left_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    revision: u32,
    surface: Surface,
    /// `None`: made from a part of the frame's resolution.
    grade: Option<Grade>,
    /// Made for several surfaces: not yet exactly what belongs on this one.
    is_shared: bool,
}

/// A picture to make now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub revision: u32,
    pub surface: Surface,
    pub grade: Grade,
    /// While the view moves surfaces that are nearly alike may share a picture; at rest each gets its own.
    pub is_at_rest: bool,
}

/// A picture that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub bytes: usize,
    /// From all of the frame's resolution.
    pub is_whole: bool,
    /// For several surfaces, and not exactly of the size of this one.
    pub is_shared: bool,
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
    /// The client's surface, once it has told it.
    pub fn surface(&self) -> Option<Surface> {
        self.surface
    }

    /// The client's surface is this large.
    pub fn resize(&mut self, surface: Surface) {
        self.surface = Some(surface);
    }

    /// Nothing is shown any more: what comes next is new to the client.
    pub fn clear(&mut self) {
        self.newest = None;
        self.sharp_wanted = None;
    }

    /// The person wants what is on show sharp, now.
    pub fn want_sharp(&mut self, revision: u32) {
        self.sharp_wanted = Some(revision);
    }

    /// How fine this client's pictures can be while the view moves; for [`super::SurfaceClasses::update`].
    pub fn in_motion(&self, line: &Line, share: Share) -> Grade {
        let finest = |surface| line.pace().in_motion(&self.sizes, surface, share.part());
        self.surface.map_or(Grade::Fair, finest)
    }

    /// Until when at the latest the viewports beside it wait with large pictures, when what is to be rendered is as it is since `changed_at`:
    /// it moves, or what belongs on it is on its way. `None`: it has what it is to have.
    pub fn settles_at(&self, now: Instant, line: &Line, changed_at: Instant) -> Option<Instant> {
        let surface = self.surface?;
        let rests_at = changed_at + line.pace().rest(&self.sizes, surface);
        let made_at = self.is_rendering.then(|| now + LOST_ANSWER);
        let there_at = self.under_way(now, line).max();
        [Some(rests_at), made_at, there_at].into_iter().flatten().filter(|at| *at > now).max()
    }

    /// What to do now, when what is to be rendered is at `revision` since `changed_at`. `in_motion`: the grade of this client's class
    /// while the view moves.
    pub fn next(
        &mut self,
        now: Instant,
        (line, share): (&Line, Share),
        (revision, changed_at): (u32, Instant),
        in_motion: Grade,
    ) -> Next {
        let Some(surface) = self.surface else { return Next::Idle };
        if self.is_rendering {
            return Next::Idle;
        }
        let pace = line.pace();
        let rests_at = changed_at + pace.rest(&self.sizes, surface);
        let is_wanted_sharp = self.sharp_wanted == Some(revision);
        // It moves; or it rests, and the first viewport is to be sharp before this one takes the line.
        let settles_at = share.first_settles_at().filter(|_| pace.is_sharp_long(&self.sizes, surface));
        let rough_until = [Some(rests_at), settles_at].into_iter().flatten().find(|until| *until > now);
        let rough_until = rough_until.filter(|_| !is_wanted_sharp);
        let is_first = !pace.is_known() && self.newest.is_none() && !is_wanted_sharp;
        let grade = if is_wanted_sharp {
            Grade::Sharp
        } else if is_first {
            // To a line that is not known first something small.
            in_motion.max(Grade::Fair)
        } else if rough_until.is_some() {
            in_motion
        } else {
            pace.at_rest(&self.sizes, surface)
        };
        let is_at_rest = rough_until.is_none() && !is_first;
        if let Some(newest) = self.newest
            && (newest.revision, newest.surface) == (revision, surface)
        {
            let is_as_fine = newest.grade.is_some_and(|has| has <= grade);
            let is_exact = newest.grade == Some(Grade::Sharp) && !newest.is_shared;
            if let Some(until) = rough_until
                && !is_exact
                && (is_as_fine || grade > Grade::Sharp)
            {
                // It moves on before anything better would be there.
                return Next::At(until);
            }
            // What is not sharp is not made again for the size alone.
            if is_as_fine && (is_exact || grade > Grade::Sharp) {
                return Next::Idle;
            }
        }
        // What moves is made when the line is about to be clear: until then something newer may come.
        let turn_at = self.due_at(line, share, (surface, grade)).into_iter().chain(line.clears_at()).max();
        if let Some(turn_at) = turn_at.filter(|at| *at > now && rough_until.is_some() && !is_first) {
            return Next::At(turn_at);
        }
        let most = if pace.is_known() && share.is_before_others() { IN_FLIGHT } else { 1 };
        let under_way: Vec<Instant> = self.under_way(now, line).collect();
        if under_way.len() >= most
            && let Some(first) = under_way.into_iter().min()
        {
            return Next::At(first);
        }
        self.is_rendering = true;
        Next::Render(Order { revision, surface, grade, is_at_rest })
    }

    /// From when on another picture of this grade takes no more of the line than its share, where others move beside it and even the roughest
    /// takes more than is meant for one.
    fn due_at(&self, line: &Line, share: Share, (surface, grade): (Surface, Grade)) -> Option<Instant> {
        let left_at = self.left_at?;
        let turn = line.pace().transfer(self.sizes.expected(grade, surface))?.div_f64(share.part());
        (turn > BUDGET).then_some(left_at + turn)
    }

    /// When each of its pictures counts as lost that is not answered.
    fn under_way(&self, now: Instant, line: &Line) -> impl Iterator<Item = Instant> {
        let is_of_it = move |(sequence, lost_at): (u32, Instant)| {
            (lost_at > now && self.sent.contains(&sequence)).then_some(lost_at)
        };
        line.lost_at().filter_map(is_of_it)
    }

    /// The ordered picture is made, has so many bytes and leaves now; the answer is its sequence number. A picture that is not whole was
    /// made from a part of the frame's resolution: the whole one is still to come.
    pub fn rendered(&mut self, now: Instant, line: &mut Line, order: Order, made: Rendered) -> u32 {
        let Rendered { bytes, is_whole, is_shared } = made;
        self.is_rendering = false;
        let Order { revision, surface, grade, .. } = order;
        self.newest = Some(Newest { revision, surface, grade: is_whole.then_some(grade), is_shared });
        if is_whole {
            self.sizes.note(grade, surface, bytes as u64);
        }
        if self.sent.len() >= REMEMBERED {
            self.sent.pop_front();
        }
        self.left_at = Some(now);
        let sequence = line.send(now, bytes);
        self.sent.push_back(sequence);
        sequence
    }

    /// The ordered picture cannot be made: nothing of this revision is to come.
    pub fn failed(&mut self, order: Order) {
        self.is_rendering = false;
        let Order { revision, surface, .. } = order;
        self.newest = Some(Newest { revision, surface, grade: Some(Grade::Sharp), is_shared: false });
    }

    /// The ordered picture is for nobody any more: what the client looks at now is another, whatever its revision.
    pub fn dropped(&mut self) {
        self.is_rendering = false;
    }

    /// The ordered picture was not made, perhaps for another's sake: it is asked for once more. Answers whether it is; if not, it was
    /// before, and has failed.
    pub fn was_stopped(&mut self, order: Order) -> bool {
        let wanted = Some((order.revision, order.surface));
        if self.asked_again == wanted {
            self.failed(order);
            return false;
        }
        self.asked_again = wanted;
        self.is_rendering = false;
        true
    }

    /// The client has drawn a picture of this flow, and whatever was sent to it before. [`Line::drawn`] is to be told, too.
    pub fn drawn(&mut self, sequence: u32) {
        if let Some(place) = self.sent.iter().position(|sent| *sent == sequence) {
            self.sent.drain(..=place);
        }
    }
}

#[cfg(test)]
mod tests;
