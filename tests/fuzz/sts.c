/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts.c - any bytes as an MTA-STS policy, and its lines as the TXT records of a domain.
 *
 * A minute: always
 * About: fakes/mta/sts_policy.c fakes/mta/sts_record.c fakes/mta/sts_words.c
 */
#include "fakes/mta/sts_policy.h"

#include "fakes/mta/sts_record.h"
#include "tests/fuzz/fuzz.h"

#define TEXTS_MAX 8

static const struct flaw_set none;
static const char *const hosts[] = {"mx1.example.com", "example.com", "a.b.example.com", "com", "x"};

static void
read_policy(struct bytes in)
{
	struct why why = {""};
	struct sts_policy *policy = sts_policy_parse(in, none, &why), *again;
	struct flaw_set too_wide = {0};

	if (policy == NULL) {
		must(why.text[0] != '\0');
		fuzz_saw_text(why.text);
		return;
	}
	must(bytes_equal((struct bytes){policy->text, policy->text_len}, in));
	must(policy->n_mx > 0 || policy->mode == STS_MODE_NONE);
	fuzz_saw_text(sts_policy_mode_name(policy->mode));
	fuzz_saw_number(policy->max_age_s);
	for (size_t i = 0; i < policy->n_mx; i++)
		fuzz_saw_text(policy->mx[i]);
	flaw_add(&too_wide, FLAW_WILDCARD_TOO_WIDE);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		bool listed = sts_policy_lists(policy, hosts[i], none);

		must(!listed || sts_policy_lists(policy, hosts[i], too_wide));
		fuzz_saw_number(listed);
	}
	again = sts_policy_ref(policy);
	sts_policy_unref(policy);
	sts_policy_unref(again);
}

/* With every mistake that the client can be told to make. */
static void
read_carelessly(struct bytes in)
{
	struct flaw_set all;
	struct why why;

	memset(&all, 0xff, sizeof(all));
	sts_policy_unref(sts_policy_parse(in, all, &why));
	fuzz_saw_number(sts_record_choose(&in, 1, all).state);
}

static void
read_records(struct bytes in)
{
	struct bytes texts[TEXTS_MAX];
	struct flaw_set first_of_many = {0};
	struct sts_record record;
	size_t n = 0;

	while (n < TEXTS_MAX && fuzz_part(&in, '\n', &texts[n]))
		n++;
	record = sts_record_choose(texts, n, none);
	fuzz_saw_number(record.state);
	if (record.state != STS_RECORD_GOOD)
		return;
	must(record.id[0] != '\0' && strlen(record.id) < sizeof(record.id));
	flaw_add(&first_of_many, FLAW_ACCEPTS_TWO_RECORDS);
	must(sts_record_choose(texts, n, first_of_many).state == STS_RECORD_GOOD);
	fuzz_saw_text(record.id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);

	read_policy(in);
	read_records(in);
	read_carelessly(in);
	fuzz_free(in);
	return 0;
}
