// Ids that sort by the time they were made (UUID version 7, RFC 9562), hashes, and the one way to write an operation down.

export function uuid7(now, random) {
  const digits = Array.from({ length: 20 }, () => Math.floor(random() * 16).toString(16));
  digits[0] = "7";
  digits[4] = "89ab"[Math.floor(random() * 4)];
  const hex = Math.floor(now).toString(16).padStart(12, "0") + digits.join("");
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// JSON with sorted keys and no spaces: the same bytes as Python's json.dumps(sort_keys=True, ensure_ascii=False, separators=(",", ":")).
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!value || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

// SHA-256 of bytes, or of a text's UTF-8, as hex.
export async function sha256(data) {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function hashOf({ hash: _hash, ...op }) {
  return sha256(canonical(op));
}
