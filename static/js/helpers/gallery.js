// Photos open in the page, with a swipe from one to the next; without scripts their links open the picture itself.

import { copy } from "./markup.js";

export function showPhotos() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-gallery] a.photo");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const links = [...link.closest("[data-gallery]").querySelectorAll("a.photo")];
    open(links, links.indexOf(link));
  });
}

function open(links, position) {
  const dialog = copy("t-lightbox");
  const picture = dialog.querySelector("img");
  const steps = dialog.querySelectorAll("[data-step]");
  const show = (next) => {
    position = (next + links.length) % links.length;
    picture.src = links[position].href;
    picture.alt = links[position].querySelector("img").alt;
    dialog.querySelector("[data-text]").textContent = `${position + 1} / ${links.length}`;
  };
  steps.forEach((button) => {
    button.hidden = links.length < 2;
    button.addEventListener("click", () => show(position + Number(button.dataset.step)));
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft") show(position - 1);
    if (key === "ArrowRight") show(position + 1);
  });
  swipe(picture, (step) => show(position + step));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  show(position);
  dialog.showModal();
}

function swipe(picture, go) {
  let start = null;
  picture.addEventListener("touchstart", (event) => { start = event.touches.length === 1 ? event.touches[0].clientX : null; }, { passive: true });
  picture.addEventListener("touchend", (event) => {
    const moved = start === null ? 0 : event.changedTouches[0].clientX - start;
    if (Math.abs(moved) > 60 && (window.visualViewport?.scale ?? 1) === 1) go(moved < 0 ? 1 : -1);
    start = null;
  });
}
