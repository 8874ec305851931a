import { beforeEach, describe, expect, it, vi } from "vitest";
import { classify, Devices } from "../../src/call/devices";
import { installDevices, installLateDevices, installPeers } from "./fake-media";

beforeEach(installPeers);

describe("classify", () => {
  it.each([
    ["NotAllowedError", "refused"],
    ["SecurityError", "refused"],
    ["NotReadableError", "in_use"],
    ["AbortError", "in_use"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
  ])("%s means %s", (name, state) => {
    expect(classify(new DOMException("x", name))).toBe(state);
  });
  it("takes anything else for a missing device", () => {
    expect(classify("what")).toBe("missing");
  });
});

const settle = () => new Promise((resolve) => setTimeout(resolve));

describe("Devices", () => {
  it("asks for both in one question", async () => {
    const asked = installDevices(() => undefined);
    const devices = new Devices();
    await devices.open();
    expect(asked).toEqual([["audio", "video"]]);
    expect([devices.camera.value, devices.microphone.value]).toEqual(["works", "works"]);
  });

  it("keeps the microphone when only the camera is missing", async () => {
    installDevices((kind) => (kind === "video" ? "NotFoundError" : undefined));
    const devices = new Devices();
    await devices.open();
    expect([devices.camera.value, devices.microphone.value]).toEqual(["missing", "works"]);
    expect(devices.microphoneTrack.value?.readyState).toBe("live");
  });

  it("does not ask again at once when both were refused", async () => {
    const asked = installDevices(() => "NotAllowedError");
    const devices = new Devices();
    await devices.open();
    expect(asked).toHaveLength(1);
    expect([devices.camera.value, devices.microphone.value]).toEqual(["refused", "refused"]);
  });

  it("stops what it has opened, and what comes too late", async () => {
    installDevices(() => undefined);
    const devices = new Devices();
    await devices.open();
    const track = devices.cameraTrack.value;
    devices.close();
    expect(track?.readyState).toBe("ended");
    expect(devices.camera.value).toBe("off");
    await devices.open();
    expect(devices.cameraTrack.value).toBeUndefined();
  });

  it("says that a camera was taken away, and films with no other one", async () => {
    const asked = installDevices(() => undefined);
    const devices = new Devices();
    await devices.open();
    devices.cameraTrack.value?.onended?.(new Event("ended"));
    expect(devices.camera.value).toBe("in_use");
    expect(devices.cameraTrack.value).toBeUndefined();
    expect(devices.news.value).toMatchObject({ is: "lost", kind: "camera" });
    await settle();
    expect(asked).toHaveLength(1);
    await devices.switchCameraOn();
    expect(devices.news.value).toBeUndefined();
  });

  it("asks only for what does not work, and for no camera that was switched off", async () => {
    let isBroken = true;
    const asked = installDevices((kind) => (kind === "audio" && isBroken ? "NotFoundError" : undefined));
    const devices = new Devices();
    await devices.open();
    devices.switchCameraOff();
    isBroken = false;
    asked.length = 0;
    await devices.open();
    expect(asked).toEqual([["audio"]]);
    expect([devices.camera.value, devices.microphone.value]).toEqual(["off", "works"]);
  });

  it("fails in words where the browser has no devices at all", async () => {
    Object.defineProperty(navigator, "mediaDevices", { value: undefined, configurable: true });
    expect(Devices.isSupported()).toBe(false);
    const devices = new Devices();
    await devices.open();
    expect([devices.camera.value, devices.microphone.value]).toEqual(["missing", "missing"]);
    vi.unstubAllGlobals();
  });
});

describe("a device that comes late", () => {
  it("does not come on after the camera was switched off", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const opening = devices.switchCameraOn();
    expect(devices.isOpening("camera")).toBe(true);
    devices.switchCameraOff();
    const [track] = asked[0]?.give() ?? [];
    await opening;
    expect([devices.camera.value, devices.cameraTrack.value, track?.readyState]).toEqual(["off", undefined, "ended"]);
  });

  it("does not come on after it was flipped, chosen or filtered anew and then switched off", async () => {
    for (const change of [
      (devices: Devices) => devices.flip(),
      (devices: Devices) => devices.choose("camera", "other"),
      (devices: Devices) => devices.choose("microphone", "other"),
      (devices: Devices) => devices.setNoiseSuppression(false),
    ]) {
      const asked = installLateDevices();
      const devices = new Devices();
      const opening = devices.open();
      asked[0]?.give();
      await opening;
      const changing = change(devices);
      devices.switchCameraOff();
      devices.releaseMicrophone();
      const [track] = asked[1]?.give() ?? [];
      await changing;
      await settle();
      expect([devices.camera.value, devices.microphone.value, track?.readyState]).toEqual(["off", "off", "ended"]);
      expect([devices.cameraTrack.value, devices.microphoneTrack.value]).toEqual([undefined, undefined]);
      expect(asked).toHaveLength(2);
    }
  });

  it("does not come on after the microphone was given back for the telephone", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const opening = devices.retryMicrophone();
    devices.releaseMicrophone();
    const [track] = asked[0]?.give() ?? [];
    await opening;
    expect([devices.microphone.value, track?.readyState]).toEqual(["off", "ended"]);
  });

  it("comes without the camera when that was switched off during the question for both", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const opening = devices.open();
    devices.switchCameraOff();
    const tracks = asked[0]?.give() ?? [];
    await opening;
    expect(tracks.map(({ kind, readyState }) => [kind, readyState])).toEqual([
      ["audio", "live"],
      ["video", "ended"],
    ]);
    expect([devices.camera.value, devices.microphone.value]).toEqual(["off", "works"]);
  });

  it("is not asked for alone after it was switched off during the question for both", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const opening = devices.open();
    devices.switchCameraOff();
    asked[0]?.fail("NotFoundError");
    await settle();
    asked[1]?.give();
    await opening;
    expect(asked.map(({ kinds }) => kinds)).toEqual([["audio", "video"], ["audio"]]);
    expect(devices.camera.value).toBe("off");
  });

  it("gives way to the one that was asked for after it, whichever comes first", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const one = devices.choose("microphone", "one");
    const two = devices.choose("microphone", "two");
    const [second] = asked[1]?.give() ?? [];
    const [first] = asked[0]?.give() ?? [];
    await Promise.all([one, two]);
    expect([first?.readyState, second?.readyState]).toEqual(["ended", "live"]);
    expect(devices.chosen("microphone")).toBe("two");
  });

  it("says nothing of a failure that nobody waits for any more", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const opening = devices.switchCameraOn();
    devices.switchCameraOff();
    asked[0]?.fail("NotReadableError");
    await opening;
    expect(devices.camera.value).toBe("off");
  });

  it("does not come on after all was let go of", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const opening = devices.open();
    devices.close();
    const tracks = asked[0]?.give() ?? [];
    await opening;
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
  });
});

describe("a headset that is unplugged", () => {
  it("gives way to the microphone that there is, once, and the person is told", async () => {
    const asked = installDevices(() => undefined);
    const devices = new Devices();
    await devices.choose("microphone", "headset");
    expect(devices.chosen("microphone")).toBe("headset");
    devices.microphoneTrack.value?.onended?.(new Event("ended"));
    await settle();
    expect([devices.microphone.value, devices.chosen("microphone")]).toEqual(["works", "default"]);
    expect(devices.news.value).toEqual({ is: "replaced", kind: "microphone", label: "default" });
    expect(asked).toHaveLength(2);
    // One that goes away again and again is not chased.
    devices.microphoneTrack.value?.onended?.(new Event("ended"));
    await settle();
    expect(devices.microphone.value).toBe("in_use");
    expect(asked).toHaveLength(2);
    await devices.retryMicrophone();
    expect(devices.microphone.value).toBe("works");
  });

  it("is said when there is no other microphone", async () => {
    let isThere = true;
    installDevices(() => (isThere ? undefined : "NotFoundError"));
    const devices = new Devices();
    await devices.retryMicrophone();
    isThere = false;
    devices.microphoneTrack.value?.onended?.(new Event("ended"));
    await settle();
    expect(devices.microphone.value).toBe("missing");
    expect(devices.news.value).toMatchObject({ is: "lost", kind: "microphone" });
  });

  it("does not open another microphone after the person gave theirs back", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const opening = devices.retryMicrophone();
    asked[0]?.give();
    await opening;
    devices.microphoneTrack.value?.onended?.(new Event("ended"));
    devices.releaseMicrophone();
    const [track] = asked[1]?.give() ?? [];
    await settle();
    expect([devices.microphone.value, track?.readyState, devices.news.value]).toEqual(["off", "ended", undefined]);
  });
});

describe("a choice that does not open", () => {
  it.each(["NotReadableError", "NotFoundError"])("(%s) returns to the device before and says so", async (failure) => {
    installDevices((_, deviceId) => (deviceId === "broken" ? failure : undefined));
    const devices = new Devices();
    await devices.choose("camera", "good");
    await devices.choose("camera", "broken");
    expect([devices.camera.value, devices.chosen("camera")]).toEqual(["works", "good"]);
    expect(devices.news.value).toEqual({ is: "kept", kind: "camera", label: "good" });
    await devices.choose("camera", "third");
    expect(devices.news.value).toBeUndefined();
  });

  it("does not return after the camera was switched off", async () => {
    const asked = installLateDevices();
    const devices = new Devices();
    const opening = devices.switchCameraOn();
    asked[0]?.give();
    await opening;
    const choosing = devices.choose("camera", "broken");
    devices.switchCameraOff();
    asked[1]?.fail("NotReadableError");
    await choosing;
    expect(asked).toHaveLength(2);
    expect(devices.camera.value).toBe("off");
  });
});
