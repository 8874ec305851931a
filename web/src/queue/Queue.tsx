import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiProblem, hospital } from "../api";
import { chooseLanguage, locale } from "../i18n";
import type { HospitalFacts } from "../protocol";
import { QueuePlace, type Typed } from "./place";
import { sentenceOf, t } from "./words";

/** The public page of a service's queue: a form for whoever has the code, then the wait. It leads into no room by itself. */
export function Queue({ queue }: { queue: string }) {
  const place = useMemo(() => new QueuePlace(queue), [queue]);
  switch (place.standing.value) {
    case "form":
      return <Form place={place} />;
    case "waiting":
      return <Waiting place={place} />;
    case "taken":
      return (
        <Frame title={t("taken")}>
          <p role="status">{t("takenHint")}</p>
        </Frame>
      );
    case "refused":
      return (
        <Frame title={t("refused")}>
          <p>{t("refusedHint")}</p>
        </Frame>
      );
    case "left":
    case "gone":
      return (
        <Frame title={t(place.standing.value)}>
          {place.standing.value === "gone" && <p>{t("goneHint")}</p>}
          <button type="button" class="button primary wide" onClick={() => place.begin()}>
            {t("again")}
          </button>
        </Frame>
      );
  }
}

function Form({ place }: { place: QueuePlace }) {
  const typed = useSignal<Typed>({ code: "", name: "", telephone: "" });
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const enter = async () => {
    fault.value = "";
    isBusy.value = true;
    try {
      await place.enter(typed.value, locale.peek());
    } catch (cause) {
      fault.value = sentenceOf(cause instanceof ApiProblem ? cause.code : "unavailable");
      isBusy.value = false;
    }
  };
  const field = (name: keyof Typed) => ({
    value: typed.value[name],
    onInput: (event: { currentTarget: HTMLInputElement }) => {
      typed.value = { ...typed.value, [name]: event.currentTarget.value };
    },
  });
  return (
    <Frame title={t("title")}>
      <p>{t("intro")}</p>
      <form
        class="queue-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy.value) void enter();
        }}
      >
        <div class="field">
          <label for="queue-code">{t("code")}</label>
          <p class="hint" id="queue-code-hint">
            {t("codeHint")}
          </p>
          <input
            id="queue-code"
            type="text"
            aria-describedby="queue-code-hint"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            {...field("code")}
          />
        </div>
        <div class="field">
          <label for="queue-name">{t("name")}</label>
          <input id="queue-name" type="text" autocomplete="name" {...field("name")} />
        </div>
        <div class="field">
          <label for="queue-telephone">{t("telephone")}</label>
          <p class="hint" id="queue-telephone-hint">
            {t("telephoneHint")}
          </p>
          <input
            id="queue-telephone"
            type="tel"
            autocomplete="tel"
            aria-describedby="queue-telephone-hint"
            {...field("telephone")}
          />
        </div>
        <div role="alert">{fault.value !== "" && <p class="notice danger">{fault.value}</p>}</div>
        <button type="submit" class="button primary wide">
          {isBusy.value ? t("entering") : t("enter")}
        </button>
      </form>
    </Frame>
  );
}

function Waiting({ place }: { place: QueuePlace }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const since = place.sinceMs.value;
  const minutes = Math.max(1, Math.ceil((now - since) / 60_000));
  return (
    <Frame title={t("waiting")}>
      {since > 0 && <p>{t("waitingSince", { time: t.count("minutes", minutes) })}</p>}
      <p>{t("waitingHint")}</p>
      <p role="status">{place.isOffline.value ? t("offline") : ""}</p>
      <button type="button" class="button wide" onClick={() => void place.leave().catch(() => place.ask())}>
        {t("leave")}
      </button>
    </Frame>
  );
}

/** The hospital on top, one thing to do, the telephone number at the bottom: as the patient's page has it. */
function Frame({ title, children }: { title: string; children: ComponentChildren }) {
  const facts = useSignal<HospitalFacts | undefined>(undefined);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    hospital().then(
      (known) => {
        facts.value = known;
      },
      (cause) => console.warn("the gateway could not be asked", cause),
    );
  }, []);
  useEffect(() => {
    document.title = title;
    heading.current?.focus({ preventScroll: true });
  }, [title]);
  const other = locale.value === "fr" ? "en" : "fr";
  const telephone = facts.value?.telephone;
  return (
    <div class="frame">
      <header class="frame-top">
        <p class="hospital">{facts.value?.name}</p>
        <button type="button" class="button quiet language" lang={other} onClick={() => chooseLanguage(other)}>
          {other === "fr" ? "Français" : "English"}
        </button>
      </header>
      {facts.value?.isDemo && <p class="demo">{t("demo")}</p>}
      <main class="frame-main">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
      <footer class="frame-bottom">
        {telephone && (
          <p>
            {t("help")}{" "}
            <a class="telephone tabular" href={`tel:${telephone.replace(/[^\d+]/g, "")}`}>
              {telephone}
            </a>
          </p>
        )}
      </footer>
    </div>
  );
}
