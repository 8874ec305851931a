import phone from "icon:phone";
import alert from "icon:triangle-alert";
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { chooseLanguage, locale } from "../i18n";
import { Icon } from "../ui/icon";
import { calling } from "./calling";
import type { Visit } from "./visit";
import { t } from "./words";

/** Milliseconds by the gateway's clock, again every second. */
export function useClock(visit: Visit): number {
  const [now, setNow] = useState(visit.nowMs());
  useEffect(() => {
    setNow(visit.nowMs());
    const timer = setInterval(() => setNow(visit.nowMs()), 1_000);
    return () => clearInterval(timer);
  }, [visit]);
  return now;
}

/** Names the page, and gives the focus to its heading once, so that a change of page is read out. */
export function usePage(title: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const called = calling.value;
  useEffect(() => {
    document.title = called === undefined ? `${title} · ${t("title")}` : `● ${called}`;
  }, [title, called]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, []);
  return heading;
}

export function LanguageSwitch() {
  const other = locale.value === "fr" ? "en" : "fr";
  return (
    <button type="button" class="button quiet language" lang={other} onClick={() => chooseLanguage(other)}>
      {other === "fr" ? "Français" : "English"}
    </button>
  );
}

/** The hospital's telephone number as a link that dials it. */
export function Telephone({ visit, isButton }: { visit: Visit; isButton?: boolean }) {
  const telephone = visit.telephone;
  if (!telephone) return null;
  const dial = `tel:${telephone.replace(/[^\d+]/g, "")}`;
  return isButton ? (
    <a class="button primary wide" href={dial}>
      <Icon of={phone} />
      {t("callUs", { telephone: telephone.replaceAll(" ", "\u00a0") })}
    </a>
  ) : (
    <a class="telephone tabular" href={dial}>
      {telephone}
    </a>
  );
}

/** A page but the call: the hospital on top, one column, the telephone number at the bottom. */
export function Frame(props: { visit: Visit; title: string; children: ComponentChildren }) {
  const { visit, title, children } = props;
  const heading = usePage(title);
  const facts = visit.facts.value;
  return (
    <div class="frame">
      <header class="frame-top">
        <p class="hospital">
          {facts?.logo && <img src={facts.logo} alt="" />}
          {facts?.name}
        </p>
        <LanguageSwitch />
      </header>
      {facts?.isDemo && <p class="demo">{t("demo")}</p>}
      <main class="frame-main">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
      <footer class="frame-bottom">
        {visit.telephone && (
          <p>
            {t("help")} <Telephone visit={visit} />
          </p>
        )}
      </footer>
    </div>
  );
}

/** Something that the person must know, with an icon and words. */
export function Warning({ children }: { children: ComponentChildren }) {
  return (
    <div class="notice warn" role="status">
      <Icon of={alert} />
      <div>{children}</div>
    </div>
  );
}

/** A picture without sound: the voices are played apart. */
export function Picture(props: { track: MediaStreamTrack; label: string; isMirrored?: boolean; isWhole?: boolean }) {
  const { track, label, isMirrored, isWhole } = props;
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = new MediaStream([track]);
    void element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  const kind = `picture${isMirrored ? " mirrored" : ""}${isWhole ? " whole" : ""}`;
  return <video ref={video} class={kind} muted playsInline autoplay aria-label={label} />;
}

/** A question in a dialog of the browser's own: focus, Escape and the backdrop come with it. */
export function Dialog(props: { title: string; onClose(): void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // The browser tells of its closing later, when another dialog may have taken its place.
  const isGone = useRef(false);
  useEffect(() => {
    const element = dialog.current;
    isGone.current = false;
    const opener = document.activeElement;
    if (element && !element.open) element.showModal();
    return () => {
      isGone.current = true;
      element?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="sheet-title" onClose={() => !isGone.current && props.onClose()}>
      <h2 id="sheet-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}

export function LeaveDialog({ visit, title, onClose }: { visit: Visit; title: string; onClose(): void }) {
  const [isLeaving, setLeaving] = useState(false);
  const isSending =
    visit.photo.value?.isSending === true ||
    visit.call.value?.chat.handings.value.some(({ code }) => code === undefined) === true;
  return (
    <Dialog title={title} onClose={onClose}>
      {isSending && <p class="notice warn">{t("leave.sending")}</p>}
      <p>{t("leave.text")}</p>
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("leave.stay")}
        </button>
        <button
          type="button"
          class="button danger"
          disabled={isLeaving}
          onClick={() => {
            setLeaving(true);
            void visit.leave();
          }}
        >
          {t("leave.go")}
        </button>
      </div>
    </Dialog>
  );
}
