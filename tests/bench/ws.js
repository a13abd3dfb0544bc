// ws.js --port P --cert FILE --key FILE: an echo server on the npm package ws,
// as its README writes one.
"use strict";

const fs = require("fs");
const https = require("https");
const path = require("path");
const { WebSocketServer } = require(
  path.join(process.env.WSS_NODE_MODULES, "ws"),
);

const options = {};
for (let i = 2; i + 1 < process.argv.length; i += 2)
  options[process.argv[i].slice(2)] = process.argv[i + 1];

const server = https.createServer({
  cert: fs.readFileSync(options.cert),
  key: fs.readFileSync(options.key),
});
const sockets = new WebSocketServer({ server, maxPayload: 16 << 20 });
sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, binary) => socket.send(data, { binary }));
});
server.on("tlsClientError", () => {});
const port = Number(options.port);
server.listen({ port, host: "127.0.0.1", backlog: 4096 }, () =>
  console.log(`listening on 127.0.0.1:${port}`),
);
