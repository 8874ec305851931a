//! From stored values of a part of a frame to 8-bit pixels of the same size.

use super::color::{Color, Palette, rgb_from_ybr};
use super::lut::PresentationLut;
use super::pixels::each;
use super::place::Region;
use super::ramp::Ramp;
use super::reduced::Copy;
use super::render::{Channels, RenderError};
use super::window::{Voi, WindowFunction};
use super::{Appearance, Presentation, StoredFrame, Values};

/// 8-bit pixels of a part of the frame, or of a copy of it.
pub(super) fn tones(
    frame: &StoredFrame,
    copy: Option<&Copy>,
    presentation: &Presentation,
    supplement: Option<&Palette>,
    region: Region,
) -> Result<(Channels, Vec<u8>), RenderError> {
    let (channels, mut pixels) = match &frame.appearance.color {
        Ok(Color::Monochrome1 | Color::Monochrome2) => {
            let grays = Grays::new(frame, presentation);
            match (supplement, copy) {
                (Some(palette), _) => {
                    let color = |stored: f64| match grays.level(stored) {
                        _ if stored >= f64::from(palette.first) => palette.at(stored),
                        level => [level; 3],
                    };
                    (Channels::Rgb, by_value(frame, region, color).into_flattened())
                }
                (None, Some(copy)) => (Channels::Gray, copy.levels(region, &grays)),
                (None, None) => (Channels::Gray, levels(frame, region, &grays)),
            }
        }
        Ok(Color::Palette) => {
            let palette = frame.appearance.palette.as_ref().ok_or(RenderError::NoPalette)?;
            let is_inverted = presentation.is_inverted;
            let color =
                |stored| palette.at(stored).map(|level| if is_inverted { 255 - level } else { level });
            (Channels::Rgb, by_value(frame, region, color).into_flattened())
        }
        Ok(color @ (Color::Rgb | Color::Ybr)) => {
            (Channels::Rgb, rgb(frame, presentation, region, *color == Color::Ybr))
        }
        Err(name) => return Err(RenderError::UnknownColor(name.clone())),
    };
    // Values that are missing are black; decoding lets none be missing.
    pixels.resize(region.pixels() * channels.bytes(), 0);
    Ok((channels, pixels))
}

/// The stages of a grey pixel (PS3.4 N.2): modality, values of interest, presentation.
pub(super) struct Grays<'f> {
    look: &'f Appearance,
    voi: Voi<'f>,
    is_inverted: bool,
}

impl<'f> Grays<'f> {
    fn new(frame: &'f StoredFrame, presentation: &Presentation) -> Self {
        let look = &frame.appearance;
        // MONOCHROME1 shows the lowest values white (PS3.3 C.7.6.3.1.2), and a presentation table overrides it (PS3.4 N.2.1.4). The
        // presenter may turn it round again.
        let is_inverted = match look.presentation_lut {
            None => look.color == Ok(Color::Monochrome1),
            Some(PresentationLut::Inverse) => true,
            Some(PresentationLut::Identity | PresentationLut::Table(_)) => false,
        };
        Self { look, voi: frame.voi(presentation), is_inverted: is_inverted != presentation.is_inverted }
    }

    /// The level of a stored value; black for what is no image.
    fn level(&self, stored: f64) -> u8 {
        if self.look.padding.is_some_and(|(low, high)| (low..=high).contains(&stored)) {
            return 0;
        }
        self.shown(stored)
    }

    /// The level of a stored value that is an image.
    pub(super) fn shown(&self, stored: f64) -> u8 {
        (self.exact(stored) + 0.5) as u8
    }

    /// The same before it is rounded.
    pub(super) fn exact(&self, stored: f64) -> f64 {
        let mut tone = self.voi.tone(self.look.modality.apply(stored));
        if let Some(PresentationLut::Table(table)) = &self.look.presentation_lut {
            tone = table.spread(tone);
        }
        let tone = if self.is_inverted { 1.0 - tone } else { tone };
        tone * 255.0
    }
}

/// The levels of a region: by arithmetic where the stages allow it, else by a table.
fn levels(frame: &StoredFrame, region: Region, grays: &Grays<'_>) -> Vec<u8> {
    let (low, high) = (frame.extent.0, frame.extent.1);
    let is_wide = matches!(&*frame.values, Values::U16(_) | Values::I16(_));
    // Values that are more than the pixels are not worth a look at each.
    if is_wide && region.pixels() as f64 >= high - low {
        let value = |place: usize| low + place as f64;
        let table: Vec<u8> = (0..=(high - low) as usize).map(|place| grays.level(value(place))).collect();
        if let Some(ramp) = Ramp::of(&table, value, |stored| grays.exact(stored)) {
            let mut mapped = Vec::with_capacity(region.pixels());
            match &*frame.values {
                Values::U16(values) => rows(values, frame, region)
                    .for_each(|row| mapped.extend(row.iter().map(|&value| ramp.level(f32::from(value))))),
                Values::I16(values) => rows(values, frame, region)
                    .for_each(|row| mapped.extend(row.iter().map(|&value| ramp.level(f32::from(value))))),
                _ => {}
            }
            return mapped;
        }
    }
    by_value(frame, region, |stored| grays.level(stored))
}

/// The values of a region, row by row; `samples` values a pixel.
fn rows<'v, T>(values: &'v [T], frame: &StoredFrame, region: Region) -> impl Iterator<Item = &'v [T]> {
    let samples = usize::from(frame.samples);
    let stride = frame.columns as usize * samples;
    (region.top..region.top + region.height).map(move |row| {
        let start = row * stride + region.left * samples;
        values.get(start..start + region.width * samples).unwrap_or_default()
    })
}

/// Maps every value of a region by a table over the values that occur; values too many for a table one by one.
fn by_value<T: std::marker::Copy + Default>(
    frame: &StoredFrame,
    region: Region,
    map: impl Fn(f64) -> T,
) -> Vec<T> {
    let count = region.pixels() * usize::from(frame.samples);
    let mut mapped = Vec::with_capacity(count);
    let (low, high) = (frame.extent.0 as i64, frame.extent.1 as i64);
    // A table pays when it is smaller than the picture.
    let is_worth = count as i64 >= high.saturating_sub(low);
    // One entry for every word, so that none can miss it; only those of values that occur are filled.
    let words = |first: i64, last: i64| {
        let mut table = vec![T::default(); 1 << 16];
        let values = low.max(first)..=high.min(last);
        values.zip(&mut table).for_each(|(value, entry)| *entry = map(value as f64));
        table
    };
    match &*frame.values {
        Values::U8(values) => {
            let table: [T; 256] = std::array::from_fn(|value| map(value as f64));
            rows(values, frame, region)
                .for_each(|row| mapped.extend(row.iter().map(|&value| table[usize::from(value)])));
        }
        Values::I8(values) => {
            let table: [T; 256] = std::array::from_fn(|value| map(f64::from(value as u8 as i8)));
            rows(values, frame, region)
                .for_each(|row| mapped.extend(row.iter().map(|&value| table[usize::from(value as u8)])));
        }
        Values::U16(values) if is_worth => {
            let table = words(0, 65_535);
            let (Some(table), first) = (table.first_chunk::<65_536>(), low.clamp(0, 65_535) as u16) else {
                return mapped;
            };
            rows(values, frame, region).for_each(|row| {
                mapped.extend(row.iter().map(|&value| table[usize::from(value.wrapping_sub(first))]));
            });
        }
        Values::I16(values) if is_worth => {
            let table = words(-32_768, 32_767);
            let (Some(table), first) = (table.first_chunk::<65_536>(), low.clamp(-32_768, 32_767) as u16)
            else {
                return mapped;
            };
            rows(values, frame, region).for_each(|row| {
                mapped
                    .extend(row.iter().map(|&value| table[usize::from((value as u16).wrapping_sub(first))]));
            });
        }
        values => each!(values, vector => {
            rows(vector, frame, region).for_each(|row| mapped.extend(row.iter().map(|&value| map(number(value)))));
        }),
    }
    mapped
}

fn number(value: impl Into<f64>) -> f64 {
    value.into()
}

fn rgb(frame: &StoredFrame, presentation: &Presentation, region: Region, is_ybr: bool) -> Vec<u8> {
    if frame.samples != 3 {
        return Vec::new();
    }
    let bits = i32::from(frame.appearance.bits_stored).max(1);
    let mut levels: Vec<u8> = match &*frame.values {
        Values::U8(values) if bits == 8 => {
            let mut levels = Vec::with_capacity(region.pixels() * 3);
            rows(values, frame, region).for_each(|row| levels.extend_from_slice(row));
            levels
        }
        _ => {
            let full_scale = 2.0_f64.powi(bits) - 1.0;
            // Samples with a sign lie around the middle.
            let lowest = if frame.extent.0 < 0.0 { -2.0_f64.powi(bits - 1) } else { 0.0 };
            by_value(frame, region, |value| ((value - lowest) / full_scale * 255.0 + 0.5) as u8)
        }
    };
    if is_ybr {
        levels.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = rgb_from_ybr(*pixel));
    }
    // Colour has no window of its own; one that a person sets is spread over red, green and blue alike, in levels of 0 to 255.
    let window = presentation.voi.window().filter(|window| window.width > 0.0);
    if window.is_some() || presentation.is_inverted {
        let table: [u8; 256] = std::array::from_fn(|level| {
            let tone = match window {
                Some(window) => WindowFunction::Linear.tone(window, level as f64),
                None => level as f64 / 255.0,
            };
            let tone = if presentation.is_inverted { 1.0 - tone } else { tone };
            (tone * 255.0 + 0.5) as u8
        });
        levels.iter_mut().for_each(|level| *level = table[usize::from(*level)]);
    }
    levels
}
