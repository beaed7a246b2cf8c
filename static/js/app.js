// The entry of every page's script. Pages work without it; it only adds.
import { keepDrafts } from "./helpers/drafts.js";
import { openDialogs } from "./helpers/dialogs.js";
import { watchForms } from "./helpers/forms.js";
import { showLine } from "./helpers/line.js";
import { startWorker } from "./helpers/worker.js";
import { handleKeys } from "./helpers/keys.js";
import { refreshParts } from "./helpers/refresh.js";
import { offerInstall } from "./helpers/install.js";
import { followTheme } from "./helpers/theme.js";
import { showPhotos } from "./helpers/gallery.js";
import { mayHoldPhotos } from "./photos/box.js";
import { startField } from "./helpers/field.js";

startField();
keepDrafts();
openDialogs();
watchForms();
showLine();
handleKeys();
refreshParts();
showPhotos();
offerInstall();
followTheme();
startWorker();
// Photos that an earlier page could not send follow from whichever page is open.
if (document.body.dataset.account && mayHoldPhotos()) import("./photos/sender.js");
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
