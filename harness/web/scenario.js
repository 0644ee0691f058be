// SPDX-License-Identifier: Apache-2.0
// scenario.js - one scenario of one run: what it is about, what was expected and seen, and the path it took.
import {el, plural, seconds, visible} from "./dom.js";
import {levelMark, verdictMark} from "./marks.js";
import {channelInWords} from "./model.js";
import {link} from "./route.js";
import {dialogue} from "./dialogue.js";
import {legend, sequence} from "./sequence.js";

function measured(model, m) {
	if (m === undefined)
		return "nothing was measured";
	if (m.all !== undefined)
		return m.all.map((one) => el("p", {class: "of-many"}, el("code", {}, visible(one.recipient)), ": ", measured(model, one)));
	const meaning = model.outcomes.find(([name]) => name === m.outcome)?.[1];
	return [el("b", {class: `outcome ${m.exposure !== "none" ? "exposed" : ""}`}, m.outcome),
		m.exposure !== "none" && `, ${m.exposure} ${channelInWords(m.where ?? "")}`, meaning && `: ${meaning}`];
}

function said(m) {
	if (m === undefined || m.fate === undefined)
		return "nothing";
	return [m.fate, m.reason && [": “", el("q", {class: "foreign"}, visible(m.reason)), "”"]];
}

const STEP_HEADS = ["Step", "Verdict", "Expected", "Seen under attack", "Seen in the control", "The client said"];

function stepTable(model, j) {
	return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Steps"}, el("table", {class: "steps"},
		el("thead", {}, el("tr", {}, STEP_HEADS.map((h) =>
			el("th", {scope: "col"}, h)))),
		el("tbody", {}, j.steps.map((s, i) => el("tr", {class: i === j.worst ? "chosen" : ""}, el("th", {scope: "row"}, i + 1),
			[verdictMark(s.verdict), s.expect, measured(model, s.attack), s.control ? measured(model, s.control) : "none", said(s.attack)].map((what, column) =>
				el("td", {"data-head": STEP_HEADS[column + 1]}, what)))))));
}

// The words of `mitmx explain`: a heading at the margin, lines that are indented below it.
function words(text) {
	const parts = [];
	for (const line of text.split("\n")) {
		if (line.trim() === "")
			continue;
		if (!line.startsWith(" "))
			parts.push({head: line, lines: []});
		else
			parts.at(-1)?.lines.push(line);
	}
	return el("div", {class: "words"}, parts.filter((p) => p.lines.length > 0).map((p) => el("section", {}, el("h3", {}, p.head),
		p.lines.map((line) => {
			const depth = line.search(/\S/);
			return el("p", {class: depth > 6 ? "deeper" : ""}, visible(line.trim()));
		}))));
}

function again(run, s) {
	const line = `${run.program} run --select ${s.name}${run.again ? ` ${run.again}` : ""}`;
	const copied = el("span", {role: "status", class: "note"});
	return el("p", {class: "again"}, el("code", {}, visible(line)), navigator.clipboard && el("button", {type: "button", onclick: () =>
		navigator.clipboard.writeText(line).then(() => copied.replaceChildren("copied"), () => copied.replaceChildren("cannot copy"))}, "copy"), copied);
}

function requirements(s) {
	return el("ul", {class: "covers"}, s.covers.map((c) => el("li", {}, c.rfc ? [el("b", {}, `${c.rfc}, section ${c.section}`),
		` (${c.id}): ${c.statement}`] : c.id)));
}

function legs(model, run, i, j) {
	const facts = model.factsOf(run.index, i);
	if (facts.length === 0)
		return el("p", {class: "note"}, j.n_facts > 0 ? `${plural(j.n_facts, "fact")} of this scenario are in ${run.folder}/facts.jsonl; its own report shows them.` : "No fact was observed.");
	const control = facts.some((f) => f.control);
	const [ofAttack, ofControl] = [facts.filter((f) => !f.control), facts.filter((f) => f.control)];
	return [el("section", {}, el("h2", {}, "What was said"), el("div", {class: "legs"}, dialogue(ofAttack, "Attack"), control && dialogue(ofControl, "Control"))),
		el("section", {}, el("h2", {}, "The path"), legend(), el("div", {class: "legs wide"}, sequence(ofAttack, "Attack"), control && sequence(ofControl, "Control")))];
}

function otherRuns(model, i, run, query) {
	if (model.runs.length < 2)
		return null;
	return el("nav", {class: "others", "aria-label": "The other runs"}, model.runs.map((r) => {
		const j = r.judgments.get(i);
		return j && el("a", {href: link(model.scenarios[i].name, withRun(query, r.index)), "aria-current": r === run ? "page" : null},
			visible(r.client.name), " ", verdictMark(j.verdict, true));
	}));
}

function withRun(query, run) {
	return [...[...query].filter(([key]) => key !== "run"), ["run", run]];
}

// `list`: the scenarios that the overview shows now, for the next and the one before.
export function scenarioPage(model, i, runIndex, query, list) {
	const run = model.runs[runIndex];
	const s = model.scenarios[i];
	const j = run.judgments.get(i);
	const at = list.indexOf(i);
	const step = (to, label, key) => to !== undefined && el("a", {href: link(model.scenarios[to].name, query), rel: key}, label);
	const back = el("nav", {class: "trail", "aria-label": "Scenarios"}, el("a", {href: link("", [...query].filter(([key]) => key !== "run")), rel: "up"}, "← all scenarios"),
		step(list[at - 1], "previous", "prev"), step(at < 0 ? undefined : list[at + 1], "next", "next"));
	if (j === undefined)
		return el("div", {class: "scenario"}, back, el("h1", {}, s.name), otherRuns(model, i, run, query), el("p", {}, "This run did not play it."));
	return el("div", {class: "scenario"}, back, el("h1", {}, s.name), otherRuns(model, i, run, query),
		el("p", {class: "title"}, verdictMark(j.verdict), " ", levelMark(j.level), " ", visible(s.title)),
		s.why && el("p", {class: "why"}, visible(s.why)), j.why && el("p", {class: "because"}, el("b", {}, "Verdict: "), visible(j.why)),
		stepTable(model, j), el("section", {}, el("h2", {}, "Rules"), requirements(s)),
		s.words && el("details", {open: true}, el("summary", {}, "World, attack and right behavior"), words(s.words)),
		el("section", {class: "evidence"}, el("h2", {}, "Evidence"), el("p", {}, `Took ${seconds(j.duration_ms)}. `, j.capture ? ["Capture: ", el("code", {}, visible(j.capture))] : "No capture was kept (--keep all keeps them all)."), again(run, s)),
		legs(model, run, i, j));
}
