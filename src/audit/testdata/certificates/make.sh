#!/bin/sh
# Makes the certificates and OCSP responses of this folder, for tests of those who read them. They were made once, by OpenSSL 3.0,
# and are kept: whoever makes them again gets other keys and dates, and has to look at the dates in the tests. No private key is kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# key NAME: a private key for those that get a P-256 one.
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# certify NAME SUBJECT ISSUER EXTENSIONS [OPTIONS]: NAME.pem for NAME.key; an ISSUER of NAME itself signs itself.
certify() {
  name=$1 subject=$2 issuer=$3 extensions=$4
  shift 4
  printf '%b' "$extensions" > "$name.ext"
  openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
  if [ "$issuer" = "$name" ]; then
    openssl x509 -req -in "$name.csr" -signkey "$name.key" -days 36500 -extfile "$name.ext" -out "$name.pem" "$@" 2> /dev/null
  else
    openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial -days 3650 -extfile "$name.ext" -out "$name.pem" "$@" 2> /dev/null
  fi
}

CA='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'

for name in root intermediate leaf not-ca below-not-ca stranger no-names no-subject quoted must-staple responder impostor anonymous; do key $name; done
openssl genrsa -out rsa.key 2048 2> /dev/null
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out rsa-pss.key 2> /dev/null
openssl genpkey -algorithm ED25519 -out ed25519.key
openssl genpkey -algorithm ED448 -out ed448.key
openssl ecparam -name secp384r1 -genkey -noout -out p384.key
openssl dsaparam -genkey -noout 1024 2> /dev/null > dsa.key

certify root '/O=Example/CN=Example Root' root "$CA"
certify intermediate '/O=Example/CN=Example Intermediate' root "$CA"
certify leaf '/C=DE/O=Example/CN=common.example.com' intermediate \
  'basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,keyAgreement,decipherOnly
extendedKeyUsage=serverAuth,clientAuth,1.2.3.4
tlsfeature=status_request,status_request_v2
authorityInfoAccess=OCSP;URI:http://ocsp.example.com/one,caIssuers;URI:http://example.com/ca.der,OCSP;URI:http://ocsp.example.com/two
1.3.6.1.4.1.11129.2.4.2=DER:04:0c:00:0a:00:03:aa:bb:cc:00:03:aa:bb:cc
subjectAltName=DNS:mail.example.com,DNS:*.example.org,IP:192.0.2.7,IP:2001:db8::7,email:postmaster@example.com
' -set_serial 0x0123456789abcdef
# An authority by the name of the root with a key of its own, and what the root has issued without saying by which key.
certify impostor '/O=Example/CN=Example Root' impostor "$CA"
certify anonymous '/CN=anonymous.example.com' root 'authorityKeyIdentifier=none\nsubjectAltName=DNS:anonymous.example.com\n'
certify not-ca '/CN=not-ca.example.com' root 'basicConstraints=critical,CA:FALSE\n'
certify below-not-ca '/CN=below.example.com' not-ca 'subjectAltName=DNS:below.example.com\n'
certify stranger '/CN=stranger.example.com' stranger 'subjectAltName=DNS:stranger.example.com\n'
certify no-names '/O=Example/CN=old.example.com' root ''
# All that it is for stands in subjectAltName, RFC 5280 §4.1.2.6.
certify no-subject '/' no-subject 'subjectAltName=critical,DNS:no-subject.example.com\n'
certify quoted '/CN=quoted.example.com' root 'subjectAltName=@names\n[names]\nDNS.1=mail.example.com\nDNS.2="evil.example, DNS:bank.example"\n'
certify must-staple '/CN=must-staple.example.com' root 'tlsfeature=status_request\n'
certify responder '/CN=responder.example.com' root 'tlsfeature=status_request_v2\nauthorityInfoAccess=OCSP;URI:http://ocsp.example.com/\n'
for name in rsa rsa-pss ed25519 ed448 p384; do certify $name "/CN=$name.example.com" $name ''; done
certify dsa '/CN=dsa.example.com' dsa '' -sha256
cp rsa.key sha1.key
cp rsa.key md5.key
certify sha1 '/CN=sha1.example.com' sha1 '' -sha1
certify md5 '/CN=md5.example.com' md5 '' -md5

# An index of openssl ca(1): state, expiry, revocation, serial, file, subject.
index() { printf '%s\t360101000000Z\t%s\t0123456789ABCDEF\tunknown\t/CN=leaf\n' "$1" "$2" > index; }
respond() {
  name=$1
  shift
  openssl ocsp -index index -rsigner intermediate.pem -rkey intermediate.key -CA intermediate.pem -issuer intermediate.pem \
    -serial 0x0123456789ABCDEF -resp_no_certs -no_nonce -respout "$name.der" "$@" > /dev/null 2>&1
}
index V ''
respond ocsp-good -ndays 7
respond ocsp-good-for-ever
index R 260101000000Z,keyCompromise
respond ocsp-revoked -ndays 7
: > index
respond ocsp-unknown -ndays 7

cp ./*.pem ocsp-*.der "$here"
