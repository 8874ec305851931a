//! Every rule that a caller can run into is reported by its name, on both databases.

use parvis::secret::Secret;
use parvis::store::{Change, Constraint, Error, LoginDigest, SignInAttempt};

use super::*;
use crate::support::db::for_each_database;

/// Breaks one rule. The match makes whoever adds a rule say how it is broken.
async fn provoke(store: &Store, constraint: Constraint) -> Result<(), Error> {
    let claire = doctor(store, "Claire").await;
    let booked = visit(&[&claire], 0, 30);
    let later = visit(&[&claire], 600, 30);
    match constraint {
        Constraint::AppointmentOverlap => {
            store.add_appointment(&booked, &[]).await.unwrap();
            store.add_appointment(&visit(&[&claire], 10, 30), &[]).await
        }
        Constraint::AppointmentOrder => store.add_appointment(&visit(&[&claire], 0, 0), &[]).await,
        Constraint::LinkDigest => {
            store.add_appointment(&booked, &[link(&booked, 0, 1, 0)]).await.unwrap();
            store.add_appointment(&later, &[link(&later, 0, 1, 0)]).await
        }
        Constraint::LoginDigest => {
            store.add_login(&logins::login(&claire, 1), RestsOn::File).await.unwrap();
            store.add_login(&logins::login(&claire, 1), RestsOn::File).await
        }
        Constraint::AttemptState => {
            let attempt = SignInAttempt {
                state: LoginDigest([1; 32]),
                browser: LoginDigest([2; 32]),
                provider: "p".to_owned(),
                nonce: Secret::new("n".to_owned()),
                pkce_verifier: Secret::new("v".to_owned()),
                return_to: "/".to_owned(),
                fresh_for: None,
                link: None,
                began_at: at(0),
                expires_at: at(10),
            };
            store.add_sign_in_attempt(&attempt).await.unwrap();
            store.add_sign_in_attempt(&attempt).await
        }
        Constraint::ServiceName => {
            store.put_service(&services::service("Cardiologie", "Nord")).await.unwrap();
            store.put_service(&services::service("Cardiologie", "Nord")).await
        }
        Constraint::QueueAddress => {
            let (heart, lungs) = (services::service("Cardiologie", ""), services::service("Pneumologie", ""));
            let change = Change { by: claire.id, at: at(0) };
            for each in [&heart, &lungs] {
                store.put_service(each).await.unwrap();
            }
            store.set_queue(heart.id, &queues::settings("coeur"), change).await.unwrap();
            store.set_queue(lungs.id, &queues::settings("coeur"), change).await
        }
        Constraint::ProviderKey | Constraint::ProviderIssuer => {
            let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
            let first = providers::provider("centre", "https://a.example");
            let other = match constraint {
                Constraint::ProviderKey => providers::provider("centre", "https://b.example"),
                _ => providers::provider("other", "https://a.example"),
            };
            store.add_identity_provider(&first, &people::change(&alex, "provider_made")).await.unwrap();
            store.add_identity_provider(&other, &people::change(&alex, "provider_made")).await
        }
        Constraint::PacsKey => {
            let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
            let made = people::change(&alex, "pacs_made");
            store.add_pacs_node(&pacs_nodes::node("radio"), &made).await.unwrap();
            let again = people::change(&alex, "pacs_made");
            store.add_pacs_node(&pacs_nodes::node("radio"), &again).await
        }
        Constraint::IdTaken => {
            store.add_appointment(&booked, &[]).await.unwrap();
            let again = Appointment { id: booked.id, ..later };
            store.add_appointment(&again, &[]).await
        }
        Constraint::UnknownReference => store.replace_link(&link(&booked, 0, 1, 0)).await,
    }
}

#[tokio::test]
async fn every_rule_is_reported_by_its_name() {
    for constraint in Constraint::ALL {
        for_each_database(|store| async move {
            match provoke(&store, constraint).await {
                Err(Error::Constraint(found)) => assert_eq!(found, constraint),
                other => panic!("{constraint:?}: {other:?}"),
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_refused_booking_leaves_nothing_behind() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        let twice = [link(&booked, 0, 1, 0), link(&booked, 1, 1, 0)];
        let refused = store.add_appointment(&booked, &twice).await;
        assert!(matches!(refused, Err(Error::Constraint(Constraint::LinkDigest))), "{refused:?}");
        assert_eq!(store.appointment(booked.id).await.unwrap(), None);
        assert_eq!(store.links_of(booked.id).await.unwrap(), []);
        store.add_appointment(&booked, &twice[..1]).await.unwrap();
    })
    .await;
}
