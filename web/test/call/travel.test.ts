import { expect, it } from "vitest";
import { travelOf } from "../../src/call/travel";

const report = (...entries: object[]) =>
  new Map(entries.map((entry, i) => [String(i), entry])) as unknown as RTCStatsReport;
const pair = { id: "pair", type: "candidate-pair", localCandidateId: "local", selected: true };
const local = (of: object) => ({ id: "local", type: "local-candidate", ...of });

it("reads the path, the version and the cipher of the pair that is used", () => {
  const transport = {
    id: "t",
    type: "transport",
    selectedCandidatePairId: "pair",
    dtlsState: "connected",
    tlsVersion: "FEFD",
    srtpCipher: "AEAD_AES_128_GCM",
  };
  expect(travelOf(report(transport, pair, local({ protocol: "udp", candidateType: "prflx" })), true)).toEqual({
    isConnected: true,
    isSealed: true,
    path: "udp",
    dtls: "DTLS 1.2",
    srtp: "AEAD_AES_128_GCM",
  });
  const relayed = local({ candidateType: "relay", relayProtocol: "tls" });
  expect(travelOf(report(transport, pair, relayed), true).path).toBe("relay_tls");
});

it("claims nothing that the browser does not say", () => {
  expect(travelOf(report(), true)).toEqual({ isConnected: true, isSealed: true });
  expect(travelOf(report(), false)).toEqual({ isConnected: false, isSealed: false });
  const shaking = { id: "t", type: "transport", dtlsState: "connecting", tlsVersion: "9999" };
  expect(travelOf(report(shaking, pair), true)).toEqual({ isConnected: true, isSealed: false });
});
