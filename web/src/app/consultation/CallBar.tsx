import ellipsis from "icon:ellipsis";
import mic from "icon:mic";
import micOff from "icon:mic-off";
import phoneOff from "icon:phone-off";
import screen from "icon:screen-share";
import screenOff from "icon:screen-share-off";
import video from "icon:video";
import videoOff from "icon:video-off";
import { useSignal } from "@preact/signals";
import { mayShareScreen } from "../../call/extras";
import type { OutcomeWord } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t } from "../words";
import { deviceWord } from "./Check";
import { FollowUp } from "./FollowUp";
import { MoreDialog } from "./More";
import { reportOf } from "./uploads";
import type { Visit } from "./visit";

/** Microphone, camera, screen, end: always at the same place, each with its state in words. */
export function CallBar({ visit }: { visit: Visit }) {
  const { call, devices } = visit;
  const isEnding = useSignal(false);
  const isMore = useSignal(false);
  const isTelephone = call.telephone.value !== undefined;
  const hasMic = call.micOn.value;
  const hasCamera = call.cameraOn.value;
  const isSharing = call.screenTrack.value !== undefined;
  return (
    <>
      <fieldset class="call-bar" aria-label={t("bar.call")}>
        {!isTelephone && (
          <>
            <button
              type="button"
              class="button"
              aria-pressed={hasMic}
              aria-describedby="fault-microphone"
              onClick={() => void call.toggleMic()}
            >
              <Icon of={hasMic ? mic : micOff} />
              <span>
                {t("bar.microphone")}
                <span class="call-state" aria-hidden="true">
                  {deviceWord("microphone", devices.microphone.value, hasMic)}
                </span>
              </span>
            </button>
            <button
              type="button"
              class="button"
              aria-pressed={hasCamera}
              aria-describedby="fault-camera"
              onClick={() => void call.toggleCamera()}
            >
              <Icon of={hasCamera ? video : videoOff} />
              <span>
                {t("bar.camera")}
                <span class="call-state" aria-hidden="true">
                  {deviceWord("camera", devices.camera.value, hasCamera)}
                </span>
              </span>
            </button>
          </>
        )}
        {mayShareScreen() && (
          <button
            type="button"
            class="button"
            onClick={() => void (isSharing ? call.stopScreen() : call.shareScreen())}
          >
            <Icon of={isSharing ? screenOff : screen} />
            <span>
              {isSharing ? t("bar.shareStop") : t("bar.share")}{" "}
              <span class="call-state">{isSharing ? t("bar.shareStopWhat") : t("bar.shareWhat")}</span>
            </span>
          </button>
        )}
        <button
          type="button"
          class="button"
          aria-haspopup="dialog"
          onClick={() => {
            isMore.value = true;
          }}
        >
          <Icon of={ellipsis} />
          <span>{t("bar.more")}</span>
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            isEnding.value = true;
          }}
        >
          <Icon of={phoneOff} />
          <span>{t("bar.end")}</span>
        </button>
      </fieldset>
      {isMore.value && (
        <MoreDialog
          visit={visit}
          onClose={() => {
            isMore.value = false;
          }}
        />
      )}
      {isEnding.value && (
        <EndDialog
          visit={visit}
          onClose={() => {
            isEnding.value = false;
          }}
        />
      )}
    </>
  );
}

const OUTCOMES: readonly OutcomeWord[] = ["completed", "follow_up", "by_telephone", "in_person", "not_held"];

function EndDialog({ visit, onClose }: { visit: Visit; onClose(): void }) {
  const outcome = useSignal<OutcomeWord>("completed");
  const fault = useSignal("");
  const report = reportOf(visit.uploads.items.value);
  const end = async () => {
    fault.value = "";
    try {
      await visit.wire.request({ type: "end", outcome: outcome.value });
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <Dialog title={t("end.title")} onClose={onClose}>
      <p>{t("end.meaning")}</p>
      {report.isRunning && <p class="notice warn">{t("end.sending", { percent: Math.floor(report.part * 100) })}</p>}
      <fieldset class="outcomes">
        <legend>{t("end.outcome")}</legend>
        {OUTCOMES.map((each) => (
          <label key={each} class="check">
            <input
              type="radio"
              name="outcome"
              checked={outcome.value === each}
              onChange={() => {
                outcome.value = each;
              }}
            />
            {t(`outcome.${each}`)}
          </label>
        ))}
      </fieldset>
      <FollowUp appointment={visit.appointment} />
      <Fault text={fault.value} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("end.stay")}
        </button>
        <button type="button" class="button danger" onClick={() => void end()}>
          {t("end.confirm")}
        </button>
      </div>
    </Dialog>
  );
}
