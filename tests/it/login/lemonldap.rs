//! Debian's LemonLDAP::NG, as many hospitals have it. Not part of every run: `.ci/run` asks for it by name, with what
//! `scripts/need.sh lemonldap` installs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use parvis::clinical::StaffRole;
use parvis::login::{ClientAuthentication, ProviderSettings, RoleRule};
use parvis::secret::Secret;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::json;
use url::Url;

use crate::support::app::{Browser, TestApp};

/// A running portal; it and its folder end with the test.
struct Portal {
    issuer: String,
    child: Child,
    folder: tempfile::TempDir,
}

impl Portal {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/lemonldap/start.sh");
        #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
        let mut child = std::process::Command::new("sh")
            .arg(script)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut issuer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut issuer).unwrap();
        assert!(issuer.starts_with("http"), "LemonLDAP::NG did not start: see above");
        Self { issuer: issuer.trim().to_owned(), child, folder }
    }

    /// Tells it of the site that signs in there, for which it waits before it serves; resolves when it does.
    async fn serves(&self, site: &str) {
        let name = self.folder.path().join("site");
        std::fs::write(name.with_extension("new"), site).unwrap();
        std::fs::rename(name.with_extension("new"), name).unwrap();
        let described = format!("{}.well-known/openid-configuration", self.issuer);
        let up = async {
            while !reqwest::get(&described).await.is_ok_and(|answer| answer.status().is_success()) {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(90), up).await.expect("the portal serves");
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        // The end of its input ends it, and all that it started.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The first form of a page: where it goes, and what its fields hold.
fn form_of(page: &str) -> (String, Vec<(String, String)>) {
    let attribute = |tag: &str, name: &str| {
        let from = format!("{name}=\"");
        let rest = tag.split_once(&from)?.1;
        Some(rest.split_once('"')?.0.replace("&amp;", "&"))
    };
    let form = page.split_once("<form").map_or("", |(_, rest)| rest);
    let action = attribute(form.split_once('>').map_or("", |(tag, _)| tag), "action").unwrap_or_default();
    let form = form.split_once("</form>").map_or(form, |(inside, _)| inside);
    let fields = form.split("<input").skip(1).filter_map(|tag| {
        let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
        Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
    });
    (action, fields.collect())
}

/// A browser at the portal and at the site; on one machine they share no cookie but by host.
struct Person {
    client: reqwest::Client,
}

impl Person {
    /// Goes on until an address begins with `until`; signs in where that is asked for.
    async fn go(&self, from: Url, until: &str, name: &str) -> Url {
        let mut next = from;
        for _ in 0..12 {
            if next.as_str().starts_with(until) {
                return next;
            }
            let mut response = self.client.get(next.clone()).send().await.unwrap();
            if response.status() == StatusCode::OK {
                let page = response.text().await.unwrap();
                let (action, mut fields) = form_of(&page);
                assert!(fields.iter().any(|(name, _)| name == "user"), "no form to sign in: {page}");
                fields.retain(|(name, _)| {
                    ["url", "token", "skin", "lmAuth", "ajax", "timezone"].contains(&name.as_str())
                });
                fields
                    .extend([("user", name), ("password", name)].map(|(n, v)| (n.to_owned(), v.to_owned())));
                let target = next.join(&action).unwrap();
                response = self.client.post(target).form(&fields).send().await.unwrap();
            }
            let location = response.headers().get("location");
            let location = location.unwrap_or_else(|| panic!("{} leads nowhere", next.path()));
            next = next.join(location.to_str().unwrap()).unwrap();
        }
        panic!("it never came to {until}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Debian's lemonldap-ng; .ci/run runs it"]
async fn lemonldap_signs_a_doctor_in_and_out() {
    let portal = Portal::start();
    let rule = |value: &str, role| RoleRule { claim: "groups".into(), value: value.into(), role };
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        let secret = ClientAuthentication::Basic(Secret::new("a-secret-of-the-tests-only".to_owned()));
        let rules = vec![rule("praticiens", StaffRole::Doctor)];
        let hospital = ProviderSettings::new("hospital", portal.issuer.clone(), "parvis", secret, rules);
        settings.login.providers = vec![hospital];
    })
    .await;
    portal.serves(&app.base).await;
    let policy = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().cookie_store(true).redirect(policy).build().unwrap();
    let person = Person { client };

    let sign_in = async |query: &str, cookie: Option<&str>, name: &str| {
        let browser = Browser { cookie: cookie.map(str::to_owned), ..app.browser() };
        let (asked, attempt) = super::made::begin(&browser, query).await;
        let back = person.go(asked, &format!("{}/login/callback", app.base), name).await;
        let pairs: Vec<_> = back.query_pairs().into_owned().collect();
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        super::made::come_back(&browser, "/login/callback", &pairs, Some(&attempt), cookie).await
    };
    let (page, cookie) = sign_in("", None, "dwho").await;
    assert_eq!(page, "/app");
    let doctor = Browser { cookie, ..app.browser() };
    let (status, me) = doctor.get("/api/me").await;
    assert_eq!(
        (status, &me["name"], &me["roles"]),
        (StatusCode::OK, &json!("Doctor Who"), &json!(["doctor"]))
    );

    // They prove once more who they are. The portal asks whom it did not ask within the last seconds, and says when that was.
    let (page, renewed) = sign_in("&fresh=true", doctor.cookie.as_deref(), "dwho").await;
    assert_eq!(page, "/app");
    let doctor = Browser { cookie: renewed, ..app.browser() };

    // From here to there: the portal ends its own session, tells all sites by its page, and leads back.
    let (_, out) = doctor.post("/logout", json!({})).await;
    let out = Url::parse(out["next"].as_str().unwrap()).unwrap();
    assert!(out.as_str().starts_with(&portal.issuer), "{out}");
    assert_eq!(doctor.get("/api/me").await.0, StatusCode::UNAUTHORIZED);
    let page = person.client.get(out).send().await.unwrap().text().await.unwrap();
    let (action, _) = form_of(&page);
    assert!(action.starts_with(&format!("{}/login/signed-out", app.base)), "{action}");

    // From there to here: somebody signs out at the portal, whose page shows ours.
    let (_, cookie) = sign_in("", None, "dwho").await;
    let doctor = Browser { cookie, ..app.browser() };
    assert_eq!(doctor.get("/api/me").await.0, StatusCode::OK);
    let portal_out = Url::parse(&format!("{}?logout=1", portal.issuer)).unwrap();
    let page = person.client.get(portal_out).send().await.unwrap().text().await.unwrap();
    let ours = page.split('"').find(|part| part.contains("/login/front-channel-logout"));
    let ours =
        ours.unwrap_or_else(|| panic!("the portal shows no page of ours: {page}")).replace("&amp;", "&");
    let path = ours.strip_prefix(&app.base).unwrap();
    // As a browser does for hosts of one site: with its cookie.
    let shown = doctor.raw(reqwest::Method::GET, path).send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(doctor.get("/api/me").await.0, StatusCode::UNAUTHORIZED, "{ours}");

    // Somebody whom the hospital gives no role.
    let policy = reqwest::redirect::Policy::none();
    let other =
        Person { client: reqwest::Client::builder().cookie_store(true).redirect(policy).build().unwrap() };
    let (asked, attempt) = super::made::begin(&app.browser(), "").await;
    let back = other.go(asked, &format!("{}/login/callback", app.base), "rtyler").await;
    let pairs: Vec<_> = back.query_pairs().into_owned().collect();
    let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let (page, cookie) =
        super::made::come_back(&app.browser(), "/login/callback", &pairs, Some(&attempt), None).await;
    assert!(cookie.is_none() && page.contains("problem=no_role"), "{page}");
}
