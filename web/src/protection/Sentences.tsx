import info from "icon:info";
import good from "icon:shield-check";
import care from "icon:triangle-alert";
import { Icon } from "../ui/icon";
import type { Sentence, Tone } from "./sentences";

const ICONS: Partial<Record<Tone, Parameters<typeof Icon>[0]["of"]>> = { good, limit: info, care };

/** Sentences as a list; what protects, what does not, and what needs care also by an icon. */
export function Sentences({ of }: { of: readonly Sentence[] }) {
  return (
    <ul>
      {of.map(({ tone, text }) => {
        const icon = ICONS[tone];
        return (
          <li key={text} class={`protection-sentence protection-${tone}`}>
            {icon ? <Icon of={icon} size={20} /> : <span />}
            <span>{text}</span>
          </li>
        );
      })}
    </ul>
  );
}
