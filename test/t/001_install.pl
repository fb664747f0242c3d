# 001_install: the extension installs, drops and installs again; without preloading too; dump and restore.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('install', preload => 0);
is($node->safe_psql('postgres', 'SELECT mailroom.library_version()'),
	$node->safe_psql('postgres', "SELECT extversion FROM pg_extension WHERE extname = 'mailroom'"),
	'library and SQL are of one version');
$node->safe_psql('postgres', "SELECT mailroom.create_issuer('Dump AS', 'NO', 'Europe/Oslo', 'NOK')");
$node->safe_psql('postgres', 'CREATE DATABASE copy');
my $dump = "$PostgreSQL::Test::Utils::tmp_check/dump.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('copy') ], 'restore');
is($node->safe_psql('copy', 'SELECT name FROM mailroom.issuer'), 'Dump AS', 'rows come back');
isnt($node->safe_psql('copy', "SELECT mailroom.create_issuer('Next AS', 'NO', 'Europe/Oslo', 'NOK')"), '1', 'and so does the sequence');
$node->safe_psql('copy', 'DROP EXTENSION mailroom; CREATE EXTENSION mailroom');
is($node->safe_psql('copy', 'SELECT count(*) FROM mailroom.issuer'), '0', 'dropped and made again');
$node->stop;
done_testing();
