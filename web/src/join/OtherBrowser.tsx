import copy from "icon:copy";
import { useSignal } from "@preact/signals";
import { Icon } from "../ui/icon";
import { appOf, isApple, maySeeAnyway, unfit } from "./browser";
import { addressOf } from "./link";
import { Frame } from "./parts";
import type { Visit } from "./visit";
import { t } from "./words";

/** A window of another app, a browser that is too old, or one without camera and microphone: how to get to a better one. */
export function OtherBrowser({ visit }: { visit: Visit }) {
  const state = useSignal<"" | "copied" | "by_hand">("");
  const address = addressOf(visit.link ?? "");
  const why = unfit();
  const browser = isApple() ? "Safari" : "Chrome";
  const app = appOf();
  const copyIt = async () => {
    try {
      await navigator.clipboard.writeText(address);
      state.value = "copied";
    } catch {
      state.value = "by_hand";
    }
  };
  const title =
    why === "inApp"
      ? t("unsupported.inApp.title", { browser })
      : t(why === "old" ? "unsupported.old.title" : "unsupported.title");
  return (
    <Frame visit={visit} title={title}>
      {why === "inApp" ? (
        <>
          {app !== "?" && app && <p>{t("unsupported.inApp.text", { app })}</p>}
          <p>{t(isApple() ? "unsupported.inApp.ios" : "unsupported.inApp.android")}</p>
          <p>{t("unsupported.inApp.copy", { browser })}</p>
        </>
      ) : (
        <p>{t(why === "old" ? "unsupported.old.text" : "unsupported.noCamera.text")}</p>
      )}
      <button type="button" class="button primary wide" onClick={() => void copyIt()}>
        <Icon of={copy} />
        {t("unsupported.copy")}
      </button>
      <p role="status">{state.value === "copied" && t("unsupported.copied")}</p>
      {state.value === "by_hand" && (
        <label class="field">
          <span>{t("unsupported.byHand")}</span>
          <input readOnly value={address} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
      {maySeeAnyway() && (
        <button
          type="button"
          class="button quiet wide"
          onClick={() => {
            visit.isOtherBrowserWanted.value = false;
          }}
        >
          {t("unsupported.anyway")}
        </button>
      )}
    </Frame>
  );
}
