#!/usr/bin/env python3
"""Compares koff-analyze's signature verdicts on real files with osslsigncode and Python's signify, and times it.

Usage: compare.py KOFF_ANALYZE FOLDER…  (run by proof.sh in a virtual environment with signify and certifi).
Exits 1 where a verdict or an anchor differs without the one reason known (`by_another_path`), or where there are fewer
than 60 files.
"""
import collections, json, pathlib, re, resource, subprocess, sys, tempfile

import certifi
from signify.authenticode import AuthenticodeFile, AuthenticodeVerificationResult as Result
from signify.authenticode.cert_store import TRUSTED_CERTIFICATE_STORE
from signify.authenticode.trust_list import CertificateTrustList
from signify.pkcs7.signed_data import SignedData
from signify.x509 import CertificateStore

HERE = pathlib.Path(__file__).resolve().parent
ROOTS = HERE.parent.parent / "analyzer/src/signature"


def spent():
    """Processor seconds of the programs started so far: a busy machine does not change them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def files(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix.lower() in (".dll", ".exe", ".sys", ".pyd", ".efi") and path.is_file():
                yield path


def ours(program, paths):
    found = {}
    started = spent()
    for at in range(0, len(paths), 50):
        made = subprocess.run([program, "dll", "--format", "json", *map(str, paths[at:at + 50])], capture_output=True)
        if not made.stdout:
            sys.exit(f"{program}: {made.stderr.decode()}")
        found.update({entry["path"]: entry for entry in json.loads(made.stdout)})
    return found, spent() - started


def anchors():
    pem = open(certifi.where(), encoding="utf8").read()
    for name in ("roots-microsoft.pem", "roots-former.pem"):
        text = (ROOTS / name).read_text(encoding="utf8")
        pem += "\n" + "\n".join(re.findall(r"-----BEGIN.*?END CERTIFICATE-----", text, re.S)) + "\n"
    file = tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False)
    file.write(pem), file.close()
    return file.name


def ossl(path, ca):
    made = subprocess.run(["osslsigncode", "verify", "-CAfile", ca, "-TSA-CAfile", ca, "-ignore-cdp", "-ignore-crl", "-in", str(path)],
                          capture_output=True)
    text = (made.stdout + made.stderr).decode(errors="replace")
    if "No signature found" in text:
        return "unsigned"
    return "trusted" if made.returncode == 0 and text.rstrip().endswith("Succeeded") else "rejected"


def signify(path):
    """Verdict, and the subjects of the roots of the chains found."""
    with open(path, "rb") as stream:
        file = AuthenticodeFile.from_stream(stream)
        verdict, _ = file.explain_verify(signature_types="embedded")
        if verdict == Result.NOT_SIGNED:
            return "unsigned", set()
        if verdict != Result.OK:
            return "rejected", set()
        roots = set()
        for _, _, chains in file.verify(signature_types="embedded", multi_verify_mode="any"):
            for chain in chains:
                roots |= {chain[-1].sha1_fingerprint, chain[0].sha1_fingerprint}
        return "trusted", roots


def for_timestamps():
    """The roots that may vouch for a timestamp by Microsoft's list."""
    listed = CertificateTrustList.from_stl_file()

    def allowed(root):
        entry = listed.find_subject(root)
        return not (entry and entry.extended_key_usages) or "time_stamping" in entry.extended_key_usages

    return CertificateStore([root for root in TRUSTED_CERTIFICATE_STORE if allowed(root)], trusted=True)


def by_another_path(path, roots):
    """Signify's verdict where a timestamp's chain may pass by a root that is not for timestamps.

    Some authorities have a root for code that Microsoft does not accept for timestamps, cross-signed by an older one that
    it does accept; the token carries that certificate (Certum Trusted Network CA 2 in Inno Setup's files). Windows,
    osslsigncode and we find the longer path; signify ends at the nearer root and refuses the timestamp.
    """
    made = SignedData._create_countersigner_verification_context

    def narrowed(self, **given):
        return made(self, **{**given, "trusted_certificate_store": roots})

    SignedData._create_countersigner_verification_context = narrowed
    try:
        return signify(path)[0]
    finally:
        SignedData._create_countersigner_verification_context = made


def main():
    program, *folders = sys.argv[1:]
    paths = list(files(folders))
    verdicts, seconds = ours(program, paths)
    ca = anchors()
    started = spent()
    their = dict(zip(paths, [ossl(path, ca) for path in paths]))
    ossl_seconds = spent() - started
    size = sum(path.stat().st_size for path in paths) / 1e6
    wrong, counts, explained, rich, for_time = [], collections.Counter(), 0, 0, for_timestamps()
    for path in paths:
        signature = verdicts[str(path)]["signature"]
        behaviour = next(row["seen"] for row in verdicts[str(path)]["indicators"] if row["indicator"] == "behaviour")
        rich += "checksum fits" in behaviour
        if signature["verdict"] == "trusted" and "checksum does not fit" in behaviour:
            wrong.append(f"{path}: {behaviour}, though nobody changed the file")
        word = signature["verdict"]
        counts[word] += 1
        plain = word if word in ("trusted", "unsigned") else "rejected"
        other, roots = signify(path)
        for oracle, verdict in (("osslsigncode", their[path]), ("signify", other)):
            if verdict != plain:
                if oracle == "signify" and by_another_path(path, for_time) == plain:
                    explained += 1
                else:
                    wrong.append(f"{path}: {word} ({signature['reason']}), {oracle} says {verdict}")
        if plain == other == "trusted" and not any(link["sha1"] in roots for link in signature["issuer_chain"]):
            wrong.append(f"{path}: chain to {signature['anchor']} shares no certificate with signify's chains")
    print("\n".join(wrong))
    print(f"{len(paths)} files, {size:.1f} MB: {dict(sorted(counts.items()))}; {len(wrong)} disagreements, {explained} explained; "
          f"{rich} Rich headers whose checksum fits")
    started = spent()
    for path in paths:
        subprocess.run([program, "dll", "--format", "json", str(path)], capture_output=True)
    single = spent() - started

    def speed(who, took):
        return f"{who}: {len(paths) / took:.0f} verdicts and {size / took:.1f} MB a processor second"

    print(speed("koff-analyze, 50 files a process", seconds))
    print(speed("koff-analyze, one process a file", single))
    print(speed("osslsigncode, one process a file", ossl_seconds))
    print(f"ratio to osslsigncode: {ossl_seconds / seconds:.1f} times as fast, {ossl_seconds / single:.1f} with one process a file")
    sys.exit(bool(wrong) or len(paths) < 60 or rich < 60)


main()
