/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - see ids.h */
#include "harness/lab/preload/ids.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "harness/lab/preload/next.h"
#include "harness/lab/preload/page.h"
#include "harness/lab/preload/system.h"

extern int getgrouplist(const char *user, gid_t group, gid_t *groups, int *n) WEAK;

enum kind { UID, GID };

struct triple {
	unsigned real, effective, saved;
};

struct ids {
	struct triple of[2];
	bool capable; /* as root is, though no id is root's: setpriv(1) keeps its capabilities so */
};

#define NOTHING ((unsigned)-1) /* "leave it", and an id that nobody has */
#define ID_LIMIT (1u << 24)
#define TAG 0x6d78u /* in the limit's upper 16 bits; one more: capable */
#define GROUPS_MAX 64

static gid_t groups[GROUPS_MAX];
static int n_groups;

/* Two ids in each: real and effective users, the same of groups, saved ones of both. */
enum { LIMIT_OF_USERS = RLIMIT_RSS, LIMIT_OF_GROUPS = RLIMIT_LOCKS };
#define LIMIT_OF_SAVED RLIMIT_RTTIME /* of real-time processes, in microseconds: with the tag, 200 years */

struct limit {
	uint64_t soft, hard;
};

/* The part above both ids; 0 and root's where nothing was written yet. */
static unsigned
read_pair(int which, unsigned *a, unsigned *b)
{
	struct limit limit = {0, 0};
	unsigned tag;

	CALL4(SYS_prlimit64, 0, which, 0, &limit);
	tag = (unsigned)(limit.soft >> 48);
	if ((tag & ~1u) != TAG)
		tag = 0;
	*a = tag != 0 ? (unsigned)(limit.soft >> 24) % ID_LIMIT : 0;
	*b = tag != 0 ? (unsigned)limit.soft % ID_LIMIT : 0;
	return tag;
}

static bool
write_pair(int which, unsigned tag, unsigned a, unsigned b)
{
	struct limit limit;

	if (CALL4(SYS_prlimit64, 0, which, 0, &limit) < 0)
		return false;
	limit.soft = (uint64_t)tag << 48 | (uint64_t)a << 24 | b;
	return CALL4(SYS_prlimit64, 0, which, &limit, 0) == 0;
}

static struct ids
get_ids(void)
{
	struct ids ids;
	struct triple *u = &ids.of[UID], *g = &ids.of[GID];

	read_pair(LIMIT_OF_USERS, &u->real, &u->effective);
	read_pair(LIMIT_OF_GROUPS, &g->real, &g->effective);
	ids.capable = (read_pair(LIMIT_OF_SAVED, &u->saved, &g->saved) & 1) != 0;
	return ids;
}

static int
put_ids(const struct ids *ids)
{
	const struct triple *u = &ids->of[UID], *g = &ids->of[GID];

	if (!write_pair(LIMIT_OF_USERS, TAG, u->real, u->effective) ||
	    !write_pair(LIMIT_OF_GROUPS, TAG, g->real, g->effective) ||
	    !write_pair(LIMIT_OF_SAVED, TAG | ids->capable, u->saved, g->saved))
		return fail(EPERM);
	return 0;
}

/* In truth we are root to the end. So it counts what the process would be; and what it really gave up itself.
 */
static bool
may_set_any(const struct ids *ids, enum kind kind)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (ids->of[UID].effective != 0 && !ids->capable)
		return false;
	return CALL3(SYS_capget, &head, data, 0) == 0 &&
	       (data[0].effective >> (kind == UID ? CAP_SETUID : CAP_SETGID) & 1) != 0;
}

static bool
is_one_of(unsigned id, const struct triple *ids)
{
	return id == NOTHING || id == ids->real || id == ids->effective || id == ids->saved;
}

static bool
has_root(const struct triple *users)
{
	return users->real == 0 || users->effective == 0 || users->saved == 0;
}

/* setresuid(2), setresgid(2) */
static int
set_three(enum kind kind, unsigned real, unsigned effective, unsigned saved)
{
	struct ids ids = get_ids();
	struct triple *t = &ids.of[kind];
	bool had_root = has_root(&ids.of[UID]);

	if (!may_set_any(&ids, kind) &&
	    (!is_one_of(real, t) || !is_one_of(effective, t) || !is_one_of(saved, t)))
		return fail(EPERM);
	t->real = real != NOTHING ? real : t->real;
	t->effective = effective != NOTHING ? effective : t->effective;
	t->saved = saved != NOTHING ? saved : t->saved;
	if (t->real >= ID_LIMIT || t->effective >= ID_LIMIT || t->saved >= ID_LIMIT)
		return fail(EINVAL);
	if (had_root && !has_root(&ids.of[UID])) /* capabilities(7), "Effect of user ID changes" */
		ids.capable = CALL3(SYS_prctl, PR_GET_KEEPCAPS, 0, 0) == 1;
	return put_ids(&ids);
}

/* setreuid(2), setregid(2) */
static int
set_two(enum kind kind, unsigned real, unsigned effective)
{
	struct ids ids = get_ids();
	const struct triple *t = &ids.of[kind];
	unsigned saved = NOTHING;

	if (!may_set_any(&ids, kind) && real != NOTHING && real != t->real && real != t->effective)
		return fail(EPERM);
	if (real != NOTHING || (effective != NOTHING && effective != t->real))
		saved = effective != NOTHING ? effective : t->effective;
	return set_three(kind, real, effective, saved);
}

/* setuid(2), setgid(2) */
static int
set_one(enum kind kind, unsigned id)
{
	struct ids ids = get_ids();

	if (id == NOTHING)
		return fail(EINVAL);
	if (may_set_any(&ids, kind))
		return set_three(kind, id, id, id);
	if (id != ids.of[kind].real && id != ids.of[kind].saved)
		return fail(EPERM);
	return set_three(kind, NOTHING, id, NOTHING);
}

static int
set_groups(size_t n, const gid_t *list)
{
	struct ids ids = get_ids();

	if (!may_set_any(&ids, GID))
		return fail(EPERM);
	n_groups = n < GROUPS_MAX ? (int)n : GROUPS_MAX;
	for (int i = 0; i < n_groups; i++)
		groups[i] = list[i];
	return 0;
}

static int
give_groups(int size, gid_t *ret)
{
	if (size == 0)
		return n_groups;
	if (size < n_groups)
		return fail(EINVAL);
	for (int i = 0; i < n_groups; i++)
		ret[i] = groups[i];
	return n_groups;
}

/* Owner or group that a set-id program of ours gets: most belong to root, who may have no id here. */
static unsigned
owner_or_root(unsigned id)
{
	return id == 65534 ? 0 : id;
}

void
ids_begin(void)
{
	struct ids ids = get_ids();
	struct triple *u = &ids.of[UID], *g = &ids.of[GID];
	struct statx st = {0};
	unsigned a, b;

	if (read_pair(LIMIT_OF_SAVED, &a, &b) == 0)
		return; /* still as the machine started it */
	call(SYS_statx, AT_FDCWD, (long)"/proc/self/exe", 0, STATX_BASIC_STATS, (long)&st, 0);
	if ((st.stx_mode & S_ISUID) != 0)
		u->effective = owner_or_root(st.stx_uid);
	if ((st.stx_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		g->effective = owner_or_root(st.stx_gid);
	u->saved = u->effective;
	g->saved = g->effective;
	ids.capable = false;
	put_ids(&ids);
}

/* Done for real where the kernel lets us; the rest is as good as done. */
static int
change_owner(long result)
{
	if (page_ids_are_faked() && (result == -EPERM || result == -EINVAL))
		result = 0;
	return (int)said(result);
}

int chown(const char *path, uid_t user, gid_t group);
int lchown(const char *path, uid_t user, gid_t group);
int fchown(int fd, uid_t user, gid_t group);
int fchownat(int folder, const char *path, uid_t user, gid_t group, int flags);

PUBLIC int
fchownat(int folder, const char *path, uid_t user, gid_t group, int flags)
{
	return change_owner(call(SYS_fchownat, folder, (long)path, user, group, flags, 0));
}

PUBLIC int
chown(const char *path, uid_t user, gid_t group)
{
	return fchownat(AT_FDCWD, path, user, group, 0);
}

PUBLIC int
lchown(const char *path, uid_t user, gid_t group)
{
	return fchownat(AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW);
}

PUBLIC int
fchown(int fd, uid_t user, gid_t group)
{
	return change_owner(CALL3(SYS_fchown, fd, user, group));
}

/* <unistd.h> and <grp.h> would bring the variadic syscall() along. */
#define GET(name, type, kind, field)                                                                       \
	type name(void);                                                                                   \
	PUBLIC type name(void)                                                                             \
	{                                                                                                  \
		return page_ids_are_faked() ? get_ids().of[kind].field : (type)CALL3(SYS_##name, 0, 0, 0); \
	}
GET(getuid, uid_t, UID, real)
GET(geteuid, uid_t, UID, effective)
GET(getgid, gid_t, GID, real)
GET(getegid, gid_t, GID, effective)

#define GET_THREE(name, type, kind)                                                  \
	int name(type *real, type *effective, type *saved);                          \
	PUBLIC int name(type *real, type *effective, type *saved)                    \
	{                                                                            \
		struct triple ids;                                                   \
                                                                                     \
		if (!page_ids_are_faked())                                           \
			return (int)said(CALL3(SYS_##name, real, effective, saved)); \
		ids = get_ids().of[kind];                                            \
		*real = ids.real;                                                    \
		*effective = ids.effective;                                          \
		*saved = ids.saved;                                                  \
		return 0;                                                            \
	}
GET_THREE(getresuid, uid_t, UID)
GET_THREE(getresgid, gid_t, GID)

/* Those of libc, since it changes the ids of all threads. */
#define SET(name, parameters, arguments, pretended)                               \
	int name parameters;                                                      \
	PUBLIC int name parameters                                                \
	{                                                                         \
		return page_ids_are_faked() ? (pretended) : NEXT(name) arguments; \
	}
SET(setuid, (uid_t id), (id), set_one(UID, id))
SET(setgid, (gid_t id), (id), set_one(GID, id))
SET(seteuid, (uid_t id), (id), set_three(UID, NOTHING, id, NOTHING))
SET(setegid, (gid_t id), (id), set_three(GID, NOTHING, id, NOTHING))
SET(setreuid, (uid_t real, uid_t effective), (real, effective), set_two(UID, real, effective))
SET(setregid, (gid_t real, gid_t effective), (real, effective), set_two(GID, real, effective))
SET(setresuid, (uid_t real, uid_t effective, uid_t saved), (real, effective, saved),
    set_three(UID, real, effective, saved))
SET(setresgid, (gid_t real, gid_t effective, gid_t saved), (real, effective, saved),
    set_three(GID, real, effective, saved))
SET(setfsuid, (uid_t id), (id), (int)get_ids().of[UID].effective)
SET(setfsgid, (gid_t id), (id), (int)get_ids().of[GID].effective)
SET(setgroups, (size_t n, const gid_t *list), (n, list), set_groups(n, list))

int getgroups(int size, gid_t *ret);
PUBLIC int
getgroups(int size, gid_t *ret)
{
	return page_ids_are_faked() ? give_groups(size, ret) : (int)said(CALL3(SYS_getgroups, size, ret, 0));
}

int initgroups(const char *user, gid_t group);
PUBLIC int
initgroups(const char *user, gid_t group)
{
	gid_t list[GROUPS_MAX];
	int n = GROUPS_MAX;

	if (!page_ids_are_faked())
		return NEXT(initgroups)(user, group);
	list[0] = group;
	if (getgrouplist == NULL || getgrouplist(user, group, list, &n) < 0)
		n = n > GROUPS_MAX ? GROUPS_MAX : 1;
	return set_groups((size_t)n, list);
}

bool
ids_call(long number, long a, long b, long c, long *ret)
{
	if (!page_ids_are_faked())
		return false;
	switch (number) {
	case SYS_getuid:
		*ret = getuid();
		return true;
	case SYS_geteuid:
		*ret = geteuid();
		return true;
	case SYS_getgid:
		*ret = getgid();
		return true;
	case SYS_getegid:
		*ret = getegid();
		return true;
	case SYS_setuid:
		*ret = setuid((uid_t)a);
		return true;
	case SYS_setgid:
		*ret = setgid((gid_t)a);
		return true;
	case SYS_setreuid:
		*ret = setreuid((uid_t)a, (uid_t)b);
		return true;
	case SYS_setregid:
		*ret = setregid((gid_t)a, (gid_t)b);
		return true;
	case SYS_setresuid:
		*ret = setresuid((uid_t)a, (uid_t)b, (uid_t)c);
		return true;
	case SYS_setresgid:
		*ret = setresgid((gid_t)a, (gid_t)b, (gid_t)c);
		return true;
	case SYS_setgroups:
		*ret = setgroups((size_t)a, (const gid_t *)b);
		return true;
	}
	return false;
}
