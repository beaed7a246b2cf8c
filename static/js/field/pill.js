// The state of the line and of the outbox, always in sight: 已同步, 3 条待发, 无信号 · 3 条待发.

import { here, started } from "./page.js";
import { _ } from "./texts.js";

let drawing = null;

async function draw() {
  const pills = document.querySelectorAll("[data-sync]");
  if (!here.client || !pills.length) return;
  const waiting = (await here.client.pending()).length;
  const photos = (await here.client.out.all("photo")).filter(({ held, verified }) => held && !verified).length;
  const troubles = (await here.client.troubles()).length;
  const last = await here.client.note("last");
  const quiet = !navigator.onLine || (last && !last.ok && last.why !== "elsewhere");
  const n = waiting || photos;
  const text = quiet ? (n ? _("无信号 · %(n)s 条待发", { n }) : _("无信号")) : troubles ? _("%(n)s 条要处理", { n: troubles }) : waiting ? _("%(n)s 条待发", { n }) : photos ? _("%(n)s 张照片待发", { n }) : _("已同步");
  for (const pill of pills) {
    pill.textContent = text;
    pill.hidden = false;
    pill.classList.toggle("pill-warn", Boolean(quiet || n));
    pill.classList.toggle("pill-bad", troubles > 0);
  }
}

const soon = () => { drawing ??= setTimeout(() => { drawing = null; draw(); }, 30); };

started.then(draw);
document.addEventListener("field", soon);
for (const name of ["online", "offline", "pageshow"]) window.addEventListener(name, soon);
