// SPDX-License-Identifier: Apache-2.0
// dom.js - elements from plain calls. Text goes in as text alone, so nothing of a foreigner's is ever markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name.startsWith("on"))
			node.addEventListener(name.slice(2), value);
		else
			node.setAttribute(name, value === true ? "" : String(value));
	}
	for (const child of children.flat(Infinity)) {
		if (child !== null && child !== undefined && child !== false)
			node.append(child);
	}
	return node;
}

export function el(name, attributes, ...children) {
	return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
	return fill(document.createElementNS(SVG, name), attributes, children);
}

// What a terminal would act upon is shown as the sign that stands for it; so are marks that turn text around.
export function visible(text) {
	return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, (c) => {
		const code = c.charCodeAt(0);
		if (code < 0x20)
			return String.fromCharCode(0x2400 + code);
		return code === 0x7f ? "\u2421" : `\\u${code.toString(16).padStart(4, "0")}`;
	});
}

export function shortened(text, max) {
	return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

export function plural(n, word) {
	return `${n} ${word}${n === 1 ? "" : "s"}`;
}

export function seconds(ms) {
	return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;
}
