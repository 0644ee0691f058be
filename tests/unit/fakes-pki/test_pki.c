/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pki.c - each certificate fault is really there, and nothing else is wrong.
 *
 * OpenSSL's answer is not the RFC's (it takes a CN for a name, RFC 9525 s2 does not): the rows
 * say what OpenSSL finds; the scenarios say what is right.
 */
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "fakes/pki/pki.h"
#include "fakes/tls/tls_context.h"
#include "tests/unit/need.h"

#define DOMAIN "a0001.example"
#define HOST "mx1.a0001.example"

extern char **environ;

static struct pki *pki;

/* With NO_PARTIAL_WILDCARDS and without the CN (RFC 9525), and as `openssl verify` does it. */
enum match { NEITHER, LOOSE_ONLY, STRICT };

static const struct row {
	enum certificate_fault fault;
	int error; /* of X509_verify_cert at level 2 (112 bits), without a look at the name */
	enum match match;
	int sent; /* certificates after the leaf */
	const char *names;
} rows[] = {
    {FAULT_NONE, X509_V_OK, STRICT, 0, HOST},
    {FAULT_SELF_SIGNED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, STRICT, 0, HOST},
    {FAULT_UNTRUSTED, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, STRICT, 1, HOST},
    {FAULT_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED, STRICT, 0, HOST},
    {FAULT_NOT_YET_VALID, X509_V_ERR_CERT_NOT_YET_VALID, STRICT, 0, HOST},
    {FAULT_MISSING_INTERMEDIATE, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, STRICT, 0, HOST},
    {FAULT_BAD_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE, STRICT, 0, HOST},
    {FAULT_ISSUER_MISMATCH, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, STRICT, 0, HOST},

    {FAULT_WRONG_NAME, X509_V_OK, NEITHER, 0, "host.elsewhere.example"},
    {FAULT_LOOK_ALIKE, X509_V_OK, NEITHER, 0, HOST ".look-alike.example"},
    {FAULT_DOMAIN_ONLY, X509_V_OK, NEITHER, 0, DOMAIN},
    {FAULT_OTHER_MX, X509_V_OK, NEITHER, 0, "mx2." DOMAIN},
    {FAULT_OTHER_ROLE, X509_V_OK, NEITHER, 0, "mta-sts." DOMAIN},
    {FAULT_COMMON_NAME_ONLY, X509_V_OK, LOOSE_ONLY, 0, HOST},
    {FAULT_COMMON_NAME_BESIDE, X509_V_OK, NEITHER, 0, "host.elsewhere.example"},
    {FAULT_ADDRESS_ONLY, X509_V_OK, LOOSE_ONLY, 0, "address:192.0.2.25"},
    {FAULT_EMAIL_ONLY, X509_V_OK, LOOSE_ONLY, 0, "email:postmaster@" HOST},
    {FAULT_URI_ONLY, X509_V_OK, LOOSE_ONLY, 0, "uri:smtp://" HOST "/"},
    {FAULT_NUL_IN_NAME, X509_V_OK, NEITHER, 0, HOST "\\0.elsewhere.example"},
    {FAULT_TRAILING_DOT, X509_V_OK, NEITHER, 0, HOST "."},
    {FAULT_WILDCARD_TOO_HIGH, X509_V_OK, NEITHER, 0, "*.example"},
    {FAULT_WILDCARD_TOO_LOW, X509_V_OK, NEITHER, 0, "*." HOST},
    {FAULT_WILDCARD_INSIDE, X509_V_OK, NEITHER, 0, "mx1.*.example"},
    {FAULT_WILDCARD_DOUBLE, X509_V_OK, NEITHER, 0, "*.*.example"},
    {FAULT_WILDCARD_PARTIAL, X509_V_OK, LOOSE_ONLY, 0, "m*." DOMAIN},

    {FAULT_THROUGH_INTERMEDIATE, X509_V_OK, STRICT, 1, HOST},
    {FAULT_LEAF_AS_ISSUER, X509_V_ERR_INVALID_CA, STRICT, 1, HOST},
    {FAULT_ISSUER_NOT_CA, X509_V_ERR_INVALID_CA, STRICT, 1, HOST},
    {FAULT_ISSUER_MAY_NOT_SIGN, X509_V_ERR_INVALID_CA, STRICT, 1, HOST},
    {FAULT_EXPIRED_ISSUER, X509_V_ERR_CERT_HAS_EXPIRED, STRICT, 1, HOST},
    {FAULT_PATH_TOO_LONG, X509_V_ERR_PATH_LENGTH_EXCEEDED, STRICT, 2, HOST},
    {FAULT_NAME_PERMITTED, X509_V_OK, STRICT, 1, HOST},
    {FAULT_NAME_NOT_PERMITTED, X509_V_ERR_PERMITTED_VIOLATION, STRICT, 1, HOST},
    {FAULT_NAME_EXCLUDED, X509_V_ERR_EXCLUDED_VIOLATION, STRICT, 1, HOST},

    {FAULT_NOT_SERVER, X509_V_ERR_INVALID_PURPOSE, STRICT, 0, HOST},
    {FAULT_NO_USAGES, X509_V_OK, STRICT, 0, HOST},
    {FAULT_STRANGE_EXTENSION, X509_V_OK, STRICT, 0, HOST},
    {FAULT_CRITICAL_EXTENSION, X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, STRICT, 0, HOST},
    {FAULT_VERSION_1, X509_V_OK, LOOSE_ONLY, 0, HOST},
    {FAULT_MUST_STAPLE, X509_V_OK, STRICT, 0, HOST},
    {FAULT_STAPLED_GOOD, X509_V_OK, STRICT, 0, HOST},
    {FAULT_STAPLED_REVOKED, X509_V_OK, STRICT, 0, HOST},
    {FAULT_MANY_NAMES, X509_V_OK, STRICT, 0, HOST},
    {FAULT_HEAVY, X509_V_OK, STRICT, 0, HOST},
    {FAULT_MD5, X509_V_ERR_CA_MD_TOO_WEAK, STRICT, 1, HOST},
    {FAULT_SHA1, X509_V_ERR_CA_MD_TOO_WEAK, STRICT, 0, HOST},
    {FAULT_RSA_1024, X509_V_ERR_EE_KEY_TOO_SMALL, STRICT, 0, HOST},
    {FAULT_RSA_512, X509_V_ERR_EE_KEY_TOO_SMALL, STRICT, 0, HOST},
    {FAULT_EXPLICIT_CURVE, X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, STRICT, 0, HOST},
};

#define STRICTLY (X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)

static int
begin(void **state)
{
	(void)state;
	pki = pki_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	pki_free(pki);
	return 0;
}

static X509 *
read_root(void)
{
	BIO *bio = BIO_new_mem_buf(pki_root_pem(pki), -1);
	X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(root);
	return root;
}

static X509_STORE *
trust_root(void)
{
	X509_STORE *store = X509_STORE_new();
	X509 *root = read_root();

	assert_int_equal(X509_STORE_add_cert(store, root), 1);
	X509_free(root);
	return store;
}

static int
verify(const struct pki_chain *chain, time_t at)
{
	X509_STORE *store = trust_root();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *leaf = X509_dup(chain->leaf); /* as it is read from the wire */
	int error;

	assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, chain->chain), 1);
	X509_STORE_CTX_set_default(ctx, "ssl_server");
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), 2);
	if (at != 0)
		X509_STORE_CTX_set_time(ctx, 0, at);
	X509_verify_cert(ctx);
	error = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(leaf);
	return error;
}

static void
every_fault_has_a_row(void **state)
{
	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), FAULTS);
	for (size_t i = 0; i < FAULTS; i++)
		assert_int_equal(rows[i].fault, i);
}

static void
each_fault_is_found_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAULTS; i++) {
		const struct row *row = &rows[i];
		const struct pki_chain *chain = pki_chain_for(pki, DOMAIN, HOST, NULL, row->fault);
		int error = verify(chain, 0);
		int match = X509_check_host(chain->leaf, HOST, 0, STRICTLY, NULL);

		if (error != row->error || match != (row->match == STRICT) ||
		    sk_X509_num(chain->chain) != row->sent || strcmp(chain->names, row->names) != 0 ||
		    chain->fault != row->fault || strlen(chain->sha256) != 64)
			fail_msg("%s: got %s, match %d, %d sent, for %s; want %s, match %d, %d sent, for %s",
			    fault_name(row->fault), X509_verify_cert_error_string(error), match,
			    sk_X509_num(chain->chain), chain->names,
			    X509_verify_cert_error_string(row->error), row->match == STRICT, row->sent,
			    row->names);
	}
}

/* A fault about dates is right at another time; so nothing else is wrong with it. */
static void
dates_are_the_only_fault_of_the_expired_and_the_unborn(void **state)
{
	static const struct {
		enum certificate_fault fault;
		int day, error;
	} days[] = {
	    {FAULT_NONE, 29, X509_V_OK},
	    {FAULT_NONE, 31, X509_V_ERR_CERT_HAS_EXPIRED},
	    {FAULT_NONE, -2, X509_V_ERR_CERT_NOT_YET_VALID},
	    {FAULT_EXPIRED, -3, X509_V_OK},
	    {FAULT_EXPIRED, -1, X509_V_ERR_CERT_HAS_EXPIRED},
	    {FAULT_NOT_YET_VALID, 1, X509_V_ERR_CERT_NOT_YET_VALID},
	    {FAULT_NOT_YET_VALID, 3, X509_V_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		int error = verify(
		    pki_chain_for(pki, DOMAIN, HOST, NULL, days[i].fault), time(NULL) + days[i].day * 86400);

		if (error != days[i].error)
			fail_msg("%s at day %d: got %s want %s", fault_name(days[i].fault), days[i].day,
			    X509_verify_cert_error_string(error),
			    X509_verify_cert_error_string(days[i].error));
	}
}

static void
a_common_name_alone_stands_in_the_subject(void **state)
{
	const struct pki_chain *chain = pki_chain_for(pki, DOMAIN, HOST, NULL, FAULT_COMMON_NAME_ONLY);

	(void)state;
	assert_int_equal(X509_get_ext_by_NID(chain->leaf, NID_subject_alt_name, -1), -1);
	assert_int_equal(X509_check_host(chain->leaf, HOST, 0, 0, NULL), 1);
}

static void
a_certificate_may_have_names_of_its_own(void **state)
{
	static const char *const names[] = {"*.a0001.example", "mta-sts.other.example"};
	static const struct plan_certificate certificate = {FAULT_NONE, names, 2};
	const struct pki_chain *chain = pki_chain_for(pki, DOMAIN, HOST, &certificate, FAULT_EXPIRED);

	(void)state;
	assert_string_equal(chain->names, "*.a0001.example mta-sts.other.example");
	assert_int_equal(X509_check_host(chain->leaf, "mta-sts.other.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(chain->leaf, HOST, 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(chain->leaf, DOMAIN, 0, 0, NULL), 0);
	assert_int_equal(verify(chain, 0), X509_V_ERR_CERT_HAS_EXPIRED);
}

static void
a_long_name_fits_the_subject_too(void **state)
{
	static const char long_name[] = "a-label-of-quite-some-length.another-label-of-quite-some-length."
					"and-one-more-label-to-be-sure.a0001.example";
	const struct pki_chain *chain = pki_chain_for(pki, DOMAIN, long_name, NULL, FAULT_COMMON_NAME_ONLY);

	(void)state;
	assert_int_equal(X509_check_host(chain->leaf, long_name, 0, 0, NULL), 1);
}

static void
the_same_question_has_the_same_chain(void **state)
{
	const struct pki_chain *chains[3000];
	const struct pki_chain *first = pki_chain_for(pki, DOMAIN, HOST, NULL, FAULT_NONE);
	char name[64];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "mx1.c%04d.example", i);
		chains[i] = pki_chain_for(pki, name + 4, name, NULL, FAULT_NONE);
	}
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "mx1.c%04d.example", i);
		assert_ptr_equal(chains[i], pki_chain_for(pki, name + 4, name, NULL, FAULT_NONE));
		assert_string_equal(chains[i]->names, name);
	}
	assert_ptr_equal(first, pki_chain_for(pki, DOMAIN, HOST, NULL, FAULT_NONE));
	assert_ptr_not_equal(first, pki_chain_for(pki, DOMAIN, HOST, NULL, FAULT_EXPIRED));
}

/* One handshake in memory; returns the client's verify error, and what was sent besides the leaf. */
static long
shake_hands(const struct pki_chain *chain, const char *host, int max_version, int *ret_sent)
{
	SSL_CTX *ctx = tls_context_client(NULL, NULL);
	SSL *server = pki_session(pki, chain), *client = SSL_new(ctx);
	BIO *a, *b;
	long error;

	SSL_set0_verify_cert_store(client, trust_root());
	assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(server, a, a);
	SSL_set_bio(client, b, b);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	SSL_set_min_proto_version(client, TLS1_VERSION);
	SSL_set_cipher_list(client, "ALL:@SECLEVEL=0");
	SSL_set_security_level(client, max_version == TLS_DEFAULT ? 2 : 0); /* the list sets it, too */
	pki_limit_versions(server, TLS_DEFAULT, (enum plan_tls_version)max_version);
	SSL_set1_host(client, host);
	SSL_set_hostflags(client, STRICTLY);
	SSL_set_verify(client, SSL_VERIFY_PEER, NULL);
	for (int i = 0; i < 10; i++) {
		SSL_do_handshake(client);
		SSL_do_handshake(server);
	}
	error = SSL_get_verify_result(client);
	*ret_sent = sk_X509_num(SSL_get_peer_cert_chain(client)) - 1;
	if (error == X509_V_OK && max_version != TLS_DEFAULT)
		assert_int_equal(SSL_version(client), TLS1_VERSION + max_version - TLS_1_0);
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(ctx);
	return error;
}

static void
each_fault_is_shown_in_a_handshake(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAULTS; i++) {
		const struct row *row = &rows[i];
		long want = row->match == STRICT || row->error != X509_V_OK ? row->error
									    : X509_V_ERR_HOSTNAME_MISMATCH;
		int sent;
		long error =
		    shake_hands(pki_chain_for(pki, DOMAIN, HOST, NULL, row->fault), HOST, TLS_DEFAULT, &sent);

		if (error != want || sent != row->sent)
			fail_msg("%s: got %s, %d sent; want %s, %d sent", fault_name(row->fault),
			    X509_verify_cert_error_string(error), sent, X509_verify_cert_error_string(want),
			    row->sent);
	}
}

static void
every_version_can_be_the_newest(void **state)
{
	(void)state;
	for (int version = TLS_1_0; version <= TLS_1_3; version++) {
		int sent;

		assert_int_equal(
		    shake_hands(pki_chain_for(pki, DOMAIN, HOST, NULL, FAULT_NONE), HOST, version, &sent),
		    X509_V_OK);
	}
}

static void
the_hash_link_is_where_openssl_looks(void **state)
{
	char folder[] = "/tmp/test_pki.XXXXXX", path[128];
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, pki_root_link(pki));
	file = fopen(path, "w");
	fputs(pki_root_pem(pki), file);
	fclose(file);
	assert_int_equal(X509_STORE_load_path(store, folder), 1);
	X509_STORE_CTX_init(ctx, store, pki_chain_for(pki, DOMAIN, HOST, NULL, FAULT_NONE)->leaf, NULL);
	assert_int_equal(X509_verify_cert(ctx), 1);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	unlink(path);
	rmdir(folder);
}

/* --- an end that we did not write ----------------------------------------------------------- */

static void
write_pem(const char *path, X509 *leaf, STACK_OF(X509) * rest)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	if (leaf != NULL)
		PEM_write_X509(file, leaf);
	for (int i = 0; i < sk_X509_num(rest); i++)
		PEM_write_X509(file, sk_X509_value(rest, i));
	fclose(file);
}

static int
run_openssl_verify(char *root, char *rest, char *leaf)
{
	char host[] = HOST;
	char *argv[] = {"openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", root, "-untrusted", rest,
	    "-purpose", "sslserver", "-auth_level", "2", "-verify_hostname", host, leaf, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status = -1;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 2, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 2, 0);
	if (posix_spawnp(&pid, "openssl", &actions, NULL, argv, environ) == 0)
		while (waitpid(pid, &status, 0) != pid)
			;
	posix_spawn_file_actions_destroy(&actions);
	return status < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

/* Who knows the key of one would pass for the other, and a client that pins keys could not tell. */
static void
no_two_faults_share_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAULTS; i++)
		for (size_t j = 0; j <= i; j++) {
			const struct pki_chain *a = pki_chain_for(pki, DOMAIN, HOST, NULL, rows[i].fault);
			const struct pki_chain *b =
			    pki_chain_for(pki, DOMAIN, "mx2." DOMAIN, NULL, rows[j].fault);

			assert_int_equal(X509_check_private_key(a->leaf, a->key), 1);
			if ((EVP_PKEY_eq(X509_get0_pubkey(a->leaf), X509_get0_pubkey(b->leaf)) == 1) !=
			    (i == j))
				fail_msg("the keys of %s and %s", fault_name(rows[i].fault),
				    fault_name(rows[j].fault));
		}
}

static void
openssl_verify_thinks_the_same(void **state)
{
	char folder[] = "/tmp/test_pki.XXXXXX", root[64], rest[64], leaf[64];
	X509 *root_cert = read_root();

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(root, sizeof(root), "%s/root", folder);
	snprintf(rest, sizeof(rest), "%s/rest", folder);
	snprintf(leaf, sizeof(leaf), "%s/leaf", folder);
	write_pem(root, root_cert, NULL);
	for (size_t i = 0; i < FAULTS; i++) {
		const struct pki_chain *chain = pki_chain_for(pki, DOMAIN, HOST, NULL, rows[i].fault);
		bool good = rows[i].error == X509_V_OK && rows[i].match != NEITHER;
		int status;

		write_pem(leaf, chain->leaf, NULL);
		write_pem(rest, root_cert, chain->chain); /* the root again: never empty */
		status = run_openssl_verify(root, rest, leaf);
		need(status != -1, "openssl is not here");
		if (status != (good ? 0 : 2))
			fail_msg("%s: openssl verify exits with %d, want %d", fault_name(rows[i].fault),
			    status, good ? 0 : 2);
	}
	X509_free(root_cert);
	unlink(root);
	unlink(rest);
	unlink(leaf);
	rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_fault_has_a_row),
	    cmocka_unit_test(each_fault_is_found_and_no_other),
	    cmocka_unit_test(dates_are_the_only_fault_of_the_expired_and_the_unborn),
	    cmocka_unit_test(a_common_name_alone_stands_in_the_subject),
	    cmocka_unit_test(a_certificate_may_have_names_of_its_own),
	    cmocka_unit_test(a_long_name_fits_the_subject_too),
	    cmocka_unit_test(the_same_question_has_the_same_chain),
	    cmocka_unit_test(each_fault_is_shown_in_a_handshake),
	    cmocka_unit_test(every_version_can_be_the_newest),
	    cmocka_unit_test(the_hash_link_is_where_openssl_looks),
	    cmocka_unit_test(no_two_faults_share_a_key),
	    cmocka_unit_test(openssl_verify_thinks_the_same),
	};

	return cmocka_run_group_tests_name("pki", tests, begin, end);
}
