import copy from "icon:copy";
import fingerprint from "icon:fingerprint-pattern";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { encode } from "uqr";
import type { SecondStepRequest, SetUpFactors, SetUpFacts } from "../../protocol";
import { Icon } from "../../ui/icon";
import { CopyLine } from "../parts/CopyLine";
import { Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { mayAdminister, person, recognise } from "../who";
import { codeOf, sentenceOf, t as ta } from "../words";
import { CodeForm } from "./CodeForm";
import { t } from "./local.words";
import { knowsPasskeys, makePasskey } from "./passkey";
import { beginSetUp, finishSetUp, lookAtSetUp } from "./requests";
import "./local.css";

/** The secret of the one-time address stands after its `#`; it goes out of the address at once. */
function takeSecret(): string {
  const secret = location.hash.slice(1);
  if (secret !== "") history.replaceState(history.state, "", location.pathname);
  return secret;
}

/** Sets an account up: user name and password, a second factor, and the codes that stand in for it. */
export function SetUp() {
  const secret = useSignal("");
  const facts = useSignal<SetUpFacts | undefined>(undefined);
  const factors = useSignal<SetUpFactors | undefined>(undefined);
  const codes = useSignal<string[] | undefined>(undefined);
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const title = facts.value?.userName === undefined ? t("setUpTitle") : t("setUpAnewTitle");
  const heading = usePage(title);
  const act = async (what: () => Promise<void>) => {
    fault.value = "";
    isBusy.value = true;
    try {
      await what();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
    isBusy.value = false;
  };
  useEffect(() => {
    secret.value = takeSecret();
    if (secret.value === "") fault.value = t("noAddress");
    else
      void act(async () => {
        facts.value = await lookAtSetUp(secret.value);
      });
  }, []);
  const finish = (shown: Omit<SecondStepRequest, "ticket">) =>
    act(async () => {
      const done = await finishSetUp({ ticket: factors.value?.ticket ?? "", ...shown });
      codes.value = done.recoveryCodes;
    });
  return (
    <>
      <Header />
      <main class="narrow" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {!codes.value && <Fault text={fault.value} />}
        {!facts.value && fault.value === "" && <p class="muted">{ta("app.loading")}</p>}
        {facts.value && !factors.value && (
          <Who
            facts={facts.value}
            isBusy={isBusy.value}
            onFault={(text) => {
              fault.value = text;
            }}
            onDone={(who) =>
              act(async () => {
                factors.value = await beginSetUp({ secret: secret.value, ...who });
              })
            }
          />
        )}
        {factors.value && !codes.value && (
          <Factor
            factors={factors.value}
            isBusy={isBusy.value}
            onFault={(text) => {
              fault.value = text;
            }}
            onShow={finish}
          />
        )}
        {codes.value && <Codes codes={codes.value} />}
      </main>
    </>
  );
}

interface WhoProps {
  facts: SetUpFacts;
  isBusy: boolean;
  onFault(text: string): void;
  onDone(who: { userName: string; name: string; password: string }): Promise<void>;
}

function Who({ facts, isBusy, onFault, onDone }: WhoProps) {
  const userName = useSignal(facts.userName ?? "");
  const name = useSignal(facts.name);
  const password = useSignal("");
  const again = useSignal("");
  return (
    <form
      class="local-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (password.value !== again.value) onFault(t("notSame"));
        else void onDone({ userName: userName.value, name: name.value, password: password.value });
      }}
    >
      <p>{facts.isFirst ? t("firstIntro") : t("intro", { name: facts.name })}</p>
      <p class="muted">{t("rolesAre", { roles: facts.roles.map((role) => ta(`staff.${role}`)).join(", ") })}</p>
      {facts.isFirst && (
        <Field
          label={t("yourName")}
          hint={t("nameHint")}
          value={name.value}
          onValue={(value) => {
            name.value = value;
          }}
          input={{ autocomplete: "name", maxLength: 120 }}
        />
      )}
      <Field
        label={t("userName")}
        hint={t("userNameHint")}
        value={userName.value}
        onValue={(value) => {
          userName.value = value;
        }}
        input={{ autocomplete: "username", autocapitalize: "none", spellcheck: false, maxLength: 40 }}
      />
      <Field
        label={t("password")}
        hint={t("passwordHint")}
        value={password.value}
        onValue={(value) => {
          password.value = value;
        }}
        isSecret
        input={{ autocomplete: "new-password", minLength: 12 }}
      />
      <Field
        label={t("passwordAgain")}
        value={again.value}
        onValue={(value) => {
          again.value = value;
        }}
        isSecret
        input={{ autocomplete: "new-password" }}
      />
      <button type="submit" class="button primary wide" disabled={isBusy}>
        {t("next")}
      </button>
    </form>
  );
}

interface FactorProps {
  factors: SetUpFactors;
  isBusy: boolean;
  onFault(text: string): void;
  onShow(shown: Omit<SecondStepRequest, "ticket">): Promise<void>;
}

function Factor({ factors, isBusy, onFault, onShow }: FactorProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const make = async () => {
    const made = await makePasskey(factors.passkey ?? "");
    if (made === undefined) onFault(t("noPasskey"));
    else await onShow({ passkey: made });
  };
  return (
    <>
      <h2 ref={heading} tabIndex={-1}>
        {t("factorTitle")}
      </h2>
      <p>{t("factorIntro")}</p>
      <section class="local-factor" aria-labelledby="passkey">
        <h3 id="passkey">{t("passkeyTitle")}</h3>
        {factors.passkey !== undefined && knowsPasskeys() ? (
          <>
            <p>{t("passkeyIntro")}</p>
            <button type="button" class="button primary wide" disabled={isBusy} onClick={() => void make()}>
              <Icon of={fingerprint} />
              {t("makePasskey")}
            </button>
          </>
        ) : (
          <p class="muted">{t("passkeyImpossible")}</p>
        )}
      </section>
      <section class="local-factor" aria-labelledby="app">
        <h3 id="app">{t("appTitle")}</h3>
        <p>{t("appIntro")}</p>
        <Square text={factors.totpUrl} />
        <CopyLine label={t("key")} text={factors.totpKey} />
        <CodeForm onShow={(code) => void onShow({ code })}>
          <button type="submit" class="button wide" disabled={isBusy}>
            {t("finish")}
          </button>
        </CodeForm>
      </section>
    </>
  );
}

/** A square code (ISO/IEC 18004), always dark on light: apps read no other. */
function Square({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const dots = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg
      class="local-square"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={t("square")}
      shape-rendering="crispEdges"
    >
      <path d={dots.join("")} />
    </svg>
  );
}

function Codes({ codes }: { codes: string[] }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isKept = useSignal(false);
  const said = useSignal("");
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <h2 ref={heading} tabIndex={-1}>
        {t("codesTitle")}
      </h2>
      <p>{t("codesIntro")}</p>
      <ul class="local-codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <button
        type="button"
        class="button"
        onClick={async () => {
          await navigator.clipboard.writeText(codes.join("\n")).catch(() => undefined);
          said.value = ta("app.copied");
        }}
      >
        <Icon of={copy} />
        {t("codesCopy")}
      </button>
      <p role="status">{said.value}</p>
      <label class="check">
        <input
          type="checkbox"
          checked={isKept.value}
          onChange={(event) => {
            isKept.value = event.currentTarget.checked;
          }}
        />
        {t("codesKept")}
      </label>
      <button
        type="button"
        class="button primary wide"
        disabled={!isKept.value}
        onClick={async () => {
          await recognise();
          const who = person.value;
          location.assign(who && mayAdminister(who) ? "/app/admin/accounts" : "/app");
        }}
      >
        {t("enter")}
      </button>
    </>
  );
}
