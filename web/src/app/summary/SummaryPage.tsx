import arrowLeft from "icon:arrow-left";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { AppointmentEntry, KeyImageEntry, ProblemCode } from "../../protocol";
import { Icon } from "../../ui/icon";
import { nameOf } from "../agenda/agenda";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { appointment as appointmentOf, keyImages } from "../requests";
import { codeOf, sentenceOf, t as ta } from "../words";
import { Summary } from "./Summary";
import { t } from "./summary.words";

/** The summary by itself, after the consultation. */
export function SummaryPage({ appointment }: { appointment: string }) {
  const heading = usePage(t("title"));
  const entry = useSignal<AppointmentEntry | undefined>(undefined);
  const images = useSignal<readonly KeyImageEntry[] | undefined>(undefined);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const open = async () => {
    problem.value = undefined;
    try {
      [entry.value, images.value] = await Promise.all([appointmentOf(appointment), keyImages(appointment)]);
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => void open(), [appointment]);
  return (
    <>
      <Header />
      <main class="summary-page" id="content">
        <a class="back" href="/app">
          <Icon of={arrowLeft} />
          {ta("app.toAgenda")}
        </a>
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        {entry.value && <p>{nameOf(entry.value)}</p>}
        {problem.value ? (
          <Fault text={sentenceOf(problem.value)} onRetry={() => void open()} />
        ) : (
          <Summary appointment={appointment} images={images.value} />
        )}
      </main>
    </>
  );
}
