// SPDX-License-Identifier: Apache-2.0
// matrix.js - several runs side by side: families and scenarios as rows, a client or version each as a column.
import {el, plural, visible} from "./dom.js";
import {bar, count, levelMark, verdictMark} from "./marks.js";
import {countLine, differs, filterBar, matching} from "./filters.js";
import {alarm} from "./overview.js";
import {link} from "./route.js";
import {rows} from "./rows.js";

const ROW_PX = 34;
const FEW = 6; // runs for which there is room for more than signs

function columns(node, model) {
	node.style.setProperty("--runs", model.runs.length);
	return node;
}

// Where names repeat, the version tells the runs apart; where that does, too, their folders.
function runTitle(model, run) {
	const same = model.runs.filter((r) => r.client.name === run.client.name);
	const alike = same.filter((r) => r.client.version === run.client.version);
	return [visible(run.client.name), same.length > 1 && ` ${visible(run.client.version)}`, alike.length > 1 && ` (${visible(run.folder)})`];
}

function headRow(model, first, second) {
	return columns(el("div", {class: "matrix-row matrix-head"}, el("span", {}, first), el("span", {class: "level-of"}, second),
		model.runs.map((run) => el("span", {class: "matrix-run", title: `${run.client.name} ${run.client.version}, ${run.started}`}, runTitle(model, run)))), model);
}

// A bar, with the number that one looks for beside it where there is room.
function sum(model, run, counts, label) {
	return el("span", {class: "matrix-sum"}, bar(counts, label), model.runs.length <= FEW && el("span", {class: "number violated", title: "violated"}, counts.violated > 0 && `✗ ${counts.violated}`));
}

function familyRow(model, label, countsOf, name) {
	return columns(el("div", {class: "matrix-row"}, label, el("span", {class: "level-of"}), model.runs.map((run) => sum(model, run, countsOf(run), `${run.client.name}${name}`))), model);
}

function familyRows(model, query, change) {
	const names = [...new Set(model.scenarios.map((s) => s.family))].sort();
	return [familyRow(model, el("b", {}, "all"), (run) => run.summary, ""), names.map((family) => familyRow(model,
		el("button", {type: "button", class: "plain", onclick: () => change("family", query.get("family") === family ? "" : family)}, family),
		(run) => count([...run.judgments.values()].filter((j) => model.scenarios[j.scenario].family === family)), `, ${family}`))];
}

// Violated by some, and by others not, though they were judged by it.
function disputed(model, i) {
	const seen = model.runs.map((run) => run.judgments.get(i)?.verdict);
	return seen.includes("violated") && (seen.includes("honored") || seen.includes("recorded"));
}

// What one compares clients for comes first; the suite's order within.
function tellingFirst(model, list) {
	const any = (i, verdict) => model.runs.some((run) => run.judgments.get(i)?.verdict === verdict);
	const rank = (i) => disputed(model, i) ? 0 : any(i, "violated") ? 1 : any(i, "unclear") ? 2 : differs(model, i) ? 3 : 4;
	const ranks = new Map(list.map((i) => [i, rank(i)]));
	return list.sort((a, b) => ranks.get(a) - ranks.get(b) || a - b);
}

function scenarioRow(model, i, query) {
	const s = model.scenarios[i];
	const level = model.runs.map((run) => run.judgments.get(i)?.level).find((l) => l !== undefined);
	// Between different clients nearly everything differs: who claims less is asked less.
	const telling = model.runs.length === 2 ? differs(model, i) : disputed(model, i);
	return columns(el("div", {class: `matrix-row${telling ? " telling" : ""}`, tabindex: "-1"},
		el("span", {class: "row-name", title: s.title}, el("b", {}, s.name)), el("span", {class: "level-of"}, levelMark(level)),
		model.runs.map((run) => {
			const j = run.judgments.get(i);
			return j === undefined ? el("span", {class: "nil", title: "not played"}, "·") :
				el("a", {href: link(s.name, [...query, ["run", run.index]]), class: "cell",
					"aria-label": `${run.client.name}: ${j.verdict}`}, verdictMark(j.verdict, model.runs.length > FEW));
		})), model);
}

export function matrix(model, query, change) {
	const list = tellingFirst(model, matching(model, query));
	const all = model.scenarios.map((s, i) => i);
	const [n, split] = [differs, disputed].map((is) => all.filter((i) => is(model, i)).length);
	const table = rows((i) => scenarioRow(model, i, query), ROW_PX, {"aria-label": "Scenarios"});
	const page = el("div", {class: `matrix${model.runs.length <= FEW ? " few" : ""}`}, el("h1", {}, `${model.runs.length} runs side by side`),
		el("p", {class: "note"}, `${n} of ${plural(all.length, "scenario")} did not end alike; ${split} ${split === 1 ? "is" : "are"} violated by some and not by others.`),
		model.runs.filter((run) => run.doubt).map((run) => [el("b", {}, visible(run.client.name)), alarm(run)]),
		el("section", {class: "scroll", tabindex: "0", "aria-label": "Families"}, el("h2", {}, "Families"), headRow(model, "Family", ""), familyRows(model, query, change)),
		el("section", {}, el("h2", {}, "Scenarios"), filterBar(model, query, change), countLine(list.length, all.length),
			el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Scenarios and runs"}, headRow(model, "Scenario", "Level"), table.node),
			list.length === 0 && el("p", {class: "note"}, "Nothing matches.")));
	return {node: page, after: () => table.show(list), focus: table.focus, list};
}
