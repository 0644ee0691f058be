/* SPDX-License-Identifier: Apache-2.0 */
/* root.c - see root.h; what the pieces are, in which order they are laid and mounted. */
#include "harness/lab/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/lab/ground.h"
#include "harness/lab/link.h"
#include "harness/lab/mounts.h"
#include "harness/lab/preload.h"
#include "harness/lab/survey.h"

static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};

/* Host folders, opened before our tmpfs hides what lies below its mount point. */
struct sources {
	int root, bind, out, program;
};

static int
open_folder(const char *path, int flags, int *ret, struct why *why)
{
	*ret = -1;
	if (path == NULL)
		return 0;
	*ret = open(path, flags | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? why_errno(why, "cannot open the folder %s", path) : 0;
}

static int
open_sources(struct sources *sources, const struct lab_options *options, struct why *why)
{
	if (open_folder(options->root, O_PATH, &sources->root, why) < 0)
		return -1;
	if (open_folder(options->bind_from, O_RDONLY, &sources->bind, why) < 0)
		return -1;
	if (open_folder(options->out, O_PATH, &sources->out, NULL) < 0)
		sources->out = -1; /* needed on old kernels only; said then */
	sources->program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	return 0;
}

/* A folder that every machine has, and that is fresh in the client's root anyway. */
static int
mount_base(const char **ret_base, struct why *why)
{
	static const char *const candidates[] = {"/tmp", "/run", "/mnt"};

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		*ret_base = candidates[i];
		if (mounts_tmpfs(candidates[i], why) == 0)
			return 0;
	}
	return -1;
}

/* Where uppers go: NULL for the tmpfs itself. */
static int
choose_uppers(const struct root_options *options, const struct sources *sources, const char *base,
    char *buffer, size_t size, const char **ret, struct why *why)
{
	*ret = NULL;
	if (!options->force_scratch && mounts_has_user_attributes(base))
		return 0;
	if (sources->out < 0 || options->scratch == NULL)
		return 0; /* works, but removing a folder of the host's tree will fail in there */
	snprintf(buffer, size, "/proc/self/fd/%d/%s", sources->out, options->scratch);
	if (mkdir(buffer, 0700) < 0)
		return why_errno(why, "cannot make %s/%s", options->lab->out, options->scratch);
	*ret = buffer;
	return 0;
}

static int
add_fresh(struct ground *ground, const char *path, mode_t mode, struct why *why)
{
	return ground_add(ground, PIECE_FRESH, path, NULL, mode, why);
}

static int
lay_devices(struct ground *ground, struct why *why)
{
	static const char *const links[][2] = {{"/dev/fd", "/proc/self/fd"},
	    {"/dev/stdin", "/proc/self/fd/0"}, {"/dev/stdout", "/proc/self/fd/1"},
	    {"/dev/stderr", "/proc/self/fd/2"}, {"/dev/ptmx", "pts/ptmx"}};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dev/%s", devices[i]);
		if (ground_put(ground, path, "", 0, 0666, why) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (ground_put_link(ground, links[i][0], links[i][1], why) < 0)
			return -1;
	return ground_make_folder(ground, "/dev/pts", why);
}

static int
bind_devices(struct ground *ground, struct why *why)
{
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dev/%s", devices[i]);
		if (mounts_bind(path, ground_place(ground, path), false, why) < 0 && i == 0)
			return -1; /* nothing runs without /dev/null */
	}
	mounts_pts(ground_place(ground, "/dev/pts"));
	return 0;
}

static int
lay_fresh(struct ground *ground, struct why *why)
{
	if (add_fresh(ground, "/tmp", 01777, why) < 0 || add_fresh(ground, "/run", 0755, why) < 0 ||
	    add_fresh(ground, "/dev", 0755, why) < 0)
		return -1;
	if (add_fresh(ground, "/run/lock", 01777, why) < 0 || add_fresh(ground, "/dev/shm", 01777, why) < 0)
		return -1;
	if (ground_make_folder(ground, "/proc", why) < 0 || ground_make_folder(ground, "/sys", why) < 0)
		return -1;
	return lay_devices(ground, why);
}

static int
put_files(struct ground *ground, const struct lab_file *files, size_t n, struct why *why)
{
	for (size_t i = 0; i < n; i++)
		if (ground_put(
			ground, files[i].path, files[i].text, files[i].len, files[i].mode & 07777, why) < 0)
			return -1;
	return 0;
}

/* Everything of ours that is not a mount. */
static int
lay_ours(
    struct ground *ground, const struct lab_options *options, const struct sources *sources, struct why *why)
{
	if (options->trust_directory != NULL) {
		const char *at = ground_resolve(ground, options->trust_directory, true, why);

		if (at == NULL || add_fresh(ground, at, 0755, why) < 0)
			return -1;
	}
	if (sources->bind >= 0 && ground_copy_folder(ground, sources->bind, options->bind_to, why) < 0)
		return -1;
	ground->optional = true;
	if (sources->program >= 0 && ground_put_fd(ground, ROOT_PROGRAM, sources->program, 0755, why) < 0)
		return -1;
	ground->optional = false;
	if (preload_lay(ground, why) < 0)
		return -1;
	if (put_files(ground, options->files, options->n_files, why) < 0)
		return -1;
	return put_files(ground, options->trust_files, options->n_trust_files, why);
}

static int
add_pieces(
    struct ground *ground, const struct sources *sources, const struct mounts_list *mounts, struct why *why)
{
	char lower[32];

	if (sources->root < 0)
		return survey_host(ground, mounts, why);
	snprintf(lower, sizeof(lower), "/proc/self/fd/%d", sources->root);
	return ground_add(ground, PIECE_OVERLAY, "", lower, 0, why);
}

static int
mount_all(struct ground *ground, int *ret_page, struct why *why)
{
	const char *proc = ground_place(ground, "/proc");

	if (ground_mount(ground, why) < 0 || bind_devices(ground, why) < 0 || mounts_proc(proc, why) < 0)
		return -1;
	link_tune_client(proc); /* the last chance to: then it is read-only */
	mounts_protect_proc(proc);
	mounts_sys(ground_place(ground, "/sys"));
	if (preload_close(ground, ret_page, why) < 0)
		return -1;
	return mounts_enter(ground->root, why);
}

static int
build(struct ground *ground, const struct root_options *options, const struct sources *sources,
    const struct mounts_list *mounts, int *ret_page, struct why *why)
{
	char buffer[128];
	const char *base, *uppers;

	if (mount_base(&base, why) < 0)
		return -1;
	if (choose_uppers(options, sources, base, buffer, sizeof(buffer), &uppers, why) < 0)
		return -1;
	if (ground_init(ground, base, uppers, why) < 0 || add_pieces(ground, sources, mounts, why) < 0)
		return -1;
	if (lay_fresh(ground, why) < 0 || lay_ours(ground, options->lab, sources, why) < 0)
		return -1;
	return mount_all(ground, ret_page, why);
}

int
root_enter(const struct root_options *options, int *ret_page, struct why *why)
{
	struct sources sources = {-1, -1, -1, -1};
	struct mounts_list mounts = {0};
	struct ground ground = {0};
	int result = -1;

	*ret_page = -1;
	umask(022);
	if (sethostname(ROOT_HOSTNAME, strlen(ROOT_HOSTNAME)) < 0)
		why_errno(why, "cannot set the host name");
	else if (mounts_make_private(why) == 0 && mounts_list_read(&mounts, why) == 0 &&
		 open_sources(&sources, options->lab, why) == 0)
		result = build(&ground, options, &sources, &mounts, ret_page, why);
	mounts_list_done(&mounts);
	ground_done(&ground);
	for (size_t i = 0; i < 4; i++) {
		int fd = ((int[]){sources.root, sources.bind, sources.out, sources.program})[i];

		if (fd >= 0)
			close(fd);
	}
	return result;
}
