//! What administrators decide about people: roles by hand, who is disabled; tokens of programs, and the looks.

use parvis::store::{ApiToken, Branding, Constraint, Error, Login, LoginDigest, SettingChange};

use super::logins::{is_in_force, login};
use super::services::service;
use super::*;
use crate::support::db::for_each_database;

pub fn change(by: &Practitioner, what: &str) -> SettingChange {
    SettingChange {
        id: clock().new_uuid(),
        what: what.to_owned(),
        subject: "Claire".into(),
        before: "doctor".to_owned(),
        after: String::new(),
        by: by.id,
        at: at(5),
    }
}

#[tokio::test]
async fn what_is_said_by_hand_survives_the_next_sign_in_and_a_disabled_person_has_nothing() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        let claire = doctor(&store, "Claire").await;
        let say = async |by_hand: &[(StaffRole, ByHand)]| {
            store.set_roles_by_hand(claire.id, by_hand, &[], &change(&alex, "roles")).await.unwrap();
        };
        let now = async || store.practitioner(claire.id).await.unwrap().unwrap().roles;
        let signs_in = async |roles: &[StaffRole]| {
            store.upsert_practitioner(&person("Claire", roles)).await.unwrap().roles
        };
        say(&[(StaffRole::Secretary, ByHand::Given), (StaffRole::Doctor, ByHand::Taken)]).await;
        assert_eq!(now().await, [StaffRole::Secretary]);
        assert_eq!(
            signs_in(&[StaffRole::Doctor, StaffRole::Radiologist]).await,
            [StaffRole::Secretary, StaffRole::Radiologist]
        );
        assert_eq!(signs_in(&[]).await, [StaffRole::Secretary], "claims give nothing any more");
        let [line] = <[_; 1]>::try_from(
            store.people().await.unwrap().into_iter().filter(|line| line.id == claire.id).collect::<Vec<_>>(),
        )
        .unwrap();
        assert_eq!(line.by_hand, [(StaffRole::Secretary, ByHand::Given), (StaffRole::Doctor, ByHand::Taken)]);
        assert_eq!((line.claimed, line.disabled_at, line.seen_at), (vec![], None, None));

        store.disable_practitioner(claire.id, Some(at(9)), &[], &change(&alex, "disabled")).await.unwrap();
        assert!(now().await.is_empty());
        assert!(
            signs_in(&[StaffRole::Doctor, StaffRole::Administrator]).await.is_empty(),
            "not by claims either"
        );
        store.disable_practitioner(claire.id, None, &[], &change(&alex, "enabled")).await.unwrap();
        assert_eq!(now().await, [StaffRole::Secretary, StaffRole::Administrator]);
        say(&[(StaffRole::Secretary, ByHand::Nothing), (StaffRole::Doctor, ByHand::Nothing)]).await;
        assert_eq!(now().await, [StaffRole::Doctor, StaffRole::Administrator], "as the claims say");

        let kept = store.setting_changes(10).await.unwrap();
        let mut what: Vec<_> = kept.iter().map(|change| change.what.as_str()).collect();
        what.sort_unstable();
        assert_eq!(what, ["disabled", "enabled", "roles", "roles"]);
        assert_eq!((kept[0].before.as_str(), kept[0].by), ("doctor", alex.id));
        assert_eq!(store.setting_changes(1).await.unwrap().len(), 1);
        assert!(signs_in(&[]).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_token_is_good_until_it_is_over_or_withdrawn() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        let heart = service("Cardiologie", "");
        store.put_service(&heart).await.unwrap();
        let token = ApiToken {
            id: new_id(ApiTokenId::new),
            name: "dossier patient".to_owned(),
            digest: LoginDigest([4; 32]),
            grants: Grants {
                scopes: vec![Scope::ReadServices, Scope::ReadStatistics],
                services: vec![heart.id],
            },
            made_at: at(0),
            made_by: alex.id,
            expires_at: at(60),
            used_at: None,
            revoked_at: None,
        };
        store.add_api_token(&token, &change(&alex, "token_made")).await.unwrap();
        let show = |minute| store.api_token(LoginDigest([4; 32]), at(minute));
        assert_eq!(show(10).await.unwrap(), Some(token.clone()));
        assert_eq!(store.api_token(LoginDigest([5; 32]), at(10)).await.unwrap(), None);
        assert_eq!(show(59).await.unwrap().unwrap().used_at, Some(at(10)));
        assert_eq!(show(60).await.unwrap(), None);
        assert_eq!(store.api_tokens().await.unwrap()[0].used_at, Some(at(59)));
        store.disable_practitioner(alex.id, Some(at(12)), &[], &change(&alex, "disabled")).await.unwrap();
        assert_eq!(show(13).await.unwrap(), None, "whoever made it is disabled");
        store.disable_practitioner(alex.id, None, &[], &change(&alex, "enabled")).await.unwrap();
        assert!(show(13).await.unwrap().is_some());
        let revoke =
            async || store.revoke_api_token(token.id, at(20), &change(&alex, "token_revoked")).await.unwrap();
        assert!(revoke().await);
        assert!(!revoke().await, "once");
        assert_eq!(show(21).await.unwrap(), None);
        assert_eq!(store.setting_changes(10).await.unwrap().len(), 4, "nothing was done the second time");
    })
    .await;
}

#[tokio::test]
async fn looks_and_logo_are_set_apart_and_taken_back() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        assert_eq!(store.branding().await.unwrap(), Branding::default());
        assert_eq!(store.logo().await.unwrap(), None);
        store.put_logo(Some(("image/png", b"one")), &change(&alex, "logo")).await.unwrap();
        let mut set = Branding {
            name: Some("Hôpital Nord".to_owned()),
            telephone: None,
            color: Some("#0a5c73".to_owned()),
            logo_type: Some("image/png".to_owned()),
        };
        store.put_branding(&set, &change(&alex, "branding")).await.unwrap();
        assert_eq!(store.branding().await.unwrap(), set, "the logo stays");
        assert_eq!(store.logo().await.unwrap(), Some(("image/png".to_owned(), b"one".to_vec())));
        store.put_logo(None, &change(&alex, "logo")).await.unwrap();
        set.logo_type = None;
        assert_eq!(store.branding().await.unwrap(), set);
        assert_eq!(store.logo().await.unwrap(), None);
        assert_eq!(store.setting_changes(9).await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_site_is_renamed_with_all_of_its_services_unless_two_would_be_one() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        for (name, site) in [("Cardiologie", "Nord"), ("Pneumologie", "Nord"), ("Cardiologie", "Sud")] {
            store.put_service(&service(name, site)).await.unwrap();
        }
        let rename = async |from: &str, to: &str| store.rename_site(from, to, &change(&alex, "site")).await;
        assert_eq!(rename("Nord", "Rive droite").await.unwrap(), 2);
        assert_eq!(rename("Nord", "Rive droite").await.unwrap(), 0, "there is no such site any more");
        let refused = rename("Sud", "Rive droite").await.unwrap_err();
        assert!(matches!(refused, Error::Constraint(Constraint::ServiceName)), "{refused}");
        let sites: Vec<_> = store.services().await.unwrap().into_iter().map(|service| service.site).collect();
        assert_eq!(sites.iter().filter(|site| *site == "Rive droite").count(), 2);
        assert_eq!(store.setting_changes(9).await.unwrap().len(), 1, "what was refused is no change");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_or_loses_all_roles_while_they_sign_in_is_not_logged_in() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        let claire = doctor(&store, "Claire").await;
        let first = login(&claire, 1);
        store.add_login(&first, RestsOn::File).await.unwrap();
        let is_refused = async || {
            let renewed = Login { digest: LoginDigest([3; 32]), ..first.clone() };
            let added = store.add_login(&login(&claire, 2), RestsOn::File).await;
            let renewed = store.renew_login(first.digest, &renewed, RestsOn::File).await;
            matches!((added, renewed), (Err(Error::NoRole), Err(Error::NoRole)))
        };
        let takes = [(StaffRole::Doctor, ByHand::Taken)];
        store.set_roles_by_hand(claire.id, &takes, &[], &change(&alex, "roles")).await.unwrap();
        assert!(is_refused().await);
        let nothing = [(StaffRole::Doctor, ByHand::Nothing)];
        store.set_roles_by_hand(claire.id, &nothing, &[], &change(&alex, "roles")).await.unwrap();
        store.disable_practitioner(claire.id, Some(at(9)), &[], &change(&alex, "disabled")).await.unwrap();
        assert!(is_refused().await);
        // At one moment: whichever comes first, nobody is in afterwards.
        for round in 10..22 {
            store.disable_practitioner(claire.id, None, &[], &change(&alex, "enabled")).await.unwrap();
            let (login, disabled) = (login(&claire, round), change(&alex, "disabled"));
            let (signed_in, ended) = tokio::join!(
                store.add_login(&login, RestsOn::File),
                store.disable_practitioner(claire.id, Some(at(9)), &[], &disabled),
            );
            match signed_in {
                Ok(()) => assert_eq!(ended.unwrap(), [login.id]),
                Err(Error::NoRole) => assert_eq!(ended.unwrap(), []),
                Err(error) => panic!("{error}"),
            }
            assert!(!is_in_force(&store, round).await);
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_is_disabled_or_loses_a_role_is_signed_out_in_the_same_step() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        let claire = doctor(&store, "Claire").await;
        let first = login(&claire, 1);
        store.add_login(&first, RestsOn::File).await.unwrap();
        let gives = [(StaffRole::Nurse, ByHand::Given)];
        let ended = store.set_roles_by_hand(claire.id, &gives, &[], &change(&alex, "roles")).await.unwrap();
        assert!(ended.is_empty() && is_in_force(&store, 1).await, "a role more ends nothing");
        let takes = [(StaffRole::Doctor, ByHand::Taken)];
        let ended = store.set_roles_by_hand(claire.id, &takes, &[], &change(&alex, "roles")).await.unwrap();
        assert_eq!(ended, [first.id]);
        let second = login(&claire, 2);
        store.add_login(&second, RestsOn::File).await.unwrap();
        let ended = store.disable_practitioner(claire.id, Some(at(9)), &[], &change(&alex, "disabled")).await;
        assert_eq!(ended.unwrap(), [second.id]);
        assert!(!is_in_force(&store, 2).await);
        let told = store.ended_logins(at(0)).await.unwrap().0;
        assert!(told.contains(&first.id) && told.contains(&second.id), "other programs hear of both");
    })
    .await;
}
