/** WCAG 2.2 success criterion 1.4.3. */
export const LEAST_CONTRAST = 4.5;

/** Contrast ratio of a colour (`#rrggbb`) with white, 1 to 21 (WCAG 2.2, definitions of contrast ratio and relative luminance). */
export function contrastWithWhite(color: string): number {
  const part = (at: number) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  return 1.05 / (luminance + 0.05);
}
