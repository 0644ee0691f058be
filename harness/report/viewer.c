/* SPDX-License-Identifier: Apache-2.0 */
/* viewer.c - see viewer.h */
#include "harness/report/viewer.h"

#include <string.h>

#include "harness/base/must.h"

#define MARK "@DATA@"

/* With -flto this may be assembled apart from who uses it, so the names are global. */
__asm__(".pushsection .rodata\n"
	".globl report_viewer_begin, report_viewer_end\n"
	".hidden report_viewer_begin, report_viewer_end\n"
	"report_viewer_begin:\n"
	".incbin \"" VIEWER_FILE "\"\n"
	"report_viewer_end:\n"
	".popsection\n");
extern const char report_viewer_begin[] __attribute__((visibility("hidden")));
extern const char report_viewer_end[] __attribute__((visibility("hidden")));

void
viewer_parts(struct bytes *ret_before, struct bytes *ret_after)
{
	size_t len = (size_t)(report_viewer_end - report_viewer_begin);
	const char *mark = memmem(report_viewer_begin, len, MARK, strlen(MARK));

	must(mark != NULL);
	*ret_before = (struct bytes){report_viewer_begin, (size_t)(mark - report_viewer_begin)};
	mark += strlen(MARK);
	*ret_after = (struct bytes){mark, (size_t)(report_viewer_end - mark)};
}
