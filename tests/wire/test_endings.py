"""What the program is told of each end that a real connection can have, over real
TLS 1.2 and 1.3: on_close's record, or on_error's for whoever came not so far."""

import ssl
import unittest
import warnings

from programs import Probe
from wire import RawClient, client_context, handshake_request

# An end of a client, by the method that makes it, and what the server makes of it.
LOSSES = {"finish_writing": ("PEER_FIN", "WSS_ERR_TRUNCATED"),
          "reset": ("PEER_RESET", "ECONNRESET")}
START_OF_HELLO = b"\x16\x03\x01"
FORGED_RECORD = b"\x17\x03\x03\x00\x20" + bytes(32)


class Endings:
    """The tests for one version."""

    version = None

    def probe(self, *args):
        return self.enterContext(Probe(*args))

    def connect(self, server, **how):
        return self.enterContext(
            RawClient(server, context=client_context(self.version), **how))

    def open(self, server, path="/", **how):
        client = self.connect(server, **how)
        client.handshake(path)
        return client

    def ended(self, server, event, cause, phase, initiator, **fields):
        """The next end in that phase is that one; without an alert unless that is said."""
        record = server.event(event, phase=phase)
        fields = {"cause": f"WSS_CAUSE_{cause}", "initiator": initiator,
                  "tls_alert": -1, "tls_alert_name": None, **fields}
        self.assertEqual({name: record[name] for name in fields}, fields, record)
        self.assertGreaterEqual(record["age"], 0)
        if "--ping-interval" not in server.command:
            self.assertEqual(record["round_trip"], -1)
        return record

    def closed(self, server, cause, initiator, phase="open", error="OK", **fields):
        return self.ended(server, "close", cause, phase, initiator, error=error, opened=1,
                          status=101, **fields)

    def refused(self, server, cause, phase, error, initiator="library", **fields):
        """Before on_request."""
        return self.ended(server, "error", cause, phase, initiator, error=error, opened=0,
                          code=1006, **fields)

    def counted(self, record, client):
        self.assertEqual((record["bytes_in"], record["bytes_out"]),
                         (client.sent, client.received))

    # --- an open connection ---

    def test_close_handshake_of_the_peer(self):
        server = self.probe()
        client = self.open(server)
        client.expect_echo()
        client.send_close(3001, "over")
        client.expect_close(3001)
        client.expect_tcp_end()
        client.finish_writing()
        record = self.closed(server, "PEER_CLOSE", "peer", code=3001, code_sent=3001,
                             reason="over")
        self.counted(record, client)

    def test_close_handshake_of_the_program(self):
        server = self.probe()
        client = self.open(server)
        client.send_text("close 4000 enough")
        client.expect_close(4000, "enough")
        client.send_close(4000)
        client.expect_tcp_end()
        client.finish_writing()
        record = self.closed(server, "APP_CLOSE", "app", code=4000, code_sent=4000)
        self.counted(record, client)

    def test_terminated(self):
        server = self.probe()
        client = self.open(server)
        client.send_text("terminate")
        client.read_end()
        self.closed(server, "TERMINATED", "app", code=1006, code_sent=0)

    def test_the_server_closes(self):
        server = self.probe("--grace", 20000)
        client = self.open(server)
        server.signal()
        client.expect_close(1001)
        client.send_close(1001)
        client.expect_tcp_end()
        client.finish_writing()
        self.closed(server, "SERVER_CLOSE", "app", code=1001, code_sent=1001)
        self.assertEqual(server.wait(), 0)

    def test_the_grace_passes(self):
        server = self.probe("--grace", 200, "--close-timeout", 600000)
        client = self.open(server)
        server.signal()
        client.expect_close(1001)
        client.read_end()
        self.closed(server, "GRACE_PASSED", "app", "closing", "WSS_ERR_TIMEOUT", code=1006,
                    code_sent=1001)
        self.assertEqual(server.wait(), 0)

    def test_the_peer_is_gone(self):
        server = self.probe()
        for end, (cause, error) in LOSSES.items():
            with self.subTest(end=end):
                client = self.open(server)
                getattr(client, end)()
                self.closed(server, cause, "peer", error=error, code=1006, code_sent=0)

    def test_the_peer_is_gone_instead_of_a_close_frame(self):
        server = self.probe()
        for end, (cause, error) in LOSSES.items():
            with self.subTest(end=end):
                client = self.open(server, "/?open=close%204005")
                client.expect_close(4005)
                getattr(client, end)()
                self.closed(server, cause, "app", "closing", error, code=1006, code_sent=4005)

    def test_close_notify_alone(self):
        server = self.probe()
        client = self.open(server)
        client.end_tls()
        client.expect_tcp_end()
        self.closed(server, "PEER_FIN", "peer", error="WSS_ERR_TRUNCATED", code=1006)

    def test_a_forged_record(self):
        server = self.probe()
        client = self.open(server)
        client.write_wire(FORGED_RECORD)
        client.expect_tcp_end()
        self.assertIn("BAD_RECORD_MAC", client.alert.reason)
        client.finish_writing()
        self.closed(server, "TLS", "library", error="WSS_ERR_TLS", code=1006, code_sent=0,
                    tls_alert=20, tls_alert_name="bad_record_mac")

    # --- deadlines of an open connection ---

    def test_the_close_frame_is_not_answered(self):
        server = self.probe("--close-timeout", 200)
        client = self.open(server, "/?open=close%204005")
        client.expect_close(4005)
        client.read_end()
        self.closed(server, "CLOSE_TIMEOUT", "app", "closing", "WSS_ERR_TIMEOUT", code=1006,
                    code_sent=4005)

    def test_silence(self):
        server = self.probe("--idle-timeout", 400)
        client = self.open(server)
        client.await_end_unread()
        record = self.closed(server, "IDLE_TIMEOUT", "library", error="WSS_ERR_TIMEOUT",
                             code=1006, code_sent=0)
        self.assertGreaterEqual(record["age"], 400)

    def test_a_peer_that_takes_nothing(self):
        # More than the kernel's buffers hold.
        server = self.probe("--write-timeout", 400, "--max-send-buffer", 16 << 20)
        client = self.open(server, receive_buffer=1 << 14)
        client.send_text(f"flood 1000 {1 << 15}")
        self.closed(server, "WRITE_TIMEOUT", "library", error="WSS_ERR_TIMEOUT", code=1006,
                    code_sent=0)

    def test_the_round_trip_of_a_ping(self):
        server = self.probe("--ping-interval", 50)
        client = self.open(server)
        client.answer_ping()
        client.finish()
        record = self.closed(server, "PEER_CLOSE", "peer", code=1000)
        self.assertGreater(record["round_trip"], 0)
        self.assertLessEqual(record["round_trip"], 1000 * (record["age"] + 1))

    # --- before it opens ---

    def test_the_peer_is_gone_before_it_opens(self):
        server = self.probe()
        for phase, start in (("accepted", b""), ("tls", START_OF_HELLO)):
            for end, (cause, error) in LOSSES.items():
                with self.subTest(phase=phase, end=end):
                    client = self.connect(server, tls=False)
                    client.write(start)
                    getattr(client, end)()
                    record = self.refused(server, cause, phase, error, "peer")
                    self.assertEqual(record["bytes_in"], len(start))
                    self.assertEqual(record["bytes_out"], 0)

    def test_the_peer_is_gone_in_its_request(self):
        server = self.probe()
        for end, (cause, error) in LOSSES.items():
            with self.subTest(end=end):
                client = self.connect(server)
                client.write(b"GET / HTTP/1.1\r\n")
                if self.version == "1.3":
                    client.await_bytes()  # a ticket: the server has our Finished
                getattr(client, end)()
                self.refused(server, cause, "http", error, "peer", status=0)

    def test_the_peer_does_not_trust_the_certificate(self):
        server = self.probe()
        context = client_context(self.version, ca="selfsigned.pem")
        with self.assertRaises(ssl.SSLCertVerificationError):
            RawClient(server, context=context)
        self.refused(server, "TLS_ALERT", "tls", "WSS_ERR_TLS", "peer", tls_alert=48,
                     tls_alert_name="unknown_ca")

    def test_the_peer_is_too_old(self):
        server = self.probe()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError):
            RawClient(server, context=context)
        self.refused(server, "TLS", "tls", "WSS_ERR_TLS", tls_alert=70,
                     tls_alert_name="protocol_version")

    def test_what_is_not_tls(self):
        server = self.probe()
        client = self.connect(server, tls=False)
        client.write(bytes(40))
        client.read_end()
        client.finish_writing()
        record = self.refused(server, "NOT_TLS", "tls", "WSS_ERR_TLS", tls_alert=10,
                              tls_alert_name="unexpected_message")
        self.counted(record, client)
        client = self.connect(server, tls=False)
        client.write(handshake_request())
        self.assertEqual(client.recv_response().status, 400)
        client.expect_tcp_end()
        client.finish_writing()
        record = self.refused(server, "PLAIN_HTTP", "tls", "WSS_ERR_PLAIN_HTTP", status=400)
        self.counted(record, client)

    def test_requests_that_are_refused(self):
        server = self.probe()
        for cause, status, error, request in (
                ("HTTP", 400, "WSS_ERR_HTTP", b"GET / HTTP/1.1\r\n\r\n"),
                ("HEADER_SIZE", 431, "WSS_ERR_HTTP",
                 handshake_request("/", [("X-Long", 9000 * "a")])),
                ("NOT_WEBSOCKET", 426, "WSS_ERR_HANDSHAKE",
                 b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                ("HANDSHAKE", 400, "WSS_ERR_HANDSHAKE",
                 handshake_request(without=("sec-websocket-key",))),
                ("ORIGIN", 403, "WSS_ERR_ORIGIN",
                 handshake_request("/", [("Origin", "https://b.example")]))):
            with self.subTest(cause=cause):
                client = self.connect(server)
                client.write(request)
                self.assertEqual(client.recv_response().status, status)
                client.expect_tcp_end()
                client.finish_writing()
                record = self.refused(server, cause, "http", error, status=status)
                self.counted(record, client)

    def test_requests_that_the_program_does_not_accept(self):
        server = self.probe("--handshake-timeout", 2000)
        for cause, initiator, status, error, path in (
                ("REFUSED", "app", 401, "OK", "/answer?status=401"),
                ("UNANSWERED", "library", 500, "WSS_ERR_NOMEM", "/return?value=-8003"),
                ("APP_CLOSE", "app", 503, "OK", "/close"),
                ("TERMINATED", "app", 0, "OK", "/terminate"),
                ("ANSWER_TIMEOUT", "library", 503, "WSS_ERR_TIMEOUT", "/defer")):
            with self.subTest(cause=cause):
                client = self.connect(server)
                client.write(handshake_request(path))
                client.read_end()
                client.finish_writing()
                self.ended(server, "close", cause, "http", initiator, error=error,
                           status=status, opened=0, code=1006, code_sent=0)

    def test_the_handshake_takes_too_long(self):
        server = self.probe("--handshake-timeout", 2000)
        mute, slow = (self.connect(server, tls=False) for _ in range(2))
        slow.write(START_OF_HELLO)
        asking = self.connect(server)
        self.assertEqual(asking.recv_response().status, 408)
        for client in (mute, slow):
            self.assertEqual(client.read_end(), b"")
        asking.expect_tcp_end()
        asking.finish_writing()
        for phase, status in (("accepted", 0), ("tls", 0), ("http", 408)):
            record = self.refused(server, "HANDSHAKE_TIMEOUT", phase, "WSS_ERR_TIMEOUT",
                                  status=status)
            self.assertGreaterEqual(record["age"], 2000)

    def test_a_newer_one_takes_its_place(self):
        server = self.probe("--max-pending", 1)
        silent = self.connect(server, tls=False)
        self.open(server).expect_echo()
        silent.read_end()
        self.refused(server, "MAX_PENDING", "accepted", "WSS_ERR_LIMIT")

    def test_one_too_many_of_an_address(self):
        server = self.probe("--max-per-address", 1)
        client = self.open(server)
        self.connect(server, tls=False).read_end()
        self.refused(server, "MAX_PER_ADDRESS", "accepted", "WSS_ERR_LIMIT")
        client.expect_echo()


class Tls12(Endings, unittest.TestCase):
    version = "1.2"


class Tls13(Endings, unittest.TestCase):
    version = "1.3"


if __name__ == "__main__":
    unittest.main()
