/** The shapes of one Lucide icon: tag and attributes of each. See scripts/icons.ts. */
declare module "icon:*" {
  const shapes: readonly (readonly [string, Readonly<Record<string, string>>])[];
  export default shapes;
}
