import userCheck from "icon:user-check";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { stopwatch } from "../../i18n/time";
import type { AppointmentEntry, QueueEntryEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm, Fault } from "../parts/Dialog";
import { person } from "../who";
import { codeOf, sentenceOf } from "../words";
import { nameOf } from "./agenda";
import { ta } from "./agenda.words";
import { queue, refuseFromQueue, takeFromQueue } from "./calls";
import { Feed } from "./feed";

/** Who waits without an appointment in the queues of this person's services. Nothing while nobody does. */
export function QueuePanel({ now, onTaken }: { now: number; onTaken(entry: AppointmentEntry): void }) {
  const feed = useMemo(() => new Feed(queue), []);
  useEffect(() => () => feed.close(), [feed]);
  const taken = useSignal<AppointmentEntry | undefined>(undefined);
  const refusing = useSignal<QueueEntryEntry | undefined>(undefined);
  const entries = feed.entries.value ?? [];
  if (entries.length === 0 && !taken.value && !feed.problem.value) return null;
  return (
    <section class="waiting" aria-labelledby="agenda-queue">
      <div class="waiting-head">
        <h2 id="agenda-queue">{ta("queue")}</h2>
      </div>
      {feed.problem.value && <Fault text={sentenceOf(feed.problem.value)} onRetry={() => feed.fetch()} />}
      <p class="spoken" role="status">
        {entries.length > 0 ? ta.count("queueCount", entries.length) : ""}
      </p>
      {taken.value && (
        <p class="notice" role="status">
          {ta("taken", { name: nameOf(taken.value) })}{" "}
          {taken.value.mayEnter && <a href={`/app/consultation/${taken.value.appointment}`}>{ta("enter")}</a>}
        </p>
      )}
      {entries.length > 0 && (
        <ul class="rows">
          {entries.map((entry) => (
            <Row
              key={entry.entry}
              entry={entry}
              now={now}
              onTaken={(appointment) => {
                taken.value = appointment;
                feed.fetch();
                onTaken(appointment);
              }}
              onRefuse={() => {
                refusing.value = entry;
              }}
            />
          ))}
        </ul>
      )}
      {refusing.value && (
        <Confirm
          title={ta("refuseQuestion", { name: refusing.value.name })}
          meaning={ta("refuseMeaning")}
          confirm={ta("refuseConfirm")}
          keep={ta("keep")}
          onConfirm={() => refuseFromQueue(refusing.value?.entry ?? "").finally(() => feed.fetch())}
          onClose={() => {
            refusing.value = undefined;
          }}
        />
      )}
    </section>
  );
}

interface RowProps {
  entry: QueueEntryEntry;
  now: number;
  onTaken(appointment: AppointmentEntry): void;
  onRefuse(): void;
}

function Row({ entry, now, onTaken, onRefuse }: RowProps) {
  const self = person.value?.practitioner;
  const isMember = entry.members.some((member) => member.practitioner === self);
  const by = useSignal(isMember && self ? self : (entry.members[0]?.practitioner ?? ""));
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const take = async () => {
    fault.value = "";
    isBusy.value = true;
    try {
      onTaken(await takeFromQueue(entry.entry, by.value));
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      isBusy.value = false;
    }
  };
  return (
    <li class="row row-queue">
      <div class="row-what">
        <p>
          <strong>{entry.name}</strong>
        </p>
        <p class="muted tabular">
          {ta("queueSince", {
            time: stopwatch(now - Date.parse(entry.since)),
            service: entry.serviceName,
            telephone: entry.telephone,
          })}
        </p>
        {entry.isSilent && <p>{ta("queueSilent")}</p>}
        <Fault text={fault.value} />
      </div>
      <div class="panel-steps">
        {!isMember && (
          <select
            aria-label={ta("takeBy")}
            value={by.value}
            onChange={(event) => {
              by.value = event.currentTarget.value;
            }}
          >
            {entry.members.map((member) => (
              <option key={member.practitioner} value={member.practitioner}>
                {member.name}
              </option>
            ))}
          </select>
        )}
        <button type="button" class="button primary" aria-disabled={isBusy.value} onClick={() => void take()}>
          <Icon of={userCheck} />
          {ta("take")}
          <span class="spoken"> {ta("takeSpoken", { name: entry.name })}</span>
        </button>
        <button type="button" class="button quiet-danger" onClick={onRefuse}>
          {ta("refuse")}
          <span class="spoken"> {ta("takeSpoken", { name: entry.name })}</span>
        </button>
      </div>
    </li>
  );
}
