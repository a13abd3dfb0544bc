"""A TLS client that can send any record once the handshake is over: Python's ssl
shakes hands on memory, its key log gives the secrets, and from then on records
are sealed here (RFC 5246, RFC 5288, RFC 8446), with one suite a version; what the
server answers is read and not understood.
"""

import hmac
import socket
import ssl
import struct
import tempfile

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HANDSHAKE, DATA = 22, 23

REQUEST = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
           b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Version: 13\r\n\r\n")


def prf(secret, label, seed, size):
    """RFC 5246 5, with SHA-256."""
    seed = label + seed
    result, a = b"", seed
    while len(result) < size:
        a = hmac.digest(secret, a, "sha256")
        result += hmac.digest(secret, a + seed, "sha256")
    return result[:size]


def expand_label(secret, label, size):
    """RFC 8446 7.1, with an empty context; no more than one hash is needed."""
    info = struct.pack(">HB", size, 6 + len(label)) + b"tls13 " + label + b"\0"
    return hmac.digest(secret, info + b"\x01", "sha384")[:size]


class Client:
    """An open WebSocket connection."""

    def __init__(self, port, version):
        self.version = version
        with tempfile.NamedTemporaryFile() as log:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.keylog_filename = log.name
            if version == "1.2":
                context.maximum_version = ssl.TLSVersion.TLSv1_2
                context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
            else:
                context.minimum_version = ssl.TLSVersion.TLSv1_3
            self._open(port, context)
            with open(log.name, encoding="ascii") as lines:
                secrets = {words[0]: (bytes.fromhex(words[1]), bytes.fromhex(words[2]))
                           for words in map(str.split, lines) if words[0] != "#"}
        if version == "1.2":
            client_random, master = secrets["CLIENT_RANDOM"]
            block = prf(master, b"key expansion", self._server_random + client_random, 40)
            self._key, self._iv = AESGCM(block[:16]), block[32:36]
        else:
            self._secret = secrets["CLIENT_TRAFFIC_SECRET_0"][1]
            self._set_keys()
        # Under this key: 1.2 has sent Finished and the request, 1.3 the request.
        self._sequence = 2 if version == "1.2" else 1

    def _open(self, port, context):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        heard = b""

        def do(what):
            nonlocal heard
            while True:
                try:
                    result = what()
                except ssl.SSLWantReadError:
                    result = None
                self.socket.sendall(outgoing.read())
                if result is not None:
                    return result
                got = self.socket.recv(65536)
                heard += got
                incoming.write(got) if got else incoming.write_eof()

        do(lambda: tls.do_handshake() or True)
        self._server_random = heard[11:43]  # of the first record: ServerHello
        suite = tls.cipher()[0]
        if self.version == "1.3" and suite != "TLS_AES_256_GCM_SHA384":
            raise AssertionError(f"the server chose {suite}")
        do(lambda: tls.write(REQUEST))
        answer = do(lambda: tls.read(4096))
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise AssertionError(f"the answer is {answer!r}")

    def _set_keys(self):
        self._key = AESGCM(expand_label(self._secret, b"key", 32))
        self._iv = expand_label(self._secret, b"iv", 12)

    def update_keys(self):
        """After a KeyUpdate of ours (RFC 8446 7.2)."""
        self._secret = expand_label(self._secret, b"traffic upd", 48)
        self._set_keys()
        self._sequence = 0

    def seal(self, kind, payload):
        """The next record."""
        number = struct.pack(">Q", self._sequence)
        self._sequence += 1
        if self.version == "1.2":
            header = struct.pack(">B2sH", kind, b"\x03\x03", len(payload) + 24)
            sealed = self._key.encrypt(self._iv + number, payload,
                                       number + struct.pack(">B2sH", kind, b"\x03\x03", len(payload)))
            return header + number + sealed
        header = struct.pack(">B2sH", DATA, b"\x03\x03", len(payload) + 17)
        nonce = bytes(a ^ b for a, b in zip(self._iv, bytes(4) + number))
        return header + self._key.encrypt(nonce, payload + bytes([kind]), header)

    def send(self, kind, payload):
        self.socket.sendall(self.seal(kind, payload))

    def wait_for_end(self, within):
        """Reads to the end: "fin" or "reset"."""
        self.socket.settimeout(within)
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            return "reset"
        return "fin"


def client_hello():
    """The handshake message, without its record's header."""
    outgoing = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()[5:]


KEY_UPDATE = b"\x18\x00\x00\x01\x01"  # update_requested (RFC 8446 4.6.3)


def flood(port, what, version, count):
    """Sends count records of a kind, as fast as they are taken: how many were
    taken, and how the connection ended, "open" if it did not."""
    client = Client(port, version)
    hello = client_hello()
    sent = 0
    try:
        for sent in range(count):
            if what == "empty":
                client.send(DATA, b"")
            elif what == "renegotiation":
                client.send(HANDSHAKE, hello)
            else:
                client.send(HANDSHAKE, KEY_UPDATE)
                client.update_keys()
        sent = count
    except ConnectionError:
        return sent, "reset"
    try:
        return sent, client.wait_for_end(10)
    except TimeoutError:
        return sent, "open"
    finally:
        client.socket.close()
