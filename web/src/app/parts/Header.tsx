import flask from "icon:flask-conical";
import logOut from "icon:log-out";
import menu from "icon:menu";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { useLocation } from "preact-iso";
import { chooseLanguage, locale } from "../../i18n";
import { t as ts } from "../../protection/open.words";
import { Icon } from "../../ui/icon";
import { t as td } from "../delegation/delegation.words";
import { t as te } from "../emergency/emergency.words";
import { t as tm } from "../messages/messages.words";
import { signOut } from "../requests";
import {
  facts,
  isAuditorOnly,
  mayAdminister,
  mayBreakGlass,
  mayDropIn,
  mayKeepDoors,
  maySeeDelegations,
  maySeeOutbox,
  maySeeRetention,
  maySeeStatistics,
  maySeeTrail,
  mayWriteTemplates,
  person,
} from "../who";
import { codeOf, sentenceOf, t } from "../words";
import { Fault } from "./Dialog";

/** The hospital, who is signed in, the language, and the way out. */
export function Header() {
  const { route, path } = useLocation();
  const fault = useSignal("");
  const isOpen = useSignal(false);
  const id = useId();
  const who = person.value;
  // On a phone the rest is folded away; it is again on the next page.
  useEffect(() => {
    isOpen.value = false;
  }, [path]);
  const leave = async () => {
    try {
      const { next } = await signOut();
      location.href = next;
    } catch (cause) {
      if (codeOf(cause) === "sign_in_needed") {
        person.value = null;
        route("/app/sign-in");
      } else fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <>
      {facts.value?.isDemo && (
        <p class="demo">
          <Icon of={flask} />
          {t("app.demo")}
        </p>
      )}
      <header class="header">
        <a class="header-home" href="/app">
          {facts.value?.logo && <img class="header-logo" src={facts.value.logo} alt="" />}
          <span class="header-product">{t("app.name")}</span>
          <span class="header-hospital">{facts.value?.name}</span>
        </a>
        <button
          type="button"
          class="button header-fold"
          aria-expanded={isOpen.value}
          aria-controls={id}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          <Icon of={menu} />
          {t("app.menu")}
        </button>
        <div class="header-rest" id={id} data-open={isOpen.value ? "" : undefined}>
          {who && (
            <nav class="header-pages" aria-label={t("app.pages")}>
              {!isAuditorOnly(who) && (
                <PageLink to="/app" word={t("app.toAgenda")} isHere={path === "/app" || path.startsWith("/app/day/")} />
              )}
              {mayDropIn(who) && (
                <PageLink to="/app/worklist" word={t("app.worklist")} isHere={path === "/app/worklist"} />
              )}
              {maySeeOutbox(who) && <PageLink to="/app/outbox" word={tm("toOutbox")} isHere={path === "/app/outbox"} />}
              {mayWriteTemplates(who) && (
                <PageLink to="/app/templates" word={tm("toTemplates")} isHere={path === "/app/templates"} />
              )}
              {mayKeepDoors(who) && (
                <PageLink to="/app/services" word={t("app.services")} isHere={path === "/app/services"} />
              )}
              {maySeeStatistics(who) && (
                <PageLink to="/app/statistics" word={t("app.statistics")} isHere={path === "/app/statistics"} />
              )}
              {maySeeRetention(who) && (
                <PageLink to="/app/retention" word={t("app.retention")} isHere={path === "/app/retention"} />
              )}
              {maySeeTrail(who) && <PageLink to="/app/trail" word={t("app.trail")} isHere={path === "/app/trail"} />}
              {mayAdminister(who) && (
                <PageLink to="/app/admin/people" word={t("app.admin")} isHere={path.startsWith("/app/admin/")} />
              )}
              {maySeeDelegations(who) && (
                <PageLink to="/app/delegations" word={td("nav")} isHere={path === "/app/delegations"} />
              )}
              {mayBreakGlass(who) && (
                <PageLink to="/app/emergency" word={te("nav")} isHere={path.startsWith("/app/emergency")} />
              )}
              <PageLink to="/app/protection" word={ts("page")} isHere={path === "/app/protection"} />
            </nav>
          )}
          <LanguageSwitch />
          {who && (
            <>
              <p class="header-person">
                <strong>{who.name}</strong>
                <span class="muted">{who.roles.map((role) => t(`staff.${role}`)).join(", ")}</span>
              </p>
              <button type="button" class="button" onClick={() => void leave()}>
                <Icon of={logOut} />
                {t("app.signOut")}
              </button>
            </>
          )}
        </div>
      </header>
      <Fault text={fault.value} />
    </>
  );
}

function PageLink({ to, word, isHere }: { to: string; word: string; isHere: boolean }) {
  return (
    <a href={to} aria-current={isHere ? "page" : undefined}>
      {word}
    </a>
  );
}

/** French or English; the choice is remembered on this device. */
export function LanguageSwitch() {
  return (
    <fieldset class="language">
      <legend class="spoken">{t("app.language")}</legend>
      {(["fr", "en"] as const).map((language) => (
        <button
          key={language}
          type="button"
          class="button quiet"
          lang={language}
          aria-pressed={locale.value === language}
          onClick={() => chooseLanguage(language)}
        >
          {language === "fr" ? "Français" : "English"}
        </button>
      ))}
    </fieldset>
  );
}
