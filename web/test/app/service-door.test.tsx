import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { requestOf } from "../../src/app/booking/booking";
import { Header } from "../../src/app/parts/Header";
import { DoorDialog } from "../../src/app/services/DoorDialog";
import { person } from "../../src/app/who";
import { chooseLanguage } from "../../src/i18n";
import type { ServiceEntry } from "../../src/protocol";

const asked: { method: string; path: string; body?: unknown }[] = [];
let version = 0;

beforeEach(() => {
  chooseLanguage("fr");
  asked.length = 0;
  version = 0;
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true;
  };
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    asked.push({ method: init.method ?? "", path, body });
    const answer = () => {
      if (path.endsWith("/door"))
        return (
          body ?? {
            acceptsBirthDate: false,
            asksWhoOfAll: false,
            waivesConsent: false,
            documentsNeed: "either",
          }
        );
      if (init.method === "PUT") version += 1;
      return { version, fr: "Rien n’est enregistré.", en: "Nothing is recorded.", ...body };
    };
    return new Response(JSON.stringify(answer()), { headers: { "content-type": "application/json" } });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  person.value = undefined;
});

const puts = () => asked.filter(({ method }) => method === "PUT");
const service = { service: "s1", name: "Cardiologie" } as ServiceEntry;

it("sets what a door asks for, and leaves an empty name out", async () => {
  render(<DoorDialog service={service} onClose={() => undefined} />);
  fireEvent.click(await screen.findByLabelText("Regarder chaque personne avant de la faire entrer"));
  fireEvent.change(screen.getByLabelText("Pour voir ses documents après la consultation"), {
    target: { value: "both" },
  });
  fireEvent.input(screen.getByLabelText("Nom montré avant la vérification (facultatif)"), { target: { value: "  " } });
  fireEvent.click(screen.getByRole("button", { name: "Enregistrer les règles" }));
  await screen.findByText("C’est enregistré. Cela vaut tout de suite.");
  expect(puts()).toEqual([
    {
      method: "PUT",
      path: "/api/services/s1/door",
      body: { acceptsBirthDate: false, asksWhoOfAll: true, waivesConsent: false, documentsNeed: "both" },
    },
  ]);
});

it("writes a new version of the text in both languages, and none without a change", async () => {
  render(<DoorDialog service={service} onClose={() => undefined} />);
  const save = await screen.findByRole<HTMLButtonElement>("button", { name: "Enregistrer cette version" });
  expect(save.disabled).toBe(true);
  screen.getByText("C’est le texte fourni avec le logiciel.");
  fireEvent.input(screen.getByLabelText("En anglais"), { target: { value: " " } });
  fireEvent.click(save);
  await screen.findByText("Écrivez le texte dans les deux langues.");
  expect(puts()).toEqual([]);
  fireEvent.input(screen.getByLabelText("En anglais"), { target: { value: "Nothing at all is recorded." } });
  fireEvent.click(save);
  await screen.findByText("La version 1 vaut maintenant.");
  expect(puts()[0]?.body).toEqual({ fr: "Rien n’est enregistré.", en: "Nothing at all is recorded." });
  await waitFor(() => expect(save.disabled).toBe(true));
});

it("asks for a PIN only where whoever books wants one", () => {
  const guest = { key: 0, role: "patient", name: "Hélène", language: "fr" } as const;
  const draft = {
    companions: [],
    practitioners: ["d1"],
    service: "Cardiologie",
    place: "at_home",
    room: "",
    site: "",
    day: "2026-11-26",
    start: "14:30",
    minutes: 30,
    note: "",
  } as const;
  const wants = (wantsPin?: boolean) =>
    requestOf({ ...draft, patient: { ...guest, ...(wantsPin !== undefined && { wantsPin }) } }, "Europe/Paris")
      .guests[0];
  expect(wants(true)).toMatchObject({ wantsPin: true });
  expect(wants(false)).not.toHaveProperty("wantsPin");
  expect(wants()).not.toHaveProperty("wantsPin");
});

it("folds what stands at the top away, and opens it by its button", () => {
  person.value = { practitioner: "p", name: "Alex Morel", roles: ["administrator"] };
  const { container } = render(
    <LocationProvider>
      <Header />
    </LocationProvider>,
  );
  const button = screen.getByRole("button", { name: "Menu" });
  const rest = container.querySelector(`#${CSS.escape(button.getAttribute("aria-controls") ?? "")}`);
  expect(rest?.textContent).toContain("Se déconnecter");
  expect([button.getAttribute("aria-expanded"), rest?.hasAttribute("data-open")]).toEqual(["false", false]);
  fireEvent.click(button);
  expect([button.getAttribute("aria-expanded"), rest?.hasAttribute("data-open")]).toEqual(["true", true]);
});
