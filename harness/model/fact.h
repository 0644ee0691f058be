/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fact.h - one thing observed: typed, complete, never an opinion.
 *
 * Kinds and fields stand in facts.def. Facts travel as messages, one or several in each (fact_encode,
 * fact_take), and each is kept as one line of facts.jsonl (harness/record).
 */
#ifndef MODEL_FACT_H
#define MODEL_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"

#define FACT_ENCODED_MAX (32 * 1024) /* one message on the socket */
#define FACT_TEXT_MAX                                                                         \
	(24 * 1024) /* longer text is cut: "...[LEN bytes, sha256 HEX]" is the emitter's care \
		     */
#define FACT_FIELDS_MAX 8
#define FACT_NONE UINT32_MAX /* no leg, no step */

enum fact_kind {
#define FACT(ID, member, name, meaning, fields) FACT_##ID,
#include "harness/model/facts.def"
#undef FACT
	FACT_KINDS
};

enum fact_source { FACT_FROM_FRONT, FACT_FROM_WORLD, FACT_FROM_WITNESS, FACT_SOURCES };

struct fact {
	enum fact_kind kind;
	enum fact_source source;
	uint32_t number;     /* in that source, from 1, without gaps */
	uint64_t t_ns;       /* monotonic, where it was observed */
	uint32_t leg;        /* index into plan.legs, or FACT_NONE */
	uint32_t step;       /* of that leg, or FACT_NONE */
	uint32_t connection; /* of the client's, from 1; 0 none */
	union {
#define FACT_TYPE_number int64_t
#define FACT_TYPE_flag int64_t
#define FACT_TYPE_text struct bytes
#define F(name, type) FACT_TYPE_##type name;
#define O(name, type) F(name, type)
#define FACT(ID, member, name, meaning, fields) \
	struct {                                \
		fields                          \
	} member;
#include "harness/model/facts.def"
#undef FACT
#undef O
#undef F
	};
};

enum fact_type { FACT_number, FACT_flag, FACT_text };

struct fact_field {
	const char *name;
	enum fact_type type;
	bool optional; /* a record may lack it: then it is empty, or 0 */
	size_t offset; /* in struct fact */
};

struct fact_info {
	const char *name, *meaning;
	const struct fact_field *fields; /* borrowed, static */
	size_t n_fields;
};

const struct fact_info *fact_info(enum fact_kind kind);
/* By name ("tls-up"); FACT_KINDS when there is none. */
enum fact_kind fact_kind_of(struct bytes name);
const char *fact_source_name(enum fact_source source);
enum fact_source fact_source_of(struct bytes name); /* FACT_SOURCES when there is none */
/* By field name; NULL when the kind has no such field. */
const struct fact_field *fact_field_of(enum fact_kind kind, struct bytes name);

int64_t fact_number(const struct fact *f, const struct fact_field *field);
struct bytes fact_text(const struct fact *f, const struct fact_field *field);
void fact_set_number(struct fact *f, const struct fact_field *field, int64_t value);
void
fact_set_text(struct fact *f, const struct fact_field *field, struct bytes value); /* borrowed by the fact */

/*
 * Returns the length written into `out` (little-endian, header then fields in order), or 0 when
 * it does not fit. Text longer than FACT_TEXT_MAX is cut to that many bytes.
 */
size_t fact_encode(const struct fact *f, unsigned char *out, size_t size);
/* 0, or -1 when the bytes are no fact. Text fields are borrowed from `data`. */
int fact_decode(struct fact *ret, const unsigned char *data, size_t len);
/* The same of the first fact in a message; `message` is what stands behind it then. */
int fact_take(struct fact *ret, struct bytes *message);

/*
 * Where a part of the lab hands its facts. The sink stamps source, number and (when 0) t_ns, and copies.
 */
struct fact_sink {
	void (*take)(struct fact_sink *sink, const struct fact *f);
};

static inline void
fact_emit(struct fact_sink *sink, const struct fact *f)
{
	sink->take(sink, f);
}

#endif
