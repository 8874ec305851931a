//! Who presents: one person at most, and whoever is lost for long gives it back.

use std::time::{Duration, Instant};

use super::Refusal;
use crate::clinical::ParticipantId;

/// Whoever presents and is lost for this long presents no longer.
pub const LOST_FOR: Duration = Duration::from_secs(10);
/// Whoever takes the lead within this time after another has taken it did not know of that.
pub const AT_ONCE: Duration = Duration::from_millis(300);
/// People who may ask at once.
pub const MAX_ASKING: usize = 8;

/// What somebody is in the viewing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Looks and points.
    Guest,
    /// May present, and look by themself.
    Staff,
    /// A practitioner who is booked: may take the lead from others. The number: the place among those who are booked, the first of
    /// whom in the call gets back a lead that is lost.
    Host(u16),
}

/// Why somebody else presents now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    Taken,
    Given,
    /// Who presented was lost for too long.
    Lost,
    /// Who presented left.
    Left,
}

/// The lead has gone over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HandedOver {
    pub(super) to: Option<ParticipantId>,
    pub(super) why: HandOver,
    /// Asked for it out of an own view, to show that to everybody.
    pub(super) shows_own: bool,
}

/// What is done to the lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseStep {
    Take,
    /// Asks for it, or does so no longer.
    Ask(bool),
    Give(ParticipantId),
    Decline(ParticipantId),
}

/// Who presents, and who may.
#[derive(Clone, Debug)]
pub struct Lease {
    lost_for: Duration,
    holder: Option<ParticipantId>,
    /// Since when the holder is lost.
    lost_since: Option<Instant>,
    taken_at: Option<Instant>,
    asking: Vec<Asking>,
    /// The members of staff in the call, in the order in which they came.
    staff: Vec<Member>,
}

#[derive(Clone, Copy, Debug)]
struct Asking {
    by: ParticipantId,
    shows_own: bool,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    participant: ParticipantId,
    /// The place among those who are booked.
    host: Option<u16>,
    is_lost: bool,
}

impl Lease {
    /// Nobody is there. Whoever presents and is lost for `lost_for` presents no longer.
    pub(super) fn new(lost_for: Duration) -> Self {
        let (asking, staff) = Default::default();
        Self { lost_for, holder: None, lost_since: None, taken_at: None, asking, staff }
    }

    /// Who presents.
    pub fn holder(&self) -> Option<ParticipantId> {
        self.holder
    }

    pub fn is_holder_lost(&self) -> bool {
        self.lost_since.is_some()
    }

    /// The first in the call of those who are booked.
    pub fn host(&self) -> Option<ParticipantId> {
        self.hosts().next()
    }

    /// Those in the call who are booked, the first of them first.
    pub fn hosts(&self) -> impl Iterator<Item = ParticipantId> {
        let hosts = self.staff.iter().filter_map(|member| Some((member.host?, member.participant)));
        let mut hosts: Vec<_> = hosts.collect();
        hosts.sort_unstable();
        hosts.into_iter().map(|(_, participant)| participant)
    }

    /// Who asks to present, in the order of asking.
    pub fn asking(&self) -> impl Iterator<Item = ParticipantId> {
        self.asking.iter().map(|asking| asking.by)
    }

    pub fn is_staff(&self, participant: ParticipantId) -> bool {
        self.member(participant).is_some()
    }

    pub fn is_host(&self, participant: ParticipantId) -> bool {
        self.member(participant).is_some_and(|member| member.host.is_some())
    }

    /// Presents, or may take the lead at any time.
    pub fn is_over(&self, by: ParticipantId) -> bool {
        self.holder == Some(by) || self.is_host(by)
    }

    /// Whether the lead is theirs for the taking.
    pub fn may_take(&self, by: ParticipantId) -> bool {
        self.is_staff(by) && (self.holder.is_none() || self.is_over(by))
    }

    /// When the lead that is lost goes back.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.lost_since.map(|since| since + self.lost_for)
    }

    /// Somebody is in the call, or is something else in it now. Answers whether that changes what is told.
    pub(super) fn came(&mut self, participant: ParticipantId, part: Part) -> bool {
        let before: Vec<_> = self.hosts().collect();
        let host = match part {
            Part::Guest => return false,
            Part::Staff => None,
            Part::Host(place) => Some(place),
        };
        let is_lost_before = self.is_holder_lost();
        match self.staff.iter_mut().find(|member| member.participant == participant) {
            Some(member) => (member.host, member.is_lost) = (host, false),
            None => self.staff.push(Member { participant, host, is_lost: false }),
        }
        if self.holder == Some(participant) {
            self.lost_since = None;
        }
        is_lost_before != self.is_holder_lost() || !self.hosts().eq(before)
    }

    /// The signalling of somebody is lost. Answers whether that changes what is told.
    pub(super) fn lost(&mut self, now: Instant, participant: ParticipantId) -> bool {
        let Some(member) = self.staff.iter_mut().find(|member| member.participant == participant) else {
            return false;
        };
        member.is_lost = true;
        let is_news = self.holder == Some(participant) && self.lost_since.is_none();
        if is_news {
            self.lost_since = Some(now);
        }
        is_news
    }

    /// Somebody who was lost is back. Answers whether that changes what is told.
    pub(super) fn back(&mut self, participant: ParticipantId) -> bool {
        if let Some(member) = self.staff.iter_mut().find(|member| member.participant == participant) {
            member.is_lost = false;
        }
        self.holder == Some(participant) && self.lost_since.take().is_some()
    }

    /// Somebody has left the call. Answers with whether that changes what is told, and with where the lead goes, if they had it.
    pub(super) fn gone(&mut self, now: Instant, participant: ParticipantId) -> (bool, Option<HandedOver>) {
        let before = (self.hosts().count(), self.asking.len());
        self.staff.retain(|member| member.participant != participant);
        self.asking.retain(|asking| asking.by != participant);
        let is_news = before != (self.hosts().count(), self.asking.len());
        if self.holder != Some(participant) {
            return (is_news, None);
        }
        (true, Some(self.go_back(now, HandOver::Left)))
    }

    /// Time has passed. Answers with where the lead goes, if it has been lost for too long.
    pub(super) fn wake(&mut self, now: Instant) -> Option<HandedOver> {
        self.wake_at().filter(|at| *at <= now)?;
        Some(self.go_back(now, HandOver::Lost))
    }

    /// Takes a step. `has_own_view`: `by` looks by themself. Answers with where the lead goes, if it does, and with whether anything has
    /// changed.
    ///
    /// # Errors
    /// If it is not theirs to do. Then nothing is changed.
    pub(super) fn apply(
        &mut self,
        now: Instant,
        by: ParticipantId,
        step: LeaseStep,
        has_own_view: bool,
    ) -> Result<(bool, Option<HandedOver>), Refusal> {
        if !self.is_staff(by) {
            return Err(Refusal::NotStaff);
        }
        let is_at_once = self.taken_at.is_some_and(|at| now.saturating_duration_since(at) < AT_ONCE);
        match step {
            LeaseStep::Take if self.holder == Some(by) => Ok((false, None)),
            LeaseStep::Take if self.may_take(by) && !(is_at_once && self.holder.is_some()) => {
                self.taken_at = Some(now);
                Ok((true, Some(self.hand_over(now, by, HandOver::Taken, false))))
            }
            LeaseStep::Take => Err(Refusal::NotPresenter),
            LeaseStep::Ask(true) if self.holder == Some(by) => Ok((false, None)),
            // Nobody is there to answer, or what is asked for is theirs: to show their own view.
            LeaseStep::Ask(true) if self.holder.is_none() || has_own_view && self.is_over(by) => {
                Ok((true, Some(self.hand_over(now, by, HandOver::Taken, has_own_view))))
            }
            LeaseStep::Ask(true) => self.ask(by, has_own_view).map(|is_news| (is_news, None)),
            LeaseStep::Ask(false) => Ok((self.drop_asking(by), None)),
            LeaseStep::Give(to) => {
                if !self.is_over(by) {
                    return Err(Refusal::NotPresenter);
                }
                if self.holder == Some(to) {
                    return Ok((false, None));
                }
                if self.member(to).is_none_or(|member| member.is_lost) {
                    return Err(Refusal::NotThere);
                }
                let shows_own = self.asking.iter().any(|asking| asking.by == to && asking.shows_own);
                Ok((true, Some(self.hand_over(now, to, HandOver::Given, shows_own))))
            }
            LeaseStep::Decline(whom) if self.is_over(by) => Ok((self.drop_asking(whom), None)),
            LeaseStep::Decline(_) => Err(Refusal::NotPresenter),
        }
    }

    /// Somebody follows again: if they asked out of an own view, that is not to be shown any more.
    pub(super) fn shows_no_own_view(&mut self, participant: ParticipantId) {
        if let Some(asking) = self.asking.iter_mut().find(|asking| asking.by == participant) {
            asking.shows_own = false;
        }
    }

    /// Somebody shows something: the lead is theirs, if it may be.
    ///
    /// # Errors
    /// [`Refusal::NotPresenter`].
    pub(super) fn take_to_show(
        &mut self,
        now: Instant,
        by: ParticipantId,
    ) -> Result<Option<HandedOver>, Refusal> {
        if self.holder == Some(by) {
            return Ok(None);
        }
        if !self.may_take(by) {
            return Err(Refusal::NotPresenter);
        }
        Ok(Some(self.hand_over(now, by, HandOver::Taken, false)))
    }

    fn ask(&mut self, by: ParticipantId, shows_own: bool) -> Result<bool, Refusal> {
        if let Some(asking) = self.asking.iter_mut().find(|asking| asking.by == by) {
            asking.shows_own = shows_own;
            return Ok(false);
        }
        if self.asking.len() >= MAX_ASKING {
            return Err(Refusal::TooMany);
        }
        self.asking.push(Asking { by, shows_own });
        Ok(true)
    }

    fn drop_asking(&mut self, participant: ParticipantId) -> bool {
        let before = self.asking.len();
        self.asking.retain(|asking| asking.by != participant);
        self.asking.len() != before
    }

    /// To the first of those who are booked and can be reached, else to nobody.
    fn go_back(&mut self, now: Instant, why: HandOver) -> HandedOver {
        let holder = self.holder.take();
        self.lost_since = None;
        let is_reached = |host: &ParticipantId| {
            Some(*host) != holder && self.member(*host).is_some_and(|member| !member.is_lost)
        };
        let host = self.hosts().find(is_reached);
        match host {
            Some(host) => self.hand_over(now, host, why, false),
            None => HandedOver { to: None, why, shows_own: false },
        }
    }

    fn hand_over(&mut self, now: Instant, to: ParticipantId, why: HandOver, shows_own: bool) -> HandedOver {
        self.holder = Some(to);
        self.lost_since = self.member(to).filter(|member| member.is_lost).map(|_| now);
        self.drop_asking(to);
        HandedOver { to: Some(to), why, shows_own }
    }

    fn member(&self, participant: ParticipantId) -> Option<&Member> {
        self.staff.iter().find(|member| member.participant == participant)
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self::new(LOST_FOR)
    }
}
