//! Logins of staff and attempts to sign in.

use parvis::secret::Secret;
use parvis::store::{Login, LoginDigest, SignInAttempt, SignedOutThere};

use super::*;
use crate::support::db::for_each_database;

const IDLE: TimeDelta = TimeDelta::minutes(30);

pub fn login(practitioner: &Practitioner, digest: u8) -> Login {
    Login {
        id: new_id(LoginId::new),
        digest: LoginDigest([digest; 32]),
        practitioner: practitioner.id,
        provider: Some("hospital".to_owned()),
        provider_subject: Some("f:martin".into()),
        proved_at: at(0),
        proof_class: Some("eidas1".to_owned()),
        activities: vec!["CHU".to_owned(), "Cabinet".to_owned()],
        activity: None,
        provider_id_token: Some(Secret::new("head.body.signature".to_owned())),
        provider_sid: Some(format!("sid-{digest}")),
        created_at: at(0),
        last_seen_at: at(0),
        expires_at: at(120),
    }
}

pub async fn is_in_force(store: &Store, digest: u8) -> bool {
    store.login(LoginDigest([digest; 32]), at(1), IDLE).await.unwrap().is_some()
}

#[tokio::test]
async fn a_login_lasts_while_it_is_used_and_no_longer_than_its_end() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let mut first = login(&claire, 1);
        first.provider_id_token = None;
        first.provider_sid = None;
        first.provider = None;
        first.provider_subject = None;
        first.proof_class = None;
        first.activities = vec![];
        store.add_login(&first, RestsOn::File).await.unwrap();
        let seen = async |minute, seconds| {
            let now = at(minute) + TimeDelta::seconds(seconds);
            store.login(first.digest, now, IDLE).await.unwrap()
        };
        assert_eq!(seen(0, 59).await, Some(first.clone()), "not written again within a minute");
        assert_eq!(store.login_of(first.id).await.unwrap(), Some(first.clone()));
        assert_eq!(store.login_of(new_id(LoginId::new)).await.unwrap(), None);
        for minute in [29, 58, 87, 116, 119] {
            assert_eq!(seen(minute, 0).await.map(|login| login.last_seen_at), Some(at(minute)));
        }
        assert_eq!(seen(120, 0).await, None, "past its end, though just used");
        assert_eq!(store.login(LoginDigest([2; 32]), at(1), IDLE).await.unwrap(), None);

        store.add_login(&login(&claire, 3), RestsOn::File).await.unwrap();
        assert_eq!(
            store.login(LoginDigest([3; 32]), at(30), IDLE).await.unwrap(),
            None,
            "not used for too long"
        );
    })
    .await;
}

#[tokio::test]
async fn logins_end_one_by_one_and_all_of_a_person_at_once() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let logins = [1, 2, 3].map(|digest| login(&claire, digest));
        for login in &logins {
            store.add_login(login, RestsOn::File).await.unwrap();
        }
        store.add_login(&login(&karim, 4), RestsOn::File).await.unwrap();
        assert_eq!(store.end_login(logins[0].digest, at(1)).await.unwrap(), Some(logins[0].clone()));
        assert_eq!(store.end_login(logins[0].digest, at(1)).await.unwrap(), None);
        assert!(!is_in_force(&store, 1).await);
        let mut ended = store.end_logins_of(claire.id, at(2)).await.unwrap();
        ended.sort_unstable();
        assert_eq!(ended, [logins[1].id, logins[2].id]);
        assert!(store.end_logins_of(claire.id, at(2)).await.unwrap().is_empty());
        assert!(is_in_force(&store, 4).await);
    })
    .await;
}

fn there(provider: &str, sid: Option<&str>, subject: Option<&str>) -> SignedOutThere {
    SignedOutThere {
        provider: provider.to_owned(),
        sid: sid.map(str::to_owned),
        subject: subject.map(Into::into),
    }
}

#[tokio::test]
async fn a_provider_ends_one_sign_in_of_a_person_or_all_of_them() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let mut nameless = login(&claire, 3);
        nameless.provider_sid = None;
        let mut elsewhere = login(&claire, 4);
        elsewhere.provider = Some("psc".to_owned());
        for login in [&login(&claire, 1), &login(&claire, 2), &nameless, &elsewhere] {
            store.add_login(login, RestsOn::File).await.unwrap();
        }
        let end = async |provider, sid, subject| {
            store.end_logins_there(&there(provider, sid, subject), at(3)).await.unwrap().len()
        };
        assert_eq!(end("other", Some("sid-1"), Some("f:martin")).await, 0);
        assert_eq!(end("hospital", Some("sid-9"), None).await, 0);
        assert_eq!(end("hospital", Some("sid-1"), Some("f:other")).await, 0, "not that person's");
        assert_eq!(end("hospital", None, None).await, 0, "nobody is not everybody");
        assert_eq!(end("hospital", Some("sid-1"), None).await, 1);
        assert_eq!(end("hospital", Some("sid-9"), Some("f:martin")).await, 1, "the one without a name");
        assert!(is_in_force(&store, 2).await);
        assert_eq!(end("hospital", None, Some("f:martin")).await, 1);
        assert!(is_in_force(&store, 4).await);
        assert_eq!(end("psc", Some("sid-4"), Some("f:martin")).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_token_counts_once_for_each_provider() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        store.add_login(&login(&claire, 1), RestsOn::File).await.unwrap();
        let whom = there("hospital", Some("sid-1"), None);
        let digest = LoginDigest([7; 32]);
        let all = (0..10).map(|_| store.end_logins_by_token(&whom, digest, at(2), at(0)));
        let taken = futures_util::future::join_all(all).await;
        let counted: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(counted.len(), 1);
        assert_eq!(counted[0].len(), 1);
        let other = there("psc", Some("sid-1"), None);
        assert_eq!(store.end_logins_by_token(&other, digest, at(2), at(0)).await.unwrap(), Some(vec![]));
        // Forgotten when it is void by itself.
        assert_eq!(store.purge_logins(at(1), IDLE).await.unwrap(), 0);
        assert_eq!(store.purge_logins(at(2), IDLE).await.unwrap(), 2);
        assert_eq!(store.end_logins_by_token(&whom, digest, at(9), at(0)).await.unwrap(), Some(vec![]));
    })
    .await;
}

#[tokio::test]
async fn a_renewed_login_keeps_its_identifier_and_its_activity_under_a_new_digest() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let first = login(&claire, 1);
        store.add_login(&first, RestsOn::File).await.unwrap();
        assert!(!store.choose_activity(new_id(LoginId::new), "CHU").await.unwrap());
        assert!(store.choose_activity(first.id, "CHU").await.unwrap());
        assert!(!store.choose_activity(first.id, "Cabinet").await.unwrap(), "once");
        let mut renewed = login(&claire, 2);
        (renewed.proved_at, renewed.last_seen_at) = (at(5), at(5));
        renewed.proof_class = Some("eidas2".to_owned());
        let mut of_another = renewed.clone();
        of_another.practitioner = karim.id;
        assert!(!store.renew_login(first.digest, &of_another, RestsOn::File).await.unwrap());
        assert!(store.renew_login(first.digest, &renewed, RestsOn::File).await.unwrap());
        assert!(!is_in_force(&store, 1).await, "the cookie of before is worth nothing");
        let now = store.login(renewed.digest, at(5), IDLE).await.unwrap().unwrap();
        assert_eq!((now.id, now.proved_at, now.proof_class.as_deref()), (first.id, at(5), Some("eidas2")));
        assert_eq!((now.activity.as_deref(), now.activities), (Some("CHU"), first.activities));
        assert!(!store.renew_login(first.digest, &renewed, RestsOn::File).await.unwrap());
        // Somebody in a call asks for nothing, and is seen all the same.
        store.see_login(first.id, at(50)).await.unwrap();
        assert!(store.login(renewed.digest, at(70), IDLE).await.unwrap().is_some());
        store.see_login(new_id(LoginId::new), at(50)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_over_is_purged_and_nothing_else() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (mut past_end, mut idle, mut used) = (login(&claire, 1), login(&claire, 2), login(&claire, 3));
        past_end.last_seen_at = at(100);
        past_end.expires_at = at(100);
        idle.last_seen_at = at(70);
        used.last_seen_at = at(71);
        for login in [&past_end, &idle, &used] {
            store.add_login(login, RestsOn::File).await.unwrap();
        }
        store.add_sign_in_attempt(&attempt(1, 100)).await.unwrap();
        store.add_sign_in_attempt(&attempt(2, 101)).await.unwrap();
        assert_eq!(store.purge_logins(at(100), IDLE).await.unwrap(), 3);
        assert_eq!(store.purge_logins(at(100), IDLE).await.unwrap(), 0);
        assert_eq!(store.end_login(used.digest, at(1)).await.unwrap(), Some(used));
        let take = |number| store.take_sign_in_attempt(LoginDigest([number; 32]), LoginDigest([0; 32]));
        assert_eq!(take(1).await.unwrap(), None);
        assert_eq!(take(2).await.unwrap(), Some(attempt(2, 101)));
    })
    .await;
}

fn attempt(state: u8, expires: i64) -> SignInAttempt {
    SignInAttempt {
        state: LoginDigest([state; 32]),
        browser: LoginDigest([0; 32]),
        provider: "https://idp.example".to_owned(),
        nonce: Secret::new("nonce".to_owned()),
        pkce_verifier: Secret::new("verifier".to_owned()),
        return_to: "/agenda".to_owned(),
        fresh_for: (state == 1).then(|| PractitionerId::new(uuid::Uuid::from_u128(5))),
        link: (state == 2).then(|| LinkId::new(uuid::Uuid::from_u128(6))),
        began_at: at(0),
        expires_at: at(expires),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_taken_once_and_by_its_own_browser() {
    for_each_database(|store| async move {
        let begun = attempt(1, 10);
        store.add_sign_in_attempt(&begun).await.unwrap();
        let stranger = LoginDigest([9; 32]);
        assert_eq!(store.take_sign_in_attempt(begun.state, stranger).await.unwrap(), None);
        assert_eq!(store.take_sign_in_attempt(stranger, begun.browser).await.unwrap(), None);
        let all = (0..20).map(|_| store.take_sign_in_attempt(begun.state, begun.browser));
        let taken: Vec<_> =
            futures_util::future::join_all(all).await.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(taken, [begun]);
    })
    .await;
}

#[tokio::test]
async fn every_end_of_a_login_is_told_to_whoever_asks_and_forgotten_after_two_hours() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let logins = [1, 2, 3, 4, 5].map(|digest| login(&claire, digest));
        for login in &logins {
            store.add_login(login, RestsOn::File).await.unwrap();
        }
        let told = async |since| store.ended_logins(at(since)).await.unwrap();
        assert_eq!(told(0).await, (vec![], None));
        store.end_login(logins[0].digest, at(1)).await.unwrap();
        store.end_logins_there(&there("hospital", Some("sid-2"), None), at(2)).await.unwrap();
        let whom = there("hospital", Some("sid-3"), None);
        store.end_logins_by_token(&whom, LoginDigest([7; 32]), at(9), at(3)).await.unwrap();
        assert_eq!(told(2).await, (vec![logins[1].id, logins[2].id], Some(at(3))));
        store.end_logins_by("hospital", at(4)).await.unwrap();
        let mut last = told(4).await;
        last.0.sort_unstable();
        let mut expected = vec![logins[3].id, logins[4].id];
        expected.sort_unstable();
        assert_eq!(last, (expected, Some(at(4))));
        store.add_login(&login(&claire, 6), RestsOn::File).await.unwrap();
        let ended = store.end_logins_of(claire.id, at(5)).await.unwrap();
        assert_eq!(told(5).await, (ended, Some(at(5))));
        assert_eq!(told(0).await.0.len(), 6);
        store.purge_logins(at(124), IDLE).await.unwrap();
        assert_eq!(told(0).await.0.len(), 1, "the others were two hours ago");
    })
    .await;
}
