/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool.c - any bytes as the kept packets of a run, found for each scenario and written again.
 *
 * About: harness/record/wire_index.c
 */
#include "harness/record/wire_index.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define GROUPS 3

static uint32_t
of_host(void *ctx, uint32_t number)
{
	(void)ctx;
	fuzz_saw_number(number);
	return number % 5; /* some of them are no group */
}

static uint32_t
of_name(void *ctx, const char *name)
{
	(void)ctx;
	must(strlen(name) < 256 && name[0] != '\0');
	fuzz_saw_text(name);
	return name[0] == 'a' ? 0 : WIRE_NOBODY;
}

/* A file without a name that holds these bytes; owned. */
static int
file_of(struct bytes in)
{
	int fd = memfd_create("spool", MFD_CLOEXEC);

	must(fd >= 0);
	must(pwrite(fd, in.data, in.len, 0) == (ssize_t)in.len);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct wire_groups groups = {GROUPS, of_host, of_name, NULL};
	struct bytes in = {(const char *)data, len};
	int fd = file_of(in);
	struct why why = {""};
	struct wire_index *w = wire_index_new(fd, &groups, &why);
	size_t n = 0;

	if (w == NULL)
		must_failed(__FILE__, __LINE__, why.text);
	for (uint32_t g = 0; g < GROUPS + 2; g++) {
		n += wire_index_count(w, g);
		fuzz_saw_number(wire_index_count(w, g));
	}
	must(n <= len / sizeof(struct spool_packet));
	wire_index_free(w);
	close(fd);
	return 0;
}
