//! What is laid out to be looked at: viewports, what each shows and how. The shared one belongs to everybody; who looks by themself
//! has one of their own.

use std::sync::Arc;

use super::layout::{Layout, ViewportNumber};
use super::linking::linked_index;
use super::{Refusal, WINDOW_WIDTH, ZOOM};
use crate::clinical::SeriesId;
use crate::imaging::{ContentHash, Presentation, StackPlaces, View, VoiChoice, Window};

/// Viewports in a layout. Begins with one that is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrangement {
    layout: Layout,
    /// Keys go here; the layout has it.
    active: ViewportNumber,
    is_linked: bool,
    /// Where each stack was when the stacks were linked.
    anchors: [u32; ViewportNumber::COUNT],
    /// What the layout has no viewport for stays as it is until it has one again.
    viewports: [Option<Shown>; ViewportNumber::COUNT],
}

/// A stack on show, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub series: SeriesId,
    /// At least one frame.
    pub stack: Arc<StackPlaces>,
    /// Place in the stack, from 0; the stack has it.
    pub index: u32,
    pub presentation: Presentation,
    pub view: View,
    /// The revision at which what is rendered here changed last.
    pub picture: u32,
}

/// What is done to an arrangement.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Shows a stack from its first frame, or from its middle.
    Show {
        viewport: ViewportNumber,
        series: SeriesId,
        stack: Arc<StackPlaces>,
        from_middle: bool,
    },
    Clear {
        viewport: ViewportNumber,
    },
    /// Shows nothing any more, nowhere.
    Stop,
    SetLayout(Layout),
    SetActive {
        viewport: ViewportNumber,
    },
    /// From now on one stack that is scrolled takes the others with it, or no longer.
    SetLinked(bool),
    Scroll {
        viewport: ViewportNumber,
        index: u32,
    },
    SetVoi {
        viewport: ViewportNumber,
        voi: VoiChoice,
    },
    SetLayers {
        viewport: ViewportNumber,
        has_overlays: bool,
        has_shutters: bool,
    },
    /// Applies a presentation state, or none.
    SetState {
        viewport: ViewportNumber,
        state: Option<ContentHash>,
    },
    SetInverted {
        viewport: ViewportNumber,
        is_inverted: bool,
    },
    SetView {
        viewport: ViewportNumber,
        view: View,
    },
    /// Presentation and view as they were when the stack was put up.
    Reset {
        viewport: ViewportNumber,
    },
}

/// What a step has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Nothing,
    /// The state, and nothing that is rendered.
    State,
    /// What is rendered somewhere, or that something is.
    Pictures,
}

impl Arrangement {
    pub fn layout(&self) -> Layout {
        self.layout
    }

    pub fn active(&self) -> ViewportNumber {
        self.active
    }

    pub fn is_linked(&self) -> bool {
        self.is_linked
    }

    /// What a viewport shows; `None` also where the layout does not have it.
    pub fn shown(&self, viewport: ViewportNumber) -> Option<&Shown> {
        self.viewports[viewport.index()].as_ref().filter(|_| self.layout.has(viewport))
    }

    /// The viewports of the layout that show something.
    pub fn visible(&self) -> impl Iterator<Item = (ViewportNumber, &Shown)> {
        self.layout.viewports().filter_map(|viewport| Some((viewport, self.shown(viewport)?)))
    }

    /// Whether a series is open in it, also where the layout has no viewport for it now.
    pub fn has(&self, series: SeriesId) -> bool {
        self.viewports.iter().flatten().any(|shown| shown.series == series)
    }

    /// Every series that is open in it, as [`Arrangement::has`] counts them; some perhaps twice.
    pub fn series(&self) -> impl Iterator<Item = SeriesId> {
        self.viewports.iter().flatten().map(|shown| shown.series)
    }

    /// Takes a step. `revision`: of the state that it leads to.
    ///
    /// # Errors
    /// If what it names is not there, or cannot be shown. Then nothing is changed.
    pub(super) fn apply(&mut self, step: Step, revision: u32) -> Result<Change, Refusal> {
        let mut next = self.clone();
        next.take(step, revision)?;
        let change = next.stamp(self, revision);
        *self = next;
        Ok(change)
    }

    /// A series is there no more.
    pub(super) fn withdraw(&mut self, series: SeriesId, revision: u32) -> Change {
        let before = self.clone();
        for viewport in &mut self.viewports {
            viewport.take_if(|shown| shown.series == series);
        }
        self.stamp(&before, revision)
    }

    /// Becomes another one, all of which is rendered anew.
    pub(super) fn replace(&mut self, other: Self, revision: u32) -> Change {
        let before = std::mem::replace(self, other);
        for shown in self.viewports.iter_mut().flatten() {
            shown.picture = revision;
        }
        self.stamp(&before, revision)
    }

    fn take(&mut self, step: Step, revision: u32) -> Result<(), Refusal> {
        match step {
            Step::Show { viewport, series, stack, from_middle } => {
                let count = stack.count();
                if count == 0 {
                    return Err(Refusal::NothingShared);
                }
                let slot = self.slot(viewport)?;
                let index = if from_middle { count / 2 } else { 0 };
                let (presentation, view) = Default::default();
                *slot = Some(Shown { series, stack, index, presentation, view, picture: revision });
                if self.is_linked {
                    self.link_newcomer(viewport);
                }
            }
            Step::Clear { viewport } => {
                self.steered(viewport)?;
                *self.slot(viewport)? = None;
            }
            Step::Stop => {
                if self.series().next().is_none() {
                    return Err(Refusal::NothingShared);
                }
                self.viewports = Default::default();
            }
            Step::SetLayout(layout) => {
                self.layout = layout;
                if !layout.has(self.active) {
                    self.active = ViewportNumber::FIRST;
                }
                if self.is_linked {
                    self.anchor();
                }
            }
            Step::SetActive { viewport } => {
                self.slot(viewport)?;
                self.active = viewport;
            }
            Step::SetLinked(is_linked) => {
                if is_linked && !self.is_linked {
                    self.anchor();
                    if let Some(index) = self.shown(self.active).map(|shown| shown.index) {
                        self.bring_others(self.active, index);
                        self.anchor();
                    }
                }
                self.is_linked = is_linked;
            }
            Step::Scroll { viewport, index } => {
                let shown = self.steered(viewport)?;
                let index = index.min(shown.stack.count() - 1);
                shown.index = index;
                if self.is_linked {
                    self.bring_others(viewport, index);
                }
            }
            Step::SetVoi { viewport, voi } => {
                let shown = self.steered(viewport)?;
                if let VoiChoice::Window(window) = voi
                    && !is_window(window)
                {
                    return Err(Refusal::BadValue);
                }
                shown.presentation.voi = voi;
            }
            Step::SetLayers { viewport, has_overlays, has_shutters } => {
                let shown = self.steered(viewport)?;
                shown.presentation = Presentation { has_overlays, has_shutters, ..shown.presentation };
            }
            Step::SetState { viewport, state } => {
                let shown = self.steered(viewport)?;
                if shown.presentation.state != state {
                    // A state says how the grey values are to look: what was set before makes room for it.
                    shown.presentation = Presentation { state, ..Presentation::default() };
                }
            }
            Step::SetInverted { viewport, is_inverted } => {
                self.steered(viewport)?.presentation.is_inverted = is_inverted;
            }
            Step::SetView { viewport, view } => self.steered(viewport)?.view = in_range(view)?,
            Step::Reset { viewport } => {
                let shown = self.steered(viewport)?;
                (shown.presentation, shown.view) = Default::default();
            }
        }
        Ok(())
    }

    fn slot(&mut self, viewport: ViewportNumber) -> Result<&mut Option<Shown>, Refusal> {
        if self.layout.has(viewport) {
            Ok(&mut self.viewports[viewport.index()])
        } else {
            Err(Refusal::NoSuchViewport)
        }
    }

    fn steered(&mut self, viewport: ViewportNumber) -> Result<&mut Shown, Refusal> {
        self.slot(viewport)?.as_mut().ok_or(Refusal::NothingShared)
    }

    /// The places from which linked stacks count are those of now.
    fn anchor(&mut self) {
        self.anchors =
            std::array::from_fn(|number| self.viewports[number].as_ref().map_or(0, |shown| shown.index));
    }

    /// One stack has gone to `index`: the others on show follow.
    fn bring_others(&mut self, viewport: ViewportNumber, index: u32) {
        let Some(from) = self.shown(viewport).map(|shown| shown.stack.clone()) else { return };
        let anchor = self.anchors[viewport.index()];
        for other in self.layout.viewports().filter(|other| *other != viewport) {
            let to_anchor = self.anchors[other.index()];
            if let Some(shown) = &mut self.viewports[other.index()]
                && let Some(index) = linked_index(&from, anchor, index, &shown.stack, to_anchor)
            {
                shown.index = index;
            }
        }
    }

    /// A stack was put up beside stacks that are linked: it goes to the place where one of them is, and counts from there.
    fn link_newcomer(&mut self, viewport: ViewportNumber) {
        let others = self.visible().filter(|(other, _)| *other != viewport);
        let of_it = others.min_by_key(|(other, _)| *other != self.active);
        if let Some((from, at)) = of_it.map(|(_, shown)| (shown.stack.clone(), shown.index))
            && let Some(shown) = &mut self.viewports[viewport.index()]
            && let Some(index) = linked_index(&from, at, at, &shown.stack, shown.index)
        {
            shown.index = index;
        }
        self.anchor();
    }

    /// Notes the revision where what is rendered is not as it was before, and says what has changed.
    fn stamp(&mut self, before: &Self, revision: u32) -> Change {
        let mut change = Change::Nothing;
        if (self.layout, self.active, self.is_linked) != (before.layout, before.active, before.is_linked) {
            change = Change::State;
        }
        for viewport in Layout::Four.viewports() {
            let was = before.shown(viewport);
            let is_there = self.layout.has(viewport);
            match self.viewports[viewport.index()].as_mut().filter(|_| is_there) {
                Some(shown) if !was.is_some_and(|was| was.is_as(shown)) => shown.picture = revision,
                None if was.is_some() => {}
                _ => continue,
            }
            change = Change::Pictures;
        }
        change
    }
}

impl Shown {
    /// Whether the same is rendered. A stack that is put up anew has another revision.
    fn is_as(&self, other: &Self) -> bool {
        let of = |shown: &Self| (shown.series, shown.picture, shown.index, shown.presentation, shown.view);
        of(self) == of(other)
    }
}

fn is_window(Window { center, width }: Window) -> bool {
    let is_in_range = center.is_finite() && center.abs() <= WINDOW_WIDTH.1;
    is_in_range && (WINDOW_WIDTH.0..=WINDOW_WIDTH.1).contains(&width)
}

fn in_range(view: View) -> Result<View, Refusal> {
    let View { zoom, center: (x, y), quarter_turns, is_flipped } = view;
    if !(zoom.is_finite() && x.is_finite() && y.is_finite()) {
        return Err(Refusal::BadValue);
    }
    Ok(View {
        zoom: zoom.clamp(ZOOM.0, ZOOM.1),
        center: (x.clamp(0.0, 1.0), y.clamp(0.0, 1.0)),
        quarter_turns: quarter_turns % 4,
        is_flipped,
    })
}
