/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_observer.c - see smtp_observer.h. `mode` says what the client's next bytes are; the open
 * commands stand in a ring, the oldest first.
 */
#include "fakes/smtp/smtp_observer.h"

#include <stdlib.h>
#include <string.h>

#include "fakes/smtp/smtp_content.h"
#include "fakes/smtp/smtp_reply.h"
#include "harness/base/must.h"

#define OPEN_MAX 256 /* a client that pipelines more waits */

enum mode {
	READS_COMMANDS,
	READS_CONTENT,
	READS_EITHER, /* DATA was answered by a 2yz or 3yz other than 354: some clients go on */
	READS_CHUNK,
	READS_RESPONSE /* after a 334 */
};

struct smtp_observer {
	const struct smtp_observer_calls *calls;
	void *owner;
	enum mode mode;
	struct smtp_lines lines;
	enum smtp_verb open[OPEN_MAX];
	size_t first_open, n_open;
	struct smtp_content content;
	bool content_told, has_content; /* has: bytes of a message came (DATA or BDAT) and it is not over */
	enum smtp_ending data_ending;
	size_t chunk_left;
	bool chunk_is_last;
	char *mechanism;  /* of the AUTH exchange; owned */
	bool transaction; /* a MAIL was taken, and it is not over */
	bool tls_agreed;
	size_t n_mails; /* not answered yet */
};

struct smtp_observer *
smtp_observer_new(const struct smtp_observer_calls *calls, void *owner, size_t content_max)
{
	struct smtp_observer *o = must_alloc(sizeof(*o));

	o->calls = calls;
	o->owner = owner;
	smtp_lines_init(&o->lines, SMTP_LINE_MAX);
	smtp_content_init(&o->content, content_max);
	return o;
}

void
smtp_observer_free(struct smtp_observer *o)
{
	if (!o)
		return;
	smtp_lines_done(&o->lines);
	smtp_content_done(&o->content);
	free(o->mechanism);
	free(o);
}

void
smtp_observer_forget(struct smtp_observer *o)
{
	smtp_lines_done(&o->lines);
	o->mode = READS_COMMANDS;
	o->n_open = o->n_mails = 0;
	o->has_content = o->transaction = o->tls_agreed = false;
}

/* --- open commands ----------------------------------------------------------------------- */

static void
open_one(struct smtp_observer *o, enum smtp_verb verb)
{
	must(o->n_open < OPEN_MAX);
	o->open[(o->first_open + o->n_open++) % OPEN_MAX] = verb;
}

static enum smtp_verb
open_at(const struct smtp_observer *o, size_t i)
{
	return o->open[(o->first_open + i) % OPEN_MAX];
}

static void
pop(struct smtp_observer *o)
{
	o->first_open = (o->first_open + 1) % OPEN_MAX;
	o->n_open--;
}

/* The newest open command, when what follows it cannot be read before its answer. */
static enum smtp_verb
undecided(const struct smtp_observer *o)
{
	enum smtp_verb last = o->n_open ? open_at(o, o->n_open - 1) : SMTP_UNKNOWN;

	switch (last) {
	case SMTP_DATA:
	case SMTP_AUTH:
	case SMTP_RESPONSE:
	case SMTP_STARTTLS:
		return last;
	default:
		return SMTP_UNKNOWN;
	}
}

size_t
smtp_observer_n_open(const struct smtp_observer *o)
{
	return o->n_open;
}

enum smtp_verb
smtp_observer_awaited(const struct smtp_observer *o)
{
	return o->n_open ? open_at(o, 0) : SMTP_UNKNOWN;
}

bool
smtp_observer_is_at_command(const struct smtp_observer *o)
{
	return o->mode == READS_COMMANDS && smtp_lines_is_empty(&o->lines) && undecided(o) == SMTP_UNKNOWN;
}

bool
smtp_observer_is_idle(const struct smtp_observer *o)
{
	return o->n_open == 0 && o->mode == READS_COMMANDS && smtp_lines_is_empty(&o->lines) &&
	       !o->transaction && o->n_mails == 0 && !o->tls_agreed;
}

/* --- telling ----------------------------------------------------------------------------- */

static void
tell_command(struct smtp_observer *o, struct bytes line)
{
	if (o->calls->command)
		o->calls->command(o->owner, line);
}

static void
tell_content(struct smtp_observer *o, bool whole)
{
	if (o->calls->content)
		o->calls->content(o->owner, smtp_content_bytes(&o->content), o->content.total, whole);
	o->content_told = true;
}

static void
tell_credentials(struct smtp_observer *o, struct bytes data)
{
	if (!data.len || bytes_equal(data, BYTES("=")) || bytes_equal(data, BYTES("*")))
		return;
	if (o->calls->credentials)
		o->calls->credentials(o->owner, bytes_of(o->mechanism), data);
}

/* The path; the arguments as they are when it is malformed: it crossed all the same. */
static struct bytes
path_of(struct bytes args, const char *keyword)
{
	struct bytes address, parameters;

	return smtp_path(args, keyword, &address, &parameters) ? address : args;
}

/* --- the client -------------------------------------------------------------------------- */

static void
begin_content(struct smtp_observer *o)
{
	smtp_content_begin(&o->content, o->data_ending);
	o->content_told = false;
	o->has_content = true;
}

static void
end_content(struct smtp_observer *o)
{
	tell_content(o, true);
	o->has_content = false;
}

static void
begin_chunk(struct smtp_observer *o, struct bytes args)
{
	struct bytes digits = smtp_word(&args);

	o->chunk_left = 0;
	for (size_t i = 0; i < digits.len && i < 15 && digits.data[i] >= '0' && digits.data[i] <= '9'; i++)
		o->chunk_left = o->chunk_left * 10 + (size_t)(digits.data[i] - '0');
	o->chunk_is_last = bytes_equal_nocase(smtp_word(&args), BYTES("LAST"));
	if (!o->has_content)
		begin_content(o);
	o->mode = READS_CHUNK;
	if (o->chunk_left == 0) {
		o->mode = READS_COMMANDS;
		if (o->chunk_is_last)
			end_content(o);
	}
}

static void
begin_auth(struct smtp_observer *o, struct bytes args)
{
	struct bytes mechanism = smtp_word(&args);

	free(o->mechanism);
	o->mechanism = must_alloc(mechanism.len + 1);
	if (mechanism.len)
		memcpy(o->mechanism, mechanism.data, mechanism.len);
	tell_credentials(o, bytes_trim(args));
}

static void
note_command(struct smtp_observer *o, enum smtp_verb verb, struct bytes args, enum smtp_ending ending)
{
	switch (verb) {
	case SMTP_MAIL:
		o->n_mails++;
		o->has_content = false;
		if (o->calls->mail)
			o->calls->mail(o->owner, path_of(args, "FROM:"));
		break;
	case SMTP_RCPT:
		if (o->calls->rcpt)
			o->calls->rcpt(o->owner, path_of(args, "TO:"));
		break;
	case SMTP_DATA:
		o->data_ending = ending;
		break;
	case SMTP_BDAT:
		begin_chunk(o, args);
		break;
	case SMTP_AUTH:
		begin_auth(o, args);
		break;
	case SMTP_RSET:
	case SMTP_EHLO:
	case SMTP_HELO:
		o->transaction = o->has_content = false;
		break;
	default:
		break;
	}
}

static void
take_command(struct smtp_observer *o, struct smtp_said *ret)
{
	struct bytes args;

	*ret =
	    (struct smtp_said){.kind = SMTP_SAID_COMMAND, .line = ret->line, .awaits = !ret->line.continued};
	tell_command(o, ret->line.text);
	if (ret->line.continued)
		return;
	ret->verb = smtp_verb_of(ret->line.text, &args);
	/* cut or not, one answer comes */
	open_one(o, ret->verb);
	note_command(o, ret->verb, args, ret->line.ending);
}

static void
take_content(struct smtp_observer *o, struct smtp_said *ret)
{
	if (!smtp_content_line(&o->content, &ret->line)) {
		*ret = (struct smtp_said){.kind = SMTP_SAID_CONTENT, .line = ret->line};
		return;
	}
	*ret = (struct smtp_said){
	    .kind = SMTP_SAID_DOT, .verb = SMTP_CONTENT, .line = ret->line, .awaits = true};
	o->mode = READS_COMMANDS;
	open_one(o, SMTP_CONTENT);
	end_content(o);
}

static void
take_response(struct smtp_observer *o, struct smtp_said *ret)
{
	bool first = !ret->line.continued;

	*ret = (struct smtp_said){
	    .kind = SMTP_SAID_RESPONSE, .verb = SMTP_RESPONSE, .line = ret->line, .awaits = first};
	tell_credentials(o, ret->line.text);
	if (first)
		open_one(o, SMTP_RESPONSE);
	if (ret->line.ending != SMTP_ENDING_CUT)
		o->mode = READS_COMMANDS;
}

static void
take_either(struct smtp_observer *o, struct smtp_said *ret)
{
	if (smtp_verb_of(ret->line.text, NULL) != SMTP_UNKNOWN) {
		o->mode = READS_COMMANDS;
		take_command(o, ret);
		return;
	}
	o->mode = READS_CONTENT;
	begin_content(o);
	take_content(o, ret);
}

static bool
take_chunk(struct smtp_observer *o, struct bytes *in, struct smtp_said *ret)
{
	struct bytes chunk = {in->data, in->len < o->chunk_left ? in->len : o->chunk_left};

	if (!chunk.len)
		return false;
	in->data += chunk.len;
	in->len -= chunk.len;
	o->chunk_left -= chunk.len;
	smtp_content_add(&o->content, chunk);
	*ret =
	    (struct smtp_said){.kind = SMTP_SAID_CHUNK, .line = {.text = chunk, .ending = SMTP_ENDING_NONE}};
	if (o->chunk_left == 0) {
		o->mode = READS_COMMANDS;
		if (o->chunk_is_last)
			end_content(o);
	}
	return true;
}

bool
smtp_observer_client(struct smtp_observer *o, struct bytes *in, struct smtp_said *ret)
{
	if (o->mode == READS_CHUNK)
		return take_chunk(o, in, ret);
	/* The rest of an overlong line still belongs to what was said. */
	if (!o->lines.continued && (o->n_open == OPEN_MAX || undecided(o) != SMTP_UNKNOWN))
		return false;
	if (!smtp_lines_next(&o->lines, in, &ret->line))
		return false;
	switch (o->mode) {
	case READS_CONTENT:
		take_content(o, ret);
		break;
	case READS_RESPONSE:
		take_response(o, ret);
		break;
	case READS_EITHER:
		take_either(o, ret);
		break;
	default:
		take_command(o, ret);
	}
	return true;
}

/* --- the server -------------------------------------------------------------------------- */

static void
answer_mail(struct smtp_observer *o, bool taken)
{
	if (o->n_mails == 0)
		return;
	o->n_mails--;
	if (o->calls->mail_answered)
		o->calls->mail_answered(o->owner, taken, o->transaction);
	o->transaction |= taken;
}

/* Nobody will answer it any more. A client whose MAIL was passed over goes on as if it had been taken. */
static void
give_up(struct smtp_observer *o)
{
	if (open_at(o, 0) == SMTP_MAIL)
		answer_mail(o, true);
	pop(o);
}

/* A 354 can only answer DATA, a 334 only AUTH: whatever was lost before them is given up. */
static void
catch_up(struct smtp_observer *o, unsigned code)
{
	enum smtp_verb last = undecided(o);

	if ((code == 354 && last == SMTP_DATA) ||
	    (code == 334 && (last == SMTP_AUTH || last == SMTP_RESPONSE)))
		while (o->n_open > 1)
			give_up(o);
}

static void
note_reply(struct smtp_observer *o, enum smtp_verb verb, unsigned code)
{
	bool refused = code >= 400;

	switch (verb) {
	case SMTP_DATA:
		o->mode = code == 354 ? READS_CONTENT : refused ? READS_COMMANDS : READS_EITHER;
		if (code == 354)
			begin_content(o);
		if (refused)
			o->transaction = false;
		break;
	case SMTP_AUTH:
	case SMTP_RESPONSE:
		o->mode = code == 334 ? READS_RESPONSE : READS_COMMANDS;
		break;
	case SMTP_MAIL:
		answer_mail(o, !refused);
		break;
	case SMTP_CONTENT:
		o->transaction = false;
		break;
	case SMTP_BDAT:
		if (!o->has_content)
			o->transaction = false;
		break;
	case SMTP_STARTTLS:
		if (code != 220)
			break;
		o->tls_agreed = true;
		if (o->calls->starttls_agreed)
			o->calls->starttls_agreed(o->owner);
		break;
	default:
		break;
	}
}

bool
smtp_observer_server(struct smtp_observer *o, const struct smtp_line *line)
{
	bool final = false;
	unsigned code = line->continued ? 0 : smtp_reply_line_code(line->text, &final);

	if (!code || !final)
		return false;
	catch_up(o, code);
	if (!o->n_open)
		return false;
	enum smtp_verb verb = open_at(o, 0);
	pop(o);
	note_reply(o, verb, code);
	return true;
}

void
smtp_observer_drop(struct smtp_observer *o)
{
	if (o->n_open)
		give_up(o);
}

/* --- the end ----------------------------------------------------------------------------- */

void
smtp_observer_settle(struct smtp_observer *o)
{
	if (o->has_content && o->content.total && !o->content_told)
		tell_content(o, false);
}

static void
end_commands(struct smtp_observer *o, struct bytes left)
{
	struct smtp_line line;

	while (smtp_lines_next(&o->lines, &left, &line) || smtp_lines_rest(&o->lines, &line))
		tell_command(o, line.text);
}

/* Bytes behind a command whose answer never came. */
static void
end_undecided(struct smtp_observer *o, struct bytes left)
{
	switch (undecided(o)) {
	case SMTP_DATA:
		if (!left.len)
			break;
		begin_content(o);
		smtp_content_add(&o->content, left);
		tell_content(o, false);
		break;
	case SMTP_AUTH:
	case SMTP_RESPONSE:
		tell_credentials(o, bytes_trim(left));
		break;
	default:
		end_commands(o, left);
	}
}

static void
end_content_early(struct smtp_observer *o, struct bytes left)
{
	struct smtp_line line;
	size_t before = o->content.total;

	if (smtp_lines_rest(&o->lines, &line))
		smtp_content_add(&o->content, line.text);
	smtp_content_add(&o->content, left);
	if (o->content.total && (o->content.total > before || !o->content_told))
		tell_content(o, false);
}

void
smtp_observer_end(struct smtp_observer *o, struct bytes left)
{
	struct smtp_line line;

	switch (o->mode) {
	case READS_CONTENT:
	case READS_CHUNK:
		end_content_early(o, left);
		break;
	case READS_RESPONSE:
		if (smtp_lines_rest(&o->lines, &line))
			tell_credentials(o, line.text);
		end_commands(o, left);
		break;
	case READS_EITHER:
	case READS_COMMANDS:
		end_undecided(o, left);
		if (o->has_content)
			smtp_observer_settle(o);
		break;
	}
	smtp_observer_forget(o);
}
