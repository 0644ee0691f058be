/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_question.c - any datagram to our resolver: an answer that ldns reads, that fits, and that belongs to
 * it.
 *
 * The first byte arms moves and chooses the transport.
 *
 * A minute: always
 * About: fakes/dns/dns_answer.c fakes/dns/dns_content.c fakes/dns/dns_zone.c fakes/dns/dns_book.c
 */
#include "fakes/dns/dns_answer.h"

#include "tests/fuzz/fuzz.h"
#include "tests/unit/fakes-dns/dns_plan.h"

static const char *const lies[] = {"A 203.0.113.9", "MX 1 evil.test.", "TXT \"v=STSv1; id=2;\""};

#define ARMED(KIND)                                                                               \
	{                                                                                         \
		.move = MOVE_DNS_##KIND, .name = "a0001.example", .records = lies, .n_records = 3 \
	}

static struct plan_move moves[] = {ARMED(NXDOMAIN), ARMED(NODATA), ARMED(SERVFAIL), ARMED(REFUSED),
    ARMED(TIMEOUT), ARMED(TRUNCATE), ARMED(TCP_ONLY), ARMED(FORGE), ARMED(RACE), ARMED(STRIP_AD),
    ARMED(FORGE_AD)};

#define N_MOVES (sizeof(moves) / sizeof(moves[0]))

static void
keep(struct fact_sink *sink, const struct fact *f)
{
	const struct fact_info *info = fact_info(f->kind);

	(void)sink;
	fuzz_saw_text(info->name);
	for (size_t i = 0; i < info->n_fields; i++)
		if (info->fields[i].type == FACT_text)
			fuzz_saw(fact_text(f, &info->fields[i]));
		else
			fuzz_saw_number((uint64_t)fact_number(f, &info->fields[i]));
}

static void
check(struct bytes message, struct bytes question, bool tcp)
{
	ldns_pkt *pkt = NULL;
	ldns_status status = ldns_wire2pkt(&pkt, (const uint8_t *)message.data, message.len);

	if (status == LDNS_STATUS_MEM_ERR)
		must_out_of_memory();
	must(status == LDNS_STATUS_OK && ldns_pkt_qr(pkt));
	must(tcp || message.len <= DNS_UDP_MAX);
	must(ldns_pkt_id(pkt) == LDNS_ID_WIRE((const uint8_t *)question.data));
	ldns_pkt_free(pkt);
}

static void
ask(struct dns_book *book, struct bytes question, bool tcp)
{
	struct dns_answer *a = dns_answer_new(book, question, tcp);
	struct bytes answer = dns_answer_bytes(a);

	if (answer.len > 0)
		check(answer, question, tcp);
	must(!dns_answer_resets(a) || answer.len == 0);
	fuzz_saw(answer);
	fuzz_saw(dns_answer_forged(a));
	dns_answer_done(a);
	dns_answer_failed(a, "a send failed");
	dns_answer_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct fact_sink sink = {keep};
	uint8_t first = len > 0 ? data[0] : 0;
	struct bytes in = fuzz_exact(data + (len > 0), len - (len > 0));
	struct plan_step *step = &dns_steps[2];
	struct scene *scene;
	struct dns_book *book;

	step->moves = &moves[first % (N_MOVES + 1) % N_MOVES];
	step->n_moves = first % (N_MOVES + 1) == N_MOVES ? 0 : 1 + (first / 16 % 2);
	if (step->moves + step->n_moves > moves + N_MOVES)
		step->n_moves = 1;
	scene = scene_new(&dns_plan, &sink);
	book = dns_book_new(scene);
	scene_set_step(scene, 0, first & 128 ? 1 : 2);
	ask(book, in, (first & 64) != 0);
	dns_book_free(book);
	scene_free(scene);
	fuzz_free(in);
	return 0;
}
