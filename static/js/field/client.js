// The phone's half of the sync: what a person does is kept, shown and sent. It knows no page and no global but IndexedDB's keys and hashes;
// clock, chance, network and databases are handed in, so that tests can shake each of them.

import { again, exported, imported, isFinal, save, settle, TROUBLES, WAITING } from "./outbox.js";
import { flush } from "./flusher.js";
import { handInAgain } from "./push.js";
import { pull } from "./pull.js";
import { asked, outbox, phone, replica, SCHEMA } from "./store.js";
import { NoAnswer } from "./talk.js";
import { uuid7 } from "./ids.js";
import { laidOver, targetsOf } from "./view.js";

const LEASE = 7 * 86_400_000;

const inOrder = (records) => records.sort((a, b) => a.saved - b.saved || a.seq - b.seq);
const inStates = async (of, states) => (await Promise.all(states.map((state) => asked(of("op").index("state").getAll(state))))).flat();

// What must be laid over the documents, and the numbers for the next operation. `fresh`: {id: the pull after which it was settled}.
async function standing(of) {
  const [waiting, fresh, seq, offset = 0] = await Promise.all([inStates(of, WAITING), ...["fresh", "seq", "offset"].map((key) => asked(of("meta").get(key)))]);
  const settled = await Promise.all(Object.keys(fresh ?? {}).map((id) => asked(of("op").get(id))));
  return { records: [...waiting, ...settled.filter((record) => record && isFinal(record))], seq, offset };
}

// `table`: operations as the server describes them; `reducers`: {type: {kind: reduce}}; `csrf`: returns the page's token;
// `sealed`: an outbox of somebody who is not signed in here, which only the phone's token may send.
export function createClient({
  storage, fetch, clock, random, account, device, build = "", schema = SCHEMA, table = {}, reducers = {}, name = "",
  csrf = () => "", renew = () => false, mayUse = () => true, tell = () => {}, sealed = false,
}) {
  const out = outbox(storage, account);
  const ours = phone(storage);
  let rep = replica(storage, account, schema);

  const client = {
    storage, fetch, clock, random, account, build, schema, table, reducers, name, csrf, renew, mayUse, tell, sealed, out, ours,
    tab: uuid7(clock.now(), random),
    deviceId: device,
    begun: new Set(), // photos that were sent whole, and need not have got through
    get rep() { return rep; },

    // Saves an operation ({type, entity, base, args, photos: [{bytes, role}]}); resolves with it when it is safe.
    save: async (intent) => (await save(client, intent)).op,
    flush: () => flush(client),
    pull: () => pull(client).then((changed) => ({ ok: true, changed }), (error) => {
      if (error instanceof NoAnswer) return { ok: false, why: error.why, status: error.status };
      throw error;
    }),
    again: async (id) => (await again(client, id)).op,
    settle: (id) => settle(client, id),
    discard: (id, reason) => settle(client, id, "discarded", { reason }),
    exported: (ids) => exported(client, ids),
    imported: (text) => imported(client, text),

    // Operations in one of the states (or all), in the order they were made. A month's receipts lie here: ask for all only when all are meant.
    records: async (...states) => inOrder(await out.read("op", (of) => (states.length ? inStates(of, states) : asked(of("op").getAll())))),
    pending: () => client.records(...WAITING),
    troubles: () => client.records(...TROUBLES),

    // The server's documents alone, and with what this phone has done.
    document: async (kind, id) => (await rep.get("doc", [kind, id]))?.doc,
    documents: async (kind) => (await rep.all("doc", IDBKeyRange.bound([kind], [kind, []]))).map(({ doc }) => doc),
    // What is known besides the documents: what still waits or was settled since the last pull, the last number used, the clock's error.
    async world() {
      const [{ records, ...numbers }, pulled = 0] = await Promise.all([out.read(["op", "meta"], standing), rep.get("meta", "pulled")]);
      return { table, reducers, records: inOrder(records), pulled, ...numbers };
    },
    async view(kind, world) {
      const [{ records, ...rules }, documents] = await Promise.all([world ?? client.world(), client.documents(kind)]);
      const shown = new Map(documents.map((doc) => [doc.id, doc]));
      const touched = new Set(records.flatMap(({ op }) => targetsOf(op, table)).filter(([one]) => one === kind).map(([, id]) => id));
      for (const id of touched) {
        const doc = laidOver(kind, id, shown.get(id), records, { ...rules });
        if (doc) shown.set(id, doc);
      }
      return [...shown.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async shown(kind, id, world) {
      const [{ records, ...rules }, document] = await Promise.all([world ?? client.world(), client.document(kind, id)]);
      return laidOver(kind, id, document, records, rules);
    },

    // The person, or null when this phone has heard nothing of the server for a week: then nobody may look.
    async me() {
      const known = await rep.get("meta", "me").catch(() => null);
      return known && clock.now() - known.at < LEASE ? known.me : null;
    },

    note: async (key, otherwise) => (await out.get("meta", key)) ?? otherwise,
    keepNotes: (notes) => out.write("meta", (of) => { for (const [key, value] of Object.entries(notes)) of("meta").put(value, key); }),

    // The highest number this phone remembers. If the outbox is gone, counting goes on from there, so that the gap shows.
    floor: async () => (await ours.get("account", account))?.seq ?? 0,
    mirror: (seq) => ours.write("account", async (of) => {
      const known = (await asked(of("account").get(account))) ?? { id: account };
      of("account").put({ ...known, name: name || known.name || "", seq: Math.max(seq, known.seq ?? 0) });
    }),
    newEpoch: () => handInAgain(client),

    async dropReplica() {
      await rep.drop().catch(() => {});
      rep = replica(storage, account, schema);
      tell({ type: "dropped" });
    },
    close: () => Promise.all([out.close(), rep.close(), ours.close()]),
  };
  return client;
}
