"""Reads registry texts ("Windows Registry Editor Version 5.00") into {key: {value name: (type, bytes)}}, with key and value
names in lower case. Written from Microsoft's description of the format, on purpose apart from the product's own reader."""
import pathlib
import re

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)


def text_of(path):
    data = pathlib.Path(path).read_bytes()
    if data[:2] == b"\xff\xfe":
        return data[2:].decode("utf-16-le", "surrogatepass")
    return data.decode("utf-8")


def parse(text):
    text = text.replace("\r\n", "\n")
    head, _, text = text.partition("\n")
    if head.strip() != "Windows Registry Editor Version 5.00":
        raise ValueError(f"first line: {head!r}")
    keys, values, at = {}, None, 0
    while at < len(text):
        if text[at] == "\n":
            at += 1
        elif text[at] == ";":
            at = end_of_line(text, at)
        elif text[at] == "[":
            end = text.index("]\n", at) if "]\n" in text[at:] else len(text) - 1
            values = keys.setdefault(text[at + 1:end].rstrip("\\").lower(), {})
            at = end + 1
        elif values is None:
            raise ValueError(f"value outside a key: {text[at:at + 60]!r}")
        else:
            name, data, at = value(text, at)
            values[name.lower()] = data
    return keys


def end_of_line(text, at):
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def unescaped(text):
    return re.sub(r"\\(.)", r"\1", text, flags=re.S)


def value(text, at):
    if text[at] == "@":
        name, at = "", at + 1
    else:
        found = STRING.match(text, at)
        if not found:
            raise ValueError(f"no value name: {text[at:at + 60]!r}")
        name, at = unescaped(found.group(1)), found.end()
    if text[at] != "=":
        raise ValueError(f"no '=' after {name!r}: {text[at:at + 60]!r}")
    at += 1
    found = STRING.match(text, at)
    if found:
        return name, (1, (unescaped(found.group(1)) + "\0").encode("utf-16-le", "surrogatepass")), found.end()
    end = end_of_line(text, at)
    while text[at:end].rstrip().endswith("\\"):
        end = end_of_line(text, end + 1)
    kind, _, digits = text[at:end].partition(":")
    digits = re.sub(r"[\s\\]", "", digits)
    if kind == "dword":
        return name, (4, int(digits, 16).to_bytes(4, "little")), end
    found = re.fullmatch(r"hex(?:\(([0-9a-f]+)\))?", kind)
    if not found:
        raise ValueError(f"unknown data after {name!r}: {text[at:at + 60]!r}")
    number = int(found.group(1), 16) if found.group(1) else 3
    return name, (number, bytes(int(byte, 16) for byte in digits.split(",") if byte)), end


def read(path):
    return parse(text_of(path))
