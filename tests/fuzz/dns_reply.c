/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_reply.c - any datagram as the answer to a question of the built-in client, and its MX records sorted.
 *
 * The first byte says what was asked.
 *
 * About: fakes/mta/dns_answer.c fakes/mta/mx_list.c fakes/mta/host_name.c
 */
#include "fakes/mta/dns_answer.h"

#include "fakes/mta/mx_list.h"
#include "tests/fuzz/fuzz.h"

static const ldns_rr_type types[] = {LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA, LDNS_RR_TYPE_MX, LDNS_RR_TYPE_TXT};

static uint32_t
last(uint32_t below)
{
	return below - 1;
}

static void
sort(const struct dns_answer *a)
{
	struct mx_record *records = must_alloc((a->n + 1) * sizeof(*records));
	struct mx_list list = {0};

	for (size_t i = 0; i < a->n; i++)
		records[i] = (struct mx_record){a->records[i].preference, a->records[i].host};
	mx_list_init(&list, "a.example", records, a->n, "self.example", last);
	must((list.state == MX_HOSTS) == (list.n > 0));
	for (size_t i = 0; i < list.n; i++) {
		must(i == 0 || list.hosts[i - 1].preference <= list.hosts[i].preference);
		fuzz_saw_text(list.hosts[i].name);
	}
	mx_list_done(&list);
	free(records);
}

static void
look_at(const struct dns_answer *a, ldns_rr_type type)
{
	must((a->state == DNS_FOUND) == (a->n > 0));
	fuzz_saw_number((uint64_t)a->state);
	fuzz_saw_number(a->secure);
	fuzz_saw_text(a->alias);
	for (size_t i = 0; i < a->n; i++) {
		fuzz_saw_text(a->records[i].host);
		fuzz_saw(a->records[i].text);
		fuzz_saw((struct bytes){(const char *)&a->records[i].address, sizeof(struct in6_addr)});
	}
	if (type == LDNS_RR_TYPE_MX && a->state == DNS_FOUND)
		sort(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t first = len > 0 ? data[0] : 0, wire[DNS_QUESTION_MAX];
	struct dns_question q = {
	    .name = "a.example", .type = types[first % 4], .id = 0x1234, .edns = first & 4};
	struct bytes in = fuzz_exact(data + (len > 0), len - (len > 0));
	struct region *r = region_new();
	struct dns_answer answer = {.state = DNS_FAILED};
	enum dns_fit fit;

	must(dns_question_write(&q, wire) > 0);
	fit = dns_answer_read(&answer, &q, (const uint8_t *)in.data, in.len, r);
	fuzz_saw_number(fit);
	if (fit == DNS_FITS)
		look_at(&answer, q.type);
	region_free(r);
	fuzz_free(in);
	return 0;
}
