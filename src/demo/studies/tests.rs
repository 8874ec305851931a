use super::*;
use crate::imaging::read::Object;
use crate::imaging::{
    ContentHash, FrameNumber, ObjectKind, Presentation, PresentationState, decode_frame, read_header, stacks,
};

const SEED: u64 = 7;

#[test]
fn the_objects_are_one_patient_two_studies_and_a_stack_in_order() {
    let objects: Vec<_> = demo_objects(SEED).collect();
    assert_eq!(objects.len(), SLICES + 3);
    let received: Vec<_> =
        objects.iter().map(|(_, bytes)| read_header(bytes, ContentHash([0; 32])).unwrap()).collect();
    assert!(received.iter().all(|one| one.patient.name.expose() == "LEFEVRE HELENE"));
    let ct: Vec<_> =
        received.iter().filter(|one| one.series.modality == "CT").map(|one| one.instance.clone()).collect();
    let stacks = stacks(&ct);
    assert_eq!(stacks.len(), 1);
    let order: Vec<usize> = stacks[0].frames.iter().map(|(index, _)| *index).collect();
    assert_eq!(order, (0..SLICES).collect::<Vec<_>>(), "by position, although the numbers run the other way");
    let windows: Vec<_> = ct[0].windows.iter().map(|preset| preset.explanation.as_str()).collect();
    assert_eq!(windows, ["Tissus mous", "Poumon"]);
    assert_eq!(received[SLICES].study.description, "Radiographie du thorax");
    assert_eq!(received[SLICES].instance.kind, ObjectKind::Image);
    let (state, keys) = (&received[SLICES + 1].instance, &received[SLICES + 2].instance);
    assert_eq!((state.kind, state.details.label.as_str()), (ObjectKind::Presentation, "Aorte"));
    assert_eq!((keys.kind, keys.details.label.as_str()), (ObjectKind::KeyObjects, "Of Interest"));
    let named = |one: &crate::imaging::InstanceFacts| -> Vec<_> {
        let place = |uid: &str| ct.iter().position(|slice| slice.uid == uid).unwrap();
        one.details.references.iter().map(|reference| place(&reference.uid)).collect()
    };
    assert_eq!((named(state), named(keys)), (vec![30], vec![30, 40]));
}

#[test]
fn the_mark_points_at_the_aorta() {
    let objects: Vec<_> = demo_objects(SEED).collect();
    let state = PresentationState::read(&Object::open(&objects[SLICES + 1].1[..]).unwrap()).unwrap();
    let frame = decode_frame(&objects[30].1, FrameNumber::FIRST).unwrap();
    let facts = state.on(&frame).unwrap().facts(&Presentation::default());
    assert_eq!((facts.graphics.len(), facts.window), (3, Some((100.0, 500.0))));
    let (x, y) = *facts.graphics[0].points.last().unwrap();
    let at = |x: f64, y: f64| {
        let place = (y * CT_SIDE as f64) as usize * CT_SIDE + (x * CT_SIDE as f64) as usize;
        frame.appearance.modality.apply(frame.values.at(place).unwrap())
    };
    // A little further along the arrow there is blood with contrast.
    let further = 11.0 / CT_SIDE as f64;
    assert!(at(x - further, y + further) > 60.0);
    assert!(state.on(&decode_frame(&objects[31].1, FrameNumber::FIRST).unwrap()).is_none());
}

#[test]
fn a_seed_gives_the_same_bytes_and_plausible_tissue() {
    let first = demo_objects(SEED).nth(30).unwrap();
    assert_eq!(demo_objects(SEED).nth(30).unwrap(), first);
    assert_ne!(demo_objects(SEED + 1).nth(30).unwrap(), first);
    let frame = decode_frame(&first.1, FrameNumber::FIRST).unwrap();
    let hu = |x_mm: f32, y_mm: f32| {
        let column = (x_mm / CT_PIXEL_MM + 255.5) as usize;
        let row = ((y_mm - 12.0) / CT_PIXEL_MM + 255.5) as usize;
        // The middle of some pixels, so that neither a vessel nor noise decides.
        let around =
            (row - 5..=row + 5).flat_map(|row| (column - 5..=column + 5).map(move |column| (row, column)));
        let mut stored: Vec<_> =
            around.map(|(row, column)| frame.values.at(row * CT_SIDE + column).unwrap()).collect();
        stored.sort_by(f64::total_cmp);
        frame.appearance.modality.apply(stored[stored.len() / 2])
    };
    assert!(hu(-170.0, -150.0) < -900.0, "air around the body");
    assert!((-960.0..-600.0).contains(&hu(-85.0, -30.0)), "lung");
    assert!((90.0..300.0).contains(&hu(19.0, 47.0)), "aorta with contrast");
}
