import { useSignal } from "@preact/signals";
import { d } from "./door.words";
import type { Visit } from "./visit";

/** Whether anybody is with the person, and who. Nobody has to say it; what is said goes with the step into the waiting room. */
export function Company({ visit }: { visit: Visit }) {
  const company = visit.company;
  const is = useSignal<boolean | undefined>(company.peek()?.isAccompanied);
  const choose = (isAccompanied: boolean) => {
    is.value = isAccompanied;
    company.value = { isAccompanied, who: isAccompanied ? (company.peek()?.who ?? "") : "" };
  };
  return (
    <fieldset class="company">
      <legend>{d("company.title")}</legend>
      <label class="choice">
        <input type="radio" name="company" checked={is.value === false} onChange={() => choose(false)} />
        {d("company.alone")}
      </label>
      <label class="choice">
        <input type="radio" name="company" checked={is.value === true} onChange={() => choose(true)} />
        {d("company.there")}
      </label>
      {is.value && (
        <div class="field">
          <label for="company-who">{d("company.who")}</label>
          <input
            id="company-who"
            type="text"
            maxLength={120}
            autocomplete="off"
            value={company.value?.who ?? ""}
            onInput={(event) => {
              company.value = { isAccompanied: true, who: event.currentTarget.value };
            }}
          />
          <p class="muted">{d("company.why")}</p>
        </div>
      )}
    </fieldset>
  );
}
