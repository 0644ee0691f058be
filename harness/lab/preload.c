/* SPDX-License-Identifier: Apache-2.0 */
/* preload.c - see preload.h */
#include "harness/lab/preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/lab/mounts.h"

/* Below /usr/lib, since what confines a program of the host's (AppArmor) lets it read there. */
#define FOLDER "/usr/lib/mitmx"
#define LIBRARY FOLDER "/preload.so"
#define PAGE FOLDER "/clock"
/*
 * A program built with gcc's AddressSanitizer refuses to start unless the first library has this in its
 * name; one built with clang's, if a file that is mapped has. A link has one name for either.
 */
#define LIBRARY_LINK FOLDER "/preload-before-libasan.so"
#define LIST "/etc/ld.so.preload"
#define LIST_MAX 4096 /* bytes of another's */
#define PAGE_LEN 4096

/* The library as it was linked. With -flto this may be assembled apart from who uses it, so the names are
 * global. */
__asm__(".pushsection .rodata\n"
	".globl lab_preload_begin, lab_preload_end\n"
	".hidden lab_preload_begin, lab_preload_end\n"
	".balign 16\n"
	"lab_preload_begin:\n"
	".incbin \"" PRELOAD_FILE "\"\n"
	"lab_preload_end:\n"
	".popsection\n");
extern const char lab_preload_begin[] __attribute__((visibility("hidden")));
extern const char lab_preload_end[] __attribute__((visibility("hidden")));

static int
lay_list(struct ground *ground, struct why *why)
{
	char text[sizeof(LIBRARY_LINK) + LIST_MAX + 2] = LIBRARY_LINK "\n";
	size_t len = strlen(text);
	int fd = ground_open(ground, LIST);
	ssize_t n = fd >= 0 ? read(fd, text + len, LIST_MAX) : 0;

	if (fd >= 0)
		close(fd);
	if (n > 0)
		len += (size_t)n;
	return ground_put(ground, LIST, text, len, 0644, why);
}

int
preload_lay(struct ground *ground, struct why *why)
{
	static const char empty[PAGE_LEN];
	const char *folder = ground_resolve(ground, FOLDER, true, why);

	if (folder == NULL || ground_add(ground, PIECE_FRESH, folder, NULL, 0755, why) < 0)
		return -1;
	if (ground_put(ground, LIBRARY, lab_preload_begin, (size_t)(lab_preload_end - lab_preload_begin),
		0755, why) < 0)
		return -1;
	if (ground_put_link(ground, LIBRARY_LINK, "preload.so", why) < 0 ||
	    ground_put(ground, PAGE, empty, sizeof(empty), 0444, why) < 0)
		return -1;
	return lay_list(ground, why);
}

int
preload_close(struct ground *ground, int *ret_page, struct why *why)
{
	const char *folder = ground_resolve(ground, FOLDER, true, why), *at;

	if (folder == NULL)
		return -1;
	at = ground_place(ground, region_printf(ground->region, "%s/clock", folder));
	*ret_page = open(at, O_RDWR | O_CLOEXEC);
	if (*ret_page < 0)
		return why_errno(why, "cannot open the clock page of the client's machine");
	at = ground_place(ground, folder);
	return mounts_bind(at, at, true, why);
}

struct preload_page *
preload_map(int fd, struct why *why)
{
	void *at = mmap(NULL, PAGE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at != MAP_FAILED)
		return at;
	why_errno(why, "cannot map the clock page of the client's machine");
	return NULL;
}

void
preload_unmap(struct preload_page *page)
{
	if (page != NULL)
		munmap(page, PAGE_LEN);
}

/* --- in a root that is not a machine's yet ------------------------------------------------------ */

#define LIST_BEFORE LIST ".before-mitmx"
#define PATH_LENGTH 4096

static const char *
place(char buffer[PATH_LENGTH], const char *root, const char *path)
{
	snprintf(buffer, PATH_LENGTH, "%s%s", root, path);
	return buffer;
}

static int
make_folder(const char *root, const char *path, struct why *why)
{
	char buffer[PATH_LENGTH];

	if (mkdir(place(buffer, root, path), 0755) < 0 && errno != EEXIST)
		return why_errno(why, "cannot make %s", buffer);
	return 0;
}

static int
make_file(const char *root, const char *path, const void *data, size_t len, struct why *why)
{
	char buffer[PATH_LENGTH];
	int fd = open(place(buffer, root, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n = fd >= 0 ? write(fd, data, len) : -1;

	if (n != (ssize_t)len)
		why_errno(why, "cannot write %s", buffer);
	if (fd >= 0)
		close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

int
preload_put(const char *root, struct why *why)
{
	static const union {
		struct preload_page page;
		char bytes[PAGE_LEN];
	} pretending = {.page = {.fake_ids = 1}};
	static const char *const folders[] = {"/etc", "/usr", "/usr/lib", FOLDER};
	char from[PATH_LENGTH], to[PATH_LENGTH];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (make_folder(root, folders[i], why) < 0)
			return -1;
	if (make_file(root, LIBRARY, lab_preload_begin, (size_t)(lab_preload_end - lab_preload_begin), why) <
		0 ||
	    make_file(root, PAGE, pretending.bytes, PAGE_LEN, why) < 0)
		return -1;
	if (rename(place(from, root, LIST), place(to, root, LIST_BEFORE)) < 0 && errno != ENOENT)
		return why_errno(why, "cannot put %s aside", from);
	return make_file(root, LIST, LIBRARY "\n", strlen(LIBRARY "\n"), why);
}

int
preload_take(const char *root, struct why *why)
{
	static const char *const files[] = {LIST, LIBRARY, PAGE};
	char from[PATH_LENGTH], to[PATH_LENGTH];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (unlink(place(from, root, files[i])) < 0 && errno != ENOENT)
			return why_errno(why, "cannot remove %s", from);
	if (rename(place(from, root, LIST_BEFORE), place(to, root, LIST)) < 0 && errno != ENOENT)
		return why_errno(why, "cannot bring %s back", to);
	if (rmdir(place(from, root, FOLDER)) < 0 && errno != ENOENT && errno != ENOTEMPTY)
		return why_errno(why, "cannot remove %s", from);
	return 0;
}
