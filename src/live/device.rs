//! One device that attends: what leaves for it, and its pictures.

use tokio::sync::mpsc;

use super::{MAX_OUTGOING, Outgoing};
use crate::clinical::{Actor, ParticipantId, ResumeTokens};
use crate::imaging::ContentHash;
use crate::protocol::{ServerMessage, WatchedTrack};
use crate::viewing::PictureFlow;

/// What a device shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Watching {
    pub(super) tracks: Vec<WatchedTrack>,
    pub(super) is_saving_data: bool,
    /// It wants no video; so a picture that is held back is held back at its own wish.
    pub(super) is_video_off: bool,
}

/// A device, as its consultation's task keeps it: connected, or expected back.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) participant: ParticipantId,
    pub(super) actor: Actor,
    pub(super) flow: PictureFlow,
    /// What is on show and no picture has been brought to it.
    pub(super) content: Option<ContentHash>,
    /// Is in the room of the call.
    pub(super) is_in_room: bool,
    /// What it shows, by persons, as it last said; some of it may not be published yet. `None`: it has said nothing.
    pub(super) watched: Option<Watching>,
    /// What brings it back after its connection broke.
    pub(super) tokens: ResumeTokens,
    /// Counts its connections. What an older one says or does not say any more counts for nothing.
    pub(super) connection: u32,
    /// The last of them has ended, and the door knows.
    pub(super) is_away: bool,
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
            watched: None,
            tokens: ResumeTokens::default(),
            connection: 0,
            is_away: false,
            outbox,
            is_welcome: false,
            is_behind: false,
        }
    }

    /// The device has a new connection; the older one, if it is still there, is closed. Pictures begin anew.
    pub(super) fn reconnect(&mut self, actor: Actor, outbox: mpsc::Sender<Outgoing>) {
        self.dismiss_quietly();
        self.connection += 1;
        self.actor = actor;
        self.outbox = outbox;
        self.flow = PictureFlow::default();
        self.content = None;
        (self.is_away, self.is_welcome, self.is_behind) = (false, false, false);
    }

    /// Says the first word.
    pub(super) fn welcome(&mut self, message: ServerMessage) {
        self.is_welcome = true;
        self.push(Outgoing::Message(Box::new(message)));
    }

    /// Sends a message. A device that does not read for [`MAX_OUTGOING`] messages is given up.
    pub(super) fn tell(&mut self, message: ServerMessage) {
        if self.is_welcome {
            self.push(Outgoing::Message(Box::new(message)));
        }
    }

    /// Sends a picture, or a file that is on show.
    pub(super) fn show(&mut self, picture: Vec<u8>) {
        if self.is_welcome {
            self.push(Outgoing::Picture(picture));
        }
    }

    /// Says a last word and closes.
    pub(super) fn dismiss(&mut self, message: ServerMessage) {
        self.push(Outgoing::Message(Box::new(message)));
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
