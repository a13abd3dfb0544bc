#!/usr/bin/env python3
"""docs/tls.md against the SSL contexts: each option of PHP's and each field of
wss_ssl_context has a row in a table there, and what has a row for being an
option is a field. So nothing is silently ignored."""
import re

import source

DOCUMENT = "docs/tls.md"
HEADER = "include/wss/wss.h"

# What PHP's manual lists, and what its source reads beyond that.
PHP = """
SNI_enabled SNI_server_certs allow_self_signed alpn_protocols cafile capath
capture_peer_cert capture_peer_cert_chain ciphers crypto_method dh_param
disable_compression ecdh_curve honor_cipher_order local_cert local_pk
max_proto_version min_proto_version no_ticket num_tickets passphrase
peer_fingerprint peer_name reneg_limit reneg_limit_callback reneg_window
rsa_key_size security_level session_cache session_context_id session_data
session_get_cb session_new_cb session_timeout single_dh_use verify_depth
verify_peer verify_peer_name
""".split()

STRUCT = re.compile(r"typedef struct wss_ssl_context \{(.*?)\} wss_ssl_context;", re.S)
FIELD = re.compile(r"(\w+)(?:\[\d+\])?;")
HOOK = re.compile(r"\(\*(\w+)\)\(")
ROW = re.compile(r"^\| (`\w+`[^|]*) \|", re.M)
# Tables of options, by their heads.
OPTIONS = re.compile(r"^\| option \|.*?(?=^[^|]|\Z)", re.M | re.S)
OTHERS = re.compile(r"^\| option of PHP \|.*?(?=^[^|]|\Z)", re.M | re.S)


def fields(text):
    match = STRUCT.search(text)
    body = source.code(match.group(1)) if match else ""
    names = set(FIELD.findall(body) + HOOK.findall(body))
    return {name for name in names if not name.startswith("reserved")}


def rows(text, table):
    """name: line, of the names in the first column of such tables."""
    found = {}
    for match in table.finditer(text):
        for row in ROW.finditer(match.group()):
            line = source.line_at(text, match.start() + row.start())
            for name in re.findall(r"`([a-zA-Z]\w+)`", row.group(1)):
                found[name] = line
    return found


def check(root):
    text = source.read(root, DOCUMENT)
    known = fields(source.read(root, HEADER))
    options, others = rows(text, OPTIONS), rows(text, OTHERS)
    for name in sorted(known - options.keys()):
        yield DOCUMENT, 1, f"wss_ssl_context has {name}, which has no row"
    for name in sorted(set(PHP) - options.keys() - others.keys()):
        yield DOCUMENT, 1, f"PHP has {name}, which has no row"
    for name, line in sorted(options.items()):
        if name not in known:
            yield DOCUMENT, line, f"wss_ssl_context has no {name}"
    for name, line in sorted(others.items()):
        if name in known:
            yield DOCUMENT, line, f"wss_ssl_context has {name}"


if __name__ == "__main__":
    source.main(check)
