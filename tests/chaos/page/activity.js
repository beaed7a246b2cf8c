// What is really going on in this page: requests, databases, hashes. Virtual time moves only while nothing is.

let busy = 0;
let wakened = () => {};
let wait = null; // resolves when nothing is going on any more

function begin() { if (!busy++) wait = new Promise((resolve) => { wakened = resolve; }); }
function end() { if (!--busy) wakened(); }

/** Count `promise` as something going on until it settles; return it. */
export function track(promise) {
  begin();
  promise.then(end, end);
  return promise;
}

/** Resolve when nothing has been going on for a few turns of the event loop. */
export async function quiet() {
  for (let calm = 0; calm < 4; calm++) {
    await turn();
    while (busy) {
      await wait;
      calm = 0;
    }
  }
}

/** Resolve after one turn of the event loop. */
export function turn() {
  return new Promise((resolve) => {
    turns.push(resolve);
    channel.port2.postMessage(0);
  });
}
const turns = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => turns.shift()();

function ends(target, names) {
  begin();
  let open = true;
  const over = () => { if (open) { open = false; end(); } };
  for (const name of names) target.addEventListener(name, over);
}

function wrap(prototype, name, around) {
  const original = prototype[name];
  prototype[name] = function (...args) { return around(original.apply(this, args)); };
}

/** Watch the browser's own functions from now on. */
export function watch() {
  for (const name of ["open", "deleteDatabase"]) {
    wrap(IDBFactory.prototype, name, (request) => { ends(request, ["success", "error", "blocked"]); return request; });
  }
  wrap(IDBDatabase.prototype, "transaction", (transaction) => { ends(transaction, ["complete", "abort"]); return transaction; });
  wrap(IDBFactory.prototype, "databases", track);
  wrap(SubtleCrypto.prototype, "digest", track);
  for (const name of ["estimate", "persisted", "persist"]) wrap(StorageManager.prototype, name, track);
  for (const type of [Response, Blob]) {
    for (const name of ["arrayBuffer", "text", "json", "blob"]) if (type.prototype[name]) wrap(type.prototype, name, track);
  }
}
