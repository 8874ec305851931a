import logIn from "icon:log-in";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../../ui/icon";
import { Dialog } from "../parts/Dialog";
import { FRESH_ADDRESS, hearProofs, SIGN_IN_ADDRESS, waiting } from "./fresh";
import { t } from "./words";

/** Leads through the sign-in and back, in another tab, while something waits for it. */
export function FreshDialog() {
  const hasGone = useSignal(false);
  useEffect(hearProofs, []);
  const wanted = waiting.value;
  useEffect(() => {
    if (!wanted) hasGone.value = false;
  }, [wanted, hasGone]);
  if (!wanted) return null;
  const isSignedOut = wanted.why === "signed_out";
  return (
    <Dialog title={t(isSignedOut ? "signedOut.title" : "fresh.title")} onClose={() => wanted.settle(false)}>
      <p>{t(isSignedOut ? "signedOut.meaning" : "fresh.meaning")}</p>
      <p class="muted" role="status">
        {hasGone.value && t("fresh.waiting")}
      </p>
      <div class="actions">
        <button type="button" class="button" onClick={() => wanted.settle(false)}>
          {t("fresh.cancel")}
        </button>
        <a
          class="button primary"
          href={isSignedOut ? SIGN_IN_ADDRESS : FRESH_ADDRESS}
          target="_blank"
          rel="noopener"
          onClick={() => {
            hasGone.value = true;
          }}
        >
          <Icon of={logIn} />
          {t("fresh.go")} {t("fresh.tab")}
        </a>
      </div>
    </Dialog>
  );
}
