//! Two administrators at two gateways who each take one of the last two ways in away at one moment.

use parvis::store::{Error, StoredProvider, StoredRoleRule, WayOfFile};

use super::people::change;
use super::providers::provider;
use super::*;
use crate::support::db::{TestDatabase, for_each_database};

const ROUNDS: usize = 12;

fn administrators(key: &str) -> StoredProvider {
    let role = StoredRoleRule { claim: "groups".into(), value: "it".into(), role: StaffRole::Administrator };
    StoredProvider { roles: vec![role], ..provider(key, &format!("https://{key}.example")) }
}

/// Somebody who is an administrator by that provider.
async fn administrator(store: &Store, key: &str) -> Practitioner {
    let one =
        Practitioner { issuer: format!("https://{key}.example"), ..person(key, &[StaffRole::Administrator]) };
    store.upsert_practitioner(&one).await.unwrap()
}

/// Exactly one of two is refused, and that for the right reason.
fn one_is_refused<T: std::fmt::Debug>(outcomes: [Result<T, Error>; 2]) {
    let [first, second] = outcomes;
    let refused = match (first, second) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("{both:?}"),
    };
    assert!(matches!(refused, Error::LastWayIn), "{refused:?}");
}

/// The store of each of two programs: on PostgreSQL with connections of its own, on SQLite the one that there can be.
pub async fn two_programs(dialect: parvis::store::Dialect) -> [Store; 2] {
    let database = TestDatabase::new(dialect).await;
    let first = database.open().await;
    let second = match dialect {
        parvis::store::Dialect::Postgres => database.open().await,
        parvis::store::Dialect::Sqlite => first.clone(),
    };
    [first, second]
}

pub const BOTH: [parvis::store::Dialect; 2] =
    [parvis::store::Dialect::Sqlite, parvis::store::Dialect::Postgres];

#[tokio::test(flavor = "multi_thread")]
async fn of_two_providers_that_are_switched_off_at_once_one_stays() {
    for dialect in BOTH {
        let [here, there] = two_programs(dialect).await;
        let (a, b) = (administrator(&here, "a").await, administrator(&here, "b").await);
        let (mut first, mut second) = (administrators("a"), administrators("b"));
        here.add_identity_provider(&first, &change(&a, "provider_made")).await.unwrap();
        here.add_identity_provider(&second, &change(&a, "provider_made")).await.unwrap();
        for round in 0..ROUNDS {
            let minute = i64::try_from(round).unwrap() + 1;
            let off = |known: &StoredProvider| StoredProvider {
                is_on: false,
                changed_at: at(minute),
                ..known.clone()
            };
            let (off_first, off_second) = (off(&first), off(&second));
            let (by_a, by_b) = (change(&a, "provider_off"), change(&b, "provider_off"));
            let (one, other) = tokio::join!(
                here.put_identity_provider(&off_first, first.changed_at, &[], &by_a),
                there.put_identity_provider(&off_second, second.changed_at, &[], &by_b),
            );
            one_is_refused([one, other]);
            let kept = here.identity_providers().await.unwrap();
            assert_eq!(kept.iter().filter(|known| known.is_on).count(), 1);
            // Both on again.
            for known in kept {
                let on = StoredProvider {
                    is_on: true,
                    changed_at: at(minute) + TimeDelta::seconds(30),
                    ..known.clone()
                };
                let on_again = change(&a, "provider_on");
                assert!(here.put_identity_provider(&on, known.changed_at, &[], &on_again).await.unwrap());
                let known = if on.key == "a" { &mut first } else { &mut second };
                *known = on;
            }
        }
        // Removing one and switching the other off likewise.
        let off = StoredProvider { is_on: false, changed_at: at(60), ..second.clone() };
        let (by_a, by_b) = (change(&a, "provider_removed"), change(&b, "provider_off"));
        let (one, other) = tokio::join!(
            here.remove_identity_provider(first.id, &[], &by_a),
            there.put_identity_provider(&off, second.changed_at, &[], &by_b),
        );
        one_is_refused([one, other]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_disable_each_other_or_take_the_role_one_stays() {
    for dialect in BOTH {
        let [here, there] = two_programs(dialect).await;
        let (a, b) = (administrator(&here, "a").await, administrator(&here, "b").await);
        // A provider of the file cannot be switched off; the people can.
        let way = |key: &str| WayOfFile {
            key: key.to_owned(),
            issuer: format!("https://{key}.example"),
            gives_administrator: true,
            is_for_patients: false,
        };
        let of_file = [way("a"), way("b")];
        let taken = [(StaffRole::Administrator, ByHand::Taken)];
        let nothing = [(StaffRole::Administrator, ByHand::Nothing)];
        for _ in 0..ROUNDS {
            let (by_a, by_b) = (change(&a, "disabled"), change(&b, "roles"));
            let (one, other) = tokio::join!(
                here.disable_practitioner(b.id, Some(at(1)), &of_file, &by_a),
                there.set_roles_by_hand(a.id, &taken, &of_file, &by_b),
            );
            one_is_refused([one, other]);
            here.disable_practitioner(b.id, None, &of_file, &change(&a, "enabled")).await.unwrap();
            here.set_roles_by_hand(a.id, &nothing, &of_file, &change(&a, "roles")).await.unwrap();
        }
        let patients = [WayOfFile { is_for_patients: true, ..way("a") }, way("b")];
        let last = here.disable_practitioner(b.id, Some(at(1)), &patients, &change(&a, "disabled")).await;
        assert!(matches!(last, Err(Error::LastWayIn)), "a provider of patients is no way in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_account_of_the_gateway_itself_is_not_closed_while_the_last_provider_is_switched_off() {
    for dialect in BOTH {
        let [here, there] = two_programs(dialect).await;
        let a = administrator(&here, "a").await;
        let first = administrators("a");
        here.add_identity_provider(&first, &change(&a, "provider_made")).await.unwrap();
        let account = super::local_accounts::administrator(&here).await;
        let off = StoredProvider { is_on: false, changed_at: at(1), ..first.clone() };
        let by_a = change(&a, "provider_off");
        let (one, other) = tokio::join!(
            here.put_identity_provider(&off, first.changed_at, &[], &by_a),
            there.close_local_account(account, &[], at(1)),
        );
        one_is_refused([one.map(|_| ()), other.map(|_| ())]);
    }
}

#[tokio::test]
async fn what_is_locked_already_is_not_made_worse() {
    for_each_database(|store| async move {
        // Nobody of them can come in: no provider is there.
        let (a, b) = (administrator(&store, "a").await, administrator(&store, "b").await);
        for one in [&a, &b] {
            store.disable_practitioner(one.id, Some(at(1)), &[], &change(&a, "disabled")).await.unwrap();
        }
    })
    .await;
}
