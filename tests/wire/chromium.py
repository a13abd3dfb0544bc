"""Headless Chromium, driven over its DevTools pipe: requests and events are JSON,
each with a NUL behind it, on the browser's descriptors 3 and 4."""

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from wire import Lines, pki

# Seconds until a wait fails. A browser takes long to start on a busy machine.
DEADLINE = 60

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--no-proxy-server",
         # Nothing but this machine.
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
         "--remote-debugging-pipe")


def program(*names):
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    raise AssertionError(f"not installed: {' or '.join(names)}")


def high_pipe():
    """A pipe whose descriptors are not 3 or 4."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high


class Chromium:
    """A browser with a home of its own. trust: a certificate of tests/pki.sh that
    counts as an authority there."""

    def __init__(self, trust=None):
        self._trust = trust
        self._received = b""
        self._last_id = 0
        self.events = []

    def __enter__(self):
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        if self._trust is not None:
            self._import(pki(self._trust))
        theirs_in, self._to = high_pipe()
        self._from, theirs_out = high_pipe()
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash",
             program("chromium", "chromium-browser"), *FLAGS,
             f"--user-data-dir={self._home.name}/profile", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, errors="backslashreplace", pass_fds=(theirs_in, theirs_out),
            env={"HOME": self._home.name, "PATH": os.environ.get("PATH", os.defpath)},
            start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self._err = Lines(self.process.stderr)
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(DEADLINE)
        except (AssertionError, BrokenPipeError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._to)
        os.close(self._from)
        self._home.cleanup()
        return False

    def _import(self, file):
        folder = os.path.join(self._home.name, ".pki", "nssdb")
        os.makedirs(folder)
        for more in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "test", "-i", file)):
            subprocess.run([program("certutil"), "-d", f"sql:{folder}", *more], check=True,
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE)

    def _next(self, end, what):
        """The next thing that the browser says."""
        while b"\0" not in self._received:
            left = end - time.monotonic()
            ready = left > 0 and select.select([self._from], [], [], left)[0]
            piece = os.read(self._from, 1 << 16) if ready else b""
            if not piece:
                raise AssertionError(f"waited in vain for {what}; events: {self.events[-20:]}; "
                                     f"stderr: {self._err.text()[-2000:]}")
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def call(self, method, session=None, within=DEADLINE, **params):
        """The result of a DevTools method; events that come first are kept."""
        self._last_id += 1
        number = self._last_id
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + within
        while True:
            message = self._next(end, f"{method} {params}")
            if message.get("id") == number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            if "id" not in message:
                self.events.append(message)

    def event(self, method, session, within=DEADLINE):
        """The parameters of the first such event not returned before."""
        end = time.monotonic() + within
        at = 0
        while True:
            for index in range(at, len(self.events)):
                event = self.events[index]
                if event["method"] == method and event.get("sessionId") == session:
                    del self.events[index]
                    return event["params"]
            at = len(self.events)
            message = self._next(end, method)
            if "id" not in message:
                self.events.append(message)


class Page:
    """The browser's first tab."""

    def __init__(self, browser):
        self._browser = browser
        browser.call("Target.setDiscoverTargets", discover=True)
        while True:
            target = browser.event("Target.targetCreated", None)["targetInfo"]
            if target["type"] == "page":
                break
        self._session = browser.call("Target.attachToTarget", targetId=target["targetId"],
                                     flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        self._call("Page.setLifecycleEventsEnabled", enabled=True)

    def _call(self, method, **params):
        return self._browser.call(method, self._session, **params)

    def open(self, url):
        """Loads the page; returns the error that the browser reports, or None."""
        answer = self._call("Page.navigate", url=url)
        if "errorText" in answer:
            return answer["errorText"]
        while True:
            event = self._browser.event("Page.lifecycleEvent", self._session)
            if event["loaderId"] == answer["loaderId"] and event["name"] == "load":
                return None

    def run(self, javascript):
        """The value of an expression, after a promise is settled."""
        result = self._call("Runtime.evaluate", expression=javascript, awaitPromise=True,
                            returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(f"{javascript}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def until(self, condition):
        """Waits until the expression, which depends on the document, is true."""
        return self.run("""new Promise(function(resolve) {
            var observer = new MutationObserver(check);
            function check() {
                var value = %s;
                if (!value)
                    return;
                observer.disconnect();
                resolve(value);
            }
            observer.observe(document, {subtree: true, childList: true, attributes: true,
                                        characterData: true});
            check();
        })""" % condition)

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).textContent")

    def alert(self):
        """The text of the next alert(), which is answered with OK."""
        dialog = self._browser.event("Page.javascriptDialogOpening", self._session)
        if dialog["type"] != "alert":
            raise AssertionError(f"an alert expected, got {dialog}")
        self._call("Page.handleJavaScriptDialog", accept=True)
        return dialog["message"]

    def complaints(self):
        """Errors and warnings in the browser's console, since the last call."""
        self.run("null")  # what came before is here now
        events, self._browser.events = self._browser.events, []
        return [event["params"] for event in events
                if event["method"] == "Runtime.exceptionThrown" or
                (event["method"] == "Log.entryAdded" and
                 event["params"]["entry"]["level"] in ("error", "warning"))]
