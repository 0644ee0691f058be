// SPDX-License-Identifier: Apache-2.0
// matrix.js - several runs side by side: families and scenarios as rows, a client or version each as a column.
import {el, visible} from "./dom.js";
import {bar, count, levelMark, verdictMark} from "./marks.js";
import {countLine, differs, filterBar, matching} from "./filters.js";
import {link} from "./route.js";
import {rows} from "./rows.js";

const ROW_PX = 34;

function columns(node, model) {
	node.style.gridTemplateColumns = `minmax(11rem, 2fr) 4rem repeat(${model.runs.length}, minmax(2.6rem, 1fr))`;
	return node;
}

// Where names repeat, the version tells the runs apart; where that does, too, their folders.
function runTitle(model, run) {
	const same = model.runs.filter((r) => r.client.name === run.client.name);
	const alike = same.filter((r) => r.client.version === run.client.version);
	return [visible(run.client.name), same.length > 1 && ` ${visible(run.client.version)}`, alike.length > 1 && ` (${visible(run.folder)})`];
}

function headRow(model) {
	return columns(el("div", {class: "matrix-row matrix-head"}, el("span", {}, "Scenario"), el("span", {}, "Level"),
		model.runs.map((run) => el("span", {class: "matrix-run", title: `${run.client.name} ${run.client.version}, ${run.started}`}, runTitle(model, run)))), model);
}

function totals(model) {
	return columns(el("div", {class: "matrix-row matrix-total"}, el("b", {}, "all"), el("span", {}),
		model.runs.map((run) => bar(run.summary, run.client.name))), model);
}

function familyRows(model, query, change) {
	const names = [...new Set(model.scenarios.map((s) => s.family))].sort();
	return names.map((family) => columns(el("div", {class: "matrix-row"},
		el("button", {type: "button", class: "plain", onclick: () => change("family", query.get("family") === family ? "" : family)}, family),
		el("span", {}), model.runs.map((run) => bar(count([...run.judgments.values()]
			.filter((j) => model.scenarios[j.scenario].family === family)), `${run.client.name}, ${family}`))), model));
}

function scenarioRow(model, i, query) {
	const s = model.scenarios[i];
	const level = model.runs.map((run) => run.judgments.get(i)?.level).find((l) => l !== undefined);
	return columns(el("div", {class: `matrix-row${differs(model, i) ? " differs" : ""}`, tabindex: "-1"},
		el("span", {class: "row-name"}, el("b", {}, s.name), el("small", {}, visible(s.title))), levelMark(level),
		model.runs.map((run) => {
			const j = run.judgments.get(i);
			return j === undefined ? el("span", {class: "nil", title: "not played"}, "·") :
				el("a", {href: link(s.name, [...query, ["run", run.index]]), class: "cell",
					"aria-label": `${run.client.name}: ${j.verdict}`}, verdictMark(j.verdict, model.runs.length > 4));
		})), model);
}

export function matrix(model, query, change) {
	const found = matching(model, query);
	// Of two runs, what differs comes first: that is what one compares them for.
	const list = model.runs.length === 2 ?
		[...found.filter((i) => differs(model, i)), ...found.filter((i) => !differs(model, i))] : found;
	const n = model.scenarios.filter((s, i) => differs(model, i)).length;
	const table = rows((i) => scenarioRow(model, i, query), ROW_PX, {"aria-label": "Scenarios"});
	const page = el("div", {class: "matrix"}, el("h1", {}, `${model.runs.length} runs side by side`),
		el("p", {class: "note"}, `${n} of ${model.scenarios.length} scenarios did not end alike.`),
		el("section", {class: "scroll", tabindex: "0", "aria-label": "Families"}, el("h2", {}, "Families"), headRow(model), totals(model), familyRows(model, query, change)),
		el("section", {}, el("h2", {}, "Scenarios"), filterBar(model, query, change), countLine(list.length, model.scenarios.length),
			el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Scenarios and runs"}, headRow(model), table.node)));
	return {node: page, after: () => table.show(list), focus: table.focus, list};
}
