// Which page an address means: the first of the table that matches, with its parameters.

const patterns = new Map();

function pattern(path) {
  if (!patterns.has(path)) patterns.set(path, new RegExp(`^${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`));
  return patterns.get(path);
}

export function find(pages, path) {
  for (const page of pages) {
    const match = pattern(page.path).exec(path);
    if (match) return { page, params: { ...match.groups } };
  }
  return null;
}
