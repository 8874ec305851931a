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
  "rung.udp": "Direct UDP",
  "rung.turn_udp": "Relay over UDP",
  "rung.turn_tcp": "Relay over TCP",
  "rung.turn_tls": "Relay over TLS",
  "rung.websocket": "WebSocket",
  "what.udp": "The best way for sound and picture.",
  "what.turn_udp": "Through the server’s relay, over UDP.",
  "what.turn_tcp": "A detour for when UDP is blocked.",
  "what.turn_tls": "The last detour, encrypted like a web page.",
  "what.websocket": "Carries the waiting room, messages and medical images.",
  "finding.waits": "waiting",
  "finding.testing": "trying…",
  "finding.open": "open",
  "finding.openIn": "open ({ms} ms)",
  "finding.blocked": "blocked",
  "finding.missing": "not offered by this server",
  "verdict.good": "Video consultations work well from this network.",
  "verdict.restricted":
    "Restricted network: consultations work by a detour. The picture may be less sharp. Open UDP if you can.",
  "verdict.no_media":
    "Sound and picture do not get through from this network. Waiting room, messages and medical images work.",
  "verdict.no_wire": "Consultations do not work from this network: the WebSocket connection is blocked.",
  "rules.title": "Rules to ask of the firewall",
  "rules.copy": "Copy the rules",
  "rules.copied": "Rules copied.",
  "rules.byHand": "Select the text to copy it.",
  save: "Download the result (JSON)",
  "self.good": "The server finds itself in good order.",
  "self.bad": "The server reports a problem of its own: {detail}",
  at: "Checked by the server: {at}",
};
