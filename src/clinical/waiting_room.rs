//! The waiting room of a service: who waits there in which order, and what those who wait are told before anybody lets them in. Where
//! one person stands is [`Consultation`](super::Consultation)'s to say; here are those of many consultations beside each other.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::chat::is_control;
use super::{
    Appointment, AppointmentId, ParticipantId, PlaceKind, PractitionerId, ServiceId, WaitingMessageId,
};
use crate::secret::Pii;

/// What a service has decided about its waiting room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitingPolicy {
    /// Whoever waits is told how many come before them. Usually not: the order is the staff's, and it changes.
    pub shows_position: bool,
    /// A member of the service may take over a consultation that they are not booked in.
    pub may_take_over: bool,
}

/// Those who have the same wait in one room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoomKey {
    Service(ServiceId),
    /// Of an appointment that names no service that the hospital keeps: the name that the patient was told.
    Named(String),
}

impl RoomKey {
    /// Where people wait for this appointment.
    pub fn of(appointment: &Appointment) -> Self {
        match appointment.service_id {
            Some(service) => Self::Service(service),
            None => Self::Named(appointment.service.clone()),
        }
    }
}

/// Somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    pub appointment: AppointmentId,
    pub participant: ParticipantId,
    pub since: DateTime<Utc>,
}

/// The place in the order that staff gave to somebody who waits since `since`: as if they waited since `counts_since`. It holds for this
/// time of waiting only: whoever goes and comes again comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    pub appointment: AppointmentId,
    pub participant: ParticipantId,
    pub since: DateTime<Utc>,
    pub counts_since: DateTime<Utc>,
}

/// Why nobody is put elsewhere in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RankRefusal {
    #[error("this person is not waiting")]
    NotWaiting,
}

/// Those who wait, in order: whoever has waited longest is first, unless staff decided otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue(Vec<Placed>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    waiter: Waiter,
    counts_since: DateTime<Utc>,
}

impl Queue {
    pub fn new(waiters: impl IntoIterator<Item = Waiter>, ranks: &[Rank]) -> Self {
        let counts_since = |waiter: &Waiter| {
            let is_of = |rank: &&Rank| rank.participant == waiter.participant && rank.since == waiter.since;
            ranks.iter().find(is_of).map_or(waiter.since, |rank| rank.counts_since)
        };
        let placed = |waiter: Waiter| Placed { counts_since: counts_since(&waiter), waiter };
        let mut queue: Vec<_> = waiters.into_iter().map(placed).collect();
        queue.sort_by_key(|placed| (placed.counts_since, placed.waiter.since, placed.waiter.participant));
        queue.dedup_by_key(|placed| placed.waiter.participant);
        Self(queue)
    }

    /// Those who wait, the next one first.
    pub fn waiters(&self) -> impl Iterator<Item = &Waiter> {
        self.0.iter().map(|placed| &placed.waiter)
    }

    /// Which appointment it is, from 1: people of one appointment come in together, and count once.
    pub fn position(&self, appointment: AppointmentId) -> Option<u32> {
        let mut seen = BTreeSet::new();
        for placed in &self.0 {
            seen.insert(placed.waiter.appointment);
            if placed.waiter.appointment == appointment {
                return u32::try_from(seen.len()).ok();
            }
        }
        None
    }

    /// Puts somebody before somebody else, or last. Answers with the places that are to be kept: the times at which people count are dealt
    /// out anew among those between, so that whoever comes later still comes after all of them.
    ///
    /// # Errors
    /// If one of them does not wait.
    pub fn put_before(
        &self,
        participant: ParticipantId,
        before: Option<ParticipantId>,
    ) -> Result<Vec<Rank>, RankRefusal> {
        let find = |whom| self.0.iter().position(|placed| placed.waiter.participant == whom);
        let from = find(participant).ok_or(RankRefusal::NotWaiting)?;
        if before == Some(participant) {
            return Ok(Vec::new());
        }
        let mut order: Vec<_> = self.0.iter().map(|placed| placed.waiter).collect();
        let moved = order.remove(from);
        let to = match before {
            Some(whom) => order.iter().position(|waiter| waiter.participant == whom),
            None => Some(order.len()),
        };
        order.insert(to.ok_or(RankRefusal::NotWaiting)?, moved);
        let mut times: Vec<_> = self.0.iter().map(|placed| placed.counts_since).collect();
        // Two who came in the same moment are told apart by the smallest step that rows can hold.
        for at in 1..times.len() {
            times[at] = times[at].max(times[at - 1] + TimeDelta::microseconds(1));
        }
        let rank = |(waiter, counts_since): (Waiter, DateTime<Utc>)| Rank {
            appointment: waiter.appointment,
            participant: waiter.participant,
            since: waiter.since,
            counts_since,
        };
        let was = |rank: &Rank| {
            self.0.iter().any(|placed| {
                placed.waiter.participant == rank.participant && placed.counts_since == rank.counts_since
            })
        };
        Ok(order.into_iter().zip(times).map(rank).filter(|rank| !was(rank)).collect())
    }
}

/// A sentence that is ready in every language, for somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadySentence {
    SoonYourTurn,
    ThankYouForWaiting,
    HavePapersReady,
    CheckMicrophone,
    CheckCamera,
    GoToQuietPlace,
    WeWillCallYou,
}

/// What somebody is told who is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalSentence {
    /// Another time is to be found: they are asked to call.
    CallUs,
    /// The hospital calls them.
    WeCallYou,
    /// This is the appointment of somebody else.
    NotYours,
}

/// What staff write to somebody who waits, in their own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingText(Pii<String>);

/// Why words are not sent to somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WaitingRefusal {
    #[error("a message holds at least one character that can be seen")]
    Empty,
    #[error("a message has at most {} characters", WaitingText::MAX)]
    TooLong,
    #[error("a message holds no control characters and no line breaks")]
    ControlCharacter,
    #[error("this person was sent {} messages", WaitingNotices::MAX_MESSAGES)]
    TooMany,
    #[error("a delay is at most {} minutes", Delay::MAX_MINUTES)]
    DelayTooLong,
}

impl WaitingText {
    /// The longest, in characters: it is read on a telephone.
    pub const MAX: usize = 300;

    /// Takes words; blanks at their ends are cut off.
    ///
    /// # Errors
    /// If nothing is left, if they are too long, or if they hold control characters or marks that turn the direction of writing.
    pub fn new(text: &str) -> Result<Self, WaitingRefusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(WaitingRefusal::Empty);
        }
        if text.chars().count() > Self::MAX {
            return Err(WaitingRefusal::TooLong);
        }
        if text.chars().any(is_control) {
            return Err(WaitingRefusal::ControlCharacter);
        }
        Ok(Self(Pii::new(text.to_owned())))
    }

    /// Takes words that were checked when they were kept.
    pub fn kept(text: String) -> Self {
        Self(Pii::new(text))
    }

    /// The words, for a screen or a row.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitingWords {
    /// Read in the language of whoever waits.
    Ready(ReadySentence),
    /// Read as it was written.
    Own(WaitingText),
}

/// What staff told somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMessage {
    pub id: WaitingMessageId,
    pub to: ParticipantId,
    pub by: PractitionerId,
    pub at: DateTime<Utc>,
    pub words: WaitingWords,
}

/// How late a member of staff is, for all who wait for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    pub practitioner: PractitionerId,
    /// 0: not any more.
    pub minutes: u16,
    pub told_at: DateTime<Utc>,
    pub by: PractitionerId,
}

impl Delay {
    /// The longest, in minutes: who is later than that calls the visits off.
    pub const MAX_MINUTES: u16 = 180;
    /// Half a day: nobody is late today because they were yesterday.
    pub const HOLDS_FOR: TimeDelta = TimeDelta::hours(6);

    /// Says how late `practitioner` is, in minutes.
    ///
    /// # Errors
    /// [`WaitingRefusal::DelayTooLong`].
    pub fn new(
        practitioner: PractitionerId,
        minutes: u16,
        by: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Self, WaitingRefusal> {
        if minutes > Self::MAX_MINUTES {
            return Err(WaitingRefusal::DelayTooLong);
        }
        Ok(Self { practitioner, minutes, told_at: now, by })
    }

    /// Whether it is still so.
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.minutes > 0 && now < self.told_at + Self::HOLDS_FOR
    }

    /// The one that counts for an appointment with several practitioners: it begins when the last of them is there.
    pub fn longest(delays: impl IntoIterator<Item = Self>, now: DateTime<Utc>) -> Option<Self> {
        delays.into_iter().filter(|delay| delay.is_in_force(now)).max_by_key(|delay| delay.minutes)
    }
}

/// What the people of one consultation are told while they wait. A page that is loaded again is told all of it again.
#[derive(Clone, Debug, Default)]
pub struct WaitingNotices {
    messages: Vec<WaitingMessage>,
    delays: BTreeMap<PractitionerId, Delay>,
    positions: BTreeMap<ParticipantId, u32>,
}

/// One thing that a page is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Message(WaitingMessage),
    /// `None`: there is no delay any more.
    Delay(Option<Delay>),
    /// `None`: it is not told any more.
    Position(Option<u32>),
}

impl WaitingNotices {
    /// Of one person; older ones are told no more.
    pub const MAX_MESSAGES: usize = 50;

    /// What was kept of earlier, messages in the order of writing.
    pub fn after(messages: Vec<WaitingMessage>, delays: Vec<Delay>) -> Self {
        let delays = delays.into_iter().map(|delay| (delay.practitioner, delay)).collect();
        Self { messages, delays, positions: BTreeMap::new() }
    }

    /// Takes a message; one that is known is not taken twice. Answers whether it is new.
    pub fn add(&mut self, message: WaitingMessage) -> bool {
        if self.messages.iter().any(|known| known.id == message.id) {
            return false;
        }
        self.messages.push(message);
        true
    }

    /// Takes how late somebody is. Answers whether anything is to be told.
    pub fn set_delay(&mut self, delay: Delay, now: DateTime<Utc>) -> bool {
        let before = self.delay(now);
        // An older word that comes late says nothing.
        if self.delays.get(&delay.practitioner).is_none_or(|known| known.told_at <= delay.told_at) {
            self.delays.insert(delay.practitioner, delay);
        }
        before != self.delay(now)
    }

    /// Takes which number somebody is; `None`: they are told none. Answers whether that is new.
    pub fn set_position(&mut self, participant: ParticipantId, position: Option<u32>) -> bool {
        match position {
            Some(position) => self.positions.insert(participant, position) != Some(position),
            None => self.positions.remove(&participant).is_some(),
        }
    }

    /// How late the visit begins.
    pub fn delay(&self, now: DateTime<Utc>) -> Option<Delay> {
        Delay::longest(self.delays.values().copied(), now)
    }

    /// All that somebody who stands there is told. Words of staff are for those who wait; those who test their devices hear only of a delay, and
    /// whoever is in the call, or gone, hears nothing.
    pub fn told_to(&self, participant: ParticipantId, place: PlaceKind, now: DateTime<Utc>) -> Vec<Notice> {
        let is_waiting = place == PlaceKind::Waiting;
        if !is_waiting && place != PlaceKind::Testing {
            return Vec::new();
        }
        let delay = self.delay(now).map(|delay| Notice::Delay(Some(delay)));
        let position = self.positions.get(&participant).map(|position| Notice::Position(Some(*position)));
        let of = self.messages.iter().filter(|message| message.to == participant);
        let messages: Vec<_> = of.cloned().map(Notice::Message).collect();
        let newest = messages.len().saturating_sub(Self::MAX_MESSAGES);
        let waiting = position.into_iter().chain(messages.into_iter().skip(newest)).filter(|_| is_waiting);
        delay.into_iter().chain(waiting).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn person(number: u128) -> ParticipantId {
        ParticipantId::new(Uuid::from_u128(number))
    }

    fn staff(number: u128) -> PractitionerId {
        PractitionerId::new(Uuid::from_u128(number))
    }

    fn waiter(number: u128, since: i64) -> Waiter {
        let appointment = AppointmentId::new(Uuid::from_u128(1000 + number));
        Waiter { appointment, participant: person(number), since: at(since) }
    }

    fn order(queue: &Queue) -> Vec<u128> {
        queue.waiters().map(|waiter| waiter.participant.uuid().as_u128()).collect()
    }

    fn message(number: u128, to: ParticipantId) -> WaitingMessage {
        let words = WaitingWords::Ready(ReadySentence::SoonYourTurn);
        WaitingMessage {
            id: WaitingMessageId::new(Uuid::from_u128(number)),
            to,
            by: staff(1),
            at: at(0),
            words,
        }
    }

    #[test]
    fn whoever_waits_longest_is_next_until_staff_decide_otherwise() {
        let waiters = [waiter(1, 50), waiter(2, 10), waiter(3, 30)];
        let queue = Queue::new(waiters, &[]);
        assert_eq!(order(&queue), [2, 3, 1]);
        let ranks = queue.put_before(person(1), Some(person(2))).unwrap();
        assert_eq!(order(&Queue::new(waiters, &ranks)), [1, 2, 3]);
        // Whoever comes later is last, and so is somebody who went and came again.
        let with_new = [waiter(1, 60), waiter(2, 10), waiter(3, 30), waiter(4, 55)];
        assert_eq!(order(&Queue::new(with_new, &ranks)), [2, 3, 4, 1]);
        assert_eq!(queue.put_before(person(9), None), Err(RankRefusal::NotWaiting));
        assert_eq!(queue.put_before(person(1), Some(person(9))), Err(RankRefusal::NotWaiting));
        assert_eq!(queue.put_before(person(1), Some(person(1))), Ok(vec![]));
    }

    #[test]
    fn people_of_one_appointment_are_one_place() {
        let relative = Waiter { participant: person(5), since: at(11), ..waiter(2, 10) };
        let queue = Queue::new([waiter(1, 50), waiter(2, 10), relative, waiter(3, 30)], &[]);
        assert_eq!(queue.position(waiter(2, 0).appointment), Some(1));
        assert_eq!(queue.position(waiter(3, 0).appointment), Some(2));
        assert_eq!(queue.position(waiter(1, 0).appointment), Some(3));
        assert_eq!(queue.position(waiter(8, 0).appointment), None);
    }

    #[test]
    fn words_to_somebody_who_waits_are_short_and_plain() {
        let text = WaitingText::new("  Dix minutes encore. ").unwrap();
        assert_eq!(text.expose(), "Dix minutes encore.");
        assert!(!format!("{text:?}").contains("Dix"));
        assert_eq!(WaitingText::new(" \t"), Err(WaitingRefusal::Empty));
        assert!(WaitingText::new(&"é".repeat(WaitingText::MAX)).is_ok());
        assert_eq!(WaitingText::new(&"é".repeat(WaitingText::MAX + 1)), Err(WaitingRefusal::TooLong));
        assert_eq!(WaitingText::new("a\nb"), Err(WaitingRefusal::ControlCharacter));
        assert_eq!(WaitingText::new("a\u{202E}b"), Err(WaitingRefusal::ControlCharacter));
    }

    #[test]
    fn a_delay_holds_for_some_hours_and_the_longest_of_several_counts() {
        let late = |who, minutes| Delay::new(staff(who), minutes, staff(9), at(0)).unwrap();
        assert_eq!(Delay::new(staff(1), 181, staff(1), at(0)), Err(WaitingRefusal::DelayTooLong));
        let mut notices = WaitingNotices::after(vec![], vec![late(1, 10)]);
        assert!(notices.set_delay(late(2, 25), at(1)));
        assert_eq!(notices.delay(at(1)).map(|delay| delay.minutes), Some(25));
        let sooner = Delay { minutes: 5, told_at: at(60), ..late(1, 10) };
        assert!(!notices.set_delay(sooner, at(60)), "the other one is later");
        let over = Delay { minutes: 0, told_at: at(70), ..late(2, 25) };
        assert!(notices.set_delay(over, at(70)));
        assert!(!notices.set_delay(late(2, 25), at(71)), "an old word says nothing");
        assert_eq!(notices.delay(at(71)), Some(sooner));
        assert_eq!(notices.delay(at(60) + Delay::HOLDS_FOR), None);
    }

    #[test]
    fn only_those_who_wait_are_told_and_a_page_that_comes_again_is_told_all_of_it() {
        let late = Delay::new(staff(1), 10, staff(1), at(0)).unwrap();
        let mut notices = WaitingNotices::after(vec![message(1, person(1))], vec![late]);
        assert!(notices.add(message(2, person(2))) && notices.add(message(3, person(1))));
        assert!(!notices.add(message(3, person(1))), "once");
        assert!(notices.set_position(person(1), Some(2)) && !notices.set_position(person(1), Some(2)));
        let delay = Notice::Delay(Some(late));
        let all = [
            delay.clone(),
            Notice::Position(Some(2)),
            Notice::Message(message(1, person(1))),
            Notice::Message(message(3, person(1))),
        ];
        for _ in 0..2 {
            assert_eq!(notices.told_to(person(1), PlaceKind::Waiting, at(5)), all);
        }
        assert_eq!(notices.told_to(person(1), PlaceKind::Testing, at(5)), [delay]);
        let elsewhere = PlaceKind::ALL.into_iter();
        for place in elsewhere.filter(|place| !matches!(place, PlaceKind::Waiting | PlaceKind::Testing)) {
            assert_eq!(notices.told_to(person(1), place, at(5)), [], "{place:?}");
        }
        for number in 10..90 {
            notices.add(message(number, person(1)));
        }
        assert_eq!(
            notices.told_to(person(1), PlaceKind::Waiting, at(5)).len(),
            2 + WaitingNotices::MAX_MESSAGES
        );
    }

    proptest! {
        /// Whoever is put somewhere stands exactly there, everybody else stays in their order, and whoever comes later is last, however
        /// often people are moved and however close together they came.
        #[test]
        fn the_order_is_exactly_what_staff_made_it(
            sinces in prop::collection::vec(0_i64..4, 1..8),
            moves in prop::collection::vec((0_usize..8, 0_usize..9), 0..40),
        ) {
            let waiters: Vec<_> = (1_u128..).zip(&sinces).map(|(number, since)| waiter(number, *since)).collect();
            let mut ranks: Vec<Rank> = Vec::new();
            for (who, before) in moves {
                let queue = Queue::new(waiters.iter().copied(), &ranks.clone());
                let mut expected = order(&queue);
                let who = expected[who % expected.len()];
                let before = expected.get(before).copied().filter(|before| *before != who);
                expected.retain(|number| *number != who);
                let to = before.map_or(expected.len(), |before| {
                    expected.iter().position(|number| *number == before).unwrap()
                });
                expected.insert(to, who);
                for rank in queue.put_before(person(who), before.map(person)).unwrap() {
                    ranks.retain(|known| known.participant != rank.participant);
                    ranks.push(rank);
                }
                prop_assert_eq!(order(&Queue::new(waiters.iter().copied(), &ranks)), expected);
                let late = waiters.iter().copied().chain([waiter(99, 5)]);
                prop_assert_eq!(order(&Queue::new(late, &ranks)).last(), Some(&99));
            }
        }
    }
}
