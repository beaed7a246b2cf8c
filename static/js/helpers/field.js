// The field work's scripts, on every page of the staff and of who lives here: their forms are saved on the phone first, and nobody signs out
// over unsent work. For everybody else, and when nobody is signed in, this phone forgets whose pages its worker may show.

// Who lives here needs them for reports without a signal only: there they come once the page is done and the line is free.
const LATER = 4000;

export function startField() {
  const { field, account } = document.body.dataset;
  if (!field) {
    if (!document.querySelector("[data-retry]")) forget();
    return;
  }
  let loaded;
  const scripts = () => (loaded ??= import("../field/scripts.js").then(() => globalThis.fieldScripts.pages()));
  if (field === "yes" || location.pathname.startsWith("/field/")) scripts();
  else setTimeout(scripts, LATER);
  const held = async (event) => {
    const form = event.target;
    const leaving = form.matches("[data-sign-out]") && !form.dataset.left;
    if (!account || !(leaving || (form.matches("[data-op]") && globalThis.crypto?.subtle))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submit, leave } = await scripts();
    if (!leaving) return submit(form, event.submitter);
    if (!(await leave())) return;
    form.dataset.left = "yes";
    form.requestSubmit(event.submitter);
  };
  document.addEventListener("submit", held, true);
}

async function forget() {
  if (!localStorage.getItem("device")) return;
  const { browserStorage, phone } = await import("../field/store.js");
  const ours = phone(browserStorage());
  await ours.put("meta", "", "current").catch(() => {});
  await ours.close();
}
