// <field-ready>: whether this phone is ready for the basement: everything of the shift lies on it, and how old it is.

import { here, started } from "./page.js";
import { LEAST_FREE } from "./outbox.js";
import { _ } from "./texts.js";

const OLD = 4 * 3600_000;

export function age(at) {
  const minutes = Math.floor((Date.now() - at) / 60_000);
  if (minutes < 1) return _("刚刚");
  if (minutes < 60) return _("%(n)s 分钟前", { n: minutes });
  return minutes < 1440 ? _("%(n)s 小时前", { n: Math.floor(minutes / 60) }) : _("%(n)s 天前", { n: Math.floor(minutes / 1440) });
}

class FieldReady extends HTMLElement {
  #onEvent = () => this.#draw();

  connectedCallback() {
    document.addEventListener("field", this.#onEvent);
    navigator.serviceWorker?.addEventListener("controllerchange", this.#onEvent);
    started.then(() => this.#draw());
  }
  disconnectedCallback() {
    document.removeEventListener("field", this.#onEvent);
    navigator.serviceWorker?.removeEventListener("controllerchange", this.#onEvent);
  }

  async #draw() {
    if (!here.client) return;
    const at = await here.client.rep.get("meta", "at").catch(() => 0);
    const { usage = 0, quota } = await here.client.storage.estimate();
    const short = quota !== undefined && quota - usage < LEAST_FREE;
    const worker = Boolean(navigator.serviceWorker?.controller);
    const good = at && worker && !short && Date.now() - at < OLD;
    const text = !worker ? _("还不能离线，请稍候或重新打开本页") : !at ? _("还没有下载，先不要进地下室")
      : (good ? _("可离线") : _("可离线，但内容较旧")) + " · " + _("%(when)s更新", { when: age(at) });
    this.textContent = short ? `${text} · ${_("手机空间不足，加不了照片")}` : text;
    this.className = good ? "pill" : "pill pill-warn";
    this.hidden = false;
  }
}

customElements.define("field-ready", FieldReady);
