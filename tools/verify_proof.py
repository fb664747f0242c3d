#!/usr/bin/env python3
"""verify_proof.py PROOF.json DOCUMENT HEAD: is DOCUMENT, byte for byte, in the archive whose published head is HEAD?

HEAD is the hash (hexadecimal) as you got it from elsewhere: a proof that brings its own head proves nothing.  What is
hashed is told in docs/archive.md.  Exit status 0 and one line when the proof holds, 1 and the reason when not."""
import hashlib, json, sys

LEAF = ("issuer_id document_id volume_id leaf_no content_bytes content_sha256 stored_sha256 invoice_id invoice_number "
        "customer_no customer_name payment_reference issue_date amount_minor currency").split()

def hashed(prefix, fields):
    raw = [f if f is None or isinstance(f, bytes) else str(f).encode() for f in fields]
    return hashlib.sha256(prefix + b"".join(b"\xff" * 4 if f is None else len(f).to_bytes(4, "big") + f for f in raw)).digest()

def root_of(node, count, index, path):
    if count == 1:
        return node if not path else None
    left = 1 << (count - 1).bit_length() - 1  # the largest power of two below count
    inner = root_of(node, *((left, index) if index < left else (count - left, index - left)), path[:-1]) if path else None
    pair = (inner, path[-1]) if index < left else (path[-1] if path else None, inner)
    return None if inner is None else hashlib.sha256(b"\x01" + pair[0] + pair[1]).digest()

def problem(proof, document, head):
    leaf, volume, link = proof["leaf"], proof["volume"], proof["link"]
    if proof["format"] != "mailroom-proof-1" or set(leaf) != set(LEAF) or not 0 <= leaf["leaf_no"] < volume["document_count"]:
        return "not a proof of this format"
    if len(document) != leaf["content_bytes"] or hashlib.sha256(document).hexdigest() != leaf["content_sha256"]:
        return "document is not the one that was archived"
    fields = [bytes.fromhex(leaf[k]) if k.endswith("_sha256") else leaf[k] for k in LEAF]
    root = root_of(hashed(b"\x00" + bytes.fromhex(proof["salt"]), fields), volume["document_count"], leaf["leaf_no"],
                   [bytes.fromhex(p) for p in proof["path"]])
    if root is None:
        return "path has the wrong length"
    volumes = [hashed(b"\x02" + root, [volume["format"], leaf["issuer_id"], leaf["volume_id"], volume["document_count"],
                                       volume["content_bytes"], volume["sealed_at"]])] + [bytes.fromhex(h) for h in link["after"]]
    reached, number = bytes.fromhex(link["previous"]), link["link_no"] - 1
    for volume_hash in volumes:
        number += 1
        reached = hashed(b"\x02" + reached, [number, volume_hash])
    if proof["head"] != {"link_no": number, "head_hash": reached.hex()} or reached.hex() != head.lower():
        return "hashes do not lead to the published head"

if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8") as p, open(sys.argv[2], "rb") as d:
            wrong = problem(json.load(p), d.read(), sys.argv[3])
    except IndexError:
        sys.exit(__doc__)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        wrong = f"not a proof: {error!r}"
    print(f"REFUSED: {wrong}" if wrong else "holds: the document is in the archive under this head")
    sys.exit(1 if wrong else 0)
