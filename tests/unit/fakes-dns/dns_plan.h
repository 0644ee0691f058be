/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_plan.h - one small plan for the DNS tests: root and example. for all, leg 0 with two steps.
 *
 * Leg 0 owns a0001.example (secure), plain.a0001.example (insecure) and elsewhere.test (insecure).
 */
#ifndef TEST_DNS_PLAN_H
#define TEST_DNS_PLAN_H

#include "fakes/scene/scene.h"

#define R(OWNER, TYPE, RDATA)                                \
	{                                                    \
		.owner = OWNER, .type = TYPE, .rdata = RDATA \
	}
#define D "a0001.example."
#define T100                                                                                                 \
	"01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"89"

static struct plan_record home_records[] = {
    R(D, "MX", "10 mx1." D),
    R(D, "MX", "5 MX2." D),
    R("mx1." D, "A", "198.18.1.1"),
    R("mx1." D, "AAAA", "2001:db8::101"),
    R("mx2." D, "A", "198.18.1.2"),
    R("_25._tcp.mx1." D, "TLSA", "3 1 1 00000000000000000000000000000000000000000000000000000000000000ff"),
    R("_25._tcp.mx2." D, "TLSA", "\\# 3 030101"),
    R("_UPPER." D, "TXT", "\"shouted\""),
    R("odd." D, "TYPE65400", "\\# 4 01020304"),
    R("empty-rdata." D, "TLSA", "\\# 0"),
    R("_mta-sts." D, "TXT", "\"v=STSv1; \" \"id=1;\""),
    R("alias." D, "CNAME", "mx1." D),
    R("out." D, "CNAME", "host.elsewhere.test."),
    R("dangling." D, "CNAME", "nowhere." D),
    R("loop." D, "CNAME", "pool." D),
    R("pool." D, "CNAME", "loop." D),
    R("*.wild." D, "TXT", "\"wild\""),
    R("tame.wild." D, "A", "198.18.1.9"),
    R("big." D, "TXT", "\"" T100 T100 "\" \"" T100 T100 "\" \"" T100 T100 "\""),
    R("huge." D, "TXT",
	"\"" T100 T100 "\" \"" T100 T100 "\" \"" T100 T100 "\" \"" T100 T100 "\" \"" T100 T100
	"\" \"" T100 T100 "\" \"" T100 T100 "\" \"" T100 T100 "\" \"" T100 T100 "\""),
};
static struct plan_record plain_records[] = {R("www.plain." D, "A", "198.18.1.3")};
static struct plan_record elsewhere_records[] = {R("host.elsewhere.test.", "A", "198.18.1.4")};
static struct plan_record later_records[] = {
    R(D, "MX", "10 evil.test."), R("broken." D, "A", "not an address")};

#define RECORDS(array) .records = array, .n_records = sizeof(array) / sizeof(array[0])

static struct plan_zone base_zones[] = {{.apex = ".", .secure = true}, {.apex = "example.", .secure = true}};
static struct plan_zone first_zones[] = {
    {.apex = D, .secure = true, RECORDS(home_records)},
    {.apex = "plain." D, RECORDS(plain_records)},
    {.apex = "elsewhere.test.", RECORDS(elsewhere_records)},
};
static struct plan_zone later_zones[] = {{.apex = D, .secure = false, RECORDS(later_records)}};
static struct plan_world dns_worlds[] = {
    {.zones = first_zones, .n_zones = 3}, {.zones = later_zones, .n_zones = 1}};

/* Step 2 is step 0 with the moves of the test. */
static struct plan_step dns_steps[] = {
    {.world = &dns_worlds[0]}, {.world = &dns_worlds[1]}, {.world = &dns_worlds[0]}};
static struct plan_leg dns_legs[] = {{.domain = "a0001.example", .steps = dns_steps, .n_steps = 3}};
static struct plan dns_plan = {.legs = dns_legs, .n_legs = 1, .base = {.zones = base_zones, .n_zones = 2}};

#endif
