#include "programs/options.h"

#include <stdio.h>
#include <string.h>

#include "wss/wss.h"

static const char usage[] =
    "usage: wss-check --cert FILE [--key FILE] [--passphrase S]\n"
    "       wss-check HOST:PORT [--name NAME] [--ca FILE] [--address IP]\n"
    "                 [--path PATH]\n"
    "       wss-check --make FOLDER [NAME...]\n"
    "\n"
    "Looks through the set-up of a wss:// server, and says what is wrong, "
    "what\n"
    "that means and what can be done about it.\n"
    "\n"
    "Files, as wss_listen would take them:\n"
    "  --cert FILE      certificate and its chain (PEM)\n"
    "  --key FILE       private key, if it is not in --cert's file\n"
    "  --passphrase S   of the private key\n"
    "\n"
    "A server that runs, as a client would see it, with TLS 1.2 and 1.3:\n"
    "  HOST:PORT        [ADDRESS]:PORT for IPv6\n"
    "  --name NAME      the name that clients know it by, if it is not HOST\n"
    "  --ca FILE        roots to trust (PEM), in place of the system's\n"
    "  --address IP     where to connect, in place of HOST's address\n"
    "  --path PATH      of the WebSocket, / by default\n"
    "It takes ten seconds at most.\n"
    "\n"
    "Certificates for development: makes FOLDER/server.pem and server.key for\n"
    "the names (localhost, 127.0.0.1 and ::1 without any) and a CA of your "
    "own,\n"
    "FOLDER/ca.pem, that browsers can be told to trust. What is there and "
    "good\n"
    "for 30 days more is kept.\n"
    "  --make FOLDER\n"
    "\n"
    "  --quiet          no notes, and nothing about what is fine\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 nothing, or notes; 1 warnings (some clients will refuse);\n"
    "2 errors; 3 a wrong command line.\n"
    "Every finding is explained in docs/check.md.\n";

struct option {
  const char *name;
  const char **value; /* NULL: a switch */
};

static bool complain(const char *name, const char *what) {
  (void)fprintf(stderr, "wss-check: %s %s; see --help.\n", name, what);
  return false;
}

/* HOST:PORT or [ADDRESS]:PORT. */
static bool parse_target(wss__check_options *options, const char *text) {
  const char *colon = strrchr(text, ':');
  size_t length = colon == NULL ? 0 : (size_t)(colon - text);
  bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
  if (colon == NULL || length == 0 || strspn(colon + 1, "0123456789") == 0 ||
      colon[1 + strspn(colon + 1, "0123456789")] != '\0' ||
      strlen(colon + 1) > 5)
    return complain(text, "is not HOST:PORT");
  if (!brackets && memchr(text, ':', length) != NULL)
    return complain(text, "is not [ADDRESS]:PORT");
  if (brackets) {
    text++;
    length -= 2;
  }
  if (length >= sizeof options->host)
    return complain(text, "is longer than a name can be");
  memcpy(options->host, text, length);
  options->host[length] = '\0';
  (void)snprintf(options->port, sizeof options->port, "%s", colon + 1);
  return true;
}

static bool parse_option(const struct option *known, char ***at, bool *quiet) {
  const char *arg = **at;
  size_t length = strcspn(arg, "=");
  for (; known->name != NULL; known++) {
    if (strlen(known->name) != length || strncmp(known->name, arg, length) != 0)
      continue;
    if (known->value == NULL) {
      *quiet = true;
      return arg[length] == '\0' || complain(known->name, "takes no value");
    }
    const char *value = arg[length] == '=' ? arg + length + 1 : *++*at;
    if (value == NULL || *value == '\0')
      return complain(known->name, "needs a value");
    *known->value = value;
    return true;
  }
  return complain(arg, "is not an option");
}

/* What may stand in a request's first line. */
static bool is_path(const char *text) {
  const char *at = text;
  while (*at > 0x20 && *at < 0x7f)
    at++;
  return text[0] == '/' && *at == '\0';
}

/* Exactly one of the three things to do, and only what goes with it. */
static bool fits(const wss__check_options *options, size_t words) {
  bool files = options->cert != NULL;
  bool make = options->make != NULL;
  bool live = !make && words > 0;
  bool of_live = options->ca != NULL || options->name != NULL ||
                 options->address != NULL || options->path != NULL;
  bool of_files = options->key != NULL || options->passphrase != NULL;
  if (files + make + live != 1)
    return complain("wss-check",
                    "needs one of --cert FILE, HOST:PORT and --make FOLDER");
  if (words > 1 && !make)
    return complain(options->names[1], "is one server too many");
  if (of_files && !files)
    return complain("--key and --passphrase", "go with --cert");
  if (of_live && !live)
    return complain("--name, --ca, --address and --path", "go with HOST:PORT");
  if (options->path != NULL && !is_path(options->path))
    return complain("--path", "begins with / and has no spaces");
  return true;
}

bool wss__check_options_parse(wss__check_options *options, char **argv,
                              int *status) {
  const struct option known[] = {{"--cert", &options->cert},
                                 {"--key", &options->key},
                                 {"--passphrase", &options->passphrase},
                                 {"--ca", &options->ca},
                                 {"--name", &options->name},
                                 {"--address", &options->address},
                                 {"--path", &options->path},
                                 {"--make", &options->make},
                                 {"--quiet", NULL},
                                 {NULL, NULL}};
  size_t words = 0;
  memset(options, 0, sizeof *options);
  *status = CHECK_USAGE;
  options->names = argv + 1; /* words are moved together there */
  for (argv++; *argv != NULL; argv++) {
    if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "--version") == 0) {
      bool help = strcmp(*argv, "--help") == 0;
      (void)printf("%s%s%s", help ? usage : "wss-check of libwss ",
                   help ? "" : wss_version(), help ? "" : "\n");
      *status = CHECK_FINE;
      return false;
    }
    if (**argv != '-')
      options->names[words++] = *argv;
    else if (!parse_option(known, &argv, &options->quiet))
      return false;
  }
  options->names[words] = NULL;
  if (!fits(options, words))
    return false;
  if (options->make != NULL || options->cert != NULL)
    return true;
  const char *target = options->names[0];
  return target != NULL && parse_target(options, target);
}
