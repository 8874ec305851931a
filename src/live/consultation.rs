//! The task of one consultation: the only owner of its three machines and of its devices.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};

use super::chat::Histories;
use super::device::Device;
use super::held::Rows;
use super::inputs::{Happening, Inputs};
use super::key_images::KeyImages;
use super::ledger::{self, Entry};
use super::made::Made;
use super::marks::Marking;
use super::pictures::{self, Contents};
use super::quality::CallQuality;
use super::record::{self, Recording};
use super::series::OpenSeries;
use super::sharing::Sharing;
use super::slots::{Slot, SlotMemory};
use super::telling::Telling;
use super::waiting::{self, WaitingPart};
use super::{AttendError, Command, Parts, Places};
use crate::clinical::{
    self, Appointment, AppointmentId, Assurances, ChatPace, Consultation, DeviceNumber, EntryFacts,
    ParticipantId, PlaceKind, SeriesId,
};
use crate::imaging::FramesOfReference;
use crate::room::{self, Room};
use crate::sfu::{self, Sfu};
use crate::viewing::{self, Viewing};

/// A consultation with nobody there ends its task after this long.
const EMPTY_FOR: Duration = Duration::from_secs(30);
/// With nobody there the task waits so long for a database that does not answer, and then gives up what is not written.
const UNWRITTEN_FOR: Duration = Duration::from_secs(900);
/// When the program ends, rows are written for so long: shorter than the program takes its leave.
const LAST_ROWS: Duration = Duration::from_secs(2);
/// While somebody is in the call, this is written so often: what is younger than a place is kept decides after a restart.
const PULSE: Duration = Duration::from_secs(10);
/// How the call goes is written so often.
const RECORD: Duration = Duration::from_secs(60);
/// The media part that was busy is asked again after this long.
const BUSY: Duration = Duration::from_millis(50);
/// How often the media part is asked to close the room while it is busy.
const CLOSING_TRIES: u32 = 40;
/// Events of the media part that wait for this task.
const MAX_EVENTS: usize = 256;

/// Runs until nobody has been there for a while, or the program ends. `before`: resolves when the task that this one comes after
/// has closed its room.
pub(super) async fn run(
    appointment: AppointmentId,
    parts: Parts,
    ends: Ends,
    mut commands: mpsc::Receiver<Command>,
    before: Option<oneshot::Receiver<()>>,
) {
    if let Some(before) = before {
        // It ends by being dropped.
        let _ = before.await;
    }
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
    // Dropped before the task, whose end the next one waits for.
    let room = OpenRoom { id: appointment, sfu: parts.sfu.clone(), is_closed: false };
    let (events, media) = mpsc::channel(MAX_EVENTS);
    let (made, pictures) = mpsc::channel(MAX_EVENTS);
    let (entries, to_write) = mpsc::channel(1);
    let (written, outcomes) = mpsc::channel(1);
    task.media_events = Some(events);
    task.made = Some(made);
    task.entries = entries;
    let writer = ledger::write(appointment, parts.store.clone(), to_write, written);
    parts.tasks.spawn("rows of a consultation", writer);
    task.marks_come_back();
    record::begin(&mut task).await;
    waiting::begin(&mut task).await;
    task.come_back_to_show();
    let mut inputs = Inputs { commands, media, made: pictures, outcomes, gone: FuturesUnordered::new() };
    loop {
        task.attend_to_rows();
        task.subscribe_again();
        // What is due is done, however much there is to listen to.
        if task.pause().is_zero() {
            task.wake();
        }
        let happening = tokio::select! {
            happening = inputs.next(task.pause()) => happening,
            () = parts.tasks.stopped() => break,
        };
        match happening {
            Happening::Command(command) => hear(&mut task, &mut inputs, *command),
            Happening::Gone(device, connection) => {
                // What a device said before it went counts.
                for _ in 0..inputs.commands.len() {
                    let Some(command) = inputs.command_at_hand() else { break };
                    hear(&mut task, &mut inputs, command);
                }
                task.device_gone(device, connection);
            }
            Happening::Media(event) => task.media(event),
            Happening::Made(made) => task.made(*made),
            Happening::Settled(outcome) => task.settled(outcome),
            Happening::Quiet => task.wake(),
        }
        task.give_up_slow_devices();
        if task.is_done() && !task.saves_at_the_end() {
            break;
        }
    }
    // From here on senders fail, and the directory starts a new task for whoever comes, which waits for the end of this one.
    inputs.commands.close();
    while let Some(command) = inputs.command_at_hand() {
        // Whoever wants to attend asks again: the answer that does not come says so.
        if !matches!(command, Command::Attend { .. }) {
            task.take(command);
        }
    }
    task.pulse();
    task.write_on_show();
    task.write_quality();
    record::end(&mut task);
    task.write_last_rows(&mut inputs).await;
    task.select_key_images();
    room.close().await;
}

/// Takes a command. The connection of a device that attends is watched from then on.
fn hear(task: &mut Task, inputs: &mut Inputs, command: Command) {
    match command {
        Command::Attend { attending, reply } => {
            let outbox = attending.outbox.clone();
            if let Some((device, connection)) = task.attend(attending, reply) {
                inputs.gone.push(Box::pin(async move {
                    outbox.closed().await;
                    (device, connection)
                }));
            }
        }
        command => task.take(command),
    }
}

/// The room of the media part. It is closed however the task ends.
struct OpenRoom {
    id: AppointmentId,
    sfu: Sfu,
    is_closed: bool,
}

impl OpenRoom {
    /// Closes it, also when the media part is busy.
    async fn close(mut self) {
        for _ in 0..CLOSING_TRIES {
            if self.sfu.send(sfu::Command::CloseRoom { room: self.id }).is_ok() {
                self.is_closed = true;
                return;
            }
            tokio::time::sleep(BUSY).await;
        }
    }
}

impl Drop for OpenRoom {
    fn drop(&mut self) {
        if !self.is_closed && self.sfu.send(sfu::Command::CloseRoom { room: self.id }).is_err() {
            tracing::error!(appointment.id = %self.id, "the media part does not close a room");
        }
    }
}

/// What connects a consultation's task with the directory.
pub(super) struct Ends {
    /// The task's own queue, for its devices.
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) places: watch::Sender<Places>,
    pub(super) assurances: watch::Sender<Assurances>,
    pub(super) changes: watch::Sender<u64>,
    /// Numbers of devices, unique in the process.
    pub(super) device_numbers: Arc<AtomicU64>,
    /// Dropped with the task.
    pub(super) _end: oneshot::Sender<()>,
}

/// See [`run`].
pub(super) struct Task {
    pub(super) parts: Parts,
    pub(super) appointment: Appointment,
    pub(super) consultation: Consultation,
    pub(super) room: Room,
    pub(super) viewing: Viewing,
    pub(super) telling: Telling,
    /// The series that anybody looks at, and how many were opened so far.
    pub(super) stacks: BTreeMap<SeriesId, OpenSeries>,
    pub(super) openings: u64,
    pub(super) frames_of_reference: FramesOfReference,
    pub(super) slots: BTreeMap<Slot, SlotMemory>,
    pub(super) sharing: Sharing,
    pub(super) contents: Contents,
    pub(super) marking: Marking,
    pub(super) key_images: KeyImages,
    /// Who left the call on one device and is let in on another.
    pub(super) changing_device: BTreeSet<ParticipantId>,
    pub(super) recording: Recording,
    pub(super) waiting: WaitingPart,
    /// How often people were refused what is not theirs to do with the viewing.
    pub(super) refusals: BTreeMap<ParticipantId, u32>,
    pub(super) devices: BTreeMap<DeviceNumber, Device>,
    pub(super) people_revision: u32,
    /// Who spoke last.
    pub(super) speaker: Option<ParticipantId>,
    /// Devices for which the media part was too busy.
    pub(super) unsubscribed: BTreeSet<room::ConnectionId>,
    pub(super) quality: CallQuality,
    pub(super) paces: BTreeMap<ParticipantId, ChatPace>,
    pub(super) rows: Rows,
    /// To the task that writes them.
    pub(super) entries: mpsc::Sender<Entry>,
    pub(super) histories: Histories,
    pub(super) wake_at: Option<DateTime<Utc>>,
    pulse_at: Instant,
    record_at: Instant,
    pub(super) room_wake_at: Option<Instant>,
    pub(super) pictures_wake_at: Option<Instant>,
    pub(super) viewing_wake_at: Option<Instant>,
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
            let facts = match &appointment {
                Some(appointment) => waiting::facts_of(&parts.store, appointment).await?,
                None => EntryFacts::default(),
            };
            let journal = parts.store.moves_of(id).await?;
            let remains = parts.store.remains_of(id).await?;
            let quality = parts.store.quality_of(id).await?;
            let on_show = parts.store.on_show_in(id).await?;
            let marks = parts.store.marks_of(id).await?;
            Ok::<_, crate::store::Error>((appointment, facts, journal, remains, quality, (on_show, marks)))
        };
        let (appointment, facts, journal, remains, quality, (on_show, marks)) = match read.await {
            Ok((Some(appointment), facts, journal, remains, quality, on_show)) => {
                (appointment, facts, journal, remains, quality, on_show)
            }
            Ok((None, ..)) => return None,
            Err(error) => {
                tracing::error!(appointment.id = %id, error = &error as &dyn std::error::Error, "cannot open a consultation");
                return None;
            }
        };
        let now = parts.clock.instant();
        let (consultation, effects) =
            Consultation::resume(&appointment, facts, &journal, remains, parts.clock.now());
        let mut task = Self {
            parts: parts.clone(),
            appointment,
            consultation,
            room: Room::new(id),
            viewing: Viewing::new(parts.presenter_lost_for),
            telling: Telling::default(),
            stacks: BTreeMap::new(),
            openings: 0,
            frames_of_reference: FramesOfReference::default(),
            slots: BTreeMap::new(),
            sharing: Sharing::after(on_show),
            contents: Contents::default(),
            marking: Marking::after(marks),
            key_images: KeyImages::default(),
            changing_device: BTreeSet::new(),
            recording: Recording::default(),
            waiting: WaitingPart::default(),
            refusals: BTreeMap::new(),
            devices: BTreeMap::new(),
            people_revision: 0,
            speaker: None,
            unsubscribed: BTreeSet::new(),
            quality: CallQuality::resume(quality),
            paces: BTreeMap::new(),
            rows: Rows::default(),
            entries: mpsc::channel(1).0,
            histories: Histories::default(),
            wake_at: None,
            pulse_at: now,
            record_at: now + RECORD,
            room_wake_at: None,
            pictures_wake_at: None,
            viewing_wake_at: None,
            empty_since: now,
            ends,
            media_events: None,
            made: None,
            tracks: HashMap::new(),
        };
        task.carry_out(effects);
        task.publish_places();
        task.publish_assurances();
        Some(task)
    }

    /// How long nothing is to be done; zero: something is to be done now.
    fn pause(&self) -> Duration {
        let now = self.parts.clock.instant();
        let until_door = self.wake_at.map(|at| (at - self.parts.clock.now()).to_std().unwrap_or_default());
        let until = |at: Instant| at.saturating_duration_since(now);
        let pulse = self.is_anybody_in_call().then_some(self.pulse_at);
        let record = self.recording.recorder.wake_at();
        let viewing = [self.pictures_wake_at, self.viewing_wake_at, record];
        let own = [self.room_wake_at, self.rows.wake_at(now), pulse].into_iter().chain(viewing);
        let pause = until_door.into_iter().chain(own.flatten().map(until)).min();
        let longest = if self.unsubscribed.is_empty() { EMPTY_FOR } else { BUSY };
        pause.unwrap_or(longest).min(longest)
    }

    fn is_done(&self) -> bool {
        let is_empty =
            self.devices.is_empty() && self.consultation.places().all(|(_, _, p)| p.kept_until().is_none());
        let empty_for = self.parts.clock.instant().saturating_duration_since(self.empty_since);
        is_empty
            && (self.consultation.outcome().is_some() || empty_for >= EMPTY_FOR)
            && (self.rows.ledger.is_empty() || empty_for >= UNWRITTEN_FOR)
    }

    fn wake(&mut self) {
        let (now, instant) = (self.parts.clock.now(), self.parts.clock.instant());
        if self.wake_at.is_some_and(|at| at <= now) {
            self.wake_at = None;
            // Waking is never refused.
            let _ = self.admit(clinical::Input::Wake);
        }
        if self.room_wake_at.is_some_and(|at| at <= instant) {
            self.room_wake_at = None;
            self.call(room::Input::Tick);
        }
        if self.pictures_wake_at.is_some_and(|at| at <= instant) {
            self.pictures_wake_at = None;
            pictures::order_all(self);
            self.tell_viewing();
        }
        if self.viewing_wake_at.is_some_and(|at| at <= instant) {
            self.viewing_wake_at = None;
            self.tell_the_viewing(viewing::Input::Wake);
        }
        record::wake(self);
        if self.pulse_at <= instant {
            self.pulse_at = instant + PULSE;
            self.pulse();
        }
        if self.record_at <= instant {
            self.record_at = instant + RECORD;
            self.write_quality();
        }
    }

    fn is_anybody_in_call(&self) -> bool {
        self.consultation.places().any(|(_, _, place)| place.kind() == PlaceKind::InCall)
    }

    /// Writes down that the call goes on, if it does, and what it looks at.
    fn pulse(&mut self) {
        if self.is_anybody_in_call() {
            self.put(Entry::Seen(self.parts.clock.now()));
            self.write_on_show();
            self.read_history();
        }
    }

    /// Cuts the connections of devices that do not keep up: they come back, and begin with what is then.
    fn give_up_slow_devices(&mut self) {
        let is_behind = |(number, device): (&DeviceNumber, &Device)| {
            device.is_behind().then_some((*number, device.connection))
        };
        for (number, connection) in self.devices.iter().filter_map(is_behind).collect::<Vec<_>>() {
            self.device_gone(number, connection);
        }
    }

    /// Writes what still waits, for a short time.
    async fn write_last_rows(&mut self, inputs: &mut Inputs) {
        let writing = async {
            loop {
                self.attend_to_rows();
                if self.rows.ledger.is_empty() {
                    return;
                }
                let pause = self.pause().max(Duration::from_millis(1));
                tokio::select! {
                    Some(outcome) = inputs.outcomes.recv() => self.settled(outcome),
                    () = tokio::time::sleep(pause) => {}
                }
            }
        };
        let _ = tokio::time::timeout(LAST_ROWS, writing).await;
        if !self.rows.ledger.is_empty() {
            let (id, count) = (self.appointment.id, self.rows.ledger.len());
            tracing::error!(appointment.id = %id, row.count = count, "rows of a consultation are lost");
        }
    }
}
