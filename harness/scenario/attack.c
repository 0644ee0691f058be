/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attack.c - `attack:` of a scenario file: moves by layer, aimed, with what they need.
 *
 * Which moves there are, and what stands behind each, is moves.def's to say.
 */
#include <string.h>

#include "harness/base/must.h"
#include "harness/scenario/reader.h"
#include "harness/scenario/said.h"

static const char *const none[] = {"none", NULL};
static const char *const versions[] = {"1.0", "1.1", "1.2", "1.3"};
static const char *const verbs[] = {"greeting", "ehlo", "helo", "starttls", "mail", "rcpt", "data", "content",
    "rset", "noop", "quit", "auth"};
static const char *const aims[] = {"with", "at", "family", "port", "connection", "attempt", "times"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

const struct key attack_keys[] = {
    {"dns", KEY_ANY, false, "by \"NAME\" or \"NAME TYPE\": a move, or a list", none, NULL, 0, 0},
    {"policy-host", KEY_ANY, false, "what happens on the way to the policy host", none, NULL, 0, 0},
    {"tcp", KEY_ANY, false, "what happens to SMTP connections", none, NULL, 0, 0},
    {"smtp", KEY_ANY, false, "lines in clear, both ways", none, NULL, 0, 0},
    {"tls", KEY_ANY, false, "bytes of the TLS session", none, NULL, 0, 0},
    {"certificate", KEY_ANY, false, "a fault, or {present: FAULT}: the interposer ends TLS", none, NULL, 0,
	0},
    {"hosts", KEY_ANY, false, "the attacker's own machines, by label, as in world.mx", NULL, NULL, 0, 0},
    {"world", KEY_MAP, false, "laid over the world, key by key", NULL, world_keys, 0, 0},
    {0},
};

/* What one attack is read with. */
struct making {
	struct region *r;
	struct scenario_attack *attack;
	const struct scenario_world *world;
	enum plan_layer layer;
	const char *name, *type; /* dns */
};

/* --- which move ------------------------------------------------------------------------------------ */

static enum move
move_of(enum plan_layer layer, const struct node *word)
{
	for (unsigned i = 0; i < MOVES; i++)
		if (move_info((enum move)i)->layer == layer && node_is(word, move_info((enum move)i)->name))
			return (enum move)i;
	return MOVES;
}

static void
complain_unknown_move(const struct making *m, const struct node *word)
{
	const char *known[(size_t)MOVES + FAULTS + COUNT(aims)];
	char what[64];
	size_t n = 0;

	for (unsigned i = 0; i < MOVES; i++)
		if (move_info((enum move)i)->layer == m->layer)
			known[n++] = move_info((enum move)i)->name;
	for (unsigned i = 0; i < FAULTS && m->layer == LAYER_CERTIFICATE; i++)
		known[n++] = fault_name((enum certificate_fault)i);
	snprintf(what, sizeof(what), "move on '%s':", layer_name(m->layer));
	node_complain_unknown(word, what, known, n);
}

/* --- what stands behind its name ---------------------------------------------------------------------- */

static void
read_word(const struct node *value, const char *what, const char *const *words, size_t n, size_t *ret)
{
	*ret = n;
	for (size_t i = 0; i < n; i++)
		if (node_is(value, words[i]))
			*ret = i;
	if (*ret == n)
		node_complain_unknown(value, what, words, n);
}

static void
read_code(const struct node *value, struct plan_move *move)
{
	int64_t n;

	if (!node_number(value, &n) || n < 0 || n > 999)
		node_complain(value, "must be a number from 0 to 999");
	else
		move->code = (uint32_t)n;
}

static void
read_fault(const struct node *value, struct plan_move *move)
{
	const char *known[FAULTS];
	size_t found;

	for (unsigned i = 0; i < FAULTS; i++)
		known[i] = fault_name((enum certificate_fault)i);
	read_word(value, "certificate fault", known, FAULTS, &found);
	if (found < FAULTS)
		move->fault = (enum certificate_fault)found;
}

static void
read_verb(const struct node *value, struct plan_move *move, struct region *r)
{
	size_t found;
	char *upper;

	read_word(value, "verb", verbs, COUNT(verbs), &found);
	if (found == COUNT(verbs))
		return;
	upper = region_strdup(r, verbs[found]);
	for (char *c = upper; *c != '\0'; c++)
		*c = (char)(*c - 'a' + 'A');
	move->verb = upper;
}

static void
read_version(const struct node *value, struct plan_move *move)
{
	size_t found;

	read_word(value, "TLS version", versions, COUNT(versions), &found);
	if (found < COUNT(versions))
		move->version = (enum plan_tls_version)(found + 1);
}

static void
read_forged(const struct node *map, const struct node *value, const char *key, struct plan_move *move,
    struct region *r)
{
	move->n_records = key_texts(map, key, r, &move->records);
	for (size_t i = 0; i < move->n_records; i++)
		if (strpbrk(move->records[i], " \t") == NULL)
			node_complain(value, "a forged record is TYPE DATA, as in 'MX 10 evil'");
	if (move->n_records == 0)
		node_complain(value, "must be a record (TYPE DATA) or a list of them");
}

static void
read_text(const struct node *value, struct plan_move *move, bool one_line, struct region *r)
{
	if (value->kind != NODE_TEXT) {
		node_complain(value, "must be a text");
		return;
	}
	move->bytes = world_read_bytes(value, r);
	if (one_line && memchr(move->bytes.data, '\n', move->bytes.len) != NULL)
		node_complain(value, "must be one line");
}

static void
read_parameter(const struct node *map, const struct pair *pair, struct plan_move *move, struct region *r)
{
	const struct node *value = pair->value;
	bool flag;

	switch (move_info(move->move)->parameter) {
	case MOVE_NONE:
		if (value->kind != NODE_TEXT || (value->text.len > 0 && !(node_flag(value, &flag) && flag)))
			node_complain(
			    value, "'%s' takes nothing; leave it empty, or write yes", pair->key->text.data);
		break;
	case MOVE_CODE:
		read_code(value, move);
		break;
	case MOVE_TEXT:
		read_text(value, move, true, r);
		break;
	case MOVE_BYTES:
	case MOVE_POLICY:
		read_text(value, move, false, r);
		break;
	case MOVE_VERB:
		read_verb(value, move, r);
		if (node_get(map, "with") == NULL)
			node_complain(
			    value, "'%s' needs the bytes of the answer under 'with'", pair->key->text.data);
		break;
	case MOVE_FAULT:
		read_fault(value, move);
		break;
	case MOVE_RECORDS:
		read_forged(map, value, pair->key->text.data, move, r);
		break;
	case MOVE_VERSION:
		read_version(value, move);
		break;
	}
}

/* --- where it is aimed --------------------------------------------------------------------------------- */

static uint32_t
read_count(const struct node *value, int64_t most)
{
	int64_t n;

	if (value == NULL)
		return 0;
	if (node_number(value, &n) && n >= 1 && n <= most)
		return (uint32_t)n;
	node_complain(value, "must be a number from 1 to %lld", (long long)most);
	return 0;
}

static void
read_host(const struct making *m, const struct node *at, struct plan_move *move)
{
	const struct scenario_world *w = m->world;
	size_t n = 0, found;
	const char **known = region_alloc(m->r, (w->n_hosts + m->attack->n_hosts + 2) * sizeof(*known));

	for (size_t i = 0; i < w->n_hosts; i++)
		known[n++] = w->hosts[i].label;
	for (size_t i = 0; i < m->attack->n_hosts; i++)
		known[n++] = m->attack->hosts[i].label;
	if (!w->policy_host.withdrawn)
		known[n++] = "mta-sts";
	if (!w->elsewhere.withdrawn)
		known[n++] = "elsewhere";
	read_word(at, "host", known, n, &found);
	if (found < n)
		move->host = known[found];
}

static void
read_aims(const struct making *m, const struct node *map, struct plan_move *move)
{
	const struct node *with = node_get(map, "with"), *at = node_get(map, "at"),
			  *family = node_get(map, "family");

	if (at != NULL)
		read_host(m, at, move);
	if (with != NULL && move_info(move->move)->parameter != MOVE_VERB)
		node_complain(with, "'with' goes with 'answer' only");
	else if (with != NULL)
		read_text(with, move, false, m->r);
	if (family != NULL && !node_is(family, "4") && !node_is(family, "6"))
		node_complain(family, "must be 4 or 6");
	move->family = node_is(family, "4") ? 4 : node_is(family, "6") ? 6 : 0;
	move->port = (uint16_t)read_count(node_get(map, "port"), 65535);
	move->connection = read_count(node_get(map, "connection"), 1000);
	move->attempt = read_count(node_get(map, "attempt"), 1000);
	move->times = read_count(node_get(map, "times"), 1000000);
}

/* --- moves ------------------------------------------------------------------------------------------------
 */

static void
push(const struct making *m, struct plan_move move)
{
	move.name = m->name;
	move.type = m->type;
	*(struct plan_move *)region_push(m->r, &m->attack->moves, &m->attack->n_moves, sizeof(move)) = move;
}

static void
read_bare(const struct making *m, const struct node *word)
{
	enum certificate_fault fault = m->layer == LAYER_CERTIFICATE ? fault_of(word->text) : FAULTS;
	enum move move = move_of(m->layer, word);

	if (node_is(word, "none"))
		return;
	if (fault != FAULTS)
		push(m, (struct plan_move){.move = MOVE_CERTIFICATE_PRESENT, .fault = fault});
	else if (move == MOVES)
		complain_unknown_move(m, word);
	else if (move_info(move)->parameter != MOVE_NONE)
		node_complain(word, "'%s' needs a value: {%s: …}", word->text.data, word->text.data);
	else
		push(m, (struct plan_move){.move = move});
}

static bool
is_aim(const struct node *key)
{
	for (size_t i = 0; i < COUNT(aims); i++)
		if (node_is(key, aims[i]))
			return true;
	return false;
}

static void
read_mapping(const struct making *m, const struct node *map)
{
	struct plan_move move = {.move = MOVES};

	for (size_t i = 0; i < map->n; i++) {
		const struct pair *pair = &map->pairs[i];
		enum move found = move_of(m->layer, pair->key);

		if (is_aim(pair->key))
			continue;
		if (found == MOVES) {
			complain_unknown_move(m, pair->key);
			return;
		}
		if (move.move != MOVES) {
			node_complain(pair->key, "one move at a time; write a list for several");
			return;
		}
		move.move = found;
		read_parameter(map, pair, &move, m->r);
	}
	if (move.move == MOVES) {
		node_complain(map, "no move is named here");
		return;
	}
	read_aims(m, map, &move);
	push(m, move);
}

static void
read_moves(const struct making *m, const struct node *value)
{
	if (value->kind == NODE_TEXT)
		read_bare(m, value);
	else if (value->kind == NODE_MAP)
		read_mapping(m, value);
	for (size_t i = 0; value->kind == NODE_LIST && i < value->n; i++) {
		if (value->items[i]->kind == NODE_LIST)
			node_complain(value->items[i], "must be a move, not another list");
		else
			read_moves(m, value->items[i]);
	}
}

/* "NAME" or "NAME TYPE". */
static void
read_question(struct making *m, const struct node *key)
{
	char *name = region_strdup(m->r, key->text.data), *type = name + strcspn(name, " ");

	m->name = name;
	m->type = NULL;
	if (*type != '\0') {
		*type++ = '\0';
		m->type = type;
	}
	for (; *type != '\0'; type++) {
		if (*type >= 'a' && *type <= 'z')
			*type = (char)(*type - 'a' + 'A');
		if (!text_is_alnum(*type)) {
			node_complain(key, "must be NAME or \"NAME TYPE\", as in \"@ MX\"");
			return;
		}
	}
	if (name[0] == '\0')
		node_complain(key, "must be NAME or \"NAME TYPE\", as in \"@ MX\"");
}

static void
read_dns(struct making *m, const struct node *dns)
{
	m->layer = LAYER_DNS;
	if (node_is(dns, "none"))
		return;
	if (dns->kind != NODE_MAP) {
		node_complain(dns, "must be a mapping from \"NAME\" or \"NAME TYPE\" to moves");
		return;
	}
	for (size_t i = 0; i < dns->n; i++) {
		read_question(m, dns->pairs[i].key);
		read_moves(m, dns->pairs[i].value);
	}
	m->name = m->type = NULL;
}

static void
read_attackers(struct making *m, const struct node *attack)
{
	static const char *const nothing_else[] = {NULL};
	const struct node *hosts = node_get(attack, "hosts");
	const struct key *mx = world_keys;

	while (!text_equal(mx->name, "mx"))
		mx++;
	const struct key keys[] = {
	    {"hosts", KEY_NAMED, false, "", nothing_else, mx->keys, 0, 0}, {0}};

	if (!keys_check_value(hosts, &keys[0]))
		return;
	said_read(attack, keys, &m->attack->said, &m->attack->n_said, m->r);
	m->attack->hosts = world_read_hosts(hosts, false, m->r, &m->attack->n_hosts);
	for (size_t i = 0; i < m->attack->n_hosts; i++)
		for (size_t k = 0; k < m->world->n_hosts; k++)
			if (text_equal(m->attack->hosts[i].label, m->world->hosts[k].label))
				node_complain(hosts->pairs[i].key,
				    "'%s' is an honest host of the world already", m->attack->hosts[i].label);
}

const struct scenario_attack *
attack_read(const struct node *attack, const struct scenario_world *world, struct region *r)
{
	struct making m = {.r = r, .attack = region_alloc(r, sizeof(struct scenario_attack)), .world = world};

	if (attack == NULL || attack->kind != NODE_MAP)
		return m.attack;
	if (node_get(attack, "hosts") != NULL)
		read_attackers(&m, attack);
	for (size_t i = 0; i < attack->n; i++) {
		const struct pair *pair = &attack->pairs[i];

		if (node_is(pair->key, "dns"))
			read_dns(&m, pair->value);
		for (unsigned layer = LAYER_POLICY_HOST; layer < LAYERS; layer++)
			if (node_is(pair->key, layer_name((enum plan_layer)layer))) {
				m.layer = (enum plan_layer)layer;
				read_moves(&m, pair->value);
			}
	}
	return m.attack;
}

void
attack_manual(struct manual *to)
{
	static const char *const parameters[] = {
	    "", "CODE", "TEXT", "BYTES", "VERB, with: BYTES", "FAULT", "RECORDS", "VERSION", "POLICY"};

	for (unsigned layer = 0; layer < LAYERS; layer++) {
		manual_part(to, layer_name((enum plan_layer)layer));
		manual_begin(to);
		for (unsigned i = 0; i < MOVES; i++) {
			const struct move_info *info = move_info((enum move)i);
			char left[64];

			if (info->layer != layer)
				continue;
			snprintf(left, sizeof(left), "%s%s%s", info->name,
			    info->parameter == MOVE_NONE ? "" : ": ", parameters[info->parameter]);
			manual_entry(to, left, "%s", info->meaning);
		}
		manual_end(to);
	}
	manual_text(to, "A move may be aimed: {MOVE: VALUE, at: HOST, family: 4|6, port: N, connection: N, "
			"attempt: N, times: N}.");
	manual_section(to, "Certificate faults");
	manual_begin(to);
	for (unsigned i = 0; i < FAULTS; i++)
		manual_entry(to, fault_name((enum certificate_fault)i), "%s",
		    fault_meaning((enum certificate_fault)i));
	manual_end(to);
}
