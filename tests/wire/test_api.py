"""The public API, callback by callback, over TLS: a program built on nothing but
wss.h does what its clients tell it, and says what was called."""

import ssl
import time
import unittest

from programs import Probe
from wire import (BINARY, PING, PONG, TEXT, RawClient, client_context,
                  handshake_request, http, open_client, pack_frame)


def ask(server, target, headers=(), **how):
    """The answer to a handshake that is refused."""
    return http(server, handshake_request(target, headers), **how)


class WithProbe(unittest.TestCase):
    """Each test has a probe server of its own."""

    arguments = ()

    def setUp(self):
        self.probe = self.enterContext(Probe(*self.arguments))

    def open(self, target="/", headers=(), **how):
        """An open client and the id of its connection."""
        client = open_client(self.probe, target, headers, **how)
        self.addCleanup(client.close)
        return client, self.probe.event("open")["id"]

    def run_command(self, client, command, event=None):
        client.send_text(command)
        return self.probe.event(event or command.split()[0])

    def assert_fields(self, event, **fields):
        self.assertEqual({name: event.get(name) for name in fields}, fields, event)


class Requests(WithProbe):
    def test_accept(self):
        client, number = self.open("/")
        client.expect_echo()
        client.finish()
        self.assert_fields(self.probe.event("close", id=number), opened=1, code=1000,
                           code_sent=1000, initiator="peer", error="OK", status=101)

    def test_refuse_without_a_word(self):
        answer = ask(self.probe, "/return?value=1")
        self.assertEqual((answer.status, answer.body), (403, b"Forbidden"))
        self.assertEqual(answer.headers["connection"], "close")
        request = self.probe.event("request", path="/return")
        self.assert_fields(self.probe.event("close", id=request["id"]), opened=0,
                           initiator="app", phase="http", status=403, error="OK",
                           code=1006, code_sent=0)

    def test_refuse_with_status_headers_and_body(self):
        answer = ask(self.probe, "/answer?how=refuse&status=401&value=0"
                     "&header=WWW-Authenticate:Basic%20realm%3D%22wss%22"
                     "&type=text/html&body=%3Cp%3Ewho%3F")
        self.assertEqual((answer.status, answer.body), (401, b"<p>who?"))
        self.assertEqual(answer.headers["www-authenticate"], 'Basic realm="wss"')
        self.assertEqual(answer.headers["content-type"], "text/html")
        self.assertEqual(answer.headers["content-length"], "7")
        self.assertEqual(self.probe.event("answer")["result"], "OK")
        self.assertEqual(self.probe.event("close")["status"], 401)

    def test_refuse_with_any_status_from_300_to_599(self):
        for status in (302, 404, 429, 503, 599):
            with self.subTest(status=status):
                self.assertEqual(ask(self.probe, f"/answer?status={status}").status, status)
                self.assertEqual(self.probe.event("answer")["result"], "OK")
                self.probe.event("close", status=status)

    def test_refuse_with_an_impossible_status(self):
        for status in (101, 200, 299, 600):
            with self.subTest(status=status):
                answer = ask(self.probe, f"/answer?status={status}&value=1")
                self.assertEqual(answer.status, 403)
                self.assertEqual(self.probe.event("answer")["result"], "WSS_ERR_INVALID")
                self.probe.event("close", status=403)

    def test_an_error_returned_is_500(self):
        for value in (-8003, -1, 77):
            with self.subTest(value=value):
                self.assertEqual(ask(self.probe, f"/return?value={value}").status, 500)
                close = self.probe.event("close", status=500)
                self.assertNotEqual(close["error"], "OK")

    def test_accept_with_a_header(self):
        with RawClient(self.probe) as client:
            headers = client.handshake("/answer?how=accept&header=X-Session:a%20b")
            self.assertEqual(headers["x-session"], "a b")
            self.assertEqual(self.probe.event("answer")["result"], "OK")
            client.expect_echo()
            client.finish()

    def test_accept_with_a_body_is_invalid(self):
        answer = ask(self.probe, "/answer?how=accept&body=x&value=1")
        self.assertEqual(answer.status, 403)
        self.assertEqual(self.probe.event("answer")["result"], "WSS_ERR_INVALID")

    def test_headers_that_the_protocol_sets_are_refused(self):
        for header in ("Connection:close", "upgrade:h2c", "Content-Length:3",
                       "CONTENT-TYPE:a/b", "Transfer-Encoding:chunked",
                       "Sec-WebSocket-Accept:x", "sec-websocket-extensions:x",
                       "Bad Name:x", ":x", "X-Split:a%0d%0aSet-Cookie: b", "X-Nul:%01"):
            for how in ("accept", "refuse"):
                with self.subTest(header=header, how=how):
                    answer = ask(self.probe, f"/answer?how={how}&value=1"
                                 f"&header={header.replace(' ', '%20')}")
                    self.assertEqual(self.probe.event("answer")["result"], "WSS_ERR_HEADER")
                    self.assertEqual(answer.status, 403)
                    self.assertNotIn("set-cookie", answer.headers)

    def test_a_wrong_subprotocol_leaves_the_request_to_be_answered(self):
        offer = [("Sec-WebSocket-Protocol", "chat, mqtt")]
        answer = ask(self.probe, "/answer?how=accept&subprotocol=stomp&value=1", offer)
        self.assertEqual(self.probe.event("answer")["result"], "WSS_ERR_SUBPROTOCOL")
        self.assertEqual(answer.status, 403)
        answer = ask(self.probe, "/answer?how=accept&subprotocol=stomp&value=-8010", offer)
        self.assertEqual(self.probe.event("answer")["result"], "WSS_ERR_SUBPROTOCOL")
        self.assertEqual(answer.status, 500)
        self.probe.event("close", error="WSS_ERR_SUBPROTOCOL", status=500)

    def test_a_subprotocol_of_those_offered(self):
        with RawClient(self.probe) as client:
            headers = client.handshake("/answer?how=accept&subprotocol=mqtt",
                                       [("Sec-WebSocket-Protocol", "chat"),
                                        ("Sec-WebSocket-Protocol", "mqtt")])
            self.assertEqual(headers["sec-websocket-protocol"], "mqtt")
            request = self.probe.event("request", path="/answer", query=(
                "how=accept&subprotocol=mqtt"))
            self.assertEqual(request["subprotocols"], ["chat", "mqtt"])
            info = self.run_command(client, "info")
            self.assertEqual(info["subprotocol"], "mqtt")

    def test_without_the_option_none_is_chosen(self):
        with RawClient(self.probe) as client:
            headers = client.handshake("/", [("Sec-WebSocket-Protocol", "chat")])
            self.assertNotIn("sec-websocket-protocol", headers)
            self.assertIsNone(self.run_command(client, "info")["subprotocol"])

    def test_defer_then_accept(self):
        started = time.monotonic()
        with RawClient(self.probe) as client:
            client.handshake("/defer?ms=200&how=accept&header=X-Late:yes")
            self.assertGreaterEqual(time.monotonic() - started, 0.15)
            self.assertEqual(self.probe.event("answer")["result"], "OK")
            client.expect_echo()
            client.finish()

    def test_defer_then_refuse(self):
        answer = ask(self.probe, "/defer?ms=50&status=404&body=not%20here")
        self.assertEqual((answer.status, answer.body), (404, b"not here"))
        self.probe.event("close", status=404, initiator="app")

    def test_a_client_that_leaves_before_the_deferred_answer(self):
        with RawClient(self.probe) as client:
            client.write(handshake_request("/defer"))
            number = self.probe.event("request", path="/defer", query=None)["id"]
            client.reset()
            # Nothing is read while the request waits: the end is seen once it is
            # answered or its deadline passes.
            with RawClient(self.probe) as other:
                other.handshake("/defer?ms=20&how=accept")
                other.expect_echo()
                self.probe.event("message")
        self.assertFalse([event for event in self.probe.events()
                          if event["event"] == "open" and event["id"] == number])

    def test_close_in_on_request_is_503(self):
        self.assertEqual(ask(self.probe, "/close").status, 503)
        self.probe.event("close", status=503, initiator="app", opened=0)

    def test_terminate_in_on_request(self):
        with RawClient(self.probe) as client:
            client.write(handshake_request("/terminate"))
            self.assertEqual(client.read_end(), b"")
        self.probe.event("close", status=0, initiator="app", opened=0, code=1006)


class WhatARequestSays(WithProbe):
    def request(self, target, headers=()):
        client = open_client(self.probe, target, headers)
        self.addCleanup(client.close)
        return self.probe.event("request", target=target)

    def test_path_and_query_as_received(self):
        for target, path, query in (
                ("/wss", "/wss", None), ("/wss?", "/wss", ""),
                ("/a%2Fb//c/../d?x=%20&y=1?z", "/a%2Fb//c/../d", "x=%20&y=1?z")):
            with self.subTest(target=target):
                self.assert_fields(self.request(target), path=path, query=query,
                                   method="GET", host="localhost", origin=None)

    def test_headers_in_their_order_and_as_written(self):
        request = self.request("/order", [("X-First", "1"), ("x-SECOND", "two  words"),
                                          ("X-First", "3")])
        mine = [line for line in request["headers"] if line[0].lower().startswith("x-")]
        self.assertEqual(mine, [["X-First", "1"], ["x-SECOND", "two  words"],
                                ["X-First", "3"]])

    def test_a_look_up_without_case(self):
        for name in ("x-real-ip", "X-Real-IP", "X-REAL-IP"):
            with self.subTest(name=name):
                request = self.request(f"/?lookup={name}", [("X-Real-Ip", "192.0.2.7")])
                self.assertEqual(request["lookup"], "192.0.2.7")

    def test_repeated_fields_are_joined(self):
        request = self.request("/?lookup=x-list", [("X-List", "a"), ("Other", "x"),
                                                   ("x-list", "b,c"), ("X-LIST", "d")])
        self.assertEqual(request["lookup"], "a, b,c, d")

    def test_an_absent_header(self):
        self.assertIsNone(self.request("/?lookup=x-none")["lookup"])

    def test_cookies(self):
        cookies = [("Cookie", "session=a=b; theme=; Session=other"), ("Cookie", "late=1")]
        for name, value in (("session", "a=b"), ("theme", ""), ("Session", "other"),
                            ("late", "1"), ("none", None)):
            with self.subTest(name=name):
                self.assertEqual(self.request(f"/?cookie={name}", cookies)["cookie"], value)


class OriginByDefault(WithProbe):
    """Host is "localhost" in handshake_request."""

    def test_the_same_host_whatever_scheme_port_and_case(self):
        for origin in ("https://localhost", "http://localhost", "https://localhost:8443",
                       "https://LocalHost:1"):
            with self.subTest(origin=origin):
                client, _ = self.open("/", [("Origin", origin)])
                client.expect_echo()
                self.probe.event("request", origin=origin)

    def test_the_port_of_the_host_header_does_not_matter(self):
        request = handshake_request("/", [("Host", "localhost:4711"),
                                          ("Origin", "https://localhost")], without=("host",))
        with RawClient(self.probe) as client:
            client.write(request)
            self.assertEqual(client.recv_response().status, 101)

    def test_without_an_origin(self):
        client, _ = self.open("/")
        client.expect_echo()

    def test_another_host_is_refused_and_told_why(self):
        for origin in ("https://evil.example", "https://localhost.evil.example",
                       "https://evil-localhost", "null", "localhost", "file://"):
            with self.subTest(origin=origin):
                answer = ask(self.probe, "/other", [("Origin", origin)])
                body = answer.body.decode()
                self.assertEqual(answer.status, 403)
                for part in (f"Origin {origin} ", "Host localhost", "option origins"):
                    self.assertIn(part, body)
                error = self.probe.event("error", error="WSS_ERR_ORIGIN")
                self.assertEqual(error["message"], body)
        self.assertNotIn("/other", [event.get("path") for event in self.probe.events()])


class OriginList(WithProbe):
    arguments = ("--origin", "https://app.example", "--origin", "static.example")

    def test_listed(self):
        for origin in ("https://app.example", "HTTPS://App.Example", "https://static.example",
                       "http://static.example:81"):
            with self.subTest(origin=origin):
                self.open("/", [("Origin", origin)])

    def test_not_listed(self):
        for origin in ("http://app.example", "https://app.example:444", "https://localhost",
                       "https://app.example.evil.example", "null"):
            with self.subTest(origin=origin):
                answer = ask(self.probe, "/", [("Origin", origin)])
                self.assertEqual(answer.status, 403)
                self.assertIn(origin, answer.body.decode())

    def test_none_sent(self):
        self.open("/")


class AnyOrigin(WithProbe):
    arguments = ("--origin", "*")

    def test_any(self):
        for origin in ("https://evil.example", "null"):
            self.open("/", [("Origin", origin)])


class SubprotocolsOption(WithProbe):
    arguments = ("--subprotocol", "best", "--subprotocol", "good")

    def test_the_servers_favourite_of_those_offered(self):
        for offer, chosen in (("good, best", "best"), ("other, good", "good"),
                              ("other", None), ("Best", None)):
            with self.subTest(offer=offer), RawClient(self.probe) as client:
                headers = client.handshake("/", [("Sec-WebSocket-Protocol", offer)])
                self.assertEqual(headers.get("sec-websocket-protocol"), chosen)
                self.assertEqual(self.run_command(client, "info")["subprotocol"], chosen)

    def test_the_programs_choice_goes_first(self):
        with RawClient(self.probe) as client:
            headers = client.handshake("/answer?how=accept&subprotocol=other",
                                       [("Sec-WebSocket-Protocol", "best, other")])
            self.assertEqual(headers["sec-websocket-protocol"], "other")


class Http(WithProbe):
    arguments = ("--http",)

    def get(self, target, method="GET", **how):
        request = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        return http(self.probe, request, **how)

    def test_a_page(self):
        answer = self.get("/answer?body=%3Cp%3Ehello&type=text/html&header=X-A:b")
        self.assertEqual((answer.status, answer.body), (200, b"<p>hello"))
        self.assertEqual(answer.headers["content-type"], "text/html")
        self.assertEqual(answer.headers["x-a"], "b")
        self.assertEqual(self.probe.event("answer")["result"], "OK")
        self.assertIsNone(self.probe.event("http", path="/answer").get("upgrade"))

    def test_a_head_request_gets_the_length_alone(self):
        answer = self.get("/answer?body=12345", method="HEAD", head_only=True)
        self.assertEqual((answer.status, answer.headers["content-length"]), (200, "5"))

    def test_another_status(self):
        self.assertEqual(self.get("/answer?status=503&body=x").status, 503)

    def test_terminate_in_on_http(self):
        with RawClient(self.probe) as client:
            client.write(b"GET /terminate HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(client.read_end(), b"")

    def test_unanswered_is_404(self):
        self.assertEqual(self.get("/nothing").status, 404)

    def test_a_handshake_is_no_page(self):
        client, _ = self.open("/answer?how=accept")
        client.expect_echo()

    def test_other_methods_are_not_for_pages(self):
        answer = self.get("/answer", method="DELETE")
        self.assertGreaterEqual(answer.status, 400)
        self.get("/answer")
        self.probe.event("http", method="GET")
        self.assertFalse([event for event in self.probe.events()
                          if event.get("method") == "DELETE"])


class Messages(WithProbe):
    def test_pause_keeps_messages_until_resume(self):
        other, _ = self.open("/")
        client, number = self.open("/")
        client.write(b"".join(pack_frame(TEXT, text) for text in
                              (b"pause", b"one", b"two", b"three")))
        self.probe.event("pause", id=number)
        other.expect_echo()
        other.send_text(f"resume {number}")
        for text in (b"one", b"two", b"three"):
            client.expect_message(TEXT, text)
        self.probe.event("message", id=number, data="three")
        mine = [event for event in self.probe.events() if event.get("id") == number]
        order = [event["data"] if event["event"] == "message" else event["event"]
                 for event in mine]
        self.assertEqual(order, ["request", "open", "pause", "pause", "resume", "one", "two",
                                 "three"])

    def test_a_paused_connection_stops_its_peer(self):
        other, _ = self.open("/")
        client, number = self.open("/")
        self.run_command(client, "pause")
        left = client.write_blindly(pack_frame(BINARY, bytes(60000)) * 300, idle=0.3)
        self.assertGreater(left, 0, "18 MB went to a connection that is paused")
        self.assertFalse([event for event in self.probe.events() if event.get("type") == BINARY])
        other.send_text(f"resume {number}")
        client.flush()
        client.expect_echo("last")
        self.probe.event("message", data="last")
        sizes = [event["size"] for event in self.probe.events()
                 if event["event"] == "message" and event["type"] == BINARY]
        self.assertEqual(sizes, [60000] * 300)

    def test_ping_and_pong(self):
        client, _ = self.open("/")
        client.send_text("ping are you there")
        client.expect_frame(PING, b"are you there")
        client.send_frame(PONG, b"are you there")
        self.assertEqual(self.probe.event("pong")["data"], "are you there")
        client.send_frame(PONG)
        self.assertEqual(self.probe.event("pong")["data"], "")

    def test_close_from_on_open(self):
        client, number = self.open("/?open=close%204001%20not%20now")
        client.expect_close(4001, "not now")
        self.assert_fields(self.probe.event("close-called"), result="OK",
                           again="WSS_ERR_CLOSED", send="WSS_ERR_CLOSED")
        client.send_close(4001)
        client.expect_tcp_end()
        self.assert_fields(self.probe.event("close", id=number), initiator="app",
                           phase="open", code=4001, code_sent=4001, error="OK", opened=1)

    def test_close_from_on_message(self):
        client, number = self.open("/")
        client.write(pack_frame(TEXT, b"before") + pack_frame(TEXT, b"close 1011 grund: \xc3\xa4")
                     + pack_frame(TEXT, b"after"))
        client.expect_message(TEXT, b"before")
        client.expect_close(1011, "grund: ä")
        client.send_close(3007, "my own")
        client.expect_tcp_end()
        self.assert_fields(self.probe.event("close", id=number), code=3007, reason="my own",
                           code_sent=1011, initiator="app")
        self.assertNotIn("after", [event.get("data") for event in self.probe.events()])

    def test_terminate_from_on_message(self):
        client, number = self.open("/")
        client.write(pack_frame(TEXT, b"terminate") + pack_frame(TEXT, b"after-terminate"))
        self.assertEqual(client.read_end(), b"")
        self.assert_fields(self.probe.event("close", id=number), initiator="app", code=1006,
                           code_sent=0, opened=1, error="OK")
        self.assertNotIn("after-terminate",
                         [event.get("data") for event in self.probe.events()])

    def test_terminate_from_on_open(self):
        with RawClient(self.probe) as client:
            client.write(handshake_request("/?open=terminate"))
            client.read_end()  # whether the answer had gone out is not promised
        self.probe.event("close", initiator="app", opened=1, code=1006)

    def test_terminate_from_on_pong(self):
        client, number = self.open("/?pong=terminate")
        client.write(pack_frame(PONG, b"one") + pack_frame(PONG, b"two"))
        self.assertEqual(client.read_end(), b"")
        self.assert_fields(self.probe.event("close", id=number), initiator="app", code=1006)
        self.assertEqual([event["data"] for event in self.probe.events()
                          if event["event"] == "pong"], ["one"])

    def test_calls_from_on_close(self):
        # There is nothing left to end, and on_close comes once.
        for command in ("terminate", "close 1000", "ping x", "pause", "each close"):
            with self.subTest(command=command):
                client, number = self.open("/?close=" + command.replace(" ", "%20"))
                other, others = self.open("/")
                client.finish()
                self.probe.event("close", id=number, code=1000)
                if command == "each close":
                    other.expect_close(4000, "each")
                    other.send_close(4000)
                    self.probe.event("close", id=others, code=4000)
                else:
                    other.expect_echo()
        ends = [event["id"] for event in self.probe.events() if event["event"] == "close"]
        self.assertEqual(len(ends), len(set(ends)), ends)

    def test_what_is_refused_changes_nothing(self):
        client, _ = self.open("/")
        self.assert_fields(self.run_command(client, "misuse"),
                           accept="WSS_ERR_STATE", refuse="WSS_ERR_STATE",
                           respond="WSS_ERR_STATE", type="WSS_ERR_INVALID",
                           null="WSS_ERR_INVALID", utf8="WSS_ERR_UTF8",
                           big="WSS_ERR_TOO_BIG", ping="WSS_ERR_TOO_BIG",
                           close_1005="WSS_ERR_CLOSE_CODE", close_1006="WSS_ERR_CLOSE_CODE",
                           close_999="WSS_ERR_CLOSE_CODE", close_5000="WSS_ERR_CLOSE_CODE",
                           close_long="WSS_ERR_TOO_BIG", close_utf8="WSS_ERR_UTF8")
        client.expect_echo()
        client.finish()


class SmallBuffer(WithProbe):
    arguments = ("--max-send-buffer", 8 << 20, "--send-high-water", 1 << 16)

    def test_again_and_drain(self):
        client, number = self.open("/", receive_buffer=1 << 16)
        flood = self.run_command(client, f"flood 1000 {1 << 15}")
        self.assertEqual(flood["result"], "WSS_ERR_AGAIN")
        self.assertGreater(flood["stop"], 0)
        self.assertLess(flood["queued"], 1000)
        self.assertLessEqual(flood["buffered"], 8 << 20)
        self.assertFalse([event for event in self.probe.events() if event["event"] == "drain"])
        for _ in range(flood["queued"]):
            client.expect_message(BINARY, bytes(1 << 15))
        self.assert_fields(self.probe.event("drain"), id=number, buffered=0)
        client.expect_echo("after the drain")
        self.probe.event("message", data="after the drain")
        self.assertEqual(len([event for event in self.probe.events()
                              if event["event"] == "drain"]), 1)

    def test_terminate_from_on_drain(self):
        client, number = self.open("/?drain=terminate", receive_buffer=1 << 16)
        flood = self.run_command(client, f"flood 40 {1 << 14}")
        self.assertGreater(flood["stop"], 0)
        client.read_end()
        self.probe.event("drain", id=number)
        self.assert_fields(self.probe.event("close", id=number), initiator="app", code=1006,
                           error="OK")

    def test_more_than_ever_fits(self):
        client, _ = self.open("/")
        self.assertEqual(self.run_command(client, f"flood 1 {8 << 20}")["result"],
                         "WSS_ERR_TOO_BIG")
        client.expect_echo()


class Connections(WithProbe):
    def test_what_a_connection_tells(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version=version):
                context = client_context(version)
                context.set_alpn_protocols(["h2", "http/1.1"])
                client, number = self.open("/", context=context)
                info = self.run_command(client, "info")
                host, _, port = client.address.rpartition(":")
                self.assert_fields(
                    info, id=number, data_id=number, remote=[host, int(port), 4],
                    local=["127.0.0.1", self.probe.port, 4], subprotocol=None, tls="OK",
                    version=f"TLSv{version}", alpn="http/1.1", server_name="localhost")
                self.assertRegex(info["cipher"], r"^TLS[_-][A-Z0-9_-]+$")

    def test_without_alpn_and_server_name(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        client, _ = self.open("/", context=context)
        self.assertIsNone(self.run_command(client, "info")["alpn"])

    def test_find(self):
        client, number = self.open("/")
        gone, other = self.open("/")
        self.assertNotEqual(number, other)
        client.send_text(f"find {number}")
        self.assert_fields(self.probe.event("find"), found=number, same=1)
        client.send_text(f"find {other}")
        self.assert_fields(self.probe.event("find"), found=other, same=0)
        gone.finish()
        self.probe.event("close", id=other)
        for unknown in (other, 0, 1 << 60):
            client.send_text(f"find {unknown}")
            self.assert_fields(self.probe.event("find"), found=0, same=0)

    def test_each_may_end_those_it_visits(self):
        clients = [self.open("/") for _ in range(4)]
        numbers = {number for _, number in clients}
        first = clients[0][0]
        self.assertEqual(self.run_command(first, "each")["result"], 0)
        self.assertEqual({self.probe.event("visit")["id"] for _ in clients}, numbers)
        self.assertEqual(self.run_command(first, "each first", "each")["result"], 7)
        self.probe.event("visit")
        first.send_text("each close")
        self.assertEqual({self.probe.event("visit")["id"] for _ in clients}, numbers)
        for client, _ in clients:
            client.expect_close(4000, "each")
            client.send_close(4000)
            client.expect_tcp_end()
        self.assertEqual({self.probe.event("close")["id"] for _ in clients}, numbers)

    def test_each_may_terminate(self):
        clients = [self.open("/") for _ in range(3)]
        clients[1][0].send_text("each terminate")
        for client, number in clients:
            self.assertEqual(client.read_end(), b"")
            self.probe.event("close", id=number, initiator="app")


class Statistics(WithProbe):
    def test_a_scenario(self):
        plain = http(self.probe, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", tls=False)
        self.assertEqual(plain.status, 400)
        with RawClient(self.probe, tls=False) as garbage:
            garbage.write(b"\x00" * 40)
            garbage.read_end()
        self.assertEqual(ask(self.probe, "/return?value=1").status, 403)
        self.assertEqual(ask(self.probe, "/", [("Origin", "https://b.example")]).status, 403)
        self.assertEqual(http(self.probe, b"GET / HTTP/1.1\r\n\r\n").status, 400)
        self.assertEqual(http(self.probe, handshake_request(
            without=("sec-websocket-key",))).status, 400)
        for code in (1000, 1001, 3500, 4500, 4501):
            client, number = self.open("/")
            client.finish(code)
            self.probe.event("close", id=number, code=code)
        client, number = self.open("/")
        client.send_close()
        client.expect_close()
        self.probe.event("close", id=number, code=1005)
        client, number = self.open("/")
        client.reset()
        self.probe.event("close", id=number, code=1006)
        client, _ = self.open("/")
        client.expect_echo()
        stats = self.run_command(client, "stats")
        closed = [0] * 16
        closed[0] = closed[1] = closed[5] = closed[6] = 1
        self.assert_fields(
            stats, open=1, pending=0, accepted=14, handshakes=8, tls_handshakes=12,
            http_responses=0, refused_tls=1, refused_plain_http=1, refused_http=1,
            refused_handshake=1, refused_origin=1, refused_by_app=1, refused_timeout=0,
            refused_lost=0, closed_registered=1, closed_private=2, closed=closed,
            messages_in=2, messages_out=1)
        self.assertGreater(stats["bytes_in"], 8 * 200)
        self.assertGreater(stats["bytes_out"], 8 * 200)


class HandshakeDeadline(WithProbe):
    arguments = ("--handshake-timeout", 1500)

    def test_a_deferred_request_that_is_never_answered(self):
        started = time.monotonic()
        answer = ask(self.probe, "/defer")
        self.assertGreaterEqual(time.monotonic() - started, 1)
        self.assertEqual(answer.status, 503)
        number = self.probe.event("request", path="/defer")["id"]
        self.assert_fields(self.probe.event("close", id=number), error="WSS_ERR_TIMEOUT",
                           initiator="library", opened=0, status=503, phase="http")

    def test_an_answer_after_the_deadline_finds_nobody(self):
        self.assertEqual(ask(self.probe, "/defer?ms=3500&how=accept").status, 503)
        self.probe.event("close", status=503)
        self.assertIsNone(self.probe.event("timer").get("id"))


class CloseDeadline(WithProbe):
    arguments = ("--close-timeout", 300)

    def test_a_close_frame_without_an_answer(self):
        client, number = self.open("/?open=close%204005")
        client.expect_close(4005)
        self.assertEqual(client.read_end(), b"")
        self.assert_fields(self.probe.event("close", id=number), code=1006, code_sent=4005,
                           error="WSS_ERR_TIMEOUT", initiator="app")


class ServerClose(unittest.TestCase):
    def test_with_grace(self):
        with Probe("--grace", 20000) as probe:
            clients = [open_client(probe) for _ in range(3)]
            probe.signal()
            for client in clients:
                client.expect_close(1001)
            for client in clients:
                client.send_close(1001)
                client.expect_tcp_end()
                client.close()
            probe.event("closed", within=10)
            self.assertEqual(probe.wait(), 0)
            events = [event["event"] for event in probe.events()]
            self.assertEqual(events[-1], "closed")
            self.assertEqual(events.count("close"), 3)

    def test_the_grace_ends(self):
        # Nothing else would end it within the deadline of this test.
        with Probe("--grace", 200, "--close-timeout", 600000) as probe, \
                RawClient(probe) as client:
            client.handshake("/")
            probe.signal()
            client.expect_close(1001)
            client.read_end()
            close = probe.event("close")
            self.assertEqual((close["code"], close["code_sent"]), (1006, 1001))
            self.assertEqual(probe.wait(), 0)

    def test_from_a_callback(self):
        with Probe() as probe, open_client(probe) as client:
            client.send_text("shutdown 20000")
            client.expect_close(1001)
            with self.assertRaises(ConnectionRefusedError):
                RawClient(probe)
            client.send_close(1001)
            client.expect_tcp_end()
            probe.event("closed")
            self.assertEqual(probe.wait(), 0)

    def test_a_deferred_request_is_refused(self):
        with Probe("--grace", 20000) as probe, RawClient(probe) as client:
            client.write(handshake_request("/defer"))
            probe.event("request")
            probe.signal()
            self.assertEqual(client.recv_response().status, 503)
            client.expect_tcp_end()
            client.close()
            probe.event("close", status=503, opened=0)
            self.assertEqual(probe.wait(), 0)


if __name__ == "__main__":
    unittest.main()
