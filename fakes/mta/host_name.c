/* SPDX-License-Identifier: Apache-2.0 */
/* host_name.c - see host_name.h */
#include "fakes/mta/host_name.h"

static bool
is_name_char(char c)
{
	return text_is_alnum(c) || c == '-' || c == '_';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
host_name_set(char out[HOST_NAME_SIZE], struct bytes text)
{
	size_t label = 0;
	bool digits = true;

	out[0] = '\0';
	if (text.len > 0 && text.data[text.len - 1] == '.')
		text.len--;
	if (text.len == 0 || text.len > 253)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		digits = c == '.' || (digits && is_digit(c));
		if (label > 63 || (c != '.' && !is_name_char(c)))
			return false;
	}
	if (label == 0 || digits)
		return false;
	for (size_t i = 0; i < text.len; i++)
		out[i] = text_lower(text.data[i]);
	out[text.len] = '\0';
	return true;
}
