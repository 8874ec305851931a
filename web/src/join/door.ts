import type { DoorWord, Look, ProblemCode } from "../protocol";

/** Doors that do not open by waiting; each has a page of its own. */
export type Closed = Exclude<DoorWord, "open" | "too_early">;

/** What a refusal of `hello` says about the door, as `/api/guest/look` would say it. */
export function closedBy(code: ProblemCode): Closed | undefined {
  switch (code) {
    case "link_unknown":
      return "unknown";
    case "link_expired":
      return "expired";
    case "link_revoked":
      return "revoked";
    case "appointment_cancelled":
      return "cancelled";
    case "consultation_over":
      return "over";
    default:
      return undefined;
  }
}

/** Milliseconds until the door opens, by the gateway's clock; 0 when it is open or does not say. */
export function untilOpenMs(look: Look, nowMs: number): number {
  return look.door === "too_early" && look.opensAt ? Math.max(0, Date.parse(look.opensAt) - nowMs) : 0;
}

/** How far the gateway's clock is ahead of this device's. */
export const aheadMs = (look: Look, deviceNowMs: number): number => Date.parse(look.now) - deviceNowMs;
