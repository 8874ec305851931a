import type { ScopeWord } from "../../protocol";

/** What a program may read, in the order in which screens list it. */
export const SCOPES: readonly ScopeWord[] = ["read_services", "read_appointments", "read_statistics"];
