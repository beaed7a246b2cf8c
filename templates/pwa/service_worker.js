{# Served as /sw.js by server/pwa/controllers.py, which fills in the release and the files of the shell. #}
// The service worker: which requests it answers, and how.
//
//   not GET, or another site         not touched
//   /static/<build>/…                cache first: a file under a build never changes
//   a field page, a field photo      made here from what lies on the phone; if that cannot be, from the network
//   opening a page                   network first; without a network the offline page
//   everything else                  not touched (photos, exports, parts of pages)
//
// A release has its own cache. A new one is fetched whole while the old one works on; it takes over when the page says
// so (static/js/helpers/worker.js), and keeps the cache of the release before it for pages still open.

const BUILD = {{ build()|tojson }};
const SHELL = {{ shell|tojson }};
const OFFLINE = "/offline";
const PREFIX = "shell-";
const CACHE = PREFIX + BUILD;

// js/field/worker.js and what it stands on; null when the server has switched work without a line off.
{% if field %}importScripts({{ field|tojson }});{% endif %}

const field = self.fieldScripts?.worker() ?? null;

const RULES = [
  { when: (request, url) => request.method !== "GET" || url.origin !== location.origin, answer: null },
  { when: (request, url) => url.pathname.startsWith("/static/"), answer: cacheFirst },
  { when: (request, url) => field?.handles(request, url), answer: madeHere },
  { when: (request) => request.mode === "navigate", answer: networkFirst },
];

self.addEventListener("install", (event) => {
  event.waitUntil(fillShell());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([dropOldShells(), tidyField(), self.registration.navigationPreload?.enable(), self.clients.claim()]));
});

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox" && field) event.waitUntil(field.flushAll());
});

self.addEventListener("message", (event) => {
  if (event.data === "activate") self.skipWaiting();
  if (event.data === "sign-out") event.waitUntil(keepOnlyShells());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const rule = RULES.find(({ when }) => when(event.request, url));
  if (rule?.answer) event.respondWith(rule.answer(event, url));
});

// The offline page is fetched without cookies, so that it names nobody.
async function fillShell() {
  const cache = await caches.open(CACHE);
  await cache.add(new Request(OFFLINE, { credentials: "omit", cache: "reload" }));
  await cache.addAll(SHELL);
}

async function cacheFirst({ request }, url) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  const ofThisBuild = url.pathname.startsWith(`/static/${BUILD}/`);
  if (answer.status === 200 && ofThisBuild) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}

function madeHere(event, url) {
  const otherwise = () => (event.request.mode === "navigate" ? networkFirst(event) : fetch(event.request));
  return field.answer(event, url, BUILD, otherwise);
}

// Switched off, the copies of documents and photos go; what nobody else has stays until it is sent.
async function tidyField() {
  if (field) return;
  await keepOnlyShells();
  const databases = (await indexedDB.databases?.()) ?? [];
  for (const { name } of databases) if (name.startsWith("rep-")) indexedDB.deleteDatabase(name);
}

async function networkFirst(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  }
}

// caches.keys() is in the order of creation: the last two are this release and the one before it.
async function dropOldShells() {
  const shells = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(shells.slice(0, -1).map((name) => caches.delete(name)));
}

async function keepOnlyShells() {
  const others = (await caches.keys()).filter((name) => !name.startsWith(PREFIX));
  await Promise.all(others.map((name) => caches.delete(name)));
}
