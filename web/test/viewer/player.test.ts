import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ClientMessage } from "../../src/protocol";
import { Player } from "../../src/viewer/player";
import { Steering } from "../../src/viewer/steering";
import { pictureHeader } from "./fake-wire";
import { shown } from "./rig";

const cine = { frameMs: 100, framesMs: [], isSweep: false, first: 0, last: 39 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function rig(isFast = true) {
  const sent: ClientMessage[] = [];
  let index = 10;
  let hasFailed = false;
  const picture = () => pictureHeader({ index });
  const steering = new Steering(
    (message) => {
      sent.push(message);
      if (isFast && message.type === "scroll") draw(message.index);
    },
    0,
    (f) => void requestAnimationFrame(f),
  );
  const player = new Player(steering, picture, () => hasFailed);
  const draw = (at: number) => {
    index = at;
    steering.adopt(shown({ cine, index: at }));
    player.drawn(picture());
  };
  steering.adopt(shown({ cine }));
  player.adopt(shown({ cine }), true);
  const scrolls = () => sent.flatMap((message) => (message.type === "scroll" ? [message.index] : []));
  return {
    steering,
    player,
    draw,
    scrolls,
    fail: () => {
      hasFailed = true;
    },
    later: (ms: number) => vi.advanceTimersByTime(ms),
  };
}

describe("the player", () => {
  it("scrolls through the stack at its own pace, and says how well that goes", () => {
    const { player, scrolls, later } = rig();
    expect(player.toggle()).toBe(true);
    later(2_050);
    expect(scrolls().slice(0, 3)).toEqual([11, 12, 13]);
    expect(scrolls().length).toBeGreaterThanOrEqual(19);
    expect(player.playing.value?.wantedFps).toBeCloseTo(10, 6);
    expect(player.playing.value?.realFps).toBeGreaterThan(8);
    expect(player.playing.value?.dropped).toBe(0);
    player.toggle();
    const before = scrolls().length;
    later(1_000);
    expect(scrolls()).toHaveLength(before);
    expect(player.playing.value).toBeUndefined();
  });

  it("has never more than one picture on its way", () => {
    const { player, draw, scrolls, later } = rig(false);
    player.toggle();
    later(950);
    expect(scrolls()).toEqual([11]);
    draw(11);
    later(30);
    expect(scrolls()).toEqual([11, 19]);
    expect(player.playing.value?.dropped).toBe(0);
    later(600);
    expect(player.playing.value?.dropped).toBe(7);
  });

  it("goes on behind a frame that cannot be shown", () => {
    const { player, fail, scrolls, later } = rig(false);
    player.toggle();
    later(150);
    fail();
    later(100);
    expect(scrolls().length).toBe(2);
  });

  it("stops when a hand scrolls, when another stack is shown, and when somebody else presents", () => {
    const { player, steering, later } = rig();
    player.toggle();
    later(150);
    steering.scrollTo(30);
    later(50);
    expect(player.playing.value).toBeUndefined();
    player.toggle();
    player.adopt(shown({ series: "s2", cine }), true);
    expect(player.playing.value).toBeUndefined();
    steering.adopt(shown({ series: "s2", cine }));
    player.toggle();
    expect(player.playing.value).toBeDefined();
    player.adopt(shown({ series: "s2", cine }), false);
    expect(player.playing.value).toBeUndefined();
  });

  it("plays nothing where there is nothing to play", () => {
    const { player, steering } = rig();
    steering.adopt(shown());
    expect(player.toggle()).toBe(false);
    steering.adopt(shown({ cine: { ...cine, last: 0 } }));
    expect(player.toggle()).toBe(false);
  });

  it("takes the way of playing and the speed of each stack anew", () => {
    const { player } = rig();
    player.changeSpeed(1);
    player.toggleSweep();
    expect([player.speed.value, player.isSweep.value]).toEqual([1.5, true]);
    player.adopt(shown({ series: "s2", cine }), true);
    expect([player.speed.value, player.isSweep.value]).toEqual([1, false]);
    player.adopt(shown({ series: "s3", cine: { ...cine, isSweep: true } }), true);
    expect(player.isSweep.value).toBe(true);
  });
});
