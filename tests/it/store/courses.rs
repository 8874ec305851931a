//! Appointments that are moved and replaced, in one transaction, and nobody booked twice.

use std::collections::HashMap;

use parvis::store::{AgendaScope, Constraint, Error};

use super::*;
use crate::support::db::for_each_database;

/// The visit at another time, as whoever moves it makes it.
fn moved(old: &Appointment, start: i64, length: i64) -> Appointment {
    let to = NewTime { starts_at: at(start), ends_at: at(start + length), practitioners: None };
    let id = new_id(AppointmentId::new);
    old.move_to(id, to, &[], || new_id(ParticipantId::new), old.booked_by, at(0)).unwrap().appointment
}

async fn move_to(store: &Store, old: &Appointment, new: &Appointment) -> Result<bool, Error> {
    store.move_appointment(old, new, &[], &HashMap::new(), &Course::default()).await
}

#[tokio::test]
async fn a_booking_keeps_where_the_patient_is_and_what_it_follows() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (first, second) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&first, &[]).await.unwrap();
        assert_eq!(store.course(first.id).await.unwrap(), Course::default(), "one from before has no row");
        let course = Course {
            place: PatientPlace::Room("Salle 4".to_owned()),
            site: "Site Nord".to_owned(),
            follows: Some(first.id),
            ..Course::default()
        };
        let contact = Contact { telephone: TelephoneNumber::parse("0612345678").ok(), ..Contact::default() };
        let contacts = HashMap::from([(second.participants[0].id, contact)]);
        store.book(&second, &[link(&second, 0, 1, 0)], &contacts, &course).await.unwrap();
        assert_eq!(store.course(second.id).await.unwrap(), course);
        assert_eq!(store.contacts_of(second.id).await.unwrap(), contacts);
        assert_eq!(store.links_of(second.id).await.unwrap().len(), 1);
        assert_eq!(store.follow_ups_of(first.id).await.unwrap(), [second.id]);
        assert_eq!(store.follow_ups_of(second.id).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_move_books_the_new_one_calls_the_old_one_off_and_takes_its_links_back() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let old = visit(&[&claire], 0, 30);
        store.add_appointment(&old, &[link(&old, 0, 1, 0)]).await.unwrap();
        // Into time that it takes itself.
        let new = moved(&old, 15, 30);
        let new_link = [link(&new, 0, 2, 1)];
        let course = Course { site: "Nord".to_owned(), ..Course::default() };
        assert!(store.move_appointment(&old, &new, &new_link, &HashMap::new(), &course).await.unwrap());
        let before = store.course(old.id).await.unwrap();
        assert_eq!((before.called_off, before.moved_to), (Some(CalledOff::Moved), Some(new.id)));
        let after = store.course(new.id).await.unwrap();
        assert_eq!((after.replaces, after.site.as_str(), after.called_off), (Some(old.id), "Nord", None));
        let status = store.appointment(old.id).await.unwrap().unwrap().status;
        assert_eq!(status, AppointmentStatus::Cancelled { at: new.booked_at, by: old.booked_by });
        assert_eq!(store.appointment(new.id).await.unwrap(), Some(new.clone()));
        assert_eq!(store.links_of(old.id).await.unwrap()[0].revoked_at, Some(new.booked_at));
        assert_eq!(store.links_of(new.id).await.unwrap(), new_link);
        let chain = store.chain_of(new.id).await.unwrap();
        assert_eq!(
            (chain.first, chain.moves, chain.was_at, chain.is_replaced),
            (old.id, 1, Some(old.starts_at), false)
        );
        assert!(store.chain_of(old.id).await.unwrap().is_replaced);
        // What was moved is not moved again, or called off.
        assert!(!move_to(&store, &old, &moved(&old, 600, 30)).await.unwrap());
        assert!(!store.call_off(old.id, CalledOff::ByPatient, claire.id, at(2)).await.unwrap());
        assert_eq!(store.course(old.id).await.unwrap(), before);
        // A move into somebody else's time changes nothing at all.
        let other = visit(&[&claire], 300, 30);
        store.add_appointment(&other, &[]).await.unwrap();
        let refused = move_to(&store, &new, &moved(&new, 310, 30)).await;
        assert!(matches!(refused, Err(Error::Constraint(Constraint::AppointmentOverlap))), "{refused:?}");
        assert_eq!(store.appointment(new.id).await.unwrap(), Some(new.clone()));
        assert_eq!(store.course(new.id).await.unwrap(), after);
        assert_eq!(store.links_of(new.id).await.unwrap(), new_link);
    })
    .await;
}

#[tokio::test]
async fn what_is_called_off_says_why_and_gives_its_time_back() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        for why in [CalledOff::ByPatient, CalledOff::ByStaff] {
            let booked = visit(&[&claire], 0, 30);
            let digest = if why == CalledOff::ByStaff { 1 } else { 2 };
            store.add_appointment(&booked, &[link(&booked, 0, digest, 0)]).await.unwrap();
            assert!(store.call_off(booked.id, why, claire.id, at(3)).await.unwrap());
            assert_eq!(store.course(booked.id).await.unwrap().called_off, Some(why));
            assert_eq!(store.links_of(booked.id).await.unwrap()[0].revoked_at, Some(at(3)));
        }
        let begun = visit(&[&claire], 0, 30);
        store.add_appointment(&begun, &[]).await.unwrap();
        let arrived = AppointmentStatus::Arrived { at: at(1) };
        assert!(store.set_appointment_status(begun.id, AppointmentStatus::Booked, arrived).await.unwrap());
        assert!(!store.call_off(begun.id, CalledOff::ByStaff, claire.id, at(3)).await.unwrap());
        assert!(
            !move_to(
                &store,
                &begun,
                &moved(&Appointment { status: AppointmentStatus::Booked, ..begun.clone() }, 60, 30)
            )
            .await
            .unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn patients_are_found_by_name_among_what_may_be_seen() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let mut booked = Vec::new();
        for (doctor, start, name) in [
            (&claire, 0, "Hélène Lefèvre"),
            (&claire, 60, "Marcel Aubry"),
            (&karim, 120, "LEFEVRE Helene"),
            (&claire, 180, "Hélène Lefèvre"),
        ] {
            let mut appointment = visit(&[doctor], start, 30);
            appointment.participants[0].name = name.into();
            store.add_appointment(&appointment, &[]).await.unwrap();
            booked.push(appointment.id);
        }
        let seek = async |wanted: &str, scope, to, limit| -> Vec<AppointmentId> {
            let found = store.appointments_sought(wanted, at(0), at(to), scope, limit).await.unwrap();
            found.iter().map(|appointment| appointment.id).collect()
        };
        let all = AgendaScope::Everybody;
        assert_eq!(seek("lefev", all, 1000, 50).await, [booked[3], booked[2], booked[0]], "the latest first");
        assert_eq!(
            seek("HELENE LEFEVRE", AgendaScope::Practitioner(claire.id), 1000, 50).await,
            [booked[3], booked[0]]
        );
        assert_eq!(seek("lefevre", all, 180, 50).await, [booked[2], booked[0]]);
        assert_eq!(seek("lefevre", all, 1000, 1).await, [booked[3]]);
        assert_eq!(seek("claire", all, 1000, 50).await, [], "only patients");
        assert_eq!(seek("", all, 1000, 50).await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_move_one_appointment_at_once_one_succeeds() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let old = visit(&[&claire], 0, 30);
        store.add_appointment(&old, &[]).await.unwrap();
        let all = (1..=20).map(|number| {
            let (store, old, new) = (store.clone(), old.clone(), moved(&old, number * 40, 30));
            spawned(async move { move_to(&store, &old, &new).await.unwrap() })
        });
        let outcomes = futures_util::future::join_all(all).await;
        assert_eq!(outcomes.into_iter().filter(|is_moved| *is_moved).count(), 1);
        assert_eq!(store.taken_of(claire.id, at(0), at(10_000)).await.unwrap().len(), 1);
    })
    .await;
}

/// Booking, moving and calling off in any order by many at once: no two slots of one practitioner overlap, every chain is a line, every slot
/// belongs to an appointment that is booked, and nobody waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn however_many_book_move_and_cancel_at_once_nobody_is_booked_twice() {
    for_each_database(|store| async move {
        let doctors =
            [doctor(&store, "Claire").await, doctor(&store, "Karim").await, doctor(&store, "Sofia").await];
        let mut booked = Vec::new();
        for (number, doctor) in (0_i64..).zip(doctors.iter().cycle().take(12)) {
            let appointment = visit(&[doctor], number * 30, 30);
            store.add_appointment(&appointment, &[]).await.unwrap();
            booked.push(appointment);
        }
        // A small generator of its own, so that each run is the same.
        let mut seed: u64 = 20_261_125;
        let mut next = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut tasks = Vec::new();
        for _ in 0..150 {
            let (store, kind) = (store.clone(), next(10));
            let old = booked[usize::try_from(next(12)).unwrap()].clone();
            let start = i64::try_from(next(40)).unwrap() * 10;
            let one = &doctors[usize::try_from(next(3)).unwrap()];
            let other = &doctors[usize::try_from(next(3)).unwrap()];
            let people: Vec<_> = if one.id == other.id { vec![one] } else { vec![one, other] };
            let new = if kind < 5 { visit(&people, start, 30) } else { moved(&old, start, 30) };
            let by = one.id;
            tasks.push(spawned(async move {
                match kind {
                    0..5 => store.add_appointment(&new, &[]).await.map(|()| true),
                    5..9 => move_to(&store, &old, &new).await,
                    _ => store.call_off(old.id, CalledOff::ByPatient, by, at(1)).await,
                }
            }));
        }
        for outcome in futures_util::future::join_all(tasks).await {
            let is_expected =
                matches!(outcome, Ok(_) | Err(Error::Constraint(Constraint::AppointmentOverlap)));
            assert!(is_expected, "{outcome:?}");
        }
        let all = store.appointments_between(at(-10), at(10_000), AgendaScope::Everybody).await.unwrap();
        let mut slots = 0;
        for doctor in &doctors {
            let taken = store.taken_of(doctor.id, at(-10), at(10_000)).await.unwrap();
            assert!(taken.windows(2).all(|pair| pair[0].ends_at <= pair[1].starts_at), "{taken:?}");
            slots += taken.len();
        }
        let open = all.iter().filter(|appointment| appointment.status == AppointmentStatus::Booked);
        let wanted: usize = open
            .map(|appointment| {
                appointment.participants.iter().filter_map(|p| p.booked_practitioner()).count()
            })
            .sum();
        assert_eq!(
            slots, wanted,
            "every slot is of an appointment that is booked, and each of those has its slots"
        );
        for appointment in &all {
            let course = store.course(appointment.id).await.unwrap();
            let is_off = matches!(appointment.status, AppointmentStatus::Cancelled { .. });
            assert_eq!(course.called_off.is_some(), is_off, "{course:?}");
            assert_eq!(course.called_off == Some(CalledOff::Moved), course.moved_to.is_some(), "{course:?}");
        }
        assert!(all.len() > 12, "something was booked or moved");
    })
    .await;
}

/// Runs on another thread.
#[expect(clippy::disallowed_methods, reason = "the test waits for it")]
pub(super) async fn spawned<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(task).await.unwrap()
}
