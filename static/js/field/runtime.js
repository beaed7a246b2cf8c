// What compiled templates (server/field/compiler.py) stand on: Python's values as Jinja2 handles them. undefined is a name or key
// that is not there, and raises as soon as it is used; null is None. Where JavaScript would silently differ, it throws.

import { fill, lookUp, plural, speak } from "./texts.js";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };
const encode = (text) => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
const fail = (why) => { throw new TypeError(why); };
const whole = (number) => (Number.isSafeInteger(number) ? number : fail("no whole number"));
const points = (text) => (/[\ud800-\udfff]/.test(text) ? [...text] : text);

// HTML that is already escaped, like markupsafe's Markup.
class Safe {
  #html;
  constructor(html) { this.#html = html; }
  toString() { return this.#html; }
}
class Namespace {}

export const safe = (html) => new Safe(html);
export const isDict = (value) => typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
export const isString = (value) => typeof value === "string" || value instanceof Safe;
export const isNumber = (value) => typeof value === "number" || typeof value === "boolean";
export const isBoolean = (value) => typeof value === "boolean";
export const isNone = (value) => value === null;
const plain = (value) => (value instanceof Safe ? String(value) : value);

function str(value) {
  if (isString(value)) return String(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "number" ? String(whole(value)) : fail(`${value === undefined ? "undefined" : "no text"} printed`);
}

export const out = (value) => (value instanceof Safe ? String(value) : encode(str(value)));
export const text = (value) => (value instanceof Safe ? value : str(value));
export const escaped = (value) => safe(out(value));
export const sure = (value) => (value === undefined ? fail("undefined handed to a macro") : value);
export const fork = (context, more) => Object.assign(Object.create(null), context, more);

export function start(page, context, catalogue) {
  if (catalogue !== undefined) speak(catalogue);
  return (page ?? fail("no such template"))(fork(context));
}

export const say = (message, values = {}) => fill(lookUp(message), values, out);
export const count = (one, many, n, values) => fill(plural(one, many, whole(n)), { n, ...values }, out);
export const translated = (message) => lookUp(isString(message) ? String(message) : fail("no text to translate"));

// Truth and comparison

export function truth(value) {
  if (value === undefined) fail("undefined asked for its truth");
  if (Array.isArray(value)) return value.length > 0;
  if (isDict(value)) return Object.keys(value).length > 0;
  return Boolean(plain(value));
}
export function and(left, right) { return truth(left) ? right() : left; }
export function or(left, right) { return truth(left) ? left : right(); }

export function eq(left, right) {
  if (left === undefined || right === undefined) fail("undefined compared");
  const [a, b] = [left, right].map((side) => (typeof side === "boolean" ? Number(side) : plain(side)));
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => eq(one, b[i]));
  if (!isDict(a)) return a === b;
  const names = Object.keys(a);
  return isDict(b) && names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && eq(a[name], b[name]));
}

// Negative, 0 or positive; texts by code points, lists item by item.
export function cmp(a, b) {
  if (isNumber(a) && isNumber(b)) return a - b;
  if (!(isString(a) && isString(b)) && !(Array.isArray(a) && Array.isArray(b))) fail("these have no order");
  const [one, other] = [list(a), list(b)];
  const step = Array.isArray(a) ? cmp : (x, y) => x.codePointAt() - y.codePointAt();
  for (let i = 0; i < one.length && i < other.length; i++) if (!eq(one[i], other[i])) return step(one[i], other[i]);
  return one.length - other.length;
}

export function has(hay, needle) {
  if (isString(hay)) return isString(needle) ? String(hay).includes(needle) : fail("no text to look for");
  if (!isDict(hay)) return list(hay).some((one) => eq(one, needle));
  if (needle === undefined || Array.isArray(needle) || isDict(needle)) fail("no key");
  return isString(needle) && Object.hasOwn(hay, String(needle));
}

// Reading

const METHOD = /^(clear|copy|fromkeys|get|items|keys|pop|popitem|setdefault|update|values)$/; // Python would find those
const GROUP = ["grouper", "list"]; // of what groupby gives; other lists have no names

export function attr(value, ...path) {
  for (const name of path) {
    if (value === undefined) fail(`undefined has no ${name}`);
    const known = isDict(value) || value instanceof Namespace || (Array.isArray(value) && GROUP.includes(name));
    const here = known && Object.hasOwn(value, name);
    if (!here && METHOD.test(name)) fail(`${name} is a method`);
    value = here ? value[name] : undefined;
  }
  return value;
}

export function item(value, key) {
  if (value === undefined || key === undefined) fail("undefined used as a list or key");
  if (isString(key)) return attr(value, String(key));
  if (!isNumber(key) || !(isString(value) || Array.isArray(value))) return undefined;
  const found = list(value).at(Number(key));
  return value instanceof Safe && found !== undefined ? safe(found) : found;
}

export function slice(value, from, to) {
  if (!isString(value) && !Array.isArray(value)) fail("cannot be sliced");
  const ends = [from ?? 0, to ?? undefined].map((end) => (end === undefined ? end : whole(end)));
  if (Array.isArray(value)) return value.slice(...ends);
  const part = [...String(value)].slice(...ends).join("");
  return value instanceof Safe ? safe(part) : part;
}

const keys = (dict) => Object.keys(dict).map((key) => (/^\d+$/.test(key) ? fail("a dict with numbers has no order") : key));

export function list(value) {
  if (Array.isArray(value)) return value;
  if (isString(value)) return [...String(value)];
  return isDict(value) ? keys(value) : fail("no list");
}
export const copy = (value) => [...list(value)];

export function unpack(value, n) {
  const parts = list(value);
  return parts.length === n ? parts : fail(`not ${n} parts`);
}

export function loop(values, body, otherwise, test) {
  const items = test ? list(values).filter((one) => test(one)) : list(values);
  return items.length || !otherwise ? items.map((one, i) => body(one, i, items)).join("") : otherwise();
}

const METHODS = {
  get: (dict, key, other = null) => (isString(key) && Object.hasOwn(dict, key) ? dict[key] : other),
  items: (dict) => keys(dict).map((key) => [key, dict[key]]),
  keys,
  values: (dict) => keys(dict).map((key) => dict[key]),
};
export function call(name, value, ...given) {
  if (given.includes(undefined)) fail(`undefined given to ${name}`);
  if (isDict(value) && Object.hasOwn(METHODS, name)) return METHODS[name](value, ...given);
  if (!isString(value) || Object.hasOwn(METHODS, name) || !isString(given[0])) fail(`no ${name} here`);
  if (name === "split") return given[0] === "" ? fail("split by nothing") : String(value).split(given[0]).map((part) => (value instanceof Safe ? safe(part) : part));
  return String(value)[`${name.slice(0, -4)}With`](given[0]);
}

export function range(from, to) {
  const [low, high] = to === undefined ? [0, from] : [from, to];
  return Array.from({ length: Math.max(0, whole(high) - whole(low)) }, (_none, i) => low + i);
}
export const namespace = (values) => Object.assign(new Namespace(), values);
export const put = (space, name, value) => { (space instanceof Namespace ? space : fail("no namespace"))[name] = value; };

// Arithmetic, of whole numbers

const number = (value) => (isNumber(value) ? Number(value) : fail("no number"));

export function add(a, b) {
  if (isString(a) && isString(b)) return cat(a, b);
  return Array.isArray(a) && Array.isArray(b) ? [...a, ...b] : whole(number(a) + number(b));
}
export const sub = (a, b) => whole(number(a) - number(b));
export const mul = (a, b) => whole(number(a) * number(b));
export function mod(a, b) {
  const rest = number(a) % (number(b) || fail("divided by zero"));
  return rest && rest < 0 !== b < 0 ? rest + b : rest;
}
export const floordiv = (a, b) => (a - mod(a, b)) / b;
export const abs = (value) => Math.abs(number(value));
export const cat = (...parts) => (parts.some((part) => part instanceof Safe) ? safe(parts.map(out).join("")) : parts.map(str).join(""));

// Filters

const through = (change) => (value) => (value instanceof Safe ? safe(change(String(value))) : change(str(value)));
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+"; // Python's
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, "g");

export const upper = through((words) => words.toUpperCase());
export const lower = through((words) => words.toLowerCase());
export const trim = through((words) => words.replace(EDGES, ""));
export function replace(value, old, to) {
  if (!isString(old) || !isString(to)) fail("no text to replace");
  const html = [value, old, to].some((one) => one instanceof Safe);
  const [within, by] = [value, to].map(html ? out : str);
  const from = String(old);
  const done = from === "" ? ["", ...points(within), ""].join(by) : within.split(from).join(by);
  return html ? safe(done) : done;
}
export function join(values, between = "", read) {
  const parts = read ? list(values).map(read) : list(values);
  const html = [between, ...parts].some((one) => one instanceof Safe);
  return html ? safe(parts.map(out).join(out(between))) : parts.map(str).join(str(between));
}
export const orElse = (value, other, whenFalse) => (value === undefined || (truth(whenFalse ?? false) && !truth(value)) ? other : value);
export function length(value) {
  return isString(value) ? points(String(value)).length : isDict(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : fail("no length");
}
export const first = (values) => list(values)[0];
export const last = (values) => list(values).at(-1);
export const reverse = (value) => (isString(value) ? through((words) => [...words].reverse().join(""))(value) : copy(value).reverse());

const fold = (value) => (isString(value) ? lower(value) : Array.isArray(value) ? value.map(fold) : value);
const keyed = (values, exact, read = (one) => one) => list(values).map((one) => [truth(exact ?? false) ? read(one) : fold(read(one)), one]);

export function sort(values, down, exact, read) {
  const sign = truth(down ?? false) ? -1 : 1;
  return keyed(values, exact, read).sort(([a], [b]) => sign * cmp(a, b)).map(([, one]) => one);
}
export function groupby(values, read, _other, exact) {
  const groups = [];
  for (const [key, one] of keyed(sort(values, false, exact, read), exact, read)) {
    const open = groups.at(-1);
    if (open && eq(open.key, key)) open.list.push(one);
    else groups.push({ key, list: [one] });
  }
  return groups.map(({ list: ones }) => Object.assign([read(ones[0]), ones], { grouper: read(ones[0]), list: ones }));
}
export function unique(values, exact, read) {
  const seen = [];
  return keyed(values, exact, read).filter(([key]) => !seen.some((other) => eq(other, key)) && seen.push(key)).map(([, one]) => one);
}
const extreme = (sign) => (values, exact, read) =>
  keyed(values, exact, read).reduce((best, next) => (best && sign * cmp(next[0], best[0]) >= 0 ? best : next), undefined)?.[1];
export const min = extreme(1);
export const max = extreme(-1);
export const sum = (values, read = (one) => one, from = 0) => list(values).map(read).reduce(add, from);
export function batch(values, size, filler = null) {
  const rows = range(Math.ceil(list(values).length / size)).map((row) => list(values).slice(row * size, (row + 1) * size));
  const end = rows.at(-1);
  while (end && filler !== null && end.length < size) end.push(filler);
  return rows;
}
export function int(value, other = 0) {
  if (isNumber(value)) return Number(value);
  if (!isString(value)) return value === undefined ? fail("undefined is no number") : other;
  const digits = String(trim(value));
  if (/^[+-]?\d+$/.test(digits)) return whole(Number(digits));
  return /^([\p{Nd}_.e+-]*\p{Nd}[\p{Nd}_.e+-]*|[+-]?inf(inity)?)$/iu.test(digits) ? fail("not a plain number") : other;
}
export function urlencode(value) {
  return encodeURIComponent(str(value)).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt().toString(16).toUpperCase()}`).replaceAll("%2F", "/");
}

const spell = (sign) => `\\u${sign.charCodeAt().toString(16).padStart(4, "0")}`;
function json(value) {
  if (Array.isArray(value)) return `[${value.map(json).join(", ")}]`;
  if (isDict(value)) return `{${sort(Object.keys(value), false, true).map((key) => `${json(key)}: ${json(value[key])}`).join(", ")}}`;
  if (typeof value === "number") whole(value);
  return value === undefined ? fail("undefined as JSON") : JSON.stringify(plain(value)).replace(/[<>&'\x80-\uffff]/g, spell);
}
export const tojson = (value) => safe(json(value));
