// When and where a JPEG was taken, read from its EXIF before the canvas drops it. Everything odd is "don't know".

const DATE = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)/;

// Return {takenAt, latitude, longitude} as far as the file says; takenAt is ISO 8601 with an offset.
export async function readExif(file) {
  try {
    return parse(new DataView(await file.slice(0, 262_144).arrayBuffer()));
  } catch {
    return {};
  }
}

function parse(view) {
  if (view.getUint16(0) !== 0xffd8) return {};
  for (let at = 2; at < view.byteLength - 4; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === 0xffda || marker >> 8 !== 0xff) return {};
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return readTiff(view, at + 10);
  }
  return {};
}

function readTiff(view, base) {
  const little = view.getUint16(base) === 0x4949;
  const u16 = (at) => view.getUint16(base + at, little);
  const u32 = (at) => view.getUint32(base + at, little);
  const text = (entry) => {
    const from = entry.count > 4 ? u32(entry.at + 8) : entry.at + 8;
    let read = "";
    for (let i = 0; i < entry.count - 1; i++) read += String.fromCharCode(view.getUint8(base + from + i));
    return read;
  };
  const directory = (at) => {
    const entries = new Map();
    for (let i = 0; i < u16(at); i++) {
      const entry = at + 2 + i * 12;
      entries.set(u16(entry), { at: entry, count: u32(entry + 4) });
    }
    return entries;
  };
  const degrees = (entry) => {
    const from = u32(entry.at + 8);
    const part = (i) => u32(from + i * 8) / u32(from + i * 8 + 4);
    return part(0) + part(1) / 60 + part(2) / 3600;
  };
  const main = directory(u32(4));
  const below = (tag) => (main.has(tag) ? directory(u32(main.get(tag).at + 8)) : new Map());
  const details = below(0x8769);
  const gps = below(0x8825);
  const found = {};
  const date = DATE.exec(details.has(0x9003) ? text(details.get(0x9003)) : "");
  if (date) {
    const zone = details.has(0x9011) ? text(details.get(0x9011)) : "";
    const [, y, mo, d, h, mi, s] = date;
    found.takenAt = `${y}-${mo}-${d}T${h}:${mi}:${s}${/^[+-]\d\d:\d\d$/.test(zone) ? zone : "+08:00"}`;
  }
  if (gps.has(2) && gps.has(4)) {
    const latitude = degrees(gps.get(2)) * (gps.has(1) && text(gps.get(1))[0] === "S" ? -1 : 1);
    const longitude = degrees(gps.get(4)) * (gps.has(3) && text(gps.get(3))[0] === "W" ? -1 : 1);
    if (Number.isFinite(latitude + longitude) && (latitude || longitude)) Object.assign(found, { latitude, longitude });
  }
  return found;
}
