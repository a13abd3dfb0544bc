"""Clients of other makers: the openssl and curl commands, Python's websockets,
node's ws. (Chromium is in test_browser.py, nginx in test_proxy.py.)"""

import asyncio
import contextlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import types
import unittest

import websockets

from programs import Probe, Workerman
from wire import (DEADLINE, TEXT, Lines, Server, client_context, echo, handshake_request,
                  open_client, pack_frame, pki, setting)

KEYS = ("server", "p384", "rsa2048")


def echo_with(name, *more):
    """The echo example with a certificate of tests/pki.sh."""
    return Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki(f"{name}.pem"),
                  "--key", pki(f"{name}.key"), *more)


def run(*command, data=""):
    return subprocess.run([str(part) for part in command], input=data, capture_output=True,
                          text=True, timeout=DEADLINE, check=False)


class WithOpenssl(unittest.TestCase):
    def s_client(self, server, *options, data="", verify=True):
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
                   "-servername", "localhost"]
        if verify:
            command += ["-CAfile", pki("ca.pem"), "-no-CApath", "-verify_return_error",
                        "-verify_hostname", "localhost"]
        return run(*command, *options, data=data)

    def update_keys(self, client):
        client.say(handshake_request())
        client.out.wait("101 Switching Protocols")
        for number, (command, answers) in enumerate((("", 0), ("k", 0), ("K", 1),
                                                     ("k", 1), ("K", 2), ("K", 3))):
            if command:
                since = len(client.err.lines)
                client.say(f"{command}\n".encode())
                client.err.wait("KEYUPDATE", since=since)
            if command and os.environ.get("WSS_RECORD_LAYER") == "mbedtls":
                # Mbed TLS 3.6 knows no KeyUpdate.
                client.out.wait("<<< TLS 1.3, Alert .*fatal unexpected_message")
                return
            client.say(pack_frame(TEXT, b"message %d\n" % number))
            client.out.wait(f"message {number}")
            self.assertEqual(len(client.out.matching("<<< .*, KeyUpdate")), answers)

    @contextlib.contextmanager
    def interactive(self, server, *options):
        """s_client with its commands; say() is one write to it."""
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-msg",
                   "-tls1_3", "-CAfile", pki("ca.pem"), *options]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            text = {"errors": "backslashreplace"}
            client = types.SimpleNamespace(out=Lines(io.TextIOWrapper(process.stdout, **text)),
                                           err=Lines(io.TextIOWrapper(process.stderr, **text)))

            def say(data):
                process.stdin.write(data)
                process.stdin.flush()

            client.say = say
            try:
                client.out.wait("Verify return code: 0|Verification: OK")
                yield client
            finally:
                process.kill()


class Openssl(WithOpenssl):
    def test_each_kind_of_key_with_each_version(self):
        for name, signature in zip(KEYS, ("ECDSA", "ECDSA", "RSA(-PSS)?")):
            with echo_with(name) as server:
                for option, version in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
                    with self.subTest(key=name, version=version):
                        done = self.s_client(server, option)
                        self.assertEqual(done.returncode, 0, done.stderr)
                        self.assertIn(f"New, {version}, Cipher is ", done.stdout)
                        self.assertIn("Verify return code: 0 (ok)", done.stdout)
                        self.assertRegex(done.stdout, f"Peer signature type: {signature}\n")
                        self.assertRegex(done.stdout, "Server Temp Key: (X25519|ECDH, prime256v1)")

    def test_a_request_and_its_answer(self):
        request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with echo() as server:
            for option in ("-tls1_2", "-tls1_3"):
                with self.subTest(option=option):
                    done = self.s_client(server, option, "-quiet", "-ign_eof", data=request)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertTrue(done.stdout.startswith("HTTP/1.1 200 OK\n"), done.stdout)
                    self.assertTrue(done.stdout.endswith("\nok"), done.stdout)

    def test_key_updates_both_ways(self):
        """The commands k and K of s_client: RFC 8446 4.6.3."""
        with echo() as server, self.interactive(server) as client:
            self.update_keys(client)

    def test_s18_the_chain_verifies_with_the_root_alone(self):
        with echo_with("chain") as server:
            done = self.s_client(server, "-showcerts")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Verify return code: 0 (ok)", done.stdout)
            sent = re.findall("-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n",
                              done.stdout, re.DOTALL)
        with open(pki("chain.pem"), encoding="ascii") as file:
            self.assertEqual("".join(sent[:2]), file.read(), "leaf, then intermediate")
        self.assertEqual(len(sent), 2)

    def test_s18_without_the_intermediate_it_does_not(self):
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki("leaf.pem"),
                    "--key", pki("chain.key")) as server:
            done = self.s_client(server)
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr + done.stdout, "unable to get local issuer certificate")
            server.err.wait(r"alert 48 unknown_ca")

    def test_tls_1_1_is_refused(self):
        with echo() as server:
            for option in ("-tls1", "-tls1_1"):
                with self.subTest(option=option):
                    done = self.s_client(server, option, "-cipher", "ALL:@SECLEVEL=0")
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn("alert protocol version", done.stderr)

    def test_alpn(self):
        with echo() as server:
            for option in ("-tls1_2", "-tls1_3"):
                for offer in ("http/1.1", "h2,http/1.1"):
                    with self.subTest(option=option, offer=offer):
                        done = self.s_client(server, option, "-alpn", offer)
                        self.assertEqual(done.returncode, 0, done.stderr)
                        self.assertIn("ALPN protocol: http/1.1", done.stdout)
                with self.subTest(option=option, offer="h2"):
                    done = self.s_client(server, option, "-alpn", "h2")
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn("alert no application protocol", done.stderr)
                with self.subTest(option=option, offer=None):
                    done = self.s_client(server, option)
                    self.assertIn("No ALPN negotiated", done.stdout)

    def test_curves(self):
        with echo() as server:
            for curve, name in (("X25519", "X25519"), ("P-256", "ECDH, prime256v1")):
                with self.subTest(curve=curve):
                    done = self.s_client(server, "-groups", curve)
                    self.assertIn(f"Server Temp Key: {name}", done.stdout)

    def test_suites_without_forward_secrecy_or_aead_are_refused(self):
        with echo_with("rsa2048") as server:
            for suite in ("AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA"):
                with self.subTest(suite=suite):
                    done = self.s_client(server, "-tls1_2", "-cipher", suite)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn("alert handshake failure", done.stderr)

    def test_chacha20(self):
        with echo() as server:
            done = self.s_client(server, "-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256")
            self.assertIn("Cipher is TLS_CHACHA20_POLY1305_SHA256", done.stdout)
            done = self.s_client(server, "-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305")
            self.assertIn("Cipher is ECDHE-ECDSA-CHACHA20-POLY1305", done.stdout)


class Resumption(WithOpenssl):
    VERSIONS = ("-tls1_2", "-tls1_3")

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.saved = os.path.join(folder, "session.pem")

    def ask(self, port, option, *options):
        """One request; a ticket comes before its answer at the latest. Returns
        whether the session was resumed."""
        done = self.s_client(types.SimpleNamespace(port=port), option, "-ign_eof",
                             "-sess_out", self.saved, *options,
                             data="GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("HTTP/1.1 ", done.stdout)
        first = re.search("^(New|Reused), TLSv1", done.stdout, re.MULTILINE)
        return first[1] == "Reused", done.stdout

    def test_one_ticket_again_and_again(self):
        with echo() as server:
            for option in self.VERSIONS:
                with self.subTest(option=option):
                    reused, told = self.ask(server.port, option)
                    self.assertFalse(reused)
                    self.assertEqual(told.count("TLS session ticket lifetime hint: 43200 "), 1)
                    for _ in range(3):
                        self.assertTrue(self.ask(server.port, option, "-sess_in", self.saved)[0])

    def test_another_name(self):
        """RFC 6066 3; in TLS 1.3 more than RFC 8446 4.2.11 asks for."""
        with echo() as server:
            for option in self.VERSIONS:
                with self.subTest(option=option):
                    self.assertFalse(self.ask(server.port, option)[0])
                    given = ("-sess_in", self.saved, "-servername", "other.test")
                    self.assertFalse(self.ask(server.port, option, *given)[0])
                    self.assertTrue(self.ask(server.port, option, *given)[0])

    def test_key_updates_after_it(self):
        with echo() as server:
            self.ask(server.port, "-tls1_3")
            with self.interactive(server, "-servername", "localhost",
                                  "-sess_in", self.saved) as client:
                client.out.wait("Reused, TLSv1.3")
                self.update_keys(client)

    def test_a_hundred_in_a_row(self):
        with Probe() as server:
            for version in ("1.2", "1.3"):
                with self.subTest(version=version):
                    context = client_context(version)
                    session = None
                    for number in range(101):
                        with self.connect(server, context, session) as client:
                            self.assertEqual(client.session_reused, number > 0)
                            told = self.info_of(server, client)
                            self.assertEqual(told["resumed"], int(number > 0))
                            session = client.session
                            self.assertTrue(session.has_ticket)

    def connect(self, server, context, session):
        return context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), DEADLINE),
                                   server_hostname="localhost", session=session)

    def info_of(self, server, client):
        """What the probe says about a connection."""
        client.sendall(handshake_request())
        self.assertRegex(client.recv(4096), b"^HTTP/1.1 101 ")
        client.sendall(pack_frame(TEXT, b"info"))
        return server.event("info")

    def test_another_listener_of_the_server(self):
        with Probe("--second") as server:
            second = server.event("second")["port"]
            for option in self.VERSIONS:
                with self.subTest(option=option):
                    self.assertFalse(self.ask(server.port, option)[0])
                    self.assertTrue(self.ask(second, option, "-sess_in", self.saved)[0])
                    self.assertTrue(self.ask(server.port, option, "-sess_in", self.saved)[0])

    def test_another_server(self):
        with echo() as server, echo() as other:
            for option in self.VERSIONS:
                with self.subTest(option=option):
                    self.assertFalse(self.ask(server.port, option)[0])
                    self.assertFalse(self.ask(other.port, option, "-sess_in", self.saved)[0])

    def test_no_ticket(self):
        with echo() as server, Probe("--no-ticket") as without:
            for option in self.VERSIONS:
                with self.subTest(option=option):
                    self.ask(server.port, option)
                    reused, told = self.ask(without.port, option, "-sess_in", self.saved)
                    self.assertFalse(reused)
                    self.assertNotIn("TLS session ticket", told)


class Curl(unittest.TestCase):
    def curl(self, *options):
        return run("curl", "-q", "--silent", "--show-error", "--noproxy", "*",
                   "--cacert", pki("ca.pem"), "--max-time", DEADLINE, *options)

    def test_the_page(self):
        with echo() as server:
            for options in (("--tlsv1.2", "--tls-max", "1.2"), ("--tlsv1.3",), ("--http1.1",)):
                with self.subTest(options=options):
                    done = self.curl("-i", *options, f"https://localhost:{server.port}/")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    head, _, body = done.stdout.partition("\n\n")
                    self.assertIn("HTTP/1.1 200 OK", head)
                    self.assertIn("Content-Type: text/html; charset=utf-8", head)
                    self.assertIn("<title>libwss echo</title>", body)
                    self.assertTrue(body.rstrip().endswith("</html>"), body[-100:])

    def test_head_and_a_page_that_is_not_there(self):
        with echo() as server:
            done = self.curl("--head", f"https://localhost:{server.port}/")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("HTTP/1.1 200 OK", done.stdout)
            done = self.curl("--fail", f"https://localhost:{server.port}/nothing")
            self.assertEqual(done.returncode, 22)
            self.assertIn("404", done.stderr)

    def test_http_to_the_tls_port(self):
        with echo() as server:
            done = self.curl("-i", f"http://localhost:{server.port}/")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("HTTP/1.1 400 Bad Request", done.stdout)
            self.assertIn("use https:// or wss://", done.stdout)

    def test_an_authority_that_it_does_not_know(self):
        with echo_with("selfsigned") as server:
            done = self.curl(f"https://localhost:{server.port}/")
            self.assertEqual(done.returncode, 60)
            server.err.wait("alert 48 unknown_ca")

    def test_a_websocket_upgrade_by_headers(self):
        with echo() as server:
            curl = subprocess.Popen(
                ["curl", "-q", "--silent", "--dump-header", "/dev/stdout", "--no-buffer", "--http1.1",
                 "--noproxy", "*", "--cacert", pki("ca.pem"),
                 "-H", "Connection: Upgrade", "-H", "Upgrade: websocket",
                 "-H", "Sec-WebSocket-Version: 13",
                 "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                 f"https://localhost:{server.port}/"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            try:
                lines = Lines(curl.stdout)
                lines.wait("^HTTP/1.1 101 Switching Protocols")
                # The key and the answer of RFC 6455 1.3.
                lines.wait("(?i)^sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK[+]xOo=")
            finally:
                curl.send_signal(signal.SIGTERM)
                curl.wait(DEADLINE)
            server.err.wait("the peer closed without a Close frame")


class Websockets(unittest.TestCase):
    """python3-websockets."""

    def run_client(self, client, url, **how):
        async def bounded():
            async with websockets.connect(url, ssl=client_context(how.pop("version", None)),
                                          max_size=None, **how) as ws:
                await client(ws)
                return ws
        return asyncio.run(asyncio.wait_for(bounded(), DEADLINE))

    def test_messages_pings_and_the_end(self):
        async def client(ws):
            self.assertEqual(ws.extensions, [])
            for message in ("tom", "", "grüße 😀" * 1000, b"", bytes(range(256)) * 4000):
                await ws.send(message)
                self.assertEqual(await ws.recv(), message)
            await ws.send(["in ", "three ", "parts"])
            self.assertEqual(await ws.recv(), "in three parts")
            await (await ws.ping(b"ping"))
            await ws.close(4321, "bye")
            self.assertEqual(ws.close_code, 4321)
        with echo("--max-message", 1 << 24) as server:
            for version in ("1.2", "1.3"):
                with self.subTest(version=version):
                    self.run_client(client, server.url, version=version)
            self.assertEqual(server.err.lines, [])

    def test_many_messages_in_flight(self):
        async def client(ws):
            async def send():
                for number in range(1000):
                    await ws.send(f"message {number}")
            sending = asyncio.ensure_future(send())
            for number in range(1000):
                self.assertEqual(await ws.recv(), f"message {number}")
            await sending
        with echo() as server:
            self.run_client(client, server.url)

    def test_it_is_told_that_the_server_stops(self):
        with echo() as server:
            async def client(ws):
                server.signal()
                with self.assertRaises(websockets.ConnectionClosedOK):
                    await ws.recv()
                self.assertEqual(ws.close_code, 1001)
            self.run_client(client, server.url)
            self.assertEqual(server.wait(), 0)

    def test_subprotocol_origin_and_headers(self):
        async def client(ws):
            self.assertEqual(ws.subprotocol, "chat")
        with Probe("--subprotocol", "chat") as server:
            self.run_client(client, f"wss://localhost:{server.port}/room?x=1&lookup=x-mine",
                            subprotocols=["other", "chat"], origin="https://localhost",
                            extra_headers={"X-Mine": "yes"})
            self.assertEqual(server.event("request")["lookup"], "yes")
            self.assertEqual(server.event("close")["code"], 1000)

    def test_a_refusal(self):
        with Probe() as server:
            with self.assertRaises(websockets.InvalidStatusCode) as caught:
                self.run_client(None, f"wss://localhost:{server.port}/answer?status=401")
            self.assertEqual(caught.exception.status_code, 401)

    def test_pings(self):
        async def client(ws):
            for _ in range(40):
                await (await ws.ping())
        with echo() as server:
            self.run_client(client, server.url)


class Node(unittest.TestCase):
    """node_ws.js"""

    def node(self, scenario, url):
        program = shutil.which("node")
        self.assertIsNotNone(program, "node is not installed")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_ws.js")
        return [program, script, scenario, url, pki("ca.pem")]

    def lines(self, scenario, url):
        done = run(*self.node(scenario, url))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_s09_the_manuals_snippet(self):
        said = ["Connected", "Sent to the server: tom"]
        with echo() as server:
            self.assertEqual(self.lines("snippet", server.url),
                             said + ["Received from the server: tom", "closed 1005 true"])
        with Workerman(pki("server.pem"), pki("server.key"), 0) as server:
            self.assertEqual(self.lines("snippet", f"wss://localhost:{server.port}/"),
                             said + ["Received from the server: ok", "closed 1005 true"])

    def test_messages(self):
        with echo() as server:
            self.assertEqual(self.lines("messages", server.url), [
                'extensions "" protocol ""', "text ok", "binary ok", "empty ok", "pong between",
                "fragments ok", "closed 4000"])
            self.assertEqual(server.err.lines, [])

    def test_it_is_told_that_the_server_stops(self):
        with echo() as server:
            node = subprocess.Popen(self.node("stay", server.url), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, text=True)
            lines = Lines(node.stdout)
            lines.wait("^open$")
            server.signal()
            lines.wait("^closed 1001$")
            self.assertEqual(node.wait(DEADLINE), 0)
            self.assertEqual(server.wait(), 0)

    def test_an_authority_that_it_does_not_know(self):
        with echo() as server:
            self.assertRegex(self.lines("untrusted", server.url)[0], r"^error [A-Z_]+$")
            server.err.wait("alert 48 unknown_ca|closed")
            with open_client(server) as client:
                client.expect_echo()

    def test_a_refusal(self):
        with Probe() as server:
            self.assertEqual(self.lines("refused", f"wss://localhost:{server.port}/answer"
                                        "?status=403&body=not%20you"), ["refused 403 not you"])


if __name__ == "__main__":
    unittest.main()
