import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { t } from "../words";
import { Confirm } from "./Dialog";
import { dropAll, type Hold, isHeld, settleAll, whatIsHeld } from "./holding";

/** So long a person waits for what is being saved before they are asked. */
const AT_ONCE_MS = 600;

/** Asks before a link, or the way back, leads away from what would be lost. What can still be saved is saved first. */
export function Leaving() {
  const { url, route } = useLocation();
  const here = useRef(url);
  here.current = url;
  const asked = useSignal<{ to: string; what: Hold["what"] } | undefined>(undefined);
  useEffect(() => {
    const leave = async (to: string) => {
      const settled = settleAll();
      const soon = new Promise<undefined>((resolve) => setTimeout(resolve, AT_ONCE_MS));
      const isSettled = await Promise.race([settled, soon]);
      if (isSettled || !isHeld()) return route(to);
      const question = { to, what: whatIsHeld() };
      asked.value = question;
      if (!(await settled) || asked.peek() !== question) return;
      asked.value = undefined;
      route(to);
    };
    const click = (event: MouseEvent) => {
      const to = isHeld() ? wayOf(event) : undefined;
      if (to === undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      void leave(to);
    };
    const back = (event: PopStateEvent) => {
      const to = location.pathname + location.search;
      if (!isHeld() || to === here.current) return;
      event.stopImmediatePropagation();
      history.pushState(null, "", here.current);
      void leave(to);
    };
    // Before the router hears of it.
    addEventListener("click", click, true);
    addEventListener("popstate", back, true);
    return () => {
      removeEventListener("click", click, true);
      removeEventListener("popstate", back, true);
    };
  }, []);
  if (!asked.value) return null;
  const { to, what } = asked.value;
  return (
    <Confirm
      title={t(`leaving.${what}.title`)}
      meaning={t(`leaving.${what}.meaning`)}
      confirm={t("leaving.go")}
      keep={t("leaving.stay")}
      onConfirm={async () => {
        dropAll();
        route(to);
      }}
      onClose={() => {
        asked.value = undefined;
      }}
    />
  );
}

/** Where a click leads to within the staff pages, as the router takes it; anything else is the browser's. */
function wayOf(event: MouseEvent): string | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button !== 0) return undefined;
  const link = event.composedPath().find((each): each is HTMLAnchorElement => each instanceof HTMLAnchorElement);
  const to = link?.getAttribute("href");
  if (!link || !to?.startsWith("/app") || (link.target !== "" && link.target !== "_self") || link.download !== "")
    return undefined;
  return to;
}
