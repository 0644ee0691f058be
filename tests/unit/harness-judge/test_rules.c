/* SPDX-License-Identifier: Apache-2.0 */
/* test_rules.c - every rule of the judge, with runs that hit it and runs that just do not. */
#include "tests/unit/harness-judge/small_run.h"

#define ATTACK(docket) (&(docket)->briefs[0].attack)
#define CONTROL(docket) (&(docket)->briefs[0].control)

/* What went out in clear as world and witness tell it. */
#define CLEAR_MAIL                                                     \
	"world $a.1.2 mail sender=mtmxs$2@ret.example channel=clear\n" \
	"witness $a.- crossed token=mtmxs$2 encoding=raw\n"
#define SERVED(late_ms) \
	"world $a.0 policy-served status=200 bytes=80 whole=1 genuine=1 late=" late_ms "\n"
#define CLEAR_CONTENT                                                                                \
	"world $a.1.2 content sender=mtmxs$2@ret.example data='x mtmxh$2 mtmxb$2 x' channel=clear\n" \
	"witness $a.- crossed token=mtmxh$2 encoding=raw\n"                                          \
	"witness $a.- crossed token=mtmxb$2 encoding=raw\n"
#define CONTROL_MET "world $c.1.14 met layer=smtp move=strip-starttls host=mx1 neutral=0\n"
#define FATE2(words) "front $a.1 fate message=$2 recipient=mtmxr$2@to.example " words "\n"
#define GIVEN_UP "front $a.1 step-ended by=deadline\n"
#define HELD_TO_THE_END "front $a.2 fate message=$2 recipient=mtmxr$2@to.example fate=deferred\n"
#define CONTROL_HELD "front $c.1 fate message=$6 recipient=mtmxr$6@to.example fate=deferred\n"
#define ARRIVED2 "world $a.1.2 arrived host=mx1 genuine=1 recipient=mtmxr$2@to.example\n"

#define LEAK_ONE_LOSE_ONE                                                \
	"world $a.1.2 rcpt recipient=mtmxr$2@to.example channel=clear\n" \
	"witness $a.- crossed token=mtmxr$2 encoding=raw\n"              \
	"front $a.1 fate recipient=mtmxq002@to.example fate=delivered\n"

/* --- briefs that differ ------------------------------------------------------------------ */

static void
expect_nothing(struct brief_step *step)
{
	for (unsigned floor = 0; floor < FLOORS; floor++)
		step->expectation[floor] = (struct expectation){.given = true};
}

static void
expect_only(struct docket *d, enum level level, uint32_t outcomes)
{
	expect_nothing(&ATTACK(d)->steps[1]);
	small_run_expect(d->region, &ATTACK(d)->steps[1], level, outcomes);
}

static void
expects_delivered(struct docket *d)
{
	expect_only(d, LEVEL_MUST, OUTCOMES_DELIVERED);
}

static void
expects_refused(struct docket *d)
{
	expect_only(d, LEVEL_MUST, OUTCOMES_REFUSED);
}

static void
expects_delivered_should_protected(struct docket *d)
{
	expect_only(d, LEVEL_MUST, OUTCOMES_DELIVERED);
	small_run_expect(d->region, &ATTACK(d)->steps[1], LEVEL_SHOULD, OUTCOME_BIT(PROTECTED));
}

static void
may_leak_but_should_be_held(struct docket *d)
{
	expect_only(d, LEVEL_MUST, OUTCOME_BIT(HELD) | OUTCOMES_EXPOSED);
	small_run_expect(d->region, &ATTACK(d)->steps[1], LEVEL_SHOULD, OUTCOME_BIT(HELD));
}

static void
expects_silence(struct docket *d)
{
	expect_only(d, LEVEL_MUST, OUTCOME_BIT(HELD) | OUTCOME_BIT(SILENT));
}

static void
expects_unexposed(struct docket *d)
{
	expect_only(d, LEVEL_MUST, OUTCOMES_UNEXPOSED);
}

static void
expects_all(struct docket *d)
{
	expect_only(d, LEVEL_MUST, OUTCOMES_ALL);
}

static void
by_floor(struct docket *d)
{
	expects_delivered(d);
	ATTACK(d)->steps[1].expectation[FLOOR_TLS].at[LEVEL_MUST].any_of =
	    small_run_expected(d->region, OUTCOMES_REFUSED);
	d->floor = FLOOR_TLS;
}

static void
only_for_floor_may(struct docket *d)
{
	ATTACK(d)->steps[1].expectation[FLOOR_TLS] = (struct expectation){0};
	d->floor = FLOOR_TLS;
}

static void
records(struct docket *d)
{
	expect_nothing(&ATTACK(d)->steps[1]);
	for (unsigned floor = 0; floor < FLOORS; floor++)
		ATTACK(d)->steps[1].expectation[floor].record = true;
}

static void
records_and_ends(struct docket *d)
{
	records(d);
	ATTACK(d)->n_steps = CONTROL(d)->n_steps = 2;
}

/* Without a control, and with nothing that must have been delivered before. */
static void
nobody_is_in_the_way(struct docket *d)
{
	struct brief_step *first = &ATTACK(d)->steps[0];

	expects_delivered(d);
	CONTROL(d)->number = FACT_NONE;
	CONTROL(d)->n_steps = 0;
	ATTACK(d)->n_steps = 2;
	first->warm_up = first->needs_policy = false;
	for (unsigned floor = 0; floor < FLOORS; floor++)
		first->expectation[floor] = (struct expectation){.given = true, .record = true};
}

static void
opposite_control(struct docket *d)
{
	expects_delivered(d);
	d->briefs[0].opposite_control = true;
	expect_nothing(&CONTROL(d)->steps[1]);
	small_run_expect(d->region, &CONTROL(d)->steps[1], LEVEL_MUST, OUTCOMES_REFUSED);
	small_run_expect(d->region, &CONTROL(d)->steps[1], LEVEL_SHOULD, OUTCOME_BIT(HELD));
}

static void
without_control(struct docket *d)
{
	*CONTROL(d) = (struct brief_leg){.number = FACT_NONE};
}

static void
must_meet(struct docket *d, const char *move)
{
	const char **moves = region_alloc(d->region, sizeof(*moves));

	moves[0] = move;
	ATTACK(d)->steps[1].expectation[FLOOR_MAY].must_meet = moves;
	ATTACK(d)->steps[1].expectation[FLOOR_MAY].n_must_meet = 1;
}

static void
must_meet_strip(struct docket *d)
{
	must_meet(d, "strip-starttls");
}

static void
must_meet_strip_by_layer(struct docket *d)
{
	must_meet(d, "smtp:strip-starttls");
}

static void
must_meet_inject(struct docket *d)
{
	must_meet(d, "inject");
}

static void
claims_only_starttls(struct docket *d)
{
	d->n_claims = 1;
}

static void
needs_settings(struct docket *d)
{
	static const char *const needs[] = {"settings:strict"};

	d->briefs[0].needs = needs;
}

static void
needs_nothing_claims_nothing(struct docket *d)
{
	d->briefs[0].n_needs = d->n_claims = 0;
}

static void
by_wire(struct docket *d)
{
	d->by_wire = true;
}

static void
waits_longer(struct docket *d)
{
	d->patience_s = 600;
	d->deadline_s = 30;
}

static void
waits_shorter(struct docket *d)
{
	d->patience_s = 29;
	d->deadline_s = 30;
}

static void
waits_longer_and_may_be_silent(struct docket *d)
{
	waits_longer(d);
	expects_silence(d);
}

static void
two_recipients(struct docket *d)
{
	struct brief_message *m = &ATTACK(d)->steps[1].messages[0];
	const char **recipients = region_alloc(d->region, 2 * sizeof(*recipients));

	recipients[0] = m->recipients[0];
	recipients[1] = "mtmxq002@to.example";
	m->recipients = recipients;
	m->n_recipients = 2;
}

static void
two_recipients_should_be_held(struct docket *d)
{
	may_leak_but_should_be_held(d);
	two_recipients(d);
}

/* Asks for one fact of this kind and field. */
static void
ask(struct docket *d, enum ask_kind kind, enum fact_kind fact, const char *field, const char *value)
{
	struct fact_condition *c = region_alloc(d->region, sizeof(*c));
	struct fact_pattern *p = region_alloc(d->region, sizeof(*p));
	struct fact_ask *a = region_alloc(d->region, sizeof(*a));
	struct expected *x = ATTACK(d)->steps[1].expectation[FLOOR_MAY].at[LEVEL_MUST].any_of;

	*c = (struct fact_condition){field, value};
	*p = (struct fact_pattern){.kind = fact, .conditions = c, .n_conditions = field != NULL};
	*a = (struct fact_ask){.kind = kind, .patterns = p, .n_patterns = 1, .at_least = 1, .at_most = 1};
	x->asks = a;
	x->n_asks = 1;
}

static void
asks_seen_met(struct docket *d)
{
	ask(d, ASK_SEEN, FACT_MET, "move", "strip-*");
}

static void
asks_seen_tls(struct docket *d)
{
	ask(d, ASK_SEEN, FACT_TLS_UP, NULL, NULL);
}

static void
asks_one_connection(struct docket *d)
{
	ask(d, ASK_COUNT, FACT_ACCEPTED, "port", "25");
}

static void
ask_words(struct docket *d, enum ask_kind kind, const char *word)
{
	const char **words = region_alloc(d->region, sizeof(*words));

	words[0] = word;
	ask(d, kind, FACT_MET, NULL, NULL);
	ATTACK(d)->steps[1].expectation[FLOOR_MAY].at[LEVEL_MUST].any_of->asks->words = words;
	ATTACK(d)->steps[1].expectation[FLOOR_MAY].at[LEVEL_MUST].any_of->asks->n_words = 1;
}

static void
asks_reason_tls(struct docket *d)
{
	ask_words(d, ASK_REASON, "tls");
}

static void
asks_reason_route(struct docket *d)
{
	ask_words(d, ASK_REASON, "no route");
}

static void
asks_fate_bounced(struct docket *d)
{
	ask_words(d, ASK_FATE, "bounced");
}

static void
second_step_sends_third_message(struct docket *d)
{
	ATTACK(d)->steps[2].recovery = ATTACK(d)->steps[2].judges_held = false;
	CONTROL(d)->steps[2].recovery = CONTROL(d)->steps[2].judges_held = false;
	expect_nothing(&ATTACK(d)->steps[2]);
	small_run_expect(d->region, &ATTACK(d)->steps[2], LEVEL_MUST, OUTCOMES_REFUSED);
	expect_nothing(&CONTROL(d)->steps[2]);
	ATTACK(d)->steps[2].messages = region_alloc(d->region, sizeof(struct brief_message));
	ATTACK(d)->steps[2].n_messages = 1;
	small_run_message(d->region, ATTACK(d)->steps[2].messages, 3, false);
}

/* The last step is one of the file's own: a retry of what is held, expected to be held again. */
static void
retries_held(struct docket *d)
{
	expects_refused(d);
	ATTACK(d)->steps[2].recovery = CONTROL(d)->steps[2].recovery = false;
	expect_nothing(&ATTACK(d)->steps[2]);
	small_run_expect(d->region, &ATTACK(d)->steps[2], LEVEL_MUST, OUTCOMES_REFUSED);
}

static void
retries_held_and_asks_for_tls(struct docket *d)
{
	static struct fact_pattern tls = {.kind = FACT_TLS_UP};
	static struct fact_ask seen = {.kind = ASK_SEEN, .patterns = &tls, .n_patterns = 1};

	retries_held(d);
	ATTACK(d)->steps[2].expectation[FLOOR_MAY].at[LEVEL_MUST].any_of->asks = &seen;
	ATTACK(d)->steps[2].expectation[FLOOR_MAY].at[LEVEL_MUST].any_of->n_asks = 1;
}

/* Four steps: the third sends another message, the fourth is the recovery. */
static void
sends_once_more_before_the_recovery(struct docket *d)
{
	struct brief_leg *const legs[] = {ATTACK(d), CONTROL(d)};

	for (size_t i = 0; i < 2; i++) {
		struct brief_step *steps = region_alloc(d->region, 4 * sizeof(*steps));

		memcpy(steps, legs[i]->steps, 3 * sizeof(*steps));
		steps[3] = steps[2];
		legs[i]->steps = steps;
		legs[i]->n_steps = 4;
	}
	second_step_sends_third_message(d);
}

/* --- the rows ---------------------------------------------------------------------------- */

struct row {
	const char *name;
	const char *drop; /* parts of lines of the good run, with | between */
	const char *add;  /* lines */
	void (*differ)(struct docket *d);
	enum verdict verdict;
	const char *why;  /* a part of the sentence; NULL: any */
	enum level level; /* of VIOLATED */
};

#define HONORED VERDICT_HONORED
#define VIOLATED VERDICT_VIOLATED
#define UNCLEAR VERDICT_UNCLEAR
#define SKIPPED VERDICT_SKIPPED
#define RECORDED VERDICT_RECORDED

static const struct row rows[] = {
    {"a good run is honored", NULL, NULL, NULL, HONORED, "protected", 0},

    /* 1: the lab */
    {"a fault of the lab", NULL, "world -.- lab-fault part=mx what=died\n", NULL, UNCLEAR, "mx: died", 0},
    {"a fault of the lab on the control leg", NULL, "world $c.1 lab-fault part=mx what=died\n", NULL, UNCLEAR,
	"mx: died", 0},
    {"a fault of the lab on another leg", NULL, "world 77.1 lab-fault part=mx what=died\n", NULL, HONORED,
	NULL, 0},
    {"a fault comes before an exposure", NULL, CLEAR_MAIL "world $a.1 lab-fault part=mx what=died\n", NULL,
	UNCLEAR, "mx: died", 0},
    {"dropped packets", NULL, "witness -.- captured packets=20 dropped=1\n", NULL, UNCLEAR, "lost 1 packets",
	0},
    {"a gap in a stream of the leg", NULL, "witness $a.- stream-gap bytes=9\n", NULL, UNCLEAR,
	"missed 9 bytes", 0},
    {"a gap in a stream of another leg", NULL, "witness 77.- stream-gap bytes=9\n", NULL, HONORED, NULL, 0},
    {"a gap in a stream of no leg", NULL, "witness -.- stream-gap bytes=9\n", NULL, UNCLEAR, "no leg", 0},
    {"an unknown channel", NULL, "world $a.1.2 mail sender=x channel=odd\n", NULL, UNCLEAR, "\"odd\"", 0},
    {"clear text that the witness did not see", NULL,
	"world $a.1.2 mail sender=mtmxs$2@ret.example channel=clear\n", NULL, UNCLEAR, "the witness did not",
	0},
    {"clear text that the world withheld", NULL, "witness $a.- crossed token=MTMXS$2 encoding=raw\n", NULL,
	UNCLEAR, "the world did not", 0},
    {"clear text of the warm-up that the witness did not see", NULL,
	"world $c.0.11 rcpt recipient=mtmxr$5@to.example channel=clear\n", NULL, UNCLEAR,
	"the witness did not", 0},
    {"a witness that has the world's own facts", NULL,
	"world $a.1.2 mail sender=mtmxs$2@ret.example channel=clear\nworld $a.1 crossed token=mtmxs$2\n",
	NULL, UNCLEAR, "the witness did not", 0},
    {"a world that has the witness's own facts", NULL,
	"witness $a.1.2 mail sender=mtmxs$2@ret.example channel=clear\nwitness $a.- crossed token=mtmxs$2\n",
	NULL, UNCLEAR, "the world did not", 0},
    {"what was said inside TLS is none of the witness's business", NULL,
	"world $a.0.1 mail sender=mtmxs$1@ret.example channel=intercepted\n", NULL, HONORED, NULL, 0},
    {"clear text in base64 is the same clear text", NULL,
	"world $a.0.1 content data='AGFhYW10bXhiMDAxYQ==' sender=mtmxs$1@ret.example channel=clear\n"
	"witness $a.- crossed token=mtmxb$1 encoding=base64\n",
	NULL, HONORED, NULL, 0},
    {"one of two crossings that the world withheld", NULL,
	"world $a.1.7 accepted host=mx1 role=mx peer_port=7000\nworld $a.1.8 accepted host=mx1 role=mx "
	"peer_port=8000\n"
	"world $a.1.7 closed\nworld $a.1.8 closed\nworld $a.1.7 mail sender=mtmxs$2@ret.example "
	"channel=clear\n"
	"witness $a.- crossed token=mtmxs$2 peer_port=7000\nwitness $a.- crossed token=mtmxs$2 "
	"peer_port=8000\n",
	NULL, UNCLEAR, "the world did not", 0},
    {"one of two crossings that the witness missed", NULL,
	"world $a.1.7 accepted host=mx1 role=mx peer_port=7000\nworld $a.1.8 accepted host=mx1 role=mx "
	"peer_port=8000\n"
	"world $a.1.7 mail sender=mtmxs$2@ret.example channel=clear\nworld $a.1.8 mail "
	"sender=mtmxs$2@ret.example channel=clear\n"
	"witness $a.- crossed token=mtmxs$2 peer_port=8000\n",
	NULL, UNCLEAR, "the witness did not", 0},
    {"a token on the wrong leg", NULL, "witness $a.- crossed token=mtmxs$6\n", NULL, UNCLEAR,
	"of leg 2 in clear on leg 1", 0},
    {"a token in a bounce to the return host", NULL, "witness -.- crossed token=mtmxs$2\n", NULL, HONORED,
	NULL, 0},
    {"a token that nobody knows", NULL, "witness $a.- crossed token=mtmxnobody\n", NULL, HONORED, NULL, 0},
    {"a silent witness", "witness ", NULL, NULL, UNCLEAR, "the witness said nothing", 0},
    {"a step that did not end", "$a.1 step-ended", NULL, NULL, UNCLEAR, "was interrupted", 0},
    {"a step that was interrupted", "$a.1 step-ended", "front $a.1 step-ended by=interrupt\n", NULL, UNCLEAR,
	"interrupted", 0},
    {"a step that ended by the deadline", "$a.1 step-ended", "front $a.1 step-ended by=deadline\n", NULL,
	HONORED, NULL, 0},
    {"a control step that did not end", "$c.1 step-ended", NULL, NULL, UNCLEAR,
	"control leg of this step was int", 0},
    {"a control step that never began", "front $c.1|world $c.1", NULL, NULL, UNCLEAR,
	"control leg of this step was not played", 0},
    {"a scenario that was not played", "$a.|$c.", NULL, NULL, UNCLEAR, "the scenario was not played", 0},
    {"a recovery that was owed and not played", " $a.2", NULL, NULL, UNCLEAR,
	"step 3: the attack leg of this step was", 0},

    /* 2: what speaks for itself */
    {"an envelope in clear", NULL, CLEAR_MAIL, NULL, VIOLATED, "envelope of message 2", LEVEL_MUST},
    {"content in clear", NULL, CLEAR_CONTENT, NULL, VIOLATED, "content of message 2", LEVEL_MUST},
    {"content in clear that carries only the sender's name", NULL,
	"world $a.1.2 content sender=mtmxs$2@ret.example data=hello channel=clear\n", NULL, VIOLATED,
	"content of", 0},
    {"content of nobody known in clear", NULL, "world $a.1.2 content sender=x data=hello channel=clear\n",
	NULL, HONORED, NULL, 0},
    {"content inside the interposer's TLS", NULL,
	"world $a.1.2 content sender=mtmxs$2@ret.example data=hello channel=intercepted\n", NULL, VIOLATED,
	"inside TLS that the man in the middle", LEVEL_MUST},
    {"a recipient at the attacker's host", NULL,
	"world $a.1.2 rcpt recipient=MTMXR$2@to.example channel=attacker\n", NULL, VIOLATED,
	"attacker's own host", LEVEL_MUST},
    {"the worst exposure is told", NULL, CLEAR_MAIL CLEAR_CONTENT, NULL, VIOLATED, "content of message 2",
	LEVEL_MUST},
    {"credentials before any message", NULL,
	"world $a.1.2 credentials mechanism=PLAIN data=x channel=clear\n", NULL, VIOLATED,
	"credentials of message 2", LEVEL_MUST},
    {"credentials on the connection of another message", NULL,
	"world $a.1.7 credentials mechanism=PLAIN channel=clear\nworld $a.1.7 mail "
	"sender=mtmxs$1@ret.example channel=genuine\n",
	NULL, VIOLATED, "credentials of message 1", LEVEL_MUST},
    {"credentials for a genuine host alone", NULL,
	"world $a.1.2 credentials mechanism=PLAIN channel=genuine\n", NULL, HONORED, NULL, 0},
    {"a late retry of the warm-up's message in clear", NULL,
	"world $a.1.7 mail sender=mtmxs$1@ret.example channel=clear\nwitness $a.- crossed token=mtmxs$1\n",
	NULL, VIOLATED, "message 1", LEVEL_MUST},
    {"an exposed warm-up is not judged", NULL,
	"world $a.0.7 mail sender=mtmxs$1@ret.example channel=clear\nwitness $a.- crossed token=mtmxs$1\n",
	NULL, HONORED, NULL, 0},
    {"an exposed control leg is not judged", NULL,
	"world $c.1.7 mail sender=mtmxs$6@ret.example channel=clear\nwitness $c.- crossed token=mtmxs$6\n",
	NULL, HONORED, NULL, 0},
    {"an exposure that is allowed", "$a.1 fate|$a.2.3|$a.2 fate|$a.1 retried",
	CLEAR_MAIL ARRIVED2 FATE2("fate=delivered"), expects_delivered, HONORED, "readable", 0},
    {"an exposure that only a SHOULD forbids", "$a.1 fate|$a.2.3|$a.2 fate",
	CLEAR_MAIL ARRIVED2 FATE2("fate=delivered"), expects_delivered_should_protected, VIOLATED, "envelope",
	LEVEL_SHOULD},
    {"an exposure comes before a failed control", "$c.1.12 arrived", CLEAR_MAIL, NULL, VIOLATED, "envelope",
	LEVEL_MUST},
    {"an exposure that breaks a SHOULD, and stays that where a MUST is kept", NULL, CLEAR_MAIL,
	may_leak_but_should_be_held, VIOLATED, "envelope", LEVEL_SHOULD},
    {"another recipient that breaks a MUST raises the level", NULL, LEAK_ONE_LOSE_ONE,
	two_recipients_should_be_held, VIOLATED, "envelope", LEVEL_MUST},
    {"beside a failed control nothing raises the level", "$c.1.12 arrived", LEAK_ONE_LOSE_ONE,
	two_recipients_should_be_held, VIOLATED, "envelope", LEVEL_SHOULD},
    {"a crash", NULL, "front $a.1 exited command=smtp signal=11 crash=1\n", NULL, VIOLATED,
	"smtp died of signal 11", LEVEL_MUST},
    {"a crash in the control leg", NULL, "front $c.0 exited command=smtp signal=11 crash=1\n", NULL, VIOLATED,
	"died of signal 11", LEVEL_MUST},
    {"a crash on another leg", NULL, "front 77.0 exited command=smtp signal=11 crash=1\n", NULL, HONORED,
	NULL, 0},
    {"an exit that is no crash", NULL, "front $a.1 exited command=smtp status=1 crash=0\n", NULL, HONORED,
	NULL, 0},
    {"a crash where all is recorded", NULL, "front $a.1 exited command=smtp signal=11 crash=1\n", records,
	VIOLATED, "crashed", LEVEL_MUST},

    /* between: the client cannot */
    {"a client that cannot", "$a.1 fate|$a.2.3", FATE2("fate=cannot"), NULL, SKIPPED, "cannot do that", 0},
    {"a client that cannot, with the rest not played", "$a.1 fate| $a.2| $c.2", FATE2("fate=cannot"), NULL,
	SKIPPED, "cannot do that", 0},
    {"a client that cannot, and leaks", "$a.1 fate", CLEAR_MAIL FATE2("fate=cannot"), NULL, VIOLATED,
	"envelope", LEVEL_MUST},

    /* 3: warm-up and control */
    {"a warm-up that did not arrive", "$a.0.1 arrived", NULL, NULL, UNCLEAR, "not warm", 0},
    {"a warm-up of the control that did not arrive", "$c.0.11 arrived", NULL, NULL, UNCLEAR,
	"control leg message 5", 0},
    {"a warm-up that arrived at the attacker's", "$a.0.1 arrived",
	"world $a.0.1 arrived host=evil genuine=0 recipient=mtmxr$1@to.example\n", NULL, UNCLEAR, "not warm",
	0},
    {"no policy was served", "$a.0 policy-served", NULL, NULL, UNCLEAR, "no whole policy", 0},
    {"content in clear, but no policy was served", "$a.0 policy-served", CLEAR_CONTENT, NULL, UNCLEAR,
	"no whole policy", 0},
    {"no policy was served in the control", "$c.0 policy-served", NULL, NULL, UNCLEAR, "no whole policy", 0},
    {"half a policy was served", "$a.0 policy-served",
	"world $a.0 policy-served status=200 whole=0 genuine=1\n", NULL, UNCLEAR, "no whole policy", 0},
    {"a forged policy was served", "$a.0 policy-served",
	"world $a.0 policy-served status=200 whole=1 genuine=0\n", NULL, UNCLEAR, "no whole policy", 0},
    {"the policy came after the warm-up", "$a.0 policy-served",
	"world $a.1 policy-served status=200 whole=1 genuine=1\n", NULL, UNCLEAR, "no whole policy", 0},
    {"no policy for a client that claims none", "policy-served", NULL, needs_nothing_claims_nothing, HONORED,
	NULL, 0},
    {"a spare that was sent must arrive too", NULL, SENT("$a", "0", "$4"), NULL, UNCLEAR, "message 4", 0},
    {"a spare that was sent and arrived", NULL, SENT("$a", "0", "$4") DELIVERED("$a", "0", "9", "$4"), NULL,
	HONORED, NULL, 0},
    {"a failed warm-up comes before the outcome", "$a.0.1 arrived|$a.1 fate", FATE2("fate=bounced"), NULL,
	UNCLEAR, "not warm", 0},
    {"an exposure comes before a failed warm-up", "$a.0.1 arrived", CLEAR_MAIL, NULL, VIOLATED, "envelope",
	LEVEL_MUST},
    {"a clock that did not move fails its control", "$c.1.12", "front $c.1 clock-set offset=604800\n", NULL,
	SKIPPED, "its clock cannot be moved", 0},
    {"an exposure comes before a clock that did not move", "$c.1.12",
	"front $c.1 clock-set offset=604800\n" CLEAR_MAIL, NULL, VIOLATED, "envelope", LEVEL_MUST},
    {"a warm-up ahead in time that did not arrive", "$c.0.11 arrived", "front $c.0 clock-set offset=3600\n",
	NULL, SKIPPED, "its clock cannot be moved", 0},
    {"an exposure by a client that did not follow a jump", "$c.0.11 arrived",
	"front $c.0 clock-set offset=3600\n" CLEAR_MAIL, NULL, SKIPPED, "its clock cannot be moved", 0},
    {"a warm-up ahead in time that arrived", NULL, "front $c.0 clock-set offset=3600\n", NULL, HONORED, NULL,
	0},
    {"a clock that moved", NULL, "front $c.1 clock-set offset=604800\n", NULL, HONORED, NULL, 0},
    {"a dead control", "$c.1.12", NULL, NULL, UNCLEAR, "in the control message 6", 0},
    {"a control that was held", "$c.1.12|$c.1 fate",
	"front $c.1 fate recipient=mtmxr$6@to.example fate=deferred\n", NULL, UNCLEAR, "was held", 0},
    {"a refusal without a control", NULL, NULL, without_control, HONORED, NULL, 0},
    {"an opposite control that was not refused", "$a.1 fate|$a.2.3|$a.2 fate",
	ARRIVED2 FATE2("fate=delivered"), opposite_control, SKIPPED, "not shown to enforce anything", 0},
    {"an opposite control that was refused", "$a.1 fate|$a.2.3|$a.2 fate|$c.1.12|$c.1 fate",
	CONTROL_MET ARRIVED2 FATE2(
	    "fate=delivered") "front $c.1 fate recipient=mtmxr$6@to.example fate=deferred\n" DELIVERED("$c",
	    "2", "33", "$6"),
	opposite_control, HONORED, "protected", 0},
    {"an opposite control is held to its first level", "$a.1 fate|$a.2.3|$a.2 fate|$c.1.12|$c.1 fate",
	CONTROL_MET ARRIVED2 FATE2(
	    "fate=delivered") "front $c.1 fate recipient=mtmxr$6@to.example fate=bounced\n",
	opposite_control, HONORED, "protected", 0},
    {"an opposite control that was refused, but not because of the attack",
	"$a.1 fate|$a.2.3|$a.2 fate|$c.1.12|$c.1 fate",
	ARRIVED2 FATE2("fate=delivered") "front $c.1 fate recipient=mtmxr$6@to.example fate=deferred\n",
	opposite_control, UNCLEAR, "the attack had not met it", 0},
    {"an opposite control that said nothing", "$a.1 fate|$a.2.3|$a.2 fate|$c.1.12|$c.1 fate",
	ARRIVED2 FATE2("fate=delivered"), opposite_control, UNCLEAR, "in the control", 0},

    /* 4: the attack */
    {"inert moves", " met ", NULL, NULL, UNCLEAR, "did not meet the client", 0},
    {"only a neutral move was met", "met layer=smtp move=strip-starttls host=mx1 neutral=0",
	"world $a.1.2 met layer=smtp move=strip-starttls neutral=1\n", NULL, UNCLEAR,
	"did not meet the client", 0},
    {"a move that was met in another step", "met layer=smtp move=strip-starttls host=mx1 neutral=0",
	"world $a.0.1 met layer=smtp move=strip-starttls neutral=0\n", NULL, UNCLEAR,
	"did not meet the client", 0},
    {"nothing is armed", "step-begun armed=| met ", "world $a.1 step-begun\nworld $c.1 step-begun\n", NULL,
	HONORED, NULL, 0},
    {"only neutral forms are armed", "$a.1 step-begun| met ",
	"world $a.1 step-begun armed='dns:nxdomain~ smtp:strip-starttls~'\n", NULL, HONORED, NULL, 0},
    {"beside a neutral form something is armed", "$a.1 step-begun| met ",
	"world $a.1 step-begun armed='dns:nxdomain~ tls:alert'\n", NULL, UNCLEAR, "did not meet", 0},
    {"an MX was connected to, and only a DNS move met", "$a.1 step-begun|$a.1.2 met",
	"world $a.1 step-begun armed='dns:nxdomain smtp:strip-starttls'\n"
	"world $a.1 met layer=dns move=nxdomain neutral=0\n",
	NULL, UNCLEAR, "no move was made there", 0},
    {"a DNS move met, and no MX was connected to", "$a.1 step-begun|$a.1.2",
	"world $a.1 step-begun armed='dns:nxdomain smtp:strip-starttls'\n"
	"world $a.1 met layer=dns move=nxdomain neutral=0\n",
	NULL, HONORED, NULL, 0},
    {"a DNS move that was met before and is still armed", "$a.1 step-begun|$a.1.2|$a.0 step-begun",
	"world $a.0 step-begun armed=dns:nxdomain\nworld $a.0 met layer=dns move=nxdomain neutral=0\n"
	"world $a.1 step-begun armed=dns:nxdomain\n",
	NULL, HONORED, NULL, 0},
    {"a DNS move that was met before and is not the one that is armed",
	"$a.1 step-begun|$a.1.2|$a.0 step-begun",
	"world $a.0 step-begun armed=dns:nxdomain\nworld $a.0 met layer=dns move=nxdomain neutral=0\n"
	"world $a.1 step-begun armed=dns:servfail\n",
	NULL, UNCLEAR, "did not meet the client", 0},
    {"a DNS move that was met before does not stand for a session", "$a.1 step-begun|$a.1.2|$a.0 step-begun",
	"world $a.0 step-begun armed=dns:nxdomain\nworld $a.0 met layer=dns move=nxdomain neutral=0\n"
	"world $a.1 step-begun armed='dns:nxdomain smtp:strip-starttls'\n",
	NULL, UNCLEAR, "did not meet the client", 0},
    {"the policy host was connected to, and a DNS move met", "$a.1 step-begun|$a.1.2",
	"world $a.1 step-begun armed='dns:nxdomain smtp:strip-starttls'\n"
	"world $a.1.2 accepted role=policy\nworld $a.1 met layer=dns move=nxdomain neutral=0\n",
	NULL, HONORED, NULL, 0},
    {"a named move was met", NULL, NULL, must_meet_strip, HONORED, NULL, 0},
    {"a named move with its layer was met", NULL, NULL, must_meet_strip_by_layer, HONORED, NULL, 0},
    {"a named move found no occasion", NULL, NULL, must_meet_inject, SKIPPED, "inject found no occasion", 0},
    {"an attack that is only recorded must be met too", " met ", NULL, records, UNCLEAR, "did not meet", 0},

    /* 5: silence */
    {"a silent client", "$a.1 fate", NULL, NULL, UNCLEAR, "said nothing in time about message 2", 0},
    {"a silent client that said why it did not try", "$a.1 fate",
	"front $a.1 no-attempt recipient=mtmxr$2@to.example reason='delivery suspended'\n", NULL, UNCLEAR,
	"delivery suspended", 0},
    {"a silent client that waits longer than a step", "$a.1 fate|$a.1 step-ended|$a.1.2 closed", GIVEN_UP,
	waits_longer, SKIPPED, "may wait for 600 s, and the step was given up after 30: --deadline 601", 0},
    {"a patient client that waits for packets", "$a.1 fate|$a.1 step-ended",
	"world $a.1 met layer=tcp move=blackhole host=mx1 neutral=0\n" GIVEN_UP, waits_longer, SKIPPED,
	"may wait for 600 s", 0},
    {"a patient client that nobody keeps waiting", "$a.1 fate|$a.1 step-ended", GIVEN_UP, waits_longer,
	UNCLEAR, "said nothing in time", 0},
    {"a silent client that waits no longer", "$a.1 fate|$a.1 step-ended|$a.1.2 closed", GIVEN_UP,
	waits_shorter, UNCLEAR, "said nothing in time", 0},
    {"a silent client of which nothing is told", "$a.1 fate|$a.1 step-ended|$a.1.2 closed", GIVEN_UP, NULL,
	UNCLEAR, "said nothing in time", 0},
    {"a patient client whose step was not given up", "$a.1 fate|$a.1.2 closed", NULL, waits_longer, UNCLEAR,
	"said nothing in time", 0},
    {"a patient client that nobody attacked", "$a.1 fate|$a.1 step-ended|$a.1.2 closed| met ", GIVEN_UP,
	waits_longer, UNCLEAR, "did not meet", 0},
    {"a patient client that leaked before it fell silent", "$a.1 fate|$a.1 step-ended|$a.1.2 closed",
	GIVEN_UP CLEAR_MAIL, waits_longer, VIOLATED, "envelope of message 2", LEVEL_MUST},
    {"a patient client whose silence was named", "$a.1 fate|$a.1 step-ended|$a.2.3|$a.2 fate", GIVEN_UP,
	waits_longer_and_may_be_silent, HONORED, "silent", 0},
    {"a patient client with a fate", "$a.1 step-ended", GIVEN_UP, waits_longer, HONORED, NULL, 0},
    {"silence that was named", "$a.1 fate|$a.2.3|$a.2 fate", NULL, expects_silence, HONORED, "silent", 0},
    {"silence as one of the unexposed", "$a.1 fate|$a.2.3|$a.2 fate", NULL, expects_unexposed, HONORED,
	"silent", 0},
    {"silence where only facts are asked for", "$a.1 fate", NULL, expects_all, UNCLEAR, "said nothing", 0},
    {"silence that is recorded", "$a.1 fate|$a.2.3|$a.2 fate", NULL, records, RECORDED, "silent", 0},
    {"a message that was never handed over", "$a.1 sent|$a.1 fate| $a.2.3| $a.2 fate", NULL, NULL, UNCLEAR,
	"said nothing in time about message 2", 0},
    {"a fate without a name, by the message's number", "$a.1 fate",
	"front $a.1 fate message=2 fate=deferred\n", NULL, HONORED, NULL, 0},
    {"a fate of another message", "$a.1 fate", "front $a.1 fate message=9 fate=deferred\n", NULL, UNCLEAR,
	"said nothing", 0},
    {"accepted is no fate", "$a.1 fate", FATE2("fate=accepted"), NULL, UNCLEAR, "said nothing", 0},
    {"accepted, and by wire it is held", "$a.1 fate", FATE2("fate=accepted"), by_wire, HONORED, NULL, 0},
    {"nothing said, and by wire it is held", "$a.1 fate", NULL, by_wire, HONORED, NULL, 0},
    {"accepted, and a session is still open", "$a.1 fate|$a.1.2 closed", FATE2("fate=accepted"), by_wire,
	UNCLEAR, "said nothing", 0},

    {"exposed, and the spare message of the warm-up fetched the policy again", NULL,
	SENT("$a", "0", "$4") "world $a.0 policy-served status=200 bytes=80 whole=1 genuine=1\n" DELIVERED(
	    "$a", "0", "4", "$4") CLEAR_MAIL,
	NULL, UNCLEAR, "fetched the policy again", 0},
    {"exposed, and the spare message needed no policy", NULL,
	SENT("$a", "0", "$4") DELIVERED("$a", "0", "4", "$4") CLEAR_MAIL, NULL, VIOLATED, "in clear",
	LEVEL_MUST},
    {"held, and the policy was fetched again", NULL,
	SENT("$a", "0", "$4") "world $a.0 policy-served status=200 bytes=80 whole=1 genuine=1\n" DELIVERED(
	    "$a", "0", "4", "$4"),
	NULL, HONORED, NULL, 0},

    /* 6: outcomes */
    {"a bounce while the lab got no turn", "$a.1 fate| $a.2",
	FATE2("fate=bounced") "world -.- starved ms=1500\n", NULL, UNCLEAR, "no turn for 1500 ms", 0},
    {"a bounce, and the lab got no turn long after", "$a.1 fate| $a.2",
	FATE2("fate=bounced") "world -.- starved ms=1500 late=9000\n", NULL, VIOLATED, "bounced", LEVEL_SHOULD},
    {"held although the lab got no turn", NULL, "world -.- starved ms=1500\n", NULL, HONORED, NULL, 0},
    {"exposed, and the lab was so starved that the policy went out late", "$a.0 policy-served",
	CLEAR_MAIL SERVED("2600") "world -.- starved ms=300 late=2600\n", NULL, UNCLEAR, "so late that the client", 0},
    {"exposed, and the policy went out late for no fault of the lab's", "$a.0 policy-served",
	CLEAR_MAIL SERVED("2600"), NULL, VIOLATED, "in clear", LEVEL_MUST},
    {"exposed, and the policy went out late, and the lab was starved after it", "$a.0 policy-served",
	CLEAR_MAIL SERVED("2600") "world -.- starved ms=300 late=3000\n", NULL, VIOLATED, "in clear",
	LEVEL_MUST},
    {"exposed, and the policy went out at once although the lab was starved", "$a.0 policy-served",
	CLEAR_MAIL SERVED("2400") "world -.- starved ms=300 late=2400\n", NULL, VIOLATED, "in clear", LEVEL_MUST},
    {"exposed, and nobody knows when the policy was asked for", "$a.0 policy-served|$a.0 dns-asked",
	CLEAR_MAIL SERVED("2600") "world -.- starved ms=300 late=2600\n", NULL, VIOLATED, "in clear",
	LEVEL_MUST},
    {"exposed, and the policy of a name below went out late", "$a.0 policy-served|$a.0 dns-asked",
	CLEAR_MAIL "world $a.0 dns-asked name=_mta-sts.xn--a.to.example label=_mta-sts.xn--a type=TXT\n" SERVED(
	    "2600") "world -.- starved ms=300 late=2600\n",
	NULL, UNCLEAR, "so late that the client", 0},
    {"protected without the policy that went out late", "$a.0 policy-served|$a.1 fate",
	ARRIVED2 SERVED("2600") "world -.- starved ms=300 late=2600\n", NULL, UNCLEAR, "so late that the client", 0},
    {"a bounce while the lab got no turn for a moment", "$a.1 fate| $a.2",
	FATE2("fate=bounced") "world -.- starved ms=300\n", NULL, VIOLATED, "bounced", LEVEL_SHOULD},
    {"exposed while the lab got no turn", NULL, CLEAR_MAIL "world -.- starved ms=1500\n", NULL, VIOLATED,
	"in clear", LEVEL_MUST},
    {"a bounce breaks a SHOULD", "$a.1 fate| $a.2", FATE2("fate=bounced"), NULL, VIOLATED, "bounced",
	LEVEL_SHOULD},
    {"a bounce where refused is expected", "$a.1 fate| $a.2", FATE2("fate=bounced"), expects_refused, HONORED,
	NULL, 0},
    {"the last fate counts", NULL, FATE2("fate=bounced"), NULL, VIOLATED, "bounced", LEVEL_SHOULD},
    {"a protected arrival where refusal is expected", "$a.1 fate", ARRIVED2, NULL, VIOLATED, "protected",
	LEVEL_MUST},
    {"an arrival at the attacker's is none", NULL,
	"world $a.1.2 arrived host=evil genuine=0 recipient=mtmxr$2@to.example\n", NULL, HONORED, NULL, 0},
    {"a lost message", "$a.1 fate", FATE2("fate=delivered"), NULL, VIOLATED, "lost", LEVEL_MUST},
    {"held where delivery is expected", NULL, NULL, expects_delivered, VIOLATED, "expected: delivered (must)",
	LEVEL_MUST},
    {"refused by a one-shot client", "$a.1 fate", FATE2("fate=refused"), NULL, HONORED, NULL, 0},
    {"one of two recipients lost", NULL, "front $a.1 fate recipient=mtmxq002@to.example fate=delivered\n",
	two_recipients, VIOLATED, "mtmxq002", LEVEL_MUST},
    {"both recipients held", NULL,
	"front $a.1 fate recipient=mtmxq002@to.example fate=deferred\n"
	"world $a.2.3 arrived genuine=1 recipient=mtmxq002@to.example\n",
	two_recipients, HONORED, NULL, 0},
    {"a held message that never arrives", "$a.2.3|$a.2 fate",
	"front $a.2 fate recipient=mtmxr$2@to.example fate=deferred\n", NULL, VIOLATED, "step 3: message 2",
	LEVEL_MUST},
    {"a held message that nothing is heard of again", "$a.2.3|$a.2 fate", NULL, NULL, UNCLEAR, "step 3", 0},
    {"nothing held, and no recovery played", "$a.1 fate| $a.2| $c.2", ARRIVED2 FATE2("fate=delivered"),
	expects_delivered, HONORED, NULL, 0},
    {"by the client's floor", NULL, NULL, by_floor, HONORED, NULL, 0},
    {"by no other floor", "$a.1 fate", FATE2("fate=delivered"), by_floor, VIOLATED, "lost", LEVEL_MUST},
    {"a floor that the file does not tell apart", NULL, NULL, only_for_floor_may, HONORED, NULL, 0},
    {"a fact that is asked for", NULL, NULL, asks_seen_met, HONORED, NULL, 0},
    {"a fact that is asked for and missing", NULL, NULL, asks_seen_tls, VIOLATED, "tls-up is seen",
	LEVEL_MUST},
    {"one connection", NULL, NULL, asks_one_connection, HONORED, NULL, 0},
    {"two connections instead of one", NULL, "world $a.1.8 accepted role=mx port=25\nworld $a.1.8 closed\n",
	asks_one_connection, VIOLATED, "1 times", LEVEL_MUST},
    {"the reason that is asked for", NULL, NULL, asks_reason_tls, HONORED, NULL, 0},
    {"another reason", NULL, NULL, asks_reason_route, VIOLATED, "no route", LEVEL_MUST},
    {"another fate", NULL, NULL, asks_fate_bounced, VIOLATED, "bounced", LEVEL_MUST},

    /* several steps */
    {"a retry in clear after its step is judged by the step it came in", " $a.2| $c.2",
	"world $a.2 step-begun\nfront $a.2 sent message=3\nfront $a.2 fate message=3 fate=deferred\n"
	"front $a.2 step-ended by=facts\nworld $c.2 step-begun\nfront $c.2 step-ended by=facts\n"
	"world $a.2.9 mail sender=mtmxs$2@ret.example channel=clear\nwitness $a.- crossed token=mtmxs$2\n",
	second_step_sends_third_message, VIOLATED, "step 3: the envelope of message 2", LEVEL_MUST},
    {"a held message that is retried in peace while a third is held", " $a.2| $c.2",
	"world $a.2 step-begun\nfront $a.2 sent message=3\nfront $a.2 fate message=3 fate=deferred\n"
	"front $a.2 step-ended by=facts\nworld $c.2 step-begun\nfront $c.2 step-ended by=facts\n",
	second_step_sends_third_message, HONORED, "held", 0},

    {"a retry that is held again", " $a.2.3| $a.2 fate",
	"front $a.2 fate recipient=mtmxr$2@to.example fate=deferred\n", retries_held, HONORED, "held", 0},
    {"a retry that goes through", NULL, NULL, retries_held, VIOLATED, "step 3: message 2", LEVEL_MUST},
    {"a retry under an attack that it does not meet", " $a.2.3| $a.2 fate| $a.2 step-begun",
	"world $a.2 step-begun armed=smtp:strip-starttls\nfront $a.2 fate recipient=mtmxr$2@to.example "
	"fate=deferred\n",
	retries_held, UNCLEAR, "step 3: the attack did not meet", 0},
    {"a retry under attack with nothing to try", "$a.1 fate| $a.2.3| $a.2 fate| $a.2 step-begun",
	FATE2("fate=bounced") "world $a.2 step-begun armed=smtp:strip-starttls\n", retries_held, HONORED,
	NULL, 0},
    {"a retry with nothing to try, and facts asked for", "$a.1 fate| $a.2.3| $a.2 fate",
	FATE2("fate=bounced"), retries_held_and_asks_for_tls, VIOLATED, "not seen in this step", LEVEL_MUST},
    {"a held message that arrives while another is held owes no recovery", " $a.2| $c.2",
	"world $a.2 step-begun\nfront $a.2 sent message=3\nfront $a.2 fate message=3 fate=bounced\n"
	"front $a.2 step-ended by=facts\nworld $c.2 step-begun\nfront $c.2 step-ended by=facts\n"
	"world $a.2.9 arrived genuine=1 recipient=mtmxr$2@to.example\n",
	sends_once_more_before_the_recovery, HONORED, NULL, 0},
    {"a held message that does not arrive while another is held owes a recovery", " $a.2| $c.2",
	"world $a.2 step-begun\nfront $a.2 sent message=3\nfront $a.2 fate message=3 fate=bounced\n"
	"front $a.2 step-ended by=facts\nworld $c.2 step-begun\nfront $c.2 step-ended by=facts\n",
	sends_once_more_before_the_recovery, UNCLEAR, "step 4: the attack leg of this step was not played",
	0},
    /* 7 and the scenario */
    {"all is recorded", " $a.2| $c.2", NULL, records_and_ends, RECORDED, "held", 0},
    {"a recovery that fails", "$a.2.3| $a.2 fate", HELD_TO_THE_END, NULL, VIOLATED,
	"step 3: message 2 for mtmxr002@to.example was held", 0},
    {"a recovery that fails beside a control that was held as well", "$a.2.3| $a.2 fate|$c.1.12| $c.1 fate",
	HELD_TO_THE_END CONTROL_HELD, records, UNCLEAR, "in the control message 6", 0},
    {"nobody in the way, and not one message of the run arrives", "$c.| $a.2| arrived ", NULL,
	nobody_is_in_the_way, UNCLEAR, "the honest control failed: in the whole run", 0},
    {"nobody in the way, and other messages arrive", "$c.| $a.2", NULL, nobody_is_in_the_way, VIOLATED,
	"message 2 for mtmxr002@to.example was held", 0},
    {"recorded, and recovered", NULL, NULL, records, RECORDED, NULL, 0},
    {"recorded, whatever was exposed", NULL, CLEAR_MAIL, records, RECORDED, "stolen", 0},
    {"recorded beside a failed control", "$c.1.12 arrived", NULL, records, UNCLEAR, "in the control", 0},
    {"a mechanism that the client does not claim", NULL, NULL, claims_only_starttls, SKIPPED,
	"does not claim mta-sts", 0},
    {"a setting that the client does not have", NULL, CLEAR_MAIL, needs_settings, SKIPPED, "settings:strict",
	0},
    {"an unclaimed mechanism in a scenario that was not played", "$a.|$c.", NULL, claims_only_starttls,
	SKIPPED, "does not claim", 0},
    {"violated is worse than unclear", "$a.2 step-ended", CLEAR_MAIL, NULL, VIOLATED, "step 2", LEVEL_MUST},
};

static bool
is_wanted(const struct row *row, const struct judgment *j)
{
	return j->verdict == row->verdict && (row->why == NULL || strstr(j->why, row->why) != NULL) &&
	       (row->verdict != VIOLATED || j->level == row->level);
}

static void
each_rule_hits_where_it_should(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct small_run *run = small_run_new(1);
		struct judgments all;

		small_run_add(run, 0, GOOD_LINES, rows[i].drop);
		small_run_add(run, 0, rows[i].add, NULL);
		if (rows[i].differ != NULL)
			rows[i].differ(&run->docket);
		if (rows[i].drop != NULL &&
		    strstr(rows[i].drop, "witness ") != NULL) { /* the run's own lines too */
			run->record.n_facts = run->record.last_number[FACT_FROM_WITNESS] = 0;
			run->record.last_number[FACT_FROM_WORLD] = run->record.last_number[FACT_FROM_FRONT] =
			    0;
			small_run_add(run, 0, RUN_LINES GOOD_LINES, rows[i].drop);
		}
		all = judge_run(&run->docket, &run->record);
		if (!is_wanted(&rows[i], &all.items[0])) {
			print_error("%s:\n  got  %s (%s): %s\n  want %s (%s): ...%s...\n", rows[i].name,
			    verdict_name(all.items[0].verdict), level_name(all.items[0].level),
			    all.items[0].why, verdict_name(rows[i].verdict), level_name(rows[i].level),
			    rows[i].why ? rows[i].why : "");
			wrong++;
		}
		judgments_free(&all);
		small_run_free(run);
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_rule_hits_where_it_should)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
