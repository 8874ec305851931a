use chrono::DateTime;

use super::super::super::sample::{self, sequence, text, words};
use super::super::super::{
    Graphic, GraphicShape, PresentationState, StoredFrame, decode_frame, read::Object, render,
};
use super::*;

/// A 16 x 8 image of a study that tells all that files it; more can be said.
fn image(uid: &str, more: impl FnOnce(&mut InMemDicomObject)) -> Vec<u8> {
    let mut set = sample::image(16, 8, &std::array::from_fn::<u16, 128, _>(|place| place as u16 * 31));
    for (tag, vr, value) in [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::PATIENT_NAME, VR::PN, "Lefèvre^Hélène"),
        (tags::PATIENT_ID, VR::LO, "P1"),
        (tags::PATIENT_BIRTH_DATE, VR::DA, "19580314"),
        (tags::PATIENT_SEX, VR::CS, "F"),
        (tags::STUDY_INSTANCE_UID, VR::UI, "1.2"),
        (tags::STUDY_DATE, VR::DA, "20260102"),
        (tags::STUDY_TIME, VR::TM, "101500"),
        (tags::STUDY_ID, VR::SH, "S7"),
        (tags::ACCESSION_NUMBER, VR::SH, "A9"),
        (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3"),
        (tags::RESCALE_INTERCEPT, VR::DS, "-1024"),
        (tags::RESCALE_SLOPE, VR::DS, "2"),
        (tags::WINDOW_CENTER, VR::DS, "900"),
        (tags::WINDOW_WIDTH, VR::DS, "3000"),
    ] {
        set.put(text(tag, vr, value));
    }
    more(&mut set);
    sample::file(set, uids::CT_IMAGE_STORAGE, uid)
}

fn source(bytes: &[u8], frames: &[u32]) -> ReferencedImage {
    let frames: Vec<_> = frames.iter().map(|frame| FrameNumber::new(*frame).unwrap()).collect();
    ReferencedImage::read(bytes, &frames).unwrap()
}

fn mark(uid: &str, frame: u32, shape: StateShape) -> StateMark {
    StateMark { uid: uid.to_owned(), frame: FrameNumber::new(frame).unwrap(), shape, words: Pii::default() }
}

fn ids() -> impl FnMut() -> Uuid {
    let mut next = 0x1000_u128;
    move || {
        next += 1;
        Uuid::from_u128(next)
    }
}

fn written(sources: &[ReferencedImage], marks: &[StateMark], look: (&Presentation, &View)) -> Vec<Vec<u8>> {
    let author = Pii::from("Dr^Claire Martin");
    let at = DateTime::parse_from_rfc3339("2026-11-28T23:30:05+01:00").unwrap();
    let writing = Writing { author: &author, at, description: "Marques de la consultation" };
    presentation_states(sources, marks, look, &writing, &mut ids()).unwrap()
}

fn plainly(sources: &[ReferencedImage], marks: &[StateMark]) -> Vec<Vec<u8>> {
    written(sources, marks, (&Presentation::default(), &View::default()))
}

/// What a state draws over a frame; `None` where it does not refer to it.
fn drawn(state: &[u8], frame: &StoredFrame) -> Option<Vec<Graphic>> {
    let state = PresentationState::read(&Object::open(state).unwrap()).unwrap();
    Some(state.on(frame)?.facts(&Presentation::default()).graphics)
}

fn is_near(found: &[Spot], truth: &[Spot], columns: f64, rows: f64) -> bool {
    let is_near =
        |(a, b): (&Spot, &Spot)| ((a.0 - b.0) * columns).abs() < 0.01 && ((a.1 - b.1) * rows).abs() < 0.01;
    found.len() == truth.len() && found.iter().zip(truth).all(is_near)
}

/// PS3.3 C.10.5.1.2: what is read again lies where it was drawn, to a hundredth of a pixel.
#[test]
fn marks_come_back_where_they_were_drawn() {
    let bytes = image("1.2.3.1", |_| {});
    let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
    let (a, b, c) = ((0.123_456, 0.654_321), (0.9, 0.1), (-0.2, 1.3));
    let middle = (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1));
    use GraphicShape::*;
    for (shape, kind, points) in [
        (StateShape::Line(vec![a, b, c]), Polyline, vec![a, b, c]),
        (StateShape::Circle([a, b]), Circle, vec![a, b]),
        (StateShape::Rectangle([a, b]), Polyline, vec![a, (b.0, a.1), b, (a.0, b.1), a]),
        (
            StateShape::Ellipse([a, b]),
            Ellipse,
            vec![(a.0, middle.1), (b.0, middle.1), (middle.0, b.1), (middle.0, a.1)],
        ),
        (StateShape::Point(c), Points, vec![c]),
    ] {
        let states = plainly(&[source(&bytes, &[1])], &[mark("1.2.3.1", 1, shape.clone())]);
        let found = drawn(&states[0], &frame).unwrap();
        assert_eq!((found.len(), &found[0].shape), (1, &kind), "{shape:?}");
        assert!(is_near(&found[0].points, &points, 16.0, 8.0), "{shape:?}: {:?}", found[0].points);
        assert!(!found[0].is_filled && !found[0].is_on_screen);
    }
}

#[test]
fn an_arrow_has_its_tip_at_the_second_point_and_words_stand_beside() {
    let bytes = image("1.2.3.1", |_| {});
    let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
    let (from, tip) = ((0.75, 0.25), (0.25, 0.5));
    let arrow = StateMark {
        words: "Nodule \u{1b}à suivre\n12.3 mm (in the patient)".into(),
        ..mark("1.2.3.1", 1, StateShape::Arrow([from, tip]))
    };
    let note = StateMark { words: "2".into(), ..mark("1.2.3.1", 1, StateShape::Words(tip)) };
    let states = plainly(&[source(&bytes, &[1])], &[arrow, note]);
    let found = drawn(&states[0], &frame).unwrap();
    let shapes: Vec<_> = found.iter().map(|graphic| graphic.shape.clone()).collect();
    let words = GraphicShape::Text("Nodule à suivre\r\n12.3 mm (in the patient)".into());
    assert_eq!(
        shapes,
        [GraphicShape::Polyline, GraphicShape::Polyline, words, GraphicShape::Text("2".into())]
    );
    assert!(is_near(&found[0].points, &[from, tip], 16.0, 8.0));
    assert!(is_near(&found[1].points[1..2], &[tip], 16.0, 8.0));
    // Both sides of the head lie back towards where it comes from, one on each side of the shaft.
    let side = |point: Spot| {
        let (x, y) = ((point.0 - tip.0) * 16.0, (point.1 - tip.1) * 8.0);
        let (along, across) = (x * 8.0 - y * 2.0, x * 2.0 + y * 8.0);
        (along > 0.0, across)
    };
    let (one, other) = (side(found[1].points[0]), side(found[1].points[2]));
    assert!(one.0 && other.0 && one.1 * other.1 < 0.0, "{one:?} {other:?}");
    assert!(is_near(&found[2].points, &[from], 16.0, 8.0) && is_near(&found[3].points, &[tip], 16.0, 8.0));
}

/// Pixels twice as high as wide: what is round on the screen is an ellipse in pixels.
#[test]
fn a_circle_stays_round_where_pixels_are_not_square() {
    let bytes = image("1.2.3.1", |set| {
        set.put(text(tags::PIXEL_SPACING, VR::DS, "1\\0.5"));
    });
    let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
    // Four pixels to the right of the middle of a frame that is as high as it is wide.
    let circle = StateShape::Circle([(0.5, 0.5), (0.75, 0.5)]);
    let states = plainly(&[source(&bytes, &[1])], &[mark("1.2.3.1", 1, circle)]);
    let found = drawn(&states[0], &frame).unwrap();
    assert_eq!(found[0].shape, GraphicShape::Ellipse);
    let truth = [(0.25, 0.5), (0.75, 0.5), (0.5, 0.25), (0.5, 0.75)];
    assert!(is_near(&found[0].points, &truth, 16.0, 8.0), "{:?}", found[0].points);
}

/// PS3.3 C.11.11: other frames and images stay as they are.
#[test]
fn marks_of_three_frames_are_in_one_state_that_refers_to_no_others() {
    let clip = |uid| {
        image(uid, |set| {
            set.put(text(tags::NUMBER_OF_FRAMES, VR::IS, "4"));
            set.put(words(tags::PIXEL_DATA, VR::OW, &[7; 16 * 8 * 4]));
        })
    };
    let (clip, slice) = (clip("1.2.3.1"), image("1.2.3.2", |_| {}));
    let point = |x| StateShape::Point((x, 0.5));
    let marks = [
        mark("1.2.3.1", 2, point(0.25)),
        mark("1.2.3.1", 4, point(0.5)),
        mark("1.2.3.2", 1, point(0.75)),
        mark("9.9", 1, point(0.1)),
    ];
    let states = plainly(&[source(&clip, &[2, 4]), source(&slice, &[1])], &marks);
    assert_eq!(states.len(), 1);
    let at = |bytes: &[u8], frame| {
        let frame = decode_frame(bytes, FrameNumber::new(frame).unwrap()).unwrap();
        drawn(&states[0], &frame).map(|found| found.iter().map(|one| one.points[0].0).collect::<Vec<_>>())
    };
    assert_eq!((at(&clip, 1), at(&clip, 2)), (None, Some(vec![0.25])));
    assert_eq!((at(&clip, 3), at(&clip, 4)), (None, Some(vec![0.5])));
    assert_eq!(at(&slice, 1), Some(vec![0.75]));
    assert_eq!(at(&image("1.2.3.3", |_| {}), 1), None);
}

type Change = fn(&mut InMemDicomObject);

/// PS3.4 section N.2: what a state does not say is not taken from the image. So it says all that makes the image look as it does.
#[test]
fn an_image_looks_under_its_state_as_it_does_without() {
    let images: [(&str, Change); 9] = [
        ("rescale", |_| {}),
        ("white is low", |set| {
            set.put(text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1"));
        }),
        ("a sign", |set| {
            set.put(words(tags::PIXEL_REPRESENTATION, VR::US, &[1]));
            set.put(text(tags::WINDOW_CENTER, VR::DS, "-40.125"));
        }),
        ("a curve", |set| {
            set.put(text(tags::VOILUT_FUNCTION, VR::CS, "SIGMOID"));
        }),
        ("a table", |set| {
            for tag in [tags::RESCALE_INTERCEPT, tags::RESCALE_SLOPE] {
                set.remove_element(tag);
            }
            let entries: Vec<u16> = (0..500).map(|place| place * 130).collect();
            let table = sample::item([
                words(tags::LUT_DESCRIPTOR, VR::US, &[500, 10, 16]),
                text(tags::MODALITY_LUT_TYPE, VR::LO, "US"),
                words(tags::LUT_DATA, VR::OW, &entries),
            ]);
            set.put(sequence(tags::MODALITY_LUT_SEQUENCE, [table]));
            set.put(text(tags::WINDOW_CENTER, VR::DS, "30000"));
            set.put(text(tags::WINDOW_WIDTH, VR::DS, "60000"));
        }),
        ("shutters", |set| {
            for (tag, vr, value) in [
                (tags::SHUTTER_SHAPE, VR::CS, "RECTANGULAR\\CIRCULAR"),
                (tags::SHUTTER_LEFT_VERTICAL_EDGE, VR::IS, "3"),
                (tags::SHUTTER_RIGHT_VERTICAL_EDGE, VR::IS, "14"),
                (tags::SHUTTER_UPPER_HORIZONTAL_EDGE, VR::IS, "2"),
                (tags::SHUTTER_LOWER_HORIZONTAL_EDGE, VR::IS, "7"),
                (tags::CENTER_OF_CIRCULAR_SHUTTER, VR::IS, "4\\8"),
                (tags::RADIUS_OF_CIRCULAR_SHUTTER, VR::IS, "5"),
            ] {
                set.put(text(tag, vr, value));
            }
            set.put(words(tags::SHUTTER_PRESENTATION_VALUE, VR::US, &[0x4000]));
        }),
        ("an overlay", |set| {
            for (element, value) in [(0x0010, 8), (0x0011, 16), (0x0100, 1), (0x0102, 0)] {
                set.put(words(Tag(0x6000, element), VR::US, &[value]));
            }
            set.put(text(Tag(0x6000, 0x0040), VR::CS, "G"));
            set.put(words(Tag(0x6000, 0x0050), VR::SS, &[1, 1]));
            set.put(words(Tag(0x6000, 0x3000), VR::OW, &[0xF00F; 8]));
        }),
        ("no window", |set| {
            for tag in [tags::WINDOW_CENTER, tags::WINDOW_WIDTH] {
                set.remove_element(tag);
            }
        }),
        ("two windows", |set| {
            set.put(text(tags::WINDOW_CENTER, VR::DS, "900\\200"));
            set.put(text(tags::WINDOW_WIDTH, VR::DS, "3000\\500"));
        }),
    ];
    let window = VoiChoice::Window(Window { center: 700.5, width: 1234.5 });
    let looks = [
        Presentation::default(),
        Presentation { voi: window, ..Presentation::default() },
        Presentation { voi: VoiChoice::Alternative(1), ..Presentation::default() },
        Presentation { is_inverted: true, ..Presentation::default() },
        Presentation { has_overlays: false, has_shutters: false, ..Presentation::default() },
    ];
    for (name, change) in images {
        let bytes = image("1.2.3.1", change);
        let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
        for look in looks {
            // As the first frame of its stack told it.
            let look = Presentation { range: Some((-500.0, 2500.5)), ..look };
            let marks = [mark("1.2.3.1", 1, StateShape::Point((0.5, 0.5)))];
            let states = written(&[source(&bytes, &[1])], &marks, (&look, &View::default()));
            let state = PresentationState::read(&Object::open(&states[0][..]).unwrap()).unwrap();
            let under = render(&state.on(&frame).unwrap(), &Presentation::default()).unwrap();
            assert_eq!(under.pixels, render(&frame, &look).unwrap().pixels, "{name} under {look:?}");
            assert_eq!(state.notice(), None);
        }
    }
}

/// PS3.3 C.10.4 and C.10.6: corners are told as they lie after the turn and the flip.
#[test]
fn the_turn_is_told_with_the_corners_that_it_brings_up() {
    let bytes = image("1.2.3.1", |_| {});
    let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
    for turns in 0..4_u8 {
        for is_flipped in [false, true] {
            let view = View { quarter_turns: turns, is_flipped, ..View::default() };
            let marks = [mark("1.2.3.1", 1, StateShape::Point((0.5, 0.5)))];
            let states = written(&[source(&bytes, &[1])], &marks, (&Presentation::default(), &view));
            let object = Object::open(&states[0][..]).unwrap();
            let facts =
                PresentationState::read(&object).unwrap().on(&frame).unwrap().facts(&Presentation::default());
            assert_eq!(
                (facts.state_turn, facts.state_area),
                ((turns, is_flipped), Some([0.0, 0.0, 1.0, 1.0]))
            );
            let area =
                &super::super::dataset::items(object.dataset(), tags::DISPLAYED_AREA_SELECTION_SEQUENCE)[0];
            let corner = |tag| super::super::dataset::integers(area, tag);
            let (top_left, bottom_right) = match (turns, is_flipped) {
                (0, false) => ([1, 1], [16, 8]),
                (1, false) => ([1, 8], [16, 1]),
                (2, false) => ([16, 8], [1, 1]),
                (3, false) => ([16, 1], [1, 8]),
                (0, true) => ([16, 1], [1, 8]),
                (1, true) => ([1, 1], [16, 8]),
                (2, true) => ([1, 8], [16, 1]),
                _ => ([16, 8], [1, 1]),
            };
            assert_eq!(corner(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER), top_left, "{turns} {is_flipped}");
            assert_eq!(corner(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER), bottom_right);
        }
    }
}

/// PS3.3 A.33.1.1: a state is not for images whose modality stage differs.
#[test]
fn images_that_no_single_state_can_be_for_get_one_each() {
    let slope = |uid, slope: &'static str| {
        image(uid, move |set| {
            set.put(text(tags::RESCALE_SLOPE, VR::DS, slope));
        })
    };
    let images = [slope("1.2.3.1", "2"), slope("1.2.3.2", "2.5"), slope("1.2.3.3", "2")];
    let sources: Vec<_> = images.iter().map(|bytes| source(bytes, &[1])).collect();
    let point = |uid| mark(uid, 1, StateShape::Point((0.5, 0.5)));
    let marks = ["1.2.3.1", "1.2.3.2", "1.2.3.3"].map(point);
    let states = plainly(&sources, &marks);
    assert_eq!(states.len(), 2);
    let refers = |state: &[u8]| {
        let is_in =
            |bytes: &&Vec<u8>| drawn(state, &decode_frame(bytes, FrameNumber::FIRST).unwrap()).is_some();
        images.iter().filter(is_in).count()
    };
    assert_eq!((refers(&states[0]), refers(&states[1])), (2, 1));
    let series: Vec<_> = states
        .iter()
        .map(|state| {
            let object = Object::open(&state[..]).unwrap();
            let text = |tag| super::super::dataset::text(object.dataset(), tag);
            (text(tags::SERIES_INSTANCE_UID), text(tags::INSTANCE_NUMBER))
        })
        .collect();
    assert_eq!(series[0].0, series[1].0, "in one series");
    assert_eq!((&series[0].1[..], &series[1].1[..]), ("1", "2"));

    // Another series is another state.
    let other = image("1.2.4.1", |set| {
        set.put(text(tags::SERIES_INSTANCE_UID, VR::UI, "1.2.4"));
    });
    let states = plainly(&[sources[0].clone(), source(&other, &[1])], &[point("1.2.3.1"), point("1.2.4.1")]);
    assert_eq!(states.len(), 2);
    assert_eq!(plainly(&sources, &[]).len(), 0);
}

/// PS3.3 A.33.2.
#[test]
fn marks_on_a_colour_image_are_a_colour_state_with_its_profile() {
    let bytes = image("1.2.3.1", |set| {
        set.put(words(tags::SAMPLES_PER_PIXEL, VR::US, &[3]));
        set.put(text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB"));
        for (tag, bits) in [(tags::BITS_ALLOCATED, 8), (tags::BITS_STORED, 8), (tags::HIGH_BIT, 7)] {
            set.put(words(tag, VR::US, &[bits]));
        }
        set.put(DataElement::new(
            tags::PIXEL_DATA,
            VR::OB,
            PrimitiveValue::from([90_u8; 16 * 8 * 3].as_slice()),
        ));
    });
    let marks = [mark("1.2.3.1", 1, StateShape::Point((0.5, 0.5)))];
    let states = plainly(&[source(&bytes, &[1])], &marks);
    assert_eq!(states, plainly(&[source(&bytes, &[1])], &marks), "the profile has no clock in it");
    let object = Object::open(&states[0][..]).unwrap();
    let set = object.dataset();
    assert_eq!(header_of(&states[0], tags::SOP_CLASS_UID), uids::COLOR_SOFTCOPY_PRESENTATION_STATE_STORAGE);
    let profile = super::super::dataset::bytes(set, tags::ICC_PROFILE).unwrap();
    assert_eq!(&profile[36..40], b"acsp");
    assert!(set.get(tags::PRESENTATION_LUT_SHAPE).is_none() && set.get(tags::RESCALE_SLOPE).is_none());
    let frame = decode_frame(&bytes, FrameNumber::FIRST).unwrap();
    assert_eq!(drawn(&states[0], &frame).unwrap().len(), 1);
}

fn header_of(bytes: &[u8], tag: Tag) -> String {
    super::super::dataset::text(Object::open(bytes).unwrap().dataset(), tag)
}

/// PS3.3 C.7.1.1, C.7.2.1, C.11.9, C.11.10.
#[test]
fn a_state_is_filed_with_its_images() {
    let bytes = image("1.2.3.1", |_| {});
    let marks = [StateMark { words: "Nodule".into(), ..mark("1.2.3.1", 1, StateShape::Words((0.5, 0.5))) }];
    let states = plainly(&[source(&bytes, &[1])], &marks);
    for (tag, value) in [
        (tags::PATIENT_NAME, "Lefèvre^Hélène"),
        (tags::PATIENT_ID, "P1"),
        (tags::PATIENT_BIRTH_DATE, "19580314"),
        (tags::PATIENT_SEX, "F"),
        (tags::STUDY_INSTANCE_UID, "1.2"),
        (tags::STUDY_DATE, "20260102"),
        (tags::STUDY_TIME, "101500"),
        (tags::STUDY_ID, "S7"),
        (tags::ACCESSION_NUMBER, "A9"),
        (tags::MODALITY, "PR"),
        (tags::SOP_CLASS_UID, uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE),
        (tags::SERIES_INSTANCE_UID, "2.25.4097"),
        (tags::SOP_INSTANCE_UID, "2.25.4098"),
        (tags::CONTENT_LABEL, "PARVIS"),
        (tags::CONTENT_DESCRIPTION, "Marques de la consultation"),
        (tags::CONTENT_CREATOR_NAME, "Dr Claire Martin"),
        (tags::PRESENTATION_CREATION_DATE, "20261128"),
        (tags::PRESENTATION_CREATION_TIME, "233005"),
        (tags::PRESENTATION_LUT_SHAPE, "IDENTITY"),
    ] {
        assert_eq!(header_of(&states[0], tag), value, "{tag}");
    }
    // Empty, but there: nobody is asked to guess.
    let object = Object::open(&states[0][..]).unwrap();
    assert!(object.dataset().get(tags::REFERRING_PHYSICIAN_NAME).is_some());
    assert!(object.dataset().get(tags::LATERALITY).is_some());
    assert_eq!(states, plainly(&[source(&bytes, &[1])], &marks), "the same marks give the same bytes");
    let secretive = format!("{:?} {:?}", source(&bytes, &[1]), marks);
    assert!(!secretive.contains("Lef") && !secretive.contains("Nodule"), "{secretive}");

    // Times are in the zone of the image's own (PS3.3 C.12.1.1.8).
    let zoned = image("1.2.3.1", |set| {
        set.put(text(tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH, "+0500"));
    });
    let states = plainly(&[source(&zoned, &[1])], &marks);
    assert_eq!(header_of(&states[0], tags::TIMEZONE_OFFSET_FROM_UTC), "+0500");
    assert_eq!(header_of(&states[0], tags::PRESENTATION_CREATION_DATE), "20261129");
    assert_eq!(header_of(&states[0], tags::PRESENTATION_CREATION_TIME), "033005");
}

#[test]
fn what_cannot_be_referred_to_says_so() {
    let why = |bytes: &[u8], frame| {
        let frames = [FrameNumber::new(frame).unwrap()];
        ReferencedImage::read(bytes, &frames).unwrap_err().to_string()
    };
    let bytes = image("1.2.3.1", |_| {});
    assert_eq!(why(&bytes, 2), "there is no frame 2: the object has 1");
    let nameless = image("1.2.3.1", |set| {
        set.remove_element(tags::STUDY_INSTANCE_UID);
    });
    assert_eq!(why(&nameless, 1), "StudyInstanceUID is missing");
    assert!(why(&[0xFF, 0xD8, 0xFF, 0xE0], 1).contains("no DICOM object"));
    assert_eq!(why(b"", 1), "the file is empty");
}
