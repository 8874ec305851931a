//! How browsers come in: the relays that they may use, and what `/diag` tries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{PathWord, SelfTestWord};

/// One entry of `iceServers` (W3C WebRTC section 4.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct IceServer {
    pub urls: Vec<String>,
    pub username: String,
    pub credential: String,
}

/// `GET /api/diag`: what the gateway offers, from the best way downwards, and with what a browser tries each alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct DiagReport {
    pub version: String,
    /// UTC now.
    pub now: String,
    /// Address and UDP port that browsers are told.
    pub announced: Vec<String>,
    pub rungs: Vec<DiagRung>,
    pub relay_urls: Vec<String>,
    /// The relay is one of the hospital's, not the gateway's own.
    pub is_relay_external: bool,
    /// The gateway's own test of its own relay, at the start.
    pub self_test: SelfTestWord,
    /// One English sentence, when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_test_detail: Option<String>,
}

/// One way in. To try it: a new `RTCPeerConnection({ iceServers, iceTransportPolicy: iceServers.length ? "relay" : "all" })` with
/// one data channel, its offer as the local and `answer` as the remote description. ICE gets to `connected` if the way
/// is open; nothing else ever connects, and nobody is admitted anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DiagRung {
    pub path: PathWord,
    /// Where it leads: `203.0.113.5:7882`, or addresses of a relay.
    pub targets: Vec<String>,
    /// A session description.
    pub answer: String,
    /// Good for five minutes. Empty for the ways without a relay, and for a relay of the hospital's when nobody is signed in.
    pub ice_servers: Vec<IceServer>,
}
