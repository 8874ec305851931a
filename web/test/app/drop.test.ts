import { describe, expect, it } from "vitest";
import { filesOf } from "../../src/app/consultation/drop";

/** A file system of the drag-and-drop API, which gives the children of a folder in portions of two. */
const fileEntry = (path: string) => ({
  isFile: true,
  isDirectory: false,
  fullPath: path,
  file: (give: (file: File) => void) => give(new File(["x"], path.split("/").at(-1) ?? "")),
});
const folderEntry = (path: string, children: unknown[]) => ({
  isFile: false,
  isDirectory: true,
  fullPath: path,
  createReader: () => {
    let at = 0;
    return {
      readEntries: (give: (entries: unknown[]) => void) => {
        give(children.slice(at, at + 2));
        at += 2;
      },
    };
  },
});
const transfer = (...entries: unknown[]) =>
  ({ items: entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry })) }) as unknown as DataTransfer;

describe("what is dropped", () => {
  it("is read with all its folders, also when they come in portions", async () => {
    const found = await filesOf(
      transfer(
        folderEntry("/CD", [
          fileEntry("/CD/DICOMDIR"),
          folderEntry("/CD/IM", [fileEntry("/CD/IM/1"), fileEntry("/CD/IM/2"), fileEntry("/CD/IM/3")]),
          fileEntry("/CD/readme"),
        ]),
        fileEntry("/loose.zip"),
      ),
    );
    expect(found.map(({ name }) => name).sort()).toEqual([
      "CD/DICOMDIR",
      "CD/IM/1",
      "CD/IM/2",
      "CD/IM/3",
      "CD/readme",
      "loose.zip",
    ]);
  });
});
