/* SPDX-License-Identifier: Apache-2.0 */
/* letter.c - see letter.h */
#include "harness/plan/letter.h"

#include <string.h>

#include "harness/base/must.h"

/* splitmix64: distinct states give distinct outputs, and the state only counts up. */
static uint64_t
next_random(struct letter_maker *maker)
{
	uint64_t z = maker->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

const char *
letter_token(struct letter_maker *maker)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char token[PLAN_TOKEN_LEN + 1] = PLAN_TOKEN_PREFIX;
	uint64_t random = next_random(maker);

	for (size_t i = sizeof(PLAN_TOKEN_PREFIX) - 1; i < PLAN_TOKEN_LEN; i++, random /= 36)
		token[i] = digits[random % 36];
	return region_strndup(maker->region, token, PLAN_TOKEN_LEN);
}

static const char *
joined_headers(struct region *r, const struct scenario_step *step)
{
	char *all, *to;
	size_t len = 1;

	if (step->n_headers == 0)
		return "";
	for (size_t i = 0; i < step->n_headers; i++)
		len += strlen(step->headers[i]) + 2;
	all = to = region_alloc(r, len);
	for (size_t i = 0; i < step->n_headers; i++) {
		to = stpcpy(to, step->headers[i]);
		to = stpcpy(to, "\r\n");
	}
	return all;
}

static void
add_recipient(struct letter_maker *maker, struct plan_message *m, const char *domain, bool companion)
{
	m->recipients[m->n_recipients++] = (struct plan_recipient){
	    .address = region_printf(maker->region, "%s@%s", letter_token(maker), domain),
	    .companion = companion};
}

struct plan_message
letter_write(struct letter_maker *maker, const struct scenario_step *step, const struct leg *leg)
{
	struct region *r = maker->region;
	const char *header_token, *body_token;
	struct plan_message m = {.number = ++maker->number, .requiretls = step->requiretls};

	m.sender = region_printf(r, "%s@%s", letter_token(maker), maker->return_domain);
	m.recipients = region_alloc(
	    r, (step->recipients + step->n_ahead + step->n_behind) * sizeof(*m.recipients));
	for (size_t i = 0; i < step->n_ahead; i++)
		add_recipient(maker, &m, leg_name(leg, step->ahead[i]), true);
	for (size_t i = 0; i < step->recipients; i++)
		add_recipient(maker, &m, leg_name(leg, step->at), false);
	for (size_t i = 0; i < step->n_behind; i++)
		add_recipient(maker, &m, leg_name(leg, step->behind[i]), true);
	header_token = letter_token(maker);
	body_token = letter_token(maker);
	m.text = bytes_of(region_printf(r,
	    "Date: %s\r\n"
	    "From: mitmx <letters@%s>\r\n"
	    "To: undisclosed-recipients:;\r\n"
	    "Subject: a letter through the lab\r\n"
	    "Message-ID: <%s@%s>\r\n"
	    "X-Mitmx-Token: %s\r\n"
	    "%s"
	    "\r\n"
	    "This letter was written by mitmx to see who can read it.\r\n"
	    "%s\r\n",
	    maker->date, maker->return_domain, header_token, maker->return_domain, header_token,
	    joined_headers(r, step), body_token));
	return m;
}
