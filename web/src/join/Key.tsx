import alert from "icon:triangle-alert";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { CodeChannelWord, DoorAsks } from "../protocol";
import { Icon } from "../ui/icon";
import { d } from "./door.words";
import { askForCode, tryKey } from "./knock";
import { Frame, Telephone, useClock } from "./parts";
import type { Visit } from "./visit";
import { codeOf, sentenceOf } from "./words";

type Way = "code" | "date";

/** The digits of what was typed or pasted; blanks and dashes between them do not count. */
export const digitsOf = (typed: string): string => typed.replace(/[\s.\-\u2011]/g, "");

/** `1946-04-23`, or nothing where the three fields make no day. */
export function dateOf(day: string, month: string, year: string): string | undefined {
  const [d, m, y] = [day, month, year].map((text) => Number(text.trim()));
  if (!d || !m || !y || y < 1880 || y > 9999) return undefined;
  const date = new Date(Date.UTC(y, m - 1, d));
  const isDay = date.getUTCFullYear() === y && date.getUTCMonth() === m - 1 && date.getUTCDate() === d;
  return isDay ? date.toISOString().slice(0, 10) : undefined;
}

/** The second door: a code that comes, six digits that were given, or the date of birth. After five wrong ones, a human. */
export function Key({ visit, asks }: { visit: Visit; asks: DoorAsks }) {
  const canSend = asks.sms || asks.email;
  const way = useSignal<Way>(canSend || asks.pin ? "code" : "date");
  const channel = useSignal<CodeChannelWord | undefined>(asks.sms ? "sms" : asks.email ? "email" : undefined);
  const againAtMs = useSignal(0);
  const isBusy = useSignal(false);
  const fault = useSignal("");
  const told = useSignal("");
  const isLocked = useSignal(asks.isLocked);

  const send = async (by: CodeChannelWord) => {
    channel.value = by;
    fault.value = "";
    told.value = "";
    try {
      const { outcome, now, againAt } = await askForCode(visit.link ?? "", by);
      if (againAt) againAtMs.value = visit.nowMs() + Date.parse(againAt) - Date.parse(now);
      if (outcome === "sent" || outcome === "too_soon") told.value = d("key.sent");
      else if (outcome === "locked") isLocked.value = true;
      else fault.value = d(outcome === "too_many" ? "key.tooMany" : "key.failed");
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  // The tap that led here asked for it. A code that is still good is not sent again.
  useEffect(() => {
    if (channel.peek() && !asks.pin && !asks.codeUntil && !isLocked.peek())
      void send(channel.peek() as CodeChannelWord);
  }, []);

  const show = async (key: { digits: string } | { birthDate: string }) => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    fault.value = "";
    told.value = "";
    try {
      const { outcome, triesLeft = 0 } = await tryKey({ link: visit.link ?? "", ...key });
      if (outcome === "locked") isLocked.value = true;
      else if (outcome === "wrong") fault.value = d.count("digits" in key ? "key.wrong" : "key.wrongDate", triesLeft);
      else if (outcome === "code_expired") fault.value = d("key.expired");
      else if (!(await visit.opened())) fault.value = d("key.cookies");
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    } finally {
      isBusy.value = false;
    }
  };

  if (isLocked.value) return <Locked visit={visit} />;
  const title = way.value === "date" ? d("key.titleDate") : canSend ? d("key.title") : d("key.titlePin");
  return (
    <Frame visit={visit} title={title}>
      {way.value === "date" ? (
        <BirthDate
          isBusy={isBusy.value}
          fault={fault.value}
          onShow={(birthDate) => void show({ birthDate })}
          onFault={(text) => {
            fault.value = text;
          }}
        />
      ) : (
        <>
          {!canSend && <p>{d("key.pin")}</p>}
          {canSend && !asks.pin && channel.value && <p>{d(`key.${channel.value}`)}</p>}
          {canSend && asks.pin && <p>{d("key.pin")}</p>}
          <Digits
            isBusy={isBusy.value}
            fault={fault.value}
            onShow={(digits) => void show({ digits })}
            onFault={(text) => {
              fault.value = text;
            }}
          />
          {canSend && (
            <SendAgain
              visit={visit}
              asks={asks}
              channel={channel.value}
              againAtMs={againAtMs.value}
              told={told.value}
              onSend={(by) => void send(by)}
            />
          )}
        </>
      )}
      {asks.birthDate && (canSend || asks.pin) && (
        <button
          type="button"
          class="button quiet wide"
          onClick={() => {
            fault.value = "";
            way.value = way.value === "date" ? "code" : "date";
          }}
        >
          {d(way.value === "date" ? "key.useCode" : "key.useDate")}
        </button>
      )}
      <button type="button" class="button quiet wide" onClick={() => visit.backToDoor()}>
        {d("key.back")}
      </button>
    </Frame>
  );
}

/** Too many wrong tries: a human lets the person in. */
function Locked({ visit }: { visit: Visit }) {
  return (
    <Frame key="locked" visit={visit} title={d("locked.title")}>
      <p>{d("locked.text")}</p>
      <Telephone visit={visit} isButton />
      <button type="button" class="button wide" onClick={() => void visit.lookAgain()}>
        {d("locked.again")}
      </button>
    </Frame>
  );
}

interface AnswerProps {
  isBusy: boolean;
  fault: string;
  onShow(answer: string): void;
  onFault(text: string): void;
}

function Digits({ isBusy, fault, onShow, onFault }: AnswerProps) {
  const field = useRef<HTMLInputElement>(null);
  const last = useRef("");
  const go = (isAsked: boolean) => {
    const digits = digitsOf(field.current?.value ?? "");
    if (/^\d{6}$/.test(digits)) {
      // The phone fills it in, or the last digit is typed: nothing more to tap. The same ones are not tried twice by themselves.
      if (!isAsked && digits === last.current) return;
      last.current = digits;
      onShow(digits);
    } else if (isAsked) {
      onFault(d("key.six"));
      field.current?.focus();
    }
  };
  // Whoever tapped on is to type now: no tap more. After the heading has had the focus, so that a reader says where this is.
  useEffect(() => {
    const timer = setTimeout(() => field.current?.focus(), 50);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (fault !== "") field.current?.select();
  }, [fault]);
  return (
    <form
      class="key"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        go(true);
      }}
    >
      <div class="field">
        <label for="key-code">{d("key.label")}</label>
        <input
          id="key-code"
          ref={field}
          class="key-code tabular"
          type="text"
          name="one-time-code"
          autocomplete="one-time-code"
          inputMode="numeric"
          enterKeyHint="go"
          spellcheck={false}
          aria-invalid={fault !== ""}
          aria-describedby="key-fault"
          onInput={() => go(false)}
        />
        <Fault text={fault} />
      </div>
      <button type="submit" class="button primary wide" disabled={isBusy}>
        {d(isBusy ? "key.opening" : "key.open")}
      </button>
    </form>
  );
}

function Fault({ text }: { text: string }) {
  return (
    <div id="key-fault" role="alert">
      {text !== "" && (
        <p class="notice warn">
          <Icon of={alert} />
          <span>{text}</span>
        </p>
      )}
    </div>
  );
}

const FIELDS = [
  ["day", 2, "bday-day"],
  ["month", 2, "bday-month"],
  ["year", 4, "bday-year"],
] as const;

/** Three fields, as people say a date: no calendar to page back eighty years. */
function BirthDate({ isBusy, fault, onShow, onFault }: AnswerProps) {
  const values = useRef({ day: "", month: "", year: "" });
  return (
    <form
      class="key"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const { day, month, year } = values.current;
        const date = dateOf(day, month, year);
        if (date) onShow(date);
        else onFault(d("key.noDate"));
      }}
    >
      <fieldset class="key-date" aria-describedby="key-fault">
        <legend>{d("key.date")}</legend>
        {FIELDS.map(([name, length, autocomplete]) => (
          <div class="field" key={name}>
            <label for={`key-${name}`}>{d(`key.${name}`)}</label>
            <input
              id={`key-${name}`}
              class="tabular"
              type="text"
              inputMode="numeric"
              maxLength={length}
              size={length}
              autocomplete={autocomplete}
              aria-invalid={fault !== ""}
              onInput={(event) => {
                values.current[name] = event.currentTarget.value;
              }}
            />
          </div>
        ))}
      </fieldset>
      <Fault text={fault} />
      <button type="submit" class="button primary wide" disabled={isBusy}>
        {d(isBusy ? "key.opening" : "key.open")}
      </button>
    </form>
  );
}

interface SendProps {
  visit: Visit;
  asks: DoorAsks;
  channel: CodeChannelWord | undefined;
  againAtMs: number;
  told: string;
  onSend(channel: CodeChannelWord): void;
}

/** Another code, by the same way or the other one, after a minute. */
function SendAgain({ visit, asks, channel, againAtMs, told, onSend }: SendProps) {
  const now = useClock(visit);
  const seconds = Math.min(60, Math.ceil((againAtMs - now) / 1_000));
  const other = channel === "sms" ? "email" : "sms";
  return (
    <div class="key-again">
      <p role="status">{told}</p>
      {seconds > 0 ? (
        <p class="muted">{d("key.againIn", { seconds })}</p>
      ) : (
        <>
          <p>{d("key.none")}</p>
          {channel && (
            <button type="button" class="button wide" onClick={() => onSend(channel)}>
              {d(againAtMs === 0 && asks.pin ? (channel === "sms" ? "key.otherSms" : "key.otherEmail") : "key.again")}
            </button>
          )}
        </>
      )}
      {asks[other] && seconds <= 0 && (
        <button type="button" class="button quiet wide" onClick={() => onSend(other)}>
          {d(other === "sms" ? "key.otherSms" : "key.otherEmail")}
        </button>
      )}
    </div>
  );
}
