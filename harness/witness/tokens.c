/* SPDX-License-Identifier: Apache-2.0 */
/* tokens.c - see tokens.h; five windows of 16 letters slide, one over the bytes, four over what base64 hides.
 */
#include "harness/witness/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define PREFIX_LEN (sizeof(PLAN_TOKEN_PREFIX) - 1)
#define LETTERS_MIN 22 /* base64 letters that 16 bytes take at least */
#define NO_LETTER 255

/* Per byte: the letter or digit in lower case, 0 for others; its value in base64. Filled before main. */
static char lower_of[256];
static unsigned char value_of[256];

/* The last letters and digits in a row. */
struct window {
	char ring[PLAN_TOKEN_LEN];
	unsigned at;  /* where the next one goes; the oldest stands there once the ring is full */
	unsigned run; /* how many in a row, at most one less than a token */
};

struct tokens {
	tokens_found *found;
	void *ctx;
	struct window raw, decoded[4];
	unsigned n_letters; /* of the present run of base64; once it is long, only its alignment counts */
	unsigned char letters[LETTERS_MIN]; /* values of its first ones */
	uint32_t bits;                      /* of the last ones, six each */
	char (*told)[PLAN_TOKEN_LEN];
	size_t n_told;
	bool overflowed;
};

_Static_assert(PLAN_TOKEN_LEN == 16, "the ring's index is masked");

__attribute__((constructor)) static void
fill_tables(void)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < 256; i++) {
		lower_of[i] = text_is_alnum((char)i) ? text_lower((char)i) : 0;
		value_of[i] = NO_LETTER;
	}
	for (unsigned char i = 0; i < 64; i++)
		value_of[(unsigned char)letters[i]] = i;
}

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

static inline void
slide(struct tokens *t, struct window *w, unsigned char byte, bool base64)
{
	char token[PLAN_TOKEN_LEN + 1], c = lower_of[byte];

	if (c == 0) {
		w->run = 0;
		return;
	}
	w->ring[w->at] = c;
	w->at = (w->at + 1) & (PLAN_TOKEN_LEN - 1);
	if (w->run < PLAN_TOKEN_LEN - 1)
		w->run++;
	else if (w->ring[w->at] == PLAN_TOKEN_PREFIX[0] && holds_token(w, token))
		tell(t, token, base64);
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
	struct window *w;

	slide(t, &t->decoded[(n - 2) & 3], (unsigned char)(t->bits >> 4), true);
	w = &t->decoded[(n - 3) & 3];
	slide(t, w, (unsigned char)(t->bits >> 10), true);
	slide(t, w, (unsigned char)(t->bits >> 2), true);
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

static void
take_break(struct tokens *t, unsigned char byte)
{
	if (t->n_letters >= LETTERS_MIN)
		peek_end(t);
	if (byte != '\r' && byte != '\n')
		end_run(t);
}

/* The group of four letters that ends at the n-th of the run, at the alignment that is its. */
static void
take_group(struct tokens *t, unsigned n, uint32_t bits)
{
	struct window *w = &t->decoded[n & 3];

	slide(t, w, (unsigned char)(bits >> 16), true);
	slide(t, w, (unsigned char)(bits >> 8), true);
	slide(t, w, (unsigned char)bits, true);
}

/* A short run cannot hide a token: its letters wait, and are looked at when there are enough. */
static void
take_first_letters(struct tokens *t)
{
	uint32_t bits = 0;

	for (unsigned n = 1; n <= LETTERS_MIN; n++) {
		bits = bits << 6 | t->letters[n - 1];
		if (n >= 4)
			take_group(t, n, bits);
	}
	t->bits = bits;
}

/* With each letter a group of four is whole at one alignment; so each letter costs three bytes' work. */
static inline void
take_letter(struct tokens *t, unsigned char value)
{
	unsigned n = ++t->n_letters;

	if (n < LETTERS_MIN) {
		t->letters[n - 1] = value;
	} else if (n == LETTERS_MIN) {
		t->letters[n - 1] = value;
		take_first_letters(t);
	} else {
		t->bits = t->bits << 6 | value;
		take_group(t, n, t->bits);
		if (n == LETTERS_MIN + 8)
			t->n_letters -= 4; /* keeps the alignment and never wraps */
	}
}

void
tokens_feed(struct tokens *t, struct bytes data)
{
	const unsigned char *at = (const unsigned char *)data.data, *end = at + data.len;

	for (; at < end; at++) {
		slide(t, &t->raw, *at, false);
		if (value_of[*at] != NO_LETTER)
			take_letter(t, value_of[*at]);
		else if (t->n_letters > 0)
			take_break(t, *at);
	}
}

void
tokens_break(struct tokens *t)
{
	t->raw.run = 0;
	end_run(t);
}
