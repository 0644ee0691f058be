/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - see page.h; mapped before main, so before the program may change its root or its ids.
 */
#include "harness/lab/preload/page.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "harness/lab/preload/ids.h"
#include "harness/lab/preload/next.h"
#include "harness/lab/preload/system.h"

/* Both as in harness/lab/preload.h. */
#define PAGE_PATH "/usr/lib/mitmx/clock"
struct page {
	int64_t offset_s;
	int64_t fake_ids;
};
#define PAGE_SIZE 4096

static const struct page no_page;
static const struct page *page;

static const struct page *
open_page(void)
{
	long fd = CALL3(SYS_openat, AT_FDCWD, PAGE_PATH, O_RDONLY | O_CLOEXEC), at = -1;

	if (fd >= 0) {
		at = call(SYS_mmap, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
		CALL3(SYS_close, fd, 0, 0);
	}
	return at < 0 && at >= -4095 ? &no_page : (const struct page *)at;
}

static const struct page *
get_page(void)
{
	const struct page *known = __atomic_load_n(&page, __ATOMIC_ACQUIRE);

	if (known != NULL)
		return known;
	known = open_page(); /* by our constructor, or by that of a library which comes before it */
	__atomic_store_n(&page, known, __ATOMIC_RELEASE);
	return known;
}

int64_t
page_offset(void)
{
	return __atomic_load_n(&get_page()->offset_s, __ATOMIC_RELAXED);
}

bool
page_ids_are_faked(void)
{
	return get_page()->fake_ids != 0;
}

__attribute__((constructor)) static void
begin(void)
{
	next_find_all();
	if (page_ids_are_faked())
		ids_begin();
}
