/* SPDX-License-Identifier: Apache-2.0 */
/* chain_flaws.c - see chain_flaws.h; one row per error that a flaw forgives. */
#include "fakes/mta/chain_flaws.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

#include "harness/base/must.h"

/* `name` is the data of a DNS-ID, as long as OpenSSL says and with a NUL behind it. */
static bool
reaches_host(const char *name, const char *host)
{
	size_t tail = strlen(name) - 1, len = strlen(host);

	return name[0] == '*' && len > tail && strcasecmp(host + len - tail, name + 1) == 0;
}

static const char *
label_end(const char *label)
{
	return label + strcspn(label, ".");
}

/* Label by label, where there is a star behind the first label. */
static bool
matches_with_stars(const char *name, const char *host)
{
	const char *inner = strchr(label_end(name), '*');

	while (inner != NULL && *name != '\0' && *host != '\0') {
		size_t a = (size_t)(label_end(name) - name), b = (size_t)(label_end(host) - host);

		if (!(a == 1 && *name == '*') && (a != b || strncasecmp(name, host, a) != 0))
			return false;
		name += a + (name[a] == '.');
		host += b + (host[b] == '.');
	}
	return inner != NULL && *name == *host;
}

static bool
is_host_up_to_nul(const char *name, const char *host)
{
	return strcasecmp(name, host) == 0;
}

static bool
any_name(X509 *leaf, const char *host, bool (*fits)(const char *name, const char *host))
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS && ASN1_STRING_length(name->d.dNSName) > 0)
			found = fits((const char *)ASN1_STRING_get0_data(name->d.dNSName), host);
	}
	GENERAL_NAMES_free(names);
	return found;
}

static const struct row {
	enum flaw flaw;
	int error;
	int depth;                                        /* at least; the leaf stands at 0 */
	bool (*fits)(const char *name, const char *host); /* NULL: whatever the names */
} rows[] = {
    {FLAW_ANY_ISSUER, X509_V_ERR_INVALID_CA, 0, NULL},
    {FLAW_ANY_ISSUER, X509_V_ERR_INVALID_PURPOSE, 1, NULL},
    {FLAW_ANY_ISSUER, X509_V_ERR_KEYUSAGE_NO_CERTSIGN, 0, NULL},
    {FLAW_ANY_ISSUER, X509_V_ERR_PATH_LENGTH_EXCEEDED, 0, NULL},
    {FLAW_IGNORES_NAME_CONSTRAINTS, X509_V_ERR_PERMITTED_VIOLATION, 0, NULL},
    {FLAW_IGNORES_NAME_CONSTRAINTS, X509_V_ERR_EXCLUDED_VIOLATION, 0, NULL},
    {FLAW_IGNORES_CRITICAL_EXTENSIONS, X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, 0, NULL},
    {FLAW_CERTIFICATE_WILDCARD_TOO_WIDE, X509_V_ERR_HOSTNAME_MISMATCH, 0, reaches_host},
    {FLAW_STARS_ANYWHERE, X509_V_ERR_HOSTNAME_MISMATCH, 0, matches_with_stars},
    {FLAW_READS_NAMES_UP_TO_NUL, X509_V_ERR_HOSTNAME_MISMATCH, 0, is_host_up_to_nul},
};

static bool
is_a_name(const char *name, const char *host)
{
	(void)host;
	return name[0] != '\0';
}

/* Of the flaw that looks at the CN, too: not where it is all that there is, or a NUL is the matter. */
static bool
has_host_beside(X509 *leaf, const char *host)
{
	unsigned how = X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS;

	return any_name(leaf, "", is_a_name) && !any_name(leaf, host, is_host_up_to_nul) &&
	       X509_check_host(leaf, host, 0, how, NULL) == 1;
}

static bool
is_forgiven(SSL *ssl, X509_STORE_CTX *ctx)
{
	const struct flaw_set *flaws = SSL_get_app_data(ssl);
	const char *host = X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0);

	if (flaw_in(*flaws, FLAW_COMMON_NAME_TOO) && host != NULL &&
	    X509_STORE_CTX_get_error(ctx) == X509_V_ERR_HOSTNAME_MISMATCH &&
	    has_host_beside(X509_STORE_CTX_get0_cert(ctx), host))
		return true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (flaw_in(*flaws, rows[i].flaw) && X509_STORE_CTX_get_error(ctx) == rows[i].error &&
		    X509_STORE_CTX_get_error_depth(ctx) >= rows[i].depth &&
		    (rows[i].fits == NULL ||
			any_name(X509_STORE_CTX_get0_cert(ctx), host != NULL ? host : "", rows[i].fits)))
			return true;
	return false;
}

static bool
has_inner_star(const char *name, const char *host)
{
	(void)host;
	return name[0] != '\0' && strchr(name + 1, '*') != NULL;
}

static bool
has_many_names(X509 *leaf)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int n = sk_GENERAL_NAME_num(names);

	GENERAL_NAMES_free(names);
	return n > 100;
}

/* Has no usages, something that not everybody knows, or more or odder names than most. */
static bool
is_unusual(X509 *leaf)
{
	if (X509_get_ext_by_NID(leaf, NID_tlsfeature, -1) >= 0 || has_many_names(leaf) ||
	    any_name(leaf, "", has_inner_star))
		return true;
	if ((X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0)
		return true;
	for (int i = 0; i < X509_get_ext_count(leaf); i++)
		if (!X509_supported_extension(X509_get_ext(leaf, i)) &&
		    OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(leaf, i))) == NID_undef)
			return true;
	return false;
}

static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct flaw_set *flaws = SSL_get_app_data(ssl);

	if (ok && flaw_in(*flaws, FLAW_REFUSES_UNUSUAL) && X509_STORE_CTX_get_error_depth(ctx) == 0 &&
	    is_unusual(X509_STORE_CTX_get0_cert(ctx))) {
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_INVALID_EXTENSION);
		return 0;
	}
	if (ok || !is_forgiven(ssl, ctx))
		return ok;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

void
chain_flaws_set(SSL *ssl, const struct flaw_set *flaws)
{
	must(SSL_set_app_data(ssl, (void *)flaws) == 1);
	SSL_set_verify(ssl, SSL_VERIFY_PEER, on_verify);
}
