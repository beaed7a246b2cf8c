// How the operations change a meter: server/meters/reducers.py and plausibility.py to the letter. See there for the why.
// Figures are whole thousandths (BigInt): no fractions of JavaScript's are near.

import { Refusal } from "../refusal.js";

export const UNKNOWN = "这台手机上还没有这块表，请先同步";
const ASK = {
  digits: "位数比表盘多，请再看一遍。确实如此，请勾选“我已核对”后保存",
  backwards: "比上期小，请再看一遍。确实如此，请勾选“我已核对”后保存，由内业核对",
  rollover: "比上期小，可能走满归零。请再看一遍，确实如此请勾选“我已核对”后保存，由内业批准",
  jump: "用量比平时大很多，请再看一遍。确实如此，请勾选“我已核对”后保存",
  zero: "有人住，用量却是 0，请再看一遍。确实如此，请勾选“我已核对”后保存",
  second: "这块表本期已经抄过。要再抄一次，请勾选“我已核对”后保存，两次都交给内业核对",
};
const REASONS = ["locked", "nobody", "blocked", "broken", "other"];

export const refuse = (why) => { throw new Refusal(why); };
export const text = (op, name) => (typeof op.args[name] === "string" ? op.args[name] : "");
export const trimmed = (op, name) => text(op, name).replace(/^ +| +$/g, "");

// A decimal text as whole thousandths.
function thousandths(value) {
  const [units, rest = ""] = value.split(".");
  return BigInt(units + rest.padEnd(3, "0").slice(0, 3));
}

// Whole parts of 10^places as a decimal text without needless zeros.
export function plain(value, places = 3) {
  const digits = String(value < 0n ? -value : value).padStart(places + 1, "0");
  const rest = digits.slice(-places).replace(/0+$/, "");
  return (value < 0n ? "-" : "") + digits.slice(0, -places) + (rest && "." + rest);
}

export function figure(op, name) {
  const value = trimmed(op, name);
  return /^[0-9]{1,9}(\.[0-9]{1,3})?$/.test(value) ? thousandths(value) : refuse("请填写表上的数字，例如 1234.56");
}

function judge(doc, previous, value, kind) {
  const end = 1000n * 10n ** BigInt(doc.digits);
  const ratio = thousandths(doc.ratio);
  const flags = value >= end ? ["digits"] : [];
  if (!previous) return { usage: "", flags };
  const before = thousandths(previous.value);
  if (value < (previous.real ? thousandths(previous.real) : before)) {
    const rolled = before * 10n >= end * 9n && before < end && value * 10n < end;
    return { usage: rolled ? plain((value + end - before) * ratio, 6) : "", flags: [...flags, rolled ? "rollover" : "backwards"] };
  }
  const used = (value - before) * ratio;
  const usual = doc.usual ? thousandths(doc.usual) * 1000n : null;
  if (usual !== null && used > 3n * usual && used - usual > 10000000n) flags.push("jump");
  if (kind === "actual" && used === 0n && doc.occupied && usual) flags.push("zero");
  return { usage: plain(used, 6), flags };
}

function beside(doc, op) {
  if (!["", doc.period].includes(text(op, "period"))) return "late";
  if (doc.replaced) return "removed";
  return doc.reading?.kind === "actual" ? "second" : "";
}

const entry = (op, kind, value, usage, flags, role = "reading") => ({
  id: op.id, kind, value, usage, at: op.at, account: op.by.account, name: op.by.name, flags,
  status: flags.length ? "doubtful" : "ok", reason: "",
  photos: op.photos.map((one) => ({ id: one.id, role, pending: op.pending })), pending: op.pending,
});

function ask(op, flags) {
  if (flags.length && text(op, "confirmed") !== "yes") refuse(ASK[flags[0]]);
}

const put = (doc, one, why) => ({ ...doc, ...(why ? { others: [...doc.others, one] } : { reading: one }) });

function figured(doc, op, kind, value, why, reason = "") {
  if (["late", "removed"].includes(why)) return put(doc, { ...entry(op, kind, plain(value), "", [why]), reason }, why);
  const judged = judge(doc, doc.previous, value, kind);
  const flags = why ? [...judged.flags, why] : judged.flags;
  ask(op, flags);
  return put(doc, { ...entry(op, kind, plain(value), judged.usage, flags), reason }, why);
}

function read(doc, op) {
  if (!doc) refuse(UNKNOWN);
  return figured(doc, op, "actual", figure(op, "value"), beside(doc, op));
}

function unreadable(doc, op) {
  if (!doc) refuse(UNKNOWN);
  if (!REASONS.includes(text(op, "reason"))) refuse("请选择原因");
  const why = beside(doc, op);
  const note = text(op, "note");
  const reason = text(op, "reason") + (note && " " + note);
  if (trimmed(op, "estimate") && why !== "second") return figured(doc, op, "estimated", figure(op, "estimate"), why, reason);
  return put(doc, { ...entry(op, "unread", "", "", why ? [why] : []), status: why ? "superseded" : "ok", reason }, why);
}

function replace(doc, op) {
  if (!doc) refuse(UNKNOWN);
  if (doc.replaced) refuse("这块表已经换过了");
  const [final, initial, number] = [figure(op, "old_final"), figure(op, "initial"), trimmed(op, "number")];
  if (!number || number === doc.number || [...number].length > 40) refuse("请填写新表的表号");
  const now = doc.reading;
  const counts = now && now.value && ["ok", "accepted"].includes(now.status);
  const { usage, flags } = judge(doc, counts ? { value: now.value, real: "" } : doc.previous, final, "final");
  ask(op, flags);
  return {
    ...doc, final: entry(op, "final", plain(final), usage, flags, "final"),
    replaced: { id: text(op, "new"), number, initial: plain(initial), pending: op.pending },
  };
}

export const reducers = {
  "meter.read": { meter: read },
  "meter.unreadable": { meter: unreadable },
  "meter.replace": { meter: replace },
};
