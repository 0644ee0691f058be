/* SPDX-License-Identifier: Apache-2.0 */
/* escaped.c - see escaped.h */
#include "harness/record/escaped.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define ON_STACK 4096

static bool
is_plain(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.data[i] < 0x20 || b.data[i] > 0x7e || b.data[i] == '\\')
			return false;
	return true;
}

json_t *
escaped_new(struct bytes b)
{
	char small[ON_STACK], *text = small;
	json_t *json;
	size_t len;

	if (is_plain(b)) {
		json = json_stringn_nocheck(b.len > 0 ? b.data : "", b.len);
		must(json != NULL);
		return json;
	}
	if (b.len * 4 + 1 > sizeof(small))
		text = must_alloc(b.len * 4 + 1);
	len = text_escape(text, b.len * 4 + 1, b);
	json = json_stringn_nocheck(text, len);
	must(json != NULL);
	if (text != small)
		free(text);
	return json;
}

bool
escaped_get(const json_t *json, struct region *region, struct bytes *ret)
{
	struct bytes in;
	char *out;
	long len;

	if (!json_is_string(json))
		return false;
	in = (struct bytes){json_string_value(json), json_string_length(json)};
	out = region_alloc(region, in.len + 1);
	if (is_plain(in)) {
		memcpy(out, in.data, in.len);
		len = (long)in.len;
	} else {
		len = text_unescape(out, in.len, in);
	}
	*ret = (struct bytes){out, len < 0 ? 0 : (size_t)len};
	return len >= 0;
}

void
escaped_set(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		must(json_object_set_new_nocheck(object, key, escaped_new(bytes_of(text))) == 0);
}

static bool
get_text(const json_t *json, struct region *region, const char **ret)
{
	struct bytes b;

	if (!escaped_get(json, region, &b) || memchr(b.data, '\0', b.len) != NULL)
		return false;
	*ret = b.data;
	return true;
}

bool
escaped_text(const json_t *object, const char *key, struct region *region, const char **ret)
{
	const json_t *json = json_object_get(object, key);

	*ret = NULL;
	return json == NULL || get_text(json, region, ret);
}

void
escaped_set_list(json_t *object, const char *key, const char *const *texts, size_t n)
{
	json_t *list;

	if (n == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		must(json_array_append_new(list, escaped_new(bytes_of(texts[i]))) == 0);
	must(json_object_set_new_nocheck(object, key, list) == 0);
}

bool
escaped_list(
    const json_t *object, const char *key, struct region *region, const char *const **ret, size_t *ret_n)
{
	const json_t *list = json_object_get(object, key);
	const char **texts;
	size_t n = json_array_size(list);

	*ret = NULL;
	*ret_n = 0;
	if (list == NULL)
		return true;
	if (!json_is_array(list))
		return false;
	texts = region_alloc(region, sizeof(*texts) * (n + 1));
	for (size_t i = 0; i < n; i++)
		if (!get_text(json_array_get(list, i), region, &texts[i]))
			return false;
	*ret = texts;
	*ret_n = n;
	return true;
}

bool
escaped_number(const json_t *object, const char *key, uint64_t most, uint64_t *ret)
{
	const json_t *json = json_object_get(object, key);

	if (json == NULL)
		return true;
	if (!json_is_integer(json) || json_integer_value(json) < 0 ||
	    (uint64_t)json_integer_value(json) > most)
		return false;
	*ret = (uint64_t)json_integer_value(json);
	return true;
}

bool
escaped_number32(const json_t *object, const char *key, uint32_t *ret)
{
	uint64_t value = *ret;
	bool ok = escaped_number(object, key, UINT32_MAX, &value);

	*ret = (uint32_t)value;
	return ok;
}

bool
escaped_flag(const json_t *object, const char *key, bool *ret)
{
	const json_t *json = json_object_get(object, key);

	if (json != NULL && !json_is_boolean(json))
		return false;
	if (json != NULL)
		*ret = json_is_true(json);
	return true;
}
