// Signing out: never with work that nobody else has, unless the person says what becomes of it. What they saw goes with them.

import { askReason } from "./centre.js";
import { here, sendNow, started } from "./page.js";
import { phone, photosName } from "./store.js";
import { copy } from "../helpers/markup.js";

const unsent = async () => {
  const waiting = await here.client.pending();
  const gone = new Set((await here.client.records("discarded")).map(({ id }) => id));
  const photos = (await here.client.out.all("photo")).filter(({ op, held, verified }) => held && !verified && !gone.has(op));
  return { waiting, n: new Set([...waiting.map(({ id }) => id), ...photos.map(({ op }) => op)]).size };
};

// Called for the sign-out form before it is sent; resolves with whether it may go.
export async function leave() {
  if (!(await started)) return true;
  if ((await unsent()).n) await sendNow().catch(() => {});
  const { waiting, n } = await unsent();
  if (n) {
    const choice = await ask(n);
    if (!choice) return false;
    if (choice === "send") return leave();
    if (choice === "discard") {
      const reason = await askReason(copy("t-reason"), document.body);
      if (!reason) return false;
      for (const { id } of waiting) await here.client.discard(id, reason);
      await sendNow().catch(() => {});
    }
  }
  await forget();
  return true;
}

function ask(n) {
  const dialog = copy("t-unsent");
  dialog.querySelector("[data-text]").textContent = n;
  document.body.append(dialog);
  dialog.addEventListener("click", ({ target }) => { if (target.closest("button")) dialog.close(target.closest("button").value); });
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue);
  }));
}

// The copy of the documents goes, and the photos that were looked at; the outbox stays, sealed, for its own token.
async function forget() {
  await here.client.dropReplica();
  await globalThis.caches?.delete(photosName(here.client.account)).catch(() => {});
  const ours = phone(here.client.storage);
  await ours.put("meta", "", "current");
  await ours.close();
}
