import { Devices } from "../call/devices";

/** Apps that open links in a window of their own, where cameras often do not work although they seem to be there. */
const IN_APP = /FBAN|FBAV|FB_IAB|Instagram|Messenger|Snapchat|\bLine\/|MicroMessenger|; wv\)|GSA\/|LinkedInApp/;

export const isInApp = (agent = navigator.userAgent): boolean => IN_APP.test(agent);

/** Whether to send the person to a real browser before anything else. */
export const needsOtherBrowser = (): boolean => !Devices.isSupported() || isInApp();

/** Whether somebody who goes on anyway can at least see and hear. */
export const maySeeAnyway = (): boolean => typeof RTCPeerConnection === "function";
