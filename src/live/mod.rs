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
mod ice;
mod people;
mod pictures;
mod quality;
mod said;
mod series;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::{mpsc, oneshot, watch};

use crate::archive::Archive;
use crate::clinical::{
    Actor, Appointment, AppointmentId, DeviceNumber, ParticipantId, Place, Refusal, SharedFile,
};
use crate::clock::Clock;
use crate::protocol::{ClientMessage, ServerMessage};
use crate::sfu::Sfu;
use crate::store::Store;
use crate::tasks::Tasks;

pub use ice::IceServers;

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
}

/// A device that has proven whose it is.
#[derive(Clone, Debug)]
pub struct Attending {
    pub participant: ParticipantId,
    pub actor: Actor,
    /// What leaves for it.
    pub outbox: mpsc::Sender<Outgoing>,
    /// The token that it was told before its connection broke.
    pub resume: Option<String>,
}

/// The directory of running consultations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    directory: mpsc::Sender<Ask>,
    changes: watch::Sender<u64>,
}

/// What leaves for a device.
#[derive(Debug)]
pub enum Outgoing {
    Message(Box<ServerMessage>),
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
    commands: mpsc::Sender<Command>,
}

/// Why a device may not attend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttendError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("there is no such appointment")]
    Unknown,
    #[error("the consultation cannot be opened at present")]
    Unavailable,
}

/// Where everybody of one consultation stands, for the agenda.
pub type Places = HashMap<ParticipantId, Place>;

enum Ask {
    Open { appointment: AppointmentId, reply: oneshot::Sender<mpsc::Sender<Command>> },
    Running { appointment: AppointmentId, reply: oneshot::Sender<Option<Running>> },
}

#[derive(Clone)]
struct Running {
    commands: mpsc::Sender<Command>,
    places: watch::Receiver<Places>,
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
    /// A person has a new link.
    Invited {
        participant: ParticipantId,
    },
    StudiesChanged,
    /// Somebody shared a file, which is kept now.
    Shared {
        file: SharedFile,
    },
    /// The appointment was cancelled or marked as missed: everybody out.
    Closed,
}

impl Live {
    /// Starts the directory.
    pub fn start(parts: Parts) -> Self {
        let (directory, asked) = mpsc::channel(MAX_COMMANDS);
        let live = Self { directory, changes: watch::Sender::new(0) };
        let changes = live.changes.clone();
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

    /// The appointment does not take place: whoever waits is told.
    pub async fn closed(&self, appointment: &Appointment) {
        self.tell(appointment.id, Command::Closed).await;
        self.announce_change();
    }

    async fn tell(&self, appointment: AppointmentId, command: Command) {
        if let Some(running) = self.running(appointment).await {
            // A consultation that has ended meanwhile has nobody to tell.
            let _ = running.commands.send(command).await;
        }
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
}

async fn run_directory(mut asked: mpsc::Receiver<Ask>, parts: Parts, changes: watch::Sender<u64>) {
    let device_numbers = Arc::new(AtomicU64::new(1));
    let mut running: HashMap<AppointmentId, Running> = HashMap::new();
    loop {
        let ask = tokio::select! {
            ask = asked.recv() => ask,
            () = parts.tasks.stopped() => None,
        };
        match ask {
            None => return,
            Some(Ask::Open { appointment, reply }) => {
                running.retain(|_, running| !running.commands.is_closed());
                let entry = running.entry(appointment).or_insert_with(|| {
                    let (commands, received) = mpsc::channel(MAX_COMMANDS);
                    let (told, places) = watch::channel(Places::new());
                    let ends = consultation::Ends {
                        commands: commands.clone(),
                        places: told,
                        changes: changes.clone(),
                        device_numbers: device_numbers.clone(),
                    };
                    parts
                        .tasks
                        .spawn("consultation", consultation::run(appointment, parts.clone(), ends, received));
                    Running { commands, places }
                });
                let _ = reply.send(entry.commands.clone());
            }
            Some(Ask::Running { appointment, reply }) => {
                let found = running.get(&appointment).filter(|running| !running.commands.is_closed());
                let _ = reply.send(found.cloned());
            }
        }
    }
}
