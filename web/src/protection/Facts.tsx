import type { ProtectionFacts } from "../protocol";
import { t } from "./protection.words";
import { Sentences } from "./Sentences";
import {
  chatSentences,
  dataSentences,
  imageSentences,
  keptOf,
  type Measured,
  mediaSentences,
  outsideSentences,
  technicalOf,
} from "./sentences";

interface FactsProps {
  facts: ProtectionFacts;
  /** What the page of a call measures; absent outside of a call. */
  measured?: Measured | undefined;
  /** What stands above it: the heading of a dialog, or of the page. */
  Heading?: "h2" | "h3";
}

/** How sound, picture, messages and images travel. */
export function Travelling({ facts, measured, Heading = "h3" }: FactsProps) {
  const technical = technicalOf(measured?.travels ?? []);
  return (
    <>
      <section>
        <Heading>{t("media")}</Heading>
        <Sentences of={mediaSentences(facts, measured)} />
        {technical.length > 0 && (
          <details>
            <summary>{t("technical")}</summary>
            {technical.map((line) => (
              <p key={line} class="protection-technical">
                {line}
              </p>
            ))}
          </details>
        )}
      </section>
      <section>
        <Heading>{t("chat")}</Heading>
        <Sentences of={chatSentences(facts, measured)} />
      </section>
      <section>
        <Heading>{t("images")}</Heading>
        <Sentences of={imageSentences(facts)} />
      </section>
    </>
  );
}

/** Where data lie, for how long, and who else gets something. */
export function Keeping({ facts, Heading = "h3" }: FactsProps) {
  return (
    <>
      <section>
        <Heading>{t("data")}</Heading>
        <Sentences of={dataSentences(facts)} />
        <details>
          <summary>{t("data.kept")}</summary>
          <dl>
            {keptOf(facts).map(({ what, long }) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>{long}</dd>
              </div>
            ))}
          </dl>
          <p>{t("data.hold")}</p>
        </details>
      </section>
      <section>
        <Heading>{t("outside")}</Heading>
        <Sentences of={outsideSentences(facts)} />
      </section>
    </>
  );
}
