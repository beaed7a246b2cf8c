// What the reducers of things that have steps share: server/hazards/reducers.py and server/tickets/reducers.py.

import { Refusal } from "./refusal.js";

export const MISSING = { photo: "请拍一张照片", note: "请写一句说明", anything: "请写一句或拍张照片" };
export const NOT_NOW = "现在不能做这一步，请看最新进展";

export const refuse = (why) => { throw new Refusal(why); };
export const among = (words, word) => words.split(" ").includes(word);
export const points = (text) => [...text];
export const text = (op, name) => (typeof op.args[name] === "string" ? op.args[name] : "");

export function oneOf(op, name, choices, fallback = "") {
  const value = text(op, name) || fallback;
  return among(choices, value) ? value : refuse("请从列表中选择");
}

export function summaryOf(words) {
  const first = words.split(/[\n。！？!?；;]/)[0].replace(/^[ ，,、]+|[ ，,、]+$/g, "");
  const signs = points(first);
  return signs.length <= 30 ? first : signs.slice(0, 29).join("") + "…";
}

export const told = (op, verb, state, note) => ({
  id: op.id, verb, state, at: op.at, account: op.by.account, name: op.by.name, note, photos: op.photos.map((one) => one.id), pending: op.pending,
});
export const shots = (op, role = "note") => op.photos.map((one) => ({ id: one.id, role, pending: op.pending }));

// Refuses when something is missing, in the order the server asks for it.
export function need(needs = "", brought, messages) {
  const missing = needs.split(" ").find((one) => one && !brought.includes(one));
  if (missing) refuse(messages[missing]);
}

// The document with a step taken and told.
export const stepped = (doc, op, verb, state, role) => ({
  ...doc, state, events: [told(op, verb, state, text(op, "note")), ...doc.events], photos: [...doc.photos, ...shots(op, role)],
});
