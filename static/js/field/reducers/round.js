// How operations change the document of a round: the same as server/patrols/reducers.py, whose comments say why.

import { cmpDecimal } from "../formats.js";
import { refuse, text } from "../steps.js";

const GRADES = ["none", "position", "qr", "nfc"];
const TRI = ["ok", "bad", "na"];
const NEAR = 1000;
const texts = (op, name) => (Array.isArray(op.args[name]) ? op.args[name] : op.args[name] ? [op.args[name]] : []);
const skipped = (round) => round.points.filter((one) => one.done === null).length;
const levelOf = (op) => (text(op, "level") === "major" ? "major" : "general");
const pend = (point, op) => { if (op.pending) point.pending = true; };
const inTime = (round, at) => { if (at > round.ends) refuse("班次已结束，不能补做，请主管补录"); };
const pointOf = (round, op) => round.points.find((one) => one.id === text(op, "point")) ?? refuse("这个点不在路线上了");

function begin(round, { at, by }) {
  if (at < round.opens) refuse("还没到开始时间");
  inTime(round, at);
  if (round.people.every((one) => one.account !== by.account)) round.people.push({ account: by.account, name: by.name });
  round.holder = by.account;
  round.state = "doing";
  if (round.started === null || at < round.started) round.started = at;
}

function settle(round) {
  for (const one of round.points) one.bad = Object.values(one.more).filter((more) => more.bad).length;
  round.found = round.points.reduce((sum, one) => sum + one.bad, 0);
  if (round.finished === null) return;
  const late = round.finished > round.ends || round.started > round.late;
  round.state = round.found || skipped(round) ? "abnormal" : late ? "late" : "done";
}

function isNear(point, op) {
  const [lat, lon] = [text(op, "lat"), text(op, "lon")];
  if ((point.lat ?? null) === null || ![lat, lon].every((one) => /^-?[0-9]{1,9}$/.test(one))) return false;
  return Math.abs(lat - point.lat) <= NEAR && Math.abs(lon - point.lon) <= NEAR;
}

function gradeOf(point, op) {
  const code = text(op, "code");
  if (text(op, "how") === "nfc") return code && code === point.nfc ? "nfc" : refuse("这不是本点的 NFC 标签");
  if (code) {
    const parts = code.split(".");
    return parts.length === 3 && parts[0] === "NY" && parts[1] === point.code ? "qr" : refuse("这不是本点的二维码");
  }
  return isNear(point, op) ? "position" : "none";
}

export function isWrong(op, what, value) {
  if (what === "number") {
    if (!/^-?[0-9]{1,9}(\.[0-9]{1,4})?$/.test(value)) refuse("请填写数字");
    const [low, high] = [text(op, "low"), text(op, "high")];
    return Boolean((low && cmpDecimal(value, low) < 0) || (high && cmpDecimal(value, high) > 0));
  }
  if (what === "tri") return TRI.includes(value) ? value === "bad" : refuse("请选择");
  if (!value || [...value].length > 200) refuse("请填写这一项");
  return texts(op, "wrong").includes(value);
}

function moreOf(op, value) {
  const [what, note] = [text(op, "what"), text(op, "note")];
  const bad = isWrong(op, what, value);
  const photos = op.photos.map(({ id, role }) => ({ id, role, pending: op.pending }));
  if (what === "photo" && cmpDecimal(value, text(op, "least") || "1") < 0) refuse("照片不够");
  const told = bad && (what === "tri" || text(op, "hazard") !== "");
  if (told && !note) refuse("异常要写明情况");
  if (told && !photos.length) refuse("异常要拍照");
  const { account, name } = op.by;
  return { bad, note, level: bad ? levelOf(op) : "", hazard: bad ? text(op, "hazard") : "", photos, account, name };
}

const changes = {
  "round.start"(round, op) {
    if (round.finished !== null) refuse("这次巡查已经完成");
    begin(round, op);
    const name = text(op, "partner");
    if (name && round.people.every((one) => one.name !== name)) round.people.push({ account: "", name });
  },

  "round.scan"(round, op) {
    if (round.finished !== null && op.at > round.finished) refuse("这次巡查已经完成");
    if (round.finished === null) begin(round, op);
    const point = pointOf(round, op);
    const grade = gradeOf(point, op);
    if (["none", "position"].includes(grade) && !text(op, "reason")) refuse("没有扫码，请写明原因");
    if (point.at === null) Object.assign(point, { at: op.at, by: op.by.name });
    if (!point.grade || GRADES.indexOf(grade) > GRADES.indexOf(point.grade)) point.grade = grade;
    pend(point, op);
  },

  "round.tick"(round, op) {
    const [point, item] = [pointOf(round, op), text(op, "item")];
    if (point.at === null) refuse("请先扫码到点");
    inTime(round, op.at);
    if (round.finished !== null && op.at > round.finished) refuse("这次巡查已经完成");
    const value = text(op, "what") === "photo" ? String(op.photos.length) : text(op, "value");
    const more = moreOf(op, value);
    const known = Object.hasOwn(point.more, item) ? point.more[item] : null;
    if (known?.bad && !more.bad && known.account !== op.by.account) return;
    point.checks[item] = value;
    if (more.bad || more.note || more.photos.length) point.more[item] = more;
    else delete point.more[item];
    pend(point, op);
    settle(round);
  },

  "round.point"(round, op) {
    const point = pointOf(round, op);
    if (point.at === null) refuse("请先扫码到点");
    inTime(round, op.at);
    if (texts(op, "need").some((item) => !Object.hasOwn(point.checks, item))) refuse("还有没检查的项目");
    if (Object.values(point.more).some((more) => more.bad && !more.note)) refuse("异常项请写明情况");
    point.done ??= op.at;
    pend(point, op);
    settle(round);
  },

  "round.hand_over"(round, op) {
    if (round.state !== "doing") refuse("只有巡查中的可以交接");
    round.holder = "";
    round.handed.push({ name: op.by.name, note: text(op, "note"), at: op.at, pending: op.pending });
  },

  "round.finish"(round, op) {
    if (round.finished !== null) refuse("这次巡查已经完成");
    if (round.started === null) refuse("请先开始巡查");
    if (!text(op, "signed")) refuse("请签名");
    if (skipped(round) && !text(op, "note")) refuse("还有点没巡查，请写明原因");
    const signature = op.photos.slice(0, 1).map(({ id, role }) => ({ id, role, pending: op.pending }));
    Object.assign(round, { finished: op.at, signed: text(op, "signed"), note: text(op, "note"), signature });
    settle(round);
  },
};

const copied = (round) => ({
  ...round,
  points: round.points.map((one) => ({ ...one, checks: { ...one.checks }, more: { ...one.more } })),
  people: [...round.people],
  handed: [...round.handed],
});

export const reducers = Object.fromEntries(Object.entries(changes).map(([type, change]) => [type, {
  round(round, op) {
    const fresh = round ? copied(round) : refuse("这次巡查不在了");
    change(fresh, op);
    return fresh;
  },
}]));
