#!/usr/bin/env python3
"""A soak of a release build of the echo example: soak.py [MINUTES [CLIENTS]].
tests/nightly/soak.sh builds what this needs.

Good clients have messages of 0 B to 1 MiB echoed, others come and go, and some
are bad in turn in each way that tests/attack/flood.c knows. Asserted is that no
good one is lost, that memory does not grow, and that memory and descriptors are
given back; an echo's time is reported.
"""

import math
import os
import statistics
import sys
import time

import rig
from rig import HEAP_SLACK, MIB, RSS_SLACK, Good, Program, Server

CHURN = 20  # good clients that come and go, a second
RATE = 0.2  # messages a second of each that stays: 13 KiB/s
BAD = 0.05  # of all
LEAK = MIB / 600  # bytes a second of resident memory that it may grow
PAUSE = 10  # seconds between two looks at the memory
WARM = 0.2  # of the time, which is not looked at; 10 minutes at most

# The bad ones by their shares, and how long the last of them takes to be ended.
KINDS = {"silent": 2, "slow-hello": 2, "slow-request": 2, "slow-frame": 4, "stopped": 2,
         "pings": 2, "fragments": 2, "after-error": 1, "after-close": 1, "random": 1,
         "huge-hello": 1}
ROUND = 65  # seconds: message_timeout is 60


class Soak:
    def __init__(self, minutes, clients):
        self.seconds = minutes * 60
        self.clients = clients
        self.failures = []
        self.programs = []
        logs = os.path.join(os.environ["WSS_BUILD"], "logs")
        os.makedirs(logs, exist_ok=True)
        self.log = os.path.join(logs, "soak.log")
        if os.path.exists(self.log):
            os.unlink(self.log)
        self.server = self.keep(Server(
            [rig.build("examples/echo"), "--host", "127.0.0.1", "--port", 0, "--cert",
             rig.pki("server.pem"), "--key", rig.pki("server.key")], self.log))
        self.phases = []
        self.bad = []
        self.ends = {}

    def keep(self, program):
        self.programs.append(program)
        return program

    def expect(self, truth, what):
        if not truth:
            self.failures.append(what)

    def good(self, **options):
        good = self.keep(Good(self.server, self.log, mixed=True, **options))
        good.line()  # ready
        return good

    def empty(self):
        """Heap, resident memory and descriptors of a server without clients."""
        heap = self.server.heap()  # what is free goes back
        return heap, self.server.rss(), self.server.descriptors()

    def begin_round(self):
        total = self.clients * BAD / sum(KINDS.values())
        for kind, share in KINDS.items():
            extra = ["--receive-buffer", 4096] if kind == "stopped" else []
            self.bad.append(self.keep(Program(
                [rig.build("tests/attack/flood"), kind, "--port", self.server.port, "--peers",
                 max(1, round(total * share)), "--rate", 20, "--seconds", ROUND + 30, *extra],
                self.log)))

    def end_round(self):
        """All bad ones of the round have had their end, but those that only
        do not read: they were sent nothing."""
        for flood in self.bad:
            flood.end_of_input()
            result = flood.json()
            for end, count in result["ends"].items():
                self.ends[end] = self.ends.get(end, 0) + count
            if result["kind"] != "stopped":
                self.expect(result["open"] == 0,
                            f"{result['open']} bad clients, {result['kind']}, are still open")
            flood.ended()
            self.programs.remove(flood)
        self.bad = []

    def measure(self, good):
        """Rounds of bad clients until the time is over: samples of the resident
        memory, as (seconds, bytes)."""
        samples = []
        began = time.monotonic()
        rounds = max(1, int(self.seconds // ROUND))
        for number in range(1, rounds + 1):
            self.begin_round()
            end = began + number * self.seconds / rounds
            while time.monotonic() < end - PAUSE:
                time.sleep(PAUSE)  # what is measured
                self.server.heap()  # what is free goes back
                samples.append((time.monotonic() - began, self.server.rss()))
            time.sleep(max(0, end - time.monotonic()))
            self.end_round()
            self.phases.append(good.phase())
        return samples

    def run(self):
        # Once through everything, so that what is kept from the first time on
        # is not taken for a leak.
        self.phases.append(self.good(clients=20, rate=5).finish())
        rig.until(lambda: self.server.descriptors() < 20, "the end of the first clients")
        heap, rss, descriptors = self.empty()

        good = self.good(clients=self.clients, rate=RATE, arrivals=CHURN)
        good.phase()
        cpu, began = self.server.cpu(), time.monotonic()
        samples = self.measure(good)
        share = (self.server.cpu() - cpu) / (time.monotonic() - began)
        self.phases.append(good.finish())

        rig.until(lambda: self.server.descriptors() <= descriptors,
                  "the end of all connections")
        after = self.empty()
        self.expect(after[0] - heap <= HEAP_SLACK,
                    f"{after[0] - heap} bytes more are allocated than before")
        self.expect(after[1] - rss <= RSS_SLACK,
                    f"{(after[1] - rss) / MIB:.1f} MiB more are resident than before")
        self.server.stop(None)
        self.judge(samples, share, [now - then for now, then in zip(after, (heap, rss))])

    def judge(self, samples, share, kept):
        lost, why = rig.losses(self.phases)
        self.expect(lost == 0, why)
        warm = min(600, self.seconds * WARM)
        samples = [sample for sample in samples if sample[0] > warm]
        slope, error = line_through(samples)
        # Messages under way make it rise and fall: what counts is what is certain.
        self.expect(slope - 2 * error <= LEAK,
                    f"memory grows by {slope * 600 / MIB:.2f} MiB in 10 minutes")
        windows = [phase["echo"] for phase in self.phases[1:-1] if "echo" in phase]
        windows = windows[round(len(windows) * warm / self.seconds):]
        fourth = max(1, len(windows) // 4)
        first, last = ({name: statistics.median(window[name] for window in part)
                        for name in ("p50", "p99")}
                       for part in (windows[:fourth], windows[-fourth:]))
        print(f"{self.clients} clients and {sum(phase['arrived'] for phase in self.phases)} "
              f"visitors, {sum(phase['echoed'] for phase in self.phases)} messages, "
              f"{share:.0%} of a processor")
        print(f"resident: {min(rss for _, rss in samples) / MIB:.0f} to "
              f"{max(rss for _, rss in samples) / MIB:.0f} MiB, {slope * 600 / MIB:+.2f} "
              f"(+- {2 * error * 600 / MIB:.2f}) MiB in 10 minutes; afterwards "
              f"{kept[1] / MIB:+.1f} MiB, {kept[0]:+} bytes allocated")
        print(f"echo in the first and the last quarter: p50 {first['p50'] * 1e3:.1f} and "
              f"{last['p50'] * 1e3:.1f} ms, p99 {first['p99'] * 1e3:.1f} and "
              f"{last['p99'] * 1e3:.1f} ms: ratio {last['p99'] / first['p99']:.2f}")
        print(f"bad clients: {self.ends}")


def line_through(samples):
    """The slope of the regression line, and its standard error."""
    count = len(samples)
    x_mean = sum(x for x, _ in samples) / count
    y_mean = sum(y for _, y in samples) / count
    spread = sum((x - x_mean) ** 2 for x, _ in samples)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in samples) / spread
    rest = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in samples)
    return slope, math.sqrt(rest / (count - 2) / spread)


def main():
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 50
    clients = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    if minutes < 2:
        sys.exit("soak.py: 2 minutes at least")
    soak = Soak(minutes, clients)
    try:
        soak.run()
    except rig.Failure as failure:
        soak.failures.append(str(failure))
    finally:
        for program in soak.programs:
            program.kill()
    for failure in soak.failures:
        print(f"FAILED: {failure}")
    print("failed" if soak.failures else "all good")
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main())
