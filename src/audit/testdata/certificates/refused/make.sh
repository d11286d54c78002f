#!/bin/sh
# Makes certificates that clients have to refuse, and a few beside them that they accept. They were made once, by OpenSSL 3.0, and
# are kept: whoever makes them again has to look at the dates in the tests, where those that live one day have run out. No private
# key is kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# certify NAME ISSUER DAYS SUBJECT EXTENSIONS: NAME.pem with a key of its own; an ISSUER of NAME itself signs itself.
certify() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
  printf '%b' "$5" > "$1.ext"
  openssl req -new -key "$1.key" -subj "/CN=$4" -out "$1.csr"
  if [ "$2" = "$1" ]; then
    openssl x509 -req -in "$1.csr" -signkey "$1.key" -days "$3" -extfile "$1.ext" -out "$1.pem" 2> /dev/null
  else
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "$3" -extfile "$1.ext" -out "$1.pem" 2> /dev/null
  fi
}

LONG=36500
CA='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
HOST='subjectAltName=DNS:mail.example.com\n'

certify root root $LONG Root "$CA"
certify old-root old-root 1 'Old Root' "$CA"
certify authority root $LONG Authority "$CA"
certify old-authority root 1 'Old Authority' "$CA"
certify client-authority root $LONG 'Client Authority' "${CA}extendedKeyUsage=clientAuth\n"
certify short-authority root $LONG 'Short Authority' 'basicConstraints=critical,CA:TRUE,pathlen:0\n'
certify below-short-authority short-authority $LONG 'Below Short Authority' "$CA"
certify narrow-authority root $LONG 'Narrow Authority' \
  "${CA}nameConstraints=critical,permitted;DNS:example.com,permitted;IP:192.0.2.0/255.255.255.0,excluded;DNS:www.example.com\n"
certify damaged-authority root $LONG 'Damaged Authority' "${CA}extendedKeyUsage=DER:30:05:06:01\n"

certify good authority $LONG good "${HOST}extendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\n"
certify client authority $LONG client "${HOST}extendedKeyUsage=clientAuth\n"
certify any authority $LONG any "${HOST}extendedKeyUsage=anyExtendedKeyUsage\n"
certify signer authority $LONG signer "${HOST}$CA"
certify critical authority $LONG critical "${HOST}1.2.3.4.5=critical,DER:05:00\n"
certify below-old-root old-root $LONG below-old-root "$HOST"
certify below-old-authority old-authority $LONG below-old-authority "$HOST"
certify below-client-authority client-authority $LONG below-client-authority "$HOST"
certify below-short-directly short-authority $LONG below-short-directly "$HOST"
certify below-short below-short-authority $LONG below-short "$HOST"
certify inside narrow-authority $LONG inside 'subjectAltName=DNS:mail.example.com,DNS:example.com,IP:192.0.2.7\n'
certify outside narrow-authority $LONG outside 'subjectAltName=DNS:mail.example.com,DNS:example.org\n'
certify outside-address narrow-authority $LONG outside-address 'subjectAltName=DNS:mail.example.com,IP:192.0.3.7\n'
certify excluded narrow-authority $LONG excluded 'subjectAltName=DNS:mail.example.com,DNS:a.www.example.com\n'

# Signed by another key under the name, and with the key identifier, of the authority.
openssl ecparam -name prime256v1 -genkey -noout -out forger.key
identifier=$(openssl x509 -in authority.pem -noout -ext subjectKeyIdentifier | tail -1 | tr -d ' ')
openssl req -x509 -new -key forger.key -subj /CN=Authority -days $LONG -addext "subjectKeyIdentifier=$identifier" \
  -addext 'basicConstraints=critical,CA:TRUE' -out forger.pem 2> /dev/null
certify forged forger $LONG forged "${HOST}authorityKeyIdentifier=keyid\n"

rm forger.pem
cp ./*.pem "$here"
