//! By what messages go out: the file of settings says it, or else an administrator here; and whether anything arrives.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Edge;
use super::extract::{Body, Proven, SignedIn};
use super::people::{change, may_administer, may_change};
use super::problem::Failure;
use crate::clinical::{Channel, EmailAddress, TelephoneNumber};
use crate::config::{Mail, MailSecurity, Sms, SmsContent, SmsMethod};
use crate::outbox::{BadSender, SenderTold};
use crate::protocol::{
    MailSecurityWord, MailSenderRequest, MailSenderState, ProblemCode, SendersState, SettingWord,
    SmsContentWord, SmsMethodWord, SmsSenderRequest, SmsSenderState, TrialOutcome, TrialRequest,
};
use crate::secret::{Pii, Secret};

/// The longest line of either, in bytes.
const LONGEST: usize = 500;
/// The longest body of an SMS request, in bytes.
const LONGEST_BODY: usize = 4000;
/// The most headers, and the most administrators who are told by mail.
const MOST: usize = 20;

fn refused(code: ProblemCode, detail: impl Into<String>) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

/// `GET /api/admin/senders`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<SendersState>, Failure> {
    may_administer(&signed_in)?;
    edge.outbox.look_at_senders().await?;
    let mail = edge.outbox.mail_server().map(|told| MailSenderState {
        is_of_file: told.is_of_file,
        host: told.settings.host,
        port: told.settings.port,
        security: match told.settings.security {
            MailSecurity::Starttls => MailSecurityWord::Starttls,
            MailSecurity::Tls => MailSecurityWord::Tls,
            MailSecurity::None => MailSecurityWord::None,
        },
        user: told.settings.user.unwrap_or_default(),
        from: told.settings.from,
        administrators: told.settings.administrators,
    });
    let sms = edge.outbox.sms_gateway().map(|told| SmsSenderState {
        is_of_file: told.is_of_file,
        // What an address of the file holds behind its path may be a secret.
        url: if told.is_of_file { without_query(&told.settings) } else { told.settings.url.to_string() },
        method: match told.settings.method {
            SmsMethod::Post => SmsMethodWord::Post,
            SmsMethod::Put => SmsMethodWord::Put,
        },
        content: match told.settings.content {
            SmsContent::Json => SmsContentWord::Json,
            SmsContent::Form => SmsContentWord::Form,
        },
        body: if told.is_of_file { String::new() } else { told.settings.body },
        headers: told.settings.headers.into_iter().map(|(name, _)| name).collect(),
    });
    Ok(Json(SendersState { mail, sms }))
}

fn without_query(sms: &Sms) -> String {
    let mut url = sms.url.clone();
    url.set_query(None);
    url.to_string()
}

/// `PUT /api/admin/senders/email`: the next message goes out by it, those that wait too.
pub(super) async fn put_mail(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<MailSenderRequest>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    edge.outbox.look_at_senders().await?;
    let before = not_of_file(edge.outbox.mail_server())?;
    let line = |text: &str| text.trim().to_owned();
    let texts = [&request.host, &request.user, &request.from];
    let all = texts.into_iter().chain(&request.administrators).chain(&request.password);
    if request.administrators.len() > MOST || !all.into_iter().all(|text| is_line(text)) {
        return Err(Failure::bad_request("a field is too long, or holds what no line holds"));
    }
    let host = line(&request.host);
    if host.is_empty() || host.contains(['/', ' ', '@']) || request.port == 0 {
        return Err(refused(ProblemCode::MailHostMissing, "a mail server has a name and a port"));
    }
    let user = Some(line(&request.user)).filter(|user| !user.is_empty());
    let typed = request.password.filter(|password| !password.is_empty()).map(Secret::new);
    // A password goes with its server and its user: another server never gets it.
    let kept = before.as_ref().filter(|known| known.host == host && known.user == user);
    let password = typed.or_else(|| kept.and_then(|known| known.password.clone()));
    let mail = Mail {
        host,
        port: request.port,
        security: match request.security {
            MailSecurityWord::Starttls => MailSecurity::Starttls,
            MailSecurityWord::Tls => MailSecurity::Tls,
            MailSecurityWord::None => MailSecurity::None,
        },
        password: password.filter(|_| user.is_some()),
        user,
        from: line(&request.from),
        authority: None,
        bounce_secret: None,
        administrators: request
            .administrators
            .iter()
            .map(|each| line(each))
            .filter(|each| !each.is_empty())
            .collect(),
    };
    edge.outbox.check_mail(&mail).await?;
    let was = before.as_ref().map(|known| mail_facts(known)).unwrap_or_default();
    let secret = (before.as_ref().and_then(|known| known.password.clone()) != mail.password)
        .then_some("password: changed");
    let (was, is) = differences(&was, &mail_facts(&mail), secret.into_iter().collect());
    let change = change(&edge, &signed_in, SettingWord::MailServer, Pii::new(mail.host.clone()), was, is);
    edge.store.put_mail_sender(edge.clock.new_uuid(), &mail, &change, edge.clock.now()).await?;
    edge.outbox.use_senders().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/admin/senders/sms`
pub(super) async fn put_sms(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<SmsSenderRequest>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    edge.outbox.look_at_senders().await?;
    let before = not_of_file(edge.outbox.sms_gateway())?;
    let headers = request.headers.iter().flat_map(|header| [Some(&header.name), header.value.as_ref()]);
    let is_short = request.headers.len() <= MOST && request.body.len() <= LONGEST_BODY;
    if !is_short || !is_line(&request.url) || !headers.flatten().all(|text| is_line(text)) {
        return Err(Failure::bad_request("a field is too long, or holds what no line holds"));
    }
    let url = Sms::address(request.url.trim()).map_err(|what| refused(ProblemCode::BadSmsAddress, what))?;
    // What a header holds goes with where it is sent: another host never gets it.
    let kept = before.as_ref().filter(|known| known.url.origin() == url.origin());
    let mut headers = Vec::new();
    for header in request.headers {
        let name = header.name.trim().to_owned();
        let typed = header.value.filter(|value| !value.is_empty()).map(Secret::new);
        let known = kept.and_then(|known| known.headers.iter().find(|(each, _)| *each == name));
        let value = typed.or_else(|| known.map(|(_, value)| value.clone()));
        let value = value.ok_or_else(|| refused(ProblemCode::BadSmsHeader, "a header has a value"))?;
        headers.push((name, value));
    }
    headers.sort_by(|(a, _), (b, _)| a.cmp(b));
    let sms = Sms {
        url,
        method: match request.method {
            SmsMethodWord::Post => SmsMethod::Post,
            SmsMethodWord::Put => SmsMethod::Put,
        },
        content: match request.content {
            SmsContentWord::Json => SmsContent::Json,
            SmsContentWord::Form => SmsContent::Form,
        },
        body: request.body,
        headers,
        token: None,
    };
    edge.outbox.check_sms(&sms).await?;
    let was = before.as_ref().map(sms_facts).unwrap_or_default();
    let values = |sms: &Sms| sms.headers.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
    let mut secrets = Vec::new();
    if before.as_ref().map(values).unwrap_or_default() != values(&sms) {
        secrets.push("headers: changed");
    }
    if before.as_ref().is_none_or(|known| known.body != sms.body) {
        secrets.push("body: changed");
    }
    let (was, is) = differences(&was, &sms_facts(&sms), secrets);
    let subject = Pii::new(sms.url.host_str().unwrap_or_default().to_owned());
    let change = change(&edge, &signed_in, SettingWord::SmsGateway, subject, was, is);
    edge.store.put_sms_sender(edge.clock.new_uuid(), &sms, &change, edge.clock.now()).await?;
    edge.outbox.use_senders().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/admin/senders/email`
pub(super) async fn remove_mail(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    edge.outbox.look_at_senders().await?;
    let before = not_of_file(edge.outbox.mail_server())?.ok_or_else(Failure::not_found)?;
    let was = written(&mail_facts(&before));
    let subject = Pii::new(before.host);
    let change = change(&edge, &signed_in, SettingWord::MailServer, subject, was, String::new());
    remove(&edge, Channel::Email, &change).await
}

/// `DELETE /api/admin/senders/sms`
pub(super) async fn remove_sms(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    edge.outbox.look_at_senders().await?;
    let before = not_of_file(edge.outbox.sms_gateway())?.ok_or_else(Failure::not_found)?;
    let subject = Pii::new(before.url.host_str().unwrap_or_default().to_owned());
    let was = written(&sms_facts(&before));
    let change = change(&edge, &signed_in, SettingWord::SmsGateway, subject, was, String::new());
    remove(&edge, Channel::Sms, &change).await
}

async fn remove(
    edge: &Edge,
    channel: Channel,
    change: &crate::store::SettingChange,
) -> Result<StatusCode, Failure> {
    if !edge.store.remove_sender(channel, change).await? {
        return Err(Failure::not_found());
    }
    edge.outbox.use_senders().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn is_line(text: &str) -> bool {
    text.len() <= LONGEST && !text.contains(char::is_control)
}

/// What was set here; refused where the file says it.
fn not_of_file<T>(told: Option<SenderTold<T>>) -> Result<Option<T>, Failure> {
    match told {
        Some(told) if told.is_of_file => {
            let detail = "this is set in the file of settings and changed there alone";
            Err(Failure::new(StatusCode::CONFLICT, ProblemCode::SetInFile, detail))
        }
        told => Ok(told.map(|told| told.settings)),
    }
}

type Facts = Vec<(&'static str, String)>;

/// By the names that the file has for it; all but the password.
fn mail_facts(mail: &Mail) -> Facts {
    let security = match mail.security {
        MailSecurity::Starttls => "starttls",
        MailSecurity::Tls => "tls",
        MailSecurity::None => "none",
    };
    vec![
        ("host", mail.host.clone()),
        ("port", mail.port.to_string()),
        ("security", security.to_owned()),
        ("user", mail.user.clone().unwrap_or_default()),
        ("from", mail.from.clone()),
        ("administrators", mail.administrators.join(", ")),
    ]
}

/// Likewise; of headers the names, and nothing of the body, which some fill with a key.
fn sms_facts(sms: &Sms) -> Facts {
    let method = match sms.method {
        SmsMethod::Post => "POST",
        SmsMethod::Put => "PUT",
    };
    let content = match sms.content {
        SmsContent::Json => "json",
        SmsContent::Form => "form",
    };
    vec![
        ("url", without_query(sms)),
        ("method", method.to_owned()),
        ("content", content.to_owned()),
        ("headers", sms.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ")),
    ]
}

fn written(facts: &[(&'static str, String)]) -> String {
    let lines = facts.iter().filter(|(_, value)| !value.is_empty());
    lines.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
}

/// What was, and what is, of all that has changed. Of a secret nothing but that it has.
fn differences(before: &Facts, after: &Facts, secrets: Vec<&str>) -> (String, String) {
    let but = |facts: &Facts, others: &Facts| -> Facts {
        facts.iter().filter(|fact| !others.contains(fact)).cloned().collect()
    };
    let is = written(&but(after, before));
    let is: Vec<_> = [is.as_str()].into_iter().filter(|is| !is.is_empty()).chain(secrets).collect();
    (written(&but(before, after)), is.join("; "))
}

impl From<BadSender> for Failure {
    fn from(bad: BadSender) -> Self {
        let code = match &bad {
            BadSender::Egress(why) => return refused(ProblemCode::EgressForbidden, why.to_string()),
            BadSender::Setting(key, _) => match key.as_str() {
                "host" => ProblemCode::MailHostMissing,
                "security" => ProblemCode::MailUnprotected,
                "password" => ProblemCode::MailUserAndPassword,
                "from" => ProblemCode::SenderMissing,
                "administrators" => ProblemCode::BadEmail,
                "body" => ProblemCode::BadSmsBody,
                _ => ProblemCode::BadSmsHeader,
            },
        };
        refused(code, bad.to_string())
    }
}

/// `POST /api/admin/senders/test`: sends one message that says that it is a test, and tells how that ended.
pub(super) async fn test(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Body(request): Body<TrialRequest>,
) -> Result<Json<TrialOutcome>, Failure> {
    may_administer(&signed_in)?;
    let channel: Channel = request.channel.into();
    let to = match channel {
        Channel::Email => EmailAddress::parse(&request.to)?.expose().to_owned(),
        Channel::Sms => TelephoneNumber::parse(&request.to)?.expose().to_owned(),
    };
    let sent = edge.outbox.try_out(channel, &to).await.map_err(|error| Failure::internal(&error))?;
    Ok(Json(TrialOutcome { failed: sent.err().map(Into::into) }))
}
