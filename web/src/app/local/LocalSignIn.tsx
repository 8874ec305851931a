import fingerprint from "icon:fingerprint-pattern";
import logIn from "icon:log-in";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { LocalStepEntry, SecondStepRequest } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { safeReturn } from "../SignIn";
import { codeOf, sentenceOf } from "../words";
import { CodeForm } from "./CodeForm";
import { t } from "./local.words";
import { knowsPasskeys, provePasskey } from "./passkey";
import { beginSignIn, finishSignIn } from "./requests";
import "./local.css";

/** Signs somebody in with an account of the gateway itself: user name and password, then a second factor. */
export function LocalSignIn() {
  const { query } = useLocation();
  const heading = usePage(t("signInTitle"));
  const step = useSignal<LocalStepEntry | undefined>(undefined);
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const userName = useSignal("");
  const password = useSignal("");
  const act = async (what: () => Promise<void>) => {
    fault.value = "";
    isBusy.value = true;
    try {
      await what();
    } catch (cause) {
      const code = codeOf(cause);
      if (code === "local_expired" || code === "local_locked") step.value = undefined;
      fault.value = sentenceOf(code);
    }
    isBusy.value = false;
  };
  const begin = () =>
    act(async () => {
      step.value = await beginSignIn({ userName: userName.value, password: password.value });
      password.value = "";
    });
  const finish = (shown: Omit<SecondStepRequest, "ticket">) =>
    act(async () => {
      if (!step.value) return;
      await finishSignIn({ ticket: step.value.ticket, ...shown });
      location.assign(safeReturn(query.return_to));
    });
  return (
    <>
      <Header />
      <main class="narrow" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("signInTitle")}
        </h1>
        {!step.value && (
          <form
            class="local-form"
            onSubmit={(event) => {
              event.preventDefault();
              void begin();
            }}
          >
            <p>{t("signInIntro")}</p>
            <Fault text={fault.value} />
            <Field
              label={t("userName")}
              value={userName.value}
              onValue={(value) => {
                userName.value = value;
              }}
              input={{ autocomplete: "username", autocapitalize: "none", spellcheck: false }}
            />
            <Field
              label={t("password")}
              value={password.value}
              onValue={(value) => {
                password.value = value;
              }}
              isSecret
              input={{ autocomplete: "current-password" }}
            />
            <button type="submit" class="button primary wide" disabled={isBusy.value}>
              {t("next")}
            </button>
          </form>
        )}
        {step.value && (
          <Second
            key={step.value.ticket}
            step={step.value}
            fault={fault.value}
            isBusy={isBusy.value}
            onFault={(text) => {
              fault.value = text;
            }}
            onShow={finish}
            onAgain={() => {
              step.value = undefined;
              fault.value = "";
            }}
          />
        )}
        <a href="/app/sign-in">{t("back")}</a>
      </main>
    </>
  );
}

interface SecondProps {
  step: LocalStepEntry;
  fault: string;
  isBusy: boolean;
  onFault(text: string): void;
  onShow(shown: Omit<SecondStepRequest, "ticket">): Promise<void>;
  onAgain(): void;
}

function Second({ step, fault, isBusy, onFault, onShow, onAgain }: SecondProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const recovery = useSignal("");
  const hasPasskey = step.passkey !== undefined && knowsPasskeys();
  const isLost = useSignal(!hasPasskey && !step.hasTotp);
  useEffect(() => heading.current?.focus(), []);
  const prove = async () => {
    const shown = await provePasskey(step.passkey ?? "");
    if (shown === undefined) onFault(t("noPasskey"));
    else await onShow({ passkey: shown });
  };
  return (
    <>
      <h2 ref={heading} tabIndex={-1}>
        {t("secondTitle")}
      </h2>
      <p>{t("secondIntro")}</p>
      <Fault text={fault} />
      {hasPasskey && (
        <button type="button" class="button primary wide" disabled={isBusy} onClick={() => void prove()}>
          <Icon of={fingerprint} />
          {t("usePasskey")}
        </button>
      )}
      {step.hasTotp && (
        <CodeForm onShow={(code) => void onShow({ code })}>
          <button type="submit" class="button primary wide" disabled={isBusy}>
            <Icon of={logIn} />
            {t("signIn")}
          </button>
        </CodeForm>
      )}
      {isLost.value ? (
        <form
          class="local-form"
          onSubmit={(event) => {
            event.preventDefault();
            void onShow({ recoveryCode: recovery.value });
          }}
        >
          <Field
            label={t("recovery")}
            hint={t("recoveryHint")}
            value={recovery.value}
            onValue={(value) => {
              recovery.value = value;
            }}
            input={{ autocomplete: "off", autocapitalize: "none", spellcheck: false, class: "local-code" }}
          />
          <button type="submit" class="button wide" disabled={isBusy}>
            {t("signIn")}
          </button>
        </form>
      ) : (
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            isLost.value = true;
          }}
        >
          {t("lost")}
        </button>
      )}
      <button type="button" class="button quiet" onClick={onAgain}>
        {t("again")}
      </button>
    </>
  );
}
