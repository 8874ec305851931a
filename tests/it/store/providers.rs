//! Identity providers as administrators set them.

use parvis::secret::Secret;
use parvis::store::{Error, Login, LoginDigest, SecretMethod, SignInAttempt, StoredProvider, StoredRoleRule};

use super::logins::{is_in_force, login};
use super::people::change;
use super::*;
use crate::support::db::for_each_database;

pub fn provider(key: &str, issuer: &str) -> StoredProvider {
    StoredProvider {
        id: clock().new_uuid(),
        key: key.to_owned(),
        label: "Centre".to_owned(),
        issuer: issuer.to_owned(),
        client_id: "parvis".to_owned(),
        authentication: SecretMethod::Post,
        client_secret: Secret::new("canary".to_owned()),
        discovery_url: Some("https://a.example/other".to_owned()),
        scopes: vec!["profile".to_owned()],
        acr_values: vec!["eidas1".to_owned()],
        fresh_acr_values: vec![],
        roles: vec![StoredRoleRule {
            claim: "groups".to_owned(),
            value: "médecins".to_owned(),
            role: StaffRole::Doctor,
        }],
        name_claim: "name".to_owned(),
        subject_claim: "sub".to_owned(),
        is_for_patients: false,
        is_on: true,
        made_at: at(0),
        changed_at: at(0),
    }
}

fn attempt(provider: &str, state: u8) -> SignInAttempt {
    SignInAttempt {
        state: LoginDigest([state; 32]),
        browser: LoginDigest([9; 32]),
        provider: provider.to_owned(),
        nonce: Secret::new("n".to_owned()),
        pkce_verifier: Secret::new("v".to_owned()),
        return_to: "/".to_owned(),
        fresh_for: None,
        link: None,
        began_at: at(0),
        expires_at: at(10),
    }
}

#[tokio::test]
async fn a_provider_is_kept_changed_and_removed_each_time_with_its_change() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        assert_eq!(store.identity_providers().await.unwrap(), []);
        let mut centre = provider("centre", "https://a.example");
        let mut other = provider("other", "https://b.example");
        (other.made_at, other.discovery_url, other.roles) = (at(1), None, vec![]);
        (other.changed_at, other.is_for_patients) = (at(1), true);
        store.add_identity_provider(&other, &change(&alex, "provider_made")).await.unwrap();
        store.add_identity_provider(&centre, &change(&alex, "provider_made")).await.unwrap();
        assert_eq!(
            store.identity_providers().await.unwrap(),
            [centre.clone(), other.clone()],
            "as they were made"
        );

        // What is under way at another issuer is over; all else goes on.
        let is_under_way = async |state: u8| {
            let found = store.take_sign_in_attempt(LoginDigest([state; 32]), LoginDigest([9; 32])).await;
            found.unwrap().is_some()
        };
        for (key, state) in [("centre", 1), ("other", 2), ("centre", 3), ("other", 4)] {
            store.add_sign_in_attempt(&attempt(key, state)).await.unwrap();
        }
        centre.client_secret = Secret::new("another".to_owned());
        (centre.authentication, centre.is_on, centre.changed_at) = (SecretMethod::Basic, false, at(7));
        let put = async |provider: &StoredProvider, seen: i64| {
            let changed = change(&alex, "provider_changed");
            store.put_identity_provider(provider, at(seen), &[], &changed).await.unwrap()
        };
        assert!(!put(&centre, 3).await, "somebody else has changed it");
        assert!(put(&centre, 0).await);
        assert!(is_under_way(1).await);
        centre.issuer = "https://c.example".to_owned();
        assert!(put(&centre, 7).await);
        assert!(!is_under_way(3).await);
        assert!(is_under_way(2).await);
        assert_eq!(store.identity_providers().await.unwrap(), [centre.clone(), other.clone()]);

        let remove = async || {
            let removed = change(&alex, "provider_removed");
            store.remove_identity_provider(other.id, &[], &removed).await.unwrap()
        };
        assert!(remove().await);
        assert!(!is_under_way(4).await);
        assert_eq!(store.identity_providers().await.unwrap(), [centre]);
        let before = store.setting_changes(50).await.unwrap().len();
        assert_eq!(before, 5);
        assert!(!put(&other, 1).await);
        assert!(!remove().await);
        assert_eq!(store.setting_changes(50).await.unwrap().len(), before, "nothing was changed");
    })
    .await;
}

/// A login that rests on the provider `centre`.
fn login_there(who: &Practitioner, digest: u8) -> Login {
    Login { provider: Some("centre".to_owned()), ..login(who, digest) }
}

#[tokio::test]
async fn a_login_that_comes_after_its_provider_was_switched_off_or_removed_is_refused() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        let claire = doctor(&store, "Claire").await;
        let mut centre = provider("centre", "https://a.example");
        store.add_identity_provider(&centre, &change(&alex, "provider_made")).await.unwrap();
        let here = RestsOn::Page { issuer: "https://a.example" };
        let before = login_there(&claire, 1);
        store.add_login(&before, here).await.unwrap();
        let again = Login { digest: LoginDigest([2; 32]), ..before.clone() };
        assert!(store.renew_login(before.digest, &again, here).await.unwrap());

        let is_refused = async |rests_on| {
            let renewed = Login { digest: LoginDigest([3; 32]), ..again.clone() };
            let added = store.add_login(&login_there(&claire, 4), rests_on).await;
            let renewed = store.renew_login(again.digest, &renewed, rests_on).await;
            matches!((added, renewed), (Err(Error::ProviderOff), Err(Error::ProviderOff)))
        };
        assert!(is_refused(RestsOn::Page { issuer: "https://b.example" }).await, "it was another one then");
        let (seen, off) = (centre.changed_at, change(&alex, "provider_off"));
        (centre.is_on, centre.changed_at) = (false, at(1));
        assert!(store.put_identity_provider(&centre, seen, &[], &off).await.unwrap());
        assert!(is_refused(here).await);
        let (seen, on) = (centre.changed_at, change(&alex, "provider_on"));
        (centre.is_on, centre.changed_at) = (true, at(2));
        assert!(store.put_identity_provider(&centre, seen, &[], &on).await.unwrap());
        assert!(!is_refused(here).await);
        let removed = change(&alex, "provider_removed");
        assert!(store.remove_identity_provider(centre.id, &[], &removed).await.unwrap());
        assert!(is_refused(here).await);
        store.add_login(&login_there(&claire, 5), RestsOn::File).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_switch_that_ends_all_logins_and_a_login_at_one_moment_no_login_is_left() {
    const ROUNDS: u8 = 12;
    for dialect in super::ways_in::BOTH {
        let [here, there] = super::ways_in::two_programs(dialect).await;
        let alex = here.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        let claire = doctor(&here, "Claire").await;
        let mut centre = provider("centre", "https://a.example");
        here.add_identity_provider(&centre, &change(&alex, "provider_made")).await.unwrap();
        for round in 1..=ROUNDS {
            let off = StoredProvider {
                is_on: false,
                changed_at: centre.changed_at + TimeDelta::seconds(1),
                ..centre.clone()
            };
            let change = change(&alex, "provider_off");
            let switch = async {
                assert!(here.put_identity_provider(&off, centre.changed_at, &[], &change).await.unwrap());
                here.end_logins_by("centre", at(1)).await.unwrap();
            };
            let login = login_there(&claire, round);
            let signs_in = there.add_login(&login, RestsOn::Page { issuer: "https://a.example" });
            let ((), signed_in) = tokio::join!(switch, signs_in);
            assert!(matches!(signed_in, Ok(()) | Err(Error::ProviderOff)), "{signed_in:?}");
            assert!(!is_in_force(&here, round).await, "{dialect:?}: it came in behind the switch");
            let on = StoredProvider {
                is_on: true,
                changed_at: off.changed_at + TimeDelta::seconds(1),
                ..off.clone()
            };
            assert!(here.put_identity_provider(&on, off.changed_at, &[], &change_on(&alex)).await.unwrap());
            centre = on;
        }
    }
}

fn change_on(by: &Practitioner) -> parvis::store::SettingChange {
    change(by, "provider_on")
}

#[tokio::test]
async fn the_logins_of_one_provider_are_counted_and_ended() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        for (provider, digest) in [("hospital", 1), ("centre", 2), ("centre", 3)] {
            let login =
                parvis::store::Login { provider: Some(provider.to_owned()), ..login(&claire, digest) };
            store.add_login(&login, RestsOn::File).await.unwrap();
        }
        let count = |minute| store.logins_by_provider(at(minute), TimeDelta::minutes(30));
        assert_eq!(count(10).await.unwrap(), [("centre".to_owned(), 2), ("hospital".to_owned(), 1)]);
        assert_eq!(count(40).await.unwrap(), [], "nobody was seen for that long");
        assert_eq!(store.end_logins_by("centre", at(1)).await.unwrap().len(), 2);
        assert!(store.end_logins_by("centre", at(1)).await.unwrap().is_empty());
        assert!(is_in_force(&store, 1).await && !is_in_force(&store, 2).await);
    })
    .await;
}
