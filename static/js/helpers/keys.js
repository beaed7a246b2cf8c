// "/" goes to the search box, as people at a desk expect.

export function handleKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const box = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
    if (!box || event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}
