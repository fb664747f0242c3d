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
