#!/usr/bin/env bash
# Makes a server's certificate for 127.0.0.1 that ran out, below an authority of its own.
# usage: chain.sh FOLDER   (leaves chain.pem and key.pem there)
set -euo pipefail
mkdir -p "$1"
cd "$1"
touch index.txt
echo 01 >serial
cat >ca.cnf <<'CNF'
[ca]
default_ca = here
[here]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = server
[any]
commonName = supplied
[server]
subjectAltName = IP:127.0.0.1
CNF
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=Authority of a test' -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj '/CN=mail.firma.example' -keyout key.pem -out server.csr 2>/dev/null
openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in server.csr -out server.pem -notext \
  -startdate 20200101000000Z -enddate 20210101000000Z 2>/dev/null
cat server.pem ca.pem >chain.pem
