import { beforeEach, describe, expect, it, vi } from "vitest";
import { classify, Devices } from "../../src/call/devices";
import { installDevices, installPeers } from "./fake-media";

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

  it("says that a device was taken away", async () => {
    installDevices(() => undefined);
    const devices = new Devices();
    await devices.open();
    devices.cameraTrack.value?.onended?.(new Event("ended"));
    expect(devices.camera.value).toBe("in_use");
    expect(devices.cameraTrack.value).toBeUndefined();
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
