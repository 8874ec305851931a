import slower from "icon:chevrons-left";
import faster from "icon:chevrons-right";
import sweep from "icon:move-horizontal";
import pause from "icon:pause";
import play from "icon:play";
import repeat from "icon:repeat";
import { measure } from "./numbers";
import type { Screen } from "./screen";
import { Tool } from "./Tools";
import { t } from "./tools.words";

/** Plays the stack: play and pause, faster and slower, around or forth and back, and how well it goes. */
export function CineTools({ screen }: { screen: Screen }) {
  const { player } = screen;
  const playing = player.playing.value;
  const isSweep = player.isSweep.value;
  return (
    <div class="viewer-tools viewer-cine">
      <Tool
        icon={playing ? pause : play}
        word={playing ? t("pause") : t("play")}
        isPressed={playing !== undefined}
        onClick={() => player.toggle()}
      />
      <Tool icon={slower} word={t("slower")} onClick={() => player.changeSpeed(-1)} />
      <p class="tabular">{t("speed", { speed: measure(player.speed.value, 1) })}</p>
      <Tool icon={faster} word={t("faster")} onClick={() => player.changeSpeed(1)} />
      <Tool
        icon={isSweep ? sweep : repeat}
        word={isSweep ? t("sweep") : t("loop")}
        isPressed={isSweep}
        onClick={() => player.toggleSweep()}
      />
      {playing && (
        <p class="tabular">
          {t("fps", { real: measure(playing.realFps, 1), wanted: measure(playing.wantedFps, 1) })}
          {playing.dropped > 0 && ` · ${t.count("dropped", playing.dropped)}`}
        </p>
      )}
    </div>
  );
}
