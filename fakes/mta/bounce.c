/* SPDX-License-Identifier: Apache-2.0 */
/* bounce.c - see bounce.h */
#include "fakes/mta/bounce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/base/must.h"

#define HEADER_MAX 16384

static size_t
count_bounced(const struct letter *letter, const size_t *recipients, size_t n)
{
	size_t bounced = 0;

	for (size_t i = 0; i < n; i++)
		bounced += letter->recipients[recipients[i]].fate == LETTER_BOUNCED;
	return bounced;
}

static void
print_head(FILE *out, const struct letter *bounce, const char *to, const char *our_name)
{
	char date[64];
	time_t now = time(NULL);
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &tm));
	fprintf(out,
	    "Date: %s\r\nFrom: <MAILER-DAEMON@%s>\r\nTo: <%s>\r\nSubject: Undelivered mail\r\n"
	    "Message-ID: <%s@%s>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=_%s\"\r\n\r\n",
	    date, our_name, to, bounce->id, our_name, bounce->id);
}

static void
print_reasons(
    FILE *out, const struct letter *letter, const size_t *recipients, size_t n, const char *boundary)
{
	fprintf(out,
	    "--=_%s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nYour message could not be delivered "
	    "to\r\n\r\n",
	    boundary);
	for (size_t i = 0; i < n; i++) {
		const struct letter_recipient *recipient = &letter->recipients[recipients[i]];

		if (recipient->fate == LETTER_BOUNCED)
			fprintf(out, "  %s\r\n    %s\r\n", recipient->address, recipient->reason);
	}
}

static void
print_status(FILE *out, const struct letter *letter, const size_t *recipients, size_t n, const char *our_name,
    const char *boundary)
{
	fprintf(out, "\r\n--=_%s\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; %s\r\n",
	    boundary, our_name);
	for (size_t i = 0; i < n; i++) {
		const struct letter_recipient *recipient = &letter->recipients[recipients[i]];

		if (recipient->fate == LETTER_BOUNCED)
			fprintf(out, "\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.0.0\r\n",
			    recipient->address);
	}
}

/* The header of the original; the letter's content is in memory as it was just tried. */
static void
print_header(FILE *out, const struct letter *letter, const char *boundary)
{
	const char *end =
	    letter->content ? memmem(letter->content, letter->content_len, "\r\n\r\n", 4) : NULL;
	size_t len = end != NULL ? (size_t)(end + 2 - letter->content) : 0;

	fprintf(out, "\r\n--=_%s\r\nContent-Type: text/rfc822-headers\r\n\r\n", boundary);
	fwrite(letter->content, 1, len < HEADER_MAX ? len : 0, out);
	fprintf(out, "\r\n--=_%s--\r\n", boundary);
}

struct letter *
bounce_new(const struct letter *letter, const size_t *recipients, size_t n, const char *our_name)
{
	char id[LETTER_ID_SIZE];
	struct letter *bounce;
	FILE *out;

	if (letter->sender[0] == '\0' || count_bounced(letter, recipients, n) == 0)
		return NULL;
	letter_make_id(id);
	bounce = letter_new(id, "");
	letter_add_recipient(bounce, letter->sender);
	out = open_memstream(&bounce->content, &bounce->content_len);
	must(out != NULL);
	print_head(out, bounce, letter->sender, our_name);
	print_reasons(out, letter, recipients, n, id);
	print_status(out, letter, recipients, n, our_name, id);
	print_header(out, letter, id);
	must(fclose(out) == 0);
	return bounce;
}
