const REMEMBERED_AS = "parvis.link";
const CONTINUED = "parvis.continued";

function remembered(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(key: string, value: string | undefined): void {
  try {
    if (value === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // Storage may be switched off: a reload then needs the link again.
  }
}

/**
 * Takes the secret of the personal link out of the address, so that it is in no history entry and on no screenshot, and keeps it
 * for a reload of this tab.
 */
export function takeLink(): string | undefined {
  const fresh = location.hash.slice(1);
  if (fresh === "") return remembered(REMEMBERED_AS);
  if (fresh !== remembered(REMEMBERED_AS)) remember(CONTINUED, undefined);
  remember(REMEMBERED_AS, fresh);
  history.replaceState(history.state, "", location.pathname + location.search);
  return fresh;
}

/** The whole address again, to be opened in another browser. */
export const addressOf = (link: string): string => `${location.origin}${location.pathname}#${link}`;

/** Whether this tab was already past the landing page: a reload then goes on by itself. */
export const hasContinued = (): boolean => remembered(CONTINUED) === "1";
export const setContinued = (is: boolean): void => remember(CONTINUED, is ? "1" : undefined);
