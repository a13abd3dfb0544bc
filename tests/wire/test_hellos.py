"""ClientHellos of OpenSSL and Chromium in pieces, of every size, with and without
names. What their bytes may hold beside is in tests/unit/tls/test_hello_odd.c."""

import ssl
import struct
import subprocess
import unittest

from chromium import Chromium, Page
from wire import DEADLINE, RawClient, client_context, echo, pki

VERSIONS = ("1.2", "1.3")
LIMIT = 16384  # bytes of a ClientHello, with its header


def cut_records(wire, size):
    """The records in it (of handshake messages) cut to so many bytes each."""
    cut = b""
    while wire:
        kind, version, length = struct.unpack(">B2sH", wire[:5])
        payload, wire = wire[5:5 + length], wire[5 + length:]
        for at in range(0, length, size):
            piece = payload[at:at + size]
            cut += struct.pack(">B2sH", kind, version, len(piece)) + piece
    return cut


class Cutter(RawClient):
    """Its ClientHello comes in records of at most cut bytes."""

    def __init__(self, server, cut, **how):
        self.cut = cut
        self.hello = None
        super().__init__(server, **how)

    def _write_some(self):
        if self.hello is None:
            self.hello = len(self._wire) - 5
            self._wire[:] = cut_records(bytes(self._wire), self.cut)
        super()._write_some()


def padded(version, size):
    """A context whose ClientHello has so many bytes, by names of protocols; each
    takes 256 with its length, but for one that fills up."""
    empty = ssl.MemoryBIO()

    def make(padding):
        context = client_context(version)
        names = ["http/1.1"]
        while padding > 0:
            names.append("x" * min(255, max(1, padding - 1)))
            padding -= len(names[-1]) + 1
        context.set_alpn_protocols(names)
        return context

    def measure(context):
        out = ssl.MemoryBIO()
        client = context.wrap_bio(empty, out, server_hostname="localhost")
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return len(cut_payload(out.read()))

    return make(size - measure(make(0)))


def cut_payload(wire):
    """What is in its records."""
    payload = b""
    while wire:
        length = struct.unpack(">H", wire[3:5])[0]
        payload += wire[5:5 + length]
        wire = wire[5 + length:]
    return payload


class Hellos(unittest.TestCase):
    def greets(self, client):
        with client:
            client.handshake()
            client.expect_echo()
            client.finish()

    def test_in_records_of_every_size(self):
        with echo() as server:
            for version in VERSIONS:
                for cut in (1, 2, 3, 4, 5, 64, 200):
                    with self.subTest(version=version, cut=cut):
                        self.greets(Cutter(server, cut, context=client_context(version)))
            self.assertEqual(server.err.lines, [])

    def test_byte_by_byte(self):
        """Each byte in its own TCP segment, of records of every size."""
        with echo() as server:
            for version in VERSIONS:
                for cut in (1, 3, LIMIT):
                    with self.subTest(version=version, cut=cut):
                        self.greets(Cutter(server, cut, context=client_context(version),
                                           trickle=1))

    def test_of_16_kib(self):
        with echo() as server:
            for version in VERSIONS:
                for cut in (LIMIT, 1000, 1):
                    with self.subTest(version=version, cut=cut):
                        client = Cutter(server, cut, context=padded(version, LIMIT))
                        self.assertEqual(client.hello, LIMIT)
                        self.assertEqual(client.alpn, "http/1.1")
                        self.greets(client)

    def test_above_the_limit(self):
        with echo() as server:
            for version in VERSIONS:
                for size in (LIMIT + 1, 20000):
                    for cut in (LIMIT, 4, 1):
                        with self.subTest(version=version, size=size, cut=cut):
                            with self.assertRaisesRegex(ssl.SSLError, "DECODE_ERROR"):
                                Cutter(server, cut, context=padded(version, size)).close()
            server.err.wait("the first TLS message is larger than 16 KiB")
            self.greets(RawClient(server))

    def test_names(self):
        """An address is no host name (RFC 6066 3), but clients send it. Without a
        name the certificate is the same."""
        with echo() as server:
            for option in ("-tls1_2", "-tls1_3"):
                for name in (("-noservername",), ("-servername", "127.0.0.1"),
                             ("-servername", "::1"), ("-servername", "a" * 255),
                             ("-servername", "localhost.")):
                    with self.subTest(option=option, name=name):
                        done = subprocess.run(
                            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
                             "-CAfile", pki("ca.pem"), "-verify_return_error", option, *name],
                            input="", capture_output=True, text=True, timeout=DEADLINE, check=False)
                        self.assertEqual(done.returncode, 0, done.stderr)
                        self.assertIn("Verify return code: 0 (ok)", done.stdout)


class Browser(unittest.TestCase):
    """GREASE, a permutation of extensions and X25519MLKEM768, which Chromium offers
    by itself; the second share is x25519's, and there is none for P-256."""

    def test_a_browser_gets_each_group(self):
        with Chromium(trust="ca.pem") as browser:
            page = Page(browser)
            for curves in ("x25519:P-256", "P-256", "P-384"):
                with self.subTest(curves=curves), echo("--curves", curves) as server:
                    self.assertIsNone(page.open(f"https://localhost:{server.port}/"))
                    page.until('document.querySelector("#status").className === "open"')
                    self.assertEqual(server.err.lines, [])


if __name__ == "__main__":
    unittest.main()
