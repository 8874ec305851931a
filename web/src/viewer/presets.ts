import type { Shown, WindowState } from "../protocol";

/** Windows in common use for computed tomography, in Hounsfield units. */
const CT: readonly (WindowState & { name: CtPreset })[] = [
  { name: "softTissue", center: 40, width: 400 },
  { name: "lung", center: -600, width: 1500 },
  { name: "bone", center: 400, width: 1800 },
  { name: "mediastinum", center: 50, width: 350 },
  { name: "brain", center: 40, width: 80 },
];

export type CtPreset = "softTissue" | "lung" | "bone" | "mediastinum" | "brain";

/** A window to choose: the object's own with its words, or one that is usual for the modality. */
export interface Preset extends WindowState {
  explanation?: string;
  usual?: CtPreset;
}

/** At most nine, in the order of the keys 1 to 9: the object's own first. */
export function presetsOf(shown: Shown): Preset[] {
  if (!shown.window) return [];
  const own: Preset[] = shown.presets.map(({ explanation, center, width }) => ({ explanation, center, width }));
  const usual: Preset[] =
    shown.modality === "CT" ? CT.map(({ name, center, width }) => ({ usual: name, center, width })) : [];
  return [...own, ...usual].slice(0, 9);
}

/** The preset that is in force, if one is. */
export function presetInForce(presets: readonly Preset[], window: WindowState | undefined): number {
  const isNear = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));
  return presets.findIndex(
    (preset) => window !== undefined && isNear(preset.center, window.center) && isNear(preset.width, window.width),
  );
}
