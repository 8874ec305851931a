//! A provider, or whoever stands between, that lies: every lie is refused, nobody is signed in by it, and the page that the browser is
//! sent to has a code, a reason for whoever helps, and (web/src/app/SignIn.tsx) a sentence and a next step for it.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::made::{Keys, Made, Script, Signed, Site, now_s};

/// What the browser brings back. The right answer stands there before a case changes it.
struct Back {
    path: &'static str,
    query: Vec<(&'static str, String)>,
    attempt: Option<String>,
}

impl Back {
    fn set(&mut self, name: &'static str, value: &str) {
        self.drop(name);
        self.query.push((name, value.to_owned()));
    }

    fn drop(&mut self, name: &str) {
        self.query.retain(|(known, _)| *known != name);
    }
}

/// One lie: what it is called, the page's code and reason, what the provider says, and what comes back.
struct Case {
    name: &'static str,
    problem: &'static str,
    reason: &'static str,
    lie: fn(&mut Script, &Made, &Made),
    back: fn(&mut Back, &Made),
}

const fn told(
    name: &'static str,
    problem: &'static str,
    reason: &'static str,
    lie: fn(&mut Script, &Made, &Made),
) -> Case {
    Case { name, problem, reason, lie, back: |_, _| {} }
}

const fn brought(
    name: &'static str,
    problem: &'static str,
    reason: &'static str,
    back: fn(&mut Back, &Made),
) -> Case {
    Case { name, problem, reason, lie: |_, _, _| {}, back }
}

const UNTRUSTED: &str = "sign_in_untrusted";
const UNREACHABLE: &str = "provider_unreachable";

fn claim(script: &mut Script, name: &str, value: Value) {
    script.claims[name] = value;
}

const CASES: &[Case] = &[
    // Who speaks, and to whom.
    told("the issuer is another", UNTRUSTED, "token_issuer", |s, _, other| {
        claim(s, "iss", json!(other.issuer))
    }),
    told("the issuer ends in a slash", UNTRUSTED, "token_issuer", |s, me, _| {
        claim(s, "iss", json!(format!("{}/", me.issuer)));
    }),
    told("the issuer is of another host with ours before it", UNTRUSTED, "token_issuer", |s, me, _| {
        claim(s, "iss", json!(format!("{}@evil.example", me.issuer)));
    }),
    told("the audience is another", UNTRUSTED, "token_audience", |s, _, _| claim(s, "aud", json!("other"))),
    told("there is no audience", UNTRUSTED, "token_audience", |s, _, _| claim(s, "aud", json!([]))),
    told("the audience is we and a stranger", UNTRUSTED, "token_audience", |s, _, _| {
        claim(s, "aud", json!(["parvis", "stranger"]));
    }),
    told("the authorized party is another", UNTRUSTED, "token_audience", |s, _, _| {
        claim(s, "azp", json!("other"));
    }),
    told("the token is of another provider, well signed there", UNTRUSTED, "token_issuer", |s, _, other| {
        s.spoil = |_| None;
        let claims = json!({"iss": other.issuer, "aud": "parvis", "sub": "martin", "iat": now_s(), "exp": now_s() + 60});
        let header = json!({"alg": "EdDSA", "kid": other.key.kid});
        let token = super::made::token(&header, &claims, |said| other.sign(Signed::Well, said));
        s.token_answer["id_token"] = json!(token);
    }),
    // For which sign-in.
    told("the nonce is another", UNTRUSTED, "token_nonce", |s, _, _| claim(s, "nonce", json!("other"))),
    told("there is no nonce", UNTRUSTED, "token_nonce", |s, _, _| claim(s, "nonce", Value::Null)),
    // By which key.
    told("the algorithm is none", UNTRUSTED, "token_signature", |s, _, _| {
        s.header["alg"] = json!("none");
        s.signed = Signed::Not;
    }),
    told("the algorithm is None with a signature", UNREACHABLE, "provider_malformed", |s, _, _| {
        s.header["alg"] = json!("None");
    }),
    told("HS256 with the public key for its secret", UNTRUSTED, "token_signature", |s, _, _| {
        s.header["alg"] = json!("HS256");
        s.signed = Signed::WithPublicKey;
    }),
    told("HS256 with the secret that we share", UNTRUSTED, "token_signature", |s, _, _| {
        s.header["alg"] = json!("HS256");
        s.signed = Signed::WithClientSecret;
    }),
    told("the algorithm is of another kind of key", UNTRUSTED, "token_signature", |s, _, _| {
        s.header["alg"] = json!("RS256");
    }),
    told("another key signs under the same name", UNTRUSTED, "token_signature", |s, _, _| {
        s.signed = Signed::ByAnother;
    }),
    told("another key signs, brought along in the header", UNTRUSTED, "token_signature", |s, me, _| {
        s.signed = Signed::ByAnother;
        s.header["jwk"] = me.other_key.jwk();
    }),
    told("another key signs, to be fetched elsewhere", UNTRUSTED, "token_signature", |s, _, other| {
        s.signed = Signed::ByAnother;
        s.header["jku"] = json!(format!("{}/jwks", other.issuer));
    }),
    told("there is no signature", UNTRUSTED, "token_signature", |s, _, _| s.signed = Signed::Not),
    told("one letter of the signature is another", UNTRUSTED, "token_signature", |s, _, _| {
        s.spoil = |token| {
            let (said, signature) = token.rsplit_once('.')?;
            let first = if signature.starts_with('A') { 'B' } else { 'A' };
            Some(format!("{said}.{first}{}", &signature[1..]))
        };
    }),
    told("the claims were changed after they were signed", UNTRUSTED, "token_signature", |s, _, _| {
        s.spoil = |token| {
            let mut parts = token.split('.').map(str::to_owned);
            let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
            use base64::Engine;
            let engine = base64::prelude::BASE64_URL_SAFE_NO_PAD;
            let said = String::from_utf8(engine.decode(claims).ok()?).ok()?.replace("physicians", "it");
            Some(format!("{header}.{}.{signature}", engine.encode(said)))
        };
    }),
    // When.
    told("it has expired", UNTRUSTED, "token_time", |s, _, _| claim(s, "exp", json!(now_s() - 600))),
    told("it comes from the future", UNTRUSTED, "token_time", |s, _, _| {
        claim(s, "iat", json!(now_s() + 3600));
        claim(s, "exp", json!(now_s() + 7200));
    }),
    // What about.
    told("it does not say when it ends", UNREACHABLE, "provider_malformed", |s, _, _| {
        claim(s, "exp", Value::Null);
    }),
    told("it speaks of nobody", UNREACHABLE, "provider_malformed", |s, _, _| claim(s, "sub", Value::Null)),
    told("it is not for this access token", UNTRUSTED, "token_access_token", |s, _, _| {
        claim(s, "at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"));
    }),
    told("a logout token for an ID token", UNTRUSTED, "token_malformed", |s, _, _| {
        s.header["typ"] = json!("logout+jwt");
    }),
    told("a logout token that does not say so for an ID token", UNTRUSTED, "token_nonce", |s, _, _| {
        claim(s, "nonce", Value::Null);
        claim(s, "events", json!({"http://schemas.openid.net/event/backchannel-logout": {}}));
    }),
    told("userinfo speaks of another person", UNTRUSTED, "token_subject", |s, _, _| {
        claim(s, "groups", Value::Null);
        s.userinfo = json!({"sub": "chief", "groups": ["it"]});
    }),
    told("no claim gives a role", "no_role", "no_role", |s, _, _| claim(s, "groups", json!(["gardeners"]))),
    // The answer as a whole.
    told("there is no ID token", UNTRUSTED, "token_missing", |s, _, _| s.spoil = |_| None),
    told("the ID token is no token", UNREACHABLE, "provider_malformed", |s, _, _| {
        s.spoil = |_| Some("<script>alert(1)</script>".to_owned());
    }),
    told("the code is refused", "sign_in_refused", "provider_refused", |s, _, _| {
        s.token_status = StatusCode::BAD_REQUEST;
        s.token_answer = json!({"error": "invalid_grant", "error_description": "<script>"});
    }),
    told("the token endpoint fails", UNREACHABLE, "provider_malformed", |s, _, _| {
        s.token_status = StatusCode::INTERNAL_SERVER_ERROR;
    }),
    told("the answer with the tokens never ends", UNREACHABLE, "provider_answer_too_long", |s, _, _| {
        s.token_answer["x"] = json!("x".repeat(4 << 20));
    }),
    // What the browser brings back (RFC 9207, RFC 6749 section 10.12, RFC 9700 section 4.4).
    brought("the answer names another issuer", UNTRUSTED, "answer_of_another_provider", |b, other| {
        b.set("iss", &other.issuer);
    }),
    brought("the answer names no issuer", UNTRUSTED, "answer_of_another_provider", |b, _| b.drop("iss")),
    brought(
        "the answer comes to the other provider's address",
        UNTRUSTED,
        "answer_of_another_provider",
        |b, _| {
            b.path = "/login/callback/second";
        },
    ),
    brought("the answer comes to an address of nobody", UNTRUSTED, "answer_of_another_provider", |b, _| {
        b.path = "/login/callback/third";
    }),
    brought("the state is made up", "sign_in_expired", "unknown_attempt", |b, _| {
        b.set("state", &"A".repeat(43))
    }),
    brought("the state is short", "sign_in_expired", "unknown_attempt", |b, _| b.set("state", "A")),
    brought("there is no state", "sign_in_expired", "unknown_attempt", |b, _| b.drop("state")),
    brought("another browser brings it", "sign_in_expired", "unknown_attempt", |b, _| {
        b.attempt = Some("B".repeat(43));
    }),
    brought("a browser without the cookie brings it", "sign_in_expired", "unknown_attempt", |b, _| {
        b.attempt = None
    }),
    brought("there is no code", "sign_in_refused", "provider_refused", |b, _| b.drop("code")),
    brought("the code is made up", "sign_in_refused", "provider_refused", |b, _| b.set("code", "made-up")),
    brought("the provider says no", "sign_in_refused", "provider_refused", |b, _| {
        b.set("error", "access_denied")
    }),
    brought("the provider says a sentence", "sign_in_refused", "provider_refused", |b, _| {
        b.set("error", "<img src=x onerror=alert(1)>");
    }),
];

/// The code and the reason of a page, which tells nothing else of what the provider said.
fn said(page: &str) -> (String, String) {
    let page = Url::parse("http://localhost/").unwrap().join(page).unwrap();
    assert_eq!(page.path(), "/app/sign-in", "{page}");
    let of = |name: &str| {
        let found = page.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    assert!(
        page.query_pairs().all(|(name, _)| ["problem", "reason", "provider"].contains(&&*name)),
        "{page}"
    );
    (of("problem"), of("reason"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_is_refused_with_a_page_that_says_why() {
    assert!(CASES.len() >= 30);
    let site = Site::start().await;
    let honest = std::mem::take(&mut site.first.script.lock().unwrap().claims);
    let mut wrong = Vec::new();
    for case in CASES {
        // As at the start, and then the lie.
        site.first.change(|script| {
            script.claims = honest.clone();
            script.header = json!({"alg": "EdDSA", "typ": "JWT", "kid": "k1"});
            script.signed = Signed::Well;
            script.spoil = Some;
            script.token_status = StatusCode::OK;
            script.token_answer =
                json!({"access_token": "access", "token_type": "Bearer", "expires_in": 120});
            script.userinfo = json!({"sub": "martin"});
            (case.lie)(script, &site.first, &site.second);
        });
        let (asked, attempt) = site.begin(&site.app.browser(), "").await;
        let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let query =
            vec![("state", state), ("code", site.first.grant(&asked)), ("iss", site.first.issuer.clone())];
        let mut back = Back { path: "/login/callback", query, attempt: Some(attempt) };
        (case.back)(&mut back, &site.second);
        let query: Vec<_> = back.query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (page, cookie) = site.come_back(back.path, &query, back.attempt.as_deref(), None).await;
        if cookie.is_some() {
            wrong.push(format!("{}: signed in", case.name));
        } else if said(&page) != (case.problem.to_owned(), case.reason.to_owned()) {
            wrong.push(format!("{}: {page}", case.name));
        }
        // Once more, word for word: an attempt counts once.
        let (page, cookie) = site.come_back(back.path, &query, back.attempt.as_deref(), None).await;
        assert!(cookie.is_none(), "{}: signed in the second time", case.name);
        assert_eq!(said(&page).0, "sign_in_expired", "{}", case.name);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The same provider, honest again, signs in: what was refused was the lie.
    site.first.change(|script| {
        script.claims = honest.clone();
        script.spoil = Some;
        script.token_status = StatusCode::OK;
        script.token_answer = json!({"access_token": "access", "token_type": "Bearer", "expires_in": 120});
    });
    let (browser, page) = site.sign_in().await;
    assert!(browser.cookie.is_some(), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_one_sign_in_is_worth_nothing_in_another() {
    let site = Site::start().await;
    for checks_pkce in [true, false] {
        site.first.change(|script| script.checks_pkce = checks_pkce);
        let (stolen_from, _) = site.begin(&site.app.browser(), "").await;
        let stolen = site.first.grant(&stolen_from);
        let (asked, attempt) = site.begin(&site.app.browser(), "").await;
        let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let answer = [("state", state.as_str()), ("code", &stolen), ("iss", &site.first.issuer)];
        let (page, cookie) = site.come_back("/login/callback", &answer, Some(&attempt), None).await;
        assert!(cookie.is_none());
        // Where the provider does not compare the verifier, the nonce tells.
        let expected = if checks_pkce { "provider_refused" } else { "token_nonce" };
        assert_eq!(said(&page).1, expected);
    }
}

/// A lie in what a provider says of itself, or in its keys.
type AboutItself = (&'static str, &'static str, fn(&mut Script, &Made));

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_whose_keys_or_addresses_are_a_trap_is_not_used() {
    const CASES: [AboutItself; 9] = [
        ("the list of keys is huge", "provider_answer_too_long", |s, _| s.keys = Keys::Huge),
        ("the list of keys does not come", "provider_silent", |s, _| s.keys = Keys::Slow),
        ("the list of keys is elsewhere", "provider_status", |s, _| s.keys = Keys::Elsewhere),
        ("there are a thousand keys", "provider_keys_too_many", |s, me| {
            s.keys = Keys::Json(json!({"keys": vec![me.key.jwk(); 1000]}));
        }),
        ("the list of keys is none", "provider_malformed", |s, _| s.keys = Keys::Json(json!("keys"))),
        ("it describes itself as another", "provider_issuer", |s, _| {
            s.metadata["issuer"] = json!("https://x")
        }),
        ("its token endpoint is elsewhere, without TLS", "provider_address", |s, _| {
            s.metadata["token_endpoint"] = json!("http://evil.example/token");
        }),
        ("its keys are a file", "provider_address", |s, _| {
            s.metadata["jwks_uri"] = json!("file:///etc/passwd")
        }),
        ("it has no token endpoint", "provider_malformed", |s, _| s.metadata["token_endpoint"] = Value::Null),
    ];
    for (name, reason, lie) in CASES {
        let site = Site::start_with(|login| {
            login.providers.iter_mut().for_each(|provider| provider.timeout = Duration::from_secs(2));
        })
        .await;
        site.first.change(|script| lie(script, &site.first));
        let begun = site.app.browser().raw(reqwest::Method::GET, "/login").send().await.unwrap();
        let page = begun.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(said(&page), (UNREACHABLE.to_owned(), reason.to_owned()), "{name}");
        // The other one is not touched by it.
        let (browser, _) = site.sign_in_at(&site.second, "/login/callback/second", "&provider=second").await;
        assert!(browser.cookie.is_some(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_keys_are_asked_for_once_and_a_changed_key_is_followed() {
    let site = Site::start().await;
    site.first.change(|script| script.keys = Keys::Without);
    // No key yet, then one: asked for once more, and found.
    let (asked, _) = site.begin(&site.app.browser(), "").await;
    assert!(asked.as_str().starts_with(&site.first.issuer));
    site.first.change(|script| script.keys = Keys::Own);
    let (browser, page) = site.sign_in().await;
    assert!(browser.cookie.is_some(), "{page}");
    // A name that no key has, again and again: refused without asking each time.
    site.first.change(|script| {
        script.header["kid"] = json!("k9");
        script.keys = Keys::Slow;
    });
    for _ in 0..3 {
        let (browser, page) = site.sign_in().await;
        assert!(browser.cookie.is_none());
        assert_eq!(said(&page), (UNTRUSTED.to_owned(), "token_signature".to_owned()));
    }
}
