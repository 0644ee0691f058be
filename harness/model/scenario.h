/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario.h - one scenario as its file says it: world, attack, steps. Names are still relative.
 *
 * Made by harness/scenario, read by harness/plan, which sees nothing of what is expected: that
 * part hangs on it as an opaque pointer (expectations.h, for the docket alone).
 *
 * Relative names: "@" is the domain, "mx1" is mx1.DOMAIN, a label of `attack.hosts` is that host,
 * a name with a trailing dot is complete. Texts may hold {domain}, {leg} (its first label), {id}, {LABEL} for a
 * host's name and {LABEL.address} for its address.
 */
#ifndef MODEL_SCENARIO_H
#define MODEL_SCENARIO_H

#include "harness/model/plan.h"

struct scenario_expectations;

struct scenario_policy {
	bool given;       /* false: the domain has none */
	const char *mode; /* "enforce", or whatever word the file has */
	int64_t max_age_s;
	const char *id;        /* NULL: made from the text, so that another policy has another id */
	const char *const *mx; /* patterns, relative */
	size_t n_mx;
	bool has_mx; /* false: every host that an MX record names */
	bool raw;    /* then `text` is the policy to the byte */
	struct bytes text;
};

struct scenario_policy_host {
	bool withdrawn; /* no such name in the DNS */
	bool refused, blackholed;
	struct plan_certificate certificate;
	struct plan_response response; /* a body is there only when has_body; else the policy's text */
	bool has_body;
};

struct scenario_host {
	const char *label;
	bool listed; /* an MX record names it */
	uint16_t preference;
	bool refused, blackholed;
	struct plan_certificate certificate; /* names relative */
	struct plan_smtp smtp;
};

struct scenario_record {
	const char *owner, *type, *rdata; /* relative; the type in upper case */
};

/* A key that the file gives, in the words of the table that checks it. */
struct scenario_said {
	const char *path;            /* keys that lead there, without labels: "mx/tls/min" */
	const char *label;           /* of the host that it is said of; NULL none */
	const char *meaning, *value; /* of a flag: yes, no */
};

struct scenario_world {
	struct scenario_policy policy;
	struct scenario_policy_host policy_host;
	struct scenario_policy_host
	    elsewhere;                  /* a second web server, for redirects; withdrawn unless given */
	bool has_sts_records;           /* false: the one that the policy calls for */
	const char *const *sts_records; /* texts of the TXT records at _mta-sts */
	size_t n_sts_records;
	struct scenario_host *hosts;
	size_t n_hosts;
	struct scenario_record *records; /* besides those that follow from the rest */
	size_t n_records;
	bool secure;
	struct scenario_said *said; /* everything above that the file gives */
	size_t n_said;
};

struct scenario_attack {
	struct plan_move *moves; /* names relative, never neutral */
	size_t n_moves;
	struct scenario_host *hosts; /* the attacker's own */
	size_t n_hosts;
	struct scenario_said *said; /* of these hosts */
	size_t n_said;
};

struct scenario_step {
	enum plan_action action;
	uint32_t count, recipients; /* messages, and recipients of each */
	const char *at;             /* where the recipients are: "@", or a name below the domain */
	/* more recipients, one at each of these names, in front of them and behind; not judged */
	const char *const *ahead, *const *behind;
	size_t n_ahead, n_behind;
	const char *const *headers; /* more header lines of each message */
	size_t n_headers;
	uint64_t after_s; /* since the start: where the client's wall clock stands in this step */
	bool requiretls;
	bool keep, warm_up, retry;          /* retry: what is held is tried again before the step is over */
	const struct scenario_world *world; /* of the attack leg; equal worlds are the same pointer */
	const struct scenario_world *control_world; /* of the control leg */
	const struct scenario_attack *attack;       /* what is going on in this step; never NULL */
	struct scenario_said *said;                 /* of the step itself; not its attack, not its expectation */
	size_t n_said;
};

/* What a scenario tells of a client that comes without a description; see harness/command/probe.h. */
enum scenario_probe { PROBE_NONE, PROBE_HONEST, PROBE_BUSY, PROBE_STRIPPED, PROBE_UNPROVED, PROBES };

struct scenario {
	const char *name, *family, *title, *why, *file;
	const char *const *covers, *const *needs, *const *catches;
	size_t n_covers, n_needs, n_catches;
	enum scenario_probe probe;
	struct scenario_step *steps;
	size_t n_steps;
	bool has_control;      /* the legs differ */
	bool opposite_control; /* the control leg suffers the attack too, in another world, and must refuse */
	bool recovers;         /* a last step without the attack is appended */
	const struct scenario_world *world, *control_world; /* before any attack: of the recovery */
	const struct scenario_expectations *expectations;
};

#endif
