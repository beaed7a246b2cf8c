// The state of the line, always in sight: the pill in the top bar shows while there is no signal. The offline
// page opens again what was wanted as soon as the line is back.

export function showLine() {
  const pills = document.querySelectorAll("[data-offline-pill]");
  const draw = () => pills.forEach((pill) => { pill.hidden = navigator.onLine; });
  window.addEventListener("online", draw);
  window.addEventListener("offline", draw);
  draw();
  if (document.querySelector("[data-retry]")) openAgain();
}

// A line that comes and goes must not take back where a tap on a link is leading.
function openAgain() {
  let leaving = false;
  document.addEventListener("click", ({ target }) => { leaving ||= Boolean(target.closest("a[href]")); });
  window.addEventListener("online", () => leaving || location.reload());
}
