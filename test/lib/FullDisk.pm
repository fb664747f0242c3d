# FullDisk: a library that says "no space left" to every write that makes a relation or a temporary file longer while a flag file
# is there: a full disk that root need not make.
package FullDisk;
use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Utils;

our @EXPORT = qw(build_full_disk);

# build_full_disk(folder): builds FOLDER/full_disk.so for LD_PRELOAD and names the flag FOLDER/full in the environment; false
# without a C compiler.
sub build_full_disk
{
	my ($folder) = @_;
	my $code = <<'C';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static int is_full(int fd, off64_t at)
{
	char link[64], path[4096];
	ssize_t length;
	struct stat64 found;
	if (access(getenv("FULL_DISK_FLAG"), F_OK) != 0) return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0) return 0;
	path[length] = 0;
	return strstr(path, "/base/") != NULL && fstat64(fd, &found) == 0 && at >= found.st_size;
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);
	if (is_full(fd, at)) { errno = ENOSPC; return -1; }
	if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite64");
	return real(fd, bytes, length, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }
int posix_fallocate64(int fd, off64_t at, off64_t length)
{
	static int (*real)(int, off64_t, off64_t);
	if (is_full(fd, at)) return ENOSPC;
	if (real == NULL) real = dlsym(RTLD_NEXT, "posix_fallocate64");
	return real(fd, at, length);
}
int posix_fallocate(int fd, off_t at, off_t length) { return posix_fallocate64(fd, at, length); }
C
	append_to_file("$folder/full_disk.c", $code);
	$ENV{FULL_DISK_FLAG} = "$folder/full";
	return system("cc -shared -fPIC -o $folder/full_disk.so $folder/full_disk.c -ldl 2>$folder/full_disk.log") == 0;
}

1;
