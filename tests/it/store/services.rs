//! Services, and how the guests of an appointment are reached.

use std::collections::HashMap;

use chrono::NaiveDate;
use parvis::clinical::{Contact, EmailAddress, Service, ServiceId, TelephoneNumber};

use super::*;
use crate::support::db::for_each_database;

pub(super) fn service(name: &str, site: &str) -> Service {
    Service {
        id: new_id(ServiceId::new),
        name: name.to_owned(),
        site: site.to_owned(),
        telephone: "01 23 45 67 89".to_owned(),
        is_closed: false,
        created_at: at(-600),
    }
}

#[tokio::test]
async fn a_service_is_kept_changed_and_listed_by_name() {
    for_each_database(|store| async move {
        let mut heart = service("Cardiologie", "Nord");
        let lungs = service("Pneumologie", "");
        let other_site = service("Cardiologie", "Sud");
        for each in [&lungs, &other_site, &heart] {
            store.put_service(each).await.unwrap();
        }
        assert_eq!(store.services().await.unwrap(), [heart.clone(), other_site, lungs]);
        heart.is_closed = true;
        heart.telephone = "15".to_owned();
        store.put_service(&Service { created_at: at(99), ..heart.clone() }).await.unwrap();
        assert_eq!(store.service(heart.id).await.unwrap(), Some(heart), "when it was made does not change");
        assert_eq!(store.service(new_id(ServiceId::new)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn who_works_in_a_service_is_set_as_a_whole() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let (heart, lungs) = (service("Cardiologie", ""), service("Pneumologie", ""));
        store.put_service(&heart).await.unwrap();
        store.put_service(&lungs).await.unwrap();
        store.set_members(heart.id, &[claire.id, karim.id, claire.id]).await.unwrap();
        store.set_members(lungs.id, &[karim.id]).await.unwrap();
        let mut both = vec![claire.id, karim.id];
        both.sort_unstable();
        assert_eq!(store.members_of(heart.id).await.unwrap(), both);
        assert_eq!(store.services_of(claire.id).await.unwrap(), [heart.id]);
        store.set_members(heart.id, &[karim.id]).await.unwrap();
        assert_eq!(store.members_of(heart.id).await.unwrap(), [karim.id]);
        assert_eq!(store.services_of(claire.id).await.unwrap(), []);
        assert_eq!(store.services_of(karim.id).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn services_that_read_for_another_are_set_as_a_whole_and_count_for_their_members() {
    for_each_database(|store| async move {
        let (sofia, karim) = (doctor(&store, "Sofia").await, doctor(&store, "Karim").await);
        let (heart, lungs, images) =
            (service("Cardiologie", ""), service("Pneumologie", ""), service("Radiologie", ""));
        for each in [&heart, &lungs, &images] {
            store.put_service(each).await.unwrap();
        }
        store.set_members(images.id, &[sofia.id]).await.unwrap();
        store.set_members(lungs.id, &[sofia.id, karim.id]).await.unwrap();
        // By both services in which Sofia works, and named twice: it is one all the same.
        store.set_readers(heart.id, &[images.id, lungs.id, images.id]).await.unwrap();
        let mut both = vec![images.id, lungs.id];
        both.sort_unstable();
        assert_eq!(store.readers_of(heart.id).await.unwrap(), both);
        assert_eq!(store.services_read_by(sofia.id).await.unwrap(), [heart.id]);
        assert_eq!(store.services_read_by(karim.id).await.unwrap(), [heart.id]);
        store.set_readers(heart.id, &[images.id]).await.unwrap();
        assert_eq!(store.services_read_by(karim.id).await.unwrap(), []);
        store.set_readers(heart.id, &[]).await.unwrap();
        assert_eq!(store.readers_of(heart.id).await.unwrap(), []);
        assert_eq!(store.services_read_by(sofia.id).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn an_appointment_has_its_service_and_the_contacts_of_its_guests() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let heart = service("Cardiologie", "");
        store.put_service(&heart).await.unwrap();
        let mut booked = visit(&[&claire], 0, 30);
        booked.service_id = Some(heart.id);
        let patient = booked.participants[0].id;
        let mut contact = Contact {
            email: EmailAddress::parse("helene@example.org").ok(),
            telephone: TelephoneNumber::parse("06 12 34 56 78").ok(),
            birth_date: NaiveDate::from_ymd_opt(1944, 2, 29).map(Pii::new),
        };
        let contacts = HashMap::from([(patient, contact.clone())]);
        store.add_appointment_with(&booked, &[], &contacts).await.unwrap();
        assert_eq!(store.appointment(booked.id).await.unwrap(), Some(booked.clone()));
        assert_eq!(store.contacts_of(booked.id).await.unwrap(), contacts);
        contact.telephone = None;
        store.put_contact(booked.id, patient, &contact).await.unwrap();
        assert_eq!(store.contacts_of(booked.id).await.unwrap()[&patient], contact);
        let other = visit(&[&claire], 60, 30);
        store.add_appointment(&other, &[]).await.unwrap();
        assert!(store.contacts_of(other.id).await.unwrap().is_empty());
        assert!(
            store.put_contact(other.id, patient, &contact).await.is_err(),
            "not somebody of another appointment"
        );
    })
    .await;
}
