import { locale } from "../../i18n";
import type { LengthState, MarkShapeWord, MarkState, MeasuredState, ValueUnitWord } from "../../protocol";
import { t as tv } from "../words";
import { t } from "./marks.words";
import { isMeasuring, type Preview } from "./measure";

/** Of this many square millimetres on an area is said in square centimetres. */
const CM2_FROM = 100;
const NO_BREAK = "\u00a0";

/** A number with a true minus sign, and so many decimals at most. */
function number(value: number, decimals: number): string {
  const text = new Intl.NumberFormat(locale.value === "fr" ? "fr-FR" : "en-GB", {
    maximumFractionDigits: decimals,
    useGrouping: false,
  }).format(value);
  return text === "-0" ? "0" : text.replace("-", "\u2212");
}

const lengthInWords = ({ value, unit }: LengthState): string => {
  if (unit === "px") return `${number(value, value < 10 ? 1 : 0)}${NO_BREAK}px`;
  if (value > 0 && value < 0.1) return `${number(value * 1_000, 1)}${NO_BREAK}µm`;
  return `${number(value, value < 1 ? 2 : 1)}${NO_BREAK}mm`;
};

const areaInWords = ({ value, unit }: LengthState): string => {
  if (unit === "px") return `${number(value, 0)}${NO_BREAK}px²`;
  if (value >= CM2_FROM) return `${number(value / 100, 1)}${NO_BREAK}cm²`;
  return `${number(value, value < 1 ? 2 : 1)}${NO_BREAK}mm²`;
};

/** Whole where numbers are large, with decimals where they are small. */
const reading = (value: number, scale: number): string =>
  number(value, scale >= 10 || Number.isInteger(value) ? 0 : scale >= 1 ? 1 : 3);

const unitInWords = (unit: ValueUnitWord): string => (unit === "hu" ? `${NO_BREAK}HU` : "");

/** What a measure says, part by part: the number, then what it rests on or why there is none. Empty when it measures nothing. */
export function measuredInWords(measured: MeasuredState & Preview): string[] {
  const { length, angleDegrees, region, value, refused } = measured;
  const area = measured.area ?? region?.area;
  const words: string[] = [];
  if (length) words.push(spanInWords(length, lengthInWords(length), refused));
  if (angleDegrees !== undefined) words.push(`${number(angleDegrees, 1)}°`);
  if (region) {
    const scale = Math.max(Math.abs(region.mean), region.sd);
    const unit = unitInWords(region.unit);
    const [mean, sd] = [reading(region.mean, scale), reading(region.sd, scale)];
    words.push(t("values", { mean, sd, unit, min: reading(region.min, scale), max: reading(region.max, scale) }));
  }
  if (value)
    words.push(
      t("value", {
        value: value.values.map((each) => reading(each, Math.abs(each))).join(` / `),
        unit: unitInWords(value.unit),
      }),
    );
  if (area) words.push(spanInWords(area, areaInWords(area), refused));
  if (region?.unit === "stored" || value?.unit === "stored") words.push(t("stored"));
  const source = length?.source ?? area?.source;
  if (source) words.push(tv(`calibration.${source}`));
  if (refused) words.push(t(`refused.${refused}`));
  return words;
}

/** A length or an area; in pixels it says so, unless why it is in pixels follows anyway. */
const spanInWords = ({ unit }: LengthState, words: string, refused: string | undefined): string =>
  unit === "px" && refused === undefined ? t("uncalibrated", { pixels: words }) : words;

/** What stands beside a mark: its words, then what it measures, on lines of their own. */
export function labelOf({ shape, text, measured }: Pick<MarkState, "shape" | "text" | "measured">): string[] {
  const value = measured ? measuredInWords(measured) : isMeasuring(shape) ? [t("pending")] : [];
  const [first, ...rest] = value;
  return [text, first, rest.join(" · ")].filter((each): each is string => each !== undefined && each !== "");
}

/** The same in one sentence, for whoever hears it. */
export function valueInWords({ text, measured }: Pick<MarkState, "text" | "measured">): string {
  return [text, ...(measured ? measuredInWords(measured) : [])].filter(Boolean).join(", ");
}

/** What a mark is: its kind, or its number. */
export function whatOf({ shape, number: n }: { shape: MarkShapeWord; number?: number }): string {
  return n === undefined ? t(`what.${shape}`) : t("numbered", { n });
}

/** A mark as it is told: what, by whom, and what stands beside it. */
export function markInWords(mark: MarkState, name: string, isOwn: boolean): string {
  const what = isOwn ? t("yours", { what: whatOf(mark) }) : t("of", { what: whatOf(mark), name });
  const isPending = !mark.measured && isMeasuring(mark.shape);
  const value = isPending ? t("pending") : valueInWords(mark);
  return value ? `${what}${locale.value === "fr" ? NO_BREAK : ""}: ${value}` : what;
}
