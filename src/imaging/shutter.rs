//! Shutters (PS3.3 C.7.6.11, C.7.6.15): what of a frame is hidden behind a frame of one tone.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::color::rgb_from_lab;
use super::dataset;
use super::overlay::Overlay;
use super::place::Placement;
use super::render::{Channels, Rendered8};

/// The most corners that a polygon may have; one with more is damaged.
const MAX_VERTICES: usize = 4096;

/// What hides parts of a frame. What any shape hides is hidden.
#[derive(Clone, Debug, PartialEq)]
pub struct Shutters {
    pub shapes: Vec<ShutterShape>,
    /// The tone of what is hidden, 0 (black) to 1 (white): Shutter Presentation Value (0018,1622).
    pub tone: f64,
    /// Its colour on pictures in colour, sRGB: Shutter Presentation Color CIELab Value (0018,1624).
    pub color: Option<[u8; 3]>,
}

/// Shows what is inside, in pixels of the frame counted from 1 as DICOM does.
#[derive(Clone, Debug, PartialEq)]
pub enum ShutterShape {
    Rectangle {
        left: i32,
        right: i32,
        upper: i32,
        lower: i32,
    },
    /// The radius counts pixels along a row.
    Circle {
        row: i32,
        column: i32,
        radius: i32,
    },
    /// Vertices: row, column.
    Polygon(Vec<(i32, i32)>),
    /// Hides where the overlay has a bit.
    Bitmap(Overlay),
}

impl Shutters {
    /// Those of a frame, index from 0: its own (Frame Display Shutter, PS3.3 C.7.6.16.2.16), then those of its object.
    pub(super) fn of_frame(set: &InMemDicomObject, frame_index: usize, overlays: &[Overlay]) -> Option<Self> {
        let own = dataset::functional_group(set, frame_index, tags::FRAME_DISPLAY_SHUTTER_SEQUENCE);
        own.and_then(|own| Self::read(own, overlays)).or_else(|| Self::read(set, overlays))
    }

    /// Those of an image, or of a presentation state; `None` when there are none. `overlays`: the planes of the same data set, for a bitmap.
    pub(super) fn read(set: &InMemDicomObject, overlays: &[Overlay]) -> Option<Self> {
        let shapes: Vec<_> = dataset::texts(set, tags::SHUTTER_SHAPE)
            .iter()
            .filter_map(|name| ShutterShape::read(set, name, overlays))
            .collect();
        if shapes.is_empty() {
            return None;
        }
        // A P-Value of 16 bits; black when nothing is said.
        let value = dataset::integer(set, tags::SHUTTER_PRESENTATION_VALUE).unwrap_or(0);
        let lab = dataset::integers(set, tags::SHUTTER_PRESENTATION_COLOR_CIE_LAB_VALUE);
        let color = match lab[..] {
            [l, a, b, ..] => Some(rgb_from_lab([l as u16, a as u16, b as u16])),
            _ => None,
        };
        Some(Self { shapes, tone: f64::from(value as u16) / 65_535.0, color })
    }

    /// Whether a plane is one of the shutters, and so is not drawn.
    pub(super) fn uses(&self, overlay: &Overlay) -> bool {
        self.shapes
            .iter()
            .any(|shape| matches!(shape, ShutterShape::Bitmap(bitmap) if bitmap.group == overlay.group))
    }

    /// Covers what is hidden of a frame that a picture shows. `aspect`: height of a pixel by its width.
    pub(super) fn cover(&self, picture: &mut Rendered8, placement: &Placement, aspect: f64) {
        let level = (self.tone.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        let color = self.color.unwrap_or([level; 3]);
        let (width, channels) = (picture.width as usize, picture.channels.bytes());
        let (rows, columns) = (placement.rows, placement.columns);
        let pixels: Vec<usize> = (columns.start..columns.end).map(|place| columns.pixel_at(place)).collect();
        let mut hidden = vec![false; pixels.len()];
        let mut last = None;
        for row in rows.start..rows.end {
            let pixel = rows.pixel_at(row);
            if last != Some(pixel) {
                last = Some(pixel);
                hidden.fill(false);
                self.shapes.iter().for_each(|shape| shape.hide(pixel, &pixels, aspect, &mut hidden));
            }
            let line = &mut picture.pixels[(row * width + columns.start) * channels..];
            for (pixel, _) in
                line.chunks_exact_mut(channels).zip(&hidden).filter(|(_, is_hidden)| **is_hidden)
            {
                match picture.channels {
                    Channels::Gray => pixel.fill(level),
                    Channels::Rgb => pixel.copy_from_slice(&color),
                }
            }
        }
    }
}

impl ShutterShape {
    fn read(set: &InMemDicomObject, name: &str, overlays: &[Overlay]) -> Option<Self> {
        let number = |tag| i32::try_from(dataset::integer(set, tag)?).ok();
        match name {
            "RECTANGULAR" => {
                let (left, right) =
                    (number(tags::SHUTTER_LEFT_VERTICAL_EDGE)?, number(tags::SHUTTER_RIGHT_VERTICAL_EDGE)?);
                let (upper, lower) = (
                    number(tags::SHUTTER_UPPER_HORIZONTAL_EDGE)?,
                    number(tags::SHUTTER_LOWER_HORIZONTAL_EDGE)?,
                );
                // Edges the wrong way round hide everything; nobody means that.
                (left <= right && upper <= lower).then_some(Self::Rectangle { left, right, upper, lower })
            }
            "CIRCULAR" => {
                let center = dataset::numbers(set, tags::CENTER_OF_CIRCULAR_SHUTTER);
                let [row, column, ..] = center[..] else { return None };
                let radius = number(tags::RADIUS_OF_CIRCULAR_SHUTTER).filter(|radius| *radius > 0)?;
                Some(Self::Circle { row: row as i32, column: column as i32, radius })
            }
            "POLYGONAL" => {
                let numbers = dataset::numbers(set, tags::VERTICES_OF_THE_POLYGONAL_SHUTTER);
                let vertices: Vec<_> = numbers
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|[row, column]| (*row as i32, *column as i32))
                    .collect();
                (3..=MAX_VERTICES).contains(&vertices.len()).then_some(Self::Polygon(vertices))
            }
            "BITMAP" => {
                let group = dataset::integer(set, tags::SHUTTER_OVERLAY_GROUP)?;
                let overlay = overlays.iter().find(|overlay| i64::from(overlay.group) == group)?;
                Some(Self::Bitmap(overlay.clone()))
            }
            _ => None,
        }
    }

    /// Marks what the shape hides of some pixels of a row of the frame; all from 0, the pixels in order.
    fn hide(&self, row: usize, pixels: &[usize], aspect: f64, hidden: &mut [bool]) {
        // DICOM counts from 1.
        let (line, column) = (row as f64 + 1.0, |pixel: usize| pixel as f64 + 1.0);
        let mut mark = |is_hidden: &dyn Fn(usize) -> bool| {
            hidden.iter_mut().zip(pixels).for_each(|(hidden, &pixel)| *hidden |= is_hidden(pixel));
        };
        match self {
            Self::Rectangle { left, right, upper, lower } => {
                let is_outside = line < f64::from(*upper) || line > f64::from(*lower);
                let (left, right) = (f64::from(*left), f64::from(*right));
                mark(&|pixel| is_outside || column(pixel) < left || column(pixel) > right);
            }
            Self::Circle { row, column: center, radius } => {
                let down = (line - f64::from(*row)) * aspect;
                let rest = f64::from(*radius).powi(2) - down * down;
                mark(&|pixel| (column(pixel) - f64::from(*center)).powi(2) > rest);
            }
            Self::Polygon(vertices) => {
                // Just above and just below the middle of the row, so that a pixel on an edge is inside.
                let shown: Vec<_> =
                    [-EDGE, EDGE].iter().flat_map(|shift| spans(vertices, line + shift)).collect();
                mark(&|pixel| !shown.iter().any(|(from, to)| (*from..=*to).contains(&column(pixel))));
            }
            Self::Bitmap(overlay) => mark(&|pixel| overlay.is_set_at(row, pixel)),
        }
    }
}

/// How far beside an edge still counts as on it, in pixels.
const EDGE: f64 = 1e-3;

/// What a line crosses of a polygon, from column to column.
fn spans(vertices: &[(i32, i32)], line: f64) -> Vec<(f64, f64)> {
    let next = vertices.iter().skip(1).chain(vertices.first());
    let mut crossings: Vec<f64> = vertices
        .iter()
        .zip(next)
        .filter_map(|(&(row, column), &(next_row, next_column))| {
            let [row, column, next_row, next_column] = [row, column, next_row, next_column].map(f64::from);
            ((row <= line) != (next_row <= line))
                .then(|| column + (line - row) / (next_row - row) * (next_column - column))
        })
        .collect();
    crossings.sort_by(f64::total_cmp);
    crossings.as_chunks::<2>().0.iter().map(|[from, to]| (from - EDGE, to + EDGE)).collect()
}

#[cfg(test)]
mod tests;
