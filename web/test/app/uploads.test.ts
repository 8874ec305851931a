import { describe, expect, it } from "vitest";
import {
  linesOf,
  mayRetry,
  neutralName,
  patientsOf,
  reportOf,
  type Send,
  Uploads,
} from "../../src/app/consultation/uploads";
import type { ProblemCode, Receipt } from "../../src/protocol";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const file = (name: string, size = 10) => ({ name, file: new Blob([new Uint8Array(size)]) });
const receipt = (changes: Partial<Receipt> = {}): Receipt => ({
  received: 1,
  files: [],
  patients: [],
  ignored: [],
  refused: [],
  ...changes,
});

function rig() {
  const open: {
    address: string;
    part(n: number): void;
    done(r: Receipt): Promise<void>;
    fail(code: ProblemCode): Promise<void>;
    signal: AbortSignal;
  }[] = [];
  let changes = 0;
  const send: Send = (address, _, { onPart, signal }) =>
    new Promise((resolve, reject) => {
      open.push({
        address,
        signal,
        part: onPart,
        done: async (r) => {
          resolve(r);
          await settle();
        },
        fail: async (code) => {
          reject(code);
          await settle();
        },
      });
    });
  const uploads = new Uploads("a1", () => (changes += 1), send);
  return { uploads, open, changes: () => changes, report: () => reportOf(uploads.items.value) };
}

describe("uploads", () => {
  it("go two at a time, in order", async () => {
    const { uploads, open } = rig();
    uploads.add([file("a"), file("b"), file("c"), file("d")]);
    expect(open).toHaveLength(2);
    await open[1]?.done(receipt());
    expect(open).toHaveLength(3);
    await open[0]?.done(receipt());
    await open[2]?.done(receipt());
    expect(open).toHaveLength(4);
  });

  it("never put the name of a file into an address", () => {
    const { uploads, open } = rig();
    uploads.add([file("CD/DUBOIS^JEANNE/IM0001"), file("Dubois Jeanne.ZIP")]);
    expect(open.map(({ address }) => address)).toEqual([
      "/api/appointments/a1/studies?name=file-1",
      "/api/appointments/a1/studies?name=file-2.zip",
    ]);
    expect(neutralName({ key: 3, name: "x.jeanne-dubois" })).toBe("file-3");
  });

  it("report what was taken in, left aside and refused, by the names that the person knows", async () => {
    const { uploads, open, report, changes } = rig();
    uploads.add([file("scan.dcm"), file("disc.zip"), file("letter.pdf")]);
    await open[0]?.done(receipt());
    await open[1]?.done(
      receipt({
        received: 40,
        ignored: ["AUTORUN.INF", "viewer.exe"],
        refused: [{ name: "IM/7", code: "cannot_show", reason: "x" }],
      }),
    );
    await open[2]?.done(receipt({ received: 0, refused: [{ name: "file-3.pdf", code: "not_dicom", reason: "x" }] }));
    expect(report()).toMatchObject({ total: 3, done: 3, isRunning: false, received: 41, ignored: 2, mayRetry: false });
    expect(report().refused).toEqual([
      { name: "disc.zip › IM/7", code: "cannot_show" },
      { name: "letter.pdf", code: "not_dicom" },
    ]);
    expect(changes()).toBe(2);
    expect(linesOf(uploads.items.value)).toEqual([
      { name: "scan.dcm", is: "received", count: 1 },
      { name: "disc.zip", is: "received", count: 40 },
      { name: "disc.zip › IM/7", is: "refused", code: "cannot_show", reason: "x" },
      { name: "disc.zip › AUTORUN.INF", is: "ignored" },
      { name: "disc.zip › viewer.exe", is: "ignored" },
      { name: "letter.pdf", is: "refused", code: "not_dicom", reason: "x" },
    ]);
  });

  it("have a line for each file from the start on", async () => {
    const { uploads, open } = rig();
    uploads.add([file("a"), file("b"), file("c")]);
    open[0]?.part(0.5);
    await open[1]?.fail("too_large");
    expect(linesOf(uploads.items.value)).toEqual([
      { name: "a", is: "sending", part: 0.5 },
      { name: "b", is: "refused", code: "too_large", reason: "" },
      { name: "c", is: "sending", part: 0 },
    ]);
    await open[0]?.done(receipt({ received: 0, ignored: ["file-1"] }));
    expect(linesOf(uploads.items.value)[0]).toEqual({ name: "a", is: "ignored" });
  });

  it("count progress by bytes", () => {
    const { uploads, open, report } = rig();
    uploads.add([file("a", 300), file("b", 100)]);
    open[0]?.part(0.5);
    expect(report().part).toBeCloseTo(150 / 400, 9);
    expect(report().isRunning).toBe(true);
  });

  it("are unpacked when all of them are sent, and not before", async () => {
    const { uploads, open, report } = rig();
    uploads.add([file("a"), file("b"), file("c")]);
    open[0]?.part(1);
    open[1]?.part(0.4);
    expect(report().isUnpacking).toBe(false);
    await open[0]?.done(receipt());
    open[1]?.part(1);
    expect(report().isUnpacking).toBe(false);
    open[2]?.part(1);
    expect(report()).toMatchObject({ isUnpacking: true, isRunning: true, done: 1 });
    await open[1]?.done(receipt());
    await open[2]?.done(receipt());
    expect(report()).toMatchObject({ isUnpacking: false, isRunning: false });
  });

  it("can be tried again when the network failed, not when the file was refused", async () => {
    const { uploads, open, report } = rig();
    uploads.add([file("a"), file("b")]);
    await open[0]?.fail("unavailable");
    await open[1]?.fail("not_dicom");
    expect(uploads.items.value.map(mayRetry)).toEqual([true, false]);
    uploads.retry();
    expect(open).toHaveLength(3);
    await open[2]?.done(receipt());
    expect(report()).toMatchObject({ received: 1, mayRetry: false });
    expect(report().refused.map(({ name }) => name)).toEqual(["b"]);
  });

  it("stop, keep what was taken in, and can go on later", async () => {
    const { uploads, open, report } = rig();
    uploads.add([file("a"), file("b"), file("c")]);
    await open[0]?.done(receipt());
    uploads.stop();
    expect(open[1]?.signal.aborted).toBe(true);
    await open[1]?.fail("unavailable");
    await open[2]?.fail("unavailable");
    expect(open).toHaveLength(3);
    expect(report()).toMatchObject({ received: 1, isStopped: true, isRunning: false, mayRetry: true });
    uploads.retry();
    expect(open).toHaveLength(5);
  });
});

it("patients of an upload are told once each, strangers first", () => {
  const item = (key: number, patients: Receipt["patients"]) => ({
    ...file(`file-${key}`),
    key,
    state: { is: "received" as const, receipt: receipt({ patients }) },
  });
  const marie = { name: "DUPONT Marie", birthDate: "1950-03-02", objects: 2, isOtherPatient: false };
  const jean = { name: "MARTIN Jean", objects: 1, isOtherPatient: true };
  expect(patientsOf([item(1, [marie]), item(2, [marie, jean])])).toEqual([jean, { ...marie, objects: 4 }]);
});
