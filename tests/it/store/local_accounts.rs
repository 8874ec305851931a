//! Accounts of the gateway itself: invitations, factors, tries and locks.

use parvis::secret::Secret;
use parvis::store::{
    LOCAL_ISSUER, LocalAccount, LocalInvitation, LocalMeans, LocalPasskey, LocalPurpose, LocalSetUp,
    LocalStep, LocalUse, LocalUseKind, Login, LoginDigest, NewLocalAccount, TryKey,
};

use super::*;
use crate::support::db::for_each_database;

/// The first address, which nobody made.
fn first(number: u8) -> LocalInvitation {
    LocalInvitation {
        id: clock().new_uuid(),
        digest: LoginDigest([number; 32]),
        is_first: true,
        account: None,
        name: Pii::default(),
        roles: vec![StaffRole::Doctor, StaffRole::Administrator],
        made_at: at(i64::from(number)),
        made_by: None,
        expires_at: at(100),
    }
}

/// One that an administrator made, for a new account or for one that is set up anew.
fn invitation(number: u8, by: &Practitioner, account: Option<LocalAccountId>) -> LocalInvitation {
    let name = "Ana Le Goff".into();
    LocalInvitation { is_first: false, account, name, made_by: Some(by.id), ..first(number) }
}

/// An administrator of the hospital's provider.
async fn robin(store: &Store) -> Practitioner {
    store.upsert_practitioner(&person("Robin", &[StaffRole::Administrator])).await.unwrap()
}

fn account(user_name: &str, passkey: Option<u8>) -> NewLocalAccount {
    let id = new_id(LocalAccountId::new);
    let practitioner = new_id(PractitionerId::new);
    NewLocalAccount {
        account: LocalAccount {
            id,
            practitioner,
            user_name: user_name.to_owned(),
            password_hash: Secret::new("$argon2id$...".to_owned()),
            totp_key: Some(Secret::new(vec![7; 20])),
            made_at: at(1),
            made_by: None,
        },
        practitioner: Practitioner {
            id: practitioner,
            issuer: LOCAL_ISSUER.to_owned(),
            subject: id.to_string().into(),
            name: "Ana Le Goff".into(),
            roles: vec![StaffRole::Doctor, StaffRole::Administrator],
        },
        passkey: passkey.map(|number| LocalPasskey {
            id: clock().new_uuid(),
            credential_id: vec![number; 20],
            credential: "{}".to_owned(),
        }),
        recovery_codes: vec![[1; 32], [2; 32]],
    }
}

async fn set_up(store: &Store, new: &NewLocalAccount, number: u8) -> LocalSetUp {
    store.set_up_local_account(new, LoginDigest([number; 32]), at(2)).await.unwrap()
}

/// The account of an administrator.
pub async fn administrator(store: &Store) -> LocalAccountId {
    ana(store).await.0.id
}

/// One that is there, with its login.
async fn ana(store: &Store) -> (LocalAccount, Login) {
    let robin = robin(store).await;
    store.add_local_invitation(&invitation(1, &robin, None)).await.unwrap();
    let new = account("ana", Some(9));
    assert_eq!(set_up(store, &new, 1).await, LocalSetUp::Done);
    let login = Login {
        id: new_id(LoginId::new),
        digest: LoginDigest([77; 32]),
        practitioner: new.account.practitioner,
        provider: Some("local".to_owned()),
        provider_subject: None,
        proved_at: at(2),
        proof_class: Some("passkey".to_owned()),
        activities: vec![],
        activity: None,
        provider_id_token: None,
        provider_sid: None,
        created_at: at(2),
        last_seen_at: at(2),
        expires_at: at(600),
    };
    store.add_local_login(&login, new.account.id, LocalMeans::Passkey).await.unwrap();
    (new.account, login)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_address_counts_once_and_only_while_there_is_no_administrator() {
    for_each_database(|store| async move {
        assert!(!store.has_administrator().await.unwrap());
        assert!(!store.has_local_account().await.unwrap());
        store.add_local_invitation(&first(1)).await.unwrap();
        store.add_local_invitation(&first(2)).await.unwrap();
        let good = |number, minute| store.local_invitation(LoginDigest([number; 32]), at(minute));
        assert_eq!(good(1, 3).await.unwrap(), None, "the next start of the program makes another");
        assert_eq!(good(2, 3).await.unwrap().unwrap().roles, first(2).roles);
        assert_eq!(good(2, 100).await.unwrap(), None, "past its end");
        assert!(store.local_invitations(at(3)).await.unwrap().is_empty(), "it is on no page");
        let (ana, jean) = (account("ana", None), account("jean", None));
        let (one, other) = tokio::join!(set_up(&store, &ana, 2), set_up(&store, &jean, 2));
        let mut both = [one, other];
        both.sort_by_key(|outcome| *outcome != LocalSetUp::Done);
        assert_eq!(both, [LocalSetUp::Done, LocalSetUp::Closed], "of two, one is the first");
        assert!(store.has_administrator().await.unwrap() && store.has_local_account().await.unwrap());
        store.add_local_invitation(&first(3)).await.unwrap();
        assert_eq!(good(3, 3).await.unwrap(), None, "there is an administrator");
        assert_eq!(set_up(&store, &account("paul", None), 3).await, LocalSetUp::Closed);
    })
    .await;
}

#[tokio::test]
async fn an_account_is_set_up_listed_set_up_anew_and_closed() {
    for_each_database(|store| async move {
        let (ana, login) = ana(&store).await;
        assert_eq!(store.end_logins_of(ana.practitioner, at(1)).await.unwrap(), [login.id]);
        assert!(store.end_logins_of(ana.practitioner, at(1)).await.unwrap().is_empty());
        assert_eq!(store.end_login(login.digest, at(1)).await.unwrap(), None);
        let known = store.practitioner(ana.practitioner).await.unwrap().unwrap();
        assert_eq!(known.roles, [StaffRole::Doctor, StaffRole::Administrator]);
        assert_eq!(
            (known.issuer.as_str(), known.subject.expose().clone()),
            (LOCAL_ISSUER, ana.id.to_string())
        );
        assert_eq!(store.local_account_named("ana").await.unwrap(), Some(ana.clone()));
        assert_eq!(store.local_account_named("Ana").await.unwrap(), None);
        assert_eq!(store.local_account(ana.id).await.unwrap(), Some(ana.clone()));
        let [line] = <[_; 1]>::try_from(store.local_accounts().await.unwrap()).unwrap();
        assert_eq!((line.has_totp, line.passkeys, line.recovery_codes, line.used_at), (true, 1, 2, None));

        let robin = robin(&store).await;
        store.add_local_invitation(&invitation(4, &robin, None)).await.unwrap();
        assert_eq!(set_up(&store, &account("ana", None), 4).await, LocalSetUp::NameTaken);
        assert_eq!(
            store.local_invitations(at(3)).await.unwrap().len(),
            1,
            "the address is not used up by that"
        );
        let gone = store.withdraw_local_invitation(store.local_invitations(at(3)).await.unwrap()[0].id).await;
        assert_eq!(gone.unwrap().map(|gone| gone.digest), Some(LoginDigest([4; 32])));

        for number in [5, 6] {
            store.add_local_invitation(&invitation(number, &robin, Some(ana.id))).await.unwrap();
        }
        assert_eq!(store.local_invitations(at(3)).await.unwrap().len(), 1, "one an account");
        let mut anew = account("ana.2", None);
        assert_eq!(set_up(&store, &anew, 6).await, LocalSetUp::Closed, "it is another's");
        anew.account.id = ana.id;
        anew.recovery_codes = vec![[3; 32]];
        assert_eq!(set_up(&store, &anew, 6).await, LocalSetUp::Done);
        let now = store.local_account(ana.id).await.unwrap().unwrap();
        assert_eq!((now.user_name.as_str(), now.practitioner), ("ana.2", ana.practitioner));
        assert!(store.local_passkeys(ana.id).await.unwrap().is_empty(), "the old ones are gone");
        assert!(!store.use_recovery_code(ana.id, [1; 32]).await.unwrap());

        let last = store.close_local_account(ana.id, &[], at(5)).await;
        assert!(matches!(last, Err(parvis::store::Error::LastWayIn)), "nobody else administers: {last:?}");
        assert!(store.local_account(ana.id).await.unwrap().is_some());
        store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        let provider = parvis::store::WayOfFile {
            key: "hospital".to_owned(),
            issuer: "https://idp.example".to_owned(),
            gives_administrator: true,
            is_for_patients: false,
        };
        let closed = store.close_local_account(ana.id, &[provider], at(5)).await.unwrap();
        assert_eq!(closed, Some(vec![]));
        assert_eq!(store.close_local_account(ana.id, &[], at(5)).await.unwrap(), None);
        assert!(store.local_accounts().await.unwrap().is_empty());
        assert_eq!(store.local_account_named("ana.2").await.unwrap(), None);
        assert!(store.practitioner(ana.practitioner).await.unwrap().unwrap().roles.is_empty());
    })
    .await;
}

/// What takes the role of an administrator from somebody.
#[derive(Clone, Copy, Debug)]
enum Removal {
    Disabled,
    RoleTaken,
    OtherClaims,
    AccountClosed,
}

#[tokio::test]
async fn whoever_is_no_administrator_any_more_does_not_come_back_by_an_address_of_their_own() {
    use Removal::{AccountClosed, Disabled, OtherClaims, RoleTaken};
    for removal in [Disabled, RoleTaken, OtherClaims, AccountClosed] {
        for_each_database(|store| async move {
            let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
            let of_file = [parvis::store::WayOfFile {
                key: "hospital".to_owned(),
                issuer: "https://idp.example".to_owned(),
                gives_administrator: true,
                is_for_patients: false,
            }];
            let (ana, _) = ana(&store).await;
            let robin = match removal {
                AccountClosed => store.practitioner(ana.practitioner).await.unwrap().unwrap(),
                _ => robin(&store).await,
            };
            let colleague = account("jean", None);
            store.add_local_invitation(&invitation(2, &alex, None)).await.unwrap();
            assert_eq!(set_up(&store, &colleague, 2).await, LocalSetUp::Done);
            // One for an account of their own, one that sets a colleague's account up anew; and one of somebody else.
            store.add_local_invitation(&invitation(3, &robin, None)).await.unwrap();
            store.add_local_invitation(&invitation(4, &robin, Some(colleague.account.id))).await.unwrap();
            store.add_local_invitation(&invitation(5, &alex, None)).await.unwrap();
            let good = async |number| {
                store.local_invitation(LoginDigest([number; 32]), at(3)).await.unwrap().is_some()
            };
            assert!(good(3).await && good(4).await && good(5).await);
            let change = || super::people::change(&alex, "removed");
            let taken = [(StaffRole::Administrator, ByHand::Taken)];
            let doctor = Practitioner { roles: vec![StaffRole::Doctor], ..robin.clone() };
            match removal {
                Disabled => {
                    store.disable_practitioner(robin.id, Some(at(3)), &of_file, &change()).await.unwrap();
                }
                RoleTaken => {
                    store.set_roles_by_hand(robin.id, &taken, &of_file, &change()).await.unwrap();
                }
                OtherClaims => {
                    store.upsert_practitioner(&doctor).await.unwrap();
                }
                AccountClosed => {
                    store.close_local_account(ana.id, &of_file, at(3)).await.unwrap().unwrap();
                }
            }
            let is_refused = async |number| {
                let mut anew = account("robin", None);
                if number == 4 {
                    anew.account.id = colleague.account.id;
                }
                !good(number).await && set_up(&store, &anew, number).await == LocalSetUp::Closed
            };
            assert!(is_refused(3).await && is_refused(4).await, "{removal:?}");
            let listed = store.local_invitations(at(3)).await.unwrap();
            assert_eq!(listed.len(), 1, "{removal:?}: that of somebody else");
            // Nor by one that was on its way meanwhile.
            store.add_local_invitation(&invitation(6, &robin, None)).await.unwrap();
            assert!(is_refused(6).await, "{removal:?}");
            // And none of them comes back with the role.
            match removal {
                Disabled => {
                    store.disable_practitioner(robin.id, None, &of_file, &change()).await.unwrap();
                }
                RoleTaken => {
                    let nothing = [(StaffRole::Administrator, ByHand::Nothing)];
                    store.set_roles_by_hand(robin.id, &nothing, &of_file, &change()).await.unwrap();
                }
                OtherClaims | AccountClosed => {
                    store.upsert_practitioner(&robin).await.unwrap();
                }
            }
            assert!(is_refused(3).await && is_refused(4).await, "{removal:?}: it came back");
            assert_eq!(set_up(&store, &account("paul", None), 5).await, LocalSetUp::Done);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_fast_tries_come_no_more_are_given_than_lock() {
    for_each_database(|store| async move {
        let key = TryKey { digest: [1; 32], name: [1; 32] };
        let take = |minute| store.take_local_try(key, 5, TimeDelta::minutes(15), at(minute));
        let tries = futures_util::future::join_all((0..20).map(|_| take(0))).await;
        let mut given: Vec<_> = tries.into_iter().filter_map(Result::unwrap).collect();
        given.sort_unstable();
        assert_eq!(given, [1, 2, 3, 4, 5]);
        assert_eq!(store.local_lock([1; 32], at(1)).await.unwrap(), Some(at(15)));
        assert_eq!(store.local_lock([2; 32], at(1)).await.unwrap(), None);
        assert_eq!(take(14).await.unwrap(), None);
        assert_eq!(take(15).await.unwrap(), Some(6));
        for expected in [7, 8, 9, 10] {
            assert_eq!(take(16).await.unwrap(), Some(expected));
        }
        assert_eq!(take(16).await.unwrap(), None, "locked again");
        store.give_local_try_back(key, at(17)).await.unwrap();
        assert_eq!(take(17).await.unwrap(), Some(10), "the try that locked was right");
        assert!(store.forget_local_tries([1; 32], at(18)).await.unwrap());
        assert!(!store.forget_local_tries([1; 32], at(18)).await.unwrap());
        assert_eq!(take(18).await.unwrap(), Some(1));
        assert_eq!(store.purge_local(at(20), at(17)).await.unwrap(), 0);
        assert_eq!(store.purge_local(at(20), at(18)).await.unwrap(), 1);
        // From one network: the name is locked there, and free again for everybody together.
        let near = TryKey { digest: [3; 32], name: [1; 32] };
        let lock = TimeDelta::minutes(15);
        for expected in [Some(1), Some(2), None] {
            assert_eq!(store.take_local_try(near, 2, lock, at(30)).await.unwrap(), expected);
        }
        assert_eq!(take(31).await.unwrap(), Some(1), "elsewhere it is not");
        assert_eq!(store.local_lock([1; 32], at(31)).await.unwrap(), Some(at(45)));
        assert!(store.forget_local_tries([1; 32], at(32)).await.unwrap());
        assert_eq!(store.take_local_try(near, 2, lock, at(32)).await.unwrap(), Some(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_codes_and_passkeys_count_once() {
    for_each_database(|store| async move {
        let (ana, login) = ana(&store).await;
        assert_eq!(store.local_means(login.id).await.unwrap(), Some(LocalMeans::Passkey));
        let anew = Login { digest: LoginDigest([78; 32]), proved_at: at(5), ..login.clone() };
        let renew = |by| store.renew_local_login(by, &anew, LocalMeans::Totp);
        assert!(!renew(LoginDigest([79; 32])).await.unwrap(), "there is no such login");
        assert!(renew(login.digest).await.unwrap());
        assert!(!renew(login.digest).await.unwrap(), "it has another digest now");
        assert_eq!(store.local_means(login.id).await.unwrap(), Some(LocalMeans::Totp));
        let there = store.login(anew.digest, at(6), TimeDelta::hours(1)).await.unwrap().unwrap();
        assert_eq!((there.id, there.proved_at), (login.id, at(5)));
        let step = LocalStep {
            digest: LoginDigest([50; 32]),
            purpose: LocalPurpose::SignIn,
            account: Some(ana.id),
            state: Secret::new("{\"a\":1}".to_owned()),
            expires_at: at(10),
        };
        store.add_local_step(&step).await.unwrap();
        let look = |purpose, minute| store.local_step(step.digest, purpose, at(minute));
        assert_eq!(look(LocalPurpose::SignIn, 9).await.unwrap(), Some(step.clone()));
        assert_eq!(look(LocalPurpose::SetUp, 9).await.unwrap(), None, "it is for something else");
        assert_eq!(look(LocalPurpose::SignIn, 10).await.unwrap(), None);
        let used = futures_util::future::join_all((0..8).map(|_| store.use_local_step(step.digest))).await;
        assert_eq!(used.into_iter().filter(|used| *used.as_ref().unwrap()).count(), 1);

        for (step, is_used) in [(100, true), (100, false), (99, false), (101, true)] {
            assert_eq!(store.use_totp_step(ana.id, step).await.unwrap(), is_used, "{step}");
        }
        for (code, is_used) in [([1; 32], true), ([1; 32], false), ([9; 32], false), ([2; 32], true)] {
            assert_eq!(store.use_recovery_code(ana.id, code).await.unwrap(), is_used);
        }
        let [mut passkey] = <[_; 1]>::try_from(store.local_passkeys(ana.id).await.unwrap()).unwrap();
        passkey.credential = "{\"counter\":2}".to_owned();
        store.passkey_used(&passkey, at(3)).await.unwrap();
        assert_eq!(store.local_passkeys(ana.id).await.unwrap(), [passkey]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_are_written_told_once_and_read() {
    for_each_database(|store| async move {
        let (ana, _) = ana(&store).await;
        let use_at = |minute, what, alert_at| LocalUse {
            id: clock().new_uuid(),
            account: Some(ana.id),
            user_name: "ana".into(),
            what,
            by: None,
            address: Some("192.0.2.7".to_owned()),
            at: at(minute),
            alert_at,
            seen_at: None,
        };
        let wrong = use_at(10, LocalUseKind::WrongPassword, None);
        let in_by_code = use_at(11, LocalUseKind::SignedInTotp, Some(at(11)));
        for line in [&wrong, &in_by_code] {
            store.add_local_use(line).await.unwrap();
        }
        assert_eq!(store.local_uses(10).await.unwrap(), [in_by_code.clone(), wrong.clone()]);
        assert_eq!(store.local_uses(1).await.unwrap().len(), 1);
        assert_eq!(store.local_accounts().await.unwrap()[0].used_at, Some(at(11)));

        assert_eq!(store.take_local_alert(at(10), at(13)).await.unwrap(), None, "not yet");
        let all = (0..8).map(|_| store.take_local_alert(at(11), at(14)));
        let taken: Vec<_> =
            futures_util::future::join_all(all).await.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(taken.iter().map(|line| line.id).collect::<Vec<_>>(), [in_by_code.id]);
        let again = store.take_local_alert(at(14), at(17)).await.unwrap();
        assert_eq!(again.map(|line| line.id), Some(in_by_code.id), "it was not told after all");
        store.local_alert_told(in_by_code.id).await.unwrap();
        assert_eq!(store.take_local_alert(at(60), at(63)).await.unwrap(), None);

        assert_eq!(store.unseen_local_uses().await.unwrap(), 2);
        store.see_local_uses(at(10), ana.practitioner, at(20)).await.unwrap();
        assert_eq!(store.unseen_local_uses().await.unwrap(), 1);
        let seen: Vec<_> = store.local_uses(9).await.unwrap().iter().map(|line| line.seen_at).collect();
        assert_eq!(seen, [None, Some(at(20))]);
    })
    .await;
}
