// SPDX-License-Identifier: Apache-2.0
// filters.js - which scenarios are listed: by word, verdict, family, level and RFC; kept in the address.
import {el, plural} from "./dom.js";
import {VERDICTS} from "./marks.js";

export const LEVELS = ["must", "should", "may", "info"];

// The scenario's judgments in all runs; a scenario that a run did not play has none there.
function judgmentsOf(model, i) {
	return model.runs.map((run) => run.judgments.get(i)).filter((j) => j !== undefined);
}

export function differs(model, i) {
	const seen = model.runs.map((run) => run.judgments.get(i)?.verdict ?? "not played");
	return seen.some((v) => v !== seen[0]);
}

export function matching(model, query) {
	const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter((w) => w !== "");
	const verdicts = new Set((query.get("verdict") ?? "").split(",").filter((v) => VERDICTS.includes(v)));
	const [family, level, rfc] = ["family", "level", "rfc"].map((key) => query.get(key) ?? "");
	return model.scenarios.map((s, i) => i).filter((i) => {
		const s = model.scenarios[i];
		const judgments = judgmentsOf(model, i);
		const text = `${s.name} ${s.title} ${s.covers.map((c) => c.id).join(" ")}`.toLowerCase();
		return words.every((w) => text.includes(w)) &&
			(verdicts.size === 0 || judgments.some((j) => verdicts.has(j.verdict))) &&
			(family === "" || s.family === family) &&
			(level === "" || judgments.some((j) => j.level === level)) &&
			(rfc === "" || s.covers.some((c) => c.rfc === rfc)) &&
			(query.get("differ") === null || differs(model, i));
	});
}

function choice(name, label, values, query, change) {
	const select = el("select", {name, onchange: (e) => change(name, e.target.value)},
		el("option", {value: ""}, "all"), values.map((v) => el("option", {value: v}, v)));
	select.value = values.includes(query.get(name)) ? query.get(name) : "";
	return el("label", {}, `${label} `, select);
}

// `change(key, value)`: an empty value takes the key away.
export function filterBar(model, query, change) {
	const chosen = new Set((query.get("verdict") ?? "").split(",").filter((v) => v !== ""));
	const distinct = (list) => [...new Set(list)].sort();
	const search = el("input", {type: "search", name: "q", placeholder: "name, title or requirement  ( / )",
		autocomplete: "off", oninput: (e) => change("q", e.target.value)});
	search.value = query.get("q") ?? "";
	return el("form", {class: "filters", role: "search", onsubmit: (e) => e.preventDefault()},
		el("label", {class: "search"}, el("span", {class: "unseen"}, "Search"), search),
		el("fieldset", {}, el("legend", {class: "unseen"}, "Verdict"), VERDICTS.map((v) => {
			const box = el("input", {type: "checkbox", name: "verdict", value: v, onchange: (e) => {
				e.target.checked ? chosen.add(v) : chosen.delete(v);
				change("verdict", [...chosen].join(","));
			}});
			box.checked = chosen.has(v);
			return el("label", {class: `box ${v}`}, box, v);
		})),
		choice("family", "Family", distinct(model.scenarios.map((s) => s.family)), query, change),
		choice("level", "Level", LEVELS, query, change),
		choice("rfc", "RFC", distinct(model.scenarios.flatMap((s) => s.covers.map((c) => c.rfc))), query, change),
		model.runs.length > 1 && el("label", {class: "box"}, (() => {
			const box = el("input", {type: "checkbox", name: "differ",
				onchange: (e) => change("differ", e.target.checked ? "1" : "")});
			box.checked = query.get("differ") !== null;
			return box;
		})(), "only differences"));
}

export function countLine(n, all) {
	return el("p", {class: "count", role: "status"}, n === all ? plural(all, "scenario") : `${n} of ${plural(all, "scenario")}`);
}
