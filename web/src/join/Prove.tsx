import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { AfterState, PatientProvider } from "../protocol";
import type { Afterwards } from "./after";
import { t } from "./prove.words";
import type { Visit } from "./visit";
import { codeOf, sentenceOf } from "./words";

interface ProveProps {
  visit: Visit;
  after: Afterwards;
  state: AfterState;
}

/** The documents are behind more than the link: a code, a sign-in, or both, as the service has it. */
export function Prove({ visit, after, state }: ProveProps) {
  const { ask, providers } = state;
  const wantsSignIn = ask !== "code" && !state.signedInWith;
  const wantsCode = ask === "code" || ask === "either" || (ask === "both" && !state.hasShownCode);
  const names = providers.map((each) => each.label).join(", ");
  return (
    <>
      {ask === "both" && <p>{t(state.hasShownCode || state.signedInWith ? "both.second" : "both.first")}</p>}
      {ask !== "both" && <p>{t("prove")}</p>}
      {wantsSignIn && providers.map((each) => <SignIn key={each.provider} after={after} provider={each} />)}
      {wantsSignIn && wantsCode && <p class="after-or">{t(ask === "both" ? "and" : "or")}</p>}
      {wantsCode && <Code visit={visit} isFirst={!wantsSignIn} />}
      {ask === "code" && providers.length > 0 && !state.isComparable && (
        <p class="muted">{t("notComparable", { name: names })}</p>
      )}
    </>
  );
}

/** Away to the provider, on a tap. */
function SignIn({ after, provider }: { after: Afterwards; provider: PatientProvider }) {
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const id = useId();
  const go = async () => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    fault.value = "";
    try {
      await after.signIn(provider.provider);
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      isBusy.value = false;
    }
  };
  return (
    <>
      <button
        type="button"
        class="button primary wide after-provider"
        aria-disabled={isBusy.value}
        aria-describedby={id}
        onClick={() => void go()}
      >
        <span>{t("signIn")}</span> <strong>{provider.label}</strong>
      </button>
      <p class="muted" id={id}>
        {t("signInHint", { name: provider.label })}
      </p>
      <p role="alert">{fault.value}</p>
    </>
  );
}

/** A code, on the page of the second door. */
function Code({ visit, isFirst }: { visit: Visit; isFirst: boolean }) {
  const fault = useSignal("");
  const hasNothing = useSignal(false);
  const prove = async () => {
    fault.value = "";
    try {
      hasNothing.value = !(await visit.prove());
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  if (hasNothing.value) return <p role="status">{t("noKey")}</p>;
  return (
    <>
      <button type="button" class={`button wide${isFirst ? " primary" : ""}`} onClick={() => void prove()}>
        {t(isFirst ? "show" : "code")}
      </button>
      <p role="alert">{fault.value}</p>
    </>
  );
}

/** Who is signed in, and the way out. */
export function SignedIn({ after, name }: { after: Afterwards; name: string }) {
  const fault = useSignal("");
  const out = () =>
    after.signOut().catch((cause) => {
      fault.value = sentenceOf(codeOf(cause));
    });
  return (
    <div class="after-signed-in">
      <p>{t("signedIn", { name })}</p>
      <button type="button" class="button" onClick={() => void out()}>
        {t("signOut")}
      </button>
      <p role="alert">{fault.value}</p>
    </div>
  );
}
