#!/usr/bin/env python3
"""Reads a system call trace: usage check.py TRACE FOLDER. Says every call that leaves the confinement: a socket, a second
program or process, or a file outside FOLDER opened for writing, made, renamed or removed."""

import re
import sys

CALL = re.compile(r"^\d+\s+(\w+)\((.*)$")
NETWORK = {"socket", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "recvfrom", "recvmsg", "socketpair"}
WRITING = {"creat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "link", "linkat",
           "symlink", "symlinkat", "truncate", "chmod", "fchmodat", "chown", "fchownat", "lchown", "mknod", "mknodat", "utimensat"}


def offence(name, rest, folder, programs):
    if name in NETWORK:
        return "network"
    if name in ("execve", "execveat"):
        return None if programs == 1 else "a second program"
    if name in ("fork", "vfork") or (name in ("clone", "clone3") and "CLONE_THREAD" not in rest):
        return "a second process"
    paths = re.findall(r'"([^"]*)"', rest)
    opened = name in ("open", "openat") and re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", rest)
    if (opened or name in WRITING) and not all(path.startswith(folder) for path in paths):
        # Standard output may be redirected to the null device by whoever runs this.
        return None if paths == ["/dev/null"] else "writes outside the named outputs"
    return None


def main():
    trace, folder = sys.argv[1], sys.argv[2] + "/"
    programs, calls, wrong = 0, 0, []
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            call = CALL.match(line)
            if not call:
                continue
            calls += 1
            programs += call[1] in ("execve", "execveat")
            why = offence(call[1], call[2], folder, programs)
            if why:
                wrong.append(f"{why}: {line.strip()[:300]}")
    print(f"{calls} calls looked at, {len(wrong)} outside the confinement")
    print("\n".join(wrong))
    return 1 if wrong or not calls else 0


if __name__ == "__main__":
    sys.exit(main())
