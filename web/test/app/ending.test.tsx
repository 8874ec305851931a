import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Consultation } from "../../src/app/consultation/Consultation";
import { facts } from "../../src/app/who";
import { chooseLanguage } from "../../src/i18n";
import type { HospitalFacts } from "../../src/protocol";
import { FakeSocket } from "../fake-socket";
import { entry } from "./entries";
import { answering, installStaff } from "./visit";

class FakeRequest {
  static all: FakeRequest[] = [];
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onabort?: () => void;
  isAborted = false;
  status = 0;
  responseText = "";
  constructor() {
    FakeRequest.all.push(this);
  }
  open() {}
  setRequestHeader() {}
  send() {}
  abort() {
    this.isAborted = true;
    this.onabort?.();
  }
}

beforeEach(() => {
  chooseLanguage("en");
  installStaff();
  FakeRequest.all = [];
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  facts.value = { name: "H", telephone: "1", timeZone: "Europe/Paris", isDemo: false } as HospitalFacts;
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true;
  };
  answering({
    "GET /api/appointments/a1": entry(),
    "GET /api/appointments/a1/studies": [],
    "GET /api/appointments/a1/after": { askedBack: [], ratings: [] },
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("an upload goes on when the consultation is ended, and its report stays in sight", async () => {
  history.replaceState(null, "", "/app/consultation/a1");
  render(
    <LocationProvider scope="/app">
      <Consultation appointment="a1" />
    </LocationProvider>,
  );
  FakeSocket.last.welcome("in_call");
  fireEvent.click(await screen.findByRole("tab", { name: /^Images|^Studies|^Files/ }));
  const picker = document.querySelector("input[type=file]") as HTMLInputElement;
  Object.defineProperty(picker, "files", { value: [new File(["x"], "a.dcm")], configurable: true });
  fireEvent.change(picker);
  await vi.waitFor(() => expect(FakeRequest.all).toHaveLength(1));
  const request = FakeRequest.all[0] as FakeRequest;
  act(() => request.upload.onprogress?.({ loaded: 50, total: 100 }));
  fireEvent.click(screen.getByRole("button", { name: /^End/ }));
  expect(await screen.findByText(/still on their way \(50%\)/)).toBeTruthy();
  act(() => FakeSocket.last.say({ type: "ended", status: "fulfilled", outcome: "completed" }));
  await screen.findByText("The consultation is over.");
  expect(request.isAborted).toBe(false);
  expect(screen.getByRole("progressbar", { name: "Adding files" })).toBeTruthy();
  request.status = 200;
  request.responseText = JSON.stringify({ received: 1, files: [], patients: [], ignored: [], refused: [] });
  act(() => request.onload?.());
  expect(await screen.findByText(/1 file added/)).toBeTruthy();
});
