/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the table of subcommands, nothing else. */
#include "harness/base/memory.h"
#include "harness/command/command.h"

const struct command *const commands[] = {
    &command_run,
    &command_list,
    &command_explain,
    &command_check,
    &command_coverage,
    &command_judge,
    &command_report,
    &command_send,
    &command_doctor,
    &command_help,
    &command_complete,
    NULL,
};

int
main(int argc, char **argv)
{
	memory_is_vital();
	return command_main(argc, argv);
}
