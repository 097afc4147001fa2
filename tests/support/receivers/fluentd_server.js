// The forward server of fluentd's own library for node. Each record is on disk before it is acknowledged: a JSON a line.
const fs = require("fs");
const { createRequire } = require("module");
const [, , packages, file, place] = process.argv;
const { FluentServer, EventTime } = createRequire(packages + "/")("@fluent-org/logger");
const out = fs.openSync(file, "a");

class Server extends FluentServer {
  onEntry(tag, time, record) {
    const at = time instanceof EventTime ? [time.epoch, time.nano] : [Number(time), null];
    fs.writeSync(out, JSON.stringify({ tag, time: at, record }) + "\n");
  }
}

const where = place.startsWith("/") ? { path: place } : { host: "127.0.0.1", port: Number(place) };
if (where.path) fs.rmSync(where.path, { force: true });
new Server({ listenOptions: where }).listen();
