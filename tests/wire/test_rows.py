"""The handshakes and frames that RFC 6455 wants refused, and how: one test for
each way in which a server was seen to be too lenient. Over TLS."""

import base64
import unittest

import wire
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, pack_frame

# RFC 6455 7.4: not for the wire, or not defined.
BAD_CODES = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(wire.echo())

    def setUp(self):
        # One who was there before must not notice anything.
        self.witness = self.enterContext(wire.open_client(self.server))
        self.witness.expect_echo("before")

    def tearDown(self):
        self.witness.expect_echo("after")
        with wire.open_client(self.server) as client:
            client.expect_echo("next")
            client.finish()

    def refused(self, statuses, request, **how):
        """The request gets one of the statuses, a body, and the end of TCP."""
        answer = wire.http(self.server, request, **how)
        self.assertIn(answer.status, statuses, request)
        self.assertIn("close", answer.headers["connection"].lower().split(", "))
        self.assertTrue(answer.body, "a refusal says why")
        return answer

    def fails(self, code, *pieces, before=()):
        """The bytes end a WebSocket with that Close code, and then TCP; before:
        messages that are echoed all the same."""
        with self.subTest(pieces=[piece[:16].hex() for piece in pieces]), \
                wire.open_client(self.server) as client:
            client.write(b"".join(pieces))
            for opcode, payload in before:
                client.expect_message(opcode, payload)
            client.expect_close(code)
            client.send_close(code)
            client.expect_tcp_end()
            self.assertTrue(client.close_notify)

    # --- the handshake ---

    def test_row_01_no_upgrade_header(self):
        for extra in ((), [("Upgrade", "h2c")]):
            answer = self.refused((400, 426), wire.handshake_request(
                without=("upgrade",), headers=extra))
            if answer.status == 426:
                self.assertEqual(answer.headers["upgrade"].lower(), "websocket")

    def test_row_02_no_connection_upgrade(self):
        for extra in ((), [("Connection", "keep-alive")], [("Connection", "Upgraded")]):
            self.refused((400,), wire.handshake_request(
                without=("connection",), headers=extra))

    def test_row_03_http_1_0(self):
        self.refused((400, 505), wire.handshake_request(version="HTTP/1.0"))
        self.refused((400, 505), wire.handshake_request(version="HTTP/2.0"))

    def test_row_04_no_host(self):
        self.refused((400,), wire.handshake_request(without=("host",)))
        self.refused((400,), wire.handshake_request(headers=[("Host", "localhost")]))

    def test_row_05_key_is_not_16_bytes(self):
        for key in (*(base64.b64encode(bytes(size)).decode() for size in (0, 1, 15, 17, 18, 32)),
                    "x", "!" * 24, "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j ZQ==",
                    "dGhlIHNhbXBsZSBub25jZQ==AAAA", "dGhlIHNhbXBsZSBub25jZ_=="):
            with self.subTest(key=key):
                self.refused((400,), wire.handshake_request(key=key))
        self.refused((400,), wire.handshake_request(
            headers=[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]))

    def test_row_06_key_under_another_name(self):
        for name in ("X-Foo-Sec-WebSocket-Key", "Sec-WebSocket-Key-Foo", "Sec-WebSocket-Ke"):
            self.refused((400,), wire.handshake_request(
                without=("sec-websocket-key",),
                headers=[(name, "dGhlIHNhbXBsZSBub25jZQ==")]))

    def test_row_07_headers_without_end(self):
        # That a head which stops growing meets a deadline: test_one_port.py.
        before = self.server.memory()
        with wire.RawClient(self.server) as client:
            client.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            line = b"X-Filler: " + b"a" * 1000 + b"\r\n"
            for _ in range(30):
                if client.ended:
                    break
                client.write(line * 1000)  # 1 MB
            answer = client.recv_response()
            self.assertEqual(answer.status, 431)
            client.expect_tcp_end()
        self.assertLess(self.server.memory() - before, 8 << 20)
        # As many lines, and one line as long, as make it too large.
        for headers in ([("X", "y")] * 100, [("X", "y" * 9000)]):
            self.assertEqual(self.refused((431,), wire.handshake_request(
                headers=headers)).status, 431)
        self.refused((414,), wire.handshake_request(path="/" + "a" * 5000))

    def test_row_08_subprotocol_is_never_a_list(self):
        # The echo program speaks none: it picks none, and the client may go on.
        # That a program picks one: test_api.py.
        with wire.RawClient(self.server) as client:
            headers = client.handshake(headers=[("Sec-WebSocket-Protocol", "chat, superchat"),
                                                ("Sec-WebSocket-Protocol", "third")])
            self.assertNotIn("sec-websocket-protocol", headers)
            client.expect_echo()
        for value in ("chat, chat", "cha t", ""):
            with self.subTest(value=value):
                self.refused((400,), wire.handshake_request(
                    headers=[("Sec-WebSocket-Protocol", value)]))

    # --- frames ---

    def test_row_09_text_that_is_not_utf_8(self):
        for text in (b"\xff", b"a\xc0\xafb", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"ok \xe2\x82"):
            self.fails(1007, pack_frame(TEXT, text))
        # At the first bad byte, though neither frame nor message ends there.
        self.fails(1007, pack_frame(TEXT, b"\xc3", fin=False),
                   pack_frame(CONTINUATION, b"\x28", fin=False))
        self.fails(1007, pack_frame(TEXT, b"bad \xff", size=1000))
        # Binary is not looked at.
        with wire.open_client(self.server) as client:
            client.send_frame(BINARY, b"\xff\xc0\xaf")
            client.expect_message(BINARY, b"\xff\xc0\xaf")

    def test_row_10_rsv2(self):
        for rsv in (2, 1, 3):
            self.fails(1002, pack_frame(TEXT, b"hello", rsv=rsv))

    def test_row_11_rsv1_without_an_extension(self):
        with wire.RawClient(self.server) as client:
            headers = client.handshake()
            self.assertNotIn("sec-websocket-extensions", headers)
        for opcode in (TEXT, BINARY, PING, CLOSE):
            self.fails(1002, pack_frame(opcode, b"", rsv=4))
        self.fails(1002, pack_frame(TEXT, b"a", fin=False),
                   pack_frame(CONTINUATION, b"b", rsv=4))

    def test_row_12_ping_with_126_bytes(self):
        for opcode in (PING, PONG):
            for size in (126, 65536):
                self.fails(1002, pack_frame(opcode, bytes(size)))
        with wire.open_client(self.server) as client:
            client.send_frame(PING, bytes(125))
            client.expect_frame(PONG, bytes(125))

    def test_row_13_fragmented_ping(self):
        for opcode in (PING, PONG, CLOSE):
            self.fails(1002, pack_frame(opcode, b"", fin=False))

    def test_row_14_ping_between_fragments(self):
        with wire.open_client(self.server) as client:
            client.write(pack_frame(TEXT, b"first,", fin=False) +
                         pack_frame(PING, b"between") +
                         pack_frame(CONTINUATION, b"second,", fin=False) +
                         pack_frame(PONG, b"nobody asked") +
                         pack_frame(PING, b"") +
                         pack_frame(CONTINUATION, b"third"))
            client.expect_frame(PONG, b"between")
            client.expect_frame(PONG, b"")
            client.expect_message(TEXT, b"first,second,third")
            client.finish()

    def test_row_15_nothing_to_continue(self):
        for fin in (True, False):
            self.fails(1002, pack_frame(CONTINUATION, b"hello", fin=fin))
        self.fails(1002, pack_frame(TEXT, b"whole"), pack_frame(CONTINUATION, b"more"),
                   before=[(TEXT, b"whole")])

    def test_row_16_message_inside_a_message(self):
        for opcode in (TEXT, BINARY):
            for fin in (True, False):
                self.fails(1002, pack_frame(TEXT, b"one", fin=False),
                           pack_frame(opcode, b"two", fin=fin))

    def test_row_17_close_that_is_not_allowed(self):
        for code in BAD_CODES:
            self.fails(1002, pack_frame(CLOSE, close_payload(code)))
        self.fails(1002, pack_frame(CLOSE, b"\x03"))
        self.fails(1002, pack_frame(CLOSE, close_payload(1000, "r" * 124)))
        self.fails(1007, pack_frame(CLOSE, close_payload(1000) + b"bad \xff"))
        self.fails(1007, pack_frame(CLOSE, close_payload(1000) + b"cut \xe2\x82"))

    def test_row_18_close_is_echoed(self):
        for code, reason in ((3000, "done"), (1000, ""), (1001, "bye"), (1003, ""),
                             (1007, ""), (1014, ""), (3999, "r" * 123), (4000, ""),
                             (4999, "fünf"), (None, "")):
            with self.subTest(code=code), wire.open_client(self.server) as client:
                client.send_close(code, reason)
                client.expect_close(code)
                client.expect_tcp_end()

    def test_row_19_unmasked(self):
        self.fails(1002, pack_frame(TEXT, b"", mask=None))
        self.fails(1002, pack_frame(TEXT, b"abc", mask=None))
        self.fails(1002, pack_frame(TEXT, bytes(70000), mask=None))
        self.fails(1002, pack_frame(CLOSE, close_payload(1000), mask=None))
        # Two bytes are enough to see it.
        self.fails(1002, b"\x81\x05")

    def test_row_20_opcode_or_length_that_does_not_exist(self):
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            self.fails(1002, pack_frame(opcode, b"x"))
        self.fails(1002, b"\x82\xff" + b"\x80" + bytes(7) + bytes(4))
        self.fails(1002, b"\x82\xff" + b"\xff" * 8 + bytes(4))

    def test_row_21_length_is_not_the_shortest(self):
        for size, form in ((0, 16), (5, 16), (125, 16), (5, 64), (126, 64), (65535, 64)):
            self.fails(1002, pack_frame(TEXT, b"a" * size, form=form))

    def test_row_22_server_closes_with_a_close_frame(self):
        with wire.echo() as server, wire.open_client(server) as client:
            client.expect_echo()
            server.signal()
            client.expect_close(1001)
            client.send_close(1001)
            client.expect_tcp_end()
            self.assertEqual(server.wait(), 0)

    def test_row_25_bytes_seen_on_another_connection(self):
        message = b"only after a handshake"
        seen = pack_frame(TEXT, message, mask=bytes(4))
        with wire.open_client(self.server) as first:
            for _ in range(3):
                first.write(seen)
                first.expect_message(TEXT, message)
            for start in (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n"):
                with wire.RawClient(self.server) as second:
                    second.write(start + seen)
                    answer = second.recv_response()
                    self.assertEqual(answer.status, 400)
                    self.assertNotIn(message, answer.body)
                    second.expect_tcp_end()
            first.write(seen)
            first.expect_message(TEXT, message)


if __name__ == "__main__":
    unittest.main()
