import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { dayInWords } from "../../i18n/time";
import type { AfterEntry, DocumentItem, DocumentsState, OfferedDocument, ProblemCode } from "../../protocol";
import { Fault } from "../parts/Dialog";
import { facts } from "../who";
import { codeOf, sentenceOf } from "../words";
import { momentOf } from "./report";
import { t } from "./report.words";
import { afterOf, documentsOf, releaseDocuments } from "./requests";

const keyOf = ({ kind, item }: DocumentItem) => `${kind} ${item}`;

/** What a document is called for staff. */
export const titleOf = ({ kind, item, name }: Pick<OfferedDocument, "kind" | "item" | "name">): string =>
  kind === "summary"
    ? `${t("kind.summary")} (${t(item === "en" ? "language.en" : "language.fr")})`
    : t(`kind.${kind}`, { name });

/** What the patient may take after the visit, who took it, and what people thought of the visit. */
export function Documents({ appointment }: { appointment: string }) {
  const id = useId();
  const state = useSignal<DocumentsState | undefined>(undefined);
  const after = useSignal<AfterEntry | undefined>(undefined);
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const said = useSignal("");
  const fault = useSignal("");
  const take = (next: DocumentsState) => {
    state.value = next;
    chosen.value = new Set(next.documents.filter(({ releasedAt }) => releasedAt !== undefined).map(keyOf));
  };
  const open = async () => {
    problem.value = undefined;
    try {
      const [documents, after_] = await Promise.all([documentsOf(appointment), afterOf(appointment)]);
      take(documents);
      after.value = after_;
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => void open(), [appointment]);
  const release = async () => {
    const wanted = state.peek()?.documents.filter((each) => chosen.peek().has(keyOf(each))) ?? [];
    fault.value = said.value = "";
    try {
      take(
        await releaseDocuments(
          appointment,
          wanted.map(({ kind, item }) => ({ kind, item })),
        ),
      );
      said.value = t(wanted.length > 0 ? "documents.saved" : "documents.savedNone");
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  if (problem.value) return <Fault text={sentenceOf(problem.value)} onRetry={() => void open()} />;
  const documents = state.value;
  if (!documents) return null;
  return (
    <section class="report-documents" aria-labelledby={id}>
      <h2 id={id}>{t("documents.title")}</h2>
      {documents.documents.length === 0 ? (
        <p class="muted">{t("documents.none")}</p>
      ) : (
        <>
          <p class="hint">
            {t("documents.hint")}{" "}
            {documents.until
              ? t("documents.until", { day: dayInWords(documents.until, facts.value?.timeZone ?? "UTC") })
              : t.count("documents.days", documents.days)}
          </p>
          <ul class="report-offers">
            {documents.documents.map((each) => (
              <li key={keyOf(each)}>
                <label class="check">
                  <input
                    type="checkbox"
                    checked={chosen.value.has(keyOf(each))}
                    onChange={(event) => {
                      const next = new Set(chosen.peek());
                      if (event.currentTarget.checked) next.add(keyOf(each));
                      else next.delete(keyOf(each));
                      chosen.value = next;
                      said.value = "";
                    }}
                  />
                  <span>
                    {titleOf(each)}
                    {each.releasedAt && (
                      <span class="muted"> ({t("documents.released", { at: momentOf(each.releasedAt) })})</span>
                    )}
                  </span>
                </label>
              </li>
            ))}
          </ul>
          <button type="button" class="button primary" onClick={() => void release()}>
            {t("documents.save")}
          </button>
          <p role="status">{said.value}</p>
          <Fault text={fault.value} />
        </>
      )}
      <h3>{t("log.title")}</h3>
      {documents.downloads.length === 0 ? (
        <p class="muted">{t("log.none")}</p>
      ) : (
        <div class="report-log">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("log.when")}</th>
                <th scope="col">{t("log.who")}</th>
                <th scope="col">{t("log.what")}</th>
                <th scope="col">{t("log.door")}</th>
              </tr>
            </thead>
            <tbody>
              {documents.downloads.map((each) => (
                <tr key={`${each.at} ${keyOf(each)}`}>
                  <td class="tabular">{momentOf(each.at)}</td>
                  <td>{each.who}</td>
                  <td>{titleOf(each)}</td>
                  <td>{t(`door.${each.door}`, { name: each.provider ?? "" })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {after.value && after.value.ratings.length > 0 && (
        <>
          <h3>{t("rating.title")}</h3>
          <ul>
            {after.value.ratings.map((rating, place) => (
              <li key={place}>
                {t("rating.score", { n: rating.score })}
                {rating.words && ` · ${rating.words}`}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
