// Plays one run: the steps of a plan, one after another, on simulated phones; then the weather clears, a minute passes, and what is on the phones
// is told. Checks that need no server are made after every step.
import { quiet, track, turn, watch } from "./activity.js";
import { ask, connect } from "./line.js";
import { Phone, World } from "./phone.js";

watch();
const realFetch = window.fetch.bind(window);
const CALM = 60_000;
const DAY = 86_400_000;

function control(name, more = {}) {
  return track(ask("/chaos/control", { method: "POST", body: JSON.stringify({ name, ...more }) }).then(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes))));
}

const picture = new Map();
async function photoBytes(number, mark) {
  if (!picture.has(number)) picture.set(number, new Uint8Array(await (await realFetch(`/chaos/photo${number}.jpg`)).arrayBuffer()));
  const base = picture.get(number);
  const words = new TextEncoder().encode(mark); // a comment makes it a photo nobody has taken before
  const bytes = new Uint8Array(base.length + words.length + 4);
  bytes.set(base.subarray(0, 2));
  bytes.set([0xff, 0xfe, (words.length + 2) >> 8, (words.length + 2) & 255], 2);
  bytes.set(words, 6);
  bytes.set(base.subarray(2), 6 + words.length);
  return bytes.buffer;
}

class Run {
  constructor(plan, parts) {
    this.plan = plan;
    this.world = new World(plan.start);
    this.troubles = [];
    this.world.trouble = (error) => this.troubles.push(String(error?.stack ?? error));
    this.phones = plan.phones.map((card, number) => new Phone(this.world, number, plan.seed, { ...card, real: plan.real }, parts, `r${plan.number}p${number}-`));
  }

  async play() {
    for (const phone of this.phones) phone.kick();
    for (const [index, step] of this.plan.steps.entries()) {
      try {
        await this.step(step);
        await this.check(this.phones[(step.phone ?? 0) % this.phones.length], index % 10 === 9);
      } catch (error) {
        return this.told(index, error);
      }
      if (this.troubles.length) return this.told(index, this.troubles[0]);
    }
    try {
      await this.heal();
      return await this.told(null, this.troubles[0] ?? null);
    } catch (error) {
      return this.told(this.plan.steps.length, error);
    }
  }

  async step(step) {
    const phone = this.phones[(step.phone ?? 0) % this.phones.length];
    await this[step.do](phone, step);
    if (phone.dead) await phone.revive(); // it died of an earlier step's network
    await this.world.pass(step.then ?? 0);
    if (phone.dead) await phone.revive();
  }

  async save(phone, { type, which, photos = [], mark }) {
    const made = { type, args: {}, photos: [] };
    for (const [index, number] of photos.entries()) made.photos.push({ bytes: await photoBytes(number, `${mark} ${index}`), role: "item" });
    if (type === "card.make") made.args = { name: mark };
    else {
      const seen = await this.until(phone, phone.client.view(type === "secret.tick" ? "secret" : "card"));
      const card = seen?.[which % (seen.length || 1)];
      if (!card) return this.world.count("nothing to work on");
      Object.assign(made, { entity: card.id, base: card.v, args: type === "card.name" ? { name: mark } : phone.old ? { text: mark } : { note: mark } });
    }
    await this.until(phone, phone.save(made));
    phone.kick();
  }

  /** Wait for what the phone does; if it dies meanwhile, nobody is told. */
  async until(phone, promise) {
    const { life } = phone;
    let over = false;
    const end = promise.then((value) => { over = true; return value; }, (error) => { over = true; if (!life.over) throw error; });
    end.catch(() => {});
    for (let calm = 0; !over && calm < 3; calm++) {
      await quiet();
      if (life.over) return undefined;
    }
    return this.world.until(end);
  }

  async burst(phone, step) { for (let i = 0; i < step.count; i++) await this.save(phone, { ...step, which: step.which + i, mark: `${step.mark}.${i}` }); }
  async again(phone) {
    this.world.count((await this.until(phone, phone.again())) ? "submitted anew" : "nothing to submit anew");
    phone.kick();
  }
  async wait(_phone, { ms }) { await this.world.pass(ms); }
  async night(_phone, { ms }) { // the phones lie in a drawer
    for (const one of this.phones) if (!one.dead) one.runner.close();
    this.world.time += ms;
    for (const one of this.phones) if (!one.dead) { one.wake(); one.kick(); }
  }
  async kick(phone) { phone.kick(); }
  async weather(phone, { to, all }) { for (const one of all ? this.phones : [phone]) { one.weather = to; if (to !== "gone") one.kick(); } }
  async clock(phone, { ms }) { phone.skew += ms; }
  async kill(phone) { await turn(); if (!phone.dead) phone.die(); }
  async doom(phone, { when }) { phone.dies = when; phone.kick(); }
  async expire(phone) { phone.session = "expired"; }
  async signIn(phone) { phone.session = phone.signedIn; phone.kick(); }
  async wipe(phone) { if (!phone.dead) await this.until(phone, phone.client.dropReplica()); phone.kick(); }
  async tab(phone) { // a second tab of the same person, for one pass
    const other = phone.parts.createClient({ ...phone.client, device: phone.device, account: phone.account });
    const pass = other.flush().then(() => other.close(), (error) => { if (!phone.life.over) this.world.trouble(error); });
    this.tabs = (this.tabs ?? []).concat(pass);
    phone.kick();
  }
  async desk(_phone, step) { await control("desk", step); }
  async posts(phone, step) { await control("posts", { account: phone.account, posts: step.posts }); }
  async piece(_phone, step) { this.world.count("pieces deleted", (await control("piece", step)).deleted); }
  async backup() { await control("backup"); }
  async restore() { if ((await control("restore")).restored) this.world.count("restored"); }

  /** What must hold at any moment and costs little: every operation that was called saved is on the phone. */
  async check(one, all) {
    for (const phone of this.phones) {
      if (phone.dead || (!all && phone !== one)) continue;
      const records = new Set((await phone.client.records()).map(({ id }) => id));
      const lost = phone.said.filter(({ id, seq }) => !records.has(id) && !phone.pruned?.has(id) && seq);
      if (lost.length) throw new Error(`I1: ${lost.length} saved operations are neither waiting nor receipts: ${lost[0].id}`);
    }
  }

  async heal() {
    await control("heal");
    for (const phone of this.phones) {
      phone.weather = "fair";
      phone.session = phone.signedIn;
      if (phone.dead) await phone.revive();
      phone.dies = "";
    }
    await this.world.pass(0);
    const begun = this.world.time;
    for (const phone of this.phones) phone.kick(); // what `online` does
    while (this.world.time < begun + CALM) {
      await this.world.pass(Math.min(5_000, begun + CALM - this.world.time));
      const waiting = await Promise.all(this.phones.map((phone) => phone.client.pending()));
      if (waiting.every((one) => !one.length)) break;
    }
    for (const phone of this.phones) {
      const left = await phone.client.pending();
      if (left.length) throw new Error(`I6: ${left.length} operations wait ${CALM / 1000} s after everything is well: ${left[0].op.type} ${left[0].state} ${left[0].why ?? ""} ${JSON.stringify(await phone.client.note("last"))}`);
    }
    for (const phone of this.phones) phone.runner.close();
    await this.world.pass(400_000); // what the network still held back arrives
    // A phone that last heard of the server before it was restored learns of it by a pull, and then hands everything in again.
    for (let left = true, tries = 0; left && tries < 5; tries++) {
      const flushed = [];
      for (const phone of this.phones) flushed.push(await this.world.until(phone.client.flush()));
      for (const phone of this.phones) await this.world.until(phone.client.pull());
      const waiting = await Promise.all(this.phones.map((phone) => phone.client.pending()));
      left = flushed.some(({ why }) => why === "elsewhere") || waiting.some((one) => one.length);
    }
    await this.world.pass(0);
  }

  async told(at, error) {
    for (const phone of this.phones) phone.runner.close();
    const phones = [];
    for (const phone of this.phones) phones.push({ device: phone.device, account: phone.account, ...(await phone.contents()) });
    return { at, error: error ? String(error?.stack ?? error) : null, counts: this.world.counts, phones };
  }

  async clear() {
    for (const phone of this.phones) {
      phone.life.over = true;
      if (this.plan.real) await phone.client.close();
    }
    await quiet();
    if (!this.plan.real) return;
    for (const { name } of await indexedDB.databases()) if (name.startsWith(`r${this.plan.number}p`)) indexedDB.deleteDatabase(name);
  }
}

/** Play `plan`; return what came of it. */
window.play = async (plan) => {
  const [client, store, running] = await Promise.all(["client", "store", "flusher"].map((name) => import(`${plan.scripts}/${name}.js`)));
  await connect(plan.line);
  const run = new Run(plan, { createClient: client.createClient, browserStorage: store.browserStorage, flusher: running.flusher });
  const report = await run.play();
  await run.clear();
  return report;
};
window.ready = true;
