/* SPDX-License-Identifier: Apache-2.0 */
/* letter.c - see letter.h */
#include "fakes/mta/letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/base/text.h"

const char *
letter_fate_name(enum letter_fate fate)
{
	static const char *const names[] = {"undecided", "delivered", "deferred", "bounced"};

	must(fate <= LETTER_BOUNCED);
	return names[fate];
}

struct letter *
letter_new(const char *id, const char *sender)
{
	struct letter *letter = must_alloc(sizeof(*letter));

	must(strlen(id) < sizeof(letter->id));
	strcpy(letter->id, id);
	letter->sender = must_strdup(sender);
	return letter;
}

void
letter_free(struct letter *letter)
{
	if (letter == NULL)
		return;
	for (size_t i = 0; i < letter->n; i++)
		free(letter->recipients[i].address);
	free(letter->recipients);
	free(letter->sender);
	free(letter->content);
	free(letter);
}

void
letter_add_recipient(struct letter *letter, const char *address)
{
	must(letter->n < LETTER_RECIPIENTS_MAX);
	letter->recipients =
	    must_realloc(letter->recipients, (letter->n + 1) * sizeof(letter->recipients[0]));
	letter->recipients[letter->n] = (struct letter_recipient){.address = must_strdup(address)};
	letter->n++;
}

void
letter_decide(struct letter_recipient *recipient, enum letter_fate fate, const char *reason)
{
	recipient->fate = fate;
	text_escape(recipient->reason, sizeof(recipient->reason), bytes_of(reason));
}

void
letter_make_id(char out[LETTER_ID_SIZE])
{
	static unsigned count;

	snprintf(out, LETTER_ID_SIZE, "%08lX%05X%04X", (unsigned long)time(NULL) & 0xffffffff,
	    (unsigned)getpid() & 0xfffff, ++count & 0xffff);
}

bool
letter_is_address(const char *address)
{
	size_t len = strlen(address);

	for (size_t i = 0; i < len; i++)
		if (address[i] <= ' ' || address[i] > '~' || address[i] == '<' || address[i] == '>')
			return false;
	return len <= LETTER_ADDRESS_MAX;
}

const char *
letter_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : "";
}
