use proptest::prelude::*;

use super::*;
use crate::imaging::lut::{LookupTable, Modality};
use crate::imaging::window::WindowFunction;
use crate::imaging::{Appearance, WindowPreset};

fn frame(rows: u32, columns: u32, values: Values) -> StoredFrame {
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
            pixel_aspect: 1.0,
            is_lossy: false,
        },
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
}
