#!/usr/bin/env python3
"""Attacks a server in release build while 100 good clients send 10 messages a
second each and two more a second come and go. No good client may be lost, refused
or told anything wrong; memory must stay within the bound and come back. Latency is
told as a ratio to the same clients without the attack.

    attacks.py [NAME...]    names as in the table; default: all
"""
import os
import sys
import time

from programs import MIB, Flood, Good, Server, Watch

CALM = float(os.environ.get("WSS_ATTACK_CALM", "6"))  # seconds without an attack

failures = []


class Attack:
    def __init__(self, name, load, bound, program="echo", options=(), arrivals=2,
                 descriptors=None):
        self.name = name
        self.load = load
        self.bound = bound  # of resident memory over idle, bytes
        self.faults = []
        self.notes = []
        self.server = Server(program, options, descriptors)
        self.good = Good(self.server, arrivals=arrivals)
        time.sleep(CALM)
        self.calm = self.good.phase()
        self.heap = self.server.heap()
        self.idle = self.server.rss()
        self.cpu = self.server.cpu()
        self.began = time.monotonic()
        self.watch = Watch(self.server)

    def flood(self, kind, peers, *options):
        return Flood(self.server, kind, peers, *options)

    def check(self, true, what):
        if not true:
            self.faults.append(what)

    def judge(self, phase, when):
        for count in ("lost", "wrong", "refused", "unclean"):
            self.check(phase[count] == 0, f"{when}: {count} {phase[count]}: "
                       f"{phase['reasons']}")
        self.check(phase["echoed"] > 0, f"{when}: nothing was echoed")

    def over(self):
        """The attack is over: judges it, and prints its row."""
        seconds = time.monotonic() - self.began
        self.most = self.watch.stop() - self.idle
        phase = self.good.phase()
        self.judge(phase, "under attack")
        busy = (self.server.cpu() - self.cpu) / seconds
        self.check(self.most <= self.bound,
                   f"{self.most / MIB:.1f} MiB over idle, bound {self.bound / MIB:.0f}")
        left = self.settle()
        self.judge(self.good.finish(), "at the end")
        self.check(self.server.stop() == 0, "the server did not end with 0")
        self.server.__exit__()
        self.good.__exit__()
        ratio = [phase.get(f"echo_{p}_ms", 0) / max(self.calm.get(f"echo_{p}_ms", 0), 0.001)
                 for p in ("p50", "p99")]
        verdict = "ok" if not self.faults else "FAILED"
        print(f"{self.name:22} {self.load:34} {self.most / MIB:8.1f} {self.bound / MIB:6.0f} "
              f"{left / 1024:7.0f} {busy:5.2f} {ratio[0]:6.1f} {ratio[1]:7.1f}  {verdict}  "
              f"{'; '.join(self.notes)}", flush=True)
        for fault in self.faults:
            print(f"    {fault}", flush=True)
        if self.faults:
            failures.append(self.name)

    def settle(self):
        """Bytes allocated more than before, once the attackers' ends are over."""
        for _ in range(80):
            left = self.server.heap() - self.heap
            if left < 256 << 10:
                return left
            time.sleep(0.25)
        self.check(False, f"{left} bytes of memory did not come back")
        return left


def ends(result, *wanted):
    """How many ended otherwise than with one of the wanted prefixes."""
    return {end: count for end, count in result["ends"].items()
            if not end.startswith(wanted)}


def run(name, load, bound, kind, peers, *options, server=(), wanted=None, deadline=None,
        all_end=True):
    """An attack by one flood: each of its peers must end as wanted, at the deadline."""
    attack = Attack(name, load, bound, options=server)
    with attack.flood(kind, peers, *options) as flood:
        result = flood.result()
    if all_end:
        attack.check(result["open"] == 0, f"{result['open']} attackers were not ended")
    if wanted is not None:
        attack.check(not ends(result, *wanted), f"ended otherwise: {ends(result, *wanted)}")
    if deadline is not None:
        span = result["from_connect"]
        attack.check(deadline - 1 <= span["min"] and span["max"] <= deadline + 1,
                     f"ended after {span['min']} to {span['max']} s, not {deadline} +- 1")
        attack.notes.append(f"ends at {span['min']:.1f}-{span['max']:.1f} s")
    attack.notes.append(", ".join(f"{end} x{count}" for end, count in
                                  sorted(result["ends"].items())[:4]))
    attack.over()


GONE = ("fin", "reset")
ROOM = ("--max-pending", "6000")


def silent():
    run("silent", "5,000 silent sockets", 10 * MIB, "silent", 5000, "--rate", "2000",
        "--seconds", "40", wanted=GONE)
    run("silent-room", "the same, max_pending 6,000", 10 * MIB, "silent", 5000, "--rate",
        "2000", "--seconds", "40", server=ROOM, wanted=GONE, deadline=10)


def slow_hello():
    run("slow-hello", "5,000 ClientHellos, 1 byte/s", 220 * MIB, "slow-hello", 5000, "--rate",
        "1000", "--seconds", "40", wanted=GONE)
    run("slow-hello-room", "the same, max_pending 6,000", 220 * MIB, "slow-hello", 5000,
        "--rate", "1000", "--seconds", "40", server=ROOM, wanted=GONE, deadline=10)


def slow_request():
    run("slow-request", "2,000 requests over TLS, 1 byte/s", 100 * MIB, "slow-request", 2000,
        "--rate", "150", "--seconds", "80", wanted=("http 408", *GONE))
    run("slow-request-room", "the same, max_pending 6,000", 100 * MIB, "slow-request", 2000,
        "--rate", "150", "--seconds", "80", server=ROOM, wanted=("http 408",), deadline=10)


def slow_frame():
    run("slow-frame", "2,000 in a message of 1 MiB, 1 byte/s", 90 * MIB, "slow-frame", 2000,
        "--rate", "150", "--seconds", "110", wanted=("close 1008",))


def stopped_readers():
    """Each holds max_send_buffer at most; cut after write_timeout."""
    bound = int(1000 * 4 * MIB * 1.05) + 100 * MIB
    attack = Attack("stopped-readers", "1,000 that do not read 10 MB/s", bound, "publisher")
    with attack.flood("stopped", 1000, "--path", "/feed", "--rate", "150", "--receive-buffer",
                      "65536", "--seconds", "90") as flood:
        result = flood.result()
    attack.check(result["open"] == 0, f"{result['open']} were not cut")
    attack.notes.append(str(result["ends"]))
    attack.over()


def ping_flood():
    run("ping-flood", "50 x 1,000 Pings/s, no reading", 8 * MIB, "pings", 50, "--seconds", "30",
        "--receive-buffer", "4096", wanted=("close 1008",))


def tiny_frames():
    run("tiny-frames", "8 x messages of 0 and 1 byte", 8 * MIB, "tiny", 8, "--seconds", "10",
        all_end=False)


def fragments():
    run("fragments", "200 x 10^6 fragments of 0 and 1 byte", 200 * 56 * 1024, "fragments", 200,
        "--rate", "100", "--seconds", "60", wanted=("close 1008",))


def handshakes():
    run("handshakes", "full ECDSA handshakes, 64 at a time", 64 * MIB, "handshakes", 64,
        "--again", "--seconds", "12", all_end=False)


def after_the_end():
    run("after-error", "50 x 100 MiB after an error", 50 * 112 * 1024, "after-error", 50,
        "--seconds", "40")
    run("after-close", "50 x 100 MiB after a Close frame", 50 * 112 * 1024, "after-close", 50,
        "--seconds", "40")


def garbage():
    """What is no TLS of ours: each ends, with an alert where it can be read."""
    for kind in ("random", "http", "tls10", "tls11", "ssl2", "huge-hello", "pieces"):
        wanted = {"http": ("http 400",), "tls10": ("alert",), "tls11": ("alert",)}.get(kind)
        run(f"garbage-{kind}", "10,000 connections" if kind != "pieces" else "2,000 handshakes",
            64 * MIB, kind, 10000 if kind != "pieces" else 2000, "--rate", "1000", "--seconds",
            "60", wanted=wanted)


def descriptors():
    """256 descriptors and 2,000 clients: no spin, and service as soon as there is
    room."""
    attack = Attack("descriptors", "2,000 connections, RLIMIT_NOFILE 256", 32 * MIB,
                    arrivals=0, descriptors=256)
    with attack.flood("idle", 2000, "--rate", "500", "--seconds", "15") as flood:
        result = flood.result()
        attack.check(result["open"] >= 50, f"only {result['open']} were let in")
    with attack.flood("handshakes", 1, "--again", "--seconds", "2") as after:
        answered = after.result()["ends"].get("done", 0)
    attack.check(answered > 0, "no service after the release")
    attack.notes.append(f"{result['open']} let in")
    attack.over()


def accept_storm():
    attack = Attack("accept-storm", "4,096 connect at once", 220 * MIB)
    with attack.flood("idle", 4096, "--seconds", "120") as flood:
        began = time.monotonic()
        open_now = flood.ready()
        attack.notes.append(f"{open_now} open after {time.monotonic() - began:.1f} s")
        flood.process.stdin.close()
        result = flood.result()
    attack.check(open_now + sum(result["ends"].values()) >= 4096, "some had no answer")
    attack.check(open_now == 4096, f"ended: {result['ends']}")
    attack.over()


ATTACKS = [silent, slow_hello, slow_request, slow_frame, stopped_readers, ping_flood,
           tiny_frames, handshakes, descriptors, accept_storm, fragments, after_the_end,
           garbage]


def main(names):
    wanted = [attack for attack in ATTACKS
              if not names or attack.__name__.replace("_", "-") in names]
    if not wanted:
        sys.exit(__doc__ + "\nnames: " +
                 " ".join(attack.__name__.replace("_", "-") for attack in ATTACKS))
    print(f"{'attack':22} {'load':34} {'MiB over':>8} {'bound':>6} {'KiB':>7} {'CPU':>5} "
          f"{'p50':>6} {'p99':>7}\n{'':57} {'idle':>8} {'':6} {'left':>7} {'':5} "
          f"{'ratio':>6} {'ratio':>7}", flush=True)
    for attack in wanted:
        attack()
    if failures:
        sys.exit(f"failed: {' '.join(failures)}")


if __name__ == "__main__":
    main(sys.argv[1:])
