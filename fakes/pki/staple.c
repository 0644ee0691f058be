/* SPDX-License-Identifier: Apache-2.0 */
/* staple.c - see staple.h */
#include "fakes/pki/staple.h"

#include <openssl/ocsp.h>
#include <time.h>

#include "harness/base/must.h"

static ASN1_GENERALIZEDTIME *
moment(int64_t ahead_s)
{
	ASN1_GENERALIZEDTIME *at = ASN1_GENERALIZEDTIME_adj(NULL, time(NULL) + (time_t)ahead_s, 0, 0);

	must(at != NULL);
	return at;
}

unsigned char *
staple_make(X509 *leaf, X509 *issuer, EVP_PKEY *issuer_key, bool revoked, int64_t ahead_s, size_t *ret_len)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf, issuer);
	ASN1_GENERALIZEDTIME *from = moment(ahead_s - 3600), *to = moment(ahead_s + 86400);
	unsigned char *der = NULL;
	int status = revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD;

	must(basic != NULL && id != NULL);
	must(OCSP_basic_add1_status(basic, id, status, revoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0,
		 revoked ? from : NULL, from, to) != NULL);
	must(OCSP_basic_sign(basic, issuer, issuer_key, EVP_sha256(), NULL, OCSP_NOCERTS) == 1);
	OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	must(response != NULL);
	int len = i2d_OCSP_RESPONSE(response, &der);
	must(len > 0);
	*ret_len = (size_t)len;
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(to);
	return der;
}

static int
on_asked(SSL *ssl, void *arg)
{
	const unsigned char *der;

	(void)arg;
	return SSL_get_tlsext_status_ocsp_resp(ssl, &der) > 0 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

void
staple_enable(SSL_CTX *ctx)
{
	SSL_CTX_set_tlsext_status_cb(ctx, on_asked);
}

void
staple_show(SSL *ssl, const unsigned char *der, size_t len)
{
	unsigned char *copy = der != NULL ? OPENSSL_memdup(der, len) : NULL;

	must(der == NULL || copy != NULL);
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, copy != NULL ? (int)len : -1);
}
