"""The programs that the nightly parts attacks, hold and soak run: a server that is
measured from outside, good clients, attackers."""
import json
import os
import resource
import signal
import subprocess
import threading
import time

BUILD = os.environ["WSS_ATTACK_BUILD"]
PKI = os.environ["WSS_PKI"]
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 1 << 20


def more_descriptors(count=None):
    """For preexec_fn: count descriptors, or as many as may be."""
    def change():
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        soft = hard if count is None else count
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return change


class Program:
    """A child process that prints lines and is told lines."""

    def __init__(self, command, descriptors=None, env=None):
        self.name = os.path.basename(command[0])
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=env,
            preexec_fn=more_descriptors(descriptors))

    def line(self):
        line = self.process.stdout.readline()
        if line == "":
            raise RuntimeError(f"{self.name} ended with {self.process.wait()}")
        return line.rstrip("\n")

    def tell(self, text="\n"):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Server(Program):
    """The echo example, or the publisher, with a look into its heap."""

    def __init__(self, program="echo", options=(), descriptors=None):
        self.report = os.path.join(BUILD, f"heap.{os.getpid()}")
        if os.path.exists(self.report):
            os.remove(self.report)
        cert, key = f"{PKI}/chain.pem", f"{PKI}/chain.key"
        command = [f"{BUILD}/tests/attack/publisher", cert, key]
        if program == "echo":
            command = [f"{BUILD}/examples/echo", "--host", "127.0.0.1", "--port", "0",
                       "--cert", cert, "--key", key, "--quiet", *options]
        env = dict(os.environ, LD_PRELOAD=f"{BUILD}/tests/attack/heap.so",
                   HEAP_REPORT=self.report)
        super().__init__(command, descriptors, env)
        self.port = int(self.line().rsplit(":", 1)[1])
        if program == "echo":
            self.drain = threading.Thread(target=self.process.stdout.read, daemon=True)
            self.drain.start()

    def rss(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE

    def cpu(self):
        """Seconds of a processor so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def heap(self):
        """Bytes allocated; free memory goes back to the system before."""
        before = self._reports()
        self.process.send_signal(signal.SIGUSR2)
        while len(self._reports()) == len(before):
            if self.process.poll() is not None:
                raise RuntimeError("the server has ended")
            time.sleep(0.01)
        return int(self._reports()[-1])

    def _reports(self):
        try:
            with open(self.report, encoding="ascii") as file:
                return [line for line in file.read().splitlines(True)
                        if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Watch(threading.Thread):
    """Samples the server's resident memory until it is stopped."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.most = server.rss()
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            try:
                self.most = max(self.most, self.server.rss())
            except (OSError, IndexError):
                return

    def stop(self):
        self.over.set()
        self.join()
        return self.most


class Good(Program):
    """100 clients that stay, and others that come and go."""

    def __init__(self, server, clients=100, rate=10, arrivals=2, options=()):
        super().__init__([f"{BUILD}/tests/attack/good", "--port", str(server.port),
                          "--ca", f"{PKI}/ca.pem", "--clients", str(clients),
                          "--rate", str(rate), "--arrivals", str(arrivals), *options])
        assert self.line() == "ready"

    def phase(self):
        """Ends a phase: its figures."""
        self.tell()
        return json.loads(self.line())

    def finish(self):
        self.process.stdin.close()
        return json.loads(self.line())


class Flood(Program):
    def __init__(self, server, kind, peers, *options):
        super().__init__([f"{BUILD}/tests/attack/flood", kind, "--port", str(server.port),
                          "--peers", str(peers), "--sources", "8", *options])

    def ready(self):
        """How many have come as far as the kind wants."""
        line = self.line()
        assert line.startswith("ready "), line
        return int(line.split()[1])

    def result(self):
        """Waits for the end; what it says of it."""
        while True:
            line = self.line()
            if line.startswith("{"):
                return json.loads(line)
