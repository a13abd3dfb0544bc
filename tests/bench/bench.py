#!/usr/bin/env python3
"""Measures libwss against the floor and other servers; run.sh builds it all.

Servers are on processor 0 and clients on processor 1. Each round measures all
peers, one after the other, so that what disturbs one disturbs all; what is
compared is the floor's figure divided by the peer's of the same round.
"""

import argparse
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "attack"))

import report  # noqa: E402
import rig  # noqa: E402
from shapes import PEERS, SHAPES  # noqa: E402

PATIENCE = 180  # seconds for any one measurement
BACK = 5  # seconds after which memory has been given back, or not
SPAN = 3  # seconds in which latency is measured, from the storm's beginning on
STORM = ["--messages", 2000, "--together", 2000]


def built(name):
    return os.path.join(os.environ["WSS_BENCH_BUILD"], name)


def pinned(core, command):
    alone = os.cpu_count() < 2
    return ([] if alone else ["taskset", "-c", str(core)]) + [
        str(word) for word in command]


def most_connections():
    """What the biggest shape needs, if there are the descriptors."""
    return min(16000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 64)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server(rig.Program):
    def __init__(self, peer, *options):
        command = {
            "floor": [built("tests/bench/floor")],
            "libwss": [built("examples/echo"), "--quiet", "--host", "127.0.0.1",
                       "--max-message", 16 << 20, "--max-connections",
                       most_connections(), "--max-pending", 4000],
            "lws": [built("tests/bench/lws")],
            "ws": ["node", os.path.join(HERE, "ws.js")],
        }[peer]
        self.peer = peer
        self.port = free_port()
        pki = os.environ["WSS_PKI"]
        super().__init__(pinned(0, [
            *command, "--port", self.port, "--cert", os.path.join(pki, "server.pem"),
            "--key", os.path.join(pki, "server.key"), *options]), os.environ["WSS_BENCH_LOG"])
        self.pid = self.process.pid  # taskset becomes the server
        try:
            self.line()
        except rig.Failure:
            self.kill()
            raise

    def rss(self):
        """Resident memory in KiB."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise rig.Failure("the server has ended")


class Load(rig.Program):
    def __init__(self, server, mode, options, nice=0):
        super().__init__(["nice", "-n", str(nice)] + pinned(1, [
            built("tests/bench/load"), mode, "--port", server.port, "--pid", server.pid,
            *options]), os.environ["WSS_BENCH_LOG"])

    def figures(self):
        answer = self.json(PATIENCE)
        if "error" in answer:
            raise rig.Failure(answer["error"])
        return answer


def measure_cpu(server, shape):
    load = Load(server, shape.kind, shape.load)
    try:
        figures = load.figures()
    finally:
        load.kill()
    if figures.get("lost"):
        raise rig.Failure(f"{figures['lost']} handshakes failed")
    note = None
    if "--resume" in shape.load:
        note = f"{100 * figures['resumed'] // figures['handshakes']} % resumed"
    return figures["cpu_ns"] / 1000, note


def measure_idle(server, shape, back_after=BACK):
    # Code and tables that the first connections bring into memory are not
    # what one more of them takes.
    warm = Load(server, "idle", ("--connections", 50, "--together", 50))
    try:
        warm.figures()
        warm.end_of_input()
        warm.figures()
        warm.ended(PATIENCE)
    finally:
        warm.kill()
    before = server.rss()
    load = Load(server, "idle", shape.load)
    try:
        held = load.figures()["ready"]
        full = server.rss()
        load.end_of_input()
        load.figures()
        load.ended(PATIENCE)
    finally:
        load.kill()
    time.sleep(back_after)
    back = (full - server.rss()) / max(1, full - before)
    return (full - before) / held, f"{100 * back:.0f} % given back"


def measure_latency(server, shape):
    load = Load(server, "latency", shape.load)
    storm = None
    note = None
    try:
        load.figures()
        if shape.name == "latency-storm":
            # The clients of the storm let those go first that are measured.
            storm = Load(server, "handshakes", STORM, nice=5)
        time.sleep(SPAN)
        if storm is not None:
            # Clients that get no processor do not make a storm.
            if storm.process.poll() is None:
                raise rig.Failure(f"the storm was not over after {SPAN} s")
            figures = storm.figures()
            note = f"in {figures['handshakes'] / figures['per_second']:.1f} s"
            if figures["lost"]:
                note += f", {figures['lost']} lost"
        load.end_of_input()
        return load.figures()["echo"]["p99"] * 1000, note
    finally:
        load.kill()
        if storm is not None:
            storm.kill()


MEASURES = {"echo": measure_cpu, "handshakes": measure_cpu, "idle": measure_idle,
            "latency": measure_latency}


class Result:
    """The figures of a shape: for each peer a list, one for each round."""

    def __init__(self, shape, peers):
        self.shape = shape
        self.values = {peer: [] for peer in peers}
        self.notes = {}
        self.errors = {}

    def median(self, peer):
        known = [value for value in self.values.get(peer, []) if value is not None]
        return statistics.median(known) if known else None

    def ratios(self, peer):
        pairs = zip(self.values.get("floor", []), self.values.get(peer, []))
        return [floor / value for floor, value in pairs
                if floor is not None and value]

    def json(self):
        return {"shape": self.shape.name, "unit": self.shape.unit,
                "values": self.values, "notes": self.notes, "errors": self.errors}


def measure(result, peer, server):
    try:
        value, note = MEASURES[result.shape.kind](server, result.shape)
    except rig.Failure as failure:
        result.errors[peer] = str(failure)
        value, note = None, None
        print(f"  {peer}: {failure}", file=sys.stderr)
    result.values[peer].append(value)
    if note is not None:
        result.notes[peer] = note


def measure_shape(shape, peers, rounds):
    result = Result(shape, peers)
    servers = {}
    try:
        for _ in range(min(rounds, shape.rounds)):
            for peer in peers:
                if peer not in servers:
                    servers[peer] = Server(peer)
                measure(result, peer, servers[peer])
                if shape.kind == "idle":  # memory wants a new server
                    servers.pop(peer).kill()
    finally:
        for server in servers.values():
            server.kill()
    return result


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def circumstances(rounds):
    model = "an unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    modules = os.path.join(os.environ["WSS_NODE_MODULES"], "ws", "package.json")
    with open(modules, encoding="utf-8") as package:
        ws = json.load(package)["version"]
    return (f"{model}, {os.cpu_count()} processors, Linux {os.uname().release}; "
            f"{output_of(built('examples/echo'), '--version').replace('echo of ', '')}, "
            f"{' '.join(output_of('openssl', 'version').split()[:2])}, libwebsockets "
            f"{output_of('pkg-config', '--modversion', 'libwebsockets').rstrip('-')}, "
            f"node {output_of('node', '--version')} with ws {ws}; "
            f"{rounds} rounds, {time.strftime('%Y-%m-%d', time.gmtime())}.")


def parse():
    names = [shape.name for shape in SHAPES]
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default=",".join(PEERS),
                        help="a list with commas; the floor is always in it")
    parser.add_argument("--build", help="a build folder to take as it is")
    parser.add_argument("--docs", help="where results.md and bench.svg go")
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=" ".join(names))
    options = parser.parse_args()
    options.peers = options.peers.split(",")
    unknown = (set(options.peers) - set(PEERS)) | (set(options.shapes) - set(names))
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    options.peers = [peer for peer in PEERS if peer in {"floor", *options.peers}]
    options.shapes = [shape for shape in SHAPES
                      if not options.shapes or shape.name in options.shapes]
    return options


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # and end all servers
    results = []
    report.print_head(options.peers)
    for shape in options.shapes:
        results.append(measure_shape(shape, options.peers, options.rounds))
        report.print_row(results[-1], options.peers)
    with open(os.path.join(os.environ["WSS_BENCH_OUT"], "results.json"), "w",
              encoding="utf-8") as file:
        json.dump([result.json() for result in results], file, indent=1)
    whole = options.peers == PEERS and options.shapes == SHAPES
    folder = options.docs or (os.path.join(HERE, "..", "..", "docs") if whole
                              else os.environ["WSS_BENCH_OUT"])
    report.write(folder, results, options.peers, circumstances(options.rounds))
    print(f"\nwritten to {os.path.normpath(folder)}: bench-results.md, bench.svg")
    return any({"floor", "libwss"} & set(result.errors) for result in results)


if __name__ == "__main__":
    sys.exit(main())
