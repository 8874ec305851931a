import type { WindowState } from "../protocol";
import type { Shown } from "./viewing";

/**
 * Windows in common use for computed tomography, in Hounsfield units: those that textbooks and viewers give, of which no two
 * agree to the unit. A radiologist of the house should look at these numbers before they are relied on.
 */
const CT = [
  { name: "softTissue", center: 40, width: 400 },
  { name: "lung", center: -600, width: 1500 },
  { name: "bone", center: 400, width: 1800 },
  { name: "mediastinum", center: 50, width: 350 },
  { name: "brain", center: 40, width: 80 },
  { name: "abdomen", center: 50, width: 400 },
  { name: "liver", center: 30, width: 150 },
  { name: "stroke", center: 40, width: 40 },
  { name: "spine", center: 50, width: 250 },
  { name: "angio", center: 300, width: 600 },
] as const satisfies readonly (WindowState & { name: string })[];

/** A part of the range that the file's own window shows: from and to, 0 at its dark end and 1 at its bright one. */
interface Part {
  name: string;
  from: number;
  to: number;
}

/**
 * Signals of magnetic resonance and counts of positron emission have no scale that is the same in two files: what is usual is
 * said in parts of the window that the file brings. The same caution as above holds.
 */
const MR = [
  { name: "strongContrast", from: 0.25, to: 0.75 },
  { name: "lowSignal", from: 0, to: 0.5 },
  { name: "highSignal", from: 0.5, to: 1 },
] as const satisfies readonly Part[];
const PT = [
  { name: "lowUptake", from: 0, to: 0.5 },
  { name: "highUptake", from: 0, to: 2 },
] as const satisfies readonly Part[];

export type UsualPreset = (typeof CT)[number]["name"] | (typeof MR)[number]["name"] | (typeof PT)[number]["name"];

/** A way to spread the values over the greys: one that the object offers, or a window that is usual for the modality. */
export interface Preset {
  /** Place in the object's own list; absent for usual windows. */
  alternative?: number;
  /** The object's own words; may be empty. */
  explanation?: string;
  /** Counts the object's tables from 1; absent for windows. */
  table?: number;
  /** Name of the usual window; the object's own words go before it. */
  usual?: UsualPreset;
  /** Absent for tables. */
  window?: WindowState;
}

const isNear = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

const isSame = (a: WindowState | undefined, b: WindowState | undefined) =>
  a !== undefined && b !== undefined && isNear(a.center, b.center) && isNear(a.width, b.width);

/** In the order of the keys 1 to 9: the object's own first, never the same numbers twice. */
export function presetsOf(shown: Shown): Preset[] {
  if (!shown.window && shown.alternatives.length === 0) return [];
  const presets: Preset[] = [];
  let tables = 0;
  for (const [alternative, { explanation, window }] of shown.alternatives.entries()) {
    const words = explanation.trim();
    if (!window) {
      tables += 1;
      presets.push({ alternative, explanation: words, table: tables });
      continue;
    }
    const twin = presets.find((preset) => isSame(preset.window, window));
    if (!twin) presets.push({ alternative, explanation: words, window });
    else if (!twin.explanation && words) twin.explanation = words;
  }
  if (!shown.window) return presets;
  for (const { name, ...window } of usualOf(shown)) {
    const twin = presets.find((preset) => isSame(preset.window, window));
    if (!twin) presets.push({ usual: name, window });
    else twin.usual ??= name;
  }
  return presets;
}

/** Ultrasound has none, and films and mammograms only those of the file: nobody but its maker knows their values. */
function usualOf({ modality, alternatives }: Shown): (WindowState & { name: UsualPreset })[] {
  if (modality === "CT") return [...CT];
  const parts = modality === "MR" ? MR : modality === "PT" ? PT : [];
  const own = alternatives.find(({ window }) => window)?.window;
  if (!own) return [];
  const dark = own.center - own.width / 2;
  return parts.map(({ name, from, to }) => ({
    name,
    center: dark + ((from + to) / 2) * own.width,
    width: (to - from) * own.width,
  }));
}

/** Place in the list of what is in force; `default` for the object's own choice, `own` for a window that somebody has set. */
export function presetInForce(
  presets: readonly Preset[],
  shown: Shown,
  hasOwnWindow: boolean,
): number | "default" | "own" {
  const chosen = shown.alternative;
  if (chosen !== undefined) {
    const at = presets.findIndex((preset) => preset.alternative === chosen);
    if (at >= 0) return at;
    // One of twins: it stands in the list under the place of the other.
    const window = shown.alternatives[chosen]?.window;
    const twin = presets.findIndex((preset) => isSame(preset.window, window));
    return twin >= 0 ? twin : "default";
  }
  const at = presets.findIndex((preset) => isSame(preset.window, shown.window));
  if (at >= 0) return at;
  if (hasOwnWindow) return "own";
  // Without a choice the first of the object's own is in force; a table cannot be told by the window that comes nearest.
  const first = shown.alternatives[0];
  if (!first) return "default";
  return first.window ? "own" : 0;
}
