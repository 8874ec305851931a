import type { SettingWord } from "../../protocol";
import { Fault } from "../parts/Dialog";
import { sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t } from "./admin.words";
import { useLoaded } from "./load";
import { digits } from "./moment";
import { toldOfPacs } from "./pacs-form";
import { toldOfProvider } from "./provider-form";
import { ROLES } from "./Roles";
import { changes } from "./requests";
import { SCOPES } from "./scopes";
import { toldOfSender } from "./sender-form";

/** What was there, in words: the gateway has codes for roles and scopes. What is no code stands as it came. */
export function told(what: SettingWord, value: string): string {
  if (value === "") return t("nothing");
  const words = (codes: string) =>
    codes.split(", ").map((code) => {
      const [role, scope] = [ROLES.find((each) => each === code), SCOPES.find((each) => each === code)];
      if (role) return ta(`staff.${role}`);
      return scope ? t(`scope.${scope}`) : code;
    });
  if (what === "roles" || what === "disabled" || what === "enabled") return words(value).join(", ");
  if (what === "token_made" || what === "token_revoked") {
    const [scopes = "", ...services] = value.split(": ");
    return [words(scopes).join(", "), ...services].join(" – ");
  }
  if (what === "logo") return value.startsWith("image/svg") ? "SVG" : value.startsWith("image/png") ? "PNG" : value;
  if (what === "mail_server" || what === "sms_gateway") return toldOfSender(value);
  if (what.startsWith("pacs_")) return toldOfPacs(value);
  return what.startsWith("provider_") ? toldOfProvider(value) : value;
}

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
                  <td>{digits(change.at)}</td>
                  <td>{t(`what.${change.what}`)}</td>
                  <td>{change.subject}</td>
                  <td>{told(change.what, change.before)}</td>
                  <td>{told(change.what, change.after)}</td>
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
