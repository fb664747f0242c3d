#!/usr/bin/env python3
"""verify_export.py EXPORT.zip HEAD: is every file of this export of an archive what was archived under the published HEAD?

Checks checksums, manifest.csv, chain.csv up to HEAD (hexadecimal, as you got it from elsewhere), and each document's
proof.  Needs verify_proof.py beside it.  Exit status 0 when all holds, 1 and the first fault when not."""
import csv, io, json, hashlib, sys, zipfile
from verify_proof import check, hashed

def fault(export, head):
    if export.testzip() is not None:
        return f"{export.testzip()} is damaged"
    manifest, lines = json.loads(export.read("manifest.json")), export.read("manifest.csv")
    if manifest["format"] != "mailroom-archive-1" or hashlib.sha256(lines).hexdigest() != manifest["manifest_csv_sha256"]:
        return "manifest.csv is not the one of manifest.json"
    links, reached = {}, bytes(32)
    for row in csv.DictReader(io.StringIO(export.read("chain.csv").decode())):
        number = int(row["link_no"])
        if row["volume_hash"]:
            reached = hashed(b"\x02" + reached, [number, bytes.fromhex(row["volume_hash"])])
        elif not links:
            reached = bytes.fromhex(row["link_hash"])
        if reached.hex() != row["link_hash"] or (links and number != last + 1):
            return f"chain.csv is broken at link {number}"
        links[number], last = reached.hex(), number
    if reached.hex() != head.lower():
        return f"chain.csv does not lead to the published head: its last link is {last if links else 'missing'}, {reached.hex()}"
    rows = list(csv.DictReader(io.StringIO(lines.decode())))
    if len(rows) != manifest["documents"] or len(export.namelist()) != 3 + 2 * len(rows):
        return "files are missing or too many"
    for row in rows:
        proof = json.loads(export.read(f"proofs/{row['document_id']}.json"))
        try:
            check(proof, export.read(row["file"]), links[proof["head"]["link_no"]])
        except SystemExit as refused:
            return f"{row['file']}: {refused}".replace("REFUSED: ", "")
        leaf = {key: "" if value is None else str(value) for key, value in proof["leaf"].items()}
        if any(row[key] != leaf[key] for key in row if key in leaf):
            return f"{row['file']}: manifest.csv says something else"

if __name__ == "__main__":
    try:
        wrong = fault(zipfile.ZipFile(sys.argv[1]), sys.argv[2])
    except IndexError:
        sys.exit(__doc__)
    except (OSError, KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        wrong = f"not an export: {error!r}"
    print(f"REFUSED: {wrong}" if wrong else "holds: every document is in the archive under this head")
    for volume in [] if wrong else json.loads(zipfile.ZipFile(sys.argv[1]).read("manifest.json"))["export"].get("left_out", []):
        print(f"not in the export: document {', '.join(map(str, volume['document_ids']))}: {volume['reason']}")
    sys.exit(1 if wrong else 0)
