// Talking to the server: nothing counts but what is surely its own answer. A portal's page, a proxy's error, a redirect change nothing.

export const TIMEOUT = 30_000;

// Why nothing came of it: "offline" (no answer), "portal" (an answer that is not ours), "busy" (5xx, 429), "signed-out", "refused".
export class NoAnswer extends Error {
  constructor(why, status = 0, body = null) {
    super(`${why} ${status}`);
    Object.assign(this, { why, status, body });
  }
}

// Asks with the session of this page; if there is none (any more), with the phone's own token, which can only hand work in.
export async function ask(client, method, path, { body, json, headers = {}, token = true } = {}) {
  const sent = { method, redirect: "manual", cache: "no-store", headers: { accept: "application/json", ...headers } };
  if (json !== undefined) {
    sent.body = JSON.stringify(json);
    sent.headers["content-type"] = "application/json";
  } else if (body !== undefined) sent.body = body;
  const held = token && (await client.note("token"));
  if (!client.sealed) {
    const mine = async () => once(client, path, { ...sent, credentials: "same-origin", headers: { ...sent.headers, "x-csrf-token": (await client.csrf()) ?? "" } });
    let answer = await mine();
    if (answer.status === 403 && (await client.renew())) answer = await mine(); // the session has a new token
    if (answer.status !== 401 && answer.status !== 403) return answer;
    if (!held) throw new NoAnswer("signed-out", answer.status);
  }
  if (!held) throw new NoAnswer("signed-out");
  const answer = await once(client, path, { ...sent, credentials: "omit", headers: { ...sent.headers, authorization: `Device ${held}` } });
  if (answer.status === 401 || answer.status === 403) throw new NoAnswer("signed-out", answer.status);
  return answer;
}

async function once(client, path, init) {
  const stop = new AbortController();
  const timer = client.clock.setTimeout(() => stop.abort(), TIMEOUT);
  let answer;
  try {
    answer = await client.fetch(path, { ...init, signal: stop.signal });
    if (init.method === "HEAD") return plain(answer, null);
    const text = await answer.text(); // an answer cut in the middle is none
    return plain(answer, parsed(text, answer));
  } catch {
    throw new NoAnswer("offline", answer?.status ?? 0);
  } finally {
    client.clock.clearTimeout(timer);
  }
}

const plain = (answer, json) => ({ status: answer.status, type: answer.type, headers: answer.headers, json });

function parsed(text, answer) {
  if (!(answer.headers.get("content-type") ?? "").startsWith("application/json")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// The JSON of a 200, or throws NoAnswer.
export function insist({ status, json }) {
  if (status === 200 && json && typeof json === "object") return json;
  if (status >= 500 || status === 429 || status === 408) throw new NoAnswer("busy", status);
  throw new NoAnswer(json && status >= 400 ? "refused" : "portal", status, json);
}

// Every answer tells the server's time and its epoch. `asked`, `got`: when, by this phone's clock; `more`: notes to be kept in the same write.
export async function learn(client, { now, epoch }, asked, got, more = {}) {
  const notes = { ...more, contact: got };
  if (Number.isFinite(now)) notes.offset = Math.round(now - (asked + got) / 2);
  const known = await client.note("epoch");
  if (epoch && known && known !== String(epoch)) await client.newEpoch(); // before it is noted: a phone that dies in between does it again
  if (epoch) notes.epoch = String(epoch);
  await client.keepNotes(notes);
}
