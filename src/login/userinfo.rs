//! What a provider says of a person when it is asked with the access token (OpenID Connect Core 1.0 section 5.3), plainly or signed.

use std::sync::Arc;

use openidconnect::core::CoreGenderClaim;
use openidconnect::{AccessToken, SubjectIdentifier, UserInfoClaims, UserInfoError};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::claims::Claims;
use super::jws::{Audience, Jws};
use super::provider::{Known, Provider};
use super::sign_in::{OtherClaims, all_claims};
use super::{BadToken, ProviderFault, Refused};

/// What a signed answer says of itself (section 5.3.2), with all else.
#[derive(Deserialize)]
struct SignedClaims {
    iss: Option<String>,
    aud: Option<Audience>,
    exp: Option<i64>,
    #[serde(flatten)]
    all: Map<String, Value>,
}

/// The longest signed answer, in bytes.
const LONGEST: usize = 256 << 10;

/// What it says of `subject`, if it has somewhere to be asked; nothing otherwise.
pub(super) async fn userinfo_of(
    provider: &Provider,
    known: &Arc<Known>,
    token: &AccessToken,
    subject: &str,
) -> Result<Option<Claims>, Refused> {
    let Some(url) = &known.addresses.userinfo else { return Ok(None) };
    let (body, is_signed) =
        provider.http.userinfo(url, token.secret()).await.map_err(Refused::ProviderUnreachable)?;
    let malformed = || Refused::ProviderUnreachable(ProviderFault::Malformed("its userinfo"));
    let body = if is_signed { opened(provider, known, &body).await? } else { body };
    let subject = SubjectIdentifier::new(subject.to_owned());
    let claims =
        UserInfoClaims::<OtherClaims, CoreGenderClaim>::from_json::<ProviderFault>(&body, Some(&subject))
            .map_err(|error| match error {
                UserInfoError::ClaimsVerification(_) => Refused::BadToken(BadToken::Subject),
                _ => malformed(),
            })?;
    all_claims(&claims).ok_or_else(malformed).map(Some)
}

/// The claims of a signed answer as JSON, once its signature, issuer, audience and time are good.
async fn opened(provider: &Provider, known: &Arc<Known>, body: &[u8]) -> Result<Vec<u8>, Refused> {
    let malformed = || Refused::ProviderUnreachable(ProviderFault::Malformed("its userinfo"));
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let signed: Jws<'_, SignedClaims> = Jws::of(text.trim(), LONGEST).ok_or_else(malformed)?;
    let bad = Refused::BadToken;
    if signed.header.crit.is_some() {
        return Err(bad(BadToken::Malformed));
    }
    let is_good = |known: &Known| signed.is_signed_by(known).map_err(|_| bad(BadToken::Signature));
    if !is_good(known)? {
        let renewed = provider.renew_keys(known).await.map_err(Refused::ProviderUnreachable)?;
        let renewed = renewed.ok_or_else(|| bad(BadToken::Signature))?;
        if !is_good(&renewed)? {
            return Err(bad(BadToken::Signature));
        }
    }
    let (settings, claims) = (&provider.settings, &signed.claims);
    if claims.iss.as_ref().is_some_and(|issuer| *issuer != settings.issuer) {
        return Err(bad(BadToken::Issuer));
    }
    if claims.aud.as_ref().is_some_and(|audience| !audience.has(&settings.client_id)) {
        return Err(bad(BadToken::Audience));
    }
    let leeway = settings.leeway.num_seconds();
    if claims.exp.is_some_and(|end| end.saturating_add(leeway) <= provider.now().timestamp()) {
        return Err(bad(BadToken::Time));
    }
    serde_json::to_vec(&claims.all).map_err(|_| malformed())
}
