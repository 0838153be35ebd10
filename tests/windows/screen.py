#!/usr/bin/env python3
"""Turns the frame buffer file of Xvfb (-fbdir, an XWD image) into a PNG.   usage: screen.py XWD OUT.png"""
import pathlib
import struct
import sys
import zlib

data = pathlib.Path(sys.argv[1]).read_bytes()
head = struct.unpack(">25I", data[:100])
size, width, height, bits, line, colours = head[0], head[4], head[5], head[11], head[12], head[19]
if bits != 32:
    sys.exit(f"{sys.argv[1]}: expected 32 bits a pixel, found {bits}")
pixels = data[size + 12 * colours:]
rows = bytearray()
for y in range(height):
    row = pixels[y * line:y * line + 4 * width]
    rgb = bytearray(3 * width)
    rgb[0::3], rgb[1::3], rgb[2::3] = row[2::4], row[1::4], row[0::4]
    rows += b"\0" + rgb


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
pathlib.Path(sys.argv[2]).write_bytes(png + chunk(b"IDAT", zlib.compress(bytes(rows), 6)) + chunk(b"IEND", b""))
