//! Lengths, angles and values of a frame: what stands beside a mark that measures. They come from the stored values and the header alone, so
//! that every screen is told the same number.

mod plane;
mod words;

use serde::{Deserialize, Serialize};

use super::color::Color;
use super::damage::Damage;
use super::pixels::each;
use super::{CalibrationSource, StoredFrame, ValueUnit};
use plane::{ON_EDGE, Outline, Plane};

/// Along columns and rows, in units of the frame: 0, 0 is the outer corner of its first pixel, 1, 1 that of its last.
pub type Spot = (f64, f64);

/// What is to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum MeasureShape {
    Length([Spot; 2]),
    /// The vertex is the second.
    Angle([Spot; 3]),
    /// In the box of two corners.
    Ellipse([Spot; 2]),
    Rectangle([Spot; 2]),
    Probe(Spot),
}

/// What stands beside a mark that measures. Only what its shape has is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub length: Option<Quantity>,
    /// Of an ellipse or a rectangle, in squares of its unit.
    pub area: Option<Quantity>,
    /// Between the two arms, 0 to 180.
    pub angle_degrees: Option<f64>,
    /// Of an ellipse or a rectangle.
    pub values: Option<RegionValues>,
    pub probe: Option<ProbeValues>,
    /// Why something of it is not there, or in pixels only.
    pub refused: Option<MeasureRefusal>,
}

/// A length or an area.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    pub value: f64,
    pub unit: LengthUnit,
    /// What it rests on; `None` in pixels.
    pub source: Option<CalibrationSource>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LengthUnit {
    Mm,
    /// Widths of a pixel: where pixels are not square, their height counts as what it is shown as.
    Pixels,
}

/// Values of the pixels whose middle lies in a shape or on its edge, but for those that are no image (PS3.3 C.7.5.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionValues {
    pub mean: f64,
    /// Of a sample (n - 1); 0 for one pixel.
    pub sd: f64,
    pub min: f64,
    pub max: f64,
    pub pixels: u64,
    pub unit: ValueUnit,
}

/// Values of the pixel under a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeValues {
    /// One of a grey frame, three as they are stored of one in colour.
    pub values: Vec<f64>,
    pub unit: ValueUnit,
}

/// Why something cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MeasureRefusal {
    /// Its ends lie in regions that have nothing to do with each other.
    DifferentRegions,
    /// The object knows lengths, and not there.
    NoLengthHere,
    /// Colours have no mean.
    Colour,
    /// A point lies outside of the frame, or where there is no image.
    OutsideFrame,
    /// A frame of a clip, which is decoded elsewhere.
    Clip,
    /// The frame cannot be decoded, or is damaged there.
    FrameFailed,
}

impl Measured {
    /// Nothing but why.
    pub fn refused(why: MeasureRefusal) -> Self {
        Self { refused: Some(why), ..Self::default() }
    }
}

impl MeasureShape {
    /// Its points, in the order in which they are given.
    fn spots(&self) -> &[Spot] {
        match self {
            Self::Length(spots) | Self::Ellipse(spots) | Self::Rectangle(spots) => spots,
            Self::Angle(spots) => spots,
            Self::Probe(spot) => std::slice::from_ref(spot),
        }
    }

    /// Whether all its points are somewhere.
    pub fn is_finite(&self) -> bool {
        self.spots().iter().all(|(x, y)| x.is_finite() && y.is_finite())
    }
}

/// Measures a shape on a frame, as its object describes it: a presentation state that is applied to the frame does not count.
pub fn measure(frame: &StoredFrame, shape: &MeasureShape) -> Measured {
    if !shape.is_finite() {
        return Measured::refused(MeasureRefusal::OutsideFrame);
    }
    let plane = Plane {
        columns: frame.columns,
        rows: frame.rows,
        pixel_aspect: frame.appearance.pixel_aspect,
        calibrations: &frame.about.calibrations,
    };
    let mut measured = plane.measure(shape);
    let values = match shape {
        MeasureShape::Length(_) | MeasureShape::Angle(_) => Ok(()),
        MeasureShape::Probe(spot) => probe(frame, plane.pixel(*spot)).map(|probe| measured.probe = probe),
        MeasureShape::Ellipse(corners) | MeasureShape::Rectangle(corners) => {
            let is_round = matches!(shape, MeasureShape::Ellipse(_));
            let outline = Outline::new(corners.map(|corner| plane.pixel(corner)), is_round);
            values(frame, &outline).map(|values| measured.values = values)
        }
    };
    measured.refused = measured.refused.or(values.err());
    measured
}

/// Values of the pixels inside; `None` where there are none.
fn values(frame: &StoredFrame, outline: &Outline) -> Result<Option<RegionValues>, MeasureRefusal> {
    if !is_gray(frame) {
        return Err(MeasureRefusal::Colour);
    }
    let whole = whole_rows(frame)?;
    let first = outline.low.1.floor().clamp(0.0, f64::from(frame.rows)) as u32;
    let last = outline.high.1.ceil().clamp(0.0, f64::from(frame.rows)) as u32;
    let mut sums = Sums::default();
    let mut is_any = false;
    for row in first..last {
        let columns = outline.columns(row, frame.columns);
        is_any |= !columns.is_empty();
        if row < whole && !columns.is_empty() {
            let start = row as usize * frame.columns as usize;
            let place = start + columns.start..start + columns.end;
            each!(&*frame.values, vector => {
                vector.get(place).unwrap_or_default().iter().for_each(|value| {
                    if let Some(value) = read(frame, number(*value)) {
                        sums.add(value);
                    }
                });
            });
        }
    }
    match sums.values(frame.about.value_unit) {
        Some(values) => Ok(Some(values)),
        // So small that no middle lies in it.
        None if !is_any && outline.is_on(frame.columns, frame.rows) => Ok(None),
        None if first >= whole && whole < frame.rows => Err(MeasureRefusal::FrameFailed),
        None => Err(MeasureRefusal::OutsideFrame),
    }
}

/// Values of the pixel that a point lies in.
fn probe(frame: &StoredFrame, (x, y): Spot) -> Result<Option<ProbeValues>, MeasureRefusal> {
    let place = |at: f64, size: u32| {
        let is_on = (-ON_EDGE..=f64::from(size) + ON_EDGE).contains(&at);
        is_on.then(|| at.max(0.0) as u32).map(|at| at.min(size.saturating_sub(1)))
    };
    let (Some(column), Some(row)) = (place(x, frame.columns), place(y, frame.rows)) else {
        return Err(MeasureRefusal::OutsideFrame);
    };
    if row >= whole_rows(frame)? {
        return Err(MeasureRefusal::FrameFailed);
    }
    let samples = usize::from(frame.samples);
    let start = (row as usize * frame.columns as usize + column as usize) * samples;
    let stored: Option<Vec<f64>> = (start..start + samples).map(|place| frame.values.at(place)).collect();
    let stored = stored.ok_or(MeasureRefusal::FrameFailed)?;
    if !is_gray(frame) {
        return Ok(Some(ProbeValues { values: stored, unit: ValueUnit::Stored }));
    }
    let values: Option<Vec<f64>> = stored.into_iter().map(|value| read(frame, value)).collect();
    let values = values.ok_or(MeasureRefusal::OutsideFrame)?;
    Ok(Some(ProbeValues { values, unit: frame.about.value_unit }))
}

fn is_gray(frame: &StoredFrame) -> bool {
    let is_gray = matches!(frame.appearance.color, Ok(Color::Monochrome1 | Color::Monochrome2));
    is_gray && frame.samples == 1
}

/// How many rows are what was stored; a fault of the codec may lie anywhere.
fn whole_rows(frame: &StoredFrame) -> Result<u32, MeasureRefusal> {
    match &frame.damage {
        None => Ok(frame.rows),
        Some(Damage::MissingRows { first, .. }) => Ok(*first),
        Some(Damage::CodecStopped(_)) => Err(MeasureRefusal::FrameFailed),
    }
}

fn number(stored: impl Into<f64>) -> f64 {
    stored.into()
}

/// A stored value as it is read off; `None` for what is no image.
fn read(frame: &StoredFrame, stored: f64) -> Option<f64> {
    if frame.appearance.padding.is_some_and(|(low, high)| (low..=high).contains(&stored)) {
        return None;
    }
    let value = match frame.about.value_unit {
        ValueUnit::Hu => frame.appearance.modality.apply(stored),
        ValueUnit::Stored => stored,
    };
    value.is_finite().then_some(value)
}

/// Sums over values, from the first of them on: so that large values do not swallow small differences.
#[derive(Debug, Default)]
struct Sums {
    pixels: u64,
    first: f64,
    sum: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Sums {
    fn add(&mut self, value: f64) {
        if self.pixels == 0 {
            (self.first, self.min, self.max) = (value, value, value);
        }
        let from_first = value - self.first;
        self.pixels += 1;
        self.sum += from_first;
        self.squares += from_first * from_first;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    fn values(&self, unit: ValueUnit) -> Option<RegionValues> {
        if self.pixels == 0 {
            return None;
        }
        let count = self.pixels as f64;
        let spread = (self.squares - self.sum * self.sum / count).max(0.0);
        let sd = if self.pixels > 1 { (spread / (count - 1.0)).sqrt() } else { 0.0 };
        let mean = self.first + self.sum / count;
        let Self { min, max, pixels, .. } = *self;
        (mean.is_finite() && sd.is_finite()).then_some(RegionValues { mean, sd, min, max, pixels, unit })
    }
}

#[cfg(test)]
mod tests;
