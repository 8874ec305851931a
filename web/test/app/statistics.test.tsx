import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RetentionPage } from "../../src/app/retention/RetentionPage";
import { StatisticsPage } from "../../src/app/statistics/StatisticsPage";
import { amountOf, partOf, queryOf, rangeUntil, troubleOf } from "../../src/app/statistics/statistics";
import { chooseLanguage } from "../../src/i18n";
import type { RetentionState, StatisticsReport } from "../../src/protocol";

const answers = new Map<string, unknown>();
const asked: string[] = [];

beforeEach(() => {
  chooseLanguage("fr");
  asked.length = 0;
  vi.stubGlobal("fetch", async (path: string, request: RequestInit) => {
    asked.push(`${request.method} ${path}`);
    const answer = [...answers].find(([start]) => path.startsWith(start))?.[1];
    return new Response(JSON.stringify(answer ?? {}), { headers: { "content-type": "application/json" } });
  });
});
afterEach(() => {
  cleanup();
  answers.clear();
  vi.unstubAllGlobals();
});

const report: StatisticsReport = {
  from: "2026-11-01",
  to: "2026-11-30",
  period: "week",
  rows: [{ from: "2026-11-23", counts: { booked: 12, held: 8, noshow: null } }],
  total: {
    booked: 12,
    held: 8,
    noshow: null,
    "browser.safari_ios": 7,
    "failure.no_camera.safari_ios": null,
    "delay.mean_seconds": 390,
  },
  hasMessages: false,
  hasRatings: false,
};

describe("amounts", () => {
  it("are nothing, few or known", () => {
    expect([amountOf(report.total, "held"), amountOf(report.total, "noshow"), amountOf(report.total, "open")]).toEqual([
      8,
      "few",
      0,
    ]);
    expect([partOf(4, [4, 8, "few"]), partOf("few", [4]), partOf(0, [0])]).toEqual([0.5, 0, 0]);
    expect(troubleOf(report.total)).toEqual({
      browsers: ["safari_ios"],
      rows: [{ incident: "no_camera", amounts: ["few"] }],
    });
  });

  it("are asked for whole days, over the end of a year", () => {
    expect(rangeUntil("2027-01-02", 5)).toEqual({ from: "2026-12-29", to: "2027-01-02" });
    expect(queryOf({ service: "", from: "a", to: "b", period: "day" }).toString()).toBe("from=a&to=b&period=day");
  });
});

describe("the page of counts", () => {
  it("shows tables with hidden numbers as such, and says what is not counted", async () => {
    answers.set("/api/statistics/services", {
      maySeeAll: false,
      services: [{ service: "s1", name: "Cardiologie", site: "" }],
    });
    answers.set("/api/statistics?", report);
    render(
      <LocationProvider>
        <StatisticsPage />
      </LocationProvider>,
    );
    const [table] = await screen.findAllByRole("table");
    const row = within(table as HTMLElement).getByRole("row", { name: /23 nov/ });
    expect(
      within(row)
        .getAllByRole("cell")
        .map((cell) => cell.textContent),
    ).toEqual(["12", "8", "0", "0", "0", "0", "< 5", "0"]);
    expect(screen.getByText("En moyenne 6,5 min.")).toBeTruthy();
    // Nobody has waited: that is no mean of nothing.
    expect(screen.getByText("Trop peu de visites pour une moyenne.")).toBeTruthy();
    expect(screen.getByText("Les messages ne sont pas comptés sur ce serveur.")).toBeTruthy();
    expect(asked.some((each) => each.includes("service=s1"))).toBe(true);
    expect(screen.getByRole("link", { name: /CSV/ }).getAttribute("href")).toMatch(
      /^\/api\/statistics\.csv\?from=.*service=s1/,
    );
  });
});

describe("the page of retention", () => {
  it("deletes only when asked twice, and tells how much went", async () => {
    const state: RetentionState = {
      classes: [{ class: "files", days: 180, kept: 3, due: 1, held: 0, nextAt: "2026-12-01T10:00:00Z" }],
      proofs: [
        {
          proof: "p",
          at: "2026-11-25T10:00:00Z",
          class: "chats",
          rule: "[chat] keep",
          rows: 4,
          sha256: "ab".repeat(32),
        },
      ],
      holds: [],
    };
    answers.set("/api/retention/run", { rows: 4 });
    answers.set("/api/retention", state);
    render(
      <LocationProvider>
        <RetentionPage />
      </LocationProvider>,
    );
    fireEvent.click(await screen.findByRole("button", { name: "Supprimer maintenant ce qui est dû" }));
    expect(asked.some((each) => each.startsWith("POST"))).toBe(false);
    fireEvent.click(screen.getByRole("button", { name: "Supprimer" }));
    expect(await screen.findByText("4 lignes supprimées.")).toBeTruthy();
    expect(asked).toContain("POST /api/retention/run");
    expect(screen.getByText("ab".repeat(32))).toBeTruthy();
  });

  it("say the rule of a proof in the language of the page, and an old one in its own words", async () => {
    const proof = (proof: string, rule: string) => ({
      proof,
      at: "2026-11-25T10:00:00Z",
      class: "files",
      rule,
      rows: 1,
      sha256: proof,
    });
    answers.set("/api/retention", {
      classes: [],
      proofs: [
        proof("a", "after_visit:1"),
        proof("b", "chat_over"),
        proof("c", "chat_written"),
        proof("d", "[chat] keep"),
      ],
      holds: [],
    } satisfies RetentionState);
    render(
      <LocationProvider>
        <RetentionPage />
      </LocationProvider>,
    );
    await screen.findByText("1 jour après la fin prévue de la visite");
    screen.getByText("Le chat est gardé jusqu’à la fin de la consultation");
    screen.getByText(/Le chat est gardé quelques jours/);
    expect(screen.getByText("[chat] keep").lang).toBe("en");
  });

  it("hold an appointment that was found by name and day", async () => {
    const found = [
      { appointment: "a1", patient: "Hélène Lefèvre", service: "Cardiologie", startsAt: "2026-11-25T13:30:00.000Z" },
      { appointment: "a2", patient: "Luc Lefèvre", service: "Pneumologie", startsAt: "2026-11-24T13:30:00.000Z" },
    ];
    answers.set("/api/retention/appointments", found);
    answers.set("/api/retention", { classes: [], proofs: [], holds: [] } satisfies RetentionState);
    render(
      <LocationProvider>
        <RetentionPage />
      </LocationProvider>,
    );
    fireEvent.click(await screen.findByRole("button", { name: "Chercher" }));
    await screen.findByText("Donnez un nom ou un jour.");
    fireEvent.input(screen.getByLabelText("Nom du patient"), { target: { value: " lefevre " } });
    fireEvent.click(screen.getByRole("button", { name: "Chercher" }));
    await screen.findByText("2 rendez-vous trouvés. Choisissez le bon.");
    fireEvent.input(screen.getByLabelText("Raison"), { target: { value: "Plainte" } });
    fireEvent.click(screen.getByRole("button", { name: "Retenir" }));
    await screen.findByText("Cherchez le rendez-vous, puis choisissez-le.");
    expect(asked).not.toContain("POST /api/retention/holds");
    fireEvent.click(screen.getByRole("radio", { name: /Luc Lefèvre, Pneumologie/ }));
    fireEvent.click(screen.getByRole("button", { name: "Retenir" }));
    await waitFor(() => expect(asked).toContain("POST /api/retention/holds"));
  });
});
