//! How fast a device takes pictures, and how fine they can be while the view moves. Pure.

use std::time::Duration;

use crate::imaging::{Quality, Surface};

/// How fine a picture is; the finest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Exactly the rendered pixels.
    Sharp,
    /// With loss, as large as the surface.
    Good,
    /// With loss, half as wide and as high.
    Fair,
    /// With loss, a third as wide and as high.
    Rough,
}

impl Grade {
    /// Every grade, the finest first.
    pub const ALL: [Self; 4] = [Self::Sharp, Self::Good, Self::Fair, Self::Rough];

    pub fn quality(self) -> Quality {
        match self {
            Self::Sharp => Quality::Lossless,
            Self::Good => Quality::Lossy(80),
            Self::Fair => Quality::Lossy(70),
            Self::Rough => Quality::Lossy(50),
        }
    }

    /// By how much its sides are smaller than those of the surface.
    pub fn reduction(self) -> u32 {
        match self {
            Self::Sharp | Self::Good => 1,
            Self::Fair => 2,
            Self::Rough => 3,
        }
    }

    /// Its bytes, compared with those of a sharp one, as long as nothing is known of the frames on show.
    fn share(self) -> f64 {
        match self {
            Self::Sharp => 1.0,
            Self::Good => 0.25,
            Self::Fair => 0.08,
            Self::Rough => 0.035,
        }
    }
}

/// A picture in motion may occupy the line for this long.
pub(super) const BUDGET: Duration = Duration::from_millis(80);
const BUDGET_MS: f64 = BUDGET.as_millis() as f64;
/// A picture that would occupy the line for longer than this is sent only to whom asks for it, ms: nothing else gets through meanwhile.
const LONGEST_MS: f64 = 10_000.0;
/// Bytes for a pixel of the surface in a sharp picture, as long as nothing is known of the frames on show.
const TYPICAL: f64 = 0.6;
/// What counts of earlier pictures when one more has been drawn.
const MEMORY: f64 = 0.8;
/// What passes from sending to the answer whatever the size, at most, ms: twice up to a satellite.
const MAX_FIXED_MS: f64 = 600.0;
/// Nothing is learned from a picture that took longer than this beyond that it did, ms: a telephone may have slept.
const MAX_MS: f64 = 20_000.0;

/// How long pictures take to a device and onto its screen: a line through (bytes, ms), fitted to those that were drawn, the latest most.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    weight: f64,
    bytes: f64,
    ms: f64,
    bytes_squared: f64,
    bytes_ms: f64,
    /// What passes whatever the size.
    fixed_ms: f64,
    ms_per_byte: Option<f64>,
}

impl Pace {
    /// Whether anything was ever drawn.
    pub fn is_known(&self) -> bool {
        self.ms_per_byte.is_some()
    }

    /// So many bytes were drawn this long after they had the line for themselves.
    pub fn took(&mut self, bytes: u64, time: Duration) {
        let (bytes, ms) = (bytes.max(1) as f64, (time.as_secs_f64() * 1000.0).min(MAX_MS));
        let note = |sum: &mut f64, value: f64| *sum = *sum * MEMORY + value;
        note(&mut self.weight, 1.0);
        note(&mut self.bytes, bytes);
        note(&mut self.ms, ms);
        note(&mut self.bytes_squared, bytes * bytes);
        note(&mut self.bytes_ms, bytes * ms);
        let (mean_bytes, mean_ms) = (self.bytes / self.weight, self.ms / self.weight);
        let variance = self.bytes_squared / self.weight - mean_bytes * mean_bytes;
        // Pictures of one size do not tell what is fixed: then what was found earlier holds.
        if variance > (0.3 * mean_bytes).powi(2) {
            let slope = (self.bytes_ms / self.weight - mean_bytes * mean_ms) / variance;
            self.fixed_ms = mean_ms - slope.max(0.0) * mean_bytes;
        }
        self.fixed_ms = self.fixed_ms.clamp(0.0, MAX_FIXED_MS).min(0.9 * mean_ms);
        self.ms_per_byte = Some((mean_ms - self.fixed_ms) / mean_bytes);
    }

    /// How long so many bytes occupy the line, ms; `None` while that is not known.
    fn transfer_ms(&self, bytes: f64) -> Option<f64> {
        Some(self.ms_per_byte? * bytes)
    }

    /// How long so many bytes take until they are drawn, when nothing else is under way; `None` while that is not known.
    pub fn time(&self, bytes: u64) -> Option<Duration> {
        let ms = self.transfer_ms(bytes as f64)? + self.fixed_ms;
        Some(Duration::from_secs_f64(ms.max(0.0) / 1000.0))
    }

    /// How long so many bytes occupy the line; `None` while that is not known.
    pub(super) fn transfer(&self, bytes: f64) -> Option<Duration> {
        self.transfer_ms(bytes).map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1000.0))
    }

    /// The finest grade that keeps up while the view moves, when its pictures may take this part (0 to 1) of the line. To a line that is not
    /// known goes one of few bytes.
    pub fn in_motion(&self, sizes: &Sizes, surface: Surface, part: f64) -> Grade {
        let is_quick = |grade: &Grade| {
            self.transfer_ms(sizes.expected(*grade, surface)).is_some_and(|ms| ms <= BUDGET_MS * part)
        };
        let unknown = if self.is_known() { Grade::Rough } else { Grade::Fair };
        Grade::ALL.into_iter().find(is_quick).unwrap_or(unknown)
    }

    /// The grade for a view at rest: sharp, unless that would stop the line for too long.
    pub fn at_rest(&self, sizes: &Sizes, surface: Surface) -> Grade {
        let sharp_ms = self.transfer_ms(sizes.expected(Grade::Sharp, surface));
        if sharp_ms.is_some_and(|ms| ms > LONGEST_MS) { Grade::Good } else { Grade::Sharp }
    }

    /// Whether a sharp picture would hold up the others of the device.
    pub fn is_sharp_long(&self, sizes: &Sizes, surface: Surface) -> bool {
        self.transfer_ms(sizes.expected(Grade::Sharp, surface)).is_some_and(|ms| ms > BUDGET_MS)
    }

    /// How long a view has to stay as it is to be at rest: the longer a sharp picture occupies the line, the longer, so that a short stop of
    /// a hand does not.
    pub fn rest(&self, sizes: &Sizes, surface: Surface) -> Duration {
        let sharp_ms = self.transfer_ms(sizes.expected(Grade::Sharp, surface)).unwrap_or(0.0);
        Duration::from_secs_f64((sharp_ms / 8.0).clamp(180.0, 1000.0) / 1000.0)
    }
}

/// How large the pictures of each grade turn out, in bytes for a pixel of the surface.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sizes([Option<f64>; Grade::ALL.len()]);

impl Sizes {
    /// A picture of this grade turned out this large.
    pub fn note(&mut self, grade: Grade, surface: Surface, bytes: u64) {
        let now = bytes as f64 / pixels(surface);
        let known = &mut self.0[grade as usize];
        *known = Some(known.map_or(now, |before| f64::midpoint(before, now)));
    }

    /// The bytes of a picture of this grade, as far as one can tell.
    pub fn expected(&self, grade: Grade, surface: Surface) -> f64 {
        let known = |grade: Grade| self.0[grade as usize];
        let others = || Grade::ALL.into_iter().find_map(|other| Some(known(other)? / other.share()));
        let for_a_pixel = known(grade).unwrap_or_else(|| others().unwrap_or(TYPICAL) * grade.share());
        for_a_pixel * pixels(surface)
    }
}

fn pixels(surface: Surface) -> f64 {
    f64::from(surface.width.max(1)) * f64::from(surface.height.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SURFACE: Surface = Surface { width: 1000, height: 500 };

    /// Draws pictures over a line with a fixed time and a rate.
    fn drawn(fixed_ms: f64, bytes_per_ms: f64, sizes: impl IntoIterator<Item = u64>) -> Pace {
        let mut pace = Pace::default();
        for bytes in sizes {
            let ms = fixed_ms + bytes as f64 / bytes_per_ms;
            pace.took(bytes, Duration::from_secs_f64(ms / 1000.0));
        }
        pace
    }

    fn sizes(sharp: u64) -> Sizes {
        let mut sizes = Sizes::default();
        sizes.note(Grade::Sharp, SURFACE, sharp);
        sizes
    }

    #[test]
    fn what_is_fixed_is_told_from_what_bytes_take() {
        for (fixed, rate) in [(5.0, 12_500.0), (40.0, 500.0), (300.0, 2000.0), (60.0, 50.0)] {
            let pace = drawn(fixed, rate, [22_000, 300_000, 9000, 70_000]);
            assert!((pace.fixed_ms - fixed).abs() < 0.5, "{fixed} {rate}: {pace:?}");
            let of_a_million = pace.time(1_000_000).unwrap().as_secs_f64() * 1000.0;
            assert!((of_a_million / (fixed + 1e6 / rate) - 1.0).abs() < 0.01, "{fixed} {rate}: {pace:?}");
        }
    }

    #[test]
    fn a_line_is_fast_or_slow_whatever_its_latency() {
        let grade = |fixed, rate| {
            drawn(fixed, rate, [22_000, 300_000, 300_000]).in_motion(&sizes(300_000), SURFACE, 1.0)
        };
        // 100, 20, 4 and 0.4 Mbit/s.
        assert_eq!((grade(5.0, 12_500.0), grade(300.0, 12_500.0)), (Grade::Sharp, Grade::Sharp));
        assert_eq!((grade(40.0, 2500.0), grade(40.0, 500.0)), (Grade::Good, Grade::Fair));
        assert_eq!(grade(60.0, 50.0), Grade::Rough);
        assert_eq!(Pace::default().in_motion(&sizes(300_000), SURFACE, 1.0), Grade::Fair);
    }

    /// Thirty pictures of one size later the line is still known.
    #[test]
    fn many_pictures_of_one_size_do_not_make_a_far_line_slow() {
        let first = [22_000, 300_000];
        let pace = drawn(250.0, 12_500.0, first.into_iter().chain([300_000; 30]));
        assert_eq!(pace.in_motion(&sizes(300_000), SURFACE, 1.0), Grade::Sharp);
        // Nor a slow line fast.
        let pace = drawn(60.0, 50.0, first.into_iter().chain([9000; 30]));
        assert_eq!(pace.in_motion(&sizes(300_000), SURFACE, 1.0), Grade::Rough);
    }

    #[test]
    fn small_pictures_alone_never_make_a_line_look_fast() {
        let pace = drawn(20.0, 50.0, [9000; 50]);
        assert!(pace.time(300_000).unwrap() >= Duration::from_secs(6));
    }

    #[test]
    fn a_telephone_that_slept_is_fast_again_after_a_while() {
        let mut pace = drawn(5.0, 12_500.0, [300_000; 5]);
        pace.took(300_000, Duration::from_secs(600));
        assert_eq!(pace.in_motion(&sizes(300_000), SURFACE, 1.0), Grade::Rough);
        for _ in 0..40 {
            let bytes = sizes(300_000).expected(pace.in_motion(&sizes(300_000), SURFACE, 1.0), SURFACE);
            pace.took(bytes as u64, Duration::from_secs_f64((5.0 + bytes / 12_500.0) / 1000.0));
        }
        assert_eq!(pace.in_motion(&sizes(300_000), SURFACE, 1.0), Grade::Sharp);
    }

    #[test]
    fn what_would_stop_a_line_for_long_is_not_sent_unasked() {
        let pace = drawn(60.0, 50.0, [22_000]);
        assert_eq!(pace.at_rest(&sizes(300_000), SURFACE), Grade::Sharp);
        assert_eq!(pace.at_rest(&sizes(1_000_000), SURFACE), Grade::Good);
        assert_eq!(Pace::default().at_rest(&sizes(1_000_000), SURFACE), Grade::Sharp);
    }

    #[test]
    fn sizes_of_one_grade_tell_of_the_others_until_they_are_known() {
        let mut sizes = Sizes::default();
        let near = |bytes: f64, wanted: f64| (bytes - wanted).abs() < 1.0;
        assert!(near(sizes.expected(Grade::Sharp, SURFACE), 300_000.0));
        sizes.note(Grade::Fair, SURFACE, 16_000);
        assert!(near(sizes.expected(Grade::Sharp, SURFACE), 200_000.0));
        let wider = Surface { width: 2000, height: 500 };
        assert!(near(sizes.expected(Grade::Fair, wider), 32_000.0));
        sizes.note(Grade::Sharp, SURFACE, 500_000);
        sizes.note(Grade::Sharp, SURFACE, 300_000);
        assert!(near(sizes.expected(Grade::Sharp, SURFACE), 400_000.0));
        assert!(near(sizes.expected(Grade::Fair, SURFACE), 16_000.0));
    }
}
