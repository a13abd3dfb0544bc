#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets, readable here instead of as
binary files: seeds.py FOLDER makes FOLDER/<target>/<name>."""
import os
import struct
import sys

# See support/input.h.
WHOLE = bytes(8)
BYTES = bytes([0, 0, 1, 1, 1, 1, 1, 1])
MIXED = bytes([0, 0, 7, 1, 30, 2, 201, 3])


def settings(number, fail_at=0, cuts=(5, 1, 60, 2, 0, 9)):
    return bytes([number, fail_at, *cuts])


# ---- Frames ------------------------------------------------------------------

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
TEXT_PART, BINARY_PART, PART, LAST = 0x01, 0x02, 0x00, 0x80


def header(first, length, mask=b"\0\0\0\0", form=None):
    """Of a masked frame; form: bytes of the extended length."""
    if form is None:
        form = 0 if length < 126 else 2 if length < 65536 else 8
    start = {0: length, 2: 126, 8: 127}[form]
    extended = {0: b"", 2: struct.pack(">H", length & 0xFFFF)}.get(form)
    if extended is None:
        extended = struct.pack(">Q", length)
    return bytes([first, 0x80 | start]) + extended + mask


def frame(first, payload=b"", mask=b"\x37\xfa\x21\x3d"):
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return header(first, len(payload), mask) + masked


def close(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


EURO = "€".encode()

STREAMS = {
    "hello": frame(TEXT, b"Hello"),
    "empty": frame(TEXT) + frame(BINARY) + frame(PING) + frame(PONG),
    "binary": frame(BINARY, bytes(range(200))),
    "fragments": frame(TEXT_PART, b"He") + frame(PART, b"l") + frame(LAST, b"lo"),
    "fragments-with-ping": frame(BINARY_PART, b"one")
    + frame(PING, b"ping")
    + frame(LAST, b"two"),
    "cut-character": frame(TEXT_PART, EURO[:1])
    + frame(PART, EURO[1:2])
    + frame(LAST, EURO[2:]),
    "unfinished-character": frame(TEXT, EURO[:2]),
    "surrogate": frame(TEXT, b"abc\xed\xa0\x80"),
    "pong": frame(PONG, b"unasked"),
    "ping-125": frame(PING, b"p" * 125),
    "ping-126": header(PING, 126) + b"p" * 126,
    "close": close(1000, b"bye"),
    "close-empty": frame(CLOSE),
    "close-one-byte": frame(CLOSE, b"\x03"),
    "close-1005": close(1005),
    "close-bad-reason": close(1001, b"\xff"),
    "close-then-data": close(4999) + frame(TEXT, b"late"),
    "two": frame(TEXT, b"a") + frame(BINARY, b"b") + close(3000),
    "size-125": frame(BINARY, b"x" * 125),
    "size-126": frame(BINARY, b"x" * 126),
    "size-1000": frame(BINARY, b"x" * 1000) + frame(TEXT, b"y"),
    "size-1001": frame(BINARY, b"x" * 1001),
    "fragments-over-125": frame(BINARY_PART, b"x" * 100) + frame(LAST, b"y" * 26),
    "declared-65536": header(BINARY, 65536) + b"few",
    "declared-2-62": header(BINARY, 1 << 62) + b"few",
    "declared-sum": frame(BINARY_PART, b"abc") + header(LAST, (1 << 63) - 2),
    "top-bit": header(BINARY, 1 << 63, form=8),
    "long-form-16": header(BINARY, 5, form=2) + b"12345",
    "long-form-64": header(BINARY, 65535, form=8) + b"12345",
    "unmasked": b"\x81\x05Hello",
    "rsv": frame(0xC1, b"Hello"),
    "reserved-opcode": frame(0x83, b"Hello"),
    "continuation-first": frame(LAST, b"Hello"),
    "message-in-message": frame(TEXT_PART, b"a") + frame(TEXT, b"b"),
    "fragmented-ping": frame(0x09, b"p"),
    "small-in-fragments": frame(TEXT_PART, b"a") + frame(BINARY, b"b"),
    "header-alone": header(BINARY, 300)[:5],
    "empty-fragments": frame(BINARY_PART) + frame(PART) * 20 + frame(LAST),
}


def session():
    for number, (name, stream) in enumerate(STREAMS.items()):
        yield name, settings(7, number % 5) + stream
        yield name + "-limited", settings(number % 6 | 0x08) + stream
    for limit in range(8):
        for name in ("fragments", "fragments-over-125", "declared-sum"):
            yield f"{name}-limit-{limit}", settings(limit) + STREAMS[name]
    for limit, size in ((1, 1), (1, 2), (2, 126), (2, 127), (3, 1000), (3, 1001)):
        yield f"limit-{limit}-{size}", settings(limit) + frame(BINARY, b"z" * size)
    many = frame(TEXT, b"one") + frame(PING, b"p") + frame(TEXT, b"two") + close(1001)
    yield "owner-closes", settings(0x17) + many
    yield "owner-closes-stops", settings(0x1F) + many
    yield "owner-fails", settings(0x27) + many
    yield "no-memory", settings(0x47, 1, (1,) * 6) + many
    yield "fragments-4", settings(0x87) + frame(TEXT_PART) + frame(PART) * 2 + frame(LAST)
    yield "fragments-5", settings(0x87) + frame(TEXT_PART) + frame(PART) * 4


def frames():
    for name, stream in STREAMS.items():
        yield name, stream[:20]


# ---- UTF-8 and Close ---------------------------------------------------------

TEXTS = {
    "ascii": b"plain " * 12,
    "two": "é".encode() * 9,
    "three": EURO * 11,
    "four": "😀".encode() * 7,
    "mixed": "aé€😀z".encode() * 5,
    "borders": "\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff".encode(),
    "overlong-2": b"a\xc0\x80",
    "overlong-3": b"aaaaaaaaaaaaaaaa\xe0\x9f\xbf",
    "overlong-4": b"\xf0\x8f\xbf\xbf",
    "surrogate": b"\xed\xa0\x80",
    "beyond": b"\xf4\x90\x80\x80",
    "f5": b"\xf5",
    "cut": EURO[:2],
    "continuation": b"\x80",
    "long-then-bad": b"x" * 63 + b"\xff",
}


def utf8():
    for name, text in TEXTS.items():
        yield name, MIXED + text
        yield name + "-bytes", BYTES + text


def closes():
    for code in (0, 999, 1000, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 1016):
        yield f"code-{code}", struct.pack(">H", code)
    for code in (2999, 3000, 4999, 5000, 65535):
        yield f"code-{code}", struct.pack(">H", code) + b"why"
    yield "empty", b""
    yield "one", b"\x03"
    yield "reason-123", struct.pack(">H", 1000) + b"r" * 123
    for name, text in TEXTS.items():
        yield "reason-" + name, struct.pack(">H", 1001) + text[:123]


# ---- HTTP --------------------------------------------------------------------

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = "Sec-WebSocket-Version: 13"
UPGRADE = ("Host: example.org", "Upgrade: websocket", "Connection: Upgrade")


def head(*lines, start="GET /chat?room=1 HTTP/1.1"):
    return "\r\n".join((start, *lines, "", "")).encode("latin-1")


def handshake(*lines):
    return head(*UPGRADE, KEY, VERSION, *lines)


REQUESTS = {
    "plain": head("Host: example.org"),
    "head": head("Host: example.org", start="HEAD / HTTP/1.1"),
    "post": head("Host: example.org", start="POST / HTTP/1.1"),
    "http-1.0": head("Host: example.org", start="GET / HTTP/1.0"),
    "http-0.9": head(start="GET /"),
    "empty-line": b"\r\n" + head("Host: example.org"),
    "two-empty-lines": b"\r\n\r\n" + head("Host: example.org"),
    "absolute": head("Host: h:80", start="GET http://h:80/a?b HTTP/1.1"),
    "absolute-bare": head("Host: h", start="GET wss://H HTTP/1.1"),
    "absolute-query": head("Host: h", start="GET ws://h?q HTTP/1.1"),
    "absolute-other": head("Host: h", start="GET http://other/ HTTP/1.1"),
    "fragment": head("Host: h", start="GET /a#b HTTP/1.1"),
    "no-path": head("Host: h", start="GET * HTTP/1.1"),
    "no-host": head("X: y"),
    "two-hosts": head("Host: a", "Host: a"),
    "host-ipv4": head("Host: 127.0.0.1:8080"),
    "host-ipv6": head("Host: [2001:db8::1]:443"),
    "host-ipv6-ipv4": head("Host: [::ffff:192.0.2.1]"),
    "host-ipv6-bad": head("Host: [1:2:3:4:5:6:7:8:9]"),
    "host-escaped": head("Host: a%20b"),
    "host-bad": head("Host: a b"),
    "host-port-bad": head("Host: a:65536"),
    "blanks": head("Host: \t example.org \t ", "X:", "Y: \t"),
    "folded": head("Host: h", "X: a", " b"),
    "bare-cr": b"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
    "bare-lf": b"GET / HTTP/1.1\nHost: h\n\n",
    "nul": head("Host: h", "X: a\0b"),
    "blank-before-colon": head("Host : h"),
    "bad-name": head("Host: h", "X(y): z"),
    "length-0": head("Host: h", "Content-Length: 0"),
    "length-twice": head("Host: h", "Content-Length: 0", "Content-Length: 0"),
    "length-5": head("Host: h", "Content-Length: 5") + b"12345",
    "chunked": head("Host: h", "Transfer-Encoding: chunked"),
    "expect": head("Host: h", "Expect: 100-continue"),
    "cookies": head("Host: h", "Cookie: a=1; id=x", "cookie: id=second; =e"),
    "repeated": head("Host: h", "X: 1", "Y: 2", "x: 3", "X:"),
    "pipelined": head("Host: h") + head("Host: h"),
    "lines-64": head("Host: h", *["X: y"] * 63),
    "lines-65": head("Host: h", *["X: y"] * 64),
    "long-target": head("Host: h", start=f"GET /{'a' * 4096} HTTP/1.1"),
    "obs-text": head("Host: h", "X: \xe9"),
    "tls": b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    "handshake": handshake("Origin: https://example.org"),
}


def requests():
    for number, (name, request) in enumerate(REQUESTS.items()):
        yield name, settings(0, number % 7) + request
        yield name + "-small", settings(number % 4 | 0x20, number % 3) + request


HANDSHAKES = {
    "good": handshake(),
    "head": head(*UPGRADE, KEY, VERSION, start="HEAD / HTTP/1.1"),
    "lists": head(
        "Host: h",
        "Upgrade: h2c",
        "Upgrade: a, WebSocket",
        "Connection: keep-alive",
        "Connection:,\tupgrade ,",
        KEY,
        VERSION,
    ),
    "no-upgrade": head("Host: h", "Connection: Upgrade", KEY, VERSION),
    "other-upgrade": head("Host: h", "Upgrade: h2c", "Connection: Upgrade", KEY),
    "no-connection": head("Host: h", "Upgrade: websocket", KEY, VERSION),
    "other-connection": head(
        "Host: h", "Upgrade: websocket", "Connection: close", KEY, VERSION
    ),
    "no-key": head(*UPGRADE, VERSION),
    "two-keys": handshake(KEY),
    "short-key": head(*UPGRADE, "Sec-WebSocket-Key: dGhlIHNhbXBs", VERSION),
    "bits-in-key": head(
        *UPGRADE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==", VERSION
    ),
    "no-version": head(*UPGRADE, KEY),
    "two-versions": handshake(VERSION),
    "version-8": head(*UPGRADE, KEY, "Sec-WebSocket-Version: 8"),
    "version-013": head(*UPGRADE, KEY, "Sec-WebSocket-Version: 013"),
    "protocols": handshake("Sec-WebSocket-Protocol: superchat, chat"),
    "protocols-lines": handshake(
        "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: chat"
    ),
    "protocols-twice": handshake("Sec-WebSocket-Protocol: chat, chat"),
    "protocols-bad": handshake("Sec-WebSocket-Protocol: a b"),
    "protocols-empty": handshake("Sec-WebSocket-Protocol: ,"),
    "protocols-65": handshake(
        "Sec-WebSocket-Protocol: " + ",".join(f"p{i}" for i in range(65))
    ),
    "extensions": handshake(
        "Sec-WebSocket-Extensions: a; b=c ;d=\"e\\f\", permessage-deflate",
        "Sec-WebSocket-Extensions: , x",
    ),
    "extensions-empty": handshake("Sec-WebSocket-Extensions: ,"),
    "extensions-bad": handshake("Sec-WebSocket-Extensions: a;"),
    "extensions-quoted": handshake('Sec-WebSocket-Extensions: a; b="c d"'),
    "extensions-open": handshake('Sec-WebSocket-Extensions: a; b="c\\'),
    "not-asked": head("Host: h"),
}
ORIGINS = (
    "https://example.org",
    "HTTPS://EXAMPLE.ORG:8443",
    "http://other.example",
    "https://example.org.evil.example",
    "null",
    "null https://example.org",
    "https://",
    "https://[::1]:443",
    "https://a b",
    "chrome-extension://example.org",
    "ht_tp://example.org",
)
FIELDS = (
    "X-Name: value",
    "X-Name: a\r\nSet-Cookie: b",
    "X Name: value",
    "Connection: close",
    "sec-websocket-accept: x",
    "X:  blank ",
    ":",
)


def handshakes():
    for name, request in HANDSHAKES.items():
        yield name, settings(0) + request
        yield name + "-protocols", settings(0x0C, 3) + request
    for number, origin in enumerate(ORIGINS):
        for allowed in range(4):
            request = handshake("Origin: " + origin)
            yield f"origin-{number}-{allowed}", settings(allowed) + request
    for number, field in enumerate(FIELDS):
        yield f"field-{number}", settings(0x10) + handshake() + field.encode()
    yield "two-origins", settings(0) + handshake("Origin: a://h", "Origin: a://h")


# ---- The whole server --------------------------------------------------------

# See server/machine.h and machine.c; the order of their enum.
OPERATIONS = (
    "CONNECT RAW TEXT_PIECE FRAME BIG_FRAME FIN HANG_UP RESET TIME READ ROOM TAKE"
    " FAULT ACT REACTION NO_MEMORY STALL DESCRIPTORS TRANSPORT MEET"
).split()
ACTS = (
    "NOTHING SEND SEND_BIG PING CLOSE TERMINATE PAUSE RESUME ACCEPT REFUSE ASK"
    " MISUSE TERMINATE_ALL CLOSE_LISTENER CLOSE_SERVER"
).split()
CALLBACKS = "REQUEST HTTP OPEN MESSAGE PONG DRAIN CLOSE ERROR".split()
ACCEPT, REFUSE, DEFER, WITHIN = range(4)
FIRST_HALF, ORIGIN, OTHER_ORIGIN, PROTOCOL, END, GET, HEAD, POST, OLD, LENGTH = range(10)


def op(name, a=0, b=0, peer=0, content=b"", settle=True):
    first = OPERATIONS.index(name) | peer << 5 | (0 if settle else 0x80)
    return bytes([first, a, b]) + content


def act(name, conn=0):
    return op("ACT", ACTS.index(name), conn)


def reaction(callback, name):
    return op("REACTION", CALLBACKS.index(callback), ACTS.index(name))


def sent(first, payload=b"", peer=0):
    return op("FRAME", first, len(payload), peer, payload)


def options(answer=ACCEPT, http=False, chosen=b"\0\0\0"):
    return chosen + bytes([answer | (4 if http else 0)])


HELLO = sent(TEXT, b"Hello")
BYE = sent(CLOSE, b"\x03\xe8")
MEET = op("MEET")

RUNS = {
    "echo": MEET + HELLO + sent(BINARY, b"x" * 130) + BYE + op("FIN"),
    "fragments": MEET + sent(TEXT_PART, b"a") + sent(PING, b"p") + sent(LAST, b"b"),
    "two": MEET + op("MEET", peer=1) + HELLO + sent(TEXT, b"b", 1) + op("RESET", peer=1),
    "origin": op("CONNECT")
    + b"".join(op("TEXT_PIECE", i) for i in (FIRST_HALF, ORIGIN, PROTOCOL, END)),
    "origin-refused": op("CONNECT")
    + b"".join(op("TEXT_PIECE", i) for i in (FIRST_HALF, OTHER_ORIGIN, END)),
    "page": op("CONNECT") + op("TEXT_PIECE", GET) + op("TEXT_PIECE", END),
    "page-head": op("CONNECT") + op("TEXT_PIECE", HEAD) + op("TEXT_PIECE", END),
    "post": op("CONNECT") + op("TEXT_PIECE", POST) + op("TEXT_PIECE", END),
    "old": op("CONNECT") + op("TEXT_PIECE", OLD),
    "silent": op("CONNECT") + op("TIME", 4) + op("TIME", 3),
    "slow": op("CONNECT") + op("TEXT_PIECE", GET) + op("TIME", 4),
    "garbage": op("CONNECT") + op("RAW", 5, content=b"\x16\x03\x01\0\x05"),
    "protocol-error": MEET + sent(0x83) + HELLO + op("TIME", 3),
    "too-big": MEET + op("BIG_FRAME", BINARY, 250) + op("BIG_FRAME", BINARY, 255),
    "declared": MEET + op("RAW", 14, content=header(BINARY, 1 << 20)),
    "unfinished": MEET + sent(TEXT_PART, b"a") + op("TIME", 6),
    "idle": MEET + op("TIME", 6) + op("TIME", 6) + op("TIME", 6),
    "app-closes": MEET + act("CLOSE") + BYE,
    "app-closes-alone": MEET + act("CLOSE") + op("TIME", 3) + op("TIME", 3),
    "app-terminates": MEET + act("SEND_BIG") + act("TERMINATE"),
    "app-pauses": MEET + act("PAUSE") + HELLO + HELLO + act("RESUME"),
    "app-pings": MEET + act("PING") + sent(PONG, b"?") + act("ASK") + act("MISUSE"),
    "app-closes-server": MEET + HELLO + act("CLOSE_SERVER") + op("TIME", 2),
    "app-closes-listener": MEET + act("CLOSE_LISTENER") + HELLO,
    "app-ends-all": MEET + op("MEET", peer=1) + act("TERMINATE_ALL"),
    "in-open": reaction("OPEN", "SEND") + MEET + HELLO,
    "in-open-terminates": reaction("OPEN", "TERMINATE") + MEET,
    "in-message-closes": reaction("MESSAGE", "CLOSE") + MEET + HELLO + HELLO + BYE,
    "in-message-pauses": reaction("MESSAGE", "PAUSE") + MEET + HELLO + HELLO,
    "in-message-server": reaction("MESSAGE", "CLOSE_SERVER") + MEET + HELLO,
    "in-close-server": reaction("CLOSE", "CLOSE_SERVER") + MEET + op("RESET"),
    "in-drain": reaction("DRAIN", "SEND_BIG") + MEET + act("SEND_BIG"),
    "in-error": reaction("ERROR", "CLOSE_SERVER") + op("CONNECT") + op("RAW", 1, content=b"\0"),
    "stopped-reader": MEET + op("READ", 0) + op("ROOM", 4) + act("SEND_BIG") + op("TIME", 6),
    "slow-reader": MEET
    + op("READ", 0)
    + op("ROOM", 10, 7)
    + act("SEND_BIG")
    + op("TAKE", 5)
    + op("TIME", 4)
    + op("READ", 1),
    "ping-flood": MEET + op("READ", 0) + op("ROOM", 0) + sent(PING, b"p") * 60,
    "half-closed": MEET + op("FIN") + act("SEND"),
    "stall": MEET + op("STALL", 90) + HELLO + op("TIME", 2),
    "no-descriptors": op("DESCRIPTORS", 1) + op("CONNECT") + op("CONNECT", peer=1) + op("TIME", 3),
    "no-memory": MEET + op("NO_MEMORY", 1, 1) + HELLO + sent(TEXT_PART, b"a"),
    "drip": op("CONNECT") + op("TEXT_PIECE", FIRST_HALF) + op("TRANSPORT", 2, 0, 0, b"\r\n"),
}
FAULTY = [MEET + HELLO + act("SEND_BIG") + op("FAULT", call, 1) + HELLO + op("MEET", peer=1)
          for call in range(13)]


def conn():
    for name, run in RUNS.items():
        yield name, options() + run
    for answer in (REFUSE, DEFER, WITHIN):
        yield f"answer-{answer}", options(answer) + MEET + act("ACCEPT") + HELLO
        yield f"answer-{answer}-later", options(answer) + MEET + op("FIN") + act("REFUSE")
    for name in ("page", "page-head"):
        yield name + "-http", options(http=True) + reaction("HTTP", "SEND") + RUNS[name]
        yield name + "-http-404", options(http=True) + RUNS[name]
    for name in ("echo", "two", "fragments", "stopped-reader", "ping-flood", "idle"):
        yield name + "-limits", options(chosen=b"\x95\x95\x15") + RUNS[name]
    for number, run in enumerate(FAULTY):
        yield f"fault-{number}", options() + run


# ---- TLS ---------------------------------------------------------------------


def sized(size, *parts):
    """TLS's vectors: their length in so many bytes, and the content."""
    content = b"".join(parts)
    return len(content).to_bytes(size, "big") + content


def shorts(*values):
    return b"".join(struct.pack(">H", value) for value in values)


def extension(number, *parts):
    return shorts(number) + sized(2, *parts)


SUITES_13, SUITES_12 = (0x1301, 0x1302, 0x1303), (0xC02B, 0xC02C, 0xCCA9, 0xC02F)


def client_hello(suites=SUITES_13 + SUITES_12, versions=(0x0304, 0x0303), more=b"",
                 share=0x001D):
    """RFC 8446 4.1.2; of a key share only the size is right."""
    extensions = (
        extension(0, sized(2, b"\0", sized(2, b"localhost"))),
        extension(10, sized(2, shorts(0x001D, 0x0017))),
        extension(13, sized(2, shorts(0x0403, 0x0804, 0x0401))),
        extension(16, sized(2, sized(1, b"http/1.1"))),
        extension(43, sized(1, shorts(*versions))) if versions else b"",
        extension(51, sized(2, shorts(share), sized(2, bytes(range(1, 33))))),
        more,
    )
    body = (
        shorts(0x0303) + bytes(range(32)) + sized(1, bytes(32))
        + sized(2, shorts(*suites)) + sized(1, b"\0") + sized(2, *extensions)
    )
    return b"\x01" + sized(3, body)


def record(content, kind=22, version=0x0301):
    return bytes([kind]) + shorts(version) + sized(2, content)


def cut(message, size):
    """In records of so many bytes."""
    return b"".join(record(message[i : i + size]) for i in range(0, len(message), size))


CLIENT_HELLO = client_hello()
NO_CLIENT = 3
TLS_13, TLS_12 = 0, 1
PAST, SEAL, ALERT, NOTIFY, FLIP, CUT = range(6)

WIRE = {
    "hello": record(CLIENT_HELLO),
    "hello-12": record(client_hello(SUITES_12, ())),
    "hello-no-suite": record(client_hello((0x002F,), ())),
    "hello-tls-1.1": record(client_hello(SUITES_12, (0x0302,))),
    "hello-bytes": cut(CLIENT_HELLO, 9),
    "hello-ones": cut(CLIENT_HELLO, 1),
    "hello-threes": cut(CLIENT_HELLO, 3),
    # The second one answers a HelloRetryRequest.
    "hello-twice": record(client_hello(share=0x11EC)) + record(b"\x01", 20) + cut(CLIENT_HELLO, 2),
    "hello-ccs-within": cut(CLIENT_HELLO[:2], 1) + record(b"\x01", 20) + record(CLIENT_HELLO[2:]),
    "hello-record-limit": record(client_hello(more=extension(28, shorts(64)))),
    "hello-twice-extended": record(client_hello(more=extension(16, sized(2, sized(1, b"h2"))))),
    "hello-large": record(b"\x01\xff\xff\xff" + CLIENT_HELLO[4:]),
    "hello-then-ccs": record(CLIENT_HELLO) + record(b"\x01", 20) + record(bytes(40), 23, 0x0303),
    "sslv2": b"\x80\x2e\x01\x00\x02\x00\x15\0\0\0\x10" + bytes(37),
    "http": head("Host: h"),
    "alert": record(b"\x02\x28", 21),
    "empty-records": record(b"") * 6,
    "data-first": record(b"early", 23),
    "too-long": b"\x16\x03\x01\x48\x01" + bytes(60),
    "nothing": b"\0\0\0\0",
}


def tls():
    for name, run in RUNS.items():
        yield name, options() + run
    for name in ("echo", "page", "app-closes", "protocol-error", "idle"):
        yield name + "-12", options() + RUNS[name].replace(MEET, op("MEET", 0, TLS_12))
    for name, content in WIRE.items():
        pieces = [content[i : i + 255] for i in range(0, len(content), 255)]
        raw = b"".join(op("RAW", len(piece), content=piece) for piece in pieces)
        yield "wire-" + name, options() + op("CONNECT", 0, NO_CLIENT) + raw + op("TIME", 4)
    for how in (TLS_13, TLS_12):
        meet = op("MEET", 0, how)
        for a in range(6):
            broken = op("TRANSPORT", a, 22, 0, b"\x01\0\0\0" if a < 2 else b"")
            yield f"break-{a}-{how}", options() + meet + broken + HELLO
            early = op("CONNECT", 0, how, settle=False) + broken
            yield f"break-{a}-{how}-early", options() + early + RUNS["page"][3:]


def change(kind, number=0, content=b"", wait=False):
    """An operation of fuzz_record.c."""
    return bytes((kind | (128 if wait else 0), number, len(content))) + content


def records():
    raw, data, typed, update, large, flip, padded, write = range(8)
    runs = {
        "data": change(data, 0, b"a") + change(data) + change(large, 255) + change(large, 254),
        "update": change(update, 1) + change(data, 0, b"x") + change(write, 0, b"y"),
        "halves": change(typed, 22, b"\x18\0\0") + change(typed, 22, b"\1\1")
                  + change(write, 254),
        "updates": change(update, 1, wait=True) * 32 + change(data, 0, b"x")
                   + change(update, 0) * 33,
        "empty": change(data, wait=True) * 32 + change(data, 0, b"x") + change(data) * 33,
        "hello": change(typed, 22, b"\1\0\0\2\3\3") + change(write, 0, b"y")
                 + change(data, 0, b"x"),
        "warnings": change(typed, 21, b"\1\x5a") * 3 + change(typed, 21, b"\1\0"),
        "fatal": change(typed, 21, b"\2\x2e"),
        "padded": change(padded, 23, b"\x10abc") + change(padded, 0, b"\xff\0"),
        "flip": change(data, 0, b"a") + change(flip, 1, b"\x20") + change(data, 0, b"b"),
        "header": change(raw, 0, b"\x17\3\3\x40\x20") + change(raw, 0, b"GET /"),
        "ticket": change(typed, 22, b"\4\0\0\1\0"),
        "cipher": change(typed, 20, b"\1"),
    }
    for name, run in runs.items():
        for suite in (0, 2, 3, 4):
            for piece in (0, 1, 7):
                yield f"{name}-{suite}-{piece}", bytes((suite, piece)) + run


TARGETS = {
    "tls": tls,
    "record": records,
    "conn": conn,
    "close": closes,
    "frame": frames,
    "handshake": handshakes,
    "http_request": requests,
    "session": session,
    "utf8": utf8,
}


def main(folder):
    for target, seeds in TARGETS.items():
        os.makedirs(os.path.join(folder, target), exist_ok=True)
        for name, content in seeds():
            with open(os.path.join(folder, target, name), "wb") as file:
                file.write(content)


if __name__ == "__main__":
    main(sys.argv[1])
