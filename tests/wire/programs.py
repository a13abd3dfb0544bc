"""The programs that the tests start, beside the echo example."""

import json
import signal
import time

from wire import DEADLINE, Server, pki, setting


class Probe(Server):
    """The probe server with its events: see probe_server.c."""

    def __init__(self, *args, tls=True, cert="server"):
        how = ("--cert", pki(f"{cert}.pem"), "--key", pki(f"{cert}.key"))
        super().__init__(setting("WSS_PROBE"), "--port", 0,
                         *(how if tls else ("--plain",)), *args)
        self._taken = set()

    def events(self):
        """Every event so far."""
        return [json.loads(line) for line in list(self.out.lines) if line.startswith("{")]

    def event(self, name, within=DEADLINE, **fields):
        """The first event of that name, and with those fields, that was not
        returned before; waits for it."""
        end = time.monotonic() + within
        at = 0
        while True:
            count = len(self.out.lines)
            for index in range(at, count):
                line = self.out.lines[index]
                if index in self._taken or not line.startswith("{"):
                    continue
                event = json.loads(line)
                if event["event"] == name and fields.items() <= event.items():
                    self._taken.add(index)
                    return event
            at = count
            try:
                self.out.wait("", max(0, end - time.monotonic()), since=count)
            except AssertionError:
                left = "\n".join(line for index, line in enumerate(self.out.lines)
                                 if index not in self._taken)
                raise AssertionError(f"no event {name} {fields} among:\n{left}\n"
                                     f"stderr: {self.err.text()}") from None


class Workerman(Server):
    """The manual's listing; it runs until a signal kills it."""

    def __init__(self, *args):
        super().__init__(setting("WSS_WORKERMAN"), *args)

    def stop(self, within=DEADLINE):
        if self.stopped:
            return
        self.signal(signal.SIGTERM)
        code = self.wait(within)
        if code != -signal.SIGTERM:
            raise AssertionError(f"exit code {code}; stderr: {self.err.text()}")
