// <sign-pad>: a name written with the finger. It goes with its form's operation as a photo whose role is `data-role`; left empty, nothing goes.
// Like the photos of an open form it is kept in the outbox's drafts from stroke to stroke, and is there again on a page that was killed.

import { uuid7, sha256 } from "./ids.js";
import { draftsOf, dropDraft, keepDraft } from "./outbox.js";
import { started } from "./page.js";

class SignPad extends HTMLElement {
  #canvas; #pen; #last = null; #shot = null; #work = Promise.resolve();

  connectedCallback() {
    if (this.#canvas) return;
    this.#canvas = this.querySelector("canvas");
    this.#pen = this.#canvas.getContext("2d");
    Object.assign(this.#pen, { strokeStyle: "#101714", fillStyle: "#fff", lineWidth: 5, lineCap: "round", lineJoin: "round" });
    this.#canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#go(event));
    for (const end of ["pointerup", "pointercancel"]) this.#canvas.addEventListener(end, () => this.#end());
    this.querySelector("[data-clear]").addEventListener("click", () => this.clear());
    this.#wipe();
    this.#then(async (client) => {
      const kept = await draftsOf(client, this.id);
      const shot = kept.pop();
      this.#pen.drawImage(await createImageBitmap(new Blob([shot.bytes])), 0, 0);
      this.#shot = shot;
      for (const { id } of kept) await dropDraft(client, id);
    }).then(() => { this.hidden = false; });
  }

  // One after the other. Where this browser keeps nothing, or no more, the signature still goes with its form.
  #then(work) {
    return (this.#work = this.#work.then(async () => work(await started)).catch(() => {}));
  }

  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [((clientX - left) * this.#canvas.width) / width, ((clientY - top) * this.#canvas.height) / height];
  }

  #begin(event) {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#last = this.#at(event);
    this.#line(this.#last); // a dot is a stroke, too
  }

  #go(event) {
    if (this.#last) this.#line(this.#at(event));
  }

  #line(to) {
    this.#pen.beginPath();
    this.#pen.moveTo(...this.#last);
    this.#pen.lineTo(...to);
    this.#pen.stroke();
    this.#last = to;
  }

  #end() {
    if (!this.#last) return;
    this.#last = null;
    const drawn = new Promise((done) => this.#canvas.toBlob(done, "image/jpeg", 0.85));
    this.#then(async (client) => {
      const [at, old, bytes] = [Date.now(), this.#shot, await (await drawn).arrayBuffer()];
      this.#shot = { id: uuid7(at, Math.random), form: this.id, role: this.dataset.role, bytes, sha256: await sha256(bytes), at };
      await keepDraft(client, this.#shot);
      if (old) await dropDraft(client, old.id);
    });
  }

  #wipe() {
    this.#pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  // Wiped by hand, or saved with its operation, whose photo it is then.
  clear() {
    this.#wipe();
    this.#then(async (client) => {
      const { id } = this.#shot;
      this.#shot = null;
      await dropDraft(client, id);
    });
  }

  // The signature as operations take photos: [{id, role, bytes, sha256}], or nothing.
  async ready() {
    await this.#work;
    return this.#shot ? [this.#shot] : [];
  }
}

customElements.define("sign-pad", SignPad);
