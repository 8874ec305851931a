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
  localStorage.clear();
  FakeSocket.install();
  installPeers();
  installDevices(() => undefined);
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  wire = new Wire(() => ({ type: "hello", protocol: 2, language: "fr", link: "x" }), "ws://test/ws");
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

  it("keeps its media when the gateway knows it again, and tells what was not heard meanwhile", async () => {
    FakeSocket.last.welcome("in_call");
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    answer(1);
    FakeSocket.last.drop();
    expect(call.isInCall.value).toBe(true);
    await call.toggleMic();
    await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(2), { timeout: 2_000 });
    FakeSocket.last.welcome("in_call");
    expect(FakeSocket.last.of("hello")[0]).toMatchObject({ resume: "again", link: "x" });
    expect(FakePeer.all).toHaveLength(2);
    expect(FakePeer.all.some((peer) => peer.isClosed)).toBe(false);
    expect(FakeSocket.last.of("mute")).toContainEqual({ type: "mute", source: "microphone", isMuted: true });
    expect(FakeSocket.last.of("watch")).toHaveLength(1);
    await settle();
    expect(FakeSocket.last.of("publish_offer")).toHaveLength(0);
  });

  it("makes an offer again whose answer was lost with the wire", async () => {
    FakeSocket.last.welcome("in_call");
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    FakeSocket.last.drop();
    await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(2), { timeout: 2_000 });
    FakeSocket.last.welcome("in_call");
    await soon(() => expect(FakeSocket.last.of("publish_offer")[0]?.generation).toBe(2));
  });

  it("begins anew, without its token, when the gateway has given a connection up", async () => {
    FakeSocket.last.welcome("in_call");
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    FakeSocket.last.say({ type: "problem", code: "bad_media", detail: "" });
    await soon(() => expect(FakeSocket.all).toHaveLength(2));
    FakeSocket.last.welcome("admitted");
    expect(FakeSocket.last.of("hello")[0]).not.toHaveProperty("resume");
    await soon(() => expect(FakeSocket.last.of("enter")).toHaveLength(1));
    // A gateway that does so again and again is not asked again and again.
    admit();
    FakeSocket.last.say({ type: "problem", code: "bad_media", detail: "" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("switches off what staff ask it to, and never on", async () => {
    FakeSocket.last.welcome("in_call");
    FakeSocket.last.say({ type: "mute_asked", source: "microphone" });
    expect([call.micOn.value, call.muteAsked.value]).toEqual([false, "microphone"]);
    FakeSocket.last.say({ type: "mute_asked", source: "microphone" });
    expect(call.micOn.value).toBe(false);
    await call.toggleMic();
    expect([call.micOn.value, call.muteAsked.value]).toEqual([true, undefined]);
  });

  it("gives the devices back for a telephone call and takes them again after it", async () => {
    FakeSocket.last.welcome("in_call");
    await call.toggleCamera();
    FakeSocket.last.say({ type: "telephone", state: { since: "2026-11-25T13:30:00.000Z", reason: "no_sound" } });
    expect([devices.microphoneTrack.value, devices.cameraTrack.value]).toEqual([undefined, undefined]);
    expect(call.isInCall.value).toBe(true);
    FakeSocket.last.say({ type: "telephone" });
    await soon(() => expect([call.micOn.value, call.cameraOn.value]).toEqual([true, true]));
  });

  it("changes what is encoded without a new description", async () => {
    await call.toggleCamera();
    FakeSocket.last.welcome("in_call");
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    answer(1);
    const sender = FakePeer.all[0]?.slots[1]?.sender;
    await soon(() => expect(sender?.encodings.map(({ active }) => active)).toEqual([true, true, true]));
    FakeSocket.last.say({ type: "layers_wanted", source: "camera", rids: ["q"] });
    await soon(() => expect(sender?.encodings.map(({ active }) => active)).toEqual([true, false, false]));
    expect(FakeSocket.last.of("publish_offer")).toHaveLength(1);
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
