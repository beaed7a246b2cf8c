// Typed text is never lost: a form with data-draft keeps it on this device until the server has taken it.
//
// A draft belongs to an account and a form. It is kept while typing, marked as sent on submit, and dropped when the answer
// says that the form was taken: the server redirected to a page that is no error, no sign-in and holds no mistakes. A page
// reached in any other way (Back, a new start of the app) proves nothing. A form of the field (data-op) is taken once it is saved on the
// phone: field/page.js says so, and empties it.
//
// Who goes Back to a form that was taken meets an empty one: the browser would put the old text into a form that the server takes
// for a new one.

import { copy } from "./markup.js";

const PREFIX = "draft:";
const DAYS = 7;
const NEVER = new Set(["hidden", "password", "file", "submit", "button"]);

const account = () => document.body.dataset.account;
const keyOf = (form) => `${PREFIX}${account()}:${form.dataset.draft}:${new URL(form.action).pathname}`;
const forms = () => document.querySelectorAll("form[data-draft]");

export function keepDrafts() {
  settle();
  for (const form of forms()) restore(form);
  window.addEventListener("pageshow", ({ persisted }) => {
    for (const form of forms()) beginAnew(form, persisted);
  });
  document.addEventListener("input", (event) => remember(event.target.form));
  document.addEventListener("change", (event) => remember(event.target.form));
  document.addEventListener("submit", (event) => markSent(event.target));
  document.addEventListener("draft:sent", (event) => markSent(event.target));
  document.addEventListener("draft:taken", ({ target }) => localStorage.removeItem(keyOf(target)));
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail?.ctx?.response?.status < 400) drop(event.target); // the form itself, not a field that asked something
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const form of forms()) restore(form);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) forgetDrafts();
  });
}

// Whether a form on this page holds text that the server has not got.
export function hasDrafts() {
  return [...forms()].some((form) => read(keyOf(form)));
}

export function forgetDrafts() {
  for (const key of keys()) localStorage.removeItem(key);
}

function keys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, draft) {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // a full or forbidden store only costs the comfort
  }
}

function fields(form) {
  return [...form.elements].filter(
    (field) => field.name && !NEVER.has(field.type) && field.autocomplete !== "one-time-code",
  );
}

function values(form) {
  return fields(form).map((field) => {
    const ticked = field.type === "checkbox" || field.type === "radio";
    return [field.name, ticked ? (field.checked ? field.value : null) : field.value];
  });
}

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") {
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  }
  return field.value !== field.defaultValue;
}

function remember(form) {
  if (!form?.matches("form[data-draft]")) return;
  if (fields(form).some(isChanged)) write(keyOf(form), { at: Date.now(), sent: false, values: values(form) });
  else localStorage.removeItem(keyOf(form));
}

function markSent(form) {
  if (!form.matches("form[data-draft]")) return;
  write(keyOf(form), { at: Date.now(), sent: true, values: values(form) });
}

function drop(form) {
  if (form?.matches("form[data-draft]")) forgetTaken(keyOf(form));
}

function forgetTaken(key) {
  localStorage.removeItem(key);
  sessionStorage.setItem(key, "taken");
}

// After Back or a reload: empties a form whose content was taken. A page kept whole in memory is fetched anew, since its form is used up.
function beginAnew(form, persisted) {
  const key = keyOf(form);
  if (!sessionStorage.getItem(key)) return;
  if (persisted) return location.reload();
  sessionStorage.removeItem(key);
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate" || read(key)) return;
  form.reset();
  form.prepend(copy("t-taken"));
}

// Drop what was taken and what is old; what an error, a sign-in page or a refusal stands in the way of stays.
function settle() {
  const redirected = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
  const taken = redirected && document.body.dataset.settled === "yes" && !document.querySelector("[data-errors]");
  for (const key of keys()) {
    const draft = read(key);
    if (draft?.sent && taken) forgetTaken(key);
    else if (!draft || Date.now() - draft.at > DAYS * 86_400_000) localStorage.removeItem(key);
    else if (draft.sent) write(key, { ...draft, sent: false });
  }
}

function restore(form) {
  const draft = read(keyOf(form));
  if (!draft || form.dataset.restored || document.querySelector("[data-errors]")) return;
  form.dataset.restored = "yes";
  if (JSON.stringify(draft.values) === JSON.stringify(values(form))) return;
  fill(form, draft.values);
  const note = copy("t-draft");
  note.querySelector("[data-discard]").addEventListener("click", () => {
    localStorage.removeItem(keyOf(form));
    form.reset();
    note.remove();
  });
  form.prepend(note);
}

// Values go back in order, because several boxes may share a name.
function fill(form, saved) {
  const queues = new Map();
  for (const [name, value] of saved) queues.set(name, [...(queues.get(name) ?? []), value]);
  for (const field of fields(form)) {
    const value = queues.get(field.name)?.shift();
    if (value === undefined) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = value === field.value;
    else if (value !== null) field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
