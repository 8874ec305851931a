/** Bits per second: Opus hides nothing of a stereo sound at this rate (RFC 7587 section 6.1, `maxaveragebitrate`). */
export const RAW_BITRATE = 192_000;

const RAW: readonly (readonly [string, string])[] = [
  ["stereo", "1"],
  ["sprop-stereo", "1"],
  ["usedtx", "0"],
  ["maxaveragebitrate", String(RAW_BITRATE)],
];

/**
 * A description whose sections of these `mid`s carry sound as it is: both channels, no pauses, many bits. Written into the Opus line
 * of each (RFC 7587 section 6.1), where it says what this side sends and what it likes to get; everything else stays.
 */
export function withRawSound(sdp: string, mids: readonly string[]): string {
  if (mids.length === 0) return sdp;
  const sections = sdp.split(/^(?=m=)/m);
  return sections.map((section) => (isOf(section, mids) ? withRawOpus(section) : section)).join("");
}

const isOf = (section: string, mids: readonly string[]): boolean => {
  const mid = /^a=mid:(.*?)\r?$/m.exec(section)?.[1];
  return section.startsWith("m=audio ") && mid !== undefined && mids.includes(mid);
};

function withRawOpus(section: string): string {
  const [rtpmap, type] = /^a=rtpmap:(\d+) opus\/48000\/2(?=\r?$)/im.exec(section) ?? [];
  if (rtpmap === undefined) return section;
  const line = new RegExp(`^a=fmtp:${type} (.*?)(?=\\r?$)`, "m");
  const known = line.exec(section)?.[1]?.split(";") ?? [];
  const kept = known.map((part) => part.trim()).filter((part) => !RAW.some(([name]) => part.startsWith(`${name}=`)));
  const format = `a=fmtp:${type} ${[...kept, ...RAW.map((pair) => pair.join("="))].join(";")}`;
  return known.length > 0 ? section.replace(line, format) : section.replace(rtpmap, `${rtpmap}\r\n${format}`);
}
