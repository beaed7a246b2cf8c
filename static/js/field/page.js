// What a page of the field work does in the browser: every form is saved on the phone first, then shown, then sent; what the server has
// meanwhile is fetched behind. It works without a service worker, too: then the page sends before it asks the server.

import { createClient } from "./client.js";
import { flusher, alone } from "./flusher.js";
import { uuid7 } from "./ids.js";
import { Refusal } from "./refusal.js";
import { find } from "./route.js";
import { browserStorage, phone } from "./store.js";
import { operations, pages, reducers } from "./table.js";
import { _, speak } from "./texts.js";
import { toast } from "../helpers/markup.js";

const FRESH = 10_000;
const LIVE = 1200; // a page with data-live, while somebody looks at it, shows within two seconds what others did
const PICTURES = "field-photos, sign-pad";
const LONGEST = 4000;
const WAIT = 8000;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/g;
const { body } = document;
const build = document.querySelector("meta[name=build]")?.content ?? "";
const storage = browserStorage();
const channel = globalThis.BroadcastChannel ? new BroadcastChannel("field") : null;
const clock = { now: () => Date.now(), setTimeout: (...a) => setTimeout(...a), clearTimeout: (id) => clearTimeout(id) };

export const here = { client: null };
let client = null;
let runner = null;

// Starts for the person signed in; resolves with the client, or null where this browser keeps nothing.
export const started = (async () => {
  if (document.documentElement.lang === "en") speak(await fetch(`/static/${build}/js/field/catalogue.en.json`).then((answer) => answer.json()).catch(() => null));
  try {
    const own = await settleIn(body.dataset.account);
    const common = { storage, clock, random: Math.random, fetch: (...request) => fetch(...request), table: operations, reducers, build, device: own };
    client = here.client = createClient({ ...common, account: body.dataset.account, name: body.dataset.name, csrf, renew, mayUse, tell });
    await client.mirror(0);
    runner = flusher(client, { after: pullIfOld });
    watch();
    sendSealed(common);
    return client;
  } catch (error) {
    console.error(error); // private windows and full phones: forms go the ordinary way
    return null;
  }
})();

// Notes who is signed in on this phone, so that the worker shows nobody else's pages; returns the phone's id.
async function settleIn(account) {
  const ours = phone(storage);
  const seen = localStorage.getItem("device");
  const device = (await ours.get("meta", "device")) ?? seen ?? uuid7(Date.now(), Math.random);
  localStorage.setItem("device", device);
  const theme = document.documentElement.dataset.theme ?? "";
  await ours.write("meta", (of) => {
    of("meta").put(device, "device");
    of("meta").put(account, "current");
    of("meta").put({ theme }, "look");
  });
  await ours.close();
  return device;
}

let token = tokenOf(body);
const csrf = () => token;

function tokenOf(element) {
  return JSON.parse(element.getAttribute("hx-headers:inherited") ?? "{}")["x-csrf-token"];
}

// A page made here may hold an old session's token: ask for today's, if it is still the same person's.
async function renew() {
  try {
    const answer = await fetch("/me", { headers: { accept: "text/html" }, redirect: "error" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (fresh.dataset.account !== body.dataset.account || tokenOf(fresh) === token) return false;
    token = tokenOf(fresh);
    return true;
  } catch {
    return false;
  }
}

// Photos may wait for a wireless network; where the browser cannot say which it is, the person does (data of the sync centre).
async function mayUse() {
  if (!(await client.note("wifi"))) return true;
  const type = navigator.connection?.type;
  return type === "wifi" || type === "ethernet" || (await client.note("once", 0)) > Date.now() - 600_000;
}

// ---- what happened, for this page and the other tabs

function tell(event) {
  document.dispatchEvent(new CustomEvent("field", { detail: event }));
  channel?.postMessage({ account: body.dataset.account, event });
  if (event.type === "pulled") refresh(event.changed);
}
channel?.addEventListener("message", ({ data }) => {
  if (data.account !== body.dataset.account) return;
  document.dispatchEvent(new CustomEvent("field", { detail: data.event }));
  if (data.event.type === "pulled") refresh(data.event.changed);
  if (data.event.type === "saved") refresh(["op:"]);
  if (data.event.type === "sent" && data.event.results.length) runner?.kick();
});

// ---- sending and fetching

function watch() {
  window.addEventListener("online", () => runner.kick({ now: true }));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) runner.kick({ now: true }); });
  window.addEventListener("pageshow", ({ persisted }) => { if (persisted) refresh(["page:"]); });
  window.addEventListener("popstate", () => { if (find(pages, location.pathname)) show(location.pathname + location.search, { push: false }); });
  runner.kick();
}

export const sendNow = () => runner.kick({ now: true });

async function pullIfOld() {
  const at = (await client.rep.get("meta", "at")) ?? 0;
  const sent = (await client.world()).records.some((record) => record.done > at);
  const live = !document.hidden && document.querySelector("[data-live]");
  const young = (live ? LIVE : FRESH) - Math.abs(Date.now() - at); // a clock may have been set back
  if (!sent && young > 0) return { wait: young }; // a page opened now must not wait for the next look around
  const pulled = await alone(client, "pull", () => client.pull());
  return pulled.ok || pulled.why === "elsewhere" ? { wait: live ? LIVE : undefined } : { ok: false, why: pulled.why };
}

// Work of others that lies on this phone goes by the phone's own token; what they saw is nobody's.
async function sendSealed(common) {
  for (const { id } of await client.ours.all("account")) {
    if (id === body.dataset.account) continue;
    const other = createClient({ ...common, account: id, csrf: () => "", sealed: true });
    await other.flush().catch(() => {});
    await other.close();
  }
}

// ---- forms

// Saves what `form` means and shows what follows. Called by js/app.js for every form[data-op], once at a time.
export async function submit(form, submitter) {
  if (form.dataset.saving) return;
  if (!(await started)) {
    form.dispatchEvent(new Event("draft:sent", { bubbles: true }));
    return form.submit();
  }
  if (!form.reportValidity()) return;
  form.dataset.saving = "yes";
  submitter?.setAttribute("aria-disabled", "true");
  const old = form.querySelector("[data-problem]");
  if (old) old.hidden = true;
  try {
    const [{ intent, next }] = await Promise.all([read(form, submitter), firstPull()]);
    form.operation ??= uuid7(Date.now(), Math.random);
    await client.save({ ...intent, id: form.operation });
    delete form.operation;
    form.dispatchEvent(new Event("draft:taken", { bubbles: true }));
    for (const element of form.querySelectorAll(PICTURES)) element.clear();
    form.reset();
    await show(next);
    whenIdle(async () => {
      askForSync();
      runner.kick({ now: true });
      if (!(await storage.persisted())) storage.persist();
    });
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    complain(form, error instanceof Refusal ? _(error.message) : _("没有保存成功，请再试一次。手机空间可能不足"));
  } finally {
    delete form.dataset.saving;
    submitter?.removeAttribute("aria-disabled");
  }
}

// What may be done is asked of this phone's copy: a tap on a new phone waits until there is one, if the server gives one, but not for long.
async function firstPull() {
  if ((await client.rep.get("meta", "pulled")) || (await client.note("off"))) return;
  await Promise.race([runner.kick({ now: true }), new Promise((resolve) => setTimeout(resolve, WAIT))]);
}

// The same rules as server/field/forms.py.
async function read(form, submitter) {
  const texts = new Map();
  const photos = [];
  for (const [name, value] of new FormData(form, submitter?.form === form ? submitter : null)) {
    if (typeof value === "string") texts.set(name, [...(texts.get(name) ?? []), value.replace(CONTROL, "").replaceAll("\r\n", "\n").trim().slice(0, LONGEST)]);
    else if (value.size && name.startsWith("photos:")) photos.push({ bytes: await value.arrayBuffer(), role: name.slice(7) });
  }
  for (const element of form.querySelectorAll(PICTURES)) photos.push(...(await element.ready()));
  const own = (name) => texts.get(name)?.at(-1) ?? "";
  const args = {};
  for (const [name, values] of texts) {
    if (name.startsWith("_")) continue;
    if (name.endsWith("[]")) args[name.slice(0, -2)] = values.filter(Boolean);
    else args[name] = values.length === 1 ? values[0] : values;
  }
  for (const name of texts.get("_new") ?? []) if (name) args[name] = uuid7(Date.now(), Math.random);
  const type = decodeURIComponent(new URL(submitter?.formAction && submitter.hasAttribute("formaction") ? submitter.formAction : form.action).pathname.split("/").at(-1));
  return { intent: { type, entity: own("_entity"), base: own("_base"), args, photos }, next: own("_next") || own("_page") || location.pathname + location.search };
}

// What can wait until the finger has seen what it did.
const whenIdle = (work) => (globalThis.requestIdleCallback ?? setTimeout)(work, { timeout: 500 });

function complain(form, text) {
  const note = form.querySelector("[data-problem]") ?? document.getElementById("t-problem").content.firstElementChild.cloneNode(true);
  if (!note.isConnected) form.prepend(note);
  (note.querySelector("[data-text]") ?? note).textContent = text;
  note.hidden = false;
  note.tabIndex = -1;
  note.focus();
}

function askForSync() {
  navigator.serviceWorker?.ready.then((registration) => registration.sync?.register("outbox")).catch(() => {});
}

// ---- pages

let shownAt = 0;

// Shows the field page at `path`: made on this phone, or by the server once it has what we have.
export async function show(path, { push = true } = {}) {
  const turn = ++shownAt;
  let answer = await ask(path);
  if (!answer?.headers.has("x-made-here") && (await client.pending()).length) {
    await Promise.race([runner.kick({ now: true }), new Promise((resolve) => setTimeout(resolve, WAIT))]);
    answer = await ask(path);
  }
  if (!answer) return toast(note(_("已保存在手机上，连上网络后自动发送")));
  const text = await answer.text();
  if (turn !== shownAt) return;
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const elsewhere = path.split(/[?#]/)[0] !== location.pathname;
  if (answer.redirected || !answer.ok || !fresh.getElementById("main") || fresh.querySelector("meta[name=build]")?.content !== build) return location.assign(path);
  if (push && elsewhere) history.pushState(null, "", path);
  document.title = fresh.title;
  await window.htmx.swap({ sourceElement: body, target: document.getElementById("main"), text, select: "#main", swap: "outerMorph", selectOOB: "#bar:outerMorph,#tabs:outerMorph" });
  document.dispatchEvent(new CustomEvent("field", { detail: { type: "shown" } }));
  if (elsewhere) scrollTo(0, 0);
}

async function ask(path) {
  try {
    return await fetch(path, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(WAIT) });
  } catch {
    return null;
  }
}

// Documents changed: this page is made anew and morphed in; typed text stays.
function refresh(changed) {
  if (!changed.length || !find(pages, location.pathname) || document.querySelector("form[data-saving], dialog[open]")) return;
  if (client) show(location.pathname + location.search, { push: false });
}

function note(text) {
  const node = document.getElementById("t-toast").content.firstElementChild.cloneNode(true);
  node.querySelector("[data-text]").textContent = text;
  return node;
}
