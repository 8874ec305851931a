import { useSignal } from "@preact/signals";
import type { MemberEntry, ServiceEntry, ServiceRequest } from "../../protocol";
import { CopyLine } from "../parts/CopyLine";
import { Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t } from "../words";
import { makeService, putQueue, putService } from "./calls";
import { LastChange } from "./Services";
import { ts } from "./services.words";

interface ServiceProps {
  /** Absent: a new one. */
  service: ServiceEntry | undefined;
  candidates: readonly MemberEntry[];
  /** All services: those whose radiologists may come in are among them. */
  services: readonly ServiceEntry[];
  onSaved(saved: ServiceEntry): void;
  onClose(): void;
}

const toggled = (all: string[], one: string, isIn: boolean): string[] =>
  isIn ? [...all, one] : all.filter((other) => other !== one);

const requestOf = (service: ServiceEntry | undefined): ServiceRequest => ({
  name: service?.name ?? "",
  site: service?.site ?? "",
  telephone: service?.telephone ?? "",
  isClosed: service?.isClosed ?? false,
  members: service?.members.map(({ practitioner }) => practitioner) ?? [],
  readers: service?.readers ?? [],
  policy: service?.policy ?? {
    mayPatientsCancel: false,
    mayPatientsMove: false,
    noticeHours: 24,
    isOpenOnHolidays: false,
  },
});

/** One service: what it is called, who works there, what its patients may, and its queue. */
export function ServiceDialog({ service, candidates, services, onSaved, onClose }: ServiceProps) {
  const draft = useSignal(requestOf(service));
  const fault = useSignal("");
  const said = useSignal("");
  const change = (changes: Partial<ServiceRequest>) => {
    said.value = "";
    draft.value = { ...draft.value, ...changes };
  };
  const policy = draft.value.policy;
  const readers = draft.value.readers ?? [];
  const others = services.filter((other) => other.service !== service?.service);
  const save = async () => {
    fault.value = "";
    try {
      const saved = service ? await putService(service.service, draft.value) : await makeService(draft.value);
      said.value = ts("saved");
      onSaved(saved);
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <Dialog title={service ? service.name : ts("add")} isWide onClose={onClose}>
      <form
        class="service-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="form-line">
          <label class="field">
            {ts("name")}
            <input
              type="text"
              value={draft.value.name}
              onInput={(event) => change({ name: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            {ts("site")}
            <input
              type="text"
              value={draft.value.site}
              placeholder={ts("siteHint")}
              onInput={(event) => change({ site: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            {ts("telephone")}
            <input
              type="tel"
              value={draft.value.telephone}
              onInput={(event) => change({ telephone: event.currentTarget.value })}
            />
          </label>
        </div>
        <fieldset>
          <legend>{ts("members")}</legend>
          <div class="check-columns">
            {candidates.map(({ practitioner, name }) => (
              <Check
                key={practitioner}
                word={name}
                isOn={draft.value.members.includes(practitioner)}
                set={(isOn) => change({ members: toggled(draft.value.members, practitioner, isOn) })}
              />
            ))}
          </div>
        </fieldset>
        {others.length > 0 && (
          <fieldset>
            <legend>{ts("readers")}</legend>
            <p class="hint">{ts("readersHint")}</p>
            <div class="check-columns">
              {others.map((other) => (
                <Check
                  key={other.service}
                  word={[other.name, other.site].filter(Boolean).join(", ")}
                  isOn={readers.includes(other.service)}
                  set={(isOn) => change({ readers: toggled(readers, other.service, isOn) })}
                />
              ))}
            </div>
          </fieldset>
        )}
        <fieldset>
          <legend>{ts("policy")}</legend>
          <Check
            word={ts("mayCancel")}
            isOn={policy.mayPatientsCancel}
            set={(isOn) => change({ policy: { ...policy, mayPatientsCancel: isOn } })}
          />
          <Check
            word={ts("mayMove")}
            isOn={policy.mayPatientsMove}
            set={(isOn) => change({ policy: { ...policy, mayPatientsMove: isOn } })}
          />
          <label class="field">
            {ts("notice")}
            <input
              type="number"
              min={0}
              max={336}
              value={policy.noticeHours}
              onInput={(event) =>
                change({ policy: { ...policy, noticeHours: Math.max(0, Number(event.currentTarget.value) || 0) } })
              }
            />
          </label>
          <Check
            word={ts("openOnHolidays")}
            isOn={policy.isOpenOnHolidays}
            set={(isOn) => change({ policy: { ...policy, isOpenOnHolidays: isOn } })}
          />
        </fieldset>
        <Check word={ts("isClosed")} isOn={draft.value.isClosed} set={(isClosed) => change({ isClosed })} />
        <Fault text={fault.value} />
        <p role="status">{said.value}</p>
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("app.close")}
          </button>
          <button type="submit" class="button primary">
            {ts("save")}
          </button>
        </div>
      </form>
      {service && <Queue key={service.service} service={service} onSaved={onSaved} />}
      {service && (
        <p class="muted">
          <LastChange of={service.changed} />
        </p>
      )}
    </Dialog>
  );
}

function Queue({ service, onSaved }: { service: ServiceEntry; onSaved(saved: ServiceEntry): void }) {
  const { queue } = service;
  const slug = useSignal(queue.address?.split("/queue/")[1] ?? "");
  const isOpen = useSignal(queue.code !== undefined);
  const minutes = useSignal(queue.minutes);
  const fault = useSignal("");
  const said = useSignal("");
  const save = async (wantsNewCode: boolean) => {
    fault.value = said.value = "";
    try {
      const request = { slug: slug.value.trim() || null, isOpen: isOpen.value, wantsNewCode, minutes: minutes.value };
      onSaved(await putQueue(service.service, request));
      said.value = ts("saved");
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <form
      class="service-form service-queue"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
    >
      <h3>{ts("queue")}</h3>
      <p class="hint">{ts("queueIntro")}</p>
      <div class="form-line">
        <label class="field">
          {ts("queueAddress")}
          <input
            type="text"
            value={slug.value}
            placeholder={ts("queueAddressHint")}
            onInput={(event) => {
              slug.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="field">
          {ts("queueMinutes")}
          <input
            type="number"
            min={5}
            max={480}
            value={minutes.value}
            onInput={(event) => {
              minutes.value = Number(event.currentTarget.value) || 0;
            }}
          />
        </label>
      </div>
      <Check
        word={ts("queueOpen")}
        isOn={isOpen.value}
        set={(isOn) => {
          isOpen.value = isOn;
        }}
      />
      {queue.code !== undefined && <CopyLine label={ts("queueCode")} text={queue.code} />}
      {queue.address !== undefined && <CopyLine label={ts("queueWhole")} text={queue.address} />}
      <Fault text={fault.value} />
      <p role="status">{said.value}</p>
      <div class="actions">
        {queue.code !== undefined && (
          <button type="button" class="button" onClick={() => void save(true)}>
            {ts("queueNewCode")}
          </button>
        )}
        <button type="submit" class="button primary">
          {ts("save")}
          <span class="spoken"> ({ts("queue")})</span>
        </button>
      </div>
    </form>
  );
}

function Check({ word, isOn, set }: { word: string; isOn: boolean; set(isOn: boolean): void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={(event) => set(event.currentTarget.checked)} />
      {word}
    </label>
  );
}
