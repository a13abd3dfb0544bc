"""A server that fails a connection is seen to do it right: the Close frame with
the code that fits, close_notify, FIN, and no RST before the client has read it
all, though bytes go on arriving. Over real TLS, and over plain TCP."""

import unittest

import wire
from programs import Probe
from wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload,
                  client_context, open_client, pack_frame)

MAX_MESSAGE = 400_000
MAX_BLOCK = 300_000

# What a client does wrong, and the code that it is told.
FAILURES = {
    "not masked": (1002, pack_frame(TEXT, b"hello", mask=None)),
    "a reserved bit": (1002, pack_frame(TEXT, b"hello", rsv=4)),
    "a reserved opcode": (1002, pack_frame(11, b"")),
    "a long ping": (1002, pack_frame(PING, bytes(126))),
    "a ping in pieces": (1002, pack_frame(PING, b"a", fin=False)),
    "a length of 2^63": (1002, b"\x82\xff\x80" + bytes(7) + bytes(4)),
    "a length in a longer form": (1002, pack_frame(TEXT, b"a", form=16)),
    "nothing to continue": (1002, pack_frame(CONTINUATION, b"a")),
    "a message within a message": (
        1002, pack_frame(TEXT, b"a", fin=False) + pack_frame(TEXT, b"b")),
    "a code of one byte": (1002, pack_frame(CLOSE, b"\x03")),
    "a code that is not sent": (1002, pack_frame(CLOSE, close_payload(1005))),
    "text that is no UTF-8": (1007, pack_frame(TEXT, b"\xff")),
    "no UTF-8 in the midst of a frame": (1007, pack_frame(TEXT, b"a\xffz", size=100)),
    "no UTF-8 across fragments": (
        1007, pack_frame(TEXT, b"\xe2", fin=False) + pack_frame(CONTINUATION, b"\x28", fin=False)),
    "a reason that is no UTF-8": (1007, pack_frame(CLOSE, close_payload(1000) + b"\xff")),
    "too many fragments": (
        1008, pack_frame(BINARY, b"", fin=False) + 1024 * pack_frame(CONTINUATION, b"", fin=False)),
    "too many pings": (1008, 51 * pack_frame(PING, b"")),
    "a frame that is too large": (1009, pack_frame(BINARY, b"", size=MAX_MESSAGE + 1)),
    "the largest frame there is": (1009, pack_frame(BINARY, b"", size=(1 << 63) - 1)),
    "fragments that are too large": (
        1009, pack_frame(BINARY, b"a", fin=False) + pack_frame(CONTINUATION, b"", size=MAX_MESSAGE)),
}

# What the program is told of each code; 1008 has two causes.
CAUSES = {1002: "PROTOCOL", 1007: "UTF8", 1009: "MESSAGE_SIZE"}
CAUSES_OF_1008 = {"too many fragments": "FRAGMENTS", "too many pings": "CONTROL_RATE"}

# Messages and a Close frame that must not be looked at any more; with what is
# sent before, less than 64 KiB, after which a server may cut.
LATE = pack_frame(TEXT, b"late") + pack_frame(BINARY, bytes(20_000)) + \
    pack_frame(CLOSE, close_payload(1000))


class Failures(unittest.TestCase):
    def fails(self, server, name, code, data, **how):
        with self.subTest(failure=name), open_client(server, **how) as client:
            opened = server.event("open")
            # All of it arrives before the client reads anything.
            self.assertEqual(client.write_blindly(data + LATE), 0)
            self.assertEqual(client.await_end_unread(), "end")
            # It may even write on: nothing of that may cost it the answer.
            self.assertEqual(client.write_blindly(LATE), 0)
            frame = client.recv_frame()
            while frame.opcode == PONG:
                frame = client.recv_frame()
            self.assertEqual(frame, wire.Frame(True, 0, CLOSE, close_payload(code)))
            client.expect_tcp_end()
            self.assertEqual(client.ended, "end")
            self.assertEqual(client.close_notify, server.tls)
            client.finish_writing()
            closed = server.event("close", id=opened["id"])
            self.assertEqual((closed["code"], closed["code_sent"]), (1006, code))
            self.assertEqual(closed["initiator"], "library")
            cause = CAUSES_OF_1008[name] if code == 1008 else CAUSES[code]
            self.assertEqual((closed["cause"], closed["phase"]),
                             (f"WSS_CAUSE_{cause}", "open"))
            # What was written late was received, and dropped.
            self.assertGreater(closed["bytes_in"], len(data) + 2 * len(LATE))

    def all_of_them(self, server, **how):
        for name, (code, data) in FAILURES.items():
            self.fails(server, name, code, data, **how)
        self.assertEqual([event for event in server.events() if event["event"] == "message"], [])

    def test_b3_tls_1_3(self):
        with Probe("--max-message", MAX_MESSAGE) as server:
            self.all_of_them(server, context=client_context("1.3"))

    def test_b3_tls_1_2(self):
        with Probe("--max-message", MAX_MESSAGE) as server:
            self.all_of_them(server, context=client_context("1.2"))

    def test_b3_plain(self):
        with Probe("--max-message", MAX_MESSAGE, tls=False) as server:
            self.all_of_them(server)

    def test_1008_for_a_message_that_takes_too_long(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version=version), Probe("--message-timeout", 300) as server, \
                    open_client(server, context=client_context(version)) as client:
                client.write(pack_frame(TEXT, b"half", fin=False))
                client.expect_close(1008)
                client.expect_tcp_end()
                self.assertEqual(client.ended, "end")
                self.assertTrue(client.close_notify)
                client.finish_writing()
                closed = server.event("close")
                self.assertEqual((closed["cause"], closed["code"], closed["code_sent"]),
                                 ("WSS_CAUSE_MESSAGE_TIMEOUT", 1006, 1008))

    def test_1011_when_memory_is_short(self):
        # A message is gathered in a block that has to grow; there is none.
        with Probe("--max-message", MAX_MESSAGE, "--max-block", MAX_BLOCK) as server:
            with open_client(server) as client:
                client.write(pack_frame(BINARY, bytes(MAX_BLOCK + 10_000), size=MAX_MESSAGE))
                client.expect_close(1011)
                client.expect_tcp_end()
                self.assertEqual(client.ended, "end")
                self.assertTrue(client.close_notify)
            closed = server.event("close")
            self.assertEqual((closed["cause"], closed["error"], closed["code_sent"]),
                             ("WSS_CAUSE_NO_MEMORY", "WSS_ERR_NOMEM", 1011))
            # The next one is served.
            with open_client(server) as client:
                client.expect_echo()
                client.finish()

    def test_codes_of_the_program_and_of_the_end(self):
        for code in (1000, 1001, 1003, 1008, 1011, 1012, 1013, 3000, 4999):
            with self.subTest(code=code), Probe() as server, open_client(server) as client:
                client.send_text(f"close {code} why")
                client.expect_close(code, "why")
                client.send_close(code)
                client.expect_tcp_end()
                self.assertEqual(client.ended, "end")
                self.assertTrue(client.close_notify)
                client.finish_writing()
                closed = server.event("close")
                self.assertEqual((closed["code"], closed["code_sent"]), (code, code))


if __name__ == "__main__":
    unittest.main()
