#!/usr/bin/env python3
"""Connections that are open and idle, held for a while on a release build of the
echo example: hold.py [CONNECTIONS [MINUTES]]. tests/nightly/hold.sh builds what
this needs.

Each of them answers the server's Pings. Asserted is that none is lost, that
every one is pinged as often as it should be, what memory each takes, and that
this is all given back.
"""

import os
import sys
import time

from rig import MIB, Table, Trial

KIB = 1024

# docs/security.md: its struct of about 1 KiB and the keys.
EACH = 2 * KIB
PING_INTERVAL = 25  # seconds, the default
PER_PROCESS = 5000
RATE = 100  # connects a second of each process
MOST = 19800  # that RLIMIT_NOFILE, 20,000 in many containers, leaves room for


def hold(trial, connections, minutes):
    server = trial.server
    shares = [min(PER_PROCESS, connections - at) for at in range(0, connections, PER_PROCESS)]
    opening = connections / (RATE * len(shares))
    floods = [trial.flood("idle", peers=share, rate=RATE, sources=4,
                          seconds=minutes * 60 + 2 * opening + 120) for share in shares]
    ready = sum(flood.ready(2 * opening + 60) for flood in floods)
    trial.expect(ready == connections, f"{ready} could open")

    server.heap()  # frees what only the handshakes took
    each = (server.rss() - trial.idle) / connections
    began, cpu = time.monotonic(), server.cpu()
    time.sleep(minutes * 60)  # what is measured
    share = (server.cpu() - cpu) / (time.monotonic() - began)
    later = (server.rss() - trial.idle) / connections

    for flood in floods:
        flood.end_of_input()
    results = [flood.json() for flood in floods]
    trial.expect(all(not result["ends"] for result in results),
                 f"lost: {[result['ends'] for result in results]}")
    pings = sum(result["pings"] for result in results)
    least = (int(minutes * 60) // PING_INTERVAL - 1) * connections
    trial.expect(pings >= least, f"{pings} Pings came, not {least}")
    trial.expect(max(each, later) <= EACH, f"a connection takes {max(each, later):.0f} bytes")
    trial.note(f"{each / KIB:.1f} KiB for each when all were open, {later / KIB:.1f} KiB at "
               f"the end; {pings / connections:.1f} Pings for each; {share:.1%} of a "
               "processor, the echoes of 100 messages a second included")


def main():
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    if connections > MOST:
        sys.exit(f"hold.py: at most {MOST} connections")
    table = Table(False, os.path.join(os.environ["WSS_BUILD"], "logs"))
    # Handshakes take more, but only a few are under way at a time.
    with Trial(table, "hold", f"{connections} idle for {minutes:g} minutes",
               ("--max-connections", connections + 150), rate=1,
               bound=connections * EACH + 2 * MIB) as trial:
        hold(trial, connections, minutes)
    return table.end()


if __name__ == "__main__":
    sys.exit(main())
