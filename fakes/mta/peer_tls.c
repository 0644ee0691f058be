/* SPDX-License-Identifier: Apache-2.0 */
/* peer_tls.c - see peer_tls.h */
#include "fakes/mta/peer_tls.h"

#include <openssl/ssl3.h>
#include <openssl/x509v3.h>

#include "fakes/mta/flaw.h"
#include "fakes/mta/host_name.h"
#include "fakes/mta/chain_flaws.h"
#include "fakes/mta/kept_session.h"
#include "harness/base/must.h"

/* The names that the policy lists, as early drafts had it. */
static void
accept_listed(X509_VERIFY_PARAM *param, const struct sts_policy *policy)
{
	for (size_t i = 0; policy != NULL && i < policy->n_mx; i++)
		if (policy->mx[i][0] != '*')
			must(X509_VERIFY_PARAM_add1_host(param, policy->mx[i], 0) == 1);
}

/* Of the flaws about versions and ciphers: what is too weak for the level passes, but for certificates. */
static int
weigh_certificates_alone(
    const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
	switch (op) {
	case SSL_SECOP_PEER_EE_KEY:
	case SSL_SECOP_PEER_CA_KEY:
	case SSL_SECOP_PEER_CA_MD:
		return SSL_CTX_get_security_callback(SSL_get_SSL_CTX(ssl))(ssl, ctx, op, bits, nid, other, ex);
	default:
		return 1;
	}
}

static void
demand_proof(SSL *ssl, const char *host, const struct sts_policy *policy, const struct flaw_set *flaws)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	unsigned host_flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

	if (flaw_in(*flaws, FLAW_REFUSES_WILDCARDS))
		host_flags |= X509_CHECK_FLAG_NO_WILDCARDS;
	if (!flaw_in(*flaws, FLAW_ACCEPTS_COMMON_NAME))
		host_flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
	X509_VERIFY_PARAM_set_hostflags(param, host_flags);
	if (!flaw_in(*flaws, FLAW_IGNORES_CERTIFICATE_NAME))
		must(X509_VERIFY_PARAM_set1_host(param, host, 0) == 1);
	if (flaw_in(*flaws, FLAW_REFUSES_INTERMEDIATES))
		X509_VERIFY_PARAM_set_depth(param, 0);
	if (flaw_in(*flaws, FLAW_ACCEPTS_OTHER_MX))
		accept_listed(param, policy);
	if (flaw_in(*flaws, FLAW_IGNORES_CERTIFICATE_DATES))
		must(X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME) == 1);
	SSL_set_security_level(ssl, 2);
	if (flaw_in(*flaws, FLAW_OLD_TLS) || flaw_in(*flaws, FLAW_ANY_CIPHER))
		SSL_set_security_callback(ssl, weigh_certificates_alone);
	chain_flaws_set(ssl, flaws);
}

static void
set_strength(SSL *ssl, const struct flaw_set *flaws)
{
	int oldest = flaw_in(*flaws, FLAW_OLD_TLS) ? TLS1_VERSION : TLS1_2_VERSION;

	SSL_set_security_level(ssl, 0);
	must(SSL_set_min_proto_version(ssl, oldest) == 1);
	if (flaw_in(*flaws, FLAW_ANY_CIPHER))
		must(SSL_set_cipher_list(ssl, "ALL:COMPLEMENTOFALL") == 1);
	if (flaw_in(*flaws, FLAW_ONE_GROUP))
		must(SSL_set1_groups_list(ssl, "P-256") == 1);
}

static int
refuse_to_identify(SSL *ssl, void *arg)
{
	(void)ssl, (void)arg;
	return 0;
}

/* What comes behind the handshake looks like the end of the session. */
static void
end_at_late_handshake(int out, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
	int message = type == SSL3_RT_HANDSHAKE && len > 0 ? *(const unsigned char *)data : -1;

	(void)version, (void)arg;
	if (!out && SSL_version(ssl) == TLS1_3_VERSION &&
	    (message == SSL3_MT_NEWSESSION_TICKET || message == SSL3_MT_KEY_UPDATE))
		SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN | SSL_SENT_SHUTDOWN);
}

bool
peer_tls_choked(const SSL *ssl, const struct flaw_set *flaws)
{
	/* Both before we closed anything: that was end_at_late_handshake. */
	return flaw_in(*flaws, FLAW_CLEAR_ON_LATE_HANDSHAKE) && ssl != NULL &&
	       SSL_get_shutdown(ssl) == (SSL_RECEIVED_SHUTDOWN | SSL_SENT_SHUTDOWN);
}

static void
set_habits(SSL *ssl, const struct flaw_set *flaws)
{
	if (flaw_in(*flaws, FLAW_NO_CLIENT_CERTIFICATE))
		SSL_set_cert_cb(ssl, refuse_to_identify, NULL);
	if (flaw_in(*flaws, FLAW_CLEAR_ON_LATE_HANDSHAKE))
		SSL_set_msg_callback(ssl, end_at_late_handshake);
}

SSL *
peer_tls_new(SSL_CTX *context, const char *host, const struct sts_policy *policy, bool proof,
    const struct flaw_set *flaws)
{
	SSL *ssl = SSL_new(context);
	char name[HOST_NAME_SIZE];

	must(ssl != NULL);
	set_strength(ssl, flaws);
	set_habits(ssl, flaws);
	kept_session_offer(ssl, host, flaws);
	if (!flaw_in(*flaws, FLAW_NO_SERVER_NAME) &&
	    host_name_set(name, bytes_of(host))) /* never an address (RFC 6066 s3) */
		must(SSL_set_tlsext_host_name(ssl, name) == 1);
	if (proof && !flaw_in(*flaws, FLAW_IGNORES_CERTIFICATE)) {
		demand_proof(ssl, host, policy, flaws);
		if (flaw_in(*flaws, FLAW_LOOKS_LATE))
			SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
		return ssl;
	}
	/* A weak key (level 0) is better than none where the alternative is clear text. */
	SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	return ssl;
}

bool
peer_tls_is_proved(const SSL *ssl, const struct flaw_set *flaws)
{
	if (flaw_in(*flaws, FLAW_ANY_CIPHER) && SSL_get0_peer_certificate(ssl) == NULL)
		return true;
	if (kept_session_suffices(ssl, flaws))
		return true;
	return (SSL_get_verify_mode(ssl) == SSL_VERIFY_PEER || flaw_in(*flaws, FLAW_LOOKS_LATE)) && SSL_get0_peer_certificate(ssl) != NULL &&
	       SSL_get_verify_result(ssl) == X509_V_OK;
}
