// A photo that cannot be shown now, because it lies with the server and there is no signal: says so in its place, and looks again with a signal.

import { _ } from "./texts.js";

const OURS = 'img[src*="/field/photo/"]';

function settle({ target, type }) {
  if (!target.matches?.(OURS)) return;
  const away = type === "error";
  if (away === target.hidden) return;
  target.hidden = away;
  if (!away) return target.nextElementSibling?.matches(".photo-away") && target.nextElementSibling.remove();
  const said = document.createElement("span");
  said.className = "photo-away";
  said.textContent = _("照片在服务器上，有信号时再看");
  target.after(said);
}

// What failed before this script ran, or was made anew since.
const look = () => document.querySelectorAll(OURS).forEach((target) => {
  if (target.complete && !target.naturalWidth && !target.hidden) settle({ target, type: "error" });
});

const again = () => document.querySelectorAll(`${OURS}[hidden]`).forEach((target) => {
  settle({ target, type: "load" });
  target.src = target.getAttribute("src");
});

document.addEventListener("error", settle, true);
document.addEventListener("load", settle, true);
document.addEventListener("field", ({ detail }) => { if (detail.type === "shown") look(); });
window.addEventListener("online", again);
look();
