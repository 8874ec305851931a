//! The record of what was shown and who saw it.

use parvis::imaging::{ContentHash, FrameNumber, Presentation, View, VoiChoice, Window};
use parvis::store::{StoredSight, StoredStep, StoredViewport};
use parvis::viewing::{Layout, StepCause, ViewportNumber};

use super::*;
use crate::support::db::for_each_database;

fn viewport(number: u8, presentation: Presentation, view: View) -> StoredViewport {
    StoredViewport {
        viewport: ViewportNumber::new(number).unwrap(),
        series: new_id(SeriesId::new),
        index: u32::MAX,
        instance: new_id(InstanceId::new),
        content: ContentHash([number ^ 0xA5; 32]),
        frame: FrameNumber::new(u32::from(number) + 1).unwrap(),
        is_picture: number != 3,
        presentation,
        view,
    }
}

fn step(cause: StepCause, layout: Layout, viewports: Vec<StoredViewport>) -> StoredStep {
    StoredStep {
        id: new_id(StepId::new),
        at: at(1) + TimeDelta::microseconds(123_456),
        cause,
        is_moving: cause == StepCause::Scroll,
        revision: u32::MAX,
        presenter: None,
        layout,
        viewports,
    }
}

/// What would not come back the same from JSON's own numbers, and every way of choosing grey values.
fn viewports() -> Vec<StoredViewport> {
    let view = View { zoom: 0.1 + 0.2, center: (1.0 / 3.0, 0.0), quarter_turns: 3, is_flipped: true };
    let window = Window { center: -1e-7 / 3.0, width: 1e9 };
    let presentations = [
        Presentation::default(),
        Presentation { voi: VoiChoice::Window(window), is_inverted: true, ..Presentation::PLAIN },
        Presentation { voi: VoiChoice::Alternative(u16::MAX), ..Presentation::default() },
        Presentation {
            state: Some(ContentHash([7; 32])),
            range: Some((-1024.0, 3_071.000_000_000_1)),
            ..Presentation::default()
        },
    ];
    (0..4).zip(presentations).map(|(number, presentation)| viewport(number, presentation, view)).collect()
}

#[tokio::test]
async fn steps_of_a_viewing_come_back_in_order_as_they_were() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        assert_eq!(store.viewing_steps_of(booked.id).await.unwrap(), []);
        let layouts = Layout::ALL.into_iter().cycle();
        let mut steps: Vec<_> = StepCause::ALL
            .into_iter()
            .zip(layouts)
            .map(|(cause, layout)| step(cause, layout, vec![]))
            .collect();
        steps[0].viewports = viewports();
        steps[0].presenter = Some(booked.participants[1].id);
        // A row whose writer heard no answer is written again.
        store.add_viewing_steps(booked.id, &steps[..3], &[]).await.unwrap();
        store.add_viewing_steps(booked.id, &steps, &[]).await.unwrap();
        let kept = store.viewing_steps_of(booked.id).await.unwrap();
        assert_eq!(kept.iter().map(|(step, _)| step).collect::<Vec<_>>(), steps.iter().collect::<Vec<_>>());
        assert_eq!(store.count_viewing_steps(booked.id).await.unwrap(), 11);
        assert_eq!(store.count_viewing_steps(other.id).await.unwrap(), 0);
        assert_eq!(store.viewing_steps_of(other.id).await.unwrap(), []);
        assert_eq!(store.viewing_step(steps[0].id).await.unwrap(), Some((booked.id, steps[0].clone())));
        assert_eq!(store.viewing_step(new_id(StepId::new)).await.unwrap(), None);
        let last = steps.iter().rfind(|step| step.cause != StepCause::Unwatched);
        assert_eq!(store.last_viewing_step(booked.id).await.unwrap().as_ref(), last);
        assert_eq!(store.last_viewing_step(other.id).await.unwrap(), None);
        let strange = StoredStep {
            presenter: Some(other.participants[1].id),
            ..step(StepCause::Show, Layout::One, vec![])
        };
        assert!(
            store.add_viewing_steps(booked.id, &[strange], &[]).await.is_err(),
            "nobody of this appointment"
        );
    })
    .await;
}

#[tokio::test]
async fn who_had_a_step_on_the_screen_is_kept_once_and_the_exact_picture_counts() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let steps = [StepCause::Show, StepCause::Scroll].map(|cause| step(cause, Layout::One, vec![]));
        let [patient, doctor] = [0, 1].map(|person| booked.participants[person].id);
        let sight = |step: usize, participant, minute, is_lossless| StoredSight {
            step: steps[step].id,
            participant,
            at: at(minute),
            is_lossless,
        };
        store.add_viewing_steps(booked.id, &steps, &[sight(0, patient, 3, false)]).await.unwrap();
        let later = [sight(0, patient, 4, true), sight(0, doctor, 2, true), sight(1, doctor, 5, false)];
        store.add_viewing_steps(booked.id, &[], &later).await.unwrap();
        store.add_viewing_steps(booked.id, &[], &[sight(0, patient, 6, false)]).await.unwrap();
        let kept: Vec<_> =
            store.viewing_steps_of(booked.id).await.unwrap().into_iter().map(|(_, seen)| seen).collect();
        let expected =
            [vec![sight(0, doctor, 2, true), sight(0, patient, 3, true)], vec![sight(1, doctor, 5, false)]];
        assert_eq!(kept, expected);
        // Of a step that was not written, and of one of another appointment, nothing is written, and the rest is.
        let lost = StoredSight { step: new_id(StepId::new), ..sight(0, doctor, 1, true) };
        store.add_viewing_steps(booked.id, &[], &[lost, sight(1, patient, 7, true)]).await.unwrap();
        store.add_viewing_steps(other.id, &[], &[sight(0, doctor, 9, true)]).await.unwrap();
        let kept = store.viewing_steps_of(booked.id).await.unwrap();
        assert_eq!(kept[1].1, [sight(1, doctor, 5, false), sight(1, patient, 7, true)]);
        assert_eq!(kept[0].1, expected[0]);
        let stranger = sight(0, other.participants[0].id, 1, true);
        assert!(store.add_viewing_steps(booked.id, &[], &[stranger]).await.is_err());
    })
    .await;
}
