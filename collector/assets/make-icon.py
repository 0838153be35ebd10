#!/usr/bin/env python3
"""Draws koff.ico: an envelope with a pulse line. Run it after a change; the icon itself is committed."""
import pathlib
import struct
import zlib

SIZES = (16, 24, 32, 48, 64, 256)
BLUE, WHITE, LINE, PULSE = (32, 86, 150), (250, 251, 253), (150, 176, 208), (214, 72, 54)
PULSE_POINTS = [(0.10, 0.66), (0.34, 0.66), (0.42, 0.50), (0.52, 0.84), (0.60, 0.58), (0.66, 0.66), (0.90, 0.66)]


def near(x, y, a, b, width):
    """Whether the point lies within `width` of the segment a-b."""
    (ax, ay), (bx, by) = a, b
    dx, dy = bx - ax, by - ay
    t = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
    return (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2 <= width * width


def colour(x, y):
    """Colour at (x, y) in the unit square, or None where the icon is transparent."""
    cx, cy = max(0.16, min(0.84, x)), max(0.16, min(0.84, y))
    if (x - cx) ** 2 + (y - cy) ** 2 > 0.15 ** 2:
        return None
    if any(near(x, y, a, b, 0.035) for a, b in zip(PULSE_POINTS, PULSE_POINTS[1:])):
        return PULSE
    if 0.16 <= x <= 0.84 and 0.24 <= y <= 0.78:
        flap = near(x, y, (0.18, 0.26), (0.50, 0.52), 0.02) or near(x, y, (0.50, 0.52), (0.82, 0.26), 0.02)
        return LINE if flap else WHITE
    return BLUE


def pixels(size):
    """Rows of RGBA, four by four samples a pixel."""
    rows = []
    for py in range(size):
        row = []
        for px in range(size):
            hits = [colour((px + (i + 0.5) / 4) / size, (py + (j + 0.5) / 4) / size) for i in range(4) for j in range(4)]
            seen = [c for c in hits if c]
            mean = [sum(c[k] for c in seen) // len(seen) for k in range(3)] if seen else [0, 0, 0]
            row.append((*mean, 255 * len(seen) // 16))
        rows.append(row)
    return rows


def bitmap(size):
    """An icon image in the old DIB form, bottom row first, with an empty mask."""
    head = struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, 0, 0, 0, 0, 0)
    body = b"".join(bytes((b, g, r, a)) for row in reversed(pixels(size)) for r, g, b, a in row)
    return head + body + bytes(((size + 31) // 32) * 4 * size)


def png(size):
    """An icon image as PNG, as Windows expects for 256 pixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    raw = b"".join(b"\0" + b"".join(bytes(p) for p in row) for row in pixels(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


images = [png(size) if size == 256 else bitmap(size) for size in SIZES]
offset = 6 + 16 * len(images)
icon = struct.pack("<HHH", 0, 1, len(images))
for size, image in zip(SIZES, images):
    icon += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(image), offset)
    offset += len(image)
pathlib.Path(__file__).with_name("koff.ico").write_bytes(icon + b"".join(images))
