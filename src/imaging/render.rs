//! From stored values to 8-bit pixels: the whole frame, or a view of it for one surface.

use std::borrow::Cow;
use std::cell::RefCell;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::color::Color;
use super::enlarge::enlarge;
use super::lut::Modality;
use super::overlay;
use super::place::{Cut, Placement, Region, filter};
use super::reduced::{Reduced, Sight};
use super::tones::tones;
use super::window::Voi;
use super::{Presentation, StoredFrame, Surface, View, VoiChoice, Window};

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

impl StoredFrame {
    /// The window that is used under a presentation, or that comes nearest to what is used; `None` for colour, unless a person set one.
    pub fn window(&self, presentation: &Presentation) -> Option<Window> {
        match self.appearance.color {
            Ok(Color::Monochrome1 | Color::Monochrome2) => Some(self.voi(presentation).window()),
            // Colour has none of its own; a palette never has one.
            Ok(Color::Rgb | Color::Ybr | Color::YbrPartial) => {
                presentation.voi.window().filter(|window| window.width > 0.0)
            }
            _ => None,
        }
    }

    /// Size in memory, in bytes, with the reduced copies that are likely to be made.
    pub fn bytes(&self) -> usize {
        self.values.bytes() + Reduced::bytes(self)
    }

    /// The presenter's window; else the first of the object, its first table, what it is without one; else the range of its stack.
    pub(super) fn voi(&self, presentation: &Presentation) -> Voi<'_> {
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
        let (low, high) = match (look.default_range, presentation.range, &look.modality) {
            (Some(_), _, Modality::Table(table)) => (0.0, table.full_scale()),
            (Some((low, high)), ..) => (look.modality.apply(low), look.modality.apply(high)),
            (None, Some(range), _) if range.0 < range.1 => range,
            _ => self.own_extent(),
        };
        Voi::Range(low.min(high), low.max(high))
    }

    /// What the frame by itself would spread over the greys because the object says nothing of it: lowest and highest value after
    /// the modality stage, without padding. `None` where it says something, or where all values are the same.
    pub(super) fn own_range(&self) -> Option<(f64, f64)> {
        let look = &self.appearance;
        let is_gray = matches!(look.color, Ok(Color::Monochrome1 | Color::Monochrome2));
        let is_told = !look.windows.is_empty() || !look.voi_tables.is_empty() || look.default_range.is_some();
        let (low, high) = self.own_extent();
        (is_gray && !is_told && low != high).then_some((low.min(high), low.max(high)))
    }

    fn own_extent(&self) -> (f64, f64) {
        let (low, high) = self.shown_extent;
        (self.appearance.modality.apply(low), self.appearance.modality.apply(high))
    }
}

/// Renders a frame at its own size, in the greys and colours that its values say, pixels as they are stored whatever their height.
///
/// A supplemental palette, which colours what is grey without it, is for [`render_view`].
pub fn render(frame: &StoredFrame, presentation: &Presentation) -> Result<Rendered8, RenderError> {
    let region = Region { left: 0, top: 0, width: frame.columns as usize, height: frame.rows as usize };
    let (channels, mut pixels) = tones(frame, None, presentation, None, region)?;
    // The colours of a palette are given as the object writes them.
    let has_own_colors = channels == Channels::Rgb && frame.appearance.color != Ok(Color::Palette);
    if let Some(icc) = frame.appearance.icc.as_ref().filter(|_| has_own_colors) {
        icc.apply(&mut pixels);
    }
    let mut picture = Rendered8 { width: frame.columns, height: frame.rows, channels, pixels };
    cover(frame, presentation, &mut picture, &Placement::whole(frame));
    Ok(picture)
}

/// Renders what a view shows of a frame, at exactly the size of the surface; black around the frame.
///
/// A zoom of 1 fits the turned frame into the surface, its pixels as high and wide as the header says. What gets larger is linear between
/// pixels. What gets smaller is averaged: monochrome frames of 8 and 16 bits in stored values, by a copy that is made once and kept
/// ([`Reduced`]), all others in rendered 8 bits. Where a pixel of the frame comes to one of the surface, its value is the
/// pixel's, exactly. Turn and flip move pixels and change none.
pub fn render_view(
    frame: &StoredFrame,
    presentation: &Presentation,
    view: &View,
    surface: Surface,
) -> Result<Rendered8, RenderError> {
    let (mut width, mut height) =
        (surface.width.clamp(1, Surface::MAX), surface.height.clamp(1, Surface::MAX));
    if view.quarter_turns % 2 == 1 {
        (width, height) = (height, width);
    }
    let unturned = unturned_view(frame, presentation, view, width, height)?;
    Ok(unturned.turned(view.quarter_turns, view.is_flipped))
}

fn unturned_view(
    frame: &StoredFrame,
    presentation: &Presentation,
    view: &View,
    width: u32,
    height: u32,
) -> Result<Rendered8, RenderError> {
    let look = &frame.appearance;
    // That of a palette image is no supplement.
    let supplement = look.palette.as_ref().filter(|_| look.color != Ok(Color::Palette));
    let Some(placement) = Placement::new(frame, view, width, height) else {
        let nothing = Region { left: 0, top: 0, width: 0, height: 0 };
        let (channels, _) = tones(frame, None, presentation, supplement, nothing)?;
        let pixels = vec![0; width as usize * height as usize * channels.bytes()];
        return Ok(Rendered8 { width, height, channels, pixels });
    };
    let (columns, rows) = (placement.columns, placement.rows);
    let is_gray = matches!(look.color, Ok(Color::Monochrome1 | Color::Monochrome2)) && supplement.is_none();
    let shrink = columns.shrink().min(rows.shrink());
    let copy = if is_gray { frame.reduced.copy(frame, shrink) } else { None };
    let (region, across, down) = placement.cut(copy.map_or(1, |copy| copy.factor));
    let (seen_columns, seen_rows) = (columns.length(), rows.length());
    let sight = Sight { region, across, down, columns: seen_columns, rows: seen_rows };
    let seen = copy.and_then(|copy| frame.reduced.seen(copy, sight));
    let (channels, mut scaled) = match seen.as_deref() {
        Some(seen) => {
            let all = Region { left: 0, top: 0, width: seen_columns, height: seen_rows };
            tones(frame, Some(seen), presentation, supplement, all)?
        }
        None => {
            let (channels, source) = tones(frame, copy, presentation, supplement, region)?;
            (channels, scale(source, channels, region, (across, seen_columns), (down, seen_rows))?)
        }
    };
    if let Some(icc) = look.icc.as_ref().filter(|_| channels == Channels::Rgb && supplement.is_none()) {
        icc.apply(&mut scaled);
    }
    let pixels = if (columns.length(), rows.length()) == (width as usize, height as usize) {
        scaled
    } else {
        let (line, stride) = (columns.length() * channels.bytes(), width as usize * channels.bytes());
        let mut pixels = vec![0; stride * height as usize];
        let start = rows.start * stride + columns.start * channels.bytes();
        for (row, source) in scaled.chunks_exact(line).enumerate() {
            pixels[start + row * stride..][..line].copy_from_slice(source);
        }
        pixels
    };
    let mut picture = Rendered8 { width, height, channels, pixels };
    cover(frame, presentation, &mut picture, &placement);
    Ok(picture)
}

thread_local! {
    /// Keeps the memory that it works in.
    static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
}

/// Scales a part of a region to so many pixels across and down.
fn scale(
    source: Vec<u8>,
    channels: Channels,
    region: Region,
    (across, columns): (Cut, usize),
    (down, rows): (Cut, usize),
) -> Result<Vec<u8>, RenderError> {
    if let (Some(left), Some(top)) = (across.whole(columns), down.whole(rows)) {
        if (region.width, region.height) == (columns, rows) {
            return Ok(source);
        }
        let stride = region.width * channels.bytes();
        let (start, length) = (left * channels.bytes(), columns * channels.bytes());
        let mut cut = Vec::with_capacity(rows * length);
        for line in source.chunks_exact(stride).skip(top).take(rows) {
            cut.extend_from_slice(&line[start..start + length]);
        }
        return Ok(cut);
    }
    if channels == Channels::Gray
        && let Some(enlarged) = enlarge(&source, region.width, (across, columns), (down, rows))
    {
        return Ok(enlarged);
    }
    let fault = |error: &dyn std::fmt::Display| RenderError::Scale(error.to_string());
    let pixel_type = if channels == Channels::Gray { PixelType::U8 } else { PixelType::U8x3 };
    let source = ImageRef::new(region.width as u32, region.height as u32, &source, pixel_type)
        .map_err(|error| fault(&error))?;
    let mut scaled = Image::new(columns as u32, rows as u32, pixel_type);
    let filter = filter((across, columns), (down, rows));
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false).crop(
        across.start,
        down.start,
        across.length,
        down.length,
    );
    RESIZER
        .with_borrow_mut(|resizer| resizer.resize(&source, &mut scaled, &options))
        .map_err(|error| fault(&error))?;
    Ok(scaled.into_vec())
}

/// Shutters and overlays, as far as the presentation wants them.
fn cover(frame: &StoredFrame, presentation: &Presentation, picture: &mut Rendered8, placement: &Placement) {
    let look = &frame.appearance;
    let shutters = look.shutters.as_ref();
    if let Some(shutters) = shutters.filter(|_| presentation.has_shutters) {
        shutters.cover(picture, placement, look.pixel_aspect);
    }
    if presentation.has_overlays {
        let is_drawn = |overlay: &&overlay::Overlay| !shutters.is_some_and(|shutters| shutters.uses(overlay));
        overlay::draw(look.overlays.iter().filter(is_drawn), picture, placement);
    }
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
pub(super) mod tests;
