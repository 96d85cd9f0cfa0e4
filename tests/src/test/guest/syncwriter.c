// Writes records to a file system, each in one of the ways in which programs make data safe, and
// says so on the console once the kernel says the record is safe. Beside it a second process
// makes, truncates, renames and removes files that nobody makes safe. It never ends by itself.
//
//   syncwriter FOLDER SEED
//
// What record I of a seed is made of is told by content(), which KilledMachineTest repeats.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

enum { LARGEST = 20 << 10, BLOCK = 4096, NOISE_FILES = 12, NOISE_LARGEST = 300 << 10 };

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void content(unsigned char *to, size_t length, uint64_t seed, uint64_t record)
{
	uint64_t state = (seed << 32) + record + 1;
	for (size_t at = 0; at < length; at += 8) {
		uint64_t word = next(&state);
		memcpy(to + at, &word, 8);
	}
}

static void fail(const char *what)
{
	perror(what);
	printf("failed %s\n", what);
	fflush(stdout);
	exit(1);
}

static void write_all(int fd, const unsigned char *from, size_t length, off_t at)
{
	while (length > 0) {
		ssize_t done = pwrite(fd, from, length, at);
		if (done <= 0)
			fail("write");
		from += done;
		at += done;
		length -= done;
	}
}

static int open_or_fail(const char *name, int flags)
{
	int fd = open(name, flags | O_CREAT | O_WRONLY, 0644);
	if (fd < 0)
		fail(name);
	return fd;
}

static void make_noise(uint64_t seed)
{
	static unsigned char bytes[NOISE_LARGEST];
	uint64_t state = seed + 99;
	for (;;) {
		char name[32], other[32];
		snprintf(name, sizeof name, "noise-%u", (unsigned)(next(&state) % NOISE_FILES));
		snprintf(other, sizeof other, "noise-%u", (unsigned)(next(&state) % NOISE_FILES));
		switch (next(&state) % 6) {
		case 0:
			unlink(name);
			break;
		case 1:
			rename(name, other);
			break;
		case 2:
			if (truncate(name, next(&state) % NOISE_LARGEST) < 0)
				break; // there is none of that name
			break;
		default: {
			int fd = open_or_fail(name, O_TRUNC);
			write_all(fd, bytes, next(&state) % NOISE_LARGEST, 0);
			close(fd);
		}
		}
		usleep(next(&state) % 20000);
	}
}

int main(int count, char **arguments)
{
	if (count != 3 || chdir(arguments[1]) < 0)
		fail("arguments");
	uint64_t seed = strtoull(arguments[2], NULL, 10);
	pid_t parent = getpid();
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			make_noise(seed);
		return 0;
	}
	int folder = open(".", O_RDONLY | O_DIRECTORY);
	int synced = open_or_fail("synced", 0);
	int dsync = open_or_fail("dsync", O_DSYNC);
	int direct = open_or_fail("direct", O_DIRECT | O_DSYNC);
	off_t synced_end = 0, dsync_end = 0, direct_end = 0;
	unsigned char *bytes = aligned_alloc(BLOCK, LARGEST + BLOCK);
	uint64_t state = seed + 1;
	if (folder < 0 || bytes == NULL)
		fail("setup");
	for (unsigned record = 0;; record++) {
		unsigned kind = next(&state) % 4;
		size_t length = 8 + next(&state) % (LARGEST / 8) * 8;
		off_t at = 0;
		if (kind == 2)
			length = (length + BLOCK - 1) / BLOCK * BLOCK;
		content(bytes, length, seed, record);
		switch (kind) {
		case 0:
			at = synced_end;
			write_all(synced, bytes, length, at);
			if ((record & 4 ? fsync(synced) : fdatasync(synced)) < 0)
				fail("fsync");
			synced_end += length;
			break;
		case 1:
			at = dsync_end;
			write_all(dsync, bytes, length, at);
			dsync_end += length;
			break;
		case 2:
			at = direct_end;
			write_all(direct, bytes, length, at);
			direct_end += length;
			break;
		default: {
			char name[32];
			snprintf(name, sizeof name, "record-%u", record);
			int fd = open_or_fail("new", O_TRUNC);
			write_all(fd, bytes, length, 0);
			if (fsync(fd) < 0 || rename("new", name) < 0 || fsync(folder) < 0)
				fail("rename");
			close(fd);
		}
		}
		printf("safe %u %u %llu %zu\n", record, kind, (unsigned long long)at, length);
		fflush(stdout);
	}
}
