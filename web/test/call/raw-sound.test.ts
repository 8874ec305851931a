import { describe, expect, it } from "vitest";
import { RAW_BITRATE, withRawSound } from "../../src/call/raw-sound";

const RAW = `stereo=1;sprop-stereo=1;usedtx=0;maxaveragebitrate=${RAW_BITRATE}`;
const voice = (mid: string, fmtp = "a=fmtp:111 minptime=10;useinbandfec=1\r\n") =>
  `m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=mid:${mid}\r\na=rtpmap:111 opus/48000/2\r\n${fmtp}a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n`;
const HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n";
const VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n";
const SDP = HEAD + voice("0") + VIDEO + voice("2");

describe("withRawSound", () => {
  it("writes into the Opus line of the sections that were named, and nowhere else", () => {
    const written = withRawSound(SDP, ["2"]);
    expect(written).toBe(HEAD + voice("0") + VIDEO + voice("2", `a=fmtp:111 minptime=10;useinbandfec=1;${RAW}\r\n`));
    expect(withRawSound(SDP, [])).toBe(SDP);
    expect(withRawSound(SDP, ["1", "7"])).toBe(SDP);
  });
  it("takes the place of what was said before, and can be said twice", () => {
    const before = HEAD + voice("2", "a=fmtp:111 usedtx=1; stereo=0;minptime=10;maxaveragebitrate=20000\r\n");
    const written = withRawSound(before, ["2"]);
    expect(written).toContain(`a=fmtp:111 minptime=10;${RAW}\r\n`);
    expect(withRawSound(written, ["2"])).toBe(written);
  });
  it("makes the line where there is none, and leaves a section without Opus alone", () => {
    expect(withRawSound(HEAD + voice("2", ""), ["2"])).toContain(`a=rtpmap:111 opus/48000/2\r\na=fmtp:111 ${RAW}\r\n`);
    const other = `${HEAD}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:2\r\na=rtpmap:0 PCMU/8000\r\n`;
    expect(withRawSound(other, ["2"])).toBe(other);
  });
});
