"""What the black-box tests share: a server program that is started and stopped,
and a client that puts any bytes on the wire.

Every wait has a deadline and fails with an AssertionError that says what did
not come. A client reads whenever it writes, in one thread, so that neither side
can wait for the other; read=False is a client that does not.
"""

import base64
import collections
import hashlib
import os
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

# Seconds until a wait fails: generous, for sanitizers on a busy machine.
DEADLINE = 30

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
LIBRARY_PING = 8  # bytes of payload

SANITIZER_REPORTS = ("ERROR: AddressSanitizer", "LeakSanitizer", "runtime error:")

# States of linux/tcp.h: the peer has sent FIN; nothing is left.
TCP_CLOSE_WAIT, TCP_CLOSE = 8, 7

Frame = collections.namedtuple("Frame", "fin rsv opcode payload")
Response = collections.namedtuple("Response", "status headers body")


def setting(name):
    """An environment variable that the build gives to the tests."""
    value = os.environ.get(name)
    if not value:
        raise AssertionError(f"the environment variable {name} is not set")
    return value


def pki(name):
    """A file that tests/pki.sh made, such as "server.pem"."""
    return os.path.join(setting("WSS_PKI"), name)


def client_context(version=None, ca="ca.pem"):
    """Verifies the server; version is the only one offered ("1.2", "1.3")."""
    context = ssl.create_default_context(cafile=pki(ca))
    if version is not None:
        context.minimum_version = context.maximum_version = {
            "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3,
        }[version]
    return context


class Lines:
    """The lines that a program writes, read by a thread as they come."""

    def __init__(self, stream):
        self.lines = []
        self._stream = stream
        self._ended = False
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        with self._stream:
            for line in self._stream:
                with self._change:
                    self.lines.append(line.rstrip("\n"))
                    self._change.notify_all()
        with self._change:
            self._ended = True
            self._change.notify_all()

    def wait(self, pattern, within=DEADLINE, since=0):
        """The re.Match of the first line, from index since on, that has it."""
        end = time.monotonic() + within
        with self._change:
            while True:
                for line in self.lines[since:]:
                    match = re.search(pattern, line)
                    if match is not None:
                        return match
                since = max(since, len(self.lines))
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    why = "the program ended" if self._ended else f"{within} s passed"
                    raise AssertionError(
                        f"no line with {pattern!r}: {why}; lines: {self.lines}")
                self._change.wait(left)

    def matching(self, pattern):
        """The lines so far that have the pattern."""
        with self._change:
            return [line for line in self.lines if re.search(pattern, line)]

    def all(self, within=DEADLINE):
        """Every line, once the program has closed the stream."""
        self._thread.join(within)
        if self._thread.is_alive():
            raise AssertionError(f"the output was not closed within {within} s")
        return self.lines

    def text(self):
        with self._change:
            return "\n".join(self.lines)


class Server:
    """A program that prints "listening on URL". Leaving the with block stops it
    and checks that it ended well."""

    def __init__(self, program, *args, env=None):
        self.command = [program, *(str(arg) for arg in args)]
        # Some tests run once more, with Mbed TLS's record layer.
        if "--cert" in self.command and "WSS_RECORD_LAYER" in os.environ:
            self.command += ["--record-layer", os.environ["WSS_RECORD_LAYER"]]
        self.env = env
        self.process = None
        self.url = None
        self.stopped = False

    def __enter__(self):
        environment = dict(os.environ, **(self.env or {}))
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="backslashreplace",
            env=environment)
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)
        try:
            found = self.out.wait(r"listening on ((wss?)://(.+):([0-9]+))$")
        except AssertionError as error:
            self._kill()
            errors = "\n".join(self.err.all())
            raise AssertionError(f"{error}; stderr: {errors}") from None
        self.url = found[1]
        self.tls = found[2] == "wss"
        self.port = int(found[4])
        host = found[3].strip("[]")
        self.host = {"localhost": "127.0.0.1", "0.0.0.0": "127.0.0.1",
                     "::": "::1"}.get(host, host)
        return self

    def __exit__(self, kind, value, traceback):
        if kind is None:
            self.stop()
        else:
            self._kill()
        return False

    def _kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, within=DEADLINE):
        """The exit code of a program that is about to end by itself; it must
        have left no report of a sanitizer."""
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self._kill()
            raise AssertionError(
                f"the program did not end within {within} s; stderr: "
                f"{self.err.text()}") from None
        self.stopped = True
        self.out.all()
        errors = "\n".join(self.err.all())
        for report in SANITIZER_REPORTS:
            if report in errors:
                raise AssertionError(f"a sanitizer reports:\n{errors}")
        return code

    def stop(self, within=DEADLINE):
        """SIGTERM; the exit code must be 0."""
        if self.stopped:
            return
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        code = self.wait(within)
        if code != 0:
            raise AssertionError(f"exit code {code}; stderr: {self.err.text()}")

    def memory(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def ticks(self):
        """User and system time used so far, in clock ticks."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


def echo(*args, tls=True):
    """The echo example, on a port that it picks."""
    how = ("--cert", pki("server.pem"), "--key", pki("server.key"))
    return Server(setting("WSS_ECHO"), "--port", 0, *(how if tls else ("--plain",)), *args)


def mask_bytes(payload, key):
    """RFC 6455 5.3."""
    size = len(payload)
    keys = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(size, "big")


def pack_frame(opcode, payload=b"", fin=True, rsv=0, mask=True, form=None, size=None):
    """A frame of a client. mask: True (a random key), a key, or None. form: 7,
    16 or 64 bits for the length, else the shortest. size: the length to claim
    instead of the payload's own."""
    size = len(payload) if size is None else size
    if form is None:
        form = 7 if size < 126 else 16 if size < 1 << 16 else 64
    if mask is True:
        mask = os.urandom(4)
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    bit = 0x80 if mask is not None else 0
    head = {7: lambda: struct.pack(">BB", first, bit | size),
            16: lambda: struct.pack(">BBH", first, bit | 126, size),
            64: lambda: struct.pack(">BBQ", first, bit | 127, size)}[form]()
    if mask is None:
        return head + payload
    return head + mask + mask_bytes(payload, mask)


def close_payload(code=None, reason=""):
    return b"" if code is None else struct.pack(">H", code) + reason.encode()


class RawClient:
    """A connection to a Server, on which any bytes can be sent."""

    # How much is encrypted ahead of the socket.
    AHEAD = 1 << 16

    def __init__(self, server, tls=None, context=None, host=None, port=None,
                 within=DEADLINE, receive_buffer=None, trickle=None):
        """tls: None as the server, True or False. context: an SSLContext.
        trickle: most bytes to write at once, each of them its own TCP segment."""
        self.incoming = bytearray()  # received and decrypted
        self.ended = None            # "end" or "reset", by the peer
        self.close_notify = False    # the peer ended TLS properly
        self.alert = None            # the SSLError of the peer's alert
        self.sent = 0                # bytes on the TCP connection
        self.received = 0
        self.trickle = trickle
        self._plain = bytearray()    # to be encrypted
        self._wire = bytearray()     # to be written
        self._tls = None
        self._handshaken = False
        host = host or server.host
        self._socket = socket.socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            if receive_buffer is not None:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self._socket.settimeout(within)
            self._socket.connect((host, port or server.port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.setblocking(False)
            if server.tls if tls is None else tls:
                self._start_tls(context or client_context(), within)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- bytes ---

    @property
    def address(self):
        """As the server prints it."""
        host, port = self._socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def tls_version(self):
        return self._tls.version() if self._tls is not None else None

    @property
    def alpn(self):
        return self._tls.selected_alpn_protocol()

    def fileno(self):
        return self._socket.fileno()

    def _start_tls(self, context, within):
        self._from_peer, self._to_peer = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._from_peer, self._to_peer,
                                     server_hostname="localhost")
        end = time.monotonic() + within
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                self._wire += self._to_peer.read()
                self._write_some()
                raise
            self._wire += self._to_peer.read()
            if self.ended:
                raise AssertionError("the server ended the connection during "
                                     f"the TLS handshake ({self.ended})")
            self._turn(end, "the TLS handshake")
        self._handshaken = True
        self._wire += self._to_peer.read()
        self._decrypt()

    def _encrypt(self):
        if self._tls is None:
            self._wire += self._plain
            self._plain.clear()
            return
        while self._plain and len(self._wire) < self.AHEAD:
            piece = bytes(self._plain[:1 << 14])
            self._tls.write(piece)
            del self._plain[:len(piece)]
            self._wire += self._to_peer.read()

    def _decrypt(self):
        if self._tls is None:
            return
        try:
            while not self.close_notify:
                piece = self._tls.read(1 << 16)
                if not piece:
                    self.close_notify = True
                self.incoming += piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.close_notify = True
        except ssl.SSLError as error:
            self.alert = error
        self._wire += self._to_peer.read()

    def _write_some(self):
        size = self.trickle or 1 << 18
        try:
            sent = self._socket.send(self._wire[:size])
            self.sent += sent
            del self._wire[:sent]
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            self._wire.clear()
            self._plain.clear()
            self.ended = self.ended or "reset"

    def _read_some(self):
        try:
            piece = self._socket.recv(1 << 18)
        except BlockingIOError:
            return
        except ConnectionResetError:
            self.ended = "reset"
            return
        self.received += len(piece)
        if not piece:
            self.ended = self.ended or "end"
        elif self._tls is None:
            self.incoming += piece
        else:
            self._from_peer.write(piece)
            if self._handshaken:
                self._decrypt()

    def _turn(self, end, what, read=True):
        """Waits until the socket can be read or written, and does so."""
        left = end - time.monotonic()
        if left <= 0:
            raise AssertionError(f"waited in vain for {what}; received so far: "
                                 f"{bytes(self.incoming[:200])!r}")
        read = read and not self.ended
        events = (select.POLLIN if read else 0) | (select.POLLOUT if self._wire else 0)
        poller = select.poll()
        poller.register(self._socket, events)
        ready = dict(poller.poll(left * 1000)).get(self._socket.fileno(), 0)
        if ready & select.POLLOUT and self._wire:
            self._write_some()
        if read and ready & (select.POLLIN | select.POLLHUP | select.POLLERR):
            self._read_some()
        elif ready & select.POLLERR:
            self.ended = self.ended or "reset"

    def _until(self, done, what, within, read=True):
        end = time.monotonic() + within
        while not done():
            self._turn(end, what, read)
            self._encrypt()

    def _flushed(self):
        return self.ended == "reset" or not (self._plain or self._wire)

    def write(self, data, within=DEADLINE):
        """Sends it all, reading meanwhile."""
        self._plain += data
        self._encrypt()
        self._until(self._flushed, "room to write", within)

    def write_blindly(self, data, idle=1.0):
        """Sends without reading until the server has taken no more for idle
        seconds; returns how many bytes are not sent yet. flush() goes on."""
        self._plain += data
        self._encrypt()
        while not self._flushed():
            poller = select.poll()
            poller.register(self._socket, select.POLLOUT)
            if not poller.poll(idle * 1000):
                break
            self._write_some()
            self._encrypt()
        return len(self._plain) + len(self._wire)

    def write_wire(self, data, within=DEADLINE):
        """Bytes on the TCP connection, past TLS."""
        self._wire += data
        self.flush(within)

    def flush(self, within=DEADLINE):
        self._until(self._flushed, "room to write", within)

    def read(self, size, within=DEADLINE):
        """Exactly so many bytes."""
        self._until(lambda: len(self.incoming) >= size or self.ended,
                    f"{size} bytes", within)
        if len(self.incoming) < size:
            raise AssertionError(f"the connection ended ({self.ended}), {size} bytes "
                                 f"expected, left: {bytes(self.incoming[:200])!r}")
        piece = bytes(self.incoming[:size])
        del self.incoming[:size]
        return piece

    def read_until(self, mark, within=DEADLINE):
        """Everything up to and with the mark."""
        self._until(lambda: mark in self.incoming or self.ended, repr(mark), within)
        at = self.incoming.find(mark)
        if at < 0:
            raise AssertionError(f"the connection ended ({self.ended}), {mark!r} "
                                 f"expected, left: {bytes(self.incoming[:200])!r}")
        return self.read(at + len(mark))

    def read_end(self, within=DEADLINE):
        """Everything until the server ends the connection."""
        self._until(lambda: self.ended, "the end of the connection", within)
        piece = bytes(self.incoming)
        self.incoming.clear()
        return piece

    def expect_tcp_end(self, within=DEADLINE):
        """The server ends the TCP connection; nothing comes before that."""
        rest = self.read_end(within)
        if rest:
            raise AssertionError(f"bytes before the end: {rest[:200]!r}")

    def await_end_unread(self, within=DEADLINE):
        """Waits for the server's FIN or RST without reading what came before;
        returns which one it was, as the kernel knows it."""
        poller = select.poll()
        poller.register(self._socket, select.POLLRDHUP)
        if not poller.poll(within * 1000):
            raise AssertionError("waited in vain for a FIN")
        state = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return {TCP_CLOSE_WAIT: "end", TCP_CLOSE: "reset"}.get(state, state)

    def end_tls(self):
        """A close_notify alert; TCP stays."""
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._wire += self._to_peer.read()
        self.flush()

    def finish_writing(self):
        """TCP FIN, without a word."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self):
        self._socket.close()

    def await_bytes(self, within=DEADLINE):
        """Until something has come that was not read yet."""
        if not select.select([self._socket], [], [], within)[0]:
            raise AssertionError("nothing came from the server")

    def reset(self):
        """TCP RST."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    # --- HTTP ---

    def recv_response(self, within=DEADLINE, head_only=False):
        """Header names in lower case; repeated ones joined by ", "."""
        head = self.read_until(b"\r\n\r\n", within).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        match = re.fullmatch(r"HTTP/1\.1 ([0-9]{3}) [ -~]*", first)
        if match is None:
            raise AssertionError(f"not a status line: {first!r}")
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise AssertionError(f"not a header line: {line!r}")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        body = b""
        if not head_only and match[1] != "101":
            body = self.read(int(headers.get("content-length", 0)), within)
        return Response(int(match[1]), headers, body)

    def handshake(self, path="/", headers=(), within=DEADLINE):
        """Opens the WebSocket; returns the answer's headers."""
        key = base64.b64encode(os.urandom(16)).decode()
        self.write(handshake_request(path, headers, key), within)
        answer = self.recv_response(within)
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode())
        expected = base64.b64encode(digest.digest()).decode()
        if answer.status != 101 or answer.headers.get("sec-websocket-accept") != expected:
            raise AssertionError(f"the handshake was answered {answer}")
        return answer.headers

    # --- frames ---

    def send_frame(self, opcode, payload=b"", within=DEADLINE, **how):
        self.write(pack_frame(opcode, payload, **how), within)

    def send_text(self, text, within=DEADLINE):
        self.send_frame(TEXT, text.encode() if isinstance(text, str) else text, within)

    def send_close(self, code=None, reason=""):
        self.send_frame(CLOSE, close_payload(code, reason))

    def recv_frame(self, within=DEADLINE):
        """The next frame, which must be one that a server may send. Pings of the
        library's own, which come after a while, are answered as any client would."""
        frame = self._recv_any_frame(within)
        while frame.opcode == PING and len(frame.payload) == LIBRARY_PING:
            try:
                self.send_frame(PONG, frame.payload)
            except OSError:
                pass  # what is left to be read matters, not this
            frame = self._recv_any_frame(within)
        return frame

    def _recv_any_frame(self, within):
        first, second = self.read(2, within)
        size = second & 0x7f
        if second & 0x80:
            raise AssertionError("the server masked a frame")
        if size == 126:
            size, = struct.unpack(">H", self.read(2, within))
            shortest = size > 125
        elif size == 127:
            size, = struct.unpack(">Q", self.read(8, within))
            shortest = size > 0xffff
        else:
            shortest = True
        if not shortest:
            raise AssertionError("the server did not use the shortest length")
        opcode = first & 0x0f
        if opcode >= 8 and (size > 125 or not first & 0x80):
            raise AssertionError(f"control frame with {size} bytes, first byte {first:#x}")
        return Frame(bool(first & 0x80), first >> 4 & 7, opcode, self.read(size, within))

    def answer_ping(self, within=DEADLINE):
        """The next frame is a Ping of the library's own; answers it."""
        frame = self._recv_any_frame(within)
        if frame.opcode != PING or len(frame.payload) != LIBRARY_PING:
            raise AssertionError(f"a Ping expected, got {describe(frame)}")
        self.send_frame(PONG, frame.payload)

    def recv_message(self, within=DEADLINE):
        """(opcode, payload) of the next data message; control frames fail."""
        frame = self.recv_frame(within)
        if frame.opcode not in (TEXT, BINARY) or frame.rsv:
            raise AssertionError(f"a message expected, got {describe(frame)}")
        opcode, parts = frame.opcode, [frame.payload]
        while not frame.fin:
            frame = self.recv_frame(within)
            if frame.opcode != CONTINUATION or frame.rsv:
                raise AssertionError(f"a continuation expected, got {describe(frame)}")
            parts.append(frame.payload)
        return opcode, b"".join(parts)

    def expect_message(self, opcode, payload, within=DEADLINE):
        got = self.recv_message(within)
        if got != (opcode, payload):
            raise AssertionError(
                f"opcode {opcode} with {len(payload)} bytes {payload[:50]!r} expected, "
                f"got opcode {got[0]} with {len(got[1])} bytes {got[1][:50]!r}")

    def expect_frame(self, opcode, payload, within=DEADLINE):
        frame = self.recv_frame(within)
        if frame != Frame(True, 0, opcode, payload):
            raise AssertionError(f"opcode {opcode} with {payload[:50]!r} expected, "
                                 f"got {describe(frame)}")

    def expect_echo(self, text="still there?", within=DEADLINE):
        """The WebSocket is open and echoes."""
        self.send_text(text, within)
        self.expect_message(TEXT, text.encode(), within)

    def expect_close(self, code=None, reason=None, within=DEADLINE):
        """The next frame is a Close with the code (None: without a payload);
        returns its reason."""
        frame = self.recv_frame(within)
        if frame.opcode != CLOSE or not frame.fin or frame.rsv:
            raise AssertionError(f"Close {code} expected, got {describe(frame)}")
        got = struct.unpack(">H", frame.payload[:2])[0] if frame.payload else None
        text = frame.payload[2:].decode()
        if got != code or (reason is not None and text != reason):
            raise AssertionError(f"Close {code} {reason!r} expected, got {got} {text!r}")
        return text

    def finish(self, code=1000, within=DEADLINE):
        """The client's close handshake, to the end of TCP."""
        self.send_close(code)
        self.expect_close(code, within=within)
        self.expect_tcp_end(within)


def describe(frame):
    return (f"fin={frame.fin} rsv={frame.rsv} opcode={frame.opcode} with "
            f"{len(frame.payload)} bytes {frame.payload[:50]!r}")


def handshake_request(path="/", headers=(), key="dGhlIHNhbXBsZSBub25jZQ==", without=(),
                      method="GET", version="HTTP/1.1"):
    """The bytes of an opening handshake; headers: (name, value) pairs to add,
    without: lower-case names to leave out."""
    lines = [("Host", "localhost"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
             ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13")]
    lines = [line for line in lines if line[0].lower() not in without] + list(headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"{method} {path} {version}\r\n{head}\r\n".encode("latin-1")


def open_client(server, path="/", headers=(), **how):
    """A RawClient whose WebSocket is open."""
    client = RawClient(server, **how)
    try:
        client.handshake(path, headers)
    except BaseException:
        client.close()
        raise
    return client


def http(server, request, within=DEADLINE, head_only=False, **how):
    """Sends a whole request (bytes) on a connection of its own and returns the
    Response, after which the server has to end the connection."""
    with RawClient(server, **how) as client:
        client.write(request, within)
        answer = client.recv_response(within, head_only)
        client.expect_tcp_end(within)
        return answer
