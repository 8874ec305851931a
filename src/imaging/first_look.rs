//! A first look: how much of a frame's resolution is enough while somebody waits for it.

use dicom_dictionary_std::tags;

use super::read::Object;
use super::{Surface, View, dataset, pixels};

/// Smaller frames are decoded whole before anybody has noticed.
const SMALL_PIXELS: f64 = 1_000_000.0;

/// A first look may have a little less than a pixel for each of the surface, so many halvings more: it stays for less than a second, and a
/// quarter of the work is most of the waiting. 0.3 leaves at least 0.81 pixels to a side of one.
const COARSER: f64 = 0.3;

/// How often the sides of a frame may be halved so that it still has about a pixel for every pixel of the surface; `None` where it may not, where the
/// codestream offers no reductions, or where the frame is small.
pub fn reduction_for(object: &Object<'_>, view: &View, surface: Surface) -> Option<u8> {
    let set = object.dataset();
    let side =
        |tag| dataset::integer(set, tag).filter(|side| (1..=65_535).contains(side)).map(|side| side as f64);
    let (columns, rows) = (side(tags::COLUMNS)?, side(tags::ROWS)?);
    if columns * rows <= SMALL_PIXELS {
        return None;
    }
    let most = halvings((columns, rows), view, surface);
    let reduce = if most == 0 { 0 } else { most.min(pixels::reductions(object)) };
    (reduce > 0).then_some(reduce)
}

fn halvings((columns, rows): (f64, f64), view: &View, surface: Surface) -> u8 {
    let (width, height) = match view.quarter_turns % 2 {
        0 => (columns, rows),
        _ => (rows, columns),
    };
    let zoom = if view.zoom.is_finite() { view.zoom.max(0.01) } else { 1.0 };
    let scale = (f64::from(surface.width) / width).min(f64::from(surface.height) / height) * zoom;
    ((1.0 / scale.max(1e-6)).log2() + COARSER).floor().clamp(0.0, 8.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_look_has_nearly_a_pixel_for_every_pixel_of_the_surface() {
        let surface = Surface { width: 900, height: 900 };
        let of = |size, zoom, quarter_turns| {
            halvings(size, &View { zoom, quarter_turns, ..View::default() }, surface)
        };
        // 900 of 3000 rows: a quarter has 750.
        assert_eq!(of((2500.0, 3000.0), 1.0, 0), 2);
        assert_eq!(of((2500.0, 3000.0), 1.0, 1), 2);
        assert_eq!(of((2500.0, 2600.0), 1.0, 0), 1);
        assert_eq!(of((2500.0, 3000.0), 2.0, 0), 1);
        assert_eq!(of((2500.0, 3000.0), 2.5, 0), 0);
        assert_eq!(of((2500.0, 3000.0), f64::NAN, 0), 2);
        assert_eq!(of((900.0, 900.0), 0.0, 0), 6);
    }
}
