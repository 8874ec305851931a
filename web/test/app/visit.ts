import { vi } from "vitest";
import { Visit } from "../../src/app/consultation/visit";
import type { SeriesEntry, StudyEntry } from "../../src/protocol";
import type { Shown } from "../../src/viewer/viewing";
import { installDevices, installPeers } from "../call/fake-media";
import { FakeSocket } from "../fake-socket";
import { showing } from "../viewer/fake-wire";
import { shown } from "../viewer/rig";

/** What the gateway answers to `METHOD /path`; a `Response` as it is, all else as JSON. */
export type Answers = Record<string, unknown | ((body: unknown) => unknown)>;

/** Answers calls of the HTTP interface, and remembers them. What has no answer is not found. */
export function answering(answers: Answers): { method: string; path: string; body: unknown }[] {
  const asked: { method: string; path: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", async (path: string, { method = "GET", body }: RequestInit = {}) => {
    const told = typeof body === "string" ? JSON.parse(body) : body;
    asked.push({ method, path, body: told });
    const found = answers[`${method} ${path}`];
    const answer: unknown = await (typeof found === "function" ? found(told) : found);
    if (answer instanceof Response) return answer.clone();
    if (answer === undefined) return problem(404, "not_found");
    return new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
  });
  return asked;
}

export const problem = (status: number, code: string): Response =>
  new Response(JSON.stringify({ status, code, detail: "" }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });

export const series = (name: string, changes: Partial<SeriesEntry> = {}): SeriesEntry => ({
  series: name,
  modality: "CT",
  description: name,
  kind: "image",
  frames: 12,
  bytes: 6_300_000,
  ...changes,
});

export const study = (name: string, changes: Partial<StudyEntry> = {}): StudyEntry => ({
  study: name,
  description: name,
  patientName: "DUBOIS^JEANNE",
  isOtherPatient: false,
  isPrior: false,
  series: [series(`${name} series`)],
  ...changes,
});

/** A visit of member of staff "p1" in the call, and the socket that is the gateway. */
export async function inCall(): Promise<{ visit: Visit; socket: FakeSocket }> {
  const visit = new Visit("a1");
  const socket = FakeSocket.last;
  socket.welcome("in_call");
  await vi.waitFor(() => {
    if (visit.phase.value !== "in" || visit.studies.value === undefined) throw new Error("not yet");
  });
  return { visit, socket };
}

/** What a page of staff lacks in the test's browser. */
export function installStaff(): void {
  FakeSocket.install();
  installPeers();
  installDevices(() => undefined);
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
}

/** The gateway says that a series is on show, in one viewport. */
export function putOnShow(socket: FakeSocket, name: string, presenter: string | undefined): void {
  const whole: Shown = shown({ series: name });
  const { modality, title, count, stacks, states, graphics: _, cine: __, ...step } = whole;
  socket.say({ type: "series_shown", series: name, modality, title, count, stacks, states });
  socket.say({ ...showing(1, null, presenter), viewports: [{ ...step, picture: 1 }] });
}

/** The last request of a kind, accepted. */
export function accept(socket: FakeSocket, type: string): void {
  const message = socket.sent.filter((each) => each.type === type).at(-1);
  if (!message || !("request" in message)) throw new Error(`nothing was asked: ${type}`);
  socket.say({ type: "accepted", request: message.request });
}

export function reject(socket: FakeSocket, type: string, code: "not_presenter" | "cannot_show" | "not_allowed"): void {
  const message = socket.sent.filter((each) => each.type === type).at(-1);
  if (!message || !("request" in message)) throw new Error(`nothing was asked: ${type}`);
  socket.say({ type: "rejected", request: message.request, code, detail: "" });
}
