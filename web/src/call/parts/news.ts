import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Wire } from "../../wire";
import type { Call } from "../call";
import { tc } from "./words";

/** Calls `tell` when a value has changed since the page began to look, not with the first. */
function useChange<T>(value: T, tell: (value: T) => void): void {
  const last = useRef(value);
  useEffect(() => {
    if (last.current === value) return;
    last.current = value;
    tell(value);
  }, [value]);
}

/** Tells screen readers what changes in the call beside people and images. */
export function useCallNews(call: Call, wire: Wire, say: (text: string) => void): void {
  const isLost = wire.state.value === "lost";
  const latest = call.chat.latest.value;
  useChange(isLost, (is) =>
    say(is ? (call.media.peek() === "connected" ? tc("notice.wireGoesOn") : tc("notice.wire")) : tc("notice.back")),
  );
  useChange(call.media.value === "lost" && !isLost, (is) => {
    if (is) say(tc("notice.media"));
  });
  useChange(call.isLocked.value, (is) => say(is ? tc("notice.locked") : tc("notice.unlocked")));
  useChange(call.muteAsked.value, (source) => {
    if (source) say(tc(`notice.muted.${source}`));
  });
  useChange(call.isUplinkSlow.value, (is) => {
    if (is) say(tc("notice.slow"));
  });
  useChange(call.telephone.value?.since, (since) => {
    if (since === undefined) say(tc("telephone.over"));
    else say(tc(call.self.role === "practitioner" ? "telephone.staff" : "telephone.guest"));
  });
  useChange(latest?.id, () => {
    if (latest?.kind === "line") say(tc("notice.wrote", { name: latest.name, text: latest.text }));
    else if (latest) say(tc("notice.gave", { name: latest.name, file: latest.fileName }));
  });
}

/** Milliseconds since 1970 by the gateway's clock, every second while `isOn`. */
export function useSeconds(wire: Wire, isOn: boolean): number {
  const now = useSignal(wire.now());
  useEffect(() => {
    if (!isOn) return;
    now.value = wire.now();
    const timer = setInterval(() => {
      now.value = wire.now();
    }, 1_000);
    return () => clearInterval(timer);
  }, [wire, isOn]);
  return now.value;
}
