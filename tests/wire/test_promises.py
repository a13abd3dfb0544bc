"""What Workerman's manual promises of a wss service, each under the name that it
has in the feature list: S1, S2, ..."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest
import warnings

from programs import Probe, Workerman
from wire import (DEADLINE, TEXT, RawClient, Server, client_context, echo, handshake_request,
                  http, open_client, pki, setting)

PLAIN_TEXT = "This port speaks TLS: use https:// or wss:// here, not http:// or ws://."


def run(*command, within=DEADLINE):
    """(exit code, stdout, stderr) of a program that ends by itself."""
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=within, check=False)
    return done.returncode, done.stdout, done.stderr


def tom(server, answer, path="/", **how):
    """The manual's test: send 'tom', get the answer."""
    with open_client(server, path, **how) as client:
        client.send_text("tom")
        client.expect_message(TEXT, answer)
        client.finish()


class Certificates(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def copy(self, name, to):
        return shutil.copy(pki(name), os.path.join(self.folder, to))

    def test_s01_a_certificate_and_a_key_make_a_wss_listener(self):
        with echo() as server:
            self.assertTrue(server.url.startswith("wss://"))
            tom(server, b"tom")
        with Workerman(pki("server.pem"), pki("server.key"), 0) as server:
            tom(server, b"ok")

    def test_s02_the_key_may_be_in_the_certificates_file(self):
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki("combined.pem")) as server:
            tom(server, b"tom")

    def test_s03_the_content_decides_not_the_suffix(self):
        for cert, key in (("a.crt", "a.key"), ("b.pem", "b.pem.txt"), ("c.cer", "c.crt"),
                          ("d", "e")):
            with self.subTest(cert=cert, key=key):
                with Server(setting("WSS_ECHO"), "--port", 0,
                            "--cert", self.copy("server.pem", cert),
                            "--key", self.copy("server.key", key)) as server:
                    tom(server, b"tom")

    def test_s04_a_self_signed_certificate_with_the_manuals_options(self):
        # workerman.c sets verify_peer = false and allow_self_signed = true.
        cert, key = pki("selfsigned.pem"), pki("selfsigned.key")
        trusting = client_context(ca="selfsigned.pem")
        skipping = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        skipping.check_hostname = False
        skipping.verify_mode = ssl.CERT_NONE
        with Workerman(cert, key, 0) as server:
            tom(server, b"ok", context=trusting)
            tom(server, b"ok", context=skipping)
            with self.assertRaises(ssl.SSLCertVerificationError):
                RawClient(server)
            self.assertEqual(server.err.text(), "")
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", cert, "--key", key,
                    "--allow-self-signed") as server:
            tom(server, b"tom", context=trusting)


class Errors(unittest.TestCase):
    """S19: exit code 1 and one sentence that names the option, the file and the
    cause."""

    def refuse(self, cause, cert, key=None, option="local_cert", passphrase=None):
        command = [setting("WSS_ECHO"), "--port", "0", "--cert", pki(cert)]
        if key is not None:
            command += ["--key", pki(key)]
        if passphrase is not None:
            command += ["--passphrase", passphrase]
        code, out, err = run(*command)
        self.assertEqual((code, out), (1, ""), err)
        file = pki(cert if option == "local_cert" else key)
        self.assertRegex(err, rf"\Aecho: {option} {re.escape(file)}: [^\n]*{cause}[^\n]*\n\Z")

    def test_s19_missing(self):
        self.refuse("No such file", "nowhere.pem", "server.key")
        self.refuse("No such file", "server.pem", "nowhere.key", "local_pk")

    def test_s19_unreadable(self):
        self.refuse("is a directory", ".", "server.key")
        self.refuse("is a directory", "server.pem", ".", "local_pk")

    @unittest.skipIf(os.getuid() == 0, "root may read everything")
    def test_s19_not_permitted(self):
        with tempfile.NamedTemporaryFile() as file:
            os.chmod(file.name, 0)
            self.refuse("Permission denied", file.name, "server.key")

    def test_s19_unparsable(self):
        self.refuse("is empty", "empty.pem", "server.key")
        self.refuse("no certificate", "garbage.pem", "server.key")
        self.refuse("certificate 2", "truncated.pem", "server.key")
        self.refuse("certificate 2", "corrupted.pem", "server.key")
        self.refuse("not PEM", "der.pem", "server.key")
        self.refuse("is empty", "server.pem", "empty.key", "local_pk")
        self.refuse("no private key", "server.pem", "garbage.key", "local_pk")
        self.refuse("private key", "server.pem", "truncated.key", "local_pk")
        self.refuse("private key", "server.pem", "corrupted.key", "local_pk")

    def test_s19_passphrase(self):
        for key in ("encrypted-pkcs8.key", "encrypted-ec.key"):
            self.refuse("no passphrase", "server.pem", key, "local_pk")
            self.refuse("passphrase.* is wrong", "server.pem", key, "local_pk", "Secret")
            with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki("server.pem"),
                        "--key", pki(key), "--passphrase", "secret") as server:
                tom(server, b"tom")

    def test_s19_mismatch(self):
        self.refuse("does not belong", "server.pem", "other.key", "local_pk")
        self.refuse("must be the first", "wrong-order.pem", "wrong-order.key", "local_pk")

    def test_s19_no_key(self):
        self.refuse("no private key", "server.pem")

    def test_s19_expired_and_not_yet_valid_are_served_with_a_warning(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for name, what in (("expired", "the certificate expired on 2024-01-01"),
                           ("future", "is not valid before 2098-01-01")):
            with self.subTest(name=name):
                with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki(f"{name}.pem"),
                            "--key", pki(f"{name}.key")) as server:
                    warning = server.err.wait(re.escape(pki(f"{name}.pem"))).string
                    self.assertIn(what, warning)
                    self.assertIn("served all the same", warning)
                    tom(server, b"tom", context=context)
                    with self.assertRaises(ssl.SSLCertVerificationError):
                        RawClient(server)
                # Once, though echo listens on two addresses.
                self.assertEqual(len(server.err.matching(what)), 1)


class Addresses(unittest.TestCase):
    def test_s06_a_port_in_use_is_named(self):
        with echo("--quiet") as server:
            code, out, err = run(setting("WSS_ECHO"), "--plain", "--port", server.port)
            self.assertEqual((code, out), (1, ""))
            self.assertRegex(err, rf"^echo: cannot listen on 127\.0\.0\.1:{server.port}: "
                             "address already in use\n$")

    def test_s06_every_address_and_port_8282_unless_told_otherwise(self):
        with socket.socket() as holder:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                holder.bind(("0.0.0.0", 8282))
                holder.listen()
            except OSError:
                pass  # held by another program: as good
            code, out, err = run(setting("WSS_WORKERMAN"), pki("server.pem"), pki("server.key"))
        self.assertEqual((code, out), (1, ""))
        self.assertIn("cannot listen on 0.0.0.0:8282: address already in use", err)
        with Workerman(pki("server.pem"), pki("server.key"), 0) as server:
            self.assertTrue(server.url.startswith("wss://0.0.0.0:"))
            tom(server, b"ok", host="127.0.0.1")
            tom(server, b"ok", host="127.0.0.2")

    def test_s07_the_same_program_without_tls(self):
        with Workerman("--plain", 0) as server:
            self.assertTrue(server.url.startswith("ws://"))
            tom(server, b"ok")
        with echo(tls=False) as server:
            self.assertTrue(server.url.startswith("ws://"))
            tom(server, b"tom")

    def test_s22_ipv6(self):
        how = ("--cert", pki("server.pem"), "--key", pki("server.key"), "--port", 0)
        with Server(setting("WSS_ECHO"), "--host", "::1", *how) as server:
            self.assertRegex(server.url, r"^wss://\[::1\]:[0-9]+$")
            tom(server, b"tom", host="::1")
            with self.assertRaises(ConnectionRefusedError):
                RawClient(server, host="127.0.0.1")

    def test_s22_any_address_takes_both_families(self):
        how = ("--cert", pki("server.pem"), "--key", pki("server.key"), "--port", 0)
        with Server(setting("WSS_ECHO"), "--host", "::", *how) as server:
            self.assertRegex(server.url, r"^wss://\[::\]:[0-9]+$")
            tom(server, b"tom", host="::1")
            tom(server, b"tom", host="127.0.0.1")

    def test_s22_v6only(self):
        with Probe("--host", "::", "--v6only") as server:
            tom(server, b"tom", host="::1")
            with self.assertRaises(ConnectionRefusedError):
                RawClient(server, host="127.0.0.1")

    def test_s22_localhost_is_both(self):
        with echo() as server:
            tom(server, b"tom", host="::1")
            tom(server, b"tom", host="127.0.0.1")


class Behaviour(unittest.TestCase):
    def test_s08_tom_gets_ok(self):
        with Workerman(pki("server.pem"), pki("server.key"), 0) as server:
            for version in ("1.2", "1.3"):
                tom(server, b"ok", context=client_context(version))
            with open_client(server) as client:
                for _ in range(3):
                    client.send_text("tom")
                    client.expect_message(TEXT, b"ok")

    def test_s11_upgrade_and_connection_without_case_and_in_lists(self):
        with echo() as server:
            for connection, upgrade in (
                    ("Upgrade", "websocket"), ("upgrade", "WebSocket"),
                    ("UPGRADE", "WEBSOCKET"), ("keep-alive, Upgrade", "websocket"),
                    ("Upgrade,keep-alive", "h2c, websocket"), (" ,\tupgrade ,", "websocket")):
                with self.subTest(connection=connection, upgrade=upgrade):
                    request = handshake_request(
                        "/", [("Connection", connection), ("Upgrade", upgrade)],
                        without=("connection", "upgrade"))
                    with RawClient(server) as client:
                        client.write(request)
                        self.assertEqual(client.recv_response().status, 101)
                        client.expect_echo()
            with RawClient(server) as client:
                client.write(handshake_request("/", [("Connection", "Upgrade")]))
                self.assertEqual(client.recv_response().status, 101)
            for connection in ("close", "Upgraded", "keep-alive"):
                with self.subTest(connection=connection):
                    request = handshake_request("/", [("Connection", connection)],
                                                without=("connection",))
                    self.assertEqual(http(server, request).status, 400)

    def test_s13_the_path_can_be_read_and_answered_with_404(self):
        with Probe() as server:
            tom(server, b"tom", path="/wss?token=a%20b")
            request = server.event("request")
            self.assertEqual((request["path"], request["query"]), ("/wss", "token=a%20b"))
            answer = http(server, handshake_request("/answer?status=404"))
            self.assertEqual((answer.status, answer.body), (404, b"Not Found"))

    def test_s15_a_proxy_that_speaks_plain_to_a_tls_port_gets_the_reason(self):
        # As nginx asks; test_proxy.py has the real one.
        request = (b"GET /wss HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                   b"Host: domain.com\r\nX-Real-IP: 192.0.2.1\r\nSec-WebSocket-Version: 13\r\n"
                   b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        with echo() as server:
            answer = http(server, request, tls=False)
            self.assertEqual((answer.status, answer.body.decode()), (400, PLAIN_TEXT))

    def test_s16_plain_ws_to_the_wss_port(self):
        with echo() as server, open_client(server) as bystander:
            with RawClient(server, tls=False) as client:
                client.write(handshake_request("/"))
                answer = client.recv_response()
                self.assertEqual((answer.status, answer.body.decode()), (400, PLAIN_TEXT))
                self.assertEqual(answer.headers["connection"], "close")
                client.expect_tcp_end()
                address = client.address
            server.err.wait(rf"^echo: {re.escape(address)}: {re.escape(PLAIN_TEXT)}$")
            self.assertEqual(len(server.err.lines), 1)
            bystander.expect_echo()


class Tls(unittest.TestCase):
    def old_client(self, version):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        return context

    def test_s17_tls_1_2_with_the_suites_that_phones_offer(self):
        for cert, suites in (
                ("server", ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")),
                ("rsa2048", ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"))):
            with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki(f"{cert}.pem"),
                        "--key", pki(f"{cert}.key")) as server:
                for suite in suites:
                    with self.subTest(suite=suite):
                        context = client_context("1.2")
                        context.set_ciphers(suite)
                        tom(server, b"tom", context=context)

    def test_s17_tls_1_3(self):
        with echo() as server:
            with open_client(server, context=client_context("1.3")) as client:
                self.assertEqual(client.tls_version, "TLSv1.3")
                client.expect_echo()

    def test_s17_tls_1_0_and_1_1_are_refused_with_an_alert(self):
        with echo() as server:
            for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
                with self.subTest(version=version):
                    with self.assertRaises(ssl.SSLError) as caught:
                        RawClient(server, context=self.old_client(version))
                    self.assertEqual(caught.exception.reason, "TLSV1_ALERT_PROTOCOL_VERSION")
            tom(server, b"tom")

    def test_s17_ssl_3_is_refused_with_an_alert(self):
        hello = b"\x03\x00" + bytes(32) + b"\x00" + b"\x00\x04\x00\x2f\x00\x0a" + b"\x01\x00"
        message = b"\x01" + len(hello).to_bytes(3, "big") + hello
        record = b"\x16\x03\x00" + len(message).to_bytes(2, "big") + message
        with echo() as server:
            with RawClient(server, tls=False) as client:
                client.write(record)
                answer = client.read_end()
            self.assertEqual((answer[0], len(answer)), (21, 7), answer)
            self.assertEqual(answer[5:], b"\x02\x46", "fatal, protocol_version")
            tom(server, b"tom")


class EchoProgram(unittest.TestCase):
    def test_s27_flags_and_the_javascript_to_paste(self):
        with echo() as server:
            javascript = (
                f'ws = new WebSocket("{server.url}");\n'
                "ws.onopen = function() {\n"
                '    alert("Connected");\n'
                "    ws.send('tom');\n"
                '    alert("Sent to the server: tom");\n'
                "};\n"
                "ws.onmessage = function(e) {\n"
                '    alert("Received from the server: " + e.data);\n'
                "};")
            self.assertRegex(server.url, r"^wss://localhost:[0-9]+$")
        self.assertEqual(server.out.lines[0], f"listening on {server.url}")
        self.assertIn(javascript, server.out.text())
        self.assertIn(f"https://localhost:{server.port}/", server.out.text())

    def test_s27_quiet(self):
        with echo("--quiet") as server:
            tom(server, b"tom")
        self.assertEqual(server.out.lines, [f"listening on {server.url}"])

    def test_s27_without_a_certificate_it_says_how_to_make_one(self):
        code, out, err = run(setting("WSS_ECHO"))
        self.assertEqual((code, out), (2, ""))
        self.assertIn("wss-check --make", err)
        self.assertIn("--plain", err)

    def test_s27_what_is_not_built_yet_is_refused(self):
        for flags in (("--deflate",), ("--verify-peer",), ("--ca", "x"), ("--threads", "2"),
                      ("--record-layer", "x"), ("--no-such-flag",),
                      ("--min-tls", "1.4"), ("--max-tls", "x"), ("--ciphers", ""),
                      ("--port", "x"), ("--port", "65536"), ("--port",)):
            with self.subTest(flags=flags):
                code, out, err = run(setting("WSS_ECHO"), "--plain", *flags)
                self.assertEqual((code, out), (2, ""))
                self.assertIn(flags[0], err)


class Embedded(unittest.TestCase):
    """S28: the WebSocket server comes and goes, the program's own loop goes on."""

    def setUp(self):
        self.server = self.enterContext(Server(
            setting("WSS_EMBEDDED"), "-p", 0, "-l", 0, "-i", 20, pki("server.pem"),
            pki("server.key")))
        port = int(self.server.out.wait(r"^lines on 127\.0\.0\.1:([0-9]+)$")[1])
        self.lines = self.enterContext(socket.create_connection(("127.0.0.1", port), DEADLINE))
        self.answers = self.enterContext(self.lines.makefile())

    def say(self, line):
        self.lines.sendall(line.encode() + b"\n")
        return self.answers.readline().rstrip("\n")

    def next_tick(self):
        self.server.out.wait(r"^tick [0-9]+$", since=len(self.server.out.lines))

    def quit(self):
        self.assertEqual(self.say("quit"), "ok")
        self.assertEqual(self.server.wait(), 0)
        self.assertEqual(self.server.out.lines[-1], "the loop is empty")

    def message(self, client, text):
        """The text comes, among the ticks."""
        while True:
            opcode, payload = client.recv_message()
            self.assertEqual(opcode, TEXT)
            if payload == text:
                return
            self.assertRegex(payload, rb"^tick [0-9]+$")

    def test_s28_serve_stop_and_serve_again_while_the_loop_goes_on(self):
        with open_client(self.server) as client:
            client.send_text("mine")
            self.message(client, b"mine")
            self.assertEqual(self.say("a line for everyone"), "ok")
            self.message(client, b"a line for everyone")
            self.assertEqual(self.say("stop"), "ok")
            frame = client.recv_frame()
            while frame.opcode == TEXT:
                frame = client.recv_frame()
            self.assertEqual(frame.payload, b"\x03\xe9", "Close 1001")
            client.send_close(1001)
            client.expect_tcp_end()
        self.server.out.wait("^stopped after tick")
        self.next_tick()
        with self.assertRaises(ConnectionRefusedError):
            RawClient(self.server)
        self.assertEqual(self.say("stop"), "not possible in this state")
        count = len(self.server.out.lines)
        self.assertEqual(self.say("start"), "ok")
        self.server.port = int(self.server.out.wait("^listening on .*:([0-9]+)$", since=count)[1])
        with open_client(self.server) as client:
            client.send_text("again")
            self.message(client, b"again")
            client.close()
        self.next_tick()
        self.quit()

    def test_s28_the_end_with_an_open_connection(self):
        with open_client(self.server) as client:
            client.recv_message()
            self.assertEqual(self.say("quit"), "ok")
            frame = client.recv_frame()
            while frame.opcode == TEXT:
                frame = client.recv_frame()
            self.assertEqual(frame.payload, b"\x03\xe9", "Close 1001")
            client.send_close(1001)
            client.expect_tcp_end()
        self.assertEqual(self.server.wait(), 0)
        self.assertEqual(self.server.out.lines[-1], "the loop is empty")


if __name__ == "__main__":
    unittest.main()
