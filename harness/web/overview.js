// SPDX-License-Identifier: Apache-2.0
// overview.js - one run: the client, how much it honored, its sessions, its families, its scenarios.
import {el, plural, seconds, visible} from "./dom.js";
import {bar, count, levelMark, verdictMark, VERDICTS} from "./marks.js";
import {countLine, filterBar, LEVELS, matching} from "./filters.js";
import {link} from "./route.js";
import {rows} from "./rows.js";

const ROW_PX = 46;

function term(name, ...what) {
	return el("div", {}, el("dt", {}, name), el("dd", {}, what));
}

export function aboutRun(run) {
	return el("dl", {class: "about"},
		term("Claims", run.client.claims.join(", ") || "nothing"),
		term("Demands without a policy", {may: "nothing", tls: "TLS", verified: "verified TLS"}[run.client.floor] ?? run.client.floor),
		term("Lab", `${run.lab.mode}, mitmx ${run.tool.version}`),
		term("Started", run.started === "" ? "unknown" : run.started.replace("T", " ").replace("Z", " UTC")),
		term("Took", seconds(run.duration_ms)),
		run.interrupted && term("Interrupted", "these scenarios are not all"));
}

export function alarm(run) {
	return run.doubt && el("p", {class: "alarm"}, `Nothing of this run could be judged: ${visible(run.doubt)}.`);
}

function share(label, n, all, kind, meaning) {
	const part = el("span", {class: kind});
	const percent = all > 0 ? Math.round(100 * n / all) : 0;
	part.style.width = `${percent}%`;
	return el("div", {class: "share", title: meaning}, el("span", {class: "share-name"}, label),
		el("span", {class: "gauge", "aria-hidden": "true"}, part), el("span", {class: "share-number"}, `${n} of ${all} (${percent}%)`));
}

function sessions(run) {
	const s = run.sessions;
	return el("section", {class: "panel"}, el("h2", {}, "Sessions in which mail was named or sent"),
		share("Sealed", s.sealed, s.all, "sealed", "inside TLS that a genuine host ended"),
		share("Read by the interposer", s.intercepted, s.all, "intercepted", "inside TLS that the interposer or an attacker's host ended"),
		share("In clear", s.clear, s.all, "clear", "anyone on the path could read it"),
		el("p", {class: "note"}, "Attack and control legs together. A policy may allow clear text: the verdicts tell where it did not."));
}

function families(model, query, change) {
	const groups = Map.groupBy ? Map.groupBy(model.runs[0].judgments.values(), (j) => model.scenarios[j.scenario].family) : new Map();
	if (groups.size === 0) {
		for (const j of model.runs[0].judgments.values()) {
			const family = model.scenarios[j.scenario].family;
			groups.set(family, [...(groups.get(family) ?? []), j]);
		}
	}
	return el("section", {class: "panel"}, el("h2", {}, "Families"), el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Families"}, el("table", {class: "families"},
		el("thead", {}, el("tr", {}, ["Family", "Scenarios", "Verdicts", ...VERDICTS].map((h, i) =>
			el("th", {scope: "col", class: i > 2 ? "number" : ""}, h)))),
		el("tbody", {}, [...groups].sort().map(([family, judgments]) => {
			const counts = count(judgments);
			return el("tr", {class: query.get("family") === family ? "chosen" : ""},
				el("th", {scope: "row"}, el("button", {type: "button", class: "plain",
					onclick: () => change("family", query.get("family") === family ? "" : family)}, family)),
				el("td", {}, judgments.length), el("td", {class: "wide"}, bar(counts, family)),
				VERDICTS.map((v) => el("td", {class: `number ${counts[v] > 0 ? v : "nil"}`}, counts[v] ?? 0)));
		})))));
}

function tiles(run, query, change) {
	const chosen = query.get("verdict") ?? "";
	return el("div", {class: "tiles"}, VERDICTS.map((v) => el("button", {type: "button", class: `tile ${v}`,
		"aria-pressed": chosen === v ? "true" : "false", onclick: () => change("verdict", chosen === v ? "" : v)},
		el("span", {class: "tile-number"}, run.summary[v] ?? 0), verdictMark(v))));
}

const BEHIND_MAX = 6;

// Which requirements the violated scenarios cover: where to begin to look.
function behind(model, query, change) {
	const of = new Map();
	for (const j of model.runs[0].judgments.values()) {
		for (const c of j.verdict === "violated" ? model.scenarios[j.scenario].covers : [])
			of.set(c.id, {c, n: (of.get(c.id)?.n ?? 0) + 1});
	}
	const list = [...of.values()].sort((a, b) => b.n - a.n);
	return el("section", {class: "panel"}, el("h2", {}, "Rules behind the violations"),
		list.length === 0 ? el("p", {class: "note"}, "Nothing was violated.") :
			el("ul", {class: "behind"}, list.slice(0, BEHIND_MAX).map(({c, n}) => el("li", {},
				el("span", {class: "number violated", title: plural(n, "violated scenario")}, n),
				el("button", {type: "button", class: "plain", onclick: () => change("q", query.get("q") === c.id ? "" : c.id)}, c.rfc ? `${c.rfc}, section ${c.section} (${c.id})` : c.id),
				c.statement && el("small", {title: c.statement}, visible(c.statement))))),
		list.length > BEHIND_MAX && el("p", {class: "note"}, `and ${list.length - BEHIND_MAX} more`));
}

// What one looks for comes first; the suite's order within.
function worstFirst(model, list) {
	const rank = (i) => VERDICTS.indexOf(model.judgment(0, i).verdict) * LEVELS.length + LEVELS.indexOf(model.judgment(0, i).level);
	return list.sort((a, b) => rank(a) - rank(b) || a - b);
}

// The step that decided; of a scenario in which all went well, the last that had a control to be held against.
function outcomes(j) {
	const decisive = j.verdict === "violated" || j.verdict === "unclear" ? j.steps[j.worst] : j.steps.findLast((s) => s.attack && s.control) ?? j.steps.findLast((s) => s.attack);
	return [decisive?.attack?.outcome ?? "", decisive?.control?.outcome ? ` (control ${decisive.control.outcome})` : ""];
}

function scenarioRow(model, i, query) {
	const s = model.scenarios[i];
	const j = model.judgment(0, i);
	return el("a", {class: "row", href: link(s.name, query)},
		verdictMark(j.verdict), el("span", {class: "row-name"}, el("b", {}, s.name), el("small", {}, visible(s.title))),
		levelMark(j.level), el("span", {class: "row-outcome"}, outcomes(j)), el("span", {class: "row-time"}, seconds(j.duration_ms)));
}

export function overview(model, query, change) {
	const run = model.runs[0];
	const list = worstFirst(model, matching(model, query).filter((i) => model.judgment(0, i) !== null));
	const table = rows((i) => scenarioRow(model, i, query), ROW_PX, {"aria-label": "Scenarios"});
	const page = el("div", {class: "overview"},
		el("h1", {}, `${visible(run.client.name)} `, el("span", {class: "version"}, visible(run.client.version))),
		aboutRun(run), alarm(run),
		tiles(run, query, change), el("div", {class: "panels"}, el("div", {}, sessions(run), behind(model, query, change)), families(model, query, change)),
		el("section", {}, el("h2", {}, "Scenarios"), filterBar(model, query, change),
			countLine(list.length, run.judgments.size), table.node,
			list.length === 0 && el("p", {class: "note"}, `Nothing matches. ${plural(run.judgments.size, "scenario")} in all.`)));
	return {node: page, after: () => table.show(list), focus: table.focus, list};
}
