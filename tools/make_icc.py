#!/usr/bin/env python3
"""make_icc.py: the sRGB profile of archived documents, as C on standard output.

An ICC profile of version 2 (PDF/A-1 takes no later one) made from the numbers of IEC 61966-2-1: primaries adapted to D50,
the transfer curve in 1,024 points.  Its text is our own, so it carries no one else's licence.
Run: tools/make_icc.py > src/core/pdf_icc_srgb.c
"""
import struct
import zlib

POINTS = 1024


def number(value):
    return struct.pack(">i", round(value * 65536))


def xyz(x, y, z):
    return b"XYZ \0\0\0\0" + number(x) + number(y) + number(z)


def description(text):
    ascii_text = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(ascii_text)) + ascii_text + bytes(4 + 4 + 2 + 1 + 67)


def linear(encoded):
    return encoded / 12.92 if encoded <= 0.04045 else ((encoded + 0.055) / 1.055) ** 2.4


def curve():
    values = [round(65535 * linear(i / (POINTS - 1))) for i in range(POINTS)]
    return b"curv\0\0\0\0" + struct.pack(">I", POINTS) + struct.pack(">%dH" % POINTS, *values)


def profile():
    tags = [
        (b"desc", description("sRGB")),
        (b"cprt", b"text\0\0\0\0" + b"No copyright, use freely\0"),
        (b"wtpt", xyz(0.9505, 1.0, 1.0891)),
        (b"rXYZ", xyz(0.4360747, 0.2225045, 0.0139322)),
        (b"gXYZ", xyz(0.3850649, 0.7168786, 0.0971045)),
        (b"bXYZ", xyz(0.1430804, 0.0606169, 0.7141733)),
    ]
    shared = curve()
    table, body, start = b"", b"", 128 + 4 + 12 * (len(tags) + 3)
    for name, data in tags:
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        table += name + struct.pack(">II", start + len(body), len(shared))
    body += shared + bytes(-len(shared) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(4 + 4 + 4 + 4 + 8 + 4)
    header += number(0.9642) + number(1.0) + number(0.8249)
    header += bytes(128 - len(header))
    return header + struct.pack(">I", len(tags) + 3) + table + body


def main():
    plain = profile()
    packed = zlib.compress(plain, 9)
    print("/*\n * pdf_icc_srgb.c: the sRGB profile, zlib format; made by tools/make_icc.py.\n */")
    print('#include "core/pdf_icc.h"\n\n/* clang-format off */')
    print("const size_t pdf_icc_srgb_length = %d;" % len(packed))
    print("const unsigned char pdf_icc_srgb[] = {")
    for at in range(0, len(packed), 24):
        print("\t" + ",".join(str(byte) for byte in packed[at:at + 24]) + ",")
    print("};\n/* clang-format on */")


main()
