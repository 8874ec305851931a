import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Studies } from "../../src/app/consultation/Studies";
import { Uploads } from "../../src/app/consultation/uploads";
import type { Visit } from "../../src/app/consultation/visit";
import { chooseLanguage } from "../../src/i18n";
import type { StudyEntry } from "../../src/protocol";
import type { FakeSocket } from "../fake-socket";
import { accept, answering, inCall, installStaff, putOnShow, reject, series, study } from "./visit";

let visit: Visit;
let socket: FakeSocket;

beforeEach(() => {
  chooseLanguage("en");
  installStaff();
});
afterEach(() => {
  cleanup();
  visit.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function show(studies: StudyEntry[]): Promise<void> {
  answering({ "GET /api/appointments/a1/studies": studies });
  ({ visit, socket } = await inCall());
  render(<Studies visit={visit} />);
}
const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
const said = () => screen.getAllByRole("status").map((each) => each.textContent?.trim());

describe("the studies of an appointment", () => {
  const now = study("Thorax now", {
    date: "2026-11-18",
    series: [series("now", { acquiredAt: "2026-11-18T09:41:00" })],
  });
  const old = study("Thorax 2024", {
    date: "2024-03-01",
    isPrior: true,
    series: [series("old", { acquiredAt: "2024-03-02T00:05:00" })],
  });
  const older = study("Thorax 2020", {
    date: "2020-03-01",
    isPrior: true,
    series: [series("older"), series("letter", { kind: "document", frames: 0 })],
  });

  it("tell size, count and time of each series, and keep priors apart, the newest first", async () => {
    await show([older, now, old]);
    expect(screen.getByText("12 images · 6.3 MB · acquired at 09:41")).toBeTruthy();
    expect(screen.getByText("12 images · 6.3 MB · acquired 2 Mar 2024 at 00:05")).toBeTruthy();
    const priors = screen.getByRole("region", { name: "Prior studies" });
    const titles = within(priors).getAllByRole("heading", { level: 4 });
    expect(titles.map((each) => each.textContent)).toEqual(["Thorax 2024", "Thorax 2020"]);
    expect(screen.getAllByRole("heading", { level: 3 }).map((each) => each.textContent)).toEqual([
      "Thorax now",
      "Prior studies",
    ]);
  });

  it("lay a prior beside what is shown, linked with it", async () => {
    await show([now, old, older]);
    const compare = () => screen.queryAllByRole("button", { name: /^Compare/ }).map((each) => each.textContent);
    expect(compare()).toEqual([]);
    act(() => putOnShow(socket, "now", "p1"));
    // A letter has no pictures, and what is shown is not its own prior.
    expect(compare()).toEqual(["Compare CT · old", "Compare CT · older"]);
    fireEvent.click(screen.getByRole("button", { name: "Compare CT · old" }));
    expect(socket.of("present")).toHaveLength(0);
    expect(socket.of("set_layout")).toMatchObject([{ layout: "side_by_side" }]);
    expect(socket.of("share")).toMatchObject([{ series: "old", viewport: 1, isOtherPatient: false }]);
    expect(socket.of("set_linked")).toHaveLength(0);
    const opening = screen.getByRole("button", { name: "Opening… CT · old" });
    expect(opening.getAttribute("aria-disabled")).toBe("true");
    fireEvent.click(opening);
    expect(socket.of("share")).toHaveLength(1);
    accept(socket, "share");
    await settle();
    expect(socket.of("set_linked")).toMatchObject([{ isLinked: true }]);
    expect(screen.queryByText("Opening…")).toBeNull();
  });

  it("compare only for whoever leads, and put the layout back when nothing came of it", async () => {
    await show([now, old]);
    act(() => putOnShow(socket, "now", "somebody"));
    fireEvent.click(screen.getByRole("button", { name: "Compare CT · old" }));
    reject(socket, "present", "not_presenter");
    await settle();
    expect(socket.of("set_layout")).toHaveLength(0);
    expect(visit.problem.value).toBe("not_presenter");
    fireEvent.click(screen.getByRole("button", { name: "Compare CT · old" }));
    accept(socket, "present");
    await settle();
    reject(socket, "share", "cannot_show");
    await settle();
    expect(socket.of("set_layout").map(({ layout }) => layout)).toEqual(["side_by_side", "one"]);
    expect(socket.of("set_linked")).toHaveLength(0);
    expect(screen.getByText("Cannot be shown")).toBeTruthy();
  });

  it("ask before a prior of another name is shown, and say what went wrong in the question", async () => {
    const other = { ...old, patientName: "DURAND^PAUL", isOtherPatient: true };
    await show([now, other]);
    act(() => putOnShow(socket, "now", "p1"));
    fireEvent.click(screen.getByRole("button", { name: "Compare CT · old" }));
    expect(socket.of("share")).toHaveLength(0);
    fireEvent.click(screen.getByRole("button", { name: "I have checked, show" }));
    expect(socket.of("share")).toMatchObject([{ series: "old", viewport: 1, isOtherPatient: true }]);
    reject(socket, "share", "cannot_show");
    await settle();
    expect(within(screen.getByRole("dialog")).getByRole("alert").textContent).toContain("cannot be shown");
  });

  it("are taken back after a question, and the focus is not lost", async () => {
    let studies = [now, old];
    const asked = answering({
      "GET /api/appointments/a1/studies": () => studies,
      "DELETE /api/studies/Thorax%20now": () => {
        studies = [old];
        return new Response(null, { status: 204 });
      },
    });
    ({ visit, socket } = await inCall());
    render(<Studies visit={visit} />);
    fireEvent.click(screen.getByRole("button", { name: "Take this study back Thorax now" }));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    fireEvent.click(screen.getByRole("button", { name: "Yes, take it back" }));
    await settle();
    await settle();
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(screen.queryByText("Thorax now")).toBeNull();
    expect(said()).toContain("Study taken back.");
    expect(document.activeElement?.textContent).toBe("Studies");
  });

  it("say that files of somebody else arrive, once, and count them beside", async () => {
    await show([]);
    act(() => socket.say({ type: "receiving", files: 3, received: 2, isOver: false }));
    expect(said()).toContain("Files are coming in for this appointment.");
    expect(screen.getByText(/2 added so far/)).toBeTruthy();
    act(() => socket.say({ type: "receiving", files: 4, received: 3, isOver: true }));
    expect(said().join("")).toBe("");
    act(() => socket.say({ type: "receiving", files: 3, received: 2, isOver: false }));
    act(() => socket.welcome("in_call"));
    expect(said().join("")).toBe("");
  });
});

describe("files that are added", () => {
  it("show how far each is, and that the gateway unpacks what is sent", async () => {
    const going: ((part: number) => void)[] = [];
    answering({ "GET /api/appointments/a1/studies": [] });
    ({ visit, socket } = await inCall());
    const uploads = new Uploads(
      "a1",
      () => undefined,
      (_, __, { onPart }) => {
        going.push(onPart);
        return new Promise(() => undefined);
      },
    );
    Object.assign(visit, { uploads });
    render(<Studies visit={visit} />);
    act(() => uploads.add(["disc.zip", "scan.dcm"].map((name) => ({ name, file: new Blob(["0123456789"]) }))));
    act(() => going[0]?.(0.3));
    const bars = () =>
      screen.getAllByRole("progressbar").map((each) => [each.getAttribute("value") ?? "", nameOf(each)]);
    expect(bars()).toEqual([
      ["0.15", "Adding files"],
      ["0.3", "disc.zip"],
      ["0", "scan.dcm"],
    ]);
    expect(said()).toContain("Being sent.");
    act(() => going[0]?.(1));
    expect(bars()[1]).toEqual(["", "disc.zip"]);
    expect(screen.getAllByText("sent, being unpacked…").length).toBeGreaterThan(0);
    expect(said()).toContain("Being sent.");
    act(() => going[1]?.(1));
    expect(bars()[0]).toEqual(["", "Adding files"]);
    expect(said()).toContain("All is sent. The server is unpacking and checking…");
    // What the gateway says of one's own upload is no news of somebody else.
    act(() => socket.say({ type: "receiving", files: 3, received: 2, isOver: false }));
    expect(said()).not.toContain("Files are coming in for this appointment.");
  });
});

const nameOf = (element: Element): string | null =>
  element.getAttribute("aria-label") ??
  document.getElementById(element.getAttribute("aria-labelledby") ?? "")?.textContent ??
  null;
