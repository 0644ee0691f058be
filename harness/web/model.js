// SPDX-License-Identifier: Apache-2.0
// model.js - what is shown: runs, scenarios, judgments and facts. Knows nothing of the page.
//
// A report brings one document, in which each scenario's facts are packed and unpacked only when they are asked for.
// A stream brings facts one at a time (Model.add). Either way a fact is the same object.

const SOURCES = ["front", "world", "witness"];

export class Model {
	// `judgments` and `facts` by run, as the document has them.
	constructor(head, judgments, facts) {
		this.kinds = head.kinds; // [{name, meaning, words, fields: [[name, type]]}]
		this.verdicts = head.verdicts; // [[name, meaning]]
		this.outcomes = head.outcomes;
		this.scenarios = head.scenarios; // of all runs: {name, family, title, why, file, words, covers}
		this.runs = head.runs;
		this.packed = facts;
		this.byName = new Map(this.scenarios.map((s, i) => [s.name, i]));
		this.facts = new Map(); // "run/scenario" to a list
		for (const [i, run] of this.runs.entries()) {
			run.index = i;
			run.judgments = new Map((judgments[i] ?? []).map((j) => [j.scenario, j]));
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
			facts = this.unpack(run, this.packed[run]?.facts[scenario] ?? "");
			this.facts.set(key, facts);
		}
		return facts;
	}

	add(run, scenario, fact) {
		this.factsOf(run, scenario).push(fact);
	}

	// See harness/report/packed.h.
	unpack(run, packed) {
		const texts = this.packed[run]?.texts;
		const words = packed === "" ? [] : packed.split(",");
		const before = {n: [0, 0, 0], t: 0, source: 0, control: 0, step: -1, connection: 0};
		const facts = [];
		let i = 0;
		const number = () => parseInt(words[i++], 36);
		const column = (name) => words[i] === "" ? (i++, before[name]) : before[name] = number();
		while (i < words.length) {
			const kind = this.kinds[number()];
			const source = column("source");
			const n = before.n[source] += number();
			const t = before.t += words[i] === "" ? (i++, 0) : number();
			const fact = {kind: kind.name, info: kind, from: SOURCES[source], n, t,
				control: column("control") === 1, step: column("step"), connection: column("connection")};
			for (const [name, type] of kind.fields) {
				const value = number();
				fact[name] = type === "text" ? texts[value] : type === "flag" ? value === 1 : value;
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
