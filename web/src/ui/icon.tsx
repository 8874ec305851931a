import { h, type JSX } from "preact";

type Shapes = readonly (readonly [string, Readonly<Record<string, string>>])[];

/** A Lucide icon, beside words that say the same; so it is hidden from screen readers. */
export function Icon({ of, size }: { of: Shapes; size?: number }): JSX.Element {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
      {...(size ? { width: size, height: size } : {})}
    >
      {of.map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  );
}
