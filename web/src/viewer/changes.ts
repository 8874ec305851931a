type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A state with what is another laid over it, as docs/protocol.md says: members of objects by name, places of lists by number, `null` for what is there
 * no more. What does not change is the same object as before.
 */
export function laidOver(state: unknown, changes: unknown): unknown {
  if (!isObject(changes)) return changes;
  if (Array.isArray(state))
    return state.map((place, number) => (number in changes ? laidOver(place, changes[number]) : place));
  if (!isObject(state)) return changes;
  const members: Record<string, unknown> = { ...state };
  for (const [name, changed] of Object.entries(changes))
    if (changed === null) delete members[name];
    else members[name] = laidOver(members[name], changed);
  return members;
}
