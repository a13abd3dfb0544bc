"""What a client sends comes back, exactly, however it is cut; and every way in
which a connection ends. Over TLS 1.2, TLS 1.3 and without TLS."""

import concurrent.futures
import os
import random
import re
import time
import unittest

import wire
from wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawClient, close_payload,
                  open_client, pack_frame)

MIB = 1 << 20
LIMIT = MIB  # the default of max_message_size

# One to four bytes a character.
LETTERS = "aä€😀"


def text_of(size):
    """UTF-8 of exactly so many bytes, with characters of every length."""
    whole = (LETTERS * (size // 10 + 1)).encode()[:size]
    whole = whole.decode(errors="ignore").encode()
    return whole + b"." * (size - len(whole))


def cut(data, pieces):
    """The data in so many pieces, some of which may be empty."""
    marks = [len(data) * i // pieces for i in range(pieces + 1)]
    return [data[start:end] for start, end in zip(marks, marks[1:])]


def fragments(opcode, parts):
    """The frames of one message."""
    last = len(parts) - 1
    return [pack_frame(opcode if i == 0 else CONTINUATION, part, fin=i == last)
            for i, part in enumerate(parts)]


class Echo:
    """The tests for one transport."""

    version = None  # of TLS; None: no TLS

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(cls.echo())
        cls.large = cls.enterClassContext(cls.echo("--max-message", 16 * MIB))
        cls.context = wire.client_context(cls.version) if cls.version else None

    @classmethod
    def echo(cls, *args):
        return wire.echo(*args, tls=cls.version is not None)

    def connect(self, server=None, **how):
        return self.enterContext(RawClient(server or self.server, context=self.context, **how))

    def open(self, server=None, **how):
        client = self.connect(server, **how)
        client.handshake()
        if self.version:
            self.assertEqual(client.tls_version, f"TLSv{self.version}")
        return client

    def echoes(self, client, opcode, payload, frames=None):
        client.write(b"".join(frames) if frames else pack_frame(opcode, payload))
        client.expect_message(opcode, payload)

    # --- messages ---

    def test_sizes(self):
        client = self.open()
        for size in (0, 1, 125, 126, 127, 65535, 65536, LIMIT):
            with self.subTest(size=size):
                self.echoes(client, TEXT, text_of(size))
                self.echoes(client, BINARY, os.urandom(size))
        client.finish()

    def test_16_mib(self):
        client = self.open(self.large)
        self.echoes(client, BINARY, os.urandom(16 * MIB))
        self.echoes(client, TEXT, text_of(16 * MIB))
        client.finish()

    def test_fragments(self):
        client = self.open()
        for opcode, payload in ((TEXT, text_of(1000)), (BINARY, os.urandom(1000)), (TEXT, b"")):
            for pieces in (1, 2, 3, 7, 100, 999, 1001):
                with self.subTest(opcode=opcode, size=len(payload), pieces=pieces):
                    frames = fragments(opcode, cut(payload, pieces))
                    self.echoes(client, opcode, payload, frames)
                    frames.insert(len(frames) // 2, pack_frame(PING, b"between"))
                    client.write(b"".join(frames))
                    client.expect_frame(PONG, b"between")
                    client.expect_message(opcode, payload)
        client.finish()

    def test_fragments_up_to_the_limit(self):
        client = self.open()
        payload = os.urandom(LIMIT)
        self.echoes(client, BINARY, payload, fragments(BINARY, cut(payload, 33)))
        client.finish()

    def test_10000_messages_in_one_go(self):
        client = self.open()
        rng = random.Random(6455)
        messages = [(TEXT, text_of(rng.randrange(130))) if i % 2 else
                    (BINARY, rng.randbytes(rng.randrange(260))) for i in range(10000)]
        client.write(b"".join(pack_frame(*message) for message in messages))
        for message in messages:
            client.expect_message(*message)
        client.finish()

    def test_4_messages_of_1_mib_in_flight_on_each_of_4_connections(self):
        # Written from within on_message, while more of the peer's records lie
        # in the buffer that they are decrypted in.
        def exchange(number):
            rng = random.Random(number)
            messages = [rng.randbytes(LIMIT) for _ in range(8)]
            with RawClient(self.server, context=self.context) as client:
                client.handshake()
                for at, message in enumerate(messages):
                    client.write(pack_frame(BINARY, message))
                    if at >= 3:
                        client.expect_message(BINARY, messages[at - 3])
                for message in messages[-3:]:
                    client.expect_message(BINARY, message)
                client.finish()
        with concurrent.futures.ThreadPoolExecutor(4) as connections:
            for done in [connections.submit(exchange, number) for number in range(4)]:
                done.result()

    def test_pieces_of_one_byte(self):
        client = self.connect(trickle=1)
        client.handshake()
        text = text_of(200)
        self.echoes(client, TEXT, text)
        self.echoes(client, TEXT, text, fragments(TEXT, cut(text, 200)))
        client.send_frame(PING, b"slow")
        client.expect_frame(PONG, b"slow")
        client.finish()

    def test_frames_behind_the_handshake(self):
        # RFC 6455 4.1: a client must wait for the answer.
        client = self.connect()
        client.write(wire.handshake_request() + pack_frame(TEXT, b"early"))
        answer = client.recv_response()
        self.assertEqual(answer.status, 400)
        self.assertNotIn(b"early", answer.body)
        client.expect_tcp_end()

    def test_message_over_the_limit(self):
        # The header alone is enough.
        for frames in ([pack_frame(BINARY, size=LIMIT + 1)],
                       [pack_frame(BINARY, size=1 << 62)],
                       [pack_frame(TEXT, text_of(LIMIT), fin=False),
                        pack_frame(CONTINUATION, size=1)],
                       [pack_frame(BINARY, b"a", fin=False), pack_frame(PING, b"p"),
                        pack_frame(CONTINUATION, size=LIMIT)]):
            client = self.open()
            client.write(b"".join(frames))
            if len(frames) == 3:
                client.expect_frame(PONG, b"p")
            client.expect_close(1009)
            client.send_close(1009)
            client.expect_tcp_end()

    def test_text_that_is_not_utf_8(self):
        client = self.open()
        client.write(pack_frame(TEXT, text_of(100)) + pack_frame(TEXT, "€".encode()[:2]))
        client.expect_message(TEXT, text_of(100))
        client.expect_close(1007)
        client.send_close(1007)
        client.expect_tcp_end()

    def test_ping(self):
        client = self.open()
        for payload in (b"", b"\x00\xff binary", bytes(range(125))):
            client.send_frame(PING, payload)
            client.expect_frame(PONG, payload)
        client.send_frame(PONG, b"nobody asked")
        client.expect_echo("a pong is not answered")
        # RFC 6455 5.5.3: of several the last one must be answered.
        pings = [b"%d" % i for i in range(40)]
        client.write(b"".join(pack_frame(PING, ping) for ping in pings))
        client.send_text("behind")
        pongs = []
        frame = client.recv_frame()
        while frame.opcode == PONG:
            pongs.append(frame.payload)
            frame = client.recv_frame()
        self.assertEqual((frame.opcode, frame.payload), (TEXT, b"behind"))
        self.assertEqual(pongs, sorted(set(pongs) & set(pings), key=int))
        self.assertEqual(pongs[-1], pings[-1])
        client.finish()

    # --- back pressure ---

    def test_client_that_does_not_read(self):
        size = 64 << 10
        count = 64 * MIB // size
        body = os.urandom(size - 4)
        server = self.enterContext(self.quiet_memory())
        other = self.open(server)
        other.expect_echo()
        before = server.memory()
        # No more than the kernel's buffers and the server's own are taken.
        client = self.open(server, receive_buffer=64 << 10)
        unsent = client.write_blindly(b"".join(
            pack_frame(BINARY, i.to_bytes(4, "big") + body, mask=b"\x01\x02\x03\x04")
            for i in range(count)))
        self.assertGreater(unsent, 32 * MIB)
        self.assertLess(server.memory() - before, 24 * MIB)
        for i in range(20):
            other.expect_echo(f"meanwhile {i}")
            self.echoes(other, BINARY, body)
        # It reads at last.
        for i in range(count):
            client.expect_message(BINARY, i.to_bytes(4, "big") + body)
        client.flush()
        self.assertLess(server.memory() - before, 24 * MIB)
        client.finish()
        other.finish()

    def test_a_flood_of_pings(self):
        server = self.enterContext(self.quiet_memory())
        other = self.open(server)
        other.expect_echo()
        before = server.memory()
        pings = [b"%0125d" % i for i in range(1000)]
        client = self.open(server, receive_buffer=64 << 10)
        client.write_blindly(b"".join(
            pack_frame(PING, ping, mask=b"\x01\x02\x03\x04") for ping in pings))
        self.assertLess(server.memory() - before, 4 * MIB)
        other.expect_echo("meanwhile")
        answered = 0
        frame = client.recv_frame()
        while frame.opcode == PONG:
            self.assertEqual(frame.payload, pings[answered])
            answered += 1
            frame = client.recv_frame()
        # A new second may begin in between.
        self.assertIn(answered // 50, (1, 2))
        self.assertEqual((frame.opcode, frame.payload), (CLOSE, b"\x03\xf0"))
        other.finish()

    def quiet_memory(self):
        """A server whose AddressSanitizer, if it has one, does not keep much of
        what was freed."""
        options = os.environ.get("ASAN_OPTIONS", "")
        server = self.echo()
        server.env = {"ASAN_OPTIONS": f"{options}:quarantine_size_mb=4"}
        return server

    # --- the end ---

    def test_client_closes(self):
        for code, reason in ((1000, ""), (3000, "a reason"), (None, "")):
            with self.subTest(code=code):
                client = self.open()
                client.write(pack_frame(TEXT, b"last") +
                             pack_frame(CLOSE, close_payload(code, reason)) +
                             pack_frame(TEXT, b"too late"))
                client.expect_message(TEXT, b"last")
                client.expect_close(code)
                # Within a second, though this side does not close.
                client.expect_tcp_end(1)
                self.assertEqual(client.ended, "end")
                self.assertEqual(client.close_notify, self.version is not None)

    def test_socket_is_given_up_though_the_client_keeps_it(self):
        with self.echo() as server:
            client = self.open(server)
            client.send_close(1000)
            client.expect_close(1000)
            client.expect_tcp_end(1)
            # It waits for the sockets it still has: a second, not close_timeout.
            start = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - start, 4)

    def test_server_closes(self):
        with self.echo() as server:
            clients = [self.open(server) for _ in range(5)]
            early = self.connect(server)  # no handshake yet
            clients += [self.open(server) for _ in range(5)]
            for client in clients:
                client.expect_echo()
            clients[0].write(pack_frame(TEXT, b"unfinished", fin=False))
            server.signal()
            for client in clients:
                client.expect_close(1001)
            for client in clients:
                client.send_close(1001)
                client.expect_tcp_end()
            early.read_end()
            self.assertEqual(server.wait(), 0)

    def test_server_closes_and_a_client_does_not_answer(self):
        with self.echo() as server:
            client = self.open(server)
            server.signal()
            client.expect_close(1001)
            # The second signal does not wait.
            start = time.monotonic()
            server.signal()
            self.assertEqual(server.wait(), 0)
            self.assertLess(time.monotonic() - start, 4)
            client.expect_tcp_end()

    def test_end_without_close(self):
        for end in ("finish_writing", "close", "reset"):
            for start in (b"", pack_frame(TEXT, b"half of a message")[:9],
                          pack_frame(TEXT, b"one of two frames", fin=False)):
                with self.subTest(end=end, start=len(start)):
                    client = self.open()
                    client.expect_echo()
                    client.write(start)
                    address = re.escape(client.address)
                    getattr(client, end)()
                    self.server.err.wait(f"^echo: {address}: ")
                    if end == "finish_writing":
                        client.expect_tcp_end()
        self.open().expect_echo("next")

    def test_end_while_much_is_on_its_way(self):
        for end in ("close", "reset"):
            client = self.open()
            client.write_blindly(pack_frame(BINARY, os.urandom(LIMIT // 2)) * 4, idle=0.2)
            address = re.escape(client.address)
            getattr(client, end)()
            self.server.err.wait(f"^echo: {address}: ")
        self.open().expect_echo("next")

    def test_end_of_tls_without_close(self):
        if self.version is None:
            self.skipTest("there is no TLS")
        client = self.open()
        client.write(pack_frame(TEXT, b"half")[:5])
        client.end_tls()
        client.expect_tcp_end()
        address = re.escape(client.address)
        client.close()
        self.server.err.wait(f"^echo: {address}: .*without a Close frame")


class Plain(Echo, unittest.TestCase):
    pass


class Tls12(Echo, unittest.TestCase):
    version = "1.2"


class Tls13(Echo, unittest.TestCase):
    version = "1.3"


class Limits(unittest.TestCase):
    """The flags of the program that say how much it takes, over TLS."""

    def test_max_fragments(self):
        with wire.echo("--max-fragments", 3) as server:
            with open_client(server) as client:
                client.write(b"".join(fragments(TEXT, [b"a", b"b", b"c"])))
                client.expect_message(TEXT, b"abc")
                client.write(b"".join(fragments(TEXT, [b"a", b"b", b"c", b"d"])))
                client.expect_close(1008)
                client.expect_tcp_end()
                self.assertEqual(client.ended, "end")
                self.assertTrue(client.close_notify)

    def test_max_connections(self):
        with wire.echo("--max-connections", 1) as server:
            first = self.enterContext(open_client(server))
            with RawClient(server, tls=False) as second:
                self.assertEqual(second.read_end(), b"")
            first.expect_echo()
            address = re.escape(first.address)
            first.reset()
            server.err.wait(f"^echo: {address}: ")
            with open_client(server) as third:
                third.expect_echo()

    def test_max_pending(self):
        with wire.echo("--max-pending", 1) as server:
            with RawClient(server, tls=False) as silent, open_client(server) as client:
                self.assertEqual(silent.read_end(), b"")
                client.expect_echo()
                server.err.wait(f"^echo: {re.escape(silent.address)}: ")


if __name__ == "__main__":
    unittest.main()
