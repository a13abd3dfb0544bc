// A client made with node's ws package.
//
//   node node_ws.js SCENARIO URL CA_FILE [CERT_FILE KEY_FILE]
//
// Prints what happens, a line each; exits 0 if the scenario ran to its end.
"use strict";

const fs = require("fs");
const path = require("path");
const WebSocket = require(path.join(process.env.WSS_NODE_MODULES, "ws"));

const [scenario, url, ca, cert, key] = process.argv.slice(2);
const options = {ca: fs.readFileSync(ca)};
if (cert !== undefined)
  Object.assign(options, {cert: fs.readFileSync(cert), key: fs.readFileSync(key)});

function say(...words) {
  console.log(words.join(" "));
}

// The manual's test, as it stands there.
function snippet() {
  const alert = say;
  const ws = new WebSocket(url, options);
  ws.onopen = function() {
    alert("Connected");
    ws.send('tom');
    alert("Sent to the server: tom");
  };
  ws.onmessage = function(e) {
    alert("Received from the server: " + e.data);
    ws.close();
  };
  ws.onclose = function(e) {
    say("closed", e.code, e.wasClean);
  };
}

// Each step sends something and waits for what must come back.
function messages() {
  const ws = new WebSocket(url, options);
  const text = "gr\u00fc\u00dfe \u{1f600} ".repeat(5000);
  const bytes = Buffer.alloc(300000, "libwss");
  const steps = [
    ["text", () => ws.send(text), (data, binary) => !binary && data.toString() === text],
    ["binary", () => ws.send(bytes), (data, binary) => binary && data.equals(bytes)],
    ["empty", () => ws.send(""), (data, binary) => !binary && data.length === 0],
    ["fragments", () => {
      ws.send("in ", {fin: false});
      ws.ping("between");
      ws.send("three ", {fin: false});
      ws.send("parts", {fin: true});
    }, (data, binary) => !binary && data.toString() === "in three parts"],
  ];
  let step = 0;
  function next() {
    if (step === steps.length)
      ws.close(4000, "done");
    else
      steps[step][1]();
  }
  ws.on("open", () => {
    say("extensions", JSON.stringify(ws.extensions), "protocol", JSON.stringify(ws.protocol));
    next();
  });
  ws.on("pong", (data) => say("pong", data.toString()));
  ws.on("message", (data, binary) => {
    say(steps[step][0], steps[step][2](data, binary) ? "ok" : "wrong");
    step++;
    next();
  });
  ws.on("close", (code) => say("closed", code));
}

// Stays until the server goes.
function stay() {
  const ws = new WebSocket(url, options);
  ws.on("open", () => say("open"));
  ws.on("close", (code) => say("closed", code));
}

// Does not know the authority that signed the server's certificate.
function untrusted() {
  const ws = new WebSocket(url);
  ws.on("open", () => say("open"));
  ws.on("error", (error) => say("error", error.code));
}

// Is refused by the server.
function refused() {
  const ws = new WebSocket(url, options);
  ws.on("open", () => say("open"));
  ws.on("unexpected-response", (request, response) => {
    response.setEncoding("utf8");
    response.on("data", (body) => say("refused", response.statusCode, body));
  });
}

({snippet, messages, stay, untrusted, refused})[scenario]();
