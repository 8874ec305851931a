//! What a presentation state draws (PS3.3 C.10.5, C.10.7).

use std::collections::BTreeMap;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::color::rgb_from_lab;
use super::super::{Graphic, GraphicShape, dataset};
use super::Target;

/// Graphic Layer Recommended Display RGB Value: retired, and written still.
const RETIRED_RGB: Tag = Tag(0x0070, 0x0067);
/// The most graphics that are drawn over one frame.
const MAX_GRAPHICS: usize = 1_000;
/// The most points of all of them.
const MAX_POINTS: usize = 20_000;
/// The longest text, in characters (PS3.3 C.10.5: ST).
const MAX_TEXT: usize = 1_024;

/// A layer (PS3.3 C.10.7).
#[derive(Clone, Copy, Default)]
struct Layer {
    order: i64,
    color: Option<[u8; 3]>,
}

/// What is drawn over a frame, the lowest layer first.
pub(super) fn read(set: &InMemDicomObject, target: &Target) -> Vec<Graphic> {
    let layers: BTreeMap<String, Layer> = dataset::items(set, tags::GRAPHIC_LAYER_SEQUENCE)
        .iter()
        .take(MAX_GRAPHICS)
        .map(|item| {
            let order = dataset::integer(item, tags::GRAPHIC_LAYER_ORDER).unwrap_or(0);
            (dataset::text(item, tags::GRAPHIC_LAYER), Layer { order, color: layer_color(item) })
        })
        .collect();
    let layer = |item: &InMemDicomObject| {
        layers.get(&dataset::text(item, tags::GRAPHIC_LAYER)).copied().unwrap_or_default()
    };
    let annotations = dataset::items(set, tags::GRAPHIC_ANNOTATION_SEQUENCE);
    let mut annotations: Vec<_> =
        annotations.iter().filter(|item| target.is_of(item)).map(|item| (layer(item), item)).collect();
    annotations.sort_by_key(|(layer, _)| layer.order);
    let mut drawing = Drawing { target, graphics: Vec::new(), points: 0 };
    for (layer, item) in annotations {
        let objects = dataset::items(item, tags::GRAPHIC_OBJECT_SEQUENCE);
        let texts = dataset::items(item, tags::TEXT_OBJECT_SEQUENCE);
        objects.iter().for_each(|object| drawing.graphic(object, layer));
        // A compound graphic is there a second time as the simple ones that it is made of, for whoever does not know it.
        let number = |object: &InMemDicomObject| dataset::integer(object, tags::COMPOUND_GRAPHIC_INSTANCE_ID);
        let parts: Vec<i64> = objects.iter().chain(texts).filter_map(number).collect();
        dataset::items(item, tags::COMPOUND_GRAPHIC_SEQUENCE)
            .iter()
            .filter(|compound| number(compound).is_none_or(|number| !parts.contains(&number)))
            .for_each(|compound| drawing.compound(compound, layer));
        texts.iter().for_each(|object| drawing.text(object, layer));
    }
    drawing.graphics
}

struct Drawing<'t> {
    target: &'t Target,
    graphics: Vec<Graphic>,
    /// How many points they have.
    points: usize,
}

impl Drawing<'_> {
    fn push(&mut self, shape: GraphicShape, points: Vec<(f64, f64)>, is_on_screen: bool, style: Style) {
        let is_full = self.graphics.len() >= MAX_GRAPHICS || self.points + points.len() > MAX_POINTS;
        if !is_full {
            self.points += points.len();
            let Style { is_filled, color } = style;
            self.graphics.push(Graphic { shape, points, is_on_screen, is_filled, color });
        }
    }

    /// Points of an object, and whether they lie on the screen; `None` for units that are not known here.
    ///
    /// PIXEL: 0\0 is the outer corner of the first pixel of the frame. DISPLAY: 0\0 to 1\1 is the displayed area.
    fn points(&self, set: &InMemDicomObject, data: Tag, units: Tag) -> Option<(Vec<(f64, f64)>, bool)> {
        let numbers = dataset::numbers(set, data);
        if numbers.iter().any(|number| !number.is_finite()) {
            return None;
        }
        let is_on_screen = match dataset::text(set, units).as_str() {
            "DISPLAY" => true,
            "PIXEL" => false,
            _ => return None,
        };
        let size = if is_on_screen {
            (1.0, 1.0)
        } else {
            (f64::from(self.target.columns.max(1)), f64::from(self.target.rows.max(1)))
        };
        let pairs = numbers.as_chunks::<2>().0.iter().take(MAX_POINTS);
        Some((pairs.map(|[column, row]| (column / size.0, row / size.1)).collect(), is_on_screen))
    }

    fn graphic(&mut self, object: &InMemDicomObject, layer: Layer) {
        let Some((points, is_on_screen)) =
            self.points(object, tags::GRAPHIC_DATA, tags::GRAPHIC_ANNOTATION_UNITS)
        else {
            return;
        };
        let (shape, needed) = match dataset::text(object, tags::GRAPHIC_TYPE).as_str() {
            "POINT" => (GraphicShape::Points, 1),
            "POLYLINE" => (GraphicShape::Polyline, 2),
            "INTERPOLATED" => (GraphicShape::Curve, 2),
            "CIRCLE" => (GraphicShape::Circle, 2),
            "ELLIPSE" => (GraphicShape::Ellipse, 4),
            _ => return,
        };
        if points.len() >= needed {
            self.push(shape, points, is_on_screen, Style::of(object, layer));
        }
    }

    /// A compound graphic (PS3.3 C.10.5.1.3) as far as a simple one says the same.
    fn compound(&mut self, object: &InMemDicomObject, layer: Layer) {
        let Some((points, is_on_screen)) =
            self.points(object, tags::GRAPHIC_DATA, tags::COMPOUND_GRAPHIC_UNITS)
        else {
            return;
        };
        let style = Style::of(object, layer);
        match (dataset::text(object, tags::COMPOUND_GRAPHIC_TYPE).as_str(), &points[..]) {
            ("RECTANGLE", [a, b]) => {
                let corners = vec![*a, (b.0, a.1), *b, (a.0, b.1), *a];
                self.push(GraphicShape::Polyline, corners, is_on_screen, style);
            }
            ("ELLIPSE", [a, b]) => {
                let middle = (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1));
                let ends = vec![(a.0, middle.1), (b.0, middle.1), (middle.0, a.1), (middle.0, b.1)];
                self.push(GraphicShape::Ellipse, ends, is_on_screen, style);
            }
            ("MULTILINE", [_, _, ..]) => {
                for pair in points.as_chunks::<2>().0 {
                    self.push(GraphicShape::Polyline, pair.to_vec(), is_on_screen, style);
                }
            }
            ("CROSSHAIR", [_, ..]) => self.push(GraphicShape::Points, points, is_on_screen, style),
            (_, [_, _, ..]) => self.push(GraphicShape::Polyline, points, is_on_screen, style),
            _ => {}
        }
    }

    fn text(&mut self, object: &InMemDicomObject, layer: Layer) {
        let text: String =
            dataset::text(object, tags::UNFORMATTED_TEXT_VALUE).chars().take(MAX_TEXT).collect();
        if text.is_empty() {
            return;
        }
        let point = |tag, units| {
            self.points(object, tag, units)
                .and_then(|(points, is_on_screen)| Some((*points.first()?, is_on_screen)))
        };
        let corner = |tag| point(tag, tags::BOUNDING_BOX_ANNOTATION_UNITS);
        let corners = corner(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER)
            .zip(corner(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER));
        let anchor = point(tags::ANCHOR_POINT, tags::ANCHOR_POINT_ANNOTATION_UNITS);
        let style = Style { is_filled: false, ..Style::of(object, layer) };
        // A line leads to the anchor only where the state says so.
        let is_led = dataset::text(object, tags::ANCHOR_POINT_VISIBILITY) == "Y";
        match (corners, anchor) {
            (Some(((first, is_on_screen), (second, _))), anchor) => {
                let mut points = vec![first, second];
                match anchor.filter(|_| is_led) {
                    Some((anchor, same)) if same == is_on_screen => points.push(anchor),
                    // In other units than the box no line can be drawn: the place is marked.
                    Some((anchor, other)) => self.push(GraphicShape::Points, vec![anchor], other, style),
                    None => {}
                }
                self.push(GraphicShape::Text(text), points, is_on_screen, style);
            }
            (None, Some((anchor, is_on_screen))) => {
                self.push(GraphicShape::Text(text), vec![anchor], is_on_screen, style);
            }
            (None, None) => {}
        }
    }
}

#[derive(Clone, Copy)]
struct Style {
    is_filled: bool,
    color: Option<[u8; 3]>,
}

impl Style {
    /// The object's own colour first, then that of its layer.
    fn of(object: &InMemDicomObject, layer: Layer) -> Self {
        let own = [
            (tags::LINE_STYLE_SEQUENCE, tags::PATTERN_ON_COLOR_CIE_LAB_VALUE),
            (tags::TEXT_STYLE_SEQUENCE, tags::TEXT_COLOR_CIE_LAB_VALUE),
        ];
        let own = own.into_iter().find_map(|(style, color)| {
            cielab(&dataset::integers(dataset::items(object, style).first()?, color))
        });
        Self { is_filled: dataset::text(object, tags::GRAPHIC_FILLED) == "Y", color: own.or(layer.color) }
    }
}

/// CIELab first, then RGB, then grey (PS3.3 C.10.7).
fn layer_color(item: &InMemDicomObject) -> Option<[u8; 3]> {
    let level = |value: i64| (value.clamp(0, 65_535) / 257) as u8;
    let lab = dataset::integers(item, tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_CIE_LAB_VALUE);
    let rgb = dataset::integers(item, RETIRED_RGB);
    let gray = dataset::integers(item, tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_GRAYSCALE_VALUE);
    cielab(&lab)
        .or(match rgb[..] {
            [red, green, blue, ..] => Some([red, green, blue].map(level)),
            _ => None,
        })
        .or_else(|| gray.first().map(|gray| [level(*gray); 3]))
}

/// PCS values as DICOM writes them (PS3.3 C.10.7.1.1): L* from 0 to 100, a* and b* from -128 to 127, each over 0 to 65535. To sRGB.
fn cielab(values: &[i64]) -> Option<[u8; 3]> {
    let [l, a, b] = *values.get(..3)? else { return None };
    Some(rgb_from_lab([l, a, b].map(|value| value.clamp(0, 65_535) as u16)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PS3.3 C.10.7.1.1.
    #[test]
    fn cielab_becomes_srgb() {
        assert_eq!(cielab(&[65_535, 0x8080, 0x8080]), Some([255, 255, 255]));
        assert_eq!(cielab(&[0, 0x8080, 0x8080]), Some([0, 0, 0]));
        // Red of sRGB is 54.29, 80.81, 69.89 under D50.
        let [red, green, blue] =
            cielab(&[35_578, ((80.81 + 128.0) * 257.0) as i64, ((69.89 + 128.0) * 257.0) as i64]).unwrap();
        assert!(red >= 253 && green <= 4 && blue <= 4, "{red} {green} {blue}");
        assert_eq!(cielab(&[1, 2]), None);
    }
}
