import check from "icon:check";
import key from "icon:key-round";
import logIn from "icon:log-in";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { ProblemCode, SignInWay } from "../protocol";
import { Icon } from "../ui/icon";
import { t as tl } from "./local/local.words";
import { localFacts } from "./local/requests";
import { Fault } from "./parts/Dialog";
import { Header } from "./parts/Header";
import { usePage } from "./parts/hooks";
import { FRESH_ADDRESS } from "./signin/fresh";
import { ways as fetchWays } from "./signin/requests";
import { t as ts } from "./signin/words";
import { facts, person } from "./who";
import { sentenceOf, t } from "./words";

/** What the sign-in says of itself by `?problem=`. */
export const PROBLEMS: readonly ProblemCode[] = [
  "no_role",
  "sign_in_expired",
  "sign_in_refused",
  "sign_in_untrusted",
  "sign_in_weak",
  "sign_in_not_fresh",
  "sign_in_other_person",
  "provider_unreachable",
  "not_found",
  "internal",
  "unavailable",
  "sign_in_needed",
];

/** Only ways within the staff pages are gone back to. */
export function safeReturn(wanted: string | undefined): string {
  return wanted !== undefined && /^\/app(?:[/?#]|$)/.test(wanted) ? wanted : "/app";
}

/** The code for whoever helps, if it has the form of one: whatever else an address says is not shown. */
export function reasonOf(told: string | undefined): string | undefined {
  return told !== undefined && /^[a-z_]{3,40}$/.test(told) ? told : undefined;
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
    <li>
      <a class="button wide" href={`/app/local-sign-in?return_to=${encodeURIComponent(returnTo)}`}>
        <Icon of={key} />
        {tl("offer")}
      </a>
    </li>
  );
}

export function SignIn() {
  const { query } = useLocation();
  const heading = usePage(t("signIn.title"));
  const ways = useSignal<SignInWay[]>([]);
  const areWaysUnknown = useSignal(false);
  const areWaysKnown = useSignal(false);
  useEffect(() => {
    fetchWays().then(
      (found) => {
        ways.value = found;
        areWaysKnown.value = true;
      },
      (cause) => {
        console.warn("the ways to sign in are not known", cause);
        areWaysUnknown.value = true;
      },
    );
  }, []);
  const problem = PROBLEMS.find((code) => code === query.problem);
  const trouble = problem !== undefined && problem !== "sign_in_needed" ? problem : undefined;
  const reason = reasonOf(query.reason);
  const address = (way?: SignInWay) => {
    // Whoever is signed in and was to prove it once more goes on with that.
    if (person.value && (trouble === "sign_in_not_fresh" || trouble === "sign_in_other_person")) return FRESH_ADDRESS;
    const provider = way ? `&provider=${encodeURIComponent(way.provider)}` : "";
    return `/login?return_to=${encodeURIComponent(safeReturn(query.return_to))}${provider}`;
  };
  const [own, ...others] = ways.value;
  const ownWord = () => {
    if (own?.label !== undefined) return ts("by", { label: own.label });
    return trouble && others.length === 0 ? ts("again") : ts("own");
  };
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
        {trouble ? <Fault text={sentenceOf(trouble)} /> : <p>{t("signIn.intro")}</p>}
        {trouble === "provider_unreachable" && (
          <p>
            {ts("running")} {others.length > 0 && ts("others")}
          </p>
        )}
        {areWaysUnknown.value && <p class="muted">{ts("waysUnknown")}</p>}
        <ul class="choices">
          {(own || !areWaysKnown.value) && (
            <li>
              <a class="button primary wide" href={address(own)}>
                <Icon of={logIn} />
                {ownWord()}
              </a>
            </li>
          )}
          {others.map((way) => (
            <li key={way.provider}>
              <a class="button wide" href={address(way)}>
                <Icon of={logIn} />
                {ts("by", { label: way.label ?? way.provider })}
              </a>
            </li>
          ))}
          <LocalOffer returnTo={safeReturn(query.return_to)} />
        </ul>
        <p class="muted">{t("signIn.patients")}</p>
        {facts.value && <p class="muted">{t("app.help", { telephone: facts.value.telephone })}</p>}
        {trouble && reason && <p class="muted">{ts("reason", { reason })}</p>}
      </main>
    </>
  );
}
