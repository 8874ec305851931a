//! Marks over images as rows.

use parvis::imaging::*;
use parvis::store::StoredMark;
use parvis::viewing::{Mark, MarkKind, MarkShape};

use super::studies::object;
use super::*;
use crate::support::db::for_each_database;

const KINDS: [(MarkKind, usize); 10] = [
    (MarkKind::Arrow, 2),
    (MarkKind::Circle, 2),
    (MarkKind::Freehand, 7),
    (MarkKind::Text, 1),
    (MarkKind::Number, 1),
    (MarkKind::Length, 2),
    (MarkKind::Angle, 3),
    (MarkKind::Ellipse, 2),
    (MarkKind::Rectangle, 2),
    (MarkKind::Probe, 1),
];

/// None of these comes back from JSON's numbers as it went.
const ODD: [f64; 7] = [0.1 + 0.2, 1.0 / 3.0, -0.0, 5e-324, 1.5, -0.5, 0.123_456_789_012_345_6];

/// Whatever can be measured, in each of its words.
fn measures() -> Vec<Option<Measured>> {
    let quantity = |unit, source| Quantity { value: 44.800_000_000_000_004, unit, source };
    let mut measures = vec![None, Some(Measured::default())];
    for source in [
        CalibrationSource::Patient,
        CalibrationSource::Fiducial,
        CalibrationSource::Detector,
        CalibrationSource::Magnification,
        CalibrationSource::Scanned,
        CalibrationSource::Ultrasound,
    ] {
        let length = Some(quantity(LengthUnit::Mm, Some(source)));
        measures.push(Some(Measured { length, area: length, ..Measured::default() }));
    }
    for why in [
        MeasureRefusal::DifferentRegions,
        MeasureRefusal::NoLengthHere,
        MeasureRefusal::Colour,
        MeasureRefusal::OutsideFrame,
        MeasureRefusal::Clip,
        MeasureRefusal::FrameFailed,
    ] {
        let length = Some(quantity(LengthUnit::Pixels, None));
        measures.push(Some(Measured { length, refused: Some(why), ..Measured::default() }));
    }
    for unit in [ValueUnit::Hu, ValueUnit::Stored] {
        let values = RegionValues {
            mean: 0.1 + 0.2,
            sd: 1.0 / 3.0,
            min: -1024.0,
            max: 1e23,
            pixels: u64::from(u32::MAX),
            unit,
        };
        measures.push(Some(Measured {
            angle_degrees: Some(45.0 / 7.0),
            values: Some(values),
            probe: Some(ProbeValues { values: vec![1.0, 0.1 + 0.2, -0.0], unit }),
            ..Measured::default()
        }));
    }
    measures
}

#[tokio::test]
async fn marks_come_back_as_they_were_last_and_deleted_ones_do_not() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let objects = [object("1", "1.7", 3), object("1", "1.7", 4)];
        let instances = store.add_received(booked.id, &objects, &clock()).await.unwrap();
        let series = store.studies_of(booked.id).await.unwrap()[0].series[0].id;
        let mark = |kind: MarkKind, points: usize, measured: Option<Measured>| Mark {
            id: new_id(MarkId::new),
            by: booked.participants[1].id,
            at: at(3),
            series,
            instance: instances[points % 2],
            frame: FrameNumber::new(u32::MAX).unwrap(),
            shape: MarkShape::new(kind, (0..points).map(|i| (ODD[i], ODD[6 - i])).collect()).unwrap(),
            text: MarkText::new("à « gauche » \"'").unwrap(),
            number: (kind == MarkKind::Number).then_some(u16::MAX),
            measured,
            is_saved: false,
        };
        let content = |mark: &Mark| ContentHash([if mark.instance == instances[0] { 3 } else { 4 }; 32]);
        let mut kept: Vec<_> = KINDS.iter().map(|(kind, points)| mark(*kind, *points, None)).collect();
        kept.extend(measures().into_iter().map(|measured| mark(MarkKind::Length, 2, measured)));
        for mark in &kept {
            let stored = StoredMark { mark: mark.clone(), saved_as: None };
            // Again, as by whoever heard no answer.
            store.put_mark(booked.id, &stored).await.unwrap();
            store.put_mark(booked.id, &stored).await.unwrap();
        }
        let read = store.marks_of(booked.id).await.unwrap();
        let expected: Vec<_> = kept
            .iter()
            .map(|mark| (StoredMark { mark: mark.clone(), saved_as: None }, content(mark)))
            .collect();
        assert_eq!(read, expected);
        assert_eq!(store.marks_of(other.id).await.unwrap(), []);

        // Changed, saved, taken away, brought back.
        let state = new_id(InstanceId::new);
        let shape = MarkShape::Arrow([(0.0, 0.25), (1.0, 0.75)]);
        let changed = Mark { shape, text: MarkText::default(), is_saved: true, ..kept[0].clone() };
        let changed = StoredMark { mark: changed, saved_as: Some(state) };
        store.put_mark(booked.id, &changed).await.unwrap();
        store.delete_mark(booked.id, kept[1].id, at(5)).await.unwrap();
        store.delete_mark(other.id, kept[2].id, at(5)).await.unwrap();
        let read = store.marks_of(booked.id).await.unwrap();
        assert_eq!((read.len(), &read[0].0), (expected.len() - 1, &changed));
        assert!(read.iter().all(|(stored, _)| stored.mark.id != kept[1].id));
        assert_eq!(read[1], expected[2], "another appointment takes nothing away");
        store.put_mark(booked.id, &expected[1].0).await.unwrap();
        assert_eq!(store.marks_of(booked.id).await.unwrap()[1], expected[1]);

        // Nobody of this appointment; another appointment's row; an object that is not here.
        let stranger = Mark { by: other.participants[0].id, ..mark(MarkKind::Probe, 1, None) };
        assert!(store.put_mark(booked.id, &StoredMark { mark: stranger, saved_as: None }).await.is_err());
        let foreign = Mark { by: other.participants[1].id, ..kept[3].clone() };
        let foreign = Mark { text: MarkText::new("ailleurs").unwrap(), ..foreign };
        store.put_mark(other.id, &StoredMark { mark: foreign, saved_as: None }).await.unwrap();
        assert_eq!(store.marks_of(booked.id).await.unwrap()[3], expected[3]);
        let nowhere = Mark { instance: new_id(InstanceId::new), ..mark(MarkKind::Probe, 1, None) };
        store.put_mark(booked.id, &StoredMark { mark: nowhere, saved_as: None }).await.unwrap();
        assert_eq!(store.marks_of(booked.id).await.unwrap().len(), expected.len());
    })
    .await;
}
