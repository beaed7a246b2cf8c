// Copies of the <template>s in templates/shared/live.html, so that scripts hold no texts of their own.

export function copy(id, text) {
  const node = document.getElementById(id).content.firstElementChild.cloneNode(true);
  if (text !== undefined) node.querySelector("[data-text]").textContent = text;
  return node;
}

// Show a toast; it leaves by itself unless it `stays`.
export function toast(node, { stays = false } = {}) {
  document.getElementById("toasts").append(node);
  if (!stays) setTimeout(() => node.remove(), 5000);
  return node;
}
