/* SPDX-License-Identifier: Apache-2.0 */
/* outlet.c - see outlet.h; the queue itself is harness/base/outbox.h. */
#include "fakes/world/outlet.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/base/outbox.h"

#define PACK_MAX 4096 /* bytes of a message of several facts */
#define TAIL_MAX 128  /* "...[LEN bytes, sha256 HEX]" */

struct outlet {
	struct fact_sink sink; /* first: the sink's address is the outlet's */
	struct outbox *box;
	struct outlet_calls calls;
	struct event *sending; /* once a turn of the loop; on the socket while messages wait */
	struct event *balance; /* a turn of the loop to call `pause` in, never from the sink */
	uint32_t number;
	bool withhold_clear, paused, dead;
	unsigned char one[FACT_ENCODED_MAX];
	unsigned char message[FACT_ENCODED_MAX]; /* what the present turn observed */
	size_t len;                              /* of it */
	char cut[FACT_FIELDS_MAX][FACT_TEXT_MAX];
};

/* --- cutting --------------------------------------------------------------------------- */

static int
write_tail(char out[TAIL_MAX], struct bytes text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";

	must(EVP_Digest(text.data, text.len, digest, &len, EVP_sha256(), NULL) == 1);
	for (unsigned int i = 0; i < len; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
	return snprintf(out, TAIL_MAX, "...[%zu bytes, sha256 %s]", text.len, hex);
}

static struct bytes
cut_text(struct bytes text, char *space, size_t limit)
{
	char tail[TAIL_MAX];
	size_t tail_len = (size_t)write_tail(tail, text);

	must(tail_len < limit);
	memcpy(space, text.data, limit - tail_len);
	memcpy(space + limit - tail_len, tail, tail_len);
	return (struct bytes){space, limit};
}

/* The message's length. All fields are cut alike, shorter until the whole fits. */
static size_t
encode(struct outlet *o, const struct fact *f)
{
	const struct fact_info *info = fact_info(f->kind);
	size_t len = 0;

	for (size_t limit = FACT_TEXT_MAX; len == 0; limit /= 2) {
		struct fact shorter = *f;

		for (size_t i = 0; i < info->n_fields; i++) {
			struct bytes text;

			if (info->fields[i].type != FACT_text)
				continue;
			text = fact_text(f, &info->fields[i]);
			if (text.len > limit)
				fact_set_text(&shorter, &info->fields[i], cut_text(text, o->cut[i], limit));
		}
		len = fact_encode(&shorter, o->one, sizeof(o->one));
	}
	return len;
}

/* --- the sink -------------------------------------------------------------------------- */

static bool
is_withheld(struct outlet *o, const struct fact *f)
{
	if (!o->withhold_clear || f->kind != FACT_MAIL || !bytes_equal(f->mail.channel, BYTES("clear")))
		return false;
	o->withhold_clear = false;
	return true;
}

/* A full queue loses them: the gap in the numbers tells. */
static void
queue_message(struct outlet *o)
{
	if (o->len > 0)
		outbox_add(o->box, o->message, o->len);
	o->len = 0;
}

static void
pack(struct outlet *o, const struct fact *f)
{
	size_t len = encode(o, f);

	if (o->len + len > PACK_MAX)
		queue_message(o);
	memcpy(o->message + o->len, o->one, len);
	o->len += len;
}

static void
take(struct fact_sink *sink, const struct fact *observed)
{
	struct outlet *o = (struct outlet *)sink;
	struct fact f = *observed;

	if (o->dead || is_withheld(o, observed))
		return;
	f.source = FACT_FROM_WORLD;
	f.number = ++o->number;
	if (f.t_ns == 0)
		f.t_ns = clock_ns();
	if (o->len == 0)
		event_active(o->sending, EV_TIMEOUT, 0);
	pack(o, &f);
	if (outbox_is_half_full(o->box) && !o->paused)
		event_active(o->balance, EV_TIMEOUT, 0);
}

static void
on_balance(evutil_socket_t fd, short what, void *ctx)
{
	struct outlet *o = ctx;

	(void)fd, (void)what;
	if (!o->paused && outbox_is_half_full(o->box)) {
		o->paused = true;
		o->calls.pause(o->calls.ctx, true);
	}
}

/* What one turn of the loop observed goes as few messages: each that wakes the front costs two changes of
 * process. */
static void
on_sending(evutil_socket_t fd, short what, void *ctx)
{
	struct outlet *o = ctx;
	int left;

	(void)fd, (void)what;
	queue_message(o);
	left = outbox_flush(o->box);
	if (left > 0) {
		event_add(o->sending, NULL);
	} else if (left < 0) {
		o->dead = true;
		o->calls.dead(o->calls.ctx);
	} else if (o->paused) {
		o->paused = false;
		o->calls.pause(o->calls.ctx, false);
	}
}

struct outlet *
outlet_new(struct event_base *base, const struct outlet_options *options, const struct outlet_calls *calls)
{
	struct outlet *o = must_alloc(sizeof(*o));

	o->sink.take = take;
	o->box = outbox_new(options->fd, options->max_bytes);
	o->calls = *calls;
	o->withhold_clear = options->withhold_clear;
	o->sending = event_new(base, options->fd, EV_WRITE, on_sending, o);
	o->balance = event_new(base, -1, 0, on_balance, o);
	must(o->sending != NULL && o->balance != NULL);
	return o;
}

void
outlet_free(struct outlet *o)
{
	if (o == NULL)
		return;
	queue_message(o);
	outbox_flush(o->box);
	event_free(o->sending);
	event_free(o->balance);
	outbox_free(o->box);
	free(o);
}

struct fact_sink *
outlet_sink(struct outlet *o)
{
	return &o->sink;
}
