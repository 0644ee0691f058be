// SPDX-License-Identifier: Apache-2.0
// main.js - puts the model on the page and follows the address bar. The data lies in the page, in JSON.
import {el} from "./dom.js";
import {Model} from "./model.js";
import {matrix} from "./matrix.js";
import {overview} from "./overview.js";
import {link, parse} from "./route.js";
import {scenarioPage} from "./scenario.js";

async function inflated(id) {
	const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
	return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

let model;
const main = document.getElementById("main");
let shown = {list: [], focus: () => {}};
let left = 0; // where the overview was scrolled to

// Filters stand in the address, but typing must not fill the history.
function change(key, value) {
	const {scenario, query} = parse(location.hash);
	value === "" ? query.delete(key) : query.set(key, value);
	history.replaceState(null, "", link(scenario, query));
	const field = document.activeElement?.name;
	const caret = document.activeElement?.selectionStart;
	show(false);
	const again = field && main.querySelector(`[name="${CSS.escape(field)}"]${field === "verdict" ? `[value="${CSS.escape(value.split(",").at(-1))}"]` : ""}`);
	again?.focus({preventScroll: true});
	if (typeof caret === "number" && again?.type === "search")
		again.setSelectionRange(caret, caret);
}

function showOverview(query) {
	shown = (model.runs.length > 1 ? matrix : overview)(model, query, change);
	document.title = `${model.runs.map((r) => r.client.name).join(", ")} - mitmx`;
	main.replaceChildren(shown.node);
	shown.after();
}

function showScenario(name, query) {
	const i = model.byName.get(name);
	const run = Math.min(model.runs.length - 1, Math.max(0, Number(query.get("run") ?? 0) | 0));
	document.title = `${name} - mitmx`;
	main.replaceChildren(i === undefined ? el("div", {}, el("h1", {}, name), el("p", {class: "alarm"}, "This report does not hold a scenario of that name."), el("a", {href: "#/"}, "all scenarios")) :
		scenarioPage(model, i, run, query, shown.list));
}

function show(moved = true) {
	const {scenario, query} = parse(location.hash);
	if (scenario !== "") {
		if (main.querySelector(".scenario") === null)
			left = scrollY;
		showScenario(scenario, query);
		scrollTo(0, 0);
	} else {
		const back = main.querySelector(".scenario") !== null;
		showOverview(query);
		if (back)
			scrollTo(0, left);
	}
	if (moved)
		main.focus({preventScroll: true});
}

function theme() {
	const root = document.documentElement;
	const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	root.dataset.theme = dark ? "light" : "dark";
}

function keys(event) {
	if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
		if (event.key === "Escape")
			event.target.blur?.();
		return;
	}
	const page = main.querySelector(".scenario");
	const press = (selector) => page?.querySelector(selector)?.click();
	const act = {"/": () => main.querySelector("input[type=search]")?.focus(), n: () => press("[rel=next]"), p: () => press("[rel=prev]"),
		u: () => press("[rel=up]"), Escape: () => press("[rel=up]"), j: () => page === null && shown.focus(0), d: theme}[event.key];
	if (act === undefined || event.defaultPrevented)
		return;
	event.preventDefault();
	act();
}

async function start() {
	const head = await inflated("head");
	const ofRuns = (part) => Promise.all(head.runs.map((run, i) => inflated(`${part}-${i}`)));
	model = new Model(head, await ofRuns("judgments"), await ofRuns("facts"));
	document.getElementById("top").replaceChildren(el("a", {class: "brand", href: "#/"}, "mitmx"),
		el("span", {class: "help"}, "keys: / search, j k move, n p next and previous, u up, d dark or light"),
		el("button", {type: "button", class: "plain", onclick: theme, "aria-label": "dark or light"}, "◐"));
	addEventListener("hashchange", () => show());
	addEventListener("keydown", keys);
	// Before any overview, so that a deep link has its next and previous.
	shown = {...shown, list: model.scenarios.map((s, i) => i)};
	show(false);
}

start();
