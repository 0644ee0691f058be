// SPDX-License-Identifier: Apache-2.0
// marks.js - how a verdict, an exposure and a level look. Each has a word and a sign, never a color alone.
import {el} from "./dom.js";

const SIGNS = {honored: "✓", violated: "✗", recorded: "○", unclear: "?", skipped: "–"};
export const VERDICTS = ["violated", "unclear", "honored", "recorded", "skipped"]; // as people look for them

export function verdictMark(verdict, short) {
	return el("span", {class: `verdict ${verdict}`, title: verdict},
		el("span", {class: "sign", "aria-hidden": "true"}, SIGNS[verdict]),
		el("span", {class: short ? "unseen" : ""}, verdict));
}

export function levelMark(level) {
	return el("span", {class: `level ${level}`}, level);
}

// Counts as one bar; `counts` by verdict.
export function bar(counts, label) {
	const all = VERDICTS.reduce((sum, v) => sum + (counts[v] ?? 0), 0);
	const words = VERDICTS.filter((v) => counts[v] > 0).map((v) => `${counts[v]} ${v}`).join(", ");
	return el("span", {class: "bar", role: "img", "aria-label": `${label}: ${words || "nothing"}`},
		VERDICTS.filter((v) => counts[v] > 0).map((v) => {
			const part = el("span", {class: v, title: `${counts[v]} ${v}`});
			part.style.flexGrow = counts[v];
			part.style.minWidth = all > 0 ? "4px" : "0";
			return part;
		}));
}

export function count(judgments) {
	const counts = {};
	for (const j of judgments)
		counts[j.verdict] = (counts[j.verdict] ?? 0) + 1;
	return counts;
}
