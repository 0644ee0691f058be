/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - one scenario file: its rows, steps and control become scenarios.
 *
 * What a whole scenario must have to be worth running (legs that differ, a warm-up) is soundness.c's.
 */
#include <inttypes.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/model/mechanism.h"
#include "harness/scenario/reader.h"
#include "harness/scenario/said.h"
#include "harness/scenario/soundness.h"

static const char *const none[] = {"none", NULL};
static const char *const only_no[] = {"no", NULL};
static const char *const same[] = {"same", NULL};
static const char *const now_or_no[] = {"now", "no", NULL};
static const char *const levels[] = {"must", "should", "may", "info", NULL};
static const char *const sets[] = {
#define OUTCOME(ID, name, meaning) name,
#include "harness/model/outcomes.def"
#undef OUTCOME
    "delivered", "refused", "exposed", "unexposed", NULL};

static const struct key control_keys[] = {
    {"world", KEY_MAP, true, "laid over the world, in the control leg", NULL, world_keys, 0, 0},
    {"attack", KEY_WORD, false, "the control suffers the attack too", same, NULL, 0, 0},
    {"expect", KEY_WORD, false, "and must then end so", sets, NULL, 0, 0},
    {0},
};

static const struct key send_keys[] = {
    {"count", KEY_NUMBER, false, "messages (1)", NULL, NULL, 1, 1000},
    {"to", KEY_NUMBER, false, "recipients of each message (1)", NULL, NULL, 1, 100},
    {"at", KEY_TEXT, false, "the recipients' domain: this name below the domain (the domain itself)", NULL,
	NULL, 0, 0},
    {"ahead", KEY_TEXTS, false,
	"one more recipient at each of these names, named before those who are judged",
	NULL, NULL, 0, 0},
    {"behind", KEY_TEXTS, false, "one more recipient at each of these names, named behind those who are judged", NULL, NULL, 0, 0},
    {"headers", KEY_TEXTS, false, "more header lines of each message", NULL, NULL, 0, 0},
    {"requiretls", KEY_FLAG, false, "with REQUIRETLS (no)", NULL, NULL, 0, 0},
    {0},
};

const struct key step_keys[] = {
    {"send", KEY_MAP, false, "messages are handed to the client (the default)", NULL, send_keys, 0, 0},
    {"retry", KEY_WORD, false, "now: what is held is tried again; no: what is held here is not", now_or_no,
	NULL, 0, 0},
    {"restart", KEY_FLAG, false, "the client is started anew", NULL, NULL, 0, 0},
    {"attack", KEY_MAP, false, "what the man in the middle does from here on", none, attack_keys, 0, 0},
    {"expect", KEY_ANY, false, "an outcome, a set, or a mapping from level or floor; without it: a warm-up",
	NULL, NULL, 0, 0},
    {"met", KEY_TEXTS, false, "moves that must find an occasion, else the scenario is skipped", NULL, NULL, 0,
	0},
    {"after", KEY_DURATION, false, "since the start: the client's clock is moved on to there", NULL, NULL, 0,
	1000000000},
    {"keep", KEY_FLAG, false, "idle sessions stay open (no)", NULL, NULL, 0, 0},
    {0},
};

/* In the order of enum scenario_probe. */
static const char *const probes[] = {"none", "honest", "busy", "stripped", "unproved", NULL};

const struct key file_keys[] = {
    {"title", KEY_TEXT, true, "one line; $name stands for a row's value", NULL, NULL, 0, 0},
    {"why", KEY_TEXT, false, "a sentence or two for people who want to learn", NULL, NULL, 0, 0},
    {"covers", KEY_TEXTS, false, "ids from requirements.tsv", NULL, NULL, 0, 0},
    {"needs", KEY_WORDS, false, "mechanisms that the client must claim, else skipped", mechanism_names, NULL,
	0, 0},
    {"level", KEY_WORD, false, "the most that a breach can amount to (must)", levels, NULL, 0, 0},
    {"catches", KEY_TEXTS, false, "flaws of the built-in client that it finds", NULL, NULL, 0, 0},
    {"probe", KEY_WORD, false, "what it finds out about a client without a description", probes, NULL, 0, 0},
    {"each", KEY_ANY, false, "rows; the first value names the scenario", NULL, NULL, 0, 0},
    {"world", KEY_MAP, false, "the receiving side, honest where nothing is said", NULL, world_keys, 0, 0},
    {"steps", KEY_ANY, true, "a list: send, retry, restart, or mappings", NULL, NULL, 0, 0},
    {"control", KEY_MAP, false, "another world for the control leg", NULL, control_keys, 0, 0},
    {"retry", KEY_WORD, false, "no: what is held is not tried again", only_no, NULL, 0, 0},
    {0},
};

/* Keys that a row may carry for its scenario, in place of the file's. */
static const char *const row_keys[] = {"title", "why", "covers", "needs", "level", "catches"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* One scenario while it is being read. */
struct making {
	struct region *r;
	struct scenario *scenario;
	struct scenario_expectations *expectations;
	const struct node *root;
	const struct node *row_expect; /* for the last step that expects; NULL none */
	const struct node *world;      /* complete tree */
	const struct node *control;    /* overlay of the control's world; NULL none */
	/* of the attack that goes on */
	const struct scenario_attack *attack;
	const struct scenario_world *attack_world, *control_attack_world;
};

/* --- steps ----------------------------------------------------------------------------------------- */

static void
begin_attack(struct making *m, const struct node *attack)
{
	const struct node *over = node_get(attack, "world"), *merged = node_overlay(m->world, over, m->r);
	const struct scenario *s = m->scenario;

	m->attack_world = over == NULL ? s->world : world_read(merged, m->r);
	m->attack = attack_read(attack, m->attack_world, m->r);
	m->control_attack_world = over == NULL || !s->opposite_control
				      ? s->control_world
				      : world_read(node_overlay(merged, m->control, m->r), m->r);
}

static void
read_send(const struct node *node, struct scenario_step *step, struct region *r)
{
	const struct node *send = node_get(node, "send");

	step->count = (uint32_t)key_number(send, "count", 1);
	step->recipients = (uint32_t)key_number(send, "to", 1);
	step->at = key_text(send, "at", "@");
	step->n_ahead = key_texts(send, "ahead", r, &step->ahead);
	step->n_behind = key_texts(send, "behind", r, &step->behind);
	step->n_headers = key_texts(send, "headers", r, &step->headers);
	step->requiretls = key_flag(send, "requiretls", false);
	for (size_t i = 0; i < step->n_headers; i++)
		if (strchr(step->headers[i], ':') == NULL || strpbrk(step->headers[i], "\r\n") != NULL)
			node_complain(node_get(send, "headers"), "a header is one line, NAME: VALUE");
}

static enum plan_action
read_action(const struct node *node)
{
	static const char *const actions[] = {"send", "retry", "restart"};
	bool retry = node_is(node_get(node, "retry"), "now"), restart = key_flag(node, "restart", false);

	if (node->kind == NODE_TEXT) {
		for (size_t i = 0; i < COUNT(actions); i++)
			if (node_is(node, actions[i]))
				return (enum plan_action)i;
		node_complain_unknown(node, "step", actions, COUNT(actions));
		return ACTION_SEND;
	}
	if (retry + restart + (node_get(node, "send") != NULL) > 1)
		node_complain(node, "a step does one thing: send, retry or restart");
	return retry ? ACTION_RETRY : restart ? ACTION_RESTART : ACTION_SEND;
}

/* The value `send:` may be left empty. */
static void
check_step(const struct node *node, struct region *r)
{
	const struct node *send = node_get(node, "send");

	if (send != NULL && send->kind == NODE_TEXT && send->text.len == 0) {
		struct node *empty = region_memdup(r, send, sizeof(*send));

		empty->kind = NODE_MAP;
		empty->n = 0;
		node = node_with(node, "send", empty, r);
	}
	keys_check(node, step_keys, "a step");
}

/* Time only goes forward; a step that says nothing stays where the one before it was. */
static void
read_after(struct making *m, const struct node *node, size_t i)
{
	uint64_t before = i > 0 ? m->scenario->steps[i - 1].after_s : 0;

	m->scenario->steps[i].after_s = (uint64_t)key_seconds(node, "after", (int64_t)before);
	if (m->scenario->steps[i].after_s < before)
		node_complain(node_get(node, "after"),
		    "time does not go back: the step before it stands at %" PRIu64 " s", before);
}

static void
read_step(struct making *m, const struct node *node, const struct node *expect, size_t i)
{
	struct scenario_step *step = &m->scenario->steps[i];
	struct expectation *by_floor = m->expectations->steps[i].by_floor;
	const struct node *attack = node_get(node, "attack");

	if (node->kind == NODE_MAP)
		check_step(node, m->r);
	else if (node->kind == NODE_LIST)
		node_complain(node, "must be a step, not a list");
	step->action = read_action(node);
	read_send(node, step, m->r);
	if (attack != NULL)
		begin_attack(m, attack);
	step->attack = m->attack;
	read_after(m, node, i);
	step->keep = key_flag(node, "keep", false);
	said_read(node, step_keys, &step->said, &step->n_said, m->r);
	step->warm_up = expect == NULL && step->action == ACTION_SEND;
	step->retry = m->scenario->recovers && !node_is(node_get(node, "retry"), "no");
	step->world = m->attack_world;
	step->control_world = step->warm_up ? m->scenario->control_world : m->control_attack_world;
	if (expect != NULL)
		expect_read(expect, m->expectations->level, step, by_floor, m->r);
	for (unsigned floor = 0; floor < FLOORS; floor++)
		expect_read_met(node, step->attack, &by_floor[floor], m->r);
}

static void
read_steps(struct making *m, const struct node *steps)
{
	size_t last = SIZE_MAX;

	if (steps == NULL || steps->kind != NODE_LIST || steps->n == 0) {
		if (steps != NULL)
			node_complain(steps, "must be a list of steps");
		return;
	}
	m->scenario->n_steps = steps->n;
	m->scenario->steps = region_alloc(m->r, steps->n * sizeof(*m->scenario->steps));
	m->expectations->steps = region_alloc(m->r, steps->n * sizeof(*m->expectations->steps));
	for (size_t i = 0; i < steps->n; i++)
		if (node_get(steps->items[i], "expect") != NULL)
			last = i;
	if (m->row_expect != NULL && last == SIZE_MAX)
		last = steps->n - 1;
	for (size_t i = 0; i < steps->n; i++) {
		const struct node *own = node_get(steps->items[i], "expect");

		read_step(m, steps->items[i], i == last && m->row_expect != NULL ? m->row_expect : own, i);
	}
}

/* --- a scenario --------------------------------------------------------------------------------------- */

static void
read_control(struct making *m)
{
	const struct node *control = node_get(m->root, "control"), *expect = node_get(control, "expect");
	struct scenario *s = m->scenario;

	s->control_world = s->world;
	if (control == NULL)
		return;
	s->opposite_control = node_is(node_get(control, "attack"), "same");
	if (s->opposite_control && expect == NULL)
		node_complain(control,
		    "a control that is attacked too needs its own 'expect', as in 'expect: refused'");
	else if (!s->opposite_control && expect != NULL)
		node_complain(expect,
		    "a control that is not attacked must be delivered; 'expect' goes with 'attack: same'");
	m->expectations->control =
	    s->opposite_control && expect != NULL ? outcomes_of(expect->text) : OUTCOMES_DELIVERED;
	m->control = node_get(control, "world");
	s->control_world = world_read(node_overlay(m->world, m->control, m->r), m->r);
}

static bool
legs_differ(const struct scenario *s)
{
	bool differ = s->control_world != s->world;

	for (size_t i = 0; i < s->n_steps; i++)
		differ = differ || s->steps[i].attack->n_moves > 0 ||
			 s->steps[i].world != s->steps[i].control_world;
	return differ;
}

static void
read_lists(struct making *m)
{
	struct scenario *s = m->scenario;

	s->n_covers = key_texts(m->root, "covers", m->r, &s->covers);
	s->n_needs = key_texts(m->root, "needs", m->r, &s->needs);
	s->n_catches = key_texts(m->root, "catches", m->r, &s->catches);
}

static struct scenario *
read_scenario(struct region *r, const struct node *root, const struct node *row_expect)
{
	struct making m = {.r = r, .root = root, .row_expect = row_expect};

	m.scenario = region_alloc(r, sizeof(*m.scenario));
	m.expectations = region_alloc(r, sizeof(*m.expectations));
	m.scenario->expectations = m.expectations;
	m.scenario->file = document_name(root->document);
	m.scenario->title = key_text(root, "title", "");
	m.scenario->why = key_text(root, "why", "");
	m.scenario->probe = (enum scenario_probe)key_word(root, "probe", probes, PROBE_NONE);
	m.scenario->recovers = !node_is(node_get(root, "retry"), "no");
	m.expectations->level = (enum level)key_word(root, "level", levels, LEVEL_MUST);
	read_lists(&m);
	m.world = world_complete(node_get(root, "world"), root, r);
	m.scenario->world = world_read(m.world, r);
	read_control(&m);
	begin_attack(&m, NULL);
	read_steps(&m, node_get(root, "steps"));
	m.scenario->has_control = legs_differ(m.scenario);
	return m.scenario;
}

/* --- names -----------------------------------------------------------------------------------------------
 */

/* Lower case; runs of anything but letters, digits and dots become one '-'. */
static const char *
slug_of(const struct node *value, struct region *r)
{
	char *slug = region_alloc(r, value->text.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < value->text.len; i++) {
		char c = text_lower(value->text.data[i]);

		if (text_is_alnum(c) || c == '.')
			slug[n++] = c;
		else if (n > 0 && slug[n - 1] != '-')
			slug[n++] = '-';
	}
	while (n > 0 && slug[n - 1] == '-')
		n--;
	slug[n] = '\0';
	return slug;
}

static const char *
family_of(const char *name, struct region *r)
{
	return region_strndup(r, name, strcspn(name, "/"));
}

static bool
is_taken(const struct reading *reading, const char *name)
{
	for (size_t i = reading->n; i-- > 0;)
		if (text_equal(reading->scenarios[i]->name, name))
			return true;
	return false;
}

/* Reads the scenario at `root` and keeps it if nothing was wrong with it: no complaint since `before`. */
static void
add(struct reading *reading, const struct node *root, const struct node *at, const struct node *row_expect,
    const char *name, size_t before)
{
	struct scenario *scenario;

	keys_check(root, file_keys, "the scenario");
	scenario = read_scenario(reading->region, root, row_expect);
	scenario->name = name;
	scenario->family = family_of(name, reading->region);
	if (is_taken(reading, name))
		node_complain(at, "the name '%s' is already taken by another scenario", name);
	if (complaints_made(reading->complaints) == before)
		soundness_check(reading, scenario, root);
	if (complaints_made(reading->complaints) == before)
		*(const struct scenario **)region_push(
		    reading->region, &reading->scenarios, &reading->n, sizeof(scenario)) = scenario;
}

/* --- rows -------------------------------------------------------------------------------------------------
 */

/* Does any text of the tree say `$name` or `${name}`? */
static bool
mentions(const struct node *node, const char *name)
{
	if (node->kind == NODE_TEXT) {
		for (const char *at = strchr(node->text.data, '$'); at != NULL; at = strchr(at + 1, '$'))
			if (strncmp(at + 1 + (at[1] == '{'), name, strlen(name)) == 0)
				return true;
		return false;
	}
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind == NODE_LIST && mentions(node->items[i], name))
			return true;
		if (node->kind == NODE_MAP &&
		    (mentions(node->pairs[i].key, name) || mentions(node->pairs[i].value, name)))
			return true;
	}
	return false;
}

/* A row's key that stands for nothing is a slip of the pen. */
static void
check_row(const struct node *root, const struct node *row)
{
	const char *known[COUNT(row_keys) + 1];

	for (size_t i = 0; i < COUNT(row_keys); i++)
		known[i] = row_keys[i];
	known[COUNT(row_keys)] = "expect";
	for (size_t i = 1; i < row->n; i++) {
		const struct node *key = row->pairs[i].key;
		bool used = mentions(root, key->text.data);

		for (size_t k = 0; k < COUNT(known); k++)
			used = used || node_is(key, known[k]);
		if (!used)
			node_complain_unknown(
			    key, "key of a row, which nothing names by '$':", known, COUNT(known));
	}
}

static const struct node *
without_each(const struct node *root, struct region *r)
{
	struct node *copy = region_memdup(r, root, sizeof(*root));

	copy->pairs = NULL;
	copy->n = 0;
	for (size_t i = 0; i < root->n; i++)
		if (!node_is(root->pairs[i].key, "each"))
			*(struct pair *)region_push(r, &copy->pairs, &copy->n, sizeof(struct pair)) =
			    root->pairs[i];
	return copy;
}

static void
read_row(struct reading *reading, const struct node *template, const struct node *row, const char *name)
{
	struct region *r = reading->region;
	size_t before = complaints_made(reading->complaints);
	const struct node *root;
	const char *slug;

	if (row->kind != NODE_MAP || row->n == 0) {
		node_complain(row, "a row is a mapping, whose first value names the scenario");
		return;
	}
	if (row->pairs[0].value->kind != NODE_TEXT || *(slug = slug_of(row->pairs[0].value, r)) == '\0') {
		node_complain(
		    row->pairs[0].value, "the first value of a row names the scenario; it must be a word");
		return;
	}
	check_row(template, row);
	root = node_substitute(template, row, r);
	for (size_t i = 0; i < COUNT(row_keys); i++)
		if (node_get(row, row_keys[i]) != NULL)
			root = node_with(root, row_keys[i], node_get(row, row_keys[i]), r);
	add(reading, root, row, node_get(row, "expect"), region_printf(r, "%s/%s", name, slug), before);
}

void
file_read(struct reading *reading, const struct document *document, const char *name)
{
	const struct node *root = document_root(document), *each = node_get(root, "each"), *template;

	if (root->kind != NODE_MAP || each == NULL) {
		add(reading, root, root, NULL, name, complaints_made(reading->complaints));
		return;
	}
	if (each->kind != NODE_LIST || each->n == 0) {
		node_complain(each, "must be a list of rows");
		return;
	}
	template = without_each(root, reading->region);
	for (size_t i = 0; i < each->n; i++)
		read_row(reading, template, each->items[i], name);
}
