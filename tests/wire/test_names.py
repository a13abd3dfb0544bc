"""Certificates by server name (S23), with clients of three makers; and the key
log, compared with OpenSSL's."""

import os
import re
import socket
import stat
import subprocess
import tempfile
import unittest

from wire import (DEADLINE, TEXT, Server, client_context, echo, handshake_request, pack_frame,
                  pki, setting)

VERSIONS = ("1.2", "1.3")

# Name, the certificate that is expected, and its kind of signature.
NAMES = (("a.example.org", "sni-a", "ECDSA"),
         ("b.example.org", "sni-b", "RSA(-PSS)?"),
         ("c.example.org", "sni-c", "ECDSA"),
         ("d.example.org", "sni-wild", "ECDSA"),
         ("B.Example.ORG", "sni-b", "RSA(-PSS)?"),
         ("localhost", "server", "ECDSA"))

# Names for which there is none.
OTHERS = ("example.org", "e.d.example.org", "example.com")

TABLE = (("a.example.org", "sni-a"), ("b.example.org", "sni-b"), ("C.example.org.", "sni-c"),
         ("*.example.org", "sni-wild"))


def run(*command, data=""):
    return subprocess.run([str(part) for part in command], input=data, capture_output=True,
                          text=True, timeout=DEADLINE, check=False)


def echo_with_names(*more):
    given = []
    for host, name in TABLE:
        given += ("--sni", f"{host}={pki(name)}.pem,{pki(name)}.key")
    return echo(*given, *more)


def openssl(server, version, *options, name=None, data=""):
    return run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
               "-tls" + version.replace(".", "_"),
               "-CAfile", pki("ca.pem"), "-no-CApath",
               *(("-servername", name) if name else ("-noservername",)), *options, data=data)


class Openssl(unittest.TestCase):
    def test_s23_each_name_has_its_certificate(self):
        with echo_with_names() as server:
            for version in VERSIONS:
                for name, cert, signature in NAMES:
                    with self.subTest(version=version, name=name):
                        done = openssl(server, version, "-verify_return_error",
                                       "-verify_hostname", name, name=name)
                        self.assertEqual(done.returncode, 0, done.stderr)
                        self.assertIn("Verify return code: 0 (ok)", done.stdout)
                        self.assertIn(f"\nsubject=CN = {cert}\n", done.stdout)
                        self.assertRegex(done.stdout, f"Peer signature type: {signature}\n")

    def test_s23_the_main_certificate_is_for_the_rest(self):
        with echo_with_names() as server:
            for version in VERSIONS:
                for name in (*OTHERS, None):
                    with self.subTest(version=version, name=name):
                        done = openssl(server, version, name=name)
                        self.assertEqual(done.returncode, 0, done.stderr)
                        self.assertIn("\nsubject=CN = server\n", done.stdout)

    def test_s23_a_client_without_the_names_kind_of_key(self):
        with echo_with_names() as server:
            for name, cipher in (("a.example.org", "aRSA"), ("b.example.org", "aECDSA")):
                done = openssl(server, "1.2", "-cipher", cipher, name=name)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("alert handshake failure", done.stderr)

    def test_tickets_go_by_name(self):
        request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        names = ("a.example.org", "b.example.org", "d.example.org", None, "a.example.org")
        with echo_with_names() as server, tempfile.TemporaryDirectory() as folder:
            saved = os.path.join(folder, "session.pem")
            for version in VERSIONS:
                given = ()
                for name in names:
                    with self.subTest(version=version, name=name):
                        for expected in ("New", "Reused"):
                            done = openssl(server, version, "-ign_eof", "-sess_out", saved,
                                           *given, name=name, data=request)
                            self.assertEqual(done.returncode, 0, done.stderr)
                            self.assertIn("HTTP/1.1 200 OK", done.stdout)
                            told = re.search("^(New|Reused), TLSv1", done.stdout, re.MULTILINE)
                            self.assertEqual(told[1], expected)
                            given = ("-sess_in", saved)


class Others(unittest.TestCase):
    def test_s23_curl(self):
        with echo_with_names() as server:
            for version in VERSIONS:
                for name, _, _ in NAMES:
                    with self.subTest(version=version, name=name):
                        done = run("curl", "--silent", "--show-error", "--cacert", pki("ca.pem"),
                                   f"--tlsv{version}", "--tls-max", version,
                                   "--resolve", f"{name}:{server.port}:127.0.0.1",
                                   f"https://{name}:{server.port}/health")
                        self.assertEqual((done.returncode, done.stdout), (0, "ok"), done.stderr)
            done = run("curl", "--silent", "--show-error", "--cacert", pki("ca.pem"),
                       "--resolve", f"example.com:{server.port}:127.0.0.1",
                       f"https://example.com:{server.port}/health")
            self.assertEqual(done.returncode, 60, "the certificate is not for this name")

    def test_s23_a_websocket_of_pythons(self):
        with echo_with_names() as server:
            for version in VERSIONS:
                for name, _, _ in NAMES:
                    with self.subTest(version=version, name=name):
                        self.talk(server, name, client_context(version))

    def talk(self, server, name, context):
        address = ("127.0.0.1", server.port)
        with context.wrap_socket(socket.create_connection(address, DEADLINE),
                                 server_hostname=name) as client:
            client.sendall(handshake_request())
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += client.recv(1)
            self.assertTrue(answer.startswith(b"HTTP/1.1 101 "), answer)
            client.sendall(pack_frame(TEXT, name.encode()))
            expected = bytes((0x81, len(name))) + name.encode()
            got = b""
            while len(got) < len(expected):
                got += client.recv(1)
            self.assertEqual(got, expected)


class Refusals(unittest.TestCase):
    def refuse(self, sentence, *sni):
        given = [part for value in sni for part in ("--sni", value)]
        done = run(setting("WSS_ECHO"), "--port", 0, "--cert", pki("combined.pem"), *given)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, f"echo: {sentence}\n")

    def test_errors_name_the_entry(self):
        a = f"a.example.org={pki('sni-a.pem')},{pki('sni-a.key')}"
        self.refuse("SNI_server_certs[1] (b.example.org): local_pk /none: No such file or "
                    "directory", a, f"b.example.org={pki('sni-b.pem')},/none")
        self.refuse("SNI_server_certs[1] (a.example.org): SNI_server_certs[0] has the same host",
                    a, a)

    def test_a_certificate_for_another_name_is_a_warning(self):
        with echo("--sni", f"b.example.org={pki('sni-a.pem')},{pki('sni-a.key')}") as server:
            server.err.wait(r"SNI_server_certs\[0\] \(b.example.org\): the certificate is not for "
                            "this name")
            done = openssl(server, "1.3", name="b.example.org")
            self.assertIn("\nsubject=CN = sni-a\n", done.stdout)


class KeyLog(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.ours = os.path.join(folder, "server.keys")
        self.theirs = os.path.join(folder, "client.keys")

    @staticmethod
    def lines(path):
        """Without comments, and what only one of the two can write: Mbed TLS does
        not tell the exporter's secret."""
        with open(path, encoding="ascii") as file:
            return [line for line in file.read().splitlines()
                    if not line.startswith(("#", "EXPORTER_SECRET "))]

    def test_the_lines_are_those_of_openssl(self):
        request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        saved = self.theirs + ".session"
        with echo("--keylog", self.ours) as server:
            server.err.wait("keylog_file .*: the secrets of all connections are written there")
            for version, labels in (("1.2", 1), ("1.3", 4)):
                for given in ((), ("-sess_in", saved)):
                    with self.subTest(version=version, given=given):
                        before = len(self.lines(self.ours))
                        open(self.theirs, "w", encoding="ascii").close()
                        done = openssl(server, version, "-ign_eof", "-keylogfile", self.theirs,
                                       "-sess_out", saved, *given, data=request)
                        self.assertEqual(done.returncode, 0, done.stderr)
                        self.assertIn("\nReused, " if given else "\nNew, ", done.stdout)
                        self.assertIn("HTTP/1.1 200 OK", done.stdout)
                        written = self.lines(self.ours)[before:]
                        self.assertEqual(sorted(written), sorted(self.lines(self.theirs)))
                        self.assertEqual(len(written), labels)
        self.assertEqual(stat.S_IMODE(os.stat(self.ours).st_mode), 0o600)

    def test_it_is_appended_to(self):
        with open(self.ours, "w", encoding="ascii") as file:
            file.write("# before\n")
        os.chmod(self.ours, 0o600)
        with echo("--keylog", self.ours) as server:
            self.assertEqual(openssl(server, "1.2").returncode, 0)
        with open(self.ours, encoding="ascii") as file:
            self.assertRegex(file.read(), r"\A# before\nCLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n\Z")

    def test_not_where_others_can_read(self):
        open(self.ours, "w", encoding="ascii").close()
        os.chmod(self.ours, 0o640)
        done = run(setting("WSS_ECHO"), "--port", 0, "--cert", pki("combined.pem"),
                   "--keylog", self.ours)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^echo: keylog_file .*: others may open it and read the "
                         "secrets: set its mode to 0600\n$")

    def test_not_by_the_environment(self):
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki("combined.pem"),
                    env={"SSLKEYLOGFILE": self.ours}) as server:
            self.assertEqual(openssl(server, "1.3").returncode, 0)
        self.assertFalse(os.path.exists(self.ours))


if __name__ == "__main__":
    unittest.main()
