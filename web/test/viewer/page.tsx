import { signal } from "@preact/signals";
import { act, cleanup, render } from "@testing-library/preact";
import { vi } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import type { Person } from "../../src/protocol";
import { Viewer } from "../../src/viewer/Viewer";
import { fakeWire } from "./fake-wire";

const person = (participant: string, role: Person["role"], name: string): Person => ({
  participant,
  role,
  name,
  place: { state: "in_call" },
  muted: [],
});

export const people = signal<Person[]>([
  person("me", "practitioner", "Dr Claire Martin"),
  person("other", "practitioner", "Dr Samir Haddad"),
  person("third", "practitioner", "Dr Ines Lindqvist"),
  person("patient", "patient", "Jeanne Petit"),
]);

let observers: { element: Element; tell(entries: unknown[]): void }[] = [];

/** What happy-dom lacks: sizes, bitmaps and canvases. Timers are the test's. */
export function beginPage(): void {
  chooseLanguage("en");
  vi.useFakeTimers();
  observers = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      #tell: (entries: unknown[]) => void;
      constructor(tell: (entries: unknown[]) => void) {
        this.#tell = tell;
      }
      observe(element: Element) {
        observers.push({ element, tell: this.#tell });
      }
      disconnect() {
        observers = observers.filter(({ tell }) => tell !== this.#tell);
      }
    },
  );
  vi.stubGlobal("createImageBitmap", async () => ({ width: 8, height: 8, close: () => undefined }));
  vi.stubGlobal("devicePixelRatio", 3);
  HTMLCanvasElement.prototype.getContext = (() => ({
    drawImage: () => undefined,
    clearRect: () => undefined,
  })) as unknown as HTMLCanvasElement["getContext"];
}

export function endPage(): void {
  cleanup();
  vi.useRealTimers();
}

/** Gives every element that matches a size in CSS pixels. */
export const resize = (width: number, height: number, matching = ".viewer-surface, .viewer-grid"): void => {
  act(() => {
    for (const { element, tell } of [...observers])
      if (element.matches(matching)) tell([{ contentRect: { width, height } }]);
  });
};

/** The viewer of "me", on a wire whose other end is the test. */
export function show(isStaff = true) {
  const fake = fakeWire();
  const view = () => render(<Viewer wire={fake.wire} self="me" mayPresent={isStaff} people={people} />);
  return {
    ...fake,
    view,
    /** With what only staff load. */
    viewStaff: async () => {
      const rendered = view();
      await vi.dynamicImportSettled();
      await act(async () => {
        await vi.advanceTimersByTimeAsync(0);
      });
      return rendered;
    },
    tell: (...of: Parameters<typeof fake.tell>) => act(() => fake.tell(...of)),
    picture: async (...of: Parameters<typeof fake.picture>) => {
      fake.picture(...of);
      await act(async () => {
        await vi.advanceTimersByTimeAsync(0);
      });
    },
    later: (ms: number) => act(() => void vi.advanceTimersByTime(ms)),
    /** Lets promises end, such as those of requests. */
    settle: () =>
      act(async () => {
        await vi.advanceTimersByTimeAsync(0);
      }),
  };
}
