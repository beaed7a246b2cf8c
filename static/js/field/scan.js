// <field-scan>: reads a QR code with the camera or a tag by NFC into its text field; typing it is always possible.
//
//   <field-scan data-submit> <input name="code" …> <button type="button" data-camera>…</button> <button type="button" data-nfc>…</button> </field-scan>
//
// The code goes into the element's input (of an address only its last part), together with how it was read (the input
// [data-how], if there is one: "qr", "nfc" or "typed"); with data-submit the form is then sent. It also tells "scanned" {code, how}.

import { _ } from "./texts.js";

class FieldScan extends HTMLElement {
  #stop = null;

  // When a page is morphed the element is there before its parts: it listens on itself, and the page's root says which ways there are.
  connectedCallback() {
    this.onclick = ({ target }) => {
      if (target.closest("[data-camera]")) this.#look();
      if (target.closest("[data-nfc]")) this.#listen();
    };
    this.oninput = () => this.#note("typed");
  }
  disconnectedCallback() { this.#stop?.(); }

  get #input() { return this.querySelector("input:not([type=hidden])"); }
  #note(how) {
    const field = this.querySelector("[data-how]");
    if (field) field.value = how;
  }
  #say(text) { this.querySelector("[data-status]").textContent = text; }

  #take(text, how) {
    const code = /^https?:\/\//.test(text) ? new URL(text).pathname.split("/").at(-1) : text;
    this.#input.value = code.trim();
    this.#note(how);
    this.#say("");
    navigator.vibrate?.(60);
    this.dispatchEvent(new CustomEvent("scanned", { bubbles: true, detail: { code: this.#input.value, how } }));
    if (this.hasAttribute("data-submit")) this.#input.form.requestSubmit();
  }

  async #look() {
    if (this.#stop) return this.#stop();
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch {
      return this.#say(_("用不了相机，请手工输入点位编号"));
    }
    const video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true, playsInline: true });
    this.append(video);
    let on = true;
    this.#stop = () => {
      on = false;
      for (const track of stream.getTracks()) track.stop();
      video.remove();
      this.#stop = null;
    };
    await video.play();
    const read = await reader();
    this.#say(_("把二维码放进画面"));
    while (on) {
      const text = await read(video).catch(() => "");
      if (text && on) {
        this.#stop();
        return this.#take(text, "qr");
      }
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
  }

  async #listen() {
    try {
      const tag = new window.NDEFReader();
      await tag.scan();
      this.#say(_("把手机靠近标签"));
      tag.onreading = ({ message, serialNumber }) => {
        const record = message.records.find(({ recordType }) => recordType === "url" || recordType === "text");
        this.#take(record ? new TextDecoder().decode(record.data) : serialNumber, "nfc");
      };
    } catch {
      this.#say(_("读不了标签，请扫码或手工输入"));
    }
  }
}

// The browser's own reader of QR codes, else jsQR, fetched when it is first needed (it lies in the shell's cache).
async function reader() {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? [];
  if (formats.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? "";
  }
  await import("../../vendor/jsqr-1.4.0/jsQR.js");
  const canvas = document.createElement("canvas");
  return async (video) => {
    canvas.width = Math.min(640, video.videoWidth);
    canvas.height = Math.round((video.videoHeight * canvas.width) / video.videoWidth);
    const paint = canvas.getContext("2d", { willReadFrequently: true });
    paint.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = paint.getImageData(0, 0, canvas.width, canvas.height);
    return globalThis.jsQR(picture.data, picture.width, picture.height)?.data ?? "";
  };
}

const ways = document.documentElement.classList;
ways.toggle("can-camera", Boolean(navigator.mediaDevices?.getUserMedia));
ways.toggle("can-nfc", "NDEFReader" in window);
customElements.define("field-scan", FieldScan);
