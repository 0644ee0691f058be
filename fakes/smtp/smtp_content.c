/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_content.c - see smtp_content.h. */
#include "fakes/smtp/smtp_content.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

void
smtp_content_init(struct smtp_content *c, size_t max)
{
	*c = (struct smtp_content){.max = max};
}

void
smtp_content_done(struct smtp_content *c)
{
	free(c->data);
	*c = (struct smtp_content){.max = c->max};
}

void
smtp_content_begin(struct smtp_content *c, enum smtp_ending ending_of_data_line)
{
	c->len = c->total = 0;
	c->lf_ends = ending_of_data_line == SMTP_ENDING_LF;
}

void
smtp_content_add(struct smtp_content *c, struct bytes bytes)
{
	size_t room = c->max - c->len;
	size_t n = bytes.len < room ? bytes.len : room;

	c->total += bytes.len;
	if (n == 0)
		return;
	if (c->len + n > c->size) {
		c->size = 2 * (c->len + n);
		if (c->size < 1024)
			c->size = 1024;
		if (c->size > c->max)
			c->size = c->max;
		c->data = must_realloc(c->data, c->size);
	}
	memcpy(c->data + c->len, bytes.data, n);
	c->len += n;
}

bool
smtp_content_line(struct smtp_content *c, const struct smtp_line *line)
{
	struct bytes text = line->text;

	if (!line->continued && text.len && text.data[0] == '.') {
		bool ends =
		    line->ending == SMTP_ENDING_CRLF || (line->ending == SMTP_ENDING_LF && c->lf_ends);
		if (text.len == 1 && ends)
			return true;
		text.data++;
		text.len--;
	}
	smtp_content_add(c, text);
	smtp_content_add(c, smtp_ending_bytes(line->ending));
	return false;
}

bool
smtp_content_is_over(const struct smtp_content *c)
{
	return c->total > c->len;
}

struct bytes
smtp_content_bytes(const struct smtp_content *c)
{
	return (struct bytes){c->data ? c->data : "", c->len};
}
