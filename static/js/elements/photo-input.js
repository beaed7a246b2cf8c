// <photo-input>: takes photos, makes them small, shows them, sends them at once, and lets the form go when they are there.
//
// Without this script its file input is part of the form like any other. With it, the form carries the ids of photos the
// server has (photo_ids) and, if the person does not want to wait, of those that will follow (photo_waiting).
// Every text comes from templates/storage/_input.html.

import { drop, keep, mine, account } from "../photos/box.js";
import { factsOf, watermark } from "../photos/facts.js";
import { forget, send, sendNow, tell } from "../photos/sender.js";
import { shrink } from "../photos/shrink.js";

const DAY = 86_400_000;
const KEPT_DAYS = 6;
const PENDING = new Set(["making", "waiting", "sending", "later"]);

class PhotoInput extends HTMLElement {
  #list;
  #input;
  #submitter = null;
  #making = Promise.resolve();
  #onChange = ({ detail }) => this.#show(detail);
  #onSubmit = (event) => this.#hold(event);

  connectedCallback() {
    if (this.#list) return this.#listen();
    this.#list = this.querySelector("[data-photos]");
    this.#input = this.querySelector("input[type=file]");
    this.#input.removeAttribute("name");
    this.#input.required = false;
    this.#input.className = "";
    this.#input.hidden = true;
    this.#input.addEventListener("change", () => this.#take());
    const picks = this.#copy("picks");
    picks.querySelector("[data-camera]").hidden = !matchMedia("(pointer: coarse)").matches;
    picks.addEventListener("click", (event) => this.#pick(event));
    this.#input.after(picks);
    this.#list.addEventListener("click", (event) => this.#press(event));
    this.addEventListener("paste", (event) => this.#add(event.clipboardData.files));
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => { event.preventDefault(); this.#add(event.dataTransfer.files); });
    this.#listen();
    this.#restore();
    this.#take(); // somebody was faster than this script
  }

  disconnectedCallback() {
    document.removeEventListener("photo:change", this.#onChange);
    document.removeEventListener("submit", this.#onSubmit, true);
  }

  get form() { return this.closest("form"); }
  get key() { return `${this.dataset.key || new URL(this.form.action).pathname}:${this.dataset.role ?? ""}`; }
  get #items() { return [...this.#list.children]; }
  get #pending() { return this.#items.filter((item) => PENDING.has(item.dataset.state)); }

  #listen() {
    document.addEventListener("photo:change", this.#onChange);
    // Before htmx and everybody else: a form that waits has not been submitted for anybody.
    document.addEventListener("submit", this.#onSubmit, true);
  }

  #copy(name) {
    return this.querySelector(`template[data-t=${name}]`).content.firstElementChild.cloneNode(true);
  }

  // ---- taking photos

  #pick(event) {
    const button = event.target.closest("button");
    if (!button) return;
    this.#input.toggleAttribute("multiple", !button.matches("[data-camera]"));
    if (button.matches("[data-camera]")) this.#input.setAttribute("capture", "environment");
    else this.#input.removeAttribute("capture");
    this.#input.click();
  }

  #take() {
    if (this.#input.files.length) this.#add(this.#input.files);
    this.#input.value = "";
  }

  #add(files) {
    const free = Number(this.dataset.max) - this.#items.length;
    const taken = [...files].filter(({ type }) => !type || type.startsWith("image/")).slice(0, Math.max(free, 0));
    for (const file of taken) {
      const item = this.#newItem({ id: uuid7(), state: "making" });
      // One after the other: two large photos at once are too much for a small phone.
      this.#making = this.#making.then(() => this.#make(item, file));
    }
    this.#count(files.length > taken.length ? "too-many" : "");
  }

  async #make(item, file) {
    if (!item.isConnected) return;
    const told = await factsOf(file, { here: this.hasAttribute("data-locate"), place: this.dataset.place });
    const bytes = await shrink(file, watermark(told, this.dataset.watermark));
    if (!item.isConnected) return;
    const record = {
      id: item.dataset.id, account: account(), form: this.key, state: "waiting", order: Date.now() + this.#items.indexOf(item) / 100,
      bytes, told: { ...told, sha256: await sha256(bytes) },
    };
    item.querySelector("img").src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    const safe = await keep(record);
    if (!item.isConnected) return drop(record.id);
    item.dataset.kept = safe ? "phone" : "page";
    tell({ id: record.id, state: "waiting" });
    send();
  }

  // ---- showing them

  #newItem({ id, state, src, message }) {
    const item = this.#copy("photo");
    item.dataset.id = id;
    item.querySelector("input[name=photo_waiting]").value = id;
    if (src) item.querySelector("img").src = src;
    this.#list.append(item);
    this.#paint(item, { state, message });
    return item;
  }

  #show(change) {
    const item = this.#items.find(({ dataset }) => dataset.id === change.id);
    if (item) this.#paint(item, change);
  }

  #paint(item, { state, progress = 0, message, photo }) {
    item.dataset.state = state;
    item.querySelector("progress").value = progress;
    item.querySelector("[data-message]").textContent = state === "refused" ? (message ?? "") : "";
    const field = item.querySelector("input[name=photo_ids]");
    field.disabled = state !== "stored";
    field.value = photo?.id ?? item.dataset.id;
    item.querySelector("input[name=photo_waiting]").disabled = !item.dataset.follows || state === "stored";
    this.#count(state === "later" ? "later" : "", message);
    if (this.#submitter && !this.#pending.length) this.#letGo();
  }

  // Say how it stands, once per change that matters to somebody who cannot see the pictures.
  #count(problem = "", message = "") {
    const stored = this.#items.filter(({ dataset }) => dataset.state === "stored").length;
    const left = Number(this.dataset.max) - this.#items.length;
    this.querySelectorAll("[data-camera], [data-gallery-pick]").forEach((button) => { button.disabled = left <= 0; });
    const status = this.querySelector("[data-status]");
    const words = status.dataset;
    const text = problem === "too-many" ? words.tooMany : problem === "later" ? message || words.later
      : this.#items.length ? words.count.replace("{done}", stored).replace("{all}", this.#items.length) : "";
    if (status.textContent !== text) status.textContent = text;
    const count = this.querySelector("dialog [data-count]");
    if (count) count.textContent = this.#pending.length;
  }

  // ---- pressing their buttons

  #press(event) {
    const item = event.target.closest("[data-id]");
    if (event.target.closest("[data-remove]")) this.#remove(item);
    if (event.target.closest("[data-retry]")) sendNow();
  }

  async #remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    (next?.querySelector("[data-remove]") ?? this.querySelector("[data-gallery-pick]")).focus();
    forget(item.dataset.id);
    await drop(item.dataset.id);
    this.#count();
    if (this.#submitter && !this.#pending.length) this.#letGo();
  }

  // ---- letting the form go

  #hold(event) {
    if (event.target !== this.form || !this.#pending.length || this.#pending.every((item) => item.dataset.follows)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#submitter = event.submitter ?? this.form.querySelector("[type=submit]");
    const dialog = this.querySelector("dialog") ?? this.#copy("hold");
    if (!dialog.isConnected) {
      dialog.addEventListener("close", () => this.#answer(dialog.returnValue));
      dialog.addEventListener("click", ({ target }) => {
        const button = target.closest("button");
        if (button) dialog.close(button.value);
      });
      this.append(dialog);
    }
    dialog.returnValue = "";
    if (!dialog.open) dialog.showModal();
    this.#count();
    sendNow();
  }

  #answer(choice) {
    const submitter = this.#submitter;
    this.#submitter = null;
    if (choice === "go") this.form.requestSubmit(submitter);
    if (choice === "follow") this.#follow(submitter);
  }

  #letGo() {
    this.querySelector("dialog")?.close("go");
  }

  // Send the form now: it promises the photos by their ids, and every page of ours goes on sending them.
  async #follow(submitter) {
    await this.#making;
    for (const record of await mine()) {
      const item = this.#pending.find(({ dataset }) => dataset.id === record.id);
      if (!item) continue;
      await keep({ ...record, follow: true });
      item.dataset.follows = "yes";
      item.querySelector("input[name=photo_waiting]").disabled = false;
    }
    this.form.requestSubmit(submitter);
  }

  // ---- after a reload

  async #restore() {
    const shown = new Set(this.#items.map(({ dataset }) => dataset.id));
    const records = (await mine()).filter((record) => record.form === this.key && !record.follow && !shown.has(record.id));
    const stored = records.filter(({ state }) => state === "stored");
    const alive = stored.length ? await stillWaiting(stored.map(({ photo }) => photo.id)) : new Map();
    for (const record of records) {
      const old = Date.now() - record.order > KEPT_DAYS * DAY;
      const gone = record.state === "stored" && alive && !alive.has(record.photo.id);
      if (record.state === "refused" || gone || (old && record.state === "stored") || shown.has(record.photo?.id)) {
        await drop(record.id);
        continue;
      }
      const photo = alive?.get(record.photo?.id) ?? record.photo;
      const src = record.bytes ? URL.createObjectURL(new Blob([record.bytes], { type: "image/jpeg" })) : photo?.thumb;
      const item = this.#newItem({ ...record, src });
      this.#paint(item, { ...record, photo });
    }
    this.#count();
  }
}

// Which of these photos still wait for their form, by id; null when the server cannot be asked.
async function stillWaiting(ids) {
  try {
    const answer = await fetch(`/photos?ids=${ids.join(",")}`, { headers: { accept: "application/json" } });
    return new Map((await answer.json()).photos.map((photo) => [photo.id, photo]));
  } catch {
    return null;
  }
}

async function sha256(bytes) {
  if (!crypto.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(Date.now()) << 16n) | (BigInt(bytes[6] & 0x0f) << 8n) | BigInt(bytes[7]) | 0x7000n);
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

customElements.define("photo-input", PhotoInput);
