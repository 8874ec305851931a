//! Appointments as rows: booked, found, changed, and nobody in two places.

use parvis::store::{AgendaScope, Constraint, Error};

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn an_appointment_comes_back_as_it_was_booked() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let mut booked = visit(&[&claire, &karim], 0, 30);
        booked.participants.push(guest("Luc", GuestRole::Relative));
        booked.participants.push(guest("Ana", GuestRole::Interpreter));
        let links = [link(&booked, 0, 1, 0), link(&booked, 3, 2, 0)];
        store.add_appointment(&booked, &links).await.unwrap();
        assert_eq!(store.appointment(booked.id).await.unwrap(), Some(booked.clone()));
        assert_eq!(store.links_of(booked.id).await.unwrap(), links);
        assert_eq!(store.appointment(new_id(AppointmentId::new)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn every_status_and_its_facts_come_back() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let by = claire.id;
        let mut statuses = vec![
            AppointmentStatus::Booked,
            AppointmentStatus::Arrived { at: at(1) },
            AppointmentStatus::Cancelled { at: at(2), by },
            AppointmentStatus::NoShow { at: at(3), by },
        ];
        for outcome in
            [Outcome::Completed, Outcome::FollowUp, Outcome::ByTelephone, Outcome::InPerson, Outcome::NotHeld]
        {
            statuses.push(AppointmentStatus::Fulfilled { at: at(4), outcome });
        }
        for (place, status) in (0_i64..).zip(statuses) {
            let mut booked = visit(&[&claire], place * 60, 30);
            store.add_appointment(&booked, &[]).await.unwrap();
            assert!(
                store.set_appointment_status(booked.id, AppointmentStatus::Booked, status).await.unwrap()
            );
            booked.status = status;
            assert_eq!(store.appointment(booked.id).await.unwrap(), Some(booked));
        }
    })
    .await;
}

#[tokio::test]
async fn a_status_is_set_only_from_the_one_that_was_seen() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let arrived = AppointmentStatus::Arrived { at: at(1) };
        let cancelled = AppointmentStatus::Cancelled { at: at(2), by: claire.id };
        let set = |from, to| store.set_appointment_status(booked.id, from, to);
        assert!(set(AppointmentStatus::Booked, arrived).await.unwrap());
        assert!(!set(AppointmentStatus::Booked, cancelled).await.unwrap());
        assert_eq!(store.appointment(booked.id).await.unwrap().unwrap().status, arrived);
        let unknown = new_id(AppointmentId::new);
        assert!(!store.set_appointment_status(unknown, AppointmentStatus::Booked, arrived).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn of_many_who_set_a_status_at_once_one_succeeds() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let all = (0..20).map(|minute| {
            let (store, id) = (store.clone(), booked.id);
            let to = AppointmentStatus::Arrived { at: at(minute) };
            tokio_task(async move {
                store.set_appointment_status(id, AppointmentStatus::Booked, to).await.unwrap()
            })
        });
        let set = futures_util::future::join_all(all).await;
        assert_eq!(set.into_iter().filter(|set| *set).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_agenda_has_those_that_start_in_it_and_are_in_its_scope() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let mut booked = Vec::new();
        for (doctors, start) in [
            (vec![&claire], -1),
            (vec![&claire, &karim], 30),
            (vec![&karim], 60),
            (vec![&karim], 0),
            (vec![&claire], 120),
        ] {
            let appointment = visit(&doctors, start, 1);
            store.add_appointment(&appointment, &[]).await.unwrap();
            booked.push(appointment);
        }
        let agenda = async |scope| store.appointments_between(at(0), at(120), scope).await.unwrap();
        let of = |places: &[usize]| places.iter().map(|place| booked[*place].clone()).collect::<Vec<_>>();
        assert_eq!(agenda(AgendaScope::Everybody).await, of(&[3, 1, 2]));
        assert_eq!(agenda(AgendaScope::Practitioner(claire.id)).await, of(&[1]));
        assert_eq!(agenda(AgendaScope::Practitioner(karim.id)).await, of(&[3, 1, 2]));
        assert_eq!(agenda(AgendaScope::Practitioner(new_id(PractitionerId::new))).await, []);
    })
    .await;
}

#[tokio::test]
async fn times_are_ordered_whatever_their_fractions() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let mut starts = Vec::new();
        for microseconds in [0_i64, 500_000, 1, 999_999, 120_000, 100_000_000] {
            let mut appointment = visit(&[&claire], 0, 1);
            appointment.starts_at = at(0) + TimeDelta::microseconds(microseconds);
            appointment.ends_at = appointment.starts_at + TimeDelta::microseconds(1);
            store.add_appointment(&appointment, &[]).await.unwrap();
            starts.push(appointment.starts_at);
        }
        starts.sort();
        let found = store.appointments_between(at(0), at(10), AgendaScope::Everybody).await.unwrap();
        assert_eq!(found.iter().map(|one| one.starts_at).collect::<Vec<_>>(), starts);
        let half = at(0) + TimeDelta::microseconds(120_000);
        let found = store.appointments_between(half, at(1), AgendaScope::Everybody).await.unwrap();
        assert_eq!(found.len(), 3, "500 ms, 999.999 ms and the bound itself");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_booked_twice_at_one_time() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let first = visit(&[&claire], 0, 30);
        store.add_appointment(&first, &[]).await.unwrap();
        let try_at = async |doctors: &[&Practitioner], start, length| match store
            .add_appointment(&visit(doctors, start, length), &[])
            .await
        {
            Ok(()) => true,
            Err(Error::Constraint(Constraint::AppointmentOverlap)) => false,
            Err(error) => panic!("{error:?}"),
        };
        for (start, length) in [(0, 30), (-10, 11), (29, 10), (10, 5), (-10, 60)] {
            assert!(!try_at(&[&claire], start, length).await, "{start} for {length}");
        }
        assert!(!try_at(&[&karim, &claire], 10, 10).await, "one of two is taken");
        assert!(
            try_at(&[&karim], 10, 10).await,
            "another doctor is free, and the refused booking left no trace"
        );
        assert!(try_at(&[&claire], 30, 30).await, "right after");
        assert!(try_at(&[&claire], -30, 30).await, "right before");
    })
    .await;
}

#[tokio::test]
async fn cancelled_and_missed_appointments_give_their_time_back() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let by = claire.id;
        for to in
            [AppointmentStatus::Cancelled { at: at(0), by }, AppointmentStatus::NoShow { at: at(0), by }]
        {
            let first = visit(&[&claire], 0, 30);
            store.add_appointment(&first, &[]).await.unwrap();
            assert!(store.set_appointment_status(first.id, AppointmentStatus::Booked, to).await.unwrap());
        }
        let mut over = visit(&[&claire], 0, 30);
        over.status = AppointmentStatus::Cancelled { at: at(0), by };
        store.add_appointment(&over, &[]).await.unwrap();

        let held = visit(&[&claire], 0, 30);
        store.add_appointment(&held, &[]).await.unwrap();
        let done = AppointmentStatus::Fulfilled { at: at(5), outcome: Outcome::Completed };
        assert!(store.set_appointment_status(held.id, AppointmentStatus::Booked, done).await.unwrap());
        let refused = store.add_appointment(&visit(&[&claire], 0, 30), &[]).await;
        assert!(matches!(refused, Err(Error::Constraint(Constraint::AppointmentOverlap))), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_bookings_of_one_slot_one_succeeds() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        for slot in 0..10 {
            let all = (0..20).map(|number| {
                // In either order, so that two of them could wait for each other.
                let doctors = if number % 2 == 0 { [&claire, &karim] } else { [&karim, &claire] };
                let (store, booking) = (store.clone(), visit(&doctors, slot * 60 + number, 30));
                tokio_task(async move { store.add_appointment(&booking, &[]).await })
            });
            let outcomes = futures_util::future::join_all(all).await;
            let booked = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let refused = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, Err(Error::Constraint(Constraint::AppointmentOverlap))))
                .count();
            assert_eq!((booked, refused), (1, 19), "{outcomes:?}");
            let found = store
                .appointments_between(at(slot * 60), at(slot * 60 + 60), AgendaScope::Everybody)
                .await
                .unwrap();
            assert_eq!(found.len(), 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_bookings_of_free_slots_all_succeed() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let all = (0..30).map(|number| {
            let (store, booking) = (store.clone(), visit(&[&claire], number * 10, 10));
            tokio_task(async move {
                store.add_appointment(&booking, &[]).await.unwrap();
                store.appointment(booking.id).await.unwrap().unwrap()
            })
        });
        assert_eq!(futures_util::future::join_all(all).await.len(), 30);
    })
    .await;
}

/// Runs on another thread.
#[expect(clippy::disallowed_methods, reason = "the test waits for it")]
async fn tokio_task<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(task).await.unwrap()
}

#[tokio::test]
async fn whoever_drops_in_takes_no_time_and_is_added_once_while_it_runs() {
    for_each_database(|store| async move {
        let (claire, sofia) = (doctor(&store, "Claire").await, doctor(&store, "Sofia").await);
        let [visit_of_claire, own] = [visit(&[&claire], 0, 30), visit(&[&sofia], 0, 30)];
        for appointment in [&visit_of_claire, &own] {
            store.add_appointment(appointment, &[]).await.unwrap();
        }
        let id = visit_of_claire.id;
        let dropped_in = || Participant {
            id: new_id(ParticipantId::new),
            name: sofia.name.clone(),
            part: Part::DroppedIn(sofia.id),
            language: Language::French,
        };
        let first = dropped_in();
        assert_eq!(store.add_dropped_in(id, &first, at(1)).await.unwrap(), None, "it has not begun");
        assert_eq!(store.appointments_running(at(0)).await.unwrap(), []);
        let arrived = AppointmentStatus::Arrived { at: at(2) };
        assert!(store.set_appointment_status(id, AppointmentStatus::Booked, arrived).await.unwrap());
        // Their own appointment is at the same time.
        let second = dropped_in();
        let (one, other) =
            tokio::join!(store.add_dropped_in(id, &first, at(3)), store.add_dropped_in(id, &second, at(3)));
        let (one, other) = (one.unwrap().unwrap(), other.unwrap().unwrap());
        assert_eq!(one, other, "two at once are one");
        let read = store.appointment(id).await.unwrap().unwrap();
        let expected = if one == first.id { first } else { second };
        assert_eq!(read.participants.last(), Some(&expected));
        assert_eq!(read.participants.len(), visit_of_claire.participants.len() + 1);
        assert_eq!(store.appointments_running(at(0)).await.unwrap(), std::slice::from_ref(&read));
        assert_eq!(store.appointments_running(at(1)).await.unwrap(), [], "it started before");
        let scope = AgendaScope::Practitioner(sofia.id);
        assert_eq!(store.appointments_between(at(0), at(1), scope).await.unwrap().len(), 2);
        let claire_again = Participant { part: Part::DroppedIn(claire.id), ..dropped_in() };
        let booked = store.add_dropped_in(id, &claire_again, at(4)).await.unwrap();
        assert_eq!(booked, Some(visit_of_claire.participants[1].id), "who is booked stays who they are");
        let over = AppointmentStatus::Fulfilled { at: at(20), outcome: Outcome::Completed };
        assert!(store.set_appointment_status(id, arrived, over).await.unwrap());
        assert_eq!(store.add_dropped_in(id, &dropped_in(), at(21)).await.unwrap(), None, "it is over");
        assert_eq!(store.appointments_running(at(0)).await.unwrap(), []);
    })
    .await;
}
