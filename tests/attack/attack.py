#!/usr/bin/env python3
"""Attacks on a release build of the echo example, with 100 good clients beside
them and new ones arriving: attack.py [--quick] [NAME...]. The names are those
of the functions below. tests/nightly/attacks.sh builds what this needs.

Asserted is what a peer can see and what memory is taken; an echo's time is
reported as a ratio to the time without the attack, never asserted.
"""

import concurrent.futures
import os
import sys
import time

import records
from rig import MIB, Most, Table, Trial, overflows, until

KIB = 1024
RAISED = ("--max-pending", 20000)
DEADLINE = (9, 11)  # seconds: handshake_timeout is 10

attacks = {}


def attack(function):
    attacks[function.__name__] = function
    return function


class Size:
    """The numbers of a full run, or a tenth of them."""

    def __init__(self, quick):
        self.quick = quick

    def __call__(self, number):
        return max(1, number // 10) if self.quick else number


def slow(table, name, kind, peers, rate, bound, ends, raised, since):
    """Peers that say next to nothing until the handshake's deadline ends them,
    or, with max_pending at its default, others that come after them."""
    # A tenth of the peers meet a tenth of the default.
    args = RAISED if raised else ("--max-pending", 100) if table.quick else ()
    with Trial(table, name + (" raised" if raised else ""),
               f"{peers} {kind}, {rate} a second", args, bound=bound) as trial:
        flood = trial.flood(kind, peers=peers, rate=rate, seconds=60)
        result = flood.json(90)
        trial.expect_ends(result, *ends)
        if raised:
            trial.expect_span(result, since, *DEADLINE)
        trial.note(f"ends: {result['ends']}")


@attack
def c1_silent(table, size):
    for raised in (True, False):
        slow(table, "C1", "silent", size(5000), size(2000), 10 * MIB,
             ("fin", "reset"), raised, "from_attack")


@attack
def c2_slow_hello(table, size):
    for raised in (True, False):
        slow(table, "C2", "slow-hello", size(5000), size(2000), 220 * MIB,
             ("fin", "reset", "alert"), raised, "from_attack")


@attack
def c3_slow_request(table, size):
    for raised in (True, False):
        slow(table, "C3", "slow-request", size(2000), size(400), 100 * MIB,
             ("http 408", "fin", "reset"), raised, "from_connect")


@attack
def c4_slow_frame(table, size):
    peers = size(2000)
    with Trial(table, "C4", f"{peers} slow messages of 1 MiB", bound=90 * MIB) as trial:
        flood = trial.flood("slow-frame", peers=peers, rate=400, seconds=150)
        result = flood.json(160)
        trial.expect_ends(result, "close 1008")
        trial.expect_span(result, "from_attack", 59, 62)


@attack
def c5_stopped_readers(table, size):
    peers = size(1000)

    def check(says):
        trial.expect(says["ends"] == says["timeouts"] == says["abnormal"] == peers,
                     f"not all were cut by write_timeout with 1006: {says}")
        trial.expect(says["again"] > 0, "wss_send never answered WSS_ERR_AGAIN")
        trial.expect(says["most_buffered"] <= 4 * MIB, "max_send_buffer was passed")
        # write_timeout and a quarter, and how long a turn of the loop may take here.
        least, most = says["waited"]
        trial.expect(29 <= least and most <= 39, f"cut {least} to {most} s after it took some")
        trial.note(f"the publisher: {says}")

    with Trial(table, "C5", f"{peers} stopped readers, 10 MB/s to each", publisher=True,
               bound=peers * 4 * MIB * 105 // 100 + 64 * KIB * peers) as trial:
        flood = trial.flood("stopped", peers=peers, rate=400, path="/feed",
                            receive_buffer=4096, seconds=150)
        result = flood.json(160)
        trial.expect_ends(result, "fin", "reset")
        trial.says = check


@attack
def c6_pings(table, size):
    peers = size(50)
    with Trial(table, "C6", f"{peers} who ping 1,000 times a second, unread") as trial:
        flood = trial.flood("pings", "--hold", peers=peers, seconds=30)
        flood.ready()
        trial.from_here()
        trial.bound = 4 * KIB * peers + MIB
        flood.tell()
        result = flood.json()
        trial.expect_ends(result, "close 1008")
        trial.expect_span(result, "from_attack", 0, 2)


@attack
def c7_tiny_frames(table, size):
    seconds = 5 if size.quick else 20
    with Trial(table, "C7", f"8 with tiny frames for {seconds} s") as trial:
        flood = trial.flood("tiny", "--hold", peers=8, seconds=seconds + 5)
        flood.ready()
        trial.from_here()
        # What is queued for a peer that reads slowly: high water, one sealed
        # piece in flight, and what was read but not delivered.
        trial.bound = MIB + 8 * 3 * 64 * KIB
        flood.tell()
        result = flood.json()
        trial.expect(result["open"] == 8, f"ends: {result['ends']}")
        trial.note(f"{result['messages'] / seconds:,.0f} echoes a second, "
                   f"{result['bytes'] / seconds / MIB:.1f} MiB/s came in")


@attack
def c8_handshakes(table, size):
    """Below max_pending everybody is served; above it they push each other out, and
    those who wait with nothing sent are the first to go. A peer that has gone has a
    place until its turn comes: whoever finishes, and begins anew, may have two."""
    seconds = 5 if size.quick else 20
    for kind, peers, extra in (("finished", 450, []), ("abandoned", 900, ["--abandon"]),
                               ("storm", 2000, [])):
        with Trial(table, f"C8 {kind}", f"{peers} shake hands again and again",
                   bound=64 * MIB) as trial:
            with Most(trial.server.descriptors) as most:
                flood = trial.flood("handshakes", "--again", *extra, peers=peers,
                                    sources=16, seconds=seconds)
                result = flood.json()
            pending = most.value - trial.descriptors
            trial.expect(pending <= 1000 + 10, f"{pending} were pending")
            allowed = {"done", "abandoned"}
            if kind == "storm":
                allowed |= {"reset", "fin without close_notify"}
            others = set(result["ends"]) - allowed
            trial.expect(not others, f"ends of another kind: {result['ends']}")
            done = result["ends"].get("done", 0) + result["ends"].get("abandoned", 0)
            trial.expect(done > 0, "not one handshake")
            trial.note(f"{done / seconds:.0f} handshakes a second, at most {pending} "
                       f"descriptors more; ends: {result['ends']}")


@attack
def c9_records(table, size):
    connections, count = size(20), size(10000)
    for what, version in (("empty", "1.2"), ("empty", "1.3"),
                          ("renegotiation", "1.2"), ("update", "1.3")):
        with Trial(table, f"C9 {what} {version}", f"{connections} x {count} records",
                   bound=connections * 48 * KIB + MIB) as trial:
            with concurrent.futures.ThreadPoolExecutor(connections) as pool:
                ends = list(pool.map(
                    lambda _: records.flood(trial.server.port, what, version, count),
                    range(connections)))
            trial.expect(all(end != "open" for _, end in ends), f"ends: {ends}")
            # No more than 32 are suffered: of 40, the last ones find nobody.
            _, end = records.flood(trial.server.port, what, version, 40)
            trial.expect(end != "open", "still open after 40 records without data")
            trial.note(f"at most {max(sent for sent, _ in ends)} records were taken by "
                       "the kernel")


@attack
def c10_descriptors(table, size):
    """No descriptor is left: nobody spins, and it is over when they are back."""
    with Trial(table, "C10", "2,000 silent, 256 descriptors", limit=256,
               arrivals=0, bound=MIB) as trial:
        server = trial.server
        flood = trial.flood("silent", peers=2000, rate=1000, seconds=8)
        flood.ready()
        began, cpu = time.monotonic(), server.cpu()
        time.sleep(4)  # what is measured
        share = (server.cpu() - cpu) / (time.monotonic() - began)
        trial.expect(share < 0.2, f"the server uses {share:.0%} of a processor")
        trial.note(f"{server.descriptors()} descriptors in use, {share:.1%} of a processor")
        flood.json()
        released = time.monotonic()
        visitor = records.Client(server.port, "1.3")
        took = time.monotonic() - released
        visitor.socket.close()
        trial.expect(took < 1, f"a new client waited {took:.1f} s")
        trial.note(f"a new client is in {took * 1e3:.0f} ms after the release")


@attack
def c10_open(table, size):
    """The same by peers that open their connections and stay."""
    with Trial(table, "C10 open", "2,000 open, 256 descriptors", limit=256,
               arrivals=0, bound=256 * 57 * KIB) as trial:
        server = trial.server
        flood = trial.flood("idle", peers=2000, rate=500, seconds=20)
        flood.ready()
        began, cpu = time.monotonic(), server.cpu()
        time.sleep(4)  # what is measured
        share = (server.cpu() - cpu) / (time.monotonic() - began)
        trial.expect(share < 0.2, f"the server uses {share:.0%} of a processor")
        result = flood.json()
        released = time.monotonic()
        visitor = records.Client(server.port, "1.3")
        took = time.monotonic() - released
        visitor.socket.close()
        trial.expect(took < 1, f"a new client waited {took:.1f} s")
        trial.note(f"{result['open']} stayed, {share:.1%} of a processor; ends: "
                   f"{result['ends']}; a new client is in {took * 1e3:.0f} ms after "
                   "the release")


@attack
def c11_at_once(table, size):
    """More than the backlog of 511 holds, and most of them more than max_pending."""
    peers = size(4096)
    for kind, extra, bound in (("silent", [], 10 * MIB), ("handshakes", ["--leave"], 64 * MIB),
                               ("idle", [], peers * 57 * KIB)):
        with Trial(table, f"C11 {kind}", f"{peers} connect at once", bound=bound) as trial:
            dropped = overflows()
            flood = trial.flood(kind, *extra, peers=peers, seconds=30)
            if kind == "idle":
                ready = flood.ready()
                flood.end_of_input()
                result = flood.json()
                took = result["seconds"]
                trial.expect(ready == result["open"] > 0, f"{result}")
                trial.note(f"{ready} opened; ends of others: {result['ends']}")
            else:
                result = flood.json()
                took = result["last_end"]
                dropped = overflows() - dropped
                # Who is silent and has been dropped waits for an answer in vain.
                lost = dropped if kind == "silent" else 0
                trial.expect(result["open"] <= lost, f"{result['open']} without an answer")
                trial.note(f"ends: {result['ends']}; {result['open']} open, the kernel "
                           f"dropped {dropped} at the backlog")
            trial.expect(took <= 20, "it took longer than 20 s")
            trial.note(f"all answered or closed after {took:.1f} s")


@attack
def b7_fragments(table, size):
    peers = size(200)
    with Trial(table, "B7", f"{peers} x 10^6 fragments of 0 or 1 byte") as trial:
        flood = trial.flood("fragments", "--hold", peers=peers, seconds=60)
        flood.ready()
        trial.from_here()
        trial.bound = peers * 8 * KIB + MIB
        flood.tell()
        result = flood.json(90)
        # Who goes on sending may lose what it has not read to the reset.
        trial.expect_ends(result, "close 1008", "reset")
        trial.note(f"ends: {result['ends']}")
        # The peers' ends come before the server's records of them.
        until(lambda: trial.log_lines("max_fragments") == peers,
              "max_fragments as each one's cause")


@attack
def b10_after_the_end(table, size):
    peers = size(50)
    for kind in ("after-error", "after-close"):
        with Trial(table, f"B10 {kind}", f"{peers} x 100 MiB") as trial:
            flood = trial.flood(kind, "--hold", peers=peers, seconds=60)
            flood.ready()
            trial.from_here()
            trial.bound = peers * 64 * KIB + MIB
            flood.tell()
            result = flood.json(90)
            ends = ("close 1002",) if kind == "after-error" else ("close 1005", "close 1000")
            trial.expect_ends(result, *ends, "reset")
            trial.expect_span(result, "from_attack", 0, 5)
            trial.note(f"{result['bytes'] / peers / KIB:.0f} KiB each were taken; ends: "
                       f"{result['ends']}")


@attack
def b11_garbage(table, size):
    peers = size(10000)
    for kind, ends in (("random", ("alert", "http 400")), ("http", ("http 400",)),
                       ("tls10", ("alert 70",)), ("tls11", ("alert 70",)),
                       ("ssl2", ("alert",)), ("pieces", ("alert",)),
                       ("huge-hello", ("alert",))):
        with Trial(table, f"B11 {kind}", f"{peers}, 2,000 a second",
                   bound=200 * 48 * KIB) as trial:
            flood = trial.flood(kind, peers=peers, rate=2000, seconds=60)
            result = flood.json(90)
            trial.expect_ends(result, *ends)
            trial.expect_span(result, "from_attack", 0, 1)
            trial.note(f"ends: {result['ends']}")


# What a quick run leaves out: their deadlines are as long for a few as for many.
LONG = {"c4_slow_frame", "c5_stopped_readers", "c2_slow_hello", "c3_slow_request"}


def meant(given, name):
    """Whether an attack has that name, or its first or its other words: c1 or
    silent, which is not c10."""
    first, _, others = name.partition("_")
    return given.lower() in (name, first, others)


def main():
    quick = "--quick" in sys.argv
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    unknown = [name for name in names if not any(meant(name, each) for each in attacks)]
    if unknown:
        sys.exit(f"attack.py: no attack {unknown}; there are {', '.join(attacks)}")
    table = Table(quick, os.path.join(os.environ["WSS_BUILD"], "logs"))
    for name, function in attacks.items():
        if names and not any(meant(each, name) for each in names):
            continue
        if quick and not names and name in LONG:
            continue
        function(table, Size(quick))
    return table.end()


if __name__ == "__main__":
    sys.exit(main())
