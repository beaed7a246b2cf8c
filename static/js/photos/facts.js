// When, where and by whom a photo was taken, and the lines that say so in its corner.

import { readExif } from "./exif.js";

// `here`: whether to ask the phone where it is, if the picture itself does not say.
export async function factsOf(file, { here = false, place = undefined } = {}) {
  const exif = await readExif(file);
  const spot = here && exif.latitude === undefined ? await position() : exif;
  return {
    taken_at: exif.takenAt ?? new Date(Math.min(file.lastModified || Date.now(), Date.now())).toISOString(),
    latitude: spot.latitude?.toFixed(6),
    longitude: spot.longitude?.toFixed(6),
    place,
  };
}

export function watermark(told, who) {
  if (!who) return [];
  const where = told.latitude ? `${told.latitude}, ${told.longitude}` : "";
  const when = new Date(told.taken_at).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" });
  return [`${when}  ${who}`, [told.place, where].filter(Boolean).join("  ")].filter(Boolean);
}

// Where this phone is, or {} when it does not say in time. The browser's own time limit does not run while it asks the person for leave.
export function position() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve({});
    setTimeout(resolve, 5000, {});
    const options = { timeout: 4000, maximumAge: 60_000, enableHighAccuracy: true };
    navigator.geolocation.getCurrentPosition(({ coords }) => resolve(coords), () => resolve({}), options);
  });
}
