//! The values-of-interest stage (PS3.3 C.11.2): from values with a meaning to a tone between black (0) and white (1).

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::lut::LookupTable;
use super::{Window, dataset};

/// How a window maps values (0028,1056).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowFunction {
    /// PS3.3 C.11.2.1.2.1.
    #[default]
    Linear,
    /// PS3.3 C.11.2.1.3.2.
    LinearExact,
    /// PS3.3 C.11.2.1.3.1.
    Sigmoid,
}

impl WindowFunction {
    pub(super) fn read(voi: &InMemDicomObject) -> Self {
        match dataset::text(voi, tags::VOILUT_FUNCTION).as_str() {
            "LINEAR_EXACT" => Self::LinearExact,
            "SIGMOID" => Self::Sigmoid,
            _ => Self::Linear,
        }
    }

    /// The tone of a value, 0..=1; NaN for NaN.
    ///
    /// LINEAR is defined from a width of 1 on. A narrower one, as fractions of a unit need it, is taken as LINEAR_EXACT.
    pub fn tone(self, window: Window, value: f64) -> f64 {
        let Window { center, width } = window;
        match self {
            Self::Linear if width >= 1.0 => {
                // A width of 1 is a threshold; the formula would divide by nothing.
                let span = width - 1.0;
                if value <= center - 0.5 - span / 2.0 {
                    0.0
                } else if value > center - 0.5 + span / 2.0 {
                    1.0
                } else {
                    (value - (center - 0.5)) / span + 0.5
                }
            }
            Self::Linear | Self::LinearExact => {
                if value <= center - width / 2.0 {
                    0.0
                } else if value > center + width / 2.0 {
                    1.0
                } else {
                    (value - center) / width + 0.5
                }
            }
            Self::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - center) / width).exp()),
        }
    }
}

/// The stage as it is applied to one frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Voi<'a> {
    Window(Window, WindowFunction),
    Table(&'a LookupTable),
    /// From the lowest value to the highest.
    Range(f64, f64),
}

impl Voi<'_> {
    /// The tone of a value, 0..=1.
    pub fn tone(&self, value: f64) -> f64 {
        match self {
            Self::Window(window, function) => function.tone(*window, value),
            Self::Table(table) => (f64::from(table.at(value)) / table.full_scale()).min(1.0),
            Self::Range(low, high) if high > low => ((value - low) / (high - low)).clamp(0.0, 1.0),
            Self::Range(..) => 0.0,
        }
    }

    /// A window that looks like the stage, for a person to change from there.
    pub fn window(&self) -> Window {
        let (low, high) = match self {
            Self::Window(window, _) => return *window,
            Self::Table(table) => {
                (f64::from(table.first), f64::from(table.first) + table.entries.len() as f64 - 1.0)
            }
            Self::Range(low, high) => (*low, *high),
        };
        Window { center: (low + high + 1.0) / 2.0, width: (high - low + 1.0).max(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn linear_follows_the_standard() {
        // PS3.3 C.11.2.1.2.1 gives these examples: c=2048 w=4096, c=2048 w=1, c=0 w=100.
        let tone = |center, width, value| WindowFunction::Linear.tone(Window { center, width }, value);
        assert_eq!(tone(2048.0, 4096.0, 0.0), 0.0);
        assert_eq!(tone(2048.0, 4096.0, 4095.0), 1.0);
        assert!((tone(2048.0, 4096.0, 2047.5) - 0.5).abs() < 1e-12);
        assert_eq!(tone(2048.0, 1.0, 2047.0), 0.0);
        assert_eq!(tone(2048.0, 1.0, 2048.0), 1.0);
        assert_eq!(tone(0.0, 100.0, -50.0), 0.0);
        assert_eq!(tone(0.0, 100.0, 49.5), 1.0);
        assert!((tone(0.0, 100.0, 0.0) - (0.5 / 99.0 + 0.5)).abs() < 1e-12);
    }

    /// PS3.3 C.11.2.1.2.1 asks for a width of 1 or more; maps of fractions come with less.
    #[test]
    fn a_linear_window_below_one_is_no_threshold() {
        let window = Window { center: 0.5, width: 0.5 };
        for (value, tone) in [(0.25, 0.0), (0.375, 0.25), (0.5, 0.5), (0.75, 1.0), (f64::INFINITY, 1.0)] {
            assert_eq!(WindowFunction::Linear.tone(window, value), tone, "{value}");
        }
        assert!(WindowFunction::Linear.tone(window, f64::NAN).is_nan());
    }

    #[test]
    fn exact_and_sigmoid_follow_the_standard() {
        let window = Window { center: 10.0, width: 4.0 };
        for (value, tone) in [(8.0, 0.0), (9.0, 0.25), (10.0, 0.5), (12.0, 1.0), (12.1, 1.0)] {
            assert_eq!(WindowFunction::LinearExact.tone(window, value), tone, "{value}");
        }
        assert_eq!(WindowFunction::Sigmoid.tone(window, 10.0), 0.5);
        assert!((WindowFunction::Sigmoid.tone(window, 12.0) - 1.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn tones_rise_and_stay_in_bounds(
            center in -5000.0..5000.0_f64, width in 0.01..9000.0_f64, a in -70000.0..70000.0_f64, b in -70000.0..70000.0_f64,
        ) {
            for function in [WindowFunction::Linear, WindowFunction::LinearExact, WindowFunction::Sigmoid] {
                let tone = |value| function.tone(Window { center, width }, value);
                let (low, high) = (tone(a.min(b)), tone(a.max(b)));
                prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
                prop_assert!(low <= high);
            }
        }
    }
}
