//! The task of one consultation: the only owner of its three machines and of its devices.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, watch};

use super::device::Device;
use super::pictures::{self, Made};
use super::quality::CallQuality;
use super::series::OpenSeries;
use super::{AttendError, Command, Parts, Places};
use crate::clinical::{
    self, Appointment, AppointmentId, ChatPace, Consultation, DeviceNumber, ParticipantId, PlaceKind,
};
use crate::imaging::ContentHash;
use crate::room::{self, Room};
use crate::sfu;
use crate::viewing::Viewing;

/// A consultation with nobody there ends its task after this long.
const EMPTY_FOR: Duration = Duration::from_secs(30);
/// While somebody is in the call, this is written so often: what is younger than a place is kept decides after a restart.
const PULSE: Duration = Duration::from_secs(10);
/// How the call goes is written so often.
const RECORD: Duration = Duration::from_secs(60);
/// The media part that was busy is asked again after this long.
const BUSY: Duration = Duration::from_millis(50);
/// Events of the media part that wait for this task.
const MAX_EVENTS: usize = 256;

/// Runs until nobody has been there for a while, or the program ends.
pub(super) async fn run(
    appointment: AppointmentId,
    parts: Parts,
    ends: Ends,
    mut commands: mpsc::Receiver<Command>,
) {
    let Some(mut task) = Task::open(appointment, &parts, ends).await else {
        // Whoever asked gets an error; the next one finds a new task.
        commands.close();
        while let Some(command) = commands.recv().await {
            if let Command::Attend { reply, .. } = command {
                let _ = reply.send(Err(AttendError::Unavailable));
            }
        }
        return;
    };
    let (events, mut media) = mpsc::channel(MAX_EVENTS);
    let (made, mut pictures) = mpsc::channel(MAX_EVENTS);
    task.media_events = Some(events);
    task.made = Some(made);
    let mut gone = FuturesUnordered::new();
    loop {
        let pause = task.pause();
        // What a device said before it went counts: commands come first.
        tokio::select! {
            biased;
            () = parts.tasks.stopped() => break,
            command = commands.recv() => match command {
                None => break,
                Some(Command::Attend { attending, reply }) => {
                    let closed = attending.outbox.clone();
                    if let Some(device) = task.attend(attending, reply).await {
                        gone.push(async move { closed.closed().await; device });
                    }
                }
                Some(command) => task.take(command).await,
            },
            Some((device, connection)) = gone.next(), if !gone.is_empty() => {
                task.device_gone(device, connection).await;
            }
            Some(event) = media.recv() => task.media(event),
            Some(made) = pictures.recv() => task.made(made),
            () = tokio::time::sleep(pause) => task.wake().await,
        }
        if task.is_done() {
            // From here on senders fail, and the directory starts a new task for whoever comes.
            commands.close();
            if commands.is_empty() {
                break;
            }
        }
    }
    task.pulse().await;
    task.write_quality().await;
    let _ = parts.sfu.send(sfu::Command::CloseRoom { room: appointment });
}

/// What connects a consultation's task with the directory.
pub(super) struct Ends {
    /// The task's own queue, for its devices.
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) places: watch::Sender<Places>,
    pub(super) changes: watch::Sender<u64>,
    /// Numbers of devices, unique in the process.
    pub(super) device_numbers: Arc<AtomicU64>,
}

/// See [`run`].
pub(super) struct Task {
    pub(super) parts: Parts,
    pub(super) appointment: Appointment,
    pub(super) consultation: Consultation,
    pub(super) room: Room,
    pub(super) viewing: Viewing,
    pub(super) series: Option<OpenSeries>,
    /// What is on show and no picture has been asked of the archive.
    pub(super) content_awaited: Option<ContentHash>,
    pub(super) viewing_changed_at: Instant,
    pub(super) devices: BTreeMap<DeviceNumber, Device>,
    pub(super) people_revision: u32,
    /// Who spoke last.
    pub(super) speaker: Option<ParticipantId>,
    /// Devices for which the media part was too busy.
    pub(super) unsubscribed: BTreeSet<room::ConnectionId>,
    pub(super) quality: CallQuality,
    pub(super) paces: BTreeMap<ParticipantId, ChatPace>,
    pub(super) wake_at: Option<DateTime<Utc>>,
    pulse_at: Instant,
    record_at: Instant,
    pub(super) room_wake_at: Option<Instant>,
    pub(super) pictures_wake_at: Option<Instant>,
    pub(super) empty_since: Instant,
    pub(super) ends: Ends,
    pub(super) media_events: Option<mpsc::Sender<sfu::Event>>,
    pub(super) made: Option<mpsc::Sender<Made>>,
    /// Subscribe offers name publications; the wire names people and sources.
    pub(super) tracks: HashMap<room::PublicationId, (ParticipantId, room::Source)>,
}

impl Task {
    async fn open(id: AppointmentId, parts: &Parts, ends: Ends) -> Option<Self> {
        let read = async {
            let appointment = parts.store.appointment(id).await?;
            let journal = parts.store.moves_of(id).await?;
            let remains = parts.store.remains_of(id).await?;
            let quality = parts.store.quality_of(id).await?;
            Ok::<_, crate::store::Error>((appointment, journal, remains, quality))
        };
        let (appointment, journal, remains, quality) = match read.await {
            Ok((Some(appointment), journal, remains, quality)) => (appointment, journal, remains, quality),
            Ok((None, ..)) => return None,
            Err(error) => {
                tracing::error!(appointment.id = %id, error = &error as &dyn std::error::Error, "cannot open a consultation");
                return None;
            }
        };
        let now = parts.clock.instant();
        let (consultation, effects) =
            Consultation::resume(&appointment, &journal, remains, parts.clock.now());
        let mut task = Self {
            parts: parts.clone(),
            appointment,
            consultation,
            room: Room::new(id),
            viewing: Viewing::default(),
            series: None,
            content_awaited: None,
            viewing_changed_at: now,
            devices: BTreeMap::new(),
            people_revision: 0,
            speaker: None,
            unsubscribed: BTreeSet::new(),
            quality: CallQuality::resume(quality),
            paces: BTreeMap::new(),
            wake_at: None,
            pulse_at: now,
            record_at: now + RECORD,
            room_wake_at: None,
            pictures_wake_at: None,
            empty_since: now,
            ends,
            media_events: None,
            made: None,
            tracks: HashMap::new(),
        };
        task.carry_out(effects).await;
        task.publish_places();
        Some(task)
    }

    /// How long nothing is to be done.
    fn pause(&self) -> Duration {
        let now = self.parts.clock.instant();
        let until_door = self.wake_at.map(|at| (at - self.parts.clock.now()).to_std().unwrap_or_default());
        let until = |at: Instant| at.saturating_duration_since(now);
        let pulse = self.is_anybody_in_call().then_some(self.pulse_at);
        let others = [self.room_wake_at, self.pictures_wake_at, pulse].into_iter().flatten().map(until);
        let pause = until_door.into_iter().chain(others).min().unwrap_or(EMPTY_FOR);
        let longest = if self.unsubscribed.is_empty() { EMPTY_FOR } else { BUSY };
        pause.clamp(Duration::from_millis(1), longest)
    }

    fn is_done(&self) -> bool {
        let is_empty =
            self.devices.is_empty() && self.consultation.places().all(|(_, _, p)| p.kept_until().is_none());
        is_empty
            && (self.consultation.outcome().is_some()
                || self.parts.clock.instant().saturating_duration_since(self.empty_since) >= EMPTY_FOR)
    }

    async fn wake(&mut self) {
        let (now, instant) = (self.parts.clock.now(), self.parts.clock.instant());
        if self.wake_at.is_some_and(|at| at <= now) {
            self.wake_at = None;
            // Waking is never refused.
            let _ = self.admit(clinical::Input::Wake).await;
        }
        if self.room_wake_at.is_some_and(|at| at <= instant) {
            self.room_wake_at = None;
            self.call(room::Input::Tick);
        }
        if self.pictures_wake_at.is_some_and(|at| at <= instant) {
            self.pictures_wake_at = None;
            pictures::order_all(self);
        }
        self.subscribe_again();
        if self.pulse_at <= instant {
            self.pulse_at = instant + PULSE;
            self.pulse().await;
        }
        if self.record_at <= instant {
            self.record_at = instant + RECORD;
            self.write_quality().await;
        }
    }

    fn is_anybody_in_call(&self) -> bool {
        self.consultation.places().any(|(_, _, place)| place.kind() == PlaceKind::InCall)
    }

    /// Writes down that the call goes on, if it does.
    async fn pulse(&mut self) {
        if self.is_anybody_in_call() {
            let now = self.parts.clock.now();
            self.write(self.parts.store.see_consultation(self.appointment.id, now).await);
        }
    }

    /// A call goes on when the database does not.
    pub(super) fn write<T>(&self, result: Result<T, crate::store::Error>) {
        if let Err(error) = result {
            let id = self.appointment.id;
            tracing::error!(appointment.id = %id, error = &error as &dyn std::error::Error, "a row was not written");
        }
    }
}
