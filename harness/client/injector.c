/* SPDX-License-Identifier: Apache-2.0 */
/*
 * injector.c - see injector.h
 *
 * A session is a row of exchanges: what is said next after each reply. Messages wait in one
 * queue; a session that is free takes the oldest.
 */
#include "harness/client/injector.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define SESSIONS_MAX 8 /* MTAs limit connections from one address */
#define LINE_LIMIT 4096
#define LOGIN_MAX 512

enum state {
	SAY_HELO,
	SAY_STARTTLS,
	START_TLS,
	SAY_AUTH,
	SAY_MAIL,
	SAY_RCPT,
	SAY_DATA,
	SAY_CONTENT,
	AWAIT_TAKEN,
	AWAIT_RESET
};

struct session {
	struct injector *injector;
	struct bufferevent *bev; /* NULL: slot is free */
	enum state state;        /* what the next good reply leads to */
	const struct plan_message *message;
	size_t rcpt;
	unsigned refused_code; /* of a RCPT that was refused, kept until RSET is done */
	char refused[512];
};

struct waiting {
	struct waiting *next;
	const struct plan_message *message;
};

struct injector {
	struct event_base *base;
	struct machine machine;
	struct sockaddr_storage to;
	socklen_t to_len;
	char *login; /* what follows AUTH PLAIN; NULL: neither TLS nor a login */
	SSL_CTX *tls;
	struct timeval patience;
	struct injector_calls calls;
	struct session sessions[SESSIONS_MAX];
	struct waiting *first, **last;
	bool held;
};

static void feed(struct injector *i);

/* RFC 4616: an empty authorization identity, the user, the password. */
static char *
make_login(const char *user, const char *password)
{
	char plain[LOGIN_MAX];
	int len = snprintf(plain, sizeof(plain), "%c%s%c%s", '\0', user, '\0', password);
	char *login;

	must(len > 0 && (size_t)len < sizeof(plain));
	login = must_alloc((size_t)len / 3 * 4 + 5);
	EVP_EncodeBlock((unsigned char *)login, (const unsigned char *)plain, len);
	return login;
}

struct injector *
injector_new(struct event_base *base, const struct injector_options *options)
{
	struct injector *i = must_alloc(sizeof(*i));

	must(options->to_len <= sizeof(i->to));
	i->base = base;
	i->machine = *options->machine;
	memcpy(&i->to, options->to, options->to_len);
	i->to_len = options->to_len;
	i->patience.tv_sec = options->patience_s;
	i->calls = options->calls;
	i->last = &i->first;
	for (size_t s = 0; s < SESSIONS_MAX; s++)
		i->sessions[s].injector = i;
	if (options->user != NULL) {
		OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
		i->login = make_login(options->user, options->password);
		i->tls = SSL_CTX_new(TLS_client_method());
		must(i->tls != NULL);
		SSL_CTX_set_security_level(i->tls, 0);
	}
	return i;
}

static void
hang_up(struct session *s)
{
	if (s->bev != NULL)
		bufferevent_free(s->bev);
	s->bev = NULL;
	s->message = NULL;
}

static const struct plan_message *
take_waiting(struct injector *i)
{
	struct waiting *w = i->first;
	const struct plan_message *m;

	if (w == NULL)
		return NULL;
	m = w->message;
	i->first = w->next;
	if (i->first == NULL)
		i->last = &i->first;
	free(w);
	return m;
}

bool
injector_is_idle(const struct injector *i)
{
	for (size_t s = 0; s < SESSIONS_MAX; s++)
		if (i->sessions[s].message != NULL)
			return false;
	return true;
}

void
injector_hold(struct injector *i)
{
	i->held = true;
	for (size_t s = 0; s < SESSIONS_MAX; s++)
		if (i->sessions[s].message == NULL)
			hang_up(&i->sessions[s]);
}

void
injector_release(struct injector *i)
{
	i->held = false;
	feed(i);
}

void
injector_forget(struct injector *i)
{
	while (i->first != NULL)
		take_waiting(i);
}

void
injector_free(struct injector *i)
{
	if (i == NULL)
		return;
	for (size_t s = 0; s < SESSIONS_MAX; s++)
		hang_up(&i->sessions[s]);
	injector_forget(i);
	SSL_CTX_free(i->tls);
	free(i->login);
	free(i);
}

static void
answer(struct session *s, unsigned code, struct bytes reply)
{
	const struct plan_message *m = s->message;

	s->message = NULL;
	s->injector->calls.answered(s->injector->calls.ctx, m, code, reply);
}

/* Says MAIL for the next waiting message, or hangs up. */
static void
next_message(struct session *s)
{
	s->message = s->injector->held ? NULL : take_waiting(s->injector);
	if (s->message == NULL) {
		hang_up(s);
		return;
	}
	s->rcpt = 0;
	evbuffer_add_printf(bufferevent_get_output(s->bev), "MAIL FROM:<%s>\r\n", s->message->sender);
	s->state = SAY_RCPT;
}

static void
say_content(struct session *s)
{
	struct evbuffer *out = bufferevent_get_output(s->bev);
	const char *at = s->message->text.data, *end = at + s->message->text.len;

	while (at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		const char *next = eol != NULL ? eol + 1 : end;

		if (*at == '.')
			evbuffer_add(out, ".", 1);
		evbuffer_add(out, at, (size_t)(next - at));
		at = next;
	}
	evbuffer_add(out, ".\r\n", 3);
}

/* A message was refused midway: remember the words, reset, then tell. */
static void
refuse(struct session *s, unsigned code, struct bytes line)
{
	size_t len = line.len < sizeof(s->refused) - 1 ? line.len : sizeof(s->refused) - 1;

	memcpy(s->refused, line.data, len);
	s->refused[len] = '\0';
	s->refused_code = code;
	evbuffer_add_printf(bufferevent_get_output(s->bev), "RSET\r\n");
	s->state = AWAIT_RESET;
}

static void attend(struct session *s);
static void lost(struct session *s, const char *how);

/* From here on all goes through TLS; its end of the handshake comes to happened(). */
static void
start_tls(struct session *s)
{
	struct injector *i = s->injector;
	SSL *ssl = SSL_new(i->tls);

	must(ssl != NULL);
	s->bev = bufferevent_openssl_filter_new(i->base, s->bev, ssl, BUFFEREVENT_SSL_CONNECTING,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	must(s->bev != NULL);
	s->state = SAY_AUTH;
	attend(s);
}

static void
go_on(struct session *s, unsigned code, struct bytes line)
{
	struct evbuffer *out = bufferevent_get_output(s->bev);
	bool good = code / 100 == 2 || (code == 354 && s->state == SAY_CONTENT);

	if (!good && s->message == NULL) {
		char words[LINE_LIMIT];

		snprintf(words, sizeof(words), "%.*s", (int)line.len, line.data);
		lost(s, words); /* it will not talk to us */
		return;
	}
	if (!good && s->state != AWAIT_RESET) {
		if (s->state == AWAIT_TAKEN) {
			answer(s, code, line);
			next_message(s);
		} else {
			refuse(s, code, line);
		}
		return;
	}
	switch (s->state) {
	case SAY_HELO:
		evbuffer_add_printf(out, "%s localhost\r\n", s->injector->tls != NULL ? "EHLO" : "HELO");
		s->state = s->injector->tls != NULL ? SAY_STARTTLS : SAY_MAIL;
		break;
	case SAY_STARTTLS:
		evbuffer_add_printf(out, "STARTTLS\r\n");
		s->state = START_TLS;
		break;
	case START_TLS:
		start_tls(s);
		break;
	case SAY_AUTH:
		evbuffer_add_printf(out, "AUTH PLAIN %s\r\n", s->injector->login);
		s->state = SAY_MAIL;
		break;
	case SAY_MAIL:
		next_message(s);
		break;
	case SAY_RCPT:
		evbuffer_add_printf(out, "RCPT TO:<%s>\r\n", s->message->recipients[s->rcpt++].address);
		s->state = s->rcpt < s->message->n_recipients ? SAY_RCPT : SAY_DATA;
		break;
	case SAY_DATA:
		evbuffer_add_printf(out, "DATA\r\n");
		s->state = SAY_CONTENT;
		break;
	case SAY_CONTENT:
		say_content(s);
		s->state = AWAIT_TAKEN;
		break;
	case AWAIT_TAKEN:
		answer(s, code, line);
		next_message(s);
		break;
	case AWAIT_RESET:
		answer(s, s->refused_code, bytes_of(s->refused));
		next_message(s);
		break;
	}
}

/* The connection is gone: what it carried failed, and a free slot may serve the rest. */
static void
lost(struct session *s, const char *how)
{
	struct injector *i = s->injector;
	const struct plan_message *m = s->message;

	hang_up(s);
	if (m == NULL && i->first != NULL && !i->held)
		m = take_waiting(i); /* not even a greeting: each try costs one message, so this ends */
	if (m != NULL)
		i->calls.answered(i->calls.ctx, m, 0, bytes_of(how));
	feed(i);
}

static void
readable(struct bufferevent *bev, void *ctx)
{
	struct session *s = ctx;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len;
	char *line;

	while (s->bev == bev && (line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF)) != NULL) {
		bool more = len > 3 && strspn(line, "0123456789") == 3 && line[3] == '-';
		unsigned code = (unsigned)strtoul(line, NULL, 10);

		if (!more) /* what is no reply at all ends one, too */
			go_on(s, code, (struct bytes){line, len});
		free(line);
	}
	if (s->bev == bev && evbuffer_get_length(in) > LINE_LIMIT)
		lost(s, "the client's reply line is too long");
}

static void
happened(struct bufferevent *bev, short what, void *ctx)
{
	struct session *s = ctx;

	if (what & BEV_EVENT_CONNECTED) {
		if (s->state == SAY_AUTH) /* TLS is up */
			evbuffer_add_printf(bufferevent_get_output(bev), "EHLO localhost\r\n");
		return;
	}
	lost(s, what & BEV_EVENT_EOF       ? "the client closed the connection"
		: what & BEV_EVENT_TIMEOUT ? "the client's port answered nothing"
		: s->state == SAY_AUTH     ? "TLS with the client's own port failed"
					   : "the client's port did not answer");
}

static void
attend(struct session *s)
{
	bufferevent_setcb(s->bev, readable, NULL, happened, s);
	bufferevent_set_timeouts(s->bev, &s->injector->patience, &s->injector->patience);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
}

static int
dial(struct session *s)
{
	struct injector *i = s->injector;
	struct why why;
	int fd = i->machine.connect(i->machine.ctx, (struct sockaddr *)&i->to, i->to_len, &why);

	if (fd < 0)
		return -1;
	s->bev = bufferevent_socket_new(i->base, fd, BEV_OPT_CLOSE_ON_FREE);
	must(s->bev != NULL);
	s->state = SAY_HELO;
	attend(s);
	bufferevent_socket_connect(s->bev, NULL, 0);
	return 0;
}

/* Opens as many sessions as there are messages waiting, up to the limit. */
static void
feed(struct injector *i)
{
	size_t waiting = 0, opening = 0;

	if (i->held)
		return;
	for (struct waiting *w = i->first; w != NULL && waiting < SESSIONS_MAX; w = w->next)
		waiting++;
	for (size_t n = 0; n < SESSIONS_MAX; n++)
		opening += i->sessions[n].bev != NULL && i->sessions[n].message == NULL;
	for (size_t n = 0; n < SESSIONS_MAX && opening < waiting; n++)
		if (i->sessions[n].bev == NULL && dial(&i->sessions[n]) == 0)
			opening++;
	if (opening == 0 && i->first != NULL)
		for (size_t n = 0; n < SESSIONS_MAX; n++)
			opening += i->sessions[n].bev != NULL;
	while (opening == 0 && i->first != NULL)
		i->calls.answered(
		    i->calls.ctx, take_waiting(i), 0, BYTES("the client's port cannot be reached"));
}

void
injector_send(struct injector *i, const struct plan_message *message)
{
	struct waiting *w = must_alloc(sizeof(*w));

	w->message = message;
	*i->last = w;
	i->last = &w->next;
	feed(i);
}
