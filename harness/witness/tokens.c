/* SPDX-License-Identifier: Apache-2.0 */
/* tokens.c - see tokens.h; five windows of 16 letters slide, one over the bytes, four over what base64 hides.
 */
#include "harness/witness/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define PREFIX_LEN (sizeof(PLAN_TOKEN_PREFIX) - 1)

/* The last letters and digits in a row. */
struct window {
	char ring[PLAN_TOKEN_LEN];
	unsigned at;  /* where the next one goes; the oldest stands there once the ring is full */
	unsigned run; /* how many in a row, at most PLAN_TOKEN_LEN */
};

struct tokens {
	tokens_found *found;
	void *ctx;
	struct window raw, decoded[4];
	uint32_t bits;      /* of the last four base64 letters, six each */
	unsigned n_letters; /* of the present run of base64 */
	char (*told)[PLAN_TOKEN_LEN];
	size_t n_told;
	bool overflowed;
};

_Static_assert(PLAN_TOKEN_LEN == 16, "the ring's index is masked");

struct tokens *
tokens_new(tokens_found *found, void *ctx)
{
	struct tokens *t = must_alloc(sizeof(*t));

	t->found = found;
	t->ctx = ctx;
	return t;
}

void
tokens_free(struct tokens *t)
{
	if (t == NULL)
		return;
	free(t->told);
	free(t);
}

bool
tokens_overflowed(const struct tokens *t)
{
	return t->overflowed;
}

static bool
was_told(const struct tokens *t, const char *token)
{
	for (size_t i = 0; i < t->n_told; i++)
		if (memcmp(t->told[i], token, PLAN_TOKEN_LEN) == 0)
			return true;
	return false;
}

static void
tell(struct tokens *t, const char token[PLAN_TOKEN_LEN + 1], bool base64)
{
	if (was_told(t, token))
		return;
	if (t->n_told == TOKENS_MAX) {
		t->overflowed = true;
		return;
	}
	if ((t->n_told & (t->n_told - 1)) == 0)
		t->told = must_realloc(t->told, sizeof(*t->told) * (t->n_told ? t->n_told * 2 : 1));
	memcpy(t->told[t->n_told++], token, PLAN_TOKEN_LEN);
	t->found(t->ctx, token, base64);
}

static bool
holds_token(const struct window *w, char ret[PLAN_TOKEN_LEN + 1])
{
	for (unsigned i = 0; i < PREFIX_LEN; i++)
		if (w->ring[(w->at + i) & (PLAN_TOKEN_LEN - 1)] != PLAN_TOKEN_PREFIX[i])
			return false;
	for (unsigned i = 0; i < PLAN_TOKEN_LEN; i++)
		ret[i] = w->ring[(w->at + i) & (PLAN_TOKEN_LEN - 1)];
	ret[PLAN_TOKEN_LEN] = '\0';
	return true;
}

static void
slide(struct tokens *t, struct window *w, char c, bool base64)
{
	char token[PLAN_TOKEN_LEN + 1];

	if (!text_is_alnum(c)) {
		w->run = 0;
		return;
	}
	w->ring[w->at] = text_lower(c);
	w->at = (w->at + 1) & (PLAN_TOKEN_LEN - 1);
	w->run += w->run < PLAN_TOKEN_LEN;
	if (w->run == PLAN_TOKEN_LEN && holds_token(w, token))
		tell(t, token, base64);
}

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void
end_run(struct tokens *t)
{
	t->n_letters = 0;
	for (size_t i = 0; i < 4; i++)
		t->decoded[i].run = 0;
}

/* The rest of a run that ends inside a group of four: one or two bytes more, at each alignment. */
static void
end_groups(struct tokens *t)
{
	unsigned n = t->n_letters;

	if (n >= 2)
		slide(t, &t->decoded[(n - 2) & 3], (char)(t->bits >> 4 & 0xff), true);
	if (n >= 3) {
		struct window *w = &t->decoded[(n - 3) & 3];

		slide(t, w, (char)(t->bits >> 10 & 0xff), true);
		slide(t, w, (char)(t->bits >> 2 & 0xff), true);
	}
}

/* A line break may end the run or only fold it: looks at what an end would mean, then forgets that. */
static void
peek_end(struct tokens *t)
{
	struct window kept[4];

	memcpy(kept, t->decoded, sizeof(kept));
	end_groups(t);
	memcpy(t->decoded, kept, sizeof(kept));
}

/* With each letter a group of four is whole at one alignment; so each letter costs three bytes' work. */
static void
decode(struct tokens *t, char c)
{
	int value = value_of(c);
	struct window *w;

	if (value < 0) {
		if (t->n_letters > 0)
			peek_end(t);
		if (c != '\r' && c != '\n')
			end_run(t);
		return;
	}
	t->bits = t->bits << 6 | (uint32_t)value;
	if (++t->n_letters < 4)
		return;
	w = &t->decoded[t->n_letters & 3];
	slide(t, w, (char)(t->bits >> 16 & 0xff), true);
	slide(t, w, (char)(t->bits >> 8 & 0xff), true);
	slide(t, w, (char)(t->bits & 0xff), true);
	if (t->n_letters == 8)
		t->n_letters = 4; /* keeps the alignment and never wraps */
}

void
tokens_feed(struct tokens *t, struct bytes data)
{
	for (size_t i = 0; i < data.len; i++) {
		slide(t, &t->raw, data.data[i], false);
		decode(t, data.data[i]);
	}
}

void
tokens_break(struct tokens *t)
{
	t->raw.run = 0;
	end_run(t);
}
