import type { DocumentState, SectionState } from "../../protocol";
import { factInWords, factName } from "./facts";
import { t } from "./reading.words";

/** Parts that lie deeper than this follow one another instead: hostile objects nest until a page breaks. */
const DEPTH_MAX = 24;

/** A report or another text, as headings and paragraphs. Nothing in it is ever read as markup. */
export function Text({ document, size }: { document: DocumentState; size: number }) {
  const { title, facts, sections } = document;
  return (
    <article class="reading-text" style={{ fontSize: `${size}em` }} dir="auto">
      <h2>{title || t("document")}</h2>
      {facts.length > 0 && (
        <dl>
          {facts.map(([name, value], index) => (
            <div key={`${index}-${name}`}>
              <dt>{factName(name)}</dt>
              <dd>{factInWords(name, value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {sections.map((section, index) => (
        <Section key={`${index}-${section.heading}`} section={section} depth={1} />
      ))}
      {sections.length === 0 && <p class="muted">{t("empty")}</p>}
    </article>
  );
}

/** The paragraphs of a text: its lines, without the empty ones. */
export function paragraphsOf(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== "");
}

/** A part and all that is in it, in the order in which they are read, none within another. */
function inARow(section: SectionState): SectionState[] {
  const row: SectionState[] = [];
  const waiting = [section];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    row.push({ ...next, sections: [] });
    for (let index = next.sections.length - 1; index >= 0; index -= 1) {
      const inner = next.sections[index];
      if (inner) waiting.push(inner);
    }
  }
  return row;
}

function Section({ section, depth }: { section: SectionState; depth: number }) {
  const { heading, text, images } = section;
  const sections = depth < DEPTH_MAX ? section.sections : section.sections.flatMap(inARow);
  const Heading = `h${Math.min(6, depth + 2)}` as "h3";
  return (
    <section class={depth > 1 ? "inner" : ""}>
      {heading && <Heading>{heading}</Heading>}
      {paragraphsOf(text).map((paragraph, index) => (
        <p key={`${index}-${paragraph.length}`}>{paragraph}</p>
      ))}
      {images > 0 && <p class="muted">{t.count("images", images)}</p>}
      {sections.map((inner, index) => (
        <Section key={`${index}-${inner.heading}`} section={inner} depth={depth + 1} />
      ))}
    </section>
  );
}
