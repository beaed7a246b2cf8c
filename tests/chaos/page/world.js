// Virtual time, seeded chance, and the faulty network between the simulated phones and the real server.
import { quiet, track } from "./activity.js";
import { ask } from "./line.js";

/** Seeded chance (mulberry32): call it for a number 0 ≤ x < 1. */
export function chanceOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One run's time: milliseconds since 1970 as the server's clock would say. */
export class World {
  constructor(start) {
    this.time = start;
    this.waiting = [];
    this.counts = {};
    this.number = 0;
  }

  count(name, more = 1) { this.counts[name] = (this.counts[name] ?? 0) + more; }

  after(ms, call) {
    const timer = { due: this.time + Math.max(0, ms), number: ++this.number, call };
    this.waiting.push(timer);
    return timer;
  }

  forget(timer) { this.waiting = this.waiting.filter((one) => one !== timer); }

  sleep(ms) { return new Promise((resolve) => this.after(ms, resolve)); }

  /** Let the earliest timer that is due by `end` ring; tell whether there was one. */
  ring(end) {
    let first = null;
    for (const one of this.waiting) {
      if (one.due <= end && (!first || one.due < first.due || (one.due === first.due && one.number < first.number))) first = one;
    }
    if (!first) return false;
    this.forget(first);
    this.time = Math.max(this.time, first.due);
    first.call();
    return true;
  }

  /** Let `ms` pass. */
  async pass(ms) {
    const end = this.time + ms;
    do await quiet(); while (this.ring(end));
    this.time = end;
  }

  /** Let time pass until `promise` has settled, `limit` ms at most; return its value, or throw what it throws. */
  async until(promise, limit = 600_000) {
    let state = null;
    promise.then((value) => { state = { value }; }, (error) => { state = { error }; });
    const end = this.time + limit;
    for (;;) {
      await quiet();
      if (state) break;
      if (!this.ring(end)) throw new Error("nothing goes on any more, and it is not done");
    }
    if ("error" in state) throw state.error;
    return state.value;
  }

  /** Return the clock a phone sees: `phone.skew` ms off, its timers of virtual time, dead with its `life`. */
  clockOf(phone, life) {
    return {
      now: () => Math.round(this.time + phone.skew),
      sleep: (ms) => new Promise((resolve) => this.after(ms, () => life.over || resolve())),
      setTimeout: (call, ms = 0) => this.after(ms, () => life.over || call()),
      clearTimeout: (timer) => timer && this.forget(timer),
    };
  }
}

const HTML = { "Content-Type": "text/html; charset=utf-8" };
const JSON_TYPE = { "Content-Type": "application/json" };
const never = () => new Promise(() => {});

/** What may happen to a request in bad weather, and how often. */
export const FAULTS = [
  ["none", 8], ["drop request", 3], ["drop answer", 4], ["duplicate", 3], ["delay", 2], ["late answer", 2], ["ghost", 2],
  ["cut request", 1], ["cut answer", 2], ["502", 2], ["portal", 2], ["401", 1],
];
const TOTAL = FAULTS.reduce((sum, [, weight]) => sum + weight, 0);

/** The network of one phone. `phone.weather`: "fair", "foul", "gone" (no network) or "portal" (a hotel's login page). */
export class Network {
  constructor(world, phone, seed) {
    Object.assign(this, { world, phone, chance: chanceOf(seed) });
  }

  /** Return the `fetch` of one life of the phone; after that life nothing is ever answered. */
  fetchOf(life) {
    return (url, init = {}) => {
      if (life.over) return never();
      const answer = this.carry(String(url), init).then(
        (response) => (life.over ? never() : response),
        (error) => { if (life.over) return never(); throw error; },
      );
      return init.signal ? Promise.race([answer, aborted(init.signal)]) : answer;
    };
  }

  pick() {
    const { weather } = this.phone;
    if (weather === "fair") return "none";
    if (weather === "gone") return "drop request";
    if (weather === "portal") return "portal";
    let left = this.chance() * TOTAL;
    for (const [name, weight] of FAULTS) if ((left -= weight) < 0) return name;
    return "none";
  }

  async carry(url, init) {
    const { world, phone } = this;
    const body = init.body instanceof Blob ? await init.body.arrayBuffer() : init.body;
    const request = { url, init: { ...init, body } };
    const fault = this.pick();
    if (phone.dies === "before") phone.die();
    world.count("requests");
    if (fault !== "none") world.count(fault);
    await world.sleep(20 + this.chance() * 80);
    const answer = await this.faulty(fault, request);
    if (phone.dies === "after") phone.die();
    return answer;
  }

  async faulty(fault, request) {
    const { world } = this;
    switch (fault) {
      case "drop request": throw failed();
      case "drop answer": await this.send(request); throw failed();
      case "duplicate": {
        const both = [this.send(request), this.send(request)];
        const [first, second] = await Promise.all(both);
        return this.chance() < 0.5 ? first : second;
      }
      case "delay": await world.sleep(this.chance() * 45_000); return this.send(request);
      case "late answer": {
        const answer = await this.send(request);
        await world.sleep(this.chance() * 90_000);
        return answer;
      }
      case "ghost": // sent again by the network long after it was answered
        world.after(this.chance() * 300_000, () => { this.send(request).catch(() => {}); });
        return this.send(request);
      case "cut request": await this.send(cut(request)).catch(() => {}); throw failed();
      case "cut answer": return this.cutAnswer(await this.send(request));
      case "502": return new Response("<html><h1>502 Bad Gateway</h1></html>", { status: 502, headers: HTML });
      case "portal": return new Response("<html><title>WiFi</title><form>请登录</form></html>", { status: 200, headers: HTML });
      case "401": return new Response('{"error":"signed out"}', { status: 401, headers: JSON_TYPE });
      default: return this.send(request);
    }
  }

  /** Really send it to the server as the phone's person (unless it is to go without cookies); return the answer with its whole body. */
  send({ url, init }) {
    const headers = new Headers(init.headers);
    if (init.credentials !== "omit") headers.set("X-Chaos-Session", this.phone.session);
    const { body, method } = init;
    return track((async () => {
      const { status, headers: heard, bytes } = await (this.phone.real ? overHttp : ask)(url, { method, body: body ?? undefined, headers });
      this.world.count("bytes down", bytes.byteLength);
      this.world.count(`status ${status}`);
      const empty = [101, 204, 205, 304].includes(status) || method === "HEAD";
      return new Response(empty ? null : bytes, { status, headers: heard });
    })());
  }

  async cutAnswer(answer) {
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const part = bytes.slice(0, Math.floor(bytes.length * this.chance()));
    if (this.chance() < 0.5) return new Response(part, { status: answer.status, headers: answer.headers });
    const broken = new ReadableStream({
      start(stream) { stream.enqueue(part); stream.error(new TypeError("network error")); },
    });
    return new Response(broken, { status: answer.status, headers: answer.headers });
  }
}

const realFetch = window.fetch.bind(window);
async function overHttp(url, init) {
  const answer = await realFetch(url, { ...init, credentials: "omit", cache: "no-store" });
  return { status: answer.status, headers: answer.headers, bytes: await answer.arrayBuffer() };
}

const failed = () => new TypeError("Failed to fetch");

function aborted(signal) {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(signal.reason ?? new DOMException("aborted", "AbortError"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
}

function cut({ url, init }) {
  const { body } = init;
  if (!body) return { url, init };
  const half = typeof body === "string" ? body.slice(0, body.length / 2) : body.slice(0, Math.floor((body.byteLength ?? 0) / 2));
  return { url, init: { ...init, body: half } };
}
