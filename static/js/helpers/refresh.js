// <div id="board" data-refresh="5" data-version="…"> follows the server: this page is asked for again every 5 s while it is
// looked at, and at once when somebody comes back to it. The server answers 204 while data-version is still what it has.
// What changed is morphed in, with the menus and their counts, and with a list's #figures.

const MENUS = "#menu:outerMorph,#tabs:outerMorph,#figures:outerMorph";

export function refreshParts() {
  for (const part of document.querySelectorAll("[data-refresh][id]")) {
    const seconds = Number(part.dataset.refresh) || 10;
    const timer = setInterval(() => {
      if (document.getElementById(part.id)?.matches("[data-refresh]")) look(part.id);
      else clearInterval(timer);
    }, seconds * 1000);
    document.addEventListener("visibilitychange", () => look(part.id));
  }
}

async function look(id) {
  if (document.hidden || !navigator.onLine) return;
  const part = document.getElementById(id);
  if (!part || part.dataset.looking || part.querySelector("input[type=checkbox]:checked")) return; // who ticks rows is not disturbed
  part.dataset.looking = "yes";
  try {
    const headers = { "hx-request": "true", "x-seen": part.dataset.version ?? "" };
    const answer = await fetch(location.href, { headers, redirect: "error" });
    const elsewhere = answer.headers.get("hx-redirect"); // the page has moved on: an import that asks for its columns
    if (elsewhere) location.replace(elsewhere);
    else if (answer.status === 200) await show(part, await answer.text());
  } catch {
    // no line just now: what is shown stays, the next look comes soon
  } finally {
    delete document.getElementById(id)?.dataset.looking;
  }
}

async function show(part, text) {
  if (!text.includes(`id="${part.id}"`)) return;
  const select = `#${CSS.escape(part.id)}`;
  await window.htmx?.swap({ sourceElement: part, target: part, text, select, swap: "outerMorph", selectOOB: MENUS });
}
