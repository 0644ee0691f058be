/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_hello.c - any bytes as a client's TLS: its ClientHello told as facts, its records walked from outside.
 *
 * For the walk a byte 1 changes the speaker, the client begins; what the walk says does not depend on pieces.
 *
 * A minute: always
 * About: fakes/tls/tls_context.c fakes/watch/tls_facts.c fakes/interposer/records.c
 */
#include "fakes/interposer/records.h"
#include "fakes/watch/tls_facts.h"
#include "tests/fuzz/fuzz.h"

static struct plan_world world;
static struct plan_step steps[] = {{.world = &world}};
static struct plan_leg legs[] = {{.domain = "a0001.example", .steps = steps, .n_steps = 1}};
static const struct plan plan = {.legs = legs, .n_legs = 1};

static void
keep(struct fact_sink *sink, const struct fact *f)
{
	(void)sink;
	if (f->kind != FACT_TLS_HELLO)
		return;
	fuzz_saw(f->tls_hello.sni);
	fuzz_saw(f->tls_hello.versions);
	fuzz_saw(f->tls_hello.alpn);
	for (size_t i = 0; i < f->tls_hello.sni.len; i++)
		must((uint8_t)f->tls_hello.sni.data[i] > ' ' && f->tls_hello.sni.data[i] <= '~');
}

static void
read_hello(struct bytes in)
{
	static struct pki *pki;
	static const struct pki_chain *chain;
	static struct fact_sink sink = {keep};
	struct scene *scene = scene_new(&plan, &sink);
	struct scope scope = scope_of(scene, 0);
	struct tls_facts facts = {.scope = &scope, .host = "mx1", .channel = "genuine"};

	if (pki == NULL) {
		pki = pki_new();
		chain = pki_chain_for(pki, "a0001.example", "mx1.a0001.example", NULL, FAULT_NONE);
	}
	facts.chain = chain;
	tls_facts_read_hello(&facts, pki, in);
	fuzz_saw_number(facts.hello_seen);
	scene_free(scene);
}

/* Where it ended and why. */
static uint64_t
walk(struct bytes in, uint32_t seed)
{
	struct records r = {0};
	enum records_seen seen = RECORDS_FINE;
	bool from_client = true;
	struct bytes part;
	uint64_t read = 0;

	while (seen == RECORDS_FINE && fuzz_part(&in, 1, &part)) {
		while (seen == RECORDS_FINE && part.len > 0) {
			struct bytes piece = fuzz_piece(&part, &seed),
				     exact = fuzz_exact(piece.data, piece.len);
			size_t used = 0;

			if (from_client) {
				seen = records_client(&r, exact, &used);
				must(used <= exact.len && (seen != RECORDS_FINE || used == exact.len));
			} else {
				records_server(&r, exact);
			}
			read += used;
			fuzz_free(exact);
		}
		from_client = !from_client;
	}
	fuzz_saw_number(seen == RECORDS_FINE || seen == RECORDS_NO_TLS ? seen : seen + read * 4);
	fuzz_saw_number(r.version);
	return fuzz_seen();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);
	uint64_t whole;

	fuzz_digest = 0;
	whole = walk(in, 0);
	must(walk(in, 1) == whole);
	fuzz_saw_number(whole);
	fuzz_saw_number(records_may_begin(in));
	fuzz_saw_number(records_first_len(in));
	read_hello(in);
	fuzz_free(in);
	return 0;
}
