//! What people write and share, told to everybody in the room and kept.

use super::consultation::Task;
use crate::clinical::{ChatLine, ChatLineId, ChatText, DeviceNumber, ParticipantId, SharedFile, Verb};
use crate::protocol::{self, ProblemCode, ServerMessage};

impl Task {
    /// Somebody writes to everybody.
    pub(super) async fn write_line(
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
        self.write(self.parts.store.add_chat_line(self.appointment.id, &line).await);
        let by = self.appointment.participant(participant);
        let told = ServerMessage::ChatLine(protocol::ChatLine::new(&line, by));
        self.tell_room(&told);
        Ok(())
    }

    /// A file is in the archive and in the rows.
    pub(super) fn tell_shared(&mut self, file: &SharedFile) {
        let by = self.appointment.participant(file.participant);
        let told = ServerMessage::FileShared(protocol::SharedFile::new(file, by));
        self.tell_room(&told);
    }

    /// What was written and shared before this device came in.
    pub(super) async fn tell_history(&mut self, number: DeviceNumber) {
        let id = self.appointment.id;
        let read = async {
            let lines = self.parts.store.chat_lines_of(id).await?;
            let files = self.parts.store.shared_files_of(id).await?;
            Ok::<_, crate::store::Error>((lines, files))
        };
        let (lines, files) = match read.await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(appointment.id = %id, error = &error as &dyn std::error::Error, "a chat was not read");
                return;
            }
        };
        let by = |id| self.appointment.participant(id);
        let history = ServerMessage::ChatHistory {
            lines: lines.iter().map(|line| protocol::ChatLine::new(line, by(line.participant))).collect(),
            files: files.iter().map(|file| protocol::SharedFile::new(file, by(file.participant))).collect(),
        };
        if let Some(device) = self.devices.get_mut(&number) {
            device.tell(history);
        }
    }
}
