//! What is told once it is written: held until its row is there, and not longer than the database is worth waiting for.

use std::collections::{BTreeSet, VecDeque};

use super::consultation::Task;
use super::ledger::{Entry, Ledger, Mark, Outcome};
use crate::clinical::{self, ChatLine, ChatLineId, DeviceNumber, ParticipantId};
use crate::protocol::{self, ServerMessage};

/// Something that says, to whoever hears it, that it is kept.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// A request was carried out.
    Accepted { device: DeviceNumber, request: u32 },
    /// Where a person stands.
    Place(ParticipantId),
    /// Somebody wrote. `is_refused`: it cannot be kept.
    Line { line: ChatLine, is_refused: bool },
    /// The consultation is over.
    Ended { outcome: clinical::Outcome },
}

/// The rows of a consultation that are not written, and what waits for them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) ledger: Ledger,
    /// The last of the entries that were put in, or changed, since this was taken.
    pub(super) touched: Option<Mark>,
    /// In the order in which it is to be told.
    held: VecDeque<(Mark, Told)>,
    /// Lines that were told as not kept and that may be yet.
    unkept: BTreeSet<ChatLineId>,
}

impl Rows {
    /// When something is to be told although it is not written, or to be written again.
    pub(super) fn wake_at(&self, now: std::time::Instant) -> Option<std::time::Instant> {
        let behind = (!self.held.is_empty()).then(|| self.ledger.behind_at()).flatten();
        behind.into_iter().chain(self.ledger.wake_at(now)).min()
    }
}

impl Task {
    /// Has something written, in order; the call goes on meanwhile.
    pub(super) fn put(&mut self, entry: Entry) -> Option<Mark> {
        let mark = self.rows.ledger.put(self.parts.clock.instant(), entry);
        self.rows.touched = self.rows.touched.max(mark);
        mark
    }

    /// The mark of everything that was to be written so far.
    pub(super) fn mark(&self) -> Mark {
        self.rows.ledger.mark()
    }

    /// Tells something once everything up to the mark is written. While the database is behind it is told at once.
    pub(super) fn tell_once_written(&mut self, mark: Mark, told: Told) {
        self.rows.held.push_back((mark, told));
        self.release();
    }

    /// Hands the next row to whoever writes, and tells what waits for nothing any more.
    pub(super) fn attend_to_rows(&mut self) {
        let now = self.parts.clock.instant();
        if let Some(entry) = self.rows.ledger.next(now)
            && self.entries.try_send(entry).is_err()
        {
            // Only when the task that writes is gone: its successor is the next consultation's.
            self.rows.ledger.settle(now, Outcome::Unavailable);
        }
        self.release();
    }

    /// Takes how the writing of a row went.
    pub(super) fn settled(&mut self, outcome: Outcome) {
        let Some(Entry::Line(line)) = self.rows.ledger.settle(self.parts.clock.instant(), outcome) else {
            return;
        };
        let was_told = self.rows.unkept.remove(&line.id);
        match outcome {
            // A line with an identifier that is known takes the place of the one before.
            Outcome::Written if was_told => self.tell_line(&line, true),
            Outcome::Refused => {
                for (_, told) in &mut self.rows.held {
                    if let Told::Line { line: held, is_refused } = told
                        && held.id == line.id
                    {
                        *is_refused = true;
                    }
                }
            }
            Outcome::Written | Outcome::Unavailable => {}
        }
    }

    fn release(&mut self) {
        let is_behind = self.rows.ledger.is_behind(self.parts.clock.instant());
        while let Some((mark, _)) = self.rows.held.front() {
            let is_settled = self.rows.ledger.is_settled(*mark);
            if !is_settled && !is_behind {
                return;
            }
            if let Some((_, told)) = self.rows.held.pop_front() {
                self.say(told, is_settled);
            }
        }
    }

    fn say(&mut self, told: Told, is_settled: bool) {
        match told {
            Told::Accepted { device, request } => {
                if let Some(device) = self.devices.get_mut(&device) {
                    device.tell(ServerMessage::Accepted { request });
                }
            }
            Told::Place(participant) => self.tell_place(participant),
            Told::Line { line, is_refused } => {
                if !is_settled {
                    self.rows.unkept.insert(line.id);
                }
                self.tell_line(&line, is_settled && !is_refused);
            }
            Told::Ended { outcome } => {
                let status = self.appointment.status.into();
                let ended = ServerMessage::Ended { outcome: Some(outcome.into()), status };
                for device in self.devices.values_mut() {
                    device.dismiss(ended.clone());
                }
            }
        }
    }

    /// Tells everybody in the room what somebody wrote, and whether it is kept.
    pub(super) fn tell_line(&mut self, line: &ChatLine, is_kept: bool) {
        let by = self.appointment.participant(line.participant);
        let told = ServerMessage::ChatLine(protocol::ChatLine::new(line, by, is_kept));
        self.tell_room(&told);
    }
}
