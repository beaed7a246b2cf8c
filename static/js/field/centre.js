// <sync-centre>: what waits on this phone, why, since when, with its photos; what the server would not take as it was, and what to do about it.

import { isFinal } from "./outbox.js";
import { size } from "./formats.js";
import { here, sendNow, started } from "./page.js";
import { codes, operations, pages, readable } from "./table.js";
import { targetsOf } from "./view.js";
import { N_, _ } from "./texts.js";
import { copy, toast } from "../helpers/markup.js";
import { age } from "./ready.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const WHY = {
  offline: N_("没有信号"), portal: N_("网络要先登录（例如公共无线网）"), busy: N_("服务器忙"), "signed-out": N_("登录已过期，请重新登录"),
  refused: N_("服务器没有接受"), retry: N_("等前面的一条先到"), upgrade: N_("应用要更新后才能发送"), elsewhere: N_("另一个页面正在发送"),
};
// Why the server has it and has not done it: it says so itself, or the photos are still on their way, or an earlier record is.
const whyKept = ({ id, message }, photos) => message || (photos.some(({ op, verified }) => op === id && !verified) ? _("等照片传完") : _("等前面的一条先到"));
const words = (why) => (why ? _(WHY[why] ?? "正在发送") : _("正在发送"));

class SyncCentre extends HTMLElement {
  #timer = 0;
  #onEvent = () => { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.#draw(), 60); };

  connectedCallback() {
    document.addEventListener("field", this.#onEvent);
    this.addEventListener("click", (event) => this.#press(event));
    this.addEventListener("change", (event) => this.#choose(event));
    started.then(() => this.#draw());
  }
  disconnectedCallback() { document.removeEventListener("field", this.#onEvent); }

  #part(name) { return this.querySelector(`[data-part=${name}]`); }
  #copy(name) { return this.querySelector(`template[data-t=${name}]`).content.firstElementChild.cloneNode(true); }

  async #draw() {
    if (!here.client || !this.isConnected) return;
    this.hidden = false;
    const [waiting, troubles] = await Promise.all([here.client.pending(), here.client.troubles()]);
    const photos = await here.client.out.all("photo");
    const last = await here.client.note("last");
    const unsent = photos.filter(({ held, verified }) => held && !verified);
    const owners = await Promise.all(unsent.map(({ op }) => here.client.out.get("op", op)));
    const loose = unsent.filter((_photo, i) => owners[i] && isFinal(owners[i]) && owners[i].state !== "discarded");
    await this.#list("troubles", troubles, photos, (record) => record.message && _(record.message));
    await this.#list("waiting", waiting, photos, (record) => (record.state === "deferred" ? whyKept(record, photos) : words(record.why || (last && !last.ok ? last.why : navigator.onLine ? "" : "offline"))));
    this.#part("loose").hidden = !loose.length;
    this.#part("loose").textContent = _("另有 %(n)s 张照片在补传", { n: loose.length });
    const wifi = Boolean(await here.client.note("wifi"));
    if (wifi) this.#part("loose").textContent += ` · ${_("照片只用无线网发送")}`;
    const problem = unsent.find(({ refused }) => refused);
    if (problem) this.#part("loose").textContent += ` · ${_("有照片服务器不收，请导出后交给内业")}`;
    this.#part("calm").hidden = Boolean(waiting.length || troubles.length || loose.length);
    this.#part("last").textContent = last ? _("上次发送：%(when)s", { when: age(last.at) }) + (last.ok ? "" : ` · ${words(last.why)}`) : "";
    this.querySelector("[name=wifi]").checked = wifi;
    const { usage = 0, quota = 0 } = await here.client.storage.estimate();
    const kept = (await here.client.storage.persisted()) ? _("系统不会自动清理") : _("手机空间不足时可能被系统清理，建议放到手机桌面");
    const room = _("已用 %(used)s，可用 %(free)s", { used: size(usage, Math.ceil), free: size(quota - usage) });
    this.#part("storage").textContent = `${room} · ${kept}`;
  }

  async #list(name, records, photos, why) {
    const part = this.#part(name);
    part.hidden = !records.length;
    const items = await Promise.all(records.map((record) => this.#item(name, record, photos.filter(({ op }) => op === record.id), why(record))));
    settleIn(part.querySelector("[data-list]"), items);
    part.querySelector("[data-count]").textContent = records.length;
  }

  async #item(name, record, photos, why) {
    const item = this.#copy(name);
    item.dataset.op = record.id;
    const { op } = record;
    const [[kind, id] = []] = targetsOf(op, operations);
    const set = (part, text) => { item.querySelector(`[data-set=${part}]`).textContent = text; };
    set("label", _(operations[op.type]?.label ?? op.type));
    set("since", age(record.saved));
    set("why", why);
    const words = readable.flatMap((name) => op.args[name] ?? []).filter((value) => value && !UUID.test(value));
    set("mine", words.map((value) => _(codes[value] ?? value)).join(" · ") || "—");
    const shown = id ? await here.client.shown(kind, id) : null;
    set("about", [shown?.summary ?? shown?.name, shown?.place].filter(Boolean).join(" · "));
    for (const photo of photos) {
      const picture = document.createElement("img");
      Object.assign(picture, { src: `/field/photo/${photo.id}`, alt: _("照片"), width: 72, height: 72 });
      item.querySelector("[data-photos]").append(picture);
    }
    if (photos.length) set("photos", _("照片 %(done)s/%(all)s", { done: photos.filter(({ verified }) => verified).length, all: photos.length }));
    const page = pages.find(({ path, one }) => path.match(/\{/g)?.length === 1 && Object.values(one).some((key) => key.startsWith(`${kind}:{`)));
    const link = item.querySelector("[data-link]");
    if (page && shown) link.href = page.path.replace(/\{\w+\}/, id);
    else link.remove();
    return item;
  }

  async #press({ target }) {
    const button = target.closest("button[data-do]");
    if (!button) return;
    const id = button.closest("[data-op]")?.dataset.op;
    try {
      await ({
        send: () => this.#send(), again: () => here.client.again(id).then(sendNow), settle: () => here.client.settle(id),
        discard: () => this.#discard(id), export: () => this.#export(id ? [id] : undefined), import: () => this.querySelector("[name=file]").click(),
      })[button.dataset.do]();
    } catch (error) {
      toast(copy("t-toast", _(error.message)));
    }
    this.#draw();
  }

  async #send() {
    if (await here.client.note("wifi")) await here.client.keepNotes({ once: Date.now() });
    const result = await sendNow();
    if (!result.ok) toast(copy("t-toast", words(result.why)));
  }

  async #discard(id) {
    const reason = await askReason(this.#copy("reason"), this);
    if (!reason) return;
    await here.client.discard(id, reason);
    await sendNow();
  }

  async #choose({ target }) {
    if (target.name === "wifi") {
      await here.client.keepNotes({ wifi: target.checked });
      if (!target.checked) sendNow();
    }
    if (target.name === "file" && target.files[0]) {
      try {
        const n = await here.client.imported(await target.files[0].text());
        toast(copy("t-toast", _("导入了 %(n)s 条", { n })));
        sendNow();
      } catch (error) {
        toast(copy("t-toast", _(error.message)));
      }
      target.value = "";
    }
  }

  async #export(ids) {
    const name = `neiye-${new Date().toISOString().slice(0, 16).replace(/\D/g, "")}.json`;
    const file = new File([await here.client.exported(ids)], name, { type: "application/json" });
    if (matchMedia("(pointer: coarse)").matches && navigator.canShare?.({ files: [file] })) {
      const shared = await navigator.share({ files: [file], title: _("未发送的记录") }).then(() => true, (error) => error.name === "AbortError");
      if (shared) return;
    }
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

// Makes `items` the children of `list`. What is there already and looks the same stays: an item that went away under the finger would swallow the tap.
function settleIn(list, items) {
  const there = new Map([...list.children].map((item) => [item.dataset.op, item]));
  const wanted = items.map((item) => (there.get(item.dataset.op)?.isEqualNode(item) ? there.get(item.dataset.op) : item));
  if (wanted.length !== list.children.length || wanted.some((item, i) => item !== list.children[i])) list.replaceChildren(...wanted);
}

// Asks for a reason in `dialog`; resolves with the text, or "" when the person thinks better of it.
export function askReason(dialog, within) {
  within.append(dialog);
  dialog.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    const field = dialog.querySelector("textarea");
    if (!button || (button.value === "yes" && !field.reportValidity())) return;
    dialog.close(button.value === "yes" ? field.value.trim() : "");
  });
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue);
  }));
}

customElements.define("sync-centre", SyncCentre);
