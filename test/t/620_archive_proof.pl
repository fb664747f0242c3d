# 620_archive_proof: tools/verify_proof.py, outside of the database, holds what is right and refuses what is forged.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tool = "$FindBin::Bin/../../tools/verify_proof.py";
plan skip_all => 'SKIPPED LOUDLY: python3 is missing, the verifier was not tried' if system('python3 -c "" 2>/dev/null') != 0;

my $tmp = PostgreSQL::Test::Utils::tempdir;
my $node = mailroom_node('archive_proof');
my $issuer = $node->safe_psql('postgres', q{SELECT mailroom.create_issuer('Proof AS', 'NO', 'Europe/Oslo', 'NOK')});
$node->safe_psql('postgres', qq{
	CREATE TABLE sample AS SELECT n, convert_to(repeat('Faktura Åse ' || n, 20), 'UTF8') AS content FROM generate_series(1, 37) AS n;
	INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, issue_date, payable_minor, currency)
		SELECT $issuer, n, 'file', 'printed', 'seller', '', mailroom.now(), 'P' || n, 'C1', 'Åse "Øst"', date '2026-01-01', 100, 'NOK' FROM sample;
	INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		SELECT $issuer, n, n, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
	SELECT mailroom.archive_store($issuer, array_agg(n), array_agg(content ORDER BY n)) FROM sample WHERE n <= 3;
	SELECT mailroom.archive_store($issuer, array_agg(n), array_agg(content ORDER BY n)) FROM sample WHERE n BETWEEN 4 AND 24;
	SELECT mailroom.archive_store($issuer, array_agg(n), array_agg(content ORDER BY n)) FROM sample WHERE n > 24;
});
my $head = $node->safe_psql('postgres', "SELECT mailroom.publish_archive_head($issuer) ->> 'head_hash'");
for my $n (1, 2, 3, 9, 24, 37)
{
	append_to_file("$tmp/$n.json", $node->safe_psql('postgres', "SELECT mailroom.archive_proof($issuer, $n)"));
	append_to_file("$tmp/$n.hex", $node->safe_psql('postgres', "SELECT encode(mailroom.archive_document($issuer, $n), 'hex')"));
	system('python3', '-c', 'import sys; open(sys.argv[2], "wb").write(bytes.fromhex(open(sys.argv[1]).read()))', "$tmp/$n.hex", "$tmp/$n.bin");
	is(system("python3 $tool $tmp/$n.json $tmp/$n.bin $head >$tmp/out"), 0, "proof of document $n holds");
}
is(slurp_file("$tmp/out"), "holds: the document is in the archive under this head\n", 'and says so');
# each way to forge has its own refusal
sub refusal
{
	my ($proof, $document, $under) = @_;
	my $code = system("python3 $tool $proof $document $under >$tmp/out 2>&1");
	return $code == 0 ? 'accepted' : slurp_file("$tmp/out");
}
sub forged
{
	my ($name, $change) = @_;
	system('python3', '-c', "import json, sys\nproof = json.load(open(sys.argv[1]))\n$change\njson.dump(proof, open(sys.argv[2], 'w'))", "$tmp/9.json", "$tmp/$name.json");
	return refusal("$tmp/$name.json", "$tmp/9.bin", $head);
}
my $other = ($head =~ /^0/ ? '1' : '0') . substr($head, 1);
is(refusal("$tmp/2.json", "$tmp/3.bin", $head), "REFUSED: document is not the one that was archived\n", 'another document');
is(refusal("$tmp/2.json", "$tmp/2.bin", $other), "REFUSED: the proof's head is not the published one\n", 'another head');
is(forged('customer', "proof['leaf']['customer_name'] = 'Other'"), "REFUSED: what the proof says of the document was forged: it has another leaf hash\n", 'another customer');
is(forged('leaf', "proof['leaf_hash'] = '00' * 32"), "REFUSED: what the proof says of the document was forged: it has another leaf hash\n", 'another leaf hash');
is(forged('swapped', "proof['path'][0], proof['path'][1] = proof['path'][1], proof['path'][0]"), "REFUSED: a sister hash of the path was forged, or stands in another's place\n", 'sisters swapped');
is(forged('sister', "proof['path'][2] = '00' * 32"), "REFUSED: a sister hash of the path was forged, or stands in another's place\n", 'a sister exchanged');
is(forged('cut', "proof['path'].pop()"), "REFUSED: path has 4 sister hashes, leaf 5 of 21 needs 5\n", 'path cut');
is(forged('long', "proof['path'].append('00' * 32)"), "REFUSED: path has 6 sister hashes, leaf 5 of 21 needs 5\n", 'path too long');
is(forged('volume', "proof['volume']['sealed_at'] += 1"), "REFUSED: volume or links do not lead to the proof's head\n", 'another volume');
is(forged('links', "proof['link']['after'].pop()"), "REFUSED: volume or links do not lead to the proof's head\n", 'a link taken out');
is(forged('format', "proof['format'] = 'x'"), "REFUSED: this is no proof of format mailroom-proof-1\n", 'another format');
# a proof that is right in itself, of an archive that somebody made up
is(forged('archive', "sys.path.insert(0, '$FindBin::Bin/../../tools'); import verify_proof as v\nproof['leaf']['customer_name'] = 'Other'; leaf, volume = proof['leaf'], proof['volume']\n"
	. "node = v.hashed(b'\\0' + bytes.fromhex(proof['salt']), [bytes.fromhex(leaf[k]) if k.endswith('_sha256') else leaf[k] for k in v.LEAF]); proof['leaf_hash'] = node.hex()\n"
	. "node = v.climb(node, leaf['leaf_no'], volume['document_count'] - 1, [bytes.fromhex(p) for p in proof['path']]); volume['merkle_root'] = node.hex()\n"
	. "reached = bytes.fromhex(proof['link']['previous'])\n"
	. "for n, h in enumerate([v.hashed(b'\\2' + node, [{**leaf, **volume}[k] for k in v.VOLUME])] + [bytes.fromhex(h) for h in proof['link']['after']], proof['link']['link_no']): reached = v.hashed(b'\\2' + reached, [n, h])\n"
	. "proof['head']['head_hash'] = reached.hex()"), "REFUSED: the proof's head is not the published one\n", 'an archive made up from the leaf to the head');
cmp_ok(scalar(() = slurp_file($tool) =~ /\n/g), '<=', 30, 'the verifier has at most 30 lines');
append_to_file("$tmp/broken.json", '{"leaf": ');
isnt(system("python3 $tool $tmp/broken.json $tmp/2.bin $head >$tmp/out"), 0, 'a broken proof is refused');

# every value of the proof changed, taken away or doubled, every bit of the document, the document longer and shorter
append_to_file("$tmp/forge.py", <<'PY');
import copy, importlib.util, json, sys
spec = importlib.util.spec_from_file_location("verify_proof", sys.argv[1])
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)
def places(value, path=()):
    if isinstance(value, (dict, list)):
        for key, inner in (value.items() if isinstance(value, dict) else enumerate(value)):
            yield from places(inner, path + (key,))
    if path:
        yield path
def forgeries(value):
    yield "taken away"
    if isinstance(value, int): yield from (value + 1, value - 1, value + 2**32, -value - 1, 0 if value else 1, None, [value])
    elif value is None: yield from ("", 0, "x")
    elif isinstance(value, list): yield from (value + ["00" * 32], value[:-1] if value else ["11" * 32], value[::-1] if len(value) > 1 else None)
    elif isinstance(value, str):
        yield from (value + " x", value[1:], None, "")
        for i in range(len(value)): yield value[:i] + ("1" if value[i] != "1" else "2") + value[i + 1:]
tried = accepted = 0
for proof_name, document_name in zip(sys.argv[3::2], sys.argv[4::2]):
    proof, document = json.load(open(proof_name, encoding="utf-8")), open(document_name, "rb").read()
    tool.check(proof, document, sys.argv[2])
    def attempt(what, proof, document):
        global tried, accepted
        tried += 1
        try:
            tool.check(proof, document, sys.argv[2])
            accepted += 1
            print("accepted:", what)
        except (SystemExit, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
            pass
    for path in places(proof):
        holder = proof
        for key in path: holder = holder[key]
        for forged in forgeries(holder):
            changed = copy.deepcopy(proof)
            inner = changed
            for key in path[:-1]: inner = inner[key]
            if forged == "taken away": del inner[path[-1]]
            elif forged == holder: continue
            else: inner[path[-1]] = forged
            attempt((path, forged), changed, document)
    for bit in range(len(document) * 8):
        attempt(("bit", bit), proof, document[:bit // 8] + bytes([document[bit // 8] ^ 1 << bit % 8]) + document[bit // 8 + 1:])
    attempt("longer", proof, document + b"\0")
    attempt("shorter", proof, document[:-1])
print("tried enough" if tried > 8000 else f"tried {tried}", "accepted", accepted)
PY
my $said = `python3 $tmp/forge.py $tool $head $tmp/1.json $tmp/1.bin $tmp/9.json $tmp/9.bin $tmp/37.json $tmp/37.bin 2>&1`;
is($said, "tried enough accepted 0\n", 'no forged proof is accepted');
$node->stop;
done_testing();
