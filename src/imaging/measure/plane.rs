//! A frame as lengths see it: which scale holds where a shape lies, and what its outline covers.

use super::super::{Calibration, CalibrationSource};
use super::{LengthUnit, MeasureRefusal, MeasureShape, Measured, Quantity, Spot};

/// By how much the sizes of pixels in two regions may differ where they count as the same, as a part of them.
const SAME_SIZE: f64 = 1e-3;
/// How far outside of the frame a point still lies on its edge, in pixels: rounding on its way here.
pub(super) const ON_EDGE: f64 = 1e-6;

/// A frame as lengths see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane<'c> {
    pub(super) columns: u32,
    pub(super) rows: u32,
    /// Height of a pixel divided by its width.
    pub(super) pixel_aspect: f64,
    /// The one on top first.
    pub(super) calibrations: &'c [Calibration],
}

/// What a pixel measures where a shape lies.
#[derive(Clone, Copy, Debug)]
struct Scale {
    pixel: (f64, f64),
    /// `None`: in pixels.
    source: Option<CalibrationSource>,
}

impl Scale {
    fn quantity(&self, value: f64) -> Option<Quantity> {
        let unit = if self.source.is_some() { LengthUnit::Mm } else { LengthUnit::Pixels };
        value.is_finite().then_some(Quantity { value, unit, source: self.source })
    }

    fn across(&self, from: Spot, to: Spot) -> (f64, f64) {
        ((to.0 - from.0) * self.pixel.0, (to.1 - from.1) * self.pixel.1)
    }
}

impl Plane<'_> {
    /// A point in pixels of the frame.
    pub(super) fn pixel(&self, (x, y): Spot) -> Spot {
        (x * f64::from(self.columns), y * f64::from(self.rows))
    }

    /// Everything but values.
    pub(super) fn measure(&self, shape: &MeasureShape) -> Measured {
        let mut measured = Measured::default();
        let mut scaled = |points: &[Spot]| {
            let scale = self.scale(points);
            measured.refused = scale.err();
            scale.unwrap_or(Scale { pixel: (1.0, self.pixel_aspect), source: None })
        };
        match *shape {
            MeasureShape::Length(ends) => {
                let [from, to] = ends.map(|end| self.pixel(end));
                let scale = scaled(&[from, to]);
                let (width, height) = scale.across(from, to);
                measured.length = scale.quantity(width.hypot(height));
            }
            MeasureShape::Angle(spots) => {
                let [from, vertex, to] = spots.map(|spot| self.pixel(spot));
                let scale = scaled(&[from, vertex, to]);
                // Where an axis is time or speed there are no angles.
                if measured.refused.is_none() {
                    measured.angle_degrees = angle(scale.across(vertex, from), scale.across(vertex, to));
                }
            }
            MeasureShape::Ellipse(corners) => {
                let outline = Outline::new(corners.map(|corner| self.pixel(corner)), true);
                let scale = scaled(&outline.extremes());
                let (width, height) = scale.across(outline.low, outline.high);
                measured.area = scale.quantity(width * height * std::f64::consts::FRAC_PI_4);
            }
            MeasureShape::Rectangle(corners) => {
                let outline = Outline::new(corners.map(|corner| self.pixel(corner)), false);
                let scale = scaled(&outline.extremes());
                let (width, height) = scale.across(outline.low, outline.high);
                measured.area = scale.quantity(width * height);
            }
            MeasureShape::Probe(_) => {}
        }
        measured
    }

    /// The region that is on top at each point must be the same one, or one that lies on it and measures the same (PS3.3 C.8.5.5.1.3): a
    /// length from one picture into another, or into a Doppler, is none.
    fn scale(&self, points: &[Spot]) -> Result<Scale, MeasureRefusal> {
        let (columns, rows) = (f64::from(self.columns), f64::from(self.rows));
        let is_on = |at: f64, size: f64| (-ON_EDGE..=size + ON_EDGE).contains(&at);
        if !points.iter().all(|(x, y)| is_on(*x, columns) && is_on(*y, rows)) {
            return Err(MeasureRefusal::OutsideFrame);
        }
        if self.calibrations.is_empty() {
            return Ok(Scale { pixel: (1.0, self.pixel_aspect), source: None });
        }
        // A point belongs to the pixel that it lies in; one on the far edge of the frame to the last.
        let holds = |region: &Calibration, (x, y): &Spot| {
            let (x, y) = (x.floor().clamp(0.0, columns - 1.0), y.floor().clamp(0.0, rows - 1.0));
            region.region.is_none_or(|[left, top, right, bottom]| {
                (left..right).contains(&x) && (top..bottom).contains(&y)
            })
        };
        let top = |point| self.calibrations.iter().find(|region| holds(region, point));
        let tops: Vec<Option<(f64, f64)>> =
            points.iter().map(|point| top(point).and_then(|region| region.pixel_mm)).collect();
        if tops.iter().all(Option::is_none) {
            return Err(MeasureRefusal::NoLengthHere);
        }
        let is_same = |a: f64, b: f64| (a - b).abs() <= SAME_SIZE * a.max(b);
        let measures = |region: &Calibration| {
            let (width, height) = region.pixel_mm?;
            let is_like = |top: &Option<(f64, f64)>| {
                top.is_some_and(|top| is_same(top.0, width) && is_same(top.1, height))
            };
            let is_for_all = points.iter().all(|point| holds(region, point)) && tops.iter().all(is_like);
            is_for_all.then_some(Scale { pixel: (width, height), source: Some(region.source) })
        };
        self.calibrations.iter().find_map(measures).ok_or(MeasureRefusal::DifferentRegions)
    }
}

/// Degrees between two arms; `None` when one has no length.
fn angle(one: (f64, f64), other: (f64, f64)) -> Option<f64> {
    let has_length = |arm: (f64, f64)| arm.0 != 0.0 || arm.1 != 0.0;
    let dot = one.0 * other.0 + one.1 * other.1;
    let cross = one.0 * other.1 - one.1 * other.0;
    let degrees = cross.abs().atan2(dot).to_degrees();
    (has_length(one) && has_length(other) && degrees.is_finite()).then_some(degrees)
}

/// An ellipse or a rectangle, in pixels of the frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    pub(super) low: Spot,
    pub(super) high: Spot,
    is_round: bool,
}

impl Outline {
    pub(super) fn new([a, b]: [Spot; 2], is_round: bool) -> Self {
        Self { low: (a.0.min(b.0), a.1.min(b.1)), high: (a.0.max(b.0), a.1.max(b.1)), is_round }
    }

    /// The points that lie furthest out.
    fn extremes(&self) -> [Spot; 4] {
        let Self { low, high, is_round } = *self;
        let middle = self.middle();
        if is_round {
            [(low.0, middle.1), (high.0, middle.1), (middle.0, low.1), (middle.0, high.1)]
        } else {
            [low, (high.0, low.1), high, (low.0, high.1)]
        }
    }

    fn middle(&self) -> Spot {
        (f64::midpoint(self.low.0, self.high.0), f64::midpoint(self.low.1, self.high.1))
    }

    /// The columns of a row whose middles lie inside, the last one excluded.
    pub(super) fn columns(&self, row: u32, columns: u32) -> std::ops::Range<usize> {
        let y = f64::from(row) + 0.5;
        let half = (self.high.0 - self.low.0) / 2.0;
        let half = if self.is_round {
            let away = (y - self.middle().1) / ((self.high.1 - self.low.1) / 2.0);
            half * (1.0 - away * away).max(0.0).sqrt()
        } else {
            half
        };
        if !(self.low.1..=self.high.1).contains(&y) || !half.is_finite() {
            return 0..0;
        }
        let inside = |edge: f64| edge.clamp(0.0, f64::from(columns)) as usize;
        let (from, to) = (self.middle().0 - half, self.middle().0 + half);
        // The first middle that is not before, and the first that is behind.
        inside((from - 0.5).ceil())..inside((to - 0.5).floor() + 1.0)
    }

    /// Whether any of it lies on a frame of so many columns and rows.
    pub(super) fn is_on(&self, columns: u32, rows: u32) -> bool {
        let is_in = |low: f64, high: f64, size: u32| high >= 0.0 && low <= f64::from(size);
        is_in(self.low.0, self.high.0, columns) && is_in(self.low.1, self.high.1, rows)
    }
}
