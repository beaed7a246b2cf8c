// How the operations change a repair's document: server/tickets/reducers.py to the letter. See there for the why.

import { MISSING as SHARED, NOT_NOW, among, need, oneOf, points, refuse, shots, stepped, summaryOf, text } from "../steps.js";

const ON_SITE = "arrived quoted owner_confirmed in_progress";
const MOVING = `dispatched rework taken ${ON_SITE}`;
const CATEGORIES = "water power signal lift fire doors leak heating shared parking green cleaning";
const UNKNOWN = "这台手机上还没有这张工单，请先同步";
const COUNT = "数量请填数字，例如 1 或 0.5";
const MISSING = { ...SHARED, reason: "请选择原因", lines: "请至少填一项", consent: "请业主签名或报验收码" };
const LINE = /^line:[0-9a-f-]{36}:(?:labour|material):([0-9]{1,9}):([^:]{1,8}):([^\n]{1,60})$/u;
const ROLES = { arrive: "before", start: "before", finish: "after", agree: "signature", sign: "signature" };

// verb: [from which states, to which (none: it stays), what it needs]
const STEPS = {
  take: ["dispatched rework", "taken"],
  arrive: ["taken", "arrived"],
  start: ["arrived owner_confirmed", "in_progress"],
  suspend: [MOVING, "suspended", "reason"],
  resume: ["suspended"],
  finish: ["in_progress", "finished", "note photo"],
  quote: ["arrived owner_confirmed in_progress", "quoted", "lines"],
  agree: ["quoted", "owner_confirmed", "consent"],
  decline: ["quoted", "arrived", "note"],
  sign: ["finished", "owner_accepted", "consent"],
  transfer: [`${MOVING.replace("quoted ", "")} suspended`, "transferred", "note"],
  note: [`submitted accepted transferred ${MOVING} suspended finished owner_accepted paid followed_up`, "", "anything"],
};

function linesOf(op) {
  const lines = [];
  for (const name of Object.keys(op.args).sort()) {
    const [parts, given] = [LINE.exec(name), text(op, name)];
    if (!parts || !given) continue;
    if (!/^[0-9]{1,4}(\.[0-9]{1,2})?$/.test(given)) refuse(COUNT);
    const [count, price] = [Number(given), Number(parts[1])];
    if (count) lines.push({ name: parts[3], unit: parts[2], count: String(count), price, amount: Math.floor((Math.round(count * 100) * price + 50) / 100) });
  }
  return lines.length > 30 ? refuse(COUNT) : lines;
}

const consents = (op) => (text(op, "how") === "code" ? /^[0-9]{4}$/.test(text(op, "code")) : text(op, "how") === "signature" && op.photos.length);

const sets = {
  arrive: () => ({ arrive_by: null }),
  suspend: (doc, op) => ({ suspended_from: doc.state, reason: text(op, "reason") }),
  resume: () => ({ suspended_from: "", reason: "" }),
  finish: (doc, op) => ({
    cause: text(op, "cause") ? oneOf(op, "cause", "wear misuse building material outside other") : doc.cause,
    result: text(op, "note"), used: linesOf(op), finished: op.at,
  }),
  quote: (doc, op) => {
    const quoted = linesOf(op);
    return { quote: quoted.reduce((sum, one) => sum + one.amount, 0), quoted, charge: 0, agreed: "" };
  },
  agree: (doc, op) => ({ charge: doc.quote ?? 0, agreed: text(op, "how") }),
};

function step(doc, op, verb) {
  if (doc === null) refuse(UNKNOWN);
  if (among("agree decline sign", verb) && doc.location !== "private") refuse(NOT_NOW);
  if (verb === "quote" && !doc.pays) refuse("这一单不向业主收费，不用报价");
  const [sources, target, needs] = STEPS[verb];
  const [note, photo] = [text(op, "note") && "note", op.photos.length && "photo"];
  const lines = verb === "quote" && linesOf(op).length && "lines";
  if (!among(sources, doc.state)) refuse(NOT_NOW);
  need(needs, [
    note, photo, (note || photo) && "anything", consents(op) && "consent", lines,
    among("parts owner outside approval", text(op, "reason")) && "reason",
  ], MISSING);
  const state = verb === "resume" ? doc.suspended_from : target || doc.state;
  return stepped({ ...doc, ...sets[verb]?.(doc, op) }, op, verb, state, ROLES[verb]);
}

function grab(doc, op) {
  if (doc === null) refuse(UNKNOWN);
  return doc.state === "accepted" ? { ...doc, state: "taken", pending: op.pending } : refuse(NOT_NOW);
}

function report(doc, op) {
  if (doc !== null) refuse("这条报修已经提交过了");
  const [category, note, room] = [oneOf(op, "category", CATEGORIES), text(op, "note"), text(op, "room")];
  const own = text(op, "location") === "private";
  const place = own ? (room.includes(" ") ? room.slice(room.indexOf(" ") + 1) : "") : text(op, "place");
  if (own && !place) refuse("请选择房号");
  if (!place || points(place).length > 60) refuse("请写明位置，例如 3栋1单元 大堂");
  if (!note && !op.photos.length) refuse("请拍张照片或写一句说明");
  return {
    kind: "report", id: op.entity, v: 0, number: "", state: "submitted", category, place, summary: summaryOf(note), reported: op.at,
    photos: shots(op, "report"), pending: op.pending,
  };
}

export const reducers = {
  ...Object.fromEntries(Object.keys(STEPS).map((verb) => [`ticket.${verb}`, { ticket: (doc, op) => step(doc, op, verb) }])),
  "ticket.grab": { offer: grab },
  "ticket.report": { report },
};
