import archive from "icon:database";
import alert from "icon:triangle-alert";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords } from "../../i18n/time";
import type { PacsAnswer, PacsChoice, PacsStudy } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf } from "../words";
import { type Archives, faultOf, hereInWords, isMissing, isRunning } from "./archives";
import { FetchLine } from "./FetchReport";
import { NumberForm } from "./NumberForm";
import { t } from "./pacs.words";
import { searchPacs } from "./requests";
import "./pacs.css";

interface FromPacsProps {
  appointment: string;
  archives: Archives;
  /** The patient's name, once it is known. */
  patient: string | undefined;
}

/** The way to what the hospital's archives hold of the patient; nothing where none is set. */
export function FromPacs({ appointment, archives, patient }: FromPacsProps) {
  const isOpen = useSignal(false);
  useEffect(() => void archives.look(), [archives]);
  const nodes = archives.state.value?.nodes ?? [];
  if (nodes.length === 0) return null;
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={() => {
          isOpen.value = true;
        }}
      >
        <Icon of={archive} />
        {t("open")}
      </button>
      {isOpen.value && (
        <Dialog
          title={patient ? t("title", { name: patient }) : t("titleNobody")}
          isWide
          onClose={() => {
            isOpen.value = false;
          }}
        >
          <Search appointment={appointment} archives={archives} nodes={nodes} />
          <div class="actions">
            <button
              type="button"
              class="button"
              onClick={() => {
                isOpen.value = false;
              }}
            >
              {t("close")}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

interface SearchProps {
  appointment: string;
  archives: Archives;
  nodes: readonly PacsChoice[];
}

function Search({ appointment, archives, nodes }: SearchProps) {
  const chosen = useSignal(nodes[0]?.pacs ?? "");
  const answer = useSignal<PacsAnswer | undefined>(undefined);
  const fault = useSignal("");
  const node = nodes.find((each) => each.pacs === chosen.value);
  const search = async () => {
    const pacs = chosen.peek();
    fault.value = "";
    answer.value = undefined;
    try {
      const found = await searchPacs(appointment, pacs);
      // Somebody else was chosen in the meantime.
      if (pacs !== chosen.peek()) return;
      fault.value = faultOf(found);
      if (!found.fault) answer.value = found;
    } catch (cause) {
      if (pacs === chosen.peek()) fault.value = sentenceOf(codeOf(cause));
    }
  };
  const hasNumber = node?.hasNumber === true;
  useEffect(() => {
    if (hasNumber) void search();
  }, [chosen.value, hasNumber]);
  // What has come in since is told with the next answer.
  const running = archives.fetches.value.filter(isRunning).length;
  const before = useSignal(running);
  useEffect(() => {
    if (running < before.peek() && answer.peek()) void search();
    before.value = running;
  }, [running]);
  if (!node) return null;
  const isSearching = hasNumber && answer.value === undefined && fault.value === "";
  return (
    <div class="pacs">
      {nodes.length > 1 && (
        <div class="field">
          <label for="pacs-node">{t("which")}</label>
          <select
            id="pacs-node"
            value={chosen.value}
            onChange={(event) => {
              answer.value = undefined;
              fault.value = "";
              chosen.value = event.currentTarget.value;
            }}
          >
            {nodes.map((each) => (
              <option key={each.pacs} value={each.pacs}>
                {each.label}
              </option>
            ))}
          </select>
        </div>
      )}
      {!hasNumber && (
        <>
          <p class="notice info">{t(node.isNational ? "numberNational" : "numberMissing")}</p>
          {!node.isNational && (
            <NumberForm
              key={node.pacs}
              appointment={appointment}
              patient={archives.state.value?.patient ?? ""}
              domain={node.domain}
              confirm={t("numberKeep")}
              onKept={() => void archives.look()}
            />
          )}
        </>
      )}
      <Fault text={fault.value} onRetry={() => void search()} />
      {archives.problem.value && <Fault text={sentenceOf(archives.problem.value)} />}
      <p role="status">
        {isSearching && t("searching", { label: node.label })}
        {answer.value && answer.value.studies.length > 0 && t.count("found", answer.value.studies.length)}
        {answer.value?.studies.length === 0 && t("none", { label: node.label })}
      </p>
      {answer.value && (
        <>
          {answer.value.dropped > 0 && <Warning text={t.count("dropped", answer.value.dropped)} />}
          {answer.value.isCut && <p class="notice info">{t("cut")}</p>}
          <ul class="pacs-studies">
            {answer.value.studies.map((study) => (
              <Study key={study.study} study={study} archives={archives} pacs={node.pacs} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

const Warning = ({ text }: { text: string }) => (
  <div class="notice warn">
    <Icon of={alert} />
    <p>{text}</p>
  </div>
);

interface StudyProps {
  study: PacsStudy;
  archives: Archives;
  pacs: string;
}

function Study({ study, archives, pacs }: StudyProps) {
  const fetch = archives.fetches.value.find((each) => each.study === study.study);
  const name = study.description || t("unnamed");
  const date = study.date ? `${dayInWords(`${study.date}T12:00:00Z`, "UTC")} ${study.date.slice(0, 4)}` : t("noDate");
  const facts = [
    date,
    study.modalities.join(", "),
    study.instances !== undefined ? t.count("images", study.instances) : "",
    hereInWords(study),
  ];
  const mayFetch = isMissing(study) && !(fetch && isRunning(fetch));
  return (
    <li>
      <div>
        <h3>{name}</h3>
        <p class="muted">{facts.filter(Boolean).join(" · ")}</p>
        {study.isOtherPatient && <Warning text={t("otherName", { name: study.patientName })} />}
        {fetch && <FetchLine archives={archives} fetch={fetch} />}
      </div>
      {mayFetch && (
        <button type="button" class="button primary" onClick={() => void archives.fetch(pacs, study.study)}>
          {t(study.here > 0 ? "rest" : "fetch")}
          <span class="spoken"> {name}</span>
        </button>
      )}
    </li>
  );
}
