/* wss-check: what is wrong with the set-up of a wss:// server. */
#include <stdio.h>

#include "programs/look.h"
#include "programs/make.h"
#include "programs/options.h"
#include "programs/tell.h"
#include "wss/wss.h"

static int check_files(const wss__check_options *options) {
  const wss_ssl_context ssl = {.local_cert = options->cert,
                               .local_pk = options->key,
                               .passphrase = options->passphrase};
  wss__tally tally = {.quiet = options->quiet};
  int err = wss_check_ssl_context(&ssl, wss__tell_finding, &tally);
  if (err < 0) {
    (void)fprintf(stderr, "wss-check: %s.\n", wss_strerror(err));
    return CHECK_ERRORS;
  }
  return wss__tell_verdict(&tally);
}

int main(int argc, char **argv) {
  wss__check_options options;
  int status;
  (void)argc;
  if (!wss__check_options_parse(&options, argv, &status))
    return status;
  if (options.make != NULL)
    return wss__make(&options);
  return options.cert != NULL ? check_files(&options) : wss__look(&options);
}
