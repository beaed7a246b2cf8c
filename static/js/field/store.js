// What a phone keeps: two databases for each person, and one for the phone itself.
//
//   out-<account>            operations, photo bytes (ArrayBuffers), photos of open forms: work nobody else has. Its schema only grows.
//   rep-<account>-<schema>   documents and cursors: a copy of what the server has. It may be thrown away at any moment.
//   phone                    who is signed in, whose work lies here, the phone's id.
//
// And a cache, photos-<account>: photos of others that were looked at.
//
// Everything is written strictly. A connection that the system has closed is opened again.

export const SCHEMA = 1;

export const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

// The browser's own databases; names begin with `prefix`.
export function browserStorage(prefix = "", { factory = indexedDB, locks = navigator.locks, manager = navigator.storage } = {}) {
  return {
    prefix,
    locks,
    open(name, version, upgrade) {
      const request = factory.open(prefix + name, version);
      request.onupgradeneeded = () => upgrade(request.result);
      return new Promise((resolve, reject) => {
        request.onblocked = () => reject(new Error(`${name} is blocked`));
        request.onerror = () => reject(request.error);
        request.onsuccess = () => resolve(request.result);
      });
    },
    remove: (name) => asked(factory.deleteDatabase(prefix + name)),
    names: async () => ((await factory.databases?.()) ?? []).map(({ name }) => name).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
    estimate: async () => (await manager?.estimate?.().catch(() => null)) ?? {},
    persisted: async () => (await manager?.persisted?.().catch(() => false)) ?? false,
    persist: async () => (await manager?.persist?.().catch(() => false)) ?? false,
  };
}

export class Database {
  #opening = null;
  constructor(storage, name, upgrade) {
    Object.assign(this, { storage, name, upgrade });
  }

  open() {
    this.#opening ??= this.storage.open(this.name, 1, this.upgrade).then((database) => {
      database.onclose = () => { this.#opening = null; };
      database.onversionchange = () => { database.close(); this.#opening = null; };
      return database;
    });
    this.#opening.catch(() => { this.#opening = null; });
    return this.#opening;
  }

  // Runs `work(store)` in one transaction; resolves with its value once everything is on the disk. `work` awaits nothing but requests.
  async run(names, mode, work) {
    const transaction = await this.#begin([names].flat(), mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    });
    done.catch(() => {});
    let value;
    try {
      value = await work((name) => transaction.objectStore(name));
    } catch (error) {
      try { transaction.abort(); } catch { /* it has already */ }
      throw error;
    }
    await done;
    return value;
  }
  read(names, work) { return this.run(names, "readonly", work); }
  write(names, work) { return this.run(names, "readwrite", work); }

  async #begin(names, mode) {
    const options = { durability: "strict" };
    try {
      return (await this.open()).transaction(names, mode, options);
    } catch (error) {
      if (error.name !== "InvalidStateError") throw error;
      this.#opening = null; // the system took the connection away
      return (await this.open()).transaction(names, mode, options);
    }
  }

  get(store, key) { return this.read(store, (of) => asked(of(store).get(key))); }
  all(store, query) { return this.read(store, (of) => asked(of(store).getAll(query))); }
  put(store, value, key) { return this.write(store, (of) => { of(store).put(value, key); }); }

  async close() {
    const opened = await this.#opening?.catch(() => null);
    this.#opening = null;
    opened?.close();
  }
  async drop() {
    await this.close();
    await this.storage.remove(this.name);
  }
}

// The cache of the photos that somebody has looked at; the worker keeps it.
export const photosName = (account) => `photos-${account}`;

export const outName = (account) => `out-${account}`;
export const replicaName = (account, schema = SCHEMA) => `rep-${account}-${schema}`;

export const outbox = (storage, account) =>
  new Database(storage, outName(account), (database) => {
    database.createObjectStore("op", { keyPath: "id" }).createIndex("state", "state");
    database.createObjectStore("photo", { keyPath: "id" });
    database.createObjectStore("bytes");
    database.createObjectStore("draft", { keyPath: "id" }).createIndex("form", "form");
    database.createObjectStore("meta");
  });

export const replica = (storage, account, schema) =>
  new Database(storage, replicaName(account, schema), (database) => {
    database.createObjectStore("doc", { keyPath: ["kind", "id"] });
    database.createObjectStore("staged", { keyPath: ["scope", "kind", "id"] });
    database.createObjectStore("cursor", { keyPath: "scope" });
    database.createObjectStore("meta");
  });

export const phone = (storage) =>
  new Database(storage, "phone", (database) => {
    database.createObjectStore("account", { keyPath: "id" });
    database.createObjectStore("meta");
  });
