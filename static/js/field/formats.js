// Numbers, money and moments as server/lib/formats.py writes them, to the letter. Moments are whole milliseconds since 1970,
// decimals are texts. China has one time, eight hours ahead of UTC.

import { _ } from "./texts.js";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const LAST = 253402300800000; // the year 10000
const DECIMAL = /^[+-]?\d+(\.\d+)?$/;

const fail = (why) => { throw new TypeError(why); };
const whole = (value) => (Number.isSafeInteger(value) ? value : fail("no whole number"));
const commas = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");
const decimal = (value) => {
  const text = Number.isSafeInteger(value) ? String(value) : String(value ?? "");
  return typeof value !== "boolean" && DECIMAL.test(text) ? text : fail("no number");
};

// The moment in China: "2026-11-23T14:05".
function local(ms) {
  const moved = whole(ms) + 480 * MINUTE;
  if (moved < 0 || moved >= LAST) fail("a moment out of reach");
  return new Date(moved).toISOString().slice(0, 16);
}

export function num(value) {
  if (value === null) return "—";
  const [, sign, units, rest] = /^([+-]?)(\d+)(.*)$/.exec(decimal(value));
  return sign + commas(units) + rest;
}

export function yuan(fen) {
  const digits = String(Math.abs(whole(fen))).padStart(3, "0");
  return (fen < 0 ? "-" : "") + commas(digits.slice(0, -2)) + "." + digits.slice(-2);
}

export const day = (ms) => (ms === null ? "—" : local(ms).slice(0, 10));
export const clock = (ms) => (ms === null ? "—" : local(ms).slice(11));

export function daytime(ms, at) {
  if (ms === null) return "—";
  const [date, time] = local(ms).split("T");
  const today = day(whole(at));
  if (date === today) return _("今天 %(clock)s", { clock: time });
  if (at + 480 * MINUTE >= DAY && date === day(at - DAY)) return _("昨天 %(clock)s", { clock: time });
  return `${date.slice(0, 4) === today.slice(0, 4) ? date.slice(5) : date} ${time}`;
}

export function ago(ms, at) {
  if (ms === null) return "—";
  local(ms);
  const n = Math.floor((whole(at) - ms) / MINUTE);
  if (n < 1) return _("刚刚");
  if (n < 60) return _("%(n)s 分钟前", { n });
  return n < 1440 ? _("%(n)s 小时前", { n: Math.floor(n / 60) }) : day(ms);
}

// A duration in whole minutes.
export function minutes(value) {
  if (value === null) return "—";
  if (whole(value) < 0) fail("less than no time");
  const [h, m] = [Math.floor(value / 60), value % 60];
  if (!h) return _("%(m)s 分钟", { m });
  return m ? _("%(h)s 小时 %(m)s 分钟", { h, m }) : _("%(h)s 小时", { h });
}

// Bytes of a phone's storage, which only the phone knows: "300 MB", "9.7 GB". `round`: down for what is free, up for what is used.
export function size(bytes, round = Math.floor) {
  const mb = round(bytes / 2 ** 20);
  return mb < 1024 ? `${mb} MB` : `${round(mb / 102.4) / 10} GB`;
}

// -1, 0 or 1 for two decimal texts (or whole numbers), however long: no fractions of JavaScript's are near.
export function cmpDecimal(a, b) {
  const [one, other] = [a, b].map((value) => {
    const [, sign, units, rest = ""] = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(decimal(value));
    return { units, rest, sign: units || rest ? (sign === "-" ? -1 : 1) : 0 };
  });
  if (one.sign !== other.sign) return one.sign < other.sign ? -1 : 1;
  const larger = (x, y) => (x === y ? 0 : x < y ? -1 : 1);
  return one.sign * (larger(one.units.length, other.units.length) || larger(one.units, other.units) || larger(one.rest, other.rest)) || 0;
}
