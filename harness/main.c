/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - placeholder until the command layer lands */
int
main(void)
{
	return 2;
}
