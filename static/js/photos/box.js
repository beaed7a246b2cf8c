// Photos wait on the phone until the server has them: bytes as ArrayBuffer (stored Files come back broken on iPhones),
// written strictly, one record each. Where the browser allows no storage they wait in this page's memory.

const NAME = "photos";
const FLAG = "photos-waiting";
const memory = new Map();
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("photo", { keyPath: "id" });
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
    request.onsuccess = () => {
      request.result.onclose = () => { opening = null; };
      request.result.onversionchange = () => { request.result.close(); opening = null; };
      resolve(request.result);
    };
  });
  opening.catch(() => { opening = null; });
  return opening;
}

async function run(mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction("photo", mode, { durability: "strict" });
    const request = work(transaction.objectStore("photo"));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const account = () => document.body.dataset.account ?? "";

// Keep a record ({id, account, form, …}); return whether it will survive a reload.
export async function keep(record) {
  try {
    await run("readwrite", (store) => store.put(record));
    memory.delete(record.id);
    flag(true);
    return true;
  } catch {
    memory.set(record.id, record);
    return false;
  }
}

export async function find(id) {
  return memory.get(id) ?? (await run("readonly", (store) => store.get(id)).catch(() => undefined));
}

export async function drop(id) {
  memory.delete(id);
  await run("readwrite", (store) => store.delete(id)).catch(() => {});
  if (!(await mine()).length) flag(false);
}

// Everything of the signed-in account, in the order it was taken. Nobody sends the photos of somebody else.
export async function mine() {
  const kept = await run("readonly", (store) => store.getAll()).catch(() => []);
  const all = [...kept.filter(({ id }) => !memory.has(id)), ...memory.values()];
  return all.filter((record) => record.account === account()).sort((a, b) => a.order - b.order);
}

function flag(on) {
  try {
    on ? localStorage.setItem(FLAG, "1") : localStorage.removeItem(FLAG);
  } catch {
    // only spares other pages a look into the box
  }
}

export function mayHoldPhotos() {
  try {
    return localStorage.getItem(FLAG) === "1";
  } catch {
    return true;
  }
}
