/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fact.c - any bytes as a fact's message; what is a fact goes to a message and to JSON and back unchanged.
 *
 * A minute: always
 * About: harness/model/fact.c harness/record/fact_line.c harness/record/escaped.c
 */
#include "harness/model/fact.h"

#include <stdlib.h>

#include "harness/record/fact_line.h"
#include "harness/record/facts_file.h"
#include "tests/fuzz/fuzz.h"

static void
must_be_same(const struct fact *a, const struct fact *b)
{
	const struct fact_info *info = fact_info(a->kind);

	must(a->kind == b->kind && a->source == b->source && a->number == b->number && a->t_ns == b->t_ns);
	must(a->leg == b->leg && a->step == b->step && a->connection == b->connection);
	for (size_t i = 0; i < info->n_fields; i++)
		if (info->fields[i].type == FACT_text)
			must(bytes_equal(fact_text(a, &info->fields[i]), fact_text(b, &info->fields[i])));
		else
			must(fact_number(a, &info->fields[i]) == fact_number(b, &info->fields[i]));
}

static void
through_message(const struct fact *f)
{
	unsigned char *message = must_alloc(FACT_ENCODED_MAX);
	size_t len = fact_encode(f, message, FACT_ENCODED_MAX);
	struct fact again;

	must(len > 0 && fact_decode(&again, message, len) == 0);
	must_be_same(f, &again);
	fuzz_saw((struct bytes){(const char *)message, len});
	free(message);
}

static void
through_json(const struct fact *f)
{
	struct region *region = region_new();
	char *text = must_alloc(FACTS_FILE_LINE_MAX);
	size_t len = fact_line_write(f, text, FACTS_FILE_LINE_MAX);
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	struct fact again;
	struct why why;

	must(len > 0 && line != NULL);
	if (fact_line_get(line, region, &again, &why) < 0)
		must_failed(__FILE__, __LINE__, why.text);
	must_be_same(f, &again);
	json_decref(line);
	free(text);
	region_free(region);
}

/* Numbers that JSON does not hold are not there in a run; see fact_line.c. */
static bool
fits_json(const struct fact *f)
{
	return f->t_ns <= INT64_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);
	struct fact f;

	if (in.len <= FACT_ENCODED_MAX && fact_decode(&f, (const unsigned char *)in.data, in.len) == 0) {
		through_message(&f);
		if (fits_json(&f))
			through_json(&f);
	}
	fuzz_free(in);
	return 0;
}
