//! Staff as their provider describes them.

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn a_person_keeps_their_identifier_and_gets_new_roles() {
    for_each_database(|store| async move {
        let mut claire = person("Claire", &[StaffRole::Radiologist, StaffRole::Doctor, StaffRole::Doctor]);
        let first = store.upsert_practitioner(&claire).await.unwrap();
        assert_eq!(first.id, claire.id);
        assert_eq!(first.roles, [StaffRole::Doctor, StaffRole::Radiologist]);
        assert_eq!(store.practitioner(first.id).await.unwrap(), Some(first.clone()));

        claire.id = new_id(PractitionerId::new);
        claire.name = "Claire Martin".into();
        claire.roles = vec![StaffRole::Administrator];
        let again = store.upsert_practitioner(&claire).await.unwrap();
        assert_eq!(again.id, first.id);
        assert_eq!(store.practitioner(claire.id).await.unwrap(), None);
        assert_eq!(store.practitioner(first.id).await.unwrap(), Some(again));

        claire.issuer = "https://other.example".to_owned();
        let other = store.upsert_practitioner(&claire).await.unwrap();
        assert_ne!(other.id, first.id, "the same subject at another issuer is somebody else");
    })
    .await;
}

#[tokio::test]
async fn those_with_roles_are_listed_by_name() {
    for_each_database(|store| async move {
        for (name, roles) in [
            ("Zoé", vec![StaffRole::Secretary]),
            ("Nobody", vec![]),
            ("Anne", vec![StaffRole::Doctor, StaffRole::Administrator]),
        ] {
            store.upsert_practitioner(&person(name, &roles)).await.unwrap();
        }
        let people = store.practitioners().await.unwrap();
        let names: Vec<_> = people.iter().map(|person| person.name.expose().as_str()).collect();
        assert_eq!(names, ["Anne", "Zoé"]);
        assert_eq!(people[0].roles, [StaffRole::Doctor, StaffRole::Administrator]);
    })
    .await;
}

#[tokio::test]
async fn somebody_whose_claims_give_nothing_any_more_has_nothing_and_others_keep_theirs() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        store.add_login(&logins::login(&claire, 1), RestsOn::File).await.unwrap();
        store.add_login(&logins::login(&karim, 2), RestsOn::File).await.unwrap();
        assert_eq!(store.upsert_practitioner(&person("Claire", &[])).await.unwrap().roles, []);
        assert_eq!(store.end_logins_of(claire.id, at(1)).await.unwrap().len(), 1);
        assert_eq!(store.practitioner(claire.id).await.unwrap().unwrap().roles, []);
        assert_eq!(store.practitioner(karim.id).await.unwrap().unwrap().roles, [StaffRole::Doctor]);
        assert!(logins::is_in_force(&store, 2).await);
        assert!(!logins::is_in_force(&store, 1).await);
    })
    .await;
}

#[tokio::test]
async fn the_same_person_signing_in_twice_at_once_is_one_row() {
    for_each_database(|store| async move {
        let all = (0..10).map(|_| {
            let store = store.clone();
            async move { store.upsert_practitioner(&person("Claire", &[StaffRole::Doctor])).await.unwrap().id }
        });
        let ids = futures_util::future::join_all(all).await;
        assert!(ids.iter().all(|id| *id == ids[0]));
        assert_eq!(store.practitioners().await.unwrap().len(), 1);
    })
    .await;
}
