import { describe, expect, it, vi } from "vitest";
import { canvasEasel, type Easel, PictureQueue } from "../../src/viewer/pictures";
import { pictureHeader } from "./fake-wire";

const header = (sequence: number, revision = sequence) => pictureHeader({ sequence, revision });
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function rig() {
  const pending: { bytes: number; done(): void; fail(): void }[] = [];
  const drawn: number[] = [];
  const acknowledged: number[] = [];
  let released = 0;
  let cleared = 0;
  const easel: Easel<number> = {
    decode: (_, bytes) =>
      new Promise((resolve, reject) => {
        const n = bytes[0] ?? 0;
        pending.push({ bytes: n, done: () => resolve(n), fail: () => reject(new Error("broken")) });
      }),
    draw: (_, { sequence }) => drawn.push(sequence),
    release: () => {
      released += 1;
    },
    clear: () => {
      cleared += 1;
    },
  };
  const queue = new PictureQueue(
    easel,
    (sequence) => acknowledged.push(sequence),
    () => undefined,
  );
  const send = (sequence: number, revision = sequence) =>
    queue.receive(header(sequence, revision), new Uint8Array([sequence]));
  const finish = async (how: "done" | "fail" = "done") => {
    pending.shift()?.[how]();
    await settle();
  };
  return { queue, send, finish, pending, drawn, acknowledged, counts: () => ({ released, cleared }) };
}

describe("pictures", () => {
  it("are decoded one at a time, and the latest of those that waited comes next", async () => {
    const { send, finish, pending, drawn, acknowledged } = rig();
    send(1);
    send(2);
    send(3);
    expect(pending.map((each) => each.bytes)).toEqual([1]);
    await finish();
    expect(drawn).toEqual([1]);
    expect(pending.map((each) => each.bytes)).toEqual([3]);
    await finish();
    expect(drawn).toEqual([1, 3]);
    expect(acknowledged).toEqual([1, 2, 3]);
  });

  it("are acknowledged only after they are drawn", async () => {
    const { send, finish, acknowledged } = rig();
    send(1);
    expect(acknowledged).toEqual([]);
    await finish();
    expect(acknowledged).toEqual([1]);
  });

  it("of an older revision never cover a newer one", async () => {
    const { send, finish, drawn, acknowledged } = rig();
    send(1, 7);
    await finish();
    send(2, 6);
    await finish();
    expect(drawn).toEqual([1]);
    expect(acknowledged).toEqual([1, 2]);
    send(3, 7);
    await finish();
    expect(drawn).toEqual([1, 3]);
  });

  it("that cannot be decoded are acknowledged, and the next one is drawn", async () => {
    const { send, finish, drawn, acknowledged } = rig();
    send(1);
    send(2);
    await finish("fail");
    expect(acknowledged).toEqual([1]);
    await finish();
    expect(drawn).toEqual([2]);
    expect(acknowledged).toEqual([1, 2]);
  });

  it("of an earlier connection are neither drawn nor acknowledged on the new one", async () => {
    const { queue, send, finish, drawn, acknowledged, counts } = rig();
    send(5, 9);
    queue.restart();
    send(0, 1);
    await finish();
    expect(drawn).toEqual([]);
    await finish();
    expect(drawn).toEqual([0]);
    expect(acknowledged).toEqual([0]);
    expect(counts().released).toBe(2);
  });

  it("of another view are acknowledged and not drawn, and its own count from anywhere", async () => {
    const { queue, send, finish, drawn, acknowledged, counts } = rig();
    send(1, 30);
    send(2, 31);
    queue.forget();
    expect(counts().cleared).toBe(1);
    expect(acknowledged).toEqual([2]);
    send(3, 4);
    await finish();
    await finish();
    expect(drawn).toEqual([3]);
    expect(acknowledged).toEqual([2, 1, 3]);
  });

  it("of what is shared no more are not drawn over the black surface", async () => {
    const { queue, send, finish, drawn, acknowledged, counts } = rig();
    send(1, 3);
    queue.clear(4);
    await finish();
    send(2, 3);
    expect(drawn).toEqual([]);
    expect(counts().cleared).toBe(1);
    expect(acknowledged).toEqual([1, 2]);
    send(3, 5);
    await finish();
    expect(drawn).toEqual([3]);
  });
});

describe("the canvas", () => {
  function easel() {
    const calls: unknown[][] = [];
    const context = {
      drawImage: (...all: unknown[]) => calls.push(all.slice(1)),
      clearRect: () => calls.push(["clear"]),
    };
    const canvas = { width: 0, height: 0, getContext: () => context };
    return { canvas, calls, easel: canvasEasel(canvas as unknown as HTMLCanvasElement) };
  }
  const bitmap = { close: vi.fn() } as unknown as ImageBitmap;

  it("draws a picture of exactly its size pixel by pixel", () => {
    const { canvas, calls, easel: it } = easel();
    it.draw(bitmap, header(1));
    expect([canvas.width, canvas.height]).toEqual([8, 8]);
    expect(calls).toEqual([[0, 0]]);
  });

  it("draws of a shared picture the part for its own surface, scaled down, and black where there is none", () => {
    const { canvas, calls, easel: it } = easel();
    const part: [number, number, number, number] = [-2, 10, 104, 80];
    it.draw(bitmap, { ...header(1), width: 100, height: 100, surfaceWidth: 52, surfaceHeight: 40, part });
    expect([canvas.width, canvas.height]).toEqual([52, 40]);
    expect(calls).toEqual([["clear"], [...part, 0, 0, 52, 40]]);
  });
});
