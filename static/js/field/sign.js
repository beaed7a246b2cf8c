// <sign-pad>: a name written with the finger. It goes with its form's operation as a photo whose role is `data-role`; left empty, nothing goes.

import { uuid7, sha256 } from "./ids.js";

class SignPad extends HTMLElement {
  #canvas; #pen; #last = null; #strokes = 0;

  connectedCallback() {
    this.#canvas = this.querySelector("canvas");
    this.#pen = this.#canvas.getContext("2d");
    Object.assign(this.#pen, { strokeStyle: "#101714", fillStyle: "#fff", lineWidth: 5, lineCap: "round", lineJoin: "round" });
    this.clear();
    this.#canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#go(event));
    for (const end of ["pointerup", "pointercancel"]) this.#canvas.addEventListener(end, () => { this.#last = null; });
    this.querySelector("[data-clear]").addEventListener("click", () => this.clear());
    this.hidden = false;
  }

  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [((clientX - left) * this.#canvas.width) / width, ((clientY - top) * this.#canvas.height) / height];
  }

  #begin(event) {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#last = this.#at(event);
    this.#strokes++;
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

  clear() {
    this.#pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#strokes = 0;
  }

  // The signature as operations take photos: [{id, role, bytes, sha256}], or nothing.
  async ready() {
    if (!this.#strokes) return [];
    const blob = await new Promise((done) => this.#canvas.toBlob(done, "image/jpeg", 0.85));
    const bytes = await blob.arrayBuffer();
    return [{ id: uuid7(Date.now(), Math.random), role: this.dataset.role, bytes, sha256: await sha256(bytes) }];
  }
}

customElements.define("sign-pad", SignPad);
