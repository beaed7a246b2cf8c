// The quick line to the server (tests/chaos/line.py): requests as frames of one WebSocket.
let socket = null;
let number = 0;
const asked = new Map();

/** Connect to the line at `port`, once. */
export function connect(port) {
  if (socket) return socket;
  socket = new Promise((resolve, reject) => {
    const made = new WebSocket(`ws://localhost:${port}/`);
    made.binaryType = "arraybuffer";
    made.onopen = () => resolve(made);
    made.onerror = reject;
    made.onmessage = ({ data }) => {
      const length = new DataView(data).getUint32(0);
      const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
      asked.get(head.n)({ status: head.status, headers: head.headers, bytes: data.slice(4 + length) });
      asked.delete(head.n);
    };
  });
  return socket;
}

/** Ask; resolves with {status, headers, bytes}. */
export async function ask(path, { method = "GET", headers = [], body = "" }) {
  const made = await socket;
  const n = ++number;
  const head = new TextEncoder().encode(JSON.stringify({ n, method, path, headers: [...headers] }));
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  const message = new Uint8Array(4 + head.length + bytes.length);
  new DataView(message.buffer).setUint32(0, head.length);
  message.set(head, 4);
  message.set(bytes, 4 + head.length);
  return new Promise((resolve) => {
    asked.set(n, resolve);
    made.send(message);
  });
}
