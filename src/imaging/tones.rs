//! From stored values of a part of a frame to 8-bit pixels of the same size.

use super::color::{Color, Palette, rgb_from_partial_ybr, rgb_from_ybr};
use super::lut::{Modality, PresentationLut};
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
        Ok(color @ (Color::Rgb | Color::Ybr | Color::YbrPartial)) => {
            (Channels::Rgb, rgb(frame, presentation, region, *color))
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

    /// A higher stored value is never darker, or never lighter: all stages are straight lines with ends.
    pub(super) fn is_monotone(&self) -> bool {
        let is_straight = match self.voi {
            Voi::Window(window, WindowFunction::Linear | WindowFunction::LinearExact) => {
                window.center.is_finite() && window.width.is_finite()
            }
            Voi::Range(low, high) => low.is_finite() && high.is_finite(),
            Voi::Window(_, WindowFunction::Sigmoid) | Voi::Table(_) => false,
        };
        let is_rescaled = matches!(
            self.look.modality,
            Modality::Rescale { slope, intercept } if slope.is_finite() && intercept.is_finite()
        );
        is_straight && is_rescaled && !matches!(self.look.presentation_lut, Some(PresentationLut::Table(_)))
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
    let is_image =
        |(low, high)| grays.look.padding.is_none_or(|(from, to): (f64, f64)| to < low || from > high);
    if let Some((low, count)) = words(frame, region)
        && grays.is_monotone()
        && is_image((low, low + count as f64))
        && let Some(ramp) = Ramp::of_monotone(count, |place| low + place as f64, |stored| grays.exact(stored))
    {
        return ramped(frame, region, ramp);
    }
    let level = |stored| grays.level(stored);
    let Some(words) = Words::of(frame, region, level) else {
        return by_value(frame, region, level);
    };
    let value = |place: usize| words.low + place as f64;
    match Ramp::of(words.occurring(), value, |stored| grays.exact(stored)) {
        Some(ramp) => ramped(frame, region, ramp),
        None => words.map(frame, region),
    }
}

/// The levels of a region of words by arithmetic. Written row by row into place, so that the compiler takes many at once.
fn ramped(frame: &StoredFrame, region: Region, ramp: Ramp) -> Vec<u8> {
    let mut levels = vec![0; region.pixels()];
    let into = levels.chunks_exact_mut(region.width.max(1));
    match &*frame.values {
        Values::U16(values) => {
            into.zip(rows(values, frame, region)).for_each(|(into, row)| ramp.levels(row, into))
        }
        Values::I16(values) => {
            into.zip(rows(values, frame, region)).for_each(|(into, row)| ramp.levels(row, into))
        }
        _ => {}
    }
    levels
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

/// A table over values of 16 bits.
struct Words<T> {
    /// One entry for every word by its distance from `low`, so that none can miss it; only those of values that occur are filled.
    table: Box<[T; 1 << 16]>,
    low: f64,
    count: usize,
}

/// The lowest value of a frame of words of 16 bits, and how many there are up to the highest. `None` where values are no words, or so many
/// that looking at each pays less than looking at the pixels.
fn words(frame: &StoredFrame, region: Region) -> Option<(f64, usize)> {
    let (first, last) = match &*frame.values {
        Values::U16(_) => (0.0, 65_535.0),
        Values::I16(_) => (-32_768.0, 32_767.0),
        _ => return None,
    };
    let (low, high) = (frame.extent.0.clamp(first, last), frame.extent.1.clamp(first, last));
    let pays = (region.pixels() * usize::from(frame.samples)) as f64 >= high - low;
    pays.then_some((low, (high - low) as usize + 1))
}

impl<T: std::marker::Copy + Default> Words<T> {
    /// `None` where values are no words, or so many that a table does not pay: it is to be smaller than the picture.
    fn of(frame: &StoredFrame, region: Region, map: impl Fn(f64) -> T) -> Option<Self> {
        let (low, count) = words(frame, region)?;
        let mut table = vec![T::default(); 1 << 16];
        table.iter_mut().take(count).enumerate().for_each(|(place, entry)| *entry = map(low + place as f64));
        Some(Self { table: table.into_boxed_slice().try_into().ok()?, low, count })
    }

    /// The entries of values that occur.
    fn occurring(&self) -> &[T] {
        &self.table[..self.count]
    }

    /// The entries of the values of a region.
    fn map(&self, frame: &StoredFrame, region: Region) -> Vec<T> {
        let mut mapped = Vec::with_capacity(region.pixels() * usize::from(frame.samples));
        match &*frame.values {
            Values::U16(values) => {
                let low = self.low as u16;
                let one = |&value: &u16| self.table[usize::from(value.wrapping_sub(low))];
                rows(values, frame, region).for_each(|row| mapped.extend(row.iter().map(one)));
            }
            Values::I16(values) => {
                let low = self.low as i16;
                let one = |&value: &i16| self.table[usize::from(value.wrapping_sub(low) as u16)];
                rows(values, frame, region).for_each(|row| mapped.extend(row.iter().map(one)));
            }
            _ => {}
        }
        mapped
    }
}

/// Maps every value of a region by a table over the values that occur; values too many for a table one by one.
fn by_value<T: std::marker::Copy + Default>(
    frame: &StoredFrame,
    region: Region,
    map: impl Fn(f64) -> T,
) -> Vec<T> {
    if let Some(words) = Words::of(frame, region, &map) {
        return words.map(frame, region);
    }
    let mut mapped = Vec::with_capacity(region.pixels() * usize::from(frame.samples));
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
        values => each!(values, vector => {
            rows(vector, frame, region).for_each(|row| mapped.extend(row.iter().map(|&value| map(number(value)))));
        }),
    }
    mapped
}

fn number(value: impl Into<f64>) -> f64 {
    value.into()
}

fn rgb(frame: &StoredFrame, presentation: &Presentation, region: Region, color: Color) -> Vec<u8> {
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
    let to_rgb: Option<fn([u8; 3]) -> [u8; 3]> = match color {
        Color::Ybr => Some(rgb_from_ybr),
        Color::YbrPartial => Some(rgb_from_partial_ybr),
        _ => None,
    };
    if let Some(to_rgb) = to_rgb {
        levels.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = to_rgb(*pixel));
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
