//! The stack on show: which frame of which object stands at which place.

use crate::clinical::SeriesId;
use crate::imaging::{FrameNumber, InstanceFacts, Window, display_order};
use crate::protocol::{PresetState, Shown, WindowState};
use crate::viewing;

/// A series opened for showing.
#[derive(Debug)]
pub(super) struct OpenSeries {
    id: SeriesId,
    modality: String,
    title: String,
    instances: Vec<InstanceFacts>,
    /// Places in `instances`, in display order.
    frames: Vec<(usize, FrameNumber)>,
    /// What the last picture told about its frame.
    told: Option<Told>,
}

/// What only a decoded frame tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) index: u32,
    pub(super) window: Option<Window>,
    /// Height over width as displayed.
    pub(super) aspect: f64,
}

impl OpenSeries {
    /// Sorts the objects of a series; objects without pixels are left out.
    pub(super) fn new(id: SeriesId, modality: String, title: String, instances: Vec<InstanceFacts>) -> Self {
        let frames = display_order(&instances);
        Self { id, modality, title, instances, frames, told: None }
    }

    pub(super) fn id(&self) -> SeriesId {
        self.id
    }

    /// Frames that can be shown.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    /// The object and frame at a place of the stack.
    pub(super) fn frame(&self, index: u32) -> Option<(&InstanceFacts, FrameNumber)> {
        let (instance, frame) = self.frames.get(index as usize)?;
        Some((self.instances.get(*instance)?, *frame))
    }

    /// Takes what a picture told.
    pub(super) fn tell(&mut self, told: Told) {
        self.told = Some(told);
    }

    /// The state for the wire.
    pub(super) fn shown(&self, state: &viewing::Shown) -> Option<Shown> {
        let (facts, _) = self.frame(state.index)?;
        let told = self.told.filter(|told| told.index == state.index);
        let preset = facts.windows.first().map(|preset| preset.window);
        let window = state.presentation.window.or_else(|| told.and_then(|told| told.window)).or(preset);
        let aspect = f64::from(facts.rows.max(1)) / f64::from(facts.columns.max(1));
        Some(Shown {
            series: self.id.to_string(),
            modality: self.modality.clone(),
            title: self.title.clone(),
            index: state.index,
            count: self.count(),
            columns: facts.columns,
            rows: facts.rows,
            // Frames of one stack have one shape: what an earlier frame told still fits.
            aspect: self.told.map_or(aspect, |told| told.aspect),
            window: window.map(WindowState::from),
            presets: facts.windows.iter().map(PresetState::from).collect(),
            is_inverted: state.presentation.is_inverted,
            zoom: state.view.zoom,
            center_x: state.view.center.0,
            center_y: state.view.center.1,
            is_lossy_source: facts.is_lossy,
        })
    }
}
