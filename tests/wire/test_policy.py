"""The options of the TLS policy, as clients of other makers see them: the openssl,
curl and gnutls-cli commands and Python's ssl."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import unittest

from programs import Probe
from wire import DEADLINE, Server, client_context, echo, handshake_request, pki, setting

# A leaf and an intermediate each, and the root that alone is trusted.
CHAINS = {"ECDSA": ("chain", "ca"), "RSA": ("rsa-chain", "rsa-root")}

TLS_1_2 = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
TLS_1_3 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")

REFUSED = "alert handshake failure"


def serve(cert, *options):
    """The echo example with a certificate of tests/pki.sh."""
    return Server(setting("WSS_ECHO"), "--port", 0, "--cert", pki(f"{cert}.pem"),
                  "--key", pki(f"{cert}.key"), *options)


def run(*command, data=""):
    return subprocess.run([str(part) for part in command], input=data, capture_output=True,
                          text=True, timeout=DEADLINE, check=False)


def s_client(server, *options, root="ca"):
    """Verifies with the root alone, no matter what the system trusts."""
    return run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
               "-servername", "localhost", "-CAfile", pki(f"{root}.pem"), "-no-CApath",
               "-no-CAstore", "-verify_return_error", "-verify_hostname", "localhost", *options)


class Base(unittest.TestCase):
    def connects(self, server, *options, root="ca"):
        """What s_client says."""
        done = s_client(server, *options, root=root)
        self.assertEqual(done.returncode, 0, f"{options}: {done.stderr}")
        self.assertIn("Verify return code: 0 (ok)", done.stdout)
        return done.stdout

    def refused(self, server, *options, alert=REFUSED, root="ca"):
        done = s_client(server, *options, root=root)
        self.assertNotEqual(done.returncode, 0, f"{options}: {done.stdout}")
        self.assertIn(alert, done.stderr, options)

    def cipher(self, server, *options, root="ca"):
        return re.search(r"Cipher is (\S+)", self.connects(server, *options, root=root))[1]

    def group(self, server, *options, root="ca"):
        told = self.connects(server, *options, root=root)
        return re.search(r"Temp Key: (?:ECDH, )?(\w+)", told)[1]

    def does_not_start(self, code, cert, *options):
        """wss_listen refuses; the sentence has to match code, an expression."""
        done = run(setting("WSS_ECHO"), "--port", 0, "--cert", pki(f"{cert}.pem"),
                   "--key", pki(f"{cert}.key"), *options)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, code)


def needs(name):
    return unittest.skipIf(shutil.which(name) is None, f"{name} is not installed")


class WeChatAndAndroid(Base):
    """S17 and S18: TLS 1.2 with each of the six ECDHE suites and both kinds of
    certificate, and TLS 1.3. The server sends leaf and intermediate, and each
    client verifies with the root alone."""

    def each_suite(self):
        for kind, (cert, root) in CHAINS.items():
            with serve(cert) as server:
                for suite in TLS_1_2:
                    with self.subTest(kind=kind, suite=suite):
                        yield server, root, kind, suite

    def test_s17_s18_openssl(self):
        for server, root, kind, suite in self.each_suite():
            name = f"ECDHE-{kind}-{suite}"
            told = self.connects(server, "-tls1_2", "-cipher", name, "-showcerts", root=root)
            self.assertIn(f"New, TLSv1.2, Cipher is {name}", told)
            self.sent_in_order(told, CHAINS[kind][0])
            # Another's kind of key is of no use.
            other = "RSA" if kind == "ECDSA" else "ECDSA"
            self.refused(server, "-tls1_2", "-cipher", f"ECDHE-{other}-{suite}", root=root)

    def test_s17_s18_openssl_tls_1_3(self):
        for kind, (cert, root) in CHAINS.items():
            with serve(cert) as server:
                for suite in TLS_1_3:
                    with self.subTest(kind=kind, suite=suite):
                        told = self.connects(server, "-tls1_3", "-ciphersuites", suite,
                                             "-showcerts", root=root)
                        self.assertIn(f"New, TLSv1.3, Cipher is {suite}", told)
                        self.sent_in_order(told, cert)

    def sent_in_order(self, told, cert):
        sent = re.findall("-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", told,
                          re.DOTALL)
        with open(pki(f"{cert}.pem"), encoding="ascii") as file:
            self.assertEqual("".join(sent), file.read(), "leaf, then intermediate")
        self.assertEqual(len(sent), 2)

    def test_s17_s18_curl(self):
        for server, root, kind, suite in self.each_suite():
            name = f"ECDHE-{kind}-{suite}"
            done = run("curl", "-q", "--silent", "--show-error", "--verbose", "--noproxy", "*",
                       "--cacert", pki(f"{root}.pem"), "--tlsv1.2", "--tls-max", "1.2",
                       "--ciphers", name, "--max-time", DEADLINE,
                       f"https://localhost:{server.port}/health")
            self.assertEqual((done.returncode, done.stdout), (0, "ok"), done.stderr)
            self.assertRegex(done.stderr, f"TLSv1.2 / {name}")

    def test_s17_s18_python(self):
        for server, root, kind, suite in self.each_suite():
            name = f"ECDHE-{kind}-{suite}"
            context = client_context("1.2", f"{root}.pem")
            context.set_ciphers(name)
            with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as tcp, \
                    context.wrap_socket(tcp, server_hostname="localhost") as client:
                self.assertEqual(client.cipher()[:2], (name, "TLSv1.2"))
                client.sendall(handshake_request())
                self.assertRegex(client.recv(4096), b"^HTTP/1.1 101 ")

    @needs("gnutls-cli")
    def test_s17_s18_gnutls(self):
        for server, root, kind, suite in self.each_suite():
            cipher = {"AES128-GCM-SHA256": "AES-128-GCM", "AES256-GCM-SHA384": "AES-256-GCM",
                      "CHACHA20-POLY1305": "CHACHA20-POLY1305"}[suite]
            told = self.gnutls(server, root, f"+VERS-TLS1.2:+ECDHE-{kind}:+{cipher}")
            self.assertRegex(told, rf"Description: \(TLS1.2-X.509\)-.*\({kind}.*-\({cipher}\)")

    @needs("gnutls-cli")
    def test_s17_s18_gnutls_tls_1_3(self):
        for kind, (cert, root) in CHAINS.items():
            with serve(cert) as server:
                for cipher in ("AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"):
                    with self.subTest(kind=kind, cipher=cipher):
                        told = self.gnutls(server, root, f"+VERS-TLS1.3:+{cipher}")
                        self.assertRegex(told, rf"\(TLS1.3-X.509\)-.*\({kind}.*-\({cipher}\)")

    def gnutls(self, server, root, priority):
        done = run("gnutls-cli", "--x509cafile", pki(f"{root}.pem"), "--port", server.port,
                   "--sni-hostname", "localhost", "--verify-hostname", "localhost",
                   "--priority", f"NONE:{priority}:+AEAD:+COMP-NULL:+SIGN-ALL:+CTYPE-ALL"
                   ":+GROUP-X25519:+GROUP-SECP256R1", "127.0.0.1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Status: The certificate is trusted", done.stdout)
        return done.stdout

    def test_s17_old_versions_are_refused(self):
        for cert, root in CHAINS.values():
            with serve(cert) as server:
                for option in ("-tls1", "-tls1_1"):
                    with self.subTest(cert=cert, option=option):
                        self.refused(server, option, "-cipher", "ALL:@SECLEVEL=0", root=root,
                                     alert="alert protocol version")

    def test_s17_the_curves_that_clients_offer(self):
        """Android and iOS offer x25519, P-256, P-384; older ones not the first."""
        for cert, root in CHAINS.values():
            with serve(cert) as server:
                for option in ("-tls1_2", "-tls1_3"):
                    for groups, chosen in (("X25519:P-256:P-384", "X25519"),
                                           ("P-256:P-384", "prime256v1"),
                                           ("P-384:P-256", "prime256v1"),
                                           ("P-521:P-384:P-256", "prime256v1")):
                        with self.subTest(cert=cert, option=option, groups=groups):
                            self.assertEqual(
                                self.group(server, option, "-groups", groups, root=root), chosen)


class Snapshot(Base):
    """The texts that tests/unit/tls/test_policy.c compares byte for byte, seen
    from outside: what is in them is had, in their order where the server's
    decides, and nothing else."""

    GROUPS = {"x25519": "X25519", "P-256": "prime256v1", "P-384": "secp384r1",
              "P-521": "secp521r1", "x448": "X448"}
    OTHER_SUITES = ("TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256")

    def setUp(self):
        self.text = {}

    def load(self, name):
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit", "tls",
                            f"policy-{name}.txt")
        with open(path, encoding="ascii") as file:
            for line in file:
                word, *rest = line.split()
                self.text.setdefault(word, []).append(rest)
        self.versions = {"0x0303": "-tls1_2", "0x0304": "-tls1_3"}
        low, _, high = self.text["versions"][0]
        self.has = [option for number, option in self.versions.items() if low <= number <= high]
        self.names = [name for _, name in self.text["suite"]]
        self.groups = [self.GROUPS[name] for _, name in self.text["group"]]

    def check(self, server, kind, root="ca"):
        self.check_versions(server, root)
        self.check_suites_of_tls_1_3(server, root)
        if "-tls1_2" in self.has:
            self.check_order(server, kind, root)
        self.check_groups(server, root)
        self.check_signatures(server, kind, root)

    def check_versions(self, server, root):
        for option in self.versions.values():
            if option in self.has:
                self.connects(server, option, root=root)
            else:
                self.refused(server, option, root=root, alert="alert protocol version")

    def check_suites_of_tls_1_3(self, server, root):
        for name in TLS_1_3 + self.OTHER_SUITES:
            how = ("-tls1_3", "-ciphersuites", name)
            if name in self.names:
                self.assertEqual(self.cipher(server, *how, root=root), name)
            else:
                self.refused(server, *how, root=root)

    def check_order(self, server, kind, root):
        """Offers all, without those that were chosen, until none is left. s_client
        prefers the last one."""
        ours = [f"ECDHE-{key}-{suite}" for key in CHAINS for suite in TLS_1_2]
        others = run("openssl", "ciphers", "-tls1_2", "ALL:@SECLEVEL=0").stdout.strip().split(":")
        offer = ours[::-1] + [name for name in others if name not in ours and "_" not in name]
        chosen = []
        while len(chosen) <= len(ours):
            left = [name for name in offer if name not in chosen]
            done = s_client(server, "-tls1_2", "-cipher", ":".join(left) + ":@SECLEVEL=0",
                            root=root)
            if done.returncode != 0:
                self.assertIn(REFUSED, done.stderr)
                break
            chosen.append(re.search(r"Cipher is (\S+)", done.stdout)[1])
        self.assertEqual([name.replace("_WITH_", "-").replace("TLS_", "").replace("_", "-")
                          .replace("AES-1", "AES1").replace("AES-2", "AES2")
                          .replace("POLY1305-SHA256", "POLY1305")
                          for name in self.names if f"_{kind}_" in name], chosen)

    def check_groups(self, server, root):
        for group in self.GROUPS.values():
            how = ("-tls1_3", "-groups", group)
            if group in self.groups:
                self.assertEqual(self.group(server, *how, root=root), group)
            else:
                self.refused(server, *how, root=root)

    def check_signatures(self, server, kind, root):
        """In TLS 1.3 a scheme is for one kind of key, and for ECDSA one curve."""
        names = {"ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "rsa_pss_rsae_sha256",
                 "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"}
        told = {name for _, name in self.text["signature"]}
        self.assertLessEqual({name for name in told if "pkcs1" not in name}, names)
        fit = {"RSA": "rsa_pss", "P-256": "ecdsa_secp256r1", "P-384": "ecdsa_secp384r1"}[
            {"RSA": "RSA", "ECDSA": "P-256"}.get(kind, kind)]
        for name in sorted(names):
            # The chain was signed with something else.
            how = ("-tls1_3", "-sigalgs", f"{name}:rsa_pkcs1_sha256")
            if name in told and name.startswith(fit):
                done = s_client(server, *how, root=root)
                self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")
                self.assertIn(f"Peer signing digest: {name[-6:].upper()}", done.stdout)
            else:
                self.refused(server, *how, root=root)

    def test_intermediate(self):
        self.load("intermediate")
        for kind, (cert, root) in CHAINS.items():
            with self.subTest(kind=kind), serve(cert) as server:
                self.check(server, kind, root)

    def test_intermediate_by_its_name(self):
        self.load("intermediate")
        with serve("chain", "--ciphers", "intermediate", "--ciphersuites", "DEFAULT") as server:
            self.check(server, "ECDSA")

    def test_modern(self):
        self.load("modern")
        for kind, (cert, root) in CHAINS.items():
            with self.subTest(kind=kind), serve(cert, "--ciphers", "modern") as server:
                self.check(server, kind, root)

    def test_level_4(self):
        self.load("level-4")
        with Probe("--security-level", "4", cert="p384") as server:
            self.check_versions(server, "ca")
            self.check_suites_of_tls_1_3(server, "ca")
            self.check_order(server, "ECDSA", "ca")
            self.check_groups(server, "ca")
            self.check_signatures(server, "P-384", "ca")

    def test_the_order_of_groups_in_tls_1_2(self):
        """The server's; in TLS 1.3 it is the client's."""
        every = list(self.GROUPS.values())
        for curves, order in (("", ["X25519", "prime256v1"]),
                              ("P-384:x448:P-521:P-256:x25519",
                               ["secp384r1", "X448", "secp521r1", "prime256v1", "X25519"])):
            with serve("rsa2048", *(("--curves", curves) if curves else ())) as server:
                left = every[::-1]
                for group in order:
                    self.assertEqual(
                        self.group(server, "-tls1_2", "-groups", ":".join(left)), group)
                    left.remove(group)
                if left:
                    self.refused(server, "-tls1_2", "-groups", ":".join(left))
                for group in order:
                    first = [group, *(other for other in order if other != group)]
                    self.assertEqual(
                        self.group(server, "-tls1_3", "-groups", ":".join(first)), group)


class Options(Base):
    """Each option has its effect."""

    def test_ciphers(self):
        with serve("server", "--ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305:"
                   "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384") as server:
            self.assertEqual(self.cipher(server, "-tls1_2", "-cipher", "ECDHE+AESGCM:ECDHE"),
                             "ECDHE-ECDSA-CHACHA20-POLY1305")
            self.assertEqual(self.cipher(server, "-tls1_2", "-cipher", "ECDHE+AESGCM"),
                             "ECDHE-ECDSA-AES256-GCM-SHA384")
            self.refused(server, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")
            self.assertEqual(self.cipher(server, "-tls1_3", "-ciphersuites", TLS_1_3[0]),
                             TLS_1_3[0])

    def test_ciphersuites(self):
        with serve("server", "--ciphersuites", "TLS_CHACHA20_POLY1305_SHA256") as server:
            self.assertEqual(self.cipher(server, "-tls1_3"), TLS_1_3[2])
            self.refused(server, "-tls1_3", "-ciphersuites", ":".join(TLS_1_3[:2]))
            self.connects(server, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")

    def test_the_client_decides_among_those_of_tls_1_3(self):
        with serve("server", "--ciphersuites", ":".join(TLS_1_3)) as server:
            for suite in TLS_1_3:
                offer = ":".join([suite, *(name for name in TLS_1_3 if name != suite)])
                self.assertEqual(self.cipher(server, "-tls1_3", "-ciphersuites", offer), suite)

    def test_curves(self):
        with serve("server", "--curves", "P-384") as server:
            for option in ("-tls1_2", "-tls1_3"):
                # In TLS 1.3 the first offer has no share for it: HelloRetryRequest.
                self.assertEqual(self.group(server, option, "-groups", "X25519:P-256:P-384"),
                                 "secp384r1")
                self.refused(server, option, "-groups", "X25519:P-256")

    def test_versions(self):
        with serve("server", "--min-tls", "1.3") as server:
            self.connects(server, "-tls1_3")
            self.refused(server, "-tls1_2", alert="alert protocol version")
        with serve("server", "--max-tls", "1.2") as server:
            self.connects(server, "-tls1_2")
            # As RFC 5246 has it, which knows no supported_versions: no suite fits.
            self.refused(server, "-tls1_3")
            self.assertIn("New, TLSv1.2", self.connects(server))

    def test_a_minimum_that_is_too_old_is_raised(self):
        with serve("server", "--min-tls", "1.0") as server:
            server.err.wait("min_proto_version is 0x0301: libwss does not speak TLS 1.0")
            self.connects(server, "-tls1_2")
            self.refused(server, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0",
                         alert="alert protocol version")

    def test_the_order_of_suites(self):
        mine = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"
        with Probe() as server:
            self.assertEqual(self.cipher(server, "-tls1_2", "-cipher", mine),
                             "ECDHE-ECDSA-AES128-GCM-SHA256")
        with Probe("--client-order") as server:
            self.assertEqual(self.cipher(server, "-tls1_2", "-cipher", mine),
                             "ECDHE-ECDSA-CHACHA20-POLY1305")

    def test_security_level(self):
        with Probe("--security-level", "3") as server:
            self.connects(server)
        done = run(setting("WSS_PROBE"), "--cert", pki("rsa2048.pem"), "--key",
                   pki("rsa2048.key"), "--security-level", "3")
        self.assertEqual(done.returncode, 1)
        self.assertIn("security_level 3 wants a key that is EC, or RSA of 3072 bits", done.stderr)

    def test_what_cannot_be_is_refused(self):
        for code, *options in (
                ("ciphers: \"AES128-SHA\" is no cipher suite", "--ciphers", "AES128-SHA"),
                ("ciphers: \"ECDHE\\+AESGCM\" is of OpenSSL's", "--ciphers", "ECDHE+AESGCM"),
                ("it belongs to ciphersuites", "--ciphers", "DEFAULT:TLS_AES_128_GCM_SHA256"),
                ("ciphers: no suite is left .* EC on secp256r1",
                 "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"),
                ("ciphersuites: \"x\"", "--ciphersuites", "x"),
                ("curves: \"X25519MLKEM768\"", "--curves", "X25519MLKEM768"),
                ("max_proto_version is 0x0302", "--max-tls", "1.1"),
                ("no version is left", "--min-tls", "1.3", "--max-tls", "1.2"),
                ("ciphers \"modern\" is TLS 1.3", "--ciphers", "modern", "--max-tls", "1.2")):
            with self.subTest(options=options):
                self.does_not_start(code, "server", *options)

    def test_curl_and_python(self):
        """Nothing has to be said to them that they do not do by themselves."""
        url = "https://localhost:{}/health"
        with serve("server", "--ciphers", "modern", "--curves", "P-256") as server:
            for flags, code in ((("--tlsv1.3",), 0), (("--tls-max", "1.2"), 35)):
                done = run("curl", "-q", "--silent", "--noproxy", "*", "--cacert", pki("ca.pem"),
                           "--max-time", DEADLINE, *flags, url.format(server.port))
                self.assertEqual(done.returncode, code, done.stderr)
            for version, works in (("1.3", True), ("1.2", False)):
                context = client_context(version)
                context.set_ecdh_curve("prime256v1")
                with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as tcp:
                    if works:
                        context.wrap_socket(tcp, server_hostname="localhost").close()
                        continue
                    with self.assertRaisesRegex(ssl.SSLError, "PROTOCOL_VERSION"):
                        context.wrap_socket(tcp, server_hostname="localhost")


class Alpn(Base):
    VERSIONS = ("-tls1_2", "-tls1_3")

    def expect(self, server, option, offer, chosen):
        told = self.connects(server, option, *(("-alpn", offer) if offer else ()))
        self.assertIn(f"ALPN protocol: {chosen}" if chosen else "No ALPN negotiated", told)

    def test_a_client_that_offers_h2_alone(self):
        """RFC 7301 3.2; curl and browsers offer http/1.1 as well."""
        with echo() as server:
            for option in self.VERSIONS:
                self.refused(server, option, "-alpn", "h2", alert="alert no application protocol")
                self.expect(server, option, "h2,http/1.1", "http/1.1")
                self.expect(server, option, None, None)
            server.err.wait("no_application_protocol|ALPN")
            done = run("curl", "-q", "--silent", "--noproxy", "*", "--cacert", pki("ca.pem"),
                       "--http2", "--max-time", DEADLINE, f"https://localhost:{server.port}/health")
            self.assertEqual((done.returncode, done.stdout), (0, "ok"))

    def test_protocols_of_the_program(self):
        with Probe("--alpn", "chat", "--alpn", "talk") as server:
            for option in self.VERSIONS:
                self.expect(server, option, "talk,chat", "chat")
                self.expect(server, option, "h2,talk", "talk")
                # A browser's offer is never refused.
                self.expect(server, option, "h2,http/1.1", "http/1.1")
                self.expect(server, option, None, None)
                self.refused(server, option, "-alpn", "h2,http/1.0",
                             alert="alert no application protocol")

    def test_no_alpn(self):
        """An empty list: offers are ignored, as PHP does without an overlap."""
        with Probe("--no-alpn") as server:
            for option in self.VERSIONS:
                for offer in ("h2", "http/1.1", "h2,http/1.1", None):
                    self.expect(server, option, offer, None)


if __name__ == "__main__":
    unittest.main()
