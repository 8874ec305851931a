use proptest::prelude::*;

use super::*;
use crate::imaging::color::Palette;
use crate::imaging::icc::IccTransform;
use crate::imaging::lut::{LookupTable, Modality, PresentationLut};
use crate::imaging::overlay::{Overlay, OverlayKind};
use crate::imaging::shutter::{ShutterShape, Shutters};
use crate::imaging::window::WindowFunction;
use crate::imaging::{Appearance, Values, WindowPreset};

mod any;

use any::{any_frame, any_presentation};

pub(in crate::imaging) fn frame(rows: u32, columns: u32, values: Values) -> StoredFrame {
    let every = (0..values.len()).filter_map(|place| values.at(place));
    let extent = every.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    StoredFrame {
        rows,
        columns,
        samples: (values.len() / (rows * columns) as usize) as u8,
        values: values.into(),
        extent,
        shown_extent: extent,
        appearance: Appearance {
            color: Ok(Color::Monochrome2),
            bits_stored: 16,
            modality: Modality::IDENTITY,
            windows: Vec::new(),
            window_function: WindowFunction::Linear,
            voi_tables: Vec::new(),
            padding: None,
            presentation_lut: None,
            overlays: Vec::new(),
            shutters: None,
            palette: None,
            icc: None,
            default_range: None,
            pixel_aspect: 1.0,
            is_lossy: false,
        },
        damage: None,
        reduced: Reduced::default(),
        about: Default::default(),
    }
}

fn levels(frame: &StoredFrame, presentation: Presentation) -> Vec<u8> {
    render(frame, &presentation).unwrap().pixels
}

#[test]
fn the_default_is_the_first_window_then_the_first_table_then_the_range() {
    let mut shown = frame(1, 3, Values::I16(vec![-100, 0, 100]));
    assert_eq!(levels(&shown, Presentation::default()), [0, 128, 255]);
    shown.appearance.voi_tables = vec![LookupTable::new(0, vec![0, 3], 2).unwrap()];
    assert_eq!(levels(&shown, Presentation::default()), [0, 0, 255]);
    let window = Window { center: 0.0, width: 1.0 };
    shown.appearance.windows = vec![WindowPreset { window, explanation: String::new() }];
    assert_eq!(levels(&shown, Presentation::default()), [0, 255, 255]);
    let chosen = Window { center: 100.0, width: 1.0 };
    assert_eq!(
        levels(
            &shown,
            Presentation { voi: VoiChoice::Window(chosen), is_inverted: true, ..Presentation::PLAIN }
        ),
        [255, 255, 0]
    );
    assert_eq!(shown.window(&Presentation::default()), Some(window));
}

/// One range for a stack; what the object says comes before it.
#[test]
fn the_range_of_a_stack_holds_where_a_frame_says_nothing() {
    let mut shown = frame(1, 3, Values::I16(vec![0, 50, 100]));
    let stack = |range| Presentation { range: Some(range), ..Default::default() };
    assert_eq!(levels(&shown, stack((0.0, 400.0))), [0, 32, 64]);
    assert_eq!(levels(&shown, stack((0.0, 0.0))), [0, 128, 255], "that is none");
    assert_eq!(shown.facts(&stack((0.0, 400.0))).own_range, Some((0.0, 100.0)));
    shown.appearance.modality = Modality::Rescale { slope: -2.0, intercept: 10.0 };
    assert_eq!(shown.facts(&Presentation::default()).own_range, Some((-190.0, 10.0)));
    shown.appearance.modality = Modality::IDENTITY;
    shown.appearance.default_range = Some((0.0, 255.0));
    assert_eq!(levels(&shown, stack((0.0, 400.0))), [0, 50, 100]);
    assert_eq!(shown.facts(&Presentation::default()).own_range, None);
    shown.appearance.modality = Modality::Table(LookupTable::new(0, vec![0, 3], 3).unwrap());
    assert_eq!(levels(&shown, stack((0.0, 400.0))), [0, 109, 109], "all that the table can give");
    let window = Window { center: 0.0, width: 1.0 };
    shown.appearance.windows = vec![WindowPreset { window, explanation: String::new() }];
    assert_eq!(levels(&shown, stack((0.0, 400.0))), [255, 255, 255]);
}

#[test]
fn monochrome1_is_inverted_and_padding_stays_black() {
    let mut shown = frame(1, 3, Values::I16(vec![-2000, 0, 100]));
    shown.appearance.color = Ok(Color::Monochrome1);
    shown.appearance.padding = Some((-2000.0, -2000.0));
    shown.shown_extent = (0.0, 100.0);
    assert_eq!(levels(&shown, Presentation::default()), [0, 255, 0]);
    assert_eq!(levels(&shown, Presentation { is_inverted: true, ..Default::default() }), [0, 0, 255]);
}

#[test]
fn colour_is_converted() {
    let mut shown = frame(1, 2, Values::U8(vec![76, 85, 255, 10, 128, 128]));
    shown.appearance.bits_stored = 8;
    shown.appearance.color = Ok(Color::Ybr);
    assert_eq!(levels(&shown, Presentation::default()), [254, 0, 0, 10, 10, 10]);
    // Black and white of the partial range were grey under the matrix of the full one.
    shown.appearance.color = Ok(Color::YbrPartial);
    shown.values = Values::U8(vec![16, 128, 128, 235, 128, 128]).into();
    assert_eq!(levels(&shown, Presentation::default()), [0, 0, 0, 255, 255, 255]);
    shown.appearance.color = Err("HSV".to_owned());
    assert_eq!(render(&shown, &Presentation::default()), Err(RenderError::UnknownColor("HSV".to_owned())));
}

#[test]
fn a_view_fits_centres_and_crops() {
    let shown = frame(2, 2, Values::U8(vec![0, 255, 0, 255]));
    let surface = Surface { width: 8, height: 4 };
    let fitted = render_view(&shown, &Presentation::default(), &View::default(), surface).unwrap();
    assert_eq!((fitted.width, fitted.height), (8, 4));
    // Four pixels of the surface for the frame, black on both sides, dark to light between.
    let line = &fitted.pixels[..8];
    assert_eq!((line[0], line[1], line[6], line[7]), (0, 0, 0, 0));
    assert!(line[2] < line[3] && line[3] < line[4] && line[4] <= line[5], "{line:?}");
    // The right half only.
    let right = View { zoom: 2.0, center: (1.0, 0.5), ..View::default() };
    let cropped = render_view(&shown, &Presentation::default(), &right, surface).unwrap();
    let line = &cropped.pixels[8..16];
    assert!(line[..4].is_sorted(), "{line:?}");
    assert_eq!(&line[4..], [0; 4], "what lies right of the frame is black");
    let gone = View { center: (9.0, 0.5), ..View::default() };
    let empty = render_view(&shown, &Presentation::default(), &gone, surface).unwrap();
    assert_eq!(empty.pixels, [0; 32]);
}

#[test]
fn pixels_that_are_not_square_are_shown_as_they_are() {
    let mut shown = frame(2, 2, Values::U8(vec![9, 255, 9, 255]));
    shown.appearance.pixel_aspect = 2.0;
    let surface = Surface { width: 8, height: 8 };
    let tall = render_view(&shown, &Presentation::default(), &View::default(), surface).unwrap();
    let lit = tall.pixels.iter().filter(|&&level| level > 0).count();
    // Four columns of eight, of which the darkest column is black.
    assert!((16..=32).contains(&lit), "{lit}");
    assert!(tall.pixels.chunks(8).all(|line| line[0] == 0 && line[1] == 0 && line[6] == 0 && line[7] == 0));
}

/// PS3.3 C.11.6 and PS3.4 N.2.1.4: the shape INVERSE of a MONOCHROME1 image says what its photometric interpretation says.
#[test]
fn an_inverse_shape_and_monochrome1_turn_the_greys_round_once() {
    let mut shown = frame(1, 2, Values::U8(vec![0, 255]));
    let mut seen = |color, lut, is_inverted| {
        shown.appearance.color = Ok(color);
        shown.appearance.presentation_lut = lut;
        levels(&shown, Presentation { is_inverted, ..Presentation::PLAIN }) == [255, 0]
    };
    assert!(seen(Color::Monochrome1, None, false));
    assert!(seen(Color::Monochrome1, Some(PresentationLut::Inverse), false));
    assert!(!seen(Color::Monochrome1, Some(PresentationLut::Inverse), true));
    assert!(!seen(Color::Monochrome1, Some(PresentationLut::Identity), false));
    assert!(seen(Color::Monochrome2, Some(PresentationLut::Inverse), false));
    assert!(!seen(Color::Monochrome2, Some(PresentationLut::Identity), false));
    let table = LookupTable::new(0, vec![255, 128, 0], 8).unwrap();
    assert!(seen(Color::Monochrome1, Some(PresentationLut::Table(table)), false));
}

/// PS3.3 C.11.2.1.1: items of a VOI LUT Sequence are alternatives; the facts list them after the windows.
#[test]
fn tables_follow_windows_as_alternatives() {
    let mut shown = frame(1, 2, Values::U8(vec![0, 255]));
    let window = Window { center: 300.0, width: 10.0 };
    shown.appearance.windows = vec![WindowPreset { window, explanation: "lung".to_owned() }];
    let table = LookupTable::new(0, vec![51, 255], 8).unwrap();
    shown.appearance.voi_tables = vec![LookupTable { explanation: "bone".to_owned(), ..table }];
    let facts = shown.facts(&Presentation::PLAIN);
    let names: Vec<_> = facts.alternatives.iter().map(|one| (one.explanation.as_str(), one.window)).collect();
    assert_eq!(names, [("lung", Some(window)), ("bone", None)]);
    let seen =
        |number| levels(&shown, Presentation { voi: VoiChoice::Alternative(number), ..Presentation::PLAIN });
    assert_eq!([seen(0), seen(1), seen(9)], [[0, 0], [51, 255], [0, 0]]);
}

#[test]
fn fractions_nan_and_infinity_are_shown_without_harm() {
    let values = vec![f32::NAN, f32::NEG_INFINITY, 0.25, 0.5, 0.75, f32::INFINITY];
    let mut shown = frame(1, 6, Values::F32(values));
    shown.extent = (0.25, 0.75);
    shown.shown_extent = shown.extent;
    assert_eq!(levels(&shown, Presentation::PLAIN), [0, 0, 0, 128, 255, 255]);
    let voi = VoiChoice::Window(Window { center: 0.5, width: 0.5 });
    assert_eq!(levels(&shown, Presentation { voi, ..Presentation::PLAIN }), [0, 0, 0, 128, 255, 255]);
    let wide = frame(1, 3, Values::U32(vec![0, 1 << 31, u32::MAX]));
    assert_eq!(levels(&wide, Presentation::PLAIN), [0, 128, 255]);
}

/// A window that a person sets on colour holds for red, green and blue alike; without one colour is as it is stored.
#[test]
fn colour_has_a_window_only_when_somebody_sets_one() {
    let mut shown = frame(1, 1, Values::U8(vec![0, 100, 200]));
    shown.appearance.bits_stored = 8;
    shown.appearance.color = Ok(Color::Rgb);
    let window = Window { center: 100.5, width: 101.0 };
    shown.appearance.windows = vec![WindowPreset { window, explanation: String::new() }];
    assert_eq!(levels(&shown, Presentation::PLAIN), [0, 100, 200]);
    assert_eq!(shown.window(&Presentation::PLAIN), None);
    let set = Presentation { voi: VoiChoice::Window(window), ..Presentation::PLAIN };
    assert_eq!(levels(&shown, set), [0, 128, 255]);
    assert_eq!(shown.window(&set), Some(window));
    shown.appearance.color = Ok(Color::Palette);
    assert_eq!(shown.window(&set), None);
}

#[test]
fn colour_of_more_bits_and_with_a_sign_fills_the_levels() {
    let mut shown = frame(1, 1, Values::U16(vec![0, 2048, 4095]));
    shown.appearance.color = Ok(Color::Rgb);
    shown.appearance.bits_stored = 12;
    assert_eq!(levels(&shown, Presentation::PLAIN), [0, 128, 255]);
    let mut shown = frame(1, 1, Values::I8(vec![-128, 0, 127]));
    shown.appearance.color = Ok(Color::Rgb);
    shown.appearance.bits_stored = 8;
    assert_eq!(levels(&shown, Presentation::PLAIN), [0, 128, 255]);
}

/// PS3.3 C.8.16.2.1.1.1: values from the first one mapped on are coloured, those below are grey.
#[test]
fn a_supplemental_palette_colours_upper_values_of_views() {
    let mut shown = frame(1, 3, Values::U16(vec![0, 100, 101]));
    let channel = |entries: [u16; 2]| LookupTable::new(100, entries.to_vec(), 8).unwrap();
    shown.appearance.palette = Some(Palette::new(&[channel([1, 2]), channel([3, 4]), channel([5, 6])]));
    let window = Window { center: 0.5, width: 1.0 };
    shown.appearance.windows = vec![WindowPreset { window, explanation: String::new() }];
    let surface = Surface { width: 3, height: 1 };
    let view = render_view(&shown, &Presentation::PLAIN, &View::default(), surface).unwrap();
    assert_eq!((view.channels, view.pixels), (Channels::Rgb, vec![0, 0, 0, 1, 3, 5, 2, 4, 6]));
    assert_eq!(levels(&shown, Presentation::PLAIN), [0, 255, 255]);
}

fn bitmap(columns: u32, origin: (i32, i32), bits: &[u8]) -> Overlay {
    let rows = bits.len() as u32 * 8 / columns;
    let label = String::new();
    Overlay { group: 0x6000, kind: OverlayKind::Graphics, rows, columns, origin, bits: bits.to_vec(), label }
}

/// PS3.3 C.9.2.
#[test]
fn overlays_are_drawn_clipped_and_only_when_wanted() {
    let mut shown = frame(2, 4, Values::U8(vec![0, 0, 0, 0, 0, 0, 0, 200]));
    shown.appearance.default_range = Some((0.0, 255.0));
    shown.appearance.overlays = vec![bitmap(8, (2, -2), &[0b0010_1001])];
    assert_eq!(levels(&shown, Presentation::PLAIN), [0, 0, 0, 0, 0, 0, 0, 200]);
    // Column 3 of the plane is column 1 of the frame, and column 5 its third, beside which what is light gets a rim.
    assert_eq!(levels(&shown, Presentation::default()), [0, 0, 0, 0, 255, 0, 255, 66]);
    assert!(shown.facts(&Presentation::PLAIN).has_overlays);
}

#[test]
fn a_line_of_an_overlay_is_seen_on_every_screen() {
    let mut shown = frame(64, 64, Values::U8(vec![0; 64 * 64]));
    let mut bits = vec![0; 64 * 8];
    bits[33 * 8..34 * 8].fill(0xFF);
    shown.appearance.overlays = vec![bitmap(64, (1, 1), &bits)];
    for side in [3, 10, 64, 200] {
        let surface = Surface { width: side, height: side };
        let view = render_view(&shown, &Presentation::default(), &View::default(), surface).unwrap();
        let lines = view.pixels.chunks(side as usize).filter(|line| line.iter().all(|&level| level == 255));
        assert_eq!(lines.count(), (side as usize / 64).max(1), "{side}");
    }
}

/// PS3.3 C.9.2: a region is drawn as its border.
#[test]
fn what_lies_in_a_region_of_interest_stays_visible() {
    let mut shown = frame(4, 8, Values::U8(vec![0; 32]));
    let mut region = bitmap(8, (1, 1), &[0b0011_1110; 4]);
    region.kind = OverlayKind::Region;
    shown.appearance.overlays = vec![region];
    let lines = levels(&shown, Presentation::default());
    assert_eq!(lines[..8], [0, 255, 255, 255, 255, 255, 0, 0]);
    assert_eq!(lines[8..16], [0, 255, 0, 0, 0, 255, 0, 0]);
}

/// PS3.3 C.7.6.11 and C.7.6.15: what is hidden has the tone of the shutter, whatever the greys do; a bitmap is not drawn.
#[test]
fn shutters_hide_unless_they_are_lifted() {
    let mut shown = frame(1, 4, Values::U8(vec![10, 20, 30, 40]));
    shown.appearance.default_range = Some((0.0, 255.0));
    let hidden = bitmap(8, (1, 2), &[1]);
    shown.appearance.overlays = vec![hidden.clone()];
    let shapes =
        vec![ShutterShape::Rectangle { left: 1, right: 3, upper: 1, lower: 1 }, ShutterShape::Bitmap(hidden)];
    shown.appearance.shutters = Some(Shutters { shapes, tone: 0.5, color: None });
    assert_eq!(levels(&shown, Presentation::default()), [10, 128, 30, 128]);
    assert_eq!(
        levels(&shown, Presentation { is_inverted: true, ..Default::default() }),
        [245, 128, 225, 128]
    );
    assert_eq!(levels(&shown, Presentation { has_shutters: false, ..Default::default() }), [10, 20, 30, 40]);
    let facts = shown.facts(&Presentation::PLAIN);
    assert!(facts.has_shutters && !facts.has_overlays);
}

/// PS3.3 C.11.15. The whole frame was shown in the colours of its device, and only views in those of a screen.
#[test]
fn frames_and_views_are_converted_to_the_colours_of_a_screen() {
    let mut shown = frame(1, 1, Values::U8(vec![60, 200, 60]));
    shown.appearance.bits_stored = 8;
    shown.appearance.color = Ok(Color::Rgb);
    let name = dicom_core::DataElement::new(
        dicom_dictionary_std::tags::COLOR_SPACE,
        dicom_core::VR::CS,
        dicom_core::PrimitiveValue::from("ADOBERGB"),
    );
    shown.appearance.icc = IccTransform::read(&dicom_object::InMemDicomObject::from_element_iter([name]));
    let surface = Surface { width: 1, height: 1 };
    let view = render_view(&shown, &Presentation::PLAIN, &View::default(), surface).unwrap();
    assert!(view.pixels[0] < 30, "{:?}", view.pixels);
    assert_eq!(levels(&shown, Presentation::PLAIN), view.pixels);
}

/// The copies of [`super::Reduced`] against averages of the full picture in levels, for a window that cuts nothing off.
#[test]
fn a_large_frame_drawn_small_is_the_average_of_its_pixels() {
    let noise: Vec<u16> = (0..600 * 480_u32).map(|place| (place % 4096 * 7919 % 4096) as u16).collect();
    let slope: Vec<u16> =
        (0..600 * 480_u32).map(|place| (place / 480 * 4 + place % 480 * 3) as u16).collect();
    let window = Window { center: 2048.0, width: 4096.0 };
    let presentation = Presentation { voi: VoiChoice::Window(window), ..Presentation::PLAIN };
    // Whole factors with anything, others with what changes slowly: there neighbours take part.
    for (values, by) in [(&noise, 2), (&noise, 4), (&noise, 12), (&slope, 5), (&slope, 10), (&slope, 20)] {
        let shown = frame(600, 480, Values::U16(values.clone()));
        let surface = Surface { width: 480 / by as u32, height: 600 / by as u32 };
        let view = render_view(&shown, &presentation, &View::default(), surface).unwrap();
        for (place, &level) in view.pixels.iter().enumerate() {
            let (row, column) = (place / (480 / by) * by, place % (480 / by) * by);
            if by % 5 == 0 && (row == 0 || column == 0 || row + by == 600 || column + by == 480) {
                continue;
            }
            let block =
                (row..row + by).flat_map(|row| (column..column + by).map(move |column| row * 480 + column));
            let sum =
                block.map(|place| WindowFunction::Linear.tone(window, values[place].into())).sum::<f64>();
            let mean = sum / (by * by) as f64 * 255.0;
            // Scaling in levels rounds a second time.
            let near = if by % 5 == 0 { 1.5 } else { 1.0 };
            assert!((f64::from(level) - mean).abs() <= near, "{by} {place}: {level} {mean}");
        }
    }
}

#[test]
fn what_is_nearly_half_between_two_levels_is_one_of_them_in_a_copy() {
    let mut shown = frame(80, 80, Values::I16(vec![-1538; 80 * 80]));
    shown.extent = (-2562.0, -1538.0);
    shown.shown_extent = shown.extent;
    let window = Window { center: -2_111.950_364_389_188, width: 5_232.900_593_949_996 };
    let presentation = Presentation { voi: VoiChoice::Window(window), ..Presentation::PLAIN };
    let surface = Surface { width: 1, height: 1 };
    let view = render_view(&shown, &presentation, &View::default(), surface).unwrap();
    let level = levels(&shown, presentation)[79];
    assert!(view.pixels[0].abs_diff(level) <= 1);
}

proptest! {
    #[test]
    fn the_table_agrees_with_the_formula(
        values in proptest::collection::vec(any::<i16>(), 64), center in -3000.0..3000.0_f64, width in 1.0..6000.0_f64,
    ) {
        let mut shown = frame(8, 8, Values::I16(values.clone()));
        shown.appearance.modality = Modality::Rescale { slope: 0.5, intercept: -100.0 };
        let window = Window { center, width };
        let got = levels(&shown, Presentation { voi: VoiChoice::Window(window), ..Presentation::PLAIN });
        for (value, level) in values.into_iter().zip(got) {
            let tone = WindowFunction::Linear.tone(window, f64::from(value) * 0.5 - 100.0);
            prop_assert_eq!(level, (tone * 255.0 + 0.5).floor() as u8);
        }
    }

    #[test]
    fn any_view_gives_exactly_the_surface(
        zoom in prop_oneof![0.001..2000.0_f64, Just(f64::NAN), Just(f64::INFINITY)],
        x in -3.0..3.0_f64, y in prop_oneof![-3.0..3.0_f64, Just(f64::NAN)],
        width in 1_u32..70, height in 1_u32..70, rows in 1_u32..9, columns in 1_u32..9, aspect in 0.01..100.0_f64,
    ) {
        let values = (0..rows * columns).map(|value| value as u8).collect();
        let mut shown = frame(rows, columns, Values::U8(values));
        shown.appearance.pixel_aspect = aspect;
        let view = View { zoom, center: (x, y), ..View::default() };
        let picture = render_view(&shown, &Presentation::default(), &view, Surface { width, height });
        prop_assert_eq!(picture.map(|picture| picture.pixels.len()), Ok((width * height) as usize));
    }

    /// Turn and flip move pixels and change none (PS3.3 C.10.6); without scaling they are those of the frame.
    #[test]
    fn a_turned_view_is_the_turned_frame(
        rows in 1_u32..9, columns in 1_u32..9, quarter_turns in 0_u8..8, is_flipped: bool, seed: u8,
    ) {
        let values: Vec<u8> = (0..rows * columns).map(|place| (place as u8).wrapping_mul(37) ^ seed).collect();
        let shown = frame(rows, columns, Values::U8(values));
        let view = View { quarter_turns, is_flipped, ..View::default() };
        let surface = if quarter_turns % 2 == 1 { (rows, columns) } else { (columns, rows) };
        let surface = Surface { width: surface.0, height: surface.1 };
        let picture = render_view(&shown, &Presentation::PLAIN, &view, surface).unwrap();
        let mut expected = render(&shown, &Presentation::PLAIN).unwrap();
        for _ in 0..quarter_turns % 4 {
            let (width, height) = (expected.width as usize, expected.height as usize);
            let turned = (0..width).flat_map(|row| (0..height).map(move |column| (row, column)));
            let pixels = turned.map(|(row, column)| expected.pixels[(height - 1 - column) * width + row]).collect();
            expected = Rendered8 { width: height as u32, height: width as u32, pixels, ..expected };
        }
        if is_flipped {
            let width = expected.width as usize;
            expected.pixels.chunks_mut(width).for_each(<[u8]>::reverse);
        }
        prop_assert_eq!(picture, expected);
    }

    /// A copy of a frame shows what an even frame shows; where that is nearly half between two levels, it may be the other one
    /// (`slope.rs`).
    #[test]
    fn an_even_frame_stays_even_when_it_shrinks(
        value: i16, low: i16, center in -3000.0..3000.0_f64, width in 1.0..6000.0_f64, side in 1_u32..40,
    ) {
        let mut values = vec![value; 80 * 80];
        let mut shown = frame(80, 80, Values::I16(values.clone()));
        values[0] = low;
        shown.extent = (f64::from(value.min(low)), f64::from(value.max(low)));
        shown.shown_extent = shown.extent;
        let presentation = Presentation { voi: VoiChoice::Window(Window { center, width }), ..Presentation::PLAIN };
        let level = levels(&shown, presentation)[79];
        let surface = Surface { width: side, height: side };
        let view = render_view(&shown, &presentation, &View::default(), surface).unwrap();
        let is_even = view.pixels.iter().all(|pixel| *pixel == view.pixels[0]);
        // PS3.3 C.11.2.1.2.1.
        let exact = ((f64::from(value) - (center - 0.5)) / (width - 1.0) + 0.5) * 255.0;
        let is_near = (f64::from(view.pixels[0]) - exact.clamp(0.0, 255.0)).abs() < 0.55;
        prop_assert!(is_even && (view.pixels[0] == level || is_near), "{:?}, not {level}", view.pixels);
    }

    #[test]
    fn any_frame_under_any_presentation_gives_a_picture_or_a_reason(
        (mut shown, presentation) in (any_frame(), any_presentation()),
        zoom in prop_oneof![0.001..2000.0_f64, Just(f64::NAN)],
        center in (-1.5..1.5_f64, -1.5..1.5_f64), quarter_turns: u8, is_flipped: bool,
        (width, height) in (0_u32..50, 0_u32..50), lie in prop_oneof![Just(0.0), Just(f64::NAN), -1e9..1e9_f64],
    ) {
        // Even where the frame says wrong things of its values.
        shown.shown_extent.1 += lie;
        shown.extent.0 += lie;
        let view = View { zoom, center, quarter_turns, is_flipped };
        if let Ok(picture) = render_view(&shown, &presentation, &view, Surface { width, height }) {
            prop_assert_eq!((picture.width, picture.height), (width.max(1), height.max(1)));
            let bytes = picture.width as usize * picture.height as usize * picture.channels.bytes();
            prop_assert_eq!(picture.pixels.len(), bytes);
        }
        if let Ok(picture) = render(&shown, &presentation) {
            let bytes = (shown.rows * shown.columns) as usize * picture.channels.bytes();
            prop_assert_eq!(picture.pixels.len(), bytes);
        }
        let _ = shown.facts(&presentation);
    }
}
