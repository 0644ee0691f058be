// SPDX-License-Identifier: Apache-2.0
// check.js - checks that count, printed as the shell's check.sh prints them.
let passed = 0;
let failed = 0;

export function ok(what, condition, ...more) {
	condition ? passed++ : failed++;
	console.log(condition ? `  ok    ${what}` : [`  FAIL  ${what}`, ...more.map((m) => `        ${String(m).slice(0, 400)}`)].join("\n"));
}

export function is(what, got, want) {
	const [g, w] = [JSON.stringify(got), JSON.stringify(want)];
	ok(what, g === w, `got:  ${g}`, `want: ${w}`);
}

export function note(what) {
	console.log(`  --    ${what}`);
}

export function finish() {
	console.log(`browser ${passed} ${failed}`);
	process.exit(0);
}
