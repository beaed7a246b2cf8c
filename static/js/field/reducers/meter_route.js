// How the operations mark a meter on its route: server/meters/reducers.py to the letter.

import { UNKNOWN, figure, plain, refuse, text, trimmed } from "./meter.js";

const DONE = ["read", "doubtful", "estimated", "changed"];

function marked(doc, op, mark, value) {
  if (!doc) refuse(UNKNOWN);
  if (!["", doc.period].includes(text(op, "period"))) return doc;
  const { pending } = op;
  const stops = doc.stops.map((one) => {
    if (one.id !== op.entity) return one;
    if (mark === "changed" || !["read", "doubtful", "changed"].includes(one.mark)) return { ...one, mark, value, pending };
    return { ...one, mark: ["read", "doubtful"].includes(mark) ? "doubtful" : one.mark, pending };
  });
  return { ...doc, stops, done: stops.filter((one) => DONE.includes(one.mark)).length };
}

const markRead = (doc, op) => {
  const value = plain(figure(op, "value"));
  return marked(doc, op, text(op, "confirmed") === "yes" ? "doubtful" : "read", value);
};
const markUnreadable = (doc, op) =>
  trimmed(op, "estimate") ? marked(doc, op, "estimated", plain(figure(op, "estimate"))) : marked(doc, op, "unread", "");

export const reducers = {
  "meter.read": { meter_route: markRead },
  "meter.unreadable": { meter_route: markUnreadable },
  "meter.replace": { meter_route: (doc, op) => marked(doc, op, "changed", plain(figure(op, "initial"))) },
};
