import mail from "icon:mail";
import message from "icon:message-square";
import { useSignal } from "@preact/signals";
import type { ChannelWord, FailReasonWord, SendersState } from "../../protocol";
import { Icon } from "../../ui/icon";
import { t as tm } from "../messages/messages.words";
import { Confirm, Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t } from "./admin.words";
import { useLoaded } from "./load";
import { removeSender, senders, tryOut } from "./requests";
import { MailDialog, SmsDialog } from "./SenderDialogs";
import { t as ts } from "./senders.words";

/** By what messages go out, and whether anything arrives. */
export function Senders() {
  const { value, problem, load } = useLoaded(senders);
  return (
    <AdminPage title={t("page.senders")} intro={t("sendersIntro")}>
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!value.value && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      {value.value && (
        <>
          <Sender channel="email" state={value.value} onChanged={load} />
          <Sender channel="sms" state={value.value} onChanged={load} />
        </>
      )}
    </AdminPage>
  );
}

interface SenderProps {
  channel: ChannelWord;
  state: SendersState;
  onChanged(): Promise<void>;
}

/** One way out: what it is set to, where that is changed, and a test. */
function Sender({ channel, state, onChanged }: SenderProps) {
  const open = useSignal<"" | "change" | "remove">("");
  const said = useSignal("");
  const known = channel === "email" ? state.mail : state.sms;
  const host = channel === "email" ? state.mail?.host : state.sms?.url;
  const close = () => {
    open.value = "";
  };
  const saved = async () => {
    close();
    await onChanged();
    said.value = ts("saved");
  };
  const sentence = () => {
    if (!known) return t(`senderMissing.${channel}`);
    return ts(known.isOfFile ? "inFile" : "set", { host: host ?? "" });
  };
  return (
    <section class="admin-form admin-narrow" aria-labelledby={`sender-${channel}`}>
      <h2 id={`sender-${channel}`}>{t(`sender.${channel}`)}</h2>
      <p>{sentence()}</p>
      {!known?.isOfFile && (
        <div class="actions start">
          <button
            type="button"
            class="button"
            onClick={() => {
              said.value = "";
              open.value = "change";
            }}
          >
            {ts(known ? "change" : "setUp")}
            <span class="spoken"> {t(`sender.${channel}`)}</span>
          </button>
          {known && (
            <button
              type="button"
              class="button quiet-danger"
              onClick={() => {
                open.value = "remove";
              }}
            >
              {ts("remove")}
              <span class="spoken"> {t(`sender.${channel}`)}</span>
            </button>
          )}
        </div>
      )}
      <p role="status">{said.value}</p>
      {known && <Trial channel={channel} />}
      {open.value === "change" && channel === "email" && (
        <MailDialog {...(state.mail && { state: state.mail })} onClose={close} onSaved={saved} />
      )}
      {open.value === "change" && channel === "sms" && (
        <SmsDialog {...(state.sms && { state: state.sms })} onClose={close} onSaved={saved} />
      )}
      {open.value === "remove" && (
        <Confirm
          title={ts("removeTitle", { channel: t(`sender.${channel}`) })}
          meaning={ts("removeMeaning")}
          confirm={ts("remove")}
          keep={ts("keep")}
          onConfirm={async () => {
            await removeSender(channel);
            said.value = "";
            await onChanged();
          }}
          onClose={close}
        />
      )}
    </section>
  );
}

/** A message that somebody sends to themselves. */
function Trial({ channel }: { channel: ChannelWord }) {
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
  );
}

const why = (reason: FailReasonWord): string => tm(`failed.${reason}`);
