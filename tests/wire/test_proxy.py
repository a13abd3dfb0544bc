"""Behind a real nginx, with the configuration of docs/proxies.md (S10, S15, S29,
the rest of S11)."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from programs import Probe, Workerman
from wire import (BINARY, DEADLINE, TEXT, Lines, RawClient, echo, handshake_request, http,
                  open_client, pki, setting)

SURROUNDINGS = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log stderr info;
events {{}}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{block}
}}
"""


def documented():
    """The block of docs/proxies.md."""
    path = os.path.join(setting("WSS_SRC"), "docs", "proxies.md")
    with open(path, encoding="utf-8") as file:
        found = re.search(r"<!-- begin nginx.*?-->\n```nginx\n(.*?)```\n<!-- end nginx -->",
                          file.read(), re.DOTALL)
    if found is None:
        raise AssertionError("docs/proxies.md has no block for nginx")
    return found[1]


def replace(text, old, new):
    if text.count(old) != 1:
        raise AssertionError(f"{old!r} stands {text.count(old)} times in:\n{text}")
    return text.replace(old, new)


class Nginx:
    """nginx with that block, in front of a server. It inherits its listening
    socket: so the port is free for certain, and a client may connect at once."""

    tls = True
    host = "127.0.0.1"

    def __init__(self, behind, change=lambda block: block):
        self._behind = behind
        self._change = change

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._socket = socket.create_server((self.host, 0))
        self.port = self._socket.getsockname()[1]
        self._configure(self._folder.name)
        with self._socket:
            number = self._socket.fileno()
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True, pass_fds=(number,),
                env=dict(os.environ, NGINX=f"{number};"))
        self.err = Lines(self.process.stderr)
        try:
            # Before that, a signal would kill it rather than stop it.
            self.err.wait(r"\[notice\].* start worker process [0-9]+$")
        except BaseException:
            self.process.kill()
            self.process.wait()
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, kind, value, traceback):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.err.all()
        with open(os.path.join(self._folder.name, "access.log"), encoding="utf-8") as file:
            self.access_log = file.read()
        self._folder.cleanup()
        if kind is None and code != 0:
            raise AssertionError(f"nginx ended with {code}: {self.err.text()}")
        return False

    def _configure(self, folder):
        block = documented()
        for old, new in (("listen 443 ssl;", f"listen {self.host}:{self.port} ssl;"),
                         ("server_name domain.com;", "server_name localhost;"),
                         ("/etc/ssl/server.pem", pki("server.pem")),
                         ("/etc/ssl/server.key", pki("server.key")),
                         ("127.0.0.1:8282", f"127.0.0.1:{self._behind.port}")):
            block = replace(block, old, new)
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(SURROUNDINGS.format(
                folder=folder, block=self._change(block),
                user="user root;" if os.getuid() == 0 else ""))

    def command(self, *more):
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            raise AssertionError("nginx is not installed")
        folder = self._folder.name
        return [program, "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf", *more]

    def check(self):
        """What nginx -t says."""
        return subprocess.run(self.command("-t"), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=DEADLINE, check=False)


def without(line):
    """A change: the block without the line that begins so."""
    def change(block):
        changed, count = re.subn(rf"^ *{line}.*\n", "", block, flags=re.MULTILINE)
        if count != 1:
            raise AssertionError(f"{line!r} stands {count} times in:\n{block}")
        return changed
    return change


def browser(nginx, path="/wss", **how):
    """The handshake of a browser on a page of the same server."""
    return handshake_request(path, [
        ("Host", f"localhost:{nginx.port}"), ("Origin", f"https://localhost:{nginx.port}"),
        ("Pragma", "no-cache"), ("Cache-Control", "no-cache"),
        ("User-Agent", "Mozilla/5.0"), ("Accept-Encoding", "gzip, deflate, br"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
    ], without=("host",), **how)


class ProxyTest(unittest.TestCase):
    def behind(self, server, change=lambda block: block):
        server = self.enterContext(server)
        return server, self.enterContext(Nginx(server, change))

    def test_s29_the_documented_block_passes_nginx_t(self):
        _, nginx = self.behind(Workerman("--plain", 0))
        done = nginx.check()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("test is successful", done.stderr)
        self.assertNotRegex(done.stderr, r"\[(warn|error|crit|alert|emerg)\]")

    def test_s29_the_manuals_block_is_called_obsolete(self):
        path = os.path.join(setting("WSS_SRC"), "docs", "proxies.md")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertRegex(text, r"`ssl on` is obsolete")
        self.assertNotIn("ssl on", documented())
        for part in ("ssl_protocols       TLSv1.2 TLSv1.3;", "proxy_read_timeout"):
            self.assertIn(part, documented())

    def test_s10_tom_gets_ok_at_wss(self):
        _, nginx = self.behind(Workerman("--plain", 0))
        with open_client(nginx, "/wss", [("X-Real-IP", "192.0.2.9")]) as client:
            client.send_text("tom")
            client.expect_message(TEXT, b"ok")
            client.finish()

    def test_s10_a_browsers_origin_is_accepted(self):
        _, nginx = self.behind(Workerman("--plain", 0))
        with RawClient(nginx) as client:
            client.write(browser(nginx))
            self.assertEqual(client.recv_response().status, 101)
            client.send_text("tom")
            client.expect_message(TEXT, b"ok")

    def test_s10_another_sites_origin_is_not(self):
        _, nginx = self.behind(Workerman("--plain", 0))
        with RawClient(nginx) as client:
            client.write(handshake_request("/wss", [("Origin", "https://evil.example")]))
            self.assertEqual(client.recv_response().status, 403)

    def test_s10_what_the_program_sees(self):
        probe, nginx = self.behind(Probe(tls=False))
        with open_client(nginx, "/wss/room?lookup=x-real-ip&a=%20b",
                         [("X-Real-IP", "192.0.2.9")]) as client:
            client.expect_echo()
            request = probe.event("request")
            self.assertEqual(request["target"], "/wss/room?lookup=x-real-ip&a=%20b")
            self.assertEqual(request["host"], "localhost")
            self.assertEqual(request["lookup"], "127.0.0.1", "not what the client claims")

    def test_s10_large_messages_both_ways(self):
        _, nginx = self.behind(echo(tls=False))
        payload = os.urandom(1 << 20)
        with open_client(nginx, "/wss") as client:
            client.send_frame(BINARY, payload)
            client.expect_message(BINARY, payload)

    def test_s10_a_server_that_stops_says_1001_through_the_proxy(self):
        server, nginx = self.behind(echo(tls=False))
        with open_client(nginx, "/wss") as client:
            server.signal()
            client.expect_close(1001)
            client.send_close(1001)
            client.expect_tcp_end()
        self.assertEqual(server.wait(), 0)

    def test_s10_a_request_that_is_no_handshake(self):
        _, nginx = self.behind(Probe("--http", tls=False), lambda block: replace(
            block, "location /wss", "location /answer"))
        request = (b"GET /answer?body=a%20page HTTP/1.1\r\nHost: localhost\r\n"
                   b"Connection: close\r\n\r\n")
        answer = http(nginx, request)
        self.assertEqual((answer.status, answer.body), (200, b"a page"))

    def test_s11_the_manuals_fixed_connection_upgrade(self):
        _, nginx = self.behind(Workerman("--plain", 0), lambda block: replace(
            block, "$connection_upgrade;\n", '"Upgrade";\n'))
        with open_client(nginx, "/wss") as client:
            client.send_text("tom")
            client.expect_message(TEXT, b"ok")

    def test_without_the_host_line_403_says_why(self):
        server, nginx = self.behind(Workerman("--plain", 0), without("proxy_set_header Host "))
        with RawClient(nginx) as client:
            client.write(browser(nginx))
            answer = client.recv_response()
        self.assertEqual(answer.status, 403)
        body = answer.body.decode()
        for part in (f"Origin https://localhost:{nginx.port} ", f"Host 127.0.0.1:{server.port}",
                     "option origins", "proxy must pass Host on"):
            self.assertIn(part, body)

    def test_without_http_1_1_505(self):
        _, nginx = self.behind(Workerman("--plain", 0), without("proxy_http_version"))
        with RawClient(nginx) as client:
            client.write(browser(nginx))
            self.assertEqual(client.recv_response().status, 505)

    def test_without_upgrade_426_names_the_proxy(self):
        _, nginx = self.behind(Workerman("--plain", 0), without("proxy_set_header Upgrade"))
        with RawClient(nginx) as client:
            client.write(browser(nginx))
            answer = client.recv_response()
        self.assertEqual(answer.status, 426)
        self.assertIn("proxy", answer.body.decode())

    def test_s15_tls_in_the_proxy_and_in_the_program(self):
        sentence = "This port speaks TLS: use https:// or wss:// here, not http:// or ws://."
        with echo() as server:
            with Nginx(server) as nginx, RawClient(nginx) as client:
                client.write(browser(nginx))
                answer = client.recv_response()
            server.err.wait(r"^echo: 127\.0\.0\.1:[0-9]+: " + re.escape(sentence) + "$")
        self.assertEqual((answer.status, answer.body.decode()), (400, sentence))
        self.assertRegex(nginx.access_log, r'"GET /wss HTTP/1\.1" 400 ')


if __name__ == "__main__":
    unittest.main()
