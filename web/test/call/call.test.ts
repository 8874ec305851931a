import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Call } from "../../src/call/call";
import { Devices } from "../../src/call/devices";
import { Wire } from "../../src/wire";
import { FakeSocket } from "../fake-socket";
import { FakePeer, installDevices, installPeers } from "./fake-media";

let wire: Wire;
let devices: Devices;
let call: Call;
const settle = () => vi.waitFor(() => Promise.resolve());
const soon = (check: () => void) => vi.waitFor(check, { timeout: 1_000, interval: 5 });

beforeEach(async () => {
  FakeSocket.install();
  installPeers();
  installDevices(() => undefined);
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  wire = new Wire(() => ({ type: "hello", protocol: 1, language: "fr", link: "x" }), "ws://test/ws");
  devices = new Devices();
  call = new Call(wire, devices);
  await devices.retryMicrophone();
});
afterEach(() => {
  call.close();
  wire.close();
  vi.unstubAllGlobals();
});

const admit = () => FakeSocket.last.say({ type: "place", place: { state: "in_call" } });
const answer = (generation: number) => FakeSocket.last.say({ type: "publish_answer", generation, sdp: "answer" });

describe("Call", () => {
  it("sends nothing before the gateway says that the person is in the call", async () => {
    FakeSocket.last.welcome("waiting");
    await settle();
    expect(FakePeer.all).toHaveLength(0);
    admit();
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    expect(FakeSocket.last.of("publish_offer")[0]?.tracks).toEqual([{ mid: "0", source: "microphone" }]);
  });

  it("offers a camera that is switched on later", async () => {
    FakeSocket.last.welcome("in_call");
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    answer(1);
    await call.toggleCamera();
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(2));
    expect(FakeSocket.last.of("publish_offer")[1]).toMatchObject({
      generation: 2,
      tracks: [
        { mid: "0", source: "microphone" },
        { mid: "1", source: "camera" },
      ],
    });
    answer(2);
    await call.toggleCamera();
    expect(FakeSocket.last.of("mute")).toContainEqual({ type: "mute", source: "camera", isMuted: true });
    // Off and on again needs no new description.
    await call.toggleCamera();
    await settle();
    expect(FakeSocket.last.of("publish_offer")).toHaveLength(2);
    expect(FakeSocket.last.of("mute").at(-1)).toEqual({ type: "mute", source: "camera", isMuted: false });
  });

  it("makes both connections anew when the wire has come back, with numbers that go on", async () => {
    FakeSocket.last.welcome("in_call");
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    answer(1);
    const [publisher, subscriber] = FakePeer.all;
    FakeSocket.last.drop();
    expect(publisher?.isClosed).toBe(false);
    await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(2), { timeout: 2_000 });
    // Whoever was in the call is let in again without being admitted again, and the client goes in by itself.
    FakeSocket.last.welcome("admitted");
    expect([publisher?.isClosed, subscriber?.isClosed]).toEqual([true, true]);
    await soon(() => expect(FakeSocket.last.of("enter")).toHaveLength(1));
    admit();
    await soon(() => expect(FakeSocket.last.of("publish_offer")[0]?.generation).toBe(2));
  });

  it("stops when the person is put back, and does not go in again by itself", async () => {
    FakeSocket.last.welcome("in_call");
    FakeSocket.last.say({ type: "place", place: { state: "waiting" } });
    expect(call.isInCall.value).toBe(false);
    expect(FakePeer.all.every((peer) => peer.isClosed)).toBe(true);
    FakeSocket.last.drop();
    await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(2), { timeout: 2_000 });
    FakeSocket.last.welcome("waiting");
    await settle();
    expect(FakeSocket.last.of("enter")).toHaveLength(0);
  });

  it("answers the gateway's offers in turn", async () => {
    FakeSocket.last.welcome("in_call");
    FakeSocket.last.say({ type: "subscribe_offer", generation: 1, sdp: "one", tracks: [] });
    await soon(() =>
      expect(FakeSocket.last.of("subscribe_answer")).toEqual([
        { type: "subscribe_answer", generation: 1, sdp: "answer" },
      ]),
    );
  });

  it("drops lists of people that are older than what it has", () => {
    FakeSocket.last.welcome("in_call");
    const person = {
      participant: "d",
      role: "practitioner",
      name: "Dr",
      place: { state: "in_call" },
      muted: [],
    } as const;
    FakeSocket.last.say({ type: "people", revision: 3, people: [{ ...person, muted: [] }] });
    FakeSocket.last.say({ type: "people", revision: 2, people: [] });
    expect(call.people.value).toHaveLength(1);
    FakeSocket.last.say({ type: "muted", participant: "d", source: "camera", isMuted: true });
    expect(call.people.value[0]?.muted).toEqual(["camera"]);
  });

  it("is there for whoever asks in the console", async () => {
    FakeSocket.last.welcome("in_call");
    expect(await globalThis.parvisCall?.stats()).toMatchObject({ self: "p1", media: "connecting", people: {} });
  });
});
