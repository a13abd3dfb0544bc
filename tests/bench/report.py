"""The table on the screen, the same as Markdown, and the chart."""

import os
import statistics
from xml.sax.saxutils import escape

TITLES = {"floor": "floor", "libwss": "libwss", "lws": "libwebsockets", "ws": "ws (node)"}
COLOURS = {"libwss": "#2563eb", "lws": "#d97706", "ws": "#6b7280"}


def figure(value, unit):
    if value is None:
        return "-"
    return f"{value:,.3g} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def ratio(result, peer):
    ratios = result.ratios(peer)
    return statistics.median(ratios) if ratios else None


def cell(result, peer):
    if peer == "floor":
        text = figure(result.median(peer), result.shape.unit)
    else:
        ratios = result.ratios(peer)
        text = "-" if not ratios else f"{statistics.median(ratios):.2f}"
        if len(ratios) > 1:
            text += f" ({min(ratios):.2f}-{max(ratios):.2f})"
    note = result.notes.get(peer)
    return f"{text}, {note}" if note else text


# ---- Screen ----

WIDE = 40
NARROW = 34


def print_head(peers):
    print(f"{'':{WIDE}}" + "".join(f"{TITLES[peer]:<{NARROW}}" for peer in peers))


def print_row(result, peers):
    print(f"{result.shape.title:<{WIDE}}" +
          "".join(f"{cell(result, peer):<{NARROW}}" for peer in peers), flush=True)


# ---- Markdown ----

KINDS = [
    ("echo", "Echoes", "Time of the processor for a message."),
    ("handshakes", "Handshakes",
     "Time of the processor for a connection that comes and goes."),
    ("idle", "Idle connections", "Resident memory for each, and how much of it is "
     "given back five seconds after the last has gone."),
    ("latency", "Latency", "The 99th percentile."),
]


def markdown(results, peers, circumstances):
    yield "# Results of the benchmarks\n"
    yield ("Written by `tests/bench/run.sh`; [bench.md](bench.md) says what is measured "
           "and how. The floor's column is a figure; the others are the floor's figure "
           "divided by theirs: 1.00 is as good as the floor, higher is better, and the "
           "least and the most of all rounds are in brackets.\n")
    yield f"{circumstances}\n"
    yield "![The same as a chart](bench.svg)\n"
    for kind, title, text in KINDS:
        rows = [result for result in results if result.shape.kind == kind]
        if not rows:
            continue
        yield f"## {title}\n\n{text}\n"
        yield "| | " + " | ".join(TITLES[peer] for peer in peers) + " |"
        yield "| --- |" + " --- |" * len(peers)
        for result in rows:
            yield (f"| {result.shape.title} | " +
                   " | ".join(cell(result, peer) for peer in peers) + " |")
        yield ""
    for result in results:
        for peer, error in result.errors.items():
            yield f"{TITLES[peer]}, {result.shape.title}: a round failed ({error}).\n"


# ---- Chart ----

LEFT, WIDTH, BAR, GAP, TOP = 300, 460, 9, 12, 50
MOST = 3.0  # what is drawn; a longer bar is cut, and its figure stands beside it


def bar(y, peer, value):
    length = min(value, MOST) / MOST * WIDTH
    yield (f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 1}" '
           f'fill="{COLOURS[peer]}"/>')
    yield (f'<text x="{LEFT + length + 4:.1f}" y="{y + BAR - 1}" font-size="9">'
           f'{value:.2f}</text>')


def svg(results, peers):
    peers = [peer for peer in peers if peer != "floor"]
    step = BAR * len(peers) + GAP
    height = TOP + step * len(results) + 10
    one = LEFT + WIDTH / MOST
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 60} '
           f'{height}" font-family="sans-serif" font-size="12">')
    yield '<rect width="100%" height="100%" fill="#fff"/>'
    yield (f'<text x="{LEFT}" y="16">The floor\'s cost divided by the server\'s: '
           f'higher is better</text>')
    for i, peer in enumerate(peers):
        yield (f'<rect x="{LEFT + 130 * i}" y="26" width="10" height="10" '
               f'fill="{COLOURS[peer]}"/><text x="{LEFT + 130 * i + 14}" y="35">'
               f'{escape(TITLES[peer])}</text>')
    for row, result in enumerate(results):
        y = TOP + step * row
        yield (f'<text x="{LEFT - 8}" y="{y + BAR * len(peers) / 2 + 4}" '
               f'text-anchor="end">{escape(result.shape.title)}</text>')
        for i, peer in enumerate(peers):
            value = ratio(result, peer)
            if value is not None:
                yield from bar(y + BAR * i, peer, value)
    yield (f'<line x1="{one:.1f}" y1="{TOP - 6}" x2="{one:.1f}" y2="{height - 10}" '
           f'stroke="#111" stroke-dasharray="3 3"/>')
    yield "</svg>"


def write(folder, results, peers, circumstances):
    with open(os.path.join(folder, "bench-results.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(markdown(results, peers, circumstances)).rstrip() + "\n")
    with open(os.path.join(folder, "bench.svg"), "w", encoding="utf-8") as file:
        file.write("\n".join(svg(results, peers)) + "\n")
