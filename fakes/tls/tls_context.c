/* SPDX-License-Identifier: Apache-2.0 */
/* tls_context.c - SSL_CTX as the lab wants them, and what is told about a session; see tls_context.h */
#include "fakes/tls/tls_context.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/base/text.h"

/* Hangs on the SSL; freed with it. */
struct hook {
	const struct tls_watch *watch;
	void (*line)(void *owner, const char *line);
	void *owner;
};

static int hook_index = -1;

static void
free_hook(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	(void)parent, (void)ad, (void)index, (void)argl, (void)argp;
	free(ptr);
}

void
tls_context_init(void)
{
	if (hook_index >= 0)
		return;
	must(OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1);
	hook_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_hook);
	must(hook_index >= 0);
}

static struct hook *
hook_of(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, hook_index);
}

static struct hook *
set_hook(SSL *ssl, struct hook value)
{
	struct hook *hook = hook_of(ssl);

	if (hook == NULL) {
		hook = must_alloc(sizeof(*hook));
		must(SSL_set_ex_data(ssl, hook_index, hook) == 1);
	}
	*hook = value;
	return hook;
}

/* --- what a ClientHello says ------------------------------------------------------------ */

/* A cursor over the bytes of one extension; reads past the end give an empty run. */
static struct bytes
take(struct bytes *from, size_t n)
{
	struct bytes b = {from->data, n <= from->len ? n : 0};

	from->data += b.len;
	from->len = n <= from->len ? from->len - n : 0;
	return b;
}

static size_t
take_number(struct bytes *from, size_t width)
{
	struct bytes b = take(from, width);
	size_t n = 0;

	for (size_t i = 0; i < b.len; i++)
		n = n << 8 | (uint8_t)b.data[i];
	return n;
}

static struct bytes
extension(SSL *ssl, unsigned type)
{
	const unsigned char *data = NULL;
	size_t len = 0;

	if (SSL_client_hello_get0_ext(ssl, type, &data, &len) != 1)
		return (struct bytes){"", 0};
	return (struct bytes){(const char *)data, len};
}

/* Appends a word, printable or '?', after a space when it is not the first. */
static void
add_word(char *out, size_t size, struct bytes word)
{
	size_t at = strlen(out);

	if (at > 0 && at + 1 < size)
		out[at++] = ' ';
	for (size_t i = 0; i < word.len && at + 1 < size; i++)
		out[at++] = word.data[i] > ' ' && word.data[i] < 0x7f ? word.data[i] : '?';
	out[at] = '\0';
}

static void
add_version(char *out, size_t size, size_t version)
{
	static const char *const names[] = {"ssl3", "1.0", "1.1", "1.2", "1.3"};

	if (version >= SSL3_VERSION && version <= TLS1_3_VERSION)
		add_word(out, size, bytes_of(names[version - SSL3_VERSION]));
}

/* RFC 6066 s3: a list of (type 0, name); the first counts. */
static void
read_sni(SSL *ssl, char *out, size_t size)
{
	struct bytes ext = extension(ssl, TLSEXT_TYPE_server_name);

	take_number(&ext, 2);
	if (take_number(&ext, 1) == TLSEXT_NAMETYPE_host_name)
		add_word(out, size, take(&ext, take_number(&ext, 2)));
}

static void
read_versions(SSL *ssl, char *out, size_t size)
{
	struct bytes ext = extension(ssl, TLSEXT_TYPE_supported_versions);
	struct bytes list;

	if (ext.len == 0) {
		add_version(out, size, SSL_client_hello_get0_legacy_version(ssl));
		return;
	}
	list = take(&ext, take_number(&ext, 1));
	while (list.len >= 2)
		add_version(out, size, take_number(&list, 2));
}

static void
read_alpn(SSL *ssl, char *out, size_t size)
{
	struct bytes ext = extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation);
	struct bytes list = take(&ext, take_number(&ext, 2));

	while (list.len >= 2)
		add_word(out, size, take(&list, take_number(&list, 1)));
}

static int
on_hello(SSL *ssl, int *alert, void *arg)
{
	struct hook *hook = hook_of(ssl);
	char sni[256] = "", versions[64] = "", alpn[256] = "";
	int answer;

	(void)arg;
	if (hook == NULL || hook->watch == NULL || hook->watch->hello == NULL)
		return SSL_CLIENT_HELLO_SUCCESS;
	read_sni(ssl, sni, sizeof(sni));
	read_versions(ssl, versions, sizeof(versions));
	read_alpn(ssl, alpn, sizeof(alpn));
	answer = hook->watch->hello(hook->owner, ssl, &(struct tls_hello){sni, versions, alpn});
	if (answer == TLS_WATCH_GO_ON)
		return SSL_CLIENT_HELLO_SUCCESS;
	if (answer == TLS_WATCH_STALL)
		return SSL_CLIENT_HELLO_RETRY;
	*alert = answer;
	return SSL_CLIENT_HELLO_ERROR;
}

/* --- what else is told ------------------------------------------------------------------ */

static void
on_keylog(const SSL *ssl, const char *line)
{
	struct hook *hook = hook_of(ssl);

	if (hook == NULL)
		return;
	if (hook->line != NULL)
		hook->line(hook->owner, line);
	else if (hook->watch != NULL && hook->watch->secret != NULL)
		hook->watch->secret(hook->owner, line);
}

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen,
    void *arg)
{
	struct hook *hook = hook_of(ssl);
	struct bytes list = {(const char *)in, inlen};

	(void)arg;
	if (hook == NULL || hook->watch == NULL || hook->watch->alpn == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	while (list.len > 0) {
		struct bytes name = take(&list, take_number(&list, 1));

		if (!bytes_equal(name, bytes_of(hook->watch->alpn)))
			continue;
		*out = (const unsigned char *)name.data;
		*outlen = (unsigned char)name.len;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_NOACK;
}

static void
on_message(int out, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
	struct hook *hook = hook_of(ssl);

	(void)version, (void)arg;
	if (hook == NULL || hook->watch == NULL || hook->watch->certificate_written == NULL)
		return;
	if (out && type == SSL3_RT_HANDSHAKE && len > 0 &&
	    *(const unsigned char *)data == SSL3_MT_CERTIFICATE)
		hook->watch->certificate_written(hook->owner);
}

void
tls_context_watch(SSL *ssl, const struct tls_watch *watch, void *owner)
{
	set_hook(ssl, (struct hook){.watch = watch, .owner = owner});
	SSL_set_msg_callback(ssl, on_message);
}

void
tls_context_keylog(SSL *ssl, void (*line)(void *owner, const char *line), void *owner)
{
	set_hook(ssl, (struct hook){.line = line, .owner = owner});
}

/* --- the contexts ------------------------------------------------------------------------ */

static SSL_CTX *
new_context(const SSL_METHOD *method)
{
	SSL_CTX *ctx;

	tls_context_init();
	ctx = SSL_CTX_new(method);
	must(ctx != NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_keylog_callback(ctx, on_keylog);
	return ctx;
}

SSL_CTX *
tls_context_server(void)
{
	SSL_CTX *ctx = new_context(TLS_server_method());

	SSL_CTX_set_security_level(ctx, 0);
	must(SSL_CTX_set_min_proto_version(ctx, 0) == 1);
	must(SSL_CTX_set_cipher_list(ctx, "ALL:!aNULL:!eNULL:@SECLEVEL=0") == 1);
	SSL_CTX_set_dh_auto(ctx, 1);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	return ctx;
}

SSL_CTX *
tls_context_client(const char *ca_file, struct why *why)
{
	SSL_CTX *ctx = new_context(TLS_client_method());

	SSL_CTX_set_security_level(ctx, 2);
	must(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (ca_file == NULL ? SSL_CTX_set_default_verify_paths(ctx) == 1
			    : SSL_CTX_load_verify_locations(ctx, ca_file, NULL) == 1)
		return ctx;
	why_set(why, "%s: no trust anchors could be read: %s",
	    ca_file != NULL ? ca_file : "the system's trust store",
	    ERR_reason_error_string(ERR_peek_last_error()));
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return NULL;
}
