const REMEMBERED_AS = "parvis.upload";

/** Takes the secret of the link out of the address, so that it is in no history, and keeps it for a reload of this tab. */
export function takeSecret(): string | undefined {
  const fresh = location.hash.slice(1);
  try {
    if (fresh === "") return sessionStorage.getItem(REMEMBERED_AS) ?? undefined;
    sessionStorage.setItem(REMEMBERED_AS, fresh);
  } catch {
    // Storage may be switched off: a reload then needs the link again.
  }
  if (fresh === "") return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return fresh;
}
