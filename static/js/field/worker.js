// The field part of the service worker: the phone's second, small server. It shows pages and photos from what lies here, at once; it never
// touches what changes something. A page it cannot make (nothing here yet, another release, nobody signed in) comes from the network.

import { createClient } from "./client.js";
import { headers, operations, pages, reducers } from "./table.js";
import { browserStorage, phone, photosName } from "./store.js";
import { render } from "./templates.js";
import { find } from "./route.js";

const PHOTO = /^\/field\/photo\/([0-9a-f-]{36})$/;
const KEPT_PHOTOS = 300;
const storage = browserStorage();
const ours = phone(storage);
const clients = new Map();
const channel = globalThis.BroadcastChannel ? new BroadcastChannel("field") : null;
let catalogue;

// Whether a request is one of ours.
export const handles = (request, { pathname }) => request.method === "GET" && (PHOTO.test(pathname) || Boolean(find(pages, pathname)));

// Answers a field page or photo; `otherwise()` asks the network.
export async function answer(event, url, build, otherwise) {
  const photo = PHOTO.exec(url.pathname);
  const account = photo && (await ours.get("meta", "current").catch(() => ""));
  try {
    const made = photo ? await photoOf(photo[1]) : await pageOf(url, build);
    if (made) return made;
  } catch (error) {
    console.error(error); // what cannot be made here can still be made there
  }
  return photo ? keepPhoto(account, url.pathname, await otherwise()) : otherwise();
}

async function current() {
  const account = await ours.get("meta", "current");
  if (!account) return null;
  if (!clients.has(account)) clients.set(account, clientOf(account));
  return clients.get(account);
}

function clientOf(account, more = {}) {
  const client = createClient({
    storage, account, table: operations, reducers, fetch: (...request) => fetch(...request), random: Math.random,
    clock: { now: Date.now, setTimeout: (...a) => setTimeout(...a), clearTimeout: (id) => clearTimeout(id) },
    tell: (event) => channel?.postMessage({ account, event }), csrf: async () => (await client.me())?.csrf, mayUse: async () => !(await client.note("wifi")), ...more,
  });
  return client;
}

async function pageOf(url, build) {
  const client = await current();
  if (!client) return null;
  const { page, params } = find(pages, url.pathname);
  const world = client.world();
  const one = Object.entries(page.one).map(([name, key]) => {
    const [kind, id] = key.replace(/\{(\w+)\}/g, (_all, param) => params[param]).split(":");
    return client.shown(kind, id, world).then((doc) => [name, doc]);
  });
  const every = Object.entries(page.every).map(([name, kind]) => client.view(kind, world).then((docs) => [name, docs]));
  const [me, { pulled }, look, offset, ...parts] = await Promise.all([client.me(), world, ours.get("meta", "look"), client.note("offset", 0), ...one, ...every]);
  if (!me || !pulled || parts.some(([, found]) => !found)) return null;
  if (page.needs.length && !page.needs.some((need) => me.capabilities.includes(need))) return null;
  const context = {
    ...Object.fromEntries(parts), me: { ...me, theme: look?.theme ?? "" }, path: url.pathname, params, query: Object.fromEntries(url.searchParams),
    now: Date.now() + offset, problem: "", typed: {},
  };
  const html = render(page.template, context, await textsOf(me.locale, build));
  return new Response(html, { headers: { ...headers, "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-made-here": build } });
}

async function textsOf(locale, build) {
  if (locale !== "en") return null;
  const path = `/static/${build}/js/field/catalogue.en.json`;
  catalogue ??= await ((await caches.match(path)) ?? (await fetch(path))).json();
  return catalogue;
}

async function photoOf(id) {
  const client = await current();
  const bytes = await client?.out.get("bytes", id);
  if (bytes) return new Response(bytes, { headers: { ...headers, "content-type": "image/jpeg", "cache-control": "no-store" } });
  return client && caches.match(`/field/photo/${id}`, { cacheName: photosName(client.account) });
}

// What one person has looked at stays for that person, the last few hundred; whoever signed in meanwhile gets no picture of the one before.
async function keepPhoto(account, path, answered) {
  if (answered.status !== 200 || !answered.headers.get("content-type")?.startsWith("image/")) return answered;
  const whole = new Response(await answered.blob(), { headers: { "content-type": answered.headers.get("content-type") } });
  const copy = whole.clone();
  if (account && account === (await ours.get("meta", "current").catch(() => ""))) await keep(photosName(account), path, copy).catch(() => {});
  return whole;
}

async function keep(name, path, photo) {
  const cache = await caches.open(name);
  await cache.put(path, photo);
  const all = await cache.keys(); // the oldest first
  await Promise.all(all.slice(0, -KEPT_PHOTOS).map((old) => cache.delete(old)));
}

// Background Sync, where there is any: everybody's work that lies here is sent. Rejects when some is left, so that the system asks again.
export async function flushAll() {
  let left = false;
  const accounts = await ours.all("account").catch(() => []);
  const here = await ours.get("meta", "current").catch(() => "");
  const device = await ours.get("meta", "device").catch(() => "");
  for (const { id } of accounts) {
    const client = clientOf(id, { device, sealed: id !== here });
    let result;
    for (let turn = 0; turn < 5; turn++) {
      result = await client.flush().catch(() => ({ ok: false }));
      if (result.why !== "elsewhere") break;
      await new Promise((resolve) => setTimeout(resolve, 1000)); // a page is at it, and may fail
    }
    left ||= !result.ok;
    await client.close();
  }
  if (left) throw new Error("work is left");
}
