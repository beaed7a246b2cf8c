// A simulated phone: the product's own client on databases of its own, with a clock, a network and a battery that can be taken out.
import { World, Network, chanceOf } from "./world.js";
import { Disk } from "./memory.js";
import { reducers } from "./cards.js";

const FRESH = 10_000;

// Web Locks of one phone: they go with its life, as a browser's go with the process.
class Locks {
  #held = new Set();
  async request(name, { ifAvailable }, work) {
    if (!ifAvailable) throw new Error("only locks that are taken if they are free");
    if (this.#held.has(name)) return work(null);
    this.#held.add(name);
    try {
      return await work({ name });
    } finally {
      this.#held.delete(name);
    }
  }
}

export class Phone {
  /** `card`: {account, name, device, session, csrf, signedIn, table}; `parts`: the product's modules. */
  constructor(world, number, seed, card, parts, prefix) {
    Object.assign(this, { world, number, parts, prefix, ...card });
    this.chance = chanceOf(seed + 7919 * (number + 1));
    this.network = new Network(world, this, seed + 104729 * (number + 1));
    this.weather = "fair";
    this.skew = 0;
    this.disk = new Disk();
    this.said = []; // operations it has shown as "saved"
    this.live();
  }

  /** Start the app on what is on the disk. */
  live() {
    const { world, parts } = this;
    const life = { over: false };
    this.life = life;
    this.dies = "";
    this.locks = new Locks();
    this.client = parts.createClient({
      storage: this.storage(life), clock: world.clockOf(this, life), random: this.chance, fetch: this.network.fetchOf(life),
      account: this.account, name: this.name, device: this.device, build: this.build, table: this.table, reducers, csrf: () => this.csrf,
    });
    this.wake();
  }

  /** Its databases: the browser's own for a "real" plan, else in memory. */
  storage(life) {
    const factory = this.real ? indexedDB : this.disk.factory(() => life.over);
    return this.parts.browserStorage(this.prefix, { factory, locks: this.locks, manager: this.real ? navigator.storage : null });
  }

  /** The app comes to the front: it sends and fetches from now on. */
  wake() { this.runner = this.parts.flusher(this.client, { idle: 900_000, after: () => this.pullIfOld() }); }

  /** Fetch as pages do: after something was sent, or when the last time is a while ago. */
  async pullIfOld() {
    const { client } = this;
    const at = (await client.rep.get("meta", "at")) ?? 0;
    const sent = (await client.world()).records.some((record) => record.done > at);
    return sent || Math.abs(client.clock.now() - at) > FRESH ? client.pull() : {};
  }

  /** The battery is taken out: nothing that was going on goes on. */
  die() {
    this.life.over = true;
    this.runner.close();
    this.world.count("killed");
    this.dead = true;
    this.dies = "";
  }

  /** Start again, after a death. */
  async revive() {
    if (this.real) await this.client.close();
    this.dead = false;
    this.live();
  }

  /** Something woke the app: it tries to send and fetch. */
  kick() {
    if (this.dead) return;
    this.runner.kick({ now: true }).catch((error) => { if (!this.life.over) this.world.trouble(error); });
  }

  async save(intent) {
    const op = await this.client.save(intent);
    return this.keep(op);
  }

  /** Submit anew what the server would not take; null when there is nothing. */
  async again() {
    const [trouble] = await this.client.troubles();
    return trouble ? this.keep(await this.client.again(trouble.id)) : null;
  }

  /** Note what was shown as saved. */
  keep(op) {
    if (this.dead) return null;
    this.said.push({ id: op.id, seq: op.seq, type: op.type, photos: op.photos });
    this.world.count("saved");
    this.world.count(`op ${op.type}`);
    this.world.count("photos", op.photos.length);
    return op;
  }

  /** What is on its disk. */
  async contents() {
    const { client } = this;
    const rows = await client.rep.all("doc");
    return {
      said: this.said,
      records: (await client.records()).map(({ id, state, seq, version, message, follower }) => ({ id, state, seq, version, message, follower })),
      pending: (await client.pending()).map(({ id, state, why }) => ({ id, state, why })),
      photos: (await client.out.all("photo")).map(({ id, op, held, verified, refused }) => ({ id, op, held, verified, refused })),
      bytes: await client.out.read("bytes", (of) => new Promise((resolve, reject) => {
        const request = of("bytes").getAllKeys();
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      })),
      documents: rows.map(({ kind, id, doc, scopes }) => ({ kind, id, doc, scopes })),
      views: { card: await client.view("card"), secret: await client.view("secret") },
    };
  }
}

export { World };
