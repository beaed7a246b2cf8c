// IndexedDB as far as the client uses it, in memory: thirty times cheaper than the browser's, so that hundreds of runs fit into a check. Some runs
// use the browser's own. One transaction of a database after another, each request in a turn of its own; when the battery is taken out,
// what has not been committed is gone.
import { track, turn } from "./activity.js";

const { cmp } = indexedDB;
const compare = cmp.bind(indexedDB);
const name = (key) => JSON.stringify(key);

function frozen(value) {
  if (value && typeof value === "object" && !(value instanceof ArrayBuffer) && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

class Records {
  constructor(keyPath) { Object.assign(this, { keyPath, map: new Map(), indexes: {}, order: null }); }
  list() { return (this.order ??= [...this.map.values()].sort((a, b) => compare(a.key, b.key))); }
  keyOf(value, key) {
    if (!this.keyPath) return key;
    return Array.isArray(this.keyPath) ? this.keyPath.map((part) => value[part]) : value[this.keyPath];
  }
}

const matches = (query) => {
  if (query === undefined || query === null) return () => true;
  if (query instanceof IDBKeyRange) return (key) => query.includes(key);
  return (key) => compare(key, query) === 0;
};

class Store {
  constructor(transaction, records) { Object.assign(this, { transaction, records }); }
  #ask(work, writes = false) { return this.transaction.ask(this.records, work, writes); }
  get(key) { return this.#ask((of) => of.map.get(name(key))?.value); }
  getKey(key) { return this.#ask((of) => of.map.get(name(key))?.key); }
  getAll(query) { return this.#ask((of) => of.list().filter(({ key }) => matches(query)(key)).map(({ value }) => value)); }
  getAllKeys(query) { return this.#ask((of) => of.list().filter(({ key }) => matches(query)(key)).map(({ key }) => key)); }
  count(query) { return this.#ask((of) => of.list().filter(({ key }) => matches(query)(key)).length); }
  put(value, key) { return this.#write(value, key, false); }
  add(value, key) { return this.#write(value, key, true); }
  #write(value, key, fresh) {
    const kept = frozen(structuredClone(value));
    return this.#ask((of) => {
      const own = of.keyOf(kept, key);
      if (!compare(own, own) && fresh && of.map.has(name(own))) throw new DOMException("the key is there", "ConstraintError");
      of.map.set(name(own), { key: own, value: kept });
      return own;
    }, true);
  }
  delete(query) { return this.#ask((of) => { for (const { key } of of.list()) if (matches(query)(key)) of.map.delete(name(key)); }, true); }
  clear() { return this.#ask((of) => of.map.clear(), true); }
  index(called) {
    const path = this.records.indexes[called];
    const found = (query) => (of) => of.list().filter(({ value }) => value[path] !== undefined && matches(query)(value[path]));
    return {
      get: (query) => this.#ask((of) => found(query)(of)[0]?.value),
      getAll: (query) => this.#ask((of) => found(query)(of).map(({ value }) => value)),
      getAllKeys: (query) => this.#ask((of) => found(query)(of).map(({ key }) => key)),
      count: (query) => this.#ask((of) => found(query)(of).length),
    };
  }
}

class Transaction {
  error = null;
  #waiting = [];
  #before = new Map();
  #over = false;
  constructor(database, mode) { Object.assign(this, { database, mode }); }

  objectStore(called) { return new Store(this, this.database.disk.stores[called]); }

  ask(records, work, writes) {
    if (this.#over) throw new DOMException("the transaction is over", "TransactionInactiveError");
    if (writes && this.mode === "readonly") throw new DOMException("read only", "ReadOnlyError");
    const request = { onsuccess: null, onerror: null, result: undefined, error: null };
    this.#waiting.push(() => {
      if (writes) {
        if (!this.#before.has(records)) this.#before.set(records, new Map(records.map));
      }
      try {
        request.result = work(records);
      } catch (error) {
        request.error = error;
        request.onerror?.({ target: request });
        return this.abort(error);
      }
      if (writes) records.order = null; // the work may have listed what was there before it
      request.onsuccess?.({ target: request });
    });
    return request;
  }

  abort(error = null) {
    if (this.#over) return;
    this.#over = true;
    this.error = error;
    for (const [records, map] of this.#before) Object.assign(records, { map, order: null });
  }

  async play(isDead) {
    await turn();
    for (let next; !this.#over && (next = this.#waiting.shift());) {
      if (isDead()) return this.abort();
      next();
      await turn();
    }
    if (isDead()) return this.abort();
    if (this.#over) return this.onabort?.();
    this.#over = true;
    this.oncomplete?.();
  }
}

/** What a phone's databases lie on; `factory()` is one life's way to them. */
export class Disk {
  #databases = new Map();

  factory(isDead) {
    return {
      open: (called, version) => this.#open(called, version, isDead),
      deleteDatabase: (called) => later(isDead, () => { this.#databases.delete(called); }),
      databases: async () => [...this.#databases.keys()].map((one) => ({ name: one })),
    };
  }

  #open(called, version, isDead) {
    const request = later(isDead, () => {
      const fresh = !this.#databases.has(called);
      if (fresh) this.#databases.set(called, { stores: {}, last: Promise.resolve() });
      const opened = database(this.#databases.get(called), isDead);
      request.result = opened;
      if (fresh) request.onupgradeneeded?.({ target: request });
      return opened;
    });
    return request;
  }
}

function later(isDead, work) {
  const request = { onsuccess: null, onerror: null };
  track(turn().then(() => {
    if (isDead()) return;
    request.result = work();
    request.onsuccess?.({ target: request });
  }));
  return request;
}

function database(disk, isDead) {
  return {
    disk,
    close() {},
    createObjectStore(called, { keyPath } = {}) {
      const records = (disk.stores[called] = new Records(keyPath));
      return { createIndex: (index, path) => { records.indexes[index] = path; } };
    },
    transaction(_names, mode = "readonly") {
      const made = new Transaction(this, mode);
      disk.last = track(disk.last.then(() => made.play(isDead)));
      return made;
    },
  };
}
