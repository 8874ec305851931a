//! The pictures, and whatever else is on show, that each device gets of the viewports that it sees: what is ordered next.

use std::collections::BTreeSet;
use std::time::Instant;

use super::consultation::Task;
use super::device::Device;
use super::made::{Made, Ordered};
use super::record;
use super::screens::Outlet;
use super::slots::{self, Slot};
use super::telling::When;
use crate::archive::{PictureRequest, Rank, ShownContent};
use crate::clinical::{DeviceNumber, ParticipantId, Verb};
use crate::imaging::{ContentHash, Presentation, is_picture};
use crate::protocol::{ContentHeader, ServerMessage};
use crate::viewing::{self, Change, MOVING, Next, Order, Share, SurfaceClasses};

/// What of objects that are no pictures is asked of the archive.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) awaited: BTreeSet<ContentHash>,
    /// What was asked for a second time, because a decoder had stopped.
    pub(super) asked_again: BTreeSet<ContentHash>,
}

/// Frames that are decoded ahead of the one on show, the way the presenter goes, and behind it.
const AHEAD: u32 = 6;
const BEHIND: u32 = 2;
/// Of all viewports together.
const MOST_AHEAD: usize = 48;

/// Tells a device that has come into the room what is on show.
pub(super) fn welcome(task: &mut Task, number: DeviceNumber) {
    let pointers: Vec<_> = task.viewing.pointers().map(|(participant, ..)| participant).collect();
    if let Some(device) = task.devices.get_mut(&number) {
        device.news.point_all(pointers);
        device.news.marks.tell_all();
    }
    record::look(task, false);
    task.tell_news(number, When::Now);
    class_surfaces(task);
    order(task, number);
}

pub(super) fn carry_out(task: &mut Task, effects: viewing::Effects) {
    record::look(task, effects.has_marks());
    let mut has_other_pictures = false;
    let (mut is_news, mut has_marks) = (false, false);
    for effect in effects {
        match effect {
            viewing::Effect::Changed(change) => {
                task.has_news();
                is_news = true;
                has_other_pictures |= change == Change::Pictures;
            }
            viewing::Effect::OwnChanged { participant, change } => {
                task.has_news_for(participant);
                is_news = true;
                has_other_pictures |= change == Change::Pictures;
            }
            viewing::Effect::Pointed { participant, .. } | viewing::Effect::PointerGone { participant } => {
                task.pointer_moved(participant);
            }
            viewing::Effect::HandedOver { to, why } => {
                let to = to.map(|participant| participant.to_string()).unwrap_or_default();
                tracing::info!(appointment.id = %task.appointment.id, presenter.id = to, ?why, "somebody else presents");
            }
            viewing::Effect::WakeAt(at) => task.viewing_wake_at = Some(at),
            viewing::Effect::Marked(mark) | viewing::Effect::Unmarked(mark) => {
                task.mark_changed(mark);
                has_marks = true;
            }
            viewing::Effect::KeepMark(mark) => task.keep_mark(mark),
            viewing::Effect::Measure(mark) => task.measure(mark),
        }
    }
    if !is_news {
        if has_marks {
            task.tell_viewing();
        }
        return;
    }
    task.close_series();
    if has_other_pictures {
        slots::forget(&mut task.slots, &task.viewing);
        task.show_changed();
        task.look_at_marks();
        order_all(task);
        look_ahead(task);
    }
    task.tell_viewing();
}

/// Orders whatever each device is to get next.
pub(super) fn order_all(task: &mut Task) {
    class_surfaces(task);
    for number in task.devices.keys().copied().collect::<Vec<_>>() {
        order(task, number);
    }
}

/// Orders what a device is to get next: of its active viewport first.
pub(super) fn order(task: &mut Task, number: DeviceNumber) {
    if !task.may(number, Verb::SeeViewing) {
        return;
    }
    let Some(device) = task.devices.get_mut(&number).filter(|device| device.is_in_room) else { return };
    let own = task.viewing.own_view(device.participant).map(|_| device.participant);
    let slots = Slot::of(own, task.viewing.seen_by(device.participant));
    device.screens.clear_others(|viewport| slots.iter().any(|slot| slot.viewport == viewport));
    let now = task.parts.clock.instant();
    let moving = moving(task, now, &slots);
    let mut first_settles_at = None;
    for (place, slot) in slots.into_iter().enumerate() {
        let share = Share::new(place == 0, moving).after(first_settles_at);
        order_of(task, number, slot, share);
        if place == 0 {
            first_settles_at = settles_at(task, now, number, slot);
        }
    }
    order_magnified(task, number, own);
}

/// How many of these slots, which are of one arrangement, show something else than a moment ago.
fn moving(task: &mut Task, now: Instant, slots: &[Slot]) -> usize {
    let moves = |slot: &&Slot| {
        let Some(picture) = task.shown_in(**slot).map(|shown| shown.picture) else { return false };
        let changed_at = task.slots.entry(**slot).or_default().changed_at(now, picture);
        now.saturating_duration_since(changed_at) < MOVING
    };
    slots.iter().filter(moves).count()
}

/// Until when at the latest a slot is still to get on this device what belongs there.
fn settles_at(task: &mut Task, now: Instant, number: DeviceNumber, slot: Slot) -> Option<Instant> {
    let picture = task.shown_in(slot)?.picture;
    let changed_at = task.slots.entry(slot).or_default().changed_at(now, picture);
    task.devices.get(&number)?.screens.settles_at(now, slot.viewport, changed_at)
}

fn order_of(task: &mut Task, number: DeviceNumber, slot: Slot, share: Share) {
    let now = task.parts.clock.instant();
    let Some(shown) = task.shown_in(slot).cloned() else { return };
    let Some(open) = task.stacks.get(&shown.series) else { return };
    let Some((facts, frame)) = open.frame(shown.index) else { return };
    let content = facts.content;
    let memory = task.slots.entry(slot).or_default();
    let at = (shown.picture, memory.changed_at(now, shown.picture));
    let Some(device) = task.devices.get_mut(&number) else { return };
    let connection = device.connection;
    device.screens.look_at(slot, open.opening());
    if !is_picture(facts.kind) {
        return bring(task, number, slot, content);
    }
    let (outlet, classes) = (Outlet::Viewport(slot.viewport), &memory.classes);
    let in_motion = |surface, finest| classes.in_motion(surface, finest);
    match device.screens.next(now, (outlet, share), at, in_motion) {
        Next::Render(order) => {
            let rendering = classes.rendering_of(order);
            let view = rendering.view(shown.view);
            let of = Ordered::new(connection, outlet, slot, &shown, rendering);
            let presentation = Presentation { range: open.range(shown.index), ..shown.presentation };
            let (surface, quality) = (rendering.surface, order.grade.quality());
            let request = PictureRequest { content, frame, presentation, view, surface, quality };
            // Whoever gets the picture knows by then what it shows.
            task.tell_news(number, When::Now);
            let rank = if share.is_before_others() { Rank::First } else { Rank::Beside };
            render(task, number, order, of, (request, rank));
        }
        Next::At(at) => task.wake_for_pictures(at),
        Next::Idle => {}
    }
}

fn order_magnified(task: &mut Task, number: DeviceNumber, own: Option<ParticipantId>) {
    let now = task.parts.clock.instant();
    let Some(device) = task.devices.get_mut(&number) else { return };
    let connection = device.connection;
    let Some(viewport) = device.screens.magnifier().map(|magnifier| magnifier.viewport) else { return };
    let slot = Slot { own, viewport };
    let arrangement = slot.arrangement(&task.viewing);
    let Some(shown) = arrangement.and_then(|arrangement| arrangement.shown(slot.viewport)) else { return };
    let Some(open) = task.stacks.get(&shown.series) else { return };
    let Some((facts, frame)) = open.frame(shown.index).filter(|(facts, _)| is_picture(facts.kind)) else {
        return;
    };
    let Some(seen_on) = device.screens.surface(viewport) else { return };
    let content = facts.content;
    let Some(magnifier) = device.screens.magnifier() else { return };
    let at = magnifier.looks_at(now, slot, shown.picture);
    match device.screens.next(now, (Outlet::Magnifier, Share::default()), at, |_, finest| finest) {
        Next::Render(order) => {
            let shape = turned(open.shape(shown.index), shown.view.quarter_turns);
            let mut alone = SurfaceClasses::default();
            alone.update([(order.surface, order.grade)], order.revision, shape);
            let rendering = alone.rendering_of(order);
            let Some(magnifier) = device.screens.magnifier() else { return };
            let view = rendering.view(magnifier.view(shown.view, seen_on, shape));
            let of = Ordered::new(connection, Outlet::Magnifier, slot, shown, rendering);
            let presentation = Presentation { range: open.range(shown.index), ..shown.presentation };
            let (surface, quality) = (rendering.surface, order.grade.quality());
            let request = PictureRequest { content, frame, presentation, view, surface, quality };
            render(task, number, order, of, (request, Rank::First));
        }
        Next::At(at) => task.wake_for_pictures(at),
        Next::Idle => {}
    }
}

fn render(
    task: &Task,
    device: DeviceNumber,
    order: Order,
    of: Ordered,
    (request, rank): (PictureRequest, Rank),
) {
    let Some(made) = task.made.clone() else { return };
    let archive = task.parts.archive.clone();
    task.parts.tasks.spawn("picture", async move {
        let result = archive.picture_of_rank(&request, rank).await;
        // The consultation may have ended meanwhile.
        let _ = made.send(Made::Picture { device, order, of, result }).await;
    });
}

/// Classes the surfaces of everybody who sees a viewport, for the frame that it shows.
pub(super) fn class_surfaces(task: &mut Task) {
    let now = task.parts.clock.instant();
    let visible = Slot::visible(&task.viewing);
    for slot in visible.iter().copied() {
        let beside: Vec<_> = visible.iter().copied().filter(|other| other.own == slot.own).collect();
        let share = Share::new(beside.first() == Some(&slot), moving(task, now, &beside));
        let Some(shown) = task.shown_in(slot) else { continue };
        let Some(open) = task.stacks.get(&shown.series) else { continue };
        let shape = turned(open.shape(shown.index), shown.view.quarter_turns);
        let sees = |device: &&Device| {
            let own = task.viewing.own_view(device.participant).map(|_| device.participant);
            device.is_in_room && own == slot.own
        };
        let devices = task.devices.values().filter(sees);
        let wanted: Vec<_> =
            devices.filter_map(|device| device.screens.wanted(slot.viewport, share)).collect();
        let picture = shown.picture;
        task.slots.entry(slot).or_default().classes.update(wanted, picture, shape);
    }
}

/// Height over width of a frame after that many quarter turns.
pub(super) fn turned(shape: f64, quarter_turns: u8) -> f64 {
    if quarter_turns % 2 == 1 { 1.0 / shape } else { shape }
}

/// Has the frames decoded that come next the way each viewport goes, and a few of those just passed: the nearest of all first.
fn look_ahead(task: &mut Task) {
    let mut wanted = Vec::new();
    for slot in Slot::visible(&task.viewing) {
        let Some(shown) = slot.arrangement(&task.viewing).and_then(|seen| seen.shown(slot.viewport)) else {
            continue;
        };
        let Some(open) = task.stacks.get(&shown.series) else { continue };
        let memory = task.slots.entry(slot).or_default();
        let near = memory.travel.neighbours(shown.index, AHEAD, BEHIND).into_iter().enumerate();
        let frames = near.filter_map(|(rank, index)| Some((rank, open.frame(index)?)));
        wanted.extend(frames.map(|(rank, (facts, frame))| (rank, (facts.content, frame))));
    }
    wanted.sort_by_key(|(rank, _)| *rank);
    let wanted: Vec<_> = wanted.into_iter().map(|(_, frame)| frame).take(MOST_AHEAD).collect();
    task.parts.archive.prefetch(task.appointment.id.uuid(), &wanted);
}

/// Brings a device what is on show and no picture: at once when it is known, else when it has been found.
fn bring(task: &mut Task, number: DeviceNumber, slot: Slot, hash: ContentHash) {
    let Some(shown) = task.shown_in(slot) else { return };
    let (revision, index) = (shown.picture, shown.index);
    let Some(content) = task.stacks.get(&shown.series).and_then(|open| open.content(hash)).cloned() else {
        return find_content(task, hash);
    };
    let Some(device) = task.devices.get_mut(&number) else { return };
    if !device.screens.takes_content(slot.viewport, hash) {
        return;
    }
    // Whoever gets it knows by then that it is on show.
    task.tell_news(number, When::Now);
    let Some(device) = task.devices.get_mut(&number) else { return };
    let (viewport, is_own) = (slot.viewport.number(), slot.own.is_some());
    let file = |bytes: &[u8], media_type: &str| {
        let media_type = media_type.to_owned();
        ContentHeader { viewport, is_own, revision, index, media_type }.frame(bytes)
    };
    let message = match &*content {
        ShownContent::Text(document) => {
            let document = document.into();
            device.tell(ServerMessage::Document { viewport, is_own, revision, index, document });
            return;
        }
        ShownContent::Pages(bytes) => file(bytes, "application/pdf"),
        ShownContent::Sound(bytes, media_type) => file(bytes, media_type),
    };
    if let Ok(message) = message {
        device.show(message);
    }
}

fn find_content(task: &mut Task, hash: ContentHash) {
    let Some(made) = task.made.clone() else { return };
    if !task.contents.awaited.insert(hash) {
        return;
    }
    let archive = task.parts.archive.clone();
    task.parts.tasks.spawn("content", async move {
        let result = archive.content(hash).await;
        let _ = made.send(Made::Content { hash, result }).await;
    });
}

impl Task {
    /// What a slot shows.
    pub(super) fn shown_in(&self, slot: Slot) -> Option<&viewing::Shown> {
        slot.arrangement(&self.viewing)?.shown(slot.viewport)
    }

    /// Pictures, or what is told of them, are to be looked after at this time.
    pub(super) fn wake_for_pictures(&mut self, at: Instant) {
        self.pictures_wake_at = Some(self.pictures_wake_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Says to the viewing what becomes of somebody in the call.
    pub(super) fn tell_the_viewing(&mut self, input: viewing::Input) {
        // Nothing of this is refused.
        if let Ok(effects) = self.viewing.handle(self.parts.clock.instant(), input) {
            carry_out(self, effects);
        }
    }
}
