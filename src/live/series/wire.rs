//! A series on show, in words of the wire.

use super::told::MadeWith;
use super::{OpenSeries, State};
use crate::archive::ShownContent;
use crate::imaging::{InstanceFacts, VoiChoice, is_picture};
use crate::protocol::{
    AlternativeState, CalibrationState, ContentWord, EdgesState, LossyState, SeriesShown, Shown, StateChoice,
    WindowState, patient_in_words,
};
use crate::viewing;

impl OpenSeries {
    /// What stays as long as it is on show, for the wire.
    pub(in crate::live) fn series_shown(&self) -> SeriesShown {
        let choice = |state: &State| StateChoice { state: state.id.to_string(), label: state.label.clone() };
        SeriesShown {
            series: self.id.to_string(),
            modality: self.modality.clone(),
            title: self.title.clone(),
            count: self.count(),
            stacks: self.stacks.clone(),
            states: self.states.iter().map(choice).collect(),
        }
    }

    /// The state for the wire, without its large parts. `is_named`: with the patient's name.
    pub(in crate::live) fn shown(&self, state: &viewing::Shown, is_named: bool) -> Option<Shown> {
        let (facts, frame) = self.frame(state.index)?;
        let (instance, _) = self.frames.get(state.index as usize)?;
        let viewing::Shown { presentation, view, .. } = state;
        let made_with = MadeWith::from(presentation);
        let told = self.told.of(state.index, made_with);
        let of_frame = told.map(|told| &*told.facts);
        let windows = || {
            facts.windows.iter().map(|preset| AlternativeState {
                explanation: preset.explanation.clone(),
                window: Some(preset.window.into()),
            })
        };
        // Frames of one stack have one shape: what an earlier frame told still fits.
        let like = of_frame.or_else(|| self.told.newest_first().next().map(|told| &*told.facts));
        // In another viewport the same frame may have another window.
        let used = told.filter(|told| told.is_of(made_with)).and_then(|told| told.facts.window);
        let used = used.map(|(center, width)| WindowState { center, width });
        let preset = || facts.windows.first().map(|preset| WindowState::from(preset.window));
        let window = presentation.voi.window().map(WindowState::from).or(used);
        let window = match presentation.voi {
            VoiChoice::Alternative(number) => window.or_else(|| {
                let alternative = like?.alternatives.get(usize::from(number))?;
                alternative.window.map(WindowState::from)
            }),
            VoiChoice::Object | VoiChoice::Window(_) => window,
        };
        let window = window.or_else(preset);
        Some(Shown {
            series: self.id.to_string(),
            index: state.index,
            picture: state.picture,
            instance: self.ids.get(*instance)?.to_string(),
            frame: frame.number(),
            patient: is_named.then(|| patient_in_words(&self.patient)).flatten(),
            content: self.content_word(facts),
            columns: facts.columns,
            rows: facts.rows,
            aspect: self.shape(state.index),
            window,
            // Colour has no window, and no values to read off.
            value_unit: of_frame.filter(|facts| facts.window.is_some()).map(|facts| facts.value_unit.into()),
            alternatives: like.map_or_else(
                || windows().collect(),
                |facts| facts.alternatives.iter().map(AlternativeState::from).collect(),
            ),
            alternative: match presentation.voi {
                VoiChoice::Alternative(number) => Some(u32::from(number)),
                _ => None,
            },
            is_inverted: presentation.is_inverted,
            has_overlays: like.is_some_and(|facts| facts.has_overlays),
            is_overlaid: presentation.has_overlays,
            has_shutters: like.is_some_and(|facts| facts.has_shutters),
            is_shuttered: presentation.has_shutters,
            zoom: view.zoom,
            center_x: view.center.0,
            center_y: view.center.1,
            quarter_turns: view.quarter_turns,
            is_flipped: view.is_flipped,
            edges: of_frame
                .and_then(|facts| facts.edges.clone())
                .map(|edges| EdgesState::from(edges.turned(view.quarter_turns, view.is_flipped))),
            laterality: of_frame.map(|facts| facts.laterality.clone()).unwrap_or_default(),
            view_position: of_frame.map(|facts| facts.view_position.clone()).unwrap_or_default(),
            calibrations: of_frame
                .map(|facts| facts.calibrations.iter().map(CalibrationState::from).collect())
                .unwrap_or_default(),
            lossy_source: match of_frame {
                Some(told) => told.lossy.as_ref().map(LossyState::from),
                None => facts.is_lossy.then(|| LossyState { ratio: None, method: String::new() }),
            },
            damage: of_frame.and_then(|facts| facts.damage.clone()),
            state_notice: of_frame.and_then(|facts| facts.state_notice.clone()),
            is_burned_in: like.is_some_and(|facts| facts.is_burned_in),
            state: presentation.state.and_then(|content| {
                self.states.iter().find(|state| state.content == content).map(|state| state.id.to_string())
            }),
        })
    }

    fn content_word(&self, facts: &InstanceFacts) -> ContentWord {
        if is_picture(facts.kind) {
            return ContentWord::Pictures;
        }
        match self.content(facts.content).map(|content| &**content) {
            None => ContentWord::Awaited,
            Some(ShownContent::Text(_)) => ContentWord::Text,
            Some(ShownContent::Pages(_)) => ContentWord::Pages,
            Some(ShownContent::Sound(..)) => ContentWord::Sound,
        }
    }
}
