// Sending photos: known by their hash, most in one request; in pieces, resumable, what is large or did not get through like that.
// A photo's bytes leave the phone only after the server has verified them.

import { asked } from "./store.js";
import { ask, NoAnswer } from "./talk.js";

const PIECE = 256 * 1024;
const WHOLE = 512 * 1024;

// Sends every photo that waits; returns {left}. Throws NoAnswer. `mayUse`: whether the line may be used for photos.
export async function sendPhotos(client) {
  const waiting = (await client.out.all("photo")).filter((photo) => photo.held && !photo.verified && !photo.refused);
  const owned = await Promise.all(waiting.map(async (photo) => ({ photo, record: await client.out.get("op", photo.op) })));
  const order = owned.filter(({ record }) => record && record.state !== "discarded").sort((a, b) => a.record.seq - b.record.seq).map(({ photo }) => photo);
  let left = order.length;
  if (!order.length || !(await client.mayUse())) return { left };
  for (const photo of order) {
    await sendOne(client, photo);
    left--;
  }
  return { left };
}

async function sendOne(client, photo) {
  const path = `/sync/blobs/${photo.sha256}?photo=${photo.id}`;
  const bytes = await client.out.get("bytes", photo.id);
  if (bytes?.byteLength !== photo.size) return refuse(client, photo, { error: "lost" }); // the system ate it; the others still go
  for (let tries = 0; tries < 3; tries++) {
    const whole = photo.size <= WHOLE && !client.begun.has(photo.id);
    client.begun.add(photo.id);
    const state = whole ? { offset: 0 } : await whereTo(client, path);
    if (state.complete) return verified(client, photo);
    const end = await pieces(client, path, { ...photo, bytes }, state.offset, whole ? WHOLE : PIECE);
    if (end === "complete") return verified(client, photo);
    if (end === "refused") return;
  }
  throw new NoAnswer("busy");
}

async function whereTo(client, path) {
  const answer = await ask(client, "HEAD", path);
  if (answer.status === 404) return { offset: 0 };
  if (answer.status !== 200 && answer.status !== 204) throw new NoAnswer(answer.status >= 500 ? "busy" : "portal", answer.status);
  const offset = Number(answer.headers.get("upload-offset") ?? NaN);
  if (!Number.isInteger(offset)) throw new NoAnswer("portal", answer.status);
  return { offset, complete: answer.headers.get("upload-complete") === "?1" };
}

async function pieces(client, path, photo, from, most) {
  for (let offset = from; ;) {
    const piece = photo.bytes.slice(offset, offset + most);
    const last = offset + piece.byteLength >= photo.size;
    const headers = { "content-type": "application/partial-upload", "upload-offset": String(offset), "upload-complete": last ? "?1" : "?0", "upload-length": String(photo.size) };
    const { status, headers: heard, json } = await ask(client, "PATCH", path, { body: piece, headers });
    if (status === 409) return "again";
    if (status === 413 || status === 415 || status === 422) return refuse(client, photo, json);
    if (status !== 200 && status !== 201 && status !== 204) throw new NoAnswer(status >= 500 || status === 429 ? "busy" : "portal", status);
    const next = Number(heard.get("upload-offset") ?? NaN);
    if (heard.get("upload-complete") === "?1" && next === photo.size) return "complete";
    if (!(next > offset)) return "again";
    offset = next;
    client.tell({ type: "photo", id: photo.id, sent: offset, size: photo.size });
  }
}

// Only once more asked and told "complete" counts as there.
async function verified(client, photo) {
  await change(client, photo.id, { verified: true });
  client.tell({ type: "photo", id: photo.id, sent: photo.size, size: photo.size, verified: true });
}

// The server will never take it; it stays on the phone, and the sync centre says so.
async function refuse(client, photo, json) {
  await change(client, photo.id, { refused: String(json?.error ?? json?.message ?? "refused") });
  return "refused";
}

const change = (client, id, more) => client.out.write("photo", async (of) => {
  const photo = await asked(of("photo").get(id));
  if (photo) of("photo").put({ ...photo, ...more });
});
