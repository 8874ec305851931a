/** The shapes of one Lucide icon: tag and attributes of each. See scripts/icons.ts. */
declare module "icon:*" {
  const shapes: readonly (readonly [string, Readonly<Record<string, string>>])[];
  export default shapes;
}

/** Where the files lie that the reader of PDFs fetches by name, ending in `/`. See scripts/pdf-files.ts. */
declare module "virtual:pdf-files" {
  export const PDF_FILES: string;
}
