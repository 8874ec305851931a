//! Accounts of the gateway itself: the first by a one-time address, further ones by an administrator, second factors, locks, and who is told.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac};
use parvis::app::Settings;
use parvis::config::MailSecurity;
use parvis::login::local::codes::step_of;
use parvis::secret::Secret;
use parvis::store::{Dialect, Login, LoginDigest, RestsOn};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::app::{Browser, TestApp};
use crate::support::mail::MailPeer;

const PASSWORD: &str = "quatre chevaux bleus";

/// RFC 4226 section 5.3, written here once more, so that the gateway is not asked whether the gateway is right.
fn code_at(base32: &str, unix_s: u64) -> String {
    let mut bits = 0_u64;
    let mut have = 0;
    let mut key = Vec::new();
    for sign in base32.bytes() {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'2'..=b'7' => sign - b'2' + 26,
            other => panic!("{other} is not of base32"),
        };
        bits = bits << 5 | u64::from(value);
        have += 5;
        if have >= 8 {
            have -= 8;
            key.push((bits >> have & 255) as u8);
        }
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(unix_s / 30).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn unix_s() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the gateway under test runs on the clock of this machine")]
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn codes_are_those_of_rfc_6238() {
    // Appendix B, SHA-1; of its eight digits the last six.
    let key = Secret::new(b"12345678901234567890".to_vec());
    for (at, digits) in [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ] {
        let code = &digits[2..];
        assert_eq!(step_of(&key, code, at), Some(at / 30), "{at}");
        assert_eq!(code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at), code, "the test's own reckoning");
        assert_eq!(step_of(&key, code, at + 30), Some(at / 30), "a clock that is slow");
        assert_eq!(step_of(&key, code, at - 30), Some(at / 30), "a clock that is fast");
        assert_eq!(step_of(&key, code, at + 60), None, "a minute later");
        assert_eq!(step_of(&key, digits, at), None, "eight digits are no code here");
    }
    for odd in ["", "28708", "2870822", "28708a", "２８７０８２"] {
        assert_eq!(step_of(&key, odd, 59), None, "{odd}");
    }
}

/// Somebody with an account: what an app and a paper at home would hold.
pub struct Account {
    user_name: String,
    key: String,
    recovery_codes: Vec<String>,
    pub browser: Browser,
}

fn login_of(response: &reqwest::Response) -> Option<String> {
    let cookies = response.headers().get_all("set-cookie").iter();
    cookies.filter_map(|cookie| cookie.to_str().ok()).find_map(|cookie| {
        for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let value = cookie.strip_prefix("__Host-parvis-login=")?.split(';').next()?;
        Some(value.to_owned())
    })
}

/// Sets an account up at a one-time address, with an app of codes.
async fn set_up(app: &TestApp, address: &str, user_name: &str) -> Account {
    let secret = address.split_once('#').unwrap().1;
    let mut browser = app.browser();
    let begin = json!({"secret": secret, "userName": user_name, "name": "Ana Le Goff", "password": PASSWORD});
    let (status, factors) = browser.post("/api/local/set-up/begin", begin).await;
    assert_eq!(status, StatusCode::OK, "{factors}");
    let key = factors["totpKey"].as_str().unwrap().to_owned();
    assert!(factors["totpUrl"].as_str().unwrap().starts_with("otpauth://totp/"), "{factors}");
    let wrong = json!({"ticket": factors["ticket"], "code": "000000"});
    let (status, refused) = browser.post("/api/local/set-up/finish", wrong).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("second_factor_wrong")));
    let finish = json!({"ticket": factors["ticket"], "code": code_at(&key, unix_s())});
    let response = browser.raw(Method::POST, "/api/local/set-up/finish").json(&finish).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    browser.cookie = login_of(&response);
    let done: Value = response.json().await.unwrap();
    let recovery_codes: Vec<String> = serde_json::from_value(done["recoveryCodes"].clone()).unwrap();
    assert_eq!(recovery_codes.len(), 10);
    let (status, _) = browser.post("/api/local/set-up/look", json!({"secret": secret})).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "the address works once");
    Account { user_name: user_name.to_owned(), key, recovery_codes, browser }
}

async fn password(browser: &Browser, user_name: &str, password: &str) -> (StatusCode, Value) {
    browser.post("/api/local/sign-in", json!({"userName": user_name, "password": password})).await
}

async fn second(browser: &Browser, shown: Value) -> (StatusCode, Option<String>, Value) {
    let response = browser.raw(Method::POST, "/api/local/second-step").json(&shown).send().await.unwrap();
    let (status, cookie) = (response.status(), login_of(&response));
    (status, cookie, response.json().await.unwrap_or(Value::Null))
}

fn digest(browser: &Browser) -> LoginDigest {
    LoginDigest(Sha256::digest(browser.cookie.as_ref().unwrap()).into())
}

async fn login_behind(app: &TestApp, browser: &Browser) -> Login {
    let idle = chrono::TimeDelta::hours(1);
    app.app.store.login(digest(browser), app.app.clock.now(), idle).await.unwrap().unwrap()
}

/// As if whoever is signed in there had proved an hour ago who they are.
pub async fn age(app: &TestApp, browser: &Browser) -> Login {
    let mut login = login_behind(app, browser).await;
    login.proved_at -= chrono::TimeDelta::hours(1);
    assert!(app.app.store.renew_login(digest(browser), &login, RestsOn::File).await.unwrap());
    login
}

pub async fn first(app: &TestApp) -> Account {
    let address = app.app.first_address().await.unwrap().expect("nobody is an administrator").address;
    set_up(app, address.expose(), "Secours.Ana").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_sets_up_an_account_and_signs_in_without_any_provider() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        // No provider answers there.
        let away =
            |settings: &mut Settings| settings.login.providers[0].issuer = "http://127.0.0.1:9".to_owned();
        let app = TestApp::start_with(dialect, away).await;
        let stranger = app.browser();
        assert_eq!(stranger.get("/api/local").await.1, json!({"isOffered": false}));
        let older = app.app.first_address().await.unwrap().unwrap().address;
        let ana = first(&app).await;
        let older = older.expose().split_once('#').unwrap().1.to_owned();
        let (status, _) = stranger.post("/api/local/set-up/look", json!({"secret": older})).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(app.app.first_address().await.unwrap().is_none(), "there is an administrator now");
        assert_eq!(stranger.get("/api/local").await.1, json!({"isOffered": true}));

        let (status, me) = ana.browser.get("/api/me").await;
        assert_eq!((status, &me["roles"]), (StatusCode::OK, &json!(["administrator"])));
        assert_eq!(me["name"], "Ana Le Goff");
        let (status, out) = ana.browser.post("/logout", json!({})).await;
        assert_eq!((status, &out["next"]), (StatusCode::OK, &json!("/app/sign-in")), "no provider is asked");
        assert_eq!(ana.browser.get("/api/me").await.0, StatusCode::UNAUTHORIZED);

        // A password alone opens nothing, and a code counts once.
        let (status, step) = password(&stranger, "SECOURS.ana", PASSWORD).await;
        assert_eq!((status, &step["hasTotp"]), (StatusCode::OK, &json!(true)), "{step}");
        let code = code_at(&ana.key, unix_s() + 30);
        let shown = json!({"ticket": step["ticket"], "code": code});
        let (status, cookie, _) = second(&stranger, shown.clone()).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let signed_in = Browser { cookie, ..app.browser() };
        assert_eq!(signed_in.get("/api/me").await.0, StatusCode::OK);
        assert_eq!(second(&stranger, shown).await.0, StatusCode::FORBIDDEN, "the step is used up");
        let (_, step) = password(&stranger, "secours.ana", PASSWORD).await;
        let again = json!({"ticket": step["ticket"], "code": code});
        let (status, _, refused) = second(&stranger, again).await;
        assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("second_factor_wrong")));

        // A recovery code stands in, once, however it is typed.
        let code = ana.recovery_codes[3].to_uppercase().replace('-', " ");
        let shown = json!({"ticket": step["ticket"], "recoveryCode": code});
        assert_eq!(second(&stranger, shown).await.0, StatusCode::NO_CONTENT);
        let (_, step) = password(&stranger, "secours.ana", PASSWORD).await;
        let shown = json!({"ticket": step["ticket"], "recoveryCode": code});
        assert_eq!(second(&stranger, shown).await.0, StatusCode::FORBIDDEN);

        let (_, state) = signed_in.get("/api/local/accounts").await;
        assert_eq!(state["accounts"][0]["recoveryCodes"], 9);
        assert_eq!(state["accounts"][0]["userName"], ana.user_name.to_lowercase());
        let what: Vec<_> = state["uses"].as_array().unwrap().iter().map(|line| &line["what"]).collect();
        assert_eq!(
            json!(what),
            json!([
                "wrong_second_factor",
                "signed_in_recovery_code",
                "wrong_second_factor",
                "signed_in_totp",
                "set_up"
            ])
        );
        assert!(state["uses"][0]["address"].as_str().unwrap().starts_with("127."), "{state}");
        assert_eq!(signed_in.get("/api/local/uses/unseen").await.1, json!({"uses": 5}));
        let seen = json!({"until": state["uses"][0]["at"]});
        assert_eq!(signed_in.post("/api/local/uses/seen", seen).await.0, StatusCode::NO_CONTENT);
        assert_eq!(signed_in.get("/api/local/uses/unseen").await.1, json!({"uses": 0}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_lock_a_name_whether_anybody_has_it_or_not() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let ana = first(&app).await;
    let stranger = app.browser();
    let mut told = Vec::new();
    for name in ["secours.ana", "nobody.has.this"] {
        let mut answers = Vec::new();
        for _ in 0..6 {
            let (status, answer) = password(&stranger, name, "not the password").await;
            answers.push((status.as_u16(), answer["code"].clone()));
        }
        let (status, answer) = password(&stranger, name, PASSWORD).await;
        answers.push((status.as_u16(), answer["code"].clone()));
        told.push(answers);
    }
    assert_eq!(told[0], told[1], "nobody learns which names there are");
    let codes: Vec<_> = told[0].iter().map(|(_, code)| code.as_str().unwrap()).collect();
    assert_eq!(codes[..4], ["local_wrong"; 4]);
    assert_eq!(codes[4..], ["local_locked"; 3], "also with the right password");

    let (_, state) = ana.browser.get("/api/local/accounts").await;
    let account = state["accounts"][0]["account"].as_str().unwrap();
    assert!(state["accounts"][0]["lockedUntil"].is_string(), "{state}");
    let unlock = format!("/api/local/accounts/{account}/unlock");
    assert_eq!(stranger.post(&unlock, json!({})).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ana.browser.post(&unlock, json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(password(&stranger, "secours.ana", PASSWORD).await.0, StatusCode::OK);

    // Wrong second factors lock as well: whoever has the password has as few tries.
    let (_, step) = password(&stranger, "secours.ana", PASSWORD).await;
    for expected in ["second_factor_wrong", "second_factor_wrong", "second_factor_wrong"] {
        let shown = json!({"ticket": step["ticket"], "code": "000000"});
        assert_eq!(second(&stranger, shown).await.2["code"], expected);
        assert_eq!(password(&stranger, "secours.ana", PASSWORD).await.0, StatusCode::OK);
    }
    let shown = json!({"ticket": step["ticket"], "code": "000000"});
    assert_eq!(second(&stranger, shown.clone()).await.2["code"], "second_factor_wrong");
    assert_eq!(second(&stranger, shown.clone()).await.2["code"], "local_locked");
    let right = json!({"ticket": step["ticket"], "code": code_at(&ana.key, unix_s() + 30)});
    assert_eq!(second(&stranger, right).await.2["code"], "local_locked");
}

/// From this address, as the proxy in front says.
async fn password_from(app: &TestApp, from: &str, user_name: &str, password: &str) -> (StatusCode, Value) {
    let request = app.browser().raw(Method::POST, "/api/local/sign-in").header("x-forwarded-for", from);
    let response = request.json(&json!({"userName": user_name, "password": password})).send().await.unwrap();
    (response.status(), response.json().await.unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_from_elsewhere_does_not_keep_the_owner_of_a_name_out() {
    let behind_a_proxy = |settings: &mut Settings| {
        settings.network.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
    };
    let app = TestApp::start_with(Dialect::Sqlite, behind_a_proxy).await;
    let ana = first(&app).await;
    let try_from = async |from: &str| {
        password_from(&app, from, "secours.ana", "not the password").await.1["code"].clone()
    };
    for expected in ["local_wrong", "local_wrong", "local_wrong", "local_wrong", "local_locked"] {
        assert_eq!(try_from("2001:db8:0:1::7").await, expected);
    }
    assert_eq!(try_from("2001:db8:0:1::8").await, "local_locked", "the same household");
    let right = async |from: &str| password_from(&app, from, "secours.ana", PASSWORD).await.0;
    assert_eq!(right("2001:db8:0:1::9").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(right("192.0.2.1").await, StatusCode::OK, "the owner sits elsewhere");
    // The page says that it is locked somewhere; who sees to it, unlocks it there.
    let account = ana.browser.get("/api/local/accounts").await.1["accounts"][0].clone();
    assert!(account["lockedUntil"].is_string(), "{account}");
    let unlock = format!("/api/local/accounts/{}/unlock", account["account"].as_str().unwrap());
    assert_eq!(ana.browser.post(&unlock, json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(right("2001:db8:0:1::9").await, StatusCode::OK);

    // From many networks together there are no more than thirty.
    let mut wrong = 0;
    for network in 0..40 {
        wrong += usize::from(try_from(&format!("198.51.100.{network}")).await == "local_wrong");
    }
    assert_eq!(wrong, 29, "and the thirtieth locks");
    assert_eq!(right("192.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_invites_resets_and_closes_and_nobody_else_does() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let ana = first(&app).await;
        let doctor = app.sign_in("claire").await;
        let invite = json!({"name": "Jean Petit", "roles": ["doctor"]});
        for (path, body) in
            [("/api/local/accounts", &invite), ("/api/local/uses/seen", &json!({"until": ""}))]
        {
            assert_eq!(doctor.post(path, body.clone()).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(doctor.get("/api/local/accounts").await.0, StatusCode::NOT_FOUND);
        let none = json!({"name": "Jean Petit", "roles": []});
        assert_eq!(ana.browser.post("/api/local/accounts", none).await.1["code"], "role_missing");

        let (_, withdrawn) = ana.browser.post("/api/local/accounts", invite.clone()).await;
        let (_, state) = ana.browser.get("/api/local/accounts").await;
        let waiting = state["invitations"][0]["invitation"].as_str().unwrap();
        let path = format!("/api/local/invitations/{waiting}");
        assert_eq!(doctor.delete(&path).await, StatusCode::NOT_FOUND);
        assert_eq!(ana.browser.delete(&path).await, StatusCode::NO_CONTENT);
        let secret = withdrawn["address"].as_str().unwrap().split_once('#').unwrap().1;
        let (_, refused) = app.browser().post("/api/local/set-up/look", json!({"secret": secret})).await;
        assert_eq!(refused["code"], "address_closed");

        let (_, invited) = ana.browser.post("/api/local/accounts", invite).await;
        let address = invited["address"].as_str().unwrap();
        let secret = address.split_once('#').unwrap().1;
        for (user_name, password, code) in [
            ("jean", "court", "password_short"),
            ("jean", "password12345!", "password_guessable"),
            ("j", PASSWORD, "bad_user_name"),
            ("SECOURS.ANA", PASSWORD, "user_name_taken"),
        ] {
            let begin = json!({"secret": secret, "userName": user_name, "name": "", "password": password});
            let (_, refused) = app.browser().post("/api/local/set-up/begin", begin).await;
            assert_eq!(refused["code"], code);
        }
        let jean = set_up(&app, address, "jean").await;
        let (_, me) = jean.browser.get("/api/me").await;
        assert_eq!((&me["name"], &me["roles"]), (&json!("Jean Petit"), &json!(["doctor"])), "as invited");
        assert_eq!(jean.browser.get("/api/local/accounts").await.0, StatusCode::NOT_FOUND);

        let (_, state) = ana.browser.get("/api/local/accounts").await;
        let id_of = |user_name: &str| {
            let mut accounts = state["accounts"].as_array().unwrap().iter();
            let found = accounts.find(|account| account["userName"] == user_name).unwrap();
            found["account"].as_str().unwrap().to_owned()
        };
        let (jeans, anas) = (id_of("jean"), id_of("secours.ana"));
        let (_, anew) = ana.browser.post(&format!("/api/local/accounts/{jeans}/reset"), json!({})).await;
        assert_eq!(jean.browser.get("/api/me").await.0, StatusCode::OK, "nothing changes until it is used");
        let before = jean.browser.clone();
        let jean = set_up(&app, anew["address"].as_str().unwrap(), "jean.petit").await;
        assert_eq!(before.get("/api/me").await.0, StatusCode::UNAUTHORIZED, "the old logins are over");
        assert_eq!(password(&app.browser(), "jean", PASSWORD).await.0, StatusCode::FORBIDDEN);

        let own = ana.browser.delete(&format!("/api/local/accounts/{anas}")).await;
        assert_eq!(own, StatusCode::CONFLICT, "nobody locks themselves out");
        let path = format!("/api/local/accounts/{jeans}");
        assert_eq!(jean.browser.delete(&path).await, StatusCode::NOT_FOUND);
        assert_eq!(ana.browser.delete(&path).await, StatusCode::NO_CONTENT);
        assert_eq!(jean.browser.get("/api/me").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(password(&app.browser(), "jean.petit", PASSWORD).await.1["code"], "local_wrong");
        assert_eq!(ana.browser.delete(&path).await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_with_an_account_of_the_gateway_proves_once_more_who_they_are() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let ana = first(&app).await;
        let invite = async |browser: &Browser| {
            browser.post("/api/local/accounts", json!({"name": "Jean Petit", "roles": ["doctor"]})).await
        };
        assert_eq!(invite(&ana.browser).await.0, StatusCode::OK, "the second factor was shown a moment ago");
        let login = age(&app, &ana.browser).await;
        let (status, refused) = invite(&ana.browser).await;
        assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("fresh_sign_in_needed")));
        assert_eq!(
            ana.browser.get("/api/local/accounts").await.0,
            StatusCode::OK,
            "looking asks for nothing"
        );

        // The tab that opens asks here, and not a provider.
        let way = "/login?fresh=true&return_to=%2Fapp%2Fproved";
        let sent = ana.browser.raw(Method::GET, way).send().await.unwrap();
        assert_eq!(sent.headers()["location"], "/app/local-sign-in?return_to=%2Fapp%2Fproved");
        let (_, step) = password(&ana.browser, "secours.ana", PASSWORD).await;
        let shown = json!({"ticket": step["ticket"], "recoveryCode": ana.recovery_codes[0]});
        let (status, cookie, _) = second(&ana.browser, shown).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let again = Browser { cookie, ..ana.browser.clone() };
        assert_eq!(invite(&again).await.0, StatusCode::OK);
        assert_eq!(ana.browser.get("/api/me").await.0, StatusCode::UNAUTHORIZED, "the old cookie is void");
        let renewed = login_behind(&app, &again).await;
        assert_eq!(renewed.id, login.id, "a call goes on");
        assert_eq!(renewed.proof_class.as_deref(), Some("recovery_code"));

        // Somebody else who signs in there does not get hold of it.
        let (_, invited) = invite(&again).await;
        let jean = set_up(&app, invited["address"].as_str().unwrap(), "jean").await;
        let (_, step) = password(&again, "jean", PASSWORD).await;
        let shown = json!({"ticket": step["ticket"], "recoveryCode": jean.recovery_codes[0]});
        let (_, cookie, _) = second(&again, shown).await;
        let there = Browser { cookie, ..again.clone() };
        assert_eq!(there.get("/api/me").await.1["name"], "Jean Petit");
        assert_eq!(again.get("/api/me").await.0, StatusCode::UNAUTHORIZED, "it is Jean's browser now");
        assert_eq!(
            jean.browser.get("/api/me").await.0,
            StatusCode::OK,
            "on another device Jean stays signed in"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_takes_as_long_for_a_name_that_nobody_has() {
    let app = TestApp::start(Dialect::Sqlite).await;
    first(&app).await;
    for name in ["secours.ana", "nobody.has.this", "no name at all"] {
        let began = app.app.clock.instant();
        assert_eq!(password(&app.browser(), name, "not the password").await.1["code"], "local_wrong");
        assert!(app.app.clock.instant() - began >= std::time::Duration::from_millis(600), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_use_is_told_to_the_administrators_by_mail() {
    let peer = MailPeer::start(0);
    let mut mail = peer.settings(MailSecurity::Starttls);
    mail.administrators = vec!["rssi@hopital.example".to_owned(), "dsi@hopital.example".to_owned()];
    let app = TestApp::start_with(Dialect::Sqlite, |settings| settings.mail = Some(mail)).await;
    let ana = first(&app).await;
    let (_, step) = password(&app.browser(), "secours.ana", PASSWORD).await;
    let shown = json!({"ticket": step["ticket"], "code": code_at(&ana.key, unix_s() + 30)});
    assert_eq!(second(&app.browser(), shown).await.0, StatusCode::NO_CONTENT);
    let taken = peer.until(4).await;
    let all = json!(taken).to_string();
    for address in ["rssi@hopital.example", "dsi@hopital.example"] {
        assert_eq!(taken.iter().filter(|mail| mail.to_string().contains(address)).count(), 2, "{all}");
    }
    assert!(all.contains("secours.ana"), "{all}");
    assert!(all.contains("/app/admin/accounts"), "{all}");
    let (_, state) = ana.browser.get("/api/local/accounts").await;
    assert_eq!(state["isMailed"], true);

    // A message of their own tells an administrator whether anything arrives.
    let test = async |channel: &str, to: &str| {
        ana.browser.post("/api/admin/senders/test", json!({"channel": channel, "to": to})).await
    };
    let (_, senders) = ana.browser.get("/api/admin/senders").await;
    assert_eq!((&senders["mail"]["isOfFile"], &senders["sms"]), (&json!(true), &Value::Null));
    assert_eq!(test("email", "alex@hopital.example").await, (StatusCode::OK, json!({})));
    assert!(json!(peer.until(5).await).to_string().contains("alex@hopital.example"));
    assert_eq!(test("sms", "0612345678").await.1, json!({"failed": "no_server"}));
    assert_eq!(test("email", "nobody").await.1["code"], "bad_email");
}
