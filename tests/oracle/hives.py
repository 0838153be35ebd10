"""Prints every key and value of a registry hive as dissect.regf reads it: one line each, in the order of names.

Keys that are links are left out (our reader follows them, as Windows does); their paths go to the file that is the second
argument. A line is `K <path> <last write, 100 ns since 1601>` or `V <path> <name> <type> <bytes in hexadecimal>`; texts in JSON.
"""

import json
import sys

from dissect.regf import RegistryHive


LINK = 0x10


def lines(key, path, links):
    if int(key.cell.Flags) & LINK:
        links.write(json.dumps(path, ensure_ascii=False) + "\n")
        return
    yield "K %s %d" % (json.dumps(path, ensure_ascii=False), key.cell.LastWriteTime)
    for value in key.values():
        # The library gives the default value the name "(Default)", which is how regedit shows it.
        name = "" if value.cell.NameLength == 0 else value.name
        data = value.data or b""
        yield "V %s %s %d %s" % (json.dumps(path, ensure_ascii=False), json.dumps(name, ensure_ascii=False), int(value.cell.Type), data.hex())
    for child in key.subkeys():
        yield from lines(child, path + "\\" + child.name if path else child.name, links)


def main():
    sys.setrecursionlimit(10_000)
    with open(sys.argv[1], "rb") as file, open(sys.argv[2], "w", encoding="utf-8") as links:
        hive = RegistryHive(file)
        out = open(1, "w", encoding="utf-8", closefd=False, newline="\n")
        for line in lines(hive.root(), "", links):
            out.write(line + "\n")
        out.flush()


main()
