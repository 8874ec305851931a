import trash from "icon:trash";
import upload from "icon:upload";
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { locale } from "../../i18n";
import type { BrandingState } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Fault } from "../parts/Dialog";
import { recognise } from "../who";
import { codeOf, sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t } from "./admin.words";
import { contrastWithWhite, LEAST_CONTRAST } from "./contrast";
import { useLoaded } from "./load";
import { branding, removeLogo, setBranding, setLogo } from "./requests";

/** Without one of its own, the hospital has the colour of the program. */
const OWN_COLOR = "#0a5c73";

/** What the hospital is called, how it is reached, and what its pages look like. */
export function Looks() {
  const { value, problem, load } = useLoaded(branding);
  return (
    <AdminPage title={t("page.looks")} intro={t("looksIntro")}>
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!value.value && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      {value.value && <Form key={String(value.value.hasLogo)} state={value.value} onChanged={load} />}
    </AdminPage>
  );
}

function Form({ state, onChanged }: { state: BrandingState; onChanged(): Promise<void> }) {
  const id = useId();
  const name = useSignal(state.name);
  const telephone = useSignal(state.telephone);
  const color = useSignal(state.color);
  const fault = useSignal("");
  const said = useSignal("");
  const shown = color.value === "" ? OWN_COLOR : color.value;
  const contrast = contrastWithWhite(shown);
  const act = async (what: () => Promise<void>) => {
    fault.value = "";
    said.value = "";
    try {
      await what();
      said.value = t("looksSaved");
      await recognise();
      await onChanged();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <>
      <form
        class="admin-form admin-narrow"
        onSubmit={(event) => {
          event.preventDefault();
          void act(() => setBranding({ name: name.value, telephone: telephone.value, color: color.value }));
        }}
      >
        <Fault text={fault.value} />
        <div class="field">
          <label for={`${id}-name`}>{t("hospitalName")}</label>
          <p class="hint" id={`${id}-name-hint`}>
            {t("emptyMeans", { value: state.fileName })}
          </p>
          <input
            id={`${id}-name`}
            type="text"
            maxLength={120}
            aria-describedby={`${id}-name-hint`}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        </div>
        <div class="field">
          <label for={`${id}-telephone`}>{t("hospitalTelephone")}</label>
          <p class="hint" id={`${id}-telephone-hint`}>
            {t("emptyMeans", { value: state.fileTelephone })}
          </p>
          <input
            id={`${id}-telephone`}
            type="tel"
            aria-describedby={`${id}-telephone-hint`}
            value={telephone.value}
            onInput={(event) => {
              telephone.value = event.currentTarget.value;
            }}
          />
        </div>
        <div class="field">
          <label for={`${id}-color`}>{t("color")}</label>
          <p class="hint" id={`${id}-color-hint`}>
            {t("colorHint")}
          </p>
          <div class="admin-color">
            <input
              id={`${id}-color`}
              type="color"
              aria-describedby={`${id}-color-hint ${id}-contrast`}
              value={shown}
              onInput={(event) => {
                color.value = event.currentTarget.value;
              }}
            />
            <button
              type="button"
              class="button quiet"
              onClick={() => {
                color.value = "";
              }}
            >
              {t("ownColor")}
            </button>
          </div>
          <p id={`${id}-contrast`} role="status" class={contrast < LEAST_CONTRAST ? "fault" : "muted"}>
            {t(contrast < LEAST_CONTRAST ? "tooPale" : "readable", {
              ratio: contrast.toLocaleString(locale.value, { maximumFractionDigits: 1 }),
            })}
          </p>
        </div>
        <div class="actions start">
          <button type="submit" class="button primary">
            {t("save")}
          </button>
        </div>
        <p role="status">{said.value}</p>
      </form>
      <section class="admin-form admin-narrow" aria-labelledby="logo">
        <h2 id="logo">{t("logo")}</h2>
        <p class="muted">{t("logoHint")}</p>
        {state.hasLogo && <img class="admin-logo" src={`/api/hospital/logo?${Date.now()}`} alt={t("logoNow")} />}
        <div class="actions start">
          <label class="button">
            <Icon of={upload} />
            {t("chooseLogo")}
            <input
              class="spoken"
              type="file"
              accept="image/png,image/svg+xml"
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                event.currentTarget.value = "";
                if (file) void act(() => setLogo(file));
              }}
            />
          </label>
          {state.hasLogo && (
            <button type="button" class="button quiet-danger" onClick={() => void act(removeLogo)}>
              <Icon of={trash} />
              {t("removeLogo")}
            </button>
          )}
        </div>
      </section>
    </>
  );
}
