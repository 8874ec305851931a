import { act, cleanup, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Happened } from "../../src/call/parts/Happened";
import { chooseLanguage } from "../../src/i18n";
import { Wire } from "../../src/wire";
import { FakeSocket } from "../fake-socket";

let wire: Wire;
let told: string[];

beforeEach(() => {
  vi.useFakeTimers();
  chooseLanguage("en");
  FakeSocket.install();
  wire = new Wire(() => ({ type: "hello", protocol: 4, language: "en", link: "x" }), "ws://test/ws");
  FakeSocket.last.welcome("in_call");
  told = [];
  const tell = (_: string, text: string) => void told.push(text);
  render(<Happened wire={wire} tell={tell} />);
});
afterEach(() => {
  cleanup();
  wire.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("tells who drops in, and for a while only, but not oneself", () => {
  act(() => FakeSocket.last.say({ type: "dropped_in", participant: "p1", name: "Dr Sofia Lindqvist" }));
  expect(told).toEqual([]);
  act(() => FakeSocket.last.say({ type: "dropped_in", participant: "p9", name: "Dr Sofia Lindqvist" }));
  const text = "Dr Sofia Lindqvist, a radiologist, is joining the consultation.";
  expect(screen.getByText(text)).toBeTruthy();
  expect(told).toEqual([text]);
  act(() => void vi.advanceTimersByTime(20_000));
  expect(screen.queryByText(text)).toBeNull();
});

it("tells that what was on show was taken back", () => {
  act(() => FakeSocket.last.say({ type: "series_withdrawn", series: ["s1"] }));
  expect(screen.getByText("The study that was shown has just been taken back.")).toBeTruthy();
});
