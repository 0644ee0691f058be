/* SPDX-License-Identifier: Apache-2.0 */
/* next.c - see next.h */
#include "harness/lab/preload/next.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <threads.h>

#include "harness/lab/preload/system.h"

extern __typeof__(_r_debug) _r_debug WEAK;
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

static bool
is_same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return *a == *b;
}

/* glibc makes the addresses of a dynamic section absolute, but not those of the vDSO. */
static uintptr_t
address_in(const struct link_map *map, uintptr_t value)
{
	return value < map->l_addr ? value + map->l_addr : value;
}

struct table {
	const ElfW(Sym) * symbols;
	const char *names;
	const uint32_t *hash;     /* DT_GNU_HASH */
	const uint16_t *versions; /* NULL: none */
};

static bool
read_table(const struct link_map *map, struct table *ret)
{
	uintptr_t at[4] = {0};

	for (const ElfW(Dyn) *d = map->l_ld; d != NULL && d->d_tag != DT_NULL; d++) {
		int i = d->d_tag == DT_SYMTAB     ? 0
			: d->d_tag == DT_STRTAB   ? 1
			: d->d_tag == DT_GNU_HASH ? 2
			: d->d_tag == DT_VERSYM   ? 3
						  : -1;

		if (i >= 0)
			at[i] = address_in(map, d->d_un.d_ptr);
	}
	*ret = (struct table){
	    (const ElfW(Sym) *)at[0], (const char *)at[1], (const uint32_t *)at[2], (const uint16_t *)at[3]};
	return at[0] != 0 && at[1] != 0 && at[2] != 0;
}

/* Its default version: what a program linked today would get. */
static void *
find_in(const struct link_map *map, const char *name, uint32_t hash)
{
	enum { WORD = sizeof(ElfW(Addr)) * 8 };
	struct table t;
	const ElfW(Addr) * bloom;
	const uint32_t *buckets, *chains;
	uint32_t i;

	if (!read_table(map, &t) || t.hash[0] == 0)
		return NULL;
	bloom = (const ElfW(Addr) *)(t.hash + 4);
	buckets = (const uint32_t *)(bloom + t.hash[2]);
	chains = buckets + t.hash[0];
	if ((bloom[hash / WORD % t.hash[2]] >> hash % WORD &
		bloom[hash / WORD % t.hash[2]] >> (hash >> t.hash[3]) % WORD & 1) == 0)
		return NULL;
	for (i = buckets[hash % t.hash[0]]; i >= t.hash[1]; i++) {
		uint32_t h = chains[i - t.hash[1]];
		const ElfW(Sym) *s = &t.symbols[i];

		if ((h | 1) == (hash | 1) && s->st_shndx != SHN_UNDEF && (s->st_info & 15) == STT_FUNC &&
		    (t.versions == NULL || (t.versions[i] & 0x8000) == 0) &&
		    is_same(t.names + s->st_name, name))
			return (void *)(map->l_addr + s->st_value);
		if ((h & 1) != 0)
			break;
	}
	return NULL;
}

static void *
find_from(const struct link_map *map, const char *name)
{
	uint32_t hash = 5381;
	void *found = NULL;

	for (const char *c = name; *c != '\0'; c++)
		hash = hash * 33 + (unsigned char)*c;
	for (; map != NULL && found == NULL; map = map->l_next)
		found = find_in(map, name, hash);
	return found;
}

static const struct link_map *
first_map(void)
{
	return &_r_debug != NULL ? _r_debug.r_map : NULL;
}

/* What lies behind ourselves in the order of loading. */
static const struct link_map *
map_behind_us(void)
{
	const struct link_map *map = first_map();

	while (map != NULL && map->l_ld != _DYNAMIC)
		map = map->l_next;
	return map != NULL ? map->l_next : NULL;
}

/* What a function says that is not there: the error itself, or -1 and errno. */
static int
absent_as_number(void)
{
	return ENOSYS;
}

static int
absent_as_errno(void)
{
	return fail(ENOSYS);
}

static int
absent_as_thread(void)
{
	return thrd_error;
}

static int
absent_as_zero(void)
{
	return 0;
}

#define X(name, absent) {#name, absent},
static const struct {
	const char *name;
	int (*absent)(void);
} list[] = {NEXT_LIST};
#undef X
static void *found[N_NEXT];

void *
next_function(enum next which)
{
	void *at = __atomic_load_n(&found[which], __ATOMIC_RELAXED);

	if (at == NULL)
		at = find_from(map_behind_us(), list[which].name);
	if (at == NULL)
		return (void *)list[which].absent; /* it may be loaded later */
	__atomic_store_n(&found[which], at, __ATOMIC_RELAXED);
	return at;
}

void
next_find_all(void)
{
	const struct link_map *behind = map_behind_us();

	for (int i = 0; i < N_NEXT; i++)
		found[i] = find_from(behind, list[i].name);
}

void *
next_find_anywhere(const char *name)
{
	return find_from(first_map(), name);
}
