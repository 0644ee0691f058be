// SPDX-License-Identifier: Apache-2.0
// rows.js - a long list of which only the rows in sight exist. All rows have one height; print shows them all.
import {el} from "./dom.js";

const MARGIN = 12; // rows beyond either edge

// `make(item, i)` gives a row; `height` in pixels. Returns {node, show(items), focus(i)}.
export function rows(make, height, attributes) {
	const inner = el("div", {class: "rows-inner", ...attributes, role: "list"});
	const node = el("div", {class: "rows"}, inner);
	let items = [];
	let from = -1;
	let to = -1;

	function draw(all) {
		const top = inner.getBoundingClientRect().top;
		const first = all ? 0 : Math.max(0, Math.floor(-top / height) - MARGIN);
		const last = all ? items.length : Math.min(items.length, Math.ceil((innerHeight - top) / height) + MARGIN);
		if (first === from && last === to)
			return;
		const kept = document.activeElement?.closest?.("[data-row]")?.dataset.row;
		[from, to] = [first, last];
		inner.replaceChildren(...items.slice(from, Math.max(from, to)).map((item, i) => {
			const row = make(item, from + i);
			row.dataset.row = from + i;
			return el("div", {role: "listitem", "aria-setsize": items.length, "aria-posinset": from + i + 1}, row);
		}));
		inner.style.paddingTop = `${from * height}px`;
		if (kept !== undefined)
			inner.querySelector(`[data-row="${kept}"]`)?.focus({preventScroll: true});
	}

	const redraw = () => node.isConnected && draw(false);
	addEventListener("scroll", redraw, {passive: true});
	addEventListener("resize", redraw, {passive: true});
	addEventListener("beforeprint", () => node.isConnected && draw(true));
	addEventListener("afterprint", redraw);

	function move(event) {
		const step = {ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: 10, PageUp: -10}[event.key];
		const row = event.target.closest?.("[data-row]");
		if (step === undefined || row === null || event.ctrlKey || event.metaKey || event.altKey)
			return;
		event.preventDefault();
		focus(Math.min(items.length - 1, Math.max(0, Number(row.dataset.row) + step)));
	}
	node.addEventListener("keydown", move);

	function focus(i) {
		const y = inner.getBoundingClientRect().top + scrollY + i * height;
		if (y < scrollY + 2 * height || y > scrollY + innerHeight - 2 * height)
			scrollTo({top: y - innerHeight / 2});
		draw(false);
		inner.querySelector(`[data-row="${i}"]`)?.focus({preventScroll: true});
	}

	return {node, focus, show(list) {
		items = list;
		from = to = -1;
		inner.style.height = `${items.length * height}px`;
		draw(false);
		requestAnimationFrame(redraw);
	}};
}
