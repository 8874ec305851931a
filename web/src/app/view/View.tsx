import arrowLeft from "icon:arrow-left";
import maximize from "icon:maximize";
import minimize from "icon:minimize";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Icon } from "../../ui/icon";
import { shortcuts } from "../../viewer/shortcuts";
import { Viewer } from "../../viewer/Viewer";
import { Fault } from "../parts/Dialog";
import { useClock, usePage } from "../parts/hooks";
import { facts } from "../who";
import { sentenceOf, t as ta } from "../words";
import { type Closed, SecondWindow } from "./view";
import { t } from "./words";
import "./view.css";

/** A second window of a consultation: its images, and nothing of the call. */
export function View({ appointment }: { appointment: string }) {
  // A window that was closed is opened anew.
  const round = useSignal(0);
  return <Round key={round.value} appointment={appointment} again={() => round.value++} />;
}

function Round({ appointment, again }: { appointment: string; again(): void }) {
  const opened = useMemo(() => new SecondWindow(appointment, again), [appointment]);
  useEffect(() => () => opened.close(), [opened]);
  useEffect(() => {
    document.documentElement.dataset.ground = "dark";
    return () => {
      delete document.documentElement.dataset.ground;
    };
  }, []);
  const closed = opened.closed.value;
  if (closed) return <ClosedPage closed={closed} again={again} />;
  const self = opened.wire.welcome.value?.participant;
  return self === undefined ? <Connecting /> : <Images opened={opened} self={self} />;
}

function Connecting() {
  const heading = usePage(t("title"));
  const begun = useRef(Date.now());
  const isSlow = useClock() - begun.current > 8_000;
  return (
    <main class="narrow" id="content">
      <h1 ref={heading} tabIndex={-1}>
        {t("title")}
      </h1>
      <p role="status">{isSlow ? t("slow") : t("connecting")}</p>
    </main>
  );
}

/** Puts the keys where images are steered, unless they are somewhere already. */
function focusImages(): void {
  if (document.activeElement !== null && document.activeElement !== document.body) return;
  const surface =
    document.querySelector<HTMLElement>('.viewer-port.active [tabindex="0"]') ??
    document.querySelector<HTMLElement>('.viewer-port [tabindex="0"]');
  surface?.focus({ preventScroll: true });
}

function Images({ opened, self }: { opened: SecondWindow; self: string }) {
  const heading = usePage(t("title"));
  const full = useFullScreen();
  useEffect(() => {
    addEventListener("focus", focusImages);
    return () => removeEventListener("focus", focusImages);
  }, []);
  const isFull = full.is.value;
  const { isOn } = shortcuts.value;
  const fullWord = isFull ? t(isOn ? "notFullKey" : "notFull") : t(isOn ? "fullKey" : "full");
  const main = window.opener as Window | null;
  return (
    <div class={`view${isFull ? " full" : ""}`} data-ground="dark">
      <header class="view-head">
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        {facts.value?.isDemo && <p class="view-demo">{ta("app.demo")}</p>}
        <p class="muted" role="status">
          {full.isRefused.value ? t("fullRefused") : opened.hasKeyboard.value ? "" : t("keyboardNotHere")}
        </p>
        {main && !main.closed && (
          <button type="button" class="button" onClick={() => main.focus()}>
            <Icon of={arrowLeft} />
            {t("toMain")}
          </button>
        )}
        {full.isOffered && (
          <button
            type="button"
            class="button view-full"
            aria-keyshortcuts={isOn ? "f" : undefined}
            onClick={full.toggle}
          >
            <Icon of={isFull ? minimize : maximize} />
            {fullWord}
          </button>
        )}
      </header>
      <main class="view-images" id="content">
        <Viewer
          wire={opened.wire}
          self={self}
          mayPresent
          people={opened.people}
          hasTools={!isFull}
          onScreens={(screens) => opened.shows(screens)}
        />
      </main>
    </div>
  );
}

interface FullScreen {
  is: Signal<boolean>;
  isRefused: Signal<boolean>;
  /** The browser has it. */
  isOffered: boolean;
  toggle(): void;
}

/** The whole page on the whole screen and back: by a button, and by F where keys that write a letter may act. */
function useFullScreen(): FullScreen {
  const is = useSignal(document.fullscreenElement != null);
  const isRefused = useSignal(false);
  const isOffered = document.fullscreenEnabled === true;
  const toggle = () => {
    isRefused.value = false;
    const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    done.catch((cause) => {
      console.info("no full screen", cause);
      isRefused.value = true;
    });
  };
  useEffect(() => {
    const controller = new AbortController();
    document.addEventListener(
      "fullscreenchange",
      () => {
        is.value = document.fullscreenElement !== null;
      },
      { signal: controller.signal },
    );
    document.addEventListener(
      "keydown",
      (event) => {
        if (!isOffered || event.key.toLowerCase() !== "f" || !shortcuts.peek().isOn || isTaken(event)) return;
        event.preventDefault();
        toggle();
      },
      { signal: controller.signal },
    );
    return () => controller.abort();
  }, []);
  return { is, isRefused, isOffered, toggle };
}

/** A key that is something else's: of the viewport's own shortcuts, of the browser, or of somebody who writes. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return true;
  const target = event.target instanceof Element ? event.target : undefined;
  return target?.closest("input, textarea, select, [contenteditable], dialog") != null;
}

function ClosedPage({ closed, again }: { closed: Closed; again(): void }) {
  const heading = usePage(t("title"));
  const [title, hint] = wordsOf(closed);
  return (
    <main class="narrow" id="content">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {hint === undefined && closed.why === "refused" ? <Fault text={sentenceOf(closed.code)} /> : <p>{hint}</p>}
      <div class="actions start">
        {closed.why !== "ended" && (
          <button type="button" class="button primary" onClick={again}>
            {t("again")}
          </button>
        )}
        <button type="button" class="button" onClick={() => window.close()}>
          {t("close")}
        </button>
      </div>
    </main>
  );
}

function wordsOf(closed: Closed): [title: string, hint: string | undefined] {
  if (closed.why !== "refused") return [t(closed.why), t(`${closed.why}Hint`)];
  if (closed.code === "not_allowed") return [t("notInCall"), t("notInCallHint")];
  if (closed.code === "too_many") return [t("tooMany"), t("tooManyHint")];
  return [t("refused"), undefined];
}
