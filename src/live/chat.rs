//! What people write and share, told to everybody in the room and kept.

use std::collections::BTreeSet;

use super::consultation::Task;
use super::held::Told;
use super::ledger::Entry;
use super::made::Made;
use super::sharing::patiently;
use crate::clinical::{ChatLine, ChatLineId, ChatText, DeviceNumber, ParticipantId, SharedFile, Verb};
use crate::protocol::{self, ProblemCode, ServerMessage};

/// What was written and shared before, as the rows have it.
pub(super) type History = (Vec<ChatLine>, Vec<SharedFile>);

/// Who waits for what was written before. It is read once for all of them, and once at a time.
#[derive(Debug, Default)]
pub(super) struct Histories {
    /// Those that the reading at hand is for.
    reading: Option<BTreeSet<DeviceNumber>>,
    /// Those that have come since, or for whom it could not be read.
    waiting: BTreeSet<DeviceNumber>,
}

impl Task {
    /// Somebody writes to everybody. It is told once it is kept, or as not kept when the database does not answer.
    pub(super) fn write_line(
        &mut self,
        number: DeviceNumber,
        participant: ParticipantId,
        text: &str,
    ) -> Result<(), (ProblemCode, String)> {
        self.need(number, Verb::Chat)?;
        let refused = |refusal: crate::clinical::ChatRefusal| (refusal.into(), refusal.to_string());
        let text = ChatText::new(text).map_err(refused)?;
        let at = self.parts.clock.now();
        self.paces.entry(participant).or_default().take(at).map_err(refused)?;
        let line = ChatLine { id: ChatLineId::new(self.parts.clock.new_uuid()), participant, at, text };
        let mark = self.put(Entry::Line(line.clone()));
        let told = Told::Line { line, is_refused: mark.is_none() };
        let mark = mark.unwrap_or_else(|| self.mark());
        self.tell_once_written(mark, told);
        Ok(())
    }

    /// A file is in the archive and in the rows.
    pub(super) fn tell_shared(&mut self, file: &SharedFile) {
        let by = self.appointment.participant(file.participant);
        let told = ServerMessage::FileShared(protocol::SharedFile::new(file, by));
        self.tell_room(&told);
    }

    /// Has what was written and shared before this device came in read and told to it.
    pub(super) fn tell_history(&mut self, number: DeviceNumber) {
        self.histories.waiting.insert(number);
        self.read_history();
    }

    /// Reads for those who wait, if nothing is read at present.
    pub(super) fn read_history(&mut self) {
        if self.histories.reading.is_some() || self.histories.waiting.is_empty() {
            return;
        }
        let Some(made) = self.made.clone() else { return };
        self.histories.reading = Some(std::mem::take(&mut self.histories.waiting));
        let (store, id) = (self.parts.store.clone(), self.appointment.id);
        self.parts.tasks.spawn("history of a chat", async move {
            let read = async {
                let lines = store.chat_lines_of(id).await?;
                let files = store.shared_files_of(id).await?;
                Ok((lines, files))
            };
            // The consultation may have ended meanwhile.
            let _ = made.send(Made::History(patiently("a chat", read).await)).await;
        });
    }

    /// What was written before has been read. Lines that are not in the rows yet are told with it, as not kept.
    pub(super) fn history_read(&mut self, read: Option<History>) {
        let readers = self.histories.reading.take().unwrap_or_default();
        let Some((lines, files)) = read else {
            // Again with the next pulse.
            self.histories.waiting.extend(readers);
            return;
        };
        let by = |id| self.appointment.participant(id);
        let mut told: Vec<_> =
            lines.iter().map(|line| protocol::ChatLine::new(line, by(line.participant), true)).collect();
        let is_new = |line: &&ChatLine| lines.iter().all(|kept| kept.id != line.id);
        let unkept = self.rows.ledger.lines().filter(is_new);
        told.extend(unkept.map(|line| protocol::ChatLine::new(line, by(line.participant), false)));
        let history = ServerMessage::ChatHistory {
            lines: told,
            files: files.iter().map(|file| protocol::SharedFile::new(file, by(file.participant))).collect(),
        };
        for number in readers {
            if let Some(device) = self.devices.get_mut(&number).filter(|device| device.is_in_room) {
                device.tell(history.clone());
            }
        }
        self.read_history();
    }
}
