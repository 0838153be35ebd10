#!/usr/bin/env python3
"""Makes the synthetic signed files of this folder: a throw-away authority, tiny PE files, one case a file.

Needs openssl and osslsigncode. Usage: make.py OUT_FOLDER. Every run makes new keys; no key is kept. The cases and what is
expected of each stand in CASES, which is written to OUT_FOLDER/cases.json for the tests.
"""
import hashlib, json, os, struct, subprocess, sys, tempfile
from calendar import timegm

OUT = os.path.abspath(sys.argv[1])
os.makedirs(OUT, exist_ok=True)
WORK = tempfile.mkdtemp()
os.chdir(WORK)
CASES = []


def run(*args, **kw):
    done = subprocess.run(args, capture_output=True, **kw)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, args))}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


# ---- the authority -------------------------------------------------------------------------------------------------

EXTENSIONS = {
    "root": "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n",
    "ca": "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    "code": "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    "lifetime": "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning,1.3.6.1.4.1.311.10.3.13\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    "web": "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    "tsa": "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
}
RSA = ["-newkey", "rsa:2048"]


def ec(curve):
    return ["-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"]


def certificate(name, subject, issuer, extensions, start, end, key=RSA, md="sha256", sigopt=()):
    """Makes name.key and name.pem; `issuer` None is self-signed."""
    run("openssl", "req", "-new", *key, "-nodes", "-keyout", f"{name}.key", "-subj", subject, "-out", f"{name}.csr", "-utf8")
    folder = tempfile.mkdtemp(dir=WORK)
    write(f"{folder}/index.txt", b"")
    write(f"{folder}/serial", os.urandom(8).hex().encode())
    write(f"{folder}/x.cnf", f"""[ca]
default_ca=d
[d]
database={folder}/index.txt
serial={folder}/serial
new_certs_dir={folder}
default_md={md}
policy=p
unique_subject=no
string_mask=utf8only
[p]
commonName=supplied
organizationName=optional
[x]
{EXTENSIONS[extensions]}""".encode())
    signer = ["-selfsign", "-keyfile", f"{name}.key"] if issuer is None else ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"]
    run("openssl", "ca", "-batch", "-notext", "-config", f"{folder}/x.cnf", "-extensions", "x", "-startdate", start,
        "-enddate", end, "-in", f"{name}.csr", "-out", f"{name}.pem", *signer, *[a for o in sigopt for a in ("-sigopt", o)])


def chain(name, *above):
    write(f"{name}.chain", b"".join(read(f"{n}.pem") for n in (name, *above)))


LONG = ("20100101000000Z", "20450101000000Z")
NOW = ("20260101000000Z", "20280101000000Z")
PAST = ("20190101000000Z", "20200101000000Z")
AT = "2026-06-01T00:00:00Z"
GOOD_TIME = timegm((2019, 6, 1, 0, 0, 0))
LATE_TIME = timegm((2022, 6, 1, 0, 0, 0))
KERIO = "/O=Kerio Technologies Inc. (test)/CN=Kerio Technologies Inc. (test)"

certificate("root", "/O=Throw-away/CN=Throw-away Root", None, "root", *LONG)
certificate("other", "/O=Throw-away/CN=Other Root", None, "root", *LONG)
certificate("ca", "/O=Throw-away/CN=Throw-away Code CA", "root", "ca", *LONG)
certificate("tsaca", "/O=Throw-away/CN=Throw-away Time CA", "root", "ca", *LONG)
certificate("tsa", "/O=Throw-away/CN=Throw-away Time Authority", "tsaca", "tsa", *LONG)
certificate("badtsa", "/O=Throw-away/CN=Unknown Time Authority", "other", "tsa", *LONG)
certificate("now", KERIO, "ca", "code", *NOW)
certificate("past", KERIO, "ca", "code", *PAST)
certificate("future", KERIO, "ca", "code", "20300101000000Z", "20310101000000Z")
certificate("lifetime", KERIO, "ca", "lifetime", *PAST)
certificate("web", KERIO, "ca", "web", *NOW)
certificate("p256", KERIO, "ca", "code", *NOW, key=ec("P-256"))
certificate("p384", KERIO, "ca", "code", *NOW, key=ec("P-384"))
certificate("p521", KERIO, "ca", "code", *NOW, key=ec("P-521"))
certificate("rsa1024", KERIO, "ca", "code", *NOW, key=["-newkey", "rsa:1024"])
certificate("pss", KERIO, "ca", "code", *NOW, sigopt=("rsa_padding_mode:pss", "rsa_pss_saltlen:32"))
run("openssl", "dsaparam", "-out", "dsa.params", "2048")
certificate("dsa", KERIO, "ca", "code", *NOW, key=["-newkey", "dsa:dsa.params"])
certificate("self", KERIO, None, "code", *NOW)
certificate("imposter", "/O=Microsoft Corporation/CN=Microsoft Corporation", None, "code", *NOW)
certificate("deep", "/O=Throw-away/CN=One Too Many", "ca", "ca", *LONG)
certificate("belowdeep", KERIO, "deep", "code", *NOW)
certificate("noca", "/O=Throw-away/CN=No Authority", "ca", "code", *LONG)
certificate("belownoca", KERIO, "noca", "code", *NOW)
for name in ("now", "past", "future", "lifetime", "web", "p256", "p384", "p521", "rsa1024", "pss", "dsa"):
    chain(name, "ca")
chain("self"), chain("imposter"), chain("belowdeep", "deep", "ca"), chain("belownoca", "noca", "ca")
chain("tsa", "tsaca"), chain("badtsa")


# ---- a PE file, smallest useful size -------------------------------------------------------------------------------

def pe(text=b"code"):
    """A 32-bit DLL that exports MSProviderInit: headers, one section."""
    file = bytearray(0x600)

    def put(at, data):
        file[at:at + len(data)] = data

    def numbers(at, *values):
        put(at, struct.pack(f"<{len(values)}I", *values))

    put(0, b"MZ"), numbers(0x3C, 0x80), put(0x80, b"PE\0\0")
    put(0x84, struct.pack("<HHIIIHH", 0x14C, 1, 0x5E0BE100, 0, 0, 0xE0, 0x2102))
    put(0x98, struct.pack("<H", 0x10B))
    numbers(0x98 + 16, 0, 0x1000, 0x1000, 0x10000000, 0x1000, 0x200)
    put(0x98 + 40, struct.pack("<HHHHHH", 6, 0, 0, 0, 6, 0))
    numbers(0x98 + 56, 0x2000, 0x200)
    put(0x98 + 68, struct.pack("<H", 2)), numbers(0x98 + 92, 16)
    numbers(0x98 + 96, 0x1000, 0x80)
    put(0x178, b".text\0\0\0"), numbers(0x180, 0x400, 0x1000, 0x400, 0x200), numbers(0x178 + 36, 0x60000020)
    numbers(0x200 + 12, 0x1060, 1, 1, 1, 0x1040, 0x1044, 0x1048)
    numbers(0x240, 0x1100, 0x1050)
    put(0x250, b"MSProviderInit\0"), put(0x260, b"kofmsp32.dll\0"), put(0x300, text)
    return bytes(file)


BASE = pe()
write("base.dll", BASE)
SECURITY, CHECKSUM = 0x98 + 96 + 32, 0x98 + 64


def digest(file, name):
    table, size = struct.unpack_from("<II", file, SECURITY)
    body = file[:CHECKSUM] + file[CHECKSUM + 4:SECURITY] + file[SECURITY + 8:table or len(file)]
    return hashlib.new(name, body).digest()


def attach(pkcs7, file=BASE):
    padded = pkcs7 + b"\0" * (-len(pkcs7) % 8)
    entry = struct.pack("<IHH", len(padded) + 8, 0x200, 2) + padded
    signed = bytearray(file + entry)
    struct.pack_into("<II", signed, SECURITY, len(file), len(entry))
    return bytes(signed)


def pkcs7_of(signed):
    at, size = struct.unpack_from("<II", signed, SECURITY)
    content = signed[at + 8:at + size]
    return content[:length(content)]


# ---- DER -----------------------------------------------------------------------------------------------------------

def length(der):
    first = der[1]
    return 2 + first if first < 128 else 2 + (first & 127) + int.from_bytes(der[2:2 + (first & 127)], "big")


def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    size = bytes([n]) if n < 128 else (lambda b: bytes([128 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + content


def items(der):
    """The elements of a constructed one."""
    header = 2 if der[1] < 128 else 2 + (der[1] & 127)
    content, found = der[header:length(der)], []
    while content:
        n = length(content)
        found.append(content[:n])
        content = content[n:]
    return found


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = bytearray([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        part = [arc & 127]
        while arc := arc >> 7:
            part.insert(0, 128 | arc & 127)
        out += bytes(part)
    return tlv(6, bytes(out))


def der_of(name):
    return run("openssl", "x509", "-in", f"{name}.pem", "-outform", "DER")


def change(pkcs7, edit):
    """pkcs7 with `edit(signed data fields, signer fields)` applied to it."""
    kind, explicit = items(pkcs7)
    fields = items(items(explicit)[0])
    signer = items(items(fields[-1])[0])
    edit(fields, signer)
    fields[-1] = tlv(0x31, tlv(0x30, *signer))
    return tlv(0x30, kind, tlv(0xA0, tlv(0x30, *fields)))


# ---- signing -------------------------------------------------------------------------------------------------------

def sign(name, *options, source="base.dll"):
    out = tempfile.mktemp(dir=WORK)
    run("osslsigncode", "sign", "-certs", f"{name}.chain", "-key", f"{name}.key", "-time", str(GOOD_TIME), *options, "-in", source, "-out", out)
    return out


def stamp(name="tsa", time=GOOD_TIME):
    return ["-TSA-certs", f"{name}.chain", "-TSA-key", f"{name}.key", "-TSA-time", str(time)]


def case(name, verdict, data, oracle=True, **expected):
    """One case; `oracle` False where osslsigncode is known to see it differently, the reason in `why`."""
    file = f"{name}{expected.pop('suffix', '.dll')}"
    write(f"{OUT}/{file}", data)
    CASES.append({"file": file, "verdict": verdict, "oracle": oracle, **expected})


def signed(name, verdict, certificate, *options, **expected):
    case(name, verdict, read(sign(certificate, *options)), **expected)


SHA2 = ["-h", "sha256"]
case("unsigned", "unsigned", BASE)
signed("valid", "trusted", "now", *SHA2)
signed("valid-timestamp", "trusted", "now", *SHA2, *stamp(time=timegm((2026, 2, 1, 0, 0, 0))), signing_time="2026-02-01T00:00:00Z")
signed("timestamp-before-certificate", "expired", "now", *SHA2, *stamp(), reason="not valid before")
signed("expired", "expired", "past", *SHA2, reason="no timestamp")
signed("expired-timestamp", "trusted", "past", *SHA2, *stamp(), signing_time="2019-06-01T00:00:00Z")
signed("expired-timestamp-late", "expired", "past", *SHA2, *stamp(time=LATE_TIME), signing_time="2022-06-01T00:00:00Z")
signed("expired-timestamp-unknown", "expired", "past", *SHA2, *stamp("badtsa"), timestamp_problem="Other Root")
signed("valid-timestamp-unknown", "trusted", "now", *SHA2, *stamp("badtsa"), timestamp_problem="Other Root", oracle=False,
       why="osslsigncode fails a file whose timestamp does not verify even where the certificate needs none")
signed("lifetime-timestamp", "expired", "lifetime", *SHA2, *stamp(), oracle=False, why="osslsigncode does not know lifetime signing")
signed("not-yet-valid", "expired", "future", *SHA2, reason="not valid before")
signed("wrong-usage", "invalid", "web", *SHA2, reason="not for code signing")
signed("p256", "trusted", "p256", *SHA2)
signed("p384", "trusted", "p384", "-h", "sha384")
signed("p521", "trusted", "p521", "-h", "sha512")
signed("p521-sha256", "trusted", "p521", *SHA2)
signed("rsa1024", "trusted", "rsa1024", *SHA2, weak="1024")
signed("self-signed", "self_signed", "self", *SHA2)
signed("imposter", "self_signed", "imposter", *SHA2, publisher="Microsoft Corporation")
signed("sha1", "trusted", "now", "-h", "sha1", weak="SHA-1")
signed("sha384", "trusted", "now", "-h", "sha384")
signed("sha512", "trusted", "now", "-h", "sha512")
signed("pss-certificate", "trusted", "pss", *SHA2)
signed("page-hashes", "trusted", "now", *SHA2, "-ph")
signed("authority-too-deep", "invalid", "belowdeep", *SHA2)
signed("issuer-no-authority", "invalid", "belownoca", *SHA2, reason="no certification authority")
case("dual", "trusted", read(sign("now", *SHA2, "-nest", source=sign("now", "-h", "sha1"))), others=1)
case("nested-expired", "trusted", read(sign("past", *SHA2, "-nest", source=sign("now", *SHA2))), others=1, oracle=False,
     why="osslsigncode wants every signature good; Windows is content with one")

GOOD = read(sign("now", *SHA2))
GOOD7 = pkcs7_of(GOOD)
tampered = bytearray(GOOD)
tampered[0x310] ^= 1
case("tampered", "invalid", bytes(tampered), reason="changed after signing")


def flip_signature(fields, signer):
    at = next(i for i, f in enumerate(signer) if f[0] == 4)
    signer[at] = signer[at][:-1] + bytes([signer[at][-1] ^ 1])


case("broken-signature", "invalid", attach(change(GOOD7, flip_signature)), reason="does not verify")


def flip_ca(fields, signer):
    certificates = items(next(f for f in fields if f[0] == 0xA0))
    certificates = [c[:-1] + bytes([c[-1] ^ 1]) if c == der_of("now") else c for c in certificates]
    fields[:] = [tlv(0xA0, *certificates) if f[0] == 0xA0 else f for f in fields]


case("broken-certificate", "invalid", attach(change(GOOD7, flip_ca)), reason="was not signed by")
stamped = pkcs7_of(read(sign("past", *SHA2, *stamp())))
case("broken-timestamp", "expired", attach(stamped[:-1] + bytes([stamped[-1] ^ 1])), timestamp_problem="does not verify")
checksum = bytearray(GOOD)
struct.pack_into("<I", checksum, CHECKSUM, 0x12345)
case("checksum-only", "trusted", bytes(checksum))
inside = GOOD + b"appended" * 8
inside = bytearray(inside)
at, size = struct.unpack_from("<II", inside, SECURITY)
struct.pack_into("<I", inside, SECURITY + 4, size + 64), struct.pack_into("<I", inside, at, size + 64)
case("data-inside-table", "trusted", bytes(inside), appended="bytes of data")
padded = bytearray(GOOD + bytes(64))
struct.pack_into("<I", padded, SECURITY + 4, size + 64), struct.pack_into("<I", padded, at, size + 64)
case("padding-inside-table", "trusted", bytes(padded), appended="zero bytes")
case("data-after-table", "invalid", GOOD + b"appended" * 8, appended="behind the certificate table")
case("truncated", "invalid", GOOD[:-40], reason="should end at byte")
case("signer-missing", "invalid", attach(change(GOOD7, lambda fields, signer: fields.__setitem__(3, tlv(0xA0, der_of("ca"))))),
     reason="not in the file")
case("garbage-table", "invalid", attach(os.urandom(64)), reason="cannot be read")

# A PKCS#9 counter-signature, as all signers made them before 2010 and Kerio's time stamps of then are.
def countersign(fields, signer):
    value = items(b"\x30" + tlv(0x30, next(f for f in signer if f[0] == 4))[1:])[0]
    signature = value[len(value) - 256:]
    attributes = tlv(0x31,
        tlv(0x30, oid("1.2.840.113549.1.9.3"), tlv(0x31, oid("1.2.840.113549.1.7.1"))),
        tlv(0x30, oid("1.2.840.113549.1.9.5"), tlv(0x31, tlv(0x17, b"190601000000Z"))),
        tlv(0x30, oid("1.2.840.113549.1.9.4"), tlv(0x31, tlv(4, hashlib.sha256(signature).digest()))))
    write("attributes", attributes)
    made = run("openssl", "dgst", "-sha256", "-sign", "tsa.key", "attributes")
    body = items(items(der_of("tsa"))[0])
    serial, issuer = body[1], body[3]
    sha256 = tlv(0x30, oid("2.16.840.1.101.3.4.2.1"), tlv(5))
    info = tlv(0x30, tlv(2, b"\1"), tlv(0x30, issuer, serial), sha256, b"\xa0" + attributes[1:],
               tlv(0x30, oid("1.2.840.113549.1.1.1"), tlv(5)), tlv(4, made))
    signer[:] = [f for f in signer if f[0] != 0xA1] + [tlv(0xA1, tlv(0x30, oid("1.2.840.113549.1.9.6"), tlv(0x31, info)))]
    certificates = items(next(f for f in fields if f[0] == 0xA0)) + [der_of("tsa"), der_of("tsaca")]
    fields[:] = [tlv(0xA0, *certificates) if f[0] == 0xA0 else f for f in fields]


past7 = pkcs7_of(read(sign("past", *SHA2)))
countersigned = change(past7, countersign)
case("countersigned", "trusted", attach(countersigned), signing_time="2019-06-01T00:00:00Z")
case("countersigned-broken", "expired", attach(countersigned[:-1] + bytes([countersigned[-1] ^ 1])) if countersigned[-1] else b"",
     timestamp_problem="does not verify")

# CMS version 3 with the content as octets, of definite and indefinite length, and RSA-PSS: what some signers write.
write("spc", tlv(0x30, tlv(0x30, oid("1.3.6.1.4.1.311.2.1.15"), tlv(0x30, tlv(3, b"\0"), tlv(0xA0, tlv(0xA2, tlv(0x80))))),
                 tlv(0x30, tlv(0x30, oid("2.16.840.1.101.3.4.2.1"), tlv(5)), tlv(4, digest(BASE, "sha256")))))
CMS = ["openssl", "cms", "-sign", "-nodetach", "-binary", "-in", "spc", "-econtent_type", "1.3.6.1.4.1.311.2.1.4", "-signer", "now.pem",
       "-inkey", "now.key", "-certfile", "ca.pem", "-md", "sha256", "-outform", "DER"]
case("cms-v3", "trusted", attach(run(*CMS)))
case("cms-v3-indefinite", "trusted", attach(run(*CMS, "-stream")))
case("cms-v3-key-identifier", "trusted", attach(run(*CMS, "-keyid")), oracle=False,
     why="osslsigncode finds no signer by key identifier")
case("cms-v3-pss", "trusted", attach(run(*CMS, "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32")), oracle=False,
     why="osslsigncode does not verify RSA-PSS signers")

# Digests and keys that this program does not take.
case("md5", "unverifiable", read(sign("now", "-h", "md5")), oracle=False, reason="MD5 can be forged",
     why="osslsigncode takes MD5, of which anybody can make two files")
case("dsa", "unverifiable", read(sign("dsa", *SHA2)), oracle=False, reason="a DSA key is not supported",
     why="nobody issues code-signing certificates for DSA keys any more")


# Revocation lists inside the signature.
def revocation(serial_of, since, key="ca"):
    serial = run("openssl", "x509", "-in", f"{serial_of}.pem", "-noout", "-serial").decode().strip().split("=")[1]
    folder = tempfile.mkdtemp(dir=WORK)
    write(f"{folder}/index.txt", f"R\t300101000000Z\t{since}\t{serial}\tunknown\t/CN=revoked\n".encode())
    write(f"{folder}/x.cnf", f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\ndefault_md=sha256\n".encode())
    run("openssl", "ca", "-gencrl", "-config", f"{folder}/x.cnf", "-cert", "ca.pem", "-keyfile", f"{key}.key", "-crl_lastupdate",
        "20260501000000Z", "-crl_nextupdate", "20300101000000Z", "-out", f"{folder}/list.pem")
    return run("openssl", "crl", "-in", f"{folder}/list.pem", "-outform", "DER")


def with_list(pkcs7, crl):
    return attach(change(pkcs7, lambda fields, signer: fields.insert(4, tlv(0xA1, crl))))


case("list-revoked", "revoked", with_list(GOOD7, revocation("now", "260401000000Z")), oracle=False,
     reason="was revoked on 2026-04-01", why="osslsigncode is told to ignore revocation lists")
case("list-revoked-later", "trusted", with_list(pkcs7_of(read(sign("past", *SHA2, *stamp()))), revocation("past", "191001000000Z")),
     oracle=False, why="osslsigncode is told to ignore revocation lists")
case("list-of-another", "trusted", with_list(GOOD7, revocation("past", "191001000000Z")))


# More nesting and more certificates than are looked into.
def nest(pkcs7, depth):
    for _ in range(depth):
        inner = pkcs7
        pkcs7 = change(GOOD7, lambda fields, signer: signer.append(
            tlv(0xA1, tlv(0x30, oid("1.3.6.1.4.1.311.2.4.1"), tlv(0x31, inner)))))
    return pkcs7


def certificates(count):
    def repeat(fields, signer):
        own = items(fields[3])
        fields[3] = tlv(0xA0, *(own + [own[-1]] * (count - len(own))))
    return attach(change(GOOD7, repeat))


case("nested-four", "trusted", attach(nest(GOOD7, 3)), others=3)
case("nested-too-deep", "trusted", attach(nest(GOOD7, 5)), others=4)
case("certificates-64", "trusted", certificates(64))
case("certificates-65", "invalid", certificates(65), oracle=False, reason="at most 64", why="osslsigncode takes any number")

# A catalogue of both member kinds, good and changed.
def catalogue(file):
    def member(tag, name, bits):
        spc = tlv(0x30, tlv(0x30, oid("1.3.6.1.4.1.311.2.1.15"), tlv(0x30, tlv(3, b"\0"), tlv(0xA0, tlv(0xA2, tlv(0x80))))),
                  tlv(0x30, tlv(0x30, oid(name), tlv(5)), tlv(4, bits)))
        return tlv(0x30, tlv(4, tag), tlv(0x31, tlv(0x30, oid("1.3.6.1.4.1.311.2.1.4"), tlv(0x31, spc))))
    one, two = digest(file, "sha1"), digest(file, "sha256")
    members = tlv(0x30, member(one.hex().upper().encode("utf-16le") + b"\0\0", "1.3.14.3.2.26", one),
                  member(two, "2.16.840.1.101.3.4.2.1", two))
    trust_list = tlv(0x30, tlv(0x30, oid("1.3.6.1.4.1.311.12.1.1")), tlv(4, bytes(16)), tlv(0x17, b"260601000000Z"),
                     tlv(0x30, oid("1.3.6.1.4.1.311.12.1.3"), tlv(5)), members)
    unsigned = tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, tlv(0x30, tlv(2, b"\1"), tlv(0x31),
                   tlv(0x30, oid("1.3.6.1.4.1.311.10.1"), tlv(0xA0, trust_list)), tlv(0x31))))
    write("unsigned.cat", unsigned)
    return read(sign("now", *SHA2, source="unsigned.cat"))


listed = pe(b"listed in a catalogue")
write(f"{OUT}/good.cat", catalogue(listed))
broken = bytearray(read(f"{OUT}/good.cat"))
at = broken.find(digest(listed, "sha1").hex().upper().encode("utf-16le"))
broken[at + 100] ^= 1
write(f"{OUT}/broken.cat", bytes(broken))
case("catalogue-good", "trusted", listed, catalogue="good.cat")
case("catalogue-broken", "invalid", listed, catalogue="broken.cat")
case("catalogue-other-file", "unsigned", pe(b"in no catalogue"), catalogue="good.cat")

write(f"{OUT}/anchor.pem", read("root.pem"))
write(f"{OUT}/cases.json", (json.dumps({"at": AT, "cases": CASES}, indent=1) + "\n").encode())
print(f"{len(CASES)} cases in {OUT}")
