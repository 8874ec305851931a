//! One device that attends: what leaves for it, and its pictures.

use tokio::sync::mpsc;

use super::{MAX_OUTGOING, Outgoing};
use crate::clinical::{Actor, ParticipantId};
use crate::imaging::ContentHash;
use crate::protocol::ServerMessage;
use crate::viewing::PictureFlow;

/// A connected device, as its consultation's task keeps it.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) participant: ParticipantId,
    pub(super) actor: Actor,
    pub(super) flow: PictureFlow,
    /// What is on show and no picture has been brought to it.
    pub(super) content: Option<ContentHash>,
    /// Is in the room of the call.
    pub(super) is_in_room: bool,
    outbox: mpsc::Sender<Outgoing>,
    /// Has been told who it is; nothing comes before that.
    is_welcome: bool,
    is_behind: bool,
}

impl Device {
    pub(super) fn new(participant: ParticipantId, actor: Actor, outbox: mpsc::Sender<Outgoing>) -> Self {
        let flow = PictureFlow::default();
        Self {
            participant,
            actor,
            flow,
            content: None,
            is_in_room: false,
            outbox,
            is_welcome: false,
            is_behind: false,
        }
    }

    /// Says the first word.
    pub(super) fn welcome(&mut self, message: ServerMessage) {
        self.is_welcome = true;
        self.push(Outgoing::Message(message));
    }

    /// Sends a message. A device that does not read for [`MAX_OUTGOING`] messages is given up.
    pub(super) fn tell(&mut self, message: ServerMessage) {
        if self.is_welcome {
            self.push(Outgoing::Message(message));
        }
    }

    /// Sends a picture, or a file that is on show.
    pub(super) fn show(&mut self, picture: Vec<u8>) {
        self.push(Outgoing::Picture(picture));
    }

    /// Says a last word and closes.
    pub(super) fn dismiss(&mut self, message: ServerMessage) {
        self.push(Outgoing::Message(message));
        self.push(Outgoing::Close);
    }

    /// Closes after what was said before.
    pub(super) fn dismiss_quietly(&mut self) {
        self.push(Outgoing::Close);
    }

    /// Does not keep up: its connection is to be closed.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    fn push(&mut self, outgoing: Outgoing) {
        if self.outbox.try_send(outgoing).is_err() && !self.outbox.is_closed() {
            tracing::warn!(queue.length = MAX_OUTGOING, "a device does not read its messages");
            self.is_behind = true;
        }
    }
}
