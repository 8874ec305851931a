// What only those load who may draw.
export { MarkStrip, MarkTools } from "./MarkTools";
export { Marking } from "./marking";
