import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider, useLocation } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Send, Uploads } from "../../src/app/consultation/uploads";
import { type Hold, hold } from "../../src/app/parts/holding";
import { Leaving } from "../../src/app/parts/Leaving";
import { chooseLanguage } from "../../src/i18n";

const releases: (() => void)[] = [];
const held = (more: Partial<Hold> = {}) => {
  const release = hold({ what: "writing", settle: async () => false, drop: () => release(), ...more });
  releases.push(release);
  return release;
};
const asks = () => {
  const event = new Event("beforeunload", { cancelable: true });
  dispatchEvent(event);
  return event.defaultPrevented;
};

function Page() {
  const { path } = useLocation();
  return (
    <>
      <p>{path}</p>
      <a href="/app/worklist">Worklist</a>
      <Leaving />
    </>
  );
}

beforeEach(() => {
  chooseLanguage("en");
  history.replaceState(null, "", "/app/report/a1");
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true;
  };
  render(
    <LocationProvider scope="/app">
      <Page />
    </LocationProvider>,
  );
});
afterEach(() => {
  for (const release of releases.splice(0)) release();
  cleanup();
  vi.unstubAllGlobals();
});
const go = () => fireEvent.click(screen.getByRole("link", { name: "Worklist" }));

describe("a link that leads away from a text that is not saved", () => {
  it("leads there at once when nothing would be lost", async () => {
    go();
    await screen.findByText("/app/worklist");
  });

  it("asks first, and stays", async () => {
    held();
    go();
    fireEvent.click(await screen.findByRole("button", { name: "Stay on this page" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(location.pathname).toBe("/app/report/a1");
    expect(asks()).toBe(true);
  });

  it("leads there when the person says so", async () => {
    held();
    go();
    fireEvent.click(await screen.findByRole("button", { name: "Leave all the same" }));
    await screen.findByText("/app/worklist");
    expect(asks()).toBe(false);
  });

  it("asks before the way back, too, and stays in the address", async () => {
    held();
    history.replaceState(null, "", "/app/worklist");
    dispatchEvent(new PopStateEvent("popstate"));
    await screen.findByRole("button", { name: "Stay on this page" });
    expect(location.pathname).toBe("/app/report/a1");
  });

  it("saves what can be saved, and asks nothing then", async () => {
    const release = held({
      settle: async () => {
        release();
        return true;
      },
    });
    go();
    await screen.findByText("/app/worklist");
  });
});

describe("files that are on their way", () => {
  it("hold the page until they have arrived", async () => {
    let arrive: () => void = () => undefined;
    const send: Send = () =>
      new Promise((resolve) => {
        arrive = () => resolve({ received: 1, files: [], patients: [], ignored: [], refused: [] });
      });
    const uploads = new Uploads("a1", () => undefined, send);
    expect(asks()).toBe(false);
    uploads.add([{ name: "a", file: new Blob(["x"]) }]);
    expect(asks()).toBe(true);
    go();
    expect(await screen.findByText("Files are still on their way")).toBeTruthy();
    arrive();
    await waitFor(() => expect(asks()).toBe(false));
  });
});
