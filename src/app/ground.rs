//! What is so of the deployment, for whoever is told how calls and data are protected.

use super::Settings;
use crate::clinical::{AtRest, Ground, Outside, OutsideKind};
use crate::config::MailSecurity;
use crate::live::Live;

/// Whether what is kept is encrypted: nothing starts without a master key. Whoever changes that says so here.
const AT_REST: AtRest = AtRest::Encrypted;

/// What is told of how calls and data are protected.
pub(super) fn of(settings: &Settings) -> Ground {
    Ground {
        hospital: settings.hospital.name.clone(),
        site: settings.public_url.host_str().unwrap_or_default().to_owned(),
        is_site_encrypted: settings.public_url.scheme() == "https",
        handling: Live::handling(),
        at_rest: AT_REST,
        chat_keep: settings.chat_keep,
        retention: settings.retention,
        outside: outside(settings),
    }
}

/// Whom the gateway speaks to, by its settings.
fn outside(settings: &Settings) -> Vec<Outside> {
    let of = |kind, host: &str, is_encrypted| Outside { kind, host: host.to_owned(), is_encrypted };
    let at = |kind, url: &url::Url| of(kind, url.host_str().unwrap_or_default(), url.scheme() == "https");
    let mut outside = Vec::new();
    if let Some(mail) = &settings.mail {
        outside.push(of(OutsideKind::Mail, &mail.host, mail.security != MailSecurity::None));
    }
    if let Some(sms) = &settings.sms {
        outside.push(at(OutsideKind::Sms, &sms.url));
    }
    if settings.network.external_secret.is_some() {
        // `turns:host:port?transport=tcp`
        let urls = settings.network.relay_urls.iter().filter_map(|url| url.split_once(':'));
        let mut hosts: Vec<_> = urls
            .map(|(scheme, rest)| (rest.split(['?']).next().unwrap_or_default(), scheme == "turns"))
            .map(|(host, is_tls)| (host.rsplit_once(':').map_or(host, |(host, _)| host), is_tls))
            .collect();
        hosts.sort_unstable();
        // A host that is reached without TLS too is told once, and so.
        hosts.dedup_by_key(|(host, _)| *host);
        outside.extend(hosts.into_iter().map(|(host, is_tls)| of(OutsideKind::Relay, host, is_tls)));
    }
    if let Some(syslog) = &settings.trail.syslog {
        let host = syslog.host.rsplit_once(':').map_or(syslog.host.as_str(), |(host, _)| host);
        outside.push(of(OutsideKind::Syslog, host, false));
    }
    if let Some((fhir, _)) = &settings.trail.fhir {
        outside.push(at(OutsideKind::Fhir, fhir));
    }
    let issuers =
        settings.login.providers.iter().filter_map(|provider| url::Url::parse(&provider.issuer).ok());
    outside.extend(issuers.map(|issuer| at(OutsideKind::SignIn, &issuer)));
    outside.extend(settings.authority.iter().map(|authority| at(OutsideKind::Authority, authority)));
    outside
}
