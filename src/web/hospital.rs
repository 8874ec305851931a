//! What every page shows.

use axum::Json;
use axum::extract::State;

use super::Edge;
use crate::protocol::HospitalFacts;

/// `GET /api/hospital`
pub(super) async fn show(State(edge): State<Edge>) -> Json<HospitalFacts> {
    Json(HospitalFacts {
        name: edge.hospital.name.clone(),
        telephone: edge.hospital.telephone.clone(),
        time_zone: edge.hospital.time_zone.name().to_owned(),
        is_demo: edge.is_demo,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
