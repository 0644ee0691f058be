// SPDX-License-Identifier: Apache-2.0
// route.js - what the address bar says: #/SCENARIO?run=1, or #/ with filters. A link tells all that is needed.

export function parse(hash) {
	const at = hash.indexOf("?");
	const path = at < 0 ? hash : hash.slice(0, at);
	let name = "";
	try {
		name = path.startsWith("#/") ? decodeURIComponent(path.slice(2)) : "";
	} catch {
		name = ""; // a link that somebody broke
	}
	return {scenario: name, query: new URLSearchParams(at < 0 ? "" : hash.slice(at + 1))};
}

export function link(scenario, query) {
	const words = new URLSearchParams(query ?? {}).toString();
	return `#/${scenario.split("/").map(encodeURIComponent).join("/")}${words === "" ? "" : `?${words}`}`;
}
