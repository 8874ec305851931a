//! What every page shows.

use axum::Json;
use axum::extract::State;

use super::Edge;
use super::problem::Failure;
use crate::clinical::Color;
use crate::protocol::HospitalFacts;

/// `GET /api/hospital`
pub(super) async fn show(State(edge): State<Edge>) -> Result<Json<HospitalFacts>, Failure> {
    let now = edge.hospital_now().await?;
    let set = edge.store.branding().await?;
    let color = set.color.and_then(|color| Color::read(&color).ok());
    Ok(Json(HospitalFacts {
        name: now.name,
        telephone: now.telephone,
        color: color.map(Color::text),
        strong_color: color.map(|color| color.darker().text()),
        logo: set.logo_type.map(|_| "/api/hospital/logo".to_owned()),
        time_zone: edge.hospital.time_zone.name().to_owned(),
        is_demo: edge.is_demo,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}
