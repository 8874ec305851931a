import mail from "icon:mail";
import message from "icon:message-square";
import { useSignal } from "@preact/signals";
import type { ChannelWord, FailReasonWord } from "../../protocol";
import { Icon } from "../../ui/icon";
import { t as tm } from "../messages/messages.words";
import { Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t } from "./admin.words";
import { useLoaded } from "./load";
import { senders, tryOut } from "./requests";

/** By what messages go out, and whether anything arrives. */
export function Senders() {
  const { value, problem, load } = useLoaded(senders);
  return (
    <AdminPage title={t("page.senders")} intro={t("sendersIntro")}>
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!value.value && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      {value.value && (
        <>
          <Sender channel="email" isSet={value.value.hasMail} />
          <Sender channel="sms" isSet={value.value.hasSms} />
        </>
      )}
    </AdminPage>
  );
}

function Sender({ channel, isSet }: { channel: ChannelWord; isSet: boolean }) {
  const to = useSignal("");
  const fault = useSignal("");
  const said = useSignal("");
  const isBusy = useSignal(false);
  const send = async () => {
    fault.value = "";
    said.value = "";
    isBusy.value = true;
    try {
      const { failed } = await tryOut({ channel, to: to.value });
      if (failed) fault.value = why(failed);
      else said.value = t("trialTaken");
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
    isBusy.value = false;
  };
  return (
    <section class="admin-form admin-narrow" aria-labelledby={`sender-${channel}`}>
      <h2 id={`sender-${channel}`}>{t(`sender.${channel}`)}</h2>
      <p>{isSet ? t("senderSet") : t(`senderMissing.${channel}`)}</p>
      {isSet && (
        <form
          class="admin-form"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <Fault text={fault.value} />
          <Field
            label={t(`trialTo.${channel}`)}
            value={to.value}
            onValue={(typed) => {
              to.value = typed;
            }}
            input={{ autocomplete: channel === "email" ? "email" : "tel" }}
          />
          <div class="actions start">
            <button type="submit" class="button primary" disabled={isBusy.value}>
              <Icon of={channel === "email" ? mail : message} />
              {t("trialSend")}
            </button>
          </div>
          <p role="status">{said.value}</p>
        </form>
      )}
    </section>
  );
}

const why = (reason: FailReasonWord): string => tm(`failed.${reason}`);
