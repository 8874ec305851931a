import plus from "icon:plus";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { ChangeEntry, Me, MemberEntry, ServiceEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { services } from "../agenda/calls";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { facts, mayKeepDoors } from "../who";
import { codeOf, sentenceOf, t } from "../words";
import { candidates } from "./calls";
import { DoorDialog } from "./DoorDialog";
import { td } from "./door.words";
import { Hours } from "./Hours";
import { ServiceDialog } from "./ServiceDialog";
import { ts } from "./services.words";
import "./services.css";

/** May change services: secretaries and administrators. */
const mayChange = (who: Me) => who.roles.some((role) => role === "secretary" || role === "administrator");

/** The services in one table; for whoever may, forms that change them. */
export function Services({ me }: { me: Me }) {
  const heading = usePage(ts("title"));
  const list = useSignal<readonly ServiceEntry[] | undefined>(undefined);
  const people = useSignal<readonly MemberEntry[]>([]);
  const fault = useSignal("");
  const editing = useSignal<ServiceEntry | "new" | undefined>(undefined);
  const hoursOf = useSignal<string | undefined>(undefined);
  const doorOf = useSignal<ServiceEntry | undefined>(undefined);
  const may = mayChange(me);
  const load = () => {
    fault.value = "";
    services().then(
      (found) => {
        list.value = found;
      },
      (cause) => {
        fault.value = sentenceOf(codeOf(cause));
      },
    );
  };
  useEffect(() => {
    load();
    if (may)
      candidates().then(
        (found) => {
          people.value = found;
        },
        (cause) => {
          fault.value = sentenceOf(codeOf(cause));
        },
      );
  }, []);
  const open = list.value?.find(({ service }) => service === hoursOf.value);
  return (
    <>
      <Header />
      <main class="services" id="content">
        <div class="agenda-head">
          <h1 ref={heading} tabIndex={-1}>
            {ts("title")}
          </h1>
          <a class="button" href="/app">
            {t("app.backToAgenda")}
          </a>
          {may && (
            <button
              type="button"
              class="button primary"
              onClick={() => {
                editing.value = "new";
              }}
            >
              <Icon of={plus} />
              {ts("add")}
            </button>
          )}
        </div>
        <p class="muted">{ts("intro")}</p>
        <Fault text={fault.value} onRetry={load} />
        {list.value === undefined && fault.value === "" && <p class="muted">{t("app.loading")}</p>}
        {list.value?.length === 0 && <p>{ts("none")}</p>}
        {list.value && list.value.length > 0 && (
          <table class="plain-table">
            <thead>
              <tr>
                <th scope="col">{ts("name")}</th>
                <th scope="col">{ts("members")}</th>
                <th scope="col">{ts("telephone")}</th>
                <th scope="col">{ts("queue")}</th>
                <th scope="col">{ts("column")}</th>
                <th scope="col">
                  <span class="spoken">{ts("edit")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.value.map((service) => (
                <tr key={service.service}>
                  <td data-label={ts("name")}>
                    <strong>{service.name}</strong>
                    {service.site !== "" && <span class="muted"> · {service.site}</span>}
                    {service.isClosed && <span class="muted"> · {ts("closed")}</span>}
                  </td>
                  <td data-label={ts("members")}>
                    {service.members.map(({ name }) => name).join(", ") || ts("noMembers")}
                  </td>
                  <td data-label={ts("telephone")} class="tabular">
                    {service.telephone}
                  </td>
                  <td data-label={ts("queue")}>{service.queue.code ?? (service.queue.address ? ts("open") : "–")}</td>
                  <td data-label={ts("column")} class="muted">
                    <LastChange of={service.changed} />
                  </td>
                  <td>
                    <div class="panel-steps">
                      {may && (
                        <button
                          type="button"
                          class="button"
                          onClick={() => {
                            editing.value = service;
                          }}
                        >
                          {ts("edit")}
                          <span class="spoken"> {ts("editSpoken", { name: service.name })}</span>
                        </button>
                      )}
                      {mayKeepDoors(me) && (
                        <button
                          type="button"
                          class="button"
                          onClick={() => {
                            doorOf.value = service;
                          }}
                        >
                          {td("open")}
                          <span class="spoken"> {ts("editSpoken", { name: service.name })}</span>
                        </button>
                      )}
                      <button
                        type="button"
                        class="button"
                        aria-expanded={hoursOf.value === service.service}
                        onClick={() => {
                          hoursOf.value = hoursOf.value === service.service ? undefined : service.service;
                        }}
                      >
                        {ts("hours")}
                        <span class="spoken"> {ts("editSpoken", { name: service.name })}</span>
                      </button>
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {open && <Hours key={open.service} service={open} mayChange={may} />}
      </main>
      {doorOf.value && (
        <DoorDialog
          service={doorOf.value}
          onClose={() => {
            doorOf.value = undefined;
          }}
        />
      )}
      {editing.value && (
        <ServiceDialog
          service={editing.value === "new" ? undefined : editing.value}
          candidates={people.value}
          services={list.value ?? []}
          onSaved={(saved) => {
            load();
            editing.value = saved;
          }}
          onClose={() => {
            editing.value = undefined;
          }}
        />
      )}
    </>
  );
}

/** Who changed something last, and when. */
export function LastChange({ of }: { of: ChangeEntry | undefined }) {
  const zone = facts.value?.timeZone ?? "UTC";
  if (!of) return <>{ts("never")}</>;
  return <>{ts("changed", { name: of.name, day: dayInWords(of.at, zone), time: timeOfDay(of.at, zone) })}</>;
}
