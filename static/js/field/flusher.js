// When work is sent: one flusher at a time across all tabs and the worker; tries for ever, with pauses of random length up to five minutes.

import { DAY, dropVerified, prune } from "./outbox.js";
import { sendPhotos } from "./blobs.js";
import { push } from "./push.js";
import { NoAnswer } from "./talk.js";
import { asked } from "./store.js";

const LEASE = 60_000;
const KEPT = 2 * DAY;
const HOUR = 3_600_000;

// One pass over outbox and photos: {ok, why, left, photos}. Never rejects for want of a line. A second pass at the same time is harmless.
export async function flush(client) {
  const result = await alone(client, "flush", async () => {
    try {
      let { left } = await push(client);
      const { left: photos } = await sendPhotos(client);
      if (!photos) ({ left } = await push(client));
      await tidy(client);
      return { ok: true, left, photos };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return { ok: false, why: error.why, status: error.status };
    }
  });
  await client.keepNotes({ last: { at: client.clock.now(), ...result } });
  client.tell({ type: "flushed", ...result });
  return result;
}

// Looks through a month's receipts, so not after every tap.
async function tidy(client) {
  const now = client.clock.now();
  if (Math.abs(now - (await client.note("tidied", 0))) < HOUR) return;
  await prune(client);
  await dropVerified(client, KEPT);
  await client.keepNotes({ tidied: now });
}

// A Web Lock where there are any. A lock that another holds counts only as long as its lease: some browsers keep the locks of pages that sleep.
export async function alone(client, name, work) {
  const guarded = async (lock) => ((await lease(client, name, lock)) ? work().finally(() => release(client, name)) : { ok: false, why: "elsewhere" });
  const { locks, prefix = "" } = client.storage;
  return locks ? locks.request(`${prefix}${name}-${client.account}`, { ifAvailable: true }, (lock) => guarded(Boolean(lock))) : guarded(false);
}

const lease = (client, name, sure) => client.out.write("meta", async (of) => {
  const held = await asked(of("meta").get(`lease-${name}`));
  const now = client.clock.now();
  if (!sure && held && held.owner !== client.tab && held.until > now && held.until <= now + LEASE) return false;
  of("meta").put({ owner: client.tab, until: now + LEASE }, `lease-${name}`);
  return true;
});

const release = (client, name) => client.out.write("meta", async (of) => {
  if ((await asked(of("meta").get(`lease-${name}`)))?.owner === client.tab) of("meta").delete(`lease-${name}`);
});

// The pause before try n (1, 2, …): anything up to 2^n seconds, at least one second and at most five minutes.
export const pause = (n, random) => Math.max(1, random() * Math.min(300, 2 ** n)) * 1000;

// Keeps a client flushing: `kick()` whenever there may be a line or work. Calls itself again while something is left, and else after `idle`
// milliseconds, or the `wait` that `after` answers.
export function flusher(client, { idle = 60_000, after = () => {} } = {}) {
  let timer, running, again, tries = 0, closed = false;
  const later = (wait) => {
    client.clock.clearTimeout(timer);
    if (!closed) timer = client.clock.setTimeout(kick, wait);
  };
  async function kick({ now = false } = {}) {
    if (now) tries = 0;
    if (running) {
      again = true;
      return running;
    }
    running = go().finally(() => { running = null; });
    return running;
  }
  async function go() {
    let result;
    do {
      again = false;
      result = await flush(client).catch((error) => ({ ok: false, why: String(error) }));
      if (result.ok) result = { ...result, ...(await after()) };
      if (result.ok && !result.left) again ||= (await client.records("pending")).length > 0; // a server restored from a backup: all once more
    } while (again && result.ok);
    const waits = !result.ok || result.left || result.photos;
    tries = result.ok && !result.left ? 0 : tries + 1;
    later(waits ? pause(tries, client.random) : (result.wait ?? idle));
    return result;
  }
  return { kick, close() { closed = true; client.clock.clearTimeout(timer); } };
}
