//! What devices are told of the viewing. The latest wins: a device that is behind gets what is so now, and nothing of what was in
//! between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::consultation::Task;
use super::device::Device;
use super::marks::MarkNews;
use super::series::CineKey;
use super::slots::Slot;
use crate::clinical::{Actor, DeviceNumber, ParticipantId, SeriesId};
use crate::imaging::FrameFacts;
use crate::protocol::{
    ArrangementState, GraphicState, OwnViewState, ServerMessage, ViewingState, ViewingTold, ViewingWritten,
};
use crate::viewing::{self, Arrangement};

/// Between two states to the same device that no picture waits for.
const STATE_EVERY: Duration = Duration::from_millis(50);
/// Between two tellings of where people point to the same device.
const POINT_EVERY: Duration = Duration::from_millis(33);
/// So many of them wait to be sent to one device: then it gets the next when it has read one.
const MAX_WAITING: usize = 2;

/// The state of the viewing as it is told: counted, and written out once for all who get the same.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// Counts what everybody is to be told; what is told has no other number than its revision, which facts of a frame do not change.
    version: u64,
    own: BTreeMap<ParticipantId, u64>,
    for_staff: Option<ViewingWritten>,
    for_guests: Option<ViewingWritten>,
}

/// What a device was told, and what it is still to be told.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Versions of the state and of the own view; `None`: it was not told, or is over.
    state: Option<u64>,
    own: Option<u64>,
    /// What it knows of the state.
    told: Option<Arc<ViewingTold>>,
    told_at: Option<Instant>,
    /// Who points somewhere else than it was told.
    pointers: BTreeSet<ParticipantId>,
    pointed_at: Option<Instant>,
    pub(super) marks: MarkNews,
    /// Which opening of it, and how many places of it cannot be shown.
    series: BTreeMap<SeriesId, (u64, usize)>,
    /// By whether it is of the own view, and the viewport.
    cine: BTreeMap<(bool, u8), (u64, Option<CineKey>)>,
    drawn: BTreeMap<(bool, u8), Option<Arc<FrameFacts>>>,
}

/// When a device is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before anything else is: a picture is on its way that shows it.
    Now,
    /// When it is its turn.
    Soon,
}

impl Task {
    /// The state that everybody sees is another.
    pub(super) fn has_news(&mut self) {
        self.telling.version += 1;
        (self.telling.for_staff, self.telling.for_guests) = (None, None);
    }

    /// The own view of somebody is another, or is over.
    pub(super) fn has_news_for(&mut self, participant: ParticipantId) {
        *self.telling.own.entry(participant).or_default() += 1;
    }

    /// Tells everybody in the room what they do not know, as far as it is their turn.
    pub(super) fn tell_viewing(&mut self) {
        for number in self.devices.keys().copied().collect::<Vec<_>>() {
            self.tell_news(number, When::Soon);
        }
    }

    /// Tells one device what it does not know.
    pub(super) fn tell_news(&mut self, number: DeviceNumber, when: When) {
        let now = self.parts.clock.instant();
        let Some(device) = self.devices.get(&number).filter(|device| device.is_in_room) else { return };
        let participant = device.participant;
        let own = self.viewing.own_view(participant).map(|_| self.telling.own.get(&participant).copied());
        let own = own.map(Option::unwrap_or_default);
        let is_news = device.news.state != Some(self.telling.version) || device.news.own != own;
        let state_at = is_news.then(|| device.news.told_at.map_or(now, |at| at + STATE_EVERY));
        let is_full = device.waiting() >= MAX_WAITING;
        if is_news && (when == When::Now || !is_full && state_at.is_some_and(|at| at <= now)) {
            self.tell_state(number, now, own);
        } else if let Some(at) = state_at {
            self.wake_for_pictures(if is_full { now + STATE_EVERY } else { at });
        }
        self.tell_pointers(number, now);
        self.tell_marks(number, now);
    }

    fn tell_state(&mut self, number: DeviceNumber, now: Instant, own: Option<u64>) {
        let is_staff =
            self.devices.get(&number).is_some_and(|device| matches!(device.actor, Actor::Staff { .. }));
        let known = self.devices.get(&number).and_then(|device| device.news.told.clone());
        let state = self.state_text(is_staff, known.as_ref());
        let (large, own_view) = {
            let Some(device) = self.devices.get(&number) else { return };
            let arrangement = self.viewing.own_view(device.participant);
            let large = self.large_parts(device);
            let is_news = device.news.own != own;
            let revision = self.viewing.revision();
            let own_view = is_news.then(|| OwnViewState {
                revision,
                arrangement: arrangement.map(|arrangement| self.arrangement_state(arrangement, true)),
            });
            (large, own_view)
        };
        let version = self.telling.version;
        let Some(device) = self.devices.get_mut(&number) else { return };
        for (message, known) in large {
            device.tell(message);
            device.news.learn(known);
        }
        if device.news.state != Some(version)
            && let Some((told, text)) = state
        {
            device.tell_latest(text);
            device.news.told = Some(told);
        }
        if let Some(own_view) = own_view
            && let Ok(text) = ServerMessage::OwnView(Box::new(own_view)).text()
        {
            device.tell_latest(text);
        }
        (device.news.state, device.news.own, device.news.told_at) = (Some(version), own, Some(now));
    }

    fn tell_pointers(&mut self, number: DeviceNumber, now: Instant) {
        let Some(device) = self.devices.get_mut(&number) else { return };
        if device.news.pointers.is_empty() {
            return;
        }
        let at = device.news.pointed_at.map_or(now, |at| at + POINT_EVERY);
        let is_full = device.waiting() >= MAX_WAITING;
        if is_full || at > now {
            self.wake_for_pictures(if is_full { now + POINT_EVERY } else { at });
            return;
        }
        device.news.pointed_at = Some(now);
        for participant in std::mem::take(&mut device.news.pointers) {
            let pointer = self.viewing.pointers().find(|(by, ..)| *by == participant);
            let participant = participant.to_string();
            let message = match pointer {
                Some((_, viewport, viewing::Pointer { x, y })) => {
                    ServerMessage::Pointer { participant, viewport: viewport.number(), x, y }
                }
                None => ServerMessage::PointerGone { participant },
            };
            if let Ok(text) = message.text() {
                device.tell_latest(text);
            }
        }
    }

    /// Somebody points somewhere else, or points no more: everybody else is to be told.
    pub(super) fn pointer_moved(&mut self, participant: ParticipantId) {
        let others = self.devices.values_mut();
        for device in others.filter(|device| device.is_in_room && device.participant != participant) {
            device.news.pointers.insert(participant);
        }
        self.tell_viewing();
    }

    /// The state that everybody sees, written out once as long as it is the same: what is another for whoever knows one, else the whole.
    fn state_text(
        &mut self,
        is_staff: bool,
        known: Option<&Arc<ViewingTold>>,
    ) -> Option<(Arc<ViewingTold>, Arc<str>)> {
        let written = if is_staff { &mut self.telling.for_staff } else { &mut self.telling.for_guests };
        let mut written = match written.take() {
            Some(written) => written,
            None => ViewingWritten::new(self.viewing_state(is_staff)).ok()?,
        };
        let text = written.since(known);
        let told = written.state();
        let place = if is_staff { &mut self.telling.for_staff } else { &mut self.telling.for_guests };
        *place = Some(written);
        Some((told, text.ok()?))
    }

    fn viewing_state(&self, is_staff: bool) -> ViewingState {
        let (viewing, lease) = (&self.viewing, self.viewing.lease());
        let name = |participant: ParticipantId| participant.to_string();
        let people = self.appointment.participants.iter();
        let hosts = people.filter(|person| matches!(self.part_of(person.id), viewing::Part::Host(_)));
        ViewingState {
            revision: viewing.revision(),
            arrangement: self.arrangement_state(viewing.shared(), is_staff || viewing.is_named()),
            presenter: viewing.presenter().map(name),
            is_presenter_lost: lease.is_holder_lost(),
            host: lease.host().map(name),
            hosts: hosts.map(|person| name(person.id)).collect(),
            asking: lease.asking().map(name).collect(),
            own_views: viewing.own_views().map(|(participant, _)| name(participant)).collect(),
            is_named: viewing.is_named(),
            has_marks: viewing.has_marks(),
            guests: viewing.guests().into(),
            description: viewing.description().map(Into::into),
        }
    }

    fn arrangement_state(&self, arrangement: &Arrangement, is_named: bool) -> ArrangementState {
        let shown = |viewport| {
            let shown = arrangement.shown(viewport)?;
            self.stacks.get(&shown.series)?.shown(shown, is_named)
        };
        ArrangementState {
            layout: arrangement.layout().into(),
            active: arrangement.active().number(),
            is_linked: arrangement.is_linked(),
            viewports: arrangement.layout().viewports().map(shown).collect(),
        }
    }

    /// The large parts of what a device sees that it does not know, each with what it knows then.
    fn large_parts(&self, device: &Device) -> Vec<(ServerMessage, Learnt)> {
        let own = self.viewing.own_view(device.participant);
        let own = own.map(|arrangement| (Some(device.participant), arrangement));
        let mut news = Vec::new();
        let mut told = BTreeSet::new();
        for (owner, arrangement) in [(None, self.viewing.shared())].into_iter().chain(own) {
            for slot in Slot::of(owner, arrangement) {
                let Some(shown) = arrangement.shown(slot.viewport) else { continue };
                let Some(open) = self.stacks.get(&shown.series) else { continue };
                let (viewport, is_own) = (slot.viewport.number(), owner.is_some());
                let (place, series) = ((is_own, viewport), open.id());
                let known = device.news.series.get(&series).copied();
                if told.insert(series) && known != Some((open.opening(), open.failed().len())) {
                    if known.is_none_or(|(opening, _)| opening != open.opening()) {
                        let learnt = Learnt::Series(series, (open.opening(), 0));
                        news.push((ServerMessage::SeriesShown(open.series_shown()), learnt));
                    }
                    if !open.failed().is_empty() {
                        let places = open.failed().iter().copied().collect::<Vec<_>>();
                        let learnt = Learnt::Series(series, (open.opening(), places.len()));
                        let series = series.to_string();
                        news.push((ServerMessage::FramesFailed { series, places }, learnt));
                    }
                }
                let cine = (open.opening(), open.cine_key(shown.index));
                if device.news.cine.get(&place) != Some(&cine) {
                    let message = ServerMessage::Cine { viewport, is_own, cine: open.cine(shown.index) };
                    news.push((message, Learnt::Cine(place, cine)));
                }
                let drawn = open.drawn(shown);
                let is_known = match (drawn, device.news.drawn.get(&place)) {
                    (Some(drawn), Some(Some(known))) => {
                        Arc::ptr_eq(drawn, known) || drawn.graphics == known.graphics
                    }
                    (None, Some(None)) => true,
                    _ => false,
                };
                if !is_known {
                    let graphics = drawn.map(|facts| facts.graphics.iter().map(GraphicState::from).collect());
                    let graphics = graphics.unwrap_or_default();
                    let message = ServerMessage::Graphics { viewport, is_own, graphics };
                    news.push((message, Learnt::Drawn(place, drawn.cloned())));
                }
            }
        }
        news
    }
}

/// A large part that a device knows.
#[derive(Debug)]
enum Learnt {
    Series(SeriesId, (u64, usize)),
    Cine((bool, u8), (u64, Option<CineKey>)),
    Drawn((bool, u8), Option<Arc<FrameFacts>>),
}

impl News {
    fn learn(&mut self, learnt: Learnt) {
        match learnt {
            Learnt::Series(series, known) => {
                self.series.insert(series, known);
            }
            Learnt::Cine(place, known) => {
                self.cine.insert(place, known);
            }
            Learnt::Drawn(place, known) => {
                self.drawn.insert(place, known);
            }
        }
    }

    /// Everybody who points now is to be told.
    pub(super) fn point_all(&mut self, pointers: impl IntoIterator<Item = ParticipantId>) {
        self.pointers.extend(pointers);
    }
}
