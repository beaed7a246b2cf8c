// The card that offers to put the app on the home screen: Android asks by itself, iPhones need to be shown how, and inside
// WeChat nothing can be installed, so there the card says to open a real browser.

const LATER = "install-later";
const DAYS = 30;

export function offerInstall() {
  const cards = document.querySelectorAll("[data-install]");
  if (!cards.length || isInstalled()) return;
  const inWeChat = /MicroMessenger/i.test(navigator.userAgent);
  const onApple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  if (inWeChat) reveal(cards, "wechat");
  else if (onApple) reveal(cards, "apple");
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    reveal(cards, "prompt");
    for (const button of document.querySelectorAll("[data-install-now]")) {
      button.addEventListener("click", async () => {
        await event.prompt();
        const { outcome } = await event.userChoice;
        if (outcome === "accepted") hide(cards);
      });
    }
  });
  window.addEventListener("appinstalled", () => hide(cards));
}

function isInstalled() {
  return matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
}

function reveal(cards, kind) {
  for (const card of cards) {
    const wanted = card.dataset.install === kind;
    const postponed = Date.now() - Number(localStorage.getItem(LATER)) < DAYS * 86_400_000;
    card.hidden = !wanted || (postponed && !card.matches("[data-install-always]"));
    card.querySelector("[data-later]")?.addEventListener("click", () => {
      localStorage.setItem(LATER, String(Date.now()));
      card.hidden = true;
    });
  }
}

function hide(cards) {
  for (const card of cards) card.hidden = true;
}
