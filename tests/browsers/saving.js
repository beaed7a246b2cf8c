// Saves operations with photos, one after another, and tells of each once the client says that it is safe. After a crash: what is there.
async function start(o) {
  const load = (name) => import(`/chaos/js/field/${name}.js`);
  const [{ createClient }, { browserStorage }, { sha256 }] = await Promise.all([load("client"), load("store"), load("ids")]);
  const clock = { now: () => Date.now(), setTimeout: (...a) => setTimeout(...a), clearTimeout: (id) => clearTimeout(id) };
  const client = createClient({
    storage: browserStorage("kill-"), clock, random: Math.random, account: o.account, device: o.device, table: o.table, csrf: () => o.csrf,
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, "x-chaos-session": o.session } }),
  });
  return { client, sha256 };
}

// What is on the disk: {operation: {seq, photos: {photo: whether it is whole}}}. Of operations up to number `looked`, whose photos were found
// whole before, only whether the bytes are there.
async function kept({ client, sha256 }, looked) {
  const found = {};
  const there = new Set(await client.out.read("bytes", (of) => new Promise((resolve, reject) => {
    const request = of("bytes").getAllKeys();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  })));
  for (const record of await client.records()) found[record.id] = { photos: {}, seq: record.seq };
  for (const photo of await client.out.all("photo")) {
    if (!found[photo.op]) continue;
    const known = found[photo.op].seq <= looked || !there.has(photo.id);
    found[photo.op].photos[photo.id] = known ? there.has(photo.id) || !photo.held : (await sha256(await client.out.get("bytes", photo.id))) === photo.sha256;
  }
  return found;
}

async function go({ client }, number) {
  const picture = new Uint8Array(await (await fetch(`/chaos/photo${number % 4}.jpg`)).arrayBuffer());
  for (let i = 0; ; i++) {
    const mark = new TextEncoder().encode(`${number} ${i} `.padEnd(60_000, "x"));
    const bytes = new Uint8Array(picture.length + mark.length + 4);
    bytes.set(picture.subarray(0, 2));
    bytes.set([0xff, 0xfe, (mark.length + 2) >> 8, (mark.length + 2) & 255], 2);
    bytes.set(mark, 6);
    bytes.set(picture.subarray(2), 6 + mark.length);
    const op = await client.save({ type: "card.make", args: { name: `${number} ${i}` }, photos: [{ bytes: bytes.buffer, role: "item" }] });
    await window.saved({ id: op.id, seq: op.seq, photos: op.photos.map(({ id }) => id) });
  }
}
