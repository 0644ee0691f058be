/* SPDX-License-Identifier: Apache-2.0 */
/* sts_record.c - see sts_record.h */
#include "fakes/mta/sts_record.h"

#include <string.h>

#include "fakes/mta/sts_words.h"

static const char version[] = "v=STSv1";

static struct bytes
skip(struct bytes b, size_t len)
{
	return (struct bytes){b.data + len, b.len - len};
}

static struct bytes
skip_blanks(struct bytes b)
{
	while (b.len > 0 && sts_words_is_blank(b.data[0]))
		b = skip(b, 1);
	return b;
}

/* What follows the version, or false. A blank before the semicolon is let through (erratum 6285). */
static bool
begins_with_version(struct bytes text, struct flaw_set flaws, struct bytes *ret_rest)
{
	size_t len = sizeof(version) - 1;
	const char *end;

	if (flaw_in(flaws, FLAW_ANY_RECORD_VERSION) && bytes_begin_nocase(text, "v=STS") &&
	    (end = memchr(text.data, ';', text.len)) != NULL) {
		*ret_rest = skip(text, (size_t)(end - text.data));
		return true;
	}
	if (text.len < len || memcmp(text.data, version, len) != 0)
		return false;
	*ret_rest = skip_blanks(skip(text, len));
	return ret_rest->len > 0 && ret_rest->data[0] == ';';
}

static bool
is_id(struct bytes value)
{
	if (value.len < 1 || value.len >= STS_ID_SIZE)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!text_is_alnum(value.data[i]))
			return false;
	return true;
}

/* Visible ASCII without '=' and ';'. */
static bool
is_field_value(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] <= ' ' || value.data[i] > '~' || value.data[i] == '=' ||
		    value.data[i] == ';')
			return false;
	return value.len > 0;
}

/* One field; the first id counts, and an id that is none spoils the record. */
static bool
take_field(struct sts_record *record, struct bytes field, struct flaw_set flaws)
{
	const char *sign = memchr(field.data, '=', field.len);
	struct bytes name, value;

	if (sign == NULL)
		return false;
	name = (struct bytes){field.data, (size_t)(sign - field.data)};
	value = skip(field, name.len + 1);
	if (!sts_words_is_name(name) || !is_field_value(value))
		return false;
	if (!bytes_equal(name, BYTES("id")) ||
	    (record->id[0] != '\0' && !flaw_in(flaws, FLAW_LAST_DUPLICATE)))
		return true;
	if (!is_id(value))
		return false;
	memcpy(record->id, value.data, value.len);
	record->id[value.len] = '\0';
	return true;
}

/* *( *WSP ";" *WSP field ) [ *WSP ";" *WSP ] */
static bool
take_fields(struct sts_record *record, struct bytes rest, struct flaw_set flaws)
{
	bool loose = flaw_in(flaws, FLAW_LOOSE_RECORDS);

	while (rest.len > 0) {
		size_t len = 0;

		if (rest.data[0] != ';')
			return false;
		rest = skip_blanks(skip(rest, 1));
		if (rest.len == 0)
			break;
		while (len < rest.len && rest.data[len] != ';' && !sts_words_is_blank(rest.data[len]))
			len++;
		if (!take_field(record, (struct bytes){rest.data, len}, flaws) && !loose)
			return false;
		rest = skip_blanks(skip(rest, len));
	}
	return record->id[0] != '\0' || loose;
}

struct sts_record
sts_record_choose(const struct bytes *texts, size_t n, struct flaw_set flaws)
{
	struct sts_record record = {STS_RECORD_NONE, ""};
	struct bytes rest, fields = {NULL, 0};

	for (size_t i = 0; i < n; i++) {
		if (!begins_with_version(texts[i], flaws, &rest))
			continue;
		if (record.state == STS_RECORD_NONE) {
			record.state = STS_RECORD_BAD;
			fields = rest;
		} else if (!flaw_in(flaws, FLAW_ACCEPTS_TWO_RECORDS)) {
			record.state = STS_RECORD_MANY;
		}
	}
	if (record.state != STS_RECORD_BAD)
		return record;
	if (take_fields(&record, fields, flaws))
		record.state = STS_RECORD_GOOD;
	else
		record.id[0] = '\0';
	return record;
}
