import check from "icon:circle-check";
import network from "icon:wifi";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../api";
import { ladderOf } from "../diag/rungs";
import { tryRung } from "../diag/trial";
import type { DiagReport, HeardSoundWord, NetworkFoundWord } from "../protocol";
import { Icon } from "../ui/icon";
import { d } from "./door.words";
import { tellRehearsal } from "./knock";
import { Warning } from "./parts";
import type { Visit } from "./visit";
import { codeOf } from "./words";

/** Whether sound and picture would reach the hospital from here: straight, on a detour, or not at all. */
export async function tryNetwork(): Promise<NetworkFoundWord> {
  const report = await call<DiagReport>("GET", "/api/diag");
  const page = { host: location.hostname, port: location.port, isSecure: location.protocol === "https:" };
  const rungs = ladderOf(report, page).filter(({ way }) => way);
  const straight = rungs.find(({ word }) => word === "udp");
  if (straight && (await tryRung(straight)) !== undefined) return "good";
  for (const rung of rungs) {
    if (rung !== straight && (await tryRung(rung)) !== undefined) return "detour";
  }
  return "blocked";
}

/** A device test before the visit: the network, whether the sound was heard, and a word of it to the staff. */
export function AtHome({ visit }: { visit: Visit }) {
  const sound = useSignal<HeardSoundWord>("not_tried");
  const found = useSignal<NetworkFoundWord | undefined>(undefined);
  const isTold = useSignal(false);
  const devices = visit.devices.value;
  const isAsking = visit.isAsking.value;
  useEffect(() => {
    let isGone = false;
    tryNetwork()
      .then((word) => {
        if (!isGone) found.value = word;
      })
      .catch((cause) => {
        console.info("the network could not be tried", codeOf(cause));
        if (!isGone) found.value = "not_tried";
      });
    return () => {
      isGone = true;
    };
  }, []);
  const camera = devices.camera.value;
  const microphone = devices.microphone.value;
  // Once what is tried by itself has an end, and again when the person answers.
  useEffect(() => {
    const network = found.value;
    if (isAsking || !network) return;
    const timer = setTimeout(() => {
      const result = { camera, microphone, sound: sound.value, network };
      tellRehearsal(visit.link ?? "", result).then(
        () => {
          isTold.value = true;
        },
        (cause) => console.info("the result was not told", codeOf(cause)),
      );
    }, 500);
    return () => clearTimeout(timer);
  }, [isAsking, camera, microphone, sound.value, found.value]);
  const word = found.value;
  return (
    <>
      <ul class="checks">
        <li>
          <Icon of={network} />
          <span class="check-name">{d("home.network")}</span>
          <span class={`check-value${word === "good" ? " good" : ""}`} role="status">
            {word === "good" && <Icon of={check} />}
            {word ? d(`home.network.${word}`) : d("home.networkTrying")}
          </span>
          {word === "blocked" && <p class="check-more">{d("home.networkHint")}</p>}
        </li>
      </ul>
      <fieldset class="company">
        <legend>{d("home.sound")}</legend>
        <div class="choices">
          <label class="choice">
            <input
              type="radio"
              name="sound"
              onChange={() => {
                sound.value = "heard";
              }}
            />
            {d("home.yes")}
          </label>
          <label class="choice">
            <input
              type="radio"
              name="sound"
              onChange={() => {
                sound.value = "not_heard";
              }}
            />
            {d("home.no")}
          </label>
        </div>
        {sound.value === "not_heard" && <Warning>{d("home.notHeard")}</Warning>}
      </fieldset>
      <p class="muted" role="status">
        {isTold.value && d("home.told")}
      </p>
    </>
  );
}
