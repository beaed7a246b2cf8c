// How the operations change a hazard's document: server/hazards/reducers.py to the letter. See there for the why. What only the office does, at
// its desk (registering, notice, plan, the decision on an extension), is not here: a phone shows it when the server has it.

import { MISSING as SHARED, NOT_NOW, among, need, oneOf, points, refuse, shots, stepped, summaryOf, text, told } from "../steps.js";
import { isWrong } from "./round.js";

const HOUR = 3_600_000;
const HOURS = { immediate: 2, soon: 72, usual: 168, parts: 360 };
const PACES = {
  immediate: "escape ebike storage", soon: "gear power lift falling decoration", usual: "water structure playground road other",
};
const CATEGORIES = Object.values(PACES).join(" ");
const DANGER = /冒烟|着火|起火|燃气|煤气|坍塌|塌陷|爆炸|裸露带电|断裂|有人受伤/;
const ONCE = { isolate: "isolated", tell_company: "told_company", tell_authority: "told_authority" };

const ON_IT = "notice_issued rectifying failed";
const CLOCK = `found registered ${ON_IT}`;
const OPEN = `${CLOCK} submitted rechecking`;
const CHECK = "submitted rechecking";
const TOLD = [OPEN, "", "note"];
// verb: [from which states, to which (none: it stays), what it needs]
const STEPS = {
  start: [CLOCK, "rectifying"],
  submit: ["rectifying", "submitted", "note photo"],
  inspect: ["submitted", "rechecking"],
  pass: [CHECK, "closed", "photo"],
  fail: [CHECK, "failed", "note photo"],
  extend: [ON_IT, "", "note until"],
  isolate: TOLD,
  tell_company: TOLD,
  tell_authority: TOLD,
  dissuade: TOLD,
  note: [`${OPEN} closed dismissed`],
};
const ROLES = { report: "before", submit: "after", pass: "recheck", fail: "recheck" };

const MISSING = {
  ...SHARED,
  place: "请写明位置，例如 3栋1单元 大堂",
  until: "请填写日期，例如 2026-11-23",
};

// The last second of the day in China that an argument names, or null when it is empty.
function dayOf(op, name) {
  const value = text(op, name);
  if (!value) return null;
  const [, y, m, d] = /^(20\d\d)-(\d\d)-(\d\d)$/.exec(value) ?? refuse(MISSING.until);
  const day = new Date(Date.UTC(+y, m - 1, +d));
  if (day.toISOString().slice(0, 10) !== value) refuse(MISSING.until);
  return day.getTime() + 16 * HOUR - 1000;
}

const paceOf = (category, grade) => (grade === "major" ? "soon" : Object.keys(PACES).find((pace) => among(PACES[pace], category)));
const isIllegal = (category) => among("decoration storage", category);
const reportBy = (grade, category, found) =>
  grade === "major" ? found + HOUR : isIllegal(category) ? found + 24 * HOUR : null;

function fits(verb, doc) {
  const major = doc.grade === "major";
  if (!among(STEPS[verb][0], doc.state) || (ONCE[verb] && doc[ONCE[verb]] !== null)) return false;
  if (["isolate", "tell_company"].includes(verb)) return major;
  if (verb === "tell_authority") return major || doc.illegal;
  if (verb === "dissuade") return doc.illegal;
  if (verb === "start" && major) return among(ON_IT, doc.state);
  return verb !== "extend" || doc.extension === null;
}

function step(doc, op, verb, brings = []) {
  if (doc === null) refuse("这台手机上还没有这条隐患，请先同步");
  const note = text(op, "note");
  const { account, person } = op.by;
  const mine = (person && person === doc.responsible) || doc.rectifiers.includes(account);
  if (["inspect", "pass", "fail"].includes(verb) && mine) refuse("整改和复查不能是同一个人，请换一位同事复查");
  if (!fits(verb, doc)) refuse(NOT_NOW);
  const [, target, needs] = STEPS[verb];
  need(needs, [...brings, note && "note", op.photos.length && "photo"], MISSING);
  return stepped(doc, op, verb, target || doc.state, ROLES[verb]);
}

// A new one; also for other operations that find one, such as a × on a round. facts: category, grade, source, place, text, …
export function born(id, op, facts) {
  const { category, grade, source, place, text: words, measure = "", round = "", checkpoint = "", building = "" } = facts;
  const pace = paceOf(category, grade);
  return {
    kind: "hazard", id, v: 0, number: "", state: "found", grade, category, source, round, checkpoint, building, place,
    summary: summaryOf(words), description: words, measure, demand: "", result: "", pace, due: op.at + HOURS[pace] * HOUR, found: op.at,
    closed: null, told_company: null, told_authority: null, isolated: null, report_by: reportBy(grade, category, op.at),
    illegal: isIllegal(category), planned: false, plan: {}, responsible: "", responsible_name: "", rectifiers: [],
    reporter: op.by.account, reporter_name: op.by.name, ticket: "", ticket_number: "", extension: null, limits: { ...HOURS },
    events: [told(op, "report", "found", words)], photos: shots(op, ROLES.report), pending: op.pending,
  };
}

function report(doc, op) {
  if (doc !== null) refuse("这条隐患已经上报过了");
  const place = text(op, "place");
  if (!op.photos.length) refuse(MISSING.photo);
  if (!place || points(place).length > 120) refuse(MISSING.place);
  const facts = {
    category: oneOf(op, "category", CATEGORIES), grade: oneOf(op, "grade", "general major", DANGER.test(text(op, "text")) ? "major" : "general"),
    source: oneOf(op, "source", "patrol inspection report resident", "report"), place,
  };
  for (const name of ["text", "measure", "round", "checkpoint", "building"]) facts[name] = text(op, name);
  return born(op.entity, op, facts);
}

const worked = (doc, op) => ({ ...doc, rectifiers: [...new Set([...doc.rectifiers, op.by.account])].sort() });

function start(doc, op) {
  const now = worked(step(doc, op, "start"), op);
  return now.responsible ? now : { ...now, responsible: op.by.person, responsible_name: op.by.name };
}

function recheck(doc, op) {
  if (oneOf(op, "result", "pass fail") === "fail") return step(doc, op, "fail");
  return { ...step(doc, op, "pass"), closed: op.at };
}

function extend(doc, op) {
  const until = dayOf(op, "until");
  const now = step(doc, op, "extend", until ? ["until"] : []);
  if (until <= now.due) refuse("新的期限要晚于现在的期限");
  const { account: by, name } = op.by;
  return { ...now, extension: { id: op.id, by, name, until, reason: text(op, "note"), pending: op.pending } };
}

function note(doc, op) {
  if (!text(op, "note") && !op.photos.length) refuse(MISSING.anything);
  return step(doc, op, "note");
}

const moves = {
  report, start, recheck, extend, note,
  submit: (doc, op) => ({ ...worked(step(doc, op, "submit"), op), result: text(op, "note") }),
  inspect: (doc, op) => step(doc, op, "inspect"),
  isolate: (doc, op) => ({ ...step(doc, op, "isolate"), isolated: op.at, measure: text(op, "note") }),
  tell_company: (doc, op) => ({ ...step(doc, op, "tell_company"), told_company: op.at }),
  tell_authority: (doc, op) => ({ ...step(doc, op, "tell_authority"), told_authority: op.at }),
  dissuade: (doc, op) => (oneOf(op, "helped", "yes no"), step(doc, op, "dissuade")),
};

export const reducers = Object.fromEntries(Object.entries(moves).map(([verb, move]) => [`hazard.${verb}`, { hazard: move }]));

// × on a round makes one in the same operation: server/patrols/reducers.py.
reducers["round.tick"] = {
  hazard(doc, op) {
    if (doc !== null) refuse("这条隐患已经上报过了");
    if (!isWrong(op, text(op, "what"), text(op, "value"))) refuse("请选择");
    return born(text(op, "hazard"), op, {
      category: among(CATEGORIES, text(op, "category")) ? text(op, "category") : "other",
      grade: text(op, "level") === "major" ? "major" : "general",
      source: "patrol",
      place: points(text(op, "place")).slice(0, 120).join(""),
      text: `${text(op, "summary")}：${text(op, "note")}`,
      round: op.entity,
    });
  },
};
