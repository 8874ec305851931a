import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Consultation } from "../../src/app/consultation/Consultation";
import { OpenAlone } from "../../src/app/consultation/OpenAlone";
import type { Visit } from "../../src/app/consultation/visit";
import { chooseLanguage } from "../../src/i18n";
import type { StudyEntry } from "../../src/protocol";
import { FakeSocket } from "../fake-socket";
import { accept, answering, inCall, installStaff, putOnShow, reject, study } from "./visit";

const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
let visit: Visit | undefined;
let socket: FakeSocket;

beforeEach(() => {
  chooseLanguage("en");
  installStaff();
});
afterEach(() => {
  cleanup();
  visit?.close();
  visit = undefined;
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function open(studies: StudyEntry[], presenter?: string): Promise<void> {
  answering({ "GET /api/appointments/a1/studies": studies });
  ({ visit, socket } = await inCall());
  if (presenter !== undefined) putOnShow(socket, "now", presenter);
  render(<OpenAlone visit={visit} series="now series" />);
  await settle();
}
const looksAlone = () =>
  socket.say({
    type: "own_view",
    revision: 2,
    arrangement: { layout: "one", active: 0, isLinked: false, viewports: [null] },
  });

describe("a study that somebody comes in with", () => {
  it("is looked at alone: unfollowed first, then opened, and that is said", async () => {
    await open([study("now")], "somebody");
    expect(socket.of("follow")).toMatchObject([{ isFollowing: false }]);
    expect(socket.of("share")).toHaveLength(0);
    accept(socket, "follow");
    act(looksAlone);
    await settle();
    expect(socket.of("share")).toMatchObject([{ series: "now series", viewport: 0, isOtherPatient: false }]);
    expect(screen.getByRole("status").textContent).toContain("Only you see this study");
    accept(socket, "share");
    fireEvent.click(screen.getByRole("button", { name: "Understood" }));
    expect(screen.getByRole("status").textContent).toBe("");
    // Nothing is opened a second time when the list changes.
    act(() => socket.say({ type: "studies_changed" }));
    await settle();
    expect([socket.of("follow").length, socket.of("share").length]).toEqual([1, 1]);
  });

  it("is not opened when the person cannot look alone", async () => {
    await open([study("now")], "somebody");
    reject(socket, "follow", "not_allowed");
    await settle();
    expect(socket.of("share")).toHaveLength(0);
    expect(visit?.problem.value).toBe("not_allowed");
  });

  it("leaves whoever leads as they are, and says when it is gone", async () => {
    await open([study("now")], "p1");
    expect([socket.of("follow").length, socket.of("share").length]).toEqual([0, 0]);
    cleanup();
    visit?.close();
    await open([study("other")]);
    expect(socket.of("follow")).toHaveLength(0);
    expect(visit?.problem.value).toBe("unknown_series");
  });

  it("asks before images of another name are opened, which only this person will see", async () => {
    await open([study("now", { patientName: "DURAND^PAUL", isOtherPatient: true })]);
    accept(socket, "follow");
    act(looksAlone);
    await settle();
    expect(socket.of("share")).toHaveLength(0);
    const dialog = screen.getByRole("dialog");
    expect(dialog.textContent).toContain("Only you will see them for now.");
    fireEvent.click(within(dialog).getByRole("button", { name: "I have checked, show" }));
    expect(socket.of("share")).toMatchObject([{ series: "now series", isOtherPatient: true }]);
  });
});

describe("the page of a consultation", () => {
  it("goes in at once when it is called with a study, without a microphone, and once", async () => {
    history.replaceState(null, "", "/app/consultation/a1?show=now%20series");
    answering({ "GET /api/appointments/a1/studies": [study("now")] });
    render(
      <LocationProvider>
        <Consultation appointment="a1" />
      </LocationProvider>,
    );
    FakeSocket.last.welcome("testing");
    await settle();
    expect(FakeSocket.last.of("enter")).toHaveLength(1);
    expect(location.search).toBe("");
    expect(screen.queryByRole("button", { name: "Enter" })).toBeNull();
  });

  it("shows the device check and why, when it cannot go in", async () => {
    history.replaceState(null, "", "/app/consultation/a1?show=now%20series");
    const asked = answering({ "GET /api/appointments/a1/studies": [study("now")] });
    render(
      <LocationProvider>
        <Consultation appointment="a1" />
      </LocationProvider>,
    );
    socket = FakeSocket.last;
    socket.welcome("testing");
    await settle();
    reject(socket, "enter", "not_allowed");
    await settle();
    expect(screen.getByRole("button", { name: "Enter" })).toBeTruthy();
    expect(screen.getByText(/Your account may not do this/)).toBeTruthy();
    // The check looks at the network too; nothing of it outlives the test.
    await vi.waitFor(() => expect(asked.map(({ path }) => path)).toContain("/api/diag"));
  });
});
