// The service worker and its updates. A new release waits until nobody's text is at stake: it takes over when this page is
// put away with no kept text, or when the person taps 更新. Kept text (drafts.js) survives the reload either way.

import { hasDrafts } from "./drafts.js";
import { copy, toast } from "./markup.js";

export async function startWorker() {
  if (!navigator.serviceWorker) return;
  let asked = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => { if (asked) location.reload(); });
  watchSignOut();
  let registration;
  try {
    registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  } catch {
    return; // private windows and WeChat's browser may forbid it; the pages work without
  }
  const activate = () => {
    asked = true;
    registration.waiting?.postMessage("activate");
  };
  const offer = () => { if (navigator.serviceWorker.controller) offerUpdate(registration, activate); };
  if (registration.waiting) offer();
  registration.addEventListener("updatefound", () => {
    const incoming = registration.installing;
    incoming?.addEventListener("statechange", () => { if (incoming.state === "installed") offer(); });
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) registration.update().catch(() => {});
  });
}

function offerUpdate(registration, activate) {
  if (document.querySelector(".toast [data-update]")) return;
  const banner = toast(copy("t-update"), { stays: true });
  banner.querySelector("[data-update]").addEventListener("click", activate);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && registration.waiting && !hasDrafts()) activate();
  });
}

// Nothing of one person stays for the next: signing out empties every cache but the shell.
function watchSignOut() {
  document.addEventListener("submit", ({ target }) => {
    if (target.matches("[data-sign-out]")) navigator.serviceWorker.controller?.postMessage("sign-out");
  });
}
