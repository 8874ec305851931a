use super::*;
use crate::imaging::{ContentHash, FrameNumber, ObjectKind, decode_frame, read_header, stacks};

const SEED: u64 = 7;

#[test]
fn the_objects_are_one_patient_two_studies_and_a_stack_in_order() {
    let objects: Vec<_> = demo_objects(SEED).collect();
    assert_eq!(objects.len(), SLICES + 1);
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
