import type { PeriodWord, StatisticsReport } from "../../protocol";

/** What a number of a report is: hidden because it is small, or known. What is not named is nothing. */
export type Amount = number | "few";

export const amountOf = (counts: Record<string, number | null | undefined>, name: string): Amount => {
  if (!(name in counts)) return 0;
  return counts[name] ?? "few";
};

export const VOLUMES = [
  "booked",
  "held",
  "by_telephone",
  "in_person",
  "not_held",
  "cancelled",
  "noshow",
  "open",
] as const;
export const SPANS = ["none", "up_to_5", "up_to_15", "up_to_30", "longer"] as const;
export const REASONS = ["no_video", "no_sound", "network", "device", "other"] as const;
export const RATINGS = ["1", "2", "3", "4", "5"] as const;
export const INCIDENTS = [
  "no_microphone",
  "no_camera",
  "heavy_loss",
  "broken_sound",
  "long_freeze",
  "high_delay",
  "many_reconnections",
  "relay_only",
  "no_udp",
] as const;
export const BROWSERS = [
  "chrome",
  "chrome_android",
  "edge",
  "firefox",
  "safari",
  "safari_ios",
  "samsung",
  "in_app",
  "other",
] as const;

export type Browser = (typeof BROWSERS)[number];
export type Incident = (typeof INCIDENTS)[number];

/** The table of trouble: its columns are the browsers that came, its rows the incidents that there were. */
export function troubleOf(total: StatisticsReport["total"]): {
  browsers: Browser[];
  rows: { incident: Incident; amounts: Amount[] }[];
} {
  const browsers = BROWSERS.filter((browser) => `browser.${browser}` in total);
  const rows = INCIDENTS.flatMap((incident) => {
    if (!browsers.some((browser) => `failure.${incident}.${browser}` in total)) return [];
    return [{ incident, amounts: browsers.map((browser) => amountOf(total, `failure.${incident}.${browser}`)) }];
  });
  return { browsers, rows };
}

/** The longest bar is that of the largest number. */
export function partOf(amount: Amount, amounts: readonly Amount[]): number {
  const most = Math.max(1, ...amounts.map((each) => (each === "few" ? 0 : each)));
  return amount === "few" ? 0 : amount / most;
}

/** The last so many days before this one, with it (`2026-11-25`). */
export function rangeUntil(day: string, days: number): { from: string; to: string } {
  const end = new Date(`${day}T12:00:00Z`);
  const begin = new Date(end.getTime() - (days - 1) * 86_400_000);
  return { from: begin.toISOString().slice(0, 10), to: day };
}

export const queryOf = (asked: { service: string; from: string; to: string; period: PeriodWord }): URLSearchParams => {
  const query = new URLSearchParams({ from: asked.from, to: asked.to, period: asked.period });
  if (asked.service !== "") query.set("service", asked.service);
  return query;
};
