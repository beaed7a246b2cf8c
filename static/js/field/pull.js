// Fetching what has changed: a cursor for each scope, a page and its cursor in one transaction. A new or reset scope is gathered aside and
// takes the old one's place when it is whole, so that nobody ever sees half of it.

import { asked } from "./store.js";
import { ask, insist, learn, NoAnswer } from "./talk.js";

const PAGE = 500;
const OFF = "off";

// Pulls until nothing is left; returns the documents that changed: ["kind:id", …]. Throws NoAnswer.
export async function pull(client) {
  // Counted beside the operations, which remember it: a copy that was thrown away must not begin at 1 again.
  const pulled = (await client.rep.get("meta", "pulled")) ?? 0;
  const round = await client.out.write("meta", async (of) => {
    const [rounds = 0, fresh = {}] = await Promise.all(["rounds", "fresh"].map((key) => asked(of("meta").get(key))));
    of("meta").put(rounds + 1, "rounds");
    // What was settled before the last pull has come with it.
    of("meta").put(Object.fromEntries(Object.entries(fresh).filter(([, settled]) => settled >= pulled)), "fresh");
    return rounds + 1;
  });
  const changed = new Set();
  for (let more = true, pages = 0; more; pages++) {
    if (pages > 1000) throw new Error("a pull without an end");
    more = await page(client, changed);
    if (more === OFF) return empty(client);
  }
  await client.rep.write("meta", async (of) => {
    if (((await asked(of("meta").get("pulled"))) ?? 0) < round) of("meta").put(round, "pulled");
    of("meta").put(client.clock.now(), "at");
  });
  if (await client.note("off")) await client.keepNotes({ off: false });
  client.tell({ type: "pulled", changed: [...changed] });
  return [...changed];
}

// The server has switched work without a line off: no copy stays on this phone, also when a page of before then asks. The outbox does.
async function empty(client) {
  await client.keepNotes({ off: true });
  await client.dropReplica();
  return [];
}

async function page(client, changed) {
  const cursors = await client.rep.all("cursor");
  const known = await client.rep.get("meta", "me");
  const begun = client.clock.now();
  const body = {
    device: client.deviceId, build: client.build, schema: client.schema, limit: PAGE, me: known?.digest ?? "",
    cursors: Object.fromEntries(cursors.map(({ scope, epoch, seq }) => [scope, { epoch, seq }])),
  };
  const answer = insist(await ask(client, "POST", "/sync/pull", { json: body, token: false }));
  if (typeof answer.scopes !== "object" || !answer.epoch) insist({ status: 200, json: null });
  if (answer.me && answer.me.id !== client.account) throw new NoAnswer("signed-out"); // somebody else signed in on this phone
  await learn(client, answer, begun, client.clock.now());
  if (answer.off) return OFF;
  const before = new Map(cursors.map((cursor) => [cursor.scope, cursor]));
  return client.rep.write(["doc", "staged", "cursor", "meta"], async (of) => {
    if (answer.me) {
      if (known?.me && answer.digest !== known.digest) changed.add("me:");
      of("meta").put({ me: answer.me, digest: answer.digest ?? "", at: begun }, "me");
    } else if (known) of("meta").put({ ...known, at: begun }, "me");
    for (const scope of answer.removed ?? []) await forget(of, scope, changed);
    let more = false;
    for (const [scope, part] of Object.entries(answer.scopes)) {
      const cursor = await asked(of("cursor").get(scope));
      const base = before.get(scope);
      if (cursor?.seq !== base?.seq || cursor?.epoch !== base?.epoch) continue; // another tab was faster
      more = (await take(of, scope, part, cursor, part.epoch ?? answer.epoch, changed)) || more;
    }
    return more;
  });
}

async function take(of, scope, { seq, more = false, reset = false, entries = [] }, cursor, epoch, changed) {
  const aside = !cursor || reset || cursor.staging;
  if (reset || !cursor) of("staged").delete(all(scope));
  for (const entry of entries) {
    if (!aside) await apply(of, scope, entry, changed);
    else if (entry.gone) of("staged").delete([scope, entry.kind, entry.id]);
    else of("staged").put({ scope, kind: entry.kind, id: entry.id, v: entry.v, doc: entry.doc });
  }
  if (aside && !more) await flip(of, scope, changed);
  of("cursor").put({ scope, epoch, seq, staging: Boolean(aside && more) });
  return more;
}

async function apply(of, scope, { kind, id, v, gone, doc }, changed) {
  const old = await asked(of("doc").get([kind, id]));
  if (gone || !doc) return old && leave(of, scope, old, changed);
  const scopes = [...new Set([...(old?.scopes ?? []), scope])];
  const newer = !old || v >= old.v;
  of("doc").put({ kind, id, scopes, v: newer ? v : old.v, doc: newer ? doc : old.doc });
  if (newer && JSON.stringify(old?.doc) !== JSON.stringify(doc)) changed.add(`${kind}:${id}`);
}

function leave(of, scope, record, changed) {
  const scopes = record.scopes.filter((one) => one !== scope);
  if (scopes.length === record.scopes.length) return;
  if (scopes.length) of("doc").put({ ...record, scopes });
  else of("doc").delete([record.kind, record.id]);
  changed.add(`${record.kind}:${record.id}`);
}

// What was gathered aside becomes the scope. A restored server may have gone back, so its version counts even if it is older.
async function flip(of, scope, changed) {
  const staged = await asked(of("staged").getAll(all(scope)));
  const here = new Set(staged.map(({ kind, id }) => `${kind}:${id}`));
  const held = new Map((await asked(of("doc").getAll())).map((record) => [`${record.kind}:${record.id}`, record]));
  for (const [key, record] of held) if (record.scopes.includes(scope) && !here.has(key)) leave(of, scope, record, changed);
  for (const { kind, id, v, doc } of staged) {
    const old = held.get(`${kind}:${id}`);
    of("doc").put({ kind, id, v, doc, scopes: [...new Set([...(old?.scopes ?? []), scope])] });
    if (JSON.stringify(old?.doc) !== JSON.stringify(doc)) changed.add(`${kind}:${id}`);
  }
  of("staged").delete(all(scope));
}

async function forget(of, scope, changed) {
  for (const record of await asked(of("doc").getAll())) leave(of, scope, record, changed);
  of("staged").delete(all(scope));
  of("cursor").delete(scope);
}

const all = (scope) => IDBKeyRange.bound([scope], [scope, []]);
