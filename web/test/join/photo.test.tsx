import { signal } from "@preact/signals";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import { Photo } from "../../src/join/Photo";
import { PHOTO_MAX, prepared } from "../../src/join/photos";
import { Taking } from "../../src/join/taking";
import type { Receipt } from "../../src/protocol";
import type { Wire } from "../../src/wire";

/** A request whose other end is the test. */
class FakeRequest {
  static all: FakeRequest[] = [];
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onabort?: () => void;
  status = 0;
  responseText = "";
  headers: Record<string, string> = {};
  method = "";
  address = "";
  body: Blob | undefined;
  constructor() {
    FakeRequest.all.push(this);
  }
  open(method: string, address: string) {
    this.method = method;
    this.address = address;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  send(body: Blob) {
    this.body = body;
  }
  abort() {
    this.onabort?.();
  }
  answer(status: number, body: object) {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.onload?.();
  }
}

let taking: Taking;
const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
const receipt = (received: number): Receipt => ({ received, files: [], patients: [], ignored: [], refused: [] });
const said = () => screen.getAllByRole("status").map((each) => each.textContent?.trim());
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const wire = {
  welcome: signal({ appointment: "a1" }),
  now: () => Date.parse("2026-11-25T13:32:00Z"),
} as unknown as Wire;

beforeEach(() => {
  chooseLanguage("en");
  FakeRequest.all = [];
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:photo");
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue(undefined);
  taking = new Taking(wire, "secret", () => "Europe/Paris");
  render(<Photo taking={taking} />);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function choose(file: File): Promise<void> {
  const picker = document.querySelector("input[type=file]") as HTMLInputElement;
  Object.defineProperty(picker, "files", { value: [file], configurable: true });
  fireEvent.change(picker);
  await settle();
}
const photo = () => new File(["jpeg"], "IMG_0001.jpg", { type: "image/jpeg" });
async function begun(): Promise<FakeRequest> {
  await choose(photo());
  press("Send the photo");
  await settle();
  const request = FakeRequest.all.at(-1);
  if (!request) throw new Error("nothing was sent");
  return request;
}

describe("a photograph from the call", () => {
  it("opens the camera of a phone, and is seen before it goes", async () => {
    const picker = document.querySelector("input[type=file]") as HTMLInputElement;
    expect([picker.accept, picker.getAttribute("capture")]).toEqual(["image/*", "environment"]);
    await choose(photo());
    expect(screen.getByRole("img", { name: "Your photo" }).getAttribute("src")).toBe("blob:photo");
    expect(FakeRequest.all).toEqual([]);
  });

  it("goes with the proof of the link and without its own name, and its way is told", async () => {
    const request = await begun();
    expect([request.method, request.address]).toEqual([
      "POST",
      "/api/appointments/a1/studies?name=Photo%20of%2014%3A32.jpg",
    ]);
    expect(request.headers.authorization).toBe("Link secret");
    expect(await request.body?.text()).toBe("jpeg");
    act(() => request.upload.onprogress?.({ loaded: 60, total: 100 }));
    expect(said()).toContain("The photo is on its way: 50%");
    expect(screen.getByRole("progressbar").getAttribute("value")).toBe("0.6");
    act(() => request.upload.onprogress?.({ loaded: 100, total: 100 }));
    expect(said()).toContain("The photo is sent. The hospital is checking it…");
    request.answer(200, receipt(1));
    await settle();
    expect(said()).toContain("The photo has arrived. Your doctor can show it now.");
    expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:photo");
  });

  it("says why it was not taken, and can be sent again", async () => {
    for (const [code, words] of [
      ["too_many", /many photos/],
      ["wrong_file_kind", /not a photo/],
      ["not_found", /open the link/i],
    ] as const) {
      (await begun()).answer(409, { status: 409, code, detail: "" });
      await settle();
      expect(said().join(" ")).toMatch(words);
    }
    press("Send the photo");
    await settle();
    FakeRequest.all.at(-1)?.answer(200, receipt(0));
    await settle();
    expect(said().join(" ")).toContain("could not read this photo");
  });

  it("does not go when the person thinks better of it", async () => {
    const request = await begun();
    press("Do not send it");
    await settle();
    expect(screen.getByRole("button", { name: "Send the photo" })).toBeTruthy();
    act(() => request.upload.onprogress?.({ loaded: 100, total: 100 }));
    expect(screen.queryByRole("progressbar")).toBeNull();
  });

  it("goes on when its dialog is closed, and is found there again", async () => {
    const request = await begun();
    const aborted = vi.spyOn(request, "abort");
    cleanup();
    expect(aborted).not.toHaveBeenCalled();
    act(() => request.upload.onprogress?.({ loaded: 60, total: 100 }));
    render(<Photo taking={taking} />);
    expect(screen.getByRole("progressbar").getAttribute("value")).toBe("0.6");
    cleanup();
    request.answer(200, receipt(1));
    await settle();
    expect(taking.step.value.is).toBe("sent");
    render(<Photo taking={taking} />);
    expect(said()).toContain("The photo has arrived. Your doctor can show it now.");
    cleanup();
    // It was read: the next one can be taken.
    await vi.waitFor(() => expect(taking.step.value.is).toBe("choosing"));
  });
});

describe("what is sent", () => {
  it("is the photograph itself, unless the gateway does not take its kind or its size", async () => {
    const small = photo();
    expect(await prepared(small)).toBe(small);
    const drawn = new Blob(["drawn"], { type: "image/jpeg" });
    const sizes: number[][] = [];
    vi.stubGlobal("createImageBitmap", async () => ({ width: 8192, height: 4096, close: () => undefined }));
    HTMLCanvasElement.prototype.getContext = (() => ({
      drawImage: (...of: number[]) => sizes.push(of.slice(3)),
    })) as unknown as HTMLCanvasElement["getContext"];
    HTMLCanvasElement.prototype.toBlob = (f) => f(drawn);
    expect(await prepared(new Blob(["x"], { type: "image/heic" }))).toBe(drawn);
    const large = new Blob([new Uint8Array(PHOTO_MAX + 1)], { type: "image/jpeg" });
    expect(await prepared(large)).toBe(drawn);
    expect(sizes).toEqual([
      [4096, 2048],
      [4096, 2048],
    ]);
    vi.stubGlobal("createImageBitmap", async () => {
      throw new Error("not an image");
    });
    const broken = new Blob(["x"], { type: "image/heic" });
    expect(await prepared(broken)).toBe(broken);
  });
});
