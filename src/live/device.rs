//! One device that attends: what leaves for it, and its pictures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, watch};

use super::record::SentPictures;
use super::screens::Screens;
use super::telling::News;
use super::{Connected, MAX_OUTGOING, Outgoing};
use crate::clinical::{Actor, DeviceNumber, LoginId, Opening, ParticipantId, ResumeTokens};
use crate::protocol::{ServerMessage, WatchedTrack};

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
    /// The login of staff; without one it is not theirs any more.
    pub(super) login: Option<LoginId>,
    /// What opened the door for a guest.
    pub(super) opening: Option<Opening>,
    pub(super) screens: Screens,
    /// The pictures under way to it of what everybody looks at, for the record.
    pub(super) sent: SentPictures,
    /// What it knows of the viewing.
    pub(super) news: News,
    /// Is in the room of the call.
    pub(super) is_in_room: bool,
    /// The device of the same person that is in the call, when this is a second window beside it.
    pub(super) main: Option<DeviceNumber>,
    /// What it shows, by persons, as it last said; some of it may not be published yet. `None`: it has said nothing.
    pub(super) watched: Option<Watching>,
    /// What brings it back after its connection broke.
    pub(super) tokens: ResumeTokens,
    /// Counts its connections. What an older one says or does not say any more counts for nothing.
    pub(super) connection: u32,
    /// The last of them has ended, and the door knows.
    pub(super) is_away: bool,
    line: Line,
    /// Messages that wait to be sent, of those of which only the latest counts.
    waiting: Arc<AtomicUsize>,
    /// Has been told who it is; nothing comes before that.
    is_welcome: bool,
}

/// The connection of a device.
#[derive(Debug)]
enum Line {
    /// The connection is cut when `is_cut` becomes true; after a last word it ends by itself.
    Open {
        outbox: mpsc::Sender<Outgoing>,
        is_cut: watch::Sender<bool>,
    },
    /// Its messages wait longer than is borne: nothing more is sent, and it is to be cut.
    Behind,
    Cut,
}

/// One message that waits to be sent, counted until it is dropped.
#[derive(Debug)]
pub struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Line {
    fn new(outbox: mpsc::Sender<Outgoing>) -> Self {
        Self::Open { outbox, is_cut: watch::Sender::new(false) }
    }
}

impl Device {
    pub(super) fn new(participant: ParticipantId, actor: Actor, outbox: mpsc::Sender<Outgoing>) -> Self {
        Self {
            participant,
            actor,
            login: None,
            opening: None,
            screens: Screens::default(),
            sent: SentPictures::default(),
            news: News::default(),
            is_in_room: false,
            main: None,
            watched: None,
            tokens: ResumeTokens::default(),
            connection: 0,
            is_away: false,
            line: Line::new(outbox),
            waiting: Arc::default(),
            is_welcome: false,
        }
    }

    /// The end of its connection, for whoever serves that; `None` when it has been cut.
    pub(super) fn connected(&self) -> Option<Connected> {
        match &self.line {
            Line::Open { is_cut, .. } => Some(Connected(is_cut.subscribe())),
            Line::Behind | Line::Cut => None,
        }
    }

    /// The device has a new connection; the older one, if it is still there, is closed. Pictures begin anew.
    pub(super) fn reconnect(&mut self, actor: Actor, outbox: mpsc::Sender<Outgoing>) {
        self.dismiss_quietly();
        self.connection += 1;
        self.actor = actor;
        self.line = Line::new(outbox);
        (self.screens, self.sent, self.news, self.waiting) = Default::default();
        (self.is_away, self.is_welcome) = (false, false);
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

    /// Sends what counts only as long as nothing newer is sent. [`Device::waiting`] says how much of that waits.
    pub(super) fn tell_latest(&mut self, text: Arc<str>) {
        if self.is_welcome {
            self.push(Outgoing::Latest(text, Waiting::new(&self.waiting)));
        }
    }

    /// How much of what was told so waits to be sent.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
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

    /// Does not keep up: its connection is to be cut.
    pub(super) fn is_behind(&self) -> bool {
        matches!(self.line, Line::Behind)
    }

    /// Whoever serves its connection ends that now, whatever still waits to be sent.
    pub(super) fn cut(&mut self) {
        if let Line::Open { is_cut, .. } = &self.line {
            is_cut.send_replace(true);
        }
        self.line = Line::Cut;
    }

    fn push(&mut self, outgoing: Outgoing) {
        let Line::Open { outbox, is_cut } = &self.line else { return };
        if outbox.try_send(outgoing).is_err() && !outbox.is_closed() {
            tracing::warn!(queue.length = MAX_OUTGOING, "a device does not read its messages");
            is_cut.send_replace(true);
            self.line = Line::Behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::Role;

    fn device(outbox: mpsc::Sender<Outgoing>) -> Device {
        let id = uuid::Uuid::nil();
        let actor = Actor::Guest { participant: ParticipantId::new(id), role: Role::Patient };
        let mut device = Device::new(ParticipantId::new(id), actor, outbox);
        device.welcome(ServerMessage::Pong {});
        device
    }

    #[test]
    fn a_device_that_does_not_read_is_given_up_once_and_gets_nothing_after_the_gap() {
        let (outbox, mut outgoing) = mpsc::channel(2);
        let mut device = device(outbox);
        device.tell(ServerMessage::Pong {});
        assert!(!device.is_behind());
        device.tell(ServerMessage::StudiesChanged {});
        assert!(device.is_behind());
        // It reads again: what comes now would hide that something is missing.
        outgoing.try_recv().unwrap();
        device.tell(ServerMessage::Pong {});
        outgoing.try_recv().unwrap();
        assert!(outgoing.try_recv().is_err());
        assert!(device.connected().is_none());
    }

    #[test]
    fn what_waits_to_be_sent_is_counted_until_it_has_been() {
        let (outbox, mut outgoing) = mpsc::channel(9);
        let mut device = device(outbox);
        device.tell_latest("1".into());
        device.tell_latest("2".into());
        assert_eq!(device.waiting(), 2);
        assert!(matches!(outgoing.try_recv().unwrap(), Outgoing::Message(_)));
        let sending = outgoing.try_recv().unwrap();
        assert_eq!(device.waiting(), 2, "it is being sent");
        drop(sending);
        assert_eq!(device.waiting(), 1);
        // Whoever is sent nothing any more waits for nothing.
        drop(outgoing);
        device.tell_latest("3".into());
        assert_eq!(device.waiting(), 0);
    }

    #[tokio::test]
    async fn a_connection_that_is_cut_ends_whatever_waits_to_be_sent() {
        let (outbox, _outgoing) = mpsc::channel(2);
        let mut device = device(outbox);
        let connected = device.connected().unwrap();
        device.cut();
        connected.is_cut().await;
        let (outbox, _outgoing) = mpsc::channel(2);
        let other = device.actor.clone();
        device.reconnect(other, outbox);
        assert!(device.connected().is_some());
    }
}
