/* SPDX-License-Identifier: Apache-2.0 */
/* test_course.c - a leg goes through its steps by facts alone. Each row: what is told, what is done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/must.h"
#include "harness/front/course.h"

/* --- a plan of one leg, two messages a step ------------------------------------------------ */

static struct plan_recipient r1 = {.address = "r1@d"}, r2 = {.address = "r2@d"}, r3 = {.address = "r3@d"};
static struct plan_message warm_messages[] = {
    {.number = 1, .sender = "s1@x", .recipients = &r1, .n_recipients = 1},
    {.number = 2, .sender = "s2@x", .recipients = &r2, .n_recipients = 1},
};
static struct plan_message attack_message = {
    .number = 3, .sender = "s3@x", .recipients = &r3, .n_recipients = 1};

static struct plan_step steps[] = {
    {.warm_up = true, .retries_held = true, .messages = warm_messages, .n_messages = 2},
    {.retries_held = true, .messages = &attack_message, .n_messages = 1, .n_moves = 1},
    {.action = ACTION_RETRY, .recovery = true},
};

/* --- what the course does, as words -------------------------------------------------------- */

static char done[1024];

static void
note(const char *format, ...)
{
	size_t len = strlen(done);
	va_list args;

	va_start(args, format);
	vsnprintf(done + len, sizeof(done) - len, format, args);
	va_end(args);
}

static void
order_step(void *ctx, uint32_t leg, uint32_t step)
{
	(void)ctx;
	(void)leg;
	note(" step%u", step);
}
static void
order_flush(void *ctx, uint32_t leg)
{
	(void)ctx;
	(void)leg;
	note(" flush");
}
static void
order_hush(void *ctx, uint32_t leg)
{
	(void)ctx;
	(void)leg;
	note(" hush");
}
static void
send_message(void *ctx, uint32_t leg, const struct plan_message *m)
{
	(void)ctx;
	(void)leg;
	note(" send%u", m->number);
}
static void
retry_message(void *ctx, uint32_t leg, const struct plan_message *m)
{
	(void)ctx;
	(void)leg;
	note(" retry%u", m->number);
}
static void
restart(void *ctx, uint32_t leg)
{
	(void)ctx;
	(void)leg;
	note(" restart");
}
static void
set_deadline(void *ctx, uint32_t leg, bool on)
{
	(void)ctx;
	(void)leg;
	(void)on;
}
static void
abandon(void *ctx, uint32_t leg)
{
	(void)ctx;
	(void)leg;
	note(" abandon");
}
static void
over(void *ctx, uint32_t leg)
{
	(void)ctx;
	(void)leg;
	note(" over");
}

static struct course *told_back; /* as the front does: each fact comes back to its course */

static void
emit(void *ctx, struct fact *f)
{
	(void)ctx;
	if (f->kind == FACT_NO_ATTEMPT) {
		note(" untried-%.*s", (int)f->no_attempt.recipient.len, f->no_attempt.recipient.data);
		course_fact(told_back, f);
	}
	if (f->kind == FACT_STEP_ENDED)
		note(" ended-%.*s", (int)f->step_ended.by.len, f->step_ended.by.data);
}

static void
await_clock(void *ctx, uint32_t leg, uint64_t offset_s)
{
	(void)ctx;
	(void)leg;
	note(" await%u", (unsigned)offset_s);
}

static const struct course_calls calls = {
    .order_step = order_step,
    .order_flush = order_flush,
    .order_hush = order_hush,
    .send = send_message,
    .retry = retry_message,
    .restart = restart,
    .await_clock = await_clock,
    .set_deadline = set_deadline,
    .abandon = abandon,
    .emit = emit,
    .over = over,
};

/* --- what it is told, as words ------------------------------------------------------------- */

static void
tell_fate(struct course *c, const char *recipient, const char *fate)
{
	struct fact f = {.kind = FACT_FATE, .leg = 0, .step = course_step(c)};

	f.fate.recipient = bytes_of(recipient);
	f.fate.fate = bytes_of(fate);
	course_fact(c, &f);
}

static void
tell_arrival(struct course *c, const char *recipient)
{
	struct fact f = {.kind = FACT_ARRIVED, .leg = 0, .step = course_step(c)};

	f.arrived.recipient = bytes_of(recipient);
	f.arrived.genuine = 1;
	course_fact(c, &f);
}

static void
tell_kind(struct course *c, enum fact_kind kind)
{
	struct fact f = {.kind = kind, .leg = 0, .step = course_step(c)};

	if (kind == FACT_POLICY_SERVED)
		f.policy_served.whole = 1;
	course_fact(c, &f);
}

/* At a second of the clock. */
static void
tell_at(struct course *c, enum fact_kind kind, uint64_t s)
{
	struct fact f = {.kind = kind, .leg = 0, .step = course_step(c), .t_ns = 1000000000ull * s};

	if (kind == FACT_POLICY_SERVED)
		f.policy_served.whole = 1;
	else
		f.dns_asked.label = BYTES("_mta-sts");
	course_fact(c, &f);
}

/* "asked:S", "served:S" (at a second), "begun", "open", "close", "policy", "flushed", "deadline",
 * "restarted", "lost", "lost3" (message 3), "arrived:R", "FATE:R", "untried:R"
 */
static void
tell(struct course *c, const char *word)
{
	const char *colon = strchr(word, ':');
	char fate[32];

	if (text_equal(word, "begun"))
		tell_kind(c, FACT_STEP_BEGUN);
	else if (text_equal(word, "open"))
		tell_kind(c, FACT_ACCEPTED);
	else if (text_equal(word, "close"))
		tell_kind(c, FACT_CLOSED);
	else if (text_equal(word, "policy"))
		tell_kind(c, FACT_POLICY_SERVED);
	else if (text_equal(word, "flushed"))
		course_flushed(c);
	else if (text_equal(word, "deadline"))
		course_deadline(c);
	else if (text_equal(word, "restarted"))
		course_restarted(c);
	else if (text_equal(word, "lost"))
		course_lost(c, NULL, BYTES("gone"));
	else if (text_equal(word, "lost3"))
		course_lost(c, &attack_message, BYTES("gone"));
	else if (strncmp(word, "asked:", 6) == 0)
		tell_at(c, FACT_DNS_ASKED, strtoull(colon + 1, NULL, 10));
	else if (strncmp(word, "served:", 7) == 0)
		tell_at(c, FACT_POLICY_SERVED, strtoull(colon + 1, NULL, 10));
	else if (strncmp(word, "arrived:", 8) == 0)
		tell_arrival(c, colon + 1);
	else if (strncmp(word, "untried:", 8) == 0) {
		struct fact f = {.kind = FACT_NO_ATTEMPT, .leg = 0, .step = course_step(c)};

		f.no_attempt.recipient = bytes_of(colon + 1);
		course_fact(c, &f);
	} else {
		must(colon != NULL);
		snprintf(fate, sizeof(fate), "%.*s", (int)(colon - word), word);
		tell_fate(c, colon + 1, fate);
	}
}

static const struct row {
	const char *name, *told, *done;
	enum plan_side side;
} rows[] = {
    {"a step begins when the world shows it", "", " step0", SIDE_ATTACK},
    {"the message goes out once, the spare does not", "begun", " step0 send1", SIDE_ATTACK},
    {"a fate alone ends the step behind a flush", "begun delivered:r1@d flushed",
	" step0 send1 flush ended-facts step1", SIDE_ATTACK},
    {"no step ends before the flush", "begun delivered:r1@d", " step0 send1 flush", SIDE_ATTACK},
    {"an open session is hushed once and waited for", "begun open delivered:r1@d close",
	" step0 send1 hush flush", SIDE_ATTACK},
    {"a session that was on its way is hushed behind its fate, too",
	"begun deferred:r1@d open flushed delivered:r1@d close", " step0 send1 flush hush hush flush", SIDE_ATTACK},
    {"a session that came before the flush holds the step", "begun delivered:r1@d open flushed close flushed",
	" step0 send1 flush hush flush ended-facts step1", SIDE_ATTACK},
    {"a policy after the arrival calls for the spare", "begun arrived:r1@d policy delivered:r1@d flushed",
	" step0 send1 flush send2", SIDE_ATTACK},
    {"a policy before the arrival does not", "begun policy arrived:r1@d delivered:r1@d flushed",
	" step0 send1 flush ended-facts step1", SIDE_ATTACK},
    {"a policy that came slowly calls for it, too",
	"begun asked:1 served:3 arrived:r1@d delivered:r1@d flushed", " step0 send1 flush send2",
	SIDE_ATTACK},
    {"one that came at once does not", "begun asked:1 served:2 arrived:r1@d delivered:r1@d flushed",
	" step0 send1 flush ended-facts step1", SIDE_ATTACK},
    {"what is held is tried again, then once without the attack",
	"begun delivered:r1@d flushed begun deferred:r3@d flushed deferred:r3@d flushed begun arrived:r3@d "
	"delivered:r3@d flushed",
	" step0 send1 flush ended-facts step1 send3 flush retry3 flush ended-facts step2 retry3 flush "
	"ended-facts over",
	SIDE_ATTACK},
    {"an attempt that the client began under attack is not the recovery: it is asked again",
	"begun delivered:r1@d flushed begun deferred:r3@d flushed deferred:r3@d flushed open begun "
	"deferred:r3@d close "
	"flushed open arrived:r3@d delivered:r3@d close flushed",
	" step0 send1 flush ended-facts step1 send3 flush retry3 flush ended-facts step2 retry3 hush flush "
	"retry3 hush "
	"flush ended-facts over",
	SIDE_ATTACK},
    {"an attempt of this step counts",
	"begun delivered:r1@d flushed begun deferred:r3@d flushed deferred:r3@d flushed "
	"begun open deferred:r3@d close flushed",
	" step0 send1 flush ended-facts step1 send3 flush retry3 flush ended-facts step2 retry3 hush flush "
	"ended-facts over",
	SIDE_ATTACK},
    {"nothing held means no recovery",
	"begun delivered:r1@d flushed begun arrived:r3@d delivered:r3@d flushed",
	" step0 send1 flush ended-facts step1 send3 flush ended-facts over", SIDE_ATTACK},
    {"a bounce is not tried again", "begun delivered:r1@d flushed begun bounced:r3@d flushed",
	" step0 send1 flush ended-facts step1 send3 flush ended-facts over", SIDE_ATTACK},
    {"a control does not test what it holds", "begun delivered:r1@d flushed begun deferred:r3@d flushed",
	" step0 send1 flush ended-facts step1 send3 flush ended-facts step2", SIDE_CONTROL},
    {"no attempt is no fate: tried once more", "begun untried:r1@d flushed untried:r1@d flushed",
	" step0 send1 flush retry1 flush ended-facts step1", SIDE_CONTROL},
    {"the deadline ends a step", "begun deadline", " step0 send1 abandon ended-deadline step1", SIDE_ATTACK},
    {"what was held is held after a retry without an answer, too",
	"begun delivered:r1@d flushed begun deferred:r3@d flushed deadline begun",
	" step0 send1 flush ended-facts step1 send3 flush retry3 abandon ended-deadline step2 retry3",
	SIDE_ATTACK},
    {"a client that is gone did not try: it is asked once more", "begun lost flushed lost flushed",
	" step0 send1 untried-r1@d flush retry1 untried-r1@d flush ended-facts step1", SIDE_CONTROL},
    {"what it said before it was gone stands", "begun delivered:r1@d lost flushed",
	" step0 send1 flush ended-facts step1", SIDE_CONTROL},
    {"who was to say it of another message still will", "begun lost3 delivered:r1@d", " step0 send1 flush",
	SIDE_CONTROL},
    {"a leg that is over hears of it no more", "begun delivered:r1@d flushed begun deadline lost",
	" step0 send1 flush ended-facts step1 send3 abandon ended-deadline over", SIDE_CONTROL},
    {"a fate of another message ends nothing", "begun delivered:r9@d", " step0 send1", SIDE_ATTACK},
};

static void
run_row(void **state)
{
	const struct row *row = *state;
	struct plan_leg leg = {.side = row->side, .steps = steps, .n_steps = 3};
	struct plan plan = {.legs = &leg, .n_legs = 1};
	struct course *c = told_back = course_new(&plan, 0, &calls, NULL);
	char told[512], *word, *rest = told;

	done[0] = '\0';
	snprintf(told, sizeof(told), "%s", row->told);
	course_begin(c);
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			tell(c, word);
	course_free(c);
	if (!text_equal(done, row->done))
		fail_msg("told: %s\n got:%s\nwant:%s", row->told, done, row->done);
}

static void
a_restart_waits_for_the_client(void **state)
{
	struct plan_step restart_step = {.action = ACTION_RESTART};
	struct plan_leg leg = {.steps = &restart_step, .n_steps = 1};
	struct plan plan = {.legs = &leg, .n_legs = 1};
	struct course *c = course_new(&plan, 0, &calls, NULL);

	(void)state;
	done[0] = '\0';
	course_begin(c);
	tell(c, "begun");
	course_flushed(c);
	assert_string_equal(done, " step0 restart");
	tell(c, "restarted");
	course_flushed(c);
	assert_string_equal(done, " step0 restart flush ended-facts over");
	assert_true(course_is_over(c));
	course_free(c);
}

static void
a_client_that_does_not_come_back_is_not_waited_for(void **state)
{
	struct plan_step restart_step = {.action = ACTION_RESTART};
	struct plan_leg leg = {.steps = &restart_step, .n_steps = 1};
	struct plan plan = {.legs = &leg, .n_legs = 1};
	struct course *c = course_new(&plan, 0, &calls, NULL);

	(void)state;
	done[0] = '\0';
	course_begin(c);
	tell(c, "begun");
	tell(c, "lost");
	course_flushed(c);
	assert_string_equal(done, " step0 restart flush ended-facts over");
	course_free(c);
}

static void
a_step_that_lies_ahead_waits_for_the_clock(void **state)
{
	struct plan_step ahead[] = {{.messages = warm_messages, .n_messages = 1}, {.offset_s = 100}};
	struct plan_leg leg = {.steps = ahead, .n_steps = 2};
	struct plan plan = {.legs = &leg, .n_legs = 1};
	struct course *c = course_new(&plan, 0, &calls, NULL);

	(void)state;
	done[0] = '\0';
	course_begin(c);
	tell(c, "begun");
	tell(c, "delivered:r1@d");
	course_flushed(c);
	assert_string_equal(done, " step0 send1 flush ended-facts await100");
	course_deadline(c);
	course_clock_moved(c, 99);
	assert_string_equal(done, " step0 send1 flush ended-facts await100");
	course_clock_moved(c, 100);
	assert_string_equal(done, " step0 send1 flush ended-facts await100 step1");
	course_free(c);
}

int
main(void)
{
	struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0]) + 3];
	size_t n = 0;

	for (; n < sizeof(rows) / sizeof(rows[0]); n++)
		tests[n] =
		    (struct CMUnitTest){rows[n].name, run_row, NULL, NULL, (void *)(uintptr_t)&rows[n]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_restart_waits_for_the_client);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_client_that_does_not_come_back_is_not_waited_for);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_step_that_lies_ahead_waits_for_the_clock);
	return _cmocka_run_group_tests("course", tests, n, NULL, NULL);
}
