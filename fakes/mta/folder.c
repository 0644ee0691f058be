/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c - see folder.h */
#include "fakes/mta/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int
folder_open(const char *path, struct why *why)
{
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return why_errno(why, "cannot make the folder %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : why_errno(why, "cannot open the folder %s", path);
}
