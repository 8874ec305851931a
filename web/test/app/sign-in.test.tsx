import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { hold } from "../../src/app/parts/holding";
import { ask } from "../../src/app/requests";
import { PROBLEMS, reasonOf, SignIn } from "../../src/app/SignIn";
import { Activity } from "../../src/app/signin/Activity";
import { FreshDialog } from "../../src/app/signin/FreshDialog";
import { tellProof, waiting } from "../../src/app/signin/fresh";
import { person } from "../../src/app/who";
import { chooseLanguage } from "../../src/i18n";
import { problemsEn } from "../../src/i18n/app.en";
import { problemsFr } from "../../src/i18n/app.fr";
import type { Me, ProblemCode } from "../../src/protocol";

const json = (body: unknown, status = 200) =>
  new Response(body === null ? null : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });

const WAYS = [{ provider: "hospital" }, { provider: "psc", label: "Pro Santé Connect" }];

beforeEach(() => {
  chooseLanguage("en");
  person.value = null;
  // happy-dom has no modal dialogs.
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true;
  };
});
afterEach(() => {
  cleanup();
  waiting.value = undefined;
  vi.unstubAllGlobals();
});

function open(path: string, page: () => preact.JSX.Element) {
  history.replaceState(null, "", path);
  return render(<LocationProvider>{page()}</LocationProvider>);
}

it("offers every way to sign in and goes back to where the person was", async () => {
  vi.stubGlobal("fetch", async () => json(WAYS));
  open("/app/sign-in?return_to=%2Fapp%2Fworklist", () => <SignIn />);
  const other = await screen.findByRole("link", { name: "Sign in with Pro Santé Connect" });
  expect(other.getAttribute("href")).toBe("/login?return_to=%2Fapp%2Fworklist&provider=psc");
  const own = screen.getByRole("link", { name: "Sign in with your hospital account" });
  expect(own.getAttribute("href")).toBe("/login?return_to=%2Fapp%2Fworklist&provider=hospital");
});

it("still offers the hospital's own way while the gateway does not tell", async () => {
  vi.stubGlobal("fetch", async () => json({ code: "unavailable" }, 503));
  open("/app/sign-in?return_to=https%3A%2F%2Fevil.example", () => <SignIn />);
  await screen.findByText("The ways to sign in are not known at present.");
  expect(screen.getByRole("link", { name: /Sign in/ }).getAttribute("href")).toBe("/login?return_to=%2Fapp");
});

it("has a sentence with a next step for everything that a sign-in ends with, in both languages", () => {
  for (const problem of PROBLEMS) {
    for (const sentences of [problemsFr, problemsEn] as Record<ProblemCode, string>[]) {
      const text = sentences[problem];
      expect(text, problem).toBeTruthy();
      for (const sentence of text.split(/[.;:!?]\s/))
        expect(sentence.split(/\s+/).length, text).toBeLessThanOrEqual(20);
    }
  }
});

it("shows a reason for whoever helps, and nothing else that an address says", async () => {
  vi.stubGlobal("fetch", async () => json(WAYS));
  open("/app/sign-in?problem=sign_in_untrusted&reason=token_audience&provider=psc", () => <SignIn />);
  expect(await screen.findByText(/cannot be trusted/)).toBeTruthy();
  expect(screen.getByText("For the IT department: token_audience")).toBeTruthy();
  for (const odd of ["<b>x</b>", "call 0800 123 456", "", "a".repeat(41), "A_B", undefined])
    expect(reasonOf(odd)).toBe(undefined);
});

it("says what goes on while a provider is down, and what else there is", async () => {
  vi.stubGlobal("fetch", async () => json(WAYS));
  open("/app/sign-in?problem=provider_unreachable&reason=provider_silent", () => <SignIn />);
  expect(await screen.findByText(/calls go on\. You can also sign in another way/)).toBeTruthy();
});

it("lets a professional choose where they work, and then goes on", async () => {
  const asked: unknown[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (path === "/api/sign-in/activities") return json({ choices: ["CHU de Lyon", "Cabinet"] });
    if (path === "/api/sign-in/activity") {
      asked.push(JSON.parse(String(init.body)));
      return new Response(null, { status: 204 });
    }
    if (path === "/api/me")
      return json({ practitioner: "p", name: "Dr Caron", roles: ["doctor"], activity: "Cabinet" });
    return json({ name: "H", telephone: "1", timeZone: "Europe/Paris" });
  });
  open("/app/activity?return_to=%2Fapp%2Fworklist", () => <Activity />);
  fireEvent.click(await screen.findByRole("button", { name: "Cabinet" }));
  await waitFor(() => expect(location.pathname).toBe("/app/worklist"));
  expect(asked).toEqual([{ choice: 1 }]);
  expect(person.value?.activity).toBe("Cabinet");
});

it("leads whoever changes something through a fresh sign-in, and then does what was asked for", async () => {
  const asked: string[] = [];
  let isFresh = false;
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    return isFresh ? json({ done: true }) : json({ status: 403, code: "fresh_sign_in_needed", detail: "" }, 403);
  });
  render(<FreshDialog />);
  const done = ask("PUT", "/api/templates/x", { json: { body: "kept" } });
  const go = await screen.findByRole("link", { name: /Sign in again/ });
  expect(go.getAttribute("href")).toBe("/login?fresh=true&return_to=%2Fapp%2Fproved");
  expect(go.getAttribute("target")).toBe("_blank");
  isFresh = true;
  tellProof();
  expect(await done).toEqual({ done: true });
  expect(asked).toEqual(["/api/templates/x", "/api/templates/x"]);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));

  isFresh = false;
  const given = ask("PUT", "/api/templates/x").catch((cause) => cause.code);
  fireEvent.click(await screen.findByRole("button", { name: "Cancel" }));
  expect(await given).toBe("fresh_sign_in_needed");
});

it("does not swap the page under somebody who writes: they sign in in another tab, and it is saved then", async () => {
  const asked: string[] = [];
  let who: string | undefined;
  const me = { practitioner: "p1", name: "Dr Martin", roles: ["doctor"] } as Me;
  person.value = me;
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    if (who === undefined) return json({ status: 401, code: "sign_in_needed", detail: "" }, 401);
    return path === "/api/me" ? json({ ...me, practitioner: who }) : json({ done: true });
  });
  const release = hold({ what: "writing", settle: async () => false, drop: () => undefined });
  render(<FreshDialog />);
  const done = ask("PUT", "/api/reports/r1");
  const go = await screen.findByRole("link", { name: /Sign in again/ });
  expect(screen.getByText(/What you did is not saved yet/)).toBeTruthy();
  expect(go.getAttribute("href")).toBe("/app/sign-in?return_to=%2Fapp%2Fproved");
  expect(person.value).toBe(me);
  who = "p1";
  tellProof();
  expect(await done).toEqual({ done: true });

  // What only reads opens nothing, and swaps nothing.
  who = undefined;
  expect(await ask("GET", "/api/worklist").catch((cause) => cause.code)).toBe("sign_in_needed");
  expect(person.value).toBe(me);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));

  // Nobody's text is saved in the name of another.
  const refused = ask("PUT", "/api/reports/r1").catch((cause) => cause.code);
  await screen.findByRole("dialog");
  who = "p2";
  tellProof();
  expect(await refused).toBe("sign_in_other_person");

  release();
  who = undefined;
  const given = ask("POST", "/api/appointments").catch((cause) => cause.code);
  fireEvent.click(await screen.findByRole("button", { name: "Cancel" }));
  expect(await given).toBe("sign_in_needed");
  expect(person.value).toBe(null);

  person.value = me;
  await ask("GET", "/api/worklist").catch(() => undefined);
  expect(person.value).toBe(null);
});
