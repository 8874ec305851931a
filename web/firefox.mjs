// How Firefox is started where it is tested: the system's own, with an invented camera and microphone.
import { existsSync } from "node:fs";

/** The browsers of the system: nothing is downloaded. */
export const path = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"].find(
  (path) => path !== undefined && existsSync(path),
);

/** What Playwright starts it with. */
export const launchOptions = {
  ...(path ? { executablePath: path } : {}),
  firefoxUserPrefs: {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.peerconnection.ice.loopback": true,
    "media.peerconnection.ice.obfuscate_host_addresses": false,
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": false,
  },
};
