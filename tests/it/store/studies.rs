//! Studies, series and instances as rows.

use chrono::NaiveDate;
use parvis::imaging::*;
use parvis::store::{Constraint, Error, StoredSeries, StoredShow};

use super::*;
use crate::support::db::for_each_database;

/// An object `number` of a series of a study; numbers differ in whatever can differ.
pub(crate) fn object(study: &str, series: &str, number: u8) -> Received {
    let is_first = number == 1;
    Received {
        patient: PatientFacts {
            name: "LEFEVRE Helene".into(),
            id: "P1".into(),
            birth_date: Some(Pii::new(NaiveDate::from_ymd_opt(1961, 4, 30).unwrap())),
        },
        study: StudyFacts {
            uid: study.to_owned(),
            date: NaiveDate::from_ymd_opt(2026, 3, 1),
            description: "Thorax".to_owned(),
        },
        series: SeriesFacts {
            uid: series.to_owned(),
            modality: "CT".to_owned(),
            number: series.rsplit('.').next().unwrap().parse().ok(),
            description: "Lung\0".to_owned(),
        },
        instance: InstanceFacts {
            uid: format!("{series}.{number}"),
            class_uid: "1.2.840.10008.5.1.4.1.1.2".to_owned(),
            transfer_syntax_uid: "1.2.840.10008.1.2.1".to_owned(),
            kind: if is_first { ObjectKind::Report } else { ObjectKind::Image },
            frames: u32::from(!is_first) * u32::MAX,
            rows: 512,
            columns: 65_535,
            number: (!is_first).then_some(-i32::from(number)),
            // None of these comes back from JSON's numbers as it went.
            position: (!is_first).then_some([-158.135_803, 0.1 + 0.2, 5e-324]),
            orientation: (!is_first).then_some([1.0, 0.0, -0.0, f64::MAX, 1.0 / 3.0, f64::MIN_POSITIVE]),
            windows: vec![WindowPreset {
                window: Window { center: 40.0 / 3.0, width: 1e23 },
                explanation: "LUNG \"é\"".to_owned(),
            }],
            is_lossy: is_first,
            bytes: 5_000_000_000 + u64::from(number),
            content: ContentHash([number; 32]),
            details: InstanceDetails {
                label: "À REVOIR".to_owned(),
                references: vec![Reference {
                    uid: "1.2.3".to_owned(),
                    frames: vec![1, 3],
                    ..Reference::default()
                }],
                order: OrderFacts {
                    frame_of_reference: "1.2.840.9".to_owned(),
                    positions: vec![Some([-120.5, 0.25, 1e3]), None],
                    normals: vec![[0.0, 0.5, -1.0]],
                    ..OrderFacts::default()
                },
                cine: Some(Cine { frame_ms: 33.25, frames_ms: vec![40.0, 50.5], ..Cine::default() }),
            },
        },
    }
}

async fn booked(store: &Store) -> AppointmentId {
    let appointment = visit(&[&doctor(store, "Claire").await], 0, 30);
    store.add_appointment(&appointment, &[]).await.unwrap();
    appointment.id
}

#[tokio::test]
async fn what_is_on_show_is_remembered_until_nothing_is() {
    for_each_database(|store| async move {
        let appointment = booked(&store).await;
        let objects = [object("1", "1.7", 1), object("1", "1.2", 2)];
        store.add_received(appointment, &objects, &clock()).await.unwrap();
        let studies = store.studies_of(appointment).await.unwrap();
        let [first, second] = &studies[0].series[..] else { panic!("{:?}", studies[0].series) };
        assert_eq!(store.on_show_in(appointment).await.unwrap(), None);
        for show in [
            StoredShow { series: first.id, index: 0, at: at(1) },
            StoredShow { series: second.id, index: u32::MAX, at: at(2) },
        ] {
            store.put_on_show(appointment, Some(&show)).await.unwrap();
            assert_eq!(store.on_show_in(appointment).await.unwrap(), Some(show));
        }
        for _ in 0..2 {
            store.put_on_show(appointment, None).await.unwrap();
            assert_eq!(store.on_show_in(appointment).await.unwrap(), None);
        }
        let unknown = StoredShow { series: new_id(SeriesId::new), index: 0, at: at(1) };
        assert!(store.put_on_show(appointment, Some(&unknown)).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn what_objects_say_comes_back_to_the_last_bit() {
    for_each_database(|store| async move {
        let appointment = booked(&store).await;
        let objects =
            [object("1", "1.7", 1), object("1", "1.7", 2), object("1", "1.2", 3), object("2", "2.x", 4)];
        let ids = store.add_received(appointment, &objects, &clock()).await.unwrap();
        let studies = store.studies_of(appointment).await.unwrap();
        assert_eq!(studies.len(), 2);
        assert_eq!(studies[0].facts, objects[0].study);
        assert_eq!(studies[0].patient, objects[0].patient);
        let [second, seventh] = &studies[0].series[..] else { panic!("{:?}", studies[0].series) };
        assert_eq!(
            *seventh,
            StoredSeries {
                id: seventh.id,
                facts: SeriesFacts { description: "Lung".to_owned(), ..objects[0].series.clone() },
                instances: 2,
                frames: u64::from(u32::MAX),
                bytes: 10_000_000_003,
                acquired: None,
                kinds: vec![ObjectKind::Image, ObjectKind::Report],
            }
        );
        assert_eq!((second.facts.number, second.instances), (Some(2), 1));
        assert_eq!(studies[1].series[0].facts.number, None);

        let instances = store.instances_of(seventh.id).await.unwrap();
        assert_eq!(instances, [(ids[0], objects[0].instance.clone()), (ids[1], objects[1].instance.clone())]);
        let bits = |facts: &InstanceFacts| facts.orientation.unwrap().map(f64::to_bits);
        assert_eq!(bits(&instances[1].1), bits(&objects[1].instance), "the sign of zero, too");
        assert_eq!(store.appointment_of_series(seventh.id).await.unwrap(), Some(appointment));
        assert_eq!(store.appointment_of_series(new_id(SeriesId::new)).await.unwrap(), None);
        assert_eq!(store.instances_of(new_id(SeriesId::new)).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_series_was_acquired_when_the_first_object_with_a_date_was() {
    for_each_database(|store| async move {
        let appointment = booked(&store).await;
        let moments = [
            ("1.1", "20260301094100.500000"),
            ("1.1", "20260301093000.000000"),
            // A time without a date, and nothing at all.
            ("1.1", "093000.000000"),
            ("1.1", ""),
            ("1.2", "093000.000000"),
            // There is no hour 25.
            ("1.3", "20260301250000.000000"),
        ];
        let objects: Vec<_> = (1..)
            .zip(moments)
            .map(|(number, (series, acquired))| {
                let mut object = object("1", series, number);
                object.instance.details.order.acquired = acquired.to_owned();
                object
            })
            .collect();
        store.add_received(appointment, &objects, &clock()).await.unwrap();
        let studies = store.studies_of(appointment).await.unwrap();
        let acquired: Vec<_> = studies[0].series.iter().map(|series| series.acquired).collect();
        let first = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap().and_hms_opt(9, 30, 0);
        assert_eq!(acquired, [first, None, None]);
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_object_comes_back() {
    for_each_database(|store| async move {
        let appointment = booked(&store).await;
        let kinds = [
            ObjectKind::Image,
            ObjectKind::Video,
            ObjectKind::Report,
            ObjectKind::Document,
            ObjectKind::Presentation,
            ObjectKind::KeyObjects,
            ObjectKind::Waveform,
            ObjectKind::Other,
        ];
        let mut objects = Vec::new();
        for (number, kind) in (1..).zip(kinds) {
            let mut one = object("1", "1.1", number);
            one.instance.kind = kind;
            objects.push(one);
        }
        store.add_received(appointment, &objects, &clock()).await.unwrap();
        let studies = store.studies_of(appointment).await.unwrap();
        assert_eq!(studies[0].series[0].kinds, kinds);
        let instances = store.instances_of(studies[0].series[0].id).await.unwrap();
        assert_eq!(instances.iter().map(|(_, facts)| facts.kind).collect::<Vec<_>>(), kinds);
        let referring = store.referring_of(appointment).await.unwrap();
        let of_kind = |kind| instances.iter().find(|(_, facts)| facts.kind == kind).unwrap().clone();
        assert_eq!(referring, [of_kind(ObjectKind::Presentation), of_kind(ObjectKind::KeyObjects)]);
    })
    .await;
}

#[tokio::test]
async fn the_same_object_is_received_once_for_each_appointment() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let [one, two] = [visit(&[&claire], 0, 30), visit(&[&claire], 60, 30)];
        for appointment in [&one, &two] {
            store.add_appointment(appointment, &[]).await.unwrap();
        }
        let mut objects = vec![object("1", "1.1", 2), object("1", "1.1", 3), object("1", "1.1", 2)];
        let ids = store.add_received(one.id, &objects, &clock()).await.unwrap();
        assert_eq!(ids[0], ids[2], "twice in one batch");
        objects[1].instance.content = ContentHash([77; 32]);
        let again = store.add_received(one.id, &objects, &clock()).await.unwrap();
        assert_eq!(again, ids);
        let studies = store.studies_of(one.id).await.unwrap();
        let instances = store.instances_of(studies[0].series[0].id).await.unwrap();
        assert_eq!(instances.len(), 2);
        assert_eq!(instances[1].1.content, ContentHash([3; 32]), "what came first stays");

        let others = store.add_received(two.id, &objects, &clock()).await.unwrap();
        assert!(others.iter().all(|id| !ids.contains(id)));
        assert_ne!(store.studies_of(two.id).await.unwrap()[0].id, studies[0].id);
        assert_eq!(store.studies_of(new_id(AppointmentId::new)).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_study_takes_no_objects_of_another_patient() {
    for_each_database(|store| async move {
        let appointment = booked(&store).await;
        let first = object("1", "1.1", 2);
        store.add_received(appointment, std::slice::from_ref(&first), &clock()).await.unwrap();
        let mut nameless = object("1", "1.1", 3);
        nameless.patient = PatientFacts::default();
        let mut stranger = object("1", "1.2", 4);
        stranger.patient.id = "P2".into();
        let refused = store.add_received(appointment, &[nameless.clone(), stranger], &clock()).await;
        assert!(matches!(&refused, Err(Error::StudyOfAnotherPatient { uid }) if uid == "1"), "{refused:?}");
        let count = async || store.studies_of(appointment).await.unwrap()[0].series[0].instances;
        assert_eq!(count().await, 1, "nothing of the refused batch was kept");
        store.add_received(appointment, &[nameless], &clock()).await.unwrap();
        assert_eq!(count().await, 2, "an object that names nobody contradicts nobody");
        assert_eq!(store.studies_of(appointment).await.unwrap()[0].patient, first.patient);
    })
    .await;
}

#[tokio::test]
async fn a_study_that_was_withdrawn_is_named_nowhere_until_it_is_brought_again() {
    for_each_database(|store| async move {
        let appointment = booked(&store).await;
        let mut objects = [object("1", "1.1", 1), object("1", "1.2", 2), object("2", "2.1", 3)];
        objects[0].instance.kind = ObjectKind::Presentation;
        let ids = store.add_received(appointment, &objects, &clock()).await.unwrap();
        let before = store.studies_of(appointment).await.unwrap();
        let (study, series) = (before[0].id, before[0].series.iter().map(|one| one.id).collect::<Vec<_>>());
        assert_eq!(store.appointment_of_study(study).await.unwrap(), Some(appointment));
        let elsewhere = new_id(AppointmentId::new);
        assert_eq!(store.withdraw_study(elsewhere, study, at(1)).await.unwrap(), None);
        let mut withdrawn = store.withdraw_study(appointment, study, at(1)).await.unwrap().unwrap();
        withdrawn.series.sort_unstable();
        let mut expected = series.clone();
        expected.sort_unstable();
        assert_eq!((withdrawn.series, withdrawn.instances), (expected, ids[..2].to_vec()));
        assert_eq!(store.withdraw_study(appointment, study, at(2)).await.unwrap(), None, "once");
        assert_eq!(store.appointment_of_study(study).await.unwrap(), None);
        assert_eq!(store.studies_of(appointment).await.unwrap(), before[1..]);
        assert_eq!(store.referring_of(appointment).await.unwrap(), []);
        for series in &series {
            assert_eq!(store.appointment_of_series(*series).await.unwrap(), None);
        }
        let known = store.known_studies_of(appointment).await.unwrap();
        let known: Vec<_> =
            known.iter().map(|(uid, patient)| (uid.as_str(), patient.expose().as_str())).collect();
        assert_eq!(known, [("1", "P1"), ("2", "P1")]);
        let again = store.add_received(appointment, &objects[..1], &clock()).await.unwrap();
        assert_eq!(again, ids[..1]);
        assert_eq!(store.studies_of(appointment).await.unwrap(), before);
        assert_eq!(store.referring_of(appointment).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn objects_for_no_appointment_are_refused() {
    for_each_database(|store| async move {
        let refused =
            store.add_received(new_id(AppointmentId::new), &[object("1", "1.1", 2)], &clock()).await;
        assert!(matches!(refused, Err(Error::Constraint(Constraint::UnknownReference))), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_cross_do_not_wait_for_each_other_for_ever() {
    for_each_database(|store| async move {
        let appointment = booked(&store).await;
        // The study and the series are there, so that nobody waits for whoever adds those.
        store.add_received(appointment, &[object("1", "1.1", 1)], &clock()).await.unwrap();
        let batches = (0..10).map(|batch| {
            let mut objects: Vec<_> = (2..40).map(|number| object("1", "1.1", number)).collect();
            if batch % 2 == 0 {
                objects.reverse();
            }
            let (store, is_reversed) = (store.clone(), batch % 2 == 0);
            async move {
                let mut ids = store.add_received(appointment, &objects, &clock()).await.unwrap();
                if is_reversed {
                    ids.reverse();
                }
                ids
            }
        });
        let ids = futures_util::future::join_all(batches).await;
        assert!(ids.iter().all(|batch| *batch == ids[0]));
    })
    .await;
}
