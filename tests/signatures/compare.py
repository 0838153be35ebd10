#!/usr/bin/env python3
"""Compares koff-analyze's signature verdicts on real files with osslsigncode and Python's signify, and times it.

Usage: compare.py KOFF_ANALYZE FOLDER…  (run by proof.sh in a virtual environment with signify and certifi).
Exits 1 where a verdict or an anchor differs and EXPLAINED does not say why, or where there are fewer than 60 files.
"""
import collections, concurrent.futures, json, os, pathlib, re, subprocess, sys, tempfile, time

import certifi
from signify.authenticode import AuthenticodeFile, AuthenticodeVerificationResult as Result

HERE = pathlib.Path(__file__).resolve().parent
ROOTS = HERE.parent.parent / "analyzer/src/signature"

# Name pattern to the reason for a difference that is right.
EXPLAINED = {"osslsigncode": {}, "signify": {}}


def files(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix.lower() in (".dll", ".exe", ".sys", ".pyd", ".efi") and path.is_file():
                yield path


def ours(program, paths):
    found = {}
    started = time.monotonic()
    for at in range(0, len(paths), 50):
        made = subprocess.run([program, "dll", "--format", "json", *map(str, paths[at:at + 50])], capture_output=True)
        if not made.stdout:
            sys.exit(f"{program}: {made.stderr.decode()}")
        found.update({entry["path"]: entry["signature"] for entry in json.loads(made.stdout)})
    return found, time.monotonic() - started


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


def main():
    program, *folders = sys.argv[1:]
    paths = list(files(folders))
    verdicts, seconds = ours(program, paths)
    ca = anchors()
    started = time.monotonic()
    their = dict(zip(paths, [ossl(path, ca) for path in paths]))
    ossl_seconds = time.monotonic() - started
    size = sum(path.stat().st_size for path in paths) / 1e6
    wrong, counts, explained = [], collections.Counter(), 0
    for path in paths:
        signature = verdicts[str(path)]
        word = signature["verdict"]
        counts[word] += 1
        plain = word if word in ("trusted", "unsigned") else "rejected"
        other, roots = signify(path)
        for oracle, verdict in (("osslsigncode", their[path]), ("signify", other)):
            if verdict != plain:
                if any(re.search(pattern, path.name) for pattern in EXPLAINED[oracle]):
                    explained += 1
                else:
                    wrong.append(f"{path}: {word} ({signature['reason']}), {oracle} says {verdict}")
        if plain == other == "trusted" and not any(link["sha1"] in roots for link in signature["issuer_chain"]):
            wrong.append(f"{path}: chain to {signature['anchor']} shares no certificate with signify's chains")
    print("\n".join(wrong))
    print(f"{len(paths)} files, {size:.1f} MB: {dict(sorted(counts.items()))}; {len(wrong)} disagreements, {explained} explained")
    started = time.monotonic()
    for path in paths:
        subprocess.run([program, "dll", "--format", "json", str(path)], capture_output=True)
    single = time.monotonic() - started

    def speed(who, took):
        return f"{who}: {len(paths) / took:.0f} files/s, {size / took:.0f} MB/s"

    print(speed("koff-analyze, 50 files a process", seconds))
    print(speed("koff-analyze, one process a file", single))
    print(speed("osslsigncode, one process a file", ossl_seconds))
    print(f"ratio to osslsigncode: {ossl_seconds / seconds:.1f} times as fast, {ossl_seconds / single:.1f} with one process a file")
    sys.exit(bool(wrong) or len(paths) < 60)


main()
