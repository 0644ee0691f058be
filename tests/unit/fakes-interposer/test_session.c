/* SPDX-License-Identifier: Apache-2.0 */
/* test_session.c - clients, the interposer and the MX in a namespace of their own: what each sees and tells.
 */
#include <sys/resource.h>

#include "tests/unit/fakes-interposer/small_lab.h"

static struct pki *pki;
static bool in_namespace;

static void
need_namespace(void)
{
	need(in_namespace, NET_NAMESPACE_MISSING);
}

#define HOST 300u

#define GREETED "<\n>EHLO me\n<\n"
#define ENVELOPE ">MAIL FROM:<a@b.example>\n<\n>RCPT TO:<c@a0001.example>\n<\n"
#define MESSAGE ">DATA\n<\n!Subject: x\\r\\n\\r\\nhi\\r\\n.\\r\\n\n<\n"
#define QUIT ">QUIT\n<\nE\n"
#define UPGRADED GREETED ">STARTTLS\n<\n"

static const struct row {
	const char *name;
	struct plan_move moves[3];
	size_t n_moves;
	struct plan_smtp smtp;     /* of the host, beside esmtp and starttls */
	bool plain, attackers, v6; /* plain: no STARTTLS */
	enum plan_role role;
	const char *script, *want_notes, *want_facts;
} rows[] = {
    /* --- honest ways ---------------------------------------------------------------------- */
    {.name = "in clear",
	.script = GREETED ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 250 250 354 250 221 eof ",
	.want_facts = "M:c R:c D:c arrived closed:world/fin "},
    {.name = "over IPv6",
	.v6 = true,
	.script = GREETED ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 250 250 354 250 221 eof ",
	.want_facts = "M:c R:c D:c arrived closed:world/fin "},
    {.name = "pipelined",
	.script = GREETED
	"!MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\n\n<\n<\n<\n!hi\\r\\n.\\r\\nQUIT\\r\\n\n<\n<\nE\n",
	.want_notes = "220 250 250 250 354 250 221 eof ",
	.want_facts = "M:c R:c D:c arrived closed:world/fin "},
    {.name = "TLS end to end, 1.3",
	.script = UPGRADED "V1.3\n>EHLO me\n<\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.3:g M:g R:g D:g arrived closed:world/fin "},
    {.name = "TLS end to end, 1.2",
	.script = UPGRADED "V1.2\n>EHLO me\n<\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 TLSv1.2 250 250 250 354 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.2:g M:g R:g D:g arrived closed:world/fin "},
    {.name = "the attacker's own machine",
	.attackers = true,
	.script = UPGRADED "T\n>EHLO me\n<\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:a up:1.3:a M:a R:a D:a stolen closed:world/fin "},
    {.name = "a genuine MX with old TLS only",
	.smtp = {.max_tls = TLS_1_1},
	.script = UPGRADED "T1.2\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g failed:-1 closed:world/fin "},
    {.name = "a refused recipient",
	.smtp = {.reject_rcpt = "450 4.2.1 busy"},
	.script = GREETED ENVELOPE ">DATA\n<\n" QUIT,
	.want_notes = "220 250 250 450 503 221 eof ",
	.want_facts = "M:c R:c closed:world/fin "},
    {.name = "a host that has no SMTP",
	.role = ROLE_POLICY,
	.script = "E\n",
	.want_notes = "reset ",
	.want_facts = "closed:world/reset "},
    {.name = "a client that leaves in the middle of content",
	.script = GREETED ENVELOPE ">DATA\n<\n>secret\n",
	.want_notes = "220 250 250 250 354 ",
	.want_facts = "M:c R:c d:c closed:client/fin "},
    {.name = "a client that leaves in the middle of content inside TLS",
	.script = UPGRADED "T\n>EHLO me\n<\n" ENVELOPE ">DATA\n<\n>secret\n",
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.3:g M:g R:g d:g closed:client/fin "},
    {.name = "a client that closes its half and waits",
	.script = "C\n!EHLO me\\r\\nNOOP\\r\\nQUIT\\r\\n\nW\n<\n<\n<\n<\nE\n",
	.want_notes = "220 250 250 221 eof ",
	.want_facts = "closed:client/fin "},
    {.name = "a client that closes its half before QUIT",
	.script = "!EHLO me\\r\\nNOOP\\r\\n\nW\n<\n<\n<\nE\n",
	.want_notes = "220 250 250 eof ",
	.want_facts = "closed:client/fin "},
    {.name = "a megabyte waits for whom it must",
	.script = GREETED ENVELOPE ">DATA\n<\nB\n>.\n<\n" QUIT,
	.want_notes = "220 250 250 250 354 250 221 eof ",
	.want_facts = "M:c R:c d:c D:c arrived closed:world/fin "},
    {.name = "a megabyte inside TLS",
	.script = UPGRADED "T\n>EHLO me\n<\n" ENVELOPE ">DATA\n<\nB\n>.\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 250 221 eof ",
	.want_facts =
	    "hello:mx1.a0001.example shown:valid:g up:1.3:g M:g R:g d:g D:g arrived closed:world/fin "},
    {.name = "plaintext behind STARTTLS is told, and not taken inside",
	.script = GREETED "!STARTTLS\\r\\nMAIL FROM:<a@b>\\r\\n\n<\nT\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "M:c hello:mx1.a0001.example shown:valid:g up:1.3:g closed:world/fin "},

    /* --- tcp ------------------------------------------------------------------------------ */
    {.name = "reset",
	.moves = {{.move = MOVE_TCP_RESET}},
	.n_moves = 1,
	.script = "E\n",
	.want_notes = "reset ",
	.want_facts = "met:reset closed:world/reset "},
    {.name = "close",
	.moves = {{.move = MOVE_TCP_CLOSE}},
	.n_moves = 1,
	.script = "E\n",
	.want_notes = "eof ",
	.want_facts = "met:close closed:world/fin "},
    {.name = "stall, until the step is over; what the client says all the same is told",
	.moves = {{.move = MOVE_TCP_STALL}},
	.n_moves = 1,
	.script = ">MAIL FROM:<a@b>\nH\nE\n",
	.want_notes = "rests eof ",
	.want_facts = "met:stall M:c closed:world/fin "},
    {.name = "tcp moves in neutral form",
	.moves = {{.move = MOVE_TCP_RESET, .neutral = true}, {.move = MOVE_TCP_CLOSE, .neutral = true},
	    {.move = MOVE_TCP_STALL, .neutral = true}},
	.n_moves = 3,
	.script = "<\n" QUIT,
	.want_notes = "220 221 eof ",
	.want_facts = "met:reset~ met:close~ met:stall~ closed:world/fin "},

    /* --- smtp ----------------------------------------------------------------------------- */
    {.name = "strip-starttls",
	.moves = {{.move = MOVE_SMTP_STRIP}},
	.n_moves = 1,
	.script = GREETED ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 250 250 354 250 221 eof ",
	.want_facts = "met:strip-starttls M:c R:c D:c arrived closed:world/fin -1 "},
    {.name = "strip-starttls where there is none is not met",
	.moves = {{.move = MOVE_SMTP_STRIP}},
	.n_moves = 1,
	.plain = true,
	.script = GREETED QUIT,
	.want_notes = "220 250 221 eof ",
	.want_facts = "closed:world/fin "},
    {.name = "strip-starttls in neutral form",
	.moves = {{.move = MOVE_SMTP_STRIP, .neutral = true}},
	.n_moves = 1,
	.script = UPGRADED "V\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "met:strip-starttls~ hello:mx1.a0001.example shown:valid:g up:1.3:g closed:world/fin "},
    {.name = "mangle-starttls",
	.moves = {{.move = MOVE_SMTP_MANGLE}},
	.n_moves = 1,
	.script = GREETED QUIT,
	.want_notes = "220 250 221 eof ",
	.want_facts = "~250 met:mangle-starttls closed:world/fin "},
    {.name = "rewrite-starttls",
	.moves = {{.move = MOVE_SMTP_REWRITE, .bytes = {"TTLS", 4}}},
	.n_moves = 1,
	.script = GREETED QUIT,
	.want_notes = "220 250 221 eof ",
	.want_facts = "~250 met:rewrite-starttls closed:world/fin "},
    {.name = "mangle-command",
	.moves = {{.move = MOVE_SMTP_MANGLE_COMMAND}},
	.n_moves = 1,
	.script = UPGRADED QUIT,
	.want_notes = "220 250 500 221 eof ",
	.want_facts = "STARTTLS>XXXXXXXX met:mangle-command closed:world/fin "},
    {.name = "refuse-starttls",
	.moves = {{.move = MOVE_SMTP_REFUSE_STARTTLS, .code = 454}},
	.n_moves = 1,
	.script = UPGRADED QUIT,
	.want_notes = "220 250 454 221 eof ",
	.want_facts = "!454 met:refuse-starttls closed:world/fin "},
    {.name = "mangle-command and refuse-starttls in neutral form",
	.moves = {{.move = MOVE_SMTP_MANGLE_COMMAND, .neutral = true},
	    {.move = MOVE_SMTP_REFUSE_STARTTLS, .code = 454, .neutral = true}},
	.n_moves = 2,
	.script = UPGRADED "T\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 221 eof ",
	.want_facts = "met:refuse-starttls~ met:mangle-command~ hello:mx1.a0001.example shown:valid:g "
		      "up:1.3:g closed:world/fin "},
    {.name = "answer MAIL and RCPT",
	.moves = {{.move = MOVE_SMTP_ANSWER, .verb = "MAIL", .bytes = {"550 5.1.1 no\r\n", 14}},
	    {.move = MOVE_SMTP_ANSWER, .verb = "RCPT", .bytes = {"451-a\r\n451 b\r\n", 14}}},
	.n_moves = 2,
	.script = GREETED "!NOOP\\r\\nMAIL FROM:<a@b>\\r\\nNOOP\\r\\nRCPT TO:<c@d>\\r\\n\n<\n<\n<\n<\n" QUIT,
	.want_notes = "220 250 250 550 250 451 221 eof ",
	.want_facts = "M:c R:c !550 met:answer !451 !451 met:answer closed:world/fin "},
    {.name = "answer the greeting",
	.moves = {{.move = MOVE_SMTP_ANSWER, .verb = "GREETING", .bytes = {"554 no\r\n", 8}}},
	.n_moves = 1,
	.script = "<\n" QUIT,
	.want_notes = "554 221 eof ",
	.want_facts = "~554 met:answer closed:world/fin "},
    {.name = "answer EHLO, and the client goes on with HELO",
	.moves = {{.move = MOVE_SMTP_ANSWER, .verb = "EHLO", .bytes = {"502 what\r\n", 10}}},
	.n_moves = 1,
	.script = GREETED ">HELO me\n<\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 502 250 250 250 354 250 221 eof ",
	.want_facts = "!502 met:answer M:c R:c D:c arrived closed:world/fin "},
    {.name = "answer nothing, until the step is over",
	.moves = {{.move = MOVE_SMTP_ANSWER, .verb = "EHLO", .bytes = {"", 0}}},
	.n_moves = 1,
	.script = "<\n>EHLO me\nH\nE\n",
	.want_notes = "220 rests eof ",
	.want_facts = "met:answer closed:world/fin "},
    {.name = "answer the end of content: the message does not arrive",
	.moves = {{.move = MOVE_SMTP_ANSWER, .verb = "CONTENT", .bytes = {"451 4.3.0 no\r\n", 14}}},
	.n_moves = 1,
	.script = GREETED ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 250 250 354 451 221 eof ",
	.want_facts = "M:c R:c D:c !451 met:answer !221 closed:world/fin "},
    {.name = "answer DATA: content is taken and goes nowhere",
	.moves = {{.move = MOVE_SMTP_ANSWER, .verb = "DATA", .bytes = {"354 ok\r\n", 8}}},
	.n_moves = 1,
	.script = GREETED ENVELOPE MESSAGE ">MAIL FROM:<a@b>\n<\n" QUIT,
	.want_notes = "220 250 250 250 354 451 250 221 eof ",
	.want_facts = "M:c R:c !354 met:answer D:c !451 M:c closed:world/fin "},
    {.name = "answer STARTTLS by 220, and go on in clear",
	.moves = {{.move = MOVE_SMTP_ANSWER, .verb = "STARTTLS", .bytes = {"220 ok\r\n", 8}}},
	.n_moves = 1,
	.script = UPGRADED ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 250 250 354 250 221 eof ",
	.want_facts = "!220 met:answer M:c R:c D:c arrived closed:world/fin "},
    {.name = "answer in neutral form",
	.moves = {{.move = MOVE_SMTP_ANSWER, .verb = "RCPT", .bytes = {"550 no\r\n", 8}, .neutral = true}},
	.n_moves = 1,
	.script = GREETED ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 250 250 354 250 221 eof ",
	.want_facts = "M:c R:c met:answer~ D:c arrived closed:world/fin "},
    {.name = "inject: bytes behind the 220 are read before TLS",
	.moves = {{.move = MOVE_SMTP_INJECT, .bytes = {"250 injected\r\n", 14}}},
	.n_moves = 1,
	.script = UPGRADED "<\nT\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 250 TLSv1.3 250 221 eof ",
	.want_facts = "!250 met:inject hello:mx1.a0001.example shown:valid:g up:1.3:g closed:world/fin "},
    {.name = "inject-apart: the same in a segment of its own",
	.moves = {{.move = MOVE_SMTP_INJECT_APART, .bytes = {"250 injected\r\n", 14}}},
	.n_moves = 1,
	.script = UPGRADED "<\nT\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 250 TLSv1.3 250 221 eof ",
	.want_facts =
	    "!250 met:inject-apart hello:mx1.a0001.example shown:valid:g up:1.3:g closed:world/fin "},
    {.name = "answer-and-close, and the client goes",
	.moves = {{.move = MOVE_SMTP_ANSWER_AND_CLOSE, .verb = "STARTTLS", .bytes = {"454 no\r\n", 8}}},
	.n_moves = 1,
	.script = UPGRADED "E\n",
	.want_notes = "220 250 454 eof ",
	.want_facts = "!454 met:answer-and-close closed:world/fin "},
    {.name = "answer-and-close: what is said in clear behind the end is told",
	.moves = {{.move = MOVE_SMTP_ANSWER_AND_CLOSE, .verb = "STARTTLS", .bytes = {"454 no\r\n", 8}}},
	.n_moves = 1,
	.script = UPGRADED ">MAIL FROM:<a@b>\n>RCPT TO:<c@d>\nE\n",
	.want_notes = "220 250 454 eof ",
	.want_facts = "!454 met:answer-and-close M:c R:c closed:world/fin "},
    {.name = "replace-ehlo: STARTTLS leads to the MX all the same",
	.moves = {{.move = MOVE_SMTP_REPLACE_EHLO, .bytes = {"250-x\r\n250 STARTTLS\r\n", 21}}},
	.n_moves = 1,
	.script = UPGRADED "V\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts =
	    "~250 ~250 met:replace-ehlo hello:mx1.a0001.example shown:valid:g up:1.3:g closed:world/fin -3 "},
    {.name = "cut-ehlo: the rest answers the next command, which the MX gets",
	.moves = {{.move = MOVE_SMTP_CUT_EHLO}},
	.n_moves = 1,
	.script = GREETED ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 250 250 354 250 221 eof ",
	.want_facts = "~250 met:cut-ehlo M:c !250 !250 !250 R:c D:c arrived closed:world/fin -4 "},
    {.name = "moves on the EHLO reply in neutral form",
	.moves = {{.move = MOVE_SMTP_CUT_EHLO, .neutral = true},
	    {.move = MOVE_SMTP_REPLACE_EHLO, .bytes = {"250 x\r\n", 7}, .neutral = true}},
	.n_moves = 2,
	.script = UPGRADED "V\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "met:cut-ehlo~ met:replace-ehlo~ hello:mx1.a0001.example shown:valid:g up:1.3:g "
		      "closed:world/fin "},
    {.name = "moves on the answer to STARTTLS in neutral form",
	.moves = {{.move = MOVE_SMTP_ANSWER_AND_CLOSE,
		      .verb = "STARTTLS",
		      .bytes = {"454 no\r\n", 8},
		      .neutral = true},
	    {.move = MOVE_SMTP_INJECT_APART, .bytes = {"250 x\r\n", 7}, .neutral = true}},
	.n_moves = 2,
	.script = UPGRADED "V\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts =
	    "met:answer-and-close~ met:inject-apart~ hello:mx1.a0001.example shown:valid:g up:1.3:g "
	    "closed:world/fin "},
    {.name = "drip",
	.moves = {{.move = MOVE_SMTP_DRIP}},
	.n_moves = 1,
	.script = UPGRADED "V\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "met:drip hello:mx1.a0001.example shown:valid:g up:1.3:g closed:world/fin "},

    /* --- tls ------------------------------------------------------------------------------ */
    {.name = "drop-hello, until the step is over",
	.moves = {{.move = MOVE_TLS_DROP_HELLO}},
	.n_moves = 1,
	.script = UPGRADED "K\n",
	.want_notes = "220 250 220 rests tls-failed ",
	.want_facts = "hello:mx1.a0001.example met:drop-hello closed:world/fin "},
    {.name = "reset-hello",
	.moves = {{.move = MOVE_TLS_RESET_HELLO}},
	.n_moves = 1,
	.script = UPGRADED "T\n",
	.want_notes = "220 250 220 tls-failed ",
	.want_facts = "hello:mx1.a0001.example met:reset-hello closed:world/reset "},
    {.name = "alert",
	.moves = {{.move = MOVE_TLS_ALERT, .code = 40}},
	.n_moves = 1,
	.script = UPGRADED "T\n",
	.want_notes = "220 250 220 tls-failed ",
	.want_facts = "hello:mx1.a0001.example met:alert closed:world/fin "},
    {.name = "garbage",
	.moves = {{.move = MOVE_TLS_GARBAGE, .bytes = {"500 what\r\n", 10}}},
	.n_moves = 1,
	.script = UPGRADED "T\n",
	.want_notes = "220 250 220 tls-failed ",
	.want_facts = "hello:mx1.a0001.example met:garbage closed:world/fin "},
    {.name = "hello moves in neutral form",
	.moves = {{.move = MOVE_TLS_ALERT, .code = 40, .neutral = true},
	    {.move = MOVE_TLS_RESET_HELLO, .neutral = true}, {.move = MOVE_TLS_DROP_HELLO, .neutral = true}},
	.n_moves = 3,
	.script = UPGRADED "V\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "met:drop-hello~ met:reset-hello~ met:alert~ hello:mx1.a0001.example shown:valid:g "
		      "up:1.3:g closed:world/fin "},
    {.name = "reset-inside, 1.3",
	.moves = {{.move = MOVE_TLS_RESET_INSIDE}},
	.n_moves = 1,
	.script = UPGRADED "V1.3\n>EHLO me\n<\n",
	.want_notes = "220 250 220 TLSv1.3 error ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.3:g met:reset-inside closed:world/reset "},
    {.name = "reset-inside, 1.2",
	.moves = {{.move = MOVE_TLS_RESET_INSIDE}},
	.n_moves = 1,
	.script = UPGRADED "V1.2\n>EHLO me\n<\n",
	.want_notes = "220 250 220 TLSv1.2 error ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.2:g met:reset-inside closed:world/reset "},
    {.name = "reset-inside in neutral form",
	.moves = {{.move = MOVE_TLS_RESET_INSIDE, .neutral = true}},
	.n_moves = 1,
	.script = UPGRADED "V\n>EHLO me\n<\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.3:g met:reset-inside~ M:g R:g D:g arrived "
		      "closed:world/fin "},
    {.name = "garbage: what is said in clear behind it is told",
	.moves = {{.move = MOVE_TLS_GARBAGE, .bytes = {"500 what\r\n", 10}}},
	.n_moves = 1,
	.script = UPGRADED "T\n>MAIL FROM:<a@b>\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts = "hello:mx1.a0001.example met:garbage M:c closed:world/fin "},
    {.name = "retry-twice",
	.moves = {{.move = MOVE_TLS_RETRY_TWICE}},
	.n_moves = 1,
	.script = UPGRADED "V\n",
	.want_notes = "220 250 220 tls-failed ",
	.want_facts = "hello:mx1.a0001.example met:retry-twice failed:10 closed:client/fin "},
    {.name = "retry-twice finds no occasion without TLS 1.3",
	.moves = {{.move = MOVE_TLS_RETRY_TWICE}},
	.n_moves = 1,
	.script = UPGRADED "V1.2\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.2 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.2:g closed:world/fin "},
    {.name = "precede-hello: a warning goes by",
	.moves = {{.move = MOVE_TLS_PRECEDE, .bytes = {"\x15\x03\x01\x00\x02\x01\x70", 7}}},
	.n_moves = 1,
	/* Not on to the end: what OpenSSL says of a close_notify after such a warning differs by version. */
	.script = UPGRADED "V\n>EHLO me\n<\n>QUIT\n<\n",
	.want_notes = "220 250 220 TLSv1.3 250 221 ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g met:precede-hello up:1.3:g closed:world/fin "},
    {.name = "reset-after-hello",
	.moves = {{.move = MOVE_TLS_RESET_AFTER_HELLO}},
	.n_moves = 1,
	.script = UPGRADED "V\n",
	.want_notes = "220 250 220 tls-failed ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g met:reset-after-hello failed:-1 closed:world/reset "},
    {.name = "corrupt, 1.3",
	.moves = {{.move = MOVE_TLS_CORRUPT}},
	.n_moves = 1,
	.script = UPGRADED "V1.3\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g met:corrupt failed:20 closed:world/fin "},
    {.name = "corrupt, 1.2",
	.moves = {{.move = MOVE_TLS_CORRUPT}},
	.n_moves = 1,
	.script = UPGRADED "V1.2\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g met:corrupt failed:51 closed:world/fin "},
    {.name = "moves behind the ClientHello in neutral form",
	.moves = {{.move = MOVE_TLS_PRECEDE, .bytes = {"x", 1}, .neutral = true},
	    {.move = MOVE_TLS_RESET_AFTER_HELLO, .neutral = true},
	    {.move = MOVE_TLS_CORRUPT, .neutral = true}},
	.n_moves = 3,
	.script = UPGRADED "V\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g met:precede-hello~ met:reset-after-hello~ "
		      "met:corrupt~ up:1.3:g closed:world/fin "},
    {.name = "close-inside, 1.3",
	.moves = {{.move = MOVE_TLS_CLOSE_INSIDE}},
	.n_moves = 1,
	.script = UPGRADED "V1.3\n>EHLO me\n<\n",
	.want_notes = "220 250 220 TLSv1.3 error ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.3:g met:close-inside closed:world/fin "},
    {.name = "close-inside and retry-twice in neutral form",
	.moves = {{.move = MOVE_TLS_CLOSE_INSIDE, .neutral = true},
	    {.move = MOVE_TLS_RETRY_TWICE, .neutral = true}},
	.n_moves = 2,
	.script = UPGRADED "V\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "met:retry-twice~ hello:mx1.a0001.example shown:valid:g up:1.3:g met:close-inside~ "
		      "closed:world/fin "},
    {.name = "anonymous, and the client knows no such cipher",
	.moves = {{.move = MOVE_TLS_ANONYMOUS}},
	.n_moves = 1,
	.script = UPGRADED "V\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts = "!220 hello:mx1.a0001.example met:anonymous failed:-1 closed:world/fin "},
    {.name = "null-cipher, and the client knows no such cipher",
	.moves = {{.move = MOVE_TLS_NULL_CIPHER}},
	.n_moves = 1,
	.script = UPGRADED "V\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts = "!220 hello:mx1.a0001.example met:null-cipher failed:-1 closed:world/fin "},
    {.name = "hello-retry",
	.moves = {{.move = MOVE_TLS_HELLO_RETRY}},
	.n_moves = 1,
	.script = UPGRADED "V1.3\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts =
	    "!220 hello:mx1.a0001.example shown:valid:g met:hello-retry up:1.3:g closed:world/fin "},
    {.name = "ask-certificate",
	.moves = {{.move = MOVE_TLS_ASK_CERTIFICATE}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g met:ask-certificate up:1.3:g closed:world/fin "},
    {.name = "ask-certificate at TLS 1.2",
	.moves = {{.move = MOVE_TLS_ASK_CERTIFICATE}},
	.n_moves = 1,
	.script = UPGRADED "T1.2\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.2 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g met:ask-certificate up:1.2:g closed:world/fin "},
    {.name = "demand-certificate, TLS 1.2",
	.moves = {{.move = MOVE_TLS_DEMAND_CERTIFICATE}},
	.n_moves = 1,
	.script = UPGRADED "T1.2\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g met:demand-certificate failed:-1 closed:world/fin "},
    {.name = "speak-first: its bytes answer the EHLO, and the MX's answer comes behind",
	.moves = {{.move = MOVE_TLS_SPEAK_FIRST, .bytes = {"253 odd\r\n", 9}}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 253 250 221 eof ",
	.want_facts =
	    "!220 hello:mx1.a0001.example shown:valid:g up:1.3:g !253 met:speak-first closed:world/fin "},
    {.name = "key-updates",
	.moves = {{.move = MOVE_TLS_KEY_UPDATES, .code = 4}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g up:1.3:g met:key-updates closed:world/fin "},
    {.name = "key-updates and many-tickets need TLS 1.3",
	.moves = {{.move = MOVE_TLS_KEY_UPDATES, .code = 4}, {.move = MOVE_TLS_MANY_TICKETS, .code = 4}},
	.n_moves = 2,
	.script = UPGRADED "T1.2\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.2 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g up:1.2:g closed:world/fin "},
    {.name = "many-tickets",
	.moves = {{.move = MOVE_TLS_MANY_TICKETS, .code = 100}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g up:1.3:g met:many-tickets closed:world/fin "},
    {.name = "renegotiate: the second certificate is told, too",
	.moves = {{.move = MOVE_TLS_RENEGOTIATE, .fault = FAULT_WRONG_NAME}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.2 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g up:1.2:g met:renegotiate shown:wrong-name:g "
		      "closed:world/fin "},
    {.name = "renegotiate, neutral",
	.moves = {{.move = MOVE_TLS_RENEGOTIATE, .neutral = true, .fault = FAULT_WRONG_NAME}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.2 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.2:g met:renegotiate~ closed:world/fin "},
    {.name = "lead-to-https",
	.moves = {{.move = MOVE_TLS_LEAD_TO_HTTPS}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\nE\n",
	.want_notes = "220 250 220 TLSv1.3 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g up:1.3:g met:lead-to-https !HTT !Con !Con !? !<ht "
		      "closed:world/fin "},
    {.name = "lead-to-ftp",
	.moves = {{.move = MOVE_TLS_LEAD_TO_FTP}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n<\n>MAIL FROM:<a@b>\n<\n>QUIT\n<\nE\n",
	.want_notes = "220 250 220 TLSv1.3 220 500 500 500 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g up:1.3:g !220 met:lead-to-ftp !500 M:g !500 !500 "
		      "closed:world/fin "},
    {.name = "present-to-named, to a client that names a server",
	.moves = {{.move = MOVE_CERTIFICATE_NAMED, .fault = FAULT_WRONG_NAME}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:wrong-name:i met:present-to-named up:1.3:i closed:world/fin "},
    {.name = "present-to-unnamed, to a client that names a server",
	.moves = {{.move = MOVE_CERTIFICATE_UNNAMED, .fault = FAULT_WRONG_NAME}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g met:present-to-unnamed up:1.3:g closed:world/fin "},
    {.name = "what is done inside, in neutral form",
	.moves = {{.move = MOVE_TLS_SPEAK_FIRST, .neutral = true, .bytes = {"253 odd\r\n", 9}},
	    {.move = MOVE_TLS_LEAD_TO_FTP, .neutral = true}, {.move = MOVE_TLS_KEY_UPDATES, .neutral = true, .code = 4}},
	.n_moves = 3,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.3:g met:speak-first~ met:key-updates~ met:lead-to-ftp~ "
		      "closed:world/fin "},
    {.name = "what is shown and asked for, in neutral form",
	.moves = {{.move = MOVE_CERTIFICATE_NAMED, .neutral = true, .fault = FAULT_WRONG_NAME},
	    {.move = MOVE_TLS_SESSION_TICKETS, .neutral = true}, {.move = MOVE_TLS_ASK_CERTIFICATE, .neutral = true}},
	.n_moves = 3,
	.script = UPGRADED "T\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g met:present-to-named~ met:ask-certificate~ "
		      "met:session-tickets~ up:1.3:g closed:world/fin "},
    {.name = "anonymous, null-cipher and hello-retry in neutral form",
	.moves = {{.move = MOVE_TLS_ANONYMOUS, .neutral = true},
	    {.move = MOVE_TLS_NULL_CIPHER, .neutral = true}, {.move = MOVE_TLS_HELLO_RETRY, .neutral = true}},
	.n_moves = 3,
	.script = UPGRADED "V1.3\n>EHLO me\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 221 eof ",
	.want_facts =
	    "hello:mx1.a0001.example shown:valid:g met:anonymous~ met:null-cipher~ met:hello-retry~ "
	    "up:1.3:g closed:world/fin "},
    {.name = "max-tls, and the client takes it",
	.moves = {{.move = MOVE_TLS_MAX_VERSION, .version = TLS_1_2}},
	.n_moves = 1,
	.script = UPGRADED "V\n>EHLO me\n<\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 TLSv1.2 250 250 250 354 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:valid:g met:max-tls up:1.2:g M:g R:g D:g arrived "
		      "closed:world/fin "},
    {.name = "max-tls, and the client does not speak it",
	.moves = {{.move = MOVE_TLS_MAX_VERSION, .version = TLS_1_1}},
	.n_moves = 1,
	.script = UPGRADED "V\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts = "!220 hello:mx1.a0001.example met:max-tls failed:-1 closed:world/fin "},

    /* --- certificate ---------------------------------------------------------------------- */
    {.name = "a bad certificate, and the client does not care",
	.moves = {{.move = MOVE_CERTIFICATE_PRESENT, .fault = FAULT_SELF_SIGNED}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 250 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:self-signed:i met:present up:1.3:i M:i R:i D:i "
		      "arrived closed:world/fin "},
    {.name = "a bad certificate, and the client aborts",
	.moves = {{.move = MOVE_CERTIFICATE_PRESENT, .fault = FAULT_WRONG_NAME}},
	.n_moves = 1,
	.script = UPGRADED "V\nE\n",
	.want_notes = "220 250 220 tls-failed eof ",
	.want_facts =
	    "!220 hello:mx1.a0001.example shown:wrong-name:i met:present failed:42 closed:client/fin "},
    {.name = "a bad certificate in neutral form",
	.moves = {{.move = MOVE_CERTIFICATE_PRESENT, .fault = FAULT_WRONG_NAME, .neutral = true}},
	.n_moves = 1,
	.script = UPGRADED "V\n>EHLO me\n<\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g met:present~ up:1.3:g M:g R:g D:g arrived "
		      "closed:world/fin "},
    {.name = "inside an interception STARTTLS is offered no more",
	.moves = {{.move = MOVE_CERTIFICATE_PRESENT, .fault = FAULT_EXPIRED}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n>STARTTLS\n<\n" QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 503 221 eof ",
	.want_facts = "!220 hello:mx1.a0001.example shown:expired:i met:present up:1.3:i closed:world/fin "},

    /* --- hush ----------------------------------------------------------------------------- */
    {.name = "an idle session in clear is closed by 421",
	.script = GREETED ">MAIL FROM:<a@b>\n<\n>RSET\n<\nH\n<\nE\n",
	.want_notes = "220 250 250 250 rests 421 eof ",
	.want_facts = "M:c !421 closed:world/fin "},
    {.name = "a client that speaks on before it has read of the end is heard",
	.script = GREETED ENVELOPE MESSAGE "H\n>MAIL FROM:<a@b>\n<\nE\n",
	.want_notes = "220 250 250 250 354 250 rests 421 eof ",
	.want_facts = "M:c R:c D:c arrived !421 closed:world/fin M:c "},
    {.name = "a session on the way to its first mail is left alone",
	.script = GREETED "H\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 rests 250 250 354 250 221 eof ",
	.want_facts = "M:c R:c D:c arrived closed:world/fin "},
    {.name = "one on the way to its first mail inside TLS, too",
	.script = UPGRADED "T\n>EHLO me\n<\nH\n" ENVELOPE MESSAGE QUIT,
	.want_notes = "220 250 220 TLSv1.3 250 rests 250 250 354 250 221 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.3:g M:g R:g D:g arrived closed:world/fin "},
    {.name = "one on its way is closed by 421 where the step does not wait for it",
	.script = GREETED "S\n<\nE\n",
	.want_notes = "220 250 stays 421 eof ",
	.want_facts = "!421 closed:world/fin "},
    {.name = "an idle session inside TLS is closed by 421",
	.script = UPGRADED "T\n>EHLO me\n<\n" ENVELOPE MESSAGE "H\n<\nE\n",
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 250 rests 421 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g up:1.3:g M:g R:g D:g arrived closed:world/fin "},
    {.name = "an intercepted idle session is closed by 421",
	.moves = {{.move = MOVE_CERTIFICATE_PRESENT, .neutral = true}},
	.n_moves = 1,
	.script = UPGRADED "T\n>EHLO me\n<\n" ENVELOPE MESSAGE "H\n<\nE\n",
	.want_notes = "220 250 220 TLSv1.3 250 250 250 354 250 rests 421 eof ",
	.want_facts = "hello:mx1.a0001.example shown:valid:g met:present~ up:1.3:g M:g R:g D:g arrived "
		      "!421 closed:world/fin "},
    {.name = "a session in a transaction is left alone",
	.script = GREETED ">MAIL FROM:<a@b>\n<\nH\n>RCPT TO:<c@d>\n<\n" MESSAGE QUIT,
	.want_notes = "220 250 250 rests 250 354 250 221 eof ",
	.want_facts = "M:c R:c D:c arrived closed:world/fin "},
};

/* One leg, one step, one host; borrowed by each other: do not copy. */
struct small_plan {
	struct plan_host host;
	struct plan_world world;
	struct plan_move moves[3];
	struct plan_step step;
	struct plan_leg leg;
	uint32_t leg_of_host[HOST + 1];
	struct plan plan;
};

static void
make_plan(struct small_plan *p, const struct row *row)
{
	*p = (struct small_plan){.host = {.label = "mx1",
				     .name = "mx1.a0001.example",
				     .number = HOST,
				     .role = row->role,
				     .attackers = row->attackers,
				     .smtp = row->smtp}};
	p->host.smtp.esmtp = true;
	p->host.smtp.starttls = !row->plain;
	memcpy(p->moves, row->moves, sizeof(p->moves));
	p->world = (struct plan_world){.hosts = &p->host, .n_hosts = 1};
	p->step = (struct plan_step){.world = &p->world, .moves = p->moves, .n_moves = row->n_moves};
	p->leg = (struct plan_leg){.domain = "a0001.example", .steps = &p->step, .n_steps = 1};
	p->plan =
	    (struct plan){.legs = &p->leg, .n_legs = 1, .n_hosts = HOST + 1, .leg_of_host = p->leg_of_host};
}

static void
run_row(const struct row *row, char notes[TEXT_MAX], char facts[TEXT_MAX])
{
	struct plan_address to = {.v6 = row->v6, .number = HOST};
	struct small_plan plan;
	struct small_lab lab;
	pid_t pid;

	make_plan(&plan, row);
	lab_open(&lab, &plan.plan, pki);
	int fd = client_start(&lab, to, row->script, &pid);
	lab_serve(&lab, fd, pid, notes, TEXT_MAX);
	memcpy(facts, lab.facts, TEXT_MAX);
	lab_close(&lab);
}

static void
sessions_go_as_their_rows_say(void **state)
{
	char notes[TEXT_MAX], facts[TEXT_MAX];
	unsigned wrong = 0;

	(void)state;
	need_namespace();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		alarm(30); /* a hang is a failure; nothing else depends on it */
		run_row(&rows[i], notes, facts);
		if (strcmp(notes, rows[i].want_notes) == 0 && strcmp(facts, rows[i].want_facts) == 0)
			continue;
		wrong++;
		print_error("%s:\n got  %s\n want %s\n got  %s\n want %s\n", rows[i].name, notes,
		    rows[i].want_notes, facts, rows[i].want_facts);
	}
	alarm(0);
	assert_int_equal(wrong, 0);
}

/* --- programs that others wrote --------------------------------------------------------------- */

/* From 20240103 on swaks compares the name, too, by default with the address. */
#define SWAKS_TARGET                                               \
	"$(grep -qs tls-verify-target \"$(command -v swaks)\" && " \
	"echo --tls-verify-target mx1.a0001.example)"

#define S_CLIENT "echo QUIT | openssl s_client -starttls smtp -crlf"

static const struct {
	const char *name, *command; /* {ca}: a file with the lab's root; what it prints goes to notes */
	struct row row;
	const char *want_word, *want_facts; /* a word of its output */
} programs[] = {
    {"swaks delivers through verified TLS",
	"swaks --server 198.18.1.44 --to c@a0001.example --from a@b.example --tls --tls-verify "
	"--tls-ca-path {ca} --tls-sni mx1.a0001.example " SWAKS_TARGET,
	{.name = ""}, "250 2.0.0 accepted",
	"hello:mx1.a0001.example shown:valid:g up:1.3:g M:g R:g D:g arrived closed:world/fin "},
    {"swaks delivers into an interception that it does not check",
	"swaks --server 198.18.1.44 --to c@a0001.example --from a@b.example --tls --tls-sni "
	"mx1.a0001.example",
	{.moves = {{.move = MOVE_CERTIFICATE_PRESENT, .fault = FAULT_SELF_SIGNED}}, .n_moves = 1},
	"250 2.0.0 accepted",
	"!220 hello:mx1.a0001.example shown:self-signed:i met:present up:1.3:i M:i R:i D:i arrived "
	"closed:world/fin "},
    {"swaks goes on in clear when STARTTLS is stripped",
	"swaks --server 198.18.1.44 --to c@a0001.example --from a@b.example --tls-optional",
	{.moves = {{.move = MOVE_SMTP_STRIP}}, .n_moves = 1}, "250 2.0.0 accepted",
	"met:strip-starttls M:c R:c D:c arrived closed:world/fin -1 "},
    {"openssl s_client finds the chain good",
	"echo QUIT | openssl s_client -starttls smtp -crlf -connect 198.18.1.44:25 -servername "
	"mx1.a0001.example "
	"-verify_hostname mx1.a0001.example -CAfile {ca} -verify_return_error",
	{.name = ""}, "Verify return code: 0 (ok)", NULL},
    {"openssl s_client finds the presented chain expired",
	"echo QUIT | openssl s_client -starttls smtp -crlf -connect 198.18.1.44:25 -servername "
	"mx1.a0001.example "
	"-CAfile {ca}",
	{.moves = {{.move = MOVE_CERTIFICATE_PRESENT, .fault = FAULT_EXPIRED}}, .n_moves = 1},
	"certificate has expired", NULL},
    {"openssl s_client takes an anonymous cipher when it asks for one",
	"echo QUIT | openssl s_client -starttls smtp -crlf -connect 198.18.1.44:25 -tls1_2 -cipher "
	"aNULL:@SECLEVEL=0",
	{.moves = {{.move = MOVE_TLS_ANONYMOUS}}, .n_moves = 1}, "no peer certificate available", NULL},
    {"openssl s_client takes a cipher that hides nothing when it asks for one",
	"echo QUIT | openssl s_client -starttls smtp -crlf -connect 198.18.1.44:25 -tls1_2 -cipher "
	"eNULL:@SECLEVEL=0 "
	"-CAfile {ca}",
	{.moves = {{.move = MOVE_TLS_NULL_CIPHER}}, .n_moves = 1}, "-NULL-", NULL},
    {"openssl s_client is asked for another hello",
	"echo QUIT | openssl s_client -starttls smtp -crlf -connect 198.18.1.44:25 -tls1_3 -msg -CAfile {ca}",
	{.moves = {{.move = MOVE_TLS_HELLO_RETRY}}, .n_moves = 1}, "ECDH, secp384r1, 384 bits", NULL},
    {"openssl s_client does not begin anew twice",
	"openssl s_client -starttls smtp -crlf -connect 198.18.1.44:25 -tls1_3 -CAfile {ca} < /dev/null",
	{.moves = {{.move = MOVE_TLS_RETRY_TWICE}}, .n_moves = 1}, "unexpected message", NULL},
    {"openssl s_client is held to TLS 1.2",
	"echo QUIT | openssl s_client -starttls smtp -crlf -connect 198.18.1.44:25 -CAfile {ca}",
	{.moves = {{.move = MOVE_TLS_MAX_VERSION, .version = TLS_1_2}}, .n_moves = 1}, "TLSv1.2", NULL},
    {"openssl s_client is asked for a certificate",
	S_CLIENT " -connect 198.18.1.44:25 -tls1_2",
	{.moves = {{.move = MOVE_TLS_ASK_CERTIFICATE}}, .n_moves = 1}, "Client Certificate Types: ", NULL},
    {"openssl s_client has no certificate where one is demanded, which it learns late",
	S_CLIENT " -connect 198.18.1.44:25 -tls1_3 -ign_eof",
	{.moves = {{.move = MOVE_TLS_DEMAND_CERTIFICATE}}, .n_moves = 1}, "certificate required", NULL},
    {"openssl s_client is spoken to",
	S_CLIENT " -connect 198.18.1.44:25 -ign_eof",
	{.moves = {{.move = MOVE_TLS_SPEAK_FIRST, .bytes = {"253 odd\r\n", 9}}}, .n_moves = 1}, "253 odd", NULL},
    {"openssl s_client gets four new keys",
	S_CLIENT " -connect 198.18.1.44:25 -tls1_3 -msg -ign_eof | grep -c '<<< TLS 1.3, Handshake .*, KeyUpdate'",
	{.moves = {{.move = MOVE_TLS_KEY_UPDATES, .code = 4}}, .n_moves = 1}, "4\n", NULL},
    {"openssl s_client gets forty tickets",
	S_CLIENT " -connect 198.18.1.44:25 -tls1_3 -msg -ign_eof | grep -c '<<< TLS 1.3, Handshake .*, NewSessionTicket'",
	{.moves = {{.move = MOVE_TLS_MANY_TICKETS, .code = 40}}, .n_moves = 1}, "40\n", NULL},
    {"openssl s_client shakes hands again",
	S_CLIENT " -connect 198.18.1.44:25 -msg -ign_eof -legacy_server_connect | grep -c '<<< TLS 1.2, Handshake .*, Certificate$'",
	{.moves = {{.move = MOVE_TLS_RENEGOTIATE, .fault = FAULT_EXPIRED}}, .n_moves = 1}, "2\n", NULL},
    {"openssl s_client finds a web server",
	S_CLIENT " -connect 198.18.1.44:25 -ign_eof",
	{.moves = {{.move = MOVE_TLS_LEAD_TO_HTTPS}}, .n_moves = 1}, "HTTP/1.1 400 Bad Request", NULL},
    {"openssl s_client finds an IMAP server",
	S_CLIENT " -connect 198.18.1.44:25 -ign_eof",
	{.moves = {{.move = MOVE_TLS_LEAD_TO_IMAP}}, .n_moves = 1}, "* OK [CAPABILITY IMAP4rev1]", NULL},
    {"openssl s_client names no server, and is shown another certificate",
	S_CLIENT " -connect 198.18.1.44:25 -noservername -CAfile {ca} -verify_hostname mx1.a0001.example",
	{.moves = {{.move = MOVE_CERTIFICATE_UNNAMED, .fault = FAULT_EXPIRED}}, .n_moves = 1}, "certificate has expired",
	NULL},
    {"openssl s_client names no server, and is shown the genuine certificate",
	S_CLIENT " -connect 198.18.1.44:25 -noservername -CAfile {ca} -verify_hostname mx1.a0001.example",
	{.moves = {{.move = MOVE_CERTIFICATE_NAMED, .fault = FAULT_EXPIRED}}, .n_moves = 1},
	"Verify return code: 0 (ok)", NULL},
    {"openssl s_client goes on with the session of a ticket, TLS 1.2",
	"t=$(mktemp); " S_CLIENT " -connect 198.18.1.44:25 -tls1_2 -sess_out $t > /dev/null; " S_CLIENT
	" -connect 198.18.1.44:25 -tls1_2 -sess_in $t; rm $t",
	{.moves = {{.move = MOVE_TLS_SESSION_TICKETS}}, .n_moves = 1}, "Reused, TLSv1.2", NULL},
    {"openssl s_client goes on with the session of a ticket, TLS 1.3",
	"t=$(mktemp); " S_CLIENT " -connect 198.18.1.44:25 -ign_eof -sess_out $t > /dev/null; " S_CLIENT
	" -connect 198.18.1.44:25 -sess_in $t; rm $t",
	{.moves = {{.move = MOVE_TLS_SESSION_TICKETS}}, .n_moves = 1}, "Reused, TLSv1.3", NULL},
};

static int
start_program(const char *command, const char *ca_file, pid_t *ret_pid)
{
	char line[1024];
	const char *at = strstr(command, "{ca}");
	int ends[2];

	snprintf(line, sizeof(line), "%.*s%s%s", at ? (int)(at - command) : (int)strlen(command), command,
	    at ? ca_file : "", at ? at + 4 : "");
	must(pipe2(ends, O_CLOEXEC) == 0);
	*ret_pid = fork();
	must(*ret_pid >= 0);
	if (*ret_pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	return ends[0];
}

static void
programs_of_others_see_the_same(void **state)
{
	static char notes[1 << 18];
	char ca_file[] = "/tmp/mitmx-test-ca-XXXXXX";
	int fd = mkstemp(ca_file);

	(void)state;
	need_namespace();
	must(write(fd, pki_root_pem(pki), strlen(pki_root_pem(pki))) > 0);
	close(fd);
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct small_plan plan;
		struct small_lab lab;
		pid_t pid;

		alarm(30);
		make_plan(&plan, &programs[i].row);
		lab_open(&lab, &plan.plan, pki);
		int out = start_program(programs[i].command, ca_file, &pid);
		lab_serve(&lab, out, pid, notes, sizeof(notes));
		if (strstr(notes, "not found"))
			print_message("%s: no such program here\n", programs[i].name);
		else if (!strstr(notes, programs[i].want_word) ||
			 (programs[i].want_facts && strcmp(lab.facts, programs[i].want_facts) != 0))
			fail_msg("%s:\n%s\n want %s\n got  %s\n want %s", programs[i].name, notes,
			    programs[i].want_word, lab.facts, programs[i].want_facts);
		lab_close(&lab);
	}
	alarm(0);
	unlink(ca_file);
}

/* --- many at once ------------------------------------------------------------------------------ */

#define MANY 300

static void
many_sessions_stand_side_by_side(void **state)
{
	static const struct row row = {
	    .name = "many", .moves = {{.move = MOVE_TCP_STALL, .connection = 7}}, .n_moves = 1};
	struct plan_address to = {.number = HOST};
	static char notes[MANY][64];
	struct small_plan plan;
	struct small_lab lab;
	pid_t pids[MANY];
	int fds[MANY];
	unsigned arrived = 0, stalled = 0;

	(void)state;
	need_namespace();
	alarm(60);
	make_plan(&plan, &row);
	lab_open(&lab, &plan.plan, pki);
	for (int i = 0; i < MANY; i++)
		fds[i] = client_start(&lab, to, GREETED ENVELOPE MESSAGE "E\n", &pids[i]);
	/* All but the stalled one rest behind their message; then all are hushed at once. */
	while (lab.n_arrived < MANY - 1)
		event_base_loop(lab.base, EVLOOP_ONCE);
	lab_turn(&lab);
	interposer_hush(lab.interposer, 0, false);
	for (int i = 0; i < MANY; i++) {
		lab_serve(&lab, fds[i], pids[i], notes[i], sizeof(notes[i]));
		arrived += strcmp(notes[i], "220 250 250 250 354 250 eof ") == 0;
		stalled += strcmp(notes[i], "eof ") == 0;
	}
	alarm(0);
	assert_int_equal(arrived, MANY - 1);
	assert_int_equal(stalled, 1);
	assert_int_equal(lab.n_closed, MANY);
	lab_close(&lab);
}

/* Many sessions take more descriptors than a user's soft limit of 1024. */
static int
make_lab(void **state)
{
	struct rlimit limit;

	(void)state;
	must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	pki = pki_new();
	return 0;
}

static int
free_lab(void **state)
{
	(void)state;
	pki_free(pki);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sessions_go_as_their_rows_say),
	    cmocka_unit_test(programs_of_others_see_the_same),
	    cmocka_unit_test(many_sessions_stand_side_by_side),
	};

	tls_context_init();
	in_namespace = net_namespace_enter();
	return cmocka_run_group_tests(tests, make_lab, free_lab);
}
