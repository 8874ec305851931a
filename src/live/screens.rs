//! What one device draws on: a surface for each viewport, and a magnifier.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::slots::Slot;
use crate::archive::Picture;
use crate::imaging::{ContentHash, Surface, View};
use crate::viewing::{Grade, Line, Next, Order, PictureFlow, Rendered, Rendering, Share, ViewportNumber};

/// Pictures under way whose answers are waited for: more are under way to nobody.
const MOST_UNDER_WAY: usize = 64;
/// The largest side of a magnifier in device pixels, and how much it magnifies.
const MAGNIFIER_SIDE: u32 = 1024;
const FACTOR: (f64, f64) = (1.0, 16.0);

/// Where the pictures of one flow go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlet {
    Viewport(ViewportNumber),
    Magnifier,
}

/// The surfaces of one connection of a device, and what is under way to them.
#[derive(Debug, Default)]
pub(super) struct Screens {
    by_viewport: BTreeMap<ViewportNumber, Screen>,
    magnifier: Option<Magnifier>,
    /// One for all of them.
    line: Line,
    /// The flow that a sequence number of the connection is of.
    under_way: VecDeque<(u32, Outlet)>,
}

/// The surface for one viewport.
#[derive(Debug, Default)]
pub(super) struct Screen {
    flow: PictureFlow,
    /// What it was last used for: the slot, and which opening of a series.
    of: Option<(Slot, u64)>,
    /// What is on show and no picture has been brought to it.
    content: Option<ContentHash>,
}

/// A part of a viewport, larger, for this device alone.
#[derive(Debug)]
pub(super) struct Magnifier {
    pub(super) viewport: ViewportNumber,
    flow: PictureFlow,
    /// The point of the frame at its middle.
    center: (f64, f64),
    factor: f64,
    /// Counts what it looks at.
    revision: u32,
    looked_at: Option<(Slot, u32)>,
    changed_at: Option<Instant>,
}

impl Screens {
    /// The device's surface for a viewport is this large.
    pub(super) fn resize(&mut self, viewport: ViewportNumber, surface: Surface) {
        self.by_viewport.entry(viewport).or_default().flow.resize(surface);
    }

    pub(super) fn surface(&self, viewport: ViewportNumber) -> Option<Surface> {
        self.by_viewport.get(&viewport)?.flow.surface()
    }

    /// The same, with how fine its pictures can be while the view moves.
    pub(super) fn wanted(&self, viewport: ViewportNumber, share: Share) -> Option<(Surface, Grade)> {
        let flow = &self.by_viewport.get(&viewport)?.flow;
        Some((flow.surface()?, flow.in_motion(&self.line, share)))
    }

    /// See [`PictureFlow::settles_at`].
    pub(super) fn settles_at(
        &self,
        now: Instant,
        viewport: ViewportNumber,
        changed_at: Instant,
    ) -> Option<Instant> {
        self.by_viewport.get(&viewport)?.flow.settles_at(now, &self.line, changed_at)
    }

    /// A slot that shows this opening of a series is seen in its viewport. What was there before is no part of that.
    pub(super) fn look_at(&mut self, slot: Slot, opening: u64) {
        let screen = self.by_viewport.entry(slot.viewport).or_default();
        if screen.of != Some((slot, opening)) {
            screen.flow.clear();
            (screen.of, screen.content) = (Some((slot, opening)), None);
        }
    }

    /// See [`PictureFlow::next`]. `in_motion`: the grade that is made while the view moves where this is the finest that its line bears.
    pub(super) fn next(
        &mut self,
        now: Instant,
        (outlet, share): (Outlet, Share),
        of: (u32, Instant),
        in_motion: impl FnOnce(Surface, Grade) -> Grade,
    ) -> Next {
        let Some((flow, line)) = self.flow(outlet) else { return Next::Idle };
        let Some(surface) = flow.surface() else { return Next::Idle };
        let in_motion = in_motion(surface, flow.in_motion(line, share));
        flow.next(now, (line, share), of, in_motion)
    }

    /// Nothing is to be seen on the others any more: what comes next is new to them.
    pub(super) fn clear_others(&mut self, is_shown: impl Fn(ViewportNumber) -> bool) {
        for (_, screen) in self.by_viewport.iter_mut().filter(|(viewport, _)| !is_shown(**viewport)) {
            screen.flow.clear();
            (screen.of, screen.content) = (None, None);
        }
    }

    /// Whether what is no picture is still to be brought to a viewport; from now on it has been.
    pub(super) fn takes_content(&mut self, viewport: ViewportNumber, content: ContentHash) -> bool {
        let screen = self.by_viewport.entry(viewport).or_default();
        screen.content.replace(content) != Some(content)
    }

    /// Wants the exact picture of this revision, however long it takes.
    pub(super) fn want_sharp(&mut self, viewport: ViewportNumber, picture: u32) {
        self.by_viewport.entry(viewport).or_default().flow.want_sharp(picture);
    }

    pub(super) fn magnifier(&mut self) -> Option<&mut Magnifier> {
        self.magnifier.as_mut()
    }

    /// Holds a magnifier of `surface` over a viewport, there and so strong; it is moved when there is one.
    pub(super) fn magnify(
        &mut self,
        viewport: ViewportNumber,
        (x, y): (f64, f64),
        factor: f64,
        surface: Surface,
    ) {
        let magnifier = self.magnifier.get_or_insert_with(|| Magnifier::new(viewport));
        let side = |side: u32| side.clamp(1, MAGNIFIER_SIDE);
        magnifier.flow.resize(Surface { width: side(surface.width), height: side(surface.height) });
        let center = (x.clamp(0.0, 1.0), y.clamp(0.0, 1.0));
        let factor = factor.clamp(FACTOR.0, FACTOR.1);
        if (magnifier.viewport, magnifier.center, magnifier.factor) != (viewport, center, factor) {
            (magnifier.viewport, magnifier.center, magnifier.factor) = (viewport, center, factor);
            magnifier.looked_at = None;
        }
    }

    pub(super) fn stop_magnifying(&mut self) {
        self.magnifier = None;
    }

    fn flow(&mut self, outlet: Outlet) -> Option<(&mut PictureFlow, &mut Line)> {
        let flow = match outlet {
            Outlet::Viewport(viewport) => &mut self.by_viewport.get_mut(&viewport)?.flow,
            Outlet::Magnifier => &mut self.magnifier.as_mut()?.flow,
        };
        Some((flow, &mut self.line))
    }

    /// The ordered picture leaves now; the answer is its sequence number. `None`: it has nowhere to go any more.
    pub(super) fn rendered(
        &mut self,
        now: Instant,
        outlet: Outlet,
        order: Order,
        rendering: Rendering,
        picture: &Picture,
    ) -> Option<u32> {
        let (flow, line) = self.flow(outlet)?;
        let is_shared = !rendering.is_exactly(order.surface);
        let made = Rendered { bytes: picture.bytes.len(), is_whole: picture.is_whole, is_shared };
        let sequence = flow.rendered(now, line, order, made);
        if self.under_way.len() >= MOST_UNDER_WAY {
            self.under_way.pop_front();
        }
        self.under_way.push_back((sequence, outlet));
        Some(sequence)
    }

    /// See [`PictureFlow::failed`].
    pub(super) fn failed(&mut self, outlet: Outlet, order: Order) {
        if let Some((flow, _)) = self.flow(outlet) {
            flow.failed(order);
        }
    }

    /// See [`PictureFlow::dropped`].
    pub(super) fn dropped(&mut self, outlet: Outlet) {
        if let Some((flow, _)) = self.flow(outlet) {
            flow.dropped();
        }
    }

    /// See [`PictureFlow::was_stopped`].
    pub(super) fn was_stopped(&mut self, outlet: Outlet, order: Order) -> bool {
        self.flow(outlet).is_some_and(|(flow, _)| flow.was_stopped(order))
    }

    /// The device has drawn a picture.
    pub(super) fn drawn(&mut self, now: Instant, sequence: u32) {
        self.line.drawn(now, sequence);
        let Some(place) = self.under_way.iter().position(|(known, _)| *known == sequence) else { return };
        let Some((_, outlet)) = self.under_way.remove(place) else { return };
        if let Some((flow, _)) = self.flow(outlet) {
            flow.drawn(sequence);
        }
    }
}

impl Magnifier {
    fn new(viewport: ViewportNumber) -> Self {
        Self {
            viewport,
            flow: PictureFlow::default(),
            center: (f64::NAN, f64::NAN),
            factor: 1.0,
            revision: 0,
            looked_at: None,
            changed_at: None,
        }
    }

    /// What it looks at is a picture of this revision in this slot. Answers with a number for what it shows then, and since when it does.
    pub(super) fn looks_at(&mut self, now: Instant, slot: Slot, picture: u32) -> (u32, Instant) {
        if self.looked_at != Some((slot, picture)) {
            self.looked_at = Some((slot, picture));
            self.revision = self.revision.wrapping_add(1);
            self.changed_at = Some(now);
        }
        (self.revision, self.changed_at.unwrap_or(now))
    }

    /// What it shows of a viewport with this view on this surface. `shape`: height over width of the frame as it is turned.
    pub(super) fn view(&self, view: View, surface: Surface, shape: f64) -> View {
        let own = self.flow.surface().unwrap_or(surface);
        let fitted = |surface: Surface| f64::from(surface.width).min(f64::from(surface.height) / shape);
        let zoom = view.zoom * self.factor * fitted(surface) / fitted(own);
        View { zoom, center: self.center, ..view }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::imaging::{FrameFacts, PictureFormat};
    use crate::viewing::Next;

    const SURFACE: Surface = Surface { width: 800, height: 600 };

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn start() -> Instant {
        Instant::now()
    }

    fn viewport(number: u8) -> ViewportNumber {
        ViewportNumber::new(number).unwrap()
    }

    fn picture() -> Picture {
        Picture {
            bytes: bytes::Bytes::from_static(&[0; 100]),
            format: PictureFormat::Png,
            width: 800,
            height: 600,
            is_whole: true,
            facts: Arc::new(FrameFacts::default()),
        }
    }

    fn order(screens: &mut Screens, now: Instant, viewport: ViewportNumber, picture: u32) -> Option<Order> {
        screens.look_at(Slot { own: None, viewport }, 1);
        order_at(screens, now, Outlet::Viewport(viewport), picture)
    }

    fn order_at(screens: &mut Screens, now: Instant, outlet: Outlet, picture: u32) -> Option<Order> {
        match screens.next(now, (outlet, Share::default()), (picture, now), |_, _| Grade::Sharp) {
            Next::Render(order) => Some(order),
            _ => None,
        }
    }

    fn send(screens: &mut Screens, now: Instant, outlet: Outlet, order: Order) -> Option<u32> {
        let rendering = Rendering { surface: order.surface, magnification: 1.0 };
        screens.rendered(now, outlet, order, rendering, &picture())
    }

    #[test]
    fn pictures_of_a_connection_have_one_count_and_each_viewport_two_under_way() {
        let (t, mut screens) = (start(), Screens::default());
        let mut sequences = Vec::new();
        let sent = |screens: &mut Screens, number, revision| {
            let order = order(screens, t, viewport(number), revision).unwrap();
            send(screens, t, Outlet::Viewport(viewport(number)), order).unwrap()
        };
        for number in [0, 1] {
            screens.resize(viewport(number), SURFACE);
            // The first tells how fast the line is.
            sequences.push(sent(&mut screens, number, 1));
            screens.drawn(t, sequences[sequences.len() - 1]);
        }
        for revision in [2, 3] {
            for number in [0, 1] {
                sequences.push(sent(&mut screens, number, revision));
            }
        }
        assert_eq!(sequences, [0, 1, 2, 3, 4, 5]);
        assert!(order(&mut screens, t, viewport(0), 4).is_none(), "two are under way");
        // The other viewport's answer frees nothing here.
        screens.drawn(t, 5);
        assert!(order(&mut screens, t, viewport(0), 4).is_none());
        screens.drawn(t, 2);
        assert!(order(&mut screens, t, viewport(0), 4).is_some());
    }

    #[test]
    fn another_series_or_another_view_is_new_to_a_screen() {
        let (t, mut screens) = (start(), Screens::default());
        let first = viewport(0);
        screens.resize(first, SURFACE);
        for _ in 0..2 {
            // The first one to a line that is not known is small.
            let made = order(&mut screens, t, first, 4).unwrap();
            let sequence = send(&mut screens, t, Outlet::Viewport(first), made).unwrap();
            screens.drawn(t, sequence);
        }
        assert!(order(&mut screens, t, first, 4).is_none(), "it has it");
        let hash = ContentHash([1; 32]);
        assert!(screens.takes_content(first, hash) && !screens.takes_content(first, hash));
        let own = crate::clinical::ParticipantId::new(uuid::Uuid::nil());
        screens.look_at(Slot { own: Some(own), viewport: first }, 1);
        let of_another_view = order_at(&mut screens, t, Outlet::Viewport(first), 4);
        assert!(of_another_view.is_some(), "the same revision, of another view");
        assert!(screens.takes_content(first, hash));
    }

    #[test]
    fn a_magnifier_shows_its_point_so_many_times_larger_than_the_viewport() {
        let (t, mut screens) = (start(), Screens::default());
        screens.magnify(viewport(0), (0.25, 2.0), 3.0, Surface { width: 200, height: 5000 });
        let slot = Slot { own: None, viewport: viewport(0) };
        let magnifier = screens.magnifier().unwrap();
        assert_eq!(magnifier.flow.surface(), Some(Surface { width: 200, height: MAGNIFIER_SIDE }));
        // The viewport shows a square frame on 600 pixels at zoom 2; the magnifier fits it on 200.
        let view = magnifier.view(View { zoom: 2.0, ..View::default() }, SURFACE, 1.0);
        assert!((view.zoom * 200.0 - 600.0 * 2.0 * 3.0).abs() < 1e-9);
        assert_eq!(view.center, (0.25, 1.0));
        let (first, _) = magnifier.looks_at(t, slot, 7);
        assert_eq!(magnifier.looks_at(t, slot, 7).0, first);
        screens.magnify(viewport(0), (0.25, 2.0), 3.0, Surface { width: 200, height: 200 });
        assert_eq!(screens.magnifier().unwrap().looks_at(t, slot, 7).0, first, "held still");
        screens.magnify(viewport(0), (0.3, 0.5), 3.0, Surface { width: 200, height: 200 });
        let (moved, _) = screens.magnifier().unwrap().looks_at(t, slot, 7);
        assert_ne!(moved, first);
        assert_ne!(screens.magnifier().unwrap().looks_at(t, slot, 8).0, moved, "another slice below it");
        let order = order_at(&mut screens, t, Outlet::Magnifier, 3).unwrap();
        screens.stop_magnifying();
        assert_eq!(send(&mut screens, t, Outlet::Magnifier, order), None);
    }

    /// It learnt the line anew each time, and its first picture was always small.
    #[test]
    fn a_magnifier_begins_sharp_on_a_line_that_is_known_to_be_fast() {
        let (t, mut screens) = (start(), Screens::default());
        screens.resize(viewport(0), SURFACE);
        let first = order(&mut screens, t, viewport(0), 1).unwrap();
        assert_eq!(first.grade, Grade::Fair);
        let sequence = send(&mut screens, t, Outlet::Viewport(viewport(0)), first).unwrap();
        screens.drawn(t, sequence);
        screens.magnify(viewport(0), (0.5, 0.5), 3.0, Surface { width: 200, height: 200 });
        let magnified = order_at(&mut screens, t, Outlet::Magnifier, 1).unwrap();
        assert_eq!(magnified.grade, Grade::Sharp);
    }
}
