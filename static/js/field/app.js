// The field work's scripts, as one (server/field/packing.py) on every page of the staff and of who lives here; js/helpers/field.js calls what it exports.

import { submit as save } from "./page.js";
import { leave as go } from "./leaving.js";
import "./pill.js";
import "./photos.js";
import "./centre.js";
import "./scan.js";
import "./sign.js";
import "./ready.js";
import "./away.js";

export const submit = save;
export const leave = go;
