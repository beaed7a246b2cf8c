// What a person sees: the documents the server has confirmed, and on top of them what this phone has done meanwhile.

import { Refusal } from "./refusal.js";

// Where an operation leads: [[kind, id], …]. A target whose argument is empty is skipped.
export function targetsOf(op, table) {
  return Object.entries(table[op.type]?.targets ?? {})
    .map(([kind, name]) => [kind, name === "entity" ? op.entity : op.args[name]])
    .filter(([, id]) => typeof id === "string" && id);
}

// An operation as the reducers of both languages see it.
export const plainOp = ({ op, by, state }) => ({
  id: op.id, type: op.type, entity: op.entity, args: op.args, at: op.made_at + op.offset, by,
  photos: op.photos.map(({ id, role }) => ({ id, role })), pending: state === "pending",
});

const UNDONE = new Set(["conflict", "rejected", "resolved", "discarded"]);

// Whether the operation `record` still has to be laid over `document`: until the server's own version with it has arrived.
export function isOver(record, document, pulled) {
  if (UNDONE.has(record.state)) return false;
  if (record.state === "pending" || record.state === "deferred") return true;
  const entity = document?.id === record.op.entity;
  return record.settled >= pulled && !(entity && document.v >= record.version);
}

// Returns `document` after the operations `records` (in their order) that concern it, or null. What no longer fits leaves it as it is.
export function laidOver(kind, id, document, records, { table, reducers, pulled }) {
  let shown = document ?? null;
  for (const record of records) {
    if (!targetsOf(record.op, table).some(([one, other]) => one === kind && other === id) || !isOver(record, document, pulled)) continue;
    try {
      shown = reducers[record.op.type]?.[kind]?.(shown, plainOp(record)) ?? shown;
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
    }
  }
  return shown;
}
