import building from "icon:building";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Icon } from "../../ui/icon";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { safeReturn } from "../SignIn";
import { recognise } from "../who";
import { codeOf, sentenceOf } from "../words";
import { activities, chooseActivity } from "./requests";
import { t } from "./words";

/** Somebody who works in several places says in which; nothing else is open to them before. */
export function Activity() {
  const { query, route } = useLocation();
  const heading = usePage(t("activity.title"));
  const choices = useSignal<string[]>([]);
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const next = safeReturn(query.return_to);
  const fetchChoices = async () => {
    fault.value = "";
    try {
      choices.value = (await activities()).choices;
      // Chosen in another tab, or nothing to choose.
      if (choices.value.length === 0) route(next, true);
    } catch (cause) {
      if (codeOf(cause) === "sign_in_needed") route("/app/sign-in?problem=sign_in_expired", true);
      else fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => {
    void fetchChoices();
  }, []);
  const choose = async (choice: number) => {
    isBusy.value = true;
    try {
      await chooseActivity(choice);
      await recognise();
      route(next, true);
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      isBusy.value = false;
    }
  };
  return (
    <>
      <Header />
      <main class="narrow" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("activity.title")}
        </h1>
        <p>{t("activity.intro")}</p>
        <Fault text={fault.value} onRetry={() => void fetchChoices()} />
        <ul class="choices">
          {choices.value.map((name, choice) => (
            <li key={name}>
              <button type="button" class="button wide" disabled={isBusy.value} onClick={() => void choose(choice)}>
                <Icon of={building} />
                {name}
              </button>
            </li>
          ))}
        </ul>
        <p>
          <a href="/app/sign-in">{t("activity.other")}</a>
        </p>
      </main>
    </>
  );
}
