//! From stored values to 8-bit pixels: the whole frame, or a view of it for one surface.

use std::borrow::Cow;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::color::{Color, rgb_from_ybr};
use super::pixels::each;
use super::window::Voi;
use super::{Presentation, StoredFrame, Surface, Values, View, VoiChoice, Window};

/// Why a decoded frame cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("photometric interpretation {0} cannot be shown")]
    UnknownColor(String),
    #[error("the palette is missing or damaged")]
    NoPalette,
    #[error("the frame cannot be scaled: {0}")]
    Scale(String),
}

/// What a pixel of a rendered picture is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    Gray,
    Rgb,
}

impl Channels {
    /// Bytes of a pixel.
    pub fn bytes(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }
}

/// 8-bit pixels, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered8 {
    pub width: u32,
    pub height: u32,
    pub channels: Channels,
    pub pixels: Vec<u8>,
}

/// A rectangle of a frame, in whole pixels.
#[derive(Clone, Copy)]
struct Region {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl StoredFrame {
    /// The window that is used under a presentation, or that comes nearest to what is used; `None` for colour.
    pub fn window(&self, presentation: &Presentation) -> Option<Window> {
        match self.appearance.color {
            Ok(Color::Monochrome1 | Color::Monochrome2) => Some(self.voi(presentation).window()),
            _ => None,
        }
    }

    /// The presenter's window; else the first of the object, its first table, its whole range without padding.
    fn voi(&self, presentation: &Presentation) -> Voi<'_> {
        let look = &self.appearance;
        // Windows, then tables, numbered as the facts of the frame list them.
        let alternative = |number: usize| {
            let window =
                look.windows.get(number).map(|preset| Voi::Window(preset.window, look.window_function));
            window.or_else(|| look.voi_tables.get(number.checked_sub(look.windows.len())?).map(Voi::Table))
        };
        let chosen = match presentation.voi {
            VoiChoice::Window(window) if window.width > 0.0 => {
                Some(Voi::Window(window, look.window_function))
            }
            VoiChoice::Alternative(number) => alternative(usize::from(number)),
            _ => None,
        };
        if let Some(voi) = chosen.or_else(|| alternative(0)) {
            return voi;
        }
        let (low, high) =
            (look.modality.apply(self.shown_extent.0), look.modality.apply(self.shown_extent.1));
        Voi::Range(low.min(high), low.max(high))
    }
}

/// Renders a frame at its own size.
pub fn render(frame: &StoredFrame, presentation: &Presentation) -> Result<Rendered8, RenderError> {
    let whole = Region { left: 0, top: 0, width: frame.columns as usize, height: frame.rows as usize };
    let (channels, pixels) = render_region(frame, presentation, whole)?;
    Ok(Rendered8 { width: frame.columns, height: frame.rows, channels, pixels })
}

/// Renders what a view shows of a frame, at exactly the size of the surface; black around the frame.
///
/// A zoom of 1 fits the frame into the surface, its pixels as high and wide as the header says. Scaling is done on the
/// rendered 8 bits: an average over the covered pixels when it gets smaller, linear between pixels when it gets larger.
pub fn render_view(
    frame: &StoredFrame,
    presentation: &Presentation,
    view: &View,
    surface: Surface,
) -> Result<Rendered8, RenderError> {
    let (width, height) = (surface.width.clamp(1, Surface::MAX), surface.height.clamp(1, Surface::MAX));
    let placement = Placement::new(frame, view, width, height);
    let Some(placement) = placement else {
        let (channels, _) =
            render_region(frame, presentation, Region { left: 0, top: 0, width: 1, height: 1 })?;
        let pixels = vec![0; width as usize * height as usize * channels.bytes()];
        return Ok(Rendered8 { width, height, channels, pixels });
    };
    let (channels, source) = render_region(frame, presentation, placement.region)?;
    let pixel_type = if channels == Channels::Gray { PixelType::U8 } else { PixelType::U8x3 };
    let region = placement.region;
    let source = ImageRef::new(region.width as u32, region.height as u32, &source, pixel_type)
        .map_err(|error| RenderError::Scale(error.to_string()))?;
    let (across, down) = (placement.columns, placement.rows);
    let mut scaled = Image::new(across.length, down.length, pixel_type);
    let shrink =
        (across.source_length / f64::from(across.length)).max(down.source_length / f64::from(down.length));
    let filter = if shrink >= 2.0 { FilterType::Box } else { FilterType::Bilinear };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false).crop(
        across.source_start,
        down.source_start,
        across.source_length,
        down.source_length,
    );
    Resizer::new()
        .resize(&source, &mut scaled, &options)
        .map_err(|error| RenderError::Scale(error.to_string()))?;
    let pixels = if (across.length, down.length) == (width, height) {
        scaled.into_vec()
    } else {
        let (line, stride) = (across.length as usize * channels.bytes(), width as usize * channels.bytes());
        let mut pixels = vec![0; stride * height as usize];
        let start = down.start as usize * stride + across.start as usize * channels.bytes();
        for (row, source) in scaled.buffer().chunks_exact(line).enumerate() {
            pixels[start + row * stride..][..line].copy_from_slice(source);
        }
        pixels
    };
    Ok(Rendered8 { width, height, channels, pixels })
}

/// Where the frame lies on the surface, along both axes.
struct Placement {
    columns: Span,
    rows: Span,
    /// The part of the frame that is needed, in whole pixels.
    region: Region,
}

/// One axis: whole pixels of the surface, and the part of `region` that they show.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    length: u32,
    source_start: f64,
    source_length: f64,
}

impl Placement {
    /// `None` when nothing of the frame is on the surface.
    fn new(frame: &StoredFrame, view: &View, width: u32, height: u32) -> Option<Self> {
        let (columns, rows) = (f64::from(frame.columns), f64::from(frame.rows));
        let aspect = frame.appearance.pixel_aspect;
        let zoom = if view.zoom.is_finite() { view.zoom.clamp(0.01, 1000.0) } else { 1.0 };
        let fit = (f64::from(width) / columns).min(f64::from(height) / (rows * aspect));
        let (scale_x, scale_y) = (fit * zoom, fit * zoom * aspect);
        let (columns, left, region_width) = span(columns, view.center.0, scale_x, width)?;
        let (rows, top, region_height) = span(rows, view.center.1, scale_y, height)?;
        Some(Self { columns, rows, region: Region { left, top, width: region_width, height: region_height } })
    }
}

/// One axis: `size` pixels at `scale`, the point `center` (0..1) at the middle of `length` pixels of the surface.
fn span(size: f64, center: f64, scale: f64, length: u32) -> Option<(Span, usize, usize)> {
    let center = if center.is_finite() { center } else { 0.5 };
    let edge = f64::from(length) / 2.0 - center * size * scale;
    let limit = f64::from(length);
    let start = edge.round().clamp(0.0, limit);
    let mut end = (edge + size * scale).round().clamp(0.0, limit);
    if end <= start {
        // A frame thinner than a pixel is still there.
        if edge + size * scale <= 0.0 || edge >= limit || start >= limit {
            return None;
        }
        end = start + 1.0;
    }
    let from = ((start - edge) / scale).clamp(0.0, size);
    let to = ((end - edge) / scale).clamp(0.0, size);
    let source_length = (to - from).max(1e-3);
    let from = from.min(size - source_length);
    // Neighbours on both sides take part in what lies between pixels.
    let region_start = (from.floor() - 2.0).max(0.0);
    let region_end = ((from + source_length).ceil() + 2.0).min(size);
    Some((
        Span {
            start: start as u32,
            length: (end - start) as u32,
            source_start: from - region_start,
            source_length,
        },
        region_start as usize,
        (region_end - region_start) as usize,
    ))
}

fn render_region(
    frame: &StoredFrame,
    presentation: &Presentation,
    region: Region,
) -> Result<(Channels, Vec<u8>), RenderError> {
    match &frame.appearance.color {
        Ok(Color::Monochrome1 | Color::Monochrome2) => {
            Ok((Channels::Gray, gray(frame, presentation, region)))
        }
        Ok(Color::Palette) => Ok((Channels::Rgb, palette(frame, presentation, region)?)),
        Ok(color @ (Color::Rgb | Color::Ybr)) => {
            Ok((Channels::Rgb, rgb(frame, presentation, region, *color == Color::Ybr)))
        }
        Err(name) => Err(RenderError::UnknownColor(name.clone())),
    }
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

fn gray(frame: &StoredFrame, presentation: &Presentation, region: Region) -> Vec<u8> {
    let look = &frame.appearance;
    let voi = frame.voi(presentation);
    // MONOCHROME1 shows the lowest values white (PS3.3 C.7.6.3.1.2); the presenter may turn it round again.
    let is_inverted = (look.color == Ok(Color::Monochrome1)) != presentation.is_inverted;
    let level = |stored: f64| {
        if look.padding.is_some_and(|(low, high)| (low..=high).contains(&stored)) {
            return 0;
        }
        let tone = voi.tone(look.modality.apply(stored));
        let tone = if is_inverted { 1.0 - tone } else { tone };
        (tone * 255.0 + 0.5) as u8
    };
    by_value(frame, region, level)
}

/// Maps every value of a region by a table over the values that occur; values too many for a table one by one.
fn by_value<T: Copy>(frame: &StoredFrame, region: Region, map: impl Fn(f64) -> T) -> Vec<T> {
    let (low, high) = frame.extent;
    let table = |values: &dyn Fn() -> bool| {
        (values() && high - low < 65_536.0)
            .then(|| (low as i64..=high as i64).map(|value| map(value as f64)).collect::<Vec<T>>())
    };
    let is_whole = !matches!(*frame.values, Values::F32(_) | Values::F64(_));
    // A table pays when it is smaller than the picture.
    let is_worth = region.width * region.height * usize::from(frame.samples) >= (high - low) as usize;
    let table = table(&|| is_whole && is_worth);
    let mut mapped = Vec::with_capacity(region.width * region.height * usize::from(frame.samples));
    let first = low as i64;
    match (&*frame.values, table) {
        (Values::U8(values), Some(table)) => {
            let first = first as usize;
            rows(values, frame, region)
                .for_each(|row| mapped.extend(row.iter().map(|&value| table[usize::from(value) - first])));
        }
        (Values::U16(values), Some(table)) => {
            let first = first as usize;
            rows(values, frame, region)
                .for_each(|row| mapped.extend(row.iter().map(|&value| table[usize::from(value) - first])));
        }
        (Values::I16(values), Some(table)) => {
            let first = first as i32;
            rows(values, frame, region).for_each(|row| {
                mapped.extend(row.iter().map(|&value| table[(i32::from(value) - first) as usize]))
            });
        }
        (Values::I8(values), Some(table)) => {
            let first = first as i32;
            rows(values, frame, region).for_each(|row| {
                mapped.extend(row.iter().map(|&value| table[(i32::from(value) - first) as usize]))
            });
        }
        (values, _) => each!(values, vector => {
            rows(vector, frame, region).for_each(|row| mapped.extend(row.iter().map(|&value| map(number(value)))));
        }),
    }
    mapped
}

fn number(value: impl Into<f64>) -> f64 {
    value.into()
}

fn palette(frame: &StoredFrame, presentation: &Presentation, region: Region) -> Result<Vec<u8>, RenderError> {
    let palette = frame.appearance.palette.as_ref().ok_or(RenderError::NoPalette)?;
    let mut colors = by_value(frame, region, |value| palette.at(value)).concat();
    if presentation.is_inverted {
        colors.iter_mut().for_each(|level| *level = 255 - *level);
    }
    Ok(colors)
}

fn rgb(frame: &StoredFrame, presentation: &Presentation, region: Region, is_ybr: bool) -> Vec<u8> {
    let full_scale = (2.0_f64.powi(i32::from(frame.appearance.bits_stored)) - 1.0).max(1.0);
    let mut levels: Vec<u8> = match &*frame.values {
        Values::U8(values) if frame.appearance.bits_stored == 8 => {
            let mut levels = Vec::with_capacity(region.width * region.height * 3);
            rows(values, frame, region).for_each(|row| levels.extend_from_slice(row));
            levels
        }
        _ => by_value(frame, region, |value| (value / full_scale * 255.0 + 0.5) as u8),
    };
    if is_ybr {
        for pixel in levels.as_chunks_mut::<3>().0 {
            *pixel = rgb_from_ybr(*pixel);
        }
    }
    if presentation.is_inverted {
        levels.iter_mut().for_each(|level| *level = 255 - *level);
    }
    levels
}

impl Rendered8 {
    /// The pixels as RGB, for those who need three channels.
    pub fn to_rgb(&self) -> Cow<'_, [u8]> {
        match self.channels {
            Channels::Gray => self.pixels.iter().flat_map(|&level| [level; 3]).collect(),
            Channels::Rgb => Cow::Borrowed(&self.pixels),
        }
    }
}

#[cfg(test)]
mod tests;
