/* SPDX-License-Identifier: Apache-2.0 */
/* test_cores.c - EHLO replies that are changed, and TLS records seen from outside (real ones, of OpenSSL's).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "fakes/interposer/ehlo.h"
#include "fakes/interposer/records.h"
#include "fakes/tls/tls_context.h"

/* --- EHLO ---------------------------------------------------------------------------------- */

/* What an EHLO reply has become, with "-LINE" for what is gone, "+LINE" for what is new and "WAS>LINE". */
static const char *
become(const struct ehlo *e)
{
	static char got[512];
	size_t said = 0;

	got[0] = '\0';
	for (size_t i = 0; i < e->n; i++) {
		const struct ehlo_line *line = &e->lines[i];
		for (; line->from != EHLO_NOWHERE && said < line->from; said++)
			sprintf(got + strlen(got), "-%.*s", (int)e->said[said].len, e->said[said].data);
		if (line->from == EHLO_NOWHERE)
			strcat(got, "+");
		else if (!bytes_equal(e->said[said++], (struct bytes){line->text, line->len}))
			sprintf(got + strlen(got), "%.*s>", (int)e->said[line->from].len - 2,
			    e->said[line->from].data);
		strncat(got, line->text, line->len);
	}
	for (; said < e->n_said; said++)
		sprintf(got + strlen(got), "-%.*s", (int)e->said[said].len, e->said[said].data);
	return got;
}

static const struct {
	const char *name, *reply, *word, *want; /* word NULL: taken out */
} ehlo_rows[] = {
    {"in the middle", "250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n", NULL,
	"250-mx\r\n-250-STARTTLS\r\n250 SIZE\r\n"},
    {"the last", "250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n", NULL,
	"250-mx\r\n250-SIZE>250 SIZE\r\n-250 STARTTLS\r\n"},
    {"the only one", "250-mx\r\n250 STARTTLS\r\n", NULL, "250-mx>250 mx\r\n-250 STARTTLS\r\n"},
    {"in lower case", "250-mx\r\n250-starttls\r\n250 SIZE\r\n", NULL,
	"250-mx\r\n-250-starttls\r\n250 SIZE\r\n"},
    {"in the first line it is a name", "250-STARTTLS\r\n250 SIZE\r\n", NULL, "250-STARTTLS\r\n250 SIZE\r\n"},
    {"not there", "250-mx\r\n250 SIZE\r\n", NULL, "250-mx\r\n250 SIZE\r\n"},
    {"a single line", "250 mx\r\n", NULL, "250 mx\r\n"},
    {"a longer word is another word", "250-mx\r\n250 STARTTLSX\r\n", NULL, "250-mx\r\n250 STARTTLSX\r\n"},
    {"noise of the same length", "250-mx\r\n250 STARTTLS\r\n", "XXXXXXXX",
	"250-mx\r\n250 STARTTLS>250 XXXXXXXX\r\n"},
    {"a shorter word", "250-mx\r\n250-STARTTLS x\r\n250 A\r\n", "TTLS",
	"250-mx\r\n250-STARTTLS x>250-TTLS x\r\n250 A\r\n"},
};

static void
only_starttls_is_changed_in_an_ehlo_reply(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ehlo_rows) / sizeof(ehlo_rows[0]); i++) {
		struct ehlo *e = ehlo_new(bytes_of(ehlo_rows[i].reply));
		int line = ehlo_find(e, "STARTTLS");

		if (line >= 0 && ehlo_rows[i].word)
			ehlo_replace(e, line, bytes_of(ehlo_rows[i].word));
		else if (line >= 0)
			ehlo_remove(e, line);
		if (strcmp(become(e), ehlo_rows[i].want) != 0)
			fail_msg("%s:\n got  %s\n want %s", ehlo_rows[i].name, become(e), ehlo_rows[i].want);
		ehlo_free(e);
	}
}

static const struct {
	const char *name, *reply, *put, *want;
} put_rows[] = {
    {"the same", "250-mx\r\n250 A\r\n", "250-mx\r\n250 A\r\n", "250-mx\r\n250 A\r\n"},
    {"one is left out", "250-mx\r\n250-A\r\n250-B\r\n250 C\r\n", "250-mx\r\n250-A\r\n250 C\r\n",
	"250-mx\r\n250-A\r\n-250-B\r\n250 C\r\n"},
    {"the last is left out", "250-mx\r\n250-A\r\n250 B\r\n", "250-mx\r\n250 A\r\n",
	"250-mx\r\n250-A>250 A\r\n-250 B\r\n"},
    {"one comes in", "250-mx\r\n250 B\r\n", "250-mx\r\n250-A\r\n250 B\r\n", "250-mx\r\n+250-A\r\n250 B\r\n"},
    {"another in its place", "250-mx\r\n250-A\r\n250 B\r\n", "250-mx\r\n250-X\r\n250 B\r\n",
	"250-mx\r\n250-A>250-X\r\n250 B\r\n"},
    {"nothing alike", "220 mx\r\n", "554-go\r\n554 away\r\n", "220 mx>554-go\r\n+554 away\r\n"},
    {"nothing at all", "220 mx\r\n", "", "-220 mx\r\n"},
    {"the other way round", "250-A\r\n250 B\r\n", "250-B\r\n250 A\r\n",
	"-250-A\r\n250 B>250-B\r\n+250 A\r\n"},
    {"no reply, no line end", "250 A\r\n", "\x01\x02", "250 A>\x01\x02"},
};

static void
lines_of_another_reply_stand_where_the_same_was_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(put_rows) / sizeof(put_rows[0]); i++) {
		struct ehlo *e = ehlo_new(bytes_of(put_rows[i].reply));

		for (int twice = 0; twice < 2; twice++) {
			ehlo_put(e, bytes_of(put_rows[i].put));
			if (strcmp(become(e), put_rows[i].want) != 0)
				fail_msg(
				    "%s:\n got  %s\n want %s", put_rows[i].name, become(e), put_rows[i].want);
		}
		ehlo_free(e);
	}
}

static void
an_endless_ehlo_reply_keeps_every_byte(void **state)
{
	char reply[300 * 7 + 1] = "";
	size_t total = 0;

	(void)state;
	for (int i = 0; i < 300; i++)
		strcat(reply, "250-a\r\n");
	struct ehlo *e = ehlo_new(bytes_of(reply));
	for (size_t i = 0; i < e->n; i++)
		total += e->lines[i].len;
	assert_int_equal(e->n, EHLO_LINES_MAX);
	assert_int_equal(total, strlen(reply));
	ehlo_free(e);
}

/* --- records --------------------------------------------------------------------------------- */

struct ends {
	SSL *client, *server;
	SSL_CTX *client_context, *server_context;
	EVP_PKEY *key;
	X509 *leaf;
};

static void
self_sign(struct ends *e)
{
	e->key = EVP_EC_gen("P-256");
	e->leaf = X509_new();
	X509_gmtime_adj(X509_getm_notBefore(e->leaf), 0);
	X509_gmtime_adj(X509_getm_notAfter(e->leaf), 3600);
	X509_set_pubkey(e->leaf, e->key);
	assert_true(X509_sign(e->leaf, e->key, EVP_sha256()) > 0);
}

static void
open_ends(struct ends *e, int version, const char *groups)
{
	tls_context_init();
	self_sign(e);
	e->server_context = tls_context_server();
	assert_int_equal(SSL_CTX_use_certificate(e->server_context, e->leaf), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(e->server_context, e->key), 1);
	e->client_context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(e->client_context, 0);
	SSL_CTX_set_cipher_list(e->client_context, "ALL:@SECLEVEL=0");
	e->server = SSL_new(e->server_context);
	e->client = SSL_new(e->client_context);
	SSL_set_min_proto_version(e->client, version);
	SSL_set_max_proto_version(e->client, version);
	if (groups) { /* the server wants the second one only: a HelloRetryRequest */
		SSL_set1_groups_list(e->client, groups);
		SSL_set1_groups_list(e->server, "P-384");
	}
	SSL_set_bio(e->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_bio(e->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(e->server);
	SSL_set_connect_state(e->client);
}

static void
close_ends(struct ends *e)
{
	SSL_free(e->client);
	SSL_free(e->server);
	SSL_CTX_free(e->client_context);
	SSL_CTX_free(e->server_context);
	X509_free(e->leaf);
	EVP_PKEY_free(e->key);
}

/* Moves what one end wrote to the other, past the watcher, `piece` bytes at a time. */
static enum records_seen
carry(struct records *r, SSL *from, SSL *to, bool from_client, size_t piece)
{
	char chunk[64];
	int n;
	enum records_seen seen = RECORDS_FINE;

	while ((n = BIO_read(
		    SSL_get_wbio(from), chunk, (int)(piece < sizeof(chunk) ? piece : sizeof(chunk)))) > 0) {
		struct bytes bytes = {chunk, (size_t)n};
		BIO_write(SSL_get_rbio(to), chunk, n);
		if (!from_client) {
			records_server(r, bytes);
			continue;
		}
		while (bytes.len) {
			size_t used = 0;
			enum records_seen now = records_client(r, bytes, &used);
			if (now != RECORDS_FINE) {
				assert_int_equal(seen, RECORDS_FINE); /* told once */
				seen = now;
			}
			bytes.data += used;
			bytes.len -= used;
		}
	}
	return seen;
}

static const struct tls_row {
	const char *name;
	int version;
	const char *groups;
	unsigned wire;
} tls_rows[] = {
    {"TLS 1.0", TLS1_VERSION, NULL, 0x0301},
    {"TLS 1.1", TLS1_1_VERSION, NULL, 0x0302},
    {"TLS 1.2", TLS1_2_VERSION, NULL, 0x0303},
    {"TLS 1.3", TLS1_3_VERSION, NULL, 0x0304},
    {"TLS 1.3 with a HelloRetryRequest", TLS1_3_VERSION, "P-256:P-384", 0x0304},
};

/* Handshake; then what `last` says: 'd' data, 'c' the client closes without data. */
static enum records_seen
run(const struct tls_row *row, size_t piece, char last)
{
	struct ends e = {0};
	struct records r = {0};

	open_ends(&e, row->version, row->groups);
	for (int i = 0; i < 10; i++) {
		SSL_do_handshake(e.client);
		if (carry(&r, e.client, e.server, true, piece) != RECORDS_FINE)
			fail_msg("%s, %zu at a time: the handshake was taken for data", row->name, piece);
		SSL_do_handshake(e.server);
		carry(&r, e.server, e.client, false, piece);
	}
	assert_int_equal(SSL_is_init_finished(e.client) && SSL_is_init_finished(e.server), 1);
	if (r.version != row->wire)
		fail_msg(
		    "%s, %zu at a time: got version %04x, want %04x", row->name, piece, r.version, row->wire);
	if (last == 'd')
		SSL_write(e.client, "NOOP\r\n", 6);
	else
		SSL_shutdown(e.client);
	enum records_seen seen = carry(&r, e.client, e.server, true, piece);
	close_ends(&e);
	return seen;
}

static void
application_data_is_told_from_the_handshake_in_every_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tls_rows) / sizeof(tls_rows[0]); i++)
		for (size_t piece = 1; piece <= 64; piece *= 4) {
			if (run(&tls_rows[i], piece, 'd') != RECORDS_APPLICATION_DATA)
				fail_msg("%s, %zu at a time: data was not seen", tls_rows[i].name, piece);
			if (run(&tls_rows[i], piece, 'c') != RECORDS_FINE)
				fail_msg(
				    "%s, %zu at a time: close_notify is no data", tls_rows[i].name, piece);
		}
}

static const struct {
	const char *bytes;
	size_t len;
	bool may;
} begin_rows[] = {
    {"\x16\x03\x01\x02\x00", 5, true},
    {"\x16", 1, true},
    {"\x16\x03", 2, true},
    {"EHLO", 4, false},
    {"\x16MAIL", 5, false},
    {"", 0, false},
    {"\x17\x03\x03", 3, false},
    {"\x16\x03\x09", 3, false},
};

static void
tls_is_known_by_its_first_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(begin_rows) / sizeof(begin_rows[0]); i++) {
		struct bytes bytes = {begin_rows[i].bytes, begin_rows[i].len};
		if (records_may_begin(bytes) != begin_rows[i].may)
			fail_msg("row %zu: got %d", i, !begin_rows[i].may);
	}
}

static void
clear_text_between_records_is_seen(void **state)
{
	struct records r = {0};
	struct bytes bytes = BYTES("\x16\x03\x01\x00\x02xyMAIL FROM:<a@b>\r\n");
	size_t used = 0;

	(void)state;
	assert_int_equal(records_client(&r, bytes, &used), RECORDS_NO_TLS);
	assert_int_equal(used, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_starttls_is_changed_in_an_ehlo_reply),
	    cmocka_unit_test(lines_of_another_reply_stand_where_the_same_was_said),
	    cmocka_unit_test(an_endless_ehlo_reply_keeps_every_byte),
	    cmocka_unit_test(application_data_is_told_from_the_handshake_in_every_version),
	    cmocka_unit_test(tls_is_known_by_its_first_bytes),
	    cmocka_unit_test(clear_text_between_records_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
