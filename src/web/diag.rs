//! By which ways a browser can come, and with what it tries each.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;

use super::problem::Failure;
use super::{Edge, extract};
use crate::port::{self, Rung, SelfTest};
use crate::protocol::{DiagReport, DiagRung, IceServer, SelfTestWord, time};

/// `GET /api/diag`: for anybody, since whoever cannot come in is the one who needs it. What it hands out leads into the
/// forwarding only, admits nobody, and ends after five minutes; a relay of the hospital's, which leads further, is for
/// those who are signed in.
pub(super) async fn show(State(edge): State<Edge>, headers: HeaderMap) -> Result<Json<DiagReport>, Failure> {
    let is_staff = extract::signed_in(&edge, &headers).await?.is_some();
    let now = edge.clock.now();
    let now_s = u64::try_from(now.timestamp()).unwrap_or_default();
    let visitor = edge.clock.new_uuid().simple().to_string();
    let may_relay = is_staff || !edge.reach.is_external();
    let rungs = edge.reach.ladder(&visitor, now_s).into_iter().map(|rung| wire(rung, may_relay)).collect();
    let (self_test, self_test_detail) = match edge.reach.self_test() {
        SelfTest::NotRun => (SelfTestWord::NotRun, None),
        SelfTest::Passed => (SelfTestWord::Passed, None),
        SelfTest::Failed(detail) => (SelfTestWord::Failed, Some(detail)),
    };
    Ok(Json(DiagReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: time(now),
        announced: edge.reach.announced().iter().map(ToString::to_string).collect(),
        rungs,
        relay_urls: edge.reach.relay_urls().to_vec(),
        is_relay_external: edge.reach.is_external(),
        self_test,
        self_test_detail,
    }))
}

fn wire(rung: Rung, may_relay: bool) -> DiagRung {
    let servers = rung.ice_servers.into_iter().filter(|_| may_relay);
    DiagRung {
        path: rung.media_path.into(),
        targets: rung.targets,
        answer: rung.answer,
        ice_servers: servers.map(ice_server).collect(),
    }
}

/// A relay as browsers are told of it, with the password in the open.
pub fn ice_server(server: port::IceServer) -> IceServer {
    IceServer { urls: server.urls, username: server.username, credential: server.credential.expose().clone() }
}
