export interface NamedFile {
  name: string;
  file: File;
}

/** Whether what is dragged over the page are files. */
export function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}

/** Everything that was dropped, with what is in its folders, however deep. Call it in the event: later the list is empty. */
export async function filesOf(transfer: DataTransfer): Promise<NamedFile[]> {
  const entries: FileSystemEntry[] = [];
  const loose: NamedFile[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    const file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) loose.push({ name: file.name, file });
  }
  const found: NamedFile[] = [...loose];
  // One folder after the other: a whole disc at once would keep thousands of handles open.
  while (entries.length > 0) {
    const entry = entries.shift();
    if (entry?.isDirectory) entries.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
    else if (entry?.isFile) found.push(await fileOf(entry as FileSystemFileEntry));
  }
  return found;
}

/** What a file or folder picker gave. */
export function picked(list: FileList | null): NamedFile[] {
  return [...(list ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
}

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  // The browser gives them in portions (a hundred in Chromium) until one is empty.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

const fileOf = (entry: FileSystemFileEntry): Promise<NamedFile> =>
  new Promise((resolve, reject) =>
    entry.file((file) => resolve({ name: entry.fullPath.replace(/^\//, ""), file }), reject),
  );
