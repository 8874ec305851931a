import type { fr } from "./diag.fr";
import type { SameKeys } from "./index";

/** The page that looks at the network, written in English first. */
export const en: SameKeys<typeof fr> = {
  title: "Network check",
  intro:
    "From this network, this page tries each way that a video consultation can take. It talks to no server but the hospital’s.",
  loading: "Getting ready…",
  failed: "The server did not answer the request for a check.",
  retry: "Try again",
  again: "Start over",
  language: "Français",
  "rung.udp": "UDP",
  "rung.tcp": "TCP",
  "rung.relay_udp": "relay over UDP",
  "rung.relay_tcp": "relay over TCP",
  "rung.relay_tls": "relay over TLS",
  "rung.websocket": "WebSocket",
  "what.udp": "The best sound and picture.",
  "what.tcp": "Straight to the server. Where packets are lost, sound comes late.",
  "what.relay_udp": "Through the hospital’s relay, over UDP.",
  "what.relay_tcp": "Through the relay, when UDP is blocked.",
  "what.relay_tls": "Looks like HTTPS; the last resort.",
  "what.websocket": "Carries the waiting room, messages and medical images.",
  "finding.waits": "waiting",
  "finding.testing": "trying…",
  "finding.open": "open",
  "finding.openIn": "open ({ms} ms)",
  "finding.blocked": "blocked",
  "finding.missing": "not offered by this server",
  "finding.untried": "not tried",
  "verdict.good": "Video consultations work well from this network.",
  "verdict.restricted":
    "Restricted network: consultations work by a detour. The picture may be less sharp. Open UDP if you can.",
  "verdict.unknown":
    "None of the ways that were tried is open from this network. The hospital’s relay was not tried: sign in as staff, then start over.",
  "verdict.no_media":
    "Sound and picture do not get through from this network. The visit goes on by telephone then, images stay shared.",
  "verdict.no_wire": "Consultations do not work from this network: the WebSocket connection is blocked.",
  "rules.title": "Rules to ask of the firewall",
  "rules.copy": "Copy the rules",
  "rules.copied": "Rules copied.",
  "rules.byHand": "Select the text to copy it.",
  save: "Download the result (JSON)",
  blocked: "Blocked from this network: {list}.",
  "self.passed": "The server’s test of its own relay passed.",
  "self.failed": "The server’s test of its own relay failed, so for this relay the firewall is not to blame:",
  "self.not_run": "The server has not tested a relay of its own.",
  "self.external": "The relay is the hospital’s; the server does not test it.",
  at: "Parvis {version}, time of the server: {at}",
};
