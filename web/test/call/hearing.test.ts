import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Hearing } from "../../src/call/hearing";

describe("a speaker that is unplugged", () => {
  beforeEach(() => {
    localStorage.clear();
    Object.assign(HTMLMediaElement.prototype, { setSinkId: async () => undefined });
  });
  afterEach(() => {
    delete (HTMLMediaElement.prototype as { setSinkId?: unknown }).setSinkId;
  });

  it("gives way to that of the system, and is used again when it is back", async () => {
    let known = [{ kind: "audiooutput", deviceId: "headset" }];
    const mediaDevices = { enumerateDevices: async () => known };
    Object.defineProperty(navigator, "mediaDevices", { value: mediaDevices, configurable: true });
    const setSinkId = vi.fn(async () => undefined);
    const voice = { setSinkId } as unknown as HTMLMediaElement;
    const hearing = new Hearing();
    await hearing.follow([voice]);
    expect(setSinkId).not.toHaveBeenCalled();
    hearing.choose("headset");
    await hearing.follow([voice]);
    expect(setSinkId).toHaveBeenLastCalledWith("headset");
    known = [];
    await hearing.follow([voice]);
    expect(setSinkId).toHaveBeenLastCalledWith("");
    known = [{ kind: "audiooutput", deviceId: "headset" }];
    await hearing.follow([voice]);
    expect(setSinkId).toHaveBeenLastCalledWith("headset");
  });
});
