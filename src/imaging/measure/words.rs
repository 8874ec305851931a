//! What was measured as words, for objects that other programs show: in English, as all sentences of this gateway that are kept.

use super::{LengthUnit, MeasureRefusal, Measured, Quantity, RegionValues};
use crate::imaging::{CalibrationSource, ValueUnit};

impl Measured {
    /// The numbers with their units and what they rest on, line by line; empty where nothing was measured.
    pub fn in_words(&self) -> String {
        let lines = [
            self.length.map(|length| quantity(length, "", self.refused)),
            self.angle_degrees.map(|degrees| format!("{degrees:.1}°")),
            self.values.as_ref().map(region),
            self.area.map(|area| quantity(area, "²", self.refused)),
            self.probe.as_ref().map(|probe| {
                let values: Vec<String> = probe.values.iter().map(|value| short(*value)).collect();
                format!("{}{}", values.join(", "), unit(probe.unit))
            }),
        ];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}

fn quantity(
    Quantity { value, unit, source }: Quantity,
    power: &str,
    refused: Option<MeasureRefusal>,
) -> String {
    let rests_on = match (source, refused) {
        (Some(CalibrationSource::Patient), _) => "in the patient",
        (Some(CalibrationSource::Fiducial), _) => "calibrated with an object of known size",
        (Some(CalibrationSource::Detector), _) => "at the detector: larger than in the patient",
        (Some(CalibrationSource::Magnification), _) => "corrected by an estimated magnification",
        (Some(CalibrationSource::Scanned), _) => "on the scanned film",
        (Some(CalibrationSource::Ultrasound), _) => "in a region of the ultrasound",
        (None, Some(MeasureRefusal::DifferentRegions)) => "no length: between different regions",
        (None, Some(MeasureRefusal::NoLengthHere)) => "no length: lengths are not known here",
        (None, Some(MeasureRefusal::OutsideFrame)) => "no length: beyond the image",
        (None, _) => "not calibrated",
    };
    let unit = match unit {
        LengthUnit::Mm => "mm",
        LengthUnit::Pixels => "px",
    };
    format!("{} {unit}{power} ({rests_on})", short(value))
}

fn region(values: &RegionValues) -> String {
    let RegionValues { mean, sd, min, max, pixels, unit: of } = *values;
    let [mean, sd, min, max] = [mean, sd, min, max].map(short);
    format!("{mean} ± {sd}{} (min {min}, max {max}, {pixels} px)", unit(of))
}

fn unit(unit: ValueUnit) -> &'static str {
    match unit {
        ValueUnit::Hu => " HU",
        ValueUnit::Stored => " (as stored)",
    }
}

/// A digit behind the point, where it says something.
fn short(value: f64) -> String {
    if value.abs() >= 1000.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use super::super::ProbeValues;
    use super::*;

    #[test]
    fn numbers_are_told_with_what_they_rest_on() {
        let mm = |value, source| Some(Quantity { value, unit: LengthUnit::Mm, source: Some(source) });
        let px = |value| Some(Quantity { value, unit: LengthUnit::Pixels, source: None });
        let told = |length, refused| Measured { length, refused, ..Measured::default() }.in_words();
        assert_eq!(
            told(mm(12.34, CalibrationSource::Ultrasound), None),
            "12.3 mm (in a region of the ultrasound)"
        );
        assert_eq!(told(mm(1234.5, CalibrationSource::Patient), None), "1234 mm (in the patient)");
        assert_eq!(told(px(41.0), None), "41 px (not calibrated)");
        let between = told(px(41.26), Some(MeasureRefusal::DifferentRegions));
        assert_eq!(between, "41.3 px (no length: between different regions)");
        let region = Measured {
            values: Some(RegionValues {
                mean: 38.04,
                sd: 12.0,
                min: -20.0,
                max: 61.0,
                pixels: 314,
                unit: ValueUnit::Hu,
            }),
            area: mm(78.5, CalibrationSource::Patient),
            ..Measured::default()
        };
        assert_eq!(region.in_words(), "38.0 ± 12 HU (min -20, max 61, 314 px)\n78.5 mm² (in the patient)");
        let probe = |values, unit| {
            Measured { probe: Some(ProbeValues { values, unit }), ..Measured::default() }.in_words()
        };
        assert_eq!(probe(vec![-1024.0], ValueUnit::Hu), "-1024 HU");
        assert_eq!(probe(vec![9.0, 10.0, 11.0], ValueUnit::Stored), "9, 10, 11 (as stored)");
        assert_eq!(Measured { angle_degrees: Some(34.56), ..Measured::default() }.in_words(), "34.6°");
        assert_eq!(Measured::refused(MeasureRefusal::Clip).in_words(), "");
    }
}
