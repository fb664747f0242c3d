# 600_outgoing_files: written to the folder whole, once, and never over another file.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = PostgreSQL::Test::Utils::tempdir;
my $node = mailroom_node('outgoing', conf => "mailroom.outgoing_directory = '$folder'\n");
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Out AS', 'NO', 'Europe/Oslo', 'NOK')");

# An outgoing file of $parts parts of $bytes bytes; returns its id.
sub make_file
{
	my ($name, $parts, $bytes) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT mailroom.open_outgoing_file($issuer, 'print', '$name', 'application/pdf') AS id \\gset
		SELECT count(mailroom.append_outgoing_file($issuer, :id, decode(repeat(md5('part' || i), $bytes / 16), 'hex')))
			FROM generate_series(1, $parts) AS i \\g (format=unaligned) /dev/null
		SELECT mailroom.close_outgoing_file($issuer, :id) \\g /dev/null
		SELECT :id});
}

sub folder_list
{
	opendir(my $handle, $folder) or die "$folder: $!";
	return join(' ', sort grep { !/^\.\.?$/ } readdir($handle));
}

my $id = make_file('mailing-1.pdf', 5, 1048576);
my $path = $node->safe_psql('postgres', "SELECT mailroom.write_outgoing_file($issuer, $id)");
is($path, "$folder/mailing-1.pdf", 'path');
is(-s $path, 5 * 1048576, 'size');
my $sha = `sha256sum < $path`;
is(substr($sha, 0, 64), $node->safe_psql('postgres', "SELECT sha256 FROM mailroom.outgoing WHERE outgoing_file_id = $id"), 'hash as the database says');
is(sprintf('%04o', (stat $path)[2] & 07777), '0640', 'the group may read, others not');
is(folder_list(), 'mailing-1.pdf', 'no temporary file stays');
is($node->safe_psql('postgres', "SELECT state FROM mailroom.outgoing WHERE outgoing_file_id = $id"), 'fetched', 'state');

# once: the receiver took it away, a repeated job does not deliver it again
unlink $path;
is($node->safe_psql('postgres', "SELECT mailroom.write_outgoing_file($issuer, $id)"), $path, 'second call names the path');
ok(!-e $path, 'and does not write');
$node->safe_psql('postgres', "SELECT mailroom.write_outgoing_file($issuer, $id, again => true)");
is(-s $path, 5 * 1048576, 'unless asked to');

# the row was lost with its transaction, the file is there: same content counts as written
$id = make_file('mailing-2.pdf', 2, 65536);
$node->safe_psql('postgres', "BEGIN; SELECT mailroom.write_outgoing_file($issuer, $id); ROLLBACK");
ok(-e "$folder/mailing-2.pdf", 'written before the rollback');
is($node->safe_psql('postgres', "SELECT written_at IS NULL FROM mailroom.outgoing WHERE outgoing_file_id = $id"), 't', 'not noted');
is($node->safe_psql('postgres', "SELECT mailroom.write_outgoing_file($issuer, $id)"), "$folder/mailing-2.pdf", 'same content is success');

# other content under the name
$id = make_file('mailing-3.pdf', 1, 65536);
append_to_file("$folder/mailing-3.pdf", 'somebody else wrote this');
my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT mailroom.write_outgoing_file($issuer, $id)");
like($err, qr/MR012: outgoing file ".*mailing-3.pdf" exists with other content/, 'other content is refused');
is(slurp_file("$folder/mailing-3.pdf"), 'somebody else wrote this', 'and left alone');
symlink('/etc/hostname', "$folder/mailing-4.pdf");
$id = make_file('mailing-4.pdf', 1, 16);
($code, $out, $err) = $node->psql('postgres', "SELECT mailroom.write_outgoing_file($issuer, $id)");
like($err, qr/could not open outgoing file/, 'a symbolic link is not followed');

# what a crash left is overwritten
$id = make_file('mailing-5.pdf', 1, 65536);
my $database = $node->safe_psql('postgres', "SELECT oid FROM pg_database WHERE datname = 'postgres'");
append_to_file("$folder/.mailroom-$database-$id.part", 'half');
$node->safe_psql('postgres', "SELECT mailroom.write_outgoing_file($issuer, $id)");
is(-s "$folder/mailing-5.pdf", 65536, 'written in spite of a left-over');
unlike(folder_list(), qr/part/, 'which is gone');

# a part that was changed in the table does not leave the house
$id = make_file('mailing-6.pdf', 3, 65536);
$node->safe_psql('postgres', "UPDATE mailroom.outgoing_file_part SET content = set_bit(content, 77, 1 - get_bit(content, 77)) WHERE outgoing_file_id = $id AND part_no = 2");
($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT mailroom.write_outgoing_file($issuer, $id)");
like($err, qr/MR007: outgoing file $id does not match its hash/, 'changed part');
ok(!-e "$folder/mailing-6.pdf", 'nothing appears');

# documents of the archive are put in when the file is written; dumped and restored it is the same file
my $base64 = $node->safe_psql('postgres', qq{
	INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		SELECT $issuer, n, -n, 'notice', 1, 1, '{}', '{}', octet_length(c), sha256(c), now() FROM generate_series(1, 2) AS n, convert_to(repeat('notice ' || n || E'\n', 90000), 'UTF8') AS c;
	SELECT mailroom.archive_store($issuer, ARRAY[1, 2], ARRAY[convert_to(repeat(E'notice 1\n', 90000), 'UTF8'), convert_to(repeat(E'notice 2\n', 90000), 'UTF8')]) \\g /dev/null
	SELECT replace(encode(convert_to(repeat(E'notice 2\n', 90000), 'UTF8'), 'base64'), E'\n', '')});
sub make_carrier
{
	return $node->safe_psql('postgres', "SELECT (mailroom.store_outgoing_files($issuer, 'package', ARRAY['$_[0]'], ARRAY['text/plain'], ARRAY['[<>]'::bytea], ARRAY[1, 1], ARRAY[1, 2], ARRAY[1, 2], ARRAY[false, true]))[1]");
}
my $carried = '[' . "notice 1\n" x 90000 . "<$base64>]";
$id = make_carrier('package-1.txt');
$node->safe_psql('postgres', "SELECT mailroom.write_outgoing_file($issuer, $id)");
ok(slurp_file("$folder/package-1.txt") eq $carried, 'written with the documents in their places');
is($node->safe_psql('postgres', "SELECT content_bytes FROM mailroom.outgoing WHERE outgoing_file_id = $id"), length $carried, 'size as the database says');
cmp_ok($node->safe_psql('postgres', "SELECT octet_length(content) FROM mailroom.outgoing_file_part WHERE outgoing_file_id = $id"), '<', 10, 'stored without them');
my $dump = PostgreSQL::Test::Utils::tempdir . '/outgoing.dump';
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'dump');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('copy'), $dump ], 'restore');
is($node->safe_psql('copy', "SELECT encode(sha256(mailroom.outgoing_file_content($issuer, $id)), 'hex') = sha256 FROM mailroom.outgoing WHERE outgoing_file_id = $id"), 't', 'restored: the same bytes');
my $other = make_carrier('package-2.txt');
$node->safe_psql('postgres', "SET mailroom.allow_archive_change = on; UPDATE mailroom.archive_volume v SET content = set_byte(v.content, e.stored_at::integer + 9, 255 - get_byte(v.content, e.stored_at::integer + 9))
	FROM mailroom.archive_entry e WHERE e.document_id = 2 AND v.issuer_id = e.issuer_id AND v.volume_id = e.stored_in");
($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT mailroom.write_outgoing_file($issuer, $other)");
like($err, qr/MR007: archived document 2 is damaged/, 'a document that was changed in the archive');
ok(!-e "$folder/package-2.txt", 'nothing appears');

$id = make_file('mailing-7.pdf', 1, 16);
chmod 0555, $folder;
SKIP:
{
	skip 'runs as root: no folder is read-only', 1 if $> == 0;
	($code, $out, $err) = $node->psql('postgres', "SELECT mailroom.write_outgoing_file($issuer, $id)");
	like($err, qr/could not create temporary file ".*": Permission denied/, 'read-only folder');
}
chmod 0755, $folder;
$node->stop;
done_testing();
