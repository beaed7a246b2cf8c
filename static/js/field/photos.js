// <field-photos>: photos of a field form. Made small, with time, place and person in the corner; shown at once; kept in the outbox's drafts,
// so that a page that is killed loses none. They go with the form's operation. Without this script its file input is part of the form.

import { factsOf, watermark } from "../photos/facts.js";
import { shrink } from "../photos/shrink.js";
import { sha256, uuid7 } from "./ids.js";
import { draftsOf, dropDraft, keepDraft } from "./outbox.js";
import { started } from "./page.js";
import { _ } from "./texts.js";

class FieldPhotos extends HTMLElement {
  #shots = new Map();
  #making = Promise.resolve();
  #input = null;
  #problem = ""; // with what was chosen last
  #list = null;

  connectedCallback() {
    if (this.#input) return;
    this.#list = this.querySelector("[data-photos]");
    this.#input = this.querySelector("input[type=file]");
    this.#input.removeAttribute("name");
    this.#input.required = false;
    this.#input.hidden = true;
    const take = () => {
      const files = [...this.#input.files];
      this.#input.value = "";
      if (files.length) this.#add(files);
    };
    this.#input.addEventListener("change", take);
    const picks = this.#copy("picks");
    picks.querySelector("[data-camera]").hidden = !matchMedia("(pointer: coarse)").matches;
    picks.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (!button) return;
      this.#input.toggleAttribute("multiple", !button.matches("[data-camera]"));
      this.#input.toggleAttribute("capture", button.matches("[data-camera]"));
      this.#input.click();
    });
    this.#input.after(picks);
    this.#list.addEventListener("click", ({ target }) => { if (target.closest("[data-remove]")) this.#remove(target.closest("[data-id]").dataset.id); });
    this.#restore();
    take(); // somebody was faster than this script
  }

  get #max() { return Number(this.dataset.max) || 9; }
  get #key() { return `${this.id || location.pathname}:${this.dataset.role}`; }
  #copy(name) { return this.querySelector(`template[data-t=${name}]`).content.firstElementChild.cloneNode(true); }

  // The photos as operations take them, once all are made.
  async ready() {
    await this.#making;
    return [...this.#shots.values()].map(({ id, role, bytes, sha256: sum }) => ({ id, role, bytes, sha256: sum }));
  }

  // They have been saved with their operation: the drafts went in the same transaction.
  clear() {
    this.#shots.clear();
    this.#problem = "";
    this.#list.replaceChildren();
    this.#say();
  }

  #add(files) {
    const free = Math.max(0, this.#max - this.#list.children.length);
    const photos = files.filter(({ type }) => !type || type.startsWith("image/"));
    for (const file of photos.slice(0, free)) {
      const item = this.#item(uuid7(Date.now(), Math.random));
      this.#making = this.#making.then(() => this.#make(item, file)).catch((error) => {
        item.remove();
        this.#problem = _(error.message);
        this.#say();
      });
    }
    this.#problem = photos.length < files.length ? _("这不是照片，请选 JPG、PNG、WebP 或 HEIC 图片") : photos.length > free ? _("最多 %(n)s 张，多出的没有加入", { n: this.#max }) : "";
    this.#say();
  }

  async #make(item, file) {
    const client = await started;
    const told = await factsOf(file, { here: this.hasAttribute("data-locate"), place: this.dataset.place });
    const bytes = await shrink(file, watermark(told, this.dataset.watermark));
    const shot = { id: item.dataset.id, form: this.#key, role: this.dataset.role, bytes, sha256: await sha256(bytes), at: Date.now() };
    if (!item.isConnected) return;
    if (client) await keepDraft(client, shot);
    this.#shots.set(shot.id, shot);
    this.#paint(item, bytes);
  }

  #item(id) {
    const item = this.#copy("photo");
    item.dataset.id = id;
    this.#list.append(item);
    return item;
  }

  #paint(item, bytes) {
    item.dataset.state = "kept";
    item.querySelector("img").src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    this.#say();
  }

  async #remove(id) {
    this.#shots.delete(id);
    this.#problem = "";
    this.#list.querySelector(`[data-id="${id}"]`).remove();
    this.querySelector("[data-gallery-pick]").focus();
    this.#say();
    const client = await started;
    if (client) await dropDraft(client, id);
  }

  async #restore() {
    const client = await started;
    for (const shot of client ? await draftsOf(client, this.#key).catch(() => []) : []) {
      if (this.#shots.has(shot.id)) continue;
      this.#shots.set(shot.id, shot);
      this.#paint(this.#item(shot.id), shot.bytes);
    }
    this.#say();
  }

  #say() {
    const n = this.#list.children.length;
    this.querySelectorAll(".photo-picks button").forEach((button) => { button.disabled = n >= this.#max; });
    this.querySelector("[data-status]").textContent = this.#problem || (n ? _("已留在手机上 %(n)s 张，提交后自动上传", { n }) : "");
  }
}

customElements.define("field-photos", FieldPhotos);
