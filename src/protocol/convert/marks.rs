//! Marks and what they measure.

use super::super::*;
use super::time;
use crate::clinical::MarkText;
use crate::imaging::{LengthUnit, MeasureRefusal, Measured, Quantity};
use crate::viewing::{Mark, MarkKind, MarkShape};

both_ways!(
    MarkShapeWord,
    MarkKind,
    Arrow,
    Circle,
    Freehand,
    Text,
    Number,
    Length,
    Angle,
    Ellipse,
    Rectangle,
    Probe
);
both_ways!(
    MeasureRefusalWord,
    MeasureRefusal,
    DifferentRegions,
    NoLengthHere,
    Colour,
    OutsideFrame,
    Clip,
    FrameFailed
);

impl NewMark {
    /// What is drawn, and the words of it.
    ///
    /// # Errors
    /// If the shape has not these points, or the words are not taken.
    pub fn drawn(&self) -> Result<(MarkShape, MarkText), (ProblemCode, String)> {
        drawn(self.shape.into(), &self.points, self.text.expose())
    }
}

/// A shape of this kind with these points, and words.
///
/// # Errors
/// If the shape has not these points, or the words are not taken.
pub fn drawn(
    kind: MarkKind,
    points: &[(f64, f64)],
    words: &str,
) -> Result<(MarkShape, MarkText), (ProblemCode, String)> {
    let shape = MarkShape::new(kind, points.to_vec());
    let shape =
        shape.ok_or((ProblemCode::BadRequest, "this shape has another number of points".to_owned()))?;
    let text = MarkText::new(words).map_err(|refusal| (refusal.into(), refusal.to_string()))?;
    Ok((shape, text))
}

impl From<&Mark> for MarkState {
    fn from(mark: &Mark) -> Self {
        Self {
            mark: mark.id.to_string(),
            participant: mark.by.to_string(),
            at: time(mark.at),
            series: mark.series.to_string(),
            instance: mark.instance.to_string(),
            frame: mark.frame.number(),
            index: None,
            shape: mark.shape.kind().into(),
            points: mark.shape.spots().to_vec(),
            text: mark.text.expose().into(),
            number: mark.number.map(u32::from),
            measured: mark.measured.as_ref().map(MeasuredState::from),
        }
    }
}

impl From<&Measured> for MeasuredState {
    fn from(measured: &Measured) -> Self {
        let area = measured.area.map(LengthState::from);
        let region = measured.values.map(|values| RegionState {
            mean: values.mean,
            sd: values.sd,
            min: values.min,
            max: values.max,
            unit: values.unit.into(),
            pixels: u32::try_from(values.pixels).unwrap_or(u32::MAX),
            area: area.clone(),
        });
        let value = measured
            .probe
            .as_ref()
            .map(|probe| ValueState { values: probe.values.clone(), unit: probe.unit.into() });
        Self {
            length: measured.length.map(LengthState::from),
            angle_degrees: measured.angle_degrees,
            area: area.filter(|_| region.is_none()),
            region,
            value,
            refused: measured.refused.map(MeasureRefusalWord::from),
        }
    }
}

impl From<Quantity> for LengthState {
    fn from(Quantity { value, unit, source }: Quantity) -> Self {
        let unit = match unit {
            LengthUnit::Mm => LengthUnitWord::Mm,
            LengthUnit::Pixels => LengthUnitWord::Px,
        };
        Self { value, unit, source: source.map(CalibrationWord::from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{CalibrationSource, RegionValues, ValueUnit};

    #[test]
    fn an_area_is_told_with_its_values_and_without_them_by_itself() {
        let area =
            Some(Quantity { value: 4.0, unit: LengthUnit::Mm, source: Some(CalibrationSource::Patient) });
        let colour = Measured { area, refused: Some(MeasureRefusal::Colour), ..Measured::default() };
        let told = MeasuredState::from(&colour);
        assert_eq!(
            (told.area.unwrap().value, told.region, told.refused),
            (4.0, None, Some(MeasureRefusalWord::Colour))
        );
        let values = RegionValues { mean: 1.0, sd: 0.0, min: 1.0, max: 1.0, pixels: 9, unit: ValueUnit::Hu };
        let told = MeasuredState::from(&Measured { values: Some(values), area, ..Measured::default() });
        assert_eq!((told.area, told.region.unwrap().area.unwrap().unit), (None, LengthUnitWord::Mm));
    }

    #[test]
    fn a_mark_is_refused_with_a_code_that_says_why() {
        let new =
            |shape, count, text: &str| NewMark { shape, points: vec![(0.5, 0.5); count], text: text.into() };
        let code = |mark: NewMark| mark.drawn().err().map(|(code, _)| code);
        assert_eq!(code(new(MarkShapeWord::Angle, 3, "")), None);
        assert_eq!(code(new(MarkShapeWord::Angle, 2, "")), Some(ProblemCode::BadRequest));
        assert_eq!(code(new(MarkShapeWord::Text, 1, "a\u{7}b")), Some(ProblemCode::BadRequest));
        assert_eq!(code(new(MarkShapeWord::Text, 1, &"a".repeat(201))), Some(ProblemCode::TooLarge));
    }
}
