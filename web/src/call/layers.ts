import type { SourceWord } from "../protocol";
import { RAW_BITRATE } from "./raw-sound";

export interface Encoding {
  /** A restriction identifier (RFC 8851); absent where there is one encoding only. */
  rid?: string;
  scaleResolutionDownBy?: number;
  maxBitrate: number;
  priority?: RTCPriorityType;
}

const QUARTER: Encoding = { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 130_000 };
const HALF: Encoding = { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 450_000 };
const FULL: Encoding = { rid: "f", maxBitrate: 1_300_000 };
/** A phone films at 640 x 480, and its processor pays for each encoding. */
const PHONE: readonly Encoding[] = [
  { rid: "q", scaleResolutionDownBy: 2, maxBitrate: 150_000 },
  { rid: "f", maxBitrate: 600_000 },
];

/** What a source is encoded as, the smallest first, in the order in which a description names them (RFC 8853). */
export function encodingsOf(source: SourceWord, isPhone: boolean): Encoding[] {
  switch (source) {
    case "camera":
      return isPhone ? PHONE.map((each) => ({ ...each })) : [{ ...QUARTER }, { ...HALF }, { ...FULL }];
    case "screen":
      return [{ maxBitrate: 2_500_000 }];
    case "second_camera":
      return [{ maxBitrate: isPhone ? 1_200_000 : 2_500_000 }];
    case "auscultation":
      return [{ maxBitrate: RAW_BITRATE, priority: "high" }];
    case "screen_sound":
      return [{ maxBitrate: 96_000 }];
    case "microphone":
      return [{ maxBitrate: 40_000, priority: "high" }];
  }
}

/** What is given up first when there is too little processor or bandwidth: sharpness of faces, smoothness of findings. */
export const degradationOf = (source: SourceWord): RTCDegradationPreference =>
  source === "camera" ? "maintain-framerate" : "maintain-resolution";

export const isAudio = (source: SourceWord): boolean =>
  source === "microphone" || source === "auscultation" || source === "screen_sound";

/**
 * Which encodings are to be sent, by place: those that the gateway wants, and while data are saved only the smallest of all. Until
 * the gateway has said anything (`wanted` undefined) all are sent. Encodings without a name follow whether anything is wanted.
 */
export function activeFlags(
  rids: readonly (string | undefined)[],
  wanted: readonly string[] | undefined,
  isSavingData: boolean,
): boolean[] {
  return rids.map((rid, place) => {
    if (isSavingData && rids.length > 1 && place > 0) return false;
    if (wanted === undefined) return true;
    if (rid === undefined) return wanted.length > 0;
    // While data are saved the smallest stands in for the larger ones that are wanted.
    return isSavingData ? wanted.length > 0 : wanted.includes(rid);
  });
}
