// SPDX-License-Identifier: Apache-2.0
// sequence.js - the path as a picture: a row for each fact, in the order in which they came; nothing else is drawn.
//
// Arrows say who could read what crossed: solid in clear, dashed where the interposer ended TLS, double where only
// the genuine host could. A diamond is a move of the attack; a hollow one went the same way and changed nothing.
import {el, plural, shortened, svg, visible} from "./dom.js";
import {factInWords, reader} from "./model.js";

const LANES = ["client", "resolver", "policy host", "interposer", "MX host"];
const [CLIENT, RESOLVER, POLICY, INTERPOSER, MX] = [0, 1, 2, 3, 4];
const GAP = 112; // between lanes
const LEFT = 96; // number and time stand there
const WIDTH = LEFT + 4 * GAP + 60;
const ROW = 26;
const BAND = 44; // a step's head, with the lanes' names
const LABEL_MAX = 84;
// What counts as exposure where others can read it; greetings and EHLO do not.
const MAIL = new Set(["mail", "rcpt", "content", "credentials"]);
const LABELS = {"step-begun": (f) => f.armed ? `the attack is armed: ${f.armed}` : "no attack is armed", "dns-asked": (f) => `${f.name} ${f.type}`,
	"dns-answered": (f) => `${f.rcode}, ${plural(f.answers, "record")}${f.truncated ? ", truncated" : ""}${f.authentic ? ", AD" : ""}`,
	accepted: (f) => `connects to ${f.host || f.address}, port ${f.port}`, closed: (f) => `closed by ${f.by} (${f.how})`,
	reply: (f) => f.line, withheld: (f) => `taken out: ${f.line}`, command: (f) => f.line, rewritten: (f) => `becomes ${f.line}`, mail: (f) => `sender ${f.sender}`, rcpt: (f) => `recipient ${f.recipient}`,
	content: (f) => `${f.whole ? "the message" : "part of the message"}, ${plural(f.data.length, "byte")}`,
	credentials: (f) => `credentials (${f.mechanism})`, arrived: (f) => `accepted by ${f.host}${f.genuine ? "" : ", the attacker's"}`,
	met: (f) => `${f.layer}: ${f.move}${f.neutral ? " (changes nothing)" : ""}`, "tls-hello": (f) => `ClientHello${f.sni ? ` for ${f.sni}` : ", names no host"}`,
	"certificate-shown": (f) => `certificate${f.fault === "valid" ? "" : `, ${f.fault}`}: ${f.names}`,
	"tls-up": (f) => `TLS ${f.version} is up, ${f.cipher}`, "tls-failed": (f) => `TLS failed: ${f.reason}`,
	"tls-secret": (f) => `key log: ${f.line.split(" ")[0]}`, "http-request": (f) => `${f.method} ${f.target}`,
	"policy-served": (f) => `${f.status}, ${plural(f.bytes, "byte")}${f.genuine ? "" : ", forged"}`,
	crossed: (f) => `witness: ${f.token} in clear`, sent: (f) => `message ${f.message} is handed over`,
	retried: (f) => `tries again${f.attack ? "" : ", without the attack"}`, fate: (f) => `says ${f.fate}${f.reason ? `: ${f.reason}` : ""}`,
	"no-attempt": (f) => `did not try: ${f.reason}`, exited: (f) => `${f.command} ended, ${f.crash ? `signal ${f.signal}` : `status ${f.status}`}`};

// Where a fact stands: an arrow from a lane to another, or a mark on one. `role`: of its connection.
function place(fact, role) {
	const far = {genuine: MX, clear: MX}[fact.channel] ?? INTERPOSER;
	const web = role === "policy";
	switch (fact.kind) {
	case "dns-asked": return {from: CLIENT, to: RESOLVER};
	case "dns-answered": return {from: RESOLVER, to: CLIENT};
	case "http-request": return {from: CLIENT, to: POLICY, read: "nobody"};
	case "policy-served": return {from: POLICY, to: CLIENT, read: fact.genuine ? "nobody" : "interposer"};
	case "accepted": case "tls-hello": return {from: CLIENT, to: web ? POLICY : INTERPOSER};
	case "reply": return {from: fact.changed ? INTERPOSER : far, to: CLIENT, read: reader(fact.channel)};
	case "command": case "mail": case "rcpt": case "content": case "credentials":
		return {from: CLIENT, to: far, read: reader(fact.channel)};
	case "withheld": return {from: MX, to: INTERPOSER};
	case "rewritten": return {from: INTERPOSER, to: MX};
	case "certificate-shown": case "tls-up": case "tls-failed":
		return {from: web ? POLICY : fact.channel === "genuine" ? MX : INTERPOSER, to: CLIENT};
	case "tls-secret": return {at: web ? POLICY : INTERPOSER};
	case "closed": return fact.by === "client" ? {from: CLIENT, to: web ? POLICY : INTERPOSER} : {from: web ? POLICY : INTERPOSER, to: CLIENT};
	case "arrived": return {at: fact.genuine ? MX : INTERPOSER};
	case "met": return {at: {dns: RESOLVER, "policy-host": POLICY}[fact.layer] ?? INTERPOSER, diamond: true};
	case "crossed": case "captured": case "stream-gap": return {at: INTERPOSER};
	default: return {at: CLIENT};
	}
}

const x = (lane) => LEFT + 30 + lane * GAP;

function arrow(p, y) {
	const [from, to] = [x(p.from), x(p.to)];
	const tip = to > from ? -1 : 1;
	const lines = [svg("line", {x1: from, y1: y, x2: to + 6 * tip, y2: y, class: `wire ${p.read ?? "none"}${p.mail ? " mail" : ""}`})];
	if (p.read === "nobody")
		lines.push(svg("line", {x1: from, y1: y, x2: to + 6 * tip, y2: y, class: "wire core"}));
	lines.push(svg("path", {d: `M${to} ${y} l${8 * tip} -4 v8 z`, class: `tip ${p.read ?? "none"}`}));
	const passes = Math.min(p.from, p.to) < INTERPOSER && Math.max(p.from, p.to) > INTERPOSER;
	if (passes) // seen on its way, or only passed on
		lines.push(svg("circle", {cx: x(INTERPOSER), cy: y, r: 3, class: `pass ${p.read ?? "none"}`}));
	return lines;
}

function mark(p, y, fact) {
	const at = x(p.at);
	if (p.diamond)
		return [svg("path", {d: `M${at} ${y - 8} l8 8 l-8 8 l-8 -8 z`, class: fact.neutral ? "move neutral" : "move"})];
	return [svg("circle", {cx: at, cy: y, r: 4, class: `dot ${fact.kind}`})];
}

function label(p, y, text) {
	const leftmost = p.at !== undefined ? p.at : Math.min(p.from, p.to);
	const room = Math.floor((WIDTH - x(leftmost)) / 6.2);
	const right = leftmost >= INTERPOSER; // no room at the right edge
	const shown = shortened(visible(text), Math.min(LABEL_MAX, right ? 60 : room));
	return svg("text", {x: right ? x(leftmost) - 12 : x(leftmost) + (p.at !== undefined ? 12 : 8), y: right || p.at !== undefined ? y + 4 : y - 4,
		class: "label", "text-anchor": right ? "end" : "start"}, shown);
}

function row(fact, role, y, began) {
	const p = {...place(fact, role), mail: MAIL.has(fact.kind)};
	const ms = (fact.t - began) / 1000;
	const changed = fact.changed || fact.kind === "withheld" || fact.kind === "rewritten";
	return svg("g", {class: `fact ${fact.kind}${changed ? " changed" : ""}${fact.kind.startsWith("dns-") ? " dns" : ""}`,
		"data-fact": `${fact.from}:${fact.n}`, tabindex: "0", role: "img", "aria-label": visible(factInWords(fact))},
		svg("title", {}, `${fact.from} fact ${fact.n}: ${visible(factInWords(fact))}`),
		svg("rect", {x: 0, y: y - ROW / 2, width: WIDTH, height: ROW, class: "hit"}),
		svg("text", {x: 2, y: y + 4, class: "number"}, `${fact.from[0]}${fact.n}`),
		svg("text", {x: LEFT, y: y + 4, class: "time", "text-anchor": "end"}, ms.toFixed(1)),
		p.at !== undefined ? mark(p, y, fact) : arrow(p, y), label(p, y, (LABELS[fact.kind] ?? factInWords)(fact)));
}

function band(text, y) {
	return svg("g", {class: "band"}, svg("rect", {x: 0, y, width: WIDTH, height: BAND - 6}),
		svg("text", {x: 6, y: y + 15, class: "step"}, shortened(visible(text), 100)),
		LANES.map((name, i) => svg("text", {x: x(i), y: y + 33, class: "lane", "text-anchor": "middle"}, name)));
}

// The facts that fall under one head. The witness knows of no steps: what it saw stands where its time falls.
function bands(facts) {
	const list = [];
	let running = -1;
	const placed = facts.toSorted((a, b) => a.t - b.t).map((fact) => ({fact, step: running = fact.step >= 0 ? fact.step : running}));
	for (const {fact, step} of placed.sort((a, b) => a.step - b.step || a.fact.t - b.fact.t)) {
		if (list.length === 0 || step !== list.at(-1).step)
			list.push({step, armed: "", facts: []});
		if (fact.kind === "step-begun")
			list.at(-1).armed = fact.armed;
		list.at(-1).facts.push(fact);
	}
	return list;
}

function draw(facts, roles, began) {
	const parts = [];
	let y = 0;
	for (const b of bands(facts)) {
		parts.push(band(b.step < 0 ? "Outside of any step" : `Step ${b.step + 1}${b.armed ? `, armed: ${b.armed}` : ", nothing is armed"}`, y));
		y += BAND;
		for (const fact of b.facts) {
			y += ROW;
			parts.push(row(fact, roles.get(fact.connection), y - ROW / 2 + 4, began));
		}
		y += 10;
	}
	const lines = LANES.map((name, i) => svg("line", {x1: x(i), y1: 0, x2: x(i), y2: y, class: "life"}));
	return svg("svg", {viewBox: `0 0 ${WIDTH} ${y + 4}`, width: WIDTH, height: y + 4, class: "sequence", role: "group"}, lines, parts);
}

export function sequence(facts, title) {
	const roles = new Map(facts.filter((f) => f.kind === "accepted").map((f) => [f.connection, f.role]));
	const began = facts.reduce((t, f) => Math.min(t, f.t), Infinity);
	const picture = el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": `${title} leg, ${plural(facts.length, "fact")}`});
	const quiet = el("input", {type: "checkbox", onchange: show});
	function show() {
		picture.replaceChildren(draw(quiet.checked ? facts.filter((f) => !f.kind.startsWith("dns-") && f.kind !== "tls-secret") : facts, roles, began));
	}
	show();
	return el("section", {class: "leg"}, el("h3", {}, `${title} leg`),
		el("label", {class: "box"}, quiet, "without DNS and key log"), picture);
}

export function legend() {
	const sample = (read) => svg("svg", {width: 46, height: 12, viewBox: "0 0 46 12", "aria-hidden": "true"},
		svg("line", {x1: 0, y1: 6, x2: 38, y2: 6, class: `wire ${read}`}),
		read === "nobody" && svg("line", {x1: 0, y1: 6, x2: 38, y2: 6, class: "wire core"}), svg("path", {d: "M46 6 l-8 -4 v8 z", class: `tip ${read}`}));
	const diamond = (kind) => svg("svg", {width: 18, height: 18, viewBox: "0 0 18 18", "aria-hidden": "true"}, svg("path", {d: "M9 1 l8 8 l-8 8 l-8 -8 z", class: kind}));
	return el("ul", {class: "legend"}, el("li", {}, sample("anyone"), "in clear: anyone could read it (bold: of the mail itself)"),
		el("li", {}, sample("interposer"), "inside TLS that the interposer ended: it could read it"),
		el("li", {}, sample("nobody"), "sealed: only the genuine host could"), el("li", {}, sample("none"), "no mail in it"),
		el("li", {}, diamond("move"), "the attack met the session"), el("li", {}, diamond("move neutral"), "its neutral form, in the control"));
}
