import phone from "icon:phone-call";
import pictureInPicture from "icon:picture-in-picture-2";
import shield from "icon:shield";
import sliders from "icon:sliders-horizontal";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { DevicePanel } from "../../call/parts/DevicePanel";
import { tc } from "../../call/parts/words";
import { t as ts } from "../../protection/open.words";
import { ProtectionPanel } from "../../protection/Panel";
import type { TelephoneReason } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Dialog, Fault } from "../parts/Dialog";
import { facts } from "../who";
import { codeOf, sentenceOf, t } from "../words";
import { float, floating } from "./float";
import type { Visit } from "./visit";

interface DialogProps {
  visit: Visit;
  onClose(): void;
}

/** What is not needed in every consultation. */
export function MoreDialog({ visit, onClose }: DialogProps) {
  const page = useSignal<"" | "devices" | "telephone" | "protection">("");
  if (page.value === "devices") return <DevicesDialog visit={visit} onClose={onClose} />;
  if (page.value === "telephone") return <TelephoneDialog visit={visit} onClose={onClose} />;
  if (page.value === "protection") return <ProtectionDialog visit={visit} onClose={onClose} />;
  const isTelephone = visit.call.telephone.value !== undefined;
  const main = document.querySelector<HTMLVideoElement>(".tile-main video");
  const floats = main ? floating() : undefined;
  return (
    <Dialog title={t("more.title")} onClose={onClose}>
      <ul class="more-list">
        <Way icon={sliders} word={t("more.devices")} onClick={() => (page.value = "devices")} />
        {isTelephone ? (
          <Way
            icon={phone}
            word={t("more.telephoneBack")}
            onClick={() => {
              void visit.ask({ type: "telephone", isOver: true });
              onClose();
            }}
          />
        ) : (
          <Way icon={phone} word={t("more.telephone")} onClick={() => (page.value = "telephone")}>
            {t("more.telephoneHint")}
          </Way>
        )}
        {main && (floats === "video" || floats === "document") && (
          <Way
            icon={pictureInPicture}
            word={t("more.float")}
            onClick={() => {
              void float(main, main.ariaLabel ?? "").catch((cause) => console.info("no floating picture", cause));
              onClose();
            }}
          >
            {t("more.floatHint")}
          </Way>
        )}
        <Way icon={shield} word={ts("open")} onClick={() => (page.value = "protection")} />
        {floats === "by_hand" && (
          <li>
            <p class="muted">{t("more.floatByHand")}</p>
          </li>
        )}
      </ul>
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("app.close")}
        </button>
      </div>
    </Dialog>
  );
}

interface WayProps {
  icon: Parameters<typeof Icon>[0]["of"];
  word: string;
  onClick(): void;
  children?: ComponentChildren;
}

function Way({ icon, word, onClick, children }: WayProps) {
  return (
    <li>
      <button type="button" class="button wide" onClick={onClick}>
        <Icon of={icon} />
        {word}
      </button>
      {children && <p class="muted">{children}</p>}
    </li>
  );
}

/** Which microphone, camera and speaker, and what else to show. */
export function DevicesDialog({ visit, onClose }: DialogProps) {
  return (
    <Dialog title={tc("devices.title")} onClose={onClose}>
      <DevicePanel call={visit.call} devices={visit.devices} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("app.close")}
        </button>
      </div>
    </Dialog>
  );
}

/** How the call is protected, and how everybody proved who they are. */
export function ProtectionDialog({ visit, onClose }: DialogProps) {
  return (
    <Dialog title={ts("open")} isWide onClose={onClose}>
      <ProtectionPanel call={visit.call} wire={visit.wire} zone={facts.value?.timeZone ?? "UTC"} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("app.close")}
        </button>
      </div>
    </Dialog>
  );
}

const REASONS: readonly TelephoneReason[] = ["no_video", "no_sound", "network", "device", "other"];

function TelephoneDialog({ visit, onClose }: DialogProps) {
  const reason = useSignal<TelephoneReason>("no_video");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const turn = async () => {
    fault.value = "";
    isBusy.value = true;
    try {
      await visit.call.telephoneInstead(reason.peek());
      onClose();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      isBusy.value = false;
    }
  };
  return (
    <Dialog title={t("telephone.title")} onClose={onClose}>
      <p>{t("telephone.meaning")}</p>
      <fieldset class="outcomes">
        <legend>{t("telephone.why")}</legend>
        {REASONS.map((each) => (
          <label key={each} class="check">
            <input
              type="radio"
              name="reason"
              checked={reason.value === each}
              onChange={() => {
                reason.value = each;
              }}
            />
            {t(`telephone.${each}`)}
          </label>
        ))}
      </fieldset>
      <Fault text={fault.value} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("telephone.keep")}
        </button>
        <button type="button" class="button primary" disabled={isBusy.value} onClick={() => void turn()}>
          {t("telephone.confirm")}
        </button>
      </div>
    </Dialog>
  );
}
