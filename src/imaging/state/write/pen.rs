//! Marks as the graphic and text objects of a presentation state (PS3.3 C.10.5).

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::super::Spot;
use super::super::super::write::{item, lines, put, put_floats, put_shorts};
use super::{StateMark, StateShape};

/// The most points of one graphic: an element with a short length holds 8191.
const MAX_POINTS: usize = 8_000;
/// The longest text of a graphic, in characters (ST).
const MAX_TEXT: usize = 1_024;

/// Draws in units of PIXEL: 0\0 is the outer corner of the first pixel (C.10.5.1.2).
pub(super) struct Pen {
    pub(super) columns: u32,
    pub(super) rows: u32,
    /// Height of a pixel divided by its width.
    pub(super) aspect: f64,
}

impl Pen {
    fn pixel(&self, (x, y): Spot) -> Spot {
        (x * f64::from(self.columns), y * f64::from(self.rows))
    }

    /// The lines and points of a shape.
    pub(super) fn graphics(&self, shape: &StateShape) -> Vec<InMemDicomObject> {
        match shape {
            StateShape::Arrow(ends) => {
                let [from, tip] = ends.map(|end| self.pixel(end));
                vec![graphic("POLYLINE", &[from, tip]), graphic("POLYLINE", &self.head(from, tip))]
            }
            StateShape::Line(spots) => {
                let points: Vec<_> = spots.iter().take(MAX_POINTS).map(|spot| self.pixel(*spot)).collect();
                vec![graphic("POLYLINE", &points)]
            }
            StateShape::Circle(spots) => {
                let [middle, on_it] = spots.map(|spot| self.pixel(spot));
                let (across, down) = (on_it.0 - middle.0, (on_it.1 - middle.1) * self.aspect);
                let radius = across.hypot(down);
                if (self.aspect - 1.0).abs() < 1e-6 {
                    vec![graphic("CIRCLE", &[middle, on_it])]
                } else {
                    // Round on the screen, and not in pixels.
                    vec![self.ellipse(middle, radius, radius / self.aspect)]
                }
            }
            StateShape::Ellipse(corners) => {
                let [a, b] = corners.map(|corner| self.pixel(corner));
                let middle = (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1));
                vec![self.ellipse(middle, (b.0 - a.0).abs() / 2.0, (b.1 - a.1).abs() / 2.0)]
            }
            StateShape::Rectangle(corners) => {
                let [a, b] = corners.map(|corner| self.pixel(corner));
                vec![graphic("POLYLINE", &[a, (b.0, a.1), b, (a.0, b.1), a])]
            }
            StateShape::Point(spot) => vec![graphic("POINT", &[self.pixel(*spot)])],
            StateShape::Words(_) => Vec::new(),
        }
    }

    /// The ends of the longer axis first.
    fn ellipse(&self, (x, y): Spot, across: f64, down: f64) -> InMemDicomObject {
        let level = [(x - across, y), (x + across, y)];
        let upright = [(x, y - down), (x, y + down)];
        let is_wide = across >= down * self.aspect;
        let axes = if is_wide { [level, upright] } else { [upright, level] };
        graphic("ELLIPSE", axes.as_flattened())
    }

    /// The two sides of the tip of an arrow, 30 degrees from it as it is seen.
    fn head(&self, from: Spot, tip: Spot) -> [Spot; 3] {
        let back = (from.0 - tip.0, (from.1 - tip.1) * self.aspect);
        let length = back.0.hypot(back.1);
        let head = (length / 4.0).min(f64::from(self.columns) / 40.0);
        let scale = if length > 0.0 { head / length } else { 0.0 };
        let side = |degrees: f64| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (x, y) = (back.0 * cos - back.1 * sin, back.0 * sin + back.1 * cos);
            (tip.0 + x * scale, tip.1 + y * scale / self.aspect)
        };
        [side(30.0), tip, side(-30.0)]
    }

    /// The words of a mark, beside the point of it that leaves room for them.
    pub(super) fn text(&self, mark: &StateMark) -> Option<InMemDicomObject> {
        let text = lines(mark.words.expose(), MAX_TEXT);
        if text.is_empty() {
            return None;
        }
        let anchor = match &mark.shape {
            StateShape::Arrow([from, _]) => *from,
            StateShape::Line(spots) => spots.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0))?,
            StateShape::Circle([middle, on_it]) => {
                let [middle, on_it] = [middle, on_it].map(|spot| self.pixel(*spot));
                let radius = (on_it.0 - middle.0).hypot((on_it.1 - middle.1) * self.aspect);
                ((middle.0 + radius) / f64::from(self.columns.max(1)), middle.1 / f64::from(self.rows.max(1)))
            }
            StateShape::Ellipse([a, b]) => (a.0.max(b.0), f64::midpoint(a.1, b.1)),
            StateShape::Rectangle([a, b]) => (a.0.max(b.0), a.1.min(b.1)),
            StateShape::Point(spot) | StateShape::Words(spot) => *spot,
        };
        let (x, y) = self.pixel(anchor);
        let mut item = item(&[
            (tags::UNFORMATTED_TEXT_VALUE, VR::ST, &text),
            (tags::ANCHOR_POINT_ANNOTATION_UNITS, VR::CS, "PIXEL"),
            (tags::ANCHOR_POINT_VISIBILITY, VR::CS, "N"),
        ]);
        put_floats(&mut item, tags::ANCHOR_POINT, &[x as f32, y as f32]);
        Some(item)
    }
}

fn graphic(kind: &str, points: &[Spot]) -> InMemDicomObject {
    let mut item =
        item(&[(tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, "PIXEL"), (tags::GRAPHIC_TYPE, VR::CS, kind)]);
    put_shorts(&mut item, tags::GRAPHIC_DIMENSIONS, VR::US, &[2]);
    put_shorts(&mut item, tags::NUMBER_OF_GRAPHIC_POINTS, VR::US, &[points.len() as u16]);
    let data: Vec<f32> = points.iter().flat_map(|(x, y)| [*x as f32, *y as f32]).collect();
    put_floats(&mut item, tags::GRAPHIC_DATA, &data);
    let is_closed =
        matches!(kind, "CIRCLE" | "ELLIPSE") || points.len() > 2 && points.first() == points.last();
    if is_closed {
        put(&mut item, tags::GRAPHIC_FILLED, VR::CS, "N");
    }
    item
}
