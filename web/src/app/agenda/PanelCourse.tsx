import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords, isoDay, timeOfDay } from "../../i18n/time";
import type { AppointmentEntry, Chain, ChainLink } from "../../protocol";
import { BookingDialog } from "../booking/BookingDialog";
import { followUpOf } from "../booking/booking";
import { mayBook, person } from "../who";
import { codeOf } from "../words";
import { ta } from "./agenda.words";
import { CloseDialog } from "./CloseDialog";
import { chainOf } from "./calls";
import { MoveDialog } from "./MoveDialog";

interface CourseProps {
  entry: AppointmentEntry;
  zone: string;
  onChanged(): void;
}

/** Where the patient is, and the appointments before and after this one. */
export function PanelCourse({ entry, zone }: CourseProps) {
  const { course } = entry;
  const chain = useSignal<Chain | undefined>(undefined);
  useEffect(() => {
    let isOld = false;
    chainOf(entry.appointment).then(
      (found) => {
        if (!isOld) chain.value = found;
      },
      // The rest of the panel is of use without it.
      (cause) => void codeOf(cause),
    );
    return () => {
      isOld = true;
    };
  }, [entry.appointment, entry.status, course.movedTo]);
  const links = chain.value ? [...chain.value.links, ...chain.value.followUps] : [];
  return (
    <>
      <p>
        <span class="muted">{ta("place")}</span>{" "}
        {course.place === "room" ? ta("inRoom", { room: course.room ?? "" }) : ta("atHome")}
        {course.site !== "" && (
          <>
            <br />
            <span class="muted">{ta("site", { site: course.site })}</span>
          </>
        )}
      </p>
      {course.calledOff === "moved" && <p class="notice">{ta("calledOffMoved")}</p>}
      {course.calledOff === "by_patient" && <p class="notice warn">{ta("calledOffByPatient")}</p>}
      {course.follows !== undefined && <p class="muted">{ta("follows")}</p>}
      {links.length > 1 && (
        <>
          <h3>{ta("chain")}</h3>
          <ol class="chain">
            {chain.value?.links.map((link) => (
              <Link key={link.appointment} link={link} zone={zone} isThis={link.appointment === entry.appointment} />
            ))}
            {chain.value?.followUps.map((link) => (
              <Link key={link.appointment} link={link} zone={zone} isThis={false} isFollowUp />
            ))}
          </ol>
        </>
      )}
    </>
  );
}

function standing(link: ChainLink): string {
  if (link.calledOff === "moved") return ta("chainMoved");
  if (link.calledOff === "by_patient") return ta("chainByPatient");
  if (link.status === "cancelled") return ta("chainByStaff");
  if (link.status === "noshow") return ta("chainMissed");
  return link.status === "fulfilled" ? ta("chainOver") : ta("chainBooked");
}

function Link(props: { link: ChainLink; zone: string; isThis: boolean; isFollowUp?: boolean }) {
  const { link, zone, isThis, isFollowUp } = props;
  return (
    <li aria-current={isThis ? "true" : undefined}>
      <a href={`/app/day/${isoDay(new Date(link.startsAt), zone)}`}>
        {dayInWords(link.startsAt, zone)}, {timeOfDay(link.startsAt, zone)}
      </a>{" "}
      <span class="muted">
        {isFollowUp && `${ta("chainFollows")}, `}
        {standing(link)}
        {isThis && ` (${ta("chainThis")})`}
      </span>
    </li>
  );
}

/** What is done with an appointment beside its call: it is moved, closed, or followed by another. */
export function CourseSteps({ entry, zone, onChanged }: CourseProps) {
  const open = useSignal<"move" | "close" | "follow" | undefined>(undefined);
  const isOpen = entry.status === "booked" || entry.status === "arrived";
  const shut = () => {
    open.value = undefined;
  };
  const mayFollow = person.value ? mayBook(person.value) : false;
  return (
    <>
      <div class="panel-steps">
        {entry.mayChange && entry.status === "booked" && (
          <button type="button" class="button" onClick={() => (open.value = "move")}>
            {ta("move")}
          </button>
        )}
        {entry.mayChange && isOpen && (
          <button type="button" class="button" onClick={() => (open.value = "close")}>
            {ta("closeAs")}
          </button>
        )}
        {mayFollow && entry.status !== "booked" && entry.status !== "cancelled" && (
          <button type="button" class="button" onClick={() => (open.value = "follow")}>
            {ta("followUp")}
          </button>
        )}
      </div>
      {open.value === "move" && <MoveDialog entry={entry} zone={zone} onMoved={onChanged} onClose={shut} />}
      {open.value === "close" && (
        <CloseDialog
          entry={entry}
          onClose={() => {
            shut();
            onChanged();
          }}
        />
      )}
      {open.value === "follow" && (
        <BookingDialog
          day={isoDay(new Date(), zone)}
          zone={zone}
          services={[entry.service]}
          prefill={followUpOf(entry)}
          onBooked={onChanged}
          onClose={shut}
        />
      )}
    </>
  );
}
