/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_server.c - see smtp_server.h. A row of `verbs` says where a verb is legal and what it
 * does; become() is the one place where the state changes.
 */
#include "fakes/smtp/smtp_server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/smtp/smtp_content.h"
#include "fakes/smtp/smtp_verb.h"
#include "harness/base/must.h"

#define ERRORS_MAX 50
#define REPLY_MAX 2048

enum state {
	S_START,   /* greeted, neither EHLO nor HELO yet */
	S_READY,   /* EHLO or HELO done, no transaction */
	S_MAIL,    /* MAIL taken */
	S_RCPT,    /* at least one RCPT taken */
	S_CONTENT, /* lines are content */
	S_AUTH,    /* lines are AUTH responses */
	S_TLS,     /* 220 given to STARTTLS: no line can come */
	S_OVER
};
#define IN(state) (1u << (state))
#define ANYWHERE (IN(S_START) | IN(S_READY) | IN(S_MAIL) | IN(S_RCPT))

struct smtp_server {
	struct smtp_server_options options;
	enum state state;
	bool tls, extended, authenticated;
	bool overlong; /* the rest of an overlong command line is skipped */
	unsigned errors;
	unsigned responses_wanted; /* of AUTH */
	char *sender;
	char **recipients;
	size_t n_recipients;
	struct smtp_content content;
	enum smtp_ending ending; /* of the line at hand */
	char reply[REPLY_MAX];
	size_t reply_len;
};

struct smtp_server *
smtp_server_new(const struct smtp_server_options *options)
{
	struct smtp_server *s = must_alloc(sizeof(*s));

	s->options = *options;
	smtp_content_init(&s->content, options->content_max ? options->content_max : SMTP_CONTENT_MAX);
	return s;
}

static void
forget_recipients(struct smtp_server *s)
{
	for (size_t i = 0; i < s->n_recipients; i++)
		free(s->recipients[i]);
	free(s->recipients);
	s->recipients = NULL;
	s->n_recipients = 0;
}

void
smtp_server_free(struct smtp_server *s)
{
	if (!s)
		return;
	forget_recipients(s);
	free(s->sender);
	smtp_content_done(&s->content);
	free(s);
}

static void
become(struct smtp_server *s, enum state state)
{
	s->state = state;
}

static void
end_transaction(struct smtp_server *s)
{
	free(s->sender);
	s->sender = NULL;
	forget_recipients(s);
	if (s->state != S_START)
		become(s, S_READY);
}

static char *
copy_text(struct bytes b)
{
	char *text = must_alloc(b.len + 1);

	if (b.len)
		memcpy(text, b.data, b.len);
	return text;
}

/* --- replies --------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3))) say(struct smtp_server *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(s->reply + s->reply_len, REPLY_MAX - s->reply_len, format, args);
	va_end(args);
	must(n >= 0 && (size_t)n + 3 < REPLY_MAX - s->reply_len);
	s->reply_len += (size_t)n;
	memcpy(s->reply + s->reply_len, "\r\n", 3);
	s->reply_len += 2;
}

static struct smtp_step
then(struct smtp_server *s, enum smtp_next next)
{
	return (struct smtp_step){.reply = {s->reply, s->reply_len}, .next = next};
}

static struct smtp_step
answer(struct smtp_server *s, const char *line)
{
	say(s, "%.500s", line);
	return then(s, SMTP_NEXT_NOTHING);
}

static struct smtp_step
complain(struct smtp_server *s, const char *line)
{
	if (++s->errors <= ERRORS_MAX)
		return answer(s, line);
	say(s, "421 4.7.0 %.255s too many errors", s->options.name);
	become(s, S_OVER);
	return then(s, SMTP_NEXT_CLOSE);
}

struct smtp_step
smtp_server_greet(struct smtp_server *s)
{
	s->reply_len = 0;
	say(s, "220 %.255s %.500s", s->options.name, s->options.banner ? s->options.banner : "ESMTP");
	return then(s, SMTP_NEXT_NOTHING);
}

/* --- verbs ------------------------------------------------------------------------------ */

/* The lines of the EHLO reply, in order; each is offered when its flag says so. */
static void
say_extensions(struct smtp_server *s)
{
	const struct smtp_server_options *o = &s->options;
	char auth[160], size[40];
	const char *lines[8];
	size_t n = 0;

	snprintf(auth, sizeof(auth), "AUTH %.140s", o->auth ? o->auth : "");
	snprintf(size, sizeof(size), "SIZE %zu", s->content.max);
	if (!o->no_pipelining)
		lines[n++] = "PIPELINING";
	if (!o->no_size)
		lines[n++] = size;
	if (o->starttls && (!s->tls || o->starttls_inside))
		lines[n++] = "STARTTLS";
	if (o->auth)
		lines[n++] = auth;
	if (!o->no_8bitmime)
		lines[n++] = "8BITMIME";
	if (o->requiretls && s->tls)
		lines[n++] = "REQUIRETLS";
	lines[n++] = "ENHANCEDSTATUSCODES";
	say(s, "250-%.255s", o->name);
	for (size_t i = 0; i < n; i++)
		say(s, "250%c%s", i + 1 < n ? '-' : ' ', lines[i]);
}

static struct smtp_step
do_ehlo(struct smtp_server *s, struct bytes args)
{
	if (s->options.no_esmtp)
		return complain(s, "502 EHLO is not known here");
	if (!args.len)
		return complain(s, "501 5.5.4 EHLO needs a name");
	end_transaction(s);
	s->extended = true;
	become(s, S_READY);
	say_extensions(s);
	return then(s, SMTP_NEXT_NOTHING);
}

static struct smtp_step
do_helo(struct smtp_server *s, struct bytes args)
{
	if (!args.len)
		return complain(s, "501 5.5.4 HELO needs a name");
	end_transaction(s);
	s->extended = false;
	become(s, S_READY);
	say(s, "250 %.255s", s->options.name);
	return then(s, SMTP_NEXT_NOTHING);
}

static struct smtp_step
do_starttls(struct smtp_server *s, struct bytes args)
{
	if (s->tls)
		return complain(s, "503 5.5.1 TLS is up already");
	if (!s->options.starttls || !s->extended)
		return complain(s, "502 5.5.1 STARTTLS is not offered");
	if (args.len)
		return complain(s, "501 5.5.4 STARTTLS takes no argument");
	become(s, S_TLS);
	say(s, "220 2.0.0 go ahead");
	return then(s, SMTP_NEXT_START_TLS);
}

static struct smtp_step
authenticated(struct smtp_server *s)
{
	s->authenticated = true;
	become(s, S_READY);
	return answer(s, "235 2.7.0 welcome");
}

static struct smtp_step
do_auth(struct smtp_server *s, struct bytes args)
{
	struct bytes mechanism = smtp_word(&args);
	bool login = bytes_equal_nocase(mechanism, BYTES("LOGIN"));

	if (!s->options.auth || !s->extended)
		return complain(s, "502 5.5.1 AUTH is not offered");
	if (s->authenticated)
		return complain(s, "503 5.5.1 authenticated already");
	if (!login && !bytes_equal_nocase(mechanism, BYTES("PLAIN")))
		return complain(s, "504 5.5.4 no such mechanism");
	s->responses_wanted = (login ? 2u : 1u) - (bytes_trim(args).len ? 1u : 0u);
	if (!s->responses_wanted)
		return authenticated(s);
	become(s, S_AUTH);
	return answer(s, !login                     ? "334 "
			 : s->responses_wanted == 2 ? "334 VXNlcm5hbWU6"
						    : "334 UGFzc3dvcmQ6");
}

static struct smtp_step
take_response(struct smtp_server *s, struct bytes text)
{
	if (bytes_equal(text, BYTES("*"))) {
		become(s, S_READY);
		return answer(s, "501 5.7.0 given up");
	}
	if (--s->responses_wanted)
		return answer(s, "334 UGFzc3dvcmQ6");
	return authenticated(s);
}

/* What we did not offer is not understood (RFC 5321 s4.1.1.11). */
static bool
is_known_parameter(const struct smtp_server *s, struct bytes word)
{
	if (!s->extended)
		return false;
	if (bytes_equal_nocase(word, BYTES("REQUIRETLS")))
		return s->options.requiretls && s->tls;
	if (bytes_begin_nocase(word, "AUTH="))
		return s->options.auth != NULL;
	return (bytes_begin_nocase(word, "SIZE=") && !s->options.no_size) ||
	       (bytes_begin_nocase(word, "BODY=") && !s->options.no_8bitmime);
}

static size_t
announced_size(struct bytes parameters)
{
	struct bytes value;
	size_t size = 0;

	if (!smtp_parameter(parameters, "SIZE", &value))
		return 0;
	for (size_t i = 0; i < value.len && i < 15 && value.data[i] >= '0' && value.data[i] <= '9'; i++)
		size = size * 10 + (size_t)(value.data[i] - '0');
	return size;
}

static struct smtp_step
do_mail(struct smtp_server *s, struct bytes args)
{
	struct bytes address, parameters, rest;

	if (!smtp_path(args, "FROM:", &address, &parameters))
		return complain(s, "501 5.5.4 MAIL FROM:<address> is meant");
	rest = parameters;
	for (struct bytes word = smtp_word(&rest); word.len; word = smtp_word(&rest))
		if (!is_known_parameter(s, word))
			return complain(s, "555 5.5.4 a parameter is not known");
	if (announced_size(parameters) > s->content.max)
		return complain(s, "552 5.3.4 too big");
	free(s->sender);
	s->sender = copy_text(address);
	become(s, S_MAIL);
	return answer(s, "250 2.1.0 ok");
}

static struct smtp_step
do_rcpt(struct smtp_server *s, struct bytes args)
{
	struct bytes address, parameters;

	if (!smtp_path(args, "TO:", &address, &parameters) || !address.len)
		return complain(s, "501 5.5.4 RCPT TO:<address> is meant");
	if (parameters.len)
		return complain(s, "555 5.5.4 a parameter is not known");
	if (s->options.reject_rcpt)
		return answer(s, s->options.reject_rcpt);
	if (s->n_recipients >= SMTP_RECIPIENTS_MAX)
		return complain(s, "452 4.5.3 too many recipients");
	s->recipients = must_realloc(s->recipients, (s->n_recipients + 1) * sizeof(*s->recipients));
	s->recipients[s->n_recipients++] = copy_text(address);
	become(s, S_RCPT);
	return answer(s, "250 2.1.5 ok");
}

static struct smtp_step
do_data(struct smtp_server *s, struct bytes args)
{
	if (args.len)
		return complain(s, "501 5.5.4 DATA takes no argument");
	smtp_content_begin(&s->content, s->ending);
	become(s, S_CONTENT);
	say(s, "354 go ahead, end with a dot");
	return then(s, SMTP_NEXT_CONTENT);
}

static struct smtp_step
do_rset(struct smtp_server *s, struct bytes args)
{
	(void)args;
	end_transaction(s);
	return answer(s, "250 2.0.0 ok");
}

static struct smtp_step
do_noop(struct smtp_server *s, struct bytes args)
{
	(void)args;
	return answer(s, "250 2.0.0 ok");
}

static struct smtp_step
do_vrfy(struct smtp_server *s, struct bytes args)
{
	(void)args;
	return answer(s, "252 2.5.0 send and see");
}

static struct smtp_step
do_expn(struct smtp_server *s, struct bytes args)
{
	(void)args;
	return complain(s, "502 5.5.1 not done here");
}

static struct smtp_step
do_help(struct smtp_server *s, struct bytes args)
{
	(void)args;
	return answer(s, "214 2.0.0 RFC 5321");
}

static struct smtp_step
do_quit(struct smtp_server *s, struct bytes args)
{
	(void)args;
	become(s, S_OVER);
	say(s, "221 2.0.0 bye");
	return then(s, SMTP_NEXT_CLOSE);
}

static const struct verb_row {
	enum smtp_verb verb;
	unsigned where;
	struct smtp_step (*act)(struct smtp_server *s, struct bytes args);
} verbs[] = {
    {SMTP_EHLO, ANYWHERE, do_ehlo},
    {SMTP_HELO, ANYWHERE, do_helo},
    {SMTP_STARTTLS, IN(S_READY), do_starttls},
    {SMTP_AUTH, IN(S_READY), do_auth},
    {SMTP_MAIL, IN(S_READY), do_mail},
    {SMTP_RCPT, IN(S_MAIL) | IN(S_RCPT), do_rcpt},
    {SMTP_DATA, IN(S_RCPT), do_data},
    {SMTP_BDAT, 0, NULL},
    {SMTP_RSET, ANYWHERE, do_rset},
    {SMTP_NOOP, ANYWHERE, do_noop},
    {SMTP_VRFY, ANYWHERE, do_vrfy},
    {SMTP_EXPN, ANYWHERE, do_expn},
    {SMTP_HELP, ANYWHERE, do_help},
    {SMTP_QUIT, ANYWHERE, do_quit},
};

/* --- lines ------------------------------------------------------------------------------ */

static struct smtp_step
take_command(struct smtp_server *s, struct bytes text)
{
	struct bytes args;
	enum smtp_verb verb = smtp_verb_of(text, &args);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (verbs[i].verb != verb)
			continue;
		if (!verbs[i].act)
			return complain(s, "502 5.5.1 not done here");
		if (!(verbs[i].where & IN(s->state)))
			return complain(s, "503 5.5.1 out of order");
		return verbs[i].act(s, args);
	}
	return complain(s, "500 5.5.2 no such command");
}

static struct smtp_step
take_content(struct smtp_server *s, const struct smtp_line *line)
{
	if (!smtp_content_line(&s->content, line))
		return then(s, SMTP_NEXT_NOTHING);
	become(s, S_READY);
	if (smtp_content_is_over(&s->content))
		return answer(s, "552 5.3.4 too big");
	if (s->options.reject_data)
		return answer(s, s->options.reject_data);
	say(s, "250 2.0.0 accepted");
	return then(s, SMTP_NEXT_ARRIVED);
}

/* Of an overlong command line only the first piece is answered. */
static bool
skip_piece(struct smtp_server *s, const struct smtp_line *line)
{
	bool skip = s->overlong && line->continued;

	s->overlong = line->ending == SMTP_ENDING_CUT;
	return skip;
}

struct smtp_step
smtp_server_line(struct smtp_server *s, const struct smtp_line *line)
{
	s->reply_len = 0;
	s->ending = line->ending;
	if (s->state == S_OVER || s->state == S_TLS)
		return then(s, SMTP_NEXT_NOTHING);
	if (s->state == S_CONTENT)
		return take_content(s, line);
	if (s->state == S_READY && s->sender)
		end_transaction(s); /* what arrived was lent until now */
	if (skip_piece(s, line))
		return then(s, SMTP_NEXT_NOTHING);
	if (line->ending == SMTP_ENDING_CUT) {
		if (s->state == S_AUTH)
			become(s, S_READY); /* the exchange has failed (RFC 4954 s4) */
		return complain(s, "500 5.5.6 line too long");
	}
	if (s->state == S_AUTH)
		return take_response(s, line->text);
	return take_command(s, line->text);
}

void
smtp_server_tls_up(struct smtp_server *s)
{
	must(s->state == S_TLS);
	s->tls = true;
	s->extended = s->authenticated = false;
	become(s, S_START);
	end_transaction(s);
}

bool
smtp_server_is_idle(const struct smtp_server *s)
{
	return s->state == S_START || s->state == S_READY;
}

const char *
smtp_server_sender(const struct smtp_server *s)
{
	return s->sender ? s->sender : "";
}

size_t
smtp_server_n_recipients(const struct smtp_server *s)
{
	return s->n_recipients;
}

const char *
smtp_server_recipient(const struct smtp_server *s, size_t i)
{
	must(i < s->n_recipients);
	return s->recipients[i];
}

struct bytes
smtp_server_content(const struct smtp_server *s)
{
	return smtp_content_bytes(&s->content);
}
