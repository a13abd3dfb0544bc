"""Client certificates (verify_peer), with clients of other makers: the openssl,
curl and gnutls-cli commands, Python's ssl and node. Promises S4 and S5."""

import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import unittest

from programs import Probe
from wire import (DEADLINE, TEXT, Server, client_context, echo, handshake_request, pack_frame,
                  pki, setting)

VERSIONS = ("1.2", "1.3")

# Client, the alert's name in OpenSSL's words, and what the server says. The
# names that differ between the versions are pairs.
REFUSED = (
    (None, ("handshake failure", "certificate required"), "the client has sent no certificate"),
    ("peer-expired", "certificate expired", r"it has expired \(CN=peer-expired\)"),
    ("peer-future", "certificate expired", "it is not yet valid"),
    ("peer-other", "unknown ca", "it is not of a CA that is trusted here"),
    ("peer-leaf", "unknown ca", "it is not of a CA that is trusted here"),
    ("peer-self", "unknown ca", "it is self-signed, and allow_self_signed is false"),
    ("peer-server", "unsupported certificate", "it is not one for TLS clients"),
    ("peer-sha1", "unsupported certificate", "it is signed with a hash that is too weak"),
    ("peer-rsa1024", "unsupported certificate", "it has a key that is too weak"),
    ("peer-nul-san", "bad certificate", "a name with a control byte"),
    ("peer-deep", "unknown ca", "more than eight CAs"),
)

REQUEST = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def run(*command, data=""):
    return subprocess.run([str(part) for part in command], input=data, capture_output=True,
                          text=True, errors="backslashreplace", timeout=DEADLINE, check=False)


def verifying(*options):
    return echo("--verify-peer", "--ca", pki("peer-ca.pem"), *options)


def probe(*options):
    return Probe("--verify-peer", *options)


def files(name):
    return pki(f"{name}.pem"), pki(f"{name}.key")


def s_client(server, version, name, *options):
    """Gets /health; with a certificate and all that is in its file, if name is one.
    Level 0: whatever it is, OpenSSL shall send it."""
    own = ()
    if name is not None:
        cert, key = files(name)
        own = ("-cert", cert, "-key", key, "-cert_chain", cert)
    return run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
               "-tls" + version.replace(".", "_"), "-servername", "localhost",
               "-CAfile", pki("ca.pem"), "-no-CApath", "-verify_return_error", "-ign_eof",
               "-cipher", "DEFAULT@SECLEVEL=0", *own, *options, data=REQUEST)


def needs(name):
    return unittest.skipIf(shutil.which(name) is None, f"{name} is not installed")


class Openssl(unittest.TestCase):
    def gets_in(self, server, version, name):
        done = s_client(server, version, name)
        self.assertIn("HTTP/1.1 200 OK", done.stdout, f"{version} {name}: {done.stderr}")
        return done.stdout

    def gets_alert(self, server, version, name, alert):
        done = s_client(server, version, name)
        self.assertNotIn("HTTP/1.1", done.stdout)
        self.assertIn(f"alert {alert}", done.stderr, f"{version} {name}")

    def test_s05_of_cafile(self):
        """And of all kinds of key; with its intermediate."""
        with verifying() as server:
            for version in VERSIONS:
                for name in ("peer-good", "peer-p384", "peer-rsa", "peer-chain", "peer-three"):
                    told = self.gets_in(server, version, name)
                    self.assertNotIn("Post-Handshake New Session Ticket", told)
                    self.assertNotIn("TLS session ticket:", told)
            self.assertEqual(server.err.lines, [])

    def test_s05_refused(self):
        with verifying() as server:
            for at, version in enumerate(VERSIONS):
                for name, alert, why in REFUSED:
                    with self.subTest(version=version, name=name):
                        seen = len(server.err.lines)
                        self.gets_alert(server, version, name,
                                        alert if isinstance(alert, str) else alert[at])
                        server.err.wait(why, since=seen)
            self.gets_in(server, "1.3", "peer-good")

    def test_s05_self_signed_only_with_allow_self_signed(self):
        with verifying("--allow-self-signed") as server:
            for version in VERSIONS:
                self.gets_in(server, version, "peer-self")
                self.gets_in(server, version, "peer-good")
                self.gets_alert(server, version, "peer-other", "unknown ca")
                self.gets_alert(server, version, "selfsigned", "unsupported certificate")
        with echo("--verify-peer", "--allow-self-signed") as server:
            for version in VERSIONS:
                self.gets_in(server, version, "peer-self")
                self.gets_alert(server, version, "peer-good", "unknown ca")

    def test_keys_that_are_not_known(self):
        """OpenSSL sends no such certificate where it was not asked for one."""
        with verifying() as server:
            for version in VERSIONS:
                for name in ("peer-ed25519", "peer-ed-signed", "peer-p521"):
                    with self.subTest(version=version, name=name):
                        done = s_client(server, version, name)
                        self.assertNotIn("HTTP/1.1", done.stdout)
                        self.assertRegex(done.stderr, "alert (unsupported certificate|certificate "
                                                      "required|handshake failure)")

    def test_fingerprints_and_lists(self):
        with open(pki("peer-good.pem"), encoding="ascii") as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        pin = hashlib.sha256(der).hexdigest()
        colons = ":".join(re.findall("..", pin.upper()))
        wrong = f"{int(pin, 16) ^ 1:064x}"
        with probe("--fingerprint", wrong, "--fingerprint", colons, "--http") as server:
            for version in VERSIONS:
                self.assertIn("HTTP/1.1 404", s_client(server, version, "peer-good").stdout)
                self.gets_alert(server, version, "peer-rsa", "access denied")
        with probe("--fingerprint", wrong) as server:
            for version in VERSIONS:
                self.gets_alert(server, version, "peer-good", "access denied")
                error = server.event("error", error="WSS_ERR_PEER_CERT")
                self.assertEqual((error["tls_alert"], error["tls_alert_name"]),
                                 (49, "access_denied"))
                self.assertIn("it is none of peer_fingerprint", error["message"])
        with probe("--ca", pki("peer-ca.pem"), "--crl", pki("peer-crl.pem"), "--http") as server:
            for version in VERSIONS:
                self.gets_alert(server, version, "peer-revoked", "certificate revoked")
                self.assertIn("HTTP/1.1 404", s_client(server, version, "peer-good").stdout)
        with probe("--ca", pki("peer-ca.pem"), "--crl", pki("old-crl.pem")) as server:
            self.assertIn("expired on", server.event("error", error="WSS_ERR_CRL")["message"])
            self.gets_alert(server, "1.3", "peer-good", "certificate unknown")

    def test_which_authorities_are_asked_for(self):
        """TLS 1.2 names them; Mbed TLS's TLS 1.3 does not."""
        with verifying() as server:
            told = s_client(server, "1.2", "peer-good").stdout
            self.assertIn("Acceptable client certificate CA names\nCN = libwss test peer-ca\n",
                          told)
            told = s_client(server, "1.3", "peer-good").stdout
            self.assertIn("No client certificate CA names sent", told)

    def test_a_session_of_an_open_listener(self):
        """It is of no use: a certificate is asked for all the same."""
        with echo() as opened, verifying() as server:
            saved = os.path.join(os.path.dirname(setting("WSS_PKI")), "verify-session.pem")
            for version in VERSIONS:
                s_client(opened, version, None, "-sess_out", saved)
                done = s_client(server, version, None, "-sess_in", saved)
                self.assertNotIn("HTTP/1.1", done.stdout)
                self.assertRegex(done.stderr, "alert (certificate required|handshake failure)")
            os.unlink(saved)


class SelfSigned(unittest.TestCase):
    """S4: the manual's listing, verify_peer = false and allow_self_signed = true,
    with a self-signed certificate of the server's own."""

    def test_s04_it_starts_and_serves(self):
        cert, key = files("selfsigned")
        with Server(setting("WSS_ECHO"), "--port", 0, "--cert", cert, "--key", key,
                    "--allow-self-signed") as server:
            self.assertEqual(server.err.lines, [])
            for version in VERSIONS:
                trusting = ("curl", "-q", "--silent", "--show-error", "--noproxy", "*",
                            f"--tlsv{version}", "--tls-max", version, "--cacert", cert)
                url = f"https://localhost:{server.port}/health"
                self.assertEqual(run(*trusting, url).stdout, "ok")
                skipping = run("curl", "-q", "--silent", "--insecure", "--noproxy", "*", url)
                self.assertEqual(skipping.stdout, "ok")
                # Nobody is asked for a certificate.
                done = s_client(server, version, "peer-good", "-CAfile", cert)
                self.assertNotIn("Acceptable client certificate CA names", done.stdout)


class Others(unittest.TestCase):
    def test_s05_curl(self):
        with verifying() as server:
            for version in VERSIONS:
                command = ("curl", "-q", "--silent", "--show-error", "--noproxy", "*",
                           "--cacert", pki("ca.pem"), f"--tlsv{version}", "--tls-max", version,
                           f"https://localhost:{server.port}/health")
                for name in ("peer-good", "peer-rsa"):
                    cert, key = files(name)
                    done = run(*command, "--cert", cert, "--key", key)
                    self.assertEqual((done.returncode, done.stdout), (0, "ok"), done.stderr)
                self.assertNotEqual(run(*command).returncode, 0)

    @needs("gnutls-cli")
    def test_s05_gnutls(self):
        with verifying() as server:
            for version in VERSIONS:
                for name in ("peer-good", "peer-rsa", "peer-chain"):
                    cert, key = files(name)
                    done = run("gnutls-cli", "--x509cafile", pki("ca.pem"), "--port", server.port,
                               "--x509certfile", cert, "--x509keyfile", key,
                               "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}", "localhost",
                               data=REQUEST)
                    self.assertIn("HTTP/1.1 200 OK", done.stdout, done.stderr)

    def test_s05_node(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_ws.js")
        with verifying() as server:
            command = ("node", script, "snippet", server.url, pki("ca.pem"))
            done = run(*command, *files("peer-good"))
            self.assertEqual(done.stderr, "")
            self.assertIn("Received from the server: tom\n", done.stdout)
            done = run(*command)
            self.assertNotIn("Received", done.stdout)
            server.err.wait("the client has sent no certificate")


class Identity(unittest.TestCase):
    """What the program is told, with Python's client."""

    def info(self, server, version, name):
        context = client_context(version)
        if name is not None:
            context.load_cert_chain(*files(name))
        address = ("127.0.0.1", server.port)
        with context.wrap_socket(socket.create_connection(address, DEADLINE),
                                 server_hostname="localhost") as client:
            client.sendall(handshake_request())
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += client.recv(1)
            client.sendall(pack_frame(TEXT, b"info"))
            return server.event("request"), server.event("info")

    def test_all_of_it(self):
        with probe("--ca", pki("peer-ca.pem")) as server:
            for version in VERSIONS:
                asked, info = self.info(server, version, "peer-names")
                with open(pki("peer-names.pem"), encoding="ascii") as file:
                    der = ssl.PEM_cert_to_DER_cert(file.read())
                self.assertEqual(asked["peer"], "C=DE, O=Example\\, Inc., CN=alice")
                self.assertEqual(info["subject"], asked["peer"])
                self.assertEqual(info["issuer"], "CN=libwss test peer-ca")
                self.assertEqual(info["der"].encode("latin-1"), der)
                self.assertEqual(info["fingerprint"], hashlib.sha256(der).hexdigest())
                self.assertEqual(info["names"], [
                    ["DNS", "alice.example.org"], ["DNS", "*.clients.example.org"],
                    ["email", "alice@example.org"], ["URI", "spiffe://example.org/alice"],
                    ["IP", "192.0.2.7"], ["IP", "2001:db8::7"]])
                told = run("openssl", "x509", "-in", pki("peer-names.pem"), "-noout", "-serial",
                           "-startdate", "-enddate").stdout
                self.assertIn(f"serial={info['serial']}\n", told)
                for name, value in (("notBefore", "valid_from"), ("notAfter", "valid_to")):
                    date = re.search(f"{name}=(.*)", told)[1]
                    self.assertEqual(ssl.cert_time_to_seconds(date), info[value])

    def test_nobody_is_asked(self):
        with Probe() as server:
            for version in VERSIONS:
                asked, info = self.info(server, version, "peer-names")
                self.assertNotIn("peer", asked)
                self.assertNotIn("subject", info)


class Refusals(unittest.TestCase):
    def refuses(self, sentence, *options):
        cert, key = files("server")
        done = run(setting("WSS_ECHO"), "--port", 0, "--cert", cert, "--key", key, *options)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, sentence)

    def test_set_ups_that_are_refused(self):
        self.refuses("there is nothing to verify client certificates against", "--verify-peer")
        self.refuses("cafile is set, but verify_peer is false", "--ca", pki("ca.pem"))
        self.refuses("cafile /nonexistent: No such file", "--verify-peer", "--ca", "/nonexistent")
        self.refuses("garbage.pem: holds no certificate in PEM", "--verify-peer", "--ca",
                     pki("garbage.pem"))


if __name__ == "__main__":
    unittest.main()
