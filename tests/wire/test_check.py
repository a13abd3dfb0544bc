"""wss-check: files, live servers, certificates for development."""

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from chromium import Chromium, Page
from wire import DEADLINE, RawClient, Server, client_context, echo, pki, setting

FINE, WARNINGS, ERRORS, USAGE = range(4)


def check(*args, within=DEADLINE):
    """(exit status, output, errors); no report of a sanitizer."""
    done = subprocess.run([setting("WSS_CHECK"), *map(str, args)], timeout=within,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if "Sanitizer" in done.stderr or "runtime error" in done.stderr:
        raise AssertionError(done.stderr)
    return done.returncode, done.stdout, done.stderr


def tool(*args, env=None):
    return subprocess.run(args, check=True, timeout=DEADLINE, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env=env).stdout


class Check(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def expect(self, status, pattern, *args):
        code, out, err = check(*args)
        self.assertEqual(code, status, out + err)
        self.assertRegex(out + err, pattern)
        return out


class CommandLine(Check):
    def test_help_and_version(self):
        self.expect(FINE, r"\Ausage: wss-check --cert FILE", "--help")
        self.expect(FINE, r"\Awss-check of libwss [0-9.]+\n\Z", "--version")

    def test_wrong_ones(self):
        cert = pki("server.pem")
        for args in ((), ("--cert",), ("--cert", ""), ("--nothing",), ("localhost",),
                     ("localhost:",), (":1",), ("localhost:x",), ("localhost:1x",),
                     ("::1:1",), ("localhost:123456",), ("a" * 300 + ":1",),
                     ("localhost:1", "localhost:2"), ("localhost:1", "--key", "x"),
                     ("--cert", cert, "localhost:1"), ("--cert", cert, "--name", "x"),
                     ("--make", "x", "--cert", cert), ("--quiet=1", "--cert", cert),
                     ("localhost:1", "--path", "x"), ("localhost:1", "--path", "/\n")):
            with self.subTest(args=args):
                code, out, err = check(*args)
                self.assertEqual((code, out), (USAGE, ""))
                self.assertRegex(err, r"\Awss-check: .*; see --help\.\n\Z")


class Files(Check):
    def test_a_sound_set_up(self):
        out = self.expect(FINE, "Nothing is wrong", "--cert", pki("server.pem"),
                          "--key", pki("server.key"))
        # S20: the doctor lists the names.
        self.assertIn("by one of localhost, 127.0.0.1, ::1", out)
        self.assertEqual(self.expect(FINE, "()", "--quiet", "--cert", pki("server.pem"),
                                     "--key", pki("server.key")), "")

    def test_s19_warnings_and_errors(self):
        self.expect(WARNINGS, r"warning WSS_ERR_CERT_EXPIRED: local_cert .*expired\.pem: .*\n"
                    r"  remedy: renew", "--cert", pki("expired.pem"), "--key", pki("expired.key"))
        self.expect(ERRORS, r"error WSS_ERR_KEY_MISMATCH: local_pk .*\n  remedy: "
                    r"[^!]*warning WSS_ERR_CERT_EXPIRED[^!]*1 error, 1 warning\.",
                    "--cert", pki("expired.pem"), "--key", pki("other.key"))
        self.expect(ERRORS, "error WSS_ERR_CERT_READ", f"--cert={pki('none.pem')}")
        self.expect(FINE, "Nothing", "--cert", pki("server.pem"), "--key", pki("quick.key"),
                    "--passphrase", "secret")

    def test_a_key_for_everybody(self):
        key = shutil.copy(pki("server.key"), self.path("key"))
        os.chmod(key, 0o644)
        self.expect(WARNINGS, "WSS_ERR_KEY_MODE.*0644", "--cert", pki("server.pem"), "--key", key)


@contextlib.contextmanager
def server_of(serve):
    """A port where serve(socket) is called for each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def loop():
        with contextlib.suppress(OSError):
            while True:
                with listener.accept()[0] as client, contextlib.suppress(OSError):
                    client.settimeout(DEADLINE)
                    serve(client)
    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(DEADLINE)


def tls_server(answer, cert=None, key=None, **how):
    """One of Python's; how: attributes of its context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert or pki("server.pem"), key or pki("server.key"))
    for name, value in how.items():
        setattr(context, name, value)

    def serve(client):
        with context.wrap_socket(client, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(answer)
            tls.recv(4096)
    return server_of(serve)


class Live(Check):
    def look(self, status, pattern, port, *args, ca="ca.pem"):
        return self.expect(status, pattern, f"localhost:{port}", "--address", "127.0.0.1",
                           "--ca", pki(ca), *args)

    def test_a_sound_server(self):
        with echo() as server:
            out = self.look(FINE, "Nothing is wrong", server.port, "--path", "/x")
        for line in (r"TLS 1\.3: TLS1-3-[A-Z0-9-]+, x25519", r"TLS 1\.2: TLS-ECDHE-ECDSA-[A-Z0-9-]+, "
                     "x25519", r"  1 CN=server", "    issued by CN=libwss test ca",
                     r"    valid from 20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d",
                     "    for localhost, 127.0.0.1, ::1",
                     r"WebSocket on /x: HTTP/1\.1 101 Switching Protocols"):
            self.assertRegex(out, rf"(?m)^{line}$")

    def test_other_addresses_and_names(self):
        with echo() as server:
            self.expect(FINE, "Nothing", f"[::1]:{server.port}", "--ca", pki("ca.pem"),
                        "--address", "127.0.0.1")
            self.look(ERRORS, r"WSS_ERR_CERT_NAMES: .* is not for example\.org but for localhost, ",
                      server.port, "--name", "example.org")
            # Not in the system's roots.
            self.expect(ERRORS, "WSS_ERR_CERT_ISSUER: .*does not lead to a root",
                        f"localhost:{server.port}", "--address", "127.0.0.1")
            self.look(ERRORS, "garbage.pem: ", server.port, ca="garbage.pem")

    def test_doctor_chains(self):
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki("chain.pem"),
                    "--key", pki("chain.key")) as server:
            self.look(FINE, r"(?m)^  2 CN=intermediate$", server.port)
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki("leaf.pem"),
                    "--key", pki("chain.key")) as server:
            self.look(ERRORS, "WSS_ERR_CERT_ISSUER", server.port)
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki("expired.pem"),
                    "--key", pki("expired.key")) as server:
            self.look(ERRORS, "error WSS_ERR_CERT_EXPIRED", server.port)
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki("selfsigned.pem"),
                    "--key", pki("selfsigned.key")) as server:
            self.look(FINE, "note WSS_ERR_CERT_ISSUER", server.port, ca="selfsigned.pem")

    def test_what_is_sent_in_a_wrong_order(self):
        with open(self.path("chain"), "wb") as chain:
            for name in "leaf.pem", "ca.pem", "intermediate.pem":
                with open(pki(name), "rb") as file:
                    chain.write(file.read())
        answer = b"HTTP/1.1 404 Not Found\r\n\r\n"
        with tls_server(answer, cert=chain.name, key=pki("chain.key")) as port:
            self.look(WARNINGS, "warning WSS_ERR_CERT_ORDER", port)
        with tls_server(answer, cert=pki("rsa2048.pem"), key=pki("rsa2048.key")) as port:
            self.look(WARNINGS, "note WSS_ERR_KEY_COST: .*RSA of 2048 bits", port)

    def test_versions(self):
        answer = b"HTTP/1.1 404 Not \x1b[1mFound\r\nContent-Length: 0\r\n\r\n"
        with tls_server(answer, maximum_version=ssl.TLSVersion.TLSv1_2) as port:
            out = self.look(WARNINGS, "note WSS_ERR_TLS: .*TLS 1.3 is refused", port)
            self.assertIn('answered with "HTTP/1.1 404 Not ?[1mFound"', out)
            self.assertNotIn("\x1b", out)
        with tls_server(answer, minimum_version=ssl.TLSVersion.TLSv1_3) as port:
            self.look(WARNINGS, "warning WSS_ERR_TLS: .*TLS 1.2 is refused", port)

    def test_no_tls(self):
        with echo(tls=False) as server:
            self.look(ERRORS, "error WSS_ERR_(PLAIN_HTTP|TLS)", server.port)
        with server_of(lambda client: client.sendall(b"HTTP/1.1 400 No\r\n\r\n")) as port:
            self.look(ERRORS, "error WSS_ERR_PLAIN_HTTP", port)
        with server_of(lambda client: None) as port:
            self.look(ERRORS, "neither TLS 1.3 nor TLS 1.2", port)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.look(ERRORS, "cannot connect to 127.0.0.1", port)
        self.expect(ERRORS, "has no address", "no.such.name.invalid:1")

    def test_an_answer_without_end(self):
        def flood(client):
            while True:
                client.sendall(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki("server.pem"), pki("server.key"))

        def serve(client):
            with context.wrap_socket(client, server_side=True) as tls:
                flood(tls)
        with server_of(serve) as port:
            self.look(WARNINGS, "HTTP/1.1 200 OK", port)
        with server_of(flood) as port:
            self.look(ERRORS, "PLAIN_HTTP", port)

    def test_ten_seconds(self):
        begun = time.monotonic()
        with server_of(lambda client: client.recv(1 << 16) and client.recv(1)) as port:
            self.look(ERRORS, "WSS_ERR_TIMEOUT", port)
        self.assertTrue(8 < time.monotonic() - begun < 20)

    def test_s20_by_name_and_not_by_an_address_that_is_not_in_it(self):
        key, cert = self.path("key"), self.path("cert")
        tool("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", "/CN=localhost", "-keyout", key, "-out", cert,
             "-addext", "subjectAltName=DNS:localhost", "-addext", "extendedKeyUsage=serverAuth",
             "-addext", "basicConstraints=critical,CA:FALSE")
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", cert, "--key", key) as server:
            trusting = ssl.create_default_context(cafile=cert)
            with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as plain:
                with self.assertRaises(ssl.SSLCertVerificationError):
                    trusting.wrap_socket(plain, server_hostname="127.0.0.1")
            with RawClient(server, context=trusting) as client:
                client.handshake()
            self.expect(ERRORS, "WSS_ERR_CERT_NAMES: .*not for 127.0.0.1 but for localhost",
                        f"127.0.0.1:{server.port}", "--ca", cert)
            self.expect(FINE, "Nothing", f"localhost:{server.port}", "--ca", cert,
                        "--address", "127.0.0.1")


class Make(Check):
    def make(self, *names, made="ca server", folder=None):
        folder = folder or self.path("new")
        out = self.expect(FINE, "()", "--make", folder, *names)
        self.assertEqual(re.findall(r"(?m)^made  .*?/(\w+)\.pem", out), made.split())
        return folder

    def read(self, name):
        with open(self.path("new", name), "rb") as file:
            return file.read()

    def test_files_that_all_take(self):
        folder = self.make()
        ca, cert, key = (os.path.join(folder, name) for name in ("ca.pem", "server.pem", "server.key"))
        self.assertEqual([os.stat(self.path("new", name)).st_mode & 0o777 for name in
                          ("ca.pem", "ca.key", "server.pem", "server.key")],
                         [0o644, 0o600, 0o644, 0o600])
        self.assertEqual(sorted(os.listdir(folder)), ["ca.key", "ca.pem", "server.key", "server.pem"])
        for name in ("-verify_hostname", "localhost"), ("-verify_ip", "127.0.0.1"), ("-verify_ip", "::1"):
            tool("openssl", "verify", "-x509_strict", "-purpose", "sslserver", *name,
                 "-CAfile", ca, cert)
        self.expect(FINE, "Nothing", "--cert", cert, "--key", key)
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", cert, "--key", key) as server:
            self.expect(FINE, "Nothing", f"localhost:{server.port}", "--ca", ca,
                        "--address", "127.0.0.1")
            with RawClient(server, context=ssl.create_default_context(cafile=ca)) as client:
                client.handshake()
            self.assertEqual(server.err.matching("certificate"), [])
            page = tool("curl", "-sS", "--cacert", ca, f"https://localhost:{server.port}/")
            self.assertIn("<html", page)
            tool("node", "-e", f"require('https').get('https://localhost:{server.port}/', "
                 "(r) => process.exit(r.statusCode == 200 ? 0 : 1))",
                 env=dict(os.environ, NODE_EXTRA_CA_CERTS=ca))
            with Chromium(trust=ca) as browser:
                self.assertIsNone(Page(browser).open(f"https://localhost:{server.port}/"))

    def test_what_is_good_is_kept(self):
        self.make()
        before = [self.read(name) for name in ("ca.pem", "ca.key", "server.pem", "server.key")]
        self.make(made="")
        self.assertEqual([self.read(name) for name in ("ca.pem", "ca.key", "server.pem",
                                                       "server.key")], before)

    def test_other_names(self):
        folder = self.make("a.example.org", "*.b.test", "192.0.2.1", "2001:db8::1")
        ca = self.read("ca.pem")
        text = tool("openssl", "x509", "-noout", "-ext", "subjectAltName", "-in",
                    os.path.join(folder, "server.pem"))
        self.assertIn("DNS:a.example.org, DNS:*.b.test, IP Address:192.0.2.1, "
                      "IP Address:2001:DB8:0:0:0:0:0:1", text)
        self.make("a.example.org", made="server")
        self.make("a" * 60 + ".example", *(f"n{i}" for i in range(31)), made="server")
        self.assertEqual(self.read("ca.pem"), ca)

    def issue(self, days, *how):
        folder = self.path("new")
        tool("openssl", "req", "-new", "-key", f"{folder}/server.key", "-subj", "/CN=x",
             "-out", self.path("csr"))
        with open(self.path("ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n")
        tool("openssl", "x509", "-req", "-in", self.path("csr"), "-days", str(days), "-CA",
             f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-set_serial", "1", "-extfile",
             self.path("ext"), "-out", f"{folder}/server.pem", *how)

    def test_renewal(self):
        self.make()
        self.issue(31)
        self.make(made="")
        self.issue(29)
        self.make(made="server")
        # Of the CA, and with it of the server.
        tool("openssl", "req", "-x509", "-key", self.path("new", "ca.key"), "-days", "29", "-subj",
             "/CN=libwss development CA X", "-out", self.path("new", "ca.pem"))
        self.make(made="ca server")
        tool("openssl", "verify", "-CAfile", self.path("new", "ca.pem"), self.path("new", "server.pem"))

    def test_nobody_elses_files(self):
        for name in "ca", "server":
            for extension in "pem", "key":
                with self.subTest(name=name, extension=extension):
                    folder = self.path(f"{name}-{extension}")
                    os.mkdir(folder)
                    file = os.path.join(folder, f"{name}.{extension}")
                    shutil.copy(pki(f"{name}.{extension}"), file)
                    self.expect(ERRORS, r"\Awss-check: |\nwss-check: ", "--make", folder)
                    with open(file, "rb") as kept, open(pki(f"{name}.{extension}"), "rb") as own:
                        self.assertEqual(kept.read(), own.read())
        folder = self.path("both")
        os.mkdir(folder)
        for extension in "pem", "key":
            shutil.copy(pki(f"ca.{extension}"), folder)
        self.expect(ERRORS, "was not made by wss-check", "--make", folder)

    def test_folders_that_are_none(self):
        with open(self.path("file"), "w", encoding="ascii"):
            pass
        for folder in self.path("file"), self.path("file", "x"), self.path("none", "x"), "/proc":
            with self.subTest(folder=folder):
                code, out, err = check("--make", folder)
                self.assertEqual((code, out), (ERRORS, ""))
                self.assertRegex(err, r"\Awss-check: .*\n\Z")
        if os.getuid() != 0:
            os.mkdir(self.path("shut"), 0o500)
            self.expect(ERRORS, "Permission denied", "--make", self.path("shut"))

    def test_names_that_are_none(self):
        for name in ("", "a b", "a..b", ".a", "a.", "-a", "a-", "a/b", "1.2.3", "1.2.3.4.5", "*",
                     "a.*", "*a.b", "a:b", "ü.example", "[::1]", "a\nb", "a,CN=b", "a" * 64,
                     ".".join(["a" * 60] * 5), "https://a"):
            with self.subTest(name=name):
                code, out, err = check("--make", self.path("new"), "localhost", name)
                self.assertEqual((code, out), (USAGE, ""))
                self.assertRegex(err, r"(?s)\Awss-check: ")
        self.expect(USAGE, "one name too many", "--make", self.path("new"),
                    *(f"n{i}" for i in range(33)))
        self.assertFalse(os.path.exists(self.path("new")))


class Docs(unittest.TestCase):
    def test_every_finding_is_explained(self):
        root = setting("WSS_SRC")
        with open(os.path.join(root, "src/tls/findings.c"), encoding="ascii") as file:
            codes = set(re.findall(r"\{(WSS_ERR_\w+),", file.read()))
        with open(os.path.join(root, "docs/check.md"), encoding="utf-8") as file:
            text = file.read()
        self.assertGreater(len(codes), 15)
        self.assertEqual({code for code in codes if f"`{code}`" not in text}, set())


if __name__ == "__main__":
    unittest.main()
