//! Frames and presentations of all kinds, sense or not.

use super::*;

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        -300.0..300.0_f64,
        -1e300..1e300_f64,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0)
    ]
}

fn any_window() -> impl Strategy<Value = Window> {
    (any_number(), any_number()).prop_map(|(center, width)| Window { center, width })
}

fn any_table() -> impl Strategy<Value = LookupTable> {
    (any::<i16>(), proptest::collection::vec(any::<u16>(), 1..9), 1_u8..=16)
        .prop_map(|(first, entries, bits)| LookupTable::new(first.into(), entries, bits).unwrap())
}

pub(super) fn any_presentation() -> impl Strategy<Value = Presentation> {
    let voi = prop_oneof![
        Just(VoiChoice::Object),
        any_window().prop_map(VoiChoice::Window),
        (0_u16..4).prop_map(VoiChoice::Alternative)
    ];
    (voi, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(voi, is_inverted, has_overlays, has_shutters)| Presentation {
            range: None,
            is_subtracted: true,
            voi,
            is_inverted,
            has_overlays,
            has_shutters,
            state: None,
        },
    )
}

fn any_values() -> impl Strategy<Value = Values> {
    let count = 0..200_usize;
    prop_oneof![
        proptest::collection::vec(any::<u8>(), count.clone()).prop_map(Values::U8),
        proptest::collection::vec(any::<i8>(), count.clone()).prop_map(Values::I8),
        proptest::collection::vec(any::<u16>(), count.clone()).prop_map(Values::U16),
        proptest::collection::vec(any::<i16>(), count.clone()).prop_map(Values::I16),
        proptest::collection::vec(any::<i32>(), count.clone()).prop_map(Values::I32),
        proptest::collection::vec(any::<f32>(), count.clone()).prop_map(Values::F32),
        proptest::collection::vec(any::<f64>(), count).prop_map(Values::F64),
    ]
}

fn any_overlay() -> impl Strategy<Value = Overlay> {
    let origin = (any::<i16>(), -9_i16..9).prop_map(|(row, column)| (row.into(), column.into()));
    let sizes = (0_u32..20, 0_u32..20, origin, any::<bool>());
    (sizes, proptest::collection::vec(any::<u8>(), 0..40)).prop_map(
        |((rows, columns, origin, is_region), bits)| {
            let kind = if is_region { OverlayKind::Region } else { OverlayKind::Graphics };
            Overlay { group: 0x6000, kind, rows, columns, origin, bits, label: String::new() }
        },
    )
}

fn any_shape() -> impl Strategy<Value = ShutterShape> {
    prop_oneof![
        (any::<i32>(), any::<i32>(), -9..9_i32, any::<i32>())
            .prop_map(|(left, right, upper, lower)| ShutterShape::Rectangle { left, right, upper, lower }),
        (any::<i32>(), -9..9_i32, any::<i32>()).prop_map(|(row, column, radius)| ShutterShape::Circle {
            row,
            column,
            radius
        }),
        proptest::collection::vec((any::<i32>(), -9..9_i32), 0..9).prop_map(ShutterShape::Polygon),
        any_overlay().prop_map(ShutterShape::Bitmap),
    ]
}

pub(super) fn any_frame() -> impl Strategy<Value = StoredFrame> {
    let colors = prop_oneof![
        Just(Ok(Color::Monochrome1)),
        Just(Ok(Color::Monochrome2)),
        Just(Ok(Color::Palette)),
        Just(Ok(Color::Rgb)),
        Just(Ok(Color::Ybr)),
        Just(Ok(Color::YbrPartial)),
        Just(Err("HSV".to_owned()))
    ];
    let greys = (
        colors,
        any_number(),
        any_number(),
        proptest::collection::vec(any_window(), 0..2),
        proptest::collection::vec(any_table(), 0..2),
        proptest::option::of((any_number(), any_number())),
        prop_oneof![Just(None), any_table().prop_map(|table| Some(PresentationLut::Table(table)))],
    );
    let layers = (
        proptest::collection::vec(any_overlay(), 0..3),
        proptest::collection::vec(any_shape(), 0..3),
        any_number(),
        proptest::option::of((any_table(), any_table(), any_table())),
        any_number(),
        0_u8..70,
    );
    let sizes = (0_u32..12, 0_u32..12, prop_oneof![Just(1_u8), Just(3), Just(0), Just(4)]);
    (any_values(), sizes, greys, layers).prop_map(|(values, (rows, columns, samples), greys, layers)| {
        let (color, slope, intercept, windows, voi_tables, padding, presentation_lut) = greys;
        let (overlays, shapes, tone, palette, pixel_aspect, bits_stored) = layers;
        let mut shown = frame(1, 1, values);
        (shown.rows, shown.columns, shown.samples) = (rows, columns, samples);
        shown.appearance = Appearance {
            color,
            bits_stored,
            modality: Modality::Rescale { slope, intercept },
            windows: windows
                .into_iter()
                .map(|window| WindowPreset { window, explanation: String::new() })
                .collect(),
            voi_tables,
            padding,
            presentation_lut,
            overlays,
            shutters: Some(Shutters { shapes, tone, color: None }),
            palette: palette.map(|(red, green, blue)| Palette::new(&[red, green, blue])),
            pixel_aspect,
            ..shown.appearance
        };
        shown
    })
}
