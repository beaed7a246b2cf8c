// A link to "#id" of a <dialog> opens it as a modal (without scripts CSS shows it by :target); Escape closes the menu.

export function openDialogs() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    const dialog = link && link.hash.length > 1 && document.getElementById(link.hash.slice(1));
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      dialog.showModal();
    } else if (event.target.closest?.("dialog [data-close]")) {
      event.preventDefault();
      event.target.closest("dialog").close();
    } else if (event.target.matches?.("dialog.dialog")) {
      closeOutside(event.target, event);
    } else if (location.hash === "#menu" && !event.target.closest?.("#menu")) {
      location.hash = "";
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && location.hash === "#menu") location.hash = "";
  });
  openTarget();
  reopenWithErrors();
}

// A click on the backdrop arrives at the dialog itself, outside of its box.
function closeOutside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside && (event.clientX || event.clientY)) dialog.close();
}

function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!(target instanceof HTMLDialogElement)) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  target.showModal();
}

// A form in a dialog that came back with mistakes is shown again, open.
function reopenWithErrors() {
  const dialog = document.querySelector("dialog [aria-invalid='true'], dialog [data-errors]")?.closest("dialog");
  if (dialog && !dialog.open) dialog.showModal();
}
