#!/bin/sh
# Installs what libwss needs, where the system is Debian or Ubuntu; elsewhere
# names the packages. A second run finds everything there and does nothing.
#
#   deps.sh build     what the library and the examples need
#   deps.sh test      that, and what the tests need
#   deps.sh bench     what the library and the benchmarks need
#   deps.sh mbedtls   prints the path of the Mbed TLS source that "build" got;
#                     prints nothing where the system's own Mbed TLS will do
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/libwss
floor=$(sed -n 's/^set(WSS_MBEDTLS_FLOOR \(.*\))$/\1/p' "$here/mbedtls.cmake")

build_packages='gcc libc6-dev cmake ninja-build pkg-config libuv1-dev openssl
  ca-certificates'
# The first makes TLS records faster; only some architectures have it. The others
# make handshakes faster, and are wanted only where Mbed TLS is built here.
build_wishes='libipsec-mb-dev'
mbedtls_wishes='nettle-dev libgmp-dev libsodium-dev python3-jinja2
  python3-jsonschema'
# libmbedtls-dev is the "other Mbed TLS" of a test, libwss is not built on it.
test_packages='g++ clang clang-format clang-tidy clang-tools libclang-rt-dev
  llvm cppcheck gcovr valgrind git libcmocka-dev libmbedtls-dev libssl-dev curl
  gnutls-bin nginx-light python3 python3-cryptography python3-websockets chromium
  libnss3-tools'
bench_packages='libssl-dev libwebsockets-dev python3'

say() { printf 'deps: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

elsewhere() {
  say "this system has no apt-get; install these and build with cmake:"
  say "  Fedora: gcc cmake ninja-build pkgconf libuv-devel openssl" \
    "mbedtls-devel (faster: intel-ipsec-mb-devel; with a Mbed TLS built here nettle-devel gmp-devel libsodium-devel python3-jinja2 python3-jsonschema), for the tests gcc-c++ clang clang-tools-extra" \
    "clang-analyzer compiler-rt llvm cppcheck gcovr valgrind libcmocka-devel openssl-devel curl gnutls-utils nginx nodejs npm python3-cryptography python3-websockets chromium nss-tools"
  say "  Alpine: build-base cmake ninja pkgconf libuv-dev openssl" \
    "mbedtls-dev (faster with a Mbed TLS built here: nettle-dev gmp-dev libsodium-dev py3-jinja2 py3-jsonschema), for the tests clang clang-extra-tools clang-analyzer" \
    "compiler-rt llvm" \
    "cppcheck gcovr valgrind cmocka-dev openssl-dev curl gnutls-utils nginx nodejs npm py3-cryptography py3-websockets chromium nss-tools"
  say "  macOS (Homebrew): cmake ninja pkgconf libuv openssl mbedtls@3, for" \
    "the tests llvm cppcheck gcovr cmocka gnutls nginx node python"
  die "Mbed TLS must be $floor or a later 3.x; for an older one give its" \
    "source to cmake with -DWSS_MBEDTLS_SOURCE=FILE"
}

# --- packages -----------------------------------------------------------------

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    die "not root, and there is no sudo; as root run: $*"
  fi
}

# apt talks much; it is heard only when it fails.
quietly() {
  "$@" >"$tmp/log" 2>&1 </dev/null || { cat "$tmp/log" >&2; return 1; }
}

installed() {
  dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

install_missing() {
  missing=
  for package in "$@"; do
    installed "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "installing$missing"
  quietly as_root apt-get -o DPkg::Lock::Timeout=600 update || true
  # shellcheck disable=SC2086 # the list is meant to be split
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get \
    -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing ||
    die "apt-get could not install$missing"
}

# Only what this system has; without it the build does without.
install_wishes() {
  wanted=
  for package in "$@"; do
    installed "$package" && continue
    apt-cache show "$package" >/dev/null 2>&1 && wanted="$wanted $package"
  done
  # shellcheck disable=SC2086 # the list is meant to be split
  (install_missing $wanted) || say "going on without$wanted"
}

# --- Mbed TLS -----------------------------------------------------------------

cached_mbedtls() {
  for tarball in "$cache"/mbedtls-3.6.*.tar.bz2; do
    version=${tarball##*/mbedtls-}
    version=${version%.tar.bz2}
    [ -f "$tarball" ] && at_least "$version" "$floor" && echo "$tarball"
  done | sort -V | tail -n 1
}

# The version of libmbedtls-dev that this system has or would install.
system_mbedtls_fits() {
  version=$(apt-cache policy libmbedtls-dev 2>/dev/null |
    sed -n 's/^ *Candidate: *//p')
  case $version in 3.*) at_least "$version" "$floor" ;; *) false ;; esac
}

# The machine's own sources of its own release ($1, a pattern of suite names),
# turned into source-package entries of another suite ($2), so that mirror,
# proxy and signing keys stay the administrator's choice.
other_suite() {
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk -v old="$1" -v new="$2" 'BEGIN { RS = ""; FS = "\n"; ORS = "\n\n" }
      /(^|\n)Enabled: *no/ || !/(^|\n)Components:[^\n]*main/ { next }
      {
        out = ""; wanted = 0
        for (i = 1; i <= NF; i++) {
          line = $i
          if (line ~ /^#/) continue
          if (line ~ /^Types:/) line = "Types: deb-src"
          if (line ~ /^Suites:/) {
            n = split(substr(line, 8), suite, " ")
            line = "Suites:"
            for (j = 1; j <= n; j++)
              if (suite[j] ~ "^(" old ")(-updates|-security)?$") {
                sub("^(" old ")", new, suite[j])
                line = line " " suite[j]
                wanted = 1
              }
          }
          out = out line "\n"
        }
        if (wanted) print out
      }' "$file"
  done >"$tmp/etc/sources.list.d/other.sources"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -nE "s/^deb[[:space:]]+((\\[[^]]*\\][[:space:]]+)?[^[:space:]]+[[:space:]]+)($1)(-updates|-security)?([[:space:]].*main.*)/deb-src \\1$2\\4\\5/p" "$file"
  done >"$tmp/etc/sources.list"
}

# apt on lists and caches of its own: the machine's apt notices nothing.
private_apt() {
  command=$1
  shift
  "$command" -o APT::Sandbox::User="$(id -un)" \
    -o Dir::Etc::SourceList="$tmp/etc/sources.list" \
    -o Dir::Etc::SourceParts="$tmp/etc/sources.list.d" \
    -o Dir::State::Lists="$tmp/lists" -o Dir::Cache="$tmp/cache" "$@"
}

get_mbedtls() {
  # shellcheck disable=SC1091
  . /etc/os-release
  case "$ID ${ID_LIKE:-}" in
    *ubuntu*) codename=${UBUNTU_CODENAME:-$VERSION_CODENAME} newer='devel' ;;
    *) codename=${VERSION_CODENAME:-stable} newer='trixie forky sid' ;;
  esac
  mkdir -p "$tmp/etc/sources.list.d" "$tmp/lists/partial" \
    "$tmp/cache/archives/partial" "$cache"
  found=
  for suite in $newer; do
    [ "$suite" != "$codename" ] || continue
    say "looking for the source of Mbed TLS $floor or newer in $suite"
    other_suite "$codename|stable|oldstable|testing" "$suite"
    # A source that lacks the suite fails alone; what counts is what was found.
    quietly private_apt apt-get update || true
    version=$(private_apt apt-cache showsrc mbedtls 2>/dev/null |
      sed -n 's/^Version: \(3\.6\..*\)/\1/p' | sort -V | tail -n 1)
    [ -n "$version" ] || continue
    found=$version
    at_least "$version" "$floor" || continue
    upstream=${version%%-*}
    (cd "$tmp" && quietly private_apt apt-get source --download-only \
      --tar-only "mbedtls=$version") || continue
    mv "$tmp/mbedtls_$upstream.orig.tar.bz2" "$cache/.mbedtls.$$"
    mv "$cache/.mbedtls.$$" "$cache/mbedtls-$upstream.tar.bz2"
    say "got $cache/mbedtls-$upstream.tar.bz2"
    return 0
  done
  die "libwss needs the source of Mbed TLS 3.6 from $floor on, and the newest" \
    "that apt offers here is ${found:-none}; get mbedtls-$floor.tar.bz2 from" \
    "the Mbed TLS project and put it into $cache/"
}

# --- commands -----------------------------------------------------------------

case $#,${1:-} in
  1,build | 1,test | 1,bench) ;;
  1,mbedtls) cached_mbedtls; exit 0 ;;
  *) die "usage: deps.sh build|test|bench|mbedtls" ;;
esac
command -v apt-get >/dev/null 2>&1 || elsewhere
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

build() {
  # shellcheck disable=SC2086
  install_missing $build_packages
  # shellcheck disable=SC2086
  install_wishes $build_wishes
  if [ -z "$(cached_mbedtls)" ]; then
    if system_mbedtls_fits; then install_missing libmbedtls-dev; else get_mbedtls; fi
  fi
  # shellcheck disable=SC2086
  system_mbedtls_fits || install_wishes $mbedtls_wishes
}

# A node from elsewhere may conflict with Debian's npm, so ask for commands.
node_packages=
command -v node >/dev/null 2>&1 || node_packages="$node_packages nodejs"
command -v npm >/dev/null 2>&1 || node_packages="$node_packages npm"

case $1 in
  build) build ;;
  test)
    # shellcheck disable=SC2086
    install_missing $build_packages $test_packages $node_packages
    build
    ;;
  bench)
    # shellcheck disable=SC2086
    install_missing $build_packages $bench_packages $node_packages
    build
    ;;
esac
