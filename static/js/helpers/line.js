// The state of the line, always in sight: the pill in the top bar shows while there is no signal. The offline
// page opens again what was wanted as soon as the line is back.

export function showLine() {
  const pills = document.querySelectorAll("[data-offline-pill]");
  const draw = () => pills.forEach((pill) => { pill.hidden = navigator.onLine; });
  window.addEventListener("online", draw);
  window.addEventListener("offline", draw);
  draw();
  if (document.querySelector("[data-retry]")) window.addEventListener("online", () => location.reload());
}
