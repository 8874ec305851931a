import { Fault } from "../parts/Dialog";
import { sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t } from "./admin.words";
import { useLoaded } from "./load";
import { moment } from "./moment";
import { changes } from "./requests";

/** What was changed on the administration's pages, with what was there before. */
export function Changes() {
  const { value, problem, load } = useLoaded(changes);
  return (
    <AdminPage title={t("page.changes")} intro={t("changesIntro")}>
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!value.value && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      {value.value?.length === 0 && <p>{t("noChanges")}</p>}
      {value.value && value.value.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <section class="admin-scroll" tabIndex={0} aria-label={t("page.changes")}>
          <table>
            <thead>
              <tr>
                {(["at", "what", "subject", "before", "after", "by"] as const).map((column) => (
                  <th key={column} scope="col">
                    {t(`column.${column}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {value.value.map((change) => (
                <tr key={`${change.at}${change.what}${change.subject}`}>
                  <td>{moment(change.at)}</td>
                  <td>{t(`what.${change.what}`)}</td>
                  <td>{change.subject}</td>
                  <td>{change.before || t("nothing")}</td>
                  <td>{change.after || t("nothing")}</td>
                  <td>{change.by}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </AdminPage>
  );
}
