//! Marries the cores with media, images, rows and sockets: one task a consultation owns a `Consultation`, a `Room` and a
//! `Viewing`, feeds them, and carries their effects out. It decides nothing that a core can decide.
//!
//! [`Live`] is the directory: it starts the task of a consultation when the first device attends and forgets it when the task
//! has ended. The directory is a task of its own, so that nothing here is behind a lock.

mod call;
mod chat;
mod consultation;
mod device;
mod door;
mod held;
mod ice;
mod inputs;
mod key_images;
mod ledger;
mod made;
mod marks;
mod people;
mod pictures;
mod quality;
mod queue;
mod record;
mod said;
mod saving;
mod screens;
mod selections;
mod series;
mod sharing;
mod slots;
mod steering;
mod telling;
mod waiting;
mod windows;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::archive::Archive;
use crate::clinical::{
    Actor, Appointment, AppointmentId, AppointmentStatus, Assurance, Assurances, DeviceNumber, Handling,
    LoginId, OpenAt, Opening, Participant, ParticipantId, Place, PlaceKind, Refusal, ServiceId, SharedFile,
};
use crate::clock::Clock;
use crate::config::Hospital;
use crate::protocol::{ClientMessage, ServerMessage, WindowWord};
use crate::sfu::Sfu;
use crate::store::{Store, WithdrawnStudy};
use crate::tasks::Tasks;

pub use device::Waiting;
pub use ice::IceServers;
pub use key_images::take_back as take_back_image;
pub use queue::WaitingConsultation;
pub use selections::{SelectError, Selected, SelectionWriter};
pub use waiting::WaitingNews;

use consultation::Ends;

/// How long whoever presents images keeps that place while their connection is lost.
pub const PRESENTER_LOST_FOR: Duration = crate::viewing::LOST_FOR;
/// Commands that wait for one consultation.
const MAX_COMMANDS: usize = 256;
/// Messages that wait for one device; a device that falls further behind is closed.
pub const MAX_OUTGOING: usize = 256;

/// What the live part needs of the rest.
#[derive(Clone, Debug)]
pub struct Parts {
    pub store: Store,
    pub archive: Archive,
    pub sfu: Sfu,
    pub clock: Clock,
    pub tasks: Tasks,
    pub ice_servers: IceServers,
    pub hospital: Hospital,
    /// Whoever presents images and is lost for this long presents no longer.
    pub presenter_lost_for: Duration,
}

/// A device that has proven whose it is.
#[derive(Clone, Debug)]
pub struct Attending {
    pub participant: ParticipantId,
    pub actor: Actor,
    /// The login by which staff have proven it.
    pub login: Option<LoginId>,
    /// How it has proven that.
    pub assurance: Assurance,
    /// What opened the door, for a guest.
    pub opening: Option<Opening>,
    /// What leaves for it.
    pub outbox: mpsc::Sender<Outgoing>,
    /// The token that it was told before its connection broke.
    pub resume: Option<String>,
    /// It comes from a page of this site, whoever it is; whoever was told a token does too.
    pub is_ticketed: bool,
    /// The device that is in the call, or a further screen beside it.
    pub window: WindowWord,
}

/// The directory of running consultations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    directory: mpsc::Sender<Ask>,
    changes: watch::Sender<u64>,
    sfu: Sfu,
    store: Store,
}

/// What leaves for a device.
#[derive(Debug)]
pub enum Outgoing {
    Message(Box<ServerMessage>),
    /// A message, written out, of which only the newest of its kind counts; what is behind it counts those that wait.
    Latest(Arc<str>, Waiting),
    /// A binary message, ready to send.
    Picture(Vec<u8>),
    /// Nothing follows: close the connection.
    Close,
}

/// A device that attends a consultation: what it says goes in here. The device is gone when the receiver of its outbox is
/// dropped.
#[derive(Debug)]
pub struct Attendance {
    device: DeviceNumber,
    connection: u32,
    connected: Connected,
    commands: mpsc::Sender<Command>,
}

/// Tells whether a connection of a device is to be cut.
#[derive(Clone, Debug)]
struct Connected(watch::Receiver<bool>);

impl Connected {
    /// Resolves when it is; never while it is to end by itself.
    async fn is_cut(&self) {
        let mut is_cut = self.0.clone();
        if is_cut.wait_for(|is_cut| *is_cut).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Why a device may not attend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttendError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the device is not known, and shows no ticket")]
    NoTicket,
    #[error("a second window opens beside a device of staff that is in the call")]
    NoWindow,
    #[error("this person has enough second windows open")]
    TooManyWindows,
    #[error("there is no such appointment")]
    Unknown,
    #[error("the consultation cannot be opened at present")]
    Unavailable,
}

/// How somebody came in who is there, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub participant: ParticipantId,
    pub is_in_room: bool,
    pub assurance: Option<Assurance>,
    pub opening: Option<Opening>,
    /// The login of their device, for staff.
    pub login: Option<LoginId>,
}

/// Where everybody of one consultation stands, for the agenda.
pub type Places = HashMap<ParticipantId, Place>;

/// See [`Live::head_count`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadCount {
    pub consultations: u32,
    /// Those who were invited and have not come are in it too.
    pub people: BTreeMap<PlaceKind, u32>,
}

enum Ask {
    Open { appointment: AppointmentId, reply: oneshot::Sender<mpsc::Sender<Command>> },
    Running { appointment: AppointmentId, reply: oneshot::Sender<Option<Running>> },
    Everybody { reply: oneshot::Sender<Vec<(AppointmentId, Running)>> },
}

#[derive(Clone)]
struct Running {
    commands: mpsc::Sender<Command>,
    places: watch::Receiver<Places>,
    assurances: watch::Receiver<Assurances>,
}

/// A consultation's task, as the directory knows it.
struct Listed {
    running: Running,
    /// Nothing is ever sent: closed when the task has ended, and has closed its room.
    ended: oneshot::Receiver<()>,
}

impl Listed {
    /// Whether nothing of the task is left.
    fn has_ended(&mut self) -> bool {
        matches!(self.ended.try_recv(), Err(oneshot::error::TryRecvError::Closed))
    }
}

/// What a consultation's task is told.
#[derive(Debug)]
enum Command {
    Attend {
        attending: Attending,
        reply: oneshot::Sender<Result<Attendance, AttendError>>,
    },
    Said {
        device: DeviceNumber,
        /// Which of the device's connections.
        connection: u32,
        message: ClientMessage,
    },
    WhoCame {
        reply: oneshot::Sender<Vec<Arrived>>,
    },
    /// A person has a new link.
    Invited {
        participant: ParticipantId,
    },
    StudiesChanged,
    /// How far an upload is taken in.
    Receiving {
        files: u32,
        received: u32,
        is_over: bool,
    },
    /// A member of staff who was not booked may come in from now on.
    Joined {
        participant: Participant,
    },
    /// A study of the appointment was taken back.
    Withdrawn {
        study: WithdrawnStudy,
    },
    /// Somebody shared a file, which is kept now.
    Shared {
        file: SharedFile,
    },
    /// Those who wait are told something, or somebody was looked at.
    Waiting {
        news: WaitingNews,
    },
    /// Images that are kept, or what the summary says, changed elsewhere.
    KeyImagesChanged,
    /// Staff opened it again, and the appointment now has this status.
    Reopened {
        status: AppointmentStatus,
    },
    /// These people were in it for others, and are no more.
    PutOut {
        participants: Arc<[ParticipantId]>,
    },
    /// These logins have ended before their time.
    LoginsEnded {
        logins: Arc<[LoginId]>,
    },
    /// The appointment was cancelled or marked as missed and now has this status: everybody out.
    Closed {
        status: AppointmentStatus,
    },
}

impl Live {
    /// Starts the directory.
    pub fn start(parts: Parts) -> Self {
        let (directory, asked) = mpsc::channel(MAX_COMMANDS);
        let (sfu, store) = (parts.sfu.clone(), parts.store.clone());
        let live = Self { directory, changes: watch::Sender::new(0), sfu, store };
        let changes = live.changes.clone();
        let positions = queue::tell_positions(live.clone(), parts.clone());
        parts.tasks.spawn("numbers of those who wait", positions);
        parts.tasks.clone().spawn("consultation directory", run_directory(asked, parts, changes));
        live
    }

    /// A device attends: its place is taken, its messages go into the answer, what it gets comes out of its outbox.
    ///
    /// # Errors
    /// If the person was removed, the consultation is over or unknown, or the database does not answer.
    pub async fn attend(
        &self,
        appointment: AppointmentId,
        attending: Attending,
    ) -> Result<Attendance, AttendError> {
        // A task that is about to end may still be in the directory: then the next one answers.
        for _ in 0..3 {
            let (reply, opened) = oneshot::channel();
            let ask = Ask::Open { appointment, reply };
            self.directory.send(ask).await.map_err(|_| AttendError::Unavailable)?;
            let commands = opened.await.map_err(|_| AttendError::Unavailable)?;
            let (reply, answer) = oneshot::channel();
            let attend = Command::Attend { attending: attending.clone(), reply };
            if commands.send(attend).await.is_ok()
                && let Ok(answer) = answer.await
            {
                return answer;
            }
        }
        Err(AttendError::Unavailable)
    }

    /// Where everybody stands, if the consultation runs.
    pub async fn places(&self, appointment: AppointmentId) -> Option<Places> {
        Some(self.running(appointment).await?.places.borrow().clone())
    }

    /// All consultations in which guests wait.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn waiting(&self) -> Result<Vec<WaitingConsultation>, crate::store::Error> {
        queue::waiting(self, &self.store).await
    }

    /// Something new for the waiting room of one consultation.
    pub async fn waiting_news(&self, appointment: AppointmentId, news: WaitingNews) {
        self.tell(appointment, Command::Waiting { news }).await;
    }

    /// How everybody who is there came in; empty when the consultation does not run.
    pub async fn came_in(&self, appointment: AppointmentId) -> Vec<Arrived> {
        let Some(running) = self.running(appointment).await else { return Vec::new() };
        let (reply, answer) = oneshot::channel();
        if running.commands.send(Command::WhoCame { reply }).await.is_err() {
            return Vec::new();
        }
        answer.await.unwrap_or_default()
    }

    /// What becomes here of what people send.
    pub fn handling() -> Handling {
        Handling {
            // `sfu` ends DTLS-SRTP and makes it anew for whoever receives; it has no files and no rows.
            media: OpenAt::Gateway,
            chat: OpenAt::Gateway,
            images: OpenAt::Gateway,
            is_media_recorded: false,
        }
    }

    /// Something new for all waiting rooms.
    pub async fn waiting_news_for_all(&self, news: &WaitingNews) {
        for (_, running) in self.everybody().await {
            let _ = running.commands.send(Command::Waiting { news: news.clone() }).await;
        }
        self.announce_change();
    }

    /// A service asks for something else before a guest is let in: whoever lets people in goes by it from now on.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn entry_rules_changed(&self, service: ServiceId) -> Result<(), crate::store::Error> {
        let rules = waiting::entry_rules(&self.store, service).await?;
        self.waiting_news_for_all(&WaitingNews::Rules { service, rules }).await;
        Ok(())
    }

    /// Calls can be carried: the media part runs.
    pub fn is_carrying_calls(&self) -> bool {
        self.sfu.is_running()
    }

    /// Resolves to a number that grows whenever an agenda may look different.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// An appointment was booked or changed.
    pub fn announce_change(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// A person has a new link: somebody who was removed may come again.
    pub async fn invited(&self, appointment: AppointmentId, participant: ParticipantId) {
        self.tell(appointment, Command::Invited { participant }).await;
    }

    /// A file was shared: everybody in the call is told.
    pub async fn shared(&self, appointment: AppointmentId, file: SharedFile) {
        self.tell(appointment, Command::Shared { file }).await;
    }

    /// Studies were added to the appointment.
    pub async fn studies_changed(&self, appointment: AppointmentId) {
        self.tell(appointment, Command::StudiesChanged).await;
    }

    /// Images that are kept were changed, or what the summary for the patient says: staff are told.
    pub async fn key_images_changed(&self, appointment: AppointmentId) {
        self.tell(appointment, Command::KeyImagesChanged).await;
    }

    /// Staff are told how far an upload is taken in: files that were looked at, and objects that came of them.
    pub async fn receiving(&self, appointment: AppointmentId, files: u32, received: u32, is_over: bool) {
        self.tell(appointment, Command::Receiving { files, received, is_over }).await;
    }

    /// A member of staff who was not booked may come in from now on: everybody in the call is told.
    pub async fn joined(&self, appointment: AppointmentId, participant: Participant) {
        self.tell(appointment, Command::Joined { participant }).await;
        self.announce_change();
    }

    /// A study was taken back: whatever of it is on show is not any more.
    pub async fn withdrawn(&self, appointment: AppointmentId, study: WithdrawnStudy) {
        self.tell(appointment, Command::Withdrawn { study }).await;
    }

    /// The appointment does not take place: whoever waits is told.
    pub async fn closed(&self, appointment: &Appointment) {
        self.tell(appointment.id, Command::Closed { status: appointment.status }).await;
        self.announce_change();
    }

    /// These logins have ended before their time: whoever came by them is in no call any more.
    pub async fn logins_ended(&self, logins: &Arc<[LoginId]>) {
        for (_, running) in self.everybody().await {
            let _ = running.commands.send(Command::LoginsEnded { logins: logins.clone() }).await;
        }
    }

    /// These people took a consultation over for somebody for whom they act no more: they are out at once.
    pub async fn put_out(&self, participants: &Arc<[ParticipantId]>) {
        if participants.is_empty() {
            return;
        }
        for (_, running) in self.everybody().await {
            let _ = running.commands.send(Command::PutOut { participants: participants.clone() }).await;
        }
    }

    /// Staff opened a consultation again that had ended: whoever was in it may come back.
    pub async fn reopened(&self, appointment: &Appointment) {
        self.tell(appointment.id, Command::Reopened { status: appointment.status }).await;
        self.announce_change();
    }

    async fn tell(&self, appointment: AppointmentId, command: Command) {
        if let Some(running) = self.running(appointment).await {
            // A consultation that has ended meanwhile has nobody to tell.
            let _ = running.commands.send(command).await;
        }
    }

    /// How many consultations run, and how many people of them stand where.
    pub async fn head_count(&self) -> HeadCount {
        let mut count = HeadCount::default();
        for (_, running) in self.everybody().await {
            count.consultations += 1;
            for place in running.places.borrow().values() {
                *count.people.entry(place.kind()).or_default() += 1;
            }
        }
        count
    }

    /// The consultations that run.
    async fn everybody(&self) -> Vec<(AppointmentId, Running)> {
        let (reply, answer) = oneshot::channel();
        if self.directory.send(Ask::Everybody { reply }).await.is_err() {
            return Vec::new();
        }
        answer.await.unwrap_or_default()
    }

    async fn running(&self, appointment: AppointmentId) -> Option<Running> {
        let (reply, answer) = oneshot::channel();
        self.directory.send(Ask::Running { appointment, reply }).await.ok()?;
        answer.await.ok()?
    }
}

impl Attendance {
    /// Hands on what the device said. Waits while the consultation is behind, so that a device cannot flood it.
    pub async fn say(&self, message: ClientMessage) {
        let _ = self
            .commands
            .send(Command::Said { device: self.device, connection: self.connection, message })
            .await;
    }

    /// Resolves when the device was given up because it does not read what is sent: its connection is to end at once.
    pub async fn is_cut(&self) {
        self.connected.is_cut().await;
    }
}

async fn run_directory(mut asked: mpsc::Receiver<Ask>, parts: Parts, changes: watch::Sender<u64>) {
    let start = |appointment, ends, received, before| {
        let task = consultation::run(appointment, parts.clone(), ends, received, before);
        parts.tasks.spawn("consultation", task);
    };
    let mut directory = Directory::new(changes, start);
    loop {
        let ask = tokio::select! {
            ask = asked.recv() => ask,
            () = parts.tasks.stopped() => None,
        };
        match ask {
            None => return,
            Some(Ask::Open { appointment, reply }) => {
                let _ = reply.send(directory.open(appointment));
            }
            Some(Ask::Running { appointment, reply }) => {
                let _ = reply.send(directory.running(appointment));
            }
            Some(Ask::Everybody { reply }) => {
                let _ = reply.send(directory.everybody());
            }
        }
    }
}

/// The tasks of consultations. `start` starts one; its last argument resolves when the one before it has closed its room.
struct Directory<S> {
    listed: HashMap<AppointmentId, Listed>,
    device_numbers: Arc<AtomicU64>,
    changes: watch::Sender<u64>,
    start: S,
}

impl<S> Directory<S>
where
    S: FnMut(AppointmentId, Ends, mpsc::Receiver<Command>, Option<oneshot::Receiver<()>>),
{
    fn new(changes: watch::Sender<u64>, start: S) -> Self {
        Self { listed: HashMap::new(), device_numbers: Arc::new(AtomicU64::new(1)), changes, start }
    }

    /// The queue of a consultation's task, which is started when none takes commands.
    fn open(&mut self, appointment: AppointmentId) -> mpsc::Sender<Command> {
        self.listed.retain(|_, listed| !listed.has_ended());
        let known = self.listed.get(&appointment).map(|listed| &listed.running.commands);
        if let Some(commands) = known.filter(|commands| !commands.is_closed()) {
            return commands.clone();
        }
        // One that is ending closes its room last: the next begins after that, or its connections would be closed too.
        let before = self.listed.remove(&appointment).map(|listed| listed.ended);
        let (commands, received) = mpsc::channel(MAX_COMMANDS);
        let (told, places) = watch::channel(Places::new());
        let (came, assurances) = watch::channel(Assurances::new());
        let (end, ended) = oneshot::channel();
        let ends = Ends {
            commands: commands.clone(),
            places: told,
            assurances: came,
            changes: self.changes.clone(),
            device_numbers: self.device_numbers.clone(),
            _end: end,
        };
        (self.start)(appointment, ends, received, before);
        let running = Running { commands: commands.clone(), places, assurances };
        self.listed.insert(appointment, Listed { running, ended });
        commands
    }

    fn everybody(&self) -> Vec<(AppointmentId, Running)> {
        let listed = self.listed.iter().map(|(id, listed)| (*id, listed.running.clone()));
        listed.filter(|(_, running)| !running.commands.is_closed()).collect()
    }

    fn running(&self, appointment: AppointmentId) -> Option<Running> {
        let running = self.listed.get(&appointment).map(|listed| &listed.running);
        running.filter(|running| !running.commands.is_closed()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_task_begins_after_the_one_before_it_has_closed_its_room() {
        let started = RefCell::new(Vec::new());
        let start = |id, ends, received, before| started.borrow_mut().push((id, ends, received, before));
        let mut directory = Directory::new(watch::Sender::new(0), start);
        let id = |n| AppointmentId::new(uuid::Uuid::from_u128(n));
        directory.open(id(1));
        directory.open(id(1));
        assert_eq!(started.borrow().len(), 1, "it takes commands");
        let (_, ends, mut received, before) = started.borrow_mut().remove(0);
        assert!(before.is_none());
        // It takes none any more, and has not closed its room. Others that are opened change nothing about it.
        received.close();
        assert!(directory.running(id(1)).is_none());
        directory.open(id(2));
        directory.open(id(1));
        let (_, _, _, before) = started.borrow_mut().remove(1);
        let mut before = before.expect("it comes after one");
        assert_eq!(before.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        drop(ends);
        assert_eq!(before.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
