import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { KeyImageState } from "../../src/protocol";
import { type KeyImages, keyImagesOf } from "../../src/viewer/key-images";
import { viewingOf } from "../../src/viewer/viewing";
import { Rejected } from "../../src/wire";
import { fakeWire, showing } from "./fake-wire";
import { shown } from "./rig";

let fake: ReturnType<typeof fakeWire>;
let images: KeyImages;

beforeEach(() => {
  vi.useFakeTimers();
  fake = fakeWire();
  viewingOf(fake.wire);
  images = keyImagesOf(fake.wire);
});
afterEach(() => vi.useRealTimers());

it("are those that the gateway told last, and of one connection", () => {
  const image = { image: "k1" } as KeyImageState;
  expect(images.items.value).toBeUndefined();
  fake.tell({ type: "key_images", images: [image] });
  expect(images.items.value).toEqual([image]);
  fake.tell({ type: "key_images", images: [] });
  expect(images.items.value).toEqual([]);
  expect(keyImagesOf(fake.wire)).toBe(images);
  expect(keyImagesOf(fakeWire().wire)).not.toBe(images);
});

it("keep what a viewport shows, one at a time, and that is news for a while", async () => {
  fake.tell(showing(1, shown()));
  let accept: () => void = () => undefined;
  fake.wire.request = (message) => {
    fake.requests.push(message);
    return new Promise((resolve) => {
      accept = resolve;
    });
  };
  const keeping = images.keep(0);
  expect(images.news.value).toEqual({ what: "keeping" });
  await images.keep(0);
  expect(fake.requests).toEqual([{ type: "keep_image", viewport: 0, caption: "" }]);
  accept();
  await keeping;
  expect(images.news.value).toEqual({ what: "kept" });
  vi.advanceTimersByTime(10_000);
  expect(images.news.value).toBeUndefined();
});

it("keep nothing where there is no picture, and say why the gateway did not", async () => {
  await images.keep(0);
  expect(images.news.value).toEqual({ what: "nothing" });
  fake.tell(showing(1, shown({ content: "text" })));
  await images.keep(0);
  expect(fake.requests).toEqual([]);
  fake.tell(showing(2, shown()));
  await images.keep(3);
  expect(images.news.value).toEqual({ what: "nothing" });
  fake.wire.request = async () => {
    throw new Rejected("too_many", "");
  };
  await images.keep(0);
  expect(images.news.value).toEqual({ what: "refused", code: "too_many" });
  fake.wire.request = async () => undefined;
  await images.keep(0);
  expect(images.news.value).toEqual({ what: "kept" });
});
