// SPDX-License-Identifier: Apache-2.0
// dialogue.js - the SMTP dialogues of a leg as they went over the wire, a block for each connection.
import {el, visible} from "./dom.js";
import {channelInWords, reader} from "./model.js";

const SHOWN = new Set(["reply", "withheld", "command", "rewritten", "content", "tls-up", "tls-failed", "certificate-shown", "closed", "credentials"]);

// Bytes that are shown by an escape stay together.
const signs = (text) => text.match(/\\(?:x[0-9a-f]{2}|.)|./gsu) ?? [];

// What a line was and what it became: what both begin and end with stands as it is, between it what went and what came.
export function changedLine(line, was) {
	const [now, before] = [signs(line), signs(was)];
	const least = Math.min(now.length, before.length);
	let head = 0;
	while (head < least && now[head] === before[head])
		head++;
	let tail = 0;
	while (tail < least - head && now.at(-1 - tail) === before.at(-1 - tail))
		tail++;
	const part = (list, from, to) => visible(list.slice(from, to).join(""));
	const [gone, come] = [part(before, head, before.length - tail), part(now, head, now.length - tail)];
	return [part(now, 0, head), gone && el("del", {title: "what was said"}, gone), come && el("ins", {title: "what went on in its place"}, come),
		part(now, now.length - tail)];
}

function content(fact) {
	const lines = fact.data.split(/\r?\n/);
	return el("details", {}, el("summary", {}, `${fact.data.length} bytes of a message`), el("pre", {class: "foreign"}, lines.map((l) => visible(l)).join("\n")));
}

const SAYS = {reply: "S:", withheld: "S:", command: "C:", rewritten: "→", content: "C:"};

// Why a line has marks; said in words, too.
function note(fact) {
	if (fact.kind === "withheld")
		return "taken out on the way";
	if (fact.kind === "rewritten")
		return "is what the MX host got";
	return fact.kind === "reply" && fact.changed && (fact.was ? "changed on the way" : "the interposer's own");
}

function said(fact) {
	const what = {reply: () => fact.changed ? changedLine(fact.line, fact.was ?? "") : visible(fact.line),
		withheld: () => changedLine("", fact.line), rewritten: () => changedLine(fact.line, fact.was), command: () => visible(fact.line),
		content: () => content(fact), credentials: () => `credentials by ${visible(fact.mechanism)}`,
		"tls-up": () => `TLS ${fact.version} is up: ${channelInWords(fact.channel)}`,
		"tls-failed": () => `TLS failed: ${visible(fact.reason)}`, closed: () => `closed by the ${fact.by} (${fact.how})`,
		"certificate-shown": () => `certificate for ${visible(fact.names)}${fact.fault === "valid" ? "" : ` (${fact.fault})`}`}[fact.kind]();
	const why = note(fact);
	return el("li", {class: `${reader(fact.channel)} ${fact.kind}${fact.changed ? " changed" : ""}`}, el("span", {class: "who"}, SAYS[fact.kind] ?? "·"),
		el("div", {class: "what"}, el("span", {class: "line"}, what), why && el("span", {class: "note"}, " ", why)));
}

export function dialogue(facts, title) {
	const connections = new Map();
	for (const fact of facts) {
		if (fact.kind === "accepted" && fact.role !== "policy")
			connections.set(fact.connection, {fact, lines: []});
		else if (SHOWN.has(fact.kind))
			connections.get(fact.connection)?.lines.push(fact);
	}
	return el("section", {class: "leg"}, el("h3", {}, `${title} leg`),
		connections.size === 0 && el("p", {class: "note"}, "No mail connection was opened."),
		[...connections.values()].map(({fact, lines}) => el("div", {class: "dialogue"},
			el("h4", {}, `Step ${fact.step + 1}, to ${fact.host || fact.address}`), el("ol", {}, lines.map(said)))));
}
