//! Two gateways on one PostgreSQL: what one of them signs out has nothing open at the other one, within five seconds.

use std::time::Duration;

use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::app::{Browser, Socket, TestApp};
use crate::visit::{Visit, doctor_named};

/// So soon nothing is left.
const LIMIT: Duration = Duration::from_secs(5);

/// A visit at one gateway, and another gateway on its rows.
async fn two() -> (Visit, TestApp) {
    let mut providers = Vec::new();
    let here = TestApp::start_with(Dialect::Postgres, |settings| {
        providers = settings.login.providers.clone();
    })
    .await;
    let visit = Visit::book_at(here, 5).await;
    let store = visit.app.store.clone();
    let there = TestApp::start_with(Dialect::Postgres, |settings| {
        settings.store = store;
        // One file of settings for both.
        settings.login.providers = providers;
    })
    .await;
    (visit, there)
}

/// The same person's browser at the other gateway.
fn at(there: &TestApp, browser: &Browser) -> Browser {
    Browser { cookie: browser.cookie.clone(), ..there.browser() }
}

/// The sockets of a doctor at a gateway: in the consultation, and that of the agenda.
async fn open(doctor: &Browser, appointment: &str) -> [Socket; 2] {
    let (mut call, welcome) = doctor.attend(appointment).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    call.request(json!({"type": "enter"})).await.unwrap();
    [call, doctor.agenda().await]
}

async fn are_closed(sockets: [Socket; 2], why: &str) {
    for mut socket in sockets {
        tokio::time::timeout(LIMIT, socket.until_closed())
            .await
            .unwrap_or_else(|_| panic!("{why}: it is open"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_at_one_gateway_has_nothing_open_at_the_other() {
    let (visit, there) = two().await;
    let doctor = at(&there, &visit.doctor);
    let sockets = open(&doctor, &visit.appointment).await;
    // Somebody else stays where they are.
    let other = at(&there, &visit.secretary);
    let mut agenda = other.agenda().await;
    assert_eq!(visit.doctor.post("/logout", json!({})).await.0, StatusCode::OK);
    are_closed(sockets, "signed out").await;
    assert_eq!(doctor.get("/api/me").await.0, StatusCode::UNAUTHORIZED);
    let is_open = tokio::time::timeout(Duration::from_secs(2), agenda.until_closed()).await.is_err();
    assert!(is_open, "the secretary did not sign out");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_or_loses_a_role_at_one_gateway_has_nothing_open_at_the_other() {
    let (visit, there) = two().await;
    let alex = visit.app.sign_in("alex").await;
    let claire = doctor_named(&visit.secretary, "Claire Martin").await;
    let person = format!("/api/admin/people/{claire}");
    let mut doctor = visit.doctor.clone();
    for step in ["roles", "disable"] {
        let sockets = open(&at(&there, &doctor), &visit.appointment).await;
        let status = match step {
            "roles" => {
                let taken = json!({"roles": [{"role": "doctor", "byHand": "taken"}]});
                alex.put(&format!("{person}/roles"), taken).await.0
            }
            _ => alex.post(&format!("{person}/disable"), json!({})).await.0,
        };
        assert!(status.is_success(), "{step}: {status}");
        are_closed(sockets, step).await;
        assert_eq!(at(&there, &doctor).get("/api/me").await.0, StatusCode::UNAUTHORIZED, "{step}");
        if step == "roles" {
            let back = json!({"roles": [{"role": "doctor", "byHand": "nothing"}]});
            assert!(alex.put(&format!("{person}/roles"), back).await.0.is_success());
            doctor = visit.app.sign_in("claire").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_at_two_gateways_who_disable_each_other_one_stays() {
    let (visit, there) = two().await;
    let alex = visit.app.sign_in("alex").await;
    let camille = doctor_or_secretary(&alex, "Camille").await;
    let own = doctor_or_secretary(&alex, "Alex").await;
    let given = json!({"roles": [{"role": "administrator", "byHand": "given"}]});
    assert!(alex.put(&format!("/api/admin/people/{camille}/roles"), given).await.0.is_success());
    let second = at(&there, &visit.app.sign_in("camille").await);
    let (first, other) =
        (format!("/api/admin/people/{camille}/disable"), format!("/api/admin/people/{own}/disable"));
    let (one, two) = tokio::join!(alex.post(&first, json!({})), second.post(&other, json!({})));
    let mut told = [one.0, two.0];
    told.sort_unstable();
    // Whoever is second is refused, because nobody else is left, or because they are an administrator no more.
    assert_eq!(told[0], StatusCode::NO_CONTENT, "{one:?} {two:?}");
    assert!(told[1].is_client_error(), "{one:?} {two:?}");
    let left = [alex.get("/api/admin/people").await.0, second.get("/api/admin/people").await.0];
    assert!(left.contains(&StatusCode::OK), "{left:?}");
}

/// Anybody of staff, as administrators see them.
async fn doctor_or_secretary(admin: &Browser, name: &str) -> String {
    let (_, people) = admin.get("/api/admin/people").await;
    let found = people.as_array().unwrap().iter().find(|one| one["name"].as_str().unwrap().contains(name));
    found.unwrap_or_else(|| panic!("{name} is not in {people}"))["practitioner"].as_str().unwrap().to_owned()
}
