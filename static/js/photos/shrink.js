// Makes a photo small and upright on the phone, which also drops everything that is not the picture.

const SIDE = 1600;
const QUALITY = 0.8;
const SECONDS = 5;

// Return the bytes to send: a JPEG of at most 1600 px, with `lines` written into its corner, or the file as it is when
// this browser cannot decode it or takes too long (the server can).
export async function shrink(file, lines = []) {
  let timer;
  const tooLong = new Promise((_, reject) => { timer = setTimeout(reject, SECONDS * 1000, new Error("too slow")); });
  try {
    return await Promise.race([redraw(file, lines), tooLong]);
  } catch {
    return file.arrayBuffer();
  } finally {
    clearTimeout(timer);
  }
}

async function redraw(file, lines) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = newCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
    const paint = canvas.getContext("2d", { alpha: false });
    paint.imageSmoothingQuality = "high";
    paint.fillStyle = "#fff";
    paint.fillRect(0, 0, canvas.width, canvas.height);
    paint.drawImage(picture, 0, 0, canvas.width, canvas.height);
    if (lines.length) stamp(paint, canvas, lines);
    const blob = await toJpeg(canvas);
    return await blob.arrayBuffer();
  } finally {
    picture.close();
  }
}

function newCanvas(width, height) {
  if (globalThis.OffscreenCanvas) return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}

function toJpeg(canvas) {
  const options = { type: "image/jpeg", quality: QUALITY };
  if (canvas.convertToBlob) return canvas.convertToBlob(options);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), options.type, options.quality);
  });
}

// Proof that cannot be cropped away unseen: white on a dark band at the lower edge.
function stamp(paint, canvas, lines) {
  const size = Math.max(14, Math.round(Math.min(canvas.width, canvas.height) / 32));
  const pad = Math.round(size * 0.6);
  const height = lines.length * size * 1.35 + pad;
  paint.fillStyle = "rgb(0 0 0 / 50%)";
  paint.fillRect(0, canvas.height - height, canvas.width, height);
  paint.fillStyle = "#fff";
  paint.font = `${size}px system-ui, sans-serif`;
  paint.textBaseline = "top";
  lines.forEach((line, i) => paint.fillText(line, pad, canvas.height - height + pad + i * size * 1.35, canvas.width - 2 * pad));
}
