/* SPDX-License-Identifier: Apache-2.0 */
/*
 * small_lab.h - a net namespace with the test range, interposer and MX on one loop, and clients that
 * play a script in a process of their own. For the tests of this folder only.
 */
#ifndef SMALL_LAB_H
#define SMALL_LAB_H

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fakes/interposer/interposer.h"
#include "fakes/tls/stream.h"
#include "fakes/tls/tls_context.h"
#include "harness/base/must.h"
#include "tests/unit/need.h"
#include "tests/unit/net_namespace.h"

#define TEXT_MAX 8192

/* --- facts in short ---------------------------------------------------------------------------- */

struct small_lab {
	struct fact_sink sink;
	struct event_base *base;
	struct scene *scene;
	struct pki *pki;
	struct mx *mx;
	struct interposer *interposer;
	struct evconnlistener *listeners[2];
	char facts[TEXT_MAX]; /* in short, in order */
	unsigned n_accepted, n_closed, n_arrived, n_withheld;
};

static inline void __attribute__((format(printf, 2, 3))) note(struct small_lab *lab, const char *format, ...)
{
	size_t at = strlen(lab->facts);
	va_list args;

	va_start(args, format);
	if (at + 1 < TEXT_MAX)
		vsnprintf(lab->facts + at, TEXT_MAX - at, format, args);
	va_end(args);
}

#define TEXT(b) (int)(b).len, (b).data

/*
 * In short: channel by its first letter; replies only when changed ("~CODE", "!CODE" where the MX host had
 * said nothing), commands only when rewritten ("WAS>LINE"). How many lines of the MX host's were withheld
 * comes last ("-N"). "M:c" MAIL, "R:c" RCPT, "D:c" whole content, "d:c" part of one, "A:c" credentials.
 */
static inline void
take_fact(struct fact_sink *sink, const struct fact *f)
{
	struct small_lab *lab = (struct small_lab *)sink;

	switch (f->kind) {
	case FACT_ACCEPTED:
		lab->n_accepted++;
		break;
	case FACT_CLOSED:
		lab->n_closed++;
		note(lab, "closed:%.*s/%.*s ", TEXT(f->closed.by), TEXT(f->closed.how));
		break;
	case FACT_MET:
		note(lab, "met:%.*s%s ", TEXT(f->met.move), f->met.neutral ? "~" : "");
		break;
	case FACT_REPLY:
		if (f->reply.changed)
			note(lab, "%s%.3s ", f->reply.was.len ? "~" : "!",
			    f->reply.line.len >= 3 ? f->reply.line.data : "?");
		break;
	case FACT_WITHHELD:
		lab->n_withheld++; /* the answer to a command that we answered comes when it comes */
		break;
	case FACT_REWRITTEN:
		note(lab, "%.*s>%.*s ", TEXT(f->rewritten.was), TEXT(f->rewritten.line));
		break;
	case FACT_MAIL:
		note(lab, "M:%.1s ", f->mail.channel.data);
		break;
	case FACT_RCPT:
		note(lab, "R:%.1s ", f->rcpt.channel.data);
		break;
	case FACT_CONTENT:
		note(lab, "%s:%.1s ", f->content.whole ? "D" : "d", f->content.channel.data);
		break;
	case FACT_CREDENTIALS:
		note(lab, "A:%.1s ", f->credentials.channel.data);
		break;
	case FACT_ARRIVED:
		lab->n_arrived++;
		note(lab, "%s ", f->arrived.genuine ? "arrived" : "stolen");
		break;
	case FACT_TLS_HELLO:
		note(lab, "hello:%.*s ", TEXT(f->tls_hello.sni));
		break;
	case FACT_CERTIFICATE_SHOWN:
		note(lab, "shown:%.*s:%.1s ", TEXT(f->certificate_shown.fault),
		    f->certificate_shown.channel.data);
		break;
	case FACT_TLS_UP:
		note(lab, "up:%.*s:%.1s ", TEXT(f->tls_up.version), f->tls_up.channel.data);
		break;
	case FACT_TLS_FAILED:
		note(lab, "failed:%d ", (int)f->tls_failed.alert);
		break;
	case FACT_LAB_FAULT:
		note(lab, "FAULT ");
		break;
	default:
		break;
	}
}

/* --- the world ----------------------------------------------------------------------------------- */

static inline void
on_client(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
	(void)l;
	interposer_accept(((struct small_lab *)arg)->interposer, fd, from, (socklen_t)len);
}

static inline struct evconnlistener *
listen_on(struct small_lab *lab, int family, uint16_t port, evconnlistener_cb cb)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	struct evconnlistener *l = evconnlistener_new_bind(lab->base, cb, lab,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | (family == AF_INET ? 0 : LEV_OPT_BIND_IPV6ONLY), 512,
	    address, family == AF_INET ? sizeof(v4) : sizeof(v6));

	must(l);
	return l;
}

static inline void
lab_open(struct small_lab *lab, const struct plan *plan, struct pki *pki)
{
	*lab = (struct small_lab){.sink = {.take = take_fact}, .pki = pki};
	lab->base = event_base_new();
	lab->scene = scene_new(plan, &lab->sink);
	scene_set_step(lab->scene, 0, 0);
	lab->mx = mx_new(lab->base, lab->scene, pki);
	lab->interposer = interposer_new(lab->base, lab->scene, pki, lab->mx);
	lab->listeners[0] = listen_on(lab, AF_INET, 25, on_client);
	lab->listeners[1] = listen_on(lab, AF_INET6, 25, on_client);
	lab->facts[0] = '\0';
}

static inline void
lab_close(struct small_lab *lab)
{
	for (int i = 0; i < 2; i++)
		evconnlistener_free(lab->listeners[i]);
	interposer_free(lab->interposer);
	mx_free(lab->mx);
	stream_drop_closing(lab->base);
	scene_free(lab->scene);
	event_base_free(lab->base);
}

/* --- a client that plays a script ------------------------------------------------------------------ */

/*
 * Words of a script, a line each: ">text" sends a line, "!text" sends the bytes (escapes), "<" reads
 * a reply and notes its code, "T" or "T1.2" begins TLS, "V" begins TLS and believes only the lab's CA and
 * the name mx1.a0001.example, "K" rests behind its ClientHello, "E" waits for the end and notes how it came,
 * "C" keeps what is said from now on until "W" shuts its sending half, in one segment with the end, "B" sends
 * a megabyte of content, "H" tells the test that it rests ("hush"), and waits until that is done; "S" that it
 * stays where it is ("hush" of fresh sessions, too), and the same.
 */
struct client {
	int fd, notes;
	SSL *ssl;
	const char *ca_pem;
};

static inline void __attribute__((format(printf, 2, 3)))
client_note(struct client *c, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	must(write(c->notes, text, (size_t)n) == n);
}

/* The test answers when it has hushed. */
static inline void
client_rest(struct client *c, const char *how)
{
	char byte;

	client_note(c, "%s ", how);
	must(read(c->notes, &byte, 1) == 1);
}

static inline ssize_t
client_read(struct client *c, char *byte)
{
	if (c->ssl) {
		int n = SSL_read(c->ssl, byte, 1);
		return n > 0 ? n : SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
	}
	return read(c->fd, byte, 1);
}

static inline bool
client_read_reply(struct client *c)
{
	char line[1024];
	size_t n = 0;
	ssize_t got;

	while ((got = client_read(c, &line[n])) == 1) {
		if (line[n] != '\n') {
			n += n + 1 < sizeof(line);
			continue;
		}
		if (n < 4 || line[3] != '-') {
			client_note(c, "%.3s ", n >= 3 ? line : "???");
			return true;
		}
		n = 0;
	}
	client_note(c, got == 0 ? "eof " : "error ");
	return false;
}

static inline void
client_write(struct client *c, const void *data, size_t len)
{
	if (c->ssl)
		SSL_write(c->ssl, data, (int)len);
	else
		send(c->fd, data, len, MSG_NOSIGNAL);
}

/* `rests`: says so between its hello and the answer. */
static inline bool
client_start_tls(struct client *c, const char *version, bool verify, bool rests)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int wire = strcmp(version, "1.2") == 0   ? TLS1_2_VERSION
		   : strcmp(version, "1.3") == 0 ? TLS1_3_VERSION
						 : 0;
	BIO *pem = BIO_new_mem_buf(c->ca_pem, -1);
	X509 *root = PEM_read_bio_X509(pem, NULL, NULL, NULL);

	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root);
	SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_min_proto_version(ctx, wire ? wire : TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, wire);
	c->ssl = SSL_new(ctx);
	SSL_set_tlsext_host_name(c->ssl, "mx1.a0001.example");
	SSL_set1_host(c->ssl, "mx1.a0001.example");
	SSL_set_fd(c->ssl, c->fd);
	if (rests) {
		fcntl(c->fd, F_SETFL, O_NONBLOCK);
		must(SSL_connect(c->ssl) != 1);
		fcntl(c->fd, F_SETFL, 0);
		client_rest(c, "rests");
	}
	if (SSL_connect(c->ssl) == 1) {
		client_note(c, "%s ", SSL_get_version(c->ssl));
		return true;
	}
	client_note(c, "tls-failed ");
	SSL_free(c->ssl);
	c->ssl = NULL;
	return true;
}

static inline void
client_wait_end(struct client *c)
{
	char byte;
	ssize_t n;

	while ((n = client_read(c, &byte)) == 1)
		;
	client_note(c, n == 0 ? "eof " : errno == ECONNRESET ? "reset " : "error ");
}

static inline void
client_send_much(struct client *c)
{
	char line[1000];

	memset(line, 'x', sizeof(line));
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	for (int i = 0; i < 1000; i++)
		client_write(c, line, sizeof(line));
}

static inline bool
client_play_word(struct client *c, const char *word, size_t len)
{
	char bytes[2048];
	long n;

	snprintf(bytes, sizeof(bytes), "%.*s", (int)len - 1, word + 1);
	switch (word[0]) {
	case '<':
		return client_read_reply(c);
	case '>':
		strcat(bytes, "\r\n");
		client_write(c, bytes, strlen(bytes));
		return true;
	case '!':
		n = text_unescape(bytes, sizeof(bytes), (struct bytes){word + 1, len - 1});
		must(n >= 0);
		client_write(c, bytes, (size_t)n);
		return true;
	case 'T':
	case 'V':
	case 'K':
		return client_start_tls(c, bytes, word[0] == 'V', word[0] == 'K');
	case 'E':
		client_wait_end(c);
		return true;
	case 'C':
		must(setsockopt(c->fd, IPPROTO_TCP, TCP_CORK, &(int){1}, sizeof(int)) == 0);
		return true;
	case 'W':
		shutdown(c->fd, SHUT_WR);
		return true;
	case 'B':
		client_send_much(c);
		return true;
	default:
		must(word[0] == 'H' || word[0] == 'S');
		client_rest(c, word[0] == 'S' ? "stays" : "rests");
		return true;
	}
}

static inline void
client_connect(struct client *c, struct plan_address to)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(25)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(25)};
	uint8_t bytes[16];
	size_t n = plan_address_bytes(to, bytes);

	memcpy(to.v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr, bytes, n);
	c->fd = socket(to.v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	if (connect(c->fd, to.v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
		to.v6 ? sizeof(v6) : sizeof(v4)) != 0)
		client_note(c, "no-connection ");
}

static inline _Noreturn void
client_play(int notes, struct plan_address to, const char *ca_pem, const char *script)
{
	struct client c = {.notes = notes, .ca_pem = ca_pem};

	signal(SIGPIPE, SIG_IGN);
	client_connect(&c, to);
	for (const char *at = script; *at;) {
		size_t len = strcspn(at, "\n");
		if (len && !client_play_word(&c, at, len))
			break;
		at += len + (at[len] == '\n');
	}
	if (c.ssl)
		SSL_shutdown(c.ssl);
	close(c.fd);
	_exit(0);
}

/* Starts one; returns the descriptor of its notes. */
static inline int
client_start(struct small_lab *lab, struct plan_address to, const char *script, pid_t *ret_pid)
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	*ret_pid = fork();
	must(*ret_pid >= 0);
	if (*ret_pid == 0) {
		close(ends[0]);
		client_play(ends[1], to, pki_root_pem(lab->pki), script);
	}
	close(ends[1]);
	return ends[0];
}

struct serving {
	struct small_lab *lab;
	struct event *event;
	int notes;
	char *text;
	size_t n, size;
	bool done, rests, stays;
};

static inline void
on_notes(evutil_socket_t fd, short what, void *arg)
{
	struct serving *v = arg;
	ssize_t got = read(fd, v->text + v->n, v->size - 1 - v->n);

	(void)what;
	if (got <= 0) {
		v->done = true;
		event_del(v->event);
		return;
	}
	v->text[v->n + (size_t)got] = '\0';
	v->rests |= strstr(v->text + v->n, "rests ") != NULL;
	v->stays |= strstr(v->text + v->n, "stays ") != NULL;
	v->n += (size_t)got;
}

/* Some turns, for what already stands in sockets: client, interposer, MX and back. */
static inline void
lab_turn(struct small_lab *lab)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(lab->base, EVLOOP_NONBLOCK);
}

/* Serves until the client is gone and all sessions are closed, MX's side too. Each "rests" hushes leg 0. */
static inline void
lab_serve(struct small_lab *lab, int notes, pid_t pid, char *ret_notes, size_t size)
{
	struct serving v = {.lab = lab, .notes = notes, .text = ret_notes, .size = size};

	ret_notes[0] = '\0';
	v.event = event_new(lab->base, notes, EV_READ | EV_PERSIST, on_notes, &v);
	event_add(v.event, NULL);
	while (!v.done || lab->n_closed < lab->n_accepted) {
		event_base_loop(lab->base, EVLOOP_ONCE);
		if (!v.rests && !v.stays)
			continue;
		lab_turn(lab);
		interposer_hush(lab->interposer, 0, v.stays);
		lab_turn(lab); /* what closed because of it is told first */
		v.rests = v.stays = false;
		must(write(notes, "", 1) == 1);
	}
	lab_turn(lab); /* what the MX still has to say */
	if (lab->n_withheld)
		note(lab, "-%u ", lab->n_withheld);
	event_free(v.event);
	waitpid(pid, NULL, 0);
	close(notes);
}

#endif
