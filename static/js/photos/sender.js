// Sends what lies in the box, one photo at a time, until the server says it has it. Signals may come and go, the page may
// be closed: the next page goes on. Sending twice is harmless (the server knows the photo by its id and its hash).

import { account, drop, find, keep, mine } from "./box.js";
import { copy, toast } from "../helpers/markup.js";

const FINAL = new Set([413, 415, 422]);
const SIGNED_OUT = new Set([401, 403, 404]);
const LONGEST = 300;
const TIMEOUT = 120_000;

const channel = globalThis.BroadcastChannel ? new BroadcastChannel("photos") : null;
const unsent = (record) => record.state === "waiting";
let running = false;
let again = false;
let timer = 0;
let stopped = false;
let current = null;

// What happened to a photo: {id, state, progress?, message?}. Other tabs of the account are told, too.
export function tell(change) {
  document.dispatchEvent(new CustomEvent("photo:change", { detail: change }));
  channel?.postMessage({ ...change, account: account() });
}
channel?.addEventListener("message", ({ data }) => {
  if (data.account === account()) document.dispatchEvent(new CustomEvent("photo:change", { detail: data }));
});

// Send whatever is due; call it whenever something may have changed.
export async function send() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  try {
    do {
      again = false;
      await alone(drain);
    } while (again);
  } finally {
    running = false;
  }
}

// Try everything at once again, because a person asks or the signal is back.
export async function sendNow() {
  stopped = false;
  for (const record of await mine()) {
    if (unsent(record) && record.due) await keep({ ...record, due: 0 });
  }
  return send();
}

// Stop sending a photo that its owner took away.
export function forget(id) {
  if (current?.id === id) current.request.abort();
}

// One tab sends for all; the others look again a little later, in case it goes away.
function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(`photos:${account()}`, { ifAvailable: true }, (lock) => (lock ? work() : later(5)));
}

async function drain() {
  while (!stopped && account()) {
    const waiting = (await mine()).filter(unsent);
    const next = waiting.find((record) => (record.due ?? 0) <= Date.now());
    if (!next) {
      if (waiting.length) later((Math.min(...waiting.map(({ due }) => due)) - Date.now()) / 1000);
      return;
    }
    await sendOne(next);
  }
}

function later(seconds) {
  clearTimeout(timer);
  timer = setTimeout(send, Math.max(seconds, 0.2) * 1000);
}

async function sendOne(record) {
  tell({ id: record.id, state: "sending", progress: 0 });
  const answer = await post(record);
  const kept = await find(record.id);
  if (!kept) return;
  const photo = answer.status === 201 ? answer.body?.photos?.[0] : null;
  if (photo?.id) await settle(kept, photo);
  else if (FINAL.has(answer.status)) await refuse(kept, answer.body?.error);
  else await wait(kept, answer);
}

async function settle(record, photo) {
  if (record.follow) await drop(record.id);
  else await keep({ ...record, state: "stored", bytes: null, photo });
  tell({ id: record.id, state: "stored", photo });
}

async function refuse(record, message) {
  if (record.follow) {
    await drop(record.id);
    if (message) toast(copy("t-toast", message));
  } else {
    await keep({ ...record, state: "refused", bytes: null, message });
  }
  tell({ id: record.id, state: "refused", message });
}

async function wait(record, answer) {
  if (SIGNED_OUT.has(answer.status)) stopped = true;
  const tries = (record.tries ?? 0) + 1;
  const pause = Math.max(Math.min(LONGEST, 2 ** tries) * (0.5 + Math.random() / 2), Math.min(answer.after, LONGEST));
  await keep({ ...record, tries, due: Date.now() + pause * 1000 });
  tell({ id: record.id, state: "later", message: answer.body?.error });
}

// XMLHttpRequest, because fetch tells nothing of an upload's progress. Never rejects: no answer is status 0.
function post(record) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    current = { id: record.id, request };
    request.open("POST", "/photos");
    request.timeout = TIMEOUT;
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("x-csrf-token", token());
    request.upload.onprogress = ({ loaded, total }) => tell({ id: record.id, state: "sending", progress: loaded / total });
    request.onloadend = () => {
      current = null;
      const after = Number(request.getResponseHeader("retry-after")) || 0;
      resolve({ status: request.status, body: json(request.responseText), after });
    };
    request.send(formOf(record));
  });
}

function formOf(record) {
  const form = new FormData();
  form.append("id", record.id);
  for (const [name, value] of Object.entries(record.told)) {
    if (value !== undefined && value !== null && value !== "") form.append(name, value);
  }
  form.append("photos", new Blob([record.bytes], { type: "image/jpeg" }), "photo.jpg");
  return form;
}

function token() {
  return json(document.body.getAttribute("hx-headers:inherited"))?.["x-csrf-token"] ?? "";
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

window.addEventListener("online", sendNow);
document.addEventListener("visibilitychange", () => { if (!document.hidden) sendNow(); });
send();
