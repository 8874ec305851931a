import { describe, expect, it } from "vitest";
import { Sight } from "../../src/call/sight";

const PIXELS = 64 * 48;
/** A picture of one brightness, with noise of so much. */
const picture = (luma: number, noise: number): Uint8Array =>
  Uint8Array.from({ length: PIXELS }, () => luma + Math.round(Math.random() * noise));
/** A room: light and dark, with the noise of a camera. */
const room = (): Uint8Array => Uint8Array.from({ length: PIXELS }, (_, at) => (at % 200) + Math.round(Math.random()));

function look(sight: Sight, fromMs: number, toMs: number, sample: () => Uint8Array | undefined) {
  let word: ReturnType<Sight["sample"]>;
  for (let now = fromMs; now <= toMs; now += 500) word = sight.sample(now, sample());
  return word;
}

describe("Sight", () => {
  it("is good as soon as the picture lives, and not before", () => {
    const sight = new Sight();
    expect(sight.sample(0, room())).toBeUndefined();
    expect(sight.sample(500, room())).toBe("good");
  });
  it("tells a covered lens, noise or not, after two seconds", () => {
    for (const noise of [0, 6]) {
      const sight = new Sight();
      expect(look(sight, 0, 1_500, () => picture(0, noise))).toBeUndefined();
      expect(look(sight, 2_000, 2_000, () => picture(0, noise))).toBe("black");
      expect(look(sight, 2_500, 3_000, room)).toBe("good");
    }
  });
  it("takes no dark room with a lamp in it for a covered lens", () => {
    const lamp = () => Uint8Array.from({ length: PIXELS }, (_, at) => (at % 50 === 0 ? 200 : Math.random() * 4));
    expect(look(new Sight(), 0, 10_000, lamp)).toBe("good");
  });
  it("tells a picture that stands still after five seconds", () => {
    const still = room();
    const sight = new Sight();
    look(sight, 0, 1_000, room);
    expect(look(sight, 1_500, 6_000, () => still)).toBe("good");
    expect(look(sight, 6_500, 6_500, () => still)).toBe("frozen");
    expect(sight.sample(7_000, room())).toBe("good");
  });
  it("tells a camera that gives no picture at all", () => {
    expect(look(new Sight(), 0, 2_000, () => undefined)).toBe("black");
  });
});
