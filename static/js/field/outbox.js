// Saving what a person did: the operation, its photos and its number, in one strict transaction. Everything that may be lost is lost before
// `save` resolves, or never. Nothing here waits for the network.

import { Refusal } from "./refusal.js";
import { canonical, hashOf, sha256, uuid7 } from "./ids.js";
import { asked } from "./store.js";
import { N_ } from "./texts.js";
import { laidOver, targetsOf } from "./view.js";

const LONGEST = 200_000;
const FULL = N_("手机空间不足，暂时不能加照片，文字照常保存。请连上网络发送，或清理手机");
export const LEAST_FREE = 50 * 2 ** 20;
export const KEPT_DAYS = 30;
export const DAY = 86_400_000;

// Makes, checks and keeps an operation; resolves with its record when it is safe. Throws Refusal when the rules or the phone say no.
export async function save(client, { id, type, entity, base = 0, args = {}, photos = [] }) {
  const { table, clock, random, out } = client;
  if (!table[type]) throw new Error(`no operation ${type}`);
  if (photos.length) await needSpace(client);
  const now = clock.now();
  const shots = await Promise.all(photos.map(async (photo) => ({
    id: photo.id ?? uuid7(now, random), role: photo.role ?? "", bytes: photo.bytes, size: photo.bytes.byteLength, sha256: photo.sha256 ?? (await sha256(photo.bytes)),
  })));
  const draw = {
    id: id ?? uuid7(now, random), type, version: table[type].version ?? 1, entity: entity || uuid7(now, random), base: Number(base) || 0, args,
    photos: shots.map(({ bytes: _bytes, ...photo }) => photo), made_at: now,
  };
  if (new TextEncoder().encode(canonical(args)).length > LONGEST) throw new Refusal(N_("内容太长，请分几次提交"));
  // What is read from the disk is read side by side: on a slow phone each turn costs more than the reading.
  const [me, before] = await Promise.all([client.me(), ground(client, draw)]);
  if (me?.community) draw.community = me.community;
  const by = { account: client.account, person: me?.person ?? "", name: me?.name ?? client.name ?? "" };
  tryOut(client, draw, by, before);
  const record = await keep(client, draw, shots, by, before);
  await Promise.all([confirm(client, record, shots), client.mirror(record.op.seq)]);
  client.tell({ type: "saved", op: record.op });
  return record;
}

// What an operation builds on: {world, floor, documents: [[kind, id, document], …]}.
async function ground(client, op) {
  const known = client.world(); // asked first: documents may be newer than what is known of the pulls, never older
  const documents = targetsOf(op, client.table).map(async ([kind, id]) => [kind, id, await client.document(kind, id)]);
  const [world, floor, ...found] = await Promise.all([known, client.floor(), ...documents]);
  return { world, floor, documents: found };
}

// The rules, as far as this phone knows: throws Refusal. While it knows nothing (before the first pull) the server decides.
function tryOut(client, op, by, { world, documents }) {
  if (!world.pulled) return;
  const plain = { ...op, at: op.made_at + world.offset, by, pending: true };
  for (const [kind, id, document] of documents) client.reducers[op.type]?.[kind]?.(laidOver(kind, id, document, world.records, world), plain);
}

// The number must be known before the hash can be made, and no transaction waits for a hash: so it is drawn first and compared inside.
async function keep(client, draw, shots, by, { world, floor }) {
  const { out, table } = client;
  for (let room = 0; ; world = await client.world()) {
    const last = world.seq ?? floor;
    const targets = new Set(targetsOf(draw, table).map(String));
    const waiting = world.records.filter((other) => !isFinal(other) && targetsOf(other.op, table).some((target) => targets.has(String(target))));
    const op = { ...draw, seq: last + 1, offset: world.offset, deps: waiting.map((other) => other.op.id) };
    op.hash = await hashOf(op);
    const record = { id: op.id, state: "pending", seq: op.seq, device: client.deviceId, op, by, saved: client.clock.now() };
    try {
      const kept = await out.write(["op", "photo", "bytes", "draft", "meta"], async (of) => {
        if ((await asked(of("meta").get("seq")) ?? floor) !== last) return false;
        of("op").add(record);
        for (const shot of shots) {
          const { bytes, ...photo } = shot;
          of("photo").put({ ...photo, op: op.id, held: true, verified: false });
          if (!(await asked(of("bytes").getKey(shot.id)))) of("bytes").put(bytes, shot.id); // a draft's bytes lie there already
          of("draft").delete(shot.id);
        }
        of("meta").put(op.seq, "seq");
        return true;
      });
      if (kept) return record;
    } catch (error) {
      if (error.name === "ConstraintError") return out.get("op", draw.id); // a second tap on the same form
      if (error.name !== "QuotaExceededError") throw error;
      if (!(await makeRoom(client, room++))) throw new Refusal(FULL);
    }
  }
}

// Looks once more at what was written, because "saved" is a promise.
async function confirm(client, record, shots) {
  const [there, ...photos] = await Promise.all([client.out.get("op", record.id), ...shots.map(({ id }) => client.out.get("bytes", id))]);
  if (there?.op.hash !== record.op.hash || photos.some((bytes, i) => bytes?.byteLength !== shots[i].size)) throw new Error("not saved");
}

// Photos need space to spare; texts always go.
export async function needSpace(client) {
  const { usage = 0, quota } = await client.storage.estimate();
  if (quota === undefined || quota - usage >= LEAST_FREE) return;
  await dropVerified(client, 0);
  const after = await client.storage.estimate();
  if (after.quota - (after.usage ?? 0) < LEAST_FREE) throw new Refusal(FULL);
}

// Drops what the server has, too: first the bytes it has verified, then the copy of its documents. Never anything else.
async function makeRoom(client, step) {
  if (step > 1) return false;
  if (step === 1) await client.dropReplica();
  return step === 1 || (await dropVerified(client, 0)) > 0 || makeRoom(client, 1);
}

// Keeps a photo of a form that is still open. Some browsers say nothing of the space that is left: then the attempt tells.
export async function keepDraft(client, shot) {
  await needSpace(client);
  const { bytes, ...draft } = shot;
  const put = () => client.out.write(["draft", "bytes"], (of) => {
    of("draft").put(draft);
    of("bytes").put(bytes, shot.id);
  });
  try {
    await put();
  } catch (error) {
    if (error.name !== "QuotaExceededError") return;
    await dropVerified(client, 0);
    await put().catch(() => { throw new Refusal(FULL); });
  }
}

// The photos of a form that was left open: [{id, role, bytes, sha256, at}, …], as they were taken.
export async function draftsOf(client, form) {
  const kept = await client.out.read("draft", (of) => asked(of("draft").index("form").getAll(form)));
  const whole = await Promise.all(kept.map(async (draft) => ({ ...draft, bytes: await client.out.get("bytes", draft.id) })));
  return whole.filter(({ bytes }) => bytes).sort((a, b) => a.at - b.at);
}

// Another tab may have saved the same photo with its operation meanwhile: then its bytes are no draft's any more.
export const dropDraft = (client, id) => client.out.write(["draft", "photo", "bytes"], async (of) => {
  const saved = await asked(of("photo").getKey(id));
  of("draft").delete(id);
  if (!saved) of("bytes").delete(id);
});

// Drops the bytes of photos that the server has verified and whose operation is settled for longer than `age`; returns how many.
export async function dropVerified(client, age) {
  const settled = new Map((await client.records(...DONE)).map((record) => [record.id, record.done ?? 0]));
  const now = client.clock.now();
  return client.out.write(["photo", "bytes"], async (of) => {
    let dropped = 0;
    for (const photo of await asked(of("photo").getAll())) {
      if (!photo.held || !photo.verified || !settled.has(photo.op) || now - settled.get(photo.op) < age) continue;
      of("photo").put({ ...photo, held: false });
      of("bytes").delete(photo.id);
      dropped++;
    }
    return dropped;
  });
}

export const WAITING = ["pending", "deferred"];
export const TROUBLES = ["conflict", "rejected"];
const DONE = ["applied", "merged", "resolved", "discarded"];
export const isFinal = ({ state }) => !WAITING.includes(state);
export const needsPerson = ({ state }) => TROUBLES.includes(state);

// Forgets receipts after 30 days; until then a server restored from a backup can be told again.
export async function prune(client) {
  const since = client.clock.now() - KEPT_DAYS * DAY;
  for (const { id, at } of await client.out.all("draft")) if (at < client.clock.now() - 7 * DAY) await dropDraft(client, id);
  const old = (await client.records(...DONE)).filter((record) => (record.state !== "discarded" || record.told) && (record.done ?? 0) < since);
  if (!old.length) return;
  const photos = await client.out.all("photo");
  await client.out.write(["op", "photo", "bytes"], (of) => {
    for (const { id, state } of old) {
      const own = photos.filter(({ op }) => op === id);
      if (state !== "discarded" && own.some(({ verified, held }) => held && !verified)) continue;
      of("op").delete(id);
      for (const photo of own) {
        of("photo").delete(photo.id);
        of("bytes").delete(photo.id);
      }
    }
  });
}

// A person has dealt with a conflict or a refusal.
export async function settle(client, id, state = "resolved", more = {}) {
  await client.out.write("op", async (of) => {
    const record = await asked(of("op").get(id));
    if (record) of("op").put({ ...record, ...more, state, done: client.clock.now() });
  });
  client.tell({ type: "changed" });
}

// The same intent as a new operation, on top of what the server has now; the old one is settled by it.
export async function again(client, id) {
  const { op } = await client.out.get("op", id);
  const photos = await withBytes(client, (photo) => photo.op === id);
  const [[kind, target]] = targetsOf(op, client.table);
  const document = await client.document(kind, target);
  const record = await save(client, {
    type: op.type, entity: op.entity, base: document?.v ?? op.base, args: op.args,
    photos: photos.map(({ bytes, role, sha256: sum }) => ({ bytes, role, sha256: sum })),
  });
  await settle(client, id, "resolved", { follower: record.id });
  return record;
}

// Everything unsent as one JSON text, photos in base64; `ids`: only these.
export async function exported(client, ids) {
  const photos = await client.out.all("photo");
  const records = (await client.records()).filter((record) => (ids ? ids.includes(record.id) : record.state !== "discarded" && (!isFinal(record) || needsPerson(record) || photos.some((photo) => photo.op === record.id && !photo.verified))));
  const wanted = new Set(records.map(({ id }) => id));
  const packed = (await withBytes(client, (photo) => wanted.has(photo.op))).map(({ bytes, ...photo }) => ({ ...photo, base64: toBase64(bytes) }));
  return JSON.stringify({ format: "neiye-outbox", version: 1, account: client.account, name: (await client.me())?.name ?? "", made_at: client.clock.now(), records, photos: packed });
}

// Takes such a text in; returns how many operations were new. The same operations keep their ids, so nothing happens twice.
export async function imported(client, text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    file = {};
  }
  if (file.format !== "neiye-outbox") throw new Refusal(N_("这不是导出的未发送文件"));
  if (file.account !== client.account) throw new Refusal(N_("这份文件是别人的，请用他的账号登录后导入"));
  const known = new Set(await client.out.read("op", (of) => asked(of("op").getAllKeys())));
  const fresh = [];
  for (const record of file.records) if (!known.has(record.id) && (await hashOf(record.op)) === record.op.hash) fresh.push(record);
  const ids = new Set(fresh.map(({ id }) => id));
  const photos = file.photos.filter((photo) => ids.has(photo.op)).map(({ base64, ...photo }) => ({ ...photo, verified: false, bytes: fromBase64(base64) }));
  await client.out.write(["op", "photo", "bytes"], (of) => {
    for (const record of fresh) of("op").add({ ...record, state: "pending" });
    for (const { bytes, ...photo } of photos) {
      of("photo").put({ ...photo, held: true });
      of("bytes").put(bytes, photo.id);
    }
  });
  client.tell({ type: "changed" });
  return fresh.length;
}

async function withBytes(client, wanted) {
  const photos = (await client.out.all("photo")).filter((photo) => photo.held && wanted(photo));
  return Promise.all(photos.map(async (photo) => ({ ...photo, bytes: await client.out.get("bytes", photo.id) })));
}

function toBase64(bytes) {
  const parts = [];
  const view = new Uint8Array(bytes);
  for (let i = 0; i < view.length; i += 0x8000) parts.push(String.fromCharCode(...view.subarray(i, i + 0x8000)));
  return btoa(parts.join(""));
}
const fromBase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;
