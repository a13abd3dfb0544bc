"""Chromium: the page of the echo example, and the manual's snippet (S9)."""

import signal
import unittest

from chromium import Chromium, Page
from programs import Workerman
from wire import echo, pki

# As the manual has it, but for the host and the port.
SNIPPET = """ws = new WebSocket("wss://domain.com:8282");
ws.onopen = function() {
    alert("Conexão bem-sucedida");
    ws.send('tom');
    alert("Enviando uma string para o servidor: tom");
};
ws.onmessage = function(e) {
    alert("Mensagem recebida do servidor: " + e.data);
};
"""

STATUS = 'document.querySelector("#status")'
LOG = '[].map.call(document.querySelectorAll("#log li"), (line) => line.textContent)'


class EchoPage(unittest.TestCase):
    """One page of a browser that trusts the tests' authority, for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.page = Page(cls.enterClassContext(Chromium(trust="ca.pem")))

    def open(self, server):
        scheme = "https" if server.tls else "http"
        self.page.complaints()  # of the test before this one
        self.assertIsNone(self.page.open(f"{scheme}://localhost:{server.port}/"))

    def open_and_greet(self, server):
        """The page is open and 'tom' has come back."""
        self.open(server)
        self.page.until(f'{STATUS}.className === "open"')
        self.page.until(f'{LOG}.includes("received: tom")')

    def status(self, state):
        """Waits for the state; returns its text and the reason below it."""
        self.page.until(f'{STATUS}.className === "{state}"')
        return self.page.text("#status"), self.page.text("#reason")

    def test_s09_it_connects_and_tom_comes_back(self):
        with echo() as server:
            self.open_and_greet(server)
            self.assertEqual(self.status("open"), (f"open: wss://localhost:{server.port}/", ""))
            self.assertEqual(self.page.run(LOG), ["connected", "sent: tom", "received: tom"])
            self.assertEqual(self.page.text("#url"), f"wss://localhost:{server.port}/")
            self.assertEqual(self.page.complaints(), [])
            self.assertEqual(server.err.lines, [])

    def test_a_message_of_ones_own(self):
        with echo() as server:
            self.open_and_greet(server)
            self.page.run('document.querySelector("#input").value = "grüße <b>&amp;</b>";'
                          'document.querySelector("#send").click()')
            self.page.until(f'{LOG}.includes("received: grüße <b>&amp;</b>")')
            self.assertEqual(self.page.run('document.querySelector("#input").value'), "")
            self.assertEqual(self.page.complaints(), [])

    def test_without_tls(self):
        with echo(tls=False) as server:
            self.open_and_greet(server)
            self.assertEqual(self.status("open"), (f"open: ws://localhost:{server.port}/", ""))

    def test_a_server_that_stops_is_reported(self):
        with echo() as server:
            self.open_and_greet(server)
            server.signal()
            self.assertEqual(self.status("closed"),
                             ("closed, code 1001", "The server is stopping."))
            self.assertEqual(server.wait(), 0)
        self.assertTrue(self.page.run('document.querySelector("#input").disabled'))

    def test_a_server_that_dies_is_reported(self):
        with echo() as server:
            self.open_and_greet(server)
            server.signal(signal.SIGKILL)
            server.wait()
            text, reason = self.status("closed")
            self.assertEqual(text, "closed, code 1006")
            self.assertIn("lost without a Close frame", reason)

    def test_a_failure_says_so_and_one_may_try_again(self):
        with echo() as server:
            self.open_and_greet(server)
            server.signal()
            self.status("closed")
            self.assertEqual(server.wait(), 0)
            self.assertFalse(self.page.run('document.querySelector("#again").hidden'))
            self.page.run('document.querySelector("#again").click()')
            text, _ = self.status("failed")
            self.assertEqual(text, f"failed: wss://localhost:{server.port}/")
            self.page.until('document.querySelector("#reason").textContent'
                            '.startsWith("The server does not answer")')

    def paste(self, port):
        """Runs the manual's snippet in the page's console."""
        self.page.run(SNIPPET.replace("domain.com:8282", f"localhost:{port}"))
        return [self.page.alert() for _ in range(3)]

    def test_s09_the_manuals_snippet(self):
        said = ["Conexão bem-sucedida", "Enviando uma string para o servidor: tom"]
        with echo() as server:
            self.open_and_greet(server)
            self.assertEqual(self.paste(server.port),
                             said + ["Mensagem recebida do servidor: tom"])
            with Workerman(pki("server.pem"), pki("server.key"), 0) as worker:
                self.assertEqual(self.paste(worker.port),
                                 said + ["Mensagem recebida do servidor: ok"])
            self.assertEqual(self.page.complaints(), [])


class NotTrusted(unittest.TestCase):
    def test_a_certificate_that_is_not_trusted(self):
        with echo() as server, Chromium() as browser:
            self.assertEqual(Page(browser).open(f"https://localhost:{server.port}/"),
                             "net::ERR_CERT_AUTHORITY_INVALID")


if __name__ == "__main__":
    unittest.main()
