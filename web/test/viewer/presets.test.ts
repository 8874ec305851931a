import { beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import { presetInForce, presetsOf } from "../../src/viewer/presets";
import { presetInWords } from "../../src/viewer/Tools";
import { shown } from "./rig";

const LUNG = { center: -600, width: 1500 };
const SOFT = { center: 40, width: 400 };

beforeEach(() => chooseLanguage("en"));

describe("the list of windows", () => {
  it("has the object's own first, then what is usual for CT, never the same numbers twice", () => {
    const presets = presetsOf(
      shown({
        alternatives: [
          { explanation: "", window: LUNG },
          { explanation: "Poumon", window: LUNG },
          { explanation: "", window: { center: 1, width: 2 } },
        ],
      }),
    );
    expect(presets.map(presetInWords)).toEqual([
      "Poumon (1500 / \u2212600)",
      "The object’s window (2 / 1)",
      "Soft tissue (400 / 40)",
      "Bone (1800 / 400)",
      "Mediastinum (350 / 50)",
      "Brain (80 / 40)",
      "Abdomen (400 / 50)",
      "Liver (150 / 30)",
      "Stroke (40 / 40)",
      "Spine (250 / 50)",
      "Vessels (600 / 300)",
    ]);
    expect(presets[1]?.alternative).toBe(2);
  });

  it("names an object's window without words as the usual one that it is", () => {
    const [first] = presetsOf(shown({ alternatives: [{ explanation: "", window: SOFT }] }));
    expect(first && presetInWords(first)).toBe("Soft tissue (400 / 40)");
    expect(first?.alternative).toBe(0);
  });

  it("counts tables that have no words, and lists no CT windows for other modalities", () => {
    const presets = presetsOf(
      shown({
        modality: "MG",
        alternatives: [{ explanation: "" }, { explanation: "CONTRASTED" }, { explanation: "" }],
      }),
    );
    expect(presets.map(presetInWords)).toEqual(["Table 1", "CONTRASTED", "Table 3"]);
  });

  it("has parts of the file's own window for MR and PET, and none where the file has no window", () => {
    const alternatives = [{ explanation: "", window: { center: 500, width: 1000 } }];
    expect(presetsOf(shown({ modality: "MR", alternatives })).map(presetInWords)).toEqual([
      "The object’s window (1000 / 500)",
      "Strong contrast (500 / 500)",
      "Low signal (500 / 250)",
      "High signal (500 / 750)",
    ]);
    expect(presetsOf(shown({ modality: "PT", alternatives })).map(presetInWords)).toEqual([
      "The object’s window (1000 / 500)",
      "Low uptake (500 / 250)",
      "High uptake (2000 / 1000)",
    ]);
    expect(presetsOf(shown({ modality: "MR", alternatives: [] }))).toEqual([]);
    for (const modality of ["US", "MG", "CR", "DX"])
      expect(presetsOf(shown({ modality, alternatives }))).toHaveLength(1);
  });

  it("is empty for colour", () => {
    const { window: _, ...colour } = shown({ modality: "US" });
    expect(presetsOf(colour)).toEqual([]);
  });
});

describe("what is in force", () => {
  const alternatives = [{ explanation: "LUNG", window: LUNG }, { explanation: "TABLE" }];
  const inForce = (changes: Parameters<typeof shown>[0], hasOwn = false) => {
    const state = shown(changes);
    return presetInForce(presetsOf(state), state, hasOwn);
  };

  it("is the chosen alternative, a table too", () => {
    expect(inForce({ alternatives, alternative: 1, window: LUNG })).toBe(1);
  });

  it("is the other of two twins, which stands for both", () => {
    const twins = [alternatives[0], { explanation: "again", window: LUNG }].filter((each) => each !== undefined);
    expect(inForce({ alternatives: twins, alternative: 1, window: LUNG })).toBe(0);
  });

  it("is found by its numbers, or is set by hand", () => {
    expect(inForce({ alternatives, window: LUNG })).toBe(0);
    expect(inForce({ alternatives, window: { center: 1, width: 2 } })).toBe("own");
  });

  it("is the table that comes first as long as nobody has set a window", () => {
    const table = [{ explanation: "" }];
    expect(inForce({ modality: "MG", alternatives: table, window: { center: 7, width: 9 } })).toBe(0);
    expect(inForce({ modality: "MG", alternatives: table, window: { center: 7, width: 9 } }, true)).toBe("own");
    expect(inForce({ modality: "MR", alternatives: [], window: { center: 7, width: 9 } })).toBe("default");
  });
});
