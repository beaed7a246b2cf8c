// Submitting once: a second tap on a slow line does nothing, the button says that it is working; and asking first.

import { copy, toast } from "./markup.js";

export function watchForms() {
  document.addEventListener("submit", submitOnce);
  document.addEventListener("click", askFirst);
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));
  for (const name of ["htmx:after:request", "htmx:error"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest?.("form[data-sending]");
      if (form) release(form);
    });
  }
  document.addEventListener("htmx:error", () => toast(copy("t-failed")));
  document.addEventListener("htmx:after:swap", () => {
    for (const form of document.querySelectorAll("form[data-clear][data-sent]")) {
      form.reset();
      delete form.dataset.sent;
    }
  });
  document.querySelector("[data-errors]")?.focus();
}

function submitOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[data-once]")) return;
  const offline = !navigator.onLine && form.method === "post";
  if (offline) toast(copy("t-failed"));
  if (offline || form.dataset.sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sending = "yes";
  if (form.matches("[data-clear]")) form.dataset.sent = "yes";
  const button = event.submitter ?? form.querySelector("[type=submit]");
  button?.setAttribute("data-busy", "");
  button?.setAttribute("aria-disabled", "true");
  if (form.method === "get" || form.matches("[data-download]")) setTimeout(() => release(form), 3000);
}

function release(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("[data-busy]")) {
    button.removeAttribute("data-busy");
    button.removeAttribute("aria-disabled");
  }
}

function askFirst(event) {
  const button = event.target.closest?.("[data-confirm]");
  if (!button || button.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const dialog = copy("t-confirm", button.dataset.confirm);
  document.body.append(dialog);
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close("");
    else if (target.closest("button")) dialog.close(target.closest("button").value);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue !== "yes") return;
    button.dataset.confirmed = "yes";
    button.click();
    delete button.dataset.confirmed;
  });
  dialog.showModal();
}
