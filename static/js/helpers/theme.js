// Light, dark, or as the device: the form of templates/shared/appearance.html changes the page at once, and posts itself.

export function followTheme() {
  document.addEventListener("change", ({ target }) => {
    if (!target.closest("[data-theme-choice]")) return;
    if (target.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = target.value;
    target.form.requestSubmit();
  });
}
