//! Digital subtraction angiography: what a frame shows more, or less, than the frames before the contrast medium (Mask Module, PS3.3
//! C.7.6.10; the stage between modality and values of interest, PS3.4 N.2.1.2).

use std::sync::Arc;

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::color::Color;
use super::lut::Modality;
use super::{Appearance, FrameAbout, FrameNumber, Reduced, StoredFrame, Values, dataset, header};

/// The most frames that are averaged, of masks and of contrast: more is damage, or bad intentions.
const MOST_FRAMES: usize = 16;
/// What lies beyond the darkest and the lightest part in so many of the pixels is not counted when a range is chosen.
const RARE: usize = 500;
/// Of a larger frame not every pixel is looked at for that.
const ENOUGH: usize = 1 << 20;

/// What is subtracted from a frame, because its object is recommended to be viewed so.
#[derive(Clone, Debug, PartialEq)]
pub struct Subtraction {
    /// Averaged, they are the mask.
    pub masks: Vec<FrameNumber>,
    /// So many frames from this one on are averaged before.
    pub averaged: u32,
    /// The mask is moved down and to the right, pixels.
    shift: (f64, f64),
    /// The frame whose difference sets the brightness of all.
    pub representative: FrameNumber,
    /// Values are linear to the intensity of the X-rays (Pixel Intensity Relationship LIN): differences are those of logarithms.
    is_linear: bool,
}

impl Subtraction {
    /// Of a frame; `None` where the object is not to be viewed subtracted, or this frame is not among those that are.
    pub fn read(set: &InMemDicomObject, frame: FrameNumber) -> Option<Self> {
        if !is_recommended(set) {
            return None;
        }
        let frames = i64::from(header::declared_frames(set));
        dataset::items(set, tags::MASK_SUBTRACTION_SEQUENCE)
            .iter()
            .find_map(|item| Self::of_item(set, item, frame, frames))
    }

    fn of_item(
        set: &InMemDicomObject,
        item: &InMemDicomObject,
        frame: FrameNumber,
        frames: i64,
    ) -> Option<Self> {
        let number = i64::from(frame.number());
        let averaged = dataset::integer(item, tags::CONTRAST_FRAME_AVERAGING).unwrap_or(1).max(1);
        let ranges = dataset::integers(item, tags::APPLICABLE_FRAME_RANGE);
        let all = [1, frames - averaged + 1];
        let ranges = if ranges.is_empty() { &all[..] } else { &ranges[..] };
        let pairs = ranges.as_chunks::<2>().0;
        let holds = |number: i64| pairs.iter().find(|pair| (pair[0]..=pair[1]).contains(&number)).copied();
        let [first, last] = holds(number)?;
        let first = first.max(1);
        let valid =
            |number: i64| u32::try_from(number).ok().filter(|_| number <= frames).and_then(FrameNumber::new);
        let masks: Option<Vec<_>> = match dataset::text(item, tags::MASK_OPERATION).as_str() {
            "AVG_SUB" => dataset::integers(item, tags::MASK_FRAME_NUMBERS).into_iter().map(valid).collect(),
            "TID" => {
                let offset = dataset::integer(item, tags::TID_OFFSET).unwrap_or(1);
                valid(number.checked_sub(offset)?).map(|mask| vec![mask])
            }
            _ => None,
        };
        let masks = masks.filter(|masks| (1..=MOST_FRAMES).contains(&masks.len()))?;
        let representative = dataset::integer(set, tags::REPRESENTATIVE_FRAME_NUMBER)
            .filter(|number| holds(*number).is_some())
            .unwrap_or(first + (last.min(frames) - first) / 2);
        Some(Self {
            masks,
            averaged: averaged.min(MOST_FRAMES as i64) as u32,
            shift: shift(set, item, frame),
            representative: valid(representative).unwrap_or(frame),
            is_linear: dataset::text(set, tags::PIXEL_INTENSITY_RELATIONSHIP) == "LIN",
        })
    }

    /// The mask, from its frames: values of the space that is subtracted in. `None` where they do not fit each other.
    pub fn mask(&self, frames: &[Arc<StoredFrame>]) -> Option<Vec<f32>> {
        let first = frames.first()?;
        Some(shifted(&self.average(frames)?, first.columns as usize, self.shift))
    }

    /// What the frames, averaged, have more than the mask. Pixels without a difference have the value 0.
    pub fn difference(&self, frames: &[Arc<StoredFrame>], mask: &[f32]) -> Option<StoredFrame> {
        let first = frames.first()?;
        let contrast = self.average(frames)?;
        if contrast.len() != mask.len() {
            return None;
        }
        let bits = i32::from(first.appearance.bits_stored);
        // As many bits behind the point as there is room for: averages and shifts give fractions.
        let fraction = 2_f32.powi((14 - bits).clamp(0, 8));
        let differences = contrast.iter().zip(mask).map(|(value, mask)| ((value - mask) * fraction).round());
        let values = if bits < 16 {
            Values::I16(differences.map(|value| value as i16).collect())
        } else {
            Values::I32(differences.map(|value| value as i32).collect())
        };
        let numbers = (0..values.len()).filter_map(|place| values.at(place));
        let extent = numbers.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let look = &first.appearance;
        let appearance = Appearance {
            modality: Modality::Rescale { slope: 1.0 / f64::from(fraction), intercept: 0.0 },
            // Windows of the frames as they are lie above 0; one that is made for differences lies around it.
            windows: look
                .windows
                .iter()
                .filter(|preset| preset.window.center.abs() < preset.window.width / 4.0)
                .cloned()
                .collect(),
            voi_tables: Vec::new(),
            padding: None,
            default_range: None,
            ..look.clone()
        };
        let about = FrameAbout { notice: Some(APPLIED.to_owned()), ..(*first.about).clone() };
        Some(StoredFrame {
            values: Arc::new(values),
            extent,
            shown_extent: extent,
            appearance,
            damage: frames.iter().find_map(|frame| frame.damage.clone()),
            reduced: Reduced::default(),
            about: Arc::new(about),
            ..(**first).clone()
        })
    }

    /// The mean of some frames, in the space that is subtracted in.
    fn average(&self, frames: &[Arc<StoredFrame>]) -> Option<Vec<f32>> {
        let first = frames.first()?;
        let mut sums = vec![0.0_f32; first.values.len()];
        let most = 2_f64.powi(i32::from(first.appearance.bits_stored)) - 1.0;
        for frame in frames {
            let is_gray = matches!(frame.appearance.color, Ok(Color::Monochrome1 | Color::Monochrome2));
            if !is_gray || (frame.rows, frame.columns) != (first.rows, first.columns) || frame.samples != 1 {
                return None;
            }
            for (place, sum) in sums.iter_mut().enumerate() {
                let value = frame.values.at(place)?;
                // The logarithm is spread over the range of the values, so that it has as many bits.
                let value =
                    if self.is_linear { value.max(1.0).ln() / most.ln().max(1.0) * most } else { value };
                *sum += value as f32;
            }
        }
        let count = frames.len() as f32;
        sums.iter_mut().for_each(|sum| *sum /= count);
        Some(sums)
    }
}

/// What is told where a mask is subtracted.
const APPLIED: &str = "a mask is subtracted from this frame, as its object recommends";

/// What is told where the object recommends a subtraction that is not carried out: one sentence.
pub(super) fn notice(set: &InMemDicomObject, frame: FrameNumber) -> Option<String> {
    let is_named = |item: &InMemDicomObject| {
        !matches!(dataset::text(item, tags::MASK_OPERATION).as_str(), "NONE" | "AVG_SUB" | "TID")
    };
    let items = dataset::items(set, tags::MASK_SUBTRACTION_SEQUENCE);
    let is_unknown = items.is_empty() || items.iter().any(is_named);
    (is_recommended(set) && is_unknown && Subtraction::read(set, frame).is_none()).then(|| {
        "the object recommends to subtract a mask, in a way that is not applied here: it is shown as it was taken"
            .to_owned()
    })
}

/// Recommended Viewing Mode (0028,1090).
fn is_recommended(set: &InMemDicomObject) -> bool {
    dataset::text(set, tags::RECOMMENDED_VIEWING_MODE) == "SUB"
}

/// Down and to the right, pixels: of the item, or of the frame for this item (PS3.3 C.7.6.16.2.14).
fn shift(set: &InMemDicomObject, item: &InMemDicomObject, frame: FrameNumber) -> (f64, f64) {
    let of = |set: &InMemDicomObject| match dataset::numbers(set, tags::MASK_SUB_PIXEL_SHIFT)[..] {
        [down, right, ..] if down.is_finite() && right.is_finite() => Some((down, right)),
        _ => None,
    };
    let id = dataset::integer(item, tags::SUBTRACTION_ITEM_ID);
    let of_frame = || {
        let group = dataset::functional_group(set, frame.index(), tags::FRAME_PIXEL_SHIFT_SEQUENCE)?;
        of(group).filter(|_| dataset::integer(group, tags::SUBTRACTION_ITEM_ID) == id)
    };
    of(item).or_else(of_frame).unwrap_or((0.0, 0.0))
}

/// A picture of so many columns, moved; between pixels its values are linear, and beyond its edges those of the edge.
fn shifted(values: &[f32], columns: usize, (down, right): (f64, f64)) -> Vec<f32> {
    if (down, right) == (0.0, 0.0) || columns == 0 {
        return values.to_vec();
    }
    let rows = values.len() / columns;
    let place = |at: usize, shift: f64, count: usize| {
        let from = (at as f64 - shift).clamp(0.0, count.saturating_sub(1) as f64);
        let low = from.floor() as usize;
        (low, (low + 1).min(count - 1), (from - from.floor()) as f32)
    };
    let across: Vec<_> = (0..columns).map(|column| place(column, right, columns)).collect();
    let mut moved = Vec::with_capacity(values.len());
    for row in 0..rows {
        let (upper, lower, part) = place(row, down, rows);
        let (upper, lower) = (&values[upper * columns..][..columns], &values[lower * columns..][..columns]);
        moved.extend(across.iter().map(|&(left, right, share)| {
            let line = |line: &[f32]| line[left] + (line[right] - line[left]) * share;
            line(upper) + (line(lower) - line(upper)) * part
        }));
    }
    moved
}

impl StoredFrame {
    /// The range of stored values of a difference that is shown for all frames of its object: most of this one's, with some room for
    /// those with more contrast medium.
    pub fn subtraction_range(&self) -> (f64, f64) {
        let step = self.values.len() / ENOUGH + 1;
        let places = (0..self.values.len()).step_by(step);
        let mut values: Vec<f64> = places.filter_map(|place| self.values.at(place)).collect();
        let rare = values.len() / RARE;
        let Some(last) = values.len().checked_sub(1) else { return (0.0, 0.0) };
        let low = *values.select_nth_unstable_by(rare, f64::total_cmp).1;
        let high = *values.select_nth_unstable_by(last - rare, f64::total_cmp).1;
        (low.min(0.0) * 1.25, high.max(0.0) * 1.25)
    }
}

#[cfg(test)]
mod tests;
