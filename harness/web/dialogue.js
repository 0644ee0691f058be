// SPDX-License-Identifier: Apache-2.0
// dialogue.js - the SMTP dialogues of a leg as they went over the wire, a block for each connection.
import {el, visible} from "./dom.js";
import {channelInWords, reader} from "./model.js";

const SHOWN = new Set(["reply", "command", "content", "tls-up", "tls-failed", "certificate-shown", "closed", "credentials"]);

// What was put in the place of the genuine line: the part in which the two differ is marked.
function changedLine(line, was) {
	if (was === undefined || was === "")
		return el("mark", {}, visible(line));
	let head = 0;
	while (head < line.length && head < was.length && line[head] === was[head])
		head++;
	let tail = 0;
	while (tail < line.length - head && tail < was.length - head && line.at(-1 - tail) === was.at(-1 - tail))
		tail++;
	return [visible(line.slice(0, head)), el("mark", {title: `the MX host had said: ${visible(was)}`}, visible(line.slice(head, line.length - tail)) || "∅"),
		visible(line.slice(line.length - tail))];
}

function content(fact) {
	const lines = fact.data.split(/\r?\n/);
	return el("details", {}, el("summary", {}, `${fact.data.length} bytes of a message`), el("pre", {class: "foreign"}, lines.map((l) => visible(l)).join("\n")));
}

function said(fact) {
	const who = fact.kind === "reply" ? "S:" : fact.kind === "command" || fact.kind === "content" ? "C:" : "·";
	const what = {reply: () => fact.changed ? changedLine(fact.line, fact.was) : visible(fact.line), command: () => visible(fact.line),
		content: () => content(fact), credentials: () => `credentials by ${visible(fact.mechanism)}`,
		"tls-up": () => `TLS ${fact.version} is up: ${channelInWords(fact.channel)}`,
		"tls-failed": () => `TLS failed: ${visible(fact.reason)}`, closed: () => `closed by the ${fact.by} (${fact.how})`,
		"certificate-shown": () => `certificate for ${visible(fact.names)}${fact.fault === "valid" ? "" : ` (${fact.fault})`}`}[fact.kind]();
	return el("li", {class: `${reader(fact.channel)} ${fact.kind}${fact.changed ? " changed" : ""}`}, el("span", {class: "who"}, who),
		el("span", {class: "line"}, what), fact.changed && el("span", {class: "note"}, " changed on the way"));
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
