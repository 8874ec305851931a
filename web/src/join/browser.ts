import { Devices } from "../call/devices";

/** Apps that open links in a window of their own, where cameras often do not work although they seem to be there. */
const APPS: readonly (readonly [RegExp, string])[] = [
  [/FBAN\/Messenger|MessengerForiOS|Orca-Android|Messenger/, "Messenger"],
  [/FBAN|FBAV|FB_IAB/, "Facebook"],
  [/Instagram/, "Instagram"],
  [/Snapchat/, "Snapchat"],
  [/WhatsApp/, "WhatsApp"],
  [/\bLine\//, "Line"],
  [/MicroMessenger/, "WeChat"],
  [/GSA\//, "Google"],
  [/LinkedInApp/, "LinkedIn"],
  [/musical_ly|BytedanceWebview|TikTok/, "TikTok"],
];
/** An app's own window on Android; on Apple's devices every browser names Safari, and such a window does not. */
const WINDOW = /; wv\)|(?:iPhone|iPad|iPod).*AppleWebKit(?!.*Safari\/)/;
const APPLE = /iPhone|iPad|iPod/;

/** The app whose window this is, by its name or as "?"; nothing in a browser. */
export function appOf(agent = navigator.userAgent): string | undefined {
  const known = APPS.find(([sign]) => sign.test(agent));
  return known?.[1] ?? (WINDOW.test(agent) ? "?" : undefined);
}

export const isInApp = (agent = navigator.userAgent): boolean => appOf(agent) !== undefined;

export const isApple = (agent = navigator.userAgent): boolean => APPLE.test(agent);

/** Whether somebody who goes on anyway can at least see and hear. */
export const maySeeAnyway = (): boolean => typeof RTCPeerConnection === "function";

/** Why this is not the window for a consultation: an app's own, a browser that cannot, or one without a camera. */
export type Unfit = "inApp" | "old" | "noCamera";

export function unfit(): Unfit | undefined {
  if (isInApp()) return "inApp";
  if (!maySeeAnyway()) return "old";
  return Devices.isSupported() ? undefined : "noCamera";
}

/** Whether to send the person to a real browser before anything else. */
export const needsOtherBrowser = (): boolean => unfit() !== undefined;
