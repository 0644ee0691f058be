/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - without memory the program ends: libraries included, and always in the same words.
 *
 * Some libraries tell of a failed allocation, some crash, some (ldns) leave out what they had no memory for,
 * and a record that is left out is a wrong verdict. So malloc, calloc and realloc of the whole program are
 * ours: they call libc's, and must_out_of_memory when that has nothing. See must.h for the rule.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/*
 * For main(): a program that calls this is linked with that allocator. (Under ASan or TSan theirs stays,
 * which ends the program, too.)
 */
void memory_is_vital(void);

#endif
