/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_facts.h - one TLS session with the client, told as facts: hello, certificate, up, failed, secrets.
 *
 * For whoever ends the client's TLS, on SMTP or HTTPS. Owns no stream and writes nothing.
 * Ref: RFC 8446, RFC 6066 s3.
 */
#ifndef TLS_FACTS_H
#define TLS_FACTS_H

#include "fakes/pki/pki.h"
#include "fakes/scene/scene.h"
#include "fakes/tls/stream.h"
#include "fakes/tls/tls_context.h"

struct tls_facts {
	const struct scope *scope;     /* borrowed */
	const char *host, *channel;    /* borrowed: the host's label; "genuine", "intercepted", "attacker" */
	const struct pki_chain *chain; /* borrowed: what is shown */
	const char *alpn;              /* answered when it is offered; NULL: no answer */
	/* The hello was told: TLS_WATCH_GO_ON, or another of those answers; NULL goes on. */
	int (*greeted)(void *owner);
	void (*shown)(void *owner); /* the Certificate message was written; may be NULL */
	void *owner;
	/* what was seen; set by this module */
	bool hello_seen, certificate_seen, up;
	char sni[256]; /* of the first hello; odd bytes stand as '?' */
	/* private */
	SSL *ssl;
	struct tls_watch watch;
};

/* A session of the chain's context that tells its facts to `t`; goes to stream_start_tls, which takes it. */
SSL *
tls_facts_new(struct tls_facts *t, struct pki *pki, enum plan_tls_version min, enum plan_tls_version max);
/* From the stream's tls_up. */
void tls_facts_up(struct tls_facts *t);
/* From the stream's ended: says so when that was a failure. */
void tls_facts_ended(const struct tls_facts *t, const struct stream *s, enum stream_end how);
/* Before the stream is closed or freed: no more facts. Fine when TLS never began. */
void tls_facts_detach(struct tls_facts *t);
/* Tells the hello in these bytes of the client's, which nobody will answer. */
void tls_facts_read_hello(struct tls_facts *t, struct pki *pki, struct bytes records);

#endif
