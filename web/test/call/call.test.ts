import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Call } from "../../src/call/call";
import { Devices } from "../../src/call/devices";
import { Wire } from "../../src/wire";
import { FakeSocket } from "../fake-socket";
import { FakePeer, FakeTrack, installDevices, installLateDevices, installPeers } from "./fake-media";

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

  it("stays mute when staff mute somebody whose microphone is only just opening", async () => {
    devices.releaseMicrophone();
    const asked = installLateDevices();
    FakeSocket.last.welcome("in_call");
    const toggling = call.toggleMic();
    FakeSocket.last.say({ type: "mute_asked", source: "microphone" });
    asked[0]?.give();
    await toggling;
    expect([call.micOn.value, devices.microphoneTrack.value?.enabled]).toEqual([false, false]);
    expect(call.muteAsked.value).toBe("microphone");
  });

  it("shows no picture when staff switch a camera off that is only just opening", async () => {
    const asked = installLateDevices();
    FakeSocket.last.welcome("in_call");
    const toggling = call.toggleCamera();
    FakeSocket.last.say({ type: "mute_asked", source: "camera" });
    const [track] = asked[0]?.give() ?? [];
    await toggling;
    expect([call.cameraOn.value, track?.readyState, call.muteAsked.value]).toEqual([false, "ended", "camera"]);
  });

  it("opens nothing during a telephone call, whatever was asked for before", async () => {
    FakeSocket.last.welcome("in_call");
    const state = { since: "2026-11-25T13:30:00.000Z", reason: "no_sound" } as const;
    const asked = installLateDevices();
    const toggling = call.toggleCamera();
    FakeSocket.last.say({ type: "telephone", state });
    const [late] = asked[0]?.give() ?? [];
    await toggling;
    expect([late?.readyState, call.cameraOn.value]).toEqual(["ended", false]);
    // Back, and to the telephone again before the browser has given the microphone.
    FakeSocket.last.say({ type: "telephone" });
    await soon(() => expect(asked).toHaveLength(2));
    FakeSocket.last.say({ type: "telephone", state });
    const [microphone] = asked[1]?.give() ?? [];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([microphone?.kind, microphone?.readyState]).toEqual(["audio", "ended"]);
    expect(asked).toHaveLength(2);
  });

  it("stops a second camera that comes after staff stopped it or the person left", async () => {
    FakeSocket.last.welcome("in_call");
    for (const stop of [
      () => FakeSocket.last.say({ type: "mute_asked", source: "second_camera" }),
      () => call.close(),
    ]) {
      const asked = installLateDevices();
      const opening = call.extras.openSecondCamera("dermatoscope");
      stop();
      const [track] = asked[0]?.give() ?? [];
      await opening;
      expect([track?.readyState, call.extras.tracks.second_camera.value]).toEqual(["ended", undefined]);
    }
  });

  it("stops a screen that is chosen after the person left", async () => {
    let give: (stream: object) => void = () => undefined;
    const chosen = new Promise((resolve) => {
      give = resolve;
    });
    Object.assign(navigator.mediaDevices, { getDisplayMedia: () => chosen });
    const tracks = [new FakeTrack("video"), new FakeTrack("audio")];
    const sharing = call.shareScreen();
    call.close();
    give({ getTracks: () => tracks, getVideoTracks: () => tracks.slice(0, 1), getAudioTracks: () => tracks.slice(1) });
    expect(await sharing).toBe(false);
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
  });

  it("offers and answers auscultation in stereo, and asks the microphone for all that it hears", async () => {
    const voice = (mid: string) =>
      `m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:${mid}\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n`;
    FakePeer.offer = FakePeer.answer = `v=0\r\n${voice("0")}${voice("1")}`;
    const asked = vi.spyOn(navigator.mediaDevices, "getUserMedia");
    await call.extras.openAuscultation("stethoscope");
    expect(asked).toHaveBeenCalledWith({
      audio: {
        echoCancellation: false,
        noiseSuppression: false,
        autoGainControl: false,
        channelCount: { ideal: 2 },
        deviceId: { exact: "stethoscope" },
      },
    });
    FakeSocket.last.welcome("in_call");
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    const [offer] = FakeSocket.last.of("publish_offer");
    const place = offer?.tracks.find(({ source }) => source === "auscultation")?.mid ?? "";
    const sections = (sdp = "") => sdp.split("m=audio").slice(1);
    expect(place).toBe("1");
    const raw = /a=fmtp:111 minptime=10;stereo=1;sprop-stereo=1;usedtx=0;maxaveragebitrate=192000\r\n/;
    expect(sections(offer?.sdp).map((section) => raw.test(section))).toEqual([false, true]);
    const tracks = [{ mid: "0", participant: "d", source: "auscultation" } as const];
    FakeSocket.last.say({ type: "subscribe_offer", generation: 1, sdp: "one", tracks: [...tracks] });
    await soon(() => expect(FakeSocket.last.of("subscribe_answer")).toHaveLength(1));
    expect(sections(FakeSocket.last.of("subscribe_answer")[0]?.sdp).map((each) => raw.test(each))).toEqual([
      true,
      false,
    ]);
    // Chromium decodes in stereo what its own description says so of.
    expect(sections(FakePeer.all[1]?.localDescription?.sdp).map((each) => raw.test(each))).toEqual([true, false]);
  });

  it("looks for a new path with credentials that have not ended", async () => {
    const server = (atMs: number) => ({
      urls: ["turn:h"],
      username: `${Math.round(atMs / 1_000)}:p1`,
      credential: "c",
    });
    const begin = Date.parse("2026-11-25T13:25:00.000Z");
    const hour = 3_600_000;
    FakeSocket.last.welcome("in_call", [server(begin + hour)]);
    await soon(() => expect(FakeSocket.last.of("publish_offer")).toHaveLength(1));
    answer(1);
    const [publisher] = FakePeer.all;
    publisher?.become("connected");
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + hour);
    dispatchEvent(new Event("online"));
    // The wire first, as the same device; the path when it has told others.
    await soon(() => expect(FakeSocket.all).toHaveLength(2));
    expect(publisher?.restarts).toBe(0);
    clock.mockRestore();
    FakeSocket.last.welcome("in_call", [server(begin + 2 * hour)]);
    expect(FakeSocket.last.of("hello")[0]).toMatchObject({ resume: "again" });
    await soon(() => expect(publisher?.restarts).toBe(1));
    expect(publisher?.configuration).toMatchObject({ iceServers: [server(begin + 2 * hour)] });
    expect([publisher?.isClosed, FakeSocket.all.length]).toEqual([false, 2]);
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
