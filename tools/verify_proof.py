#!/usr/bin/env python3
"""verify_proof.py PROOF.json DOCUMENT HEAD: is DOCUMENT, byte for byte, in the archive whose published head is HEAD?"""
import hashlib, json, sys
LEAF = ("issuer_id document_id volume_id leaf_no content_bytes content_sha256 stored_sha256 invoice_id invoice_number "
        "customer_no customer_name payment_reference issue_date amount_minor currency").split()
VOLUME = "format issuer_id volume_id document_count content_bytes sealed_at".split()
def need(holds, otherwise): holds or sys.exit("REFUSED: " + otherwise)
def hashed(prefix, fields=()):  # each field after its length in four bytes; null is the length ffffffff
    raw = [f if f is None or isinstance(f, bytes) else str(f).encode() for f in fields]
    return hashlib.sha256(prefix + b"".join(b"\xff" * 4 if f is None else len(f).to_bytes(4, "big") + f for f in raw)).digest()
def climb(node, index, last, path):  # from leaf number index to the root; a node without a sister goes up as it is
    levels = [n for n in range(last.bit_length()) if index >> n & 1 or index >> n < last >> n]
    need(len(path) == len(levels), f"path has {len(path)} sister hashes, leaf {index} of {last + 1} needs {len(levels)}")
    for n, sister in zip(levels, path): node = hashed(b"\1" + (sister + node if index >> n & 1 else node + sister))
    return node
def check(proof, document, head, unhex=bytes.fromhex):
    leaf, volume, link, reached = proof["leaf"], proof["volume"], proof["link"], unhex(proof["link"]["previous"])
    need(proof["format"] == "mailroom-proof-1" and set(leaf) == set(LEAF), "this is no proof of format mailroom-proof-1")
    need(hashed(document).hex() == leaf["content_sha256"], "document is not the one that was archived")
    node = hashed(b"\0" + unhex(proof["salt"]), [unhex(leaf[k]) if k.endswith("_sha256") else leaf[k] for k in LEAF])
    need(node.hex() == proof["leaf_hash"], "what the proof says of the document was forged: it has another leaf hash")
    node = climb(node, leaf["leaf_no"], volume["document_count"] - 1, [unhex(sister) for sister in proof["path"]])
    need(node.hex() == volume["merkle_root"], "a sister hash of the path was forged, or stands in another's place")
    volumes = [hashed(b"\2" + node, [{**leaf, **volume}[k] for k in VOLUME])] + [unhex(h) for h in link["after"]]
    for number, h in enumerate(volumes, link["link_no"]): reached = hashed(b"\2" + reached, [number, h])
    need(proof["head"] == {"link_no": number, "head_hash": reached.hex()}, "volume or links do not lead to the proof's head")
    need(reached.hex() == head.lower(), "the proof's head is not the published one")
if __name__ == "__main__":
    _, proof, document, head = sys.argv if len(sys.argv) == 4 else sys.exit(__doc__)
    print(check(json.load(open(proof, "rb")), open(document, "rb").read(), head) or "holds: the document is in the archive under this head")
