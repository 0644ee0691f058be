/* SPDX-License-Identifier: Apache-2.0 */
/* test_recipients.c - whose an address is, however the client writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/front/recipients.h"

static struct plan_recipient first[] = {{.address = "mtmxaaaaaaaaaaaa@xn--bcher-kva.example"},
    {.address = "mtmxaaaaaaaaaaab@example"}};
static struct plan_message messages[] = {{.number = 7, .recipients = first, .n_recipients = 2}};
static struct plan_step steps[] = {{.messages = messages, .n_messages = 1}};
static struct plan_leg legs[] = {{.domain = "none.example"}, {.steps = steps, .n_steps = 1}};
static const struct plan plan = {.legs = legs, .n_legs = 2};

static void
a_recipient_is_known_by_his_token_whatever_becomes_of_the_domain(void **state)
{
	static const struct {
		const char *text;
		const struct plan_recipient *whose; /* NULL nobody */
	} rows[] = {
	    {"mtmxaaaaaaaaaaaa@xn--bcher-kva.example", &first[0]},
	    {"MTMXAAAAAAAAAAAA@XN--BCHER-KVA.example", &first[0]},
	    {"mtmxaaaaaaaaaaaa@b\xc3\xbc" "cher.example", &first[0]},
	    {"mtmxaaaaaaaaaaab", &first[1]},
	    {"mtmxaaaaaaaaaaab@example.", &first[1]},
	    {"mtmxaaaaaaaaaaa@example", NULL},
	    {"mtmxaaaaaaaaaaaaa@example", NULL},
	    {"mtmxaaaaaaaaaaab+x@example", NULL},
	    {"@example", NULL},
	    {"", NULL},
	};
	struct recipients *all = recipients_new();

	(void)state;
	recipients_add_leg(all, &plan, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct recipient *found = recipients_find(all, bytes_of(rows[i].text));

		if ((found != NULL) != (rows[i].whose != NULL))
			fail_msg("%s: %s", rows[i].text, found ? "found" : "not found");
		if (found != NULL) {
			assert_string_equal(found->address, rows[i].whose->address);
			assert_int_equal(found->leg, 1);
			assert_int_equal(found->message, 7);
		}
	}
	recipients_free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_recipient_is_known_by_his_token_whatever_becomes_of_the_domain)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
