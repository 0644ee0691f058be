/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaf.c - see leaf.h; what a fault changes stands in one table (`recipes`), leaf_make follows a row.
 *
 * A name that a fault makes up is written with %h the host's name, %p what follows its first label,
 * %g what follows its second, %l its first label, %i its first letter, %d the recipient's domain, %s another MX host of the
 * domain, %r the label of a host with another role (the policy host, or mx1), %0 a NUL byte.
 */
#include "fakes/pki/leaf.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/base/text.h"

#define DAY_S 86400l
#define HEAVY 98000u /* with the rest below what OpenSSL takes of a chain: 100 KiB */
#define STRANGE_OID "1.3.6.1.4.1.32473.1" /* for documentation (RFC 5612): nobody knows what it means */

enum strange { STRANGE_NONE, STRANGE_HARMLESS, STRANGE_CRITICAL, STRANGE_HEAVY };

/* The subjectAltName. NULL as text: the names that were ordered. */
struct alt {
	int type; /* 0: GEN_DNS */
	const char *text;
};

static const struct recipe {
	enum issuer issuer;
	size_t sends; /* certificates above the leaf */
	struct alt alt;
	int begins_day, ends_day; /* from now; both 0: the usual ones */
	enum key_kind key;
	const char *digest; /* of the signature; NULL: SHA256 */
	enum strange strange;
	enum leaf_staple staple;
	unsigned more_names; /* before the others in the subjectAltName */
	bool host_in_cn, no_alt_name, no_usages, not_server, must_staple, version_1;
	bool flip_signature, other_issuer_name;
} recipes[FAULTS] = {
    [FAULT_NONE] = {.issuer = ISSUER_LAB},
    [FAULT_SELF_SIGNED] = {.issuer = ISSUER_ITSELF},
    [FAULT_UNTRUSTED] = {.issuer = ISSUER_STRANGER, .sends = 1},
    [FAULT_EXPIRED] = {.begins_day = -32, .ends_day = -2},
    [FAULT_NOT_YET_VALID] = {.begins_day = 2, .ends_day = 32},
    [FAULT_MISSING_INTERMEDIATE] = {.issuer = ISSUER_INTERMEDIATE},
    [FAULT_BAD_SIGNATURE] = {.flip_signature = true},
    [FAULT_ISSUER_MISMATCH] = {.other_issuer_name = true},

    [FAULT_WRONG_NAME] = {.alt = {0, "host.elsewhere.example"}},
    [FAULT_LOOK_ALIKE] = {.alt = {0, "%h.look-alike.example"}},
    [FAULT_DOMAIN_ONLY] = {.alt = {0, "%d"}},
    [FAULT_OTHER_MX] = {.alt = {0, "%s"}},
    [FAULT_OTHER_ROLE] = {.alt = {0, "%r.%d"}},
    [FAULT_COMMON_NAME_ONLY] = {.no_alt_name = true},
    [FAULT_COMMON_NAME_BESIDE] = {.alt = {0, "host.elsewhere.example"}, .host_in_cn = true},
    [FAULT_ADDRESS_ONLY] = {.alt = {GEN_IPADD, "192.0.2.25"}},
    [FAULT_EMAIL_ONLY] = {.alt = {GEN_EMAIL, "postmaster@%h"}},
    [FAULT_URI_ONLY] = {.alt = {GEN_URI, "smtp://%h/"}},
    [FAULT_NUL_IN_NAME] = {.alt = {0, "%h%0.elsewhere.example"}},
    [FAULT_TRAILING_DOT] = {.alt = {0, "%h."}},
    [FAULT_WILDCARD_TOO_HIGH] = {.alt = {0, "*.%g"}},
    [FAULT_WILDCARD_TOO_LOW] = {.alt = {0, "*.%h"}},
    [FAULT_WILDCARD_INSIDE] = {.alt = {0, "%l.*.%g"}},
    [FAULT_WILDCARD_DOUBLE] = {.alt = {0, "*.*.%g"}},
    [FAULT_WILDCARD_PARTIAL] = {.alt = {0, "%i*.%p"}},

    [FAULT_THROUGH_INTERMEDIATE] = {.issuer = ISSUER_INTERMEDIATE, .sends = 1},
    [FAULT_LEAF_AS_ISSUER] = {.issuer = ISSUER_LEAF, .sends = 1},
    [FAULT_ISSUER_NOT_CA] = {.issuer = ISSUER_NO_CA, .sends = 1},
    [FAULT_ISSUER_MAY_NOT_SIGN] = {.issuer = ISSUER_NO_SIGN, .sends = 1},
    [FAULT_EXPIRED_ISSUER] = {.issuer = ISSUER_EXPIRED, .sends = 1},
    [FAULT_PATH_TOO_LONG] = {.issuer = ISSUER_BELOW_SHUT, .sends = 2},
    [FAULT_NAME_PERMITTED] = {.issuer = ISSUER_PERMITS, .sends = 1},
    [FAULT_NAME_NOT_PERMITTED] = {.issuer = ISSUER_PERMITS_OTHERS, .sends = 1},
    [FAULT_NAME_EXCLUDED] = {.issuer = ISSUER_EXCLUDES, .sends = 1},

    [FAULT_NOT_SERVER] = {.not_server = true},
    [FAULT_NO_USAGES] = {.no_usages = true},
    [FAULT_STRANGE_EXTENSION] = {.strange = STRANGE_HARMLESS},
    [FAULT_CRITICAL_EXTENSION] = {.strange = STRANGE_CRITICAL},
    [FAULT_VERSION_1] = {.version_1 = true},
    [FAULT_MUST_STAPLE] = {.must_staple = true},
    [FAULT_STAPLED_GOOD] = {.must_staple = true, .staple = LEAF_STAPLE_GOOD},
    [FAULT_STAPLED_REVOKED] = {.staple = LEAF_STAPLE_REVOKED},
    [FAULT_MANY_NAMES] = {.more_names = 999},
    [FAULT_HEAVY] = {.strange = STRANGE_HEAVY},
    [FAULT_MD5] = {.issuer = ISSUER_RSA, .sends = 1, .digest = "MD5"},
    [FAULT_SHA1] = {.digest = "SHA1"},
    [FAULT_RSA_1024] = {.key = KEY_RSA_1024},
    [FAULT_RSA_512] = {.key = KEY_RSA_512},
    [FAULT_EXPLICIT_CURVE] = {.key = KEY_P256_EXPLICIT},
};

enum leaf_staple
leaf_staple(enum certificate_fault fault)
{
	return recipes[fault].staple;
}

enum issuer
leaf_issuer(enum certificate_fault fault)
{
	return recipes[fault].issuer;
}

size_t
leaf_sends(enum certificate_fault fault)
{
	return recipes[fault].sends;
}

bool
leaf_is_too_short_for_tls_1_3(enum certificate_fault fault)
{
	return recipes[fault].key == KEY_RSA_512;
}

/* --- its names ------------------------------------------------------------------------------ */

/* What stands behind the first dot; the whole name when there is none. */
static const char *
parent_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? dot + 1 : name;
}

/* The length; `out` has LEAF_NAMES_SIZE bytes, far more than two names need. */
static size_t
write_name(char *out, const char *template, const struct leaf_order *order)
{
	const char *sibling = strncmp(order->host, "mx1.", 4) == 0 ? "mx2" : "mx1";
	bool is_policy_host = strncmp(order->host, "mta-sts.", 8) == 0;
	size_t n = 0;

	for (const char *c = template; *c != '\0'; c++) {
		const char *grandparent = parent_of(parent_of(order->host));
		char *at = out + n;
		size_t room = LEAF_NAMES_SIZE - n;

		if (*c != '%') {
			n += (size_t)snprintf(at, room, "%c", *c);
			continue;
		}
		switch (*++c) {
		case 'h':
			n += (size_t)snprintf(at, room, "%s", order->host);
			break;
		case 'p':
			n += (size_t)snprintf(at, room, "%s", parent_of(order->host));
			break;
		case 'g':
			n += (size_t)snprintf(at, room, "%s", grandparent);
			break;
		case 'd':
			n += (size_t)snprintf(at, room, "%s", order->domain);
			break;
		case 's':
			n += (size_t)snprintf(at, room, "%s.%s", sibling, order->domain);
			break;
		case 'r':
			n += (size_t)snprintf(at, room, "%s", is_policy_host ? "mx1" : "mta-sts");
			break;
		case 'l':
			n += (size_t)snprintf(at, room, "%.*s", (int)strcspn(order->host, "."), order->host);
			break;
		case 'i':
			n += (size_t)snprintf(at, room, "%c", order->host[0]);
			break;
		default:
			*at = '\0'; /* %0 */
			n++;
		}
		must(n < LEAF_NAMES_SIZE);
	}
	return n;
}

/* By hand: names are data here, never configuration text. */
static void
push_alt(GENERAL_NAMES *all, int type, struct bytes text)
{
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_STRING *value =
	    type == GEN_IPADD ? a2i_IPADDRESS(text.data) : ASN1_STRING_type_new(V_ASN1_IA5STRING);

	must(one != NULL && value != NULL);
	if (type != GEN_IPADD)
		must(ASN1_STRING_set(value, text.data, (int)text.len) == 1);
	GENERAL_NAME_set0_value(one, type, value);
	must(sk_GENERAL_NAME_push(all, one) > 0);
}

static void
add_alt_names(X509 *x, const struct recipe *recipe, const struct leaf_order *order)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	int type = recipe->alt.type != 0 ? recipe->alt.type : GEN_DNS;
	char made[LEAF_NAMES_SIZE];

	must(all != NULL);
	for (unsigned i = 0; i < recipe->more_names; i++) {
		snprintf(made, sizeof(made), "h%u.elsewhere.example", i + 1);
		push_alt(all, GEN_DNS, bytes_of(made));
	}
	if (recipe->alt.text != NULL)
		push_alt(all, type, (struct bytes){made, write_name(made, recipe->alt.text, order)});
	else if (order->n_names == 0)
		push_alt(all, type, bytes_of(order->host));
	for (size_t i = 0; recipe->alt.text == NULL && i < order->n_names; i++)
		push_alt(all, type, bytes_of(order->names[i]));
	must(X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, 0) == 1);
	GENERAL_NAMES_free(all);
}

/* Owned. A NUL byte is written as \0, and what is no DNS name says what it is. */
static char *
tell_names(const struct recipe *recipe, const struct leaf_order *order)
{
	static const char *const kinds[] = {
	    [GEN_EMAIL] = "email:", [GEN_DNS] = "", [GEN_URI] = "uri:", [GEN_IPADD] = "address:"};
	char made[LEAF_NAMES_SIZE], *text = NULL, *longer;
	size_t n = 0, len = 0;

	if (recipe->no_alt_name || recipe->version_1 || (recipe->alt.text == NULL && order->n_names == 0))
		return must_strdup(order->host);
	if (recipe->alt.text != NULL) {
		len = write_name(made, recipe->alt.text, order);
		n = strnlen(made, len);
		must(
		    asprintf(&text, "%s%.*s%s%.*s", kinds[recipe->alt.type != 0 ? recipe->alt.type : GEN_DNS],
			(int)n, made, n < len ? "\\0" : "", n < len ? (int)(len - n - 1) : 0,
			n < len ? made + n + 1 : "") > 0);
		return text;
	}
	for (size_t i = 0; i < order->n_names; i++) {
		must(asprintf(&longer, "%s%s%s", text != NULL ? text : "", text != NULL ? " " : "",
			 order->names[i]) > 0);
		free(text);
		text = longer;
	}
	return text;
}

/* What has no DNS-ID has the host's name in its CN: whoever takes that for a name is found out. */
static const char *
common_name_of(const struct recipe *recipe, const struct leaf_order *order, char made[LEAF_NAMES_SIZE])
{
	bool dns = recipe->alt.type == 0 && !recipe->host_in_cn;

	if (recipe->alt.text != NULL && dns) {
		write_name(made, recipe->alt.text, order);
		return made; /* as far as a NUL */
	}
	return recipe->alt.text == NULL && order->n_names > 0 && !recipe->no_alt_name && !recipe->version_1
		   ? order->names[0]
		   : order->host;
}

/* --- the certificate ------------------------------------------------------------------------ */

static void
flip_signature(X509 *x)
{
	const ASN1_BIT_STRING *signature;

	X509_get0_signature(&signature, NULL, x);
	/* The last byte belongs to the number s; it stays well-formed DER. */
	((unsigned char *)ASN1_STRING_get0_data(signature))[ASN1_STRING_length(signature) - 1] ^= 1;
}

/* A chain that should be good shuts out the true time once the client's clock was moved. */
static long
begins_s(const struct leaf_order *order, int begins_day, int ends_day)
{
	long begins = begins_day * DAY_S;

	if (begins < 0 && ends_day > 0 && -begins > order->ahead_s / 2 && order->ahead_s > 0)
		begins = -order->ahead_s / 2;
	return begins + order->ahead_s;
}

static X509 *
begin(struct issuers *issuers, const struct recipe *recipe, const struct leaf_order *order, EVP_PKEY *key)
{
	bool usual = recipe->begins_day == 0 && recipe->ends_day == 0;
	int begins_day = usual ? -1 : recipe->begins_day, ends_day = usual ? 30 : recipe->ends_day;
	char made[LEAF_NAMES_SIZE];

	return issuers_begin(issuers, key, common_name_of(recipe, order, made),
	    begins_s(order, begins_day, ends_day), ends_day * DAY_S + order->ahead_s);
}

static void
add_strange(X509 *x, enum strange how)
{
	static const unsigned char null[] = {5, 0};                                          /* of ASN.1 */
	static const unsigned char heavy[5 + HEAVY] = {4, 0x83, HEAVY >> 16, HEAVY >> 8 & 255, HEAVY & 255}; /* octets, all 0 */
	bool is_heavy = how == STRANGE_HEAVY;
	ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj(STRANGE_OID, 1);
	X509_EXTENSION *ext;

	must(data != NULL && oid != NULL);
	must(ASN1_OCTET_STRING_set(data, is_heavy ? heavy : null, is_heavy ? sizeof(heavy) : sizeof(null)) == 1);
	ext = X509_EXTENSION_create_by_OBJ(NULL, oid, how == STRANGE_CRITICAL, data);
	must(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(data);
}

static void
add_extensions(X509 *x, X509 *issuer, const struct recipe *recipe, const struct leaf_order *order)
{
	issuers_extend(x, x, NID_basic_constraints, "critical,CA:FALSE");
	if (!recipe->no_usages) {
		issuers_extend(x, x, NID_key_usage, "critical,digitalSignature");
		issuers_extend(x, x, NID_ext_key_usage, recipe->not_server ? "clientAuth" : "serverAuth");
	}
	issuers_extend(x, x, NID_subject_key_identifier, "hash");
	if (issuer != x)
		issuers_extend(x, issuer, NID_authority_key_identifier, "keyid:always");
	if (recipe->must_staple)
		issuers_extend(x, x, NID_tlsfeature, "status_request");
	if (recipe->strange != STRANGE_NONE)
		add_strange(x, recipe->strange);
	if (!recipe->no_alt_name)
		add_alt_names(x, recipe, order);
}

void
leaf_make(struct issuers *issuers, struct keys *keys, const struct leaf_order *order, struct leaf *ret)
{
	const struct recipe *recipe = &recipes[order->fault];
	EVP_PKEY *key = keys_for(keys, order->fault, recipe->key);
	X509 *x = begin(issuers, recipe, order, key);
	bool by_itself = recipe->issuer == ISSUER_ITSELF;
	X509 *issuer = by_itself ? x : issuers_cert(issuers, recipe->issuer);
	X509 *named = recipe->other_issuer_name ? issuers_cert(issuers, ISSUER_STRANGER) : issuer;
	const EVP_MD *digest = EVP_get_digestbyname(recipe->digest != NULL ? recipe->digest : "SHA256");

	must(digest != NULL && X509_set_issuer_name(x, X509_get_subject_name(named)) == 1);
	if (recipe->version_1)
		must(X509_set_version(x, X509_VERSION_1) == 1);
	else
		add_extensions(x, issuer, recipe, order);
	must(X509_sign(x, by_itself ? key : issuers_key(issuers, recipe->issuer), digest) > 0);
	if (recipe->flip_signature)
		flip_signature(x);
	must(EVP_PKEY_up_ref(key) == 1);
	*ret = (struct leaf){x, key, tell_names(recipe, order)};
}
