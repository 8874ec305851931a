//! What the hospital looks like on every page, and the page on which that is set.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Edge;
use super::extract::{Body, Proven, SignedIn};
use super::people::{change, may_administer, may_change};
use super::problem::Failure;
use crate::clinical::{Appointment, BadColor, BadLogo, Color, LogoKind, TelephoneNumber};
use crate::config::Hospital;
use crate::protocol::{BrandingRequest, BrandingState, ProblemCode, SettingWord};
use crate::secret::Pii;
use crate::store::{self, Branding};

/// Nothing of an image runs or is fetched, also when somebody opens it as a page.
const IMAGE_ONLY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

impl Edge {
    /// Name and telephone number of the hospital as they are told now: those of the page go before those of the file.
    pub(super) async fn hospital_now(&self) -> Result<Hospital, store::Error> {
        Ok(over(&self.hospital, self.store.branding().await?))
    }
}

fn over(file: &Hospital, set: Branding) -> Hospital {
    Hospital {
        name: set.name.unwrap_or_else(|| file.name.clone()),
        telephone: set.telephone.unwrap_or_else(|| file.telephone.clone()),
        time_zone: file.time_zone,
    }
}

/// `GET /api/hospital/logo`
pub(super) async fn logo(State(edge): State<Edge>) -> Result<Response, Failure> {
    let (kind, bytes) = edge.store.logo().await?.ok_or_else(Failure::not_found)?;
    let kind = if kind == LogoKind::Png.media_type() { LogoKind::Png } else { LogoKind::Svg };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(IMAGE_ONLY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(response)
}

/// `GET /api/admin/branding`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<BrandingState>, Failure> {
    may_administer(&signed_in)?;
    let set = edge.store.branding().await?;
    Ok(Json(BrandingState {
        name: set.name.unwrap_or_default(),
        telephone: set.telephone.unwrap_or_default(),
        color: set.color.unwrap_or_default(),
        has_logo: set.logo_type.is_some(),
        file_name: edge.hospital.name.clone(),
        file_telephone: edge.hospital.telephone.clone(),
    }))
}

/// `PUT /api/admin/branding`: what is empty is as the file of settings says.
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<BrandingRequest>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let refused = |code, detail: String| Failure::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    let line = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let (name, telephone) = (line(&request.name), line(&request.telephone));
    if name
        .as_ref()
        .is_some_and(|name| name.chars().count() > Appointment::MAX_NAME || name.contains(char::is_control))
    {
        return Err(refused(ProblemCode::NameMissing, "the name is too long".to_owned()));
    }
    if telephone.as_ref().is_some_and(|telephone| TelephoneNumber::parse(telephone).is_err()) {
        return Err(refused(ProblemCode::BadTelephone, "this is no telephone number".to_owned()));
    }
    let color = match line(&request.color).map(|color| Color::read(&color)) {
        None => None,
        Some(Ok(color)) => Some(color.text()),
        Some(Err(error)) => {
            let code = match error {
                BadColor::Form => ProblemCode::BadRequest,
                BadColor::Contrast => ProblemCode::ColorTooPale,
            };
            return Err(refused(code, error.to_string()));
        }
    };
    let before = edge.store.branding().await?;
    let after = Branding { name, telephone, color, logo_type: before.logo_type.clone() };
    let (was, is) = (said(&before), said(&after));
    let change = change(&edge, &signed_in, SettingWord::Branding, Pii::default(), was, is);
    edge.store.put_branding(&after, &change).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn said(branding: &Branding) -> String {
    let parts = [&branding.name, &branding.telephone, &branding.color];
    parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")
}

/// `PUT /api/admin/branding/logo`: the file itself.
pub(super) async fn put_logo(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    bytes: Bytes,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let kind = LogoKind::of(&bytes).map_err(|error| {
        let (status, code) = match error {
            BadLogo::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLarge),
            BadLogo::Kind | BadLogo::Active => (StatusCode::UNSUPPORTED_MEDIA_TYPE, ProblemCode::BadLogo),
        };
        Failure::new(status, code, error.to_string())
    })?;
    let before = edge.store.branding().await?.logo_type.unwrap_or_default();
    let after = format!("{}, {} bytes", kind.media_type(), bytes.len());
    let change = change(&edge, &signed_in, SettingWord::Logo, Pii::default(), before, after);
    edge.store.put_logo(Some((kind.media_type(), &bytes)), &change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/admin/branding/logo`
pub(super) async fn remove_logo(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let before = edge.store.branding().await?.logo_type.ok_or_else(Failure::not_found)?;
    let change = change(&edge, &signed_in, SettingWord::Logo, Pii::default(), before, String::new());
    edge.store.put_logo(None, &change).await?;
    Ok(StatusCode::NO_CONTENT)
}
