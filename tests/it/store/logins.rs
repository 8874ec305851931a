use parvis::secret::Secret;
use parvis::store::{Login, LoginDigest, SignInAttempt};

use super::*;
use crate::support::db::for_each_database;

const IDLE: TimeDelta = TimeDelta::minutes(30);

pub fn login(practitioner: &Practitioner, digest: u8) -> Login {
    Login {
        id: new_id(LoginId::new),
        digest: LoginDigest([digest; 32]),
        practitioner: practitioner.id,
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
        store.add_login(&first).await.unwrap();
        let seen = async |minute, seconds| {
            let now = at(minute) + TimeDelta::seconds(seconds);
            store.login(first.digest, now, IDLE).await.unwrap()
        };
        assert_eq!(seen(0, 59).await, Some(first.clone()), "not written again within a minute");
        for minute in [29, 58, 87, 116, 119] {
            assert_eq!(seen(minute, 0).await.map(|login| login.last_seen_at), Some(at(minute)));
        }
        assert_eq!(seen(120, 0).await, None, "past its end, though just used");
        assert_eq!(store.login(LoginDigest([2; 32]), at(1), IDLE).await.unwrap(), None);

        store.add_login(&login(&claire, 3)).await.unwrap();
        assert_eq!(
            store.login(LoginDigest([3; 32]), at(30), IDLE).await.unwrap(),
            None,
            "not used for too long"
        );
    })
    .await;
}

#[tokio::test]
async fn logins_end_one_by_one_and_by_the_providers_name() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let logins = [1, 2, 3].map(|digest| login(&claire, digest));
        for login in &logins {
            store.add_login(login).await.unwrap();
        }
        assert_eq!(store.end_login(logins[0].digest).await.unwrap(), Some(logins[0].clone()));
        assert_eq!(store.end_login(logins[0].digest).await.unwrap(), None);
        assert!(!is_in_force(&store, 1).await);

        assert_eq!(store.end_logins_by_sid("https://other.example", "sid-2").await.unwrap(), 0);
        assert_eq!(store.end_logins_by_sid(&claire.issuer, "sid-2").await.unwrap(), 1);
        assert!(!is_in_force(&store, 2).await);
        assert!(is_in_force(&store, 3).await);
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
            store.add_login(login).await.unwrap();
        }
        store.add_sign_in_attempt(&attempt(1, 100)).await.unwrap();
        store.add_sign_in_attempt(&attempt(2, 101)).await.unwrap();
        assert_eq!(store.purge_logins(at(100), IDLE).await.unwrap(), 3);
        assert_eq!(store.purge_logins(at(100), IDLE).await.unwrap(), 0);
        assert_eq!(store.end_login(used.digest).await.unwrap(), Some(used));
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
