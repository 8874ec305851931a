//! Pictures, and whatever else was asked for, when they are there: sent, and what they tell taken.

use std::sync::Arc;

use super::chat::History;
use super::consultation::Task;
use super::key_images::Kept;
use super::pictures::{class_surfaces, order, order_all, turned};
use super::saving::Saved;
use super::screens::Outlet;
use super::series::{MadeWith, Told};
use super::sharing::{Found, Remembered};
use super::slots::Slot;
use crate::archive::{Picture, PictureError, ShownContent};
use crate::clinical::{Actor, DeviceNumber, MarkId, SeriesId, Verb};
use crate::imaging::{ContentHash, FrameFacts, MeasureShape, Measured, PictureFormat, View};
use crate::protocol::{KeyImageState, PictureFormatWord, PictureHeader, ServerMessage};
use crate::viewing::{self, Grade, Order, Rendering, Step};

/// What was ordered or asked for is there, or is not to be had.
#[derive(Debug)]
pub(super) enum Made {
    /// A picture for a device.
    Picture { device: DeviceNumber, order: Order, of: Ordered, result: Result<Arc<Picture>, PictureError> },
    /// What an object that is no picture is shown as, for everybody.
    Content { hash: ContentHash, result: Result<ShownContent, PictureError> },
    /// What was written and shared before.
    History(Option<History>),
    /// A series that is to be shown. `None`: the database does not answer. `Some(None)`: there is no such series.
    Series(Box<Option<Option<Found>>>),
    /// What was on show before a restart. `None`: the database does not answer.
    Remembered(Box<Option<Remembered>>),
    /// What the shape of a mark measures.
    Measure { mark: MarkId, shape: MeasureShape, measured: Measured },
    /// Marks that were to be written as presentation states.
    Saved(Box<Saved>),
    /// A request about a key image is done.
    Kept(Box<Kept>),
    /// The images that are kept. `None`: the database does not answer.
    KeyImages(Option<Vec<KeyImageState>>),
}

/// What a picture was ordered of, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ordered {
    /// Which connection of the device.
    connection: u32,
    outlet: Outlet,
    slot: Slot,
    series: SeriesId,
    index: u32,
    picture: u32,
    made_with: MadeWith,
    quarter_turns: u8,
    rendering: Rendering,
}

impl Ordered {
    pub(super) fn new(
        connection: u32,
        outlet: Outlet,
        slot: Slot,
        shown: &viewing::Shown,
        rendering: Rendering,
    ) -> Self {
        Self {
            connection,
            outlet,
            slot,
            series: shown.series,
            index: shown.index,
            picture: shown.picture,
            made_with: MadeWith::from(&shown.presentation),
            quarter_turns: shown.view.quarter_turns,
            rendering,
        }
    }
}

impl Task {
    /// Takes what was ordered.
    pub(super) fn made(&mut self, made: Made) {
        match made {
            Made::Picture { device, order, of, result } => self.picture_made(device, order, of, result),
            Made::Content { hash, result } => self.content_found(hash, result),
            Made::History(read) => self.history_read(read),
            Made::Series(read) => self.series_read(*read),
            Made::Remembered(read) => self.remembered(*read),
            Made::Measure { mark, shape, measured } => self.measured(mark, shape, measured),
            Made::Saved(saved) => self.marks_saved(*saved),
            Made::Kept(kept) => self.key_image_kept(*kept),
            Made::KeyImages(read) => self.key_images_read(read),
        }
    }

    fn content_found(&mut self, hash: ContentHash, result: Result<ShownContent, PictureError>) {
        self.contents.awaited.remove(&hash);
        let holders = self.stacks.values_mut().filter(|open| open.has(hash));
        match result {
            Ok(content) => {
                let content = Arc::new(content);
                holders.for_each(|open| open.tell_content(hash, content.clone()));
                self.contents.asked_again.remove(&hash);
                self.has_news();
                for participant in self.viewing.own_views().map(|(by, _)| by).collect::<Vec<_>>() {
                    self.has_news_for(participant);
                }
                self.tell_viewing();
                order_all(self);
            }
            // Perhaps for another's sake: once more.
            Err(PictureError::DecoderStopped(_) | PictureError::NoDecoder)
                if self.contents.asked_again.insert(hash) =>
            {
                order_all(self);
            }
            Err(error) => {
                tracing::warn!(appointment.id = %self.appointment.id, error = &error as &dyn std::error::Error, "an object cannot be shown");
                for slot in Slot::visible(&self.viewing) {
                    let Some(shown) = self.shown_in(slot) else { continue };
                    let (series, index, picture) = (shown.series, shown.index, shown.picture);
                    let of_it = self.stacks.get(&series).and_then(|open| open.frame(index));
                    if of_it.is_some_and(|(facts, _)| facts.content == hash) {
                        self.failed(slot, series, index);
                        let number = self.devices.iter().filter(|(_, device)| device.is_in_room);
                        for number in number.map(|(number, _)| *number).collect::<Vec<_>>() {
                            self.tell_failure(number, slot, (series, index, picture), &error);
                        }
                    }
                }
                self.tell_viewing();
            }
        }
    }

    /// A place of a series cannot be shown.
    fn failed(&mut self, slot: Slot, series: SeriesId, index: u32) {
        if self.stacks.get_mut(&series).is_some_and(|open| open.fail(index)) {
            self.has_news();
            if let Some(participant) = slot.own {
                self.has_news_for(participant);
            }
        }
    }

    /// Tells a device that sees the slot that what it shows cannot be shown, and staff why.
    fn tell_failure(
        &mut self,
        number: DeviceNumber,
        slot: Slot,
        (series, index, revision): (SeriesId, u32, u32),
        error: &PictureError,
    ) {
        let Some(device) = self.devices.get_mut(&number) else { return };
        let own = self.viewing.own_view(device.participant).map(|_| device.participant);
        if own != slot.own {
            return;
        }
        let is_staff = matches!(device.actor, Actor::Staff { .. });
        device.tell(ServerMessage::FrameFailed {
            viewport: slot.viewport.number(),
            is_own: slot.own.is_some(),
            revision,
            series: series.to_string(),
            index,
            detail: if is_staff { error.to_string() } else { String::new() },
        });
    }

    /// Sends a picture that is there, and orders the next.
    fn picture_made(
        &mut self,
        number: DeviceNumber,
        done: Order,
        of: Ordered,
        result: Result<Arc<Picture>, PictureError>,
    ) {
        let now = self.parts.clock.instant();
        let may_see = self.may(number, Verb::SeeViewing);
        // Not what was in its place when it was ordered, nor what somebody looks at no more.
        let is_on_show = self.shown_in(of.slot).is_some_and(|shown| shown.series == of.series);
        let Some(device) = self.devices.get_mut(&number) else { return };
        if device.connection != of.connection {
            return;
        }
        let own = self.viewing.own_view(device.participant).map(|_| device.participant);
        let is_seen = may_see && is_on_show && device.is_in_room && own == of.slot.own;
        match result {
            Ok(picture) if is_seen => {
                if let Some(sequence) = device.screens.rendered(now, of.outlet, done, of.rendering, &picture)
                {
                    let header = header_of(sequence, done, &of, &picture);
                    device.sent.note(&header);
                    if let Ok(message) = header.frame(&picture.bytes) {
                        device.show(message);
                    }
                }
                self.learn(of, picture.facts.clone());
            }
            Ok(_) => device.screens.dropped(of.outlet),
            Err(_) if !is_seen => device.screens.dropped(of.outlet),
            Err(error) => {
                let is_stopped = matches!(error, PictureError::DecoderStopped(_) | PictureError::NoDecoder);
                let is_asked_again = is_stopped && device.screens.was_stopped(of.outlet, done);
                tracing::warn!(
                    appointment.id = %self.appointment.id, error = &error as &dyn std::error::Error, is_asked_again,
                    "a frame cannot be shown"
                );
                if !is_asked_again {
                    device.screens.failed(of.outlet, done);
                    self.failed(of.slot, of.series, of.index);
                    self.tell_failure(number, of.slot, (of.series, of.index, of.picture), &error);
                    self.tell_viewing();
                }
            }
        }
        order(self, number);
    }

    /// Takes what a picture told of its frame.
    fn learn(&mut self, of: Ordered, facts: Arc<FrameFacts>) {
        let current = self.shown_in(of.slot).and_then(|shown| shown.presentation.state);
        let memory = self.slots.entry(of.slot).or_default();
        if memory.followed.is_to_follow(of.made_with.state, &facts, current) {
            self.follow_state(of.slot, &facts);
        }
        let Some(open) = self.stacks.get_mut(&of.series) else { return };
        // Everybody's picture of one state tells the same.
        if !open.tell(Told { index: of.index, made_with: of.made_with, facts }) {
            return;
        }
        let shows_it = |slot: &Slot| {
            self.shown_in(*slot).is_some_and(|shown| (shown.series, shown.index) == (of.series, of.index))
        };
        let shown: Vec<_> = Slot::visible(&self.viewing).into_iter().filter(shows_it).collect();
        for slot in &shown {
            match slot.own {
                Some(participant) => self.has_news_for(participant),
                None => self.has_news(),
            }
        }
        if !shown.is_empty() {
            class_surfaces(self);
            self.tell_viewing();
        }
    }

    /// A presentation state has been applied: turns the view as it asks for, and goes to its part of the frame.
    fn follow_state(&mut self, slot: Slot, facts: &FrameFacts) {
        let Some(by) = slot.own.or(self.viewing.presenter()) else { return };
        let (quarter_turns, is_flipped) = facts.state_turn;
        let mut view = View { quarter_turns, is_flipped, ..View::default() };
        if let Some([left, top, right, bottom]) = facts.state_area {
            view.center = (f64::midpoint(left, right), f64::midpoint(top, bottom));
            view.zoom = 1.0 / (right - left).max(bottom - top).max(1e-3);
        }
        let step = Step::SetView { viewport: slot.viewport, view };
        self.tell_the_viewing(viewing::Input::Step { by, step });
    }
}

fn header_of(sequence: u32, done: Order, of: &Ordered, picture: &Picture) -> PictureHeader {
    let is_magnified = of.outlet == Outlet::Magnifier;
    let shape = turned(picture.facts.aspect, of.quarter_turns);
    PictureHeader {
        sequence,
        viewport: of.slot.viewport.number(),
        is_own: of.slot.own.is_some(),
        is_magnified,
        revision: of.picture,
        index: of.index,
        width: picture.width,
        height: picture.height,
        surface_width: done.surface.width,
        surface_height: done.surface.height,
        part: of.rendering.part(done.surface, shape),
        format: match picture.format {
            PictureFormat::Png => PictureFormatWord::Png,
            PictureFormat::Jpeg => PictureFormatWord::Jpeg,
        },
        is_lossless: done.grade == Grade::Sharp && picture.is_whole && of.rendering.is_exactly(done.surface),
    }
}
