import { useSignal } from "@preact/signals";
import type { SiteEntry } from "../../protocol";
import { Dialog, Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t } from "./admin.words";
import { useLoaded } from "./load";
import { renameSite, sites } from "./requests";

/** Where the hospital's services are. */
export function Sites() {
  const { value, problem, load } = useLoaded(sites);
  const renaming = useSignal<SiteEntry | undefined>(undefined);
  return (
    <AdminPage title={t("page.sites")} intro={t("sitesIntro")}>
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!value.value && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      {value.value?.length === 0 && <p>{t("noServices")}</p>}
      {value.value && value.value.length > 0 && (
        <ul class="admin-list">
          {value.value.map((each) => (
            <li key={each.site}>
              <div>
                <p>
                  <strong>{each.site || t("noSite")}</strong>
                </p>
                <p class="muted">{each.services.join(", ")}</p>
              </div>
              <button
                type="button"
                class="button"
                onClick={() => {
                  renaming.value = each;
                }}
              >
                {t("renameSite")}
                <span class="spoken"> {each.site || t("noSite")}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <p>
        <a href="/app/services">{t("toServices")}</a>
      </p>
      {renaming.value && (
        <Rename
          site={renaming.value}
          onClose={() => {
            renaming.value = undefined;
          }}
          onSaved={load}
        />
      )}
    </AdminPage>
  );
}

function Rename({ site, onClose, onSaved }: { site: SiteEntry; onClose(): void; onSaved(): Promise<void> }) {
  const to = useSignal(site.site);
  const fault = useSignal("");
  const save = async () => {
    try {
      await renameSite({ from: site.site, to: to.value });
      onClose();
      await onSaved();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <Dialog title={t("renameSite")} onClose={onClose}>
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Fault text={fault.value} />
        <Field
          label={t("siteName")}
          value={to.value}
          onValue={(typed) => {
            to.value = typed;
          }}
          input={{ maxLength: 120, autocomplete: "off" }}
        />
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary">
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
