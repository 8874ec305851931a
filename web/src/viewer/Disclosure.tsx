import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon";

interface Props {
  /** Which of several is open. */
  open: Signal<string>;
  name: string;
  icon: Parameters<typeof Icon>[0]["of"];
  word: string;
  /** Follows the word for whoever does not see where it stands. */
  spoken?: string;
  class?: string;
  children: ComponentChildren;
}

/** A button, and the panel that it opens over the picture. Escape closes it, wherever the focus is by then. */
export function Disclosure(props: Props) {
  const { open, name, icon, word, spoken, children } = props;
  const button = useRef<HTMLButtonElement>(null);
  const isOpen = open.value === name;
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const close = (event: KeyboardEvent) => {
      // Something else that Escape ends comes first: a dialog over all, or a tool.
      const isTaken = event.defaultPrevented || document.querySelector("dialog[open]") !== null;
      if (event.key !== "Escape" || isTaken) return;
      event.preventDefault();
      open.value = "";
      const at = document.activeElement;
      // What had the focus may have gone with what it did; elsewhere the focus is left where it is.
      if (!at || at === document.body || panel.current?.contains(at)) button.current?.focus();
    };
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [isOpen, open]);
  return (
    <div class="disclosure">
      <button
        type="button"
        ref={button}
        class="button"
        aria-expanded={isOpen}
        aria-controls={`viewer-${name}`}
        onClick={() => {
          open.value = isOpen ? "" : name;
        }}
      >
        <Icon of={icon} />
        <span>
          {word}
          {spoken && <span class="spoken"> {spoken}</span>}
        </span>
      </button>
      <div ref={panel} id={`viewer-${name}`} class={`viewer-panel ${props.class ?? ""}`} hidden={!isOpen}>
        {children}
      </div>
    </div>
  );
}
