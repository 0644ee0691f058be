/* SPDX-License-Identifier: Apache-2.0 */
/* flaw.c - see flaw.h */
#include "fakes/mta/flaw.h"

#include <string.h>

#include "harness/base/must.h"

static const struct {
	const char *name, *meaning;
} table[] = {
#define FLAW(id, name, meaning) {name, meaning},
#include "fakes/mta/flaws.def"
#undef FLAW
};

const char *
flaw_name(enum flaw flaw)
{
	must(flaw < FLAWS);
	return table[flaw].name;
}

const char *
flaw_meaning(enum flaw flaw)
{
	must(flaw < FLAWS);
	return table[flaw].meaning;
}

static int
find(const char *word, size_t len)
{
	for (int i = 0; i < FLAWS; i++)
		if (strlen(table[i].name) == len && memcmp(table[i].name, word, len) == 0)
			return i;
	return -1;
}

int
flaw_add_list(struct flaw_set *set, const char *list, const char **ret_bad, int *ret_bad_len)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		int flaw = find(list, len);

		if (len > 0 && flaw < 0) {
			*ret_bad = list;
			*ret_bad_len = (int)len;
			return -1;
		}
		if (len > 0)
			flaw_add(set, (enum flaw)flaw);
		list += len + (list[len] == ',');
	}
	return 0;
}
