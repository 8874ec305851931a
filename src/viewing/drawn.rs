//! Marks as lines on a picture: what stays of them beside an image that is kept.

use super::{Mark, MarkShape};
use crate::clinical::MarkText;
use crate::imaging::{LengthUnit, Measured, Spot, ValueUnit};

/// Corners of what is round.
const CORNERS: u32 = 48;
/// From the head of an arrow to the ends of its barbs, in parts of its length, and at most so much of the picture.
const BARB: f64 = 0.25;
const LONGEST_BARB: f64 = 0.03;
/// How long each line of a cross is, in units of the picture.
const CROSS: f64 = 0.02;

/// A mark on a picture, in units of the picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrawnMark {
    pub lines: Vec<Vec<Spot>>,
    /// What stands beside it, and where.
    pub label: Option<(MarkText, Spot)>,
}

impl DrawnMark {
    /// A mark over a picture. `place` says where on the picture a point of the frame is; `aspect`: width of the picture over its height.
    pub fn new(mark: &Mark, place: impl Fn(Spot) -> Spot, aspect: f64) -> Self {
        let spots: Vec<Spot> = mark.shape.spots().iter().map(|spot| place(*spot)).collect();
        let (first, last) = match (spots.first(), spots.last()) {
            (Some(first), Some(last)) => (*first, *last),
            _ => return Self::default(),
        };
        let lines = match &mark.shape {
            MarkShape::Arrow(_) => vec![vec![first, last], barbs(first, last, aspect)],
            MarkShape::Freehand(_) | MarkShape::Length(_) | MarkShape::Angle(_) => vec![spots.clone()],
            // On the frame they are boxes along its axes; on the picture they may be turned.
            MarkShape::Circle([from, to]) | MarkShape::Ellipse([from, to]) => vec![round(*from, *to, &place)],
            MarkShape::Rectangle([from, to]) => {
                let corners = [*from, (to.0, from.1), *to, (from.0, to.1), *from];
                vec![corners.into_iter().map(&place).collect()]
            }
            MarkShape::Probe(_) => cross(first, aspect),
            MarkShape::Text(_) | MarkShape::Number(_) => Vec::new(),
        };
        let label = words(mark).map(|words| (words, last));
        Self { lines, label }
    }
}

/// The two barbs of an arrow, as one line over its head.
fn barbs(tail: Spot, head: Spot, aspect: f64) -> Vec<Spot> {
    let (across, down) = ((tail.0 - head.0) * aspect, tail.1 - head.1);
    let length = across.hypot(down);
    if length <= 0.0 {
        return vec![head];
    }
    let barb = (length * BARB).min(LONGEST_BARB) / length;
    let at = |turn: f64| {
        let (sin, cos) = turn.sin_cos();
        let (x, y) = (across * cos - down * sin, across * sin + down * cos);
        (head.0 + x * barb / aspect, head.1 + y * barb)
    };
    vec![at(0.5), head, at(-0.5)]
}

fn round(from: Spot, to: Spot, place: &impl Fn(Spot) -> Spot) -> Vec<Spot> {
    let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    let radius = ((to.0 - from.0) / 2.0, (to.1 - from.1) / 2.0);
    let corner = |number: u32| {
        let (sin, cos) = (f64::from(number % CORNERS) * std::f64::consts::TAU / f64::from(CORNERS)).sin_cos();
        place((middle.0 + radius.0 * cos, middle.1 + radius.1 * sin))
    };
    (0..=CORNERS).map(corner).collect()
}

fn cross((x, y): Spot, aspect: f64) -> Vec<Vec<Spot>> {
    let (across, down) = (CROSS / 2.0 / aspect.max(1e-6), CROSS / 2.0);
    vec![vec![(x - across, y), (x + across, y)], vec![(x, y - down), (x, y + down)]]
}

/// Its number, its words and what it measures, short enough for a picture.
fn words(mark: &Mark) -> Option<MarkText> {
    let number = mark.number.map(|number| number.to_string());
    let text = Some(mark.text.expose().to_owned()).filter(|text| !text.is_empty());
    let measured = mark.measured.as_ref().and_then(measured);
    let words: Vec<String> = number.into_iter().chain(text).chain(measured).collect();
    (!words.is_empty()).then(|| MarkText::kept(words.join(" ")))
}

fn measured(measured: &Measured) -> Option<String> {
    let unit = |unit| match unit {
        LengthUnit::Mm => "mm",
        LengthUnit::Pixels => "px",
    };
    let value_unit = |unit| match unit {
        ValueUnit::Hu => " HU",
        ValueUnit::Stored => "",
    };
    if let Some(length) = &measured.length {
        return Some(format!("{:.1} {}", length.value, unit(length.unit)));
    }
    if let Some(degrees) = measured.angle_degrees {
        return Some(format!("{degrees:.0}\u{B0}"));
    }
    if let Some(region) = &measured.values {
        return Some(format!("{:.0} \u{B1} {:.0}{}", region.mean, region.sd, value_unit(region.unit)));
    }
    let area = measured.area.as_ref();
    area.map(|area| format!("{:.1} {}\u{B2}", area.value, unit(area.unit)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::{InstanceId, MarkId, ParticipantId, SeriesId};
    use crate::imaging::{FrameNumber, Quantity};

    fn mark(shape: MarkShape, text: &str) -> Mark {
        let id = uuid::Uuid::from_u128(1);
        Mark {
            id: MarkId::new(id),
            by: ParticipantId::new(id),
            at: chrono::DateTime::UNIX_EPOCH,
            series: SeriesId::new(id),
            instance: InstanceId::new(id),
            frame: FrameNumber::FIRST,
            shape,
            text: MarkText::new(text).unwrap(),
            number: None,
            measured: None,
            is_saved: false,
        }
    }

    fn drawn(mark: &Mark) -> DrawnMark {
        // The picture shows the left half of the frame.
        DrawnMark::new(mark, |(x, y)| (x * 2.0, y), 1.0)
    }

    #[test]
    fn shapes_are_lines_in_units_of_the_picture() {
        let line = drawn(&mark(MarkShape::Length([(0.1, 0.2), (0.4, 0.2)]), ""));
        assert_eq!(line.lines, [[(0.2, 0.2), (0.8, 0.2)]]);
        let arrow = drawn(&mark(MarkShape::Arrow([(0.1, 0.2), (0.4, 0.2)]), ""));
        assert_eq!(arrow.lines.len(), 2);
        let [above, head, below] = arrow.lines[1][..] else { panic!("two barbs") };
        assert_eq!(head, (0.8, 0.2));
        assert!(above.0 < 0.8 && below.0 < 0.8 && (above.1 - 0.2) * (below.1 - 0.2) < 0.0, "{arrow:?}");
        // Round on the frame: twice as wide on this picture.
        let circle = drawn(&mark(MarkShape::Circle([(0.1, 0.1), (0.3, 0.3)]), ""));
        let (first, last) = (circle.lines[0][0], circle.lines[0][CORNERS as usize]);
        assert_eq!(first, last);
        for (x, y) in &circle.lines[0] {
            let away = ((x - 0.4) / 0.2).powi(2) + ((y - 0.2) / 0.1).powi(2);
            assert!((away - 1.0).abs() < 1e-9, "{x}, {y}");
        }
        let rectangle = drawn(&mark(MarkShape::Rectangle([(0.0, 0.0), (0.5, 1.0)]), ""));
        assert_eq!(rectangle.lines[0], [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]);
        assert_eq!(drawn(&mark(MarkShape::Arrow([(0.1, 0.1); 2]), "")).lines[1], [(0.2, 0.1)]);
    }

    #[test]
    fn the_label_says_number_words_and_measure() {
        let label = |mark: &Mark| drawn(mark).label.map(|(words, _)| words.expose().to_owned());
        let mut line = mark(MarkShape::Length([(0.1, 0.2), (0.4, 0.2)]), "kyste");
        line.number = Some(3);
        let length = Quantity { value: 12.34, unit: LengthUnit::Mm, source: None };
        line.measured = Some(Measured { length: Some(length), ..Measured::default() });
        assert_eq!(label(&line).as_deref(), Some("3 kyste 12.3 mm"));
        line.measured = Some(Measured { angle_degrees: Some(41.6), ..Measured::default() });
        assert_eq!(label(&line).as_deref(), Some("3 kyste 42°"));
        assert_eq!(label(&mark(MarkShape::Freehand(vec![(0.1, 0.2), (0.4, 0.2)]), "")), None);
        assert_eq!(drawn(&mark(MarkShape::Text((0.25, 0.5)), "ici")).label.unwrap().1, (0.5, 0.5));
    }
}
