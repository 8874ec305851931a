//! Studies that are fetched from archives: each by a task of its own, told of while it runs and a while after, stopped by whoever may.
//!
//! What comes is taken in as an upload is, object by object, and kept in small batches: however a fetch ends, what came in stays.

use std::path::PathBuf;
use std::pin::pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use uuid::Uuid;

use super::super::problem::Failure;
use super::super::receipt::{self, count};
use super::super::{Edge, studies};
use super::told;
use crate::archive::{self, RefusalKind};
use crate::audit::{Deed, Outcome, Subject, Who};
use crate::clinical::{
    Appointment, AppointmentId, PatientNumber, PractitionerId, is_dicom, is_other_patient,
};
use crate::clock::Clock;
use crate::imaging::{FoundSeries, Piece};
use crate::pacs::{Node, PacsFault, Retrieval};
use crate::protocol::{FetchEntry, FetchWord, PacsFaultWord, ProblemCode, RefusedFile};

/// Fetches of one appointment at one time, and of all.
const MOST_OF_ONE: usize = 4;
const MOST: usize = 32;
/// Objects of one fetch.
const MOST_OBJECTS: u32 = 20_000;
/// So many objects are written among the studies together.
const BATCH: usize = 16;
/// Objects that were refused and are told one by one.
const TOLD_REFUSED: usize = 20;
/// What has ended is told for so long.
const TOLD_FOR: Duration = Duration::from_secs(3600);
/// A DICOM file says what it is within so many bytes.
const HEAD: usize = 132;

/// Which fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct FetchId(Uuid);

impl FromStr for FetchId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// What is to be fetched.
pub(in crate::web) struct Begin {
    pub(in crate::web) appointment: Appointment,
    pub(in crate::web) node: Arc<Node>,
    pub(in crate::web) number: PatientNumber,
    /// Study Instance UID, as it was asked for: the archive says whether it is the patient's.
    pub(in crate::web) study: String,
    pub(in crate::web) by: PractitionerId,
}

/// All fetches. Cheap to clone.
#[derive(Clone, Default)]
pub struct Fetches(Arc<Mutex<Vec<Arc<Fetch>>>>);

struct Fetch {
    id: FetchId,
    appointment: AppointmentId,
    study: String,
    label: String,
    stop: watch::Sender<bool>,
    course: Mutex<Course>,
}

/// How far it is.
struct Course {
    state: FetchWord,
    total: Option<u32>,
    received: u32,
    refused: Vec<RefusedFile>,
    refused_count: u32,
    has_other_patient: bool,
    fault: Option<(PacsFaultWord, String)>,
    /// When something came last; when it ended.
    moved: Instant,
}

/// Why a fetch does not go on.
enum End {
    State(FetchWord),
    Pacs(PacsFault),
    Archive(archive::Error),
    Store(Failure),
}

impl From<PacsFault> for End {
    fn from(fault: PacsFault) -> Self {
        Self::Pacs(fault)
    }
}

impl From<archive::Error> for End {
    fn from(error: archive::Error) -> Self {
        Self::Archive(error)
    }
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Archive(error.into())
    }
}

impl Fetches {
    /// Those of an appointment, the oldest first.
    pub(super) fn told(&self, appointment: AppointmentId, clock: &Clock) -> Vec<FetchEntry> {
        let now = clock.instant();
        self.tidied(now)
            .iter()
            .filter(|fetch| fetch.appointment == appointment)
            .map(|one| one.told(now))
            .collect()
    }

    /// Begins one; one that runs already is told instead.
    pub(super) fn begin(&self, edge: &Edge, begin: Begin) -> Result<FetchEntry, Failure> {
        let now = edge.clock.instant();
        let mut all = self.tidied(now);
        let running = all.iter().filter(|fetch| fetch.is_running());
        let own: Vec<_> = running.clone().filter(|fetch| fetch.appointment == begin.appointment.id).collect();
        if let Some(same) = own.iter().find(|fetch| fetch.study == begin.study) {
            return Ok(same.told(now));
        }
        if own.len() >= MOST_OF_ONE || running.count() >= MOST {
            return Err(Failure::too_many());
        }
        // One that ended before is told by the new one.
        all.retain(|one| one.appointment != begin.appointment.id || one.study != begin.study);
        let fetch = Arc::new(Fetch {
            id: FetchId(edge.clock.new_uuid()),
            appointment: begin.appointment.id,
            study: begin.study.clone(),
            label: begin.node.set.label.clone(),
            stop: watch::Sender::new(false),
            course: Mutex::new(Course {
                state: FetchWord::Running,
                total: None,
                received: 0,
                refused: Vec::new(),
                refused_count: 0,
                has_other_patient: false,
                fault: None,
                moved: now,
            }),
        });
        all.push(fetch.clone());
        drop(all);
        let entry = fetch.told(now);
        let run = Run {
            edge: edge.clone(),
            begin,
            fetch,
            batch: archive::Receipt::default(),
            begun: None,
            bytes: 0,
            objects: 0,
        };
        edge.tasks.spawn("fetch from an archive", run.until_it_ends());
        Ok(entry)
    }

    /// Stops one, or forgets one that has ended. `false`: the appointment has none of that name.
    pub(super) fn stop(&self, appointment: AppointmentId, id: FetchId) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = all.iter().position(|one| one.appointment == appointment && one.id == id) else {
            return false;
        };
        if let Some(fetch) = all.get(at).filter(|fetch| fetch.is_running()) {
            fetch.stop.send_replace(true);
        } else {
            all.remove(at);
        }
        true
    }

    /// All of them, without those that ended long ago.
    fn tidied(&self, now: Instant) -> std::sync::MutexGuard<'_, Vec<Arc<Fetch>>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|fetch| {
            let course = fetch.course();
            course.state == FetchWord::Running || now.saturating_duration_since(course.moved) < TOLD_FOR
        });
        all
    }
}

impl Fetch {
    fn course(&self) -> std::sync::MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_running(&self) -> bool {
        self.course().state == FetchWord::Running
    }

    fn told(&self, now: Instant) -> FetchEntry {
        let course = self.course();
        let quiet_s = match course.state {
            FetchWord::Running => now.saturating_duration_since(course.moved).as_secs(),
            _ => 0,
        };
        let (fault, about) = course.fault.clone().unzip();
        FetchEntry {
            fetch: self.id.0.to_string(),
            study: self.study.clone(),
            label: self.label.clone(),
            state: course.state,
            total: course.total,
            received: course.received,
            refused_count: course.refused_count,
            refused: course.refused.clone(),
            has_other_patient: course.has_other_patient,
            quiet_s: u32::try_from(quiet_s).unwrap_or(u32::MAX),
            fault,
            about: about.unwrap_or_default(),
        }
    }
}

/// One fetch at work.
struct Run {
    edge: Edge,
    begin: Begin,
    fetch: Arc<Fetch>,
    /// Taken in, and not written among the studies yet.
    batch: archive::Receipt,
    /// When the first of those was taken in: objects that no row names for an hour are swept away.
    begun: Option<Instant>,
    bytes: u64,
    objects: u32,
}

impl Run {
    async fn until_it_ends(mut self) {
        let end = self.all().await;
        let kept = self.keep().await;
        let end = end.and(kept).err();
        let (state, fault) = match end {
            None => (FetchWord::Done, None),
            Some(End::State(state)) => (state, None),
            Some(End::Pacs(PacsFault::TooLong(_))) if self.bytes > 0 => (FetchWord::Full, None),
            Some(End::Pacs(fault)) => (FetchWord::Failed, Some(told(&fault))),
            Some(End::Archive(error)) => (self.broken(&error), None),
            Some(End::Store(failure)) => match failure.code() {
                ProblemCode::StorageFull => (FetchWord::Full, None),
                _ => (FetchWord::Broken, None),
            },
        };
        let counts = {
            let mut course = self.fetch.course();
            (course.state, course.fault) = (state, fault);
            course.moved = self.edge.clock.instant();
            (course.received, course.total)
        };
        let appointment = &self.begin.appointment;
        let (received, total) = counts;
        tracing::info!(
            appointment.id = %appointment.id,
            pacs = self.begin.node.set.key,
            objects.received = received,
            state = ?state,
            "a fetch from an archive ended"
        );
        self.edge.live.receiving(appointment.id, self.objects, received, true).await;
        let who = Who::Staff(self.begin.by);
        let mut record = self.edge.trail.record(who, Deed::Create, Subject::Study);
        record.appointment = Some(appointment.id);
        record.patient = appointment.patient().map(|patient| patient.id);
        record.outcome = match state {
            FetchWord::Done | FetchWord::Stopped => Outcome::Done,
            FetchWord::Gone => Outcome::Refused,
            _ => Outcome::Failed,
        };
        let of = total.map_or_else(|| "?".to_owned(), |total| total.to_string());
        record.detail = Some(format!("pacs:{} fetched {received} of {of}", self.begin.node.set.key));
        self.edge.trail.note(record);
    }

    fn broken(&self, error: &archive::Error) -> FetchWord {
        if let archive::Error::Io(error) = error
            && error.kind() == std::io::ErrorKind::StorageFull
        {
            return FetchWord::Full;
        }
        tracing::error!(error = error as &dyn std::error::Error, "what an archive sent was not taken in");
        FetchWord::Broken
    }

    async fn all(&mut self) -> Result<(), End> {
        let node = self.begin.node.clone();
        let (study, number) = (self.begin.study.clone(), self.begin.number.clone());
        let offered = self.unless_stopped(node.studies_of(&number, Some(&study))).await??;
        // The page may say whatever it likes: it is the archive that knows whose study it is.
        let Some(found) = offered.studies.into_iter().find(|found| found.uid == study) else {
            return Err(End::State(FetchWord::Gone));
        };
        let series = self.unless_stopped(node.series_of(&study)).await??;
        let counted = series.iter().try_fold(0_u32, |sum, one| Some(sum.saturating_add(one.instances?)));
        self.fetch.course().total = counted.or(found.instances);
        tokio::fs::create_dir_all(&self.edge.incoming).await?;
        for one in &series {
            self.one_series(&node, &study, one).await?;
        }
        Ok(())
    }

    async fn one_series(&mut self, node: &Node, study: &str, series: &FoundSeries) -> Result<(), End> {
        let most = self.edge.max_upload_bytes.saturating_sub(self.bytes);
        let mut retrieval = self.unless_stopped(node.retrieve(study, &series.uid, most)).await??;
        let mut open = None;
        let taken = loop {
            let next = match self.next(&mut retrieval).await {
                Ok(next) => next,
                Err(end) => break Err(end),
            };
            let Some(pieces) = next else { break Ok(()) };
            self.fetch.course().moved = self.edge.clock.instant();
            match self.take_pieces(&mut open, pieces).await {
                Ok(()) => {}
                Err(end) => break Err(end),
            }
        };
        if let Some(Open { path, .. }) = open {
            self.clear(&path).await;
        }
        taken?;
        self.keep().await
    }

    /// What the archive sends next. What has waited long enough is kept meanwhile.
    async fn next(&mut self, retrieval: &mut Retrieval) -> Result<Option<Vec<Piece>>, End> {
        let mut next = pin!(retrieval.next());
        loop {
            let pause = self.begun.map_or(Duration::MAX, |begun| {
                let waited = self.edge.clock.instant().saturating_duration_since(begun);
                self.begin.node.keep_within().saturating_sub(waited)
            });
            if pause.is_zero() {
                self.keep().await?;
                continue;
            }
            if let Ok(came) = timeout(pause, self.unless_stopped(next.as_mut())).await {
                return Ok(came??);
            }
        }
    }

    async fn take_pieces(&mut self, open: &mut Option<Open>, pieces: Vec<Piece>) -> Result<(), End> {
        for piece in pieces {
            match piece {
                Piece::Begin => {
                    self.objects += 1;
                    if self.objects > MOST_OBJECTS {
                        return Err(End::State(FetchWord::Full));
                    }
                    let path = self.edge.incoming.join(self.edge.clock.new_uuid().to_string());
                    let file = self.edge.archive.incoming(&path).await?;
                    *open = Some(Open { path, file, head: Vec::with_capacity(HEAD) });
                }
                Piece::Bytes(bytes) => {
                    self.bytes += bytes.len() as u64;
                    if let Some(open) = open {
                        let missing = HEAD.saturating_sub(open.head.len());
                        open.head.extend(bytes.iter().take(missing));
                        open.file.write(&bytes).await?;
                    }
                }
                Piece::End => {
                    if let Some(Open { path, file, head }) = open.take() {
                        let taken = async {
                            file.finish().await?;
                            self.take_in(&path, &head).await
                        };
                        let taken = taken.await;
                        self.clear(&path).await;
                        taken?;
                        if self.batch.received.len() >= BATCH {
                            self.keep().await?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// One object, as one of an upload: only that nothing but an object of the study and the patient is taken.
    async fn take_in(&mut self, path: &std::path::Path, head: &[u8]) -> Result<(), End> {
        let name = format!("{}", self.objects);
        if !is_dicom(head) {
            self.refuse(name, ProblemCode::NotDicom, "it is no DICOM object");
            return Ok(());
        }
        // How far one object is, nobody asks.
        let (progress, _) = mpsc::channel(1);
        let receipt = self.edge.archive.receive(path, &name, progress).await?;
        for archive::Refused { kind, reason, .. } in receipt.refused {
            let code = match kind {
                RefusalKind::NotDicom | RefusalKind::NoImages => ProblemCode::NotDicom,
                RefusalKind::TooLarge => ProblemCode::ArchiveTooLarge,
                RefusalKind::Damaged | RefusalKind::UnsafeName => ProblemCode::CannotShow,
            };
            self.refuse(name.clone(), code, &reason);
        }
        let number = self.begin.number.expose();
        for received in receipt.received {
            let id = received.patient.id.expose().trim_matches(['\0', ' ']);
            if received.study.uid != self.begin.study || !id.is_empty() && id != number {
                self.refuse(
                    name.clone(),
                    ProblemCode::OtherPatient,
                    "it is of another study or another patient",
                );
                continue;
            }
            let booked = self.begin.appointment.patient_name();
            if is_other_patient(booked, received.patient.name.expose()) {
                self.fetch.course().has_other_patient = true;
            }
            self.batch.names.push(name.clone());
            self.batch.received.push(received);
            self.begun.get_or_insert_with(|| self.edge.clock.instant());
        }
        Ok(())
    }

    /// Writes among the studies what was taken in.
    async fn keep(&mut self) -> Result<(), End> {
        let mut batch = std::mem::take(&mut self.batch);
        self.begun = None;
        if batch.received.is_empty() {
            return Ok(());
        }
        let appointment = &self.begin.appointment;
        let others = studies::keep(&self.edge, appointment, &mut batch).await.map_err(End::Store)?;
        for name in others {
            self.refuse(name, ProblemCode::OtherPatient, receipt::OTHER_PATIENT);
        }
        let received = {
            let mut course = self.fetch.course();
            course.received = course.received.saturating_add(count(batch.received.len()));
            course.received
        };
        self.edge.live.receiving(self.begin.appointment.id, self.objects, received, false).await;
        Ok(())
    }

    fn refuse(&self, name: String, code: ProblemCode, reason: &str) {
        let mut course = self.fetch.course();
        course.refused_count = course.refused_count.saturating_add(1);
        if course.refused.len() < TOLD_REFUSED {
            course.refused.push(RefusedFile { name, code, reason: reason.to_owned() });
        }
    }

    /// Waits for something of the archive, unless somebody stops the fetch, or the program ends.
    async fn unless_stopped<T>(&self, what: impl Future<Output = T>) -> Result<T, End> {
        let mut stop = self.fetch.stop.subscribe();
        tokio::select! {
            done = what => Ok(done),
            // The sender lives in the fetch.
            _ = stop.wait_for(|is_stopped| *is_stopped) => Err(End::State(FetchWord::Stopped)),
            () = self.edge.tasks.stopped() => Err(End::State(FetchWord::Stopped)),
        }
    }

    async fn clear(&self, path: &std::path::Path) {
        if let Err(error) = tokio::fs::remove_file(path).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a fetched file was not cleared away");
        }
    }
}

/// An object that is coming in.
struct Open {
    path: PathBuf,
    file: archive::Incoming,
    head: Vec<u8>,
}
