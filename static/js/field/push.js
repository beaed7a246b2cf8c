// Handing operations in. One is let go only by a 200 with JSON that names its id and its hash; everything else changes nothing here.

import { KEPT_DAYS, DAY } from "./outbox.js";
import { asked } from "./store.js";
import { ask, insist, learn } from "./talk.js";
import { N_ } from "./texts.js";

const MANY = 50;
const BRISK = 1000;
const LARGE = 200_000;
// Why what a person has dealt with is not handed in once more.
const REPLACED = N_("已重新提交");
const YIELDED = N_("以服务器为准");
const CUSTODY = new Set(["applied", "merged", "conflict", "rejected", "deferred", "discarded"]);

// Pushes everything that waits; returns {left}: operations that still wait afterwards. Throws NoAnswer.
export async function push(client) {
  const tried = new Set();
  for (let first = true, most = MANY; ; first = false) {
    const batch = await nextBatch(client, tried, most);
    if (!batch.ops.length && !(first && (await isDue(client)))) break;
    for (const { id } of batch.ops) tried.add(id);
    const begun = client.clock.now();
    await hand(client, batch);
    most = client.clock.now() - begun < BRISK ? 4 * MANY : MANY; // on a good line fewer, larger requests
  }
  return { left: (await client.records("pending")).length };
}

// The next operations of one phone, in their order; an imported file may hold those of another.
async function nextBatch(client, tried, most) {
  const pending = await client.records("pending");
  const waiting = [...pending, ...(await ready(client))].filter(({ id }) => !tried.has(id)).sort((a, b) => a.seq - b.seq);
  const device = waiting.some((record) => record.device === client.deviceId) ? client.deviceId : (waiting[0]?.device ?? client.deviceId);
  const ops = [];
  let size = 0;
  for (const record of waiting) {
    if (record.device !== device) continue;
    size += JSON.stringify(record.op).length * 3;
    if (ops.length && (ops.length >= most || size > LARGE)) break;
    ops.push(record.op);
  }
  return { device, ops, pending };
}

// Operations that waited in the server's custody for their photos, and whose photos are there now.
async function ready(client) {
  const deferred = await client.records("deferred");
  if (!deferred.length) return [];
  const missing = new Set((await client.out.all("photo")).filter(({ verified }) => !verified).map(({ op }) => op));
  return deferred.filter(({ id }) => !missing.has(id));
}

// Whether the server should hear from this phone though nothing waits: something changed since the last time, or it is long ago.
async function isDue(client) {
  const told = await client.note("told", {});
  return (await client.records("discarded")).some(({ told: done }) => !done) || told.unsent > 0 || client.clock.now() - (told.at ?? 0) > 15 * 60_000;
}

async function hand(client, { device, ops, pending }) {
  const body = await report(client, device, ops, pending);
  const begun = client.clock.now();
  const answer = insist(await ask(client, "POST", "/sync/push", { json: body }));
  if (!Array.isArray(answer.results)) insist({ status: 200, json: null });
  const notes = { told: { at: client.clock.now(), unsent: body.unsent + body.ops.length } };
  if (typeof answer.push_token === "string") notes.token = answer.push_token;
  await learn(client, answer, begun, client.clock.now(), notes);
  const sent = new Map(ops.map((op) => [op.id, op]));
  await settleAll(client, answer.results.filter(({ id, hash }) => sent.get(id)?.hash === hash), body.discarded, answer.discarded ?? []);
}

// What goes with every push, so that loss cannot be silent.
async function report(client, device, ops, waiting) {
  const [seq, floor] = await Promise.all([client.note("seq"), client.floor()]);
  const { usage = 0, quota = 0 } = await client.storage.estimate();
  const own = device === client.deviceId;
  const now = client.clock.now();
  const number = await nextReport(client, now);
  const oldest = Math.min(now, ...waiting.map(({ saved }) => saved));
  const discarded = (await client.records("discarded")).filter((record) => !record.told && record.device === device).slice(0, MANY);
  return {
    device, user: client.account, build: client.build, now, ops, token: Boolean(await client.note("token")), number,
    next_seq: own ? (seq ?? floor) + 1 : Math.max(...ops.map((op) => op.seq)) + 1,
    unsent: Math.max(0, waiting.length - ops.length), oldest_age: now - oldest,
    storage: { used: usage, quota, persisted: await client.storage.persisted() },
    discarded: discarded.map(({ id, seq: number, op, reason }) => ({ id, seq: number, type: op.type, entity: op.entity, hash: op.hash, reason })),
  };
}

// Reports are counted, so that one which the network brings late is known as old. An outbox that was deleted goes on from the clock.
const nextReport = (client, now) => client.out.write("meta", async (of) => {
  const number = Math.max(((await asked(of("meta").get("report"))) ?? 0) + 1, now);
  of("meta").put(number, "report");
  return number;
});

async function settleAll(client, results, discarded, heard) {
  const pulls = await client.note("rounds", 0);
  const done = client.clock.now();
  await client.out.write(["op", "meta"], async (of) => {
    const fresh = { ...(await asked(of("meta").get("fresh"))) };
    await Promise.all(results.map(async ({ id, outcome, version, message }) => {
      const record = await asked(of("op").get(id));
      if (record) of("op").put(after(record, { outcome, version, message: message ?? "", pulls, done }));
      if (CUSTODY.has(outcome)) fresh[id] = pulls;
    }));
    of("meta").put(fresh, "fresh");
    for (const id of heard) {
      const record = await asked(of("op").get(id));
      if (record?.state === "discarded" && discarded.some((one) => one.id === id)) of("op").put({ ...record, told: true });
    }
  });
  const documents = results.flatMap((result) => (Array.isArray(result.documents) ? result.documents : []));
  client.tell({ type: "sent", results, documents });
}

function after(record, { outcome, version, message, pulls, done }) {
  if (!["pending", "deferred"].includes(record.state)) return record;
  if (!CUSTODY.has(outcome)) return { ...record, tries: (record.tries ?? 0) + 1, why: outcome, message };
  return { ...record, state: outcome, outcome, version: version ?? 0, message, settled: pulls, done, why: "" };
}

// The server was restored from a backup: whatever it once confirmed within 30 days is handed in again. What it still has, it knows by the id.
// What a person has dealt with is reported as thrown away: it was submitted anew, or given up; what it once clashed with may be gone there.
export async function handInAgain(client) {
  const since = client.clock.now() - KEPT_DAYS * DAY;
  await client.out.write(["op", "photo"], async (of) => {
    for (const record of await asked(of("op").getAll())) {
      if (record.told) of("op").put({ ...record, told: false });
      if (["pending", "discarded"].includes(record.state) || (record.done ?? 0) < since) continue;
      const reason = record.follower ? REPLACED : YIELDED;
      of("op").put(record.state === "resolved" ? { ...record, state: "discarded", reason, told: false } : { ...record, state: "pending" });
    }
    for (const photo of await asked(of("photo").getAll())) if (photo.held && photo.verified) of("photo").put({ ...photo, verified: false });
  });
}
