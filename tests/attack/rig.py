"""What the attacks, the hold and the soak share: a server that is measured, the
programs that attack it and the good clients beside them, and the table.

Everything is on loopback, and every program stops by itself after a while.
"""

import json
import os
import resource
import selectors
import signal
import subprocess
import tempfile
import threading
import time

MIB = 1024 * 1024
HERE = os.path.dirname(os.path.abspath(__file__))

# Seconds for what should take none: a program that starts or ends, say.
PATIENCE = 60

# What may differ at the end from the beginning though all peers are gone:
# visitors that are just there, buffers that malloc keeps for each size.
HEAP_SLACK = 512 * 1024
RSS_SLACK = 4 * MIB


def build(*path):
    """A file in the build folder that the nightly part made."""
    return os.path.join(os.environ["WSS_BUILD"], "release", *path)


def pki(name):
    return os.path.join(os.environ["WSS_BUILD"], "pki", name)


class Failure(Exception):
    """The attack cannot go on."""


class Program:
    """A program that prints lines; JSON is read, anything else is a word."""

    def __init__(self, command, log, env=None, limit=None):
        def before():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

        self.name = os.path.basename(command[0])
        with open(log, "a", encoding="utf-8") as stream:
            self.process = subprocess.Popen(
                [str(each) for each in command], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=stream, env=env, preexec_fn=before)
        self._output = self.process.stdout
        self._rest = b""

    def line(self, within=PATIENCE):
        """The next line of its output."""
        end = time.monotonic() + within
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0, end - time.monotonic())):
                    raise Failure(f"{self.name} says nothing for {within:.0f} s")
                got = os.read(self._output.fileno(), 65536)
                if not got:
                    raise Failure(f"{self.name} has ended: {self.process.wait()}")
                self._rest += got
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def ready(self, within=PATIENCE):
        """How many peers a flood has once all have come as far as they can."""
        line = self.line(within)
        if not line.startswith("ready "):
            raise Failure(f"{self.name} was not ready before its end: {line}")
        return int(line.split()[1])

    def json(self, within=PATIENCE):
        while True:
            line = self.line(within)
            if line.startswith("{"):
                return json.loads(line)

    def tell(self):
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def end_of_input(self):
        self.process.stdin.close()

    def ended(self, within=PATIENCE):
        """The exit code."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} does not end") from None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self._output.close()


class Server(Program):
    """A server under attack, with a look into its memory."""

    def __init__(self, command, log, limit=None):
        handle, self._heap = tempfile.mkstemp(prefix="heap.", dir=os.environ["WSS_BUILD"])
        os.close(handle)
        env = dict(os.environ, LD_PRELOAD=build("tests/attack/heap.so"),
                   HEAP_REPORT=self._heap)
        super().__init__(command, log, env, limit)
        line = self.line()
        if not line.startswith("listening on "):
            raise Failure(f"{self.name}: {line}")
        self.port = int(line.rsplit(":", 1)[1])
        self.pid = self.process.pid

    def _status(self, name):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024
        raise Failure(f"the server has no {name}")

    def rss(self):
        return self._status("VmRSS")

    def peak(self):
        """The largest resident memory since forget_peak."""
        return self._status("VmHWM")

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w", encoding="ascii") as refs:
            refs.write("5")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def heap(self):
        """Bytes allocated; memory that is free goes back to the system."""
        before = self._reports()
        os.kill(self.pid, signal.SIGUSR2)
        until(lambda: len(self._reports()) > len(before), "a report of the heap")
        return self._reports()[-1]

    def _reports(self):
        with open(self._heap, encoding="ascii") as reports:
            return [int(line) for line in reports if line.endswith("\n")]

    def stop(self, says):
        """SIGTERM; it must end well. The JSON that it prints goes to says."""
        self.process.send_signal(signal.SIGTERM)
        if says is not None:
            says(self.json())
        code = self.ended()
        os.unlink(self._heap)
        if code != 0:
            raise Failure(f"the server's exit code is {code}")


def until(what, name, within=PATIENCE):
    """Waits for the truth of what()."""
    end = time.monotonic() + within
    while not what():
        if time.monotonic() > end:
            raise Failure(f"{name} did not come within {within} s")
        time.sleep(0.02)


def overflows():
    """Connections that the kernel has dropped because a listener's backlog was full.
    Their peers do not learn of it before they send something."""
    with open("/proc/net/netstat", encoding="ascii") as netstat:
        names, values = [line.split() for line in netstat if line.startswith("TcpExt:")]
    return int(values[names.index("ListenOverflows")])


class Most:
    """The largest value of a function, looked at by a thread."""

    def __init__(self, function, pause=0.1):
        self.value = 0
        self._function = function
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while not self._stop.wait(self._pause):
            try:
                self.value = max(self.value, self._function())
            except (OSError, Failure):  # it is no more
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, value, traceback):
        self._stop.set()
        self._thread.join()


class Good(Program):
    """Good clients; options are good's, --clients and so on."""

    def __init__(self, server, log, **options):
        command = [build("tests/attack/good"), "--port", server.port, "--ca", pki("ca.pem")]
        for name, value in options.items():
            command += ["--" + name] + ([] if value is True else [value])
        super().__init__(command, log)

    def phase(self):
        """What they have seen since the last phase."""
        self.tell()
        return self.json()

    def finish(self):
        """Everybody leaves in peace: what they have seen since the last phase."""
        self.end_of_input()
        last = self.json(2 * PATIENCE)
        if self.ended() != 0:
            raise Failure("the good clients failed")
        return last


def losses(phases):
    """How many of them were disconnected, refused or answered wrongly, and why."""
    counts = {name: sum(phase[name] for phase in phases)
              for name in ("lost", "wrong", "refused", "unclean")}
    reasons = [reason for phase in phases for reason in phase["reasons"]]
    return sum(counts.values()), f"good clients: {counts}: {reasons[:10]}"


class Trial:
    """One attack: a server, good clients beside it, and a row of the table."""

    def __init__(self, table, name, load, args=(), publisher=False, limit=None,
                 arrivals=2, rate=10, bound=None):
        self.name = name
        self.load = load
        self.bound = bound  # bytes of resident memory over idle
        self.heap_slack = HEAP_SLACK
        self.failures = []
        self.notes = []
        self.says = None  # is called with what a publisher says at its end
        self._table = table
        self._programs = []
        self._log = os.path.join(table.logs, name.replace(" ", "-") + ".log")
        keys = [pki("server.pem"), pki("server.key")]
        if publisher:
            command = [build("tests/attack/publisher"), *keys]
        else:
            command = [build("examples/echo"), "--host", "127.0.0.1", "--port", 0,
                       "--cert", keys[0], "--key", keys[1], *args]
        if os.path.exists(self._log):
            os.unlink(self._log)
        self.server = self._keep(Server(command, self._log, limit))
        self._arrivals = arrivals
        self._rate = rate

    def _keep(self, program):
        self._programs.append(program)
        return program

    def __enter__(self):
        self.good = self._keep(Good(self.server, self._log, rate=self._rate,
                                    arrivals=self._arrivals))
        self.good.line()  # ready
        self.good.phase()
        time.sleep(self._table.baseline)  # the same without the attack
        self.before = self.good.phase()
        self.descriptors = self.server.descriptors()
        self.heap = self.server.heap()
        self.base = self.idle = self.server.rss()
        self.server.forget_peak()
        return self

    def flood(self, kind, *args, seconds=60, **options):
        """Starts attackers; options are flood's, --peers and so on."""
        command = [build("tests/attack/flood"), kind, "--port", self.server.port,
                   "--seconds", seconds, *args]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), value]
        return self._keep(Program(command, self._log))

    def from_here(self):
        """The bound is for what comes over this moment's memory."""
        self.server.heap()
        self.idle = self.server.rss()
        self.server.forget_peak()

    def expect(self, truth, what):
        if not truth:
            self.failures.append(what)

    def expect_ends(self, result, *allowed):
        """Each attacker has ended in a way that begins like one of allowed."""
        others = {end: count for end, count in result["ends"].items()
                  if not end.startswith(allowed)}
        self.expect(not others, f"ends of another kind: {others}")
        self.expect(result["open"] == 0, f"{result['open']} are still open")

    def expect_span(self, result, name, least, most):
        if name not in result:
            self.expect(False, f"nobody ended {name}")
            return
        span = result[name]
        self.expect(least <= span["min"] and span["max"] <= most,
                    f"ended {span['min']:.2f} to {span['max']:.2f} s {name}, not "
                    f"{least} to {most}")
        self.note(f"ended {span['min']:.2f} to {span['max']:.2f} s {name}")

    def note(self, text):
        self.notes.append(text)

    def log_lines(self, text):
        """How many lines of the server's have the text."""
        with open(self._log, encoding="utf-8", errors="replace") as log:
            return sum(text in line for line in log)

    def __exit__(self, kind, error, traceback):
        try:
            if kind is None:
                self._settle()
            elif issubclass(kind, Failure):
                self.failures.append(str(error))
        except Failure as failure:
            self.failures.append(str(failure))
        finally:
            for program in self._programs:
                program.kill()
        if kind is None or issubclass(kind, Failure):
            self._table.row(self)
            return True
        return False

    def _settle(self):
        """The attack is over: everything must be as it was before."""
        server = self.server
        during = self.good.phase()
        self.used = server.peak() - self.idle
        until(lambda: server.descriptors() <= self.descriptors + 2 * self._arrivals,
              "the end of the attackers' connections", 20)
        self.kept = server.rss() - self.base
        self.leaked = self._leaked()
        self.after = server.rss() - self.base
        self.expect(self.leaked <= self.heap_slack,
                    f"{self.leaked} bytes more are allocated than before")
        self.expect(self.after <= RSS_SLACK,
                    f"{self.after / MIB:.1f} MiB more are resident than before")
        if self.bound is not None:
            self.expect(self.used <= self.bound, "more memory than the bound")
        self._check_good(during, self.good.finish())
        server.stop(self.says)

    def _leaked(self):
        """Bytes allocated more than before the attack. Descriptors are closed before
        memory is freed, which of gigabytes takes a moment."""
        end = time.monotonic() + PATIENCE
        while True:
            leaked = self.server.heap() - self.heap  # which trims, too
            if leaked <= self.heap_slack or time.monotonic() > end:
                return leaked
            time.sleep(0.2)

    def _check_good(self, during, last):
        self.lost, why = losses([during, last])
        self.expect(self.lost == 0, why)
        if "echo" not in during:
            self.expect(False, "good clients: no echo at all")
            return
        self.ratio = tuple(f"{during['echo'][p] / self.before['echo'][p]:.1f}"
                           for p in ("p50", "p99"))
        self.note(f"echo p50 {during['echo']['p50'] * 1e3:.1f} ms, p99 "
                  f"{during['echo']['p99'] * 1e3:.1f} ms, longest "
                  f"{during['echo']['max'] * 1e3:.0f} ms; without the attack "
                  f"{self.before['echo']['p50'] * 1e3:.1f} and "
                  f"{self.before['echo']['p99'] * 1e3:.1f} ms")
        if "opening" in during:
            self.note(f"{during['arrived']} visitors, opened in at most "
                      f"{during['opening']['max'] * 1e3:.0f} ms")


class Table:
    """A row for each attack.

    lost     good clients disconnected, refused or answered wrongly
    MiB      resident memory over idle at its largest, and the bound for it
    kept     resident memory over idle when all attackers are gone
    after    the same once malloc has handed back what is free (malloc_trim)
    heap     bytes allocated then, more than before
    p50 p99  an echo's time over that without the attack
    """

    COLUMNS = (("attack", "<24"), ("load", "<44"), ("lost", ">5"), ("MiB", ">7"),
               ("bound", ">7"), ("kept", ">7"), ("after", ">6"), ("heap", ">8"),
               ("p50", ">6"), ("p99", ">6"), ("verdict", "<7"))

    def __init__(self, quick, logs):
        self.quick = quick
        self.baseline = 2 if quick else 10  # seconds of good clients alone
        self.logs = logs
        self.failed = []
        os.makedirs(logs, exist_ok=True)
        self._print([name for name, _ in self.COLUMNS])

    def _print(self, cells):
        print("  ".join(format(str(cell), layout) for cell, (_, layout)
                        in zip(cells, self.COLUMNS)).rstrip(), flush=True)

    def row(self, trial):
        def mib(name):
            value = getattr(trial, name, None)
            return "-" if value is None else f"{value / MIB:.1f}"

        ratio = getattr(trial, "ratio", None) or ("-", "-")
        self._print([trial.name, trial.load, getattr(trial, "lost", "-"),
                     mib("used"), mib("bound"), mib("kept"), mib("after"),
                     getattr(trial, "leaked", "-"), *ratio,
                     "FAILED" if trial.failures else "ok"])
        for note in trial.notes:
            print(f"    {note}")
        for failure in trial.failures:
            print(f"    FAILED: {failure}", flush=True)
        if trial.failures:
            self.failed.append(trial.name)

    def end(self):
        """The exit code."""
        print("failed: " + ", ".join(self.failed) if self.failed else "all good")
        return 1 if self.failed else 0
