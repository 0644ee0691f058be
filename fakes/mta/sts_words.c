/* SPDX-License-Identifier: Apache-2.0 */
/* sts_words.c - see sts_words.h */
#include "fakes/mta/sts_words.h"

bool
sts_words_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
sts_words_is_name(struct bytes name)
{
	if (name.len < 1 || name.len > 32 || !text_is_alnum(name.data[0]))
		return false;
	for (size_t i = 1; i < name.len; i++)
		if (!text_is_alnum(name.data[i]) && name.data[i] != '_' && name.data[i] != '-' &&
		    name.data[i] != '.')
			return false;
	return true;
}
