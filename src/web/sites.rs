//! The sites of the hospital, which are where its services are.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Edge;
use super::extract::{Body, Proven, SignedIn};
use super::people::{change, may_administer, may_change};
use super::problem::Failure;
use crate::clinical::Appointment;
use crate::protocol::{ProblemCode, SettingWord, SiteEntry, SiteRequest};
use crate::secret::Pii;

/// `GET /api/admin/sites`, by name; the services without a site come first.
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<SiteEntry>>, Failure> {
    may_administer(&signed_in)?;
    let mut sites: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for service in edge.store.services().await? {
        sites.entry(service.site).or_default().push(service.name);
    }
    let entries = sites.into_iter().map(|(site, services)| SiteEntry { site, services });
    Ok(Json(entries.collect()))
}

/// `PUT /api/admin/sites`: all services of one site are of another name from then on.
pub(super) async fn rename(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<SiteRequest>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let to = request.to.trim();
    if to.is_empty() || to.chars().count() > Appointment::MAX_NAME || to.contains(char::is_control) {
        let detail = "a site has a name of at most 120 characters";
        return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::NameMissing, detail));
    }
    let subject = Pii::new(to.to_owned());
    let (before, after) = (request.from.clone(), to.to_owned());
    let change = change(&edge, &signed_in, SettingWord::Site, subject, before, after);
    match edge.store.rename_site(&request.from, to, &change).await? {
        0 => Err(Failure::not_found()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
