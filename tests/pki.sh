#!/bin/sh
# pki.sh FOLDER: makes the test certificates in FOLDER with the openssl command,
# unless they are there already.
#
#   ca              the root that clients are told to trust
#   server          P-256, for localhost, 127.0.0.1 and ::1
#   p384 rsa2048    other kinds of key that are supported
#   p521 ed25519 rsa1024                      kinds that are not
#   chain           leaf and intermediate (the root is ca); intermediate
#   rsa-chain       the same of RSA keys; its root is rsa-root
#   wrong-order     the same two, the wrong way round, with chain's key
#   combined        server, certificate and key in one file
#   selfsigned expired future                 served all the same
#   client          may not be used by a server
#   other.key       belongs to no certificate here
#   encrypted-*.key keys with the passphrase "secret"; encrypted.pem holds one
#   quick.key       the same, in one round
#   garbage empty truncated corrupted         .pem and .key that are not
#   der             .pem and .key that are not PEM
#   sni-a sni-b sni-c sni-wild   for [abc].example.org (P-256, RSA, P-384) and
#                   *.example.org; sni-encrypted.key is sni-a's, with "secret"
set -eu
export LC_ALL=C

script=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/$(basename -- "$0")
umask 077
mkdir -p "$1"
cd "$1"
if cmp -s "$script" made-by && openssl x509 -noout -checkend 2592000 -in server.pem >/dev/null; then
  exit 0
fi
rm -f made-by

curve() { # NAME CURVE
  openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1.key"
}
rsa() { # NAME BITS
  openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out "$1.key" 2>/dev/null
}

cat >openssl.cnf <<'CONF'
[req]
distinguished_name = name
prompt = no
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:0:0:0:0:0:0:0:1
subjectKeyIdentifier = hash
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[dated]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CONF

request() { # NAME: of its key
  openssl req -new -config openssl.cnf -subj "/CN=$1" -key "$1.key" -out "$1.csr"
}
issue() { # NAME SECTION ISSUER
  request "$1"
  openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -sha256 -days 397 \
    -set_serial "0x$(openssl rand -hex 8)" -extfile openssl.cnf -extensions "$2" \
    -out "$1.pem" 2>/dev/null
}
self() { # NAME SECTION DAYS
  openssl req -x509 -new -config openssl.cnf -subj "/CN=libwss test $1" -key "$1.key" \
    -sha256 -days "$3" -extensions "$2" -out "$1.pem"
}
dated() { # NAME FROM TO: for the server's key
  cp server.key "$1.key"
  request "$1"
  : >index
  echo 1000 >serial
  openssl ca -batch -config openssl.cnf -name dated -in "$1.csr" -cert ca.pem -keyfile ca.key \
    -startdate "$2" -enddate "$3" -extensions server -notext -out "$1.pem" 2>/dev/null
}

curve ca P-256
self ca ca 3650
curve server P-256
issue server server ca
curve p384 P-384
issue p384 server ca
rsa rsa2048 2048
issue rsa2048 server ca
curve p521 P-521
issue p521 server ca
openssl genpkey -algorithm ED25519 -out ed25519.key
issue ed25519 server ca
rsa rsa1024 1024
issue rsa1024 server ca
curve client P-256
issue client client ca
curve intermediate P-256
issue intermediate ca ca
curve chain P-256
issue chain server intermediate
cp chain.pem leaf.pem
cat leaf.pem intermediate.pem >chain.pem
cat intermediate.pem leaf.pem >wrong-order.pem
cp chain.key wrong-order.key
curve selfsigned P-256
self selfsigned server 397
dated expired 20231201000000Z 20240101000000Z
dated future 20980101000000Z 20990101000000Z
cat server.pem server.key >combined.pem
curve other P-256

openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret -in server.key -out encrypted-pkcs8.key
# Weakly, so that many wrong passphrases are soon tried.
openssl pkcs8 -topk8 -v2 aes-128-cbc -iter 1 -passout pass:secret -in server.key -out quick.key
openssl pkey -traditional -aes-128-cbc -passout pass:secret -in server.key -out encrypted-ec.key
openssl pkey -traditional -des3 -passout pass:secret -in rsa2048.key -out encrypted-rsa.key
cat server.pem encrypted-pkcs8.key >encrypted.pem

: >empty.pem
: >empty.key
openssl rand -hex 200 >garbage.pem
openssl rand -hex 200 >garbage.key
openssl x509 -in server.pem -outform DER -out der.pem
openssl pkey -in server.key -outform DER -out der.key
cp server.pem truncated.pem
sed '$d' intermediate.pem >>truncated.pem
sed '$d' server.key >truncated.key
cp server.pem corrupted.pem
sed '2s/^..../AAAA/' intermediate.pem >>corrupted.pem
sed '2s/^..../AAAA/' server.key >corrupted.key

rsa rsa-root 2048
self rsa-root ca 3650
rsa rsa-intermediate 2048
issue rsa-intermediate ca rsa-root
cp rsa2048.key rsa-chain.key
issue rsa-chain server rsa-intermediate
cat rsa-intermediate.pem >>rsa-chain.pem
named() { # NAME HOST
  printf '[%s]\nbasicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\n' "$1"
  printf 'extendedKeyUsage = serverAuth\nsubjectAltName = DNS:%s\n' "$2"
}
{
  named sni-a a.example.org
  named sni-b b.example.org
  named sni-c c.example.org
  named sni-wild '*.example.org'
} >>openssl.cnf
curve sni-a P-256
cp rsa2048.key sni-b.key
curve sni-c P-384
curve sni-wild P-256
for name in sni-a sni-b sni-c sni-wild; do
  issue $name $name ca
done
openssl pkcs8 -topk8 -v2 aes-128-cbc -iter 1 -passout pass:secret -in sni-a.key -out sni-encrypted.key

rm -f ./*.csr index* serial* 100*.pem
cp "$script" made-by
