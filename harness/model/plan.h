/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - what the lab shows: names, addresses, records, faults and moves, per leg and step.
 *
 * Made by harness/plan from worlds and attacks alone; read by the lab, the fakes, the witness and the
 * client driver. It names things and makes none: keys, certificates, zones come at first use.
 * Nothing here says what would be right. All of it is owned by plan.region.
 */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/region.h"
#include "harness/base/text.h"

#define PLAN_TOKEN_PREFIX "mtmx"      /* tokens: this and 12 more letters and digits */
#define PLAN_TOKEN_LEN 16

enum plan_layer { LAYER_DNS, LAYER_POLICY_HOST, LAYER_TCP, LAYER_SMTP, LAYER_TLS, LAYER_CERTIFICATE, LAYERS };

enum move_parameter {
	MOVE_NONE,
	MOVE_CODE,
	MOVE_TEXT,
	MOVE_BYTES,
	MOVE_VERB,
	MOVE_FAULT,
	MOVE_RECORDS,
	MOVE_VERSION,
	MOVE_POLICY
};

enum move {
#define MOVE(LAYER, ID, name, PARAMETER, meaning, neutral) MOVE_##ID,
#include "harness/model/moves.def"
#undef MOVE
	MOVES
};

struct move_info {
	enum plan_layer layer;
	const char *name;
	enum move_parameter parameter;
	const char *meaning, *neutral;
};

const struct move_info *move_info(enum move move);
const char *layer_name(enum plan_layer layer); /* "policy-host" */

enum certificate_fault {
#define FAULT(ID, name, meaning) FAULT_##ID,
#include "harness/model/certificate_faults.def"
#undef FAULT
	FAULTS
};

const char *fault_name(enum certificate_fault fault);
const char *fault_meaning(enum certificate_fault fault);
enum certificate_fault fault_of(struct bytes name); /* FAULTS when there is none */

/* --- addresses ------------------------------------------------------------------------- */

/* A host owns one number; its addresses are made of it: 198.18.0.0/15 + n and 2001:db8:: + n. */
#define PLAN_V4_BASE 0xc6120000u /* 198.18.0.0 */
#define PLAN_HOSTS_MAX 131072u
#define PLAN_RESOLVER 53u    /* 198.18.0.53 and 2001:db8::35 */
#define PLAN_FIRST_HOST 256u /* below: the resolver, the return host */

struct plan_address {
	uint8_t v6; /* 1 for IPv6 */
	uint32_t number;
};

void plan_address_text(struct plan_address a, char out[64]);
/* From the 4 or 16 bytes of a socket address; false when outside the test range. */
bool plan_address_from(struct plan_address *ret, const void *bytes, size_t len);
/* Writes 4 or 16 bytes in network order; returns how many. */
size_t plan_address_bytes(struct plan_address a, uint8_t out[16]);

/* --- the receiving side ---------------------------------------------------------------- */

struct plan_record {
	const char *owner; /* full name, with trailing dot; may be a wildcard */
	const char *type;  /* "MX", "TXT", "TYPE65400" */
	const char *rdata; /* zone-file form, names complete */
	uint32_t ttl;
};

struct plan_zone {
	const char *apex; /* with trailing dot */
	bool secure;      /* answers carry AD when asked for */
	struct plan_record *records;
	size_t n_records;
};

struct plan_certificate {
	enum certificate_fault fault;
	const char *const *names; /* DNS names in subjectAltName; NULL: the host's own name */
	size_t n_names;
};

enum plan_tls_version { TLS_DEFAULT, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 };

/* How the body of an HTTP response is framed, and what is wrong with that. */
enum http_shape {
	HTTP_LENGTH, /* Content-Length, then close */
	HTTP_CLOSE,  /* no length; the end of the connection is the end */
	HTTP_CHUNKED,
	HTTP_TOO_LONG,  /* Content-Length says 100 bytes more than are sent */
	HTTP_TOO_SHORT, /* Content-Length says half of what is sent */
	HTTP_ENDLESS,   /* chunks without end, up to 16 MiB */
	HTTP_GZIP,      /* Content-Encoding: gzip, stored blocks */
	HTTP_CONTINUE,  /* 100 Continue first */
	HTTP_1_0,       /* HTTP/1.0 status line, closed at the end */
	HTTP_RAW        /* `raw` is everything, to the byte */
};

struct plan_response {
	unsigned status;
	const char *content_type; /* NULL: no such header */
	const char *location;     /* NULL: no such header */
	const char *headers;      /* more header lines, each with CRLF; NULL none */
	struct bytes body;
	size_t pad_to; /* the body is filled up with extension lines to this many bytes */
	enum http_shape shape;
	bool drip; /* one byte at a time */
	struct bytes raw;
};

struct plan_smtp {
	bool starttls;        /* offered in EHLO */
	bool esmtp;           /* EHLO is understood; else 502 and HELO only */
	bool size;            /* SIZE is offered */
	bool starttls_inside; /* STARTTLS is offered inside TLS, too, and refused there */
	enum plan_tls_version min_tls, max_tls;
	const char *banner;      /* text after the greeting's name; NULL the usual one */
	const char *reject_rcpt; /* answer to every RCPT, e.g. "450 4.2.1 busy"; NULL accept */
	const char *reject_data; /* answer to the end of data; NULL accept */
};

enum plan_role { ROLE_MX, ROLE_POLICY, ROLE_OTHER };

struct plan_host {
	const char *label; /* the scenario's word: mx1, mta-sts, evil */
	const char *name;  /* full DNS name, no trailing dot */
	uint32_t number;   /* see struct plan_address */
	enum plan_role role;
	bool attackers; /* the attacker's own machine: what arrives here did not arrive */
	bool refused, blackholed;
	struct plan_certificate certificate;
	struct plan_smtp smtp;          /* ROLE_MX */
	struct plan_response *response; /* ROLE_POLICY; NULL: 404 */
};

struct plan_world {
	struct plan_zone *zones;
	size_t n_zones;
	struct plan_host *hosts;
	size_t n_hosts;
};

/* --- the man in the middle ------------------------------------------------------------- */

struct plan_move {
	enum move move;
	bool neutral;        /* go the same way, change nothing */
	const char *host;    /* label it is aimed at; NULL any host it can apply to */
	const char *name;    /* dns: full owner name, lower case, no trailing dot */
	const char *type;    /* dns: record type; NULL any */
	uint8_t family;      /* 4, 6; 0 any */
	uint16_t port;       /* 0 any */
	uint32_t connection; /* only the nth connection to the host in the step; 0 any */
	uint32_t attempt;    /* only the nth connection of the step to any MX; 0 any */
	uint32_t times;      /* at most so many times in the step; 0 unlimited */
	/* the parameter, by move_info()->parameter */
	uint32_t code;                 /* CODE */
	struct bytes bytes;            /* TEXT, BYTES, POLICY; VERB: what `with` says */
	const char *verb;              /* VERB, upper case; "GREETING", "CONTENT" */
	enum certificate_fault fault;  /* FAULT */
	enum plan_tls_version version; /* VERSION */
	const char *const *records;    /* RECORDS: "[OWNER.] TYPE rdata" in zone-file form, names complete */
	size_t n_records;
};

/* --- what the client is asked to do ---------------------------------------------------- */

struct plan_recipient {
	const char *address; /* its local part is its token */
	bool companion;      /* the message goes there, too, but what becomes of that is not what is asked */
};

struct plan_message {
	uint32_t number;    /* in the run, from 1 */
	const char *sender; /* envelope; its local part is a token */
	struct plan_recipient *recipients;
	size_t n_recipients;
	struct bytes text; /* RFC 5322, CRLF, with a token in a header and one in the body */
	bool requiretls;
};

enum plan_action { ACTION_SEND, ACTION_RETRY, ACTION_RESTART };

struct plan_step {
	enum plan_action action;
	bool warm_up;      /* one more message (the last of `messages`) follows if the policy came after the
			      arrival */
	bool retries_held; /* what is held at the end is tried once more before the step is over */
	bool recovery;     /* the implicit last step: attack gone, what is held is tried again */
	uint64_t offset_s; /* the client's wall clock, ahead of the true one; never less than in the step
			      before */
	bool keep;         /* the world does not close idle sessions */
	struct plan_message *messages;
	size_t n_messages;              /* a warm-up's spare is counted */
	const struct plan_world *world; /* may be shared with other steps */
	struct plan_move *moves;
	size_t n_moves;
};

enum plan_side { SIDE_ATTACK, SIDE_CONTROL };

struct plan_leg {
	uint32_t scenario; /* index into plan.scenarios */
	enum plan_side side;
	const char *domain; /* no trailing dot */
	struct plan_step *steps;
	size_t n_steps;
};

struct plan_scenario {
	const char *name;
	const char *file;
	const char *const *needs; /* mechanisms */
	size_t n_needs;
	bool stalls;              /* has a move or host that makes the client wait: started first */
	bool jumps;               /* the client's clock is moved: played on a machine with such alone */
	bool restarts;            /* the client is started anew, and forgets: the same */
	uint32_t attack, control; /* leg numbers; control is FACT_NONE when there is none */
};

/* Faults planted into the lab itself, to show that no verdict survives them. */
enum plan_plant {
	PLANT_NOTHING,
	PLANT_INERT_MOVES,    /* moves are armed and do nothing */
	PLANT_WITHHOLD_CLEAR, /* the world keeps its first clear-text `mail` fact to itself */
	PLANT_DEAF_WITNESS,   /* the witness's buffer is so small that it drops */
	PLANT_DEAD_CONTROL,   /* control legs refuse all connections */
	PLANT_UNWATCHED       /* all worlds are honest, the witness reads nothing, no fact is kept */
};

struct plan {
	struct region *region;
	struct plan_leg *legs;
	size_t n_legs;
	struct plan_scenario *scenarios;
	size_t n_scenarios;
	uint32_t n_hosts;          /* numbers below this are in use */
	uint32_t *leg_of_host;     /* by host number; FACT_NONE: shared */
	uint8_t family;            /* 4 or 6: what honest hosts have */
	const char *return_domain; /* of every sender address; honest, accepts bounces */
	struct plan_world base;    /* shared by all legs: root, example., the return domain and host */
	enum plan_plant plant;
};

/* Frees everything; NULL is fine. */
void plan_free(struct plan *plan);

/* The host with this number in this world, or NULL. */
const struct plan_host *plan_host_at(const struct plan_world *world, uint32_t number);

#endif
