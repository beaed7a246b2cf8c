// The twin of our sync: express-pouchdb on LevelDB, as its README sets it up, with the browser's PouchDB and a page to load it in.
// node server.cjs FOLDER PORT

const [, , folder, port] = process.argv;
const path = require("path");
const home = path.join(folder, "node_modules");
const express = require(path.join(home, "express"));
const PouchDB = require(path.join(home, "pouchdb"));
const Served = PouchDB.defaults({ prefix: path.join(folder, "data") + path.sep });

const app = express();
app.get("/page", (_request, answer) => answer.send('<!doctype html><meta charset="utf-8"><script src="/pouchdb.js"></script>'));
app.get("/pouchdb.js", (_request, answer) => answer.sendFile(path.join(home, "pouchdb/dist/pouchdb.min.js")));
app.use("/db", require(path.join(home, "express-pouchdb"))(Served, {
  logPath: path.join(folder, "log.txt"), configPath: path.join(folder, "config.json"), mode: "minimumForPouchDB",
}));
app.listen(Number(port), "127.0.0.1");
