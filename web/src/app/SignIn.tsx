import check from "icon:check";
import key from "icon:key-round";
import logIn from "icon:log-in";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { ProblemCode } from "../protocol";
import { Icon } from "../ui/icon";
import { t as tl } from "./local/local.words";
import { localFacts } from "./local/requests";
import { Fault } from "./parts/Dialog";
import { Header } from "./parts/Header";
import { usePage } from "./parts/hooks";
import { facts } from "./who";
import { sentenceOf, t } from "./words";

/** What the sign-in says of itself by `?problem=`. */
const PROBLEMS: readonly ProblemCode[] = [
  "no_role",
  "sign_in_expired",
  "sign_in_refused",
  "provider_unreachable",
  "sign_in_needed",
];

/** Only ways within the staff pages are gone back to. */
export function safeReturn(wanted: string | undefined): string {
  return wanted !== undefined && /^\/app(?:[/?#]|$)/.test(wanted) ? wanted : "/app";
}

/** The way in by an account of the gateway itself, where there is one. */
function LocalOffer({ returnTo }: { returnTo: string }) {
  const isOffered = useSignal(false);
  useEffect(() => {
    localFacts()
      .then((known) => {
        isOffered.value = known.isOffered;
      })
      .catch((cause) => console.warn("nobody knows whether there are local accounts", cause));
  }, []);
  if (!isOffered.value) return null;
  return (
    <a class="button wide" href={`/app/local-sign-in?return_to=${encodeURIComponent(returnTo)}`}>
      <Icon of={key} />
      {tl("offer")}
    </a>
  );
}

export function SignIn() {
  const { query } = useLocation();
  const heading = usePage(t("signIn.title"));
  const problem = PROBLEMS.find((code) => code === query.problem);
  const address = `/login?return_to=${encodeURIComponent(safeReturn(query.return_to))}`;
  return (
    <>
      <Header />
      <main class="narrow" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("signIn.title")}
        </h1>
        {query.problem === "signed_out" && (
          <p class="notice good" role="status">
            <Icon of={check} />
            {t("signIn.signedOut")}
          </p>
        )}
        {problem && problem !== "sign_in_needed" ? <Fault text={sentenceOf(problem)} /> : <p>{t("signIn.intro")}</p>}
        <a class="button primary wide" href={address}>
          <Icon of={logIn} />
          {query.problem === "signed_out" && (
            <p class="notice good" role="status">
              <Icon of={check} />
              {t("signIn.signedOut")}
            </p>
          )}
          {problem && problem !== "sign_in_needed" ? t("signIn.again") : t("signIn.button")}
        </a>
        <LocalOffer returnTo={safeReturn(query.return_to)} />
        <p class="muted">{t("signIn.patients")}</p>
        {facts.value && <p class="muted">{t("app.help", { telephone: facts.value.telephone })}</p>}
      </main>
    </>
  );
}
