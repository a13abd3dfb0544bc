#include "programs/tell.h"

#include <stdio.h>

#include "programs/options.h"

void wss__tell_finding(const wss_finding *finding, void *user) {
  static const char *const words[] = {"note", "warning", "error"};
  wss__tally *tally = user;
  tally->counts[finding->severity]++;
  if (tally->quiet && finding->severity == WSS_FINDING_NOTE)
    return;
  (void)printf("%s %s: %s.\n", words[finding->severity],
               wss_err_name(finding->code), finding->message);
  if (finding->severity != WSS_FINDING_NOTE)
    (void)printf("  remedy: %s.\n", finding->remedy);
}

void wss__tell_findings(const wss__findings *findings, wss__tally *tally) {
  wss__findings_each(findings, wss__tell_finding, tally);
}

int wss__tell_verdict(const wss__tally *tally) {
  size_t errors = tally->counts[WSS_FINDING_ERROR];
  size_t warnings = tally->counts[WSS_FINDING_WARNING];
  if (errors + warnings > 0)
    (void)printf("%zu error%s, %zu warning%s.\n", errors,
                 errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
  else if (!tally->quiet)
    (void)printf("Nothing is wrong.\n");
  if (errors > 0)
    return CHECK_ERRORS;
  return warnings > 0 ? CHECK_WARNINGS : CHECK_FINE;
}

void wss__tell_bytes(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    (void)putchar(byte < 0x20 || byte > 0x7e ? '?' : byte);
  }
}
