//! What is to be written of a consultation: in order, by a task of its own, so that a call goes on while the database does not.
//!
//! The consultation's task puts entries in and never waits. One entry at a time is with the task that writes; what failed for a
//! reason that may pass is tried again, and what comes after it waits behind it. Whoever must know that something is kept holds
//! the mark of its entry and asks whether it is settled.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::clinical::{
    AppointmentId, AppointmentStatus, ChatLine, IdentityCheck, MarkId, Move, ParticipantId, QualityTally,
    Telephone, TelephoneId,
};
use crate::store::{QualityKey, Store, StoredArrival, StoredMark, StoredOtherPatient, StoredShow};

/// Entries that wait for one consultation. People make them: a few a minute, and a row for each that comes and goes.
const MAX_WAITING: usize = 4096;
/// Lines of the chat among them, so that a chat never keeps a move out.
const MAX_LINES: usize = 512;
/// Marks among them, likewise.
const MAX_DRAWN: usize = 1024;
/// The task that writes gives a row up after this long, and tries again.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between tries of the same entry, from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Entries that have not been settled for this long: the database is behind, and nobody waits for it any more.
const BEHIND: Duration = Duration::from_millis(1500);

/// One thing to write.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Moved {
        id: Uuid,
        line: Move,
    },
    Locked {
        is_locked: bool,
    },
    TelephoneBegan {
        id: TelephoneId,
        telephone: Telephone,
    },
    TelephoneEnded {
        until: DateTime<Utc>,
    },
    Status {
        from: AppointmentStatus,
        to: AppointmentStatus,
    },
    LinkWithdrawn {
        participant: ParticipantId,
        at: DateTime<Utc>,
    },
    LinksWithdrawn {
        at: DateTime<Utc>,
    },
    Line(ChatLine),
    /// How somebody came in.
    Arrived(StoredArrival),
    /// Somebody was looked at.
    IdentityChecked(IdentityCheck),
    /// Somebody is in the call at this time.
    Seen(DateTime<Utc>),
    /// How the call goes; each tally replaces the one before.
    Quality(BTreeMap<QualityKey, QualityTally>),
    OnShow(Option<StoredShow>),
    OtherPatientShown(StoredOtherPatient),
    /// A mark as it is now; `None`: it was taken away, at this time.
    Drawn {
        id: MarkId,
        mark: Option<Box<StoredMark>>,
        at: DateTime<Utc>,
    },
}

/// Names an entry, and with it all before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark(u64);

/// How the writing of an entry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Written,
    /// It never will be: the tables refuse it.
    Refused,
    /// Another time it may.
    Unavailable,
}

/// The entries of one consultation that are not settled. Told the time; waits for nothing.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The first one is with the task that writes while `is_writing`.
    waiting: VecDeque<(Mark, Entry)>,
    last: Mark,
    is_writing: bool,
    failures: u32,
    not_before: Option<Instant>,
    /// Since when the first one has waited.
    waits_since: Option<Instant>,
    /// It was said that entries were lost.
    has_complained: bool,
}

impl Ledger {
    /// Puts an entry in, or its news into one of its kind that waits already. `None`: there is no room, and it is lost.
    pub(super) fn put(&mut self, now: Instant, entry: Entry) -> Option<Mark> {
        let in_hand = usize::from(self.is_writing);
        let older = self.waiting.iter_mut().skip(in_hand).find(|(_, older)| is_replaced(older, &entry));
        if let Some((mark, older)) = older {
            match (older, entry) {
                (Entry::Quality(rows), Entry::Quality(newer)) => rows.extend(newer),
                (older, entry) => *older = entry,
            }
            return Some(*mark);
        }
        let is_line = matches!(entry, Entry::Line(_));
        let drawn = || self.waiting.iter().filter(|(_, entry)| matches!(entry, Entry::Drawn { .. })).count();
        let has_room = self.waiting.len() < MAX_WAITING
            && match &entry {
                Entry::Line(_) => self.lines().count() < MAX_LINES,
                Entry::Drawn { .. } => drawn() < MAX_DRAWN,
                _ => true,
            };
        if !has_room {
            if !is_line && !std::mem::replace(&mut self.has_complained, true) {
                tracing::error!(queue.length = MAX_WAITING, "rows of a consultation are lost: too many wait");
            }
            return None;
        }
        self.last.0 += 1;
        self.waiting.push_back((self.last, entry));
        self.waits_since.get_or_insert(now);
        Some(self.last)
    }

    /// The mark of everything that was put in so far.
    pub(super) fn mark(&self) -> Mark {
        self.last
    }

    /// Whether nothing up to this mark waits any more.
    pub(super) fn is_settled(&self, mark: Mark) -> bool {
        self.waiting.front().is_none_or(|(first, _)| *first > mark)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the database is so far behind that nobody is to wait for it.
    pub(super) fn is_behind(&self, now: Instant) -> bool {
        self.behind_at().is_some_and(|at| at <= now)
    }

    /// When it will be behind, if nothing is settled before.
    pub(super) fn behind_at(&self) -> Option<Instant> {
        self.waits_since.map(|since| since + BEHIND)
    }

    /// The lines of the chat that are not settled, oldest first.
    pub(super) fn lines(&self) -> impl Iterator<Item = &ChatLine> {
        self.waiting.iter().filter_map(|(_, entry)| match entry {
            Entry::Line(line) => Some(line),
            _ => None,
        })
    }

    /// When [`Ledger::next`] has something again; `None` while there is nothing, or while the answer is awaited.
    pub(super) fn wake_at(&self, now: Instant) -> Option<Instant> {
        (!self.waiting.is_empty() && !self.is_writing).then(|| self.not_before.unwrap_or(now))
    }

    /// The entry to write now. Its outcome is told to [`Ledger::settle`] before there is another.
    pub(super) fn next(&mut self, now: Instant) -> Option<Entry> {
        if self.is_writing || self.not_before.is_some_and(|at| at > now) {
            return None;
        }
        let (_, entry) = self.waiting.front()?;
        self.is_writing = true;
        Some(entry.clone())
    }

    /// How it went; answers with the entry if that is settled now.
    pub(super) fn settle(&mut self, now: Instant, outcome: Outcome) -> Option<Entry> {
        self.is_writing = false;
        if outcome == Outcome::Unavailable {
            let pause = FIRST_PAUSE * 2_u32.pow(self.failures.min(5));
            self.not_before = Some(now + pause.min(LONGEST_PAUSE));
            self.failures += 1;
            return None;
        }
        (self.failures, self.not_before) = (0, None);
        let (_, entry) = self.waiting.pop_front()?;
        self.waits_since = (!self.waiting.is_empty()).then_some(now);
        if self.waiting.is_empty() {
            self.has_complained = false;
        }
        Some(entry)
    }
}

/// Whether the newer entry says all that the older one says.
fn is_replaced(older: &Entry, newer: &Entry) -> bool {
    match (older, newer) {
        (Entry::Seen(_), Entry::Seen(_))
        | (Entry::Quality(_), Entry::Quality(_))
        | (Entry::OnShow(_), Entry::OnShow(_)) => true,
        (Entry::Drawn { id: older, .. }, Entry::Drawn { id: newer, .. }) => older == newer,
        _ => false,
    }
}

/// Writes what comes, one entry at a time, and tells how it went. Ends with its sender.
pub(super) async fn write(
    appointment: AppointmentId,
    store: Store,
    mut entries: mpsc::Receiver<Entry>,
    outcomes: mpsc::Sender<Outcome>,
) {
    while let Some(entry) = entries.recv().await {
        let outcome = match tokio::time::timeout(PATIENCE, put_down(&store, appointment, entry)).await {
            Ok(Ok(())) => Outcome::Written,
            Ok(Err(error)) => {
                let outcome = if error.is_passing() { Outcome::Unavailable } else { Outcome::Refused };
                tracing::error!(
                    appointment.id = %appointment, error = &error as &dyn std::error::Error, ?outcome,
                    "a row was not written"
                );
                outcome
            }
            Err(_) => {
                tracing::error!(appointment.id = %appointment, timeout_s = PATIENCE.as_secs(), "a row was not written in time");
                Outcome::Unavailable
            }
        };
        if outcomes.send(outcome).await.is_err() {
            return;
        }
    }
}

async fn put_down(store: &Store, id: AppointmentId, entry: Entry) -> Result<(), crate::store::Error> {
    match entry {
        Entry::Moved { id: line_id, line } => store.add_move(id, line_id, &line).await,
        Entry::Locked { is_locked } => store.lock_consultation(id, is_locked).await,
        Entry::TelephoneBegan { id: telephone_id, telephone } => {
            store.begin_telephone(id, telephone_id, &telephone).await
        }
        Entry::TelephoneEnded { until } => store.end_telephone(id, until).await.map(drop),
        Entry::Status { from, to } => store.set_appointment_status(id, from, to).await.map(drop),
        Entry::LinkWithdrawn { participant, at } => store.revoke_link(participant, at).await.map(drop),
        Entry::LinksWithdrawn { at } => store.revoke_links_of(id, at).await.map(drop),
        Entry::Line(line) => store.add_chat_line(id, &line).await,
        Entry::Arrived(arrival) => store.put_arrival(id, &arrival).await,
        Entry::IdentityChecked(check) => store.add_identity_check(id, &check).await,
        Entry::Seen(at) => store.see_consultation(id, at).await,
        Entry::Quality(rows) => store.put_quality(id, &rows.into_iter().collect::<Vec<_>>()).await,
        Entry::OnShow(show) => store.put_on_show(id, show.as_ref()).await,
        Entry::OtherPatientShown(shown) => store.add_other_patient_shown(id, &shown).await,
        Entry::Drawn { mark: Some(mark), .. } => store.put_mark(id, &mark).await,
        Entry::Drawn { id: mark, mark: None, at } => store.delete_mark(id, mark, at).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn start() -> Instant {
        Instant::now()
    }

    fn at(minute: u32) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(minute.into())
    }

    fn line(text: &str) -> Entry {
        Entry::Line(ChatLine {
            id: crate::clinical::ChatLineId::new(Uuid::nil()),
            participant: ParticipantId::new(Uuid::nil()),
            at: at(0),
            text: crate::clinical::ChatText::kept(text.to_owned()),
        })
    }

    #[test]
    fn entries_are_written_in_order_and_one_that_fails_holds_up_those_behind_it() {
        let t = start();
        let mut ledger = Ledger::default();
        let first = ledger.put(t, Entry::Locked { is_locked: true }).unwrap();
        let second = ledger.put(t, Entry::Locked { is_locked: false }).unwrap();
        assert!(matches!(ledger.next(t), Some(Entry::Locked { is_locked: true })));
        assert!(ledger.next(t).is_none(), "one at a time");
        assert!(ledger.settle(t, Outcome::Unavailable).is_none());
        assert!(ledger.next(t).is_none() && ledger.wake_at(t) == Some(t + FIRST_PAUSE));
        let later = t + FIRST_PAUSE;
        assert!(matches!(ledger.next(later), Some(Entry::Locked { is_locked: true })), "the same again");
        assert!(ledger.settle(later, Outcome::Written).is_some());
        assert!(ledger.is_settled(first) && !ledger.is_settled(second));
        ledger.next(later).unwrap();
        assert!(
            ledger.settle(later, Outcome::Refused).is_some(),
            "what never will be is waited for no longer"
        );
        assert!(ledger.is_settled(second) && ledger.is_empty());
    }

    #[test]
    fn what_only_the_newest_counts_of_waits_once() {
        let t = start();
        let mut ledger = Ledger::default();
        ledger.put(t, Entry::Seen(at(1))).unwrap();
        ledger.next(t).unwrap();
        // The one in hand is not touched.
        let waits = ledger.put(t, Entry::Seen(at(2))).unwrap();
        assert_eq!(ledger.put(t, Entry::Seen(at(3))), Some(waits));
        assert_eq!(ledger.len(), 2);
        ledger.settle(t, Outcome::Written).unwrap();
        assert!(matches!(ledger.next(t), Some(Entry::Seen(seen)) if seen == at(3)));
    }

    #[test]
    fn of_a_mark_that_is_dragged_only_the_newest_waits() {
        let t = start();
        let mut ledger = Ledger::default();
        let drawn = |mark, minute| {
            let id = MarkId::new(Uuid::from_u128(mark));
            Entry::Drawn { id, mark: None, at: at(minute) }
        };
        let first = ledger.put(t, drawn(1, 1)).unwrap();
        let other = ledger.put(t, drawn(2, 1)).unwrap();
        assert_eq!(ledger.put(t, drawn(1, 2)), Some(first));
        assert!(first < other && ledger.len() == 2);
        assert!(matches!(ledger.next(t), Some(Entry::Drawn { at: written, .. }) if written == at(2)));
        assert!(ledger.put(t, drawn(1, 3)) > Some(other), "the one in hand is not touched");
        for mark in 3..MAX_DRAWN as u128 {
            ledger.put(t, drawn(mark, 1)).unwrap();
        }
        assert_eq!(ledger.put(t, drawn(0, 1)), None);
        assert!(ledger.put(t, Entry::Locked { is_locked: true }).is_some(), "marks keep no move out");
    }

    #[test]
    fn it_has_a_bound_and_a_chat_keeps_no_move_out() {
        let t = start();
        let mut ledger = Ledger::default();
        for _ in 0..MAX_LINES {
            ledger.put(t, line("x")).unwrap();
        }
        assert!(ledger.put(t, line("one more")).is_none());
        for _ in MAX_LINES..MAX_WAITING {
            ledger.put(t, Entry::Locked { is_locked: true }).unwrap();
        }
        assert!(ledger.put(t, Entry::Locked { is_locked: true }).is_none());
    }

    #[test]
    fn it_is_behind_once_the_first_has_waited_too_long() {
        let t = start();
        let mut ledger = Ledger::default();
        assert!(!ledger.is_behind(t + BEHIND));
        ledger.put(t, line("a")).unwrap();
        ledger.put(t + BEHIND / 2, line("b")).unwrap();
        assert!(!ledger.is_behind(t) && ledger.is_behind(t + BEHIND));
        ledger.next(t).unwrap();
        ledger.settle(t + BEHIND, Outcome::Written).unwrap();
        assert!(!ledger.is_behind(t + BEHIND), "it gets on");
    }
}
