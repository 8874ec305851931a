//! Series that are to be shown: read from the rows beside the consultation's task, and opened when they are there. What is on show
//! is kept with the consultation, which comes back to it after a restart.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use chrono::TimeDelta;

use super::consultation::Task;
use super::ledger::Entry;
use super::made::Made;
use super::pictures;
use super::series::OpenSeries;
use super::slots::Slot;
use crate::clinical::{self, Appointment, DeviceNumber, ParticipantId, SeriesId, Verb};
use crate::imaging::{ContentHash, ObjectKind, is_picture, plain};
use crate::protocol::{ProblemCode, ServerMessage};
use crate::store::{Error, Store, StoredOtherPatient, StoredShow, StoredStep, WithdrawnStudy};
use crate::viewing::{self, Step, ViewportNumber};

/// Whatever is read for a consultation is given up after this long.
const PATIENCE: Duration = Duration::from_secs(15);
/// What was on show so long ago is not come back to.
const KEPT_FOR: TimeDelta = TimeDelta::minutes(15);

/// What is to be shown and is not yet. One series is read at a time; of those asked for meanwhile the newest.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    reading: Option<Wish>,
    next: Option<Wish>,
    /// What was on show before this task.
    before: Option<StoredShow>,
    /// What is on show, as it was last to be written.
    written: Option<SeriesId>,
}

#[derive(Clone, Copy, Debug)]
enum Wish {
    Share {
        device: DeviceNumber,
        by: ParticipantId,
        request: u32,
        series: SeriesId,
        viewport: ViewportNumber,
        /// They were asked, and want to show what names another patient.
        is_other_patient: bool,
    },
    ComeBack(StoredShow),
    /// Nobody wants it any more.
    Dropped,
}

/// What was on show before a restart, read.
#[derive(Debug)]
pub(super) struct Remembered {
    show: StoredShow,
    /// The last step of the record, if it has that.
    step: Option<StoredStep>,
    found: Vec<Found>,
}

/// A series that was read.
#[derive(Debug)]
pub(super) struct Found {
    open: OpenSeries,
    /// The presentation state by which it was asked for.
    applied: Option<ContentHash>,
    /// Its study names another patient than the one of the appointment.
    is_other_patient: bool,
}

impl Sharing {
    pub(super) fn after(before: Option<StoredShow>) -> Self {
        Self { before, written: before.map(|show| show.series), ..Self::default() }
    }
}

impl Task {
    /// Somebody wants to show a series in a viewport: to everybody, or to themselves when they look by themselves. Answered when it has
    /// been read.
    pub(super) fn share(
        &mut self,
        device: DeviceNumber,
        by: ParticipantId,
        request: u32,
        (series, viewport): (&str, u8),
        is_other_patient: bool,
    ) -> Result<(), (ProblemCode, String)> {
        if let Err(refused) = self.need(device, Verb::ShareStudies) {
            self.count_refusal(by);
            return Err(refused);
        }
        let series: SeriesId = series.parse().map_err(|_| unknown())?;
        let viewport = ViewportNumber::new(viewport).ok_or_else(no_such_viewport)?;
        let wish = Wish::Share { device, by, request, series, viewport, is_other_patient };
        if let Some(Wish::Share { device, request, .. }) = self.sharing.next.replace(wish) {
            let detail = "another series was asked for before this one could be shown";
            self.refuse(device, Some(request), (ProblemCode::OutOfOrder, detail.to_owned()));
        }
        self.read_series();
        Ok(())
    }

    /// Nothing of what this person asked for is to be shown any more. Answers whether something was.
    pub(super) fn drop_wishes(&mut self, by: ParticipantId) -> bool {
        let is_theirs = |wish: &Wish| matches!(wish, Wish::Share { by: other, .. } if *other == by);
        let reading = self.sharing.reading.as_mut().filter(|wish| is_theirs(wish));
        let reading = reading.map(|wish| std::mem::replace(wish, Wish::Dropped));
        let next = self.sharing.next.take_if(|wish| is_theirs(wish));
        let mut was_there = false;
        for wish in reading.into_iter().chain(next) {
            if let Wish::Share { device, request, .. } = wish {
                was_there = true;
                let detail = "it was stopped before it could be shown";
                self.refuse(device, Some(request), (ProblemCode::OutOfOrder, detail.to_owned()));
            }
        }
        was_there
    }

    /// A study was taken back: nothing of it is shown any more, nor what refers to it, and nothing of it that is being read will be.
    pub(super) fn withdraw(&mut self, study: &WithdrawnStudy) {
        let is_gone = |wish: &Wish| match wish {
            Wish::Share { series, .. } => study.series.contains(series),
            // It may have been among what was on show.
            Wish::ComeBack(_) => true,
            Wish::Dropped => false,
        };
        let reading = self.sharing.reading.as_mut().filter(|wish| is_gone(wish));
        let reading = reading.map(|wish| std::mem::replace(wish, Wish::Dropped));
        let next = self.sharing.next.take_if(|wish| is_gone(wish));
        for wish in reading.into_iter().chain(next) {
            if let Wish::Share { device, request, .. } = wish {
                self.refuse(device, Some(request), unknown());
            }
        }
        let objects: BTreeSet<_> = study.instances.iter().copied().collect();
        let names =
            |series: &SeriesId, open: &OpenSeries| study.series.contains(series) || open.names_any(&objects);
        let gone = self.stacks.iter().filter(|(series, open)| names(series, open));
        let gone: Vec<SeriesId> = gone.map(|(series, _)| *series).collect();
        for device in self.devices.values_mut().filter(|device| device.is_in_room) {
            let seen = self.viewing.seen_by(device.participant);
            let series: Vec<_> = seen.visible().map(|(_, shown)| shown.series).collect();
            let mut series: Vec<_> = series.into_iter().filter(|series| gone.contains(series)).collect();
            series.sort_unstable();
            series.dedup();
            if !series.is_empty() {
                let series = series.iter().map(SeriesId::to_string).collect();
                device.tell(ServerMessage::SeriesWithdrawn { series });
            }
        }
        // Also what was drawn on a series that is not on show.
        let gone: BTreeSet<SeriesId> = study.series.iter().copied().chain(gone).collect();
        for series in gone {
            self.tell_the_viewing(viewing::Input::Withdrawn { series });
        }
    }

    /// After a restart: shows what was on show until just now.
    pub(super) fn come_back_to_show(&mut self) {
        let now = self.parts.clock.now();
        let is_recent = |show: &StoredShow| now - show.at < KEPT_FOR;
        if let Some(show) = self.sharing.before.filter(is_recent)
            && !self.appointment.status.is_over()
        {
            self.sharing.next = Some(Wish::ComeBack(show));
            self.read_series();
        }
    }

    fn read_series(&mut self) {
        if self.sharing.reading.is_some() {
            return;
        }
        let Some(made) = self.made.clone() else { return };
        let (store, appointment) = (self.parts.store.clone(), self.appointment.clone());
        // The consultation may have ended when it has been read.
        match self.sharing.next {
            Some(Wish::Share { series, .. }) => self.parts.tasks.spawn("series to show", async move {
                let read = patiently("a series", read(&store, &appointment, series)).await;
                let _ = made.send(Made::Series(Box::new(read))).await;
            }),
            Some(Wish::ComeBack(show)) => self.parts.tasks.spawn("what was on show", async move {
                let read = patiently("what was on show", remember(&store, &appointment, show)).await;
                let _ = made.send(Made::Remembered(Box::new(read))).await;
            }),
            Some(Wish::Dropped) | None => return,
        }
        self.sharing.reading = self.sharing.next.take();
    }

    /// What was on show before a restart has been read, or is not to be had.
    pub(super) fn remembered(&mut self, read: Option<Remembered>) {
        if let Some(Wish::ComeBack(_)) = self.sharing.reading.take()
            && let Some(mut remembered) = read
        {
            for Found { open, .. } in &mut remembered.found {
                open.locate(&mut self.frames_of_reference);
            }
            let (now, steps) = (self.parts.clock.instant(), remembered.steps());
            // Refused when somebody was faster.
            if !steps.is_empty()
                && let Ok(effects) = self.viewing.handle(now, viewing::Input::ComeBack { steps })
            {
                for Found { open, .. } in remembered.found {
                    self.open_series(open);
                }
                pictures::carry_out(self, effects);
            }
        }
        self.read_series();
    }

    /// The series that was asked for has been read, or is not to be had.
    pub(super) fn series_read(&mut self, mut read: Option<Option<Found>>) {
        if let Some(Some(found)) = &mut read {
            found.open.locate(&mut self.frames_of_reference);
        }
        match self.sharing.reading.take() {
            Some(Wish::Share { device, by, request, viewport, is_other_patient, .. }) => {
                match self.show(device, by, viewport, is_other_patient, read) {
                    Ok(()) => {
                        if let Some(device) = self.devices.get_mut(&device) {
                            device.tell(ServerMessage::Accepted { request });
                        }
                    }
                    Err(refusal) => self.refuse(device, Some(request), refusal),
                };
            }
            Some(Wish::ComeBack(_) | Wish::Dropped) | None => {}
        }
        self.read_series();
    }

    fn show(
        &mut self,
        device: DeviceNumber,
        by: ParticipantId,
        viewport: ViewportNumber,
        is_wanted: bool,
        read: Option<Option<Found>>,
    ) -> Result<(), (ProblemCode, String)> {
        let unavailable = || (ProblemCode::Unavailable, "the database does not answer".to_owned());
        let Found { open, applied, is_other_patient } = read.ok_or_else(unavailable)?.ok_or_else(unknown)?;
        // It may have gone meanwhile.
        self.need(device, Verb::ShareStudies)?;
        if is_other_patient && !is_wanted {
            let detail = "the study names another patient: ask the person who shows it";
            return Err((ProblemCode::OtherPatient, detail.to_owned()));
        }
        let (series, from_middle) = (open.id(), open.count() > 2 && applied.is_none());
        let open = self.same_for_all(open, by, viewport);
        let stack = open.as_ref().or_else(|| self.stacks.get(&series)).map(|open| open.stack().clone());
        let stack = stack.ok_or_else(unknown)?;
        let step = |step| viewing::Input::Step { by, step };
        let (now, here) = (self.parts.clock.instant(), self.slot_of(by, viewport));
        let show = step(Step::Show { viewport, series, stack, from_middle });
        let effects = self.viewing.handle(now, show).map_err(|refusal| match refusal {
            viewing::Refusal::NothingShared => {
                (ProblemCode::CannotShow, "nothing in this series can be shown".to_owned())
            }
            refusal => {
                self.count_refusal(by);
                (refusal.into(), refusal.to_string())
            }
        })?;
        // What is remembered of the viewport is of what it showed before.
        self.slots.remove(&here);
        if applied.is_some() {
            // Whoever has just shown it may do this too.
            let _ = self.viewing.handle(now, step(Step::SetState { viewport, state: applied }));
        }
        if let Some(open) = open {
            self.open_series(open);
        }
        pictures::carry_out(self, effects);
        if is_other_patient {
            let (id, at) = (self.parts.clock.new_uuid(), self.parts.clock.now());
            self.put(Entry::OtherPatientShown(StoredOtherPatient { id, by, series, at }));
            tracing::warn!(
                appointment.id = %self.appointment.id, participant.id = %by, series.id = %series,
                "a series of another patient is shown"
            );
        }
        Ok(())
    }

    /// A series is the same in all viewports that show it: the one that was read now, if it is not open elsewhere already.
    fn same_for_all(
        &self,
        read: OpenSeries,
        by: ParticipantId,
        viewport: ViewportNumber,
    ) -> Option<OpenSeries> {
        let Some(open) = self.stacks.get(&read.id()) else { return Some(read) };
        let here = self.slot_of(by, viewport);
        let is_elsewhere =
            |slot: Slot| slot != here && self.shown_in(slot).is_some_and(|shown| shown.series == read.id());
        let is_in_use = Slot::visible(&self.viewing).into_iter().any(is_elsewhere);
        (!is_in_use && !open.is_as(&read)).then_some(read)
    }

    /// The viewport that somebody means.
    fn slot_of(&self, by: ParticipantId, viewport: ViewportNumber) -> Slot {
        Slot { own: self.viewing.own_view(by).map(|_| by), viewport }
    }

    fn open_series(&mut self, mut open: OpenSeries) {
        self.openings += 1;
        open.open(self.openings);
        self.stacks.insert(open.id(), open);
    }

    /// Lets go of what nobody looks at any more.
    pub(super) fn close_series(&mut self) {
        let viewing = &self.viewing;
        self.stacks.retain(|series, _| viewing.has(*series));
    }

    /// What everybody looks at most, for coming back to it.
    fn on_show(&self) -> Option<&viewing::Shown> {
        let shared = self.viewing.shared();
        shared.shown(shared.active()).or_else(|| shared.visible().next().map(|(_, shown)| shown))
    }

    /// What is on show has changed: another series, or none any more, is written down at once.
    pub(super) fn show_changed(&mut self) {
        let series = self.on_show().map(|shown| shown.series);
        if self.sharing.written != series {
            self.write_on_show();
        }
    }

    /// Writes down what is on show.
    pub(super) fn write_on_show(&mut self) {
        if self.consultation.outcome().is_some() {
            return;
        }
        let at = self.parts.clock.now();
        let on_show = self.on_show().map(|shown| StoredShow { series: shown.series, index: shown.index, at });
        // What was on show before, and could not be read yet, stays written.
        if on_show.is_some() || self.viewing.was_shared() && self.sharing.written.is_some() {
            self.sharing.written = on_show.map(|show| show.series);
            self.put(Entry::OnShow(on_show));
        }
    }
}

impl Remembered {
    /// What leads to what was on show; nothing where that is there no more.
    fn steps(&self) -> Vec<Step> {
        let StoredShow { series: shown, index, .. } = self.show;
        let stack_of = |series: SeriesId| {
            let found = self.found.iter().find(|found| found.open.id() == series)?;
            Some(found.open.stack().clone())
        };
        let put_up = |viewport, series, index| {
            let stack = stack_of(series)?;
            let show = Step::Show { viewport, series, stack, from_middle: false };
            Some([show, Step::Scroll { viewport, index }])
        };
        let Some(step) = &self.step else {
            return put_up(ViewportNumber::FIRST, shown, index).into_iter().flatten().collect();
        };
        // The place of the one that was in hand may have been written down later than the step; of several with that series it is
        // the one that stands there, if one does.
        let in_hand = step.viewports.iter().filter(|at| at.series == shown);
        let in_hand = in_hand.min_by_key(|at| at.index != index).map(|at| at.viewport);
        let mut steps = vec![Step::SetLayout(step.layout)];
        let mut active = None;
        for at in &step.viewports {
            let viewport = at.viewport;
            let is_it = in_hand == Some(viewport);
            let Some(put_up) = put_up(viewport, at.series, if is_it { index } else { at.index }) else {
                continue;
            };
            steps.extend(put_up);
            if at.presentation.state.is_none() {
                let (voi, is_inverted) = (at.presentation.voi, at.presentation.is_inverted);
                steps.push(Step::SetVoi { viewport, voi });
                steps.push(Step::SetInverted { viewport, is_inverted });
                steps.push(Step::SetView { viewport, view: at.view });
            }
            active = active.or(is_it.then_some(viewport));
        }
        match active {
            Some(viewport) => steps.push(Step::SetActive { viewport }),
            None => steps.clear(),
        }
        steps
    }
}

/// What was on show, and beside it as the record of the viewing has it.
async fn remember(store: &Store, appointment: &Appointment, show: StoredShow) -> Result<Remembered, Error> {
    let step = store.last_viewing_step(appointment.id).await?;
    let step = step.filter(|step| step.viewports.iter().any(|at| at.series == show.series));
    let beside = step.iter().flat_map(|step| &step.viewports).map(|at| at.series);
    let mut found = Vec::new();
    for series in beside.chain([show.series]).collect::<BTreeSet<_>>() {
        found.extend(read(store, appointment, series).await?);
    }
    Ok(Remembered { show, step, found })
}

fn no_such_viewport() -> (ProblemCode, String) {
    (ProblemCode::BadRequest, viewing::Refusal::NoSuchViewport.to_string())
}

fn unknown() -> (ProblemCode, String) {
    (ProblemCode::UnknownSeries, "there is no such series in this appointment".to_owned())
}

/// What the rows answer; `None` when they do not, or not in time. `what` is for the log.
pub(super) async fn patiently<T>(
    what: &'static str,
    read: impl Future<Output = Result<T, Error>>,
) -> Option<T> {
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(read)) => Some(read),
        Ok(Err(error)) => {
            tracing::error!(what, error = &error as &dyn std::error::Error, "rows were not read");
            None
        }
        Err(_) => {
            tracing::error!(what, timeout_s = PATIENCE.as_secs(), "rows were not read in time");
            None
        }
    }
}

/// Reads a series of this appointment, ready to be shown; `None` when there is none.
async fn read(store: &Store, appointment: &Appointment, series: SeriesId) -> Result<Option<Found>, Error> {
    // Only studies of this very appointment can be shown in it.
    let studies = store.studies_of(appointment.id).await?;
    let found = studies.iter().find_map(|study| {
        study.series.iter().find(|entry| entry.id == series).map(|entry| (study, &entry.facts))
    });
    let Some((study, facts)) = found else { return Ok(None) };
    let booked = appointment.patient_name();
    let is_other_patient = clinical::is_other_patient(booked, study.patient.name.expose());
    let (patient, study) = (study.patient.clone(), &study.facts);
    let title = [study.description.as_str(), facts.description.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    let own = store.instances_of(series).await?;
    let referring = store.referring_of(appointment.id).await?;
    // A plain file is called as somebody called it, and that may be a name: it is not for everybody's screen.
    let title = if own.iter().any(|(_, facts)| plain::is_plain(facts)) { String::new() } else { title };
    // Key objects and presentation states open what they name, if it is here.
    let facts_of = || own.iter().map(|(_, facts)| facts);
    let names =
        facts_of().find(|facts| matches!(facts.kind, ObjectKind::KeyObjects | ObjectKind::Presentation));
    if let Some(by) = names.filter(|_| !facts_of().any(|facts| is_picture(facts.kind))) {
        let mut instances = Vec::new();
        for one in studies.iter().flat_map(|study| &study.series).filter(|one| one.id != series) {
            instances.extend(store.instances_of(one.id).await?);
        }
        let words = if by.details.label.is_empty() { &title } else { &by.details.label };
        if let Some(mut open) = OpenSeries::referred(series, words.clone(), by, instances, &referring) {
            open.belongs_to(study, patient);
            let applied = (by.kind == ObjectKind::Presentation).then_some(by.content);
            return Ok(Some(Found { open, applied, is_other_patient }));
        }
    }
    let mut open = OpenSeries::new(series, facts.modality.clone(), title, own, &referring);
    open.belongs_to(study, patient);
    Ok(Some(Found { open, applied: None, is_other_patient }))
}
