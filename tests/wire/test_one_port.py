"""One port that answers everyone: wss, https, and those who speak neither
(promise S16, and the part of S17 about versions that are too old)."""

import os
import re
import select
import ssl
import struct
import time
import unittest

import wire
from wire import PING, PONG, TEXT, RawClient

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")

# TLS alerts (RFC 8446 6).
UNEXPECTED_MESSAGE, RECORD_OVERFLOW, DECODE_ERROR = 10, 22, 50
PROTOCOL_VERSION, HANDSHAKE_FAILURE = 70, 40


def extension(kind, body):
    return struct.pack(">HH", kind, len(body)) + body


def client_hello(version, suites=(0xC02B, 0xC02F, 0xC009, 0xC013), supported=None):
    """A TLS record with a ClientHello that is at most of that version."""
    extensions = (extension(10, struct.pack(">HHH", 4, 29, 23)) +  # groups
                  extension(11, b"\x01\x00") +                     # point formats
                  extension(13, struct.pack(">HHHH", 6, 0x0403, 0x0804, 0x0401)))
    if supported is not None:
        extensions += extension(43, struct.pack(">BH", 2, supported))
    body = (struct.pack(">H", version) + os.urandom(32) + b"\x00" +
            struct.pack(f">H{len(suites)}H", 2 * len(suites), *suites) + b"\x01\x00" +
            struct.pack(">H", len(extensions)) + extensions)
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message


class Deadlines(unittest.TestCase):
    """TCP, TLS and HTTP together have one deadline."""

    TIMEOUT = 700  # ms

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(wire.Server(
            wire.setting("WSS_PROBE"), "--port", 0, "--handshake-timeout", cls.TIMEOUT,
            "--cert", wire.pki("server.pem"), "--key", wire.pki("server.key")))

    def lasts(self, *pieces, **how):
        """Sends the pieces, and then no more; what the server sends until it
        ends the connection, which is at the deadline."""
        start = time.monotonic()
        with RawClient(self.server, **how) as client:
            for piece in pieces:
                client.write(piece)
            answer = client.read_end()
            self.assertGreater(time.monotonic() - start, self.TIMEOUT / 1000 - 0.05)
            self.assertLess(time.monotonic() - start, self.TIMEOUT / 1000 + 10)
            return answer

    def test_silence(self):
        with wire.open_client(self.server) as other:
            clients = [self.enterContext(RawClient(self.server, tls=False)) for _ in range(20)]
            for client in clients:
                client.expect_tcp_end()
            other.send_frame(PING, b"later than the deadline")
            other.expect_frame(PONG, b"later than the deadline")

    def test_half_a_record_header(self):
        self.assertIn(self.lasts(b"\x16\x03", tls=False)[:1], (b"", b"\x15"))

    def test_half_a_client_hello(self):
        self.assertIn(self.lasts(client_hello(0x0303)[:60], tls=False)[:1], (b"", b"\x15"))

    def test_hello_and_no_more(self):
        # The server's flight, and perhaps an alert at its end.
        self.assertEqual(self.lasts(client_hello(0x0303), tls=False)[:1], b"\x16")

    def test_tls_and_no_http(self):
        answer = self.lasts()
        self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_slow_http_gets_408(self):
        for pieces in ((b"GET / HTTP/1.1\r\nHost: loc",),
                       (b"G",),
                       tuple(bytes((byte,)) for byte in wire.handshake_request()[:-1])):
            with self.subTest(pieces=len(pieces)):
                self.assertTrue(self.lasts(*pieces).startswith(b"HTTP/1.1 408 "))

    def test_bytes_do_not_move_the_deadline(self):
        # A byte whenever there is room for one more in the deadline's time.
        start = time.monotonic()
        with RawClient(self.server) as client:
            client.write(b"GET / HTTP/1.1\r\n")
            while not select.select([client], [], [], 0.1)[0]:
                client.write(b"X: y\r\n")
                self.assertLess(time.monotonic() - start, 30)
            self.assertEqual(client.recv_response().status, 408)
            client.expect_tcp_end()

    def test_open_connections_have_none(self):
        with wire.open_client(self.server) as client:
            ready, _, _ = select.select([client], [], [], 2 * self.TIMEOUT / 1000)
            self.assertEqual(ready, [])
            client.send_frame(PING, b"on")
            client.expect_frame(PONG, b"on")
            client.finish()


class OnePort(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(wire.echo())

    def setUp(self):
        self.witness = self.enterContext(wire.open_client(self.server))
        self.witness.expect_echo("before")

    def tearDown(self):
        self.witness.expect_echo("after")
        with wire.open_client(self.server) as client:
            client.expect_echo("next")
            client.finish()

    def raw(self):
        return self.enterContext(RawClient(self.server, tls=False))

    def gets_alert(self, data, *descriptions):
        """The bytes are answered with one fatal alert in a record of its own,
        the end of TCP, and one line on stderr."""
        with self.subTest(data=data[:16].hex()):
            client = self.raw()
            address = re.escape(client.address)
            client.write(data)
            answer = client.read_end()
            self.assertEqual(answer[:6], b"\x15\x03\x03\x00\x02\x02")
            self.assertEqual(len(answer), 7)
            self.assertIn(answer[6], descriptions)
            client.close()
            self.server.err.wait(address)

    # --- plain text to the TLS port ---

    def test_s16_plain_text_is_told_to_use_tls(self):
        requests = (GET % b"/", wire.handshake_request(), GET % b"/health",
                    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
                    b"HEAD / HTTP/1.0\r\n\r\n", b"G")
        with wire.echo() as server, wire.open_client(server) as other:
            lines = []
            for request in requests:
                with self.subTest(request=request), RawClient(server, tls=False) as client:
                    client.write(request)
                    answer = client.recv_response()
                    self.assertEqual(answer.status, 400)
                    self.assertEqual(answer.headers["connection"], "close")
                    self.assertIn(b"https://", answer.body)
                    self.assertIn(b"wss://", answer.body)
                    client.expect_tcp_end()
                    lines.append(f"^echo: {re.escape(client.address)}: .*wss")
                server.err.wait(lines[-1])
                other.expect_echo()
            other.finish()
            server.stop()
            self.assertEqual(len(server.err.lines), len(requests), server.err.lines)
            for line in lines:
                self.assertEqual(len(server.err.matching(line)), 1, line)

    def test_s16_no_time_is_spent_on_those_who_stay(self):
        # They have their answer and the server's FIN, and do not close.
        for data in (GET % b"/", b"\x00garbage"):
            client = self.raw()
            client.write(data)
            self.assertTrue(client.read_end())
        https = self.enterContext(RawClient(self.server))
        https.write(GET % b"/health")
        https.read_end()
        before = self.server.ticks()
        ready, _, _ = select.select([self.witness], [], [], 0.5)
        spent = self.server.ticks() - before
        self.assertEqual(ready, [])
        self.assertLess(spent, 0.2 * os.sysconf("SC_CLK_TCK"), "the server spins")

    def test_tls_to_a_plain_port_is_told_so(self):
        with wire.echo(tls=False) as server:
            self.assertFalse(server.tls)
            with RawClient(server) as client:
                client.write(client_hello(0x0303))
                answer = client.recv_response()
                self.assertEqual(answer.status, 400)
                self.assertIn(b"ws://", answer.body)
                client.expect_tcp_end()
            self.assertEqual(wire.http(server, GET % b"/health").body, b"ok")

    # --- what is not TLS, or not of our time ---

    def test_garbage_gets_an_alert(self):
        self.gets_alert(b"\x00\x01garbage", UNEXPECTED_MESSAGE)
        self.gets_alert(b"\xff" * 1000, UNEXPECTED_MESSAGE)
        self.gets_alert(b"get / http/1.1\r\n\r\n", UNEXPECTED_MESSAGE)
        self.gets_alert(b"\r\n\r\n", UNEXPECTED_MESSAGE)
        self.gets_alert(b"\n", UNEXPECTED_MESSAGE)
        self.gets_alert(wire.pack_frame(TEXT, b"a frame"), UNEXPECTED_MESSAGE)
        # Records of other kinds: an alert, data, ChangeCipherSpec, heartbeat.
        for kind in (0x15, 0x17, 0x14, 0x18):
            self.gets_alert(bytes((kind, 3, 3, 0, 2, 1, 0)), UNEXPECTED_MESSAGE)

    def test_sslv2_hello_gets_an_alert(self):
        self.gets_alert(b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(37),
                        UNEXPECTED_MESSAGE, PROTOCOL_VERSION)

    def test_record_that_is_too_long_gets_an_alert(self):
        self.gets_alert(b"\x16\x03\x01\xff\xff" + bytes(100), RECORD_OVERFLOW)
        self.gets_alert(b"\x16\x03\x01\x42\x01" + bytes(100), RECORD_OVERFLOW)

    def test_broken_handshake_gets_an_alert(self):
        self.gets_alert(b"\x16\x03\x01\x00\x00", UNEXPECTED_MESSAGE, DECODE_ERROR)
        self.gets_alert(b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", UNEXPECTED_MESSAGE)
        hello = bytearray(client_hello(0x0303))
        hello[43] = 200  # longer than a session id may be
        self.gets_alert(bytes(hello), DECODE_ERROR, 47)  # or illegal_parameter

    def test_s17_old_versions_get_protocol_version(self):
        for version in (0x0300, 0x0301, 0x0302):
            self.gets_alert(client_hello(version), PROTOCOL_VERSION)
        self.gets_alert(client_hello(0x0303, supported=0x0302), PROTOCOL_VERSION)

    def test_s17_old_suites_get_handshake_failure(self):
        # RSA key exchange, CBC, 3DES.
        self.gets_alert(client_hello(0x0303, suites=(0x009C, 0x002F, 0xC009, 0x000A)),
                        HANDSHAKE_FAILURE)

    def test_s17_versions_that_are_served(self):
        for version in ("1.2", "1.3"):
            with wire.open_client(self.server, context=wire.client_context(version)) as client:
                self.assertEqual(client.tls_version, f"TLSv{version}")
                client.expect_echo()

    def test_alpn(self):
        for offered in (["http/1.1"], ["h2", "http/1.1"]):
            context = wire.client_context()
            context.set_alpn_protocols(offered)
            with wire.open_client(self.server, context=context) as client:
                self.assertEqual(client.alpn, "http/1.1")
                client.expect_echo()
        for version in ("1.2", "1.3"):
            context = wire.client_context(version)
            context.set_alpn_protocols(["h2"])
            with self.assertRaises(ssl.SSLError) as caught:
                RawClient(self.server, context=context)
            self.assertIn("no application protocol", str(caught.exception).lower())

    def test_peer_that_goes_away_during_the_tls_handshake(self):
        for end in ("finish_writing", "close", "reset"):
            for data in (b"", b"\x16", client_hello(0x0303)[:50], client_hello(0x0303)):
                with self.subTest(end=end, size=len(data)):
                    client = self.raw()
                    client.write(data)
                    address = re.escape(client.address)
                    # Connections are accepted in their order.
                    self.assertEqual(wire.http(self.server, GET % b"/health").body, b"ok")
                    getattr(client, end)()
                    self.server.err.wait(address)
                    if end == "finish_writing":
                        client.read_end()

    # --- https ---

    def test_https_page(self):
        page = wire.http(self.server, GET % b"/")
        self.assertEqual(page.status, 200)
        self.assertTrue(page.headers["content-type"].startswith("text/html"))
        self.assertIn(b"new WebSocket(", page.body)
        self.assertEqual(page.headers["connection"], "close")
        again = wire.http(self.server, GET % b"/?query=1")
        self.assertEqual(again, page)

    def test_https_head(self):
        page = wire.http(self.server, GET % b"/")
        head = wire.http(self.server, HEAD % b"/", head_only=True)
        self.assertEqual(head, page._replace(body=b""))
        head = wire.http(self.server, HEAD % b"/x", head_only=True)
        self.assertEqual(head.status, 404)

    def test_https_health(self):
        answer = wire.http(self.server, GET % b"/health")
        self.assertEqual((answer.status, answer.body), (200, b"ok"))

    def test_https_other_paths_are_404(self):
        for path in (b"/x", b"/health/", b"/%00", b"/../etc/passwd"):
            self.assertEqual(wire.http(self.server, GET % path).status, 404)

    def test_https_other_methods_are_405(self):
        for method in (b"POST", b"PUT", b"OPTIONS", b"CONNECT", b"get"):
            answer = wire.http(self.server, method + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertEqual(answer.status, 405)
            self.assertIn("GET", answer.headers["allow"])

    def test_https_that_is_not_http(self):
        for request in (b"\r\n\r\n\r\n", b"GET /\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n", bytes(100),
                        b"GET / HTTP/1.1\nHost: x\n\n", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
                        b"GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n",
                        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
            with self.subTest(request=request):
                self.assertIn(wire.http(self.server, request).status, (400, 405, 505))

    def test_second_request_is_not_answered(self):
        with RawClient(self.server) as client:
            client.write(GET % b"/health" * 3)
            self.assertEqual(client.recv_response().body, b"ok")
            client.expect_tcp_end()


if __name__ == "__main__":
    unittest.main()
