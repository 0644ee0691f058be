// SPDX-License-Identifier: Apache-2.0
// model.js - what is shown: runs, scenarios, judgments and facts. Knows nothing of the page.
//
// A report brings one document, with each scenario's facts packed and unpacked only when they are asked for.
// A stream brings facts one at a time (Model.add). Either way a fact is the same object.

// Numbers in front of the fields of a packed fact.
const SOURCES = ["front", "world", "witness"];

export class Model {
	constructor(head, read) {
		this.kinds = head.kinds; // [{name, meaning, words, fields: [[name, type]]}]
		this.verdicts = head.verdicts; // [[name, meaning]]
		this.outcomes = head.outcomes;
		this.scenarios = head.scenarios; // of all runs: {name, family, title, why, file, words, covers}
		this.runs = head.runs;
		this.read = read; // read(what, run, scenario): the parsed part of the document, or null
		this.byName = new Map(this.scenarios.map((s, i) => [s.name, i]));
		this.facts = new Map(); // "run/scenario" to a list
		for (const [i, run] of this.runs.entries()) {
			run.index = i;
			run.judgments = new Map((read("judgments", i) ?? []).map((j) => [j.scenario, j]));
		}
	}

	judgment(run, scenario) {
		return this.runs[run].judgments.get(scenario) ?? null;
	}

	// In the order in which they came. Empty: the report does not hold them.
	factsOf(run, scenario) {
		const key = `${run}/${scenario}`;
		let facts = this.facts.get(key);
		if (facts === undefined) {
			facts = this.unpack(run, this.read("facts", run, scenario) ?? []);
			this.facts.set(key, facts);
		}
		return facts;
	}

	add(run, scenario, fact) {
		this.factsOf(run, scenario).push(fact);
	}

	unpack(run, packed) {
		const texts = (this.texts ??= [])[run] ??= this.read("texts", run) ?? [];
		const facts = [];
		let t = 0;
		for (let i = 0; i < packed.length;) {
			const kind = this.kinds[packed[i]];
			t += packed[i + 3];
			const fact = {kind: kind.name, info: kind, from: SOURCES[packed[i + 1]], n: packed[i + 2],
				t, control: packed[i + 4] === 1, step: packed[i + 5], connection: packed[i + 6]};
			i += 7;
			for (const [name, type] of kind.fields) {
				fact[name] = type === "text" ? texts[packed[i]] : type === "flag" ? packed[i] === 1 : packed[i];
				i++;
			}
			facts.push(fact);
		}
		return facts;
	}
}

// The same little language as in harness/report/words.c: {field}, {flag?yes|no}, [left out if empty].
export function factInWords(fact) {
	const put = (template) => template.replace(/\{([a-z_0-9]+)(?:\?([^|}]*)\|([^}]*))?\}/g, (all, field, yes, no) =>
		yes !== undefined ? (fact[field] ? yes : no) : field === "channel" ? channelInWords(fact.channel) : fact[field]);
	const empty = (part) => [...part.matchAll(/\{([a-z_0-9]+)\}/g)].some(([, field]) => fact[field] === "" || fact[field] < 0);
	return put(fact.info.words.replace(/\[([^\]]*)\]/g, (all, part) => empty(part) ? "" : part));
}

const CHANNELS = {
	clear: "in clear",
	intercepted: "inside TLS that the interposer ended",
	attacker: "inside TLS that the attacker's host ended",
	genuine: "inside TLS that a genuine host ended",
};

export function channelInWords(channel) {
	return CHANNELS[channel] ?? channel;
}

// Who could read what crossed there: anyone, the interposer, or only those who were meant to.
export function reader(channel) {
	return {clear: "anyone", intercepted: "interposer", attacker: "interposer", genuine: "nobody"}[channel] ?? "none";
}
