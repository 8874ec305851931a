//! People who wait without an appointment.

use std::collections::HashMap;

use parvis::store::{Change, Constraint, Error};

use super::courses::spawned;
use super::services::service;
use super::*;
use crate::support::db::for_each_database;

pub(super) fn settings(slug: &str) -> QueueSettings {
    QueueSettings {
        slug: QueueSlug::new(slug).ok(),
        code: Some(QueueCode::kept("ABCD2345".to_owned())),
        minutes: 20,
    }
}

fn entry(service: ServiceId, digest: u8, joined: i64) -> QueueEntry {
    QueueEntry {
        id: new_id(QueueEntryId::new),
        service,
        name: "Awa Diallo".into(),
        telephone: TelephoneNumber::parse("0612345678").unwrap(),
        language: Language::English,
        digest: LinkDigest([digest; 32]),
        joined_at: at(joined),
        seen_at: at(joined),
        status: QueueStatus::Waiting,
    }
}

#[tokio::test]
async fn a_queue_is_found_by_its_address_while_the_service_is_open() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let mut heart = service("Cardiologie", "");
        assert_eq!(store.queue_settings(heart.id).await.unwrap(), None);
        store.put_service(&heart).await.unwrap();
        assert_eq!(store.queue_settings(heart.id).await.unwrap(), Some(QueueSettings::default()));
        let change = Change { by: claire.id, at: at(4) };
        store.set_queue(heart.id, &settings("coeur"), change).await.unwrap();
        assert_eq!(store.queue_settings(heart.id).await.unwrap(), Some(settings("coeur")));
        let slug = QueueSlug::new("coeur").unwrap();
        assert_eq!(store.queue_of(&slug).await.unwrap(), Some((heart.id, settings("coeur"))));
        assert_eq!(store.booking_policy(heart.id).await.unwrap().unwrap().1, Some(change));
        assert_eq!(store.queue_of(&QueueSlug::new("poumons").unwrap()).await.unwrap(), None);
        heart.is_closed = true;
        store.put_service(&heart).await.unwrap();
        assert_eq!(store.queue_of(&slug).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn wrong_codes_are_counted_and_forgotten() {
    for_each_database(|store| async move {
        let heart = service("Cardiologie", "");
        store.put_service(&heart).await.unwrap();
        for minutes in [0, 5, 11] {
            store.add_queue_try(clock().new_uuid(), heart.id, at(minutes), at(minutes - 10)).await.unwrap();
        }
        assert_eq!(store.queue_tries(heart.id, at(-100)).await.unwrap(), 2, "the first one is forgotten");
        assert_eq!(store.queue_tries(heart.id, at(6)).await.unwrap(), 1);
        assert_eq!(store.queue_tries(new_id(ServiceId::new), at(-100)).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn people_wait_in_the_order_in_which_they_came_while_they_are_heard_of() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let heart = service("Cardiologie", "");
        store.put_service(&heart).await.unwrap();
        let (second, first, gone) = (entry(heart.id, 1, 5), entry(heart.id, 2, 3), entry(heart.id, 3, -60));
        for each in [&second, &first, &gone] {
            assert!(store.add_queue_entry(each, 10, at(-30)).await.unwrap());
        }
        assert_eq!(store.queue_entries(heart.id, at(-30)).await.unwrap(), [first.clone(), second.clone()]);
        assert_eq!(store.queue_entry(second.id).await.unwrap(), Some(second.clone()));
        assert_eq!(store.queue_entry(new_id(QueueEntryId::new)).await.unwrap(), None);
        assert_eq!(store.queue_entry_by_digest(LinkDigest([2; 32])).await.unwrap(), Some(first.clone()));
        assert_eq!(store.queue_entry_by_digest(LinkDigest([9; 32])).await.unwrap(), None);
        store.see_queue_entry(gone.id, at(6)).await.unwrap();
        store.see_queue_entry(first.id, at(1)).await.unwrap();
        let seen: Vec<_> =
            store.queue_entries(heart.id, at(-30)).await.unwrap().iter().map(|e| e.seen_at).collect();
        assert_eq!(seen, [at(6), at(3), at(5)], "time does not go back");
        let left = QueueStatus::Left { at: at(7) };
        assert!(store.end_queue_entry(first.id, left).await.unwrap());
        let refused = QueueStatus::Refused { at: at(8), by: claire.id };
        assert!(!store.end_queue_entry(first.id, refused).await.unwrap(), "they have gone");
        assert!(store.end_queue_entry(second.id, refused).await.unwrap());
        assert!(!store.end_queue_entry(gone.id, QueueStatus::Waiting).await.unwrap());
        assert_eq!(store.queue_entry(first.id).await.unwrap().unwrap().status, left);
        assert_eq!(store.queue_entry(second.id).await.unwrap().unwrap().status, refused);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_never_holds_more_than_it_may_however_many_come_at_once() {
    for_each_database(|store| async move {
        let heart = service("Cardiologie", "");
        store.put_service(&heart).await.unwrap();
        let all = (0..20).map(|number| {
            let (store, entry) = (store.clone(), entry(heart.id, number, 0));
            spawned(async move { store.add_queue_entry(&entry, 5, at(-30)).await.unwrap() })
        });
        let added = futures_util::future::join_all(all).await;
        assert_eq!(added.into_iter().filter(|added| *added).count(), 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_take_one_person_at_once_one_succeeds_and_their_page_becomes_the_link() {
    for_each_database(|store| async move {
        let heart = service("Cardiologie", "");
        store.put_service(&heart).await.unwrap();
        let waiting = entry(heart.id, 7, 0);
        assert!(store.add_queue_entry(&waiting, 10, at(-30)).await.unwrap());
        let mut tasks = Vec::new();
        for number in 0..10 {
            let doctor = doctor(&store, &format!("Doctor {number}")).await;
            let mut appointment = visit(&[&doctor], 1, 15);
            appointment.service_id = Some(heart.id);
            let patient = appointment.participants[0].id;
            let link = Link { digest: waiting.digest, ..link(&appointment, 0, 1, 1) };
            let contact = Contact { telephone: Some(waiting.telephone.clone()), ..Contact::default() };
            let (store, id) = (store.clone(), waiting.id);
            tasks.push(spawned(async move {
                let contacts = HashMap::from([(patient, contact)]);
                let is_taken = store.take_queue_entry(id, &appointment, &[link], &contacts).await.unwrap();
                is_taken.then_some(appointment)
            }));
        }
        let taken: Vec<_> = futures_util::future::join_all(tasks).await.into_iter().flatten().collect();
        let [appointment] = &taken[..] else { panic!("{taken:?}") };
        let status = store.queue_entry(waiting.id).await.unwrap().unwrap().status;
        let (at, by) = (appointment.booked_at, appointment.booked_by);
        assert_eq!(status, QueueStatus::Taken { at, by, appointment: appointment.id });
        let link = store.link_by_digest(waiting.digest).await.unwrap().unwrap();
        assert_eq!((link.appointment, link.participant), (appointment.id, appointment.participants[0].id));
        assert_eq!(store.contacts_of(appointment.id).await.unwrap().len(), 1);
        // Whoever is busy takes nobody, and the person goes on waiting.
        let other = entry(heart.id, 8, 0);
        assert!(store.add_queue_entry(&other, 10, self::at(-30)).await.unwrap());
        let busy = Appointment { id: new_id(AppointmentId::new), ..appointment.clone() };
        let mut busy = busy;
        for person in &mut busy.participants {
            person.id = new_id(ParticipantId::new);
        }
        let refused = store.take_queue_entry(other.id, &busy, &[], &HashMap::new()).await;
        assert!(matches!(refused, Err(Error::Constraint(Constraint::AppointmentOverlap))), "{refused:?}");
        assert_eq!(store.queue_entry(other.id).await.unwrap(), Some(other));
    })
    .await;
}
